"""Rule 17: what customers are said to spend with us is what Orders hold, and no more than they spend in all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.contracts.currencies import rate_days
from loyalty_xl.contracts.links import NO_DAY, by_code, codes, days, errors, numbers, take_rows, usable, warning
from loyalty_xl.vocabulary import month_ordinal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Ints
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Finding

CLOSE = 0.01  # share by which the spending said may differ from that of Orders
CENT = 0.01 + 1e-9


def wallets(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """Check ShareOfWallet against Orders, once these are in the reporting currency."""
    sheet = usable(sheets, "ShareOfWallet")
    if sheet is None:
        return []
    at, texts = codes(sheet, "period")
    periods = [settings.calendar.parse(text) for text in texts]
    first = by_code((each.first if each else 0 for each in periods), np.int64, 0)[at]
    stop = by_code((each.stop if each else 0 for each in periods), np.int64, 0)[at]
    other = by_code((each is None or each.cycle.value != settings.cycle_type for each in periods), bool, blank=False)[
        at
    ]
    findings: list[Finding] = []
    if other.any():
        shown = texts[at[np.flatnonzero(other)[0]]]
        findings += warning("W344", sheet, "period", other, shown, cycle=settings.cycle_type)
    category, own = numbers(sheet, "category_spend"), numbers(sheet, "own_spend")
    ordered, covered = _ordered(sheets, sheet, first, stop, settings)
    with np.errstate(invalid="ignore"):
        differs = covered & (np.abs(own - ordered) > CLOSE * np.abs(ordered) + CENT)
        used = np.where(np.isnan(own), ordered, own)
        more = used > category + CENT
    if differs.any():
        row = int(np.flatnonzero(differs)[0])
        findings += warning("W343", sheet, "own_spend", differs, f"{own[row]:.10g}", f"{ordered[row]:.10g}")

    def says(row: int) -> tuple[str, str, dict[str, str]]:
        return f"{used[row]:.10g}", f"{category[row]:.10g}", {"source": "orders" if np.isnan(own[row]) else "own"}

    findings += errors("E342", sheet, "category_spend", more, says)
    take_rows(sheet, more, "own spend above wallet")
    return findings


def _ordered(
    sheets: dict[str, Sheet], sheet: Sheet, first: Ints, stop: Ints, settings: Settings
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give the net spend of each row's customer in its period by Orders, and whether Orders reach over all of it."""
    orders = usable(sheets, "Orders")
    if orders is None:
        return np.full(len(first), np.nan), np.zeros(len(first), dtype=bool)
    merged = _merged(sheets)
    mine, names = codes(sheet, "customer_id")
    theirs, ids = codes(orders, "customer_id")
    place = {merged.get(name, name): number for number, name in enumerate(names)}
    owner = by_code((place[merged.get(name, name)] for name in names), np.int64, -1)[mine]
    buyer = by_code((place.get(merged.get(name, name), -1) for name in ids), np.int64, -1)[theirs]
    moved = settings.refund_basis == "original_order" and settings.cancellations == "net"
    on = rate_days(orders) if moved else days(orders, "order_date")
    kinds, kind_texts = codes(orders, "order_type")
    counts = by_code((text not in ("refund", "cancel") for text in kind_texts), bool, blank=True)[kinds]
    kept = (buyer >= 0) & (on != NO_DAY) & (counts if settings.cancellations == "drop" else True)
    month = on[kept].astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    spent = pd.DataFrame({"who": buyer[kept], "month": month, "amount": np.nan_to_num(numbers(orders, "amount")[kept])})
    wanted = pd.DataFrame({"who": owner, "first": first, "stop": stop, "row": np.arange(len(first))})
    joined = wanted.merge(spent.groupby(["who", "month"], as_index=False).sum(), on="who")
    inside = joined[(joined["month"] >= joined["first"]) & (joined["month"] < joined["stop"])]
    ordered = np.bincount(inside["row"], weights=inside["amount"], minlength=len(first)).astype(np.float64)
    known = days(orders, "order_date")
    known = known[known != NO_DAY].astype("datetime64[D]")
    begins, ends = month_ordinal(known.min().astype(object)), month_ordinal((known.max() + 1).astype(object))
    return np.round(ordered, 6), (first >= begins) & (stop <= ends)


def _merged(sheets: dict[str, Sheet]) -> dict[str, str]:
    """Give for each merged customer the one that stays; circles were emptied before."""
    master = usable(sheets, "Customers")
    if master is None:
        return {}
    pairs = master.frame[["customer_id", "merged_into"]].dropna().astype(str)
    into = dict(zip(pairs["customer_id"], pairs["merged_into"], strict=True))
    ends = {}
    for name, end in into.items():
        while end in into:
            end = into[end]
        ends[name] = end
    return ends
