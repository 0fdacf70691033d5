"""Finding the header row and what each column holds."""

from __future__ import annotations

import itertools

import pytest
from raw import raw_sheet

from loyalty_xl.contracts import analytics, marketing, sales, service
from loyalty_xl.contracts.headers import aliases, find_header, normalise, recognise

CONTRACTS = [*marketing.CONTRACTS, *analytics.CONTRACTS, *service.CONTRACTS, *sales.CONTRACTS]
GOOD = ["订单号", "客户编号", "订单日期", "数量", "单价", "金额"]
LINE = ["A1", "C1", "2026-01-05", 1, 2, 2]


def codes(header):
    """Codes and cells of a header's findings."""
    return [(each.code, each.cell) for each in header.findings]


def faults(header):
    """The same without notices of columns that are unknown or missing."""
    return [each for each in codes(header) if each[0] not in ("W206", "W236")]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: each.name)
def test_every_header_means_one_field(contract):
    """No alias of a contract is claimed by two fields, and names and Chinese headers find their own field."""
    table = aliases(contract)
    for field in contract.fields:
        assert table[normalise(field.name)] == field.name
        assert table[normalise(field.zh)] == field.name
        assert field.en
        assert field.zh_note


@pytest.mark.parametrize(
    "header",
    [
        "订单 日期",
        "订单\n日期",
        "訂單日期",
        " Order_Date ",
        "ＯＲＤＥＲ Ｄａｔｅ",
        "Invoice Date",
        "InvoiceDate",
        "成交日期",
        "订单日期（必填）",
        "order\u200bdate",
        "下单时间*",
        "★订单日期",
        "订单日期(yyyy-mm-dd)",
    ],
)
def test_spellings_of_a_header_are_the_same(header):
    """Width, spaces, line breaks, case, underscores, brackets and traditional characters make no difference."""
    found = find_header(raw_sheet([["客户", header, "客户编号", "金额"], [1, "2026-01-05", 2, 3]]), analytics.ORDERS)
    assert found.columns["order_date"] == 2


def test_shop_exports_are_understood():
    """The columns of Online Retail and CDNOW are known."""
    retail = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
    found = find_header(raw_sheet([retail, [1] * 8]), analytics.ORDERS)
    assert list(found.columns) == [
        "order_id",
        "product_id",
        "quantity",
        "order_date",
        "unit_price",
        "customer_id",
        "region_id",
    ]
    assert found.unknown == (3,)
    assert not found.blocked
    cdnow = find_header(
        raw_sheet([["customer_id", "date", "number_of_cds", "dollar_value"], [1] * 4]), analytics.ORDERS
    )
    assert list(cdnow.columns) == ["customer_id", "order_date", "quantity", "amount"]


def test_a_header_under_a_title_and_a_blank_row_is_found():
    """Rows above the header are skipped, and the notice names its first cell."""
    raw = raw_sheet([["2026年订单明细"], [], [None, "单位：元"], GOOD, LINE], merged=("A1:F1",))
    header = find_header(raw, analytics.ORDERS)
    assert (header.row, faults(header)) == (4, [("W201", "A4")])
    assert header.columns["amount"] == 6


def test_a_two_row_header_is_joined():
    """Group titles over merged cells are joined with the names below; a vertical merge is one name."""
    rows = [["客户编号", "订单", None, "金额"], [None, "编号", "日期", None], ["C1", "A1", "2026-01-05", 5]]
    header = find_header(raw_sheet(rows, merged=("A1:A2", "B1:C1", "D1:D2")), analytics.ORDERS)
    assert header.columns == {"customer_id": 1, "order_id": 2, "order_date": 3, "amount": 4}
    assert header.texts[2] == "订单 / 编号"
    assert (header.row, faults(header)) == (2, [])


def test_groups_of_this_and_last_period_are_never_guessed():
    """A name under 本期 or 上期 is not taken for the field of that name."""
    rows = [["客户编号", "订单日期", "上期", None], [None, None, "金额", "数量"], ["C1", "2026-01-05", 5, 1]]
    header = find_header(raw_sheet(rows, merged=("A1:A2", "B1:B2", "C1:D1")), analytics.ORDERS)
    assert "amount" not in header.columns
    assert header.blocked


@pytest.mark.parametrize("text", ["本期金额", "上期金额", "金额(上期)", "金额【本期】", "金额（预算）", "去年同期金额"])
def test_look_alikes_are_not_mapped(text):
    """The period's and last period's figures are suggested, never taken."""
    header = find_header(raw_sheet([["客户编号", "订单日期", text], ["C1", "2026-01-05", 5]]), analytics.ORDERS)
    [missing] = [each for each in header.findings if each.code == "E206"]
    assert dict(missing.detail)["suggestion_1"].startswith(f"{text} (C1): 5")
    assert header.blocked


def test_a_title_over_columns_without_names_is_named():
    """A merged header over several columns of data is E202 with its range."""
    raw = raw_sheet([[*GOOD, "备注说明", None], [*LINE, "a", "b"]], merged=("G1:H1",))
    header = find_header(raw, analytics.ORDERS)
    assert faults(header) == [("E202", "G1:H1")]


def test_the_same_header_twice_is_an_error():
    """E204 stands on the later cell and names the earlier; a known field then blocks the sheet."""
    header = find_header(raw_sheet([[*GOOD, "金额"], [*LINE, 3]]), analytics.ORDERS)
    assert faults(header) == [("E204", "G1")]
    assert dict(header.findings[0].detail) == {"first": "F1", "field": "amount"}
    assert header.blocked
    unknown = find_header(raw_sheet([[*GOOD, "a", "a"], [*LINE, 3, 4]]), analytics.ORDERS)
    assert faults(unknown) == [("E204", "H1")]
    assert not unknown.blocked


def test_two_columns_for_one_field_force_a_choice():
    """E207 names both; Mapping chooses by naming one, or by leaving the other out."""
    raw = raw_sheet([[*GOOD, "实付金额"], [*LINE, 3]])
    header = find_header(raw, analytics.ORDERS)
    assert faults(header) == [("E207", "G1")]
    assert dict(header.findings[0].detail)["first"] == "F1"
    assert header.blocked
    for mapping, column in (({"金额": "-"}, 7), ({"实付金额": "-"}, 6), ({"实付金额": "amount"}, 7)):
        chosen = find_header(raw, analytics.ORDERS, mapping)
        assert (chosen.columns["amount"], faults(chosen), chosen.blocked) == (column, [], False)


def test_a_blank_header_above_data_is_an_error():
    """E205 stands on the blank header cell and shows the first value; cells of spaces are no data."""
    header = find_header(raw_sheet([[*GOOD, None, " "], [*LINE, "x", " "]]), analytics.ORDERS)
    assert faults(header) == [("E205", "G1")]
    assert (header.findings[0].found, dict(header.findings[0].detail)["data"]) == ("x", "G2")


def test_a_missing_column_is_named_with_suggestions():
    """E206 names the Chinese header and the three likeliest unknown columns with samples."""
    rows = [["客户编号", "订货日期", "金额", "颜色", "日子", "门店名"], ["C1", "2026-01-05", 5, "红", "一", "二"]]
    header = find_header(raw_sheet(rows), analytics.ORDERS)
    [finding] = [each for each in header.findings if each.code == "E206"]
    assert (finding.cell, finding.expected, header.blocked) == ("A1:F1", "订单日期", True)
    detail = dict(finding.detail)
    assert detail["field"] == "order_date"
    assert detail["suggestion_1"] == "订货日期 (B1): 2026-01-05"
    assert "suggestion_3" in detail


def test_amount_or_quantity_and_price_is_enough():
    """Orders need customer, date, and money in one of two ways."""
    head = ["客户编号", "订单日期"]
    assert not find_header(raw_sheet([[*head, "金额"], LINE[:3]]), analytics.ORDERS).blocked
    assert not find_header(raw_sheet([[*head, "数量", "单价"], LINE[:4]]), analytics.ORDERS).blocked
    half = find_header(raw_sheet([[*head, "数量"], LINE[:3]]), analytics.ORDERS)
    assert [each.expected for each in half.findings if each.code == "E206"] == ["金额 | 数量 + 单价"]


def test_a_mapping_is_remembered_and_checked():
    """A mapped header is understood; a mapping to no field is E218."""
    raw = raw_sheet([["客户编号", "订货日", "金额"], LINE[1:4]])
    header = find_header(raw, analytics.ORDERS, {normalise("订货日"): "order_date"})
    assert (header.columns["order_date"], header.blocked) == (2, False)
    wrong = find_header(raw, analytics.ORDERS, {normalise("订货日"): "orderdate"})
    assert [(each.code, each.found, each.column) for each in wrong.findings if each.code == "E218"] == [
        ("E218", "orderdate", "订货日")
    ]


def test_units_in_the_header_are_applied_or_refused():
    """万元 multiplies money, minutes become seconds; a unit that does not fit leaves the header unknown."""
    header = find_header(raw_sheet([["客户编号", "订单日期", "金额(万元)"], LINE[1:4]]), analytics.ORDERS)
    assert header.units["amount"].factor == 10_000
    assert ("W258", "C1") in codes(header)
    response = find_header(
        raw_sheet([["填写日期", "推荐分(0-10)", "填写时长（分钟）"], [1, 2, 3]]), marketing.SURVEY_RESPONSES
    )
    assert response.units["duration_sec"].factor == 60
    assert "recommend_score" in response.columns
    assert (
        "order_date"
        not in find_header(raw_sheet([["客户编号", "订单日期(万元)", "金额"], LINE[1:4]]), analytics.ORDERS).columns
    )


def test_a_second_table_blocks_the_sheet():
    """E215 names the first cell of the second header and the first header."""
    header = find_header(raw_sheet([GOOD, LINE, [], GOOD, LINE]), analytics.ORDERS)
    assert faults(header) == [("E215", "A4")]
    assert header.blocked


def test_the_declared_header_row_is_taken():
    """A header row from Sources is used even where another row looks better."""
    header = find_header(raw_sheet([GOOD, ["客户编号", "订单日期", "金额", "x"], LINE]), analytics.ORDERS, header_row=2)
    assert (header.row, header.columns["amount"]) == (2, 3)


def test_unknown_and_missing_columns_are_listed():
    """W206 lists headers that no one understood, W236 the usual ones that were not sent."""
    header = find_header(raw_sheet([["受理日期", "投诉编号", "颜色"], [1, 2, 3]]), service.COMPLAINTS)
    notices = {each.code: each for each in header.findings}
    assert (notices["W206"].cells, notices["W206"].found) == (("C1",), "颜色")
    assert (notices["W236"].count, notices["W236"].expected) == (3, "客户编号, 投诉大类, 状态")


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda each: each.name)
def test_a_full_sheet_is_recognised(contract):
    """A sheet with all Chinese headers, or all field names, is recognised as what it is."""
    for names in ([each.zh for each in contract.fields], list(contract.names)):
        best = recognise(raw_sheet([names, [1] * len(names)]), CONTRACTS)
        assert best
        assert best[0][0] is contract


def test_an_unclear_sheet_is_not_recognised():
    """A sheet that no contract fits, or of a single known column, gives nothing."""
    for names in (["a", "b"], ["客户编号"], ["客户编号", "颜色"]):
        assert recognise(raw_sheet([names, [1] * len(names)]), CONTRACTS) == []


def test_sheets_of_different_kinds_stay_apart():
    """No two contracts have the same set of needed headers."""
    heads = [frozenset(each.zh for each in contract.fields if each.usual) for contract in CONTRACTS]
    assert not any(left == right for left, right in itertools.combinations(heads, 2))
