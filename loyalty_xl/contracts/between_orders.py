"""Rule 4: a refund belongs to an order of the same customer and currency, and refunds never exceed what was paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.links import (
    by_code,
    codes,
    days,
    empty_cells,
    errors,
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

BACK = ("refund", "cancel")
CENT = 0.01 + 1e-9  # amounts are sent in cents


def refunds(sheets: dict[str, Sheet], merged: dict[str, str]) -> list[Finding]:
    """Check the original order of each refund."""
    orders = usable(sheets, "Orders")
    if orders is None or "original_order_id" not in orders.sent:
        return []
    kinds, kind_texts = codes(orders, "order_type")
    back = by_code((text in BACK for text in kind_texts), bool, blank=False)[kinds]
    refund = by_code((text == "refund" for text in kind_texts), bool, blank=False)[kinds]
    named, names = codes(orders, "original_order_id")
    findings = warning("W249", orders, "original_order_id", refund & (named < 0))
    linked = back & (named >= 0)
    if not linked.any():
        return findings
    at, texts = codes(orders, "order_id")
    amount = np.nan_to_num(numbers(orders, "amount"))
    sold = ~back & (at >= 0)
    paid = np.bincount(at[sold], weights=amount[sold], minlength=len(texts)).astype(np.float64)
    lines = np.bincount(at[sold], minlength=len(texts))
    code_of = {text: code for code, text in enumerate(texts) if lines[code]}
    order = by_code((code_of.get(name, -1) for name in names), np.int64, -1)[named]
    unknown = linked & (order < 0)
    findings += errors("E246", orders, "original_order_id", unknown, lambda row: (names[named[row]], "", {}))
    fits = linked & ~unknown
    differs = np.zeros(len(fits), dtype=bool)
    for what, field in (("customer", "customer_id"), ("currency", "currency")):
        mine, labels = codes(orders, field)
        if field == "customer_id" and merged:
            mine, labels = _followed(mine, labels, merged)
        theirs = _of_order(at, sold, mine, len(texts))[np.where(fits, order, 0)]
        other = fits & ~differs & (mine >= 0) & (theirs >= 0) & (mine != theirs)

        def says(
            row: int, what: str = what, mine: Ints = mine, theirs: Ints = theirs, labels: list[str] = labels
        ) -> tuple[str, str, dict[str, str]]:
            return names[named[row]], labels[theirs[row]], {"what": what, "value": labels[mine[row]]}

        findings += errors("E247", orders, "original_order_id", other, says)
        differs |= other
    empty_cells(orders, "original_order_id", unknown | differs)
    return findings + _exceeding(orders, fits & ~differs, order, amount, paid, texts)


def _exceeding(
    orders: Sheet, fits: Mask, order: Ints, amount: NDArray[np.float64], paid: NDArray[np.float64], texts: list[str]
) -> list[Finding]:
    """Take out the refund rows, in order of date, that would give back more than was paid."""
    returned = np.bincount(order[fits], weights=-amount[fits], minlength=len(texts))
    over = np.flatnonzero(returned > paid + CENT)
    if not len(over):
        return []
    when = days(orders, "order_date")
    rows = np.flatnonzero(fits & np.isin(order, over))
    rows = rows[np.lexsort((rows, when[rows]))]
    given = dict.fromkeys(over.tolist(), 0.0)
    out = np.zeros(len(fits), dtype=bool)
    reached: dict[int, float] = {}
    for row in rows.tolist():
        code = int(order[row])
        total = given[code] - float(amount[row])
        if total > paid[code] + CENT:
            out[row], reached[row] = True, total
        else:
            given[code] = total

    def says(row: int) -> tuple[str, str, dict[str, str]]:
        return texts[order[row]], f"{paid[order[row]]:.10g}", {"refunded": f"{reached[row]:.10g}"}

    findings = errors("E248", orders, "amount", out, says)
    take_rows(orders, out, "refund exceeds order")
    return findings


def _followed(mine: Ints, labels: list[str], merged: dict[str, str]) -> tuple[Ints, list[str]]:
    """Give merged customers the code of the one that stays."""
    stays = [merged.get(label, label) for label in labels]
    texts = list(dict.fromkeys(stays))
    code = {text: place for place, text in enumerate(texts)}
    return by_code((code[text] for text in stays), np.int64, -1)[mine], texts


def _of_order(at: Ints, sold: Mask, values: Ints, count: int) -> Ints:
    """Give each order the value of its first line that has one."""
    held = np.full(count, -1, dtype=np.int64)
    rows = np.flatnonzero(sold & (values >= 0))[::-1]
    held[at[rows]] = values[rows]
    return held
