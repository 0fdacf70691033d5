"""The plain pages of the static workbook: findings by number, definitions, restatements, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.books.places import FINDINGS, NOTES, RESTATEMENTS, Page, in_language
from loyalty_xl.publish.look import BLUE, GREY, INK, STATUS
from loyalty_xl.publish.words import FORMATS
from loyalty_xl.sharing.workbook_scorecard import replaces
from loyalty_xl.sharing.workbook_sheet import CELL
from loyalty_xl.vocabulary import Status

if TYPE_CHECKING:
    from loyalty_xl.sharing.card import Card
    from loyalty_xl.sharing.workbook_sheet import Sheet

DEFINITIONS = Page("Definitions", "定义")
FINDING_WIDTHS = [9.0, 14.0, 56.0, 10.0, 50.0]
DEFINITION_WIDTHS = [30.0, 50.0, 16.0, 22.0, 54.0]
RESTATED_WIDTHS = [11.0, 30.0, 18.0, 14.0, 14.0, 20.0, 48.0]
NOTE_WIDTHS = [34.0, 14.0, 14.0, 16.0, 16.0, 60.0]
COUNTED = (
    "这里只有个数;具体是哪些行,在记分卡工作簿里。",
    "Counts only: the rows themselves are in the scorecard workbook.",
)
STATIC = (
    "本文件只有数值,没有公式、宏和链接;它不会自动更新。",
    "This file holds values only: no formulas, no macros, no links. It does not update itself.",
)
SHADED = ("走势页的灰格表示该期没有可显示的数字。", "A shaded cell on Trend is a period without a figure to show.")


def draw_findings(sheet: Sheet, card: Card) -> int:
    """Draw how many findings there are of each kind. Gives the row of the header."""
    language = card.language
    errors = sum(each.count for each in card.findings if each.is_error)
    warnings = sum(each.count for each in card.findings if not each.is_error)
    says = in_language(
        f"错误 {errors:,},提醒 {warnings:,}。", f"Errors: {errors:,}, warnings: {warnings:,}. ", language
    )
    head = sheet.title(f"{card.title} · {FINDINGS.title(language)}", 4, says + in_language(*COUNTED, language))
    texts = (("代码", "Code"), ("级别", "Severity"), ("问题", "Finding"), ("数量", "Count"), ("工作表", "Sheets"))
    sheet.header(head, [in_language(*text, language) for text in texts])
    comma = "、" if language == "zh" else ", "
    for row, each in enumerate(card.findings, start=head + 1):
        shape = "■" if each.is_error else "▲"
        back, ink = STATUS[shape]
        kind = in_language(*(("错误", "error") if each.is_error else ("提醒", "warning")), language)
        sheet.text(row, 0, each.code, **CELL)
        sheet.text(row, 1, f"{shape} {kind}", **CELL | {"bg_color": back, "font_color": ink, "align": "center"})
        sheet.text(row, 2, each.title, **CELL)
        sheet.number(row, 3, each.count, "#,##0", **CELL, align="right")
        sheet.text(row, 4, comma.join(each.sheets), **CELL)
        sheet.high(row, 18)
    return head


def draw_definitions(sheet: Sheet, card: Card) -> int:
    """Draw what each KPI means; formulas where there are any. Gives the row of the header."""
    texts = [("指标", "Name"), ("含义", "Meaning"), ("单位", "Unit"), ("口径窗口", "Window")]
    texts += [("公式", "Formula")] if any(each.formula for each in card.definitions) else []
    last = len(texts) - 1
    head = sheet.title(f"{card.title} · {DEFINITIONS.title(card.language)}", last)
    sheet.header(head, [in_language(*text, card.language) for text in texts])
    for row, each in enumerate(card.definitions, start=head + 1):
        sheet.text(row, 0, each.label, **CELL, bold=True)
        for column, text in enumerate((each.says, each.unit, each.window, each.formula)[:last], start=1):
            sheet.text(row, column, text, **CELL)
        sheet.high(row, 20)
    return head


def draw_restatements(sheet: Sheet, card: Card) -> int:
    """Draw the figures of closed periods that would be others today. Gives the row of the header."""
    language = card.language
    head = sheet.title(f"{card.title} · {RESTATEMENTS.title(language)}", 6)
    columns = {column.key: column.label(language) for column in RESTATEMENTS.columns}
    sheet.header(head, [columns[key] for key in ("period", "label", "what", "closed", "now", "shown", "cause")])
    for row, each in enumerate(card.restatements, start=head + 1):
        for column, text in enumerate((each.period, each.label, each.what)):
            sheet.text(row, column, text, **CELL, bold=column == 1)
        for column, figure in enumerate((each.closed, each.now), start=3):
            sheet.figure(row, column, figure, FORMATS[each.unit], **CELL)
        for column, text in enumerate((each.shown, each.cause), start=5):
            sheet.text(row, column, text, **CELL)
        sheet.high(row, 20)
    return head


def draw_notes(sheet: Sheet, card: Card, shortened: list[str]) -> None:
    """Draw what a reader must know, and everything that is another one than in the last share."""
    language = card.language
    last = len(NOTE_WIDTHS) - 1
    row = sheet.title(f"{card.title} · {NOTES.title(language)}", last)
    row = _changes(sheet, card, row)
    said = [in_language(*STATIC, language), *card.notes]
    if any(not figure.shown for each in card.rows for figure in each.history):
        said.append(in_language(*SHADED, language))
    if shortened:
        cells = ", ".join(shortened)
        said.append(
            in_language(
                f"这些单元格的文字太长,已截短:{cells}",
                f"Texts that were too long for a cell are shortened: {cells}",
                language,
            )
        )
    said.append(in_language(f"记分卡编号:{card.id[:12]}", f"Scorecard id: {card.id[:12]}", language))
    sheet.heading(row, NOTES.title(language), last)
    for number, text in enumerate(said, start=row + 1):
        sheet.text(number, 0, text, last, font_color=INK)
        sheet.high(number, 18)


def _changes(sheet: Sheet, card: Card, row: int) -> int:
    """The changes since the last share, figure by figure. Gives the next free row."""
    if card.earlier is None:
        return row
    language = card.language
    sheet.text(row, 0, replaces(card), len(NOTE_WIDTHS) - 1, bold=True, font_color=BLUE)
    if not card.earlier.changes:
        sheet.text(
            row + 1,
            0,
            in_language("数字没有变化。", "No figure is another one.", language),
            len(NOTE_WIDTHS) - 1,
            font_color=GREY,
        )
        return row + 3
    texts = (
        ("有变化的", "What changed"),
        ("原为", "Before"),
        ("现为", "Now"),
        ("原状态", "Status before"),
        ("现状态", "Status now"),
        ("原因", "Cause"),
    )
    sheet.header(row + 1, [in_language(*text, language) for text in texts])
    row += 2
    for each in card.earlier.changes:
        sheet.text(row, 0, each.name, **CELL, bold=True)
        sheet.figure(row, 1, each.before, FORMATS[each.unit], **CELL)
        sheet.figure(row, 2, each.now, FORMATS[each.unit], **CELL)
        for column, status in ((3, each.status_before), (4, each.status)):
            sheet.status(row, column, Status(status))
        sheet.text(row, 5, each.why, **CELL)
        sheet.high(row, 20)
        row += 1
    return row + 1


__all__ = ["draw_definitions", "draw_findings", "draw_notes", "draw_restatements"]
