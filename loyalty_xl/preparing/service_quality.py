"""How service is judged: ratings by dimension and rater, checks of agents, contacts solved at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.contracts.raters import raters_of, scales_of
from loyalty_xl.preparing.naming import (
    add_traits,
    as_numbers,
    day_numbers,
    label_each,
    month_numbers,
    plain_texts,
    present,
)
from loyalty_xl.rows.ready import NEVER

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made


def frames(given: Given) -> dict[str, Made]:
    """Give `service_ratings`, `audits` and `contacts_solved`, where their sheets came."""
    made: dict[str, Made] = {}
    if "ServiceRatings" in given.frames:
        made["service_ratings"] = _ratings(given)
    if "CollectionAudit" in given.frames:
        made["audits"] = _audits(given)
    if "Interactions" in given.frames:
        made["contacts_solved"] = _contacts(given)
    return made


def _ratings(given: Given) -> Made:
    frame = given.frames["ServiceRatings"]
    made = rated(frame, given.names.codes(frame["customer_id"]))
    add_traits(made, made["customer"], given.traits, "region", "tier")
    return plain_texts(pd.DataFrame(made)), present(made, "region", "tier")


def rated(frame: pd.DataFrame, customers: np.ndarray) -> dict[str, Any]:
    """Give one row for each rater and dimension: the mean over its questions, and the weight given to it."""
    days = day_numbers(frame["on"], NEVER)
    scale = scales_of(frame)
    perception, expectation = (frame[name].to_numpy(dtype=np.float64) for name in ("perception", "expectation"))
    rows = pd.DataFrame(
        {
            "rater": raters_of(frame),
            "expert": (frame["rater_type"].astype(object) == "expert").to_numpy().astype(np.int64),
            "customer": customers,
            "day": days,
            "scale": pd.factorize(scale, sort=True)[0].astype(np.int64),
            "scale_text": scale,
            "dimension": label_each(frame["dimension"]),
            "perception": perception,
            "expectation": expectation,
            "gap": perception - expectation,
            "weight": frame["weight"].to_numpy(dtype=np.float64),
        }
    )
    rows = rows[~np.isnan(perception)]
    keys = ["rater", "expert", "customer", "day", "scale", "scale_text", "dimension"]
    scores = ["perception", "expectation", "gap", "weight"]
    found = rows.groupby(keys, sort=False, as_index=False)[scores].mean()
    made: dict[str, Any] = {name: found[name].to_numpy() for name in ("expert", "customer", "day", "rater", "scale")}
    made |= {"month": month_numbers(made["day"]), "dimension": found["dimension"].to_numpy()}
    made |= {"scale_text": found["scale_text"].to_numpy()}
    return made | {name: pd.array(found[name], dtype="Float64") for name in scores}


def _audits(given: Given) -> Made:
    frame = given.frames["CollectionAudit"]
    days = day_numbers(frame["on"], NEVER)
    made: dict[str, Any] = {
        "day": days,
        "month": month_numbers(days),
        "agent": label_each(frame["agent_id"]),
        "compliant": as_numbers(frame["compliant"], 0.0),
    }
    given.mark(made, frame)
    return plain_texts(pd.DataFrame(made)), ("all",)


def _contacts(given: Given) -> Made:
    """Service contacts of which it was noted whether they solved the matter: 1 at once, 0 not at once."""
    frame = given.frames["Interactions"]
    purpose = frame["purpose"].astype(object)
    asked = frame["first_contact_resolved"].notna() & (purpose.isna() | (purpose == "service"))
    frame = frame[asked.to_numpy()]
    customers, days = given.names.codes(frame["customer_id"]), day_numbers(frame["on"], NEVER)
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "at_first_contact": as_numbers(frame["first_contact_resolved"], 0.0),
    }
    given.mark(made, frame)
    if frame["channel"].notna().any():
        made["channel"] = label_each(frame["channel"])
    add_traits(made, customers, given.traits, "region", "tier")
    return plain_texts(pd.DataFrame(made)), present(made, "region", "tier", "channel")
