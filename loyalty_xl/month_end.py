"""The door to closing: close a period, so that its figures stand, and reopen it, with a reason."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.errors import UsageError
from loyalty_xl.opening import Wish
from loyalty_xl.refreshing import refresh
from loyalty_xl.stamp import now, user
from loyalty_xl.vocabulary import Severity

if TYPE_CHECKING:
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


def _act(kind: str, book: Path, period: str, *, reason: str = "", by: str | None = None, **more: Any) -> Refresh:
    wish = Wish(kind, user() if by is None else by, now()[:10], reason.strip())
    made = refresh(book, period=period, by=by, wish=wish, **more)
    if made.as_of is None:
        raise _no_data(book, made)
    return made


def _no_data(book: Path, made: Refresh) -> UsageError:
    """The error for a workbook without dated rows: what went wrong first, where something did."""
    from loyalty_xl.findings import advice, sentence

    first = next((each for each in made.findings if each.severity is Severity.ERROR), None)
    if first is None:
        return UsageError("", f"{book.name} 里没有带日期的数据。", f"{book.name} holds no dated rows.")
    return UsageError(
        first.code,
        f"{book.name} 里没有带日期的数据:{sentence(first, 'zh')}{advice(first, 'zh')}",
        f"{book.name} holds no dated rows: {sentence(first, 'en')} {advice(first, 'en')}",
        first.sheet,
        first.cell,
    )


__all__ = ["close", "reopen"]
