"""Rules 14 and 15: the market index covers what is sold, price changes follow each other, and both name goods that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.contracts.links import NO_DAY, codes, days, errors, first_of, numbers, take_rows, usable, warning
from loyalty_xl.vocabulary import Calendar, Finding, month_ordinal, month_start

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.settings import Settings

SHOWN = 6
CENT = 0.005  # by which an old price may differ from the new one before it


def prices(sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """Check PriceChanges and MarketIndex against each other's rows, Products and Orders."""
    findings: list[Finding] = []
    changes, market = usable(sheets, "PriceChanges"), usable(sheets, "MarketIndex")
    if changes is not None:
        findings += _without_goods(changes)
        findings += _unknown_types(changes, sheets)
        findings += _old_prices(changes)
    if market is not None:
        findings += _given_twice(market, settings.calendar)
        findings += _unknown_types(market, sheets)
        findings += _bases(market, settings.calendar)
        findings += _months_missing(market, sheets, settings)
    return findings


def _without_goods(sheet: Sheet) -> list[Finding]:
    """Find price changes of nothing: neither a product nor a product type."""
    nothing = (sheet.frame["product_id"].isna() & sheet.frame["product_type"].isna()).to_numpy()
    findings = errors("E320", sheet, "product_type", nothing, lambda _: ("", "", {}))
    take_rows(sheet, nothing, "without product or type")
    return findings


def _unknown_types(sheet: Sheet, sheets: dict[str, Sheet]) -> list[Finding]:
    """Find product types that Products does not have."""
    products = usable(sheets, "Products")
    if products is None or not products.frame["product_type"].notna().any():
        return []
    known = set(products.frame["product_type"].dropna().astype(str))
    at, texts = codes(sheet, "product_type")
    new = [code for code, text in enumerate(texts) if text not in known and (at == code).any()]
    listed = first_of([texts[code] for code in new])
    return warning("W322", sheet, "product_type", np.isin(at, new), listed, first_of(sorted(known)))


def _old_prices(sheet: Sheet) -> list[Finding]:
    """Rule 15: the old price is the new one of the change before it, of the same goods in the same place."""
    frame = sheet.frame
    names = {
        name: frame[name].astype(object).where(frame[name].notna(), "").to_numpy()
        for name in ("product_id", "product_type", "region_id")
    }
    names["product_type"] = np.where(names["product_id"] != "", "", names["product_type"])
    table = pd.DataFrame({**names, "day": days(sheet, "effective_on"), "at": np.arange(len(frame))})
    table["old"], table["new"] = numbers(sheet, "old_price"), numbers(sheet, "new_price")
    table = table[table["day"] != NO_DAY].sort_values(["day", "at"], kind="stable")
    before = table.groupby(["product_id", "product_type", "region_id"], sort=False)["new"].shift(1)
    differs = (before - table["old"]).abs() > CENT
    mask = np.zeros(len(frame), dtype=bool)
    mask[table["at"].to_numpy()[differs.to_numpy()]] = True
    if not mask.any():
        return []
    first = int(np.flatnonzero(mask)[0])
    row = table["at"].to_numpy() == first
    found, expected = float(table["old"].to_numpy()[row][0]), float(before.to_numpy()[row][0])
    return warning("W325", sheet, "old_price", mask, f"{found:.10g}", f"{expected:.10g}")


def _index_rows(sheet: Sheet, calendar: Calendar) -> pd.DataFrame:
    """Months of the index: type, region ("" = the country), base, month, place of the row, price."""
    frame = sheet.frame
    texts = {
        name: frame[name].astype(object).where(frame[name].notna(), "").to_numpy()
        for name in ("product_type", "region_id", "base_month", "month")
    }
    periods = {text: calendar.parse(str(text)) for text in set(texts["month"])}
    price = numbers(sheet, "price_index")
    rows = [
        (kind, region, base, month, at, price[at])
        for at, (kind, region, base, text) in enumerate(zip(*texts.values(), strict=True))
        if (period := periods[text])
        for month in range(period.first, period.stop)
    ]
    return pd.DataFrame(rows, columns=["kind", "region", "base", "month", "at", "price"])


def _given_twice(sheet: Sheet, calendar: Calendar) -> list[Finding]:
    """Find months whose index is given twice, differently, on one base: none of them is used."""
    rows = _index_rows(sheet, calendar)
    if not len(rows):
        return []
    prices_of = rows.groupby(["kind", "region", "base", "month"])["price"]
    torn = rows[(prices_of.transform("max") - prices_of.transform("min")).to_numpy() > 1e-9]
    mask = np.zeros(len(sheet.frame), dtype=bool)
    mask[torn["at"].unique()] = True
    price = numbers(sheet, "price_index")
    month = sheet.frame["month"].astype(object).to_numpy()
    kind = sheet.frame["product_type"].astype(object).to_numpy()
    findings = errors(
        "E321", sheet, "price_index", mask, lambda at: (f"{price[at]:.10g}", "", {"of": f"{kind[at]} {month[at]}"})
    )
    take_rows(sheet, mask, "index given twice")
    return findings


def _bases(sheet: Sheet, calendar: Calendar) -> list[Finding]:
    """Find a change of base without a month given on both: the older part cannot be compared."""
    rows = _index_rows(sheet, calendar)
    cut: list[int] = []
    for _, part in rows.groupby(["kind", "region"], sort=False):
        if part["base"].nunique() < 2:
            continue
        months = {base: set(some["month"]) for base, some in part.groupby("base", sort=False)}
        joined: set[int] = set()
        for base in sorted(months, key=lambda each: max(months[each]), reverse=True):
            if joined and not joined & months[base]:
                cut += part["at"][part["base"] == base].tolist()
            else:
                joined |= months[base]
    mask = np.zeros(len(sheet.frame), dtype=bool)
    mask[cut] = True
    at, texts = codes(sheet, "base_month")
    listed = first_of(list(dict.fromkeys(texts[code] if code >= 0 else "–" for code in at[mask])))
    return warning("W323", sheet, "base_month", mask, listed)


def _months_missing(sheet: Sheet, sheets: dict[str, Sheet], settings: Settings) -> list[Finding]:
    """Rule 14: every product type has an index in every month in which it was sold."""
    orders, products = usable(sheets, "Orders"), usable(sheets, "Products")
    if orders is None or products is None or not orders.frame["product_id"].notna().any():
        return []
    pairs = products.frame[["product_id", "product_type"]].dropna().astype(str)
    type_of = dict(zip(pairs["product_id"], pairs["product_type"], strict=True))
    product, names = codes(orders, "product_id")
    region, regions = codes(orders, "region_id")
    month = orders.frame["order_date"].to_numpy().astype("datetime64[M]").astype(np.int64) + 1970 * 12
    stop = month_ordinal(settings.as_of) if settings.as_of else int(month.max()) + 1
    seen = (product >= 0) & (month < stop)
    size, width = int(month.max()) + 1, len(regions) + 1
    keys = np.unique(((product[seen] * width) + region[seen] + 1) * size + month[seen])
    rows = _index_rows(sheet, settings.calendar)
    covered = set(zip(rows["kind"], rows["region"], rows["month"], strict=True))
    missing: dict[tuple[str, int], None] = {}
    for key in keys.tolist():
        pair, at = divmod(key, size)
        kind = type_of.get(names[pair // width])
        place = regions[pair % width - 1] if pair % width else ""
        if kind is not None and (kind, "", at) not in covered and (kind, place, at) not in covered:
            missing[kind, at] = None
    if not missing:
        return []
    listed = [f"{kind} {month_start(at):%Y-%m}" for kind, at in sorted(missing)]
    header = sheet.headers.get("month", "month")
    return [Finding("W324", sheet.title, "", first_of(listed, SHOWN), "", header, len(missing))]
