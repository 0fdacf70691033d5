"""Behaviour: how often, how much, how many."""

from __future__ import annotations

from functools import partial

from loyalty_xl.catalogue import kpi, require
from loyalty_xl.intervals import student, wilson
from loyalty_xl.vocabulary import Better, Dimension, Level, Reason, Unit, Window

behaviour = partial(kpi, dimension=Dimension.BEHAVIOUR, better=Better.HIGHER, owner="analytics")
share = partial(behaviour, unit=Unit.SHARE, low=0.0, high=1.0)


@behaviour(
    "customer_base",
    "B0",
    zh="客户基数",
    en="Customer base",
    unit=Unit.COUNT,
    low=0.0,
    level=Level.CORE,
    censored="end",
    stock=True,
    settings=("churn_window_days",),
    says="期末仍在口径窗口内、未销户的购买过的客户数;只登记未购买的和已流失的不算。",
)
def customer_base(base_at_end: float) -> float:
    """Customers who count as customers at the end of the period.

        customer base = customers whose first valid purchase lies before the end, who are not closed,
                        and whose last purchase is at most the churn window ago

    Parameters
    ----------
    base_at_end
        Customers in the base at the end of the period. [customers]

    Notes
    -----
    Registered people who never bought, and lost customers, are not in it. With several product types a customer is in the base
    while any type's own window is open. A closed customer who buys again counts as reactivated; a contract's end date beats the window.
    Not to be confused with customers active in the period. The churn window (`churn_window_days`, per product type) is a choice: print it.

    References
    ----------
    Source S3. Fader and Hardie 2007, "How to project customer retention", on contractual and non-contractual settings.

    Examples
    --------
    >>> customer_base(115)
    115
    """
    return base_at_end


@share(
    "repeat_purchase_rate",
    "B1",
    zh="期内复购率",
    en="Repeat-purchase rate",
    level=Level.CORE,
    window=Window.ROLLING_12M,
    interval=lambda repeat_customers, active_customers: wilson(repeat_customers, active_customers),
    history="window",
    says="期间内购买两次及以上的客户 ÷ 期间内购买过的客户。",
)
def repeat_purchase_rate(repeat_customers: float, active_customers: float) -> float:
    """Share of the period's buyers who bought at least twice in it.

        repeat-purchase rate = customers with 2 or more occasions in the period / customers with 1 or more

    Parameters
    ----------
    repeat_customers
        Customers with at least two occasions in the period. [customers]
    active_customers
        Customers with at least one occasion in the period. [customers]

    Notes
    -----
    Nobody bought: no value (`no_denominator`). What an occasion is, an order or a customer-day, is the setting `occasion_unit`.
    Not to be confused with the returning share (bought before the period), the next-cycle repurchase rate, or the lifetime repeat rate.

    References
    ----------
    Sources S0, S2. Usual in Chinese e-commerce reporting as 复购率.

    Examples
    --------
    >>> repeat_purchase_rate(30, 120)
    0.25
    """
    return repeat_customers / active_customers


@share(
    "returning_customer_share",
    "B2",
    zh="老客占比",
    en="Returning-customer share",
    censored="start",
    history="previous",
    interval=lambda returning_customers, active_customers: wilson(returning_customers, active_customers),
    says="期间内购买的客户中,期初之前已经购买过的占比。",
)
def returning_customer_share(returning_customers: float, active_customers: float) -> float:
    """Share of the period's buyers who had bought before it began.

        returning share = buyers of the period with an occasion before its start / buyers of the period

    Parameters
    ----------
    returning_customers
        Buyers of the period whose first purchase lies before it. [customers]
    active_customers
        Customers with at least one occasion in the period. [customers]

    Notes
    -----
    Early in the history everybody looks new: such periods carry the flag `left_censored`.
    Neither larger nor smaller than the repeat-purchase rate by rule.

    References
    ----------
    "Returning customer rate" of shop systems such as Shopify.

    Examples
    --------
    >>> returning_customer_share(90, 120)
    0.75
    """
    return returning_customers / active_customers


@share(
    "repurchase_rate",
    "B3",
    zh="回购率",
    en="Next-cycle repurchase rate",
    lag="next",
    interval=lambda buying_again_next, buyers_with_next_over: wilson(buying_again_next, buyers_with_next_over),
    says="本期购买的客户中,下一期又购买的占比;下一期未结束时不显示。",
)
def repurchase_rate(buying_again_next: float, buyers_with_next_over: float) -> float:
    """Share of the period's buyers who buy again in the next period.

        repurchase rate = buyers of the period who also buy in the next one / buyers of the period

    Parameters
    ----------
    buying_again_next
        Buyers of the period with an occasion in the next period. [customers]
    buyers_with_next_over
        Buyers of the period, once the next period is over. [customers]

    Notes
    -----
    Until the next period is over there is no value (`maturing`), never 0.
    Not to be confused with the repeat-purchase rate, which looks inside one period.

    References
    ----------
    Chinese e-commerce usage, 回购率. CDNOW: 14.7 % of the January 1997 cohort bought again in February.

    Examples
    --------
    >>> repurchase_rate(147, 1000)
    0.147
    """
    return buying_again_next / buyers_with_next_over


@share(
    "lifetime_repeat_rate",
    "B4",
    zh="累计复购率",
    en="Lifetime repeat rate",
    interval=lambda repeat_buyers_to_date, buyers_to_date: wilson(repeat_buyers_to_date, buyers_to_date),
    says="截至期末,累计购买两次及以上的客户 ÷ 购买过的客户。",
)
def lifetime_repeat_rate(repeat_buyers_to_date: float, buyers_to_date: float) -> float:
    """Share of all buyers to date who have bought at least twice.

        lifetime repeat rate = customers with 2 or more occasions to date / customers with 1 or more

    Parameters
    ----------
    repeat_buyers_to_date
        Customers with at least two occasions up to the end of the period. [customers]
    buyers_to_date
        Customers with at least one. [customers]

    Notes
    -----
    Recent customers had less time to come back: see the cohorts beside it. Counting orders or customer-days matters:
    CDNOW gives 49.48 % by order and 48.86 % by day, Online Retail 65.58 % and 64.32 %.

    References
    ----------
    Fader, Hardie and Lee 2005, Marketing Science 24 (CDNOW).

    Examples
    --------
    >>> lifetime_repeat_rate(946, 2357).__round__(4)
    0.4014
    """
    return repeat_buyers_to_date / buyers_to_date


@behaviour(
    "purchase_frequency",
    "B5",
    zh="消费频率",
    en="Purchase frequency",
    unit=Unit.PER_CUSTOMER,
    low=0.0,
    level=Level.CORE,
    window=Window.ROLLING_12M,
    interval=lambda purchases, purchases_squared, active_customers: student(
        purchases, purchases_squared, active_customers
    ),
    history="window",
    says="期间内的消费次数 ÷ 期间内购买过的客户;按产品类型时,一单含两类则各计一次。",
)
def purchase_frequency(purchases: float, active_customers: float) -> float:
    """Occasions per buyer of the period.

        purchase frequency = occasions of known customers in the period / customers with at least one

    Parameters
    ----------
    purchases
        Occasions of known customers. [occasions]
    active_customers
        Customers with at least one occasion in the period. [customers]

    Notes
    -----
    By product type an order that holds two types counts once in each and once in All: types do not add up.
    Per buyer of the period, not per customer of the base.

    References
    ----------
    Sources S0, S3. Online Retail, cleaned: 18,532 / 4,338 = 4.27.

    Examples
    --------
    >>> purchase_frequency(18532, 4338).__round__(2)
    4.27
    """
    return purchases / active_customers


@behaviour(
    "purchase_gap_days",
    "B5",
    zh="平均购买间隔",
    en="Days between purchases",
    unit=Unit.DAYS,
    low=0.0,
    better=Better.LOWER,
    interval=lambda gap_days, gap_days_squared, gaps: student(gap_days, gap_days_squared, gaps),
    says="同一客户相邻两次消费之间的平均天数,计入后一次所在期间;只买过一次的客户没有间隔。",
)
def purchase_gap_days(gap_days: float, gaps: float) -> float:
    """Mean days between a customer's consecutive occasions.

        gap = sum of days since the same customer's previous occasion / number of such gaps

    Parameters
    ----------
    gap_days
        Days since the previous occasion, in the period of the later one. [days]
    gaps
        Number of gaps. [gaps]

    Notes
    -----
    Customers with a single occasion have no gap. Two orders of one day are 0 days apart (under `occasion_unit=order`).
    Not to be confused with recency, the days since the last purchase.

    References
    ----------
    Sources S0, S3. CDNOW by order: 68.973768 days over 46,089 gaps.

    Examples
    --------
    >>> purchase_gap_days(300, 10)
    30.0
    """
    return gap_days / gaps


@behaviour(
    "average_spend",
    "B6",
    zh="客均消费金额",
    en="Average spend per customer",
    unit=Unit.MONEY_PER_CUSTOMER,
    level=Level.CORE,
    window=Window.ROLLING_12M,
    interval=lambda spend_of_active, spend_of_active_squared, active_customers: student(
        spend_of_active, spend_of_active_squared, active_customers
    ),
    history="window",
    says="期间内已知客户的净收入 ÷ 期间内购买过的客户。",
)
def average_spend(known_revenue: float, active_customers: float) -> float:
    """Net revenue per buyer of the period.

        average spend = net revenue of known customers in the period / customers with at least one occasion in it

    Parameters
    ----------
    known_revenue
        Net revenue of orders that name a customer. [reporting currency]
    active_customers
        Customers with at least one occasion in the period. [customers]

    Notes
    -----
    One large sale can dominate: read the median and the trimmed mean beside it. A refund may make the total negative.
    Called 客单价 by some; that word also means revenue per order (average order value), so neither uses it here.

    References
    ----------
    Sources S3, S4. Online Retail, cleaned: 2,054.27; CDNOW: 106.08042554.

    Examples
    --------
    >>> average_spend(8_911_407.904, 4338).__round__(2)
    2054.27
    """
    return known_revenue / active_customers


@behaviour(
    "median_spend",
    "B6",
    zh="客户消费中位数",
    en="Median spend per customer",
    unit=Unit.MONEY_PER_CUSTOMER,
    window=Window.ROLLING_12M,
    base="active_customers",
    history="window",
    says="期间内购买过的客户消费金额的中位数,不受个别大单影响。",
)
def median_spend(middle_spend: float, active_customers: float) -> float:
    """Median of what the period's buyers spent.

    Parameters
    ----------
    middle_spend
        Median net spend of the period's buyers. [reporting currency]
    active_customers
        Customers with at least one occasion in the period. [customers]

    Notes
    -----
    Needs all customers at once: segments do not add up to it.

    References
    ----------
    Sources S3, S4; beside the mean because in antiques one sale dominates.

    Examples
    --------
    >>> median_spend(652.5, 4338)
    652.5
    """
    require(active_customers > 0, Reason.NO_DENOMINATOR)
    return middle_spend


@behaviour(
    "trimmed_average_spend",
    "B6",
    zh="截尾平均消费金额",
    en="Trimmed average spend",
    unit=Unit.MONEY_PER_CUSTOMER,
    window=Window.ROLLING_12M,
    base="active_customers",
    history="window",
    says="去掉最高和最低各 5% 的客户后的平均消费金额。",
)
def trimmed_average_spend(trimmed_spend: float, active_customers: float) -> float:
    """Average spend without the lowest and the highest 5 % of buyers.

    Parameters
    ----------
    trimmed_spend
        Mean net spend after cutting floor(0.05 n) buyers at each end. [reporting currency]
    active_customers
        Customers with at least one occasion in the period. [customers]

    Notes
    -----
    Under 20 buyers nothing is cut and it equals the mean.

    References
    ----------
    Tukey 1962, "The future of data analysis"; sources S3, S4.

    Examples
    --------
    >>> trimmed_average_spend(880.0, 4338)
    880.0
    """
    require(active_customers > 0, Reason.NO_DENOMINATOR)
    return trimmed_spend


@behaviour(
    "average_order_value",
    "B7",
    zh="笔单价",
    en="Average order value",
    unit=Unit.MONEY_PER_ORDER,
    says="净收入 ÷ 消费次数,含未留客户编号的订单。",
)
def average_order_value(revenue: float, occasions: float) -> float:
    """Net revenue per occasion, orders without a customer included.

        average order value = net revenue / occasions

    Parameters
    ----------
    revenue
        Net revenue of all orders. [reporting currency]
    occasions
        Orders that count as occasions, anonymous ones included. [occasions]

    Notes
    -----
    An order netted to 0 leaves both sides (unless `zero_value_orders=count`). Online Retail gives 534.40 with cancellations
    dropped and 488.36 net of them; of known customers only 480.87 and 447.88.

    References
    ----------
    S4. CDNOW: 2,500,315.63 / 69,659 = 35.893648.

    Examples
    --------
    >>> average_order_value(2_500_315.63, 69659).__round__(6)
    35.893648
    """
    return revenue / occasions


@share(
    "anonymous_revenue_share",
    "B7",
    zh="无客户编号收入占比",
    en="Anonymous revenue share",
    better=Better.LOWER,
    low=None,
    high=None,
    base="occasions",
    says="没有客户编号的订单收入 ÷ 全部净收入。",
)
def anonymous_revenue_share(anonymous_revenue: float, revenue: float) -> float:
    """Share of net revenue on orders that name no customer.

        anonymous revenue share = net revenue without a customer / net revenue

    Parameters
    ----------
    anonymous_revenue
        Net revenue of orders with a blank customer. [reporting currency]
    revenue
        Net revenue of all orders. [reporting currency]

    Notes
    -----
    The larger it is, the less the customer KPIs see. With refunds it can leave 0 to 1.

    References
    ----------
    Rule G9 of this catalogue.

    Examples
    --------
    >>> anonymous_revenue_share(25, 100)
    0.25
    """
    return anonymous_revenue / revenue


@share(
    "spend_decline_share",
    "B8",
    zh="消费下降客户占比",
    en="Share of customers spending less",
    better=Better.LOWER,
    history="decline",
    interval=lambda declining_spenders, usual_spenders: wilson(declining_spenders, usual_spenders),
    says="本期消费低于前 3 期平均的 70% 的客户 ÷ 前 3 期平均消费大于 0 的客户(期数和比例可设)。",
)
def spend_decline_share(declining_spenders: float, usual_spenders: float) -> float:
    """Share of customers whose spend fell clearly below their usual.

        share = customers spending less than (1 - decline_share) of their mean over the last decline_periods periods
                / customers with such a mean above 0

    Parameters
    ----------
    declining_spenders
        Customers whose net spend is below the limit. [customers]
    usual_spenders
        Customers who bought before those periods began and have a positive mean spend in them. [customers]

    Notes
    -----
    Without that many earlier periods: `insufficient_history`. A customer with nothing to compare with is not in the base:
    there is no ratio to zero.

    References
    ----------
    Source S3: a fall in spend is a sign of leaving.

    Examples
    --------
    >>> spend_decline_share(12, 80)
    0.15
    """
    return declining_spenders / usual_spenders


@behaviour(
    "new_customers_per_month",
    "B10",
    zh="月均新客数",
    en="New customers per month",
    unit=Unit.PER_MONTH,
    low=0.0,
    level=Level.CORE,
    censored="start",
    base="new_customers",
    says="期间内首次有效购买的客户数 ÷ 期间月数。",
)
def new_customers_per_month(new_customers: float, months: float) -> float:
    """Customers whose first valid purchase falls in the period, per month.

        new customers per month = customers with their first occasion in the period / months in the period

    Parameters
    ----------
    new_customers
        Customers with their first occasion in the period. [customers]
    months
        Length of the period; of a period not over yet, the months begun. [months]

    Notes
    -----
    Early in the history everybody looks new: such periods carry the flag `left_censored`.
    A first order that is later refunded in full does not count (`count_fully_refunded`).

    References
    ----------
    Source S3: new customers each month or quarter.

    Examples
    --------
    >>> new_customers_per_month(90, 3)
    30.0
    """
    return new_customers / months


@behaviour(
    "customer_growth_rate",
    "B11",
    zh="客户增长率",
    en="Customer growth rate",
    unit=Unit.RATIO,
    censored="start",
    history="previous",
    settings=("churn_window_days",),
    says="(期末客户基数 − 期初客户基数) ÷ 期初客户基数。",
)
def customer_growth_rate(base_at_end: float, base_at_start: float) -> float:
    """Growth of the customer base over the period.

        growth = (base at end - base at start) / base at start

    Parameters
    ----------
    base_at_end, base_at_start
        Customer base at both ends of the period. [customers]

    Notes
    -----
    start + new + reactivated - lost = end always holds, where new and reactivated are those still in the base at the end.
    No base at the start: no value.

    References
    ----------
    Source S4.

    Examples
    --------
    >>> customer_growth_rate(115, 100)
    0.15
    """
    return (base_at_end - base_at_start) / base_at_start
