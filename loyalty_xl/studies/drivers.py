"""What goes with recommendation and satisfaction, and how well the questions of one subject hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.associations import reliability, spearman, spearman_interval
from loyalty_xl.catalogue import listing
from loyalty_xl.ranks import average_ranks
from loyalty_xl.rows.survey_items import IMAGE, SATISFACTION, SCORE_ITEMS, asked_items, counted_in, yearly
from loyalty_xl.vocabulary import Dimension, Level

if TYPE_CHECKING:
    import pandas as pd

    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

PER_ITEM = 10  # answers that each item needs
TOGETHER = 0.7  # items that correlate more cannot be told apart
ACCEPTED, REPEATED = 0.7, 0.95  # alpha below: the items do not measure one thing; above: they ask the same
LOOSE, CLOSE = 0.15, 0.5  # usual mean correlation of two items of a scale
OUTCOMES = ("recommend_score", "csat_overall")
SCALES = {"satisfaction": SATISFACTION, "brand_image": IMAGE}


def _newest_wording(rows: pd.DataFrame) -> pd.DataFrame:
    """Answers to the newest wording of each window: versions with different wording are never pooled."""
    return rows[rows["wording"] == rows.groupby("turn")["wording"].transform("max")]


@listing(
    "drivers",
    "A8",
    zh="满意与推荐的关联因素",
    en="What goes with recommendation and satisfaction",
    dimension=Dimension.ATTITUDE,
    sheets=("SurveyResponses",),
    frames=("responses",),
    level=Level.STUDY,
    owner="marketing",
    says="近 12 个月的答卷:每题与推荐分、总体满意度的等级相关(重要性)和该题得分(表现);相关说明一同变化,不说明原因。",
    columns=(
        "period",
        "outcome",
        "item",
        "answers",
        "importance",
        "low",
        "high",
        "performance",
        "quadrant",
        "closest_item",
        "closest_correlation",
        "note",
    ),
)
def drivers(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """How strongly each question is associated with recommendation and overall satisfaction, and how well we do in it.

        importance = Spearman's rank correlation of the item with the outcome, ties by average rank
        performance = mean of the item on 0 to 100

    Association, not cause: a high correlation says that those who rate the item high also recommend, not that raising it will raise NPS.
    Each period looks at the 12 months up to its end, one answer a customer (`nps_dup_policy`), newest wording only. An item needs
    10 answers for each item asked, else it is blank. Quadrants part at the mean importance and the mean performance of the items.
    `closest_item` is the item with which it goes most; from 0.7 on the two cannot be told apart.

    References
    ----------
    Martilla & James 1977, "Importance-performance analysis", Journal of Marketing 41. Spearman 1904. Bonett & Wright 2000 for the interval.
    """
    items = asked_items(ready, SCORE_ITEMS)
    some, spans = yearly(periods)
    rows = _newest_wording(counted_in(ready, settings, spans)) if items else None
    found: list[dict[str, Any]] = []
    for turn, part in rows.groupby("turn") if rows is not None else ():
        matrix = part[list(items)].to_numpy(dtype=np.float64)
        for outcome in OUTCOMES:
            for line in associations(part[outcome].to_numpy(dtype=np.float64), matrix, items):
                found.append({"period": some[int(str(turn))].label, "outcome": outcome, **line})
    return found


def associations(outcome: np.ndarray, matrix: np.ndarray, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Importance and performance of each item (column of *matrix*, on 0 to 100) for an outcome, one line an item that was asked."""
    asked = [place for place in range(matrix.shape[1]) if not np.isnan(matrix[:, place]).all()]
    if not asked or np.isnan(outcome).all():
        return []
    closest = _closest(matrix[:, asked])
    lines: list[dict[str, Any]] = []
    for number, place in enumerate(asked):
        both = ~np.isnan(matrix[:, place]) & ~np.isnan(outcome)
        n = int(both.sum())
        line: dict[str, Any] = dict.fromkeys(
            ("importance", "low", "high", "performance", "quadrant", "closest_item", "closest_correlation", "note")
        )
        lines.append({"item": names[place], "answers": n, **line})
        line = lines[-1]
        if n < PER_ITEM * len(asked):
            line["note"] = "under_ten_an_item"
            continue
        rho = spearman(matrix[both, place], outcome[both])
        if rho is None:
            line["note"] = "all_the_same"
            continue
        ends = spearman_interval(rho, n)
        line |= {"importance": rho, "performance": float(matrix[both, place].mean())}
        line |= {"low": ends.low, "high": ends.high} if ends else {}
        if closest is not None and closest[number] is not None:
            other, how = closest[number]
            line |= {"closest_item": names[asked[other]], "closest_correlation": how}
            line["note"] = "moves_with_another" if how >= TOGETHER else None
    _place(lines)
    return lines


def _place(lines: list[dict[str, Any]]) -> None:
    """Name the quadrant of each item that has both coordinates; one item alone has none."""
    known = [line for line in lines if line["importance"] is not None]
    if len(known) < 2:
        return
    weight, rating = (sum(line[name] for line in known) / len(known) for name in ("importance", "performance"))
    for line in known:
        important, good = line["importance"] >= weight, line["performance"] >= rating
        line["quadrant"] = (
            ("keep_up" if good else "improve_first") if important else ("possible_overkill" if good else "low_priority")
        )


def _closest(matrix: np.ndarray) -> list[Any] | None:
    """For each item the other with which it correlates most, over answers with all items; None where there are too few."""
    whole = matrix[~np.isnan(matrix).any(axis=1)]
    if matrix.shape[1] < 2 or len(whole) < PER_ITEM * matrix.shape[1]:
        return None
    ranks = np.column_stack([average_ranks(column) for column in whole.T])
    with np.errstate(invalid="ignore", divide="ignore"):
        between = np.corrcoef(ranks, rowvar=False)
    np.fill_diagonal(between, np.nan)
    return [(int(np.nanargmax(row)), float(np.nanmax(row))) if not np.isnan(row).all() else None for row in between]


@listing(
    "scale_reliability",
    "A17",
    zh="量表信度",
    en="Reliability of the scales",
    dimension=Dimension.ATTITUDE,
    sheets=("SurveyResponses",),
    frames=("responses",),
    level=Level.STUDY,
    owner="marketing",
    says="近 12 个月的答卷:满意度题、品牌形象题各自的克朗巴赫 α(原始和标准化)、题与其余题之和的相关。",
    columns=(
        "period",
        "question_group",
        "item",
        "answers",
        "alpha",
        "standardised_alpha",
        "inter_item_correlation",
        "item_total_correlation",
        "alpha_without",
        "note",
        "inter_item_note",
    ),
)
def scale_reliability(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Whether the questions of one subject measure one thing: Cronbach's alpha, raw and standardised, and each item's part in it.

        alpha = k / (k - 1) (1 - sum of the items' variances / variance of their sum)

    Satisfaction items are those of product, after-sales and purchase; brand image items `brand_image_1` to `5`. Each period looks at the
    12 months up to its end, one answer a customer, newest wording only, answers with all items. Fewer than two items, or fewer answers
    than `min_base_nps`: no value. Below 0.70 the items should not be averaged into one number; above 0.95 they repeat each other. A mean
    correlation of items between 0.15 and 0.50 is usual. `item_total_correlation` is with the sum of the other items.

    References
    ----------
    Cronbach 1951, Psychometrika 16. Nunnally & Bernstein 1994, Psychometric Theory (0.70). Clark & Watson 1995, Psychological Assessment 7
    (correlation of items).
    """
    some, spans = yearly(periods)
    groups = {name: asked_items(ready, items) for name, items in SCALES.items()}
    if not any(groups.values()):
        return []
    rows = _newest_wording(counted_in(ready, settings, spans))
    found: list[dict[str, Any]] = []
    for turn, part in rows.groupby("turn"):
        for name, items in groups.items():
            matrix = part[list(items)].to_numpy(dtype=np.float64)
            for line in reliabilities(matrix, items, settings.min_base_nps):
                found.append({"period": some[int(str(turn))].label, "question_group": name, **line})
    return found


def reliabilities(matrix: np.ndarray, names: tuple[str, ...], least: float) -> list[dict[str, Any]]:
    """Alpha of a group of items, then a line for each item; one line with the reason where there is no alpha."""
    asked = [place for place in range(matrix.shape[1]) if not np.isnan(matrix[:, place]).all()]
    if not asked:
        return []
    found = reliability(matrix[:, asked])
    blank: dict[str, Any] = dict.fromkeys(
        (
            "alpha",
            "standardised_alpha",
            "inter_item_correlation",
            "item_total_correlation",
            "alpha_without",
            "note",
            "inter_item_note",
        )
    )
    whole = {"item": "all_items", "answers": found.n, **blank}
    reason = "under_two_items" if len(asked) < 2 else "too_few_answers" if found.n < least else None
    if reason or found.alpha is None:
        return [{**whole, "note": reason or "all_the_same"}]
    between = found.between_items
    whole |= {
        "alpha": found.alpha,
        "standardised_alpha": found.standardised,
        "inter_item_correlation": between,
        "note": "alpha_low" if found.alpha < ACCEPTED else "alpha_very_high" if found.alpha > REPEATED else None,
    }
    if between is not None:
        whole["inter_item_note"] = "items_loose" if between < LOOSE else "items_close" if between > CLOSE else None
    lines = [whole]
    for number, place in enumerate(asked):
        more = {"item_total_correlation": found.with_the_rest[number], "alpha_without": found.without[number]}
        lines.append({"item": names[place], "answers": found.n, **blank, **more})
    return lines


__all__ = ["associations", "drivers", "reliabilities", "scale_reliability"]
