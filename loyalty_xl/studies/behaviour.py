"""Customer states: who is new, consistent, returning or sleeping."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.orders import occasions
from loyalty_xl.rows.ready import collect
from loyalty_xl.vocabulary import Dimension

if TYPE_CHECKING:
    import pandas as pd

    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period


def activity(ready: Ready, settings: Settings, periods: list[Period]) -> pd.DataFrame:
    """Which customer bought in which period: customer code, number of the period. One row each."""
    bought = collect(ready.once(occasions, settings, ("all",)))
    bought = bought[bought["known"]]
    stops = np.array([period.stop for period in periods])
    made = bought[["customer"]].assign(turn=np.searchsorted(stops, bought["month"].to_numpy(), side="right"))
    return made.drop_duplicates()


@listing(
    "customer_states",
    "B12",
    zh="客户状态",
    en="Customer states",
    dimension=Dimension.BEHAVIOUR,
    sheets=("Orders",),
    says="每个期间新客、连续、回归、沉睡客户的人数。",
    columns=("period", "state", "customers", "partial"),
)
def customer_states(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Customers by state in each period.

    New: first period with a purchase. Consistent: bought in this and the previous one. Returning: bought in this one, not in the previous,
    but earlier. Sleeping: bought earlier, not in this one. From the first purchase on every customer has exactly one state in each period.

    References
    ----------
    Customer-state exercise of cohort teaching; source S3.
    """
    bought = activity(ready, settings, periods)
    active = np.zeros((int(bought["customer"].max()) + 1 if len(bought) else 0, len(periods)), dtype=bool)
    active[bought["customer"].to_numpy(), bought["turn"].to_numpy()] = True
    ever = np.cumsum(active, axis=1) > 0
    rows = []
    for number, period in enumerate(periods):
        now = active[:, number]
        before = active[:, number - 1] if number else np.zeros(len(active), dtype=bool)
        known = ever[:, number - 1] if number else np.zeros(len(active), dtype=bool)
        counts = {
            "New": now & ~known,
            "Consistent": now & before,
            "Returning": now & known & ~before,
            "Sleeping": ~now & known,
        }
        partial = period.stop > ready.last_month + 1 or _unfinished(period, ready)
        rows += [
            {"period": period.label, "state": state, "customers": int(who.sum()), "partial": partial}
            for state, who in counts.items()
        ]
    return rows


def _unfinished(period: Period, ready: Ready) -> bool:
    return (period.end - type(period.end)(1970, 1, 1)).days > ready.as_of
