"""Worksheet rows of units that orders stand behind: purchases, customers, members, wallets, price changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.preparing import day_number
from loyalty_xl.rows.orders import money, purchases
from loyalty_xl.rows.programme import EARN, REDEEM
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, collect
from loyalty_xl.tracing.spans import evidence
from loyalty_xl.tracing.trail import FOUND, in_turn, joined, nothing, together, within_a_year

if TYPE_CHECKING:
    from loyalty_xl.tracing.trail import Found, Trail
    from loyalty_xl.tracing.units import Units


def occasions(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of the orders that make up a purchase."""
    parts = trail.parts(purchases)[["occasion", "customer", "part"]]
    return trail.lines(units[["unit", "occasion", "customer"]].merge(parts, on=["occasion", "customer"]))


def order_parts(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of an order part."""
    return trail.lines(units)


def first_orders(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of the first purchase, and of the next one."""
    parts = trail.parts(purchases)[["customer", "day", "part"]]
    pairs = units[["unit", "customer", "first", "second"]].merge(parts, on="customer")
    return trail.lines(pairs[(pairs["day"] == pairs["first"]) | (pairs["day"] == pairs["second"])])


def customer_orders(trail: Trail, units: pd.DataFrame, of: Units) -> Found:
    """Lines that show what is asked of a customer, and the row of Customers where that says it."""
    ready = trail.looking.situation.ready
    customer = units["who"] - units["segment"] * ready.customers
    facts = units[["unit", "first_month", "boundary"]].assign(customer=customer)
    parts = trail.parts(money)[["customer", "month", "expiry", "part"]]
    asked = {column for each in of.measures for column in each.reads}
    pairs = facts.merge(parts, on="customer")
    made = trail.lines(pairs[evidence(pairs, asked, trail.turn, ready)])
    if asked & {"member", "in_base_at_start", "in_base_at_end"}:
        bare = facts[~facts["unit"].isin(made["unit"])] if "member" not in asked else facts
        made = together(made, joined(bare, trail.customers("Customers"), "Customers"))
    return made


def orders_to_date(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of a customer up to the end of the turn."""
    parts = trail.parts(money)[["customer", "month", "part"]]
    pairs = units[["unit", "customer"]].merge(parts[parts["month"] <= trail.turn["last"]], on="customer")
    return trail.lines(pairs)


def orders_in_turn(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Lines of a customer in the turn."""
    parts = in_turn(trail, trail.parts(money))[["customer", "part"]]
    return trail.lines(units[["unit", "customer"]].merge(parts, on="customer"))


def rises(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The price change, and what its buyer bought of the same goods in the windows around it."""
    from loyalty_xl.rows.price_changes import measuring

    situation = trail.looking.situation
    measured = measuring(situation.ready, situation.settings)
    sold = collect(situation.ready["sales"]).sort_values("day", kind="stable")
    parts = []
    for event in np.unique(units["event"].to_numpy(np.int64)).tolist():
        some = units[units["event"] == event]
        day = int(measured.days[event])
        window = measured.sales.between(day - measured.window, day + measured.window)
        goods = measured.matches(event, window)
        parts.append(joined(some, trail.inside(sold[window][goods]), "Orders"))
    frame = trail.given.frames["PriceChanges"]
    names = [name if isinstance(name, str) else f"#{row}" for name, row in zip(frame["change_id"].astype(object), frame.index, strict=True)]  # fmt: skip
    changes = pd.DataFrame({"change": names, "row": frame.index.to_numpy(np.int64)})
    shown = units.assign(change=measured.changes["change"].to_numpy()[units["event"].to_numpy()])
    return together(joined(shown, changes, "PriceChanges", "change"), *parts)


def demand(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Every sale that the estimate is of, and the market index beside it."""
    from loyalty_xl.preparing.prices import sales

    situation = trail.looking.situation
    sold, _ = sales(trail.given.frames["Orders"], trail.given)
    whole = situation.ready.last_month - (day_number(situation.as_of) < _month_end(situation.ready.last_month))
    sold = sold[sold["month"] <= min(int(trail.turn["last"]), whole)]
    dim = trail.looking.dim
    if dim in sold:
        sold = sold[sold[dim].astype(str) == situation.ready.segments[trail.looking.place][1]]
    unit = int(units["unit"].iloc[0]) if len(units) else 0
    rows = [pd.DataFrame({"unit": unit, "sheet": "Orders", "row": sold["row"]})]
    market = trail.given.frames.get("MarketIndex")
    if market is not None:
        rows.append(pd.DataFrame({"unit": unit, "sheet": "MarketIndex", "row": market.index.to_numpy(np.int64)}))
    return together(*rows) if len(units) else nothing()


def _month_end(month: int) -> int:
    """Days from 1970-01-01 to the first day after a month."""
    return int(np.datetime64(month + 1 - 1970 * 12, "M").astype("datetime64[D]").astype(np.int64))


def memberships(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The member's row, and what the member bought, earned or redeemed in the turn."""
    active = units[units["active"] > 0]
    points = in_turn(trail, trail.frame("points"))
    points = points[points["kind"].isin([EARN, REDEEM])] if len(points) else points
    orders = nothing()
    if "orders" in trail.looking.situation.ready:
        parts = in_turn(trail, trail.parts(purchases))[["customer", "part"]]
        orders = trail.lines(active[["unit", "customer"]].merge(parts, on="customer"))
    known = joined(units, trail.customers("Customers"), "Customers")
    bare = units[~units["unit"].isin(known["unit"])]
    ever = trail.frame("points")
    return together(
        known,
        joined(bare, ever, "LoyaltyLedger"),
        joined(active, points, "LoyaltyLedger"),
        orders,
    )


def referred(trail: Trail, units: pd.DataFrame, of: Units) -> Found:
    """The first purchase of a new customer, and the referral that brought it."""
    brought = referrals_made(trail).rename(columns={"referee": "customer"})
    return together(first_orders(trail, units, of), joined(units[units["referred"] > 0], brought, "Referrals"))


def referrals(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The referral, and the first purchase of who was referred."""
    found = units[["unit", "row"]].assign(sheet="Referrals")[FOUND]
    if "orders" not in trail.looking.situation.ready:
        return found
    situation = trail.looking.situation
    parts = collect(situation.ready.once(purchases, situation.settings))[["customer", "day", "part"]]
    won = units[units["succeeded"].astype(bool)]
    won = won.assign(customer=won["referee"], day=won["first"])
    return together(found, trail.lines(won[["unit", "customer", "day"]].merge(parts, on=["customer", "day"])))


def attempts(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The attempt, and the purchases in its window."""
    found = units[["unit", "row"]].assign(sheet="SaveAttempts")[FOUND]
    situation = trail.looking.situation
    parts = collect(situation.ready.once(purchases, situation.settings))
    parts = parts[["customer", "day", "part"]].rename(columns={"day": "on"})
    pairs = units[["unit", "customer", "day"]].merge(parts, on="customer")
    window = (pairs["on"] >= pairs["day"]) & (pairs["on"] <= pairs["day"] + situation.settings.save_window_days)
    return together(found, trail.lines(pairs[window]))


def intended(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The answer, and the purchase that followed."""
    found = units[["unit", "row"]].assign(sheet="SurveyResponses")[FOUND]
    if "orders" not in trail.looking.situation.ready:
        return found
    situation = trail.looking.situation
    parts = collect(situation.ready.once(purchases, situation.settings))[["customer", "day", "part"]]
    pairs = units[units["wait"] < NEVER].assign(day=lambda rows: rows["day"] + rows["wait"])
    return together(found, trail.lines(pairs[["unit", "customer", "day"]].merge(parts, on=["customer", "day"])))


def wallets(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The wallet, and the orders of its period where these say what was spent with us."""
    found = units[["unit", "row"]].assign(sheet="ShareOfWallet")[FOUND]
    if "orders" not in trail.looking.situation.ready:
        return found
    situation = trail.looking.situation
    parts = collect(situation.ready.once(money, situation.settings))[["customer", "month", "part"]]
    pairs = units.loc[units["own_given"] == 0, ["unit", "customer", "first", "final"]].merge(parts, on="customer")
    return together(found, trail.lines(pairs[(pairs["month"] >= pairs["first"]) & (pairs["month"] <= pairs["final"])]))


def referrals_made(trail: Trail) -> pd.DataFrame:
    """Referrals that count."""
    ready = trail.looking.situation.ready
    if "referrals" not in ready:
        return pd.DataFrame({"referrer": [], "referee": [], "month": [], "row": []}, dtype=np.int64)
    rows = collect(ready["referrals"])
    return rows[rows["counted"] == 1]


def referrers(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """Referrals that a customer made in the turn."""
    made = in_turn(trail, trail.inside(referrals_made(trail))).rename(columns={"referrer": "customer"})
    return joined(units, made, "Referrals")


def recommended(trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
    """The answer, and the referrals of who gave it in the 12 months before the end of the turn."""
    found = units[["unit", "row"]].assign(sheet="SurveyResponses")[FOUND]
    made = within_a_year(trail, referrals_made(trail))
    return together(found, joined(_known(units), made.rename(columns={"referrer": "customer"}), "Referrals"))


def _known(units: pd.DataFrame) -> pd.DataFrame:
    return units[units["customer"] != ANONYMOUS]
