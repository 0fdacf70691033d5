"""Rule 13: points are redeemed only when they are there, earned by orders that exist, and taken back when an order is refunded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.links import (
    by_code,
    codes,
    day_text,
    days,
    empty_cells,
    errors,
    first_of,
    numbers,
    take_rows,
    usable,
    warning,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Ints, Mask
    from loyalty_xl.vocabulary import Finding

KINDS = ("earn", "adjust", "reverse", "expire", "redeem")  # in this order within a day
EARN, ADJUST, REVERSE, _, REDEEM = range(5)
BACK = ("refund", "cancel")


def ledger(sheets: dict[str, Sheet], merged: dict[str, str]) -> list[Finding]:
    """Check the ledger of points by itself and against Orders."""
    sheet = usable(sheets, "LoyaltyLedger")
    if sheet is None:
        return []
    orders = usable(sheets, "Orders")
    known = orders is not None and "order_id" in orders.sent
    findings = _orders_exist(sheet, orders) if known and orders is not None else []
    findings += _balances(sheet, merged)
    return findings + (_not_reversed(sheet, orders) if known and orders is not None else [])


def moves(kinds: Ints, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points as they change a balance: what is earned and adjusted as sent, all else taken off, whatever its sign."""
    return np.where((kinds == EARN) | (kinds == ADJUST), points, -np.abs(points))


def kinds_of(sheet: Sheet) -> Ints:
    """Place of each entry's kind in KINDS."""
    at, texts = codes(sheet, "kind")
    place: Ints = by_code((KINDS.index(text) for text in texts), np.int64, EARN)[at]
    return place


def _orders_exist(sheet: Sheet, orders: Sheet) -> list[Finding]:
    """E347: points earned by an order that Orders does not hold; the cell is emptied."""
    at, texts = codes(sheet, "order_id")
    known = set(codes(orders, "order_id")[1])
    unknown = by_code((text not in known for text in texts), bool, blank=False)[at] & (kinds_of(sheet) == EARN)
    findings = errors("E347", sheet, "order_id", unknown, lambda row: (texts[at[row]], "", {}))
    empty_cells(sheet, "order_id", unknown)
    return findings


def _balances(sheet: Sheet, merged: dict[str, str]) -> list[Finding]:
    """Follow each balance from day to day: E345 and E346 for what was not there to redeem (the row is out), W348 for what is owed."""
    at, texts = codes(sheet, "customer_id")
    names = [merged.get(text, text) for text in texts]
    place = {name: number for number, name in enumerate(dict.fromkeys(names))}
    who = by_code((place[name] for name in names), np.int64, -1)[at]
    kinds, on = kinds_of(sheet), days(sheet, "on")
    moved = moves(kinds, np.nan_to_num(numbers(sheet, "points")))
    order = np.lexsort((np.arange(len(who)), kinds, on, who))
    balance = np.cumsum(moved[order])
    first = np.flatnonzero(np.diff(who[order], prepend=-2))
    size = np.diff(np.append(first, len(order)))
    before = np.repeat(np.append(0.0, balance)[first], size)
    below = np.isin(who, who[order][(balance - before) < 0])  # only those are followed entry by entry
    out, none, owed = (np.zeros(len(who), dtype=bool) for _ in range(3))
    had = np.zeros(len(who))
    points, issued, current = 0.0, False, -2
    for row in order[below[order]].tolist():
        if who[row] != current:
            points, issued, current = 0.0, False, int(who[row])
        had[row] = points
        if kinds[row] == REDEEM and points + moved[row] < 0:
            out[row], none[row] = True, not issued
            continue
        points += moved[row]
        issued |= moved[row] > 0
        owed[row] = points < 0 and kinds[row] != REDEEM

    def says(row: int) -> tuple[str, str, dict[str, str]]:
        return (
            f"{-moved[row]:.10g}",
            f"{max(0.0, had[row]):.10g}",
            {"customer": names[at[row]], "day": day_text(on[row])},
        )

    findings = errors("E345", sheet, "points", out & ~none, says) + errors("E346", sheet, "points", none, says)
    if owed.any():
        shown = first_of(list(dict.fromkeys(names[each] for each in at[owed])))
        findings += warning("W348", sheet, "points", owed, shown)
    take_rows(sheet, out, "points not there")
    return findings


def _not_reversed(sheet: Sheet, orders: Sheet) -> list[Finding]:
    """W349: orders that earned points and were refunded, without an entry that takes points back."""
    at, texts = codes(sheet, "order_id")
    kinds = kinds_of(sheet)
    taken = {texts[each] for each in np.unique(at[(kinds == REVERSE) & (at >= 0)])}
    earned = (kinds == EARN) & (at >= 0)
    named, originals = codes(orders, "original_order_id")
    own, ids = codes(orders, "order_id")
    back: Mask = _is_back(orders) & (named >= 0)
    refunded: dict[str, set[str]] = {}
    for original, refund in zip(named[back].tolist(), own[back].tolist(), strict=True):
        refunded.setdefault(originals[original], set()).add(ids[refund] if refund >= 0 else "")
    open_ones = {order for order, by in refunded.items() if order not in taken and not by & taken}
    missing = by_code((text in open_ones for text in texts), bool, blank=False)[at] & earned
    shown = first_of(list(dict.fromkeys(texts[each] for each in at[missing])))
    return warning("W349", sheet, "order_id", missing, shown)


def _is_back(orders: Sheet) -> Mask:
    at, texts = codes(orders, "order_type")
    back: Mask = by_code((text in BACK for text in texts), bool, blank=False)[at]
    return back
