"""Cells that are more than `<c><v>value</v></c>`: empty ones, formulas, texts of their own, and any other shape."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.books.careful import Cell, SheetMarkup
from loyalty_xl.books.texts import Unconventional
from loyalty_xl.books.tokens import MASK, texts, word
from loyalty_xl.cells import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.books.scan import Scanner
    from loyalty_xl.books.tags import Places, Rows, Tags

_CELL_END, _FORMULA_END = word(b"</c>"), word(b"</f>")
_NO_VALUE, _NO_VALUE_SPACED = word(b"<v/></c>"), word(b"<v /></c")
_INLINE, _TEXT_START, _INLINE_END, _INLINE_CLOSE = word(b"<is>"), word(b"<t>"), word(b"</t></is"), word(b"></c>")
_KEPT = tuple(word(text) for text in (b"<t xml:s", b'pace="pr', b'eserve">'))
_M3, _M4, _M5 = MASK[3], MASK[4], MASK[5]
_GT, _SLASH, _F, _V = b">/fv"


class Type(IntEnum):
    """What the tag of a cell says of its value; those up to ERROR have it in `<v>`."""

    NUMBERED = 0
    SHARED = 1
    BOOL = 2
    TEXT = 3
    ERROR = 4
    INLINED = 5
    CLOSED = 6  # <c/>
    ODD = 7


@dataclass
class Contents:
    """The cells of a block while their values are looked for."""

    types: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    style: NDArray[np.uint16]
    value: NDArray[np.float64]
    begin: Places
    end: Places
    plain: NDArray[np.bool_]
    filled: NDArray[np.bool_]


def read_unusual(scanner: Scanner, tags: Tags, rows: Rows, held: Contents, rest: Places) -> int:
    """Read cells that are not `<c><v>value</v></c>`; gives how many tags they take, the plain empty ones aside."""
    cells, at, raw = tags.cells, tags.at, tags.words
    types = held.types[rest]
    first = cells[rest]
    formula = np.zeros(len(rest), np.bool_)
    taken = np.zeros(len(rest), np.int64)
    empty = held.plain[rest]
    held.kind[rest] = np.where(empty & (types == Type.TEXT), Kind.TEXT, Kind.BLANK)
    closed = types == Type.CLOSED
    taken[closed] = 1
    open_ = ~closed & ~empty & (types < Type.INLINED)
    following = tags.letters[first + 1]
    written = (raw[at[first + 2]] & _M4 == _FORMULA_END) & (at[first + 3] == at[first + 2] + 4)
    before = at[first + 2]
    alone = (tags.octets[before - 1] == _GT) & (tags.octets[before - 2] == _SLASH)
    is_formula = open_ & (following == _F)
    formula |= is_formula & (written | alone)
    skip = np.where(is_formula & written, 2, np.where(is_formula & alone, 1, 0))
    open_ &= formula | (following == _V) | (following == _SLASH)
    if formula.any():
        scanner.dependents.scan(tags.raw, at[first[formula]].tolist(), at[first[formula] + 2].tolist())
    token = first + 1 + skip
    here = at[token]
    valued = open_ & formula & tags.plain(token, here, at[token + 1])
    taken[valued] = skip[valued] + 4
    long = valued & (at[token + 1] > here + 3)
    none = open_ & ~valued & ((raw[here] & _M4) == _CELL_END) & (at[token + 1] >= here + 4)
    none &= tags.ends(token, 4)
    taken[none] = skip[none] + 2
    hollow = open_ & ~valued & (raw[here] == _NO_VALUE) & (at[token + 1] == here + 4) & tags.ends(token + 1, 4)
    spaced = open_ & ~valued & (raw[here] == _NO_VALUE_SPACED) & (at[token + 1] == here + 5)
    spaced &= ((raw[at[token + 1]] & _M4) == _CELL_END) & tags.ends(token + 1, 4)
    hollow |= spaced
    taken[hollow] = skip[hollow] + 3
    bare = (valued & ~long) | none | hollow
    held.kind[rest[bare]] = np.where(formula[bare], Kind.UNCACHED, Kind.BLANK)
    wordless = rest[((valued & ~long) | hollow) & (types == Type.TEXT) | (empty & (types == Type.TEXT))]
    if len(wordless):
        held.kind[wordless] = Kind.TEXT
        held.value[wordless] = scanner.own("")
    _cached(scanner, tags, held, rest[long], token[long])
    left = (taken == 0) & ~empty
    if left.any():
        _inline(scanner, tags, held, rest, taken, left)
        left = (taken == 0) & ~empty
    if left.any():
        taken[left] = _odd(scanner, tags, rows, held, rest[left])
    return int(taken.sum())


def _cached(scanner: Scanner, tags: Tags, held: Contents, places: Places, token: Places) -> None:
    """Point formula cells to their cached values."""
    codes_kind = np.where(scanner.dated[held.style[places]], Kind.DATE, Kind.NUMBER)
    types = held.types[places]
    by_type = np.array([0, Kind.TEXT, Kind.BOOL, Kind.TEXT, Kind.ERROR, 0, 0, 0], np.uint8)
    held.kind[places] = np.where(types == Type.NUMBERED, codes_kind, by_type[types])
    held.begin[places] = tags.at[token]
    held.end[places] = tags.at[token + 1]
    held.filled[places] = True


def _inline(scanner: Scanner, tags: Tags, held: Contents, rest: Places, taken: Places, left: NDArray[np.bool_]) -> None:
    """Read `<is><t>text</t></is>`."""
    left &= held.types[rest] == Type.INLINED
    chosen = np.flatnonzero(left)
    first, at, raw = tags.cells[rest[chosen]], tags.at, tags.words
    text = at[first + 2]
    spaced = (raw[text] == _KEPT[0]) & (raw[text + 8] == _KEPT[1]) & (raw[text + 16] == _KEPT[2])
    start = text + np.where(spaced, 24, 3)
    end = at[first + 3]
    fits = ((raw[at[first + 1]] & _M4) == _INLINE) & (text == at[first + 1] + 4)
    fits &= spaced | ((raw[text] & _M3) == _TEXT_START)
    fits &= (raw[end] == _INLINE_END) & (at[first + 4] == end + 4) & (at[first + 5] == end + 9)
    fits &= ((raw[end + 8] & _M5) == _INLINE_CLOSE) & tags.ends(first + 5, 4)
    found = chosen[fits]
    if not len(found):
        return
    places = rest[found]
    held.kind[places] = Kind.TEXT
    held.value[places] = texts(tags.raw, start[fits], end[fits], scanner.own_markup)
    taken[found] = 6


def _odd(scanner: Scanner, tags: Tags, rows: Rows, held: Contents, places: Places) -> NDArray[np.int64]:
    """Read cells of any other shape with the XML parser; gives how many tags each takes."""
    owner = rows.each(np.arange(len(rows.numbers)))[places]
    following = np.append(tags.cells[1:], tags.count)[places]
    following = np.minimum(following, rows.end[owner])
    first = tags.cells[places]
    stretches = [
        tags.raw[begin:end] for begin, end in zip(tags.at[first].tolist(), tags.at[following].tolist(), strict=True)
    ]
    found: list[Cell] = []
    markup = SheetMarkup(scanner.where, scanner.sheet, found.append, dependents=scanner.dependents)
    inner = b"</row><row>".join(stretches)
    end = b"</row></sheetData></worksheet>"
    markup.feed_all([scanner.root + b"<sheetData><row>" + inner + end])
    if len(found) != len(places):
        raise Unconventional
    for cell, place in zip(found, places.tolist(), strict=True):
        style = cell.style if cell.style < len(scanner.dated) else 0
        held.style[place] = style
        scanner.put(cell._replace(style=style), place, held.kind, held.value)
    taken: Places = following - first
    return taken
