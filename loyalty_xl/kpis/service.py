"""Service: complaints and how they were handled."""

from __future__ import annotations

from functools import partial

from loyalty_xl.catalogue import kpi, require
from loyalty_xl.intervals import student, wilson
from loyalty_xl.vocabulary import Better, Dimension, Level, Reason, Unit

service = partial(kpi, dimension=Dimension.SERVICE, better=Better.HIGHER, owner="service")
share = partial(service, unit=Unit.SHARE, low=0.0, high=1.0)


@service(
    "complaint_rate",
    "C1",
    zh="投诉率",
    en="Complaint rate",
    unit=Unit.PER_THOUSAND,
    better=Better.LOWER,
    low=0.0,
    level=Level.CORE,
    says="受理的投诉 ÷ 消费次数 × 1000。",
)
def complaint_rate(complaints: float, occasions: float) -> float:
    """Complaints per 1,000 orders.

        complaint rate = 1000 x complaints received in the period / occasions in the period

    Parameters
    ----------
    complaints
        Complaints received in the period. [complaints]
    occasions
        Orders that count as occasions, anonymous ones included. [occasions]

    Notes
    -----
    A complaint belongs to the period in which it was received, whenever the order was.

    References
    ----------
    Source S4; ISO 10002:2018.

    Examples
    --------
    >>> complaint_rate(17, 1000)
    17.0
    """
    return 1000 * complaints / occasions


@service(
    "complaining_customer_share",
    "C1",
    zh="投诉客户占比",
    en="Complaining-customer share",
    unit=Unit.SHARE,
    better=Better.LOWER,
    low=0.0,
    interval=lambda complaining_customers, base_at_end: wilson(complaining_customers, base_at_end),
    settings=("churn_window_days",),
    says="期间内投诉过的客户 ÷ 期末客户基数。",
)
def complaining_customer_share(complaining_customers: float, base_at_end: float) -> float:
    """Customers who complained in the period, of the customer base.

        share = known customers with at least one complaint in the period / customer base at its end

    Parameters
    ----------
    complaining_customers
        Known customers with a complaint received in the period. [customers]
    base_at_end
        Customers in the base at the end of the period. [customers]

    References
    ----------
    Source S4.

    Examples
    --------
    >>> complaining_customer_share(12, 600)
    0.02
    """
    return complaining_customers / base_at_end


@share(
    "unclassified_complaint_share",
    "C2",
    zh="未归类投诉占比",
    en="Unclassified complaint share",
    better=Better.LOWER,
    interval=lambda unclassified_complaints, complaints: wilson(unclassified_complaints, complaints),
    says="类别为空或不在当时有效的分类标准中的投诉 ÷ 全部投诉。",
)
def unclassified_complaint_share(unclassified_complaints: float, complaints: float) -> float:
    """Share of complaints without a class, or with one that the taxonomy does not know.

        share = complaints whose class is blank or not in the taxonomy valid on that day / complaints

    Parameters
    ----------
    unclassified_complaints
        Complaints that the taxonomy cannot place. [complaints]
    complaints
        Complaints received in the period. [complaints]

    Notes
    -----
    Without a taxonomy sheet only blank classes count as unclassified. Judged by the version valid on the day of the complaint, whatever replaced it later.

    References
    ----------
    Source S0; ISO 10002:2018, clause 8.

    Examples
    --------
    >>> unclassified_complaint_share(5, 100)
    0.05
    """
    return unclassified_complaints / complaints


@share(
    "complaint_resolution_rate",
    "C3",
    zh="投诉办结率",
    en="Complaint resolution rate",
    interval=lambda closed_complaints, complaints: wilson(closed_complaints, complaints),
    says="期间受理的投诉中,已关闭的占比。",
)
def complaint_resolution_rate(closed_complaints: float, complaints: float) -> float:
    """Share of the period's complaints that have been closed.

        resolution rate = complaints received in the period and closed by now / complaints received in the period

    Parameters
    ----------
    closed_complaints
        Complaints of the period that are closed. [complaints]
    complaints
        Complaints received in the period. [complaints]

    Notes
    -----
    A case reopened is open until its last close. Later closing raises the figure of an earlier period: it looks ahead.

    References
    ----------
    ISO 10002:2018.

    Examples
    --------
    >>> complaint_resolution_rate(45, 50)
    0.9
    """
    return closed_complaints / complaints


@share(
    "resolution_within_sla",
    "C3",
    zh="按时办结率",
    en="Resolved within the agreed time",
    interval=lambda closed_within_sla, complaints: wilson(closed_within_sla, complaints),
    settings=("sla_days",),
    says="在约定天数(sla_days)内关闭的投诉 ÷ 期间受理的投诉。",
)
def resolution_within_sla(closed_within_sla: float, complaints: float) -> float:
    """Share of the period's complaints closed within the agreed days.

        within agreed time = complaints closed at most sla_days after receipt / complaints received in the period

    Parameters
    ----------
    closed_within_sla
        Complaints of the period closed in time. [complaints]
    complaints
        Complaints received in the period. [complaints]

    Notes
    -----
    Without the setting `sla_days` there is no value (`no_data`).

    References
    ----------
    ISO 10002:2018.

    Examples
    --------
    >>> resolution_within_sla(40, 50)
    0.8
    """
    return closed_within_sla / complaints


def _days_of_closed(days: float, closed_complaints: float) -> float:
    require(closed_complaints > 0, Reason.NO_DENOMINATOR)
    return days


@service(
    "resolution_days",
    "C3",
    zh="办结天数中位数",
    en="Days to resolve, median",
    unit=Unit.DAYS,
    better=Better.LOWER,
    low=0.0,
    base="closed_complaints",
    says="期间受理且已关闭的投诉,从受理到关闭的天数中位数。",
)
def resolution_days(middle_resolution_days: float, closed_complaints: float) -> float:
    """Median days from receipt to the last close, over the period's closed complaints.

    Parameters
    ----------
    middle_resolution_days
        Median of closed_on - received_on. [days]
    closed_complaints
        Complaints of the period that are closed. [complaints]

    Notes
    -----
    Open cases are not in it: read it with the resolution rate. A case closed before it was received is an error in the sheet.

    References
    ----------
    ISO 10002:2018.

    Examples
    --------
    >>> resolution_days(3.0, 45)
    3.0
    """
    return _days_of_closed(middle_resolution_days, closed_complaints)


@service(
    "resolution_days_p90",
    "C3",
    zh="办结天数 90 分位",
    en="Days to resolve, 90th percentile",
    unit=Unit.DAYS,
    better=Better.LOWER,
    low=0.0,
    base="closed_complaints",
    says="期间受理且已关闭的投诉,办结天数的 90 分位数。",
)
def resolution_days_p90(slow_resolution_days: float, closed_complaints: float) -> float:
    """Days within which nine of ten closed complaints were closed.

    Parameters
    ----------
    slow_resolution_days
        90th percentile of closed_on - received_on, linear between neighbours. [days]
    closed_complaints
        Complaints of the period that are closed. [complaints]

    References
    ----------
    ISO 10002:2018.

    Examples
    --------
    >>> resolution_days_p90(9.0, 45)
    9.0
    """
    return _days_of_closed(slow_resolution_days, closed_complaints)


@service(
    "complainer_satisfaction",
    "C5",
    zh="投诉客户满意度",
    en="Satisfaction of complainers",
    unit=Unit.SCORE,
    scale="csat_scale",
    level=Level.CORE,
    interval=lambda rating_sum, rating_squared, rated_complaints: student(rating_sum, rating_squared, rated_complaints),
    says="期间关闭的投诉中,有处理满意度评分者的平均分。",
)
def complainer_satisfaction(rating_sum: float, rated_complaints: float, ratings_on_other_scale: float = 0) -> float:
    """Mean rating of the handling, over complaints closed in the period and rated.

        satisfaction of complainers = sum of ratings after closing / rated closed complaints

    Parameters
    ----------
    rating_sum
        Sum of ratings of the handling. [points of the scale]
    rated_complaints
        Complaints closed in the period with a rating. [complaints]
    ratings_on_other_scale
        Ratings on another scale than `csat_scale`. [complaints]

    Notes
    -----
    Unrated is not dissatisfied: see the coverage beside it. Compare with the satisfaction of customers who did not complain:
    well-handled complainers can be the more loyal ones (service recovery paradox).

    References
    ----------
    Source S3; ISO 10002:2018.

    Examples
    --------
    >>> complainer_satisfaction(38, 10)
    3.8
    """
    require(ratings_on_other_scale == 0, Reason.NOT_COMPARABLE)
    return rating_sum / rated_complaints


@share(
    "complainer_satisfied_share",
    "C5",
    zh="投诉客户满意率",
    en="Satisfied complainers, top two",
    interval=lambda satisfied_complainers, rated_complaints: wilson(satisfied_complainers, rated_complaints),
    says="处理满意度为最高两档的投诉 ÷ 已评分的投诉。",
)
def complainer_satisfied_share(satisfied_complainers: float, rated_complaints: float) -> float:
    """Share of rated closed complaints with one of the two best ratings.

        satisfied complainers = ratings in the top two points / rated closed complaints

    Parameters
    ----------
    satisfied_complainers
        Ratings in the top two points of their scale. [complaints]
    rated_complaints
        Complaints closed in the period with a rating. [complaints]

    References
    ----------
    Source S3; ISO 10002:2018.

    Examples
    --------
    >>> complainer_satisfied_share(6, 10)
    0.6
    """
    return satisfied_complainers / rated_complaints


@share(
    "complaint_rating_coverage",
    "C5",
    zh="投诉评分覆盖率",
    en="Rated share of closed complaints",
    interval=lambda rated_complaints, closed_cases: wilson(rated_complaints, closed_cases),
    says="有满意度评分的投诉 ÷ 期间关闭的投诉。",
)
def complaint_rating_coverage(rated_complaints: float, closed_cases: float) -> float:
    """Share of the complaints closed in the period that were rated.

        coverage = rated closed complaints / complaints closed in the period

    Parameters
    ----------
    rated_complaints
        Complaints closed in the period with a rating. [complaints]
    closed_cases
        Complaints closed in the period. [complaints]

    References
    ----------
    Source S3.

    Examples
    --------
    >>> complaint_rating_coverage(10, 40)
    0.25
    """
    return rated_complaints / closed_cases
