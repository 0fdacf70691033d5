"""What went wrong, and how it was put right."""

from __future__ import annotations

import numpy as np

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.ready import each, when
from loyalty_xl.rows.service import CLOSED_COMPLAINTS, COMPLAINERS, COMPLAINTS


def ninetieth(values: np.ndarray) -> float:
    """90th percentile, linear between neighbours."""
    return float(np.percentile(values, 90))


complaints = measure("complaints", COMPLAINTS, lambda _row, _: each())
closed_complaints = measure("closed_complaints", COMPLAINTS, lambda row, _: row.is_closed)
unclassified_complaints = measure("unclassified_complaints", COMPLAINTS, lambda row, _: row.classified == 0)
closed_within_sla = measure("closed_within_sla", COMPLAINTS, lambda row, setting: row.days <= (setting.sla_days or 0))
middle_resolution_days = measure("middle_resolution_days", COMPLAINTS, lambda row, _: row.days, statistic=np.median)
slow_resolution_days = measure("slow_resolution_days", COMPLAINTS, lambda row, _: row.days, statistic=ninetieth)
complaining_customers = measure("complaining_customers", COMPLAINERS, lambda row, _: row.complaints > 0)

closed_cases = measure("closed_cases", CLOSED_COMPLAINTS, lambda _row, _: each())
rated_complaints = measure("rated_complaints", CLOSED_COMPLAINTS, lambda row, _: ~row.satisfaction.is_null())
rating_sum = measure("rating_sum", CLOSED_COMPLAINTS, lambda row, _: row.satisfaction)
rating_squared = measure("rating_squared", CLOSED_COMPLAINTS, lambda row, _: row.satisfaction * row.satisfaction)
satisfied_complainers = measure(
    "satisfied_complainers", CLOSED_COMPLAINTS, lambda row, _: row.satisfaction > row.satisfaction_high - 2
)
ratings_on_other_scale = measure(
    "ratings_on_other_scale",
    CLOSED_COMPLAINTS,
    lambda row, setting: when(
        row.satisfaction.is_null(), 0.0, when(row.satisfaction_high != float(setting.csat_scale.split("-")[1]))
    ),
)
