"""What a patch may not touch, and what it found out about a sheet before it touched anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lxml import etree

from loyalty_xl.books.cell_values import SharedStrings, Stored
from loyalty_xl.books.endings import Ending
from loyalty_xl.books.markup import parse
from loyalty_xl.books.sheet_xml import Area, SheetXml, area, inside
from loyalty_xl.books.styles import Style, Styles


class Reason(StrEnum):
    """Why a cell was left as it is."""

    FORMULA = "formula"
    SHARED_FORMULA = "shared_formula"  # other cells take their formula from this one
    ARRAY = "array"  # array formula, what it spills over, or a data table
    MERGED = "merged"  # covered by the first cell of a merged area
    TABLE_HEADER = "table_header"
    TABLE_TOTALS = "table_totals"
    TOO_MANY_LINKS = "too_many_links"  # a sheet holds 65,530 at most


SENTENCES = {
    Reason.FORMULA: ("该单元格是公式，未覆盖", "holds a formula and was left as it is"),
    Reason.SHARED_FORMULA: ("其他单元格共用此公式，未覆盖", "holds a formula that other cells share"),
    Reason.ARRAY: ("位于数组公式或溢出区域内，未写入", "lies in an array formula or what it spills over"),
    Reason.MERGED: ("被合并单元格遮盖，未写入", "is covered by a merged cell"),
    Reason.TABLE_HEADER: ("是表格的标题行，未写入", "is a table's header"),
    Reason.TABLE_TOTALS: ("位于表格的汇总行内，未写入", "lies in a table's totals row"),
    Reason.TOO_MANY_LINKS: ("超出每张工作表的链接上限，未加链接", "got no link: the sheet holds 65,530 already"),
}


@dataclass(frozen=True)
class Refused:
    """A cell that was not written."""

    sheet: str
    row: int
    column: int
    reason: Reason

    def text(self, language: str) -> str:
        """Give the reason as a sentence (`zh` or `en`)."""
        return SENTENCES[self.reason][language == "en"]


@dataclass(frozen=True)
class Edit:
    """What a cell is to hold; without a style it keeps its own."""

    value: Stored
    style: Style | Ending | None = None
    over_formula: bool = False


@dataclass(frozen=True)
class Table:
    """A table on the sheet."""

    part: str
    data: bytes
    area: Area
    header: bool
    totals: bool

    @classmethod
    def read(cls, part: str, data: bytes) -> Table:
        """Read a table part."""
        root = parse(data, part)
        counted = {key: int(root.get(f"{key}RowCount") or default) for key, default in (("header", 1), ("totals", 0))}
        return cls(part, data, area(root.get("ref") or "A1"), bool(counted["header"]), bool(counted["totals"]))

    @property
    def root(self) -> etree._Element:
        """A fresh tree of the part."""
        return parse(self.data, self.part)


@dataclass
class Scope:
    """What is known about a sheet and its workbook, and what comes of patching it."""

    sheet: str
    styles: Styles
    strings: SharedStrings
    date1904: bool
    tables: tuple[Table, ...] = ()
    refused: list[Refused] = field(default_factory=list)
    parts: dict[str, bytes] = field(default_factory=dict)  # tables that were resized
    lost_formula: bool = False
    filtered: Area | None = None  # the sheet's filter, where it was resized

    def refuse(self, row: int, column: int, reason: Reason) -> None:
        """Note that a cell was left as it is."""
        self.refused.append(Refused(self.sheet, row, column, reason))

    def style_of(self, style: Style | Ending | None, own: int) -> int:
        """Give the number of a cell format, appending it to the workbook if need be."""
        if isinstance(style, Ending):
            found = self.styles.with_ending(own, style)
            return own if found is None else found
        return own if style is None else self.styles.id_of(style)

    def looks_so(self, style: Style | Ending | None, own: int) -> bool:
        """Say whether a cell of the format *own* looks as it should."""
        if isinstance(style, Ending):
            return self.styles.with_ending(own, style, append=False) == own
        return style is None or self.styles.find(style) == own


def reason_against(row: int, column: int, sheet: SheetXml, scope: Scope) -> Reason | None:
    """Say why a cell may not be written, formulas aside."""
    if any(inside(row, column, array) for array in sheet.arrays):
        return Reason.ARRAY
    if any(inside(row, column, merge) and (row, column) != merge[:2] for merge in sheet.merges):
        return Reason.MERGED
    for table in scope.tables:
        if inside(row, column, table.area):
            if table.header and row == table.area[0]:
                return Reason.TABLE_HEADER
            if table.totals and row == table.area[2]:
                return Reason.TABLE_TOTALS
    return None


def reason_against_formula(formula: etree._Element, edit: Edit) -> Reason | None:
    """Say why a formula may not be overwritten."""
    if not edit.over_formula:
        return Reason.FORMULA
    if formula.get("t") == "shared" and ":" in (formula.get("ref") or ""):
        return Reason.SHARED_FORMULA
    return None


def by_row(cells: Mapping[tuple[int, int], Edit]) -> dict[int, dict[int, Edit]]:
    """Sort edits into rows, ascending."""
    rows: dict[int, dict[int, Edit]] = {}
    for row, column in sorted(cells):
        rows.setdefault(row, {})[column] = cells[row, column]
    return rows
