"""Figures of competitors: each row has one, and its score is that of its counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.links import numbers, usable, warning

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.vocabulary import Finding

ROUNDED = 0.51  # points by which a published score may differ from its counts: it is rounded, sometimes down


def competitor_figures(sheets: dict[str, Sheet]) -> list[Finding]:
    """Name rows without a figure, and rows whose score or base is not that of their counts; the counts are used."""
    sheet = usable(sheets, "CompetitorNPS")
    if sheet is None:
        return []
    promoters, passives, detractors, score, base = (
        numbers(sheet, name) for name in ("promoters", "passives", "detractors", "nps", "n")
    )
    counted = promoters + passives + detractors
    findings = warning("W338", sheet, "nps", np.isnan(score) & ~(counted > 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        made = 100 * (promoters - detractors) / counted
    other = (counted > 0) & (np.abs(made - score) > ROUNDED)
    for mask, field, given, right in (
        (other, "nps", score, made),
        ((counted > 0) & (base != counted), "n", base, counted),
    ):
        known = mask & ~np.isnan(given)
        if known.any():
            first = int(np.flatnonzero(known)[0])
            brand = str(sheet.frame["brand"].iloc[first])
            findings += warning("W337", sheet, field, known, f"{given[first]:.10g}", f"{right[first]:.6g}", brand=brand)
    return findings
