"""What a file is, and whether it may be unpacked."""

from __future__ import annotations

import os
import socket
import time
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest
from packages import HEAD, MAIN, packed, parts, save, sheet_xml, strings_xml

from loyalty_xl.books.preflight import Limits, look, owner_file, owner_of
from loyalty_xl.books.reading import read
from loyalty_xl.errors import ReadError

ROWS = '<row r="1"><c r="A1"><v>1</v></c></row>'
GOOD = packed(parts({"S": sheet_xml(ROWS)}))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def code(path: Path, **options: object) -> str:
    """The code with which a file is refused, checked to have both sentences and to leave the file alone."""
    before = path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else b""
    with pytest.raises(ReadError) as caught:
        read(path, **options)  # type: ignore[arg-type]
    assert caught.value.zh
    assert caught.value.en
    assert path.name in caught.value.zh
    assert path.name in caught.value.en
    if before:
        assert path.read_bytes() == before
    return caught.value.code


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("empty.xlsx", b"", "E101"),
        ("cut.xlsx", GOOD[: len(GOOD) // 2], "E102"),
        ("noise.xlsx", b"\x00\x01\x02\x03" * 50, "E102"),
        ("noise.csv", b"a,b\n\x00\x01", "E102"),
        ("page.xls", b"\xef\xbb\xbf \n<!-- x --><HTML><body><table>", "E103"),
        ("page.xlsx", b"<!DOCTYPE html><html>", "E103"),
        ("page.csv", b"<table><tr><td>1</td></tr></table>", "E103"),
        ("text.xlsx", b"a,b\n1,2\n", "E104"),
        ("text16.xlsx", "a,b\n1,2\n".encode("utf-16"), "E104"),
        ("secret.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "E106"),
        ("old.xls", OLE + "Workbook".encode("utf-16-le"), "E102"),
        ("wps.et", OLE + "Workbook".encode("utf-16-le"), "E102"),
        ("older.xls", b"\x09\x08\x08\x00\x00\x05\x10\x00", "E109"),
        ("letter.xlsx", OLE + "WordDocument".encode("utf-16-le"), "E105"),
        (
            "xml2003.xls",
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "E109",
        ),
        ("~$book.xlsx", b"\x04abcd", "E111"),
    ],
)
def test_refused_by_first_bytes(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    """A file that is no workbook is named for what it is."""
    path = tmp_path / name
    path.write_bytes(content)
    assert code(path) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"a.txt": "hello"}, "E105"),
        ({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}, "E105"),
        ({"[Content_Types].xml": "<Types/>", "ppt/presentation.xml": "<p/>"}, "E105"),
        ({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": "x"}, "E102"),
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "E102"),
    ],
)
def test_refused_by_parts(tmp_path: Path, content: dict[str, str | bytes], expected: str) -> None:
    """A zip of another program is named for what it is."""
    assert code(save(tmp_path / "book.xlsx", content)) == expected


def test_good_kinds(tmp_path: Path) -> None:
    """A workbook and a text are told apart whatever the workbook's extension is."""
    (tmp_path / "a.xlsm").write_bytes(GOOD)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.xlsx").write_text("a,b\n1,2\n")
    assert look(tmp_path / "a.xlsm") == "xlsx"
    assert look(tmp_path / "a.csv") == "text"
    assert look(tmp_path / "b.xlsx", allow_csv=True) == "text"


@pytest.mark.parametrize("twin", ["xl/workbook.xml", "XL/Workbook.xml", "/xl/workbook.xml", "xl\\workbook.xml"])
def test_twin_parts(tmp_path: Path, twin: str) -> None:
    """A part name that occurs twice, also in other case, is refused with E113."""
    path = tmp_path / "twin.xlsx"
    path.write_bytes(GOOD)
    heard = pytest.warns(UserWarning, match="Duplicate") if twin == "xl/workbook.xml" else nullcontext()
    with heard, zipfile.ZipFile(path, "a") as package:
        package.writestr(twin, "<x/>")
    assert code(path) == "E113"


def test_part_outside(tmp_path: Path) -> None:
    """A part name with `..` is refused with E113."""
    path = save(tmp_path / "out.xlsx", {**parts({"S": sheet_xml(ROWS)}), "xl/../../evil.xml": "<x/>"})
    assert code(path) == "E113"


def test_zip_bomb(tmp_path: Path) -> None:
    """A part that unpacks to hundreds of times its size is refused from the directory, E120."""
    xml = sheet_xml('<row r="1"><c r="A1"><v>' + "0" * 40_000_000 + "</v></c></row>")
    path = save(tmp_path / "bomb.xlsx", parts({"S": xml}))
    assert path.stat().st_size < 100_000
    assert code(path) == "E120"


def test_limits_of_the_directory(tmp_path: Path) -> None:
    """Too many parts, a part too large, and too much in all are refused with E120."""
    path = save(tmp_path / "many.xlsx", parts({"S": sheet_xml(ROWS)}) | {f"x{at}.txt": "" for at in range(30)})
    assert code(path, limits=Limits(max_members=20)) == "E120"
    assert code(path, limits=Limits(max_member_mb=0.0001)) == "E120"
    assert code(path, limits=Limits(max_total_mb=0.0001)) == "E120"
    assert read(path)["S"].rows.tolist() == [1]


def test_lying_directory(tmp_path: Path) -> None:
    """A part that unpacks to more than the directory declares is damaged, and not unpacked further."""
    whole = bytearray(packed(parts({"S": sheet_xml(ROWS * 1)})))
    at = whole.rfind(b"xl/worksheets/sheet1.xml") - 46
    declared = int.from_bytes(whole[at + 24 : at + 28], "little")
    whole[at + 24 : at + 28] = (declared - 20).to_bytes(4, "little")
    path = tmp_path / "lie.xlsx"
    path.write_bytes(whole)
    assert code(path) == "E102"


def test_changed_byte(tmp_path: Path) -> None:
    """A part whose checksum is wrong is damaged."""
    whole = bytearray(packed(parts({"S": sheet_xml(ROWS)})))
    at = whole.rfind(b"xl/worksheets/sheet1.xml") - 46
    whole[at + 16] ^= 1
    path = tmp_path / "crc.xlsx"
    path.write_bytes(whole)
    assert code(path) == "E102"


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.parametrize("part", ["sheet", "strings", "workbook"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entity_bomb(tmp_path: Path, part: str, encoding: str) -> None:
    """Entities in any part are refused with E121, also in UTF-16 and behind a long comment."""
    comment = "<!--" + "x" * 3000 + "-->"
    declared = HEAD.replace("UTF-8", encoding)
    sheet = sheet_xml(ROWS)
    strings = strings_xml("a")
    content = parts({"S": sheet}, strings)
    name = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "workbook": "xl/workbook.xml"}[part]
    original = content[name]
    assert isinstance(original, str)
    content[name] = original.replace(HEAD, declared + comment + BOMB).encode(encoding)
    assert code(save(tmp_path / "bomb.xlsx", content)) == "E121"


def test_external_entity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An external entity is refused with E121: no socket is opened and no local file read."""
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP-SECRET")
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("a socket was opened"))
    dtd = f'<!DOCTYPE sst [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y SYSTEM "http://127.0.0.1:9/">]>'
    strings = f'{HEAD}{dtd}<sst xmlns="{MAIN}"><si><t>&x;&y;</t></si></sst>'
    path = save(
        tmp_path / "xxe.xlsx", parts({"S": sheet_xml('<row r="1"><c r="A1" t="s"><v>0</v></c></row>')}, strings)
    )
    with pytest.raises(ReadError) as caught:
        read(path)
    assert caught.value.code == "E121"
    assert "TOP-SECRET" not in caught.value.text("both")


def test_not_there(tmp_path: Path) -> None:
    """A missing file, a folder, a loop of links and a pipe are E112, and reading none of them waits."""
    assert code(tmp_path / "none.xlsx") == "E112"
    (tmp_path / "folder.xlsx").mkdir()
    assert code(tmp_path / "folder.xlsx") == "E112"
    loop = tmp_path / "loop.xlsx"
    loop.symlink_to(loop)
    assert code(loop) == "E112"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.xlsx")
        assert code(tmp_path / "pipe.xlsx") == "E112"


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be read is E111, with the owner's name from the file Excel leaves beside it."""
    path = tmp_path / "held.xlsx"
    path.write_bytes(GOOD)
    name = "王芳".encode("utf-16-le")
    note = bytes(55) + (2).to_bytes(2, "little") + name + bytes(100)
    (tmp_path / "~$held.xlsx").write_bytes(note)
    real = Path.open

    def refuse(self: Path, *args: object, **kwargs: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert owner_of(path) == "王芳"
    with pytest.raises(ReadError) as caught:
        look(path)
    assert caught.value.code == "E111"
    assert "王芳" in caught.value.zh


def test_owner_files(tmp_path: Path) -> None:
    """A name that starts with `~$` marks an owner file."""
    assert owner_file(tmp_path / "~$a.xlsx")
    assert not owner_file(tmp_path / "a~$.xlsx")


def test_open_elsewhere(tmp_path: Path) -> None:
    """A file that another program holds open for writing is read."""
    path = tmp_path / "open.xlsx"
    path.write_bytes(GOOD)
    with path.open("r+b"):
        assert read(path)["S"].rows.tolist() == [1]


def test_time_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that takes longer than its time is refused with E123."""
    path = tmp_path / "slow.xlsx"
    path.write_bytes(GOOD)
    moments = iter(range(0, 1_000_000, 100))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(moments)))
    assert code(path, limits=Limits(seconds=50)) == "E123"
