"""Deliveries: what people wrote on the page, and what the run log keeps of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from loyalty_xl.cells import Kind
from loyalty_xl.contracts.counting import UNDATED
from loyalty_xl.contracts.ledger import UNIT
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.contract import Contract, Sheet
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
