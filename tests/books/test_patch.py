"""The patch: what is written into cells, what is refused, and what stays as it is."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from loyalty_xl.books.cell_values import serial
from loyalty_xl.books.patch import Patch, Reason, Style, storable
from loyalty_xl.errors import ReadError, WriteError

pytestmark = pytest.mark.filterwarnings("error")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"


def small_book(path: Path, rows: str, head: str = "", tail: str = "", **parts: str | bytes) -> Path:
    """Write a workbook with one sheet, S, whose rows are given as XML; *parts* replace or add parts."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    content = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/{SHEET}" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(("worksheet", "worksheets/sheet1.xml")),
        SHEET: f'<worksheet xmlns="{MAIN}" xmlns:r="{LINKS}">{head}<sheetData>{rows}</sheetData>{tail}</worksheet>',
        **parts,
    }
    with zipfile.ZipFile(path, "w") as z:
        for name, text in content.items():
            z.writestr(name, text)
    return path


def relationships(*links: tuple[str, str]) -> str:
    """Write a relationships part."""
    items = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(links, 1)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{items}</Relationships>'
    )


def part(path: Path, name: str = SHEET) -> str:
    """Read a part."""
    with zipfile.ZipFile(path) as z:
        return z.read(name).decode()


def saved(patch: Patch) -> Path:
    """Save a patch beside its workbook and verify it."""
    new = patch.path.with_name(f"new-{patch.path.name}")
    patch.save(new)
    patch.verify(new)
    return new


def share_strings(path: Path) -> None:
    """Move the inline texts of a workbook into its shared strings, as Excel does when it saves."""
    texts: list[str] = []

    def share(match: re.Match[str]) -> str:
        texts.append(match[1])
        return f't="s"><v>{len(texts) - 1}</v>'

    with zipfile.ZipFile(path) as z:
        parts = {name: z.read(name).decode() for name in z.namelist()}
    for name, text in parts.items():
        if name.startswith("xl/worksheets/sheet"):
            parts[name] = re.sub(r't="inlineStr"><is><t[^>]*>(.*?)</t></is>', share, text, flags=re.DOTALL)
    link = f'<Relationship Id="strings" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    links = "xl/_rels/workbook.xml.rels"
    parts[links] = parts[links].replace("</Relationships>", link)
    items = "".join(f'<si><t xml:space="preserve">{text}</t></si>' for text in texts)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{items}</sst>'
    with zipfile.ZipFile(path, "w") as z:
        for name, text in parts.items():
            z.writestr(name, text)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Give a workbook as XlsxWriter makes it: scores with formats and a formula, a page of details, a user's sheet."""
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(path)) as b:
        score, detail, own = b.add_worksheet("Scorecard"), b.add_worksheet("Detail"), b.add_worksheet("我的 Sheet")
        percent = b.add_format({"num_format": "0.0%", "bg_color": "#FFEE00"})
        score.write_row("A1", ["KPI", "Value"])
        score.write("B2", 0.5, percent)
        score.write_formula("C2", "=B2*2", None, 1)
        score.merge_range("E2:F3", "merged")
        score.set_column("H:H", 12, percent)
        detail.write_row("A4", ["kpi", "value"])
        for row in range(4, 9):
            detail.write_row(row, 0, ["x", row])
        detail.autofilter("A4:B9")
        detail.conditional_format("B5:B9", {"type": "data_bar"})
        own.write_formula("A1", "=SUM(Detail!B5:B9)", None, 30)
    return path


def test_values_of_each_kind_are_read_back(book: Path) -> None:
    """Numbers, text, truth, dates and blanks come back from calamine and openpyxl as they went in."""
    values = [
        1, 2.5, -0.0, 1e300, 10**14, True, False, "text", "=1+1", "+86 138", "-5", "@x", "\ttab", "0012", " a\nb ",
        "<&>\"']]>", "_x000D_", "😀𠀀", dt.date(2026, 1, 5), dt.datetime(2026, 1, 5, 13, 30), None, "＝SUM(A1)",
    ]  # fmt: skip
    patch = Patch(book)
    for row, value in enumerate(values, 10):
        style = Style("yyyy-mm-dd hh:mm") if isinstance(value, dt.date) else None
        patch.put("Scorecard", row, 2, value, style)
    new = saved(patch)
    sheet = openpyxl.load_workbook(new)["Scorecard"]
    cells = CalamineWorkbook.from_path(str(new)).get_sheet_by_name("Scorecard").to_python()
    for row, value in enumerate(values, 10):
        if value == "_x000D_":
            continue  # Excel's own escape, which openpyxl leaves as it stands: see the next test
        expected = dt.datetime(2026, 1, 5) if value == dt.date(2026, 1, 5) else value
        assert sheet.cell(row, 2).value == expected
        assert sheet.cell(row, 2).data_type != "f"
        assert cells[row - 1][1] == ("" if value is None else value)


def test_text_that_looks_like_an_escape_is_masked(book: Path) -> None:
    """A literal `_x000D_` is written so that Excel shows these seven characters, and is found unchanged again."""
    patch = Patch(book)
    patch.put("Scorecard", 9, 1, "a_x000D_b")
    new = saved(patch)
    assert "a_x005F_x000D_b" in part(new)
    again = Patch(new)
    again.put("Scorecard", 9, 1, "a_x000D_b")
    assert not again.changed


@given(st.text(st.characters(exclude_categories=()), max_size=40))
@settings(max_examples=300, deadline=None)
def test_storable_text_can_be_held_by_xml(text: str) -> None:
    """Whatever comes in, the text that is stored is valid XML, and storing it again changes nothing."""
    clean = storable(text)
    element = etree.Element("t")
    element.text = clean
    assert etree.fromstring(etree.tostring(element, encoding="UTF-8")).text in (clean, None)
    assert storable(clean) == clean


@pytest.mark.parametrize(
    ("text", "stored"),
    [("a\x00b\x1f", "ab"), ("\ud800x", "\ufffdx"), ("a\r\nb\rc", "a\nb\nc"), ("\u200b\u202e𠀀😀", "\u200b\u202e𠀀😀")],
)
def test_what_is_cleaned_and_what_is_kept(text: str, stored: str) -> None:
    """Control characters go, half surrogates are marked, line ends become a cell's, everything else stays."""
    assert storable(text) == stored


def test_values_that_no_cell_can_hold_are_errors_of_the_caller(book: Path) -> None:
    """NaN, infinity, a text too long, a date before the calendar and a time with zone raise at once."""
    patch = Patch(book)
    early, zoned = dt.date(1899, 12, 31), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for value in (float("nan"), float("inf"), np.float64("nan"), "x" * 32_768, "😀" * 16_384, early, zoned):
        with pytest.raises(ValueError, match=r"."):
            patch.put("Scorecard", 1, 1, value)
    patch.put("Scorecard", 1, 1, "x" * 32_767)
    with pytest.raises(KeyError):
        patch.put("Nowhere", 1, 1, 1)
    page = Patch(book)
    page.replace("Detail", 5, [[float("nan")]])
    with pytest.raises(ValueError, match="nan"):
        _ = page.changed


def test_numpy_values_are_numbers(book: Path) -> None:
    """What numpy hands over is written as the number it is, not as `np.float64(1.5)`."""
    patch = Patch(book)
    patch.put("Scorecard", 9, 1, np.float64(1.5))  # type: ignore[arg-type]
    patch.replace("Detail", 5, [[np.float64(2.5), np.int64(3), np.bool_(True)]])  # type: ignore[list-item]
    new = openpyxl.load_workbook(saved(patch))
    assert new["Scorecard"]["A9"].value == 1.5
    assert [c.value for c in new["Detail"][5]] == [2.5, 3, True]


@pytest.mark.parametrize(
    ("day", "old", "mac"),
    [
        (dt.date(1900, 1, 1), 1, None), (dt.date(1900, 2, 28), 59, None), (dt.date(1900, 3, 1), 61, None),
        (dt.date(1904, 1, 2), 1463, 1), (dt.date(9999, 12, 31), 2958465, 2957003),
    ],
)  # fmt: skip
def test_serials_of_both_calendars(day: dt.date, old: int, mac: int | None) -> None:
    """Days have the serials that Excel gives them, with the 29 February 1900 that never was."""
    assert serial(day) == old
    if mac is not None:
        assert serial(day, date1904=True) == mac


def test_dates_in_a_1904_workbook(tmp_path: Path) -> None:
    """A date put into a 1904 workbook is the same day when read back."""
    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx"), {"date_1904": True}) as b:
        b.add_worksheet("S")
    patch = Patch(tmp_path / "b.xlsx")
    patch.put("S", 1, 1, dt.date(2026, 1, 5), Style("yyyy-mm-dd"))
    assert openpyxl.load_workbook(saved(patch))["S"]["A1"].value == dt.datetime(2026, 1, 5)


def test_style_is_kept_inherited_or_set(book: Path) -> None:
    """A cell keeps its format, a new one takes its column's, and a given one is what the reader sees."""
    patch = Patch(book)
    patch.put("Scorecard", 2, 2, 0.75)
    patch.put("Scorecard", 30, 8, 0.25)
    wanted = Style(
        "#,##0.00", bold=True, fill="C6EFCE", color="006100", wrap=True, align="center", border=True, size=14
    )
    patch.put("Scorecard", 31, 1, 1.5, wanted)
    sheet = openpyxl.load_workbook(saved(patch))["Scorecard"]
    assert (sheet["B2"].number_format, sheet["B2"].fill.fgColor.rgb) == ("0.0%", "FFFFEE00")
    assert sheet["H30"].number_format == "0.0%"
    cell = sheet["A31"]
    assert (cell.number_format, cell.font.b, cell.font.sz, cell.font.color.rgb) == ("#,##0.00", True, 14, "FF006100")
    assert (cell.fill.fgColor.rgb, cell.alignment.wrap_text, cell.alignment.horizontal) == ("FFC6EFCE", True, "center")
    assert cell.border.left.style == cell.border.bottom.style == "thin"


def test_a_second_run_changes_nothing(book: Path) -> None:
    """The same edits again leave `changed` false: same values, same types, same styles, nothing appended."""

    def edit(path: Path) -> Patch:
        patch = Patch(path)
        patch.put("Scorecard", 2, 2, 0.1 + 0.2, Style("0.00%", bold=True))
        patch.put("Scorecard", 5, 1, "好", Style(fill="ffc7ce", italic=True))
        patch.put("Scorecard", 6, 1, dt.date(2026, 1, 5), Style("yyyy-mm-dd", border=True))
        patch.replace("Detail", 5, [["a", 1], ["b", None]], [None, Style("0.0")], {(5, 1): "'Scorecard'!A1"})
        return patch

    first = edit(book)
    assert first.changed
    new = saved(first)
    again = edit(new)
    assert not again.changed
    assert again.save(new.with_name("same.xlsx")) == ()
    assert new.with_name("same.xlsx").read_bytes() == new.read_bytes()


def test_a_workbook_saved_by_another_program_since_is_still_unchanged(book: Path) -> None:
    """Shared strings instead of inline ones, other attributes, moved styles: equal cells are equal."""

    def edit(path: Path) -> Patch:
        patch = Patch(path)
        patch.put("Scorecard", 5, 1, "a & <b>", Style("yyyy\\-mm\\-dd", bold=True, fill="FFC7CE"))
        patch.replace("Detail", 5, [["a", 1.25, True, "x\ny"]] * 3, [None, Style("0.0%", border=True)])
        return patch

    new = saved(edit(book))
    other = openpyxl.load_workbook(new)
    other.save(new)
    share_strings(new)
    assert 't="s"' in part(new)
    assert not edit(new).changed


def test_equal_edits_give_equal_bytes_under_any_hash_seed(book: Path) -> None:
    """The hash seed is nowhere in what is written."""
    code = (
        "import sys; from pathlib import Path; from loyalty_xl.books.patch import *\n"
        "p = Patch(Path(sys.argv[1]))\n"
        "for n, c in enumerate(['FF0000', '00FF00']): p.put('Scorecard', 9, n + 1, n, Style('0.00', color=c))\n"
        "p.replace('Detail', 5, [['x', 1]] * 50, links={(5, 1): \"'Scorecard'!A1\", (6, 1): \"'Scorecard'!A2\"})\n"
        "p.add_sheet('New', [['a']]); p.save(Path(sys.argv[2]))\n"
    )
    for seed in ("1", "2"):
        command = [sys.executable, "-c", code, str(book), str(book.with_name(seed))]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed}, timeout=30)
    assert book.with_name("1").read_bytes() == book.with_name("2").read_bytes()


def test_refused_cells_are_collected_with_their_reason(book: Path) -> None:
    """Formula and covered cell are left as they are and listed; the others are written."""
    patch = Patch(book)
    patch.put("Scorecard", 2, 3, 9)
    patch.put("Scorecard", 3, 6, 9)
    patch.put("Scorecard", 2, 5, "top left of the merge")
    assert [(r.row, r.column, r.reason) for r in patch.refused] == [(2, 3, Reason.FORMULA), (3, 6, Reason.MERGED)]
    assert patch.refused[0].text("zh") != patch.refused[0].text("en")
    sheet = openpyxl.load_workbook(saved(patch))["Scorecard"]
    assert (sheet["C2"].value, sheet["E2"].value) == ("=B2*2", "top left of the merge")


def test_array_spill_and_shared_formula_are_refused(tmp_path: Path) -> None:
    """A cell that an array fills is not written, nor one whose formula others share, even if asked to."""
    rows = (
        '<row r="1"><c r="A1" cm="1"><f t="array" ref="A1:A3">X</f><v>1</v></c>'
        '<c r="B1"><f t="shared" ref="B1:B3" si="0">C1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><v>2</v></c><c r="B2"><f t="shared" si="0"/><v>2</v></c></row>'
    )
    patch = Patch(small_book(tmp_path / "b.xlsx", rows))
    for row, column in ((1, 1), (2, 1), (3, 1), (1, 2)):
        patch.put("S", row, column, 7, over_formula=True)
    patch.put("S", 2, 2, 7, over_formula=True)
    reasons = [r.reason for r in patch.refused]
    assert reasons == [Reason.ARRAY, Reason.SHARED_FORMULA, Reason.ARRAY, Reason.ARRAY]
    assert '<c r="B2"><v>7</v></c>' in part(saved(patch))


def test_table_header_is_refused_and_the_table_grows_with_its_page(tmp_path: Path) -> None:
    """A header cell stays, unless it is the same anyway; replacing the rows resizes table and filter."""
    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as b:
        sheet = b.add_worksheet("S")
        sheet.add_table("A3:B5", {"data": [["a", 1], ["b", 2]], "columns": [{"header": "k"}, {"header": "v"}]})
    patch = Patch(tmp_path / "b.xlsx")
    patch.put("S", 3, 1, "k")
    patch.put("S", 3, 2, "other")
    patch.replace("S", 4, [["x", n] for n in range(10)])
    assert [(r.row, r.column, r.reason) for r in patch.refused] == [(3, 2, Reason.TABLE_HEADER)]
    new = saved(patch)
    assert re.findall(r'ref="([^"]+)"', part(new, "xl/tables/table1.xml")) == ["A3:B13", "A3:B13"]
    empty = Patch(new)
    empty.replace("S", 4, [])
    assert 'ref="A3:B4"' in part(saved(empty), "xl/tables/table1.xml")
    over = Patch(new)
    over.replace("S", 3, [["x"]])
    assert [r.reason for r in over.refused] == [Reason.TABLE_HEADER]
    assert not over.changed


def test_over_formula_drops_the_order_of_calculation(tmp_path: Path) -> None:
    """Writing over a formula takes calcChain out with its content type and relationship; others keep it."""
    rows = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>A1</f><v>2</v></c></row>'
    chain = {
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="A1" i="1"/></calcChain>',
        "xl/_rels/workbook.xml.rels": relationships(
            ("worksheet", "worksheets/sheet1.xml"), ("calcChain", "calcChain.xml")
        ),
    }
    path = small_book(tmp_path / "b.xlsx", rows, **chain)
    beside = Patch(path)
    beside.put("S", 2, 1, 1)
    assert "xl/calcChain.xml" in zipfile.ZipFile(saved(beside)).namelist()
    patch = Patch(path)
    patch.put("S", 1, 1, 5, over_formula=True)
    new = saved(patch)
    assert "xl/calcChain.xml" not in zipfile.ZipFile(new).namelist()
    assert "calcChain" not in part(new, "xl/_rels/workbook.xml.rels") + part(new, "[Content_Types].xml")
    assert "<v>5</v>" in part(new)
    assert 'fullCalcOnLoad="1"' in part(new, "xl/workbook.xml")


def test_calculation_is_asked_for_only_where_there_are_formulas(tmp_path: Path) -> None:
    """A workbook without formulas keeps its workbook part; with one it is told to calculate, once."""
    plain = Patch(small_book(tmp_path / "a.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>'))
    plain.put("S", 1, 1, 2)
    assert "calcPr" not in part(saved(plain), "xl/workbook.xml")
    formula = Patch(small_book(tmp_path / "b.xlsx", '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1</f></c></row>'))
    formula.put("S", 1, 1, 2)
    new = saved(formula)
    assert '</sheets><calcPr fullCalcOnLoad="1"/>' in part(new, "xl/workbook.xml")
    again = Patch(new)
    again.put("S", 1, 1, 3)
    assert "xl/workbook.xml" not in again.save(tmp_path / "c.xlsx")


def test_rows_and_cells_are_created_in_order(tmp_path: Path) -> None:
    """New rows and cells stand where their numbers say; outgrown spans and dimension are dropped."""
    rows = '<row r="2" spans="2:3" s="0"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="5"/>'
    patch = Patch(small_book(tmp_path / "b.xlsx", rows, '<dimension ref="B2:D2"/>'))
    for row, column in ((5, 2), (2, 3), (2, 1), (2, 5), (3, 1), (1, 1), (9, 16_384)):
        patch.put("S", row, column, row * 10)
    text = part(saved(patch))
    cells = ["A1", "A2", "B2", "C2", "D2", "E2", "A3", "B5", "XFD9"]
    assert re.findall(r'<c r="(\w+)"', text) == cells
    assert [int(n) for n in re.findall(r'<row r="(\d+)"', text)] == [1, 2, 3, 5, 9]
    assert "spans" not in text
    assert "dimension" not in text


def test_rows_without_numbers_get_them(tmp_path: Path) -> None:
    """Where rows and cells leave out their references (legal, rare), the right cell is filled all the same."""
    rows = "<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c/><c><v>3</v></c></row>"
    patch = Patch(small_book(tmp_path / "b.xlsx", rows))
    patch.put("S", 3, 2, 30)
    sheet = openpyxl.load_workbook(saved(patch))["S"]
    assert [sheet[ref].value for ref in ("A1", "B1", "B3")] == [1, 2, 30]


@pytest.mark.parametrize("prefix", ["", "x:"])
@pytest.mark.parametrize("namespace", [MAIN, STRICT])
def test_prefixes_and_strict_namespaces(tmp_path: Path, prefix: str, namespace: str) -> None:
    """A sheet whose elements carry a prefix, or which is strict, is filled in its own manner."""
    p, declared = prefix, f'xmlns{":x" if prefix else ""}="{namespace}"'
    cell = f'<{p}c r="A1"><{p}v>1</{p}v></{p}c>'
    sheet = f'<{p}worksheet {declared}><{p}sheetData><{p}row r="1">{cell}</{p}row></{p}sheetData>'
    path = small_book(tmp_path / "b.xlsx", "", **{SHEET: f"{sheet}</{p}worksheet>"})
    patch = Patch(path)
    patch.put("S", 1, 2, "t")
    patch.replace("S", 3, [["y", 2, True]], links={(3, 1): "S!A1"})
    text = part(saved(patch))
    assert f'<{p}c r="B1" t="inlineStr"><{p}is><{p}t xml:space="preserve">t</{p}t></{p}is></{p}c>' in text
    assert f'<{p}c r="C3" t="b"><{p}v>1</{p}v></{p}c>' in text
    assert f'<{p}hyperlinks><{p}hyperlink ref="A3" location="S!A1"/></{p}hyperlinks>' in text
    again = Patch(patch.path.with_name("new-b.xlsx"))
    again.replace("S", 3, [["y", 2, True]], links={(3, 1): "S!A1"})
    assert not again.changed


def test_utf16_sheets_comments_and_cdata(tmp_path: Path) -> None:
    """A sheet in UTF-16, with comments and CDATA that look like rows, is cut at its real rows."""
    rows = '<!-- <row r="9"> --><row r="1"><c r="A1" t="str"><v><![CDATA[<row r="7">]]></v></c></row>'
    sheet = (
        f'<?xml version="1.0" encoding="UTF-16"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    )
    patch = Patch(small_book(tmp_path / "b.xlsx", "", **{SHEET: sheet.encode("utf-16")}))
    patch.put("S", 2, 1, "二")
    sheet_ = openpyxl.load_workbook(saved(patch))["S"]
    assert (sheet_["A1"].value, sheet_["A2"].value) == ('<row r="7">', "二")


def test_a_page_is_replaced_and_what_stands_around_it_stays(book: Path) -> None:
    """Rows from the first on go, rows above and conditional formats stay, the filter ends where the page ends."""
    patch = Patch(book)
    patch.replace("Detail", 5, [["k", n / 8] for n in range(40)], [None, Style("0.000")], {(5, 1): "'我的 Sheet'!A1"})
    patch.put("Detail", 6, 2, "on top", Style(bold=True))
    patch.put("Detail", 1, 1, "title")
    new = saved(patch)
    sheet = openpyxl.load_workbook(new)["Detail"]
    assert (sheet["A1"].value, sheet["A4"].value, sheet.max_row) == ("title", "kpi", 44)
    assert (sheet["B7"].value, sheet["B7"].number_format, sheet["B6"].value) == (0.25, "0.000", "on top")
    assert sheet.auto_filter.ref == "A4:B44"
    assert sheet["A5"].hyperlink.location == "'我的 Sheet'!A1"
    assert "Detail!$A$4:$B$44" in part(new, "xl/workbook.xml")
    assert "conditionalFormatting" in part(new, "xl/worksheets/sheet2.xml")
    shorter = Patch(new)
    shorter.replace("Detail", 5, [["only", 1]])
    sheet = openpyxl.load_workbook(saved(shorter))["Detail"]
    assert (sheet.max_row, sheet.auto_filter.ref, sheet["A5"].hyperlink) == (5, "A4:B5", None)
    assert sheet["B5"].number_format == "0.000"


def test_merges_in_a_page_go_and_those_from_above_are_refused(tmp_path: Path) -> None:
    """A merge inside the page would hide values and goes; one that reaches in from above keeps its cells."""
    tail = '<mergeCells count="2"><mergeCell ref="A1:A3"/><mergeCell ref="B4:C5"/></mergeCells>'
    patch = Patch(small_book(tmp_path / "b.xlsx", '<row r="1"><c r="A1"><v>1</v></c></row>', tail=tail))
    patch.replace("S", 2, [["hidden", 1], [None, 2], ["c", 3, 4]])
    assert [(r.row, r.column, r.reason) for r in patch.refused] == [(2, 1, Reason.MERGED)]
    text = part(saved(patch))
    assert '<mergeCells count="1"><mergeCell ref="A1:A3"/></mergeCells>' in text
    assert "hidden" not in text


def test_sheets_are_added_where_they_belong(book: Path) -> None:
    """A new sheet stands before the one named; names, filters and the open sheet follow their sheets."""
    patch = Patch(book)
    patch.add_sheet("Notes", [["note", "n"], ["a", 1]], [None, Style("0.0")], [40, 8], before="Detail")
    patch.add_sheet("Last", [[True]])
    patch.put("Notes", 1, 1, "Note", Style(bold=True))
    assert patch.sheet_names == ("Scorecard", "Notes", "Detail", "我的 Sheet", "Last")
    new = openpyxl.load_workbook(saved(patch))
    assert new.sheetnames == list(patch.sheet_names)
    assert (new["Notes"]["A1"].value, new["Notes"]["A1"].font.b, new["Notes"]["B2"].number_format) == (
        "Note",
        True,
        "0.0",
    )
    assert new["Notes"].column_dimensions["A"].width == 40
    assert new["Detail"].auto_filter.ref == "A4:B9"
    assert 'localSheetId="2"' in part(book.with_name("new-book.xlsx"), "xl/workbook.xml")
    for name in ("Detail", "detail", "a/b", "x" * 32, "'x", ""):
        with pytest.raises(ValueError, match=r"sheet"):
            patch.add_sheet(name, [])


def test_hidden_sheets_are_shown_in_their_places(tmp_path: Path) -> None:
    """A sheet made visible keeps its place and its names; which sheet is open and which tab is first stay as they are."""
    with xlsxwriter.Workbook(str(tmp_path / "b.xlsx")) as made:
        sheets = [made.add_worksheet(name) for name in ("Hidden", "One", "Deep", "Two")]
        chart = made.add_chart({"type": "line"})
        chart.add_series({"values": "=One!$A$1:$A$2"})
        made.add_chartsheet("Chart").set_chart(chart)
        sheets[0].hide()
        sheets[2].very_hidden()
        sheets[1].set_first_sheet()
        sheets[3].activate()
        sheets[2].autofilter("A1:B9")
    old = part(tmp_path / "b.xlsx", "xl/workbook.xml")
    patch = Patch(tmp_path / "b.xlsx")
    assert patch.states == {"Hidden": "hidden", "One": "visible", "Deep": "veryHidden", "Two": "visible"}
    patch.show("One")
    assert not patch.changed
    patch.show("Hidden")
    patch.show("Deep")
    assert set(patch.states.values()) == {"visible"}
    assert patch.save(tmp_path / "new.xlsx") == ("xl/workbook.xml",)
    patch.verify(tmp_path / "new.xlsx")
    new = part(tmp_path / "new.xlsx", "xl/workbook.xml")
    assert old.replace(' state="hidden"', "").replace(' state="veryHidden"', "") == new
    assert all(said in new for said in ("firstSheet=", 'activeTab="3"', 'localSheetId="2"'))
    with pytest.raises(KeyError):
        patch.show("Chart")


def test_protected_structure_is_respected(tmp_path: Path) -> None:
    """Where the user has forbidden new sheets, none is added, and the sentence says how to allow it."""
    workbook = f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><workbookProtection lockStructure="1"/><sheets>'
    workbook += '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
    patch = Patch(small_book(tmp_path / "b.xlsx", "", **{"xl/workbook.xml": workbook}))
    patch.add_sheet("New", [[1]])
    with pytest.raises(WriteError, match="protected"):
        _ = patch.changed
    workbook = workbook.replace('name="S"', 'name="S" state="hidden"')
    patch = Patch(small_book(tmp_path / "h.xlsx", "", **{"xl/workbook.xml": workbook}))
    assert patch.protected
    patch.show("S")
    with pytest.raises(WriteError, match="cannot be shown"):
        _ = patch.changed


def test_macro_sheets_without_relationship_are_passed_over(tmp_path: Path) -> None:
    """The empty `r:id` that Excel writes for old module sheets does no harm."""
    workbook = f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets><sheet name="M" sheetId="2" r:id=""/>'
    workbook += '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
    patch = Patch(small_book(tmp_path / "b.xlsx", "", **{"xl/workbook.xml": workbook}))
    assert patch.sheet_names == ("S",)


def test_signed_and_foreign_packages_are_refused(tmp_path: Path) -> None:
    """A signature would be void after any edit; a zip that is no workbook is told apart."""
    signed = small_book(tmp_path / "s.xlsx", "", **{"_xmlsignatures/sig1.xml": "<x/>"})
    with pytest.raises(WriteError, match="signed"):
        Patch(signed)
    with zipfile.ZipFile(tmp_path / "z.xlsx", "w") as z:
        z.writestr("word/document.xml", "<x/>")
    for path in (tmp_path / "z.xlsx", Path(__file__)):
        with pytest.raises(ReadError):
            Patch(path)
    bomb = f'<!DOCTYPE x [<!ENTITY a "b">]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    patch = Patch(small_book(tmp_path / "e.xlsx", "", **{SHEET: bomb}))
    patch.put("S", 1, 1, 1)
    with pytest.raises(ReadError) as caught:
        _ = patch.changed
    assert caught.value.code == "E121"


def test_a_large_page_is_written_quickly(book: Path) -> None:
    """20,000 rows of 25 columns are written in a second or so (0.4 s on the machine it was built on)."""
    rows = [[f"kpi{n % 40}", "2026-Q3", n, n * 1.37, None] + [n * 0.1 + c for c in range(20)] for n in range(20_000)]
    start = time.perf_counter()
    patch = Patch(book)
    patch.replace("Detail", 5, rows)
    patch.save(book.with_name("large.xlsx"))
    assert time.perf_counter() - start < 2.5  # a busy machine may take its time; a slow design takes 20 s


def test_a_page_that_is_refused_does_not_hold_up_single_cells(tmp_path: Path) -> None:
    """Where an array reaches into a page the page stays as it is, is listed, and other cells are filled."""
    rows = (
        '<row r="1"><c r="A1"><f t="array" ref="A1:A5">X</f><v>1</v></c></row><row r="3"><c r="B3"><v>1</v></c></row>'
    )
    patch = Patch(small_book(tmp_path / "b.xlsx", rows))
    patch.replace("S", 3, [["x"]])
    patch.put("S", 3, 2, 2)
    assert [(r.row, r.column, r.reason) for r in patch.refused] == [(3, 1, Reason.ARRAY)]
    assert '<c r="B3"><v>2</v></c>' in part(saved(patch))
