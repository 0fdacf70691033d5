"""The door: bring every page that loyalty_xl owns in a workbook up to date.

Nothing heavy is imported before the workbook is being read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl import memory
from loyalty_xl.books.owners import open_since, who_has_it
from loyalty_xl.books.places import RUN_LOG
from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.opening import Asked, Progress, Wish, open_book, silent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from loyalty_xl.pipeline import Refresh


def refresh(
    book: str | Path,
    *,
    period: str | None = None,
    as_of: date | None = None,
    out: str | Path | None = None,
    dry_run: bool = False,
    sources: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    language: str | None = None,
    by: str | None = None,
    today: date | None = None,
    recalculate: bool | None = None,
    allow_csv: bool = False,
    reuse: bool = True,
    wish: Wish | None = None,
    progress: Progress = silent,
) -> Refresh:
    """Read, check and compute *book*, and fill its pages.

    Parameters
    ----------
    book
        A workbook made by `loyalty-xl new`.
    period
        Label of the period the Scorecard shows (default: the last complete one).
    as_of
        Data before this day count (default: the day after the newest date in the data).
    out
        Write a copy there instead of replacing *book*.
    dry_run
        Write nothing.
    sources, settings
        Sheet -> file and key -> text, which go before Sources and Settings for this run.
    language
        `zh`, `en` or `both` (default: the setting).
    by
        Who refreshed, as the Scorecard shows it (default: the user of this machine).
    today
        Day of the run; only decides which dates lie in the future.
    recalculate
        Whether LibreOffice, where it is installed, calculates other people's formulas that depend on our pages, so
        that previewers show them right (default: yes, unless LOYALTY_XL_NO_RECALC is set). Seconds; only if needed.
    allow_csv
        Read a text file that bears a workbook's ending as text.
    reuse
        Whether what this process remembers of unchanged sheets is used (see `loyalty_xl.memory`): the same results,
        sooner. LOYALTY_XL_NO_CACHE=1 switches it off altogether, `loyalty_xl.forget()` empties it.
    wish
        What is done to the period besides: close or reopen it (see `loyalty_xl.month_end`).
    progress
        Called with the name of each step as it begins.

    Raises
    ------
    ReadError, UsageError
        The workbook cannot be read, or is none of ours.
    WriteError
        It cannot be replaced: open elsewhere, no permission, no space.
    """
    book = Path(book)
    target = Path(out) if out else book
    if out:
        may_be_written(target, book, sources or {})
    if not dry_run and not out and (holder := who_has_it(book)) is not None:
        raise open_elsewhere(book, holder)
    asked = Asked(period, as_of, dict(sources or {}), dict(settings or {}), language, allow_csv, wish)
    with memory.reusing(reuse=reuse):
        with open_book(book, sources) as opened:
            from loyalty_xl import pipeline, writing

            made = pipeline.compute(opened, asked, today=today, progress=progress)
        return writing.write(
            made, asked, target, copy=bool(out), dry_run=dry_run, by=by, recalculate=recalculate, progress=progress
        )


def as_shown(book: str | Path, *, period: str | None = None, **more: Any) -> Refresh:
    """Compute again what the last refresh of *book* showed, so that something can be taken out of it; nothing is written.

    Parameters
    ----------
    book, period, more
        As `refresh` takes them; the period is that of the last refresh unless one is given.

    Raises
    ------
    UsageError
        The workbook does not show what its data say now, or there are no data.
    """
    made = refresh(book, period=period or _shown_period(Path(book)), dry_run=True, **more)
    name = made.book.name
    if made.period is None:
        raise UsageError(
            "",
            f"{name} 里还没有可计算的数据。请在来源页登记各部门的文件,或填写数据表,然后运行:loyalty-xl refresh {name}",
            f"{name} has no data that anything can be computed from. Name the departments' files in Sources, or fill the sheets; then run: loyalty-xl refresh {name}",
        )
    if not made.up_to_date:
        raise UsageError(
            "",
            f"{name} 显示的不是当前数据:上次更新后有变化(或从未更新)。请先运行:loyalty-xl refresh {name}",
            f"{name} does not show what its data say now: something changed since the last refresh, or there was none. First run: loyalty-xl refresh {name}",
        )
    return made


def _shown_period(book: Path) -> str | None:
    """The period that a workbook shows, as its run log says; None where there is none."""
    from loyalty_xl.books.reading import read, sheet_states
    from loyalty_xl.publish import run_log

    page = RUN_LOG.find(sheet_states(book))
    entries = run_log.entries_of(read(book, [page])[page]) if page else []
    return run_log.last(entries, "run").get("period") or None


def may_be_written(target: Path, book: Path, sources: Mapping[str, str]) -> None:
    """Refuse a copy under another ending than the workbook's, and one in place of a file that is read."""
    if target.suffix.lower() != book.suffix.lower():
        raise UsageError(
            "",
            f"--out 的文件名要以 {book.suffix} 结尾:{target.name}",
            f"--out must end in {book.suffix}, as the workbook does: {target.name}",
        )
    if any(Path(each).exists() and target.exists() and target.samefile(each) for each in sources.values()):
        raise UsageError(
            "",
            f"--out 不能是正在读取的文件:{target.name}",
            f"--out must not be a file that is read: {target.name}",
        )


def open_elsewhere(book: Path, holder: str) -> WriteError:
    """The error for a workbook that somebody has open: who, and since when."""
    since = open_since(book)
    from_zh, from_en = (f"(自 {since} 起)", f" (since {since})") if since else ("", "")
    return WriteError(
        "E401",
        f"{book.name} 正被 {holder or '其他程序'} 打开{from_zh}。请先关闭再更新,或用 --out 另存一份。",
        f"{book.name} is open: {holder or 'another program'} has it{from_en}. Close it there, or write a copy with --out.",
    )
