"""The table of settings: every key with kind, default, limits, Chinese label and meaning, as one frozen dataclass.

`loyalty_xl.settings` reads them from the sheet and dates them; import from there.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from loyalty_xl.vocabulary import Calendar, Cycle, Dimension

Spellings = dict[str, tuple[str, ...]]
Hours = tuple[tuple[int, int, int], ...]  # weekday (Monday is 0), first minute, minute after the last
MONEY_FACTORS = {"千元": 1e3, "万元": 1e4, "亿元": 1e8}  # units of currency in one displayed unit
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


class SettingKind(StrEnum):
    """How the value of a setting is written."""

    COUNT = "count"  # whole number
    NUMBER = "number"
    SHARE = "share"  # 0 to 1, may be typed as percent
    DATE = "date"
    BOOL = "bool"
    CHOICE = "choice"
    CURRENCY = "currency"  # three capital letters
    WEIGHTS = "weights"  # behaviour=30, attitude=20
    HOURS = "hours"  # Mo-Fr 09:00-18:00; Sa 10:00-16:00
    TEXT = "text"  # one line
    DOMAINS = "domains"  # example.com; example.cn


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True)
class SettingDef:
    """What one setting is: kind, default, limits, unit, label in Chinese, meaning in English."""

    key: str
    kind: SettingKind
    default: Any
    low: float | None = None
    high: float | None = None
    above: float | None = None  # strictly more
    choices: Spellings = field(default_factory=dict)
    unit: str = ""
    zh: str = ""
    en: str = ""
    blank: bool = False  # None is allowed: the setting is then not used
    aliases: tuple[str, ...] = ()

    def show(self, value: Any) -> str:
        """Write *value* as it may be typed into the sheet."""
        if value is None:
            return ""
        if self.kind is SettingKind.BOOL:
            return "yes" if value else "no"
        if self.kind is SettingKind.SHARE:
            return f"{value * 100:.10g}%"
        if self.kind is SettingKind.WEIGHTS:
            return ", ".join(f"{name}={weight:.10g}" for name, weight in value)
        if self.kind is SettingKind.HOURS:
            return "; ".join(f"{DAYS[day]} {_clock(start)}-{_clock(end)}" for day, start, end in value)
        if self.kind is SettingKind.DOMAINS:
            return "; ".join(value)
        return (
            value.isoformat()
            if isinstance(value, date)
            else f"{value:.10g}"
            if isinstance(value, float)
            else str(value)
        )

    @property
    def allowed(self) -> str:
        """Say what may be typed."""
        if self.choices:
            return " / ".join(
                f"{value} ({spellings[0]})" if spellings else value for value, spellings in self.choices.items()
            )
        word = {
            SettingKind.COUNT: "5",
            SettingKind.NUMBER: "0.5",
            SettingKind.SHARE: "5%",
            SettingKind.DATE: "2026-01-31",
            SettingKind.BOOL: "yes / no (是 / 否)",
            SettingKind.CURRENCY: "CNY",
            SettingKind.WEIGHTS: "behaviour=30, attitude=20",
            SettingKind.HOURS: "Mo-Fr 09:00-18:00; Sa 10:00-16:00 (周一至周五 9:00-18:00)",
            SettingKind.TEXT: "一行文字 / one line of text",
            SettingKind.DOMAINS: "example.com; example.cn",
        }[self.kind]
        return word if self.low is None and self.high is None and self.above is None else self.limits

    @property
    def limits(self) -> str:
        """Say between which values it lies."""
        if self.above is not None:
            return f"> {self.show(self.above)}"
        low, high = ("" if limit is None else self.show(limit) for limit in (self.low, self.high))
        return f"{low} to {high}" if low and high else f">= {low}" if low else f"<= {high}"


def _setting(
    kind: SettingKind,
    default: Any,
    zh: str,
    en: str,
    *,
    limits: tuple[float | None, float | None] = (None, None),
    above: float | None = None,
    choices: Spellings | None = None,
    unit: str = "",
    aliases: tuple[str, ...] = (),
) -> Any:
    """Declare a setting as a dataclass field; its key is the field's name."""
    blank = default is None
    parts = SettingDef("", kind, default, limits[0], limits[1], above, choices or {}, unit, zh, en, blank, aliases)
    return field(default=default, metadata={"setting": parts})


_COUNT, _NUMBER, _SHARE, _DATE = SettingKind.COUNT, SettingKind.NUMBER, SettingKind.SHARE, SettingKind.DATE
_BOOL, _CHOICE, _CURRENCY, _WEIGHTS = SettingKind.BOOL, SettingKind.CHOICE, SettingKind.CURRENCY, SettingKind.WEIGHTS
_HOURS, _TEXT, _DOMAINS = SettingKind.HOURS, SettingKind.TEXT, SettingKind.DOMAINS
_CYCLES: Spellings = {
    "month": ("月", "月度", "按月", "monthly"),
    "quarter": ("季度", "季", "按季", "quarterly"),
    "half_year": ("半年", "半年度", "half-year", "half year"),
    "year": ("年", "年度", "按年", "annual", "yearly"),
}


@dataclass(frozen=True)
class Settings:
    """The values in force on one day. Each is documented by its `SettingDef` in `SETTINGS`."""

    # company and calendar
    company_start: date | None = _setting(  # noqa: RUF009
        _DATE, None, "公司成立日期", "first day on which the company can have had data; earlier dates are errors (E224)"
    )
    reporting_currency: str = _setting(
        _CURRENCY, "CNY", "报告币种", "currency of all amounts on the scorecard", aliases=("币种", "记账币种")
    )
    tax_included: bool = _setting(
        _BOOL, True, "金额是否含税", "whether amounts include tax; printed beside money KPIs", aliases=("含税",)
    )
    cycle_type: Cycle = _setting(  # noqa: RUF009
        _CHOICE, Cycle.MONTH, "报告周期", "rhythm of the scorecard", choices=_CYCLES, aliases=("周期类型", "统计周期")
    )
    fiscal_start_month: int = _setting(
        _COUNT,
        1,
        "财年起始月份",
        "month in which the fiscal year begins",
        limits=(1, 12),
        unit="month",
        aliases=("财年开始月",),
    )
    fiscal_year_label: str = _setting(
        _CHOICE,
        "end",
        "财年命名方式",
        "whether a fiscal year is named by the year in which it ends or starts",
        choices={
            "end": ("结束年份", "结束年", "按结束年份"),
            "start": ("开始年份", "开始年", "起始年份", "按开始年份"),
        },
    )
    as_of: date | None = _setting(  # noqa: RUF009
        _DATE,
        None,
        "数据截止日",
        "data before this day count; blank = the day after the newest date in the data",
        aliases=("截止日期",),
    )
    # survey
    nps_scale_min: int = _setting(
        _COUNT, 0, "推荐分最低值", "lowest score of the recommendation question", limits=(-10, 10), unit="score"
    )
    nps_scale_max: int = _setting(
        _COUNT, 10, "推荐分最高值", "highest score of the recommendation question", limits=(1, 100), unit="score"
    )
    nps_detractor_max: int = _setting(
        _COUNT, 6, "贬损者最高分", "a score up to this one is a detractor", limits=(-10, 100), unit="score"
    )
    nps_promoter_min: int = _setting(
        _COUNT, 9, "推荐者最低分", "a score from this one on is a promoter", limits=(-10, 100), unit="score"
    )
    nps_dup_policy: str = _setting(
        _CHOICE,
        "latest",
        "同一客户多次回答",
        "which answer counts when a customer answered several times in a period",
        choices={"latest": ("最新", "最后一次"), "first": ("最早", "第一次"), "all": ("全部", "全部计入")},
    )
    nps_ci: str = _setting(
        _CHOICE,
        "adjusted_wald",
        "NPS 区间方法",
        "how the interval of NPS is formed",
        choices={"adjusted_wald": ("调整 Wald", "adjusted wald"), "wald": ("Wald",)},
    )
    csat_scale: str = _setting(
        _CHOICE,
        "1-5",
        "满意度量表",
        "scale of the satisfaction questions",
        choices={"1-5": ("5分制", "5"), "1-10": ("10分制", "10")},
    )
    csat_top_box: int = _setting(
        _COUNT,
        2,
        "满意度取前几档",
        "how many of the highest points of the scale count as satisfied",
        limits=(1, 5),
        unit="points",
    )
    min_base_nps: int = _setting(
        _COUNT,
        30,
        "得分类最小样本量",
        "fewer answers than this: grey, no colour, no rank",
        limits=(1, None),
        unit="answers",
    )
    min_base_rate: int = _setting(
        _COUNT,
        20,
        "比率类最小样本量",
        "a smaller denominator than this: grey, no colour, no rank",
        limits=(1, None),
        unit="customers",
    )
    valid_min_seconds: int | None = _setting(
        _COUNT,
        None,
        "有效问卷最短秒数",
        "a faster answer is not valid; blank = not checked",
        limits=(0, 86_400),
        unit="seconds",
    )
    recommend_weight: float = _setting(
        _SHARE,
        0.7,
        "推荐评分的权重",
        "weight of the rating in the recommendation index, the rest is for actual referrals; more than 50%",
        limits=(None, 1),
        above=0.5,
    )
    referral_cap: int = _setting(
        _COUNT,
        3,
        "推荐次数上限",
        "referrals of one customer that count in the recommendation index",
        limits=(1, 100),
        unit="referrals",
    )
    intention_days: int = _setting(
        _COUNT,
        180,
        "意向兑现天数",
        "days within which a customer who meant to buy again should have done so",
        limits=(1, 3_660),
        unit="days",
    )
    closed_loop_sla_days: int = _setting(
        _COUNT,
        7,
        "贬损者回访时限",
        "days within which a detractor is to be contacted",
        limits=(0, 366),
        unit="days",
    )
    retention_days: int | None = _setting(
        _COUNT,
        None,
        "答卷保存天数",
        "days for which answers may be kept; blank = not limited",
        limits=(1, 36_600),
        unit="days",
    )
    contact_cap_per_quarter: int | None = _setting(
        _COUNT,
        None,
        "每季度联系上限",
        "most invitations to one customer in a quarter; blank = not limited",
        limits=(1, 100),
        unit="contacts",
    )
    # behaviour and retention
    churn_window_days: int = _setting(
        _COUNT,
        365,
        "流失判定天数",
        "days without a purchase after which a customer counts as lost",
        limits=(1, 3_660),
        unit="days",
        aliases=("流失窗口", "流失窗口天数"),
    )
    new_customer_window_days: int = _setting(
        _COUNT,
        90,
        "新客观察天数",
        "window of the new-customer watch",
        limits=(1, 3_660),
        unit="days",
        aliases=("新客窗口",),
    )
    new_customer_year_days: int = _setting(
        _COUNT, 365, "新客留存天数", "window of new-customer retention", limits=(1, 3_660), unit="days"
    )
    occasion_unit: str = _setting(
        _CHOICE,
        "order",
        "消费次数口径",
        "what counts as one occasion: an order, or a customer's day",
        choices={"order": ("订单", "按订单"), "day": ("天", "按天", "客户天")},
    )
    cancellations: str = _setting(
        _CHOICE,
        "net",
        "取消与退款处理",
        "net: negative money, never an occasion; drop: left out; keep: ordinary orders",
        choices={"net": ("冲减", "净额"), "drop": ("剔除",), "keep": ("保留",)},
    )
    zero_value_orders: str = _setting(
        _CHOICE,
        "ignore",
        "零金额订单",
        "whether an order whose sale lines sum to 0 is an occasion",
        choices={"ignore": ("不计", "忽略"), "count": ("计入",)},
    )
    refund_basis: str = _setting(
        _CHOICE,
        "refund_date",
        "退款归属期",
        "whether a refund belongs to its own date or to the original order's",
        choices={"refund_date": ("退款日期", "退款日"), "original_order": ("原订单", "原订单日期")},
    )
    count_fully_refunded: bool = _setting(
        _BOOL, False, "全额退款订单计入次数", "whether a fully refunded order is still an occasion"
    )
    identical_order_lines: str = _setting(
        _CHOICE,
        "keep",
        "完全相同的订单行",
        "identical order lines without a line number",
        choices={"keep": ("保留",), "drop": ("只留一行", "剔除", "去重")},
    )
    decline_share: float = _setting(
        _SHARE,
        0.3,
        "消费下滑比例",
        "a customer's spend below the earlier mean by more than this has declined",
        limits=(0, 1),
    )
    decline_periods: int = _setting(
        _COUNT, 3, "消费下滑对比期数", "how many earlier periods form that mean", limits=(1, 36), unit="periods"
    )
    churn_variant: str = _setting(
        _CHOICE,
        "start",
        "流失率分母",
        "denominator of the scorecard's churn rate",
        choices={
            "start": ("期初客户", "期初"),
            "all_customers": ("全部客户", "all customers"),
            "average_base": ("平均客户数", "期初期末平均", "average base"),
        },
    )
    save_window_days: int = _setting(
        _COUNT,
        90,
        "挽留观察天数",
        "days after the contact within which a purchase counts as saved",
        limits=(1, 3_660),
        unit="days",
    )
    warn_band_medium: float = _setting(
        _SHARE, 0.3, "预警中风险线", "probability of leaving from which a customer is at medium risk", limits=(0, 1)
    )
    warn_band_high: float = _setting(
        _SHARE, 0.6, "预警高风险线", "probability of leaving from which a customer is at high risk", limits=(0, 1)
    )
    warn_min_events: int = _setting(
        _COUNT,
        50,
        "预警验证最少流失数",
        "fewer lost customers than this in the training or the test part: the score is not validated",
        limits=(10, 100_000),
        unit="customers",
    )
    # price
    market_removal: str = _setting(
        _CHOICE,
        "ratio",
        "剔除市场波动的方法",
        "how the market's price movement is removed from elasticity",
        choices={
            "ratio": ("相对价格", "价格÷指数"),
            "regressor": ("指数作解释变量", "市场价格"),
            "volume": ("品类销量", "销量对照"),
        },
    )
    min_price_levels: int = _setting(
        _COUNT,
        3,
        "最少价格档数",
        "fewer distinct price levels than this: elasticity is not identified",
        limits=(2, 100),
        unit="levels",
    )
    elasticity_ref: float = _setting(
        _NUMBER,
        1.5,
        "弹性参照值",
        "elasticity at which price insensitivity is 0",
        limits=(0.01, 100),
        unit="elasticity",
    )
    price_window_days: int = _setting(
        _COUNT,
        90,
        "调价前后观察天数",
        "days before and after a price change that are compared",
        limits=(7, 730),
        unit="days",
    )
    # service, value
    sla_days: int | None = _setting(
        _COUNT,
        None,
        "投诉处理时限",
        "days within which a complaint is to be closed; blank = not measured",
        limits=(0, 3_660),
        unit="days",
    )
    cac_scope: str = _setting(
        _CHOICE,
        "all",
        "获客成本范围",
        "all marketing and sales cost, or the acquisition part only",
        choices={"all": ("全部费用", "全部"), "acquisition": ("仅拉新", "拉新", "拉新费用")},
    )
    cac_lag_cycles: int = _setting(
        _COUNT,
        0,
        "获客成本滞后期数",
        "cost of how many cycles earlier is set against new customers",
        limits=(0, 24),
        unit="cycles",
    )
    business_hours: Hours = _setting(  # noqa: RUF009
        _HOURS, (), "营业时间", "hours in which response times count; blank = round the clock"
    )
    margin_rate: float | None = _setting(
        _SHARE,
        None,
        "毛利率",
        "margin as a share of revenue, where Products names none; blank = revenue counts whole",
        limits=(0, 1),
    )
    discount_rate_annual: float = _setting(
        _SHARE, 0.10, "年折现率", "yearly rate at which later money is worth less", limits=(0, 1)
    )
    clv_years_rule: str = _setting(
        _CHOICE,
        "observed",
        "客户关系年数口径",
        "years of relationship in CLV: observed, or expected from churn",
        choices={"observed": ("实际年数", "已观察"), "expected": ("预期年数", "1÷流失率")},
    )
    clv_max_years: int = _setting(
        _COUNT, 10, "客户关系年数上限", "most years that CLV counts", limits=(1, 100), unit="years"
    )
    clv_horizon_months: int = _setting(
        _COUNT, 12, "预测价值月数", "months ahead that predicted CLV looks", limits=(1, 120), unit="months"
    )
    clv_discount_monthly: float = _setting(
        _SHARE, 0.01, "月折现率", "monthly rate at which predicted money is worth less", limits=(0, 1)
    )
    point_value: float | None = _setting(
        _NUMBER,
        None,
        "每积分价值",
        "money that one point is worth; blank = the liability is not shown",
        limits=(0, 1_000_000),
        unit="money",
    )
    breakage: float = _setting(_SHARE, 0.0, "积分沉淀率", "share of points that will never be redeemed", limits=(0, 1))
    # trust
    max_rejected_share: float = _setting(
        _SHARE, 0.05, "最大剔除比例", "more rows or amount out than this blocks the KPI for the period", limits=(0, 1)
    )
    max_imputed_share: float = _setting(
        _SHARE, 0.10, "最大补录比例", "above this imputed share a value is shown without colour", limits=(0, 1)
    )
    partial_policy: str = _setting(
        _CHOICE,
        "prorate",
        "未完期间的目标",
        "sums of a period that is not over: target in proportion to the days gone, or no comparison",
        choices={"prorate": ("按天折算", "折算"), "blank": ("不比较", "留空")},
    )
    # score
    attainment_cap: float = _setting(
        _NUMBER, 1.0, "达成率上限", "attainment above this does not add to the score", limits=(1, 10), unit="ratio"
    )
    amber_gap: float = _setting(
        _NUMBER,
        5.0,
        "黄灯差距（点）",
        "shares and NPS: this many points behind the target are amber",
        limits=(0, 100),
        unit="points",
    )
    amber_attainment: float = _setting(
        _SHARE, 0.9, "黄灯达成率", "counts, money, days, ratios: from this attainment on amber", limits=(0, 1)
    )
    amber_score: float = _setting(
        _NUMBER,
        0.2,
        "黄灯得分差距",
        "mean scores: this much behind the target on a five-point scale is amber",
        limits=(0, 4),
        unit="score",
    )
    dimension_weights: tuple[tuple[str, float], ...] = _setting(
        _WEIGHTS, (), "维度权重", "weights of the dimensions in the loyalty score; blank = equal", unit="%"
    )
    # reading
    hidden_rows: str = _setting(
        _CHOICE,
        "include",
        "隐藏行",
        "whether hidden and filtered rows are read",
        choices={"include": ("读取", "计入", "包含"), "exclude": ("不读取", "排除")},
    )
    id_padding: int | None = _setting(
        _COUNT,
        None,
        "编号位数",
        "digits to which numeric ids are padded with zeros; blank = as they are",
        limits=(1, 18),
        unit="digits",
    )
    merged_cells: str = _setting(
        _CHOICE,
        "error",
        "合并单元格",
        "merged data cells: an error, or filled down",
        choices={"error": ("报错",), "fill_down": ("向下填充", "填充", "fill down")},
    )
    max_member_mb: int = _setting(
        _COUNT, 1_024, "单个部件上限（MB）", "largest part of a workbook, unpacked", limits=(1, 65_536), unit="MB"
    )
    max_total_mb: int = _setting(
        _COUNT, 2_048, "解压总量上限（MB）", "largest workbook, unpacked", limits=(1, 65_536), unit="MB"
    )
    max_ratio: int = _setting(
        _COUNT, 100, "压缩比上限", "largest compression of a part over 1 MB", limits=(10, 10_000), unit="ratio"
    )
    max_members: int = _setting(
        _COUNT, 1_000, "部件数上限", "most parts in a workbook", limits=(10, 100_000), unit="parts"
    )
    max_rows: int = _setting(
        _COUNT, 1_048_576, "行数上限", "most rows of a sheet", limits=(1, 100_000_000), unit="rows"
    )
    # what is shared with others
    min_cell: int = _setting(
        _COUNT,
        5,
        "分享时的最小人数",
        "figures of fewer customers, orders or answers than this are not shared",
        limits=(1, 1_000),
        unit="customers",
    )
    mask_comments: bool = _setting(
        _BOOL, True, "分享时遮盖说明中的姓名和号码", "mask names and numbers in comments that are shared"
    )
    mail_subject: str | None = _setting(
        _TEXT, None, "邮件主题", "subject of the mail; the period and what matters most follow it"
    )
    allowed_domains: tuple[str, ...] | None = _setting(
        _DOMAINS, None, "允许的收件域名", "domains to which mail may be sent; blank: those of Recipients, after asking"
    )
    # display
    money_unit: str = _setting(
        _CHOICE,
        "元",
        "金额显示单位",
        "unit in which money is shown",
        choices={
            "元": ("yuan", "1"),
            "千元": ("thousand", "1000"),
            "万元": ("ten thousand", "10000"),
            "亿元": ("hundred million",),
        },
    )
    language: str = _setting(
        _CHOICE,
        "both",
        "语言",
        "language of pages and messages",
        choices={"zh": ("中文",), "en": ("英文", "English"), "both": ("中英文", "双语")},
    )

    @property
    def calendar(self) -> Calendar:
        """The company's fiscal calendar."""
        return Calendar(self.fiscal_start_month, self.fiscal_year_label)

    @property
    def money_factor(self) -> float:
        """How many units of currency one displayed unit holds."""
        return MONEY_FACTORS.get(self.money_unit, 1.0)

    def replace(self, **values: Any) -> Settings:
        """Give a copy with some values replaced."""
        return dataclasses.replace(self, **values)

    def key(self) -> str:
        """Give a text that is equal exactly for equal settings: only what differs from the defaults, in key order."""
        parts = (f"{name}={each.show(getattr(self, name))}" for name, each in sorted(SETTINGS.items()))
        default = {f"{name}={each.show(each.default)}" for name, each in SETTINGS.items()}
        return "; ".join(part for part in parts if part not in default)


SETTINGS: dict[str, SettingDef] = {
    each.name: dataclasses.replace(each.metadata["setting"], key=each.name) for each in dataclasses.fields(Settings)
}
OF_SHARING = frozenset(
    ("min_cell", "mask_comments", "mail_subject", "allowed_domains")
)  # the workbook shows the same whatever they say
DIMENSIONS: dict[Dimension, str] = {
    Dimension.BEHAVIOUR: "行为",
    Dimension.ATTITUDE: "态度",
    Dimension.RETENTION: "留存",
    Dimension.PRICE: "价格",
    Dimension.SERVICE: "服务",
    Dimension.VALUE: "价值",
    Dimension.PROGRAMME: "会员",
    Dimension.QUALITY: "数据质量",
}
