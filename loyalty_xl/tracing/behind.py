"""For each kind of rows: what a unit of it is, and which sheets stand behind it, by which field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from loyalty_xl.tracing import of_orders, of_sheets
from loyalty_xl.tracing.trail import itself

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loyalty_xl.tracing.trail import Found, Trail
    from loyalty_xl.tracing.units import Units


def _no_name(_trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    return [""] * len(units)


def _customer(trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    column = (
        units["customer"]
        if "customer" in units
        else units["who"] - units["segment"] * trail.looking.situation.ready.customers
    )
    names = [*trail.prepared.customers, ""]
    return [names[code] if 0 <= code < len(names) - 1 else "" for code in column.tolist()]


def _order(trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    names = [str(each) for each in trail.given.frames["Orders"]["order_id"].cat.categories]
    if "order" in units:
        return [names[code] for code in units["order"].tolist()]
    if trail.looking.situation.settings.occasion_unit != "day":
        return [names[code] for code in units["occasion"].tolist()]
    days = units["day"].to_numpy().astype("datetime64[D]").astype(str)
    return [f"{who} {day}".strip() for who, day in zip(_customer(trail, units), days, strict=True)]


def _sheet_month(_trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    months = (units["month"].to_numpy() - 1970 * 12).astype("datetime64[M]").astype(str)
    return [f"{sheet} {month}" for sheet, month in zip(units["sheet"], months, strict=True)]


def _brand(_trail: Trail, units: pd.DataFrame) -> Sequence[str]:
    return [str(each) for each in units["brand"]]


@dataclass(frozen=True)
class Behind:
    """What a unit of some rows is, and where its worksheet rows are."""

    zh: str
    en: str
    find: Callable[[Trail, pd.DataFrame, Units], Found]
    name: Callable[[Trail, pd.DataFrame], Sequence[str]] = _no_name


BEHIND: dict[str, Behind] = {
    "answers": Behind("答卷", "answer", itself("SurveyResponses")),
    "image_answers": Behind("答卷", "answer", itself("SurveyResponses")),
    "held_answers": Behind("答卷", "answer", itself("SurveyResponses")),
    "recommenders": Behind("答卷", "answer", of_orders.recommended),
    "invited_promoters": Behind("答卷", "answer", of_sheets.joining),
    "intenders": Behind("答卷", "answer", of_orders.intended),
    "invitations": Behind("邀请", "invitation", of_sheets.invited),
    "occasions": Behind("购买", "purchase", of_orders.occasions, _order),
    "revenue": Behind("订单", "order", of_orders.order_parts, _order),
    "first_purchases": Behind("客户", "customer", of_orders.first_orders, _customer),
    "customer_turns": Behind("客户", "customer", of_orders.customer_orders, _customer),
    "base_scores": Behind("客户", "customer", of_orders.orders_to_date, _customer),
    "newcomers": Behind("客户", "customer", of_orders.orders_in_turn, _customer),
    "referred_customers": Behind("客户", "customer", of_orders.referred, _customer),
    "engaged_customers": Behind("客户", "customer", of_sheets.engaged, _customer),
    "complainers": Behind("客户", "customer", of_sheets.complained, _customer),
    "referrers": Behind("客户", "customer", of_orders.referrers, _customer),
    "members": Behind("会员", "member", of_orders.memberships, _customer),
    "point_balances": Behind("会员", "member", of_sheets.point_movements, _customer),
    "point_lots": Behind("积分", "points earned", itself("LoyaltyLedger")),
    "brands": Behind("品牌", "brand", of_sheets.brands, _brand),
    "rises": Behind("涨价前买家", "buyer before a rise", of_orders.rises, _customer),
    "demand": Behind("估计", "estimate", of_orders.demand),
    "deliveries": Behind("表与月份", "sheet and month", of_sheets.whole_sheets, _sheet_month),
    "referrals": Behind("推荐", "referral", of_orders.referrals),
    "last_attempts": Behind("挽留", "save attempt", of_orders.attempts),
    "complaints": Behind("投诉", "complaint", itself("Complaints")),
    "closed_complaints": Behind("投诉", "complaint", itself("Complaints")),
    "first_responses": Behind("投诉", "complaint", itself("Complaints")),
    "contacts_solved": Behind("联系", "contact", itself("Interactions")),
    "raters": Behind("评价人", "rater", of_sheets.judged),
    "audits": Behind("抽查", "check", itself("CollectionAudit")),
    "costs": Behind("费用", "cost", of_sheets.spread),
    "wallets": Behind("钱包份额", "wallet", of_orders.wallets, _customer),
}
