"""Complaints: when they came and went, and whether their class is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.business_hours import business_minutes, has_time
from loyalty_xl.contracts.taxonomy import Taxonomy, classified, renewed
from loyalty_xl.preparing.naming import add_traits, day_numbers, label_each, month_numbers, plain_texts, present
from loyalty_xl.rows.ready import NEVER
from loyalty_xl.vocabulary import UNASSIGNED

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made
    from loyalty_xl.settings_table import Hours


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
    taxonomy = Taxonomy(given.frames.get("ComplaintTaxonomy"))
    class_l1, class_l2 = renewed(frame, taxonomy, days)
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "closed": closed,
        "closed_month": month_numbers(closed),
        "satisfaction": frame["satisfaction"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan),
        "satisfaction_high": np.array([float(str(scale).split("-")[1]) for scale in scales]),
        "classified": classified(frame, taxonomy, days),
        "class_l1": np.array([UNASSIGNED if each is None else each for each in class_l1], dtype=object),
        "class_l2": np.array([UNASSIGNED if each is None else each for each in class_l2], dtype=object),
        "response_minutes": response_minutes(frame, given.settings.business_hours),
    }
    if frame["channel"].notna().any():
        made["channel"] = label_each(frame["channel"])
    if given.types is not None and frame["product_id"].notna().any():
        made["product_type"] = label_each(frame["product_id"], given.types)
    given.mark(made, frame)
    add_traits(made, customers, given.traits, "region", "tier")
    table = plain_texts(pd.DataFrame(made))
    for name in ("satisfaction", "response_minutes"):
        table[name] = table[name].astype("Float64")
    return table, present(made, "region", "product_type", "tier", "channel")


def response_minutes(frame: pd.DataFrame, hours: Hours) -> np.ndarray:
    """Minutes of business from receipt to the first response; nan where a stamp is missing or has no time of day."""
    received, answered = (
        frame[name].to_numpy().astype("datetime64[s]") for name in ("received_on", "first_response_on")
    )
    minutes = np.full(len(frame), np.nan)
    timed = ~np.isnat(received) & ~np.isnat(answered) & has_time(received) & has_time(answered) & (answered >= received)
    minutes[timed] = business_minutes(received[timed].astype(np.int64), answered[timed].astype(np.int64), hours)
    return minutes
