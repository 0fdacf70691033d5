"""How the columns and coded values of tables read to people, in zh and en."""

from __future__ import annotations

from typing import Any

from loyalty_xl.books.places import in_language

JOINT = " · "  # between several coded values of one cell
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
    # price
    "change_id": ("调价编号", "Price change", "General"),
    "goods": ("商品或类型", "Product or type", "General"),
    "where": ("地区", "Region", "General"),
    "effective_on": ("生效日期", "Effective on", "General"),
    "price_change": ("价格变动", "Price change, %", "0.0%"),
    "market_change": ("市场价格变动", "Market price change, %", "0.0%"),
    "old_price": ("原价", "Old price", "#,##0.00"),
    "new_price": ("新价", "New price", "#,##0.00"),
    "index_before": ("调价前市场指数", "Market index before", "0.000"),
    "index_after": ("调价后市场指数", "Market index after", "0.000"),
    "pieces_before": ("调价前件数", "Pieces before", "#,##0"),
    "pieces_after": ("调价后件数", "Pieces after", "#,##0"),
    "active_before": ("调价前活跃客户", "Active customers before", "#,##0"),
    "active_after": ("调价后活跃客户", "Active customers after", "#,##0"),
    "money_elasticity": ("名义弹性", "Money elasticity", "0.00"),
    "real_elasticity": ("实际弹性(剔除市场)", "Real elasticity (market removed)", "0.00"),
    "year_before_ratio": ("上年同期销量之比", "Pieces after / before, a year earlier", "0.00"),
    "kept_share": ("继续购买率", "Kept buying", "0.0%"),
    "control_share": ("对照继续购买率", "Kept buying, control", "0.0%"),
    "kept_difference": ("与对照之差", "Against control", "0.0%"),
    "price_note": ("说明", "Note", "General"),
    "segment_dim": ("细分维度", "Segment by", "General"),
    "segment": ("细分", "Segment", "General"),
    "price_elasticity": ("价格弹性", "Price elasticity", "0.00"),
    "low": ("下限", "Low", "0.00"),
    "high": ("上限", "High", "0.00"),
    "months_used": ("所用月份数(各类型各地区合计)", "Months used (of all types and regions)", "#,##0"),
    "price_levels": ("价格档数", "Price levels", "#,##0"),
    "price_variation": ("价格变异系数", "Variation of the price", "0.0%"),
    "r2": ("解释比例 R²", "R²", "0.00"),
    "zero_month_share": ("无销售月份占比", "Months without a sale", "0.0%"),
    "index_bridged": ("指数插补的月份数", "Months with a bridged index", "#,##0"),
    "identified": ("可识别", "Identified", "General"),
    "slope_note": ("原因或提醒", "Why not, or a warning", "General"),
}
VALUES: dict[str, tuple[str, str]] = {  # coded value -> zh, en
    "New": ("新客", "New"),
    "Consistent": ("连续", "Consistent"),
    "Returning": ("回归", "Returning"),
    "Sleeping": ("沉睡", "Sleeping"),
    # price
    "maturing": ("观察期未满", "window not over yet"),
    "insufficient_history": ("调价前数据不足一个观察期", "less than a window of data before it"),
    "no_sales_around": ("前后均无销售", "nothing sold before or after"),
    "no_index": ("市场指数不全,只有名义弹性", "market index incomplete: money elasticity only"),
    "promotion": ("有促销", "promotion"),
    "maybe_sold_out": ("可能缺货", "may have been sold out"),
    "other_change": ("观察期内同类商品另有调价", "another change of the same goods within the windows"),
    "small_change": ("实际价格变动不足 2%,弹性不稳定", "real price moved by less than 2 %: unstable"),
    "no_months": ("没有同时具备销售、价格和市场指数的月份", "no month with sales, a price and a market index"),
    "few_price_levels": ("价格档数不足,无法识别", "too few different prices to tell"),
    "steady_price": (
        "剔除市场后价格几乎未变(变异系数低于 2%),无法识别",
        "the price hardly moved against the market (variation under 2 %)",
    ),
    "few_rows": (
        "月份太少,或价格只随其他因素变动,无法识别",
        "too few months, or the price moved only with something else",
    ),
    "positive_slope": (
        "弹性为正:价格与销量同升,可能有其他原因(缺货、升级、需求推高价格)",
        "positive: price and demand rose together; look for another cause (scarcity, better goods, demand that drove the price)",
    ),
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
    if isinstance(value, str) and JOINT in value and (parts := value.split(JOINT))[0] in VALUES:
        return JOINT.join(str(value_text(part, language)) for part in parts)
    return in_language(*VALUES[value], language) if isinstance(value, str) and value in VALUES else value
