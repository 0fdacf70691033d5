"""Saving: the old file or a whole new one, a backup, one at a time, and a sentence that says who is in the way."""

from __future__ import annotations

import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from loyalty_xl.books import saving
from loyalty_xl.books.locks import locked
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.saving import newest_backups, replace_file, restore, who_has_it
from loyalty_xl.errors import LoyaltyError, WriteError

pytestmark = pytest.mark.filterwarnings("error")
posix = pytest.mark.skipif(os.name == "nt", reason="permissions, kill and limits work otherwise on Windows")


def write(text: str) -> saving.Callable[[Path], None]:
    """Give a writer of a text."""
    return lambda new: new.write_text(text, encoding="utf-8")  # type: ignore[return-value, func-returns-value]


def beside(path: Path) -> list[str]:
    """Give what lies in a file's folder besides the file and its backups."""
    return sorted(f.name for f in path.parent.iterdir() if f.name not in {path.name, ".loyalty_backups"})


def child(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a program of ours."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_new_file_then_replaced_with_backup(tmp_path: Path) -> None:
    """The first write makes no backup, the second keeps the old file, and nothing else is left in the folder."""
    book = tmp_path / "a.txt"
    assert replace_file(book, write("one")) is None
    backup = replace_file(book, write("two"))
    assert backup is not None
    assert (book.read_text(), backup.read_text()) == ("two", "one")
    assert backup.parent == tmp_path / ".loyalty_backups" / "a.txt"
    assert beside(book) == []


def test_last_five_backups_are_kept_in_order(tmp_path: Path) -> None:
    """Backups sort by their number, newest first, and the sixth oldest goes."""
    book = tmp_path / "a.txt"
    for number in range(9):
        replace_file(book, write(str(number)))
    assert [b.read_text() for b in newest_backups(book)] == ["7", "6", "5", "4", "3"]
    assert [b.name[:6] for b in newest_backups(book)] == ["000008", "000007", "000006", "000005", "000004"]


def test_other_files_in_the_backup_folder_stay(tmp_path: Path) -> None:
    """What somebody has laid into the backup folder is never tidied away."""
    book = tmp_path / "a.txt"
    replace_file(book, write("0"))
    replace_file(book, write("1"))
    other = newest_backups(book)[0].with_name("mine.txt")
    other.write_text("mine")
    for number in range(8):
        replace_file(book, write(str(number)))
    assert other.read_text() == "mine"


@pytest.mark.parametrize("links", [True, False])
def test_backup_is_the_old_file_whether_the_disk_knows_links_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:  # fmt: skip
    """The backup's bytes are the old file's, by a second name or by copy."""
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(errno.EPERM, "no links")))
    book = tmp_path / "a.txt"
    book.write_bytes(os.urandom(5000))
    old = book.read_bytes()
    backup = replace_file(book, write("new"))
    assert backup is not None
    assert backup.read_bytes() == old


def test_restore_and_restore_again(tmp_path: Path) -> None:
    """Restoring puts the newest backup back and keeps the present file; doing it twice changes nothing in the end."""
    book = tmp_path / "a.txt"
    for number in range(6):
        replace_file(book, write(str(number)))
    texts = {b.read_text() for b in newest_backups(book)} | {book.read_text()}
    kept = restore(book)
    assert (book.read_text(), kept.read_text()) == ("4", "5")
    restore(book)
    assert book.read_text() == "5"
    assert {b.read_text() for b in newest_backups(book)} | {book.read_text()} == texts


def test_restore_after_the_file_was_deleted(tmp_path: Path) -> None:
    """A workbook that is gone comes back from its newest backup."""
    book = tmp_path / "a.txt"
    replace_file(book, write("1"))
    replace_file(book, write("2"))
    book.unlink()
    assert restore(book) == book
    assert book.read_text() == "1"


def test_restore_without_backup_is_a_sentence(tmp_path: Path) -> None:
    """Where there is no backup, the error names the folder that was looked into."""
    with pytest.raises(WriteError, match="no backup"):
        restore(tmp_path / "a.txt")


@pytest.mark.parametrize("step", ["write", "verify", "swap", "keep"])
def test_a_failure_at_any_step_leaves_the_old_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:  # fmt: skip
    """An exception while writing, verifying, backing up or replacing leaves the old file and no litter."""
    book = tmp_path / "a.txt"
    book.write_text("old")

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    if step in ("swap", "keep"):
        monkeypatch.setattr(saving, step, fail)
    with pytest.raises(ZeroDivisionError):
        replace_file(book, fail if step == "write" else write("new"), fail if step == "verify" else None)
    assert book.read_text() == "old"
    assert beside(book) == []
    assert newest_backups(book) == []


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "E403"), (errno.EFBIG, "E403"), (errno.EROFS, "E402"), (errno.EACCES, "E402"), (errno.EIO, "E404")],
)
def test_errors_of_the_system_become_sentences(tmp_path: Path, number: int, code: str) -> None:
    """A full disk, a read-only one and the rest have their own code, exit 4 and a sentence in both languages."""
    book = tmp_path / "a.txt"
    book.write_text("old")

    def fail(_: Path) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(WriteError) as caught:
        replace_file(book, fail)
    assert (caught.value.code, caught.value.exit_code) == (code, 4)
    assert "a.txt" in caught.value.zh
    assert "a.txt" in caught.value.en
    assert book.read_text() == "old"


@posix
def test_read_only_file_and_folder_are_refused(tmp_path: Path) -> None:
    """A file marked read-only is not replaced, though the folder would allow it; nor is one in a closed folder."""
    book = tmp_path / "a.txt"
    book.write_text("old")
    book.chmod(0o444)
    with pytest.raises(WriteError) as caught:
        replace_file(book, write("new"))
    assert caught.value.code == "E402"
    code = """
        import os, sys
        from pathlib import Path
        from loyalty_xl.books.saving import replace_file
        from loyalty_xl.errors import WriteError
        if os.getuid() == 0: os.setuid(65534)
        try: replace_file(Path(sys.argv[1]), lambda new: new.write_text("new"))
        except WriteError as error: print(error.code)
    """
    folder = Path(tempfile.mkdtemp())  # not below tmp_path, whose parents are closed to everybody else
    inside = folder / "a.txt"
    inside.write_text("old")
    inside.chmod(0o666)
    folder.chmod(0o555)
    try:
        out, err = child(code, inside).communicate(timeout=20)
        assert (out.strip(), inside.read_text()) == ("E402", "old"), err
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@posix
def test_permissions_are_kept(tmp_path: Path) -> None:
    """The new file may be read and written by whoever could read and write the old one."""
    book = tmp_path / "a.txt"
    book.write_text("old")
    book.chmod(0o640)
    replace_file(book, write("new"))
    assert book.stat().st_mode & 0o777 == 0o640


@posix
def test_a_link_is_written_through(tmp_path: Path) -> None:
    """A symbolic link stays a link, and the file it leads to is replaced."""
    (tmp_path / "real").mkdir()
    book, link = tmp_path / "real" / "a.txt", tmp_path / "link.txt"
    book.write_text("old")
    link.symlink_to(book)
    replace_file(link, write("new"))
    assert link.is_symlink()
    assert book.read_text() == "new"
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(LoyaltyError):
        replace_file(tmp_path / "loop", write("new"))


@pytest.mark.parametrize(
    "name", ["记分卡 2026 年.xlsx", "with space & 'quote'.xlsx", "长" * 83 + ".xlsx", "x" * 250 + ".xlsx"]
)
def test_long_chinese_and_spaced_names(tmp_path: Path, name: str) -> None:
    """A name as long as the folder can hold is saved, locked, backed up and restored like any other."""
    book = tmp_path / "文件 夹" / name
    book.parent.mkdir()
    for text in ("one", "two"):
        replace_file(book, write(text))
    restore(book)
    assert book.read_text() == "one"
    assert beside(book) == []


def test_a_file_saved_by_someone_else_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """What somebody saves while the new file is being made is not lost."""
    book = tmp_path / "a.txt"
    book.write_text("old")

    def slow(new: Path) -> None:
        new.write_text("new")
        book.write_text("somebody's work")

    with pytest.raises(WriteError, match="someone else"):
        replace_file(book, slow)
    assert book.read_text() == "somebody's work"


def owner_file(name: str) -> bytes:
    """Make what Excel writes into `~$book.xlsx`."""
    narrow = name.encode("gbk", "replace")
    wide = name.encode("utf-16-le")
    return (bytes([len(narrow)]) + narrow).ljust(55, b" ") + len(name).to_bytes(2, "little") + wide.ljust(108, b" ")


@pytest.mark.parametrize("name", ["Wang Li", "王丽"])
def test_who_has_it_in_excel(tmp_path: Path, name: str) -> None:
    """Excel's owner file gives the name and since when, and saving stops with it, exit code 4, nothing written."""
    book = tmp_path / "记分卡.xlsx"
    book.write_text("old")
    assert who_has_it(book) is None
    opened = tmp_path / "~$记分卡.xlsx"
    opened.write_bytes(owner_file(name))
    moment = time.mktime((2026, 8, 5, 9, 12, 0, 0, 0, -1))
    os.utime(opened, (moment, moment))
    assert who_has_it(book) == name
    with pytest.raises(WriteError) as caught:
        replace_file(book, write("new"))
    assert (caught.value.code, caught.value.exit_code) == ("E401", 4)
    assert f"{name} 正在打开 记分卡.xlsx（自 2026-08-05 09:12 起）" in caught.value.zh
    assert f"{name} has 记分卡.xlsx open (since 2026-08-05 09:12)" in caught.value.en
    assert book.read_text() == "old"


@pytest.mark.parametrize(
    ("content", "name"),
    [("王丽,wang,pc7,21.11.2026 10:00,file:///x;", "王丽"), (",wang,pc7,21.11.2026 10:00,x;", "wang@pc7"), ("", "?")],
)
def test_who_has_it_in_libreoffice(tmp_path: Path, content: str, name: str) -> None:
    """LibreOffice's lock file gives the full name, else the account, else a question mark."""
    book = tmp_path / "a.xlsx"
    (tmp_path / ".~lock.a.xlsx#").write_text(content, encoding="utf-8")
    assert who_has_it(book) == name


def test_two_at_once_one_wins(tmp_path: Path) -> None:
    """While one holds the lock the other is told who, on which computer, since when; afterwards the lock file is gone."""
    book = tmp_path / "a.txt"
    code = """
        import sys, time
        from pathlib import Path
        from loyalty_xl.books.locks import locked
        with locked(Path(sys.argv[1])):
            print("held", flush=True); sys.stdin.readline()
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(book)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(WriteError) as caught:
            replace_file(book, write("new"))
        assert caught.value.code == "E405"
        assert re.search(rf"pid {other.pid}, since \d{{4}}-\d\d-\d\d \d\d:\d\d\)", caught.value.en)
        assert re.search(rf"pid {other.pid}，自 \d{{4}}-\d\d-\d\d \d\d:\d\d 起", caught.value.zh)
        assert not book.exists()
        other.communicate("go on\n", timeout=20)
    replace_file(book, write("new"))
    assert beside(book) == []


def test_a_lock_left_by_a_dead_process_is_no_lock(tmp_path: Path) -> None:
    """After kill -9 the lock file is still there and holds nobody up."""
    book = tmp_path / "a.txt"
    code = """
        import os, signal, sys
        from pathlib import Path
        from loyalty_xl.books.saving import replace_file
        replace_file(Path(sys.argv[1]), lambda new: os.kill(os.getpid(), signal.SIGKILL))
    """
    child(code, book).communicate(timeout=20)
    assert len(beside(book)) == 2  # the lock and the unfinished file
    replace_file(book, write("new"))
    assert book.read_text() == "new"
    assert beside(book) == []


def test_the_lock_can_be_held_around_reading_and_saving(tmp_path: Path) -> None:
    """Inside `locked` the same process saves; a thread that comes second is refused."""
    book = tmp_path / "a.txt"
    with locked(book):
        replace_file(book, write("one"))
        replace_file(book, write("two"))
    assert book.read_text() == "two"
    assert beside(book) == []


def test_threads_take_turns_or_are_told(tmp_path: Path) -> None:
    """Ten writers at once: each either wrote a whole file or got E405, and the file is one of the whole ones."""
    book, codes = tmp_path / "a.txt", []

    def work(number: int) -> None:
        try:
            replace_file(book, write(str(number) * 1000), backups=None)
            codes.append("written")
        except WriteError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 10
    assert set(codes) <= {"written", "E405", "E404"}
    assert "written" in codes
    assert len(set(book.read_text())) == 1
    assert beside(book) == []


@pytest.fixture(scope="module")
def filled_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a workbook that takes a moment to write."""
    path = tmp_path_factory.mktemp("book") / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet, other = book.add_worksheet("Scorecard"), book.add_worksheet("Detail")
    sheet.write("A1", 0)
    noise = random.Random(7)
    for row in range(3000):
        other.write_row(row, 0, [noise.random() for _ in range(10)])
    book.close()
    return path


FILL = """
    import random, resource, sys
    from pathlib import Path
    from loyalty_xl.books.patch import Patch
    from loyalty_xl.books.saving import replace_file
    from loyalty_xl.errors import WriteError
    book, limit = Path(sys.argv[1]), int(sys.argv[2])
    if limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        patch = Patch(book)
        patch.put("Scorecard", 1, 1, number)
        noise = random.Random(number)
        patch.replace("Detail", 1, [[noise.random() for _ in range(10)] for _ in range(3000)])
        try: replace_file(book, patch.save, patch.verify)
        except WriteError as error: print(error.code, flush=True); break
"""


@posix
def test_kill_at_ten_random_moments_leaves_old_or_new(tmp_path: Path, filled_book: Path) -> None:
    """After kill -9 the workbook is whole, opens, and the next run clears what was left behind."""
    book = tmp_path / "book.xlsx"
    book.write_bytes(filled_book.read_bytes())
    moments = random.Random(5)
    for _ in range(10):
        process = child(FILL, book, 0)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 + moments.random() * 0.25)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with zipfile.ZipFile(book) as z:
            assert z.testzip() is None
        assert Patch(book).sheet_names == ("Scorecard", "Detail")
    patch = Patch(book)
    patch.put("Scorecard", 1, 1, -1)
    replace_file(book, patch.save, patch.verify)
    assert beside(book) == []


@posix
def test_full_disk_at_ten_points_leaves_the_old_file(tmp_path: Path, filled_book: Path) -> None:
    """Wherever the disk is full, the old bytes stay, nothing is left beside them, and the code is E403."""
    old = filled_book.read_bytes()
    points = [1, *(int(len(old) * share / 12) for share in range(1, 10))]
    for number, point in enumerate(points):
        book = tmp_path / str(number) / "book.xlsx"
        book.parent.mkdir()
        book.write_bytes(old)
        with child(FILL, book, point) as process:
            try:
                out, err = process.communicate(timeout=20)
            finally:
                process.kill()
        assert out.split()[-1] == "E403", err
        assert book.read_bytes() == old
        assert beside(book) == []
