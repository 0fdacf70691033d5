"""What the sample company charges, and what the market does meanwhile.

Porcelain rose everywhere, painting in one region only, so that buyers elsewhere can be compared. Appraisal follows its market to the
cent: how customers would take a dearer appraisal cannot be told from it.
"""

from __future__ import annotations

import math
from datetime import date

from loyalty_xl.sample.days import MONTH_WEIGHT, months
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.products import APPRAISAL, FURNITURE, JADE, PAINTING, PORCELAIN

CHANGE_HEADERS = (
    "change_id", "product_id", "product_type", "region_id", "effective_on", "old_price", "new_price", "reason",
    "announced_on", "promo",
)  # fmt: skip
INDEX_HEADERS = ("产品类型", "月份", "价格指数", "销量指数", "基期", "来源")

_SOURCE = "拍卖成交价格月报"
_DRIFT = {PORCELAIN: 0.004, PAINTING: -0.002, JADE: 0.006, FURNITURE: 0.001}  # a month
_SWING = {PORCELAIN: 0.03, PAINTING: 0.05, JADE: 0.04, FURNITURE: 0.025}
_RAISED = (date(2025, 3, 1), date(2026, 3, 1))  # when everyone's price of an appraisal rose by 4 %


def change_rows() -> list[tuple[object, ...]]:
    """Give the PriceChanges sheet: rises of a type, of a region, of one product, a promotion, and one that is still to come."""
    return [
        ("TJ-01", None, JADE, "HD", date(2024, 8, 1), 3900, 4200, "籽料涨价", date(2024, 7, 15), "N"),
        ("TJ-02", None, PORCELAIN, None, date(2025, 3, 1), 5200, 5410, "年度调价", date(2025, 2, 10), "N"),
        ("TJ-03", None, PAINTING, "HD", date(2025, 9, 1), 5600, 5900, "名家作品紧缺", date(2025, 8, 18), "N"),
        ("TJ-04", None, PAINTING, "HB", date(2025, 11, 1), 5600, 5040, "双十一", date(2025, 10, 25), "Y"),
        ("TJ-05", None, PAINTING, "HB", date(2025, 12, 1), 5040, 5600, "双十一结束", None, "Y"),
        ("TJ-06", None, PORCELAIN, None, date(2026, 3, 1), 5410, 5630, "年度调价", date(2026, 2, 12), "N"),
        ("TJ-07", "YQ-003", None, None, date(2026, 3, 1), 13800, 14350, "年度调价", date(2026, 2, 12), "N"),
        ("TJ-08", None, JADE, "HN", date(2026, 7, 15), 3900, 4060, "籽料涨价", date(2026, 7, 1), "N"),
        ("TJ-09", None, FURNITURE, None, date(2026, 9, 1), 11800, 12400, "木料涨价", date(2026, 7, 20), "N"),
    ]


def index_rows() -> list[tuple[object, ...]]:
    """Give the MarketIndex sheet: every product type and month, national, January 2024 = 100."""
    draws = Draws(909)
    rows: list[tuple[object, ...]] = []
    for number, (first, _) in enumerate(months()):
        for kind, drift in _DRIFT.items():
            swing = 1 + _SWING[kind] * (math.sin(number / 2.7 + len(rows)) + draws.uniform(-0.5, 0.5)) / 1.5
            price = 100.0 if not number else round(100 * (1 + drift) ** number * swing, 2)
            volume = round(100 * MONTH_WEIGHT[first.month - 1] * draws.uniform(0.92, 1.08), 1)
            rows.append((kind, f"{first:%Y-%m}", price, volume, "2024-01", _SOURCE))
        fee = round(100 * 1.04 ** sum(first >= day for day in _RAISED), 2)
        rows.append(
            (APPRAISAL, f"{first:%Y-%m}", fee, round(100 * draws.uniform(0.95, 1.05), 1), "2024-01", "行业协会")
        )
    return rows
