"""What looks like a telephone number, an e-mail address or a postal address, whoever it belongs to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loyalty_xl.masking import EMAIL, GAP
from loyalty_xl.sharing.folding import HAN
from loyalty_xl.sharing.personal import LONGEST_PHONE, SHORTEST_PHONE, phone_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

_GROUP = re.compile(r"\d+", re.ASCII)
_GAP = re.compile(rf"(?:{GAP}|/){{1,3}}")
_MOBILE = re.compile(r"(?:(?:00)?86)?1[3-9]\d{9}")
_LANDLINE = re.compile(r"0(?:10|2\d)[2-9]\d{7}|0[3-9]\d\d[2-9]\d{6,7}")
_SERVICE = re.compile(r"[48]00\d{7}")
_ABROAD = re.compile(
    r"(?:1|7|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-6]\d|29\d|3[578]\d|42\d|5[09]\d|6[7-9]\d|80\d|85\d|88\d|96\d|99\d)\d{6,12}"
)  # begins with the code of a country
_TOKEN = re.compile(r"[0-9A-Za-z]+")
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_NEAT = frozenset("-‐‑‒–—_·/")  # between parts of a number, never between two numbers

_ROAD = r"(?:大街|大道|路|街|道|巷|弄|里|胡同|村|小区|花园|苑|大厦|广场)"
_NUMBER = r"[A-Z]?\d{1,5}(?:-\d{1,5})*\s?(?:号|弄|栋|幢|座|单元|室|楼|层)"
_CHINESE = re.compile(
    rf"[{HAN}]{{1,10}}(?:省|市|自治区|自治州|区|县|旗|镇|乡)\s?[{HAN}\d]{{1,16}}?{_ROAD}[{HAN}\s]{{0,6}}?{_NUMBER}"
    rf"|[{HAN}]{{2,8}}(?:大街|大道|路|街|胡同|巷|弄)\s?\d{{1,5}}\s?(?:弄\s?\d{{1,5}}\s?)?号"
)
_ENGLISH = re.compile(
    r"(?<![A-Za-z0-9.,])(?:No\.? ?)?\d{1,5}[A-Za-z]?,?[ _\n](?:[A-Z][\w'.]*[ _\n]){1,4}?"
    r"(?:(?:Street|Road|Avenue|Boulevard|Lane|Drive|Highway|Lu|Jie|Dadao)\b|(?:St|Rd|Ave|Blvd|Ln|Hwy)(?:\.|,|$|(?= [A-Z])))"
)


def phones(text: str, known: AbstractSet[str]) -> Iterator[str]:
    """Give the telephone numbers of a text with plain digits: those that are *known* in any formatting, and those of the usual shapes.

    >>> list(phones("138 0013-8000, 010-88886666, 400-820-8820, +44 20 7946 0958, 2026-07-01, n = 1,284", frozenset()))
    ['138 0013-8000', '010-88886666', '400-820-8820', '+44 20 7946 0958']
    """
    groups = [
        each for each in _GROUP.finditer(text) if len(each[0]) <= LONGEST_PHONE + 2 and not _fingerprint(text, each)
    ]
    first = 0
    while first < len(groups):
        end = _end(text, groups, first, known)
        if end > first:
            start = groups[first].start()
            yield text[start - (text[start - 1 : start] == "+") : groups[end - 1].end()]
        first = max(end, first + 1)


def emails(text: str) -> Iterator[str]:
    """Give the e-mail addresses of a text."""
    for each in EMAIL.finditer(text):
        if each[0][-1].isalpha() or each[0].rpartition(".")[2].startswith("xn--"):
            yield each[0]


def postal(text: str) -> Iterator[str]:
    """Give the postal addresses of a text with plain digits: Chinese ones and those of English streets.

    >>> list(postal("上海市浦东新区世纪大道100号; 221B Baker Street; 各渠道 12 项, 3 of 12 targets"))
    ['上海市浦东新区世纪大道100号', '221B Baker Street']
    """
    for shape in (_CHINESE, _ENGLISH):
        for each in shape.finditer(text):
            yield each[0]


def _end(text: str, groups: list[re.Match[str]], first: int, known: AbstractSet[str]) -> int:
    """Say after which group the longest number that begins with *first* ends; *first* where there is none."""
    result, digits, gaps = first, "", []
    for place in range(first, len(groups)):
        if place > first:
            between = text[groups[place - 1].end() : groups[place].start()]
            if not _GAP.fullmatch(between):
                break
            gaps.append(between)
        digits += groups[place][0]
        if len(digits) > LONGEST_PHONE + 2:
            break
        if len(digits) >= SHORTEST_PHONE and _is_phone(text, groups[first : place + 1], digits, gaps, known):
            result = place + 1
    return result


def _is_phone(text: str, groups: list[re.Match[str]], digits: str, gaps: list[str], known: AbstractSet[str]) -> bool:
    sizes = [len(each[0]) for each in groups]
    key = phone_key(digits)
    start, end = groups[0].start(), groups[-1].end()
    if key in known and (min(sizes) > 2 or len(key) > 9):
        return True
    if re.search(r"\d\.$", text[max(start - 2, 0) : start], re.ASCII) or re.match(
        r"\.\d", text[end : end + 2], re.ASCII
    ):
        return False  # behind or before the point of a decimal number
    if text[start - 1 : start] == "+" and _abroad(digits, gaps):
        return True
    if digits.startswith(("86", "0086")) and len(sizes) > 1 and len(groups[0][0]) < 5:
        sizes = sizes[1:]
    neat = min(sizes) > 2 or max(sizes) == 1 or (len(set(gaps)) == 1 and set(gaps) <= _NEAT)
    return neat and any(shape.fullmatch(digits) for shape in (_MOBILE, _LANDLINE, _SERVICE))


def _abroad(digits: str, gaps: list[str]) -> bool:
    if gaps and "." in gaps and (len(gaps) < 2 or set(gaps) != {"."}):
        return False  # +3.1 12.5: numbers beside each other
    return bool(_ABROAD.fullmatch(digits))


def _fingerprint(text: str, group: re.Match[str]) -> bool:
    start, end = group.span()
    while start and text[start - 1].isascii() and text[start - 1].isalnum():
        start -= 1
    token = _TOKEN.match(text, start)
    return bool(token and token.end() > end - 1 and len(token[0]) > len(group[0]) and _HEX.fullmatch(token[0]))
