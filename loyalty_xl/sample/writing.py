"""How the sample's files are written: the same rows give the same bytes."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import xlsxwriter

_CREATED = datetime(2026, 8, 1)  # a fixed date, so that the bytes are the same each time


class Page(NamedTuple):
    """A worksheet to write."""

    name: str
    headers: Sequence[str]
    rows: Sequence[Sequence[object]]
    title: str = ""  # stands above the header, with a blank row between
    total: tuple[str, str] | None = None  # the word, and the header of the column to add up


def write_workbook(path: Path, pages: Iterable[Page]) -> Path:
    """Write *pages* into a new workbook."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": _CREATED, "title": path.stem})
        looks = {
            "header": book.add_format({"bold": True, "bg_color": "#E8EDF3", "bottom": 1}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "total": book.add_format({"bold": True, "top": 1}),
        }
        for page in pages:
            _write_page(book.add_worksheet(page.name), page, looks)
    return path


def _write_page(sheet: xlsxwriter.worksheet.Worksheet, page: Page, looks: dict[str, xlsxwriter.format.Format]) -> None:
    top = 2 if page.title else 0
    if page.title:
        sheet.write_string(0, 0, page.title, looks["title"])
    sheet.write_row(top, 0, page.headers, looks["header"])
    sheet.freeze_panes(top + 1, 0)
    sheet.set_column(0, len(page.headers) - 1, 13)
    for at, row in enumerate(page.rows, start=top + 1):
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(at, column, value)
            elif isinstance(value, date):
                sheet.write_datetime(at, column, value, looks["moment" if isinstance(value, datetime) else "date"])
            elif isinstance(value, int | float):
                sheet.write_number(at, column, value)
    if page.total:
        word, header = page.total
        column, last = list(page.headers).index(header), top + len(page.rows)
        sheet.write_string(last + 1, 0, word, looks["total"])
        letter = chr(ord("A") + column)
        added = sum(value for row in page.rows if isinstance(value := row[column], int | float))
        sheet.write_formula(last + 1, column, f"=SUM({letter}{top + 2}:{letter}{last + 1})", looks["total"], added)


def write_csv(
    path: Path, headers: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8-sig"
) -> Path:
    """Write a text file with commas, as Excel does."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(headers)
        writer.writerows(rows)
    return path
