"""The points of the sample company's members: earned with what they buy, redeemed for vouchers and gifts, gone after the next year's end."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from loyalty_xl.sample.customers import Person
from loyalty_xl.sample.days import FIRST_DAY, LAST_DAY
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.orders import Line

LEDGER_HEADERS = ("流水号", "客户编号", "日期", "变动类型", "积分", "订单号", "兑换物品", "面值", "有效期至")

MONEY_FOR_A_POINT = 10
POINT_VALUE = 0.1  # of one point, in money
REDEEMS = 0.3  # chance with each purchase, where there is enough
LEAST = 500  # points that can be redeemed at once
SETTLED_DAYS = 30  # points so young cannot be redeemed yet: the piece may come back
_REWARDS = (("代金券", 0.6), ("鉴定服务券", 0.25), ("拍卖会门票", 0.15))

Entry = tuple[date, str, str, int, str | None, str | None, float | None, date | None]


def ledger_rows(people: list[Person], lines: list[Line]) -> list[tuple[object, ...]]:
    """Give the LoyaltyLedger sheet, by day."""
    draws = Draws(808)
    bought: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        bought[line.customer_id].append(line)
    entries: list[Entry] = []
    for person in people:
        if person.member:
            entries += _of_member(person, bought[person.customer_id], draws)
    entries.sort(key=lambda entry: entry[:2])
    return [
        (f"JF{number:06d}", customer, on, kind, points, *more)
        for number, (on, customer, kind, points, *more) in enumerate(entries, start=1)
    ]


def _of_member(person: Person, lines: list[Line], draws: Draws) -> list[Entry]:
    customer = person.customer_id
    made: list[Entry] = []
    issued: list[tuple[date, int]] = []
    used = 0
    if person.acquired_on < FIRST_DAY and draws.chance(0.6):
        opening = 10 * draws.whole(5, 120)
        made.append((FIRST_DAY, customer, "期初余额", opening, None, None, None, _good_until(date(2023, 12, 31))))
        issued.append((date(2023, 12, 31), opening))
    year = FIRST_DAY.year
    for on, order_id, amount, original in _by_order(lines):
        while on.year > year:
            used += _expired(customer, year, issued, used, made)
            year += 1
        points = abs(amount) // MONEY_FOR_A_POINT
        if not points:
            continue
        if original:
            made.append((on, customer, "冲回", -points, original, None, None, None))
            used += points
            continue
        made.append((on, customer, "获得", points, order_id, None, None, _good_until(on)))
        issued.append((on, points))
        settled = sum(size for day, size in issued if day < on - timedelta(SETTLED_DAYS)) - used
        wants, share, reward = draws.chance(REDEEMS), draws.uniform(0.3, 1.0), draws.weighted(_REWARDS)
        spent = int(settled * share) // 100 * 100
        if wants and spent >= LEAST:
            made.append((on, customer, "兑换", -spent, None, reward, spent * POINT_VALUE, None))
            used += spent
    while year < LAST_DAY.year:
        used += _expired(customer, year, issued, used, made)
        year += 1
    return made


def _by_order(lines: list[Line]) -> list[tuple[date, str, int, str]]:
    """Give orders by day: the day, the order, what was paid, and for a refund the order it belongs to."""
    paid: dict[tuple[date, str, str], int] = defaultdict(int)
    for line in lines:
        paid[line.order_date, line.order_id, line.original_order_id] += line.amount
    return sorted((on, order_id, amount, original) for (on, order_id, original), amount in paid.items())


def _good_until(issued_on: date) -> date:
    return date(issued_on.year + 1, 12, 31)


def _expired(customer: str, year: int, issued: list[tuple[date, int]], used: int, made: list[Entry]) -> int:
    """Let points of the year before expire on the last day of *year*: what is left of them, the oldest having been used first."""
    left = sum(size for day, size in issued if day.year < year) - used
    if left > 0:
        made.append((date(year, 12, 31), customer, "过期", -left, None, None, None, None))
    return max(0, left)
