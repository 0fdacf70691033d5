"""Worksheet functions of wallets, revenue retention, lifetime value and acquisition cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl import catalogue, library
from loyalty_xl.catalogue import Sum, Withheld
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.cell_errors import bad_setting, without_value
from loyalty_xl.formulas.frames import Bought, Span
from loyalty_xl.formulas.function import (
    CYCLES,
    FUNCTIONS,
    INCLUDE,
    Argument,
    Function,
    Kind,
    function,
    setting_argument,
    word_of,
)
from loyalty_xl.formulas.kpi_functions import AMOUNTS, CHURN_DAYS, DATES, END, IDS, START, column
from loyalty_xl.kpis.value import margins_to_come, net_lifetime_value
from loyalty_xl.kpis.wallet import allocated
from loyalty_xl.preparing.costs import spread_costs
from loyalty_xl.rows.ready import Ready
from loyalty_xl.turns import periods_between
from loyalty_xl.vocabulary import ALL, Calendar, Cycle, Reason

if TYPE_CHECKING:
    from datetime import date

    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

CYCLE = Argument(
    "cycle",
    Kind.WORD,
    "周期:month 月、quarter 季、half_year 半年、year 年",
    "cycle: month, quarter, half_year, year",
    default="month",
)
WALLET_IDS = column(
    "wallet_ids", "ShareOfWallet.customer_id", "品类总消费已知的客户", "customers whose wallet is known"
)
PERIODS = column("periods", "ShareOfWallet.period", "每行的期间", "period of each row")
CATEGORY = column(
    "category_spend", "ShareOfWallet.category_spend", "每位客户的品类总消费", "total category spend of each customer"
)
OWN = column("own_spend", "ShareOfWallet.own_spend", "每位客户在本公司的消费", "spend with us of each customer")
REST = {
    "ranks": ("rank", "本公司在客户心中的名次", "our place among the customer's brands"),
    "brands": ("brands", "客户使用的品牌数", "how many brands the customer buys"),
    "competitors": ("main_competitor", "主要竞争对手", "main competitor of each customer"),
    "reasons": ("reason", "选择竞争对手的原因", "why the customer buys there"),
    "competitor_spend": ("competitor_spend", "在竞争对手的消费", "what the customer spent there"),
}
ANNUAL_REVENUE = Argument("annual_revenue", Kind.NUMBER, "平均每年净收入", "average annual net revenue of a customer")
YEARS = Argument("years", Kind.NUMBER, "客户关系年数", "years of the relationship")
COST = Argument("acquisition_cost", Kind.NUMBER, "获客成本", "what it cost to win a customer")
ANNUAL_MARGIN = Argument("annual_margin", Kind.NUMBER, "每位客户每年毛利", "yearly margin of a customer")
STAYING = Argument("retention_rate", Kind.NUMBER, "年留存率(0 到 1)", "yearly retention rate, 0 to 1")
MONTHLY = Argument("monthly_margin", Kind.NUMBER, "新客平均每月毛利", "monthly margin of a new customer")
DISCOUNT = setting_argument("discount_rate_annual", "discount_rate")
MOST_YEARS = setting_argument("clv_max_years", "max_years")


def _rest(name: str, **more: Any) -> Argument:
    field, zh, en = REST[name]
    return column(name, f"ShareOfWallet.{field}", zh, en, blank_counts=True, **more)


def _share(own_spend: np.ndarray, category_spend: np.ndarray, settings: Settings) -> float:
    size = len(own_spend)
    rows = frames.columns(known=np.ones(size, np.bool_), own=own_spend, category=category_spend, in_base=np.ones(size))
    return frames.value("share_of_wallet", lambda _: rows, settings)


def _coverage(wallet_ids: np.ndarray, end: date, settings: Settings, **given: Any) -> float:
    """Known wallets count for customers who are in the base."""
    bought = Bought(given["customer_ids"], frames.days_of(given["dates"]))
    rows = bought.rows(settings, Span((end,)))
    base = rows("customer_turns").filter(nw.col("in_base_at_end"))["who"].to_list()
    names = pd.factorize(given["customer_ids"])[1]
    asked = set(wallet_ids.tolist())
    known = sum(names[who] in asked for who in base)
    found = frames.columns(
        known=np.ones(known, np.bool_), in_base=np.ones(known), own=np.zeros(known), category=np.zeros(known)
    )
    return frames.value("wallet_coverage", lambda kind: found if kind == "wallets" else rows(kind), settings)


def _revenue_kept(key: str, start: date, end: date, settings: Settings, **given: Any) -> float:
    """A period's revenue against that of the period as long before it."""
    frames.in_order(("start", start), ("end", end))
    first = frames.shifted(start, end, -2)
    bought = Bought(given["customer_ids"], frames.days_of(given["dates"]), None, given["amounts"])
    return frames.value(key, bought.rows(settings, Span((first, start, end), 2, previous=0)), settings)


def _net(annual_revenue: float, years: float, acquisition_cost: float, settings: Settings) -> float:  # noqa: ARG001
    if years < 0:
        raise bad_setting("years 不能小于 0", "years must not be below 0")
    return net_lifetime_value(annual_revenue, years, acquisition_cost)


def _to_come(annual_margin: float, retention_rate: float, settings: Settings) -> float:
    if not 0 <= retention_rate <= 1:
        raise bad_setting("retention_rate 应在 0 到 1 之间", "retention_rate must lie between 0 and 1")
    return margins_to_come(annual_margin, retention_rate, settings.discount_rate_annual, settings.clv_max_years)


def _discounted(annual_margin: float, retention_rate: float, acquisition_cost: float, settings: Settings) -> float:
    return _to_come(annual_margin, retention_rate, settings) - acquisition_cost


def _over_cost(annual_margin: float, retention_rate: float, acquisition_cost: float, settings: Settings) -> float:
    return _quotient(_to_come(annual_margin, retention_rate, settings), acquisition_cost)


def _payback(acquisition_cost: float, monthly_margin: float, settings: Settings) -> float:  # noqa: ARG001
    if acquisition_cost <= 0 or monthly_margin <= 0:
        raise without_value(Reason.NO_DENOMINATOR)
    return _quotient(acquisition_cost, monthly_margin)


def _quotient(over: float, under: float) -> float:
    try:
        return float(Sum(over) / under)
    except Withheld as withheld:
        raise without_value(withheld.reason) from None


def _allocated(rank: float, brands: float) -> float:
    if not 1 <= rank <= brands:
        raise bad_setting("rank 应在 1 到 brands 之间", "rank must lie between 1 and brands")
    return allocated(rank, brands)


def _spilled(key: str, ready: Ready, periods: list[Period], settings: Settings) -> list[list[Any]]:
    each = catalogue.LISTINGS[key]
    return [
        list(each.columns),
        *([row[name] for name in each.columns] for row in each.function(ready, settings, periods)),
    ]


def _wallets(key: str, periods: np.ndarray, settings: Settings, **given: Any) -> list[list[Any]]:
    parsed = [Calendar().parse(str(each)) for each in periods.tolist()]
    if not parsed or any(each is None for each in parsed):
        raise without_value(Reason.NO_DATA)
    known = [each for each in parsed if each is not None]
    made: dict[str, Any] = {
        "wallet": np.arange(len(known)),
        "customer": np.arange(len(known)),
        "first": [each.first for each in known],
        "final": [each.stop - 1 for each in known],
    }
    for name in ("category", "own", "rank", "brands", "competitor_spend"):
        values = given.get({"category": "category_spend", "own": "own_spend", "rank": "ranks"}.get(name, name))
        numbers = np.full(len(known), np.nan) if values is None else values
        made[name], made[f"{name}_given"] = np.nan_to_num(numbers), (~np.isnan(numbers)).astype(np.int64)
    for name in ("competitor", "reason"):
        texts = given.get(f"{name}s")
        made[name] = [str(each or "") for each in texts] if texts is not None else [""] * len(known)
    ready = _ready(wallets=pd.DataFrame(made))
    distinct = sorted(set(known), key=lambda each: (each.first, each.stop))
    return _spilled(key, ready, distinct, settings)


def _ready(**made: pd.DataFrame) -> Ready:
    native = {name: nw.from_native(frame, eager_only=True) for name, frame in made.items()}
    return Ready(native, 0, 0, dict.fromkeys(made, ("all",)), (("all", ALL),))


def _dated(cycle: Any, settings: Settings, **given: Any) -> tuple[Ready, list[Period]]:
    """Order rows with calendar months, and the periods of the cycle that they span."""
    days = frames.days_of(given["dates"])
    if not len(days):
        raise without_value(Reason.NO_DATA)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    ready = Bought(given["customer_ids"], days, None, given.get("amounts")).ready(settings, Span())
    orders = ready["orders"].with_columns(nw.new_series("month", months, backend="pandas"))
    made = replace(
        ready, frames={**ready.frames, "orders": orders}, last_month=int(months.max()), as_of=int(days.max()) + 1
    )
    kind = Cycle(word_of(cycle, CYCLES, "cycle"))
    return made, periods_between(kind, int(months.min()), int(months.max()), Calendar())


def _bridge(cycle: Any, settings: Settings, **given: Any) -> list[list[Any]]:
    ready, periods = _dated(cycle, settings, **given)
    return _spilled("revenue_bridge", ready, periods, settings)


def _by_channel(
    starts: np.ndarray, ends: np.ndarray, channels: np.ndarray, costs: np.ndarray, attributed_new: np.ndarray,
    cycle: Any, settings: Settings, **given: Any,
) -> list[list[Any]]:  # fmt: skip
    ready, periods = _dated(cycle, settings, **given)
    size = len(starts)
    blank = pd.Categorical([None] * size)
    campaigns = pd.DataFrame(
        {
            "start": pd.Series(starts).astype("datetime64[s]"), "end": pd.Series(ends).astype("datetime64[s]"), "cost": costs,
            "channel": pd.Categorical(channels), "attributed_new": attributed_new, "region_id": blank,
            "cost_type": pd.Categorical(["acquisition"] * size),
        }
    )  # fmt: skip
    until = (np.datetime64(ready.as_of, "D")).astype(object) + timedelta(days=3660)
    spread = spread_costs({"Campaigns": campaigns}, None, Calendar(), until)[0]
    both = replace(ready, frames={**ready.frames, "costs": nw.from_native(spread, eager_only=True)})
    return _spilled("cac_by_channel", both, periods, settings)


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_CLV" in FUNCTIONS:
        return
    known = library.load()
    orders = (replace(IDS, block=1), replace(DATES, block=1))
    shapes: dict[str, tuple[Any, tuple[Argument, ...]]] = {
        "share_of_wallet": (_share, (OWN, CATEGORY, INCLUDE)),
        "wallet_coverage": (_coverage, (WALLET_IDS, *orders, END, CHURN_DAYS, INCLUDE)),
        "clv": (_net, (ANNUAL_REVENUE, YEARS, COST)),
        "discounted_clv": (_discounted, (ANNUAL_MARGIN, STAYING, COST, DISCOUNT, MOST_YEARS)),
        "clv_to_cac": (_over_cost, (ANNUAL_MARGIN, STAYING, COST, DISCOUNT, MOST_YEARS)),
        "cac_payback_months": (_payback, (COST, MONTHLY)),
    }
    for key in ("gross_revenue_retention", "net_revenue_retention"):
        shapes[key] = (_keyed(_revenue_kept, key), (IDS, DATES, AMOUNTS, START, END, INCLUDE))
    for key, (answer, arguments) in shapes.items():
        kpi = known[key]
        title = kpi.title if kpi.title.startswith(kpi.en) else f"{kpi.en}. {kpi.title}"
        function(
            Function(kpi.worksheet_name, arguments, answer, f"{kpi.zh}:{kpi.says}", title, kpi.dimension.value, key)
        )
    campaign = (
        column("starts", "Campaigns.start", "每项活动的开始日期", "first day of each campaign"),
        column("ends", "Campaigns.end", "每项活动的结束日期,空白为当天", "last day of each campaign; blank is the same day", blank_counts=True),
        column("channels", "Campaigns.channel", "每项活动的渠道", "channel of each campaign", blank_counts=True),
        column("costs", "Campaigns.cost", "每项活动的费用", "cost of each campaign"),
        column("attributed_new", "Campaigns.attributed_new", "归因的新客数,空白为没有归因", "new customers ascribed to it; blank is none named", blank_counts=True),
    )  # fmt: skip
    tables: dict[str, tuple[Any, tuple[Argument, ...]]] = {
        "wallet_shares": (
            _keyed(_wallets, "wallet_shares"),
            (PERIODS, replace(CATEGORY, blank_counts=True), replace(OWN, blank_counts=True), _rest("ranks"), _rest("brands"), INCLUDE),
        ),
        "wallet_competitors": (
            _keyed(_wallets, "wallet_competitors"),
            (PERIODS, _rest("competitors"), _rest("reasons"), _rest("competitor_spend", default=None), INCLUDE),
        ),
        "revenue_bridge": (_bridge, (IDS, DATES, AMOUNTS, CYCLE, INCLUDE)),
        "cac_by_channel": (_by_channel, (*campaign, *orders, CYCLE, INCLUDE)),
    }  # fmt: skip
    for key, (answer, arguments) in tables.items():
        each = catalogue.LISTINGS[key]
        english = f"{each.en} (a table with a header row). {each.title}"
        function(
            Function(
                each.worksheet_name, arguments, answer, f"{each.zh}(表,含标题行)", english, "tables", key, table=True
            )
        )
    rank = Argument("rank", Kind.NUMBER, "名次;并列用平均名次", "our place; where places are shared, their average")
    brands = Argument("brands", Kind.NUMBER, "品牌数", "number of brands")
    function(
        Function(
            "LOYALTY_WALLET_ALLOCATION",
            (rank, brands),
            _allocated,
            "钱包分配法则:只知道排名时对客户份额的估算",
            "Wallet Allocation Rule: share of wallet estimated from rank and number of brands. [share, 0 to 1]",
            "behaviour",
        )
    )


def _keyed(answer: Any, key: str) -> Any:
    return lambda **given: answer(key, **given)


__all__ = ["declare"]
