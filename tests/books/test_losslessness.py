"""Nothing of the user's is lost: a workbook full of what other libraries drop, compared part by part."""

from __future__ import annotations

import shutil
import struct
import subprocess
import warnings
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from loyalty_xl.books.patch import Patch, Style
from loyalty_xl.books.saving import replace_file, restore

pytestmark = pytest.mark.filterwarnings("error")

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEETS = ("Scorecard", "Detail", "Orders", "我的分析", "Charts")

CACHE = f"""<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{LINK}" r:id="rId1" recordCount="2">
<cacheSource type="worksheet"><worksheetSource ref="A1:B3" sheet="%s"/></cacheSource>
<cacheFields count="2"><cacheField name="who" numFmtId="0">
<sharedItems count="2"><s v="a"/><s v="b"/></sharedItems></cacheField><cacheField name="amount" numFmtId="0">
<sharedItems containsSemiMixedTypes="0" containsString="0" containsNumber="1" minValue="1" maxValue="2"/></cacheField>
</cacheFields></pivotCacheDefinition>"""
RECORDS = f"""<pivotCacheRecords xmlns="{MAIN}" count="2"><r><x v="0"/><n v="1"/></r><r><x v="1"/><n v="2"/></r>
</pivotCacheRecords>"""
PIVOT = f"""<pivotTableDefinition xmlns="{MAIN}" name="P" cacheId="1" dataCaption="Values" applyNumberFormats="0">
<location ref="H1:I4" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2">
<pivotField axis="axisRow" showAll="0"><items count="3"><item x="0"/><item x="1"/><item t="default"/></items>
</pivotField><pivotField dataField="1" showAll="0"/></pivotFields><rowFields count="1"><field x="0"/></rowFields>
<rowItems count="3"><i><x/></i><i><x v="1"/></i><i t="grand"><x/></i></rowItems><colItems count="1"><i/></colItems>
<dataFields count="1">
<dataField name="Sum" fld="1"/></dataFields></pivotTableDefinition>"""
OPAQUE = {
    "xl/threadedComments/threadedComment1.xml": b"<ThreadedComments/>",
    "xl/persons/person.xml": b"<personList/>",
    "xl/activeX/activeX1.bin": bytes(range(256)),
    "xl/activeX/activeX1.xml": b"<ax:ocx xmlns:ax='x'/>",
    "xl/slicers/slicer1.xml": b"<slicers/>",
    "xl/slicerCaches/slicerCache1.xml": b"<slicerCacheDefinition/>",
    "xl/ctrlProps/ctrlProp9.xml": b"<formControlPr/>",
    "customXml/item1.xml": b"<theirs>\r\n  <kept exactly='so'/></theirs>",
    "xl/printerSettings/printerSettings1.bin": b"\0\1printer",
}


def links(*items: tuple[str, str, str]) -> str:
    """Write relationships."""
    body = "".join(f'<Relationship Id="{i}" Type="{LINK}/{k}" Target="{t}"/>' for i, k, t in items)
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{body}</Relationships>'


def png() -> bytes:
    """Make a picture of one dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
    )


def rich_book(path: Path, pivot_source: str) -> Path:
    """Make a workbook with what openpyxl would lose; a pivot table on *pivot_source* is put in by hand."""
    plain, picture, macros = (path.with_name(name) for name in ("plain.xlsm", "dot.png", "vbaProject.bin"))
    picture.write_bytes(png())
    macros.write_bytes(b"\xd0\xcf\x11\xe0 an OLE file as far as anybody here is concerned")
    with xlsxwriter.Workbook(str(plain)) as book:
        book.add_vba_project(str(macros))
        sheets = {name: book.add_worksheet(name) for name in SHEETS}
        bold = book.add_format({"bold": True, "font_color": "#990000"})
        sheets["Scorecard"].write_row(0, 0, ["KPI", "value", "formula", "trend"], bold)
        sheets["Scorecard"].write_formula("C2", "=Orders!B2*2", None, 2)
        sheets["Scorecard"].add_sparkline("D2", {"range": "Orders!B2:B9"})
        sheets["Scorecard"].insert_button("F2", {"macro": "Refresh", "caption": "刷新"})
        sheets["Scorecard"].conditional_format("B2:B9", {"type": "icon_set", "icon_style": "3_traffic_lights"})
        sheets["Scorecard"].data_validation("E2:E9", {"validate": "list", "source": ["a", "b"]})
        sheets["Scorecard"].write_comment("A1", "a note of the user")
        sheets["Scorecard"].insert_image("H2", str(picture))
        sheets["Detail"].write_row(0, 0, ["kpi", "value"])
        sheets["Orders"].write_row(0, 0, ["who", "amount"])
        for row in range(1, 2000):
            sheets["Orders"].write_row(row, 0, [f"customer {row % 37}", row])
        sheets["我的分析"].write_rich_string("A1", "rich ", bold, "text")
        sheets["我的分析"].write_dynamic_array_formula("B1", "=UNIQUE(Orders!A2:A9)", None, "customer 1")
        chart = book.add_chart({"type": "line"})
        chart.add_series({"values": "=Orders!$B$2:$B$9"})
        sheets["Charts"].insert_chart("A1", chart)
        book.define_name("Sales", "=Orders!$B$2:$B$2000")
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info, with_pivot(info.filename, old.read(info)))
        new.writestr("xl/pivotCache/pivotCacheDefinition1.xml", CACHE % pivot_source)
        new.writestr("xl/pivotCache/pivotCacheRecords1.xml", RECORDS)
        new.writestr("xl/pivotTables/pivotTable1.xml", PIVOT)
        new.writestr(
            "xl/pivotCache/_rels/pivotCacheDefinition1.xml.rels",
            links(("rId1", "pivotCacheRecords", "pivotCacheRecords1.xml")),
        )
        cache = ("rId1", "pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml")
        new.writestr("xl/pivotTables/_rels/pivotTable1.xml.rels", links(cache))
        new.writestr(
            "xl/worksheets/_rels/sheet3.xml.rels", links(("rId1", "pivotTable", "../pivotTables/pivotTable1.xml"))
        )
        for name, data in OPAQUE.items():
            new.writestr(name, data)
    return path


def with_pivot(name: str, data: bytes) -> bytes:
    """Announce the pivot parts where the package lists its parts."""
    if name == "[Content_Types].xml":
        said = "".join(
            f'<Override PartName="/xl/{part}1.xml" ContentType="{KIND}.{kind}+xml"/>'
            for part, kind in (
                ("pivotCache/pivotCacheDefinition", "pivotCacheDefinition"),
                ("pivotCache/pivotCacheRecords", "pivotCacheRecords"),
                ("pivotTables/pivotTable", "pivotTable"),
            )
        )
        return data.replace(b"</Types>", f"{said}</Types>".encode())
    if name == "xl/_rels/workbook.xml.rels":
        target = "pivotCache/pivotCacheDefinition1.xml"
        item = f'<Relationship Id="rId99" Type="{LINK}/pivotCacheDefinition" Target="{target}"/>'
        return data.replace(b"</Relationships>", f"{item}</Relationships>".encode())
    if name == "xl/workbook.xml":
        return data.replace(
            b"</workbook>", b'<pivotCaches><pivotCache cacheId="1" r:id="rId99"/></pivotCaches></workbook>'
        )
    return data


def members(path: Path) -> dict[str, bytes]:
    """Give each member as it lies in the file: header and compressed data."""
    data, found = path.read_bytes(), {}
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
        for info in z.infolist():
            before = 30 + sum(struct.unpack_from("<2H", data, info.header_offset + 26))
            found[info.filename] = data[info.header_offset : info.header_offset + before + info.compress_size]
    return found


def differing(old: Path, new: Path) -> set[str]:
    """Give the members that are not the same bytes, in either."""
    before, after = members(old), members(new)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def refresh(path: Path) -> Patch:
    """Do to a workbook what a refresh does."""
    patch = Patch(path)
    patch.put("Scorecard", 2, 1, "NPS 净推荐值", Style(bold=True))
    patch.put("Scorecard", 2, 2, 42.5, Style("0.0", fill="C6EFCE"))
    patch.replace("Detail", 2, [["NPS", n / 4] for n in range(50)], [None, Style("0.00")], {(2, 1): "'Orders'!A2"})
    return patch


@pytest.fixture(scope="module", params=["Orders", "Detail"])
def refreshed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Give a rich workbook, the same after a refresh, and the sheet its pivot table reads."""
    folder = tmp_path_factory.mktemp(request.param)
    old = rich_book(folder / "old.xlsm", request.param)
    new = folder / "new 记分卡.xlsm"
    shutil.copyfile(old, new)
    patch = refresh(new)
    replace_file(new, patch.save, patch.verify)
    return old, new, request.param


def test_only_the_parts_of_owned_cells_differ(refreshed: tuple[Path, Path, str]) -> None:
    """Two sheets and the styles differ (and a pivot cache whose source changed); all else is the same bytes."""
    old, new, source = refreshed
    allowed = {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml", "xl/styles.xml"}
    if source == "Detail":
        allowed.add("xl/pivotCache/pivotCacheDefinition1.xml")
    assert differing(old, new) == allowed
    kept = members(new).keys()
    for ending in ("vbaProject.bin", "chart1.xml", "image1.png", "vmlDrawing1.vml", "comments1.xml", "pivotTable1.xml"):
        assert any(name.endswith(ending) for name in kept)
    assert OPAQUE.keys() <= kept
    assert list(members(old)) == list(members(new))


def test_what_stands_in_the_owned_sheets_stays(refreshed: tuple[Path, Path, str]) -> None:
    """Sparklines, buttons, icon sets, validations, notes and pictures of a filled sheet are there after it."""
    old, new, _ = refreshed
    with zipfile.ZipFile(old) as before, zipfile.ZipFile(new) as after:
        one, other = (z.read("xl/worksheets/sheet1.xml").decode() for z in (before, after))
    assert one[one.index("</sheetData>") :] == other[other.index("</sheetData>") :]
    assert "x14:sparkline" in other
    assert one[one.index("<worksheet") : one.index("<dimension")] in other
    assert "<f>Orders!B2*2</f><v>2</v>" in other


def test_pivot_reads_again_only_if_its_source_changed(refreshed: tuple[Path, Path, str]) -> None:
    """A pivot table over a page is refreshed when the workbook opens; one over a user's sheet is left alone."""
    _, new, source = refreshed
    with zipfile.ZipFile(new) as z:
        assert (b"refreshOnLoad" in z.read("xl/pivotCache/pivotCacheDefinition1.xml")) == (source == "Detail")


def test_two_readers_agree_on_what_was_written(refreshed: tuple[Path, Path, str]) -> None:
    """calamine and openpyxl read the new values, and the user's sheets as they were."""
    old, new, _ = refreshed
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl says what it would lose
        book = openpyxl.load_workbook(new)
    other = CalamineWorkbook.from_path(str(new))
    assert tuple(book.sheetnames) == tuple(other.sheet_names) == SHEETS
    assert [book["Scorecard"][ref].value for ref in ("A2", "B2", "C2")] == ["NPS 净推荐值", 42.5, "=Orders!B2*2"]
    assert book["Scorecard"]["B2"].fill.fgColor.rgb == "FFC6EFCE"
    assert other.get_sheet_by_name("Scorecard").to_python()[1][:3] == ["NPS 净推荐值", 42.5, 2.0]
    assert other.get_sheet_by_name("Detail").to_python()[1:] == [["NPS", n / 4] for n in range(50)]
    before = CalamineWorkbook.from_path(str(old))
    for name in ("Orders", "我的分析"):
        assert other.get_sheet_by_name(name).to_python() == before.get_sheet_by_name(name).to_python()


def test_a_second_refresh_finds_nothing_to_do(refreshed: tuple[Path, Path, str]) -> None:
    """Refreshing again changes no cell, so nothing is written."""
    assert not refresh(refreshed[1]).changed


def test_a_page_is_added_without_touching_the_others(refreshed: tuple[Path, Path, str], tmp_path: Path) -> None:
    """A new sheet changes the three lists of parts, and no sheet, chart or macro."""
    patch = Patch(refreshed[1])
    patch.add_sheet("Findings 校验报告", [["E203", "Orders!B2"]], before="Orders")
    patch.save(tmp_path / "b.xlsm")
    patch.verify(tmp_path / "b.xlsm")
    lists = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet6.xml"}
    assert differing(refreshed[1], tmp_path / "b.xlsm") == lists


def test_restore_gives_back_the_very_file(refreshed: tuple[Path, Path, str], tmp_path: Path) -> None:
    """The backup of a refresh, put back, is the workbook that was there, byte for byte."""
    book = tmp_path / "book.xlsm"
    shutil.copyfile(refreshed[0], book)
    patch = refresh(book)
    replace_file(book, patch.save, patch.verify)
    restore(book)
    assert book.read_bytes() == refreshed[0].read_bytes()


@pytest.mark.libreoffice
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_opens_the_result(refreshed: tuple[Path, Path, str], tmp_path: Path) -> None:
    """A real spreadsheet program loads the patched workbook and prints it."""
    if refreshed[2] == "Orders":
        pytest.skip("one of the two workbooks is enough")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", "--headless", "--norestore", profile, "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(refreshed[1])], check=True, timeout=60, capture_output=True)
    assert (tmp_path / "new 记分卡.pdf").read_bytes().startswith(b"%PDF")
