"""What finding the rows of units needs: the frames with their rows, the turn, the segment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.rows.ready import collect
from loyalty_xl.rows.referrals import YEAR
from loyalty_xl.turns import turn_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.preparing import Prepared
    from loyalty_xl.preparing.naming import Given
    from loyalty_xl.tracing.units import Looking, Units

FOUND = ["unit", "sheet", "row"]  # row: index of the sheet's frame
Found = pd.DataFrame  # unit, sheet, row


@dataclass(frozen=True)
class Trail:
    """What is needed to find the rows of units."""

    prepared: Prepared
    looking: Looking

    @property
    def given(self) -> Given:
        """The sheets' rows that the frames were made of."""
        assert self.prepared.given is not None
        return self.prepared.given

    @cached_property
    def turn(self) -> pd.Series[Any]:
        """The turn's months: first_of_turn, last, before, next_last ..."""
        situation = self.looking.situation
        table = turn_frame(
            [self.looking.turn],
            situation.calendar,
            situation.as_of,
            situation.ready.last_month,
            situation.settings.decline_periods,
        )
        return collect(table).iloc[0]

    def frame(self, name: str) -> pd.DataFrame:
        """A ready frame, those rows of it that belong to the segment."""
        ready = self.looking.situation.ready
        return self.inside(collect(ready[name])) if name in ready else pd.DataFrame()

    def inside(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows of the segment; all of them, where they have no path to it."""
        dim = self.looking.dim
        found: pd.DataFrame = rows[rows[dim] == self.looking.place] if dim in rows else rows
        return found

    def parts(self, make: Callable[..., Any]) -> pd.DataFrame:
        """Order parts of the segment: those whose money counts, or those that are purchases."""
        situation = self.looking.situation
        return self.inside(collect(situation.ready.once(make, situation.settings)))

    def lines(self, parts: pd.DataFrame) -> Found:
        """Order lines of pairs of unit and order part."""
        lines = self.given.lines
        if lines is None or not len(parts):
            return nothing()
        made = parts[["unit", "part"]].drop_duplicates().merge(lines, on="part")
        found: pd.DataFrame = made.assign(sheet="Orders")[FOUND]
        return found

    def customers(self, sheet: str, field: str = "customer_id") -> pd.DataFrame:
        """Rows of a sheet by the customer that a field names."""
        frame = self.given.frames.get(sheet)
        if frame is None:
            return pd.DataFrame({"customer": np.zeros(0, np.int64), "row": np.zeros(0, np.int64)})
        return pd.DataFrame({"customer": self.given.names.codes(frame[field]), "row": frame.index.to_numpy(np.int64)})


def nothing() -> Found:
    """No rows."""
    return pd.DataFrame({"unit": np.zeros(0, np.int64), "sheet": pd.Series(dtype=object), "row": np.zeros(0, np.int64)})


def joined(units: pd.DataFrame, rows: pd.DataFrame, sheet: str, on: str | list[str] = "customer") -> Found:
    """Rows (with `row`) of units that agree in a column."""
    if not len(rows) or not len(units):
        return nothing()
    keys = [on] if isinstance(on, str) else on
    made = units[["unit", *keys]].merge(rows[[*keys, "row"]], on=keys)
    return made.assign(sheet=sheet)[FOUND]


def together(*found: Found) -> Found:
    """Put rows together."""
    return pd.concat([each for each in found if len(each)] or [nothing()], ignore_index=True).drop_duplicates(FOUND)


def in_turn(trail: Trail, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows whose month belongs to the turn."""
    if not len(rows):
        return rows
    found: pd.DataFrame = rows[(rows["month"] >= trail.turn["first_of_turn"]) & (rows["month"] <= trail.turn["last"])]
    return found


def within_a_year(trail: Trail, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the 12 months up to the end of the turn."""
    if not len(rows):
        return rows
    found: pd.DataFrame = rows[(rows["month"] > trail.turn["last"] - YEAR) & (rows["month"] <= trail.turn["last"])]
    return found


def itself(sheet: str) -> Callable[[Trail, pd.DataFrame, Units], Found]:
    """Units that are rows of a sheet."""

    def find(_trail: Trail, units: pd.DataFrame, _of: Units) -> Found:
        return units[["unit", "row"]].assign(sheet=sheet)[FOUND]

    return find
