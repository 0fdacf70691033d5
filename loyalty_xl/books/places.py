"""The pages that loyalty_xl owns in a workbook: their names, columns and labels, in zh and en."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_xl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Column:
    """A column of a page."""

    key: str
    zh: str
    en: str
    width: float = 12
    owned: bool = True  # False: the user's own, never written
    number_format: str = "General"

    def label(self, language: str) -> str:
        """Header in *language*."""
        return in_language(self.zh, self.en, language)


@dataclass(frozen=True)
class Page:
    """A page of the workbook."""

    name: str
    zh: str
    columns: tuple[Column, ...] = ()

    def title(self, language: str) -> str:
        """Name of the worksheet in *language*."""
        return {"en": self.name, "zh": self.zh}.get(language, f"{self.name} {self.zh}")

    @property
    def titles(self) -> frozenset[str]:
        """All names by which its worksheet is known."""
        return frozenset(self.title(language).casefold() for language in ("en", "zh", "both"))

    def find(self, sheet_names: Iterable[str]) -> str | None:
        """The worksheet that is this page."""
        return next((name for name in sheet_names if name.strip().casefold() in self.titles), None)

    def header(self, language: str) -> list[str]:
        """Header row in *language*."""
        return [column.label(language) for column in self.columns]


def in_language(zh: str, en: str, language: str) -> str:
    """One text or both."""
    return {"zh": zh, "en": en}.get(language, f"{zh} {en}")


C = Column

SCORECARD = Page(
    "Scorecard",
    "记分卡",
    (
        C("kpi", "代码", "KPI", 4),
        C("label", "指标", "Name", 29),
        C("segment", "细分", "Segment", 11),
        C("actual", "实际", "Actual", 12),
        C("target", "目标", "Target", 11),
        C("variance", "差异", "Variance", 10),
        C("attainment", "达成率", "Attainment", 10, number_format="0%"),
        C("status", "状态", "Status", 12),
        C("ytd", "本年累计", "YTD", 11),
        C("change", "环比", "vs previous", 10),
        C("change_year", "同比", "vs last year", 10),
        C("spark", "近12期", "12 periods", 13, owned=False),
        C("trend", "趋势", "Trend", 9),
        C("base", "样本与提示", "Base, notes", 22),
        C("owner", "责任人", "Owner", 11),
        C("comment", "说明", "Comment", 24, owned=False),
        C("action_by", "行动人", "Action by", 10, owned=False),
        C("window", "口径窗口", "Window", 23),
        C("flags", "标记", "Flags", 14),
        C("dimension", "维度", "Dimension", 12),
        C("reason", "无值原因", "Reason", 16),
        C("previous", "上期", "Previous", 12),
        C("year_ago", "去年同期", "Same period last year", 12),
        C("low", "区间下限", "Low", 11),
        C("high", "区间上限", "High", 11),
        C("n", "样本量", "Base n", 11, number_format="#,##0"),
        C("weight", "权重", "Weight", 9, number_format="0.0"),
    ),
)
TREND = Page(
    "Trend",
    "走势",
    (
        C("kpi", "代码", "KPI", 4),
        C("label", "指标", "Name", 30),
        C("segment", "细分", "Segment", 24),
        C("target", "目标", "Target", 11),
    ),
)
DETAIL = Page(
    "Detail",
    "明细",
    (
        C("id", "编号", "id", 44),
        C("kpi", "代码", "kpi", 26),
        C("label", "指标", "label", 28),
        C("dimension", "维度", "dimension", 12),
        C("cycle", "周期", "cycle", 10),
        C("period", "期间", "period", 11),
        C("segment_dim", "细分维度", "segment_dim", 13),
        C("segment", "细分", "segment", 16),
        C("window", "口径窗口", "window", 10),
        C("value", "值", "value", 13),
        C("reason", "无值原因", "reason", 20),
        C("numerator", "分子", "numerator", 13),
        C("denominator", "分母", "denominator", 13),
        C("n", "样本量", "n", 10),
        C("low", "区间下限", "low", 11),
        C("high", "区间上限", "high", 11),
        C("flags", "标记", "flags", 22),
        C("value_without_imputed", "不含补录的值", "value_without_imputed", 16),
        C("imputed_share", "补录占比", "imputed_share", 11),
        C("unit", "单位", "unit", 18),
        C("note", "备注", "note", 22),
    ),
)
COHORTS = Page(
    "Cohorts",
    "客户批次",
    (
        C("cohort", "批次", "cohort", 12),
        C("distance", "距首购期数", "distance", 12),
        C("size", "批次人数", "size", 10),
        C("active", "再次购买人数", "active", 14),
        C("share", "占比", "share", 10, number_format="0.0%"),
        C("observed", "已观察", "observed", 10),
    ),
)
STUDIES = Page(
    "Studies",
    "分析",
    (C("c1", "分析表", "Tables", 28), *(C(f"c{number}", "", "", 22) for number in range(2, 15))),
)
EARLY_WARNING = Page(
    "Early warning",
    "预警",
    (
        C("item", "项目", "Item", 34),
        C("score", "预警评分", "Score", 14),
        C("recency", "距上次购买天数", "Days since last purchase", 16),
        C("rule", "间隔规则", "Gap rule", 14),
        C("observed", "观察值", "Observed", 14),
        C("customers", "客户数", "Customers", 12),
        C("value", "近12个月净消费", "Net spend, 12 months", 18),
        C("text", "说明", "What it means", 80),
    ),
)
DIAGNOSIS = Page(
    "Diagnosis",
    "诊断",
    (
        C("part", "部分", "Part", 18),
        C("item", "项目", "Item", 34),
        C("status", "判断", "Judged", 16),
        C("found", "发现", "Found", 80),
        C("advice", "怎么办", "What to do", 50),
    ),
)
FINDINGS = Page(
    "Findings",
    "问题",
    (
        C("severity", "级别", "Severity", 10),
        C("code", "代码", "Code", 8),
        C("sheet", "工作表", "Sheet", 24),
        C("cell", "单元格", "Cell", 12),
        C("column", "列", "Column", 16),
        C("count", "数量", "Count", 9, number_format="#,##0"),
        C("found", "发现", "Found", 24),
        C("expected", "应为", "Expected", 28),
        C("says", "说明", "What is wrong", 60),
        C("advice", "怎么改", "What to do", 60),
        C("frees", "等待的指标", "KPIs waiting", 10),
    ),
)
NOTES = Page(
    "Notes",
    "注释",
    (C("kind", "类别", "Kind", 20), C("item", "项目", "Item", 30), C("text", "内容", "Text", 100)),
)
RUN_LOG = Page(
    "Run log",
    "运行记录",
    (
        C("section", "部分", "Section", 16),
        C("item", "项目", "Item", 44),
        C("value", "值", "Value", 70),
        C("more", "补充", "More", 30),
    ),
)
RESTATEMENTS = Page(
    "Restatements",
    "重述",
    (
        C("period", "期间", "Period", 11),
        C("kpi", "代码", "KPI", 26),
        C("label", "指标", "Name", 28),
        C("segment_dim", "细分维度", "Dimension", 13),
        C("segment", "细分", "Segment", 16),
        C("what", "项目", "What", 22),
        C("window", "口径窗口", "Window", 14),
        C("closed", "结账时", "As closed", 14),
        C("now", "现在", "Now", 14),
        C("difference", "差异", "Difference", 14),
        C("shown", "记分卡显示", "Shown", 22),
        C("cause", "原因", "Cause", 90),
    ),
)
TRACE = Page(
    "Trace",
    "追溯",
    (
        C("c1", "追溯", "Trace", 30),
        *(C(f"c{number}", "", "", width) for number, width in enumerate((24, 18, 36, 9, 26, 13, 16), start=2)),
        *(C(f"c{number}", "", "", 24) for number in range(9, 17)),
    ),
)
CLOSED = Page(  # texts are keys in every language: what was closed must survive a change of language
    "Closed",
    "已结账",
    (
        C("closing", "结账序号", "closing", 9),
        C("period", "期间", "period", 11),
        C("kind", "种类", "kind", 10),
        C("kpi", "代码", "kpi", 26),
        C("segment_dim", "细分维度", "segment_dim", 13),
        C("segment", "细分", "segment", 16),
        C("window", "口径窗口", "window", 12),
        C("value", "值", "value", 13),
        C("reason", "无值原因", "reason", 18),
        C("numerator", "分子", "numerator", 13),
        C("denominator", "分母", "denominator", 13),
        C("n", "样本量", "n", 10),
        C("low", "区间下限", "low", 11),
        C("high", "区间上限", "high", 11),
        C("value_without_imputed", "不含补录的值", "value_without_imputed", 16),
        C("imputed_share", "补录占比", "imputed_share", 11),
        C("flags", "标记", "flags", 20),
        C("note", "备注", "note", 20),
        C("more", "补充", "more", 60),
    ),
)
START = Page("Start", "开始")
PAGES = (
    SCORECARD,
    TREND,
    DETAIL,
    COHORTS,
    STUDIES,
    EARLY_WARNING,
    DIAGNOSIS,
    RESTATEMENTS,
    TRACE,
    FINDINGS,
    NOTES,
    RUN_LOG,
    CLOSED,
)

# Labels of the block above the Scorecard's table. On the left the value stands in the next column, on the right in the one after it.
HEAD = {
    "period": ("期间", "Period"),
    "loyalty_score": ("忠诚度得分", "Loyalty score"),
    "score_note": ("目标", "Targets"),
    "not_fed": ("尚无数据", "Not fed yet"),
    "quality": ("数据质量", "Data quality"),
    "received": ("收数", "Deliveries"),
    "stale": ("目标与参数", "Targets and settings"),
    "state": ("结账状态", "State"),
    "as_of": ("数据截止(不含)", "Data before"),
    "findings": ("问题", "Findings"),
    "waiting": ("期后数据", "Waiting"),
    "refreshed_at": ("更新时间", "Refreshed at"),
    "refreshed_by": ("更新人", "Refreshed by"),
    "fingerprint": ("版本指纹", "Fingerprint"),
}
LEFT = ("period", "loyalty_score", "score_note", "not_fed", "quality", "received", "stale")
RIGHT_GAP = 2
MORE = "@more"  # key of the heading under which lines that Targets adds stand
SPARE = 10  # lines kept free for them


def not_ours(name: str) -> UsageError:
    """The error for a workbook without a Scorecard."""
    return UsageError(
        "E102",
        f"{name} 里没有“记分卡”工作表,不是 loyalty_xl 的工作簿。请先运行:loyalty-xl new 新工作簿.xlsx",
        f"{name} has no Scorecard sheet, so it is no loyalty_xl workbook. First run: loyalty-xl new NEW.xlsx",
    )


def head_label(key: str, language: str) -> str:
    """Label of a line above the Scorecard's table."""
    return in_language(*HEAD[key], language)
