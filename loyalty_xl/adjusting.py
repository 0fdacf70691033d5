"""Adjustments in force: a person's value in place of the computed one, on the Scorecard of its period and wherever that figure is shown again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loyalty_xl.catalogue import KPIS
from loyalty_xl.scoring import judged, share_gone
from loyalty_xl.turns import course, following, wave_turn, year_before, ytd_turn
from loyalty_xl.vocabulary import Cycle, Flag, Result, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from loyalty_xl.evaluating import Situation
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Adjustment, Period

    Where = tuple[str, str, str]


def adjusted(
    lines: Sequence[Line],
    adjustments: Iterable[Adjustment],
    period: Period,
    situation: Situation,
    waves: pd.DataFrame,
) -> list[Line]:
    """Put adjustments that count into the lines of *period*.

    Parameters
    ----------
    lines
        Lines as they were computed.
    adjustments
        Those that count, of any period: one of an earlier period is shown as previous, as last year and in the course.
    period, situation, waves
        As `score` takes them.

    Notes
    -----
    Year to date carries the difference where figures of periods add up; where it is the very figure of the period (the
    first of the year, or a stock) it is the adjusted one; a rate's cannot be known and stays as computed.
    """
    mine: dict[Where, list[Adjustment]] = {}
    for each in adjustments:
        mine.setdefault(each.where, []).append(each)
    return [
        _line(line, mine[key], period, situation, waves)
        if (key := (line.kpi.key, line.result.segment_dim, line.result.segment)) in mine
        else line
        for line in lines
    ]


def _line(line: Line, mine: list[Adjustment], period: Period, situation: Situation, waves: pd.DataFrame) -> Line:
    past = course(period, situation.calendar, len(line.history))
    computed = dict(zip(past, line.history, strict=True))
    known = [_beside(each, line, period, computed) for each in mine]
    by = {each.period: each for each in known}
    here, before = by.get(period), _before(line, by, period, situation, waves)
    last_year = year_before(period, situation.calendar)
    made = replace(
        line,
        result=put_in(line.result, here),
        previous=_shown(line, line.previous, before),
        year_ago=_shown(line, line.year_ago, by.get(last_year) if last_year else None),
        ytd=_year_to_date(line, known, here, period, situation),
        history=tuple(by[each].value if each in by else computed[each] for each in past),
        adjustments=tuple(known),
    )
    return judged(made, situation.settings, share_gone(period, situation.as_of))


def _beside(each: Adjustment, line: Line, period: Period, computed: Mapping[Period, float | None]) -> Adjustment:
    if each.period == period:
        return replace(each, computed=line.result.value, withheld=line.result.reason)
    return replace(each, computed=computed.get(each.period))


def _before(
    line: Line, by: Mapping[Period, Adjustment], period: Period, situation: Situation, waves: pd.DataFrame
) -> Adjustment | None:
    """The adjustment of what the line is compared with: the period before, for surveys the newest one that showed the wave before."""
    if line.window != Window.LATEST_WAVE:
        earlier = following(period, situation.calendar, -1)
        return by.get(earlier) if earlier else None
    if line.previous is None:
        return None
    for each in sorted(by, reverse=True):
        turn = wave_turn(each, waves) if each < period else None
        if turn is not None and turn.note == line.previous.note:
            return by[each]
    return None


def _shown(line: Line, result: Result | None, each: Adjustment | None) -> Result | None:
    """A figure of another period, or its adjustment: also where nothing was computed."""
    if result is None and each is not None:
        result = Result(each.kpi, each.period, each.segment_dim, each.segment, line.result.window)
    return put_in(result, each) if result is not None else None


def put_in(result: Result, each: Adjustment | None) -> Result:
    """A result with the adjusted value: what it was computed from, base and interval do not belong to that."""
    if each is None:
        return result
    partial = (Flag.PARTIAL,) if Flag.PARTIAL in result.flags else ()
    return _with(result, each.value, (*partial, Flag.ADJUSTED))


def _with(result: Result, value: float | None, flags: tuple[Flag, ...]) -> Result:
    return replace(
        result,
        value=value,
        reason=None,
        numerator=None,
        denominator=None,
        n=None,
        interval=None,
        flags=flags,
        value_without_imputed=None,
        imputed_share=0.0,
    )


def _year_to_date(
    line: Line, known: Sequence[Adjustment], here: Adjustment | None, period: Period, situation: Situation
) -> Result | None:
    ytd, kpi = line.ytd, line.kpi
    if ytd is None or period.cycle is Cycle.ALL:
        return ytd
    first, plain = ytd_turn(period, situation.calendar).first, line.window == Window.CYCLE
    same = first == period.first if plain and not kpi.stock else kpi.stock and ytd.value == line.result.value
    if here is not None and same:
        return put_in(ytd, here)
    if not plain or kpi.stock or not kpi.unit.is_additive or ytd.value is None:
        return ytd
    inside = [
        each
        for each in known
        if each.period.months == period.months and first <= each.period.first and each.period.stop <= period.stop
    ]
    if not inside:
        return ytd
    difference = sum((each.value or 0.0) - (each.computed or 0.0) for each in inside)
    return _with(ytd, ytd.value + difference, (*ytd.flags, Flag.ADJUSTED))


def adjusted_results(
    results: Mapping[tuple[Where, Period], Result], adjustments: Iterable[Adjustment]
) -> dict[tuple[Where, Period], Result]:
    """What plans look at, as the Scorecards of those periods show it."""
    by = {(each.where, each.period): each for each in adjustments}
    return {place: put_in(result, by.get(place)) for place, result in results.items()}


def with_computed(
    adjustments: Iterable[Adjustment], lines: Iterable[Line], results: Iterable[Result]
) -> list[Adjustment]:
    """Put beside every adjustment what was computed: as the lines have it, else as Detail has it where that is the same window."""
    adjustments = list(adjustments)
    if not adjustments:
        return []
    known = {
        (each.where, each.period): each
        for line in lines
        for each in line.adjustments
        if each.computed is not None or each.withheld is not None
    }
    ids = {each.id for each in adjustments}
    detail = {each.id: each for each in results if each.id in ids}
    made = []
    for each in adjustments:
        found, kpi = detail.get(each.id), KPIS.get(each.kpi)
        if (each.where, each.period) in known:
            each = known[each.where, each.period]
        elif found is not None and kpi is not None and kpi.window is Window.CYCLE and not kpi.lag:
            each = replace(each, computed=found.value, withheld=found.reason)
        made.append(each)
    return made


__all__ = ["adjusted", "adjusted_results", "put_in", "with_computed"]
