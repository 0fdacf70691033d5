"""Targets over time: what ended without a successor, names that regions had, periods that can mean two things."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

from loyalty_xl.contracts.target_lookup import RULED_OUT, target_for
from loyalty_xl.vocabulary import Cycle, Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.vocabulary import Calendar, Period, Target, Unit

    Renamed = Mapping[str, Mapping[str, str]]  # dim -> other name -> name
    Place = tuple[str, str, str]  # kpi, segment dim, segment

LISTED = 10  # addresses and names that a finding lists


def ended(
    sheet: Sheet | None, targets: Sequence[Target], period: Period, calendar: Calendar, unit_of: Callable[[str], Unit]
) -> list[Finding]:
    """W290: KPIs that had a target in the year before *period* and have none for it; a retired row for it is a decision."""
    if sheet is None or period.cycle in (Cycle.ALL, Cycle.RANGE):
        return []
    by_place: dict[Place, list[Target]] = defaultdict(list)
    for each in targets:
        by_place[each.kpi, each.segment_dim, each.segment].append(each)
    newest = []
    for place, rows in by_place.items():
        over = [each for each in rows if _over(each, period)]
        retired = any(
            each.status == "retired" and each.period.first <= period.first < each.period.stop for each in rows
        )
        if over and not retired and target_for(rows, *place, period, calendar, unit_of(place[0])) is None:
            newest.append(max(over, key=lambda each: (each.period.stop, each.valid_from or date.min)))
    if not newest:
        return []
    newest.sort(key=lambda each: each.row)
    column = sheet.sent.get("period", "")
    cells = tuple(f"{column}{each.row}" for each in newest[:LISTED])
    header = sheet.headers.get("period", "period")
    return [Finding("W290", sheet.title, "", _listed(newest), period.label, header, len(newest), cells)]


def _over(target: Target, period: Period) -> bool:
    """Whether a target held in the year before a period, for one at least as long, and is over."""
    return (
        target.status not in RULED_OUT
        and target.period.cycle is not Cycle.RANGE
        and period.months <= target.period.months
        and period.first - 12 < target.period.stop <= period.first
    )


def _listed(targets: Sequence[Target]) -> str:
    names = [
        each.kpi if each.segment_dim == "all" else f"{each.kpi} ({each.segment_dim}={each.segment})" for each in targets
    ]
    more = [f"+{len(names) - LISTED}"] if len(names) > LISTED else []
    return ", ".join([*names[:LISTED], *more])


def renamed_segments(
    targets: list[Target], typed: Mapping[int, str], sheet: Sheet, merged: Collection[str] = ()
) -> tuple[list[Target], list[Finding]]:
    """Settle targets whose segment was *typed* (row -> name) under another name than it has now.

    W292: they count for the segment. W295: they do not where the segment is one that several were *merged* into, or has another
    target for the same period.
    """
    slots: dict[tuple[object, ...], list[Target]] = defaultdict(list)
    for each in targets:
        slots[each.kpi, each.segment_dim, each.segment, each.period, each.valid_from].append(each)
    dropped: dict[str, list[int]] = defaultdict(list)
    for rows in slots.values():
        old = [each for each in rows if each.row in typed and each.status not in RULED_OUT]
        names = {typed.get(each.row, each.segment) for each in rows if each.status not in RULED_OUT}
        if old and (len(names) > 1 or old[0].segment in merged):
            dropped[old[0].segment] += [each.row for each in old]
    out = {row for rows in dropped.values() for row in rows}
    kept = [each for each in targets if each.row not in out]
    findings = [
        _typed("W295", sheet, rows, ", ".join(dict.fromkeys(typed[row] for row in rows)), segment)
        for segment, rows in dropped.items()
    ]
    now = {each.row: each.segment for each in targets}
    return kept, [
        *typed_otherwise(
            {row: (name, now[row]) for row, name in typed.items() if row in now and row not in out}, sheet
        ),
        *findings,
    ]


def typed_otherwise(typed: Mapping[int, tuple[str, str]], sheet: Sheet) -> list[Finding]:
    """W292: one finding of each name that rows were typed under, with the name that the segment has."""
    rows: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, names in typed.items():
        rows[names].append(row)
    return [_typed("W292", sheet, some, name, now) for (name, now), some in rows.items()]


def _typed(code: str, sheet: Sheet, rows: Collection[int], found: str, expected: str) -> Finding:
    column = sheet.sent.get("segment", "")
    cells = tuple(f"{column}{row}" for row in sorted(rows)[:LISTED])
    return Finding(code, sheet.title, "", found, expected, sheet.headers.get("segment", "segment"), len(rows), cells)


def unmarked_periods(sheet: Sheet, field: str, read: Iterable[tuple[int, str]], calendar: Calendar) -> list[Finding]:
    """W293: periods of a fiscal calendar that were typed as those of the calendar are."""
    some = [(row, text) for row, text in read if calendar.is_unmarked(text)]
    if not some:
        return []
    period = calendar.parse(some[0][1])
    if period is None:
        return []
    column = sheet.sent.get(field, "")
    cells = tuple(f"{column}{row}" for row, _ in some[:LISTED])
    span = f"{period.start:%Y-%m}..{period.end - timedelta(days=1):%Y-%m}"
    header = sheet.headers.get(field, field)
    detail = (("span", span),)
    return [Finding("W293", sheet.title, "", some[0][1], period.label, header, len(some), cells, detail)]


__all__ = ["ended", "renamed_segments", "typed_otherwise", "unmarked_periods"]
