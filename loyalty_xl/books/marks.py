"""What calamine does not say of a workbook in another format: which of its blanks are errors, and what is merged.

calamine gives `#N/A` as an empty text, and the truths of an .ods as numbers. Here the records of the file itself are
walked for just these cells. It runs in the reading child only.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loyalty_xl.books import read_errors
from loyalty_xl.books.careful import LAST_COLUMN, LAST_ROW, Markup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loyalty_xl.books.archive import Archive
    from loyalty_xl.errors import ReadError

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
MOST = 2_000_000  # marks of a workbook; no honest one has as many errors
_BIFF8 = 0x0600


@dataclass
class Marks:
    """Cells of one sheet by (row, column), both from 0."""

    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    truths: set[tuple[int, int]] = field(default_factory=set)
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)  # first and last cell


def marks_of_xls(path: Path) -> dict[str, Marks]:
    """Walk the records of a BIFF8 stream."""
    import olefile

    name = path.name
    try:
        with olefile.OleFileIO(str(path)) as compound:
            stream = compound.openstream("Workbook" if compound.exists("Workbook") else "Book").read()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (olefile raises whatever a broken chain of sectors leads to)
        raise read_errors.damaged(name, "复合文件无法读取", f"the compound file cannot be read ({error})") from None
    if len(stream) < 8:
        raise read_errors.damaged(name, "工作簿流不完整", "its workbook stream is cut")
    if struct.unpack_from("<HxxH", stream)[0] != 0x0809:
        raise read_errors.format_not_read(name, "xls (BIFF)")
    if struct.unpack_from("<HxxH", stream)[1] != _BIFF8:
        raise read_errors.format_not_read(name, "xls (Excel 5/95)")
    sheets: dict[str, int] = {}
    for kind, at, size in _biff(stream, 0):
        if kind == 0x2F:  # FILEPASS
            raise read_errors.encrypted_format(name, ".xls")
        if kind == 0x85 and size >= 8:  # BOUNDSHEET
            start, count, wide = struct.unpack_from("<IxxBB", stream, at)
            text = stream[at + 8 : at + 8 + count * (1 + (wide & 1))]
            sheets[text.decode("utf-16-le" if wide & 1 else "latin-1", "replace")] = start
    return {sheet: _xls_sheet(stream, start) for sheet, start in sheets.items()}


def _biff(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Give kind, place and size of each record of one substream, those of charts inside it left out."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        at += 4
        if kind == 0x0809:
            depth += 1
        elif kind == 0x0A:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1 and at + size <= len(stream):
            yield kind, at, size
        at += size


def _xls_sheet(stream: bytes, start: int) -> Marks:
    marks = Marks()
    for kind, at, size in _biff(stream, start):
        if kind == 0x0205 and size >= 8 and stream[at + 7]:  # BOOLERR
            marks.errors[struct.unpack_from("<HH", stream, at)] = ERRORS.get(stream[at + 6], "#ERR!")
        elif (
            kind == 0x06 and size >= 14 and stream[at + 12 : at + 14] == b"\xff\xff" and stream[at + 6] == 2
        ):  # FORMULA
            marks.errors[struct.unpack_from("<HH", stream, at)] = ERRORS.get(stream[at + 8], "#ERR!")
    return marks


def marks_of_xlsb(archive: Archive) -> dict[str, Marks]:
    """Walk the records of the sheets of a binary package."""
    from loyalty_xl.books.structure import relationships

    book = archive.find("xl/workbook.bin") or next(part for part in archive.members if part.endswith("/workbook.bin"))
    links = relationships(archive, book)
    found = {}
    content = archive.read(book)
    for kind, at, size in _biff12(content):
        if kind == 156 and size >= 8:  # BrtBundleSh
            link, after = _wide(content, at + 8)
            name, _ = _wide(content, after)
            part = links.get(link, ("", ""))[1]
            if part:
                found[name] = _xlsb_sheet(archive.read(part))
    return found


def _biff12(content: bytes) -> Iterator[tuple[int, int, int]]:
    at, end = 0, len(content)
    while at < end:
        kind = content[at]
        at += 1
        if kind & 0x80 and at < end:
            kind = kind & 0x7F | (content[at] & 0x7F) << 7
            at += 1
        size = shift = 0
        while at < end and shift < 28:
            byte = content[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if at + size > end:
            return
        yield kind, at, size
        at += size


def _wide(content: bytes, at: int) -> tuple[str, int]:
    """Give a text with its length in front, and what follows it."""
    if at + 4 > len(content):
        return "", len(content)
    length = int.from_bytes(content[at : at + 4], "little")
    length = 0 if length == 0xFFFFFFFF else length
    return content[at + 4 : at + 4 + 2 * length].decode("utf-16-le", "replace"), at + 4 + 2 * length


def _xlsb_sheet(content: bytes) -> Marks:
    marks, row = Marks(), 0
    for kind, at, size in _biff12(content):
        if kind == 0 and size >= 4:  # BrtRowHdr
            row = int.from_bytes(content[at : at + 4], "little")
        elif kind in {3, 11} and size >= 9:  # BrtCellError, BrtFmlaError
            column = int.from_bytes(content[at : at + 4], "little")
            marks.errors[row, column] = ERRORS.get(content[at + 8], "#ERR!")
        elif kind == 176 and size >= 16:  # BrtMergeCell
            top, bottom, left, right = struct.unpack_from("<4I", content, at)
            marks.merged.append(((top, left), (bottom, right)))
    return marks


def marks_of_ods(archive: Archive) -> dict[str, Marks]:
    """Read the content of an OpenDocument sheet for its errors, truths and merged cells."""
    listener = _OpenDocument(archive.name)
    part = archive.find("content.xml")
    assert part is not None  # the first look saw it
    listener.feed_all(archive.pieces(part))
    return listener.sheets


_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE = f"{_OASIS}table:1.0 ", f"{_OASIS}office:1.0 "
_LIBRE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_NAMES = {
    f"{_TABLE}table": "table",
    f"{_TABLE}table-row": "row",
    f"{_TABLE}table-cell": "cell",
    f"{_TABLE}covered-table-cell": "covered",
    f"{_OASIS}text:1.0 p": "p",
}
_SHOWN = frozenset({*ERRORS.values(), "#SPILL!", "#CALC!"})


class _OpenDocument(Markup):
    """Counts rows and columns, which an .ods writes once for many, and keeps what is special."""

    def __init__(self, where: str) -> None:
        super().__init__(where, "content.xml")
        self.sheets: dict[str, Marks] = {}
        self._marks = Marks()
        self._depth = self._row = self._column = 0
        self._pending: list[tuple[int, int, str]] = []  # of the running row: column, how many, what
        self._rows = 1
        self._cell: tuple[int, int, str] | None = None
        self._text: list[str] = []
        self._kept = 0

    def _plain(self, name: str) -> str:
        return self._known.setdefault(name, _NAMES.get(name, ""))

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._depth += 1
            if self._depth == 1:
                self._row = 0
                self._marks = self.sheets.setdefault(attributes.get(f"{_TABLE}name", ""), Marks())
        elif self._depth != 1:
            return
        elif name == "row":
            self._rows = _count(attributes, "number-rows-repeated")
            self._column, self._pending = 0, []
        elif name in {"cell", "covered"}:
            self._begin(attributes)

    def _begin(self, attributes: dict[str, str]) -> None:
        many = _count(attributes, "number-columns-repeated")
        down, right = _count(attributes, "number-rows-spanned"), _count(attributes, "number-columns-spanned")
        if (down > 1 or right > 1) and self._row < LAST_ROW:
            first = (self._row, self._column)
            self._marks.merged.append((first, (self._row + down - 1, self._column + right - 1)))
        kind = attributes.get(f"{_OFFICE}value-type", "")
        if attributes.get(f"{_LIBRE}value-type") == "error":
            self._cell = (self._column, many, "error")
        elif kind == "string" and f"{_TABLE}formula" in attributes:
            self._cell = (self._column, many, "formula")
        elif kind == "boolean":
            self._pending.append((self._column, many, ""))
        self._text = []
        self._column += many
        if self._cell:
            self.listen(text=self._text.append)

    def closed(self, name: str) -> None:
        if name == "table":
            self._depth -= 1
        elif self._depth == 1 and name in {"cell", "covered"} and self._cell:
            column, many, kind = self._cell
            text = "".join(self._text).strip()
            if kind == "error" or text in _SHOWN:
                self._pending.append((column, many, text or "#ERR!"))
            self._cell = None
            self.listen(text=None)
        elif self._depth == 1 and name == "row":
            self._keep()
            self._row += self._rows

    def _keep(self) -> None:
        """Note what is special in a row, for each of the rows it stands for."""
        for first, many, text in self._pending:
            last = min(first + many, LAST_COLUMN)
            rows = range(self._row, min(self._row + self._rows, LAST_ROW))
            self._kept += len(rows) * max(0, last - first)
            if self._kept > MOST:
                raise too_many(self.where)
            for row in rows:
                for column in range(first, last):
                    if text:
                        self._marks.errors[row, column] = text
                    else:
                        self._marks.truths.add((row, column))


def _count(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(_TABLE + name, "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def too_many(name: str) -> ReadError:
    """E123 for a file that repeats its cells without end."""
    return read_errors.too_much(name, "重复的单元格过多", "it repeats its cells too often")
