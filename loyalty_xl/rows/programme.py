"""Rows about the loyalty programme: points by the month of their issue, balances at the ends of turns, members and who of them was active."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.orders import ORDER_SETTINGS, occasions
from loyalty_xl.rows.ready import NEVER, Frame, Ready, collect, segmented

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DIMS = ("all", "region", "tier", "channel")
EARN, ADJUST, REVERSE, EXPIRE, REDEEM = range(5)  # kinds of entries, in their order within a day
USED = {"redeemed": REDEEM, "expired": EXPIRE, "reversed": REVERSE}


def lots(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Points earned, each lot in the month of its issue, with what has become of it to as_of."""
    return segmented(_native(ready.once(_lots, None)), dims)


def _lots(ready: Ready, settings: Any) -> pd.DataFrame:  # noqa: ARG001
    entries = collect(ready["points"]).sort_values(["customer", "day", "kind"], kind="stable", ignore_index=True)
    points, kind = entries["points"].to_numpy(np.float64), entries["kind"].to_numpy(np.int64)
    used = first_in_first_out(entries["customer"].to_numpy(np.int64), points, kind, entries["order"].to_numpy(np.int64))
    made = entries.assign(earned=points, **{name: used[:, place] for name, place in USED.items()})
    lots: pd.DataFrame = made[kind == EARN].drop(columns=["points", "kind", "order"])
    return lots


def first_in_first_out(customer: Ints, points: Floats, kind: Ints, order: Ints) -> Floats:
    """How many points of each entry were used up, by the kind of what used them; entries are sorted by customer, then time.

    What is taken back for an order is taken from the points of that order first. All else uses a customer's oldest points first. What no
    earlier or later points cover belongs to none: there FIFO cannot tell.
    """
    used = np.zeros((len(points), REDEEM + 1))
    into, out = np.flatnonzero(points > 0), np.flatnonzero(points < 0)
    size, taken = points[into].copy(), -points[out]
    back, place = _of_its_order(customer, kind, order, into, out, size, taken)
    taken -= back
    np.subtract.at(size, place[back > 0], back[back > 0])
    np.add.at(used[:, REVERSE], into[place[back > 0]], back[back > 0])
    people = np.unique(customer)
    got, gone = (np.searchsorted(people, customer[each]) for each in (into, out))
    room = np.maximum(*(np.bincount(who, each, len(people)) for who, each in ((got, size), (gone, taken)))) + 1
    base = np.cumsum(room) - room  # each customer's points lie on a stretch of their own
    starts_in, ends_in = _stretches(got, size, base)
    starts_out, ends_out = _stretches(gone, taken, base)
    cuts = np.unique(np.concatenate([starts_in, ends_in, starts_out, ends_out]))
    middle = (cuts[1:] + cuts[:-1]) / 2
    lot, use = (np.searchsorted(ends, middle, side="right") for ends in (ends_in, ends_out))
    both = (lot < len(into)) & (use < len(out))
    lot, use, middle, width = lot[both], use[both], middle[both], np.diff(cuts)[both]
    met = (starts_in[lot] <= middle) & (starts_out[use] <= middle)
    np.add.at(used, (into[lot[met]], kind[out[use[met]]]), width[met])
    return used


def _of_its_order(
    customer: Ints, kind: Ints, order: Ints, into: Ints, out: Ints, size: Floats, taken: Floats
) -> tuple[Floats, Ints]:
    """How much of each outflow is taken from the points that the same order earned, and which points those are."""
    span = int(order.max(initial=0)) + 2
    key = customer * span + order + 1
    keys, first = np.unique(key[into], return_index=True)
    at = np.minimum(np.searchsorted(keys, key[out]), max(0, len(keys) - 1))
    if not len(keys):
        return np.zeros(len(out)), at
    place = first[at]
    named = np.flatnonzero((kind[out] == REVERSE) & (order[out] >= 0) & (keys[at] == key[out]))
    named = named[np.argsort(place[named], kind="stable")]
    amounts = taken[named]
    _, ends = _stretches(place[named], amounts, np.zeros(len(into)))
    back = np.zeros(len(out))
    back[named] = np.clip(size[place[named]] - (ends - amounts), 0.0, amounts)
    return back, place


def _stretches(who: Ints, size: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Begin and end of each amount on its customer's stretch."""
    total = np.cumsum(size)
    first = np.searchsorted(who, who, side="left")  # the place of the customer's first amount
    before = np.append(0.0, total)[first]
    ends = base[who] + total - before
    return ends - size, ends


def balances(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:  # noqa: ARG001
    """Points outstanding at the end of each turn: the balances above zero. One row per turn and segment."""
    return _to_date(segmented(_native(ready.once(balance_changes, None)), dims), turns, ["outstanding", "holders"])


def balance_changes(ready: Ready, settings: Any) -> pd.DataFrame:  # noqa: ARG001
    """By customer and month, how the positive part of the balance changed, and whether there is one."""
    entries = collect(ready["points"])
    dims = [name for name in DIMS[1:] if name in entries]
    moved = entries.groupby(["customer", *dims, "month"], as_index=False, sort=True)["points"].sum()
    balance = moved.groupby("customer")["points"].cumsum().clip(lower=0)
    moved["outstanding"], moved["holders"] = balance, (balance > 0).astype(np.float64)
    now = moved[["outstanding", "holders"]]
    moved[["outstanding", "holders"]] = now - now.groupby(moved["customer"]).shift(1, fill_value=0.0)
    return pd.DataFrame(moved)


def members(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Members by the end of each turn, and those who bought, earned or redeemed in it. One row per turn and segment."""
    enrolled, seen = ready.once(membership, settings)
    made = _to_date(segmented(_native(enrolled), dims), turns, ["enrolled"])
    by_month = segmented(_native(seen), dims).group_by("segment", "month", "previous").agg(nw.len().alias("active"))
    pairs = collect(by_month).merge(collect(turns)[["turn", "first_of_turn", "last"]], how="cross")
    inside = (pairs["month"] >= pairs["first_of_turn"]) & (pairs["month"] <= pairs["last"])
    first = inside & (pairs["previous"] < pairs["first_of_turn"])  # so each member counts once
    active = pairs[first].groupby(["turn", "segment"], as_index=False)["active"].sum()
    joined = collect(made).merge(active, on=["turn", "segment"], how="left")
    return _native(joined.fillna({"active": 0}).astype({"active": float}))


def membership(ready: Ready, settings: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Members by the month since when, and the months in which each was active with the one before."""
    known = collect(ready["members"])
    parts = []
    if "orders" in ready:
        bought = collect(ready.once(occasions, settings, ("all",)))
        parts.append(bought.loc[bought["known"].astype(bool), ["customer", "month"]])
    if "points" in ready:
        entries = collect(ready["points"])
        parts.append(entries.loc[entries["kind"].isin([EARN, REDEEM]), ["customer", "month"]])
    seen = pd.concat(parts).drop_duplicates() if parts else pd.DataFrame({"customer": [], "month": []}, dtype=np.int64)
    seen = seen.sort_values(["customer", "month"], ignore_index=True).merge(known, on="customer")
    seen["previous"] = seen.groupby("customer")["month"].shift(1).fillna(-NEVER).astype(np.int64)
    first = seen.groupby("customer")["month"].min().reindex(known["customer"]).to_numpy()
    since = np.fmin(known["joined_month"].to_numpy(np.float64), first).astype(np.int64)
    return known.assign(month=since, enrolled=1.0), seen


def _to_date(rows: Frame, turns: Frame, columns: list[str]) -> Frame:
    """Sum columns over all months up to the end of each turn."""
    by_month = collect(rows.group_by("segment", "month").agg(*(nw.col(name).sum() for name in columns)))
    pairs = by_month.merge(collect(turns)[["turn", "last"]], how="cross")
    made = pairs[pairs["month"] <= pairs["last"]].groupby(["turn", "segment"], as_index=False)[columns].sum()
    return nw.from_native(made, eager_only=True)


def _native(frame: pd.DataFrame) -> Frame:
    return nw.from_native(frame, eager_only=True)


ENTRIES = ("LoyaltyLedger.on", "LoyaltyLedger.kind", "LoyaltyLedger.points")
POINT_LOTS = Rows(
    "point_lots",
    "points",
    ("LoyaltyLedger",),
    {"earned": (), "redeemed": (), "expired": (), "reversed": ()},
    ENTRIES,
    dims=DIMS,
    build=lots,
)
POINT_BALANCES = Rows(
    "point_balances",
    "points",
    ("LoyaltyLedger",),
    {"outstanding": (), "holders": ()},
    ENTRIES,
    dated=False,
    dims=DIMS,
    build=balances,
)
MEMBERS = Rows(
    "members",
    "members",
    ("Orders",),
    {"enrolled": ("Customers.member",), "active": ("Orders.customer_id",)},
    ("Orders.order_date",),
    dated=False,
    dims=DIMS,
    settings=ORDER_SETTINGS,
    build=members,
)
