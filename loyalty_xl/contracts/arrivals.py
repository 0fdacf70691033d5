"""What files brought: every sheet as its own check left it, by period; and the deliveries that Deliveries shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.counting import UNDATED
from loyalty_xl.contracts.deliveries import HASH_SHOWN, key_of, span
from loyalty_xl.contracts.ledger import RECEIVED, total
from loyalty_xl.contracts.links import codes, months
from loyalty_xl.contracts.row_marks import digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loyalty_xl.contracts.contract import Contract, Sheet
    from loyalty_xl.contracts.deliveries import Row
    from loyalty_xl.contracts.ledger import Ledger, Sum
    from loyalty_xl.contracts.links import Ints
    from loyalty_xl.vocabulary import Calendar, Period

SUMS_64 = 1 << 64


@dataclass(frozen=True)
class Arrival:
    """What one file brought for one sheet, as its own check left it: nothing of other sheets decides it."""

    contract: Contract
    title: str
    file: str
    ledger: Ledger
    blocked: bool
    faulty: frozenset[int]  # months with something that was rejected
    sheet: Sheet = field(repr=False)
    content: str = ""  # hash of the file, or of the cells of the workbook's own sheet

    @classmethod
    def of(cls, sheet: Sheet, content: str = "") -> Arrival:
        """Take note of a sheet before it meets others."""
        faulty = {int(month) for month in sheet.rejected["month"]} if len(sheet.rejected) else set()
        held = replace(sheet)  # what is taken out of the sheet from here on does not change this
        return cls(
            sheet.contract, sheet.title, sheet.file, dict(sheet.ledger), sheet.blocked, frozenset(faulty), held, content
        )

    def sums(self, period: Period | None) -> Sum:
        """Rows and money received for a period."""
        return total(self.ledger, span(period)).get(RECEIVED, (0, 0))

    @cached_property
    def months(self) -> Ints:
        """Month of each row that it kept."""
        return months(self.sheet)

    @cached_property
    def _days(self) -> dict[int, tuple[date, date]]:
        """First and last day of each month, for a sheet of days."""
        name = self.contract.date
        if not name or self.sheet.frame[name].dtype.kind != "M":
            return {}
        days = pd.Series(self.sheet.frame[name].to_numpy()).groupby(self.months).agg(["min", "max"]).dropna()
        ends = zip(days["min"], days["max"], strict=True)
        return {int(month): (first.date(), last.date()) for month, (first, last) in zip(days.index, ends, strict=True)}

    def fingerprints(self, wanted: Iterable[int]) -> dict[int, int]:
        """Give the fingerprint of what the rows of some months hold, by month."""
        inside = np.isin(self.months, np.array(sorted(wanted), np.int64))
        sent = [name for name in self.contract.names if name in self.sheet.sent]  # what is derived follows from it
        frame = self.sheet.frame[sent]
        part = replace(self.sheet, frame=frame if inside.all() else frame[inside], parts=())
        return {each.month: int(each.hash, 16) for each in digests(part)}

    def within(self, period: Period | None, fingerprints: Mapping[int, int]) -> Content:
        """Look at its rows of a period: the fingerprint of what they hold, the first and the last day."""
        rows, money = self.sums(period)
        whole = sum(fingerprints.get(month, 0) for month in span(period))
        text = f"{(whole + rows * 31 + money) % SUMS_64:016x}"[:HASH_SHOWN]
        days = [self._days[month] for month in span(period) if month in self._days]
        return Content(text, min(first for first, _ in days), max(last for _, last in days)) if days else Content(text)

    def months_of(self, rows: Sequence[int]) -> set[int]:
        """Months of worksheet rows, as far as it kept them."""
        kept = np.isin(self.sheet.frame.index.to_numpy(), np.array(rows, np.int64))
        return {int(month) for month in np.unique(self.months[kept])}

    @property
    def newest(self) -> int:
        """Newest month with rows."""
        return max((month for month, _ in self.ledger), default=UNDATED)

    def rhythm(self, calendar: Calendar) -> tuple[int, int]:
        """Give the month after its newest label, and how many months that label has; (0, 0) for a sheet of days."""
        name = self.contract.date
        if not name or self.contract[name].type is not Type.PERIOD or not len(self.sheet.frame):
            return 0, 0
        at, texts = codes(self.sheet, name)
        found = [calendar.parse(texts[each]) for each in np.unique(at).tolist() if each >= 0]
        return max(((each.stop, each.months) for each in found if each), default=(0, 0))


@dataclass(frozen=True)
class Content:
    """What the rows of a delivery are."""

    hash: str
    first: date | None = None
    last: date | None = None

    def kept(self, file: str) -> str:
        """As the run log keeps it, beside the hash of the file that it was read from."""
        return "|".join([file, self.hash, *(day.isoformat() if day else "" for day in (self.first, self.last))])

    @classmethod
    def known(cls, text: str, file: str) -> Content | None:
        """What the run log kept, while the file is the same."""
        held, *rest = [*text.split("|"), ""]
        if not file or held != file or len(rest) < 3:
            return None
        days = [date.fromisoformat(each) if each else None for each in rest[1:3]]
        return cls(rest[0], *days)


@dataclass(frozen=True)
class Delivery:
    """One sheet for one period in one file, as Deliveries should show it."""

    contract: Contract
    period: Period | None
    file: str
    status: str  # "" = nothing came, and nothing says that it should have
    sums: Sum | None = None  # rows and money; None: what the page has stays
    content: Content | None = None
    due: date | None = None  # carried from the period before, for a new row
    row: Row | None = None  # where it stands on the page
    said: bool = False  # people wrote the status, and it stays as they did
    source: str = ""  # hash of the file as a whole

    @property
    def key(self) -> str:
        """What the run log calls it."""
        return key_of(self.contract.name, self.period, self.file)


@dataclass(frozen=True)
class Missing:
    """A sheet that nothing came for."""

    contract: Contract
    lines: int  # of the Scorecard that wait for it
    dept: str = ""  # as people wrote it


@dataclass(frozen=True)
class Received:
    """All deliveries of a run, and how the period's stand."""

    rows: tuple[Delivery, ...] = ()
    period: Period | None = None
    came: int = 0
    expected: int = 0
    missing: tuple[Missing, ...] = ()
    confirmed: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # for the run log
