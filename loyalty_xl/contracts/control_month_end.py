"""The control sheets of month-end: what was delivered, which periods are closed, which values a person replaced."""

from __future__ import annotations

from loyalty_xl.contracts.contract import Contract, Field, Type
from loyalty_xl.contracts.control import DIMS, YES_NO

DELIVERY_STATES: dict[str, tuple[str, ...]] = {
    "awaited": ("待收", "未收", "未到"),
    "received": ("已收", "收到"),
    "has errors": ("有错误", "有误", "has_errors"),
    "accepted": ("已确认", "已接收", "confirmed"),
    "replaced": ("已替换", "被替换"),
    "nil": ("无数据", "无业务", "零报"),
}
PERIOD_STATES: dict[str, tuple[str, ...]] = {
    "open": ("未结账", "开放"),
    "closed": ("已结账", "结账"),
    "reopened": ("重新打开", "反结账"),
}
FILLED_DELIVERY = ("dept", "sheet", "period", "file", "hash", "rows", "amount", "first_date", "last_date", "received")
FILLED_PERIOD = ("period", "state", "by", "on", "fingerprint")

DELIVERIES = Contract(
    "Deliveries",
    "收数",
    "control",
    (
        Field("dept", Type.STR, "部门", ("责任部门",), en="department that sends it", zh_note="由哪个部门提供"),
        Field(
            "sheet",
            Type.STR,
            "表",
            ("表名", "数据表"),
            usual=True,
            required=True,
            en="sheet of the product, such as Orders or 订单",
            zh_note="数据表名，如 Orders 或 订单",
        ),
        Field(
            "period",
            Type.STR,
            "期间",
            ("周期", "所属期间"),
            usual=True,
            en="period it is for, as 2026-07",
            zh_note="所属期间，如 2026-07",
        ),
        Field(
            "file",
            Type.STR,
            "文件",
            ("文件名",),
            en="file it came in; blank = this workbook",
            zh_note="来自哪个文件；空白表示本工作簿",
        ),
        Field("hash", Type.STR, "文件指纹", ("校验值",), en="fingerprint of its content", zh_note="内容的指纹"),
        Field("rows", Type.INT, "行数", ("笔数",), en="rows in the period", zh_note="本期行数"),
        Field("amount", Type.MONEY, "金额", ("金额合计",), en="money in the period", zh_note="本期金额"),
        Field("first_date", Type.DATE, "最早日期", en="first date in the period", zh_note="本期最早日期"),
        Field("last_date", Type.DATE, "最晚日期", en="last date in the period", zh_note="本期最晚日期"),
        Field("due", Type.DATE, "应交日期", ("截止日期",), en="day by which it is due", zh_note="应交日期"),
        Field(
            "received",
            Type.DATE,
            "收到日期",
            ("收数日期",),
            en="day on which this content was first read",
            zh_note="首次读到这份内容的日期",
        ),
        Field(
            "status",
            Type.CAT,
            "状态",
            choices=DELIVERY_STATES,
            en="where it stands; write nil where the department has nothing to report",
            zh_note="收数状态；部门本期无数据时填“无数据”",
        ),
        Field(
            "use",
            Type.CAT,
            "是否使用",
            ("使用", "采用"),
            choices=YES_NO,
            en="which of two overlapping files counts for the period",
            zh_note="两个文件重叠时，本期采用哪一个",
        ),
        Field("confirmed_by", Type.STR, "确认人", en="who confirmed it for the department", zh_note="部门确认人"),
        Field("confirmed_on", Type.DATE, "确认日期", en="when it was confirmed", zh_note="确认日期"),
        Field("note", Type.STR, "备注", ("说明", "comment"), en="anything to add", zh_note="补充说明"),
    ),
    en="What every department delivered for every period, and what is still awaited.",
    zh_note="各部门每期交来的数据，以及还缺什么。",
)

PERIODS = Contract(
    "Periods",
    "期间结账",
    "control",
    (
        Field(
            "period",
            Type.STR,
            "期间",
            ("周期",),
            usual=True,
            required=True,
            en="period, as 2026-07",
            zh_note="期间，如 2026-07",
        ),
        Field(
            "state",
            Type.CAT,
            "状态",
            choices=PERIOD_STATES,
            en="filled by loyalty-xl close and reopen",
            zh_note="由 loyalty-xl close 与 reopen 填写",
        ),
        Field("by", Type.STR, "操作人", en="who closed or reopened it", zh_note="由谁结账或重新打开"),
        Field("on", Type.DATE, "操作日期", en="when", zh_note="何时"),
        Field("reason", Type.STR, "原因", ("理由",), en="why", zh_note="原因"),
        Field(
            "fingerprint",
            Type.STR,
            "数字指纹",
            ("指纹",),
            en="fingerprint of the period's figures",
            zh_note="本期数字的指纹",
        ),
        Field(
            "approved_by",
            Type.STR,
            "批准人",
            ("审批人",),
            en="who approves the figures; holds until a figure changes",
            zh_note="批准人；数字一变即失效",
        ),
        Field("approved_on", Type.DATE, "批准日期", ("审批日期",), en="when", zh_note="批准日期"),
        Field("note", Type.STR, "备注", ("说明", "comment"), en="anything to add", zh_note="补充说明"),
    ),
    key=("period",),
    en="Which periods are closed, by whom and why, and who approved their figures.",
    zh_note="哪些期间已结账、由谁、为什么，以及由谁批准。",
)

ADJUSTMENTS = Contract(
    "Adjustments",
    "调整",
    "control",
    (
        Field(
            "kpi",
            Type.STR,
            "指标",
            ("指标名称", "指标代码"),
            usual=True,
            required=True,
            en="key or name of the KPI",
            zh_note="指标的键或名称",
        ),
        Field("period", Type.STR, "期间", ("周期",), usual=True, en="period, as 2026-07", zh_note="期间，如 2026-07"),
        Field(
            "segment_dim",
            Type.CAT,
            "细分维度",
            choices=DIMS,
            en="what the segment is a part of",
            zh_note="细分的种类",
            default="all",
        ),
        Field("segment", Type.STR, "细分", ("细分值",), en="value of the segment", zh_note="细分的值", default="All"),
        Field(
            "value",
            Type.NUM,
            "调整后的值",
            ("值", "调整值"),
            usual=True,
            en="value to be shown, in the KPI's unit; a share as 0.45 or 45%",
            zh_note="要显示的值，按指标单位；比率写 0.45 或 45%",
        ),
        Field(
            "reason",
            Type.STR,
            "原因",
            ("理由",),
            usual=True,
            en="why; a row without reason does not count",
            zh_note="原因；没有原因的行不计",
        ),
        Field(
            "by",
            Type.STR,
            "调整人",
            ("责任人",),
            usual=True,
            en="who decided; a row without name does not count",
            zh_note="由谁决定；没有姓名的行不计",
        ),
        Field("on", Type.DATE, "日期", en="when", zh_note="何时"),
        Field("note", Type.STR, "备注", ("说明", "comment"), en="anything to add", zh_note="补充说明"),
    ),
    en="Values that a person puts in place of computed ones, each with its reason; they are shown with †.",
    zh_note="由人代替计算结果的数值，每行写明原因；记分卡上以 † 标出。",
)

CONTRACTS = (DELIVERIES, PERIODS, ADJUSTMENTS)
