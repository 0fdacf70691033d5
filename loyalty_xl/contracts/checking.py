"""From raw cells to a checked sheet: header, rows, types, rules, keys; what is not trusted is out, counted, told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.cells import Kind, RawColumn
from loyalty_xl.contracts import ledger
from loyalty_xl.contracts.cells import Reading, read_column
from loyalty_xl.contracts.contract import Sheet, Type
from loyalty_xl.contracts.counting import UNDATED, amounts_of, count_sheet, months_of_rows, no_counts, no_rejected
from loyalty_xl.contracts.faults import Fault, Place, findings_of, places
from loyalty_xl.contracts.frames import build_frame
from loyalty_xl.contracts.headers import find_header
from loyalty_xl.contracts.keys import bits, missing_values, repeats
from loyalty_xl.contracts.orders import derive, rates_for_money
from loyalty_xl.contracts.reach import far_beyond
from loyalty_xl.contracts.rows import data_rows, wanted_columns
from loyalty_xl.contracts.rules import broken_rules, low_scores
from loyalty_xl.contracts.taken import taken_rows
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.cells import Column
    from loyalty_xl.contracts.contract import Contract
    from loyalty_xl.contracts.headers import Header
    from loyalty_xl.contracts.profiles import SheetProfile

EARLIEST = date(
    1970, 1, 2
)  # before this a date is a blank that some program wrote as its zero, unless company_start says otherwise
NAMED = 100  # unknown headers that are listed, and characters of each: together they fit into a cell


def check_sheet(
    raw: RawSheet,
    contract: Contract,
    settings: Any,
    *,
    mapping: Mapping[str, str] | None = None,
    title: str,
    date_order: str = "",
    header_row: int | None = None,
    profile: SheetProfile | None = None,
    today: date,
) -> tuple[Sheet, list[Finding]]:
    """Check a sheet against its contract.

    Parameters
    ----------
    raw
        The sheet as cells.
    contract
        What it promises.
    settings
        Settings in force (company_start, reporting_currency, scales, hidden_rows, merged_cells ...).
    mapping
        Folded header -> field, from Mapping (`-` leaves the column out).
    title
        What findings call the sheet.
    date_order
        `ymd`, `dmy` or `mdy` as Sources declares it; "" = not declared.
    header_row
        Worksheet row of the header, where Sources says it.
    profile
        What the export profile that Sources names says of this sheet.
    today
        Day of the run; later dates are errors.
    """
    if profile:
        contract, mapping = profile.applied(contract), {**profile.headers, **(mapping or {})}
    header = find_header(raw, contract, mapping, title=title, header_row=header_row)
    findings = [*header.findings, *far_beyond(raw, title)]
    if header.blocked:
        if not header.texts and header_row is None:
            findings = [Finding("W216", title, detail=(("what", "empty"),))]
        return _blocked(contract, title, header, max(0, len(raw) - header.entry - 1)), findings
    if profile and (absent := wanted_columns(header, profile, title)):
        return _blocked(contract, title, header, max(0, len(raw) - header.entry - 1)), [*findings, *absent]
    return _Check(raw, header, settings, title, date_order, today, profile).run(findings)


def _blocked(contract: Contract, title: str, header: Header, rows: int) -> Sheet:
    frame = build_frame(contract, {}, np.zeros(0, np.int32))
    sheet = Sheet(contract, title, frame, header.sent, no_counts(), no_rejected(), blocked=True, rows_read=rows)
    if rows:
        sheet.ledger = {(UNDATED, reason): (rows, 0) for reason in (ledger.RECEIVED, ledger.BLOCKED)}
    _describe(sheet, header)
    return sheet


def _describe(sheet: Sheet, header: Header) -> None:
    sheet.headers = {name: header.texts[column] for name, column in header.columns.items()}
    texts = [header.texts[column] for column in header.unknown]
    listed = [text if len(text) <= NAMED else f"{text[:NAMED]}…" for text in texts[:NAMED]]
    sheet.unknown = (*listed, f"… +{len(texts) - NAMED:,}") if len(texts) > NAMED else tuple(listed)


class _Check:
    """One run over one sheet; its parts share what they know."""

    def __init__(
        self,
        raw: RawSheet,
        header: Header,
        settings: Any,
        title: str,
        date_order: str,
        today: date,
        profile: SheetProfile | None,
    ) -> None:
        self.profile = profile
        self.raw, self.header, self.settings, self.title = raw, header, settings, title
        self.contract = header.contract
        self.how = Reading(
            today,
            settings.company_start or (EARLIEST if self.contract.dept != "control" else None),
            date_order,
            settings.id_padding,
            raw.date1904,
            from_text=not any(np.isin(cells.kind, (Kind.NUMBER, Kind.DATE)).any() for cells in raw.columns.values()),
        )

    def run(self, findings: list[Finding]) -> tuple[Sheet, list[Finding]]:
        """Check rows, cells, rules and keys."""
        rows = data_rows(self.raw, self.header, self.settings, self.title, self._numbers, self.profile)
        self.raw, self.entries = rows.raw, rows.entries
        findings += rows.findings
        if not len(self.entries):
            findings.append(Finding("W216", self.title, detail=(("what", "header"),)))
        columns = {name: self._read(name, self.entries) for name in self.contract.names if name in self.header.columns}
        sent = frozenset(columns)
        self._dependent(columns)
        for column, mask in rows.covered.items():
            name = next(name for name, number in self.header.columns.items() if number == column)
            at = places(mask[self.entries])
            columns[name].blank[at] = False
            columns[name].faults = [
                Fault("E212", at, silent=True),
                *(_without(fault, at) for fault in columns[name].faults),
            ]
        for column_read in columns.values():
            column_read.empty(column_read.bad)
        needs = self._needs(columns)
        self._blanks(columns, needs)
        filled = self._filled(columns)
        if self.contract.name == "Orders":
            findings += derive(
                columns, self.contract, self.header, self.settings, self.raw.rows[self.entries], self.title
            )
            self._amountless(columns)
            if rates := rates_for_money(columns):
                columns["discount"].faults.append(rates)
        if len(self.entries):
            for name, faults in broken_rules(self.contract, self.settings, columns, sent).items():
                for fault in faults:
                    columns[name].faults.append(fault)
                    if fault.code.startswith("E"):
                        columns[name].empty(fault.at)
            if hint := low_scores(self.contract, self.settings, columns):
                columns["recommend_score"].faults.append(hint)
        blocked = self._doubt(columns, needs)
        for name in self.contract.names:
            if name in sent or (name in columns and columns[name].faults):
                findings += self._tell(name, columns[name])
        sheet = self._finish(columns, sent, needs, filled, findings, blocked=blocked)
        sheet.rows_read = rows.read
        sheet.left_out = {**rows.left_out, **sheet.left_out}
        if len(rows.hidden):
            self._enter_hidden(sheet, rows.hidden)
        return sheet, findings

    def _read(self, name: str, entries: NDArray[np.intp]) -> Column:
        cells = self.raw.columns[self.header.columns[name]]
        if len(entries) and entries[-1] - entries[0] + 1 == len(entries):
            taken: Any = slice(int(entries[0]), int(entries[-1]) + 1)
        else:
            taken = entries
        part = RawColumn(cells.kind[taken], cells.number[taken], cells.text[taken], cells.style[taken])
        how, unit = self.how, self.header.units.get(name)
        if unit:
            how = replace(how, factor=unit.factor, percent=self.contract[name].type is Type.PCT)
        return read_column(self.raw, part, self.contract[name], how)

    def _enter_hidden(self, sheet: Sheet, entries: NDArray[np.intp]) -> None:
        """Enter hidden rows that a setting leaves out: they came, and are not used."""
        names = (self.contract.date, ledger.money_field(self.contract))
        columns = {name: self._read(name, entries) for name in names if name in self.header.columns}
        months = months_of_rows(self.contract, columns, len(entries), self.settings.calendar)
        money = columns[names[1]].values if names[1] in columns else None
        for reason in (ledger.RECEIVED, "hidden"):
            ledger.enter(sheet.ledger, reason, months, money)

    def _content(self, number: int) -> NDArray[np.uint64]:
        """Give the content of a column that no one understood, as integers to compare."""
        cells = self.raw.columns[number]
        text = cells.text[self.entries]
        values = np.where(text >= 0, text, bits(cells.number[self.entries]).view(np.int64))
        return np.asarray(values.view(np.uint64) * np.uint64(8) + cells.kind[self.entries])

    def _numbers(self, name: str, entries: NDArray[np.intp]) -> NDArray[np.float64]:
        return self._read(name, entries).values

    def _dependent(self, columns: dict[str, Column]) -> None:
        """Say which values are results that may be other ones today."""
        for name, column in columns.items():
            rows = self.raw.dependent.get(self.header.columns[name])
            if rows is not None:
                at = places(np.isin(self.raw.rows[self.entries], rows) & ~column.bad)
                if len(at):
                    column.faults.append(Fault("W230", at, found=""))

    def _needs(self, columns: dict[str, Column]) -> frozenset[str]:
        """Fields without which a row is out: required ones and the key."""
        required = {each.name for each in self.contract.fields if each.required}
        key = {name for name in self.contract.key if name in columns}
        return frozenset(required | key | ({"amount"} if self.contract.name == "Orders" else set()))

    def _blanks(self, columns: dict[str, Column], needs: frozenset[str]) -> None:
        """Say where a needed cell is blank, and count the blanks of the usual columns."""
        for name, column in columns.items():
            if name in ("line_no", "amount") and self.contract.name == "Orders":
                continue
            blank = column.blank & ~column.bad
            if not blank.any():
                continue
            if name in needs:
                column.faults.append(Fault("E235", places(blank), column.field.zh, ""))
            elif column.field.usual and name not in ("currency", "order_type"):
                code = "W257" if (self.contract.name, name) == ("Orders", "customer_id") else "W235"
                column.faults.append(Fault(code, places(blank), found=""))

    def _amountless(self, columns: dict[str, Column]) -> None:
        """Say where an order line has no amount, and none can be computed; a bad cell of the parts says it already."""
        amount = columns["amount"]
        gone = np.isnan(amount.values) & ~amount.bad
        for name in ("quantity", "unit_price", "discount"):
            if name in columns:
                gone_with = gone & columns[name].bad
                if gone_with.any():
                    amount.faults.append(Fault("E235", places(gone_with), silent=True))
                    gone &= ~gone_with
        if gone.any():
            amount.faults.append(Fault("E235", places(gone), amount.field.zh, ""))

    def _filled(self, columns: dict[str, Column]) -> NDArray[np.int64]:
        """Count the usual cells of each row that hold something."""
        filled = np.zeros(len(self.entries), np.int64)
        for column in columns.values():
            if column.field.usual:
                filled += ~column.blank
        return filled

    def _doubt(self, columns: dict[str, Column], needs: frozenset[str]) -> bool:
        """Empty columns that cannot be trusted as a whole; gives whether the sheet cannot be either."""
        blocked = False
        for name, column in columns.items():
            if column.doubtful:
                blocked |= name in needs or name == self.contract.date
                rest = ~missing_values(column)
                column.faults.append(Fault("E222", places(rest), silent=True))
                column.empty(rest)
        return blocked

    def _place(self, name: str) -> Place:
        number = self.header.columns.get(name, 0) or min(self.header.columns.values())
        return Place(self.raw, self.title, number, self.header.texts[number], self.entries)

    def _tell(self, name: str, column: Column) -> list[Finding]:
        name = name if name in self.header.columns else "unit_price"
        place = self._place(name)
        return [finding for fault in column.faults for finding in findings_of(fault, place)]

    def _finish(
        self,
        columns: dict[str, Column],
        sent: frozenset[str],
        needs: frozenset[str],
        filled: NDArray[np.int64],
        findings: list[Finding],
        *,
        blocked: bool,
    ) -> Sheet:
        """Take bad rows and repeated ones out, count, and build the frame."""
        contract, size = self.contract, len(self.entries)
        bad = {name: mask for name, column in columns.items() if (mask := column.bad).any()}
        out, faulty = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        for name, mask in bad.items():
            faulty |= mask
            if name in needs:
                out |= mask
        key = [name for name in contract.key if name in sent]
        if contract.name == "Orders" and len(key) < len(contract.key):
            key = []
        policy = str(self.settings.identical_order_lines) if contract.name == "Orders" else "keep"
        if contract.since in sent:  # rows of one key that differ follow each other in time
            key, policy = [], "drop"
        content = {name: column for name, column in columns.items() if name in sent}
        labels = {name: self.header.texts[column] for name, column in self.header.columns.items()}
        first = self._place((*key, *(name for name in contract.key if name in sent), contract.date)[0] or "")
        twice = repeats(
            content, key, ~out, first, policy, labels, [self._content(column) for column in self.header.unknown]
        )
        findings += twice.findings
        faulty |= twice.conflicts
        kept = ~(out | twice.conflicts | twice.drop)
        months = months_of_rows(contract, columns, size, self.settings.calendar)
        amount = amounts_of(contract, columns, size)
        counts, rejected = count_sheet(
            contract, columns, sent, months, amount, filled, ~faulty, ~twice.copies, bad, out | twice.conflicts
        )
        if blocked:
            kept[:] = False
        frame = build_frame(contract, columns, self.raw.rows[self.entries], None if kept.all() else kept)
        left_out = {"error": int((out | twice.conflicts).sum()), "repeated": int(twice.drop.sum())}
        sheet = Sheet(contract, self.title, frame, self.header.sent, counts, rejected, blocked=blocked)
        sheet.calendar = self.settings.calendar
        sheet.left_out = {reason: rows for reason, rows in left_out.items() if rows}
        out |= twice.conflicts
        dated = columns.get(contract.date)
        if dated is not None:  # a row that stays without a date belongs to no month
            unknown = dated.values < 0 if dated.field.type is Type.PERIOD else np.isnat(dated.values)
            months = np.where(unknown & kept, UNDATED, months)
        money = columns.get(ledger.money_field(contract))
        reasons = {ledger.RECEIVED: np.ones(size, np.bool_), "error": out, "repeated": twice.drop & ~out}
        reasons[ledger.BLOCKED] = ~(kept | out | twice.drop)
        for reason, mask in reasons.items():
            ledger.enter(sheet.ledger, reason, months[mask], None if money is None else money.values[mask])
        reasons = {"error": out, "repeated": twice.drop & ~out}
        sheet.taken = taken_rows(
            contract, columns, self.title, self.raw.rows[self.entries], months, reasons, sorted(needs), twice.conflicts
        )
        _describe(sheet, self.header)
        return sheet


def _without(fault: Fault, at: NDArray[np.intp]) -> Fault:
    return replace(fault, at=np.setdiff1d(fault.at, at))
