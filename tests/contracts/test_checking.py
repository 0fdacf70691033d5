"""Checking a sheet: rows, rules, keys, what is taken out and how it is counted."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw import Error, Formatted, Uncached, raw_sheet

from loyalty_xl.contracts import analytics, control, marketing, sales, service
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.contracts.header_text import normalise
from loyalty_xl.settings import Settings

TODAY = date(2026, 11, 21)
HEAD = ["订单号", "行号", "客户编号", "订单日期", "数量", "单价", "金额"]
JAN, FEB = date(2026, 1, 5), date(2026, 2, 6)
QUIET = ("W206", "W236", "W250", "W251", "W252", "W253")


def order(number, line=1, customer="C1", day=JAN, quantity=1, price=10, amount=10):
    """One order line."""
    return [number, line, customer, day, quantity, price, amount]


def check(rows, contract=analytics.ORDERS, *, today=TODAY, mapping=None, date_order="", sheet=None, **settings):
    """Check rows of values under a title."""
    raw = raw_sheet(rows, **(sheet or {}))
    return check_sheet(
        raw,
        contract,
        Settings(**settings),
        title=contract.name,
        today=today,
        mapping=mapping or {},
        date_order=date_order,
    )


def told(findings, *, quiet=QUIET):
    """Code and cell of each finding, without the notices of what was derived."""
    return [(each.code, each.cell) for each in findings if each.code not in quiet]


def one(findings, code):
    """The only finding of a code."""
    [found] = [each for each in findings if each.code == code]
    return found


def test_a_clean_sheet_has_typed_columns_and_no_findings():
    """Every field has its dtype, indexed by worksheet row, and nothing is told."""
    head = [each.zh for each in analytics.ORDERS.fields]
    line = ["A1", 1, "C1", JAN, "P1", 2, 10, 18, 2, "CNY", "销售", None, "华东", "否", None, "否", None]
    sheet, findings = check([head, line, ["A2", *line[1:]]])
    assert told(findings, quiet=()) == []
    assert sheet.frame.index.tolist() == [2, 3]
    assert list(sheet.frame.columns) == list(analytics.ORDERS.names)
    types = {str(each) for each in sheet.frame.dtypes}
    assert types == {"category", "float64", "datetime64[s]", "boolean"}
    assert (sheet.rows_read, sheet.left_out, sheet.blocked) == (2, {}, False)
    assert sheet.sent["amount"] == "H"
    assert sheet.headers["amount"] == "金额"
    row = sheet.counts.loc[2026 * 12]
    assert row.to_dict() == {
        "rows": 2,
        "amount": 36,
        "required_cells": 16,
        "filled_cells": 16,
        "passing": 2,
        "distinct": 2,
        "imputed": 0,
    }
    assert sheet.rejected.empty


def test_planted_faults_are_found_where_they_are():
    """Each bad cell gives exactly one finding with its address, from the first stage that fails."""
    rows = [
        HEAD,
        order("A1"),
        order("A2", amount="abc"),  # row 3: no money, out
        order("A3", day="2026-02-30"),  # row 4: no day, out
        order("A4", customer=Error("#N/A"), amount=20, quantity=2),  # row 5: the customer is emptied
        order(12.5),  # row 6: no id, out
        order("A6", quantity="x"),  # row 7: the quantity is emptied
        order("A7", day=date(2027, 1, 1)),  # row 8: future, out
        order("A8", line=-1),  # row 9: line below 0, out
        order("A9", customer=None),  # row 10: anonymous
        order(None),  # row 11: no key, out
    ]
    sheet, findings = check(rows)
    assert sorted(told(findings)) == [
        ("E203", "A6"),
        ("E203", "E7"),
        ("E203", "G3"),
        ("E223", "D4"),
        ("E224", "D8"),
        ("E228", "C5"),
        ("E231", "B9"),
        ("E235", "A11"),
        ("W257", "C10"),
    ]
    assert sheet.frame.index.tolist() == [2, 5, 7, 10]
    assert pd.isna(sheet.frame.loc[5, "customer_id"])
    assert pd.isna(sheet.frame.loc[7, "quantity"])
    assert sheet.frame.loc[7, "amount"] == 10
    assert (sheet.rows_read, sheet.left_out) == (10, {"error": 6})
    assert one(findings, "E235").expected == "订单号"


def test_rejections_are_counted_by_month_with_their_money():
    """A row without a usable date counts in the month of the dated row above it, else of the one below."""
    rows = [
        HEAD,
        order("A0", day="soon", amount=-7, quantity=-0.7),
        order("A1"),
        order("A2", day=FEB, amount=30, quantity=3),
        order("A3", day="2026-02-30", amount=5, quantity=0.5),
        order("A4", day=FEB, customer=True),
    ]
    sheet, findings = check(rows)
    january, february = 2026 * 12, 2026 * 12 + 1
    assert told(findings) == [("E203", "C6"), ("E203", "D2"), ("E223", "D5")]
    assert sheet.counts["rows"].to_dict() == {january: 2, february: 3}
    assert sheet.counts["amount"].to_dict() == {january: 17, february: 45}
    assert sheet.counts["passing"].to_dict() == {january: 1, february: 1}
    assert [tuple(row) for row in sheet.rejected.itertuples(index=False)] == [
        (january, "", 1, 7.0),
        (february, "", 1, 5.0),
        (february, "customer_id", 1, 10.0),
    ]


def test_blank_rows_never_end_a_sheet():
    """Rows without content are skipped, with or without cells, and addresses stay right."""
    sheet, findings = check([HEAD, order("A1"), [], [None, " ", ""], order("A2", amount="x")])
    assert told(findings) == [("E203", "G5")]
    assert (sheet.frame.index.tolist(), sheet.rows_read) == ([2], 2)


def test_total_rows_are_taken_out_and_compared():
    """合计, 小计 and rows of sums alone are no data; a total that is not the sum is E209."""

    def total(label, quantity, amount):
        return [label, None, None, None, quantity, None, amount]

    rows = [
        HEAD,
        order("A1"),
        order("A2", amount=20, quantity=2),
        total("小计", 3, 30),
        order("A3"),
        total("小 计", 1, 10),
        total("合计：", 4, 41),
        total(None, 4, 40),
    ]
    sheet, findings = check(rows)
    assert told(findings) == [("E209", "G7"), ("W208", "A4")]
    wrong = one(findings, "E209")
    assert (wrong.found, wrong.expected, wrong.column) == ("41", "40", "金额")
    assert one(findings, "W208").count == 4
    assert sheet.frame["amount"].sum() == 40
    assert sheet.left_out == {"total": 4}


def test_a_customer_called_total_is_no_total():
    """A row with its own date and key is data, whatever its texts say."""
    sheet, findings = check([HEAD, order("A1", customer="Total"), order("A2")])
    assert told(findings) == []
    assert len(sheet.frame) == 2


def test_hidden_rows_are_read_unless_excluded():
    """W210 lists hidden rows and columns; the setting leaves the rows out."""
    rows, hidden = (
        [HEAD, order("A1"), order("A2"), order("A3")],
        {"hidden_rows": frozenset({3, 9}), "hidden_columns": frozenset({2})},
    )
    sheet, findings = check(rows, sheet=hidden)
    assert [(each.cell, each.count, dict(each.detail)["what"]) for each in findings if each.code == "W210"] == [
        ("3:3", 1, "rows"),
        ("B:B", 1, "columns"),
    ]
    assert len(sheet.frame) == 3
    sheet, _ = check(rows, sheet=hidden, hidden_rows="exclude")
    assert sheet.frame.index.tolist() == [2, 4]
    assert sheet.left_out == {"hidden": 1}


def test_merged_data_cells_are_errors_or_filled_down():
    """E212 names the range and empties the covered cells; the setting copies the value down and says so."""
    rows = [HEAD, order("A1"), order("A2", customer=None), order("A3", customer=None), order("A4", customer=None)]
    sheet, findings = check(rows, sheet={"merged": ("C2:C4",)})
    assert told(findings) == [("E212", "C2:C4"), ("W257", "C5")]
    assert sheet.rejected[["field", "rows"]].to_numpy().tolist() == [["customer_id", 2]]
    sheet, findings = check(rows, sheet={"merged": ("C2:C4",)}, merged_cells="fill_down")
    assert told(findings) == [("W212", "C2:C4"), ("W257", "C5")]
    assert sheet.frame["customer_id"].tolist()[:3] == ["C1"] * 3
    _, findings = check(rows, sheet={"merged": ("G2:G3",)})
    assert ("E212", "G2:G3") in told(findings)


def test_copies_of_a_keyed_row_are_kept_once():
    """Same key and content: one stays, W213 lists the members; the row is not an error."""
    sheet, findings = check([HEAD, order("A1"), order("a1 "), order("A2"), order("A1")])
    copies = one(findings, "W213")
    assert (copies.count, copies.cells, dict(copies.detail)["policy"]) == (2, ("A2", "A3", "A5"), "once")
    assert sheet.frame.index.tolist() == [2, 4]
    assert sheet.left_out == {"repeated": 2}
    assert sheet.counts[["rows", "passing", "distinct"]].to_numpy().tolist() == [[4, 4, 2]]
    assert sheet.rejected.empty


def test_contradicting_rows_are_all_out():
    """Same key, different content: E214 on the later cell names the earlier and what differs."""
    sheet, findings = check([HEAD, order("A1"), order("A1", amount=11), order("A2")])
    [(code, cell)] = [each for each in told(findings) if each[0] != "W254"]
    assert (code, cell) == ("E214", "A3")
    finding = one(findings, "E214")
    assert dict(finding.detail) == {"first": "A2", "differs": "金额", "first_value": "10", "value": "11"}
    assert finding.found == "A1 / 1"
    assert sheet.frame.index.tolist() == [4]
    assert sheet.rejected[["field", "rows", "amount"]].to_numpy().tolist() == [["", 2, 21.0]]
    assert sheet.counts["passing"].tolist() == [1]


def test_identical_lines_without_line_number_are_money():
    """They are kept with one warning; the setting drops them; another remark makes them different."""
    head = ["订单号", "客户编号", "订单日期", "金额", "颜色"]
    rows = [head, ["A1", "C1", JAN, 5, "red"], ["A1", "C1", JAN, 5, "red"], ["A1", "C1", JAN, 5, "blue"]]
    sheet, findings = check(rows)
    assert (len(sheet.frame), one(findings, "W213").count, dict(one(findings, "W213").detail)["policy"]) == (
        3,
        1,
        "keep",
    )
    sheet, findings = check(rows, identical_order_lines="drop")
    assert sheet.frame.index.tolist() == [2, 4]
    assert dict(one(findings, "W213").detail)["policy"] == "drop"


def test_what_orders_leave_out_is_derived_with_one_notice_each():
    """Id by row, amount by quantity and price less discount, currency by setting, kind by sign."""
    head = ["客户编号", "订单日期", "数量", "单价", "折扣"]
    sheet, findings = check([head, ["C1", JAN, 2, 10, 3], ["C2", JAN, -1, 10, None]], reporting_currency="USD")
    frame = sheet.frame
    assert frame["order_id"].tolist() == ["ROW2", "ROW3"]
    assert frame["amount"].tolist() == [17, -10]
    assert frame["currency"].tolist() == ["USD", "USD"]
    assert frame["order_type"].tolist() == ["sale", "refund"]
    assert {
        each.code: each.count for each in findings if each.code in ("W250", "W251", "W252", "W253")
    } == dict.fromkeys(("W250", "W251", "W252", "W253"), 2)
    assert sorted(sheet.sent) == ["customer_id", "discount", "order_date", "quantity", "unit_price"]


def test_cancellations_are_known_by_their_number():
    """C and digits is a cancellation; other letters are not."""
    head = ["InvoiceNo", "CustomerID", "InvoiceDate", "Quantity", "UnitPrice"]
    sheet, findings = check(
        [head, [536365, 1, JAN, 1, 2], ["C536379", 1, JAN, -1, 2], ["CA12", 1, JAN, 1, 2], [5, 1, JAN, -3, 0]]
    )
    assert sheet.frame["order_type"].tolist() == ["sale", "cancel", "sale", "refund"]
    assert dict(one(findings, "W253").detail) == {"sale": "2", "refund": "1", "cancel": "1"}


def test_blank_amounts_are_computed_bad_ones_are_not():
    """A blank amount is quantity times price; an unreadable one takes the row out, and so does a missing part."""
    rows = [
        HEAD,
        order("A1", amount=None, quantity=3),
        order("A2", amount="?"),
        order("A3", amount=None, price=None),
        order("A4", amount=None, price="x"),
    ]
    sheet, findings = check(rows)
    assert sheet.frame["amount"].to_dict() == {2: 30}
    assert told(findings) == [("E203", "F5"), ("E203", "G3"), ("E235", "G4")]
    assert (one(findings, "W251").found, one(findings, "W251").count) == ("blank", 1)


def test_amounts_that_do_not_add_up_are_warned_of():
    """More than a cent between amount and quantity times price is W254; exactly a cent is not."""
    _, findings = check(
        [HEAD, order("A1", amount=10.01), order("A2", amount=10.02), order("A3", price=-1, amount=-1, quantity=1)]
    )
    assert told(findings) == [("W255", "F4"), ("W254", "G3")]
    assert (one(findings, "W254").found, one(findings, "W254").expected) == ("10.02", "10")


def test_units_in_headers_reach_the_figures():
    """金额(万元) is multiplied, and a currency in the header is the currency."""
    sheet, _ = check([["客户编号", "订单日期", "金额(万元)"], ["C1", JAN, 1.1]])
    assert sheet.frame["amount"].tolist() == [11_000]
    sheet, _ = check([["客户编号", "订单日期", "金额(USD)"], ["C1", JAN, 5]])
    assert sheet.frame["currency"].tolist() == ["USD"]


def test_a_blocked_sheet_has_no_rows():
    """A missing required column or a swapped date column blocks the sheet; an ambiguous date takes out its row alone (G17)."""
    sheet, findings = check([["客户编号", "金额"], ["C1", 5]])
    assert (sheet.blocked, len(sheet.frame), told(findings)) == (True, 0, [("E206", "A1:B1")])
    rows = [["客户编号", "订单日期", "金额"], ["C1", "03/04/25", 5], ["C1", JAN, 5]]
    sheet, findings = check(rows)
    assert (sheet.blocked, list(sheet.frame.index), told(findings)) == (False, [3], [("E222", "B2")])
    sheet, findings = check(rows, date_order="dmy")
    assert (sheet.blocked, sheet.frame["order_date"].tolist()[0]) == (False, pd.Timestamp(2025, 4, 3))
    sheet, findings = check([rows[0], ["C1", "25/12/2025", 5], ["C1", JAN, 5]])
    assert (sheet.blocked, told(findings)) == (True, [("E219", "B3")])


def test_an_ambiguous_date_that_is_not_needed_is_emptied():
    """An ambiguous closing date leaves the complaint, without its closing date; other rows keep theirs."""
    rows = [["投诉编号", "受理日期", "结案日期"], ["T1", JAN, "03/04/25"], ["T2", JAN, FEB]]
    sheet, findings = check(rows, service.COMPLAINTS)
    assert told(findings) == [("E222", "C2")]
    assert (sheet.blocked, len(sheet.frame), sheet.frame["closed_on"].isna().tolist()) == (False, 2, [True, False])
    assert sheet.rejected[["field", "rows"]].to_numpy().tolist() == [["closed_on", 1]]


def test_nothing_and_only_a_header_are_no_rows():
    """An empty sheet and a header alone are W216, not zero."""
    sheet, findings = check([])
    assert (told(findings), sheet.blocked, dict(findings[0].detail)["what"]) == ([("W216", "")], True, "empty")
    sheet, findings = check([HEAD])
    assert (told(findings), sheet.blocked, len(sheet.frame)) == ([("W216", "")], False, 0)
    assert sheet.counts.empty


@pytest.mark.parametrize(
    ("score", "good"), [(0, True), (10, True), (11, False), (-1, False), (9.5, False), ("10", True), ("９", True)]
)
def test_scores_outside_the_scale_are_emptied(score, good):
    """An 11 on a scale of 0 to 10 is E231, a 9.5 is not whole; the answer stays, its score does not."""
    head = ["答卷编号", "客户编号", "填写日期", "推荐意愿", "授权依据"]
    sheet, findings = check(
        [head, ["R1", "C1", JAN, score, "同意"], ["R2", "C1", JAN, 9, "同意"]], marketing.SURVEY_RESPONSES
    )
    assert len(sheet.frame) == 2
    assert sheet.frame["recommend_score"].notna().tolist() == [good, True]
    assert told(findings, quiet=(*QUIET, "W220")) == ([] if good else [("E203" if score == 9.5 else "E231", "D2")])


def test_satisfaction_is_judged_by_its_own_scale():
    """A 7 is good on 1-10 and out of range on 1-5; the row's scale goes before the setting."""
    rows = [
        ["填写日期", "总体满意度", "满意度量表"],
        [JAN, 7, "1-10"],
        [JAN, 7, "1-5"],
        [JAN, 7, None],
        [JAN, 5, None],
        [JAN, 0, "1-10"],
    ]
    _, findings = check(rows, marketing.SURVEY_RESPONSES)
    assert [(each.code, each.cell, each.expected) for each in findings if each.code == "E231"] == [
        ("E231", "B6", "1 to 10"),
        ("E231", "B3", "1 to 5"),
        ("E231", "B4", "1 to 5"),
    ]
    _, findings = check(rows[:2] + rows[3:5], marketing.SURVEY_RESPONSES, csat_scale="1-10")
    assert not [each for each in findings if each.code == "E231"]


def test_scores_that_never_pass_the_middle_are_suspicious():
    """Answers of 1 to 5 on a scale of 0 to 10 are warned of once."""
    rows = [["填写日期", "推荐意愿"], *([JAN, score] for score in (1, 3, 5, 4))]
    _, findings = check(rows, marketing.SURVEY_RESPONSES)
    hint = one(findings, "W256")
    assert (hint.found, hint.expected, hint.count, hint.column) == ("5", "0 to 10", 4, "推荐意愿")
    _, findings = check([*rows, [JAN, 6]], marketing.SURVEY_RESPONSES)
    assert told(findings) == []
    _, findings = check(rows, marketing.SURVEY_RESPONSES, nps_scale_min=1, nps_scale_max=5)
    assert told(findings) == []


def test_campaigns_end_after_they_begin():
    """An end before its start is E237 with the start, and is emptied; planned campaigns lie ahead."""
    rows = [
        ["活动编号", "开始日期", "结束日期", "费用"],
        ["K1", FEB, JAN, 5],
        ["K2", JAN, JAN, 5],
        ["K3", date(2027, 1, 1), date(2027, 2, 1), 5],
        ["K4", JAN, FEB, -1],
    ]
    sheet, findings = check(rows, marketing.CAMPAIGNS)
    assert told(findings) == [("E237", "C2"), ("E231", "D5")]
    assert one(findings, "E237").expected == ">= 2026-02-06"
    assert sheet.frame.index.tolist() == [2, 3, 4]
    assert sheet.counts["amount"].sum() == 15


def test_reference_sheets_are_counted_without_month():
    """Products have no date: one line of counts, month 0."""
    rows = [
        ["货号", "产品类型", "采购周期", "毛利率"],
        ["P1", "瓷器", 90, "35%"],
        ["P2", None, 0, 35],
        ["P2", "玉器", 30, 0.2],
    ]
    sheet, findings = check(rows, sales.PRODUCTS)
    assert sorted(told(findings)) == [("E214", "A4"), ("E231", "C3"), ("E231", "D3"), ("W220", "D2"), ("W235", "B3")]
    assert sheet.counts.index.tolist() == [0]
    assert sheet.frame["margin_rate"].tolist() == [0.35]


def test_costs_are_placed_by_their_period():
    """A period label gives the month in which a cost is counted; identical costs are kept, with a warning."""
    rows = [["期间", "费用", "费用类别"], ["2026-Q2", 5, "拉新"], ["2026-03", 7, "留存"], ["2026-03", 7, "留存"]]
    sheet, findings = check(rows, sales.SALES_COSTS)
    assert told(findings) == [("W213", "A4")]
    assert sheet.counts["amount"].to_dict() == {2026 * 12 + 2: 14, 2026 * 12 + 3: 5}
    assert len(sheet.frame) == 3


def test_blank_cells_of_usual_columns_are_one_line():
    """W235 counts the blanks of a column; blank cells of other columns are not told."""
    rows = [["客户编号", "地区", "电话"], ["C1", None, None], ["C2", " ", "1"], ["C3", "华东", None]]
    sheet, findings = check(rows, analytics.CUSTOMERS)
    blank = one(findings, "W235")
    assert (blank.count, blank.cells) == (2, ("B2", "B3"))
    assert told(findings) == [("W235", "B2")]
    assert sheet.counts[["required_cells", "filled_cells"]].to_numpy().tolist() == [[6, 4]]


def test_mapping_reaches_the_check():
    """A header known only to Mapping is read."""
    rows = [["客户编号", "订货日", "金额"], ["C1", JAN, 5]]
    sheet, _ = check(rows, mapping={normalise("订货日"): "order_date"})
    assert sheet.frame["order_date"].tolist() == [pd.Timestamp(2026, 1, 5)]


def test_row_order_does_not_change_what_is_kept():
    """Reversing the rows keeps the same lines."""
    rows = [
        order("A1"),
        order("A1"),
        order("A2", amount="x"),
        order("A3"),
        order("A3", amount=12),
        order("A4", customer=None),
    ]
    forward, _ = check([HEAD, *rows])
    backward, _ = check([HEAD, *reversed(rows)])
    assert sorted(forward.frame["order_id"].astype("str")) == sorted(backward.frame["order_id"].astype("str"))
    assert forward.counts.sum().to_dict() == backward.counts.sum().to_dict()


def test_discounts_that_look_like_rates_are_warned_of():
    """A discount of 0.9 on a price of 100 is told before anyone trusts the amount."""
    head = ["客户编号", "订单日期", "数量", "单价", "折扣"]
    _, findings = check([head, ["C1", JAN, 1, 100, 0.9], ["C1", JAN, 1, 50, 0]])
    assert told(findings) == [("W259", "E2")]
    _, findings = check([head, ["C1", JAN, 1, 100, 0.9], ["C1", JAN, 1, 50, 5]])
    assert told(findings) == []


def test_a_dash_in_mapping_is_not_nothing():
    """Mapping leaves a column out with a dash; elsewhere a dash is a word for nothing."""
    sheet, findings = check([["表", "表头", "字段"], ["Orders", "颜色", "-"]], control.MAPPING)
    assert sheet.frame["field"].tolist() == ["-"]
    assert told(findings) == []


def test_strange_characters_do_no_harm():
    """Control characters, lone surrogates and direction marks are cleaned; findings show where long texts begin."""
    rows = [
        ["客户编号", "地区", "客户名称"],
        ["C\u200b1", "华\u202e东", "\ud83d王\x01＝1"],
        ["C2", "华东", "x" * 40_000],
    ]
    sheet, findings = check(rows, analytics.CUSTOMERS)
    assert sheet.frame["customer_id"].tolist() == ["C1", "C2"]
    assert sheet.frame["region_id"].tolist() == ["华东", "华东"]
    assert sheet.frame["name"].tolist()[0] == "王＝1"
    assert len(one(findings, "W234").found) == 201


NOTHING = [None, "", " ", "-", "无", Uncached(), Error("#REF!")]
NUMBERS = [
    0,
    1,
    -1,
    2.5,
    1e15,
    1e300,
    float("inf"),
    True,
    Formatted(7, "000"),
    Formatted(3, ";;;"),
    "1,234",
    "1.234,56",
    "12%",
    "$5",
]
DAYS = [JAN, date(2027, 1, 1), "2026-01-05", "03/04/25", "25/12/2025", "2026-02-30"]
WORDS = ["C1", "C123", "1.2E+17", "合计", "小计", "订单号", "订单日期", "是", "销售", "CNY", "\ud800", "x" * 300]
CELLS = st.sampled_from([*NOTHING, *NUMBERS, *DAYS, *WORDS])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=10), max_size=8), st.sampled_from(["error", "fill_down"]))
def test_whatever_the_cells_hold_nothing_unreadable_gets_through(rows, merged):
    """Kept rows have key, date and money, each row is kept or accounted for, and each error has an address."""
    head = ["订单号", "行号", "客户编号", "订单日期", "数量", "单价", "金额", "币种", "类型", "折扣"]
    sheet, findings = check(
        [head, *rows], sheet={"merged": ("A3:B4", "C2:C5"), "hidden_rows": frozenset({4})}, merged_cells=merged
    )
    frame = sheet.frame
    assert frame[["order_id", "order_date", "amount"]].notna().all().all()
    assert ((frame["order_date"] < "2026-11-22") & frame["amount"].abs().lt(float("inf"))).all()
    if not sheet.blocked:
        assert len(frame) + sheet.left_out.get("error", 0) + sheet.left_out.get("repeated", 0) == sheet.rows_read
        assert sheet.counts["rows"].sum() == sheet.rows_read
        assert sheet.rejected.loc[sheet.rejected["field"] == "", "rows"].sum() == sheet.left_out.get("error", 0)
    assert all(each.cell for each in findings if each.code.startswith("E"))
