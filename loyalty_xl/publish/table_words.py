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
}
VALUES: dict[str, tuple[str, str]] = {  # coded value -> zh, en
    "New": ("新客", "New"),
    "Consistent": ("连续", "Consistent"),
    "Returning": ("回归", "Returning"),
    "Sleeping": ("沉睡", "Sleeping"),
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
