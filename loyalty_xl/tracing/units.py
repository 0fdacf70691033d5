"""The units of a result: orders, customers, answers ... that its sums are sums of, each with what it brings to every measure."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.catalogue import MEASURES
from loyalty_xl.evaluating import MONTHS
from loyalty_xl.rows.ready import collect
from loyalty_xl.tracing.finer import FINER
from loyalty_xl.turns import Turn, turn_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loyalty_xl.catalogue import Kpi, Measure, Rows
    from loyalty_xl.evaluating import Situation


@dataclass(frozen=True)
class Looking:
    """Through what a result is looked at: a turn, and one segment."""

    situation: Situation
    turn: Turn
    dim: str
    place: int  # of the segment, in `ready.segments`

    @property
    def months(self) -> int:
        """Months of the turn that have begun."""
        return min(self.turn.stop, self.situation.ready.last_month + 1) - self.turn.first


@dataclass(frozen=True)
class Units:
    """Units of one kind of rows, with a column for each measure; those that bring nothing are left out."""

    rows: Rows
    frame: pd.DataFrame
    measures: tuple[Measure, ...]

    def total(self, measure: Measure) -> float:
        """Add a measure up, or take its statistic."""
        values = self.frame[measure.name].to_numpy(np.float64, na_value=np.nan)
        values = values[~np.isnan(values)]
        if measure.statistic is not None:
            found = measure.statistic(np.sort(values)) if len(values) else 0.0
            return float(found)
        return fsum(values.tolist())


def units_of(kpi: Kpi, looking: Looking) -> list[Units]:
    """Give the units behind a KPI, one set for each kind of rows that it reads."""
    by_rows: dict[str, list[Measure]] = {}
    for name in measures_of(kpi):
        each = MEASURES[name]
        by_rows.setdefault(each.rows.name, []).append(each)
    return [_units(group[0].rows, group, looking) for group in by_rows.values()]


def measures_of(kpi: Kpi) -> tuple[str, ...]:
    """Measures that value and base are made of: those that only the interval reads are left out."""
    named = dict.fromkeys([*kpi.measures, *([kpi.base] if kpi.base else [])])
    return tuple(name for name in named if name != MONTHS)


def totals_of(units: Sequence[Units]) -> dict[str, float]:
    """Give the total of every measure."""
    return {each.name: some.total(each) for some in units for each in some.measures}


def _units(rows: Rows, measures: Sequence[Measure], looking: Looking) -> Units:
    ready, settings = looking.situation.ready, looking.situation.settings
    there = rows.frame in ready and looking.dim in rows.dims and looking.dim in ready.dims.get(rows.frame, ())
    if not there:
        return Units(rows, pd.DataFrame({each.name: pd.Series(dtype=float) for each in measures}), tuple(measures))
    columns = [each.column(settings) for each in measures]
    if rows.dated:
        frame = collect(rows.build(ready, settings, (looking.dim,)).with_columns(*columns))
    else:
        turns = turn_frame(
            [looking.turn],
            looking.situation.calendar,
            looking.situation.as_of,
            ready.last_month,
            settings.decline_periods,
        )
        build = FINER.get(rows.name, rows.build)
        frame = collect(build(ready, settings, (looking.dim,), turns).with_columns(*columns))
    frame = frame[frame["segment"] == looking.place]
    brings = np.zeros(len(frame), dtype=bool)
    for each in measures:
        values = frame[each.name].to_numpy(np.float64, na_value=np.nan)
        nothing = np.nan if each.statistic else 0.0
        if rows.dated:
            values = np.where(_inside(frame["month"].to_numpy(), each, looking), values, nothing)
        frame = frame.assign(**{each.name: values})
        brings |= ~np.isnan(values) if each.statistic else np.nan_to_num(values) != 0
    return Units(rows, frame[brings].reset_index(drop=True), tuple(measures))


def _inside(months: np.ndarray, measure: Measure, looking: Looking) -> np.ndarray:
    """Say which months belong to the turn; those of a measure that lags lie earlier."""
    turn = looking.turn
    if turn.wave >= 0:
        return np.zeros(len(months), dtype=bool)
    lag = int(getattr(looking.situation.settings, measure.lag_setting)) if measure.lag_setting else 0
    months = months + lag * turn.months
    inside: np.ndarray = (months >= turn.first) & (months < turn.stop)
    return inside
