"""What may be expected of a delivery: when it is due, whether a silence is longer than ever, whether a confirmation still holds."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from loyalty_xl.contracts.deliveries import NIL
from loyalty_xl.contracts.replacing import difference
from loyalty_xl.vocabulary import month_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.deliveries import Row
    from loyalty_xl.contracts.ledger import Sum
    from loyalty_xl.coverage import SheetReach
    from loyalty_xl.vocabulary import Finding, Period

LOOKED_AT = 400  # days with rows before a silence


def silence(known: SheetReach | None, period: Period) -> tuple[date, date] | None:
    """Give the last day before and the first after a period without rows, when the sheet never paused so long before."""
    if known is None or not len(known.days) or known.covers_to:
        return None
    days: list[date] = [day.astype(object) for day in known.days]
    earlier = [day for day in days if day < period.start][-LOOKED_AT:]
    after = next((day for day in days if day >= period.end), None)
    if not earlier or after is None:
        return None
    longest = max(((late - early).days for early, late in pairwise(earlier)), default=0)
    return (earlier[-1], after) if (after - earlier[-1]).days > longest else None


def next_due(rows: Sequence[Row], before: Period, period: Period) -> date | None:
    """Day by which a period's row is due: as long after its period as the one before."""
    due = next((each.due for each in rows if each.due), None)
    if due is None:
        return None
    day = month_start(due.year * 12 + due.month - 1 + period.first - before.first)
    return day.replace(day=min(due.day, calendar.monthrange(day.year, day.month)[1]))


@dataclass
class Confirmations:
    """What departments confirmed: it holds while the rows are the same."""

    known: Mapping[str, tuple[str, str]]  # from the run log, by delivery: fingerprint; rows, money, day and name
    page: Sheet | None
    made: dict[str, tuple[str, str]] = field(default_factory=dict)  # the same, of this run
    lapsed: list[Finding] = field(default_factory=list)

    def hold(self, row: Row | None, key: str, now: str, sums: Sum) -> bool:
        """Whether what was confirmed is what came; what was confirmed and changed since is W387."""
        if row is None or self.page is None or not row.confirmed_by or row.confirmed_on is None:
            return False
        signature = f"{row.confirmed_on.isoformat()}|{row.confirmed_by}"
        held, more = self.known.get(key, ("", ""))
        rows, _, rest = more.partition("|")
        money, _, signed = rest.partition("|")
        if signed != signature or not held:  # a new confirmation is of what stands on the page
            held = row.hash or now
            shown = (row.rows, row.money) if row.hash and row.rows is not None else sums
            rows, money = str(shown[0]), str(shown[1] or 0)
        self.made[key] = held, f"{rows}|{money}|{signature}"
        if held == now:
            return True
        if row.status != NIL:
            place = self.page.sent.get("confirmed_by", "")
            cell = f"{place}{row.row}" if place else f"{row.row}:{row.row}"
            old = (row.confirmed_by, (int(rows), int(money)))
            told = difference(self.page, [row], old, (row.file or row.sheet, sums))
            header = self.page.headers.get("confirmed_by", "confirmed_by")
            detail = (*told.detail, ("on", row.confirmed_on.isoformat()))
            self.lapsed.append(replace(told, code="W387", column=header, cells=(cell,), detail=detail))
        return False
