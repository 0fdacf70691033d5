"""Several files for one sheet: united where they follow each other, kept apart where they overlap (rule 27)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from loyalty_xl import refresh
from loyalty_xl.books.patch import Patch
from loyalty_xl.contracts import everything
from loyalty_xl.findings import address, sentence
from loyalty_xl.inputs import gather
from loyalty_xl.library import load
from loyalty_xl.newbook import make_book
from loyalty_xl.pipeline import check, finished
from loyalty_xl.vocabulary import Finding, Reason
from tests.conftest import TODAY

HEADER = "order_id,line_no,customer_id,order_date,product_id,quantity,amount,currency,order_type"
SOURCES = next(each for each in everything() if each.name == "Sources")


def lines(month: str, count: int = 20, first: int = 1, amount: float = 10.0) -> list[str]:
    """Order lines of one month."""
    return [
        f"O{month}-{at},1,C{at % 7},{month}-{at % 28 + 1:02d},P1,1,{amount + at},CNY,sale"
        for at in range(first, first + count)
    ]


def write(path: Path, rows: list[str], header: str = HEADER) -> Path:
    """A text file of rows."""
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def blank_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty scorecard."""
    book = tmp_path_factory.mktemp("blank") / "book.xlsx"
    make_book(book, "en")
    return book


Run = Callable[..., Any]  # a Refresh, or inputs, sheets and findings of one that stops after checking


@pytest.fixture
def run(tmp_path: Path, blank_book: Path) -> Run:
    """Read and check for a book whose Sources has these rows: run({"file": "orders"}, {"file": ..., "use": "no"}).

    With `whole` it is refreshed.
    """

    def refreshed(
        *rows: dict[str, str], whole: bool = False, dry_run: bool = True, book: Path = blank_book, **options: Any
    ) -> Any:
        patch, book = Patch(book), tmp_path / "book.xlsx"
        for number, row in enumerate(rows, 2):
            for column, field in enumerate(SOURCES.fields, 1):
                if value := ({"sheet": "Orders"} | row).get(field.name):
                    patch.put("Sources", number, column, value)
        patch.save(book)
        if whole:
            return refresh(book, today=TODAY, by="test", dry_run=dry_run, **options)
        inputs = gather(book, today=TODAY, **options)
        sheets, findings = check(inputs, TODAY)
        return SimpleNamespace(inputs=inputs, sheets=sheets, findings=finished(findings, inputs, load().values()))

    return refreshed


def codes(made: Any) -> list[str]:
    """Codes of what concerns files."""
    wanted = {"E240", "W238", "W239", "W276", "W110"}
    return sorted(each.code for each in made.findings if each.code in wanted or each.code.startswith("E1"))


def only(made: Any, code: str) -> Finding:
    """The one finding of a code."""
    found = [each for each in made.findings if each.code == code]
    assert len(found) == 1, found
    return found[0]


def same_rows(one: Any, other: Any) -> bool:
    """Whether Orders holds the same lines, in whatever order."""
    frames = [
        made.sheets["Orders"].frame.sort_values(["order_date", "order_id"]).reset_index(drop=True)
        for made in (one, other)
    ]
    pd.testing.assert_frame_equal(*frames, check_categorical=False)
    return True


def test_a_folder_is_one_sheet(tmp_path: Path, run: Run) -> None:
    """Monthly files of a folder give what one file of all their rows gives; owner and hidden files are not looked at."""
    months = ["2026-01", "2026-02", "2026-03"]
    for month in months:
        write(tmp_path / "orders" / f"o{month}.csv", lines(month))
    (tmp_path / "orders" / "~$o2026-01.csv").write_bytes(b"x")
    (tmp_path / "orders" / ".hidden.csv").write_text("x")
    (tmp_path / "orders" / "deeper").mkdir()
    write(tmp_path / "all.csv", [line for month in months for line in lines(month)])
    one, many = run({"file": "all.csv"}, whole=True), run({"file": "orders"}, whole=True)
    assert len(one.results) > 50
    assert [(each.id, each.value) for each in many.results] == [(each.id, each.value) for each in one.results]
    for pattern in (
        "orders",
        "orders/*.csv",
        "orders/o2026-0[123].csv",
        str(tmp_path / "orders" / "*.csv"),
        "**/o*.csv",
    ):
        many = run({"file": pattern})
        assert codes(many) == codes(one) == []
        assert same_rows(many, one)
    frame = many.sheets["Orders"].frame
    assert frame.index.is_unique
    assert many.sheets["Orders"].rows_read == 60
    pd.testing.assert_frame_equal(many.sheets["Orders"].counts, one.sheets["Orders"].counts, check_dtype=False)


def test_order_of_files_does_not_matter(tmp_path: Path, run: Run) -> None:
    """Rows of Sources in any order, and files under other names, give the same values."""
    names = {"2026-01": "a", "2026-02": "b", "2026-03": "c"}
    for month, name in names.items():
        write(tmp_path / f"{name}.csv", lines(month))
    write(tmp_path / "swapped" / "z.csv", lines("2026-01"))
    write(tmp_path / "swapped" / "y.csv", lines("2026-02"))
    write(tmp_path / "swapped" / "x.csv", lines("2026-03"))
    forward = run(*({"file": f"{name}.csv"} for name in "abc"))
    back = run(*({"file": f"{name}.csv"} for name in "cba"))
    pd.testing.assert_frame_equal(forward.sheets["Orders"].frame, back.sheets["Orders"].frame)
    assert forward.sheets["Orders"].parts == back.sheets["Orders"].parts
    swapped = run({"file": "swapped"})
    assert same_rows(swapped, forward)
    pd.testing.assert_frame_equal(swapped.sheets["Orders"].counts, forward.sheets["Orders"].counts)


def test_findings_name_the_file(tmp_path: Path, run: Run) -> None:
    """What is wrong in a cell, and what is wrong between sheets, is told with the right file, row and column."""
    write(tmp_path / "orders" / "jan.csv", [*lines("2026-01"), "OX,1,C1,2026-01-31,P1,many,5,CNY,sale"])
    other = "order_date,order_id,line_no,customer_id,product_id,quantity,amount,currency,order_type,original_order_id"
    rows = [
        "2026-02-03,R1,1,C1,P1,-1,-4,CNY,refund,O2026-01-1",
        "2026-02-04,R2,1,C1,P1,-1,-4,CNY,refund,NOBODY",
        "2026-02-05,S1,1,C9,P1,1,40,USD,sale,",
    ]
    write(tmp_path / "orders" / "feb.csv", rows, other)
    write(tmp_path / "customers.csv", [f"C{at},name" for at in range(7)], "customer_id,name")
    made = run({"file": "orders"}, {"sheet": "Customers", "file": "customers.csv"})
    assert codes(made) == []
    assert address(only(made, "E203")) == "[jan.csv]jan!F22"
    assert address(only(made, "E246")) == "[feb.csv]feb!J3"
    assert address(only(made, "E273")) == "[feb.csv]feb!H4"
    assert address(only(made, "W241")) == "[feb.csv]feb!D4"
    assert only(made, "E246").frees > 0
    assert set(made.sheets["Orders"].parts[0].sent) > {"order_id", "original_order_id"}


def test_what_each_file_left_out_is_added_up(tmp_path: Path, run: Run) -> None:
    """Rows that the check of a file took out are out of the united sheet, and counted there by reason and month."""
    for month in ("2026-01", "2026-02"):
        bad = f"X{month},1,C1,{month}-31x,P1,1,5,CNY,sale"
        write(tmp_path / "orders" / f"{month}.csv", [*lines(month), lines(month)[0], bad])
    made = run({"file": "orders"})
    sheet = made.sheets["Orders"]
    assert codes(made) == []
    assert sheet.left_out == {"repeated": 2, "error": 2}
    assert (sheet.rows_read, len(sheet.frame)) == (44, 40)
    assert sheet.rejected[["month", "rows"]].drop_duplicates().to_numpy().tolist() == [
        [2026 * 12, 1],
        [2026 * 12 + 1, 1],
    ]


def test_a_warning_in_two_files(tmp_path: Path, run: Run) -> None:
    """A warning about cells of two files is two findings, each with its own count and addresses."""
    write(tmp_path / "orders" / "jan.csv", lines("2026-01", 5))
    write(tmp_path / "orders" / "feb.csv", lines("2026-02", 9))
    write(tmp_path / "customers.csv", ["C1,name"], "customer_id,name")
    made = run({"file": "orders"}, {"sheet": "Customers", "file": "customers.csv"})
    found = {each.sheet: (each.count, each.cells[0]) for each in made.findings if each.code == "W241"}
    assert found == {"[feb.csv]feb": (7, "C3"), "[jan.csv]jan": (4, "C3")}


def test_overlapping_month(tmp_path: Path, run: Run) -> None:
    """Files that share a month are told with rows and amounts; that month waits, the others are computed."""
    write(tmp_path / "orders" / "a.csv", [*lines("2026-01"), *lines("2026-02", 10)])
    write(tmp_path / "orders" / "b.csv", [*lines("2026-02", 12, first=100), *lines("2026-03")])
    made = run({"file": "orders"}, period="2026-03", whole=True)
    finding = only(made, "E240")
    detail = dict(finding.detail)
    assert (finding.expected, finding.found) == ("a.csv", "b.csv")
    assert (detail["first_rows"], detail["rows"], detail["months"]) == ("10", "12", "2026-02")
    assert (detail["first_amount"], detail["amount"]) == ("155.00", "1,386.00")
    assert address(finding) == "[b.csv]b!D2"
    assert "2026-02" in sentence(finding, "zh")
    assert "those months wait" in sentence(finding, "en")
    sheet = made.sheets["Orders"]
    assert sheet.left_out["overlap"] == 22
    assert sheet.rejected[["month", "rows"]].to_numpy().tolist() == [[2026 * 12 + 1, 22]]
    assert sorted(sheet.frame["order_date"].dt.month.unique()) == [1, 3]
    found = {each.period.label: each for each in made.results if each.kpi == "average_order_value" and each.segment_dim == "all" and each.period.cycle == "month"}  # fmt: skip
    assert found["2026-02"].reason is Reason.BLOCKED
    assert found["2026-01"].value == pytest.approx(20.5)
    assert found["2026-03"].value == pytest.approx(20.5)


def test_marking_one_with_use(tmp_path: Path, run: Run) -> None:
    """A row with use = no for one of two files settles it, in a folder and in a list."""
    write(tmp_path / "orders" / "march.csv", lines("2026-03", 10))
    write(tmp_path / "orders" / "march corrected.csv", lines("2026-03", 12))
    assert codes(run({"file": "orders"})) == ["E240"]
    for rows in (
        [{"file": "orders"}, {"file": "orders/march.csv", "use": "no"}],
        [{"file": "orders/march.csv", "use": "no"}, {"file": "orders/march corrected.csv", "use": "yes"}],
        [{"file": "orders/*.csv", "use": "yes"}, {"file": "orders/march.*", "use": "no"}],
    ):
        made = run(*rows)
        assert codes(made) == []
        assert made.sheets["Orders"].rows_read == 12
        assert made.sheets["Orders"].file == "march corrected.csv"


def test_shared_key(tmp_path: Path, run: Run) -> None:
    """A key that two files give in different months makes the months of both its rows wait, and no other."""
    write(tmp_path / "a.csv", [*lines("2026-01"), "SAME,1,C1,2026-02-03,P1,1,7,CNY,sale"])
    write(tmp_path / "b.csv", [*lines("2026-03"), "SAME,1,C1,2026-04-03,P1,1,7,CNY,sale"])
    made = run({"file": "a.csv"}, {"file": "b.csv"})
    detail = dict(only(made, "E240").detail)
    assert (detail["keys"], detail["months"]) == ("1", "2026-02, 2026-04")
    assert sorted(made.sheets["Orders"].frame["order_date"].dt.month.unique()) == [1, 3]
    assert "SAME" not in set(made.sheets["Orders"].frame["order_id"])


def test_sheet_without_periods(tmp_path: Path, run: Run) -> None:
    """Customer files without a common id are united; with one the whole sheet waits, since no period tells what overlaps."""
    write(tmp_path / "orders.csv", lines("2026-01"))
    write(tmp_path / "c" / "a.csv", ["C1,A", "C2,B"], "customer_id,name")
    write(tmp_path / "c" / "b.csv", ["C3,C", "C4,D"], "customer_id,name")
    rows = [{"file": "orders.csv"}, {"sheet": "Customers", "file": "c"}]
    made = run(*rows)
    assert codes(made) == []
    assert list(made.sheets["Customers"].frame["customer_id"]) == ["C1", "C2", "C3", "C4"]
    write(tmp_path / "c" / "b.csv", ["C2,C", "C4,D"], "customer_id,name")
    made = run(*rows)
    finding = only(made, "E240")
    assert address(finding) == "[b.csv]b!A2"
    assert "the whole sheet waits" in sentence(finding, "en")
    assert made.sheets["Customers"].blocked


def test_period_labels(tmp_path: Path, run: Run) -> None:
    """A cost file by quarter overlaps one of a month inside it, also where the labels differ."""
    write(tmp_path / "orders.csv", lines("2026-01"))
    header = "period,cost,cost_type"
    write(tmp_path / "q.csv", ["2026-Q1,300,acquisition", "2026-Q2,300,acquisition"], header)
    write(tmp_path / "m.csv", ["2026-05,90,acquisition"], header)
    made = run({"file": "orders.csv"}, {"sheet": "SalesCosts", "file": "?.csv"})
    assert dict(only(made, "E240").detail)["months"] == "2026-05"
    assert list(made.sheets["SalesCosts"].frame["period"]) == ["2026-Q1"]
    assert made.sheets["SalesCosts"].rejected["month"].min() == 2026 * 12 + 3


def test_same_content_is_used_once(tmp_path: Path, run: Run) -> None:
    """A copy of a file, even saved in another way, is used once and noted."""
    path = write(tmp_path / "orders" / "march.csv", lines("2026-03"))
    shutil.copy(path, tmp_path / "orders" / "march (1).csv")
    (tmp_path / "orders" / "march crlf.csv").write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    write(tmp_path / "orders" / "april.csv", lines("2026-04"))
    made = run({"file": "orders"})
    assert codes(made) == ["W238", "W238"]
    assert made.sheets["Orders"].rows_read == 40
    assert len(made.sheets["Orders"].frame) == 40


def test_a_missing_month(tmp_path: Path, run: Run) -> None:
    """A month between the files that no file holds is named; a declared end does not reach over it."""
    write(tmp_path / "a.csv", lines("2026-01"))
    write(tmp_path / "c.csv", lines("2026-03"))
    made = run({"file": "a.csv", "covers_to": "2026-02-01"}, {"file": "c.csv", "covers_to": "2026-04-01"})
    assert only(made, "W239").found == "2026-02"
    assert made.sheets["Orders"].covers_to == "2026-02-01"
    write(tmp_path / "b.csv", lines("2026-02"))
    rows = [{"file": f"{name}.csv", "covers_to": f"2026-0{month}-01"} for name, month in zip("abc", (2, 3, 4), strict=True)]  # fmt: skip
    made = run(*rows)
    assert codes(made) == []
    assert made.sheets["Orders"].covers_to == "2026-04-01"


def test_one_bad_file(tmp_path: Path, run: Run) -> None:
    """A file that cannot be read, or lacks a column, stops the sheet: nobody knows what it holds."""
    write(tmp_path / "orders" / "a.csv", lines("2026-01"))
    write(tmp_path / "orders" / "b.csv", ["x,1"], "name,number")
    made = run({"file": "orders"})
    assert made.sheets["Orders"].blocked
    assert any(each.code == "E206" and each.sheet == "[b.csv]b" for each in made.findings)
    (tmp_path / "orders" / "b.csv").write_bytes(b"")
    made = run({"file": "orders"})
    assert codes(made) == ["E101"]
    assert only(made, "E101").sheet == "[b.csv]"
    assert "Orders" in made.inputs.stopped


def test_nothing_there(tmp_path: Path, run: Run) -> None:
    """A folder without files and a pattern that nothing fits are E112; files of other kinds in a folder are noted."""
    (tmp_path / "orders").mkdir()
    assert codes(run({"file": "orders"})) == ["E112"]
    assert codes(run({"file": "orders/*.csv"})) == ["E112"]
    (tmp_path / "orders" / "march.zip").write_bytes(b"PK")
    write(tmp_path / "orders" / "april.csv", lines("2026-04"))
    made = run({"file": "orders"})
    assert codes(made) == ["W276"]
    assert only(made, "W276").found == "march.zip"


def test_odd_paths(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop of links is E112, a folder that may not be looked into E111; neither is a traceback."""
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert codes(run({"file": "loop.csv"})) == ["E112"]
    (tmp_path / "orders").mkdir()

    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "iterdir", refuse)
        assert codes(run({"file": "orders"})) == ["E111", "E112"]


def test_the_workbook_and_a_file(tmp_path: Path, run: Run, blank_book: Path) -> None:
    """A row without a file means the workbook's own sheet, which is united with files like any other."""
    write(tmp_path / "feb.csv", lines("2026-02"))
    rows = [{"file": ""}, {"file": "feb.csv"}]
    made = run(*rows)
    assert codes(made) == []
    assert len(made.sheets["Orders"].frame) == 20
    patch = Patch(blank_book)
    orders = next(each for each in everything() if each.name == "Orders")
    (line,) = lines("2026-01", 1)
    for column, field in enumerate(orders.fields, 1):
        if field.name in HEADER.split(","):
            patch.put("Orders", 2, column, line.split(",")[HEADER.split(",").index(field.name)])
    filled = tmp_path / "filled.xlsx"
    patch.save(filled)
    made = run(*rows, book=filled)
    assert codes(made) == []
    assert [part.title for part in made.sheets["Orders"].parts] == ["Orders", "[feb.csv]feb"]
    assert len(made.sheets["Orders"].frame) == 21


def test_names_with_brackets(tmp_path: Path, run: Run) -> None:
    """A file whose name looks like a pattern is that file; one in a folder of that kind is found, too."""
    write(tmp_path / "orders[1].csv", lines("2026-01"))
    assert run({"file": "orders[1].csv"}).sheets["Orders"].rows_read == 20
    write(tmp_path / "a" / "orders.csv", lines("2026-01"))
    write(tmp_path / "b" / "orders.csv", lines("2026-02"))
    made = run({"file": "a/orders.csv"}, {"file": "b/*.csv"})
    assert [source.title for source in made.inputs.sources["Orders"]] == [
        "[a/orders.csv]orders",
        "[b/orders.csv]orders",
    ]


def test_a_row_for_a_file_of_the_folder(tmp_path: Path, run: Run) -> None:
    """A file that has a row of its own is read as that row says, and not again for its folder."""
    write(tmp_path / "orders" / "jan.csv", lines("2026-01"))
    rows = [line.replace("2026-02-03", "03/02/2026") for line in lines("2026-02", 5)]
    write(tmp_path / "orders" / "feb.csv", rows)
    made = run({"file": "orders"}, {"file": "orders/feb.csv", "date_order": "dmy"})
    assert codes(made) == []
    assert len(made.sheets["Orders"].frame) == 25


def test_two_worksheets_of_one_file(tmp_path: Path, run: Run) -> None:
    """Two worksheets of one workbook are two files' worth: both are used."""
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "orders.xlsx") as book:
        for month in ("2026-01", "2026-02"):
            sheet = book.add_worksheet(month)
            for at, line in enumerate([HEADER, *lines(month)]):
                sheet.write_row(at, 0, line.split(","))
    rows = [{"file": "orders.xlsx", "worksheet": month} for month in ("2026-01", "2026-02")]
    made = run(*rows)
    assert codes(made) == []
    assert [part.title for part in made.sheets["Orders"].parts] == ["[orders.xlsx]2026-01", "[orders.xlsx]2026-02"]
    assert len(made.sheets["Orders"].frame) == 40


def test_run_log_lists_every_file(tmp_path: Path, run: Run) -> None:
    """The run log has each file with its hash, and its rows; a second run with the same files is up to date."""
    for month in ("2026-01", "2026-02"):
        write(tmp_path / "orders" / f"{month}.csv", lines(month))
    made = run({"file": "orders"}, whole=True, dry_run=False)
    files = [entry for entry in made.run_log if entry[:2] == ("source", "Orders")]
    assert [entry[2] for entry in files] == ["[2026-01.csv]2026-01", "[2026-02.csv]2026-02"]
    assert all(len(entry[3]) == 64 for entry in files)
    rows = [entry for entry in made.run_log if entry[0] == "rows"]
    assert rows == [
        ("rows", "Orders", "40", "kept 40"),
        ("rows", "[2026-01.csv]2026-01", "20", "checked 20"),
        ("rows", "[2026-02.csv]2026-02", "20", "checked 20"),
    ]
    again = refresh(tmp_path / "book.xlsx", today=TODAY, by="test")
    assert again.up_to_date
    write(tmp_path / "orders" / "2026-02.csv", lines("2026-02", 21))
    assert gather(tmp_path / "book.xlsx", today=TODAY).digest != again.inputs.digest


def test_from_the_command(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """--source takes a folder or pattern, too, relative to where the command runs."""
    for month in ("2026-01", "2026-02"):
        write(tmp_path / "here" / "orders" / f"{month}.csv", lines(month))
    monkeypatch.chdir(tmp_path / "here")
    made = run(sources={"Orders": "orders/*.csv"})
    assert codes(made) == []
    assert made.sheets["Orders"].rows_read == 40


def test_parquet_beside_text(tmp_path: Path, run: Run) -> None:
    """A Parquet file is united with a text file, typed alike, and is no old format."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    write(tmp_path / "orders" / "a.csv", lines("2026-01"))
    cells = [line.split(",") for line in lines("2026-02")]
    table = pa.table({name: [row[at] for row in cells] for at, name in enumerate(HEADER.split(","))})
    day = pa.array(np.array([row[3] for row in cells], "datetime64[D]"))
    (at,) = [number for number, name in enumerate(table.column_names) if name == "order_date"]
    table = table.set_column(at, "order_date", day)
    pq.write_table(table, tmp_path / "orders" / "b.parquet")
    made = run({"file": "orders"})
    assert codes(made) == []
    assert len(made.sheets["Orders"].frame) == 40
    frame = made.sheets["Orders"].frame
    assert frame["order_date"].dt.month.value_counts().to_dict() == {1: 20, 2: 20}
    assert frame["amount"].sum() == 2 * sum(10 + at for at in range(1, 21))


@pytest.mark.libreoffice
def test_old_formats_are_noted(tmp_path: Path, run: Run) -> None:
    """Each file in an older format is read, with one W110; `new` recognises it in a folder, too."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path / "orders"
    write(tmp_path / "a.csv", lines("2026-01"))
    write(folder / "b.csv", lines("2026-02"))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", "xls", "--outdir", folder, tmp_path / "a.csv"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    made = run({"file": "orders"})
    assert codes(made) == ["W110"]
    assert (only(made, "W110").sheet, only(made, "W110").found) == ("[a.xls]a", ".xls")
    assert len(made.sheets["Orders"].frame) == 40
    listed = make_book(tmp_path / "new.xlsx", "en", folder)
    found = [(each.file, each.contract.name if each.contract else "", each.rows, each.first) for each in listed]
    assert found == [("a.xls", "Orders", 20, "2026-01"), ("b.csv", "Orders", 20, "2026-02")]
