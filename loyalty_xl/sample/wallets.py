"""What the sample's customers spend on antiques, here and elsewhere, and the rates of the currencies dealers quote in."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from loyalty_xl.sample.days import LAST_DAY, months
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.orders import Line

WALLET_HEADERS = (
    "客户编号", "期间", "品类总消费", "本公司消费", "我司排名", "品牌数", "主要竞争对手", "竞争对手消费", "原因", "来源", "询问日期",
)  # fmt: skip
RATE_HEADERS = ("日期", "币种", "汇率")

ASKED_SINCE = date(2026, 1, 1)
ASKED_EACH_MONTH = 70
_RIVALS = (("德宝堂", 0.4), ("雅集拍卖", 0.35), ("线上直播间", 0.25))
_REASONS = (("价格", 0.4), ("藏品更多", 0.3), ("鉴定服务", 0.2), ("离得近", 0.1))
_RATES = {"USD": 7.2, "HKD": 0.92, "EUR": 7.8}


def wallet_rows(lines: list[Line]) -> list[tuple[object, ...]]:
    """Give the ShareOfWallet sheet: each month of 2026 some of that month's buyers were asked by telephone."""
    draws = Draws(909)
    rows: list[tuple[object, ...]] = []
    for first, last in months():
        if first < ASKED_SINCE:
            continue
        spent: dict[str, int] = defaultdict(int)
        for line in lines:
            if line.customer_id and first <= line.order_date <= last:
                spent[line.customer_id] += line.amount
        buyers = sorted(customer_id for customer_id, amount in spent.items() if amount > 0)
        asked = [customer_id for customer_id in buyers if draws.chance(ASKED_EACH_MONTH / len(buyers))]
        for customer_id in asked:
            rows.append(_wallet(customer_id, f"{first:%Y-%m}", spent[customer_id], last, draws))
    return rows


def _wallet(customer_id: str, period: str, own: int, last: date, draws: Draws) -> tuple[object, ...]:
    """One customer's answer: most know what they spent elsewhere, some only how they rank us."""
    rival, reason = draws.weighted(_RIVALS), draws.weighted(_REASONS)
    elsewhere = round(own * draws.uniform(0.2, 1.6), -2)
    only_rank, only_here = draws.chance(0.1), draws.chance(0.15)
    brands, place = draws.whole(2, 4), draws.weighted(((1, 0.6), (2, 0.4)))
    said = own if draws.chance(0.3) else None
    on = min(last + timedelta(draws.whole(1, 12)), LAST_DAY)
    if only_rank:
        return (customer_id, period, None, None, place, brands, rival, None, reason, "问卷", on)
    if only_here:
        return (customer_id, period, own, said, 1, 1, None, None, None, "问卷", on)
    return (
        customer_id,
        period,
        own + elsewhere,
        said,
        None,
        None,
        rival,
        round(elsewhere * 0.7, -2),
        reason,
        "问卷",
        on,
    )


def rate_rows() -> list[tuple[object, ...]]:
    """Give the FxRates sheet: the rate of the first of each month."""
    draws = Draws(910)
    return [
        (first, currency, round(rate * draws.uniform(0.97, 1.03), 4))
        for first, _ in months()
        for currency, rate in _RATES.items()
    ]
