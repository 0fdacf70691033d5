"""Rows that were taken out while checking: where they stood, their key and date, and why. No other cell of them is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.contracts.keys import value_text
from loyalty_xl.vocabulary import month_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from loyalty_xl.contracts.cells import Column
    from loyalty_xl.contracts.contract import Contract

MOST = 5_000  # rows of a sheet and step that are remembered one by one; the ledger counts them all
CODES = {
    "overlap": "E240",
    "other currency": "E273",
    "refund exceeds order": "E248",
    "own spend above wallet": "E342",
    "points not there": "E345",
    "without product or type": "E320",
    "index given twice": "E321",
    "answered before sent": "E264",
    "score outside its scale": "E356",
    "repeated": "W213",
}  # the finding that tells of rows taken out for a reason


@dataclass(frozen=True)
class Taken:
    """A row that was taken out."""

    title: str  # the sheet as findings call it
    row: int  # worksheet row
    month: int  # ordinal, 0 where no date places it
    key: str
    day: str
    reason: str  # as in the ledger
    code: str = ""
    field: str = ""


def taken_rows(
    contract: Contract,
    columns: Mapping[str, Column],
    title: str,
    rows: NDArray[np.integer[Any]],
    months: NDArray[np.int64],
    masks: Mapping[str, NDArray[np.bool_]],
    needs: Iterable[str],
    conflicts: NDArray[np.bool_],
) -> list[Taken]:
    """Remember rows that a sheet's own check takes out: *masks* by reason."""
    made = []
    for reason, mask in masks.items():
        at = np.flatnonzero(mask)[:MOST]
        told = _codes(columns, needs, at) if reason == "error" else {}
        for place in at.tolist():
            code, field = ("E214", "") if conflicts[place] else told.get(place, (CODES.get(reason, ""), ""))
            key = [value_text(columns[name], place) for name in contract.key if name in columns]
            day = value_text(columns[contract.date], place) if contract.date in columns else ""
            made.append(Taken(title, int(rows[place]), int(months[place]), _key(key), day, reason, code, field))
    return made


def _key(parts: Iterable[str]) -> str:
    return " / ".join(part for part in parts if part)


def _codes(columns: Mapping[str, Column], needs: Iterable[str], at: NDArray[np.int64]) -> dict[int, tuple[str, str]]:
    """Say for each row which error in which field took it out: the first of those it has."""
    wanted, found = set(at.tolist()), dict[int, tuple[str, str]]()
    for name in needs:
        for fault in columns[name].faults if name in columns else ():
            if fault.code.startswith("E"):
                for place in fault.at.tolist():
                    if place in wanted:
                        found.setdefault(place, (fault.code, name))
    return found


def month_text(month: int) -> str:
    """Write a month ordinal; nothing for rows that no date places."""
    return f"{month_start(month):%Y-%m}" if month else ""
