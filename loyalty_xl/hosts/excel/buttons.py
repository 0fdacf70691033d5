"""What the buttons do: ribbon of the add-in, buttons of a macro workbook. VBA calls these by name.

Nothing here raises: whatever happens is said in a box, in both languages, and a fault of the program goes to a log.
"""

from __future__ import annotations

import functools
import html
import os
import tempfile
import traceback
import webbrowser
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlwings

from loyalty_xl.books.places import FINDINGS, SCORECARD, TRACE, not_ours
from loyalty_xl.errors import LoyaltyError, UsageError
from loyalty_xl.findings import sentence
from loyalty_xl.version import __version__
from loyalty_xl.vocabulary import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loyalty_xl.pipeline import Refresh

TITLE = "loyalty_xl"
NO_FOLDER = (
    "工作簿不在本机文件夹里:“数据来源”里的相对路径找不到文件。\n"
    "The workbook lies in no folder of this machine: files that Sources names relative to it are not found."
)
SHOWN = 6  # findings that a box names
LOG = Path(tempfile.gettempdir()) / "loyalty-xl-buttons.log"


def _said(action: Callable[[xlwings.Book], str]) -> Callable[[], None]:
    """Run an action on the workbook in front, and show what it says, or what stopped it."""

    @functools.wraps(action)
    def run() -> None:
        book = xlwings.Book.caller()
        mode = "info"
        try:
            text = action(book)
        except LoyaltyError as error:
            text, mode = f"{error.code} {error.text('both')}".strip(), "critical"
        except Exception as error:  # noqa: BLE001 - the one place that turns a bug into a sentence here
            with LOG.open("a", encoding="utf-8") as log:
                log.write("".join(traceback.format_exception(error)))
            text = f"程序出错。请把日志发给维护者:{LOG}\nA fault of the program. Send this log: {LOG}"
            mode = "critical"
        if text:
            book.app.alert(text, TITLE, mode=mode)

    return run


@_said
def refresh(book: xlwings.Book) -> str:
    """Bring the pages of the open workbook up to date."""
    from loyalty_xl import refreshing_open

    made = refreshing_open.refresh_open(book)
    if not made.computed:
        return "没有任何指标可以计算。先提供订单表。\nNothing could be computed. Supply Orders first." + _counted(made)
    if made.up_to_date:
        return "没有变化,已是最新。\nUp to date: nothing has changed." + _counted(made)
    return f"已更新 {made.period}。\nRefreshed: {made.period}." + _counted(made)


@_said
def check(book: xlwings.Book) -> str:
    """List what is wrong in the workbook as it stands, unsaved changes included; write nothing; open Findings."""
    from loyalty_xl.refreshing import refresh as run

    page = _find(book, FINDINGS)
    with _copy(book) as (copy, beside):
        made = run(copy, dry_run=True)
    page.activate()
    lines = []
    for each in made.findings[:SHOWN]:
        place = f"{each.sheet}!{each.cell}" if each.cell else each.sheet
        lines.append(f"{each.code} {place}: {sentence(each, made.language, where=False)}")
    if len(made.findings) > SHOWN:
        lines.append(f"… +{len(made.findings) - SHOWN}")
    if not beside:
        lines.append(NO_FOLDER)
    lines.append(
        "没有写入;“问题”页显示的是最近一次更新时的问题。\nNothing was written; the page Findings shows the last refresh."
    )
    return _counted(made).strip() + "\n\n" + "\n".join(lines)


@_said
def trace(book: xlwings.Book) -> str:
    """List every row behind the figure of the selected Scorecard line on the page Trace, and open it."""
    from loyalty_xl import traces, tracing_open
    from loyalty_xl.books import live

    selected = book.selection
    if selected is None:
        raise tracing_open.no_line()
    made = tracing_open.trace_open(book, selected.sheet.name, selected.row)
    _find(book, TRACE).activate()
    return traces.said(made) + ("" if live.place_of(book) else f"\n\n{NO_FOLDER}")


@_said
def share(book: xlwings.Book) -> str:
    """Make the files that are shared from the workbook as it was last saved, and say where they lie."""
    from loyalty_xl import share as sharing
    from loyalty_xl.books import live
    from loyalty_xl.talk_share import share_text

    place = live.place_of(book)
    if place is None:
        raise UsageError(
            "",
            "请先把工作簿保存到本机文件夹,再分享。",
            "Save the workbook in a folder of this machine first, then share it.",
        )
    if not book.api.Saved:
        raise UsageError(
            "",
            "有未保存的改动。请先更新并保存,再分享。",
            "There are unsaved changes. Refresh and save first, then share.",
        )
    return share_text(sharing.share(place), "both")


@_said
def findings(book: xlwings.Book) -> str:
    """Open the page Findings."""
    _find(book, FINDINGS).activate()
    return ""


@_said
def help_page(_: xlwings.Book) -> str:
    """Open the help in the browser."""
    path = Path(tempfile.gettempdir()) / "loyalty-xl-help.html"
    path.write_text(help_html(), encoding="utf-8")
    webbrowser.open(path.as_uri())
    return ""


def help_html() -> str:
    """The six buttons and every function, on one page, in both languages."""
    from loyalty_xl.formulas import functions
    from loyalty_xl.hosts.excel.building import WORDS

    actions = "".join(
        f"<tr><td><b>{html.escape(f'{zh} {en}')}</b></td><td>{html.escape(says)}<br>{html.escape(zh_says)}</td></tr>"
        for zh, en, zh_says, says, _ in WORDS.values()
    )
    listed = "".join(
        f"<tr><td><code>{html.escape(each.signature)}</code></td>"
        f"<td>{html.escape(each.help('en'))}<br>{html.escape(each.help('zh'))}</td></tr>"
        for each in functions().values()
    )
    return (
        f'<!doctype html><meta charset="utf-8"><title>loyalty_xl {__version__}</title>'
        "<style>body{font:14px sans-serif;margin:2em;max-width:70em}td{padding:4px 12px 4px 0;vertical-align:top}</style>"
        f"<h1>loyalty_xl {__version__}</h1><table>{actions}</table>"
        "<p>Something does not work 有问题: <code>loyalty-xl doctor</code> · "
        "What a code means 代码含义: <code>loyalty-xl explain E222</code></p>"
        f"<h2>Functions 函数</h2><table>{listed}</table>"
    )


def _find(book: xlwings.Book, page: Any) -> Any:
    """The worksheet that is one of our pages, made visible."""
    named = {sheet.name: sheet for sheet in book.sheets}
    name = page.find(named)
    if name is None or SCORECARD.find(named) is None:
        raise not_ours(book.name)
    named[name].visible = True
    return named[name]


@contextmanager
def _copy(book: xlwings.Book) -> Iterator[tuple[Path, bool]]:
    """A copy of the workbook as it stands in Excel, beside it where that is a folder of this machine; removed again."""
    suffix = Path(book.name).suffix or ".xlsx"
    folder = book.api.Path or ""
    beside = bool(folder) and "://" not in folder and os.access(folder, os.W_OK)
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(folder if beside else temporary)
        copy = place / f".loyalty-check-{os.getpid()}{suffix}"
        try:
            book.api.SaveCopyAs(str(copy))
            yield copy, beside
        finally:
            with suppress(OSError):
                copy.unlink(missing_ok=True)


def _counted(made: Refresh) -> str:
    errors = sum(each.severity is Severity.ERROR for each in made.findings)
    warnings = len(made.findings) - errors
    return f"\n{errors} 个错误,{warnings} 个提醒。\nErrors: {errors}, warnings: {warnings}."
