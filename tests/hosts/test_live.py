"""Refresh in the open workbook, against a stand-in for Excel: the same pages as the command line, and nothing lost."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import warnings
from copy import copy
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from loyalty_xl import refresh
from loyalty_xl.books import live, live_marks
from loyalty_xl.books.live_marks import ERROR, SIGN, Mark
from loyalty_xl.books.live_plan import plan, rectangles
from loyalty_xl.books.patch import Patch, Style
from loyalty_xl.books.saving import newest_backups, replace_file
from loyalty_xl.contracts import everything
from loyalty_xl.errors import UsageError, WriteError
from loyalty_xl.newbook import make_book
from loyalty_xl.opening import Asked
from loyalty_xl.refreshing_open import refresh_open
from loyalty_xl.traces import trace_figure
from loyalty_xl.tracing_open import trace_open
from tests.conftest import TODAY, small_book
from tests.hosts.engine import Book, opened

pytestmark = pytest.mark.windows
PAGES = ("Scorecard", "Trend", "Detail", "Cohorts", "Findings", "Notes")
HOW: dict[str, Any] = {"period": "2025", "today": TODAY, "by": "test"}
NORMAL = (True, True, "automatic", False)
SHEET = "SurveyResponses"
COLUMNS = ("response_id", "survey_id", "customer_id", "answered_on", "recommend_score")
ANSWERS = [
    ("A1", "W1", "C1", "2025-01-05", 10),
    ("A2", "W1", "C2", "2025-01-06", 9),
    ("A3", "W1", "C3", "2025-01-07", "=1+1"),
    ("A4", "W1", "C4", "2025-02-30", 3),
]


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refreshed at the same minute."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1793491200")


@pytest.fixture(scope="module")
def made_tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with a few answers on its own sheet: one score is no number, one day is no day."""
    book = tmp_path_factory.mktemp("tiny") / "book.xlsx"
    make_book(book, "en")
    patch = Patch(book)
    names = next(contract for contract in everything() if contract.name == SHEET).names
    for row, cells in enumerate(ANSWERS, start=2):
        for name, value in zip(COLUMNS, cells, strict=True):
            patch.put(SHEET, row, names.index(name) + 1, value)
    replace_file(book, patch.save, backups=None)
    return book


@pytest.fixture
def tiny(made_tiny: Path, tmp_path: Path) -> Path:
    """That workbook, to be changed."""
    return Path(shutil.copy(made_tiny, tmp_path / "book.xlsx"))


def state(book: Book) -> tuple[Any, ...]:
    app = book.app
    return app.screen_updating, app.enable_events, app.calculation, app.status_bar


def held(book: Any, pages: tuple[str, ...] = PAGES) -> dict[str, dict[str, tuple[Any, ...]]]:
    """What pages hold: value, kind, number format, by worksheet and cell."""
    return {
        name: {
            cell.coordinate: (cell.value, cell.data_type, cell.number_format)
            for row in book[name].iter_rows()
            for cell in row
            if cell.value is not None
        }
        for name in pages
    }


def loaded(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(path)


def score_cell(book: Any) -> str:
    """The cell that holds the score `=1+1`."""
    return next(cell.coordinate for row in book[SHEET].iter_rows() for cell in row if cell.value == "=1+1")


def day_cell(book: Any) -> str:
    """The cell that holds 30 February."""
    return next(cell.coordinate for row in book[SHEET].iter_rows() for cell in row if cell.value == "2025-02-30")


def test_the_same_pages_as_the_command_line(tmp_path: Path) -> None:
    """Every cell of every page is what `loyalty-xl refresh` writes, each block written once."""
    small_book(tmp_path)
    shutil.copy(tmp_path / "book.xlsx", tmp_path / "command.xlsx")
    how = {**HOW, "settings": {"cycle_type": "year"}}
    refresh(tmp_path / "command.xlsx", **how)
    book, double = opened(tmp_path / "book.xlsx")
    made = refresh_open(book, **how)
    command = loaded(tmp_path / "command.xlsx")
    by_command, by_click = held(command), held(double.wb)
    assert len(by_command["Detail"]) > 5_000
    for name in PAGES:
        differing = {
            cell: (by_command[name].get(cell), by_click[name].get(cell))
            for cell in {*by_command[name], *by_click[name]}
            if by_command[name].get(cell) != by_click[name].get(cell)
        }
        assert differing == {}, name
    assert [table.ref for table in double.wb["Detail"].tables.values()] == [
        table.ref for table in command["Detail"].tables.values()
    ]
    written = [where for what, where in double.app.done if what == "write"]
    assert len(written) == len(set(written)) < 60
    assert double.app.seen == {(False, False, "manual")}
    assert state(double) == NORMAL
    assert "loyalty_xl: 写入 writing …" in double.app.said
    assert (made.written_to, made.up_to_date) == (tmp_path / "book.xlsx", False)


def test_findings_are_shown_on_their_cells_until_they_are_repaired(tiny: Path) -> None:
    """A faulty cell is coloured and noted; saved, refreshed as a file and opened again, it gets the user's own fill back."""
    book, double = opened(tiny)
    answers = double.wb[SHEET]
    score, day = answers[score_cell(double.wb)], answers[day_cell(double.wb)]
    score.fill = PatternFill("solid", fgColor="FF00B0F0")
    day.comment = Comment("ask Wang", "Li")
    refresh_open(book, **HOW)
    assert book.sheets[SHEET].range(score.coordinate).color == (255, 199, 207)
    assert score.comment.text.startswith(f"{SIGN}{score.coordinate}\nE")
    assert "=1+1" in {cell.value for row in double.wb["Findings"].iter_rows() for cell in row if cell.data_type == "s"}
    assert day.fill.patternType == "solid"
    assert day.comment.text == "ask Wang"

    place, other = score.coordinate, day.coordinate
    score.value, day.value = 8, "2025-02-28"
    double.wb.save(tiny)
    refresh(tiny, **HOW)
    again, reopened = opened(tiny)
    assert reopened.wb[SHEET][place].fill.patternType == "solid"
    refresh_open(again, **HOW)
    answers = reopened.wb[SHEET]
    assert (answers[place].fill.fgColor.rgb, answers[place].comment) == ("FF00B0F0", None)
    assert (answers[other].fill.patternType, answers[other].comment.text) == (None, "ask Wang")
    assert state(reopened) == NORMAL


def test_a_failure_in_the_middle_leaves_everything_as_it_was(tiny: Path) -> None:
    """When Excel refuses a call half-way, values, colours and notes are put back, and the backup is named."""
    book, double = opened(tiny)
    before = held(double.wb, tuple(double.wb.sheetnames))
    colours = {cell.coordinate: cell.fill.patternType for row in double.wb[SHEET].iter_rows() for cell in row}
    double.app.status_bar = "busy"
    double.app.fails_on = ("colour", 2)  # every page is written by then, and one cell coloured and noted
    with pytest.raises(WriteError) as raised:
        refresh_open(book, **HOW)
    after = held(double.wb, tuple(double.wb.sheetnames))
    values = {name: {cell: each[:2] for cell, each in cells.items()} for name, cells in after.items()}
    assert values == {name: {cell: each[:2] for cell, each in cells.items()} for name, cells in before.items()}
    answers = double.wb[SHEET]
    assert {cell.coordinate: cell.fill.patternType for row in answers.iter_rows() for cell in row} == colours
    assert not any(note.text.startswith(SIGN) for note in book.sheets[SHEET].notes)
    assert not any("Detail" in name for name in {each.name for each in book.sheets if each.visible})
    assert (*state(double)[:3], double.app.status_bar) == (*NORMAL[:3], "busy")
    assert newest_backups(tiny)[0].name in raised.value.en
    assert "its cells are what they were" in raised.value.en


def test_a_book_in_a_cloud_or_never_saved(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a place on this machine the backup lies in the home folder; a protected sheet is not marked; unchanged, nothing is written, nor by the command line."""
    monkeypatch.setattr(Path, "home", lambda: tiny.parent)
    for place in ("https://example.sharepoint.com/sites/a/book.xlsx", "Book1"):
        book, double = opened(tiny, place)
        assert live.place_of(book) is None
    double.wb[SHEET].protection.sheet = True
    made = refresh_open(book, **HOW)
    assert made.written_to == Path("book.xlsx")
    assert double.wb[SHEET][score_cell(double.wb)].comment is None
    (backup,) = newest_backups(tiny.parent / "book.xlsx")
    assert Patch(backup).sheet_names == Patch(tiny).sheet_names

    done = len(double.app.done)
    assert refresh_open(book, **HOW).up_to_date
    assert len(double.app.done) == done
    assert newest_backups(tiny.parent / "book.xlsx") == [backup]
    double.wb.save(tiny)
    assert refresh(tiny, **HOW).up_to_date


@pytest.mark.parametrize(
    "text",
    ["=A1", "+1", "-1", "@x", "2026-03", "007", "1e5", "TRUE", "'quoted", "#N/A", "50%", " =A1", "n = 12", "指标"],
)
def test_a_text_stays_the_text_it_is(made_tiny: Path, text: str) -> None:
    """Nothing that came from data becomes a formula, number, date, yes/no or error when it is assigned."""
    book, double = opened_once(made_tiny)
    cell = book.sheets["Start"].range((1, 30))
    cell.value = [[live.typed(text)]]
    held_now = double.wb["Start"].cell(1, 30)
    assert (held_now.value, held_now.data_type) == (text, "s")
    assert live.typed(live.Fault("#N/A")) == "#N/A"


def opened_once(path: Path, kept: list[Any] = []) -> Any:  # noqa: B006 - one workbook for all texts
    if not kept:
        kept.extend(opened(path))
    return kept


def test_the_stand_in_takes_texts_as_excel_does(made_tiny: Path) -> None:
    """Without the apostrophe a text would have become something else: the tests above can fail."""
    book, double = opened_once(made_tiny)
    for text in ("=A1", "2026-03", "007", "TRUE"):
        book.sheets["Start"].range((1, 30)).value = [[text]]
        assert double.wb["Start"].cell(1, 30).data_type != "s"


def test_marks_move_with_inserted_rows_and_leave_other_colours_alone(made_tiny: Path) -> None:
    """A note tells which cell it was written for, so its colour is found again; a cell coloured anew keeps its colour."""
    book, double = opened_once(made_tiny)
    sheet = double.wb["Targets"]
    blue = PatternFill("solid", fgColor="FF00B0F0")
    for place in ("H40", "H41"):
        sheet[place].fill = blue
    wanted = [Mark("Targets", place, ERROR, "why") for place in ("H40", "H41", "H42")]
    marks = live_marks.looked_at(book, wanted, [])
    assert [mark.was for mark in marks] == ["00B0F0", "00B0F0", ""]
    live_marks.put(book, marks, live.Journal())
    sheet["H42"].fill = PatternFill("solid", fgColor="FF92D050")
    sheet.insert_rows(39)
    again = live_marks.looked_at(book, [Mark("Targets", "H41", ERROR)], marks)
    assert again[0].was == "00B0F0"
    live_marks.remove(book, marks, live.Journal())
    found = [sheet[f"H{row}"].fill.fgColor.rgb for row in (41, 42, 43)]
    assert found == ["FF00B0F0", "FF00B0F0", "FF92D050"]
    assert not [note for note in book.sheets["Targets"].notes if note.text.startswith(SIGN)]


def test_added_sheets_formats_and_links_arrive(made_tiny: Path, tmp_path: Path) -> None:
    """What a patch adds to a file is added to the open workbook: a sheet at its place, looks, number formats, links."""
    book, double = opened(made_tiny)
    copy = live.saved_copy(book, tmp_path)
    patch = Patch(copy)
    patch.add_sheet("New", widths=[20], before="Targets")
    patch.put("New", 1, 1, "Head", Style(bold=True, fill="1F3864", color="FFFFFF", wrap=True, align="center"))
    patch.replace("New", 2, [["x", 0.5], [None, True]], [None, Style(number_format="0%")])
    patch.replace("Findings", 2, [["error", "E201", "Orders", "D4", None, 1.0]], links={(2, 4): "'Orders'!D4"})
    steps = plan(patch, tmp_path, {})
    journal = live.Journal()
    live.write(book, steps, journal)
    live.link(book, steps)
    new = double.wb["New"]
    assert double.wb.sheetnames.index("New") == double.wb.sheetnames.index("Targets") - 1
    assert [[cell.value for cell in row] for row in new.iter_rows()] == [["Head", None], ["x", 0.5], [None, True]]
    head = new["A1"]
    assert (head.font.bold, head.fill.fgColor.rgb, head.alignment.wrap_text) == (True, "FF1F3864", True)
    assert new["B2"].number_format == "0%"
    assert double.wb["Findings"]["D2"].hyperlink.location == "'Orders'!D4"
    assert double.wb.active.title != "New"
    assert journal.take_back()
    assert "New" not in double.wb.sheetnames
    assert double.wb["Findings"]["A2"].value is None


def test_actuals_lead_to_detail_and_keep_their_looks(tmp_path: Path) -> None:
    """Refreshed while open, an actual leads to its row on Detail with a tip and looks as before; a second refresh adds none."""
    small_book(tmp_path, "Orders", "Customers")
    book, double = opened(tmp_path / "book.xlsx")
    board = double.wb["Scorecard"]
    fonts = {cell.coordinate: copy(cell.font) for row in board.iter_rows() for cell in row}
    refresh_open(book, **HOW)
    links = {cell.coordinate: cell.hyperlink for row in board.iter_rows() for cell in row if cell.hyperlink}
    assert links
    for place, link in links.items():
        kpi = re.search(r"trace BOOK (\w+) 2025", link.tooltip)
        assert kpi is not None
        assert double.wb["Detail"][link.location.rpartition("!")[2]].value == f"{kpi[1]}|2025|All"
        assert (board[place].font.u, board[place].font.b) == (fonts[place].u, fonts[place].b)
    made = {place: (link.location, link.tooltip) for place, link in links.items()}
    board[next(iter(links))].hyperlink.location = "'Detail'!A1"
    board[list(links)[1]].hyperlink.tooltip = "mine"
    refresh_open(book, **{**HOW, "settings": {"churn_window_days": "200"}})
    again = {cell.coordinate: cell.hyperlink for row in board.iter_rows() for cell in row if cell.hyperlink}
    assert {place for place, link in again.items() if (link.location, link.tooltip) != made[place]} == {list(links)[1]}


def test_the_selected_line_is_traced_as_the_command_line_does(tmp_path: Path) -> None:
    """The page Trace of the open workbook is that of `loyalty-xl trace`, its actual leads there; no other page is written."""
    small_book(tmp_path, "Orders", "Customers")
    refresh(tmp_path / "book.xlsx", **HOW)
    book, double = opened(tmp_path / "book.xlsx")
    board = double.wb["Scorecard"]
    (row,) = [cell.row for line in board.iter_rows() for cell in line if cell.value == "repeat_purchase_rate"]
    made = trace_open(book, "Scorecard", row, today=TODAY)
    assert (made.trace.kpi.key, made.trace.result.period.label, made.trace.agrees) == (
        "repeat_purchase_rate",
        "2025",
        True,
    )
    assert {where.partition("!")[0] for what, where in double.app.done if what == "write"} == {"Trace"}
    assert [c.hyperlink.location for c in board[row] if c.hyperlink] == ["'Trace'!A1"]
    assert state(double) == NORMAL
    trace_figure(tmp_path / "book.xlsx", "repeat_purchase_rate", Asked(period="2025"), today=TODAY)
    pages = [held(each, ("Trace",)) for each in (double.wb, loaded(tmp_path / "book.xlsx"))]
    assert len(pages[0]["Trace"]) > 50
    differing = {
        cell: [page["Trace"].get(cell) for page in pages]
        for cell in {*pages[0]["Trace"], *pages[1]["Trace"]}
        if pages[0]["Trace"].get(cell) != pages[1]["Trace"].get(cell)
    }
    assert set(differing) <= {"B3"}  # what it rests on: the stand-in saves Settings otherwise than it was


@pytest.mark.parametrize(("sheet", "row"), [("Scorecard", 1), ("Scorecard", 999), ("Start", 12), ("Trend", 12)])
def test_a_selection_that_is_no_line_is_refused(made_tiny: Path, sheet: str, row: int) -> None:
    """A heading, an empty row, or another page: a sentence says what to select, and nothing is written."""
    book, double = opened(made_tiny)
    with pytest.raises(UsageError, match="select a cell in the line of a KPI"):
        trace_open(book, sheet, row)
    assert double.app.done == []


def test_a_line_without_a_period_waits_for_a_refresh(made_tiny: Path) -> None:
    """A workbook that was never refreshed has no figure to trace: it says so."""
    book, double = opened(made_tiny)
    row = next(cell.row for line in double.wb["Scorecard"].iter_rows() for cell in line if cell.value == "nps")
    with pytest.raises(UsageError, match="Refresh first"):
        trace_open(book, "Scorecard", row)


def test_nothing_is_begun_where_it_cannot_be_finished(made_tiny: Path, tmp_path: Path) -> None:
    """A protected page, or a cell that is being edited, ends the refresh before anything is written."""
    book, double = opened(made_tiny)
    double.wb["Findings"].protection.sheet = True
    patch = Patch(live.saved_copy(book, tmp_path))
    patch.replace("Findings", 2, [["error"]])
    with pytest.raises(WriteError, match="protected: Findings"):
        live.refuse_protected(book, plan(patch, tmp_path, {}))
    del double.api.SaveCopyAs
    with pytest.raises(WriteError, match="could not save a copy"):
        refresh_open(book, **HOW)
    assert double.app.done == []
    assert state(double) == NORMAL


def test_rectangles_cover_what_is_asked_for_and_nothing_else() -> None:
    """Runs of cells that are alike from row to row make one rectangle."""
    import numpy as np

    rng = np.random.default_rng(7)
    for _ in range(50):
        mask = rng.random((7, 9)) < 0.6
        covered = np.zeros(mask.shape, dtype=int)
        for top, left, bottom, right in rectangles(mask):
            covered[top:bottom, left:right] += 1
        assert (covered == mask).all()
    assert list(rectangles(np.ones((4, 3), dtype=bool))) == [(0, 0, 4, 3)]


def test_the_base_install_needs_no_xlwings() -> None:
    """The door is imported without xlwings."""
    code = "import sys; sys.modules['xlwings'] = None; import loyalty_xl.refreshing_open"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
