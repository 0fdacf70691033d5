"""Builds the template workbook from `templates/scorecard.toml`, the contracts, the settings and the catalogue. Same inputs, same bytes."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl.books.places import (
    COHORTS,
    DETAIL,
    FINDINGS,
    PAGES,
    SCORECARD,
    START,
    TREND,
    Page,
    in_language,
)
from loyalty_xl.cells import column_letters
from loyalty_xl.contracts import departments, everything
from loyalty_xl.contracts.contract import Contract, Type
from loyalty_xl.publish.dictionary import defined, definition
from loyalty_xl.publish.faces import draw_scorecard, draw_trend
from loyalty_xl.publish.look import BLUE, Look
from loyalty_xl.publish.slots import slots
from loyalty_xl.settings import SETTINGS, Settings
from loyalty_xl.theme_words import DEFAULT, VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from xlsxwriter.worksheet import Worksheet

LANGUAGES = ("zh", "en", "both")
FIXED_DATE = datetime(2026, 1, 1)
PLAIN_PAGES = {page.name: page for page in PAGES if page not in (SCORECARD, TREND)}
ROWS_WITH_RULES = 5000  # how far down choice lists reach on a sheet
WIDTHS = {
    "Deliveries": {"dept": 26, "sheet": 26, "file": 34, "hash": 15, "rows": 11, "status": 14, "note": 30},
    "Recipients": {"name": 18, "address": 34, "group": 18, "segments": 40, "note": 30},
}
WRAPPED = frozenset({"found", "says", "advice", "text", "cause"})
TABS = {"control": "#7F7F7F", "marketing": "#C55A11", "analytics": "#2E75B6", "service": "#7030A0", "sales": "#548235"}


def templates_folder() -> Path:
    """Where the templates lie: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / "templates", package / "_data" / "templates"):
        if (folder / "scorecard.toml").is_file():
            return folder
    raise FileNotFoundError("the templates are missing from this installation: reinstall loyalty-xl")


def template(language: str) -> Path:
    """The built template workbook in *language*."""
    return templates_folder() / f"scorecard.{language}.xlsx"


def tabs() -> dict[str, Page]:
    """Every page by its name, in the order of the tabs."""
    known = {page.name: page for page in (START, *PAGES)}
    known |= {contract.name: Page(contract.name, contract.zh) for contract in everything()}
    return {name: known[name] for name in _words()["order"]}


def place_of(name: str, sheet_names: Iterable[str]) -> str | None:
    """The worksheet before which a page belongs, None when it comes last."""
    names, pages = list(sheet_names), tabs()
    after = list(pages)[list(pages).index(name) + 1 :]
    return next((found for each in after if (found := pages[each].find(names))), None)


def _words() -> dict[str, Any]:
    return tomllib.loads((templates_folder() / "scorecard.toml").read_text(encoding="utf-8"))


def build(path: Path, language: str, also: Callable[[dict[str, Worksheet]], None] | None = None) -> None:
    """Write the template workbook in *language*; *also* is given its worksheets by page before it is closed."""
    import xlsxwriter

    words = _words()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), plain)
    book.set_properties({"title": words["title"]["en"], "created": FIXED_DATE})
    look = Look(book, language)
    contracts = {contract.name: contract for contract in everything()}
    departmental = {contract.name for contract in departments()}
    title = in_language(words["title"]["zh"], words["title"]["en"], language)
    made = {name: book.add_worksheet(page.title(language)) for name, page in tabs().items()}
    for name, sheet in made.items():
        if name == START.name:
            _start(sheet, words, title, look)
        elif name == SCORECARD.name:
            draw_scorecard(sheet, title, look)
        elif name == TREND.name:
            draw_trend(book, sheet, title, look)
        elif name in PLAIN_PAGES:
            _plain(sheet, PLAIN_PAGES[name], look)
        else:
            _sheet(sheet, contracts[name], look)
        if name in departmental:
            _hint(sheet, contracts[name], words["blank"], language)
        if name not in words["shown"]:
            sheet.hide()
    settings = contracts["Settings"]
    value = column_letters(settings.names.index("value") + 1)
    for row, key in enumerate(SETTINGS, start=2):  # so that formulas name a threshold instead of repeating it
        book.define_name(key, f"='{made[settings.name].get_name()}'!${value}${row}")
    made[SCORECARD.name].activate()
    if also:
        also(made)
    book.close()


def _start(sheet: Worksheet, words: dict[str, Any], title: str, look: Look) -> None:
    sheet.hide_gridlines(2)
    sheet.set_tab_color(BLUE)
    sheet.set_column(0, 0, 3)
    sheet.set_column(1, 1, 120)
    sheet.set_row(0, 34)
    sheet.write_string(0, 1, title, look.title)
    row = 2
    for each in words["start"]:
        for text in (each["zh"], each["en"]) if look.language == "both" else (each[look.language],):
            facts = {"bold": True, "font_size": 12, "font_color": BLUE} if each.get("heading") else {}
            sheet.write_string(row, 1, text, look(text_wrap=True, valign="top", **facts))
            row += 1
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _plain(sheet: Worksheet, page: Page, look: Look) -> None:
    """A page that is replaced as a whole at each refresh: header, formats, a table where people look things up."""
    sheet.freeze_panes(1, 0)
    shapes = [
        look(num_format=column.number_format, text_wrap=column.key in WRAPPED, valign="top") for column in page.columns
    ]
    for number, (column, shape) in enumerate(zip(page.columns, shapes, strict=True)):
        sheet.set_column(number, number, column.width, shape)
        sheet.write_string(0, number, column.label(look.language), look.header)
    if page in (DETAIL, COHORTS, FINDINGS):
        headers = [{"header": text, "header_format": look.header} for text in page.header(look.language)]
        facts = {"name": page.name, "columns": headers, "style": None, "autofilter": True}
        sheet.add_table(0, 0, 1, len(page.columns) - 1, facts)
        for number, shape in enumerate(shapes):
            sheet.write_blank(1, number, None, shape)
    if page is DETAIL:  # a missing value is #N/A, and is not to catch the eye
        value = next(number for number, column in enumerate(page.columns) if column.key == "value")
        sheet.conditional_format(1, value, 1_048_575, value, {"type": "errors", "format": look(font_color="#BFBFBF")})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _sheet(sheet: Worksheet, contract: Contract, look: Look) -> None:
    """An empty department or control sheet, from its contract: headers with their meaning, choice lists, formats."""
    language = look.language
    sheet.freeze_panes(1, 0)
    sheet.set_tab_color(TABS[contract.dept])
    for number, each in enumerate(contract.fields):
        header = {"zh": each.zh, "en": each.name}.get(language, f"{each.zh} ({each.name})")
        width = max(12, 2 + sum(2 if ord(letter) > 0x2E80 else 1 for letter in header))
        width = WIDTHS.get(contract.name, {}).get(each.name, min(width, 30))
        sheet.set_column(number, number, width, look(num_format=_cell_format(each.type)))
        sheet.write_string(0, number, header, look.needed if each.required else look.header)
        says = {"zh": each.zh_note, "en": each.en}.get(language, f"{each.zh_note}\n{each.en}")
        if says:
            mark = {"zh": "(必填)", "en": " (required)"}.get(language, " (必填 required)") if each.required else ""
            sheet.write_comment(0, number, says + mark, {"author": "", "x_scale": 1.5, "font_size": 9})
        if each.choices and len(", ".join(each.choices)) < 250:
            spelled = [values[0] if language == "zh" and values else value for value, values in each.choices.items()]
            rule = {"validate": "list", "source": spelled, "error_type": "warning", "ignore_blank": True}
            sheet.data_validation(1, number, ROWS_WITH_RULES, number, rule)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    if contract.name == "Settings":
        _fill_settings(sheet, contract, look)
    if contract.name == "Targets":
        _fill_targets(sheet, contract)
    if contract.name == "ThemeWords":
        _fill_theme_words(sheet, contract, language)
    if contract.name == "Dictionary":
        _fill_dictionary(sheet, contract)


def _hint(sheet: Worksheet, contract: Contract, says: dict[str, str], language: str) -> None:
    """Say on an empty page where its rows are, in a message beside a cell: nothing stands in the cell itself."""
    title = Page(contract.name, contract.zh).title(language)
    text = {"zh": says["zh"], "en": says["en"]}.get(language, f"{says['zh']}\n{says['en']}")
    sheet.data_validation(1, 0, 1, 0, {"validate": "any", "input_title": title, "input_message": text})
    sheet.set_selection(1, 0, 1, 0)


def _cell_format(kind: Type) -> str:
    return {
        Type.DATE: "yyyy-mm-dd",
        Type.ID: "@",
        Type.PERIOD: "@",
        Type.PCT: "0.0%",
        Type.MONEY: "#,##0.00",
    }.get(kind, "General")


def _fill_settings(sheet: Worksheet, contract: Contract, look: Look) -> None:
    """Every setting with its default, what it means and what may be typed."""
    at = {each.name: number for number, each in enumerate(contract.fields)}
    sheet.set_column(at["key"], at["key"], 28)
    sheet.set_column(at["value"], at["value"], 18, look(align="left"))
    sheet.set_column(at["note"], at["note"], 90)
    for row, (key, each) in enumerate(SETTINGS.items(), start=1):
        sheet.write_string(row, at["key"], key)
        shown = look.language if key == "language" else each.show(each.default)
        number = isinstance(each.default, (int, float)) and not isinstance(each.default, bool)
        if number and not shown.endswith("%"):
            sheet.write_number(row, at["value"], each.default, look(align="left"))
        elif shown:
            sheet.write_string(row, at["value"], shown, look(align="left"))
        sheet.write_string(row, at["unit"], each.unit)
        note = {"zh": each.zh, "en": each.en}.get(look.language, f"{each.zh} · {each.en}")
        sheet.write_string(row, at["note"], f"{note}  [{each.allowed}]")


def _fill_theme_words(sheet: Worksheet, contract: Contract, language: str) -> None:
    """The dictionary that comes with the product, for the company to change."""
    at = {each.name: number for number, each in enumerate(contract.fields)}
    spelled = {
        value: (others[0] if language == "zh" else value) for value, others in contract["polarity"].choices.items()
    }
    for row, each in enumerate(DEFAULT, start=1):
        sense = {1: "positive", -1: "negative"}.get(each.polarity, "neutral")
        facts = {"theme": each.theme, "zh": each.zh, "en": each.en, "word": each.word, "polarity": spelled[sense]}
        for name, text in (facts | {"version": VERSION}).items():
            if text:
                sheet.write_string(row, at[name], text)


def _fill_targets(sheet: Worksheet, contract: Contract) -> None:
    """A row for each core KPI; it counts once period and target are filled."""
    at = {each.name: number for number, each in enumerate(contract.fields)}
    sheet.set_column(at["kpi"], at["kpi"], 26)
    for row, slot in enumerate((each for each in slots() if each.kpi), start=1):
        sheet.write_string(row, at["kpi"], slot.key)


def _fill_dictionary(sheet: Worksheet, contract: Contract) -> None:
    """A row for every key of the catalogue; a refresh brings it up to date."""
    at = {each.name: number for number, each in enumerate(contract.fields)}
    for name, width in (
        ("kpi", 30),
        ("name_zh", 24),
        ("name_en", 30),
        ("formula", 60),
        ("inputs", 40),
        ("variant", 40),
    ):
        sheet.set_column(at[name], at[name], width)
    for row, key in enumerate(defined(), start=1):
        sheet.write_string(row, at["kpi"], key)
        for name, text in definition(key, Settings()).items():
            sheet.write_string(row, at[name], text)
