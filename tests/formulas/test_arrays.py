"""Measures added up on plain arrays are those of the engine."""

from __future__ import annotations

import numpy as np
import pytest

from loyalty_xl import library
from loyalty_xl.catalogue import MEASURES
from loyalty_xl.formulas.arrays import Columns
from loyalty_xl.settings import Settings

library.load()
KINDS = ("answers", "invitations", "complaints", "closed_complaints", "deliveries")
SIMPLE = {
    "promoters",
    "detractors",
    "passives",
    "answers",
    "csat_sum",
    "csat_indexed",
    "satisfied",
    "rating_sum",
    "delivered",
    "returned",
}


def columns(kind: str, missing: bool) -> Columns:
    """A hundred rows of a kind, with small numbers in every column, some of them missing."""
    rng = np.random.default_rng(7)
    rows = next(each.rows for each in MEASURES.values() if each.rows.name == kind)
    made = {name: rng.integers(0, 11, 100).astype(np.float64) for name in rows.columns}
    for name in ("csat_high", "satisfaction_high"):
        made[name] = np.full(100, 10.0)
    made["csat_low"] = np.ones(100)
    if "is_closed" in made:
        made["is_closed"] = made["is_closed"] > 5
    if missing:
        for values in made.values():
            if values.dtype.kind == "f":
                values[::7] = np.nan
    return Columns(made)


@pytest.mark.parametrize("missing", [False, True], ids=["whole", "with gaps"])
@pytest.mark.parametrize("kind", KINDS)
def test_totals_are_those_of_the_engine(kind: str, missing: bool) -> None:
    """What is added up without an engine equals what the engine adds up; what cannot be is left to it, as every gap is."""
    rows, settings, here = columns(kind, missing), Settings(sla_days=7), set()
    for each in MEASURES.values():
        if each.rows.name != kind or each.statistic is not None or not each.reads:
            continue
        total = rows.total(each, settings)
        if total is not None:
            assert total == pytest.approx(rows.frame.select(each.column(settings).sum()).item()), each.name
            here.add(each.name)
    wanted = {name for name in SIMPLE if MEASURES[name].rows.name == kind}
    assert here >= (set() if missing else wanted)
    assert not missing or not here & SIMPLE
