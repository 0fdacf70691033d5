"""Rows for keeping customers: who is at risk at the end of a turn, and what came of attempts to keep them."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.customers import SPAN, customer_months
from loyalty_xl.rows.histories import SPAN as DAYS
from loyalty_xl.rows.histories import histories
from loyalty_xl.rows.orders import DIMS, ORDER_SETTINGS, PLACED
from loyalty_xl.rows.ready import ANONYMOUS, Frame, Ready, collect, segmented
from loyalty_xl.rows.warnings import warnings

YEAR = 12  # months over which a customer's value is counted


def base_scores(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Customers in the base at the end of each turn, with their score of that day and what they spent in the 12 months before it."""
    ends = collect(turns)[["turn", "last"]]
    grid = ready.once(customer_months, settings, dims)
    money = collect(grid.select("cell", "spend")).sort_values("cell")
    wanted = sorted(set(ends["last"].tolist()))
    inside = collect(
        grid.filter(nw.col("base") > 0, nw.col("month").is_in(wanted)).select("segment", "who", "month", "spend")
    )
    warned = ready.once(warnings, settings)
    whose, month = inside["who"].to_numpy(np.int64), inside["month"].to_numpy(np.int64)
    customer = whose - inside["segment"].to_numpy(np.int64) * ready.customers
    days = collect(ready["months"]).set_index("month")["boundary"]
    score = np.full(len(inside), np.nan)
    for each in np.unique(month):
        here = month == each
        score[here] = warned.scores(int(days[each]))[customer[here]]
    cells, spend = money["cell"].to_numpy(np.int64), money["spend"].to_numpy(np.float64)
    earlier = whose * SPAN + month - YEAR
    place = np.minimum(np.searchsorted(cells, earlier), max(0, len(cells) - 1))
    before = np.where(cells[place] == earlier, spend[place], 0.0) if len(cells) else np.zeros(len(inside))
    rows = pd.DataFrame(
        {
            "segment": inside["segment"].to_numpy(np.int64),
            "last": month,
            "customer": customer,
            "score": score,
            "is_scored": (~np.isnan(score)).astype(np.int64),
            "high": (score >= settings.warn_band_high).astype(np.int64),
            "value": inside["spend"].to_numpy(np.float64) - before,
        }
    )
    return nw.from_native(rows.merge(ends, on="last").drop(columns="last"), eager_only=True)


def judged_attempts(ready: Ready, settings: Any) -> Frame:
    """Attempts with known customers: whether the window is over, and whether there was a purchase, or a renewed contract, in it."""
    rows = collect(ready["save_attempts"].filter(nw.col("customer") != ANONYMOUS))
    bought, window = ready.once(histories, settings).bought, settings.save_window_days
    customer, day = rows["customer"].to_numpy(np.int64), rows["day"].to_numpy(np.int64)
    keys = customer * DAYS + day
    found = np.searchsorted(bought.keys, keys + window, side="right") > np.searchsorted(bought.keys, keys)
    on = rows["outcome_day"].to_numpy(np.int64)
    renewed = (
        (rows["outcome"] == "saved").to_numpy()
        & (on >= day)
        & (on <= day + window)
        & (rows["contract_end"].to_numpy(np.int64) > day + window)
    )
    rows = rows.assign(
        is_over=(ready.as_of - day > window).astype(np.int64), is_saved=(found | renewed).astype(np.int64)
    )
    return nw.from_native(rows, eager_only=True)


def last_attempts(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """The last attempt with each customer in each turn."""
    rows = ready.once(judged_attempts, settings)
    span = nw.from_native(collect(turns), eager_only=True).filter(nw.col("wave") < 0)
    pairs = rows.select("month").unique().join(span.select("turn", "first_of_turn", "last"), how="cross")
    pairs = pairs.filter((nw.col("month") >= nw.col("first_of_turn")) & (nw.col("month") <= nw.col("last")))
    rows = rows.join(pairs.select("turn", "month"), on="month", how="inner")
    newest = nw.col("sequence").max().over("turn", "customer")
    rows = rows.with_columns(newest.alias("newest")).filter(nw.col("sequence") == nw.col("newest"))
    return segmented(rows, dims)


BASE_SCORES = Rows(
    "base_scores",
    "orders",
    ("Orders",),
    {"is_scored": (), "high": (), "value": ("Orders.amount",)},
    (*PLACED, "Orders.customer_id"),
    dated=False,
    dims=DIMS,
    settings=(
        *ORDER_SETTINGS,
        "churn_window_days",
        "warn_band_high",
        "warn_min_events",
        "nps_detractor_max",
        "nps_promoter_min",
    ),
    build=base_scores,
)
LAST_ATTEMPTS = Rows(
    "last_attempts",
    "save_attempts",
    ("SaveAttempts", "Orders"),
    {"is_over": (), "is_saved": ("Orders.order_date", "Orders.customer_id", "SaveAttempts.outcome")},
    ("SaveAttempts.contacted_on", "SaveAttempts.customer_id"),
    dated=False,
    dims=("all", "region", "tier", "channel"),
    covered_by=("SaveAttempts",),
    settings=(*ORDER_SETTINGS, "save_window_days"),
    build=last_attempts,
)
