"""Service quality: first response in business hours, SERVQUAL and SERVPERF, conduct, the control chart; from sheets to results."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl import catalogue, library
from loyalty_xl.business_hours import business_minutes
from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.service import COMPLAINT_TAXONOMY, COMPLAINTS
from loyalty_xl.contracts.service_quality import COLLECTION_AUDIT, SERVICE_RATINGS
from loyalty_xl.coverage import coverage
from loyalty_xl.evaluating import Situation, evaluate
from loyalty_xl.formulas import call
from loyalty_xl.preparing import Prepared, prepare
from loyalty_xl.settings import Settings
from loyalty_xl.settings_table import SETTINGS
from loyalty_xl.settings_values import UnreadableError, parse_setting
from loyalty_xl.turns import cycle_turn, periods_between
from loyalty_xl.vocabulary import Calendar, Cycle, Reason, Result
from tests.contracts.made_sheets import sheet_of

AS_OF = date(2026, 4, 1)
CONTRACTS = {each.name: each for each in (COMPLAINTS, COMPLAINT_TAXONOMY, SERVICE_RATINGS, COLLECTION_AUDIT)}
WEEK = parse_setting(SETTINGS["business_hours"], "Mo-Fr 09:00-18:00")
FIVE = ("reliability", "responsiveness", "assurance", "empathy", "tangibles")


def prepared(settings: Settings | None = None, **rows: list[dict[str, Any]]) -> tuple[Prepared, dict[str, Any]]:
    """Frames of sheets made of rows, after the rules between sheets."""
    sheets = {name: sheet_of(CONTRACTS[name], each) for name, each in rows.items()}
    between_sheets(sheets, settings or Settings())
    return prepare(sheets, settings or Settings(), AS_OF), sheets


def result(key: str, settings: Settings | None = None, month: str = "2026-03", **rows: list[dict[str, Any]]) -> Result:
    """The result of a KPI for All in a month, by the pipeline."""
    settings = settings or Settings()
    made, sheets = prepared(settings, **rows)
    period = Calendar().parse(month)
    assert period is not None
    situation = Situation(made.ready, settings, Calendar(), coverage(sheets, AS_OF, Calendar()), AS_OF)
    (found,) = evaluate([library.load()[key]], [cycle_turn(period)], situation)
    return found


def table(key: str, first: str = "2026-01", **rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A listing by months."""
    made, _ = prepared(None, **rows)
    period = Calendar().parse(first)
    assert period is not None
    periods = periods_between(Cycle.MONTH, period.first, made.ready.last_month, Calendar())
    return catalogue.LISTINGS[key].function(made.ready, Settings(), periods)


def rating(dimension: str, perception: float, expectation: float | None = None, **more: Any) -> dict[str, Any]:
    """A row of ServiceRatings."""
    row = {"rater_type": "customer", "customer_id": "C1", "on": "2026-03-31", "dimension": dimension, "scale": "1-7"}
    return row | {"perception": perception, "expectation": expectation, "item_no": 1, "weight": None} | more


def complaint(received: str, answered: str | None = None, **more: Any) -> dict[str, Any]:
    """A row of Complaints."""
    moments = (None if each is None else pd.Timestamp(each) for each in (received, answered))
    return (
        dict(zip(("received_on", "first_response_on"), moments, strict=True))
        | {"status": "open", "class_l1": "Q"}
        | more
    )


# ---- C7


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-02T10:00", "2026-03-02T10:42", 42),  # a Monday
        ("2026-03-06T17:30", "2026-03-09T09:15", 45),  # over the weekend
        ("2026-03-02T20:00", "2026-03-03T09:10", 10),  # in the evening: from the next opening
        ("2026-03-02T07:00", "2026-03-02T08:00", 0),  # answered before opening
        ("2026-03-02T09:00", "2026-03-16T09:00", 2 * 5 * 540),
        ("1969-12-31T09:00", "1970-01-01T09:00", 540),  # before 1970
    ],
)
def test_minutes_count_in_business_hours_only(start: str, end: str, minutes: float) -> None:
    """Nights and weekends do not count; round the clock everything does."""
    one, two = (np.array([np.datetime64(each, "s").astype(np.int64)]) for each in (start, end))
    assert business_minutes(one, two, WEEK)[0] == pytest.approx(minutes)
    assert business_minutes(one, two)[0] == (two - one)[0] / 60


@settings(max_examples=60, deadline=None)
@given(*[st.integers(-(10**9), 2 * 10**9)] * 3)
def test_minutes_add_up(one: int, two: int, three: int) -> None:
    """Minutes from a to b and from b to c are those from a to c, and never more than on the clock."""
    a, b, c = (np.array([each]) for each in sorted((one, two, three)))
    spans = [business_minutes(*each, WEEK)[0] for each in ((a, b), (b, c), (a, c))]
    assert spans[0] + spans[1] == pytest.approx(spans[2], abs=1e-6)
    assert -1e-6 <= spans[2] <= (c - a)[0] / 60 + 1e-6


@pytest.mark.parametrize(
    "text", ["Mo-Fr", "Mo-Fr 18:00-09:00", "Mo 9:00-12:00; Mo 11:00-13:00", "Xx 9:00-10:00", "Mo 9:00-25:00"]
)
def test_bad_business_hours_are_refused(text: str) -> None:
    """Hours that cannot be are no setting."""
    with pytest.raises(UnreadableError):
        parse_setting(SETTINGS["business_hours"], text)


def test_first_response_is_the_median_of_what_was_timed() -> None:
    """Timed responses of 30, 45 and 600 minutes: 45; a day without time, an open case and one answered too early are not in it."""
    rows = [
        complaint("2026-03-02 10:00", "2026-03-02 10:30"),
        complaint("2026-03-06 17:30", "2026-03-09 09:15"),
        complaint("2026-03-03 09:00", "2026-03-04 10:00"),
        complaint("2026-03-10", "2026-03-11"),
        complaint("2026-03-11 10:00", None),
        complaint("2026-03-31 10:00", "2026-03-31 09:00"),
    ]
    lenient = Settings().replace(max_rejected_share=1.0)
    here = lenient.replace(business_hours=WEEK)
    found = result("first_response_minutes", here, Complaints=rows)
    assert (found.value, found.n) == (45.0, 3.0)
    received, answered = ([row[name] for row in rows] for name in ("received_on", "first_response_on"))
    assert call("LOYALTY_FIRST_RESPONSE_MINUTES", received, answered, "Mo-Fr 09:00-18:00") == 45.0
    assert (
        result("first_response_minutes", lenient, Complaints=rows).value == 1500.0
    )  # round the clock: 30, 1,500, 3,825
    assert (
        result("first_response_minutes", here.replace(max_rejected_share=0.05), Complaints=rows).reason
        is Reason.BLOCKED
    )
    nothing = result("first_response_minutes", Complaints=[complaint("2026-03-31 10:00")])
    assert (nothing.value, nothing.reason) == (None, Reason.NO_DENOMINATOR)


def test_first_contact_resolution_leaves_out_what_was_not_noted() -> None:
    """72 of 90 contacts: 80 %; blank is not "no"."""
    answers = [True] * 72 + [False] * 18 + [None] * 10
    assert call("LOYALTY_FIRST_CONTACT_RESOLUTION", answers) == 0.8


# ---- C6


def test_gap_of_the_worked_example() -> None:
    """Expectation 6.2, perception 5.5: gap -0.7 (kpis.md 10)."""
    rows = [rating("reliability", 5, 6.2, item_no=1), rating("reliability", 6, 6.2, item_no=2)]
    found = result("service_quality_gap", ServiceRatings=rows)
    assert found.value == pytest.approx(-0.7)
    assert result("service_quality", ServiceRatings=rows).value == pytest.approx(5.5)
    columns = [[row[name] for row in rows] for name in ("customer_id", "dimension", "expectation", "perception")]
    assert call("LOYALTY_SERVICE_QUALITY_GAP", *columns) == pytest.approx(-0.7)


def test_dimensions_weigh_as_the_rater_says() -> None:
    """Weights 60 and 40: 0.6 x -1 + 0.4 x 0 = -0.6; weights 30 and 20 are the same shares; without weights -0.5."""
    for weights, gap in (
        ((60, 40), -0.6),
        ((30, 20), -0.6),
        ((0.6, 0.4), -0.6),
        ((None, None), -0.5),
        ((60, None), -0.5),
    ):
        rows = [rating("reliability", 5, 6, weight=weights[0]), rating("empathy", 6, 6, weight=weights[1])]
        assert result("service_quality_gap", ServiceRatings=rows).value == pytest.approx(gap), weights
        names = ("customer_id", "dimension", "expectation", "perception", "weight")
        assert call("LOYALTY_SERVICE_QUALITY_GAP", *([row[name] for row in rows] for name in names)) == pytest.approx(
            gap
        )


def test_a_rater_counts_once_however_many_questions() -> None:
    """C1 answers four questions (mean 5), C2 one (7): the mean over raters is 6, not over rows."""
    rows = [rating("reliability", score, item_no=place) for place, score in enumerate((4, 5, 5, 6), 1)]
    found = result("service_quality", ServiceRatings=[*rows, rating("reliability", 7, customer_id="C2")])
    assert (found.value, found.n) == (6.0, 2.0)
    assert found.interval is not None


def test_unnamed_raters_are_told_apart_by_their_questions() -> None:
    """Two answers to question 1 on one day without a customer number are two raters."""
    rows = [rating("reliability", score, customer_id=None) for score in (4, 6)]
    assert result("service_quality", ServiceRatings=rows).n == 2.0


def test_without_expectation_there_is_no_gap() -> None:
    """SERVPERF stands alone where expectation was not asked."""
    rows = [rating("empathy", 5)]
    gap = result("service_quality_gap", ServiceRatings=rows)
    assert (gap.value, gap.reason) == (None, Reason.NO_DENOMINATOR)
    assert result("service_quality", ServiceRatings=rows).value == 5.0


def test_scales_are_never_mixed() -> None:
    """Ratings on 1-7 and 1-5 in one month: no value, and two rows in the table; experts change nothing."""
    rows = [rating("empathy", 6, 7), rating("empathy", 4, 5, scale="1-5", customer_id="C2")]
    for key in ("service_quality", "service_quality_gap"):
        assert result(key, ServiceRatings=rows).reason is Reason.NOT_COMPARABLE
    found = table("service_quality_by_dimension", ServiceRatings=rows)
    assert [(row["scale"], row["perception"]) for row in found] == [("1-5", 4.0), ("1-7", 6.0)]
    expert = rating("empathy", 2, scale="1-5", customer_id=None, rater_type="expert")
    assert result("service_quality", ServiceRatings=[rows[0], expert]).value == 6.0


def test_customers_and_experts_stand_apart() -> None:
    """The KPI is the customers'; the table shows both, by dimension, with gap and importance."""
    rows = [rating(dimension, 5, 6, weight=20) for dimension in FIVE]
    rows += [rating(dimension, 3, rater_type="expert", customer_id=None) for dimension in FIVE]
    assert result("service_quality", ServiceRatings=rows).value == 5.0
    found = table("service_quality_by_dimension", ServiceRatings=rows)
    assert [row["dimension"] for row in found] == [*FIVE, *FIVE]
    assert [row["rater_type"] for row in found] == ["customer"] * 5 + ["expert"] * 5
    assert (found[0]["gap"], found[0]["weight"], found[0]["raters"]) == (-1.0, 20.0, 1)
    assert (found[5]["gap"], found[5]["weight"], found[5]["perception"]) == (None, None, 3.0)
    columns = ("rater_type", "customer_id", "on", "dimension", "expectation", "perception", "weight")
    cells = [[row[name] or ("E" if name == "customer_id" else None) for row in rows] for name in columns]
    spilled = call("LOYALTY_SERVICE_QUALITY_BY_DIMENSION", *cells)
    assert spilled[1:] == [["" if cell is None else cell for cell in row.values()] for row in found]


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(FIVE), st.integers(1, 7), st.integers(1, 7), st.integers(1, 4)),
        min_size=1,
        max_size=12,
    )
)
def test_order_of_ratings_changes_nothing(drawn: list[tuple[str, int, int, int]]) -> None:
    """Rows in another order give the same gap, which lies between the scale's ends."""
    rows = [
        rating(dimension, p, e, customer_id=f"C{who}", item_no=place)
        for place, (dimension, p, e, who) in enumerate(drawn, 1)
    ]
    shuffled = random.Random(7).sample(rows, len(rows))
    one, two = (result("service_quality_gap", ServiceRatings=each).value for each in (rows, shuffled))
    assert one == pytest.approx(two)
    assert one is not None
    assert -6 <= one <= 6


# ---- C8


def check(agent: str, compliant: bool, on: str = "2026-03-31") -> dict[str, Any]:
    """A row of CollectionAudit."""
    return {"agent_id": agent, "on": on, "compliant": compliant}


def test_conduct_is_the_share_of_compliant_checks() -> None:
    """54 of 60 checks: 90 %, by pipeline and formula."""
    rows = [check("K1", place >= 6) for place in range(60)]
    found = result("collection_conduct_rate", CollectionAudit=rows)
    assert (found.value, found.numerator, found.n) == (0.9, 54.0, 60.0)
    assert call("LOYALTY_COLLECTION_CONDUCT_RATE", [row["compliant"] for row in rows]) == 0.9


def test_an_agent_with_few_checks_is_not_named() -> None:
    """Five checks name an agent; two agents with four and two are one row, a single one with four is left out."""
    rows = [check("K1", True)] * 5 + [check("K2", False)] * 4 + [check("K3", True)] * 2
    found = table("collection_conduct", CollectionAudit=[*rows, *[check("K2", True, "2026-02-27")] * 4])
    listed = [(row["period"], row["agent"], row["checks"], row["compliant"]) for row in found]
    assert listed == [("2026-03", "K1", 5, 5), ("2026-03", "fewer_checks", 6, 2)]
    assert catalogue.LISTINGS["collection_conduct"].personal
    spilled = call(
        "LOYALTY_COLLECTION_CONDUCT", *([row[name] for row in rows] for name in ("on", "agent_id", "compliant"))
    )
    assert spilled[1:] == [list(row.values()) for row in found]


# ---- C4


def months_of(numbers: Iterable[int], last: dict[str, int] | None = None) -> list[dict[str, Any]]:
    """Complaints of class Q, so many a month from January 2025; *last* adds classes in the last month."""
    rows = []
    for place, number in enumerate(numbers):
        month = f"{2025 + place // 12}-{place % 12 + 1:02d}"
        rows += [complaint(f"{month}-{1 + n % 28:02d}") for n in range(number)]
    rows += [complaint(f"{month}-28", class_l1=name) for name, number in (last or {}).items() for _ in range(number)]
    return rows


def test_an_outlier_is_named_with_its_class() -> None:
    """Fourteen months of 4 to 6 and one of 5 + 30 of class L: above mean + 3 sd, mainly L."""
    usual = [4, 5, 6, 5, 4, 6, 5, 5, 4, 6, 5, 5, 4, 6, 5]
    rows = months_of(usual, {"L": 30})
    found = table("complaint_control_chart", "2025-01", Complaints=rows)
    totals = np.array([*usual[:-1], 35])
    assert [row["complaints"] for row in found] == totals.tolist()
    assert found[0]["mean"] == pytest.approx(totals.mean())
    assert found[0]["upper_limit"] == pytest.approx(totals.mean() + 3 * totals.std(ddof=1))
    assert found[0]["lower_limit"] == 0.0
    assert [row["judgement"] for row in found] == ["inside"] * 14 + ["above"]
    assert (found[-1]["mainly"], found[-1]["mainly_complaints"], found[-1]["mainly_usual"]) == (
        "L",
        30,
        pytest.approx(2.0),
    )
    columns = [[row[name] for row in rows] for name in ("received_on", "class_l1")]
    spilled = call("LOYALTY_COMPLAINT_CONTROL_CHART", *columns, "month", date(2026, 4, 1))
    assert spilled[1:] == [["" if cell is None else cell for cell in row.values()] for row in found]


def test_alike_months_have_no_spread_and_no_outlier() -> None:
    """sd 0: both limits are the mean, and every month is inside."""
    found = table("complaint_control_chart", "2025-01", Complaints=months_of([3] * 15))
    assert {(row["sd"], row["lower_limit"], row["upper_limit"], row["judgement"]) for row in found} == {
        (0.0, 3.0, 3.0, "inside")
    }


def test_ten_months_are_too_few_to_judge() -> None:
    """Among ten, none can lie outside three standard deviations: it is said, not hidden; a month without complaints counts as 0."""
    found = table("complaint_control_chart", "2025-01", Complaints=months_of([1, 1, 0, 1, 1, 1, 1, 1, 1, 500]))
    assert [row["complaints"] for row in found][2] == 0
    assert {row["judgement"] for row in found} == {"too_few"}
    (one,) = table("complaint_control_chart", "2025-01", Complaints=months_of([4]))
    assert (one["mean"], one["sd"], one["judgement"]) == (4.0, None, "too_few")


def test_a_month_that_is_not_over_is_not_judged() -> None:
    """The running month is shown, and neither mean nor limits hear of it."""
    made, _ = prepared(None, Complaints=[*months_of([2, 4] * 7), complaint("2026-03-02")])
    periods = periods_between(Cycle.MONTH, 2025 * 12, 2026 * 12 + 2, Calendar())
    ready = replace(made.ready, as_of=made.ready.as_of - 10)
    found = catalogue.LISTINGS["complaint_control_chart"].function(ready, Settings(), periods)
    assert (found[-1]["judgement"], found[-1]["mean"]) == ("partial", 3.0)
