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
SYSTEM = ("/usr/bin", "/bin")  # where the system's own Python lies
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


def own_python() -> dict[str, str]:
    """The environment without any Python but the system's: LibreOffice has its own, and takes the first on PATH for it.

    With a virtual environment there (`uv run`, an activated one, pyenv) the Python inside LibreOffice looks for its library in the wrong
    place, and dies.
    """
    kept = {
        name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV" and not name.startswith("PYTHON")
    }
    folders = os.environ.get("PATH", "").split(os.pathsep)
    kept["PATH"] = os.pathsep.join(each for each in folders if each in SYSTEM or not _has_python(Path(each)))
    return kept


def _has_python(folder: Path) -> bool:
    return any((folder / name).exists() for name in ("python", "python3", "python.exe"))


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
            [command, what, *options],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env=own_python(),
        )
        if not done.returncode:
            return
        said = " ".join((done.stderr or done.stdout).split())
        if PASSING not in said:
            break
    raise UsageError("", f"unopkg 失败:{said}", f"unopkg failed: {said}")
