"""Rows about the sheets themselves: how many rows and cells came before anything was left out, and which answers are held."""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import Frame, Ready, collect, segmented


def deliveries(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:  # noqa: ARG001
    """Counts by sheet and month."""
    return segmented(ready["deliveries"], dims)


DELIVERED = Rows(
    "deliveries",
    "deliveries",
    (),
    dict.fromkeys(("rows", "required_cells", "filled_cells", "passing", "distinct", "imputed"), ()),
    dims=("all",),
    build=deliveries,
)


def held_answers(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """Answers held at the end of each turn, and those of them that are held lawfully: one row for each turn and segment."""
    rows, ends = collect(ready["held_answers"]), turn_ends(ready, turns)
    kept = settings.retention_days
    parts = []
    for dim in dims:
        codes = np.zeros(len(rows), np.int64) if dim == "all" else rows[dim].to_numpy()
        for code in np.unique(codes):
            mine = codes == code
            days = np.sort(rows["day"].to_numpy()[mine])
            lawful = np.sort(rows["day"].to_numpy()[mine & (rows["lawful"].to_numpy() == 1)])
            held, there = np.searchsorted(days, ends[1]), np.searchsorted(lawful, ends[1])
            expired = np.searchsorted(lawful, ends[1] - kept) if kept else np.zeros(len(there), np.int64)
            part = {"turn": ends[0], "segment": code, "held": held, "lawful": there - expired}
            parts.append(pd.DataFrame(part)[held > 0])
    made = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["turn", "segment", "held", "lawful"])
    return nw.from_native(made.astype("int64"), eager_only=True)


def turn_ends(ready: Ready, turns: Frame) -> tuple[np.ndarray, np.ndarray]:
    """Number of each turn, and the first day after it (or after the data)."""
    table = collect(turns)
    months = (table["last"].to_numpy() + 1 - 1970 * 12).astype("datetime64[M]")
    days = months.astype("datetime64[D]").astype(np.int64)
    return table["turn"].to_numpy(), np.minimum(days, ready.as_of)


HELD = Rows(
    "held_answers",
    "held_answers",
    ("SurveyResponses",),
    {"held": (), "lawful": ("SurveyResponses.consent_basis",)},
    ("SurveyResponses.answered_on",),
    dated=False,
    dims=("all", "region", "tier", "channel"),
    settings=("retention_days",),
    build=held_answers,
)
