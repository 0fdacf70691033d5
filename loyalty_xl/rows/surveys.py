"""Rows from surveys: answers of a turn, and invitations with what came of them."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import ANONYMOUS, Frame, Ready, segmented, when

DIMS = ("all", "region", "tier", "channel")


def answers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Answers that count in each turn: relationship surveys, one per customer as `nps_dup_policy` says (G12)."""
    return segmented(counted(ready, settings, turns, nw.col("has_score") == 1), dims)


def counted(ready: Ready, settings: Any, turns: Frame, asked: nw.Expr, frame: str = "responses") -> Frame:
    """Answers of relationship surveys to what is *asked*, by turn: an empty answer takes no other's place (G12)."""
    rows = ready[frame].filter((nw.col("relationship") == 1) & asked)
    by_month = turns.filter(nw.col("wave") < 0).select("turn", "first_of_turn", "last")
    pairs = rows.select("month").unique().join(by_month, how="cross")
    pairs = pairs.filter((nw.col("month") >= nw.col("first_of_turn")) & (nw.col("month") <= nw.col("last"))).select(
        "turn", "month"
    )
    by_wave = turns.filter(nw.col("wave") >= 0).select("turn", "wave", "last")
    waved = rows.join(by_wave, on="wave", how="inner").filter(nw.col("month") <= nw.col("last")).drop("last")
    joined = rows.join(pairs, on="month", how="inner")
    names = joined.columns if isinstance(joined, nw.DataFrame) else joined.collect_schema().names()
    rows = nw.concat([joined, waved.select(*names)], how="vertical")
    if settings.nps_dup_policy != "all":
        order = nw.col("sequence").max() if settings.nps_dup_policy == "latest" else nw.col("sequence").min()
        chosen = order.over("turn", "customer")
        rows = rows.with_columns(chosen.alias("chosen")).filter(
            (nw.col("customer") == ANONYMOUS) | (nw.col("sequence") == nw.col("chosen"))
        )
    worded = (nw.col("wording").max().over("turn") - nw.col("wording").min().over("turn")).alias("other_wording")
    return rows.with_columns(worded)


def invitations(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """Invitations by month of sending, with whether an answer came back and was valid."""
    rows = ready["invitations"]
    if "responses" in ready:
        valid = (
            (nw.col("has_score") == 1)
            & (nw.col("complete") != 0)
            & (nw.col("attention") != 0)
            & (nw.col("in_scope") == 1)
        )
        if settings.valid_min_seconds:
            valid = valid & ((nw.col("duration") < 0) | (nw.col("duration") >= settings.valid_min_seconds))
        came = ready["responses"].filter(nw.col("invite") >= 0).with_columns(when(valid).alias("is_valid"))
        came = came.group_by("invite").agg(nw.len().alias("answers"), nw.col("is_valid").max())
        rows = rows.join(came, on="invite", how="left")
        rows = rows.with_columns(nw.col("answers").fill_null(0), nw.col("is_valid").fill_null(0.0))
    else:
        rows = rows.with_columns(nw.lit(0).alias("answers"), nw.lit(0.0).alias("is_valid"))
    return segmented(rows, dims)


ANSWERS = Rows(
    "answers",
    "responses",
    ("SurveyResponses",),
    {
        "recommend_score": ("SurveyResponses.recommend_score",),
        "csat": ("SurveyResponses.csat_overall",),
        "csat_low": ("SurveyResponses.csat_scale",),
        "csat_high": ("SurveyResponses.csat_scale",),
        "other_wording": (),
    },
    ("SurveyResponses.answered_on",),
    dated=False,
    dims=DIMS,
    settings=("nps_dup_policy",),
    build=answers,
)
INVITATIONS = Rows(
    "invitations",
    "invitations",
    ("SurveyInvitations", "SurveyResponses"),
    {
        "delivered": ("SurveyInvitations.delivery_status",),
        "answers": ("SurveyResponses.invite_id",),
        "is_valid": ("SurveyResponses.invite_id", "SurveyResponses.recommend_score"),
        "incentive_cost": ("SurveyInvitations.incentive_cost",),
    },
    ("SurveyInvitations.sent_on",),
    dims=DIMS,
    covered_by=("SurveyInvitations",),
    settings=("valid_min_seconds",),
    build=invitations,
)
