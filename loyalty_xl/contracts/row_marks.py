"""What the rows of a sheet were: a mark of every row, and digests of them by month and file. The same rows give the same marks on any machine.

A mark holds no data: two hashes, one of the row's key and one of its content, personal fields left out.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.contracts.keys import bits
from loyalty_xl.contracts.ledger import UNIT, money_field
from loyalty_xl.contracts.links import months, numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Sheet

    Marks64 = NDArray[np.uint64]

_STEP, _FIRST, _SECOND = (np.uint64(each) for each in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


MOST_MONTHS = 10_000  # that are counted one by one


@dataclass(frozen=True)
class Marks:
    """Marks of the rows that a sheet uses; arrays of the length of its frame."""

    month: NDArray[np.int64]  # ordinal, 0 for rows that no date places
    file: NDArray[np.int64]  # place in `files`
    key: Marks64
    content: Marks64
    files: tuple[str, ...]  # as findings call them


@dataclass(frozen=True)
class Digest:
    """The rows of one file in one month."""

    month: int
    file: str
    rows: int
    money: int  # ten-thousandths
    hash: str  # of the rows, in any order


def row_marks(sheet: Sheet) -> Marks:
    """Mark every row that *sheet* uses; a sheet without key has the content for a key."""
    kept = [field.name for field in sheet.contract.fields if field.name in sheet.frame and not field.personal]
    hashes = {name: _hashes(sheet.frame[name]) for name in kept}
    content = _mixed(list(hashes.values()), len(sheet.frame))
    key = [hashes[name] for name in (*sheet.contract.key, sheet.contract.since) if name in hashes]
    file = np.zeros(len(sheet.frame), np.int64)
    if sheet.parts:
        starts = [part.start for part in sheet.parts]
        rows, place = np.unique(sheet.frame.index.to_numpy(), return_inverse=True)
        file = np.array([bisect_right(starts, int(row) - 1) - 1 for row in rows], np.int64)[place]
    files = tuple(part.title for part in sheet.parts) or (sheet.title,)
    return Marks(months(sheet), file, _mixed(key, len(content)) if key else content, content, files)


def digests(sheet: Sheet, marks: Marks | None = None) -> list[Digest]:
    """Sum up the rows that *sheet* uses by month and file, in that order."""
    marks = row_marks(sheet) if marks is None else marks
    if not len(marks.month):
        return []
    pairs, place = _grouped(marks)
    name = money_field(sheet.contract)
    money = np.nan_to_num(numbers(sheet, name)) if name in sheet.frame else np.zeros(len(place))
    sums = np.bincount(place, np.rint(money * UNIT))
    rows = np.bincount(place)
    spread = _spread(marks.content)
    made = []
    for number, (month, file) in enumerate(pairs):
        mine = spread[place == number]
        total = int(np.add.reduce(mine, dtype=np.uint64))
        made.append(Digest(month, marks.files[file], int(rows[number]), int(sums[number]), f"{total:016x}"))
    return made


def _grouped(marks: Marks) -> tuple[list[tuple[int, int]], NDArray[np.int64]]:
    """Months and files that have rows, in order, and which of them each row is of; counted, not sorted, as months are few."""
    first, last = int(marks.month.min()), int(marks.month.max())
    if last - first > MOST_MONTHS:  # undated rows beside dated ones
        months, month = np.unique(marks.month, return_inverse=True)
    else:
        months, month = np.arange(first, last + 1), marks.month - first
    size = len(marks.files)
    cell = month * size + marks.file
    there = np.flatnonzero(np.bincount(cell))
    number = np.zeros(len(months) * size, np.int64)
    number[there] = np.arange(len(there))
    return [(int(months[each // size]), int(each % size)) for each in there], number[cell]


def _hashes(column: pd.Series) -> Marks64:
    """Hash every value of a column, 0 where it is blank."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = [hashlib.blake2b(str(each).encode("utf-8", "surrogatepass"), digest_size=8).digest() for each in column.cat.categories]  # fmt: skip
        table = np.array([*(int.from_bytes(each, "little") | 1 for each in texts), 0], np.uint64)
        return table[column.cat.codes.to_numpy()]
    if isinstance(column.dtype, pd.BooleanDtype):
        return column.astype("Int64").fillna(-1).to_numpy(np.int64).view(np.uint64) + np.uint64(1)
    values = column.to_numpy()
    blank = pd.isna(values)
    if blank.all():
        return np.zeros(len(values), np.uint64)
    return np.where(blank, np.uint64(0), _spread(bits(values)) | np.uint64(1))


def _mixed(columns: Sequence[Marks64], size: int) -> Marks64:
    """One hash of several columns."""
    mixed = np.zeros(size, np.uint64)
    for number, column in enumerate(columns, start=1):
        mixed = _spread(mixed ^ (column + np.uint64(number * int(_STEP) % (1 << 64))))
    return mixed


def _spread(values: Marks64) -> Marks64:
    """Spread the bits of integers (the finisher of splitmix64)."""
    with np.errstate(over="ignore"):
        values = values + _STEP
        values = (values ^ (values >> np.uint64(30))) * _FIRST
        values = (values ^ (values >> np.uint64(27))) * _SECOND
        return values ^ (values >> np.uint64(31))


__all__ = ["Digest", "Marks", "digests", "row_marks"]
