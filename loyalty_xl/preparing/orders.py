"""Orders: lines summed to order parts, and what Customers says of who placed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import (
    Strings,
    add_traits,
    as_numbers,
    coded,
    combined,
    day_numbers,
    label_codes,
    month_numbers,
    present,
    region_of,
)
from loyalty_xl.rows.ready import NEVER
from loyalty_xl.vocabulary import UNASSIGNED

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made, Names


def frames(given: Given) -> dict[str, Made]:
    """Give `orders` and `customers`."""
    made: dict[str, Made] = {}
    if "Orders" in given.frames and given.sheets["Orders"].sent:
        made["orders"] = _orders(given.frames["Orders"], given)
    if "Customers" in given.frames:
        made["customers"] = _customers(given.frames["Customers"], given.names), ("all",)
    return made


def _orders(frame: pd.DataFrame, given: Given) -> Made:
    """Order lines summed to order parts: one row per order, day, kind, region and product type."""
    traits, settings, products, types = given.traits, given.settings, given.frames.get("Products"), given.types
    customers = given.names.codes(frame["customer_id"])
    orders = frame["order_id"].cat.codes.to_numpy().astype(np.int64)
    days = day_numbers(frame["order_date"], NEVER)
    kinds, kind_labels = label_codes(frame["order_type"])
    kind_labels = np.where(kind_labels == UNASSIGNED, "sale", kind_labels)
    places: dict[str, tuple[np.ndarray, Strings]] = {}
    if (region := region_of(frame, customers, given.regions, traits)) is not None:
        places["region"] = coded(region)
    window = np.full(len(frame), settings.churn_window_days, dtype=np.int64)
    if types is not None and products is not None and frame["product_id"].notna().any():
        places["product_type"] = label_codes(frame["product_id"], types)
        own = products.set_index(products["product_id"].astype(str))["churn_window_days"]
        days_of = {key: int(value) for key, value in own.items() if value == value}
        if days_of:
            by_category = [
                days_of.get(str(each), settings.churn_window_days) for each in frame["product_id"].cat.categories
            ]
            window = np.array([*by_category, settings.churn_window_days], dtype=np.int64)[
                frame["product_id"].cat.codes.to_numpy()
            ]
    original = _original(frame)
    labels = {
        dim: coded(text[codes]) if dim == "product_type" else (codes, text) for dim, (codes, text) in places.items()
    }
    part = combined(orders, customers, days, kinds, original, window, *(codes for codes, _ in labels.values()))
    first = np.unique(part, return_index=True)[1]
    amount = frame["amount"].fillna(0.0).to_numpy()
    day = days[first]
    made: dict[str, Any] = {
        "order": orders[first],
        "customer": customers[first],
        "day": day,
        "month": month_numbers(day),
        "kind": pd.array(kind_labels[kinds[first]], dtype="str"),
        "original": original[first],
        "expiry": day + window[first],
        "amount": np.round(np.bincount(part, weights=amount), 6),
        "margin": np.round(np.bincount(part, weights=amount * _margin_rates(frame, given)), 6),
        "lines": np.bincount(part),
        "imputed": (np.bincount(part, weights=as_numbers(frame["is_imputed"], 0.0)) > 0).astype(np.int64),
    }
    if given.traced:
        made["part"] = np.arange(len(first), dtype=np.int64)
        given.lines = pd.DataFrame({"row": frame.index.to_numpy().astype(np.int64), "part": part})
    for dim, (codes, text) in labels.items():
        made[dim] = text[codes[first]]
    add_traits(made, made["customer"], traits, "tier", "channel")
    return pd.DataFrame(made), present(made, "region", "product_type", "tier", "channel")


def _margin_rates(frame: pd.DataFrame, given: Given) -> np.ndarray:
    """The margin of each line as a share of its money: the product's, else the setting; where neither is known all of it."""
    usual = 1.0 if given.settings.margin_rate is None else given.settings.margin_rate
    products = given.frames.get("Products")
    if products is None or not products["margin_rate"].notna().any():
        return np.full(len(frame), usual)
    own = products.set_index(products["product_id"].astype(str))["margin_rate"].dropna().to_dict()
    by_category = [float(own.get(str(each), usual)) for each in frame["product_id"].cat.categories]
    rates: np.ndarray = np.array([*by_category, usual])[frame["product_id"].cat.codes.to_numpy()]
    return rates


def _original(frame: pd.DataFrame) -> np.ndarray:
    """The order that a refund belongs to, as an order code, -1 where none is named."""
    known = {str(name): code for code, name in enumerate(frame["order_id"].cat.categories)}
    by_category = [known.get(str(name), -1) for name in frame["original_order_id"].cat.categories]
    return np.array([*by_category, -1], dtype=np.int64)[frame["original_order_id"].cat.codes.to_numpy()]


def _customers(customers: pd.DataFrame, names: Names) -> pd.DataFrame:
    made: dict[str, Any] = {
        "customer": names.codes(customers["customer_id"]),
        "closed": day_numbers(customers["closed_on"], NEVER),
        "contract_end": day_numbers(customers["contract_end"], -NEVER),
    }
    unmerged = customers["merged_into"].isna().to_numpy()
    return pd.DataFrame(made)[unmerged].drop_duplicates("customer")
