"""Our functions inside workbooks: carried to another host, frozen, and set beside the Settings."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook

from loyalty_xl.books.formula_texts import freeze
from loyalty_xl.cli import main
from loyalty_xl.converting import convert
from loyalty_xl.errors import UsageError
from loyalty_xl.formula_check import differing_thresholds
from loyalty_xl.formulas.examples import write_book
from loyalty_xl.formulas.texts import calls, renamed, uses
from loyalty_xl.settings import Settings


@pytest.mark.parametrize(
    ("formula", "dotted", "desktop"),
    [
        ("LOYALTY_NPS(A1:A9)", "LOYALTY.NPS(A1:A9)", "LOYALTY_NPS(A1:A9)"),
        ("1+loyalty.nps (A1)", "1+LOYALTY.NPS (A1)", "1+LOYALTY_NPS (A1)"),
        ('IF(A1="LOYALTY_NPS(",LOYALTY_NPS(B1),0)', 'IF(A1="LOYALTY_NPS(",LOYALTY.NPS(B1),0)', 'IF(A1="LOYALTY_NPS(",LOYALTY_NPS(B1),0)'),
        ("'C:\\Users\\x y\\loyalty.xlam'!LOYALTY_NPS(A1)", "LOYALTY.NPS(A1)", "LOYALTY_NPS(A1)"),
        ("[1]!LOYALTY_CAC(A1,2)", "LOYALTY.CAC(A1,2)", "LOYALTY_CAC(A1,2)"),
        ("LOYALTY_NO_SUCH(A1)+MY_LOYALTY_NPS(A1)", "LOYALTY_NO_SUCH(A1)+MY_LOYALTY_NPS(A1)", "LOYALTY_NO_SUCH(A1)+MY_LOYALTY_NPS(A1)"),
        ("SUM(LOYALTY_NPS)", "SUM(LOYALTY_NPS)", "SUM(LOYALTY_NPS)"),
    ],
)  # fmt: skip
def test_names_are_rewritten(formula: str, dotted: str, desktop: str) -> None:
    """Only calls of our functions change, without the path of an add-in; texts in quotes, names and others' functions stay."""
    assert renamed(formula, dotted=True) == dotted
    assert renamed(dotted, dotted=False) == desktop


def test_arguments_are_taken_apart() -> None:
    """Calls are found at any depth, with the texts of their arguments."""
    formula = 'LOYALTY_STATUS(LOYALTY_NPS(A1:A9,8),MAX(1,2),"a,b)",,{1,2})'
    assert list(calls(formula)) == [
        ("LOYALTY_STATUS", ["LOYALTY_NPS(A1:A9,8)", "MAX(1,2)", '"a,b)"', "", "{1,2}"]),
        ("LOYALTY_NPS", ["A1:A9", "8"]),
    ]
    assert list(calls("LOYALTY_VERSION()")) == [("LOYALTY_VERSION", [])]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook with our functions in cells, a shared name, a rule, and a spilled table."""
    path = tmp_path / "analysis.xlsx"
    made = xlsxwriter.Workbook(str(path))
    sheet, other = made.add_worksheet("Analysis"), made.add_worksheet("Plain")
    for row, score in enumerate((10, 9, 8, 3)):
        sheet.write_number(row, 0, score)
        other.write_formula(row, 0, f"=Analysis!A{row + 1}*2", None, score * 2)
    sheet.write_formula("C1", "=LOYALTY_NPS(A1:A4)", None, 25)
    sheet.write_formula("C2", "=LOYALTY_NPS(A1:A4,8)", None, 50)
    sheet.write_formula("C3", "=LOYALTY_NPS(A1:A4,nps_promoter_min)", None, 25)
    sheet.write_formula("C4", "=LOYALTY_NPS(B1:B4)", None, "#DIV/0!")
    sheet.write_dynamic_array_formula("E1:K2", "=LOYALTY_NPS_BREAKDOWN(A1:A4)", None, "promoters")
    sheet.conditional_format(
        "C1", {"type": "formula", "criteria": "=LOYALTY_NPS($A$1:$A$4)>0", "format": made.add_format({"bold": True})}
    )
    made.define_name("current", "=LOYALTY_NPS(Analysis!$A$1:$A$4)")
    made.close()
    return path


def parts(path: Path) -> dict[str, bytes]:
    """Parts of a package."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def test_there_and_back(book: Path) -> None:
    """To dotted names and back gives the same bytes; cells, names and rules all change, other sheets do not."""
    before = parts(book)
    assert convert(book, "dotted").formulas == 7
    dotted = parts(book)
    assert {name for name in before if before[name] != dotted[name]} == {"xl/workbook.xml", "xl/worksheets/sheet1.xml"}
    assert b"LOYALTY_" not in dotted["xl/worksheets/sheet1.xml"] + dotted["xl/workbook.xml"]
    assert convert(book, "desktop").formulas == 7
    assert parts(book) == before
    assert convert(book, "desktop").written_to is None


def test_frozen_values(book: Path, tmp_path: Path) -> None:
    """To values: results stand where our formulas stood, errors too, other formulas stay, the original stays when --out is given."""
    old = book.read_bytes()
    out = tmp_path / "out.xlsx"
    assert convert(book, "values", out).formulas == 5
    assert book.read_bytes() == old
    sheets = load_workbook(out)
    assert [sheets["Analysis"][f"C{row}"].value for row in (1, 2, 3, 4)] == [25, 50, 25, "#DIV/0!"]
    assert sheets["Analysis"]["E1"].value == "promoters"
    assert sheets["Plain"]["A1"].value == "=Analysis!A1*2"
    assert b" cm=" not in parts(out)["xl/worksheets/sheet1.xml"]


def test_nothing_uncalculated_is_frozen(tmp_path: Path) -> None:
    """A formula without result, or with #NAME? from a host that does not know it, stops the conversion, named; nothing is written."""
    path = tmp_path / "new.xlsx"
    made = xlsxwriter.Workbook(str(path))
    sheet = made.add_worksheet("Mine")
    sheet.write_formula("B2", "=LOYALTY_NPS(A1:A4)", None, "#NAME?")
    made.close()
    old = path.read_bytes()
    with pytest.raises(UsageError, match=r"Mine!B2"):
        convert(path, "values")
    assert path.read_bytes() == old


def test_all_examples_survive(tmp_path: Path) -> None:
    """The workbook of examples, dotted and back, is the desktop one."""
    write_book(tmp_path / "one.xlsx", "en")
    write_book(tmp_path / "two.xlsx", "en", dotted=True)
    convert(tmp_path / "two.xlsx", "desktop")
    one, two = (load_workbook(tmp_path / name)["Formulas"] for name in ("one.xlsx", "two.xlsx"))
    assert [cell.value for cell in one["B"]] == [cell.value for cell in two["B"]]


def test_thresholds_beside_the_settings(book: Path) -> None:
    """Check names each formula whose threshold, typed or by default, is not the setting's; one that passes the name is right."""
    assert [(each.cell, each.found, each.expected) for each in differing_thresholds(book, Settings())] == [
        ("C2", "8", "9")
    ]
    strict = differing_thresholds(book, Settings().replace(nps_promoter_min=8))
    assert sorted((each.cell, each.found, each.expected) for each in strict) == [
        ("C1", "9", "8"),
        ("C4", "9", "8"),
        ("E1", "9", "8"),
    ]
    assert {each.code for each in strict} == {"W279"}


def test_the_command(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`convert` says how many formulas it rewrote and where."""
    assert main(["convert", str(book), "--to", "dotted", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"formulas": 7, "written_to": str(book)}
    assert main(["convert", str(book), "--to", "dotted", "--lang", "en"]) == 0
    assert "0 formulas" in capsys.readouterr().out


def test_shared_formulas_are_frozen_together() -> None:
    """Where Excel keeps one text for several cells, all of them get their results; another group and plain cells stay."""
    text = (
        '<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1" s="3"><f t="shared" ref="B1:B2" si="0">LOYALTY_CAC(A1,2)</f><v>5</v></c>'
        '<c r="C1"><f t="shared" ref="C1:C2" si="1">A1*2</f><v>2</v></c></row>'
        '<row r="2"><c r="B2" t="e"><f t="shared" si="0"/><v>#DIV/0!</v></c><c r="C2"><f t="shared" si="1"/><v>4</v></c><c r="D2"/></row></sheetData>'
    )
    frozen, count = freeze(text, uses)
    assert count == 2
    assert '<c r="B1" s="3"><v>5</v></c>' in frozen
    assert '<c r="B2" t="e"><v>#DIV/0!</v></c>' in frozen
    assert frozen.count('si="1"') == 2
    assert '<c r="D2"/>' in frozen
