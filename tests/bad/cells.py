"""Worksheets made of Python values, written part by part, so that each cell can be as odd as the row wants it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from loyalty_xl.cells import column_letters
from tests.books.packages import parts, save, sheet_xml, styles_xml
from tests.contracts.raw import Error, Formatted, Uncached

HEAD = ["订单号", "客户编号", "订单日期", "金额"]
DAY = "yyyy-mm-dd"
Cells = list[list[Any]]


@dataclass(frozen=True)
class Formula:
    """A formula with the result that was saved; *tag* holds attributes."""

    text: str
    value: float | str
    tag: str = ""


@dataclass(frozen=True)
class Markup:
    """A cell written out: {0} is its address."""

    xml: str


class Styled:
    """A blank cell that carries a format."""


def order(number: int, **other: Any) -> list[Any]:
    """One order line: its number, customer, day and amount, of which some are given otherwise."""
    line = {"id": f"A{number}", "customer": f"C{number}", "day": date(2026, 1, number), "amount": 10 * number}
    return list((line | other).values())


def orders(count: int = 3, *, first: int = 1) -> Cells:
    """A header and order lines: 10, 20, 30 ..."""
    return [HEAD, *(order(number) for number in range(first, first + count))]


def with_amounts(*values: Any) -> Cells:
    """Order lines with these amounts."""
    return [HEAD, *(order(at, amount=value) for at, value in enumerate(values, 1))]


def with_days(*values: Any) -> Cells:
    """Order lines with these dates."""
    return [HEAD, *(order(at, day=value) for at, value in enumerate(values, 1))]


def with_customers(*values: Any) -> Cells:
    """Order lines of these customers."""
    return [HEAD, *(order(at, customer=value) for at, value in enumerate(values, 1))]


def rows_xml(rows: Cells, formats: list[str], *, hidden: tuple[int, ...] = (), date1904: bool = False) -> str:
    """The rows of a sheet; an empty list has no cells. New number formats are added to *formats*."""
    made = []
    for number, row in enumerate(rows, 1):
        cells = [
            _cell(value, f"{column_letters(at)}{number}", formats, date1904=date1904)
            for at, value in enumerate(row, 1)
            if value is not None
        ]
        if cells:
            state = ' hidden="1"' if number in hidden else ""
            made.append(f'<row r="{number}"{state}>{"".join(cells)}</row>')
    return "".join(made)


def _cell(value: Any, place: str, formats: list[str], *, date1904: bool) -> str:
    if isinstance(value, Markup):
        return value.xml.format(place)
    if isinstance(value, Styled) or value is Styled:
        return f'<c r="{place}" s="{_style(DAY, formats)}"/>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    if isinstance(value, Formatted):
        return f'<c r="{place}" s="{_style(value.format, formats)}"><v>{value.value!r}</v></c>'
    if isinstance(value, date):
        return f'<c r="{place}" s="{_style(DAY, formats)}"><v>{serial(value, date1904=date1904)!r}</v></c>'
    if isinstance(value, Error):
        return f'<c r="{place}" t="e"><f>1/0</f><v>{value.text}</v></c>'
    if isinstance(value, Uncached) or value is Uncached:
        return f'<c r="{place}"><f>1+1</f></c>'
    if isinstance(value, Formula):
        kind = ' t="str"' if isinstance(value.value, str) else ""
        return f'<c r="{place}"{kind}><f{value.tag}>{html.escape(value.text)}</f><v>{value.value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{html.escape(value, quote=False)}</t></is></c>'


def _style(code: str, formats: list[str]) -> int:
    code = html.escape(code)
    if code not in formats:
        formats.append(code)
    return formats.index(code) + 1


def serial(day: date, *, date1904: bool = False) -> float:
    """The number under which a workbook holds a day."""
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    days = (moment - (datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30))).total_seconds() / 86_400
    return int(days) if days == int(days) else days


def content(sheets: dict[str, Cells | str], **more: Any) -> dict[str, str | bytes]:
    """The parts of a workbook with these sheets, given as values or as a finished part.

    *hidden* rows, and what stands *before* and *after* the rows, are the same for all of them.
    """
    formats: list[str] = []
    around = {name: more.pop(name, "") for name in ("before", "after")}
    hidden, date1904 = more.pop("hidden", ()), more.pop("date1904", False)
    made: dict[str, str | bytes] = {
        html.escape(name): rows
        if isinstance(rows, str)
        else sheet_xml(rows_xml(rows, formats, hidden=hidden, date1904=date1904), **around)
        for name, rows in sheets.items()
    }
    properties = 'date1904="1"' if date1904 else ""
    return parts(made, styles=styles_xml(*formats), properties=properties, **more)


def book(path: Path, rows: Cells | None = None, **more: Any) -> Path:
    """A workbook with one sheet, or with *sheets*."""
    sheets = more.pop("sheets", None) or {"Sheet1": rows or []}
    return save(path, content(sheets, **more))


def merged(*ranges: str) -> str:
    """The element of merged cells."""
    return (
        f'<mergeCells count="{len(ranges)}">'
        + "".join(f'<mergeCell ref="{each}"/>' for each in ranges)
        + "</mergeCells>"
    )
