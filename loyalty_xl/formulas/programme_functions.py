"""Worksheet functions of the loyalty programme, of RFM and of predicted CLV."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl import catalogue, library
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.cell_errors import without_value
from loyalty_xl.formulas.frames import ONLY_ALL, Bought, Span
from loyalty_xl.formulas.function import (
    FUNCTIONS,
    INCLUDE,
    REQUIRED,
    Argument,
    Function,
    Kind,
    function,
    setting_argument,
)
from loyalty_xl.formulas.kpi_functions import AMOUNTS, AS_OF, DATES, IDS, OCCASIONS, column
from loyalty_xl.rows.customers import customer_turns
from loyalty_xl.rows.programme import EARN, REVERSE, balances, lots
from loyalty_xl.rows.ready import Ready
from loyalty_xl.studies.predicted_clv import Forecast, forecasts
from loyalty_xl.studies.rfm import GROUP_NAMES, SCORED, rfm_customers
from loyalty_xl.turns import one_turn
from loyalty_xl.vocabulary import ALL, Reason

if TYPE_CHECKING:
    from datetime import date

    from loyalty_xl.settings import Settings

KINDS = ("earn", "adjust", "reverse", "expire", "redeem")
RFM_COLUMNS = ("customer_id", "recency_days", "frequency", "spend", *SCORED, "rfm_group")
NO_ORDER = -1


def _enrolled(key: str, customer_ids: np.ndarray, member: np.ndarray, settings: Settings) -> float:
    taking_part = {each for each, yes in zip(customer_ids.tolist(), member.tolist(), strict=True) if yes == 1}
    known = np.array([each in taking_part for each in dict.fromkeys(customer_ids.tolist())], np.float64)
    rows = frames.columns(
        member=known, in_base_at_end=np.ones(len(known), np.bool_), membership_known=np.ones(len(known))
    )
    return frames.value(key, lambda _: rows.frame, settings)


def _active(key: str, member_ids: np.ndarray, active_ids: np.ndarray, settings: Settings) -> float:
    members, active = set(member_ids.tolist()), set(active_ids.tolist())
    rows = frames.columns(enrolled=[float(len(members))], active=[float(len(members & active))])
    return frames.value(key, lambda _: rows, settings)


def _earned(key: str, points: np.ndarray, amounts: np.ndarray, settings: Settings) -> float:
    spent = frames.columns(
        member=np.ones(len(amounts)),
        net_spend=amounts,
        bought=np.ones(len(amounts)),
        membership_known=np.ones(len(amounts)),
    )
    entries = frames.columns(earned=np.clip(points, 0, None))
    return frames.value(key, lambda kind: entries if kind == "point_lots" else spent.frame, settings)


def _ledger(
    customer_ids: np.ndarray,
    kinds: np.ndarray,
    points: np.ndarray,
    days: np.ndarray | None = None,
    order_ids: np.ndarray | None = None,
) -> Ready:
    """Entries as the pipeline prepares them."""
    kind = np.array([KINDS.index(each) for each in kinds.tolist()], np.int64)
    kind = np.where((kind == EARN) & (points < 0), REVERSE, kind)
    moved = np.where(kind == KINDS.index("adjust"), points, np.where(kind == EARN, points, -np.abs(points)))
    day = days if days is not None else np.zeros(len(points), np.int64)
    order = pd.factorize(order_ids)[0] if order_ids is not None else np.full(len(points), NO_ORDER)
    made = pd.DataFrame(
        {
            "customer": pd.factorize(customer_ids)[0].astype(np.int64),
            "day": day,
            "month": np.zeros(len(points), np.int64),
            "kind": kind,
            "points": moved,
            "order": order.astype(np.int64),
        }
    )
    frame = nw.from_native(made, eager_only=True)
    return Ready({"points": frame}, int(day.max(initial=0)) + 1, 0, {"points": ONLY_ALL}, (("all", ALL),))


def _redeemed(
    key: str,
    customer_ids: np.ndarray,
    dates: np.ndarray,
    kinds: np.ndarray,
    points: np.ndarray,
    settings: Settings,
    order_ids: np.ndarray | None = None,
    start: date | None = None,
    end: date | None = None,
) -> float:
    """Follow all entries, and look at the points issued from *start* up to *end*."""
    made = lots(_ledger(customer_ids, kinds, points, frames.days_of(dates), order_ids), settings, ONLY_ALL)
    if start is not None:
        made = made.filter(nw.col("day") >= frames.day_number(start))
    if end is not None:
        made = made.filter(nw.col("day") < frames.day_number(end))
    return frames.value(key, lambda _: made, settings)


def _owed(key: str, customer_ids: np.ndarray, kinds: np.ndarray, points: np.ndarray, settings: Settings) -> float:
    turn = nw.from_native(pd.DataFrame({"turn": [0], "last": [0]}), eager_only=True)
    rows = balances(_ledger(customer_ids, kinds, points), settings, ONLY_ALL, turn)
    return frames.value(key, lambda _: rows, settings)


def _lift(
    key: str, customer_ids: np.ndarray, order_ids_or_dates: np.ndarray, member_ids: np.ndarray, settings: Settings
) -> float:
    ready = Bought(customer_ids, None, order_ids_or_dates).ready(settings, Span())
    members = set(member_ids.tolist())
    labels = pd.factorize(customer_ids)[1]
    enrolled = np.array([code for code, label in enumerate(labels) if label in members], np.int64)
    known = nw.from_native(pd.DataFrame({"customer": enrolled}), eager_only=True)
    rows = customer_turns(replace(ready, frames=ready.frames | {"members": known}), settings, ONLY_ALL, one_turn(0, 0))
    return frames.value(key, lambda _: rows, settings)


def _orders(
    customer_ids: np.ndarray, dates: np.ndarray, amounts: np.ndarray, as_of: date | None, settings: Settings
) -> Ready:
    ready = Bought(customer_ids, frames.days_of(dates), None, amounts).ready(
        settings, Span((as_of,)) if as_of else Span(), as_of
    )
    if not len(ready["orders"]):
        raise without_value(Reason.NO_DATA)
    return ready


def _rfm(
    customer_ids: np.ndarray, dates: np.ndarray, amounts: np.ndarray, settings: Settings, as_of: date | None = None
) -> list[list[Any]]:
    """A row for each customer, by id."""
    table = rfm_customers(_orders(customer_ids, dates, amounts, as_of, settings), settings)
    table["customer_id"] = pd.factorize(customer_ids)[1][table["customer"].to_numpy()]
    table["rfm_group"] = [" ".join(GROUP_NAMES[each]) for each in table["rfm_group"]]
    rows = table.sort_values("customer_id")[list(RFM_COLUMNS)]
    return [list(RFM_COLUMNS), *rows.to_numpy(dtype=object).tolist()]


def _listed(
    key: str,
    customer_ids: np.ndarray,
    dates: np.ndarray,
    amounts: np.ndarray,
    settings: Settings,
    as_of: date | None = None,
) -> list[list[Any]]:
    """The pipeline's listing over these rows."""
    ready = _orders(customer_ids, dates, amounts, as_of, settings)
    each = catalogue.LISTINGS[key]
    if key.startswith("predicted"):
        forecast: Forecast = ready.once(forecasts, settings)
        if forecast.buying is None or forecast.spending is None:
            raise without_value(Reason.NOT_IDENTIFIED)
    rows = each.function(ready, settings, [])
    if key == "rfm_groups":
        rows = [row | {"rfm_group": " ".join(GROUP_NAMES[row["rfm_group"]])} for row in rows]
    return [list(each.columns), *([row[name] for name in each.columns] for row in rows)]


def _declare(key: str, arguments: tuple[Argument, ...], answer: Any) -> None:
    kpi = library.load()[key]
    function(
        Function(
            kpi.worksheet_name,
            (*arguments, INCLUDE),
            lambda **given: answer(key, **given),
            f"{kpi.zh}:{kpi.says}",
            kpi.title if kpi.title.startswith(kpi.en) else f"{kpi.en}. {kpi.title}",
            kpi.dimension.value,
            key,
        )
    )


def _spill(key: str, arguments: tuple[Argument, ...], answer: Any, zh: str = "", en: str = "") -> None:
    each = catalogue.LISTINGS[key]
    function(
        Function(
            each.worksheet_name,
            (*arguments, INCLUDE),
            answer,
            zh or f"{each.zh}(表,含标题行):{each.says}",
            en or f"{each.en} (a table with a header row). {each.title}",
            "tables",
            key,
            table=True,
        )
    )


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_RFM" in FUNCTIONS:
        return
    library.load()
    flags = column(
        "member",
        "Customers.member",
        "每位客户是否会员,空白为否",
        "whether each customer is a member; blank is no",
        blank_counts=True,
    )
    base = column(
        "customer_ids", "Customers.customer_id", "客户基数中每位客户的编号", "id of each customer in the base"
    )
    _declare("enrolment_rate", (base, flags), _enrolled)
    members = column("member_ids", "Customers.customer_id", "全部会员的编号", "ids of all members")
    active = column(
        "active_ids",
        "Orders.customer_id",
        "期间内活跃客户的编号,可重复",
        "ids of the customers active in the period, repeats allowed",
        block=1,
    )
    _declare("active_member_share", (members, active), _active)
    earned = column(
        "points", "LoyaltyLedger.points", "期间内每笔获得的积分", "points of each entry that earned some in the period"
    )
    spent = column(
        "amounts",
        "Orders.amount",
        "会员每行订单的金额,退款为负",
        "amount of each order row of members, refunds negative",
        block=1,
    )
    _declare("points_per_spend", (earned, spent), _earned)
    who = column(
        "customer_ids", "LoyaltyLedger.customer_id", "每笔积分流水的客户编号", "customer id of each entry of points"
    )
    on = column("dates", "LoyaltyLedger.on", "每笔积分流水的日期", "day of each entry of points")
    kind = column(
        "kinds",
        "LoyaltyLedger.kind",
        "每笔的类型:获得、兑换、过期、调整、冲回",
        "kind of each entry: earn, redeem, expire, adjust, reverse",
    )
    points = column("points", "LoyaltyLedger.points", "每笔的积分", "points of each entry")
    orders = column(
        "order_ids",
        "LoyaltyLedger.order_id",
        "每笔的订单号,可空白",
        "order of each entry; may be blank",
        default=None,
        blank_counts=True,
    )
    start = Argument("start", Kind.DAY, "只看从这一天起发放的积分", "only points issued from this day on", default=None)
    end = Argument("end", Kind.DAY, "只看这一天之前发放的积分", "only points issued before this day", default=None)
    _declare("redemption_rate", (who, on, kind, points, orders, start, end), _redeemed)
    worth = replace(setting_argument("point_value", "point_value"), default=REQUIRED)
    _declare("points_liability", (who, kind, points, worth, setting_argument("breakage", "breakage")), _owed)
    _declare("member_repeat_lift", (IDS, OCCASIONS, replace(members, block=1)), _lift)
    bought = (IDS, DATES, AMOUNTS, AS_OF)
    _spill(
        "rfm",
        bought,
        _rfm,
        "RFM:每位客户一行的最近购买天数、购买次数(同一天算一次)、净消费额、三个分数(1–5)和客户群(表,含标题行)",
        "RFM, a row for each customer: days since the last purchase, days with a purchase, net spend, three scores of 1 to 5, and the group (a table with a header row)",
    )
    ahead = (
        setting_argument("clv_horizon_months", "clv_horizon_months"),
        setting_argument("clv_discount_monthly", "clv_discount_monthly"),
    )
    margin = setting_argument("margin_rate", "margin_rate")
    for key, more in (("rfm_groups", ()), ("predicted_clv", (*ahead, margin)), ("predicted_clv_fit", ())):
        _spill(key, (*bought, *more), lambda _key=key, **given: _listed(_key, **given))
