"""KPIs: arithmetic on sums of measures, one file a subject. A parameter is the measure of that name."""

from loyalty_xl import measures as _measures  # noqa: F401 - a KPI's parameters must exist
from loyalty_xl.kpis import (
    attitude,
    behaviour,
    competitors,
    follow_up,
    price,
    programme,
    quality,
    referrals,
    retention,
    saving,
    service,
    service_quality,
    survey_items,
    value,
    wallet,
)

__all__ = [
    "attitude",
    "behaviour",
    "competitors",
    "follow_up",
    "price",
    "programme",
    "quality",
    "referrals",
    "retention",
    "saving",
    "service",
    "service_quality",
    "survey_items",
    "value",
    "wallet",
]
