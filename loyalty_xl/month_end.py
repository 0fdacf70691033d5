"""The door to closing: close a period, so that its figures stand, and reopen it, with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.owners import who_has_it
from loyalty_xl.errors import UsageError
from loyalty_xl.opening import Asked, Wish, open_book, silent
from loyalty_xl.refreshing import open_elsewhere

if TYPE_CHECKING:
    from loyalty_xl.opening import Progress
    from loyalty_xl.pipeline import Refresh


def close(book: str | Path, period: str, **more: Any) -> Refresh:
    """Refresh *book* for *period* and keep every figure of it: from now on the period shows these.

    Parameters
    ----------
    book
        A workbook made by `loyalty-xl new`.
    period
        Label of a period that is over.
    **more
        `reason`, `by` (default: the user of this machine), `today`, `progress`.

    Raises
    ------
    UsageError
        The period is not over, has no figures, or is closed already.
    WriteError
        The workbook cannot be replaced.
    """
    return _act("closed", Path(book), period, **more)


def reopen(book: str | Path, period: str, *, reason: str, **more: Any) -> Refresh:
    """Let *period* show again what the data say; what was closed stays visible on Restatements.

    Parameters
    ----------
    book
        A workbook made by `loyalty-xl new`.
    period
        Label of a closed period.
    reason
        Why; it is kept, and shown beside every figure that differs.
    **more
        `by` (default: the user of this machine), `today`, `progress`.

    Raises
    ------
    UsageError
        The period is not closed, or there is no reason.
    WriteError
        The workbook cannot be replaced.
    """
    return _act("reopened", Path(book), period, reason=reason, **more)


def _act(
    kind: str,
    book: Path,
    period: str,
    *,
    reason: str = "",
    by: str | None = None,
    progress: Progress = silent,
    **more: Any,
) -> Refresh:
    if (holder := who_has_it(book)) is not None:
        raise open_elsewhere(book, holder)
    with open_book(book) as opened:
        from loyalty_xl import pipeline, writing

        wish = Wish(kind, writing.user() if by is None else by, writing.now()[:10], reason.strip())
        asked = Asked(period, wish=wish)
        made = pipeline.compute(opened, asked, progress=progress, **more)
    if made.as_of is None:
        raise UsageError("", f"{book.name} 里没有带日期的数据。", f"{book.name} holds no dated rows.")
    return writing.write(made, asked, book, by=by, progress=progress)


__all__ = ["close", "reopen"]
