"""Raw cells as a host hands them over -> typed columns, by the rules that hold for the sheets.

One coercion for every host. A range is a scalar, a row, or rows of rows; its cells are None, "", numbers, Decimals, booleans,
dates, serial numbers or texts (errors among them). What cannot be read is named by its place in the range.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.cells import Kind, RawColumn, RawSheet
from loyalty_xl.contracts.cells import Reading, read_column
from loyalty_xl.contracts.contract import Field, Type
from loyalty_xl.contracts.faults import Fault
from loyalty_xl.contracts.header_text import header_text
from loyalty_xl.contracts.numerals import shown
from loyalty_xl.findings import sentence
from loyalty_xl.formulas.cell_errors import bad_cells
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from loyalty_xl.contracts.cells import Column

EPOCH = datetime(1899, 12, 30)
ANY_DAY = Reading(date(9998, 12, 31))  # formulas judge no date by the clock
_NUMBERS = frozenset({int, float, type(None)})


@dataclass(frozen=True)
class Given:
    """One range as it was handed over: its name, what its cells should be, and the cells."""

    name: str
    field: Field
    cells: list[Any]
    blank_counts: bool = False  # a blank cell is an answer of its own (an open case, an anonymous buyer)
    limits: tuple[float, float] | None = None  # what its numbers must lie between


def flat(cell: Any, name: str = "") -> list[Any]:
    """Give the cells of a range in one line; a block of several rows and columns is refused where *name* must be paired."""
    cell = cell.tolist() if hasattr(cell, "tolist") else cell
    if not isinstance(cell, (list, tuple)):
        return [cell]
    if cell and all(isinstance(row, (list, tuple)) for row in cell):
        if name and len(cell) > 1 and any(len(row) != 1 for row in cell):
            raise bad_cells(f"{name} 应是一列", f"{name} must be one column")
        return list(chain.from_iterable(cell))
    return list(cell)


def day_or_id(cell: Any) -> Any:
    """Give what tells purchases apart: an id as it is, a date (or its serial number, with a time or not) as its day."""
    if isinstance(cell, date):
        return int(serial(cell))
    if isinstance(cell, (float, Decimal)) and not isinstance(cell, bool):
        return int(cell)
    return cell


def is_blank(cell: Any) -> bool:
    """Whether nothing stands in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def trimmed(cells: list[Any]) -> list[Any]:
    """Leave out the blank cells at the end, as whole columns have them."""
    stop = len(cells)
    while stop and is_blank(cells[stop - 1]):
        stop -= 1
    return cells[:stop] if stop < len(cells) else cells


def serial(moment: date) -> float:
    """Give a date as the number a sheet stores."""
    at = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    return (at.replace(tzinfo=None) - EPOCH) / timedelta(days=1)


def raw_sheet(cells: Sequence[Any]) -> RawSheet:
    """Give a line of cells as a worksheet of one column."""
    size = len(cells)
    kind, number = np.zeros(size, np.uint8), np.full(size, np.nan)
    text, strings = np.full(size, -1, np.int32), {}  # type: ignore[var-annotated]
    if set(map(type, cells)) <= _NUMBERS:
        number = np.array(cells, np.float64) if size else number
        kind[:] = np.where(np.isnan(number), Kind.BLANK, Kind.NUMBER)
    else:
        for place, cell in enumerate(cells):
            if cell is None:
                continue
            if isinstance(cell, str):
                kind[place] = (
                    Kind.ERROR if cell.startswith("#") and cell.upper() == cell and len(cell) > 2 else Kind.TEXT
                )
                text[place] = strings.setdefault(cell, len(strings))
            elif isinstance(cell, bool) or type(cell).__name__ == "bool_":
                kind[place], number[place] = Kind.BOOL, float(cell)
            elif isinstance(cell, (int, float, Decimal)):
                kind[place], number[place] = Kind.NUMBER, float(cell)
            elif isinstance(cell, date):
                kind[place], number[place] = Kind.DATE, serial(cell)
            else:
                kind[place] = Kind.TEXT
                text[place] = strings.setdefault(str(cell), len(strings))
    column = RawColumn(kind, number, text, np.zeros(size, np.uint16))
    return RawSheet("", np.arange(1, size + 1, dtype=np.int32), {1: column}, list(strings))


def raw_table(columns: Mapping[str, Sequence[Any]]) -> RawSheet:
    """Give columns of cells of equal length as a worksheet with a header row."""
    made: dict[int, RawColumn] = {}
    strings: list[str] = []
    rows = np.arange(1, 1, dtype=np.int32)
    for number, (name, cells) in enumerate(columns.items(), start=1):
        one = raw_sheet([name, *cells])
        column = one.columns[1]
        text = np.where(column.text >= 0, column.text + len(strings), column.text).astype(np.int32)
        made[number] = RawColumn(column.kind, column.number, text, column.style)
        strings += one.strings
        rows = one.rows
    return RawSheet("", rows, made, strings)


def told(cell: Any) -> str:
    """Give a cell as a message repeats it."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, (int, float, Decimal)):
        return shown(float(cell))
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return text if len(text) <= 60 else f"{text[:60]}…"


@lru_cache(maxsize=256)
def _headers(spellings: tuple[str, ...]) -> frozenset[str]:
    return frozenset(form for each in spellings for form in (header_text(each).whole, header_text(each).stem))


def _names_field(cell: Any, field: Field) -> bool:
    if not isinstance(cell, str) or not cell.strip():
        return False
    found = header_text(cell)
    known = _headers((field.name, field.zh, f"{field.zh} {field.name}", *field.aliases))
    return found.whole in known or found.stem in known


def read_range(given: Given) -> tuple[Column, int]:
    """Read the cells of a range; gives the column and how many cells above it are its header (0 or 1)."""
    cells = given.cells
    named = bool(cells) and _names_field(cells[0], given.field)
    column = _column(cells[1:] if named else cells, given.field)
    if named or not cells or not isinstance(cells[0], str) or not column.bad[0]:
        return column, int(named)
    textual = given.field.type in (Type.ID, Type.STR, Type.CAT)
    good = ~column.bad & ~column.blank
    if textual or not good.any() or cells[0].startswith("#"):
        return column, 0
    return _column(cells[1:], given.field), 1  # one text above numbers


def _column(cells: Sequence[Any], field: Field) -> Column:
    raw = raw_sheet(cells)
    return read_column(raw, raw.columns[1], field, ANY_DAY)


def refuse_bad(given: Given, column: Column, header: int, keep: NDArray[np.bool_] | None = None) -> None:
    """Name the first cells of a range that cannot be read, of those that count."""
    for fault in column.faults:
        at = fault.at if keep is None else fault.at[keep[fault.at]]
        if not fault.code.startswith("E") or not len(at):
            continue
        cells = given.cells[header:]
        some = [f"row {place + header + 1}: {told(cells[place])}" for place in at[:3].tolist()]
        more = len(at) - len(some)
        first = told(cells[int(at[0])])
        found = Finding(fault.code, given.name, found=first, expected=fault.expected, column=given.name)
        where = "; ".join(some) + (f" (+{more})" if more > 0 else "")
        raise bad_cells(
            f"{given.name} {where.replace('row ', '第 ').replace(': ', ' 行:')}:{sentence(found, 'zh', where=False)}",
            f"{given.name} {where}: {sentence(found, 'en', where=False)}",
        )


def paired(block: Sequence[Given], include: list[Any] | None = None) -> dict[str, NDArray[Any]]:
    """Read ranges that belong together row by row.

    Trailing blanks are trimmed, one header row above is passed over, a row with a blank in any range leaves them all (but for
    ranges in which a blank counts), and so does one that *include* does not mark TRUE. Texts and ids come as objects, dates as
    datetime64, numbers as float64.
    """
    sizes = [len(each.cells) for each in block]
    size = sizes[0] if len(set(sizes)) == 1 else _one_length(block)
    used = max((len(trimmed(each.cells[:size])) for each in block), default=0)
    block = [replace(each, cells=each.cells[:used]) for each in block]
    read = [read_range(each) for each in block]
    header = max((count for _, count in read), default=0)
    columns = []
    for each, (column, count) in zip(block, read, strict=True):
        if count < header:
            column = _column(each.cells[header:], each.field)
        columns.append(column)
    keep = np.ones(used - header, np.bool_)
    if include is not None:
        keep &= _included(include, size)[header:used]
    for each, column in zip(block, columns, strict=True):
        if not each.blank_counts:
            keep &= ~(column.blank & ~column.bad)
    for each, column in zip(block, columns, strict=True):
        refuse_bad(each, column, header, keep)
        _refuse_outside(each, column, header, keep)
    return {each.name: _values(column)[keep] for each, column in zip(block, columns, strict=True)}


def _refuse_outside(given: Given, column: Column, header: int, keep: NDArray[np.bool_]) -> None:
    """Name the first numbers outside the limits of the range."""
    if given.limits is None:
        return
    low, high = given.limits
    with np.errstate(invalid="ignore"):
        outside = np.flatnonzero(keep & ((column.values < low) | (column.values > high)))
    if len(outside):
        column.faults.append(Fault("E231", outside, f"{shown(low)} – {shown(high)}"))
        refuse_bad(given, column, header)


def _one_length(block: Sequence[Given]) -> int:
    """Give the length of ranges that differ only in the blanks below them."""
    sizes = {len(trimmed(each.cells)) for each in block}
    if len(sizes) == 1:
        return sizes.pop()
    lengths = [(each.name, len(each.cells)) for each in block]
    raise bad_cells(
        "区域行数不一致:" + "、".join(f"{name} {length} 行" for name, length in lengths),
        "The ranges differ in length: " + ", ".join(f"{name} {length}" for name, length in lengths),
    )


YES_NO = Field("include", Type.BOOL, "包含", ("include", "筛选"))


def _included(cells: list[Any], size: int) -> NDArray[np.bool_]:
    """Read the range that says which rows count: TRUE or 1 does, FALSE, 0 and blank do not; a header counts as nothing."""
    if len(cells) != size and len(trimmed(cells)) > size:
        raise bad_cells(f"include {len(cells)} 行,数据 {size} 行", f"include has {len(cells)} rows, the data {size}")
    cells = [*cells[:size], *([None] * (size - len(cells)))]
    column = _column(cells, YES_NO)
    if cells and isinstance(cells[0], str) and column.bad[0]:
        cells = [None, *cells[1:]]
        column = _column(cells, YES_NO)
    refuse_bad(Given("include", YES_NO, cells), column, 0)
    yes: NDArray[np.bool_] = column.values == 1
    return yes


def _values(column: Column) -> NDArray[Any]:
    if column.categories is None:
        return column.values
    labels: NDArray[Any] = np.array([*column.categories, None], dtype=object)
    values: NDArray[Any] = labels[column.values]
    return values
