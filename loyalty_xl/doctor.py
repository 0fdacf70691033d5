"""Looks at the machine: what is there, what is wrong, and one line that repairs each thing that is wrong.

Each check is a function of a `Machine`, so that any machine can be put before it.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books import libreoffice
from loyalty_xl.books.places import in_language
from loyalty_xl.errors import LoyaltyError
from loyalty_xl.hosts.excel import installing, vba
from loyalty_xl.hosts.excel.building import ADD_IN
from loyalty_xl.sharing.fonts import check_fonts, chinese_fonts
from loyalty_xl.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.hosts.excel.machine import Machine

OLDEST_PYTHON = (3, 11)
FONTS = {"Microsoft YaHei": "msyh.ttc", "Calibri": "calibri.ttf"}  # what the pages are set in
CHINESE_FONT = {"win32": "start ms-settings:optionalfeatures", "darwin": "brew install --cask font-noto-sans-cjk-sc"}
INSTALL = "loyalty-xl addin excel --install"
EXTRA = "pip install -U loyalty-xl[excel]"


class State(StrEnum):
    """How a thing stands."""

    GOOD = "good"
    BAD = "bad"
    NOT_NEEDED = "not_needed"  # it is missing, and the rest works without it


MARKS = {State.GOOD: ("✓", "32"), State.BAD: ("✗", "31"), State.NOT_NEEDED: ("–", "2")}


@dataclass(frozen=True)
class Item:
    """One thing that was looked at."""

    name: str
    state: State
    zh: str
    en: str
    repair: str = ""  # one line to type or to do

    def as_json(self) -> dict[str, str]:
        """As `doctor --json` lists it."""
        return {"item": self.name, "state": self.state.value, "zh": self.zh, "en": self.en, "repair": self.repair}

    def line(self, language: str, *, colour: bool = False) -> str:
        """The item as the terminal shows it, with its repair below."""
        mark, code = MARKS[self.state]
        mark = f"\x1b[{code}m{mark}\x1b[0m" if colour else mark
        both = self.zh if self.zh == self.en else f"{self.zh} · {self.en}"
        says = f"{mark} {self.name:<12} {({'zh': self.zh, 'en': self.en}).get(language, both)}"
        return says + (f"\n               → {self.repair}" if self.repair else "")


def good(name: str, zh: str, en: str) -> Item:
    """What is as it should be."""
    return Item(name, State.GOOD, zh, en)


def bad(name: str, zh: str, en: str, repair: str) -> Item:
    """What must be repaired, and how."""
    return Item(name, State.BAD, zh, en, repair)


def not_needed(name: str, zh: str, en: str, repair: str = "") -> Item:
    """What is missing without harm."""
    return Item(name, State.NOT_NEEDED, zh, en, repair)


def python(machine: Machine) -> Item:
    """The interpreter: new enough, and one that Excel can start."""
    told = ".".join(map(str, machine.python))
    if machine.python[:2] < OLDEST_PYTHON:
        return bad("python", f"Python {told} 太旧", f"Python {told} is too old", "uv python install 3.13")
    if machine.windows and "windowsapps" in str(machine.executable).lower():
        return bad(
            "python",
            f"Python {told} 来自 Microsoft Store,Excel 不能启动它",
            f"Python {told} is from the Microsoft Store: Excel cannot start it",
            "winget install Python.Python.3.13",
        )
    if machine.windows and not machine.interpreter.is_file():
        return bad(
            "python",
            f"缺少 {machine.interpreter}",
            f"{machine.interpreter} is missing",
            "uv python install --reinstall",
        )
    return good(
        "python", f"{told},{machine.bits} 位:{machine.executable}", f"{told}, {machine.bits} bit: {machine.executable}"
    )


def xlwings(machine: Machine) -> Item:
    """The free part of xlwings: there, and of a version whose VBA is known."""
    told = machine.version("xlwings")
    if not told:
        return _missing(machine, "xlwings")
    try:
        vba.xlwings_module(addin=True)
    except LoyaltyError as error:
        return bad("xlwings", f"{told}:{error.zh}", f"{told}: {error.en}", f"pip install xlwings=={vba.KNOWN_XLWINGS}")
    return good("xlwings", told, told)


def pyopenvba(machine: Machine) -> Item:
    """What writes the VBA."""
    told = machine.version("pyOpenVBA")
    return good("pyOpenVBA", told, told) if told else _missing(machine, "pyOpenVBA")


def library(machine: Machine) -> Item:
    """The library of xlwings that Excel loads: of Excel's bitness, and of xlwings' version."""
    name = f"xlwings{machine.excel_bits}-{machine.version('xlwings')}.dll"
    if (machine.prefix / name).is_file():
        return good("DLL", str(machine.prefix / name), str(machine.prefix / name))
    return bad(
        "DLL",
        f"{machine.prefix} 中没有 {name}",
        f"{name} is not in {machine.prefix}",
        "pip install --force-reinstall xlwings",
    )


def excel(machine: Machine) -> Item:
    """Excel itself: installed, and not the one from the Store."""
    if not machine.excel:
        return bad("Excel", "没有找到 Excel", "Excel was not found", "winget install Microsoft.Office")
    if "windowsapps" in machine.excel.lower():
        return bad(
            "Excel",
            "Excel 来自 Microsoft Store,不能装载加载项的库",
            "Excel is from the Microsoft Store: it does not load the add-in's library",
            "winget uninstall Microsoft.Office.Desktop, then winget install Microsoft.Office",
        )
    return good("Excel", f"{machine.excel_bits} 位:{machine.excel}", f"{machine.excel_bits} bit: {machine.excel}")


def add_in(machine: Machine) -> Item:
    """The add-in: in Excel's start folder, and made by this version."""
    path = machine.start_folder / ADD_IN
    if not path.is_file():
        return bad("add-in", "加载项没有安装", "The add-in is not installed", INSTALL)
    try:
        current = installing.is_current(path)
    except LoyaltyError as error:
        return bad("add-in", error.zh, error.en, EXTRA)
    if not current:
        return bad("add-in", f"{path} 来自其他版本", f"{path} was made by another version", INSTALL)
    return good("add-in", f"{path}({__version__})", f"{path} ({__version__})")


def config(machine: Machine) -> Item:
    """The settings in force: this interpreter, and the safe ones."""
    found, wanted = installing.read_settings(machine), installing.safe_settings(machine)
    if not found:
        return bad("config", f"没有 {machine.config}", f"There is no {machine.config}", INSTALL)
    wrong = [f"{key}={found.get(key, '')}" for key, value in wanted.items() if found.get(key) != value]
    if wrong:
        listed = ", ".join(wrong)
        return bad("config", f"{machine.config}:{listed}", f"{machine.config}: {listed}", INSTALL)
    return good("config", str(machine.config), str(machine.config))


def writing(_: Machine) -> Item:
    """Whether files can be made in the current folder, where workbooks are saved."""
    folder = Path.cwd()
    try:
        with tempfile.TemporaryFile(dir=folder):
            return good("writing", str(folder), str(folder))
    except OSError as error:
        return bad(
            "writing",
            f"不能写入 {folder}({error.strerror})",
            f"{folder} cannot be written to ({error.strerror})",
            f'cd "{Path.home()}"',
        )


def fonts(machine: Machine) -> Item:
    """The fonts that the pages are set in; elsewhere a program takes others that look alike."""
    if machine.windows:
        folder = Path(machine.environ.get("WINDIR", r"C:\Windows")) / "Fonts"
        missing = [name for name, file in FONTS.items() if not (folder / file).is_file()]
        if missing:
            listed = ", ".join(missing)
            return bad("fonts", f"缺少字体 {listed}", f"Missing: {listed}", "start ms-settings:optionalfeatures")
        return good("fonts", "、".join(FONTS), ", ".join(FONTS))
    if chinese_fonts():
        return good("fonts", "有中文字体", "there are Chinese fonts")
    return not_needed(
        "fonts",
        "没有中文字体,中文会印成方框",
        "no Chinese font: Chinese prints as boxes",
        "apt-get install fonts-noto-cjk",
    )


def libre_office(_: Machine) -> Item:
    """LibreOffice, which calculates other people's formulas after a refresh where it is installed."""
    found = libreoffice.program()
    if found:
        return good("LibreOffice", found, found)
    return not_needed(
        "LibreOffice",
        "没有安装;更新后,依赖本工具页面的公式要等 Excel 打开才重算",
        "not installed: formulas that depend on our pages are calculated when Excel opens the workbook",
        "https://www.libreoffice.org/download",
    )


def printing(machine: Machine) -> Item:
    """What prints the PDF of a share and the pictures of its pages."""
    if libreoffice.program():
        return good("PDF", "由 LibreOffice 打印", "printed by LibreOffice")
    if machine.excel:
        return good("PDF", "由 Excel 打印", "printed by Excel")
    return not_needed(
        "PDF",
        "没有 LibreOffice,也没有 Excel;分享时没有 PDF 和页面图片",
        "neither LibreOffice nor Excel: what is shared has no PDF and no picture of the page",
        "https://www.libreoffice.org/download",
    )


def pictures(machine: Machine) -> Item:
    """The font that pictures for chat groups are lettered with."""
    if both := check_fonts("both"):
        return good("pictures", f"用 {both}", f"lettered with {both}")
    repair = CHINESE_FONT.get(machine.system, "apt-get install fonts-noto-cjk")
    if latin := check_fonts("en"):
        told = (
            f"没有中文字体,聊天群图片只能用英文({latin})",
            f"no Chinese font: pictures for chat groups in English only ({latin})",
        )
        return not_needed("pictures", *told, repair)
    return not_needed("pictures", "没有字体,不能画聊天群图片", "no font: no pictures for chat groups", repair)


def _missing(machine: Machine, package: str) -> Item:
    told = (f"没有安装 {package}", f"{package} is not installed")
    return bad(package, *told, EXTRA) if machine.windows else not_needed(package, *told, EXTRA)


EVERYWHERE: tuple[Callable[[Machine], Item], ...] = (
    python,
    xlwings,
    pyopenvba,
    writing,
    fonts,
    libre_office,
    printing,
    pictures,
)
WINDOWS: tuple[Callable[[Machine], Item], ...] = (excel, library, add_in, config)


def examine(machine: Machine) -> list[Item]:
    """Look at everything; on other systems than Windows Excel is not looked for."""
    found = [check(machine) for check in EVERYWHERE]
    if machine.windows:
        return found + [check(machine) for check in WINDOWS]
    return [*found, not_needed("Excel", "加载项只用于 Windows", "the add-in is for Windows only")]


def report(items: list[Item], language: str, *, colour: bool = False) -> str:
    """All items, one below the other, and how many are bad."""
    count = sum(each.state is State.BAD for each in items)
    last = in_language(
        f"{count} 项要处理。" if count else "一切正常。",
        f"To repair: {count}." if count else "Everything is in order.",
        language,
    )
    return "\n".join([*(each.line(language, colour=colour) for each in items), last])


def wants_colour() -> bool:
    """Whether the terminal shows colours."""
    import sys

    return sys.stdout.isatty() and "NO_COLOR" not in os.environ
