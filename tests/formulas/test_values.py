"""Formulas give what the pipeline gives for the same rows, and what a hand computes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from loyalty_xl.formulas import CellError, call
from loyalty_xl.pipeline import Refresh
from loyalty_xl.sample import small_company
from tests.conftest import Company

Rows = list[dict[str, str]]
QUARTERS = {"2025-Q3": (date(2025, 7, 1), date(2025, 10, 1)), "2026-Q1": (date(2026, 1, 1), date(2026, 4, 1))}


def rows_of(folder: Path, sheet: str) -> Rows:
    """Rows of a file of the small company."""
    return list(csv.DictReader(io.StringIO((folder / f"{sheet}.csv").read_text(encoding="utf-8-sig"))))


def text_of(rows: Rows) -> str:
    """Rows as the text of a file."""
    made = io.StringIO()
    writer = csv.DictWriter(made, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return made.getvalue()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """The small company's rows, without the order that was sent back whole: a formula cannot tell which one a refund takes back."""
    folder = tmp_path_factory.mktemp("files")
    small_company(folder)
    made = {name: rows_of(folder, name) for name in ("Orders", "SurveyInvitations", "SurveyResponses", "Complaints")}
    made["Orders"] = [row for row in made["Orders"] if row["order_id"] not in ("O08", "R01")]
    return made


def column(rows: Rows, name: str, number: bool = False) -> list[Any]:
    """A column as cells."""
    return [None if not row[name] else float(row[name]) if number else row[name] for row in rows]


def values(made: Refresh, period: str) -> dict[str, float | None]:
    """Values of All in a period, by KPI."""
    return {each.kpi: each.value for each in made.results if each.segment == "All" and each.period.label == period}


ORDER_KPIS: dict[str, Callable[..., Any]] = {
    "repeat_purchase_rate": lambda o, s, e, now: call("LOYALTY_REPEAT_PURCHASE_RATE", o["customer_id"], o["order_id"], o["now_sold"]),
    "purchase_frequency": lambda o, s, e, now: call("LOYALTY_PURCHASE_FREQUENCY", o["customer_id"], o["order_id"], o["now_sold"]),
    "median_spend": lambda o, s, e, now: call("LOYALTY_MEDIAN_SPEND", o["customer_id"], o["amount"], now),
    "average_spend": lambda o, s, e, now: call("LOYALTY_AVERAGE_SPEND", o["customer_id"], o["amount"], now),
    "trimmed_average_spend": lambda o, s, e, now: call("LOYALTY_TRIMMED_AVERAGE_SPEND", o["customer_id"], o["amount"], now),
    "average_order_value": lambda o, s, e, now: call("LOYALTY_AVERAGE_ORDER_VALUE", o["order_id"], o["amount"], now),
    "anonymous_revenue_share": lambda o, s, e, now: call("LOYALTY_ANONYMOUS_REVENUE_SHARE", o["customer_id"], o["amount"], now),
    "customer_base": lambda o, s, e, now: call("LOYALTY_CUSTOMER_BASE", o["customer_id"], o["order_date"], e, None, o["sold"]),
    "lifetime_repeat_rate": lambda o, s, e, now: call("LOYALTY_LIFETIME_REPEAT_RATE", o["customer_id"], o["order_id"], o["to_date"]),
    **{
        key: lambda o, s, e, now, name=key: call(f"LOYALTY_{name.upper()}", o["customer_id"], o["order_date"], s, e, None, o["sold"])
        for key in ("retention_rate", "churn_rate", "churn_rate_all_customers", "churn_rate_average_base", "purchase_retention_rate",
                    "customer_growth_rate", "repurchase_rate")
    },
    **{
        key: lambda o, s, e, now, name=key: call(f"LOYALTY_{name.upper()}", o["customer_id"], o["order_date"], s, e, o["sold"])
        for key in ("returning_customer_share", "new_customers_per_month")
    },
    "spend_decline_share": lambda o, s, e, now: call("LOYALTY_SPEND_DECLINE_SHARE", o["customer_id"], o["order_date"], o["amount"], s, e, 2),
    "new_customer_watch": lambda o, s, e, now: call("LOYALTY_NEW_CUSTOMER_WATCH", o["customer_id"], o["order_date"], s, e, None, 30, o["sold"]),
}  # fmt: skip


@pytest.mark.parametrize("period", QUARTERS)
def test_order_kpis_are_those_of_the_pipeline(files: dict[str, Rows], company: Company, period: str) -> None:
    """Every KPI of purchases, from ranges of order rows, equals the pipeline's for the same quarter; where that has none, neither has the formula."""
    orders = files["Orders"]
    settings = {
        "cycle_type": "quarter",
        "decline_periods": "2",
        "new_customer_window_days": "30",
        "max_rejected_share": "100%",
    }
    made = company(Orders=text_of([{**row, "product_id": ""} for row in orders]), set=settings)
    wanted = values(made, period)
    start, end = QUARTERS[period]
    ranges: dict[str, list[Any]] = {name: column(orders, name) for name in ("customer_id", "order_id", "order_date")}
    ranges["amount"] = column(orders, "amount", number=True)
    days = [date.fromisoformat(each) for each in ranges["order_date"]]
    ranges["sold"] = [amount > 0 for amount in ranges["amount"]]
    ranges["to_date"] = [day < end and sold for day, sold in zip(days, ranges["sold"], strict=True)]
    now = [start <= day < end for day in days]
    ranges["now_sold"] = [inside and sold for inside, sold in zip(now, ranges["sold"], strict=True)]
    checked = 0
    for key, formula in ORDER_KPIS.items():
        result = next(
            each for each in made.results if (each.kpi, each.period.label, each.segment) == (key, period, "All")
        )
        if result.reason in ("insufficient_history", "maturing"):
            continue  # a formula takes the rows it is given for all there are
        got = formula(ranges, start, end, now)
        if wanted[key] is None:
            assert isinstance(got, CellError), key
        else:
            assert got == pytest.approx(wanted[key], rel=1e-12), key
            checked += 1
    assert checked >= 12


def test_the_gap_between_purchases_is_the_pipelines(files: dict[str, Rows], company: Company) -> None:
    """Days between purchases of the whole history, by customer-days, equal the pipeline's."""
    orders = [row for row in files["Orders"] if float(row["amount"]) > 0]
    made = company(Orders=text_of([{**row, "product_id": ""} for row in orders]), set={"occasion_unit": "day"})
    got = call("LOYALTY_PURCHASE_GAP_DAYS", column(orders, "customer_id"), column(orders, "order_date"))
    assert got == pytest.approx(values(made, "all")["purchase_gap_days"])


def test_survey_kpis_are_those_of_the_pipeline(files: dict[str, Rows], company: Company) -> None:
    """NPS and its shares, satisfaction, response and its cost, from ranges, equal the pipeline's (every answer counted)."""
    sent, came = files["SurveyInvitations"], files["SurveyResponses"]
    made = company(SurveyInvitations=text_of(sent), SurveyResponses=text_of(came), set={"nps_dup_policy": "all"})
    wanted = values(made, "all")
    scores, csat = column(came, "recommend_score", number=True), column(came, "csat_overall", number=True)
    for key in ("nps", "promoter_share", "passive_share", "detractor_share"):
        assert call(f"LOYALTY_{key.upper()}", scores) == pytest.approx(wanted[key]), key
    for key in ("csat", "csat_top_two", "csat_index"):
        assert call(f"LOYALTY_{key.upper()}", csat) == pytest.approx(wanted[key]), key
    invites, answered = column(sent, "invite_id"), column(came, "invite_id")
    assert call("LOYALTY_RESPONSE_RATE", invites, answered) == pytest.approx(wanted["response_rate"])
    delivered = call("LOYALTY_RESPONSE_RATE_DELIVERED", invites, column(sent, "delivery_status"), answered)
    assert delivered == pytest.approx(wanted["response_rate_delivered"])
    for key in ("valid_response_rate", "response_validity"):
        assert call(f"LOYALTY_{key.upper()}", invites, answered, scores) == pytest.approx(wanted[key]), key
    cost = call(
        "LOYALTY_COST_PER_VALID_RESPONSE", invites, column(sent, "incentive_cost", number=True), answered, scores
    )
    assert cost == pytest.approx(wanted["cost_per_valid_response"])


def test_complaint_kpis_are_those_of_the_pipeline(files: dict[str, Rows], company: Company) -> None:
    """Complaints, their handling and rating, from ranges, equal the pipeline's."""
    cases, orders = files["Complaints"], [row for row in files["Orders"] if float(row["amount"]) > 0]
    made = company(
        Complaints=text_of(cases), Orders=text_of([{**row, "product_id": ""} for row in orders]), set={"sla_days": "7"}
    )
    wanted = values(made, "all")
    received, closed = column(cases, "received_on"), column(cases, "closed_on")
    assert call("LOYALTY_COMPLAINT_RATE", column(cases, "complaint_id"), column(orders, "order_id")) == pytest.approx(
        wanted["complaint_rate"]
    )
    for key in ("complaint_resolution_rate", "resolution_days", "resolution_days_p90"):
        assert call(f"LOYALTY_{key.upper()}", received, closed) == pytest.approx(wanted[key]), key
    assert call("LOYALTY_RESOLUTION_WITHIN_SLA", received, closed, 7) == pytest.approx(wanted["resolution_within_sla"])
    rating = column(cases, "satisfaction", number=True)
    for key in ("complainer_satisfaction", "complainer_satisfied_share"):
        assert call(f"LOYALTY_{key.upper()}", rating) == pytest.approx(wanted[key]), key
    assert call("LOYALTY_COMPLAINT_RATING_COVERAGE", closed, rating) == pytest.approx(
        wanted["complaint_rating_coverage"]
    )
    assert (
        call(
            "LOYALTY_UNCLASSIFIED_COMPLAINT_SHARE",
            column(cases, "complaint_id"),
            ["QUALITY", None, "DELIVERY", None, "QUALITY"],
        )
        == 0.4
    )
    who, bought, end = column(cases, "customer_id"), column(orders, "order_date"), date(2026, 4, 1)
    assert (
        call("LOYALTY_COMPLAINING_CUSTOMER_SHARE", who, column(orders, "customer_id"), bought, end) == 0.4
    )  # C01, C02, C03, C07 of ten who bought since 2025-04-01


def test_tables_are_those_of_the_pipeline(files: dict[str, Rows], company: Company) -> None:
    """Cohorts, customer states and the complaint mix spill the pipeline's rows below a fixed header."""
    orders = [row for row in files["Orders"] if float(row["amount"]) > 0 and row["customer_id"]]
    cases = files["Complaints"]
    made = company(
        Orders=text_of([{**row, "product_id": ""} for row in orders]),
        Complaints=text_of(cases),
        set={"cycle_type": "quarter"},
    )
    ids, days = column(orders, "customer_id"), column(orders, "order_date")
    for key in ("cohorts", "customer_states"):
        table = call(f"LOYALTY_{key.upper()}", ids, days, "quarter")
        columns = list(made.tables[key][0])
        assert table[0] == columns
        assert table[1:] == [["" if row[each] is None else row[each] for each in columns] for row in made.tables[key]]
    mix = call(
        "LOYALTY_COMPLAINT_MIX",
        column(cases, "received_on"),
        column(cases, "class_l1"),
        column(cases, "class_l2"),
        "季",
    )
    assert mix[1:] == [list(row.values()) for row in made.tables["complaint_mix"]]


def test_the_response_table_is_the_pipelines(files: dict[str, Rows], company: Company) -> None:
    """Response by channel and incentive spills the pipeline's rows."""
    sent, came = files["SurveyInvitations"], files["SurveyResponses"]
    made = company(SurveyInvitations=text_of(sent), SurveyResponses=text_of(came), set={"cycle_type": "year"})
    cells = [column(sent, name, number=name == "incentive_cost") for name in
             ("invite_id", "sent_on", "channel", "incentive_type", "incentive_cost", "delivery_status")]  # fmt: skip
    scores = column(came, "recommend_score", number=True)
    table = call("LOYALTY_RESPONSE_BY_CHANNEL_AND_INCENTIVE", *cells, column(came, "invite_id"), scores, "year")
    wanted = [
        ["" if cell is None else cell for cell in row.values()]
        for row in made.tables["response_by_channel_and_incentive"]
    ]
    assert table[1:] == wanted


@pytest.mark.parametrize(
    ("name", "cells", "answer"),
    [
        ("LOYALTY_NPS", ([10, 9, 8, 7, 3],), 20),  # 2 promoters, 1 detractor of 5
        ("LOYALTY_NPS", ([0, 7, 7, 9, 9, 9],), 100 / 3),  # kpis: score vector (0,7,7,9,9,9) -> 33.3
        ("LOYALTY_NPS", ([5, 5, 4, 3, 1], 5, 3, 1, 5), 0),  # five-point scale: (2 - 2) / 5
        ("LOYALTY_CSAT", ([10, 8, 6], 10), 8),
        ("LOYALTY_CSAT_TOP_TWO", ([5, 4, 3, 2],), 0.5),
        ("LOYALTY_CSAT_TOP_TWO", ([5, 4, 3, 2], 5, 1), 0.25),
        ("LOYALTY_CAC", ([600, 300], 3), 300),
        ("LOYALTY_RETAINED_SHARE", (["a", "b", "c", "d"], ["B", "d", "x"]), 0.5),
        ("LOYALTY_ATTAINMENT", (5, 20, "higher", -10), 0.5),  # T2: progress from the baseline
        ("LOYALTY_ATTAINMENT", (10, 8, "越低越好"), 0.8),
        ("LOYALTY_STATUS", (0.82, 0.9, "higher", None, None, "share"), "red"),  # T3: 8 points off
        ("LOYALTY_STATUS", (0.18, 0.1, "lower", None, None, "share"), "red"),  # its complement, the same colour
        ("LOYALTY_STATUS", (0.86, 0.9, None, None, None, "占比"), "amber"),
        ("LOYALTY_STATUS", (95, 100), "amber"),
        ("LOYALTY_STATUS", (100, 100), "green"),
        ("LOYALTY_PERIOD", (date(2026, 7, 31),), "2026-07"),
        ("LOYALTY_PERIOD", ("2026年7月31日", "季"), "2026-Q3"),
        ("LOYALTY_PERIOD", (46234, "half"), "2026-H2"),
        ("LOYALTY_PERIOD", (date(2026, 7, 31), "year", 4), "FY2027"),
        ("LOYALTY_COMPLETENESS", ([[1, None], ["x", " "]],), 0.5),
        ("LOYALTY_UNIQUENESS", ([["a", 1], ["b", 1], ["A ", 1]],), 2 / 3),
        ("LOYALTY_VALIDITY", (95, 100), 0.95),
        ("LOYALTY_IMPUTED_SHARE", ([True, None, "是", False],), 0.5),
        ("LOYALTY_NEW_CUSTOMERS_PER_MONTH", (["a", "b", "a"], ["2026-01-05", "2026-02-05", "2026-03-05"], date(2026, 1, 1), date(2026, 3, 1)), 1),
        ("LOYALTY_NEW_CUSTOMER_RETENTION", (["a", "b", "a"], ["2025-01-05", "2025-02-05", "2025-09-05"], date(2025, 1, 1), date(2025, 3, 1), date(2026, 4, 1)), 0.5),
    ],
)  # fmt: skip
def test_worked_examples(name: str, cells: tuple[Any, ...], answer: Any) -> None:
    """Formulas give what a hand computes."""
    assert call(name, *cells) == (pytest.approx(answer) if isinstance(answer, (int, float)) else answer)


def test_a_period_that_is_not_calendar_still_counts() -> None:
    """Days part a retention period, not months: bought 365 days before its end is in, a day earlier is out."""
    start, end = date(2026, 1, 15), date(2026, 4, 20)
    days = [end - timedelta(days=365), end - timedelta(days=366), start - timedelta(days=365)]
    assert call("LOYALTY_RETENTION_RATE", ["in", "out", "old"], days, start, end) == pytest.approx(1 / 3)
    assert call("LOYALTY_CUSTOMER_BASE", ["in", "out", "old"], days, end) == 1


def test_nps_in_its_parts() -> None:
    """The breakdown spills counts, n, NPS and its interval below a header."""
    table = call("LOYALTY_NPS_BREAKDOWN", [10, 9, 8, 3])
    assert table[0] == ["promoters", "passives", "detractors", "n", "NPS", "low", "high"]
    assert table[1][:5] == [2, 1, 1, 4, 25]
    assert table[1][5] < 25 < table[1][6]


def test_lookup_in_detail(small: Refresh) -> None:
    """KPI and WHY find a result in the Detail table by key, code or name, period as text or date, and segment; a reason is an error."""
    from loyalty_xl.books.places import DETAIL
    from loyalty_xl.publish.contents import detail_rows

    detail = [DETAIL.header("en"), *detail_rows(small)]
    wanted = {each.id: each for each in small.results}["nps|2026-03|All"]
    for key in ("nps", "A1", "净推荐值", "Net Promoter Score", "LOYALTY_NPS"):
        assert call("LOYALTY_KPI", key, "2026-03", "All", detail) == pytest.approx(wanted.value)
    assert call("LOYALTY_KPI", "nps", date(2026, 3, 1), None, detail) == pytest.approx(wanted.value)
    north = next(
        each
        for each in small.results
        if (each.kpi, each.segment) == ("nps", "NORTH") and each.period.label == "2026-03"
    )
    assert call("LOYALTY_KPI", "nps", "2026年3月", "region=NORTH", detail) == pytest.approx(north.value)
    assert call("LOYALTY_KPI", "nps", "2026-03", "north", detail) == pytest.approx(north.value)
    why = call("LOYALTY_WHY", "nps", "2026-03", "All", detail)
    assert f"n = {wanted.n:,.0f}" in why
    assert "Net Promoter Score" in why
    assert call("LOYALTY_KPI", "nps", "2026-03", "Mars", detail).code == "#VALUE!"
    assert "region=NORTH" in call("LOYALTY_KPI", "nps", "2026-03", "Mars", detail).message
    assert call("LOYALTY_KPI", "no_such_kpi", "2026-03", "All", detail).code == "#VALUE!"
    assert call("LOYALTY_KPI", "nps", "1999-01", "All", detail).code == "#N/A"
    blank = next(
        each
        for each in small.results
        if each.value is None and each.segment == "All" and each.reason == "insufficient_history"
    )
    assert call("LOYALTY_KPI", blank.kpi, blank.period.label, "All", detail).code == "#N/A"
    nothing = next(each for each in small.results if each.reason == "no_denominator" and each.segment == "All")
    assert call("LOYALTY_KPI", nothing.kpi, nothing.period.label, "All", detail).code == "#DIV/0!"
