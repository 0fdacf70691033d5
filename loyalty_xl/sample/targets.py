"""Targets of the sample company, as rows of the Targets sheet: some kept, some nearly, some missed."""

from __future__ import annotations

_MONTH, _YEAR = "2026-07", "2026"
_DUE = "2026-12-31"
_MARKETING, _ANALYTICS, _SERVICE, _SALES = "市场部", "数据分析部", "客户服务部", "销售部"

# kpi, target of July 2026, target of 2026, baseline of July (the survey of 2025-H1), direction, department, objective
_OF_THE_COMPANY: tuple[tuple[str, float, float, float | None, str, str, str], ...] = (
    ("customer_base", 850, 900, None, "up", _SALES, "客户基数稳步扩大"),
    ("new_customers_per_month", 22, 30, None, "up", _MARKETING, "每月持续获得新客户"),
    ("repeat_purchase_rate", 0.68, 0.70, None, "up", _SALES, "让买过的客户再来"),
    ("purchase_frequency", 3.5, 3.6, None, "up", _SALES, "客户一年多来一次"),
    ("average_spend", 28_000, 30_000, None, "up", _SALES, "提高每位客户的年消费"),
    ("nps", 38, 45, 25, "up", _MARKETING, "更多客户愿意推荐"),
    ("csat_top_two", 0.78, 0.80, None, "up", _MARKETING, "满意的客户达到八成"),
    ("valid_response_rate", 0.45, 0.45, None, "up", _MARKETING, "问卷有人愿意答"),
    ("retention_rate", 0.70, 0.70, None, "up", _ANALYTICS, "留住七成老客户"),
    ("churn_rate", 0.30, 0.30, None, "down", _ANALYTICS, "流失不超过三成"),
    ("new_customer_retention", 0.55, 0.65, None, "up", _SALES, "新客户一年内再次购买"),
    ("complaint_rate", 60, 60, None, "down", _SERVICE, "每千单投诉不超过六十件"),
    ("complainer_satisfaction", 3.8, 3.8, None, "up", _SERVICE, "投诉处理让客户满意"),
)
_OF_JULY: tuple[tuple[str, str, str, float, str, str], ...] = (
    ("nps", "region", "华东", 45, _MARKETING, "华东保持口碑领先"),
    ("repeat_purchase_rate", "region", "华南", 0.60, _SALES, "华南复购追上全国"),
    ("share_of_wallet", "all", "All", 0.55, _SALES, "客户一半以上的收藏预算花在本店"),
    ("save_rate", "all", "All", 0.35, _SERVICE, "三成以上的流失客户被挽留"),
    ("keep_buying_rate", "all", "All", 0.35, _SALES, "涨价后老客户照常购买"),
    ("referral_success_rate", "all", "All", 0.40, _MARKETING, "推荐来的人有四成购买"),  # five referrals: low base
    ("price_insensitivity", "product_type", "鉴定服务", 50, _SALES, "鉴定服务不靠低价"),  # one price: not identified
    ("first_contact_resolution", "all", "All", 0.50, _SERVICE, "一半的来访一次解决"),  # unreadable marks: blocked
    ("collection_conduct_rate", "all", "All", 0.90, _SERVICE, "信息收集规范率九成"),  # unreadable marks: blocked
)


def _row(
    kpi: str,
    period: str,
    target: float,
    baseline: float | None,
    direction: str,
    dept: str,
    objective: str,
    segment_dim: str = "all",
    segment: str = "All",
) -> dict[str, str | float | None]:
    return {
        "kpi": kpi,
        "segment_dim": segment_dim,
        "segment": segment,
        "period": period,
        "target": target,
        "baseline": baseline,
        "direction": direction,
        "owner": f"{dept}经理",
        "dept": dept,
        "due": _DUE,
        "objective": objective,
        "comment": f"{dept}负责,{objective}",
    }


TARGETS: list[dict[str, str | float | None]] = [
    *(_row(kpi, _MONTH, month, base, way, dept, aim) for kpi, month, _, base, way, dept, aim in _OF_THE_COMPANY),
    *(_row(kpi, _YEAR, year, None, way, dept, aim) for kpi, _, year, _, way, dept, aim in _OF_THE_COMPANY),
    *(_row(kpi, _MONTH, target, None, "up", dept, aim, *of) for kpi, *of, target, dept, aim in _OF_JULY),
]
