"""Each actual of the Scorecard leads to where it comes from: its row on Detail, or the page Trace while that holds its trace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.cell_links import Lead
from loyalty_xl.books.places import DETAIL, SCORECARD, TRACE, in_language
from loyalty_xl.cells import Kind
from loyalty_xl.publish import run_log
from loyalty_xl.publish.contents import turn_window
from loyalty_xl.publish.layout import LANGUAGES, held, read_layout
from loyalty_xl.publish.trace_page import basis, kept_trace
from loyalty_xl.publish.words import segment_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loyalty_xl import scoring
    from loyalty_xl.books.patch import Patch
    from loyalty_xl.cells import RawSheet
    from loyalty_xl.inputs import Inputs
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.publish.layout import Layout, Line
    from loyalty_xl.publish.run_log import Entry
    from loyalty_xl.publish.trace_page import Kept

MARK = "loyalty-xl trace "  # in the tip of every link of ours
ACTUAL = "actual"


@dataclass(frozen=True)
class _Pages:
    """The pages that links lead to: titles of those that are shown, rows of Detail by id."""

    detail: str
    trace: str
    rows: Mapping[str, int]

    def lead(self, line: Line, period: str, language: str, traced: Line | None) -> Lead | None:
        """Where the actual of a line leads, and what its tip says."""
        kpi, segment = line
        if line == traced and self.trace:
            says = in_language("“追溯”页:这个数字的每一行。重新追溯", "Trace: every row behind this figure. Trace it again", language)  # fmt: skip
            return Lead(f"{_quoted(self.trace)}!A1", f"{says}: {_command(kpi, period, segment)}")
        row = self.rows.get(f"{kpi}|{period}|{segment}")
        if row is None or not self.detail:
            return None
        says = in_language(
            f"“明细”页:{period} 单期的分子、分母、样本量。逐行追溯",
            f"Detail: numerator, denominator and base n of {period} alone. Row by row",
            language,
        )
        return Lead(f"{_quoted(self.detail)}!A{row}", f"{says}: {_command(kpi, period, segment)}")


def link_actuals(
    patch: Patch,
    made: Refresh,
    layout: Layout,
    board: Mapping[Line, int],
    left: set[tuple[int, int]],
    before: Sequence[Entry],
    detail: Sequence[Sequence[Any]],
) -> None:
    """Link the actuals that a refresh fills. *detail* are the rows that it puts on Detail, *left* cells that it cannot fill."""
    column = layout.columns.get(ACTUAL)
    if column is None or made.period is None:
        return
    rows = {str(row[0]): number for number, row in enumerate(detail, start=2)}
    kept = kept_trace(made.inputs.pages.get(TRACE.name), basis(made.inputs, made.as_of))
    traced = next((_line(each) for each in made.lines if kept and _is_of(kept, each)), None)
    with_value = [each for each in made.lines if each.result.value is not None]  # LibreOffice redraws linked texts
    places = {_line(each): (board[_line(each)], column) for each in with_value if _line(each) in board}
    places = {line: place for line, place in places.items() if place not in left}
    _link(patch, made.inputs, layout, places, rows, made.period.label, made.language, traced, before)


def link_traced(patch: Patch, inputs: Inputs, language: str, traced: Line | None) -> None:
    """Link the actuals of a Scorecard anew when a figure on it was traced; Detail stays what it is."""
    raw, detail = inputs.pages.get(SCORECARD.name), inputs.pages.get(DETAIL.name)
    layout = read_layout(raw) if raw is not None else None
    if raw is None or layout is None or detail is None or (column := layout.columns.get(ACTUAL)) is None:
        return
    log = run_log.entries_of(inputs.pages.get("Run log"))
    ours = {item for section, item, _, more in log if (section, more) == (run_log.WRITTEN, ACTUAL)}
    valued = [(line, row) for line, row in layout.lines.items() if isinstance(held(raw, row, column), float)]
    places = {line: (row, column) for line, row in valued if "|".join(line) in ours}
    period = run_log.last(log, "run").get("period", "")
    _link(patch, inputs, layout, places, _ids(detail), period, language, traced, log)


def _link(
    patch: Patch,
    inputs: Inputs,
    layout: Layout,
    places: Mapping[Line, tuple[int, int]],
    rows: Mapping[str, int],
    period: str,
    language: str,
    traced: Line | None,
    before: Sequence[Entry],
) -> None:
    states = patch.states
    titles = {page: inputs.page_names.get(page.name) or page.title(language) for page in (DETAIL, TRACE)}
    shown = {page: title if states.get(title) == "visible" else "" for page, title in titles.items()}
    pages = _Pages(shown[DETAIL], shown[TRACE], rows)
    links = {place: pages.lead(line, period, language, traced) for line, place in places.items()}
    earlier = run_log.last(before, "run").get("period", "")

    @cache
    def known() -> dict[tuple[int, int], set[str]]:
        stood = _Pages(titles[DETAIL], titles[TRACE], _ids(inputs.pages.get(DETAIL.name)))
        return {
            place: {each.target for of in (line, None) if (each := stood.lead(line, earlier, language, of))}
            for line, place in places.items()
        }

    patch.link(layout.sheet, {place: link for place, link in links.items() if link}, MARK, known)


def _line(line: scoring.Line) -> Line:
    return line.kpi.key, segment_text(line.result)


def _is_of(kept: Kept, line: scoring.Line) -> bool:
    """Whether a trace is of exactly the figure that a line shows: period, segment, window and value."""
    result = line.result
    if (kept.kpi, kept.period, kept.segment) != (line.kpi.key, result.period.label, segment_text(result)):
        return False
    if result.value is None:
        return not isinstance(kept.value, float)
    if kept.window not in {turn_window(line, language) for language in LANGUAGES}:
        return False
    return isinstance(kept.value, float) and abs(kept.value - result.value) <= 1e-9 * max(1.0, abs(result.value))


def _ids(detail: RawSheet | None) -> dict[str, int]:
    """Rows of Detail by what stands in its first column."""
    column = detail.columns.get(1) if detail is not None else None
    if detail is None or column is None:
        return {}
    texts = (column.kind == Kind.TEXT).nonzero()[0]
    return {detail.strings[column.text[each]]: int(detail.rows[each]) for each in texts}


def _command(kpi: str, period: str, segment: str) -> str:
    """What to type to see every row behind a figure."""
    where = "" if segment == "All" else f' "{segment}"' if " " in segment else f" {segment}"
    return f"{MARK}BOOK {kpi} {period}{where}"


def _quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"
