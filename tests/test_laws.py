"""Laws that always hold (kpis.md, section 9), on generated companies of a few customers, through the pipeline's inner parts."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from loyalty_xl import catalogue, library
from loyalty_xl.contracts import everything
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.contracts.contract import Sheet, Type
from loyalty_xl.contracts.counting import no_rejected
from loyalty_xl.coverage import coverage
from loyalty_xl.evaluating import Situation, evaluate
from loyalty_xl.preparing import prepare
from loyalty_xl.scoring import Aim, status
from loyalty_xl.settings import Settings
from loyalty_xl.summing import sums
from loyalty_xl.turns import cycle_turn, rolling_turn
from loyalty_xl.vocabulary import Better, Calendar, Reason, Unit, month_ordinal
from tests.contracts.raw import raw_sheet

KPIS = list(library.load().values())
CONTRACTS = {contract.name: contract for contract in everything()}
CALENDAR = Calendar()
DEFAULT = Settings()
FIRST = date(2024, 10, 1)
AS_OF = date(2026, 4, 1)
LATER = date(2026, 7, 1)
PERIODS = ("2025-02", "2025-11", "2025-12", "2026-03", "2026-Q1", "2025", "2025-12..2026-01")
CLASSES = {"repurchase_rate", "new_customer_retention", "new_customer_watch"}  # G5
AHEAD = CLASSES | {each.key for each in KPIS if each.code in {"A3", "A5", "A7", "A11", "A12", "A13", "C3", "C5"}}
MONEY = {"average_spend", "median_spend", "trimmed_average_spend", "average_order_value"} | {  # B6, B7
    "at_risk_value",
    "clv",
    "discounted_clv",
}

# Each example computes whole companies (most of a second), so the gate tries few and always the same ones, and shrinks nothing;
# LOYALTY_LAW_EXAMPLES=200 goes looking.
EXAMPLES = int(os.environ.get("LOYALTY_LAW_EXAMPLES", "2"))
quick = settings(
    deadline=None,
    max_examples=EXAMPLES,
    derandomize=EXAMPLES == 2,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


# A company: a typed sheet for each list of rows, as check_sheet would give it.


def column(field, values):
    if field.type is Type.DATE:
        return np.array(
            [np.datetime64(value) if value else np.datetime64("NaT") for value in values], dtype="datetime64[s]"
        )
    if field.type is Type.BOOL:
        return pd.array(values, dtype="boolean")
    if field.type in (Type.INT, Type.NUM, Type.MONEY, Type.PCT):
        return np.array([np.nan if value is None else value for value in values], dtype=float)
    return pd.Categorical(values, categories=pd.Index(dict.fromkeys(value for value in values if value), dtype="str"))


def sheet(name, rows, covers_to=LATER):
    contract = CONTRACTS[name]
    frame = pd.DataFrame(
        {field.name: column(field, [row.get(field.name) for row in rows]) for field in contract.fields}
    )
    months = pd.Series([month_ordinal(row[contract.date]) for row in rows] if contract.date else [], dtype="int64")
    names = ["rows", "amount", "required_cells", "filled_cells", "passing", "distinct", "imputed"]
    counts = pd.DataFrame({name: months.value_counts() for name in names}, dtype=float)
    sent = dict.fromkeys({key for row in rows for key in row}, "A")
    return Sheet(
        contract, name, frame, sent, counts, no_rejected(), covers_to=covers_to.isoformat(), rows_read=len(rows)
    )


def company(orders, answers=(), complaints=(), customers=(), as_of=AS_OF, setting=DEFAULT):
    given_rows = {"Orders": orders, "SurveyResponses": answers, "Complaints": complaints, "Customers": customers}
    sheets = {name: sheet(name, list(rows)) for name, rows in given_rows.items() if rows}
    prepared = prepare(sheets, setting, as_of)
    return Situation(prepared.ready, setting, CALENDAR, coverage(sheets, as_of, CALENDAR), as_of)


def found(situation, periods=PERIODS, dims=("all",), kpis=KPIS):
    turns = [cycle_turn(CALENDAR.parse(text)) for text in periods]
    return {each.id: each for each in evaluate(kpis, turns, situation, dims)}


def added(situation, dim="all", periods=PERIODS):
    turns = [turn(CALENDAR.parse(text)) for text in periods for turn in (cycle_turn, rolling_turn)]
    wanted = [each for each in catalogue.MEASURES.values() if dim in each.rows.dims]
    return sums(wanted, turns, situation.ready, situation.settings, CALENDAR, situation.as_of, (dim,)).astype("float64")


days = st.integers(0, (AS_OF - FIRST).days - 1).map(lambda gone: FIRST + timedelta(gone))


@st.composite
def order_rows(draw, days=days, prefix="O", refunds=True):
    """Order lines of up to 7 customers and of nobody; some sent back in part or whole, now or later."""
    sold = draw(st.lists(st.tuples(st.integers(0, 7), days, st.integers(1, 500)), min_size=6, max_size=40))
    rows = [
        {
            "order_id": f"{prefix}{number}",
            "line_no": 1.0,
            "customer_id": f"C{who}" if who else None,
            "order_date": day,
            "amount": float(amount),
            "order_type": "sale",
        }
        for number, (who, day, amount) in enumerate(sold)
    ]
    last = max(row["order_date"] for row in rows)
    for number in draw(st.lists(st.integers(0, len(rows) - 1), max_size=4, unique=True)) if refunds else ():
        sale = rows[number]
        day = min(sale["order_date"] + timedelta(draw(st.integers(0, 90))), last)
        rows.append(
            sale
            | {
                "order_id": f"{prefix}R{number}",
                "order_date": day,
                "order_type": "refund",
                "original_order_id": sale["order_id"],
                "amount": -draw(st.integers(1, int(sale["amount"]))) * 1.0,
            }
        )
    return rows


@st.composite
def answer_rows(draw):
    """Answers of up to 9 customers and of unknown ones, on one scale."""
    said = draw(
        st.lists(
            st.tuples(st.integers(0, 9), days, st.integers(0, 10), st.none() | st.integers(1, 5)),
            min_size=4,
            max_size=30,
        )
    )
    return [
        {
            "response_id": f"A{number}",
            "customer_id": f"C{who}" if who else None,
            "answered_on": day,
            "recommend_score": score,
            "csat_overall": csat,
            "csat_scale": "1-5",
        }
        for number, (who, day, score, csat) in enumerate(said)
    ]


@st.composite
def complaint_rows(draw):
    """Complaints, open or closed, rated or not."""
    made = draw(
        st.lists(
            st.tuples(st.integers(0, 7), days, st.none() | st.integers(0, 40), st.none() | st.integers(1, 5)),
            min_size=1,
            max_size=10,
        )
    )
    return [
        {
            "complaint_id": f"K{number}",
            "customer_id": f"C{who}" if who else None,
            "received_on": day,
            "class_l1": "LATE",
            "status": "open" if took is None else "closed",
            "closed_on": None if took is None else day + timedelta(took),
            "satisfaction": None if took is None else rating,
            "satisfaction_scale": "1-5",
        }
        for number, (who, day, took, rating) in enumerate(made)
    ]


STEADY = [  # two customers who are always there, so that something is to be seen
    {
        "order_id": f"S{who}{month}",
        "line_no": 1.0,
        "customer_id": f"C{who}",
        "order_date": date(2025, month, 10 * who),
        "amount": 50.0 * who,
        "order_type": "sale",
    }
    for who in (1, 2)
    for month in (1, 2, 11, 12)
]
CUSTOMERS = [
    {"customer_id": f"C{who}", "region_id": "NORTH" if who % 2 else "SOUTH", "tier": "Gold" if who < 3 else None}
    for who in range(1, 10)
]


# (a)


@quick
@given(order_rows(), answer_rows(), complaint_rows(), st.randoms(use_true_random=False))
def test_row_order_changes_nothing(orders, answers, complaints, random):
    """(a) However the rows are sorted, every result is the same."""
    answers = [
        row | {"answered_on": FIRST + timedelta(number * 20)} for number, row in enumerate(answers)
    ]  # no two on one day: the latest is the latest
    before = found(company(orders, answers, complaints))
    mixed = [random.sample(rows, len(rows)) for rows in (orders, answers, complaints)]
    assert found(company(*mixed)) == before


@quick
@given(order_rows(), answer_rows(), st.data())
def test_identical_rows_with_a_key_change_nothing(orders, answers, data):
    """(a) A row that came twice with its key counts once, in orders and in answers."""

    def checked(name, rows):
        headers = list(rows[0])
        raw = raw_sheet([headers, *([row.get(header) for header in headers] for row in rows)], name=name)
        sheet_made, findings = check_sheet(raw, CONTRACTS[name], DEFAULT, title=name, today=LATER)
        assert not [each for each in findings if each.code.startswith("E")]
        return sheet_made

    def results(orders, answers):
        sheets = {
            "Orders": checked("Orders", [{"original_order_id": None} | row for row in orders]),
            "SurveyResponses": checked("SurveyResponses", answers),
        }
        situation = Situation(
            prepare(sheets, DEFAULT, AS_OF).ready, DEFAULT, CALENDAR, coverage(sheets, AS_OF, CALENDAR), AS_OF
        )
        return {
            key: each
            for key, each in found(situation).items()
            if each.kpi not in {"uniqueness", "validity", "completeness", "imputed_share"}
        }

    twice = [rows + data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=5)) for rows in (orders, answers)]
    assert results(*twice) == results(orders, answers)


# (b)


@quick
@given(order_rows(), complaint_rows(), st.sampled_from([2.0, 3.0, 100.0, 0.25]))
def test_amounts_times_k_multiply_money_and_leave_ratios(orders, complaints, k):
    """(b) All amounts times k: spend and order value times k, all else as it was."""
    before = found(company(orders, complaints=complaints))
    after = found(company([row | {"amount": row["amount"] * k} for row in orders], complaints=complaints))
    assert before.keys() == after.keys()
    for key, one in before.items():
        other = after[key]
        assert one.reason == other.reason, key
        if one.value is not None:
            assert other.value == pytest.approx(one.value * (k if one.kpi in MONEY else 1), rel=1e-9), (
                key
            )  # k = 0.25 and 3 round
            assert other.n == pytest.approx(one.n), key


# (c)


@quick
@given(order_rows(), answer_rows(), complaint_rows(), st.sampled_from(["region", "tier"]))
def test_segments_that_partition_the_customers_add_up_to_all(orders, answers, complaints, dim):
    """(c) Measures add over the values of a customer's trait: their sum over the segments is All's."""
    situation = company(orders, answers, complaints, CUSTOMERS)
    whole, parts = added(situation).droplevel("segment"), added(situation, dim).groupby("turn").sum()
    plain = [
        name
        for name in parts.columns
        if catalogue.MEASURES[name].statistic is None and name != "answers_to_changed_wording"
    ]
    assert len(plain) > 20
    pd.testing.assert_frame_equal(parts[plain], whole.loc[parts.index, plain].fillna(0.0), rtol=1e-12)


@quick
@given(order_rows(), answer_rows(), complaint_rows())
def test_pooled_segments_give_the_kpi_of_all(orders, answers, complaints):
    """(c) The sum of numerators over the sum of denominators is All's value."""
    results = found(company(orders + STEADY, answers, complaints, CUSTOMERS), dims=("all", "region"))
    pooled = 0
    for whole in [
        each for each in results.values() if each.segment_dim == "all" and each.value is not None and each.denominator
    ]:
        parts = [
            each
            for each in results.values()
            if each.segment_dim == "region" and (each.kpi, each.period) == (whole.kpi, whole.period)
        ]
        if not parts or whole.kpi == "new_customers_per_month":  # its denominator is the months
            continue
        if any(each.reason is Reason.INSUFFICIENT_HISTORY for each in parts):  # a region that has only just begun
            continue
        top, bottom = sum(each.numerator or 0 for each in parts), sum(each.denominator or 0 for each in parts)
        assert top / bottom == pytest.approx(whole.value, rel=1e-9, abs=1e-12), whole.id
        pooled += 1
    assert pooled > 20


# (d), (e)


def nps_of(answers, **changed):
    situation = company(
        [{"order_id": "O1", "customer_id": "C1", "order_date": FIRST, "amount": 1.0, "order_type": "sale"}],
        answers,
        setting=replace(DEFAULT, **changed),
    )
    whole = found(situation, ("2024-10..2026-03",), kpis=[catalogue.KPIS["nps"]])
    return next(iter(whole.values())).value


@quick
@given(answer_rows(), st.integers(1, 20))
def test_passives_never_raise_the_size_of_nps(answers, more):
    """(d) More people who gave 7 or 8 draw the score towards 0."""
    passives = [
        answers[0] | {"response_id": f"P{number}", "customer_id": f"P{number}", "recommend_score": 7 + number % 2}
        for number in range(more)
    ]
    assert abs(nps_of(answers + passives)) <= abs(nps_of(answers)) + 1e-12


@quick
@given(answer_rows())
def test_higher_thresholds_never_raise_nps(answers):
    """(e) The higher a promoter must score, or the higher a detractor may, the lower the score."""
    by_promoter = [nps_of(answers, nps_promoter_min=limit) for limit in range(7, 11)]
    by_detractor = [nps_of(answers, nps_detractor_max=limit) for limit in (0, 3, 6, 8)]
    assert by_promoter == sorted(by_promoter, reverse=True)
    assert by_detractor == sorted(by_detractor, reverse=True)


# (f), (g)


@quick
@given(order_rows(), st.sampled_from([30, 90, 365]))
def test_retention_and_churn_make_one(orders, window):
    """(f) On the base at the start, who is kept and who is lost are everybody."""
    orders = [
        row | {"order_id": f"{row['order_id']}H", "order_date": FIRST, "original_order_id": None} for row in orders[:3]
    ] + orders
    results = found(company(orders, setting=Settings(churn_window_days=window)), ("2025-11", "2026-03", "2026-Q1"))
    pairs = [
        (each, results[each.id.replace("retention_rate", "churn_rate", 1)])
        for each in results.values()
        if each.kpi == "retention_rate"
    ]
    assert len(pairs) == 3
    for kept, lost in pairs:
        assert kept.reason == lost.reason
        if kept.value is not None:
            assert kept.value + lost.value == pytest.approx(1, abs=1e-12)
            assert kept.low == pytest.approx(1 - lost.high)


@quick
@given(order_rows(), st.sampled_from([30, 90, 365]), st.booleans())
def test_the_base_adds_up(orders, window, closing):
    """(g) Start + new + reactivated - lost = end, and the end of a month is the start of the next."""
    customers = [
        row | {"closed_on": date(2025, 12, 10) if closing and row["customer_id"] < "C4" else None} for row in CUSTOMERS
    ]
    months = [
        f"{year}-{month:02d}" for year, month in [(2025, 10), (2025, 11), (2025, 12), (2026, 1), (2026, 2), (2026, 3)]
    ]
    table = added(
        company(orders + STEADY, customers=customers, setting=Settings(churn_window_days=window)), periods=months
    ).fillna(0)
    end = table["base_at_start"] + table["new_in_base"] + table["reactivated"] - table["lost"]
    pd.testing.assert_series_equal(end, table["base_at_end"], check_names=False)
    pd.testing.assert_series_equal(table["kept"] + table["lost"], table["base_at_start"], check_names=False)
    cycles = table[table.index.get_level_values("turn") % 2 == 0].reset_index()  # the others are rolling
    by_turn = cycles.set_index("turn")
    for turn in by_turn.index:
        if turn + 2 in by_turn.index:
            assert by_turn.loc[turn, "base_at_end"] == by_turn.loc[turn + 2, "base_at_start"]


# (j)


later_days = st.integers(0, (LATER - AS_OF).days - 1).map(lambda gone: AS_OF + timedelta(gone))


@quick
@given(order_rows(), order_rows(days=later_days, prefix="L"), answer_rows(), complaint_rows())
def test_later_data_leave_finished_periods_alone(orders, later, answers, complaints):
    """(j) Three months more of data change nothing in periods that were over and covered, for KPIs that do not look ahead."""
    kpis = [each for each in KPIS if each.key not in AHEAD]
    before = found(company(orders, answers, complaints, CUSTOMERS), dims=("all", "region"), kpis=kpis)
    after = found(
        company(orders + later, answers, complaints, CUSTOMERS, as_of=LATER), dims=("all", "region"), kpis=kpis
    )
    assert after == before


# (k)


@given(
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.none() | st.tuples(st.integers(0, 1000), st.integers(0, 1000)),
    st.integers(0, 200),
)
@settings(deadline=None)
def test_a_kpi_and_its_complement_have_one_colour(actual, target, lights, gap):
    """(k) Retention and churn, resolved and unresolved: the same status, with thresholds of the row too."""
    setting = Settings(amber_gap=gap / 10)
    green, amber = sorted(lights, reverse=True) if lights else (None, None)
    one = Aim(
        target / 1000, green=None if green is None else green / 1000, amber=None if amber is None else amber / 1000
    )
    other = Aim(
        1 - one.value,
        better=Better.LOWER,
        green=None if green is None else 1 - one.green,
        amber=None if amber is None else 1 - one.amber,
    )
    assert status(actual / 1000, one, Unit.SHARE, setting) is status(1 - actual / 1000, other, Unit.SHARE, setting)


# (l)


@quick
@given(order_rows(), st.just([]) | answer_rows(), st.just([]) | complaint_rows(), st.dates(FIRST + timedelta(1), LATER))
def test_every_value_has_a_base_and_every_missing_value_a_reason(orders, answers, complaints, as_of):
    """(l) A value or a reason, never both or neither; a value has its base and lies within the KPI's limits, a share within its interval."""
    assume(any(row["order_date"] < as_of for row in orders))
    results = found(company(orders, answers, complaints, CUSTOMERS, as_of=as_of), dims=("all", "region"))
    assert len([each for each in results.values() if each.segment_dim == "all"]) == len(KPIS) * len(PERIODS)
    for key, each in results.items():
        assert (each.value is None) == (each.reason is not None), key
        if each.value is None:
            continue
        assert each.n is not None, key
        assert np.isfinite(each.value), key
        kpi = catalogue.KPIS[each.kpi]
        assert kpi.low is None or each.value >= kpi.low, key
        assert kpi.high is None or each.value <= kpi.high, key
        if each.interval and kpi.unit is Unit.SHARE:  # adjusted Wald need not hold a score of all or nothing
            assert each.low - 1e-9 <= each.value <= each.high + 1e-9, key
