"""Listings: tables that need more than sums, one file a dimension."""

from loyalty_xl.studies import attitude, behaviour, plan, retention, service

__all__ = ["attitude", "behaviour", "plan", "retention", "service"]
