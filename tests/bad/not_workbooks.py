"""Rows 1 to 14: files that are no workbook, or cannot be had."""

from __future__ import annotations

import hashlib
import io
import struct
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test_formats import ods, record, wide, xlsb

from loyalty_xl.books import passwords
from tests.bad.case import Case, Row, Seen, row
from tests.bad.cells import HEAD, content, orders
from tests.bad.old_excel import compound, stream
from tests.books.packages import MAIN, packed, save

GOOD = packed(content({"Sheet1": orders()}))
OLD = [HEAD, ["A1", "C1", "2026-01-01", 10.0], ["A2", "C2", "2026-01-02", 20.0], ["A3", "C3", "2026-01-03", 30.0]]
CSV = "订单号,客户编号,订单日期,金额\nA1,C1,2026-01-01,10\n"
SECRET = "Gehëim-密码-7"


def file(name: str, content: bytes | str) -> Callable[[Path], Path]:
    """Write a file."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def package(name: str, parts: dict[str, str | bytes]) -> Callable[[Path], Path]:
    """Write a package."""
    return lambda folder: save(folder / name, parts)


def says(*words: str) -> Callable[[Seen], None]:
    """All these words are said."""

    def then(seen: Seen) -> None:
        for word in words:
            assert word in seen.texts(), seen.texts()

    return then


def others_go_on(folder: Path) -> dict[str, Path]:
    """An empty file of orders beside a good list of customers."""
    (folder / "orders.xlsx").write_bytes(b"")
    customers = [["客户编号", "地区", "建档日期"], ["C1", "南", "2025-01-01"]]
    return {
        "Orders": folder / "orders.xlsx",
        "Customers": save(folder / "customers.xlsx", content({"客户": customers})),
    }


def only_orders_stopped(seen: Seen) -> None:
    """The other department's sheet is used."""
    assert seen.inputs is not None
    assert seen.inputs.stopped == {"Orders"}
    assert len(seen.sheets["Customers"].frame) == 1


def encrypted(password: str = SECRET) -> Callable[[Path], Path]:
    """Encrypt a workbook as Excel does."""

    def make(folder: Path) -> Path:
        path = folder / "orders.xlsx"
        path.write_bytes(_encrypted(password))
        return path

    return make


@cache
def _encrypted(password: str) -> bytes:
    from msoffcrypto.method.ecma376_agile import ECMA376Agile

    # the library writes packages of less than 4 kB wrongly; few rounds of the hash make it quick
    noise = b"".join(hashlib.sha256(bytes([at])).digest() for at in range(255))
    plain = io.BytesIO(packed(content({"Sheet1": orders()}) | {"noise.bin": noise}))
    made: bytes = ECMA376Agile.encrypt(password, plain, spin_count=1000)
    return made


def knowing(password: str) -> Callable[[Path], AbstractContextManager[None]]:
    """While a password stands in the environment, and nobody sits at the terminal."""

    @contextmanager
    def during(_: Path) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            passwords.forget()
            patch.setattr("sys.stdin", io.StringIO())
            patch.setitem(sys.modules, "keyring", None)
            patch.setenv(passwords.VARIABLE, password)
            yield
            passwords.forget()

    return during


def quiet_about(secret: str) -> Callable[[Seen], None]:
    """A password is in nothing that is said or kept."""

    def then(seen: Seen) -> None:
        assert secret not in seen.texts() + repr(seen.findings) + repr(seen.inputs)

    return then


def noted(origin: str) -> Callable[[Seen], None]:
    """The old format is named, and the values are those of the file."""

    def then(seen: Seen) -> None:
        assert seen.only("W110").found == origin
        assert seen.column("amount") == [10, 20, 30]
        assert seen.column("customer_id") == ["C1", "C2", "C3"]

    return then


def binary() -> dict[str, str | bytes]:
    """The orders as a binary workbook."""
    parts = xlsb()
    rows = b""
    for at, line in enumerate(OLD):
        rows += record(0, at.to_bytes(4, "little") + bytes(13))
        for column, value in enumerate(line):
            place = column.to_bytes(4, "little") + bytes(4)
            held = (
                record(6, place + wide(value))
                if isinstance(value, str)
                else record(5, place + struct.pack("<d", value))
            )
            rows += held
    size = b"".join(each.to_bytes(4, "little") for each in (0, 3, 0, 3))
    sheet = record(129) + record(148, size) + record(145) + rows + record(146) + record(130)
    return parts | {"xl/worksheets/sheet1.bin": sheet}


def open_document() -> dict[str, str | bytes]:
    """The orders as an .ods."""

    def cell(value: Any) -> str:
        kind = "string" if isinstance(value, str) else f'float" office:value="{value}'
        return f'<table:table-cell office:value-type="{kind}"><text:p>{value}</text:p></table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, line))}</table:table-row>" for line in OLD)
    return ods(lines)


def strict() -> dict[str, str | bytes]:
    """The orders in the strict namespaces."""
    return {
        name: str(xml)
        .replace(MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main")
        .replace("http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument")
        for name, xml in content({"Sheet1": orders()}).items()
    }


def wide_parts() -> dict[str, str | bytes]:
    """The orders with their parts in UTF-16."""
    return {
        name: str(xml).replace("UTF-8", "UTF-16").encode("utf-16")
        if "sheet1" in name or "workbook.xml" in name
        else xml
        for name, xml in content({"Sheet1": orders()}).items()
    }


def with_owner_file(folder: Path) -> Path:
    """A folder of orders in which somebody has the file open."""
    deep = folder / "orders"
    deep.mkdir()
    (deep / "orders.xlsx").write_bytes(GOOD)
    (deep / "~$orders.xlsx").write_bytes(b"\x04Wang".ljust(165, b"\0"))
    return deep


def owned(folder: Path) -> Path:
    """A file with the note that Excel leaves beside it while 王芳 has it open."""
    path = folder / "orders.xlsx"
    path.write_bytes(GOOD)
    name = "王芳".encode("utf-16-le")
    (folder / "~$orders.xlsx").write_bytes(bytes(55) + (2).to_bytes(2, "little") + name + bytes(100))
    return path


@contextmanager
def held(path: Path) -> Iterator[None]:
    """While another program holds a file for itself, as Excel on Windows does."""
    real = Path.open

    def refuse(self: Path, *some: Any, **more: Any) -> Any:
        if self.name == path.name:
            raise PermissionError(13, "Permission denied")
        return real(self, *some, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        yield


@contextmanager
def in_the_cloud(path: Path) -> Iterator[None]:
    """While the file is only a placeholder of OneDrive."""
    real = Path.stat

    def stat(self: Path, **more: Any) -> Any:
        facts = real(self, **more)
        if self.name != path.name:
            return facts
        return SimpleNamespace(st_mode=facts.st_mode, st_size=facts.st_size, st_file_attributes=0x400000)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "stat", stat)
        yield


def loop(folder: Path) -> Path:
    """Links that run in a circle."""
    (folder / "a.xlsx").symlink_to(folder / "b.xlsx")
    (folder / "b.xlsx").symlink_to(folder / "a.xlsx")
    return folder / "a.xlsx"


def twin(name: str) -> Callable[[Path], Path]:
    """A package with a second part of a name."""

    def make(folder: Path) -> Path:
        path = folder / "orders.xlsx"
        path.write_bytes(GOOD)
        with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as opened:
            warnings.simplefilter("ignore")
            opened.writestr(name, "<x/>")
        return path

    return make


def zipped(*names: str) -> dict[str, str | bytes]:
    """A zip of other things."""
    return dict.fromkeys(names, "<x/>")


def stops(what: str, make: Callable[[Path], Any], code: str, *words: str, **more: Any) -> Case:
    """A file that is refused as a whole."""
    return Case(what, make, [(code, "")], then=more.pop("then", says(*words)), **more)


def reads(what: str, make: Callable[[Path], Any], *told: str, **more: Any) -> Case:
    """A file that is read."""
    return Case(what, make, [(code, "") for code in told], kept=[2, 3, 4], **more)


WORD = zipped("[Content_Types].xml", "word/document.xml")
OLE_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)

ROWS: list[Row] = [
    row(1, "empty file",
        stops("xlsx", file("orders.xlsx", b""), "E101", "重新", "again"),
        stops("csv", file("orders.csv", b""), "E101"),
        stops("others go on", others_go_on, "E101", then=only_orders_stopped)),
    row(2, "truncated zip",
        stops("half", file("orders.xlsx", GOOD[: len(GOOD) // 2]), "E102", "没有复制完整", "incomplete"),
        stops("last bytes", file("orders.xlsx", GOOD[:-30]), "E102"),
        stops("only the beginning", file("orders.xlsx", GOOD[:40]), "E102")),
    row(3, "web page",
        stops("xls", file("导出.xls", "\ufeff\n<!-- x --><HTML><body><table>"), "E103", "网页", "Save As"),
        stops("xlsx", file("orders.xlsx", "<!DOCTYPE html><html>"), "E103", "另存为"),
        stops("a bare table", file("orders.xls", "<table><tr><td>1</td></tr></table>"), "E103")),
    row(4, "CSV renamed",
        stops("refused", file("orders.xlsx", CSV), "E104", "--allow-csv"),
        stops("UTF-16", file("orders.xlsx", CSV.encode("utf-16")), "E104"),
        Case("allowed", file("orders.xlsx", CSV), [], kept=[2], allow_csv=True)),
    row(5, "another zip",
        stops("plain", package("orders.xlsx", zipped("a.txt")), "E105", "压缩包", "zip"),
        stops("Word", package("orders.xlsx", WORD), "E105", "Word"),
        stops("slides", package("orders.xlsx", zipped("[Content_Types].xml", "ppt/presentation.xml")), "E105"),
        stops("old Word", file("orders.xlsx", OLE_HEAD + "WordDocument".encode("utf-16-le")), "E105", "Word")),
    row(6, "password",
        stops("none given", encrypted(), "E106", "LOYALTY_XL_PASSWORD", during=knowing("")),
        stops("wrong", encrypted(), "E107", during=knowing("wrong-one-4711"), then=quiet_about("4711")),
        reads("right", encrypted(), during=knowing(SECRET), then=quiet_about(SECRET))),
    row(7, "encrypted old format",
        stops("xls", file("orders.xls", compound(stream(OLD, encrypted=True))), "E108", ".xls"),
        stops("ods", package("orders.ods", ods("") | {"META-INF/manifest.xml": "<m><encryption-data/></m>"}), "E108", ".ods")),
    row(8, "good xls", reads("", file("orders.xls", compound(stream(OLD))), "W110", then=noted(".xls"))),
    row(9, "WPS et", reads("", file("orders.et", compound(stream(OLD))), "W110", then=noted(".et"))),
    row(10, "other formats",
        reads("xlsb", package("orders.xlsb", binary()), "W110", then=noted(".xlsb")),
        reads("ods", package("orders.ods", open_document()), "W110", then=noted(".ods")),
        reads("strict", package("orders.xlsx", strict())),
        reads("UTF-16 parts", package("orders.xlsx", wide_parts())),
        stops("XML 2003", file("orders.xls", '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'), "E109", "XML 2003")),
    row(11, "owner file",
        reads("in the folder", with_owner_file),
        stops("given itself", file("~$orders.xlsx", b"\x04abcd"), "E111", "~$")),
    row(12, "file in use", stops("", owned, "E111", "王芳", during=held, needs_windows=True)),
    row(13, "file not to be had",
        stops("placeholder", file("orders.xlsx", GOOD), "E112", "OneDrive", during=in_the_cloud, needs_windows=True),
        stops("gone", lambda folder: folder / "none" / "orders.xlsx", "E112"),
        stops("links in a circle", loop, "E112"),
        stops("no file fits", lambda folder: folder / "orders-*.xlsx", "E112")),
    row(14, "parts of one name",
        stops("twice", twin("xl/workbook.xml"), "E113"),
        stops("other case", twin("XL/Worksheets/SHEET1.xml"), "E113"),
        stops("other slash", twin("xl\\workbook.xml"), "E113")),
]  # fmt: skip
