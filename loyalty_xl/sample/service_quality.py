"""How the sample company's service is judged: ratings, checks of how information is collected, and what people write in public."""

from __future__ import annotations

from datetime import date, timedelta

from loyalty_xl.sample.customers import Person
from loyalty_xl.sample.days import LAST_DAY, months
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.products import APPRAISAL, FURNITURE, JADE, PORCELAIN

RATING_HEADERS = (
    "评分编号", "评分人类型", "客户编号", "评分日期", "维度", "题号", "期望", "感知", "量表", "重要度",
)  # fmt: skip
AUDIT_HEADERS = ("检查编号", "客服工号", "检查日期", "是否规范", "问题", "奖惩")
REVIEW_HEADERS = ("评论日期", "平台", "评论内容", "评分", "产品类型", "客户编号")

_RATED_FROM, _RATERS = date(2025, 12, 1), 32  # a short form of ten questions, sent to some customers each month
_DIMENSIONS = (  # dimension, its questions, expected, found, points of importance
    ("可靠性", (1, 2), 6.3, 5.7, 32),
    ("响应性", (6, 7), 6.2, 5.2, 24),
    ("保证性", (10, 11), 6.4, 6.1, 20),
    ("移情性", (14, 15), 5.8, 5.4, 14),
    ("有形性", (19, 20), 5.5, 5.8, 10),
)
_CHECKED_FROM = date(2025, 1, 1)
_CHECKS = (9, 8, 7, 6, 5, 3)  # a month, of each agent at most
_FAULTS = ("未说明用途", "未征得同意", "漏记授权", "重复询问")
_PLATFORMS = (("小红书", 0.34), ("微博", 0.2), ("大众点评", 0.26), ("知乎", 0.12), ("TripAdvisor", 0.08))
_GOOD = (
    "东西真，老师讲解很专业，会推荐朋友来", "包装严实，物流也快", "预展办得好，品种多", "售后负责，退换很爽快", "价格实惠，品相好",
    "店员热情周到", "鉴定证书很快就寄到了，放心", "小程序好用，图片清晰",
)  # fmt: skip
_ILL = (
    "价格太高，议价没有余地", "客服回复太慢，等了两天", "包装不好，收到时有磕碰", "鉴定结论有异议，感觉不靠谱", "回访电话太多，有点打扰",
    "送货晚了一周", "小程序老是打不开", "与描述不符，瓶口有冲线",
)  # fmt: skip
_MIXED = ("东西不错，就是贵", "讲解专业，但是送货慢", "品种多，不过排队太久", "周末去逛了逛", "朋友介绍来的")
_FOREIGN = {True: "Genuine pieces and a friendly staff", False: "Beautiful shop but overpriced, and the reply was slow"}
_PERSONAL = "联系我 138 0013 8000 微信号 cang_you88，我叫陈大海，东西很真"


def rating_rows(people: list[Person]) -> list[tuple[object, ...]]:
    """Give the ServiceRatings sheet: customers every month, two experts every quarter."""
    draws = Draws(811)
    known = [person.customer_id for person in people if person.first_order_on is not None]
    rows: list[tuple[object, ...]] = []
    for first, last in months():
        if first < _RATED_FROM:
            continue
        chosen: list[str | None] = []
        while len(chosen) < _RATERS:
            if (each := draws.one_of(known)) not in chosen:
                chosen.append(each)
        experts = [None, None] if first.month % 3 == 1 else []
        for number, who in enumerate([*chosen, *experts]):
            expert = number >= _RATERS
            on = min(first + timedelta(draws.whole(0, 27)), last) if not expert else first + timedelta(19)
            weights = _points(draws)
            mood = draws.uniform(-0.7, 0.7) - (0.4 if first >= date(2026, 6, 1) else 0.0)
            for (dimension, items, expected, found, _), weight in zip(_DIMENSIONS, weights, strict=True):
                for item in items:
                    e, p = _score(expected, draws), _score(found + mood - (0.3 if expert else 0.0), draws)
                    rows.append(
                        (
                            f"FW{first:%y%m}-{len(rows):05d}", "专家" if expert else "客户", who, on, dimension, item,
                            None if expert else e, p, "1-7", None if expert else weight,
                        )
                    )  # fmt: skip
    return rows


def _points(draws: Draws) -> list[int]:
    """Share out 100 points over the five dimensions."""
    points = [usual + draws.whole(-4, 4) for *_, usual in _DIMENSIONS]
    points[0] += 100 - sum(points)
    return points


def _score(centre: float, draws: Draws) -> int:
    return min(7, max(1, round(centre + draws.uniform(-1.3, 1.3))))


def audit_rows() -> list[tuple[object, ...]]:
    """Give the CollectionAudit sheet: the calls of six agents, some of whom are checked seldom."""
    draws = Draws(822)
    rows: list[tuple[object, ...]] = []
    for first, last in months():
        if first < _CHECKED_FROM:
            continue
        for agent, most in enumerate(_CHECKS, start=1):
            for _ in range(draws.whole(most - 2, most)):
                on = min(first + timedelta(draws.whole(0, 30)), last)
                fine = draws.chance(0.97 - 0.025 * agent + 0.004 * ((first.year - 2025) * 12 + first.month))
                issue = None if fine else draws.one_of(_FAULTS)
                action = None if fine else draws.weighted((("培训", 0.6), ("提醒", 0.3), ("扣分", 0.1)))
                rows.append(
                    (f"JC{first:%y%m}-{len(rows):04d}", f"KF{agent:02d}", on, "是" if fine else "否", issue, action)
                )
    for place in (-5, -2):  # what came by telephone cannot be read: the figure of the last month is withheld
        rows[place] = (*rows[place][:3], "看情况", *rows[place][4:])
    return rows


def review_rows(people: list[Person]) -> list[tuple[object, ...]]:
    """Give the Reviews sheet: what people write without being asked, by day."""
    draws = Draws(833)
    known = [person.customer_id for person in people if person.first_order_on is not None]
    rows: list[tuple[object, ...]] = []
    for first, last in months():
        for _ in range(draws.whole(9, 16)):
            on = min(first + timedelta(draws.whole(0, 30)), last)
            platform, rating = (
                draws.weighted(_PLATFORMS),
                draws.weighted(((5, 0.42), (4, 0.25), (3, 0.13), (2, 0.1), (1, 0.1))),
            )
            texts = _GOOD if rating >= 4 else _ILL if rating <= 2 else _MIXED
            text = _FOREIGN[rating >= 4] if platform == "TripAdvisor" else draws.one_of(texts)
            kind = draws.one_of((PORCELAIN, JADE, FURNITURE, APPRAISAL))
            who = draws.one_of(known) if draws.chance(0.15) else None
            if all(row[:3] != (on, platform, text) for row in rows):
                rows.append((on, platform, text, rating, kind, who))
    rows.append((LAST_DAY - timedelta(5), "微博", _PERSONAL, 5, PORCELAIN, None))
    return sorted(rows, key=lambda row: (str(row[0]), str(row[1]), str(row[2])))
