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
    "brand": ("品牌", "Brand", "General"),
    "nps": ("净推荐值", "NPS", "0.0"),
    "n": ("样本量", "Base", "#,##0"),
    "gap": ("本品牌领先", "Our lead", "+0.0;-0.0;0.0"),
    "rank": ("名次", "Rank", "0"),
    "comparable": ("可比", "Comparable", "General"),
    "figure_of": ("数据所属期间", "Figure of", "General"),
    "method": ("调查方法", "Method", "General"),
    "population": ("调查对象", "Population", "General"),
    "scale": ("量表", "Scale", "General"),
    "source": ("来源", "Source", "General"),
    "survey_type": ("问卷类型", "Survey type", "General"),
    "touchpoint": ("触点", "Touchpoint", "General"),
    "stage": ("客户阶段", "Stage", "General"),
    "nps_answers": ("推荐题答卷", "NPS answers", "#,##0"),
    "csat_answers": ("满意度题答卷", "CSAT answers", "#,##0"),
    "csat": ("满意度均值", "CSAT", "0.00"),
    "csat_index": ("满意度指数", "CSAT index", "0.0"),
    "note": ("备注", "Note", "General"),
    "version": ("问卷版本", "Version", "General"),
    "item": ("题目", "Question", "General"),
    "returned_answers": ("回收答卷", "Questionnaires", "#,##0"),
    "rated": ("已答", "Answered", "#,##0"),
    "non_response": ("未答率", "Non-response", "0.0%"),
    "dont_know": ("不清楚比例", "Don't know", "0.0%"),
    "outcome": ("关联对象", "Goes with", "General"),
    "answers": ("答卷数", "Answers", "#,##0"),
    "importance": ("重要性(等级相关)", "Importance (rank correlation)", "0.00"),
    "low": ("95% 下限", "95 % from", "0.00"),
    "high": ("95% 上限", "95 % to", "0.00"),
    "performance": ("表现(0–100)", "Performance (0 to 100)", "0.0"),
    "quadrant": ("象限", "Quadrant", "General"),
    "closest_item": ("最接近的题", "Closest question", "General"),
    "closest_correlation": ("与它的相关", "Correlation with it", "0.00"),
    "question_group": ("题组", "Questions", "General"),
    "alpha": ("α(原始)", "Alpha (raw)", "0.00"),
    "standardised_alpha": ("α(标准化)", "Alpha (standardised)", "0.00"),
    "inter_item_correlation": ("题间平均相关", "Mean inter-item correlation", "0.00"),
    "item_total_correlation": ("与其余题之和的相关", "Item-total correlation", "0.00"),
    "alpha_without": ("去掉该题后的 α", "Alpha without it", "0.00"),
    "inter_item_note": ("题间相关备注", "Note on correlation", "General"),
}
VALUES: dict[str, tuple[str, str]] = {  # coded value -> zh, en
    "New": ("新客", "New"),
    "Consistent": ("连续", "Consistent"),
    "Returning": ("回归", "Returning"),
    "Sleeping": ("沉睡", "Sleeping"),
    "own_brand": ("本品牌", "Our brand"),
    "own_panel": ("自行调查", "own panel"),
    "syndicated": ("联合调查", "syndicated"),
    "public": ("公开数据", "published"),
    "market": ("市场", "market"),
    "customers": ("该品牌客户", "its customers"),
    "relationship": ("关系型", "relationship"),
    "transactional": ("交易型", "transactional"),
    "every_one": ("全部", "all"),
    "not_stated": ("未注明", "not stated"),
    "prospect": ("潜在", "prospect"),
    "new": ("新客", "new"),
    "active": ("活跃", "active"),
    "lapsed": ("久未购买", "lapsed"),
    "low_base": ("样本少", "low base"),
    "changed_wording": ("题目措辞有变,不合并", "wording changed: not pooled"),
    "all_items": ("全部题目", "all questions"),
    "recommend_score": ("推荐意愿", "recommendation"),
    "csat_overall": ("总体满意度", "overall satisfaction"),
    "csat_product": ("产品质量满意度", "satisfaction: product"),
    "csat_aftersales": ("售后满意度", "satisfaction: after-sales"),
    "csat_purchase": ("购买过程满意度", "satisfaction: purchase"),
    **{f"brand_image_{number}": (f"品牌形象{number}", f"brand image {number}") for number in range(1, 6)},
    "repurchase_intent": ("复购意愿", "intention to buy again"),
    "improve_first": ("优先改进", "improve first"),
    "keep_up": ("继续保持", "keep up the good work"),
    "low_priority": ("次要", "low priority"),
    "possible_overkill": ("可能投入过多", "possible overkill"),
    "under_ten_an_item": ("答卷不足题数的 10 倍", "fewer than 10 answers per question"),
    "all_the_same": ("答案全部相同", "all answers are the same"),
    "moves_with_another": (
        "与另一题同升同降,重要性难以分开",
        "moves with another question: their importance cannot be told apart",
    ),
    "satisfaction": ("满意度", "satisfaction"),
    "brand_image": ("品牌形象", "brand image"),
    "under_two_items": ("不足两题", "fewer than two questions"),
    "too_few_answers": ("答卷太少", "too few answers"),
    "alpha_low": ("低于 0.70:不宜合成一个分数", "below 0.70: not to be averaged into one score"),
    "alpha_very_high": ("高于 0.95:题目重复", "above 0.95: the questions repeat each other"),
    "items_loose": ("题间相关低于 0.15:问的不是一件事", "below 0.15: the questions ask different things"),
    "items_close": ("题间相关高于 0.50:题目相近", "above 0.50: the questions are much alike"),
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
