"""The customers of the sample company: invented names, invented numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from loyalty_xl.sample.days import COMPANY_START, FIRST_DAY, LAST_DAY, day_at
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.products import REGION_WEIGHTS

OLD_CUSTOMERS, NEW_CUSTOMERS, ONLOOKERS = 470, 910, 120

CUSTOMER_HEADERS = (
    "客户编号", "客户名称", "phone", "type", "地区", "客户等级", "建档日期", "获客渠道", "状态", "closed_on",
    "流失原因", "是否会员", "contact_consent",
)  # fmt: skip

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_FIRST = "墨砚松竹梅兰菊云鹤岚溪雨清静文博雅思远怀景书君若凝知望秋晚舟"
_SECOND = "轩斋亭韵然之言山川石林青白泉安宁瑜琛璋瑾霖衡岳桥舫笙画瓷"
_SHOPS = ("阁", "轩", "堂", "斋", "文化有限公司", "艺术品商行")
_CHANNELS = (("门店", 0.38), ("微信", 0.30), ("合作平台", 0.14), ("官网", 0.10), ("电话", 0.08))


@dataclass(frozen=True)
class Habit:
    """How a kind of customer buys: days between purchases, chance to leave after each, and how many such there are."""

    name: str
    gap_days: float
    leaves: float
    share_old: float
    share_new: float


HABITS = (
    Habit("once", 160, 0.88, 0.10, 0.26),
    Habit("occasional", 135, 0.13, 0.42, 0.44),
    Habit("regular", 72, 0.06, 0.36, 0.23),
    Habit("collector", 34, 0.025, 0.12, 0.07),
)


@dataclass(frozen=True)
class Person:
    """A customer as known before looking at the orders."""

    customer_id: str
    name: str
    phone: str
    kind: str
    region_id: str
    channel: str
    acquired_on: date
    first_order_on: date | None  # None: never bought; for old customers the first order in the data
    habit: Habit
    member: bool
    consent: bool


def _name(draws: Draws, kind: str) -> str:
    if kind == "b2b":
        return draws.one_of(_FIRST) + draws.one_of(_SECOND) + draws.one_of(_SHOPS)
    return draws.one_of(_SURNAMES) + draws.one_of(_FIRST) + (draws.one_of(_SECOND) if draws.chance(0.8) else "")


def _dates(draws: Draws) -> list[tuple[date, date | None, bool]]:
    """Give acquired_on, first order in the data, and whether the customer is older than the data."""
    dates: list[tuple[date, date | None, bool]] = []
    for _ in range(OLD_CUSTOMERS):
        acquired_on = COMPANY_START + timedelta(draws.whole(0, (FIRST_DAY - COMPANY_START).days - 30))
        dates.append((acquired_on, day_at(draws.waiting(75)), True))
    length = (LAST_DAY - FIRST_DAY).days
    for _ in range(NEW_CUSTOMERS):
        first_order_on = day_at(draws.uniform(0, length)) or LAST_DAY
        known_before = 0 if draws.chance(0.6) else draws.whole(1, 14)
        dates.append((first_order_on - timedelta(known_before), first_order_on, False))
    for _ in range(ONLOOKERS):
        dates.append((FIRST_DAY + timedelta(draws.whole(0, length)), None, False))
    return sorted(dates, key=lambda entry: (entry[0], entry[1] or LAST_DAY))


def people() -> list[Person]:
    """Give everyone in the customer list, oldest first."""
    draws = Draws(101)
    found = []
    for number, (acquired_on, first_order_on, old) in enumerate(_dates(draws), start=1):
        kind = "b2b" if draws.chance(0.08) else "b2c"
        habit = draws.weighted([(habit, habit.share_old if old else habit.share_new) for habit in HABITS])
        found.append(
            Person(
                customer_id=f"{number:06d}",
                name=_name(draws, kind),
                phone=f"1390000{number:04d}",
                kind=kind,
                region_id=draws.weighted(REGION_WEIGHTS),
                channel=draws.weighted(_CHANNELS),
                acquired_on=acquired_on,
                first_order_on=first_order_on,
                habit=habit,
                member=draws.chance(0.75 if habit.name in {"regular", "collector"} else 0.35),
                consent=draws.chance(0.95),
            )
        )
    return found
