"""The door for the button Trace: the figure of the selected Scorecard line, traced onto the page Trace of the open workbook.

Nothing of xlwings is imported: whoever calls has the book already (`xlwings.Book.caller()`).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books import live, saving
from loyalty_xl.books.places import RUN_LOG, SCORECARD, not_ours
from loyalty_xl.errors import LoyaltyError, UsageError
from loyalty_xl.opening import Asked, Progress, open_book, silent
from loyalty_xl.traces import Traced, known_kpi, known_segment, page_patch

if TYPE_CHECKING:
    from datetime import date

    import xlwings

    from loyalty_xl.books.patch import Patch


@dataclass(frozen=True)
class Figure:
    """A figure of the Scorecard."""

    kpi: str
    segment: str  # `region=华东`, nothing for the total
    period: str


def figure_at(book: Path, sheet: str, row: int) -> Figure:
    """The figure that stands in a row of a worksheet: its KPI and segment, and the period that the Scorecard is of.

    Raises
    ------
    ReadError
        The workbook cannot be read.
    UsageError
        It is none of ours, or no line of its Scorecard stands there.
    """
    from loyalty_xl.books.reading import read, sheet_states
    from loyalty_xl.publish import run_log
    from loyalty_xl.publish.layout import held, read_layout

    names = list(sheet_states(book))
    board, log = SCORECARD.find(names), RUN_LOG.find(names)
    if board is None:
        raise not_ours(book.name)
    if sheet != board:
        raise no_line()
    pages = read(book, [name for name in (board, log) if name])
    layout = read_layout(pages[board])
    lines = {at: line for line, at in layout.lines.items()} if layout is not None else {}
    if layout is None or row not in lines:
        raise no_line()
    kpi, segment = lines[row]
    period = run_log.last(run_log.entries_of(pages.get(log or "")), "run").get("period")
    if not period and "period" in layout.head:
        period = str(held(pages[board], *layout.head["period"]) or "")
    if not period:
        raise UsageError("", "记分卡还没有期间。请先更新。", "The Scorecard has no period yet. Refresh first.")
    return Figure(kpi, "" if segment == "All" else segment, period)


def no_line() -> UsageError:
    """The error for a selection that is no figure."""
    return UsageError(
        "",
        "选中的不是记分卡的指标行。请先在“记分卡”页选中一个指标所在的行,再点“追溯”。",
        "No KPI of the Scorecard is selected. On the page Scorecard, select a cell in the line of a KPI, then Trace.",
    )


def trace_open(
    book: xlwings.Book, sheet: str, row: int, *, today: date | None = None, progress: Progress = silent
) -> Traced:
    """Trace the figure of a Scorecard line of a workbook that is open in Excel, and fill its page Trace.

    Nothing but that page, and the links of the Scorecard, changes; the workbook is not saved. A copy of what it was is kept among its
    backups.

    Raises
    ------
    ReadError, UsageError
        The workbook cannot be read, or no line of its Scorecard stands there.
    WriteError
        Excel does not let it be copied or filled: cells are then what they were.
    """
    with (
        tempfile.TemporaryDirectory(prefix="loyalty_xl-", ignore_cleanup_errors=True) as folder,
        live.status_bar(book.app) as say,
    ):

        def tell(step: str, text: str) -> None:
            say(f"loyalty_xl: {text} …")
            progress(step)

        copy = live.saved_copy(book, Path(folder))
        place = live.place_of(book)
        figure = figure_at(copy, sheet, row)
        wanted = known_kpi(figure.kpi)
        tell("read", "读取 reading")
        with open_book(copy) as opened:
            from loyalty_xl.pipeline import ground
            from loyalty_xl.publish.trace_page import basis
            from loyalty_xl.tracing.document import trace

            found = ground(replace(opened, book=place or copy), Asked(figure.period), today=today)
        dim, label = known_segment(figure.segment, found)
        tell("trace", "追溯 tracing")
        made = trace(found, wanted, dim, label)
        rests_on = basis(found.inputs, found.situation.as_of)
        language = found.situation.settings.language
        tell("write", "写入 writing")
        patch = page_patch(found, made, language, rests_on, copy)
        _fill(book, patch, copy, place)
    return Traced(made, language, rests_on, place or Path(copy.name))


def _fill(book: xlwings.Book, patch: Patch, copy: Path, place: Path | None) -> None:
    """Carry a patch of the copy out in the open workbook; where Excel stops it, everything is taken back."""
    from loyalty_xl.books.live_plan import plan
    from loyalty_xl.refreshing_open import not_written

    steps = plan(patch, copy.parent, {})
    live.refuse_protected(book, steps)
    backup = saving.back_up(place or Path.home() / copy.name, copy)
    journal = live.Journal()
    with live.still(book.app):
        try:
            live.write(book, steps, journal)
        except BaseException as error:
            whole = journal.take_back()
            if isinstance(error, Exception) and not isinstance(error, LoyaltyError):
                raise not_written(copy.name, error, backup, whole=whole) from error
            raise
        live.link(book, steps)


__all__ = ["Figure", "figure_at", "no_line", "trace_open"]
