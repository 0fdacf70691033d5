"""Who has a workbook open: the small files that Excel and LibreOffice lay beside it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from loyalty_xl.errors import WriteError

UNKNOWN = "?"
NO_SPACE = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
NO_SUCH_FILE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}  # a name too long has no file beside it either
NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


def who_has_it(path: Path) -> str | None:
    """Give the name of the person who has a workbook open, "?" if it is open but has no name, None if it is not.

    Excel's owner file holds the name twice: a length and 54 bytes in the machine's code page, then a length and the
    name in UTF-16, which is the one that is right for Chinese names. Both programs leave the file behind when they
    crash; on Windows a file that nobody holds can be told by opening it.
    """
    for owner_file, name_in in _owner_files(path):
        try:
            if not abandoned(owner_file):
                return name_in(owner_file.read_bytes()) or UNKNOWN
        except OSError as error:
            if error.errno not in NO_SUCH_FILE:
                return UNKNOWN
    return None


def open_since(path: Path) -> str:
    """Give the time since when a workbook is open, as the owner file beside it tells; "" if nothing tells."""
    for owner_file, _ in _owner_files(path):
        with contextlib.suppress(OSError):
            if not abandoned(owner_file):
                return clock_text(owner_file.stat().st_mtime)
    return ""


def clock_text(seconds: float) -> str:
    """Write a moment as people of this office read it."""
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def _owner_files(path: Path) -> tuple[tuple[Path, Callable[[bytes], str]], ...]:
    """Give where Excel and LibreOffice say who has a workbook open, and how the name is read."""
    path = real_path(path)
    excel, office = path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")
    return (excel, excel_owner), (office, libreoffice_owner)


def excel_owner(data: bytes) -> str:
    """Read the name in Excel's owner file."""
    length = int.from_bytes(data[55:57], "little")
    name = data[57 : 57 + 2 * length].decode("utf-16-le", "replace").strip(" \0") if 0 < length <= 54 else ""
    narrow = data[1 : 1 + data[0]] if data else b""
    return name or narrow.decode("mbcs" if os.name == "nt" else "utf-8", "replace").strip()


def libreoffice_owner(data: bytes) -> str:
    """Read the name in LibreOffice's lock file: full name, account, computer, time, profile."""
    fields = [re.sub(r"\\(.)", r"\1", f) for f in re.split(r"(?<!\\),", data.decode("utf-8", "replace").rstrip(";\n"))]
    fields += [""] * (3 - len(fields))
    return fields[0].strip() or "@".join(part.strip() for part in fields[1:3] if part.strip())


def abandoned(owner_file: Path) -> bool:
    """Say whether an owner file was left behind: on Windows the program that lives holds it open."""
    if os.name != "nt":
        return False
    try:
        with owner_file.open("r+b"):
            return True
    except OSError:
        return False


def real_path(path: Path) -> Path:
    """Follow symbolic links to the file that is meant."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        raise WriteError(
            "E404", f"{path.name} 的链接指向自身，无法写入。", f"{path.name} is a link that leads back to itself."
        ) from None


def open_elsewhere(path: Path, who: str | None) -> WriteError:
    """Give the error for a workbook that somebody has open."""
    zh = f"{who} 正在打开" if who and who != UNKNOWN else "有程序正在打开"
    en = f"{who} has" if who and who != UNKNOWN else "Some program has"
    since = open_since(path)
    from_zh, from_en = (f"（自 {since} 起）", f" (since {since})") if since else ("", "")
    return WriteError(
        "E401",
        f"{zh} {path.name}{from_zh}，没有写入。请关闭后再运行；若确认无人打开，请删除旁边的 ~$ 或 .~lock 文件。",
        f"{en} {path.name} open{from_en}; nothing was written. Close it and run again. If nobody has it open, delete the "
        "~$ or .~lock file beside it.",
    )


def not_allowed(path: Path) -> WriteError:
    """Give the error for a file or folder that may not be written."""
    return WriteError(
        "E402",
        f"没有写入权限：{path.name}（或其所在文件夹 {path.parent}）为只读，没有写入。请取消只读，或换一个文件夹。",
        f"{path.name} or its folder {path.parent} is read-only; nothing was written. "
        "Lift the protection, or use another folder.",
    )


def from_os(error: OSError, path: Path) -> WriteError:
    """Turn an operating system's error into a sentence that says what to do."""
    if error.errno in NO_SPACE:
        return WriteError(
            "E403",
            f"磁盘空间不足，{path.name} 没有写入，原文件未变。请腾出空间后再运行。",
            f"There is no space left to write {path.name}; the old file is unchanged. Free some space and run again.",
        )
    if error.errno in NOT_ALLOWED:
        who = who_has_it(path)
        return open_elsewhere(path, who) if who or os.name == "nt" else not_allowed(path)
    return WriteError(
        "E404",
        f"无法写入 {path.name}（{error.strerror or error}），原文件未变。",
        f"{path.name} could not be written ({error.strerror or error}); the old file is unchanged.",
    )
