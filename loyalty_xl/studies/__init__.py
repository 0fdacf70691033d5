"""Listings: tables that need more than sums, one file a dimension."""

from loyalty_xl.studies import (
    attitude,
    behaviour,
    comments,
    control_chart,
    retention,
    service,
    service_quality,
    value,
    wallet,
)

__all__ = [
    "attitude",
    "behaviour",
    "comments",
    "control_chart",
    "retention",
    "service",
    "service_quality",
    "value",
    "wallet",
]
