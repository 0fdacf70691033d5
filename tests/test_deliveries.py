"""Deliveries as a workbook goes through its months: what came, what is awaited, which of two files counts, what was confirmed."""

from __future__ import annotations

import shutil
import subprocess
import warnings
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from loyalty_xl import refresh
from loyalty_xl.books.patch import Patch
from loyalty_xl.contracts.control_month_end import DELIVERIES
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import Refresh
from loyalty_xl.publish.contents import document
from loyalty_xl.publish.deliveries import received_text
from loyalty_xl.talk import check_text
from loyalty_xl.vocabulary import Finding, Reason
from tests.conftest import TODAY

COLUMN = {name: number for number, name in enumerate(DELIVERIES.names, start=1)}
Held = dict[tuple[str, str, str], dict[str, Any]]  # rows of the page by sheet, period and file


def days_of(month: str) -> list[date]:
    """Every day of a month."""
    first = date.fromisoformat(f"{month}-01")
    return [day for at in range(31) if (day := first + timedelta(at)).month == first.month]


def orders(file: Path, month: str, amount: int = 10, mark: str = "") -> None:
    """An order a day."""
    rows = [f"O{mark}{day},C{at % 7},{day},{amount + at}" for at, day in enumerate(days_of(month))]
    file.write_text("\n".join(["order_id,customer_id,order_date,amount", *rows]) + "\n", encoding="utf-8")


def complaints(file: Path, month: str) -> None:
    """A complaint a day."""
    rows = [f"K{day},C{at % 7},{day}" for at, day in enumerate(days_of(month))]
    file.write_text("\n".join(["complaint_id,customer_id,received_on", *rows]) + "\n", encoding="utf-8")


def put(book: Path, sheet: str, cells: dict[tuple[int, int], Any]) -> None:
    """Type into a workbook."""
    patch = Patch(book)
    for (row, column), value in cells.items():
        patch.put(sheet, row, column, value)
    patch.save(book.with_name("typed.xlsx"))
    book.with_name("typed.xlsx").replace(book)


def rows_of(book: Path) -> Held:
    """What stands on Deliveries."""
    name = next(each for each in CalamineWorkbook.from_path(str(book)).sheet_names if each.startswith("Deliv"))
    held = CalamineWorkbook.from_path(str(book)).get_sheet_by_name(name).to_python()
    made: Held = {}
    for number, cells in enumerate(held[1:], start=2):
        row = dict(zip(DELIVERIES.names, cells, strict=True)) | {"row": number}
        made[row["sheet"], row["period"], row["file"]] = row
    return made


def start(book: Path) -> str:
    """The sentence on Start."""
    return str(CalamineWorkbook.from_path(str(book)).get_sheet_by_name("Start").to_python(skip_empty_area=False)[1][1])


def run(book: Path, **more: Any) -> Refresh:
    """Refresh a workbook."""
    return refresh(book, today=TODAY, by="test", recalculate=False, **more)


def only(made: Refresh, code: str) -> Finding:
    """The one finding of a code."""
    (found,) = [each for each in made.findings if each.code == code]
    return found


def reason(made: Refresh, kpi: str, period: str) -> tuple[float | None, Reason | None]:
    """Value and reason of a KPI."""
    (found,) = [each for each in made.results if each.id == f"{kpi}|{period}|All"]
    return found.value, found.reason


@dataclass(frozen=True)
class Stage:
    """A workbook after one refresh."""

    made: Refresh
    held: Held
    start: str
    bytes: bytes

    @property
    def codes(self) -> set[str]:
        """Codes of its findings."""
        return {each.code for each in self.made.findings}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of orders for June and July and of complaints for June, and a workbook that names them."""
    folder = tmp_path_factory.mktemp("deliveries")
    for name in ("orders", "complaints"):
        (folder / name).mkdir()
    orders(folder / "orders" / "06.csv", "2026-06")
    orders(folder / "orders" / "07.csv", "2026-07")
    complaints(folder / "complaints" / "06.csv", "2026-06")
    make_book(folder / "book.xlsx", "en")
    put(
        folder / "book.xlsx",
        "Sources",
        {(2, 1): "Orders", (2, 2): "orders", (3, 1): "Complaints", (3, 2): "complaints"},
    )
    return folder


@pytest.fixture(scope="module")
def story(folder: Path) -> dict[str, Stage]:
    """The same workbook, month by month; each stage is one refresh."""
    book, told = folder / "book.xlsx", {}
    july = "Orders", "2026-07", "07.csv"

    def stage(name: str, day: int, **more: Any) -> None:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("SOURCE_DATE_EPOCH", str(1_785_715_200 + 86_400 * (day - 3)))  # a day of August 2026
            made = run(book, **more)
        told[name] = Stage(made, rows_of(book), start(book), book.read_bytes())

    def write(place: tuple[str, str, str], **cells: Any) -> None:
        row = rows_of(book)[place]["row"]
        put(book, "Deliveries", {(row, COLUMN[name]): value for name, value in cells.items()})

    stage("late", 3)
    stage("again", 4)
    write(("Complaints", "2026-07", ""), status="nil", due=date(2026, 8, 5))
    write(july, confirmed_by="王芳", confirmed_on=date(2026, 8, 4))
    stage("nil", 5)
    orders(folder / "orders" / "07.csv", "2026-07", amount=11)
    complaints(folder / "complaints" / "07.csv", "2026-07")
    stage("changed", 6, language="zh")
    (folder / "complaints" / "07.csv").unlink()
    complaints(folder / "complaints" / "08.csv", "2026-08")
    orders(folder / "orders" / "08.csv", "2026-08")
    orders(folder / "orders" / "07 v2.csv", "2026-07", amount=20)
    write(("Complaints", "2026-07", "07.csv"), status=None, hash=None, rows=None)
    write(july, confirmed_on=date(2026, 8, 7))
    stage("twice", 7)
    write(("Orders", "2026-07", "07 v2.csv"), use="yes")
    write(("Complaints", "2026-07", "07.csv"), status="awaited", file=None)
    stage("marked", 8)
    stage("same", 9)
    (folder / "orders" / "07.csv").unlink()
    told["gone"] = Stage(run(book, dry_run=True), {}, "", b"")
    return told


def test_late_sheet_is_told_by_name(story: dict[str, Stage]) -> None:
    """A sheet that did not come is awaited, its KPIs are not received and never 0, and Start, check and JSON say which lines wait."""
    late = story["late"]
    wanted = "2026-07: 1 of 2 received; Customer service · Complaints missing: 2 Scorecard lines wait"
    assert reason(late.made, "complaint_rate", "2026-07") == (None, Reason.NOT_RECEIVED)
    assert late.start == wanted
    assert wanted in check_text(late.made, "en")
    assert "缺 客户服务部 · 投诉(记分卡上 2 行在等)" in str(received_text(late.made, "zh"))
    told = document(late.made)["deliveries"]
    assert (told["received"], told["expected"], told["says"]) == (1, 2, wanted)
    assert told["missing"] == [{"sheet": "Complaints", "dept": "service", "lines": 2}]
    awaited = late.held["Complaints", "2026-07", ""]
    assert (awaited["dept"], awaited["rows"], awaited["status"]) == ("Customer service", 0, "awaited")


def test_what_came_stands_on_the_page(story: dict[str, Stage]) -> None:
    """Rows, money, dates and the day on which it was first read stand beside a file; a later run leaves them."""
    came = story["late"].held["Orders", "2026-07", "07.csv"]
    assert len(came.pop("hash")) == 12
    assert {name: value for name, value in came.items() if value != "" and name != "row"} == {
        "dept": "Data analytics",
        "sheet": "Orders",
        "period": "2026-07",
        "file": "07.csv",
        "rows": 31,
        "amount": 775,
        "first_date": date(2026, 7, 1),
        "last_date": date(2026, 7, 31),
        "received": date(2026, 8, 3),
        "status": "received",
    }
    assert story["nil"].held["Orders", "2026-07", "07.csv"]["received"] == date(2026, 8, 3)


def test_second_refresh_writes_nothing(story: dict[str, Stage]) -> None:
    """What the product filled in is no change: the same bytes, whatever day it is; what people type is one."""
    assert story["again"].made.up_to_date
    assert story["again"].bytes == story["late"].bytes
    assert not story["nil"].made.up_to_date
    assert story["same"].made.up_to_date
    assert story["same"].bytes == story["marked"].bytes


def test_nil_covers_the_period(story: dict[str, Stage]) -> None:
    """Nil makes the period 0 and the sheet received, and stays; where rows come after all, they count and that is told."""
    assert reason(story["nil"].made, "complaint_rate", "2026-07") == (0.0, None)
    assert story["nil"].start == "2026-07: 2 of 2 received"
    changed = story["changed"]
    row = story["nil"].held["Complaints", "2026-07", ""]["row"]
    told = only(changed.made, "W389")
    assert (told.sheet, told.cells, told.found) == ("Deliveries", (f"L{row}",), "31")
    value, why = reason(changed.made, "complaint_rate", "2026-07")
    assert value is not None
    assert value > 0
    assert why is None
    came = changed.held["Complaints", "2026-07", "07.csv"]  # what was awaited came, in its row
    assert (came["row"], came["status"], came["received"]) == (row, "nil", date(2026, 8, 6))


def test_confirmation_holds_until_the_content_changes(story: dict[str, Stage]) -> None:
    """A confirmed delivery is accepted; when its rows change it is not, with one finding, until it is confirmed again."""
    place = "Orders", "2026-07", "07.csv"
    accepted = story["nil"].held[place]
    assert accepted["status"] == "accepted"
    assert "W387" not in story["nil"].codes
    changed = story["changed"]
    told = only(changed.made, "W387")
    assert (told.cells, told.found) == ((f"N{accepted['row']}",), "王芳")
    assert dict(told.detail)["amount"] == "775.00 → 806.00"
    assert changed.held[place]["received"] == date(2026, 8, 6)
    assert "W387" not in story["twice"].codes


def test_language_switch_keeps_what_people_typed(story: dict[str, Stage]) -> None:
    """In another language the product's words change, and are read back; what people typed stays as it is."""
    held = story["changed"].held
    came = held["Orders", "2026-07", "07.csv"]
    assert (came["status"], came["dept"], came["confirmed_by"]) == ("已收", "数据分析部", "王芳")
    assert held["Complaints", "2026-07", "07.csv"]["status"] == "nil"
    assert held["Complaints", "2026-07", "07.csv"]["due"] == date(2026, 8, 5)
    assert story["twice"].held["Orders", "2026-07", "07.csv"]["dept"] == "Data analytics"
    assert story["changed"].start == "2026-07:应收 2 张表,已收 2 张"


def test_a_month_that_never_came_is_asked_about(story: dict[str, Stage]) -> None:
    """Later rows make an empty month count as 0, with one finding; `awaited` typed by a person makes it not received."""
    told = only(story["twice"].made, "W385")
    assert (told.found, told.expected) == ("Complaints", "2026-07")
    assert dict(told.detail) == {"last": "2026-06-30", "next": "2026-08-01"}
    assert story["twice"].held["Complaints", "2026-07", "07.csv"]["status"] == ""
    marked = story["marked"]
    assert "W385" not in marked.codes
    assert reason(marked.made, "complaint_rate", "2026-07") == (None, Reason.NOT_RECEIVED)
    assert marked.held["Complaints", "2026-07", ""]["status"] == "awaited"


def test_overlapping_files_until_one_is_marked(story: dict[str, Stage]) -> None:
    """Two files for a month: E240, both with errors; once one is marked, its totals are those of the month and the difference is told."""
    twice, marked = story["twice"], story["marked"]
    told = dict(only(twice.made, "E240").detail)
    assert (told["first_amount"], told["amount"], told["months"]) == ("1,085.00", "806.00", "2026-07")
    files = ("07.csv", "07 v2.csv")
    assert [twice.held["Orders", "2026-07", file]["status"] for file in files] == ["has errors"] * 2
    assert "E240" not in marked.codes
    told_of = only(marked.made, "W386")
    assert (told_of.found, told_of.expected) == files
    assert dict(told_of.detail)["amount"] == "806.00 → 1,085.00"
    (july,) = [each for each in marked.made.received.rows if each.key == "Orders|2026-07|07 v2.csv"]
    assert july.sums == (31, 10_850_000)
    assert reason(marked.made, "average_order_value", "2026-07") == (35.0, None)
    assert [marked.held["Orders", "2026-07", file]["status"] for file in files] == ["replaced", "received"]


def test_replaced_file_is_remembered_when_it_is_gone(story: dict[str, Stage]) -> None:
    """A replaced file that is taken away stays on the page with its figures, and what changed is still told."""
    made = story["gone"].made
    assert dict(only(made, "W386").detail)["amount"] == "806.00 → 1,085.00"
    assert [each.status for each in made.received.rows if each.file == "07.csv" and each.contract.name == "Orders"] == [
        "replaced"
    ]


def test_next_month_is_due_as_this_one(story: dict[str, Stage]) -> None:
    """A new period's row is due as long after its period as the row before was."""
    assert story["twice"].held["Complaints", "2026-08", "08.csv"]["due"] == date(2026, 9, 5)


def test_an_older_book_gets_the_page(folder: Path, story: dict[str, Stage], tmp_path: Path) -> None:
    """A workbook without the page gets it, visible, with headers that are read back."""
    shutil.copytree(folder, tmp_path / "own", ignore=shutil.ignore_patterns(".loyalty_backups"))
    book = tmp_path / "own" / "book.xlsx"
    book.write_bytes(story["late"].bytes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of what it would lose
        held = openpyxl.load_workbook(book)
        del held["Deliveries"]
        held.save(book)
    run(book)
    assert rows_of(book)["Complaints", "2026-08", "08.csv"]["status"] == "received"
    made = run(book, dry_run=True)
    assert made.up_to_date
    assert made.inputs.raw_control["Deliveries"].state == "visible"


@pytest.mark.libreoffice
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_keeps_deliveries(folder: Path, story: dict[str, Stage], tmp_path: Path) -> None:
    """After LibreOffice saved the workbook, the page says what it said, and nothing on it is to be written."""
    book = tmp_path / "book.xlsx"
    book.write_bytes(story["marked"].bytes)
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", "--headless", "--norestore", profile, "--convert-to", "xlsx", "--outdir", str(tmp_path / "out")]  # fmt: skip
    subprocess.run([*command, str(book)], check=True, timeout=120, capture_output=True)
    assert rows_of(tmp_path / "out" / "book.xlsx") == story["marked"].held
