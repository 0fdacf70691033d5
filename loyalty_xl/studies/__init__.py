"""Listings: tables that need more than sums, one file a dimension."""

from loyalty_xl.studies import attitude, behaviour, predicted_clv, retention, rfm, service

__all__ = ["attitude", "behaviour", "predicted_clv", "retention", "rfm", "service"]
