"""How values, reasons, flags and statuses read to people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.books.places import in_language
from loyalty_xl.vocabulary import ALL, Flag, Reason, Result, Status, Trend, Unit, Window, month_start

if TYPE_CHECKING:
    from loyalty_xl.turns import Turn

REASONS = {
    Reason.NO_DATA: ("没有数据", "no data"),
    Reason.NOT_RECEIVED: ("未收到", "not received"),
    Reason.NO_DENOMINATOR: ("分母为零", "nothing to divide by"),
    Reason.INSUFFICIENT_HISTORY: ("历史不足", "history too short"),
    Reason.MATURING: ("观察期未满", "still maturing"),
    Reason.NOT_IDENTIFIED: ("无法识别", "not identified"),
    Reason.NOT_COMPARABLE: ("不可比", "not comparable"),
    Reason.NOT_VALIDATED: ("未经验证", "not validated"),
    Reason.BLOCKED: ("数据问题,暂不显示", "withheld: errors in the data"),
}
FLAGS = {
    Flag.PARTIAL: ("未完期间", "partial"),
    Flag.LOW_BASE: ("样本少", "low base"),
    Flag.IMPUTED: ("含补录", "imputed"),
    Flag.LEFT_CENSORED: ("早期历史不全", "early history missing"),
    Flag.COVERAGE_SHORT: ("数据未到期末", "data stop early"),
    Flag.WINDOW_EXCEEDS_CYCLE: ("窗口长于期间", "window longer than period"),
    Flag.MIXED_CURRENCY: ("多币种", "mixed currency"),
    Flag.ESTIMATED: ("估计值", "estimated"),
}
STATUSES = {
    Status.GREEN: ("●", "达标", "on target"),
    Status.AMBER: ("▲", "接近", "close"),
    Status.RED: ("■", "未达标", "off target"),
    Status.GREY: ("○", "不评价", "not judged"),
}
TRENDS = {
    Trend.BETTER: ("改善", "better"),
    Trend.WORSE: ("恶化", "worse"),
    Trend.FLAT: ("持平", "flat"),
    Trend.UNCLEAR: ("不明显", "unclear"),
    Trend.NONE: ("–", "–"),
}
DIMENSIONS = {
    "behaviour": ("行为", "behaviour"),
    "attitude": ("态度", "attitude"),
    "retention": ("留存", "retention"),
    "price": ("价格敏感度", "price"),
    "service": ("服务", "service"),
    "value": ("价值", "value"),
    "programme": ("会员计划", "programme"),
    "quality": ("数据质量", "quality"),
}
FORMATS = {
    Unit.SHARE: "0.0%",
    Unit.RATIO: "0.0%",
    Unit.POINTS: "0.0",
    Unit.SCORE: "0.00",
    Unit.COUNT: "#,##0",
    Unit.MONEY: "#,##0.00",
    Unit.MONEY_PER_CUSTOMER: "#,##0.00",
    Unit.MONEY_PER_ORDER: "#,##0.00",
    Unit.MONEY_PER_ANSWER: "#,##0.00",
    Unit.PER_CUSTOMER: "0.00",
    Unit.PER_MONTH: "#,##0.0",
    Unit.PER_THOUSAND: "0.0",
    Unit.DAYS: "0.0",
    Unit.MINUTES: "0.0",
    Unit.MONTHS: "0.0",
    Unit.TIMES: "0.00",
}


def reason_text(reason: Reason, language: str) -> str:
    """Why there is no value."""
    return f"– ({in_language(*REASONS[reason], language)})"


def status_text(status: Status, language: str) -> str:
    """Status as shape and word: read without colour."""
    shape, zh, en = STATUSES[status]
    return f"{shape} {in_language(zh, en, language)}"


def change_text(now: Result, then: Result | None, unit: Unit, language: str) -> str | None:
    """Change against an earlier result: in points for shares and scores, in percent for the rest, always with its sign."""
    if now.value is None or then is None or then.value is None:
        return None
    change = now.value - then.value
    if unit in (Unit.SHARE, Unit.POINTS):
        points = change * (100 if unit is Unit.SHARE else 1)
        return f"{points:+.1f} {in_language('点', 'pts', 'zh' if language == 'zh' else 'en')}"
    if unit in (Unit.SCORE, Unit.RATIO) or then.value == 0 or (then.value < 0) != (now.value < 0):
        return f"{change:+.2f}"
    return f"{change / abs(then.value):+.1%}"


def spring_festival(result: Result) -> bool:
    """Whether the festival's wandering date disturbs a comparison with last year."""
    return result.period.months <= 2 and {month % 12 for month in range(result.period.first, result.period.stop)} <= {
        0,
        1,
    }


def flags_text(flags: tuple[Flag, ...], language: str) -> str:
    """Flags in words."""
    return ", ".join(in_language(*FLAGS[flag], language) for flag in flags)


def segment_text(result: Result) -> str:
    """`All`, or `region=华东`."""
    return ALL if result.segment_dim == "all" else f"{result.segment_dim}={result.segment}"


def window_text(turn: Turn, language: str) -> str:
    """The window in words: "12 months to 2026-07"."""
    last = month_start(turn.stop - 1).strftime("%Y-%m")
    if turn.window == Window.ROLLING_12M:
        return f"{in_language('12 个月至', '12 months to', language)} {last}"
    if turn.window == Window.LATEST_WAVE:
        return f"{in_language('最近调查', 'latest wave', language)} {turn.note}"
    return turn.period.label
