"""Every figure that a card may show, with the number of cases behind it, and which of them must not be shown."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from loyalty_xl.catalogue import KPIS
from loyalty_xl.scorecard import through_windows
from loyalty_xl.sharing.suppression import Cell, Key, Why, course_sums, segment_sums, suppressed
from loyalty_xl.turns import course, year_before, ytd_turn
from loyalty_xl.vocabulary import Cycle, Dimension, Flag, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Period, Result

    Where = tuple[str, str, str]

YTD, BEFORE = "ytd", "before"  # periods and windows of figures that are of no period on the course


OF_MEMBERS = frozenset(("redemption_rate",))  # whose base is points: members stand behind them
MEMBERS = "active_member_share"
MANY = 1e9  # cases behind what tells of no customers: more than there are


class Figures:
    """The figures of one run."""

    def __init__(self, made: Refresh, period: Period, also: Iterable[Key] = ()) -> None:
        self._made, self._period, self._calendar = made, period, made.settings.calendar
        self._also = frozenset(also)
        self.lines = {where(line): line for line in made.lines}
        self._windows = {line.kpi.key: str(line.window) for line in made.lines}

    @cached_property
    def periods(self) -> list[Period]:
        """Periods of the course, oldest first, the one shown last."""
        return course(self._period, self._calendar)

    @cached_property
    def by_segment(self) -> dict[Where, Result]:
        """Each KPI of the Scorecard for All and every segment, through the window in which the Scorecard shows it."""
        made, shown = self._made, self._made.as_computed
        kpis = {line.kpi.key: line.kpi for line in made.lines}
        found: dict[Where, Result] = {}
        if shown is not None:
            dims = list(dict.fromkeys(dim for dim, _ in shown.situation.ready.segments))
            windowed, _ = through_windows(kpis.values(), self._period, shown.situation, shown.waves, dims)
            found = {
                (each.kpi, each.segment_dim, each.segment): each
                for each in made.results
                if each.period == self._period and each.kpi in kpis and self._windows[each.kpi] == Window.CYCLE
            }
            found |= {key: each for key, each in windowed.items() if key[0] in kpis}
        if (standing := made.closings.standing.get(self._period)) is not None:
            found = {key: shut for key in found if (shut := standing.shown(key)) is not None}
        return found | {key: line.result for key, line in self.lines.items()}

    @cached_property
    def hidden(self) -> dict[Key, Why]:
        """Figures that must not be shown."""
        return {key: why for key, why in self.kept.items() if self._known[key].value is not None}

    @cached_property
    def kept(self) -> dict[Key, Why]:
        """The same, and those that have no value: of these nobody is told how many cases there are."""
        cells = self._known
        beside = {cell.key: cell for cell in self._beside() if cell.key not in cells}
        every = [*cells.values(), *beside.values()]
        sums = [*segment_sums(every), *course_sums(every, self._course)]
        also = {key for key in (*self._also, *beside) if key in cells or key in beside}
        out = suppressed(every, sums, self._made.settings.min_cell, also=also)
        kept = {key: why for key, why in out.items() if key in cells}
        return dict(_twins(cells, (key for key in kept if cells[key].value is not None))) | kept

    @cached_property
    def _known(self) -> dict[Key, Cell]:
        return {cell.key: cell for cell in self._cells()}

    def _cells(self) -> Iterator[Cell]:
        """All figures: of the breakdowns, of the lines and of their course."""
        for key, result in self.by_segment.items():
            yield self._cell(self.actual(key), result)
        for place, line in self.lines.items():
            bases = line.bases or (None,) * len(line.history)
            for period, value, n in zip(self.periods[-len(line.history) :], line.history, bases, strict=False):
                if period != self._period:
                    yield Cell(self.past(place, period), self._base(place, period, n), value)
            if line.ytd is not None:
                yield self._cell(self.ytd(place), line.ytd)
            if line.previous is not None:
                yield self._cell(self.before(place), line.previous)
            year_ago = year_before(self._period, self._calendar)
            if line.year_ago is not None and year_ago is not None:
                yield self._cell(self.past(place, year_ago), line.year_ago)
            yield self._cell(self.actual(place), line.result)

    def _beside(self) -> Iterator[Cell]:
        """Other segments of a course or year to date that is shown of one: not on any card, but what is left when that one is subtracted."""
        shown = {(key, dim) for key, dim, _ in self.lines if dim != "all" and self._windows[key] == Window.CYCLE}
        past = set(self.periods)
        for each in self._made.results:
            if (each.kpi, each.segment_dim) in shown and each.period in past and each.value is not None:
                yield self._cell(self.past((each.kpi, each.segment_dim, each.segment), each.period), each)
        summed = {place[:2] for place, line in self.lines.items() if place[1] != "all" and line.ytd is not None}
        year = {label for label, _ in self._course}
        most: dict[Where, float] = {}  # as many as in the fullest of its periods stand behind a year to date, at least
        for (place, period), n in self._counted.items():
            if place[:2] in summed and period.label in year and n is not None:
                most[place] = max(n, most.get(place, 0.0))
        yield from (Cell(self.ytd(place), n, 0.0) for place, n in most.items())

    def _base(self, place: Where, period: Period, n: float | None) -> float | None:
        """Cases behind a figure of the course; of periods closed before these were kept, those of the period itself."""
        if place[0] in OF_MEMBERS:
            return self._counted.get(((MEMBERS, *place[1:]), period))
        return n if n is not None else self._counted.get((place, period))

    def _cell(self, key: Key, result: Result) -> Cell:
        """A result as a cell; what tells of no customers, or was put in the place of nothing by a person, may always be shown.

        What a person put in the place of a figure has that figure's base: beside it stands what was computed.
        """
        place = (key.kpi, key.segment_dim, key.segment)
        n = self._base(place, self._period, result.n) if key.kpi in OF_MEMBERS else result.n
        if n is None and Flag.ADJUSTED in result.flags and key.period == result.period.label:
            n = self._behind.get((place, result.period), self._counted.get((place, result.period)))
        of_nobody = KPIS[key.kpi].dimension is Dimension.QUALITY or (n is None and Flag.ADJUSTED in result.flags)
        return Cell(key, MANY if of_nobody else n, result.value)

    @cached_property
    def _behind(self) -> dict[tuple[Where, Period], float | None]:
        """Cases behind what was computed for the course of each line."""
        return {
            (place, period): n
            for place, line in self.lines.items()
            for period, n in zip(self.periods[-len(line.bases) :], line.bases, strict=False)
        }

    @cached_property
    def _counted(self) -> dict[tuple[Where, Period], float | None]:
        return {((each.kpi, each.segment_dim, each.segment), each.period): each.n for each in self._made.results}

    @cached_property
    def _course(self) -> list[tuple[str, str]]:
        """Periods of the year so far, and what its sum is called."""
        if self._period.cycle is Cycle.ALL:
            return []
        first = ytd_turn(self._period, self._calendar).first
        return [(each.label, f"{YTD} {self._period.label}") for each in self.periods if each.first >= first]

    def actual(self, place: Where) -> Key:
        """The figure of the period shown."""
        return self.past(place, self._period)

    def past(self, place: Where, period: Period) -> Key:
        """A figure of the course."""
        return Key(*place, period.label, self._windows[place[0]])

    def ytd(self, place: Where) -> Key:
        """Year to date; the sum of its periods where each of these stands for itself."""
        window = YTD if KPIS[place[0]].stock else self._windows[place[0]]
        return Key(*place, f"{YTD} {self._period.label}", window if window == Window.CYCLE else YTD)

    def before(self, place: Where) -> Key:
        """The figure that a line is compared with: of surveys the wave before, else the last of the course."""
        if self._windows[place[0]] == Window.LATEST_WAVE or len(self.periods) < 2:
            return Key(*place, f"{BEFORE} {self._period.label}", BEFORE)
        return self.past(place, self.periods[-2])


def _twins(cells: Mapping[Key, Cell], hidden: Iterable[Key]) -> Iterator[tuple[Key, Why]]:
    """Find the same figure under another name: a wave that several periods show, the first period of a year."""
    told = {(key[:3], cells[key].n, cells[key].value) for key in hidden}
    for key, cell in cells.items():
        if (key[:3], cell.n, cell.value) in told:
            yield key, Why.DERIVED


def where(line: Line) -> Where:
    """KPI, segment dim and segment of a line."""
    return line.kpi.key, line.result.segment_dim, line.result.segment


__all__ = ["Figures", "where"]
