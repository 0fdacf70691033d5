"""A stand-in for Excel on Windows: an xlwings engine over openpyxl, made of xlwings' own base classes.

It does what Excel does with what is assigned: a text that looks like a formula, a number, a date or a yes/no becomes one,
an apostrophe in front keeps it a text. It counts calls, and one of them can be made to fail. What it cannot do: calculate.
"""

from __future__ import annotations

import re
import warnings
from copy import copy
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import xlwings
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.colors import Color
from openpyxl.utils import get_column_letter, range_boundaries
from xlwings import base_classes

Box = tuple[int, int, int, int]  # first row and column, last row and column


class ComError(Exception):
    """What a call into Excel raises."""


class Engine:
    """The engine: one application."""

    name = "double"
    type = "desktop"

    def prepare_xl_data_element(self, x: Any, options: Any) -> Any:
        return "" if x is None else x

    def clean_value_data(self, data: Any, *options: Any) -> Any:
        return data


class App(base_classes.App):
    """An application; `done` lists what was changed, and the nth call of a kind fails: `fails_on`."""

    engine: Any = None
    pid: Any = 1
    screen_updating: Any = True
    enable_events: Any = True
    calculation: Any = "automatic"
    api: Any = True

    def __init__(self) -> None:
        self.engine = Engine()
        self.done: list[tuple[str, str]] = []
        self.said: list[Any] = []
        self.fails_on: tuple[str, int] | None = None
        self.seen: set[tuple[Any, ...]] = set()  # states of the application while cells were assigned
        self._status: Any = False

    @property
    def status_bar(self) -> Any:
        return self._status

    @status_bar.setter
    def status_bar(self, value: Any) -> None:
        self._status = value
        self.said.append(value)

    def call(self, what: str, where: str) -> None:
        """Take note of a change."""
        self.seen.add((self.screen_updating, self.enable_events, self.calculation))
        if (what, 1 + sum(kind == what for kind, _ in self.done)) == self.fails_on:
            self.fails_on = None
            raise ComError(f"{what} {where}: Exception occurred")
        self.done.append((what, where))


class Book(base_classes.Book):
    """A workbook; *place* is where Excel says it lies, "Book1" where it was never saved."""

    app: Any = None
    api: Any = None
    name: Any = ""
    sheets: Any = None

    def __init__(self, file: Path, place: str | None = None) -> None:
        self.app = App()
        self.name = file.name
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.wb = openpyxl.load_workbook(file)
        self.api = SimpleNamespace(SaveCopyAs=self._save_copy, FullName=str(file) if place is None else place)
        self.sheets = Sheets(self)
        self.copies: list[str] = []

    def _save_copy(self, path: str) -> None:
        self.copies.append(path)
        self.wb.save(path)


class Sheets(base_classes.Sheets):
    """Worksheets."""

    api: Any = True

    def __init__(self, book: Book) -> None:
        self.book = book

    def __call__(self, key: Any) -> Sheet:
        name = self.book.wb.sheetnames[key - 1] if isinstance(key, int) else key
        return Sheet(self.book, self.book.wb[name])

    def __len__(self) -> int:
        return len(self.book.wb.sheetnames)

    def __iter__(self) -> Any:
        return (Sheet(self.book, ws) for ws in self.book.wb.worksheets)

    @property
    def active(self) -> Sheet:
        return Sheet(self.book, self.book.wb.active)

    def add(self, before: Any = None, after: Any = None, name: str | None = None) -> Sheet:
        self.book.app.call("add", str(name))
        beside = self.book.wb.index((before or after).ws)
        ws = self.book.wb.create_sheet(name, beside + (0 if before else 1))
        self.book.wb.active = ws
        return Sheet(self.book, ws)


class Sheet(base_classes.Sheet):
    """A worksheet."""

    api: Any = None
    book: Any = None

    def __init__(self, book: Book, ws: Any) -> None:
        self.book, self.ws = book, ws
        self.api = SimpleNamespace(
            ProtectContents=ws.protection.sheet,
            Hyperlinks=SimpleNamespace(Add=self._link),
            Activate=lambda: setattr(book.wb, "active", ws),
        )

    def _link(self, anchor: Any, address: str, place: str, tip: str | None = None) -> None:
        """Add a link; Excel dresses its cell blue and underlined."""
        anchor.cell.hyperlink = openpyxl.worksheet.hyperlink.Hyperlink(
            ref=anchor.cell.coordinate, location=place, tooltip=tip
        )
        anchor.cell.font = Font(name="Calibri", sz=11, u="single", color="FF0563C1")

    name = property(lambda self: self.ws.title)
    index = property(lambda self: self.book.wb.index(self.ws) + 1)

    def range(self, one: Any, other: Any = None) -> Range:
        if isinstance(one, str):
            left, top, right, bottom = range_boundaries(one)
            return Range(self, (top, left, bottom, right))
        one, other = (each.box[:2] if isinstance(each, Range) else each for each in (one, other))
        if len(one) == 4:  # xlwings' own (row, column, rows, columns)
            return Range(self, (one[0], one[1], one[0] + one[2] - 1, one[1] + one[3] - 1))
        return Range(self, (*one, *(other or one)))

    def delete(self) -> None:
        self.book.wb.remove(self.ws)

    @property
    def visible(self) -> bool:
        return bool(self.ws.sheet_state == "visible")

    @visible.setter
    def visible(self, value: bool) -> None:
        self.book.app.call("show", self.name)
        self.ws.sheet_state = "visible" if value else "hidden"

    @property
    def notes(self) -> list[Note]:
        return [Note(self.range(cell.coordinate)) for row in self.ws.iter_rows() for cell in row if cell.comment]

    @property
    def tables(self) -> Any:
        return lambda name: Table(self, self.ws.tables[name])


class Table(base_classes.Table):
    """A table of a worksheet."""

    def __init__(self, sheet: Sheet, table: Any) -> None:
        self.sheet, self.table = sheet, table

    def resize(self, range: Any) -> None:
        self.sheet.book.app.call("resize", self.table.name)
        self.table.ref = self.table.autoFilter.ref = range.impl.address.replace("$", "")


class Range(base_classes.Range):
    """A rectangle of cells."""

    row: Any = 0
    column: Any = 0
    shape: Any = (0, 0)
    sheet: Any = None

    def __init__(self, sheet: Sheet, box: Box) -> None:
        self.sheet, self.box = sheet, box
        self.row, self.column = box[:2]
        self.shape = (box[2] - box[0] + 1, box[3] - box[1] + 1)
        self.options: Any = {}

    @property
    def cell(self) -> Any:
        return self.sheet.ws.cell(*self.box[:2])

    @property
    def cells(self) -> list[list[Any]]:
        top, left, bottom, right = self.box
        return [list(row) for row in self.sheet.ws.iter_rows(top, bottom, left, right)]

    @property
    def api(self) -> Any:
        return self

    @property
    def address(self) -> str:
        top, left, bottom, right = self.box
        return f"${get_column_letter(left)}${top}:${get_column_letter(right)}${bottom}"

    def _change(self, what: str) -> list[Any]:
        self.sheet.book.app.call(what, f"{self.sheet.name}!{self.address}")
        return [cell for row in self.cells for cell in row]

    def __call__(self, *place: int) -> Range:
        row, column = self.row + place[0] - 1, self.column + place[1] - 1
        return Range(self.sheet, (row, column, row, column))

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def raw_value(self) -> Any:
        return [[cell.value for cell in row] for row in self.cells]

    @raw_value.setter
    def raw_value(self, data: Any) -> None:
        for cell, value in zip(self._change("write"), [value for row in data for value in row], strict=True):
            if type(cell).__name__ != "MergedCell":
                enter(cell, value)

    @property
    def color(self) -> Any:
        fill = self.cell.fill
        if fill.patternType is None:
            return None
        text = fill.fgColor.rgb if isinstance(fill.fgColor.rgb, str) else "FFFFFFFF"
        return tuple(int(text[at : at + 2], 16) for at in (2, 4, 6))

    @color.setter
    def color(self, value: Any) -> None:
        text = value if isinstance(value, str) or value is None else "#{:02X}{:02X}{:02X}".format(*value)
        for cell in self._change("colour"):
            cell.fill = PatternFill("solid", fgColor=Color(f"FF{text[1:]}")) if text else PatternFill()

    @property
    def note(self) -> Note | None:
        return Note(self) if self.cell.comment else None

    def add_note(self, text: str) -> Note:
        self._change("note")
        self.cell.comment = Comment(text, "")
        return Note(self)

    comment = None

    @property
    def number_format(self) -> Any:
        return self.cell.number_format

    @number_format.setter
    def number_format(self, code: str) -> None:
        for cell in self._change("format"):
            cell.number_format = code

    @property
    def font(self) -> Look:
        return Look(self)

    def _align(self, **how: Any) -> None:
        for cell in self._change("align"):
            cell.alignment = Alignment(
                **{"horizontal": cell.alignment.horizontal, "vertical": cell.alignment.vertical,
                   "wrap_text": cell.alignment.wrap_text, **how}
            )  # fmt: skip

    wrap_text = property(None, lambda self, value: self._align(wrap_text=value))
    horizontal_alignment = property(None, lambda self, value: self._align(horizontal=value))
    vertical_alignment = property(None, lambda self, value: self._align(vertical=value))
    column_width = property(
        None, lambda self, value: setattr(self.sheet.ws.column_dimensions[self.cell.column_letter], "width", value)
    )

    @property
    def Font(self) -> CellFont:
        return CellFont(self.cell)

    @property
    def Hyperlinks(self) -> Links:
        return Links(self.cell)

    def ClearHyperlinks(self) -> None:
        for row in self.cells:
            for cell in row:
                cell._hyperlink = None


class Links:
    """The links of a cell, as COM gives them."""

    def __init__(self, cell: Any) -> None:
        self.cell = cell
        self.Count = int(cell.hyperlink is not None)

    def __call__(self, number: int) -> Link:
        assert number <= self.Count
        return Link(self.cell.hyperlink)


class Link:
    """A link of a cell, as COM gives it."""

    def __init__(self, held: Any) -> None:
        object.__setattr__(self, "held", held)

    def __setattr__(self, name: str, value: str) -> None:
        setattr(self.held, {"SubAddress": "location", "ScreenTip": "tooltip"}[name], value)


FONT = {"Name": "name", "Size": "sz", "Bold": "b", "Italic": "i", "Underline": "u", "Color": "color"}


class CellFont:
    """The font of a cell, as COM gives it."""

    def __init__(self, cell: Any) -> None:
        object.__setattr__(self, "cell", cell)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.cell.font, FONT[name])

    def __setattr__(self, name: str, value: Any) -> None:
        font: Font = copy(self.cell.font)
        setattr(font, FONT[name], value)
        self.cell.font = font


class Look(base_classes.Font):
    """The font of cells."""

    def __init__(self, cells: Range) -> None:
        object.__setattr__(self, "of", cells)

    def __setattr__(self, name: str, value: Any) -> None:
        for cell in self.of._change("font"):
            font: Font = copy(cell.font)
            setattr(font, name, Color(f"FF{value[1:]}") if name == "color" else value)
            cell.font = font


class Note(base_classes.Note):
    """A note on a cell."""

    location: Any = None

    def __init__(self, location: Range) -> None:
        self.location = location

    text = property(lambda self: self.location.cell.comment.text)

    def delete(self) -> None:
        self.location._change("unnote")
        self.location.cell.comment = None


def enter(cell: Any, value: Any) -> None:
    """Put a value into a cell as Excel does when it is assigned."""
    cell.quotePrefix = False
    if not isinstance(value, str) or value == "":
        assert value == "" or isinstance(value, (bool, float)), f"Excel would be handed {value!r}"
        cell.value = None if value == "" else value
    elif value[0] == "'":
        cell.value, cell.data_type, cell.quotePrefix = value[1:], "s", True
    elif value[0] in "=+-@":
        cell.value, cell.data_type = "=" + value.lstrip("="), "f"
    elif value.lower() in ("true", "false"):
        cell.value = value.lower() == "true"
    elif re.fullmatch(r"\d+(\.\d+)?%?|\d+[eE]\d+", value):
        cell.value = float(value.rstrip("%"))
    elif found := re.fullmatch(r"(\d{4})-(\d\d?)(?:-(\d\d?))?", value):
        cell.value = date(int(found[1]), int(found[2]), int(found[3] or 1))
    else:
        cell.value = value
        cell.data_type = "e" if value.startswith("#") and value.endswith(("!", "?", "A")) else "s"


def opened(file: Path, place: str | None = None) -> tuple[xlwings.Book, Book]:
    """Open a workbook: as xlwings gives it, and the stand-in behind it."""
    book = Book(file, place)
    return xlwings.Book(impl=book), book
