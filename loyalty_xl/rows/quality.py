"""Rows about the sheets themselves: how many rows and cells came, by sheet and month, before anything was left out."""

from __future__ import annotations

from typing import Any

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import Frame, Ready, segmented


def deliveries(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Counts by sheet and month."""
    return segmented(ready["deliveries"], dims)


DELIVERED = Rows(
    "deliveries",
    "deliveries",
    (),
    dict.fromkeys(("rows", "required_cells", "filled_cells", "passing", "distinct", "imputed"), ()),
    dims=("all",),
    build=deliveries,
)
