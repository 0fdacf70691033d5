"""The loyalty programme: who takes part, what their points cost, and whether members buy again more often."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loyalty_xl.catalogue import kpi, require
from loyalty_xl.intervals import difference, wilson
from loyalty_xl.vocabulary import Better, Dimension, Interval, Reason, Unit, Window

if TYPE_CHECKING:
    from loyalty_xl.settings import Settings

programme = partial(kpi, dimension=Dimension.PROGRAMME, better=Better.HIGHER, owner="marketing")
share = partial(programme, unit=Unit.SHARE, low=0.0, high=1.0)


def lift_interval(
    repeat_members: float, buying_members: float, repeat_others: float, buying_others: float
) -> Interval | None:
    """Interval of the difference of two shares."""
    of_members, of_others = wilson(repeat_members, buying_members), wilson(repeat_others, buying_others)
    if of_members is None or of_others is None:
        return None
    return difference(repeat_members / buying_members, of_members, repeat_others / buying_others, of_others)


@share(
    "enrolment_rate",
    "L1",
    zh="会员入会率",
    en="Enrolment rate",
    settings=("churn_window_days",),
    interval=lambda members_in_base, base_at_end: wilson(members_in_base, base_at_end),
    says="期末客户基数中会员的占比。",
)
def enrolment_rate(members_in_base: float, base_at_end: float, membership_known: float = 1) -> float:
    """Share of the customer base that takes part in the loyalty programme.

        enrolment rate = members in the customer base at the end / customer base at the end

    Parameters
    ----------
    members_in_base
        Members in the customer base at the end of the period. [customers]
    base_at_end
        Customer base at the end of the period. [customers]
    membership_known
        Customers, where a sheet says who is a member (Customers.member or LoyaltyLedger), else 0: then there is no value. [customers]

    Notes
    -----
    Where Customers.member is blank, whoever has an entry in LoyaltyLedger is a member. The sheets say who is a member now, so earlier
    periods show today's members. Members who never bought are not in the base: `active_member_share` counts them.

    References
    ----------
    Source S4; L1 of this catalogue.

    Examples
    --------
    >>> enrolment_rate(60, 100)
    0.6
    """
    require(membership_known > 0, Reason.NO_DATA)
    return members_in_base / base_at_end


@share(
    "active_member_share",
    "L2",
    zh="活跃会员占比",
    en="Active-member share",
    window=Window.ROLLING_12M,
    interval=lambda active_members, enrolled_members: wilson(active_members, enrolled_members),
    says="会员中,期间内购买过、获得过或兑换过积分的占比。",
)
def active_member_share(active_members: float, enrolled_members: float) -> float:
    """Share of members who bought, earned or redeemed in the period.

        active-member share = members with a purchase, or with points earned or redeemed, in the period / members by its end

    Parameters
    ----------
    active_members
        Members with a purchase or with points earned or redeemed in the period. [customers]
    enrolled_members
        Members by the end of the period: from the day they were acquired, or from their first purchase or points. [customers]

    Notes
    -----
    Members who never bought count below the line. Points that expire, are adjusted or are taken back are not activity.
    A month shows few as active; the Scorecard looks at 12 months.

    References
    ----------
    Source S4; L2 of this catalogue. Programme reports also divide by members in the customer base: larger.

    Examples
    --------
    >>> active_member_share(450, 1000)
    0.45
    """
    return active_members / enrolled_members


@programme(
    "points_per_spend",
    "L3",
    zh="每元消费积分",
    en="Points per money spent",
    unit=Unit.RATIO,
    low=0.0,
    base="buying_members",
    says="期间获得的积分 ÷ 会员净消费额。",
)
def points_per_spend(points_earned: float, member_spend: float, membership_known: float = 1) -> float:
    """Points that members earned for each unit of money they spent.

        points per money spent = points earned in the period / net spend of members in the period

    Parameters
    ----------
    points_earned
        Points earned in the period, before anything is taken back. [points]
    member_spend
        Net revenue of members in the period, refunds taken off. [reporting currency]
    membership_known
        Customers, where a sheet says who is a member, else 0: then there is no value. [customers]

    Notes
    -----
    Only members can earn, so only their spend is below the line: over all revenue the figure would mix generosity with enrolment.
    Refunds lower the spend and not the points earned; points taken back are in `redemption_rate` and `points_liability`.
    Net spend of 0 or less: no value.

    References
    ----------
    Source S4; L3 of this catalogue.

    Examples
    --------
    >>> points_per_spend(5_000, 50_000)
    0.1
    """
    require(membership_known > 0, Reason.NO_DATA)
    require(member_spend > 0, Reason.NO_DENOMINATOR)
    return points_earned / member_spend


@share(
    "redemption_rate",
    "L4",
    zh="积分兑换率",
    en="Redemption rate",
    window=Window.ROLLING_12M,
    says="期间发放的积分中,至今已兑换的占(发放 − 过期 − 冲回)的比例;先发放的先用。",
)
def redemption_rate(
    points_redeemed: float, points_earned: float, points_expired: float, points_reversed: float
) -> float:
    """Share of the points issued in the period that have been redeemed since, of those that could be.

        redemption rate = redeemed / (earned - expired - reversed), all of the points issued in the period

    Parameters
    ----------
    points_redeemed
        Of the points issued in the period, those redeemed up to as_of. [points]
    points_earned
        Points issued in the period. [points]
    points_expired
        Of these, those expired up to as_of. [points]
    points_reversed
        Of these, those taken back up to as_of. [points]

    Notes
    -----
    By cohort of issue: each customer's oldest points are used first (FIFO), and what is taken back for an order comes off the points of
    that order. Redemptions that no issued points cover belong to no cohort. Young cohorts have had little time: the rate of a month goes on
    rising, and the Scorecard looks at the points of 12 months. Points redeemed in a month over points earned in that month is another figure.

    References
    ----------
    Source S4; L4 of this catalogue. Worked example: 10,000 earned, 1,000 expired, 500 reversed, 3,400 redeemed: 40.0 %.

    Examples
    --------
    >>> redemption_rate(3_400, 10_000, 1_000, 500)
    0.4
    """
    usable = points_earned - points_expired - points_reversed
    require(usable > 0, Reason.NO_DENOMINATOR)
    return points_redeemed / usable


@programme(
    "points_liability",
    "L5",
    zh="积分负债",
    en="Points liability",
    unit=Unit.MONEY,
    better=Better.LOWER,
    low=0.0,
    stock=True,
    base="points_holders",
    settings=("point_value", "breakage"),
    says="期末未使用积分 × 每积分价值 ×(1 − 沉淀率)。",
)
def points_liability(points_outstanding: float, settings: Settings) -> float:  # noqa: D417 - settings are no measure
    """What the points outstanding at the end of the period will cost.

        points liability = points outstanding x point_value x (1 - breakage)

    Parameters
    ----------
    points_outstanding
        Sum of the balances above zero at the end of the period. [points]

    Notes
    -----
    A stock: it does not add up over periods. Negative balances (points redeemed and then taken back) are listed as findings and do not
    lower it. Without the setting `point_value` there is no value (`no_data`); the points are still counted as base. Not to be confused
    with deferred revenue under IFRS 15, which allocates the price by stand-alone selling prices.

    References
    ----------
    Source S4; L5 of this catalogue. IFRS 15, B39 to B43 (customer options, breakage).

    Examples
    --------
    >>> from loyalty_xl.settings import Settings
    >>> points_liability(40_000, Settings(point_value=0.05, breakage=0.2))
    1600.0
    """
    require(settings.point_value is not None, Reason.NO_DATA)
    return points_outstanding * float(settings.point_value or 0) * (1 - settings.breakage)


@programme(
    "member_repeat_lift",
    "L6",
    zh="会员复购率差",
    en="Member repeat lift",
    unit=Unit.SHARE,
    window=Window.ROLLING_12M,
    history="window",
    base="buying_members",
    interval=lift_interval,
    says="会员复购率 − 非会员复购率(百分点);只是相关,不能说明会员计划使客户复购。",
)
def member_repeat_lift(
    repeat_members: float,
    buying_members: float,
    repeat_others: float,
    buying_others: float,
    membership_known: float = 1,
) -> float:
    """How much more often members buy again than other customers. An association, not an effect of the programme.

        member repeat lift = repeat-purchase rate of members - repeat-purchase rate of other buyers

    Parameters
    ----------
    repeat_members, repeat_others
        Members, and other customers, with two or more occasions in the period. [customers]
    buying_members, buying_others
        Members, and other customers, with an occasion in the period. [customers]
    membership_known
        Customers, where a sheet says who is a member, else 0: then there is no value. [customers]

    Notes
    -----
    A difference in share points, not a ratio: it keeps an interval, and does not explode where hardly anyone else buys again.
    Good customers enrol themselves, so members would buy more often without any programme. Only a group held out at random shows an effect.

    References
    ----------
    Source S4; L6 of this catalogue. Interval: Newcombe 1998, method 10.

    Examples
    --------
    >>> member_repeat_lift(60, 100, 30, 100)
    0.3
    """
    require(membership_known > 0, Reason.NO_DATA)
    return repeat_members / buying_members - repeat_others / buying_others
