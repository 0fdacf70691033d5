"""The whole catalogue: importing the shelves registers what stands on them."""

from __future__ import annotations

from loyalty_xl import catalogue, kpis, studies

SHELVES = (kpis, studies)


def load() -> dict[str, catalogue.Kpi]:
    """Give all KPIs by key; listings stand in `catalogue.LISTINGS`."""
    return catalogue.KPIS
