"""Watch: received = used + left out, exactly; control totals; registered corrections; contact only with consent."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings, strategies
from made_sheets import sheet_of
from raw import Error, raw_sheet

from loyalty_xl.contracts import departments
from loyalty_xl.contracts.analytics import CUSTOMERS, ORDERS
from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.contracts.contract import Sheet
from loyalty_xl.contracts.control_plan import CONTROLS
from loyalty_xl.contracts.corrections import DATA_CORRECTIONS
from loyalty_xl.contracts.currencies import foreign_money
from loyalty_xl.contracts.ledger import CONVERTED, RECEIVED, conversions, total, used
from loyalty_xl.contracts.marketing import SURVEY_INVITATIONS, SURVEY_RESPONSES
from loyalty_xl.contracts.totals import differing, read_controls, totals
from loyalty_xl.contracts.uniting import unite
from loyalty_xl.findings import sentence
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Calendar, Cycle, Finding

TODAY = date(2026, 11, 1)
HEADERS = ["订单号", "客户编号", "订单日期", "金额", "类型", "原订单号", "币种", "数量"]
DAYS: list[Any] = [date(2026, 1, 5), date(2026, 1, 31), "2026-02-03", "not a day", None, date(2031, 1, 1), Error()]
AMOUNTS: list[Any] = [100, 0.1, 0.2, "1,234.56", "￥3.3万", -50, "(20)", "many", None, Error(), 1e11, 1234.5678]
ROWS = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(["A", "B", "C", "D", None]),
        strategies.sampled_from(["C1", "C2", None]),
        strategies.sampled_from(DAYS),
        strategies.sampled_from(AMOUNTS),
        strategies.sampled_from(["销售", "退款", "取消", "?", None]),
        strategies.sampled_from(["A", "Z", None]),
        strategies.sampled_from(["CNY", "USD", None]),
        strategies.sampled_from([1, -1, 2.5, None]),
    ),
    min_size=1,
    max_size=14,
)


def checked(rows: list[Any], hidden: frozenset[int] = frozenset(), **chosen: Any) -> Sheet:
    """A checked sheet of orders."""
    raw = raw_sheet([HEADERS, *(list(row) for row in rows)], hidden_rows=hidden)
    return check_sheet(raw, ORDERS, Settings(**chosen), title="Orders", today=TODAY)[0]


def balanced(sheet: Sheet) -> None:
    """Whether rows and money add up, in every month and in all, to the last ten-thousandth."""
    kept = used(sheet)
    for month in {key[0] for key in (*sheet.ledger, *kept)}:
        inside = range(month, month + 1)
        sums = total(sheet.ledger, inside)
        received = sums.pop(RECEIVED, (0, 0))
        parts = [*sums.values(), *total(kept, inside).values()]
        assert received == tuple(map(sum, zip(*parts, strict=True))), (month, sums)
    assert total(sheet.ledger).get(RECEIVED, (0, 0))[0] == sheet.rows_read


@given(rows=ROWS, hide=strategies.booleans(), drop=strategies.booleans())
@settings(max_examples=60, deadline=None)
def test_received_is_used_and_left_out(rows: list[Any], hide: bool, drop: bool) -> None:
    """Whatever is wrong with a sheet of orders, received = used + left out by reason: rows and money, exactly, in every month."""
    hidden = frozenset({2, 3}) if hide else frozenset()
    sheet = checked(
        rows, hidden, hidden_rows="exclude" if hide else "include", identical_order_lines="drop" if drop else "keep"
    )
    balanced(sheet)
    sheets = {"Orders": sheet}
    with conversions(sheets):
        between_sheets(sheets, Settings())
        foreign_money(sheets, Settings())
    balanced(sheet)
    assert CONVERTED not in total(sheet.ledger)


@given(one=ROWS, other=ROWS)
@settings(max_examples=25, deadline=None)
def test_files_that_are_united_add_up_too(one: list[Any], other: list[Any]) -> None:
    """Two files of a sheet, overlapping or not, usable or not: their rows and money are all accounted for."""
    balanced(unite([checked(one), checked(other)], Calendar())[0])


def test_converted_money_is_a_reason_of_its_own() -> None:
    """Money that a conversion adds to rows that stay is shown as such, and the sums still hold."""
    sheet = checked([("A", "C1", date(2026, 1, 5), 100, "销售", None, "CNY", 1)])
    with conversions({"Orders": sheet}):
        sheet.frame = sheet.frame.assign(amount=sheet.frame["amount"] * 7)
    assert total(sheet.ledger)[CONVERTED] == (0, -6_000_000)
    balanced(sheet)


def test_every_reason_is_counted() -> None:
    """An unreadable amount, a repeated row and a hidden one each stand under their reason, with their money."""
    day = date(2026, 1, 5)
    rows = [
        ("A", "C1", day, 100, "销售", None, "CNY", 1),
        ("B", "C1", day, "many", "销售", None, "CNY", 1),
        ("C", "C1", day, 7, "销售", None, "CNY", 1),
        ("A", "C1", day, 100, "销售", None, "CNY", 1),
    ]
    sheet = checked(rows, frozenset({4}), hidden_rows="exclude", identical_order_lines="drop")
    assert total(sheet.ledger) == {
        RECEIVED: (4, 2_070_000),
        "error": (1, 0),
        "hidden": (1, 70_000),
        "repeated": (1, 1_000_000),
    }


def counted(*rows: dict[str, Any]) -> tuple[list[Finding], list[Any]]:
    """Findings and totals for two orders of January, 150.5 in all, against rows of Controls."""
    day = date(2026, 1, 5)
    orders = checked([("A", "C1", day, 100, "销售", None, "CNY", 1), ("B", "C1", day, 50.5, "销售", None, "CNY", 1)])
    sheet = sheet_of(CONTROLS, list(rows))
    controls, found = read_controls(sheet, departments(), Calendar())
    made = totals({"Orders": orders}, Calendar().period(Cycle.MONTH, 2026 * 12), controls)
    return found + differing(sheet, made, controls), made


def test_control_totals_that_agree_are_no_finding() -> None:
    """Rows and amount as counted, for the month and for everything; a half cent is no difference."""
    found, made = counted(
        {"sheet": "订单", "period": "2026-01", "rows": 2, "amount": 150.504, "source": "ERP"},
        {"sheet": "Orders", "period": None, "rows": 2, "amount": 150.5},
    )
    assert found == []
    assert [(each.period, each.difference) for each in made] == [("2026-01", (0, -40)), ("all", (0, 0))]


def test_control_totals_that_differ_are_told() -> None:
    """W366 names sheet, period, both figures and the difference, for rows and for money, and a sheet that never came."""
    found, _ = counted(
        {"sheet": "Orders", "period": "2026-01", "rows": 3, "amount": 160, "source": "ERP"},
        {"sheet": "Complaints", "period": "2026-01", "rows": 5},
    )
    assert [(each.code, each.cells[0], each.found, each.expected) for each in found] == [
        ("W366", "C2", "2", "3"),
        ("W366", "D2", "150.50", "160.00"),
        ("W366", "C3", "0", "5"),
    ]
    said = sentence(found[1], "en", where=False)
    assert (
        said
        == "Orders 2026-01: 150.50 of money received, the control total is 160.00, a difference of -9.50 (source: ERP)."
    )


def test_unknown_sheet_or_period_in_controls() -> None:
    """A row of Controls that names no sheet or no period is E302, at its cell."""
    found, _ = counted(
        {"sheet": "Ordres", "period": "2026-01", "rows": 3}, {"sheet": "Orders", "period": "soon", "rows": 1}
    )
    assert [(each.code, each.cell) for each in found] == [("E302", "A2"), ("E302", "B3")]


# ---- rules 12 and 23


def told(sheets: dict[str, Sheet], **chosen: Any) -> list[tuple[str, str, int]]:
    """Codes, first cells and counts; every finding has a full sentence."""
    found = between_sheets(sheets, Settings(**chosen))
    assert all("…" not in sentence(each, language, where=False) for each in found for language in ("zh", "en"))
    return [(each.code, each.cells[0], each.count) for each in found]


def order(number: int, **more: Any) -> dict[str, Any]:
    """A row of Orders."""
    return {"order_id": f"O{number}", "order_date": "2026-01-05", "amount": 10, "order_type": "sale", "is_imputed": False, "imputation_ref": None} | more  # fmt: skip


def entry(ref: str, kind: str = "imputed", sheet: str = "订单") -> dict[str, Any]:
    """A row of DataCorrections."""
    return {"ref": ref, "sheet": sheet, "kind": kind}


def test_every_imputed_row_is_registered_and_the_other_way_round() -> None:
    """Rule 12: an imputed row without reference, one whose reference does not exist, and an entry that no row names."""
    orders = [
        order(1, is_imputed=True, imputation_ref="DC-1"),
        order(2, is_imputed=True),
        order(3, is_imputed=True, imputation_ref="DC-9"),
        order(4, imputation_ref="DC-3"),
    ]
    entries = [entry("DC-1"), entry("DC-2"), entry("DC-3", "corrected"), entry("DC-4", sheet="Complaints")]
    sheets = {"Orders": sheet_of(ORDERS, orders), "DataCorrections": sheet_of(DATA_CORRECTIONS, entries)}
    assert told(sheets) == [("W360", "F3", 1), ("W361", "F4", 1), ("W362", "A3", 1)]


def test_without_imputed_rows_there_is_nothing_to_register() -> None:
    """Rows that are not imputed need no reference, and no register."""
    assert told({"Orders": sheet_of(ORDERS, [order(1), order(2)])}) == []


def invite(number: int, customer: str, on: str) -> dict[str, Any]:
    """A row of SurveyInvitations."""
    return {"invite_id": f"I{number}", "customer_id": customer, "survey_id": "S", "sent_on": on, "channel": "sms"}


def test_no_survey_to_customers_who_declined() -> None:
    """Rule 23: invitations to customers with contact_consent = no; blank and yes are free."""
    people = [{"customer_id": f"C{n}", "contact_consent": answer} for n, answer in enumerate((False, True, None))]
    invited = [invite(n, f"C{n}", "2026-01-05") for n in range(3)]
    sheets = {"Customers": sheet_of(CUSTOMERS, people), "SurveyInvitations": sheet_of(SURVEY_INVITATIONS, invited)}
    assert told(sheets) == [("W363", "B2", 1)]


@pytest.mark.parametrize(("cap", "found"), [(1, [("W364", "B3", 2)]), (2, [("W364", "B4", 1)]), (3, []), (None, [])])
def test_contacts_beyond_the_cap(cap: int | None, found: list[tuple[str, str, int]]) -> None:
    """The contacts of a quarter beyond the cap, in order of date; a new quarter begins anew."""
    dates = ["2026-01-05", "2026-02-05", "2026-03-31", "2026-04-01"]
    invited = [invite(n, "C1", on) for n, on in enumerate(dates)]
    assert told({"SurveyInvitations": sheet_of(SURVEY_INVITATIONS, invited)}, contact_cap_per_quarter=cap) == found


def test_answers_kept_too_long() -> None:
    """An answer as old as the retention period on the last day of the data is too old by then; without a period none is."""
    answers = [
        {"response_id": f"R{n}", "answered_on": on} for n, on in enumerate(("2026-01-01", "2026-01-02", "2026-01-31"))
    ]
    sheets = {"SurveyResponses": sheet_of(SURVEY_RESPONSES, answers)}
    assert told(sheets, retention_days=30) == [("W365", "B2", 1)]
    assert told(sheets) == []
