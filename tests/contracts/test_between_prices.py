"""Rules of the price sheets: what does not fit is named on its cell, and errors leave the sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from made_sheets import sheet_of

from loyalty_xl.contracts.analytics import MARKET_INDEX, ORDERS
from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.sales import PRICE_CHANGES, PRODUCTS, REGIONS
from loyalty_xl.findings import sentence
from loyalty_xl.settings import Settings

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.vocabulary import Finding

CONTRACTS = {each.name: each for each in (ORDERS, PRODUCTS, REGIONS, MARKET_INDEX, PRICE_CHANGES)}
Row = dict[str, Any]
GOODS = [{"product_id": "V", "product_type": "Vase"}, {"product_id": "S", "product_type": "Scroll"}]


def check(**rows: list[Row]) -> tuple[list[Finding], dict[str, Sheet]]:
    """Check sheets made of rows; every finding has a full sentence in both languages."""
    sheets = {name: sheet_of(CONTRACTS[name], each) for name, each in ({"Products": GOODS} | rows).items()}
    found = between_sheets(sheets, Settings())
    for each in found:
        for language in ("zh", "en"):
            assert "…" not in sentence(each, language, where=False)
    return found, sheets


def index(month: str, value: float = 1.0, kind: str = "Vase", **more: Any) -> Row:
    """A row of MarketIndex."""
    return {"product_type": kind, "month": month, "price_index": value} | more


def change(number: int, old: float, new: float, on: str, **more: Any) -> Row:
    """A row of PriceChanges."""
    return {"change_id": f"T{number}", "effective_on": on, "old_price": old, "new_price": new} | more


def sold(month: str, product: str = "V", **more: Any) -> Row:
    """A row of Orders."""
    return {"order_id": f"O{month}{product}", "order_date": f"{month}-10", "product_id": product, "amount": 10.0} | more


def codes(found: list[Finding]) -> list[tuple[str, str, int]]:
    """Codes, cells and counts."""
    return [(each.code, each.cell or ",".join(each.cells), each.count) for each in found]


def test_a_change_of_nothing_is_out() -> None:
    """E320: a price change needs a product or a product type."""
    found, sheets = check(
        PriceChanges=[change(1, 10, 11, "2026-01-01", product_type="Vase"), change(2, 10, 11, "2026-01-01")]
    )
    assert codes(found) == [("E320", "B3", 1)]
    assert sheets["PriceChanges"].frame["change_id"].astype(str).tolist() == ["T1"]


def test_prices_follow_each_other() -> None:
    """W325: the old price is the last new one of the same goods and place, whatever the order of the rows."""
    rows = [
        change(3, 12, 13, "2026-05-01", product_type="Vase"),
        change(1, 10, 11, "2026-01-01", product_type="Vase"),
        change(2, 11, 12, "2026-03-01", product_type="Vase"),
        change(4, 50, 55, "2026-03-01", product_id="S"),
        change(5, 54, 60, "2026-04-01", product_id="S"),
        change(6, 20, 22, "2026-04-01", product_type="Vase", region_id="N"),
    ]
    found, sheets = check(PriceChanges=rows)
    assert [(each.code, each.cells, each.found, each.expected) for each in found] == [("W325", ("F6",), "54", "55")]
    assert len(sheets["PriceChanges"].frame) == 6


def test_types_exist() -> None:
    """W322: a type that Products does not have is named once for each sheet."""
    found, _ = check(
        PriceChanges=[change(1, 10, 11, "2026-01-01", product_type="Vases")],
        MarketIndex=[index("2026-01", kind="Pot"), index("2026-02", kind="Pot"), index("2026-02")],
    )
    assert [(each.code, each.sheet, each.found, each.count) for each in found] == [
        ("W322", "PriceChanges", "Vases", 1),
        ("W322", "MarketIndex", "Pot", 2),
    ]


def test_places_and_products_exist() -> None:
    """W261: regions of both sheets and products of price changes are looked up like those of orders."""
    found, _ = check(
        Regions=[{"region_id": "N", "name": "North"}],
        PriceChanges=[change(1, 10, 11, "2026-01-01", product_id="X", region_id="E")],
        MarketIndex=[index("2026-01", region_id="W")],
    )
    assert sorted((each.sheet, each.found) for each in found) == [
        ("MarketIndex", "W"),
        ("PriceChanges", "E"),
        ("PriceChanges", "X"),
    ]
    assert {each.code for each in found} == {"W261"}


def test_the_index_covers_what_is_sold() -> None:
    """W324: one warning says which months of which types have no index; a quarter stands for its months."""
    orders = [sold("2026-01"), sold("2026-02"), sold("2026-05"), sold("2026-01", "S")]
    found, _ = check(Orders=orders, MarketIndex=[index("2026-Q1"), index("2026-04")])
    assert [(each.code, each.found, each.count) for each in found] == [("W324", "Scroll 2026-01, Vase 2026-05", 2)]


def test_an_index_of_a_region_covers_that_region_only() -> None:
    """W324: what is sold elsewhere needs the country's index or its own."""
    orders = [sold("2026-01", region_id="N"), sold("2026-02", region_id="S")]
    found, _ = check(Orders=orders, MarketIndex=[index("2026-01", region_id="N"), index("2026-02", region_id="N")])
    assert [(each.code, each.found) for each in found] == [("W324", "Vase 2026-02")]


def test_one_month_has_one_index() -> None:
    """E321: two indices of a month on one base are both out; the same twice is none, nor are two bases."""
    rows = [
        index("2026-01", 1.0),
        index("2026-02", 1.1),
        index("2026-02", 1.2),
        index("2026-01", 1.0),
        index("2026-01", 100.0, base_month="2026-01"),
    ]
    found, sheets = check(MarketIndex=rows)
    assert codes(found) == [("E321", "C3", 1), ("E321", "C4", 1)]
    assert len(sheets["MarketIndex"].frame) == 3


@pytest.mark.parametrize(("shared", "expected"), [(True, []), (False, ["W323"])])
def test_a_new_base_needs_a_month_on_both(shared: bool, expected: list[str]) -> None:
    """W323: the older part is named where no month has both indices."""
    rows = [index(f"2026-0{month}", 1.0 + month / 10, base_month="2025-01") for month in (1, 2)]
    rows += [index(f"2026-0{month}", 100.0, base_month="2026-02") for month in ((2, 3) if shared else (3, 4))]
    found, _ = check(MarketIndex=rows)
    assert [each.code for each in found] == expected
    assert all((each.found, each.count) == ("2025-01", 2) for each in found)
