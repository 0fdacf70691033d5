"""The pipeline: read, check, measure, evaluate, score, fill. It reads like the picture in the design."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from loyalty_xl import adjusting, catalogue, improving, library
from loyalty_xl.books import addin_paths, unread
from loyalty_xl.closings import NO_CLOSINGS
from loyalty_xl.contracts import departments
from loyalty_xl.contracts.arrivals import Arrival, Received
from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.between_value import wallets
from loyalty_xl.contracts.checked import checked_sheet
from loyalty_xl.contracts.currencies import foreign_money
from loyalty_xl.contracts.ledger import conversions
from loyalty_xl.contracts.plans import read_plans
from loyalty_xl.contracts.replacing import without_replaced
from loyalty_xl.contracts.target_changes import ended
from loyalty_xl.contracts.targets import read_targets
from loyalty_xl.contracts.totals import differing, read_controls, totals
from loyalty_xl.contracts.uniting import unite
from loyalty_xl.coverage import coverage
from loyalty_xl.errors import UsageError
from loyalty_xl.evaluating import Situation, evaluate, wiring
from loyalty_xl.inputs import Inputs, gather
from loyalty_xl.opening import NOTHING, silent
from loyalty_xl.preparing import Prepared, newest_date, prepare
from loyalty_xl.receiving import receive, waiting_lines
from loyalty_xl.restating import Shown
from loyalty_xl.rows.reused import reused
from loyalty_xl.scorecard import score
from loyalty_xl.scoring import LoyaltyScore, loyalty_score
from loyalty_xl.settling import closings_of, settle
from loyalty_xl.turns import cycle_turn, following, periods_between
from loyalty_xl.vocabulary import Calendar, Cycle, Finding, Flag, Period, Result, Severity, month_ordinal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from loyalty_xl.closings import Closings
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.totals import Total
    from loyalty_xl.opening import Asked, Opened, Progress
    from loyalty_xl.restating import Restatement
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.scoring import Line
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Adjustment, Plan, Target


Taken = TypeVar("Taken")


@dataclass
class Refresh:
    """What a refresh found."""

    book: Path
    period: Period | None
    as_of: date | None
    results: list[Result]
    lines: list[Line]
    score: LoyaltyScore | None
    tables: dict[str, list[dict[str, Any]]]
    findings: list[Finding]
    sheets: dict[str, Sheet]
    inputs: Inputs
    settings: Settings
    targets: list[Target]
    language: str
    waiting: dict[str, int]  # sheet -> rows after the period, which wait
    totals: list[Total] = field(default_factory=list)  # received = used + left out, by sheet and period
    closings: Closings = NO_CLOSINGS
    restatements: list[Restatement] = field(default_factory=list)
    received: Received = field(default_factory=Received)  # deliveries, and what is awaited
    run_log: list[tuple[str, str, str, str]] = field(default_factory=list)  # section, item, value, more
    plans: list[Plan] = field(default_factory=list)  # rows of Improvement that could be read
    as_computed: Shown | None = None  # before anything closed or adjusted was laid over it
    adjustments: list[Adjustment] = field(default_factory=list)  # those that count, of all periods
    adjustment_rows: list[Adjustment] = field(
        default_factory=list
    )  # all rows of Adjustments, whether they count or not
    written_to: Path | None = None
    up_to_date: bool = False
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def computed(self) -> bool:
        """Whether any KPI has a value."""
        return any(result.value is not None for result in self.results)

    @property
    def exit_code(self) -> int:
        """0 good, 1 done with errors among the findings, 3 nothing could be computed."""
        if not self.computed:
            return 3
        return 1 if any(finding.severity is Severity.ERROR for finding in self.findings) else 0


class Clock:
    """Seconds by step."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._started, self._name = progress, time.perf_counter(), ""
        self.seconds: dict[str, float] = {}

    def step(self, name: str) -> None:
        """End the running step and begin the next."""
        now = time.perf_counter()
        if self._name:
            self.seconds[self._name] = round(now - self._started, 3)
        self._name, self._started = name, now
        if name:
            self._progress(name)


def compute(
    book: Path | Opened, asked: Asked = NOTHING, *, today: date | None = None, progress: Progress = silent
) -> Refresh:
    """Read and check *book* and its sources, and compute everything for it. Nothing is written."""
    today = today or date.today()  # noqa: DTZ011 - only decides which dates lie in the future
    clock = Clock(progress)
    clock.step("read")
    inputs = gather(book, sources=asked.sources, settings=asked.settings, today=today, allow_csv=asked.allow_csv)
    clock.step("check")
    kpis = library.load()
    arrivals: list[Arrival] = []
    sheets, findings = check(inputs, today, arrivals)
    findings += addin_paths.findings(inputs.book)
    findings += [Finding("W380", name, found=why) for name, why in library.FAULTS]
    latest = inputs.settings.at(date.max)
    as_of = _end_of_data(asked, latest, sheets)
    language, calendar = asked.language or latest.language, latest.calendar
    if as_of is None:
        clock.step("")
        return _nothing(inputs, sheets, finished(findings, inputs, kpis.values()), latest, language, clock.seconds)
    clock.step("measure")
    at_end = inputs.settings.at(as_of - timedelta(days=1))
    prepared = prepare(sheets, at_end, as_of)
    targets = _taken(_targets(inputs, kpis, calendar, prepared), findings)
    control, segments = inputs.control.get(improving.PAGE), _segments(prepared)
    plans = _taken(read_plans(control, kpis, calendar, segments, prepared.renamed), findings)
    period = _period(asked.period, calendar, at_end, as_of)
    findings += ended(inputs.control.get("Targets"), targets, period, calendar, lambda key: kpis[key].target_unit)
    first = prepared.first_month
    periods = detail_periods(at_end, targets, period, first, prepared.ready.last_month, calendar)
    computed = _results(sheets, inputs, periods, kpis.values(), calendar, as_of, at_end, prepared)
    clock.step("score")
    closings = _taken(closings_of(inputs, calendar, computed, prepared.renamed), findings)
    counted = _taken(_totals(sheets, inputs, period, calendar), findings)
    situation = _situation(sheets, inputs, prepared, inputs.settings.for_period(period), calendar, as_of)
    scored = score(list(kpis.values()), targets, period, situation, prepared.waves, closings)
    shown = Shown(period, scored.lines, computed, situation, prepared.waves, kpis, sheets)
    settled = _taken(settle(asked.wish, closings, shown, scored.again, targets, inputs, _segments(prepared)), findings)
    lines = settled.lines
    tables = _tables(prepared, at_end, first, calendar, inputs)
    about = improving.scored(period, situation, prepared.waves, lines, targets, plans)
    about = replace(about, results=adjusting.adjusted_results(about.results, settled.adjustments))
    tables |= {key: each.function(about) for key, each in catalogue.LISTINGS.items() if each.scored}
    findings += [*_unrivalled(inputs, lines), *_missing_plans(inputs, lines, plans, as_of)]
    received = _taken(receive(inputs, arrivals, sheets, period, situation.coverage, calendar, findings), findings)
    findings = finished(findings, inputs, kpis.values())
    made = Refresh(
        inputs.book,
        period,
        as_of,
        settled.results,
        lines,
        loyalty_score(lines, situation.settings),
        tables,
        findings,
        sheets,
        inputs,
        situation.settings,
        targets,
        language,
        _waiting(sheets, period, as_of),
        counted,
        received=waiting_lines(received, lines),
        closings=settled.closings,
        restatements=settled.restatements,
        plans=plans,
        as_computed=shown,
        adjustments=settled.adjustments,
        adjustment_rows=settled.adjustment_rows,
    )
    clock.step("")
    made.seconds = clock.seconds
    return made


def _taken(pair: tuple[Taken, list[Finding]], findings: list[Finding]) -> Taken:
    """The first of a pair; the findings that come with it are added to the others."""
    findings.extend(pair[1])
    return pair[0]


def _nothing(
    inputs: Inputs,
    sheets: dict[str, Sheet],
    findings: list[Finding],
    settings: Settings,
    language: str,
    seconds: dict[str, float],
) -> Refresh:
    """What a run gives that finds no date anywhere."""
    counted = totals(sheets, None, [])
    return Refresh(
        inputs.book,
        None,
        None,
        [],
        [],
        None,
        {},
        findings,
        sheets,
        inputs,
        settings,
        [],
        language,
        {},
        counted,
        seconds=seconds,
    )


def check(inputs: Inputs, today: date, arrivals: list[Arrival] | None = None) -> tuple[dict[str, Sheet], list[Finding]]:
    """Check every sheet by itself, then between sheets. Blank sheets of the workbook are no delivery.

    What each file brought is added to *arrivals*.
    """
    sheets: dict[str, Sheet] = {}
    findings = list(inputs.findings)
    settings = inputs.settings.at(today)
    for name, files in inputs.sources.items():
        mapping = inputs.mapping.get(name, {})
        checked = []
        for source in files:
            sheet, found = checked_sheet(
                source.raw,
                source.contract,
                settings,
                mapping=mapping,
                title=source.title,
                date_order=source.date_order,
                header_row=source.header_row,
                profile=source.profile,
                today=today,
                keep=unread.keep,
            )
            blank = not sheet.rows_read and not source.file
            if blank and not source.covers_to and not (name in inputs.said and inputs.said[name].nil):
                continue
            sheet.file, sheet.file_hash, sheet.covers_to = source.file, source.file_hash, source.covers_to
            checked.append(sheet)
            if arrivals is not None and not blank:
                arrivals.append(Arrival.of(sheet, source.content_hash))
            findings += found
        if checked:
            marks = [each for each in inputs.deliveries if each.sheet == name]
            checked, found = without_replaced(checked, marks, inputs.control.get("Deliveries"))
            findings += found
            sheets[name], found = unite(checked, settings.calendar)
            findings += found
    if "ThemeWords" in inputs.control:  # the company's own dictionary of comments
        sheets["ThemeWords"] = inputs.control["ThemeWords"]
    with conversions(sheets):
        findings += between_sheets(sheets, settings)
        findings += foreign_money(sheets, settings)
        findings += wallets(sheets, settings)
    return sheets, findings


def finished(findings: Iterable[Finding], inputs: Inputs, kpis: Iterable[catalogue.Kpi]) -> list[Finding]:
    """Findings as they are shown: with how many KPIs read each one's sheet, those first, errors before warnings, then by sheet and cell."""
    reading: dict[str, int] = {}
    titles = {source.title: name for name, files in inputs.sources.items() for source in files}
    for kpi in kpis:
        for sheet in wiring(kpi).sheets:
            reading[sheet] = reading.get(sheet, 0) + 1
    waited = [
        replace(each, frees=reading.get(titles.get(each.sheet, ""), 0)) if each.severity is Severity.ERROR else each
        for each in findings
    ]
    return sorted(
        waited,
        key=lambda each: (
            each.severity is not Severity.ERROR,
            -each.frees,
            each.sheet,
            each.code,
            each.column,
            *_place(each.cell),
        ),
    )


def _place(cell: str) -> tuple[int, str]:
    digits = "".join(letter for letter in cell.split(":", maxsplit=1)[0] if letter.isdigit())
    return int(digits) if digits else 0, cell


def _end_of_data(asked: Asked, settings: Settings, sheets: Mapping[str, Sheet]) -> date | None:
    """The day before which data count; None where there are none."""
    as_of = asked.as_of or settings.as_of or _next_day(newest_date(sheets))
    if as_of is not None and not _known_to_calendars(month_ordinal(as_of)):
        raise UsageError(
            "", f"截止日期 {as_of} 超出范围:1900 年到 9989 年", f"as_of {as_of} is out of range: 1900 to 9989"
        )
    return as_of


def _next_day(day: date | None) -> date | None:
    return day + timedelta(days=1) if day else None


def _known_to_calendars(month: int) -> bool:
    return 1900 <= month // 12 < 9990


def _period(text: str | None, calendar: Calendar, settings: Settings, as_of: date) -> Period:
    """The period asked for, else the last complete one."""
    if text:
        period = calendar.parse(text)
        if period is None or not _known_to_calendars(period.first):
            raise UsageError(
                "",
                f"期间“{text}”看不懂。写法:2026-03、2026-Q1、2026-H1、2026、2026-01..02",
                f"The period {text!r} cannot be read. Write 2026-03, 2026-Q1, 2026-H1, 2026 or 2026-01..02.",
            )
        return period
    period = calendar.period(Cycle(settings.cycle_type), month_ordinal(as_of - timedelta(days=1)))
    if period.end > as_of:
        period = following(period, calendar, -1) or period
    return period


def detail_periods(
    settings: Settings, targets: Sequence[Target], period: Period, first: int, last: int, calendar: Calendar
) -> list[Period]:
    """Periods of Detail: the reporting cycle, those that Targets names and the period's own, and `all` (G1)."""
    cycles = dict.fromkeys([Cycle(settings.cycle_type), *(target.period.cycle for target in targets), period.cycle])
    periods: list[Period] = []
    for cycle in cycles:
        if cycle is Cycle.RANGE:
            periods += [
                each
                for each in dict.fromkeys([period, *(target.period for target in targets)])
                if each.cycle is Cycle.RANGE
            ]
        elif cycle is not Cycle.ALL:
            periods += periods_between(cycle, first, last, calendar)
    return [*dict.fromkeys(periods), Period(Cycle.ALL, first, last + 1, "all")]


@dataclass(frozen=True)
class Ground:
    """What every result of a period stands on, before any is computed; what tracing starts from."""

    inputs: Inputs
    sheets: Mapping[str, Sheet]
    period: Period
    prepared: Prepared
    situation: Situation


def ground(book: Path | Opened, asked: Asked = NOTHING, *, today: date | None = None, detail: bool = False) -> Ground:
    """Read and check *book* and its sources as `compute` does, with the rows behind everything.

    With *detail* the settings that form the rows are those that Detail sees the period through: in force at its own end.
    """
    today = today or date.today()  # noqa: DTZ011 - only decides which dates lie in the future
    inputs = gather(book, sources=asked.sources, settings=asked.settings, today=today, allow_csv=asked.allow_csv)
    library.load()
    sheets, _ = check(inputs, today)
    latest = inputs.settings.at(date.max)
    as_of, calendar = _end_of_data(asked, latest, sheets), latest.calendar
    if as_of is None:
        raise UsageError("", "表中没有数据,无从追溯", "The sheets hold no data: there is nothing to trace.")
    at_end = inputs.settings.at(as_of - timedelta(days=1))
    period = _period(asked.period, calendar, at_end, as_of)
    own = at_end if period.cycle is Cycle.ALL else inputs.settings.for_period(period)
    prepared = prepare(sheets, own if detail else at_end, as_of, traced=True)
    return Ground(inputs, sheets, period, prepared, _situation(sheets, inputs, prepared, own, calendar, as_of))


def _situation(
    sheets: Mapping[str, Sheet], inputs: Inputs, prepared: Prepared, settings: Settings, calendar: Calendar, as_of: date
) -> Situation:
    reach = coverage(sheets, as_of, calendar, inputs.said)
    if inputs.stopped:
        reach = replace(reach, stopped=reach.stopped | inputs.stopped)
    return Situation(prepared.ready, settings, calendar, reach, as_of, inputs.settings.untrusted)


def _results(
    sheets: Mapping[str, Sheet],
    inputs: Inputs,
    periods: Sequence[Period],
    kpis: Iterable[catalogue.Kpi],
    calendar: Calendar,
    as_of: date,
    at_end: Settings,
    prepared: Prepared,
) -> list[Result]:
    """Results of every period, periods grouped by the settings in force at their end."""
    kpis = list(kpis)
    groups: dict[Settings, list[Period]] = {}
    for period in periods:
        groups.setdefault(at_end if period.cycle is Cycle.ALL else inputs.settings.for_period(period), []).append(
            period
        )
    results: list[Result] = []
    imputed = {
        name: int(sheet.counts.index[sheet.counts["imputed"] > 0].min())
        for name, sheet in sheets.items()
        if len(sheet.counts) and (sheet.counts["imputed"] > 0).any()
    }
    since = min(
        imputed.values(), default=0
    )  # what was imputed may bear on every period from here on, and on the one before
    touched = [
        kpi for kpi in kpis if imputed.keys() & {*wiring(kpi).sheets, *wiring(kpi).also}
    ]  # only these can differ without imputed rows
    for settings, some in groups.items():
        ready = prepared if settings == at_end else prepare(sheets, settings, as_of)
        situation = _situation(sheets, inputs, ready, settings, calendar, as_of)
        found = _evaluated(kpis, some, replace(situation, twice=bool(touched)))
        if touched:
            there = [each for each in some if each.stop + each.months > since]
            bare = replace(situation, ready=prepare(sheets, settings, as_of, without_imputed=True).ready)
            other = {each.id: each.value for each in _evaluated(touched, there, bare)}
            found = _beside(found, other, {kpi.key for kpi in touched}, set(there))
        results += found
    return sorted(
        results, key=lambda each: (each.kpi, each.segment_dim, each.segment, each.period.start, each.period.stop)
    )


def _evaluated(kpis: list[catalogue.Kpi], periods: Sequence[Period], situation: Situation) -> list[Result]:
    dims = dict.fromkeys(["all", *(dim for dims in situation.ready.dims.values() for dim in dims)])
    return evaluate(kpis, [cycle_turn(period) for period in periods], situation, list(dims))


def _beside(
    found: Sequence[Result], other: Mapping[str, float | None], touched: AbstractSet[str], there: AbstractSet[Period]
) -> list[Result]:
    """Put beside each value the one without imputed rows (G16); one that differs is flagged, whichever period they belong to."""
    made = []
    for each in found:
        if each.kpi in touched and each.period in there and (without := other.get(each.id)) != each.value:
            differs = each.value is not None and Flag.IMPUTED not in each.flags
            flags = (*each.flags, Flag.IMPUTED) if differs else each.flags
            each = replace(each, value_without_imputed=without, flags=flags)
        made.append(each)
    return made


def _targets(
    inputs: Inputs, kpis: Mapping[str, catalogue.Kpi], calendar: Calendar, prepared: Prepared
) -> tuple[list[Target], list[Finding]]:
    sheet = inputs.control.get("Targets")
    if sheet is None:
        return [], []
    return read_targets(sheet, kpis, calendar, _segments(prepared), prepared.renamed, prepared.merged)


def _unrivalled(inputs: Inputs, lines: Iterable[Line]) -> list[Finding]:
    """Targets to beat every competitor for which none can be set beside our score."""
    sheet = inputs.control.get("Targets")
    if sheet is None:
        return []
    place, header = sheet.sent.get("target_type", ""), sheet.headers.get("target_type", "")
    return [
        Finding("W336", sheet.title, f"{place}{line.target.row}", line.rival.brand, line.result.period.label, header)
        for line in lines
        if line.rival and line.target and line.rival.nps is None
    ]


def _segments(prepared: Prepared) -> dict[str, set[str]]:
    """Values of each segment dim, with rows or without."""
    segments: dict[str, set[str]] = {dim: set(names) for dim, names in prepared.known.items() if names}
    for dim, label in prepared.ready.segments[1:]:
        segments.setdefault(dim, set()).add(label)
    return segments


def _missing_plans(inputs: Inputs, lines: Sequence[Line], plans: Sequence[Plan], as_of: date) -> list[Finding]:
    sheet = inputs.control.get(improving.PAGE)
    title = inputs.page_names.get(improving.PAGE, improving.PAGE)
    return improving.missing_plans(lines, plans, as_of, title, sheet.headers if sheet else {})


def _tables(
    prepared: Prepared, settings: Settings, first: int, calendar: Calendar, inputs: Inputs
) -> dict[str, list[dict[str, Any]]]:
    """Listings for All, by periods of the reporting cycle."""
    periods = periods_between(Cycle(settings.cycle_type), first, prepared.ready.last_month, calendar)
    tables = {}
    for key, each in catalogue.LISTINGS.items():
        if each.scored:
            continue
        fed = all(name in prepared.ready for name in each.frames) and not inputs.settings.untrusted
        tables[key] = _table(each, prepared.ready, settings, periods) if fed else []
    return tables


def _table(each: catalogue.Listing, ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:
    """One listing; what names people, or quotes them, is made anew each time."""
    if each.personal or "comments" in each.frames:
        return each.function(ready, settings, periods)
    work = partial(each.function, ready, settings, periods)
    key = ("listing", each.key, id(each.function), settings, tuple(periods))
    rows = reused(ready, key, work, lambda made: 100 * sum(map(len, made)), own=each)
    return [dict(row) for row in rows]


def _totals(
    sheets: Mapping[str, Sheet], inputs: Inputs, period: Period | None, calendar: Calendar
) -> tuple[list[Total], list[Finding]]:
    """What every sheet received, used and left out, beside the control totals."""
    sheet = inputs.control.get("Controls")
    controls, found = read_controls(sheet, departments(), calendar)
    made = totals(sheets, period, controls)
    return made, found + differing(sheet, made, controls)


def _waiting(sheets: Mapping[str, Sheet], period: Period, as_of: date) -> dict[str, int]:
    """Rows after the period that wait for the next one (G2)."""
    waiting = {}
    for name, sheet in sheets.items():
        if sheet.contract.date and len(sheet.counts):
            rows = sheet.counts["rows"]
            number = int(
                rows[(rows.index >= period.stop) & (rows.index <= month_ordinal(as_of - timedelta(days=1)))].sum()
            )
            if number:
                waiting[name] = number
    return waiting
