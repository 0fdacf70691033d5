"""Targets: rows become targets, what cannot be meant is named, and the right one is found for a period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from made_sheets import sheet_of

from loyalty_xl.contracts.control import CONTROL, TARGETS
from loyalty_xl.contracts.control_plan import CONTRACTS
from loyalty_xl.contracts.targets import control_findings, earlier_targets, read_targets, target_for
from loyalty_xl.findings import sentence
from loyalty_xl.vocabulary import SEGMENT_DIMS, Better, Calendar, Dimension, Finding, Target, Unit

CALENDAR = Calendar()
FISCAL = Calendar(4)


@dataclass(frozen=True)
class Name:
    """A KPI as targets see it."""

    key: str
    zh: str
    en: str
    unit: Unit = Unit.SHARE
    low: float | None = 0.0
    high: float | None = 1.0
    dimension: Dimension = Dimension.BEHAVIOUR
    better: Better = Better.HIGHER


NAMES = {
    each.key: each
    for each in (
        Name("repeat_purchase_rate", "复购率", "Repeat-purchase rate"),
        Name("returning_customer_share", "老客占比", "Returning-customer share"),
        Name("repurchase_rate", "回购率", "Next-cycle repurchase rate"),
        Name("lifetime_repeat_rate", "累计复购率", "Lifetime repeat rate"),
        Name("customer_base", "客户基数", "Customer base", Unit.COUNT, 0.0, None),
        Name("nps", "净推荐值", "Net Promoter Score", Unit.POINTS, -100.0, 100.0, Dimension.ATTITUDE),
        Name("csat_top_two", "满意率", "Satisfied share", dimension=Dimension.ATTITUDE),
        Name("churn_rate", "客户流失率", "Churn rate", dimension=Dimension.RETENTION, better=Better.LOWER),
        Name("average_spend", "客均消费金额", "Average spend", Unit.MONEY_PER_CUSTOMER, None, None),
        Name("average_order_value", "笔单价", "Average order value", Unit.MONEY_PER_ORDER, None, None),
    )
}
SEGMENTS = {"region": ["华东", "华南"], "tier": ["金卡", "华南"], "channel": []}


def read(*rows: dict[str, Any], calendar: Calendar = CALENDAR) -> tuple[list[Target], list[Finding]]:
    """Read rows of Targets."""
    targets, found = read_targets(sheet_of(TARGETS, list(rows)), NAMES, calendar, SEGMENTS)
    for each in found:
        assert "…" not in sentence(each, "both", where=False).replace("2026-03 … 2026-04", "")
    return targets, found


def row(kpi: str = "nps", target: float | None = 40.0, period: str = "2026-Q1", **more: Any) -> dict[str, Any]:
    """A row of Targets."""
    return {"kpi": kpi, "period": period, "target": target, **more}


def find(targets: list[Target], kpi: str, period: str, unit: Unit = Unit.POINTS, **where: str) -> Target | None:
    """Look a target up."""
    wanted = CALENDAR.parse(period)
    assert wanted
    return target_for(targets, kpi, where.get("dim", "all"), where.get("segment", "All"), wanted, CALENDAR, unit)


@pytest.mark.parametrize("contract", [*CONTROL, *CONTRACTS], ids=lambda each: each.name)
def test_control_contracts_are_whole(contract: Any) -> None:
    """No header of a control sheet means two of its fields, and each field says what it is in both languages."""
    headers = [text.casefold() for each in contract.fields for text in (each.name, each.zh, *each.aliases)]
    assert len(headers) == len(set(headers))
    assert all(each.en and each.zh_note for each in contract.fields)


def test_segment_dims_are_those_of_the_vocabulary() -> None:
    """Targets offers exactly the segment dims that results have."""
    assert tuple(TARGETS["segment_dim"].choices) == SEGMENT_DIMS


def test_a_full_row() -> None:
    """A row becomes a target with everything it says."""
    targets, found = read(
        row(
            "净推荐值",
            40,
            "2026年3月",
            baseline=30,
            direction="up",
            green=40,
            amber=35,
            weight=100,
            owner="王芳",
            due="2026-12",
            segment="region=华东",
            valid_from="2026-01-01",
            target_type="absolute",
            status="pilot",
        )
    )
    assert not found
    expected = Target(
        "nps",
        CALENDAR.parse("2026-03"),
        40.0,
        "region",
        "华东",
        "absolute",
        Better.HIGHER,
        30.0,
        None,
        None,
        40.0,
        35.0,
        1.0,
        "王芳",
        "",
        "2026-12",
        "",
        "pilot",
        date(2026, 1, 1),
        2,
    )  # type: ignore[arg-type]
    assert targets == [expected]


def test_a_date_typed_as_period_is_its_month() -> None:
    """Excel turns 2026-03 into a date: it is read as the month."""
    targets, found = read(row(period="2026-03-01"), row("churn_rate", 0.1, "2026"))
    assert not found
    assert [each.period.label for each in targets] == ["2026-03", "2026"]


def test_template_rows_are_ignored() -> None:
    """A row without target says nothing, whatever else it lacks."""
    assert read(row(target=None), row(target=None, period="nonsense"), {"kpi": "unheard of"}) == ([], [])


@pytest.mark.parametrize(
    ("kpi", "key"),
    [
        ("nps", "nps"),
        ("NPS", "nps"),
        (" Net Promoter  Score", "nps"),
        ("回购率", "repurchase_rate"),
        ("repeat_purchase_rate", "repeat_purchase_rate"),
    ],
)
def test_names_of_kpis(kpi: str, key: str) -> None:
    """A KPI is named by key, Chinese or English label, in any case and spacing."""
    targets, found = read(row(kpi, 0.4))
    assert not found
    assert [each.kpi for each in targets] == [key]


def test_a_name_of_several_kpis_is_refused() -> None:
    """复购率 alone is four KPIs and is refused with the choices; so is 客单价."""
    targets, found = read(row("复购率", 0.3), row("客单价", 500))
    assert not targets
    assert [(each.code, each.cell) for each in found] == [("E306", "A2"), ("E306", "A3")]
    assert all(
        key in found[0].expected
        for key in ("repeat_purchase_rate", "returning_customer_share", "repurchase_rate", "lifetime_")
    )


def test_unknown_kpi_offers_the_nearest() -> None:
    """A misspelt KPI is named with its neighbours."""
    targets, found = read(row("churn_rat", 0.1))
    assert not targets
    assert (found[0].code, found[0].cell, found[0].expected.split(", ")[0]) == ("E301", "A2", "churn_rate")


@pytest.mark.parametrize(
    ("wrong", "code", "cell", "expected"),
    [
        (row("churn_rate", 45), "E303", "C2", "0.45 / 45%"),
        (row("churn_rate", 450), "E303", "C2", "0 to 1"),
        (row("nps", 120), "E303", "C2", "-100 to 100"),
        (row("customer_base", -5), "E303", "C2", ">= 0"),
        (row("nps", 40, "sometime"), "E302", "B2", "2026-03 / 2026-Q1 / 2026-H1 / 2026"),
        (row("nps", 40, "2026-05..03"), "E304", "B2", "first month <= last month"),
        (row("nps", 40, "2026-05..2026-03"), "E304", "B2", "first month <= last month"),
        (row("nps", 40, "2026-13..14"), "E302", "B2", "2026-03 / 2026-Q1 / 2026-H1 / 2026"),
        (row("nps", 40, "2026-03", cycle_type="quarter"), "E304", "C2", "cycle_type = month"),
        (row("nps", 40, segment_dim="region", segment="华北"), "E301", "C2", "华南, 华东"),
        (row("nps", 40, segment="华北"), "E301", "B2", "华"),
        (row("nps", 40, segment="华南"), "E306", "B2", "region=华南, tier=华南"),
        (row("nps", 40, segment_dim="region"), "E302", "2:2", "华东, 华南"),
        (row("nps", None, direction="range", lower=60, upper=40), "E304", "E2", "lower <= upper"),
        (row("churn_rate", 0.1, baseline=12), "E303", "C2", "0.12 / 12%"),
    ],
)
def test_rows_that_cannot_be_used(wrong: dict[str, Any], code: str, cell: str, expected: str) -> None:
    """A target that cannot be meant is left out, with its cell and what would be right."""
    targets, found = read(wrong)
    assert not targets
    assert [(each.code, each.cell) for each in found] == [(code, cell)]
    assert expected in found[0].expected or set(expected.split(", ")) == set(found[0].expected.split(", "))


def test_lights_that_contradict_are_not_used() -> None:
    """Amber must be worse than green: a lower-is-better KPI turns the sign; the target itself still counts."""
    targets, found = read(
        row(green=40, amber=45),
        row("churn_rate", 0.1, green=0.1, amber=0.12),
        row("csat_top_two", 0.8, green=0.8, amber=0.7),
    )
    assert [(each.code, each.cell) for each in found] == [("E304", "E2")]
    assert [(each.green, each.amber) for each in targets] == [(None, None), (0.1, 0.12), (0.8, 0.7)]


def test_changes_are_not_held_against_the_range() -> None:
    """A relative change or a change in points may be negative."""
    targets, found = read(row("churn_rate", -0.02, target_type="points_change"))
    assert not found
    assert targets[0].target_type == "points_change"


def test_two_targets_in_force_are_both_out() -> None:
    """One target counts for a KPI, segment and period; two that differ are both out, equal ones count once."""
    targets, found = read(
        row(), row(target=45), row("churn_rate", 0.1), row("churn_rate", 0.1), row(target=50, valid_from="2026-02-01")
    )
    assert [(each.code, each.cell, dict(each.detail)["other_cell"]) for each in found] == [("E304", "D3", "D2")]
    assert [(each.kpi, each.target) for each in targets] == [("churn_rate", 0.1), ("nps", 50.0)]
    assert read(row(), row(target=45, status="retired"))[1] == []


def test_weights_become_shares() -> None:
    """Weights of a dimension that sum to 100 are shares, typed as 30 or as 30%."""
    for weights in ((60, 40), (0.6, 0.4)):
        targets, found = read(row(weight=weights[0]), row("csat_top_two", 0.8, weight=weights[1]))
        assert not found
        assert [each.weight for each in targets] == pytest.approx([0.6, 0.4])


def test_weights_that_miss_100_are_told_once() -> None:
    """Weights that sum to 90 in every month give one warning; a line without weight is named and gets 0."""
    rows = [row(period=month, weight=50) for month in ("2026-03", "2026-04")]
    rows += [row("csat_top_two", 0.8, month, weight=40) for month in ("2026-03", "2026-04")]
    targets, found = read(*rows)
    assert [(each.code, each.found, each.count) for each in found] == [("W307", "90", 4)]
    assert "2026-03 … 2026-04" in sentence(found[0], "en")
    targets, found = read(row(weight=100), row("csat_top_two", 0.8))
    assert [each.weight for each in targets] == [1.0, 0.0]
    assert "csat_top_two" in sentence(found[0], "zh")


def test_weights_of_year_and_quarter_stand_together() -> None:
    """A yearly target and a quarterly one share a scorecard: their weights sum to 100 there."""
    targets, found = read(
        row(period="2026", weight=50),
        row("csat_top_two", 0.8, "2026-Q1", weight=50),
        row("csat_top_two", 0.8, "2026-Q2", weight=50),
    )
    assert not found
    assert {each.weight for each in targets} == {0.5}


def test_look_up_goes_from_the_period_to_half_year_and_year() -> None:
    """The exact period counts first, then the half-year, then the year; a quarter's target is not a month's."""
    targets, _ = read(row(target=40, period="2026"), row(target=42, period="2026-H1"), row(target=45, period="2026-Q1"))
    values = {
        period: found.target
        for period in ("2026-Q1", "2026-Q2", "2026-Q3", "2026-01", "2026")
        if (found := find(targets, "nps", period))
    }
    assert values == {"2026-Q1": 45, "2026-Q2": 42, "2026-Q3": 40, "2026-01": 42, "2026": 40}
    assert find(targets, "nps", "2025-Q4") is None


def test_counts_are_divided_by_the_number_of_periods() -> None:
    """A year's count is a twelfth a month; a rate stays as it is."""
    targets, _ = read(row("customer_base", 1200, "2026", baseline=600), row("churn_rate", 0.12, "2026"))
    base = find(targets, "customer_base", "2026-05", Unit.COUNT)
    assert base
    assert (base.target, base.baseline) == (100, 50)
    rate = find(targets, "churn_rate", "2026-05", Unit.SHARE)
    assert rate
    assert rate.target == 0.12


def test_a_segment_never_has_the_target_of_all() -> None:
    """A target of All is none for a region."""
    targets, _ = read(row(), row("churn_rate", 0.1, segment_dim="region", segment="华东"))
    assert find(targets, "nps", "2026-Q1", dim="region", segment="华东") is None
    assert find(targets, "churn_rate", "2026-Q1", dim="region", segment="华东") is not None


def test_the_row_in_force_at_the_end_counts() -> None:
    """A changed target holds from its valid_from on; the earlier one is kept for "40 (45 until Jun)"."""
    targets, _ = read(row(target=45, period="2026"), row(target=40, period="2026", valid_from="2026-07-01"))
    june, july = find(targets, "nps", "2026-06"), find(targets, "nps", "2026-07")
    assert june
    assert july
    assert (june.target, july.target) == (45, 40)
    assert [each.target for each in earlier_targets(targets, july)] == [45]
    assert earlier_targets(targets, june) == []


def test_drafts_do_not_count() -> None:
    """A draft or retired target is read, and never in force."""
    targets, _ = read(row(status="draft"), row(target=41, period="2026", status="retired"))
    assert len(targets) == 2
    assert find(targets, "nps", "2026-Q1") is None


def test_fiscal_periods() -> None:
    """With a fiscal year from April a year's target holds for its months."""
    targets, found = read(row(target=40, period="FY2027"), calendar=FISCAL)
    assert not found
    month = FISCAL.parse("2026-04")
    assert month
    assert target_for(targets, "nps", "all", "All", month, FISCAL, Unit.POINTS) is not None


def test_control_sheets_have_codes_of_their_own() -> None:
    """A text instead of a number, and a formula without result, are told as E302 and E305 on a control sheet."""
    found = control_findings(
        [
            Finding("E203", "Targets", "C2", "四十", "number", "目标值"),
            Finding("E229", "Targets", "C3", column="目标值", expected="number"),
        ]
    )
    assert [each.code for each in found] == ["E302", "E305"]
    assert "“四十”" in sentence(found[0], "zh")
    assert "never stored" in sentence(found[1], "en")
