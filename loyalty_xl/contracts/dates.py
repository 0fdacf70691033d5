"""Dates written as text or as serial numbers: one reading, or none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from loyalty_xl.contracts.numerals import plain

ORDERS = ("ymd", "dmy", "mdy")
BARE_FLOOR = 10_000  # a number without date format below this (1927) is no date: years, counts and scores land there
LAST_SERIAL = 2_958_466  # 9999-12-31 and its hours lie below

_MONTHS = {
    name: place + 1
    for place, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
_MONTH = r"(?P<mon>[a-z]{3,9})\.?"
_TIME = re.compile(
    r"(?:[t ]|(?<=[日号])) ?(?:(?P<half>上午|下午|am|pm) ?)?(?P<hour>\d{1,2})(?::|时|点)"
    r"(?:(?P<minute>\d{1,2})(?:分|(?::(?P<second>\d{2})(?:\.\d{1,9})?)?)"
    r"(?:(?P<second_zh>\d{1,2})秒)?)?(?: ?(?P<tail>am|pm))?$"
)
_YEAR_FIRST = re.compile(
    r"(?P<y>\d{4})(?:([-/.]) ?(?P<m>\d{1,2})\2 ?(?P<d>\d{1,2})|年 ?(?P<mz>\d{1,2})月 ?(?P<dz>\d{1,2})[日号]?)"
)
_SHORT_ZH = re.compile(r"(?P<y>\d{2})年(?P<m>\d{1,2})月(?P<d>\d{1,2})[日号]")
_COMPACT = re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})")
_NAMED = (
    re.compile(rf"(?P<d>\d{{1,2}})[- /.]?{_MONTH}[- /.,]*(?P<y>\d{{4}}|\d{{2}})"),
    re.compile(rf"{_MONTH}[- ]?(?P<d>\d{{1,2}}),? ?[- ]?(?P<y>\d{{4}})"),
    re.compile(rf"(?P<y>\d{{4}})[- /.]{_MONTH}[- /.](?P<d>\d{{1,2}})"),
)
_PARTS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_ONLY_TIME = re.compile(r"\d{1,2}:\d{2}(:\d{2})?( ?[ap]m)?")


@dataclass(frozen=True)
class Reading:
    """What a text may mean as a date.

    One reading: a date. Several: ambiguous. None, and `shaped`: it looks like a date that does not exist.
    """

    readings: tuple[datetime, ...] = ()
    shaped: bool = False
    swappable: bool = False  # written with the year last, as a spreadsheet with another date order would misread
    beyond: bool = False  # swappable, and one of its parts is over 12: that spreadsheet left it as text


def read_date(text: str, order: str = "") -> Reading:
    """Read a date as people type it; *order* is what the sheet declares for three bare parts.

    >>> read_date("2026年1月5日").readings[0].date().isoformat()
    '2026-01-05'
    >>> [each.date().isoformat() for each in read_date("03/04/25").readings]
    ['2025-04-03', '2025-03-04', '2003-04-25']
    >>> read_date("2026-02-30")
    Reading(readings=(), shaped=True, swappable=False, beyond=False)
    """
    text = re.sub(r"\s+", " ", plain(text)).casefold()
    clock = timedelta(0)
    if found := _TIME.search(text):
        moment = _clock(found)
        if moment is None:
            return Reading(shaped=True)
        text, clock = text[: found.start()].rstrip(), moment
    for pattern in (_YEAR_FIRST, _SHORT_ZH, _COMPACT, *_NAMED):
        if found := pattern.fullmatch(text):
            groups = found.groupdict()
            month = groups.get("m") or groups.get("mz")
            number = int(month) if month else _MONTHS.get(groups["mon"][:3], 0) if _named(groups["mon"]) else 0
            if groups.get("mon") and not number:
                return Reading()
            day = _day(_year(groups["y"]), number, int(groups.get("d") or groups["dz"]), clock)
            return Reading((day,) if day else (), shaped=True)
    if found := _PARTS.fullmatch(text):
        return _three_parts(int(found[1]), int(found[3]), found[4], clock, order)
    return Reading(shaped=bool(_ONLY_TIME.fullmatch(text)))


def _named(text: str) -> bool:
    full = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "sept",
    ]
    return text in _MONTHS or text in full


def _three_parts(first: int, second: int, last: str, clock: timedelta, order: str) -> Reading:
    year = _year(last)
    days = {"dmy": _day(year, second, first, clock), "mdy": _day(year, first, second, clock)}
    if len(last) == 2:
        days["ymd"] = _day(_year(f"{first:02d}"), second, int(last), clock)
    swappable, beyond = bool(days["dmy"] or days["mdy"]), not (days["dmy"] and days["mdy"])
    if order:
        day = days.get(order)
        return Reading((day,) if day else (), shaped=True, swappable=swappable, beyond=beyond)
    readings = tuple(dict.fromkeys(day for day in days.values() if day))
    return Reading(readings, shaped=True, swappable=swappable, beyond=beyond and swappable)


def _clock(found: re.Match[str]) -> timedelta | None:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    second = int(found["second"] or found["second_zh"] or 0)
    half = {"上午": "am", "下午": "pm"}.get(found["half"] or "", found["half"] or found["tail"])
    if hour > 23 or minute > 59 or second > 59:
        return None
    if half == "pm" and hour < 12:
        hour += 12
    if half == "am" and hour == 12:
        hour = 0
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 70 else 1900)


def _day(year: int, month: int, day: int, clock: timedelta) -> datetime | None:
    try:
        return datetime(year, month, day) + clock
    except (ValueError, OverflowError):
        return None


def seconds(day: datetime) -> int:
    """Count seconds from 1970."""
    return round((day - datetime(1970, 1, 1)).total_seconds())


def read_serials(serials: NDArray[np.float64], date1904: bool) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Turn spreadsheet serials into seconds from 1970, and say which are no dates.

    In the 1900 system 60 is the 29th of February 1900, which never was; the days before it lie one day later.
    """
    with np.errstate(invalid="ignore"):
        bad = ~((serials >= 1) & (serials < LAST_SERIAL - (1462 if date1904 else 0)))
        if not date1904:
            bad |= np.floor(serials) == 60
        moments = np.rint(np.where(bad, 1.0, serials) * 86_400).astype(np.int64)
    epoch = (datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)) - datetime(1970, 1, 1)
    moments += int(epoch.total_seconds())
    if not date1904:
        moments[serials < 60] += 86_400
    return moments, bad


def read_compact(numbers: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Read numbers such as 20250301; gives seconds from 1970, which are so written, and which are no dates."""
    with np.errstate(invalid="ignore"):
        written = (numbers >= 19_000_101) & (numbers < 100_000_000) & (numbers == np.floor(numbers))
    result = np.zeros(len(numbers), np.int64)
    bad = np.zeros(len(numbers), np.bool_)
    if written.any():
        whole = numbers[written].astype(np.int64)
        year, month, day = whole // 10_000, whole // 100 % 100, whole % 100
        possible = (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
        months = (year - 1970) * 12 + np.where(possible, month, 1) - 1
        days = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
        bad[written] = ~possible | (days.astype("datetime64[M]").astype(np.int64) != months)
        result[written] = days.astype(np.int64) * 86_400
    return result, written, bad


def months_of(moments: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Give the month ordinal (months from year 0) of each moment."""
    return moments.astype("datetime64[M]").astype(np.int64) + 1970 * 12
