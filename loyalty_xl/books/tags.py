"""The tags of a block of rows: where each `<` is, which row it belongs to, and which cell begins there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.books.careful import LAST_COLUMN, LAST_ROW
from loyalty_xl.books.texts import Unconventional
from loyalty_xl.books.tokens import LONGEST, MASK, PAD, distinct, length_to_quote, whole_numbers, word, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

_ROW, _CELL = word(b'<row r="'), word(b'<c r="')
_ROW_START, _ROW_END, _VALUE_END = word(b"<row"), word(b"</row>"), word(b"</v></c>")
_M4, _M6 = MASK[4], MASK[6]
_LT, _GT, _C, _R, _V = b"<>crv"

ATTRIBUTES = rb'((?: [A-Za-z_][\w:.-]*="[^"<&]*")*) ?(/?)>'
_ROW_TAIL = re.compile(ATTRIBUTES + rb"([ \t\r\n]*)")
_ATTRIBUTE = re.compile(rb' ([\w:.-]+)="([^"]*)"')


class Tags:
    """All `<` of a block."""

    def __init__(self, raw: bytes) -> None:
        size = len(raw) - PAD
        self.raw = raw
        self.octets = np.frombuffer(raw, np.uint8)
        self.words = words_of(raw)
        found = np.flatnonzero(self.octets[:size] == _LT)
        self.count = len(found)
        self.at = np.append(found, np.full(8, size))
        self.letters = self.octets[self.at + 1]
        self.cells = np.flatnonzero(self.letters[: self.count] == _C)
        self.rows = np.flatnonzero(self.letters[: self.count] == _R)

    def plain(self, token: Places, begin: Places, end: Places) -> NDArray[np.bool_]:
        """Say which of these tags, between *begin* and *end*, are the beginning of `<v>...</v></c>`."""
        found: NDArray[np.bool_] = self.words[end] == _VALUE_END
        found &= self.letters[token] == _V
        found &= self.octets[begin + 2] == _GT
        return found

    def ends(self, token: Places, length: int) -> NDArray[np.bool_]:
        """Say which of these tags are *length* bytes long with nothing behind them."""
        found: NDArray[np.bool_] = self.at[token + 1] == self.at[token] + length
        return found

    def account(self, used: int) -> None:
        """See that every tag has been read."""
        if used != self.count:
            raise Unconventional


@dataclass
class Rows:
    """The rows of a block."""

    numbers: Places
    length: Places  # digits of the number
    digits: NDArray[np.uint64]  # the digits and the quote behind them
    closed: NDArray[np.bool_]  # <row/>
    end: Places  # the tag that ends the row
    hidden: list[int]  # numbers of hidden rows
    counts: Places | int = 0  # cells in each row

    def share(self, cells: Places, first: Places, count: int) -> None:
        """Share the cells out among the rows."""
        width, left = divmod(len(cells), len(first))
        if not left and width and bool((cells[::width] == first + 1).all()):
            self.counts = width
        else:
            self.counts = np.diff(np.searchsorted(cells, np.append(first, count)))

    def each(self, held: NDArray[Any]) -> NDArray[Any]:
        """Give each cell what its row has."""
        return np.repeat(held, self.counts)


def read_rows(tags: Tags, last_row: int) -> Rows:
    """Read the row tags, which must follow *last_row* in order."""
    held = tags.words[tags.at[tags.rows]]
    whole = held == _ROW
    if not whole.all():
        if ((held[~whole] & _M4) == _ROW_START).any() or not whole.any():
            raise Unconventional
        tags.rows = tags.rows[whole]
    first = tags.rows
    start = tags.at[first]
    if first[0] != 0 or tags.raw[: start[0]].strip():
        raise Unconventional
    digits = tags.words[start + 8]
    length = length_to_quote(digits)
    if length.min() < 1 or length.max() > 7:
        raise Unconventional
    given = whole_numbers(digits, length)
    if given[0] <= last_row or (np.diff(given) <= 0).any() or given[-1] > LAST_ROW:
        raise Unconventional
    after = start + 9 + length
    closed, hidden = _row_tails(tags, after, tags.at[first + 1] - after)
    following = np.append(first[1:], tags.count)
    end = np.where(closed, following, following - 1)
    if (following[closed] != first[closed] + 1).any():
        raise Unconventional
    ending = tags.at[end[~closed]]
    gap = tags.at[following[~closed]] - ending - 6
    if ((tags.words[ending] & _M6) != _ROW_END).any() or (gap < 0).any() or gap.max(initial=0) > LONGEST:
        raise Unconventional
    if gap.any():
        examples, _ = distinct(tags.words, ending + 6, gap)
        for place in examples.tolist():
            if tags.raw[ending[place] + 6 :][: gap[place]].strip(b" \t\r\n"):
                raise Unconventional
    return Rows(given, length, digits & MASK[length + 1], closed, end, given[hidden].tolist())


def _row_tails(tags: Tags, start: Places, length: Places) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    if length.min() < 1 or length.max() > LONGEST:
        raise Unconventional
    examples, codes = distinct(tags.words, start, length)
    closed, hidden = [], []
    for place in examples.tolist():
        found = _ROW_TAIL.fullmatch(tags.raw, int(start[place]), int(start[place] + length[place]))
        if not found:
            raise Unconventional
        attributes = attributes_of(found[1])
        if attributes is None or b"r" in attributes:
            raise Unconventional
        closed.append(bool(found[2]))
        hidden.append(attributes.get(b"hidden") in {b"1", b"true"})
    return np.array(closed)[codes], np.array(hidden)[codes]


def read_places(tags: Tags, rows: Rows) -> tuple[NDArray[np.int32], bool, Places]:
    """Read the references of the cells: columns, whether all rows have the same, and where each reference ends."""
    cells, start = tags.cells, tags.at[tags.cells]
    held = tags.words[start]
    if ((held & _M6) != _CELL).any():
        raise Unconventional
    letters = held.view(np.uint8).reshape(-1, 8)
    column = letters[:, 6].astype(np.int32) - 64
    second = letters[:, 7]
    wide = second >= 65
    begin = start + 7
    if (column < 1).any() or (column > 26).any():
        raise Unconventional
    if wide.any():
        third = tags.octets[start + 8]
        wider = wide & (third >= 65)
        if second.max() > 90 or third[wider].max(initial=0) > 90:
            raise Unconventional
        column = np.where(wide, column * 26 + second - 64, column)
        column = np.where(wider, column * 26 + third - 64, column)
        begin = begin + wide + wider
        if column.max() > LAST_COLUMN:
            raise Unconventional
    rows.share(cells, tags.rows, tags.count)
    digits = tags.words[begin]
    shortest, longest = int(rows.length.min()), int(rows.length.max())
    held_by = rows.each(rows.digits)
    if shortest == longest:
        same = (digits & MASK[longest + 1]) == held_by
        tail = begin + (longest + 1)
    else:
        length = rows.each(rows.length)
        same = (digits & MASK[length + 1]) == held_by
        tail = begin + length + 1
    count = rows.counts
    regular = False
    if isinstance(count, int):
        table = column.reshape(-1, count)
        regular = bool((table == table[0]).all())
        ascending = bool((np.diff(table[0] if regular else table) > 0).all())
    else:
        falls = np.flatnonzero(column[1:] <= column[:-1]) + 1
        starts = np.cumsum(count)
        ascending = bool(np.isin(falls, starts).all())
    if not ascending or not same.all():
        raise Unconventional
    return (column[:count] if regular else column), regular, tail


def attributes_of(text: bytes) -> dict[bytes, bytes] | None:
    """Give attributes by name, None where one is there twice."""
    pairs = _ATTRIBUTE.findall(text)
    found = dict(pairs)
    return found if len(found) == len(pairs) else None
