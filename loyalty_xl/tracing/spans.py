"""Which order lines show what is asked of a customer in a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.rows.ready import collect

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    import pandas as pd

    from loyalty_xl.rows.ready import Ready

TO_DATE = {"bought_to_date", "spend_to_date"}
FIRST = {"is_new", "days_known", "days_related"}
IN_TURN = {"bought", "active", "spend_in_turn", "net_spend"}


def evidence(pairs: pd.DataFrame, asked: AbstractSet[str], turn: pd.Series[Any], ready: Ready) -> np.ndarray:
    """Say which order parts (month, expiry) of customers (first_month, boundary) show what the columns *asked* say.

    In the base is a customer by a purchase that has not expired; new by the first one; all else is counted over months.
    """
    month = pairs["month"].to_numpy()
    spans = [
        (asked & TO_DATE, -1, turn["last"]),
        (asked & IN_TURN, turn["before"], turn["last"]),
        (asked & {"usual_spend", "has_usual"}, turn["decline_before"], turn["before"]),
        (asked & {"previous_spend"}, turn["previous_before"], turn["before"]),
        (asked & {"buys_next"}, turn["last"], turn["next_last"]),
    ]
    made = np.zeros(len(pairs), dtype=bool)
    for wanted, after, until in spans:
        if wanted:
            made |= (month > after) & (month <= until)
    if asked & FIRST:
        made |= month == pairs["first_month"].to_numpy()
    expiry = pairs["expiry"].to_numpy()
    if "in_base_at_end" in asked:
        made |= (month <= turn["last"]) & (expiry >= pairs["boundary"].to_numpy())
    if "in_base_at_start" in asked:
        ends = collect(ready["months"])
        start = ends.loc[ends["month"] == turn["before"], "boundary"]
        if len(start):
            made |= (month <= turn["before"]) & (expiry >= int(start.iloc[0]))
    return made
