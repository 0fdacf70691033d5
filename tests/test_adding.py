"""Pages out of sight: shown by `add`, put back when they are missing, brought to light by the first refresh and not again."""

from __future__ import annotations

import json
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from loyalty_xl import cli
from loyalty_xl.adding import add_pages
from loyalty_xl.books.package import Draft, Package
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.saving import newest_backups, restore
from loyalty_xl.books.workbook_xml import edit, read_workbook
from loyalty_xl.errors import LoyaltyError
from loyalty_xl.inputs import gather
from loyalty_xl.library import load
from loyalty_xl.newbook import make_book
from loyalty_xl.opening import Asked
from loyalty_xl.pipeline import Refresh, check, compute, finished
from loyalty_xl.publish.filling import Filling
from loyalty_xl.publish.template import tabs, template
from loyalty_xl.sample import small_company
from loyalty_xl.talk import summary_of_findings
from loyalty_xl.vocabulary import Finding
from tests.books.test_losslessness import differing
from tests.conftest import TODAY

Output = pytest.CaptureFixture[str]
SHOWN = ["Start", "Scorecard", "Trend", "Targets", "Settings", "Sources", "Findings"]
FILLED = ["Detail", "Cohorts", "Studies", "Early warning", "Diagnosis", "Notes", "Run log"]
LOG = [("run", "version", "0", "")]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A new workbook."""
    make_book(tmp_path / "book.xlsx", "en")
    return tmp_path / "book.xlsx"


def shown(book: Path) -> list[str]:
    """Worksheets that are visible, as another program sees them."""
    sheets = CalamineWorkbook.from_path(str(book)).sheets_metadata
    return [each.name for each in sheets if each.visible == SheetVisibleEnum.Visible]


def without(book: Path, *names: str) -> None:
    """Delete worksheets, as a person would in a spreadsheet program."""
    draft = Draft(Package(book))
    workbook = read_workbook(draft)

    def change(root: Any) -> bool:
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            if sheet.get("name") in names:
                sheet.getparent().remove(sheet)
        root.remove(root.find("{*}definedNames"))  # places among the sheets are others now
        return True

    edit(draft, workbook.part, change)
    for name in names:
        draft.drop(workbook.sheets[name], workbook.part)
    draft.save(book.with_name("less.xlsx"))
    book.with_name("less.xlsx").replace(book)


def hide(book: Path, *names: str) -> None:
    """Hide worksheets, as a person would."""
    draft = Draft(Package(book))

    def change(root: Any) -> bool:
        for sheet in root.iterfind("{*}sheets/{*}sheet"):
            if sheet.get("name") in names:
                sheet.set("state", "hidden")
        return True

    edit(draft, read_workbook(draft).part, change)
    draft.save(book.with_name("hidden.xlsx"))
    book.with_name("hidden.xlsx").replace(book)


def lock(book: Path, other: Path) -> Path:
    """Protect the list of sheets in a copy of a workbook."""
    draft = Draft(Package(book))

    def change(root: Any) -> bool:
        views = root.find("{*}bookViews")
        views.addprevious(views.makeelement(f"{{{views.nsmap[None]}}}workbookProtection", lockStructure="1"))
        return True

    edit(draft, "xl/workbook.xml", change)
    draft.save(other)
    return other


def opened(path: Path) -> Any:
    """Open a workbook with openpyxl, which warns of what it would lose when saving."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path)


# ---- add


def test_hidden_page_is_shown(book: Path) -> None:
    """A page that is hidden becomes visible in its place: one part differs, the old file is kept, restore takes it back."""
    before = book.read_bytes()
    (old := book.with_name("old.xlsx")).write_bytes(before)
    found = add_pages(book, ["订单", "RUN-LOG", "orders"])
    assert [(tab.page.name, tab.worksheet, tab.was) for tab in found] == [
        ("Orders", "Orders", "hidden"),
        ("Run log", "Run log", "hidden"),
    ]
    assert shown(book) == [*SHOWN, "Orders", "Run log"]
    assert Patch(book).sheet_names == Patch(old).sheet_names == tuple(tabs())
    assert differing(old, book) == {"xl/workbook.xml"}
    assert [backup.read_bytes() for backup in newest_backups(book)] == [before]
    assert opened(book).active.title == "Scorecard"
    restore(book)
    assert book.read_bytes() == before


def test_visible_page_stays(book: Path, capsys: Output) -> None:
    """A page that is visible already: said so, nothing written."""
    before = book.stat()
    assert cli.main(["add", str(book), "Targets", "--lang", "en"]) == 0
    assert "shown already" in capsys.readouterr().out
    assert cli.main(["add", str(book), "目标", "--json"]) == 0
    page = {"sheet": "Targets", "worksheet": "Targets", "was": "visible"}
    assert json.loads(capsys.readouterr().out) == {"written_to": None, "pages": [page]}
    assert (book.stat().st_mtime_ns, book.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    assert newest_backups(book) == []


def test_which_pages_can_be_added(book: Path, capsys: Output) -> None:
    """Without a sheet, add lists what is hidden or missing in both languages; when nothing is, it says so."""
    without(book, "Trend", "Orders")
    hide(book, "Settings")
    wanted = [name for name in tabs() if name not in SHOWN or name == "Settings"]  # Trend comes with a new book only
    assert cli.main(["add", str(book), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["written_to"] is None
    assert [each["sheet"] for each in found["pages"]] == wanted
    assert {each["sheet"] for each in found["pages"] if each["was"] == "missing"} == {"Orders"}
    assert cli.main(["add", str(book)]) == 0
    said = capsys.readouterr().out
    assert all(tabs()[name].title("both") in said for name in wanted)
    assert cli.main(["add", str(book), *wanted, "--lang", "en"]) == 0
    assert "Orders: was missing and has been put back" in capsys.readouterr().out
    assert cli.main(["add", str(book), "--lang", "en"]) == 0
    assert "Every sheet is shown already" in capsys.readouterr().out


def test_missing_pages_come_back_from_the_template(book: Path) -> None:
    """Pages that somebody deleted are put back where they belong with the template's cells, notes, formats and choice lists."""
    gone = ["Orders", "Targets", "Start", "Run log", "Findings"]
    without(book, *gone)
    kept = {name: data for name, data in parts(book).items() if name.startswith("xl/worksheets/sheet")}
    assert [tab.was for tab in add_pages(book, gone)] == ["missing"] * len(gone)
    assert Patch(book).sheet_names == tuple(tabs())
    assert all(parts(book)[name] == data for name, data in kept.items())
    old, new = opened(template("en")), opened(book)
    for name in gone:
        assert looks(old[name]) == looks(new[name])
        assert new[name].sheet_state == "visible"


@pytest.mark.parametrize("language", ["zh", "both"])
def test_missing_page_comes_back_in_the_workbooks_language(tmp_path: Path, language: str) -> None:
    """A page that is put back is named like the other pages of the workbook."""
    book = tmp_path / "book.xlsx"
    make_book(book, language)
    titles = tuple(page.title(language) for page in tabs().values())
    without(book, tabs()["Regions"].title(language))
    add_pages(book, ["regions"])
    assert Patch(book).sheet_names == titles


def parts(book: Path) -> dict[str, bytes]:
    """Parts of a workbook."""
    with zipfile.ZipFile(book) as held:
        return {name: held.read(name) for name in held.namelist()}


def looks(sheet: Any) -> tuple[Any, ...]:
    """Values, notes and formats of a worksheet's cells, widths and formats of its columns, choice lists, view."""
    cells = {
        cell.coordinate: (
            cell.value,
            cell.number_format,
            cell.font.b,
            cell.font.sz,
            cell.fill.fgColor.rgb,
            cell.alignment.wrap_text,
            cell.comment and cell.comment.text,
        )
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }
    columns = {
        at: (round(each.width, 3), each.number_format)
        for each in sheet.column_dimensions.values()
        for at in range(each.min, each.max + 1)
    }
    rules = [(str(each.sqref), each.formula1) for each in sheet.data_validations.dataValidation]
    return cells, columns, rules, sheet.freeze_panes, sheet.sheet_properties.tabColor


@pytest.mark.parametrize(
    ("names", "code", "says"),
    [
        (["Ordres"], 2, "Orders"),
        (["订货"], 2, "订单"),
        (["Orders", "Sheet9"], 2, "Sheet9"),
        (["Trend"], 2, "new workbook"),
    ],
)
def test_what_cannot_be_added(book: Path, capsys: Output, names: list[str], code: int, says: str) -> None:
    """A name that is no page is refused with the nearest ones, missing Trend with where it comes from; nothing is written."""
    without(book, "Trend")
    before = book.read_bytes()
    assert cli.main(["add", str(book), *names]) == code
    assert says in capsys.readouterr().err
    assert book.read_bytes() == before


def test_workbooks_that_are_refused(book: Path, tmp_path: Path) -> None:
    """A workbook that is open elsewhere, protected, somebody else's, or none at all is left as it is."""
    lock(book, tmp_path / "locked.xlsx")
    openpyxl.Workbook().save(tmp_path / "foreign.xlsx")
    (tmp_path / "text.xlsx").write_text("a,b\n1,2\n")
    book.with_name("~$book.xlsx").write_bytes(b"\x03Ann" + b" " * 51)
    for name, code in {"book": "E401", "locked": "E404", "foreign": "E102", "text": "E104", "nowhere": "E112"}.items():
        path = tmp_path / f"{name}.xlsx"
        before = path.read_bytes() if path.exists() else b""
        with pytest.raises(LoyaltyError) as refused:
            add_pages(path, ["Orders"])
        assert (name, refused.value.code) == (name, code)
        assert (path.read_bytes() if path.exists() else b"") == before


# ---- new --from


def test_new_from_a_folder_shows_its_sheets(tmp_path: Path) -> None:
    """new --from shows the sheets that it recognised, and Mapping when a header waits for a decision."""
    for file in small_company(tmp_path / "files"):
        if file.stem not in ("Orders", "Regions"):
            file.unlink()
    make_book(tmp_path / "one.xlsx", "en", tmp_path / "files")
    assert shown(tmp_path / "one.xlsx") == [*SHOWN, "Orders", "Regions"]
    orders = tmp_path / "files" / "Orders.csv"
    orders.write_text(orders.read_text(encoding="utf-8").replace("discount", "奇怪的列", 1), encoding="utf-8")
    make_book(tmp_path / "two.xlsx", "zh", tmp_path / "files")
    assert shown(tmp_path / "two.xlsx")[7:] == ["字段对应", "订单", "区域"]
    held = opened(tmp_path / "two.xlsx")
    assert held["订单"].max_row == 1
    assert held.active.title == "记分卡"


# ---- refresh


Fill = Callable[..., None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Refresh:
    """What a refresh computes of a workbook without data: enough to be filled in."""
    folder = tmp_path_factory.mktemp("adding")
    make_book(folder / "book.xlsx", "en")
    return compute(folder / "book.xlsx", Asked(), today=TODAY)


@pytest.fixture
def fill(made: Refresh) -> Fill:
    """Fill a workbook with what was computed for another, without computing it again."""

    def filled(book: Path, *findings: Finding) -> None:
        inputs = gather(book, today=TODAY)
        patch = Patch(book)
        result = replace(made, book=book, inputs=inputs, findings=[*findings], run_log=LOG)
        Filling(result).apply(patch, by="test", at="now")
        patch.save(book.with_name("filled.xlsx"))
        book.with_name("filled.xlsx").replace(book)

    return filled


def test_findings_link_to_sheets_that_are_shown(book: Path, fill: Fill) -> None:
    """A finding on a sheet that is shown is a link to its cell; on a hidden one, where a link would do nothing, it is none."""
    fill(book, Finding("E203", "Targets", "B4", "x"), Finding("E203", "Orders", "C5", "x"))
    assert links_of(book) == {"B4": "'Targets'!B4", "C5": None}
    add_pages(book, ["Orders"])
    fill(book, Finding("E203", "Orders", "C5", "x"))
    assert links_of(book) == {"C5": "'Orders'!C5"}


def links_of(book: Path) -> dict[Any, str | None]:
    """The cells that Findings names, each with where its link leads."""
    column = opened(book)["Findings"]["D"]
    return {cell.value: cell.hyperlink and cell.hyperlink.location for cell in column[1:] if cell.value}


def test_what_the_user_hides_stays_hidden(book: Path, fill: Fill) -> None:
    """Pages hidden after a refresh, even ones without content, do not come back; Mapping comes once, when it is needed."""
    fill(book)
    assert shown(book) == [*SHOWN, *FILLED]
    hide(book, "Detail", "Cohorts")
    fill(book, Finding("W206", "Orders", count=1))
    assert shown(book) == [*SHOWN, "Mapping", "Studies", "Early warning", "Diagnosis", "Notes", "Run log"]
    hide(book, "Mapping")
    fill(book, Finding("W206", "Orders", count=2))
    assert shown(book) == [*SHOWN, "Studies", "Early warning", "Diagnosis", "Notes", "Run log"]


def test_hidden_mapping_is_named_when_a_sheet_waits_for_it(made: Refresh) -> None:
    """Where nothing was written because a header is not understood, the last line says how to show Mapping."""
    waiting = replace(made, written_to=None, findings=[Finding("E206", "Orders")])
    assert summary_of_findings(waiting, "en").endswith(f"loyalty-xl add {made.book} Mapping")
    assert "add" not in summary_of_findings(replace(waiting, findings=[Finding("W206", "Orders")]), "both")


def test_older_workbook_keeps_its_tabs(book: Path, fill: Fill) -> None:
    """In a workbook whose run log knows nothing of shown pages, a hidden page was hidden by its owner."""
    fill(book)
    hide(book, "Cohorts", "Mapping")
    patch = Patch(book)
    patch.replace("Run log", 2, LOG)
    patch.save(book.with_name("older.xlsx"))
    book.with_name("older.xlsx").replace(book)
    fill(book, Finding("W206", "Orders", count=1))
    assert shown(book) == [*SHOWN, "Detail", "Studies", "Early warning", "Diagnosis", "Notes", "Run log"]


def test_protected_structure_stops_no_refresh(book: Path, fill: Fill) -> None:
    """Where the list of sheets is protected, pages are filled and stay hidden."""
    locked = lock(book, book.with_name("locked.xlsx"))
    fill(locked)
    assert shown(locked) == SHOWN
    assert len(CalamineWorkbook.from_path(str(locked)).get_sheet_by_name("Run log").to_python()) > 1


def test_hidden_sheets_are_read_when_they_hold_rows(book: Path) -> None:
    """A hidden sheet without rows is no delivery and gives no finding; one with rows is read like any other."""
    inputs = gather(book, today=TODAY)
    sheets, findings = check(inputs, TODAY)
    assert finished(findings, inputs, load().values()) == []
    assert all(len(sheet.frame) == 0 for sheet in sheets.values() if sheet.contract.dept != "control")
    patch = Patch(book)
    for column, value in enumerate(["A1", None, "C1", "2026-01-05"], start=1):
        patch.put("Orders", 2, column, value)
    patch.save(book.with_name("typed.xlsx"))
    inputs = gather(book.with_name("typed.xlsx"), today=TODAY)
    assert inputs.sources["Orders"][0].raw.state == "hidden"
    assert check(inputs, TODAY)[0]["Orders"].rows_read == 1
