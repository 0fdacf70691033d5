"""What winning customers cost, and what customers bring."""

from __future__ import annotations

from typing import Any

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.costs import COSTS
from loyalty_xl.rows.customers import CUSTOMER_TURNS
from loyalty_xl.rows.newcomers import NEWCOMERS
from loyalty_xl.rows.orders import REVENUE
from loyalty_xl.rows.ready import when

SOMETHING = 0.005  # less than a cent is nothing
YEAR_DAYS = 365.25
ENOUGH_DAYS = 90  # a customer known for less is not scaled up to a year

acquisition_cost = measure(
    "acquisition_cost",
    COSTS,
    lambda row, setting: when((row.cost_type == "acquisition") | (setting.cac_scope == "all"), row.cost),
    lag_setting="cac_lag_cycles",
)


def _tenured(row: Any) -> Any:
    return (row.bought_to_date >= 1) & (row.days_known >= ENOUGH_DAYS)


tenured_customers = measure("tenured_customers", CUSTOMER_TURNS, lambda row, _: _tenured(row))
tenured_spend = measure("tenured_spend", CUSTOMER_TURNS, lambda row, _: when(_tenured(row), row.spend_to_date))
tenured_years = measure(
    "tenured_years", CUSTOMER_TURNS, lambda row, _: when(_tenured(row), row.days_related / YEAR_DAYS)
)
known_margin = measure("known_margin", REVENUE, lambda row, _: when(row.known, row.margin))
new_margin = measure("new_margin", NEWCOMERS, lambda row, _: row.margin)
new_customer_months = measure("new_customer_months", NEWCOMERS, lambda row, _: row.months_since)


def _before(row: Any, value: Any) -> Any:
    """Give *value* for customers who brought something in the previous period."""
    return when(row.previous_spend > SOMETHING, value)


def _kept(row: Any) -> Any:
    return when(row.net_spend < row.previous_spend, row.net_spend, row.previous_spend)


previous_payers = measure("previous_payers", CUSTOMER_TURNS, lambda row, _: row.previous_spend > SOMETHING)
previous_revenue = measure("previous_revenue", CUSTOMER_TURNS, lambda row, _: _before(row, row.previous_spend))
kept_revenue = measure("kept_revenue", CUSTOMER_TURNS, lambda row, _: _before(row, _kept(row)))
retained_revenue = measure("retained_revenue", CUSTOMER_TURNS, lambda row, _: _before(row, row.net_spend))
previous_squares = measure(
    "previous_squares", CUSTOMER_TURNS, lambda row, _: _before(row, row.previous_spend * row.previous_spend)
)
kept_squares = measure("kept_squares", CUSTOMER_TURNS, lambda row, _: _before(row, _kept(row) * _kept(row)))
kept_products = measure("kept_products", CUSTOMER_TURNS, lambda row, _: _before(row, _kept(row) * row.previous_spend))
retained_squares = measure(
    "retained_squares", CUSTOMER_TURNS, lambda row, _: _before(row, row.net_spend * row.net_spend)
)
retained_products = measure(
    "retained_products", CUSTOMER_TURNS, lambda row, _: _before(row, row.net_spend * row.previous_spend)
)
