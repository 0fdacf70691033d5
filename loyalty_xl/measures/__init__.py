"""Measures: columns that can be added up, one file a subject."""

from loyalty_xl.measures import (
    attitude,
    behaviour,
    competitors,
    price,
    programme,
    quality,
    referrals,
    retention,
    service,
    service_quality,
    survey_items,
    value,
    wallet,
)

__all__ = [
    "attitude",
    "behaviour",
    "competitors",
    "price",
    "programme",
    "quality",
    "referrals",
    "retention",
    "service",
    "service_quality",
    "survey_items",
    "value",
    "wallet",
]
