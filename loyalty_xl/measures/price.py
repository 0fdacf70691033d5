"""How customers take prices."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.price_changes import RISES
from loyalty_xl.rows.prices import DEMAND
from loyalty_xl.rows.ready import each

price_slope = measure("price_slope", DEMAND, lambda row, _: row.slope)
price_slope_error = measure("price_slope_error", DEMAND, lambda row, _: row.error)
price_slope_freedom = measure("price_slope_freedom", DEMAND, lambda row, _: row.freedom)
demand_rows = measure("demand_rows", DEMAND, lambda row, _: row.rows)
identified_slopes = measure("identified_slopes", DEMAND, lambda row, _: row.identified)
bridged_rows = measure("bridged_rows", DEMAND, lambda row, _: row.filled)

buyers_before_rise = measure("buyers_before_rise", RISES, lambda _row, _: each())
kept_after_rise = measure("kept_after_rise", RISES, lambda row, _: row.kept)
compared_buyers = measure("compared_buyers", RISES, lambda row, _: row.compared)
compared_kept = measure("compared_kept", RISES, lambda row, _: row.kept * row.compared)
expected_kept = measure("expected_kept", RISES, lambda row, _: row.expected)
uncompared_buyers = measure("uncompared_buyers", RISES, lambda row, _: 1.0 - row.compared)
expected_noise = measure("expected_noise", RISES, lambda row, _: row.noise)
