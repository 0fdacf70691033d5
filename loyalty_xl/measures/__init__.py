"""Measures: columns that can be added up, one file a subject."""

from loyalty_xl.measures import (
    attitude,
    behaviour,
    price,
    programme,
    quality,
    referrals,
    retention,
    service,
    service_quality,
    value,
    wallet,
)

__all__ = [
    "attitude",
    "behaviour",
    "price",
    "programme",
    "quality",
    "referrals",
    "retention",
    "service",
    "service_quality",
    "value",
    "wallet",
]
