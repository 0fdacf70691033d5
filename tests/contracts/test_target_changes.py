"""Targets over time: ended ones are named once, changed ones keep what they were, old names of segments are understood."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from made_sheets import sheet_of

from loyalty_xl import library
from loyalty_xl.contracts.control import TARGETS
from loyalty_xl.contracts.control_plan import CONTRACTS
from loyalty_xl.contracts.plans import read_plans
from loyalty_xl.contracts.target_changes import ended
from loyalty_xl.contracts.target_lookup import replaced, target_for
from loyalty_xl.contracts.targets import read_targets
from loyalty_xl.vocabulary import Calendar, Finding, Period, Target, Unit

CALENDAR, APRIL = Calendar(), Calendar(4)
SEGMENTS = {"region": ["华东北", "华南"], "tier": ["金卡"]}
RENAMED = {"region": {"华东": "华东北", "华北": "华东北", "南区": "华南"}}
IMPROVEMENT = next(each for each in CONTRACTS if each.name == "Improvement")


def row(kpi: str = "nps", target: float | None = 40.0, period: str = "2026", **more: Any) -> dict[str, Any]:
    """A row of Targets."""
    return {"kpi": kpi, "period": period, "target": target, "segment_dim": None, "segment": None, **more}


def read(
    *rows: dict[str, Any], calendar: Calendar = CALENDAR, merged: Sequence[str] = ()
) -> tuple[list[Target], list[Finding]]:
    """Read rows of Targets."""
    return read_targets(sheet_of(TARGETS, list(rows)), library.load(), calendar, SEGMENTS, RENAMED, merged)


def period(text: str, calendar: Calendar = CALENDAR) -> Period:
    """A period by its label."""
    made = calendar.parse(text)
    assert made
    return made


def ended_in(label: str, *rows: dict[str, Any], calendar: Calendar = CALENDAR) -> list[tuple[str, str, int]]:
    """Which targets have ended before a period: names, period, number."""
    kpis, sheet = library.load(), sheet_of(TARGETS, list(rows))
    targets, _ = read_targets(sheet, kpis, calendar)
    found = ended(sheet, targets, period(label, calendar), calendar, lambda key: kpis[key].target_unit)
    assert all(each.code == "W290" for each in found)
    return [(each.found, each.expected, each.count) for each in found]


def test_ended_targets_are_one_finding() -> None:
    """W290 in January: every KPI and segment whose target ended with the year, in one line; one with a new target is not among them."""
    rows = [
        row(),
        row("churn_rate", 0.1),
        row("churn_rate", 0.09, "2027"),
        row("customer_base", 500, segment_dim="region", segment="华南"),
        row("average_spend", 500, "2026-H2"),
    ]
    named = "nps, customer_base (region=华南), average_spend"
    assert ended_in("2027-01", *rows) == [(named, "2027-01", 3)]
    assert ended_in("2027-08", *rows) == [(named, "2027-08", 3)]
    assert ended_in("2026-12", *rows) == []
    assert ended_in("2025-12", *rows) == []


def test_old_targets_do_not_nag_for_ever() -> None:
    """A year after it ended, or when the new period's row is retired, nobody is asked; a month's target says nothing of a quarter."""
    assert ended_in("2028-01", row()) == []
    assert ended_in("2027-01", row(), row(period="2027", status="retired")) == []
    assert ended_in("2027-01", row(), row(period="2027", status="draft")) == [("nps", "2027-01", 1)]
    assert ended_in("2026-Q4", row(period="2026-07")) == []
    assert ended_in("2026-08", row(period="2026-07")) == [("nps", "2026-08", 1)]
    assert ended_in("2026-03", row(period="2026-01..02")) == []


def test_a_fiscal_year_ends_with_its_march() -> None:
    """With a fiscal year from April the targets of FY2026 end with March 2026."""
    assert ended_in("2026-03", row(period="FY2026"), calendar=APRIL) == []
    assert ended_in("2026-04", row(period="FY2026"), calendar=APRIL) == [("nps", "2026-04", 1)]


@pytest.mark.parametrize(("month", "expected"), [("2026-06", 100), ("2026-07", 75), ("2026-12", 75), ("2027-01", None)])
def test_a_yearly_target_changed_in_mid_year(month: str, expected: float | None) -> None:
    """A count of 1,200 a year, from July 900: each month has the twelfth of the row in force at its end, the next year none."""
    targets, found = read(row("customer_base", 1200.0))
    assert not found
    changed = [targets[0], Target("customer_base", targets[0].period, 900.0, valid_from=date(2026, 7, 1))]
    found_ = target_for(changed, "customer_base", "all", "All", period(month), CALENDAR, Unit.COUNT)
    assert (found_.target if found_ else None) == expected


def test_what_a_target_was_before() -> None:
    """The earlier values of a target changed twice, oldest first, each with its last day, as parts of the period that is shown."""
    targets, _ = read(
        row("customer_base", 1200.0),
        row("customer_base", 900.0, valid_from="2026-07-01"),
        row("customer_base", 600.0, valid_from="2026-10-15"),
        row("customer_base", 300.0, valid_from="2027-01-01"),
    )

    def before(label: str) -> list[tuple[float | None, date]]:
        current = target_for(targets, "customer_base", "all", "All", period(label), CALENDAR, Unit.COUNT)
        assert current
        return [(each.target, last) for each, last in replaced(targets, current, period(label), Unit.COUNT)]

    assert before("2026-06") == []
    assert before("2026-07") == [(100.0, date(2026, 6, 30))]
    assert before("2026-12") == [(100.0, date(2026, 6, 30)), (75.0, date(2026, 10, 14))]
    assert before("2026") == [(1200.0, date(2026, 6, 30)), (900.0, date(2026, 10, 14))]


def test_a_target_under_an_old_name_is_found() -> None:
    """W292: rows typed under another name count for the segment as it is called now, with one notice of each name."""
    targets, found = read(
        row(segment_dim="region", segment="南区"),
        row("churn_rate", 0.1, segment="region=南区"),
        row("csat_top_two", 0.9, segment="南区"),
        row("average_spend", 500.0, segment_dim="region", segment="华南"),
    )
    assert {(each.segment_dim, each.segment) for each in targets} == {("region", "华南")}
    assert len(targets) == 4
    assert [(each.code, each.found, each.expected, each.count) for each in found] == [("W292", "南区", "华南", 3)]


def test_targets_of_merged_regions_wait_for_a_decision() -> None:
    """W295: targets of regions that are one now are not used, not even added; one finding; the merged region's own target is."""
    old = [
        row(segment_dim="region", segment="华东", target=40.0),
        row(segment_dim="region", segment="华北", target=30.0),
        row("churn_rate", 0.2, segment_dim="region", segment="华北"),
    ]
    targets, found = read(*old, row("churn_rate", 0.1, segment_dim="region", segment="华东北"), merged=["华东北"])
    assert [(each.kpi, each.target) for each in targets] == [("churn_rate", 0.1)]
    assert [(each.code, each.found, each.expected, each.count) for each in found] == [
        ("W295", "华东, 华北", "华东北", 3)
    ]


def test_the_name_of_today_goes_before_the_old_one() -> None:
    """W295: of two targets for one period, typed under the old and the new name of a region, the new one counts."""
    both = [row(segment="region=南区", target=30.0), row(segment="region=华南", target=35.0)]
    targets, found = read(*both, row("churn_rate", 0.2, segment="region=南区"))
    assert [(each.kpi, each.target) for each in targets] == [("nps", 35.0), ("churn_rate", 0.2)]
    assert [(each.code, each.count) for each in found] == [("W292", 1), ("W295", 1)]


def test_a_fiscal_label_without_fy_is_one_question() -> None:
    """W293: under a fiscal calendar quarters and years without FY are read as fiscal and told once; months and FY labels mean one thing."""
    _, found = read(
        row(period="2026-Q1"),
        row(period="2027"),
        row(period="FY2028"),
        row(period="2026-05"),
        row(period="2026-01..03"),
        calendar=APRIL,
    )
    assert [(each.code, each.found, each.expected, each.count) for each in found] == [
        ("W293", "2026-Q1", "FY2026-Q1", 2)
    ]
    assert dict(found[0].detail) == {"span": "2025-04..2025-06"}
    assert not read(row(period="2026-Q1"))[1]
    assert [each.code for each in read(row(period="FY2026"))[1]] == ["E302"]


def test_plans_know_old_names_and_fiscal_labels_too() -> None:
    """A plan typed under an earlier name stands for the region; its periods are read as those of targets are."""
    plan = {"plan_id": "P1", "kpi": "nps", "segment": "region=南区", "trigger_cycle": "2026-Q1", "status": "dropped"}
    plans, found = read_plans(sheet_of(IMPROVEMENT, [plan]), library.load(), APRIL, SEGMENTS, RENAMED)
    assert (plans[0].segment_dim, plans[0].segment) == ("region", "华南")
    assert plans[0].trigger == period("FY2026-Q1", APRIL)
    assert [(each.code, each.count) for each in found] == [("W292", 1), ("W293", 1)]
