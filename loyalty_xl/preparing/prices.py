"""Prices: what was sold at which price, the market's price level month by month, and the company's own price changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import coded, combined, day_numbers, label_codes, label_each, month_numbers, region_of
from loyalty_xl.rows.orders import BOUGHT
from loyalty_xl.rows.ready import NEVER
from loyalty_xl.vocabulary import UNASSIGNED, month_ordinal

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made

GAP = 2  # months without an index that are bridged by a straight line
WHOLE_TYPE, NOT_SOLD = -1, -2  # product of a price change: none named, or one that no order has


def frames(given: Given) -> dict[str, Made]:
    """Give `sales`, `prices`, `market` and `price_changes`: only where a price sheet came."""
    made: dict[str, Made] = {}
    orders = given.frames.get("Orders")
    named = "PriceChanges" in given.frames or "MarketIndex" in given.frames
    if orders is None or not named or not orders["product_id"].notna().any():
        return made
    sold, dims = sales(orders, given)
    if "MarketIndex" in given.frames and given.types is not None:
        made["market"] = market(given.frames["MarketIndex"], given), ("all",)
        made["prices"] = _prices(sold), dims
    if "PriceChanges" in given.frames:
        made["sales"] = sold, dims
        made["price_changes"] = _changes(given.frames["PriceChanges"], orders["product_id"], given), ("all",)
    return made


def sales(orders: pd.DataFrame, given: Given) -> Made:
    """Order lines that sold something at a price: who, when, what, where, how much."""
    kinds, labels = label_codes(orders["order_type"])
    bought = np.isin(np.where(labels == UNASSIGNED, "sale", labels), BOUGHT)[kinds]
    quantity, amount = orders["quantity"].to_numpy(), orders["amount"].to_numpy()
    keep = bought & (quantity > 0) & (amount > 0) & orders["product_id"].notna().to_numpy()
    part = orders[keep]
    customers = given.names.codes(part["customer_id"])
    days = day_numbers(part["order_date"], NEVER)
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": month_numbers(days),
        "product": part["product_id"].cat.codes.to_numpy().astype(np.int64),
        "quantity": quantity[keep],
        "amount": amount[keep],
        "promo": part["promo"].fillna(False).to_numpy(dtype=np.float64),
    }
    given.mark(made, part)
    dims = ["all"]
    region = region_of(part, customers, given.regions, given.traits)
    if region is not None:
        made["region"], dims = _categories(*coded(region)), [*dims, "region"]
    if given.types is not None:
        made["product_type"] = _categories(*label_codes(part["product_id"], given.types))
        dims = [*dims, "product_type"]
    return pd.DataFrame(made).sort_values("day", kind="stable", ignore_index=True), tuple(dims)


def _categories(codes: np.ndarray, labels: np.ndarray) -> pd.Categorical:
    """Labels of rows as categories, each once."""
    place, distinct = pd.factorize(labels)
    return pd.Categorical.from_codes(place[codes], categories=pd.Index(distinct, dtype="str"))


def _prices(sales: pd.DataFrame) -> pd.DataFrame:
    """Sales by product, region, product type and month: pieces, money, pieces sold at a promotion."""
    places = [name for name in ("region", "product_type") if name in sales]
    cell = combined(
        sales["product"].to_numpy(), sales["month"].to_numpy(), *(sales[name].cat.codes.to_numpy() for name in places)
    )
    first = np.unique(cell, return_index=True)[1]
    quantity = sales["quantity"].to_numpy()
    made = sales[["product", "month", *places]].iloc[first].reset_index(drop=True)
    made["quantity"] = np.bincount(cell, weights=quantity)
    made["amount"] = np.bincount(cell, weights=sales["amount"].to_numpy())
    made["promoted"] = np.bincount(cell, weights=quantity * sales["promo"].to_numpy())
    return made


def market(frame: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Price and volume index by product type, region label ("" = the whole country) and month.

    A change of base is chained over a month given on both bases; up to two missing months are bridged and marked `filled`.
    """
    columns = ["product_type", "region", "month", "price_index", "volume_index", "filled"]
    rows: list[tuple[str, str, int, float, float, bool]] = []
    table = pd.DataFrame(
        {
            "product_type": label_each(frame["product_type"]),
            "region": np.where(frame["region_id"].isna(), "", label_each(frame["region_id"], given.regions)),
            "period": frame["month"].astype(object).to_numpy(),
            "base": frame["base_month"].astype(object).where(frame["base_month"].notna(), "").to_numpy(),
            "price": frame["price_index"].to_numpy(dtype=np.float64),
            "volume": frame["volume_index"].to_numpy(dtype=np.float64),
        }
    )
    stop = month_ordinal(given.as_of) + 1
    periods = {text: given.calendar.parse(text) for text in table["period"].unique() if isinstance(text, str)}
    for (kind, region), part in table.groupby(["product_type", "region"], sort=True):
        series: dict[str, dict[int, tuple[float, float]]] = {}
        for text, base, price, volume in part[["period", "base", "price", "volume"]].itertuples(index=False):
            period = periods.get(text)
            for month in range(period.first, min(period.stop, stop)) if period else ():
                series.setdefault(base, {}).setdefault(month, (price, volume))
        chained = chain(list(series.values()))
        for month, price, volume, filled in bridged(chained):
            rows.append((str(kind), str(region), month, price, volume, filled))
    types: dict[str, Any] = {
        "product_type": "str", "region": "str", "month": np.int64, "price_index": float, "volume_index": float, "filled": bool,
    }  # fmt: skip
    return pd.DataFrame(rows, columns=columns).astype(types)


def chain(series: list[dict[int, tuple[float, float]]]) -> dict[int, tuple[float, float]]:
    """Join index series of different bases, by the months that both have; the newest keeps its level.

    An older series that shares no month with a newer one is left out: nothing says how its level compares.

    Examples
    --------
    >>> chain([{0: (100.0, 1.0), 1: (110.0, 1.0)}, {1: (1.0, 1.0), 2: (1.2, 1.0)}])
    {1: (1.0, 1.0), 2: (1.2, 1.0), 0: (0.9090909090909091, 1.0)}
    """
    newest_first = sorted(series, key=max, reverse=True)
    joined = dict(newest_first[0]) if newest_first else {}
    for older in newest_first[1:]:
        shared = sorted(joined.keys() & older.keys())
        if not shared:
            continue
        at = shared[0]
        price, volume = (joined[at][n] / older[at][n] for n in (0, 1))
        joined |= {month: (one * price, two * volume) for month, (one, two) in older.items() if month not in joined}
    return joined


def bridged(months: dict[int, tuple[float, float]]) -> list[tuple[int, float, float, bool]]:
    """Give every month with its indices, gaps of up to two months filled by a straight line and marked."""
    rows: list[tuple[int, float, float, bool]] = []
    for month in sorted(months):
        before = rows[-1] if rows else None
        gap = month - before[0] - 1 if before else 0
        if before and 0 < gap <= GAP:
            ends = np.array([before[1:3], months[month]])
            for step in range(1, gap + 1):
                price, volume = ends[0] + (ends[1] - ends[0]) * step / (gap + 1)
                rows.append((before[0] + step, float(price), float(volume), True))
        rows.append((month, *months[month], False))
    return rows


def _changes(frame: pd.DataFrame, sold: pd.Series, given: Given) -> pd.DataFrame:
    """Price changes: product code (see WHOLE_TYPE), labels of type and region ("" = everywhere), day, prices."""
    codes = {str(name): code for code, name in enumerate(sold.cat.categories)}
    named = frame["product_id"].astype(object)
    types = given.types or {}
    kind = [
        str(own) if isinstance(own, str) else types.get(product, UNASSIGNED) if isinstance(product, str) else UNASSIGNED
        for own, product in zip(frame["product_type"].astype(object), named, strict=True)
    ]
    number = frame["change_id"].astype(object)
    return pd.DataFrame(
        {
            "change": pd.array(
                [name if isinstance(name, str) else f"#{row}" for name, row in zip(number, frame.index, strict=True)],
                dtype="str",
            ),
            "product": np.array(
                [codes.get(name, NOT_SOLD) if isinstance(name, str) else WHOLE_TYPE for name in named], dtype=np.int64
            ),
            "named": pd.array([name if isinstance(name, str) else "" for name in named], dtype="str"),
            "product_type": pd.array(kind, dtype="str"),
            "region": pd.array(
                np.where(frame["region_id"].isna(), "", label_each(frame["region_id"], given.regions)), dtype="str"
            ),
            "day": day_numbers(frame["effective_on"], NEVER),
            "old": frame["old_price"].to_numpy(dtype=np.float64),
            "new": frame["new_price"].to_numpy(dtype=np.float64),
            "promo": frame["promo"].fillna(False).to_numpy(dtype=np.float64),
        }
    ).sort_values(["day", "change"], kind="stable", ignore_index=True)
