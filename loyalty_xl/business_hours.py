"""Minutes between two moments, as far as they lie in business hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DAY, WEEK = 1440, 10_080  # minutes
_FIRST_MONDAY = 4 * DAY  # 1970-01-05, in minutes from 1970


def business_minutes(
    start: NDArray[np.int64], end: NDArray[np.int64], hours: Sequence[tuple[int, int, int]] = ()
) -> NDArray[np.float64]:
    """Count the minutes from *start* to *end* that lie in business hours.

    Parameters
    ----------
    start, end
        Moments in the company's own time. [seconds from 1970]
    hours
        Weekday (Monday is 0), first minute and minute after the last; none: round the clock.

    Returns
    -------
    NDArray
        Minutes, negative where *end* lies before *start*. Public holidays are not known: they count as the weekday that they are.

    Examples
    --------
    >>> friday = np.array([int(np.datetime64("2026-07-31T17:30:00", "s").astype(int))])
    >>> monday = np.array([int(np.datetime64("2026-08-03T09:15:00", "s").astype(int))])
    >>> business_minutes(friday, monday, [(day, 540, 1080) for day in range(5)]).tolist()
    [45.0]
    >>> business_minutes(friday, monday).tolist()
    [3825.0]
    """
    if not hours:
        return (end - start) / 60
    spans = sorted((day * DAY + first, day * DAY + last) for day, first, last in hours)
    at = np.array([edge for span in spans for edge in span], dtype=np.float64)
    worked = np.repeat(np.cumsum([0, *(last - first for first, last in spans)]), 2)[1:-1].astype(np.float64)

    def until(moment: NDArray[np.int64]) -> NDArray[np.float64]:
        weeks, minute = np.divmod(moment / 60 - _FIRST_MONDAY, WEEK)
        counted: NDArray[np.float64] = weeks * worked[-1] + np.interp(minute, at, worked)
        return counted

    return until(end) - until(start)


def has_time(moments: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    """Say which moments have a time of day: midnight is what a cell with a date only holds."""
    timed: NDArray[np.bool_] = moments.astype("datetime64[s]").astype(np.int64) % 86_400 != 0
    return timed
