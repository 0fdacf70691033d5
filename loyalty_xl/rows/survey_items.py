"""Rows of the single questions of a survey: which answers count, and how an answer's items come together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import collect, segmented
from loyalty_xl.rows.surveys import DIMS, counted

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Frame, Ready
    from loyalty_xl.vocabulary import Period

SATISFACTION = ("csat_product", "csat_aftersales", "csat_purchase")
IMAGE = tuple(f"brand_image_{number}" for number in range(1, 6))
SCORE_ITEMS = (*SATISFACTION, *IMAGE)  # rated on the scale of the questionnaire
ITEMS = ("recommend_score", "csat_overall", *SCORE_ITEMS, "repurchase_intent")

PERIODS, WINDOW = 13, 12  # newest periods that studies look at, as on Trend; months behind each


def image_answers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Answers with at least one brand image item that count in each turn, as for NPS (G12)."""
    return segmented(counted(ready, settings, turns, nw.col("has_image") == 1, "image_responses"), dims)


def asked_items(ready: Ready, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of *names* that anyone has rated."""
    return tuple(name for name in names if name in ready["responses"].columns)


def yearly(periods: list[Period]) -> tuple[list[Period], list[tuple[int, int]]]:
    """The newest periods, and the months that each looks back on: 12, or its own where it is longer."""
    some = periods[-PERIODS:]
    return some, [(min(period.first, period.stop - WINDOW), period.stop) for period in some]


def counted_in(ready: Ready, settings: Any, spans: list[tuple[int, int]], asked: str = "has_item") -> pd.DataFrame:
    """Answers of relationship surveys that count in each span of months; `turn` is the span's number.

    Ratings stand on 0 to 100, so that scales of different length can be ranked together; `csat_overall` is among them.
    """
    key = ("counted_in", settings, tuple(spans), asked)
    made: pd.DataFrame = ready.kept(key, lambda: _counted_in(ready, settings, spans, asked))
    return made


def _counted_in(ready: Ready, settings: Any, spans: list[tuple[int, int]], asked: str) -> pd.DataFrame:
    rows = [(number, first, stop - 1, -1) for number, (first, stop) in enumerate(spans)]
    turns = pd.DataFrame(rows, columns=["turn", "first_of_turn", "last", "wave"]).astype(np.int64)
    found = collect(counted(ready, settings, nw.from_native(turns, eager_only=True), nw.col(asked) == 1))
    return indexed(found, asked_items(ready, SCORE_ITEMS))


def indexed(answers: pd.DataFrame, items: tuple[str, ...]) -> pd.DataFrame:
    """Put ratings on 0 to 100: 100 (rating - lowest) / (highest - lowest)."""
    low, high = answers["csat_low"].to_numpy(), answers["csat_high"].to_numpy()
    made = {name: 100 * (answers[name].to_numpy(dtype=np.float64) - low) / (high - low) for name in items}
    overall = answers["csat"].to_numpy(dtype=np.float64, na_value=np.nan)
    made["csat_overall"] = 100 * (overall - low) / (high - low)
    score = answers["recommend_score"].to_numpy(dtype=np.float64, na_value=np.nan)
    return answers.assign(recommend_score=score, **made)


IMAGE_FIELDS = tuple(f"SurveyResponses.{name}" for name in IMAGE)
IMAGE_ANSWERS = Rows(
    "image_answers",
    "image_responses",
    ("SurveyResponses",),
    {
        "image": IMAGE_FIELDS,
        "csat_high": ("SurveyResponses.csat_scale",),
        "other_wording": (),
    },
    ("SurveyResponses.answered_on",),
    dated=False,
    dims=DIMS,
    settings=("nps_dup_policy",),
    build=image_answers,
)
