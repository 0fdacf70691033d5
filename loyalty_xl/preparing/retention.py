"""Keeping customers: attempts to save them, contacts with them, and why those who closed their account left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.contracts.service_more import LEAVING_REASONS
from loyalty_xl.preparing.naming import add_traits, day_numbers, label_each, month_numbers, plain_texts, present
from loyalty_xl.rows.ready import ANONYMOUS, NEVER

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made, Names

NOT_GIVEN = ""  # no reason, outcome or purpose was recorded
_REASONS = {
    spelled.casefold(): reason
    for reason, spellings in LEAVING_REASONS.items()
    for spelled in (reason, reason.replace("_", " "), *spellings)
}


def frames(given: Given) -> dict[str, Made]:
    """Give `save_attempts`, `interactions` and `close_reasons`."""
    made: dict[str, Made] = {}
    if "SaveAttempts" in given.frames:
        made["save_attempts"] = _save_attempts(given.frames["SaveAttempts"], given)
    if "Interactions" in given.frames:
        made["interactions"] = _interactions(given.frames["Interactions"], given)
    if "Customers" in given.frames:
        made["close_reasons"] = _close_reasons(given.frames["Customers"], given.names), ("all",)
    return made


def _save_attempts(frame: pd.DataFrame, given: Given) -> Made:
    customers = given.names.codes(frame["customer_id"])
    days = day_numbers(frame["contacted_on"], NEVER)
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "sequence": days * 10_000_000 + np.arange(len(frame)),
        "reason": _texts(frame["reason"]),
        "outcome": _texts(frame["outcome"]),
        "outcome_day": day_numbers(frame["outcome_on"], NEVER),
        "contract_end": _contract_ends(customers, given),
    }
    given.mark(made, frame)
    add_traits(made, customers, given.traits, "region", "tier", "channel")
    return plain_texts(pd.DataFrame(made)), present(made, "region", "tier", "channel")


def _contract_ends(customers: np.ndarray, given: Given) -> np.ndarray:
    """The day on which each customer's contract ends, -NEVER without one."""
    known = given.frames.get("Customers")
    ends: dict[int, int] = {}
    if known is not None:
        ends = dict(
            zip(
                given.names.codes(known["customer_id"]).tolist(),
                day_numbers(known["contract_end"], -NEVER).tolist(),
                strict=True,
            )
        )
    return np.array([ends.get(each, -NEVER) for each in customers.tolist()], dtype=np.int64)


def _interactions(frame: pd.DataFrame, given: Given) -> Made:
    customers = given.names.codes(frame["customer_id"])
    days = day_numbers(frame["on"], NEVER)
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "purpose": _texts(frame["purpose"]),
        "contact_channel": label_each(frame["channel"]),
        "first_contact_resolved": frame["first_contact_resolved"].astype("Float64").to_numpy(np.float64, na_value=-1.0),
    }
    add_traits(made, customers, given.traits, "region", "tier")
    return plain_texts(pd.DataFrame(made)), present(made, "region", "tier")


def _close_reasons(frame: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Customers who closed their account, with the reason as SaveAttempts would call it; other words are `other`."""
    given = frame["close_reason"].astype(object)
    made = pd.DataFrame(
        {
            "customer": names.codes(frame["customer_id"]),
            "closed": day_numbers(frame["closed_on"], NEVER),
            "reason": [
                _REASONS.get(each.strip().casefold(), "other") if isinstance(each, str) and each.strip() else NOT_GIVEN
                for each in given
            ],
        }
    )
    unmerged = frame["merged_into"].isna().to_numpy() & (made["customer"] != ANONYMOUS).to_numpy()
    return plain_texts(made[unmerged].drop_duplicates("customer"))


def _texts(column: pd.Series) -> np.ndarray:
    """A text column, NOT_GIVEN where it is blank."""
    given: np.ndarray = column.astype(object).where(column.notna(), NOT_GIVEN).to_numpy()
    return given
