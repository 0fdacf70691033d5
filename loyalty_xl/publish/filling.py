"""Fills the pages of a workbook by patch: only cells and pages the product owns change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.patch import Patch, Style
from loyalty_xl.books.places import COHORTS, DETAIL, FINDINGS, HEAD, NOTES, PAGES, RUN_LOG, SCORECARD, Page, head_label
from loyalty_xl.cells import Kind, RawSheet, column_letters
from loyalty_xl.publish import run_log
from loyalty_xl.publish.contents import cohort_rows, detail_rows, finding_rows, head_cells, note_rows, scorecard_cells
from loyalty_xl.publish.template import number_format
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loyalty_xl.books.patch import Refused
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.vocabulary import Unit

LANGUAGES = ("en", "zh", "both")


@dataclass(frozen=True)
class Layout:
    """Where the Scorecard's cells are in this workbook: the user may have moved them."""

    sheet: str
    columns: dict[str, int]  # column key -> worksheet column
    lines: dict[tuple[str, str], int]  # (kpi, segment) -> worksheet row
    head: dict[str, tuple[int, int]]  # head key -> row, column of its value
    last_row: int


def read_layout(raw: RawSheet) -> Layout | None:
    """Find the table of the Scorecard by its headers, its lines by KPI key and segment, its head by labels."""
    labels = {column.label(language).casefold(): column.key for column in SCORECARD.columns for language in LANGUAGES}
    heads = {head_label(key, language).casefold(): key for key in HEAD for language in LANGUAGES}
    texts = _texts(raw)
    header = max(texts, key=lambda row: sum(text.casefold() in labels for text in texts[row].values()), default=None)
    if header is None:
        return None
    columns: dict[str, int] = {}
    for column, text in texts[header].items():
        columns.setdefault(labels.get(text.casefold(), ""), column)
    columns.pop("", None)
    if not {"kpi", "segment", "actual"} <= set(columns):
        return None
    head = {
        heads[text.casefold()]: (row, column + 1)
        for row in texts
        if row < header
        for column, text in texts[row].items()
        if text.casefold() in heads
    }
    lines: dict[tuple[str, str], int] = {}
    for row, cells in texts.items():
        key = cells.get(columns["kpi"], "").strip()
        if row > header and key:
            lines.setdefault((key, cells.get(columns["segment"], "").strip() or "All"), row)
    return Layout(raw.name, columns, lines, head, max([header, *lines.values()]))


def _texts(raw: RawSheet) -> dict[int, dict[int, str]]:
    """Text cells by row, then column."""
    found: dict[int, dict[int, str]] = {}
    for number, column in raw.columns.items():
        for entry in (column.kind == Kind.TEXT).nonzero()[0]:
            found.setdefault(int(raw.rows[entry]), {})[number] = raw.strings[column.text[entry]].strip()
    return dict(sorted(found.items()))


def held(raw: RawSheet, row: int, column: int) -> Any:
    """What a cell holds now: None, a number, a yes/no, or a text."""
    cells = raw.columns.get(column)
    entry = raw.rows.searchsorted(row)
    if cells is None or entry >= len(raw.rows) or raw.rows[entry] != row:
        return None
    kind = cells.kind[entry]
    if kind == Kind.BLANK:
        return None
    if kind in (Kind.TEXT, Kind.ERROR):
        return raw.strings[cells.text[entry]]
    return None if kind == Kind.UNCACHED else float(cells.number[entry])


def shown(value: Any) -> str:
    """A value as the run log keeps it."""
    return "" if value is None else value if isinstance(value, str) else f"{float(value):.17g}"


class Filling:
    """One fill of one workbook."""

    def __init__(self, made: Refresh) -> None:
        self.made = made
        self._left: set[tuple[int, int]] = set()  # Scorecard cells that cannot be filled
        self.before = run_log.entries_of(made.inputs.pages.get(RUN_LOG.name))
        self._written = {
            (item, more): value for section, item, value, more in self.before if section == run_log.WRITTEN
        }
        self.layout = read_layout(made.inputs.pages[SCORECARD.name])

    @cached_property
    def pages(self) -> dict[Page, list[list[Any]]]:
        """Rows of the pages that are replaced as a whole."""
        made = self.made
        rows, self._links = finding_rows(made)
        return {DETAIL: detail_rows(made), COHORTS: cohort_rows(made), FINDINGS: rows, NOTES: note_rows(made)}

    def log(self) -> list[run_log.Entry]:
        """The whole run log: what this run did, and what it wrote."""
        pages = [(run_log.PAGE, page.name, run_log.rows_hash(rows), "") for page, rows in self.pages.items()]
        return [*self.made.run_log, *pages, *self.written_entries()]

    def untouched(self) -> bool:
        """Whether every owned cell still holds what the last run wrote."""
        pages = run_log.last(self.before, run_log.PAGE)
        for page in (DETAIL, COHORTS, FINDINGS, NOTES):
            raw = self.made.inputs.pages.get(page.name)
            if raw is None or pages.get(page.name) != run_log.page_hash(raw):
                return False
        return bool(self._written) and not self._typed()

    def typed_over(self) -> list[Finding]:
        """Owned cells that no longer hold what was written there (W260): reported, with what is computed now."""
        found = []
        cells = scorecard_cells(self.made)
        for line, key, place, now, written in self._typed():
            fresh = shown(cells.get(line, {}).get(key))
            if now != fresh:
                found.append(
                    Finding(
                        "W260",
                        self.made.inputs.page_names[SCORECARD.name],
                        place,
                        found=_short(now),
                        expected=_short(fresh),
                        detail=(("written", _short(written)), ("kpi", line[0])),
                    )
                )
        pages = run_log.last(self.before, run_log.PAGE)
        for page in (DETAIL, COHORTS, NOTES):
            raw = self.made.inputs.pages.get(page.name)
            if raw is not None and page.name in pages and pages[page.name] != run_log.page_hash(raw):
                found.append(Finding("W274", self.made.inputs.page_names[page.name]))
        return found

    def leave(self, refused: Sequence[Refused]) -> list[Finding]:
        """Take note of cells that cannot be filled (a formula, a merged cell): each is a finding, with the value it should show."""
        values = self._values()
        found = []
        for each in refused:
            place = f"{column_letters(each.column)}{each.row}"
            detail = (("why_zh", each.text("zh")), ("why_en", each.text("en")))
            found.append(
                Finding(
                    "E275",
                    each.sheet,
                    place,
                    expected=_short(shown(values.get((each.row, each.column)))),
                    detail=detail,
                )
            )
            if self.layout and each.sheet == self.layout.sheet:
                self._left.add((each.row, each.column))
        self.__dict__.pop("pages", None)
        return found

    def _values(self) -> dict[tuple[int, int], Any]:
        """Values of Scorecard cells by row and column."""
        layout = self.layout
        if layout is None:
            return {}
        cells = scorecard_cells(self.made)
        return {
            (row, column): cells[line].get(key)
            for line, row in layout.lines.items()
            if line in cells
            for key, column in layout.columns.items()
        }

    def _typed(self) -> list[tuple[tuple[str, str], str, str, str, str]]:
        """Owned Scorecard cells that hold something else than was written: line, column key, cell, held, written."""
        if self.layout is None:
            return []
        raw = self.made.inputs.pages[SCORECARD.name]
        found = []
        for line, row in self.layout.lines.items():
            for key, column in self.layout.columns.items():
                written = self._written.get((f"{line[0]}|{line[1]}", key))
                now = shown(held(raw, row, column))
                if written is not None and now != written and _owned(key):
                    found.append((line, key, f"{column_letters(column)}{row}", now, written))
        return found

    def apply(self, patch: Patch, *, by: str, at: str) -> None:
        """Put everything into *patch*."""
        added = self._add_missing(patch)
        self._scorecard(patch, by, at)
        for page, rows in self.pages.items():
            self._page(patch, page, rows, added, self._links if page is FINDINGS else None)
        self._page(patch, RUN_LOG, [list(each) for each in self.log()], added)

    def _name(self, page: Page) -> str:
        return self.made.inputs.page_names.get(page.name) or page.title(self.made.language)

    def _add_missing(self, patch: Patch) -> set[str]:
        """An older book gets the pages it lacks."""
        added = set()
        for page in PAGES:
            if page is not SCORECARD and page.name not in self.made.inputs.page_names:
                header = Style(bold=True, fill="1F3864", color="FFFFFF", wrap=True)
                patch.add_sheet(
                    self._name(page),
                    [page.header(self.made.language)],
                    [header] * len(page.columns),
                    [column.width for column in page.columns],
                )
                added.add(page.name)
        return added

    def _page(
        self,
        patch: Patch,
        page: Page,
        rows: list[list[Any]],
        added: set[str],
        links: dict[tuple[int, int], str] | None = None,
    ) -> None:
        styles = [Style(number_format=column.number_format) if page.name in added else None for column in page.columns]
        patch.replace(self._name(page), 2, rows, styles, links)

    def _scorecard(self, patch: Patch, by: str, at: str) -> None:
        layout, made = self.layout, self.made
        if layout is None:
            return
        cells = scorecard_cells(made)
        for key, value in {**head_cells(made), "refreshed_by": by, "refreshed_at": at}.items():
            if key in layout.head:
                patch.put(layout.sheet, *layout.head[key], value)
        units = {line.kpi.key: line.kpi.unit for line in made.lines}
        rows = dict(layout.lines)
        after = layout.last_row
        for line in cells:
            if line not in rows:
                after += 1
                rows[line] = after
                self._new_line(patch, layout, after, line, units[line[0]])
        for line, row in rows.items():
            values = cells.get(line)
            if values is None and (f"{line[0]}|{line[1]}", "actual") not in self._written:
                continue  # a row that is not ours
            fresh = line not in layout.lines
            for key, column in layout.columns.items():
                if not _owned(key) or key in ("kpi", "segment"):
                    continue
                if (row, column) in self._left:
                    continue
                value = (values or {}).get(key)
                style = Style(number_format=number_format(key, units[line[0]])) if fresh else None
                patch.put(layout.sheet, row, column, value, style)

    def _new_line(self, patch: Patch, layout: Layout, row: int, line: tuple[str, str], unit: Unit) -> None:  # noqa: ARG002
        patch.put(layout.sheet, row, layout.columns["kpi"], line[0])
        patch.put(layout.sheet, row, layout.columns["segment"], line[1])

    def written_entries(self) -> list[run_log.Entry]:
        """What this run writes into the Scorecard, cell by cell, so that the next one sees what was typed over."""
        columns = self.layout.columns if self.layout else {}
        return [
            (run_log.WRITTEN, f"{kpi}|{segment}", shown(value), key)
            for (kpi, segment), values in scorecard_cells(self.made).items()
            for key, value in values.items()
            if key in columns and (self._row(kpi, segment), columns[key]) not in self._left
        ]

    def _row(self, kpi: str, segment: str) -> int:
        return self.layout.lines.get((kpi, segment), 0) if self.layout else 0


def _owned(key: str) -> bool:
    return next((column.owned for column in SCORECARD.columns if column.key == key), False)


def _short(text: str) -> str:
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


def newer(before: list[run_log.Entry], version: str) -> str | None:
    """The version of a newer program that filled this book; None when there is none."""
    made_by = run_log.last(before, "run").get("version", "")

    def parts(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split(".") if part.isdigit())

    return made_by if made_by and parts(made_by) > parts(version) else None


__all__ = ["Filling", "Layout", "newer", "read_layout"]
