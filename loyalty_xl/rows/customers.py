"""Customer-turns: one row per customer, turn and segment value, with what the customer was and did there.

A turn is a period seen through a window. All windows are differences of running totals at month ends, so one grid of customer-months
serves every cycle, rolling window and year-to-date at once.
"""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.orders import DIMS, ORDER_SETTINGS, PLACED, money, occasions
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Frame, Ready, segmented, when

SPAN = 1 << 17  # months that fit between one customer and the next: up to the year 9999


def _cell(month: str) -> nw.Expr:
    """One integer for a customer in a segment and a month."""
    return nw.col("who") * SPAN + nw.col(month)


def place_of(ready: Ready, month: str) -> nw.Expr:
    """The cell of a row's customer and segment in a month, as `customer_months` numbers them."""
    return (nw.col("segment") * ready.customers + nw.col("customer")) * SPAN + nw.col(month)


def customer_months(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """Running totals of each customer at each month end, from the month of the first purchase on."""
    bought = ready.once(occasions, settings, dims).filter(nw.col("known"))
    who = (nw.col("segment") * ready.customers + nw.col("customer")).alias("who")
    bought = bought.with_columns(who).with_columns(_cell("month").alias("cell"))
    bought = bought.group_by("segment", "customer", "who", "month", "cell").agg(
        nw.len().alias("occasions"),
        nw.col("day").max().alias("latest"),
        nw.col("day").min().alias("earliest"),
        nw.col("expiry").max(),
    )
    spent = segmented(ready.once(money, settings), dims).filter(nw.col("customer") != ANONYMOUS)
    spent = spent.with_columns(who).with_columns(_cell("month").alias("cell"))
    by_cell = spent.group_by("cell").agg(nw.col("amount").sum().alias("spend"))
    first = bought.group_by("segment", "customer", "who").agg(
        nw.col("month").min().alias("first_month"), nw.col("earliest").min().alias("first")
    )
    begun = spent.group_by("who").agg(nw.col("month").min().alias("first_money"))
    first = first.join(begun, on="who", how="left").with_columns(nw.col("first_money").fill_null(NEVER))
    since = nw.min_horizontal(
        "first_month", "first_money"
    )  # money may come before the first purchase: a refund of older days
    grid = first.join(ready["months"], how="cross").filter(nw.col("month") >= since)
    grid = grid.with_columns(_cell("month").alias("cell"))
    grid = grid.join(bought.select("cell", "occasions", "latest", "expiry"), on="cell", how="left")
    grid = grid.join(by_cell, on="cell", how="left")
    grid = grid.with_columns(
        nw.col("occasions").fill_null(0),
        nw.col("spend").fill_null(0.0),
        nw.col("latest").fill_null(-NEVER),
        nw.col("expiry").fill_null(-NEVER),
    )
    grid = grid.with_columns(
        nw.col("occasions", "spend").cum_sum().over("who", order_by="month"),
        nw.col("latest", "expiry").cum_max().over("who", order_by="month"),
    )
    if "customers" in ready:
        known = ready["customers"].select("customer", "closed", "contract_end")
        grid = grid.join(known, on="customer", how="left").with_columns(
            nw.col("closed").fill_null(NEVER), nw.col("contract_end").fill_null(-NEVER)
        )
        closed = (nw.col("closed") < nw.col("boundary")) & (nw.col("latest") <= nw.col("closed"))
        until = when(nw.col("contract_end") > -NEVER, nw.col("contract_end") + 1, nw.col("expiry"))
        base = (until >= nw.col("boundary")) & ~closed
        until = when(closed, nw.min_horizontal(until, "closed"), until)
    else:
        until = nw.col("expiry")
        base = until >= nw.col("boundary")
    if "members" in ready:
        enrolled = ready["members"].select("customer", nw.lit(1.0).alias("member"))
        grid = grid.with_columns(when(base).alias("base"), until.alias("until"))
        grid = grid.join(enrolled, on="customer", how="left")
        base, until, member = nw.col("base") > 0, nw.col("until"), nw.col("member").fill_null(0.0)
    else:
        member = nw.lit(0.0)
    return grid.select(
        *("segment", "who", "cell", "month", "first_month", "first", "occasions", "spend", "boundary"),
        when(base).alias("base"),
        nw.min_horizontal(until, "boundary").alias("until"),
        member.alias("member"),
    )


def _looked_up(now: Frame, grid: Frame, at: str, kept: tuple[str, ...]) -> Frame:
    """Add the running totals *kept* of each customer at the month *at*, 0 where there are none yet."""
    now = now.with_columns(_cell(at).alias(f"cell_{at}"))
    if isinstance(now, nw.DataFrame) and isinstance(grid, nw.DataFrame):  # in memory a search is quicker than a join
        cells, wanted = grid["cell"].to_numpy(), now[f"cell_{at}"].to_numpy()
        order = np.argsort(cells, kind="stable")
        place = order[np.minimum(np.searchsorted(cells, wanted, sorter=order), len(cells) - 1)] if len(cells) else order
        there = cells[place] == wanted if len(cells) else np.zeros(0, dtype=bool)
        found = {f"{name}_{at}": np.where(there, grid[name].to_numpy()[place], 0) for name in kept}
        return now.with_columns(
            *(nw.new_series(name, values, backend=now.implementation) for name, values in found.items())
        )
    then = grid.select("cell", *kept).rename({"cell": f"cell_{at}", **{name: f"{name}_{at}" for name in kept}})
    now = now.join(then, on=f"cell_{at}", how="left")
    return now.with_columns(*(nw.col(f"{name}_{at}").fill_null(0) for name in kept))


def customer_turns(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Customers of each turn: everyone who had bought by its end."""
    grid = ready.once(customer_months, settings, dims)
    now = turns.join(grid.rename({"month": "last"}), on="last", how="inner")
    for at, kept in (
        ("before", ("occasions", "spend", "base")),
        ("next_last", ("occasions",)),
        ("decline_before", ("spend",)),
        ("previous_before", ("spend",)),
    ):
        now = _looked_up(now, grid, at, kept)
    bought = nw.col("occasions") - nw.col("occasions_before")
    return now.with_columns(
        bought.alias("bought"),
        nw.col("occasions").alias("bought_to_date"),
        when(bought > 0, nw.col("spend") - nw.col("spend_before"), 0.0).alias("spend_in_turn"),
        when(bought > 0).alias("active"),
        (nw.col("base_before") > 0).alias("in_base_at_start"),
        (nw.col("base") > 0).alias("in_base_at_end"),
        (nw.col("first_month") >= nw.col("first_of_turn")).alias("is_new"),
        (nw.col("occasions_next_last") > nw.col("occasions")).alias("buys_next"),
        when(nw.col("next_last") > 0).alias("next_is_over"),
        ((nw.col("spend_before") - nw.col("spend_decline_before")) / settings.decline_periods).alias("usual_spend"),
        (nw.col("first_month") <= nw.col("decline_before")).alias("has_usual"),
        (nw.col("spend") - nw.col("spend_before")).alias("net_spend"),
        (nw.col("spend_before") - nw.col("spend_previous_before")).alias("previous_spend"),
        nw.col("spend").alias("spend_to_date"),
        (nw.col("boundary") - nw.col("first")).alias("days_known"),
        nw.max_horizontal(nw.col("until") - nw.col("first"), nw.lit(0)).alias("days_related"),
        nw.lit(float("members" in ready)).alias("membership_known"),
    )


CUSTOMER_TURNS = Rows(
    "customer_turns",
    "orders",
    ("Orders",),
    {
        "bought": (),
        "bought_to_date": (),
        "spend_in_turn": ("Orders.amount",),
        "net_spend": ("Orders.amount",),
        "usual_spend": ("Orders.amount",),
        "previous_spend": ("Orders.amount",),
        "spend_to_date": ("Orders.amount",),
        "days_known": (),
        "days_related": (),
        "has_usual": (),
        "active": (),
        "in_base_at_start": (),
        "in_base_at_end": (),
        "is_new": (),
        "buys_next": (),
        "next_is_over": (),
        "member": ("Customers.member",),
        "membership_known": (),
    },
    (*PLACED, "Orders.customer_id"),
    dated=False,
    dims=DIMS,
    settings=(*ORDER_SETTINGS, "churn_window_days", "decline_periods"),
    build=customer_turns,
)
