"""What stands on each owned page after a refresh: rows of plain values, nothing of the workbook yet."""

from __future__ import annotations

import hashlib
import json
from operator import is_
from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue
from loyalty_xl.books.cell_values import NOT_AVAILABLE
from loyalty_xl.books.places import COHORTS, FINDINGS, in_language
from loyalty_xl.closed_lines import kept
from loyalty_xl.findings import advice, sentence
from loyalty_xl.publish import adjustments
from loyalty_xl.publish.corrections import correction_notes
from loyalty_xl.publish.deliveries import deliveries_json, received_text
from loyalty_xl.publish.dictionary import Dictionary
from loyalty_xl.publish.month_end import act_json, fingerprint_of
from loyalty_xl.publish.restatements import restatement_json
from loyalty_xl.publish.watching import total_json, total_text
from loyalty_xl.publish.words import (
    DIMENSIONS,
    FLAGS,
    REASONS,
    TRENDS,
    change_text,
    flags_text,
    reason_text,
    replaced_text,
    segment_text,
    spring_festival,
    status_text,
    why_text,
    window_text,
)
from loyalty_xl.turns import Turn, course
from loyalty_xl.version import __version__
from loyalty_xl.vocabulary import Flag, Reason, Severity, Trend, Window

if TYPE_CHECKING:
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Finding, Result

Row = list[Any]
IN_MONEY = frozenset({"actual", "target", "variance", "ytd", "previous", "year_ago", "low", "high"})
FINDINGS_SHOWN = 2000  # rows on the Findings page; the rest is counted there and listed by `check --json`
TEXT_SHOWN = 500  # characters of a found text
HASHED = "results_hash"  # where a refresh carries its own along


def scorecard_cells(made: Refresh) -> dict[tuple[str, str], dict[str, Any]]:
    """Cells of each Scorecard line by (kpi, segment), then by column key; None is a blank cell."""
    found = {}
    for line in made.lines:
        cells = _in_money_unit(_line_cells(line, made.language, factor_of(line, made)), line, made)
        if told := adjustments.beside(line, made):
            cells["base"] = " · ".join(filter(None, (told, cells["base"])))
        found[line.kpi.key, segment_text(line.result)] = {key: kept(value) for key, value in cells.items()}
    return found


def factor_of(line: Line, made: Refresh) -> float:
    """What a line's money is divided by for display (`money_unit`)."""
    return made.settings.money_factor if line.kpi.unit.is_money else 1


def money_mark(line: Line, made: Refresh) -> str:
    """What the name of a line says of the unit in which its money is shown; "" where that is the currency itself."""
    return f" ({made.settings.money_unit})" if factor_of(line, made) != 1 else ""


def _in_money_unit(cells: dict[str, Any], line: Line, made: Refresh) -> dict[str, Any]:
    """Money in the display unit (`money_unit`), which the name then states."""
    factor = made.settings.money_factor
    if not line.kpi.unit.is_money or factor == 1:
        return cells
    scaled = {
        key: value / factor if key in IN_MONEY and isinstance(value, float) else value for key, value in cells.items()
    }
    return {**scaled, "label": cells["label"] + money_mark(line, made)}


def trend_cells(made: Refresh) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows of Trend by (kpi, segment): name, target, and the values and targets of the last 13 periods, oldest first."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for line in made.lines:
        factor = factor_of(line, made)
        values = [None if value is None else value / factor for value in line.history]
        target = line.aim.value / factor if line.aim.value is not None else None
        missing: list[float | None] = [None] * (13 - len(values))
        rows[line.kpi.key, segment_text(line.result)] = {
            "label": line.kpi.label(made.language),
            "target": target,
            "values": missing + values,
            "targets": [None if aim is None else aim / factor for aim in (*[None] * (13 - len(line.aims)), *line.aims)],
        }
    return rows


def _line_cells(line: Line, language: str, factor: float) -> dict[str, Any]:
    result, kpi = line.result, line.kpi
    window = turn_window(line, language)
    label = kpi.label(language) + (f"\n{window}" if line.window != Window.CYCLE else "")
    return {
        "label": label,
        "dimension": in_language(*DIMENSIONS[kpi.dimension.value], language),
        "window": window,
        "actual": reason_text(result.reason, language) if result.reason else result.value,
        "reason": in_language(*REASONS[result.reason], language) if result.reason else None,
        "target": line.aim.value if line.aim.value is not None else _range_text(line) or _no_rival(line, language),
        "variance": line.variance,
        "attainment": line.attainment,
        "status": status_text(line.status, language) + (" ≈" if line.straddles else ""),
        "ytd": line.ytd.value if line.ytd else None,
        "change": change_text(result, line.previous, kpi.unit, language),
        "change_year": _year_change(line, language),
        "previous": line.previous.value if line.previous else None,
        "year_ago": line.year_ago.value if line.year_ago else None,
        "trend": in_language(*TRENDS[line.trend], language) if line.trend is not Trend.NONE else None,
        "base": _base_text(line, language, factor),
        "n": result.n,
        "low": result.low,
        "high": result.high,
        "weight": line.weight,
        "flags": flags_text(result.flags, language) or None,
        "owner": (line.target.owner or None) if line.target else None,
    }


def _year_change(line: Line, language: str) -> str | None:
    text = change_text(line.result, line.year_ago, line.kpi.unit, language)
    if text and spring_festival(line.result):
        text += in_language(" (春节)", " (Spring Festival)", "zh" if language == "both" else language)
    return text


def turn_window(line: Line, language: str) -> str:
    """The line's window in words."""
    result = line.result
    return window_text(
        Turn(result.period, line.window, result.period.first, result.period.stop, note=result.note), language
    )


def _base_text(line: Line, language: str, factor: float) -> str | None:
    """What the value rests on: the cohort where there is one, the number of cases, flags; and what the target was before."""
    parts = [f"{in_language('批次', 'cohort', language)} {line.cohort}"] if line.cohort else []
    parts += [f"n = {line.result.n:,.0f}"] if line.result.n is not None else []
    flags = tuple(flag for flag in line.result.flags if flag is not Flag.ADJUSTED)  # told in full: see `beside`
    parts += [flags_text(flags, language)] if flags else []
    if line.rival and line.rival.nps is not None:
        words = in_language("竞品最高", "highest competitor", language)
        parts += [f"{words}: {line.rival.brand} {line.rival.nps:.1f} ({line.rival.period})"]
    parts += [replaced_text(line, language, factor)] if line.replaced else []
    return " · ".join(parts) or None


def _no_rival(line: Line, language: str) -> str | None:
    """Why a target to beat every competitor has no value."""
    if line.rival is None or line.rival.nps is not None:
        return None
    return reason_text(Reason.NOT_COMPARABLE if line.rival.brand else Reason.NO_DATA, language)


def _range_text(line: Line) -> str | None:
    ends = (line.aim.lower, line.aim.upper)
    return (
        f"{ends[0] if ends[0] is not None else ''} – {ends[1] if ends[1] is not None else ''}".strip()
        if any(end is not None for end in ends)
        else None
    )


def head_cells(made: Refresh) -> dict[str, Any]:
    """Values of the block above the Scorecard's table, without the two clock-bound cells."""
    language = made.language
    score, errors = made.score, sum(each.severity is Severity.ERROR for each in made.findings)
    not_fed = [line.kpi.label(language) for line in made.lines if line.result.reason is Reason.NO_DATA]
    lines, aimed = len(made.lines), sum(line.aim.given for line in made.lines)
    scored = score.scored if score else 0
    warnings = len(made.findings) - errors
    adjusted = score.adjusted if score else 0
    return {
        "period": made.period.label if made.period else None,
        "as_of": made.as_of.isoformat() if made.as_of else None,
        "loyalty_score": score.value if score else None,
        "score_note": in_language(
            f"{lines} 项中 {aimed} 项有目标,{scored} 项计分" + (f",其中 {adjusted} 项经人工调整 †" if adjusted else ""),
            f"{aimed} of {lines} targets set, {scored} scored"
            + (f", {adjusted} of them adjusted †" if adjusted else ""),
            language,
        ),
        "not_fed": ", ".join(not_fed) or "–",
        "waiting": ", ".join(f"{name} {rows:,}" for name, rows in made.waiting.items()) or "–",
        "quality": " · ".join(_quality(made)) or "–",
        "received": received_text(made) or "–",
        "findings": in_language(
            f"{errors} 个错误,{warnings} 个提醒", f"errors: {errors}, warnings: {warnings}", language
        ),
        "fingerprint": f"{__version__} · {fingerprint_of(made)[:12]}",
    }


def _quality(made: Refresh) -> list[str]:
    """Completeness, validity and imputed share of the period, unscored."""
    found = {
        each.kpi: each.value
        for each in made.results
        if each.period == made.period and each.segment_dim == "all" and each.value is not None
    }
    shown = ("completeness", "validity", "imputed_share")
    return [f"{catalogue.KPIS[key].label(made.language)} {found[key]:.1%}" for key in shown if key in found]


def heading_cells(made: Refresh) -> dict[str, float | None]:
    """Dimension scores, as attainment on the heading of each group."""
    scores = made.score.by_dimension if made.score else {}
    return {f"@{dimension}": (scores[dimension] / 100 if dimension in scores else None) for dimension in DIMENSIONS}


def trend_periods(made: Refresh) -> list[str]:
    """Labels of the periods on Trend, oldest first."""
    if made.period is None:
        return []
    return [each.label for each in course(made.period, made.settings.calendar)]


def detail_rows(made: Refresh) -> list[Row]:
    """Every result, tidy, All and segments. A missing value is #N/A, so that no formula takes it for 0."""
    language = made.language
    facts = {
        key: (kpi.label(language), in_language(*DIMENSIONS[kpi.dimension.value], language), kpi.unit.value)
        for key, kpi in catalogue.KPIS.items()
    }
    reasons = {None: None} | {reason: reason.value for reason in REASONS}
    flags: dict[Any, str | None] = {(): None}
    adjusted = adjustments.detail_notes(made)
    rows = []
    for each in made.results:
        label, dimension, unit = facts[each.kpi]
        if each.flags not in flags:
            flags[each.flags] = ", ".join(flag.value for flag in each.flags)
        period, interval = each.period, each.interval
        note = " · ".join(filter(None, (each.note, adjusted.get(each.id)))) if adjusted else each.note
        rows.append(
            [each.id, each.kpi, label, dimension, period.cycle.value, period.label, each.segment_dim, each.segment, each.window.value, NOT_AVAILABLE if each.value is None else kept(each.value), reasons[each.reason],
             kept(each.numerator), kept(each.denominator), kept(each.n), kept(interval.low) if interval else None, kept(interval.high) if interval else None, flags[each.flags],
             kept(each.value_without_imputed), kept(each.imputed_share) or None, unit, note or None]
        )  # fmt: skip
    return rows


def cohort_rows(made: Refresh) -> list[Row]:
    """The cohort table."""
    return [[kept(row[column.key]) for column in COHORTS.columns] for row in made.tables.get("cohorts", [])]


def finding_rows(made: Refresh) -> tuple[list[Row], dict[tuple[int, int], tuple[str, str]]]:
    """Findings as rows below the header, and links from their cells to the place in this workbook: sheet, target."""
    rows: list[Row] = []
    links: dict[tuple[int, int], tuple[str, str]] = {}
    cell_column = next(number for number, column in enumerate(FINDINGS.columns, 1) if column.key == "cell")
    own = set(made.inputs.sheet_names)
    for number, each in enumerate(made.findings[:FINDINGS_SHOWN]):
        rows.append(finding_row(each, made.language))
        if each.cell and each.sheet in own:
            target = f"'{each.sheet.replace(chr(39), chr(39) * 2)}'!{each.cell}"
            links[number + 2, cell_column] = each.sheet, target
    left = len(made.findings) - FINDINGS_SHOWN
    if left > 0:
        note = in_language(
            f"另有 {left:,} 个问题未列出;全部见 loyalty-xl check --json",
            f"{left:,} more findings are not listed; loyalty-xl check --json has all",
            made.language,
        )
        rows.append([None, None, None, None, None, left, None, None, note, None, None])
    return rows, links


def finding_row(each: Finding, language: str) -> Row:
    """One finding as cells."""
    severity = in_language(*(("错误", "error") if each.severity is Severity.ERROR else ("提醒", "warning")), language)
    cell = each.cell or (each.cells[0] if each.cells else "")
    return [severity, each.code, each.sheet, cell or None, each.column or None, each.count, each.found[:TEXT_SHOWN] or None, each.expected[:TEXT_SHOWN] or None,
            sentence(each, language, where=False), advice(each, language), each.frees or None]  # fmt: skip


def note_rows(made: Refresh) -> list[Row]:
    """What a reader should know: windows and definitions in use, flags, imputed values, choices of settings."""
    language = made.language
    rows: list[Row] = []

    def note(kind: tuple[str, str], item: str, text: str) -> None:
        rows.append([in_language(*kind, language), item, text])

    dated = Dictionary(made).notes()
    for line in made.lines:
        definition = {"zh": line.kpi.says, "en": line.kpi.title}.get(language, f"{line.kpi.says} {line.kpi.title}")
        if line.kpi.key in dated:
            definition += f" [{in_language('版本', 'version', language)} {dated[line.kpi.key]}]"
        note(("口径", "Definition"), line.kpi.key, definition)
    for line in made.lines:
        if line.result.reason is not None:
            item = " ".join(filter(None, (line.kpi.key, segment_text(line.result).removeprefix("All"))))
            note(("无值原因", "Why no value"), item, why_text(line.result.reason, line.result.note, language))
    for flag in dict.fromkeys(flag for line in made.lines for flag in line.result.flags):
        keys = ", ".join(line.kpi.key for line in made.lines if flag in line.result.flags)
        note(("标记", "Flag"), in_language(*FLAGS[flag], language), keys)
    changed = sorted(made.inputs.settings.changed_keys)
    for key in changed:
        note(("参数", "Setting"), key, str(getattr(made.settings, key)))
    for line in (each for each in made.lines if each.window == Window.CYCLE):
        found = next(
            (
                each
                for each in made.results
                if each.kpi == line.kpi.key and each.period == line.result.period and each.segment_dim == "all"
            ),
            None,
        )
        if (
            found is not None
            and found.imputed_share
            and found.value_without_imputed is not None
            and found.value is not None
        ):
            both = in_language(f"含补录 {found.value:.6g},不含 {found.value_without_imputed:.6g},补录占 {found.imputed_share:.1%}",
                               f"with imputed rows {found.value:.6g}, without {found.value_without_imputed:.6g}, imputed {found.imputed_share:.1%}", language)  # fmt: skip
            note(("补录", "Imputed"), line.kpi.key, both)
    for item, text in correction_notes(made):
        note(("补录依据", "Behind imputed rows"), item, text)
    rows += adjustments.note_rows(made)
    for total in made.totals:
        note(("收数核对", "Control totals"), f"{total.sheet} {total.period}", total_text(total, language))
    for name, sheet in made.sheets.items():
        if sheet.unknown:
            note(("未识别列", "Columns not understood"), name, ", ".join(sheet.unknown))
    return rows


def results_hash(made: Refresh) -> str:
    """SHA-256 of everything that was computed: what decides whether anything is to be written."""
    now = (*made.lines, *made.results)
    known: tuple[Any, ...] = made.__dict__.get(HASHED, ())
    if not known or known[0] != made.closings.seal or len(known[1]) != len(now) or not all(map(is_, known[1], now)):
        known = made.__dict__[HASHED] = (made.closings.seal, now, _results_hash(made))
    return str(known[2])


def _results_hash(made: Refresh) -> str:
    parts = [fingerprint_of(made), made.closings.seal]
    parts += [json.dumps([each.id, each.value, each.reason, each.n]) for each in made.results]
    parts += adjustments.fingerprint_parts(made)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def result_json(each: Result) -> dict[str, Any]:
    """A result as the JSON document holds it."""
    return {
        "kpi": each.kpi,
        "dimension": catalogue.KPIS[each.kpi].dimension.value,
        "cycle": each.period.cycle.value,
        "period": each.period.label,
        "segment_dim": each.segment_dim,
        "segment": each.segment,
        "window": each.window.value,
        "value": each.value,
        "reason": each.reason.value if each.reason else None,
        "numerator": each.numerator,
        "denominator": each.denominator,
        "n": each.n,
        "low": each.low,
        "high": each.high,
        "flags": [flag.value for flag in each.flags],
        "value_without_imputed": each.value_without_imputed,
        "imputed_share": each.imputed_share,
    }


def line_json(line: Line) -> dict[str, Any]:
    """A Scorecard line as the JSON document holds it."""
    result = line.result
    return {
        "kpi": line.kpi.key,
        "dimension": line.kpi.dimension.value,
        "period": result.period.label,
        "segment_dim": result.segment_dim,
        "segment": result.segment,
        "actual": result.value,
        "reason": result.reason.value if result.reason else None,
        "why": why_text(result.reason, result.note, "both") if result.reason else None,
        "target": line.aim.value,
        "highest_competitor": line.rival.brand if line.rival and line.rival.nps is not None else None,
        "attainment": line.attainment,
        "variance": line.variance,
        "ytd": line.ytd.value if line.ytd else None,
        "previous": line.previous.value if line.previous else None,
        "same_period_last_year": line.year_ago.value if line.year_ago else None,
        "trend": line.trend.value,
        "status": line.status.value,
        "weight": line.weight,
        "window": line.window,
        "cohort": line.cohort or None,
        "numerator": result.numerator,
        "denominator": result.denominator,
        "n": result.n,
        "low": result.low,
        "high": result.high,
        "flags": [flag.value for flag in result.flags],
        "computed": adjustment.computed if (adjustment := line.adjusted(result.period)) else result.value,
    }


def finding_json(each: Finding, language: str) -> dict[str, Any]:
    """A finding as the JSON document holds it."""
    return {
        "code": each.code,
        "severity": each.severity.value,
        "sheet": each.sheet,
        "cell": each.cell or (each.cells[0] if each.cells else ""),
        "count": each.count,
        "found": each.found,
        "expected": each.expected,
        "says": sentence(each, language, where=False),
        "advice": advice(each, language),
        "column": each.column,
        "cells": list(each.cells),
    }


def document(made: Refresh, language: str | None = None) -> dict[str, Any]:
    """The one JSON document of `refresh --json`, its sentences in *language* (default: the workbook's)."""
    log: dict[str, dict[str, Any]] = {}
    for section, item, value, more in made.run_log:
        log.setdefault(section, {})[item] = [value, more] if more else value
    return {
        "period": made.period.label if made.period else None,
        "as_of": made.as_of.isoformat() if made.as_of else None,
        "results": [result_json(each) for each in made.results],
        "scorecard": [line_json(line) for line in made.lines],
        "loyalty_score": made.score.value if made.score else None,
        "adjustments": [adjustments.as_json(each) for each in made.adjustments],
        "tables": made.tables,
        "totals": [total_json(each) for each in made.totals],
        "periods": [act_json(each) for each in made.closings.acts],
        "restatements": [restatement_json(each) for each in made.restatements],
        "deliveries": deliveries_json(made, language),
        "findings": [finding_json(each, language or made.language) for each in made.findings],
        "run_log": log,
        "written_to": str(made.written_to) if made.written_to else None,
        "up_to_date": made.up_to_date,
        "seconds": made.seconds,
    }
