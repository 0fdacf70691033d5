"""Answers as they are held: on what lawful basis, for what purpose, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import add_traits, day_numbers, label_each, month_numbers, present
from loyalty_xl.rows.ready import NEVER

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made

LAWFUL = ("consent", "contract", "legitimate_interest")


def frames(given: Given) -> dict[str, Made]:
    """Give `held_answers`: every answer in the sheet, whether or not it counts in any score."""
    frame = given.frames.get("SurveyResponses")
    if frame is None:
        return {}
    customers, days = given.names.codes(frame["customer_id"]), day_numbers(frame["answered_on"], NEVER)
    basis = frame["consent_basis"].astype(object).isin(LAWFUL).to_numpy()
    purpose = frame["purpose"].notna().to_numpy()
    if not purpose.any():  # the sheet has no such column, or nobody fills it: nothing to hold against an answer
        purpose = np.ones(len(frame), dtype=bool)
    made: dict[str, Any] = {
        "day": days,
        "month": month_numbers(days),
        "lawful": (basis & purpose).astype(np.int64),
    }
    if frame["channel"].notna().any():
        made["channel"] = label_each(frame["channel"])
    given.mark(made, frame)
    add_traits(made, customers, given.traits, "region", "tier")
    table = pd.DataFrame(made)
    return {"held_answers": (table, present(table, "region", "tier", "channel"))}
