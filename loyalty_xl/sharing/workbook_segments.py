"""The page of segments: every breakdown below the other, and above them bars of what weighs most."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import SCORECARD, in_language
from loyalty_xl.publish.look import BAR, BLUE, GREY, INK, LINE
from loyalty_xl.publish.words import FORMATS
from loyalty_xl.sharing.workbook_sheet import CELL, printable
from loyalty_xl.sharing.workbook_trend import labels

if TYPE_CHECKING:
    from loyalty_xl.sharing.card import Breakdown, Card, Part
    from loyalty_xl.sharing.workbook_sheet import Sheet

FIRST = 2  # column of the first segment
ACROSS = 10  # segments beside each other; more go on below
LONGEST = 20  # KPIs below each other
CHARTS, BESIDE = 6, 3
MOST = 10  # bars of a chart
CHART_ROWS = 13  # rows of the sheet behind the charts
TITLE = ("细分", "Segments")
LABELS = {column.key: column for column in SCORECARD.columns}


Cell = tuple[int, int, int, int]  # row of the header, row, column, and which segment


@dataclass
class Table:
    """A breakdown as it stands on the page, in one table or in several below each other."""

    breakdown: Breakdown
    names: dict[int, int] = field(default_factory=dict)  # row of the label of each part
    cells: dict[int, list[Cell]] = field(default_factory=dict)  # where the figures of each part stand


def draw_segments(sheet: Sheet, card: Card) -> None:
    """Draw the page."""
    language = card.language
    across = widest(card)
    says = in_language("灰色小字是样本量", "small grey figures: number of cases", language)
    top = sheet.title(f"{card.title} · {in_language(*TITLE, language)}", FIRST + across - 1, f"{card.period} · {says}")
    chosen = _chosen(card)
    row = top + -(-len(chosen) // BESIDE) * CHART_ROWS
    for line in range(top, row):
        sheet.high(line, 15)
    tables = []
    for breakdown in card.breakdowns:
        table = Table(breakdown)
        for segments in _shares(len(breakdown.segments), across):
            for parts in _shares(len(breakdown.parts), LONGEST):
                row = _table(sheet, row, table, parts, segments)
        tables.append(table)
    width = int(sheet.pixels) // min(BESIDE, max(2, len(chosen)))
    for number, (of, place) in enumerate(chosen):
        chart, part = _chart(sheet, tables[of], place), card.breakdowns[of].parts[place]
        chart.set_size({"width": width - 8, "height": CHART_ROWS * 20 - 16})
        about = printable(f"{part.label} · {card.breakdowns[of].label}")
        down, beside = divmod(number, BESIDE)
        where = {"x_offset": beside * width, "y_offset": 2, "description": about}
        sheet.raw.insert_chart(top + down * CHART_ROWS, 0, chart, where)
    sheet.raw.freeze_panes(0, 1)


def widest(card: Card) -> int:
    """Most segments that stand beside each other."""
    return max((len(share) for each in card.breakdowns for share in _shares(len(each.segments), ACROSS)), default=1)


def _shares(count: int, most: int) -> list[range]:
    """So many things in as few even shares as hold *most* each."""
    size = -(-count // -(-count // most)) if count else 1
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def _table(sheet: Sheet, row: int, table: Table, parts: range, segments: range) -> int:
    """Some parts of a breakdown over some of its segments. Gives the row for the next table."""
    breakdown, language = table.breakdown, sheet.look.language
    more = in_language("(续)", " (continued)", "zh" if language == "zh" else "en") if parts[0] or segments[0] else ""
    sheet.heading(row, breakdown.label + more, FIRST + len(segments) - 1)
    header, line = row + 1, row + 2
    named = [LABELS[key].label(language) for key in ("label", "window")]
    sheet.header(header, [*named, *(breakdown.segments[at] for at in segments)])
    for place in parts:
        part = breakdown.parts[place]
        table.names.setdefault(place, line)
        shown = [(at, at - segments[0]) for at in segments if part.figures[at].shown]
        table.cells.setdefault(place, []).extend((header, line, FIRST + offset, at) for at, offset in shown)
        line = _part(sheet, line, part, segments)
    sheet.keep(row, line - 1)
    return line + 1


def _chosen(card: Card) -> list[tuple[int, int]]:
    """What gets a chart: of each breakdown in turn the part that weighs most on the Scorecard and has figures to compare."""
    weights: dict[str, float] = {}
    for each in card.rows:
        weights[each.key] = max(weights.get(each.key, 0.0), each.weight)
    ranked = []
    for number, breakdown in enumerate(card.breakdowns):
        parts = breakdown.parts
        fit = [place for place, part in enumerate(parts) if 1 < sum(figure.shown for figure in part.figures) <= MOST]
        fit.sort(key=lambda place: -weights.get(parts[place].key, 0.0))
        ranked.append([(number, place) for place in fit])
    return [each for each in chain.from_iterable(zip_longest(*ranked)) if each][:CHARTS]


def _part(sheet: Sheet, row: int, part: Part, segments: range) -> int:
    """The figures of a KPI, and below them the cases behind each. Gives the next row."""
    upper: dict[str, Any] = CELL | {"bottom": 0}
    lower: dict[str, Any] = CELL | {"font_color": GREY, "font_size": 8, "align": "right"}
    sheet.text(row, 0, part.label, **upper, bold=True)
    sheet.text(row, 1, part.window, **upper | {"font_size": 8, "font_color": GREY})
    sheet.text(row + 1, 0, "", **lower)
    sheet.text(row + 1, 1, "", **lower)
    for column, at in enumerate(segments, start=FIRST):
        sheet.figure(row, column, part.figures[at], FORMATS[part.unit], **upper)
        base = part.bases[at]
        if base is None:
            sheet.text(row + 1, column, "", **lower)
        else:
            sheet.number(row + 1, column, base, '"n = "#,##0', **lower)
    return row + 2


def _chart(sheet: Sheet, table: Table, place: int) -> Any:
    """Bars of one KPI; a segment without a figure is not in it, since a chart would draw it as zero."""
    font = {"name": sheet.look.font}
    part, breakdown, cells = table.breakdown.parts[place], table.breakdown, table.cells[place]
    places = [at for _, _, _, at in cells]
    chart = sheet.book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": [sheet.name, table.names[place], 0],
            "name_data": labels((part.label,)),
            "categories": _cells(sheet.name, [(header, column) for header, _, column, _ in cells]),
            "categories_data": labels(tuple(breakdown.segments[at] for at in places)),
            "values": _cells(sheet.name, [(row, column) for _, row, column, _ in cells]),
            "values_data": [part.figures[at].value for at in places],
            "fill": {"color": BAR},
            "border": {"color": BLUE, "width": 0.5},
            "points": [{"fill": {"color": BLUE}} if at == 0 else None for at in places],
            "gap": 45 if len(places) > 3 else 120,
            "data_labels": {"value": True, "num_format": FORMATS[part.unit], "font": font | {"size": 9}},
        }
    )
    chart.set_title(
        {
            "name": [sheet.name, table.names[place], 0],
            "data": labels((part.label,)),
            "name_font": font | {"size": 11, "color": BLUE, "bold": True},
        }
    )
    chart.set_legend({"none": True})
    chart.set_y_axis(
        {"num_font": font | {"size": 9, "color": INK}, "line": {"color": LINE}, "reverse": True}
        | _named(sheet, breakdown, cells[0][0])
    )
    values = [part.figures[at].value or 0.0 for at in places]
    ends = {"min": 1.2 * min(0.0, *values), "max": 1.2 * max(0.0, *values)}  # from zero, with room for the labels
    chart.set_x_axis(
        (ends if any(values) else {}) | {"visible": False, "major_gridlines": {"visible": False}, "num_font": font}
    )
    chart.set_chartarea({"border": {"color": LINE}})
    return chart


def _named(sheet: Sheet, breakdown: Breakdown, header: int) -> dict[str, Any]:
    """The name of the axis: what the bars are segments of."""
    font = {"name": sheet.look.font, "size": 9, "bold": False, "color": GREY}
    return {"name": [sheet.name, header - 1, 0], "data": labels((breakdown.label,)), "name_font": font}


def _cells(sheet: str, cells: list[tuple[int, int]]) -> str:
    """A chart's reference to cells that need not stand together."""
    from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

    named = (
        f"{quote_sheetname(sheet)}!{xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)}"
        for row, column in cells
    )
    return f"=({','.join(named)})"


__all__ = ["TITLE", "draw_segments", "widest"]
