"""Rows from referrals: those that count, who made them, which new customers they brought, and what raters did besides rating."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.orders import DIMS as ORDER_DIMS
from loyalty_xl.rows.orders import ORDER_SETTINGS, PLACED, first_purchases
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Frame, Ready, segmented, when
from loyalty_xl.rows.surveys import DIMS as ANSWER_DIMS
from loyalty_xl.rows.surveys import answers

DIMS = ("all", "region", "tier", "channel")
YEAR = 12  # months up to the end of a turn in which what somebody did counts beside what they say


def counted_referrals(ready: Ready, settings: Any) -> Frame:
    """Referrals that count, with whether the referee made a first valid purchase within the churn window."""
    rows = ready["referrals"].filter(nw.col("counted") == 1)
    if "orders" in ready:
        first = ready.once(first_purchases, settings, ("all",)).select("customer", "first")
        rows = rows.join(first.rename({"customer": "referee"}), on="referee", how="left")
        rows = rows.with_columns(nw.col("first").fill_null(NEVER))
    else:
        rows = rows.with_columns(nw.lit(NEVER).alias("first"))
    wait = nw.col("first") - nw.col("day")
    within = (nw.col("first") < NEVER) & (wait >= 0) & (wait <= settings.churn_window_days)
    return rows.with_columns(within.alias("succeeded"))


def referrals(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """Referrals that count, in the month they were made."""
    return segmented(ready.once(counted_referrals, settings), dims)


def referrers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Customers who made a referral that counts in each turn."""
    rows = segmented(ready.once(counted_referrals, settings), dims)
    span = turns.filter(nw.col("wave") < 0).select("turn", "first_of_turn", "last")
    pairs = rows.select("month").unique().join(span, how="cross")
    pairs = pairs.filter((nw.col("month") >= nw.col("first_of_turn")) & (nw.col("month") <= nw.col("last"))).select(
        "turn", "month"
    )
    rows = rows.join(pairs, on="month", how="inner").rename({"referrer": "customer"})
    return rows.group_by("turn", "segment", "customer").agg(nw.len().alias("referrals"))


def referred_customers(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """New customers in the month of their first purchase, with whether a referral that counts had brought them."""
    rows = ready.once(first_purchases, settings, dims)
    if "referrals" not in ready:
        return rows.with_columns(nw.lit(0).alias("referred"))
    brought = ready.once(counted_referrals, settings).filter(nw.col("succeeded")).select("referee")
    brought = brought.rename({"referee": "customer"}).unique().with_columns(nw.lit(1).alias("referred"))
    return rows.join(brought, on="customer", how="left").with_columns(nw.col("referred").fill_null(0))


def within_a_year(rows: Frame, turns: Frame) -> Frame:
    """Pairs of turn and row (with `month`) for the 12 months up to the end of each turn."""
    pairs = rows.select("month").unique().join(turns.select("turn", "last"), how="cross")
    pairs = pairs.filter((nw.col("month") <= nw.col("last")) & (nw.col("month") > nw.col("last") - YEAR))
    return rows.join(pairs.select("turn", "month"), on="month", how="inner")


def raters(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Customers with a rating in each turn, with the referrals they made, and whether referrals were kept on that day."""
    rows = answers(ready, settings, dims, turns).filter(~nw.col("recommend_score").is_null())
    if "referrals" not in ready:
        return rows.with_columns(nw.lit(0).alias("referrals"), nw.lit(0).alias("tracked"))
    made = within_a_year(ready.once(counted_referrals, settings).select("referrer", "month"), turns)
    made = made.group_by("turn", "referrer").agg(nw.len().alias("referrals")).rename({"referrer": "customer"})
    rows = rows.join(made, on=["turn", "customer"], how="left").with_columns(nw.col("referrals").fill_null(0))
    rows = rows.join(ready["referral_span"], how="cross")
    kept = (nw.col("customer") != ANONYMOUS) & (nw.col("day") >= nw.col("since")) & (nw.col("day") < nw.col("until"))
    return rows.with_columns(when(kept, 1, 0).alias("tracked"))


REFERRALS = Rows(
    "referrals",
    "referrals",
    ("Referrals", "Orders"),
    {"succeeded": ("Referrals.referee_id", *PLACED, "Orders.customer_id")},
    ("Referrals.referrer_id", "Referrals.referred_on"),
    dims=DIMS,
    settings=(*ORDER_SETTINGS, "churn_window_days"),
    build=referrals,
)
REFERRERS = Rows(
    "referrers",
    "referrals",
    ("Referrals", "Orders"),
    {"referrals": ("Referrals.referrer_id",)},
    ("Referrals.referrer_id", "Referrals.referred_on"),
    dated=False,
    dims=DIMS,
    settings=ORDER_SETTINGS,
    build=referrers,
)
REFERRED_CUSTOMERS = Rows(
    "referred_customers",
    "orders",
    ("Orders", "Referrals"),
    {"referred": ("Referrals.referee_id", "Referrals.referred_on", "Referrals.referrer_id")},
    (*PLACED, "Orders.customer_id"),
    dims=ORDER_DIMS,
    settings=(*ORDER_SETTINGS, "churn_window_days"),
    build=referred_customers,
)
RECOMMENDERS = Rows(
    "recommenders",
    "responses",
    ("SurveyResponses",),
    {
        "recommend_score": ("SurveyResponses.recommend_score",),
        "referrals": ("Referrals.referrer_id", "Referrals.referred_on"),
        "tracked": (),
        "other_wording": (),
    },
    ("SurveyResponses.answered_on",),
    dated=False,
    dims=ANSWER_DIMS,
    settings=("nps_dup_policy", *ORDER_SETTINGS),
    also=("Referrals", "Orders"),
    build=raters,
)
