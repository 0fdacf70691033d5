"""Who stayed, who left, who came back."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.customers import CUSTOMER_TURNS
from loyalty_xl.rows.orders import FIRST_PURCHASES
from loyalty_xl.rows.ready import each, when
from loyalty_xl.rows.retention import BASE_SCORES, LAST_ATTEMPTS

kept = measure("kept", CUSTOMER_TURNS, lambda row, _: row.in_base_at_start & row.in_base_at_end)
lost = measure("lost", CUSTOMER_TURNS, lambda row, _: row.in_base_at_start & ~row.in_base_at_end)
bought_again = measure("bought_again", CUSTOMER_TURNS, lambda row, _: row.in_base_at_start & (row.bought > 0))
new_in_base = measure("new_in_base", CUSTOMER_TURNS, lambda row, _: row.is_new & row.in_base_at_end)
reactivated = measure(
    "reactivated", CUSTOMER_TURNS, lambda row, _: ~row.is_new & ~row.in_base_at_start & row.in_base_at_end
)

matured_year = measure(
    "matured_year", FIRST_PURCHASES, lambda row, setting: row.observed > setting.new_customer_year_days
)
retained_year = measure(
    "retained_year",
    FIRST_PURCHASES,
    lambda row, setting: (row.observed > setting.new_customer_year_days) & (row.wait <= setting.new_customer_year_days),
)
matured_watch = measure(
    "matured_watch", FIRST_PURCHASES, lambda row, setting: row.observed > setting.new_customer_window_days
)
retained_watch = measure(
    "retained_watch",
    FIRST_PURCHASES,
    lambda row, setting: (
        (row.observed > setting.new_customer_window_days) & (row.wait <= setting.new_customer_window_days)
    ),
)

lost_before = measure("lost_before", CUSTOMER_TURNS, lambda row, _: ~row.is_new & ~row.in_base_at_start)
came_back = measure("came_back", CUSTOMER_TURNS, lambda row, _: ~row.is_new & ~row.in_base_at_start & (row.bought > 0))

scored_customers = measure("scored_customers", BASE_SCORES, lambda row, _: row.is_scored)
at_risk = measure("at_risk", BASE_SCORES, lambda row, _: row.high)
value_at_risk = measure("value_at_risk", BASE_SCORES, lambda row, _: when(row.high > 0, row.value))

contacted_customers = measure("contacted_customers", LAST_ATTEMPTS, lambda _row, _: each())
judged_customers = measure("judged_customers", LAST_ATTEMPTS, lambda row, _: row.is_over)
saved_customers = measure("saved_customers", LAST_ATTEMPTS, lambda row, _: when(row.is_over > 0, row.is_saved))
