"""A worksheet function for every KPI: which ranges of raw rows it takes, and how they become its rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import library
from loyalty_xl.contracts import departments
from loyalty_xl.contracts.contract import Field, Type
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.cell_errors import bad_cells, bad_setting, without_value
from loyalty_xl.formulas.frames import Bought, Span
from loyalty_xl.formulas.function import FUNCTIONS, INCLUDE, Argument, Function, Kind, function, setting_argument
from loyalty_xl.formulas.ranges import day_or_id, is_blank
from loyalty_xl.vocabulary import Reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from loyalty_xl.settings import Settings

_FIELDS = {f"{contract.name}.{each.name}": each for contract in departments() for each in contract.fields}


def column(name: str, field: str, zh: str, en: str, **more: Any) -> Argument:
    """Give an argument that is a column of a sheet."""
    return Argument(name, Kind.RANGE, zh, en, _FIELDS[field], **more)


def _nps_limits(settings: Settings) -> tuple[float, float]:
    return settings.nps_scale_min, settings.nps_scale_max


def _csat_limits(settings: Settings) -> tuple[float, float]:
    low, high = settings.csat_scale.split("-")
    return float(low), float(high)


IDS = column("customer_ids", "Orders.customer_id", "每行订单的客户编号", "customer id of each order row")
DATES = column("dates", "Orders.order_date", "每行订单的日期", "date of each order row")
AMOUNTS = column("amounts", "Orders.amount", "每行订单的金额,退款为负", "amount of each order row, refunds negative")
ORDER_IDS = column("order_ids", "Orders.order_id", "每行的订单号", "order id of each row")
OCCASIONS = Argument(
    "order_ids_or_dates",
    Kind.RANGE,
    "每行的订单号或日期:同一客户的相同值算一次购买",
    "order id or date of each row: equal ones of a customer are one purchase",
    Field(
        "order_ids_or_dates",
        Type.ID,
        "订单号或日期",
        (*_FIELDS["Orders.order_id"].aliases, "order_id", "订单编号", "订单日期", "order_date", "日期", "date"),
    ),
    each=day_or_id,
)
NPS_SCORES = column(
    "scores",
    "SurveyResponses.recommend_score",
    "推荐意愿打分,每格一份答卷",
    "recommendation scores, one answer a cell",
    limits=_nps_limits,
)
CSAT_SCORES = column(
    "scores",
    "SurveyResponses.csat_overall",
    "满意度打分,每格一份答卷",
    "satisfaction scores, one answer a cell",
    limits=_csat_limits,
)
INVITES = column("invite_ids", "SurveyInvitations.invite_id", "发出的每份邀请的编号", "id of each invitation sent")
DELIVERY = column(
    "delivery_status",
    "SurveyInvitations.delivery_status",
    "每份邀请的送达状态,空白算送达",
    "delivery status of each invitation; blank counts as delivered",
    blank_counts=True,
)
COSTS = column(
    "incentive_costs",
    "SurveyInvitations.incentive_cost",
    "每份邀请的激励成本",
    "incentive cost of each invitation",
    blank_counts=True,
)
ANSWERED = column(
    "answered_ids", "SurveyResponses.invite_id", "每份答卷的邀请编号", "invitation id of each answer", block=1
)
ANSWER_SCORES = column(
    "scores",
    "SurveyResponses.recommend_score",
    "每份答卷的打分:空白为无效",
    "score of each answer: blank is not valid",
    block=1,
    blank_counts=True,
    limits=_nps_limits,
)
CASES = column("complaint_ids", "Complaints.complaint_id", "每件投诉的编号", "id of each complaint")
CLASSES = column(
    "classes",
    "Complaints.class_l1",
    "每件投诉的类别,空白为未归类",
    "class of each complaint; blank is unclassified",
    blank_counts=True,
)
RECEIVED = column("received", "Complaints.received_on", "每件投诉的受理日期", "day each complaint was received")
CLOSED = column(
    "closed",
    "Complaints.closed_on",
    "每件投诉的结案日期,空白为未结",
    "day each complaint was closed; blank is still open",
    blank_counts=True,
)
RATINGS = column(
    "scores",
    "Complaints.satisfaction",
    "客户对处理的评分",
    "the customer's rating of the handling",
    limits=_csat_limits,
)
COMPLAINERS = column("complaining_ids", "Complaints.customer_id", "每件投诉的客户编号", "customer id of each complaint")

START = Argument("start", Kind.DAY, "期间第一天", "first day of the period")
END = Argument("end", Kind.DAY, "期间之后的第一天", "first day after the period")
AS_OF = Argument(
    "as_of",
    Kind.DAY,
    "数据截止的次日,空白为最晚日期的次日",
    "first day after the data; default: the day after the newest date",
    default=None,
)
NEXT_END = Argument(
    "next_end",
    Kind.DAY,
    "下一期之后的第一天,空白为同样长的下一期",
    "first day after the next period; default: as long as this one",
    default=None,
)

PROMOTER = setting_argument("nps_promoter_min", "promoter_min")
DETRACTOR = setting_argument("nps_detractor_max", "detractor_max")
SCALE_MIN = setting_argument("nps_scale_min", "scale_min")
SCALE_MAX = setting_argument("nps_scale_max", "scale_max")
CSAT_MAX = replace(
    setting_argument("csat_scale", "scale_max"),
    zh="量表最高分:5 或 10(从 1 起)",
    en="highest point of the scale: 5 or 10 (it begins at 1)",
    default=5,
)
TOP_BOX = setting_argument("csat_top_box", "top_box")
CHURN_DAYS = setting_argument("churn_window_days", "churn_window_days")
DECLINE_PERIODS = setting_argument("decline_periods", "decline_periods")
DECLINE_SHARE = setting_argument("decline_share", "decline_share")
YEAR_DAYS = setting_argument("new_customer_year_days", "days")
WATCH_DAYS = setting_argument("new_customer_window_days", "days")
SLA = Argument("sla_days", Kind.COUNT, "承诺的处理天数", "days within which a complaint must be closed")


def _declare(keys: str, arguments: tuple[Argument, ...], answer: Callable[..., Any]) -> None:
    """Register the same shape of function for several KPIs; *answer* takes the key first."""
    for key in keys.split():
        kpi = library.load()[key]
        ranges = any(each.kind is Kind.RANGE and not each.block for each in arguments)
        function(
            Function(
                kpi.worksheet_name,
                (*arguments, INCLUDE) if ranges else arguments,
                lambda _key=key, **given: answer(_key, **given),
                f"{kpi.zh}:{kpi.says}",
                kpi.title if kpi.title.startswith(kpi.en) else f"{kpi.en}. {kpi.title}",
                kpi.dimension.value,
                key,
            )
        )


def _recommended(key: str, scores: np.ndarray, settings: Settings) -> float:
    rows = frames.columns(recommend_score=scores, other_wording=np.zeros(len(scores), np.int64))
    return frames.value(key, lambda _: rows, settings)


def _satisfied(key: str, scores: np.ndarray, settings: Settings) -> float:
    low, high = _csat_limits(settings)
    size = len(scores)
    rows = frames.columns(csat=scores, csat_low=np.full(size, low), csat_high=np.full(size, high))
    return frames.value(key, lambda _: rows, settings)


def _rated(key: str, scores: np.ndarray, settings: Settings, closed: np.ndarray | None = None) -> float:
    if closed is not None:
        scores = scores[~np.isnat(closed)]
    rows = frames.columns(satisfaction=scores, satisfaction_high=np.full(len(scores), _csat_limits(settings)[1]))
    return frames.value(key, lambda _: rows, settings)


def _invited(
    key: str,
    invite_ids: np.ndarray,
    answered_ids: np.ndarray,
    settings: Settings,
    delivery_status: np.ndarray | None = None,
    incentive_costs: np.ndarray | None = None,
    scores: np.ndarray | None = None,
) -> float:
    scored = np.ones(len(answered_ids), np.bool_) if scores is None else ~np.isnan(scores)
    answered, valid = set(answered_ids.tolist()), set(answered_ids[scored].tolist())
    sent = invite_ids.tolist()
    status = delivery_status.tolist() if delivery_status is not None else [None] * len(sent)
    rows = frames.columns(
        answers=np.array([each in answered for each in sent], np.int64),
        is_valid=np.array([each in valid for each in sent], np.float64),
        delivered=np.array([each != "undeliverable" for each in status], np.float64),
        incentive_cost=np.nan_to_num(incentive_costs) if incentive_costs is not None else np.zeros(len(sent)),
    )
    return frames.value(key, lambda _: rows, settings)


def _bought(key: str, settings: Settings, **given: Any) -> float:
    """KPIs of purchases without dates: everything is one span."""
    return frames.value(key, _orders(given).rows(settings, Span()), settings)


def _orders(given: dict[str, Any]) -> Bought:
    dates = given.get("dates")
    return Bought(
        given.get("customer_ids"),
        frames.days_of(dates) if dates is not None else None,
        given.get("order_ids_or_dates", given.get("order_ids")),
        given.get("amounts"),
    )


def _between(key: str, start: date, end: date, settings: Settings, next_end: date | None = None, **given: Any) -> float:
    """KPIs of a period, and of the one after it."""
    last = next_end or frames.shifted(start, end, 1)
    frames.in_order(("start", start), ("end", end), ("next_end", last))
    rows = _orders(given).rows(settings, Span((start, end, last), 1, 2))
    return frames.value(key, rows, settings, frames.months_between(start, end))


def _declining(key: str, start: date, end: date, settings: Settings, **given: Any) -> float:
    """KPIs that compare a period with several before it."""
    first = frames.shifted(start, end, -settings.decline_periods - 1)
    frames.in_order(("start", start), ("end", end))
    rows = _orders(given).rows(settings, Span((first, start, end), 2, earlier=0))
    return frames.value(key, rows, settings)


def _matured(key: str, start: date, end: date, settings: Settings, as_of: date | None = None, **given: Any) -> float:
    """KPIs of a cohort of new customers and what they did later: everything after the period counts, up to as_of."""
    orders = _orders(given)
    frames.in_order(("start", start), ("end", end))
    last = max(end, as_of) if as_of else _newest(orders.days, end)
    rows = orders.rows(settings, Span((start, end, last) if last > end else (start, end), 1), last)
    return frames.value(key, rows, settings)


def _newest(days: np.ndarray | None, end: date) -> date:
    newest = np.datetime64(int(days.max()) + 1, "D").astype(object) if days is not None and len(days) else end
    return max(end, newest)


def _base(key: str, end: date, settings: Settings, **given: Any) -> float:
    return frames.value(key, _orders(given).rows(settings, Span((end,))), settings)


def _complaining(key: str, complaining_ids: np.ndarray, end: date, settings: Settings, **given: Any) -> float:
    base = _orders(given).rows(settings, Span((end,)))
    who = frames.columns(complaints=np.ones(len(set(complaining_ids.tolist())), np.int64))
    return frames.value(key, lambda kind: who if kind == "complainers" else base(kind), settings)


def _complained(key: str, complaint_ids: np.ndarray, order_ids: np.ndarray, settings: Settings) -> float:
    bought = Bought(orders=order_ids).rows(settings, Span())
    cases = frames.complaints(None, None, None, len(complaint_ids))
    return frames.value(key, lambda kind: cases if kind == "complaints" else bought(kind), settings)


def _handled(
    key: str,
    settings: Settings,
    received: np.ndarray | None = None,
    closed: np.ndarray | None = None,
    complaint_ids: np.ndarray | None = None,
    classes: np.ndarray | None = None,
    sla_days: int | None = None,
) -> float:
    size = len(complaint_ids if complaint_ids is not None else received if received is not None else ())
    rows = frames.complaints(received, closed, classes, size)
    changed = settings.replace(sla_days=sla_days) if sla_days else settings
    return frames.value(key, lambda _: rows, changed)


def _spent(key: str, costs: np.ndarray, new_customers: float, settings: Settings) -> float:
    if not 0 <= new_customers < 1e15 or new_customers != int(new_customers):
        raise bad_setting("new_customers 应为不小于 0 的整数", "new_customers must be a whole number, not below 0")
    money = frames.columns(cost=costs, cost_type=["acquisition"] * len(costs))
    new = frames.columns(first=range(int(new_customers)))  # only their number counts
    return frames.value(key, lambda kind: money if kind == "costs" else new, settings)


def _received(key: str, settings: Settings, **sums: float) -> float:
    rows = frames.columns(**{name: [float(total)] for name, total in sums.items()})
    return frames.value(key, lambda _: rows, settings)


def _filled(key: str, cells: Any, settings: Settings) -> float:
    line = [each for row in _rows_of(cells) for each in row]
    return _received(key, settings, filled_cells=sum(not is_blank(each) for each in line), required_cells=len(line))


def _rows_of(cells: Any) -> list[list[Any]]:
    """Rows of a range of any shape, blank ones at its end left out."""
    cells = cells.tolist() if hasattr(cells, "tolist") else cells
    rows = [
        list(row) if isinstance(row, (list, tuple)) else [row]
        for row in (cells if isinstance(cells, (list, tuple)) else [cells])
    ]
    while rows and all(is_blank(each) for each in rows[-1]):
        rows.pop()
    return rows


def _distinct(key: str, keys: Any, settings: Settings) -> float:
    rows = [
        tuple(str(each).strip().casefold() for each in row)
        for row in _rows_of(keys)
        if not all(is_blank(each) for each in row)
    ]
    return _received(key, settings, distinct=len(set(rows)), rows=len(rows))


def _passing(key: str, rows_passing: float, rows_received: float, settings: Settings) -> float:
    if rows_passing > rows_received:
        raise bad_cells("rows_passing 大于 rows_received", "rows_passing is larger than rows_received")
    return _received(key, settings, passing=rows_passing, rows=rows_received)


def _imputed(key: str, is_imputed: np.ndarray, settings: Settings) -> float:
    return _received(key, settings, imputed=int((is_imputed == 1).sum()), rows=len(is_imputed))


def _retained(ids_at_start: np.ndarray, ids_at_end: np.ndarray) -> float:
    before, after = set(ids_at_start.tolist()), set(ids_at_end.tolist())
    if not before:
        raise without_value(Reason.NO_DENOMINATOR)
    return len(before & after) / len(before)


def declare() -> None:
    """Register the functions of all KPIs; once."""
    if "LOYALTY_NPS" in FUNCTIONS:
        return
    scale = (SCALE_MIN, SCALE_MAX)
    _declare("nps", (NPS_SCORES, PROMOTER, DETRACTOR, *scale), _recommended)
    _declare("promoter_share", (NPS_SCORES, PROMOTER, *scale), _recommended)
    _declare("passive_share", (NPS_SCORES, PROMOTER, DETRACTOR, *scale), _recommended)
    _declare("detractor_share", (NPS_SCORES, DETRACTOR, *scale), _recommended)
    _declare("csat csat_index", (CSAT_SCORES, CSAT_MAX), _satisfied)
    _declare("csat_top_two", (CSAT_SCORES, CSAT_MAX, TOP_BOX), _satisfied)
    _declare("response_rate", (INVITES, ANSWERED), _invited)
    _declare("response_rate_delivered", (INVITES, DELIVERY, ANSWERED), _invited)
    _declare("valid_response_rate response_validity", (INVITES, ANSWERED, ANSWER_SCORES), _invited)
    _declare("cost_per_valid_response", (INVITES, COSTS, ANSWERED, ANSWER_SCORES), _invited)
    _declare("repeat_purchase_rate purchase_frequency lifetime_repeat_rate", (IDS, OCCASIONS), _bought)
    _declare("average_spend median_spend trimmed_average_spend", (IDS, AMOUNTS), _bought)
    _declare("average_order_value", (ORDER_IDS, AMOUNTS), _bought)
    _declare("anonymous_revenue_share", (replace(IDS, blank_counts=True), AMOUNTS), _bought)
    _declare("purchase_gap_days", (IDS, DATES), _bought)
    _declare("customer_base", (IDS, DATES, END, CHURN_DAYS), _base)
    _declare("returning_customer_share new_customers_per_month", (IDS, DATES, START, END), _between)
    _declare("repurchase_rate", (IDS, DATES, START, END, NEXT_END), _between)
    kept = (IDS, DATES, START, END, CHURN_DAYS)
    _declare("retention_rate churn_rate churn_rate_all_customers churn_rate_average_base", kept, _between)
    _declare("purchase_retention_rate customer_growth_rate", kept, _between)
    _declare("spend_decline_share", (IDS, DATES, AMOUNTS, START, END, DECLINE_PERIODS, DECLINE_SHARE), _declining)
    _declare("new_customer_retention", (IDS, DATES, START, END, AS_OF, YEAR_DAYS), _matured)
    _declare("new_customer_watch", (IDS, DATES, START, END, AS_OF, WATCH_DAYS), _matured)
    _declare("complaint_rate", (CASES, replace(ORDER_IDS, block=1)), _complained)
    buyers = (replace(IDS, block=1), replace(DATES, block=1))
    _declare("complaining_customer_share", (COMPLAINERS, *buyers, END, CHURN_DAYS), _complaining)
    _declare("unclassified_complaint_share", (CASES, CLASSES), _handled)
    _declare("complaint_resolution_rate resolution_days resolution_days_p90", (RECEIVED, CLOSED), _handled)
    _declare("resolution_within_sla", (RECEIVED, CLOSED, SLA), _handled)
    _declare("complainer_satisfaction complainer_satisfied_share", (RATINGS, CSAT_MAX), _rated)
    _declare("complaint_rating_coverage", (CLOSED, replace(RATINGS, blank_counts=True), CSAT_MAX), _rated)
    money = column("costs", "Campaigns.cost", "获客费用,每格一笔", "cost of winning customers, one item a cell")
    new = Argument("new_customers", Kind.NUMBER, "新客户数", "number of new customers")
    _declare("cac", (money, new), _spent)
    _declare(
        "completeness", (Argument("cells", Kind.CELLS, "应填的单元格", "the cells that should be filled"),), _filled
    )
    _declare(
        "uniqueness",
        (Argument("keys", Kind.CELLS, "每行的键(可多列)", "key of each row (several columns may be one key)"),),
        _distinct,
    )
    passing = Argument("rows_passing", Kind.NUMBER, "通过检查的行数", "rows that passed the check")
    received = Argument("rows_received", Kind.NUMBER, "收到的行数", "rows received")
    _declare("validity", (passing, received), _passing)
    _declare(
        "imputed_share",
        (column("is_imputed", "Orders.is_imputed", "每行是否补录", "whether each row is imputed", blank_counts=True),),
        _imputed,
    )
    function(
        Function(
            "LOYALTY_RETAINED_SHARE",
            (
                column("ids_at_start", "Orders.customer_id", "期初客户编号", "customers at the start"),
                column("ids_at_end", "Orders.customer_id", "期末客户编号", "customers at the end", block=1),
                INCLUDE,
            ),
            _retained,
            "期初客户中期末仍在的占比(两份名单相比)",
            "Share of the customers at the start who are still there at the end (two lists compared). [0 to 1]",
            "retention",
        )
    )
