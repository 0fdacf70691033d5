"""Formats that libraries read: the same cells as from .xlsx, and a broken file takes only the child with it."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import time as clock
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from packages import HEAD, LINKS, packed, save, values

from loyalty_xl.books.preflight import Limits, look
from loyalty_xl.books.reading import peek, read, start
from loyalty_xl.errors import ReadError

SOFFICE = shutil.which("soffice")
DATES = "yyyy-mm-dd"


def refused(path: Path, **options: object) -> str:
    """The code with which a file is refused."""
    before = path.read_bytes()
    with pytest.raises(ReadError) as caught:
        read(path, **options)  # type: ignore[arg-type]
    assert path.name in caught.value.zh
    assert path.name in caught.value.en
    assert path.read_bytes() == before
    return caught.value.code


def write_xlsx(path: Path, *, date_1904: bool = False) -> Path:
    """A workbook with every kind of cell, a gap above and to the left, blank rows, merged cells, a hidden sheet."""
    with xlsxwriter.Workbook(path, {"date_1904": date_1904}) as book:
        sheet = book.add_worksheet("订单 😀")
        day, hour = book.add_format({"num_format": DATES}), book.add_format({"num_format": "hh:mm"})
        sheet.write_row("B3", ["id", "date", "n", "ok", "bad", "text"])
        sheet.write_string("B5", "007")
        sheet.write_datetime("C5", datetime(2026, 3, 5), day)
        sheet.write_number("D5", 12.5)
        sheet.write_boolean("E5", True)
        sheet.write_formula("F5", "=NA()", None, "#N/A")
        sheet.write_string("G5", "#N/A")
        sheet.write_string("B6", "客户")
        sheet.write_datetime("C6", datetime(2026, 3, 5, 13, 30), day)
        sheet.write_datetime("D6", time(12), hour)
        sheet.write_boolean("E6", False)
        sheet.write_formula("F6", "=1/0", None, "#DIV/0!")
        sheet.write_formula("F8", "=1/0", None, "#DIV/0!")
        sheet.merge_range("B10:C10", "merged")
        sheet.write_datetime("C12", datetime(1904, 2, 1) if date_1904 else datetime(1900, 2, 1), day)
        hidden = book.add_worksheet("Hidden")
        hidden.write("A1", "x")
        hidden.hide()
        book.add_worksheet("Empty")
    return path


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with book.xlsx and old.xlsx (1904), and both as .xls and .ods."""
    if SOFFICE is None:
        pytest.skip("LibreOffice is not installed")
    folder = tmp_path_factory.mktemp("formats")
    books = [write_xlsx(folder / "book.xlsx"), write_xlsx(folder / "old.xlsx", date_1904=True)]
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for kind in ("xls", "ods"):
        command = [SOFFICE, profile, "--headless", "--convert-to", kind, "--outdir", folder, *books]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_same_cells(converted: Path, kind: str) -> None:
    """Row numbers, ids, dates, numbers, truths, errors, texts and merged cells are those of the .xlsx."""
    meant = read(converted / "book.xlsx")
    found = read(converted / f"book.{kind}")
    assert list(found) == list(meant) == ["订单 😀", "Empty"]
    cells, expected = values(found["订单 😀"]), values(meant["订单 😀"])
    if kind == "ods":  # LibreOffice writes the truths of an .xlsx as numbers, and knows no 29 February 1900
        expected |= {"E5": ("NUMBER", 1.0), "E6": ("NUMBER", 0.0), "C12": ("DATE", 31.0)}
    assert cells == expected
    assert found["订单 😀"].rows.tolist() == [3, 5, 6, 8, 10, 12]
    assert found["订单 😀"].merged == ("B10:C10",)
    assert found["订单 😀"].origin == f".{kind}"
    assert meant["订单 😀"].origin == ""
    assert not len(found["Empty"])


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_days_of_1904(converted: Path, kind: str) -> None:
    """A workbook that counts from 1904 gives the same days, as serials of the 1900 system."""
    plain = values(read(converted / f"old.{kind}")["订单 😀"])
    assert plain["C5"] == ("DATE", 46086.0)
    assert plain["C12"] == ("DATE", 1493.0)


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_a_look(converted: Path, kind: str) -> None:
    """A look gives the first rows of all sheets, hidden ones too; a hidden one is read when it is named."""
    path = converted / f"book.{kind}"
    shown = peek(path, rows=2)
    assert [(each.name, each.state, len(each)) for each in shown] == [
        ("订单 😀", "visible", 2),
        ("Hidden", "hidden", 1),
        ("Empty", "visible", 0),
    ]
    assert values(read(path, ["Hidden"])["Hidden"]) == {"A1": ("TEXT", "x")}
    with pytest.raises(ReadError) as caught:
        read(path, ["Hiden"])
    assert caught.value.code == "E112"
    assert "Hidden" in caught.value.en


@pytest.mark.libreoffice
def test_wps(converted: Path, tmp_path: Path) -> None:
    """An .et of WPS holds BIFF and is read as such; so is an .xls under the name of an .xlsx."""
    for name, origin in (("book.et", ".et"), ("book.xlsx", ".xls")):
        shutil.copy(converted / "book.xls", tmp_path / name)
        found = read(tmp_path / name)["订单 😀"]
        assert found.origin == origin
        assert values(found) == values(read(converted / "book.xls")["订单 😀"])


@pytest.mark.libreoffice
def test_encrypted_xls(converted: Path, tmp_path: Path) -> None:
    """An .xls whose records are encrypted is E108, by its FILEPASS record."""
    content = (converted / "book.xls").read_bytes()
    codepage = content.index(b"\x42\x00\x02\x00")
    (tmp_path / "secret.xls").write_bytes(content[:codepage] + b"\x2f" + content[codepage + 1 :])
    assert refused(tmp_path / "secret.xls") == "E108"


@pytest.mark.libreoffice
def test_excel_95(converted: Path, tmp_path: Path) -> None:
    """BIFF of Excel 5 and 95 is E109: its texts would be a guess."""
    content = (converted / "book.xls").read_bytes()
    first = content.index(b"\x09\x08\x10\x00\x00\x06")
    (tmp_path / "old.xls").write_bytes(content[: first + 5] + b"\x05" + content[first + 6 :])
    assert refused(tmp_path / "old.xls") == "E109"


@pytest.mark.libreoffice
def test_loop_of_sectors(converted: Path, tmp_path: Path) -> None:
    """A compound file whose sectors run in a circle, or that is cut, is E102, and soon."""
    content = bytearray((converted / "book.xls").read_bytes())
    (tmp_path / "cut.xls").write_bytes(content[: len(content) // 2])
    table = (int.from_bytes(content[76:80], "little") + 1) * 512
    for sector in range(8):
        content[table + 4 * sector : table + 4 * sector + 4] = sector.to_bytes(4, "little")
    (tmp_path / "loop.xls").write_bytes(content)
    started = clock.monotonic()
    assert refused(tmp_path / "loop.xls", limits=Limits(seconds=5)) in {"E102", "E123"}
    assert refused(tmp_path / "cut.xls") == "E102"
    assert clock.monotonic() - started < 10


OPEN_DOCUMENT = "application/vnd.oasis.opendocument.spreadsheet"
SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
)


def ods(rows: str) -> dict[str, str | bytes]:
    """The parts of an .ods around rows."""
    body = f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table>'
    content = (
        f"{HEAD}<office:document-content {SPACES}>{body}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return {"mimetype": OPEN_DOCUMENT, "META-INF/manifest.xml": manifest, "content.xml": content}


def test_ods_repeats(tmp_path: Path) -> None:
    """Rows and cells that an .ods writes once for many are counted; truths and errors keep their kind."""
    rows = (
        '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"/>'
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>TRUE</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=NA()" office:value-type="string" table:number-columns-repeated="2">'
        "<text:p>#N/A</text:p></table:table-cell>"
        '<table:table-cell office:value-type="string"><text:p>#N/A</text:p></table:table-cell></table:table-row>'
    )
    cells = values(read(save(tmp_path / "a.ods", ods(rows)))["S"])
    assert cells == {
        f"{column}{row}": held
        for row in (4, 5)
        for column, held in {
            "C": ("BOOL", 1.0),
            "D": ("ERROR", "#N/A"),
            "E": ("ERROR", "#N/A"),
            "F": ("TEXT", "#N/A"),
        }.items()
    }


def test_encrypted_ods(tmp_path: Path) -> None:
    """An .ods that is encrypted, in the old or the new way, is E108."""
    old = ods("") | {"META-INF/manifest.xml": "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"}
    assert refused(save(tmp_path / "old.ods", old)) == "E108"
    assert refused(save(tmp_path / "new.ods", {"mimetype": OPEN_DOCUMENT, "encrypted-package": "x"})) == "E108"


def test_hostile_ods(tmp_path: Path) -> None:
    """An entity in the content is E121; a million rows of a thousand cells each are refused, not unrolled."""
    bomb = ods("") | {"content.xml": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>'}
    assert refused(save(tmp_path / "bomb.ods", bomb)) == "E121"
    wide = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell office:value-type="float" '
        'office:value="1" table:number-columns-repeated="1000"/></table:table-row>'
    )
    path = save(tmp_path / "wide.ods", ods(wide))
    assert refused(path, limits=Limits(seconds=10, memory_mb=500)) in {"E102", "E122", "E123"}


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of a binary workbook part."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(content)]) + content


def wide(text: str) -> bytes:
    """A text of a binary workbook part."""
    return len(text).to_bytes(4, "little") + text.encode("utf-16-le")


def xlsb() -> dict[str, str | bytes]:
    """A tiny binary workbook written by hand: an id, a date, a truth, two errors and merged cells in rows 3 and 5."""

    def cell(column: int, style: int = 0) -> bytes:
        return struct.pack("<II", column, style)

    book = record(131) + record(153, bytes(12)) + record(143)
    book += record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Orders"))
    book += record(156, struct.pack("<II", 1, 2) + wide("rId2") + wide("Hidden")) + record(144) + record(132)
    row = record(0, struct.pack("<I", 2) + bytes(13))
    row += record(6, cell(1) + wide("007")) + record(5, cell(2, 1) + struct.pack("<d", 46086.5))
    row += record(4, cell(3) + b"\x01") + record(3, cell(4) + b"\x2a")
    row += record(0, struct.pack("<I", 4) + bytes(13)) + record(11, cell(4) + b"\x07" + bytes(10))
    head = record(129) + record(148, struct.pack("<4I", 2, 4, 1, 4)) + record(145)
    sheet = head + row + record(146) + record(176, struct.pack("<4I", 2, 3, 1, 1)) + record(130)
    formats = [struct.pack("<HH", 0, number) + bytes(12) for number in (0, 14)]
    styles = record(617, struct.pack("<I", 2)) + b"".join(record(47, each) for each in formats) + record(618)
    relationships = "http://schemas.openxmlformats.org/package/2006/relationships"
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{LINKS}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(
            [("worksheet", "worksheets/sheet1.bin"), ("worksheet", "worksheets/sheet2.bin"), ("styles", "styles.bin")],
            1,
        )
    )
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    return {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{types}"/>',
        "xl/workbook.bin": book,
        "xl/_rels/workbook.bin.rels": f'{HEAD}<Relationships xmlns="{relationships}">{links}</Relationships>',
        "xl/worksheets/sheet1.bin": sheet,
        "xl/worksheets/sheet2.bin": head + record(146) + record(130),
        "xl/styles.bin": styles,
    }


def test_xlsb(tmp_path: Path) -> None:
    """A binary workbook (written by hand here) gives text, date, truth and errors where they stand."""
    path = save(tmp_path / "a.xlsb", xlsb())
    found = read(path)
    assert list(found) == ["Orders"]
    assert values(found["Orders"]) == {
        "B3": ("TEXT", "007"),
        "C3": ("DATE", 46086.5),
        "D3": ("BOOL", 1.0),
        "E3": ("ERROR", "#N/A"),
        "E5": ("ERROR", "#DIV/0!"),
    }
    assert found["Orders"].merged == ("B3:B4",)
    assert found["Orders"].origin == ".xlsb"
    assert [(each.name, each.state) for each in peek(path)] == [("Orders", "visible"), ("Hidden", "hidden")]


def test_cut_xlsb(tmp_path: Path) -> None:
    """A binary workbook whose parts end in the middle is E102, or read as far as its cells go; nothing aborts."""
    content = xlsb()
    book = content["xl/workbook.bin"]
    assert isinstance(book, bytes)
    assert refused(save(tmp_path / "a.xlsb", content | {"xl/workbook.bin": book[:20]})) == "E102"


def table() -> pa.Table:
    """A table with a column of each kind."""
    return pa.table(
        {
            "id": ["007", None, "客户", None],
            "big": pa.array([123456789012345678, 1, None, None]),
            "n": pa.array([1, None, 3, None]),
            "f": pa.array([1.5, float("nan"), float("inf"), None]),
            "ok": [True, False, None, None],
            "day": [date(2026, 3, 5), date(1900, 1, 1), None, None],
            "at": pa.array([datetime(2026, 3, 5, 13, 30), None, None, None], pa.timestamp("ns")),
            "zone": pa.array([datetime(2026, 3, 5, 18), None, None, None], pa.timestamp("us", tz="Asia/Shanghai")),
            "money": [Decimal("1.25"), None, None, None],
            "kind": pa.array(["a", "b", None, None]).dictionary_encode(),
            "none": pa.nulls(4),
        }
    )


def test_parquet(tmp_path: Path) -> None:
    """A Parquet file has its names in row 1 and its records below; large ids keep their digits, NaN is an error."""
    pq.write_table(table(), tmp_path / "orders.parquet")
    found = read(tmp_path / "orders.parquet")
    assert list(found) == ["orders"]
    sheet = found["orders"]
    assert sheet.rows.tolist() == [1, 2, 3, 4]  # the fifth holds nothing
    cells = values(sheet)
    assert [cells[f"{letter}1"][1] for letter in "ABCDEFGHIJK"] == table().column_names
    assert {key: held for key, held in cells.items() if not key.endswith("1")} == {
        "A2": ("TEXT", "007"),
        "A4": ("TEXT", "客户"),
        "B2": ("TEXT", "123456789012345678"),
        "B3": ("TEXT", "1"),
        "C2": ("NUMBER", 1.0),
        "C4": ("NUMBER", 3.0),
        "D2": ("NUMBER", 1.5),
        "D3": ("ERROR", "#NUM!"),
        "D4": ("ERROR", "#NUM!"),
        "E2": ("BOOL", 1.0),
        "E3": ("BOOL", 0.0),
        "F2": ("DATE", 46086.0),
        "F3": ("DATE", 1.0),
        "G2": ("DATE", 46086.5625),
        "H2": ("DATE", pytest.approx(46087 + 2 / 24)),
        "I2": ("NUMBER", 1.25),
        "J2": ("TEXT", "a"),
        "J3": ("TEXT", "b"),
    }
    assert [len(each) for each in peek(tmp_path / "orders.parquet", rows=2)] == [2]


def test_bad_parquet(tmp_path: Path) -> None:
    """A cut Parquet file is E102, one of too many rows E123, and a sheet it does not have E112."""
    pq.write_table(table(), tmp_path / "a.parquet")
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(content[: len(content) // 2])
    assert refused(tmp_path / "cut.parquet") == "E102"
    assert refused(tmp_path / "a.parquet", limits=Limits(max_rows=3)) == "E123"
    assert refused(tmp_path / "a.parquet", names=["b"]) == "E112"
    pq.write_table(table().slice(0, 0), tmp_path / "none.parquet")
    assert read(tmp_path / "none.parquet")["none"].rows.tolist() == [1]


def test_kinds(tmp_path: Path) -> None:
    """The first bytes decide what a file is, not its name."""
    pq.write_table(table(), tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(packed(xlsb()))
    (tmp_path / "c.csv").write_bytes(packed(ods("")))
    assert [look(tmp_path / f"{name}.csv") for name in "abc"] == ["parquet", "xlsb", "ods"]


def test_giving_up(tmp_path: Path) -> None:
    """A child that is not waited for is ended."""
    path = save(tmp_path / "a.xlsb", xlsb())
    with start(path) as pending:
        pass
    assert pending._process.poll() is not None  # type: ignore[attr-defined]


def test_a_child_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that ends before it has heard its job is E102, and its pipe is closed."""
    path = save(tmp_path / "a.xlsb", xlsb())
    made: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def gone(_: list[str], **options: object) -> subprocess.Popen[bytes]:
        made.append(real([sys.executable, "-c", ""], **options))  # type: ignore[call-overload]
        return made[-1]

    monkeypatch.setattr(subprocess, "Popen", gone)
    assert refused(path, names=["x" * 200_000]) == "E102"  # more than a pipe holds
    assert made[0].stdin is not None
    assert made[0].stdin.closed
