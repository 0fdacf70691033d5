"""Turns: periods seen through a window. Everything is measured for turns, so one pass serves cycles, rolling windows, waves and year-to-date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import narwhals as nw
import pandas as pd

from loyalty_xl.vocabulary import Calendar, Cycle, Period, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

YTD = "ytd"
COURSE = 13  # periods of a trend, the current one included


@dataclass(frozen=True)
class Turn:
    """The months [first, stop) that are looked at for a period."""

    period: Period
    window: str  # a Window, or "ytd"
    first: int
    stop: int
    wave: int = -1  # the survey wave, for latest_wave
    note: str = ""  # the wave's name and date

    @property
    def months(self) -> int:
        """Length in months."""
        return self.stop - self.first


def cycle_turn(period: Period) -> Turn:
    """The period itself."""
    return Turn(period, Window.CYCLE, period.first, period.stop)


def rolling_turn(period: Period) -> Turn:
    """The 12 months up to the period's end."""
    return Turn(period, Window.ROLLING_12M, period.stop - 12, period.stop)


def ytd_turn(period: Period, calendar: Calendar) -> Turn:
    """From the beginning of the fiscal year that holds the period's last month to its end."""
    year = calendar.period(Cycle.YEAR, period.stop - 1)
    return Turn(period, YTD, min(year.first, period.first), period.stop)


def wave_turn(period: Period, waves: pd.DataFrame) -> Turn | None:
    """The survey wave with the newest answer before the period's end; None when there is none yet."""
    seen = waves[waves["month"] < period.stop]
    if not len(seen):
        return None
    newest = seen.sort_values(["newest", "wave"]).iloc[-1]
    of_wave = seen[seen["wave"] == newest["wave"]]
    day = pd.Timestamp(int(newest["newest"]), unit="D").date()
    return Turn(
        period,
        Window.LATEST_WAVE,
        int(of_wave["month"].min()),
        period.stop,
        int(newest["wave"]),
        f"{newest['name']} · {day.isoformat()}",
    )


def following(period: Period, calendar: Calendar, by: int = 1) -> Period | None:
    """The period *by* turns of the same cycle later (earlier, when negative); None for `all`."""
    if period.cycle is Cycle.ALL:
        return None
    if period.cycle is Cycle.RANGE:
        first, stop = period.first + by * period.months, period.stop + by * period.months
        return Period(Cycle.RANGE, first, stop, f"{first}..{stop}")
    return calendar.period(period.cycle, period.first + by * period.months)


def course(period: Period, calendar: Calendar, count: int = COURSE) -> list[Period]:
    """The last *count* periods of a cycle, oldest first, *period* the newest; fewer where there is no earlier one."""
    found = [period]
    while len(found) < count and (earlier := following(found[0], calendar, -1)) is not None:
        found.insert(0, earlier)
    return found


def year_before(period: Period, calendar: Calendar) -> Period | None:
    """The same period a year earlier."""
    if period.cycle is Cycle.ALL:
        return None
    if period.cycle is Cycle.RANGE:
        return Period(Cycle.RANGE, period.first - 12, period.stop - 12, f"{period.first - 12}..{period.stop - 12}")
    return calendar.period(period.cycle, period.first - 12)


def periods_between(cycle: Cycle, first: int, last: int, calendar: Calendar) -> list[Period]:
    """All periods of a cycle that hold a month of first..last."""
    periods = [calendar.period(cycle, first)]
    while periods[-1].stop <= last:
        periods.append(calendar.period(cycle, periods[-1].stop))
    return periods


TURN_COLUMNS = (
    "turn",
    "first_of_turn",
    "last",
    "before",
    "next_last",
    "decline_before",
    "previous_before",
    "wave",
)


def turn_frame(
    turns: Sequence[Turn], calendar: Calendar, as_of: date, last_month: int, decline_periods: int
) -> nw.DataFrame[pd.DataFrame]:
    """Turns as rows: the months at whose ends running totals are read."""
    rows = []
    for number, turn in enumerate(turns):
        after = following(turn.period, calendar) if turn.window == Window.CYCLE else None
        over = after is not None and after.end <= as_of
        length = turn.months if turn.period.cycle is not Cycle.ALL else 10_000
        rows.append(
            {
                "turn": number,
                "first_of_turn": turn.first,
                "last": min(turn.stop - 1, last_month),
                "before": turn.first - 1,
                "next_last": after.stop - 1 if over and after else -1,
                "decline_before": max(-1, turn.first - 1 - decline_periods * length),
                "previous_before": max(-1, turn.first - 1 - length),
                "wave": turn.wave,
            }
        )
    return nw.from_native(pd.DataFrame(rows, columns=list(TURN_COLUMNS)).astype("int64"), eager_only=True)


def one_turn(first: int, last: int, **known: int) -> nw.DataFrame[pd.DataFrame]:
    """A single turn as a row, of the months *first* to *last*; what is not *known* lies nowhere (-1)."""
    facts = dict.fromkeys(TURN_COLUMNS, -1) | {"turn": 0, "first_of_turn": first, "last": last, "before": first - 1}
    return nw.from_native(pd.DataFrame([facts | known]).astype("int64"), eager_only=True)


def months_of(turns: Iterable[tuple[int, Turn]], lag: int = 0) -> pd.DataFrame:
    """Pairs of turn number and month that belong together; *lag* counts the turn's own lengths back."""
    pairs = [
        (number, month - lag * turn.months)
        for number, turn in turns
        if turn.wave < 0
        for month in range(turn.first, turn.stop)
    ]
    return pd.DataFrame(pairs, columns=["turn", "month"]).astype("int64")
