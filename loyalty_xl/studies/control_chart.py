"""Control chart of complaints: which periods lie outside what is usual, and what was complained about then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.ready import collect
from loyalty_xl.rows.service import received
from loyalty_xl.vocabulary import Dimension, Level, month_start

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

K = 3.0  # standard deviations from the mean to either limit
DAY_ZERO = np.datetime64("1970-01-01")


@listing(
    "complaint_control_chart",
    "C4",
    zh="投诉控制图",
    en="Complaint control chart",
    dimension=Dimension.SERVICE,
    level=Level.STUDY,
    owner="service",
    sheets=("Complaints",),
    frames=("complaints",),
    says="每个期间的投诉件数与平均值 ± 3 个标准差的控制限比较,并说明超限期间主要多在哪一类。",
    columns=(
        "period",
        "complaints",
        "mean",
        "sd",
        "lower_limit",
        "upper_limit",
        "mainly",
        "mainly_complaints",
        "mainly_usual",
        "judgement",
    ),
)
def complaint_control_chart(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Complaints of each period against limits at k = 3 sample standard deviations from the mean.

    Mean and standard deviation (n - 1) are those of all complete periods from the first complaint to the last; the lower limit is never below 0.
    A period outside is named with the class whose complaints exceed (or fall short of) their own mean by most. A period that is not over is shown and
    neither counted nor judged (`partial`). All periods alike: sd 0, both limits at the mean, none outside. With ten periods or fewer none can lie
    outside, whatever happens (the largest deviation possible is (n - 1) / sqrt(n) standard deviations): they are `too_few`.

    References
    ----------
    Shewhart 1931, "Economic control of quality of manufactured product"; ISO 7870-2.
    """
    rows = received(ready, settings, ("all",))
    by_class = collect(rows.group_by("month", "class_l1").agg(nw.len().alias("complaints")))
    if not len(by_class):
        return []
    month, number = by_class["month"].to_numpy(), by_class["complaints"].to_numpy(dtype=np.float64)
    classes, names = _coded(by_class["class_l1"].to_numpy())
    shown = [each for each in periods if each.stop > month.min() and each.first <= month.max()]
    edges = np.array([each.first for each in shown] + [shown[-1].stop]) if shown else np.zeros(0)
    counts = np.zeros((len(shown), len(names)))
    at = np.searchsorted(edges, month, side="right") - 1
    inside = (at >= 0) & (at < len(shown))
    np.add.at(counts, (at[inside], classes[inside]), number[inside])
    over = np.array([_day(each.stop) <= ready.as_of for each in shown], dtype=bool)
    return _judged([each.label for each in shown], counts, names, over)


def _judged(labels: list[str], counts: np.ndarray, names: list[str], over: np.ndarray) -> list[dict[str, Any]]:
    """Compare the periods (rows of *counts*) with the limits of those that are over."""
    totals = counts.sum(axis=1)
    enough = int(over.sum()) >= 2
    mean = float(totals[over].mean()) if over.any() else None
    sd = float(totals[over].std(ddof=1)) if enough else None
    usual = counts[over].mean(axis=0) if over.any() else np.zeros(len(names))
    possible = (over.sum() - 1) / np.sqrt(over.sum()) > K if enough else False
    found = []
    for label, total, of_class, complete in zip(labels, totals, counts, over, strict=True):
        lower = max(0.0, mean - K * sd) if mean is not None and sd is not None else None
        upper = mean + K * sd if mean is not None and sd is not None else None
        judgement = "partial" if not complete else "inside" if sd == 0 else "too_few" if not possible else "inside"
        row: dict[str, Any] = {"period": label, "complaints": int(total), "mean": mean, "sd": sd}
        row |= {"lower_limit": lower, "upper_limit": upper}
        row |= {"mainly": None, "mainly_complaints": None, "mainly_usual": None, "judgement": judgement}
        if judgement == "inside" and lower is not None and upper is not None and not lower <= total <= upper:
            above = total > upper
            most = int(np.argmax((of_class - usual) * (1 if above else -1)))
            row |= {"judgement": "above" if above else "below", "mainly": names[most]}
            row |= {"mainly_complaints": int(of_class[most]), "mainly_usual": float(usual[most])}
        found.append(row)
    return found


def _coded(labels: np.ndarray) -> tuple[np.ndarray, list[str]]:
    names, codes = np.unique(labels.astype(str), return_inverse=True)
    return codes, [str(each) for each in names]


def _day(month: int) -> int:
    return int((np.datetime64(month_start(month), "D") - DAY_ZERO).astype(int))
