"""Touchpoints and single questions: where customers are content, and how many leave a question out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.orders import purchases
from loyalty_xl.rows.ready import ANONYMOUS, collect
from loyalty_xl.rows.survey_items import ITEMS, asked_items, counted_in, indexed, yearly
from loyalty_xl.studies.service import by_period
from loyalty_xl.vocabulary import Dimension

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

EVERY = "every_one"
DAYS = 1_000_000  # more than any day number: customer and day as one integer


@listing(
    "touchpoints",
    "A15",
    zh="触点、客户阶段与调查方式",
    en="Touchpoints, stages and modes",
    dimension=Dimension.ATTITUDE,
    sheets=("SurveyResponses",),
    frames=("responses",),
    owner="marketing",
    says="近 12 个月的答卷:按触点、客户阶段、调查方式的净推荐值和满意度;关系型与交易型问卷分开,从不合并;样本少的注明。",
    columns=(
        "period",
        "survey_type",
        "touchpoint",
        "stage",
        "mode",
        "nps_answers",
        "nps",
        "csat_answers",
        "csat",
        "csat_index",
        "note",
    ),
)
def touchpoints(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """NPS and satisfaction by touchpoint, by stage of the customer's life and by mode, relationship and transactional surveys apart.

    The mode is how it was asked: online, by phone, face to face. People answer more kindly to a voice than to a page: compare within a mode.

    Each period looks at the 12 months up to its end. Of relationship surveys one answer a customer counts, as `nps_dup_policy` says; of transactional ones every answer. Stage
    on the day of the answer: prospect (nothing bought yet), new (first purchase at most `new_customer_window_days` ago), active (last
    purchase at most `churn_window_days` ago), lapsed. Fewer than `min_base_nps` answers are noted as a low base. `csat` is blank where scales are mixed;
    `csat_index` (0 to 100) is not. Answers to questions of different wording are not pooled: such a cell shows no score.

    References
    ----------
    Source S1; Bain & Company, Net Promoter System: relationship and transactional scores are never pooled.
    """
    some, spans = yearly(periods)
    lasting = counted_in(ready, settings, spans, "has_score")
    lasting = lasting[lasting["transactional"] == 0]
    events = collect(ready["responses"].filter((nw.col("transactional") == 1) & (nw.col("has_score") == 1)))
    parts = [
        events[(events["month"] >= first) & (events["month"] < stop)].assign(turn=number)
        for number, (first, stop) in enumerate(spans)
    ]
    single = indexed(pd.concat(parts), ())
    found = []
    for kind, rows in (("relationship", lasting), ("transactional", single)):
        if not len(rows):
            continue
        rows = _counted(rows, settings).assign(stage=_stages(ready, settings, rows))
        for order, by in enumerate(("touchpoint", "stage", "mode")):
            if by in rows and (rows[by] != "").any():
                named = rows[by].where(rows[by] != "", "not_stated").rename("label")
                sums = rows.groupby(["turn", named])[list(COUNTED)].agg(COUNTED).reset_index()
                for row in sums.to_dict("records"):
                    turn = int(row["turn"])
                    place = {"touchpoint": EVERY, "stage": EVERY, "mode": EVERY, by: row["label"]}
                    told = {"period": some[turn].label, "survey_type": kind, **place, **_scores(row, settings)}
                    found.append((turn, kind, order, told))
    found.sort(key=lambda each: each[:3])  # stable: labels stay in order
    return [row for *_, row in found]


@listing(
    "questionnaires",
    "A11",
    zh="问卷与回收",
    en="Questionnaires",
    dimension=Dimension.ATTITUDE,
    sheets=("SurveyInvitations", "SurveyResponses"),
    frames=("questionnaires",),
    owner="marketing",
    says="各问卷、各版本的题数、是否试测、发放、回收率和答“不清楚”的占比;试测的答卷不计入任何指标。",
    columns=(
        "period",
        "survey_id",
        "version",
        "pilot",
        "item_count",
        "invited",
        "returned",
        "response_rate",
        "dont_know_share",
    ),
)
def questionnaires(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Response by questionnaire and version, with its length: longer ones come back less.

        response rate = invitations that were answered / invitations sent

    Belongs to the period in which it was sent. `dont_know_share` is the share of answers in which a question was answered with "don't
    know": many of them in a pilot mean that the questions are not understood. Answers to a pilot count in no KPI.

    References
    ----------
    Sources S0 (misunderstood questions, pilot) and S1 (length lowers response); AAPOR, Standard Definitions.
    """
    by = ["survey_id", "survey_version", "pilot", "item_count"]
    found = []
    for label, part in by_period(collect(ready["questionnaires"]), periods):
        sums = part.groupby(by, as_index=False)[["invited", "returned", "with_dont_know"]].sum()
        for row in sums.to_dict("records"):
            returned = int(row["returned"])
            found.append(
                {
                    "period": label,
                    "survey_id": row["survey_id"] or "not_stated",
                    "version": row["survey_version"] or "not_stated",
                    "pilot": bool(row["pilot"]),
                    "item_count": int(row["item_count"]) or None,
                    "invited": int(row["invited"]),
                    "returned": returned,
                    "response_rate": returned / int(row["invited"]),
                    "dont_know_share": int(row["with_dont_know"]) / returned if returned else None,
                }
            )
    return found


COUNTED = {
    "scored": "sum", "net": "sum", "rated": "sum", "csat": "sum", "csat_overall": "sum",
    "wording": "nunique", "high": "nunique",
}  # fmt: skip


def _counted(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Give the columns that are added up: scores, ratings, and how many wordings and scales there are."""
    score = rows["recommend_score"].to_numpy(dtype=np.float64, na_value=np.nan)
    rated = rows["csat_overall"].notna()
    return rows.assign(
        scored=~np.isnan(score),
        net=(score >= settings.nps_promoter_min).astype(float) - (score <= settings.nps_detractor_max),
        rated=rated,
        csat=rows["csat"].to_numpy(dtype=np.float64, na_value=np.nan),
        high=rows["csat_high"].where(rated),
    )


def _scores(row: dict[Any, Any], settings: Settings) -> dict[str, Any]:
    """NPS and satisfaction of some answers, from their sums."""
    scored, rated, one_wording = int(row["scored"]), int(row["rated"]), row["wording"] <= 1
    small = max(scored, rated) < settings.min_base_nps
    return {
        "nps_answers": scored,
        "nps": 100 * float(row["net"]) / scored if one_wording and scored else None,
        "csat_answers": rated,
        "csat": float(row["csat"]) / rated if one_wording and row["high"] <= 1 and rated else None,
        "csat_index": float(row["csat_overall"]) / rated if one_wording and rated else None,
        "note": "changed_wording" if not one_wording else "low_base" if small else None,
    }


def _stages(ready: Ready, settings: Settings, rows: pd.DataFrame) -> np.ndarray:
    """The stage of each answer's customer on the day of the answer; "" where it cannot be known."""
    stages = np.full(len(rows), "", dtype=object)
    if "orders" not in ready:
        return stages
    bought = collect(ready.once(purchases, settings).select("customer", "day"))
    bought = bought[bought["customer"] != ANONYMOUS]
    keys = np.unique(bought["customer"].to_numpy() * DAYS + bought["day"].to_numpy())
    customer, day = rows["customer"].to_numpy(), rows["day"].to_numpy()
    known = customer != ANONYMOUS
    if not len(keys):
        return np.where(known, "prospect", stages)
    last = np.searchsorted(keys, customer * DAYS + day, side="right") - 1
    first = np.searchsorted(keys, customer * DAYS, side="left")
    has = (last >= first) & (last >= 0)
    since_first = day - keys[np.minimum(first, len(keys) - 1)] % DAYS
    since_last = day - keys[np.maximum(last, 0)] % DAYS
    named = np.select(
        [~known, ~has, since_first <= settings.new_customer_window_days, since_last <= settings.churn_window_days],
        ["", "prospect", "new", "active"],
        "lapsed",
    )
    return named.astype(object)


@listing(
    "survey_items",
    "A12",
    zh="逐题作答情况",
    en="Answers by question",
    dimension=Dimension.ATTITUDE,
    sheets=("SurveyResponses",),
    frames=("responses",),
    owner="marketing",
    says="各问卷版本每题的未答率和“不清楚”的比例;比例高的题目可能没有被看懂。",
    columns=("period", "version", "item", "returned_answers", "rated", "non_response", "dont_know"),
)
def survey_items(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """How many leave each question out, and how often the answer is "don't know", by version of the questionnaire.

        non-response of an item = answered questionnaires without it / answered questionnaires
        don't know = questions answered with don't know / questions asked, over questionnaires that count them

    Every answered questionnaire counts, partial ones too. A question that nobody of a version and period answered was not asked there
    and is not listed. The sheet counts don't know by questionnaire, not by question: it stands in the row of all questions.

    References
    ----------
    Source S0 (misunderstood questions); de Leeuw, Hox & Huisman 2003, Journal of Official Statistics 19, for item non-response.
    """
    names = ("recommend_score", "csat", *asked_items(ready, ITEMS[2:]))
    unknown = ("dont_know",) if "dont_know" in ready["responses"].columns else ()
    rows = collect(ready["responses"].select("month", "version", *names, *unknown))
    given = pd.DataFrame({name: rows[name].notna() for name in names}).assign(
        month=rows["month"], version=rows["version"]
    )
    if unknown:
        given["dont_know"] = rows["dont_know"]
    found = []
    for label, group in by_period(given, periods):
        for version, part in group.groupby("version"):
            size = len(part)
            counts = {name: int(part[name].sum()) for name in names}
            asked = [name for name in names if counts[name]]
            place: dict[str, Any] = {"period": label, "version": version or "not_stated", "returned_answers": size}
            counted = part["dont_know"].dropna() if unknown else pd.Series(dtype=float)
            rated = sum(counts.values())
            found.append(
                {
                    **place,
                    "item": "all_items",
                    "rated": rated,
                    "non_response": 1 - rated / (size * len(asked)) if asked else None,
                    "dont_know": float(counted.sum()) / (len(counted) * len(asked)) if len(counted) and asked else None,
                }
            )
            for name in asked:
                item = "csat_overall" if name == "csat" else name
                more = {"item": item, "rated": counts[name], "non_response": 1 - counts[name] / size, "dont_know": None}
                found.append({**place, **more})
    return found


__all__ = ["survey_items", "touchpoints"]
