"""Sums of measures for every turn and segment value: one group-by a kind of rows, on any engine."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.rows.ready import collect
from loyalty_xl.rows.reused import reused
from loyalty_xl.turns import Turn, months_of, turn_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from loyalty_xl.catalogue import Measure, Rows
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Calendar

KEYS = ["turn", "segment"]
MOST_ROWS = 3_000_000  # customer-turns held at once


def sums(
    measures: Sequence[Measure],
    turns: Sequence[Turn],
    ready: Ready,
    settings: Settings,
    calendar: Calendar,
    as_of: date,
    dims: Sequence[str],
) -> pd.DataFrame:
    """Add up *measures* by turn and segment value of *dims*, each measure over those dims that its rows have.

    Returns
    -------
    A row per turn number and place in `ready.segments`, a column per measure; missing where the rows hold nothing for that turn and segment.
    """
    parts = [_summed(measures, turns, ready, settings, calendar, as_of, some) for some in _at_once(dims, ready)]
    return pd.concat(parts) if len(parts) > 1 else parts[0]


def _at_once(dims: Sequence[str], ready: Ready) -> list[tuple[str, ...]]:
    """All dims together where their customer-months fit, each by itself otherwise."""
    months = ready["months"]
    size = len(months) * ready.customers * len(dims) if isinstance(months, nw.DataFrame) else 0
    return [tuple(dims)] if size <= MOST_ROWS else [(dim,) for dim in dims]


def _summed(
    measures: Sequence[Measure],
    turns: Sequence[Turn],
    ready: Ready,
    settings: Settings,
    calendar: Calendar,
    as_of: date,
    dims: tuple[str, ...],
) -> pd.DataFrame:
    parts: list[pd.DataFrame] = []
    by_rows: dict[str, list[Measure]] = {}
    for each in measures:
        by_rows.setdefault(each.rows.name, []).append(each)
    for group in by_rows.values():
        rows = group[0].rows
        paths = tuple(dim for dim in dims if dim in rows.dims and dim in ready.dims.get(rows.frame, ()))
        if rows.frame not in ready or not paths:
            continue
        if rows.dated:
            work = partial(_dated, rows, group, turns, ready, settings, paths)
        else:
            work = partial(_turned, rows, group, turns, ready, settings, calendar, as_of, paths)
        key = ("sums", rows.name, tuple(map(id, group)), tuple(turns), settings, calendar, as_of, paths)
        parts.append(reused(ready, key, work, lambda made: int(made.memory_usage().sum()), own=group))
    if not parts:
        return pd.DataFrame(columns=KEYS).set_index(KEYS)
    names = [name for part in parts for name in part.columns if name not in KEYS]
    made = pd.concat([part.set_index(KEYS) for part in parts if len(part)] or [parts[0].set_index(KEYS)], axis=1)
    return made.reindex(columns=names)  # rows that hold nothing at all have their columns too


def _added(group: Sequence[Measure]) -> list[Measure]:
    return [each for each in group if each.statistic is None]


def _dated(
    rows: Rows,
    group: Sequence[Measure],
    turns: Sequence[Turn],
    ready: Ready,
    settings: Settings,
    dims: tuple[str, ...],
) -> pd.DataFrame:
    """Row measures add over rows: first by month, then months to turns."""
    built = ready.once(rows.build, settings, dims)
    frame = built.select("month", "segment", *(each.column(settings) for each in group))
    added = _added(group)
    by_month = collect(
        frame.group_by("month", "segment").agg(nw.len().alias("rows_"), *(nw.col(each.name).sum() for each in added))
    )
    numbered = list(enumerate(turns))
    plain = (
        by_month.merge(months_of(numbered), on="month")
        .groupby(KEYS, as_index=False)[["rows_", *(each.name for each in added)]]
        .sum()
    )
    for each in added:
        lag = int(getattr(settings, each.lag_setting)) if each.lag_setting else 0
        if lag:
            late = by_month.merge(months_of(numbered, lag), on="month").groupby(KEYS, as_index=False)[[each.name]].sum()
            plain = plain.drop(columns=each.name).merge(late, on=KEYS, how="outer")
    for each in group:
        if each.statistic is not None:
            values = collect(frame.select("month", "segment", each.name).filter(~nw.col(each.name).is_null()))
            plain = plain.merge(_statistic(each, values.merge(months_of(numbered), on="month")), on=KEYS, how="left")
    return plain.drop(columns="rows_")


def _turned(
    rows: Rows,
    group: Sequence[Measure],
    turns: Sequence[Turn],
    ready: Ready,
    settings: Settings,
    calendar: Calendar,
    as_of: date,
    dims: tuple[str, ...],
) -> pd.DataFrame:
    """Measures over rows that are formed anew for each turn, a batch of turns at a time."""
    table = turn_frame(turns, calendar, as_of, ready.last_month, settings.decline_periods)
    batch = len(turns)
    if rows.name == "customer_turns":
        from loyalty_xl.rows.customers import customer_months

        grid = ready.once(customer_months, settings, dims)
        size = len(grid) if isinstance(grid, nw.DataFrame) else 0
        months = max(1, len(ready["months"]) if isinstance(ready["months"], nw.DataFrame) else 1)
        batch = max(1, int(MOST_ROWS / max(1, size / months)))
    parts = []
    for start in range(0, len(turns), batch):
        some = table.filter((nw.col("turn") >= start) & (nw.col("turn") < start + batch))
        frame = rows.build(ready, settings, dims, _like(some, ready[rows.frame]))
        frame = frame.select(*KEYS, *(each.column(settings) for each in group))
        part = collect(
            frame.group_by(*KEYS).agg(*(nw.col(each.name).sum() for each in _added(group)), nw.len().alias("rows_"))
        )
        for each in group:
            if each.statistic is not None:
                values = collect(frame.select(*KEYS, each.name).filter(~nw.col(each.name).is_null()))
                part = part.merge(_statistic(each, values), on=KEYS, how="left")
        parts.append(part.drop(columns="rows_"))
    return pd.concat(parts, ignore_index=True)


def _like(frame: nw.DataFrame[pd.DataFrame], other: Any) -> Any:
    """Put a small frame on the engine that holds *other*."""
    if isinstance(other, nw.DataFrame):
        return frame
    import duckdb

    return nw.from_native(duckdb.from_df(frame.to_native()))


def _statistic(measure: Measure, values: pd.DataFrame) -> pd.DataFrame:
    """A statistic of all values of each turn and segment."""
    assert measure.statistic is not None
    groups = values.groupby(KEYS, sort=False)
    number = groups.ngroup().to_numpy()
    figures = values[measure.name].to_numpy(dtype=np.float64)
    order = np.lexsort((figures, number))
    parts = np.split(figures[order], np.flatnonzero(np.diff(number[order])) + 1) if len(order) else []
    firsts = values[KEYS].drop_duplicates()  # in the order in which the groups were numbered
    return firsts.assign(**{measure.name: [measure.statistic(part) for part in parts]})
