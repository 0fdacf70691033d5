"""Formulas whose saved value need not be today's: they depend on the clock, on chance, on other files, on themselves.

Seen of those that depend on themselves are the ones that name their own cell; a loop over several cells is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loyalty_xl.cells import column_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VOLATILE = "NOW|TODAY|RAND|RANDBETWEEN|RANDARRAY|OFFSET|INDIRECT|CELL|INFO"
_LIKELY = (b"NOW(", b"TODAY(", b"RAND", b"OFFSET(", b"INDIRECT(", b"CELL(", b"INFO(", b' ca="1"', b"[")
# [1]Sheet1!A1, '[1]My sheet'!A1, [1]!name, and the book's own name where a library wrote it; not Table1[2025]
_FOREIGN = r"(?:'|(?<![\w.\]\[,]))\[\d+\][^'\[\]]*'?!|\[[^\[\]]+\.xl\w*\]"
_DEPENDS = re.compile(rf"(?<!\w)(?:{_VOLATILE})\(|{_FOREIGN}")
_LITERAL = re.compile(r'"[^"]*"')
_MARKUP = re.compile(r"<f([^>]*?)/?>(.*)", re.S)
_ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')
_AREA = re.compile(r"(?<![\w!.':])([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?(?![\w(!.])")
_COLUMNS = re.compile(r"(?<![\w!.':])([A-Z]{1,3}):([A-Z]{1,3})(?![\w(!.])")
_DIGITS = b"0123456789"


class Dependents:
    """The cells of a sheet that hold such formulas: rows by column."""

    def __init__(self) -> None:
        self.cells: dict[int, list[int]] = {}
        self._shared: set[str] = set()  # numbers of shared formulas that are such

    def scan(self, raw: bytes, starts: Iterable[int], ends: Iterable[int]) -> None:
        """Look at the formula cells of a block, each `<c r="G7" ...><f ...>text` or with `<f .../>`."""
        likely = any(word in raw for word in _LIKELY)
        for start, end in zip(starts, ends, strict=True):
            cell = raw[start:end]
            stop = cell.index(b'"', 6)
            address, formula = cell[6:stop], cell[cell.index(b"<f", stop) :].replace(b"$", b"")
            letters = address.rstrip(_DIGITS)
            if (
                likely
                or address in formula
                or (letters in formula and b":" in formula)
                or (self._shared and b' si="' in formula)
            ):
                found = _MARKUP.match(formula.decode("utf-8", "replace"))
                if found:
                    text = found[2].replace("&quot;", '"')
                    row, column = int(address[len(letters) :]), column_number(letters.decode())
                    self.note(row, column, dict(_ATTRIBUTE.findall(found[1])), text)

    def note(self, row: int, column: int, attributes: Mapping[str, str], text: str) -> None:
        """Look at one formula; one without a text of its own is another's, shared."""
        shared = attributes.get("si") if attributes.get("t") == "shared" else None
        if text:
            found = attributes.get("ca") in {"1", "true"} or depends(text) or names_itself(text, row, column)
            if found and shared is not None:
                self._shared.add(shared)
        else:
            found = shared in self._shared
        if found:
            self.cells.setdefault(column, []).append(row)


def depends(formula: str) -> bool:
    """Say whether a formula asks for the clock, for chance, or for another file."""
    return bool(_DEPENDS.search(_LITERAL.sub('""', formula)))


def names_itself(formula: str, row: int, column: int) -> bool:
    """Say whether a formula names the cell it stands in, alone or in a range."""
    formula = _LITERAL.sub('""', formula.replace("$", ""))
    for left, top, right, bottom in _AREA.findall(formula):
        columns = sorted((column_number(left), column_number(right or left)))
        rows = sorted((int(top), int(bottom or top)))
        if columns[0] <= column <= columns[1] and rows[0] <= row <= rows[1]:
            return True
    return any(
        min(column_number(left), column_number(right)) <= column <= max(column_number(left), column_number(right))
        for left, right in _COLUMNS.findall(formula)
    )
