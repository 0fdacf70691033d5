"""Complaints: when they came and went, and whether their class is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import add_traits, day_numbers, label_each, month_numbers, plain_texts, present
from loyalty_xl.rows.ready import NEVER

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made


def frames(given: Given) -> dict[str, Made]:
    """Give `complaints`."""
    return {"complaints": _complaints(given)} if "Complaints" in given.frames else {}


def _complaints(given: Given) -> Made:
    frame = given.frames["Complaints"]
    customers = given.names.codes(frame["customer_id"])
    days = day_numbers(frame["received_on"], NEVER)
    open_again = frame["status"].astype(object).isin(["open", "pending", "reopened"]).to_numpy()
    closed = np.where(open_again, NEVER, day_numbers(frame["closed_on"], NEVER))
    scales = frame["satisfaction_scale"].astype(object).fillna(given.settings.csat_scale)
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "closed": closed,
        "closed_month": month_numbers(closed),
        "satisfaction": frame["satisfaction"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan),
        "satisfaction_high": np.array([float(str(scale).split("-")[1]) for scale in scales]),
        "classified": _classified(frame, given.frames.get("ComplaintTaxonomy"), days),
        "class_l1": label_each(frame["class_l1"]),
        "class_l2": label_each(frame["class_l2"]),
    }
    if frame["channel"].notna().any():
        made["channel"] = label_each(frame["channel"])
    if given.types is not None and frame["product_id"].notna().any():
        made["product_type"] = label_each(frame["product_id"], given.types)
    add_traits(made, customers, given.traits, "region", "tier")
    table = plain_texts(pd.DataFrame(made))
    table["satisfaction"] = table["satisfaction"].astype("Float64")
    return table, present(made, "region", "product_type", "tier", "channel")


def _classified(frame: pd.DataFrame, taxonomy: pd.DataFrame | None, days: np.ndarray) -> np.ndarray:
    """Whether the taxonomy valid on that day knows the complaint's class (by code or name)."""
    given = frame["class_l1"].notna().to_numpy()
    if taxonomy is None or not len(taxonomy):
        return given.astype(np.int64)
    known = np.zeros(len(frame), dtype=bool)
    first, until = day_numbers(taxonomy["valid_from"], -NEVER), day_numbers(taxonomy["valid_to"], NEVER)
    l1, l2 = (frame[name].astype(object).to_numpy() for name in ("class_l1", "class_l2"))
    valid: dict[str, list[tuple[int, int]]] = {}
    for name in ("code", "name_zh", "name_en"):
        for text, start, end in zip(taxonomy[name].astype(object), first, until, strict=True):
            if isinstance(text, str) and text:
                valid.setdefault(text.strip().casefold(), []).append((start, end))
    for i, (one, two, day) in enumerate(zip(l1, l2, days, strict=True)):
        texts = [text for text in (one, two) if isinstance(text, str)]
        known[i] = bool(texts) and all(
            any(start <= day <= end for start, end in valid.get(text.strip().casefold(), ())) for text in texts
        )
    return (known & given).astype(np.int64)
