"""Rows from complaints: received, closed, and the customers who complained."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Frame, Ready, segmented, when

DIMS = ("all", "region", "product_type", "tier", "channel")


def received(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Complaints in the month they were received."""
    rows = segmented(ready["complaints"], dims)
    days = when(nw.col("closed") < NEVER, nw.col("closed") - nw.col("day"), None).cast(nw.Float64)
    return rows.with_columns((nw.col("closed") < NEVER).alias("is_closed"), days.alias("days"))


def closed(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Complaints in the month they were closed, with the customer's rating of the handling."""
    rows = ready["complaints"].filter(nw.col("closed") < NEVER).drop("month").rename({"closed_month": "month"})
    return segmented(rows, dims)


def complainers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:  # noqa: ARG001
    """Known customers with at least one complaint in each turn."""
    rows = segmented(ready["complaints"].filter(nw.col("customer") != ANONYMOUS), dims)
    span = turns.filter(nw.col("wave") < 0).select("turn", "first_of_turn", "last")
    pairs = rows.select("month").unique().join(span, how="cross")
    pairs = pairs.filter((nw.col("month") >= nw.col("first_of_turn")) & (nw.col("month") <= nw.col("last"))).select(
        "turn", "month"
    )
    rows = rows.join(pairs, on="month", how="inner")
    return rows.group_by("turn", "segment", "customer").agg(nw.len().alias("complaints"))


COMPLAINTS = Rows(
    "complaints",
    "complaints",
    ("Complaints",),
    {
        "is_closed": ("Complaints.status", "Complaints.closed_on"),
        "days": ("Complaints.closed_on",),
        "response_minutes": ("Complaints.first_response_on",),
        "classified": ("Complaints.class_l1", "Complaints.class_l2"),
    },
    ("Complaints.received_on",),
    dims=DIMS,
    build=received,
)
CLOSED_COMPLAINTS = Rows(
    "closed_complaints",
    "complaints",
    ("Complaints",),
    {"satisfaction": ("Complaints.satisfaction",), "satisfaction_high": ("Complaints.satisfaction_scale",)},
    ("Complaints.received_on", "Complaints.closed_on"),
    dims=DIMS,
    build=closed,
)
COMPLAINERS = Rows(
    "complainers",
    "complaints",
    ("Complaints",),
    {"complaints": ("Complaints.customer_id",)},
    ("Complaints.received_on",),
    dated=False,
    dims=DIMS,
    build=complainers,
)
