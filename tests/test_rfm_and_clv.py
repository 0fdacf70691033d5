"""RFM and predicted CLV: worked examples, published parameters, laws, and formulas beside the pipeline."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty_xl import catalogue, library
from loyalty_xl.formulas import call
from loyalty_xl.formulas.examples import TABLES
from loyalty_xl.formulas.frames import Bought, Span, days_of
from loyalty_xl.preparing import prepare
from loyalty_xl.publish.table_words import COLUMNS, VALUES
from loyalty_xl.settings import Settings
from loyalty_xl.studies.predicted_clv import forecasts, histories
from loyalty_xl.studies.purchase_models import NotIdentified, fit_buying, fit_spending
from loyalty_xl.studies.rfm import GROUP_NAMES, GROUPS, SCORED, quantile_scores, scored
from loyalty_xl.vocabulary import Reason
from tests.conftest import REAL_DATA

library.load()
KEYS = ("rfm", "rfm_groups", "predicted_clv", "predicted_clv_fit")
WHO, WHEN, PAID = (TABLES["Buyers"][name] for name in ("buyer_ids", "buyer_dates", "buyer_amounts"))


def ready_of(who, when, paid, in_force, as_of=None):
    """Frames of order rows."""
    days = days_of(np.array(when, "datetime64[D]"))
    bought = Bought(np.array(who, object), days, None, np.array(paid, float))
    return bought.ready(in_force, Span((as_of,)) if as_of else Span(), as_of)


def listed(key, who=WHO, when=WHEN, paid=PAID, **changed):
    """A listing over order rows."""
    in_force = Settings(**changed)
    return catalogue.LISTINGS[key].function(ready_of(who, when, paid, in_force), in_force, [])


# ---- RFM


def test_equal_values_share_a_score():
    """Frequencies 1, 1, 1, 1, 2, 3, 5, 8, 13, 20 score 2, 2, 2, 2, 3, 3, 4, 4, 5, 5: average rank, then up to the next fifth (G20)."""
    assert quantile_scores(np.array([1, 1, 1, 1, 2, 3, 5, 8, 13, 20])).tolist() == [2, 2, 2, 2, 3, 3, 4, 4, 5, 5]
    assert quantile_scores(np.array([7.0])).tolist() == [5]
    assert quantile_scores(np.arange(100), 10).tolist() == [each // 10 + 1 for each in range(100)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-5, 20), min_size=1, max_size=40), st.randoms())
def test_scores_follow_the_values(values, chance):
    """Equal values have equal scores, higher values no lower ones, in whatever order the customers stand."""
    score = dict(zip(values, quantile_scores(np.array(values)).tolist(), strict=True))
    ordered = [score[each] for each in sorted(score)]
    assert ordered == sorted(ordered)
    assert set(ordered) <= {1, 2, 3, 4, 5}
    shuffled = values.copy()
    chance.shuffle(shuffled)
    assert quantile_scores(np.array(shuffled)).tolist() == [score[each] for each in shuffled]


def test_recency_is_scored_the_other_way_round():
    """Few days since the last purchase score high; high and low scores make one of eight named groups."""
    made = scored(np.array([1, 10, 100, 200, 300]), np.array([9, 7, 1, 5, 1]), np.array([10.0, 900, 5, 800, 1]))
    assert made["recency_score"].tolist() == [5, 4, 3, 2, 1]
    assert made["frequency_score"].tolist() == [5, 4, 2, 3, 2]
    assert made["spend_score"].tolist() == [3, 5, 2, 4, 1]
    assert made["rfm_group"].tolist() == [
        "general_value",
        "important_value",
        "general_win_back",
        "important_win_back",
        "general_win_back",
    ]
    assert set(GROUPS.values()) == set(GROUP_NAMES)


def test_rfm_of_a_list_is_that_of_the_pipeline(small):
    """LOYALTY_RFM over the orders of a company gives the customers, scores and money that the refresh's table counts."""
    rows = small.sheets["Orders"].frame
    rows = rows[rows["customer_id"].notna()]
    kept = rows[~rows["order_id"].isin(["O08", "R01"])]  # sent back whole: no occasion, which a formula cannot see
    cells = [[[each] for each in kept[name].tolist()] for name in ("customer_id", "order_date", "amount")]
    head, *table = call("LOYALTY_RFM", *cells, date(2026, 4, 1))
    assert head[:4] == ["customer_id", "recency_days", "frequency", "spend"]
    assert [row[0] for row in table] == sorted(row[0] for row in table)
    found: dict[tuple[int, ...], list[float]] = {}
    for row in table:
        count = found.setdefault(tuple(row[4:7]), [0, 0.0])
        count[0], count[1] = count[0] + 1, count[1] + row[3]
    in_force = small.settings.replace(occasion_unit="day")  # a formula knows days, not orders
    ready = prepare(small.sheets, in_force, date(2026, 4, 1)).ready
    of_pipeline = {
        tuple(row[name] for name in SCORED): [row["customers"], row["revenue"]]
        for row in catalogue.LISTINGS["rfm"].function(ready, in_force, [])
    }
    assert found == of_pipeline
    assert sum(row["customers"] for row in small.tables["rfm"]) == len(table) == 11  # C12 never bought
    by_customer = {row[0]: row for row in table}
    assert by_customer["C01"][1:4] == [30, 5, 5700.0]


def test_rfm_groups_are_all_customers():
    """Customers and revenue of the groups are those of all customers, and shares sum to 1."""
    cells, groups = listed("rfm"), listed("rfm_groups")
    for name in ("customers", "revenue"):
        assert sum(row[name] for row in cells) == pytest.approx(sum(row[name] for row in groups))
    assert sum(row["customers"] for row in cells) == len(set(WHO))
    assert sum(row["customer_share"] for row in groups) == pytest.approx(1)
    assert sum(row["revenue_share"] for row in groups) == pytest.approx(1)


def test_as_of_leaves_later_orders_out():
    """Rows from as_of on do not count, and days are counted to it."""
    cells = ([["A"], ["A"], ["B"]], [["2025-01-01"], ["2025-03-01"], ["2025-01-11"]], [[10], [20], [5]])
    assert [row[:4] for row in call("LOYALTY_RFM", *cells, date(2025, 2, 1))[1:]] == [["A", 31, 1, 10], ["B", 21, 1, 5]]
    assert call("LOYALTY_RFM", *cells, date(2024, 1, 1)).code == "#N/A"


# ---- predicted CLV


@pytest.fixture(scope="module")
def cdnow():
    """The CDNOW sample of Fader, Hardie & Lee 2005: 2,357 customers, calibrated on the 39 weeks to 30 September 1997."""
    file: Path = REAL_DATA / "cdnow_sample.csv"
    if not file.is_file():
        pytest.skip("the published data sets are not beside this checkout")
    rows = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    when = np.array([f"{row[2][:4]}-{row[2][4:6]}-{row[2][6:]}" for row in rows], "datetime64[D]")
    in_force = Settings(zero_value_orders="count")
    ready = ready_of([row[1] for row in rows], when, [float(row[4]) for row in rows], in_force, date(1997, 10, 1))
    return ready, in_force


@pytest.mark.real_data
def test_parameters_are_the_published_ones(cdnow):
    """BG/NBD 0.243, 4.414, 0.793, 2.426 and gamma-gamma 6.25, 3.74, 15.44; 946 repeaters with a mean spend of 35.08."""
    table, forecast = histories(*cdnow), forecasts(*cdnow)
    buying, spending = forecast.buying, forecast.spending
    assert len(table) == 2357
    repeaters = table[table["x"] > 0]
    assert (len(repeaters), round(repeaters["spend"].mean(), 2)) == (946, 35.08)
    assert (buying.r, buying.alpha, buying.a, buying.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=0.001)
    assert (spending.p, spending.q, spending.v) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert abs(forecast.correlation) < 0.3
    expected = buying.expected(39.0, *(np.array([each]) for each in (2.0, 30.43, 38.86)))
    assert expected.item() == pytest.approx(1.226, abs=0.001)


@pytest.mark.real_data
def test_predictions_are_those_of_another_program(cdnow):
    """Sums over all customers agree with lifetimes 0.11.3 on the same data: purchases in 39 weeks, customers alive, mean spend."""
    table, forecast = histories(*cdnow), forecasts(*cdnow)
    x, recency, age = (table[name].to_numpy() for name in ("x", "recency", "age"))
    assert forecast.buying.expected(39.0, x, recency, age).sum() == pytest.approx(1653.4087, rel=1e-5)
    assert forecast.buying.alive(x, recency, age).sum() == pytest.approx(1917.2777, rel=1e-5)
    assert forecast.table["expected_spend"].mean() == pytest.approx(35.2523, rel=1e-5)


def test_expected_purchases_are_an_integral():
    """E[Y(t)] of a customer without repeats is the mean over the rates and the chances to leave that such a customer may have."""
    from loyalty_xl.studies.purchase_models import Buying

    model = Buying(0.6, 5.0, 1.7, 3.0)
    chance = np.random.default_rng(3)
    rate = chance.gamma(model.r, 1 / (model.alpha + 20.0), 400_000)  # given no purchase in 20
    leaves = chance.beta(model.a, model.b, 400_000)
    mean = ((1 - np.exp(-rate * leaves * 30.0)) / leaves).mean()
    got = model.expected(30.0, np.zeros(1), np.zeros(1), np.array([20.0])).item()
    assert got == pytest.approx(mean, rel=0.02)  # the draws' own error


def test_amounts_times_k_are_values_times_k():
    """All amounts times k multiply spend and value by k; parameters of purchases, and shares, stay (law b)."""
    one, many = listed("predicted_clv"), listed("predicted_clv", paid=[1000 * each for each in PAID])
    for before, after in zip(one, many, strict=True):
        for name in ("alive_share", "expected_purchases"):
            assert after[name] == pytest.approx(before[name])
        for name in ("expected_spend", "value_per_customer", "total_value"):
            assert after[name] == pytest.approx(1000 * before[name], rel=1e-4)  # the search ends at five digits


def test_order_and_split_days_do_not_matter():
    """Rows in another order, and a purchase entered as two orders of the same day, change nothing (law a, customer-days)."""
    rows = list(zip(WHO, WHEN, PAID, strict=True))
    split = [*rows[::-1][:-1], (rows[0][0], rows[0][1], rows[0][2] - 30), (rows[0][0], rows[0][1], 30)]
    other = list(zip(*split, strict=True))
    for before, after in zip(listed("predicted_clv"), listed("predicted_clv", *other), strict=True):
        assert after == {
            name: pytest.approx(value) if isinstance(value, float) else value for name, value in before.items()
        }


def test_tenths_are_all_customers_and_fall():
    """Tenths by value partition the customers and their value; a longer horizon is worth more, a rate and a margin less."""
    whole, *tenths = listed("predicted_clv")
    assert (whole["segment_dim"], {row["segment_dim"] for row in tenths}) == ("all", {"decile"})
    assert sum(row["customers"] for row in tenths) == whole["customers"] == 60
    assert sum(row["total_value"] for row in tenths) == pytest.approx(whole["total_value"])
    values = [row["value_per_customer"] for row in tenths]
    assert values == sorted(values, reverse=True)
    base = whole["total_value"]
    assert listed("predicted_clv", clv_horizon_months=24)[0]["total_value"] > base
    assert listed("predicted_clv", clv_discount_monthly=0.05)[0]["total_value"] < base
    assert listed("predicted_clv", margin_rate=0.4)[0]["total_value"] == pytest.approx(0.4 * base)
    undiscounted = listed("predicted_clv", clv_discount_monthly=0.0)[0]
    assert undiscounted["total_value"] > base


def test_nothing_is_predicted_where_nothing_can_be():
    """Too few repeat customers, all alike, or spend without a mean: blank and `not_identified`, never 0."""
    few = listed("predicted_clv", WHO[:60], WHEN[:60], PAID[:60])
    assert [row["segment_dim"] for row in few] == ["all"]
    assert few[0]["reason"] == Reason.NOT_IDENTIFIED.value
    assert {
        few[0][name]
        for name in ("alive_share", "expected_purchases", "expected_spend", "value_per_customer", "total_value")
    } == {None}
    said = {row["parameter"]: row["remark"] for row in listed("predicted_clv_fit", WHO[:60], WHEN[:60], PAID[:60])}
    assert said["r"] == said["p"] == Reason.NOT_IDENTIFIED.value
    cells = [[[each] for each in column[:60]] for column in (WHO, WHEN, PAID)]
    assert call("LOYALTY_PREDICTED_CLV", *cells).code == "#N/A"
    with pytest.raises(NotIdentified):
        fit_buying(np.ones(300), np.full(300, 3.0), np.linspace(26, 52, 300))
    with pytest.raises(NotIdentified):
        fit_spending(np.full(400, 3.0), np.random.default_rng(5).pareto(0.6, 400) + 1)


def test_refunds_come_off_and_closed_accounts_are_not_predicted(company):
    """A refund lowers the spend of its own purchase; a customer whose account is closed is in the fit and not in the forecast."""
    orders = ["order_id,customer_id,order_date,amount,order_type,original_order_id"]
    orders += [
        f"O{n},{who},{when},{paid},sale," for n, (who, when, paid) in enumerate(zip(WHO, WHEN, PAID, strict=True))
    ]
    again = next(n for n in range(1, len(WHO)) if WHO[n] == WHO[n - 1])
    back = f"R1,{WHO[again]},{WHEN[-1] + timedelta(1)},-{PAID[again] // 2},refund,O{again}"
    people = ["customer_id,status,closed_on", *(f"{each},active," for each in dict.fromkeys(WHO))]
    people[1] = f"{WHO[0]},closed,2025-12-31"
    made = company(Orders="\n".join([*orders, back]), Customers="\n".join(people), as_of=date(2026, 1, 1))
    plain = listed("predicted_clv")[0]
    (row,) = [each for each in made.tables["predicted_clv"] if each["segment_dim"] == "all"]
    assert row["customers"] == plain["customers"] - 1 == 59
    fit, before = (
        {(each["model"], each["parameter"]): each["estimate"] for each in rows}
        for rows in (made.tables["predicted_clv_fit"], listed("predicted_clv_fit"))
    )
    assert fit["BG/NBD", "customers_fitted"] == 60
    assert fit["gamma-gamma", "repeat_spend"] < before["gamma-gamma", "repeat_spend"]


def test_formulas_give_the_pipelines_tables():
    """LOYALTY_PREDICTED_CLV, its fit and the RFM groups spill what the listings hold."""
    cells = [[[each] for each in column] for column in (WHO, WHEN, PAID)]
    for key in KEYS[1:]:
        head, *rows = call(f"LOYALTY_{key.upper()}", *cells)
        assert tuple(head) == catalogue.LISTINGS[key].columns
        wanted = listed(key)
        assert len(rows) == len(wanted)
        for row, each in zip(rows, wanted, strict=True):
            for cell, name in zip(row, head, strict=True):
                if isinstance(each[name], float):
                    assert cell == pytest.approx(each[name])
    shorter = call("LOYALTY_PREDICTED_CLV", *cells, None, 6, 0.02)
    assert shorter[1][-1] == pytest.approx(
        listed("predicted_clv", clv_horizon_months=6, clv_discount_monthly=0.02)[0]["total_value"]
    )


def test_tables_have_words():
    """Every column of these tables, and every coded value in them, reads in Chinese and in English."""
    for key in KEYS:
        assert set(catalogue.LISTINGS[key].columns) <= set(COLUMNS)
    assert {row["rfm_group"] for row in listed("rfm")} <= set(VALUES)
    fit = listed("predicted_clv_fit")
    assert {row["parameter"] for row in fit if len(row["parameter"]) > 1} - {"alpha"} <= set(VALUES)
    assert {row["remark"] for row in fit} <= {*VALUES, None}
