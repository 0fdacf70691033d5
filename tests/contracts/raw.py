"""Rows of Python values as the cells of a worksheet, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from loyalty_xl.cells import Kind, RawColumn, RawSheet


@dataclass(frozen=True)
class Error:
    """An error cell."""

    text: str = "#N/A"


@dataclass(frozen=True)
class Formatted:
    """A number under a number format."""

    value: float
    format: str


class Uncached:
    """A formula whose result was never stored."""


def raw_sheet(
    rows: list[list[Any]], *, first_row: int = 1, name: str = "Sheet1", date1904: bool = False, **more: Any
) -> RawSheet:
    """Give *rows* as cells: None is blank, dates are serials under a date format; an empty list has no cells."""
    strings: dict[str, int] = {}
    formats = {"General": 0, "yyyy-mm-dd": 1}
    numbers = [first_row + place for place, row in enumerate(rows) if row]
    rows = [row for row in rows if row]
    columns: dict[int, RawColumn] = {}
    for number in range(1, max(map(len, rows), default=0) + 1):
        cells = [_cell(row[number - 1] if len(row) >= number else None, strings, formats, date1904) for row in rows]
        if any(kind != Kind.BLANK for kind, *_ in cells):
            kinds, values, texts, styles = zip(*cells, strict=True)
            columns[number] = RawColumn(
                np.array(kinds, np.uint8),
                np.array(values, np.float64),
                np.array(texts, np.int32),
                np.array(styles, np.uint16),
            )
    return RawSheet(name, np.array(numbers, np.int32), columns, list(strings), list(formats), date1904=date1904, **more)


def _cell(value: Any, strings: dict[str, int], formats: dict[str, int], date1904: bool) -> tuple[Kind, float, int, int]:
    nan = float("nan")
    if value is None:
        return Kind.BLANK, nan, -1, 0
    if isinstance(value, bool):
        return Kind.BOOL, float(value), -1, 0
    if isinstance(value, int | float):
        return Kind.NUMBER, float(value), -1, 0
    if isinstance(value, Formatted):
        return Kind.NUMBER, float(value.value), -1, formats.setdefault(value.format, len(formats))
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        span = moment - (datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30))
        return Kind.DATE, span.total_seconds() / 86_400, -1, 1
    if isinstance(value, Error):
        return Kind.ERROR, nan, strings.setdefault(value.text, len(strings)), 0
    if isinstance(value, Uncached) or value is Uncached:
        return Kind.UNCACHED, nan, -1, 0
    return Kind.TEXT, nan, strings.setdefault(value, len(strings)), 0
