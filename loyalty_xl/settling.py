"""What is shown of closed periods: the chain of closings as the workbook holds it, laid over what was computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loyalty_xl import adjusting
from loyalty_xl.acting import acted, completed
from loyalty_xl.books.places import CLOSED as CLOSED_PAGE
from loyalty_xl.books.places import RESTATEMENTS
from loyalty_xl.closed_lines import Key
from loyalty_xl.closing_rows import read_closings
from loyalty_xl.closings import CLOSED, REOPENED, Act, Closings
from loyalty_xl.contracts import adjustments
from loyalty_xl.contracts.control_month_end import ADJUSTMENTS
from loyalty_xl.contracts.targets import records
from loyalty_xl.restating import Restatement, Shown, Today, restated, told
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loyalty_xl.contracts.targets import Segments
    from loyalty_xl.inputs import Inputs
    from loyalty_xl.opening import Wish
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Adjustment, Calendar, Period, Result, Target


@dataclass(frozen=True)
class Settled:
    """Results and lines as they are shown: what was closed, what a person adjusted, and what closed periods would show otherwise."""

    closings: Closings
    results: list[Result]
    lines: list[Line]
    restatements: list[Restatement]
    adjustments: list[Adjustment]  # those that count, of all periods
    adjustment_rows: list[Adjustment]  # all rows of Adjustments, whether they count or not


def settle(
    wish: Wish | None,
    closings: Closings,
    shown: Shown,
    again: Mapping[tuple[Period, Key], Result | None],
    targets: Sequence[Target],
    inputs: Inputs,
    segments: Segments,
) -> tuple[Settled, list[Finding]]:
    """Lay adjustments and closed figures over what was computed, after what a person wants done to the period.

    A period is closed with its adjustments; one that is reopened has them again.
    """
    if wish is not None and wish.kind == REOPENED:
        closings = acted(wish, closings, shown)
    situation, period = shown.situation, shown.period
    read, in_force, findings = _adjustments(inputs, shown, segments, closings)
    lines = adjusting.adjusted(shown.lines, in_force, period, situation, shown.waves)
    in_force = adjusting.with_computed(in_force, lines, shown.results)
    findings += _without_effect(inputs, in_force, lines, period)
    if wish is not None and wish.kind == CLOSED:
        closings = acted(wish, closings, replace(shown, lines=lines))
    restatements = restated(Today(closings, shown, again, targets, inputs.settings))
    title = inputs.page_names.get(RESTATEMENTS.name, RESTATEMENTS.name)
    findings += [Finding("W393", title, found=each.label, count=len(some)) for each, some in told(restatements).items()]
    results, lines = closings.results(shown.results), closings.lines(period, lines)
    return Settled(closings, results, lines, restatements, in_force, read), findings


def _adjustments(
    inputs: Inputs, shown: Shown, segments: Segments, closings: Closings
) -> tuple[list[Adjustment], list[Adjustment], list[Finding]]:
    """Rows of Adjustments: all that could be read, those that count, and findings."""
    sheet = inputs.control.get(ADJUSTMENTS.name)
    title = inputs.page_names.get(ADJUSTMENTS.name, "")
    faulty = {cell for each in inputs.findings if each.sheet == title for cell in (each.cell, *each.cells)}
    read, found = adjustments.read_adjustments(sheet, shown.kpis, shown.situation.calendar, segments, faulty)
    counted, more = adjustments.counting(read, sheet, closings.closed, closings.adjusted)
    return read, counted, found + more


def _without_effect(
    inputs: Inputs, in_force: Sequence[Adjustment], lines: Sequence[Line], period: Period
) -> list[Finding]:
    """Adjustments of the period that change nothing on the Scorecard."""
    shown = {(line.kpi.key, line.result.segment_dim, line.result.segment) for line in lines}
    return adjustments.without_effect(in_force, inputs.control.get(ADJUSTMENTS.name), shown, period)


def closings_of(
    inputs: Inputs, calendar: Calendar, computed: Iterable[Result], names: Mapping[str, Mapping[str, str]]
) -> tuple[Closings, list[Finding]]:
    """What was closed, with what has matured since. A closing that was tampered with, or whose figures are gone, holds its period back (E390, E391)."""
    closings = replace(read_closings(inputs.pages.get(CLOSED_PAGE.name)), names=names)
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
