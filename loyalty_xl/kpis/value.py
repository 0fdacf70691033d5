"""Value: what customers cost and bring."""

from __future__ import annotations

import math
from functools import partial

from loyalty_xl.catalogue import Sum, kpi, require
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Better, Dimension, Reason, Unit, Window


@kpi(
    "cac",
    "V2",
    zh="获客成本",
    en="Customer acquisition cost",
    unit=Unit.MONEY_PER_CUSTOMER,
    better=Better.LOWER,
    dimension=Dimension.VALUE,
    low=0.0,
    owner="sales",
    settings=("cac_scope", "cac_lag_cycles"),
    censored="start",
    says="期间的市场和销售费用 ÷ 期间新客数。",
)
def customer_acquisition_cost(acquisition_cost: float, new_customers: float) -> float:
    """What it cost on average to win one new customer.

        CAC = marketing and sales cost of the period / new customers of the period

    Parameters
    ----------
    acquisition_cost
        Campaign and sales costs in scope (`cac_scope`), spread evenly over the days they cover. [reporting currency]
    new_customers
        Customers whose first valid purchase falls in the period. [customers]

    Notes
    -----
    No new customers: no value (`no_denominator`), the cost is still shown as numerator.
    Not to be confused with cost per lead. `cac_lag_cycles` takes the cost of an earlier period.

    References
    ----------
    Source S4: total marketing and sales cost / new customers.

    Examples
    --------
    >>> customer_acquisition_cost(50_000, 125)
    400.0
    """
    return acquisition_cost / new_customers


def net_lifetime_value(annual_revenue: float, years: float, acquisition_cost: float) -> float:
    """What a customer brings over the years of the relationship, less what it cost to win the customer.

    >>> net_lifetime_value(1200, 3, 500)
    3100
    """
    return annual_revenue * years - acquisition_cost


def annual_share(share: float, months: float) -> float:
    """Give the share that stays in a year where *share* stays in *months*: 1 - churn is raised, churn is not multiplied.

    >>> round(1 - annual_share(1 - 0.05, 1), 4)
    0.4596
    """
    return math.pow(share, 12 / float(months))


def expected_years(annual_retention: float, most: float) -> float:
    """Years a customer is expected to stay: 1 / annual churn, at most *most*.

    >>> expected_years(0.8, 10), expected_years(1, 10)
    (5.0, 10.0)
    """
    churn = 1 - annual_retention
    return float(most) if churn * most <= 1 else round(1 / churn, 12)


def margins_to_come(yearly_margin: float, annual_retention: float, discount_rate: float, most: float) -> float:
    """What yearly margins to come are worth today: m r / (1 + i - r), at most m times *most*.

    The first margin comes at the end of year 1, from those who stayed: m times the sum of r^t / (1 + i)^t over t = 1, 2, ...

    >>> margins_to_come(300, 0.8, 0.1, 10), margins_to_come(300, 1, 0, 10)
    (800.0, 3000)
    """
    left = round(1 + discount_rate - annual_retention, 12)
    return yearly_margin * most if annual_retention >= left * most else yearly_margin * annual_retention / left


_lifetime = partial(
    kpi,
    dimension=Dimension.VALUE,
    better=Better.HIGHER,
    owner="analytics",
    window=Window.ROLLING_12M,
    history="base",
)


@_lifetime(
    "clv",
    "V1",
    zh="客户终身价值(净)",
    en="Net customer lifetime value",
    unit=Unit.MONEY_PER_CUSTOMER,
    base="tenured_customers",
    settings=("clv_years_rule", "clv_max_years", "churn_window_days", "cac_scope", "cac_lag_cycles"),
    censored="start",
    says="平均每年净收入 × 客户关系年数 − 获客成本;年数按 clv_years_rule 取实际年数或 1 ÷ 年流失率。",
)
def customer_lifetime_value(  # noqa: D417 - the settings are no measure
    tenured_spend: float,
    tenured_years: float,
    tenured_customers: float,
    kept: float,
    base_at_start: float,
    acquisition_cost: float,
    new_customers: float,
    months: float,
    settings: Settings | None = None,
) -> float:
    """Net customer lifetime value: what a customer brings over the relationship, less what it cost to win one.

        CLV = average annual net revenue * relationship years - CAC

    Parameters
    ----------
    tenured_spend
        Net revenue to date of the customers first seen at least 90 days before the end. [reporting currency]
    tenured_years
        Their years of relationship: from the first purchase until they were lost, or until now. [years]
    tenured_customers
        Their number. [customers]
    kept
        Customers in the base at both ends of the period. [customers]
    base_at_start
        Customers in the base at the start. [customers]
    acquisition_cost
        Campaign and sales costs in scope. [reporting currency]
    new_customers
        Customers whose first valid purchase falls in the period. [customers]
    months
        Length of the period. [months]

    Notes
    -----
    Both factors are ratios of sums: average annual net revenue = net revenue to date / years of relationship, over all of them;
    never a mean of the customers' own CLVs, in which a customer of yesterday would weigh as much as one of ten years.
    `clv_years_rule` observed: years = years of relationship / customers, so that CLV is the net revenue to date per customer less
    CAC. expected: years = 1 / annual churn of the period (12 months: churn as it is; a month: 1 - retention^12).
    Both end at `clv_max_years`. Customers seen for less than 90 days are left out: too little to be scaled up to a year.
    The relationship ends with the churn window, the contract or the account; a customer won back kept the relationship.
    What a single customer cost is not known: everyone bears the average CAC of the period. The source calls CLV "total income"
    while its formula takes CAC off, hence "net". It counts revenue; `discounted_clv` counts margin.

    References
    ----------
    Source S4: 1,200 a year for 3 years, 500 to win: 3,100. Not to be confused with predicted CLV (Fader/Hardie/Lee 2005).

    Examples
    --------
    >>> customer_lifetime_value(360_000, 300, 100, 80, 100, 50_000, 100, 12)
    3100.0
    """
    settings = settings or Settings()
    annual = Sum(tenured_spend) / tenured_years
    if settings.clv_years_rule == "expected":
        stay = annual_share(Sum(kept) / base_at_start, months)
        years = expected_years(stay, settings.clv_max_years)
    else:
        years = min(Sum(tenured_years) / tenured_customers, float(settings.clv_max_years))
    value = net_lifetime_value(annual, years, Sum(acquisition_cost) / new_customers)
    return Sum(value * tenured_customers) / tenured_customers


_MARGIN_SETTINGS = (
    "margin_rate",
    "discount_rate_annual",
    "clv_max_years",
    "churn_window_days",
    "cac_scope",
    "cac_lag_cycles",
)


@_lifetime(
    "discounted_clv",
    "V1",
    zh="折现客户终身价值",
    en="Discounted customer lifetime value",
    unit=Unit.MONEY_PER_CUSTOMER,
    base="base_at_start",
    settings=_MARGIN_SETTINGS,
    says="每年毛利 × 留存率 ÷ (1 + 年折现率 − 留存率) − 获客成本;第一笔毛利在第一年末。",
)
def discounted_lifetime_value(  # noqa: D417 - the settings are no measure
    known_margin: float,
    kept: float,
    base_at_start: float,
    base_at_end: float,
    acquisition_cost: float,
    new_customers: float,
    months: float,
    settings: Settings | None = None,
) -> float:
    """Discounted customer lifetime value: yearly margins to come, worth less the later they come, less CAC.

        discounted CLV = m * r / (1 + i - r) - CAC

    Parameters
    ----------
    known_margin
        Margin on the orders of known customers: amount times the product's margin rate, else `margin_rate`. [reporting currency]
    kept
        Customers in the base at both ends of the period. [customers]
    base_at_start
        Customers in the base at the start. [customers]
    base_at_end
        Customers in the base at the end. [customers]
    acquisition_cost
        Campaign and sales costs in scope. [reporting currency]
    new_customers
        Customers whose first valid purchase falls in the period. [customers]
    months
        Length of the period. [months]

    Notes
    -----
    m = margin of the period, scaled to a year / mean of the base at start and end; r = retention of the base, scaled to a year;
    i = `discount_rate_annual`. Timing: the first margin comes at the end of year 1, from those who stayed, and so on without end;
    a first margin paid today would add m. r / (1 + i - r) ends at `clv_max_years`: r can reach 1 in a short history, and with i = 0
    the sum would have no end. Where neither Products nor Settings has a margin rate, revenue counts whole.

    References
    ----------
    Gupta, Lehmann 2003, "Customers as assets", Journal of Interactive Marketing 17: m 300, r 0.8, i 0.1 -> 800 before CAC.

    Examples
    --------
    >>> discounted_lifetime_value(30_000, 80, 100, 100, 0, 20, 12)
    800.0
    """
    before = _before_cac(known_margin, kept, base_at_start, base_at_end, months, settings or Settings())
    value = before - Sum(acquisition_cost) / new_customers
    return Sum(value * base_at_start) / base_at_start


def _before_cac(
    known_margin: float, kept: float, base_at_start: float, base_at_end: float, months: float, settings: Settings
) -> float:
    customer_years = (Sum(base_at_start) + base_at_end) * float(months) / 24
    yearly = Sum(known_margin) / customer_years
    stay = annual_share(Sum(kept) / base_at_start, months)
    return margins_to_come(float(yearly), stay, settings.discount_rate_annual, settings.clv_max_years)


@_lifetime(
    "clv_to_cac",
    "V3",
    zh="终身价值与获客成本之比",
    en="CLV to CAC",
    unit=Unit.TIMES,
    base="base_at_start",
    settings=_MARGIN_SETTINGS,
    says="折现客户终身价值(未扣获客成本)÷ 获客成本。",
)
def lifetime_value_to_cost(  # noqa: D417 - the settings are no measure
    known_margin: float,
    kept: float,
    base_at_start: float,
    base_at_end: float,
    acquisition_cost: float,
    new_customers: float,
    months: float,
    settings: Settings | None = None,
) -> float:
    """CLV to CAC: how many times the margin to come covers what it cost to win a customer.

        CLV to CAC = discounted margin to come, before CAC / CAC

    Parameters
    ----------
    known_margin
        Margin on the orders of known customers. [reporting currency]
    kept
        Customers in the base at both ends of the period. [customers]
    base_at_start
        Customers in the base at the start. [customers]
    base_at_end
        Customers in the base at the end. [customers]
    acquisition_cost
        Campaign and sales costs in scope. [reporting currency]
    new_customers
        Customers whose first valid purchase falls in the period. [customers]
    months
        Length of the period. [months]

    Notes
    -----
    The value is that of `discounted_clv` before CAC is taken off: a ratio to CAC of a value net of CAC would count the cost twice
    (and be lower by exactly 1). No cost, or no new customers: no value (`no_denominator`).

    References
    ----------
    Practice of subscription businesses, where 3 is the usual yardstick (Skok, "SaaS Metrics 2.0").

    Examples
    --------
    >>> lifetime_value_to_cost(30_000, 80, 100, 100, 4_000, 20, 12)
    4.0
    """
    before = _before_cac(known_margin, kept, base_at_start, base_at_end, months, settings or Settings())
    return Sum(before) / (Sum(acquisition_cost) / new_customers)


@kpi(
    "cac_payback_months",
    "V3",
    zh="获客成本回收月数",
    en="CAC payback",
    unit=Unit.MONTHS,
    better=Better.LOWER,
    dimension=Dimension.VALUE,
    window=Window.ROLLING_12M,
    low=0.0,
    base="new_customers",
    owner="analytics",
    settings=("margin_rate", "cac_scope", "cac_lag_cycles"),
    history="window",
    censored="start",
    says="获客成本 ÷ 期内新客平均每月带来的毛利;从首购当月算起。",
)
def acquisition_payback_months(
    acquisition_cost: float, new_customers: float, new_margin: float, new_customer_months: float
) -> float:
    """CAC payback: months until the margin of a new customer has earned what it cost to win one.

        CAC payback = CAC / monthly margin per new customer

    Parameters
    ----------
    acquisition_cost
        Campaign and sales costs in scope. [reporting currency]
    new_customers
        Customers whose first valid purchase falls in the period. [customers]
    new_margin
        Margin that these customers brought in the period. [reporting currency]
    new_customer_months
        Months from that of the first purchase, itself included, to the end of the period, over these customers. [months]

    Notes
    -----
    Monthly margin per new customer = their margin / their months: a customer won in the last month counts for one month only.
    No cost or no new customers: no value (`no_denominator`). The same where they brought no margin: the cost never comes back.
    A short period flatters, since everyone has just bought for the first time: read it over 12 months.

    References
    ----------
    Practice of subscription businesses (Skok, "SaaS Metrics 2.0").

    Examples
    --------
    >>> acquisition_payback_months(5_000, 10, 6_000, 60)
    5.0
    """
    cost = Sum(acquisition_cost) / new_customers
    require(cost > 0 and new_margin > 0, Reason.NO_DENOMINATOR)
    return Sum(cost) / (Sum(new_margin) / new_customer_months)
