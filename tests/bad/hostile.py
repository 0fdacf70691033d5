"""Rows 15 to 26: files that are hostile, or huge."""

from __future__ import annotations

import socket
import struct
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from loyalty_xl import inputs
from loyalty_xl.books.preflight import Limits
from tests.bad.case import Case, Row, Seen, row
from tests.bad.cells import HEAD, Markup, Styled, book, content, merged, order, orders, rows_xml
from tests.bad.not_workbooks import OLD, file, package, reads, says, stops
from tests.bad.old_excel import SECTOR, compound, looped, stream
from tests.books.packages import HEAD as XML
from tests.books.packages import MAIN, packed, parts, save, sheet_xml, strings_xml, styles_xml

MEGABYTE = 1_000_000
LAST = 1_048_576
SECRET = "TOP-SECRET-4711"
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


def inflating(path: Path, megabytes: int = 390) -> Path:
    """A workbook whose sheet has its XML written out for the first megabyte, and the same packed megabyte again and again."""
    name = "xl/worksheets/sheet1.xml"
    save(path, content({"Sheet1": orders()}))
    piece = b"".join(b"<row><c><v>%d</v></c></row>" % (at * 7919 % 41) for at in range(40_000))[:MEGABYTE]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    whole = block * megabytes + zlib.compressobj(9, zlib.DEFLATED, -15).flush()
    with zipfile.ZipFile(path) as old:
        kept = {each.filename: old.read(each) for each in old.infolist() if each.filename != name}
    plain = packed({**kept, name: b"?"})  # the same directory, one entry of which is written anew
    start = plain.index(b"PK\x03\x04", plain.rindex(b"PK\x03\x04"))
    directory = bytearray(plain[plain.index(b"PK\x01\x02") :])
    head = bytearray(plain[start : start + 30 + len(name)])
    sizes = struct.pack("<III", 0, len(whole), megabytes * MEGABYTE)
    head[14:26] = sizes
    entry = directory.rindex(b"PK\x01\x02")
    directory[entry + 16 : entry + 28] = sizes
    made = plain[:start] + bytes(head) + whole
    end = directory.rindex(b"PK\x05\x06")
    directory[end + 16 : end + 20] = len(made).to_bytes(4, "little")
    path.write_bytes(made + directory)
    assert 1_000_000 < path.stat().st_size < 2_500_000
    return path


@contextmanager
def little_memory(_: Path) -> Iterator[None]:
    """While no more than fifty megabytes may be taken."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 50 * MEGABYTE
    finally:
        tracemalloc.stop()


@contextmanager
def no_socket(_: Path) -> Iterator[None]:
    """While nobody may open a socket."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a socket was opened"))
        yield


@contextmanager
def small_child(_: Path) -> Iterator[None]:
    """While the reading process has a tenth of its usual memory, so that it meets its end sooner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inputs, "Limits", partial(Limits, memory_mb=300))
        yield


def bomb(part: str, encoding: str = "utf-8") -> Callable[[Path], Path]:
    """A workbook that declares entities in a part."""

    def make(folder: Path) -> Path:
        made = parts({"Sheet1": sheet_xml('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')}, strings_xml("a"))
        xml = made[part]
        assert isinstance(xml, str)
        made[part] = xml.replace(XML, XML.replace("UTF-8", encoding) + f"<!--{'x' * 3000}-->" + BOMB).encode(encoding)
        return save(folder / "orders.xlsx", made)

    return make


def outside(folder: Path) -> Path:
    """A workbook that asks for a local file and for a page."""
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    dtd = f'<!DOCTYPE sst [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y SYSTEM "http://127.0.0.1:9/">]>'
    strings = f'{XML}{dtd}<sst xmlns="{MAIN}"><si><t>&x;&y;</t></si></sst>'
    sheet = sheet_xml('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')
    return save(folder / "orders.xlsx", parts({"Sheet1": sheet}, strings))


def secret_kept(seen: Seen) -> None:
    """The file's content is in nothing that was read or said."""
    assert SECRET not in seen.texts() + repr(seen.inputs) + repr(seen.findings)


def corners(folder: Path) -> Path:
    """Only the first and the last cell of a sheet."""
    rows = f'<row r="1"><c r="A1"><v>1</v></c></row><row r="{LAST}"><c r="XFD{LAST}"><v>2</v></c></row>'
    return save(folder / "orders.xlsx", parts({"Sheet1": sheet_xml(rows)}))


def far_cell(folder: Path) -> Path:
    """Orders, and a cell filled by mistake in the last corner."""
    formats: list[str] = []
    rows = rows_xml(orders(), formats) + f'<row r="{LAST}"><c r="XFD{LAST}"><v>2</v></c></row>'
    return save(folder / "orders.xlsx", parts({"Sheet1": sheet_xml(rows)}, styles=styles_xml(*formats)))


def formatted(folder: Path) -> Path:
    """800 orders in columns that carry a format down to row 60,000."""
    formats: list[str] = []
    rows = rows_xml([HEAD, *(order(at % 28 + 1, id=f"A{at}") for at in range(1, 801))], formats)
    rest = "".join(f'<row r="{at}"><c r="A{at}" s="1"/><c r="H{at}" s="1"/></row>' for at in range(802, 60_001))
    return save(folder / "orders.xlsx", parts({"Sheet1": sheet_xml(rows + rest)}, styles=styles_xml(*formats)))


def lines(last: int) -> str:
    """Rows 1 to *last*: a header and orders of a thousand customers, a thousand rows from one pattern."""

    def some(numbers: range, thousand: str = "") -> str:
        return "".join(
            f'<row r="{row}"><c r="A{row}"><v>{number % 1000}</v></c><c r="B{row}" s="1"><v>45292</v></c><c r="C{row}"><v>{row}</v></c></row>'
            for number in numbers
            for row in [f"{thousand}{number:03}" if thousand else str(number)]
        )

    pattern, whole = some(range(1000), "@"), (last + 1) // 1000
    first = rows_xml([["客户编号", "订单日期", "金额"]], []) + some(range(2, min(last + 1, 1000)))
    rest = some(range(max(1000, whole * 1000), last + 1))
    return "".join([first, *(pattern.replace("@", str(at)) for at in range(1, whole)), rest])


def many(count: int, head: str = "") -> Callable[[Path], Path]:
    """A workbook of many orders, under what the sheet says of its size."""

    def make(folder: Path) -> Path:
        path = folder / "orders.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
            for name, xml in parts(
                {"Sheet1": sheet_xml(lines(count + 1), head)}, styles=styles_xml("yyyy-mm-dd")
            ).items():
                package.writestr(name, xml)
        return path

    return make


def unaddressed(folder: Path) -> Path:
    """Rows and cells without their references, and no word about the sheet's size."""
    xml = sheet_xml(rows_xml(orders(), formats := []))
    for letter in "ABCD":
        for number in range(1, 5):
            xml = xml.replace(f' r="{letter}{number}"', "").replace(f'<row r="{number}"', "<row")
    assert " r=" not in xml
    return save(folder / "orders.xlsx", parts({"Sheet1": xml}, styles=styles_xml(*formats)))


def held_in_bounds(seen: Seen) -> None:
    """The reading process stays below three gigabytes, and so does this one."""
    assert Limits().memory_mb <= 3 * 1024
    assert seen.inputs is not None
    raw = seen.inputs.sources["Orders"][0].raw
    assert (len(raw), raw.columns[3].number[-1]) == (LAST, LAST)
    if sys.platform != "win32":
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF):
            assert resource.getrusage(who).ru_maxrss * unit < 3 * 2**30


PAIRS = [f"{letter}{at}:{letter}{at + 1}" for at in range(2, 28_002, 2) for letter in "ABC"]  # 42,000


def merges(folder: Path) -> Path:
    """Orders whose cells are merged two by two, in every column."""
    made = sheet_xml(lines(28_001), after=merged(*PAIRS))
    return save(folder / "orders.xlsx", parts({"Sheet1": made}, styles=styles_xml("yyyy-mm-dd")))


def summarised(seen: Seen) -> None:
    """At most a thousand ranges are named; the rest are one finding with their number."""
    found = [each for each in seen.findings if each.code == "E212"]
    assert len(found) <= 1001
    assert sum(each.count for each in found) == len(PAIRS) == 42_000
    assert found[-1].count == 41_000


def shared(index: int, said: str = "") -> dict[str, str | bytes]:
    """Orders whose last customer points to a shared string."""
    held = orders()
    held[3][1] = Markup('<c r="{0}" t="s"><v>' + str(index) + "</v></c>")
    formats: list[str] = []
    sheet = sheet_xml(rows_xml(held, formats))
    strings = strings_xml("C3").replace("<sst ", f"<sst {said} " if said else "<sst ")
    return parts({"Sheet1": sheet}, strings, styles_xml(*formats))


def shown_cell(seen: Seen) -> None:
    """The cell is named in a form that can be pasted into Excel."""
    assert "'Sheet1'!B4" in seen.texts()


def all_rows(count: int) -> Callable[[Seen], None]:
    """All rows are there, and all money."""

    def then(seen: Seen) -> None:
        assert sum(seen.column("amount")) == sum(range(2, count + 2))

    return then


ROWS: list[Row] = [
    row(15, "small zip of 390 MB",
        stops("ratio", lambda folder: inflating(folder / "orders.xlsx"), "E120", "390 MB", during=little_memory, timed=True),
        stops("a part over the limit of Settings", many(30_000), "E120", settings={"max_member_mb": "1"}),
        stops("all parts over the limit of Settings", many(30_000), "E120", settings={"max_total_mb": "1"}),
        stops("too many parts", package("orders.xlsx", content({"Sheet1": orders()}) | {f"x{at}.txt": "" for at in range(30)}),
              "E120", settings={"max_members": "20"})),
    row(16, "entity bomb",
        stops("sheet", bomb("xl/worksheets/sheet1.xml"), "E121", during=little_memory),
        stops("shared strings", bomb("xl/sharedStrings.xml"), "E121", during=little_memory),
        stops("workbook in UTF-16", bomb("xl/workbook.xml", "utf-16"), "E121", during=little_memory)),
    row(17, "external entity", stops("", outside, "E121", during=no_socket, then=secret_kept)),
    row(18, "first and last cell",
        Case("alone", corners, [*[("E206", "A1:A1")] * 3, ("E205", "XFD1"), ("W122", f"XFD{LAST}"), ("W206", "A1")], during=little_memory),
        Case("beside data", far_cell, [("E205", "XFD1"), ("W122", f"XFD{LAST}")], kept=[2, 3, 4], during=little_memory,
             then=says("D4"))),
    row(19, "format down the column",
        Case("cells", formatted, [("W122", "H60000")], kept=800, then=says("D801")),
        reads("column alone", lambda folder: book(folder / "orders.xlsx", orders(), before='<cols><col min="1" max="16384" width="9" style="1"/></cols>')),
        reads("a styled cell", lambda folder: book(folder / "orders.xlsx", [*orders(), [Styled()] * 8]))),
    row(20, "dimension too large",
        reads("", lambda folder: book(folder / "orders.xlsx", orders(), before='<dimension ref="A1:XFD1048576"/>'), timed=True, during=little_memory)),
    row(21, "dimension too small",
        Case("", many(5_000, '<dimension ref="A1:C2"/>'), [], kept=5_000, then=all_rows(5_000))),
    row(22, "no references",
        reads("no dimension", lambda folder: book(folder / "orders.xlsx", orders())),
        reads("no r", unaddressed)),
    row(23, "1,048,576 rows",
        Case("read", many(LAST - 1), [], then=held_in_bounds, timed=True, checked=False),
        stops("over the limit of Settings", many(3_000), "E123", "2,000", settings={"max_rows": "2000"}, timed=True),
        stops("text over the limit", file("orders.csv", "订单号,客户编号,订单日期,金额\n" + "A,C,2026-01-01,1\n" * 30), "E123", settings={"max_rows": "20"})),
    row(24, "42,000 merged ranges",
        Case("", merges, [("E212", each) for each in [*PAIRS[:1000], ""]], then=summarised, timed=True, errors_only=True)),
    row(25, "wrong shared string",
        Case("index", package("orders.xlsx", shared(7)), [("E102", "B4")], then=shown_cell),
        Case("below zero", package("orders.xlsx", shared(-1)), [("E102", "B4")], then=shown_cell),
        reads("count", package("orders.xlsx", shared(0, 'count="99" uniqueCount="77"')))),
    row(26, "compound file that ends a reader",
        stops("sectors in a circle", file("orders.xls", looped(compound(stream(OLD)))), "E102", during=small_child),
        stops("cut", file("orders.xls", compound(stream(OLD))[: 3 * SECTOR]), "E102")),
]  # fmt: skip
