"""Every bad input of the list gets what the list promises, and nothing else happens."""

from __future__ import annotations

import json
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from lxml import etree

from loyalty_xl import cli, refresh
from loyalty_xl.newbook import make_book
from tests.bad import cell_rows, hostile, not_workbooks, structure
from tests.bad.case import Case, flat, met, run
from tests.bad.cell_rows import FORMULA_LIKE, STRANGE
from tests.bad.cells import HEAD, book, order, orders, with_amounts
from tests.bad.not_workbooks import CSV, encrypted, file
from tests.bad.structure import sheet
from tests.conftest import TODAY

ROWS = [*not_workbooks.ROWS, *hostile.ROWS, *structure.ROWS, *cell_rows.ROWS]
OF_WINDOWS = {12, 13}  # rows that only Windows has in full
Output = pytest.CaptureFixture[str]


@pytest.mark.parametrize("case", flat(ROWS))
def test_bad_input(case: Case, tmp_path: Path) -> None:
    """A bad input gives its findings, leaves what is good, and holds to what all rows promise."""
    met(case, run(case, tmp_path))


def no_book(folder: Path) -> Path:
    """No scorecard at all."""
    return folder / "none.xlsx"


def own(name: str, content: bytes | str) -> Callable[[Path], Path]:
    """A scorecard that is this file."""
    return file(name, content)


def customers(folder: Path) -> dict[str, Path]:
    """Good orders, and an empty list of customers."""
    (folder / "customers.xlsx").write_bytes(b"")
    return {"Orders": book(folder / "orders.xlsx", orders()), "Customers": folder / "customers.xlsx"}


CODES: dict[str, tuple[int, str, Callable[[Path], Path | dict[str, Path]], list[str]]] = {
    # row of the list and what it is: exit code, finding, department files, more arguments
    "good": (0, "", sheet(orders()), []),
    "1, the only department's file": (3, "E101", file("orders.xlsx", b""), []),
    "1, one department's file of two": (1, "E101", customers, []),
    "23, too many rows": (3, "E123", sheet(orders()), ["--set", "max_rows=2"]),
    "32, column missing": (3, "E206", sheet([HEAD[:2], ["A1", "C1"]]), []),
    "43, header alone": (3, "W216", sheet([HEAD]), []),
    "72, period end before start": (2, "", sheet(orders()), ["--period", "2026-03..01"]),
    "72, unknown sheet": (2, "", sheet(orders()), ["--source", "Ordrs=x.csv"]),
}
SCORECARDS: dict[str, tuple[int, str, Callable[[Path], Path]]] = {
    "1": (3, "E101", own("book.xlsx", b"")),
    "2": (3, "E102", own("book.xlsx", not_workbooks.GOOD[:500])),
    "3": (3, "E103", own("book.xlsx", "<html>")),
    "4": (3, "E104", own("book.xlsx", CSV)),
    "6": (3, "E106", encrypted()),
    "8": (3, "E109", own("book.xls", not_workbooks.compound(not_workbooks.stream(not_workbooks.OLD)))),
    "13": (3, "E112", no_book),
    "14": (3, "E113", not_workbooks.twin("xl/workbook.xml")),
    "15": (3, "E120", lambda folder: hostile.inflating(folder / "book.xlsx")),
    "16": (3, "E121", hostile.bomb("xl/workbook.xml")),
    "none of ours": (2, "E102", sheet(orders())),
}


def said(argv: list[str], capsys: Output) -> tuple[int, dict[str, object], str]:
    """Run a command: exit code, the document it printed, and all it said."""
    code = cli.main([*argv, "--json"])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, json.loads(out), out + err


@pytest.mark.parametrize("what", CODES)
def test_exit_code(what: str, tmp_path: Path, capsys: Output) -> None:
    """A command ends with the promised exit code and one JSON document, and changes no file where nothing could be computed."""
    code, finding, make, more = CODES[what]
    made = make(tmp_path)
    sources = made if isinstance(made, dict) else {"Orders": made}
    scorecard = book(tmp_path / "scorecard.xlsx", sheets={"Scorecard": []})
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    argv = ["check" if code < 2 else "refresh", str(scorecard), *more]
    argv += [part for name, path in sources.items() for part in ("--source", f"{name}={path}")]
    ended, document, _ = said(argv, capsys)
    findings = document["findings"]
    assert isinstance(findings, list)
    assert ended == code
    assert not finding or finding in {each["code"] for each in findings}
    assert all(each["advice"] for each in findings)
    assert document["written_to"] is None
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("what", SCORECARDS)
def test_bad_scorecard(what: str, tmp_path: Path, capsys: Output) -> None:
    """A scorecard that cannot be used is refused with its code in both languages, and stays as it is."""
    code, finding, make = SCORECARDS[what]
    path = make(tmp_path)
    before = path.read_bytes() if path.exists() else b""
    ended, document, talk = said(["refresh", str(path)], capsys)
    assert (ended, document["written_to"]) == (code, None)
    assert finding in talk
    assert re.search(r"[\u4e00-\u9fff]", talk)
    assert (path.read_bytes() if path.exists() else b"") == before


def test_outputs_hold_text_as_text(tmp_path: Path) -> None:
    """What looks like a formula, and what no page can hold, is text on every page, and the workbook is well-formed (rows 63 to 65)."""
    scorecard = tmp_path / "scorecard.xlsx"
    make_book(scorecard, "en")
    evil = [*FORMULA_LIKE, *(text for text, _ in STRANGE.values()), "很" * 40_000]
    rows = [[*HEAD, "销售地区", "商品编号", "长" * 40_000, *(f"{at}{'宽' * 90}" for at in range(400))]]
    for at, text in enumerate(evil):
        rows += [
            [*order(1 + at % 28, id=f"A{at}", customer=f"C{at}"), text, f"P{at}"],
            [*order(1 + at % 28, id=f"B{at}", amount=text), "x", text],
        ]
    regions = [["地区编号", "名称"], ["x", "=cmd|'/c calc'!A1"], ["=R", "@SUM(A1)"]]
    source = book(tmp_path / "orders.xlsx", sheets={"Orders": rows, "Regions": regions})
    before = source.read_bytes()
    made = refresh(
        scorecard, sources={"Orders": str(source), "Regions": str(source)}, today=TODAY, by="=1+1", recalculate=False
    )
    assert made.written_to == scorecard
    assert source.read_bytes() == before
    assert all(each.value is None or abs(each.value) < float("inf") for each in made.results)
    assert all((each.value is None) == (each.reason is not None) for each in made.results)
    with zipfile.ZipFile(scorecard) as package:
        for name in package.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(package.read(name))
    formulas, texts = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says what it would lose
        pages = openpyxl.load_workbook(scorecard)
    for cell in (cell for page in pages for line in page.iter_rows() for cell in line):
        if cell.data_type == "f":
            formulas.append(str(cell.value))
        elif isinstance(cell.value, str):
            texts.append(cell.value)
    assert not [each for each in formulas if re.search(r"1\+1|cmd|HYPERLINK\(\"http://x|^=R$|^[@＝+]", each)]
    assert "=1+1" in "\n".join(texts)
    assert max(map(len, texts)) <= 32_767


def test_formulas_are_the_same_for_both_readers(tmp_path: Path) -> None:
    """The scanner and the careful reader find the same formulas of the moment, shared ones too."""
    from tests.books.packages import read_both

    kinds = {**cell_rows.VOLATILE, **cell_rows.STEADY}
    rows = with_amounts(*(cell_rows.Formula(text, 7) for text in kinds.values()))
    for path in (book(tmp_path / "a.xlsx", rows), book(tmp_path / "b.xlsx", cell_rows.shared_formula())):
        fast, slow = read_both(path)
        assert fast is not None
        found = [{at: numbers.tolist() for at, numbers in sheet.dependent.items()} for sheet in (fast, slow)]
        assert found[0] == found[1]
        assert list(found[0]) == [4]


def test_every_row_is_here() -> None:
    """All 66 rows of the list that concern reading have a case; those of Windows have one that stands in for it."""
    assert [each.number for each in ROWS] == [*range(1, 66), 72]
    assert len(ROWS) == 66
    assert all(each.cases for each in ROWS)
    assert {each.number for each in ROWS for case in each.cases if case.needs_windows} == OF_WINDOWS
    names = [parameter.id for parameter in flat(ROWS)]
    assert len(names) == len(set(names))
