"""The second page of the static workbook: the course of every row, and charts of the rows that weigh most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import SCORECARD, TREND, in_language
from loyalty_xl.publish.look import BLUE, GREY, INK, LINE
from loyalty_xl.publish.words import FORMATS
from loyalty_xl.sharing.workbook_sheet import CELL, printable
from loyalty_xl.vocabulary import Status

if TYPE_CHECKING:
    from loyalty_xl.sharing.card import Card, Figure, Row
    from loyalty_xl.sharing.workbook_sheet import Sheet

FIRST = 2  # column of the oldest period
CHARTS, ACROSS = 6, 3
MUCH = 10_000
CHART_ROWS = 12  # rows of the sheet behind a row of charts
CHART_HEIGHT = 230  # pixels
MISSING = "#F2F2F2"  # background of a period without a figure
URGENT = (Status.RED, Status.AMBER, Status.GREEN, Status.GREY)
LABELS = {column.key: column for column in (*SCORECARD.columns, *TREND.columns)}


def draw_trend(sheet: Sheet, card: Card) -> tuple[int, list[tuple[int, int, int] | None]]:
    """Draw the page. Gives the row of its header, and of each row of the card the cells of its last twelve periods."""
    language, last = card.language, FIRST + len(card.periods) - 1
    row = sheet.title(f"{card.title} · {TREND.title(language)}", last + 1, card.period)
    chosen = _chosen(card)
    bands = -(-len(chosen) // ACROSS)
    for line in range(row, row + bands * CHART_ROWS):
        sheet.high(line, 15)
    top, head = row, row + bands * CHART_ROWS
    if bands:
        sheet.high(head, 8)
        head += 1
    missing = in_language("没有数字的期间", "Periods without a figure", language)
    sheet.header(head, [LABELS["label"].label(language), "", *card.periods, missing])
    row = head + 1
    courses: list[tuple[int, int, int] | None] = []
    lines = []
    for each in card.rows:
        lines.append(row)
        shown = sum(figure.shown for figure in each.history[-12:]) > 1
        courses.append((row, max(FIRST, last - 11), last) if shown else None)
        row = _course(sheet, row, each, card)
        sheet.keep(lines[-1], row - 1)
    for number, place in enumerate(chosen):
        each = list(card.rows)[place]
        chart = _chart(sheet, lines[place], each, card, head)
        across, down = number % ACROSS, number // ACROSS
        width = int(sheet.pixels) // ACROSS
        chart.set_size({"width": width - 8, "height": CHART_HEIGHT})
        sheet.raw.insert_chart(
            top + down * CHART_ROWS,
            0,
            chart,
            {"x_offset": across * width, "y_offset": 2, "description": printable(each.name)},
        )
    sheet.raw.freeze_panes(0, 1)
    return head, courses


def _chosen(card: Card) -> list[int]:
    """Places of the rows that get a chart: those with a target that weigh most, and among these the ones off target."""
    rows = list(card.rows)
    fit = [place for place, each in enumerate(rows) if each.aimed and sum(figure.shown for figure in each.history) > 1]
    fit.sort(key=lambda place: (-rows[place].weight, URGENT.index(rows[place].status), place))
    return sorted(fit[:CHARTS])


def _course(sheet: Sheet, row: int, each: Row, card: Card) -> int:
    """The figures of a row, and below them its targets. Gives the next row."""
    form, language = _form(each), card.language
    aimed = any(aim is not None for aim in each.aims)
    upper: dict[str, Any] = CELL | ({"bottom": 0} if aimed else {})
    sheet.text(row, 0, each.name, bold=True, **upper)
    sheet.text(row, 1, LABELS["actual"].label(language), **upper)
    for place, figure in enumerate(each.history):
        if figure.shown:
            sheet.figure(row, FIRST + place, figure, form, **upper)
        else:  # blank, since a chart draws a text as zero
            sheet.text(row, FIRST + place, "", **upper | {"bg_color": MISSING})
    sheet.text(
        row,
        FIRST + len(card.periods),
        _missing(each.history, card.periods),
        **upper | {"font_color": GREY, "italic": True, "font_size": 9},
    )
    if not aimed:
        return row + 1
    lower = CELL | {"font_color": GREY, "font_size": 9}
    sheet.text(row + 1, 0, "", **lower)
    sheet.text(row + 1, 1, LABELS["target"].label(language), **lower)
    for place, aim in enumerate(each.aims):
        if aim is None:
            sheet.text(row + 1, FIRST + place, "", **lower)
        else:
            sheet.number(row + 1, FIRST + place, aim, form, **lower, align="right")
    sheet.text(row + 1, FIRST + len(card.periods), "", **lower)
    return row + 2


def _form(each: Row) -> str:
    """The format of a row: much money without its cents, so that thirteen periods stand beside each other."""
    most = max((abs(figure.value) for figure in each.history if figure.value is not None), default=0.0)
    return "#,##0" if each.unit.is_money and most >= MUCH else FORMATS[each.unit]


def _missing(history: tuple[Figure, ...], periods: tuple[str, ...]) -> str:
    """Which periods have no figure, and why: "2025-07 – 2025-10: fewer than 5"."""
    spans: list[tuple[str, int, int]] = []
    for place, figure in enumerate(history):
        if figure.shown:
            continue
        if spans and spans[-1][0] == figure.why and spans[-1][2] == place - 1:
            spans[-1] = (figure.why, spans[-1][1], place)
        else:
            spans.append((figure.why, place, place))
    texts = []
    for why, first, last in spans:
        if last - first + 1 == len(periods):
            return why
        span = periods[first] if first == last else f"{periods[first]} – {periods[last]}"
        texts.append(f"{span}: {why}" if why else span)
    return "\n".join(texts)


def _chart(sheet: Sheet, row: int, each: Row, card: Card, head: int) -> Any:
    """A line of the actual, and one of the target: what they draw is written into the chart too."""
    last = FIRST + len(card.periods) - 1
    font = {"name": sheet.look.font}
    chart = sheet.book.add_chart({"type": "line"})
    courses = [(row, [figure.value for figure in each.history], BLUE, "solid", 2.25)]
    if any(aim is not None for aim in each.aims):
        courses.append((row + 1, list(each.aims), "#D55E00", "dash", 1.5))
    for line, values, colour, dash, width in courses:
        spot = {"type": "diamond", "size": 5, "fill": {"color": colour}, "border": {"color": colour}}
        chart.add_series(
            {
                "name": [sheet.name, line, 1],
                "name_data": [LABELS["actual" if line == row else "target"].label(card.language)],
                "categories": [sheet.name, head, FIRST, head, last],
                "categories_data": labels(card.periods),
                "values": [sheet.name, line, FIRST, line, last],
                "values_data": values,
                "line": {"color": colour, "width": width, "dash_type": dash},
                "marker": spot | {"type": "circle"} if line == row else spot if _lonely(values) else {"type": "none"},
            }
        )
    chart.set_title(
        {
            "name": [sheet.name, row, 0],
            "data": labels((each.name,)),
            "name_font": font | {"size": 11, "color": BLUE, "bold": True},
        }
    )
    chart.set_legend({"position": "bottom", "font": font | {"size": 9}} if len(courses) > 1 else {"none": True})
    axis = {"num_font": font | {"size": 8, "color": INK}, "line": {"color": LINE}}
    chart.set_x_axis(axis | {"num_font": font | {"size": 8, "color": INK, "rotation": -45}, "label_position": "low"})
    scale = _scale([value for _, values, *_ in courses for value in values if value is not None])
    chart.set_y_axis(
        axis | scale | {"num_format": _form(each), "major_gridlines": {"visible": True, "line": {"color": "#E5E5E5"}}}
    )
    chart.set_chartarea({"border": {"color": LINE}})
    chart.show_blanks_as("gap")
    return chart


def _lonely(values: list[float | None]) -> bool:
    """Whether a value has none beside it, so that no line goes through it."""
    beside = zip([None, *values], values, [*values[1:], None], strict=False)
    return any(value is not None and before is None and after is None for before, value, after in beside)


def _scale(values: list[float]) -> dict[str, float]:
    """Ends and steps of an axis, so that every program draws the same one."""
    low, high = min(values), max(values)
    if low == high:
        low, high = low - (abs(low) * 0.1 or 1.0), high + (abs(high) * 0.1 or 1.0)
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    return {"min": round(first * step, 12), "max": round(last * step, 12), "major_unit": round(step, 12)}


def labels(texts: tuple[str, ...]) -> list[str]:
    """Texts as a chart holds them. The space keeps the writer from taking texts of digits, or one like "nan", for numbers."""
    return [f"{printable(text)} " for text in texts]


__all__ = ["draw_trend", "labels"]
