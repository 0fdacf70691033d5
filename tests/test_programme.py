"""The loyalty programme: members, points and liability, by hand, by law, and through sheets."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl import library
from loyalty_xl.evaluating import Situation, evaluate
from loyalty_xl.findings import sentence
from loyalty_xl.formulas import call
from loyalty_xl.inputs import gather
from loyalty_xl.pipeline import check
from loyalty_xl.preparing import newest_date, prepare
from loyalty_xl.rows.programme import ADJUST, EARN, EXPIRE, REDEEM, REVERSE, first_in_first_out
from loyalty_xl.turns import cycle_turn, rolling_turn
from loyalty_xl.vocabulary import Calendar, Reason, Window
from tests.conftest import TODAY

KEYS = (
    "enrolment_rate",
    "active_member_share",
    "points_per_spend",
    "redemption_rate",
    "points_liability",
    "member_repeat_lift",
)
CUSTOMERS = """
customer_id,acquired_on,member
C1,2025-01-01,yes
C2,2025-01-01,yes
C3,2025-01-01,no
C4,2025-01-01,
C5,2025-01-01,
C6,2025-01-01,yes
"""
ORDERS = """
order_id,customer_id,order_date,amount,order_type,original_order_id
O1,C1,2025-01-05,1000,sale,
O2,C1,2025-02-05,500,sale,
O3,C2,2025-02-10,800,sale,
O4,C3,2025-02-11,300,sale,
O5,C3,2025-03-11,300,sale,
O6,C4,2025-03-15,200,sale,
O7,C5,2025-03-20,100,sale,
R1,C2,2025-03-25,-200,refund,O3
O8,C5,2025-12-20,100,sale,
"""
LEDGER = """
entry_id,customer_id,on,kind,points,order_id
L1,C1,2025-01-05,earn,100,O1
L2,C1,2025-02-05,earn,50,O2
L3,C2,2025-02-10,earn,80,O3
L4,C1,2025-03-01,redeem,-120,
L5,C2,2025-03-25,reverse,20,R1
L6,C4,2025-03-15,earn,20,O6
L7,C1,2025-12-31,expire,10,
"""


@pytest.fixture
def year(company):
    """A year of four members (C4 by its points, C6 without a purchase) and two others."""
    made = company(
        Customers=CUSTOMERS,
        Orders=ORDERS,
        LoyaltyLedger=LEDGER,
        set={"cycle_type": "year", "point_value": "0.1", "breakage": "20%", "min_base_rate": "1"},
        period="2025",
        as_of=date(2026, 1, 1),
    )
    return made, {each.kpi: each for each in made.results if each.id.endswith("|2025|All")}


def test_a_programme_counted_by_hand(year):
    """Each KPI of the programme is what paper and pencil give."""
    made, results = year
    assert not [each for each in made.findings if each.code[1:3] == "34"]
    assert (results["enrolment_rate"].numerator, results["enrolment_rate"].denominator) == (
        3,
        5,
    )  # C1, C2, C4 of C1 to C5
    assert (results["active_member_share"].numerator, results["active_member_share"].denominator) == (3, 4)  # not C6
    assert results["points_per_spend"].value == pytest.approx(250 / (1500 + 600 + 200))
    # earned 250: 120 of C1's redeemed, 10 expired, 20 of C2's taken back
    assert results["redemption_rate"].value == pytest.approx(120 / (250 - 10 - 20))
    assert results["points_liability"].value == pytest.approx((20 + 60 + 20) * 0.1 * 0.8)
    assert results["points_liability"].n == 3
    # members C1 (twice), C2, C4; others C3 and C5, both twice
    assert results["member_repeat_lift"].value == pytest.approx(1 / 3 - 1)


def test_the_same_through_formulas(year):
    """Worksheet functions over the same raw rows give the pipeline's values."""
    _, results = year
    ledger = [line.split(",") for line in LEDGER.strip().split("\n")[1:]]
    orders = [line.split(",") for line in ORDERS.strip().split("\n")[1:]]
    _, who, on, kind, points, order, *_ = ([[cell] for cell in column] for column in zip(*ledger, strict=True))
    points = [[float(cell)] for (cell,) in points]
    ids, order_ids = [[row[1]] for row in orders[:7]] + [["C5"]], [[row[0]] for row in orders[:7]] + [["O8"]]
    members = [["C1"], ["C2"], ["C4"], ["C6"]]
    given = {
        "enrolment_rate": ([["C1"], ["C2"], ["C3"], ["C4"], ["C5"]], [[True], [True], [False], [True], [None]]),
        "active_member_share": (members, ids),
        "points_per_spend": (
            [[100], [50], [80], [20]],
            [[float(row[3])] for row in orders if row[1] in {"C1", "C2", "C4"}],
        ),
        "redemption_rate": (who, on, kind, points, order),
        "points_liability": (who, kind, points, 0.1, 0.2),
        "member_repeat_lift": (ids, order_ids, members),
    }
    for key, cells in given.items():
        assert call(f"LOYALTY_{key.upper()}", *cells) == pytest.approx(results[key].value), key
    assert call(
        "LOYALTY_REDEMPTION_RATE", who, on, kind, points, order, date(2025, 2, 1), date(2025, 3, 1)
    ) == pytest.approx(20 / (130 - 10 - 20))


def test_points_are_worth_nothing_until_a_value_is_set(company):
    """Without `point_value` the liability is no_data, not 0; without members or ledger so is everything of the programme."""
    made = company(
        Orders=ORDERS, LoyaltyLedger=LEDGER, set={"cycle_type": "year"}, period="2025", as_of=date(2026, 1, 1)
    )
    results = {each.kpi: each for each in made.results if each.id.endswith("|2025|All")}
    assert results["points_liability"].reason is Reason.NO_DATA
    assert results["enrolment_rate"].value == pytest.approx(3 / 5)  # whoever has points is a member
    bare = company(Orders=ORDERS, set={"cycle_type": "year"}, period="2025", as_of=date(2026, 1, 1))
    results = {each.kpi: each for each in bare.results if each.id.endswith("|2025|All")}
    assert {results[key].reason for key in KEYS} == {Reason.NO_DATA}


def test_nobody_to_divide_by():
    """Points that all expired, and members who spent nothing, leave no denominator."""
    gone = call(
        "LOYALTY_REDEMPTION_RATE", [["A"], ["A"]], [["2025-01-01"], ["2025-02-01"]], [["earn"], ["expire"]], [[5], [5]]
    )
    assert gone.code == "#DIV/0!"
    assert call("LOYALTY_POINTS_PER_SPEND", [[5]], [[0]]).code == "#DIV/0!"
    assert call("LOYALTY_MEMBER_REPEAT_LIFT", [["A"], ["A"]], [["1"], ["2"]], [["A"]]).code == "#DIV/0!"  # no others


def used_of(*entries: tuple[int, float, int, int]) -> np.ndarray:
    """What became of entries (customer, points, kind, order)."""
    return first_in_first_out(
        *(
            np.array(column, dtype)
            for column, dtype in zip(zip(*entries, strict=True), (np.int64, float, np.int64, np.int64), strict=True)
        )
    )


def test_forty_percent():
    """10,000 earned, 1,000 expired, 500 reversed, 3,400 redeemed: 40.0 % (L4)."""
    used = used_of((0, 10_000, EARN, 1), (0, -500, REVERSE, 1), (0, -1_000, EXPIRE, -1), (0, -3_400, REDEEM, -1))
    assert used[0].tolist() == [0, 0, 500, 1000, 3400]
    kinds = [["earn"], ["reverse"], ["expire"], ["redeem"]]
    dates = [[f"2025-0{month}-01"] for month in range(1, 5)]
    rate = call("LOYALTY_REDEMPTION_RATE", [["A"]] * 4, dates, kinds, [[10_000], [500], [1_000], [3_400]])
    assert rate == pytest.approx(0.4)


def test_the_oldest_points_go_first():
    """Redemptions use the oldest points; a refund takes back the points of its order; adjusted points are used and no one's issue."""
    used = used_of(
        (0, 100, ADJUST, -1), (0, 50, EARN, 7), (0, 80, EARN, 8), (0, -60, REVERSE, 8), (0, -120, REDEEM, -1), (0, -500, EXPIRE, -1),
        (1, 30, EARN, 8), (1, -10, REVERSE, 8),
    )  # fmt: skip
    assert used[:, REDEEM].tolist() == [100, 20, 0, 0, 0, 0, 0, 0]
    assert used[:, EXPIRE].tolist() == [0, 30, 20, 0, 0, 0, 0, 0]  # 450 of the 500 were never there
    assert used[:, REVERSE].tolist() == [0, 0, 60, 0, 0, 0, 10, 0]


entries = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(1, 40),
        st.sampled_from([EARN, ADJUST, REVERSE, EXPIRE, REDEEM]),
        st.integers(-1, 3),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(entries)
def test_points_are_neither_made_nor_lost(some):
    """What is used up of a customer's points is what was issued or what was taken, whichever is less, and no lot gives more than it held."""
    ordered = sorted(some, key=lambda each: each[0])
    signed = [(who, size if kind <= ADJUST else -size, kind, order) for who, size, kind, order in ordered]
    used = used_of(*signed)
    who, points = (np.array([each[at] for each in signed], float) for at in (0, 1))
    assert (used.sum(axis=1) <= np.clip(points, 0, None) + 1e-9).all()
    for customer in set(who.tolist()):
        mine = points[who == customer]
        least = min(mine[mine > 0].sum(), -mine[mine < 0].sum())
        assert used[who == customer].sum() == pytest.approx(least)


BAD = """
entry_id,customer_id,on,kind,points,order_id
L1,C1,2025-01-05,earn,100,O1
L2,C1,2025-02-06,redeem,150,
L3,C2,2025-02-01,redeem,40,
L4,C2,2025-02-10,earn,80,O3
L5,C2,2025-02-20,redeem,80,
L6,C2,2025-03-25,reverse,20,R1
L7,C3,2025-02-11,earn,30,O99
L8,C3,2025-03-11,redeem,30,
L9,C4,2025-03-15,earn,20,O6
"""
BACK = "\nR2,C4,2025-03-30,-50,refund,O6\n"


def test_a_ledger_that_does_not_add_up(company):
    """Rule 13, each fault at its cell: more than there was, never issued, no such order, owed after a refund, refunded and kept."""
    made = company(Orders=ORDERS.rstrip() + BACK, LoyaltyLedger=BAD, set={"cycle_type": "year"}, period="2025")
    found = {each.code: each for each in made.findings if each.code[1:3] == "34"}
    assert {code: (each.cell or each.cells[0], each.count) for code, each in found.items()} == {
        "E345": ("E3", 1),
        "E346": ("E4", 1),
        "E347": ("F8", 1),
        "W348": ("E7", 1),
        "W349": ("F10", 1),
    }
    assert "150" in sentence(found["E345"], "en")
    assert "100" in sentence(found["E345"], "zh")
    ledger = made.sheets["LoyaltyLedger"]
    assert ledger.frame["entry_id"].astype(str).tolist() == ["L1", "L4", "L5", "L6", "L7", "L8", "L9"]
    assert ledger.frame["order_id"].isna().tolist() == [False, False, True, False, True, True, False]


@pytest.fixture(scope="module")
def sample(made_demo):
    """Results of the programme for the sample company in July 2026, and what was found in its ledger."""
    inputs = gather(made_demo / "scorecard.xlsx", today=TODAY)
    sheets, findings = check(inputs, TODAY)
    as_of = newest_date(sheets) + timedelta(1)
    in_force = inputs.settings.at(as_of - timedelta(1))
    ready = prepare(sheets, in_force, as_of).ready
    from loyalty_xl.coverage import coverage

    situation = Situation(ready, in_force, Calendar(), coverage(sheets, as_of, Calendar()), as_of)
    july = Calendar().parse("2026-07")
    turns = [cycle_turn(july), rolling_turn(july)]
    kpis = [library.load()[key] for key in KEYS]
    found = [each for each in findings if each.code[1:3] == "34"]
    return evaluate(kpis, turns, situation, ("all", "region", "tier")), found


def test_the_sample_company_has_every_kpi_of_the_programme(sample):
    """For July and the 12 months to it there is a value for All, and regions add up where they part the customers."""
    results, found = sample
    assert found == []
    for key in KEYS:
        for window in (Window.CYCLE, Window.ROLLING_12M):
            (one,) = [each for each in results if (each.kpi, each.window, each.segment_dim) == (key, window, "all")]
            assert one.value is not None, (key, window, one.reason)
    owed = [each for each in results if each.kpi == "points_liability" and each.window is Window.CYCLE]
    by_dim = {dim: sum(each.value for each in owed if each.segment_dim == dim) for dim in ("all", "region", "tier")}
    assert by_dim["region"] == pytest.approx(by_dim["all"])
    assert by_dim["tier"] == pytest.approx(by_dim["all"])
    members = {each.segment_dim: 0.0 for each in results}
    for each in results:
        if each.kpi == "active_member_share" and each.window is Window.ROLLING_12M:
            members[each.segment_dim] += each.numerator
    assert members["all"] == members["region"] == members["tier"]
