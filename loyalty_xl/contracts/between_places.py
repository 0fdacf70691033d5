"""Rules of regions and products: values that nobody knows (rule 5), regions that contradict each other, old names after their end.

A value that several sheets hold is one decision, so it is one finding.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.links import codes, days, errors, first_of, months, usable, warning
from loyalty_xl.contracts.regions import LAST, Named, Regions, by_code, region_rows, regions_on
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Ints, Mask

    Uses = dict[str, list[tuple[Sheet, Mask]]]  # value -> rows that hold it, by sheet

NEW_VALUES = 50  # new values of one reference that get a finding of their own
PLACES = (
    (
        "region_id",
        "Regions",
        ("Orders", "Customers", "Campaigns", "CompetitorNPS", "SalesCosts", "PriceChanges", "MarketIndex"),
    ),
    ("product_id", "Products", ("Orders", "Complaints", "PriceChanges")),
)


def places(sheets: dict[str, Sheet]) -> list[Finding]:
    """Check regions and products."""
    source = usable(sheets, "Regions")
    regions = regions_on(source.frame, LAST) if source else None
    found = new_values(sheets, regions)
    if source and regions:
        found += contradictions(source, regions) + outlived(sheets, regions)
    return found


def new_values(sheets: dict[str, Sheet], regions: Regions | None) -> list[Finding]:
    """Rule 5: a region or product that its own sheet does not hold: one finding for each new value, with its rows."""
    findings: list[Finding] = []
    for field, reference, names in PLACES:
        source = usable(sheets, reference)
        if source is None:
            continue
        known = regions.spelled if reference == "Regions" and regions else set(source.frame[field].dropna().astype(str))
        uses: Uses = defaultdict(list)
        for sheet in _with(sheets, field, names):
            at, texts = codes(sheet, field)
            count = np.bincount(at[at >= 0], minlength=len(texts))
            for code in np.flatnonzero(count):
                if texts[code] not in known:
                    uses[texts[code]].append((sheet, at == code))
        findings += _told("W261", field, uses, reference)
    return findings


def outlived(sheets: dict[str, Sheet], regions: Regions) -> list[Finding]:
    """W291: rows that name a region by a code or name after its last day: one finding for each region and last day."""
    late: dict[tuple[date, str], Uses] = defaultdict(lambda: defaultdict(list))
    field, _, names = PLACES[0]
    for sheet in _with(sheets, field, names):
        when = _days(sheet) if regions.ends else None
        if when is None:
            continue
        at, texts = codes(sheet, field)
        for code, text in enumerate(texts):
            last = regions.ends.get(text)
            if last is not None and (mask := (at == code) & (when > (last - date(1970, 1, 1)).days)).any():
                late[last, regions.labels.get(text, "")][text].append((sheet, mask))
    findings = []
    for (last, label), uses in late.items():
        rows = {first_of(list(uses)): [each for some in uses.values() for each in some]}
        now = "" if label.upper() in uses else label
        findings += _told("W291", field, rows, last.isoformat(), now=now)
    return findings


def _with(sheets: dict[str, Sheet], field: str, names: tuple[str, ...]) -> Iterator[Sheet]:
    for name in names:
        sheet = usable(sheets, name)
        if sheet is not None and field in sheet.frame:
            yield sheet


def _days(sheet: Sheet) -> Ints | None:
    """Give the first day that each row speaks of; None where rows have no date (Customers)."""
    name = sheet.contract.date
    if not name:
        return None
    if sheet.contract[name].type is Type.DATE:
        return days(sheet, name)
    month = months(sheet)
    return (month - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)


def _told(code: str, field: str, uses: Uses, expected: str, **detail: str) -> list[Finding]:
    """Make one finding of each value, the one with most rows first; it stands where the value has most rows."""

    def rows(text: str) -> int:
        return sum(int(mask.sum()) for _, mask in uses[text])

    texts = sorted(uses, key=rows, reverse=True)
    groups = [[text] for text in texts[:NEW_VALUES]] + ([texts[NEW_VALUES:]] if texts[NEW_VALUES:] else [])
    findings = []
    for group in groups:
        by_sheet: dict[str, tuple[Sheet, Mask]] = {}
        for sheet, mask in (each for text in group for each in uses[text]):
            held = by_sheet.get(sheet.contract.name)
            by_sheet[sheet.contract.name] = sheet, mask if held is None else mask | held[1]
        counts = {name: int(mask.sum()) for name, (_, mask) in by_sheet.items()}
        sheet, mask = by_sheet[max(counts, key=lambda name: counts[name])]
        spread = ", ".join(f"{name} {count:,}" for name, count in counts.items()) if len(counts) > 1 else ""
        one = warning(code, sheet, field, mask, first_of(group), expected, **detail, spread=spread)[0]
        findings.append(replace(one, count=sum(counts.values())))
    return findings


def contradictions(source: Sheet, regions: Regions) -> list[Finding]:
    """E294: regions that end before they begin, have two names from one day, are handed to nowhere, or share a name with another."""
    rows = region_rows(source.frame)
    wrong: dict[int, tuple[str, str, str]] = {}  # place of the row -> field, what, value
    codes_ = by_code(rows)
    known = set(codes_) | {each.name.upper() for each in rows}
    for each in rows:
        if each.last < each.first:
            wrong[each.at] = "valid_to", "ends", f"{each.first} > {each.last}"
        elif each.becomes and each.becomes not in known:
            wrong[each.at] = "becomes", "nowhere", each.becomes
        elif each.becomes and _circles(each.code, codes_):
            wrong[each.at] = "becomes", "circle", f"{each.code} → {each.becomes}"
    for names in codes_.values():
        for before, after in pairwise(names):
            if before.first == after.first and (before.name, before.becomes) != (after.name, after.becomes):
                wrong.setdefault(after.at, ("name", "twice", f"{before.name} / {after.name}"))
    for name, at in regions.unclear.items():
        wrong.setdefault(at, ("name", "shared", name))
    mask = np.zeros(len(source.frame), dtype=bool)
    mask[list(wrong)] = True
    findings = []
    for field in ("valid_to", "becomes", "name"):
        here = mask & np.array([wrong.get(at, ("",))[0] == field for at in range(len(mask))], dtype=bool)
        findings += errors("E294", source, field, here, lambda at: (wrong[at][2], "", {"fault": wrong[at][1]}))
    return findings


def _circles(code: str, codes_: dict[str, list[Named]]) -> bool:
    """Say whether following `becomes` leads back to where it began."""
    by_name = {each.name.upper(): code for code, names in codes_.items() for each in names}
    seen, here = set(), code
    while here and here not in seen:
        seen.add(here)
        target = codes_[here][-1].becomes
        here = target if target in codes_ else by_name.get(target, "")
    return here == code


__all__ = ["PLACES", "places"]
