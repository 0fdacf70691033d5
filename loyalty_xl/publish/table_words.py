"""How the columns and coded values of tables read to people, in zh and en."""

from __future__ import annotations

from typing import Any

from loyalty_xl.books.places import in_language

COLUMNS: dict[str, tuple[str, str, str]] = {  # key -> zh, en, number format
    "period": ("期间", "Period", "General"),
    "state": ("状态", "State", "General"),
    "customers": ("客户数", "Customers", "#,##0"),
    "partial": ("未完期间", "Partial", "General"),
    "cohort": ("批次", "Cohort", "General"),
    "distance": ("距首购期数", "Distance", "0"),
    "size": ("批次人数", "Size", "#,##0"),
    "active": ("再次购买人数", "Active", "#,##0"),
    "share": ("占比", "Share", "0.0%"),
    "observed": ("已观察", "Observed", "General"),
    "channel": ("渠道", "Channel", "General"),
    "incentive_type": ("激励方式", "Incentive", "General"),
    "invited": ("发放", "Invited", "#,##0"),
    "delivered": ("送达", "Delivered", "#,##0"),
    "returned": ("回收", "Returned", "#,##0"),
    "valid": ("有效", "Valid", "#,##0"),
    "incentive_cost": ("激励成本", "Incentive cost", "#,##0.00"),
    "response_rate": ("回收率", "Response rate", "0.0%"),
    "valid_response_rate": ("有效回收率", "Valid-response rate", "0.0%"),
    "cost_per_valid_response": ("每份有效答卷成本", "Cost per valid response", "#,##0.00"),
    "class_l1": ("大类", "Class", "General"),
    "class_l2": ("小类", "Subclass", "General"),
    "complaints": ("投诉件数", "Complaints", "#,##0"),
    # targets and improvement
    "row": ("行", "Row", "0"),
    "kpi": ("指标", "KPI", "General"),
    "segment": ("细分", "Segment", "General"),
    "target_period": ("目标期间", "Period of the target", "General"),
    "target": ("目标值", "Target", "#,##0.####"),
    "specific": ("具体", "Specific", "General"),
    "measurable": ("可衡量", "Measurable", "General"),
    "achievable": ("可实现", "Achievable", "General"),
    "relevant": ("相关", "Relevant", "General"),
    "time_bound": ("有时限", "Time-bound", "General"),
    "ticks": ("通过项数(满分 5)", "Ticks of 5", "0"),
    "group": ("部门或阶段", "Department or stage", "General"),
    "plans": ("措施", "Plans", "#,##0"),
    "due_plans": ("到期", "Due", "#,##0"),
    "done_plans": ("完成", "Done", "#,##0"),
    "overdue_plans": ("逾期", "Overdue", "#,##0"),
    "completion": ("完成率", "Completion", "0.0%"),
    "plan_id": ("措施编号", "Plan", "General"),
    "stage": ("客户阶段", "Stage", "General"),
    "plan_status": ("状态", "Status", "General"),
    "due": ("完成时限", "Due", "General"),
    "overdue": ("逾期", "Overdue", "General"),
    "before": ("实施前", "Before", "#,##0.####"),
    "after": ("实施后", "After", "#,##0.####"),
    "effect": ("变化", "Effect", "+#,##0.####;-#,##0.####;0"),
    "effect_low": ("变化下限", "Effect, low", "+#,##0.####;-#,##0.####;0"),
    "effect_high": ("变化上限", "Effect, high", "+#,##0.####;-#,##0.####;0"),
    "verdict": ("判断", "Verdict", "General"),
    "goal": ("目标值", "Goal", "#,##0.####"),
    "goal_met": ("达到目标", "Goal met", "General"),
}
VALUES: dict[str, tuple[str, str]] = {  # coded value -> zh, en
    "New": ("新客", "New"),
    "Consistent": ("连续", "Consistent"),
    "Returning": ("回归", "Returning"),
    "Sleeping": ("沉睡", "Sleeping"),
    # targets and improvement
    "described": ("有说明", "described"),
    "not described": ("没有说明", "not described"),
    "measured": ("有数据", "measured"),
    "no data": ("没有数据", "no data"),
    "within history": ("在历史范围内", "within history"),
    "beyond history": ("超出历史范围", "beyond history"),
    "rationale given": ("有依据", "rationale given"),
    "no history": ("历史不足", "history too short"),
    "objective named": ("有关联目标", "objective named"),
    "no objective": ("没有关联目标", "no objective"),
    "due date set": ("有时限", "due date set"),
    "no due date": ("没有时限", "no due date"),
    "new": ("新客", "new"),
    "growing": ("成长", "growing"),
    "steady": ("稳定", "steady"),
    "at risk": ("濒临流失", "at risk"),
    "lost": ("流失", "lost"),
    "planned": ("计划中", "planned"),
    "overdue": ("逾期", "overdue"),
    "doing": ("进行中", "doing"),
    "done": ("已完成", "done"),
    "dropped": ("已取消", "dropped"),
    "better": ("改善", "better"),
    "worse": ("恶化", "worse"),
    "flat": ("持平", "flat"),
    "unclear": ("不明显", "unclear"),
    "not yet": ("尚无结果", "not yet"),
}


def column_text(key: str, language: str) -> str:
    """Header of a table's column."""
    zh, en, _ = COLUMNS.get(key, (key, key.replace("_", " ").capitalize(), ""))
    return in_language(zh, en, language)


def column_format(key: str) -> str:
    """Number format of a table's column."""
    return COLUMNS[key][2] if key in COLUMNS else "General"


def value_text(value: Any, language: str) -> Any:
    """A cell of a table: coded values and yes or no in words, all else as it is."""
    if isinstance(value, bool):
        return in_language(*(("是", "yes") if value else ("否", "no")), language)
    return in_language(*VALUES[value], language) if isinstance(value, str) and value in VALUES else value
