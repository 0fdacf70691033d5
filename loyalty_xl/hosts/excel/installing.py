"""Puts the add-in where Excel finds it, takes it away again, and writes the settings under which Excel starts Python."""

from __future__ import annotations

import csv
import io
import locale
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books.saving import replace_file
from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.hosts.excel.building import ADD_IN, build_add_in

if TYPE_CHECKING:
    from loyalty_xl.hosts.excel.machine import Machine


def safe_settings(machine: Machine) -> dict[str, str]:
    """The settings: this interpreter, nothing from a workbook's folder, one server for all clicks and formulas."""
    return {
        "INTERPRETER_WIN": str(machine.interpreter),
        "ADD_WORKBOOK_TO_PYTHONPATH": "False",
        "USE UDF SERVER": "True",
        "SHOW CONSOLE": "False",
    }


def install(machine: Machine) -> tuple[Path, Path]:
    """Build the add-in into Excel's start folder, and write the settings; gives both paths.

    Raises
    ------
    UsageError
        This is not Windows, or something that is needed is missing.
    WriteError
        The file is in use, or may not be written.
    """
    _windows_only(machine)
    target = machine.start_folder / ADD_IN
    _make(target.parent)
    settings = write_settings(machine)
    replace_file(target, build_add_in, backups=None)
    return target, settings


def uninstall(machine: Machine) -> list[Path]:
    """Take add-in and settings away; gives what was removed.

    Raises
    ------
    UsageError
        This is not Windows.
    WriteError
        The add-in is in use.
    """
    _windows_only(machine)
    removed = []
    for path in (machine.start_folder / ADD_IN, machine.config):
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _in_use(path) from error
        removed.append(path)
    return removed


def write_settings(machine: Machine) -> Path:
    """Write the settings in the encoding in which VBA reads them.

    Raises
    ------
    UsageError
        The interpreter's path has letters that VBA cannot read on this machine.
    """
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(safe_settings(machine).items())
    try:
        data = text.getvalue().encode(encoding())
    except UnicodeEncodeError:
        raise UsageError(
            "",
            f"Excel 读不了解释器的路径 {machine.interpreter}:请把 Python 装在只含英文字母的文件夹里",
            f"Excel cannot read the interpreter's path {machine.interpreter}: install Python in a folder of plain letters",
        ) from None
    _make(machine.config.parent)
    replace_file(machine.config, lambda path: path.write_bytes(data), backups=None)
    return machine.config


def read_settings(machine: Machine) -> dict[str, str]:
    """The settings in force, {} where there are none."""
    try:
        text = machine.config.read_bytes().decode(encoding(), errors="replace")
    except OSError:
        return {}
    return {row[0]: row[1] for row in csv.reader(io.StringIO(text)) if len(row) > 1}


def encoding() -> str:
    """The encoding of the machine's texts, whatever Python itself prefers."""
    return locale.getencoding()


def is_current(add_in: Path) -> bool:
    """Whether an add-in is what would be built now, byte for byte."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / ADD_IN
        build_add_in(fresh)
        return fresh.read_bytes() == add_in.read_bytes()


def build_to(path: Path) -> Path:
    """Build the add-in at *path*, on any system.

    Raises
    ------
    UsageError
        The name does not end in .xlam.
    """
    if path.suffix.lower() != ".xlam":
        raise UsageError(
            "", f"加载项的文件名要以 .xlam 结尾:{path.name}", f"The add-in's name must end in .xlam: {path.name}"
        )
    _make(path.parent)
    replace_file(path, partial(build_add_in), backups=None)
    return path


def _windows_only(machine: Machine) -> None:
    if not machine.windows:
        raise UsageError(
            "",
            "只有 Windows 上的 Excel 能安装这个加载项。这里可以生成文件:loyalty-xl addin excel --out loyalty.xlam;"
            "Mac 和网页版请用 xlwings Lite(docs/how-to/xlwings-lite.md)。",
            "The add-in installs into Excel on Windows only. Here its file can be made: loyalty-xl addin excel --out loyalty.xlam; "
            "on Mac and web use xlwings Lite (docs/how-to/xlwings-lite.md).",
        )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError("E402", f"不能创建文件夹 {folder}", f"The folder {folder} cannot be made") from error


def _in_use(path: Path) -> WriteError:
    return WriteError("E401", f"{path} 正被使用。请关闭 Excel 再试。", f"{path} is in use. Close Excel and try again.")
