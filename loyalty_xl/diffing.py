"""What changed between two states of a workbook: as the last refresh of each left it; nothing is computed again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loyalty_xl.backups import chosen, read_pages
from loyalty_xl.books.places import DETAIL, RUN_LOG, SCORECARD, in_language, not_ours
from loyalty_xl.publish import change_words
from loyalty_xl.publish.comparing import Difference, compare
from loyalty_xl.publish.run_log import PAGE, entries_of, last, page_hash
from loyalty_xl.publish.states import State, results_of_page, state_of

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Diff:
    """Two workbooks, and in what they differ."""

    book: Path
    other: Path  # the earlier state
    now: State
    before: State
    found: Difference


def diff(book: Path, *, since: str | None = None, against: Path | None = None) -> Diff:
    """Compare *book* with one of its backups (the newest, or the one that *since* means), or with *against*.

    Raises
    ------
    ReadError, UsageError
        A workbook cannot be read or is none of ours, or *since* names no backup.
    WriteError
        E404: there is no backup.
    """
    now = read_state(book)
    other = against or chosen(book, since)
    before = read_state(other)
    return Diff(book, other, now, before, compare(before, now))


def read_state(book: Path) -> State:
    """Read the state in which its last refresh left a workbook."""
    pages = read_pages(book, (SCORECARD.name, DETAIL.name, RUN_LOG.name))
    if SCORECARD.name not in pages:
        raise not_ours(book.name)
    log, detail = entries_of(pages.get(RUN_LOG.name)), pages.get(DETAIL.name)
    written = last(log, PAGE).get(DETAIL.name)
    as_written = detail is None or written is None or written == page_hash(detail)
    return state_of(log, results_of_page(detail), as_written=as_written)


def diff_text(made: Diff, language: str) -> str:
    """The comparison for the terminal."""
    head = in_language(
        f"{_name(made.book, made.now)} 与 {_name(made.other, made.before)} 相比:",
        f"{_name(made.book, made.now)} compared with {_name(made.other, made.before)}:",
        language,
    )
    text = f"{head}\n\n{change_words.report(made.found, language)}"
    if made.book.samefile(made.other):
        zh, en = "那天之后没有再更新过。", "It has not been saved since that day."
        text += "\n" + in_language(zh, en, language)
    return text


def _name(path: Path, state: State) -> str:
    facts = ", ".join(filter(None, (state.run.get("period", ""), state.run.get("fingerprint", "")[:12])))
    return f"{path.name} ({facts})" if facts else path.name


def diff_json(made: Diff) -> dict[str, Any]:
    """The comparison as one JSON document."""
    return {
        "book": str(made.book),
        "compared_with": str(made.other),
        "fingerprint": [made.before.run.get("fingerprint", ""), made.now.run.get("fingerprint", "")],
        **change_words.as_json(made.found),
    }


__all__ = ["Diff", "diff", "diff_json", "diff_text", "read_state"]
