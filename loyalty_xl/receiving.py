"""Deliveries of a run: what came for every sheet and period, what is still awaited, what was confirmed (rules 26 and 27)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loyalty_xl.contracts import departments
from loyalty_xl.contracts.arrivals import Content, Delivery, Missing, Received
from loyalty_xl.contracts.deliveries import (
    ACCEPTED,
    AWAITED,
    CONFIRMED,
    FAULTY,
    GIVEN_UP,
    HASH_SHOWN,
    LOGGED,
    NIL,
    PAGE,
    RECEIVED_STATE,
    key_of,
    remembered,
    span,
)
from loyalty_xl.contracts.replacing import difference
from loyalty_xl.coverage import Reach
from loyalty_xl.evaluating import wiring
from loyalty_xl.expecting import Confirmations, next_due, silence
from loyalty_xl.turns import following
from loyalty_xl.vocabulary import Cycle, Finding, Reason, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from loyalty_xl.contracts.arrivals import Arrival
    from loyalty_xl.contracts.contract import Contract, Sheet
    from loyalty_xl.contracts.deliveries import Row
    from loyalty_xl.contracts.ledger import Sum
    from loyalty_xl.coverage import Coverage
    from loyalty_xl.inputs import Inputs
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Calendar, Period

WAITING = frozenset({Reason.NOT_RECEIVED, Reason.NO_DATA})


def receive(
    inputs: Inputs,
    arrivals: Sequence[Arrival],
    sheets: Mapping[str, Sheet],
    period: Period,
    reach: Coverage,
    calendar: Calendar,
    findings: Iterable[Finding],
) -> tuple[Received, list[Finding]]:
    """Put the deliveries of *period*, and of the periods that stand on the page, together."""
    return _Receiving(inputs, arrivals, sheets, period, reach, calendar, findings).run()


def waiting_lines(received: Received, lines: Iterable[Line]) -> Received:
    """Count the Scorecard lines that wait for each missing sheet."""
    lines = list(lines)
    missing = [
        replace(each, lines=sum(_waits(line, each.contract.name) for line in lines)) for each in received.missing
    ]
    return replace(received, missing=tuple(missing))


def _waits(line: Line, sheet: str) -> bool:
    result, wired = line.result, wiring(line.kpi)
    named = result.reason is Reason.BLOCKED and sheet in result.note.split(", ")
    return named or (result.reason in WAITING and sheet in (*wired.sheets, *wired.covering))


class _Receiving:
    """One run over everything that came; its parts share what they know."""

    def __init__(
        self,
        inputs: Inputs,
        arrivals: Sequence[Arrival],
        sheets: Mapping[str, Sheet],
        period: Period,
        reach: Coverage,
        calendar: Calendar,
        findings: Iterable[Finding],
    ) -> None:
        self.inputs, self.sheets, self.period, self.reach, self.calendar = inputs, sheets, period, reach, calendar
        log = inputs.pages.get("Run log")
        self.written = remembered(log, LOGGED)  # by key: status that the product wrote, content
        self.page = inputs.control.get(PAGE)
        self.confirmations = Confirmations(remembered(log, CONFIRMED), self.page)
        self.arrived: dict[tuple[str, str], list[Arrival]] = {}
        for each in arrivals:
            self.arrived.setdefault((each.contract.name, each.file), []).append(each)
        self.standing: dict[tuple[str, str], list[Row]] = {}  # by sheet and period
        for row in inputs.deliveries:
            self.standing.setdefault((row.sheet, _label(row.period)), []).append(row)
        self.months: dict[tuple[str, str], set[int]] = {}  # months of those rows, by sheet and title
        self.marks: dict[tuple[str, str], dict[int, int]] = {}  # fingerprints of the months that are shown
        self.errors: dict[str, list[int]] = {}  # rows of cells with an error, by title
        self.overlaps = [told for told in findings if told.code == "E240"]
        for told in findings:
            if told.severity is Severity.ERROR and told.code != "E240":
                cells = (told.cell, *told.cells)
                self.errors.setdefault(told.sheet, []).extend(_row_of(cell) for cell in cells if cell)
        self.shown: dict[str, list[Period | None]] = {}  # periods, by sheet
        self.found: list[Finding] = []

    def run(self) -> tuple[Received, list[Finding]]:
        """Go through sheets and periods."""
        periods: dict[str, Period] = {}
        if self.period.cycle is not Cycle.ALL and self.reach.as_of > self.period.start:
            periods[self.period.label] = self.period
        for row in self.inputs.deliveries:
            if row.period is not None:
                periods.setdefault(row.period.label, row.period)
        rows: list[Delivery] = []
        for contract in departments():
            shown: list[Period | None] = [None]
            if contract.date:
                mine = periods | {each.label: each for each in self._overlapped(contract.name)}
                shown = [*sorted(mine.values(), key=lambda each: (each.start, each.stop))]
            self.shown[contract.name] = shown
            for period in shown:
                rows += self._deliveries(contract, period)
        order = {contract.name: number for number, contract in enumerate(departments())}
        rows.sort(key=lambda each: (each.period.start.toordinal() if each.period else 0, _label(each.period), order[each.contract.name], each.file))  # fmt: skip
        return self._counted(rows), [*self.found, *self.confirmations.lapsed]

    def _overlapped(self, name: str) -> list[Period]:
        """Periods in which files overlap, so that one of them can be marked."""
        sheet = self.sheets.get(name)
        cycle = self.period.cycle if self.period.cycle.months else Cycle.MONTH
        found = sorted({month for month, reason in sheet.ledger if reason == "overlap" and month}) if sheet else []
        return list(dict.fromkeys(self.calendar.period(cycle, month) for month in found))

    def _counted(self, rows: Sequence[Delivery]) -> Received:
        """Say how the deliveries of the period stand, sheet by sheet."""
        states: dict[str, list[Delivery]] = {}
        for each in rows:
            if each.period == self.period and each.status:
                states.setdefault(each.contract.name, []).append(each)
        late = [some for some in states.values() if all(each.status == AWAITED for each in some)]
        missing = tuple(Missing(some[0].contract, 0, some[0].row.dept if some[0].row else "") for some in late)
        return Received(
            tuple(rows), self.period, len(states) - len(late), len(states), missing, self.confirmations.made
        )

    def _deliveries(self, contract: Contract, period: Period | None) -> list[Delivery]:
        """Deliveries of one sheet for one period: files that came, rows that stand on the page."""
        standing = list(self.standing.get((contract.name, _label(period)), ()))
        came: dict[str, tuple[Sum, list[Arrival]]] = {}
        for (name, file), some in self.arrived.items():
            if name != contract.name:
                continue
            sums = [each.sums(period) for each in some]
            total = sum(each[0] for each in sums), sum(each[1] for each in sums)
            if total[0] and (period is not None or file):
                came[file] = total, some
        rows: list[Delivery] = []
        out = self._given_up(came, standing)
        for file, (sums_, some) in came.items():
            row = next((each for each in standing if each.file == file), None)
            if row is None:  # what was awaited came
                row = next((each for each in standing if not each.file and not each.rows and "" not in came), None)
            if row is not None:
                standing.remove(row)
            rows.append(self._arrived(contract, period, file, sums_, some, row, replaced=file in out))
        standing = [row for row in standing if row.file not in came]  # a second row for one file is nobody's
        gone = [row for row in standing if row.hash and row.rows]
        if gone and came:
            self._tell_replaced(gone, {file: sums for file, (sums, _) in came.items() if file not in out})
        rows += [self._without_file(contract, row, replaced=bool(came) and row in gone) for row in standing]
        if not rows and period is not None and period == self.period:
            rows += self._expected(contract, period)
        return rows

    def _given_up(self, came: Mapping[str, tuple[Sum, list[Arrival]]], standing: Sequence[Row]) -> set[str]:
        """Files that left the period because people marked another one; contradictory marks leave all of them."""
        yes = {row.file for row in standing if row.use == "yes" and row.file in came}
        no = {row.file for row in standing if row.use == "no" and row.file in came}
        out = (set(came) - yes if yes else set()) | no
        return set() if len(yes) > 1 or yes & no or out == set(came) else out

    def _tell_replaced(self, gone: Sequence[Row], now: Mapping[str, Sum]) -> None:
        """W386 for files that are no longer there, by what the page has of them."""
        if self.page is None or not now:
            return
        before = sum(row.rows or 0 for row in gone), sum(row.money or 0 for row in gone)
        after = sum(rows for rows, _ in now.values()), sum(money for _, money in now.values())
        names = [", ".join(name or "-" for name in each) for each in ([row.file for row in gone], list(now))]
        self.found.append(difference(self.page, gone, (names[0], before), (names[1], after)))

    def _arrived(
        self,
        contract: Contract,
        period: Period | None,
        file: str,
        sums: Sum,
        some: Sequence[Arrival],
        row: Row | None,
        *,
        replaced: bool,
    ) -> Delivery:
        """A file with rows for the period."""
        source = "-".join(each.content[:HASH_SHOWN] for each in some)
        kept = self.written.get(key_of(contract.name, period, file), ("", ""))[1]
        content = Content.known(kept, source) or self._content(some, period)
        overlapping = self._overlapping(contract.name, period, file)
        status = RECEIVED_STATE
        if replaced:
            status = GIVEN_UP
        elif row is not None and row.status == NIL:
            status = NIL
            self._tell(row, "W389", "status", f"{sums[0]:,}")
        elif overlapping or any(each.blocked for each in some):
            status = FAULTY
        elif self.confirmations.hold(row, key_of(contract.name, period, file), content.hash, sums):
            status = ACCEPTED
        elif any(self._faulty(each, period) for each in some):
            status = FAULTY
        due = None if row else self._due(contract.name, period)
        return Delivery(contract, period, file, status, sums, content, due, row, said=status == NIL, source=source)

    def _content(self, some: Sequence[Arrival], period: Period | None) -> Content:
        """What the rows of a period are."""
        contents = [each.within(period, self._fingerprints(each)) for each in some]
        first = min((each.first for each in contents if each.first), default=None)
        last = max((each.last for each in contents if each.last), default=None)
        return Content("-".join(each.hash for each in contents)[: 2 * HASH_SHOWN + 1], first, last)

    def _fingerprints(self, arrival: Arrival) -> dict[int, int]:
        """Fingerprints of the months of all periods of its sheet that are shown, worked out in one go."""
        key = arrival.contract.name, arrival.title
        if key not in self.marks:
            shown = {month for each in self.shown[arrival.contract.name] for month in span(each)}
            self.marks[key] = arrival.fingerprints(shown)
        return self.marks[key]

    def _overlapping(self, name: str, period: Period | None, file: str) -> bool:
        """Whether a file holds rows of the period that another one holds too."""
        sheet = self.sheets.get(name)
        if sheet is None or not sheet.parts:
            return False
        named = any(file in (each.found, each.expected) and dict(each.detail).get("sheet_name") == name for each in self.overlaps)  # fmt: skip
        hit = any(month in span(period) and reason == "overlap" for month, reason in sheet.ledger)
        return named and (hit or sheet.blocked)

    def _faulty(self, arrival: Arrival, period: Period | None) -> bool:
        """Whether there is an error in its rows of the period; one without a month belongs to its newest."""
        inside = span(period)
        if any(month in inside for month in arrival.faulty):
            return True
        if 0 in arrival.faulty and arrival.newest in inside:
            return True
        key = arrival.contract.name, arrival.title
        if key not in self.months:
            self.months[key] = arrival.months_of(self.errors.get(arrival.title, ()))
        return not self.months[key].isdisjoint(inside)

    def _without_file(self, contract: Contract, row: Row, *, replaced: bool) -> Delivery:
        """A row of the page for which no file has anything."""
        if row.use == "yes" and contract.name not in self.sheets:
            self._tell(row, "W388", "use", row.file or "-")
        if replaced:
            return Delivery(contract, row.period, row.file, GIVEN_UP, row=row)
        if row.status == NIL:
            return Delivery(contract, row.period, row.file, NIL, row=row, said=True)
        if row.status == AWAITED and self.written.get(row.key, ("", ""))[0] != AWAITED:
            return Delivery(contract, row.period, row.file, AWAITED, row=row, said=True)
        if row.period is None:
            return Delivery(contract, None, row.file, AWAITED, row=row)
        reached = self.reach.reach(contract.name, row.period.first, row.period.stop)
        status = "" if reached in (Reach.COVERED, Reach.SHORT) else AWAITED
        if not status:
            self._tell_silent(contract, row.period, row)
        return Delivery(contract, row.period, row.file, status, row=row)

    def _tell(self, row: Row, code: str, column: str, found: str) -> None:
        """Add a finding about a cell of the page."""
        if self.page is not None:
            letters = self.page.sent.get(column, "")
            cell = f"{letters}{row.row}" if letters else f"{row.row}:{row.row}"
            header = self.page.headers.get(column, column)
            detail = (("sheet_name", row.sheet), ("period", _label(row.period)))
            self.found.append(Finding(code, self.page.title, "", found, column=header, cells=(cell,), detail=detail))

    def _expected(self, contract: Contract, period: Period) -> list[Delivery]:
        """The row of a sheet that should have come for the period, or came for the one before."""
        name = contract.name
        before = following(period, self.calendar, -1)
        mine = [each for (sheet, _), some in self.arrived.items() if sheet == name for each in some]
        delivered = before is not None and any(each.sums(before)[0] for each in mine)
        late = any(row.status == AWAITED for row in self.standing.get((name, _label(before)), ())) if before else False
        if not (name in self.inputs.due or delivered or late):
            return []
        reached = self.reach.reach(name, period.first, period.stop)
        stop, length = max((each.rhythm(self.calendar) for each in mine), default=(0, 0))
        due = self._due(name, period)
        if reached is Reach.ABSENT:
            later = length and stop + length > period.stop  # labels of half a year come every half-year
            return [] if later else [Delivery(contract, period, "", AWAITED, (0, 0), due=due)]
        if reached is Reach.COVERED and delivered:
            self._tell_silent(contract, period, None)
            return [Delivery(contract, period, "", "", (0, 0), due=due)]
        return []

    def _tell_silent(self, contract: Contract, period: Period, row: Row | None) -> None:
        """W385: it counts as a period in which nothing happened."""
        if (found := silence(self.reach.reaches.get(contract.name), period)) is not None:
            cells = (f"{self.page.sent.get('sheet', 'A')}{row.row}",) if row and self.page else ()
            title = self.inputs.page_names.get(PAGE, PAGE)
            detail = (("last", found[0].isoformat()), ("next", found[1].isoformat()))
            self.found.append(Finding("W385", title, "", contract.name, period.label, cells=cells, detail=detail))

    def _due(self, name: str, period: Period | None) -> date | None:
        """Day by which a new row is due."""
        before = following(period, self.calendar, -1) if period is not None else None
        if period is None or before is None:
            return None
        return next_due(self.standing.get((name, _label(before)), ()), before, period)


def _label(period: Period | None) -> str:
    return period.label if period else ""


def _row_of(cell: str) -> int:
    digits = "".join(letter for letter in cell.split(":", maxsplit=1)[0] if letter.isdigit())
    return int(digits) if digits else 0
