"""Rows from surveys: answers of a turn, and invitations with what came of them."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import ANONYMOUS, Frame, Ready, collect, segmented, when

DIMS = ("all", "region", "tier", "channel")
QUESTIONS = ("recommend_score", "csat", "intent")  # asked of the customer as a whole, each by itself
OF_INVITATIONS = ("invite", "complete", "attention", "duration", "in_scope", "has_score")  # what A11 to A13 look at
UNSAID = 1 << 62  # place of an answer that says nothing: a number, since blanks among numbers are slow
ANSWERED = "answers of the turns looked at last"


def answers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Answers that count in each turn: relationship surveys, each question once per customer as `nps_dup_policy` says (G12)."""
    mark = ("answers", settings, dims, collect(turns).to_numpy().tobytes())
    if ready.made.get(ANSWERED, (None,))[0] != mark:  # several kinds of rows begin with the same answers
        ready.made.pop(ANSWERED, None)
    return ready.kept(ANSWERED, lambda: (mark, _answers(ready, settings, dims, turns)))[1]


def _answers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    rows = ready["responses"].filter(nw.col("relationship") == 1, said()).drop(*OF_INVITATIONS)
    rows = _placed(rows, turns)
    if settings.nps_dup_policy != "all":
        rows = _chosen(rows, settings.nps_dup_policy, ready.customers)
    observed = (nw.lit(ready.as_of) - nw.col("day")).alias("observed")
    return segmented(_worded(rows).with_columns(observed), dims)


def counted(ready: Ready, settings: Any, turns: Frame, asked: nw.Expr, frame: str = "responses") -> Frame:
    """Answers of relationship surveys to what is *asked*, by turn: an empty answer takes no other's place (G12)."""
    rows = _placed(ready[frame].filter((nw.col("relationship") == 1) & asked), turns)
    if settings.nps_dup_policy != "all":
        order = nw.col("sequence").max() if settings.nps_dup_policy == "latest" else nw.col("sequence").min()
        rows = rows.with_columns(order.over("turn", "customer").alias("chosen")).filter(
            (nw.col("customer") == ANONYMOUS) | (nw.col("sequence") == nw.col("chosen"))
        )
    return _worded(rows)


def _placed(rows: Frame, turns: Frame) -> Frame:
    """Put answers into the turns they belong to: by month, or by the wave that a turn looks at."""
    by_month = turns.filter(nw.col("wave") < 0).select("turn", "first_of_turn", "last")
    pairs = rows.select("month").unique().join(by_month, how="cross")
    pairs = pairs.filter((nw.col("month") >= nw.col("first_of_turn")) & (nw.col("month") <= nw.col("last"))).select(
        "turn", "month"
    )
    by_wave = turns.filter(nw.col("wave") >= 0).select("turn", "wave", "last")
    waved = rows.join(by_wave, on="wave", how="inner").filter(nw.col("month") <= nw.col("last")).drop("last")
    joined = rows.join(pairs, on="month", how="inner")
    names = joined.columns if isinstance(joined, nw.DataFrame) else joined.collect_schema().names()
    return nw.concat([joined, waved.select(*names)], how="vertical")


def _worded(rows: Frame) -> Frame:
    """Say of each answer whether its turn mixes versions with different wording."""
    other = nw.col("wording").max().over("turn") - nw.col("wording").min().over("turn")
    return rows.with_columns(other.alias("other_wording"))


def said() -> nw.Expr:
    """Whether an answer says anything to the questions that are asked of a customer as a whole."""
    return ~(nw.col("recommend_score").is_null() & nw.col("csat").is_null() & nw.col("intent").is_null())


def _chosen(rows: Frame, policy: str, customers: int) -> Frame:
    """Keep one answer of each customer to each question: a later one that leaves it out does not take its place."""
    nothing = -UNSAID if policy == "latest" else UNSAID
    rows = rows.with_columns(
        (nw.col("turn") * (customers + 1) + nw.col("customer")).alias("who"),
        *(when(~nw.col(name).is_null(), nw.col("sequence"), nothing).alias(f"{name}_at") for name in QUESTIONS),
    )
    at = nw.col(*(f"{name}_at" for name in QUESTIONS))
    at = at.max() if policy == "latest" else at.min()
    rows = rows.with_columns(at.over("who").name.suffix("_chosen"))
    kept = {
        name: (nw.col("customer") == ANONYMOUS) | (nw.col("sequence") == nw.col(f"{name}_at_chosen"))
        for name in QUESTIONS
    }
    rows = rows.with_columns(
        *(when(each, nw.col(name), None).cast(nw.Float64).alias(name) for name, each in kept.items())
    )
    return rows.filter(said()).drop("who", *(f"{name}_{what}" for name in QUESTIONS for what in ("at", "at_chosen")))


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
        "intent": ("SurveyResponses.repurchase_intent",),
        "intent_high": ("SurveyResponses.intent_scale",),
        "previous_score": ("SurveyResponses.recommend_score", "SurveyResponses.customer_id"),
        "reason_given": ("SurveyResponses.recommend_reason",),
        "reasons_kept": ("SurveyResponses.recommend_reason",),
        "follow_up_days": ("SurveyResponses.follow_up_on",),
        "follow_ups_kept": ("SurveyResponses.follow_up_on",),
        "observed": (),
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
