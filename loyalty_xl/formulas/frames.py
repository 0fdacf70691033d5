"""Columns of a range as the rows that measures are columns of.

Dates of a formula are arbitrary days, not months: they part time into spans (before the start, from start to end, after), and these
spans stand where the pipeline has months. So the same rows and the same measures serve both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import KPIS, MEASURES, Sum, Withheld
from loyalty_xl.formulas.arrays import Columns
from loyalty_xl.formulas.cell_errors import bad_setting, without_value
from loyalty_xl.rows.customers import customer_turns
from loyalty_xl.rows.orders import first_purchases, occasions, revenue
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Ready
from loyalty_xl.turns import one_turn
from loyalty_xl.vocabulary import ALL, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from loyalty_xl.settings import Settings

Frame = Any
FAR = 10**9
ONLY_ALL = ("all",)
MONTH_DAYS = 365.25 / 12


def value(key: str, rows: Callable[[str], Frame], settings: Settings, months: float | None = None) -> float:
    """Evaluate a KPI over rows: *rows*(kind) gives the frame of one kind of rows.

    Raises
    ------
    Refused
        There is no value: the reason of the KPI, as a cell shows it.
    """
    kpi = KPIS[key]
    sums: dict[str, float] = {} if months is None else {"months": months}
    kinds: dict[str, list[str]] = {}
    for name in kpi.measures:
        if name != "months":
            kinds.setdefault(MEASURES[name].rows.name, []).append(name)
    for kind, names in kinds.items():
        sums |= _sums(rows(kind), names, settings)
    try:
        arguments: dict[str, Any] = {name: Sum(sums[name]) for name in kpi.measures}
        arguments |= {"settings": settings} if kpi.wants_settings else {}
        answer = float(kpi.function(**arguments))
    except Withheld as withheld:
        raise without_value(withheld.reason) from None
    if answer != answer:
        raise without_value(Reason.NO_DENOMINATOR)
    return answer


def _sums(rows: Frame | Columns, names: Sequence[str], settings: Settings) -> dict[str, float]:
    """Add up measures over all rows; a statistic takes all its values."""
    measures = [MEASURES[name] for name in names]
    sums = {each.name: float(len(rows)) for each in measures if not each.reads}  # counts every row
    if isinstance(rows, Columns):
        here = {each.name: rows.total(each, settings) for each in measures if each.name not in sums}
        sums |= {name: total for name, total in here.items() if total is not None}
    measures = [each for each in measures if each.name not in sums]
    if not measures:
        return sums
    frame = rows.frame if isinstance(rows, Columns) else rows
    columns = [each.column(settings) for each in measures if each.statistic is None]
    if columns:
        row = frame.select(*(column.sum() for column in columns)).rows(named=True)[0]
        sums |= {name: float(total or 0) for name, total in row.items()}
    for each in measures:
        if each.statistic is not None:
            values = frame.select(each.column(settings))[each.name].to_numpy()
            values = np.sort(values[~np.isnan(values)])
            sums[each.name] = float(each.statistic(values)) if len(values) else float("nan")
    return sums


def columns(**arrays: Any) -> Columns:
    """Rows of a formula, by column."""
    return Columns(arrays)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def days_of(moments: NDArray[Any]) -> NDArray[np.int64]:
    """Days of dates."""
    days: NDArray[np.int64] = moments.astype("datetime64[D]").astype(np.int64)
    return days


def shifted(start: date, end: date, by: int) -> date:
    """The end of a span as long as [start, end), *by* spans later; in months where both ends fall on one day of the month."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if start.day == end.day and months > 0 and start.day <= 28:
        month = end.year * 12 + end.month - 1 + by * months
        return date(month // 12, month % 12 + 1, end.day)
    return end + by * (end - start)


def months_between(start: date, end: date) -> float:
    """Length of a span in months: whole ones from a day to the same day, else days of a twelfth of a year."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if start.day == end.day else (end - start).days / MONTH_DAYS


def in_order(*days: tuple[str, date]) -> None:
    """Refuse days that do not follow one another."""
    for (one, first), (other, second) in pairwise(days):
        if second <= first:
            raise bad_setting(
                f"{other}({second})应晚于 {one}({first})", f"{other} ({second}) must come after {one} ({first})"
            )


@dataclass(frozen=True)
class Span:
    """The spans of time that a formula parts, by their ends, and which of them it looks at."""

    ends: tuple[date, ...] = ()  # empty: no dates, everything is one span
    looked: int = 0  # the span that is looked at
    next: int = -1  # the span whose buyers bought again
    earlier: int = -1  # the last span before the usual spending
    previous: int = -1  # the last span before the previous period

    def of(self, days: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give the span of each day."""
        if not self.ends:
            return np.zeros(len(days), np.int64)
        return np.searchsorted([day_number(end) for end in self.ends], days, side="right").astype(np.int64)


@dataclass(frozen=True)
class Bought:
    """Order rows of a formula: whoever bought, when, in which order, for how much. What is not given makes no difference."""

    customers: NDArray[Any] | None = None  # texts, None for nobody known
    days: NDArray[np.int64] | None = None
    orders: NDArray[Any] | None = None
    amounts: NDArray[np.float64] | None = None

    def ready(self, settings: Settings, span: Span, as_of: date | None = None) -> Ready:
        """Give the rows as the pipeline's frames."""
        size = next(len(each) for each in (self.customers, self.days, self.orders, self.amounts) if each is not None)
        customer = pd.factorize(self.customers)[0] if self.customers is not None else np.full(size, ANONYMOUS)
        customer = customer.astype(np.int64)  # -1 where there is none: ANONYMOUS
        days = self.days if self.days is not None else np.zeros(size, np.int64)
        if self.orders is not None:
            keys: list[Any] = [self.orders]
        else:
            keys = [days] if self.days is not None else [np.arange(size)]
        order = pd.MultiIndex.from_arrays([customer, *keys]).factorize()[0].astype(np.int64)
        amount = self.amounts if self.amounts is not None else np.ones(size)
        spans = span.of(days)
        made = pd.DataFrame(
            {
                "order": order,
                "customer": customer,
                "day": days,
                "month": spans,
                "kind": pd.array(np.where(amount < 0, "refund", "sale"), dtype="str"),
                "original": np.full(size, -1, np.int64),
                "expiry": days + settings.churn_window_days,
                "amount": amount,
            }
        )
        last = len(span.ends)
        if span.ends:
            made = made[made["month"] < last]
        boundary = [day_number(end) for end in span.ends] or [FAR]
        months = pd.DataFrame(
            {"month": np.arange(len(boundary), dtype=np.int64), "boundary": np.array(boundary, np.int64)}
        )
        frames = {"orders": nw.from_native(made, eager_only=True), "months": nw.from_native(months, eager_only=True)}
        newest = int(days.max()) + 1 if len(days) else 0
        day = day_number(as_of) if as_of else newest
        return Ready(
            frames, day, len(boundary) - 1, {"orders": ONLY_ALL}, (("all", ALL),), int(customer.max(initial=0)) + 1
        )

    def rows(self, settings: Settings, span: Span, as_of: date | None = None) -> Callable[[str], Frame]:
        """Give the rows of each kind that lie in the span that is looked at."""
        ready = self.ready(settings, span, as_of)
        known = {"next_last": span.next, "decline_before": span.earlier, "previous_before": span.previous}
        turn = one_turn(span.looked, span.looked, **known)

        def of(kind: str) -> Frame:
            if kind == "customer_turns":
                return customer_turns(ready, settings, ONLY_ALL, turn)
            build = {"occasions": occasions, "revenue": revenue, "first_purchases": first_purchases}[kind]
            return ready.once(build, settings, ONLY_ALL).filter(nw.col("month") == span.looked)

        return of


def complaints(
    received: NDArray[Any] | None, closed: NDArray[Any] | None, classes: NDArray[Any] | None, size: int
) -> Columns:
    """Complaints, with the days until they were closed, and whether they are classified."""
    days = np.full(size, np.nan)
    if received is not None and closed is not None:
        done = ~np.isnat(closed)
        days[done] = (days_of(closed[done]) - days_of(received[done])).astype(np.float64)
    known = (
        np.array([each is not None for each in classes], np.int64) if classes is not None else np.ones(size, np.int64)
    )
    return columns(is_closed=~np.isnan(days), days=days, classified=known)


__all__ = [
    "ANONYMOUS",
    "NEVER",
    "Bought",
    "Span",
    "columns",
    "complaints",
    "days_of",
    "in_order",
    "months_between",
    "shifted",
    "value",
]
