"""Stored results of other people's formulas and charts, brought up to date with the cells a patch fills.

Phones, mail programs and Excel's Protected View show stored results. They are calculated by LibreOffice in a copy, and
only results go into the workbook: a formula, its format and everything else stay. What LibreOffice cannot calculate
keeps the result it has. Either way the workbook asks to be calculated when it is next opened.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

from lxml import etree

from loyalty_xl.books.cell_patch import edit_rows
from loyalty_xl.books.cell_values import BLANK, SharedStrings, Stored, mask_escapes, number_text, plain_value, same
from loyalty_xl.books.chart_patch import chart_caches
from loyalty_xl.books.libreoffice import Trouble, calculated
from loyalty_xl.books.markup import local, no_doctype, parse, utf8
from loyalty_xl.books.package import Draft, Package
from loyalty_xl.books.patch import Patch
from loyalty_xl.books.references import Cell, Dependents, Names, reads
from loyalty_xl.books.refusals import Table
from loyalty_xl.books.sheet_xml import Area, SheetXml, area, inside, number_cells
from loyalty_xl.books.workbook_xml import Workbook, has_formula, read_workbook

OFF = "LOYALTY_XL_NO_RECALC"
LARGEST = 20 << 20  # bytes of a worksheet up to which a book is calculated
Known = Callable[[str], str | None]


@dataclass(frozen=True)
class Recalculation:
    """What was brought up to date."""

    cells: int = 0  # formulas with a new stored result
    charts: int = 0  # charts with new stored points
    left: int = 0  # formulas and charts that depend on filled cells and keep what they had
    note: str = ""  # not_needed, switched_off, no_libreoffice, too_large, or what went wrong; "" if calculated
    seconds: float = 0.0


@dataclass(frozen=True)
class Formula:
    """A formula with its stored result."""

    text: str  # "" where it is shared from another cell
    result: Stored
    fills: Area | None  # array formula: the cells its results stand in
    opaque: bool  # dynamic array, data table, linked data type: its result is more than a value


@dataclass
class Book:
    """The formulas of a package, and the results that array formulas put beside them."""

    draft: Draft
    workbook: Workbook
    formulas: dict[str, dict[tuple[int, int], Formula]] = field(default_factory=dict)
    beside: dict[str, dict[tuple[int, int], Stored]] = field(default_factory=dict)

    @classmethod
    def read(cls, draft: Draft) -> Book:
        """Read all formulas."""
        workbook = read_workbook(draft)
        book = cls(draft, workbook)
        part = workbook.part_of("sharedStrings")
        strings = SharedStrings(lambda: draft.read(part) if part in draft else b"")
        for name, sheet in workbook.sheets.items():
            data = utf8(draft.read(sheet))
            no_doctype(data, sheet)
            book.formulas[name], book.beside[name] = {}, {}
            if has_formula(data):
                for place, found in cells_of(data, strings):
                    if isinstance(found, Formula):
                        book.formulas[name][place] = found
                    else:
                        book.beside[name][place] = found
        return book

    def result(self, sheet: str, place: tuple[int, int]) -> Stored | None:
        """Give the stored result of a cell that a formula fills, None if none does."""
        found = self.formulas.get(sheet, {}).get(place)
        return found.result if found else self.beside.get(sheet, {}).get(place)

    def names(self) -> Names:
        """Give the names that formulas may use."""
        tables = [
            (name, Table.read(link.target, self.draft.read(link.target)))
            for name, sheet in self.workbook.sheets.items()
            for link in self.draft.relationships(sheet)
            if link.kind == "table" and link.target in self.draft
        ]
        return Names.read(parse(self.draft.read(self.workbook.part)), tables)


def bring_up_to_date(
    patch: Patch, *, libreoffice: bool | None = None, known: Known = lambda _: None, seconds: float = 60.0
) -> Recalculation:
    """Have *patch* carry the results of formulas and charts that depend on the sheets it fills. It never fails.

    Parameters
    ----------
    patch
        With all its edits made; a later edit takes the results out again.
    libreoffice
        Whether formulas are calculated (None: unless the environment says LOYALTY_XL_NO_RECALC). Charts that show
        filled cells get their points in any case: these are known.
    known
        The result of a formula that needs no calculation, None for any other.
    seconds
        How long LibreOffice may take.
    """
    started = time.perf_counter()
    wanted = not os.environ.get(OFF) if libreoffice is None else libreoffice
    done = Recalculation()
    try:
        draft = patch.draft()
        if not patch.filled or not (draft.changed or draft.added):
            return Recalculation(note="not_needed")
        workbook = read_workbook(draft)
        if any(size(draft, part) > LARGEST for part in workbook.sheets.values()):
            return Recalculation(note="too_large")
        parts: dict[str, bytes] = {}
        try:
            done = formulas_calculated(draft, patch.filled, known, seconds if wanted else 0, parts)
        except Trouble as trouble:
            done = Recalculation(note=str(trouble))
        charts, left = chart_caches(draft, workbook, patch.filled, parts)
        for part, data in parts.items():
            draft.write(part, data)
        done = replace(done, charts=charts, left=done.left + left)
    except Exception as error:  # noqa: BLE001 (results are a courtesy: the refresh goes on without)
        done = Recalculation(note=f"{type(error).__name__}: {error}")
    return replace(done, seconds=round(time.perf_counter() - started, 3))


def size(draft: Draft, part: str) -> int:
    """Give the bytes of a part as it will be written."""
    return len(draft.read(part)) if part in draft.added or part in draft.changed else draft.package.size(part)


def formulas_calculated(
    draft: Draft, filled: tuple[str, ...], known: Known, seconds: float, parts: dict[str, bytes]
) -> Recalculation:
    """Put the worksheets whose formulas have new results into *parts*."""
    book = Book.read(draft)
    names = book.names()
    results: dict[str, dict[tuple[int, int], Stored]] = {}
    sheets = {sheet.lower() for sheet in filled}
    needed = False
    for sheet, formulas in book.formulas.items():
        for place, formula in formulas.items():
            result = known(formula.text)
            if result is not None:
                results.setdefault(sheet, {})[place] = ("t", result)
            elif formula.text and not needed:
                read = reads(formula.text, sheet, names)
                needed = read.anything or any(at in sheets for at, _ in read.places)
    left, note = 0, "not_needed"
    if needed and not seconds:
        note = "switched_off"
    elif needed:
        try:
            found, left = recalculated(book, names, sheets, seconds)
            note = ""
        except Trouble as trouble:
            found, note = {}, str(trouble)
        for sheet, cells in found.items():
            results[sheet] = {**cells, **results.get(sheet, {})}
    count = 0
    for sheet, cells in results.items():
        part = book.workbook.sheets[sheet]
        xml = SheetXml(draft.read(part), part)
        new = {place: value for place, value in cells.items() if not current(book.result(sheet, place), value)}
        if new and edit_rows(xml, by_row(new), lambda _, old, row, xml=xml: with_results(xml, old, row)):  # type: ignore[misc]
            parts[part] = xml.data()
            count += len(new)
    return Recalculation(cells=count, left=left, note=note)


def recalculated(
    book: Book, names: Names, sheets: set[str], seconds: float
) -> tuple[dict[str, dict[tuple[int, int], Stored]], int]:
    """Give the results that LibreOffice finds for formulas depending on *sheets*, and how many it does not know."""
    with tempfile.TemporaryDirectory(prefix="loyalty-xl-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder).resolve() / f"copy{book.draft.package.path.suffix or '.xlsx'}"
        book.draft.save(copy)
        other = Book.read(Draft(Package(calculated(copy, seconds))))
    if other.workbook.date1904 != book.workbook.date1904:
        raise Trouble("LibreOffice counts days otherwise")
    dependents, unknown = Dependents(), set[Cell]()
    for sheet, formulas in book.formulas.items():
        theirs = other.formulas.get(sheet, {})
        for place, formula in formulas.items():
            cell = (sheet.lower(), *place)
            found = theirs.get(place)
            read = reads(found.text if found else formula.text, sheet, names)
            own = reads(formula.text, sheet, names)
            dependents.add(cell, read, formula.fills)
            opaque = formula.opaque or own.outside or not known_functions(read.functions)
            if not found or opaque or fails(found.result, formula.result):
                unknown.add(cell)
    affected, doubtful = dependents.reached((), sheets), dependents.reached(unknown)
    results: dict[str, dict[tuple[int, int], Stored]] = {}
    left = 0
    for sheet, formulas in book.formulas.items():
        for place in [*formulas, *book.beside[sheet]]:
            cell = (sheet.lower(), *place)
            value = other.result(sheet, place)
            if cell not in affected:
                continue
            if value is None or cell in doubtful:
                left += place in formulas
            else:
                results.setdefault(sheet, {})[place] = value
    return results, left


def known_functions(written: Iterable[str]) -> bool:
    """Say whether LibreOffice knows functions, as it has written them: those it does not know it writes small."""
    return all(name != name.lower() for name in (each.rsplit(".", 1)[-1] for each in written))


def fails(result: Stored, before: Stored) -> bool:
    """Say whether LibreOffice could not calculate a formula: a name it does not know, or an error of its own."""
    return result[0] == "e" and str(result[1]) not in ("#N/A", "#DIV/0!", "#VALUE!", "#NUM!", "#NULL!", before[1])


def current(before: Stored | None, now: Stored) -> bool:
    """Say whether a stored result is the one it should be."""
    if before is None:
        return True
    if {before[0], now[0]} == {"b", "n"}:  # LibreOffice keeps truth as a number where the format says so
        return float(before[1]) == float(now[1])
    return same(before, now)


def by_row(cells: Mapping[tuple[int, int], Stored]) -> dict[int, dict[int, Stored]]:
    """Sort results into rows, ascending."""
    rows: dict[int, dict[int, Stored]] = {}
    for row, column in sorted(cells):
        rows.setdefault(row, {})[column] = cells[row, column]
    return rows


def with_results(sheet: SheetXml, old: bytes, results: Mapping[int, Stored]) -> bytes | None:
    """Give a row with new results of its formulas."""
    tree = sheet.tree(old)
    cells = number_cells(tree[0], int(tree[0].get("r") or 0))
    for column, (kind, content) in results.items():
        cell = cells.get(column)
        if cell is None:
            continue
        truth = cell.get("t") == "b" and kind == "n" and content in (0, 1)
        for child in list(cell):
            if local(child) in ("v", "is"):
                cell.remove(child)
        if "t" in cell.attrib:
            del cell.attrib["t"]
        letter = {"t": "str", "b": "b", "e": "e"}.get("b" if truth else kind)
        if letter:
            cell.set("t", letter)
        value = etree.Element(sheet.tag("v"))
        value.text = mask_escapes(str(content)) if kind in "te" else number_text(int(content) if truth else content)
        formula = cell.find("{*}f")
        cell.insert(0, value) if formula is None else formula.addnext(value)
    return sheet.piece(tree)


def cells_of(data: bytes, strings: SharedStrings) -> Iterator[tuple[tuple[int, int], Formula | Stored]]:
    """Give the formulas of a worksheet, and the cells that array formulas fill beside their own."""
    arrays: list[Area] = []
    before = 0
    for _, row in etree.iterparse(BytesIO(data), tag="{*}row", resolve_entities=False, huge_tree=True):
        before = int(row.get("r") or before + 1)
        for column, cell in number_cells(row, before).items():
            formula = cell.find("{*}f")
            if formula is None:
                if any(inside(before, column, one) for one in arrays):
                    yield (before, column), result_of(cell, strings)
                continue
            kind, fills = formula.get("t"), None
            if kind == "array" and formula.get("ref"):
                fills = area(formula.get("ref") or "")
                arrays.append(fills)
            opaque = kind == "dataTable" or bool({"cm", "vm"} & set(cell.attrib))
            yield (before, column), Formula(formula.text or "", result_of(cell, strings), fills, opaque)
        row.clear()
        while row.getprevious() is not None:
            del row.getparent()[0]


def result_of(cell: etree._Element, strings: SharedStrings) -> Stored:
    """Give the stored result of a formula."""
    text, kind = cell.findtext("{*}v"), cell.get("t", "n")
    if text is None:
        return ("t", "") if kind == "str" else BLANK
    return plain_value(kind, text, strings)
