"""Attitude: what customers say, and how many say anything."""

from __future__ import annotations

from functools import partial
from typing import Any

from loyalty_xl.catalogue import kpi, require
from loyalty_xl.intervals import adjusted_wald, student, wald, wilson
from loyalty_xl.vocabulary import Better, Dimension, Interval, Level, Reason, Unit, Window

attitude = partial(kpi, dimension=Dimension.ATTITUDE, better=Better.HIGHER, owner="marketing")
answered = partial(attitude, window=Window.LATEST_WAVE)
share = partial(attitude, unit=Unit.SHARE, low=0.0, high=1.0)
scale = ("nps_scale_min", "nps_scale_max")


def nps_interval(promoters: float, detractors: float, answers: float, settings: Any) -> Interval | None:
    """Interval of NPS as the setting `nps_ci` wants it."""
    return (wald if settings.nps_ci == "wald" else adjusted_wald)(promoters, detractors, answers)


@answered(
    "nps",
    "A1",
    zh="净推荐值",
    en="Net Promoter Score",
    unit=Unit.POINTS,
    low=-100.0,
    high=100.0,
    level=Level.CORE,
    interval=nps_interval,
    settings=(*scale, "nps_ci"),
    says="推荐者占比 − 贬损者占比,×100;默认 9–10 分为推荐者,0–6 分为贬损者。",
)
def net_promoter_score(
    promoters: float, detractors: float, answers: float, answers_to_changed_wording: float = 0
) -> float:
    """Net Promoter Score: promoters minus detractors, of all who answered. [points, -100 to 100]

        NPS = 100 (promoters - detractors) / answers

    Parameters
    ----------
    promoters
        Answers of at least `nps_promoter_min`. [answers]
    detractors
        Answers of at most `nps_detractor_max`. [answers]
    answers
        All valid answers, passives included. [answers]
    answers_to_changed_wording
        Answers in a period that mixes versions of the question with different wording. [answers]

    Notes
    -----
    Classes are always derived anew from the raw score. Nobody answered: no value. Versions with different wording are never
    pooled (`not_comparable`). Scores on other scales are not converted: the formula is applied on the scale that was asked.
    Published rounding differs (floor first or last): here it is rounded once, at display. The interval is adjusted Wald:
    its centre is not the published score.

    References
    ----------
    Reichheld 2003, "The one number you need to grow", Harvard Business Review. Rocks 2016 for the interval.

    Examples
    --------
    >>> net_promoter_score(3, 1, 6).__round__(1)
    33.3
    """
    require(answers_to_changed_wording == 0, Reason.NOT_COMPARABLE)
    return 100 * (promoters - detractors) / answers


def _class_share(numerator: float, answers: float, changed: float) -> float:
    require(changed == 0, Reason.NOT_COMPARABLE)
    return numerator / answers


@partial(answered, unit=Unit.SHARE, low=0.0, high=1.0, settings=scale)(
    "promoter_share",
    "A1",
    zh="推荐者占比",
    en="Promoter share",
    interval=lambda promoters, answers: wilson(promoters, answers),
    says="推荐者 ÷ 全部有效评分。",
)
def promoter_share(promoters: float, answers: float, answers_to_changed_wording: float = 0) -> float:
    """Share of answers that are promoters.

        promoter share = answers of at least nps_promoter_min / answers

    Parameters
    ----------
    promoters, answers, answers_to_changed_wording
        As for `nps`. [answers]

    References
    ----------
    Reichheld 2003.

    Examples
    --------
    >>> promoter_share(50, 100)
    0.5
    """
    return _class_share(promoters, answers, answers_to_changed_wording)


@partial(answered, unit=Unit.SHARE, low=0.0, high=1.0, settings=scale)(
    "passive_share",
    "A1",
    zh="中立者占比",
    en="Passive share",
    better=Better.LOWER,
    interval=lambda passives, answers: wilson(passives, answers),
    says="中立者 ÷ 全部有效评分。",
)
def passive_share(passives: float, answers: float, answers_to_changed_wording: float = 0) -> float:
    """Share of answers that are neither promoters nor detractors.

        passive share = answers between the two thresholds / answers

    Parameters
    ----------
    passives
        Answers above `nps_detractor_max` and below `nps_promoter_min`. [answers]
    answers, answers_to_changed_wording
        As for `nps`. [answers]

    References
    ----------
    Reichheld 2003.

    Examples
    --------
    >>> passive_share(30, 100)
    0.3
    """
    return _class_share(passives, answers, answers_to_changed_wording)


@partial(answered, unit=Unit.SHARE, low=0.0, high=1.0, settings=scale)(
    "detractor_share",
    "A1",
    zh="贬损者占比",
    en="Detractor share",
    better=Better.LOWER,
    interval=lambda detractors, answers: wilson(detractors, answers),
    says="贬损者 ÷ 全部有效评分。",
)
def detractor_share(detractors: float, answers: float, answers_to_changed_wording: float = 0) -> float:
    """Share of answers that are detractors.

        detractor share = answers of at most nps_detractor_max / answers

    Parameters
    ----------
    detractors, answers, answers_to_changed_wording
        As for `nps`. [answers]

    References
    ----------
    Reichheld 2003.

    Examples
    --------
    >>> detractor_share(20, 100)
    0.2
    """
    return _class_share(detractors, answers, answers_to_changed_wording)


@answered(
    "csat",
    "A2",
    zh="满意度均值",
    en="Satisfaction, mean",
    unit=Unit.SCORE,
    scale="csat_scale",
    interval=lambda csat_sum, csat_squared, csat_answers: student(csat_sum, csat_squared, csat_answers),
    says="总体满意度评分的平均值,按其量表;不同量表不混合平均。",
)
def satisfaction(csat_sum: float, csat_answers: float, csat_on_other_scale: float = 0) -> float:
    """Mean satisfaction on its own scale.

        satisfaction = sum of ratings / ratings

    Parameters
    ----------
    csat_sum
        Sum of overall satisfaction ratings. [points of the scale]
    csat_answers
        Ratings given. [answers]
    csat_on_other_scale
        Ratings on another scale than `csat_scale`. [answers]

    Notes
    -----
    A 1-5 scale is never averaged with a 1-10 scale: such a period has no mean (`not_comparable`); the index and the top-two share hold.
    "Not applicable" is no answer.

    References
    ----------
    ISO 10004:2018, monitoring and measuring customer satisfaction.

    Examples
    --------
    >>> satisfaction(84, 20)
    4.2
    """
    require(csat_on_other_scale == 0, Reason.NOT_COMPARABLE)
    return csat_sum / csat_answers


@partial(answered, unit=Unit.SHARE, low=0.0, high=1.0)(
    "csat_top_two",
    "A2",
    zh="满意率",
    en="Satisfied share, top two",
    level=Level.CORE,
    interval=lambda satisfied, csat_answers: wilson(satisfied, csat_answers),
    says="给出最高两档评分的答卷 ÷ 有满意度评分的答卷(5 分制 4–5 分,10 分制 9–10 分)。",
)
def satisfied_share(satisfied: float, csat_answers: float) -> float:
    """Share of ratings in the top two points of the scale.

        satisfied share = ratings of 4-5 (of 5) or 9-10 (of 10) / ratings

    Parameters
    ----------
    satisfied
        Ratings in the top `csat_top_box` points of their scale. [answers]
    csat_answers
        Ratings given. [answers]

    References
    ----------
    ISO 10004:2018; "top-2-box" of market research.

    Examples
    --------
    >>> satisfied_share(18, 20)
    0.9
    """
    return satisfied / csat_answers


@answered(
    "csat_index",
    "A2",
    zh="满意度指数",
    en="Satisfaction index",
    unit=Unit.POINTS,
    low=0.0,
    high=100.0,
    interval=lambda csat_indexed, csat_indexed_squared, csat_answers: student(
        csat_indexed, csat_indexed_squared, csat_answers
    ),
    says="(评分 − 最低分) ÷ (最高分 − 最低分) × 100 的平均。",
)
def satisfaction_index(csat_indexed: float, csat_answers: float) -> float:
    """Mean satisfaction on a scale of 0 to 100. [points]

        index = mean of 100 (rating - lowest) / (highest - lowest)

    Parameters
    ----------
    csat_indexed
        Sum of ratings, each put on 0 to 100. [points]
    csat_answers
        Ratings given. [answers]

    Notes
    -----
    Scales of different length may be pooled here; people still use them differently.

    References
    ----------
    American Customer Satisfaction Index (Fornell et al. 1996) for the 0-100 form.

    Examples
    --------
    >>> satisfaction_index(1600, 20)
    80.0
    """
    return csat_indexed / csat_answers


@share(
    "response_rate",
    "A11",
    zh="问卷回收率",
    en="Response rate",
    interval=lambda returned, invited: wilson(returned, invited),
    says="收回答卷的邀请 ÷ 发出的邀请,按发放日期归期。",
)
def response_rate(returned: float, invited: float) -> float:
    """Share of invitations that were answered.

        response rate = invitations with an answer / invitations sent

    Parameters
    ----------
    returned
        Invitations with at least one answer. [invitations]
    invited
        Invitations sent in the period. [invitations]

    Notes
    -----
    Belongs to the period in which the invitation was sent. Open links have no denominator: their answers are counted elsewhere only.

    References
    ----------
    AAPOR Standard Definitions; here partial answers count as returned (their RR2).

    Examples
    --------
    >>> response_rate(300, 1000)
    0.3
    """
    return returned / invited


@share(
    "response_rate_delivered",
    "A11",
    zh="问卷回收率(按送达)",
    en="Response rate, of delivered",
    interval=lambda returned_of_delivered, delivered: wilson(returned_of_delivered, delivered),
    says="收回答卷的邀请 ÷ 送达的邀请(不含退信)。",
)
def response_rate_delivered(returned_of_delivered: float, delivered: float) -> float:
    """Share of delivered invitations that were answered.

        response rate, delivered = delivered invitations with an answer / invitations not returned as undeliverable

    Parameters
    ----------
    returned_of_delivered
        Delivered invitations with an answer. [invitations]
    delivered
        Invitations sent, without the undeliverable ones. [invitations]

    References
    ----------
    AAPOR Standard Definitions.

    Examples
    --------
    >>> response_rate_delivered(300, 950).__round__(3)
    0.316
    """
    return returned_of_delivered / delivered


@share(
    "valid_response_rate",
    "A12",
    zh="有效回收率",
    en="Valid-response rate",
    level=Level.CORE,
    interval=lambda valid_answers, invited: wilson(valid_answers, invited),
    says="有效答卷 ÷ 发出的邀请。",
)
def valid_response_rate(valid_answers: float, invited: float) -> float:
    """Share of invitations that brought a valid answer.

        valid-response rate = invitations with a valid answer / invitations sent

    Parameters
    ----------
    valid_answers
        Invitations with an answer that has a score on the scale, is not marked incomplete, passed the attention item, took at least
        `valid_min_seconds` and comes from a customer in scope. [invitations]
    invited
        Invitations sent in the period. [invitations]

    Notes
    -----
    Not to be confused with 有效率, valid answers of those returned (`response_validity`).

    References
    ----------
    Source S0; AAPOR Standard Definitions.

    Examples
    --------
    >>> valid_response_rate(240, 1000)
    0.24
    """
    return valid_answers / invited


@share(
    "response_validity",
    "A12",
    zh="答卷有效率",
    en="Validity of answers",
    interval=lambda valid_answers, returned: wilson(valid_answers, returned),
    says="有效答卷 ÷ 收回的答卷。",
)
def response_validity(valid_answers: float, returned: float) -> float:
    """Share of answered invitations whose answer is valid.

        validity of answers = invitations with a valid answer / invitations with an answer

    Parameters
    ----------
    valid_answers, returned
        As for `valid_response_rate` and `response_rate`. [invitations]

    References
    ----------
    Source S0.

    Examples
    --------
    >>> response_validity(240, 300)
    0.8
    """
    return valid_answers / returned


@attitude(
    "cost_per_valid_response",
    "A13",
    zh="每份有效答卷成本",
    en="Cost per valid answer",
    unit=Unit.MONEY_PER_ANSWER,
    better=Better.LOWER,
    low=0.0,
    says="激励成本 ÷ 有效答卷。",
)
def cost_per_valid_response(incentive_cost: float, valid_answers: float) -> float:
    """Incentive cost per valid answer.

        cost per valid answer = incentive cost of the invitations sent / invitations with a valid answer

    Parameters
    ----------
    incentive_cost
        Incentives of all invitations sent in the period. [reporting currency]
    valid_answers
        Invitations with a valid answer. [invitations]

    References
    ----------
    Source S0: incentives against low cooperation.

    Examples
    --------
    >>> cost_per_valid_response(1200, 240)
    5.0
    """
    return incentive_cost / valid_answers
