"""One worksheet part: cut into blocks of rows, read by the scanner, or by the careful reader where it must be."""

from __future__ import annotations

import itertools
import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.books.ahead import Ahead
from loyalty_xl.books.archive import PACKED
from loyalty_xl.books.assembly import Block, Columned, Columns
from loyalty_xl.books.careful import Cell, SheetMarkup, interpret, is_utf8
from loyalty_xl.books.scan import Scanner
from loyalty_xl.books.texts import Unconventional
from loyalty_xl.books.tokens import PAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loyalty_xl.books.archive import Archive
    from loyalty_xl.books.structure import SheetPart, Structure

_BEGIN = re.compile(rb"<sheetData(?: [^<>]*)?(/?)>")
_ROOT = re.compile(rb"<worksheet\b[^<>]*>")
_END, _ROW_END = b"</sheetData>", b"</row>"
_PADDING = bytes(PAD)
_LONGEST_HEAD = 1 << 24
_LONGEST_ROW = 1 << 26
_LARGE = 1 << 22  # bytes, from where on a thread unpacks
_SMALL = 1 << 13  # packed bytes at once, for a look
_LONGEST_LOOK = 1 << 23


@dataclass
class Worksheet:
    """A worksheet before its texts are numbered."""

    columns: Columns
    own_texts: list[str]
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)
    merged_count: int = 0
    dependent: dict[int, list[int]] = field(default_factory=dict)


def read_worksheet(
    archive: Archive, structure: Structure, sheet: SheetPart, rows: int | None = None, ahead: Ahead | None = None
) -> Worksheet:
    """Read a worksheet, or only its first *rows* row elements; *ahead* may be unpacking it already."""
    try:
        return _scanned(archive, structure, sheet, rows, ahead)
    except Unconventional:
        return _parsed(archive, structure, sheet, rows)


def _columns(archive: Archive, sheet: SheetPart) -> Columns:
    limits = archive.limits
    return Columns(archive.name, sheet.name, limits.memory_mb, limits.max_rows)


def _scanned(
    archive: Archive, structure: Structure, sheet: SheetPart, rows: int | None, ahead: Ahead | None
) -> Worksheet:
    """Read with the scanner."""
    columns = _columns(archive, sheet)
    if ahead is None and rows is None and archive.size(sheet.part) > _LARGE:
        ahead = Ahead(archive.pieces(sheet.part))
    if ahead is None:
        return _blocks(archive, structure, sheet, columns, archive.pieces(sheet.part, _SMALL if rows else PACKED), rows)
    with ahead as pieces:
        return _blocks(archive, structure, sheet, columns, pieces, rows)


def _blocks(
    archive: Archive,
    structure: Structure,
    sheet: SheetPart,
    columns: Columns,
    pieces: Iterator[bytes],
    rows: int | None,
) -> Worksheet:
    head, first, closed = _head(pieces)
    pieces, rest = itertools.chain([first], pieces), b""
    root = _ROOT.search(head)
    if not root:
        raise Unconventional
    scanner = Scanner(archive.name, sheet.name, np.array(structure.dated), structure.date1904, root[0])
    size, seen = archive.size(sheet.part), len(head)
    while not closed and (rows is None or (columns.length < rows and seen < _LONGEST_LOOK)):
        piece = next(pieces, None)
        if piece is None or len(rest) > _LONGEST_ROW:
            raise Unconventional
        cut = piece.rfind(_ROW_END) + len(_ROW_END)
        ending = piece.find(_END, max(0, cut - len(_ROW_END)))
        if ending >= 0:
            cut, closed = ending, True
        elif cut < len(_ROW_END):
            rest += piece  # a tag may be parted between two pieces
            cut = rest.rfind(_ROW_END) + len(_ROW_END)
            ending = rest.find(_END, max(0, cut - len(_ROW_END)))
            if ending >= 0:
                cut, closed = ending, True
            elif cut < len(_ROW_END):
                continue
            rest, piece = b"", rest
        block = scanner.block(b"".join((rest, memoryview(piece)[:cut], _PADDING)))
        seen += len(rest) + cut
        rest = piece[cut:]
        if block is not None:
            if not columns.length:
                columns.expected = int(len(block.rows) * (size / seen) * 1.02) + 64
            columns.add(block)
        archive.clock.check()
    around = SheetMarkup(archive.name, sheet.name, lambda _: None)
    if rows is not None and not closed:
        around.feed(head)
    else:
        around.feed_all(_around(head, (rest + b"".join(itertools.islice(pieces, 1))).removeprefix(_END), pieces))
    return Worksheet(
        columns,
        list(scanner.own_texts),
        scanner.hidden_rows,
        around.hidden_columns,
        around.merged,
        around.merged_count,
        scanner.dependents.cells(),
    )


def _around(head: bytes, tail: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Give the worksheet without its rows."""
    yield head
    yield _END
    yield tail
    yield from pieces


def _head(pieces: Iterator[bytes]) -> tuple[bytes, bytes, bool]:
    """Part what stands before the rows, as an unfinished document, from the rest; say whether there are no rows."""
    held = b""
    for piece in pieces:
        held += piece
        found = _BEGIN.search(held)
        if found:
            head = held[: found.start()]
            if b"<!" in head or b"<?" in head[5:] or not is_utf8(head):
                raise Unconventional
            return head + b"<sheetData>", held[found.end() :], bool(found[1])
        if len(held) > _LONGEST_HEAD:
            break
    raise Unconventional


class _Gathering:
    """Cells from the careful reader, as they come."""

    def __init__(self, structure: Structure) -> None:
        self._structure = structure
        self.rows, self.columns = array("i"), array("i")
        self.kind, self.style, self.value = array("B"), array("H"), array("d")
        self.own_texts: dict[str, int] = {}

    def take(self, cell: Cell) -> None:
        """Take one cell."""
        dated = self._structure.dated
        style = cell.style if cell.style < len(dated) else 0
        kind, held = interpret(cell, dated=dated[style], date1904=self._structure.date1904)
        self.rows.append(cell.row)
        self.columns.append(cell.column)
        self.kind.append(kind)
        self.style.append(style)
        if isinstance(held, str):
            held = -1.0 - self.own_texts.setdefault(held, len(self.own_texts))
        self.value.append(held or 0.0)

    def blocks(self, step: int = 1 << 16) -> Iterator[Block]:
        """Give the cells in order; of two for one place, the later."""
        rows, columns = np.frombuffer(self.rows, np.int32), np.frombuffer(self.columns, np.int32)
        place = rows.astype(np.int64) << 15 | columns
        order = np.argsort(place, kind="stable")
        place = place[order]
        order = order[np.append(place[1:] != place[:-1], True)] if len(order) else order
        rows, columns = rows[order], columns[order]
        kind = np.frombuffer(self.kind, np.uint8)[order]
        style = np.frombuffer(self.style, np.uint16)[order]
        value = np.frombuffer(self.value, np.float64)[order]
        first = np.append(True, rows[1:] != rows[:-1])[: len(rows)]
        starts = np.append(np.flatnonzero(first), len(rows))
        for at in range(0, len(starts) - 1, step):
            cuts = starts[at : at + step + 1]
            some = slice(int(cuts[0]), int(cuts[-1]))
            yield Block(rows[cuts[:-1]], np.diff(cuts), columns[some], kind[some], style[some], value[some])


def _parsed(archive: Archive, structure: Structure, sheet: SheetPart, rows: int | None) -> Worksheet:
    """Read with the careful reader."""
    columns = _columns(archive, sheet)
    cells = _Gathering(structure)
    markup = SheetMarkup(archive.name, sheet.name, cells.take, rows)
    markup.feed_all(archive.pieces(sheet.part))
    for block in cells.blocks():
        columns.add(block)
    return Worksheet(
        columns,
        list(cells.own_texts),
        markup.hidden_rows,
        markup.hidden_columns,
        markup.merged,
        markup.merged_count,
        markup.dependents.cells(),
    )


def columned(sheet: SheetPart, held: Worksheet, shared: int) -> Columned:
    """Number the texts of a worksheet behind *shared* shared strings, and keep what is hidden of the data."""
    columns = held.columns.finished(shared)
    rows = held.columns.rows[: held.columns.length]
    hidden = np.array(sorted(held.hidden_rows), np.int32)
    if len(rows):
        hidden = hidden[rows[np.minimum(np.searchsorted(rows, hidden), len(rows) - 1)] == hidden]
    return Columned(
        name=sheet.name,
        state=sheet.state,
        rows=rows,
        columns=columns,
        own_texts=held.own_texts,
        hidden_rows=hidden.tolist() if len(rows) else [],
        hidden_columns=[at for at in columns if any(first <= at <= last for first, last in held.hidden_columns)],
        merged=held.merged,
        merged_count=held.merged_count,
        used=held.columns.used,
        dependent={at: np.array(numbers, np.int32) for at, numbers in held.dependent.items() if at in columns},
    )
