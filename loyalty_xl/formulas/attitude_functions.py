"""Worksheet functions of what customers do about what they say: referrals, intentions, calls back, engagement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import catalogue, library
from loyalty_xl.contracts import departments
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.contracts.contract import Field, Type
from loyalty_xl.findings import sentence
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.arrays import Columns
from loyalty_xl.formulas.cell_errors import bad_cells, without_value
from loyalty_xl.formulas.function import (
    CYCLES,
    FUNCTIONS,
    INCLUDE,
    Argument,
    Function,
    Kind,
    function,
    setting_argument,
    word_of,
)
from loyalty_xl.formulas.kpi_functions import (
    AS_OF,
    CSAT_MAX,
    DETRACTOR,
    IDS,
    NPS_SCORES,
    SCALE_MAX,
    SCALE_MIN,
    column,
)
from loyalty_xl.formulas.ranges import raw_table
from loyalty_xl.formulas.tables import CYCLE
from loyalty_xl.preparing import newest_date, prepare
from loyalty_xl.turns import periods_between
from loyalty_xl.vocabulary import Cycle, Reason, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.settings import Settings

FAR = date(9998, 12, 30)  # formulas judge no date by the clock
WEIGHT = setting_argument("recommend_weight", "recommend_weight")
CAP = setting_argument("referral_cap", "referral_cap")
SLA = setting_argument("closed_loop_sla_days", "sla_days")
REFERRERS = column(
    "referrer_ids", "Referrals.referrer_id", "每次有效推荐的推荐人编号", "who made each referral that counts", block=1
)
COUNTS = Argument(
    "referrals",
    Kind.RANGE,
    "每位客户实际推荐的次数;空白 = 没有推荐记录,只看评分",
    "how often each customer referred somebody; blank = not recorded, the rating alone counts",
    Field("referrals", Type.INT, "推荐次数", ("实际推荐次数", "number of referrals"), low=0),
    blank_counts=True,
    default=None,
)


def _intent_limits(settings: Settings) -> tuple[float, float]:
    low, high = settings.csat_scale.split("-")
    return float(low), float(high)


INTENTS = column(
    "scores",
    "SurveyResponses.repurchase_intent",
    "复购意愿打分,每格一份答卷",
    "how likely to buy again, one answer a cell",
    limits=_intent_limits,
)
ANSWERED = column("answered", "SurveyResponses.answered_on", "每份答卷的填写日期", "day of each answer")
CALLED = column(
    "follow_ups",
    "SurveyResponses.follow_up_on",
    "联系上该客户的日期,空白 = 没有联系上",
    "day on which the customer was reached; blank = not reached",
    blank_counts=True,
)
BEFORE = replace(
    NPS_SCORES,
    name="previous_scores",
    zh="同一客户上一次的打分,空白 = 没有",
    en="the same customer's score before; blank = none",
    blank_counts=True,
)
REASONS = column(
    "reasons",
    "SurveyResponses.recommend_reason",
    "每份答卷的打分原因,空白 = 没有说明",
    "reason of each score; blank = none given",
    blank_counts=True,
)


def _referring(key: str, referrer_ids: np.ndarray, customer_ids: np.ndarray, settings: Settings) -> float:
    bought = frames.Bought(customer_ids).rows(settings, frames.Span())
    who = frames.columns(referrals=np.ones(len(set(referrer_ids.tolist())), np.int64))
    return frames.value(key, lambda kind: who if kind == "referrers" else bought(kind), settings)


def _index(key: str, scores: np.ndarray, settings: Settings, referrals: np.ndarray | None = None) -> float:
    size = len(scores)
    made = referrals if referrals is not None else np.full(size, np.nan)
    rows = frames.columns(
        recommend_score=scores,
        referrals=np.nan_to_num(made),
        tracked=(~np.isnan(made)).astype(np.int64),
        other_wording=np.zeros(size, np.int64),
    )
    return frames.value(key, lambda _: rows, settings)


def _intended(key: str, scores: np.ndarray, settings: Settings) -> float:
    size = len(scores)
    high = np.full(size, _intent_limits(settings)[1])
    rows = frames.columns(intent=scores, intent_high=high, other_wording=np.zeros(size, np.int64))
    return frames.value(key, lambda _: rows, settings)


def _answers(scores: np.ndarray, answered: np.ndarray, follow_ups: np.ndarray, as_of: date | None) -> Columns:
    days = frames.days_of(answered)
    called = np.where(np.isnat(follow_ups), np.nan, frames.days_of(follow_ups).astype(np.float64))
    newest = np.concatenate([days, called[~np.isnan(called)].astype(np.int64)]).max(initial=0) + 1
    end = frames.day_number(as_of) if as_of else int(newest)
    return frames.columns(
        recommend_score=scores,
        day=days,
        observed=end - days,
        follow_up_days=called - days,
        follow_ups_kept=np.full(len(days), np.int64((~np.isnan(called)).any())),
    )


def _followed(
    key: str,
    scores: np.ndarray,
    answered: np.ndarray,
    follow_ups: np.ndarray,
    settings: Settings,
    as_of: date | None = None,
) -> float:
    rows = _answers(scores, answered, follow_ups, as_of)
    return frames.value(key, lambda _: rows, settings)


def _recovered(key: str, previous_scores: np.ndarray, scores: np.ndarray, settings: Settings) -> float:
    rows = frames.columns(recommend_score=scores, previous_score=previous_scores)
    return frames.value(key, lambda _: rows, settings)


def _reasoned(key: str, scores: np.ndarray, reasons: np.ndarray, settings: Settings) -> float:
    given = np.array([each is not None and bool(str(each).strip()) for each in reasons.tolist()], np.int64)
    rows = frames.columns(
        recommend_score=scores, reason_given=given, reasons_kept=np.full(len(given), given.max(initial=0))
    )
    return frames.value(key, lambda _: rows, settings)


def _sheets(settings: Settings, **columns: dict[str, Any]) -> dict[str, Any]:
    """Columns of each sheet, checked as those of a refresh are."""
    contracts = {each.name: each for each in departments()}
    sheets = {}
    for name, given in columns.items():
        cells = {
            field: [None if each is None or each != each else each for each in list(values)]
            for field, values in given.items()
        }
        sheet, found = check_sheet(raw_table(cells), contracts[name], settings, title=name, today=FAR)
        wrong = next((each for each in found if each.severity is Severity.ERROR), None)
        if wrong is not None:
            raise bad_cells(sentence(wrong, "zh"), sentence(wrong, "en"))
        sheets[name] = sheet
    return sheets


def _table(key: str, cycle: Any, settings: Settings, **columns: dict[str, Any]) -> list[list[Any]]:
    """A table of the catalogue over these columns, by calendar periods; the data end on the newest date."""
    sheets = _sheets(settings, **columns)
    newest = newest_date(sheets)
    if newest is None:
        raise without_value(Reason.NO_DATA)
    made = prepare(sheets, settings, newest + timedelta(days=1))
    chosen = Cycle(word_of(cycle, CYCLES, "cycle"))
    periods = periods_between(chosen, made.first_month, made.ready.last_month, settings.calendar)
    each = catalogue.LISTINGS[key]
    return [
        list(each.columns),
        *([row[name] for name in each.columns] for row in each.function(made.ready, settings, periods)),
    ]


def _promise(
    customer_ids: np.ndarray, answered: np.ndarray, scores: np.ndarray,
    referrer_ids: np.ndarray, referee_ids: np.ndarray, referred: np.ndarray, cycle: Any, settings: Settings,
) -> list[list[Any]]:  # fmt: skip
    answers = {"customer_id": customer_ids, "answered_on": answered, "recommend_score": scores}
    made = {"referrer_id": referrer_ids, "referee_id": referee_ids, "referred_on": referred}
    return _table("promise_kept", cycle, settings, SurveyResponses=answers, Referrals=made)


def _loop(
    customer_ids: np.ndarray, answered: np.ndarray, scores: np.ndarray, reasons: np.ndarray, follow_ups: np.ndarray,
    cycle: Any, settings: Settings,
) -> list[list[Any]]:  # fmt: skip
    answers = {
        "customer_id": customer_ids,
        "answered_on": answered,
        "recommend_score": scores,
        "recommend_reason": reasons,
        "follow_up_on": follow_ups,
    }
    return _table("closed_loop", cycle, settings, SurveyResponses=answers)


def _mix(
    engaged_ids: np.ndarray, dates: np.ndarray, types: np.ndarray, customer_ids: np.ndarray, order_dates: np.ndarray,
    cycle: Any, settings: Settings,
) -> list[list[Any]]:  # fmt: skip
    done = {"customer_id": engaged_ids, "occurred_on": dates, "type": types}
    bought = {"customer_id": customer_ids, "order_date": order_dates, "amount": [1] * len(order_dates)}
    return _table("engagement_mix", cycle, settings, BrandEngagement=done, Orders=bought)


def _declare_table(key: str, arguments: tuple[Argument, ...], answer: Callable[..., Any]) -> None:
    each = catalogue.LISTINGS[key]
    function(
        Function(
            f"LOYALTY_{key.upper()}",
            (*arguments, CYCLE, INCLUDE),
            answer,
            f"{each.zh}(表,含标题行)",
            f"{each.en} (a table with a header row). {each.title}",
            "tables",
            key,
            table=True,
        )
    )


def _declare(key: str, arguments: tuple[Argument, ...], answer: Callable[..., Any]) -> None:
    kpi = library.load()[key]
    title = kpi.title if kpi.title.startswith(kpi.en) else f"{kpi.en}. {kpi.title}"
    function(
        Function(
            kpi.worksheet_name,
            (*arguments, INCLUDE),
            lambda **given: answer(key, **given),
            f"{kpi.zh}:{kpi.says}",
            title,
            kpi.dimension.value,
            key,
        )
    )


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_RECOMMENDATION_INDEX" in FUNCTIONS:
        return
    scale = (SCALE_MIN, SCALE_MAX)
    _declare("referral_rate", (REFERRERS, IDS), _referring)
    _declare("recommendation_index", (NPS_SCORES, COUNTS, WEIGHT, CAP, *scale), _index)
    _declare("repurchase_intention", (INTENTS, CSAT_MAX), _intended)
    calls = (NPS_SCORES, ANSWERED, CALLED)
    _declare("closed_loop_rate", (*calls, SLA, AS_OF, DETRACTOR, *scale), _followed)
    _declare("closed_loop_days", (*calls, DETRACTOR, *scale), _followed)
    _declare("detractor_recovery_rate", (BEFORE, NPS_SCORES, DETRACTOR, *scale), _recovered)
    _declare("detractor_reason_share", (NPS_SCORES, REASONS, DETRACTOR, *scale), _reasoned)
    who = column(
        "customer_ids",
        "SurveyResponses.customer_id",
        "每份答卷的客户编号",
        "customer id of each answer",
        blank_counts=True,
    )
    rated = (who, ANSWERED, replace(NPS_SCORES, blank_counts=True))
    referrals = (
        REFERRERS,
        column(
            "referee_ids",
            "Referrals.referee_id",
            "每次推荐的被推荐人编号,可空",
            "who was recommended to; may be blank",
            block=1,
            blank_counts=True,
        ),
        column("referred", "Referrals.referred_on", "每次推荐的日期", "day of each referral", block=1),
    )
    _declare_table("promise_kept", (*rated, *referrals), _promise)
    _declare_table("closed_loop", (*rated, REASONS, CALLED), _loop)
    engaged = (
        column(
            "engaged_ids",
            "BrandEngagement.customer_id",
            "每次互动的客户编号",
            "customer id of each engagement",
            blank_counts=True,
        ),
        column("dates", "BrandEngagement.occurred_on", "每次互动的日期", "day of each engagement"),
        column("types", "BrandEngagement.type", "每次互动的类型", "type of each engagement"),
    )
    bought = (
        replace(IDS, block=1),
        column("order_dates", "Orders.order_date", "每行订单的日期", "date of each order row", block=1),
    )
    _declare_table("engagement_mix", (*engaged, *bought), _mix)
