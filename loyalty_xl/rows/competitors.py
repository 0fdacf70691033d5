"""Rows of brands: ours and every competitor's newest score, and whether they can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import collect
from loyalty_xl.rows.surveys import answers

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Frame, Ready

DIMS = ("all", "region")
AT_MOST = 12  # months after its period for which a figure counts, unless a newer one replaces it
PLACE = ["turn", "segment"]
ALIKE = ["method", "population", "scale"]
SAME = 1e-9  # points: scores that differ by less are equal
COLUMNS = (
    "turn",
    "segment",
    "brand",
    "own",
    "label",
    "nps",
    "n",
    "variance",
    *ALIKE,
    "source",
    "mixed",
    "comparable",
    "above",
)


def brands(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame, *, by_survey: bool = False) -> Frame:
    """One row per turn, segment and brand: our own, and each competitor's newest figure of the last 12 months.

    Our own score is that of our own brand in a study of competitors, where the sheet has one; else that of our survey. Comparable are
    figures of the same method, population and scale as that (our survey is one of customers by our own panel), with at least
    `min_base_nps` answers. A competitor with both kinds of figure stands with the comparable one. With *by_survey* our own score is
    always that of our survey.
    """
    figures = _placed(collect(ready["competitors"]), dims)
    asked = collect(turns)[["turn", "last"]]
    rows = figures.merge(asked, how="cross")
    rows = rows[(rows["first"] <= rows["last"]) & (rows["stop"] - 1 + AT_MOST >= rows["last"])]
    rows = rows.sort_values([*PLACE, "stop", "first", "n", "brand"], ascending=[True, True, False, False, False, True])
    named = rows[(rows["own"] == 1) & (not by_survey)].drop_duplicates(PLACE).assign(mixed=0)
    others = rows[rows["own"] == 0]
    places = others[PLACE].drop_duplicates()
    ours = pd.concat([named, _asked(ready, settings, dims, turns)]).drop_duplicates(PLACE).merge(places, on=PLACE)
    ours = ours.assign(comparable=0, above=0)
    beside = others.merge(
        ours[[*PLACE, *ALIKE, "nps"]].rename(columns={name: f"our_{name}" for name in (*ALIKE, "nps")}),
        on=PLACE,
        how="left",
    )
    alike = np.logical_and.reduce([beside[name] == beside[f"our_{name}"] for name in ALIKE])
    beside = beside.assign(
        comparable=(alike & (beside["n"] >= settings.min_base_nps)).astype(np.int64), mixed=0
    ).sort_values([*PLACE, "comparable"], ascending=[True, True, False], kind="stable")
    beside = beside.drop_duplicates([*PLACE, "brand"])
    higher = (beside["comparable"] == 1) & (beside["nps"] > beside["our_nps"] + SAME)
    beside = beside.assign(above=higher.astype(np.int64))
    made = pd.concat([ours[list(COLUMNS)], beside[list(COLUMNS)]], ignore_index=True)
    return nw.from_native(made, eager_only=True)


def _placed(figures: pd.DataFrame, dims: tuple[str, ...]) -> pd.DataFrame:
    """Give figures their segment: those of the whole market belong to All, those of a region to it alone."""
    parts = []
    if "all" in dims:
        parts.append(figures[figures["national"] == 1].assign(segment=0))
    if "region" in dims and "region" in figures:
        regional = figures[figures["national"] == 0]
        parts.append(regional.assign(segment=regional["region"]))
    return pd.concat(parts, ignore_index=True)


def _asked(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> pd.DataFrame:
    """Our score by our own survey, as a figure like the others."""
    own: dict[str, Any] = {
        "own": 1,
        "method": "own_panel",
        "population": "customers",
        "source": "SurveyResponses",
        "brand": "",
        "label": "",
    }
    scale = f"{settings.nps_scale_min}-{settings.nps_scale_max}"
    names = [*PLACE, "nps", "n", "variance", "mixed", "scale", *own]
    paths = tuple(dim for dim in dims if dim in ready.dims.get("responses", ()))
    if "responses" not in ready or not paths:
        return pd.DataFrame(columns=names)
    score = nw.col("recommend_score")
    rows = answers(ready, settings, paths, turns).filter(~score.is_null())
    counts = collect(
        rows.with_columns(
            (score >= settings.nps_promoter_min).cast(nw.Float64).alias("promoters"),
            (score <= settings.nps_detractor_max).cast(nw.Float64).alias("detractors"),
            nw.lit(1.0).alias("n"),
        )
        .group_by(*PLACE)
        .agg(nw.col("promoters", "detractors", "n").sum(), nw.col("other_wording").max())
    )
    p, d = counts["promoters"] / counts["n"], counts["detractors"] / counts["n"]
    return counts[[*PLACE, "n"]].assign(
        nps=100 * (p - d),
        variance=1e4 * (p + d - (p - d) ** 2).clip(lower=0) / counts["n"],
        mixed=(counts["other_wording"] > 0).astype(np.int64),
        scale=scale,
        **own,
    )


def strongest(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> pd.DataFrame:
    """By turn and segment, the competitor that is to be beaten: the highest score that our survey's can be set beside.

    Where no competitor can be set beside it, `comparable` is 0 and the brand is one that cannot.
    """
    paths = tuple(dim for dim in dims if dim in ready.dims.get("competitors", ()))
    if not paths:
        return pd.DataFrame(columns=[*PLACE, "brand", "label", "nps", "comparable"])
    rows = collect(brands(ready, settings, paths, turns, by_survey=True))
    rows = rows[rows["own"] == 0].sort_values(["comparable", "nps", "brand"], ascending=[False, False, True])
    return rows.drop_duplicates(PLACE)[[*PLACE, "brand", "label", "nps", "comparable"]]


FIGURES = tuple(f"CompetitorNPS.{name}" for name in ("nps", "promoters", "passives", "detractors"))
ALIKE_FIELDS = tuple(f"CompetitorNPS.{name}" for name in ("n", "method", "population", "scale"))
BRANDS = Rows(
    "brands",
    "competitors",
    ("CompetitorNPS", "SurveyResponses"),
    {
        "nps": (*FIGURES, "SurveyResponses.recommend_score"),
        "n": ALIKE_FIELDS,
        "variance": FIGURES,
        "own": ("CompetitorNPS.own_brand",),
        "mixed": (),
        "comparable": ALIKE_FIELDS,
        "above": (*FIGURES, "SurveyResponses.recommend_score"),
    },
    ("CompetitorNPS.brand", "CompetitorNPS.period", "SurveyResponses.answered_on"),
    dated=False,
    dims=DIMS,
    covered_by=("SurveyResponses",),
    settings=(
        "nps_dup_policy",
        "nps_promoter_min",
        "nps_detractor_max",
        "nps_scale_min",
        "nps_scale_max",
        "min_base_nps",
    ),
    build=brands,
)
