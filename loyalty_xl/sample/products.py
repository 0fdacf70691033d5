"""What the sample company sells, where, and what selling costs."""

from __future__ import annotations

from typing import NamedTuple

from loyalty_xl.sample.days import months
from loyalty_xl.sample.draws import Draws

PORCELAIN, PAINTING, JADE, FURNITURE, APPRAISAL = "瓷器", "书画", "玉器", "家具", "鉴定服务"

REGIONS = {"HD": "华东", "HB": "华北", "HN": "华南", "XN": "西南"}
REGION_WEIGHTS = (("HD", 0.38), ("HB", 0.27), ("HN", 0.22), ("XN", 0.13))

CYCLE_DAYS = {PORCELAIN: 120, PAINTING: 180, JADE: 90, FURNITURE: 300, APPRAISAL: 60}
CHURN_WINDOW_DAYS = 365
MARGIN = {PORCELAIN: 0.42, PAINTING: 0.48, JADE: 0.38, FURNITURE: 0.35, APPRAISAL: 0.7}


class Product(NamedTuple):
    """A line of the price list; `price` is that of 2024."""

    product_id: str
    name: str
    product_type: str
    price: int
    active: bool = True

    @property
    def is_service(self) -> bool:
        """Say whether it is work, not a piece."""
        return self.product_type == APPRAISAL


_NAMES = {
    PORCELAIN: (
        ("青花小罐", 2600), ("青花缠枝莲盘", 4800), ("粉彩花鸟碗", 6200), ("粉彩百子瓶", 15800),
        ("霁蓝釉梅瓶", 9800), ("斗彩鸡缸杯(仿)", 1800),
        ("白瓷观音像", 5200), ("青瓷莲瓣碗", 3600), ("紫砂提梁壶", 4200), ("茶叶末釉赏瓶", 12800), ("红釉笔洗", 2900),
    ),
    PAINTING: (
        ("山水立轴", 9800), ("花鸟册页", 5600), ("行书对联", 3200), ("草书手卷", 7400), ("拓片一组", 1500),
        ("扇面小品", 1200),
        ("人物画屏", 16800), ("信札一通", 2400),
    ),
    JADE: (
        ("和田玉平安扣", 2200), ("和田玉籽料", 8600), ("翡翠手镯", 13800), ("玉观音吊坠", 3900), ("玉兽镇纸", 2800),
        ("玛瑙鼻烟壶", 1900),
        ("岫玉摆件", 1100), ("白玉带钩", 6400),
    ),
    FURNITURE: (
        ("榆木圈椅", 5800), ("黄花梨小箱", 19800), ("红木书案", 15600), ("榉木四件柜", 22800), ("紫檀笔筒", 4600),
        ("老挝红酸枝茶台", 11800),
    ),
    APPRAISAL: (("单件鉴定", 380), ("成套鉴定", 1600), ("上门鉴定", 1200), ("藏品估价报告", 2800)),
}  # fmt: skip
_LETTER = {PORCELAIN: "CQ", PAINTING: "SH", JADE: "YQ", FURNITURE: "JJ", APPRAISAL: "JD"}

PRODUCTS = tuple(
    Product(f"{_LETTER[kind]}-{number:03d}", name, kind, price, active=name != "拓片一组")
    for kind, items in _NAMES.items()
    for number, (name, price) in enumerate(items, start=1)
)
MASTERPIECE = Product("CQ-900", "清中期青花缠枝莲纹赏瓶", PORCELAIN, 3_280_000, active=False)  # sold once
BY_TYPE = {kind: tuple(product for product in PRODUCTS if product.product_type == kind) for kind in _NAMES}

PRODUCT_HEADERS = (
    "product_id", "name", "product_type", "is_service", "purchase_cycle_days", "churn_window_days", "margin_rate",
    "active",
)  # fmt: skip
REGION_HEADERS = ("region_id", "name", "parent", "level")
COST_HEADERS = ("period", "region_id", "cost", "cost_type")

_MONTHLY_COST = {"acquisition": 26_000, "retention": 14_000, "overhead": 9_000}


def product_rows() -> list[tuple[object, ...]]:
    """Give the Products sheet."""
    return [
        (
            product.product_id, product.name, product.product_type, "Y" if product.is_service else "N",
            CYCLE_DAYS[product.product_type], CHURN_WINDOW_DAYS, MARGIN[product.product_type],
            "Y" if product.active else "N",
        )
        for product in (*PRODUCTS, MASTERPIECE)
    ]  # fmt: skip


def region_rows() -> list[tuple[object, ...]]:
    """Give the Regions sheet; parent and level are left blank."""
    return [(region_id, name, None, None) for region_id, name in REGIONS.items()]


def cost_rows() -> list[tuple[object, ...]]:
    """Give the SalesCosts sheet: every month, region and kind of cost."""
    draws = Draws(505)
    return [
        (f"{first:%Y-%m}", region_id, round(cost * 4 * weight * draws.uniform(0.9, 1.12), -1), cost_type)
        for first, _ in months()
        for region_id, weight in REGION_WEIGHTS
        for cost_type, cost in _MONTHLY_COST.items()
    ]
