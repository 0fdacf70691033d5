"""Said and done: referrals (A3), the recommendation index (A4), intentions (A5), closed loop (A7), promoters (A9), engagement (A10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl import catalogue, library
from loyalty_xl.contracts import departments
from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.between_referrals import NOBODY, uncounted
from loyalty_xl.coverage import coverage
from loyalty_xl.evaluating import Situation, Wiring, evaluate
from loyalty_xl.findings import sentence
from loyalty_xl.formulas import call
from loyalty_xl.inputs import gather
from loyalty_xl.pipeline import check
from loyalty_xl.preparing import prepare
from loyalty_xl.preparing.referrals import undone_months
from loyalty_xl.rows.ready import NEVER
from loyalty_xl.scorecard import score
from loyalty_xl.settings import Settings
from loyalty_xl.turns import cycle_turn, periods_between
from loyalty_xl.vocabulary import Calendar, Cycle, Finding, Flag, Reason, Result, Target
from tests.conftest import TODAY
from tests.contracts.made_sheets import sheet_of

Rows = list[dict[str, Any]]
KPIS = library.load()
KEYS = [key for key, each in KPIS.items() if each.code in {"A1", "A2", "A3", "A4", "A5", "A7", "A9", "A10"}]
CONTRACTS = {each.name: each for each in departments()}
CALENDAR = Calendar()
AS_OF = date(2026, 7, 1)
quick = settings(deadline=None, max_examples=15, derandomize=True)


class Seen:
    """Sheets as a refresh would see them, evaluated without a workbook."""

    def __init__(self, sheets: Mapping[str, Rows], as_of: date = AS_OF, **changed: Any) -> None:
        self.settings, self.as_of = Settings(**{"max_rejected_share": 1.0} | changed), as_of
        self.sheets = {name: sheet_of(CONTRACTS[name], rows) for name, rows in sheets.items()}
        for each in self.sheets.values():
            each.covers_to = as_of.isoformat()
        self.findings: list[Finding] = between_sheets(self.sheets, self.settings)
        self.prepared = prepare(self.sheets, self.settings, as_of)

    def kpis(self, period: str, dims: tuple[str, ...] = ("all",)) -> dict[str, Result]:
        """Results of a period: by key for All, by `key|segment` for others."""
        reach = coverage(self.sheets, self.as_of, CALENDAR)
        situation = Situation(self.prepared.ready, self.settings, CALENDAR, reach, self.as_of)
        turn = cycle_turn(CALENDAR.parse(period))
        fed = [KPIS[key] for key in KEYS if set(Wiring(KPIS[key]).sheets) <= set(self.sheets)]
        found = evaluate(fed, [turn], situation, dims)
        return {each.kpi if each.segment_dim == "all" else f"{each.kpi}|{each.segment}": each for each in found}

    def table(self, key: str, *periods: str) -> Rows:
        """A table of the catalogue."""
        listed = [CALENDAR.parse(period) for period in periods]
        return catalogue.LISTINGS[key].function(self.prepared.ready, self.settings, listed)

    def told(self) -> list[tuple[str, str]]:
        """Codes and cells of the findings."""
        return [(each.code, each.cell or ",".join(each.cells)) for each in self.findings]


def orders(*bought: str) -> Rows:
    """Orders as `C1 2026-01-05`."""
    return [
        {
            "order_id": f"O{number}",
            "customer_id": who,
            "order_date": on,
            "amount": 100.0,
            "order_type": "sale",
            "currency": "CNY",
        }
        for number, (who, on) in enumerate(each.split() for each in bought)
    ]


def answers(*said: str, **more: Any) -> Rows:
    """Answers as `C1 2026-01-05 9 [W1]`; `-` is a blank."""
    rows = []
    for number, each in enumerate(said):
        who, on, score, *wave = each.split()
        rows.append(
            {
                "response_id": f"A{number}",
                "customer_id": None if who == "-" else who,
                "answered_on": on,
                "recommend_score": None if score == "-" else float(score),
                "survey_id": wave[0] if wave else None,
                **{name: values[number] for name, values in more.items()},
            }
        )
    return rows


def referrals(*made: str) -> Rows:
    """Referrals as `C1 C9 2026-01-05 [status]`; `-` is a blank."""
    rows = []
    for number, each in enumerate(made):
        who, whom, on, *status = each.split()
        rows.append(
            {
                "referral_id": f"T{number}",
                "referrer_id": who,
                "referee_id": None if whom == "-" else whom,
                "referred_on": on,
                "status": status[0] if status else "invited",
            }
        )
    return rows


def engagements(*done: str) -> Rows:
    """Engagements as `C1 2026-01-05 follow`."""
    return [
        {"customer_id": None if who == "-" else who, "occurred_on": on, "type": kind}
        for who, on, kind in (each.split() for each in done)
    ]


# A3


def test_who_refers_and_whom_it_brings() -> None:
    """Referrers for each buyer, referrals that led to a first purchase, new customers who were referred: each by its own period."""
    seen = Seen(
        {
            "Orders": orders(
                "C1 2026-03-02", "C2 2026-03-05", "C3 2026-03-09", "C4 2026-03-20", "C5 2026-04-02", "C6 2026-04-05"
            ),
            "Referrals": referrals("C1 C4 2026-03-10", "C1 C5 2026-03-12", "C2 - 2026-03-15", "C1 C7 2026-03-16"),
        }
    )
    march, april = seen.kpis("2026-03"), seen.kpis("2026-04")
    assert march["referral_rate"].value == 2 / 4  # C1 and C2, of the four who bought
    assert march["referral_success_rate"].value == 2 / 4  # C4 in March, C5 in April; C7 and the nameless not yet
    assert march["referred_customer_share"].value == 1 / 4
    assert april["referred_customer_share"].value == 1 / 2  # C5, in the month of the first purchase
    assert april["referral_success_rate"].reason is Reason.NO_DENOMINATOR


def test_referrals_that_do_not_count() -> None:
    """Void, of oneself, of somebody referred or bought before, closing a circle, or long ago: none of them counts."""
    seen = Seen(
        {
            "Orders": orders("C1 2025-01-02", "C2 2026-03-05", "C3 2026-03-09", "C4 2026-03-10", "C8 2026-03-20"),
            "Referrals": referrals(
                "C1 C2 2026-03-01 invalid", "C1 C1 2026-03-01", "C1 C3 2026-03-02", "C4 C3 2026-03-03", "C4 C1 2026-03-04",
                "C3 C4 2026-03-05", "C1 C8 2025-01-15",
            ),
        }
    )  # fmt: skip
    march = seen.kpis("2026-03")
    assert seen.told() == [("W331", "D6"), ("W330", "C3"), ("W332", "C5")]
    assert (march["referral_success_rate"].numerator, march["referral_success_rate"].denominator) == (2, 2)  # C3 and C4
    assert march["referral_rate"].value == 2 / 4
    assert march["referred_customer_share"].value == 2 / 4  # C8 was referred more than churn_window_days before


def test_a_circle_loses_its_latest_referral() -> None:
    """Who was referred by somebody they had referred themselves does not count, and it is told."""
    seen = Seen(
        {
            "Orders": orders("C9 2026-05-01"),
            "Referrals": referrals("C1 C2 2026-03-01", "C2 C3 2026-03-02", "C3 C1 2026-03-03"),
        }
    )
    assert seen.told() == [("W333", "C4")]
    assert seen.kpis("2026-03")["referral_success_rate"].denominator == 2
    for language in ("zh", "en"):
        assert "…" not in sentence(seen.findings[0], language, where=False)


def test_the_first_order_names_who_was_referred() -> None:
    """Without a customer number the first order says who it was."""
    rows = referrals("C1 - 2026-03-01")
    rows[0]["first_order_id"] = "O1"
    seen = Seen({"Orders": orders("C1 2026-02-01", "C2 2026-03-20"), "Referrals": rows})
    assert seen.kpis("2026-03")["referral_success_rate"].value == 1.0


def test_merged_customers_cannot_refer_one_another() -> None:
    """Two numbers of one customer are one person: the referral is a self-referral, and does not count."""
    seen = Seen(
        {
            "Customers": [{"customer_id": "C1"}, {"customer_id": "C2", "merged_into": "C1"}],
            "Orders": orders("C1 2026-03-02"),
            "Referrals": referrals("C1 C2 2026-03-05"),
        }
    )
    assert ("W330", "C2") in seen.told()
    assert seen.kpis("2026-03")["referral_rate"].value == 0.0


def test_unknown_people_of_referrals_are_told() -> None:
    """Rule 1 holds for who refers and who is referred too."""
    seen = Seen({"Customers": [{"customer_id": "C1"}], "Referrals": referrals("C1 C8 2026-03-05", "C9 - 2026-03-06")})
    assert [each for each in seen.told() if each[0] == "W241"] == [("W241", "B3"), ("W241", "C2")]


@quick
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(-1, 6), st.integers(0, 9)), max_size=14),
    st.randoms(use_true_random=False),
)
def test_what_counts_makes_a_forest(made: list[tuple[int, int, int]], random: Any) -> None:
    """Each person is referred at most once and by nobody they brought; the order of rows with different days changes nothing."""
    made = [(a, b, day * 100 + number) for number, (a, b, day) in enumerate(made)]

    def counted(rows: list[tuple[int, int, int]]) -> set[tuple[int, int, int]]:
        columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
        again, circular = uncounted(*columns, np.zeros(len(rows), bool))
        out = again | circular | (columns[0] == columns[1])
        return {row for row, left in zip(rows, out, strict=True) if not left}

    kept = counted(made)
    brought = {b: a for a, b, _ in kept if b != NOBODY}
    assert len(brought) == sum(b != NOBODY for _, b, _ in kept)
    for person in brought:
        path = [person]
        while path[-1] in brought:
            path.append(brought[path[-1]])
            assert path[-1] not in path[:-1]
    assert counted(random.sample(made, len(made))) == kept


# A4


@pytest.mark.parametrize(
    ("what", "sheets", "expected"),
    [
        ("two referrals beside a nine", {"Referrals": referrals("C1 - 2026-03-01", "C1 - 2026-03-02")}, 83.0),
        ("more than the cap", {"Referrals": referrals(*(f"C1 - 2026-03-0{day}" for day in range(1, 6)))}, 93.0),
        ("no referral while referrals are kept", {"Referrals": referrals("C2 - 2026-03-01")}, 63.0),
        ("kept only later", {"Referrals": referrals("C2 - 2026-03-20")}, 90.0),
        ("no referral sheet", {}, 90.0),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_worked_examples_of_the_index(what: str, sheets: dict[str, Rows], expected: float) -> None:
    """kpis.md 10: 9 of 10 with two referrals is 0.83, without referral tracking 0.90; 0 only while referrals are kept."""
    seen = Seen({"Orders": orders("C9 2026-01-01"), "SurveyResponses": answers("C1 2026-03-10 9"), **sheets})
    found = seen.kpis("2026-03")["recommendation_index"]
    assert found.value == pytest.approx(expected), what
    assert found.n == 1


def test_referrals_alone_make_no_index() -> None:
    """kpis.md 10: two referrals and no rating is not scored; such customers are counted in the table beside it."""
    seen = Seen(
        {
            "Orders": orders("C9 2026-01-01"),
            "SurveyResponses": answers("C2 2026-03-10 9", "C3 2026-03-11 4", "C4 2026-03-12 10", "- 2026-03-12 10"),
            "Referrals": referrals("C1 - 2026-03-01", "C1 - 2026-03-02", "C2 - 2026-03-03", "C3 - 2024-03-01"),
        }
    )
    assert seen.kpis("2026-03")["recommendation_index"].n == 4
    assert seen.table("promise_kept", "2026-03") == [
        {
            "period": "2026-03",
            "promoters": 2,
            "promoters_referring": 1,
            "promise_kept": 0.5,
            "other_raters": 1,
            "others_referring": 0,  # two years ago
            "others_share": 0.0,
            "referrers_unrated": 1,
        }
    ]


def test_another_wording_makes_ratings_not_comparable() -> None:
    """Answers to versions with different wording give neither index nor intention."""
    sent = [
        {"invite_id": f"I{n}", "customer_id": f"C{n}", "survey_id": "S", "survey_version": f"v{n}", "sent_on": f"2026-03-0{n}", "wording_changed": n > 1}
        for n in (1, 2)
    ]  # fmt: skip
    said = answers("C1 2026-03-10 9 S", "C2 2026-03-10 9 S", invite_id=["I1", "I2"], repurchase_intent=[5.0, 5.0])
    seen = Seen({"SurveyInvitations": sent, "SurveyResponses": said, "Orders": orders("C1 2026-01-01")}).kpis("2026-03")
    assert seen["recommendation_index"].reason is seen["repurchase_intention"].reason is Reason.NOT_COMPARABLE


def test_a_referral_sheet_that_cannot_be_used_blocks_the_index() -> None:
    """Where Referrals came but cannot be read, the index is not quietly the rating alone."""
    seen = Seen(
        {
            "Orders": orders("C9 2026-01-01"),
            "SurveyResponses": answers("C1 2026-03-10 9"),
            "Referrals": referrals("C1 - 2026-03-01"),
        }
    )
    seen.sheets["Referrals"].blocked = True
    seen.prepared = prepare(seen.sheets, seen.settings, AS_OF)
    assert seen.kpis("2026-03")["recommendation_index"].reason is Reason.BLOCKED


@quick
@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(0, 6)), min_size=1, max_size=9),
    st.sampled_from([0.51, 0.7, 1.0]),
    st.integers(1, 4),
)
def test_the_rating_weighs_more_than_the_deed(raters: list[tuple[int, int]], weight: float, cap: int) -> None:
    """The index lies in 0 to 100, rises with ratings and referrals, and a whole scale of rating outweighs any number of referrals."""
    scores, made = ([each[n] for each in raters] for n in (0, 1))

    def index(scores: list[int], made: list[int]) -> float:
        return float(call("LOYALTY_RECOMMENDATION_INDEX", scores, made, weight, cap))

    found = index(scores, made)
    assert -1e-9 <= found <= 100 + 1e-9
    assert index(scores, [each + 1 for each in made]) >= found - 1e-9
    assert index([min(10, each + 1) for each in scores], made) >= found
    assert index([10] * len(made), [0] * len(made)) > index([0] * len(made), [99] * len(made))


def test_a_weight_of_one_half_is_refused() -> None:
    """The rating counts primarily: its weight must be more than one half."""
    assert call("LOYALTY_RECOMMENDATION_INDEX", [9], [2], 0.5).code == "#NUM!"


# A5


def test_intentions_on_their_own_scale() -> None:
    """The top two points of the scale mean yes: of 5, of 7, of 0 to 10; what lies outside its scale is no answer."""
    said = answers(
        *(f"C{n} 2026-03-10 -" for n in range(8)),
        repurchase_intent=[5.0, 4.0, 3.0, 6.0, 5.0, 9.0, 8.0, 7.0],
        intent_scale=[None, "1-5", "1-5", "1-7", "1-7", "0-10", "0-10", "1-5"],
    )
    found = Seen({"SurveyResponses": said, "Orders": orders("C1 2026-01-01")}).kpis("2026-03")["repurchase_intention"]
    assert (found.numerator, found.denominator) == (4, 7)


def test_intentions_are_kept_within_their_days() -> None:
    """Of intenders whose 180 days are over, those who bought on a later day within them; others are maturing."""
    said = answers(
        *(f"C{n} 2025-11-1{n} 8" for n in range(1, 6)), "C6 2026-04-01 8", "C7 2025-11-12 8", "- 2025-11-12 8",
        repurchase_intent=[5.0, 5.0, 4.0, 4.0, 2.0, 5.0, 5.0, 5.0],
    )  # fmt: skip
    bought = orders(
        "C1 2025-11-11",
        "C1 2026-05-10",
        "C2 2025-11-12",
        "C3 2026-05-13",
        "C4 2025-10-01",
        "C5 2025-12-01",
        "C6 2026-04-02",
    )
    seen = Seen({"SurveyResponses": said, "Orders": bought})
    found = seen.kpis("2025-11")["intention_kept"]
    assert (found.numerator, found.denominator) == (1, 5)  # C1 on the 180th day; C2 only on the day, C3 on the 181st
    assert seen.kpis("2026-04")["intention_kept"].reason is Reason.MATURING
    half = Seen({"SurveyResponses": said, "Orders": bought}, date(2026, 5, 12)).kpis("2025-11")["intention_kept"]
    assert (half.denominator, Flag.PARTIAL in half.flags) == (3, True)


# A7


def test_calls_back_in_time() -> None:
    """Detractors reached within the days, of those whose days are over; who was not reached is no contact; the median over those reached."""
    said = answers(
        *(f"C{n} 2026-03-0{n} {score}" for n, score in enumerate((3, 6, 0, 5, 9, 4), 1)), "C7 2026-06-28 2",
        follow_up_on=["2026-03-03", "2026-03-20", "2026-03-04", None, "2026-03-06", "2026-03-13", None],
        follow_up_result=["resolved", None, "联系不上", None, None, "已解释", None],
        recommend_reason=["slow", " ", "dear", None, "good", "late", None],
    )  # fmt: skip
    seen = Seen({"SurveyResponses": said})
    march = seen.kpis("2026-03")
    assert (march["closed_loop_rate"].numerator, march["closed_loop_rate"].denominator) == (
        2,
        5,
    )  # days 2 and 7, not 18
    assert (march["closed_loop_days"].value, march["closed_loop_days"].n) == (7.0, 3)
    assert march["detractor_reason_share"].value == 3 / 5
    june = seen.kpis("2026-06")
    assert june["closed_loop_rate"].reason is Reason.NO_DENOMINATOR  # three days ago
    assert june["closed_loop_days"].reason is Reason.NO_DENOMINATOR


def test_what_is_never_recorded_is_not_nothing_done() -> None:
    """A sheet without calls back or reasons gives no data, not 0 %."""
    march = Seen({"SurveyResponses": answers("C1 2026-03-01 3")}).kpis("2026-03")
    assert march["closed_loop_rate"].reason is march["detractor_reason_share"].reason is Reason.NO_DATA


def test_a_call_before_the_answer_is_no_call() -> None:
    """E334: the date is told and emptied."""
    seen = Seen(
        {"SurveyResponses": answers("C1 2026-03-05 3", "C2 2026-03-05 3", follow_up_on=["2026-03-01", "2026-03-05"])}
    )
    assert seen.told() == [("E334", "F2")]
    assert seen.kpis("2026-03")["closed_loop_rate"].value == 0.5


def test_recovery_is_seen_in_the_next_wave() -> None:
    """Former detractors who are none now, of those who answered again; a second answer to the same wave is no new asking."""
    said = answers(
        "C1 2025-12-01 3 W1", "C2 2025-12-01 5 W1", "C3 2025-12-01 6 W1", "C4 2025-12-01 9 W1", "C5 2025-12-01 2 W1", "C5 2025-12-03 4 W1",
        "C1 2026-06-01 8 W2", "C2 2026-06-01 4 W2", "C4 2026-06-01 3 W2", "C5 2026-06-01 10 W2",
    )  # fmt: skip
    seen = Seen({"SurveyResponses": said})
    found = seen.kpis("2026-06")["detractor_recovery_rate"]
    assert (found.numerator, found.denominator) == (2, 3)
    assert seen.kpis("2025-12")["detractor_recovery_rate"].reason is Reason.NO_DENOMINATOR
    first = seen.table("closed_loop", "2025-12")[0]
    assert [first[name] for name in ("detractors", "answered_again", "answered_again_share", "recovered", "recovered_share")] == [
        4, 3, 0.75, 2, 2 / 3,
    ]  # fmt: skip
    assert (first["with_reason"], first["contacted_in_time"], first["median_days"]) == (None, None, None)


# A9, A10


def test_promoters_who_joined() -> None:
    """Promoters with an event or a community in the 12 months up to the end of the period, of promoters who are known."""
    seen = Seen(
        {
            "Orders": orders("C1 2026-01-01"),
            "SurveyResponses": answers(
                "C1 2026-03-01 9", "C2 2026-03-01 10", "C3 2026-03-01 9", "C4 2026-03-01 7", "- 2026-03-01 9"
            ),
            "BrandEngagement": engagements(
                "C1 2025-05-01 event",
                "C2 2025-03-31 community",
                "C3 2026-03-05 content",
                "C4 2026-03-05 event",
                "- 2026-03-05 event",
            ),
        }
    )
    found = seen.kpis("2026-03")["promoter_activation_rate"]
    assert (found.numerator, found.denominator) == (1, 3)


def test_engagement_of_the_base() -> None:
    """Customers of the base with an engagement; a follow undone in the period is none, staff who never bought are not in it."""
    seen = Seen(
        {
            "Orders": orders("C1 2026-01-01", "C2 2026-01-02", "C3 2026-01-03", "C4 2026-01-04", "C5 2024-01-04"),
            "BrandEngagement": engagements(
                "C1 2026-03-02 follow", "C1 2026-03-20 unfollow", "C2 2026-03-20 unfollow", "C2 2026-03-21 follow", "C3 2026-03-05 content",
                "C3 2026-03-06 event", "C4 2026-03-31 follow", "C4 2026-04-01 unfollow", "C5 2026-03-05 event", "STAFF 2026-03-05 content",
                "- 2026-03-07 event",
            ),
        }
    )  # fmt: skip
    march, year = seen.kpis("2026-03")["engagement_rate"], seen.kpis("2026-Q2")["engagement_rate"]
    assert (march.numerator, march.denominator) == (3, 4)  # C2, C3, C4: in April's eyes C4 has gone, in March's not
    assert year.value == 0.0
    assert seen.kpis("2026-H1")["engagement_rate"].numerator == 2
    assert seen.table("engagement_mix", "2026-03", "2026-04") == [
        {
            "period": "2026-03",
            "base": 4,
            "engaged": 3,
            "engaged_share": 0.75,
            "content": 1,
            "follow": 2,
            "community": 0,
            "event": 1,
            "weight_per_customer": 10 / 4,
        }
    ]


def test_a_follow_ends_with_the_next_unfollow() -> None:
    """The month of the customer's next unfollow, the same day included; another's unfollow ends nothing."""
    who, days = np.array([1, 1, 1, 2, 1]), np.array([10, 45, 50, 60, 70])
    kinds = np.array(["follow", "unfollow", "follow", "unfollow", "content"], dtype=object)
    assert undone_months(who, days, kinds).tolist() == [1970 * 12 + 1, NEVER, NEVER, NEVER, NEVER]


# the survey itself


def test_an_answer_without_the_question_takes_no_answers_place() -> None:
    """A later answer that leaves the recommendation out does not displace the earlier one, nor the other way round."""
    said = answers(
        "C1 2026-03-01 9", "C1 2026-03-05 -", "C1 2026-03-06 -", "C2 2026-03-01 3", "C2 2026-03-02 9",
        csat_overall=[2.0, 5.0, None, None, None],
        repurchase_intent=[5.0, None, 1.0, None, None],
    )  # fmt: skip
    latest, first = (
        Seen({"SurveyResponses": said}, nps_dup_policy=policy).kpis("2026-03") for policy in ("latest", "first")
    )
    assert (latest["nps"].value, latest["nps"].n) == (100.0, 2)
    assert (latest["csat"].value, latest["csat"].n) == (5.0, 1)
    assert (latest["repurchase_intention"].value, latest["repurchase_intention"].n) == (0.0, 1)
    assert (first["nps"].value, first["csat"].value, first["repurchase_intention"].value) == (0.0, 2.0, 1.0)


def test_segments_of_who_refers_and_answers() -> None:
    """Referrals belong to the referrer's region, engagement and new customers to their own."""
    people = [{"customer_id": f"C{n}", "region_id": "NORTH" if n < 3 else "SOUTH"} for n in range(1, 6)]
    seen = Seen(
        {
            "Customers": people,
            "Orders": orders("C1 2026-03-01", "C2 2026-03-02", "C3 2026-03-03", "C4 2026-03-20"),
            "Referrals": referrals("C1 C4 2026-03-10"),
            "BrandEngagement": engagements("C3 2026-03-02 event"),
        }
    ).kpis("2026-03", ("all", "region"))
    assert (seen["referral_rate|NORTH"].value, seen["referral_rate|SOUTH"].value) == (0.5, 0.0)
    assert (seen["referred_customer_share|NORTH"].value, seen["referred_customer_share|SOUTH"].value) == (0.0, 0.5)
    assert (seen["engagement_rate|NORTH"].value, seen["engagement_rate|SOUTH"].value) == (0.0, 0.5)


# formulas


def test_formulas_give_what_the_pipeline_gives() -> None:
    """On the same rows, worksheet functions and a refresh give the same numbers."""
    scores, who = [9, 3, 10, 6, 5], ["C1", "C2", "C3", "C4", "C5"]
    days, called = ["2026-03-01"] * 5, [None, "2026-03-03", None, "2026-03-20", None]
    reasons, intents = [None, "slow", None, None, "dear"], [5.0, 1.0, 4.0, 3.0, 2.0]
    more = {"follow_up_on": called, "recommend_reason": reasons, "repurchase_intent": intents}
    said = answers(*(f"{a} {b} {c}" for a, b, c in zip(who, days, scores, strict=True)), **more)
    made = ["C1 C9 2026-02-01", "C1 - 2026-02-03", "C5 - 2026-03-01"]
    bought = ["C1 2026-01-05", "C2 2026-02-06", "C9 2026-02-20", "C3 2026-06-30"]
    done = ["C1 2026-02-02 event", "C3 2026-05-01 content", "C9 2026-05-02 follow"]
    sheets = {
        "SurveyResponses": said,
        "Referrals": referrals(*made),
        "Orders": orders(*bought),
        "BrandEngagement": engagements(*done),
    }
    found = Seen(sheets).kpis("all" if CALENDAR.parse("all") else "2026-H1")
    dates = [date.fromisoformat(day) for day in days]
    reached = [date.fromisoformat(day) if day else None for day in called]
    referrer, referee, referred = (
        [each.split()[n].replace("-", "") if n < 2 else date.fromisoformat(each.split()[n]) for each in made]
        for n in range(3)
    )
    buyer, ordered = [each.split()[0] for each in bought], [date.fromisoformat(each.split()[1]) for each in bought]
    engaged = (
        [each.split()[0] for each in done],
        [date.fromisoformat(each.split()[1]) for each in done],
        [each.split()[2] for each in done],
    )
    amounts = [100.0] * len(bought)
    formulas = {
        "referral_rate": call("LOYALTY_REFERRAL_RATE", referrer, buyer),
        "referral_success_rate": call("LOYALTY_REFERRAL_SUCCESS_RATE", referrer, referee, referred, buyer, ordered, amounts),
        "referred_customer_share": call("LOYALTY_REFERRED_CUSTOMER_SHARE", buyer, ordered, amounts, referrer, referee, referred),
        "recommendation_index": call("LOYALTY_RECOMMENDATION_INDEX", scores, [2, 0, 0, 0, 1]),
        "repurchase_intention": call("LOYALTY_REPURCHASE_INTENTION", intents),
        "closed_loop_rate": call("LOYALTY_CLOSED_LOOP_RATE", scores, dates, reached),
        "closed_loop_days": call("LOYALTY_CLOSED_LOOP_DAYS", scores, dates, reached),
        "detractor_reason_share": call("LOYALTY_DETRACTOR_REASON_SHARE", scores, reasons),
        "promoter_activation_rate": call("LOYALTY_PROMOTER_ACTIVATION_RATE", who, dates, scores, *engaged),
        "engagement_rate": call("LOYALTY_ENGAGEMENT_RATE", *engaged, buyer, ordered, amounts),
    }  # fmt: skip
    assert {key: found[key].value for key in formulas} == {key: pytest.approx(value) for key, value in formulas.items()}
    assert call("LOYALTY_DETRACTOR_RECOVERY_RATE", [3, 5, 6, 9, 4], [8, 4, None, 3, 10]) == 2 / 3


def test_the_sample_company_feeds_everything(made_demo: Path) -> None:
    """In the sample company each of these has a value, and the referrals break no rule."""
    inputs = gather(made_demo / "scorecard.xlsx", today=TODAY)
    sheets, findings = check(inputs, TODAY)
    assert not [each for each in findings if each.code in {"W330", "W331", "W332", "W333", "E334"}]
    end, chosen = date(2026, 8, 1), inputs.settings.at(TODAY)
    made = prepare(sheets, chosen, end)
    situation = Situation(made.ready, chosen, CALENDAR, coverage(sheets, end, CALENDAR), end)
    month = CALENDAR.parse("2026-07")
    lines = {
        each.kpi.key: each for each in score([KPIS[key] for key in KEYS], _aims(month), month, situation, made.waves).lines
    }
    assert set(lines) == set(KEYS)
    assert {key for key, each in lines.items() if each.result.value is None} == set()
    months = periods_between(Cycle.MONTH, made.first_month, made.ready.last_month, CALENDAR)
    for key in ("promise_kept", "closed_loop", "engagement_mix"):
        rows = catalogue.LISTINGS[key].function(made.ready, chosen, months)
        assert len(rows) > 5
        assert json.dumps(rows, allow_nan=False)


def _aims(month: Any) -> list[Target]:
    """A target for each, so that the Scorecard shows it."""
    return [Target(key, month, 1.0) for key in KEYS]
