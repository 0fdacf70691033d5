"""How the value of a setting is read: number, share, date, yes or no, choice, currency, weights."""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from datetime import date, timedelta
from typing import Any, TypeAlias

from loyalty_xl.settings_table import DAYS, DIMENSIONS, Hours, SettingDef, SettingKind

Typed: TypeAlias = str | float | bool | date  # what a cell of a setting may hold
YES = frozenset(("yes", "y", "true", "1", "是", "√", "✓", "对", "有", "含"))
NO = frozenset(("no", "n", "false", "0", "否", "×", "x", "✗", "无", "不含"))
CURRENCIES = {
    "人民币": "CNY",
    "元": "CNY",
    "rmb": "CNY",
    "美元": "USD",
    "欧元": "EUR",
    "英镑": "GBP",
    "港币": "HKD",
    "日元": "JPY",
}
UNITS = re.compile(r"(天|日|个月|月|秒|分|元|点|档|期|份|行|位|倍|days?|months?|seconds?|points?|mb)$")


DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")


class UnreadableError(Exception):
    """A value that is none of its kind."""


def parse_setting(definition: SettingDef, value: Typed) -> Any:
    """Read *value* as the kind of *definition*; raise `UnreadableError` when it is none."""
    return _PARSERS[definition.kind](definition, value)


def folded(text: str) -> str:
    """Fold a name: NFKC, lower case, without spaces, hyphens and underscores."""
    text = unicodedata.normalize("NFKC", text).casefold().strip()
    return re.sub(r"[\s\-_]+", "", text)


def serial_date(number: float, *, date1904: bool = False) -> date | None:
    """Give the day of an Excel serial; None when there is none."""
    day = math.floor(number) + (1462 if date1904 else 0)
    return date(1899, 12, 30) + timedelta(days=day) if 61 <= day <= 2_958_465 else None


def _text(value: Typed) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    return unicodedata.normalize("NFKC", str(value)).strip().casefold()


def _number(_: SettingDef, value: Typed) -> float:
    if isinstance(value, bool | date):
        raise UnreadableError
    if isinstance(value, str):
        text = UNITS.sub("", _text(value)).replace(",", "").strip()
        share = text.endswith("%")
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text.rstrip("%").strip()):
            raise UnreadableError
        return float(text.rstrip("%")) / (100 if share else 1)
    if not math.isfinite(value):
        raise UnreadableError
    return float(value)


def _count(definition: SettingDef, value: Typed) -> int:
    number = _number(definition, value)
    if number != int(number):
        raise UnreadableError
    return int(number)


def parse_date(_: SettingDef | None, value: Typed) -> date:
    """Read a date cell, a serial without date format, or a date text of year, month, day."""
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value == int(value):
        if 20_000 <= value <= 80_000 and (day := serial_date(value)):  # a serial that lost its format, 1954 to 2119
            return day
        value = f"{value:.0f}"
    if isinstance(value, str):
        text = _text(value)
        found = re.fullmatch(
            r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ t]0{1,2}:00(?::00)?)?|(\d{4})(\d{2})(\d{2})", text
        )
        if found:
            year, month, day_number = (int(part) for part in found.groups() if part)
            try:
                return date(year, month, day_number)
            except ValueError:
                raise UnreadableError from None
    raise UnreadableError


def _line(_: SettingDef, value: Typed) -> str:
    if (
        not isinstance(value, str)
        or not (text := value.strip())
        or any(ord(each) < 32 or each in "\x7f\x85\u2028\u2029" for each in text)
    ):
        raise UnreadableError
    return text


def _domains(_: SettingDef, value: Typed) -> tuple[str, ...]:
    found = [each.lstrip("@") for each in re.split(r"[;,；，、\s]+", _text(value)) if each]
    if not found or not all(DOMAIN.fullmatch(each) for each in found):
        raise UnreadableError
    return tuple(dict.fromkeys(found))


def _bool(_: SettingDef, value: Typed) -> bool:
    text = _text(value)
    if text in YES or text in NO:
        return text in YES
    raise UnreadableError


def _choice(definition: SettingDef, value: Typed) -> str:
    if isinstance(value, date):  # Excel turned a typed 1-5 into the fifth of January
        month, day = value.month, value.day
        texts = [f"{month}-{day}", f"{day}-{month}"] if 1 in (month, day) else []
    else:
        texts = [_text(value)]
    for text in texts:
        for choice, spellings in definition.choices.items():
            if _joined(text) in {_joined(each) for each in (choice, *spellings)}:
                return choice
    raise UnreadableError


def _joined(text: str) -> str:
    """Fold a choice; its hyphen stays, 1-5 is not 15."""
    return re.sub(r"[\s\-_]+", "-", unicodedata.normalize("NFKC", text).casefold().strip())


def _currency(_: SettingDef, value: Typed) -> str:
    text = _text(value)
    code = CURRENCIES.get(text, text.upper())
    if not re.fullmatch("[A-Z]{3}", code):
        raise UnreadableError
    return code


def _weights(_: SettingDef, value: Typed) -> tuple[tuple[str, float], ...]:
    names = {folded(text): each.value for each, zh in DIMENSIONS.items() for text in (each.value, zh, f"{zh}维度")}
    weights: dict[str, float] = {}
    for part in re.split(r"[,;，；、\n]+", _text(value).strip(",;，；、 ")):
        found = re.fullmatch(r"(.+?)\s*[=:]?\s*(\d+(?:\.\d+)?|\.\d+)\s*%?", part.strip())
        name = names.get(folded(found[1])) if found else None
        if not found or name is None or name in weights:
            raise UnreadableError
        weights[name] = float(found[2])
    total = sum(weights.values())
    if total <= 0:
        raise UnreadableError
    if math.isclose(total, 1, abs_tol=1e-4):  # typed as shares
        weights = {name: weight * 100 for name, weight in weights.items()}
    return tuple(sorted(weights.items()))


def _hours(_: SettingDef, value: Typed) -> Hours:
    """Read `Mo-Fr 09:00-18:00; Sa 10:00-16:00`, in either language; several spans of a day may not overlap."""
    days = {name: number for number, each in enumerate(DAYS) for name in (each.casefold(), *_DAY_NAMES[number])}
    spans: list[tuple[int, int, int]] = []
    day = "|".join(sorted(days, key=len, reverse=True))
    shape = re.compile(rf"({day})(?:\s*[-至到~]\s*({day}))?\s*(\d{{1,2}}):(\d\d)\s*[-至到~]\s*(\d{{1,2}}):(\d\d)")
    for part in re.split(r"[,;，；、\n]+", _text(value).strip(",;，；、 ")):
        found = shape.fullmatch(part.strip())
        if not found:
            raise UnreadableError
        first, last = days[found[1]], days[found[2] or found[1]]
        start, end = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
        if last < first or not 0 <= start < end <= 1440 or int(found[4]) > 59 or int(found[6]) > 59:
            raise UnreadableError
        spans += [(number, start, end) for number in range(first, last + 1)]
    spans.sort()
    if any(one[0] == two[0] and two[1] < one[2] for one, two in itertools.pairwise(spans)):
        raise UnreadableError
    return tuple(spans)


_DAY_NAMES = [
    (en, en[:3], f"周{zh}", f"星期{zh}", f"礼拜{zh}")
    for en, zh in zip(
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "一二三四五六日", strict=True
    )
]
_PARSERS = {
    SettingKind.COUNT: _count,
    SettingKind.NUMBER: _number,
    SettingKind.SHARE: _number,
    SettingKind.DATE: parse_date,
    SettingKind.BOOL: _bool,
    SettingKind.CHOICE: _choice,
    SettingKind.CURRENCY: _currency,
    SettingKind.WEIGHTS: _weights,
    SettingKind.HOURS: _hours,
    SettingKind.TEXT: _line,
    SettingKind.DOMAINS: _domains,
}
