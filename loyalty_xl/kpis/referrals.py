"""Attitude shown in deeds: who recommends, who is brought, who stays in touch with the brand."""

from __future__ import annotations

from functools import partial

from loyalty_xl.catalogue import kpi, require
from loyalty_xl.intervals import student, wilson
from loyalty_xl.vocabulary import Better, Dimension, Interval, Reason, Unit, Window

attitude = partial(kpi, dimension=Dimension.ATTITUDE, better=Better.HIGHER, owner="marketing")
share = partial(attitude, unit=Unit.SHARE, low=0.0, high=1.0)


@attitude(
    "referral_rate",
    "A3",
    zh="推荐客户比率",
    en="Referral rate",
    unit=Unit.SHARE,
    low=0.0,
    interval=lambda referrers, active_customers: wilson(referrers, active_customers),
    says="期间内有过有效推荐的客户数 ÷ 期间内有购买的客户数。",
)
def referral_rate(referrers: float, active_customers: float) -> float:
    """Customers who recommended us to somebody, for each customer who bought.

        referral rate = customers with at least one referral in the period / customers with at least one purchase in it

    Parameters
    ----------
    referrers
        Customers with a referral in the period that counts. [customers]
    active_customers
        Customers with a valid purchase in the period. [customers]

    Notes
    -----
    A referral does not count when its status is invalid, when somebody refers themselves, when the person had been referred or had bought
    before, or when it closes a circle of referrals. Who refers need not have bought in the same period: the rate can exceed 1.
    Not to be confused with the intention to recommend (`nps`, `promoter_share`).

    References
    ----------
    Source S0: actual recommendations beside stated ones.

    Examples
    --------
    >>> referral_rate(12, 240)
    0.05
    """
    return referrers / active_customers


@share(
    "referral_success_rate",
    "A3",
    zh="推荐成功率",
    en="Referral success rate",
    interval=lambda successful_referrals, referrals: wilson(successful_referrals, referrals),
    says="期间内的有效推荐中,被推荐人随后(在流失窗口天数内)完成首次购买的占比。",
)
def referral_success_rate(successful_referrals: float, referrals: float) -> float:
    """Share of referrals that brought a first purchase.

        referral success rate = referrals of the period whose referee has bought / referrals of the period

    Parameters
    ----------
    successful_referrals
        Referrals of the period whose referee made a first valid purchase on that day or within `churn_window_days` after it. [referrals]
    referrals
        Referrals of the period that count. [referrals]

    Notes
    -----
    Orders decide whether somebody bought, not the status on the sheet; a referral without customer number or first order has no purchase yet.
    Belongs to the period of the referral: young periods rise as referees come to buy. What counts is said at `referral_rate`.

    References
    ----------
    Source S0.

    Examples
    --------
    >>> referral_success_rate(9, 30)
    0.3
    """
    return successful_referrals / referrals


@share(
    "referred_customer_share",
    "A3",
    zh="推荐带来的新客占比",
    en="Referred share of new customers",
    interval=lambda referred_new_customers, new_customers: wilson(referred_new_customers, new_customers),
    says="期间内首购的客户中,由有效推荐带来的占比。",
)
def referred_customer_share(referred_new_customers: float, new_customers: float) -> float:
    """Share of new customers whom a customer had recommended us to.

        referred share of new customers = new customers with a referral that counts / new customers

    Parameters
    ----------
    referred_new_customers
        Customers whose first valid purchase falls in the period, at most `churn_window_days` after they were referred. [customers]
    new_customers
        Customers whose first valid purchase falls in the period. [customers]

    Notes
    -----
    Counts in the period of the first purchase, whenever the referral was made.

    References
    ----------
    Source S0.

    Examples
    --------
    >>> referred_customer_share(8, 40)
    0.2
    """
    return referred_new_customers / new_customers


def index_interval(recommendation_sum: float, recommendation_squared: float, rated_customers: float) -> Interval | None:
    """Student interval of the mean index, within 0 and 100."""
    found = student(100 * recommendation_sum, 10_000 * recommendation_squared, rated_customers)
    return Interval(max(0.0, found.low), min(100.0, found.high), found.error) if found else None


@attitude(
    "recommendation_index",
    "A4",
    zh="推荐综合指数",
    en="Recommendation index",
    unit=Unit.POINTS,
    low=0.0,
    high=100.0,
    window=Window.LATEST_WAVE,
    interval=index_interval,
    settings=("nps_scale_min", "nps_scale_max", "recommend_weight", "referral_cap"),
    base="rated_customers",
    says="每位有评分的客户:权重 × 评分折算(0–1)+(1 − 权重)× 实际推荐次数(有上限)÷ 上限;取平均再 ×100。没有推荐记录的只看评分。",
)
def recommendation_index(
    recommendation_sum: float, rated_customers: float, ratings_to_changed_wording: float = 0
) -> float:
    """Recommendation said and done: the rating primarily, combined with actual referrals. [points, 0 to 100]

        index of a customer = w (score - lowest) / (highest - lowest) + (1 - w) min(referrals, cap) / cap
        recommendation index = 100 (sum of the index over customers with a rating) / customers with a rating

    Parameters
    ----------
    recommendation_sum
        Sum of the index over customers with a rating. [0 to 1 each]
    rated_customers
        Customers with a rating. [customers]
    ratings_to_changed_wording
        Ratings in a period that mixes versions of the question with different wording. [answers]

    Notes
    -----
    w is `recommend_weight`, always more than one half; cap is `referral_cap`. Referrals are those of the 12 months up to the end of the
    period. Who has no rating has no index: referrals alone never make one; such customers are counted in the table `promise_kept`.
    No referral means 0 only while referrals are kept: on other days, for answers without a customer, and without a Referrals sheet, the
    index is the rating. Not to be confused with NPS, which knows three classes and no deeds.

    References
    ----------
    Source S0: rating primarily, combined with the number of actual referrals. Reichheld 2003 takes the rating for the deed;
    Keiningham et al. 2007, Journal of Marketing 71, dispute it.

    Examples
    --------
    >>> recommendation_index(0.83, 1)
    83.0
    """
    require(ratings_to_changed_wording == 0, Reason.NOT_COMPARABLE)
    return 100 * recommendation_sum / rated_customers


@share(
    "promoter_activation_rate",
    "A9",
    zh="推荐者激活率",
    en="Promoter activation rate",
    window=Window.LATEST_WAVE,
    interval=lambda activated_promoters, known_promoters: wilson(activated_promoters, known_promoters),
    settings=("nps_promoter_min",),
    says="有客户编号的推荐者中,截至期末 12 个月内参加过活动、社群或顾问团的占比。",
)
def promoter_activation_rate(activated_promoters: float, known_promoters: float) -> float:
    """Share of promoters who took part in an event, a community or an advisory panel.

        promoter activation rate = promoters who joined in the 12 months up to the end of the period / promoters

    Parameters
    ----------
    activated_promoters
        Promoters with an engagement of type event or community in the 12 months up to the end of the period. [customers]
    known_promoters
        Promoters with a customer number. [customers]

    Notes
    -----
    Answers without a customer number cannot be matched and are left out on both sides. Taking part may have come before the answer:
    the rate says how many promoters are in touch, not what made them so.

    References
    ----------
    Source S1: promoters are invited to do something.

    Examples
    --------
    >>> promoter_activation_rate(30, 120)
    0.25
    """
    return activated_promoters / known_promoters


@share(
    "engagement_rate",
    "A10",
    zh="品牌互动率",
    en="Engagement rate",
    interval=lambda engaged_customers, base_at_end: wilson(engaged_customers, base_at_end),
    settings=("churn_window_days",),
    says="期末客户基数中,期间内至少有一次品牌互动(关注、活动、阅读、社群)的客户占比;取关抵消此前的关注。",
)
def engagement_rate(engaged_customers: float, base_at_end: float) -> float:
    """Share of the customer base that sought contact with the brand.

        engagement rate = customers of the base with at least one engagement in the period / customer base at its end

    Parameters
    ----------
    engaged_customers
        Customers in the base at the end of the period with a follow, event, content or community engagement in it. [customers]
    base_at_end
        Customers in the base at the end of the period. [customers]

    Notes
    -----
    An unfollow cancels the follows before it, when both fall in the period. Only customers of the base count, so that staff, bots and
    onlookers who never bought are not in it. The mean weight of engagements stands in the table `engagement_mix`.

    References
    ----------
    Source S0: the emotional tie; Brodie et al. 2011, Journal of Service Research 14, on customer engagement.

    Examples
    --------
    >>> engagement_rate(150, 600)
    0.25
    """
    return engaged_customers / base_at_end
