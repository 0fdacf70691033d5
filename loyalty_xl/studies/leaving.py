"""Why customers left: the reasons recorded for those who were lost."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.customers import SPAN, customer_months
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, collect
from loyalty_xl.vocabulary import Dimension

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

NOT_RECORDED = "not_recorded"
Reasons = dict[int, list[tuple[int, str]]]  # customer -> (day, reason), oldest first


@listing(
    "leaving_reasons",
    "R9",
    zh="流失原因",
    en="Reasons for leaving",
    dimension=Dimension.RETENTION,
    sheets=("Customers", "SaveAttempts", "Orders"),
    frames=("orders",),
    says="流失客户中有记录的首要原因的占比;coverage 是有记录的流失客户占全部流失客户的比例。",
    columns=("period", "reason", "customers", "share", "secondary", "lost", "coverage"),
)
def leaving_reasons(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """Reasons of the customers lost in each period, by their share of those with a recorded reason.

        share(reason) = lost customers whose first reason it is / lost customers with a recorded reason
        coverage      = lost customers with a recorded reason / lost customers

    Lost are those in the base at the start of a period and not at its end; in period `all`, everyone who has bought and is not in the base
    at the end of the data. The first reason is the one in Customers (`close_reason`), else that of the newest save attempt; another reason
    of the same customer is `secondary`. Reasons are never guessed: who gave none is `not_recorded` and in no share.

    References
    ----------
    Source S4: price, quality, after-sales.
    """
    grid = collect(ready.once(customer_months, settings, ("all",)).select("cell", "who", "month", "base"))
    grid = grid.sort_values("cell")
    cells, base = grid["cell"].to_numpy(np.int64), grid["base"].to_numpy() > 0
    who = np.unique(grid["who"].to_numpy(np.int64))
    reasons = _recorded(ready)

    def in_base(month: int) -> np.ndarray:
        wanted = who * SPAN + month
        place = np.minimum(np.searchsorted(cells, wanted), max(0, len(cells) - 1))
        here: np.ndarray = (cells[place] == wanted) & base[place]
        return here

    rows: list[dict[str, Any]] = []
    for period in periods:
        last = min(period.stop - 1, ready.last_month)
        lost = who[in_base(period.first - 1) & ~in_base(last)]
        before = (period.end - date(1970, 1, 1)).days
        rows += tally(period.label, lost.tolist(), reasons, min(before, ready.as_of))
    return rows + tally("all", who[~in_base(ready.last_month)].tolist(), reasons, ready.as_of)


def _recorded(ready: Ready) -> Reasons:
    """Reasons by customer: those of save attempts by day, that of Customers last of all."""
    found: list[tuple[int, int, int, str]] = []
    if "save_attempts" in ready:
        rows = collect(ready["save_attempts"].filter(nw.col("customer") != ANONYMOUS, nw.col("reason") != ""))
        attempts = zip(rows["customer"], rows["sequence"], rows["day"], rows["reason"], strict=True)
        found += [(int(who), int(place), int(day), str(reason)) for who, place, day, reason in attempts]
    if "close_reasons" in ready:
        rows = collect(ready["close_reasons"].filter(nw.col("reason") != ""))
        for who, closed, reason in zip(rows["customer"], rows["closed"], rows["reason"], strict=True):
            found.append((int(who), NEVER * 10_000_000, int(closed) if closed < NEVER else -NEVER, str(reason)))
    made: Reasons = {}
    for who, _, day, reason in sorted(found):
        made.setdefault(who, []).append((day, reason))
    return made


def tally(
    label: str, lost: Iterable[int], reasons: Mapping[int, list[tuple[int, str]]], before: int
) -> list[dict[str, Any]]:
    """Count the first and the further reasons that were recorded before a day."""
    lost = list(lost)
    given = [[reason for day, reason in reasons.get(who, []) if day < before] for who in lost]
    first = Counter(each[-1] for each in given if each)
    further = Counter(reason for each in given if each for reason in set(each[:-1]) - {each[-1]})
    known = sum(first.values())
    rows: list[dict[str, Any]] = [
        {"reason": reason, "customers": first[reason], "share": first[reason] / known, "secondary": further[reason]}
        for reason in sorted(first.keys() | further.keys(), key=lambda each: (-first[each], -further[each], each))
    ]
    if len(lost) > known:
        rows.append({"reason": NOT_RECORDED, "customers": len(lost) - known, "share": None, "secondary": None})
    return [{"period": label, **row, "lost": len(lost), "coverage": known / len(lost)} for row in rows]
