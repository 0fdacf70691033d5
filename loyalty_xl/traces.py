"""The door: show where one figure comes from, on the Trace page of its workbook, as CSV or as a document."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import SCORECARD, TRACE
from loyalty_xl.errors import UsageError
from loyalty_xl.opening import NOTHING, Asked, Progress, open_book, silent

if TYPE_CHECKING:
    import argparse
    from datetime import date

    from loyalty_xl.books.patch import Patch
    from loyalty_xl.catalogue import Kpi
    from loyalty_xl.pipeline import Ground
    from loyalty_xl.tracing.document import Trace


@dataclass(frozen=True)
class Traced:
    """A trace, and where it was written."""

    trace: Trace
    language: str
    rests_on: str
    written_to: Path | None = None


def trace_figure(
    book: str | Path,
    kpi: str,
    asked: Asked = NOTHING,
    *,
    segment: str = "",
    cycle: bool = False,
    write: bool = True,
    out: Path | None = None,
    csv: Path | None = None,
    today: date | None = None,
    progress: Progress = silent,
) -> Traced:
    """Trace a KPI of *book* in the period that is asked for, and put it on the page Trace.

    Parameters
    ----------
    book
        A workbook made by `loyalty-xl new`.
    kpi
        Its key, or its name in Chinese or English.
    asked
        Period, as_of, sources, settings, language, as for a refresh.
    segment
        `region=华东`; without it the total.
    cycle
        As Detail sees the period, not the Scorecard: the period itself.
    write
        Fill the page Trace. Nothing else of the workbook changes.
    out
        Write a copy there instead.
    csv
        Write all rows there, too.
    today
        Day of the run; only decides which dates lie in the future.
    progress
        Called with the name of each step as it begins.

    Raises
    ------
    UsageError
        There is no such KPI, period or segment; the nearest names are in the message.
    ReadError, WriteError
        The workbook cannot be read, or replaced.
    """
    book = Path(book)
    wanted = known_kpi(kpi)
    if write:
        _may_be_replaced(book, out, asked)
    progress("read")
    with open_book(book, asked.sources) as opened:
        from loyalty_xl.pipeline import ground
        from loyalty_xl.tracing.document import trace

        found = ground(opened, asked, today=today, detail=cycle)
    dim, label = known_segment(segment, found)
    progress("trace")
    made = trace(found, wanted, dim, label, cycle=cycle)
    from loyalty_xl.publish.trace_page import basis

    rests_on = basis(found.inputs, found.situation.as_of)
    language = asked.language or found.situation.settings.language
    if csv is not None:
        _write_csv(csv, made, {book, *(Path(each) for each in asked.sources.values())})
    if not write:
        return Traced(made, language, rests_on)
    progress("write")
    from loyalty_xl.books.saving import replace_file

    target = out or book
    patch = page_patch(found, made, language, rests_on, found.inputs.book, cycle=cycle)
    replace_file(target, patch.save, patch.verify)
    return Traced(made, language, rests_on, target)


def known_kpi(name: str) -> Kpi:
    """Find a KPI by its key or its name."""
    from loyalty_xl import library

    kpis = library.load()
    names = {text.casefold(): each for each in kpis.values() for text in (each.key, each.zh, each.en, each.worksheet_name)}  # fmt: skip
    if name.strip().casefold() in names:
        return names[name.strip().casefold()]
    near = ", ".join(dict.fromkeys(names[each].key for each in _nearest(name.casefold(), list(names))))
    raise UsageError("", f"没有指标“{name}”。最接近的是:{near}", f"There is no KPI {name!r}. The nearest are: {near}")


def known_segment(text: str, found: Ground) -> tuple[str, str]:
    """Find a segment (`region=华东`); All for nothing."""
    segments = found.prepared.ready.segments
    if not text or text.casefold() in ("all", "all=all"):
        return segments[0]
    dim, _, label = (part.strip() for part in text.partition("="))
    match = next((each for each in segments if (each[0].casefold(), each[1].casefold()) == (dim.casefold(), label.casefold())), None)  # fmt: skip
    if match:
        return match
    names = [f"{one}={other}" for one, other in segments[1:]]
    near = ", ".join(_nearest(text, names) or names[:5])
    raise UsageError(
        "",
        f"没有细分“{text}”。最接近的是:{near}",
        f"There is no segment {text!r}: write DIM=VALUE. The nearest are: {near}",
    )


def _nearest(text: str, names: list[str]) -> list[str]:
    return difflib.get_close_matches(text, names, n=5, cutoff=0.4)


def _may_be_replaced(book: Path, out: Path | None, asked: Asked) -> None:
    """Refuse a workbook that somebody has open, and a copy that cannot be one."""
    from loyalty_xl.books.owners import who_has_it
    from loyalty_xl.refreshing import may_be_written, open_elsewhere

    if out is not None:
        may_be_written(out, book, asked.sources)
    elif (holder := who_has_it(book)) is not None:
        raise open_elsewhere(book, holder)


def page_patch(found: Ground, made: Trace, language: str, rests_on: str, book: Path, *, cycle: bool = False) -> Patch:
    """A patch of *book* that fills the page Trace, and lets the Scorecard's actual lead there."""
    from loyalty_xl.books.patch import Patch, Style
    from loyalty_xl.publish.actual_links import link_traced
    from loyalty_xl.publish.template import place_of
    from loyalty_xl.publish.trace_page import PLAIN, trace_board

    inputs = found.inputs
    patch = Patch(book)
    name = inputs.page_names.get(TRACE.name)
    if name is None:
        name = TRACE.title(language)
        patch.add_sheet(
            name, widths=[column.width for column in TRACE.columns], before=place_of(TRACE.name, patch.sheet_names)
        )
        header = Style(bold=True, fill="1F3864", color="FFFFFF", wrap=True)
        for number, text in enumerate(TRACE.header(language), start=1):
            patch.put(name, 1, number, text, header)
    elif patch.states[name] == "hidden" and not patch.protected:
        patch.show(name)
    here = {sheet: sheet for sheet in patch.sheet_names}
    shown = "" if cycle else _shown(found, made)
    board = trace_board(made, language, rests_on, here, shown)
    patch.replace(name, 2, board.rows, [PLAIN] * len(board.rows[0]), board.links)
    for (row, column), style in board.marks.items():
        if column <= len(board.rows[row - 2]):
            patch.put(name, row, column, board.rows[row - 2][column - 1], style)
    link_traced(patch, inputs, found.situation.settings.language, None if cycle or shown else _on_board(found, made))
    return patch


def _on_board(found: Ground, made: Trace) -> tuple[str, str] | None:
    """The Scorecard's line that is traced; None where the Scorecard is of another period."""
    from loyalty_xl.publish import run_log
    from loyalty_xl.publish.words import segment_text

    log = run_log.entries_of(found.inputs.pages.get("Run log"))
    period = run_log.last(log, "run").get("period")
    return (made.kpi.key, segment_text(made.result)) if period == made.result.period.label else None


def _shown(found: Ground, made: Trace) -> str:
    """What the Scorecard shows for the same figure, where that is something else."""
    from loyalty_xl.publish import run_log
    from loyalty_xl.publish.layout import held, read_layout, shown

    raw = found.inputs.pages.get(SCORECARD.name)
    log = run_log.entries_of(found.inputs.pages.get("Run log"))
    if raw is None or run_log.last(log, "run").get("period") != found.period.label:
        return ""
    layout = read_layout(raw)
    line: Any = (made.kpi.key, made.result.segment if made.result.segment_dim != "all" else "All")
    if layout is None or line not in layout.lines or "actual" not in layout.columns:
        return ""
    now = shown(held(raw, layout.lines[line], layout.columns["actual"]))
    if made.result.value is None:
        return "" if not _number(now) else now
    return "" if _number(now) and abs(float(now) - made.result.value) <= 1e-9 * max(1.0, abs(made.result.value)) else now  # fmt: skip


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _write_csv(path: Path, made: Trace, inputs: set[Path]) -> None:
    """Write all rows behind a figure; a file that is read is never overwritten."""
    from loyalty_xl.books.saving import replace_file

    if path.exists() and any(each.exists() and path.samefile(each) for each in inputs):
        raise UsageError(
            "", f"--csv 不能是正在读取的文件:{path.name}", f"--csv must not be a file that is read: {path.name}"
        )
    rows = made.rows.assign(
        **{name: ["'" + text if text[:1] in tuple("=+-@\t\r") else text for text in made.rows[name].astype(str)]
           for name in ("name", "title", "key") if len(made.rows)}
    )  # fmt: skip
    replace_file(path, lambda file: rows.to_csv(file, index=False, encoding="utf-8-sig"), backups=None)


def run(arguments: argparse.Namespace, progress: Progress = silent) -> Traced:
    """Run the command."""
    period, segment = arguments.period, arguments.segment
    if period and "=" in period and not segment:  # a segment of the last complete period
        period, segment = None, period
    asked = Asked(
        period, arguments.as_of, dict(arguments.source), dict(arguments.set), arguments.lang, arguments.allow_csv
    )
    return trace_figure(
        arguments.book,
        arguments.kpi,
        asked,
        segment=segment,
        cycle=arguments.window == "cycle",
        write=not arguments.dry_run,
        out=Path(arguments.out) if arguments.out else None,
        csv=Path(arguments.csv) if arguments.csv else None,
        progress=progress,
    )


def said(made: Traced) -> str:
    """What was traced, in a few lines."""
    from loyalty_xl.books.places import in_language
    from loyalty_xl.publish.trace_page import check_text
    from loyalty_xl.publish.words import segment_text

    each, language = made.trace, made.language
    result = each.result
    value = "–" if result.value is None else f"{result.value:.10g}"
    lines = [f"{each.kpi.label(language)} · {result.period.label} · {segment_text(result)}: {value}"]
    if each.numerator is not None:
        below = f" / {each.denominator:.10g}" if each.denominator is not None else ""
        lines.append(f"= {each.numerator:.10g}{below}")
    lines.append(check_text(each, language))
    lines.append(
        in_language(
            f"{each.units:,} 个单位,{len(each.rows):,} 行计入;{len(each.left_out):,} 行被剔除",
            f"{each.units:,} units, {len(each.rows):,} rows behind them; {len(each.left_out):,} rows left out",
            language,
        )
    )
    if made.written_to:
        lines.append(in_language(f"已写入 {made.written_to} 的追溯页", f"Page Trace of {made.written_to}", language))
    return "\n".join(line for line in lines if line)
