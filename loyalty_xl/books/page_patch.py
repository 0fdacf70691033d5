"""Replacing an owned page: all rows from one on, written as text without parsing what they replace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from math import inf

from loyalty_xl.books.cell_patch import put_cells
from loyalty_xl.books.cell_values import (
    BLANK,
    SharedStrings,
    Stored,
    Value,
    cell_value,
    characters,
    escape,
    number_text,
    plain_value,
    same,
    storable,
    stored,
    unescape,
)  # fmt: skip
from loyalty_xl.books.refusals import Edit, Reason, Scope, by_row
from loyalty_xl.books.sheet_tail import fit_filter, fit_tables, set_links
from loyalty_xl.books.sheet_xml import LAST_ROW, SheetXml, number_cells, row_style
from loyalty_xl.books.styles import Style
from loyalty_xl.cells import column_letters, column_number

CELL = re.compile(
    '<c r="([A-Z]+)\\d+"(?: s="(\\d+)")?(?: t="(\\w+)")?'
    '(?:/>|>(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)?</c>)'
)
number_of = cache(column_number)
ROW = re.compile(rb'<row r="(\d+)"[^>]*?(?:/>|(?<!/)>(.*?)</row>)', re.DOTALL)
STEP = 1 << 14  # bytes that are compared at once


@dataclass
class Page:
    """Rows that are to stand from *first_row* on, and nothing below them."""

    first_row: int
    rows: list[Sequence[Value]]
    styles: Sequence[Style | None] = ()  # for each column
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)

    @property
    def last_row(self) -> int:
        """The last row that is written."""
        return self.first_row + len(self.rows) - 1

    @property
    def width(self) -> int:
        """How many columns are written."""
        return max(map(len, self.rows), default=0)


def replace_rows(sheet: SheetXml, page: Page, cells: Mapping[tuple[int, int], Edit], scope: Scope) -> bool:
    """Write a page, with single *cells* on top of it; say whether anything had to change.

    A page that an array or a table stands in the way of is refused as a whole; single cells are filled all the same.
    """
    starts = sheet.starts(page.first_row - 1)
    cut = next((start for number, start in starts if number >= page.first_row), len(sheet.rows))
    for array in sheet.arrays:
        if array[0] < page.first_row <= array[2]:
            scope.refuse(page.first_row, array[1], Reason.ARRAY)
            return put_cells(sheet, cells, scope)
    tables = fit_tables(page.first_row, page.last_row, scope)
    if tables is None:
        return put_cells(sheet, cells, scope)
    old = sheet.rows[cut:]
    styles = column_formats(sheet, page, old, scope)
    on_top = {**covered(sheet, page, scope), **cells}
    new = page_rows(sheet, page, styles, by_row(on_top), scope).encode()
    changed = new != old and not same_rows(sheet, old, new, scope)
    if changed:
        scope.lost_formula |= any(f"<{sheet.prefix}f{end}".encode() in old for end in " >/")
        sheet.rows = sheet.rows[:cut] + new
        sheet.drop_dimension()
    scope.parts.update(tables)
    filtered = fit_filter(sheet, page.first_row, page.last_row, scope)
    linked = set_links(sheet, page.first_row, page.links, scope)
    return changed or filtered or linked or bool(tables)


def column_formats(sheet: SheetXml, page: Page, old: bytes, scope: Scope) -> list[int]:
    """Give each column's cell format: the one asked for, or what stood in the page's first row, or its own."""
    width = max(page.width, len(page.styles))
    standing: dict[int, int] = {}
    whole_row: int | None = None
    p = re.escape(sheet.prefix.encode())
    first = re.match(rb"\s*<%srow\b[^>]*?(?:/>|(?<!/)>.*?</%srow\s*>)" % (p, p), old, re.DOTALL)
    row = sheet.tree(first[0])[0] if first else None
    if row is not None and row.get("r") == str(page.first_row):
        standing = {column: int(cell.get("s") or 0) for column, cell in number_cells(row, page.first_row).items()}
        whole_row = row_style(row)
    formats = []
    for column, style in enumerate([*page.styles, *[None] * (width - len(page.styles))], 1):
        own = standing.get(column, whole_row if whole_row is not None else sheet.column_style(column))
        formats.append(scope.style_of(style, own))
    return formats


def covered(sheet: SheetXml, page: Page, scope: Scope) -> dict[tuple[int, int], Edit]:
    """Give the cells of the page that a merge from above covers: nothing is written there."""
    hidden: dict[tuple[int, int], Edit] = {}
    for first, left, last, right in sheet.merges:
        if not first < page.first_row <= last:
            continue
        for number in range(page.first_row, min(last, page.last_row) + 1):
            row = page.rows[number - page.first_row]
            for column in range(left, min(right, len(row)) + 1):
                hidden[number, column] = Edit(BLANK)
                if row[column - 1] is not None:
                    scope.refuse(number, column, Reason.MERGED)
    return hidden


def page_rows(
    sheet: SheetXml, page: Page, styles: Sequence[int], on_top: Mapping[int, Mapping[int, Edit]], scope: Scope
) -> str:  # fmt: skip
    """Write the rows of a page. This loop runs half a million times for a large Detail page: it stays flat."""
    if max([page.last_row, *on_top]) > LAST_ROW:
        raise ValueError(f"a sheet ends at row {LAST_ROW:,}")
    p, date1904 = sheet.prefix, scope.date1904
    columns = []
    for column, style in enumerate(styles, 1):
        said = f' s="{style}"' if style else ""
        blank = f'"{said}/>' if shown(scope, sheet, column, style) else ""
        head = f'<{p}c r="{column_letters(column)}'
        number, text = f'"{said}><{p}v>', f'"{said} t="inlineStr"><{p}is><{p}t xml:space="preserve">'
        columns.append((head, number, text, blank, style))
    number_end, text_end, row_end = f"</{p}v></{p}c>", f"</{p}t></{p}is></{p}c>", f"</{p}row>"
    known: dict[str, str] = {}
    out: list[str] = []
    add = out.append
    for row_number, row in enumerate(page.rows, page.first_row):
        if row_number in on_top:
            add(mixed_row(sheet, row_number, row, styles, on_top[row_number], scope))
            continue
        r = str(row_number)
        add(f'<{p}row r="{r}">')
        for value, (head, number, text, blank, style) in zip(row, columns, strict=False):
            kind = type(value)
            if kind is str:
                written = known.get(value)  # type: ignore[arg-type]
                if written is None:
                    written = known[value] = escape(storable(value))  # type: ignore[arg-type, index]
                add(f"{head}{r}{text}{written}{text_end}")
            elif kind is float and -inf < value < inf:  # type: ignore[operator]
                written = repr(value)
                add(f"{head}{r}{number}{written.removesuffix('.0')}{number_end}")
            elif kind is int:
                add(f"{head}{r}{number}{value}{number_end}")
            elif value is not None:
                add(cell_text(p, f"{head}{r}", style, stored(value, date1904)))
            elif blank:
                add(f"{head}{r}{blank}")
        add(row_end)
    for row_number in sorted(number for number in on_top if number > page.last_row):
        add(mixed_row(sheet, row_number, (), styles, on_top[row_number], scope))
    return "".join(out)


def mixed_row(
    sheet: SheetXml, number: int, row: Sequence[Value], styles: Sequence[int], edits: Mapping[int, Edit], scope: Scope
) -> str:  # fmt: skip
    """Write a row of which some cells are set one by one."""
    cells = [f'<{sheet.prefix}row r="{number}">']
    for column in range(1, max([len(row), *edits]) + 1):
        style = styles[column - 1] if column <= len(styles) else sheet.column_style(column)
        edit = edits.get(column)
        if edit:
            style, value = scope.style_of(edit.style, style), edit.value
        else:
            value = stored(row[column - 1], scope.date1904) if column <= len(row) else BLANK
        if value != BLANK or (edit and edit.style) or shown(scope, sheet, column, style):
            cells.append(cell_text(sheet.prefix, f'<{sheet.prefix}c r="{column_letters(column)}{number}', style, value))
    return "".join([*cells, f"</{sheet.prefix}row>"])


def shown(scope: Scope, sheet: SheetXml, column: int, style: int) -> bool:
    """Say whether an empty cell has to be written for its looks."""
    return scope.styles.shows_when_empty(style) and style != sheet.column_style(column)


def cell_text(p: str, head: str, style: int, value: Stored) -> str:
    """Write a cell that begins with *head* (`<c r="A1`)."""
    said = f' s="{style}"' if style else ""
    kind, content = value
    if not kind:
        return f'{head}"{said}/>'
    if kind == "t":
        text = escape(str(content))
        return f'{head}"{said} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is></{p}c>'
    if kind == "e":
        return f'{head}"{said} t="e"><{p}v>{content}</{p}v></{p}c>'
    if kind == "b":
        return f'{head}"{said} t="b"><{p}v>{int(content)}</{p}v></{p}c>'
    return f'{head}"{said}><{p}v>{number_text(content)}</{p}v></{p}c>'


def same_rows(sheet: SheetXml, old: bytes, new: bytes, scope: Scope) -> bool:
    """Say whether two stretches of rows hold the same cells in the same formats, however they are written."""
    if b"<" not in old or b"<" not in new:
        return not any(True for _ in read_rows(sheet, old + new, scope))
    cut = old.rfind(b"<%srow" % sheet.prefix.encode(), 0, same_bytes(old, new))
    old, new = old[max(cut, 0) :], new[max(cut, 0) :]
    for one, other in zip_longest(read_rows(sheet, old, scope), read_rows(sheet, new, scope)):
        if one == other:
            continue
        if not one or not other or one[0] != other[0] or len(one[1]) != len(other[1]):
            return False
        for (column, style, value), (other_column, other_style, other_value) in zip(one[1], other[1], strict=True):
            if column != other_column or style != other_style or not same(value, other_value):
                return False
    return True


def same_bytes(old: bytes, new: bytes) -> int:
    """Give how many bytes at the beginning are the same, in whole blocks."""
    at, least = 0, min(len(old), len(new))
    while at + STEP <= least and old[at : at + STEP] == new[at : at + STEP]:
        at += STEP
    return at


def read_rows(
    sheet: SheetXml, rows: bytes, scope: Scope
) -> Iterator[tuple[int, list[tuple[int, int, Stored]]]]:  # fmt: skip
    """Read rows as (number, [(column, format, value)]), leaving out cells that neither hold nor show anything."""
    starts = [tag.start() for tag in re.finditer(rb"<%srow\b" % sheet.prefix.encode(), rows)]
    before = 0
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        simple = ROW.fullmatch(rows[start:end].rstrip())
        found = simple_cells((simple[2] or b"").decode(), scope.strings) if simple else None
        if simple and found is not None:
            before = int(simple[1])
        else:
            row = sheet.tree(rows[start:end])[0]
            before = int(row.get("r") or before + 1)
            found = [(column, int(cell.get("s") or 0), cell_value(cell, scope.strings))
                     for column, cell in number_cells(row, before).items()]  # fmt: skip
        cells = [cell for cell in found if cell[2] != BLANK or shown(scope, sheet, cell[0], cell[1])]
        if cells:
            yield before, cells


def simple_cells(row: str, strings: SharedStrings) -> list[tuple[int, int, Stored]] | None:
    """Read the cells of a row that is written as Excel and we do, None if it is not."""
    cells: list[tuple[int, int, Stored]] = []
    at = 0
    for match in CELL.finditer(row):
        if match.start() != at:
            return None
        at = match.end()
        letters, style, kind, value, text = match.groups()
        if text is not None:
            content: Stored = ("t", characters(unescape(text)))
        elif value is None:
            content = BLANK
        else:
            content = plain_value(kind or "n", unescape(value), strings)
        cells.append((number_of(letters), int(style or 0), content))
    return cells if at == len(row) else None
