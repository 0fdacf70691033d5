"""Sheets through the door: which are read, where, and what becomes of a child that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from packages import DATA, LINKS, parts, read_both, same, save, sheet_xml, strings_xml, styles_xml, values

from loyalty_xl.books import reading
from loyalty_xl.books.preflight import Limits
from loyalty_xl.books.reading import peek, read, read_many, start
from loyalty_xl.errors import ReadError

TEXT = ' t="s"'


def rows_xml(count: int, first: int = 1) -> str:
    """Rows with a number, a shared text, a date, an own text, a truth, an error and an uncached formula."""
    return "".join(
        f'<row r="{row}"><c r="A{row}"><v>{row / 7}</v></c><c r="B{row}"{TEXT}><v>{row % 2}</v></c>'
        f'<c r="C{row}" s="1"><v>{row}</v></c><c r="D{row}" t="inlineStr"><is><t>own {row % 50}</t></is></c>'
        f'<c r="E{row}" t="b"><v>{row % 2}</v></c><c r="F{row}" t="e"><v>#N/A</v></c><c r="G{row}"><f>A1</f></c></row>'
        for row in range(first, first + count)
    )


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook with visible, hidden, very hidden and empty sheets."""
    sheets = {
        "Orders": sheet_xml(rows_xml(40)),
        "It's 客户 😀": sheet_xml(rows_xml(3, 5), after='<mergeCells><mergeCell ref="A5:B5"/></mergeCells>'),
        "Old": sheet_xml(rows_xml(2)),
        "Secret": sheet_xml(rows_xml(1)),
        "Empty": sheet_xml("").replace("<sheetData></sheetData>", "<sheetData/>"),
        "Header": sheet_xml('<row r="4"><c r="B4" t="s"><v>0</v></c></row>'),
    }
    states = {"Old": "hidden", "Secret": "veryHidden"}
    return save(tmp_path / "book.xlsx", parts(sheets, strings_xml("zero", "one"), styles_xml("d/m/yy"), states=states))


def test_visible_sheets(book: Path) -> None:
    """Without names the visible sheets are read, in workbook order; an empty sheet has no rows."""
    found = read(book)
    assert list(found) == ["Orders", "It's 客户 😀", "Empty", "Header"]
    assert len(found["Orders"]) == 40
    assert len(found["Empty"]) == 0
    assert not found["Empty"].columns
    assert values(found["Header"]) == {"B4": ("TEXT", "zero")}
    assert found["Orders"].formats == ["General", "d/m/yy"]


def test_named_sheets(book: Path) -> None:
    """Named sheets are read, hidden ones too, in workbook order."""
    found = read(book, ["Secret", "Old", "Orders"])
    assert [(name, sheet.state) for name, sheet in found.items()] == [
        ("Orders", "visible"),
        ("Old", "hidden"),
        ("Secret", "veryHidden"),
    ]


def test_missing_sheet(book: Path) -> None:
    """A sheet that is not there is refused with the nearest names."""
    with pytest.raises(ReadError) as caught:
        read(book, ["Order"])
    assert caught.value.sheet == "Order"
    assert "Orders" in caught.value.en
    assert "Orders" in caught.value.zh


def test_peek(book: Path) -> None:
    """A look gives the first rows of every worksheet, with its state."""
    found = peek(book, rows=5)
    assert [sheet.state for sheet in found] == ["visible", "visible", "hidden", "veryHidden", "visible", "visible"]
    assert found[0].rows.tolist() == [1, 2, 3, 4, 5]
    assert len(found[0].columns[1]) == 5
    assert found[1].rows.tolist() == [5, 6, 7]
    assert found[1].merged == ("A5:B5",)
    whole = read(book)["Orders"]
    assert {key: value for key, value in values(whole).items() if int(key[1:]) <= 5} == values(found[0])


@pytest.mark.parametrize("kind", ["chartsheet", "dialogsheet", "xlMacrosheet"])
def test_other_sheets_are_ignored(tmp_path: Path, kind: str) -> None:
    """Chart, dialog and macro sheets, and sheets without a part, are not there."""
    path = save(tmp_path / "c.xlsx", parts({"Chart": "<x/>"}, kind=kind))
    assert read(path) == {}
    assert peek(path) == []
    content = parts({"S": sheet_xml(rows_xml(1)), "Module": "<x/>"}, strings_xml("a", "b"))
    content["xl/workbook.xml"] = str(content["xl/workbook.xml"]).replace('r:id="rId2"', 'r:id=""')
    assert list(read(save(tmp_path / "m.xlsx", content))) == ["S"]


@pytest.mark.parametrize(
    "target", ["/xl/worksheets/sheet1.xml", "worksheets/../worksheets/sheet1.xml", "Worksheets/Sheet1.xml"]
)
def test_part_targets(tmp_path: Path, target: str) -> None:
    """Absolute, roundabout and differently cased targets lead to the part."""
    content = parts({"S": sheet_xml(rows_xml(2))}, strings_xml("a", "b"))
    links = str(content["xl/_rels/workbook.xml.rels"])
    content["xl/_rels/workbook.xml.rels"] = links.replace("worksheets/sheet1.xml", target)
    assert len(read(save(tmp_path / "t.xlsx", content))["S"]) == 2


def test_missing_part(tmp_path: Path) -> None:
    """A sheet whose part is missing is damage."""
    content = parts({"S": sheet_xml("")})
    del content["xl/worksheets/sheet1.xml"]
    with pytest.raises(ReadError, match="damaged"):
        read(save(tmp_path / "t.xlsx", content))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A workbook large enough for a child."""
    sheets = {"A": sheet_xml(rows_xml(18_000)), "B": sheet_xml(rows_xml(3, 5)), "C": sheet_xml("")}
    content = parts(sheets, strings_xml("zero", "one"), styles_xml("d/m/yy"))
    assert sum(len(xml) for xml in content.values()) > reading.SMALL
    return save(tmp_path / "large.xlsx", content)


def test_child_gives_the_same(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets through the child are the sheets read here, cell by cell."""
    through = read(large)
    monkeypatch.setattr(reading, "SMALL", 1e12)
    here = read(large)
    assert list(through) == list(here) == ["A", "B", "C"]
    for name in through:
        assert same(through[name], here[name])
        assert through[name].strings == here[name].strings
        assert through[name].used == here[name].used


def test_scanner_and_careful_reader_on_many_blocks(large: Path) -> None:
    """A sheet of several blocks is the same for both readers."""
    fast, slow = read_both(large)
    assert fast is not None
    assert same(fast, slow)


def test_start_and_give_up(large: Path) -> None:
    """A reading can be begun, waited for twice over, or given up."""
    with start(large, ["B"]) as pending:
        assert len(pending.result()["B"]) == 3
        assert len(pending.result()["B"]) == 3
    start(large).close()


def test_many(large: Path, book: Path, tmp_path: Path) -> None:
    """Several files are read in order, and one that is refused does not keep the others back."""
    jobs: list[tuple[Path | str, list[str] | None]] = [
        (large, ["A"]), (tmp_path / "none.xlsx", None), (book, ["Orders"]), (large, ["B"]),
    ]  # fmt: skip
    found = list(read_many(jobs))
    assert [list(each) if isinstance(each, dict) else each.code for each in found] == [["A"], "E112", ["Orders"], ["B"]]


def test_refusal_comes_through(tmp_path: Path) -> None:
    """What a child refuses arrives with code, sentences, sheet and cell."""
    rows = rows_xml(18_000) + '<row r="20000"><c r="B20000" t="s"><v>9</v></c></row>'
    path = save(tmp_path / "bad.xlsx", parts({"A": sheet_xml(rows)}, strings_xml("zero", "one"), styles_xml("d")))
    with pytest.raises(ReadError) as caught:
        read(path)
    assert (caught.value.code, caught.value.sheet, caught.value.cell) == ("E102", "A", "B20000")
    assert "共享字符串" in caught.value.zh


def test_time_and_rows_of_the_child(large: Path) -> None:
    """A child that has too little time or too many rows ends in E123, not in a crash."""
    for limits in (Limits(seconds=0.01), Limits(max_rows=500)):
        with pytest.raises(ReadError) as caught:
            read(large, limits=limits)
        assert caught.value.code == "E123"


@pytest.mark.parametrize("words", ["import os; os.abort()", "print('hello world, this is not it')"])
def test_death_of_the_child(large: Path, monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """A child that dies, or says something else, is E102."""
    real = subprocess.Popen

    def other(command: list[str], **more: object) -> object:
        return real([sys.executable, "-c", words], **more)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", other)
    with pytest.raises(ReadError) as caught:
        read(large)
    assert caught.value.code == "E102"


def test_child_ignores_the_working_folder(large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that lies in the working folder is not run by the child."""
    (tmp_path / "numpy.py").write_text("raise SystemExit(3)")
    (tmp_path / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    assert len(read(Path(large.name), ["B"])["B"]) == 3


def test_input_is_not_changed(book: Path) -> None:
    """Reading leaves the bytes alone and nothing beside them."""
    before, beside = book.read_bytes(), sorted(book.parent.iterdir())
    read(book)
    peek(book)
    assert book.read_bytes() == before
    assert sorted(book.parent.iterdir()) == beside


def test_full_height(tmp_path: Path) -> None:
    """The last row of a sheet, 1,048,576, is read."""
    path = save(tmp_path / "tall.xlsx", parts({"S": sheet_xml(rows_xml(3, 1_048_574))}, strings_xml("a", "b")))
    assert read(path)["S"].rows.tolist() == [1_048_574, 1_048_575, 1_048_576]


def test_relationship_namespace(tmp_path: Path) -> None:
    """The prefix of the relationship attribute does not matter."""
    content = parts({"S": sheet_xml(rows_xml(1))}, strings_xml("a", "b"))
    book = str(content["xl/workbook.xml"]).replace("xmlns:r=", "xmlns:rel=").replace("r:id", "rel:id")
    assert LINKS in book
    assert list(read(save(tmp_path / "r.xlsx", {**content, "xl/workbook.xml": book}))) == ["S"]


def test_online_retail() -> None:
    """Online Retail is read whole: 541,909 lines, its sums, its texts and its blanks."""
    path = DATA / "online_retail.xlsx"
    if not path.exists():
        pytest.skip("the shared data is not here")
    (sheet,) = read(path).values()
    assert len(sheet) == 541_910
    assert list(sheet.columns) == list(range(1, 9))
    quantity, price, customer = (sheet.columns[at].number[1:] for at in (4, 6, 7))
    assert int(np.isnan(customer).sum()) == 135_080
    kept = ~np.isnan(customer) & (quantity > 0) & (price > 0)
    assert int(kept.sum()) == 397_884
    assert len(np.unique(customer[kept])) == 4_338
    assert round(float((quantity * price)[kept].sum()), 3) == 8_911_407.904


def test_memory_of_the_child() -> None:
    """A child that needs more memory than it may have is refused with E123, and this process is unharmed."""
    path = DATA / "online_retail.xlsx"
    if not path.exists():
        pytest.skip("the shared data is not here")
    if sys.platform != "linux":
        pytest.skip("the limit of memory is set on Linux only")
    with pytest.raises(ReadError) as caught:
        read(path, limits=Limits(memory_mb=60))
    assert caught.value.code == "E123"
