"""Stored results of other people's formulas and charts: right after a fill, and nothing else of theirs touched."""

from __future__ import annotations

import re
import shutil
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from lxml import etree
from python_calamine import CalamineWorkbook

from loyalty_xl import refresh
from loyalty_xl.books import libreoffice, recalculation
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.recalculation import Recalculation, bring_up_to_date
from loyalty_xl.books.references import Dependents, Names, reads
from loyalty_xl.pipeline import Refresh
from tests.conftest import TODAY

pytestmark = pytest.mark.filterwarnings("error")
office = pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
THEIRS = "我的 分析"
NO_NAMES = Names({}, {})


@pytest.mark.parametrize(
    ("formula", "places"),
    [
        ("Scorecard!B2*2", {("scorecard", (2, 2, 2, 2))}),
        ("SUM($B$2:B9,'我的 分析'!C:C)", {("s", (2, 2, 9, 2)), ("我的 分析", (1, 3, 1048576, 3))}),
        ('"Scorecard!B2"&LOG10(A1)', {("s", (1, 1, 1, 1))}),
        ("'It''s'!A1+走势!$3:$3", {("it's", (1, 1, 1, 1)), ("走势", (3, 1, 3, 16384))}),
        ("OFFSET(Scorecard!A1,1,1)", {("scorecard", (1, 1, 1048576, 16384))}),
        ("Sales+Their[amount]", {("orders", (2, 2, 9, 2)), ("x", (1, 8, 3, 9))}),
    ],
)
def test_what_a_formula_reads(formula: str, places: set[object]) -> None:
    """Cells, ranges, whole columns, quoted sheets, names and tables are found; texts and functions are none."""
    names = Names({"sales": ["Orders!$B$2:$B$9"]}, {"their": ("x", (1, 8, 3, 9))})
    found = reads(formula, "S", names)
    assert found.places == places
    assert not found.anything
    assert not found.outside


def test_what_cannot_be_told_counts_as_anything() -> None:
    """INDIRECT, unknown names and ranges across sheets may read any cell; other files are outside."""
    for formula in ('INDIRECT("A"&1)', "Nobody+1", "SUM(Jan:Dec!A1)", "SUM('Jan 1:Dec 2'!A1)", "SUM(S!A1:S!B2)"):
        assert reads(formula, "S", NO_NAMES).anything, formula
    assert reads("[1]Orders!A1", "S", NO_NAMES).outside
    assert reads('GETPIVOTDATA("Sum",A1)', "S", NO_NAMES).outside


def test_dependents_at_any_remove() -> None:
    """A chain of formulas is followed, through ranges and what arrays fill; what reads elsewhere is not reached."""
    graph = Dependents()
    for row in range(2, 3000):
        graph.add(("t", row, 1), reads(f"A{row - 1}+1", "t", NO_NAMES))
    graph.add(("t", 1, 1), reads("Scorecard!B2", "t", NO_NAMES))
    graph.add(("t", 1, 2), reads("SUM(A:A)", "t", NO_NAMES), (1, 2, 3, 2))
    graph.add(("t", 1, 3), reads("B3", "t", NO_NAMES))
    graph.add(("t", 9, 9), reads("Orders!A1", "t", NO_NAMES))
    found = graph.reached((), ["Scorecard"])
    assert {("t", 2999, 1), ("t", 1, 2), ("t", 3, 2), ("t", 1, 3)} <= found
    assert ("t", 9, 9) not in found


FORMULAS: dict[str, tuple[str, object, object]] = {  # cell: formula, stored before, stored after
    "A1": ("=Scorecard!B2*2", 7, 40.0),
    "A2": ('="<x> "&Scorecard!A2', "old", "<x> NPS 净推荐值"),
    "A3": ("=Scorecard!B2>5", False, True),
    "A4": ("=1/(Scorecard!B2-20)", 7, "#DIV/0!"),
    "A5": ("=A1+1", 7, 41.0),
    "A6": ("=SUM(OFFSET(Scorecard!B1,1,0,2,1))", 7, 23.0),
    "A7": ("=Score+0.5", 7, 20.5),
    "A8": ('=INDIRECT("Scorecard!B"&2)', 7, 7.0),  # it may read what LibreOffice does not know
    "B1": ("=FOOBAR(Scorecard!B2)", 7, 7.0),
    "B2": ("=IFERROR(FOOBAR(Scorecard!B2),0)", 7, 7.0),
    "B3": ("=COUNT(B1:B2,Scorecard!B2)", 7, 7.0),
    "B4": ("=IFERROR(_xlfn.XLOOKUP(1,Scorecard!B2:B3,Scorecard!B2:B3),0)", 7, 7.0),
    "B5": ("='[1]Other'!A1+Scorecard!B2", 7, 7.0),
    "C1": ("=Orders!B2*2", 777, 777.0),
    "C2": ("=TODAY()", 777, 777.0),
}


def their_book(path: Path) -> Path:
    """Make a workbook with formulas and a chart over cells that are filled, stored results being old."""
    with xlsxwriter.Workbook(str(path)) as book:
        ours, orders, theirs = (book.add_worksheet(name) for name in ("Scorecard", "Orders", THEIRS))
        percent = book.add_format({"num_format": "0.0%"})
        for row, cells in enumerate([("kpi", "value"), ("nps", 12.5), ("csat", 3)]):
            ours.write_row(row, 0, cells)
        ours.write_formula("D2", "=B2-B3", percent, 7)
        orders.write_row(0, 0, ["who", "amount"])
        orders.write_row(1, 0, ["a", 5])
        for cell, (formula, before, _) in FORMULAS.items():
            theirs.write_formula(cell, formula, percent if cell == "A5" else None, before)
        theirs.write_array_formula("D1:D2", "{=Scorecard!B2:B3*2}", None, 0)
        book.define_name("Score", "=Scorecard!$B$2")
        chart = book.add_chart({"type": "line"})
        chart.add_series({"categories": "=Scorecard!$A$2:$A$3", "values": "=Scorecard!$B$2:$B$3"})
        chart.add_series({"values": f"='{THEIRS}'!$A$1:$A$1"})
        chart.add_series({"values": "=Orders!$B$2:$B$2"})
        theirs.insert_chart("F2", chart)
    return path


def filled(path: Path) -> Patch:
    """Fill the Scorecard of a workbook."""
    patch = Patch(path)
    patch.put("Scorecard", 2, 1, "NPS 净推荐值")
    patch.put("Scorecard", 2, 2, 20.0)
    return patch


def parts(path: Path) -> dict[str, bytes]:
    """The parts of a package."""
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


def results(path: Path, sheet: str = "xl/worksheets/sheet3.xml") -> dict[str, object]:
    """Stored results of formulas, as the part has them."""
    found: dict[str, object] = {}
    for cell in etree.fromstring(parts(path)[sheet]).iterfind(".//{*}c"):
        kind, text = cell.get("t", "n"), cell.findtext("{*}v") or ""
        found[cell.get("r") or ""] = float(text) if kind == "n" else bool(int(text)) if kind == "b" else text
    return found


def points(path: Path) -> list[list[str]]:
    """The points of each series, categories and values in turn."""
    root = etree.fromstring(parts(path)["xl/charts/chart1.xml"])
    return [[v.text or "" for v in cache.iterfind("{*}pt/{*}v")] for cache in root.iter("{*}numCache", "{*}strCache")]


@pytest.fixture(scope="module")
def calculated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Recalculation]:
    """A workbook before and after a fill with LibreOffice at hand."""
    folder = tmp_path_factory.mktemp("caches")
    old, new = their_book(folder / "old.xlsx"), folder / "new.xlsx"
    patch = filled(old)
    done = bring_up_to_date(patch, libreoffice=True)
    patch.save(new)
    patch.verify(new)
    return old, new, done


@pytest.mark.libreoffice
@office
def test_results_are_those_of_the_new_values(calculated: tuple[Path, Path, Recalculation]) -> None:
    """What depends on filled cells is right; what LibreOffice does not know, and all behind it, keeps what it had."""
    _, new, done = calculated
    assert done.note == ""
    found = results(new)
    assert {cell: found[cell] for cell in FORMULAS} == {cell: after for cell, (_, _, after) in FORMULAS.items()}
    assert [found["D1"], found["D2"]] == [40.0, 6.0]
    assert results(new, "xl/worksheets/sheet1.xml")["D2"] == 17.0
    assert (done.cells, done.left, done.charts) == (10, 6, 1)
    read = CalamineWorkbook.from_path(str(new)).get_sheet_by_name(THEIRS).to_python()
    assert read[0][0] == 40.0
    assert read[1][0] == "<x> NPS 净推荐值"


@pytest.mark.libreoffice
@office
def test_only_results_change(calculated: tuple[Path, Path, Recalculation]) -> None:
    """Formulas, formats and all other parts are the same bytes; the workbook still asks to be calculated."""
    old, new, _ = calculated
    before, after = parts(old), parts(new)
    sheet = "xl/worksheets/sheet3.xml"
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"xl/worksheets/sheet1.xml", sheet, "xl/charts/chart1.xml"}
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]
    one, other = (re.sub(rb"<v>[^<]*</v>|<v/>", b"", re.sub(rb' t="\w+"', b"", x[sheet])) for x in (before, after))
    assert one.replace(b' t="array"', b"") == other.replace(b' t="array"', b"")
    assert other.count(b"<f") == before[sheet].count(b"<f")


@pytest.mark.libreoffice
@office
def test_charts_show_filled_cells_and_their_dependents(calculated: tuple[Path, Path, Recalculation]) -> None:
    """Categories and values follow the cells, through formulas too; a series over the user's sheet is as it was."""
    old, new, _ = calculated
    assert points(new) == [["NPS 净推荐值", "csat"], ["20", "3"], ["40"], ["5"]]
    assert points(old)[3] == ["5"]


@pytest.mark.libreoffice
@office
def test_a_whole_refresh_leaves_right_results(small: Refresh, tmp_path: Path) -> None:
    """A user's sheet that doubles a cell of the Scorecard shows the double after a refresh, without being opened."""
    shutil.copytree(small.book.parent, tmp_path / "c", ignore=shutil.ignore_patterns(".loyalty*"))
    book = tmp_path / "c" / small.book.name
    layout = CalamineWorkbook.from_path(str(book)).get_sheet_by_name("Scorecard").to_python(skip_empty_area=False)
    header = next(row for row in layout if "KPI" in row)
    at = header.index("Actual")
    row, value = next((n, line[at]) for n, line in enumerate(layout, 1) if isinstance(line[at], float) and line[at])
    column = chr(65 + at)
    patch = Patch(book)
    patch.add_sheet("Mine", [["x"]])
    patch.save(tmp_path / "c" / "with.xlsx")
    content = parts(tmp_path / "c" / "with.xlsx")
    part = next(name for name, data in content.items() if name.startswith("xl/worksheets/") and b">x</t>" in data)
    content[part] = re.sub(
        rb"<c r=\"A1\".*?</c>", f'<c r="A1"><f>Scorecard!{column}{row}*2</f><v>-1</v></c>'.encode(), content[part]
    )
    with zipfile.ZipFile(book, "w") as package:
        for name, data in content.items():
            package.writestr(name, data)
    made = refresh(book, period="2025", settings={"sla_days": "5"}, today=TODAY, by="test", recalculate=True)
    assert made.written_to == book
    assert CalamineWorkbook.from_path(str(book)).get_sheet_by_name("Mine").to_python()[0][0] == 2 * value


def without_office(monkeypatch: pytest.MonkeyPatch, copy: Callable[[Path, float], Path] | None = None) -> list[float]:
    """Let LibreOffice be missing, or be *copy*; give the list of its calls."""
    calls: list[float] = []

    def stand_in(path: Path, seconds: float) -> Path:
        calls.append(seconds)
        if copy is None:
            raise libreoffice.Trouble("no_libreoffice")
        return copy(path, seconds)

    monkeypatch.setattr(recalculation, "calculated", stand_in)
    return calls


def test_without_libreoffice_formulas_wait_and_charts_are_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Formulas keep their results under the mark that asks for calculation; charts over filled cells need nobody."""
    without_office(monkeypatch)
    old, new = their_book(tmp_path / "old.xlsx"), tmp_path / "new.xlsx"
    patch = filled(old)
    done = bring_up_to_date(patch)
    assert (done.note, done.cells, done.charts) == ("no_libreoffice", 0, 1)
    patch.save(new)
    patch.verify(new)
    assert {cell: results(new)[cell] for cell in FORMULAS} == {cell: results(old)[cell] for cell in FORMULAS}
    assert points(new) == [["NPS 净推荐值", "csat"], ["20", "3"], points(old)[2], ["5"]]
    assert b'fullCalcOnLoad="1"' in parts(new)["xl/workbook.xml"]


def test_the_switch_the_environment_and_books_without_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LibreOffice is not started if told so, or if no formula depends on what is filled; the parameter wins."""
    calls = without_office(monkeypatch)
    old = their_book(tmp_path / "old.xlsx")
    assert bring_up_to_date(filled(old), libreoffice=False).note == "switched_off"
    monkeypatch.setenv("LOYALTY_XL_NO_RECALC", "1")
    assert bring_up_to_date(filled(old)).note == "switched_off"
    assert calls == []
    assert bring_up_to_date(filled(old), libreoffice=True).note == "no_libreoffice"
    assert calls == [60.0]
    monkeypatch.delenv("LOYALTY_XL_NO_RECALC")
    patch = Patch(old)
    patch.put("Orders", 9, 9, 1)  # C1 reads B2 of that sheet, INDIRECT may read anything
    assert bring_up_to_date(patch).note == "no_libreoffice"
    with xlsxwriter.Workbook(str(tmp_path / "plain.xlsx")) as book:
        book.add_worksheet("Scorecard").write("A1", 1)
        book.add_worksheet("Mine").write_formula("A1", "=SUM(B1:B9)*PI()", None, 7)
    patch = Patch(tmp_path / "plain.xlsx")
    patch.put("Scorecard", 1, 1, 2)
    assert bring_up_to_date(patch).note == "not_needed"
    assert len(calls) == 2


def test_large_books_are_left_to_excel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A book with a worksheet above the limit is marked for calculation only."""
    calls = without_office(monkeypatch)
    monkeypatch.setattr(recalculation, "LARGEST", 500)
    assert bring_up_to_date(filled(their_book(tmp_path / "old.xlsx"))).note == "too_large"
    assert calls == []


def test_a_known_result_needs_no_calculation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning that the product itself keeps in the Scorecard is empty after a refresh, whatever Excel stored."""
    calls = without_office(monkeypatch)
    with xlsxwriter.Workbook(str(tmp_path / "old.xlsx")) as book:
        sheet = book.add_worksheet("Scorecard")
        sheet.write("A1", 1)
        sheet.write_formula("B1", '=IF(A1=1,"","changed")', None, "changed")
    patch = Patch(tmp_path / "old.xlsx")
    patch.put("Scorecard", 1, 1, 2)
    done = bring_up_to_date(patch, known=lambda formula: "" if formula.startswith("IF(A1") else None)
    assert (done.note, done.cells) == ("not_needed", 1)
    patch.save(tmp_path / "new.xlsx")
    assert results(tmp_path / "new.xlsx", "xl/worksheets/sheet1.xml")["B1"] == ""
    assert calls == []


@pytest.mark.parametrize("trouble", ["garbage", "crash", "other calendar"])
def test_trouble_never_stops_a_refresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    """Whatever LibreOffice writes or does not write, the fill is saved, with a note of what went wrong."""

    def copy(path: Path, _: float) -> Path:
        if trouble == "crash":
            raise MemoryError
        if trouble == "garbage":
            path.write_bytes(b"PK\3\4 nonsense")
            return path
        with xlsxwriter.Workbook(str(path), {"date_1904": True}) as book:
            book.add_worksheet("Scorecard")
        return path

    without_office(monkeypatch, copy)
    patch = filled(their_book(tmp_path / "old.xlsx"))
    done = bring_up_to_date(patch)
    assert done.note not in ("", "not_needed")
    assert done.cells == 0
    patch.save(tmp_path / "new.xlsx")
    patch.verify(tmp_path / "new.xlsx")
    assert results(tmp_path / "new.xlsx", "xl/worksheets/sheet1.xml")["B2"] == 20.0


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for the program")
def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time limit the program and what it has started are gone; one that writes nothing is told."""
    program = tmp_path / "soffice"
    program.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/child\nwait\n")
    program.chmod(0o755)
    monkeypatch.setattr(libreoffice, "program", lambda: str(program))
    (tmp_path / "one").mkdir()
    with pytest.raises(libreoffice.Trouble, match="within"):
        libreoffice.calculated(tmp_path / "one" / "copy.xlsx", 0.3)
    child = Path("/proc") / (tmp_path / "child").read_text().strip()
    for _ in range(40):
        if not (child / "status").exists() or "Z (zombie)" in (child / "status").read_text():
            break
        time.sleep(0.05)
    else:
        pytest.fail("the child lives")
    program.write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "two").mkdir()
    with pytest.raises(libreoffice.Trouble, match="exit 3"):
        libreoffice.calculated(tmp_path / "two" / "copy.xlsx", 5)


def test_chart_points_that_only_excel_can_tell_stay(tmp_path: Path) -> None:
    """Series over hidden rows, labels under a number format, and single points' formats are left as they are."""
    with xlsxwriter.Workbook(str(tmp_path / "old.xlsx")) as book:
        sheet = book.add_worksheet("Scorecard")
        for row in range(6):
            sheet.write_row(row, 0, [f"k{row}", row, row / 10], book.add_format({"num_format": "0%"}))
        sheet.set_row(4, None, None, {"hidden": True})
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"categories": "=Scorecard!$C$1:$C$2", "values": "=(Scorecard!$B$1,Scorecard!$B$3)"})
        chart.add_series({"values": "=Scorecard!$B$4:$B$6"})
        sheet.insert_chart("F2", chart)
    content = parts(tmp_path / "old.xlsx")
    data = content["xl/charts/chart1.xml"].decode()
    data = re.sub(r"<c:cat><c:numRef>(.*?)</c:numRef>", r"<c:cat><c:strRef>\1</c:strRef>", data)
    data = data.replace("<c:numCache><c:formatCode>General</c:formatCode>", "<c:strCache>", 1)
    data = data.replace("</c:numCache>", "</c:strCache>", 1)
    union = "(Scorecard!$B$1,Scorecard!$B$3)</c:f>"
    stored = '<c:ptCount val="2"/><c:pt idx="0" formatCode="0.0"><c:v>9</c:v></c:pt><c:pt idx="1"><c:v>8</c:v></c:pt>'
    data = re.sub(
        re.escape(union) + r"(<c:numCache>.*?</c:numCache>)?", union + f"<c:numCache>{stored}</c:numCache>", data
    )
    content["xl/charts/chart1.xml"] = data.encode()
    with zipfile.ZipFile(tmp_path / "odd.xlsx", "w") as package:
        for name, part in content.items():
            package.writestr(name, part)
    patch = Patch(tmp_path / "odd.xlsx")
    for row in range(1, 7):
        patch.put("Scorecard", row, 2, row * 100)
        patch.put("Scorecard", row, 3, row / 20)
    done = bring_up_to_date(patch, libreoffice=False)
    patch.save(tmp_path / "new.xlsx")
    assert (done.charts, done.left) == (1, 2)
    assert points(tmp_path / "new.xlsx") == [["0", "0.1"], ["100", "300"], ["3", "4", "5"]]
    assert b'<c:pt idx="0" formatCode="0.0"><c:v>100</c:v>' in parts(tmp_path / "new.xlsx")["xl/charts/chart1.xml"]
