"""Rows of how service is judged: first responses, contacts solved at once, raters, checks of agents."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import Frame, Ready, segmented, when
from loyalty_xl.rows.service import DIMS, received


def raters(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Customers who rated the service: one row each, its dimensions weighted by importance where the rater gave it, else alike.

    Ratings of experts are left out. Weights are taken as shares of their sum, over the dimensions that were rated.
    """
    rows = ready["service_ratings"].filter(nw.col("expert") == 0)
    paths = [dim for dim in dims if dim != "all"]
    weighed = nw.col("weight").fill_null(0.0)
    all_weighed = nw.col("weight").is_null().max().over("rater") == False  # noqa: E712 - an expression
    weight = when(all_weighed & (weighed.sum().over("rater") > 0), weighed, 1.0)
    rows = rows.with_columns(weight.alias("weight"))
    paired = when(nw.col("gap").is_null(), 0.0, nw.col("weight"))
    rows = rows.with_columns(
        (nw.col("weight") * nw.col("perception")).alias("weighted"),
        (paired * nw.col("gap").fill_null(0.0)).alias("weighted_gap"),
        paired.alias("gap_weight"),
    )
    keys = ["rater", "month", "scale", *paths]
    rows = rows.group_by(*keys).agg(
        nw.col("weighted").sum(), nw.col("weight").sum(), nw.col("weighted_gap").sum(), nw.col("gap_weight").sum()
    )
    rows = rows.with_columns(
        (nw.col("weighted") / nw.col("weight")).alias("quality"),
        when(
            nw.col("gap_weight") > 0,
            nw.col("weighted_gap") / when(nw.col("gap_weight") > 0, nw.col("gap_weight"), 1.0),
            None,
        )
        .cast(nw.Float64)
        .alias("gap"),
    )
    return segmented(rows.select(*keys, "quality", "gap"), dims)


def audits(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Checks of how information was collected."""
    return segmented(ready["audits"], dims)


def contacts_solved(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Service contacts of which it was noted whether they solved the matter at once."""
    return segmented(ready["contacts_solved"], dims)


FIRST_RESPONSES = Rows(
    "first_responses",
    "complaints",
    ("Complaints",),
    {"response_minutes": ("Complaints.first_response_on",)},
    ("Complaints.received_on",),
    dims=DIMS,
    settings=("business_hours",),
    build=received,
)
CONTACTS_SOLVED = Rows(
    "contacts_solved",
    "contacts_solved",
    ("Interactions",),
    {"at_first_contact": ("Interactions.first_contact_resolved", "Interactions.purpose")},
    ("Interactions.on",),
    dims=("all", "region", "tier", "channel"),
    build=contacts_solved,
)
RATERS = Rows(
    "raters",
    "service_ratings",
    ("ServiceRatings",),
    {
        "quality": ("ServiceRatings.perception", "ServiceRatings.weight"),
        "gap": ("ServiceRatings.perception", "ServiceRatings.expectation", "ServiceRatings.weight"),
        "scale": ("ServiceRatings.scale",),
    },
    ("ServiceRatings.on", "ServiceRatings.rater_type", "ServiceRatings.dimension"),
    dims=("all", "region", "tier"),
    build=raters,
)
AUDITS = Rows(
    "audits",
    "audits",
    ("CollectionAudit",),
    {"compliant": ("CollectionAudit.compliant",)},
    ("CollectionAudit.on",),
    build=audits,
)
