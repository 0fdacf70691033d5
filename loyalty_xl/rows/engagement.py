"""Rows from brand engagement and from intentions: who sought contact with the brand, and who did what they said they would."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.customers import customer_months
from loyalty_xl.rows.orders import DIMS as ORDER_DIMS
from loyalty_xl.rows.orders import ORDER_SETTINGS, PLACED, occasions
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Frame, Ready, collect, when
from loyalty_xl.rows.referrals import within_a_year
from loyalty_xl.rows.surveys import DIMS as ANSWER_DIMS
from loyalty_xl.rows.surveys import answers

if TYPE_CHECKING:
    import pandas as pd

JOINED = ("event", "community")  # what a promoter can be invited to
STEP, ZERO = 10_000_000, 1_000_000  # a customer's days lie apart from the next one's, those before 1970 too
WEIGHTS = {"content": 1.0, "follow": 2.0, "community": 3.0, "event": 5.0}  # what an engagement is worth: ours


def engagements(ready: Ready) -> Frame:
    """Engagements of known customers, each with its weight; an unfollow is none."""
    rows = ready["engagements"].filter(nw.col("customer") != ANONYMOUS, nw.col("kind").is_in(list(WEIGHTS)))
    weight: Any = nw.lit(0.0)
    for kind, value in WEIGHTS.items():
        weight = when(nw.col("kind") == kind, value, weight)
    return rows.with_columns(weight.alias("weight"), *(when(nw.col("kind") == kind).alias(kind) for kind in WEIGHTS))


def engaged_customers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Customers of the base at the end of each turn who sought contact with the brand in it, with the weight of what they did."""
    grid = ready.once(customer_months, settings, dims).filter(nw.col("base") > 0)
    base = grid.select("segment", "who", "month").with_columns(
        (nw.col("who") - nw.col("segment") * ready.customers).alias("customer")
    )
    if "engagements" not in ready:
        none = {"segment": nw.lit(0), "engagements": nw.lit(0), "weight": nw.lit(0.0)}
        return turns.select("turn", *(value.alias(name) for name, value in none.items()))
    rows = engaged(ready, turns).rename({"last": "month"})
    return rows.join(base.select("segment", "customer", "month"), on=["customer", "month"], how="inner")


def engaged(ready: Ready, turns: Frame) -> Frame:
    """Customers with an engagement in each turn; a follow that the turn saw undone is none."""
    rows = engagements(ready)
    span = turns.filter(nw.col("wave") < 0).select("turn", "first_of_turn", "last")
    pairs = rows.select("month").unique().join(span, how="cross")
    pairs = pairs.filter((nw.col("month") >= nw.col("first_of_turn")) & (nw.col("month") <= nw.col("last"))).select(
        "turn", "month", "last"
    )
    rows = rows.join(pairs, on="month", how="inner").filter(nw.col("undone_month") > nw.col("last"))
    return rows.group_by("turn", "last", "customer").agg(
        nw.len().alias("engagements"), nw.col("weight").sum(), *(nw.col(kind).sum() for kind in WEIGHTS)
    )


def invited_promoters(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Known customers with a rating in each turn, with whether they joined an event or a panel in the year up to its end."""
    rows = answers(ready, settings, dims, turns).filter(
        ~nw.col("recommend_score").is_null(), nw.col("customer") != ANONYMOUS
    )
    if "engagements" not in ready:
        return rows.with_columns(nw.lit(0).alias("joined"))
    came = ready["engagements"].filter(nw.col("kind").is_in(list(JOINED))).select("customer", "month")
    came = within_a_year(came, turns).select("turn", "customer").unique().with_columns(nw.lit(1).alias("joined"))
    rows = rows.join(came, on=["turn", "customer"], how="left")
    return rows.with_columns(nw.col("joined").fill_null(0))


def intenders(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Known customers who said how likely they are to buy again, with the days until they next did."""
    rows = collect(
        answers(ready, settings, dims, turns).filter(~nw.col("intent").is_null(), nw.col("customer") != ANONYMOUS)
    )
    bought = np.empty(0, np.int64)
    if "orders" in ready:
        known = ready.once(occasions, settings, ("all",)).filter(nw.col("known")).select("customer", "day")
        bought = np.sort(_places(collect(known)))
    at = _places(rows)
    place = np.searchsorted(bought, at, side="right")  # a purchase on the day of the answer came before it
    following = np.append(bought, np.iinfo(np.int64).max)[place]
    same = following // STEP == rows["customer"].to_numpy()
    return nw.from_native(rows.assign(wait=np.where(same, following - at, NEVER)), eager_only=True)


def _places(rows: pd.DataFrame) -> np.ndarray:
    places: np.ndarray = rows["customer"].to_numpy() * STEP + rows["day"].to_numpy() + ZERO
    return places


ENGAGED_CUSTOMERS = Rows(
    "engaged_customers",
    "orders",
    ("BrandEngagement", "Orders"),
    {
        "engagements": ("BrandEngagement.type", "BrandEngagement.customer_id"),
        "weight": ("BrandEngagement.type", "BrandEngagement.customer_id"),
    },
    ("BrandEngagement.occurred_on", *PLACED, "Orders.customer_id"),
    dated=False,
    dims=ORDER_DIMS,
    settings=(*ORDER_SETTINGS, "churn_window_days"),
    build=engaged_customers,
)
INVITED_PROMOTERS = Rows(
    "invited_promoters",
    "responses",
    ("SurveyResponses", "BrandEngagement"),
    {
        "recommend_score": ("SurveyResponses.recommend_score",),
        "joined": ("BrandEngagement.type", "BrandEngagement.customer_id", "BrandEngagement.occurred_on"),
        "other_wording": (),
    },
    ("SurveyResponses.answered_on", "SurveyResponses.customer_id"),
    dated=False,
    dims=ANSWER_DIMS,
    settings=("nps_dup_policy",),
    build=invited_promoters,
)
INTENDERS = Rows(
    "intenders",
    "responses",
    ("SurveyResponses", "Orders"),
    {
        "intent": ("SurveyResponses.repurchase_intent",),
        "intent_high": ("SurveyResponses.intent_scale",),
        "observed": (),
        "wait": (*PLACED, "Orders.customer_id"),
        "other_wording": (),
    },
    ("SurveyResponses.answered_on", "SurveyResponses.customer_id"),
    dated=False,
    dims=ANSWER_DIMS,
    settings=("nps_dup_policy", *ORDER_SETTINGS),
    build=intenders,
)
