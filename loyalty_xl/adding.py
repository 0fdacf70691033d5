"""Shows a page of a workbook that is hidden, and puts back one that is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loyalty_xl.books import reading
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.places import SCORECARD, TREND, Page, not_ours
from loyalty_xl.books.saving import replace_file
from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.publish.template import LANGUAGES, place_of, tabs, template

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MISSING = "missing"


@dataclass(frozen=True)
class Tab:
    """A page of a workbook, as it was found."""

    page: Page
    worksheet: str  # its name, or the name it gets
    was: str  # visible, hidden, veryHidden, missing

    @property
    def can_be_added(self) -> bool:
        """Whether it is out of sight and can be shown or put back. Trend, with its charts, comes with a new book only."""
        return self.was != "visible" and (self.was != MISSING or self.page.name != TREND.name)

    def as_json(self) -> dict[str, str]:
        """As `add --json` lists it."""
        return {"sheet": self.page.name, "worksheet": self.worksheet, "was": self.was}


def tabs_of(book: Path) -> list[Tab]:
    """Every page that *book* has or may have, in the order of the template.

    Raises
    ------
    ReadError, UsageError
        The file cannot be read, or is none of our workbooks.
    """
    return _tabs(_opened(book))


def add_pages(book: Path, names: Iterable[str]) -> list[Tab]:
    """Make pages visible; one that is missing is added from the template, where it belongs. Nothing else changes.

    Parameters
    ----------
    book
        A workbook made by `loyalty-xl new`.
    names
        Sheets, in Chinese or English, in any case.

    Returns
    -------
    list[Tab]
        The pages named, as they were found; when all were visible, nothing is written.

    Raises
    ------
    ReadError, UsageError
        The file cannot be read, is none of our workbooks, or a name is not known.
    WriteError
        The workbook is open elsewhere, its structure is protected, or it cannot be replaced.
    """
    patch = _opened(book)
    found = {tab.page.name: tab for tab in _tabs(patch)}
    chosen = [found[name] for name in dict.fromkeys(_known(name) for name in names)]
    for tab in chosen:
        if tab.was != MISSING:
            patch.show(tab.worksheet)
        elif not tab.can_be_added:
            raise UsageError(
                "",
                f"{book.name} 里没有“{TREND.zh}”页;它带有图表,只随新工作簿提供:loyalty-xl new 新工作簿.xlsx",
                f"{book.name} has no page {TREND.name}, which comes, with its charts, with a new workbook only: "
                "loyalty-xl new NEW.xlsx",
            )
        else:
            _restore(patch, tab)
    if patch.changed:
        replace_file(book, patch.save, patch.verify)
    return chosen


def _opened(book: Path) -> Patch:
    """A workbook to be changed, when it is one of ours."""
    reading.require_package(book)
    patch = Patch(book)
    if SCORECARD.find(patch.sheet_names) is None:
        raise not_ours(book.name)
    return patch


def _tabs(patch: Patch) -> list[Tab]:
    names, states, language = patch.sheet_names, patch.states, _language(patch)
    found = []
    for page in tabs().values():
        held = page.find(names)
        found.append(Tab(page, held or page.title(language), states[held] if held else MISSING))
    return found


def _language(patch: Patch) -> str:
    """The language in which the worksheets of a workbook are named."""
    name = (SCORECARD.find(patch.sheet_names) or "").strip().casefold()
    return next(language for language in LANGUAGES if SCORECARD.title(language).casefold() == name)


def _known(name: str) -> str:
    """The page that is meant."""
    pages = tabs()
    wanted = _folded(name)
    for page in pages.values():
        if wanted in {_folded(title) for title in page.titles}:
            return page.name
    from rapidfuzz import process

    spelled = {_folded(each): each for page in pages.values() for each in (page.name, page.zh)}
    near = [spelled[hit] for hit, *_ in process.extract(wanted, list(spelled), limit=3)]
    raise UsageError(
        "",
        f"没有工作表“{name}”。相近的:{', '.join(near)};全部见 loyalty-xl add 工作簿.xlsx",
        f"There is no sheet {name}. Nearest: {', '.join(near)}; all of them: loyalty-xl add BOOK.xlsx",
    )


def _folded(name: str) -> str:
    """A name without case, blanks and strokes: `run-log` is Run log."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _restore(patch: Patch, tab: Tab) -> None:
    """Add a page as the template has it."""
    language = _language(patch)
    before = place_of(tab.page.name, patch.sheet_names)
    try:
        patch.copy_sheet(tab.worksheet, template(language), tab.page.title(language), before)
    except ValueError:  # the name is taken by a sheet that holds no cells
        raise WriteError(
            "E404",
            f"{patch.path.name} 里已有一张名为“{tab.worksheet}”的图表或宏表。请先给它改名。",
            f"{patch.path.name} has a chart or macro sheet called {tab.worksheet} already. Rename it first.",
        ) from None
