"""What has to be written into an open workbook: the difference between a copy of it and that copy, patched.

The patch decides what is filled and what is left alone, exactly as for a file; here its outcome becomes blocks of cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.books import reading
from loyalty_xl.books.endings import Ending
from loyalty_xl.books.live import Fault
from loyalty_xl.books.package import Draft, Package
from loyalty_xl.books.refusals import Table
from loyalty_xl.books.sheet_xml import reference
from loyalty_xl.books.styles import Style
from loyalty_xl.books.workbook_xml import read_workbook
from loyalty_xl.cells import Kind, RawColumn, RawSheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loyalty_xl.books.cell_links import Led
    from loyalty_xl.books.patch import Patch

Cell = None | bool | float | str


@dataclass(frozen=True)
class Block:
    """A rectangle of cells with what it is to hold, and what it holds."""

    sheet: str
    row: int
    column: int
    values: list[list[Cell]]
    before: list[list[Cell]]

    @property
    def last_row(self) -> int:
        """The last worksheet row."""
        return self.row + len(self.values) - 1

    @property
    def last_column(self) -> int:
        """The last worksheet column."""
        return self.column + len(self.values[0]) - 1


@dataclass(frozen=True)
class Look:
    """A rectangle of cells that is to look like something."""

    sheet: str
    row: int
    column: int
    last_row: int
    last_column: int
    style: Style


@dataclass
class Plan:
    """Everything that a patch does, as steps in an open workbook."""

    added: list[tuple[str, str | None, tuple[float, ...]]] = field(default_factory=list)  # name, before, widths
    shown: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    tables: list[tuple[str, str, str, str]] = field(default_factory=list)  # worksheet, table, area, area before
    links: dict[str, dict[tuple[int, int], str]] = field(default_factory=dict)
    led: dict[str, Led] = field(default_factory=dict)  # links of single cells

    @property
    def sheets(self) -> list[str]:
        """Worksheets whose cells are written, without those that are added."""
        new = {name for name, _, _ in self.added}
        return [name for name in dict.fromkeys(block.sheet for block in self.blocks) if name not in new]


def plan(patch: Patch, folder: Path, known: Mapping[str, RawSheet]) -> Plan:
    """Find out what *patch* changes in the workbook it patches; *known* are worksheets that were read from it.

    *folder* takes the patched copy, which is read again: what is written was read by the reader that reads it next time.
    """
    patched = folder / f"patched{patch.path.suffix}"
    patch.save(patched)
    patch.verify(patched)
    after = reading.read(patched, list(patch.filled))
    missing = [name for name in patch.filled if name not in known and name not in patch.added]
    before = {**known, **(reading.read(patch.path, missing) if missing else {})}
    made = Plan(
        [(name, new.before, tuple(new.widths)) for name, new in patch.added.items()],
        [name for name in patch.sheet_names if name in patch.shown],
    )
    for name in patch.filled:
        changed = _sheet(made, patch, name, before.get(name) if name not in patch.added else None, after[name])
        if changed and name in patch.pages and patch.pages[name].links:
            made.links[name] = dict(patch.pages[name].links)
    made.led = {name: each for name, each in patch.led.items() if each.changed or each.removed}
    old = _tables(patch.path)
    for (sheet, table), area in _tables(patched).items():
        if old.get((sheet, table), area) != area:
            made.tables.append((sheet, table, area, old[sheet, table]))
    return made


def _sheet(made: Plan, patch: Patch, name: str, before: RawSheet | None, after: RawSheet) -> bool:
    """Add the blocks of one worksheet; say whether there are any."""
    shape = (max(_last_row(before), _last_row(after)), max(_last_column(before), _last_column(after)))
    cells = patch.cells.get(name, {})
    refused = {(each.row, each.column) for each in patch.refused if each.sheet == name}
    old, new = _grid(before, shape), _grid(after, shape)
    changed = np.asarray(old != new, dtype=bool) if old.size else np.zeros(shape, dtype=bool)
    ours = changed.copy()
    if name in patch.pages and not refused:
        ours |= _bounds(changed)
    for row, column in cells:
        if (row, column) not in refused and row <= shape[0] and column <= shape[1]:
            ours[row - 1, column - 1] = True
    for top, left, bottom, right in rectangles(ours):
        part = slice(top, bottom), slice(left, right)
        if changed[part].any():
            made.blocks.append(Block(name, top + 1, left + 1, new[part].tolist(), old[part].tolist()))
    filled = {place: edit.style for place, edit in cells.items() if edit.style and place not in refused}
    made.looks += _looks(name, {place: style for place, style in filled.items() if isinstance(style, Style)})
    endings = {place for place, style in filled.items() if isinstance(style, Ending)}
    made.looks += _looks(name, _new_formats(endings, before, after))
    if name in patch.pages:
        made.looks += _grown(name, max(_last_row(before) + 1, patch.pages[name].first_row), after)
    return bool(changed.any())


def rectangles(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int, int, int]]:
    """Cover what is true with rectangles (top, left, and below and right of the end): runs of a row, joined downwards."""
    height = mask.shape[0]
    running: dict[tuple[int, int], int] = {}
    for row in range(height + 1):
        here = set(_runs(mask[row])) if row < height else set()
        for run in [run for run in running if run not in here]:
            yield running.pop(run), run[0], row, run[1]
        for run in here:
            running.setdefault(run, row)


def _runs(row: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _bounds(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The smallest rectangle that holds everything true."""
    found = np.zeros_like(mask)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows):
        found[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    return found


def _grid(raw: RawSheet | None, shape: tuple[int, int]) -> NDArray[np.object_]:
    """Values of a worksheet by row and column."""
    grid = np.full(shape, None, dtype=object)
    if raw is not None:
        texts = np.array([*raw.strings, ""], dtype=object)
        for number, column in raw.columns.items():
            grid[raw.rows - 1, number - 1] = _values(column, texts)
    return grid


def _values(column: RawColumn, texts: NDArray[np.object_]) -> NDArray[np.object_]:
    values = np.full(len(column), None, dtype=object)
    counted, text = np.isin(column.kind, (Kind.NUMBER, Kind.DATE)), column.kind == Kind.TEXT
    values[counted] = column.number[counted]
    values[text] = texts[column.text[text]]
    for place in np.flatnonzero(np.isin(column.kind, (Kind.BOOL, Kind.ERROR, Kind.UNCACHED))):
        yes_no = column.kind[place] == Kind.BOOL
        values[place] = bool(column.number[place]) if yes_no else Fault(texts[column.text[place]])
    return values


def _looks(sheet: str, styles: Mapping[tuple[int, int], Style]) -> Iterator[Look]:
    """Cells that look alike, in as few rectangles as they make."""
    if not styles:
        return
    shape = max(row for row, _ in styles), max(column for _, column in styles)
    for style in dict.fromkeys(styles.values()):
        mask = np.zeros(shape, dtype=bool)
        for (row, column), each in styles.items():
            mask[row - 1, column - 1] = each == style
        for top, left, bottom, right in rectangles(mask):
            yield Look(sheet, top + 1, left + 1, bottom, right, style)


def _new_formats(
    places: Iterable[tuple[int, int]], before: RawSheet | None, after: RawSheet
) -> dict[tuple[int, int], Style]:
    """Number formats of cells where they are no longer what they were."""
    codes = {place: (_format(before, *place), _format(after, *place)) for place in places}
    return {place: Style(number_format=now) for place, (was, now) in codes.items() if now and now != was}


def _format(raw: RawSheet | None, row: int, column: int) -> str:
    """The number format of a cell, "" where there is none."""
    cells = raw.columns.get(column) if raw is not None else None
    if raw is None or cells is None:
        return ""
    at = int(raw.rows.searchsorted(row))
    return raw.formats[cells.style[at]] if at < len(raw.rows) and raw.rows[at] == row else ""


def _grown(sheet: str, first: int, after: RawSheet) -> Iterator[Look]:
    """Number formats of the rows by which a page grew: from *first* on."""
    last = _last_row(after)
    for number, column in after.columns.items() if last >= first else ():
        code = after.formats[column.style[-1]]
        if code != "General":
            yield Look(sheet, first, number, last, number, Style(number_format=code))


def _last_row(raw: RawSheet | None) -> int:
    return int(raw.rows[-1]) if raw is not None and len(raw.rows) else 0


def _last_column(raw: RawSheet | None) -> int:
    return max(raw.columns, default=0) if raw is not None else 0


def _tables(path: Path) -> dict[tuple[str, str], str]:
    """Areas of a workbook's tables, by worksheet and name."""
    draft = Draft(Package(path))
    found = {}
    for sheet, part in read_workbook(draft).sheets.items():
        for link in draft.relationships(part):
            if link.kind == "table" and link.target in draft:
                table = Table.read(link.target, draft.read(link.target))
                name = table.root.get("displayName") or table.root.get("name") or ""
                found[sheet, name] = reference(table.area)
    return found
