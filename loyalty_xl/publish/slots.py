"""Which line stands where in the template: the Scorecard's groups and lines, and their rows on Trend."""

from __future__ import annotations

from dataclasses import dataclass

from loyalty_xl import library
from loyalty_xl.books.places import LEFT, MORE, SPARE
from loyalty_xl.catalogue import Kpi
from loyalty_xl.vocabulary import Dimension, Level

HEAD_ROW = len(LEFT) + 3  # worksheet row of the Scorecard's header
TREND_HEADER = 3  # worksheet row of Trend's header
SHOWN = 13  # periods on Trend


@dataclass(frozen=True)
class Slot:
    """A row of the Scorecard: a heading, a core line, or a line kept free."""

    row: int
    key: str = ""  # `@behaviour` for a heading, a KPI's key for a line, "" when free
    kpi: Kpi | None = None
    trend_row: int = 0  # its row on Trend; headings have none

    @property
    def heading(self) -> bool:
        """Whether it is a heading."""
        return self.key.startswith("@")


def slots() -> list[Slot]:
    """All rows below the Scorecard's header, in order."""
    made: list[Slot] = []
    trend = TREND_HEADER
    core = [kpi for kpi in library.load().values() if kpi.level is Level.CORE]
    row = HEAD_ROW
    for dimension in Dimension:
        lines = [kpi for kpi in core if kpi.dimension is dimension]
        if lines:
            row += 1
            made.append(Slot(row, f"@{dimension.value}"))
        for kpi in lines:
            row, trend = row + 1, trend + 1
            made.append(Slot(row, kpi.key, kpi, trend))
    row += 1
    made.append(Slot(row, MORE))
    for _ in range(SPARE):
        row, trend = row + 1, trend + 1
        made.append(Slot(row, "", None, trend))
    return made
