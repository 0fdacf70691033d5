"""Builds the template workbook from `templates/scorecard.toml`, the contracts, the settings and the catalogue. Same inputs, same bytes."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue, library
from loyalty_xl.books.places import (
    COHORTS,
    DETAIL,
    FINDINGS,
    HEAD,
    NOTES,
    RUN_LOG,
    SCORECARD,
    START,
    Page,
    head_label,
    in_language,
)
from loyalty_xl.contracts import everything
from loyalty_xl.contracts.contract import Contract, Field, Type
from loyalty_xl.publish.words import DIMENSIONS, FORMATS
from loyalty_xl.settings import SETTINGS
from loyalty_xl.vocabulary import Level, Unit

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.worksheet import Worksheet

LANGUAGES = ("zh", "en", "both")
FIXED_DATE = datetime(2026, 1, 1)
HEAD_ROW = len(HEAD) + 2  # 0-based row of the Scorecard's header
PLAIN_PAGES = {page.name: page for page in (DETAIL, COHORTS, FINDINGS, NOTES, RUN_LOG)}
ROWS_WITH_RULES = 5000  # how far down choice lists and date formats reach on a sheet


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


def build(path: Path, language: str) -> None:
    """Write the template workbook in *language*."""
    import xlsxwriter

    words = tomllib.loads((templates_folder() / "scorecard.toml").read_text(encoding="utf-8"))
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"title": words["title"]["en"], "created": FIXED_DATE})
    font = {"font_name": "Microsoft YaHei" if language != "en" else "Calibri", "font_size": 10}
    book.formats[0].set_font_name(font["font_name"])
    book.formats[0].set_font_size(10)
    look = _Look(book, font)
    contracts = {contract.name: contract for contract in everything()}
    for name in words["order"]:
        if name == START.name:
            _start(book.add_worksheet(START.title(language)), words, language, look)
        elif name == SCORECARD.name:
            _scorecard(book.add_worksheet(SCORECARD.title(language)), language, look)
        elif name in PLAIN_PAGES:
            _plain(book.add_worksheet(PLAIN_PAGES[name].title(language)), PLAIN_PAGES[name], language, look)
        else:
            _sheet(book.add_worksheet(Page(name, contracts[name].zh).title(language)), contracts[name], language, look)
    book.get_worksheet_by_name(SCORECARD.title(language)).activate()
    book.close()


class _Look:
    """The few formats of the plain look."""

    def __init__(self, book: xlsxwriter.Workbook, font: dict[str, Any]) -> None:
        self._book, self._font, self._made = book, font, {}  # type: ignore[var-annotated]

    def __call__(self, **facts: Any) -> Any:
        key = tuple(sorted(facts.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**self._font, **facts})
        return self._made[key]

    @property
    def header(self) -> Any:
        return self(bold=True, font_color="#FFFFFF", bg_color="#1F3864", text_wrap=True, valign="vcenter", border=1)

    @property
    def title(self) -> Any:
        return self(bold=True, font_size=16, font_color="#1F3864")


def _start(sheet: Worksheet, words: dict[str, Any], language: str, look: _Look) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 3)
    sheet.set_column(1, 1, 110)
    sheet.write_string(0, 1, in_language(words["title"]["zh"], words["title"]["en"], language), look.title)
    row = 2
    for each in words["start"]:
        for text in (each["zh"], each["en"]) if language == "both" else (each[language],):
            sheet.write_string(row, 1, text, look(bold=bool(each.get("heading")), text_wrap=True, valign="top"))
            row += 1


def _scorecard(sheet: Worksheet, language: str, look: _Look) -> None:
    sheet.freeze_panes(HEAD_ROW + 1, 2)
    for number, column in enumerate(SCORECARD.columns):
        sheet.set_column(number, number, column.width)
        sheet.write_string(HEAD_ROW, number, column.label(language), look.header)
    for row, key in enumerate(HEAD):
        sheet.write_string(row, 0, head_label(key, language), look(bold=True))
        sheet.write_blank(row, 1, None, look(num_format="0.0" if key == "loyalty_score" else "General", align="left"))
    row = HEAD_ROW
    for each in library.load().values():
        if each.level is Level.CORE:
            row += 1
            write_core_row(sheet, row, each, language, look)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def write_core_row(sheet: Worksheet, row: int, kpi: catalogue.Kpi, language: str, look: _Look) -> None:
    """One line of the Scorecard: key, name, dimension, All, and number formats by unit."""
    texts = {
        "kpi": kpi.key,
        "label": kpi.label(language),
        "dimension": in_language(*DIMENSIONS[kpi.dimension.value], language),
        "segment": "All",
    }
    for number, column in enumerate(SCORECARD.columns):
        shape = look(num_format=number_format(column.key, kpi.unit), bottom=4, bottom_color="#BFBFBF")
        if column.key in texts:
            sheet.write_string(row, number, texts[column.key], shape)
        else:
            sheet.write_blank(row, number, None, shape)


IN_KPI_UNIT = frozenset({"actual", "target", "variance", "ytd", "previous", "year_ago", "low", "high"})


def number_format(column: str, unit: Unit) -> str:
    """Number format of a Scorecard cell."""
    if column in IN_KPI_UNIT:
        return FORMATS[unit]
    return next((each.number_format for each in SCORECARD.columns if each.key == column), "General")


def _plain(sheet: Worksheet, page: Page, language: str, look: _Look) -> None:
    sheet.freeze_panes(1, 0)
    wrapped = {"says", "advice", "text"}
    for number, column in enumerate(page.columns):
        sheet.set_column(
            number,
            number,
            column.width,
            look(num_format=column.number_format, text_wrap=column.key in wrapped, valign="top"),
        )
        sheet.write_string(0, number, column.label(language), look.header)
    if page in (DETAIL, COHORTS, FINDINGS):
        headers = [{"header": text, "header_format": look.header} for text in page.header(language)]
        sheet.add_table(
            0,
            0,
            1,
            len(page.columns) - 1,
            {"name": page.name.replace(" ", "_"), "columns": headers, "style": None, "autofilter": True},
        )
        for number, column in enumerate(page.columns):
            sheet.write_blank(
                1, number, None, look(num_format=column.number_format, text_wrap=column.key in wrapped, valign="top")
            )


def _sheet(sheet: Worksheet, contract: Contract, language: str, look: _Look) -> None:
    """An empty department or control sheet, from its contract: headers with their meaning, choice lists, formats."""
    sheet.freeze_panes(1, 0)
    for number, each in enumerate(contract.fields):
        header = {"zh": each.zh, "en": each.name}.get(language, f"{each.zh} ({each.name})")
        mark = " ★" if each.required else ""
        shape = look(num_format=_cell_format(each))
        sheet.set_column(number, number, max(12, 2 + sum(2 if ord(letter) > 0x2E80 else 1 for letter in header)), shape)
        sheet.write_string(0, number, header, look.header)
        says = {"zh": each.zh_note, "en": each.en}.get(language, f"{each.zh_note}\n{each.en}")
        if says:
            sheet.write_comment(0, number, says + mark, {"author": "", "x_scale": 1.5, "font_size": 9})
        if each.choices and len(", ".join(each.choices)) < 250:
            spelled = [values[0] if language == "zh" and values else value for value, values in each.choices.items()]
            rule = {"validate": "list", "source": spelled, "error_type": "warning", "ignore_blank": True}
            sheet.data_validation(1, number, ROWS_WITH_RULES, number, rule)
    if contract.name == "Settings":
        _fill_settings(sheet, contract, language, look)
    if contract.name == "Targets":
        _fill_targets(sheet, contract, look)


def _cell_format(field: Field) -> str:
    kind = Type.PERIOD if field.name == "period" else field.type  # 2026-07 typed into a General cell becomes a date
    return {Type.DATE: "yyyy-mm-dd", Type.ID: "@", Type.PERIOD: "@", Type.PCT: "0.0%", Type.MONEY: "#,##0.00"}.get(
        kind, "General"
    )


def _fill_settings(sheet: Worksheet, contract: Contract, language: str, look: _Look) -> None:
    at = {each.name: number for number, each in enumerate(contract.fields)}
    sheet.set_column(at["key"], at["key"], 28)
    sheet.set_column(at["value"], at["value"], 18, look(align="left"))
    sheet.set_column(at["note"], at["note"], 90)
    for row, (key, each) in enumerate(SETTINGS.items(), start=1):
        sheet.write_string(row, at["key"], key)
        shown = each.show(each.default)
        if isinstance(each.default, (int, float)) and not isinstance(each.default, bool) and not shown.endswith("%"):
            sheet.write_number(row, at["value"], each.default, look(align="left"))
        elif shown:
            sheet.write_string(row, at["value"], shown, look(align="left"))
        sheet.write_string(row, at["unit"], each.unit)
        note = {"zh": each.zh, "en": each.en}.get(language, f"{each.zh} · {each.en}")
        sheet.write_string(row, at["note"], f"{note}  [{each.allowed}]")


def _fill_targets(sheet: Worksheet, contract: Contract, look: _Look) -> None:  # noqa: ARG001
    at = {each.name: number for number, each in enumerate(contract.fields)}
    sheet.set_column(at["kpi"], at["kpi"], 26)
    core = [each for each in library.load().values() if each.level is Level.CORE]
    for row, each in enumerate(core, start=1):
        sheet.write_string(row, at["kpi"], each.key)
