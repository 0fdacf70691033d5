"""KPIs: arithmetic on sums of measures, one file a dimension. A parameter is the measure of that name."""

from loyalty_xl import measures as _measures  # noqa: F401 - a KPI's parameters must exist
from loyalty_xl.kpis import attitude, behaviour, competitors, quality, retention, service, survey_items, value

__all__ = ["attitude", "behaviour", "competitors", "quality", "retention", "service", "survey_items", "value"]
