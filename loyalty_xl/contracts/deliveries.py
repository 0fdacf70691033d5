"""Deliveries: what people wrote on the page, what each file brought for a period, and which file counts (rule 27).

A file that was replaced for a period leaves that period as a whole, its faulty rows too: nothing of it was rejected.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.cells import Kind
from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.ledger import RECEIVED, REPLACED, UNIT, total
from loyalty_xl.contracts.links import UNDATED, codes, first_of, months
from loyalty_xl.contracts.row_marks import digests
from loyalty_xl.contracts.totals import money_text
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.contract import Contract, Sheet
    from loyalty_xl.contracts.ledger import Ledger, Sum
    from loyalty_xl.vocabulary import Calendar, Period

PAGE = "Deliveries"
AWAITED, RECEIVED_STATE, FAULTY, ACCEPTED, GIVEN_UP, NIL = (
    "awaited",
    "received",
    "has errors",
    "accepted",
    "replaced",
    "nil",
)
LOGGED, CONFIRMED = "delivery", "confirmed"  # sections of the run log: what the product wrote, what was confirmed
HASH_SHOWN = 12  # characters of a fingerprint
SUMS_64 = 1 << 64


@dataclass(frozen=True)
class Row:
    """A row of Deliveries as it stands."""

    row: int
    sheet: str
    period: Period | None  # None: a sheet without dates
    file: str = ""
    hash: str = ""
    rows: int | None = None
    money: int | None = None  # ten-thousandths
    first: date | None = None
    last: date | None = None
    due: date | None = None
    received: date | None = None
    status: str = ""
    use: str = ""
    confirmed_by: str = ""
    confirmed_on: date | None = None
    dept: str = ""

    @property
    def key(self) -> str:
        """What the run log calls it."""
        return key_of(self.sheet, self.period, self.file)


def key_of(sheet: str, period: Period | None, file: str) -> str:
    """Name a delivery as the run log does."""
    return f"{sheet}|{period.label if period else ''}|{file}"


def span(period: Period | None) -> range:
    """Months of a period; those of rows without a date for None."""
    return range(UNDATED, UNDATED + 1) if period is None else range(period.first, period.stop)


def read_deliveries(
    sheet: Sheet | None, contracts: Sequence[Contract], calendar: Calendar
) -> tuple[list[Row], list[Finding]]:
    """Read the rows of Deliveries; an unknown sheet or period is E302, and the row does not count."""
    if sheet is None:
        return [], []
    known = {text.casefold(): each for each in contracts for text in (each.name, each.zh, f"{each.name} {each.zh}")}
    rows, findings = [], []
    for number, values in zip(sheet.frame.index, sheet.frame.astype(object).itertuples(index=False), strict=True):
        cells = {
            name: None if value is None or value != value else value
            for name, value in zip(sheet.frame.columns, values, strict=True)
        }
        contract = known.get(_text(cells["sheet"]).casefold())
        if contract is None:
            choices = " / ".join(f"{each.name} ({each.zh})" for each in contracts)
            findings.append(_unreadable(sheet, "sheet", int(number), _text(cells["sheet"]), choices))
            continue
        text = _text(cells["period"])
        period = calendar.parse(text[:7] if text.count("-") == 2 else text) if text else None
        if (period is None) is bool(contract.date):
            wanted = "2026-03 / 2026-Q1 / 2026-H1 / 2026" if contract.date else "-"
            findings.append(_unreadable(sheet, "period", int(number), text, wanted))
            continue
        rows.append(_row(int(number), contract.name, period, cells))
    return rows, findings


def _row(number: int, name: str, period: Period | None, cells: Mapping[str, Any]) -> Row:
    days = {each: None if (day := cells[each]) is None else pd.Timestamp(day).date() for each in ("first_date", "last_date", "due", "received", "confirmed_on")}  # fmt: skip
    return Row(
        number,
        name,
        period,
        _text(cells["file"]),
        _text(cells["hash"]),
        None if cells["rows"] is None else int(cells["rows"]),
        None if cells["amount"] is None else round(cells["amount"] * UNIT),
        days["first_date"],
        days["last_date"],
        days["due"],
        days["received"],
        _text(cells["status"]),
        _text(cells["use"]),
        _text(cells["confirmed_by"]),
        days["confirmed_on"],
        _text(cells["dept"]),
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _unreadable(sheet: Sheet, column: str, row: int, found: str, expected: str) -> Finding:
    place = f"{sheet.sent[column]}{row}" if column in sheet.sent else f"{row}:{row}"
    return Finding("E302", sheet.title, place, found, expected, sheet.headers.get(column, column))


@dataclass(frozen=True)
class Said:
    """What a department said about periods for which nothing came, as months."""

    nil: tuple[range, ...] = ()  # nothing to report: the period is covered
    awaited: tuple[range, ...] = ()  # still to come: the period is not


def said_of(rows: Iterable[Row], written: Mapping[str, str]) -> dict[str, Said]:
    """Give what people said, by sheet. An `awaited` that the product wrote itself (*written*, by key) says nothing new."""
    made: dict[str, Said] = {}
    for row in rows:
        if row.period is None:
            continue
        before = made.get(row.sheet, Said())
        if row.status == NIL:
            made[row.sheet] = replace(before, nil=_joined([*before.nil, span(row.period)]))
        elif row.status == AWAITED and written.get(row.key) != AWAITED:
            made[row.sheet] = replace(before, awaited=(*before.awaited, span(row.period)))
    return made


def _joined(spans: Iterable[range]) -> tuple[range, ...]:
    """Put periods that meet together."""
    made: list[range] = []
    for each in sorted(spans, key=lambda months: months.start):
        if made and each.start <= made[-1].stop:
            made[-1] = range(made[-1].start, max(made[-1].stop, each.stop))
        else:
            made.append(each)
    return tuple(made)


def remembered(log: RawSheet | None, section: str) -> dict[str, tuple[str, str]]:
    """Read what the run log keeps of deliveries, by item: value and more."""
    if log is None:
        return {}

    def text(number: int, entry: int) -> str:
        column = log.columns.get(number)
        known = column is not None and column.kind[entry] == Kind.TEXT
        return str(log.strings[column.text[entry]]) if column is not None and known else ""

    return {text(2, at): (text(3, at), text(4, at)) for at in range(len(log)) if text(1, at) == section}


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

    @classmethod
    def of(cls, sheet: Sheet) -> Arrival:
        """Take note of a sheet before it meets others."""
        faulty = {int(month) for month in sheet.rejected["month"]} if len(sheet.rejected) else set()
        held = replace(sheet)  # what is taken out of the sheet from here on does not change this
        return cls(sheet.contract, sheet.title, sheet.file, dict(sheet.ledger), sheet.blocked, frozenset(faulty), held)

    def sums(self, period: Period | None) -> Sum:
        """Rows and money received for a period."""
        return total(self.ledger, span(period)).get(RECEIVED, (0, 0))

    def within(self, period: Period | None) -> Content:
        """Look at its rows of a period: the fingerprint of what they hold, the first and the last day."""
        frame = self.sheet.frame
        inside = np.isin(months(self.sheet), np.array(span(period)))
        part = replace(self.sheet, frame=frame if inside.all() else frame[inside], parts=())
        whole = sum(int(each.hash, 16) for each in digests(part)) % SUMS_64
        rows, money = self.sums(period)
        name = self.contract.date
        days = None
        if name and part.frame[name].dtype.kind == "M" and len(part.frame):
            days = part.frame[name].min().date(), part.frame[name].max().date()
        text = f"{(whole + rows * 31 + money) % SUMS_64:016x}"[:HASH_SHOWN]
        return Content(text, days[0] if days else None, days[1] if days else None)

    def month_of(self, row: int) -> int:
        """Month of a worksheet row that it kept, UNDATED for others."""
        index = self.sheet.frame.index.to_numpy()
        at = int(index.searchsorted(row))
        return int(months(self.sheet)[at]) if at < len(index) and index[at] == row else UNDATED

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


def without_replaced(
    files: Sequence[Sheet], rows: Sequence[Row], page: Sheet | None
) -> tuple[list[Sheet], list[Finding]]:
    """Take out of the files of one sheet the periods for which people marked another one (`use`).

    Marks that contradict each other are not followed (E384); what a replacement changed is told (W386); a mark on a file
    that brought nothing for its period is told too (W388).
    """
    found: list[Finding] = []
    marked = [row for row in rows if row.use]
    if not marked or page is None:
        return list(files), found
    kept = list(files)
    for period in dict.fromkeys(row.period for row in marked):
        mine = [row for row in marked if row.period == period]
        came = _sums([each for each in files if each.contract.name == mine[0].sheet], period)
        found += [_idle(page, row) for row in mine if row.use == "yes" and row.file not in came]
        yes = {row.file for row in mine if row.use == "yes" and row.file in came}
        no = {row.file for row in mine if row.use == "no" and row.file in came}
        out = (set(came) - yes if yes else set()) | no
        if len(yes) > 1 or yes & no or (out and out == set(came)):
            found.append(_contradiction(page, [row for row in mine if row.file in yes | no]))
        elif out:
            kept = [_without(each, span(period)) if each.file in out else each for each in kept]
            found.append(difference(page, mine, _added(came, out), _added(came, set(came) - out)))
    return kept, found


def _sums(files: Iterable[Sheet], period: Period | None) -> dict[str, Sum]:
    """Rows and money of each file that brought any for a period."""
    made: dict[str, Sum] = {}
    for each in files:
        rows, money = total(each.ledger, span(period)).get(RECEIVED, (0, 0))
        if rows:
            before = made.get(each.file, (0, 0))
            made[each.file] = before[0] + rows, before[1] + money
    return made


def _added(came: Mapping[str, Sum], names: set[str]) -> tuple[str, Sum]:
    chosen = [came[name] for name in sorted(names)]
    return first_of([name or "-" for name in sorted(names)]), (sum(each[0] for each in chosen), sum(each[1] for each in chosen))  # fmt: skip


def _without(sheet: Sheet, out: range) -> Sheet:
    """Give a sheet without the rows of some months, which somebody else's take the place of."""
    inside = np.isin(months(sheet), np.array(out))
    held: Ledger = {}
    left = dict(sheet.left_out)
    for (month, reason), sums in sheet.ledger.items():
        if month not in out or reason == RECEIVED:
            held[month, reason] = sums
        elif reason in left:
            left[reason] -= sums[0]
        if month in out and reason == RECEIVED:
            held[month, REPLACED] = sums
            left[REPLACED] = left.get(REPLACED, 0) + sums[0]
    return replace(
        sheet,
        frame=sheet.frame[~inside],
        counts=sheet.counts[~sheet.counts.index.isin(out)],
        rejected=sheet.rejected[~sheet.rejected["month"].isin(out)].reset_index(drop=True),
        ledger=held,
        left_out={reason: rows for reason, rows in left.items() if rows > 0},
    )


def _place(page: Sheet, column: str, row: int) -> str:
    return f"{page.sent[column]}{row}" if column in page.sent else f"{row}:{row}"


def _name(row: Row) -> tuple[tuple[str, str], ...]:
    return (("sheet_name", row.sheet), ("period", row.period.label if row.period else ""))


def _contradiction(page: Sheet, rows: Sequence[Row]) -> Finding:
    cells = tuple(_place(page, "use", row.row) for row in rows)
    told = first_of([f"{row.file or '-'} = {row.use}" for row in rows])
    header = page.headers.get("use", "use")
    return Finding("E384", page.title, cells[0], told, column=header, count=len(rows), cells=cells, detail=_name(rows[0]))  # fmt: skip


def _idle(page: Sheet, row: Row) -> Finding:
    cell, header = _place(page, "use", row.row), page.headers.get("use", "use")
    return Finding("W388", page.title, "", row.file or "-", column=header, cells=(cell,), detail=_name(row))


def difference(page: Sheet, rows: Sequence[Row], old: tuple[str, Sum], new: tuple[str, Sum]) -> Finding:
    """W386: what a replacement changed, in rows and money."""
    detail = dict(_name(rows[0])) | {"rows": f"{old[1][0]:,} → {new[1][0]:,}"}
    if old[1][1] or new[1][1]:
        detail["amount"] = f"{money_text(old[1][1])} → {money_text(new[1][1])}"
    cells = tuple(_place(page, "file", row.row) for row in rows)
    header = page.headers.get("file", "file")
    return Finding("W386", page.title, "", old[0], new[0], header, len(rows), cells, tuple(detail.items()))


__all__ = [
    "ACCEPTED",
    "AWAITED",
    "CONFIRMED",
    "FAULTY",
    "GIVEN_UP",
    "LOGGED",
    "NIL",
    "PAGE",
    "RECEIVED_STATE",
    "Arrival",
    "Content",
    "Row",
    "Said",
    "difference",
    "key_of",
    "read_deliveries",
    "remembered",
    "said_of",
    "span",
    "without_replaced",
]
