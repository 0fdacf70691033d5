"""Whom the customers of the sample company recommended it to, and how they stay in touch with it."""

from __future__ import annotations

from datetime import date, timedelta

from loyalty_xl.sample.customers import Person
from loyalty_xl.sample.days import FIRST_DAY, LAST_DAY, months
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.orders import Line
from loyalty_xl.sample.surveys import Answer

REFERRAL_HEADERS = ("推荐编号", "推荐人编号", "被推荐人编号", "被推荐人姓名", "推荐日期", "状态", "首单号")
ENGAGEMENT_HEADERS = ("客户编号", "互动日期", "互动类型", "活动名称")

_FAITHFUL = {"regular", "collector"}
_REFERRED_SHARE, _FRIENDS_A_MONTH = 0.13, 3  # of new customers; friends who have not bought (yet)
_EVENTS = {4: "春季拍卖预展", 6: "老客户鉴定日", 10: "秋季拍卖预展", 12: "年终会员答谢"}
_ARTICLES = ("断代入门", "瓷器保养", "书画装裱", "玉器鉴别", "拍卖回顾")
_PANEL = "藏友顾问团"


def referral_rows(people: list[Person], lines: list[Line], answers: list[Answer]) -> list[tuple[object, ...]]:
    """Give the Referrals sheet by day: some brought a customer, some only a name."""
    draws = Draws(808)
    first: dict[str, Line] = {}
    for line in lines:
        if line.order_type != "refund" and line.customer_id:
            known = first.get(line.customer_id)
            if known is None or line.order_date < known.order_date:
                first[line.customer_id] = line
    keen = {answer.customer_id for answer in answers if answer.score is not None and answer.score >= 9}
    buyers = sorted(
        (first[person.customer_id].order_date, person.customer_id, _eagerness(person, keen))
        for person in people
        if person.customer_id in first
    )
    found: list[tuple[date, str, str | None, str, str, str | None]] = []
    for person in people:
        brought, ahead = draws.chance(_REFERRED_SHARE), draws.whole(0, 45)
        order = first.get(person.customer_id)
        if order is None or person.first_order_on is None or person.acquired_on < FIRST_DAY or not brought:
            continue
        on = max(FIRST_DAY + timedelta(30), order.order_date - timedelta(ahead))
        who = _one_of(buyers, on, draws)
        if on <= order.order_date and who != person.customer_id:
            found.append((on, who, person.customer_id, person.name, "已购买", order.order_id))
    for start, end in months()[1:]:
        for number in range(_FRIENDS_A_MONTH + draws.whole(0, 3)):
            on = start + timedelta(draws.whole(0, (end - start).days))
            status = draws.weighted((("已邀请", 0.62), ("已注册", 0.28), ("无效", 0.1)))
            found.append((on, _one_of(buyers, on, draws), None, f"友人{on:%y%m}{number + 1}", status, None))
    found.sort(key=lambda row: (row[0], row[1], row[3]))
    return [
        (f"TJ{number:05d}", who, referee, name, on, status, order)
        for number, (on, who, referee, name, status, order) in enumerate(found, start=1)
    ]


def _eagerness(person: Person, keen: set[str]) -> float:
    return 1.0 + 2.0 * (person.habit.name in _FAITHFUL) + 3.0 * (person.customer_id in keen)


def _one_of(buyers: list[tuple[date, str, float]], on: date, draws: Draws) -> str:
    """Draw somebody who had bought by then, the eager ones more often."""
    return draws.weighted([(who, weight) for first, who, weight in buyers if first < on] or [(buyers[0][1], 1.0)])


def engagement_rows(people: list[Person]) -> list[tuple[object, ...]]:
    """Give the BrandEngagement sheet by day: follows and unfollows, articles read, events, a panel of collectors."""
    draws = Draws(909)
    rows: list[tuple[date, str, str, str | None]] = []
    for person in people:
        fan = 0.55 if person.habit.name in _FAITHFUL else 0.2
        start = max(FIRST_DAY, person.acquired_on)
        follows, stays = draws.chance(0.25 + fan), not draws.chance(0.12)
        on = start + timedelta(draws.whole(0, 120))
        ends = on + timedelta(draws.whole(5, 300))
        panel = person.habit.name == "collector" and draws.chance(0.3)
        if follows and on <= LAST_DAY:
            rows.append((on, person.customer_id, "关注", None))
            if not stays and ends <= LAST_DAY:
                rows.append((ends, person.customer_id, "取关", None))
        if panel and on <= LAST_DAY:
            rows.append((on, person.customer_id, "社群", _PANEL))
        for first, last in months():
            reads, comes, day, title = (
                draws.chance(0.12 * fan),
                draws.chance(0.3 * fan),
                draws.uniform(),
                draws.one_of(_ARTICLES),
            )
            if last < start:
                continue
            on = first + timedelta(int(day * ((last - first).days + 1)))
            if reads:
                rows.append((max(on, start), person.customer_id, "阅读", title))
            if comes and first.month in _EVENTS:
                rows.append((first.replace(day=12), person.customer_id, "参加活动", _EVENTS[first.month]))
    return [(who, on, kind, name) for on, who, kind, name in sorted(rows, key=lambda row: (row[0], row[1], row[2]))]
