"""Shares of wallet: what customers spend on the category, with us and elsewhere, by the period it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import add_traits, plain_texts, present
from loyalty_xl.rows.ready import ANONYMOUS

if TYPE_CHECKING:
    from loyalty_xl.preparing.naming import Given, Made


def frames(given: Given) -> dict[str, Made]:
    """Give `wallets`."""
    sheet = given.frames.get("ShareOfWallet")
    return {"wallets": _wallets(sheet, given)} if sheet is not None else {}


def _wallets(frame: pd.DataFrame, given: Given) -> Made:
    """One row per customer and period; what is not known is 0, and the flag beside it says so."""
    texts = frame["period"].cat
    periods = [given.calendar.parse(str(text)) for text in texts.categories]
    first = np.array([*(each.first if each else -1 for each in periods), -1], dtype=np.int64)[texts.codes]
    final = np.array([*(each.stop - 1 if each else -1 for each in periods), -1], dtype=np.int64)[texts.codes]
    customers = given.names.codes(frame["customer_id"])
    made: dict[str, Any] = {"wallet": np.arange(len(frame)), "customer": customers, "first": first, "final": final}
    for name, column in (
        ("category", "category_spend"),
        ("own", "own_spend"),
        ("rank", "rank"),
        ("brands", "brands"),
        ("competitor_spend", "competitor_spend"),
    ):
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        made[name], made[f"{name}_given"] = np.nan_to_num(values), (~np.isnan(values)).astype(np.int64)
    for name, column in (("competitor", "main_competitor"), ("reason", "reason")):
        made[name] = frame[column].astype(object).fillna("").to_numpy(dtype=object)
    given.mark(made, frame)
    add_traits(made, customers, given.traits, "region", "tier", "channel")
    table = plain_texts(pd.DataFrame(made))
    kept = (table["customer"] != ANONYMOUS) & (table["first"] >= 0)
    return table[kept].reset_index(drop=True), present(made, "region", "tier", "channel")
