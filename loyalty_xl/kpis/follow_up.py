"""After the answer: do customers do what they said, and is somebody seeing to the unhappy?"""

from __future__ import annotations

from loyalty_xl.catalogue import require
from loyalty_xl.intervals import wilson
from loyalty_xl.kpis.referrals import attitude, share
from loyalty_xl.vocabulary import Better, Reason, Unit, Window

CLASSES = ("nps_detractor_max",)


@share(
    "repurchase_intention",
    "A5",
    zh="复购意愿率",
    en="Repurchase intention, top two",
    window=Window.LATEST_WAVE,
    interval=lambda strong_intentions, intentions: wilson(strong_intentions, intentions),
    says="复购意愿给出最高两档的答卷 ÷ 回答了复购意愿的答卷。",
)
def repurchase_intention(strong_intentions: float, intentions: float, answers_to_changed_wording: float = 0) -> float:
    """Share of customers who mean to buy again.

        repurchase intention = answers in the top two points of the scale / answers to the question

    Parameters
    ----------
    strong_intentions
        Answers in the top two points of their scale: 4-5 of 5, 6-7 of 7, 9-10 of 10. [answers]
    intentions
        Answers to the question how likely they are to buy again. [answers]
    answers_to_changed_wording
        Answers in a period that mixes versions of the question with different wording. [answers]

    Notes
    -----
    The scale is `intent_scale` of the answer, else that of its satisfaction questions. What came of it is `intention_kept`.

    References
    ----------
    Source S1; "top-2-box" of market research.

    Examples
    --------
    >>> repurchase_intention(63, 90)
    0.7
    """
    require(answers_to_changed_wording == 0, Reason.NOT_COMPARABLE)
    return strong_intentions / intentions


@share(
    "intention_kept",
    "A5",
    zh="复购意愿兑现率",
    en="Intentions kept",
    lag="intention_days",
    cohort="intenders",
    interval=lambda kept_intentions, matured_intenders: wilson(kept_intentions, matured_intenders),
    says="期间内表示会再次购买的客户中,在意向兑现天数内确实再次购买的占比;只算期限已满的客户。",
)
def intention_kept(kept_intentions: float, matured_intenders: float, intenders: float = 0) -> float:
    """Share of those who meant to buy again who did.

        intentions kept = intenders who bought within intention_days after the answer / intenders whose intention_days are over

    Parameters
    ----------
    kept_intentions
        Intenders of the period whose days are over and who bought in them, on a later day than they answered. [customers]
    matured_intenders
        Intenders of the period whose days are over. [customers]
    intenders
        All known customers of the period in the top two points of the question; while none has matured the value is withheld
        (`maturing`). [customers]

    Notes
    -----
    Looks ahead: the Scorecard shows the newest cohort that has fully matured. A purchase on the day of the answer does not count.
    Answers without a customer number cannot be followed.

    References
    ----------
    Source S1; Morwitz, Steckel & Gupta 2007, International Journal of Forecasting 23: when intentions predict sales.

    Examples
    --------
    >>> intention_kept(45, 60)
    0.75
    """
    require(matured_intenders > 0 or intenders == 0, Reason.MATURING)
    return kept_intentions / matured_intenders


@share(
    "closed_loop_rate",
    "A7",
    zh="贬损者闭环率",
    en="Closed-loop rate",
    window=Window.LATEST_WAVE,
    interval=lambda detractors_contacted, detractors_due: wilson(detractors_contacted, detractors_due),
    settings=("closed_loop_sla_days",),
    says="贬损者中,在回访时限内联系上的占比;时限未满的不计。",
)
def closed_loop_rate(
    detractors_contacted: float, detractors_due: float, detractors_with_calls_kept: float = 1
) -> float:
    """Share of detractors who were contacted in time.

        closed-loop rate = detractors reached within closed_loop_sla_days / detractors whose days are over

    Parameters
    ----------
    detractors_contacted
        Detractors reached within `closed_loop_sla_days` after their answer, of those whose days are over. [answers]
    detractors_due
        Detractors whose `closed_loop_sla_days` are over. [answers]
    detractors_with_calls_kept
        Detractors on a sheet that records any call back: where none is recorded there are no data. [answers]

    Notes
    -----
    A call that reached nobody does not close the loop: the result of the call says so. Days are calendar days.

    References
    ----------
    Source S1; Reichheld & Markey 2011, "The Ultimate Question 2.0": the inner loop.

    Examples
    --------
    >>> closed_loop_rate(36, 48)
    0.75
    """
    rate = detractors_contacted / detractors_due
    require(detractors_with_calls_kept > 0, Reason.NO_DATA)
    return rate


@attitude(
    "closed_loop_days",
    "A7",
    zh="贬损者回访天数中位数",
    en="Days to contact detractors, median",
    unit=Unit.DAYS,
    better=Better.LOWER,
    low=0.0,
    window=Window.LATEST_WAVE,
    base="detractors_reached",
    settings=CLASSES,
    says="联系上的贬损者,从填写到联系上的天数中位数。",
)
def closed_loop_days(middle_follow_up_days: float, detractors_reached: float) -> float:
    """Median days from the answer to the call back, over detractors who were reached.

    Parameters
    ----------
    middle_follow_up_days
        Median of follow_up_on - answered_on. [days]
    detractors_reached
        Detractors who were reached. [answers]

    Notes
    -----
    Who was never reached is not in it: read it with the closed-loop rate.

    References
    ----------
    Source S1; Reichheld & Markey 2011.

    Examples
    --------
    >>> closed_loop_days(3.0, 36)
    3.0
    """
    require(detractors_reached > 0, Reason.NO_DENOMINATOR)
    return middle_follow_up_days


@share(
    "detractor_recovery_rate",
    "A7",
    zh="贬损者挽回率",
    en="Detractor recovery rate",
    window=Window.LATEST_WAVE,
    interval=lambda detractors_recovered, detractors_asked_again: wilson(detractors_recovered, detractors_asked_again),
    settings=CLASSES,
    says="上一次回答时是贬损者、本期再次回答的客户中,变为中立者或推荐者的占比;没有再次回答的不计。",
)
def detractor_recovery_rate(detractors_recovered: float, detractors_asked_again: float) -> float:
    """Share of former detractors who are detractors no more.

        detractor recovery rate = former detractors who are now passive or promoter / former detractors who answered again

    Parameters
    ----------
    detractors_recovered
        Answers of the period above `nps_detractor_max` by customers whose answer in the wave before was not above it. [answers]
    detractors_asked_again
        Answers of the period by customers who were detractors in the wave before that they answered. [answers]

    Notes
    -----
    Belongs to the period of the new answer. Who has not answered again is not "not recovered": how many of the detractors did answer
    again stands in the table `closed_loop`. Answers to a different wording are not compared. Scores drift towards the middle by
    chance alone: compare with customers who were not called.

    References
    ----------
    Source S1; Reichheld & Markey 2011.

    Examples
    --------
    >>> detractor_recovery_rate(12, 30)
    0.4
    """
    return detractors_recovered / detractors_asked_again


@share(
    "detractor_reason_share",
    "A7",
    zh="贬损者说明原因的占比",
    en="Detractors with a reason",
    window=Window.LATEST_WAVE,
    interval=lambda detractors_with_reason, detractors: wilson(detractors_with_reason, detractors),
    settings=CLASSES,
    says="说明了打分原因的贬损者 ÷ 全部贬损者。",
)
def detractor_reason_share(
    detractors_with_reason: float, detractors: float, detractors_with_reasons_kept: float = 1
) -> float:
    """Share of detractors who said why.

        detractors with a reason = detractors whose reason is recorded / detractors

    Parameters
    ----------
    detractors_with_reason
        Detractors with a reason for their score. [answers]
    detractors
        Answers of at most `nps_detractor_max`. [answers]
    detractors_with_reasons_kept
        Detractors on a sheet that records any reason: where none is recorded there are no data. [answers]

    References
    ----------
    Source S0: without a reason nothing can be improved.

    Examples
    --------
    >>> detractor_reason_share(45, 60)
    0.75
    """
    given = detractors_with_reason / detractors
    require(detractors_with_reasons_kept > 0, Reason.NO_DATA)
    return given
