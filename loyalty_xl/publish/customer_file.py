"""The file of customer lists: a workbook of its own, all text as text, which says on every sheet what it holds."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import in_language
from loyalty_xl.publish.look import BLUE, GREY, Look

if TYPE_CHECKING:
    from pathlib import Path

    from xlsxwriter.worksheet import Worksheet

MARK = "loyalty_xl customer lists"  # stands in the file's properties: by it we know our own
FIXED_DATE = datetime(2026, 1, 1)
WARNING = (
    "本文件含客户资料:只供负责联系客户的人使用,不要转发,不要附在邮件里,用完删除。",
    "This file holds customer data: for those who contact the customers only. Do not mail it on, do not attach it; delete it after use.",
)
TOP = 3  # rows above the header of a list


@dataclass(frozen=True)
class Column:
    """A column of a list."""

    key: str
    zh: str
    en: str
    width: float = 14
    number_format: str = ""  # "" = text


@dataclass
class CustomerList:
    """One list: what it holds, and if it has no rows, why."""

    key: str
    zh: str  # name of the worksheet
    en: str
    says: tuple[str, str]
    columns: tuple[Column, ...]
    rows: list[dict[str, Any]] = field(default_factory=list)
    missing: tuple[str, str] | None = None  # why it cannot be made
    notes: list[tuple[str, str]] = field(default_factory=list)

    def title(self, language: str) -> str:
        """Name of the worksheet."""
        return in_language(self.zh, self.en, language)


def is_ours(path: Path) -> bool:
    """Whether a file is one of these."""
    try:
        with zipfile.ZipFile(path) as package:
            return MARK.encode() in package.read("docProps/core.xml")
    except (OSError, KeyError, zipfile.BadZipFile):
        return False


def write_lists(path: Path, lists: list[CustomerList], as_of: date, language: str) -> None:
    """Write all lists into a new workbook."""
    import xlsxwriter

    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), plain)
    book.set_properties({"title": "Customer lists", "category": MARK, "created": FIXED_DATE})
    look = Look(book, language)
    front = book.add_worksheet(in_language("先读", "Read first", language))
    _front(front, lists, as_of, look)
    for each in lists:
        _list(book.add_worksheet(each.title(language)), each, look)
    book.close()


def _front(sheet: Worksheet, lists: list[CustomerList], as_of: date, look: Look) -> None:
    language = look.language
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 2, 110)
    sheet.write_string(0, 0, in_language("客户名单", "Customer lists", language), look.title)
    sheet.write_string(1, 0, in_language(*WARNING, language), look(bold=True, font_color="#7A1F00"))
    said = (f"数据截止(不含):{as_of.isoformat()}", f"Data before {as_of.isoformat()}")
    sheet.write_string(2, 0, in_language(*said, language), look(font_color=GREY))
    heads = (("名单", "List"), ("客户数", "Customers"), ("内容", "What it holds"))
    for column, (zh, en) in enumerate(heads):
        sheet.write_string(4, column, in_language(zh, en, language), look.header)
    for row, each in enumerate(lists, start=5):
        sheet.write_string(row, 0, each.title(language))
        sheet.write_number(row, 1, len(each.rows), look(num_format="#,##0", valign="top"))
        sheet.write_string(
            row, 2, in_language(*(each.missing or each.says), language), look(text_wrap=True, valign="top")
        )


def _list(sheet: Worksheet, each: CustomerList, look: Look) -> None:
    language = look.language
    sheet.set_tab_color(BLUE)
    sheet.write_string(0, 0, in_language(*WARNING, language), look(bold=True, font_color="#7A1F00"))
    said = [each.says, *each.notes] if each.missing is None else [each.missing]
    sheet.write_string(1, 0, " ".join(in_language(*text, language) for text in said), look(font_color=GREY))
    shapes = [look(num_format=column.number_format or "@", valign="top") for column in each.columns]
    for number, column in enumerate(each.columns):
        sheet.set_column(number, number, column.width)
        sheet.write_string(TOP, number, in_language(column.zh, column.en, language), look.header)
    sheet.freeze_panes(TOP + 1, 1)
    for row, cells in enumerate(each.rows, start=TOP + 1):
        for number, (column, shape) in enumerate(zip(each.columns, shapes, strict=True)):
            value = cells.get(column.key)
            if isinstance(value, tuple):
                zh, en = value
                value = in_language(zh, en, language)
            if isinstance(value, date):
                sheet.write_datetime(row, number, datetime(value.year, value.month, value.day), shape)
            elif isinstance(value, int | float):
                sheet.write_number(row, number, value, shape)
            elif value:
                sheet.write_string(row, number, str(value), shape)
    if each.rows:
        sheet.autofilter(TOP, 0, TOP + len(each.rows), len(each.columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(TOP)
