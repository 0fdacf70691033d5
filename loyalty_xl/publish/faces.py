"""Draws the two pages that people look at: Scorecard and Trend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import HEAD, LEFT, MORE, RIGHT_GAP, SCORECARD, TREND, head_label, in_language
from loyalty_xl.cells import column_letters
from loyalty_xl.contracts import control
from loyalty_xl.publish.look import BAR, BLUE, GREY, INK, LINE, PALE, STATUS, Look
from loyalty_xl.publish.slots import HEAD_ROW, SHOWN, TREND_HEADER, Slot, slots
from loyalty_xl.publish.words import DIMENSIONS, DRAFT, FORMATS
from loyalty_xl.vocabulary import Unit

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

COLUMN = {column.key: number for number, column in enumerate(SCORECARD.columns)}  # 0-based
PRINTED = COLUMN["action_by"]  # last printed column
HEAD_LEFT, HEAD_RIGHT = COLUMN["label"], COLUMN["change"]  # columns of the labels above the table
IN_UNIT = frozenset({"actual", "target", "ytd", "previous", "year_ago", "low", "high"})
CENTRED = frozenset({"status", "trend", "owner", "action_by", "segment"})
RIGHT = frozenset({"change", "change_year", "actual"})
WRAPPED = frozenset({"label", "base", "comment", "actual", "window", "flags", "owner", "action_by", "segment"})
THEIRS = "#FFFDF0"  # background of cells that are the user's own
FIRST_PERIOD = len(TREND.columns)  # 0-based column of the oldest period on Trend
CHECKED = {  # what the note "changed since the refresh" looks at
    "Settings": (control.SETTINGS, ("key", "value", "valid_from"), 400),
    "Targets": (
        control.TARGETS,
        (
            "kpi",
            "segment",
            "period",
            "valid_from",
            "baseline",
            "target",
            "target_type",
            "direction",
            "lower",
            "upper",
            "green",
            "amber",
            "weight",
        ),
        600,
    ),
}


def number_format(column: str, unit: Unit) -> str:
    """Number format of a Scorecard cell, by the KPI's unit."""
    if column in IN_UNIT:
        return FORMATS[unit]
    if column == "variance":
        return f"+{FORMATS[unit]};-{FORMATS[unit]};{FORMATS[unit]}"
    return next((each.number_format for each in SCORECARD.columns if each.key == column), "General")


def draw_scorecard(sheet: Worksheet, title: str, look: Look) -> None:
    """The Scorecard: title, head, table in groups, one A4 page."""
    sheet.hide_gridlines(2)
    sheet.set_tab_color(BLUE)
    sheet.freeze_panes(HEAD_ROW, COLUMN["segment"])
    wider = 1.35 if look.language == "both" else 1.0
    for key, number in COLUMN.items():
        column = SCORECARD.columns[number]
        width = column.width * (wider if key in ("label", "status", "trend") else 1.0)
        sheet.set_column(number, number, width, None, {"hidden": key == "kpi"} if number <= PRINTED else {"level": 1})
    sheet.set_row(0, 32)
    sheet.write_string(0, HEAD_LEFT, title, look.title)
    _head(sheet, look)
    sheet.set_row(HEAD_ROW - 1, 32 if look.language == "both" else 24)
    for number in COLUMN.values():
        sheet.write_string(HEAD_ROW - 1, number, SCORECARD.columns[number].label(look.language), look.header)
    for slot in slots():
        _slot(sheet, slot, look)
    first, last = HEAD_ROW, slots()[-1].row - 1
    _colours(sheet, first, last, look)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.print_area(0, HEAD_LEFT, last, PRINTED)
    sheet.fit_to_pages(1, 1)
    sheet.set_footer("&L&8&F · &A&R&8&P / &N")


def _head(sheet: Worksheet, look: Look) -> None:
    """The block above the table: two columns of label and value."""
    label = look(font_color=GREY, valign="vcenter")
    for place, key in enumerate(HEAD):
        left = key in LEFT
        row = 1 + (place if left else place - len(LEFT))
        column = HEAD_LEFT if left else HEAD_RIGHT
        sheet.write_string(row, column, head_label(key, look.language), label)
        big = key in ("period", "loyalty_score")
        facts: dict[str, Any] = {
            "align": "left",
            "valign": "vcenter",
            "font_color": INK,
            "bold": big,
            "font_size": 14 if big else 10,
        }
        if key == "loyalty_score":
            facts["num_format"] = "0.0"
        if key == "stale":
            warning = in_language(
                "更新后目标或参数有改动,请重新更新", "changed since the refresh: refresh again", look.language
            )
            sheet.write_formula(
                row,
                column + 1,
                stale_formula(row + 1, look.language, warning),
                look(bold=True, font_color=STATUS["■"][1]),
                "",
            )
        else:
            at = column + (1 if left else RIGHT_GAP)
            sheet.write_blank(row, at, None, look(**facts))
            if key == "state":  # a draft is not to be taken for anything else
                back, text = STATUS["■"]
                shape = look(bg_color=back, font_color=text, bold=True)
                draft, cell = in_language(*DRAFT, look.language), f"${column_letters(at + 1)}${row + 1}"
                rule = {"type": "formula", "criteria": f'=LEFT({cell},{len(draft)})="{draft}"', "format": shape}
                sheet.conditional_format(row, at, row, at + 3, rule)  # as wide as the words


_STALE = 'IF($A${row}="","",IF(ABS($A${row}-('  # how the formula begins that warns of later changes


def is_stale_formula(formula: str) -> bool:
    """Whether a formula of the Scorecard is the one that `stale_formula` made."""
    return re.match(re.escape(_STALE).replace(r"\{row\}", r"\d+") + r"SUMPRODUCT\(ROW\(", formula) is not None


def stale_formula(row: int, language: str, warning: str) -> str:
    """A native formula that says when Targets or Settings differ from what they were at the refresh.

    Column A of *row* holds the check number as the refresh found it (`contents.check_number` counts the same).
    """
    terms = []
    for name, (contract, fields, last) in CHECKED.items():
        sheet = {"zh": contract.zh, "en": name}.get(language, f"{name} {contract.zh}")
        for field in fields:
            letters = column_letters(contract.names.index(field) + 1)
            cells = f"'{sheet}'!${letters}$2:${letters}${last}"
            terms.append(f"SUMPRODUCT(ROW({cells}),{cells})")
            first, final = f'_xlfn.UNICODE(LEFT({cells}&" ",1))', f'_xlfn.UNICODE(RIGHT(" "&{cells},1))'
            terms.append(f"SUMPRODUCT(ISTEXT({cells})*ROW({cells})*({first}+3*{final}+7*LEN({cells})))")
    return f'={_STALE.replace("{row}", str(row))}{"+".join(terms)}))<0.0001,"","▲ {warning}"))'


def _slot(sheet: Worksheet, slot: Slot, look: Look) -> None:
    """One row below the header: a heading, a core line, or a free line."""
    row = slot.row - 1
    sheet.set_row(row, 18 if slot.heading else 30)
    if slot.heading:
        _heading(sheet, slot, look)
        return
    texts = {"kpi": slot.key, "label": slot.kpi.label(look.language), "segment": "All"} if slot.kpi else {}
    for key, number in COLUMN.items():
        shape = look(**_facts(key, slot))
        if texts.get(key):
            sheet.write_string(row, number, texts[key], shape)
        else:
            sheet.write_blank(row, number, None, shape)
    first, last = column_letters(FIRST_PERIOD + 2), column_letters(FIRST_PERIOD + SHOWN)
    trend = f"'{TREND.title(look.language)}'!{first}{slot.trend_row}:{last}{slot.trend_row}"
    bars = {
        "type": "column",
        "series_color": BAR,
        "last_point": True,
        "last_color": BLUE,
    }  # lines vanish when LibreOffice prints
    sheet.add_sparkline(row, COLUMN["spark"], {"range": trend, "show_hidden": True, **bars})


def _heading(sheet: Worksheet, slot: Slot, look: Look) -> None:
    """The heading of a group, with room for the dimension's attainment."""
    more = in_language("按目标增加的指标和细分", "From Targets: further KPIs and segments", look.language)
    text = more if slot.key == MORE else in_language(*DIMENSIONS[slot.key[1:]], look.language).capitalize()
    for key, number in COLUMN.items():
        number_shape = "0%" if key == "attainment" else "General"
        shape = look(bg_color=PALE, bold=True, font_color=BLUE, valign="vcenter", num_format=number_shape)
        if key == "label":
            sheet.write_string(slot.row - 1, number, text, shape)
        else:
            sheet.write_blank(slot.row - 1, number, None, shape)
    sheet.write_string(slot.row - 1, COLUMN["kpi"], slot.key, look(bg_color=PALE, font_color=PALE))


def _facts(key: str, slot: Slot) -> dict[str, Any]:
    """Format of a cell in a line."""
    facts: dict[str, Any] = {"num_format": "General", "valign": "vcenter", "font_color": INK}
    if slot.kpi:
        facts["num_format"] = number_format(key, slot.kpi.unit)
    if key in WRAPPED:
        facts["text_wrap"] = True
    if key in CENTRED or key in RIGHT:
        facts["align"] = "center" if key in CENTRED else "right"
    if key == "actual":
        facts["bold"] = True
    if key in ("comment", "action_by") and slot.kpi:
        facts["bg_color"] = THEIRS
    return facts


def _colours(sheet: Worksheet, first: int, last: int, look: Look) -> None:
    """Status by word, shape and colour; thin lines under filled rows; bars of attainment."""
    column = COLUMN["status"]
    for shape, (back, text) in STATUS.items():
        rule = {
            "type": "text",
            "criteria": "begins with",
            "value": shape,
            "format": look(bg_color=back, font_color=text, bold=True),
        }
        sheet.conditional_format(first, column, last, column, rule)
    lined = {"type": "formula", "criteria": f'=$A{first + 1}<>""', "format": look(bottom=1, bottom_color=LINE)}
    sheet.conditional_format(first, COLUMN["label"], last, PRINTED, lined)
    bars = {
        "type": "data_bar",
        "bar_solid": True,
        "bar_color": BAR,
        "min_type": "num",
        "min_value": 0,
        "max_type": "num",
        "max_value": 1.25,
    }
    sheet.conditional_format(first, COLUMN["attainment"], last, COLUMN["attainment"], bars)


def draw_trend(book: xlsxwriter.Workbook, sheet: Worksheet, title: str, look: Look) -> None:
    """Trend: KPIs down, 13 periods across, and charts of one KPI against its target, of dimensions, and of attainment."""
    rows = [slot for slot in slots() if not slot.heading]
    sheet.hide_gridlines(2)
    sheet.set_tab_color(BLUE)
    sheet.freeze_panes(TREND_HEADER, FIRST_PERIOD)
    for number, column in enumerate(TREND.columns):
        width = column.width * (1.35 if look.language == "both" and column.key == "label" else 1.0)
        sheet.set_column(number, number, width, None, {"hidden": column.key == "kpi"})
    sheet.set_column(FIRST_PERIOD, FIRST_PERIOD + SHOWN - 1, 10)
    sheet.set_row(0, 32)
    sheet.write_string(0, 1, f"{title} · {TREND.title(look.language)}", look.title)
    for number, column in enumerate(TREND.columns):
        sheet.write_string(TREND_HEADER - 1, number, column.label(look.language), look.header)
    for number in range(SHOWN):
        sheet.write_blank(TREND_HEADER - 1, FIRST_PERIOD + number, None, look.header)
    for slot in rows:
        unit = slot.kpi.unit if slot.kpi else None
        shape = look(num_format=FORMATS[unit] if unit else "General", valign="vcenter")
        for number in range(FIRST_PERIOD + SHOWN):
            sheet.write_blank(slot.trend_row - 1, number, None, shape)
        if slot.kpi:
            texts = ((0, slot.key), (1, slot.kpi.label(look.language)), (2, "All"))
            for number, text in texts:
                sheet.write_string(slot.trend_row - 1, number, text, shape)
    last = FIRST_PERIOD + SHOWN - 1
    lined = {"type": "formula", "criteria": f'=$A{TREND_HEADER + 1}<>""', "format": look(bottom=1, bottom_color=LINE)}
    sheet.conditional_format(TREND_HEADER, 1, rows[-1].trend_row - 1, last, lined)
    _charts(book, sheet, rows, look)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 1)
    sheet.print_area(0, 1, rows[-1].trend_row + 22, last)


def _charts(book: xlsxwriter.Workbook, sheet: Worksheet, rows: list[Slot], look: Look) -> None:
    """Charts below the table. They draw cells that a refresh fills, so they are right without calculation too."""
    chosen = chosen_rows()
    name = TREND.title(look.language)
    span = (FIRST_PERIOD, FIRST_PERIOD + SHOWN - 1)
    label = in_language("图中指标", "KPI in the chart", look.language)
    sheet.write_string(chosen - 1, 1, label, look(bold=True, font_color=BLUE))
    pick = look(bg_color=THEIRS, border=1, border_color=LINE, bold=True)
    sheet.write_string(chosen - 1, 2, rows[0].key, pick)
    sheet.write_string(chosen - 1, 3, rows[0].kpi.label(look.language) if rows[0].kpi else "", look(bold=True))
    keys = f"=$A${TREND_HEADER + 1}:$A${TREND_HEADER + len(rows)}"
    hint = in_language(
        "选一个指标,更新后图随之变", "Choose a KPI; the chart follows at the next refresh", look.language
    )
    rule = {"validate": "list", "source": keys, "error_type": "warning", "input_message": hint}
    sheet.data_validation(chosen - 1, 2, chosen - 1, 2, rule)
    for offset, text in ((1, ("实际", "Actual")), (2, ("目标", "Target"))):
        sheet.write_string(chosen - 1 + offset, 1, in_language(*text, look.language), look(font_color=GREY))
        for column in range(span[0], span[1] + 1):
            sheet.write_blank(chosen - 1 + offset, column, None, look(font_color=GREY))
    line = book.add_chart({"type": "line"})
    periods = [name, TREND_HEADER - 1, span[0], TREND_HEADER - 1, span[1]]
    for offset, colour, dash in ((1, "#2E75B6", "solid"), (2, "#D55E00", "dash")):
        line.add_series(
            {
                "name": [name, chosen - 1 + offset, 1],
                "categories": periods,
                "values": [name, chosen - 1 + offset, span[0], chosen - 1 + offset, span[1]],
                "line": {"color": colour, "width": 2.25, "dash_type": dash},
                "marker": {"type": "circle", "size": 5, "fill": {"color": colour}, "border": {"color": colour}}
                if offset == 1
                else {"type": "none"},
            }
        )
    line.set_title({"name": [name, chosen - 1, 3], "name_font": {"size": 11, "color": BLUE}})
    line.set_legend({"position": "bottom"})
    line.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": "#E5E5E5"}}})
    line.show_blanks_as("gap")
    line.set_size({"width": 620 if look.language == "both" else 540, "height": 300})
    sheet.insert_chart(chosen + 3, 1, line)
    board = SCORECARD.title(look.language)
    headings = [slot for slot in slots() if slot.heading and slot.key != MORE]
    lines = [slot for slot in slots() if slot.kpi]
    by_dimension = _cells(board, [slot.row for slot in headings], COLUMN["label"])
    by_kpi = _cells(name, [slot.trend_row for slot in lines], 1)
    for title, picked, named, place, colour in (
        (("维度达成率", "Attainment by dimension"), headings, by_dimension, FIRST_PERIOD + 2, "#5B9BD5"),
        (("各指标达成率", "Attainment by KPI"), lines, by_kpi, FIRST_PERIOD + 7, BAR),
    ):
        scores = book.add_chart({"type": "bar"})
        scores.add_series(
            {
                "name": in_language(*title, look.language),
                "categories": named,
                "values": _cells(board, [slot.row for slot in picked], COLUMN["attainment"]),
                "fill": {"color": colour},
                "gap": 60,
            }
        )
        scores.set_title({"name": in_language(*title, look.language), "name_font": {"size": 11, "color": BLUE}})
        scores.set_legend({"none": True})
        scores.set_y_axis({"reverse": True, "num_font": {"size": 8}})
        scores.set_x_axis(
            {
                "min": 0,
                "max": 1.4,
                "num_format": "0%",
                "major_unit": 0.2,
                "major_gridlines": {"visible": True, "line": {"color": "#E5E5E5"}},
            }
        )
        scores.set_size({"width": 370 if picked is headings else 445, "height": 300})
        sheet.insert_chart(chosen + 3, place, scores)


def _cells(sheet: str, rows: list[int], column: int) -> str:
    """A chart's reference to cells that need not stand together."""
    letters = column_letters(column + 1)
    return "=(" + ",".join(f"'{sheet}'!${letters}${row}" for row in rows) + ")"


def chosen_rows() -> int:
    """Worksheet row of the chosen KPI on Trend; actual and target stand in the two rows below it."""
    return max(slot.trend_row for slot in slots()) + 2


__all__ = ["COLUMN", "FIRST_PERIOD", "chosen_rows", "draw_scorecard", "draw_trend", "number_format", "stale_formula"]
