"""Formulas in a package's parts, read and rewritten as text: everything else in a part stays byte for byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from loyalty_xl.books.markup import utf8

if TYPE_CHECKING:
    from loyalty_xl.books.package import Draft

_ELEMENT = re.compile(
    r"(<(?:\w+:)?(?:f|formula|formula1|formula2|definedName|calculatedColumnFormula|totalsRowFormula)(?:\s[^<>]*)?(?<!/)>)([^<]*)(</)"
)
_CELL = re.compile(r"<((?:\w+:)?)c\b([^<>]*?)(?:/>|>(.*?)</\1c>)", re.DOTALL)
_FORMULA = re.compile(r"<((?:\w+:)?)f\b([^<>]*?)(?:/>|>([^<]*)</\1f>)")
_VALUE = re.compile(r"<(?:\w+:)?(?:v|is)\b[^<>]*>")
_REF, _TYPE, _GROUP = re.compile(r'\br="([A-Z]+\d+)"'), re.compile(r'\bt="(\w+)"'), re.compile(r'\bsi="(\d+)"')
_METADATA = re.compile(r'\s+[cv]m="\d+"')


@dataclass(frozen=True)
class CellFormula:
    """A formula of a cell, with the result that is stored for it."""

    sheet: str
    cell: str
    text: str
    error: str = ""  # the error that is stored as its result
    blank: bool = False  # no result is stored


def texts(draft: Draft, naming: str) -> Iterator[tuple[str, str]]:
    """Give the parts that may hold formulas and in which *naming* (a pattern, any case) occurs, with their text."""
    sought = re.compile(naming.encode(), re.IGNORECASE)
    for part in draft.package.names:
        if part.endswith(".xml") and part.startswith("xl/") and not part.startswith(("xl/theme", "xl/sharedStrings")):
            raw = utf8(draft.read(part))
            if sought.search(raw):
                yield part, raw.decode("utf-8")


def rewrite_formulas(draft: Draft, naming: str, change: Callable[[str], str]) -> int:
    """Rewrite the text of every formula, in cells, names, rules, lists and tables of parts with *naming*; gives how many changed."""
    count = 0

    def replaced(found: re.Match[str]) -> str:
        nonlocal count
        old = unescape(found[2])
        new = change(old)
        if new == old:
            return found[0]
        count += 1
        return f"{found[1]}{escape(new)}{found[3]}"

    for part, text in texts(draft, naming):
        changed = _ELEMENT.sub(replaced, text)
        if changed != text:
            draft.write(part, changed.encode("utf-8"))
    return count


def cell_formulas(text: str, sheet: str) -> Iterator[CellFormula]:
    """Give the formulas of a worksheet part that have a text of their own."""
    for cell in _CELL.finditer(text):
        formula = _FORMULA.search(cell[3] or "")
        ref = _REF.search(cell[2])
        if formula is None or ref is None or not formula[3]:
            continue
        kind = _TYPE.search(cell[2])
        rest = (cell[3] or "")[formula.end() :]
        error = unescape(re.sub(r"<[^>]*>", "", rest)).strip() if kind and kind[1] == "e" else ""
        yield CellFormula(sheet, ref[1], unescape(formula[3]), error, _VALUE.search(rest) is None)


def freeze(text: str, wanted: Callable[[str], bool]) -> tuple[str, int]:
    """Replace formulas of a worksheet part by their stored results, those that *wanted* picks and those that share one with them."""
    groups = {
        group[1]
        for _, formula in _found(text)
        if wanted(unescape(formula[3] or "")) and (group := _GROUP.search(formula[2]))
    }
    count = 0

    def frozen(cell: re.Match[str]) -> str:
        nonlocal count
        formula = _FORMULA.search(cell[3] or "")
        if formula is None:
            return cell[0]
        group = _GROUP.search(formula[2])
        if not wanted(unescape(formula[3] or "")) and not (group and group[1] in groups):
            return cell[0]
        count += 1
        head = cell[0][: cell.start(3) - cell.start()]
        tail = cell[0][cell.end(3) - cell.start() :]
        return _METADATA.sub("", head) + cell[3][: formula.start()] + cell[3][formula.end() :] + tail

    return _CELL.sub(frozen, text), count


def _found(text: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    for cell in _CELL.finditer(text):
        if (formula := _FORMULA.search(cell[3] or "")) is not None:
            yield cell, formula
