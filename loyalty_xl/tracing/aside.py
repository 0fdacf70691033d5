"""Rows of the period that are in, and yet bring nothing to a result: counted, by the reason where it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.catalogue import MEASURES
from loyalty_xl.contracts.ledger import CONVERTED, EMPTIED, RECEIVED
from loyalty_xl.contracts.links import months
from loyalty_xl.evaluating import wiring
from loyalty_xl.rows.orders import BOUGHT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.catalogue import Kpi
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.pipeline import Ground
    from loyalty_xl.turns import Turn

LATER, ELSEWHERE, NO_CUSTOMER, NOT_SOLD, BLANK, BESIDE = (
    "after as_of", "other segment", "no customer", "refund or cancellation", "question not answered", "does not bear",
)  # fmt: skip


@dataclass(frozen=True)
class Aside:
    """How many rows of a sheet bring nothing, and why."""

    sheet: str
    title: str
    reason: str
    rows: int


def rows_aside(ground: Ground, kpi: Kpi, turn: Turn, rows: pd.DataFrame, whole: pd.DataFrame) -> list[Aside]:
    """Count the rows of the turn's months that are not among *rows*; *whole* are those behind the result for All."""
    made = []
    for name in (*wiring(kpi).sheets, *wiring(kpi).also):
        sheet = ground.sheets.get(name)
        if sheet is None or sheet.blocked or not sheet.contract.date:
            continue
        month = months(sheet)
        inside = (month >= turn.first) & (month < turn.stop)
        index = sheet.frame.index.to_numpy()
        rest = inside & ~np.isin(index, _index_of(rows, sheet, name))
        for reason, mask in _reasons(ground, kpi, sheet, name, np.isin(index, _index_of(whole, sheet, name))):
            here = rest & mask
            rest &= ~mask
            if here.any():
                made.append(Aside(name, sheet.title, reason, int(here.sum())))
    return made


def rows_unlisted(sheets: Mapping[str, Sheet], turn: Turn) -> list[Aside]:
    """Count the rows of the turn's months that were left out and are not remembered one by one: hidden, of a blocked sheet, very many."""
    made = []
    for name, sheet in sheets.items():
        counts: dict[str, int] = {}
        for (month, reason), (rows, _) in sheet.ledger.items():
            if reason not in (RECEIVED, CONVERTED, EMPTIED) and _of_turn(month, turn):
                counts[reason] = counts.get(reason, 0) + rows
        for row in sheet.taken:
            if _of_turn(row.month, turn):
                counts[row.reason] = counts.get(row.reason, 0) - 1
        made += [Aside(name, sheet.title, reason, rows) for reason, rows in counts.items() if rows > 0]
    return made


def _of_turn(month: int, turn: Turn) -> bool:
    """Whether a row belongs to the turn's months, or to none."""
    return not month or turn.first <= month < turn.stop


def _index_of(rows: pd.DataFrame, sheet: Sheet, name: str) -> np.ndarray:
    """Rows of a sheet by the index of its frame."""
    mine = rows[rows["sheet"] == name]
    if not sheet.parts or "title" not in rows:
        return mine["row"].to_numpy(np.int64)
    starts = {part.title: part.start for part in sheet.parts}
    return mine["row"].to_numpy(np.int64) + mine["title"].map(starts).to_numpy(np.int64)


def _reasons(ground: Ground, kpi: Kpi, sheet: Sheet, name: str, whole: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """Reasons in the order in which they are tried."""
    frame, size = sheet.frame, len(sheet.frame)
    made: list[tuple[str, np.ndarray]] = []
    dated = frame[sheet.contract.date]
    if dated.dtype.kind == "M":
        made.append((LATER, dated.to_numpy() >= np.datetime64(ground.situation.as_of)))
    made.append((ELSEWHERE, whole))
    asked = {field for measure in wiring(kpi).measures for column in MEASURES[measure].reads for field in MEASURES[measure].rows.columns.get(column, ())}  # fmt: skip
    always = {field for measure in wiring(kpi).measures for field in MEASURES[measure].rows.always}
    if f"{name}.customer_id" in asked | always:
        made.append((NO_CUSTOMER, frame["customer_id"].isna().to_numpy()))
    if name == "Orders":
        kinds = frame["order_type"]
        made.append((NOT_SOLD, (kinds.notna() & ~kinds.isin(BOUGHT)).to_numpy()))
    if name == "SurveyResponses":
        fields = [each.split(".", 1)[1] for each in asked if each.startswith("SurveyResponses.")]
        scored = [each for each in fields if frame[each].dtype.kind == "f"]
        if scored:
            made.append((BLANK, frame[scored].isna().all(axis=1).to_numpy()))
    return [*made, (BESIDE, np.ones(size, dtype=bool))]
