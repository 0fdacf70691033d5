"""Builds `loyalty.xlam` and the `.xlsm` template on the user's machine, from the registry and the installed xlwings.

Same versions, same bytes: no clock, no path and no name of a user goes in. No Excel is needed.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books.places import SCORECARD, START, in_language
from loyalty_xl.errors import UsageError
from loyalty_xl.formulas import functions
from loyalty_xl.hosts.excel import vba
from loyalty_xl.publish.faces import COLUMN
from loyalty_xl.publish.template import FIXED_DATE, build

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

ADD_IN = "loyalty.xlam"
PLAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
WITH_MACROS = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
AS_ADD_IN = "application/vnd.ms-excel.addin.macroEnabled.main+xml"
RIBBON_PART = "customUI/customUI14.xml"
RIBBON_RELATION = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
WORDS = {  # of ribbon and buttons: name -> (zh, en, what it does in zh, in en, picture of Office's own)
    "LoyaltyRefresh": (
        "更新",
        "Refresh",
        "读取、检查、计算,并填写本工作簿的记分卡等页面。其他内容原样不动。",
        "Reads, checks and computes, and fills Scorecard and the other pages of this workbook. Everything else stays as it is.",
        "RefreshAll",
    ),
    "LoyaltyCheck": (
        "检查",
        "Check",
        "列出数据里的每个问题和改法,不写任何内容。",
        "Lists every problem in the data with its repair. Nothing is written.",
        "DataValidation",
    ),
    "LoyaltyTrace": (
        "追溯",
        "Trace",
        "先选中记分卡的一个指标行:在“追溯”页列出这个数字的每一行来源。",
        "Select a line of the Scorecard first: the page Trace then lists every row behind its figure.",
        "TracePrecedents",
    ),
    "LoyaltyShare": (
        "分享",
        "Share",
        "从已保存的记分卡生成可以发给别人的文件和邮件草稿。不发送任何内容。",
        "Makes files and mail drafts for other people from the saved scorecard. Nothing is sent.",
        "FileSendAsAttachment",
    ),
    "LoyaltyFindings": ("问题", "Findings", "打开“问题”页。", "Opens the page Findings.", "ErrorChecking"),
    "LoyaltyHelp": (
        "帮助",
        "Help",
        "选中显示错误的忠诚度公式时:说明原因。其他地方:打开帮助页。",
        "On a loyalty formula that shows an error: says why. Elsewhere: opens the help page.",
        "Help",
    ),
}
_TAB = {"LoyaltyTab": ("忠诚度", "Loyalty"), "LoyaltyGroup": ("记分卡", "Scorecard")}
_BUTTON = {"width": 92, "height": 26}


def build_add_in(path: Path) -> None:
    """Write the add-in: the functions, the six actions, and a ribbon group.

    Raises
    ------
    UsageError
        xlwings or pyOpenVBA is not installed, or xlwings is not a version whose VBA is known.
    """
    modules = {
        vba.XLWINGS: vba.xlwings_module(addin=True),
        vba.FUNCTIONS: vba.functions_module(),
        vba.MACROS: vba.macros_module(),
        vba.RIBBON: vba.ribbon_module(),
    }
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "book.xlsm"
        _words_book(plain)
        _add_project(plain, modules)
        _repack(plain, path, AS_ADD_IN, {RIBBON_PART: ribbon().encode()})


def build_macro_template(path: Path, language: str) -> None:
    """Write the template in *language* as a workbook that brings its own functions and buttons along.

    Raises
    ------
    UsageError
        As for `build_add_in`.
    """
    modules = {
        vba.XLWINGS: vba.xlwings_module(addin=False),
        vba.FUNCTIONS: vba.functions_module(),
        vba.MACROS: vba.macros_module(),
    }

    def buttons(sheets: dict[str, Worksheet]) -> None:
        sheets[START.name].set_row(1, 28)
        for number, (macro, (zh, en, *_)) in enumerate(WORDS.items()):
            shape = {"macro": macro, "caption": in_language(zh, en, language), **_BUTTON, "y_offset": 6}
            sheets[START.name].insert_button(1, 1, {**shape, "x_offset": number * 100})
            sheets[SCORECARD.name].insert_button(0, COLUMN["ytd"], {**shape, "x_offset": number * 100})

    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "book.xlsm"
        build(plain, language, buttons)
        _add_project(plain, modules)
        _repack(plain, path, WITH_MACROS, {})


def ribbon() -> str:
    """The ribbon: one tab with one group of six buttons; every word is asked for when it is shown."""
    buttons = "".join(
        f'<button id="{name}" size="large" imageMso="{picture}" getLabel="LoyaltyLabel" getSupertip="LoyaltyTip" '
        'onAction="LoyaltyClick"/>'
        for name, (*_, picture) in WORDS.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<customUI xmlns="http://schemas.microsoft.com/office/2009/07/customui"><ribbon><tabs>'
        '<tab id="LoyaltyTab" getLabel="LoyaltyLabel"><group id="LoyaltyGroup" getLabel="LoyaltyLabel">'
        f"{buttons}</group></tab></tabs></ribbon></customUI>"
    )


def words(language: str) -> list[list[str | int]]:
    """What ribbon and function wizard say in *language*: name, label or category, help, and the help of each argument."""
    at = 0 if language == "zh" else 1
    rows: list[list[str | int]] = [[name, each[at], ""] for name, each in _TAB.items()]
    rows += [[name, each[at], each[2 + at]] for name, each in WORDS.items()]
    for made in functions().values():
        helps = [each.help(language) for each in made.arguments]
        rows.append([made.name, "loyalty_xl", made.help(language), len(helps), *helps])
    return rows


def _words_book(path: Path) -> None:
    """The add-in's own sheets, which nobody sees: its words in each language."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "loyalty_xl", "created": FIXED_DATE})
    for language in ("zh", "en"):
        sheet = book.add_worksheet(language)
        sheet.write_row(0, 0, ["name", "label", "help", "arguments"])
        for row, cells in enumerate(words(language), start=1):
            sheet.write_row(row, 0, cells)
    book.close()


def _add_project(path: Path, modules: dict[str, str]) -> None:
    """Put a VBA project of source code into a workbook."""
    if find_spec("pyopenvba") is None:
        raise UsageError(
            "",
            "没有安装 pyOpenVBA:pip install loyalty-xl[excel]",
            "pyOpenVBA is missing: pip install loyalty-xl[excel]",
        )
    from pyopenvba import ExcelFile

    with ExcelFile(path) as file:
        project = file.add_vba_project()
        for name, source in modules.items():
            project.add_module(name, source)
        file.save()


def _repack(source: Path, target: Path, kind: str, parts: dict[str, bytes]) -> None:
    """Write a package anew as *kind*, with further parts that hang on its root."""
    with zipfile.ZipFile(source) as held, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for each in held.infolist():
            data = held.read(each)
            if each.filename == "[Content_Types].xml":
                data, changed = re.subn(re.escape(PLAIN).encode(), kind.encode(), data)
                if changed != 1:
                    raise ValueError("the package does not name its workbook once")
            elif each.filename == "_rels/.rels" and parts:
                hung = "".join(
                    f'<Relationship Id="rIdUi{number}" Type="{RIBBON_RELATION}" Target="{name}"/>'
                    for number, name in enumerate(parts, start=1)
                )
                data = data.replace(b"</Relationships>", f"{hung}</Relationships>".encode())
            made.writestr(_entry(each.filename), data)
        for name, data in parts.items():
            made.writestr(_entry(name), data)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0  # the same on every machine
    entry.external_attr = 0
    return entry
