"""The table of shared strings, read block by block."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loyalty_xl.books import careful
from loyalty_xl.books.texts import Unconventional, decoded, from_markup, unescaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PLAIN = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_ITEM = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>|(<si>.*?</si>|<si ?/>)', re.S)


def shared_strings(pieces: Callable[[], Iterator[bytes]], where: str, most: int | None = None) -> list[str]:
    """Read a table of shared strings, at least its first *most* ones."""
    try:
        return _quick(pieces(), where, most)
    except Unconventional:
        return careful.read_strings(pieces(), where, most)


def _quick(pieces: Iterator[bytes], where: str, most: int | None) -> list[str]:
    strings: list[str] = []
    rest = next(pieces, b"")
    while (start := rest.find(b"<si")) < 0:
        piece = next(pieces, None)
        if piece is None or len(rest) > 1 << 16:
            raise Unconventional
        rest += piece
    head, rest = rest[:start], rest[start:]
    if not careful.is_utf8(head) or not head.rstrip().endswith(b">") or b"<sst" not in head or b"<!" in head:
        raise Unconventional
    root = head[head.index(b"<sst") :]
    while most is None or len(strings) < most:
        cut = rest.rfind(b"</si>") + 5
        if cut > 4:
            strings += _block(decoded(rest[:cut]), root, where)
            rest = rest[cut:]
        piece = next(pieces, None)
        if piece is None:
            break
        rest += piece
    else:
        return strings
    end = re.fullmatch(rb"((?:\s*<si ?/>)*)\s*(?:<extLst>.*</extLst>)?\s*</sst>\s*", rest, re.S)
    if not end:
        raise Unconventional
    return strings + [""] * end[1].count(b"<si")


def _block(block: str, root: bytes, where: str) -> list[str]:
    """Give the texts of some complete items."""
    found = _PLAIN.findall(block)
    if block.count("<") != 4 * len(found):
        found = _mixed(block, root, where)
    else:
        if "&" in block or "\r" in block:
            found = [from_markup(text) for text in found]
        if "_x" in block:
            found = [unescaped(text) for text in found]
    return found


def _mixed(block: str, root: bytes, where: str) -> list[str]:
    if "<!" in block or "<?" in block:
        raise Unconventional
    found: list[str] = []
    odd: list[int] = []
    at = 0
    for item in _ITEM.finditer(block):
        if block[at : item.start()].strip():
            raise Unconventional
        at = item.end()
        if item[2] is None:
            found.append(unescaped(from_markup(item[1])))
        else:
            odd.append(len(found))
            found.append(item[2])
    if block[at:].strip():
        raise Unconventional
    if odd:
        inner = "".join(found[at] for at in odd)
        texts = careful.read_strings(iter([root + inner.encode() + b"</sst>"]), where)
        if len(texts) != len(odd):
            raise Unconventional
        for at, text in zip(odd, texts, strict=True):
            found[at] = text
    return found
