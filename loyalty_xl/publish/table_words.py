"""How the columns and coded values of tables read to people, in zh and en."""

from __future__ import annotations

from typing import Any

from loyalty_xl.books.places import in_language
from loyalty_xl.studies.rfm import GROUP_NAMES

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
    "basis": ("依据", "Basis", "General"),
    "share_of_wallet": ("客户份额", "Share of wallet", "0.0%"),
    "mean_share": ("各客户份额平均", "Mean of customers' shares", "0.0%"),
    "estimated": ("估算", "Estimated", "General"),
    "competitor": ("主要竞争对手", "Main competitor", "General"),
    "reason": ("原因", "Reason", "General"),
    "competitor_spend": ("在竞争对手消费", "Spend there", "#,##0.00"),
    "cost": ("费用", "Cost", "#,##0.00"),
    "new_customers": ("新客数", "New customers", "#,##0.0"),
    "cac": ("获客成本", "CAC", "#,##0.00"),
    "previous_revenue": ("上期收入", "Previous revenue", "#,##0.00"),
    "lost_revenue": ("流失", "Lost", "#,##0.00"),
    "shrunk_revenue": ("减少", "Shrunk", "#,##0.00"),
    "grown_revenue": ("增加", "Grown", "#,##0.00"),
    "other_revenue": ("新客与回归客户", "From others", "#,##0.00"),
    "revenue": ("本期收入", "Revenue", "#,##0.00"),
    "previous_customers": ("上期客户数", "Previous customers", "#,##0"),
    "excluded_customers": ("上期收入不为正的客户", "Customers left out", "#,##0"),
    "mean": ("平均", "Mean", "#,##0.0"),
    "sd": ("标准差", "Standard deviation", "#,##0.0"),
    "lower_limit": ("下控制限", "Lower limit", "#,##0.0"),
    "upper_limit": ("上控制限", "Upper limit", "#,##0.0"),
    "judgement": ("判断", "Judgement", "General"),
    "mainly": ("主要类别", "Mainly", "General"),
    "mainly_complaints": ("该类件数", "Complaints of that class", "#,##0"),
    "mainly_usual": ("该类平时件数", "Usual for that class", "#,##0.0"),
    "rater_type": ("评分人", "Raters are", "General"),
    "dimension": ("维度", "Dimension", "General"),
    "scale": ("量表", "Scale", "General"),
    "raters": ("评分人数", "Raters", "#,##0"),
    "expectation": ("期望", "Expectation", "0.00"),
    "perception": ("感知", "Perception", "0.00"),
    "gap": ("差距", "Gap", "0.00"),
    "weight": ("重要度", "Importance", "0.0"),
    "agent": ("客服工号", "Agent", "General"),
    "checks": ("检查次数", "Checks", "#,##0"),
    "compliant": ("规范次数", "Compliant", "#,##0"),
    "source": ("来源", "Source", "General"),
    "theme": ("主题代码", "Theme code", "General"),
    "theme_zh": ("主题", "Theme (zh)", "General"),
    "theme_en": ("主题（英文）", "Theme", "General"),
    "comments": ("意见条数", "Comments", "#,##0"),
    "positive": ("褒", "Praising", "#,##0"),
    "negative": ("贬", "Fault-finding", "#,##0"),
    "net_sentiment": ("净情感", "Net sentiment", "0.00"),
    "verbatims": ("原话", "In their words", "General"),
    "dictionary": ("词典版本", "Dictionary", "General"),
    "recency_score": ("最近购买分", "Recency score", "0"),
    "frequency_score": ("购买次数分", "Frequency score", "0"),
    "spend_score": ("消费额分", "Spend score", "0"),
    "rfm_group": ("客户群", "Group", "General"),
    "customer_share": ("客户占比", "Share of customers", "0.0%"),
    "revenue_share": ("收入占比", "Share of revenue", "0.0%"),
    "mean_recency_days": ("平均距上次购买天数", "Days since last purchase, mean", "0.0"),
    "mean_frequency": ("平均购买次数", "Purchases, mean", "0.0"),
    "mean_spend": ("平均净消费额", "Net spend, mean", "#,##0"),
    "segment_dim": ("细分维度", "Segment dimension", "General"),
    "segment": ("细分", "Segment", "General"),
    "repeaters": ("复购客户数", "Repeat customers", "#,##0"),
    "alive_share": ("预计仍活跃占比", "Expected alive", "0.0%"),
    "expected_purchases": ("人均预期购买次数", "Expected purchases, mean", "0.00"),
    "expected_spend": ("预期每次金额", "Expected spend per purchase", "#,##0"),
    "value_per_customer": ("人均预测价值", "Predicted value, mean", "#,##0"),
    "total_value": ("预测价值合计", "Predicted value, total", "#,##0"),
    "model": ("模型", "Model", "General"),
    "parameter": ("参数", "Parameter", "General"),
    "estimate": ("估计值", "Estimate", "#,##0.000"),
    "remark": ("说明", "Remark", "General"),
}
VALUES: dict[str, tuple[str, str]] = {  # coded value -> zh, en
    "New": ("新客", "New"),
    "Consistent": ("连续", "Consistent"),
    "Returning": ("回归", "Returning"),
    "Sleeping": ("沉睡", "Sleeping"),
    "category_spend": ("品类总消费", "Category spend"),
    "rank": ("排名估算", "Rank"),
    "above": ("高于上限", "above the upper limit"),
    "below": ("低于下限", "below the lower limit"),
    "inside": ("正常", "inside"),
    "too_few": ("期数太少", "too few periods"),
    "partial": ("未完期间", "not over"),
    "customer": ("客户", "customers"),
    "expert": ("专家", "experts"),
    "reliability": ("可靠性", "Reliability"),
    "responsiveness": ("响应性", "Responsiveness"),
    "assurance": ("保证性", "Assurance"),
    "empathy": ("移情性", "Empathy"),
    "tangibles": ("有形性", "Tangibles"),
    "fewer_checks": ("其余（检查不足 5 次）", "others (fewer than 5 checks)"),
    "solicited": ("问卷征集", "asked for"),
    "unsolicited": ("公开评论", "not asked for"),
    "untagged": ("未归类", "Untagged"),
    **GROUP_NAMES,
    "customers": ("客户数", "customers"),
    "repeaters": ("复购客户数", "repeat customers"),
    "mean_of_all": ("全体平均每次金额", "mean spend of all"),
    "repeat_spend": ("复购客户平均每次金额", "mean spend of repeat customers"),
    "correlation": ("购买次数与每次金额的相关系数", "correlation of purchases and spend"),
    "decile": ("价值十分位", "Tenth by value"),
    "tier": ("客户等级", "Tier"),
    "independent": ("相关接近 0,假设成立", "near 0: the assumption holds"),
    "dependent": ("相关明显,预测价值不可靠", "not near 0: the values are unreliable"),
    "not_identified": ("无法识别", "not identified"),
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
