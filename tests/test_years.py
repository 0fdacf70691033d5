"""New year, new region, new product type, renamed region, leap day, fiscal year: worked examples small enough to count."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from loyalty_xl import refresh
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.contents import scorecard_cells, trend_cells
from loyalty_xl.publish.words import aim_text, until_text
from loyalty_xl.scoring import Line
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import UNASSIGNED, Calendar, Reason, Result, Trend, Unit
from tests.conftest import TODAY, Company
from tests.made_results import Made, computed
from tests.test_scoring import enter
from tests.test_windows import files, orders


def line(made: Refresh, kpi: str, segment: str = "All") -> Line:
    """A line of the Scorecard."""
    return next(each for each in made.lines if (each.kpi.key, each.result.segment) == (kpi, segment))


def of_segment(made: Made, kpi: str, segment: str) -> Result | None:
    """The result of a segment, None where there is none."""
    return next((each for each in made.results if (each.kpi, each.segment) == (kpi, segment)), None)


def value(result: Result | None) -> float | None:
    """The value of a result that there is."""
    assert result is not None
    return result.value


def codes(made: Made | Refresh) -> list[tuple[str, str, int]]:
    """Findings of this part: code, what was found, how many."""
    ours = ("W261", "W290", "W291", "W292", "W293", "E294", "W295", "E203")
    return [(each.code, each.found, each.count) for each in made.findings if each.code in ours]


# New year


def test_january(tmp_path: Path) -> None:
    """January is set beside December and January a year before, its year to date begins anew, and ended targets are one finding."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(
        tmp_path / "book.xlsx",
        "Targets",
        {"kpi": "new_customers_per_month", "period": "2025", "target": 3},
        {"kpi": "average_spend", "period": "2025-H2", "target": 100},
        {"kpi": "customer_base", "period": "2026", "target": 4},
    )
    rows = ["C1 2025-01-10 100", "C2 2025-01-11 100", "C3 2025-12-10 100", "C4 2026-01-10 100", "C1 2026-01-31 40"]
    sources = files(tmp_path, Orders=orders(*rows))

    def of(period: str) -> Refresh:
        return refresh(tmp_path / "book.xlsx", sources=sources, period=period, today=TODAY, dry_run=True)

    january, december = of("2026-01"), of("2025-12")
    found = line(january, "new_customers_per_month")
    assert found.previous
    assert found.year_ago
    assert found.ytd
    assert [each.value for each in (found.result, found.previous, found.year_ago, found.ytd)] == [1, 1, 2, 1]
    assert value(line(december, "new_customers_per_month").ytd) == 3 / 12
    assert found.history[-2:] == (1, 1)
    assert found.history[0] == 2
    assert [found.aims[0], *found.aims[-3:]] == [3, 3, 3, None]
    assert (line(january, "customer_base").aim.value, found.aim.value) == (4, None)
    assert [each for each in codes(january) if each[0] == "W290"] == [
        ("W290", "new_customers_per_month, average_spend", 2)
    ]
    assert not [each for each in codes(december) if each[0] == "W290"]


def test_a_setting_of_the_new_year_leaves_the_old_one(tmp_path: Path) -> None:
    """A churn window of 30 days from January on: December's base still counts 365."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(tmp_path / "book.xlsx", "Settings", {"key": "churn_window_days", "value": 30, "valid_from": "2026-01-01"})
    enter(tmp_path / "book.xlsx", "Settings", {"key": "purchase_cycle_days", "value": 30})
    sources = files(tmp_path, Orders=orders("C1 2025-10-10 100", "C2 2026-01-10 100", "C2 2026-01-31 100"))
    made = refresh(tmp_path / "book.xlsx", sources=sources, today=TODAY, dry_run=True)
    found = {each.id: each.value for each in made.results}
    assert (found["customer_base|2025-12|All"], found["customer_base|2026-01|All"]) == (1, 1)
    assert found["customer_base|2025-11|All"] == 1


# A target changed in mid-year


def test_a_changed_target_is_told_beside_the_base(tmp_path: Path) -> None:
    """The target stays a number; what it was, and until when, stands in the notes; the trend has the target of each period."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(
        tmp_path / "book.xlsx",
        "Targets",
        {"kpi": "average_order_value", "period": "2025", "target": 450},
        {"kpi": "average_order_value", "period": "2025", "target": 400.5, "valid_from": date(2025, 7, 1)},
        {"kpi": "nps", "period": "2025", "target": 40},
        {"kpi": "nps", "period": "2025", "target": 40, "valid_from": date(2025, 7, 1)},
    )
    sources = files(tmp_path, Orders=orders("C1 2025-05-10 100", "C1 2025-08-10 100", "C1 2025-08-31 100"))
    made = refresh(tmp_path / "book.xlsx", sources=sources, today=TODAY, dry_run=True)
    cells = scorecard_cells(made)
    assert cells["average_order_value", "All"]["target"] == 400.5
    assert cells["average_order_value", "All"]["base"] == "n = 2 · low base · target 450 until Jun"
    assert cells["nps", "All"]["base"] is None  # written anew, but not changed
    made.language = "zh"
    assert str(scorecard_cells(made)["average_order_value", "All"]["base"]).endswith("目标原为 450(至 6 月)")
    trend = trend_cells(made)["average_order_value", "All"]
    assert trend["targets"] == [None] * 5 + [450.0] * 6 + [400.5] * 2
    assert trend["target"] == 400.5
    june = refresh(tmp_path / "book.xlsx", sources=sources, today=TODAY, dry_run=True, period="2025-06")
    assert scorecard_cells(june)["average_order_value", "All"]["target"] == 450
    assert not line(june, "average_order_value").replaced


def test_the_chart_draws_the_target_of_each_period(made_demo: Path, computed_demo: Refresh) -> None:
    """On the Trend page the target line of the chosen KPI is that of each period: the sample's base was to be 900 until July."""
    rows = CalamineWorkbook.from_path(str(made_demo / "scorecard.xlsx")).get_sheet_by_name("Trend 走势").to_python()
    actual, drawn = next((row, rows[at + 1]) for at, row in enumerate(rows) if str(row[1]).startswith("实际"))
    found = line(computed_demo, "customer_base")
    assert drawn[4:17] == ["" if aim is None else aim for aim in found.aims]
    assert actual[4:17] == list(found.history)
    assert (drawn[15], drawn[16]) == (900, 850)


@pytest.mark.parametrize(
    ("last", "en", "zh"),
    [
        (date(2026, 6, 30), "Jun", "6 月"),
        (date(2026, 6, 14), "2026-06-14", "2026-06-14"),
        (date(2025, 12, 31), "2025-12", "2025-12"),
        (date(2024, 2, 29), "2024-02", "2024-02"),
    ],
)
def test_ends_are_told_briefly(last: date, en: str, zh: str) -> None:
    """The month for the end of a month of this year, with its year for another, the day for any other day."""
    period = Calendar().parse("2026-08")
    assert period
    assert (until_text(last, period, "en"), until_text(last, period, "zh")) == (en, zh)


def test_numbers_in_notes() -> None:
    """Numbers are told as cells show them, without zeros at the end."""
    assert [aim_text(0.45, Unit.SHARE), aim_text(0.625, Unit.SHARE)] == ["45%", "62.5%"]
    assert [aim_text(1200.0, Unit.COUNT), aim_text(-12.5, Unit.POINTS)] == ["1,200", "-12.5"]


# New region, new product type

TWO_REGIONS = """
order_id,customer_id,order_date,amount,region_id
1,C1,2025-01-10,100,HD
2,C2,2025-02-10,100,HD
3,C3,2025-03-05,100,XB
4,C3,2025-03-20,100,XB
5,C1,2025-03-31,100,HD
6,C3,2025-04-02,100,XB
7,C4,2025-04-30,100,XB
"""
KNOWN = "region_id,name\nHD,华东\n"
BASICS = ("customer_base", "average_order_value", "customer_growth_rate", "returning_customer_share")


def test_a_new_region_is_in_the_total_and_unassigned() -> None:
    """Rows of a region that Regions does not hold count in All at once; they are Unassigned, and one finding asks who they are."""
    made = computed(BASICS, period="2025-03", Orders=TWO_REGIONS, Regions=KNOWN)
    assert value(of_segment(made, "customer_base", "All")) == 3
    assert value(of_segment(made, "customer_base", "华东")) == 2
    assert value(of_segment(made, "customer_base", UNASSIGNED)) == 1
    assert codes(made) == [("W261", "XB", 4)]


def test_a_new_region_has_its_own_segment_once_it_is_known() -> None:
    """In Regions it is a segment of its own in the periods in which it has rows; before them there is nothing, not 0."""
    regions = KNOWN + "XB,西北\n"
    march = computed(BASICS, period="2025-03", Orders=TWO_REGIONS, Regions=regions)
    assert value(of_segment(march, "customer_base", "西北")) == 1
    assert value(of_segment(march, "average_order_value", "西北")) == 100
    assert of_segment(march, "customer_base", UNASSIGNED) is None
    assert not codes(march)
    february = computed(BASICS, period="2025-02", Orders=TWO_REGIONS, Regions=regions)
    assert all(of_segment(february, kpi, "西北") is None for kpi in BASICS)


def test_the_first_period_of_a_region_has_no_history() -> None:
    """Growth and returning customers are insufficient_history in its first period, and values in its second (G19)."""
    regions = KNOWN + "XB,西北\n"
    for period, reason in (("2025-03", Reason.INSUFFICIENT_HISTORY), ("2025-04", None)):
        made = computed(BASICS, period=period, Orders=TWO_REGIONS, Regions=regions)
        for kpi in ("customer_growth_rate", "returning_customer_share"):
            found = of_segment(made, kpi, "西北")
            assert found
            assert found.reason is reason
    assert value(of_segment(made, "customer_growth_rate", "西北")) == 1.0
    assert value(of_segment(made, "returning_customer_share", "西北")) == 0.5


def test_a_young_region_has_no_retention() -> None:
    """Within a churn window of its first order everybody would seem kept: insufficient_history, while the company has a value."""
    rows = [f"{n},C1,2024-{n:02d}-10,100,HD" for n in range(1, 13)] + [
        "20,C2,2024-11-20,100,XB",
        "21,C2,2025-03-31,1,XB",
    ]
    text = "order_id,customer_id,order_date,amount,region_id\n" + "\n".join(rows)
    made = computed(("retention_rate",), period="2025-03", Orders=text, Regions=KNOWN + "XB,西北\n")
    young, whole = of_segment(made, "retention_rate", "西北"), of_segment(made, "retention_rate", "All")
    assert young
    assert whole
    assert (young.value, young.reason) == (None, Reason.INSUFFICIENT_HISTORY)
    assert whole.value == 1.0


def test_a_target_for_a_region_without_rows(tmp_path: Path) -> None:
    """A region of Regions may have a target before its first order, and in that month it is neither better nor worse."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(
        tmp_path / "book.xlsx",
        "Targets",
        {"kpi": "customer_base", "segment": "region=西北", "period": "2025", "target": 2},
    )
    sources = files(tmp_path, Orders=TWO_REGIONS.strip(), Regions=KNOWN + "XB,西北")
    for period, shown, previous in (("2025-02", None, None), ("2025-03", 1, None), ("2025-04", 2, 1)):
        made = refresh(tmp_path / "book.xlsx", sources=sources, period=period, today=TODAY, dry_run=True)
        found = line(made, "customer_base", "西北")
        assert (found.aim.value, found.result.value) == (2, shown)
        assert (found.previous.value if found.previous else None) == previous
        assert found.trend is (Trend.NONE if previous is None else Trend.BETTER)
    assert not codes(made)


def test_a_new_product_type() -> None:
    """A product that Products does not hold is Unassigned, with one finding; once it is there its type begins with its first sale."""
    sold = "order_id,customer_id,order_date,amount,product_id\n1,C1,2025-01-10,100,V\n2,C1,2025-03-05,100,L\n3,C2,2025-03-31,50,L"
    known = "product_id,product_type\nV,Vase\n"
    made = computed(BASICS, period="2025-03", Orders=sold, Products=known)
    assert value(of_segment(made, "average_order_value", "All")) == 75
    assert value(of_segment(made, "average_order_value", UNASSIGNED)) == 75
    assert codes(made) == [("W261", "L", 2)]
    made = computed(BASICS, period="2025-03", Orders=sold, Products=known + "L,Lamp\n")
    assert value(of_segment(made, "average_order_value", "Lamp")) == 75
    growth = of_segment(made, "customer_growth_rate", "Lamp")
    assert growth
    assert growth.reason is Reason.INSUFFICIENT_HISTORY
    assert not codes(made)


# Renamed region

NAMED = """
order_id,customer_id,order_date,amount,region_id
1,C1,2025-05-10,100,North
2,C2,2025-06-10,100,N
3,C1,2025-07-10,300,North-East
4,C3,2025-07-31,500,South
"""
RENAMED = """
region_id,name,valid_from,valid_to
N,North,,2025-06-30
N,North-East,2025-07-01,
S,South,,
"""


def test_a_renamed_region_keeps_one_history() -> None:
    """Codes, old and new names are one segment in all periods, under the name of today, and nothing is to be decided."""
    for period, money in (("2025-05", 100), ("2025-06", 100), ("2025-07", 300)):
        made = computed(("average_order_value", "customer_growth_rate"), period=period, Orders=NAMED, Regions=RENAMED)
        assert {each.segment for each in made.results} <= {"All", "North-East", "South"}
        assert value(of_segment(made, "average_order_value", "North-East")) == money
        assert not codes(made)
    assert value(of_segment(made, "customer_growth_rate", "North-East")) == 0.0


def test_before_the_day_it_has_the_old_name() -> None:
    """A rename entered ahead of time shows when its day has come: data to 30 June still say North."""
    until_june = "\n".join(NAMED.strip().splitlines()[:3]) + "\n9,C9,2025-06-30,100,S\n"
    made = computed(("average_order_value",), period="2025-06", Orders=until_june, Regions=RENAMED)
    assert {each.segment for each in made.results} == {"All", "North", "South"}


def test_merged_regions_have_one_history() -> None:
    """Two regions that became a third are one segment from the first order on; rows under an ended code afterwards are one finding."""
    regions = """
region_id,name,valid_from,valid_to,becomes
HD,华东,,2025-06-30,DB
HB,华北,,2025-06-30,DB
DB,华东北,2025-07-01,,
"""
    sold = """
order_id,customer_id,order_date,amount,region_id
1,C1,2025-05-10,100,HD
2,C2,2025-05-11,300,华北
3,C1,2025-07-10,100,DB
4,C3,2025-07-11,100,HB
5,C3,2025-07-31,100,HB
"""
    made = computed(("average_order_value", "customer_base"), period="2025-05", Orders=sold, Regions=regions)
    assert value(of_segment(made, "average_order_value", "华东北")) == 200
    assert {each.segment for each in made.results} == {"All", "华东北"}
    assert codes(made) == [("W291", "HB", 2)]


# Leap day


def test_the_leap_day_is_a_day() -> None:
    """An order of 29 February 2024 belongs to that February; 29 February 2025 does not exist, and is no 1 March."""
    sold = "order_id,customer_id,order_date,amount\n1,C1,2024-02-29,100\n2,C1,2025-02-29,100\n3,C1,2025-03-31,70"
    lenient = Settings(max_rejected_share=1.0)
    made = computed(("average_order_value",), period="2024-02", settings=lenient, Orders=sold)
    assert value(of_segment(made, "average_order_value", "All")) == 100
    march = computed(("average_order_value",), period="2025-03", settings=lenient, Orders=sold)
    assert value(of_segment(march, "average_order_value", "All")) == 70
    assert [(each.code, each.cell) for each in march.findings if each.code == "E223"] == [("E223", "C3")]


@pytest.mark.parametrize(
    ("last_order", "period", "base"),
    [
        ("2023-03-01", "2024-02", 0),  # to 1 March 2024 there are 366 days
        ("2023-03-02", "2024-02", 1),  # 365
        ("2022-03-01", "2023-02", 1),  # 365: no leap day between
        ("2022-02-28", "2023-02", 0),  # 366
        ("2024-02-29", "2025-01", 1),
        ("2024-02-29", "2025-02", 0),  # 366 to 1 March 2025
    ],
)
def test_a_churn_window_counts_days_not_dates(last_order: str, period: str, base: int) -> None:
    """365 days are 365 days, whether or not a leap day lies between."""
    sold = f"order_id,customer_id,order_date,amount\n1,C1,{last_order},100\n2,C2,2025-03-31,100"
    made = computed(("customer_base",), period=period, Orders=sold)
    assert value(of_segment(made, "customer_base", "All")) == base


@pytest.mark.parametrize(
    ("first", "again", "kept"),
    [
        ("2024-02-29", "2025-02-28", 1),  # the 365th day after
        ("2024-02-29", "2025-03-01", 0),  # the 366th
        ("2024-02-10", "2025-02-09", 1),  # 365 days, a leap day between
        ("2024-02-10", "2025-02-10", 0),
    ],
)
def test_the_first_year_of_a_customer_won_on_a_leap_day(first: str, again: str, kept: int) -> None:
    """New-customer retention looks 365 days ahead; the anniversary of 29 February needs no rule of its own."""
    sold = f"order_id,customer_id,order_date,amount\n1,C1,{first},100\n2,C1,{again},100\n3,C2,2025-04-30,1"
    made = computed(("new_customer_retention",), period="2024-02", Orders=sold)
    assert value(of_segment(made, "new_customer_retention", "All")) == kept


def test_february_beside_the_one_a_year_before(company: Company) -> None:
    """February 2024 has its 29th, is set beside February 2023, and twelve months to it begin with March."""
    made = company(
        Orders=orders(
            "C1 2023-02-28 100", "C2 2023-03-01 100", "C2 2024-02-29 100", "C3 2024-02-10 100", "C3 2024-02-28 100"
        )
    )
    assert (made.as_of, made.period and made.period.label) == (date(2024, 3, 1), "2024-02")
    found = line(made, "new_customers_per_month")
    assert found.year_ago
    assert (found.result.value, found.year_ago.value) == (1, 1)
    repeat = line(made, "repeat_purchase_rate").result
    assert (repeat.numerator, repeat.denominator) == (2, 2)


# Fiscal year


@pytest.mark.parametrize(
    ("start", "named_by", "label", "first"),
    [
        (4, "end", "FY2026-Q1", "2025-04"),
        (4, "start", "FY2025-Q1", "2025-04"),
        (7, "end", "FY2026-H2", "2026-01"),
        (7, "start", "FY2025-H2", "2026-01"),
        (7, "end", "FY2026", "2025-07"),
    ],
)
def test_fiscal_labels(start: int, named_by: str, label: str, first: str) -> None:
    """Quarters, half-years and years of a fiscal year from April or July, named by its end or its start."""
    period = Calendar(start, named_by).parse(label)
    assert period
    assert (period.label, period.start.strftime("%Y-%m")) == (label, first)
    assert not Calendar(start, named_by).is_unmarked(label)
    assert Calendar(start, named_by).is_unmarked(label.removeprefix("FY"))


def test_a_fiscal_quarter_asked_for(tmp_path: Path) -> None:
    """--period FY2026-Q1 with a year from July: July to September 2025, with its half-year's target and the year to date from July."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(
        tmp_path / "book.xlsx",
        "Targets",
        {"kpi": "average_order_value", "period": "FY2026-H1", "target": 90},
        {"kpi": "customer_base", "period": "FY2025", "target": 90},
    )
    sources = files(
        tmp_path, Orders=orders("C1 2024-08-10 50", "C1 2025-06-10 60", "C1 2025-07-10 100", "C2 2025-09-30 300")
    )
    made = refresh(
        tmp_path / "book.xlsx", sources=sources, period="FY2026-Q1", settings={"fiscal_start_month": "7"}, today=TODAY, dry_run=True
    )  # fmt: skip
    found = line(made, "new_customers_per_month")
    assert found.ytd
    assert found.previous
    assert (found.result.numerator, found.result.denominator, found.ytd.denominator) == (1, 3, 3)
    assert (line(made, "average_order_value").aim.value, line(made, "average_order_value").result.value) == (90, 200)
    assert found.previous.period.label == "FY2025-Q4"
    assert codes(made) == [("W290", "customer_base", 1)]


COSTS = "期间,费用,费用类别\n{period},900,拉新\n"
FREE = "活动编号,活动名称,start,end,渠道,费用,费用类别\nM1,Fair,2025-04-01,2026-03-31,邮件,0,拉新\n"


@pytest.mark.parametrize(
    ("month", "label", "inside", "told"),
    [
        (4, "2026-Q1", "2025-04", [("W293", "2026-Q1", 1)]),
        (4, "FY2026-Q1", "2025-04", []),
        (1, "2025-Q2", "2025-04", []),
        (1, "FY2026-Q1", "", [("E203", "FY2026-Q1", 1)]),
    ],
)
def test_a_quarter_of_another_calendar(month: int, label: str, inside: str, told: list[tuple[str, str, int]]) -> None:
    """A department's quarter without FY is read as fiscal and told; one with FY, where no fiscal year is set, is refused and never used."""
    sold = "order_id,customer_id,order_date,amount\n1,C1,2025-04-10,100\n2,C2,2026-03-31,100"
    made = computed(
        ("cac",), period="2025-04", settings=Settings(fiscal_start_month=month), Orders=sold, Campaigns=FREE, SalesCosts=COSTS.format(period=label)
    )  # fmt: skip
    assert codes(made) == told
    found = of_segment(made, "cac", "All")
    assert found
    assert found.value == (pytest.approx(900 * 30 / 91) if inside else None)
