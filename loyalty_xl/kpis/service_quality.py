"""Service quality: how soon it answers, whether it solves at once, how it is rated, how it collects information."""

from __future__ import annotations

from loyalty_xl.catalogue import require
from loyalty_xl.intervals import student, wilson
from loyalty_xl.kpis.service import service, share
from loyalty_xl.vocabulary import Better, Reason, Unit


@service(
    "first_response_minutes",
    "C7",
    zh="首次响应分钟数",
    en="Minutes to first response, median",
    unit=Unit.MINUTES,
    better=Better.LOWER,
    low=0.0,
    base="timed_responses",
    says="期间受理的投诉,从受理到首次响应的营业时间分钟数(中位数)。",
)
def first_response_minutes(middle_response_minutes: float, timed_responses: float) -> float:
    """Median minutes of business from receipt to the first response, over the period's complaints.

        first response = median of the minutes between received_on and first_response_on that lie in business hours

    Parameters
    ----------
    middle_response_minutes
        Median of the minutes from receipt to first response. [minutes]
    timed_responses
        Complaints with both moments, each with a time of day. [complaints]

    Notes
    -----
    `business_hours` (`Mo-Fr 09:00-18:00`) says which minutes count; blank: all of them. Public holidays are not known. A complaint that comes in
    the evening waits from the next opening. Complaints without a response, or with a date but no time of day, are not in it: a finding counts them
    (W351, W352), so read it with their number. A median: one forgotten case does not move it. Not to be confused with the days to resolve.

    References
    ----------
    Source S2; ISO 10002:2018, clause 7.

    Examples
    --------
    >>> first_response_minutes(42.5, 30)
    42.5
    """
    require(timed_responses > 0, Reason.NO_DENOMINATOR)
    return middle_response_minutes


@share(
    "first_contact_resolution",
    "C7",
    zh="一次解决率",
    en="First-contact resolution",
    interval=lambda solved_at_first_contact, solved_contacts: wilson(solved_at_first_contact, solved_contacts),
    says="记录了是否一次解决的服务沟通中,第一次沟通就解决的占比。",
)
def first_contact_resolution(solved_at_first_contact: float, solved_contacts: float) -> float:
    """Share of service contacts that solved the matter at once.

        first-contact resolution = contacts solved at the first contact / contacts of which it was noted

    Parameters
    ----------
    solved_at_first_contact
        Contacts marked as solved at the first contact. [contacts]
    solved_contacts
        Contacts of which it was noted whether the first contact solved the matter. [contacts]

    Notes
    -----
    Contacts for surveys, care or saving a customer are not service and are left out, and so are those of which nothing was noted: blank is not "no".

    References
    ----------
    Source S2.

    Examples
    --------
    >>> first_contact_resolution(72, 90)
    0.8
    """
    return solved_at_first_contact / solved_contacts


def _one_scale(n: float, scale_sum: float, scale_squared: float) -> None:
    """Scores of different scales are never mixed: the numbers of the scales must not vary."""
    require(float(n) * float(scale_squared) - float(scale_sum) ** 2 < 0.5, Reason.NOT_COMPARABLE)


@service(
    "service_quality",
    "C6",
    zh="服务质量评分",
    en="Service quality (SERVPERF)",
    unit=Unit.SCORE,
    low=0.0,
    interval=lambda quality_sum, quality_squared, quality_raters: student(quality_sum, quality_squared, quality_raters),
    says="客户对服务实际感受的平均分(SERVPERF,各维度按客户给出的重要度加权)。",
)
def service_quality(quality_sum: float, quality_raters: float, scale_sum: float = 0, scale_squared: float = 0) -> float:
    """Service as customers found it: mean perception over the five dimensions (SERVPERF).

        service quality = sum over raters of (sum over dimensions of weight x mean perception) / raters

    Parameters
    ----------
    quality_sum
        Sum over raters of their weighted mean perception. [points of the scale]
    quality_raters
        Customers who rated, one for each day on which they did. [raters]
    scale_sum, scale_squared
        Sums of the numbers of the scales and of their squares: more than one scale in use shows in them. [numbers]

    Notes
    -----
    A dimension is the mean of its questions. Dimensions weigh as the rater shared out 100 points over them, alike where no weights were given.
    Ratings of experts stand apart, in the table by dimension. More than one scale in a period: no value (`not_comparable`).
    Look-alike: SERVQUAL (`service_quality_gap`) subtracts what was expected.

    References
    ----------
    Cronin & Taylor 1992, "Measuring service quality", Journal of Marketing 56.

    Examples
    --------
    >>> service_quality(55.0, 10)
    5.5
    """
    _one_scale(quality_raters, scale_sum, scale_squared)
    return quality_sum / quality_raters


@service(
    "service_quality_gap",
    "C6",
    zh="服务质量差距",
    en="Service quality gap (SERVQUAL)",
    unit=Unit.SCORE,
    interval=lambda gap_sum, gap_squared, gap_raters: student(gap_sum, gap_squared, gap_raters),
    says="客户的实际感受减去期望的平均差(SERVQUAL,各维度按客户给出的重要度加权);负数表示没有达到期望。",
)
def service_quality_gap(
    gap_sum: float, gap_raters: float, gap_scale_sum: float = 0, gap_scale_squared: float = 0
) -> float:
    """Perception less expectation over the five dimensions of service (SERVQUAL).

        gap = sum over raters of (sum over dimensions of weight x (mean perception - mean expectation)) / raters

    Parameters
    ----------
    gap_sum
        Sum over raters of their weighted gap. [points of the scale]
    gap_raters
        Customers who gave both scores. [raters]
    gap_scale_sum, gap_scale_squared
        Sums of the numbers of the scales and of their squares: more than one scale in use shows in them. [numbers]

    Notes
    -----
    Below zero: customers found less than they expected. Only questions with both scores count; where expectation was not asked there is no gap
    (`no_denominator`) and `service_quality` stands alone. Weights (100 points over the dimensions) that do not add up to 100 are taken as shares of
    their sum (W355). 22 paired questions on 1-7 in the original; other scales serve as long as both scores and all raters of the period use the same.

    References
    ----------
    Parasuraman, Zeithaml & Berry 1988, "SERVQUAL", Journal of Retailing 64. Disputed by Cronin & Taylor 1992, who keep perception only.

    Examples
    --------
    >>> service_quality_gap(-0.7, 1)
    -0.7
    """
    _one_scale(gap_raters, gap_scale_sum, gap_scale_squared)
    return gap_sum / gap_raters


@share(
    "collection_conduct_rate",
    "C8",
    zh="信息收集规范率",
    en="Collection conduct rate",
    interval=lambda compliant_checks, checks: wilson(compliant_checks, checks),
    says="信息收集规范检查中,符合规范的占比。",
)
def collection_conduct_rate(compliant_checks: float, checks: float) -> float:
    """Share of checks in which information was collected as it should be.

        conduct rate = compliant checks / checks

    Parameters
    ----------
    compliant_checks
        Checks that found the collection compliant. [checks]
    checks
        Checks made in the period. [checks]

    Notes
    -----
    Checks, not agents: who is checked more often weighs more. Rewards and penalties are recorded in the sheet and decide nothing here.

    References
    ----------
    Source S0.

    Examples
    --------
    >>> collection_conduct_rate(54, 60)
    0.9
    """
    return compliant_checks / checks
