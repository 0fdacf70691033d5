"""The two forms of a return slip: a small workbook to fill in and send back, and a text for a chat or a mail."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import in_language
from loyalty_xl.findings import cause, example, title
from loyalty_xl.publish.look import BLUE, GREY, LINE, PALE, Look
from loyalty_xl.publish.senders import FINANCE, label

if TYPE_CHECKING:
    from pathlib import Path

    from xlsxwriter.worksheet import Worksheet

    from loyalty_xl.publish.slip_rows import Told
    from loyalty_xl.publish.slips import Group, Slip

MARK = "loyalty_xl return slip"  # stands in the file's properties
FIXED_DATE = datetime(2026, 1, 1)
ROWS_SHOWN = 500  # rows of one code; the rest shows when these are repaired
LABELS_SHOWN = 6  # KPIs that a heading names
TEXT_LINES = 30  # of the text in a language
TEXT_SHOWN = 60  # characters of a value in the text
PLACES_SHOWN = 4  # rows of one code in the text
ADVICE_SHOWN = 3  # ways to say what to do, where they differ by column
FILL = "#FFF9E5"
COLUMNS = (  # zh, en, width
    ("文件", "File", 26),
    ("工作表", "Sheet", 16),
    ("单元格", "Cell", 16),
    ("列", "Column", 15),
    ("现在是", "Found", 22),
    ("应该是", "Expected", 26),
    ("个数", "Count", 7),
    ("部门答复(已改 / 无误 / 说明)", "Your answer (repaired / right as it is / remark)", 26),
)
HOW = (
    "请在原文件里改(不要改这张退回单),再把改好的文件交来。没有错的,在“问题”页的答复列说明;“来源”“字段对应”“参数设置”在财务的记分卡里,要改也写在那里。",
    "Repair your own file, not this slip, and send it again. Where nothing is wrong, say so in the answer column of Findings; Sources, Mapping and Settings are in the scorecard of finance: ask for a change in that column.",
)
HOW_FINANCE = (
    "这些问题在记分卡工作簿自己的页上,或不能归到一个部门:请财务改好,或转给有关部门。",
    "These findings are about pages of the scorecard itself, or cannot be laid at one department's door: for finance to repair, or to pass on.",
)
WIDTH = sum(width for _, _, width in COLUMNS)


def write_workbook(path: Path, slip: Slip) -> None:
    """Write the workbook of a slip: a summary, and the findings by rule."""
    import xlsxwriter

    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), plain)
    book.set_properties({"title": headline(slip, slip.language), "category": MARK, "created": FIXED_DATE})
    look = Look(book, slip.language)
    _summary(book.add_worksheet(in_language("摘要", "Summary", slip.language)), slip, look)
    _findings(book.add_worksheet(in_language("问题", "Findings", slip.language)), slip, look)
    book.close()


def headline(slip: Slip, language: str) -> str:
    """What it is, in one line."""
    of = slip.period or in_language("数据", "the data", language)
    return in_language(
        f"退回单:{label(slip.dept, 'zh')} {of}", f"Return slip: {label(slip.dept, 'en')}, {of}", language
    )


def counted(slip: Slip, language: str) -> str:
    """How much there is to repair."""
    return in_language(
        f"要改的错误 {slip.errors:,} 个,要核对的提醒 {slip.warnings:,} 个",
        f"errors to repair: {slip.errors:,}, warnings to look at: {slip.warnings:,}",
        language,
    )


def named(labels: list[str], language: str, shown: int = LABELS_SHOWN) -> str:
    """Names one after the other, and how many more there are."""
    more = len(labels) - shown
    said = ("、" if language == "zh" else ", ").join(labels[:shown])
    return said + in_language(f" 等共 {len(labels)} 项", f" and {more} more", language) if more > 0 else said


def _summary(sheet: Worksheet, slip: Slip, look: Look) -> None:
    language = slip.language
    wrap = look(text_wrap=True, valign="top")
    sheet.hide_gridlines(2)
    for number, width in enumerate((28, 30, 22, 14)):
        sheet.set_column(number, number, width)
    sheet.write_string(0, 0, headline(slip, language), look.title)
    sheet.set_row(0, 28)
    about = [
        (("部门", "Department"), label(slip.dept, language)),
        (("期间", "Period"), slip.period or "–"),
        (("要处理的", "To do"), counted(slip, language)),
        (("在等的记分卡行", "Scorecard lines that wait"), named(slip.lines, language, 30) or "–"),
    ]
    if others := [name for name in slip.waiting if name not in slip.lines]:
        about.append((("明细中还在等的", "Also waiting, on Detail"), named(others, language, 30)))
    if slip.due:
        about.append((("请在此日前改好", "Please by"), slip.due.isoformat()))
    row = 2
    for (zh, en), text in about:
        sheet.write_string(row, 0, in_language(zh, en, language), look(bold=True, valign="top", text_wrap=True))
        sheet.merge_range(row, 1, row, 3, "", wrap)
        sheet.write_string(row, 1, text, wrap)
        sheet.set_row(row, max(_height(text, 66), _height(in_language(zh, en, language), 28)))
        row += 1
    how = in_language(*(HOW_FINANCE if slip.dept == FINANCE else HOW), language)
    sheet.merge_range(row + 1, 0, row + 1, 3, "", look(text_wrap=True, valign="top", font_color=BLUE, bold=True))
    sheet.write_string(row + 1, 0, how, look(text_wrap=True, valign="top", font_color=BLUE, bold=True))
    sheet.set_row(row + 1, _height(how, 94))
    if slip.sent:
        _received(sheet, row + 3, slip, look)
    _printed(sheet)


def _received(sheet: Worksheet, row: int, slip: Slip, look: Look) -> None:
    """What the department sent: files, worksheets, rows."""
    language, wrap = slip.language, look(text_wrap=True, valign="top")
    for number, (zh, en) in enumerate(
        (("收到的文件", "File received"), ("工作表", "Worksheet"), ("内容", "Sheet"), ("行数", "Rows"))
    ):
        sheet.write_string(row, number, in_language(zh, en, language), look.header)
    for each in slip.sent:
        row += 1
        worksheet = each.title.rpartition("]")[2]
        texts = (each.file or in_language("记分卡工作簿", "scorecard workbook", language), worksheet)
        for number, text in enumerate((*texts, in_language(*slip.names[each.sheet], language))):
            sheet.write_string(row, number, text, wrap)
        if each.rows is None:
            sheet.write_string(row, 3, in_language("读不出来", "cannot be read", language), wrap)
        else:
            sheet.write_number(row, 3, each.rows, look(num_format="#,##0", valign="top"))


def _findings(sheet: Worksheet, slip: Slip, look: Look) -> None:
    language = slip.language
    sheet.hide_gridlines(2)
    for number, (zh, en, width) in enumerate(COLUMNS):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, in_language(zh, en, language), look.header)
    sheet.set_row(0, 30 if language != "both" else 44)
    sheet.freeze_panes(1, 0)
    row = 1
    for number, group in enumerate(slip.groups, start=1):
        row = _group(sheet, row, number, group, look)
    sheet.repeat_rows(0)
    _printed(sheet)


def _group(sheet: Worksheet, row: int, number: int, group: Group, look: Look) -> int:
    """Write one code: its heading, then its rows. Gives the next free row."""
    language = look.language
    kind = in_language(*(("错误", "error") if group.is_error else ("提醒", "warning")), language)
    head = f"{number}. {title(group.code, language)} · {group.code} {kind} · {group.cells:,}"
    dark = look(bold=True, font_size=11, font_color=BLUE, bg_color=PALE, text_wrap=True, valign="vcenter")
    row = _across(sheet, row, head, dark)
    for (zh, en), text in _says(group, language):
        said = f"{in_language(zh, en, language)}{':' if language == 'zh' else ': '}{text}"
        row = _across(sheet, row, said, look(text_wrap=True, valign="top", font_color="#404040"))
    cell = look(text_wrap=True, valign="top", border=1, border_color=LINE, num_format="@")
    count = look(valign="top", border=1, border_color=LINE, num_format="#,##0")
    answer = look(text_wrap=True, valign="top", border=1, border_color=LINE, bg_color=FILL, num_format="@")
    for told in group.rows[:ROWS_SHOWN]:
        texts = _texts(told)
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, cell)
        sheet.set_row(row, max(_height(text, width) for text, (_, _, width) in zip(texts, COLUMNS, strict=False)))
        sheet.write_number(row, 6, told.count, count)
        sheet.write_blank(row, 7, None, answer)
        row += 1
    left = len(group.rows) - ROWS_SHOWN
    if left > 0:
        rest = in_language(
            f"同样的还有 {left:,} 处,改好以上后再列。",
            f"{left:,} more of the same are listed when these are repaired.",
            language,
        )
        row = _across(sheet, row, rest, look(font_color=GREY, text_wrap=True))
    return row + 1


def _says(group: Group, language: str) -> list[tuple[tuple[str, str], str]]:
    """Lines below the heading of a code."""
    said = [
        (("处理", "Repair"), _advice(group)),
        (("原因", "Cause"), cause(group.code, language)),
        (("例子(虚构)", "Example (made up)"), example(group.code, language)),
    ]
    if group.waiting:
        return [(("在等这项修改的指标", "KPIs that wait for it"), named(group.waiting, language)), *said]
    if group.used_by:
        return [*said, (("用到它的指标", "KPIs that use it"), named(group.used_by, language))]
    return said


def _advice(group: Group) -> str:
    """What to do; where columns differ in it, the first ways."""
    return " / ".join(group.advice[:ADVICE_SHOWN]) + (" / …" if len(group.advice) > ADVICE_SHOWN else "")


def _texts(told: Told) -> tuple[str, ...]:
    return (told.file, told.sheet, told.cell, told.column, told.found, told.expected)


def _across(sheet: Worksheet, row: int, text: str, look: Any) -> int:
    """Write a text across all columns. Gives the next row."""
    last = len(COLUMNS) - 1
    sheet.merge_range(row, 0, row, last, "", look)
    sheet.write_string(row, 0, text, look)
    sheet.set_row(row, _height(text, WIDTH))
    return row + 1


def _height(text: str, width: float) -> float:
    """Height of a row whose text is *width* characters wide: merged cells do not grow by themselves, others not in every program."""
    lines = 0
    for line in text.split("\n"):
        wide = sum(2 if ord(letter) > 0x2E80 else 1 for letter in line)
        lines += max(1, ceil(1.06 * wide / width))
    return min(400.0, 15.0 * lines)


def _printed(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&F&R&P / &N")


def text_of(told: list[Slip], workbook: str) -> str:
    """A slip, in each of its languages, as a text that can be pasted: the message, then the findings, thirty lines at most."""
    return "\n\n".join("\n".join(_lines(slip, workbook)) for slip in told) + "\n"


def _lines(slip: Slip, workbook: str) -> list[str]:
    language = slip.language
    lines = [_message(slip, language)]
    if slip.lines:
        waiting = named(slip.lines, language, 12)
        lines.append(in_language(f"记分卡上在等的:{waiting}", f"Waiting on the Scorecard: {waiting}", language))
    elif slip.waiting:
        waiting = named(slip.waiting, language, 12)
        lines.append(in_language(f"在等的指标:{waiting}", f"KPIs that wait: {waiting}", language))
    shown = 0
    for number, group in enumerate(slip.groups, start=1):
        new = _group_lines(number, group, language)
        if len(lines) + len(new) > TEXT_LINES - 1:
            break
        lines += new
        shown += 1
    left = sum(group.cells for group in slip.groups[shown:])
    lines.append(
        in_language(
            f"另有 {left:,} 处,见工作簿 {workbook}", f"and {left:,} more, see the workbook {workbook}", language
        )
        if left
        else in_language(f"例子和答复栏见工作簿 {workbook}", f"Examples and room for answers: {workbook}", language)
    )
    return lines


def _message(slip: Slip, language: str) -> str:
    """The message itself: whose data of which period, how much, by when."""
    zh, en = [], []
    if slip.errors:
        zh.append(f"{slip.errors:,} 个错误要改")
        en.append(f"errors to repair: {slip.errors:,}")
    if slip.warnings:
        zh.append(f"{slip.warnings:,} 个提醒要核对")
        en.append(f"warnings to look at: {slip.warnings:,}")
    again = (
        ("请改好再交。", "Please repair your file and send it again.") if slip.errors else ("请核对。", "Please check.")
    )
    if slip.dept == FINANCE:
        again = ("请处理。", "Please see to it.")
    if slip.due:
        again = (f"请在 {slip.due} 前办好。", f"Please do so by {slip.due}.")
    of = f" {slip.period}" if slip.period else ""
    return in_language(
        f"{label(slip.dept, 'zh')}{of} 的数据有 {'、'.join(zh)}。{again[0]}",
        f"{label(slip.dept, 'en')}{of}: {', '.join(en)}. {again[1]}",
        language,
    )


def _group_lines(number: int, group: Group, language: str) -> list[str]:
    """One code in the text: what to do, then its first places."""
    lines = [f"{number}. {title(group.code, language)} ({group.cells:,}) – {_advice(group)}"]
    for told in group.rows[:PLACES_SHOWN]:
        place = " ".join(each for each in (told.file, told.sheet, told.cell) if each)
        said = " → ".join(filter(None, (f"“{_short(told.found)}”" if told.found else "", _short(told.expected))))
        column = f" [{_short(told.column)}]" if told.column else ""
        lines.append(f"   {place}{column}{': ' + said if said else ''}")
    more = len(group.rows) - PLACES_SHOWN
    return (
        [*lines, in_language(f"   …… 还有 {more:,} 处", f"   ... and {more:,} more", language)] if more > 0 else lines
    )


def _short(text: str) -> str:
    """A text on one line, the beginning of it where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= TEXT_SHOWN else f"{line[:TEXT_SHOWN]}…"
