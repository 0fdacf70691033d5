"""The loyalty programme: who is a member since when, and every movement of points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import add_traits, as_numbers, day_numbers, month_numbers, present
from loyalty_xl.rows.ready import ANONYMOUS, NEVER

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made

KINDS = ("earn", "adjust", "reverse", "expire", "redeem")  # in this order within a day


def frames(given: Given) -> dict[str, Made]:
    """Give `points` where there is a ledger, and `members` where a sheet says who is one."""
    made: dict[str, Made] = {}
    ledger = given.frames.get("LoyaltyLedger")
    if ledger is not None:
        made["points"] = _points(ledger, given)
    members = _members(given, made["points"][0] if ledger is not None else None)
    if members is not None:
        made["members"] = members
    return made


def _points(ledger: pd.DataFrame, given: Given) -> Made:
    """Entries of known customers; points as they change the balance. Points earned below zero are taken back."""
    ledger = ledger[ledger["customer_id"].notna().to_numpy()]
    customers = given.names.codes(ledger["customer_id"])
    days = day_numbers(ledger["on"], NEVER)
    places = np.array([*(KINDS.index(str(each)) for each in ledger["kind"].cat.categories), 0], dtype=np.int64)
    kinds = places[ledger["kind"].cat.codes.to_numpy()]
    points = ledger["points"].fillna(0.0).to_numpy(dtype=np.float64)
    kinds = np.where((kinds == KINDS.index("earn")) & (points < 0), KINDS.index("reverse"), kinds)
    signed = np.where(kinds == KINDS.index("adjust"), points, np.abs(points))
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "kind": kinds,
        "points": np.where(kinds <= KINDS.index("adjust"), signed, -signed),
        "order": ledger["order_id"].cat.codes.to_numpy().astype(np.int64),
    }
    given.mark(made, ledger)
    add_traits(made, customers, given.traits, "region", "tier", "channel")
    return pd.DataFrame(made), present(made, "region", "tier", "channel")


def _members(given: Given, points: pd.DataFrame | None) -> Made | None:
    """Members by Customers.member; where that is blank, whoever has points is one. `joined` is the first day known of each."""
    customers = given.frames.get("Customers")
    parts = []
    if customers is not None and customers["member"].notna().any():
        known = pd.DataFrame({"customer": given.names.codes(customers["customer_id"])})
        known["member"], known["joined"] = (
            as_numbers(customers["member"], -1.0),
            day_numbers(customers["acquired_on"], NEVER),
        )
        parts.append(known[customers["merged_into"].isna().to_numpy() & known["member"].ge(0).to_numpy()])
    if points is not None and len(points):
        first = points.groupby("customer")["day"].min().rename("joined").reset_index()
        parts.append(first.assign(member=2.0))  # counts where Customers says nothing
    if not parts:
        return None
    both = pd.concat(parts, ignore_index=True).groupby("customer")
    member, joined = both["member"].min(), both["joined"].min()
    codes = member.index.to_numpy().astype(np.int64)
    enrolled = (member.to_numpy() > 0) & (codes != ANONYMOUS)
    made: dict[str, Any] = {"customer": codes[enrolled], "joined": joined.to_numpy()[enrolled]}
    made["joined_month"] = month_numbers(np.where(made["joined"] == NEVER, -NEVER, made["joined"]))
    add_traits(made, made["customer"], given.traits, "region", "tier", "channel")
    return pd.DataFrame(made), present(made, "region", "tier", "channel")
