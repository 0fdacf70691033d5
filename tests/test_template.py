"""The template workbooks: built from contracts, settings and catalogue, and read back by the same program."""

from __future__ import annotations

import warnings
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from loyalty_xl import library, refresh
from loyalty_xl.books import reading
from loyalty_xl.books.places import DETAIL, FINDINGS, HEAD, PAGES, SCORECARD, START, Page
from loyalty_xl.cells import Kind, RawSheet
from loyalty_xl.contracts import departments, everything
from loyalty_xl.contracts.contract import Contract
from loyalty_xl.contracts.headers import find_header
from loyalty_xl.newbook import make_book
from loyalty_xl.publish.filling import read_layout
from loyalty_xl.publish.template import LANGUAGES, build, tabs, template
from loyalty_xl.settings import SETTINGS, read_settings
from loyalty_xl.vocabulary import Level

ORDERS = """order_id,customer_id,order_date,amount
A1,C1,2026-01-05,100
A2,C2,2026-01-09,300
A3,C1,2026-02-28,200
"""
NAMES = {
    language: {Page(contract.name, contract.zh).title(language): contract for contract in everything()}
    for language in LANGUAGES
}
SHEETS = [(language, title) for language, titles in NAMES.items() for title in titles]


@pytest.fixture(scope="module")
def raws() -> dict[str, dict[str, RawSheet]]:
    """Every worksheet of the three templates, as cells; those that are hidden are read when they are named."""
    names = {language: [*(page.title(language) for page in tabs().values())] for language in LANGUAGES}
    return {language: reading.read(template(language), names[language]) for language in LANGUAGES}


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The three templates, built anew."""
    folder = tmp_path_factory.mktemp("templates")
    for language in LANGUAGES:
        build(folder / f"{language}.xlsx", language)
    return {language: folder / f"{language}.xlsx" for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_are_what_the_program_builds(rebuilt: dict[str, Path], language: str) -> None:
    """The stored template is, byte for byte, what contracts, settings and catalogue give today (else rebuild it)."""
    with zipfile.ZipFile(template(language)) as stored, zipfile.ZipFile(rebuilt[language]) as fresh:
        assert stored.namelist() == fresh.namelist()
        assert [name for name in fresh.namelist() if stored.read(name) != fresh.read(name)] == []
    assert template(language).read_bytes() == rebuilt[language].read_bytes()


@pytest.mark.parametrize(("language", "title"), SHEETS)
def test_each_sheet_is_understood(raws: dict[str, dict[str, RawSheet]], language: str, title: str) -> None:
    """Every field of a contract is found in the sheet that was made from it, each once, and nothing else stands there."""
    contract: Contract = NAMES[language][title]
    header = find_header(raws[language][title], contract)
    assert tuple(sorted(header.columns, key=header.columns.__getitem__)) == contract.names
    assert header.row == 1
    assert header.unknown == ()
    assert header.findings == []
    assert not header.blocked


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_is_there(raws: dict[str, dict[str, RawSheet]], language: str) -> None:
    """A template holds the start page, every owned page and a sheet for every contract, and no other."""
    wanted = {page.title(language) for page in (START, *PAGES)} | set(NAMES[language])
    assert set(raws[language]) == wanted == set(CalamineWorkbook.from_path(str(template(language))).sheet_names)
    assert len({name.casefold() for name in wanted}) == len(PAGES) + 1 + len(everything())
    assert all(len(name) <= 31 for name in wanted)


@pytest.mark.parametrize("language", LANGUAGES)
def test_seven_pages_are_shown(language: str) -> None:
    """Seven pages stand first and are shown; the others can be unhidden by hand, with the pages a refresh fills last."""
    book = CalamineWorkbook.from_path(str(template(language)))
    states = {each.name: each.visible for each in book.sheets_metadata}
    assert list(states) == [page.title(language) for page in tabs().values()]
    names = list(tabs())
    assert names[:8] == ["Start", "Scorecard", "Trend", "Targets", "Settings", "Sources", "Findings", "Deliveries"]
    assert set(names) == {page.name for page in (START, *PAGES)} | {contract.name for contract in everything()}
    assert names[-3:] == ["Notes", "Run log", "Closed"]
    assert list(states.values()) == [SheetVisibleEnum.Visible] * 7 + [SheetVisibleEnum.Hidden] * (len(names) - 7)


@pytest.mark.filterwarnings("ignore:.*will be removed")  # openpyxl says what it would lose when saving
def test_empty_page_says_where_its_rows_are() -> None:
    """Beside the first cell under the headers of a department sheet stands where its rows go, and no choice list."""
    book = openpyxl.load_workbook(template("en"))
    for contract in departments():
        (hint,) = (each for each in book[contract.name].data_validations.dataValidation if "A2" in each.cells)
        assert "Sources" in str(hint.prompt)
        assert (hint.type, hint.promptTitle) == (None, contract.name)
        assert book[contract.name].sheet_view.selection[-1].activeCell == "A2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_scorecard_has_a_row_for_each_core_kpi(raws: dict[str, dict[str, RawSheet]], language: str) -> None:
    """The Scorecard's table is found by its headers, with all columns and one row for each core KPI."""
    layout = read_layout(raws[language][SCORECARD.title(language)])
    assert layout is not None
    assert tuple(layout.columns) == tuple(column.key for column in SCORECARD.columns)
    core = [key for key, kpi in library.load().items() if kpi.level is Level.CORE]
    assert len(core) >= 14
    assert set(layout.lines) == {(key, "All") for key in core}
    rows = list(layout.lines.values())
    assert len(set(rows)) == len(rows)
    assert set(layout.head) == set(HEAD)


@pytest.mark.parametrize("language", LANGUAGES)
def test_settings_hold_the_defaults(raws: dict[str, dict[str, RawSheet]], language: str) -> None:
    """Settings as printed are read as the defaults, without a finding; the language is that of the workbook."""
    dated, findings = read_settings(raws[language][Page("Settings", "参数设置").title(language)], {})
    assert findings == []
    settings = dated.at(date(2026, 7, 31))
    defaults = {key: each.default for key, each in SETTINGS.items()} | {"language": language}
    assert {key: getattr(settings, key) for key in SETTINGS} == defaults


@pytest.mark.parametrize("language", LANGUAGES)
def test_department_sheets_are_empty(raws: dict[str, dict[str, RawSheet]], language: str) -> None:
    """No department sheet holds an example that could be taken for data."""
    for contract in departments():
        raw = raws[language][Page(contract.name, contract.zh).title(language)]
        below = raw.rows > 1
        assert not any((column.kind[below] != Kind.BLANK).any() for column in raw.columns.values()), contract.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_book_of_each_language_refreshes(tmp_path: Path, language: str) -> None:
    """A new workbook of each language is filled, shows what was filled, says its own language, and is up to date afterwards."""
    book, orders = tmp_path / "book.xlsx", tmp_path / "orders.csv"
    make_book(book, language)
    orders.write_text(ORDERS, encoding="utf-8")
    made = refresh(book, sources={"Orders": str(orders)}, today=date(2026, 11, 1), by="x")
    assert made.written_to == book
    assert made.language == language
    assert made.exit_code == 0
    assert not [each for each in made.findings if each.severity == "error"]
    pages = reading.read(book, [page.title(language) for page in PAGES])
    layout = read_layout(pages[SCORECARD.title(language)])
    assert layout is not None
    detail = pages[DETAIL.title(language)]
    texts = [detail.strings[code] for code in detail.columns[1].text[detail.rows > 1]]
    assert texts == [each.id for each in made.results]
    assert int((pages[FINDINGS.title(language)].rows > 1).sum()) == len(made.findings)
    states = {each.name: each.visible for each in CalamineWorkbook.from_path(str(book)).sheets_metadata}
    visible = [name for name, page in tabs().items() if states[page.title(language)] == SheetVisibleEnum.Visible]
    assert visible[7:] == [
        "Deliveries",
        "Detail",
        "Cohorts",
        "Studies",
        "Early warning",
        "Diagnosis",
        "Notes",
        "Run log",
    ]
    again = refresh(book, sources={"Orders": str(orders)}, today=date(2026, 11, 1), by="x", dry_run=True)
    assert again.up_to_date
    values = {(each.kpi, each.period.label): each.value for each in made.results if each.segment_dim == "all"}
    assert values["average_spend", "2026-01"] == 200
    assert values["average_spend", "2026-02"] == 200
    assert values["purchase_frequency", "all"] == 1.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_has_a_name(language: str) -> None:
    """A formula can name each setting: the name leads to its value on Settings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl does not know
        book = openpyxl.load_workbook(template(language))
    assert set(SETTINGS) <= set(book.defined_names)
    for key, each in SETTINGS.items():
        title, place = next(iter(book.defined_names[key].destinations))
        sheet = book[title]
        cell = sheet[place.replace("$", "")]
        assert sheet.cell(cell.row, 1).value == key
        wanted = language if key == "language" else each.default
        assert cell.value == wanted or str("" if cell.value is None else cell.value) == each.show(each.default)
