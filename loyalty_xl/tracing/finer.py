"""Rows that a refresh adds up early, one by one: the same measures, over members, customers and answers instead of their sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.rows.orders import first_purchases, money
from loyalty_xl.rows.programme import balance_changes, membership
from loyalty_xl.rows.quality import turn_ends
from loyalty_xl.rows.ready import ANONYMOUS, collect, segmented

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.rows.ready import Frame, Ready


def _native(frame: pd.DataFrame) -> Frame:
    return nw.from_native(frame, eager_only=True)


def _span(turns: Frame) -> tuple[int, int, int]:
    """Number, first and last month of the one turn that is traced."""
    turn = collect(turns).iloc[0]
    return int(turn["turn"]), int(turn["first_of_turn"]), int(turn["last"])


def held_answers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Answers held at the end of the turn, each with whether it is held lawfully."""
    numbers, lasts = turn_ends(ready, turns)
    rows = collect(segmented(ready["held_answers"], dims))
    rows = rows[rows["day"] < lasts[0]]
    kept = settings.retention_days
    fresh = rows["day"] >= lasts[0] - kept if kept else np.ones(len(rows), dtype=bool)
    lawful = (rows["lawful"].eq(1) & fresh).astype(np.int64)
    return _native(rows.assign(turn=numbers[0], held=1, lawful=lawful))


def balances(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:  # noqa: ARG001
    """Customers with points outstanding at the end of the turn."""
    turn, _, last = _span(turns)
    rows = collect(segmented(_native(ready.once(balance_changes, None)), dims))
    columns = ["outstanding", "holders"]
    made = rows[rows["month"] <= last].groupby(["segment", "customer"], as_index=False)[columns].sum()
    return _native(made.assign(turn=turn))


def members(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Members at the end of the turn, each with whether it was active in it."""
    turn, first, last = _span(turns)
    enrolled, seen = ready.once(membership, settings)
    rows = collect(segmented(_native(enrolled[enrolled["month"] <= last]), dims))
    seen = seen[(seen["month"] >= first) & (seen["month"] <= last)]
    return _native(rows.assign(turn=turn, active=rows["customer"].isin(seen["customer"]).astype(float)))


def newcomers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Customers won in the turn, each with the margin of its orders there."""
    turn, first, last = _span(turns)
    if bool((collect(turns)["wave"] >= 0).all()):
        last = first - 1
    won = collect(ready.once(first_purchases, settings, dims)).rename(columns={"month": "first_month"})
    won = won[(won["first_month"] >= first) & (won["first_month"] <= last)]
    spent = collect(segmented(ready.once(money, settings), dims))
    spent = spent[(spent["customer"] != ANONYMOUS) & (spent["month"] >= first) & (spent["month"] <= last)]
    paid = spent.groupby(["segment", "customer"], as_index=False)["margin"].sum()
    rows = won[["segment", "customer", "first_month"]].merge(paid, on=["segment", "customer"], how="left")
    months = (last - rows["first_month"] + 1).astype(float)
    return _native(rows.assign(turn=turn, margin=rows["margin"].fillna(0.0), won=1.0, months_since=months))


FINER: dict[str, Callable[..., Frame]] = {
    "held_answers": held_answers,
    "point_balances": balances,
    "members": members,
    "newcomers": newcomers,
}
