"""What customers do about what they say: recommend, stay in touch, buy again; and what is done about the unhappy."""

from __future__ import annotations

from typing import Any

import numpy as np

from loyalty_xl.catalogue import measure
from loyalty_xl.rows.engagement import ENGAGED_CUSTOMERS, INTENDERS, INVITED_PROMOTERS
from loyalty_xl.rows.ready import each, when
from loyalty_xl.rows.referrals import RECOMMENDERS, REFERRALS, REFERRED_CUSTOMERS, REFERRERS
from loyalty_xl.rows.surveys import ANSWERS

TOP = 2  # points of a scale that say yes

referrals = measure("referrals", REFERRALS, lambda _row, _: each())
successful_referrals = measure("successful_referrals", REFERRALS, lambda row, _: row.succeeded)
referrers = measure("referrers", REFERRERS, lambda row, _: row.referrals > 0)
referred_new_customers = measure("referred_new_customers", REFERRED_CUSTOMERS, lambda row, _: row.referred)


def composite(row: Any, setting: Any) -> Any:
    """The index of one rater, 0 to 1: the rating, and where referrals are kept the referrals beside it."""
    rating = (row.recommend_score - setting.nps_scale_min) / (setting.nps_scale_max - setting.nps_scale_min)
    few = row.referrals < setting.referral_cap
    acted = when(few, row.referrals, setting.referral_cap) / setting.referral_cap
    weight = setting.recommend_weight
    return when(row.tracked > 0, weight * rating + (1 - weight) * acted, rating)


rated_customers = measure("rated_customers", RECOMMENDERS, lambda row, _: ~row.recommend_score.is_null())
recommendation_sum = measure("recommendation_sum", RECOMMENDERS, composite)
recommendation_squared = measure(
    "recommendation_squared", RECOMMENDERS, lambda row, setting: composite(row, setting) * composite(row, setting)
)
ratings_to_changed_wording = measure("ratings_to_changed_wording", RECOMMENDERS, lambda row, _: row.other_wording > 0)

intentions = measure("intentions", ANSWERS, lambda row, _: ~row.intent.is_null())
strong_intentions = measure("strong_intentions", ANSWERS, lambda row, _: row.intent > row.intent_high - TOP)
intenders = measure("intenders", INTENDERS, lambda row, _: row.intent > row.intent_high - TOP)
matured_intenders = measure(
    "matured_intenders",
    INTENDERS,
    lambda row, setting: (row.intent > row.intent_high - TOP) & (row.observed > setting.intention_days),
)
kept_intentions = measure(
    "kept_intentions",
    INTENDERS,
    lambda row, setting: (
        (row.intent > row.intent_high - TOP)
        & (row.observed > setting.intention_days)
        & (row.wait <= setting.intention_days)
    ),
)

detractors_due = measure(
    "detractors_due",
    ANSWERS,
    lambda row, setting: (
        (row.recommend_score <= setting.nps_detractor_max) & (row.observed > setting.closed_loop_sla_days)
    ),
)
detractors_contacted = measure(
    "detractors_contacted",
    ANSWERS,
    lambda row, setting: (
        (row.recommend_score <= setting.nps_detractor_max)
        & (row.observed > setting.closed_loop_sla_days)
        & (row.follow_up_days <= setting.closed_loop_sla_days)
    ),
)
detractors_with_calls_kept = measure(
    "detractors_with_calls_kept",
    ANSWERS,
    lambda row, setting: (row.recommend_score <= setting.nps_detractor_max) & (row.follow_ups_kept > 0),
)
middle_follow_up_days = measure(
    "middle_follow_up_days",
    ANSWERS,
    lambda row, setting: when(row.recommend_score <= setting.nps_detractor_max, row.follow_up_days, None),
    statistic=np.median,
)
detractors_reached = measure(
    "detractors_reached",
    ANSWERS,
    lambda row, setting: (row.recommend_score <= setting.nps_detractor_max) & ~row.follow_up_days.is_null(),
)
detractors_asked_again = measure(
    "detractors_asked_again",
    ANSWERS,
    lambda row, setting: ~row.recommend_score.is_null() & (row.previous_score <= setting.nps_detractor_max),
)
detractors_recovered = measure(
    "detractors_recovered",
    ANSWERS,
    lambda row, setting: (
        (row.recommend_score > setting.nps_detractor_max) & (row.previous_score <= setting.nps_detractor_max)
    ),
)
detractors_with_reason = measure(
    "detractors_with_reason",
    ANSWERS,
    lambda row, setting: (row.recommend_score <= setting.nps_detractor_max) & (row.reason_given > 0),
)
detractors_with_reasons_kept = measure(
    "detractors_with_reasons_kept",
    ANSWERS,
    lambda row, setting: (row.recommend_score <= setting.nps_detractor_max) & (row.reasons_kept > 0),
)

known_promoters = measure(
    "known_promoters", INVITED_PROMOTERS, lambda row, setting: row.recommend_score >= setting.nps_promoter_min
)
activated_promoters = measure(
    "activated_promoters",
    INVITED_PROMOTERS,
    lambda row, setting: (row.recommend_score >= setting.nps_promoter_min) & (row.joined > 0),
)
engaged_customers = measure("engaged_customers", ENGAGED_CUSTOMERS, lambda row, _: row.engagements > 0)
