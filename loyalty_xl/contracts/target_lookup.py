"""The target of a KPI for a period and segment, and what it was before."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from loyalty_xl.vocabulary import Calendar, Cycle, Period, Target, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

NUMBERS = ("target", "baseline", "lower", "upper", "green", "amber")
RULED_OUT = ("draft", "retired")


def target_for(
    targets: Sequence[Target], kpi: str, segment_dim: str, segment: str, period: Period, calendar: Calendar, unit: Unit
) -> Target | None:
    """Give the target in force at the end of *period*, or None.

    The exact period counts first, then the half-year and the year that hold it: rates as they are, counts and money
    divided by the number of periods. A segment never has the target of All. The answer keeps the period of its row.
    """
    if period.cycle is Cycle.ALL:
        return None
    mine = [
        each
        for each in targets
        if (each.kpi, each.segment_dim, each.segment) == (kpi, segment_dim, segment) and each.status not in RULED_OUT
    ]
    last_day = period.end - timedelta(days=1)
    for place in (period, *_enclosing(period, calendar)):
        rows = [
            each for each in mine if each.period == place and (each.valid_from is None or each.valid_from <= last_day)
        ]
        if rows:
            row = max(rows, key=lambda each: each.valid_from or date.min)
            return part_of(row, unit, place.months / period.months)
    return None


def earlier_targets(targets: Sequence[Target], current: Target) -> list[Target]:
    """Give the targets that *current* replaced, oldest first, for "40 (45 until Jun)"."""
    same = (current.kpi, current.segment_dim, current.segment, current.period)
    start = current.valid_from or date.min
    rows = [each for each in targets if (each.kpi, each.segment_dim, each.segment, each.period) == same]
    rows = [each for each in rows if (each.valid_from or date.min) < start and each.status not in RULED_OUT]
    return sorted(rows, key=lambda each: each.valid_from or date.min)


def _enclosing(period: Period, calendar: Calendar) -> list[Period]:
    periods = [
        calendar.period(cycle, period.first) for cycle in (Cycle.HALF_YEAR, Cycle.YEAR) if cycle.months > period.months
    ]
    return [each for each in periods if each.first <= period.first and period.stop <= each.stop]


def part_of(row: Target, unit: Unit, count: float) -> Target:
    """Divide what can be added up by the number of periods."""
    if not unit.is_additive or count == 1:
        return row
    names = ("baseline",) if row.target_type == "relative_change" else NUMBERS
    parts: dict[str, Any] = {name: None if (held := getattr(row, name)) is None else held / count for name in names}
    return dataclasses.replace(row, **parts)


def replaced(targets: Sequence[Target], current: Target, period: Period, unit: Unit) -> list[tuple[Target, date]]:
    """Give what *current* replaced, oldest first, each with its last day, for "40 (45 until Jun)"; as parts of *period*, as *current* is."""
    rows = [*earlier_targets(targets, current), current]
    parts = [part_of(each, unit, each.period.months / period.months) for each in rows[:-1]]
    return [
        (each, after.valid_from - timedelta(days=1))
        for each, after in zip(parts, rows[1:], strict=True)
        if after.valid_from is not None
    ]
