"""Scores of other brands: one figure a row, from its counts where they are given, with the months it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import label_each, plain_texts
from loyalty_xl.vocabulary import month_ordinal

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made


def frames(given: Given) -> dict[str, Made]:
    """Give `competitors`: rows of periods that had begun by the day before `as_of`."""
    frame = given.frames.get("CompetitorNPS")
    if frame is None:
        return {}
    periods = [given.calendar.parse(text) if isinstance(text, str) else None for text in frame["period"].astype(object)]
    promoters, passives, detractors, score, base = (
        frame[name].to_numpy(dtype=np.float64) for name in ("promoters", "passives", "detractors", "nps", "n")
    )
    counted = promoters + passives + detractors
    whole = counted > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        nps = np.where(whole, 100 * (promoters - detractors) / counted, score)
        n = np.where(whole, counted, base)
        spread = np.where(whole, (promoters + detractors) / counted, 1.0)  # without counts: the widest it can be
        variance = 1e4 * np.maximum(0.0, spread - (nps / 100) ** 2) / n
    regional = frame["region_id"].notna().to_numpy()
    settings = given.settings
    asked = f"{settings.nps_scale_min}-{settings.nps_scale_max}"
    made = pd.DataFrame(
        {
            "brand": frame["brand"].astype(object).to_numpy(),
            "own": frame["own_brand"].fillna(False).to_numpy(dtype=bool).astype(np.int64),
            "label": [period.label if period else "" for period in periods],
            "first": np.array([period.first if period else 0 for period in periods], dtype=np.int64),
            "stop": np.array([period.stop if period else 0 for period in periods], dtype=np.int64),
            "nps": nps,
            "n": n,
            "variance": variance,
            "method": frame["method"].astype(object).fillna("").to_numpy(),
            "population": frame["population"].astype(object).fillna("customers").to_numpy(),
            "scale": frame["scale"].astype(object).fillna(asked).to_numpy(),
            "source": frame["source"].astype(object).fillna("").to_numpy(),
            "national": (~regional).astype(np.int64),
        }
    )
    if given.traced:
        made["row"] = frame.index.to_numpy().astype(np.int64)
    if regional.any():
        places = label_each(frame["region_id"], given.regions)
        made["region"] = np.where(regional, places, places[regional][0])  # `national` says which have none
    begun = np.array(
        [
            period is not None and period.first <= month_ordinal(given.as_of) - (given.as_of.day == 1)
            for period in periods
        ],
        dtype=bool,
    )
    usable = begun & ~np.isnan(nps)
    return {"competitors": (plain_texts(made[usable]), ("all", "region") if regional[usable].any() else ("all",))}
