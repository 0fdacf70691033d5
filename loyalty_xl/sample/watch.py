"""What the sample company keeps watch with: control totals of its order file, improvement plans, sign-offs of definitions."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

Row = dict[str, str | float | None]
ORDERS = "analytics_orders.csv"
COUNTED = "2026-07"

# id, kpi, stage, segment, trigger, finding, root cause, measure, goal, start, due, owner, dept, budget, people, progress, status, review
_PLANS: tuple[tuple[str, str, str, str, str, str, str, str, float, str, str, str, str, float, float, float, str, str], ...] = (
    ("P-01", "retention_rate", "at risk", "", "2026-01", "一年未购的老客户增多", "operation", "濒临流失客户由专人回访并邀请鉴定日", 0.70,
     "2026-02-10", "2026-12-31", "销售部经理", "销售部", 60_000, 2, 0.5, "进行中", "2026-12"),
    ("P-02", "complaint_rate", "steady", "", "2026-03", "售后回复慢引起重复投诉", "operation", "售后七天内结案,每周复盘", 100,
     "2026-04-01", "2026-06-30", "客户服务部经理", "客户服务部", 20_000, 3, 0.8, "进行中", "2026-07"),
    ("P-03", "repeat_purchase_rate", "growing", "region=华南", "2026-04", "华南首购后第二单少", "operation", "华南首购客户三个月内赠鉴定优惠券", 0.62,
     "2026-05-06", "2026-10-31", "华南区经理", "销售部", 35_000, 1, 0.3, "进行中", "2026-10"),
    ("P-04", "new_customer_retention", "new", "", "2025-12", "新客户一年内未再购", "operation", "新客户三十天、六十天两次回访", 0.58,
     "2026-01-05", "2026-12-31", "市场部经理", "市场部", 15_000, 1, 0.6, "进行中", "2026-12"),
    ("P-05", "nps", "lost", "", "2025-06", "流失客户评价偏低", "dimension", "问卷增加流失客户访谈,按原因挽回", 45,
     "2026-03-01", "2026-12-31", "市场部经理", "市场部", 18_000, 1, 0.4, "进行中", "2026-12"),
    ("P-06", "valid_response_rate", "steady", "", "2025-12", "邮件问卷回收少", "data", "问卷改由微信发放", 0.45,
     "2026-01-10", "2026-06-30", "数据分析部经理", "数据分析部", 5_000, 1, 1.0, "已完成", "2026-07"),
)  # fmt: skip
_FIELDS = (
    "plan_id", "kpi", "stage", "segment", "trigger_cycle", "finding", "root_cause", "measure", "goal", "start", "due", "owner", "dept",
    "resource_budget", "resource_people", "progress", "status", "review_cycle",
)  # fmt: skip
PLANS: list[Row] = [dict(zip(_FIELDS, each, strict=True)) for each in _PLANS]

SIGNATURES: list[Row] = [
    {
        "kpi": "nps",
        "owner": "市场部",
        "version": "1.0",
        "valid_from": "2024-01-01",
        "signed_by_marketing": "周敏 2024-01-08",
        "signed_by_analytics": "王芳 2024-01-08",
        "signed_by_service": "李强 2024-01-09",
        "signed_by_sales": "陈静 2024-01-09",
    },
    {
        "kpi": "retention_rate",
        "owner": "数据分析部",
        "version": "1.0",
        "valid_from": "2024-01-01",
        "signed_by_analytics": "王芳 2024-01-08",
        "signed_by_sales": "陈静 2024-01-09",
    },
]


def control_rows(folder: Path) -> list[Row]:
    """Give the control totals of the order file, as the shop's till counted them; none where there is no such file."""
    if not (folder / ORDERS).is_file():
        return []
    with (folder / ORDERS).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    month = [each for each in lines if each["order_date"].startswith(COUNTED)]
    return [
        {
            "sheet": "Orders",
            "period": period,
            "rows": len(some),
            "amount": float(sum(Decimal(each["amount"]) for each in some)),
            "source": "收银系统月结单",
        }
        for period, some in ((COUNTED, month), ("", lines))
    ]
