"""Regions over time: which code or name means which region, and what the region is called on a day.

A region is its code: several rows of one code are its names, one after the other. `becomes` hands a code that has ended
(or a spelling) to another region. History is never cut: all rows of a region stand under the name it has in the end.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

FIRST, LAST = date.min, date.max


@dataclass(frozen=True)
class Named:
    """One row of Regions."""

    at: int  # place in the frame
    code: str
    name: str
    first: date  # first day
    last: date  # last day
    becomes: str  # code or name that it is handed to, "" = none

    @property
    def until(self) -> date:
        """Last day; a row that ends before it begins has none."""
        return self.last if self.last >= self.first else LAST


@dataclass(frozen=True)
class Regions:
    """What codes and names mean on a day."""

    labels: Mapping[str, str]  # code or name, as ids are spelled -> name of the region
    renamed: Mapping[str, str]  # any other name the region had or will have -> its name
    ends: Mapping[str, date]  # code or name, as ids are spelled -> last day on which it is in use
    unclear: Mapping[str, int]  # name that means two regions -> place of its row
    merged: frozenset[str] = frozenset()  # names of regions that several were made one of

    @property
    def names(self) -> frozenset[str]:
        """Names that segments have."""
        return frozenset(self.labels.values())

    @property
    def spelled(self) -> frozenset[str]:
        """Every code and name that means something, or is told to be unclear."""
        return frozenset(self.labels) | {each.upper() for each in self.unclear}


def region_rows(frame: pd.DataFrame) -> list[Named]:
    """Read the rows of a checked Regions sheet."""
    columns = [
        frame[name].astype(object).tolist() for name in ("region_id", "name", "valid_from", "valid_to", "becomes")
    ]
    rows = []
    for at, (code, name, first, last, becomes) in enumerate(zip(*columns, strict=True)):
        if isinstance(code, str):
            called = name if isinstance(name, str) and name else code
            rows.append(Named(at, code, called, _day(first, FIRST), _day(last, LAST), _text(becomes)))
    return rows


def _day(value: object, missing: date) -> date:
    return date(value.year, value.month, value.day) if isinstance(value, date) and value == value else missing


def _text(value: object) -> str:
    return value.upper() if isinstance(value, str) else ""


def by_code(rows: list[Named]) -> dict[str, list[Named]]:
    """Give the names of each code, oldest first."""
    found: dict[str, list[Named]] = defaultdict(list)
    for each in sorted(rows, key=lambda row: row.first):
        found[each.code].append(each)
    return dict(found)


def successors(codes: Mapping[str, list[Named]], day: date) -> dict[str, str]:
    """Give the code that each code is handed to by *day*; one that leads nowhere or in a circle stays itself."""
    by_name = {each.name.upper(): code for code, names in codes.items() for each in names}
    step = {}
    for code, names in codes.items():
        final = names[-1]
        over = final.until < day or (final.until == LAST and final.first <= day)
        target = final.becomes if final.becomes in codes else by_name.get(final.becomes, "")
        if over and target and target != code:
            step[code] = target
    found = {}
    for code in codes:
        seen, here = {code}, code
        while here in step and step[here] not in seen:
            here = step[here]
            seen.add(here)
        found[code] = code if here in step else here
    return found


def regions_on(frame: pd.DataFrame | None, day: date) -> Regions | None:
    """Say what codes and names mean on *day*; None where there is no Regions sheet.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = [("A", "North", None, pd.Timestamp("2026-06-30"), None), ("A", "North-East", pd.Timestamp("2026-07-01"), None, None)]
    >>> frame = pd.DataFrame(rows, columns=["region_id", "name", "valid_from", "valid_to", "becomes"])
    >>> regions_on(frame, date(2026, 6, 30)).labels["NORTH"], regions_on(frame, date(2026, 7, 1)).labels["NORTH"]
    ('North', 'North-East')
    """
    if frame is None or not len(frame):
        return None
    rows = region_rows(frame)
    codes = by_code(rows)
    now, finally_ = successors(codes, day), successors(codes, LAST)
    called = {code: _called(names, day) for code, names in codes.items()}
    last_name = {code: names[-1].name for code, names in codes.items()}
    labels: dict[str, str] = {}
    ends: dict[str, date] = {}
    meant: dict[str, str] = {}
    unclear: dict[str, int] = {}
    for each in rows:
        leads = last_name[finally_[each.code]]
        if meant.setdefault(each.name, leads) != leads:
            unclear.setdefault(each.name, each.at)
    renamed = {}
    for each in rows:
        label = called[now[each.code]]
        if each.name not in unclear:
            labels[each.name] = labels[each.name.upper()] = label
            if each.name != label:
                renamed[each.name] = label
    for code in codes:
        labels[code] = called[now[code]]
    open_ = {word for names in codes.values() for word in (names[-1].code, names[-1].name) if names[-1].until == LAST}
    for names in codes.values():
        for each, after in zip(names, [*names[1:], None], strict=True):
            last = min(each.until, date.fromordinal(max(1, after.first.toordinal() - 1))) if after else each.until
            for word in (each.name,) if after else (each.name, each.code):
                if word not in open_ and last < LAST:
                    for spelled in {word, word.upper()}:
                        ends[spelled] = max(last, ends.get(spelled, FIRST))
    merged = frozenset(called[code] for code in _mergers(codes, now))
    return Regions(labels, renamed, ends, unclear, merged)


def _mergers(codes: Mapping[str, list[Named]], now: Mapping[str, str]) -> list[str]:
    """Give the codes that took in another while they were in use, or took in several; a new code for a region is none."""
    taken: dict[str, list[str]] = defaultdict(list)
    for code, final in now.items():
        if code != final and codes[code][-1].until < LAST:  # without an end it is another word, no region
            taken[final].append(code)
    return [
        final for final, some in taken.items() if len(some) > 1 or codes[final][0].first <= codes[some[0]][-1].until
    ]


def _called(names: list[Named], day: date) -> str:
    """Name of a code on a day: the last that has begun, before the first one that one."""
    return next((each.name for each in reversed(names) if each.first <= day), names[0].name)


__all__ = ["FIRST", "LAST", "Named", "Regions", "by_code", "region_rows", "regions_on", "successors"]
