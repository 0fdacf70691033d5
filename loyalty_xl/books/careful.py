"""Markup of any shape, read with an XML parser: slower, exact, and without DTDs, entities or network."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat

from loyalty_xl.books import read_errors
from loyalty_xl.books.formulas import Dependents
from loyalty_xl.books.texts import unescaped
from loyalty_xl.cells import Kind, column_letters, column_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from loyalty_xl.errors import ReadError

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
MERGES_KEPT = 1000
NO_STRING = float(2**31)  # an index no table of shared strings has
_SPACES = (
    "",
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main ",
    "http://purl.oclc.org/ooxml/spreadsheetml/main ",
)
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")


class Cell(NamedTuple):
    """A cell as the markup gives it."""

    row: int
    column: int
    type: str
    style: int
    formula: bool
    value: str | None


class Enough(Exception):  # noqa: N818 (not a fault)
    """As many rows as were asked for have been read."""


def is_utf8(head: bytes) -> bool:
    """Say whether a part that begins with *head* is in UTF-8."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    declared = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf"))
    return declared is None or declared[1].lower() in {b"utf-8", b"utf8", b"us-ascii"}


class Markup:
    """An XML parser that tells *opened* and *closed* the names of spreadsheet elements, without prefix.

    Elements of other namespaces are told as "".
    """

    def __init__(self, where: str, part: str = "") -> None:
        self.where, self.part = where, part
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.buffer_size = 1 << 16
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._known: dict[str, str] = {}

    def feed(self, piece: bytes, *, last: bool = False) -> None:
        """Parse one more piece."""
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            raise read_errors.damaged(
                self.where, f"XML 无法解析({error})", f"its XML cannot be parsed ({error})"
            ) from None

    def feed_all(self, pieces: Iterable[bytes]) -> None:
        """Parse a whole part, or as much of it as is wanted."""
        try:
            for piece in pieces:
                self.feed(piece)
            self.feed(b"", last=True)
        except Enough:
            return

    def listen(self, *, text: Callable[[str], None] | None) -> None:
        """Choose who hears character data."""
        self._parser.CharacterDataHandler = text

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        """Hear that an element begins."""

    def closed(self, name: str) -> None:
        """Hear that an element ends."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.opened(self._known.get(name) or self._plain(name), attributes)

    def _end(self, name: str) -> None:
        self.closed(self._known.get(name, ""))

    def _plain(self, name: str) -> str:
        space, _, local = name.rpartition(" ")
        plain = local if (space + " " if space else "") in _SPACES else ""
        self._known[name] = plain
        return plain

    def _refuse(self, *_: object) -> None:
        raise read_errors.entity(self.where, self.part or "XML")


class StringMarkup(Markup):
    """Shared or inline texts: runs joined, phonetic guides left out."""

    def __init__(self, where: str, part: str = "", item: str = "si", most: int | None = None) -> None:
        super().__init__(where, part)
        self.strings: list[str] = []
        self._item, self._most = item, most
        self._runs: list[str] = []
        self._phonetic = 0

    def opened(self, name: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - as all handlers
        """Begin an item or a text."""
        if name == self._item:
            self._runs = []
        elif name == "rPh":
            self._phonetic += 1
        elif name == "t" and not self._phonetic:
            self.listen(text=self._runs.append)

    def closed(self, name: str) -> None:
        """End an item or a text."""
        if name == "t":
            self.listen(text=None)
        elif name == "rPh":
            self._phonetic -= 1
        elif name == self._item:
            self.strings.append(unescaped("".join(self._runs)))
            if self._most is not None and len(self.strings) >= self._most:
                raise Enough


def read_strings(pieces: Iterator[bytes], where: str, most: int | None = None) -> list[str]:
    """Read a table of shared strings."""
    markup = StringMarkup(where, "sharedStrings", most=most)
    markup.feed_all(pieces)
    return markup.strings


class SheetMarkup(StringMarkup):
    """A worksheet: its cells go to *take*, what stands around them is kept."""

    def __init__(
        self,
        where: str,
        sheet: str,
        take: Callable[[Cell], None],
        rows: int | None = None,
        dependents: Dependents | None = None,
    ) -> None:
        super().__init__(where, sheet, item="is")
        self._sheet, self._take, self._rows = sheet, take, rows
        self.dependents = dependents or Dependents()
        self.hidden_rows: list[int] = []
        self.hidden_columns: list[tuple[int, int]] = []
        self.merged: list[str] = []
        self.merged_count = 0
        self._inside = False
        self._row = self._column = self._seen = 0
        self._cell: tuple[int, int, str, int] | None = None
        self._formula: dict[str, str] | None = None  # attributes of the formula
        self._words: list[str] = []  # its text
        self._value: list[str] | None = None

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a row, a cell or a value."""
        if self._cell is not None:
            if name == "v":
                self._value = []
                self.listen(text=self._value.append)
            elif name == "f":
                self._formula = attributes
                self.listen(text=self._words.append)
            else:
                super().opened(name, attributes)
        elif self._inside:
            if name == "c":
                self._open_cell(attributes)
            elif name == "row":
                self._open_row(attributes)
        elif name == "sheetData":
            self._inside = True
        elif name == "col" and attributes.get("hidden") in {"1", "true"}:
            self.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))
        elif name == "mergeCell" and "ref" in attributes:
            self.merged_count += 1
            if len(self.merged) < MERGES_KEPT:
                self.merged.append(attributes["ref"])

    def closed(self, name: str) -> None:
        """End a cell or a value."""
        if self._cell is None:
            if name == "sheetData":
                self._inside = False
        elif name == "c":
            self._close_cell()
        elif name in {"v", "f"}:
            self.listen(text=None)
        else:
            super().closed(name)

    def _open_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r")
        if given is None:
            self._row += 1
        elif given.isascii() and given.isdigit() and 1 <= int(given) <= LAST_ROW:
            self._row = int(given)
        else:
            raise self._misplaced(given)
        self._column = 0
        self._seen += 1
        if self._rows is not None and self._seen > self._rows:
            raise Enough
        if attributes.get("hidden") in {"1", "true"}:
            self.hidden_rows.append(self._row)

    def _open_cell(self, attributes: dict[str, str]) -> None:
        row, column = self._row, self._column + 1
        given = attributes.get("r")
        if given is not None:
            found = _REFERENCE.fullmatch(given)
            if not found:
                raise self._misplaced(given)
            column, row = column_number(found[1]), int(found[2])
        if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
            raise self._misplaced(given or f"{column_letters(column)}{row}")
        self._column = column
        style = attributes.get("s", "0")
        number = int(style) if style.isascii() and style.isdigit() else 0
        self._cell = (row, column, attributes.get("t", "n"), number if number < 65_536 else 0)
        self._formula, self._value = None, None
        self._words.clear()
        self.strings.clear()

    def _close_cell(self) -> None:
        assert self._cell is not None
        row, column, kind, style = self._cell
        value = None if self._value is None else "".join(self._value)
        if kind == "inlineStr":
            value = self.strings[-1] if self.strings else value
        self._cell = None
        if self._formula is not None:
            place = f"{column_letters(column)}{row}"
            self.dependents.note(place, row, column, self._formula, "".join(self._words))
        self._take(Cell(row, column, kind, style, self._formula is not None, value))

    def _misplaced(self, given: str) -> ReadError:
        shown = given[:40]
        return read_errors.damaged(self.where, f"单元格位置“{shown}”无效", f"'{shown}' is no cell", self._sheet, shown)


def interpret(cell: Cell, *, dated: bool, date1904: bool) -> tuple[Kind, float | str | None]:
    """Say what a cell holds; for type `s` the number is an index into the shared strings."""
    value = cell.value
    if cell.type in {"str", "inlineStr"} and value is not None:
        return Kind.TEXT, unescaped(value) if cell.type == "str" else value
    if value is None or not value.strip():
        return (Kind.UNCACHED if cell.formula else Kind.BLANK), None
    if cell.type == "e":
        return Kind.ERROR, unescaped(value)
    bare = value.strip()
    if cell.type == "s" and bare.isascii() and bare.isdigit() and len(bare) < 10:
        return Kind.TEXT, float(bare)
    if cell.type == "s":
        return Kind.TEXT, NO_STRING
    if cell.type == "b" and bare in {"0", "1", "true", "false"}:
        return Kind.BOOL, float(bare in {"1", "true"})
    if cell.type == "d" and (serial := serial_of(bare, date1904=date1904)) is not None:
        return Kind.DATE, serial
    if cell.type not in {"b", "d"} and _NUMBER.fullmatch(bare) and abs(number := float(bare)) != float("inf"):
        return (Kind.DATE if dated else Kind.NUMBER), number
    return Kind.TEXT, unescaped(value)


def serial_of(text: str, *, date1904: bool) -> float | None:
    """Give the serial of an ISO date, None where it is none. [days]"""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    first = datetime(1904, 1, 1) if date1904 else datetime(1899, 12, 30)
    serial = (moment.replace(tzinfo=None) - first) / timedelta(days=1)
    return serial if date1904 or serial >= 61 else serial - 1
