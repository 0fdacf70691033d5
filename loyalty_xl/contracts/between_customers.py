"""Rules 1 to 3: customers exist, merged ones are followed, orders fit the customer's dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts import links
from loyalty_xl.contracts.links import (
    NO_DAY,
    address,
    by_code,
    codes,
    day_text,
    days,
    empty_cells,
    errors,
    usable,
    warning,
)
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet

SOLD = ("sale", "service")
NAMING = ("customer_id", "referrer_id", "referee_id")  # fields that name a customer


def customers(sheets: dict[str, Sheet]) -> tuple[list[Finding], dict[str, str]]:
    """Check what sheets say about customers; give the findings, and for each merged customer the one that stays."""
    master = usable(sheets, "Customers")
    if master is None:
        return [], {}
    findings, merged = _merged(master)
    known = set(master.frame["customer_id"].dropna().astype(str))
    moved = 0
    for name, sheet in sheets.items():
        if name == "Customers" or usable(sheets, name) is None:
            continue
        for field in NAMING:
            if field not in sheet.frame:
                continue
            at, texts = codes(sheet, field)
            unknown = by_code((merged.get(text, text) not in known for text in texts), bool, blank=False)[at]
            if unknown.any():
                named = np.unique(at[unknown])
                first = texts[at[np.flatnonzero(unknown)[0]]]
                findings += warning("W241", sheet, field, unknown, first, customers=f"{len(named):,}")
            if merged:
                moved += int(by_code((text in merged for text in texts), bool, blank=False)[at].sum())
    if merged:
        mask = master.frame["merged_into"].notna().to_numpy()
        findings += warning("W272", master, "merged_into", mask, rows=f"{moved:,}")
    return findings + _dates(sheets, master, merged), merged


def _merged(master: Sheet) -> tuple[list[Finding], dict[str, str]]:
    """Follow merged_into to its end. A circle and an unknown end are errors: those cells are emptied."""
    ids = [str(each) for each in master.frame["customer_id"].astype(object)]
    into = master.frame["merged_into"].astype(object)
    given = into.notna().to_numpy()
    if not given.any():
        return [], {}
    rows = np.flatnonzero(given)
    place = {ids[row]: int(row) for row in rows}
    target = {ids[row]: str(into.iloc[row]) for row in rows}
    known = set(ids)
    lost = np.zeros(len(ids), dtype=bool)
    lost[[place[name] for name, end in target.items() if end not in known]] = True
    findings = errors("E243", master, "merged_into", lost, lambda row: (target[ids[row]], "Customers", {}))
    target = {name: end for name, end in target.items() if end in known}
    circles = _circles(target)
    for circle in circles:
        at = sorted(place[name] for name in circle)
        title, _, headers, _ = links.place(master, at[-1])
        cells = tuple(address(master, "merged_into", row) for row in at if links.place(master, row)[0] == title)
        shown = " → ".join([*circle, circle[0]])
        header = headers.get("merged_into", "merged_into")
        findings.append(Finding("E242", title, cells[-1], shown, "", header, len(at), cells))
        lost[at] = True
        for name in circle:
            del target[name]
    empty_cells(master, "merged_into", lost)
    ends = {}
    for name in target:
        end = target[name]
        while end in target:
            end = target[end]
        ends[name] = end
    return findings, ends


def _circles(target: dict[str, str]) -> list[list[str]]:
    """Find the circles of a chain, each once, from its first member on."""
    done: set[str] = set()
    circles = []
    for start in target:
        path: dict[str, None] = {}
        name = start
        while name in target and name not in done and name not in path:
            path[name] = None
            name = target[name]
        if name in path:
            members = list(path)
            circles.append(members[members.index(name) :])
        done |= set(path)
    return circles


def _dates(sheets: dict[str, Sheet], master: Sheet, merged: dict[str, str]) -> list[Finding]:
    """Rules 2 and 3: an order before the customer was acquired, a sale after the customer was closed."""
    orders = usable(sheets, "Orders")
    if orders is None:
        return []
    at, texts = codes(orders, "customer_id")
    ordered = days(orders, "order_date")
    ids = [str(each) for each in master.frame["customer_id"].astype(object)]
    acquired, closed = days(master, "acquired_on"), days(master, "closed_on")
    stays = master.frame["merged_into"].isna().to_numpy()
    first = {name: int(day) for name, day in zip(ids, acquired, strict=True) if day != NO_DAY}
    for name, end in merged.items():  # whoever came first counts
        if name in first and end in first:
            first[end] = min(first[end], first[name])
    last = {name: int(day) for name, day, kept in zip(ids, closed, stays, strict=True) if day != NO_DAY and kept}
    own = [merged.get(text, text) for text in texts]
    since = by_code((first.get(name, NO_DAY) for name in own), np.int64, NO_DAY)[at]
    until = by_code((last.get(name, NO_DAY) for name in own), np.int64, NO_DAY)[at]
    early = (since != NO_DAY) & (ordered != NO_DAY) & (ordered < since - 1)
    kinds, kind_texts = codes(orders, "order_type")
    sold = by_code((text in SOLD for text in kind_texts), bool, blank=True)[kinds]
    late = sold & (until != NO_DAY) & (ordered > until)
    findings: list[Finding] = []
    for code, mask, limit in (("W244", early, since), ("W245", late, until)):
        if mask.any():
            row = int(np.flatnonzero(mask)[0])
            findings += warning(code, orders, "order_date", mask, day_text(ordered[row]), day_text(limit[row]))
    return findings
