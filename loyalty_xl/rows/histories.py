"""What is known of each customer on any day: purchases, money, complaints, answers, as sorted arrays that a day cuts in two.

Everything that is asked of a day looks only at rows of earlier days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl.rows.orders import money, occasions
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Ready, collect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

SPAN = 1 << 22  # days that fit between one customer and the next
OWN_GAPS = 3  # from so many gaps on a customer's own mean gap is the usual one
RECENT, EARLIER = 90, 270  # days that are compared: the last 90, and the 270 before them


@dataclass(frozen=True)
class Dated:
    """Rows of customers, sorted by customer and day, with running totals of an amount."""

    keys: Ints  # customer * SPAN + day
    days: Ints
    total: Floats  # running total before each row, and after the last

    @classmethod
    def of(cls, customers: Ints, days: Ints, amounts: Floats | None = None) -> Dated:
        """Sort rows."""
        keys = customers.astype(np.int64) * SPAN + days
        order = np.argsort(keys, kind="stable")
        values = np.ones(len(keys)) if amounts is None else amounts[order]
        return cls(keys[order], days[order].astype(np.int64), np.concatenate([[0.0], np.cumsum(values)]))

    def before(self, customers: Ints, day: int) -> Ints:
        """Give the place of each customer's first row on *day* or later."""
        return np.searchsorted(self.keys, customers * SPAN + day)

    def sum_between(self, customers: Ints, first: int, stop: int) -> Floats:
        """Add up each customer's rows of the days [first, stop)."""
        made: Floats = self.total[self.before(customers, stop)] - self.total[self.before(customers, first)]
        return made


@dataclass(frozen=True)
class Histories:
    """The past of all customers."""

    bought: Dated  # customer-days with a purchase
    begins: Ints  # place of each customer's first purchase day; one more than there are customers
    spent: Dated
    complained: Dated | None
    complaints: tuple[Ints, Ints, Ints]  # customer, received, closed
    scored: Dated | None  # answers, `total` a running total of scores
    scores: Floats  # in the order of `scored`
    closed: Ints  # by customer: the day the account was closed
    gap_days: tuple[Ints, Floats]  # the day on which each gap ended, sorted, and running totals of its length
    types: dict[int, tuple[Ints, Floats]]  # the same by product type
    type_of: Ints  # product type of each purchase day, -1 where there is none

    @property
    def customers(self) -> int:
        """How many customer codes there are."""
        return len(self.begins) - 1

    def known_on(self, day: int) -> Ints:
        """Customers who had bought before *day* and had not closed their account."""
        first = np.full(self.customers, NEVER, dtype=np.int64)
        some = self.begins[1:] > self.begins[:-1]
        first[some] = self.bought.days[self.begins[:-1][some]]
        known: Ints = np.flatnonzero((first < day) & (self.closed >= day)).astype(np.int64)
        return known

    def lost_after(self, customers: Ints, day: int, window: int) -> Flags:
        """Say who bought nothing on the days [day, day + window)."""
        place = self.bought.before(customers, day)
        further = place < self.begins[customers + 1]
        following = np.full(len(customers), NEVER, dtype=np.int64)
        following[further] = self.bought.days[place[further]]
        lost: Flags = following >= day + window
        return lost

    def usual_gap(self, customers: Ints, day: int) -> Floats:
        """Mean days between a customer's purchases before *day*.

        With fewer than three gaps: the mean gap of the product type bought last, without one everybody's; nan where nobody came back yet.
        """
        place, begin = self.bought.before(customers, day), self.begins[customers]
        count = place - begin
        last = self.bought.days[place - 1]
        own = count - 1 >= OWN_GAPS
        spread = (last - self.bought.days[begin]) / np.maximum(count - 1, 1)
        kind = self.type_of[place - 1]
        usual = np.full(len(customers), _mean_before(*self.gap_days, day))
        for each, gaps in self.types.items():
            mean = _mean_before(*gaps, day)
            if mean == mean:
                usual[kind == each] = mean
        return np.where(own, spread, usual)

    def last_score(self, customers: Ints, day: int) -> Floats:
        """The newest recommendation score before *day*, nan without one."""
        made = np.full(len(customers), np.nan)
        if self.scored is not None:
            stop, start = self.scored.before(customers, day), self.scored.before(customers, -SPAN // 2)
            there = stop > start
            made[there] = self.scores[stop[there] - 1]
        return made

    def open_complaints(self, customers: Ints, day: int) -> Floats:
        """How many complaints each customer has that came before *day* and were not closed by then."""
        who, received, closed = self.complaints
        still = (received < day) & (closed >= day)
        made: Floats = np.bincount(who[still], minlength=self.customers)[customers].astype(np.float64)
        return made


def _mean_before(days: Ints, total: Floats, day: int) -> float:
    count = int(np.searchsorted(days, day))
    return float(total[count] / count) if count else float("nan")


def histories(ready: Ready, settings: Any) -> Histories:
    """Everything that is known, imputed rows included."""
    return _histories(ready, settings, imputed=True)


def observed_histories(ready: Ready, settings: Any) -> Histories:
    """What was observed: orders that were imputed are left out."""
    if not _any_imputed(ready):
        return ready.once(histories, settings)  # type: ignore[no-any-return]
    return _histories(ready, settings, imputed=False)


def _any_imputed(ready: Ready) -> bool:
    orders = ready["orders"]
    names = orders.columns if isinstance(orders, nw.DataFrame) else orders.collect_schema().names()
    return "imputed" in names and bool(collect(orders.select(nw.col("imputed").max()))["imputed"].max())


def _histories(ready: Ready, settings: Any, *, imputed: bool) -> Histories:
    given = ready
    if not imputed:
        given = Ready(
            {**ready.frames, "orders": ready["orders"].filter(nw.col("imputed") == 0)},
            ready.as_of, ready.last_month, ready.dims, ready.segments, ready.customers,
        )  # fmt: skip
    typed = "product_type" in ready.dims.get("orders", ())
    rows = collect(given.once(occasions, settings, ("all",)).filter(nw.col("known")).select("customer", "day"))
    customer, day = rows["customer"].to_numpy(np.int64), rows["day"].to_numpy(np.int64)
    keys = np.unique(customer * SPAN + day)
    whose, when = keys // SPAN, keys % SPAN
    begins = np.searchsorted(whose, np.arange(ready.customers + 1)).astype(np.int64)
    type_of = _types(given, settings, keys) if typed else np.full(len(keys), -1, dtype=np.int64)
    again = np.flatnonzero(whose[1:] == whose[:-1]) + 1
    spent = collect(
        given.once(money, settings).filter(nw.col("customer") != ANONYMOUS).select("customer", "day", "amount")
    )
    scored, scores = _scores(ready)
    who, received, closed = _complaints(ready)
    return Histories(
        Dated.of(whose, when),
        begins,
        Dated.of(*(spent[name].to_numpy() for name in ("customer", "day", "amount"))),
        Dated.of(who, received) if len(who) else None,
        (who, received, closed),
        scored,
        scores,
        _closings(ready),
        _gaps(when[again], when[again] - when[again - 1]),
        {
            int(each): _gaps(when[some], when[some] - when[some - 1])
            for each in np.unique(type_of[type_of >= 0])
            if len(some := again[type_of[again - 1] == each])
        },
        type_of,
    )


def _gaps(ended: Ints, length: Ints) -> tuple[Ints, Floats]:
    order = np.argsort(ended, kind="stable")
    return ended[order], np.concatenate([[0.0], np.cumsum(length[order])])


def _types(ready: Ready, settings: Any, keys: Ints) -> Ints:
    """The product type of each purchase day: the first in the order of the types, where there are several."""
    from loyalty_xl.rows.orders import purchases

    parts = collect(ready.once(purchases, settings).select("customer", "day", "product_type"))
    parts = parts[parts["customer"] != ANONYMOUS]
    at = np.searchsorted(keys, parts["customer"].to_numpy(np.int64) * SPAN + parts["day"].to_numpy(np.int64))
    made = np.full(len(keys) + 1, NEVER, dtype=np.int64)
    np.minimum.at(made, np.minimum(at, len(keys)), parts["product_type"].to_numpy(np.int64))
    made = np.where(made == NEVER, -1, made)
    return made[:-1]


def _complaints(ready: Ready) -> tuple[Ints, Ints, Ints]:
    if "complaints" not in ready:
        nobody = np.array([], dtype=np.int64)
        return nobody, nobody, nobody
    rows = collect(ready["complaints"].filter(nw.col("customer") != ANONYMOUS).select("customer", "day", "closed"))
    customer, day, closed = (rows[name].to_numpy(np.int64) for name in ("customer", "day", "closed"))
    return customer, day, closed


def _scores(ready: Ready) -> tuple[Dated | None, Floats]:
    if "responses" not in ready:
        return None, np.array([])
    rows = ready["responses"].filter(nw.col("customer") != ANONYMOUS, ~nw.col("recommend_score").is_null())
    found = collect(rows.select("customer", "day", "sequence", "recommend_score")).sort_values("sequence")
    if not len(found):
        return None, np.array([])
    customer, day = found["customer"].to_numpy(np.int64), found["day"].to_numpy(np.int64)
    score = found["recommend_score"].to_numpy(np.float64)
    return Dated.of(customer, day), score[np.argsort(customer * SPAN + day, kind="stable")]


def _closings(ready: Ready) -> Ints:
    closed = np.full(ready.customers, NEVER, dtype=np.int64)
    if "customers" in ready:
        rows = collect(ready["customers"].select("customer", "closed"))
        closed[rows["customer"].to_numpy(np.int64)] = rows["closed"].to_numpy(np.int64)
    return closed
