"""Single questions of a survey: brand image, what goes with NPS, reliability, touchpoints, questions left out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl.associations import reliability, spearman
from loyalty_xl.formulas import CellError, call
from loyalty_xl.ranks import average_ranks
from loyalty_xl.settings import Settings
from loyalty_xl.studies.drivers import associations, reliabilities
from loyalty_xl.vocabulary import Reason, Result
from tests.made_results import Made, computed

SCORES = [9, 10, 7, 3, 9, 6, 8, 10, 2, 5]
RATINGS = [4, 5, 4, 2, 5, 3, 4, 4, 1, 3]
OTHERS = [5, 3, 4, 2, 5, 3, 2, 4, 3, 1]
matrices = st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=4, max_size=30)


def sheet(header: str, *rows: Any) -> str:
    """A sheet as CSV text."""
    return "\n".join([header, *(",".join("" if cell is None else str(cell) for cell in row) for row in rows)])


# Arithmetic


def test_spearman_is_that_of_scipy() -> None:
    """Ties by average rank, as scipy.stats.spearmanr 1.16 has it: 0.8928522451791226 and 0.5514687724092914."""
    scores = np.array(SCORES, float)
    assert spearman(np.array(RATINGS, float), scores) == pytest.approx(0.8928522451791226, abs=1e-12)
    assert spearman(np.array(OTHERS, float), scores) == pytest.approx(0.5514687724092914, abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 5)), min_size=3, max_size=30))
@settings(deadline=None, max_examples=30, derandomize=True)
def test_only_the_order_counts(pairs: list[tuple[int, int]]) -> None:
    """A rank correlation lies in -1 to 1, is the same both ways, and does not change when a scale is stretched without reordering."""
    x, y = (np.array(side, float) for side in zip(*pairs, strict=True))
    rho = spearman(x, y)
    assert rho == spearman(y, x) == spearman(np.exp(x), y)
    assert rho is None or -1 <= rho <= 1
    assert average_ranks(x).sum() == len(x) * (len(x) + 1) / 2


def test_alpha_by_hand() -> None:
    """Variances 5/3 and 5/3, of the sum 6: 2 (1 - 10/18) = 8/9, as the standardised (r = 0.8). The second item doubled: 32/41, still 8/9."""
    pairs = np.array([[1, 2], [2, 4], [3, 3], [4, 5]], float)
    found = reliability(pairs)
    assert (found.alpha, found.standardised, found.between_items) == pytest.approx((8 / 9, 8 / 9, 0.8))
    doubled = reliability(pairs * [1, 2])
    assert (doubled.alpha, doubled.standardised) == pytest.approx((32 / 41, 8 / 9))
    assert found.with_the_rest == pytest.approx((0.8, 0.8))
    assert found.without == (None, None)


@given(matrices)
@settings(deadline=None, max_examples=30, derandomize=True)
def test_alpha_does_not_change_with_level_or_order(rows: list[tuple[int, ...]]) -> None:
    """Adding a constant to an item, or reordering answers or items, leaves alpha; it is at most 1; answers with gaps are not used."""
    items = np.array(rows, float)
    alpha = reliability(items).alpha
    gaps = np.vstack([items, [np.nan, 1, 5]])
    same = [np.add(items, [5, 0, -3]), items[::-1], items[:, ::-1], gaps]
    assert all(reliability(each).alpha == (None if alpha is None else pytest.approx(alpha)) for each in same)
    assert alpha is None or alpha <= 1 + 1e-12


def test_reliability_says_why_there_is_none() -> None:
    """One item, too few answers, or answers all alike: a reason, no number; below 0.70 and above 0.95 are noted."""
    steady, names = np.arange(40.0)[:, None] % 5, ("a", "b")
    assert [line["note"] for line in reliabilities(steady, ("a",), 30)] == ["under_two_items"]
    assert [line["note"] for line in reliabilities(np.hstack([steady, steady])[:20], names, 30)] == ["too_few_answers"]
    assert [line["note"] for line in reliabilities(np.ones((40, 2)), names, 30)] == ["all_the_same"]
    assert reliabilities(np.hstack([steady, steady]), names, 30)[0]["note"] == "alpha_very_high"
    unrelated = np.hstack([steady, (np.arange(40.0)[:, None] * 7) % 3])
    found = reliabilities(unrelated, names, 30)
    assert (found[0]["note"], found[0]["inter_item_note"]) == ("alpha_low", "items_loose")
    assert [line["item"] for line in found] == ["all_items", "a", "b"]


def test_importance_and_performance_part_at_their_means() -> None:
    """Of two items the one that goes more with the outcome and is rated lower is to be improved first."""
    outcome = np.array(SCORES * 3, float)
    weak, strong = np.array(OTHERS * 3, float), np.array(RATINGS * 3, float)
    lines = associations(outcome, np.column_stack([20 * weak + 30, 20 * strong - 20]), ("weak", "strong"))
    assert [(line["item"], line["quadrant"]) for line in lines] == [
        ("weak", "possible_overkill"),
        ("strong", "improve_first"),
    ]
    assert lines[1]["importance"] == pytest.approx(0.8928522451791226)
    assert lines[1]["performance"] == pytest.approx(50)  # mean rating 3.5
    assert lines[0]["closest_item"] == "strong"


def test_ten_answers_an_item_are_needed() -> None:
    """Two items, 19 answers of one: blank with the reason; an item nobody was asked does not count."""
    outcome = np.arange(20.0)
    one, two, none = outcome % 5, outcome % 4, np.full(20, np.nan)
    short = np.where(outcome == 7, np.nan, one)
    lines = associations(outcome, np.column_stack([short, two, none]), ("short", "two", "none"))
    assert [(line["item"], line["answers"], line["note"]) for line in lines] == [
        ("short", 19, "under_ten_an_item"),
        ("two", 20, None),
    ]
    assert lines[0]["importance"] is None
    assert lines[1]["importance"] is not None
    assert associations(outcome, np.full((20, 1), 3.0), ("same",))[0]["note"] == "all_the_same"


# Brand image, through the pipeline

IMAGE = (
    "response_id,survey_id,customer_id,answered_on,recommend_score,csat_scale,brand_image_1,brand_image_2,brand_image_3"
)


def image(*rows: Any, **more: str) -> Result:
    """Brand image of March 2026."""
    given = {"SurveyResponses": sheet(IMAGE, *rows), **more}
    return computed(("brand_image",), period="2026-03", **given).results[0]


def test_every_respondent_has_one_vote() -> None:
    """Means 4, 5 and 2 of three, two and one items: 11/3 of 3; t 4.303, sd sqrt(7/3). An answer with nothing but image items counts."""
    rows = [
        ("A1", "S", "C1", "2026-03-02", 9, "1-5", 3, 4, 5),
        ("A2", "S", "C2", "2026-03-12", 8, "1-5", 5, 5, None),
        ("A3", "S", "C3", "2026-03-31", None, "1-5", None, 2, None),
        ("A4", "S", "C4", "2026-03-31", 3, "1-5", None, None, None),
    ]
    found = image(*rows)
    assert (found.value, found.n) == (pytest.approx(11 / 3), 3)
    assert found.low == pytest.approx(11 / 3 - 4.302652729911275 * (7 / 9) ** 0.5)
    assert call("LOYALTY_BRAND_IMAGE", [list(row[6:]) for row in rows]) == pytest.approx(found.value)


def test_the_latest_answer_of_a_customer_counts() -> None:
    """`nps_dup_policy` holds for image items too; an answer without any takes no other's place."""
    rows = [
        ("A1", "S", "C1", "2026-03-02", 9, "1-5", 1, 1, 1),
        ("A2", "S", "C1", "2026-03-12", 8, "1-5", 4, 4, 4),
        ("A3", "S", "C1", "2026-03-31", 8, "1-5", None, None, None),
    ]
    assert image(*rows).value == 4


def test_scales_and_wordings_are_not_mixed() -> None:
    """A 1-10 answer among 1-5 ones, or two wordings: not comparable. No image items at all: no data."""
    five, ten = (
        ("A1", "S", "C1", "2026-03-02", 9, "1-5", 4, 4, 4),
        ("A2", "S", "C2", "2026-03-31", 9, "1-10", 8, 8, 8),
    )
    assert image(five, ten).reason is Reason.NOT_COMPARABLE
    invited = sheet(
        "invite_id,customer_id,survey_id,survey_version,sent_on,wording_changed",
        ("I1", "C1", "S", "v1", "2026-03-01", "no"),
        ("I2", "C2", "S", "v2", "2026-03-02", "yes"),
    )
    worded = sheet(
        "response_id,survey_id,survey_version,invite_id,customer_id,answered_on,recommend_score,brand_image_1",
        ("A1", "S", "v1", "I1", "C1", "2026-03-03", 9, 4),
        ("A2", "S", "v2", "I2", "C2", "2026-03-31", 9, 5),
    )
    given = {"SurveyResponses": worded, "SurveyInvitations": invited}
    assert computed(("brand_image",), period="2026-03", **given).results[0].reason is Reason.NOT_COMPARABLE
    assert image(("A1", "S", "C1", "2026-03-31", 9, "1-5", None, None, None)).reason is Reason.NO_DATA


# Tables, through the pipeline


def test_drivers_of_the_sheet_are_those_of_the_formula() -> None:
    """Thirty customers, two items: the table has the correlations of the scores, and the formula the same rows."""
    header = "response_id,customer_id,answered_on,recommend_score,csat_product,brand_image_1"
    rows = [
        (f"A{n}", f"C{n}", f"2026-0{1 + n % 3}-15", SCORES[n % 10], RATINGS[n % 10], OTHERS[n % 10]) for n in range(30)
    ]
    made = computed((), ("drivers", "scale_reliability"), period="2026-03", SurveyResponses=sheet(header, *rows))
    lines = [row for row in made.tables["drivers"] if row["period"] == "2026-03"]  # 12 months up to March: all thirty
    assert [(row["outcome"], row["item"], row["answers"]) for row in lines] == [
        ("recommend_score", "csat_product", 30),
        ("recommend_score", "brand_image_1", 30),
    ]
    assert [row["importance"] for row in lines] == pytest.approx([0.8928522451791226, 0.5514687724092914])
    assert [row["performance"] for row in lines] == pytest.approx([62.5, 55.0])  # means 3.5 and 3.2 of 1 to 5
    table = call("LOYALTY_DRIVERS", [[row[3]] for row in rows], [[row[4], row[5]] for row in rows])
    names = table[0]
    assert [dict(zip(names, line, strict=True))["importance"] for line in table[1:]] == pytest.approx(
        [row["importance"] for row in lines]
    )
    january = [row["note"] for row in made.tables["drivers"] if row["period"] == "2026-01"]
    assert january == ["under_ten_an_item"] * 2
    groups = [
        (row["question_group"], row["note"]) for row in made.tables["scale_reliability"] if row["period"] == "2026-03"
    ]
    assert groups == [("satisfaction", "under_two_items"), ("brand_image", "under_two_items")]


def test_scales_of_different_length_are_ranked_together_on_0_to_100() -> None:
    """3 of 5 and 5.5 of 10 are both the middle; raw ratings are never pooled."""
    header = "response_id,customer_id,answered_on,recommend_score,csat_scale,csat_product"
    rows = [
        (f"A{n}", f"C{n}", "2026-03-31", n % 11, "1-5" if n % 2 else "1-10", (1, 10)[n % 4 == 0] if n % 2 == 0 else 5)
        for n in range(20)
    ]
    made = computed((), ("drivers",), period="2026-03", SurveyResponses=sheet(header, *rows))
    (line,) = made.tables["drivers"]
    assert line["performance"] == pytest.approx(100 * (10 + 5) / 20)  # ten 5 of 5, five 10 of 10, five 1 of 10


def test_reliability_of_the_sheet_is_that_of_the_formula() -> None:
    """Three satisfaction items of forty customers: alpha by both doors; the older wording stays out."""
    header = "response_id,customer_id,answered_on,recommend_score,csat_product,csat_aftersales,csat_purchase"
    items = [(1 + n % 5, 1 + (n + n // 7) % 5, 1 + n % 4) for n in range(40)]
    rows = [(f"A{n}", f"C{n}", "2026-03-31", 9, *each) for n, each in enumerate(items)]
    made = computed((), ("scale_reliability",), period="2026-03", SurveyResponses=sheet(header, *rows))
    lines = made.tables["scale_reliability"]
    table = call("LOYALTY_SCALE_RELIABILITY", [list(each) for each in items])
    for name in ("alpha", "standardised_alpha", "inter_item_correlation"):
        assert table[1][table[0].index(name)] == pytest.approx(lines[0][name])
    assert [row["item"] for row in lines] == ["all_items", "csat_product", "csat_aftersales", "csat_purchase"]
    assert lines[1]["item_total_correlation"] == pytest.approx(
        float(np.corrcoef([each[0] for each in items], [each[1] + each[2] for each in items])[0, 1])
    )


INVITED = sheet(
    "invite_id,customer_id,survey_id,survey_type,sent_on",
    *(
        (f"I{n}", f"C{n}", "R" if n < 5 else "T", "relationship" if n < 5 else "transactional", "2026-03-01")
        for n in range(8)
    ),
)
TOUCHED = sheet(
    "response_id,invite_id,customer_id,answered_on,touchpoint,recommend_score,csat_overall",
    ("A0", "I0", "C0", "2026-03-03", "shop", 10, 5),
    ("A1", "I1", "C1", "2026-03-03", "shop", 3, 2),
    ("A2", "I2", "C2", "2026-03-04", "web", 9, None),
    ("A3", "I3", "C3", "2026-03-05", None, 8, 4),
    ("A5", "I5", "C5", "2026-03-06", "shop", 0, 1),
    ("A6", "I6", "C6", "2026-03-07", "shop", 10, 5),
    ("A7", "I7", "C6", "2026-03-31", "shop", 10, 5),
)
BOUGHT = sheet(
    "order_id,customer_id,order_date,amount",
    ("O1", "C0", "2026-02-20", 10),
    ("O2", "C1", "2024-01-05", 10),
    ("O3", "C2", "2024-01-05", 10),
    ("O4", "C2", "2026-01-05", 10),
    ("O5", "C3", "2026-03-20", 10),  # after the answer
)


@pytest.fixture(scope="module")
def touched() -> Made:
    """Answers of two kinds of survey about contacts, with what their customers had bought."""
    given = {"SurveyResponses": TOUCHED, "SurveyInvitations": INVITED.replace("I7,C7", "I7,C6"), "Orders": BOUGHT}
    return computed((), ("touchpoints", "survey_items"), period="2026-03", settings=Settings(min_base_nps=2), **given)


def cells(made: Made, **wanted: str) -> list[tuple[Any, ...]]:
    """Rows of March's touchpoints that have these cells: contact, stage, answers, NPS, CSAT, index, note."""
    names = ("touchpoint", "stage", "nps_answers", "nps", "csat", "csat_index", "note")
    rows = [row for row in made.tables["touchpoints"] if row["period"] == "2026-03"]
    return [
        tuple(row[name] for name in names) for row in rows if all(row[key] == value for key, value in wanted.items())
    ]


def test_relationship_and_transactional_answers_are_never_pooled(touched: Made) -> None:
    """The shop has NPS 0 in the one and 33.3 in the other; of transactional surveys every answer of a customer counts."""
    assert cells(touched, survey_type="relationship", stage="every_one") == [
        ("not_stated", "every_one", 1, 0.0, 4.0, 75.0, "low_base"),
        ("shop", "every_one", 2, 0.0, 3.5, 62.5, None),
        ("web", "every_one", 1, 100.0, None, None, "low_base"),
    ]
    assert cells(touched, survey_type="transactional", stage="every_one") == [
        ("shop", "every_one", 3, pytest.approx(100 / 3), pytest.approx(11 / 3), pytest.approx(200 / 3), None)
    ]


def test_the_stage_is_that_of_the_day_of_the_answer(touched: Made) -> None:
    """First purchase 11 days ago: new; last 26 months ago: lapsed; 58 days ago: active; the first one later: prospect."""
    found = {row[1]: row[3] for row in cells(touched, survey_type="relationship", touchpoint="every_one")}
    assert found == {"new": 100.0, "lapsed": -100.0, "active": 100.0, "prospect": 0.0}


def test_touchpoints_of_the_formula(touched: Made) -> None:
    """The formula gives one block, of the rows it is given."""
    rows = [line.split(",") for line in TOUCHED.split("\n")[1:5]]
    columns = [
        [[row[4] or None] for row in rows],
        *([[float(row[n]) if row[n] else None] for row in rows] for n in (5, 6)),
    ]
    table = call("LOYALTY_TOUCHPOINTS", *columns, 9, 6, 0, 10, 5, 2)
    wanted = [
        [cell if cell is not None else "" for cell in (row[0], row[2], row[3], row[4], row[5], row[6])]
        for row in cells(touched, survey_type="relationship", stage="every_one")
    ]
    names = ("touchpoint", "nps_answers", "nps", "csat", "csat_index", "note")
    assert [[line[table[0].index(name)] for name in names] for line in table[1:]] == wanted


def test_questions_left_out_by_version() -> None:
    """Of version 2 one of two leaves a question out; what nobody of a version was asked is not listed; don't know where it is counted."""
    text = sheet(
        "response_id,customer_id,answered_on,survey_version,recommend_score,csat_product,brand_image_1,dont_know_items",
        ("A1", "C1", "2026-03-02", "v1", 9, 4, None, None),
        ("A2", "C2", "2026-03-03", "v2", 9, None, 4, 1),
        ("A3", "C2", "2026-03-31", "v2", 8, 4, 5, 0),
    )
    made = computed((), ("survey_items",), period="2026-03", SurveyResponses=text)
    names = ("version", "item", "returned_answers", "rated", "non_response", "dont_know")
    assert [tuple(row[name] for name in names) for row in made.tables["survey_items"]] == [
        ("v1", "all_items", 1, 2, 0.0, None),
        ("v1", "recommend_score", 1, 1, 0.0, None),
        ("v1", "csat_product", 1, 1, 0.0, None),
        ("v2", "all_items", 2, 5, pytest.approx(1 / 6), pytest.approx(1 / 6)),
        ("v2", "recommend_score", 2, 2, 0.0, None),
        ("v2", "csat_product", 2, 1, 0.5, None),
        ("v2", "brand_image_1", 2, 2, 0.0, None),
    ]
    table = call("LOYALTY_SURVEY_ITEMS", [[9, None, 4], [8, 4, 5]])
    assert [row[3] for row in table[1:]] == pytest.approx([1 / 6, 0, 0.5, 0])


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("BRAND_IMAGE", ([[4, 6]],), "#VALUE!"),  # 6 is not on a scale of 1 to 5
        ("BRAND_IMAGE", ([[None, None]],), "#N/A"),
        ("BRAND_IMAGE", ([["very good"]],), "#VALUE!"),
        ("DRIVERS", ([[9, 8]], [[4, 5]]), "#VALUE!"),  # scores are one column
        ("NPS_GAP", ([[120]], 40), "#VALUE!"),
        ("NPS_GAP", ([[20]], 140), "#VALUE!"),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, arguments: tuple[Any, ...], code: str) -> None:
    """A rating off its scale, a text, two columns of scores, an impossible NPS: an error cell, no number."""
    found = call(f"LOYALTY_{name}", *arguments)
    assert isinstance(found, CellError)
    assert found.code == code


PILOTED = {
    "SurveyInvitations": """invite_id,customer_id,survey_id,survey_version,sent_on,item_count,pilot
I1,C1,2026-A,v1,2026-01-05,8,
I2,C2,2026-A,v1,2026-01-06,8,no
I3,C3,2026-A,v2,2026-01-07,20,yes
I4,C4,2026-A,v2,2026-01-08,20,yes
""",
    "SurveyResponses": """response_id,invite_id,customer_id,answered_on,recommend_score,csat_overall,mode,dont_know_items
A1,I1,C1,2026-01-10,10,5,phone,
A2,I2,C2,2026-01-11,9,4,online,
A3,I3,C3,2026-01-12,0,1,online,3
""",
    "Orders": "order_id,customer_id,order_date,amount\nO1,C1,2026-01-02,10\nO2,C2,2026-01-31,10\n",
}


def test_pilots_count_in_no_kpi() -> None:
    """What was sent to try the questions is left out of NPS and response rate, and stands in the table of questionnaires with its length."""
    made = computed(["nps", "response_rate"], ["questionnaires"], period="2026-01", **PILOTED)
    assert {each.kpi: each.value for each in made.results if each.segment_dim == "all"} == {
        "nps": 100,
        "response_rate": 1,
    }
    rows = {row["version"]: row for row in made.tables["questionnaires"]}
    assert rows["v1"] == {
        "period": "2026-01", "survey_id": "2026-A", "version": "v1", "pilot": False, "item_count": 8,
        "invited": 2, "returned": 2, "response_rate": 1.0, "dont_know_share": 0.0,
    }  # fmt: skip
    assert (rows["v2"]["pilot"], rows["v2"]["item_count"], rows["v2"]["response_rate"]) == (True, 20, 0.5)
    assert rows["v2"]["dont_know_share"] == 1.0


def test_satisfaction_by_mode() -> None:
    """Answers by telephone and on line stand apart, each with its NPS and satisfaction."""
    made = computed([], ["touchpoints"], period="2026-01", **PILOTED)
    rows = {row["mode"]: row for row in made.tables["touchpoints"] if row["mode"] != "every_one"}
    assert {mode: (row["nps_answers"], row["csat"]) for mode, row in rows.items()} == {
        "phone": (1, 5.0),
        "online": (1, 4.0),
    }
