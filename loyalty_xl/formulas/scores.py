"""Worksheet functions of the scorecard itself: attainment, status, period labels, version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.formulas.cell_errors import bad_setting, without_value
from loyalty_xl.formulas.function import BETTER, CYCLES, FUNCTIONS, Argument, Function, Kind, function, word_of
from loyalty_xl.scoring import Aim, attainment, status
from loyalty_xl.settings import Settings
from loyalty_xl.version import __version__
from loyalty_xl.vocabulary import Better, Calendar, Cycle, Reason, Unit

if TYPE_CHECKING:
    from datetime import date

UNITS = {
    "other": ("其他", "count", "数量", "money", "金额", "ratio", "days", "天"),
    "share": ("占比", "比率", "percent", "%"),
    "points": ("分值", "点", "nps"),
    "score": ("平均分", "mean", "csat"),
}
ACTUAL = Argument("actual", Kind.NUMBER, "实际值", "the actual")
TARGET = Argument("target", Kind.NUMBER, "目标值", "the target")
DIRECTION = Argument(
    "better", Kind.WORD, "方向:higher 越高越好,lower 越低越好", "which way is better: higher or lower", default="higher"
)
BASELINE = Argument(
    "baseline", Kind.NUMBER, "起点:给出时按进度计算", "where progress is counted from, if it is", default=None
)


def _aim(target: float, better: Any, baseline: float | None, amber: float | None = None) -> Aim:
    return Aim(target, better=Better(word_of(better, BETTER, "better")), baseline=baseline, amber=amber)


def _attainment(actual: float, target: float, better: Any, baseline: float | None) -> float:
    reached = attainment(actual, _aim(target, better, baseline))
    if reached is None:
        raise without_value(Reason.NO_DENOMINATOR)
    return reached


def _status(actual: float, target: float, better: Any, baseline: float | None, amber: float | None, unit: Any) -> str:
    unit = {"share": Unit.SHARE, "points": Unit.POINTS, "score": Unit.SCORE}.get(
        word_of(unit, UNITS, "unit"), Unit.COUNT
    )
    return status(actual, _aim(target, better, baseline, amber), unit, Settings()).value


def _period(date: date, cycle: Any, fiscal_start_month: int) -> str:
    if fiscal_start_month > 12:
        raise bad_setting(
            f"财年起始月份应为 1–12:{fiscal_start_month}", f"fiscal_start_month must be 1 to 12: {fiscal_start_month}"
        )
    chosen = Cycle(word_of(cycle, CYCLES, "cycle"))
    return Calendar(fiscal_start_month).period(chosen, date.year * 12 + date.month - 1).label


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_VERSION" in FUNCTIONS:
        return
    amber = Argument(
        "amber", Kind.NUMBER, "黄灯界限:达到该值为黄灯", "value from which it is amber instead of red", default=None
    )
    unit = Argument(
        "unit",
        Kind.WORD,
        "单位:share 占比、points 分值、score 平均分、other 其他",
        "unit: share, points, score or other",
        default="other",
    )
    day = Argument("date", Kind.DAY, "日期", "a date")
    cycle = Argument(
        "cycle",
        Kind.WORD,
        "周期:month、quarter、half_year、year",
        "cycle: month, quarter, half_year, year",
        default="month",
    )
    fiscal = Argument(
        "fiscal_start_month", Kind.COUNT, "财年起始月份", "month in which the fiscal year begins", default=1
    )
    aims = (ACTUAL, TARGET, DIRECTION, BASELINE)
    for name, arguments, answer, zh, en in (
        ("ATTAINMENT", aims, _attainment, "达成率:1 为达成;有起点时为进度", "Attainment of a target: 1 is reached; with a baseline, the progress from it"),
        ("STATUS", (*aims, amber, unit), _status, "状态:green、amber、red,规则与记分卡相同", "Status as on the Scorecard: green, amber or red"),
        ("PERIOD", (day, cycle, fiscal), _period, "日期所在期间的标签,如 2026-07、2026-Q3", "Label of the period that holds a date: 2026-07, 2026-Q3, 2026-H2, 2026"),
        ("VERSION", (), lambda: __version__, "loyalty_xl 的版本", "The version of loyalty_xl"),
    ):  # fmt: skip
        function(Function(f"LOYALTY_{name}", arguments, answer, zh, en, "scorecard"))
