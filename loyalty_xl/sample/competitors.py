"""What the sample company knows of its competitors: half-yearly scores by its own panel, and one figure from the press."""

from __future__ import annotations

from loyalty_xl.sample.draws import Draws

COMPETITOR_HEADERS = (
    "品牌", "期间", "NPS", "推荐者", "中立者", "贬损者", "样本量", "调查方法", "调查对象", "量表", "来源", "地区",
)  # fmt: skip

_HALVES = ("2024-H1", "2024-H2", "2025-H1", "2025-H2", "2026-H1")
_BRANDS = (("宝源阁", 0.50, 0.17), ("聚珍堂", 0.43, 0.22), ("雅集轩", 0.36, 0.27))  # promoters, detractors
_PRESS = ("云上拍卖平台", "2026-H1", 58.0, "行业周刊")


def competitor_rows() -> list[tuple[object, ...]]:
    """Give the CompetitorNPS sheet: counts where the panel was asked, only a score where the press has one."""
    draws = Draws(909)
    rows: list[tuple[object, ...]] = []
    for half in _HALVES:
        for brand, promoters, detractors in _BRANDS:
            places = (None, "HD") if half == _HALVES[-1] else (None,)
            for region in places:
                n = draws.whole(130, 210) if region is None else draws.whole(45, 70)
                p = round(n * (promoters + draws.uniform(-0.03, 0.03)))
                d = round(n * (detractors + draws.uniform(-0.03, 0.03)))
                rows.append(
                    (
                        brand, half, round(100 * (p - d) / n, 1), p, n - p - d, d, n, "自行调查", "客户", "0-10",
                        "神秘顾客与藏友样本", region,
                    )
                )  # fmt: skip
    brand, half, score, source = _PRESS
    rows.append((brand, half, score, None, None, None, None, "公开数据", "市场", "0-10", source, None))
    return rows
