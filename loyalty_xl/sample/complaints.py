"""Complaints about the sample company, and the list of classes they are sorted into."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from loyalty_xl.sample.days import FIRST_DAY, LAST_DAY
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.orders import Line
from loyalty_xl.sample.products import APPRAISAL, FURNITURE, JADE, PORCELAIN

COMPLAINT_HEADERS = (
    "投诉编号", "客户编号", "受理日期", "渠道", "投诉大类", "投诉小类", "product_id", "order_id", "description",
    "severity", "status",
    "first_response_on", "closed_on", "outcome", "处理满意度", "satisfaction_scale", "handler",
)  # fmt: skip
TAXONOMY_HEADERS = (
    "version", "code", "level", "parent", "name_zh", "name_en", "definition", "example", "valid_from", "valid_to",
    "maps_to",
)  # fmt: skip

_VERSION = "2024"
_CLASSES = {
    "Q": ("商品质量", "Product quality", "实物与其本身应有的品质不符", {
        "Q1": ("瑕疵未说明", "Flaw not disclosed", "售前没有说明的冲线、磕碰、修补", "瓶口有一道冲线，图片上看不到"),
        "Q2": ("与描述不符", "Not as described", "尺寸、年代或材质与说明不同", "说明写高30厘米，实际24厘米"),
    }),
    "L": ("物流包装", "Delivery and packing", "从出库到签收之间发生的问题", {
        "L1": ("物流破损", "Broken in transit", "签收时已损坏", "圈椅扶手断裂"),
        "L2": ("送达延误", "Late delivery", "晚于约定日期送达", "约定周五，下周三才到"),
    }),
    "S": ("服务态度", "Service", "接待、沟通和回复中的问题", {
        "S1": ("回复不及时", "Slow answer", "超过承诺时间没有回复", "微信两天没有人回"),
        "S2": ("态度生硬", "Unfriendly", "语气或用词使客户不快", "电话里催促客户尽快决定"),
        "S3": ("问卷打扰", "Survey annoyance", "收集信息的方式打扰客户", "一周内打了三次回访电话"),
    }),
    "A": ("鉴定服务", "Appraisal", "鉴定结论、证书和流程中的问题", {
        "A1": ("结论有异议", "Verdict disputed", "客户不同意鉴定结论", "两次鉴定的断代不同"),
        "A2": ("出具证书慢", "Certificate late", "超过承诺时间没有证书", "等了三周还没有证书"),
    }),
    "P": ("价格与结算", "Price and payment", "报价、折扣、退款中的问题", {
        "P1": ("价格异议", "Price disputed", "客户认为价格不合理或前后不一", "同一款上周便宜八百"),
        "P2": ("退款迟缓", "Refund late", "同意退款后没有按时到账", "退货十天没有收到退款"),
    }),
}  # fmt: skip
UNCLASSIFIED = "待分类"  # what the clerks write when no class seems to fit; not in the taxonomy
_USUAL = (
    ("Q1", 0.16), ("Q2", 0.15), ("L1", 0.13), ("L2", 0.13), ("S1", 0.14), ("S2", 0.07), ("S3", 0.05), ("P1", 0.09),
    ("P2", 0.06),
    (UNCLASSIFIED, 0.02),
)  # fmt: skip
_OF_APPRAISAL = (("A1", 0.5), ("A2", 0.4), ("S1", 0.1))

COMPLAINT_SHARE = 0.045
INCIDENT_FROM, INCIDENT_SHARE = date(2026, 6, 27), 0.18  # a new packing firm: what can break, breaks
_BREAKABLE = (PORCELAIN, JADE, FURNITURE)
_CHANNELS = (("电话", 0.38), ("微信", 0.40), ("门店", 0.14), ("邮件", 0.08))
_OUTCOMES = {
    "Q": (("refund", 0.4), ("exchange", 0.25), ("explained", 0.2), ("apology", 0.15)),
    "L": (("refund", 0.35), ("exchange", 0.2), ("apology", 0.35), ("explained", 0.1)),
    "S": (("apology", 0.8), ("explained", 0.2)),
    "A": (("explained", 0.7), ("apology", 0.3)),
    "P": (("explained", 0.5), ("refund", 0.3), ("apology", 0.2)),
    UNCLASSIFIED[0]: (("explained", 1.0),),
}


@dataclass(frozen=True)
class Complaint:
    """A complaint and what became of it."""

    customer_id: str  # "" = did not give a name
    received_on: date
    channel: str
    code: str
    line: Line
    severity: int
    status: str
    first_response_on: date | None
    closed_on: date | None
    outcome: str | None
    satisfaction: int | None
    handler: str

    def row(self, complaint_id: str) -> tuple[object, ...]:
        """Give the row of the Complaints sheet."""
        known = self.code != UNCLASSIFIED
        return (
            complaint_id, self.customer_id or None, self.received_on, self.channel,
            self.code[0] if known else UNCLASSIFIED,
            self.code if known else None, self.line.product.product_id, self.line.order_id, _described(self.code),
            self.severity, self.status,
            self.first_response_on, self.closed_on, self.outcome, self.satisfaction,
            "1-5" if self.satisfaction else None, self.handler,
        )  # fmt: skip


def _described(code: str) -> str | None:
    return None if code == UNCLASSIFIED else _CLASSES[code[0]][3][code][3]


def _satisfaction(draws: Draws, days_open: int, outcome: str) -> int:
    """Rate the handling: quick and generous pleases."""
    pleased = 0.62 - 0.022 * days_open + (0.15 if outcome in {"refund", "exchange"} else 0.0)
    if draws.chance(pleased):
        return 5 if draws.chance(0.45) else 4
    return draws.weighted(((3, 0.45), (2, 0.35), (1, 0.2)))


def _complaint(line: Line, code: str, received_on: date, draws: Draws) -> Complaint:
    channel = draws.weighted(_CHANNELS)
    severity = draws.weighted(((1, 0.12), (2, 0.33), (3, 0.33), (4, 0.16), (5, 0.06)))
    answered_on = received_on + timedelta(draws.weighted(((0, 0.55), (1, 0.3), (2, 0.1), (4, 0.05))))
    days_open = draws.whole(1, 6 + 3 * severity)
    closed_on = max(answered_on, received_on + timedelta(days_open))
    outcome = draws.weighted(_OUTCOMES[code[0]])
    satisfaction = _satisfaction(draws, days_open, outcome) if draws.chance(0.84) else None
    reopened, handler = draws.chance(0.012), f"客服{draws.whole(1, 6):02d}"
    complaint = Complaint(
        customer_id=line.customer_id,
        received_on=received_on,
        channel=channel,
        code=code,
        line=line,
        severity=severity,
        status="已关闭",
        first_response_on=answered_on if answered_on <= LAST_DAY else None,
        closed_on=closed_on,
        outcome=outcome,
        satisfaction=satisfaction,
        handler=handler,
    )
    if closed_on <= LAST_DAY and not reopened:
        return complaint
    status = "未处理" if answered_on > LAST_DAY else "处理中" if closed_on > LAST_DAY else "重开"
    return replace(complaint, status=status, closed_on=None, outcome=None, satisfaction=None)


def complaints(lines: list[Line]) -> list[Complaint]:
    """Give every complaint, by day received; there are some in every month."""
    draws = Draws(303)
    found = []
    for line in lines:
        if line.order_type == "refund":
            continue
        complains, lag = draws.chance(COMPLAINT_SHARE), draws.whole(1, 25)
        code = draws.weighted(_OF_APPRAISAL if line.product.product_type == APPRAISAL else _USUAL)
        can_break = line.order_date >= INCIDENT_FROM and line.product.product_type in _BREAKABLE
        if can_break and draws.chance(INCIDENT_SHARE):
            complains, lag, code = True, draws.whole(2, 5), "L1"
        received_on = line.order_date + timedelta(lag)
        if complains and received_on <= LAST_DAY:
            found.append(_complaint(line, code, received_on, draws))
    return sorted(found, key=lambda complaint: (complaint.received_on, complaint.line.order_id, complaint.line.line_no))


def complaint_rows(found: list[Complaint]) -> list[tuple[object, ...]]:
    """Give the Complaints sheet, numbered within the year, with the time of day at which they came in and were answered."""
    rows, draws = [], Draws(304)
    for year in sorted({complaint.received_on.year for complaint in found}):
        of_year = [complaint for complaint in found if complaint.received_on.year == year]
        rows += [
            _timed(complaint.row(f"TS{year}-{number:04d}"), draws) for number, complaint in enumerate(of_year, start=1)
        ]
    return rows


def _timed(row: tuple[object, ...], draws: Draws) -> tuple[object, ...]:
    """Give day and response of a row their time of day."""
    came, waited = draws.whole(9 * 60, 20 * 60), draws.whole(4, 55) * draws.whole(1, 4)
    at, answered = COMPLAINT_HEADERS.index("受理日期"), COMPLAINT_HEADERS.index("first_response_on")
    received_on, answered_on = row[at], row[answered]
    made = list(row)
    if isinstance(received_on, date):
        made[at] = datetime.combine(received_on, time()) + timedelta(minutes=came)
    if isinstance(answered_on, date):
        minute = min(came + waited, 23 * 60 + 59) if answered_on == received_on else 9 * 60 + waited
        made[answered] = datetime.combine(answered_on, time()) + timedelta(minutes=minute)
    return tuple(made)


def taxonomy_rows() -> list[tuple[object, ...]]:
    """Give the ComplaintTaxonomy sheet: two levels, one version."""
    rows: list[tuple[object, ...]] = []
    for code, (zh, en, definition, parts) in _CLASSES.items():
        rows.append((_VERSION, code, 1, None, zh, en, definition, None, FIRST_DAY, None, None))
        for part, (part_zh, part_en, part_definition, example) in parts.items():
            rows.append((_VERSION, part, 2, code, part_zh, part_en, part_definition, example, FIRST_DAY, None, None))
    return rows
