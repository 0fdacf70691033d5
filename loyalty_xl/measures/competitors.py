"""Our score beside those of other brands."""

from __future__ import annotations

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.competitors import BRANDS
from loyalty_xl.rows.ready import when

own_figures = measure("own_figures", BRANDS, lambda row, _: row.own == 1)
own_nps = measure("own_nps", BRANDS, lambda row, _: when(row.own == 1, row.nps))
own_nps_answers = measure("own_nps_answers", BRANDS, lambda row, _: when(row.own == 1, row.n))
own_nps_variance = measure("own_nps_variance", BRANDS, lambda row, _: when(row.own == 1, row.variance))
own_nps_of_mixed_wording = measure("own_nps_of_mixed_wording", BRANDS, lambda row, _: row.mixed == 1)

competitors = measure("competitors", BRANDS, lambda row, _: row.own == 0)
comparable_competitors = measure("comparable_competitors", BRANDS, lambda row, _: row.comparable == 1)
competitor_nps = measure("competitor_nps", BRANDS, lambda row, _: when(row.comparable == 1, row.nps))
competitor_nps_squared = measure(
    "competitor_nps_squared", BRANDS, lambda row, _: when(row.comparable == 1, row.nps * row.nps)
)
competitor_nps_variance = measure(
    "competitor_nps_variance", BRANDS, lambda row, _: when(row.comparable == 1, row.variance)
)
competitors_above = measure("competitors_above", BRANDS, lambda row, _: row.above == 1)
