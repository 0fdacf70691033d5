"""A refresh from beginning to end: what stands in the workbook afterwards, and that nothing of the user's is lost."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from python_calamine import CalamineWorkbook

from loyalty_xl import library, refresh
from loyalty_xl.books import reading
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.places import (
    CLOSED,
    COHORTS,
    DETAIL,
    FINDINGS,
    HEAD,
    NOTES,
    PAGES,
    RESTATEMENTS,
    RUN_LOG,
    SCORECARD,
    TRACE,
    head_label,
)
from loyalty_xl.books.saving import newest_backups, replace_file
from loyalty_xl.cells import Kind
from loyalty_xl.contracts import departments
from loyalty_xl.errors import LoyaltyError, UsageError, WriteError
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.template import build
from loyalty_xl.settings import SETTINGS
from loyalty_xl.vocabulary import Finding, Flag, Reason, Status
from tests.books.test_losslessness import CACHE, OPAQUE, PIVOT, RECORDS, links, members, png, with_pivot
from tests.conftest import TODAY, small_book

SETTINGS_ROWS = {key: row for row, key in enumerate(SETTINGS, start=2)}
Rows = list[list[Any]]
MORE_ORDERS = "O28,1,C12,2026-03-30,VASE,1,1000,1000,0,CNY,sale,,SOUTH\n"


def opened(book: Path, **how: Any) -> Any:
    """Open a workbook with openpyxl, which warns of what it would lose when saving: sparklines, charts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(book, **how)


def again(book: Path, **more: Any) -> Refresh:
    """Refresh as the same person on the same day."""
    return refresh(book, **{"today": TODAY, "by": "tester", **more})


def set_in_book(book: Path, key: str, value: Any) -> None:
    """Change a setting in the workbook, as a person would."""
    patch = Patch(book)
    patch.put("Settings", SETTINGS_ROWS[key], 2, value)
    replace_file(book, patch.save, patch.verify, backups=None)


def put(book: Path, sheet: str, cells: dict[str, Any]) -> None:
    """Type values into a workbook with openpyxl, as another program would save it."""
    held = opened(book)
    for ref, value in cells.items():
        held[sheet][ref] = value
    held.save(book)


def with_formula(book: Path, part: str, ref: str) -> None:
    """Put a formula with its result into a cell that holds a number, as Excel stores it."""
    with zipfile.ZipFile(book) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    changed, times = re.subn(rf'(<c r="{ref}"[^>]*>)<v>[^<]*</v>'.encode(), rb"\1<f>1-0.1</f><v>0.9</v>", parts[part])
    assert times == 1
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in (parts | {part: changed}).items():
            new.writestr(name, data)


def plain(rows: Any) -> Rows:
    """Rows as both readers can give them: a blank is "", a number a float, nothing after the last value."""
    made: Rows = []
    for row in rows:
        cells = ["" if cell is None else float(cell) if isinstance(cell, (int, float)) else str(cell) for cell in row]
        while cells and cells[-1] == "":
            cells.pop()
        made.append(cells)
    while made and not made[-1]:
        made.pop()
    return made


def by_calamine(book: Path, sheet: str) -> Rows:
    """A worksheet as calamine reads it, from A1 on."""
    return plain(CalamineWorkbook.from_path(str(book)).get_sheet_by_name(sheet).to_python(skip_empty_area=False))


def by_openpyxl(book: Path, sheet: str) -> Rows:
    """A worksheet as openpyxl reads it."""
    held = opened(book, read_only=True, data_only=True)
    rows = plain(held[sheet].iter_rows(values_only=True))
    held.close()
    return rows


def table(rows: Rows) -> list[dict[str, Any]]:
    """Rows under a header, as dicts; blanks are ""."""
    header, *below = rows
    return [dict(zip(header, [*row, *[""] * (len(header) - len(row))], strict=True)) for row in below]


def number(value: float | None) -> Any:
    """A value as a reader gives it."""
    return "" if value is None else kept(float(value))


def kept(value: Any) -> Any:
    """A number as it is written: to 15 digits, which every spreadsheet program keeps."""
    return float(f"{value:.15g}") if isinstance(value, float) else value


def keys_of(page: Any) -> dict[str, str]:
    """Column key by header, in every language."""
    return {column.label(language): column.key for column in page.columns for language in ("en", "zh", "both")}


def name_of(page: Any, book: Path) -> str:
    """Worksheet of a page in this workbook."""
    found = page.find(CalamineWorkbook.from_path(str(book)).sheet_names)
    assert found is not None
    return str(found)


@dataclass
class Card:
    """The Scorecard of a workbook, found by its header and its keys, with openpyxl."""

    held: Any
    sheet: Any
    header: int
    columns: dict[str, int]
    rows: dict[tuple[str, str], int]

    def cell(self, kpi: str, column: str, segment: str = "All") -> Any:
        """The cell of a line."""
        return self.sheet.cell(self.rows[kpi, segment], self.columns[column])


def card(book: Path) -> Card:
    """Open the Scorecard of a workbook."""
    held = opened(book)
    sheet = held[str(SCORECARD.find(held.sheetnames))]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    header, columns, rows = found_card(cells)
    return Card(held, sheet, header, columns, rows)


def found_card(cells: Rows) -> tuple[int, dict[str, int], dict[tuple[str, str], int]]:
    """Where the table of the Scorecard is: its header's row, columns by key, rows by KPI and segment (all from 1)."""
    labels = keys_of(SCORECARD)
    header = next(at for at, row in enumerate(cells) if sum(cell in labels for cell in row) > 10)
    columns = {labels[text]: at for at, text in enumerate(cells[header], start=1) if text in labels}
    rows = {}
    for at, row in enumerate(cells[header + 1 :], start=header + 2):
        key, segment = (([*row, *[None] * 99])[columns[name] - 1] for name in ("kpi", "segment"))
        if key and not str(key).startswith("@"):  # those are headings
            rows[str(key), str(segment or "All")] = at
    return header + 1, columns, rows


def check_card(book: Path, made: Refresh, reader: Any) -> int:
    """Every line of the Scorecard shows what was computed, in its own row; gives the number of lines."""
    cells = reader(book, name_of(SCORECARD, book))
    _, columns, rows = found_card(cells)
    assert made.lines
    for line in made.lines:
        segment = "All" if line.result.segment_dim == "all" else f"{line.result.segment_dim}={line.result.segment}"
        row = [*cells[rows[line.kpi.key, segment] - 1], *[""] * 99]
        shown = {name: row[at - 1] for name, at in columns.items()}
        if line.result.value is None:  # the reason may stand in its place
            assert not isinstance(shown["actual"], float)
            shown["actual"] = ""
        expected = {
            "actual": line.result.value, "n": line.result.n, "low": line.result.low, "high": line.result.high,
            "variance": line.variance, "attainment": line.attainment, "weight": line.weight,
        }  # fmt: skip
        assert {name: shown[name] for name in expected} == {name: number(value) for name, value in expected.items()}
        if line.aim.value is not None:
            assert shown["target"] == line.aim.value
        assert bool(shown["reason"]) == (line.result.value is None)
        assert shown["status"]
    return len(rows)


def check_pages(book: Path, made: Refresh, reader: Any) -> None:
    """Detail, Cohorts, Findings and Notes hold what was computed and found."""
    detail = table(reader(book, name_of(DETAIL, book)))
    keys = keys_of(DETAIL)
    detail = [{keys[label]: value for label, value in row.items()} for row in detail]
    assert len(detail) == len(made.results)
    for row, each in zip(detail, made.results, strict=True):
        assert row["id"] == each.id
        facts = {
            "kpi": each.kpi, "period": each.period.label, "cycle": str(each.period.cycle),
            "segment_dim": each.segment_dim, "segment": each.segment, "window": str(each.window),
            "reason": str(each.reason or ""), "flags": ", ".join(each.flags), "note": each.note,
        }  # fmt: skip
        assert {key: row[key] for key in facts} == facts
        row["value"] = "" if row["value"] == "#N/A" else row["value"]  # calamine gives errors as nothing
        for key in ("value", "numerator", "denominator", "n", "low", "high", "value_without_imputed"):
            assert row[key] == number(getattr(each, key)), (each.id, key)
        assert row["imputed_share"] == number(each.imputed_share or None)
    rows = reader(book, name_of(COHORTS, book))[1:]
    assert rows == plain([[kept(cell) for cell in row.values()] for row in made.tables["cohorts"]])
    rows = reader(book, name_of(FINDINGS, book))[1:]
    told = [(row[1], row[2], row[3], row[5], row[6]) for row in rows]
    assert told == [
        (each.code, each.sheet, each.cell or "".join(each.cells[:1]), float(each.count), each.found)
        for each in made.findings
    ]
    assert all(row[8] and row[9] for row in rows)
    notes = reader(book, name_of(NOTES, book))[1:]
    assert {row[1] for row in notes} >= {line.kpi.key for line in made.lines}


def check_log(book: Path, made: Refresh, reader: Any) -> None:
    """The run log holds every entry of the run, then what was written."""
    rows = [[str(cell) for cell in [*row, *[""] * (4 - len(row))]] for row in reader(book, name_of(RUN_LOG, book))[1:]]
    entries = [[str(cell) for cell in entry] for entry in made.run_log]
    assert rows[: len(entries)] == entries
    assert {row[0] for row in rows[len(entries) :]} - {"signed", "definition changed", "delivery"} == {
        "page",
        "shown",
        "written",
    }


@pytest.fixture(scope="module", autouse=True)
def without_libreoffice() -> Iterator[None]:
    """Formulas of the user's are not recalculated here: that has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOYALTY_XL_NO_RECALC", "1")
        yield


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The orders of the small company, quarters, two targets, never refreshed: its folder, which holds book.xlsx."""
    folder = tmp_path_factory.mktemp("origin")
    set_in_book(small_book(folder, "Orders"), "cycle_type", "quarter")  # the demo has all sheets, and takes longer
    targets = opened(folder / "book.xlsx")
    sheet = targets["Targets"]
    at = {sheet.cell(1, column).value: column for column in range(1, sheet.max_column + 1)}
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, at["kpi"]).value in ("average_spend", "customer_base"):
            sheet.cell(row, at["period"]).value = "2026-Q1"
            sheet.cell(row, at["target"]).value = 8
    targets.save(folder / "book.xlsx")
    return folder


@pytest.fixture(scope="module")
def filled(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Refresh]:
    """The same, refreshed once."""
    folder = tmp_path_factory.mktemp("filled") / "company"
    shutil.copytree(origin, folder)
    made = again(folder / "book.xlsx")
    assert made.written_to == folder / "book.xlsx"
    return folder, made


@pytest.fixture
def book(filled: tuple[Path, Refresh], tmp_path: Path) -> Path:
    """A refreshed workbook of one's own."""
    shutil.copytree(filled[0], tmp_path / "company", ignore=shutil.ignore_patterns(".loyalty_backups"))
    return tmp_path / "company" / "book.xlsx"


@pytest.fixture(scope="module")
def demo_again(made_demo: Path) -> tuple[Path, bytes, Refresh]:
    """The demo as it was made, its bytes, and what a second look computes."""
    book = made_demo / "scorecard.xlsx"
    before = book.read_bytes()
    return book, before, refresh(book, dry_run=True, today=TODAY)


def codes(made: Refresh) -> list[str]:
    """Codes of what was found."""
    return [each.code for each in made.findings]


def only(made: Refresh, code: str) -> Finding:
    """The one finding of a code."""
    (found,) = (each for each in made.findings if each.code == code)
    return found


# ---- what stands in the workbook


@pytest.mark.parametrize("reader", [by_calamine, by_openpyxl])
def test_pages_hold_what_was_computed(filled: tuple[Path, Refresh], reader: Any) -> None:
    """Two independent readers find on every page of the small company what the refresh computed."""
    folder, made = filled
    check_pages(folder / "book.xlsx", made, reader)
    check_log(folder / "book.xlsx", made, reader)
    assert check_card(folder / "book.xlsx", made, reader) == len(made.lines)


def test_head_of_the_scorecard(filled: tuple[Path, Refresh]) -> None:
    """Above the table stand period, day up to which data count, score, who refreshed, and how many findings there are."""
    folder, made = filled
    labels = {head_label(key, language): key for key in HEAD for language in ("en", "zh", "both")}
    cells = by_openpyxl(folder / "book.xlsx", "Scorecard")
    said = {
        labels[text]: next((right for right in row[place + 1 : place + 4] if right != ""), "")
        for row in cells
        for place, text in enumerate(row)
        if text in labels
    }
    assert set(said) == set(HEAD)
    assert made.score is not None
    assert (said["period"], said["as_of"], said["refreshed_by"]) == ("2026-Q1", "2026-04-01", "tester")
    assert said["loyalty_score"] == pytest.approx(made.score.value, rel=1e-14)  # what 15 digits keep
    errors = sum(each.severity == "error" for each in made.findings)
    assert re.findall(r"\d+", said["findings"]) == [str(errors), str(len(made.findings) - errors)]
    assert said["fingerprint"]


def test_demo_pages_hold_what_was_computed(demo_again: tuple[Path, bytes, Refresh]) -> None:
    """The demo's pages hold what a refresh computes from its files: 14 core KPIs and two regions on the Scorecard."""
    book, _, made = demo_again
    check_pages(book, made, by_calamine)
    assert check_card(book, made, by_calamine) == len(made.lines) == 22
    assert made.exit_code == 1  # the sample has errors on purpose


def test_the_sample_shows_every_verdict(demo_again: tuple[Path, bytes, Refresh]) -> None:
    """The sample company feeds every sheet, and every KPI and table; three lines are red, two withheld for errors, one is of low base, one not identified."""
    _, _, made = demo_again
    assert set(made.sheets) >= {contract.name for contract in departments()}
    assert all(sheet.rows_read for sheet in made.sheets.values())
    assert [key for key, rows in made.tables.items() if not rows] == []
    now = {each.kpi: each for each in made.results if each.period == made.period and each.segment_dim == "all"}
    now |= {line.kpi.key: line.result for line in made.lines if line.result.segment_dim == "all"}
    assert set(now) == set(library.load())
    assert [key for key, each in now.items() if each.reason in (Reason.NO_DATA, Reason.NOT_RECEIVED)] == []
    assert [line.kpi.key for line in made.lines if line.status is Status.RED] == [
        "retention_rate",
        "churn_rate",
        "complaint_rate",
    ]
    reasons = {line.kpi.key: line.result.reason for line in made.lines if line.result.reason}
    assert reasons == {
        "price_insensitivity": Reason.NOT_IDENTIFIED,
        "first_contact_resolution": Reason.BLOCKED,
        "collection_conduct_rate": Reason.BLOCKED,
    }
    assert [line.kpi.key for line in made.lines if Flag.LOW_BASE in line.result.flags] == ["referral_success_rate"]
    notes = {
        row[1]: row[2]
        for row in by_calamine(demo_again[0], name_of(NOTES, demo_again[0]))
        if "Why no value" in str(row[0])
    }
    assert "Interactions.first_contact_resolved" in notes["first_contact_resolution"]
    assert "Repair what Findings says" in notes["first_contact_resolution"]
    assert "估不出可靠的数" in notes["price_insensitivity product_type=鉴定服务"]


def test_demo_is_up_to_date(demo_again: tuple[Path, bytes, Refresh]) -> None:
    """The demo, looked at again, needs no refresh, and looking leaves its bytes as they were."""
    book, before, made = demo_again
    assert made.up_to_date
    assert made.written_to is None
    assert book.read_bytes() == before


# ---- when it writes


def test_unchanged_input_writes_nothing(book: Path) -> None:
    """A second refresh of unchanged sheets is up to date: same bytes, same file, no backup, nothing left beside it."""
    before, stamp = book.read_bytes(), book.stat().st_mtime_ns
    made = again(book)
    assert made.up_to_date
    assert made.written_to is None
    assert made.computed
    assert (book.read_bytes(), book.stat().st_mtime_ns) == (before, stamp)
    assert newest_backups(book) == []
    assert sorted(path.name for path in book.parent.iterdir()) == ["book.xlsx", "files"]


def test_changed_setting_is_written_and_told(book: Path) -> None:
    """After a change in Settings the book is filled anew, the run log says what it was, and the old file is kept."""
    set_in_book(book, "min_base_rate", 1)
    before = book.read_bytes()
    made = again(book)
    assert made.written_to == book
    assert ("setting changed", "min_base_rate", "1", "was 20") in made.run_log
    check_log(book, made, by_calamine)
    check_pages(book, made, by_calamine)
    (backup,) = newest_backups(book)
    assert backup.read_bytes() == before


def test_changed_file_is_seen(book: Path) -> None:
    """A changed department file is no unchanged input: the values and the Scorecard follow it."""
    orders = book.parent / "files" / "Orders.csv"
    orders.write_text(orders.read_text(encoding="utf-8") + MORE_ORDERS, encoding="utf-8")
    made = again(book)
    assert made.written_to == book
    base = {each.id: each.value for each in made.results}
    assert base["customer_base|2026-Q1|All"] == 11  # ten (nobody knows that C10 has left), and C12
    assert card(book).cell("customer_base", "actual").value == 11


def test_dry_run_writes_nothing(book: Path) -> None:
    """A dry run computes with the values it is given and leaves the folder as it was."""
    before = {path: path.read_bytes() for path in book.parent.rglob("*") if path.is_file()}
    made = again(book, dry_run=True, settings={"min_base_rate": "1"}, period="2025-Q4")
    assert not made.up_to_date
    assert made.written_to is None
    assert str(made.period) == "2025-Q4"
    assert ("override", "--set min_base_rate", "1", "") in made.run_log
    assert {path: path.read_bytes() for path in book.parent.rglob("*") if path.is_file()} == before


def test_out_writes_a_copy(book: Path, tmp_path: Path) -> None:
    """With out, a copy is filled, even of a book that somebody has open; the book itself keeps its bytes."""
    before, copy = book.read_bytes(), tmp_path / "copy.xlsx"
    book.with_name("~$book.xlsx").write_bytes(b"\x03Ann" + b" " * 51)
    made = again(book, out=copy, period="2025-Q4")
    assert made.written_to == copy
    assert book.read_bytes() == before
    assert str(made.period) == "2025-Q4"
    check_card(copy, made, by_calamine)
    check_pages(copy, made, by_calamine)


# ---- what the user typed


@pytest.fixture(scope="module")
def typed(
    filled: tuple[Path, Refresh], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Refresh, dict[str, str]]:
    """A workbook in whose owned cells somebody typed, refreshed: book, refresh, the cells."""
    folder = tmp_path_factory.mktemp("typed") / "company"
    shutil.copytree(filled[0], folder)
    book = folder / "book.xlsx"
    shown = card(book)
    cells = {
        key: shown.cell(key, column).coordinate
        for key, column in (
            ("average_spend", "actual"),
            ("customer_base", "n"),
            ("churn_rate", "status"),
            ("purchase_frequency", "actual"),
        )
    }
    patch = Patch(book)
    for key, value in (("average_spend", 99), ("customer_base", None), ("churn_rate", "fine")):
        cell = shown.sheet[cells[key]]
        patch.put("Scorecard", cell.row, cell.column, value)
    patch.put("Detail", 5, 10, 12345)
    replace_file(book, patch.save, patch.verify, backups=None)
    with_formula(
        book, f"xl/worksheets/sheet{shown.held.sheetnames.index('Scorecard') + 1}.xml", cells["purchase_frequency"]
    )
    return book, again(book), cells


def test_typed_value_is_reported_and_written_back(typed: tuple[Path, Refresh, dict[str, str]]) -> None:
    """What was typed over the Scorecard is told with both values, and the computed one stands there again."""
    book, made, cells = typed
    told = {each.cell: each for each in made.findings if each.code == "W260"}
    told.pop(cells["purchase_frequency"], None)  # the formula: see below
    assert set(told) == {cells["average_spend"], cells["customer_base"], cells["churn_rate"]}
    values = {line.kpi.key: line for line in made.lines}
    spend = values["average_spend"].result.value
    assert spend is not None
    found = told[cells["average_spend"]]
    assert (found.sheet, found.found, found.expected) == ("Scorecard", "99", f"{spend:.6g}")
    assert (told[cells["customer_base"]].found, told[cells["customer_base"]].expected) == ("", "10")
    assert told[cells["churn_rate"]].found == "fine"
    after = card(book)
    assert after.sheet[cells["average_spend"]].value == kept(spend)
    assert after.sheet[cells["customer_base"]].value == 10
    assert after.sheet[cells["churn_rate"]].value not in ("fine", None)


def test_typed_detail_is_reported_and_written_back(typed: tuple[Path, Refresh, dict[str, str]]) -> None:
    """A number typed into Detail is told once for the page, and the page is as computed again."""
    book, made, _ = typed
    assert only(made, "W274").sheet == "Detail"
    check_pages(book, made, by_calamine)


def test_formula_in_an_owned_cell_stays(typed: tuple[Path, Refresh, dict[str, str]]) -> None:
    """A formula of the user's is not overwritten: an error tells where it is and which value belongs there."""
    book, made, cells = typed
    found = only(made, "E275")
    (line,) = (line for line in made.lines if line.kpi.key == "purchase_frequency")
    assert line.result.value is not None
    assert (found.sheet, found.cell, found.expected) == (
        "Scorecard",
        cells["purchase_frequency"],
        f"{line.result.value:.6g}",
    )
    assert card(book).sheet[cells["purchase_frequency"]].value == "=1-0.1"
    assert made.exit_code == 1


def test_formula_is_told_once(typed: tuple[Path, Refresh, dict[str, str]]) -> None:
    """A cell with a formula is one finding, not two: nothing is written back there."""
    _, made, cells = typed
    assert [each.code for each in made.findings if each.cell == cells["purchase_frequency"]] == ["E275"]


def test_formula_is_told_each_time(typed: tuple[Path, Refresh, dict[str, str]]) -> None:
    """As long as a formula stands in an owned cell, every run says so."""
    book, _, cells = typed
    made = again(book)
    assert only(made, "E275").cell == cells["purchase_frequency"]
    assert made.exit_code == 1


@pytest.fixture(scope="module")
def arranged(filled: tuple[Path, Refresh], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Refresh, list[str]]:
    """A Scorecard that a user has arranged and added to, refreshed with one order more: book, refresh, order of keys."""
    folder = tmp_path_factory.mktemp("arranged") / "company"
    shutil.copytree(filled[0], folder)
    book = folder / "book.xlsx"
    shown = card(book)
    sheet, top = shown.sheet, shown.header
    lines = [[cell.value for cell in sheet[row]] for row in range(top + 1, sheet.max_row + 1)]
    for row, values in enumerate(reversed(lines), start=top + 1):
        for column, value in enumerate(values, start=1):
            sheet.cell(row, column).value = value
    sheet.insert_cols(4, 1)
    sheet.cell(top, 4).value = "Our view"
    sheet.insert_rows(top + 3)
    sheet.cell(top + 3, 2).value = "A row of ours"
    sheet.cell(top + 3, 4).value = 42
    at = {sheet.cell(top, column).value: column for column in range(1, sheet.max_column + 1)}
    for row in range(top + 1, sheet.max_row + 1):
        key = sheet.cell(row, 1).value
        if key:
            sheet.cell(row, 4).value = f"view of {key}"
            sheet.cell(row, at["Comment"]).value = f"why {key}"
            sheet.cell(row, at["Action by"]).value = f"who {key}"
        if key == "average_spend":
            sheet.cell(row, at["Actual"]).font = Font(bold=True, color="FFAA0000")
            sheet.cell(row, at["Actual"]).fill = PatternFill("solid", fgColor="FFFFEE00")
            sheet.cell(row, at["Actual"]).number_format = '0" points"'
            sheet.cell(row, at["Actual"]).comment = Comment("ask marketing", "Ann")
        if key == "churn_rate":
            sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["C"].hidden = True
    targets = shown.held["Targets"]
    where = {targets.cell(1, column).value: column for column in range(1, targets.max_column + 1)}
    row = targets.max_row + 1
    for name, value in {
        "kpi": "average_spend",
        "segment_dim": "region",
        "segment": "NORTH",
        "period": "2026-Q1",
        "target": 55,
    }.items():
        targets.cell(row, where[name]).value = value
    shown.held.save(book)
    order = [sheet.cell(row, 1).value for row in range(top + 1, sheet.max_row + 1)]
    orders = folder / "files" / "Orders.csv"
    orders.write_text(orders.read_text(encoding="utf-8") + MORE_ORDERS, encoding="utf-8")
    return book, again(book), order


def test_values_land_in_the_rows_of_their_keys(arranged: tuple[Path, Refresh, list[str]]) -> None:
    """Rows in another order, among rows and columns of the user's, are filled with their own values."""
    book, made, order = arranged
    assert made.written_to == book
    check_card(book, made, by_calamine)
    sheet, top = card(book).sheet, card(book).header
    assert [sheet.cell(row, 1).value for row in range(top + 1, top + 1 + len(order))] == order


def test_what_the_user_added_stays(arranged: tuple[Path, Refresh, list[str]]) -> None:
    """Own columns and rows, comments and names by KPI, styles, notes and hidden rows and columns are as they were."""
    book, _, order = arranged
    shown = card(book)
    sheet, top = shown.sheet, shown.header
    assert sheet.cell(top, 4).value == "Our view"
    assert (sheet.cell(top + 3, 2).value, sheet.cell(top + 3, 4).value) == ("A row of ours", 42)
    assert [sheet.cell(top + 3, column).value for column in (1, 3, 5, 7, 8)] == [None] * 5
    for key in (key for key in order if key and not key.startswith("@")):
        row = shown.rows[key, "All"]
        assert sheet.cell(row, 4).value == f"view of {key}"
        assert shown.cell(key, "comment").value == f"why {key}"
        assert shown.cell(key, "action_by").value == f"who {key}"
    spend = shown.cell("average_spend", "actual")
    assert spend.font.bold
    assert spend.font.color.rgb == "FFAA0000"
    assert spend.fill.fgColor.rgb == "FFFFEE00"
    assert spend.number_format == '0" points"'
    assert spend.comment.text == "ask marketing"
    assert sheet.row_dimensions[shown.rows["churn_rate", "All"]].hidden
    assert sheet.column_dimensions["C"].hidden


def test_new_target_makes_a_new_line(arranged: tuple[Path, Refresh, list[str]]) -> None:
    """A target for a region is shown on a line of its own, after the last one."""
    book, _, order = arranged
    shown = card(book)
    row = shown.rows["average_spend", "region=NORTH"]
    assert row > shown.header
    assert order[row - shown.header - 1 : row - shown.header] in ([], [None])  # a free row, or a new one
    assert shown.cell("average_spend", "target", "region=NORTH").value == 55
    assert shown.cell("average_spend", "actual", "region=NORTH").value is not None
    assert shown.cell("average_spend", "actual", "region=NORTH").number_format == "#,##0.00"


def test_rearranging_is_no_typing(arranged: tuple[Path, Refresh, list[str]]) -> None:
    """No value of a Scorecard put in another order is taken for another line's, and it is up to date afterwards."""
    book, made, _ = arranged
    told = [each for each in made.findings if each.code == "W260"]
    assert [each for each in told if each.found != dict(each.detail)["written"]] == []
    assert "E275" not in codes(made)
    before = book.read_bytes()
    assert again(book).up_to_date
    assert book.read_bytes() == before


def test_remarks_come_back_with_their_period(book: Path) -> None:
    """Comment and name belong to a period: Notes keeps them while another one is shown, and brings them back."""
    shown = card(book)
    row = shown.rows["average_spend", "All"]
    put(
        book,
        "Scorecard",
        {
            shown.cell("average_spend", "comment").coordinate: "ask marketing",
            shown.cell("average_spend", "action_by").coordinate: "Ann",
        },
    )
    again(book, period="2025-Q2")
    other = card(book)
    assert other.cell("average_spend", "comment").value is None
    kept = {str(line[1]): line[2] for line in by_calamine(book, "Notes") if len(line) > 2}
    assert {"ask marketing", "Ann"} <= set(kept.values())
    again(book)
    back = card(book)
    assert back.rows["average_spend", "All"] == row
    assert (back.cell("average_spend", "comment").value, back.cell("average_spend", "action_by").value) == (
        "ask marketing",
        "Ann",
    )


def test_saving_in_another_program_is_no_typing(book: Path) -> None:
    """A workbook that another program saved, which keeps fewer digits, has nothing to report and is up to date."""
    opened(book).save(book)
    made = again(book)
    assert {"W260", "W274", "E275"}.isdisjoint(codes(made))
    assert made.up_to_date


# ---- the rest of the workbook


class RichBook(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook that is given a user's sheets, pictures, charts and macros before it is closed."""

    folder: Path

    def close(self) -> None:
        """Add what a user may have added."""
        (self.folder / "dot.png").write_bytes(png())
        (self.folder / "vbaProject.bin").write_bytes(
            b"\xd0\xcf\x11\xe0 an OLE file as far as anybody here is concerned"
        )
        self.add_vba_project(str(self.folder / "vbaProject.bin"))
        mine, charts = self.add_worksheet("我的分析"), self.add_worksheet("Charts")
        mine.write_row(0, 0, ["who", "amount"])
        mine.write_row(1, 0, ["a", 1])
        mine.write_row(2, 0, ["b", 2])
        mine.write_formula("D1", "=Scorecard!F15*2", None, 7)
        mine.write_dynamic_array_formula("E1", "=UNIQUE(A2:A3)", None, "a")
        mine.add_sparkline("F1", {"range": "我的分析!B2:B3"})
        mine.conditional_format("B2:B9", {"type": "data_bar"})
        mine.data_validation("G1:G9", {"validate": "list", "source": ["a", "b"]})
        chart = self.add_chart({"type": "line"})
        chart.add_series({"values": "='我的分析'!$B$2:$B$3"})
        charts.insert_chart("A1", chart)
        card = self.get_worksheet_by_name("Scorecard")
        card.add_sparkline("AB15", {"range": "Detail!J2:J9"})
        card.insert_button("AD2", {"macro": "Refresh", "caption": "刷新"})
        card.insert_image("AD6", str(self.folder / "dot.png"))
        card.conditional_format("F14:F30", {"type": "icon_set", "icon_style": "3_traffic_lights"})
        self.define_name("Sales", "='我的分析'!$B$2:$B$3")
        super().close()


@pytest.fixture(scope="module")
def rich(origin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, Refresh]]:
    """A scorecard with macros full of a user's things: as it was, refreshed, and the refresh."""
    folder = tmp_path_factory.mktemp("rich")
    shutil.copytree(origin / "files", folder / "files")
    RichBook.folder = folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xlsxwriter, "Workbook", RichBook)
        build(folder / "plain.xlsm", "en")
    with (
        zipfile.ZipFile(folder / "plain.xlsm") as old,
        zipfile.ZipFile(folder / "old.xlsm", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        names = [name for name in old.namelist() if name.startswith("xl/worksheets/sheet")]
        for info in old.infolist():
            new.writestr(info, with_pivot(info.filename, old.read(info)))
        new.writestr("xl/pivotCache/pivotCacheDefinition1.xml", CACHE % "我的分析")
        new.writestr("xl/pivotCache/pivotCacheRecords1.xml", RECORDS)
        new.writestr("xl/pivotTables/pivotTable1.xml", PIVOT)
        new.writestr(
            "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels",
            links(("rId1", "pivotCacheRecords", "pivotCacheRecords1.xml")),
        )
        cache = ("rId1", "pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml")
        new.writestr("xl/pivotTables/_rels/pivotTable1.xml.rels", links(cache))
        own = f"xl/worksheets/_rels/sheet{len(names) - 1}.xml.rels"
        assert own not in old.namelist()
        new.writestr(own, links(("rId1", "pivotTable", "../pivotTables/pivotTable1.xml")))
        for name, data in OPAQUE.items():
            new.writestr(name, data)
    shutil.copyfile(folder / "old.xlsm", folder / "book.xlsm")
    orders = {name: str(folder / "files" / f"{name}.csv") for name in ("Orders",)}
    made = again(folder / "book.xlsm", sources=orders, settings={"cycle_type": "year"})
    return folder / "old.xlsm", folder / "book.xlsm", made


def test_only_owned_pages_differ(rich: tuple[Path, Path, Refresh]) -> None:
    """Of a workbook full of a user's things only the owned pages, their tables and the styles are other bytes."""
    old, new, made = rich
    assert made.written_to == new
    before, after = members(old), members(new)
    assert list(before) == list(after)
    sheets = opened(old, read_only=True).sheetnames
    filled = [page for page in PAGES if page not in (RESTATEMENTS, TRACE, CLOSED)]  # nothing is closed or traced here
    names = [*(page.name for page in filled), "Deliveries", "Start"]  # of the last two, cells that the product owns
    owned = {f"xl/worksheets/sheet{sheets.index(name) + 1}.xml" for name in names}
    tables = {name for name in before if name.startswith("xl/tables/")}
    assert len(tables) == 3  # Detail, Cohorts, Findings
    differing = {name for name in before if before[name] != after[name]}
    with zipfile.ZipFile(old) as z:
        charts = {name for name in before if name.startswith("xl/charts/") and "我的分析" not in z.read(name).decode()}
    (user_chart,) = {name for name in before if name.startswith("xl/charts/")} - charts  # the others stand on Trend
    assert differing - tables - charts - {"xl/styles.xml", "xl/workbook.xml"} == owned
    assert "xl/workbook.xml" not in differing or b"fullCalcOnLoad" in zipfile.ZipFile(new).read("xl/workbook.xml")
    for part in ("vbaProject.bin", user_chart, "image1.png", "pivotTable1.xml", "pivotCacheDefinition1.xml", *OPAQUE):
        (name,) = (name for name in before if name.endswith(part))
        assert before[name] == after[name]


def test_rich_book_is_filled_and_whole(rich: tuple[Path, Path, Refresh]) -> None:
    """The same workbook holds the computed values, and on the Scorecard the user's button, picture and sparkline."""
    old, new, made = rich
    check_pages(new, made, by_calamine)
    sheets = opened(old, read_only=True).sheetnames
    part = f"xl/worksheets/sheet{sheets.index('Scorecard') + 1}.xml"
    with zipfile.ZipFile(old) as one, zipfile.ZipFile(new) as other:
        assert other.testzip() is None
        tails = [z.read(part).decode().partition("</sheetData>")[2] for z in (one, other)]
    ours = re.compile(
        r"""<hyperlinks>(<hyperlink ref="\w+" location="'Detail'!A\d+" tooltip="[^"]+"/>)+</hyperlinks>"""
    )
    assert tails[0] == ours.sub("", tails[1], count=1) != tails[1]
    assert "x14:sparkline" in tails[1]
    assert "<legacyDrawing" in tails[1]
    assert by_calamine(new, "我的分析") == by_calamine(old, "我的分析")


def test_two_machines_write_the_same_bytes(origin: Path, tmp_path: Path) -> None:
    """Another folder, time zone, hash seed and locale give the same workbook, byte for byte."""
    program = (
        "import sys, datetime; from loyalty_xl import refresh;"
        "made = refresh(sys.argv[1], by='x', today=datetime.date(2026, 11, 1)); assert made.written_to"
    )
    environments = [
        {"TZ": "Asia/Shanghai", "PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8"},
        {"TZ": "America/New_York", "PYTHONHASHSEED": "4711", "LC_ALL": "C", "PYTHONUTF8": "1"},
    ]
    books, runs = [], []
    for number_, environment in enumerate(environments):
        folder = tmp_path / f"folder {number_}"
        shutil.copytree(origin, folder)
        books.append(folder / "book.xlsx")
        runs.append(
            subprocess.Popen(
                [sys.executable, "-c", program, str(books[-1])],
                env=os.environ | environment | {"SOURCE_DATE_EPOCH": "1790000000"},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    for run in runs:
        _, said = run.communicate(timeout=120)
        assert run.returncode == 0, said
    assert books[0].read_bytes() == books[1].read_bytes()
    assert books[0].read_bytes() != (origin / "book.xlsx").read_bytes()


def by_libreoffice(book: Path, kind: str, folder: Path) -> Path:
    """Let LibreOffice open a workbook and save it as another kind."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = ["soffice", "--headless", "--norestore", profile, "--convert-to", kind, "--outdir", str(folder)]
    subprocess.run([*command, str(book)], check=True, timeout=120, capture_output=True)
    return folder / f"{book.stem}.{kind}"


@pytest.mark.libreoffice
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_prints_a_refreshed_book(rich: tuple[Path, Path, Refresh], tmp_path: Path) -> None:
    """A real spreadsheet program loads the refreshed workbook with macros, pivot and charts, and prints it."""
    assert by_libreoffice(rich[1], "pdf", tmp_path).read_bytes().startswith(b"%PDF")


@pytest.mark.libreoffice
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_keeps_what_was_computed(book: Path, tmp_path: Path) -> None:
    """A workbook that LibreOffice opened and saved holds the same numbers, and the next refresh reports no typing."""
    saved = by_libreoffice(book, "xlsx", tmp_path)
    made = again(book, dry_run=True)
    check_pages(saved, made, by_calamine)
    check_card(saved, made, by_calamine)
    shutil.copyfile(saved, book)
    assert {"W260", "W274", "E275"}.isdisjoint(codes(again(book, dry_run=True)))


# ---- what is refused


@pytest.mark.parametrize("lock", ["~$book.xlsx", ".~lock.book.xlsx#"])
def test_open_book_is_left_alone(book: Path, lock: str) -> None:
    """A workbook that somebody has open in Excel or LibreOffice is not written: E401, exit 4, same bytes."""
    set_in_book(book, "min_base_rate", 1)
    before = book.read_bytes()
    content = b"\x03Ann" + b" " * 51 if lock.startswith("~") else b"Ann,ann,desk,01.11.2026 10:00,file;"
    book.with_name(lock).write_bytes(content)
    with pytest.raises(WriteError) as refused:
        again(book)
    assert (refused.value.code, refused.value.exit_code) == ("E401", 4)
    assert "Ann" in refused.value.en
    assert book.read_bytes() == before


def test_book_of_a_newer_version_is_refused(book: Path) -> None:
    """A workbook that a newer version has filled is not written by this one."""
    put(book, "Run log", {"C2": "99.1.0"})
    assert by_openpyxl(book, "Run log")[1][:2] == ["run", "version"]
    before = book.read_bytes()
    with pytest.raises(UsageError) as refused:
        again(book)
    assert refused.value.code == "E110"
    assert "99.1.0" in refused.value.zh
    assert book.read_bytes() == before


def test_book_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """A workbook without a Scorecard is none of ours: refused with what to do, and not written."""
    theirs = tmp_path / "theirs.xlsx"
    openpyxl.Workbook().save(theirs)
    before = theirs.read_bytes()
    with pytest.raises(LoyaltyError) as refused:
        again(theirs)
    assert (refused.value.code, refused.value.exit_code) == ("E102", 2)
    assert "loyalty-xl new" in refused.value.en
    assert theirs.read_bytes() == before


def test_missing_pages_are_added(book: Path) -> None:
    """A workbook that lacks Notes and Cohorts gets them, filled, with their headers."""
    held = opened(book)
    del held["Notes"], held["Cohorts"]
    held.save(book)
    made = again(book)
    assert made.written_to == book
    check_pages(book, made, by_openpyxl)
    for page in (NOTES, COHORTS):
        assert by_calamine(book, name_of(page, book))[0] == page.header(made.language)
    assert again(book).up_to_date


# ---- where the sheets are


def values(made: Refresh) -> dict[str, tuple[Any, ...]]:
    """All results, by id."""
    return {
        each.id: (each.value, each.reason, each.numerator, each.denominator, each.n, each.flags)
        for each in made.results
    }


def test_pasted_orders_give_the_same_figures(origin: Path, tmp_path: Path) -> None:
    """Orders pasted into the workbook's own sheet, as numbers and dates, give what the file gives."""
    book = tmp_path / "book.xlsx"
    make_book(book, "en")
    file = origin / "files" / "Orders.csv"
    from_file = again(book, sources={"Orders": str(file)}, settings={"cycle_type": "quarter"}, dry_run=True)
    header, *lines = (line.split(",") for line in file.read_text(encoding="utf-8").split())
    held = opened(book)
    sheet = held["Orders"]
    at = {sheet.cell(1, column).value: column for column in range(1, sheet.max_column + 1)}
    for row, line in enumerate(lines, start=2):
        for name, text in zip(header, line, strict=True):
            cell = sheet.cell(row, at[name])
            if name == "order_date":
                cell.value, cell.number_format = datetime.fromisoformat(text), "yyyy-mm-dd"
            elif name in ("line_no", "quantity", "unit_price", "amount", "discount"):
                cell.value = float(text)
            elif text:
                cell.value = text
    held.save(book)
    pasted = again(book, settings={"cycle_type": "quarter"}, dry_run=True)
    assert values(pasted) == values(from_file)
    assert any(each.value for each in pasted.results)
    assert [(each.code, each.count) for each in pasted.findings] == [
        (each.code, each.count) for each in from_file.findings
    ]
    assert [each.sheet for each in pasted.findings] == ["Orders"] * len(pasted.findings)


@pytest.fixture
def sourced(origin: Path, tmp_path: Path) -> Path:
    """A workbook whose Sources names two files for Orders: first.csv and second.csv, of which the second has a row less."""
    lines = (origin / "files" / "Orders.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "first.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "second.csv").write_text("\n".join(lines[:-1]), encoding="utf-8")
    book = tmp_path / "book.xlsx"
    make_book(book, "en")
    set_in_book(book, "cycle_type", "year")
    put(book, "Sources", {"A2": "Orders", "B2": "first.csv", "A3": "Orders", "B3": "second.csv"})
    return book


def test_two_files_for_one_sheet_are_not_united(sourced: Path) -> None:
    """Two different files for one sheet are named with their rows, the sheet waits, and nothing is written."""
    before = sourced.read_bytes()
    made = again(sourced)
    found = only(made, "E240")
    assert (found.sheet, found.found, found.expected) == ("[second.csv]second", "second.csv", "first.csv")
    detail = dict(found.detail)
    assert (detail["first_rows"], detail["rows"]) == ("31", "30")
    assert made.exit_code == 3
    assert not made.computed
    assert sourced.read_bytes() == before


def test_marked_file_is_the_one_used(sourced: Path) -> None:
    """Once one of two files is marked as not to be used, the other one is read."""
    held = opened(sourced)
    sheet = held["Sources"]
    at = {sheet.cell(1, column).value: column for column in range(1, sheet.max_column + 1)}
    sheet.cell(2, at["use"]).value = "no"
    held.save(sourced)
    made = again(sourced)
    assert "E240" not in codes(made)
    assert made.sheets["Orders"].file == "second.csv"
    assert made.sheets["Orders"].rows_read == 30


def test_same_file_twice_is_read_once(sourced: Path) -> None:
    """Two names of the same bytes are one delivery."""
    shutil.copyfile(sourced.with_name("first.csv"), sourced.with_name("second.csv"))
    made = again(sourced, dry_run=True)
    assert "E240" not in codes(made)
    assert made.sheets["Orders"].rows_read == 31
    assert made.computed


def test_a_missing_value_in_detail_is_not_available(small: Refresh) -> None:
    """Detail holds the error #N/A where a result has no value: a formula that looks it up gets that, never 0."""
    missing = [each for each in small.results if each.value is None]
    assert missing
    rows = {row[0]: row for row in opened(small.book, data_only=True)["Detail"].iter_rows(min_row=2, values_only=True)}
    place = [column.key for column in DETAIL.columns].index("value")
    for each in small.results:
        assert (rows[each.id][place] == "#N/A") == (each.value is None), each.id
    raw = reading.read(small.book, ["Detail"])["Detail"].columns[place + 1]
    assert (raw.kind == Kind.ERROR).sum() == len(missing)
