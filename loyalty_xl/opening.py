"""What a run begins with: what is asked for, and the workbook, being read.

Nothing heavy is imported here, so that the reading process is at work while what checks and computes is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from loyalty_xl.books import reading, unread
from loyalty_xl.books.places import PAGES, SCORECARD, Page, not_ours
from loyalty_xl.contracts import departments, everything
from loyalty_xl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from loyalty_xl.books.pending import Pending


Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Asked:
    """What the command asks for beside the workbook itself."""

    period: str | None = None
    as_of: date | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    allow_csv: bool = False  # read a text file under a workbook's name
    wish: Wish | None = None  # close or reopen the period


@dataclass(frozen=True)
class Wish:
    """What a person wants done to a period beside refreshing it."""

    kind: str  # closed or reopened
    by: str = ""
    on: str = ""  # day
    reason: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """Who, when and why."""
        return {name: text for name, text in (("by", self.by), ("on", self.on), ("reason", self.reason)) if text}


NOTHING = Asked()


@dataclass(frozen=True)
class Opened:
    """A scorecard workbook whose sheets are being read."""

    book: Path
    states: dict[str, str]  # worksheet -> visible, hidden, veryHidden; in workbook order
    page_names: dict[str, str]  # page or contract name -> worksheet
    given: dict[str, str]  # sheet -> file that takes its place
    pending: Pending

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pending.close()


def open_book(book: Path, sources: Mapping[str, str] | None = None) -> Opened:
    """Begin to read the pages and sheets of *book*, but for those that *sources* (sheet -> file) replaces.

    Raises
    ------
    ReadError
        The file cannot be read.
    UsageError
        It is no scorecard workbook, or *sources* names no sheet.
    """
    reading.require_package(book)
    states = reading.sheet_states(book)
    visible_first = sorted(states, key=lambda name: states[name] != "visible")
    places = {contract.name: Page(contract.name, contract.zh) for contract in everything()} | {
        page.name: page for page in PAGES
    }
    page_names = {name: found for name, page in places.items() if (found := page.find(visible_first))}
    if SCORECARD.name not in page_names:
        raise not_ours(book.name)
    given = _known(sources or {})
    wanted = [page_names[name] for name in page_names if name not in given]
    return Opened(book, states, page_names, given, unread.start(book, wanted))


def _known(sources: Mapping[str, str]) -> dict[str, str]:
    """Sheets by their names, as they were given in zh or en."""
    known = {name.casefold(): contract.name for contract in departments() for name in (contract.name, contract.zh)}
    found = {}
    for name, file in sources.items():
        if name.casefold() not in known:
            choices = ", ".join(contract.name for contract in departments())
            raise UsageError(
                "",
                f"--source 里的表名“{name}”不认识。可用:{choices}",
                f"--source names no sheet: {name}. Sheets are {choices}.",
            )
        if not file.strip():
            raise UsageError("", f"--source {name}= 后面要写文件名", f"--source {name}= needs the name of a file.")
        found[known[name.casefold()]] = file
    return found
