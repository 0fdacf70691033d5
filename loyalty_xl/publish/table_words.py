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
    "reason": ("原因", "Reason", "General"),
    "secondary": ("次要原因", "As further reason", "#,##0"),
    "lost": ("流失客户", "Lost customers", "#,##0"),
    "coverage": ("有记录的占比", "With a reason", "0.0%"),
    "band": ("风险档", "Band", "General"),
    "scored_by": ("评分方法", "Scored by", "General"),
    "from_score": ("评分下限", "From score", "0.00"),
    "value": ("净消费", "Net spend", "#,##0"),
    "mean_score": ("平均评分", "Mean score", "0.000"),
}
VALUES: dict[str, tuple[str, str]] = {  # coded value -> zh, en
    "New": ("新客", "New"),
    "Consistent": ("连续", "Consistent"),
    "Returning": ("回归", "Returning"),
    "Sleeping": ("沉睡", "Sleeping"),
    "price": ("价格", "price"),
    "quality": ("质量", "quality"),
    "after_sales": ("售后", "after-sales"),
    "competitor": ("竞品", "competitor"),
    "moved": ("搬迁", "moved away"),
    "other": ("其他", "other"),
    "not_recorded": ("未记录", "not recorded"),
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
