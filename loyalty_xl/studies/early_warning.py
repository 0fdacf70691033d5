"""Early warning: how many customers are likely to leave, and how well the score that says so did on history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.catalogue import listing
from loyalty_xl.logistic import area_under_curve, brier, lift
from loyalty_xl.rows.customers import SPAN, customer_months
from loyalty_xl.rows.ready import collect
from loyalty_xl.rows.warnings import Trial, Warnings, warnings
from loyalty_xl.vocabulary import Dimension, Level

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

BANDS = ("high", "medium", "low")
NO_HISTORY = "insufficient_history"
BINS = 10
Row = dict[str, Any]


@listing(
    "early_warning",
    "R6",
    zh="流失预警",
    en="Early warning",
    dimension=Dimension.RETENTION,
    sheets=("Orders",),
    level=Level.STUDY,
    owner="analytics",
    says="数据截止日客户基数中各风险档的客户数、占比、过去 12 个月净消费和平均评分;名单见 loyalty-xl customers。",
    columns=("band", "scored_by", "from_score", "mean_score", "customers", "share", "value"),
)
def early_warning(ready: Ready, settings: Settings, periods: list[Period]) -> list[Row]:  # noqa: ARG001
    """Customers of the base at the end of the data by how likely they are to leave.

        score of the regression = probability of no purchase in the next churn_window_days
        score of the rule       = days since the last purchase / (those days + the usual gap)

    The regression reads, from the days before: days since the last purchase, as such and against the usual gap; number of purchases and
    days since the first; purchases and money of the last 90 days against the customer's own 270 days before them; complaints of the last
    90 days and open ones; whether the last recommendation score was a promoter's or a detractor's. The usual gap is the customer's own
    mean gap from three gaps on, else that of the product type bought last, else everybody's. Bands: `warn_band_high`,
    `warn_band_medium`. Where nobody has come back yet there is no usual gap: `insufficient_history`. Orders that were imputed are left out
    of the training. The regression scores only where `early_warning_validation` says so, the rule elsewhere.

    References
    ----------
    Sources S0 (early warning from changed behaviour and complaints) and S3; logistic regression with a ridge of 1 on standardised columns.
    """
    warned = ready.once(warnings, settings)
    day, month = ready.as_of, ready.last_month
    grid = collect(ready.once(customer_months, settings, ("all",)).select("cell", "who", "month", "base", "spend"))
    grid = grid[grid["month"].isin([month, month - 12])]
    now = grid[(grid["month"] == month) & (grid["base"] > 0)].sort_values("who")
    who = now["who"].to_numpy(np.int64)
    earlier = grid.set_index("cell")["spend"].reindex(who * SPAN + month - 12).fillna(0.0).to_numpy(np.float64)
    value, score = now["spend"].to_numpy(np.float64) - earlier, warned.scores(day)[who]
    scored_by = "regression" if warned.trial(day).used else "rule"
    rows = []
    for band, least, inside in _bands(score, settings):
        count = int(inside.sum())
        rows.append(
            {
                "band": band,
                "scored_by": scored_by if band != NO_HISTORY else None,
                "from_score": least,
                "mean_score": float(score[inside].mean()) if count and band != NO_HISTORY else None,
                "customers": count,
                "share": count / len(who) if len(who) else None,
                "value": round(float(value[inside].sum()), 2),
            }
        )
    return rows


def _bands(score: np.ndarray, settings: Settings) -> list[tuple[str, float | None, np.ndarray]]:
    high, medium = settings.warn_band_high, settings.warn_band_medium
    at_least = score >= high
    some = ~at_least & (score >= medium)
    return [
        ("high", high, at_least),
        ("medium", medium, some),
        ("low", 0.0, ~at_least & ~some & ~np.isnan(score)),
        (NO_HISTORY, None, np.isnan(score)),
    ]


@listing(
    "early_warning_validation",
    "R7",
    zh="流失预警历史验证",
    en="Early warning, validated on history",
    dimension=Dimension.RETENTION,
    sheets=("Orders",),
    level=Level.STUDY,
    owner="analytics",
    says="用历史数据检验预警评分:能否比“距上次购买天数”更准地分辨流失客户;不能则改用规则。",
    columns=("part", "item", "score", "recency", "rule", "score_with_imputed", "customers", "observed"),
)
def early_warning_validation(ready: Ready, settings: Settings, periods: list[Period]) -> list[Row]:  # noqa: ARG001
    """How well the score told, on history, who would leave: beside the days since the last purchase and the rule.

        test snapshot      = newest first of a month whose label window (churn_window_days) is over
        training snapshots = firsts of months whose label window ends by the test snapshot: the newest eight, three months apart

    On every snapshot stand the customers who had bought and not closed their account; lost is who bought nothing in the label window. AUC:
    chance that a lost customer scores higher than a kept one. Precision, recall and the counts are those of the high band; lift is that of
    the tenth with the highest scores; Brier is the mean squared error of the probability. `recency` is the days since the last purchase.
    `verdict`: `validated` (AUC above recency's: the regression scores), `not_better`, `few_events` (fewer than `warn_min_events` lost
    or kept customers in either part) and `no_label` (no snapshot whose window ended in time); in the last three the rule scores, and the
    last two are `not_validated`. Imputed orders are left out of both parts; beside it stands the AUC with them.

    References
    ----------
    Source S0: validation on history. CDNOW, snapshot of 1998-01-01, 180 days: recency AUC 0.795.
    """
    warned = ready.once(warnings, settings)
    trial = warned.trial(ready.as_of)
    return validation_rows(trial, warned, settings)


def validation_rows(trial: Trial, warned: Warnings, settings: Settings) -> list[Row]:
    """What a trial showed, as rows of fixed columns."""
    blank = dict.fromkeys(("score", "recency", "rule", "score_with_imputed", "customers", "observed"))
    rows: list[Row] = []

    def put(part: str, item: str, **cells: Any) -> None:
        rows.append({"part": part, "item": item, **blank, **cells})

    put("result", "verdict", observed=trial.verdict)
    put("result", "scored_by", observed="regression" if trial.used else "rule")
    put("result", "not_validated", observed=trial.model is None)
    put("data", "train_snapshots", observed=", ".join(map(_day, trial.train_days)) or None)
    put("data", "train_rows", customers=trial.train_rows)
    put("data", "train_lost", customers=trial.train_lost)
    test, lost = trial.test, trial.lost
    if test is None or lost is None:
        return rows
    put("data", "test_snapshot", observed=_day(test.day))
    put("data", "label_until", observed=_day(test.day + settings.churn_window_days - 1))
    put("data", "test_customers", customers=len(lost))
    put("data", "test_lost", customers=int(lost.sum()))
    chance, rule = trial.chance, test.rule
    judged = not np.isnan(rule).any()
    full = warned.trial(warned.as_of, imputed=True)
    put(
        "quality", "auc",
        score=_number(trial.area), recency=_number(trial.recency_area), rule=_number(area_under_curve(rule, lost)) if judged else None,
        score_with_imputed=_number(full.area),
    )  # fmt: skip
    inside = test.since <= settings.churn_window_days
    put(
        "quality", "auc_in_base", customers=int(inside.sum()),
        score=_number(area_under_curve(chance[inside], lost[inside])) if chance is not None else None,
        recency=_number(area_under_curve(test.since[inside], lost[inside])),
        rule=_number(area_under_curve(rule[inside], lost[inside])) if judged else None,
    )  # fmt: skip
    by = {"score": chance, "rule": rule if judged else None}
    counts = {name: _confusion(each, lost, settings.warn_band_high) for name, each in by.items() if each is not None}
    put("quality", "precision", **{name: _share(hit, hit + false) for name, (hit, false, _, _) in counts.items()})
    put("quality", "recall", **{name: _share(hit, hit + missed) for name, (hit, _, missed, _) in counts.items()})
    lifts = {"recency": test.since} | {name: each for name, each in by.items() if each is not None}
    put("quality", "lift_top_tenth", **{name: _number(lift(each, lost)) for name, each in lifts.items()})
    put("quality", "brier", score=_number(brier(chance, lost)) if chance is not None else None)
    for place, item in enumerate(("true_positive", "false_positive", "false_negative", "true_negative")):
        put("confusion", item, **{name: each[place] for name, each in counts.items()})
    if chance is not None:
        place_of = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
        for number in range(BINS):
            here = place_of == number
            size = int(here.sum())
            if size:
                label = f"{number * 100 // BINS}–{(number + 1) * 100 // BINS} %"
                mean = float(chance[here].mean())
                put("calibration", label, score=mean, observed=float(lost[here].mean()), customers=size)
    return rows


def _confusion(score: np.ndarray, lost: np.ndarray, least: float) -> tuple[int, int, int, int]:
    """Warned and lost, warned and kept, not warned and lost, not warned and kept."""
    warned = score >= least
    return tuple(int(each.sum()) for each in (warned & lost, warned & ~lost, ~warned & lost, ~warned & ~lost))  # type: ignore[return-value]


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _number(value: float) -> float | None:
    return None if value != value else float(value)


def _day(day: int) -> str:
    return str(np.datetime64(day, "D"))
