"""Every brand beside ours: score, base, method, gap and rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.competitors import brands
from loyalty_xl.rows.ready import collect
from loyalty_xl.vocabulary import Dimension

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

PERIODS = 13  # newest periods that are looked at, as on Trend


@listing(
    "competitor_nps",
    "A6",
    zh="竞品净推荐值",
    en="NPS by brand",
    dimension=Dimension.ATTITUDE,
    sheets=("CompetitorNPS", "SurveyResponses"),
    frames=("competitors",),
    owner="marketing",
    says="本品牌最近一次调查与各竞品近 12 个月最新的净推荐值;方法、对象、量表都相同且样本足够的才可比、才排名。",
    columns=(
        "period",
        "brand",
        "nps",
        "n",
        "gap",
        "rank",
        "comparable",
        "figure_of",
        "method",
        "population",
        "scale",
        "source",
    ),
)
def competitor_nps(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Our Net Promoter Score and that of every competitor, with the gap to each and the rank of the comparable ones.

    Ours is that of the latest survey wave, or of our own brand in a study of competitors. `gap` is ours minus theirs. Brands of another
    method, population or scale, or with fewer than `min_base_nps` answers, are shown without gap and rank. Equal scores share their rank.

    References
    ----------
    As for `nps_gap`.
    """
    some = periods[-PERIODS:]
    waves = _waves(ready, [period.stop for period in some])
    asked = [
        (number, period.first, period.stop - 1, wave)
        for number, (period, wave) in enumerate(zip(some, waves, strict=True))
    ]
    turns = pd.DataFrame(asked, columns=["turn", "first_of_turn", "last", "wave"]).astype(np.int64)
    rows = collect(brands(ready, settings, ("all",), nw.from_native(turns, eager_only=True)))
    found = []
    for number, group in rows.groupby("turn"):
        own = group[group["own"] == 1]
        score = float(own["nps"].iloc[0]) if len(own) and not own["mixed"].iloc[0] else None
        ranked = sorted(
            [*group.loc[group["comparable"] == 1, "nps"], *([score] if score is not None else [])], reverse=True
        )
        for row in group.sort_values(
            ["own", "comparable", "nps", "brand"], ascending=[False, False, False, True]
        ).to_dict("records"):
            beside = bool(row["comparable"]) and score is not None
            known = beside or (bool(row["own"]) and score is not None and len(ranked) > 1)
            found.append(
                {
                    "period": some[int(str(number))].label,
                    "brand": row["brand"] or "own_brand",
                    "nps": float(row["nps"]),
                    "n": float(row["n"]) if row["n"] == row["n"] else None,
                    "gap": score - float(row["nps"]) if beside and score is not None else None,
                    "rank": _rank(float(row["nps"]), ranked) if known else None,
                    "comparable": None if row["own"] else bool(row["comparable"]),
                    "figure_of": row["label"] or None,
                    "method": row["method"] or None,
                    "population": row["population"],
                    "scale": row["scale"],
                    "source": row["source"] or None,
                }
            )
    return found


def _rank(score: float, ranked: list[float]) -> int:
    return 1 + len([other for other in ranked if other > score + 1e-9])


def _waves(ready: Ready, stops: list[int]) -> list[int]:
    """The wave with the newest answer before each month; -1 where there is none."""
    if "responses" not in ready:
        return [-1] * len(stops)
    scored = (nw.col("relationship") == 1) & (nw.col("has_score") == 1)
    rows = collect(ready["responses"].filter(scored).select("wave", "day", "month")).sort_values(["day", "wave"])
    waves, months = rows["wave"].to_numpy(), rows["month"].to_numpy()  # by day, so by month too
    places = np.searchsorted(months, stops, side="left") - 1
    return [int(waves[place]) if place >= 0 else -1 for place in places]


__all__ = ["competitor_nps"]
