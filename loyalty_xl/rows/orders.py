"""Rows from orders: money, occasions, first purchases.

An occasion is what counts as one purchase (G13); which orders count at all is G11: how cancellations, refunds and zero-value orders are treated.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Frame, Ready, segmented, when

BOUGHT = ("sale", "service")
DIMS = ("all", "region", "product_type", "tier", "channel")
ORDER_SETTINGS = ("cancellations", "zero_value_orders", "refund_basis", "count_fully_refunded", "occasion_unit")


def money(ready: Ready, settings: Any) -> Frame:
    """Order parts whose money counts, each in the month that `refund_basis` gives it."""
    parts = ready["orders"]
    if settings.cancellations == "drop":
        return parts.filter(nw.col("kind").is_in(BOUGHT))
    if settings.cancellations == "net" and settings.refund_basis == "original_order":
        origin = (
            parts.filter(nw.col("kind").is_in(BOUGHT))
            .group_by("order")
            .agg(nw.col("day").min().alias("origin_day"), nw.col("month").min().alias("origin_month"))
        )
        origin = origin.rename({"order": "original"})
        parts = parts.join(origin, on="original", how="left")
        moved = ~nw.col("origin_day").is_null()
        parts = parts.with_columns(
            when(moved, nw.col("origin_day"), nw.col("day")).alias("day"),
            when(moved, nw.col("origin_month"), nw.col("month")).alias("month"),
        )
        parts = parts.with_columns(nw.col("day").cast(nw.Int64), nw.col("month").cast(nw.Int64)).drop(
            "origin_day", "origin_month"
        )
    return parts


def purchases(ready: Ready, settings: Any) -> Frame:
    """Order parts that are purchases: of orders that count as occasions."""
    parts = ready["orders"]
    sold = parts if settings.cancellations == "keep" else parts.filter(nw.col("kind").is_in(BOUGHT))
    totals = sold.group_by("order").agg(nw.col("amount").sum().alias("sold"))
    if settings.cancellations == "net" and not settings.count_fully_refunded:
        back = (
            parts.filter(~nw.col("kind").is_in(BOUGHT), nw.col("original") >= 0)
            .group_by("original")
            .agg(nw.col("amount").sum().alias("back"))
        )
        totals = totals.join(back.rename({"original": "order"}), on="order", how="left").with_columns(
            nw.col("back").fill_null(0.0)
        )
        totals = totals.filter((nw.col("sold") <= 0) | (nw.col("sold") + nw.col("back") > 0.005))
    if settings.zero_value_orders == "ignore":
        totals = totals.filter(nw.col("sold").abs() > 1e-9)
    sold = sold.join(totals.select("order"), on="order", how="inner")
    if settings.occasion_unit == "day":
        day = nw.col("customer") * 1_000_000 + nw.col("day")
        return sold.with_columns(
            when(nw.col("customer") == ANONYMOUS, -1 - nw.col("order"), day).cast(nw.Int64).alias("occasion")
        )
    return sold.with_columns(nw.col("order").alias("occasion"))


def occasions(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """One row per occasion and segment value, with the days since that customer's previous one there."""
    rows = (
        segmented(ready.once(purchases, settings), dims)
        .group_by("segment", "customer", "occasion")
        .agg(nw.col("day").min(), nw.col("month").min(), nw.col("amount").sum(), nw.col("expiry").max())
    )
    before = nw.col("day").shift(1).over("segment", "customer", order_by=["day", "occasion"])
    rows = rows.with_columns((nw.col("customer") != ANONYMOUS).alias("known"), before.alias("before"))
    return rows.with_columns(
        when(nw.col("known"), nw.col("day") - nw.col("before"), None).cast(nw.Float64).alias("gap")
    ).drop("before")


def revenue(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """Money by order part, cancellations and refunds as the settings treat them."""
    rows = segmented(ready.once(money, settings), dims)
    return rows.with_columns((nw.col("customer") != ANONYMOUS).alias("known"))


def first_purchases(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """One row per customer and segment value, in the month of the first purchase, with the day of the next one on a later day."""
    rows = ready.once(occasions, settings, dims).filter(nw.col("known"))
    first = rows.group_by("segment", "customer").agg(nw.col("day").min().alias("first"), nw.col("month").min())
    later = rows.select("segment", "customer", "day").join(
        first.select("segment", "customer", "first"), on=["segment", "customer"], how="inner"
    )
    second = (
        later.filter(nw.col("day") > nw.col("first"))
        .group_by("segment", "customer")
        .agg(nw.col("day").min().alias("second"))
    )
    rows = first.join(second, on=["segment", "customer"], how="left").with_columns(nw.col("second").fill_null(NEVER))
    return rows.with_columns(
        (nw.lit(ready.as_of) - nw.col("first")).alias("observed"), (nw.col("second") - nw.col("first")).alias("wait")
    )


PLACED = ("Orders.order_date", "Orders.amount")

OCCASIONS = Rows(
    "occasions",
    "orders",
    ("Orders",),
    {"known": ("Orders.customer_id",), "amount": ("Orders.amount",), "gap": ("Orders.customer_id",)},
    PLACED,
    dims=DIMS,
    settings=ORDER_SETTINGS,
    build=occasions,
)
REVENUE = Rows(
    "revenue",
    "orders",
    ("Orders",),
    {
        "known": ("Orders.customer_id",),
        "amount": ("Orders.amount",),
        "margin": ("Orders.amount", "Orders.product_id"),
    },
    PLACED,
    dims=DIMS,
    settings=ORDER_SETTINGS,
    build=revenue,
)
FIRST_PURCHASES = Rows(
    "first_purchases",
    "orders",
    ("Orders",),
    {"observed": (), "wait": ()},
    (*PLACED, "Orders.customer_id"),
    dims=DIMS,
    settings=ORDER_SETTINGS,
    build=first_purchases,
)
