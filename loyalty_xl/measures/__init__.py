"""Measures: columns that can be added up, one file a dimension."""

from loyalty_xl.measures import attitude, behaviour, competitors, quality, retention, service, survey_items, value

__all__ = ["attitude", "behaviour", "competitors", "quality", "retention", "service", "survey_items", "value"]
