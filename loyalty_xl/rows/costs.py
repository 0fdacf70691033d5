"""Rows from campaigns and sales costs: money by the month whose days it covers."""

from __future__ import annotations

from typing import Any

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import Frame, Ready, segmented


def costs(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Costs, spread evenly over the days they cover."""
    return segmented(ready["costs"], dims)


COSTS = Rows(
    "costs",
    "costs",
    ("Campaigns", "SalesCosts"),
    {"cost": ("Campaigns.cost", "SalesCosts.cost"), "cost_type": ("Campaigns.cost_type", "SalesCosts.cost_type")},
    (),
    dims=("all", "region"),
    build=costs,
)
