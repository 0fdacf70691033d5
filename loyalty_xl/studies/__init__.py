"""Listings: tables that need more than sums, one file a dimension."""

from loyalty_xl.studies import attitude, behaviour, retention, service, value, wallet

__all__ = ["attitude", "behaviour", "retention", "service", "value", "wallet"]
