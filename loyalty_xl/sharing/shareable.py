"""Causes as they may be told to others: how many rows changed, but not what a few of them are worth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loyalty_xl.causes import RowChange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.causes import Cause


def shareable(found: Iterable[Cause], least: int) -> tuple[Cause, ...]:
    """Leave out amounts of fewer than *least* rows: the amount of one row is what one customer paid."""
    return tuple(_coarse(each, each.what, least) if isinstance(each.what, RowChange) else each for each in found)


def _coarse(cause: Cause, what: RowChange, least: int) -> Cause:
    if _touched(what) >= least:
        return cause
    coarse = replace(what, money_before=0, money_now=0)
    return replace(cause, what=coarse, zh=coarse.text("zh"), en=coarse.text("en"))


def _touched(what: RowChange) -> int:
    """How many rows came, went or changed, at least."""
    if what.added is None and what.removed is None:
        return abs(what.rows_now - what.rows_before) + (what.changed or 0)
    return (what.added or 0) + (what.removed or 0) + (what.changed or 0)


__all__ = ["shareable"]
