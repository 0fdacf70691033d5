"""The half-yearly relationship survey of the sample company, and what marketing spent."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from loyalty_xl.sample.complaints import Complaint
from loyalty_xl.sample.customers import Person
from loyalty_xl.sample.days import LAST_DAY, months
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.orders import Line

INVITATION_HEADERS = (
    "邀请编号", "客户编号", "问卷批次", "问卷类型", "发放日期", "渠道", "激励方式", "激励成本", "送达状态",
)  # fmt: skip
RESPONSE_HEADERS = (
    "答卷编号", "问卷批次", "邀请编号", "客户编号", "填写日期", "填写渠道", "触点", "推荐意愿", "原因",
    "总体满意度", "产品质量满意度", "售后满意度", "购买过程满意度", "满意度量表", "复购意愿",
    "brand_image_1", "brand_image_2", "意见建议", "填写时长（秒）", "是否完整", "注意力题", "不清楚题数",
    "授权依据", "调查方式", "回访日期", "回访人", "回访结果",
)  # fmt: skip
CAMPAIGN_HEADERS = ("活动编号", "活动名称", "start", "end", "渠道", "费用（元）", "费用类别", "region", "归因新客数")

# Most are asked in June and December; who bought since is asked four weeks later.
WAVES = {
    "2024-H1": date(2024, 6, 8),
    "2024-H2": date(2024, 12, 7),
    "2025-H1": date(2025, 6, 7),
    "2025-H2": date(2025, 12, 6),
    "2026-H1": date(2026, 6, 6),
}
FIRST_BATCH_SHARE, SECOND_BATCH_SHARE, SECOND_BATCH_AFTER = 0.72, 0.5, 26

_CHANNELS = (("微信", 0.44), ("短信", 0.25), ("邮件", 0.10), ("电话", 0.10), ("门店", 0.08), ("合作平台", 0.03))
_ANSWERS = {"微信": 0.43, "短信": 0.24, "邮件": 0.17, "电话": 0.56, "门店": 0.64, "合作平台": 0.15}
_INCENTIVES = (("无", 0.34), ("小礼品", 0.18), ("积分", 0.24), ("鉴定优惠券", 0.14), ("优先参加", 0.10))
_INCENTIVE_COST = {"无": 0, "小礼品": 15, "积分": 5, "鉴定优惠券": 60, "优先参加": 20}
_INCENTIVE_HELPS = {"无": -0.04, "小礼品": 0.05, "积分": 0.03, "鉴定优惠券": 0.11, "优先参加": 0.08}
_REGION_MOOD = {"HD": 0.06, "HB": 0.0, "HN": -0.09, "XN": 0.02}
_TOUCHPOINTS = ("门店", "微信客服", "拍卖预展", "售后", "配送")
_COMPLAINTS = (
    "售后回复太慢", "包装不好，收到时有磕碰", "价格偏高", "鉴定证书等得太久", "与描述不完全一致", "回访电话太多",
    "送货晚了几天",
)  # fmt: skip
_PRAISES = ("东西真，放心", "老师讲解很专业", "售后负责", "会推荐给藏友", "预展安排得好")
_IDEAS = ("希望多办预展", "希望鉴定预约更方便", "希望发货前拍包装视频", "希望会员有更多优惠", "希望价格更透明")


@dataclass(frozen=True)
class Answer:
    """A returned questionnaire; `items` are overall, product, after-sales, purchase, repurchase, two of brand image."""

    survey_id: str
    invite_id: str  # "" = through the open link
    customer_id: str
    answered_on: date
    channel: str
    touchpoint: str
    score: int | None
    reason: str | None
    items: tuple[int | None, ...]
    comment: str | None
    seconds: int
    complete: bool
    attentive: bool
    not_known: int
    followed_up: tuple[date | None, str | None, str | None]

    def row(self, response_id: str) -> tuple[object, ...]:
        """Give the row of the SurveyResponses sheet."""
        overall, product, after_sales, purchase, repurchase, brand_1, brand_2 = self.items
        return (
            response_id, self.survey_id, self.invite_id or None, self.customer_id, self.answered_on, self.channel,
            self.touchpoint, self.score,
            self.reason, overall, product, after_sales, purchase, "1-5", repurchase, brand_1, brand_2, self.comment,
            self.seconds,
            _yes(self.complete), _yes(self.attentive), self.not_known, "同意",
            "phone" if self.channel == "电话" else "online", *self.followed_up,
        )  # fmt: skip


def _yes(value: bool) -> str:
    return "是" if value else "否"


class _Knowledge:
    """What is known of each customer on a day: purchases and complaints so far."""

    def __init__(self, lines: list[Line], complaints: list[Complaint]) -> None:
        self._bought: dict[str, list[date]] = defaultdict(list)
        self._complained: dict[str, list[date]] = defaultdict(list)
        for line in lines:
            if line.order_type != "refund":
                self._bought[line.customer_id].append(line.order_date)
        for complaint in complaints:
            self._complained[complaint.customer_id].append(complaint.received_on)

    def bought(self, customer_id: str, start: date, end: date) -> bool:
        return _any_in(self._bought[customer_id], start, end)

    def complained(self, customer_id: str, start: date, end: date) -> bool:
        return _any_in(self._complained[customer_id], start, end)


def _any_in(days: list[date], start: date, end: date) -> bool:
    place = bisect_left(days, start)
    return place < len(days) and days[place] < end


def _score(mood: float, draws: Draws) -> int:
    promoters, detractors = 0.44 + mood, max(0.05, 0.21 - mood)
    at = draws.uniform()
    if at < promoters:
        return 9 if draws.chance(0.55) else 10
    if at < promoters + detractors:
        return draws.weighted(((6, 0.4), (5, 0.25), (4, 0.14), (3, 0.1), (2, 0.06), (1, 0.02), (0, 0.03)))
    return 8 if draws.chance(0.58) else 7


def _items(score: int, draws: Draws) -> tuple[int | None, ...]:
    centre = 1.4 + score * 0.32
    items = [min(5, max(1, int(centre + draws.uniform(0, 1.5) - 0.35))) for _ in range(7)]
    if len(set(items)) == 1:  # a careful respondent sees some difference
        items[3] += 1 if items[3] < 5 else -1
    return tuple(items)


def _follow_up(score: int, answered_on: date, draws: Draws) -> tuple[date | None, str | None, str | None]:
    """Call most of the unhappy back."""
    on = answered_on + timedelta(draws.whole(1, 9))
    called, who = draws.chance(0.7), f"客服{draws.whole(1, 6):02d}"
    result = draws.one_of(("已致歉并解决", "已解释", "联系不上"))
    return (on, who, result) if score <= 6 and called and on <= LAST_DAY else (None, None, None)


def _answer(
    survey_id: str, invite_id: str, customer_id: str, on: date, channel: str, mood: float, draws: Draws
) -> Answer:
    score = _score(mood, draws)
    items = _items(score, draws)
    touchpoint, attentive, not_known = draws.one_of(_TOUCHPOINTS), not draws.chance(0.025), 0
    said = draws.one_of(_COMPLAINTS if score <= 6 else _PRAISES)
    reason = said if draws.chance(0.93 if score <= 6 else 0.3) else None
    comment = draws.one_of(_IDEAS) if draws.chance(0.22) else None
    seconds = draws.whole(75, 420)
    kind = draws.weighted((("careful", 0.91), ("partial", 0.05), ("hasty", 0.025), ("does not know", 0.015)))
    follow_up = _follow_up(score, on, draws)
    if kind == "partial":  # left before the last page: the recommendation question stands there
        return Answer(
            survey_id, invite_id, customer_id, on, channel, touchpoint, None, None,
            (*items[:3], None, None, None, None), None,
            seconds // 3, False, True, 0, (None, None, None),
        )  # fmt: skip
    if kind == "hasty":
        items, seconds = (4,) * 7, draws.whole(6, 14)
    elif kind == "does not know":
        items, not_known = (*items[:2], None, *items[3:]), 1
    return Answer(
        survey_id, invite_id, customer_id, on, channel, touchpoint, score, reason, items, comment, seconds, True,
        attentive, not_known, follow_up,
    )  # fmt: skip


def survey(
    people: list[Person], lines: list[Line], complaints: list[Complaint], closed_on: dict[str, date]
) -> tuple[list[tuple[object, ...]], list[Answer]]:
    """Give the rows of SurveyInvitations, and the answers by day."""
    draws, known = Draws(404), _Knowledge(lines, complaints)
    invitations: list[tuple[object, ...]] = []
    answers: list[Answer] = []
    for wave, (survey_id, first_batch) in enumerate(WAVES.items()):
        number = 0
        second_batch = first_batch + timedelta(SECOND_BATCH_AFTER)
        batches: dict[date, list[Person]] = {first_batch: [], second_batch: []}
        for person in people:
            asked_first, asked_second = draws.chance(FIRST_BATCH_SHARE), draws.chance(SECOND_BATCH_SHARE)
            if not person.consent or closed_on.get(person.customer_id, LAST_DAY) < second_batch:
                continue
            if asked_first and known.bought(person.customer_id, first_batch - timedelta(365), first_batch):
                batches[first_batch].append(person)
            elif asked_second and known.bought(person.customer_id, first_batch - timedelta(30), second_batch):
                batches[second_batch].append(person)
        for sent_on, asked in batches.items():
            for person in asked:
                number += 1
                invite_id = f"YQ{survey_id}-{number:04d}"
                channel, incentive = draws.weighted(_CHANNELS), draws.weighted(_INCENTIVES)
                delivery = draws.weighted((("已送达", 0.955), ("退信", 0.03), ("拒访", 0.015)))
                cost = _INCENTIVE_COST[incentive]
                invitations.append(
                    (invite_id, person.customer_id, survey_id, "关系型", sent_on, channel, incentive, cost, delivery)
                )
                loyal = 0.1 if person.habit.name in {"regular", "collector"} else 0.0
                answers_it = draws.chance(_ANSWERS[channel] + _INCENTIVE_HELPS[incentive] + loyal)
                answered_on = sent_on + timedelta(min(draws.whole(0, 22), draws.whole(0, 22)))
                if not answers_it or delivery != "已送达":
                    continue
                upset = known.complained(person.customer_id, answered_on - timedelta(180), answered_on)
                mood = 0.015 * wave + _REGION_MOOD[person.region_id] + loyal / 2 - (0.25 if upset else 0.0)
                answers.append(_answer(survey_id, invite_id, person.customer_id, answered_on, channel, mood, draws))
                if draws.chance(0.012):  # answers once more, through the open link
                    again = min(answered_on + timedelta(draws.whole(1, 3)), LAST_DAY)
                    answers.append(_answer(survey_id, "", person.customer_id, again, "官网", mood, draws))
    return invitations, sorted(answers, key=lambda answer: (answer.answered_on, answer.customer_id, answer.invite_id))


def response_rows(answers: list[Answer]) -> list[tuple[object, ...]]:
    """Give the SurveyResponses sheet."""
    return [answer.row(f"DJ{number:05d}") for number, answer in enumerate(answers, start=1)]


_SPECIALS = (
    ("新春雅集", "门店", 38_000, "会员", 1, 12), ("春季拍卖预展", "门店", 62_000, "品牌", 4, 9),
    ("老客户鉴定日", "门店", 18_000, "留存", 6, 2),
    ("秋季拍卖预展", "门店", 75_000, "品牌", 10, 11), ("年终会员答谢", "微信", 26_000, "会员", 12, 3),
)  # fmt: skip


def campaign_rows() -> list[tuple[object, ...]]:
    """Give the Campaigns sheet without its total: one always running for new customers, others in their season."""
    draws = Draws(606)
    rows: list[tuple[object, ...]] = []
    for first, last in months():
        cost, won = round(draws.uniform(24_000, 36_000), -2), draws.whole(9, 17)
        rows.append(
            (f"HD{first:%y%m}-01", f"{first:%Y}年{first.month}月线上拉新", first, last, "微信", cost, "拉新", None, won)
        )
        for name, channel, usual_cost, kind, month, usual_won in _SPECIALS:
            if month == first.month:
                cost, won = round(usual_cost * draws.uniform(0.9, 1.15), -2), draws.whole(0, usual_won)
                start, end = first.replace(day=8), first.replace(day=20)
                rows.append((f"HD{first:%y%m}-02", f"{first:%Y}{name}", start, end, channel, cost, kind, None, won))
    return rows
