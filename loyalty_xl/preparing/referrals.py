"""Referrals and brand engagement: who recommended whom, and who sought contact with the brand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.contracts.between_referrals import SOLD, first_days, uncounted
from loyalty_xl.preparing.naming import add_traits, day_number, day_numbers, month_numbers, plain_texts, present
from loyalty_xl.rows.ready import ANONYMOUS, NEVER

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made


def frames(given: Given) -> dict[str, Made]:
    """Give `referrals` with the span they are kept for, and `engagements`."""
    made: dict[str, Made] = {}
    if "Referrals" in given.frames:
        made["referrals"] = _referrals(given)
        since, until = kept_span(given.frames["Referrals"]["referred_on"], given.sheets["Referrals"].covers_to)
        made["referral_span"] = pd.DataFrame({"since": [since], "until": [until]}, dtype=np.int64), ("all",)
    if "BrandEngagement" in given.frames:
        made["engagements"] = _engagements(given)
    return made


def _referrals(given: Given) -> Made:
    frame = given.frames["Referrals"]
    referrer = given.names.codes(frame["referrer_id"])
    referee = _referees(given, frame)
    days = day_numbers(frame["referred_on"], NEVER)
    void = (frame["status"].astype(object) == "invalid").to_numpy()
    void = void | _bought_before(given, referee, days)
    again, circular = uncounted(referrer, referee, days, void)
    made: dict[str, Any] = {
        "referrer": referrer,
        "referee": referee,
        "day": days,
        "month": month_numbers(days),
        "counted": (~void & ~again & ~circular & (referrer != referee)).astype(np.int64),
    }
    given.mark(made, frame)
    add_traits(made, referrer, given.traits, "region", "tier", "channel")
    return pd.DataFrame(made), present(made, "region", "tier", "channel")


def _bought_before(given: Given, referee: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Whether the person had ordered before the day of the referral: such a person is not won."""
    orders = given.frames.get("Orders")
    if orders is None:
        return np.zeros(len(referee), dtype=bool)
    sold = (orders["order_type"].isna() | orders["order_type"].isin(SOLD)).to_numpy()
    buyers, ordered = given.names.codes(orders["customer_id"]), day_numbers(orders["order_date"], NEVER)
    first = first_days(buyers[sold], ordered[sold], len(given.names.names))
    before: np.ndarray = first[referee] < days
    return before


def _referees(given: Given, frame: pd.DataFrame) -> np.ndarray:
    """Who was recommended to: the customer named, else whoever placed the order named."""
    referee = given.names.codes(frame["referee_id"])
    orders = given.frames.get("Orders")
    if orders is None or not frame["first_order_id"].notna().any():
        return referee
    buyers = given.names.codes(orders["customer_id"])
    named = set(frame["first_order_id"].dropna().astype(str))
    wanted = orders["order_id"].isin(named).to_numpy()
    owner = dict(zip(orders["order_id"][wanted].astype(str), buyers[wanted], strict=True))
    found = np.array([owner.get(str(order), ANONYMOUS) for order in frame["first_order_id"].astype(object)], np.int64)
    return np.where(referee == ANONYMOUS, found, referee)


def kept_span(column: pd.Series, covers_to: str) -> tuple[int, int]:
    """First day, and first day after, of the time for which no row means that nothing happened (G7)."""
    declared = day_number(date.fromisoformat(covers_to)) if covers_to else -NEVER
    days = np.unique(day_numbers(column.dropna(), NEVER))
    if not len(days):
        return -NEVER, declared
    year = days[days > days[-1] - 366]
    gap = int(np.diff(year).max()) if len(year) > 1 else 0
    return int(days[0]), max(declared, int(days[-1]) + gap + 1)


def _engagements(given: Given) -> Made:
    frame = given.frames["BrandEngagement"]
    customers = given.names.codes(frame["customer_id"])
    days = day_numbers(frame["occurred_on"], NEVER)
    kinds = frame["type"].astype(object).to_numpy()
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "kind": kinds,
        "undone_month": undone_months(customers, days, kinds),
    }
    given.mark(made, frame)
    return plain_texts(pd.DataFrame(made)), ("all",)


def undone_months(customers: np.ndarray, days: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """The month in which a follow ends: that of the customer's next unfollow, the same day included; NEVER for all else."""
    undone = np.full(len(days), NEVER, dtype=np.int64)
    follows, ends = np.flatnonzero(kinds == "follow"), np.flatnonzero(kinds == "unfollow")
    if not len(follows) or not len(ends):
        return undone
    step, zero = 10_000_000, 1_000_000  # a customer's days lie apart from the next one's, those before 1970 too
    at = np.sort(customers[ends] * step + days[ends] + zero)
    sought = customers[follows] * step + days[follows] + zero
    place = np.minimum(np.searchsorted(at, sought), len(at) - 1)
    found = (at[place] >= sought) & (at[place] // step == customers[follows])
    undone[follows[found]] = month_numbers(at[place[found]] % step - zero)
    return undone


__all__ = ["frames", "kept_span", "undone_months"]
