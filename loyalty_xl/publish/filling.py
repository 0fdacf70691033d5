"""Fills the pages of a workbook by patch: only cells and pages the product owns change."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_xl import memory
from loyalty_xl.books.patch import Patch, Style
from loyalty_xl.books.places import (
    CLOSED,
    COHORTS,
    DETAIL,
    DIAGNOSIS,
    EARLY_WARNING,
    FINDINGS,
    NOTES,
    PAGES,
    RESTATEMENTS,
    RUN_LOG,
    SCORECARD,
    STUDIES,
    TRACE,
    TREND,
    Page,
)
from loyalty_xl.cells import Kind, column_letters
from loyalty_xl.closing_rows import rows_of
from loyalty_xl.contracts import control
from loyalty_xl.findings import UNDECIDED
from loyalty_xl.publish import run_log
from loyalty_xl.publish.actual_links import link_actuals
from loyalty_xl.publish.banner import Banner
from loyalty_xl.publish.boards import OWNED, fill_scorecard, fill_trend
from loyalty_xl.publish.change_words import SECTIONS, log_entries, page_name
from loyalty_xl.publish.comparing import compare
from loyalty_xl.publish.contents import cohort_rows, detail_rows, finding_rows, note_rows, scorecard_cells
from loyalty_xl.publish.deliveries import PAGE as DELIVERIES
from loyalty_xl.publish.deliveries import Deliveries, as_value, fill_start
from loyalty_xl.publish.diagnosis import diagnosis_rows
from loyalty_xl.publish.dictionary import Dictionary
from loyalty_xl.publish.early_warning import warning_rows
from loyalty_xl.publish.layout import Line, held, read_layout, read_trend, short, shown
from loyalty_xl.publish.month_end import PAGE as PERIODS
from loyalty_xl.publish.month_end import Periods
from loyalty_xl.publish.proposals import PAGE as ADJUSTMENTS
from loyalty_xl.publish.proposals import Proposals
from loyalty_xl.publish.remarks import Remarks
from loyalty_xl.publish.restatements import restatement_marks, restatement_rows
from loyalty_xl.publish.states import Results, results_of_page, results_of_rows, state_of
from loyalty_xl.publish.tables import PLAIN, study_rows
from loyalty_xl.publish.template import place_of, template
from loyalty_xl.publish.trace_page import STATE_ROW, WARN, basis, stale_cell, stale_text
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loyalty_xl.books.patch import Refused
    from loyalty_xl.cells import RawSheet
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.publish.proposals import Proposal

RESULTS = "results"  # what is remembered of Detail, by the hash of the page
LEFT_ALONE = "left alone"  # section of the run log: cells that could not be filled
WHOLE = tuple(
    page for page in PAGES if page not in (SCORECARD, TREND, TRACE, RUN_LOG)
)  # pages that are replaced as a whole, beside the run log
MAPPING = Page(control.MAPPING.name, control.MAPPING.zh)


class Filling:
    """One fill of one workbook."""

    def __init__(self, made: Refresh) -> None:
        self.made = made
        self._left: set[tuple[int, int]] = set()  # Scorecard cells that cannot be filled
        self._shown: list[str] = []  # pages that are no longer hidden because the template hides them
        self.before = run_log.entries_of(made.inputs.pages.get(RUN_LOG.name))
        self._written = {
            (item, more): value for section, item, value, more in self.before if section == run_log.WRITTEN
        }
        self.marks = [entry for entry in self.before if entry[0] == run_log.MARKED]
        self.layout = read_layout(made.inputs.pages[SCORECARD.name])
        self._banner = Banner(made.inputs.pages[SCORECARD.name], self.layout, self.before)
        self._dictionary = Dictionary(made)
        self.periods = Periods(made, self.before)
        self._deliveries = Deliveries(made)
        self._proposals = Proposals(made, self.before)
        self._remarks = Remarks(made, self.layout, run_log.last(self.before, "run").get("period", ""))

    @cached_property
    def cells(self) -> dict[Line, dict[str, Any]]:
        """What the Scorecard's lines show."""
        return scorecard_cells(self.made)

    @cached_property
    def pages(self) -> dict[Page, list[list[Any]]]:
        """Rows of the pages that are replaced as a whole."""
        made = self.made
        rows, self._links = finding_rows(made)
        studies, marks = study_rows(made)
        warned, more = warning_rows(made)
        self._marks = {STUDIES: marks, EARLY_WARNING: more, RESTATEMENTS: restatement_marks(made)}
        notes = [*note_rows(made), *self._remarks.rows()]
        return {
            DETAIL: self._detail,
            COHORTS: cohort_rows(made),
            STUDIES: studies,
            EARLY_WARNING: warned,
            DIAGNOSIS: diagnosis_rows(made),
            RESTATEMENTS: restatement_rows(made),
            FINDINGS: rows,
            NOTES: notes,
            CLOSED: rows_of(made.closings),
        }

    @cached_property
    def _detail(self) -> list[list[Any]]:
        return detail_rows(self.made)

    @cached_property
    def _results(self) -> Results:
        return results_of_rows(self._detail)

    def changes(self) -> list[run_log.Entry]:
        """What is not as the run before left it, with causes; where nothing differs, what that run told."""
        told = [entry for entry in self.before if entry[0] in SECTIONS]
        if self.made.up_to_date or not self.before:
            return told
        page, hashed = self.made.inputs.pages.get(DETAIL.name), run_log.last(self.before, run_log.PAGE).get(DETAIL.name)
        held = None
        if page is not None and hashed == run_log.page_hash(page):  # as it was written
            held = memory.recall((RESULTS, hashed)) or results_of_page(page)
        before, now = state_of(self.before, held), state_of(self.made.run_log, self._results)
        return log_entries(compare(before, now), self.made.language) or told

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Hashes of those rows, by page."""
        return {page.name: run_log.rows_hash(rows) for page, rows in self.pages.items()}

    def remember(self, target: Path) -> None:
        """Remember pages as they were just written to *target*."""
        if not self._left:
            large = {self._name(DETAIL): self.hashes[DETAIL.name]}
            run_log.remember_pages(target, large)
            memory.remember((RESULTS, self.hashes[DETAIL.name]), self._results, 2_000 * len(self._results))

    def log(self) -> list[run_log.Entry]:
        """The whole run log: what this run did, and what it wrote."""
        pages = [(run_log.PAGE, name, hashed, "") for name, hashed in self.hashes.items()]
        left = [(LEFT_ALONE, f"{column_letters(column)}{row}", "", "") for row, column in sorted(self._left)]
        shown = [(run_log.SHOWN, name, "", "") for name in self._shown]
        kept = [*self._banner.entries(), *self._dictionary.entries(self.before)]
        kept += [*self._deliveries.entries(), *self.periods.entries()]
        return [*self.made.run_log, *kept, *pages, *shown, *left, *self.marks, *self._written_entries()]

    def untouched(self) -> bool:
        """Whether every owned cell still holds what the last run wrote."""
        pages = run_log.last(self.before, run_log.PAGE)
        if self._dictionary.edits() or self._deliveries.edits() or self.periods.edits():
            return False
        for page in WHOLE:
            raw = self.made.inputs.pages.get(page.name)
            if raw is None or pages.get(page.name) != run_log.page_hash(raw):
                return False
        return bool(self._written) and not self._typed() and not run_log.last(self.before, LEFT_ALONE)

    def typed_over(self) -> list[Finding]:
        """Owned cells that no longer hold what was written there (W260), owned pages likewise (W274): reported, with what is computed now."""
        found = []
        sheet = self.made.inputs.page_names[SCORECARD.name]
        proposed = self._proposed()
        for line, key, place, now, written in self._typed():
            fresh = shown(self.cells.get(line, {}).get(key))
            if now != fresh:
                detail: tuple[tuple[str, str], ...] = (("written", short(written)), ("kpi", line[0]))
                if proposal := proposed.get(place):
                    detail = (*detail, ("proposed", self._proposals.address(proposal)))
                found.append(Finding("W260", sheet, place, found=short(now), expected=short(fresh), detail=detail))
        pages = run_log.last(self.before, run_log.PAGE)
        for page in (each for each in WHOLE if each not in (FINDINGS, CLOSED)):  # of Closed, its seals tell
            raw = self.made.inputs.pages.get(page.name)
            if raw is not None and page.name in pages and pages[page.name] != run_log.page_hash(raw):
                found.append(Finding("W274", self.made.inputs.page_names[page.name]))
        return found

    def _proposed(self) -> dict[str, Proposal]:
        """Actuals that were typed over, as rows of Adjustments, by the address of the cell. Where the number still stands there is none."""
        if self.layout is None:
            return {}
        left = {f"{column_letters(column)}{row}" for row, column in self._left}
        typed = [
            (line, place)
            for line, key, place, now, _ in self._typed()
            if key == "actual" and place not in left and now != shown(self.cells.get(line, {}).get(key))
        ]
        return self._proposals.of(typed)

    def told_once(self, findings: Sequence[Finding]) -> list[Finding]:
        """Leave out what `typed_over` says already: that a row of Adjustments for the same number is not complete."""
        return self._proposals.not_told_twice(findings, self._proposed().values())

    def to_sign_again(self) -> list[Finding]:
        """Definitions that are no longer what was signed (W370)."""
        return self._dictionary.findings(self.before)

    def leave(self, refused: Sequence[Refused]) -> list[Finding]:
        """Take note of cells that cannot be filled (a formula, a merged cell): each is a finding, with the value it should show."""
        values = self._values()
        found = []
        for each in refused:
            place = f"{column_letters(each.column)}{each.row}"
            detail = (("why_zh", each.text("zh")), ("why_en", each.text("en")))
            expected = short(shown(values.get((each.row, each.column))))
            found.append(Finding("E275", each.sheet, place, expected=expected, detail=detail))
            if self.layout and each.sheet == self.layout.sheet:
                self._left.add((each.row, each.column))
        self.__dict__.pop("pages", None)
        self.__dict__.pop("hashes", None)
        return found

    def _values(self) -> dict[tuple[int, int], Any]:
        """Values of Scorecard cells by row and column."""
        if self.layout is None:
            return {}
        return {
            (row, column): self.cells[line].get(key)
            for line, row in self.layout.lines.items()
            if line in self.cells
            for key, column in self.layout.columns.items()
        }

    def _typed(self) -> list[tuple[Line, str, str, str, str]]:
        """Owned Scorecard cells that hold something else than was written: line, column key, cell, held, written."""
        if self.layout is None:
            return []
        raw = self.made.inputs.pages[SCORECARD.name]
        found = []
        for line, row in self.layout.lines.items():
            for key, column in self.layout.columns.items():
                written = self._written.get((f"{line[0]}|{line[1]}", key))
                now = shown(held(raw, row, column))
                if written is not None and now != written and key in OWNED:
                    found.append((line, key, f"{column_letters(column)}{row}", now, written))
        return found

    def apply(self, patch: Patch, *, by: str, at: str, copy_of: str = "") -> None:
        """Put everything into *patch*; a copy says on its Scorecard of which workbook it is one."""
        made, pages = self.made, self.made.inputs.pages
        added = self._add_missing(patch)
        self._proposals.fill(patch, self._proposed().values())
        self._show(patch)
        if self.layout is not None:
            ours: set[Line] = {(item.split("|", 1)[0], item.split("|", 1)[1]) for item, _ in self._written}
            board = fill_scorecard(patch, made, self.layout, self.cells, by=by, at=at, left=self._left, ours=ours)
            self._remarks.fill(patch, board)
            if copy_of:
                self._banner.put(patch, copy_of, by, at, made.language)
            if TREND.name in pages and (trend := read_trend(pages[TREND.name])):
                fill_trend(patch, made, trend, pages[TREND.name], board)
            link_actuals(patch, made, self.layout, board, self._left, self.before, self._detail)
        filled, states = self.pages, patch.states
        links = {at: target for at, (sheet, target) in self._links.items() if states.get(sheet) == "visible"}
        for page, rows in filled.items():
            self._page(patch, page, rows, added, links if page is FINDINGS else None)
        for page, marks in self._marks.items():
            for (row, column), style in marks.items():
                patch.put(self._name(page), row, column, self.pages[page][row - 2][column - 1], style)
        if stale_cell(pages.get(TRACE.name), basis(made.inputs, made.as_of)):
            patch.put(self._name(TRACE), STATE_ROW, 1, stale_text(made.language), WARN)
        for title, edits in (
            (self._dictionary.title, self._dictionary.edits()),
            (self.periods.title, self.periods.edits()),
        ):
            for edit in edits:
                patch.put(title, edit.row, edit.column, edit.text)
        for cell in self._deliveries.edits():
            patch.put(self._deliveries.title, cell.row, cell.column, as_value(cell, at))
        fill_start(made, patch.put)
        if self.layout is not None and "state" in self.layout.head:
            patch.put(self.layout.sheet, *self.layout.head["state"], self.periods.state())
        log = [[page_name(section, made.language), *rest] for section, *rest in self.log()]
        self._page(patch, RUN_LOG, log, added)

    def _name(self, page: Page) -> str:
        return self.made.inputs.page_names.get(page.name) or page.title(self.made.language)

    def _add_missing(self, patch: Patch) -> set[str]:
        """An older book gets the pages it lacks; Trend, with its charts, comes with a new book only."""
        added = set()
        for page in PAGES:
            if page not in (SCORECARD, TREND) and page.name not in self.made.inputs.page_names:
                header = Style(bold=True, fill="1F3864", color="FFFFFF", wrap=True)
                before = place_of(page.name, patch.sheet_names)
                widths = [column.width for column in page.columns]
                patch.add_sheet(self._name(page), widths=widths, before=before, hidden=page in (CLOSED, TRACE))
                for number, text in enumerate(page.header(self.made.language), start=1):
                    patch.put(self._name(page), 1, number, text, header)  # above the rows that replace the page
                added.add(page.name)
        language = self.made.language
        for page, missing in ((DELIVERIES, self._deliveries.missing), (PERIODS, self.periods.missing)):
            if missing:
                before = place_of(page.name, patch.sheet_names)
                patch.copy_sheet(self._name(page), template(language), page.title(language), before)
        return added

    def _show(self, patch: Patch) -> None:
        """Pages that the template hides come to light when they are first needed; what somebody hid stays hidden."""
        inputs, states = self.made.inputs, patch.states
        before = run_log.last(self.before, run_log.SHOWN)
        older = bool(self.before) and not before  # its template hid nothing
        asked = any(each.code in UNDECIDED for each in self.made.findings)
        self._shown = []
        offered = any(each.new for each in self._proposed().values())
        needed = {
            MAPPING: asked,
            DELIVERIES: self._deliveries.needed,
            RESTATEMENTS: bool(self.pages[RESTATEMENTS]),
            PERIODS: bool(self.made.closings.acts),
            ADJUSTMENTS: offered or bool(self.made.adjustment_rows),
        }
        always = [each for each in WHOLE if each not in (FINDINGS, CLOSED) and each not in needed]
        for page in (*always, RUN_LOG, *needed):
            raw = {**inputs.pages, **inputs.raw_control}.get(page.name)
            blank = page is ADJUSTMENTS or (not older and (raw is None or _blank(raw)))
            state = states.get(self._name(page))
            untouched = blank and page.name not in before
            if state == "hidden" and untouched and needed.get(page, True) and not patch.protected:
                patch.show(self._name(page))
                state = "visible"
            if state == "visible" or page.name in before:
                self._shown.append(page.name)

    def _page(
        self,
        patch: Patch,
        page: Page,
        rows: list[list[Any]],
        added: set[str],
        links: dict[tuple[int, int], str] | None = None,
    ) -> None:
        styles = [Style(number_format=column.number_format) if page.name in added else None for column in page.columns]
        if page in self._marks:
            styles = [PLAIN] * len(page.columns)
        patch.replace(self._name(page), 2, rows, styles, links)

    def _written_entries(self) -> list[run_log.Entry]:
        """What this run writes into the Scorecard, cell by cell, so that the next one sees what was typed over."""
        columns = self.layout.columns if self.layout else {}
        rows = self.layout.lines if self.layout else {}
        return [
            (run_log.WRITTEN, f"{line[0]}|{line[1]}", shown(value), key)
            for line, values in self.cells.items()
            for key, value in values.items()
            if key in columns and (rows.get(line, 0), columns[key]) not in self._left
        ]


def _blank(page: RawSheet) -> bool:
    """Whether nothing stands under a page's header."""
    below = page.rows > 1
    return not any((column.kind[below] != Kind.BLANK).any() for column in page.columns.values())


def newer(before: list[run_log.Entry], version: str) -> str | None:
    """The version of a newer program that filled this book; None when there is none."""
    made_by = run_log.last(before, "run").get("version", "")

    def parts(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split(".") if part.isdigit())

    return made_by if made_by and parts(made_by) > parts(version) else None


__all__ = ["Filling", "newer"]
