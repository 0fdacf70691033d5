"""The Scorecard's lines: for one period, each KPI's actual through its own window, set against its target."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loyalty_xl.catalogue import MEASURES
from loyalty_xl.closings import NO_CLOSINGS, carried
from loyalty_xl.contracts.targets import target_for
from loyalty_xl.evaluating import Situation, evaluate, evaluate_turns
from loyalty_xl.rows.competitors import strongest
from loyalty_xl.scoring import Line, Rival, judged, share_gone
from loyalty_xl.target_history import with_target_history
from loyalty_xl.turns import (
    YTD,
    Turn,
    course,
    cycle_turn,
    following,
    rolling_turn,
    turn_frame,
    wave_turn,
    year_before,
    ytd_turn,
)
from loyalty_xl.vocabulary import ALL, Cycle, Level, Reason, Result, Target, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from loyalty_xl.catalogue import Kpi
    from loyalty_xl.closings import Closings
    from loyalty_xl.vocabulary import Period

BEAT = "beat_competitor"
Key = tuple[str, str, str]  # kpi, segment_dim, segment


@dataclass(frozen=True)
class Looked:
    """The turn through which a KPI looks at a period, and what it found there."""

    turn: Turn
    results: dict[Key, Result]


def lines_on(
    kpis: Sequence[Kpi], targets: Sequence[Target], period: Period, situation: Situation
) -> list[tuple[Kpi, str, str, Target | None]]:
    """Which lines the Scorecard has: core KPIs, and those that Targets aims at in this period (G22)."""
    by_key = {kpi.key: kpi for kpi in kpis}
    variant = {"all_customers": "churn_rate_all_customers", "average_base": "churn_rate_average_base"}.get(
        situation.settings.churn_variant, "churn_rate"
    )
    wanted: dict[Key, None] = {}
    for kpi in kpis:
        if kpi.level is Level.CORE:
            wanted[variant if kpi.key == "churn_rate" else kpi.key, "all", ALL] = None
    for each in targets:
        if each.kpi in by_key:
            wanted.setdefault((each.kpi, each.segment_dim, each.segment), None)
    lines: list[tuple[Kpi, str, str, Target | None]] = []
    for key, dim, segment in wanted:
        kpi = by_key[key]
        target = target_for(targets, key, dim, segment, period, situation.calendar, kpi.target_unit)
        if target is not None or (kpi.level is Level.CORE and dim == "all") or key == variant:
            lines.append((kpi, dim, segment, target))
    return lines


@dataclass(frozen=True)
class Scored:
    """The lines of a period, and what they would show of earlier periods that are closed."""

    lines: list[Line]
    again: dict[tuple[Period, Key], Result | None]  # closed periods as computed now, through the Scorecard's windows


def score(
    kpis: Sequence[Kpi],
    targets: Sequence[Target],
    period: Period,
    situation: Situation,
    waves: pd.DataFrame,
    closings: Closings = NO_CLOSINGS,
) -> Scored:
    """Fill the lines of *period* as computed now; earlier periods beside them stand as they were closed."""
    wanted = lines_on(kpis, targets, period, situation)
    dims = list(dict.fromkeys(["all", *(dim for _, dim, _, _ in wanted)]))
    look = _Looking(period, situation, waves, dims, closings)
    for kpi, *_ in wanted:
        look.want(kpi)
    look.run()
    again = {
        (past, (kpi.key, dim, segment)): look.result(look.turn(kpi, past), (kpi.key, dim, segment))
        for kpi, dim, segment, _ in wanted
        for past in dict.fromkeys((*look.past[1:], *look.year_ago))
        if past in closings.standing
    }
    lines = [_line(kpi, dim, segment, target, period, situation, look) for kpi, dim, segment, target in wanted]
    return Scored(with_target_history(lines, targets, look.past, situation.calendar, closings.aim), again)


def through_windows(
    kpis: Iterable[Kpi], period: Period, situation: Situation, waves: pd.DataFrame, dims: Sequence[str]
) -> tuple[dict[Key, Result], dict[Key, Result]]:
    """Every KPI and segment as the Scorecard of *period* would show it where that is not the period itself, and year to date."""
    look = _Looking(period, situation, waves, dims)
    shown: dict[Turn, list[Kpi]] = {}
    running: dict[Turn, list[Kpi]] = {}
    for kpi in kpis:
        turn, ytd = look.turn(kpi, period), look.ytd(kpi)
        if turn is not None and turn != cycle_turn(period):
            shown.setdefault(turn, []).append(kpi)
        if ytd is not None:
            running.setdefault(ytd, []).append(kpi)
    made: list[dict[Key, Result]] = []
    for turns in (shown, running):
        found: dict[Key, Result] = {}
        for turn, some in turns.items():
            for each in evaluate(some, [turn], situation, dims):
                found[each.kpi, each.segment_dim, each.segment] = replace(each, period=period)
        made.append(found)
    return made[0], made[1]


def seen(
    wanted: Iterable[tuple[Kpi, str, str, Period]], situation: Situation, waves: pd.DataFrame
) -> dict[tuple[Key, Period], Result]:
    """Look at KPIs in any periods through their own windows, as the Scorecard of those periods would."""
    asked: dict[Turn, list[tuple[Kpi, Key, Period]]] = {}
    for kpi, dim, segment, period in wanted:
        turn = _Looking(period, situation, waves, ("all", dim)).turn(kpi, period)
        if turn is not None:
            asked.setdefault(turn, []).append((kpi, (kpi.key, dim, segment), period))
    places = [place for each in asked.values() for place in each]
    dims = list(dict.fromkeys(["all", *(key[1] for _, key, _ in places)]))
    kpis = list({kpi.key: kpi for kpi, _, _ in places}.values())
    results = {
        (turn, (each.kpi, each.segment_dim, each.segment)): each
        for each, turn in evaluate_turns(kpis, list(asked), situation, dims)
    }
    return {
        (key, period): replace(results[turn, key], period=period)
        for turn, each in asked.items()
        for _, key, period in each
        if (turn, key) in results
    }


def turn_of(kpi: Kpi, period: Period, situation: Situation, waves: pd.DataFrame) -> Turn | None:
    """The turn through which the Scorecard of *period* sees a KPI; None while there is none."""
    return _Looking(period, situation, waves, ("all",)).turn(kpi, period)


class _Looking:
    """Collects the turns that lines need, evaluates each set once, and answers look-ups."""

    def __init__(
        self,
        period: Period,
        situation: Situation,
        waves: pd.DataFrame,
        dims: Sequence[str],
        closings: Closings = NO_CLOSINGS,
    ) -> None:
        self._period, self._situation, self._waves, self._dims = period, situation, waves, dims
        self._closings = closings
        self._kpis: dict[str, list[Kpi]] = {}
        self._found: dict[tuple[Turn, Key], Result] = {}
        self.past: list[Period] = course(period, situation.calendar)[::-1]
        before = year_before(period, situation.calendar)
        self.year_ago: list[Period] = [before] if before is not None else []
        self._part = self._closed_part()

    def _closed_part(self) -> Period | None:
        """The newest closed period of the same rhythm that year to date holds."""
        if self._period.cycle is Cycle.ALL:
            return None
        year = ytd_turn(self._period, self._situation.calendar).first
        inside = [
            each
            for each in self._closings.standing
            if each.cycle is self._period.cycle and year < each.stop < self._period.stop and each.first >= year
        ]
        return max(inside, default=None)

    def window(self, kpi: Kpi) -> str:
        """The window through which the Scorecard shows a KPI."""
        if kpi.lag or (kpi.window is Window.ROLLING_12M and self._period.cycle is Cycle.ALL):
            return Window.CYCLE
        return kpi.window

    def turn(self, kpi: Kpi, period: Period | None) -> Turn | None:
        """The turn of a KPI for a period; the newest matured cohort for those that look ahead (G5)."""
        if period is None:
            return None
        if kpi.lag:
            cohort = self._matured(kpi, period)
            return cycle_turn(cohort) if cohort else None
        window = self.window(kpi)
        if window == Window.LATEST_WAVE:
            return wave_turn(period, self._waves)
        return rolling_turn(period) if window == Window.ROLLING_12M else cycle_turn(period)

    def _matured(self, kpi: Kpi, period: Period) -> Period | None:
        """The newest cohort whose look-ahead is over by the end of *period*."""
        calendar, settings = self._situation.calendar, self._situation.settings
        if period.cycle is Cycle.ALL:
            return period
        cohort: Period | None = following(period, calendar, -1)
        if kpi.lag == "next":
            return cohort
        days = int(getattr(settings, kpi.lag))
        cohort = period
        while cohort is not None and (cohort.end - period.end).days + days > 0:
            cohort = following(cohort, calendar, -1)
        return cohort

    def previous(self, kpi: Kpi) -> Turn | None:
        """What the current turn is compared with: the period before, for surveys the wave before."""
        now = self.turn(kpi, self._period)
        if now is not None and now.wave >= 0:
            earlier = (self._waves["wave"] != now.wave) & (self._waves["newest"] <= self._newest(now.wave))
            return wave_turn(self._period, self._waves[earlier])
        return self.turn(kpi, following(self._period, self._situation.calendar, -1))

    def _newest(self, wave: int) -> int:
        return int(self._waves.loc[self._waves["wave"] == wave, "newest"].max())

    def ytd(self, kpi: Kpi, period: Period | None = None) -> Turn | None:
        """Year to date; none for KPIs that look ahead."""
        period = period or self._period
        return None if kpi.lag or period.cycle is Cycle.ALL else ytd_turn(period, self._situation.calendar)

    def running(self, kpi: Kpi, key: Key) -> Result | None:
        """Year to date, its closed part as it was closed."""
        now = self.result(self.ytd(kpi), key)
        if self._part is None:
            return now
        closed = self._closings.standing[self._part].ytd(key)
        return carried(now, self.result(self.ytd(kpi, self._part), key), closed, stock=kpi.stock)

    def shown(self, kpi: Kpi, period: Period | None, key: Key) -> Result | None:
        """What the Scorecard of a period shows: as closed where it is closed, else as computed."""
        if period is not None and (standing := self._closings.standing.get(period)) is not None:
            return standing.shown(key)
        return self.result(self.turn(kpi, period), key)

    def before(self, kpi: Kpi, key: Key) -> Result | None:
        """What the line is compared with: the period before, for surveys the wave before."""
        turn = self.previous(kpi)
        if turn is not None and turn.wave >= 0:
            result = self.result(turn, key)
            return self._closings.wave(result) if result is not None else None
        return self.shown(kpi, following(self._period, self._situation.calendar, -1), key)

    def want(self, kpi: Kpi) -> None:
        """Ask for a KPI."""
        self._kpis.setdefault(kpi.key, []).append(kpi)

    def run(self) -> None:
        """Evaluate everything asked for, KPIs that need the same turns together."""
        sets: dict[frozenset[Turn], list[Kpi]] = {}
        for each in self._kpis.values():
            kpi = each[0]
            turns = [
                self.turn(kpi, period) for period in (*self.past, year_before(self._period, self._situation.calendar))
            ]
            turns += [self.previous(kpi), self.ytd(kpi), self.ytd(kpi, self._part) if self._part else None]
            sets.setdefault(frozenset(turn for turn in turns if turn), []).append(kpi)
        for turns_of, kpis in sets.items():
            ordered = sorted(turns_of, key=lambda turn: (turn.period, turn.window, turn.first, turn.wave))
            names = {kpi.key for kpi in kpis}
            for result, turn in evaluate_turns(kpis, ordered, self._situation, self._dims):
                if result.kpi in names:
                    self._found[turn, (result.kpi, result.segment_dim, result.segment)] = result

    def result(self, turn: Turn | None, key: Key) -> Result | None:
        """What was found for a turn."""
        return self._found.get((turn, key)) if turn else None


def _line(
    kpi: Kpi, dim: str, segment: str, target: Target | None, period: Period, situation: Situation, look: _Looking
) -> Line:
    key, settings = (kpi.key, dim, segment), situation.settings
    turn = look.turn(kpi, period)
    result = look.result(turn, key)
    if result is None:
        result = _missing(kpi, dim, segment, period, look, turn, situation)
    result = replace(result, period=period)
    year_ago = look.shown(kpi, year_before(period, situation.calendar), key)
    previous = look.before(kpi, key)
    rival = _rival(dim, segment, turn, situation) if target and target.target_type == BEAT else None
    earlier = [look.shown(kpi, past, key) for past in reversed(look.past[1:])]
    values = [*earlier, result]
    line = Line(
        kpi,
        result,
        target=target,
        ytd=look.running(kpi, key),
        previous=previous,
        year_ago=year_ago,
        weight=target.weight if target and target.weight is not None else (kpi.default_weight if dim == "all" else 0.0),
        window=turn.window if turn else look.window(kpi),
        cohort=turn.period.label if turn and kpi.lag and result.n is not None else "",
        history=tuple(each.value if each else None for each in values),
        bases=tuple(each.n if each else None for each in values),
        rival=rival,
    )
    return judged(line, settings, share_gone(period, situation.as_of))


def _rival(dim: str, segment: str, turn: Turn | None, situation: Situation) -> Rival:
    """The competitor with the highest score that can be set beside ours; one without score where none can."""
    ready, settings = situation.ready, situation.settings
    place = next((n for n, each in enumerate(ready.segments) if each == (dim, segment)), None)
    if turn is None or place is None or "CompetitorNPS" in situation.coverage.stopped:
        return Rival()
    turns = turn_frame([turn], situation.calendar, situation.as_of, ready.last_month, settings.decline_periods)
    found = strongest(ready, settings, (dim,), turns)
    found = found[found["segment"] == place]
    if not len(found):
        return Rival()
    best = found.iloc[0]
    return Rival(str(best["brand"]), str(best["label"]), float(best["nps"]) if best["comparable"] else None)


def _missing(
    kpi: Kpi, dim: str, segment: str, period: Period, look: _Looking, turn: Turn | None, situation: Situation
) -> Result:
    """A line whose segment has nothing in the period: the reason of All where it has one, else nothing to divide by."""
    whole = look.result(turn, (kpi.key, "all", ALL))
    if whole is None:
        whole = evaluate([kpi], [cycle_turn(period)], situation)[0]
        reason = whole.reason or _no_turn(kpi)
    else:
        reason = whole.reason or (
            Reason.NO_DATA if dim not in situation.ready.dims.get(_frame(kpi), ()) else Reason.NO_DENOMINATOR
        )
    return Result(
        kpi.key,
        period,
        dim,
        segment,
        Window(look.window(kpi)),
        reason=reason,
        flags=whole.flags,
        n=0.0 if whole.n is not None else None,
    )


def _no_turn(kpi: Kpi) -> Reason:
    return Reason.MATURING if kpi.lag else Reason.NO_DATA


def _frame(kpi: Kpi) -> str:
    return MEASURES[kpi.measures[0]].rows.frame


__all__ = ["YTD", "lines_on", "score", "seen"]
