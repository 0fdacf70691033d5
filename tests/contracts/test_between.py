"""Rules between sheets: what does not fit together is named on the later cell, and errors leave the sheet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from made_sheets import sheet_of

from loyalty_xl.contracts.analytics import CUSTOMERS, ORDERS
from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.marketing import CAMPAIGNS, SURVEY_INVITATIONS, SURVEY_RESPONSES
from loyalty_xl.contracts.sales import PRODUCTS, REGIONS, SALES_COSTS
from loyalty_xl.contracts.service import COMPLAINT_TAXONOMY, COMPLAINTS
from loyalty_xl.findings import sentence
from loyalty_xl.settings import Settings

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.vocabulary import Finding

CONTRACTS = {
    each.name: each
    for each in (
        CUSTOMERS,
        ORDERS,
        CAMPAIGNS,
        SURVEY_INVITATIONS,
        SURVEY_RESPONSES,
        PRODUCTS,
        REGIONS,
        SALES_COSTS,
        COMPLAINT_TAXONOMY,
        COMPLAINTS,
    )
}


def check(settings: Settings | None = None, **rows: list[dict[str, Any]]) -> tuple[list[Finding], dict[str, Sheet]]:
    """Check sheets made of rows; every finding has a full sentence."""
    sheets = {name: sheet_of(CONTRACTS[name], each) for name, each in rows.items()}
    found = between_sheets(sheets, settings or Settings())
    for each in found:
        for language in ("zh", "en"):
            assert "…" not in sentence(each, language, where=False)
    return found, sheets


def order(
    order_id: str,
    customer: str | None = "C1",
    on: str = "2026-03-01",
    amount: float = 100,
    kind: str = "sale",
    **more: Any,
) -> dict[str, Any]:
    """A row of Orders."""
    return {
        "order_id": order_id,
        "customer_id": customer,
        "order_date": on,
        "amount": amount,
        "order_type": kind,
        "currency": "CNY",
    } | more


def refund(order_id: str, original: str | None, amount: float = -50, **more: Any) -> dict[str, Any]:
    """A refund of Orders."""
    return order(order_id, amount=amount, kind="refund", original_order_id=original, on="2026-03-09") | more


def codes(found: list[Finding]) -> list[tuple[str, str]]:
    """Codes and cells."""
    return [(each.code, each.cell or ",".join(each.cells)) for each in found]


def test_nothing_to_compare_is_no_finding() -> None:
    """A sheet alone, a blocked sheet and an empty one bring no findings."""
    found, sheets = check(
        Orders=[order("A", "C9", region_id="R1", product_id="P1")], Customers=[], Regions=[], Products=[]
    )
    assert found == []
    sheets["Customers"] = sheet_of(CUSTOMERS, [{"customer_id": "C1"}])
    sheets["Customers"].blocked = True
    assert between_sheets(sheets, Settings()) == []


def test_unknown_customers_are_one_warning() -> None:
    """Unknown customers are one warning a sheet, with rows and first cells; no row goes; blank is anonymous."""
    orders = [order("A"), order("B", "C9"), order("C", "C8"), order("D", "C9"), order("E", None)]
    found, sheets = check(
        Customers=[{"customer_id": "C1"}],
        Orders=orders,
        Complaints=[{"customer_id": "C7", "received_on": "2026-03-01"}],
    )
    assert codes(found) == [("W241", "B3,B4,B5"), ("W241", "A2")]
    assert (found[0].count, dict(found[0].detail)["customers"], found[0].found) == (3, "2", "C9")
    assert len(sheets["Orders"].frame) == 5


def test_merged_customers_are_followed() -> None:
    """A merged customer is known through the one that stays, to the end of the chain."""
    people = [
        {"customer_id": "C1"},
        {"customer_id": "C2", "merged_into": "C3"},
        {"customer_id": "C3", "merged_into": "C1"},
    ]
    found, sheets = check(Customers=people, Orders=[order("A", "C2"), order("B", "C3"), order("C", "C1")])
    assert codes(found) == [("W272", "B3,B4")]
    assert dict(found[0].detail)["rows"] == "2"
    assert len(sheets["Customers"].frame) == 3


def test_merging_in_a_circle_is_an_error() -> None:
    """Customers merged in a circle stay themselves: one finding on the last cell names the circle."""
    people = [
        {"customer_id": "C1", "merged_into": "C2"},
        {"customer_id": "C2", "merged_into": "C3"},
        {"customer_id": "C3", "merged_into": "C2"},
        {"customer_id": "C4", "merged_into": "C4"},
        {"customer_id": "C5", "merged_into": "C9"},
    ]
    found, sheets = check(Customers=people)
    assert [each for each in codes(found) if each[0] != "W272"] == [("E243", "B6"), ("E242", "B4"), ("E242", "B5")]
    assert found[1].found == "C2 → C3 → C2"
    assert sheets["Customers"].frame["merged_into"].astype(object).where(lambda each: each.notna(), None).tolist() == [
        "C2",
        *[None] * 4,
    ]


def test_order_dates_fit_the_customer() -> None:
    """An order well before the customer was acquired, and a sale after closing, are warnings; a late refund is none."""
    people = [{"customer_id": "C1", "acquired_on": "2026-03-02", "closed_on": "2026-03-10", "status": "closed"}]
    orders = [
        order("A"),
        order("B", on="2026-02-28"),
        order("C", on="2026-03-11"),
        order("D", on="2026-03-11", kind="refund", amount=-1),
    ]
    found, sheets = check(Customers=people, Orders=orders)
    assert codes(found) == [("W244", "C3"), ("W245", "C4")]
    assert (found[0].found, found[0].expected) == ("2026-02-28", "2026-03-02")
    assert len(sheets["Orders"].frame) == 4


def test_refunds_refer_to_an_order_of_the_same_customer_and_currency() -> None:
    """A refund whose order is unknown, or another customer's, keeps its money and loses its link."""
    orders = [
        order("A"),
        order("B", "C2"),
        order("U", currency="USD"),
        refund("R1", "A"),
        refund("R2", "X"),
        refund("R3", "B"),
        refund("R4", "U"),
        refund("R5", None),
        refund("R6", "B", customer_id=None),
        refund("R7", "R1"),
    ]
    found, sheets = check(Orders=orders)
    assert codes(found) == [("W249", "G9"), ("E246", "G6"), ("E246", "G11"), ("E247", "G7"), ("E247", "G8")]
    assert "“B” differ in customer (C1; the original has C2)" in sentence(found[3], "en")
    assert "“U”的币种不同（CNY，原订单是 USD）" in sentence(found[4], "zh")
    frame = sheets["Orders"].frame
    assert frame["original_order_id"].notna().tolist() == [False] * 3 + [True] + [False] * 4 + [True, False]
    assert frame["amount"].sum() == 300 - 350
    rejected = sheets["Orders"].rejected
    assert rejected[["month", "field", "rows", "amount"]].to_numpy().tolist() == [
        [2026 * 12 + 2, "original_order_id", 4, 200.0]
    ]
    assert sheets["Orders"].counts["passing"].tolist() == [6.0]


def test_refunds_never_exceed_the_order() -> None:
    """Refunds count in order of date as long as they fit; the row that would give back too much is out."""
    orders = [
        order("A", amount=300),
        refund("R3", "A", -200, order_date="2026-03-05"),
        refund("R1", "A", -200, order_date="2026-03-02"),
        refund("R4", "A", -100, order_date="2026-03-07"),
        order("B", amount=0.1 + 0.2),
        refund("R5", "B", -0.3),
    ]
    found, sheets = check(Orders=orders)
    assert codes(found) == [("E248", "D3")]
    assert dict(found[0].detail)["refunded"] == "400"
    assert sheets["Orders"].frame["order_id"].tolist() == ["A", "R1", "R4", "B", "R5"]
    assert sheets["Orders"].left_out == {"refund exceeds order": 1}
    assert sheets["Orders"].rejected["amount"].tolist() == [200.0]


def test_refunds_without_the_column_are_no_finding() -> None:
    """Where original orders are not sent at all, nothing is said."""
    assert check(Orders=[order("A"), order("R", amount=-5, kind="refund")])[0] == []


def test_a_merged_customer_may_return_what_the_other_bought() -> None:
    """The same person under two numbers is the same customer."""
    people = [{"customer_id": "C1"}, {"customer_id": "C2", "merged_into": "C1"}]
    found, _ = check(Customers=people, Orders=[order("A", "C2"), refund("R", "A")])
    assert [each.code for each in found] == ["W272"]


def test_new_regions_and_products_are_one_finding_each() -> None:
    """A value that its own sheet does not hold is told once with its rows; regions go by code or name."""
    orders = [
        order("A", region_id="R1", product_id="P1"),
        order("B", region_id="华南二区", product_id="P9"),
        order("C", region_id="华南二区"),
        order("D", region_id="华东"),
        order("E", region_id="X"),
    ]
    found, sheets = check(
        Orders=orders,
        Regions=[{"region_id": "R1", "name": "华东"}],
        Products=[{"product_id": "P1", "product_type": "瓷器"}],
    )
    assert [(each.found, each.count, each.expected) for each in found] == [
        ("华南二区", 2, "Regions"),
        ("X", 1, "Regions"),
        ("P9", 1, "Products"),
    ]
    assert len(sheets["Orders"].frame) == 5


def test_many_new_values_are_summed_up() -> None:
    """Beyond fifty new values of a column the rest is one finding."""
    orders = [order(f"A{n}", product_id=f"Q{n}") for n in range(80)]
    found, _ = check(Orders=orders, Products=[{"product_id": "P1"}])
    assert (len(found), found[-1].count) == (51, 30)


def test_answers_fit_their_invitations() -> None:
    """A wrong invitation is emptied, an answer before it was sent is out, a second answer is told."""
    invited = [{"invite_id": f"I{n}", "customer_id": f"C{n}", "sent_on": "2026-03-05"} for n in range(1, 6)]
    answers = [
        {"invite_id": "I1", "customer_id": "C1", "answered_on": "2026-03-05"},
        {"invite_id": "I9", "customer_id": "C1", "answered_on": "2026-03-06"},
        {"invite_id": "I3", "customer_id": "C4", "answered_on": "2026-03-06"},
        {"invite_id": "I4", "customer_id": None, "answered_on": "2026-03-01"},
        {"invite_id": "I1", "customer_id": "C1", "answered_on": "2026-03-07"},
        {"invite_id": None, "customer_id": "C5", "answered_on": "2026-03-07"},
    ]
    found, sheets = check(SurveyInvitations=invited, SurveyResponses=answers)
    assert codes(found) == [("E262", "A3"), ("E263", "A4"), ("E264", "C5"), ("W265", "A6")]
    frame = sheets["SurveyResponses"].frame
    assert frame.index.tolist() == [2, 3, 4, 6, 7]
    assert frame["invite_id"].isna().tolist() == [False, True, True, False, True]
    rejected = sheets["SurveyResponses"].rejected
    assert dict(zip(rejected["field"], rejected["rows"], strict=True)) == {"invite_id": 2, "": 1}


def test_complaints_fit_taxonomy_and_dates() -> None:
    """A class is known by code or name on its day; a case closes after it came; a rating comes when closed."""
    taxonomy = [
        {"version": "1", "code": "Q1", "name_zh": "瑕疵", "valid_from": "2025-01-01", "valid_to": "2025-12-31"},
        {"version": "2", "code": "Q1", "name_zh": "瑕疵", "valid_from": "2026-02-01"},
        {"version": "2", "code": "L1", "name_en": "Broken", "valid_from": "2026-02-01"},
    ]
    cases = [
        {
            "received_on": "2026-03-01",
            "class_l1": "q1",
            "status": "closed",
            "closed_on": "2026-03-01",
            "satisfaction": 4,
        },
        {"received_on": "2026-03-01", "class_l1": "broken", "status": "closed"},
        {"received_on": "2026-01-15", "class_l1": "瑕疵", "status": "open"},
        {"received_on": "2026-03-01", "class_l1": "快递", "status": "pending", "satisfaction": 2},
        {"received_on": "2026-03-10", "class_l1": None, "status": "closed", "closed_on": "2026-03-02"},
    ]
    found, sheets = check(ComplaintTaxonomy=taxonomy, Complaints=cases)
    assert codes(found) == [("W266", "B4,B5"), ("E267", "D6"), ("W268", "D3"), ("W269", "E5")]
    assert sheets["Complaints"].frame["closed_on"].notna().tolist() == [True, *[False] * 4]
    assert sheets["Complaints"].frame["class_l1"].notna().sum() == 4


@pytest.mark.parametrize(("scope", "missing"), [("all", "2026-03"), ("acquisition", "2026-02, 2026-03")])
def test_costs_cover_every_month(scope: str, missing: str) -> None:
    """From the first cost to the last complete month of orders each month has a cost in scope."""
    found, _ = check(
        Settings(cac_scope=scope),
        Orders=[order("A", on="2026-01-05"), order("B", on="2026-05-20")],
        Campaigns=[{"start": "2026-04-10", "end": "2026-04-20", "cost": 5, "cost_type": "acquisition"}],
        SalesCosts=[
            {"period": "2026-01", "cost": 1, "cost_type": "acquisition"},
            {"period": "2026-02", "cost": 1, "cost_type": "overhead"},
        ],
    )
    assert [(each.code, each.found) for each in found] == [("W270", missing)]


def test_churn_window_is_no_shorter_than_the_purchase_cycle() -> None:
    """A product bought every two years with a one-year window is told; its own longer window heals it."""
    rows = [
        {"product_id": "P1", "purchase_cycle_days": 720},
        {"product_id": "P2", "purchase_cycle_days": 720, "churn_window_days": 800},
    ]
    found, _ = check(Products=rows)
    assert [(each.code, each.cells, each.found) for each in found] == [("W271", ("B2",), "P1")]


def big_orders(rows: int) -> Sheet:
    """Online Retail in size: 541,909 lines, a quarter anonymous, one in fifty a refund with its order."""
    chance = np.random.default_rng(7)
    sheet = sheet_of(ORDERS, [order("A", region_id="R1", product_id="P1", original_order_id="A")])
    index = pd.RangeIndex(2, rows + 2)
    size = rows // 20
    number = np.arange(rows) // 20
    back = chance.random(rows) < 0.02
    who = np.where(chance.random(size + 1)[number] < 0.25, -1, chance.integers(0, 4400, size + 1)[number])

    def text(codes: np.ndarray, letter: str, count: int) -> pd.Series:
        return pd.Series(
            pd.Categorical.from_codes(codes, pd.Index([f"{letter}{n}" for n in range(count)], dtype="str")), index=index
        )

    columns: dict[str, Any] = {name: sheet.frame[name].reindex(index) for name in ORDERS.names}
    columns |= {
        "order_id": text(number, "A", size + 1),
        "customer_id": text(who, "C", 4400),
        "product_id": text(chance.integers(0, 4000, rows), "P", 4000),
        "region_id": text(chance.integers(0, 38, rows), "R", 38),
        "original_order_id": text(np.where(back, number, -1), "A", size + 1),
        "order_type": pd.Series(pd.Categorical.from_codes(back.astype(int), ["sale", "refund"]), index=index),
        "currency": pd.Series(pd.Categorical.from_codes(np.zeros(rows, int), ["CNY"]), index=index),
        "order_date": pd.Series(
            np.datetime64("2025-01-01", "s") + (number // 80).astype("timedelta64[D]"), index=index
        ),
        "amount": pd.Series(np.where(back, -5.0, 20.0), index=index),
    }
    sheet.frame = pd.DataFrame(columns)
    return sheet


def test_half_a_million_orders_are_quick() -> None:
    """541,909 order lines against customers, products and regions take a fraction of a second."""
    sheets = {
        "Orders": big_orders(541_909),
        "Customers": sheet_of(CUSTOMERS, [{"customer_id": f"C{n}", "acquired_on": "2024-12-01"} for n in range(4390)]),
        "Products": sheet_of(PRODUCTS, [{"product_id": f"P{n}"} for n in range(3990)]),
        "Regions": sheet_of(REGIONS, [{"region_id": f"R{n}"} for n in range(37)]),
    }
    start = time.perf_counter()
    found = between_sheets(sheets, Settings())
    took = time.perf_counter() - start
    assert {each.code for each in found} == {"W241", "W261"}
    assert took < 1.0  # 0.15 s on a quiet machine
