"""Numbers written as text: the listed ways, and nothing else."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

# Control characters (but tab and line ends), zero-width and direction marks, byte-order mark, lone surrogates.
_SPANS = (
    (0, 9),
    (11, 13),
    (14, 32),
    (127, 160),
    (0x200B, 0x2010),
    (0x202A, 0x202F),
    (0x2060, 0x2070),
    (0xD800, 0xE000),
)
INVISIBLE: dict[int, None] = dict.fromkeys(
    (0xAD, 0x61C, 0x180E, 0xFEFF, *(code for first, stop in _SPANS for code in range(first, stop)))
)
MISSING = frozenset(
    {
        "",
        "无",
        "-",
        "--",
        "---",
        "—",
        "——",
        "–",
        "/",
        "//",
        "n/a",
        "#n/a",
        "未填",
        "未填写",
        "null",
        "空",
        "none",
        "(空)",
    }
)

_SCALES = {"": Decimal(1), "万": Decimal(10_000), "亿": Decimal(100_000_000)}
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+"
_NUMBER = re.compile(
    rf"(?P<open>\()? ?(?P<sign>[-+])? ?(?:¥|元|人民币|rmb|cny)? ?(?P<inner>[-+])?(?P<digits>{_DIGITS})"
    r" ?(?P<scale>[万亿])? ?(?P<unit>元|圆|人民币|rmb|cny|%)? ?(?P<trail>-)?(?P<close>\))?",
    re.ASCII,
)
_DECIMAL_COMMA = re.compile(
    r"[-+(]?(?:\d{1,3}(?:\.\d{3})+,\d+|\d+,(?:\d{1,2}|\d{4,})|\d{1,3}(?:\.\d{3}){2,}|0,\d{3})-?\)?", re.ASCII
)
_FOREIGN = re.compile(
    r"[$€£₩₹₽฿₫]|\b(?:usd|eur|gbp|jpy|hkd|twd|krw|sgd|aud|cad)\b|美元|欧元|英镑|日元|港币|港元|台币|韩元"
)


class Numeral(NamedTuple):
    """A number that was written as text."""

    value: float
    percent: bool = False


def plain(text: str) -> str:
    """Give *text* in NFKC without invisible and control characters, its ends stripped."""
    return (
        text.strip()
        if text.isascii() and text.isprintable()
        else unicodedata.normalize("NFKC", text.translate(INVISIBLE)).strip()
    )


def cleaned(text: str) -> str:
    """Give *text* without invisible and control characters, its ends stripped, its characters as they are."""
    return text.strip() if text.isascii() and text.isprintable() else text.translate(INVISIBLE).strip()


def is_missing(text: str) -> bool:
    """Whether *text* (already plain) is one of the words for nothing."""
    return len(text) < 5 and text.casefold() in MISSING


def read_numeral(text: str) -> Numeral | None:
    """Read a number written in one of the listed ways; None when it is none.

    >>> read_numeral("￥1,234")
    Numeral(value=1234.0, percent=False)
    >>> read_numeral("1.1万").value
    11000.0
    >>> read_numeral("(1,234)").value, read_numeral("12-").value
    (-1234.0, -12.0)
    >>> read_numeral("12%")
    Numeral(value=0.12, percent=True)
    >>> read_numeral("1.234,56") is None
    True
    """
    found = _NUMBER.fullmatch(_folded(text))
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [sign for sign in (found["open"], found["sign"], found["inner"], found["trail"]) if sign]
    if len(signs) > 1:
        return None
    percent = found["unit"] == "%"
    if percent and found["scale"]:
        return None
    value = Decimal(found["digits"].replace(",", "")) * _SCALES[found["scale"] or ""]
    if percent:
        value /= 100
    return Numeral(float(-value if signs and signs[0] != "+" else value), percent)


def has_decimal_comma(text: str) -> bool:
    """Whether *text* is a number in the way that sets a comma before the decimals."""
    return bool(_DECIMAL_COMMA.fullmatch(_folded(text)))


def has_mark(text: str) -> bool:
    """Whether *text* has a comma or point that could be read in two ways."""
    return "," in text or "." in text


def has_foreign_sign(text: str) -> bool:
    """Whether *text* is a number with the sign of a currency other than the yuan."""
    folded = _folded(text)
    return bool(_FOREIGN.search(folded)) and any(character.isdigit() for character in folded)


def _folded(text: str) -> str:
    return plain(text).replace("−", "-").casefold()


def shown(value: float) -> str:
    """Write a number as a person would, without an exponent where that is possible."""
    return str(int(value)) if abs(value) < 1e16 and value == int(value) else repr(value)
