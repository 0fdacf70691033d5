"""Whom the sample company tried to keep, and whom it spoke with."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import date, timedelta

from loyalty_xl.sample.complaints import Complaint
from loyalty_xl.sample.customers import Person
from loyalty_xl.sample.days import FIRST_DAY, LAST_DAY
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.orders import Line

SAVE_HEADERS = (
    "挽留编号", "客户编号", "预警日期", "联系日期", "挽留方式", "挽留方案", "挽留成本", "流失原因", "挽留结果", "结果日期",
)  # fmt: skip
INTERACTION_HEADERS = (
    "沟通编号", "客户编号", "沟通日期", "沟通渠道", "沟通目的", "情绪", "沟通内容", "客服工号", "首次解决",
)  # fmt: skip

_QUIET_DAYS = (110, 260)  # so long nothing was bought, and someone noticed
_METHODS = (("电话", 0.5), ("微信", 0.35), ("上门", 0.15))
_OFFERS = (("免费鉴定一件", 120, 0.35), ("九五折券", 200, 0.3), ("品鉴会优先席位", 60, 0.2), (None, 0, 0.15))
_REASONS = (("价格", 0.26), ("售后", 0.22), ("质量", 0.16), ("竞品", 0.16), ("搬迁", 0.05), ("其他", 0.15))
_CHANNELS = (("电话", 0.4), ("微信", 0.38), ("到店", 0.14), ("邮件", 0.08))
_CARE = ("节日问候", "新到瓷器通知", "使用与养护建议", "邀请参加品鉴会")


def save_rows(people: list[Person], lines: list[Line]) -> list[tuple[object, ...]]:
    """Give the SaveAttempts sheet: each month two dozen customers who had not bought for long; a few are called twice."""
    draws = Draws(811)
    bought = _days(lines)
    found: list[tuple[date, str, date, int]] = []
    for year, month in ((2024 + (each + 3) // 12, (each + 3) % 12 + 1) for each in range(28)):
        flagged = date(year, month, draws.whole(3, 9))
        quiet = [
            person.customer_id
            for person in people
            if person.consent and _quiet_for(bought.get(person.customer_id, []), flagged) in range(*_QUIET_DAYS)
        ]
        for _ in range(min(24, len(quiet))):
            who = quiet.pop(draws.whole(0, len(quiet) - 1))
            contacted = flagged + timedelta(draws.whole(0, 9))
            again = contacted + timedelta(draws.whole(5, 9)) if draws.chance(0.15) else None
            found += [(on, who, flagged, nth) for nth, on in enumerate((contacted, again)) if on and on <= LAST_DAY]
    rows: list[tuple[object, ...]] = []
    for number, (on, who, flagged, _) in enumerate(sorted(found), start=1):
        offer, cost, _ = draws.weighted([((text, money, share), share) for text, money, share in _OFFERS])
        reason, method = draws.weighted(_REASONS), draws.weighted(_METHODS)
        later = [day for day in bought[who] if on <= day <= on + timedelta(90)]
        unreachable, gives_reason = draws.chance(0.1), draws.chance(0.8)
        outcome: tuple[str, date | None] = ("待定", None)
        if later:
            outcome = ("挽留成功", later[0])
        elif unreachable:
            outcome = ("联系不上", on)
        elif on + timedelta(90) <= LAST_DAY:
            outcome = ("流失", on + timedelta(90))
        rows.append(
            (
                f"WL{number:04d}", who, flagged, on, method, offer, cost, reason if gives_reason else None, outcome[0],
                outcome[1],
            )
        )  # fmt: skip
    return rows


def interaction_rows(people: list[Person], lines: list[Line], heard: list[Complaint]) -> list[tuple[object, ...]]:
    """Give the Interactions sheet: care after the first purchase, and calls about complaints."""
    draws = Draws(812)
    bought = _days(lines)
    found: list[tuple[date, str, str, str, int, str, bool | None]] = []
    for person in people:
        first = bought.get(person.customer_id, [None])[0]
        cared, lag = draws.chance(0.55), draws.whole(4, 40)
        channel, note, mood = (
            draws.weighted(_CHANNELS),
            draws.one_of(_CARE),
            draws.weighted(((1, 0.5), (0, 0.42), (-1, 0.08))),
        )
        if first and cared and person.consent:
            found.append((first + timedelta(lag), person.customer_id, channel, "关怀", mood, note, None))
    for each in heard:
        solved, mood = draws.chance(0.58), draws.weighted(((1, 0.2), (0, 0.45), (-1, 0.35)))
        if each.first_response_on and each.customer_id:
            found.append(
                (
                    each.first_response_on,
                    each.customer_id,
                    draws.weighted(_CHANNELS),
                    "服务",
                    mood,
                    "投诉处理沟通",
                    solved,
                )
            )
    kept = sorted(each for each in found if FIRST_DAY <= each[0] <= LAST_DAY)
    about = [place for place, each in enumerate(kept) if each[6] is not None]
    unclear = {about[-4], about[-9], about[-15]}  # marks that nobody can read: the last month's figure is withheld
    return [
        (
            f"GT{number:05d}", who, on, channel, purpose, mood, note, f"K{draws.whole(1, 6):02d}",
            "待定?" if number - 1 in unclear else None if solved is None else "是" if solved else "否",
        )
        for number, (on, who, channel, purpose, mood, note, solved) in enumerate(kept, start=1)
    ]  # fmt: skip


def _days(lines: list[Line]) -> dict[str, list[date]]:
    """Days on which each known customer bought."""
    days: dict[str, set[date]] = defaultdict(set)
    for line in lines:
        if line.customer_id and line.order_type != "refund":
            days[line.customer_id].add(line.order_date)
    return {who: sorted(some) for who, some in days.items()}


def _quiet_for(days: list[date], on: date) -> int:
    """Days since the last purchase before a day; -1 without one."""
    place = bisect_left(days, on)
    return (on - days[place - 1]).days if place else -1
