"""Who stayed, who left, who came back."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.customers import CUSTOMER_TURNS
from loyalty_xl.rows.orders import FIRST_PURCHASES

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
