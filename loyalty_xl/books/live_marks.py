"""Colours and notes on cells of an open workbook, which go at the next run and leave what was there before.

The colour that a cell had is remembered by whoever calls (the run log keeps it, so it survives saving, closing and a
refresh of the file). A note of ours says in its first line which cell it was written for: a row that was inserted above,
or a sort, moves the note along with its cell, and the colour is found again. A note of the user's own is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlwings import Book, Range, Sheet

    from loyalty_xl.books.live import Journal

ERROR, WARNING = "FFC7CF", "FFEB9D"  # nearly Excel's own for bad and neutral, but nobody else's
SIGN = "loyalty_xl · "


@dataclass(frozen=True)
class Mark:
    """A cell that is coloured: what with, what its colour was, and what its note says."""

    sheet: str
    cell: str
    colour: str
    text: str = ""
    was: str = ""  # "" = no colour


def looked_at(book: Book, wanted: Iterable[Mark], old: Sequence[Mark]) -> list[Mark]:
    """*wanted* marks with the colours that the user gave their cells, whatever marks are on them now."""
    known = {(mark.sheet, mark.cell): mark.was for mark in old}
    found = []
    for mark in wanted:
        cell = book.sheets[mark.sheet].range(mark.cell)
        colour = _colour(cell)
        if colour in (ERROR, WARNING):
            colour = known.get((mark.sheet, _first_place(cell) or mark.cell), "")
        found.append(replace(mark, was=colour))
    return found


def remove(book: Book, old: Sequence[Mark], journal: Journal) -> None:
    """Take marks off again. A cell that has another colour by now keeps it."""
    for name in dict.fromkeys(mark.sheet for mark in old):
        sheet = book.sheets[name]
        left = {mark.cell: mark for mark in old if mark.sheet == name}
        for note in list(sheet.notes):
            if not note.text.startswith(SIGN):
                continue
            cell = note.location
            mark = left.pop(_place_in(note.text), None)
            _give_back(cell, mark.was if mark else "", journal)
            journal.add(lambda cell=cell, text=note.text: cell.add_note(text))  # type: ignore[misc]
            note.delete()
        for mark in left.values():
            _give_back(sheet.range(mark.cell), mark.was, journal)


def put(book: Book, marks: Iterable[Mark], journal: Journal) -> None:
    """Colour cells, and give each a note where it has none."""
    for mark in marks:
        sheet: Sheet = book.sheets[mark.sheet]
        cell = sheet.range(mark.cell)
        _paint(cell, mark.colour, journal)
        if mark.text and cell.note is None:
            with suppress(Exception):  # a cell with a thread of comments takes no note
                note = cell.add_note(f"{SIGN}{mark.cell}\n{mark.text}")
                journal.add(note.delete)


def _give_back(cell: Range, colour: str, journal: Journal) -> None:
    if _colour(cell) in (ERROR, WARNING):
        _paint(cell, colour, journal)


def _paint(cell: Range, colour: str, journal: Journal) -> None:
    before: Any = cell.color
    journal.add(lambda: setattr(cell, "color", before))
    cell.color = f"#{colour}" if colour else None


def _colour(cell: Range) -> str:
    found = cell.color
    return "{:02X}{:02X}{:02X}".format(*found) if found else ""


def _first_place(cell: Range) -> str:
    """The cell that the note of ours on *cell* was written for, "" if there is none."""
    note = cell.note
    return _place_in(note.text) if note is not None and note.text.startswith(SIGN) else ""


def _place_in(text: str) -> str:
    return text.split("\n", 1)[0].removeprefix(SIGN).strip()
