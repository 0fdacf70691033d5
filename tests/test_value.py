"""Wallets, currencies, revenue retention, lifetime value and acquisition cost: what a hand computes, through sheets and formulas."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty_xl.catalogue import KPIS, Withheld
from loyalty_xl.contracts.analytics import FX_RATES, ORDERS
from loyalty_xl.contracts.between_value import wallets
from loyalty_xl.contracts.currencies import RATE_DAYS, foreign_money
from loyalty_xl.contracts.sales import SHARE_OF_WALLET
from loyalty_xl.findings import sentence
from loyalty_xl.formulas import CellError, call
from loyalty_xl.kpis.value import annual_share, expected_years, margins_to_come, net_lifetime_value
from loyalty_xl.kpis.wallet import allocated
from loyalty_xl.pipeline import Refresh
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Flag, Reason, Result
from tests.conftest import Company
from tests.contracts.made_sheets import sheet_of
from tests.made_results import computed

ORDER_HEAD = "order_id,customer_id,order_date,product_id,amount,currency,order_type,original_order_id"


def result(made: Refresh, key: str) -> Result:
    """A result by its id."""
    return next(each for each in made.results if each.id == key)


def codes(made: Refresh) -> list[tuple[str, int]]:
    """Codes of this area's findings, with their counts."""
    return sorted((each.code, each.count) for each in made.findings if each.code[1:3] == "34" or each.code == "E273")


# ---- currencies

ABROAD = f"""{ORDER_HEAD}
A1,C1,2026-01-05,,100,USD,sale,
A2,C2,2026-01-20,,200,CNY,sale,
A3,C1,2026-02-03,,50,USD,sale,
R1,C1,2026-03-01,,-100,USD,refund,A1
A4,C3,2026-03-31,,10,HKD,sale,
"""
RATES = """currency,date,rate
USD,2026-01-01,7
USD,2026-02-01,8
USD,2026-03-01,9
HKD,2026-02-27,0.5
"""


def test_foreign_money_is_converted_at_the_rate_of_its_day(company: Company) -> None:
    """Lines in foreign currency count at the latest rate on or before the order's day; a refund at that of its original order."""
    made = company(Orders=ABROAD, FxRates=RATES, set={"max_rejected_share": "100%"})
    assert codes(made) == [("E340", 1), ("W341", 3)]  # the HKD rate is 32 days old
    frame = made.sheets["Orders"].frame
    assert dict(zip(frame["order_id"].astype(str), frame["amount"], strict=True)) == {
        "A1": 700.0,
        "A2": 200.0,
        "A3": 400.0,
        "R1": -700.0,
    }
    assert made.sheets["Orders"].left_out == {"other currency": 1}
    spend = result(made, "average_spend|2026-01|All")
    assert (spend.numerator, spend.denominator) == (900.0, 1.0)  # A1 was sent back whole: its buyer is no buyer
    assert made.sheets["Orders"].counts["amount"].tolist() == [900.0, 400.0, 710.0]


def test_without_rates_foreign_lines_are_out(company: Company) -> None:
    """Without FxRates every foreign line is out with a finding of its own, as before; never at a rate of 1."""
    made = company(Orders=ABROAD)
    assert codes(made) == [("E273", 1)] * 4
    assert made.sheets["Orders"].frame["order_id"].astype(str).tolist() == ["A2"]


def test_a_rate_holds_for_a_month_and_not_before_its_day() -> None:
    """The day itself and RATE_DAYS after it have the rate; a day before it and one more have none."""
    days = ["2025-12-31", "2026-01-01", f"2026-02-{RATE_DAYS + 1 - 31:02d}", f"2026-02-{RATE_DAYS + 2 - 31:02d}"]
    rows = [
        {"order_id": str(n), "customer_id": "C", "order_date": day, "amount": 10, "unit_price": 5, "discount": 1,
         "currency": "USD", "order_type": "sale"}
        for n, day in enumerate(days)
    ]  # fmt: skip
    sheets = {
        "Orders": sheet_of(ORDERS, rows),
        "FxRates": sheet_of(FX_RATES, [{"currency": "USD", "date": "2026-01-01", "rate": 7}]),
    }
    found = foreign_money(sheets, Settings())
    assert [(each.code, each.cell, each.expected) for each in found if each.code == "E340"] == [
        ("E340", "G2", "2025-12-31"),
        ("E340", "G5", "2026-02-02"),
    ]
    assert sheets["Orders"].frame[["amount", "unit_price", "discount"]].to_numpy().tolist() == [[70, 35, 7]] * 2
    assert all("…" not in sentence(each, language, where=False) for each in found for language in ("zh", "en"))


def test_converting_then_reporting_in_another_currency_is_consistent() -> None:
    """A currency equal to the reporting one needs no rate and stays as it is."""
    sheets = {
        "Orders": sheet_of(
            ORDERS, [{"order_id": "1", "customer_id": "C", "order_date": "2026-01-05", "amount": 10, "currency": "USD"}]
        )
    }
    assert foreign_money(sheets, Settings(reporting_currency="USD")) == []
    assert sheets["Orders"].frame["amount"].tolist() == [10]


# ---- wallets


@given(st.integers(1, 12))
def test_wallet_allocation_shares_add_up_to_one(brands: int) -> None:
    """The rule shares out the whole wallet, more to the better rank; tied brands have the average rank."""
    shares = [allocated(rank, brands) for rank in range(1, brands + 1)]
    assert sum(shares) == pytest.approx(1, rel=1e-12)
    assert shares == sorted(shares, reverse=True)
    tied = [allocated(1.5, brands)] * 2 + shares[2:]
    assert brands == 1 or sum(tied) == pytest.approx(1, rel=1e-12)


def test_wallet_allocation_as_worked() -> None:
    """Three brands: 1/2, 1/3, 1/6; tie for 1 and 2: 5/12 each; one brand: 1."""
    worked = {(1, 3): "1/2", (2, 3): "1/3", (3, 3): "1/6", (1.5, 3): "5/12", (1, 1): "1"}
    for (rank, brands), share in worked.items():
        assert allocated(rank, brands) == pytest.approx(float(Fraction(share)), rel=1e-12)
        assert call("LOYALTY_WALLET_ALLOCATION", rank, brands) == pytest.approx(float(Fraction(share)), rel=1e-12)
    assert call("LOYALTY_WALLET_ALLOCATION", 4, 3).code == "#NUM!"


WALLET_ORDERS = f"""{ORDER_HEAD}
O1,C1,2026-01-05,,300,CNY,sale,
O2,C2,2026-01-20,,200,CNY,sale,
O3,C1,2026-02-03,,100,CNY,sale,
O4,C4,2026-03-03,,100,CNY,sale,
O5,C5,2026-03-31,,80,CNY,sale,
"""
WALLETS = """customer_id,period,category_spend,own_spend,rank,brands,main_competitor,competitor_spend,reason
C1,2026-Q1,1000,,,,Rival,500,price
C2,2026-Q1,400,250,,,Rival,,price
C3,2026-Q1,600,0,,,Other,600,quality
C4,2026-Q1,90,,,,,,
C5,2026-Q1,,,1,3,,,
C5,2026-01,500,0,,,,,
C6,2026-Q1,,,5,3,,,
"""


def test_wallets_against_orders(company: Company) -> None:
    """Own spend over the wallet takes the row out; one off by more than 1 % is a warning; a rank beyond the brands is emptied."""
    made = company(
        Orders=WALLET_ORDERS, ShareOfWallet=WALLETS, set={"cycle_type": "quarter", "max_rejected_share": "100%"}
    )
    assert codes(made) == [("E342", 1), ("W343", 1), ("W344", 1)]
    assert ("E231", "E8") in {(each.code, each.cell) for each in made.findings}
    out = next(each for each in made.findings if each.code == "E342")
    assert (out.cell, out.found, out.expected) == ("C5", "100", "90")
    share = result(made, "share_of_wallet|2026-Q1|All")
    assert share.value == pytest.approx((400 + 250 + 0) / (1000 + 400 + 600), rel=1e-12)
    assert (share.numerator, share.denominator, share.n) == (650, 2000, 3)
    assert Flag.LOW_BASE in share.flags
    assert share.interval is not None
    assert share.interval.low < 0.325 < share.interval.high
    covered = result(made, "wallet_coverage|2026-Q1|All")
    assert (covered.numerator, covered.denominator) == (2, 4)  # C3 never bought: not in the base
    assert made.tables["wallet_shares"] == [
        {"period": "2026-Q1", "basis": "category_spend", "customers": 3, "share_of_wallet": 0.325,
         "mean_share": pytest.approx((0.4 + 0.625 + 0) / 3), "estimated": False},
        {"period": "2026-Q1", "basis": "rank", "customers": 1, "share_of_wallet": None, "mean_share": 0.5, "estimated": True},
    ]  # fmt: skip
    assert made.tables["wallet_competitors"] == [
        {"period": "2026-Q1", "competitor": "Rival", "reason": "price", "customers": 2, "share": 2 / 3, "competitor_spend": 500},
        {"period": "2026-Q1", "competitor": "Other", "reason": "quality", "customers": 1, "share": 1 / 3, "competitor_spend": 600},
    ]  # fmt: skip


def test_a_wallet_counts_only_for_its_own_period(company: Company) -> None:
    """Asked for a quarter, a wallet says nothing of its months: no value, and the reason; the quarter has one."""
    text = WALLETS.split("C5,2026-01", maxsplit=1)[0]
    made = company(Orders=WALLET_ORDERS, ShareOfWallet=text, set={"max_rejected_share": "100%"}, period="2026-Q1")
    assert result(made, "share_of_wallet|2026-02|All").reason is Reason.NO_DENOMINATOR
    assert result(made, "share_of_wallet|2026-Q1|All").value == pytest.approx(0.325)
    assert ("W344", 5) in codes(made)


def test_wallets_follow_merged_customers_and_refund_basis() -> None:
    """Own spend of a merged customer is the two together; a refund counts in the period that refund_basis gives it."""
    from loyalty_xl.contracts.analytics import CUSTOMERS

    orders = [
        {"order_id": "O1", "customer_id": "C1", "order_date": "2026-01-05", "amount": 100, "order_type": "sale"},
        {"order_id": "O2", "customer_id": "C2", "order_date": "2026-01-06", "amount": 60, "order_type": "sale"},
        {"order_id": "R1", "customer_id": "C2", "order_date": "2026-02-06", "amount": -50, "order_type": "refund",
         "original_order_id": "O2"},
        {"order_id": "O3", "customer_id": "C9", "order_date": "2026-02-28", "amount": 5, "order_type": "sale"},
    ]  # fmt: skip
    for basis, expected in (("refund_date", "160"), ("original_order", "110")):
        sheets = {
            "Orders": sheet_of(ORDERS, orders),
            "Customers": sheet_of(CUSTOMERS, [{"customer_id": "C1"}, {"customer_id": "C2", "merged_into": "C1"}]),
            "ShareOfWallet": sheet_of(
                SHARE_OF_WALLET,
                [{"customer_id": "C1", "period": "2026-01", "category_spend": 900, "own_spend": 90}],
            ),
        }
        found = wallets(sheets, Settings(refund_basis=basis))
        assert [(each.code, each.expected) for each in found] == [("W343", expected)]


def test_wallet_functions_are_those_of_the_pipeline(company: Company) -> None:
    """Formulas over the same rows give the pipeline's share, coverage and tables."""
    kept = "".join(
        line + "\n" for line in WALLETS.split("\n") if line[:2] not in ("C4", "C6") and "2026-01" not in line
    )
    made = company(Orders=WALLET_ORDERS, ShareOfWallet=kept.strip(), set={"cycle_type": "quarter"})
    orders = [line.split(",") for line in WALLET_ORDERS.strip().split("\n")[1:]]
    ids, days = [row[1] for row in orders], [row[2] for row in orders]
    own, category = [400, 250, 0], [1000, 400, 600]
    assert call("LOYALTY_SHARE_OF_WALLET", own, category) == pytest.approx(
        result(made, "share_of_wallet|2026-Q1|All").value
    )
    assert call("LOYALTY_SHARE_OF_WALLET", [0], [0]).code == "#DIV/0!"
    assert call("LOYALTY_WALLET_COVERAGE", ["C1", "C2", "C3"], ids, days, date(2026, 4, 1)) == pytest.approx(
        result(made, "wallet_coverage|2026-Q1|All").value
    )
    rows = [line.split(",") for line in kept.strip().split("\n")[1:]]
    columns = list(zip(*rows, strict=True))
    numbers = [[float(cell) if cell else None for cell in columns[place]] for place in (2, 3, 4, 5, 7)]
    numbers[1][0] = 400  # blank own spend is 0 to a formula: it has no orders
    spilled = call("LOYALTY_WALLET_SHARES", columns[1], *numbers[:4])
    assert [dict(zip(spilled[0], row, strict=True)) for row in spilled[1:]] == [
        {name: "" if value is None else value for name, value in row.items()} for row in made.tables["wallet_shares"]
    ]
    spilled = call("LOYALTY_WALLET_COMPETITORS", columns[1], columns[6], columns[8], numbers[4])
    assert [dict(zip(spilled[0], row, strict=True)) for row in spilled[1:]] == made.tables["wallet_competitors"]


# ---- revenue retention

BEFORE_AND_AFTER = f"""{ORDER_HEAD}
O1,C1,2025-10-05,,1000,CNY,sale,
O2,C2,2025-11-05,,400,CNY,sale,
O3,C3,2025-12-05,,300,CNY,sale,
R3,C3,2025-12-20,,-300,CNY,refund,
O4,C4,2025-12-24,,600,CNY,sale,
O5,C1,2026-01-05,,1500,CNY,sale,
O6,C2,2026-02-05,,100,CNY,sale,
O7,C3,2026-02-15,,90,CNY,sale,
O8,C5,2026-03-05,,800,CNY,sale,
R6,C2,2026-03-31,,-20,CNY,refund,O6
"""


def test_revenue_retention_with_growth_and_shrinkage(company: Company) -> None:
    """Gross takes each customer at most at the old revenue, net as it is; who brought nothing before is left out and counted."""
    made = company(Orders=BEFORE_AND_AFTER, set={"cycle_type": "quarter"})
    gross, net = (result(made, f"{kind}_revenue_retention|2026-Q1|All") for kind in ("gross", "net"))
    assert (gross.numerator, gross.denominator, gross.n) == (1000 + 80, 2000, 3)
    assert (net.numerator, net.denominator, net.n) == (1500 + 80, 2000, 3)
    assert gross.value is not None
    assert net.value is not None
    assert result(made, "net_revenue_retention|2025-Q4|All").reason is Reason.INSUFFICIENT_HISTORY
    assert made.tables["revenue_bridge"] == [
        {"period": "2026-Q1", "previous_revenue": 2000.0, "lost_revenue": 600.0, "shrunk_revenue": 320.0, "grown_revenue": 500.0,
         "other_revenue": 890.0, "revenue": 2470.0, "previous_customers": 3, "excluded_customers": 1},
    ]  # fmt: skip
    rows = [line.split(",") for line in BEFORE_AND_AFTER.strip().split("\n")[1:]]
    given_rows = [row[1] for row in rows], [row[2] for row in rows], [float(row[4]) for row in rows]
    quarter = date(2026, 1, 1), date(2026, 4, 1)
    assert call("LOYALTY_GROSS_REVENUE_RETENTION", *given_rows, *quarter) == gross.value
    assert call("LOYALTY_NET_REVENUE_RETENTION", *given_rows, *quarter) == net.value
    spilled = call("LOYALTY_REVENUE_BRIDGE", *given_rows, "quarter")
    assert [dict(zip(spilled[0], row, strict=True)) for row in spilled[1:]] == made.tables["revenue_bridge"]


def test_half_a_previous_period_is_no_base_for_revenue_retention(company: Company) -> None:
    """Where the data begin inside the previous period, its revenue would be too low: insufficient history."""
    late = BEFORE_AND_AFTER.replace("2025-10-05", "2025-12-01").replace("2025-11-05", "2025-12-02")
    made = company(Orders=late, set={"cycle_type": "quarter"})
    assert result(made, "gross_revenue_retention|2026-Q1|All").reason is Reason.INSUFFICIENT_HISTORY


money = st.lists(st.tuples(st.integers(-500, 5_000), st.integers(-500, 5_000)), min_size=1, max_size=20)


@given(money, st.integers(1, 50))
def test_gross_never_exceeds_net_or_one_and_ratios_have_no_unit(pairs: list[tuple[int, int]], scale: int) -> None:
    """Gross <= 1, gross <= net, and amounts times k change neither."""
    paid = [(before, now) for before, now in pairs if before > 0]
    if not paid:
        return
    gross, net = KPIS["gross_revenue_retention"].function, KPIS["net_revenue_retention"].function
    total = sum(before for before, _ in paid)
    kept, brought = sum(min(pair) for pair in paid), sum(now for _, now in paid)
    assert kept / total <= 1
    assert kept <= brought
    assert gross(kept * scale, total * scale) == pytest.approx(gross(kept, total), rel=1e-12)
    assert net(brought * scale, total * scale) == pytest.approx(net(brought, total), rel=1e-12)


# ---- lifetime value and acquisition cost


def test_lifetime_value_as_worked() -> None:
    """1,200 for 3 years less 500 is 3,100; m 300, r 0.8, i 0.1 is 800 before CAC; by function and by formula."""
    assert net_lifetime_value(1200, 3, 500) == call("LOYALTY_CLV", 1200, 3, 500) == 3100
    assert margins_to_come(300, 0.8, 0.1, 10) == call("LOYALTY_DISCOUNTED_CLV", 300, 0.8, 0, 0.1) == 800
    assert call("LOYALTY_DISCOUNTED_CLV", 300, 0.8, 500) == 300
    assert call("LOYALTY_CLV_TO_CAC", 300, 0.8, 200) == 4
    assert call("LOYALTY_CLV_TO_CAC", 300, 0.8, 0).code == "#DIV/0!"
    assert call("LOYALTY_CAC_PAYBACK_MONTHS", 500, 50) == 10
    for cost, margin in ((0, 50), (500, 0), (500, -1)):
        assert call("LOYALTY_CAC_PAYBACK_MONTHS", cost, margin).code == "#DIV/0!"
    assert call("LOYALTY_DISCOUNTED_CLV", 300, 1.2, 0).code == "#NUM!"
    assert isinstance(call("LOYALTY_CLV", 1200, -1, 500), CellError)


def test_monthly_churn_is_raised_not_multiplied() -> None:
    """5 % a month is 45.96 % a year, and the years expected are 1 over that, capped."""
    assert 1 - annual_share(0.95, 1) == pytest.approx(0.4596, abs=5e-5)
    assert expected_years(annual_share(0.95, 1), 10) == pytest.approx(1 / 0.459640, rel=1e-5)
    assert expected_years(1.0, 10) == expected_years(0.95, 10) == 10


@given(st.floats(0, 1), st.floats(0, 1), st.floats(1, 100))
def test_margins_to_come_stay_within_the_cap(retention: float, rate: float, most: float) -> None:
    """However loyal customers and however low the rate, a yearly margin counts at most the capped years, and more loyalty never less."""
    worth = margins_to_come(1, retention, rate, most)
    assert 0 <= worth <= most * (1 + 1e-9)
    assert worth <= margins_to_come(1, min(1, retention + 0.01), rate, most) + 1e-9


def test_margins_to_come_are_the_sum_of_years() -> None:
    """The closed form is what year after year adds up to, the first margin at the end of year 1."""
    summed = sum(300 * (0.8 / 1.1) ** year for year in range(1, 400))
    assert margins_to_come(300, 0.8, 0.1, 10) == pytest.approx(summed, rel=1e-9)


HISTORY = f"""{ORDER_HEAD}
O0,,2024-01-01,,10,CNY,sale,
O1,C1,2024-07-01,P1,1000,CNY,sale,
O2,C2,2024-10-01,P2,500,CNY,sale,
O3,C1,2025-06-01,P1,2000,CNY,sale,
O4,C3,2025-08-01,P2,400,CNY,sale,
O5,C1,2025-12-01,,300,CNY,sale,
O6,C4,2025-12-15,P1,100,CNY,sale,
O7,C3,2025-12-31,P2,600,CNY,sale,
"""
PRODUCTS = "product_id,product_type,margin_rate\nP1,Jade,0.5\nP2,Books,\n"
COSTS = "period,cost,cost_type\n2024,1000,acquisition\n2025,800,acquisition\n2025,200,overhead\n"
FUNDS = (
    "campaign_id,start,end,channel,cost,cost_type,attributed_new\nM1,2025-12-01,2026-01-09,wechat,400,acquisition,2\n"
)


def lifetime(company: Company, **settings: str) -> Refresh:
    """The company of HISTORY in 2025."""
    sheets = {"Orders": HISTORY, "Products": PRODUCTS, "SalesCosts": COSTS, "Campaigns": FUNDS}
    given_settings = {"cycle_type": "year", "company_start": "2024-01-01", **settings}
    return company(**sheets, set=given_settings, period="2025", as_of=date(2026, 1, 1))


def test_lifetime_value_of_the_pipeline(company: Company) -> None:
    """Sums over customers: C1 and C3 stay, C2 was lost after 365 days, C4 is seen too short; campaign cost by its days."""
    made = lifetime(company, churn_window_days="180")
    cost = 800 + 200 + 400 * 31 / 40
    value = result(made, "clv|2025|All")
    assert value.n == 3
    assert value.value == pytest.approx(
        (3300 + 500 + 1000) / 3 - cost / 2, rel=1e-12
    )  # observed: revenue to date less CAC
    # base at start: C1 (184 days ago: lost), C2 (92 days: in) -> 1, not kept
    assert result(made, "discounted_clv|2025|All").value == pytest.approx(-cost / 2, rel=1e-12)


def test_expected_years_and_margins_of_the_pipeline(company: Company) -> None:
    """Expected years are 1 over annual churn; margins by product, else by the setting, else whole."""
    whole = lifetime(company, clv_years_rule="expected", churn_window_days="300")
    # base at 2025-01-01: C1 (184 days), C2 (92 days); C1 kept, C2 lost: churn 1/2, 2 years
    years_related = (
        (date(2026, 1, 1) - date(2024, 7, 1)).days + 300 + (date(2026, 1, 1) - date(2025, 8, 1)).days
    ) / 365.25
    cost = 1000 + 310
    annual = 4800 / years_related
    assert result(whole, "clv|2025|All").value == pytest.approx(2 * annual - cost / 2, rel=1e-12)
    for setting, rate in (("", 1.0), ("30%", 0.3)):
        made = lifetime(company, churn_window_days="300", **({"margin_rate": setting} if setting else {}))
        margin = 2000 * 0.5 + 400 * rate + 300 * rate + 100 * 0.5 + 600 * rate
        average_base = (2 + 3) / 2  # at the end C1, C3, C4
        worth = margin / average_base * 0.5 / 0.6
        assert result(made, "discounted_clv|2025|All").value == pytest.approx(worth - cost / 2, rel=1e-12)
        assert result(made, "clv_to_cac|2025|All").value == pytest.approx(worth / (cost / 2), rel=1e-12)
        new = 400 * rate + 600 * rate + 100 * 0.5
        assert result(made, "cac_payback_months|2025|All").value == pytest.approx(
            (cost / 2) / (new / (5 + 1)), rel=1e-12
        )


def test_years_are_capped() -> None:
    """Observed years end at clv_max_years, and so do the expected ones of a year without churn."""
    clv = KPIS["clv"].function
    for rule, kept in (("observed", 50), ("expected", 100)):
        settings = Settings(clv_years_rule=rule, clv_max_years=2)
        assert clv(400_000, 400, 100, kept, 100, 5_000, 10, 12, settings) == pytest.approx(1000 * 2 - 500, rel=1e-12)


def test_no_new_customers_no_lifetime_value(company: Company) -> None:
    """CAC without new customers has no value, nor has what rests on it: no denominator, never 0."""
    sheets = {"Orders": HISTORY.replace("C3", "C1").replace("C4", "C1"), "SalesCosts": COSTS, "Campaigns": FUNDS}
    made = company(
        **sheets, set={"cycle_type": "year", "churn_window_days": "300"}, period="2025", as_of=date(2026, 1, 1)
    )
    for key in ("cac", "clv", "discounted_clv", "clv_to_cac", "cac_payback_months"):
        found = result(made, f"{key}|2025|All")
        assert (found.value, found.reason) == (None, Reason.NO_DENOMINATOR), key
    assert result(made, "cac|2025|All").numerator == pytest.approx(1310)


@given(st.integers(1, 40))
def test_amounts_times_k_multiply_lifetime_value(scale: int) -> None:
    """All money times k: CLV times k, CLV to CAC unchanged (law b)."""
    clv, ratio = KPIS["clv"].function, KPIS["clv_to_cac"].function
    assert clv(360_000 * scale, 300, 100, 80, 100, 50_000 * scale, 100, 12) == pytest.approx(3100 * scale, rel=1e-12)
    assert ratio(30_000 * scale, 80, 100, 100, 4_000 * scale, 20, 12) == pytest.approx(4, rel=1e-12)


def test_nobody_at_the_start_withholds_expected_years() -> None:
    """Without a base at the start there is no churn to expect years from."""
    with pytest.raises(Withheld) as withheld:
        KPIS["clv"].function(100, 1, 1, 0, 0, 10, 1, 12, Settings(clv_years_rule="expected"))
    assert withheld.value.reason is Reason.NO_DENOMINATOR


def test_cac_by_channel_leaves_nothing_unshown(company: Company) -> None:
    """Claimed cost and customers by channel, the rest unattributed, the whole last and equal to CAC; scope applies; formula too."""
    made = lifetime(company)
    rows = [row for row in made.tables["cac_by_channel"] if row["period"] == "2025"]
    assert rows == [
        {"period": "2025", "channel": "wechat", "cost": 310.0, "new_customers": 1.55, "cac": 200.0},
        {"period": "2025", "channel": "Unassigned 未归类", "cost": 1000.0, "new_customers": 0.45, "cac": None},
        {
            "period": "2025",
            "channel": "All",
            "cost": 1310.0,
            "new_customers": 2.0,
            "cac": result(made, "cac|2025|All").value,
        },
    ]
    narrow = lifetime(company, cac_scope="acquisition")
    assert [row["cost"] for row in narrow.tables["cac_by_channel"] if row["period"] == "2025"] == [310.0, 800.0, 1110.0]
    orders = [line.split(",") for line in HISTORY.strip().split("\n")[1:]]
    spilled = call(
        "LOYALTY_CAC_BY_CHANNEL", ["2025-12-01", "2025-01-01"], ["2026-01-09", "2025-12-31"], ["wechat", None], [400, 1000], [2, None],
        [row[1] for row in orders], [row[2] for row in orders], "year",
    )  # fmt: skip
    shown = [dict(zip(spilled[0], row, strict=True)) for row in spilled[1:]]
    for got, wanted in zip(shown, rows, strict=True):
        assert got == {
            name: "" if value is None else pytest.approx(value) if isinstance(value, float) else value
            for name, value in wanted.items()
        }


# ---- refunds by both bases

REFUNDED = f"""{ORDER_HEAD}
O1,C1,2025-12-05,,1000,CNY,sale,
O2,C2,2025-12-06,,500,CNY,sale,
R1,C1,2026-02-03,,-400,CNY,refund,O1
O3,C2,2026-02-10,,300,CNY,sale,
R2,C2,2026-02-11,,-50,CNY,refund,
"""


@pytest.mark.parametrize(
    ("basis", "december", "february"), [("refund_date", 1500, -150), ("original_order", 1100, 250)]
)
def test_refund_basis_moves_money_to_its_period(company: Company, basis: str, december: float, february: float) -> None:
    """By refund date money leaves when it was given back; by original order it leaves the period of the order it names, and only then."""
    made = company(Orders=REFUNDED, set={"refund_basis": basis, "cancellations": "net"})
    values = {
        period: sum(
            float(each.numerator or 0)
            for each in made.results
            if each.id in (f"average_order_value|{period}|All", f"anonymous_revenue_share|{period}|All")
            and each.kpi == "average_order_value"
        )
        for period in ("2025-12", "2026-02")
    }
    assert values == {"2025-12": december, "2026-02": february}
    bridge = next(row for row in made.tables["revenue_bridge"] if row["period"] == "2026-01")
    assert bridge["previous_revenue"] == december
    whole = result(made, "average_order_value|all|All")
    assert whole.numerator == 1350  # nothing is lost or doubled


# ---- worked examples of the catalogue that need a whole company


def test_retention_of_a_company_that_also_wins_and_wins_back() -> None:
    """Start 100, 20 lost, 30 new of whom 5 are gone again, 10 won back: end 115, retention 80 % and churn 20 %; (E - N) / S says 90 or 85 %."""
    bought = {
        **{f"K{n}": ("2025-05-15", "2025-12-31") for n in range(80)},
        **{f"L{n}": ("2025-05-15",) for n in range(20)},
        **{f"N{n}": ("2025-11-10",) for n in range(25)},
        **{f"G{n}": ("2025-07-05",) for n in range(5)},
        **{f"R{n}": ("2024-06-01", "2025-11-15") for n in range(10)},
    }
    rows = [f"{who}-{day},{who},{day},10" for who, days in bought.items() for day in days]
    orders = "\n".join(["order_id,customer_id,order_date,amount", *rows])
    keys = ("retention_rate", "churn_rate", "customer_base", "customer_growth_rate", "reactivation_rate")
    made = computed(keys, period="2025-H2", settings=Settings(churn_window_days=90), Orders=orders)
    found = {each.kpi: each for each in made.results if each.segment_dim == "all"}
    start, end, new, gone = 100, 115, 30, 5
    assert (found["retention_rate"].value, found["retention_rate"].denominator) == (0.8, start)
    assert found["churn_rate"].value == 0.2
    assert found["customer_base"].value == end
    assert found["customer_growth_rate"].value == pytest.approx(0.15)
    assert found["reactivation_rate"].numerator == 10
    assert ((end - new + gone) / start, (end - new) / start) == (0.90, 0.85)  # what the common formula would say


def test_the_cost_of_no_new_customer_is_shown() -> None:
    """Cost 50,000 and nobody new: there is no cost per customer (no_denominator), and the cost stands as numerator."""
    made = computed(
        ["cac"],
        period="2026-02",
        Orders="order_id,customer_id,order_date,amount\nO1,C1,2026-01-05,10\nO2,C1,2026-02-28,10\n",
        Campaigns="campaign_id,name,start,end,cost\nA1,Fair,2026-02-01,2026-02-28,20000\n",
        SalesCosts="period,cost,cost_type\n2026-01,0,overhead\n2026-02,30000,overhead\n",
    )
    cost = next(each for each in made.results if each.segment_dim == "all")
    assert (cost.value, cost.reason, cost.numerator) == (None, Reason.NO_DENOMINATOR, 50_000)
