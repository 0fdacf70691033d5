"""A refresh that is killed, runs out of disk, meets another, or may not write: old file or new, never anything else."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from loyalty_xl import refresh
from loyalty_xl.books.patch import Patch
from loyalty_xl.errors import WriteError
from loyalty_xl.pipeline import Refresh
from tests.conftest import TODAY, small_book

pytestmark = [
    pytest.mark.filterwarnings("error"),
    pytest.mark.skipif(os.name == "nt", reason="signals, limits and permissions work otherwise on Windows"),
]

# A program that reads and computes once, and then lets a fork of itself do the writing for each fault: forks are alike
# and cheap. What a refresh does after computing (patch, recalculation, lock, backup, replacing) runs unchanged.
SERVER = """
    import contextlib, ctypes, dataclasses, io, json, os, resource, shutil, signal, sys, traceback
    from datetime import date
    from pathlib import Path
    from loyalty_xl import pipeline, refresh, refreshing
    from loyalty_xl.books.patch import Patch
    from loyalty_xl.errors import LoyaltyError
    from loyalty_xl.opening import Asked
    book = Path(sys.argv[1])
    asked = {"settings": {"sla_days": "5"}, "period": "2025", "today": date(2026, 11, 1), "by": "fault"}
    made = pipeline.compute(book, Asked("2025", None, {}, asked["settings"], None), today=asked["today"])
    pipeline.compute = lambda *_, **__: dataclasses.replace(made, book=book)
    refreshing.open_book = lambda *_: contextlib.nullcontext()
    def run():
        try:
            refresh(book, **asked)
            return "written"
        except LoyaltyError as error:
            return error.code
    def fork(work):
        child = os.fork()
        if not child:
            try: work()
            except BaseException: traceback.print_exc()
            finally: os._exit(99)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    def say(**facts):
        print(json.dumps(facts), flush=True)
        os.read(0, 1)  # the test looks at the folder and puts the old file back
    def work():
        exec(job["code"], globals())
        os._exit(0)
    assert run() == "written"  # on a copy of its own: whatever is loaded late is loaded now
    print(json.dumps({"ready": True}), flush=True)
    while True:
        line = b""
        while not line.endswith(b"\\n"): line += os.read(0, 1) or sys.exit(0)
        job = json.loads(line)
        book, points = Path(job["book"]), 10
        say(done=fork(work))
"""
KILLS = """
    count, last = 0, None
    def step():
        global count
        count += 1
        return count == last
    def die():
        os.kill(os.getpid(), signal.SIGKILL)
    def before(function):
        def stepped(*arguments, **options):
            if step(): die()
            found = function(*arguments, **options)
            if step(): die()
            return found
        return stepped
    class Writing(io.BufferedWriter):
        def write(self, data):
            if step():
                super().write(data[: len(data) // 2]); self.flush(); die()
            return super().write(data)
    really = Path.open
    def opened(path, mode="r", *arguments, **options):
        if mode == "wb": return Writing(io.FileIO(path, "w"))
        return really(path, mode, *arguments, **options)
    Path.open = opened
    for name in ("replace", "rename", "link", "fsync", "unlink", "mkdir", "chmod"):
        setattr(os, name, before(getattr(os, name)))
    counted = os.pipe()
    def count_all():
        run()
        os.write(counted[1], str(count).encode())
    fork(count_all)
    total = int(os.read(counted[0], 9))
    say(total=total)
    for number in range(points):
        last = 1 + round(number * (total - 1) / (points - 1))
        count = 0
        say(exit=fork(run), last=last)
"""
LIMITS = """
    whole = book.stat().st_size
    say(size=whole)
    for number in range(points):
        limit = 1 + int(number * whole / points)
        def limited():
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            os._exit({"written": 0, "E403": 43}.get(run(), 98))
        say(exit=fork(limited), limit=limit)
"""
SMALL_DISK = """
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None).unshare(0x20000 | (0x10000000 if user else 0)): say(skip=True); os._exit(0)
    if user:
        for file, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            Path("/proc/self", file).write_text(text)
    disk = book.parent / "disk"
    disk.mkdir()
    mount = f"mount --make-rprivate / && mount -t tmpfs -o size=4m tmpfs '{disk}'"
    if os.system(mount + " 2>/dev/null"): say(skip=True); os._exit(0)
    old, book = book.read_bytes(), disk / book.name
    for number in range(points):
        for file in disk.iterdir():
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        book.write_bytes(old)
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        (disk / "theirs").write_bytes(bytes(max(0, free - number * len(old) // points)))
        found = run()
        left = sorted(f.name for f in disk.iterdir() if f.name not in (book.name, "theirs"))
        say(found=found, same=book.read_bytes() == old, left=left)
"""


class Server:
    """The program that writes, and does to itself what a test asks for."""

    def __init__(self, book: Path) -> None:
        environment = {**os.environ, "LOYALTY_XL_NO_RECALC": "1", "SOURCE_DATE_EPOCH": "1790000000"}
        command = [sys.executable, "-c", textwrap.dedent(SERVER), str(book)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._hear() == {"ready": True}

    def faults(self, code: str, book: Path) -> Iterator[dict[str, Any]]:
        """Run *code* in a fork; give what it says, one by one: it goes on when the next is asked for."""
        assert self.process.stdin is not None
        self._answer(json.dumps({"code": textwrap.dedent(code), "book": str(book)}) + "\n")
        while "done" not in (said := self._hear()):
            yield said
            self._answer("\n")
        self._answer("\n")
        assert said["done"] == 0

    def _answer(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline() or "null")
        return found


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Refresh:
    """Orders and answers of the small company, refreshed: little to write, in all the steps there are."""
    book = small_book(tmp_path_factory.mktemp("few"), "Orders", "SurveyResponses")
    return refresh(book, period="2025", today=TODAY, by="test")


@pytest.fixture(scope="module")
def server(few: Refresh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A program that has read and computed the small company."""
    running = Server(copied(few, tmp_path_factory.mktemp("server") / "company"))
    yield running
    with running.process as process:
        process.kill()


@pytest.fixture
def book(few: Refresh, tmp_path: Path) -> Path:
    """The small company's workbook, refreshed before, in a folder of its own with its files."""
    return copied(few, tmp_path / "company")


def copied(few: Refresh, folder: Path) -> Path:
    """Copy the small company."""
    shutil.copytree(few.book.parent, folder, ignore=shutil.ignore_patterns(".loyalty*"))
    return folder / few.book.name


def beside(book: Path) -> list[str]:
    """What lies beside a workbook that was not there before a refresh, backups aside."""
    known = {book.name, "files", ".loyalty_backups"}
    return sorted(file.name for file in book.parent.iterdir() if file.name not in known)


def opens(book: Path) -> bytes:
    """See that a workbook is whole for three readers; give its bytes."""
    with zipfile.ZipFile(book) as package:
        assert package.testzip() is None
    names = Patch(book).sheet_names
    assert tuple(CalamineWorkbook.from_path(str(book)).sheet_names) == names
    assert tuple(openpyxl.load_workbook(book, read_only=True).sheetnames) == names
    return book.read_bytes()


def test_kill_at_ten_moments_of_the_write(server: Server, book: Path) -> None:
    """Killed in the middle of any write, sync, link or rename, the workbook is the old one or the new, and opens."""
    old = opens(book)
    seen, new = [], None
    for fault in server.faults(KILLS, book):
        now = book.read_bytes()
        if "total" in fault:
            assert fault["total"] > 20
            new = now
            opens(book)
            assert new != old
        else:
            assert fault["exit"] == -signal.SIGKILL, fault
            assert now in (old, new), fault
            seen.append(now == new)
        book.write_bytes(old)
        shutil.rmtree(book.parent / ".loyalty_backups", ignore_errors=True)
    assert len(seen) == 10
    assert seen == sorted(seen)  # old up to one moment, new from there on
    assert seen[0] is False
    assert seen[-1] is True
    assert list(server.faults("say(result=run())", book)) == [{"result": "written"}]  # the next run tidies up
    assert book.read_bytes() == new
    assert beside(book) == []


def test_full_disk_at_ten_points(server: Server, book: Path) -> None:
    """Wherever the disk is full the old bytes stay, nothing is left beside them, and the code is E403."""
    old = opens(book)
    points = 0
    for fault in server.faults(LIMITS, book):
        if "limit" in fault:
            assert fault["exit"] == 43, fault
            points += 1
        assert book.read_bytes() == old, fault
        assert beside(book) == []
        backups = book.parent / ".loyalty_backups" / book.name
        assert not backups.exists() or list(backups.iterdir()) == []
    assert points == 10


@pytest.mark.skipif(sys.platform != "linux", reason="needs a name space of one's own for a small disk")
def test_a_small_disk_that_is_really_full(server: Server, book: Path) -> None:
    """On a disk (tmpfs) with too little room the old bytes stay and the code is E403."""
    found = list(server.faults(SMALL_DISK, book))
    if found == [{"skip": True}]:
        pytest.skip("no small disk can be mounted here")
    assert found == [{"found": "E403", "same": True, "left": []}] * 10


def test_two_refreshes_at_once(server: Server, book: Path) -> None:
    """The first wins; the second gets E405 with the name of the first, and the workbook is what the first wrote."""
    code = """
        save = Patch.save
        def slowly(self, path):
            say(saving=True)
            return save(self, path)
        Patch.save = slowly
        say(result=run())
    """
    old = opens(book)
    told = []
    for fault in server.faults(code, book):
        told.append(fault)
        if "saving" in fault:
            with pytest.raises(WriteError) as error:
                refresh(book, period="2024", today=TODAY, recalculate=False)
            assert error.value.code == "E405"
            assert getpass.getuser() in str(error.value)
            assert book.read_bytes() == old
    assert told == [{"saving": True}, {"result": "written"}]
    assert opens(book) != old
    assert beside(book) == []


def test_a_lock_of_a_dead_process(server: Server, book: Path) -> None:
    """A refresh killed while it held the lock leaves lock and new file behind; the next goes through and tidies up."""
    code = """
        def stopped(self, path):
            path.write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
        Patch.save = stopped
        say(exit=fork(run))
    """
    old = opens(book)
    assert [fault["exit"] for fault in server.faults(code, book)] == [-signal.SIGKILL]
    assert len(beside(book)) == 2
    assert book.read_bytes() == old
    assert list(server.faults("say(result=run())", book)) == [{"result": "written"}]
    assert opens(book) != old
    assert beside(book) == []


def test_a_folder_or_file_that_may_not_be_written(server: Server, few: Refresh) -> None:
    """As an ordinary user (root lays its rights down), a closed folder and a closed file are E402, nothing written."""
    code = """
        def plain_user():
            if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)
            os._exit({"E402": 42, "written": 0}.get(run(), 98))
        say(exit=fork(plain_user))
    """
    with tempfile.TemporaryDirectory() as folder:  # others may not look into pytest's own
        Path(folder).chmod(0o755)
        book = copied(few, Path(folder) / "company")
        old = opens(book)
        for path, mode in ((book.parent, 0o555), (book, 0o444)):
            before = path.stat().st_mode
            book.parent.chmod(0o777)
            path.chmod(mode)
            assert [fault["exit"] for fault in server.faults(code, book)] == [42], path
            assert book.read_bytes() == old
            path.chmod(before)
            assert beside(book) == []


def test_long_chinese_and_spaced_paths(few: Refresh, tmp_path: Path) -> None:
    """A name of 246 bytes with Chinese, spaces and signs in a deep folder: refreshed whole, opens, no litter."""
    name = f"忠诚度 记分卡 (2026 年 7 月) a 'q' & #1 100% {'长' * 60}.xlsx"
    folder = tmp_path / "客户 忠诚度" / ("deep " * 20).strip() / ("更深 " * 20).strip()
    folder.parent.mkdir(parents=True)
    book = copied(few, folder)
    book = book.rename(book.with_name(name))
    old = opens(book)
    made = refresh(book, period="2024", today=TODAY, recalculate=False)
    assert made.written_to == book
    assert opens(book) != old
    assert beside(book) == []
    kept = list((folder / ".loyalty_backups" / name).iterdir())
    assert [file.read_bytes() for file in kept] == [old]
