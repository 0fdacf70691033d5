"""What winning customers cost."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.costs import COSTS
from loyalty_xl.rows.ready import when

acquisition_cost = measure(
    "acquisition_cost",
    COSTS,
    lambda row, setting: when((row.cost_type == "acquisition") | (setting.cac_scope == "all"), row.cost),
    lag_setting="cac_lag_cycles",
)
