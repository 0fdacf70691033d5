"""Fills Scorecard and Trend cell by cell, where the user has put their rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loyalty_xl.books.patch import Ending, Style
from loyalty_xl.books.places import MORE, SCORECARD, SPARE
from loyalty_xl.publish.adjustments import MARKED, SIGN, marked
from loyalty_xl.publish.contents import head_cells, heading_cells, trend_cells, trend_periods
from loyalty_xl.publish.faces import CENTRED, CHECKED, FIRST_PERIOD, RIGHT, WRAPPED, chosen_rows, number_format
from loyalty_xl.publish.layout import Layout, Line, held
from loyalty_xl.publish.words import FORMATS, segment_text
from loyalty_xl.vocabulary import ALL

if TYPE_CHECKING:
    from loyalty_xl.books.patch import Patch
    from loyalty_xl.cells import RawSheet
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.vocabulary import Unit

OWNED = frozenset(column.key for column in SCORECARD.columns if column.owned) - {"kpi", "segment"}


def fill_scorecard(
    patch: Patch,
    made: Refresh,
    layout: Layout,
    cells: dict[Line, dict[str, Any]],
    *,
    by: str,
    at: str,
    left: set[tuple[int, int]],
    ours: set[Line],
) -> dict[Line, int]:
    """Put lines (*cells*), headings and head into the Scorecard; gives the row of every line.

    *left* are cells that cannot be filled; *ours* are lines that an earlier run filled, which are emptied when they are no longer on it.
    """
    units = {line.kpi.key: line.kpi.unit for line in made.lines}
    for key, value in {**head_cells(made), "refreshed_by": by, "refreshed_at": at}.items():
        if key in layout.head:
            mark = Ending(SIGN, on=bool(made.score and made.score.adjusted)) if key == "loyalty_score" else None
            patch.put(layout.sheet, *layout.head[key], value, mark)
    if "stale" in layout.head:
        patch.put(layout.sheet, layout.head["stale"][0], 1, check_number(made))
    if "attainment" in layout.columns:
        for key, score in heading_cells(made).items():
            if key in layout.headings:
                patch.put(layout.sheet, layout.headings[key], layout.columns["attainment"], score)
    rows = dict(layout.lines)
    free = layout.free_rows(MORE, SPARE)
    after = max([layout.last_row, *free])
    for line in cells:
        if line not in rows:
            after += 0 if free else 1
            rows[line] = free.pop(0) if free else after
            patch.put(layout.sheet, rows[line], layout.columns["kpi"], line[0])
            patch.put(layout.sheet, rows[line], layout.columns["segment"], line[1])
    adjusted = {(each.kpi.key, segment_text(each.result)): marked(each) for each in made.lines if each.adjustments}
    for line, row in rows.items():
        if line not in cells and line not in ours:
            continue  # a row of the user's own
        for key, column in layout.columns.items():
            if key in OWNED and (row, column) not in left:
                mark = Ending(SIGN, on=key in adjusted.get(line, ())) if key in MARKED else None
                style = _style(key, units[line[0]], mark) if line not in layout.lines else mark
                patch.put(layout.sheet, row, column, cells.get(line, {}).get(key), style)
    return rows


def _style(key: str, unit: Unit, mark: Ending | None) -> Style:
    """Format of a line that Targets added."""
    code = number_format(key, unit)
    align = "center" if key in CENTRED else "right" if key in RIGHT else ""
    return Style(
        number_format=mark.applied(code) if mark else code,
        bold=key == "actual",
        wrap=key in WRAPPED,
        align=align,
        valign="center",
    )


def check_number(made: Refresh) -> float:
    """What the Scorecard's native formula computes from Settings and Targets: text by first, last character and length, numbers as they are."""
    total = 0.0
    for name, (contract, fields, last) in CHECKED.items():
        raw = made.inputs.raw_control.get(name)
        if raw is None:
            continue
        sent = made.inputs.control[name].sent if name in made.inputs.control else {}
        for field in fields:
            letters = sent.get(field)
            column = _number(letters) if letters else contract.names.index(field) + 1
            total += sum(_weight(held(raw, int(row), column), int(row)) for row in raw.rows if 2 <= row <= last)
    return round(total, 6)


def _number(letters: str) -> int:
    from loyalty_xl.cells import column_number

    return column_number(letters)


def _weight(value: Any, row: int) -> float:
    if value is None:
        return 0.0
    if isinstance(value, str):
        first, final = ord((value + " ")[0]), ord((" " + value)[-1])
        return row * (first + 3 * final + 7 * len(value))
    return row * float(value)


def fill_trend(patch: Patch, made: Refresh, layout: Layout, raw: RawSheet, board: dict[Line, int]) -> None:
    """Put the last 13 periods of each line into Trend, and the chosen KPI's into the rows that the chart draws."""
    units = {line.kpi.key: line.kpi.unit for line in made.lines}
    cells = trend_cells(made)
    periods = trend_periods(made)
    adjusted = {
        (each.kpi.key, segment_text(each.result)): {replaced.period.label for replaced in each.adjustments}
        for each in made.lines
    }
    sheet, columns = layout.sheet, layout.columns
    first = max(columns.values()) + 1
    for place, label in enumerate(periods):
        patch.put(sheet, layout.header, first + place, label)
    rows = dict(layout.lines)
    taken = set(rows.values())
    spare = [row for row in range(chosen_rows() - 1 - SPARE, chosen_rows() - 1) if row not in taken]
    offset = (chosen_rows() - 1 - SPARE) - (min(_spare_rows(board, layout, cells), default=0))
    for line, values in cells.items():
        row = rows.get(line)
        if row is None:
            wanted = board[line] + offset if board.get(line) else 0
            row = wanted if wanted in spare else (spare[0] if spare else 0)
            if not row:
                continue
            spare.remove(row)
            patch.put(sheet, row, columns["kpi"], line[0])
            patch.put(sheet, row, columns["segment"], line[1])
        shape = Style(number_format=FORMATS[units[line[0]]]) if line not in rows else None
        patch.put(sheet, row, columns["label"], values["label"])
        patch.put(sheet, row, columns["target"], values["target"], shape)
        for place, value in enumerate(values["values"]):
            mark = Ending(SIGN, on=place < len(periods) and periods[place] in adjusted[line])
            marked_shape = Style(number_format=mark.applied(shape.number_format)) if shape else mark
            patch.put(sheet, row, first + place, value, marked_shape)
    for line, row in rows.items():
        if line not in cells:
            for column in [columns["target"], *range(first, first + 13)]:
                patch.put(sheet, row, column, None, None if column == columns["target"] else Ending(SIGN, on=False))
    _chosen(patch, made, cells, sheet, raw, first)


def _spare_rows(board: dict[Line, int], layout: Layout, cells: dict[Line, Any]) -> list[int]:
    """Scorecard rows of lines that the template has no row for."""
    return [board[line] for line in cells if line in board and line not in layout.lines]


def _chosen(
    patch: Patch, made: Refresh, cells: dict[Line, dict[str, Any]], sheet: str, raw: RawSheet, first: int
) -> None:
    """Actual of the KPI chosen for the chart, and the target of each period."""
    row = chosen_rows()
    key = held(raw, row, 3)
    line = next((each for each in made.lines if each.kpi.key == key and each.result.segment_dim == "all"), None)
    chosen = cells.get((str(key), ALL), {}) if line else {}
    values, targets = (chosen.get(name, [None] * 13) for name in ("values", "targets"))
    shape = Style(number_format=FORMATS[line.kpi.unit], color="7F7F7F") if line else None
    patch.put(sheet, row, 4, line.kpi.label(made.language) if line else None)
    for place, (value, target) in enumerate(zip(values, targets, strict=True)):
        patch.put(sheet, row + 1, first + place, value, shape)
        patch.put(sheet, row + 2, first + place, target, shape)


__all__ = ["FIRST_PERIOD", "OWNED", "check_number", "fill_scorecard", "fill_trend"]
