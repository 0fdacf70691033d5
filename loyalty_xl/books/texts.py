"""Texts as a workbook stores them: entities and Excel's own `_x000D_` escapes."""

from __future__ import annotations

import re

_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#([0-9]{1,7})|#x([0-9a-fA-F]{1,6}));|&")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|]]>")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")


class Unconventional(Exception):  # noqa: N818 (a turn in the road, not a fault)
    """Markup that the vectorised reader leaves to the careful one."""


def from_markup(text: str) -> str:
    """Give the text that *text*, as it stands between two tags, means to an XML parser."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        text = _REFERENCE.sub(_referenced, text)
    return text


def unescaped(text: str) -> str:
    """Undo Excel's own escapes: `_x000D_` is a carriage return, `_x005F_` an underscore."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return _SURROGATES.sub(_joined, text)


def decoded(raw: bytes) -> str:
    """Decode markup, leaving what no XML parser accepts to the careful reader."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Unconventional from None
    if _FORBIDDEN.search(text):
        raise Unconventional
    return text


def _referenced(found: re.Match[str]) -> str:
    name, decimal, digits = found.groups()
    if name:
        return _NAMED[name]
    if not decimal and not digits:
        raise Unconventional
    number = int(decimal) if decimal else int(digits, 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or (number < 32 and number not in {9, 10, 13}):
        raise Unconventional
    if number in {0xFFFE, 0xFFFF}:
        raise Unconventional
    return chr(number)


def _joined(found: re.Match[str]) -> str:
    """Join a pair of surrogates; one alone is no character."""
    pair = found[0]
    return pair.encode("utf-16-le", "surrogatepass").decode("utf-16-le") if len(pair) == 2 else "\ufffd"
