"""The Adjustments sheet: rows to adjustments, what a row must say, and which rows count."""

from __future__ import annotations

from datetime import date
from math import isclose
from typing import TYPE_CHECKING, Any

from loyalty_xl.cells import column_letters
from loyalty_xl.contracts.control_month_end import ADJUSTMENTS
from loyalty_xl.contracts.targets import Reader, records
from loyalty_xl.vocabulary import Adjustment, Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.targets import KpiName, Segments
    from loyalty_xl.vocabulary import Calendar, Period

MUST = ("kpi", "period", "value", "reason", "by")  # what a row must say
WORDS = {name: (ADJUSTMENTS[name].zh, {"kpi": "KPI", "by": "name"}.get(name, name)) for name in MUST}


def read_adjustments(
    sheet: Sheet | None,
    names: Mapping[str, KpiName],
    calendar: Calendar,
    segments: Segments | None = None,
    faulty: Collection[str] = (),
) -> tuple[list[Adjustment], list[Finding]]:
    """Read the rows of a checked Adjustments sheet, those that lack something (W396) too: they do not count.

    Parameters
    ----------
    sheet
        The sheet as `check_sheet` gives it.
    names
        The KPIs of the catalogue, by key.
    calendar
        The company's fiscal calendar.
    segments
        Values of each segment dim; a dim that is not in it is not checked.
    faulty
        Cells of the sheet that are findings already: that nothing could be read there is not told again.

    Notes
    -----
    A row whose KPI, period, segment or value cannot be used is left out with its finding.
    """
    if sheet is None:
        return [], []
    reader = Reader(sheet, names, calendar, segments or {})
    read = []
    for row, cells in records(sheet):
        missing = [name for name in MUST if cells.get(name) is None or not str(cells[name]).strip()]
        told = len(reader.findings)
        made = _adjustment(reader, row, cells, complete=not missing)
        if missing:  # one finding for the row
            del reader.findings[told:]
            lacking = [name for name in missing if f"{sheet.sent.get(name, '')}{row}" not in faulty]
            if lacking:
                reader.findings.append(_incomplete(sheet, row, lacking, made))
        if made is not None:
            read.append(made)
    return read, reader.findings


def _adjustment(reader: Reader, row: int, cells: dict[str, Any], *, complete: bool) -> Adjustment | None:
    name = reader.kpi(row, str(cells.get("kpi") or ""))
    period = reader.period(row, str(cells.get("period") or ""), None)
    place = reader.segment(row, cells.get("segment_dim"), str(cells.get("segment") or ""))
    if name is None or period is None or place is None:
        return None
    if complete and not reader.in_range(row, cells, name, "absolute", ("value",)):
        return None
    value, on = cells.get("value"), cells.get("on")
    reason, by, note = (str(cells.get(field) or "").strip() for field in ("reason", "by", "note"))
    return Adjustment(
        name.key,
        period,
        place[0],
        place[1],
        value=None if value is None else float(value),
        reason=reason,
        by=by,
        on=None if on is None else date(on.year, on.month, on.day),
        note=note,
        row=row,
    )


def _incomplete(sheet: Sheet, row: int, missing: Sequence[str], made: Adjustment | None) -> Finding:
    """W396: what the row does not say."""
    first = missing[0]
    cell = f"{sheet.sent[first]}{row}" if first in sheet.sent else f"{row}:{row}"
    zh, en = (separator.join(WORDS[name][n] for name in missing) for n, separator in ((0, "、"), (1, ", ")))
    detail = (("missing_zh", zh), ("missing_en", en))
    found = _shown(made) if made is not None else ""
    return Finding("W396", sheet.title, cell, found, column=sheet.headers.get(first, first), detail=detail)


def counting(
    read: Iterable[Adjustment],
    sheet: Sheet | None,
    closed: Collection[str] = frozenset(),
    as_closed: Mapping[str, float] | None = None,
) -> tuple[list[Adjustment], list[Finding]]:
    """Give the adjustments that count, and findings on complete rows that do not.

    Two rows of one KPI, period and segment with different values contradict each other: neither counts (E397). With the
    same value the first counts.

    Parameters
    ----------
    read, sheet
        What `read_adjustments` read, and the sheet that it read.
    closed
        Labels of closed periods. An adjustment of one of them does not count until it is reopened (W398).
    as_closed
        Value by `Adjustment.id` of adjustments that were in force when their period was closed: the closed figure
        holds them, so that there is nothing to tell.
    """
    groups: dict[tuple[Any, ...], list[Adjustment]] = {}
    for each in read:
        if each.complete:
            groups.setdefault((*each.where, each.period.first, each.period.stop), []).append(each)
    counted, findings = [], []
    for first, *others in groups.values():
        differing = [each for each in others if each.value != first.value]
        if first.period.label in closed:
            held = (as_closed or {}).get(first.id)
            late = [each for each in (first, *others) if each.value != held]
            findings += [_told(sheet, "W398", each, expected=each.period.label) for each in late]
        elif differing:
            other = ("other", f"{cell_of(sheet, first.row, 'value')} = {first.value:.10g}")
            findings += [_told(sheet, "E397", each, detail=(other,)) for each in differing]
        else:
            counted.append(first)
    return sorted(counted, key=lambda each: each.row), findings


def without_effect(
    adjustments: Iterable[Adjustment],
    sheet: Sheet | None,
    shown: Collection[tuple[str, str, str]],
    period: Period,
) -> list[Finding]:
    """W399: adjustments of the period that the Scorecard shows which change nothing there.

    *shown* are KPI, segment dim and segment of its lines.
    """
    findings = []
    for each in adjustments:
        if each.period != period:
            continue
        if each.where not in shown:
            findings.append(_told(sheet, "W399", each, detail=(("why", "no line"),)))
        elif each.computed is not None and isclose(each.value or 0.0, each.computed, rel_tol=1e-9, abs_tol=1e-12):
            findings.append(_told(sheet, "W399", each, detail=(("why", "same"),)))
    return findings


def _told(
    sheet: Sheet | None, code: str, each: Adjustment, expected: str = "", detail: tuple[tuple[str, str], ...] = ()
) -> Finding:
    title = sheet.title if sheet else ADJUSTMENTS.name
    column = sheet.headers.get("value", "value") if sheet else "value"
    return Finding(code, title, cell_of(sheet, each.row, "value"), _shown(each), expected, column, detail=detail)


def _shown(each: Adjustment) -> str:
    value = "" if each.value is None else f" = {each.value:.10g}"
    return f"{each.id.replace('|', ' ').removesuffix(' All')}{value}"


def cell_of(sheet: Sheet | None, row: int, field: str) -> str:
    """Address of a field in a row of the sheet."""
    letters = sheet.sent.get(field) if sheet else None
    return f"{letters or column_letters(ADJUSTMENTS.names.index(field) + 1)}{row}"


def same_place(one: Adjustment, other: Adjustment) -> bool:
    """Whether two rows are about the same figure."""
    return one.where == other.where and one.period == other.period


__all__ = [
    "WORDS",
    "cell_of",
    "counting",
    "read_adjustments",
    "same_place",
    "without_effect",
]
