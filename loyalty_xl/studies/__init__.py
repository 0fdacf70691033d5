"""Listings: tables that need more than sums, one file a subject."""

from loyalty_xl.studies import (
    attitude,
    behaviour,
    comments,
    control_chart,
    early_warning,
    leaving,
    predicted_clv,
    price,
    referrals,
    retention,
    rfm,
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
    "early_warning",
    "leaving",
    "predicted_clv",
    "price",
    "referrals",
    "retention",
    "rfm",
    "service",
    "service_quality",
    "value",
    "wallet",
]
