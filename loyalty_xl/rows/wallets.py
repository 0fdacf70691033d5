"""Rows from shares of wallet: customers asked for exactly the months of a turn, with what they spent with us."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.customers import customer_months, place_of
from loyalty_xl.rows.orders import ORDER_SETTINGS, PLACED, money
from loyalty_xl.rows.ready import ANONYMOUS, Frame, Ready, segmented, when

DIMS = ("all", "region", "tier", "channel")


def own_spend(ready: Ready, settings: Any) -> Frame:
    """Wallets with what was spent with us: as it was said, else by the orders of the wallet's period."""
    rows = ready["wallets"]
    if "orders" not in ready:
        return rows.with_columns(nw.col("own_given").alias("own_known"))
    spent = ready.once(money, settings).filter(nw.col("customer") != ANONYMOUS)
    spent = spent.group_by("customer", "month").agg(nw.col("amount").sum())
    inside = rows.select("wallet", "customer", "first", "final").join(spent, on="customer", how="inner")
    inside = inside.filter((nw.col("month") >= nw.col("first")) & (nw.col("month") <= nw.col("final")))
    ordered = inside.group_by("wallet").agg(nw.col("amount").sum().alias("ordered"))
    rows = rows.join(ordered, on="wallet", how="left").with_columns(nw.col("ordered").fill_null(0.0))
    return rows.with_columns(
        when(nw.col("own_given") > 0, nw.col("own"), nw.col("ordered")).alias("own"),
        nw.lit(1).cast(nw.Int64).alias("own_known"),
    )


def wallets(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Customers whose wallet is of the turn's own months, and whether they are in the base at its end."""
    span = turns.filter(nw.col("wave") < 0).select("turn", "first_of_turn", "last")
    span = span.rename({"first_of_turn": "first", "last": "final"})
    rows = segmented(ready.once(own_spend, settings), dims).join(span, on=["first", "final"], how="inner")
    known = (nw.col("category_given") > 0) & (nw.col("own_known") > 0)
    rows = rows.with_columns(known.alias("known"))
    if "orders" not in ready:
        return rows.with_columns(nw.lit(0.0).alias("in_base"))
    grid = ready.once(customer_months, settings, dims).select("cell", "base")
    rows = rows.with_columns(place_of(ready, "final").alias("cell")).join(grid, on="cell", how="left")
    return rows.with_columns(nw.col("base").fill_null(0.0).alias("in_base"))


WALLETS = Rows(
    "wallets",
    "wallets",
    ("ShareOfWallet", "Orders"),
    {
        "known": ("ShareOfWallet.category_spend",),
        "own": ("ShareOfWallet.own_spend",),
        "category": ("ShareOfWallet.category_spend",),
        "in_base": (),
    },
    ("ShareOfWallet.customer_id", "ShareOfWallet.period", *PLACED, "Orders.customer_id"),
    dated=False,
    dims=DIMS,
    settings=(*ORDER_SETTINGS, "churn_window_days"),
    build=wallets,
)
