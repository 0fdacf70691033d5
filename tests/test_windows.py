"""Periods, windows, coverage, segments and dated settings (G1-G8, G15, G18, G19), on orders and answers small enough to count."""

from __future__ import annotations

from datetime import date

import pytest

from loyalty_xl import refresh
from loyalty_xl.newbook import make_book
from loyalty_xl.publish.contents import scorecard_cells
from loyalty_xl.vocabulary import UNASSIGNED, Flag, Reason, Trend
from tests.conftest import TODAY
from tests.test_scoring import enter

MONTHS_2025 = [f"2025-{month:02d}" for month in range(1, 13)]
MONTHS = [*MONTHS_2025, "2026-01", "2026-02", "2026-03"]


def orders(*rows, header="customer_id,order_date,amount"):
    """Orders with a number each: rows as `C1 2025-01-05 100`."""
    lines = [f"order_id,{header}", *(f"O{number},{row.replace(' ', ',')}" for number, row in enumerate(rows))]
    return "\n".join(lines)


def monthly(*customers, months=MONTHS, day="10", amount=100):
    """Each customer orders once a month."""
    return [f"{who} {month}-{day} {amount}" for month in months for who in customers]


def answers(*rows, header="survey_id,customer_id,answered_on,recommend_score"):
    """Answers with a number each: rows as `W1 C1 2025-06-10 9`."""
    return "\n".join(
        [f"response_id,{header}", *(f"A{number},{row.replace(' ', ',')}" for number, row in enumerate(rows))]
    )


def complaints(*days):
    """Complaints received on these days, open."""
    return "\n".join(
        [
            "complaint_id,customer_id,received_on,class_l1",
            *(f"K{number},C1,{day},LATE" for number, day in enumerate(days)),
        ]
    )


def detail(made, kpi, period, segment="All"):
    """The result in Detail."""
    return {each.id: each for each in made.results}[f"{kpi}|{period}|{segment}"]


def values(made, kpi, periods, segment="All"):
    return [detail(made, kpi, period, segment).value for period in periods]


def line(made, kpi, segment="All"):
    return next(each for each in made.lines if (each.kpi.key, each.result.segment) == (kpi, segment))


def codes(made):
    return [each.code for each in made.findings]


def files(folder, **sheets):
    """Write sheets as files and give their paths."""
    for name, text in sheets.items():
        (folder / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    return {name: str(folder / f"{name}.csv") for name in sheets}


# G1, cycles and calendars


def test_a_fiscal_quarter_is_reported_under_its_fiscal_name(company):
    """Quarters of a fiscal year from April: FY2026-Q1 is April to June 2025; the Scorecard shows the last complete one."""
    made = company(
        Orders=orders(*monthly("C1", "C2"), "C2 2026-03-31 100"),
        set={"fiscal_start_month": "4", "cycle_type": "quarter"},
    )
    assert made.period.label == "FY2026-Q4"
    assert (made.period.start, made.period.end) == (date(2026, 1, 1), date(2026, 4, 1))
    assert values(made, "average_order_value", ["FY2025-Q4", "FY2026-Q1", "FY2026-Q4"]) == [100, 100, 100]
    assert detail(made, "average_order_value", "FY2026-Q1").n == 6
    assert {each.period.cycle.value for each in made.results} == {"quarter", "all"}


def test_a_fiscal_year_named_by_its_start(company):
    """fiscal_year_label = start calls the same quarter FY2025-Q1, and the year to date begins with April."""
    made = company(
        Orders=orders(*monthly("C1"), "C1 2026-03-31 100"),
        set={"fiscal_start_month": "4", "cycle_type": "quarter", "fiscal_year_label": "start"},
    )
    assert made.period.label == "FY2025-Q4"
    assert line(made, "new_customers_per_month").ytd.denominator == 12


def test_detail_holds_the_cycles_that_anyone_asks_for(tmp_path):
    """The reporting cycle, those that Targets names, that of --period, and `all` for All."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(tmp_path / "book.xlsx", "Targets", {"kpi": "customer_base", "period": "2025-H1", "target": 2})
    sources = files(tmp_path, Orders=orders(*monthly("C1", "C2")), Customers="customer_id,region_id\nC1,N\nC2,S")
    made = refresh(tmp_path / "book.xlsx", sources=sources, period="2025-Q3", today=TODAY, dry_run=True)
    assert made.period.label == "2025-Q3"
    assert {each.period.cycle.value for each in made.results} == {"month", "half_year", "quarter", "all"}
    assert {each.segment_dim for each in made.results if each.period.label == "all"} == {"all"}
    assert {each.segment_dim for each in made.results if each.period.label == "2025-Q3"} == {"all", "region"}


def test_spring_festival_may_be_one_period(company):
    """`2026-01..02` is a period of its own, on the Scorecard and in Detail."""
    made = company(
        Orders=orders("C1 2025-06-10 50", "C1 2026-01-20 100", "C2 2026-02-10 300", "C2 2026-03-31 70"),
        period="2026-01..02",
    )
    assert made.period.label == "2026-01..02"
    found = line(made, "new_customers_per_month").result
    assert (found.value, found.numerator, found.denominator) == (0.5, 1, 2)
    assert detail(made, "average_order_value", "2026-01..02").value == 200
    assert detail(made, "average_order_value", "2026-01").value == 100


def test_all_runs_from_the_first_data_to_as_of_and_is_partial(company):
    """`all` holds everything, and says that it is not over."""
    made = company(Orders=orders("C1 2025-06-10 50", "C1 2026-01-20 100"), period="2026-01")
    found = detail(made, "average_order_value", "all")
    assert (found.value, found.n) == (75, 2)
    assert Flag.PARTIAL in found.flags


# G2, as_of


def test_the_scorecard_shows_the_last_complete_period(company):
    """Data to 5 April: March is shown, and April's two orders wait, counted."""
    made = company(Orders=orders("C1 2026-02-10 100", "C1 2026-03-10 100", "C1 2026-04-02 100", "C2 2026-04-05 100"))
    assert (made.as_of, made.period.label) == (date(2026, 4, 6), "2026-03")
    assert made.waiting == {"Orders": 2}
    assert detail(made, "customer_base", "2026-03").value == 1
    assert Flag.PARTIAL in detail(made, "customer_base", "2026-04").flags


def test_the_newest_event_of_any_sheet_sets_as_of(company):
    """Orders to 20 March and an answer of 31 March: March is over."""
    made = company(
        Orders=orders("C1 2026-02-10 100", "C1 2026-03-20 100"), SurveyResponses=answers("W C1 2026-03-31 9")
    )
    assert (made.as_of, made.period.label) == (date(2026, 4, 1), "2026-03")


def test_as_of_is_exclusive(company):
    """Data of the day itself do not count."""
    made = company(
        Orders=orders("C1 2026-03-10 100", "C2 2026-03-20 300", "C3 2026-03-25 900"),
        as_of=date(2026, 3, 20),
        period="2026-03",
    )
    assert detail(made, "average_order_value", "2026-03").value == 100


def test_the_clock_changes_no_figure(tmp_path):
    """The same sheets give the same results whenever run; the day of the run only decides what lies in the future."""
    make_book(tmp_path / "book.xlsx", "en")
    sources = files(tmp_path, Orders=orders("C1 2026-02-10 100", "C1 2026-03-10 100", "C2 2026-03-31 50"))
    one, other = (
        refresh(tmp_path / "book.xlsx", sources=sources, today=day, dry_run=True)
        for day in (date(2026, 4, 1), date(2030, 1, 1))
    )
    assert one.results == other.results
    early = refresh(tmp_path / "book.xlsx", sources=sources, today=date(2026, 3, 15), dry_run=True)
    assert "E224" in codes(early)


# G3, partial


def test_a_partial_rate_is_flagged_and_never_prorated(company):
    """Half of March: the values are those of the days so far."""
    made = company(Orders=orders(*monthly("C1", "C2"), "C1 2026-03-12 300"), period="2026-03")
    found = detail(made, "average_order_value", "2026-03")
    assert found.value == pytest.approx(500 / 3)
    assert Flag.PARTIAL in found.flags
    assert Flag.PARTIAL not in detail(made, "average_order_value", "2026-02").flags


def test_a_cohort_cell_that_is_not_over_is_blank(company):
    """C1 of January came back in March; the cell of March is blank while March runs, and 1 when it is over."""
    rows = ["C1 2026-01-10 100", "C2 2026-01-11 100", "C2 2026-02-11 100", "C1 2026-03-12 100"]

    def cells(made):
        return {
            each["distance"]: (each["active"], each["share"], each["observed"])
            for each in made.tables["cohorts"]
            if each["cohort"] == "2026-01"
        }

    assert cells(company(Orders=orders(*rows))) == {0: (2, 1.0, True), 1: (1, 0.5, True), 2: (None, None, False)}
    assert cells(company(Orders=orders(*rows), as_of=date(2026, 4, 1)))[2] == (1, 0.5, True)


# G4, windows


@pytest.fixture(scope="module")
def two_waves(tmp_path_factory):
    """C1 orders monthly from 2025-01 to 2026-03, C2 only in 2025-02 and 2026-02; waves in June 2025, December 2025 and April 2026."""
    folder = tmp_path_factory.mktemp("waves")
    make_book(folder / "book.xlsx", "en")
    said = [
        "S1 C1 2025-06-10 9",
        "S1 C2 2025-06-12 3",
        "S1 C3 2025-06-12 8",
        "S2 C1 2025-12-05 10",
        "S2 C2 2025-12-20 9",
        "S3 C1 2026-04-02 0",
    ]
    bought = [*monthly("C1"), "C2 2025-02-10 100", "C2 2026-02-10 500"]
    sources = files(folder, Orders=orders(*bought), SurveyResponses=answers(*said))

    def run(**more):
        return refresh(folder / "book.xlsx", sources=sources, today=TODAY, dry_run=True, **more)

    return run


def test_the_scorecard_looks_back_12_months_and_says_so(two_waves):
    """In the 12 months to March C1 bought 12 times and C2 once: 13 / 2; the month alone, in Detail, is 1."""
    made = two_waves(language="en")
    found = line(made, "purchase_frequency")
    assert made.period.label == "2026-03"
    assert (found.result.value, found.window) == (6.5, "rolling_12m")
    assert scorecard_cells(made)["purchase_frequency", "All"]["window"] == "12 months to 2026-03"
    assert line(made, "average_spend").result.value == (1200 + 500) / 2
    assert line(made, "repeat_purchase_rate").result.value == 0.5
    assert detail(made, "purchase_frequency", "2026-03").value == 1
    assert detail(made, "purchase_frequency", "2026-03").window.value == "cycle"


def test_a_history_shorter_than_the_window_has_no_value(two_waves):
    """To November 2025 there are 11 months: insufficient_history for spend; to December there are 12."""
    november, december = two_waves(period="2025-11"), two_waves(period="2025-12")
    for key in ("purchase_frequency", "average_spend"):
        assert line(november, key).result.value is None
        assert line(november, key).result.reason is Reason.INSUFFICIENT_HISTORY
    assert line(december, "purchase_frequency").result.value == 13 / 2
    assert (
        line(december, "retention_rate").result.reason is Reason.INSUFFICIENT_HISTORY
    )  # needs a churn window before the 12 months


def test_retention_needs_a_churn_window_before_its_window(company):
    """Orders from 2024-01: the 12 months to 2025-12 begin 366 days later, and only then there is a retention."""
    rows = monthly("C1", months=[f"2024-{month:02d}" for month in range(1, 13)] + MONTHS, day="01")
    made = company(Orders=orders(*rows, "C2 2024-06-10 100", "C2 2024-12-31 5"), period="2025-12")
    assert line(made, "retention_rate").result.value == 0.5
    assert line(made, "churn_rate").result.value == 0.5
    assert detail(made, "retention_rate", "2024-12").reason is Reason.INSUFFICIENT_HISTORY
    assert Flag.WINDOW_EXCEEDS_CYCLE in detail(made, "retention_rate", "2025-03").flags
    assert Flag.WINDOW_EXCEEDS_CYCLE not in line(made, "retention_rate").result.flags


def test_the_latest_wave_is_shown_with_its_date(two_waves):
    """In March the wave of December stands, dated; April's answer does not count yet; Detail has the months alone."""
    made = two_waves(language="en")
    found = line(made, "nps")
    assert (found.result.value, found.result.n, found.result.note) == (100, 2, "S2 · 2025-12-20")
    assert scorecard_cells(made)["nps", "All"]["window"] == "latest wave S2 · 2025-12-20"
    assert values(made, "nps", ["2025-06", "2025-12"]) == [0, 100]
    assert detail(made, "nps", "2026-03").value is None


def test_a_wave_is_compared_with_the_wave_before(two_waves):
    """December's 100 stands against June's 0."""
    found = line(two_waves(), "nps")
    assert (found.previous.value, found.previous.note) == (0, "S1 · 2025-06-12")
    assert found.trend in {Trend.BETTER, Trend.UNCLEAR}
    assert line(two_waves(period="2025-06"), "nps").previous is None
    assert line(two_waves(period="2025-06"), "nps").trend is Trend.NONE


def test_before_the_first_wave_there_is_nothing(two_waves):
    """In May 2025 nobody had been asked."""
    found = line(two_waves(period="2025-05"), "nps").result
    assert found.value is None
    assert found.reason is not None


def test_without_survey_ids_a_month_is_a_wave(company):
    """Answers of no survey: the newest month with answers is the wave."""
    made = company(
        Orders=orders(*monthly("C1")),
        SurveyResponses=answers(
            "C1,2026-01-10,9", "C2,2026-01-11,9", "C1,2026-02-10,3", header="customer_id,answered_on,recommend_score"
        ),
    )
    found = line(made, "nps")
    assert (found.result.value, found.result.n, found.previous.value) == (-100, 1, 100)


def test_a_wave_over_several_months_is_one(company):
    """One survey answered in January and February: in January it holds January's answers, in February both."""
    said = ["S C1 2026-01-10 9", "S C2 2026-01-11 9", "S C3 2026-02-10 3", "S C1 2026-02-11 0"]
    sheets = {"Orders": orders(*monthly("C1")), "SurveyResponses": answers(*said)}
    assert line(company(**sheets, period="2026-01"), "nps").result.value == 100
    february = line(company(**sheets, period="2026-02"), "nps").result
    assert (february.value, february.n) == (pytest.approx(100 * (1 - 2) / 3), 3)  # C1's later answer counts


# G5, KPIs that look ahead


def test_kpis_that_look_ahead_show_the_newest_matured_cohort(tmp_path):
    """In March 2026: who bought in February (B3), first bought in December (90 days) or in March 2025 (365 days)."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(
        tmp_path / "book.xlsx",
        "Targets",
        *({"kpi": key, "period": "2026", "target": 0.5} for key in ("repurchase_rate", "new_customer_watch")),
    )
    rows = [
        "C1 2025-03-05 10",
        "C1 2025-12-01 10",
        "C2 2025-03-31 10",  # cohort of March: C1 came back within a year
        "C3 2025-12-03 10",
        "C3 2026-03-02 10",
        "C4 2025-12-31 10",  # cohort of December: C3 came back after 89 days
        "C5 2026-02-03 10",
        "C5 2026-03-03 10",
        "C6 2026-02-04 10",
        "C7 2026-02-05 10",
        "C8 2026-03-31 10",
    ]
    made = refresh(tmp_path / "book.xlsx", sources=files(tmp_path, Orders=orders(*rows)), today=TODAY, dry_run=True)
    shown = {key: line(made, key) for key in ("repurchase_rate", "new_customer_watch", "new_customer_retention")}
    assert {key: each.cohort for key, each in shown.items()} == {
        "repurchase_rate": "2026-02",
        "new_customer_watch": "2025-12",
        "new_customer_retention": "2025-03",
    }
    assert {key: (each.result.numerator, each.result.denominator) for key, each in shown.items()} == {
        "repurchase_rate": (1, 3),
        "new_customer_watch": (1, 2),
        "new_customer_retention": (1, 2),
    }
    assert detail(made, "repurchase_rate", "2026-03").reason is Reason.MATURING
    assert detail(made, "new_customer_watch", "2026-03").reason is Reason.MATURING
    partly = detail(made, "new_customer_watch", "2025-12")
    assert Flag.PARTIAL not in partly.flags


def test_a_cohort_that_matures_in_part_is_flagged(company):
    """On 1 March the January cohort has one customer of two whose 30 days are over."""
    made = company(
        Orders=orders("C1 2026-01-05 10", "C1 2026-01-20 10", "C2 2026-01-31 10", "C3 2026-02-28 10"),
        set={"new_customer_window_days": "30"},
        as_of=date(2026, 3, 1),
    )
    found = detail(made, "new_customer_watch", "2026-01")
    assert (found.value, found.n) == (1, 1)
    assert Flag.PARTIAL in found.flags


# G7, what was not received is not 0


def complaint_months(made):
    return {
        month: (found.value, found.reason, found.flags)
        for month in MONTHS_2025
        for found in [detail(made, "complaint_rate", month)]
    }


def test_a_quiet_month_between_complaints_is_zero(company):
    """(b) February has later rows: 0. (c) April lies within the longest gap: 0. May does not: not received."""
    made = company(Orders=orders(*monthly("C1")), Complaints=complaints("2025-01-10", "2025-03-10"))
    found = complaint_months(made)
    assert [found[month][0] for month in ("2025-01", "2025-02", "2025-03", "2025-04")] == [1000, 0, 1000, 0]
    assert [found[month][:2] for month in ("2025-05", "2025-12")] == [(None, Reason.NOT_RECEIVED)] * 2
    assert Flag.COVERAGE_SHORT not in found["2025-03"][2]


def test_data_that_stop_inside_a_month_are_short(company):
    """Complaints come daily and stop on 10 March: March has a value with the last day, April is not received."""
    made = company(
        Orders=orders(*monthly("C1")), Complaints=complaints(*(f"2025-03-{day:02d}" for day in range(1, 11)))
    )
    march = detail(made, "complaint_rate", "2025-03")
    assert (march.value, march.note) == (10_000, "2025-03-10")
    assert Flag.COVERAGE_SHORT in march.flags
    assert detail(made, "complaint_rate", "2025-04").reason is Reason.NOT_RECEIVED
    assert detail(made, "complaint_rate", "2025-02").reason is Reason.NO_DATA


def test_orders_that_were_not_received_are_not_zero(company):
    """Orders stop in June; complaints go on: July's base is unknown, not what it was in June."""
    made = company(
        Orders=orders(*monthly("C1", months=MONTHS_2025[:6])),
        Complaints=complaints(*(f"{month}-28" for month in MONTHS_2025)),
    )
    assert [detail(made, "customer_base", month).value for month in ("2025-06",)] == [1]
    for key in ("customer_base", "new_customers_per_month", "complaint_rate", "average_order_value"):
        assert detail(made, key, "2025-09").reason is Reason.NOT_RECEIVED, key


def test_sources_may_declare_a_sheet_complete(tmp_path):
    """(a) covers_to says that nothing happened since March: April to November are 0, December is not covered."""
    make_book(tmp_path / "book.xlsx", "en")
    sources = files(tmp_path, Orders=orders(*monthly("C1")), Complaints=complaints("2025-03-09", "2025-03-10"))
    enter(
        tmp_path / "book.xlsx",
        "Sources",
        {"sheet": "Complaints", "file": "Complaints.csv", "covers_to": date(2025, 12, 1), "use": "yes"},
    )
    made = refresh(tmp_path / "book.xlsx", sources={"Orders": sources["Orders"]}, today=TODAY, dry_run=True)
    assert values(made, "complaint_rate", ["2025-03", "2025-04", "2025-11"]) == [2000, 0, 0]
    assert detail(made, "complaint_rate", "2025-12").reason is Reason.NOT_RECEIVED


def test_a_department_may_report_nil(tmp_path):
    """(a) No complaint at all, and Sources says so up to 2026-04-01: the complaint rate is 0."""
    make_book(tmp_path / "book.xlsx", "en")
    sources = files(tmp_path, Orders=orders(*monthly("C1")))
    enter(tmp_path / "book.xlsx", "Sources", {"sheet": "Complaints", "covers_to": date(2026, 4, 1), "use": "yes"})
    made = refresh(tmp_path / "book.xlsx", sources=sources, today=TODAY, dry_run=True)
    assert values(made, "complaint_rate", ["2025-03", "2026-02"]) == [0, 0]
    assert line(made, "complaint_rate").result.value == 0
    assert detail(made, "complaint_resolution_rate", "2025-03").reason is Reason.NO_DENOMINATOR


def test_a_sheet_that_never_came_is_no_data(company):
    """No survey, no complaint: their KPIs have no data, and the others stand."""
    made = company(Orders=orders(*monthly("C1")))
    assert {
        line(made, key).result.reason for key in ("nps", "csat_top_two", "valid_response_rate", "complaint_rate")
    } == {Reason.NO_DATA}
    assert line(made, "customer_base").result.value == 1


# G15, segments


@pytest.fixture(scope="module")
def segmented(tmp_path_factory):
    """Three customers, two regions, a region and a product that no list knows, channels of every kind."""
    folder = tmp_path_factory.mktemp("segments")
    make_book(folder / "book.xlsx", "en")
    sources = files(
        folder,
        Regions="region_id,name\nN,North\nS,South",
        Products="product_id,product_type\nVASE,Porcelain\nINK,Painting",
        Customers="customer_id,region_id,tier,acquisition_channel\nC1,N,Gold,web\nC2,S,,wechat\nC3,X,Gold,web",
        Orders="order_id,customer_id,order_date,product_id,amount,region_id\nO1,C1,2026-03-01,VASE,100,\nO2,C1,2026-03-02,INK,200,S\nO3,C2,2026-03-03,VASE,400,\nO4,C3,2026-03-04,ODD,800,\nO5,,2026-03-31,VASE,1600,N\nO6,C9,2026-03-05,INK,3200,\nO7,C2,2026-03-06,VASE,10,\nO7,C2,2026-03-06,INK,20,",
        SurveyInvitations="invite_id,customer_id,survey_id,sent_on,channel,delivery_status\nI1,C1,S,2026-03-01,sms,delivered\nI2,C2,S,2026-03-01,email,delivered\nI3,C3,S,2026-03-01,sms,delivered",
        SurveyResponses="response_id,survey_id,invite_id,customer_id,answered_on,channel,recommend_score\nA1,S,I1,C1,2026-03-05,web,9\nA2,S,I2,C2,2026-03-05,web,0",
        Complaints="complaint_id,customer_id,received_on,channel,class_l1,product_id\nK1,C1,2026-03-10,phone,LATE,VASE",
    )
    return refresh(folder / "book.xlsx", sources=sources, today=TODAY, dry_run=True)


def parts(made, kpi, dim, period="2026-03"):
    return {
        each.segment: each
        for each in made.results
        if (each.kpi, each.segment_dim, each.period.label) == (kpi, dim, period)
    }


def test_a_row_has_its_own_region_else_its_customers(segmented):
    """O2 was placed in the south by a customer of the north; what no list knows is Unassigned and stays in All."""
    spent = {name: each.numerator for name, each in parts(segmented, "average_order_value", "region").items()}
    assert spent == {"North": 100 + 1600, "South": 200 + 400 + 30, UNASSIGNED: 800 + 3200}
    assert detail(segmented, "average_order_value", "2026-03").numerator == sum(spent.values())


def test_a_product_type_comes_from_the_product(segmented):
    """O7 holds two types: it counts once in each, and once in All."""
    bought = {name: each.n for name, each in parts(segmented, "average_order_value", "product_type").items()}
    assert bought == {"Porcelain": 4, "Painting": 3, UNASSIGNED: 1}
    assert detail(segmented, "average_order_value", "2026-03").n == 7


def test_what_is_unassigned_is_said_once(segmented):
    """One finding for the unknown region X of Customers, one for the unknown product."""
    unknown = [
        (each.sheet.strip("[]").split(".")[0], each.found) for each in segmented.findings if each.found in {"X", "ODD"}
    ]
    assert sorted(unknown) == [("Customers", "X"), ("Orders", "ODD")]


def test_a_tier_is_the_customers(segmented):
    """Gold are C1 and C3; whoever has no tier, and nobody, is Unassigned."""
    assert {name: each.n for name, each in parts(segmented, "average_order_value", "tier").items()} == {
        "Gold": 3,
        UNASSIGNED: 4,
    }


def test_each_sheet_has_its_own_channel(segmented):
    """Invitation channel for response rates, answer channel for scores, complaint channel for complaints, acquisition channel for orders."""
    assert {name: each.value for name, each in parts(segmented, "response_rate", "channel").items()} == {
        "sms": 0.5,
        "email": 1,
    }
    assert {name: each.value for name, each in parts(segmented, "nps", "channel").items()} == {"web": 0}
    assert set(parts(segmented, "unclassified_complaint_share", "channel")) == {"phone"}
    assert {name: each.n for name, each in parts(segmented, "average_order_value", "channel").items()} == {
        "web": 3,
        "wechat": 2,
        UNASSIGNED: 2,
    }


def test_no_path_to_a_dimension_gives_no_row(segmented):
    """Answers know no product type; orders without such columns know no segments at all."""
    assert parts(segmented, "nps", "product_type") == {}
    assert set(parts(segmented, "nps", "region")) == {"North", "South"}


def test_without_customers_and_regions_there_are_no_segments(company):
    """Three columns of orders give All only."""
    assert {each.segment_dim for each in company(Orders=orders(*monthly("C1"))).results} == {"all"}


# G18, low base


def test_a_small_base_is_flagged(company):
    """19 buyers are a low base for a rate and 29 answers for a score; 20 and 30 are not; a count has none."""
    who = [f"C{number}" for number in range(20)]
    bought = [*monthly(*who[:19], months=["2026-01"]), *monthly(*who, months=["2026-02"]), "C0 2026-03-31 1"]
    said = [f"S P{number} {month}-10 9" for month, size in (("2026-01", 29), ("2026-02", 30)) for number in range(size)]
    made = company(Orders=orders(*bought), SurveyResponses=answers(*said))
    low = {
        (key, month): Flag.LOW_BASE in detail(made, key, month).flags
        for key in ("average_spend", "nps", "customer_base")
        for month in ("2026-01", "2026-02")
    }
    assert low == {
        ("average_spend", "2026-01"): True,
        ("average_spend", "2026-02"): False,
        ("nps", "2026-01"): True,
        ("nps", "2026-02"): False,
        ("customer_base", "2026-01"): False,
        ("customer_base", "2026-02"): False,
    }
    made = company(
        Orders=orders(*bought), SurveyResponses=answers(*said), set={"min_base_rate": "5", "min_base_nps": "31"}
    )
    assert Flag.LOW_BASE not in detail(made, "average_spend", "2026-01").flags
    assert Flag.LOW_BASE in detail(made, "nps", "2026-02").flags


# G19, no history


def test_the_first_period_has_no_growth_and_looks_new(company):
    """In the first month everybody is new: flagged; growth and returning share have nothing before them."""
    made = company(Orders=orders(*monthly("C1", "C2"), "C3 2026-03-31 10"))
    for key in ("customer_growth_rate", "returning_customer_share"):
        assert detail(made, key, "2025-01").reason is Reason.INSUFFICIENT_HISTORY
        assert detail(made, key, "2025-02").value is not None
    early, late = detail(made, "new_customers_per_month", "2025-01"), detail(made, "new_customers_per_month", "2026-03")
    assert (early.value, late.value) == (2, 1)
    assert Flag.LEFT_CENSORED in early.flags
    assert Flag.LEFT_CENSORED not in late.flags


def test_a_fall_in_spend_needs_customers_from_before_the_usual(company):
    """Usual spend is the mean of three months, of customers who had bought before them: from the fifth month on."""
    made = company(
        Orders=orders(
            *monthly("C1", "C2", months=MONTHS_2025[:5]), "C1 2025-06-10 70", "C2 2025-06-10 69", "C2 2025-07-31 1"
        )
    )
    assert [detail(made, "spend_decline_share", f"2025-0{month}").reason for month in (3, 4)] == [
        Reason.INSUFFICIENT_HISTORY
    ] * 2
    assert values(made, "spend_decline_share", ["2025-05", "2025-06"]) == [0, 0.5]  # 70 of 100 is not below 70 %


def test_a_company_that_began_with_its_data_has_whole_history(company):
    """company_start in the first month of data: nothing is missing on the left."""
    made = company(Orders=orders(*monthly("C1", "C2")), set={"company_start": "2025-01-01"})
    assert Flag.LEFT_CENSORED not in detail(made, "new_customers_per_month", "2025-01").flags


def test_detail_begins_with_the_first_data_of_any_sheet(company):
    """Marketing alone, or answers older than the first order: their months are in Detail too, and in `all` (G1)."""
    said = answers("S C1 2026-01-10 9", "S C2 2026-03-31 3")
    alone, with_orders = (
        company(SurveyResponses=said),
        company(SurveyResponses=said, Orders=orders("C1 2026-03-10 100")),
    )
    for made in (alone, with_orders):
        assert {each.id: each.value for each in made.results}.get("nps|2026-01|All") == 100
        assert detail(made, "nps", "all").n == 2


# Settings in time


def test_a_dated_setting_changes_later_periods_only(tmp_path):
    """From July a promoter must give 10: June's 9 is one, July's is not."""
    make_book(tmp_path / "book.xlsx", "en")
    enter(tmp_path / "book.xlsx", "Settings", {"key": "nps_promoter_min", "value": 10, "valid_from": date(2025, 7, 1)})
    said = [f"S{month} C1 2025-{month:02d}-10 9" for month in (5, 6, 7, 8)]
    made = refresh(
        tmp_path / "book.xlsx",
        sources=files(tmp_path, Orders=orders(*monthly("C1")), SurveyResponses=answers(*said)),
        today=TODAY,
        dry_run=True,
    )
    assert values(made, "nps", ["2025-05", "2025-06", "2025-07", "2025-08"]) == [100, 100, 0, 0]


def test_settings_that_contradict_each_other_block_what_reads_them(company):
    """A detractor up to 9 and a promoter from 9: NPS is withheld, satisfaction and orders are not."""
    made = company(
        Orders=orders(*monthly("C1")),
        SurveyResponses=answers(
            "S C1 2026-03-10 9 4", header="survey_id,customer_id,answered_on,recommend_score,csat_overall"
        ),
        set={"nps_detractor_max": "9"},
    )
    assert "E304" in codes(made)
    assert {
        detail(made, key, "2026-03").reason for key in ("nps", "promoter_share", "passive_share", "detractor_share")
    } == {Reason.BLOCKED}
    assert detail(made, "csat", "2026-03").value == 4
    assert detail(made, "customer_base", "2026-03").value == 1


def test_an_unreadable_setting_leaves_the_default(company):
    """A window of `soon` is a finding, and 365 days count."""
    made = company(Orders=orders(*monthly("C1", months=MONTHS_2025)), set={"churn_window_days": "soon"})
    assert "E302" in codes(made)
    assert made.settings.churn_window_days == 365


# Scales, duplicates, wordings


@pytest.mark.parametrize(
    ("scale", "scores", "expected"),
    [
        ({}, (0, 7, 7, 9, 9, 9), 100 * 2 / 6),  # kpis.md 10
        ({"nps_scale_min": "1"}, (1, 7, 7, 9, 9, 9), 100 * 2 / 6),
        (
            {"nps_scale_min": "1", "nps_scale_max": "5", "nps_detractor_max": "3", "nps_promoter_min": "5"},
            (5, 5, 4, 3, 1),
            0,
        ),  # kpis.md 10
    ],
)
def test_nps_is_computed_on_the_scale_that_was_asked(company, scale, scores, expected):
    """0-10, 1-10 and 1-5, each with its thresholds; nothing is converted."""
    made = company(
        SurveyResponses=answers(*(f"S C{number} 2026-03-10 {score}" for number, score in enumerate(scores))), set=scale
    )
    assert detail(made, "nps", "2026-03").value == pytest.approx(expected)
    assert detail(made, "nps", "2026-03").n == len(scores)


def test_a_score_off_the_scale_does_not_count(company):
    """A 0 on a scale from 1 is an error, counted and out; the other 30 stand."""
    said = [f"S C{number} 2026-03-10 9" for number in range(30)]
    made = company(SurveyResponses=answers(*said, "S X 2026-03-10 0"), set={"nps_scale_min": "1"})
    found = detail(made, "nps", "2026-03")
    assert (found.value, found.n) == (100, 30)
    assert [each.count for each in made.findings if each.code.startswith("E")] == [1]


@pytest.mark.parametrize(("policy", "score", "n"), [("latest", -100, 1), ("first", 100, 1), ("all", 0, 2)])
def test_several_answers_of_one_customer(company, policy, score, n):
    """9 and then 3: the latest, the first, or both; people who are not known count each time."""
    made = company(SurveyResponses=answers("S C1 2026-03-10 9", "S C1 2026-03-12 3"), set={"nps_dup_policy": policy})
    assert (detail(made, "nps", "2026-03").value, detail(made, "nps", "2026-03").n) == (score, n)
    made = company(SurveyResponses=answers("S,,2026-03-10,9", "S,,2026-03-12,3"), set={"nps_dup_policy": policy})
    assert detail(made, "nps", "2026-03").n == 2


def test_one_answer_a_customer_and_period(company):
    """The latest counts in each period anew: 9 in January, 3 in March, 3 in the quarter."""
    made = company(
        Orders=orders(*monthly("C1")),
        SurveyResponses=answers("S C1 2026-01-10 9", "S C1 2026-03-31 3"),
        period="2026-Q1",
    )
    assert values(made, "nps", ["2026-01", "2026-03", "2026-Q1"]) == [100, -100, -100]


def test_an_empty_answer_takes_no_score_away(company):
    """C1 gave 9 and later sent an empty form: the 9 stands."""
    made = company(
        SurveyInvitations="invite_id,customer_id,survey_id,sent_on\nI1,C1,S,2026-03-01",
        SurveyResponses=answers(
            "S I1 C1 2026-03-10 9",
            "S,I1,C1,2026-03-12,",
            header="survey_id,invite_id,customer_id,answered_on,recommend_score",
        ),
    )
    assert (detail(made, "nps", "2026-03").value, detail(made, "nps", "2026-03").n) == (100, 1)


VERSIONS = "invite_id,customer_id,survey_id,survey_version,wording_changed,sent_on"
ANSWERED = "survey_id,survey_version,invite_id,customer_id,answered_on,recommend_score,csat_overall"


def test_versions_with_other_wording_are_never_pooled(company):
    """January asked v1, February the reworded v2: each month stands, their quarter and the share of promoters in it do not."""
    made = company(
        Orders=orders(*monthly("C1")),
        SurveyInvitations=f"{VERSIONS}\nI1,C1,S,v1,no,2026-01-05\nI2,C2,S,v2,yes,2026-02-05",
        SurveyResponses=answers(
            "S v1 I1 C1 2026-01-10 9 4", "S v2 I2 C2 2026-02-10 3 4", "S v2 I2 C2 2026-03-31 3 4", header=ANSWERED
        ),
        period="2026-Q1",
    )
    assert values(made, "nps", ["2026-01", "2026-02"]) == [100, -100]
    assert {
        detail(made, key, "2026-Q1").reason for key in ("nps", "promoter_share", "passive_share", "detractor_share")
    } == {Reason.NOT_COMPARABLE}


def test_two_reworded_versions_are_not_pooled_either(company):
    """v2 and v3 were both reworded: their answers are two questions, not one."""
    made = company(
        SurveyInvitations=f"{VERSIONS}\nI1,C1,S,v2,yes,2026-03-05\nI2,C2,S,v3,yes,2026-03-05",
        SurveyResponses=answers("S v2 I1 C1 2026-03-10 9 4", "S v3 I2 C2 2026-03-10 3 4", header=ANSWERED),
    )
    assert detail(made, "nps", "2026-03").reason is Reason.NOT_COMPARABLE


def test_a_version_with_the_same_wording_is_pooled(company):
    """v2 changed other questions only."""
    made = company(
        SurveyInvitations=f"{VERSIONS}\nI1,C1,S,v1,no,2026-03-05\nI2,C2,S,v2,no,2026-03-05",
        SurveyResponses=answers("S v1 I1 C1 2026-03-10 9 4", "S v2 I2 C2 2026-03-10 3 4", header=ANSWERED),
    )
    assert (detail(made, "nps", "2026-03").value, detail(made, "nps", "2026-03").n) == (0, 2)


def test_mixed_satisfaction_scales_have_no_mean(company):
    """4 of 5 and 9 of 10: no mean; the index is the mean of 75 and 88.9, and both are in the top two."""
    header = "survey_id,customer_id,answered_on,csat_overall,csat_scale"
    made = company(
        Orders=orders(*monthly("C1")),
        SurveyResponses=answers(
            "S C1 2026-02-10 4 1-5",
            "S C2 2026-02-10 5 1-5",
            "S C1 2026-03-10 4 1-5",
            "S C2 2026-03-11 9 1-10",
            header=header,
        ),
        as_of=date(2026, 4, 1),
    )
    assert detail(made, "csat", "2026-02").value == 4.5
    assert detail(made, "csat", "2026-03").reason is Reason.NOT_COMPARABLE
    assert detail(made, "csat_index", "2026-03").value == pytest.approx((75 + 100 * 8 / 9) / 2)
    assert detail(made, "csat_top_two", "2026-03").value == 1


def test_satisfaction_on_a_scale_of_ten(company):
    """On 1-10 the top two are 9 and 10, and 8 is not."""
    header = "survey_id,customer_id,answered_on,csat_overall"
    made = company(
        SurveyResponses=answers("S C1 2026-03-10 8", "S C2 2026-03-10 9", "S C3 2026-03-10 10", header=header),
        set={"csat_scale": "1-10"},
    )
    assert (detail(made, "csat", "2026-03").value, detail(made, "csat_top_two", "2026-03").value) == (
        9,
        pytest.approx(2 / 3),
    )


def test_transactional_answers_are_not_pooled_with_relationship_answers(company):
    """A survey after a repair does not enter NPS of the relationship."""
    made = company(
        SurveyInvitations="invite_id,customer_id,survey_id,survey_type,sent_on\nI1,C1,R,relationship,2026-03-01\nI2,C1,T,transactional,2026-03-01",
        SurveyResponses=answers(
            "R I1 C1 2026-03-10 9",
            "T I2 C1 2026-03-12 0",
            header="survey_id,invite_id,customer_id,answered_on,recommend_score",
        ),
    )
    assert (detail(made, "nps", "2026-03").value, detail(made, "nps", "2026-03").n) == (100, 1)
