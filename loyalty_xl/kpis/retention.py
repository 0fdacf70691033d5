"""Retention: who stayed, who left."""

from __future__ import annotations

from functools import partial

from loyalty_xl.catalogue import kpi, require
from loyalty_xl.intervals import ratio_of_sums, wilson
from loyalty_xl.vocabulary import Better, Dimension, Interval, Level, Reason, Unit, Window

share = partial(
    kpi, dimension=Dimension.RETENTION, better=Better.HIGHER, unit=Unit.SHARE, low=0.0, high=1.0, owner="analytics"
)
on_base = partial(share, window=Window.ROLLING_12M, history="base", settings=("churn_window_days",))


@on_base(
    "retention_rate",
    "R1",
    zh="客户留存率",
    en="Retention rate",
    level=Level.CORE,
    interval=lambda kept, base_at_start: wilson(kept, base_at_start),
    says="期初客户基数中,期末仍在客户基数内的占比;不含期内新客和唤回客户。",
)
def retention_rate(kept: float, base_at_start: float) -> float:
    """Share of the base at the start that is still in the base at the end.

        retention rate = customers in the base at start and at end / customers in the base at start

    Parameters
    ----------
    kept
        Customers in the base at both ends of the period. [customers]
    base_at_start
        Customers in the base at the start. [customers]

    Notes
    -----
    The common (end - new) / start counts reactivated customers as kept and can exceed 100 %. With a churn window longer than the
    period nobody can be lost early in the history: until one churn window of data precedes the start there is no value
    (`insufficient_history`), after that the flag `window_exceeds_cycle`. Beside it stands `purchase_retention_rate`.

    References
    ----------
    Source S3 (yearly). Worked example: start 100, 20 lost, 30 new of whom 5 lost, 10 reactivated, end 115: 80 %.

    Examples
    --------
    >>> retention_rate(80, 100)
    0.8
    """
    return kept / base_at_start


@on_base(
    "purchase_retention_rate",
    "R1",
    zh="购买留存率",
    en="Purchase retention rate",
    interval=lambda bought_again, base_at_start: wilson(bought_again, base_at_start),
    says="期初客户基数中,期间内又购买过的占比。",
)
def purchase_retention_rate(bought_again: float, base_at_start: float) -> float:
    """Share of the base at the start that bought in the period.

        purchase retention rate = customers in the base at start with an occasion in the period / customers in the base at start

    Parameters
    ----------
    bought_again
        Customers of the base at start with an occasion in the period. [customers]
    base_at_start
        Customers in the base at the start. [customers]

    Notes
    -----
    Does not depend on the window at the end; the stricter companion of the retention rate.

    References
    ----------
    R1b of this catalogue: "bought again in the cycle" against "still in the window".

    Examples
    --------
    >>> purchase_retention_rate(60, 100)
    0.6
    """
    return bought_again / base_at_start


@on_base(
    "churn_rate",
    "R2",
    zh="客户流失率",
    en="Churn rate",
    level=Level.CORE,
    default_weight=0.0,
    better=Better.LOWER,
    interval=lambda lost, base_at_start: wilson(lost, base_at_start),
    says="期初客户基数中,期末已不在客户基数内的占比 = 1 − 留存率。",
)
def churn_rate(lost: float, base_at_start: float) -> float:
    """Share of the base at the start that is no longer in the base at the end.

        churn rate = customers lost in the period / customers in the base at start = 1 - retention rate

    Parameters
    ----------
    lost
        Customers in the base at the start and not at the end. [customers]
    base_at_start
        Customers in the base at the start. [customers]

    Notes
    -----
    A customer lost and won back inside the period is not lost. A year's churn is not twelve times a month's: 5 % a month is
    1 - 0.95^12 = 45.96 % a year, not 60 %.

    References
    ----------
    Source S3: 100 % - retention. S4 divides by all customers (`churn_rate_all_customers`).

    Examples
    --------
    >>> churn_rate(20, 100)
    0.2
    """
    return lost / base_at_start


@on_base(
    "churn_rate_all_customers",
    "R2",
    zh="流失率(占全部客户)",
    en="Churn rate, of all customers",
    better=Better.LOWER,
    interval=lambda lost, buyers_to_date: wilson(lost, buyers_to_date),
    says="期间流失客户 ÷ 截至期末购买过的全部客户。",
)
def churn_rate_all_customers(lost: float, buyers_to_date: float) -> float:
    """Customers lost in the period, of all who ever bought.

        churn rate, all customers = customers lost in the period / customers with a purchase up to its end

    Parameters
    ----------
    lost
        Customers in the base at the start and not at the end. [customers]
    buyers_to_date
        Customers with at least one occasion up to the end. [customers]

    Notes
    -----
    Falls as the list of former customers grows: not comparable over years.

    References
    ----------
    Source S4: lost customers / total customers.

    Examples
    --------
    >>> churn_rate_all_customers(20, 200)
    0.1
    """
    return lost / buyers_to_date


@partial(on_base, high=2.0)(
    "churn_rate_average_base",
    "R2",
    zh="流失率(占平均客户基数)",
    en="Churn rate, of the average base",
    better=Better.LOWER,
    says="期间流失客户 ÷ 期初与期末客户基数的平均。",
)
def churn_rate_average_base(lost: float, base_at_start: float, base_at_end: float) -> float:
    """Customers lost in the period, of the mean of opening and closing base.

        churn rate, average base = customers lost / ((base at start + base at end) / 2)

    Parameters
    ----------
    lost
        Customers in the base at the start and not at the end. [customers]
    base_at_start, base_at_end
        Customer base at both ends. [customers]

    Notes
    -----
    Softens churn while the base grows.

    References
    ----------
    Practice of staff-turnover reporting.

    Examples
    --------
    >>> churn_rate_average_base(20, 100, 100)
    0.2
    """
    return lost / ((base_at_start + base_at_end) * 0.5)


@share(
    "new_customer_retention",
    "R3",
    zh="新客户留存率",
    en="New-customer retention, 1 year",
    level=Level.CORE,
    lag="new_customer_year_days",
    censored="start",
    interval=lambda retained_year, matured_year: wilson(retained_year, matured_year),
    says="期间内首购客户中,首购后 365 天内在另一天再次购买的占比;只算已满 365 天的客户。",
)
def new_customer_retention(retained_year: float, matured_year: float, new_customers: float = 0) -> float:
    """Share of new customers who bought again within a year of their first purchase.

        new-customer retention = customers of the cohort with an occasion on a later day within new_customer_year_days
                                 / customers of the cohort whose year is over

    Parameters
    ----------
    retained_year
        New customers of the period whose year is over and who bought again in it. [customers]
    matured_year
        New customers of the period whose year is over. [customers]
    new_customers
        All new customers of the period; while none has matured the value is withheld (`maturing`). [customers]

    Notes
    -----
    Still being in the base does not count: with a 365-day window that would always be true. Customers whose year is not over are
    maturing and are not in the denominator. The Scorecard shows the newest cohort that has fully matured.

    References
    ----------
    Source S3: new customers, judged over one year.

    Examples
    --------
    >>> new_customer_retention(165, 412).__round__(3)
    0.4
    """
    require(matured_year > 0 or new_customers == 0, Reason.MATURING)
    return retained_year / matured_year


@share(
    "new_customer_watch",
    "R4",
    zh="新客户三个月观察",
    en="New-customer watch, 3 months",
    lag="new_customer_window_days",
    censored="start",
    interval=lambda retained_watch, matured_watch: wilson(retained_watch, matured_watch),
    says="期间内首购客户中,首购后 90 天内在另一天再次购买的占比;只算已满 90 天的客户。",
)
def new_customer_watch(retained_watch: float, matured_watch: float, new_customers: float = 0) -> float:
    """Share of new customers who bought again within three months of their first purchase.

        new-customer watch = customers of the cohort with an occasion on a later day within new_customer_window_days
                             / customers of the cohort whose window is over

    Parameters
    ----------
    retained_watch
        New customers of the period whose window is over and who bought again in it. [customers]
    matured_watch
        New customers of the period whose window is over. [customers]
    new_customers
        All new customers of the period; while none has matured the value is withheld (`maturing`). [customers]

    Notes
    -----
    The early sign of new-customer retention: the same rule with 90 days.

    References
    ----------
    Source S3: the first three months are watched.

    Examples
    --------
    >>> new_customer_watch(30, 120)
    0.25
    """
    require(matured_watch > 0 or new_customers == 0, Reason.MATURING)
    return retained_watch / matured_watch


def _kept_interval(
    kept_revenue: float,
    previous_revenue: float,
    kept_squares: float,
    kept_products: float,
    previous_squares: float,
    previous_payers: float,
) -> Interval | None:
    return ratio_of_sums(kept_revenue, previous_revenue, kept_squares, kept_products, previous_squares, previous_payers)


def _retained_interval(
    retained_revenue: float,
    previous_revenue: float,
    retained_squares: float,
    retained_products: float,
    previous_squares: float,
    previous_payers: float,
) -> Interval | None:
    return ratio_of_sums(
        retained_revenue, previous_revenue, retained_squares, retained_products, previous_squares, previous_payers
    )


_of_revenue = partial(share, low=None, high=None, window=Window.ROLLING_12M, history="compared", base="previous_payers")


@_of_revenue(
    "gross_revenue_retention",
    "R12",
    zh="收入留存率(毛)",
    en="Gross revenue retention",
    interval=_kept_interval,
    says="上一期有净消费的客户中,本期收入(每位不超过其上期)合计 ÷ 上期收入合计。",
)
def gross_revenue_retention(kept_revenue: float, previous_revenue: float) -> float:
    """Share of last period's revenue that its customers brought again, growth not counted.

        gross revenue retention = sum of min(revenue now, revenue before) / sum of revenue before

    Parameters
    ----------
    kept_revenue
        Net revenue of the period of each customer of the previous one, at most what that customer brought then. [reporting currency]
    previous_revenue
        Net revenue of the previous period, of customers with more than 0. [reporting currency]

    Notes
    -----
    Never above 1. The previous period is as long as this one and ends where it begins; over 12 months that is the year before.
    Customers whose previous revenue was 0 or negative are left out; the table `revenue_bridge` counts them. Below 0 where more was
    refunded than bought. Until all of the previous period is in the data there is no value (`insufficient_history`).

    References
    ----------
    Practice of subscription businesses. Not to be confused with the retention rate, which counts customers.

    Examples
    --------
    >>> gross_revenue_retention(700, 1000)
    0.7
    """
    return kept_revenue / previous_revenue


@_of_revenue(
    "net_revenue_retention",
    "R12",
    zh="收入留存率(净)",
    en="Net revenue retention",
    interval=_retained_interval,
    says="上一期有净消费的客户,本期收入合计 ÷ 上期收入合计;含增购,不含新客。",
)
def net_revenue_retention(retained_revenue: float, previous_revenue: float) -> float:
    """Revenue of last period's customers against what they brought then, growth counted.

        net revenue retention = sum of revenue now / sum of revenue before

    Parameters
    ----------
    retained_revenue
        Net revenue of the period of the previous period's customers. [reporting currency]
    previous_revenue
        Net revenue of the previous period, of customers with more than 0. [reporting currency]

    Notes
    -----
    Above 1 where those who stayed spend more than those who left took away. New and returning customers are not in it.
    Otherwise as `gross_revenue_retention`.

    References
    ----------
    Practice of subscription businesses.

    Examples
    --------
    >>> net_revenue_retention(1_100, 1000)
    1.1
    """
    return retained_revenue / previous_revenue
