"""Measures: columns that can be added up, one file a dimension."""

from loyalty_xl.measures import attitude, behaviour, quality, retention, service, service_quality, value, wallet

__all__ = ["attitude", "behaviour", "quality", "retention", "service", "service_quality", "value", "wallet"]
