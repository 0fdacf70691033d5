"""One refresh at a time: a lock beside the workbook that says who holds it and dies with its process."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

from loyalty_xl.books.owners import UNKNOWN, clock_text, from_os, real_path
from loyalty_xl.errors import WriteError

LONGEST_NAME = 255  # bytes of a file name
held: set[Path] = set()  # by this process


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of a workbook; inside, `replace_file` on the same workbook takes part in it.

    Raises
    ------
    WriteError
        E405, another refresh holds it: the message says who, on which computer, since when.
    """
    path = real_path(path)
    if path in held:
        yield
        return
    file = beside(path, "loyalty-lock")
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise busy(path, *holder(file)) from None
    except OSError as error:
        raise from_os(error, path) from error
    held.add(path)
    try:
        with contextlib.suppress(OSError):
            sign(file, lock)
        yield
    finally:
        held.discard(path)
        if os.name == "nt":
            lock.release()
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)  # still held here: who waits for it finds it gone and makes a new one
        lock.release()


def beside(path: Path, what: str) -> Path:
    """Give a hidden file beside a workbook, its name shortened where the folder could not hold it."""
    name = f".{path.name}.{what}"
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = f".{digest(path)}.{what}"
    return path.with_name(name)


def digest(path: Path) -> str:
    """Give a few letters that stand for a file's name."""
    return hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]


def sign(file: Path, lock: object) -> None:
    """Write who holds the lock into it, and since when. The first byte stays free: on Windows it is the one that is locked."""
    if isinstance(lock, SoftFileLock):  # where the file system knows no locks, its content is filelock's own
        return
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = UNKNOWN
    with file.open("r+b") as text:
        text.seek(1)
        text.write(f"{user}@{socket.gethostname()} pid {os.getpid()}\n{clock_text(time.time())}\n".encode())
        text.truncate()


def holder(file: Path) -> tuple[str, str]:
    """Read who holds a lock, and since when; of a lock that does not say, its file's own time is the time."""
    try:
        with file.open("rb", buffering=0) as text:
            text.seek(1)
            who, _, since = text.read(300).decode("utf-8", "replace").strip(" \n\0").partition("\n")
        return who or UNKNOWN, since or clock_text(file.stat().st_mtime)
    except OSError:
        return UNKNOWN, ""


def busy(path: Path, who: str, since: str = "") -> WriteError:
    """Give the error for a workbook that another refresh is at work on."""
    from_zh, from_en = (f"，自 {since} 起", f", since {since}") if since else ("", "")
    return WriteError(
        "E405",
        f"{path.name} 正在由另一个刷新任务处理（{who}{from_zh}），本次没有写入。请稍后再运行。",
        f"Another refresh is at work on {path.name} ({who}{from_en}); nothing was written. Run again when it has finished.",
    )
