"""Tables of value: what customers cost by channel, and how revenue moved from period to period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.orders import first_purchases, money
from loyalty_xl.rows.ready import ANONYMOUS, Ready, collect
from loyalty_xl.vocabulary import ALL, UNASSIGNED, Dimension, Period

if TYPE_CHECKING:
    from loyalty_xl.settings import Settings

SOMETHING = 0.005  # less than a cent is nothing


@listing(
    "cac_by_channel",
    "V2",
    zh="分渠道获客成本",
    en="Acquisition cost by channel",
    dimension=Dimension.VALUE,
    sheets=("Campaigns", "SalesCosts", "Orders"),
    frames=("costs", "orders"),
    columns=("period", "channel", "cost", "new_customers", "cac"),
    owner="sales",
    says="各渠道活动的费用和归因新客数;没有归因的费用和新客单列一行,最后一行为合计。",
)
def cac_by_channel(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Acquisition cost of each period by the channel of the campaigns that name the customers they won.

    Cost and attributed customers of a campaign are spread evenly over its days. What no campaign claims stands in a line of its own:
    sales costs, campaigns without attribution, and the new customers left over (negative where more were claimed than came).
    The last line is the whole, as in `cac`. Scope and lag as there.

    References
    ----------
    Source S4. A channel's own CAC rests on the attribution it was given.
    """
    costs = collect(ready["costs"])
    if settings.cac_scope != "all":
        costs = costs[costs["cost_type"] == "acquisition"]
    first = collect(ready.once(first_purchases, settings, ("all",)))["month"].to_numpy()
    rows = []
    for period in periods:
        lag = settings.cac_lag_cycles * period.months
        here = costs[(costs["month"] >= period.first - lag) & (costs["month"] < period.stop - lag)]
        new = int(((first >= period.first) & (first < period.stop)).sum())
        if here.empty:
            continue
        claimed = here[here["attributed"] == 1]
        channels = claimed.groupby("by_channel")[["cost", "won"]].sum().sort_index()
        lines = [(str(name), float(cost), float(won)) for name, cost, won in channels.itertuples()]
        rest = float(here["cost"].sum()) - sum(cost for _, cost, _ in lines)
        lines.append((UNASSIGNED, rest, new - sum(won for _, _, won in lines)))
        lines.append((ALL, float(here["cost"].sum()), float(new)))
        rows += [
            {
                "period": period.label,
                "channel": name,
                "cost": round(cost, 6),
                "new_customers": round(won, 6),
                "cac": cost / won if won > SOMETHING and name != UNASSIGNED else None,
            }
            for name, cost, won in lines
        ]
    return rows


@listing(
    "revenue_bridge",
    "R12",
    zh="收入变动桥",
    en="Revenue bridge",
    dimension=Dimension.RETENTION,
    sheets=("Orders",),
    columns=(
        "period",
        "previous_revenue",
        "lost_revenue",
        "shrunk_revenue",
        "grown_revenue",
        "other_revenue",
        "revenue",
        "previous_customers",
        "excluded_customers",
    ),
    owner="analytics",
    says="上期收入 − 流失 − 减少 + 增加 + 新客与回归客户 = 本期收入(均为有客户编号的订单)。",
)
def revenue_bridge(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """How the revenue of known customers moved from one period to the next.

    Previous revenue is that of customers with more than 0; lost: of those who brought nothing or less now; shrunk and grown: of those
    who brought less or more; other: from customers without previous revenue (new, returned, or excluded because theirs was 0 or
    negative). previous - lost - shrunk + grown + other = revenue.

    References
    ----------
    Practice of subscription businesses; the parts of gross and net revenue retention.
    """
    spent = ready.once(money, settings).filter(nw.col("customer") != ANONYMOUS)
    found = collect(spent.group_by("customer", "month").agg(nw.col("amount").sum()))
    begins = int(found["month"].min()) if len(found) else 0
    starts = np.array([period.first for period in periods])
    found = found[(found["month"] >= starts[0]) & (found["month"] < periods[-1].stop)] if len(periods) else found
    found["turn"] = np.searchsorted(starts, found["month"].to_numpy(), side="right") - 1
    by_turn = found.groupby(["customer", "turn"], as_index=False)["amount"].sum()
    before = by_turn.assign(turn=by_turn["turn"] + 1).rename(columns={"amount": "before"})
    both = by_turn.merge(before, on=["customer", "turn"], how="outer")
    now, then = both["amount"].fillna(0.0).to_numpy(), both["before"].fillna(0.0).to_numpy()
    turn, paid = both["turn"].to_numpy(), then > SOMETHING
    stays = paid & (now > SOMETHING)
    parts = {
        "previous_revenue": np.where(paid, then, 0.0),
        "lost_revenue": np.where(paid & ~stays, then - now, 0.0),
        "shrunk_revenue": np.where(stays & (now < then), then - now, 0.0),
        "grown_revenue": np.where(stays & (now > then), now - then, 0.0),
        "other_revenue": np.where(paid, 0.0, now),
        "revenue": now,
        "previous_customers": paid.astype(float),
        "excluded_customers": (both["before"].notna().to_numpy() & ~paid).astype(float),
    }
    totals = {name: np.bincount(turn, weights=values, minlength=len(periods) + 1) for name, values in parts.items()}
    return [
        {"period": period.label}
        | {
            name: int(values[number]) if name.endswith("customers") else round(float(values[number]), 6)
            for name, values in totals.items()
        }
        for number, period in enumerate(periods)
        if number and periods[number - 1].first >= begins
    ]
