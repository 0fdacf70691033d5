"""The page Studies: every table of the catalogue one below the other, each with its title, a sentence and a header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue
from loyalty_xl.books.places import STUDIES, in_language
from loyalty_xl.books.styles import Style
from loyalty_xl.closed_lines import kept
from loyalty_xl.publish.table_words import column_format, column_text, value_text
from loyalty_xl.publish.words import REASONS
from loyalty_xl.vocabulary import Reason

if TYPE_CHECKING:
    from loyalty_xl.catalogue import Listing
    from loyalty_xl.pipeline import Refresh

Row = list[Any]
Marks = dict[tuple[int, int], Style]
OWN_PAGE = frozenset({"cohorts", "early_warning", "early_warning_validation"})  # tables that have a page of their own
SHOWN = 60  # rows of a table on the page; all are in `refresh --json` and `export`
WIDTH = len(STUDIES.columns)
PLAIN = Style(valign="top")
TITLE = Style(bold=True, color="1F3864", size=12)
SAYS = Style(italic=True, color="595959")  # over the cells to its right, on one line
HEADER = Style(bold=True, fill="1F3864", color="FFFFFF")  # no wrap: previewers do not fit the row to it


def study_rows(made: Refresh) -> tuple[list[Row], Marks]:
    """Rows of the page from its second row on, and how single cells look."""
    rows: list[Row] = []
    marks: Marks = {}
    for key, each in catalogue.LISTINGS.items():
        if key not in OWN_PAGE:
            _block(each, made, rows, marks)
    return [row + [None] * (WIDTH - len(row)) for row in rows], marks


def _block(each: Listing, made: Refresh, rows: list[Row], marks: Marks) -> None:
    language = made.language
    found, period = shown_rows(made, each)

    def put(row: Row, style: Style | None = None) -> None:
        rows.append(row)
        if style:
            marks.update(
                {(len(rows) + 1, column): style for column in range(1, (len(row) if style is HEADER else 1) + 1)}
            )

    put([f"{each.code} {each.label(language)}" + (f" · {period}" if period else "")], TITLE)
    put([{"zh": each.says, "en": each.title}.get(language, f"{each.says} {each.title}")], SAYS)
    if not found:
        put([f"– ({in_language(*REASONS[Reason.NO_DATA], language)}: {', '.join(each.sheets)})", None])
    else:
        columns = [key for key in each.columns if not (period and key == "period")][:WIDTH]
        put([column_text(key, language) for key in columns], HEADER)
        for row in found[:SHOWN]:
            put([value_text(kept(row.get(key)), language) for key in columns])
            for place, key in enumerate(columns, start=1):
                if (shape := column_format(key)) != "General" and isinstance(row.get(key), int | float):
                    marks[len(rows) + 1, place] = Style(number_format=shape, valign="top")
        if len(found) > SHOWN:
            put([in_language(f"另有 {len(found) - SHOWN:,} 行", f"{len(found) - SHOWN:,} more rows", language)], SAYS)
    put([])


def shown_rows(made: Refresh, each: Listing) -> tuple[list[dict[str, Any]], str]:
    """Rows of a table that the page shows: of the Scorecard's period, or of the last before it, where rows have a period."""
    rows = made.tables.get(each.key, [])
    if "period" not in each.columns or not rows or made.period is None:
        return rows, ""
    labels = list(dict.fromkeys(row["period"] for row in rows))  # oldest first
    label = made.period.label if made.period.label in labels else labels[-1]
    return [row for row in rows if row["period"] == label], label
