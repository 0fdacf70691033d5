"""Rows from the money of new customers: what those won in a turn brought in it, and for how many months."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.orders import DIMS, ORDER_SETTINGS, PLACED, first_purchases, money
from loyalty_xl.rows.ready import ANONYMOUS, Frame, Ready, segmented


def first_months(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """Customers and margin by month of the first purchase and month of the money."""
    first = ready.once(first_purchases, settings, dims).select("segment", "customer", "month")
    first = first.rename({"month": "first_month"})
    spent = segmented(ready.once(money, settings), dims).filter(nw.col("customer") != ANONYMOUS)
    paid = spent.join(first, on=["segment", "customer"], how="inner")
    paid = paid.group_by("segment", "first_month", "month").agg(nw.col("margin").sum())
    won = first.group_by("segment", "first_month").agg(nw.len().alias("won"))
    names = ("segment", "first_month", "month", "margin", "won")
    paid = paid.with_columns(nw.lit(0.0).alias("won")).select(*names)
    won = won.with_columns(
        nw.col("first_month").alias("month"), nw.lit(0.0).alias("margin"), nw.col("won").cast(nw.Float64)
    ).select(*names)
    return nw.concat([paid, won], how="vertical")


def newcomers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """The part of it that lies in each turn: of customers won there, up to its end."""
    rows = ready.once(first_months, settings, dims)
    span = turns.filter(nw.col("wave") < 0).select("turn", "first_of_turn", "last")
    pairs = rows.select("first_month", "month").unique().join(span, how="cross")
    inside = (nw.col("first_month") >= nw.col("first_of_turn")) & (nw.col("month") >= nw.col("first_of_turn"))
    pairs = pairs.filter(inside & (nw.col("month") <= nw.col("last")) & (nw.col("first_month") <= nw.col("last")))
    rows = rows.join(pairs, on=["first_month", "month"], how="inner")
    months = nw.col("won") * (nw.col("last") - nw.col("first_month") + 1)
    return rows.with_columns(months.alias("months_since"))


NEWCOMERS = Rows(
    "newcomers",
    "orders",
    ("Orders",),
    {"margin": ("Orders.amount", "Orders.product_id"), "months_since": ()},
    (*PLACED, "Orders.customer_id"),
    dated=False,
    dims=DIMS,
    settings=ORDER_SETTINGS,
    build=newcomers,
)
