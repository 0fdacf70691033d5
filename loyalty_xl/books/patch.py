"""Filling a workbook without losing anything of it: only parts that hold changed cells are written anew."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from loyalty_xl.books.cell_links import Lead, Leads, Led, lead
from loyalty_xl.books.cell_patch import put_cells
from loyalty_xl.books.cell_values import SharedStrings, Value, storable, stored
from loyalty_xl.books.endings import Ending
from loyalty_xl.books.markup import damaged
from loyalty_xl.books.new_sheet import NewSheet, copied
from loyalty_xl.books.package import Draft, Package
from loyalty_xl.books.page_patch import Page, replace_rows
from loyalty_xl.books.refusals import Edit, Reason, Refused, Scope, Table
from loyalty_xl.books.sheet_xml import LAST_COLUMN, LAST_ROW, SheetXml
from loyalty_xl.books.styles import Style, Styles
from loyalty_xl.books.workbook_xml import (
    STRICT,
    add_sheet,
    add_styles,
    ask_for_calculation,
    check_name,
    drop_calc_chain,
    read_workbook,
    refresh_pivots,
    resize_filter_name,
    show_sheets,
)
from loyalty_xl.errors import WriteError

__all__ = ["Ending", "Patch", "Reason", "Refused", "Style", "Value", "storable"]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


class Patch:
    """A set of edits to a workbook.

    Parameters
    ----------
    path
        An .xlsx or .xlsm. It is never written to: `save` makes a new file, which `saving.replace_file` puts in place.

    Raises
    ------
    WriteError
        The workbook is digitally signed: any edit would void the signature.
    ReadError
        The file is no workbook.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.package = Package(path)
        draft = Draft(self.package)
        refuse_signed(draft)
        self._workbook = read_workbook(draft)
        self._added: dict[str, NewSheet] = {}
        self._pages: dict[str, Page] = {}
        self._cells: dict[str, dict[tuple[int, int], Edit]] = {}
        self._leads: dict[str, Leads] = {}
        self._led: dict[str, Led] = {}
        self._shown: set[str] = set()
        self._result: tuple[Draft, tuple[Refused, ...]] | None = None
        self._written: tuple[str, ...] = ()

    @property
    def sheet_names(self) -> tuple[str, ...]:
        """Worksheets in order, those added by this patch included."""
        names = list(self._workbook.sheets)
        for name, new in self._added.items():
            names.insert(names.index(new.before) if new.before in names else len(names), name)
        return tuple(names)

    @property
    def states(self) -> dict[str, str]:
        """State of each worksheet as it will be saved: visible, hidden, veryHidden."""
        shown = {*self._shown, *self._added}
        return {name: "visible" if name in shown else self._workbook.states[name] for name in self.sheet_names}

    @property
    def protected(self) -> bool:
        """Whether the workbook's structure is protected: no sheet may be added or shown."""
        return self._workbook.locked

    def show(self, sheet: str) -> None:
        """Make a worksheet visible; it keeps its place, and which one is open stays as it is."""
        self._known(sheet)
        self._shown.add(sheet)
        self._result = None

    def put(
        self,
        sheet: str,
        row: int,
        column: int,
        value: Value,
        style: Style | Ending | None = None,
        *,
        over_formula: bool = False,
    ) -> None:
        """Fill a cell; without *style* it keeps its own (or its row's, or its column's), but for an `Ending`.

        Raises
        ------
        KeyError
            There is no such sheet.
        ValueError
            The value cannot be held by a cell: NaN, infinity, a date before the calendar, a text over 32,767.
        """
        self._known(sheet)
        if not (1 <= row <= LAST_ROW and 1 <= column <= LAST_COLUMN):
            raise ValueError(f"no cell at row {row}, column {column}")
        edit = Edit(stored(value, self._workbook.date1904), style, over_formula)
        self._cells.setdefault(sheet, {})[row, column] = edit
        self._result = None

    def replace(
        self,
        sheet: str,
        first_row: int,
        rows: Iterable[Sequence[Value]],
        styles: Sequence[Style | None] | None = None,
        links: Mapping[tuple[int, int], str] | None = None,
    ) -> None:
        """Replace an owned page: every row from *first_row* on goes, and *rows* stand there.

        *styles* are those of the columns; where there is none, a column keeps the format that stood in *first_row*,
        or its own. *links* lead from a cell (row, column) to a place in the workbook (`'Orders'!C5`). Filters and
        tables that reach into the page end where it ends; merges inside it go; conditional formats, validations, notes
        and drawings stay. Cells that are `put` into the page stand on top of it, whatever the order of the calls.
        """
        self._known(sheet)
        self._pages[sheet] = Page(first_row, list(rows), tuple(styles or ()), dict(links or {}))
        self._result = None

    def link(
        self,
        sheet: str,
        links: Mapping[tuple[int, int], Lead],
        mark: str,
        known: Callable[[], Mapping[tuple[int, int], Collection[str]]] = dict,
    ) -> None:
        """Let cells of a sheet that is no owned page lead to places in the workbook; their looks stay.

        *links* are all of ours: others whose tip holds *mark* go, and so do those without a tip that lead where *known* says we led
        (a program that drops tips has saved the workbook). A link of the user's own stays, and its cell gets none of ours.
        """
        self._known(sheet)
        self._leads[sheet] = Leads(dict(links), mark, known)
        self._result = None

    def add_sheet(
        self,
        name: str,
        rows: Iterable[Sequence[Value]] = (),
        styles: Sequence[Style | None] | None = None,
        widths: Sequence[float] = (),
        before: str | None = None,
        *,
        hidden: bool = False,
    ) -> None:
        """Add a worksheet at the end, or before another, with *rows* from row 1 on; `put` and `replace` may follow.

        *styles* and *widths* [characters] are those of the columns.
        """
        check_name(name, [*self._workbook.all_names, *self._added])
        if before is not None and before not in self.sheet_names:
            raise KeyError(before)
        self._added[name] = NewSheet(before, tuple(widths), hidden=hidden)
        self.replace(name, 1, rows, styles)

    def copy_sheet(self, name: str, path: Path, sheet: str, before: str | None = None) -> None:
        """Add a worksheet that holds what *sheet* of one of our templates does, at the end or before another.

        Values, formats, widths, notes, choice lists and frozen rows come along; tables and charts do not.
        """
        self.add_sheet(name, before=before)
        found = copied(path, sheet)
        notes, shapes = (found.parts.get(kind, b"") for kind in ("comments", "vmlDrawing"))
        self._added[name] = NewSheet(before, found.widths, found.columns, found.xml, notes, shapes)
        for (row, column), (value, style) in found.cells.items():
            self.put(name, row, column, value, style)

    @property
    def filled(self) -> tuple[str, ...]:
        """Worksheets that this patch fills, whether or not anything in them differs."""
        return tuple(name for name in self.sheet_names if name in self._cells or name in self._pages)

    @property
    def pages(self) -> Mapping[str, Page]:
        """Pages that are replaced, by worksheet."""
        return self._pages

    @property
    def cells(self) -> Mapping[str, Mapping[tuple[int, int], Edit]]:
        """Cells that are filled one by one, by worksheet, then by row and column."""
        return self._cells

    @property
    def added(self) -> Mapping[str, NewSheet]:
        """Worksheets that are added."""
        return self._added

    @property
    def led(self) -> Mapping[str, Led]:
        """What became of the links of single cells, by worksheet."""
        self._applied()
        return self._led

    @property
    def shown(self) -> frozenset[str]:
        """Worksheets that are made visible."""
        return frozenset(self._shown)

    def draft(self) -> Draft:
        """Give the edited package that `save` will write, for results of formulas to be entered."""
        return self._applied()[0]

    @property
    def changed(self) -> bool:
        """Whether anything differs from what the workbook holds (values, their types, formats, links)."""
        draft, _ = self._applied()
        return bool(draft.changed or draft.added or draft.dropped)

    @property
    def refused(self) -> list[Refused]:
        """Cells that were left as they are, by sheet, row and column, each with its reason."""
        return list(self._applied()[1])

    def save(self, path: Path) -> tuple[str, ...]:
        """Write the patched workbook to *path* (another file than the one patched); name the parts that differ."""
        draft, _ = self._applied()
        self._written = draft.save(path)
        return self._written

    def verify(self, path: Path) -> None:
        """Re-open what `save` wrote: parts that changed pass their checksum, sheets are the ones they should be."""
        verify_workbook(path, self._written, self.sheet_names)

    def _known(self, sheet: str) -> None:
        if sheet not in self._workbook.sheets and sheet not in self._added:
            raise KeyError(sheet)

    def _applied(self) -> tuple[Draft, tuple[Refused, ...]]:
        """Apply all edits to a fresh draft, once."""
        if self._result is None:
            self._result = self._apply()
        return self._result

    def _apply(self) -> tuple[Draft, tuple[Refused, ...]]:
        draft = Draft(self.package)
        workbook = self._workbook
        for name, new in self._added.items():
            add_sheet(draft, workbook, name, b"", new.before, hidden=new.hidden)
            workbook = read_workbook(draft)
        styles_part = workbook.part_of("styles")
        if styles_part not in draft and (self._cells or self._pages):
            styles_part = add_styles(draft, workbook)
        styles = Styles(draft.read(styles_part)) if self._cells or self._pages else None
        refused: list[Refused] = []
        touched: list[str] = []
        tables: list[str] = []
        lost_formula = led = False
        self._led = {}
        strings_part = workbook.part_of("sharedStrings")
        strings = SharedStrings(lambda: draft.read(strings_part) if strings_part in draft else b"")
        for name, part in workbook.sheets.items():
            if styles is None or (name not in self._cells and name not in self._pages):
                led |= self._lead(draft, name, part)
                continue
            if name in self._added:
                self._added[name].write(draft, part, STRICT if workbook.strict else MAIN, styles)
            links = [link.target for link in draft.relationships(part) if link.kind == "table" and link.target in draft]
            found = tuple(Table.read(link, draft.read(link)) for link in links)
            scope = Scope(name, styles, strings, workbook.date1904, found)
            sheet = SheetXml(draft.read(part), part)
            filled = self._patch_sheet(name, sheet, scope)
            refused += scope.refused
            if not filled:
                led |= self._lead(draft, name, part, scope.refused)
                continue
            if name in self._leads:
                places = {(each.row, each.column) for each in scope.refused}
                self._led[name] = lead(sheet, self._leads[name], places)
            touched.append(name)
            tables += [table.root.get("name") or "" for table in found]
            lost_formula |= scope.lost_formula
            draft.write(part, sheet.data())
            for table, data in scope.parts.items():
                draft.write(table, data)
            if scope.filtered:
                resize_filter_name(draft, workbook, name, scope.filtered)
        if not touched and not self._added:
            draft = draft if led else Draft(self.package)
            show_sheets(draft, workbook, self._shown)
            return draft, tuple(refused)
        if styles is not None and styles.appended:
            draft.write(styles_part, styles.written())
        if lost_formula:
            drop_calc_chain(draft, workbook)
        ask_for_calculation(draft, workbook)
        refresh_pivots(draft, workbook, touched, tables)
        show_sheets(draft, workbook, self._shown)
        return draft, tuple(refused)

    def _lead(self, draft: Draft, name: str, part: str, refused: Iterable[Refused] = ()) -> bool:
        """Set the links of a sheet of which nothing else changes; say whether any of them did."""
        if name not in self._leads:
            return False
        sheet = SheetXml(draft.read(part), part)
        before = sheet.tail
        self._led[name] = lead(sheet, self._leads[name], {(each.row, each.column) for each in refused})
        if sheet.tail == before:
            return False
        draft.write(part, sheet.data())
        return True

    def _patch_sheet(self, name: str, sheet: SheetXml, scope: Scope) -> bool:
        """Apply the edits of one sheet; say whether anything had to change."""
        cells, page = self._cells.get(name, {}), self._pages.get(name)
        if page is None:
            return put_cells(sheet, cells, scope)
        above = {place: edit for place, edit in cells.items() if place[0] < page.first_row}
        inside = {place: edit for place, edit in cells.items() if place[0] >= page.first_row}
        changed = replace_rows(sheet, page, inside, scope)
        return put_cells(sheet, above, scope) or changed


def refuse_signed(draft: Draft) -> None:
    """Refuse a workbook that is digitally signed."""
    signed = any(link.kind == "origin" and "digital-signature" in link.type for link in draft.relationships())
    if signed or any(name.lower().startswith("_xmlsignatures/") for name in draft.package.names):
        name = draft.package.path.name
        raise WriteError(
            "E404",
            f"{name} 带有数字签名，写入会使签名失效，因此没有改动。请使用未签名的副本。",
            f"{name} is digitally signed, and any edit would void the signature; nothing was changed. "
            "Use a copy without the signature.",
        )


def verify_workbook(path: Path, parts: Iterable[str], sheet_names: Sequence[str]) -> None:
    """Re-open a workbook: the zip is whole, *parts* pass their checksum, its worksheets are *sheet_names*.

    Raises
    ------
    ReadError
        It is not what it should be.
    """
    package = Package(path)
    for part in parts:
        if part in package:
            package.read(part)
    found = tuple(read_workbook(Draft(package)).sheets)
    if found != tuple(sheet_names):
        raise damaged(f"sheets {', '.join(found)}")
