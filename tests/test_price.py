"""Price sensitivity: elasticity by change and by regression, who keeps buying, and what says why there is no value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from loyalty_xl import catalogue, library
from loyalty_xl.contracts import everything
from loyalty_xl.coverage import coverage
from loyalty_xl.evaluating import Situation, evaluate
from loyalty_xl.formulas import CellError, call
from loyalty_xl.inputs import gather
from loyalty_xl.pipeline import check
from loyalty_xl.preparing import newest_date, prepare
from loyalty_xl.preparing.prices import bridged, chain
from loyalty_xl.regression import least_squares
from loyalty_xl.settings import Settings
from loyalty_xl.turns import cycle_turn, rolling_turn
from loyalty_xl.vocabulary import Calendar, Flag, Reason
from tests.conftest import TODAY
from tests.contracts.made_sheets import sheet_of

library.load()
CONTRACTS = {contract.name: contract for contract in everything()}
CALENDAR = Calendar()
AS_OF = date(2026, 1, 1)
PRODUCTS = [
    {"product_id": "V", "product_type": "Vase"},
    {"product_id": "S", "product_type": "Scroll"},
    {"product_id": "A", "product_type": "Appraisal"},
]
REGIONS = [{"region_id": "N", "name": "North"}, {"region_id": "E", "name": "East"}]
EVERYONE = Settings(min_base_rate=1)  # a control group of any size
MONTHS = [f"2025-{month:02d}" for month in range(1, 13)]
PRICES = [100, 104, 98, 110, 115, 108, 120, 95, 102, 118, 125, 112]
MARKET = [1.00, 1.02, 1.01, 1.05, 1.03, 1.06, 1.08, 1.04, 1.02, 1.07, 1.10, 1.09]


def situation(setting=EVERYONE, as_of=AS_OF, **rows):
    """The ready frames of sheets given as rows."""
    given_rows = {"Products": PRODUCTS, "Regions": REGIONS} | rows
    sheets = {}
    for name, each in given_rows.items():
        made = sheet_of(CONTRACTS[name], each)
        sheets[name] = replace(made, covers_to="2027-01-01", counts=made.counts.assign(imputed=0.0))
    ready = prepare(sheets, setting, as_of).ready
    return Situation(ready, setting, CALENDAR, coverage(sheets, as_of, CALENDAR), as_of)


def found(key, made, period="2025-12", dims=("all", "region", "product_type"), turn=cycle_turn):
    """Results of a KPI by segment."""
    results = evaluate([library.load()[key]], [turn(CALENDAR.parse(period))], made, dims)
    return {each.segment: each for each in results}


def table(key, made):
    """Rows of a table."""
    return catalogue.LISTINGS[key].function(made.ready, made.settings, [])


def sale(number, who, on, product="V", quantity=1.0, price=100.0, region="N", **more):
    """A row of Orders."""
    return {
        "order_id": f"O{number}", "customer_id": who, "order_date": on, "product_id": product, "quantity": float(quantity),
        "unit_price": price, "amount": quantity * price, "order_type": "sale", "region_id": region,
    } | more  # fmt: skip


def index(values=MARKET, kinds=("Vase", "Scroll", "Appraisal"), months=MONTHS, **more):
    """Rows of MarketIndex: the same for each type."""
    return [
        {"product_type": kind, "month": month, "price_index": value} | more
        for kind in kinds
        for month, value in zip(months, values, strict=True)
        if value is not None
    ]


def demand(slopes, market=MARKET, prices=PRICES, level=1000.0):
    """Orders whose pieces follow price over market exactly, by (product, region) -> slope."""
    return [
        sale(f"{product}{region}{number}", "C1", date(2025, number + 1, 15), product, level * (price / at) ** slope, price, region)
        for (product, region), slope in slopes.items()
        for number, (price, at) in enumerate(zip(prices, market, strict=True))
    ]  # fmt: skip


def change(number, on, old=100.0, new=110.0, **more):
    """A row of PriceChanges."""
    return {"change_id": f"T{number}", "effective_on": on, "old_price": old, "new_price": new} | more


# ---- least squares


def test_least_squares_by_hand():
    """x 0..3, y 1, 2, 2, 4: slope 0.9; residuals .1, .2, -.7, .4; HC1 variance 4/2 x 0.515 / 25 = 0.0412; t of 2 degrees 4.303."""
    fit = least_squares(np.array([1.0, 2.0, 2.0, 4.0]), np.array([[0.0], [1.0], [2.0], [3.0]]))
    assert fit.coefficients[0] == pytest.approx(0.9, abs=1e-12)
    assert fit.errors[0] == pytest.approx(0.0412**0.5, abs=1e-12)
    assert fit.r2 == pytest.approx(1 - 0.70 / 4.75, abs=1e-12)
    assert (fit.rows, fit.freedom) == (4, 2)
    assert fit.interval(0).low == pytest.approx(0.9 - 4.302652729911275 * 0.0412**0.5)


def test_least_squares_says_nothing_where_nothing_can_be_said():
    """No more rows than coefficients, a column that does not move, or two columns that say the same: no fit."""
    x = np.array([[1.0], [2.0], [4.0]])
    y = np.array([1.0, 3.0, 2.0])
    assert least_squares(y[:2], x[:2]) is None
    assert least_squares(y, np.ones((3, 1))) is None
    assert least_squares(np.arange(6.0), np.stack([np.arange(6.0), 2 * np.arange(6.0)], axis=1)) is None


# ---- the market index


def test_a_new_base_is_chained_over_the_month_of_both():
    """100, 110 on the old base, 1.00, 1.20 on the new one, the second month on both: the first is 1 / 1.1 of it."""
    joined = chain([{1: (100.0, 50.0), 2: (110.0, 60.0)}, {2: (1.0, 6.0), 3: (1.2, 7.0)}])
    assert joined == {1: (pytest.approx(1 / 1.1), pytest.approx(5.0)), 2: (1.0, 6.0), 3: (1.2, 7.0)}
    assert chain([{1: (100.0, 1.0)}, {2: (1.0, 1.0)}]) == {2: (1.0, 1.0)}


def test_two_missing_months_are_bridged_and_three_are_not():
    """A gap of two months is a straight line, marked; one of three stays a gap."""
    assert bridged({1: (1.0, 1.0), 4: (1.3, 1.6)}) == [
        (1, 1.0, 1.0, False),
        (2, pytest.approx(1.1), pytest.approx(1.2), True),
        (3, pytest.approx(1.2), pytest.approx(1.4), True),
        (4, 1.3, 1.6, False),
    ]
    assert [row[0] for row in bridged({1: (1.0, 1.0), 5: (1.3, 1.6)})] == [1, 5]


# ---- P2, P4


def test_elasticity_is_found_by_region_and_type():
    """Demand made with slope -1.2 for vases in the north and -0.4 for scrolls in the east gives these slopes back."""
    made = situation(Orders=demand({("V", "N"): -1.2, ("S", "E"): -0.4}), MarketIndex=index())
    slopes = {segment: each.value for segment, each in found("price_elasticity", made).items()}
    assert slopes["North"] == slopes["Vase"] == pytest.approx(-1.2)
    assert slopes["East"] == slopes["Scroll"] == pytest.approx(-0.4)
    assert -1.2 < slopes["All"] < -0.4
    indices = {segment: each.value for segment, each in found("price_insensitivity", made).items()}
    assert indices["Vase"] == pytest.approx(100 * (1 - 1.2 / 1.5))
    assert indices["Scroll"] == pytest.approx(100 * (1 - 0.4 / 1.5))
    vase = next(row for row in table("price_segments", made) if row["segment"] == "Vase")
    assert (vase["months_used"], vase["zero_month_share"], vase["identified"]) == (12, 0.0, True)
    assert vase["price_levels"] == 10  # 100 is 102 / 1.02, and 104 / 1.02 is 108 / 1.06 but for 0.07 %
    assert vase["r2"] == pytest.approx(1.0)


def test_dearer_goods_in_the_mix_are_no_price_rise():
    """A type whose two products keep their prices has a steady price, however the mix moves."""
    rows = [
        sale(f"{product}{month}", "C1", date(2025, month, 9), product, pieces, price)
        for month in range(1, 13)
        for product, price, pieces in (("V", 100.0, month), ("W", 900.0, 13 - month))
    ]
    goods = [*PRODUCTS, {"product_id": "W", "product_type": "Vase"}]
    made = situation(Orders=rows, MarketIndex=index([1.0] * 12), Products=goods)
    assert found("price_elasticity", made)["Vase"].reason is Reason.NOT_IDENTIFIED
    row = next(row for row in table("price_segments", made) if row["segment"] == "Vase")
    assert (row["slope_note"], row["price_levels"], row["price_elasticity"]) == ("few_price_levels", 1, None)


@pytest.mark.parametrize(
    ("prices", "why"),
    [
        ([100, 120] * 6, "few_price_levels"),
        ([100, 101, 100.5, 101.2] * 3, "steady_price"),
        ([100.0 * at for at in MARKET], "few_price_levels"),
    ],
    ids=["two prices", "prices within 2 %", "price follows the market"],
)
def test_a_segment_that_is_not_identified_says_why(prices, why):
    """Fewer than three price levels, or a real price that hardly moves: no value, and the segment is named with the reason."""
    market = MARKET if why == "few_price_levels" and prices[0] == 100.0 and prices[1] == 102.0 else [1.0] * 12
    rows = demand({("V", "N"): -1.0}, market=[1.0] * 12, prices=prices) + demand({("S", "E"): -0.5}, market=market)
    made = situation(Orders=rows, MarketIndex=index(market))
    results = found("price_elasticity", made)
    assert (results["Vase"].value, results["Vase"].reason) == (None, Reason.NOT_IDENTIFIED)
    assert found("price_insensitivity", made)["Vase"].reason is Reason.NOT_IDENTIFIED
    assert results["Scroll"].value == pytest.approx(-0.5)
    row = next(row for row in table("price_segments", made) if row["segment"] == "Vase")
    assert (row["identified"], row["slope_note"]) == (False, why)


def test_months_without_a_sale_are_told_not_filled():
    """Two of twelve months without a sale: 1/6 is printed, and the slope is that of the ten others."""
    rows = [row for row in demand({("V", "N"): -1.2}) if row["order_date"].month not in (4, 9)]
    made = situation(Orders=rows, MarketIndex=index())
    (row,) = (row for row in table("price_segments", made) if row["segment"] == "Vase")
    assert (row["months_used"], row["zero_month_share"]) == (10, pytest.approx(2 / 12))
    assert row["price_elasticity"] == pytest.approx(-1.2)


def test_a_positive_slope_is_shown_with_a_warning():
    """Demand that rises with the price is not hidden."""
    made = situation(Orders=demand({("V", "N"): 0.7}), MarketIndex=index())
    (row,) = (row for row in table("price_segments", made) if row["segment"] == "Vase")
    assert (row["price_elasticity"], row["slope_note"]) == (pytest.approx(0.7), "positive_slope")
    assert found("price_elasticity", made)["Vase"].value == pytest.approx(0.7)


def test_the_market_can_be_removed_in_three_ways():
    """Ratio, index as regressor, and market volume as control each give back the slope that the data were made with."""
    kept = Settings(min_base_rate=1)
    ratio = situation(kept, Orders=demand({("V", "N"): -1.2}), MarketIndex=index())
    assert found("price_elasticity", ratio)["Vase"].value == pytest.approx(-1.2)
    regressor = situation(
        replace(kept, market_removal="regressor"), Orders=demand({("V", "N"): -1.2}), MarketIndex=index()
    )
    assert found("price_elasticity", regressor)["Vase"].value == pytest.approx(-1.2)
    volume = [80, 95, 120, 90, 105, 130, 70, 99, 111, 85, 93, 101]
    rows = [
        sale(number, "C1", date(2025, number + 1, 15), "V", 10 * price**-0.8 * size**0.5 * 100, price)
        for number, (price, size) in enumerate(zip(PRICES, volume, strict=True))
    ]
    market = [row | {"volume_index": size} for row, size in zip(index(kinds=("Vase",)), volume, strict=True)]
    made = situation(replace(kept, market_removal="volume"), Orders=rows, MarketIndex=market)
    assert found("price_elasticity", made)["Vase"].value == pytest.approx(-0.8)
    bare = situation(replace(kept, market_removal="volume"), Orders=rows, MarketIndex=index())
    assert found("price_elasticity", bare)["Vase"].reason is Reason.NOT_IDENTIFIED
    assert {row["slope_note"] for row in table("price_segments", bare)} == {"no_months"}


noisy = st.lists(st.floats(0.7, 1.4), min_size=24, max_size=24)
examples = settings(deadline=None, max_examples=5, derandomize=True, phases=[Phase.explicit, Phase.generate])


def estimated(rows, market, how="ratio"):
    made = situation(Settings(market_removal=how), Orders=rows, MarketIndex=market)
    return {
        segment: (each.value, each.reason, each.n, each.low, each.high)
        for segment, each in found("price_elasticity", made).items()
    }


def alike(one, other):
    assert one.keys() == other.keys()
    for segment, values in one.items():
        assert values[1] == other[segment][1], segment
        for number, same in zip(values, other[segment], strict=True):
            assert number is None or isinstance(number, Reason) or number == pytest.approx(same, rel=1e-6, abs=1e-9), (
                segment
            )


@examples
@given(noisy, st.floats(0.01, 500), st.sampled_from(["ratio", "regressor"]))
def test_a_constant_index_changes_nothing(noise, level, how):
    """(h) Whatever the constant, the slope is that of the bare prices."""
    rows = demand({("V", "N"): -1.1, ("S", "E"): -0.3}, market=[1.0] * 12)
    rows = [
        row | {"quantity": row["quantity"] * by, "amount": row["amount"] * by}
        for row, by in zip(rows, noise, strict=True)
    ]
    alike(estimated(rows, index([level] * 12), how), estimated(rows, index([1.0] * 12)))
    vases = [row for row in rows if row["product_id"] == "V"]
    bare = call("LOYALTY_PRICE_ELASTICITY", [row["quantity"] for row in vases], [row["unit_price"] for row in vases])
    assert estimated(rows, index([level] * 12), how)["Vase"][0] == pytest.approx(bare, rel=1e-6)


@examples
@given(noisy, st.floats(0.01, 500), st.integers(2, 10), st.sampled_from(["ratio", "regressor"]))
def test_rebasing_the_index_changes_nothing(noise, factor, at, how):
    """(i) The index times k, or on a new base from a month that is given on both, leaves the slope and its interval."""
    rows = demand({("V", "N"): -1.1, ("S", "E"): -0.3})
    rows = [
        row | {"quantity": row["quantity"] * by, "amount": row["amount"] * by}
        for row, by in zip(rows, noise, strict=True)
    ]
    before = estimated(rows, index(), how)
    alike(estimated(rows, index([value * factor for value in MARKET]), how), before)
    old = index(MARKET[: at + 1], months=MONTHS[: at + 1], base_month="2024")
    new = index([value * factor for value in MARKET[at:]], months=MONTHS[at:], base_month="2025-06")
    alike(estimated(rows, old + new, how), before)


def test_a_bridged_month_flags_the_value():
    """One month of the index is missing: it is bridged and the value flagged; four are missing: these months stay out."""
    rows = demand({("V", "N"): -1.2})
    one = [None if at == 4 else value for at, value in enumerate(MARKET)]
    made = found("price_elasticity", situation(Orders=rows, MarketIndex=index(one)))["Vase"]
    assert (made.n, Flag.IMPUTED in made.flags) == (12, True)
    four = [None if 4 <= at < 8 else value for at, value in enumerate(MARKET)]
    made = found("price_elasticity", situation(Orders=rows, MarketIndex=index(four)))["Vase"]
    assert (made.n, Flag.IMPUTED in made.flags, made.value) == (8, False, pytest.approx(-1.2))


def test_the_region_has_its_own_index_where_there_is_one():
    """An index of a region is used there, the country's elsewhere."""
    other = [1.3, 1.1, 1.2, 1.0, 1.4, 1.1, 0.9, 1.2, 1.05, 1.0, 1.15, 1.3]
    rows = demand({("V", "E"): -0.9}, market=other) + demand({("V", "N"): -1.2})
    made = situation(Orders=rows, MarketIndex=[*index(), *index(other, kinds=("Vase",), region_id="E")])
    results = found("price_elasticity", made)
    assert (results["East"].value, results["North"].value) == (pytest.approx(-0.9), pytest.approx(-1.2))


def test_what_comes_later_does_not_change_a_period_that_is_over():
    """(j) Elasticity at the end of October is the same whether or not November and December have come."""
    rows = demand({("V", "N"): -1.2, ("S", "N"): 0.2})
    rows = [row | {"quantity": row["quantity"] * (1 + at % 5 / 20)} for at, row in enumerate(rows)]
    early = [row for row in rows if row["order_date"] < date(2025, 11, 1)]
    now = found("price_elasticity", situation(Orders=rows, MarketIndex=index()), "2025-10")
    then = found("price_elasticity", situation(Orders=early, MarketIndex=index(), as_of=date(2025, 11, 1)), "2025-10")
    assert now["All"].value == pytest.approx(then["All"].value, rel=1e-12)
    half = found("price_elasticity", situation(Orders=rows, MarketIndex=index(), as_of=date(2025, 12, 20)), "2025-12")
    assert half["Vase"].n == 11  # December is not over


def test_the_interval_of_the_index_is_that_of_the_slope():
    """A slope from -1.8 to -0.6 is 0 to 60; one that may be 0 reaches 100."""
    ends = catalogue.KPIS["price_insensitivity"].interval
    made = ends(-1.2, 0.3, 1000, Settings(elasticity_ref=1.5))
    half = 0.3 * 1.9623
    assert (made.low, made.high) == (0.0, pytest.approx(100 * (1 - (1.2 - half) / 1.5), abs=0.05))
    assert ends(-0.1, 0.3, 1000, Settings()).high == 100.0
    assert catalogue.KPIS["price_insensitivity"].function(2.0, 1.0, Settings()) == 0.0


def test_formulas_give_what_the_pipeline_gives():
    """Elasticity, index and table over the columns of one product in one region, with and without an index."""
    rows = demand({("V", "N"): -1.2})
    rows = [row | {"quantity": row["quantity"] * (1 + at % 4 / 10)} for at, row in enumerate(rows)]
    rows = [row | {"amount": row["quantity"] * row["unit_price"]} for row in rows]
    made = situation(Orders=rows, MarketIndex=index())
    pieces, prices = [row["quantity"] for row in rows], [row["unit_price"] for row in rows]
    wanted = found("price_elasticity", made)["Vase"]
    assert call("LOYALTY_PRICE_ELASTICITY", pieces, prices, MARKET) == pytest.approx(wanted.value, rel=1e-9)
    wanted_index = found("price_insensitivity", made)["Vase"].value
    assert call("LOYALTY_PRICE_INSENSITIVITY", pieces, prices, MARKET) == pytest.approx(wanted_index, rel=1e-9)
    head, line = call("LOYALTY_PRICE_SEGMENTS", ["Vase"] * 12, pieces, prices, MARKET)
    spilled = dict(zip(head, line, strict=True))
    assert (spilled["low"], spilled["high"]) == (
        pytest.approx(wanted.low, rel=1e-9),
        pytest.approx(wanted.high, rel=1e-9),
    )
    assert call("LOYALTY_PRICE_ELASTICITY", pieces, [100] * 12).code == "#N/A"
    assert call("LOYALTY_PRICE_ELASTICITY", pieces, [0, *prices[1:]]).code == "#VALUE!"
    assert isinstance(call("LOYALTY_PRICE_ELASTICITY", [0, 0, 0], [1, 2, 3]), CellError)


# ---- P1


def around(before, after, on=date(2025, 7, 1), product="V", region="N"):
    """Orders that sell so many pieces 60 days before and 60 days after a day."""
    return [
        sale(f"{product}{region}b", "C1", on - timedelta(60), product, before, region=region),
        sale(f"{product}{region}a", "C1", on + timedelta(60), product, after, region=region),
    ]


HALVES = [1.00] * 6 + [1.06] * 6
FIRST_ORDER = sale("first", "C9", date(2025, 1, 2), "A")


def one_change(rows, market=HALVES, **more):
    made = situation(
        Orders=[FIRST_ORDER, *rows], MarketIndex=index(market), PriceChanges=[change(1, date(2025, 7, 1), **more)]
    )
    (row,) = table("price_change_elasticity", made)
    return row


def test_elasticity_of_a_change_is_that_of_the_worked_example():
    """100 to 110 while the index goes from 1.00 to 1.06, 200 pieces to 190: money -0.538, real -1.385; the formula says the same."""
    made = replace(EVERYONE, price_window_days=90)
    rows = [FIRST_ORDER, *around(200, 190)]
    where = situation(
        made, Orders=rows, MarketIndex=index(HALVES), PriceChanges=[change(1, date(2025, 7, 1), product_type="Vase")]
    )
    (row,) = table("price_change_elasticity", where)
    assert (round(row["money_elasticity"], 3), round(row["real_elasticity"], 3)) == (-0.538, -1.385)
    assert (row["pieces_before"], row["pieces_after"], row["index_before"], row["index_after"]) == (
        200,
        190,
        1.0,
        pytest.approx(1.06),
    )
    head, line = call("LOYALTY_PRICE_CHANGE_ELASTICITY", [100], [110], [200], [190], [1.0], [1.06])
    spilled = dict(zip(head, line, strict=True))
    assert spilled["real_elasticity"] == pytest.approx(row["real_elasticity"])
    assert spilled["money_elasticity"] == pytest.approx(row["money_elasticity"])


def test_demand_counts_per_active_customer():
    """Twice as many active customers and as many pieces is half the demand: (1/2 - 1) / 0.75 over 10 / 105."""
    more = [sale("x", "C2", date(2025, 8, 1), "S")]
    row = one_change([*around(100, 100), *more], product_type="Vase")
    assert (row["active_before"], row["active_after"]) == (1, 2)
    assert row["money_elasticity"] == pytest.approx((-0.5 / 0.75) / (10 / 105))


@pytest.mark.parametrize(
    ("rows", "more", "note"),
    [
        (around(0.5, 0.5, product="S"), {"product_type": "Vase"}, "no_sales_around"),
        (around(10, 9), {"product_type": "Vase", "promo": True}, "promotion"),
        ([row | {"promo": True} for row in around(10, 9)], {"product_type": "Vase"}, "promotion"),
        ([sale(1, "C1", date(2025, 6, 1), quantity=10), sale(2, "C1", date(2025, 7, 3))], {"product_type": "Vase"}, "maybe_sold_out"),
        (around(10, 9), {"product_type": "Vase", "new": 107.0}, "small_change"),
    ],
    ids=["nothing sold", "promotion", "promotion in the orders", "sold out", "rose with the market"],
)  # fmt: skip
def test_doubts_about_a_change_are_told(rows, more, note):
    """Promotions, goods that ran out, and a real price that hardly moved are named beside the figure."""
    row = one_change(rows, **more)
    assert row["price_note"] == note
    assert (row["real_elasticity"] is None) == (note == "no_sales_around")


def test_a_price_that_only_kept_up_has_no_real_elasticity():
    """100 to 106 while the market rose by 6 %: money elasticity, and none against the market."""
    row = one_change(around(10, 9), product_type="Vase", new=106.0)
    assert row["money_elasticity"] is not None
    assert row["real_elasticity"] is None or abs(row["market_change"] - row["price_change"]) > 1e-9
    gap = one_change(around(10, 9), market=[1.0] * 6 + [None] * 6, product_type="Vase")
    assert (gap["real_elasticity"], gap["price_note"]) == (None, "no_index")


def test_windows_that_are_not_whole_measure_nothing():
    """A change before a window of data, and one whose window is not over, are listed without figures."""
    made = situation(
        Orders=[FIRST_ORDER, *around(5, 5)],
        PriceChanges=[
            change(1, date(2025, 2, 1), product_type="Vase"),
            change(2, date(2025, 11, 1), product_type="Vase"),
            change(3, date(2025, 11, 20), product_type="Vase"),
        ],
    )
    rows = table("price_change_elasticity", made)
    assert [row["price_note"] for row in rows] == ["insufficient_history", "maturing", "maturing"]
    assert {row["money_elasticity"] for row in rows} == {None}


def test_other_changes_within_the_windows_are_told():
    """Two changes of one type 60 days apart disturb each other; one of another region does not."""
    made = situation(
        Orders=[FIRST_ORDER, *around(5, 5), *around(5, 5, region="E")],
        PriceChanges=[
            change(1, date(2025, 5, 10), product_type="Vase", region_id="N"),
            change(2, date(2025, 7, 1), product_type="Vase", region_id="N", old=110.0, new=120.0),
            change(3, date(2025, 7, 1), product_type="Vase", region_id="E"),
        ],
    )
    notes = {row["change_id"]: row["price_note"] for row in table("price_change_elasticity", made)}
    assert "other_change" in notes["T1"]
    assert "other_change" in notes["T2"]
    assert "other_change" not in notes["T3"]


def test_the_same_windows_a_year_before_show_the_season():
    """A year earlier 10 pieces became 15: the ratio 1.5 stands beside the change."""
    year = around(10, 15, on=date(2024, 7, 1))
    rows = [row | {"order_id": f"y{row['order_id']}"} for row in year]
    made = situation(
        Orders=[sale(0, "C9", date(2024, 1, 2), "A"), *rows, *around(10, 9)],
        PriceChanges=[change(1, date(2025, 7, 1), product_type="Vase")],
    )
    (row,) = table("price_change_elasticity", made)
    assert row["year_before_ratio"] == 1.5


# ---- P3

RISE = date(2025, 7, 1)


def bought(who, days, product="V", region="N"):
    """Orders of some customers so many days after the rise (before, when negative)."""
    return [
        sale(f"{product}{each}{days}{region}", each, RISE + timedelta(days), product, region=region)
        for each in who.split()
    ]


KEPT = [
    FIRST_ORDER,
    *bought("C1 C2 C3 C4 C5", -40),
    *bought("C1 C2 C3 C8", 40),  # C8 is new: no buyer before
    *bought("D1 D2 D3 D4", -20, region="E"),
    *bought("D1 D2 D3", 20, region="E"),
    *bought("C4", 20, "S"),  # bought something else
]
NORTH = {"product_type": "Vase", "region_id": "N"}


def test_keep_buying_against_untouched_regions():
    """Three of five kept buying where it rose, three of four where it did not: 60 %, 15 points below; closed in September."""
    made = situation(Orders=KEPT, PriceChanges=[change(1, RISE, **NORTH)])
    rate = found("keep_buying_rate", made, "2025-09")
    assert (rate["All"].value, rate["All"].numerator, rate["All"].denominator) == (0.6, 3, 5)
    assert Flag.ESTIMATED not in rate["All"].flags
    assert rate["North"].value == rate["Vase"].value == 0.6
    assert "East" not in rate
    difference = found("keep_buying_difference", made, "2025-09")
    assert [each.value for each in difference.values()] == [pytest.approx(-0.15)] * 3
    whole = difference["All"]
    assert (whole.numerator, whole.denominator) == (pytest.approx(3 - 3.75), 5)
    assert whole.low < -0.15 < whole.high
    assert found("keep_buying_rate", made, "2025-08")["All"].reason is Reason.NO_DENOMINATOR
    assert found("keep_buying_rate", made, "2025-12", turn=rolling_turn)["All"].value == 0.6
    (row,) = table("price_change_elasticity", made)
    assert (row["kept_share"], row["control_share"], row["kept_difference"]) == (0.6, 0.75, pytest.approx(-0.15))


def test_keep_buying_formulas_give_the_same():
    """The two worksheet functions over the rows of the goods, and of those that did not rise."""
    mine = [row for row in KEPT if (row["product_id"], row["region_id"]) == ("V", "N")]
    others = [row for row in KEPT if (row["product_id"], row["region_id"]) == ("V", "E")]
    ids, dates, free, when = (
        [row[name] for row in rows] for rows in (mine, others) for name in ("customer_id", "order_date")
    )
    assert call("LOYALTY_KEEP_BUYING_RATE", ids, dates, RISE) == 0.6
    assert call("LOYALTY_KEEP_BUYING_DIFFERENCE", ids, dates, free, when, RISE, 90, 1) == pytest.approx(-0.15)
    assert call("LOYALTY_KEEP_BUYING_DIFFERENCE", ids, dates, free, when, RISE).code == "#N/A"
    assert call("LOYALTY_KEEP_BUYING_RATE", ids, dates, date(2024, 1, 1)).code == "#DIV/0!"


def test_without_a_control_group_the_raw_share_is_flagged():
    """Nothing else was sold, or to too few: the share stands with `estimated`, and there is no difference."""
    mine = [row for row in KEPT if row["region_id"] == "N" and row["product_id"] == "V"] + [FIRST_ORDER]
    alone = situation(Orders=mine, PriceChanges=[change(1, RISE, **NORTH)])
    few = situation(Settings(min_base_rate=5), Orders=KEPT, PriceChanges=[change(1, RISE, **NORTH)])
    for made in (alone, few):
        rate = found("keep_buying_rate", made, "2025-09")["All"]
        assert (rate.value, Flag.ESTIMATED in rate.flags) == (0.6, True)
        assert found("keep_buying_difference", made, "2025-09")["All"].reason is Reason.NOT_COMPARABLE


def test_other_types_are_the_control_where_the_type_rose_everywhere():
    """A rise of all vases is compared with buyers of scrolls; a scroll that rose too is no control."""
    scrolls = [*bought("E1 E2", -30, "S"), *bought("E1", 30, "S")]
    whole = change(1, RISE, product_type="Vase")
    made = situation(Orders=[*KEPT, *scrolls], PriceChanges=[whole])
    (row,) = table("price_change_elasticity", made)
    assert (row["kept_share"], row["control_share"]) == (pytest.approx(6 / 9), 0.5)
    made = situation(Orders=[*KEPT, *scrolls], PriceChanges=[whole, change(2, RISE, product_id="S")])
    assert {row["control_share"] for row in table("price_change_elasticity", made)} == {None}


def test_a_rise_of_one_product_asks_for_that_product():
    """Who turned to another product of the type did not keep buying; other products of the type are the control."""
    goods = [*PRODUCTS, {"product_id": "W", "product_type": "Vase"}]
    rows = [
        FIRST_ORDER,
        *bought("C1 C2", -30), *bought("C1", 30), *bought("C2", 30, "W"),
        *bought("D1 D2 D3", -30, "W"), *bought("D1", 30, "W"), *bought("D2", 30),
    ]  # fmt: skip
    made = situation(Orders=rows, Products=goods, PriceChanges=[change(1, RISE, product_id="V")])
    (row,) = table("price_change_elasticity", made)
    assert (row["kept_share"], row["control_share"]) == (0.5, pytest.approx(1 / 3))


def test_promotions_and_cuts_are_no_rises():
    """The end of a promotion and a lower price bring nobody into the rate; both stay in the table."""
    changes = [change(1, RISE, promo=True, **NORTH), change(2, RISE, old=110.0, new=100.0, **NORTH)]
    made = situation(Orders=KEPT, PriceChanges=changes)
    assert found("keep_buying_rate", made, "2025-09")["All"].reason is Reason.NO_DENOMINATOR
    assert [row["kept_share"] for row in table("price_change_elasticity", made)] == [None, None]


def test_two_rises_add_up():
    """Vases in the north (3 of 5) and scrolls in the east (1 of 2): 4 of 7, each against its own control."""
    scrolls = [*bought("E1 E2", -30, "S", "E"), *bought("E1", 30, "S", "E")]
    changes = [change(1, RISE, **NORTH), change(2, RISE, product_type="Scroll", region_id="E")]
    made = situation(Orders=[*KEPT, *scrolls], PriceChanges=changes)
    rate = found("keep_buying_rate", made, "2025-09")
    assert (rate["All"].numerator, rate["All"].denominator) == (4, 7)
    assert {segment: each.value for segment, each in rate.items() if segment != "All"} == {
        "North": 0.6, "East": 0.5, "Vase": 0.6, "Scroll": 0.5,
    }  # fmt: skip
    first, second = table("price_change_elasticity", made)
    expected = 5 * first["control_share"] + 2 * second["control_share"]
    assert found("keep_buying_difference", made, "2025-09")["All"].value == pytest.approx((4 - expected) / 7)


def test_no_price_sheets_no_data():
    """Without MarketIndex or PriceChanges the KPIs say that nothing came."""
    made = situation(Orders=KEPT)
    for key in ("price_elasticity", "price_insensitivity", "keep_buying_rate", "keep_buying_difference"):
        assert found(key, made)["All"].reason is Reason.NO_DATA


def test_a_price_of_next_month_does_not_end_the_data_there():
    """A price change entered ahead of time moves no as_of, and counts for nothing before its day."""
    sheets = {"Orders": sheet_of(CONTRACTS["Orders"], KEPT), "PriceChanges": sheet_of(CONTRACTS["PriceChanges"], [change(1, date(2027, 1, 1), **NORTH)])}  # fmt: skip
    assert newest_date(sheets) == RISE + timedelta(40)
    made = situation(Orders=KEPT, PriceChanges=[change(1, date(2027, 1, 1), **NORTH)])
    assert table("price_change_elasticity", made) == []


# ---- the sample company


def test_the_sample_company_shows_every_price_kpi(made_demo):
    """All have a value for All in July 2026 or the year to it, appraisal is not identified by nature, and nothing is wrong with the sheets."""
    inputs = gather(made_demo / "scorecard.xlsx", today=TODAY)
    sheets, findings = check(inputs, TODAY)
    assert not [each for each in findings if "PriceChanges" in each.sheet or "市场价格指数" in each.sheet]
    as_of = date(2026, 8, 1)
    ready = prepare(sheets, Settings(), as_of).ready
    made = Situation(ready, Settings(), CALENDAR, coverage(sheets, as_of, CALENDAR), as_of)
    elasticity = found("price_elasticity", made, "2026-07")
    assert elasticity["All"].value is not None
    assert elasticity["鉴定服务"].reason is Reason.NOT_IDENTIFIED
    assert len([each for each in elasticity.values() if each.value is not None]) == 9
    assert found("price_insensitivity", made, "2026-07")["All"].value is not None
    for key in ("keep_buying_rate", "keep_buying_difference"):
        assert found(key, made, "2026-07", turn=rolling_turn)["All"].value is not None
    notes = {row["segment"]: row["slope_note"] for row in table("price_segments", made)}
    assert notes["鉴定服务"] == "steady_price"
    changes = {row["change_id"]: row for row in table("price_change_elasticity", made)}
    assert changes["TJ-03"]["control_share"] is not None
    assert changes["TJ-08"]["price_note"] == "maturing"
    assert "TJ-09" not in changes  # comes into force in September
