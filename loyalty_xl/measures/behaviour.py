"""What customers did: purchases, money, base."""

from __future__ import annotations

import numpy as np

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.customers import CUSTOMER_TURNS
from loyalty_xl.rows.orders import FIRST_PURCHASES, OCCASIONS, REVENUE
from loyalty_xl.rows.ready import each, when


def trimmed_mean(values: np.ndarray) -> float:
    """Mean without the lowest and the highest 5 % (rounded down to whole values on each side)."""
    cut = int(0.05 * len(values))
    return float(np.sort(values)[cut : len(values) - cut].mean())


revenue = measure("revenue", REVENUE, lambda row, _: row.amount)
known_revenue = measure("known_revenue", REVENUE, lambda row, _: when(row.known, row.amount))
anonymous_revenue = measure("anonymous_revenue", REVENUE, lambda row, _: when(row.known, 0.0, row.amount))

occasions = measure("occasions", OCCASIONS, lambda _row, _: each())
gaps = measure("gaps", OCCASIONS, lambda row, _: ~row.gap.is_null())
gap_days = measure("gap_days", OCCASIONS, lambda row, _: row.gap)
gap_days_squared = measure("gap_days_squared", OCCASIONS, lambda row, _: row.gap * row.gap)

active_customers = measure("active_customers", CUSTOMER_TURNS, lambda row, _: row.active)
repeat_customers = measure("repeat_customers", CUSTOMER_TURNS, lambda row, _: row.bought >= 2)
returning_customers = measure("returning_customers", CUSTOMER_TURNS, lambda row, _: (row.bought > 0) & ~row.is_new)
buyers_to_date = measure("buyers_to_date", CUSTOMER_TURNS, lambda row, _: row.bought_to_date >= 1)
repeat_buyers_to_date = measure("repeat_buyers_to_date", CUSTOMER_TURNS, lambda row, _: row.bought_to_date >= 2)
buyers_with_next_over = measure(
    "buyers_with_next_over", CUSTOMER_TURNS, lambda row, _: when(row.active > 0, row.next_is_over)
)
buying_again_next = measure(
    "buying_again_next", CUSTOMER_TURNS, lambda row, _: when((row.active > 0) & row.buys_next, row.next_is_over)
)

purchases = measure("purchases", CUSTOMER_TURNS, lambda row, _: row.bought)
purchases_squared = measure("purchases_squared", CUSTOMER_TURNS, lambda row, _: row.bought * row.bought)
spend_of_active = measure("spend_of_active", CUSTOMER_TURNS, lambda row, _: row.spend_in_turn)
spend_of_active_squared = measure(
    "spend_of_active_squared", CUSTOMER_TURNS, lambda row, _: row.spend_in_turn * row.spend_in_turn
)
middle_spend = measure(
    "middle_spend", CUSTOMER_TURNS, lambda row, _: when(row.active > 0, row.spend_in_turn, None), statistic=np.median
)
trimmed_spend = measure(
    "trimmed_spend",
    CUSTOMER_TURNS,
    lambda row, _: when(row.active > 0, row.spend_in_turn, None),
    statistic=trimmed_mean,
)
usual_spenders = measure("usual_spenders", CUSTOMER_TURNS, lambda row, _: row.has_usual & (row.usual_spend > 0.005))
declining_spenders = measure(
    "declining_spenders",
    CUSTOMER_TURNS,
    lambda row, setting: (
        row.has_usual & (row.usual_spend > 0.005) & (row.net_spend < (1 - setting.decline_share) * row.usual_spend)
    ),
)

base_at_start = measure("base_at_start", CUSTOMER_TURNS, lambda row, _: row.in_base_at_start)
base_at_end = measure("base_at_end", CUSTOMER_TURNS, lambda row, _: row.in_base_at_end)
new_customers = measure("new_customers", FIRST_PURCHASES, lambda _row, _: each())
