"""Where things are on the Scorecard and on Trend of one workbook: users move rows and columns, so everything is found by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from loyalty_xl.books.places import HEAD, LEFT, RIGHT_GAP, SCORECARD, TREND, Page, head_label
from loyalty_xl.cells import Kind, RawSheet

LANGUAGES = ("en", "zh", "both")
Line = tuple[str, str]  # kpi, segment


@dataclass(frozen=True)
class Layout:
    """A board: its columns by key, its lines by (kpi, segment), its headings, its free rows, and the labelled cells above."""

    sheet: str
    header: int  # worksheet row of the header
    columns: dict[str, int]  # column key -> worksheet column
    lines: dict[Line, int]  # worksheet row of each line
    headings: dict[str, int]  # `@behaviour` -> worksheet row
    head: dict[str, tuple[int, int]]  # head key -> row, column of its value
    last_row: int

    def free_rows(self, after: str, count: int) -> list[int]:
        """Rows without a key below a heading, as many as the template kept free."""
        start = self.headings.get(after)
        if start is None:
            return []
        taken = set(self.lines.values()) | set(self.headings.values())
        return [row for row in range(start + 1, start + 1 + count) if row not in taken]


def read_layout(raw: RawSheet, page: Page = SCORECARD) -> Layout | None:
    """Find the table of a board by its headers, its lines by KPI key and segment, its head by labels."""
    labels = {column.label(language).casefold(): column.key for column in page.columns for language in LANGUAGES}
    heads = {head_label(key, language).casefold(): key for key in HEAD for language in LANGUAGES}
    texts = texts_of(raw)
    header = max(texts, key=lambda row: sum(text.casefold() in labels for text in texts[row].values()), default=None)
    if header is None:
        return None
    columns: dict[str, int] = {}
    for column, text in texts[header].items():
        columns.setdefault(labels.get(text.casefold(), ""), column)
    columns.pop("", None)
    if not {"kpi", "segment"} <= set(columns):
        return None
    above = [(row, column, text.casefold()) for row in texts if row < header for column, text in texts[row].items()]
    head = {
        heads[text]: (row, column + (1 if heads[text] in LEFT else RIGHT_GAP))
        for row, column, text in above
        if text in heads
    }
    lines: dict[Line, int] = {}
    headings: dict[str, int] = {}
    for row, cells in texts.items():
        key = cells.get(columns["kpi"], "")
        if row > header and key.startswith("@"):
            headings.setdefault(key, row)
        elif row > header and key:
            lines.setdefault((key, cells.get(columns["segment"], "") or "All"), row)
    return Layout(raw.name, header, columns, lines, headings, head, max([header, *lines.values(), *headings.values()]))


def read_trend(raw: RawSheet) -> Layout | None:
    """Find the lines of Trend."""
    return read_layout(raw, TREND)


def texts_of(raw: RawSheet) -> dict[int, dict[int, str]]:
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
    if kind in (Kind.BLANK, Kind.UNCACHED):
        return None
    if kind in (Kind.TEXT, Kind.ERROR):
        return raw.strings[cells.text[entry]]
    return float(cells.number[entry])


def shown(value: Any) -> str:
    """A value as the run log keeps it."""
    return "" if value is None else value if isinstance(value, str) else f"{float(value):.17g}"


def short(text: str) -> str:
    """A value of the run log as people read it."""
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text
