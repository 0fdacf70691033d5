"""Cells put into columns: blocks of cells go in row by row, a sheet comes out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.books import read_errors
from loyalty_xl.cells import Kind, RawColumn, RawSheet, column_letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_CELL_BYTES = 11 + 12  # as held here, and as handed on
_TEXT_KINDS = frozenset({Kind.TEXT, Kind.ERROR})
_NUMERIC_KINDS = frozenset({Kind.NUMBER, Kind.BOOL, Kind.DATE})
_TEXTUAL = np.array([kind in _TEXT_KINDS for kind in Kind])
_NUMERIC = np.array([kind in _NUMERIC_KINDS for kind in Kind])


@dataclass(frozen=True)
class ReadSheet(RawSheet):
    """A sheet as read.

    Blank cells that only carry a style are not held: a column or row of nothing else does not exist.
    Hidden rows and columns are listed where they hold a value.
    """

    shared: int = -1  # how many of its first texts are the workbook's shared strings; -1 where it holds others
    origin: str = ""  # `.xls` and the like, for a format whose hidden rows and number formats are not seen (W110)


@dataclass(frozen=True)
class Block:
    """Cells of some rows, row by row, with row numbers and columns ascending.

    `value` is a number, an index into the shared strings, or -1, -2, ... for the sheet's own texts.
    """

    rows: NDArray[np.int32]
    counts: NDArray[np.int64] | int  # cells in each row, or the same for all
    columns: NDArray[np.int32]  # of each cell; where `regular`, those of one row
    kind: NDArray[np.uint8]
    style: NDArray[np.uint16]
    value: NDArray[np.float64]
    regular: bool = False


@dataclass
class Column:
    """What the cells of a column hold: a kind, a style, and a number or the index of a text."""

    kind: NDArray[np.uint8]
    style: NDArray[np.uint16]
    value: NDArray[np.float64]

    @classmethod
    def of(cls, size: int) -> Column:
        """Make an empty column."""
        return cls(np.zeros(size, np.uint8), np.zeros(size, np.uint16), np.zeros(size, np.float64))

    def resized(self, size: int) -> Column:
        """Give a copy of another length."""
        grown = Column.of(size)
        length = min(size, len(self.kind))
        for old, new in ((self.kind, grown.kind), (self.style, grown.style), (self.value, grown.value)):
            new[:length] = old[:length]
        return grown

    def kinds(self) -> frozenset[Kind]:
        """Give the kinds of cell that occur."""
        if len(self.kind) and (first := self.kind[0]) == self.kind[-1] and (self.kind == first).all():
            return frozenset({Kind(int(first))})
        return frozenset(kind for kind in Kind if (self.kind == np.uint8(kind)).any())

    def cut(self, size: int) -> Column:
        """Give the first *size* cells."""
        return Column(self.kind[:size], self.style[:size], self.value[:size])


@dataclass
class Columns:
    """Columns that grow by blocks."""

    where: str
    sheet: str
    memory_mb: float = 3000
    max_rows: int = 1_048_576
    expected: int = 1024  # rows
    rows: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    columns: dict[int, Column] = field(default_factory=dict)
    length: int = 0
    used: tuple[int, int] = (0, 0)

    def add(self, block: Block) -> None:
        """Put in the cells of a block whose rows follow those before."""
        if not len(block.kind):
            return
        if not isinstance(block.counts, int) and not block.counts.all():
            held = block.counts > 0
            block = replace(block, rows=block.rows[held], counts=block.counts[held])
        self.used = (max(self.used[0], int(block.rows[-1])), max(self.used[1], int(block.columns.max())))
        if block.kind.min() == Kind.BLANK:
            block = _without_blanks(block)
            if not len(block.kind):
                return
        start, end = self.length, self.length + len(block.rows)
        if end > self.max_rows:
            most = f"{self.max_rows:,}"
            zh, en = f"工作表“{self.sheet}”超过 {most} 行", f"sheet '{self.sheet}' has more than {most} rows"
            raise read_errors.too_much(self.where, zh, en)
        self._reserve(end, block)
        self.rows[start:end] = block.rows
        self.length = end
        if block.regular:
            width = len(block.columns)
            shape = (len(block.rows), width)
            kind, style, value = block.kind.reshape(shape), block.style.reshape(shape), block.value.reshape(shape)
            for at, number in enumerate(block.columns.tolist()):
                column = self.columns[number]
                column.kind[start:end] = kind[:, at]
                column.style[start:end] = style[:, at]
                column.value[start:end] = value[:, at]
        else:
            self._scatter(block, start)

    def _scatter(self, block: Block, start: int) -> None:
        places = np.repeat(np.arange(start, start + len(block.rows)), block.counts)
        for number, some in _by_column(block.columns):
            column = self.columns[number]
            place: NDArray[np.int64] | slice = places[some]
            if len(some) == len(block.rows):
                place = slice(start, start + len(block.rows))
            column.kind[place] = block.kind[some]
            column.style[place] = block.style[some]
            column.value[place] = block.value[some]

    def _reserve(self, end: int, block: Block) -> None:
        """Make room, and refuse a shape that no memory holds."""
        if end > len(self.rows):
            size = self.expected if end <= self.expected else min(2 * end, max(end, self.max_rows))
            self.rows = np.concatenate((self.rows[: self.length], np.zeros(size - self.length, np.int32)))
            self._check(end, len(self.columns))
            self.columns = {number: column.resized(size) for number, column in self.columns.items()}
        new = set(_present(block.columns)) - self.columns.keys()
        if new:
            self._check(end, len(self.columns) + len(new))
            for number in new:
                self.columns[number] = Column.of(len(self.rows))

    def _check(self, rows: int, columns: int) -> None:
        if rows * columns * _CELL_BYTES > self.memory_mb * 1e6:
            cell = f"{column_letters(self.used[1])}{self.used[0]}"
            raise read_errors.far_range(self.where, self.sheet, cell)

    def last_index(self) -> int:
        """Give the largest index of a shared string that any cell has, -1 where there is none."""
        last = -1.0
        for column in self.columns.values():
            some = column.cut(self.length)
            last = max(last, some.value[_TEXTUAL[some.kind]].max(initial=-1.0))
        return int(min(last, 2**30))

    def finished(self, shared: int) -> dict[int, Column]:
        """Give the columns in order, texts numbered through: shared strings, then the sheet's own."""
        ready: dict[int, Column] = {}
        for number in sorted(self.columns):
            column = self.columns[number].cut(self.length)
            if column.kinds() & _TEXT_KINDS:
                self._number_texts(number, column, shared)
            ready[number] = column
        return ready

    def _number_texts(self, number: int, column: Column, shared: int) -> None:
        places = np.flatnonzero((column.kind == np.uint8(Kind.TEXT)) | (column.kind == np.uint8(Kind.ERROR)))
        index = column.value[places]
        if index.min() >= 0 and index.max() < shared:
            return
        wrong = np.flatnonzero(index >= shared)
        if len(wrong):
            cell = f"{column_letters(number)}{self.rows[places[wrong[0]]]}"
            zh, en = "单元格指向不存在的共享字符串", "the cell points to a shared string that does not exist"
            raise read_errors.damaged(self.where, zh, en, self.sheet, cell)
        column.value[places] = np.where(index < 0, shared - 1 - index, index)


def _present(columns: NDArray[np.int32]) -> list[int]:
    """Give the different columns."""
    if len(columns) <= 64:
        return np.unique(columns).tolist()  # type: ignore[no-any-return]
    there = np.zeros(int(columns.max()) + 1, np.bool_)
    there[columns] = True
    return np.flatnonzero(there).tolist()


def _by_column(columns: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Give for each column the places of its cells, in order."""
    present = _present(columns)
    if len(present) <= 24:
        for number in present:
            yield number, np.flatnonzero(columns == number)
        return
    order = np.argsort(columns.astype(np.uint16), kind="stable")
    ends = np.cumsum(np.bincount(columns)[present]).tolist()
    for number, first, last in zip(present, [0, *ends[:-1]], ends, strict=True):
        yield number, order[first:last]


def _without_blanks(block: Block) -> Block:
    keep = block.kind != Kind.BLANK
    counts = np.broadcast_to(np.asarray(block.counts), block.rows.shape)
    owner = np.repeat(np.arange(len(block.rows)), counts)[keep]
    left = np.bincount(owner, minlength=len(block.rows))
    columns = np.tile(block.columns, len(block.rows)) if block.regular else block.columns
    return Block(
        rows=block.rows[left > 0],
        counts=left[left > 0],
        columns=columns[keep],
        kind=block.kind[keep],
        style=block.style[keep],
        value=block.value[keep],
    )


@dataclass(frozen=True)
class Columned:
    """A sheet in columns, its texts still apart: what a reading child hands over."""

    name: str
    state: str
    rows: NDArray[np.int32]
    columns: dict[int, Column]
    own_texts: list[str]
    hidden_rows: list[int]
    hidden_columns: list[int]
    merged: list[str]
    merged_count: int
    used: tuple[int, int]
    dependent: dict[int, NDArray[np.int32]] = field(default_factory=dict)


def raw_sheet(sheet: Columned, shared: list[str], formats: list[str], *, date1904: bool, origin: str = "") -> ReadSheet:
    """Give the sheet with its texts."""
    columns = {number: _raw_column(column) for number, column in sheet.columns.items()}
    strings = shared + sheet.own_texts if sheet.own_texts else shared
    count = len(shared)
    if len(sheet.rows) * len(columns) < len(strings):
        strings, count = _own(columns, strings), -1
    return ReadSheet(
        name=sheet.name,
        rows=sheet.rows,
        columns=columns,
        strings=strings,
        formats=formats,
        date1904=date1904,
        hidden_rows=frozenset(sheet.hidden_rows),
        hidden_columns=frozenset(sheet.hidden_columns),
        merged=tuple(sheet.merged),
        merged_count=sheet.merged_count,
        state=sheet.state,
        used=sheet.used,
        dependent=sheet.dependent,
        shared=count,
        origin=origin,
    )


def _own(columns: dict[int, RawColumn], strings: list[str]) -> list[str]:
    """Give a small sheet only the texts it uses, so that nobody looks through those of the whole workbook."""
    codes = [column.text[column.text >= 0] for column in columns.values()]
    used = np.unique(np.concatenate(codes)) if codes else np.array([], np.int32)
    place = np.full(len(strings) + 1, -1, np.int32)  # the last for no text
    place[used] = np.arange(len(used), dtype=np.int32)
    for number, column in columns.items():
        columns[number] = RawColumn(column.kind, column.number, place[column.text], column.style)
    return [strings[code] for code in used.tolist()]


def _raw_column(column: Column) -> RawColumn:
    """Part the values of a column into numbers and texts."""
    kind, style, value = column.kind, column.style, column.value
    held = column.kinds()
    if held <= _NUMERIC_KINDS:
        return RawColumn(kind, value, np.full(len(kind), -1, np.int32), style)
    if held <= _TEXT_KINDS:
        return RawColumn(kind, np.full(len(kind), np.nan), value.astype(np.int32), style)
    number = np.where(_NUMERIC[kind], value, np.nan)
    text = np.where(_TEXTUAL[kind], value, -1).astype(np.int32)
    return RawColumn(kind, number, text, style)
