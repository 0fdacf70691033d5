"""Formulas whose saved value need not be today's: they depend on the clock, on chance, on other files, on themselves.

Loops over several cells are looked for within a sheet, where it has no more than `MOST` formulas; a formula that names
its own cell is always seen.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from loyalty_xl.cells import column_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Cell = tuple[int, int]  # column, row

MOST = 20_000  # formulas of a sheet among which loops are looked for
_MOST_LINKS = 500_000  # from formula to formula
_LAST_ROW = 1_048_576
_VOLATILE = "NOW|TODAY|RAND|RANDBETWEEN|RANDARRAY|OFFSET|INDIRECT|CELL|INFO"
_LIKELY = (b"NOW(", b"TODAY(", b"RAND", b"OFFSET(", b"INDIRECT(", b"CELL(", b"INFO(")
# [1]Sheet1!A1, '[1]My sheet'!A1, [1]!name, and the book's own name where a library wrote it; not Table1[2025]
_FOREIGN = r"(?:'|(?<![\w.\]\[,]))\[\d+\][^'\[\]]*'?!|\[[^\[\]]+\.xl\w*\]"
_DEPENDS = re.compile(rf"(?<!\w)(?:{_VOLATILE})\(|{_FOREIGN}")
_LITERAL = re.compile(r'"[^"]*"')
_MARKUP = re.compile(r"<f([^>]*?)/?>(.*)", re.S)
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
# References without a sheet's name; `$` is taken out before.
_AREA = re.compile(r"(?<![\w!.':])([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?(?![\w(!.])")
_COLUMNS = re.compile(r"(?<![\w!.':])([A-Z]{1,3}):([A-Z]{1,3})(?![\w(!.])")
_DIGITS = b"0123456789"


class Dependents:
    """The cells of a sheet that hold such formulas."""

    def __init__(self) -> None:
        self._found: dict[int, list[int]] = {}  # rows by column
        self._shared: set[str] = set()  # numbers of shared formulas that are such
        self._kept: dict[bytes, bytes] = {}  # address -> formula, as long as there are not too many

    def scan(self, raw: bytes, starts: Iterable[int], ends: Iterable[int]) -> None:
        """Look at the formula cells of a block, each `<c r="G7" ...><f ...>text` or with `<f .../>`."""
        likely = b"[" in raw or b' ca="1"' in raw or (b"(" in raw and any(word in raw for word in _LIKELY))
        kept, shared = self._kept, self._shared
        quick = not likely and len(kept) > MOST
        for start, end in zip(starts, ends, strict=True):
            cell = raw[start:end]
            stop = cell.index(b'"', 6)
            address = cell[6:stop]
            if quick and not shared and cell.find(address, stop) < 0 and b":" not in cell and b"$" not in cell:
                continue
            formula = cell[cell.index(b"<f", stop) :].replace(b"$", b"")
            letters = address.rstrip(_DIGITS)
            if len(kept) <= MOST:
                kept[address] = formula
            if (
                likely
                or address in formula
                or (letters in formula and b":" in formula)
                or (shared and b' si="' in formula)
            ):
                found = _MARKUP.match(_text(formula))
                if found:
                    row, column = int(address[len(letters) :]), column_number(letters.decode())
                    self._judge(row, column, dict(_ATTRIBUTE.findall(found[1])), found[2])

    def note(self, address: str, row: int, column: int, attributes: Mapping[str, str], text: str) -> None:
        """Look at one formula; one without a text of its own is another's, shared."""
        text = text.replace("$", "")
        if len(self._kept) <= MOST:
            self._kept[address.encode()] = f"<f>{text}".encode()
        self._judge(row, column, attributes, text)

    def cells(self) -> dict[int, list[int]]:
        """Give the cells, rows by column, those of loops among them."""
        found = {column: set(rows) for column, rows in self._found.items()}
        for column, row in _in_loops(self._kept) if 1 < len(self._kept) <= MOST else ():
            found.setdefault(column, set()).add(row)
        return {column: sorted(rows) for column, rows in sorted(found.items())}

    def _judge(self, row: int, column: int, attributes: Mapping[str, str], text: str) -> None:
        shared = attributes.get("si") if attributes.get("t") == "shared" else None
        if text:
            found = attributes.get("ca") in {"1", "true"} or depends(text) or names_itself(text, row, column)
            if found and shared is not None:
                self._shared.add(shared)
        else:
            found = shared in self._shared
        if found:
            self._found.setdefault(column, []).append(row)


def depends(formula: str) -> bool:
    """Say whether a formula asks for the clock, for chance, or for another file."""
    return bool(_DEPENDS.search(_LITERAL.sub('""', formula)))


def names_itself(formula: str, row: int, column: int) -> bool:
    """Say whether a formula names the cell it stands in, alone or in a range."""
    areas = references(formula)
    return any(left <= column <= right and top <= row <= bottom for left, top, right, bottom in areas)


def references(formula: str) -> Iterator[tuple[int, int, int, int]]:
    """Give the areas of its own sheet that a formula names, as first column and row, last column and row."""
    formula = _LITERAL.sub('""', formula)
    for left, top, right, bottom in _AREA.findall(formula):
        columns = sorted((column_number(left), column_number(right or left)))
        rows = sorted((int(top), int(bottom or top)))
        yield columns[0], rows[0], columns[1], rows[1]
    for left, right in _COLUMNS.findall(formula):
        columns = sorted((column_number(left), column_number(right)))
        yield columns[0], 1, columns[1], _LAST_ROW


def _text(markup: bytes) -> str:
    return markup.decode("utf-8", "replace").replace("&quot;", '"')


def _in_loops(kept: Mapping[bytes, bytes]) -> Iterable[Cell]:
    """Give the formula cells whose results lead back to themselves, or depend on such: what is left when all others are taken away."""
    rows: dict[int, list[int]] = {}
    formulas: dict[Cell, bytes] = {}
    for address, formula in kept.items():
        letters = address.rstrip(_DIGITS)
        column, row = column_number(letters.decode()), int(address[len(letters) :])
        rows.setdefault(column, []).append(row)
        formulas[column, row] = formula
    for numbers in rows.values():
        numbers.sort()
    needs: dict[Cell, set[Cell]] = {}
    links = 0
    for cell, formula in formulas.items():
        found = {other for area in references(_text(formula).partition(">")[2]) for other in _within(area, rows)}
        links += len(found)
        if links > _MOST_LINKS:
            return ()
        if found:
            needs[cell] = found
    needed_by: dict[Cell, list[Cell]] = {}
    for cell, found in needs.items():
        for other in found:
            needed_by.setdefault(other, []).append(cell)
    free = [cell for cell in formulas if cell not in needs]
    while free:
        done = free.pop()
        for cell in needed_by.get(done, ()):
            needs[cell].discard(done)
            if not needs[cell]:
                del needs[cell]
                free.append(cell)
    return needs


def _within(area: tuple[int, int, int, int], rows: Mapping[int, list[int]]) -> Iterator[Cell]:
    """Give the formula cells of an area."""
    left, top, right, bottom = area
    for column, numbers in rows.items():
        if left <= column <= right:
            for row in numbers[bisect_left(numbers, top) : bisect_right(numbers, bottom)]:
                yield column, row
