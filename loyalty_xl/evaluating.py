"""From sums to results: every KPI for every turn and segment, each a value or the reason why there is none."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl import memory
from loyalty_xl.catalogue import MEASURES, Kpi, Ratio, Sum, Withheld
from loyalty_xl.coverage import Coverage, Reach
from loyalty_xl.rows.ready import collect
from loyalty_xl.summing import sums
from loyalty_xl.turns import Turn, following
from loyalty_xl.vocabulary import Calendar, Cycle, Flag, Reason, Result, Unit, Window, month_start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings

Verdict = tuple["Reason | None", tuple["Flag", ...], str, float]  # reason to withhold, flags, note, imputed share
Found = list[tuple[Result, Turn]]
MONTHS = "months"  # a KPI parameter that no measure gives: the length of the turn


@dataclass(frozen=True)
class Wiring:
    """What a KPI reads, worked out once."""

    kpi: Kpi

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Measures it needs, with those of its interval and base."""
        return tuple(name for name in self.kpi.all_measures if name != MONTHS)

    @cached_property
    def optional(self) -> frozenset[str]:
        """Guards with a default: they do not decide whether there is data."""
        return frozenset(
            name
            for name, each in inspect.signature(self.kpi.function).parameters.items()
            if each.default is not inspect.Parameter.empty
        )

    @cached_property
    def sheets(self) -> tuple[str, ...]:
        """Sheets it reads."""
        return tuple(dict.fromkeys(sheet for name in self.measures for sheet in MEASURES[name].rows.sheets))

    @cached_property
    def also(self) -> tuple[str, ...]:
        """Sheets that it reads where they came."""
        named = dict.fromkeys(sheet for name in self.measures for sheet in MEASURES[name].rows.also)
        return tuple(sheet for sheet in named if sheet not in self.sheets)

    @cached_property
    def covering(self) -> tuple[str, ...]:
        """Sheets whose coverage decides between zero and not received."""
        return tuple(
            dict.fromkeys(
                sheet
                for name in self.measures
                for sheet in (MEASURES[name].rows.covered_by or MEASURES[name].rows.sheets)
            )
        )

    @cached_property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Sheet fields it reads: what G17 judges."""
        found: dict[tuple[str, str], None] = {}
        for name in self.measures:
            each = MEASURES[name]
            places = [
                *each.rows.always,
                *(place for column in each.reads for place in each.rows.columns.get(column, ())),
            ]
            for place in places:
                sheet, field = place.split(".", 1)
                found[sheet, field] = None
        return tuple(found)

    @cached_property
    def settings(self) -> frozenset[str]:
        """Settings that decide its value."""
        named = set(self.kpi.settings) | ({self.kpi.lag} if self.kpi.lag not in ("", "next") else set())
        for name in self.measures:
            named |= set(MEASURES[name].settings) | set(MEASURES[name].rows.settings)
        return frozenset(named)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of the KPI's function."""
        return tuple(inspect.signature(self.kpi.function).parameters)

    @cached_property
    def interval_parameters(self) -> tuple[str, ...]:
        """Parameters of its interval."""
        return tuple(inspect.signature(self.kpi.interval).parameters) if self.kpi.interval else ()


@cache
def wiring(kpi: Kpi) -> Wiring:
    """What a KPI reads: worked out at the first asking."""
    return Wiring(kpi)


@dataclass(frozen=True)
class Situation:
    """Everything that is the same for all results of one evaluation."""

    ready: Ready
    settings: Settings
    calendar: Calendar
    coverage: Coverage
    as_of: date
    untrusted: frozenset[str] = frozenset()
    twice: bool = False  # each value stands beside itself without imputed rows, until that is found to differ (G16)

    @cached_property
    def history(self) -> tuple[date, int] | None:
        """First day and month with orders."""
        reach = self.coverage.reaches.get("Orders")
        if reach is None or not len(reach.days):
            return None
        return reach.days[0].astype(object), reach.first_month or 0

    @cached_property
    def begun(self) -> dict[int, tuple[date, int]]:
        """First day and month with orders of the segments that begin later than the company does (G19)."""
        if "orders" not in self.ready or self.history is None:
            return {}
        found: dict[int, tuple[date, int]] = {}
        for dim in self.ready.dims.get("orders", ())[1:]:
            first = self.ready["orders"].group_by(dim).agg(nw.col("day").min(), nw.col("month").min())
            for place, day, month in collect(first)[[dim, "day", "month"]].to_numpy().tolist():
                if month > self.history[1]:
                    found[int(place)] = date(1970, 1, 1) + timedelta(days=int(day)), int(month)
        return found

    @cached_property
    def _delivered(self) -> dict[str, tuple[Any, Any, Any]]:
        """By sheet: months, imputed rows, rows."""
        if "deliveries" not in self.ready:
            return {}
        counts = collect(self.ready["deliveries"])
        return {
            str(name): (part["month"].to_numpy(), part["imputed"].to_numpy(), part["rows"].to_numpy())
            for name, part in counts.groupby("sheet")
        }

    def imputed_share(self, sheets: Iterable[str], first: int, stop: int) -> float:
        """Share of imputed rows among those that sheets delivered for the months [first, stop) (G16)."""
        imputed = rows = 0.0
        for name in sheets:
            if name in self._delivered:
                months, filled_in, all_rows = self._delivered[name]
                inside = (months >= first) & (months < stop)
                imputed, rows = imputed + float(filled_in[inside].sum()), rows + float(all_rows[inside].sum())
        return imputed / rows if rows else 0.0

    @property
    def complete_history(self) -> bool:
        """Whether the company itself began no earlier than the data."""
        start, history = self.settings.company_start, self.history
        return bool(start and history and start.year * 12 + start.month - 1 >= history[1])


def evaluate(
    kpis: Iterable[Kpi], turns: Sequence[Turn], situation: Situation, dims: Sequence[str] = ("all",)
) -> list[Result]:
    """Compute *kpis* for *turns*: All always, other segments where the data have something for them (not for `all`)."""
    return [result for result, _ in evaluate_turns(kpis, turns, situation, dims)]


def evaluate_turns(
    kpis: Iterable[Kpi], turns: Sequence[Turn], situation: Situation, dims: Sequence[str] = ("all",)
) -> list[tuple[Result, Turn]]:
    """Compute as `evaluate` does, each result with the turn that it is of: several may look at one period."""
    wired = [wiring(kpi) for kpi in kpis]
    results: list[tuple[Result, Turn]] = []
    needed = list(dict.fromkeys(name for each in wired for name in each.measures))
    table = sums(
        [MEASURES[name] for name in needed],
        turns,
        situation.ready,
        situation.settings,
        situation.calendar,
        situation.as_of,
        dims,
    )
    keys = list(table.index)
    given = {str(name): table[name].to_numpy(np.float64, na_value=np.nan) for name in table.columns}
    whole = [(number, 0) for number in range(len(turns))] if "all" in dims else []
    same = (tuple(turns), situation.settings, situation.calendar, situation.as_of, situation.twice, bool(whole),
            situation.ready.segments, situation.ready.last_month)  # fmt: skip
    for each in wired:
        verdicts = []
        for turn in turns:
            share = situation.imputed_share((*each.sheets, *each.also), turn.first, turn.stop)
            verdicts.append((*_verdict(each, turn, situation), share))
        names = [name for name in each.measures if name in given]
        figures = np.array([given[name] for name in names])
        there: Any = np.flatnonzero(~np.isnan(figures).all(axis=0)) if names else []
        rows = {keys[at]: row for row, at in enumerate(there)}
        columns = {name: figures[at, there] for at, name in enumerate(names)}
        paths = tuple(dim for dim in dims if _has_path(each, dim, situation))
        places = [*whole, *sorted(key for key in rows if key[1] and turns[key[0]].period.cycle is not Cycle.ALL)]
        work = partial(_results_of, each, turns, places, rows, columns, verdicts, paths, situation)
        sums_of = tuple((name, column.tobytes()) for name, column in columns.items())
        results += _again(each.kpi, same, (tuple(rows), sums_of, tuple(verdicts), paths), work)
    return results


def _again(kpi: Kpi, same: tuple[Any, ...], key: tuple[Any, ...], work: Callable[[], Found]) -> Found:
    """Results of one KPI: those of the last time, where everything that they depend on is the same."""
    if not memory.on():
        return work()
    place = ("results", id(kpi), *same)
    held: tuple[Kpi, tuple[Any, ...], Found] | None = memory.recall(place)
    if held is not None and held[0] is kpi and held[1] == key:
        return held[2]
    found = work()
    memory.remember(place, (kpi, key, found), 2000 + 900 * len(found))
    return found


def _results_of(
    each: Wiring,
    turns: Sequence[Turn],
    places: Iterable[tuple[int, int]],
    rows: Mapping[tuple[int, int], int],
    columns: Mapping[str, Any],
    verdicts: Sequence[Verdict],
    paths: tuple[str, ...],
    situation: Situation,
) -> Found:
    """Results of one KPI: of All, and of the segments where there is something for it."""
    results = []
    lists = {name: column.tolist() for name, column in columns.items()}
    for number, place in places:
        dim, segment = situation.ready.segments[place]
        if dim in paths:
            turn, found = turns[number], _Sums(lists, rows.get((number, place)))
            judged = verdicts[number]
            since = situation.begun.get(place)
            if judged[0] is None and since is not None and _history_short(each.kpi, turn, situation.settings, since):
                judged = (Reason.INSUFFICIENT_HISTORY, *judged[1:])
            results.append((_result(each, turn, dim, segment, found, judged, situation), turn))
    return results


class _Sums:
    """Sums of the measures for one turn and segment: a row of columns, without a dictionary of its own."""

    __slots__ = ("_columns", "_row")

    def __init__(self, columns: Mapping[str, list[float]], row: int | None) -> None:
        self._columns, self._row = columns, row

    def get(self, name: str) -> float:
        """The sum of a measure, 0 where there is nothing."""
        column = self._columns.get(name)
        if column is None or self._row is None:
            return 0.0
        value = column[self._row]
        return value if value == value else 0.0


def _has_path(wired: Wiring, dim: str, situation: Situation) -> bool:
    """Whether every kind of rows that a KPI reads has a path to the dim."""
    if dim == "all":
        return True
    for name in wired.measures:
        rows = MEASURES[name].rows
        if dim not in rows.dims or dim not in situation.ready.dims.get(rows.frame, ()):
            return False
    return True


def _verdict(wired: Wiring, turn: Turn, situation: Situation) -> tuple[Reason | None, tuple[Flag, ...], str]:
    """Judge a KPI and turn by what came: a reason to withhold, flags, and a note."""
    kpi, coverage = wired.kpi, situation.coverage
    flags: list[Flag] = []
    note = turn.note
    stop = min(turn.stop, situation.ready.last_month + 1)
    if turn.period.cycle is Cycle.ALL or month_start(turn.stop) > situation.as_of:
        flags.append(Flag.PARTIAL)
    if turn.wave < 0 and (late := [each for each in wired.covering if coverage.awaits(each, turn.first, stop)]):
        return Reason.NOT_RECEIVED, tuple(flags), late[0]
    if stopped := [sheet for sheet in (*wired.sheets, *wired.also) if sheet in coverage.stopped]:
        return Reason.BLOCKED, tuple(flags), ", ".join(stopped)
    if untrusted := wired.settings & situation.untrusted:
        return Reason.BLOCKED, tuple(flags), f"Settings: {', '.join(sorted(untrusted))}"
    if absent := [sheet for sheet in wired.sheets if sheet not in coverage.reaches]:
        return Reason.NO_DATA, tuple(flags), ", ".join(absent)
    if any(MEASURES[name].rows.frame not in situation.ready for name in wired.measures):
        return Reason.NO_DATA, tuple(flags), ", ".join(wired.sheets)
    if kpi.key == "resolution_within_sla" and situation.settings.sla_days is None:
        return Reason.NO_DATA, tuple(flags), "Settings: sla_days"
    out = {place: coverage.rejected_share(*place, turn.first, stop) for place in wired.fields}
    if bad := [
        f"{sheet}.{field or '*'} {share:.1%}"
        for (sheet, field), share in out.items()
        if share > situation.settings.max_rejected_share
    ]:
        return Reason.BLOCKED, tuple(flags), ", ".join(bad)
    if turn.wave < 0:
        for sheet in wired.covering:
            lag = situation.settings.cac_lag_cycles * turn.months if sheet in ("Campaigns", "SalesCosts") else 0
            reach = coverage.reach(sheet, turn.first - lag, stop - lag)
            first = coverage.reaches[sheet].first_month
            if reach is Reach.ABSENT:
                return Reason.NOT_RECEIVED, tuple(flags), sheet
            if reach is Reach.BEFORE:
                return Reason.INSUFFICIENT_HISTORY if sheet == "Orders" else Reason.NO_DATA, tuple(flags), note
            if reach is Reach.SHORT:
                flags.append(Flag.COVERAGE_SHORT)
                note = str(coverage.reaches[sheet].newest)
            begun = first is None or first <= turn.first  # a sheet declared complete without rows begins nowhere
            if not begun and turn.period.cycle is not Cycle.ALL and turn.window == Window.CYCLE:
                flags.append(Flag.LEFT_CENSORED)
    elif not turn.stop:
        return Reason.NO_DATA, tuple(flags), note
    reason = _too_early(kpi, turn, situation, flags)
    return reason, tuple(dict.fromkeys(flags)), note


def _too_early(kpi: Kpi, turn: Turn, situation: Situation, flags: list[Flag]) -> Reason | None:
    """Judge whether the history behind a turn is long enough (G4, G19), and whether what lies ahead is over (G5)."""
    history, settings = situation.history, situation.settings
    start, window = month_start(turn.first), settings.churn_window_days
    if kpi.lag == "next":
        after = following(turn.period, situation.calendar)
        if after is None or after.end > situation.as_of:
            return Reason.MATURING
    if history is None:
        return None
    if _history_short(kpi, turn, settings, history):
        return Reason.INSUFFICIENT_HISTORY
    if kpi.history == "base" and window > (month_start(turn.stop) - start).days:
        flags.append(Flag.WINDOW_EXCEEDS_CYCLE)
    edge = month_start(turn.stop) if kpi.censored == "end" else start
    if (
        kpi.censored
        and not situation.complete_history
        and (edge - history[0]).days < window
        and turn.period.cycle is not Cycle.ALL
    ):
        flags.append(Flag.LEFT_CENSORED)
    return None


def _history_short(kpi: Kpi, turn: Turn, settings: Settings, history: tuple[date, int]) -> bool:
    """Whether what a KPI must look back on lies before the first day and month of the company, or of a segment."""
    if kpi.history == "window":
        return turn.window == Window.ROLLING_12M and turn.first < history[1]
    if kpi.history == "base":
        return (month_start(turn.first) - history[0]).days < settings.churn_window_days
    if kpi.history == "previous":
        return turn.first <= history[1]
    if kpi.history == "compared":
        return turn.first - turn.months < history[1]
    if kpi.history == "decline":
        return turn.period.cycle is Cycle.ALL or turn.first - settings.decline_periods * turn.months <= history[1]
    return False


def _result(
    wired: Wiring,
    turn: Turn,
    dim: str,
    segment: str,
    found: _Sums,
    verdict: Verdict,
    situation: Situation,
) -> Result:
    kpi, (reason, flags, note, share) = wired.kpi, verdict
    window = Window.CYCLE if turn.window == "ytd" else Window(turn.window)
    made = partial(Result, kpi.key, turn.period, dim, segment, window, flags=flags, note=note, imputed_share=share)
    if reason is Reason.BLOCKED or reason is Reason.NO_DATA or reason is Reason.NOT_RECEIVED:
        return made(reason=reason)
    values = {name: Sum(found.get(name)) for name in wired.measures}
    values[MONTHS] = Sum(min(turn.stop, situation.ready.last_month + 1) - turn.first)
    arguments: list[Any] = [situation.settings if name == "settings" else values[name] for name in wired.parameters]
    try:
        value = kpi.function(*arguments)
    except Withheld as withheld:
        why = reason or withheld.reason
        if why is Reason.NO_DENOMINATOR and withheld.numerator is not None:  # the cost of no new customers
            return made(reason=why, numerator=withheld.numerator, denominator=0.0, n=0.0)
        return made(reason=why, n=0.0)
    if value != value:  # a statistic of nothing
        return made(reason=reason or Reason.NO_DENOMINATOR)
    numerator, denominator = (value.numerator, value.denominator) if isinstance(value, Ratio) else (float(value), None)
    n = float(values[kpi.base]) if kpi.base else denominator if denominator is not None else float(value)
    if reason is not None:
        return made(reason=reason, numerator=numerator, denominator=denominator, n=n)
    interval = (
        kpi.interval(
            *(situation.settings if name == "settings" else values[name] for name in wired.interval_parameters)
        )
        if kpi.interval
        else None
    )
    return made(
        value=float(value),
        numerator=numerator,
        denominator=denominator,
        n=n,
        interval=interval,
        value_without_imputed=float(value) if situation.twice else None,
        flags=(*_flags(kpi, values, n, flags, situation), *((Flag.IMPUTED,) if share else ())),
    )


def _flags(
    kpi: Kpi, values: Mapping[str, float], n: float, flags: tuple[Flag, ...], situation: Situation
) -> tuple[Flag, ...]:
    more = [*flags, *(flag for name, flag in kpi.flagged if values[name])]
    if kpi.lag not in ("", "next") and n < values[kpi.cohort]:
        more.append(Flag.PARTIAL)  # some of the cohort are still maturing
    rated = kpi.unit in (
        Unit.SHARE,
        Unit.PER_CUSTOMER,
        Unit.MONEY_PER_CUSTOMER,
        Unit.MONEY_PER_ORDER,
        Unit.MONEY_PER_ANSWER,
        Unit.PER_THOUSAND,
        Unit.RATIO,
        Unit.TIMES,
        Unit.DAYS,
        Unit.MONTHS,
    )
    least = (
        situation.settings.min_base_nps
        if kpi.unit in (Unit.POINTS, Unit.SCORE)
        else situation.settings.min_base_rate
        if rated
        else 0
    )
    if n < least:
        more.append(Flag.LOW_BASE)
    return tuple(dict.fromkeys(more))
