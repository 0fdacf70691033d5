"""The whole catalogue: importing the shelves registers what stands on them, and then what installed packages add.

A package adds KPIs by an entry point of the group `loyalty_xl.kpis` that names a module; importing it registers them.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from loyalty_xl import catalogue, kpis, studies

SHELVES = (kpis, studies)
GROUP = "loyalty_xl.kpis"
FAULTS: list[tuple[str, str]] = []  # extension that could not be loaded, and why


def _extend() -> None:
    """Load what installed packages add; a faulty one leaves nothing behind and is told with the findings."""
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        shelves: tuple[dict[str, Any], ...] = (
            catalogue.ROWS,
            catalogue.MEASURES,
            catalogue.KPIS,
            catalogue.LISTINGS,
        )
        before = [dict(each) for each in shelves]
        try:
            point.load()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the scorecard goes on without it
            FAULTS.append((point.name, f"{type(error).__name__}: {error}"))
            for shelf, kept in zip(shelves, before, strict=True):
                shelf.clear()
                shelf.update(kept)


def load() -> dict[str, catalogue.Kpi]:
    """Give all KPIs by key; listings stand in `catalogue.LISTINGS`."""
    return catalogue.KPIS


_extend()
