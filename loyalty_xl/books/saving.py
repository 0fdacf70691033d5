"""The one way in which a user's file is written: the old file stays until a whole new one takes its place."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from loyalty_xl.books.locks import beside, digest, locked
from loyalty_xl.books.owners import NOT_ALLOWED, from_os, not_allowed, open_elsewhere, real_path, who_has_it
from loyalty_xl.books.package import changed_meanwhile
from loyalty_xl.errors import WriteError

__all__ = [
    "BACKUPS",
    "back_up",
    "beside",
    "find_backup",
    "locked",
    "newest_backups",
    "replace_file",
    "restore",
    "who_has_it",
]

BACKUPS = Path(".loyalty_backups")  # beside the workbook; in it one folder for each workbook
KEPT = 5
NAMED = re.compile(r"(\d{6,})-[0-9a-f]{12}")
ZIP_END = 1 << 18  # bytes from the end of a file that make its hash: in a zip they hold the checksum of every part
WINDOWS_TRIES = 5  # a virus scanner may hold a new file for a moment


def replace_file(
    path: Path,
    write: Callable[[Path], object],
    verify: Callable[[Path], object] | None = None,
    backups: Path | None = BACKUPS,
) -> Path | None:
    """Let *write* make a file beside *path*, let *verify* look at it, and put it in the place of the old one.

    Whatever happens before the last step (an exception, a kill, a full disk) leaves the old file's bytes as they were;
    the last step is one rename. A symbolic link is followed. The permissions of the old file are kept.

    Parameters
    ----------
    path
        The file to replace, or to make.
    write, verify
        Called with the path of the new file, which has the ending of *path*; either may raise.
    backups
        Folder for the old file, beside *path* unless it is absolute; None keeps no backup.

    Returns
    -------
    Path | None
        The backup, None if there was no old file or no backup was wanted.

    Raises
    ------
    WriteError
        E401 somebody has it open, E402 no permission, E403 no space, E405 another refresh, E404 anything else.
    """
    return _replace(path, write, verify, backups, None)


def back_up(path: Path, copy: Path, backups: Path = BACKUPS) -> Path:
    """Keep *copy*, made of a workbook by the program that has it open, as the newest backup of *path*."""
    path = real_path(path)
    try:
        backup = keep(copy, backup_folder(path, backups))
    except OSError as error:  # that it is open is no reason here
        raise not_allowed(path) if error.errno in NOT_ALLOWED else from_os(error, path) from error
    tidy(path, backups, None)
    return backup


def restore(path: Path, backups: Path = BACKUPS, number: int | None = None) -> Path:
    """Put the newest backup back, or the one with *number*; the present file becomes the newest backup itself.

    A second restore undoes the first.

    Returns
    -------
    Path
        Where the file that was there is now (*path* itself if there was none).
    """
    path = real_path(path)
    with locked(path):
        found = find_backup(path, number, backups)
        return _replace(path, lambda new: shutil.copyfile(found, new), None, backups, found) or path


def find_backup(path: Path, number: int | None = None, backups: Path = BACKUPS) -> Path:
    """Give the newest backup of a workbook, or the one with *number*.

    Raises
    ------
    WriteError
        E404, there is none.
    """
    kept = newest_backups(path, backups)
    for each in kept:
        if number in (None, counter(each)):
            return each
    folder, name = backup_folder(real_path(path), backups), real_path(path).name
    if not kept:
        raise WriteError("E404", f"没有找到 {name} 的备份（{folder}）。", f"There is no backup of {name} in {folder}.")
    numbers = ", ".join(str(counter(each)) for each in kept)
    raise WriteError(
        "E404",
        f"{name} 没有编号为 {number} 的备份。现有编号：{numbers}",
        f"{name} has no backup number {number}. There are {numbers}.",
    )


def newest_backups(path: Path, backups: Path = BACKUPS) -> list[Path]:
    """Give the backups of a workbook, the newest first."""
    folder = backup_folder(real_path(path), backups)
    with contextlib.suppress(FileNotFoundError):
        return sorted((f for f in folder.iterdir() if NAMED.fullmatch(f.stem)), key=counter, reverse=True)
    return []


def backup_folder(path: Path, backups: Path) -> Path:
    """Give the folder that holds a workbook's backups."""
    return path.parent / backups / path.name


def counter(backup: Path) -> int:
    """Give the running number of a backup."""
    return int(backup.stem.split("-")[0])


def _replace(
    path: Path,
    write: Callable[[Path], object],
    verify: Callable[[Path], object] | None,
    backups: Path | None,
    consumed: Path | None,
) -> Path | None:
    path = real_path(path)
    before = look(path)
    if before and (not before.st_mode & 0o222 or not os.access(path, os.W_OK)):
        raise not_allowed(path)
    who = who_has_it(path)
    if who:
        raise open_elsewhere(path, who)
    with locked(path):
        new: Path | None = None
        backup: Path | None = None
        try:
            remove_leftovers(path)
            new = empty_file(path, before)
            write(new)
            flush(new)
            if verify:
                verify(new)
            if identity(before) != identity(look(path)):
                raise changed_meanwhile(path)
            if before and backups is not None:
                backup = keep(path, backup_folder(path, backups))
            flush_folder(path.parent)
            swap(new, path)
        except BaseException as error:
            for leftover in (new, backup):
                if leftover:
                    with contextlib.suppress(OSError):
                        leftover.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise from_os(error, path) from error
            raise
        flush_folder(path.parent)
        if backups is not None:
            tidy(path, backups, consumed)
        return backup


def look(path: Path) -> os.stat_result | None:
    """Give what the file system says of a file, None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise from_os(error, path) from error
    if not stat.S_ISREG(found.st_mode):
        raise WriteError("E404", f"{path.name} 不是文件，无法写入。", f"{path.name} is not a file.")
    return found


def identity(found: os.stat_result | None) -> tuple[int, int, int] | None:
    """Give what changes when somebody saves a file."""
    return (found.st_ino, found.st_size, found.st_mtime_ns) if found else None


def empty_file(path: Path, before: os.stat_result | None) -> Path:
    """Make an empty file beside *path*, with its permissions."""
    handle, name = tempfile.mkstemp(prefix=f".{digest(path)}-", suffix=f".loyalty-new{path.suffix}", dir=path.parent)
    os.close(handle)
    new = Path(name)
    if before:
        new.chmod(stat.S_IMODE(before.st_mode))
        if os.name != "nt":
            with contextlib.suppress(OSError):
                os.chown(new, before.st_uid, before.st_gid)
    else:
        mask = os.umask(0)
        os.umask(mask)
        new.chmod(0o666 & ~mask)
    return new


def remove_leftovers(path: Path) -> None:
    """Remove new files of this workbook that a killed process left behind; the lock says that nobody uses them."""
    for file in path.parent.iterdir():
        if file.name.startswith(f".{digest(path)}-") and f".loyalty-new{path.suffix}" in file.name:
            file.unlink(missing_ok=True)


def keep(path: Path, folder: Path) -> Path:
    """Keep the present file as a backup: a second name for the same bytes where the disk can, else a copy."""
    folder.mkdir(parents=True, exist_ok=True)
    number = max((counter(f) for f in folder.iterdir() if NAMED.fullmatch(f.stem)), default=0) + 1
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - ZIP_END))
        mark = hashlib.sha256(size.to_bytes(8, "big") + file.read()).hexdigest()[:12]
    backup = folder / f"{number:06d}-{mark}{path.suffix}"
    try:
        os.link(path, backup)
    except OSError:
        try:
            shutil.copy2(path, backup)
            flush(backup)
        except BaseException:
            backup.unlink(missing_ok=True)
            raise
    flush_folder(folder)
    return backup


def tidy(path: Path, backups: Path, consumed: Path | None) -> None:
    """Keep the last five backups; the one that was put back is the present file again."""
    with contextlib.suppress(OSError):
        if consumed:
            consumed.unlink(missing_ok=True)
        for old in newest_backups(path, backups)[KEPT:]:
            old.unlink(missing_ok=True)


def swap(new: Path, path: Path) -> None:
    """Put the new file in the place of the old one, in one step."""
    for attempt in range(WINDOWS_TRIES):
        try:
            new.replace(path)
            return
        except PermissionError:
            if os.name != "nt" or attempt == WINDOWS_TRIES - 1:
                raise
            time.sleep(0.1)


def flush(file: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    with file.open("r+b") as handle:
        os.fsync(handle.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk (Windows has no such thing)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)
