"""Formulas that carry the place of somebody's add-in: found by Check, taken out without touching anything else."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from loyalty_xl import cli, refresh
from loyalty_xl.books import addin_paths
from loyalty_xl.errors import ReadError
from loyalty_xl.publish.template import template
from tests.conftest import TODAY

PLACE = r"C:\Users\li\AddIns\loyalty.xlam"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLink"
PATH = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"
START = "http://schemas.microsoft.com/office/2006/relationships/xlExternalLinkPath/xlStartup"
LINK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"
FORMULAS = {
    "C905": "[1]!LOYALTY_NPS(A1:A9)",
    "C906": "IF(A1=&quot;[1]!LOYALTY_NPS&quot;,1,[1]!LOYALTY_CSAT(B:B)&amp;&quot;&quot;)",
    "C907": "SUM(A1:A9)",
}


def linked(path: Path, formulas: dict[str, str] = FORMULAS, *targets: tuple[str, str]) -> Path:
    """The English template with formulas on Start, and links (type, target) of the workbook, as Excel stores them."""
    targets = targets or ((PATH, f"file:///{PLACE}"),)
    with zipfile.ZipFile(template("en")) as held, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name in held.namelist():
            data = held.read(name).decode() if name.endswith((".xml", ".rels")) else held.read(name)
            if name == "[Content_Types].xml":
                parts = "".join(
                    f'<Override PartName="/xl/externalLinks/externalLink{n}.xml" ContentType="{LINK_TYPE}"/>'
                    for n in range(1, len(targets) + 1)
                )
                data = data.replace("</Types>", f"{parts}</Types>")
            elif name == "xl/_rels/workbook.xml.rels":
                links = "".join(
                    f'<Relationship Id="rIdX{n}" Type="{LINK}" Target="externalLinks/externalLink{n}.xml"/>'
                    for n in range(1, len(targets) + 1)
                )
                data = data.replace("</Relationships>", f"{links}</Relationships>")
            elif name == "xl/workbook.xml":
                listed = "".join(f'<externalReference r:id="rIdX{n}"/>' for n in range(1, len(targets) + 1))
                data = data.replace("</sheets>", f"</sheets><externalReferences>{listed}</externalReferences>")
            elif name == "xl/worksheets/sheet1.xml":
                rows = "".join(
                    f'<row r="{cell[1:]}"><c r="{cell}"><f>{text}</f><v>7</v></c></row>'
                    for cell, text in formulas.items()
                )
                data = data.replace("</sheetData>", f"{rows}</sheetData>")
            made.writestr(name, data)
        for number, (kind, target) in enumerate(targets, start=1):
            made.writestr(
                f"xl/externalLinks/externalLink{number}.xml",
                '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
                'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
                '<externalBook r:id="rId1"/></externalLink>',
            )
            made.writestr(
                f"xl/externalLinks/_rels/externalLink{number}.xml.rels",
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                f'<Relationship Id="rId1" Type="{kind}" Target="{target}" TargetMode="External"/></Relationships>',
            )
    return path


@pytest.mark.parametrize(
    ("formula", "bare"),
    [
        (rf"'{PLACE}'!LOYALTY_NPS(A1:A9)", "LOYALTY_NPS(A1:A9)"),
        (r"1+'C:\O''Neil\loyalty.xlam'!loyalty_nps(A1)", "1+loyalty_nps(A1)"),
        ("loyalty.xlam!LOYALTY_NPS(A1)*[2]!LOYALTY_CSAT(B1)", "LOYALTY_NPS(A1)*LOYALTY_CSAT(B1)"),
        ("IF(A1>0,[1]!LOYALTY_NPS(A1),0)", "IF(A1>0,LOYALTY_NPS(A1),0)"),
        ('"[1]!LOYALTY_NPS"&[1]!LOYALTY_NPS(A1)', '"[1]!LOYALTY_NPS"&LOYALTY_NPS(A1)'),
        ("[1]!OTHER(A1)+'C:\\x\\other.xlam'!F(1)", "[1]!OTHER(A1)+'C:\\x\\other.xlam'!F(1)"),
        ("[Book2.xlsx]Sheet1!A1", "[Book2.xlsx]Sheet1!A1"),
        ("LOYALTY_NPS(A1)", "LOYALTY_NPS(A1)"),
    ],
)
def test_formula_without_its_path(formula: str, bare: str) -> None:
    """Places before loyalty functions go; other add-ins, other workbooks and texts in quotes stay."""
    assert addin_paths.without_path(formula) == bare


def test_check_finds_the_formulas(tmp_path: Path) -> None:
    """Check reports one W124 for a sheet, with cell, place and number of formulas."""
    book = linked(tmp_path / "book.xlsx")
    made = refresh(book, dry_run=True, today=TODAY)
    (found,) = [each for each in made.findings if each.code == "W124"]
    assert (found.sheet, found.cell, found.count, found.found) == ("Start", "C905", 2, PLACE)


def test_paths_written_out_are_found_too(tmp_path: Path) -> None:
    """A program that writes the place into the formula itself is understood."""
    book = linked(tmp_path / "book.xlsx", {"C905": f"'{PLACE}'!LOYALTY_NPS(A1)"}, (PATH, "file:///C:/data/other.xlsx"))
    assert [(each.cell, each.place) for each in addin_paths.carried(book)] == [("C905", PLACE)]


def test_link_into_the_start_folder_is_good(tmp_path: Path) -> None:
    """A link that every machine looks up in its own start folder is no finding."""
    assert addin_paths.findings(linked(tmp_path / "book.xlsx", FORMULAS, (START, "loyalty.xlam"))) == []


def test_repair_changes_the_formulas_and_drops_the_link(tmp_path: Path) -> None:
    """After the repair the formulas are bare, values and other cells as they were, the link is gone, the rest is byte for byte the same."""
    book = linked(tmp_path / "book.xlsx")
    with zipfile.ZipFile(book) as held:
        before = {name: held.read(name) for name in held.namelist()}
    assert [each.cell for each in addin_paths.repair(book)] == ["C905", "C906"]
    with zipfile.ZipFile(book) as held:
        after = {name: held.read(name) for name in held.namelist()}
    assert set(before) - set(after) == {
        "xl/externalLinks/externalLink1.xml",
        "xl/externalLinks/_rels/externalLink1.xml.rels",
    }
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {
        "[Content_Types].xml",
        "xl/_rels/workbook.xml.rels",
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
    }
    sheet = after["xl/worksheets/sheet1.xml"]
    assert b"<f>LOYALTY_NPS(A1:A9)</f><v>7</v>" in sheet
    assert len(sheet) == len(before["xl/worksheets/sheet1.xml"]) - 2 * len("[1]!") - 4 * (len("&quot;") - 1)
    assert b"externalReference" not in after["xl/workbook.xml"]
    assert addin_paths.carried(book) == []
    assert addin_paths.repair(book) == []


def test_links_to_workbooks_keep_their_numbers(tmp_path: Path) -> None:
    """Where the workbook has other links, all stay, so that no formula changes its meaning."""
    formulas = {"C905": "[2]!LOYALTY_NPS(A1:A9)+[1]Sheet1!A1"}
    book = linked(tmp_path / "book.xlsx", formulas, (PATH, "file:///C:/data/other.xlsx"), (PATH, f"file:///{PLACE}"))
    addin_paths.repair(book)
    with zipfile.ZipFile(book) as held:
        assert b"<f>LOYALTY_NPS(A1:A9)+[1]Sheet1!A1</f>" in held.read("xl/worksheets/sheet1.xml")
        assert held.read("xl/workbook.xml").count(b"<externalReference ") == 2


def test_other_files_have_no_findings(tmp_path: Path) -> None:
    """What is no package gives no finding here, and the repair says that it cannot be read."""
    file = tmp_path / "book.xlsx"
    file.write_bytes(b"text")
    assert addin_paths.findings(file) == []
    with pytest.raises(ReadError):
        addin_paths.repair(file)


def test_command_repairs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`addin excel --repair` says which formulas it changed; the second time there is nothing to do."""
    book = linked(tmp_path / "book.xlsx")
    assert cli.main(["addin", "excel", "--repair", str(book), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cells"] == ["Start!C905", "Start!C906"]
    shutil.rmtree(tmp_path / ".loyalty_backups", ignore_errors=True)
    assert cli.main(["addin", "excel", "--repair", str(book)]) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert not (tmp_path / ".loyalty_backups").exists()
