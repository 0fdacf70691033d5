"""What came, and how far it reaches: coverage of periods (G7) and what had to be left out (G17)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.deliveries import Said
from loyalty_xl.preparing import cost_spans
from loyalty_xl.preparing.costs import period_spans
from loyalty_xl.vocabulary import month_ordinal, month_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.vocabulary import Calendar


NOTHING_SAID = Said()


class Reach(Enum):
    """How far a sheet reaches into some months."""

    COVERED = "covered"
    SHORT = "short"  # data, but they stop inside
    ABSENT = "absent"  # nothing there, and no sign that nothing happened
    BEFORE = "before"  # the sheet begins later


@dataclass(frozen=True)
class SheetReach:
    """The dates of one sheet: what decides whether "no rows" means zero or not received."""

    days: np.ndarray  # distinct days with rows, sorted, as datetime64[D]
    covers_to: date | None = None  # declared, exclusive
    said: Said = field(default=NOTHING_SAID)  # on Deliveries

    @property
    def first_month(self) -> int | None:
        """Month of the first row."""
        return month_ordinal(self.days[0].astype(object)) if len(self.days) else None

    @property
    def newest(self) -> date | None:
        """Day of the newest row."""
        newest: date | None = self.days[-1].astype(object) if len(self.days) else None
        return newest

    def over(self, first: int, stop: int, as_of: date) -> Reach:
        """Say how the sheet covers the months from *first* up to *stop*."""
        start, end = month_start(first), min(month_start(stop), as_of)
        newest = self._through()
        if late := [each for each in self.said.awaited if each.start < stop and each.stop > first]:
            whole = any(each.start <= first and stop <= each.stop for each in late)
            return Reach.ABSENT if whole or newest is None or newest < start else Reach.SHORT
        if self.covers_to and self.covers_to >= end:
            return Reach.COVERED
        if any(each.start <= first and month_start(each.stop) >= end for each in self.said.nil):
            return Reach.COVERED
        if newest is None:
            return Reach.ABSENT
        if month_start(stop) <= month_start(month_ordinal(self.days[0].astype(object))):
            return Reach.BEFORE
        if newest >= end - timedelta(days=1) or (end - newest).days - 1 <= self._longest_gap():
            return Reach.COVERED
        return Reach.SHORT if newest >= start else Reach.ABSENT

    def _through(self) -> date | None:
        """Day of the newest row, or the last one of a nil period that follows on it."""
        newest = self.newest
        for each in sorted(self.said.nil, key=lambda months: months.start):
            if newest is not None and (month_start(each.start) - newest).days - 1 <= self._longest_gap():
                newest = max(newest, month_start(each.stop) - timedelta(days=1))
        return newest

    def _longest_gap(self) -> int:
        """Longest gap between consecutive dates in the 12 months up to the newest. [days]"""
        year = self.days[self.days > self.days[-1] - np.timedelta64(366, "D")]
        return int(np.diff(year).max().astype(int)) if len(year) > 1 else 0


@dataclass(frozen=True)
class Coverage:
    """Reach and rejections of every sheet that came."""

    reaches: Mapping[str, SheetReach]
    rejected: Mapping[tuple[str, str], Mapping[int, tuple[float, float]]]  # (sheet, field) -> month -> rows, amount
    received: Mapping[str, Mapping[int, tuple[float, float]]]  # sheet -> month -> rows, amount
    stopped: frozenset[str]  # sheets that came but cannot be used at all
    as_of: date
    said: Mapping[str, Said] = field(default_factory=dict)  # by sheet, also those that never came

    def awaits(self, sheet: str, first: int, stop: int) -> bool:
        """Say whether somebody wrote that a sheet is still to come for the months, and nothing has."""
        said = self.said.get(sheet, NOTHING_SAID)
        return any(each.start <= first and stop <= each.stop for each in said.awaited)

    def reach(self, sheet: str, first: int, stop: int) -> Reach:
        """How *sheet* covers the months; ABSENT when it never came."""
        known = self.reaches.get(sheet)
        return known.over(first, stop, self.as_of) if known else Reach.ABSENT

    def rejected_share(self, sheet: str, field: str, first: int, stop: int) -> float:
        """Share of the rows, or of the amount if that is more, that is out for this field: with the row, or the cell alone."""
        here = range(first, stop)
        rows, amount = _added(self.received.get(sheet, {}), here)
        out_rows, out_amount = 0.0, 0.0
        for name in ("", field):
            more = _added(self.rejected.get((sheet, name), {}), here)
            out_rows, out_amount = out_rows + more[0], out_amount + more[1]
        return max(out_rows / rows if rows else 0.0, out_amount / amount if amount else 0.0)


def _days(sheet: Sheet, calendar: Calendar) -> np.ndarray:
    """Distinct days a sheet speaks of; a cost speaks of every day it covers, and so does a row of a period."""
    if sheet.contract.name in ("Campaigns", "SalesCosts"):
        return _run_days(cost_spans(sheet.contract.name, sheet.frame, calendar))
    if sheet.contract[sheet.contract.date].type is Type.PERIOD:
        return _run_days(period_spans(sheet.frame[sheet.contract.date], calendar))
    return np.unique(sheet.frame[sheet.contract.date].dropna().to_numpy().astype("datetime64[D]"))


def _run_days(spans: Iterable[tuple[date, date] | None]) -> np.ndarray:
    """Every day of some spans."""
    runs = [np.arange(np.datetime64(span[0], "D"), np.datetime64(span[1], "D")) for span in set(spans) if span]
    return np.unique(np.concatenate(runs)) if runs else np.array([], dtype="datetime64[D]")


def _added(months: Mapping[int, tuple[float, float]], here: range) -> tuple[float, float]:
    pairs = [pair for month, pair in months.items() if month in here]
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _still_said(said: Said, sheet: Sheet | None) -> Said:
    """Leave out periods for which rows have come."""
    if sheet is None:
        return said
    there = {int(month) for month in sheet.counts.index[sheet.counts["rows"] > 0]}
    return Said(said.nil, tuple(each for each in said.awaited if there.isdisjoint(each)))


def coverage(
    sheets: Mapping[str, Sheet], as_of: date, calendar: Calendar, said: Mapping[str, Said] | None = None
) -> Coverage:
    """Read reach and rejections off the checked sheets; *said* is what departments said of periods without rows."""
    said = {name: _still_said(each, sheets.get(name)) for name, each in (said or {}).items()}
    reaches: dict[str, SheetReach] = {}
    rejected: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
    received: dict[str, dict[int, tuple[float, float]]] = {}
    for name, sheet in sheets.items():
        if not sheet.contract.date or sheet.blocked:
            continue
        days = _days(sheet, calendar)
        reaches[name] = SheetReach(
            days[days < np.datetime64(as_of)],
            date.fromisoformat(sheet.covers_to) if sheet.covers_to else None,
            said.get(name, NOTHING_SAID),
        )
        counts = sheet.counts
        received[name] = dict(
            zip(
                counts.index.tolist(), zip(counts["rows"].tolist(), counts["amount"].tolist(), strict=True), strict=True
            )
        )
        out = sheet.rejected
        for month, place, rows, amount in zip(
            *(out[column].tolist() for column in ("month", "field", "rows", "amount")), strict=True
        ):
            months = rejected.setdefault((name, str(place)), {})
            before = months.get(int(month), (0.0, 0.0))
            months[int(month)] = (before[0] + float(rows), before[1] + float(amount))
    stopped = frozenset(name for name, sheet in sheets.items() if sheet.blocked)
    return Coverage(reaches, rejected, received, stopped, as_of, said)
