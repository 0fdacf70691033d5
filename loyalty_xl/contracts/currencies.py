"""Money in another currency: converted at the rate of the order's day, or out when no rate is known (G10). Never a rate of 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.contracts.links import (
    NO_DAY,
    by_code,
    codes,
    day_text,
    days,
    errors,
    first_of,
    months,
    numbers,
    take_rows,
    usable,
    warning,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Ints, Mask
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Finding

MONEY = ("amount", "unit_price", "discount")
RATE_DAYS = 31  # a rate holds until the next one, but no longer than this: rates of the first of each month suffice
BACK = ("refund", "cancel")


def foreign_money(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """Rule 16: convert order lines in a foreign currency; those without a rate, or of a currency not known, are out.

    A refund that names its order is converted at the rate of that order, so that the whole of it takes back what was counted.
    """
    orders = usable(sheets, "Orders")
    if orders is None:
        return []
    kinds, texts = codes(orders, "currency")
    foreign = by_code((text != settings.reporting_currency for text in texts), bool, blank=True)[kinds]
    if not foreign.any():
        return []
    told = foreign & (kinds >= 0)  # a blank or unreadable currency is told where it was read
    rates = usable(sheets, "FxRates")
    if rates is None:
        found = errors(
            "E273", orders, "currency", told, lambda row: (texts[kinds[row]], settings.reporting_currency, {})
        )
        take_rows(orders, np.asarray(foreign), "other currency")
        return found
    on = rate_days(orders)
    rate = _rates(rates, texts, kinds, on, told)
    unknown = told & np.isnan(rate)

    def says(row: int) -> tuple[str, str, dict[str, str]]:
        return texts[kinds[row]], day_text(on[row]), {"days": str(RATE_DAYS)}

    found = errors("E340", orders, "currency", unknown, says)
    known = told & ~unknown
    if known.any():
        used = sorted({texts[code] for code in np.unique(kinds[known])})
        found += warning("W341", orders, "currency", known, first_of(used), settings.reporting_currency)
        _convert(orders, known, rate)
    take_rows(orders, np.asarray(foreign & ~known), "other currency")
    return found


def rate_days(orders: Sheet) -> Ints:
    """Give the day whose rate counts for each line: its own, for a refund or cancellation that of the order it names."""
    own = days(orders, "order_date")
    named, names = codes(orders, "original_order_id")
    kinds, kind_texts = codes(orders, "order_type")
    back = by_code((text in BACK for text in kind_texts), bool, blank=False)[kinds]
    if not (back & (named >= 0)).any():
        return own
    at, texts = codes(orders, "order_id")
    sold = ~back & (at >= 0) & (own != NO_DAY)
    first = np.full(len(texts), np.iinfo(np.int64).max)
    np.minimum.at(first, at[sold], own[sold])
    place = {text: code for code, text in enumerate(texts)}
    order = by_code((place.get(name, -1) for name in names), np.int64, -1)[named]
    day = np.where(order >= 0, first[np.where(order >= 0, order, 0)], np.iinfo(np.int64).max)
    return np.where(back & (day < np.iinfo(np.int64).max), day, own)


def _rates(sheet: Sheet, texts: list[str], kinds: Ints, on: Ints, wanted: Mask) -> NDArray[np.float64]:
    """Give the latest rate of its currency on or before each day, nan where there is none or it is too old."""
    at, names = codes(sheet, "currency")
    since, rate = days(sheet, "date"), numbers(sheet, "rate")
    found = np.full(len(kinds), np.nan)
    for code in np.unique(kinds[wanted]):
        rows = np.flatnonzero(by_code((name == texts[code] for name in names), bool, blank=False)[at])
        if not len(rows):
            continue
        rows = rows[np.argsort(since[rows], kind="stable")]
        here = np.flatnonzero(wanted & (kinds == code))
        place = np.searchsorted(since[rows], on[here], side="right") - 1
        latest = rows[np.maximum(place, 0)]
        holds = (place >= 0) & (on[here] != NO_DAY) & (on[here] - since[latest] <= RATE_DAYS)
        found[here] = np.where(holds, rate[latest], np.nan)
    return found


def _convert(orders: Sheet, known: Mask, rate: NDArray[np.float64]) -> None:
    """Put the reporting currency's money in place of the foreign one's, in the rows and in the amounts received."""
    factor = np.where(known, rate, 1.0)
    before = np.abs(np.nan_to_num(numbers(orders, "amount")))
    changed: Mapping[str, Any] = {name: numbers(orders, name) * factor for name in MONEY}
    orders.frame = orders.frame.assign(**changed)
    if "amount" in orders.counts:
        more = np.bincount(_month_places(orders), weights=before * (factor - 1), minlength=len(orders.counts))
        orders.counts = orders.counts.assign(amount=orders.counts["amount"] + more[: len(orders.counts)])


def _month_places(orders: Sheet) -> Ints:
    """Give the row of `counts` that holds each line's month."""
    return np.searchsorted(orders.counts.index.to_numpy(), months(orders)).astype(np.int64)
