"""What the customers of the sample company bought, line by line, and what they sent back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

from loyalty_xl.sample.customers import Person
from loyalty_xl.sample.days import FIRST_DAY, LAST_DAY, busy_days_until, day_at
from loyalty_xl.sample.draws import Draws
from loyalty_xl.sample.products import (
    APPRAISAL,
    BY_TYPE,
    FURNITURE,
    JADE,
    MASTERPIECE,
    PAINTING,
    PORCELAIN,
    REGION_WEIGHTS,
    Product,
)  # fmt: skip

ORDER_HEADERS = (
    "order_id", "line_no", "customer_id", "order_date", "product_id", "quantity", "unit_price", "amount", "discount",
    "currency", "order_type", "original_order_id", "region_id", "is_imputed", "imputation_ref",
)  # fmt: skip
CORRECTION_HEADERS = (
    "ref", "sheet", "row_key", "field", "old_value", "new_value", "kind", "method", "basis", "witness", "author",
    "on", "agreed_by_depts",
)  # fmt: skip

MASTERPIECE_SOLD_ON = date(2026, 5, 16)
ANONYMOUS_ORDERS = 110
_TASTES = ((PORCELAIN, 0.34), (PAINTING, 0.22), (JADE, 0.24), (FURNITURE, 0.07), (APPRAISAL, 0.13))
_LEAVES_MORE = {"HD": 0.85, "HB": 1.0, "HN": 1.5, "XN": 1.05}  # the south keeps its customers worst
_PRICE_RISE = 1.04  # every first of March


@dataclass(frozen=True)
class Line:
    """A line of an order."""

    order_id: str
    line_no: int
    customer_id: str  # "" = anonymous
    order_date: date
    product: Product
    quantity: int
    unit_price: int
    discount: int
    order_type: str
    region_id: str
    original_order_id: str = ""
    imputation_ref: str = ""

    @property
    def amount(self) -> int:
        """Give what is paid."""
        return self.quantity * self.unit_price - self.discount

    def row(self) -> tuple[object, ...]:
        """Give the row of the Orders sheet."""
        return (
            self.order_id, self.line_no, self.customer_id, self.order_date.isoformat(), self.product.product_id,
            self.quantity,
            f"{self.unit_price:.2f}", f"{self.amount:.2f}", f"{self.discount:.2f}", "CNY", self.order_type,
            self.original_order_id,
            self.region_id, "是" if self.imputation_ref else "否", self.imputation_ref,
        )  # fmt: skip


@dataclass(frozen=True)
class _Purchase:
    """An occasion before it has a number."""

    on: date
    customer_id: str
    region_id: str
    taste: str


def _purchases(people: list[Person], draws: Draws) -> list[_Purchase]:
    found = []
    for person in people:
        on = person.first_order_on
        if on is None:
            continue
        taste = draws.weighted(_TASTES)
        at = busy_days_until(on)
        while on is not None:
            region_id = draws.weighted(REGION_WEIGHTS) if draws.chance(0.015) else person.region_id
            found.append(_Purchase(on, person.customer_id, region_id, taste))
            if draws.chance(min(0.95, person.habit.leaves * _LEAVES_MORE[person.region_id])):
                break
            at = max(at + draws.waiting(person.habit.gap_days * (0.6 if person.kind == "b2b" else 1.0)), at + 1)
            on = day_at(at)
    length = float((LAST_DAY - FIRST_DAY).days)
    anonymous_on = [day_at(draws.uniform(0, length)) or LAST_DAY for _ in range(ANONYMOUS_ORDERS - 2)]
    for on in (FIRST_DAY, LAST_DAY, *anonymous_on):
        found.append(_Purchase(on, "", draws.weighted(REGION_WEIGHTS), draws.weighted(_TASTES)))
    return sorted(found, key=lambda purchase: (purchase.on, purchase.customer_id))


def _unit_price(product: Product, on: date, draws: Draws) -> int:
    rises = (on >= date(2025, 3, 1)) + (on >= date(2026, 3, 1))
    own = 1.0 if product.is_service else draws.uniform(0.8, 1.3)  # no two pieces are alike
    return int(product.price * _PRICE_RISE**rises * own / 10) * 10


def _lines_of(purchase: _Purchase, order_id: str, draws: Draws) -> list[Line]:
    lines = []
    for line_no in range(1, 1 + draws.weighted(((1, 0.78), (2, 0.17), (3, 0.05)))):
        kind = purchase.taste if draws.chance(0.55) else draws.weighted(_TASTES)
        product = draws.one_of(BY_TYPE[kind])
        quantity = 2 if draws.chance(0.06) else 1
        price = _unit_price(product, purchase.on, draws)
        discount = int(quantity * price * 0.05) if draws.chance(0.18) else 0
        order_type = "service" if product.is_service else "sale"
        lines.append(
            Line(
                order_id, line_no, purchase.customer_id, purchase.on, product, quantity, price, discount,
                order_type, purchase.region_id,
            )
        )  # fmt: skip
    return lines


def _numbered(purchases: list[_Purchase]) -> list[tuple[_Purchase, str]]:
    seen: dict[date, int] = defaultdict(int)
    numbered = []
    for purchase in purchases:
        seen[purchase.on] += 1
        numbered.append((purchase, f"SO{purchase.on:%y%m%d}-{seen[purchase.on]:03d}"))
    return numbered


def _masterpiece(people: list[Person], lines: list[Line]) -> Line:
    """Sell the dearest piece to a collector who bought before and after."""
    bought: dict[str, set[bool]] = defaultdict(set)
    for line in lines:
        bought[line.customer_id].add(line.order_date < MASTERPIECE_SOLD_ON)
    buyer = next(
        person
        for person in people
        if person.habit.name == "collector" and person.region_id == "HD" and len(bought[person.customer_id]) == 2
    )
    return Line(
        f"SO{MASTERPIECE_SOLD_ON:%y%m%d}-900", 1, buyer.customer_id, MASTERPIECE_SOLD_ON, MASTERPIECE, 1,
        MASTERPIECE.price, 0, "sale", "HD",
    )  # fmt: skip


def _refunds(lines: list[Line], draws: Draws) -> list[Line]:
    """Take some pieces back (whole price) or give something off afterwards (a third of it)."""
    found = []
    for line in lines:
        on = line.order_date + timedelta(draws.whole(3, 20))
        taken_back = draws.chance(0.028)
        whole_price = draws.chance(0.65)
        if not taken_back or not line.customer_id or line.discount or on > LAST_DAY or line.product == MASTERPIECE:
            continue
        quantity, price = (-line.quantity, line.unit_price) if whole_price else (-1, line.unit_price // 3)
        found.append(
            replace(
                line, line_no=1, order_date=on, quantity=quantity, unit_price=price, order_type="refund",
                original_order_id=line.order_id,
            )
        )  # fmt: skip
    found.sort(key=lambda line: (line.order_date, line.original_order_id))
    return [replace(line, order_id=f"RF{number:05d}") for number, line in enumerate(found, start=1)]


def _imputed(lines: list[Line], draws: Draws) -> list[Line]:
    """Mark what had to be inferred: mostly in the first half of 2024, when the old till was still in use."""
    number = 0
    marked = []
    for line in lines:
        early = line.order_date < date(2024, 7, 1)
        if draws.chance(0.035 if early else 0.005) and line.order_type != "refund" and line.product != MASTERPIECE:
            number += 1
            line = replace(line, imputation_ref=f"DC-{number:03d}")
        marked.append(line)
    return marked


def order_lines(people: list[Person]) -> list[Line]:
    """Give every order line, by day."""
    draws = Draws(202)
    numbered = _numbered(_purchases(people, draws))
    lines = [line for purchase, order_id in numbered for line in _lines_of(purchase, order_id, draws)]
    lines.append(_masterpiece(people, lines))
    lines += _refunds(lines, draws)
    return _imputed(sorted(lines, key=lambda line: (line.order_date, line.order_id, line.line_no)), draws)


def correction_rows(lines: list[Line]) -> list[tuple[object, ...]]:
    """Give the DataCorrections sheet: one row for each imputed line."""
    return [
        (
            line.imputation_ref, "Orders", f"{line.order_id}|{line.line_no}", "amount", None, line.amount,
            "imputed", "同类商品当月成交均价",
            "旧收银系统流水", "门店店长", "数据分析部", min(line.order_date + timedelta(30), LAST_DAY),
            "市场部、客服部、销售部",
        )
        for line in lines
        if line.imputation_ref
    ]  # fmt: skip
