"""The vectorised worksheet reader: a block of rows is read by looking at all its tags at once.

What is read here is checked tag by tag: every `<` of a block belongs to a row or a cell of a known shape. A cell of
another shape goes through the XML parser alone; anything else raises `Unconventional`, and the whole sheet goes there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.books.assembly import Block
from loyalty_xl.books.careful import Cell, interpret
from loyalty_xl.books.formulas import Dependents
from loyalty_xl.books.tags import ATTRIBUTES, Tags, attributes_of, read_places, read_rows
from loyalty_xl.books.texts import Unconventional, decoded, from_markup, unescaped
from loyalty_xl.books.tokens import LONGEST, PAD, distinct, numbers, texts
from loyalty_xl.books.unusual import Contents, Type, read_unusual
from loyalty_xl.cells import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.books.tags import Places, Rows

_CELL_TAIL = re.compile(ATTRIBUTES)
_NAMES = {"n": Type.NUMBERED, "s": Type.SHARED, "b": Type.BOOL, "str": Type.TEXT, "e": Type.ERROR}
_TYPES = {**{name.encode(): kind for name, kind in _NAMES.items()}, b"inlineStr": Type.INLINED}
_NAME_OF = {kind: name for name, kind in _NAMES.items()}


@dataclass
class Scanner:
    """What is known of a sheet while its blocks go by."""

    where: str
    sheet: str
    dated: NDArray[np.bool_]  # by style
    date1904: bool = False
    root: bytes = b"<worksheet>"  # the start tag, for cells that are parsed alone
    last_row: int = 0
    hidden_rows: list[int] = field(default_factory=list)
    own_texts: dict[str, int] = field(default_factory=dict)
    dependents: Dependents = field(default_factory=Dependents)
    _tails: dict[bytes, int] = field(default_factory=dict)
    _tail_type: list[int] = field(default_factory=list)
    _tail_style: list[int] = field(default_factory=list)
    _tail_kind: list[int] = field(default_factory=list)

    def block(self, raw: bytes) -> Block | None:
        """Read complete rows; *raw* ends with `PAD` zero bytes."""
        tags = Tags(raw)
        if not tags.count:
            if raw[:-PAD].strip():
                raise Unconventional
            return None
        rows = read_rows(tags, self.last_row)
        self.last_row = int(rows.numbers[-1])
        self.hidden_rows += rows.hidden
        if not len(tags.cells):
            tags.account(len(rows.numbers) + int((~rows.closed).sum()))
            return None
        columns, regular, tail = read_places(tags, rows)
        return self._contents(tags, rows, columns, tail, regular=regular)

    def _cell_tails(self, tags: Tags, start: Places, end: Places) -> NDArray[np.int64]:
        """Read what follows the reference in each cell tag: gives a code for type and style."""
        length = end - start
        if length.min() < 1:
            raise Unconventional
        if length.max() > LONGEST:
            length = np.where(length > LONGEST, 0, length)
        examples, codes = distinct(tags.words, start, length)
        known = [self._tail(tags.raw[start[place] :][: length[place]]) for place in examples.tolist()]
        return np.array(known)[codes]

    def _tail(self, tail: bytes) -> int:
        code = self._tails.get(tail)
        if code is None:
            found = _CELL_TAIL.fullmatch(tail)
            attributes = attributes_of(found[1]) if found else None
            kind, style = Type.ODD, 0
            if found and attributes is not None and b"r" not in attributes:
                given = attributes.get(b"s", b"0")
                kind = Type.CLOSED if found[2] else _TYPES.get(attributes.get(b"t", b"n"), Type.ODD)
                style = int(given) if given.isdigit() and len(given) < 6 else 0
                style = style if style < len(self.dated) else 0
            number = Kind.DATE if self.dated[style] else Kind.NUMBER
            meant = {
                Type.NUMBERED: number,
                Type.SHARED: Kind.TEXT,
                Type.BOOL: Kind.BOOL,
                Type.TEXT: Kind.TEXT,
                Type.ERROR: Kind.ERROR,
            }
            code = self._tails[tail] = len(self._tails)
            self._tail_type.append(kind)
            self._tail_style.append(style)
            self._tail_kind.append(meant.get(kind, Kind.BLANK))
        return code

    def _contents(self, tags: Tags, rows: Rows, columns: NDArray[np.int32], tail: Places, *, regular: bool) -> Block:
        """Read the values of the cells."""
        cells, begin = tags.cells, tags.at[tags.cells + 1]
        codes = self._cell_tails(tags, tail, begin)
        types = np.array(self._tail_type, np.uint8)[codes]
        kind = np.array(self._tail_kind, np.uint8)[codes]
        style = np.array(self._tail_style, np.uint16)[codes]
        value = np.zeros(len(cells))
        end = tags.at[cells + 2]
        plain = tags.plain(cells + 1, begin, end)
        plain &= types < Type.INLINED
        filled = plain & (end > begin + 3)
        used = 4 * int(plain.sum())
        if not filled.all():
            rest = np.flatnonzero(~filled)
            used += read_unusual(self, tags, rows, Contents(types, kind, style, value, begin, end, plain, filled), rest)
        tags.account(used + len(rows.numbers) + int((~rows.closed).sum()))
        textual = types == Type.TEXT
        textual |= types == Type.ERROR
        textual &= filled
        numeric = filled & ~textual
        self._numbers(tags, numeric, types, kind, style, value, begin, end)
        places = np.flatnonzero(textual)
        if len(places):
            value[places] = texts(tags.raw, begin[places] + 3, end[places], self.own_markup)
        return Block(rows.numbers.astype(np.int32), rows.counts, columns, kind, style, value, regular)

    def _numbers(
        self,
        tags: Tags,
        numeric: NDArray[np.bool_],
        types: NDArray[np.uint8],
        kind: NDArray[np.uint8],
        style: NDArray[np.uint16],
        value: NDArray[np.float64],
        begin: Places,
        end: Places,
    ) -> None:
        """Read numbers, truths and indexes of shared strings."""
        places: Places | slice = slice(None) if numeric.all() else np.flatnonzero(numeric)
        start, stop, of = begin[places] + 3, end[places], types[places]
        if not len(start):
            return
        found = numbers(tags.raw, start, stop)
        if found is not None:
            shared, truth = of == Type.SHARED, of == Type.BOOL
            index, logical = found[shared], found[truth]
            if ((index >= 0) & (index == np.floor(index))).all() and ((logical == 0) | (logical == 1)).all():
                value[places] = found
                return
        for place in np.flatnonzero(numeric).tolist():
            text = from_markup(decoded(tags.raw[begin[place] + 3 : end[place]]))
            name = _NAME_OF[Type(int(types[place]))]
            self.put(Cell(0, 0, name, int(style[place]), False, text), place, kind, value)

    def put(self, cell: Cell, place: int, kind: NDArray[np.uint8], value: NDArray[np.float64]) -> None:
        """Put one cell that was parsed alone."""
        kind[place], held = interpret(cell, dated=bool(self.dated[cell.style]), date1904=self.date1904)
        value[place] = self.own(held) if isinstance(held, str) else held or 0.0

    def own(self, text: str) -> float:
        """Number a text of the sheet's own: -1, -2, ..."""
        return -1.0 - self.own_texts.setdefault(text, len(self.own_texts))

    def own_markup(self, raw: bytes) -> float:
        """Number a text of the sheet's own, given as it stands between two tags."""
        return self.own(unescaped(from_markup(decoded(raw))))
