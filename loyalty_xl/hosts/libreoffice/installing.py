"""Adds the extension to LibreOffice and takes it out, by LibreOffice's own `unopkg`."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books.libreoffice import program
from loyalty_xl.errors import UsageError
from loyalty_xl.hosts.libreoffice.extension import IDENTIFIER

if TYPE_CHECKING:
    from collections.abc import Sequence

PASSING = "C++ code threw"  # unopkg stumbles now and then over itself; the next time it does not
WAITS = (1.0, 3.0)  # seconds before it is asked again


def install(extension: Path, options: Sequence[str] = ()) -> None:
    """Add the extension, in place of the one that was there; *options* go to `unopkg`.

    Raises
    ------
    UsageError
        LibreOffice is not installed, or refuses.
    """
    _run("add", "--force", "--suppress-license", *options, str(extension))


def uninstall(options: Sequence[str] = ()) -> None:
    """Take the extension out.

    Raises
    ------
    UsageError
        LibreOffice is not installed, or refuses.
    """
    _run("remove", *options, IDENTIFIER)


def unopkg() -> str | None:
    """Give the program that manages extensions, None where LibreOffice is not installed."""
    office = program()
    if office is None:
        return shutil.which("unopkg")
    beside = Path(office).resolve().parent / ("unopkg.com" if os.name == "nt" else "unopkg")
    return str(beside) if beside.is_file() else shutil.which("unopkg")


def _run(what: str, *options: str) -> None:
    command = unopkg()
    if command is None:
        raise UsageError(
            "",
            "没有找到 LibreOffice。请先安装 LibreOffice Calc,或在 LibreOffice 的扩展管理器中添加 .oxt 文件。",
            "LibreOffice is not there. Install LibreOffice Calc, or add the .oxt file in its extension manager.",
        )
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options = ("--shared", *options)  # for all users: it refuses to add anything for root alone
    said = ""
    for wait in (0, *WAITS):
        time.sleep(wait)
        done = subprocess.run(
            [command, what, *options], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if not done.returncode:
            return
        said = " ".join((done.stderr or done.stdout).split())
        if PASSING not in said:
            break
    raise UsageError("", f"unopkg 失败:{said}", f"unopkg failed: {said}")
