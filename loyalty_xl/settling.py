"""What is shown of closed periods: the chain of closings as the workbook holds it, laid over what was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_xl.acting import completed
from loyalty_xl.books.places import CLOSED as CLOSED_PAGE
from loyalty_xl.books.places import RESTATEMENTS
from loyalty_xl.closing_rows import read_closings
from loyalty_xl.closings import CLOSED, Act, Closings
from loyalty_xl.contracts.targets import records
from loyalty_xl.restating import Restatement, Today, restated, told
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loyalty_xl.inputs import Inputs
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Calendar, Result


@dataclass(frozen=True)
class Settled:
    """Results and lines as they are shown, and what closed periods would show otherwise."""

    results: list[Result]
    lines: list[Line]
    restatements: list[Restatement]


def settle(today: Today, inputs: Inputs) -> tuple[Settled, list[Finding]]:
    """Lay closed figures over what was computed today; W393 for each period that would differ."""
    restatements = restated(today)
    title = inputs.page_names.get(RESTATEMENTS.name, RESTATEMENTS.name)
    findings = [
        Finding("W393", title, found=period.label, count=len(each)) for period, each in told(restatements).items()
    ]
    results, lines = today.closings.results(today.results), today.closings.lines(today.period, today.lines)
    return Settled(results, lines, restatements), findings


def closings_of(inputs: Inputs, calendar: Calendar, computed: Iterable[Result]) -> tuple[Closings, list[Finding]]:
    """What was closed, with what has matured since. A closing that was tampered with, or whose figures are gone, holds its period back (E390, E391)."""
    closings = read_closings(inputs.pages.get(CLOSED_PAGE.name))
    findings = []
    title = inputs.page_names.get(CLOSED_PAGE.name, CLOSED_PAGE.name)
    for act in closings.acts:
        if not act.whole:
            findings.append(Finding("E390", title, f"A{act.row}", act.period.label, act.seal[:12]))
    sheet = inputs.control.get("Periods")
    if sheet is None:
        return completed(closings, computed), findings
    for row, record in records(sheet):
        period = calendar.parse(str(record.get("period") or ""))
        state, mark = record.get("state") or "", str(record.get("fingerprint") or "").strip()
        known = closings.standing.get(period) if period is not None else None
        if period is None or (state == CLOSED) == (known is not None):
            continue
        cell = f"{sheet.sent['state']}{row}" if "state" in sheet.sent else f"{row}:{row}"
        if state != CLOSED:  # a state typed by hand changes nothing
            findings.append(Finding("W394", sheet.title, cell, str(state), CLOSED, detail=(("period", period.label),)))
        elif mark and closings.last.get(period) is None:
            findings.append(Finding("E391", sheet.title, cell, period.label, mark[:12]))
            closings = closings.then(Act(closings.next, CLOSED, period, whole=False, found=[]))
        else:
            findings.append(Finding("W394", sheet.title, cell, CLOSED, "", detail=(("period", period.label),)))
    return completed(closings, computed), findings
