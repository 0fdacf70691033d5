"""Listings: tables that need more than sums, one file a dimension."""

from loyalty_xl.studies import attitude, behaviour, competitors, drivers, retention, service, survey

__all__ = ["attitude", "behaviour", "competitors", "drivers", "retention", "service", "survey"]
