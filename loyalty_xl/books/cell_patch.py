"""Filling single cells of a worksheet; every row without one stays as its bytes are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import TypeVar

from lxml import etree

from loyalty_xl.books.cell_values import BLANK, Stored, cell_value, mask_escapes, number_text, same
from loyalty_xl.books.markup import local
from loyalty_xl.books.refusals import Edit, Reason, Scope, by_row, reason_against, reason_against_formula
from loyalty_xl.books.sheet_xml import SheetXml, inside, number_cells, row_style
from loyalty_xl.cells import column_letters

PRESERVE = "{http://www.w3.org/XML/1998/namespace}space"
T = TypeVar("T")


def put_cells(sheet: SheetXml, cells: Mapping[tuple[int, int], Edit], scope: Scope) -> bool:
    """Fill cells; say whether any of them had to change."""
    return edit_rows(sheet, by_row(cells), lambda number, old, edits: patched_row(sheet, number, old, edits, scope))


def edit_rows(sheet: SheetXml, rows: Mapping[int, T], change: Callable[[int, bytes, T], bytes | None]) -> bool:
    """Let *change* give the new bytes of rows (None: as they were), ascending; say whether any changed.

    It is called with the row's number, its bytes (none where there is no such row) and what *rows* says of it.
    """
    if not rows:
        return False
    starts = sheet.starts(max(rows))
    numbers, offsets = [number for number, _ in starts], [start for _, start in starts]
    source, pieces, copied = sheet.rows, [], 0
    for number, asked in rows.items():
        at = bisect_left(numbers, number)
        start = offsets[at] if at < len(offsets) else len(source)
        here = at < len(numbers) and numbers[at] == number
        end = start if not here else offsets[at + 1] if at + 1 < len(offsets) else len(source)
        new = change(number, source[start:end] if here else b"", asked)
        if new is not None:
            pieces += [source[copied:start], new]
            copied = end
    sheet.rows = b"".join([*pieces, source[copied:]])
    return bool(pieces)


def patched_row(
    sheet: SheetXml, number: int, old: bytes, edits: Mapping[int, Edit], scope: Scope
) -> bytes | None:  # fmt: skip
    """Give a row with cells filled, None if they hold already what they should."""
    tree = sheet.tree(old or f'<{sheet.prefix}row r="{number}"></{sheet.prefix}row>'.encode())
    row = tree[0]
    cells = number_cells(row, number)
    changed = False
    for column, edit in edits.items():
        cell = cells.get(column)
        held = BLANK if cell is None else cell_value(cell, scope.strings)
        own = int(cell.get("s") or 0) if cell is not None else row_style(row)
        if own is None:
            own = sheet.column_style(column)
        if same(held, edit.value) and scope.looks_so(edit.style, own):
            continue
        formula = cell.find("{*}f") if cell is not None else None
        reason = reason_against(number, column, sheet, scope)
        if reason is Reason.MERGED and edit.value == held == BLANK:
            reason = None  # only its border or background
        if reason is None and formula is not None:
            reason = reason_against_formula(formula, edit)
        if reason:
            scope.refuse(number, column, reason)
            continue
        if cell is None:
            cell = new_cell(sheet, row, cells, number, column)
        style = scope.style_of(edit.style, own)
        if style:
            cell.set("s", str(style))
        elif "s" in cell.attrib:
            del cell.attrib["s"]
        if not same(held, edit.value):
            fill(cell, edit.value, sheet)
        scope.lost_formula |= formula is not None
        changed = True
    return sheet.piece(tree) if changed else None


def new_cell(
    sheet: SheetXml, row: etree._Element, cells: dict[int, etree._Element], number: int, column: int
) -> etree._Element:  # fmt: skip
    """Make a cell at its place in the row."""
    cell = etree.Element(sheet.tag("c"), r=f"{column_letters(column)}{number}")
    later = [other for other in cells if other > column]
    if later:
        cells[min(later)].addprevious(cell)
    elif cells:
        cells[max(cells)].addnext(cell)
    else:
        row.insert(0, cell)
    cells[column] = cell
    if "spans" in row.attrib:
        del row.attrib["spans"]
    used = sheet.dimension()
    if used and not inside(number, column, used):
        sheet.drop_dimension()
    return cell


def fill(cell: etree._Element, value: Stored, sheet: SheetXml) -> None:
    """Replace what a cell holds; its style stays."""
    for child in list(cell):
        if local(child) in ("f", "v", "is"):
            cell.remove(child)
    for attribute in {"t", "cm", "vm"} & set(cell.attrib):
        del cell.attrib[attribute]
    cell.text = None
    kind, content = value
    if kind == "t":
        cell.set("t", "inlineStr")
        text = etree.SubElement(etree.SubElement(cell, sheet.tag("is")), sheet.tag("t"))
        text.set(PRESERVE, "preserve")
        text.text = mask_escapes(str(content))
    elif kind:
        if kind == "b":
            cell.set("t", "b")
            content = int(content)
        etree.SubElement(cell, sheet.tag("v")).text = number_text(content)
