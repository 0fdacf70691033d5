"""Listings: tables that need more than sums, one file a dimension."""

from loyalty_xl.studies import attitude, behaviour, referrals, retention, service

__all__ = ["attitude", "behaviour", "referrals", "retention", "service"]
