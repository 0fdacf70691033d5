"""Stored points of charts: what a chart shows where nothing is calculated, brought up to date with filled cells."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from lxml import etree

from loyalty_xl.books.cell_values import BLANK, SharedStrings, Stored, number_text, plain_value
from loyalty_xl.books.markup import is_true, local, parse, serialise
from loyalty_xl.books.package import CONTENT_TYPES, Draft, part_name
from loyalty_xl.books.sheet_xml import LAST_COLUMN, LAST_ROW, SheetXml, area, number_cells
from loyalty_xl.books.workbook_xml import Workbook

CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
PIECE = re.compile(r"(?:'((?:[^']|'')+)'|([^'!,()\[\]:]+))!(\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?)")
ATTRIBUTE = re.compile(r"""(\w+)\s*=\s*["']([^"']*)["']""")
MOST_POINTS = 32_000  # of a series, in Excel


class Sheets:
    """Cells of worksheets, looked up by row."""

    def __init__(self, draft: Draft, workbook: Workbook, parts: Mapping[str, bytes]) -> None:
        self._draft, self._parts = draft, parts
        self._sheets = {name.lower(): part for name, part in workbook.sheets.items()}
        strings = workbook.part_of("sharedStrings")
        self._strings = SharedStrings(lambda: draft.read(strings) if strings in draft else b"")
        self._xml: dict[str, tuple[SheetXml, dict[int, tuple[int, int]]]] = {}
        self._hidden: dict[str, list[range]] = {}
        self._rows: dict[tuple[str, int], tuple[bool, dict[int, tuple[Stored, int]]]] = {}

    def part(self, sheet: str) -> str | None:
        """Give the part of a worksheet."""
        return self._sheets.get(sheet.lower())

    def cell(self, sheet: str, row: int, column: int) -> tuple[Stored, int]:
        """Give what a cell holds (of a formula its stored result) and its format."""
        return self._row(sheet, row)[1].get(column, (BLANK, 0))

    def hidden(self, sheet: str, row: int, column: int) -> bool:
        """Say whether a cell is hidden with its row or column."""
        return self._row(sheet, row)[0] or any(column in columns for columns in self._hidden_columns(sheet))

    def _hidden_columns(self, sheet: str) -> list[range]:
        part = self._sheets[sheet.lower()]
        if part not in self._hidden:
            head = self._sheet(sheet)[0].head.decode()
            tags = [dict(ATTRIBUTE.findall(tag)) for tag in re.findall(r"<(?:[\w.-]+:)?col\s([^>]*)>", head)]
            found = [range(int(t["min"]), int(t["max"]) + 1) for t in tags if is_true(t.get("hidden"))]
            self._hidden[part] = found
        return self._hidden[part]

    def _sheet(self, sheet: str) -> tuple[SheetXml, dict[int, tuple[int, int]]]:
        part = self._sheets[sheet.lower()]
        if part not in self._xml:
            xml = SheetXml(self._parts.get(part) or self._draft.read(part), part)
            starts = xml.starts()
            ends = [*(start for _, start in starts[1:]), len(xml.rows)]
            self._xml[part] = xml, {row: (start, end) for (row, start), end in zip(starts, ends, strict=True)}
        return self._xml[part]

    def _row(self, sheet: str, number: int) -> tuple[bool, dict[int, tuple[Stored, int]]]:
        key = (sheet.lower(), number)
        if key not in self._rows:
            xml, rows = self._sheet(sheet)
            found: dict[int, tuple[Stored, int]] = {}
            hidden = False
            if number in rows:
                row = xml.tree(xml.rows[slice(*rows[number])])[0]
                hidden = is_true(row.get("hidden"))
                for column, cell in number_cells(row, number).items():
                    found[column] = (self._held(cell), int(cell.get("s") or 0))
            self._rows[key] = hidden, found
        return self._rows[key]

    def _held(self, cell: etree._Element) -> Stored:
        inline = cell.find("{*}is")
        if inline is not None:
            runs = [*inline.iterfind("{*}t"), *inline.iterfind("{*}r/{*}t")]
            return plain_value("str", "".join(run.text or "" for run in runs), self._strings)
        text = cell.findtext("{*}v")
        return BLANK if text is None else plain_value(cell.get("t", "n"), text, self._strings)


def chart_caches(
    draft: Draft, workbook: Workbook, filled: Collection[str], parts: dict[str, bytes]
) -> tuple[int, int]:  # fmt: skip
    """Put charts with new points into *parts*; give how many, and how many series could not be told.

    A chart is looked at if it shows a sheet that is *filled*, or one in *parts*. *parts* go before the draft's own.
    """
    sheets = Sheets(draft, workbook, parts)
    touched = {name.lower() for name in filled}
    touched |= {name.lower() for name, part in workbook.sheets.items() if part in parts}
    done = left = 0
    for part in charts(draft):
        data = draft.read(part)
        root = parse(data, part)
        visible_only = root.find("{*}chart/{*}plotVisOnly")
        only = visible_only is None or is_true(visible_only.get("val", "1"))
        changed = False
        for cache in root.iter("{*}numCache", "{*}strCache", "{*}multiLvlStrCache"):
            formula = cache.getparent().findtext("{*}f") or ""  # type: ignore[union-attr]
            places = cells_shown(formula)
            if places is None or not any(sheet.lower() in touched for sheet, _, _ in places):
                left += any(f"{name}!" in formula.lower().replace("'", "") for name in touched)
                continue
            values = None if local(cache) == "multiLvlStrCache" else points(cache, places, sheets, only=only)
            if values is None:
                left += 1
            else:
                changed |= fill_cache(cache, len(places), values)
        if changed:
            parts[part] = serialise(root, data)
            done += 1
    return done, left


def charts(draft: Draft) -> list[str]:
    """Give the chart parts."""
    listed = parse(draft.read(CONTENT_TYPES), CONTENT_TYPES)
    found = [part_name(item.get("PartName") or "") for item in listed if item.get("ContentType") == CHART]
    return [part for part in found if part in draft]


def cells_shown(formula: str) -> list[tuple[str, int, int]] | None:
    """Give the cells of a chart's reference, one by one, None where it is a name or too much."""
    text = formula.strip()
    text = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    cells: list[tuple[str, int, int]] = []
    at = 0
    for piece in PIECE.finditer(text):
        if piece.start() != at:
            return None
        at = piece.end() + 1  # a comma
        top, left, bottom, right = area(piece[3])
        if bottom > LAST_ROW or right > LAST_COLUMN or (bottom - top + 1) * (right - left + 1) > MOST_POINTS:
            return None
        sheet = (piece[1] or piece[2]).replace("''", "'")
        cells += [(sheet, row, column) for row in range(top, bottom + 1) for column in range(left, right + 1)]
    return cells if cells and at == len(text) + 1 else None


def points(
    cache: etree._Element, places: list[tuple[str, int, int]], sheets: Sheets, *, only: bool
) -> dict[int, str] | None:  # fmt: skip
    """Give the points of a series by number, None where only Excel can tell: hidden cells, numbers shown as text."""
    found: dict[int, str] = {}
    numbers = local(cache) == "numCache"
    for index, (sheet, row, column) in enumerate(places):
        if sheets.part(sheet) is None or (only and sheets.hidden(sheet, row, column)):
            return None
        (kind, content), style = sheets.cell(sheet, row, column)
        if kind in ("n", "b") and not numbers and (style or kind == "b"):
            return None
        if kind in ("n", "b"):
            found[index] = number_text(float(content))
        elif kind == "t" and not numbers:
            found[index] = str(content)
    return found


def fill_cache(cache: etree._Element, count: int, values: Mapping[int, str]) -> bool:
    """Let a cache hold *values*; say whether it had to change. Formats of single points stay."""
    space = etree.QName(cache).namespace
    old = {int(point.get("idx") or 0): point for point in cache.iterfind("{*}pt")}
    total = cache.find("{*}ptCount")
    before = {index: point.findtext("{*}v") or "" for index, point in old.items()}
    if total is not None and total.get("val") == str(count) and equal(before, values):
        return False
    if total is None:
        total = etree.Element(f"{{{space}}}ptCount")
        code = cache.find("{*}formatCode")
        cache.insert(0, total) if code is None else code.addnext(total)
    total.set("val", str(count))
    for point in old.values():
        cache.remove(point)
    last: etree._Element = total
    for index, text in values.items():
        point = old.get(index, etree.Element(f"{{{space}}}pt", idx=str(index)))
        held = point.find("{*}v")
        if held is None:
            held = etree.SubElement(point, f"{{{space}}}v")
        held.text = text
        last.addnext(point)
        last = point
    return True


def equal(before: Mapping[int, str], now: Mapping[int, str]) -> bool:
    """Say whether two sets of points are the same, numbers to 15 digits."""
    if before.keys() != now.keys():
        return False
    return all(before[index] == text or same_number(before[index], text) for index, text in now.items())


def same_number(one: str, other: str) -> bool:
    """Say whether two texts are the same number."""
    try:
        return f"{float(one):.15g}" == f"{float(other):.15g}"
    except ValueError:
        return False
