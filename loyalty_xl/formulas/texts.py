"""Worksheet functions inside the text of formulas: found, renamed, taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loyalty_xl.formulas import find

NAMING = r"loyalty[._]"  # what a part that holds our formulas contains
_LITERAL = re.compile(r'("(?:[^"]|"")*")')
_CALL = re.compile(r"(?<![\w.])((?:'[^']*'|\[[^\]]*\])!)?(LOYALTY[._][A-Z0-9_.]+)(?=\s*\()", re.IGNORECASE)


def renamed(formula: str, *, dotted: bool) -> str:
    """Write our functions as desktop Excel names them, or *dotted*; a path to somebody's add-in goes. Texts in quotes stay."""

    def name(found: re.Match[str]) -> str:
        made = find(found[2])
        if made is None:
            return found[0]
        return made.dotted if dotted else made.name

    pieces = _LITERAL.split(formula)
    return "".join(piece if number % 2 else _CALL.sub(name, piece) for number, piece in enumerate(pieces))


def uses(formula: str) -> bool:
    """Whether a formula calls one of our functions."""
    return next(calls(formula), None) is not None


def calls(formula: str) -> Iterator[tuple[str, list[str]]]:
    """Give the functions of ours that a formula calls, each with the texts of its arguments."""
    plain = _LITERAL.sub(lambda found: "\x00" * len(found[0]), formula)
    for found in _CALL.finditer(plain):
        made = find(found[2])
        if made is not None:
            yield made.name, _arguments(formula, plain, plain.index("(", found.end()))


def _arguments(formula: str, plain: str, opening: int) -> list[str]:
    depth, start, listed = 0, opening + 1, []
    for place in range(opening, len(plain)):
        letter = plain[place]
        depth += (letter in "({") - (letter in ")}")
        if not depth or (letter in ",;" and depth == 1):
            listed.append(formula[start:place].strip())
            start = place + 1
        if not depth:
            break
    return [] if listed == [""] else listed
