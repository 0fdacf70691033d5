"""The door for a workbook that is open in Excel: the same refresh as the command line's, written into the open workbook.

Nothing of xlwings is imported: whoever calls has the book already (`xlwings.Book.caller()`).
"""

from __future__ import annotations

import re
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loyalty_xl.books import live, live_marks, saving
from loyalty_xl.books.live_marks import Mark
from loyalty_xl.books.places import PAGES, in_language
from loyalty_xl.errors import LoyaltyError, WriteError
from loyalty_xl.opening import Asked, Progress, open_book, silent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    import xlwings

    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.publish.run_log import Entry

MOST_MARKS = 300  # cells that are coloured; Findings lists all
MOST_TEXT = 1_000  # characters of a note
STEPS = {
    "read": ("读取", "reading"),
    "check": ("检查", "checking"),
    "measure": ("汇总", "measuring"),
    "score": ("评分", "scoring"),
    "write": ("写入", "writing"),
}


def refresh_open(
    book: xlwings.Book,
    *,
    period: str | None = None,
    as_of: date | None = None,
    sources: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    language: str | None = None,
    by: str | None = None,
    today: date | None = None,
    allow_csv: bool = False,
    progress: Progress = silent,
) -> Refresh:
    """Read, check and compute a workbook that is open in Excel, fill its pages, and mark the cells of its findings.

    The workbook is not saved: that is the user's to do. A copy of what it was is kept among its backups, in
    `.loyalty_backups` beside it, or in the home folder where it has no place on this machine. Parameters are those of
    `refreshing.refresh`.

    Raises
    ------
    ReadError, UsageError
        The workbook cannot be read, or is none of ours.
    WriteError
        Excel does not let it be copied or filled: cells are then what they were.
    """
    asked = Asked(period, as_of, dict(sources or {}), dict(settings or {}), language, allow_csv)
    with (
        tempfile.TemporaryDirectory(prefix="loyalty_xl-", ignore_cleanup_errors=True) as folder,
        live.status_bar(book.app) as say,
    ):

        def tell(step: str) -> None:
            say(f"loyalty_xl: {in_language(*STEPS.get(step, (step, step)), language or 'both')} …")
            progress(step)

        copy = live.saved_copy(book, Path(folder))
        place = live.place_of(book)
        with open_book(copy, sources) as opened:
            from loyalty_xl import pipeline

            made = pipeline.compute(replace(opened, book=place or copy), asked, today=today, progress=tell)
        return _written(book, made, asked, copy, place, by, tell)


def _written(
    book: xlwings.Book, made: Refresh, asked: Asked, copy: Path, place: Path | None, by: str | None, tell: Progress
) -> Refresh:
    """Fill the pages of the open workbook and mark its cells, unless nothing changed or nothing could be computed."""
    from loyalty_xl import writing
    from loyalty_xl.books.live_plan import plan

    filling = writing.judged(made, asked)
    old = remembered(filling.marks)
    closed = {name for name in made.inputs.sheet_names if live.protected(book, name)}
    marks = [mark for mark in wanted(made) if mark.sheet not in closed]
    waiting = [mark for mark in old if mark.sheet in closed]  # they go when the sheet is open again
    leaving = [mark for mark in old if mark.sheet in made.inputs.sheet_names and mark not in waiting]
    as_before = _places(marks) == _places(leaving)
    if not made.computed or (made.up_to_date and as_before):
        return made
    made.up_to_date = False
    started = time.perf_counter()
    tell("write")
    marks = live_marks.looked_at(book, marks, old)
    filling.marks = entries([*waiting, *marks])
    patch = writing.filled(made, filling, copy, by=by)
    steps = plan(patch, copy.parent, {raw.name: raw for raw in made.inputs.pages.values()})
    live.refuse_protected(book, steps)
    backup = saving.back_up(place or Path.home() / copy.name, copy)
    journal = live.Journal()
    with live.still(book.app):
        try:
            live.write(book, steps, journal)
            live_marks.remove(book, leaving, journal)
            live_marks.put(book, marks, journal)
        except BaseException as error:
            whole = journal.take_back()
            if isinstance(error, Exception) and not isinstance(error, LoyaltyError):
                raise not_written(copy.name, error, backup, whole=whole) from error
            raise
        live.link(book, steps)
    made.written_to = place or Path(copy.name)
    made.seconds["write"] = round(time.perf_counter() - started, 3)
    return made


def wanted(made: Refresh) -> list[Mark]:
    """Cells to mark: those that findings name on the workbook's own sheets (owned pages aside), errors first."""
    from loyalty_xl.findings import advice, sentence
    from loyalty_xl.vocabulary import Severity

    owned = {made.inputs.page_names.get(page.name) for page in PAGES}
    found: dict[tuple[str, str], Mark] = {}
    for each in made.findings:
        if each.sheet not in made.inputs.sheet_names or each.sheet in owned:
            continue
        text = f"{each.code} {sentence(each, made.language, where=False)}\n{advice(each, made.language)}"
        colour = live_marks.ERROR if each.severity is Severity.ERROR else live_marks.WARNING
        for address in dict.fromkeys([each.cell, *each.cells]):
            cell = re.match(r"[A-Z]{1,3}[1-9]\d*(?=:|$)", address)
            if cell is None:
                continue
            known = found.get((each.sheet, cell[0]))
            if known is not None:
                found[each.sheet, cell[0]] = replace(known, text=f"{known.text}\n{text}"[:MOST_TEXT])
            elif len(found) < MOST_MARKS:
                found[each.sheet, cell[0]] = Mark(each.sheet, cell[0], colour, text[:MOST_TEXT])
    return list(found.values())


def entries(marks: Sequence[Mark]) -> list[Entry]:
    """Marks as the run log keeps them."""
    from loyalty_xl.publish.run_log import MARKED

    return [(MARKED, f"{mark.sheet}!{mark.cell}", mark.was or "none", mark.colour) for mark in marks]


def remembered(log: Sequence[Entry]) -> list[Mark]:
    """Marks that the run log kept."""
    found = []
    for _, item, was, colour in log:
        sheet, _, cell = item.rpartition("!")
        found.append(Mark(sheet, cell, colour, was="" if was == "none" else was))
    return found


def _places(marks: Sequence[Mark]) -> set[tuple[str, str, str]]:
    return {(mark.sheet, mark.cell, mark.colour) for mark in marks}


def not_written(name: str, error: Exception, backup: Path, *, whole: bool) -> WriteError:
    """The error for an open workbook that Excel did not let be filled."""
    zh = "单元格已恢复原状" if whole else "未能全部恢复"
    en = "its cells are what they were" if whole else "not every cell could be put back"
    return WriteError(
        "E404",
        f"写入打开的 {name} 时出错（{error}），{zh}。更新前的副本：{backup}",
        f"{name} could not be filled while open ({error}); {en}. A copy from before is {backup}.",
    )


__all__ = ["not_written", "refresh_open"]
