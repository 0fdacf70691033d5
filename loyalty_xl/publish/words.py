"""How values, reasons, flags and statuses read to people."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from loyalty_xl.books.places import in_language
from loyalty_xl.vocabulary import ALL, Flag, Reason, Result, Status, Trend, Unit, Window, month_start

if TYPE_CHECKING:
    from datetime import date

    from loyalty_xl.scoring import Aim, Line
    from loyalty_xl.turns import Turn
    from loyalty_xl.vocabulary import Period

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
SENTENCES = {  # why there is no value, for whoever waits for it; {note}: what it waits for
    Reason.NO_DATA: ("计算它的数据表没有收到[:{note}]。", "What it is computed from has not come[: {note}]."),
    Reason.NOT_RECEIVED: (
        "[{note} ]还没有交到这一期;没交不等于零。",
        "[{note} ]has not come for this period; that is not the same as zero.",
    ),
    Reason.NO_DENOMINATOR: (
        "这一期没有可作分母的客户、订单或答卷,比率无从算起。",
        "There is nobody in this period (no customer, order or answer) to divide by.",
    ),
    Reason.INSUFFICIENT_HISTORY: (
        "历史数据还不够长,无法与更早的时间相比。",
        "The data do not go back far enough to be set against an earlier time.",
    ),
    Reason.MATURING: (
        "观察期还没满,满了才显示;现在不是零。",
        "The time in which it is observed is not over; it is not zero, it waits.",
    ),
    Reason.NOT_IDENTIFIED: (
        "数据变化太少,估不出可靠的数;不要据此决定。",
        "The data vary too little for a reliable estimate: do not decide by it.",
    ),
    Reason.NOT_COMPARABLE: (
        "措辞、量表、方法或对象不同,不能放在一起比较。",
        "Wording, scale, method or population differ: they cannot be set side by side.",
    ),
    Reason.NOT_VALIDATED: (
        "历史数据不足以检验这个评分,因此不显示。",
        "The history is too short to test the score, so it is not shown.",
    ),
    Reason.BLOCKED: (
        "出错的数据超过允许的比例[:{note}]。按“问题”页修正后再更新,就会显示。",
        "More of the data are wrong than is allowed[: {note}]. Repair what Findings says and refresh: then it is shown.",
    ),
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
    Flag.MATURED: ("结账后到期补齐", "matured after closing"),
    Flag.ADJUSTED: ("† 人工调整", "† adjusted"),
}
DRAFT = ("草稿", "DRAFT")  # until everything is confirmed and approved
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


def why_text(reason: Reason, note: str, language: str) -> str:
    """Why there is no value, in a sentence that says what it waits for."""
    texts = []
    for text in SENTENCES[reason]:
        whole = re.sub(r"\[([^\]]*)\]", r"\1" if note else "", text).format(note=note)
        texts.append(whole[:1].upper() + whole[1:])
    return in_language(texts[0], texts[1], language)


def number_text(value: float | None, unit: Unit) -> str:
    """A number as people read it."""
    if value is None:
        return "–"
    if unit in (Unit.SHARE, Unit.RATIO):
        return f"{value:.1%}"
    if unit is Unit.COUNT:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if unit in (Unit.SCORE, Unit.PER_CUSTOMER, Unit.TIMES) or unit.is_money else f"{value:,.1f}"


def status_text(status: Status, language: str) -> str:
    """Status as shape and word: read without colour."""
    shape, zh, en = STATUSES[status]
    return f"{shape} {in_language(zh, en, language)}"


def change_text(now: Result, then: Result | None, unit: Unit, language: str) -> str | None:
    """Change against an earlier result: in points for shares and scores, in percent for the rest, always with its sign; † where that one was adjusted."""
    if now.value is None or then is None or then.value is None:
        return None
    change = now.value - then.value
    mark = "†" if Flag.ADJUSTED in then.flags else ""
    if unit in (Unit.SHARE, Unit.POINTS):
        points = change * (100 if unit is Unit.SHARE else 1)
        return f"{points:+.1f}{mark} {in_language('点', 'pts', 'zh' if language == 'zh' else 'en')}"
    if unit in (Unit.SCORE, Unit.RATIO) or then.value == 0 or (then.value < 0) != (now.value < 0):
        return f"{change:+.2f}{mark}"
    return f"{change / abs(then.value):+.1%}{mark}"


MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def aim_text(value: float, unit: Unit) -> str:
    """A value as its cell shows it, without zeros at the end: 45 %, 62.5 %, 1,200."""
    percent = FORMATS[unit].endswith("%")
    places = len(FORMATS[unit].rstrip("%").partition(".")[2])
    text = f"{value * 100 if percent else value:,.{places}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + ("%" if percent else "")


def until_text(last: date, period: Period, language: str) -> str:
    """The end of something as short as it can be told: "Jun" for 30 June of the period's year, else the month or the day."""
    if (last + timedelta(days=1)).day != 1:
        return last.isoformat()
    if last.year != (period.end - timedelta(days=1)).year:
        return f"{last:%Y-%m}"
    return f"{last.month} 月" if language == "zh" else MONTHS_EN[last.month - 1]


def replaced_text(line: Line, language: str, factor: float) -> str:
    """What the target was before it was changed: "target 45 until Jun"."""

    def asked(aim: Aim) -> str:
        ends = [aim.value] if aim.value is not None else [aim.lower, aim.upper]
        return "–".join("" if end is None else aim_text(end / factor, line.kpi.unit) for end in ends)

    def told(one: str) -> str:
        some = ((asked(aim), until_text(last, line.result.period, one)) for aim, last in line.replaced)
        return ", ".join(f"{value}(至 {until})" if one == "zh" else f"{value} until {until}" for value, until in some)

    return in_language(f"目标原为 {told('zh')}", f"target {told('en')}", language)


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
