"""Worksheet functions that spill a table: cohorts, customer states, mixes, NPS in its parts. Each has a fixed header row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from loyalty_xl import catalogue, library
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.cell_errors import without_value
from loyalty_xl.formulas.frames import Bought, Span
from loyalty_xl.formulas.function import CYCLES, FUNCTIONS, INCLUDE, Argument, Function, Kind, function, word_of
from loyalty_xl.formulas.kpi_functions import (
    ANSWER_SCORES,
    ANSWERED,
    COSTS,
    DATES,
    DELIVERY,
    DETRACTOR,
    IDS,
    INVITES,
    NPS_SCORES,
    PROMOTER,
    SCALE_MAX,
    SCALE_MIN,
    column,
)
from loyalty_xl.intervals import adjusted_wald
from loyalty_xl.rows.ready import ANONYMOUS, Ready
from loyalty_xl.turns import periods_between
from loyalty_xl.vocabulary import ALL, UNASSIGNED, Calendar, Cycle, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

CYCLE = Argument(
    "cycle",
    Kind.WORD,
    "周期:month 月、quarter 季、half_year 半年、year 年",
    "cycle: month, quarter, half_year, year",
    default="month",
)
PARTS = ("promoters", "passives", "detractors", "n", "NPS", "low", "high")


def _months(days: np.ndarray) -> np.ndarray:
    months: np.ndarray = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    return months


def _periods(months: np.ndarray, cycle: Any) -> list[Period]:
    if not len(months):
        raise without_value(Reason.NO_DATA)
    return periods_between(Cycle(word_of(cycle, CYCLES, "cycle")), int(months.min()), int(months.max()), Calendar())


def _spilled(key: str, rows: Sequence[dict[str, Any]]) -> list[list[Any]]:
    columns = catalogue.LISTINGS[key].columns
    return [list(columns), *([row[name] for name in columns] for row in rows)]


def _of_orders(
    key: str, customer_ids: np.ndarray, dates: np.ndarray, cycle: Any, settings: Settings
) -> list[list[Any]]:
    """Listings of orders, by calendar periods; the data end on the newest date."""
    days = frames.days_of(dates)
    months = _months(days)
    periods = _periods(months, cycle)
    ready = Bought(customer_ids, days).ready(settings, Span())
    orders = ready["orders"].with_columns(nw.new_series("month", months, backend="pandas"))
    made = replace(
        ready, frames={**ready.frames, "orders": orders}, last_month=int(months.max()), as_of=int(days.max()) + 1
    )
    return _spilled(key, catalogue.LISTINGS[key].function(made, settings, periods))


def _complaint_mix(
    dates: np.ndarray, class_l1: np.ndarray, class_l2: np.ndarray | None, cycle: Any, settings: Settings
) -> list[list[Any]]:
    days = frames.days_of(dates)
    months = _months(days)
    periods = _periods(months, cycle)
    two = class_l2 if class_l2 is not None else np.full(len(days), None, dtype=object)
    rows = frames.columns(
        customer=np.full(len(days), ANONYMOUS), day=days, month=months, closed=np.full(len(days), 10**9),
        class_l1=_texts(class_l1), class_l2=_texts(two),
    )  # fmt: skip
    return _spilled(
        "complaint_mix", catalogue.LISTINGS["complaint_mix"].function(_ready(complaints=rows.frame), settings, periods)
    )


def _response_mix(
    invite_ids: np.ndarray, dates: np.ndarray, channels: np.ndarray, incentive_types: np.ndarray, incentive_costs: np.ndarray,
    delivery_status: np.ndarray, answered_ids: np.ndarray, scores: np.ndarray, cycle: Any, settings: Settings,
) -> list[list[Any]]:  # fmt: skip
    days = frames.days_of(dates)
    months = _months(days)
    periods = _periods(months, cycle)
    place = {each: number for number, each in enumerate(invite_ids.tolist())}
    labels = sorted({str(each) for each in _texts(channels)})
    codes = {label: number for number, label in enumerate(labels, 1)}
    size = len(answered_ids)
    rows = frames.columns(
        invite=np.arange(len(days)), customer=np.arange(len(days)), day=days, month=months,
        delivered=np.array([float(each != "undeliverable") for each in delivery_status.tolist()]),
        incentive_cost=np.nan_to_num(incentive_costs), incentive_type=_texts(incentive_types),
        channel=np.array([codes[str(each)] for each in _texts(channels)]),
    )  # fmt: skip
    answers = frames.columns(
        invite=np.array([place.get(each, -1) for each in answered_ids.tolist()], np.int64),
        has_score=(~np.isnan(scores)).astype(np.int64), complete=np.ones(size), attention=np.ones(size), duration=np.full(size, -1.0),
        in_scope=np.ones(size, np.int64),
    )  # fmt: skip
    ready = _ready(invitations=rows.frame, responses=answers.frame)
    segments = (("all", ALL), *(("channel", label) for label in labels))
    ready = replace(ready, segments=segments, dims={"invitations": ("all", "channel"), "responses": ("all",)})
    key = "response_by_channel_and_incentive"
    return _spilled(key, catalogue.LISTINGS[key].function(ready, settings, periods))


def _texts(values: np.ndarray) -> list[str]:
    return [UNASSIGNED if each is None else str(each) for each in values.tolist()]


def _ready(**made: Any) -> Ready:
    return Ready(made, 0, 0, dict.fromkeys(made, ("all",)), (("all", ALL),))


def _breakdown(scores: np.ndarray, settings: Settings) -> list[list[Any]]:
    rows = frames.columns(recommend_score=scores, other_wording=np.zeros(len(scores), np.int64))
    nps = frames.value("nps", lambda _: rows, settings)
    promoters = int((scores >= settings.nps_promoter_min).sum())
    detractors = int((scores <= settings.nps_detractor_max).sum())
    interval = adjusted_wald(promoters, detractors, len(scores))
    low, high = (interval.low, interval.high) if interval else (None, None)
    return [list(PARTS), [promoters, len(scores) - promoters - detractors, detractors, len(scores), nps, low, high]]


def declare() -> None:
    """Register the functions that give tables; once."""
    if "LOYALTY_COHORTS" in FUNCTIONS:
        return
    library.load()
    received = column("dates", "Complaints.received_on", "每件投诉的受理日期", "day each complaint was received")
    one = column("class_l1", "Complaints.class_l1", "每件投诉的一级类别", "class of each complaint", blank_counts=True)
    two = column(
        "class_l2",
        "Complaints.class_l2",
        "每件投诉的二级类别",
        "subclass of each complaint",
        default=None,
        blank_counts=True,
    )
    sent = column("dates", "SurveyInvitations.sent_on", "每份邀请的发送日期", "day each invitation was sent")
    channel = column(
        "channels", "SurveyInvitations.channel", "每份邀请的渠道", "channel of each invitation", blank_counts=True
    )
    incentive = column(
        "incentive_types",
        "SurveyInvitations.incentive_type",
        "每份邀请的激励方式",
        "incentive of each invitation",
        blank_counts=True,
    )
    shapes: dict[str, tuple[Any, tuple[Argument, ...]]] = {
        "cohorts": (_of_orders, (IDS, DATES, CYCLE, INCLUDE)),
        "customer_states": (_of_orders, (IDS, DATES, CYCLE, INCLUDE)),
        "complaint_mix": (_complaint_mix, (received, one, two, CYCLE, INCLUDE)),
        "response_by_channel_and_incentive": (
            _response_mix,
            (INVITES, sent, channel, incentive, COSTS, DELIVERY, ANSWERED, ANSWER_SCORES, CYCLE, INCLUDE),
        ),
    }  # fmt: skip
    for key, (answer, arguments) in shapes.items():
        each = catalogue.LISTINGS[key]
        more = {"_key": key} if answer is _of_orders else {}
        function(
            Function(
                f"LOYALTY_{key.upper()}",
                arguments,
                _bound(answer, more),
                f"{each.zh}(表,含标题行)",
                f"{each.en} (a table with a header row). {each.definition.split(chr(10), 1)[0]}",
                "tables",
                key,
                table=True,
            )
        )
    function(
        Function(
            "LOYALTY_NPS_BREAKDOWN",
            (NPS_SCORES, PROMOTER, DETRACTOR, SCALE_MIN, SCALE_MAX, INCLUDE),
            _breakdown,
            "净推荐值的构成:推荐者、中立者、贬损者、样本量、NPS、95% 区间(表,含标题行)",
            "NPS in its parts: promoters, passives, detractors, n, NPS, and its 95 % interval (a table with a header row)",
            "tables",
            table=True,
        )
    )


def _bound(answer: Any, more: dict[str, Any]) -> Any:
    return (lambda **given: answer(more["_key"], **given)) if more else answer


__all__ = ["declare"]
