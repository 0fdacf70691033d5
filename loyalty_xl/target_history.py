"""What was aimed at in each period of a trend, and what a target was before it was changed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from loyalty_xl.contracts.target_lookup import replaced, target_for
from loyalty_xl.scoring import aim_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loyalty_xl.scoring import Aim, Line
    from loyalty_xl.vocabulary import Calendar, Period, Target

    Place = tuple[str, str, str]  # kpi, segment_dim, segment


def with_target_history(
    lines: Iterable[Line],
    targets: Sequence[Target],
    past: Sequence[Period],
    calendar: Calendar,
    closed: Callable[[Period, Place], Aim | None] = lambda *_: None,
) -> list[Line]:
    """Give each line the target of every period in *past* (newest first, as its history has them), and those that its own replaced.

    *closed* gives the aim of a period that is closed. A target that asks for a change against last year, or for more than competitors have, is known for the newest period only.
    """
    by_place: dict[Place, list[Target]] = defaultdict(list)
    for each in targets:
        by_place[each.kpi, each.segment_dim, each.segment].append(each)
    return [_with(line, by_place.get(_place(line), ()), past, calendar, closed) for line in lines]


def _place(line: Line) -> Place:
    return line.kpi.key, line.result.segment_dim, line.result.segment


def _with(
    line: Line,
    targets: Sequence[Target],
    past: Sequence[Period],
    calendar: Calendar,
    closed: Callable[[Period, Place], Aim | None],
) -> Line:
    if not targets:
        return line
    aims = [line.aim.value]
    for period in past[1:]:
        if (stood := closed(period, _place(line))) is not None:
            aims.append(stood.value)
            continue
        target = target_for(targets, *_place(line), period, calendar, line.kpi.target_unit)
        aims.append(aim_of(target, line.kpi, None).value if target else None)
    if line.target is None:
        return replace(line, aims=tuple(reversed(aims)))
    period = line.result.period
    year_ago = line.year_ago.value if line.year_ago else None
    before = [
        (aim_of(target, line.kpi, year_ago), last)
        for target, last in replaced(targets, line.target, period, line.kpi.target_unit)
    ]
    asked = [*(aim for aim, _ in before), aim_of(line.target, line.kpi, year_ago)]
    changed = tuple(each for each, after in zip(before, asked[1:], strict=True) if _asks(each[0]) != _asks(after))
    return replace(line, aims=tuple(reversed(aims)), replaced=changed)


def _asks(aim: Aim) -> tuple[float | None, ...]:
    return aim.value, aim.lower, aim.upper


__all__ = ["with_target_history"]
