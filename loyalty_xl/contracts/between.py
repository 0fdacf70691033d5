"""Rules between sheets: ids exist, refunds fit their orders, dates follow each other, costs have no gaps.

Each rule looks at sheets that came; a missing sheet is no finding here. What an error concerns is taken out of the
sheet itself (its frame, `rejected`, `counts` and `left_out` change): the row where a key or required cell is wrong,
else the cell.
Unknown customers, regions, products and complaint classes stay as they were sent: `preparing` shows them as unassigned.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.between_competitors import competitor_figures
from loyalty_xl.contracts.between_customers import customers
from loyalty_xl.contracts.between_orders import refunds
from loyalty_xl.contracts.between_places import places
from loyalty_xl.contracts.between_prices import prices
from loyalty_xl.contracts.between_programme import ledger
from loyalty_xl.contracts.between_quality import first_responses, service_ratings, taxonomy
from loyalty_xl.contracts.between_referrals import follow_ups, referrals
from loyalty_xl.contracts.between_retention import save_attempts
from loyalty_xl.contracts.between_service import complaints, responses
from loyalty_xl.contracts.between_watch import contacts, kept_too_long, registered
from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.links import (
    by_code,
    codes,
    days,
    empty_cells,
    errors,
    first_of,
    numbers,
    take_rows,
    usable,
    warning,
)
from loyalty_xl.vocabulary import Finding, month_ordinal, month_start

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.links import Ints
    from loyalty_xl.settings import Settings

MONTHS_NAMED = 12


def between_sheets(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """Check the rules between sheets; what an error takes out is taken out of *sheets*."""
    findings = unmarked_labels(sheets, settings)
    found, merged = customers(sheets)
    findings += found
    findings += refunds(sheets, merged)
    findings += places(sheets)
    findings += responses(sheets, merged, settings)
    findings += follow_ups(sheets)
    findings += referrals(sheets, merged)
    findings += complaints(sheets)
    findings += taxonomy(sheets) + first_responses(sheets) + service_ratings(sheets)
    findings += ledger(sheets, merged)
    findings += save_attempts(sheets, merged, settings)
    findings += cost_gaps(sheets, settings)
    findings += purchase_cycles(sheets, settings)
    findings += prices(sheets, settings)
    findings += competitor_figures(sheets)
    findings += registered(sheets)
    findings += contacts(sheets, merged, settings)
    findings += kept_too_long(sheets, settings)
    return findings


def cost_gaps(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """Rule 21: between the first cost and the last complete month of orders, each month has a cost."""
    orders = usable(sheets, "Orders")
    campaigns, costs = usable(sheets, "Campaigns"), usable(sheets, "SalesCosts")
    named = costs or campaigns
    if orders is None or named is None:
        return []
    covered: set[int] = set()
    for sheet, start, end in ((campaigns, "start", "end"), (costs, "period", "")):
        if sheet is None:
            continue
        kinds, texts = codes(sheet, "cost_type")
        counts = by_code((text == "acquisition" for text in texts), bool, blank=False)[kinds]
        counts = counts if settings.cac_scope == "acquisition" else np.ones(len(kinds), dtype=bool)
        frame = sheet.frame[counts]
        if end:
            first = frame[start].to_numpy().astype("datetime64[M]").astype(np.int64) + 1970 * 12
            last = frame[end].fillna(frame[start]).to_numpy().astype("datetime64[M]").astype(np.int64) + 1970 * 12
            spans = [(int(a), int(b) + 1) for a, b in zip(first, last, strict=True) if 0 < a <= b]
        else:
            periods = [settings.calendar.parse(str(text)) for text in frame[start].dropna().unique()]
            spans = [(period.first, period.stop) for period in periods if period]
        for a, b in spans:
            covered.update(range(a, b))
    ordered = days(orders, "order_date")
    after = (np.datetime64(int(ordered.max()), "D") + 1).astype(object)
    stop = month_ordinal(min(after, settings.as_of) if settings.as_of else after)
    missing = [month for month in range(min(covered), stop) if month not in covered] if covered else []
    if not missing:
        return []
    shown = first_of([f"{month_start(month):%Y-%m}" for month in missing], MONTHS_NAMED)
    field = "cost"
    return [Finding("W270", named.title, "", shown, "", named.headers.get(field, field), len(missing))]


def purchase_cycles(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """Check that a churn window is at least as long as the purchase cycle."""
    products = usable(sheets, "Products")
    if products is None:
        return []
    cycle, window = numbers(products, "purchase_cycle_days"), numbers(products, "churn_window_days")
    window = np.where(np.isnan(window), settings.churn_window_days, window)
    short = cycle > window
    if not short.any():
        return []
    first = int(np.flatnonzero(short)[0])
    name = str(products.frame["product_id"].iloc[first])
    detail = {"cycle": f"{cycle[first]:.10g}"}
    return warning("W271", products, "purchase_cycle_days", short, name, f"{window[first]:.10g}", **detail)


def unmarked_labels(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """W293: labels without FY where the fiscal year is not that of the calendar; E203: labels with FY where it is."""
    findings: list[Finding] = []
    calendar = settings.calendar
    for name in sheets:
        sheet = usable(sheets, name)
        for field in sheet.contract.fields if sheet else ():
            if sheet is None or field.type is not Type.PERIOD or field.name not in sheet.sent:
                continue
            at, texts = codes(sheet, field.name)
            doubtful = [calendar.is_unmarked(text) for text in texts]
            mask = by_code(doubtful, bool, blank=False)[at]
            if any(doubtful) and (period := calendar.parse(found := texts[doubtful.index(True)])):
                span = f"{period.start:%Y-%m}..{month_start(period.stop - 1):%Y-%m}"
                findings += warning("W293", sheet, field.name, mask, found, period.label, span=span)
            unknown = by_code((calendar.parse(text) is None for text in texts), bool, blank=False)[at]
            findings += errors("E203", sheet, field.name, unknown, partial(_not_a_period, at, texts))
            if field.required or field.name == sheet.contract.date:
                take_rows(sheet, unknown, "error")
            else:
                empty_cells(sheet, field.name, unknown)
    return findings


def _not_a_period(at: Ints, texts: list[str], row: int) -> tuple[str, str, dict[str, str]]:
    return texts[at[row]], "period", {}
