"""Rule 11: a customer is contacted after the risk was seen, and "saved" is borne out by an order in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.links import NO_DAY, by_code, codes, day_text, days, empty_cells, errors, usable, warning

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Mask
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Finding

SOLD = ("sale", "service", "")


def save_attempts(sheets: dict[str, Sheet], merged: dict[str, str], settings: Settings) -> list[Finding]:
    """Check the dates of attempts to keep customers, and their outcomes against the orders."""
    attempts = usable(sheets, "SaveAttempts")
    if attempts is None:
        return []
    flagged, contacted = days(attempts, "risk_flagged_on"), days(attempts, "contacted_on")
    early = (flagged != NO_DAY) & (contacted != NO_DAY) & (contacted < flagged)

    def says(row: int) -> tuple[str, str, dict[str, str]]:
        return day_text(flagged[row]), day_text(contacted[row]), {}

    findings = errors("E310", attempts, "risk_flagged_on", early, says)
    findings += _unproved(sheets, attempts, merged, settings)
    empty_cells(attempts, "risk_flagged_on", early)
    return findings


def _unproved(sheets: dict[str, Sheet], attempts: Sheet, merged: dict[str, str], settings: Settings) -> list[Finding]:
    """Find attempts noted as saved whose window is over without an order; a contract may have been renewed instead."""
    orders = usable(sheets, "Orders")
    if orders is None:
        return []
    outcome, texts = codes(attempts, "outcome")
    saved = by_code((text == "saved" for text in texts), bool, blank=False)[outcome]
    contacted, window = days(attempts, "contacted_on"), settings.save_window_days
    bought_on = days(orders, "order_date")
    newest = bought_on.max()
    saved &= (contacted != NO_DAY) & (contacted + window <= newest)
    if not saved.any():
        return []
    whose, ids = codes(attempts, "customer_id")
    wanted = {merged.get(name, name): place for place, name in enumerate(ids)}
    mine = by_code((wanted[merged.get(name, name)] for name in ids), np.int64, -1)[whose]
    at, names = codes(orders, "customer_id")
    theirs = by_code((wanted.get(merged.get(name, name), -1) for name in names), np.int64, -1)[at]
    kinds, labels = codes(orders, "order_type")
    sold = by_code((label in SOLD for label in labels), bool, blank=True)[kinds]
    counts = sold & (theirs >= 0) & (bought_on != NO_DAY)
    span = int(newest) + 1 - int(bought_on[counts].min()) if counts.any() else 1
    low = int(bought_on[counts].min()) if counts.any() else 0
    keys = np.sort(theirs[counts] * (span + window + 1) + bought_on[counts] - low)
    first = mine * (span + window + 1) + np.clip(contacted - low, 0, span)
    found = np.searchsorted(keys, first + window, side="right") > np.searchsorted(keys, first, side="left")
    unproved: Mask = saved & ~found & ~_under_contract(sheets, attempts, merged)
    return warning("W311", attempts, "outcome", unproved, expected=str(window))


def _under_contract(sheets: dict[str, Sheet], attempts: Sheet, merged: dict[str, str]) -> Mask:
    """Mark attempts with customers whose contract runs on after the contact."""
    master = usable(sheets, "Customers")
    whose, ids = codes(attempts, "customer_id")
    if master is None:
        return np.zeros(len(whose), dtype=bool)
    ends = dict(zip(master.frame["customer_id"].astype(str), days(master, "contract_end"), strict=True))
    end = by_code((ends.get(merged.get(name, name), NO_DAY) for name in ids), np.int64, NO_DAY)[whose]
    running: Mask = (end != NO_DAY) & (end >= days(attempts, "contacted_on"))
    return running
