"""Periods and calendars: labels, the written forms that are read, half-open ends, fiscal years."""

from __future__ import annotations

from datetime import date

import pytest

from loyalty_xl.settings import Settings
from loyalty_xl.turns import cycle_turn, following, periods_between, rolling_turn, year_before, ytd_turn
from loyalty_xl.vocabulary import (
    Calendar,
    Cycle,
    Finding,
    Period,
    Result,
    Severity,
    Unit,
    days_in_month,
    month_ordinal,
    month_start,
)

PLAIN = Calendar()
APRIL = Calendar(4)  # fiscal year from April, named by the year in which it ends
APRIL_BY_START = Calendar(4, "start")


def dates(period):
    return period.start, period.end


@pytest.mark.parametrize(
    "text", ["2026-03", "2026/3", "2026/03", "2026.3", "2026年3月", "2026年03月", "202603", " 2026-03 ", "2026－03"]
)
def test_every_written_form_of_a_month_is_read(text):
    """March 2026 is the same period however it is typed."""
    period = PLAIN.parse(text)
    assert (period.cycle, period.label, *dates(period)) == (Cycle.MONTH, "2026-03", date(2026, 3, 1), date(2026, 4, 1))


@pytest.mark.parametrize(
    "text", ["2026-Q2", "2026Q2", "2026q2", "2026年第二季度", "2026年二季度", "2026年2季度", "2026/Q2"]
)
def test_every_written_form_of_a_quarter_is_read(text):
    """The second quarter is April to June."""
    period = PLAIN.parse(text)
    assert (period.cycle, period.label, *dates(period)) == (
        Cycle.QUARTER,
        "2026-Q2",
        date(2026, 4, 1),
        date(2026, 7, 1),
    )


@pytest.mark.parametrize("text", ["2026-H2", "2026H2", "2026年下半年", "2026下半年"])
def test_every_written_form_of_a_half_year_is_read(text):
    """The second half-year is July to December."""
    period = PLAIN.parse(text)
    assert (period.cycle, period.label, *dates(period)) == (
        Cycle.HALF_YEAR,
        "2026-H2",
        date(2026, 7, 1),
        date(2027, 1, 1),
    )


@pytest.mark.parametrize("text", ["2026", "2026年", "2026年度"])
def test_every_written_form_of_a_year_is_read(text):
    """A year is January to December where no fiscal year is set."""
    period = PLAIN.parse(text)
    assert (period.cycle, period.label, *dates(period)) == (Cycle.YEAR, "2026", date(2026, 1, 1), date(2027, 1, 1))


@pytest.mark.parametrize(
    ("text", "label", "start", "end"),
    [
        ("2026-01..02", "2026-01..02", date(2026, 1, 1), date(2026, 3, 1)),
        ("2026-1..2", "2026-01..02", date(2026, 1, 1), date(2026, 3, 1)),
        ("2026-01~02", "2026-01..02", date(2026, 1, 1), date(2026, 3, 1)),
        ("2026-11..2027-01", "2026-11..2027-01", date(2026, 11, 1), date(2027, 2, 1)),
        ("2026-05..05", "2026-05..05", date(2026, 5, 1), date(2026, 6, 1)),
    ],
)
def test_a_range_of_months_is_a_period(text, label, start, end):
    """Months named one by one are a period of their own."""
    period = PLAIN.parse(text)
    assert (period.cycle, period.label, *dates(period)) == (Cycle.RANGE, label, start, end)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "March",
        "2026-13",
        "2026-00",
        "2026-Q5",
        "2026-Q0",
        "2026-H3",
        "2026-03-15",
        "26-03",
        "2026-02..01",
        "2026-01..13",
        "2026-12..2026-01",
        "FY2026",
        "FY2026-Q1",
        "Q1",
        "all",
    ],
)
def test_what_is_no_period_is_refused(text):
    """A text that names no period is never read as one; FY needs a fiscal year."""
    assert PLAIN.parse(text) is None


@pytest.mark.parametrize("calendar", [PLAIN, APRIL, APRIL_BY_START, Calendar(7), Calendar(12), Calendar(2, "start")])
@pytest.mark.parametrize("cycle", [Cycle.MONTH, Cycle.QUARTER, Cycle.HALF_YEAR, Cycle.YEAR])
def test_labels_read_back_as_the_same_period(calendar, cycle):
    """The label of every period of five years is read as that very period, and no two share one."""
    periods = [
        calendar.period(cycle, month)
        for month in range(month_ordinal(date(2023, 1, 1)), month_ordinal(date(2028, 1, 1)))
    ]
    for period in periods:
        assert calendar.parse(period.label) == period
        assert calendar.parse(period.label).cycle is cycle
    assert len({period.label for period in periods}) == len(set(periods))


@pytest.mark.parametrize("calendar", [PLAIN, APRIL, Calendar(11)])
@pytest.mark.parametrize("cycle", [Cycle.MONTH, Cycle.QUARTER, Cycle.HALF_YEAR, Cycle.YEAR])
def test_periods_of_a_cycle_meet_without_gap_or_overlap(calendar, cycle):
    """Each period ends where the next begins, and holds the month it was asked for."""
    first, last = month_ordinal(date(2024, 5, 1)), month_ordinal(date(2027, 5, 1))
    periods = periods_between(cycle, first, last, calendar)
    assert all(before.end == after.start for before, after in zip(periods, periods[1:], strict=False))
    assert periods[0].first <= first < periods[0].stop
    assert periods[-1].first <= last < periods[-1].stop
    assert all(calendar.period(cycle, month) == each for each in periods for month in range(each.first, each.stop))


@pytest.mark.parametrize(
    ("calendar", "month", "year", "quarter", "half"),
    [
        (APRIL, date(2025, 4, 1), "FY2026", "FY2026-Q1", "FY2026-H1"),
        (APRIL, date(2026, 3, 1), "FY2026", "FY2026-Q4", "FY2026-H2"),
        (APRIL_BY_START, date(2025, 4, 1), "FY2025", "FY2025-Q1", "FY2025-H1"),
        (APRIL_BY_START, date(2026, 3, 1), "FY2025", "FY2025-Q4", "FY2025-H2"),
        (Calendar(7), date(2025, 12, 1), "FY2026", "FY2026-Q2", "FY2026-H1"),
        (PLAIN, date(2025, 12, 1), "2025", "2025-Q4", "2025-H2"),
    ],
)
def test_a_fiscal_year_is_named_by_its_end_unless_told_otherwise(calendar, month, year, quarter, half):
    """A fiscal year from April 2025 is FY2026, or FY2025 where it is named by its start; months keep their calendar names."""
    labels = [
        calendar.period(cycle, month_ordinal(month)).label
        for cycle in (Cycle.YEAR, Cycle.QUARTER, Cycle.HALF_YEAR, Cycle.MONTH)
    ]
    assert labels == [year, quarter, half, month.strftime("%Y-%m")]


def test_a_fiscal_year_is_read_with_and_without_fy():
    """`2026` and `FY2026` are the same fiscal year: April 2025 to March 2026."""
    assert APRIL.parse("2026") == APRIL.parse("FY2026") == APRIL.parse("fy2026")
    assert dates(APRIL.parse("FY2026")) == (date(2025, 4, 1), date(2026, 4, 1))
    assert dates(APRIL_BY_START.parse("FY2026")) == (date(2026, 4, 1), date(2027, 4, 1))
    assert dates(APRIL.parse("FY2026-Q4")) == (date(2026, 1, 1), date(2026, 4, 1))


def test_a_period_is_half_open():
    """The day after a period's last is its end, and belongs to the next period."""
    march = PLAIN.parse("2026-03")
    assert PLAIN.period(Cycle.MONTH, month_ordinal(date(2026, 3, 31))) == march
    assert PLAIN.period(Cycle.MONTH, month_ordinal(march.end)) == PLAIN.parse("2026-04")


def test_february_of_a_leap_year_has_29_days():
    """2024 and 2000 are leap years, 2026 and 1900 are not."""
    days = {year: days_in_month(month_ordinal(date(year, 2, 1))) for year in (1900, 2000, 2024, 2026)}
    assert days == {1900: 28, 2000: 29, 2024: 29, 2026: 28}
    february = PLAIN.parse("2024-02")
    assert (february.end - february.start).days == 29
    assert PLAIN.period(Cycle.MONTH, month_ordinal(date(2024, 2, 29))) == february


def test_months_count_from_year_0():
    """Ordinals turn into first days and back."""
    for day in (date(1999, 12, 31), date(2000, 1, 1), date(2026, 11, 15)):
        assert month_start(month_ordinal(day)) == day.replace(day=1)
    assert month_ordinal(date(2026, 1, 1)) - month_ordinal(date(2025, 11, 30)) == 2


def test_periods_order_by_time_and_are_equal_by_their_months():
    """Periods sort by when they begin; a quarter and the range of its months are the same stretch of time."""
    labels = ["2026-03", "2025-12", "2026-Q1", "2025"]
    assert [each.label for each in sorted(PLAIN.parse(text) for text in labels)] == [
        "2025",
        "2025-12",
        "2026-Q1",
        "2026-03",
    ]
    assert PLAIN.parse("2026-01..03") == PLAIN.parse("2026-Q1")
    assert PLAIN.parse("2026-01..03").months == 3


def test_a_cycle_without_length_has_no_period_of_a_month():
    """`range` and `all` have no length of their own."""
    for cycle in (Cycle.RANGE, Cycle.ALL):
        with pytest.raises(ValueError, match="no fixed length"):
            PLAIN.period(cycle, 24_300)


def test_neighbours_of_a_period():
    """The next period, the one before and the same a year earlier; `all` has none of them."""
    quarter, spring = PLAIN.parse("2026-Q1"), PLAIN.parse("2026-01..02")
    assert [following(quarter, PLAIN, by).label for by in (-1, 1, 4)] == ["2025-Q4", "2026-Q2", "2027-Q1"]
    assert dates(following(spring, PLAIN, -1)) == (date(2025, 11, 1), date(2026, 1, 1))
    assert year_before(quarter, PLAIN).label == "2025-Q1"
    assert dates(year_before(spring, PLAIN)) == (date(2025, 1, 1), date(2025, 3, 1))
    whole = Period(Cycle.ALL, quarter.first, quarter.stop, "all")
    assert following(whole, PLAIN) is None
    assert year_before(whole, PLAIN) is None


def test_windows_of_a_period():
    """A rolling window ends with the period, the year to date begins with the fiscal year."""
    march = PLAIN.parse("2026-03")
    rolling = rolling_turn(march)
    assert (month_start(rolling.first), month_start(rolling.stop)) == (date(2025, 4, 1), date(2026, 4, 1))
    assert month_start(ytd_turn(march, PLAIN).first) == date(2026, 1, 1)
    assert month_start(ytd_turn(march, APRIL).first) == date(2025, 4, 1)
    assert cycle_turn(march).months == 1


def test_settings_make_the_calendar():
    """The fiscal calendar follows the settings."""
    assert Settings().calendar == PLAIN
    assert Settings(fiscal_start_month=4, fiscal_year_label="start").calendar == APRIL_BY_START


def test_units_say_what_adds_up():
    """Counts and money add up over periods; rates, scores and averages do not."""
    assert {unit for unit in Unit if unit.is_additive} == {Unit.COUNT, Unit.MONEY}
    assert {unit for unit in Unit if unit.is_money} == {
        Unit.MONEY,
        Unit.MONEY_PER_CUSTOMER,
        Unit.MONEY_PER_ORDER,
        Unit.MONEY_PER_ANSWER,
    }


def test_a_finding_is_as_bad_as_its_letter():
    """E is an error, W a warning."""
    assert Finding("E222", "Orders").severity is Severity.ERROR
    assert Finding("W235", "Orders").severity is Severity.WARNING


def test_a_result_is_called_by_kpi_period_and_segment():
    """The id that other people's formulas look up."""
    july = PLAIN.parse("2026-07")
    assert Result("nps", july).id == "nps|2026-07|All"
    assert Result("nps", july, "region", "华东").id == "nps|2026-07|region=华东"
