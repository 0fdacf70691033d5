"""Which rows of a sheet are data: blank rows, totals, hidden rows and merged cells are dealt with here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.cells import Kind, RawColumn, column_letters
from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.faults import LISTED, SINGLY, places
from loyalty_xl.contracts.header_rows import cell_text, merged_ranges
from loyalty_xl.contracts.header_text import normalise
from loyalty_xl.contracts.numerals import plain, shown
from loyalty_xl.contracts.profiles import folded
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.contracts.header_rows import Header
    from loyalty_xl.contracts.profiles import SheetProfile

_LABEL = re.compile(
    r".{0,8}(?:合\s*计|小\s*计|总\s*计|共\s*计|总\s*和)(?::|\(.*\))?|(?:合计|小计|总计|共计).{0,6}"
    r"|(?:grand |sub-? ?)?totals?:?|.{1,24} total"
)
_SUBTOTAL = re.compile(r"小\s*计|sub")
_SUMMED = frozenset({"quantity", "attributed_new"})  # numbers that people total, beside money
_NOT_SUMMED = frozenset({"unit_price"})


@dataclass
class DataRows:
    """The rows that hold data, and what was left aside."""

    raw: RawSheet  # as read, or with merged cells filled down
    entries: NDArray[np.intp]
    read: int = 0  # data rows, hidden ones included
    left_out: dict[str, int] = field(default_factory=dict)
    hidden: NDArray[np.intp] = field(
        default_factory=lambda: np.zeros(0, np.intp)
    )  # entries left out because they are hidden
    covered: dict[int, NDArray[np.bool_]] = field(default_factory=dict)  # column -> entries that a merged range hides
    findings: list[Finding] = field(default_factory=list)


def data_rows(
    raw: RawSheet,
    header: Header,
    settings: Any,
    title: str,
    numbers: Callable[[str, NDArray[np.intp]], NDArray[np.float64]],
    profile: SheetProfile | None = None,
) -> DataRows:
    """Find the rows that hold data; *numbers* reads a numeric field over given entries, *profile* says which rows count."""
    empty = np.fromiter((not text.strip() for text in raw.strings), np.bool_, len(raw.strings))
    entries = np.arange(header.entry + 1, len(raw), dtype=np.intp)
    filled = np.zeros(len(entries), np.bool_)
    for column in (*header.columns.values(), *header.unknown):
        if filled.all():
            break
        filled |= ~_blank(raw.columns[column], empty)[header.entry + 1 :]
    entries = entries[filled] if not filled.all() else entries
    result = DataRows(raw, entries)
    _take_totals(result, header, title, empty, numbers)
    result.read = len(result.entries)
    if profile:
        _take_unwanted(result, header, profile, title)
    _take_hidden(result, header, settings, title)
    _merged(result, header, settings, title)
    return result


def wanted_columns(header: Header, profile: SheetProfile, title: str) -> list[Finding]:
    """Find the columns without which a profile cannot tell which rows count (E382)."""
    sent = {normalise(text) for text in header.texts.values()}
    place = f"{header.row}:{header.row}" if header.row else ""
    return [
        Finding("E382", title, place, found=name, expected=profile.profile)
        for name in profile.only
        if normalise(name) not in sent
    ]


def _take_unwanted(rows: DataRows, header: Header, profile: SheetProfile, title: str) -> None:
    """Leave out the rows that the profile does not count: a deal that was lost is no order (W383)."""
    raw = rows.raw
    for name, wanted in profile.only.items():
        number = next(column for column, text in header.texts.items() if normalise(text) == normalise(name))
        counts = np.fromiter((folded(text) in wanted for text in raw.strings), np.bool_, len(raw.strings))
        cells = raw.columns[number]
        text = np.where(cells.kind == Kind.TEXT, cells.text, -1)[rows.entries]
        kept = np.append(counts, False)[text]
        gone = int((~kept).sum())
        if not gone:
            continue
        others = list(dict.fromkeys(cell_text(raw, number, int(entry)) or "–" for entry in rows.entries[~kept][:200]))
        place = f"{column_letters(number)}{int(raw.rows[rows.entries[~kept][0]])}"
        rows.findings.append(
            Finding(
                "W383",
                title,
                place,
                ", ".join(others[:5]),
                profile.profile,
                header.texts[number],
                count=gone,
                cells=(place,),
            )
        )
        rows.left_out[f"not counted: {header.texts[number]}"] = gone
        rows.entries = rows.entries[kept]


def is_total_label(text: str) -> bool:
    """Whether a text says that its row is a total."""
    return len(text) < 40 and bool(_LABEL.fullmatch(plain(text).casefold()))


def _blank(cells: RawColumn, empty: NDArray[np.bool_]) -> NDArray[np.bool_]:
    blank: NDArray[np.bool_] = cells.kind == Kind.BLANK
    text = places(cells.kind == Kind.TEXT)
    if len(text):
        blank[text] = empty[cells.text[text]]
    return blank


def _take_totals(
    rows: DataRows,
    header: Header,
    title: str,
    empty: NDArray[np.bool_],
    numbers: Callable[[str, NDArray[np.intp]], NDArray[np.float64]],
) -> None:
    """Leave out total rows, and compare what they say with the sum of the rows they stand for."""
    raw, contract, entries = rows.raw, header.contract, rows.entries
    labels = np.fromiter((is_total_label(text) for text in raw.strings), np.bool_, len(raw.strings))
    anchors = [name for name in ((contract.date,) if contract.date else contract.key) if name in header.columns]
    anchors = anchors or [
        name
        for name in (*contract.key, *(each.name for each in contract.fields if each.required))
        if name in header.columns
    ]
    if not anchors:
        return
    open_rows = np.ones(len(entries), np.bool_)
    for name in anchors:
        cells = raw.columns[header.columns[name]]
        open_rows &= _blank(cells, empty | labels)[entries]
    candidates = places(open_rows)
    if not len(candidates):
        return
    summed = [
        each.name
        for each in contract.fields
        if each.name in header.columns
        and (each.type is Type.MONEY or each.name in _SUMMED)
        and each.name not in _NOT_SUMMED
    ]
    words = [
        header.columns[each.name]
        for each in contract.fields
        if each.name in header.columns and each.type not in (Type.INT, Type.NUM, Type.MONEY, Type.PCT)
    ]
    named = np.zeros(len(candidates), np.intp)  # column of the label, 0 = none
    for column in sorted(header.texts, reverse=True):
        cells = raw.columns[column]
        text = np.where(cells.kind[entries[candidates]] == Kind.TEXT, cells.text[entries[candidates]], -1)
        named[(text >= 0) & np.append(labels, False)[text]] = column
    bare = named == 0
    for column in words:
        bare &= _blank(raw.columns[column], empty)[entries[candidates]]
    chosen = (named > 0) | bare
    if not chosen.any():
        return
    at, named = candidates[chosen], named[chosen]
    visible = ~np.isin(raw.rows[entries], list(raw.hidden_rows)) if raw.hidden_rows else None
    values = {name: np.nan_to_num(numbers(name, entries)) for name in summed}
    sums = {name: _sums(values[name], at, visible) for name in summed}
    total, labelled = np.zeros(len(at), np.bool_), named > 0
    for name in summed:
        cells = raw.columns[header.columns[name]]
        stated, column = values[name][at], header.columns[name]
        says = (cells.kind[entries[at]] == Kind.NUMBER) | (stated != 0)
        # half a cent, and the error of adding up a million floats
        agrees = (np.abs(sums[name] - stated) <= np.maximum(0.0051, 1e-9 * np.abs(sums[name]))).any(axis=0)
        found = says & agrees & ~labelled
        named[found & (named == 0)] = column
        total |= found
        for each in places(says & ~agrees & labelled):
            rows.findings.append(
                _mismatch(
                    rows,
                    header,
                    title,
                    column,
                    int(at[each]),
                    float(stated[each]),
                    sums[name][:, each],
                    int(named[each]),
                )
            )
    total |= labelled
    if total.any():
        cells_of = [
            f"{column_letters(column)}{raw.rows[entries[place]]}"
            for place, column in zip(at[total].tolist(), named[total].tolist(), strict=True)
        ]
        texts = [
            cell_text(raw, column, int(entries[place]))
            for place, column in zip(at[total].tolist(), named[total].tolist(), strict=True)
        ]
        found_text = ", ".join(list(dict.fromkeys(texts))[:LISTED])
        rows.findings.append(
            Finding("W208", title, cells_of[0], found_text, count=len(cells_of), cells=tuple(cells_of[:LISTED]))
        )
        rows.left_out["total"] = len(cells_of)
        rows.entries = np.delete(entries, at[total])


def _mismatch(
    rows: DataRows,
    header: Header,
    title: str,
    column: int,
    place: int,
    stated: float,
    sums: NDArray[np.float64],
    label: int,
) -> Finding:
    """Make the finding of a total that is not its sum: for a subtotal since the last total, else of all above."""
    entry = int(rows.entries[place])
    text = cell_text(rows.raw, label, entry).casefold()
    expected = float(sums[0] if _SUBTOTAL.search(text) else sums[1] if place else sums[2])
    cell = f"{column_letters(column)}{rows.raw.rows[entry]}"
    return Finding("E209", title, cell, shown(stated), shown(round(expected, 6)), header.texts[column])


def _sums(
    values: NDArray[np.float64], totals: NDArray[np.intp], visible: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    """Sums that each total may mean: since the last total, all above, the whole table; and their visible rows."""
    lines = []
    for mask in (None, visible) if visible is not None else (None,):
        data = values.copy() if mask is None else np.where(mask, values, 0.0)
        data[totals] = 0.0
        above = np.cumsum(data)
        here = above[totals]
        lines += [here - np.concatenate([[0.0], here[:-1]]), here, np.full(len(totals), above[-1])]
    return np.stack(lines)


def _take_hidden(rows: DataRows, header: Header, settings: Any, title: str) -> None:
    """Say which rows and columns are hidden; leave the rows out where the setting says so."""
    raw = rows.raw
    hidden = np.isin(raw.rows[rows.entries], list(raw.hidden_rows)) if raw.hidden_rows else np.zeros(0, np.bool_)
    policy = str(settings.hidden_rows)
    if hidden.any():
        numbers = raw.rows[rows.entries[hidden]].tolist()
        cells = tuple(f"{number}:{number}" for number in numbers[:LISTED])
        detail = (("what", "rows"), ("policy", policy))
        rows.findings.append(Finding("W210", title, cells[0], count=len(numbers), cells=cells, detail=detail))
        if policy == "exclude":
            rows.left_out["hidden"] = len(numbers)
            rows.hidden = rows.entries[hidden]
            rows.entries = rows.entries[~hidden]
    columns = sorted(set(raw.hidden_columns) & set(header.texts))
    if columns:
        cells = tuple(f"{column_letters(column)}:{column_letters(column)}" for column in columns[:LISTED])
        detail = (("what", "columns"), ("policy", "include"))
        found = ", ".join(header.texts[column] for column in columns)
        rows.findings.append(Finding("W210", title, cells[0], found, count=len(columns), cells=cells, detail=detail))


def _merged(rows: DataRows, header: Header, settings: Any, title: str) -> None:
    """Name merged data cells; fill them down where the setting says so."""
    raw = rows.raw
    ranges = [each for each in merged_ranges(raw) if each[1] > header.row]
    if not ranges:
        return
    kept = np.zeros(len(raw), np.bool_)
    kept[rows.entries] = True
    fill = str(settings.merged_cells) == "fill_down"
    known = {column: name for name, column in header.columns.items()}
    columns: dict[int, RawColumn] = {}
    filled: list[str] = []
    faults: list[Finding] = []
    beyond = 0
    for first, last, left, right in ranges:
        top, stop = (int(each) for each in np.searchsorted(raw.rows, (first, last + 1)))
        touched = [column for column in range(left, right + 1) if column in known]
        inside = [entry for entry in range(top, stop) if kept[entry]]
        hidden = [
            (entry, column) for column in touched for entry in inside if (int(raw.rows[entry]), column) != (first, left)
        ]
        if not hidden:
            continue
        area = f"{column_letters(left)}{first}:{column_letters(right)}{last}"
        down = [entry for entry, column in hidden if column == left]
        if fill and down and kept[top] and len(down) == len(hidden):
            cells = columns.setdefault(left, _copy(raw.columns[left]))
            for values in (cells.kind, cells.number, cells.text, cells.style):
                values[down] = values[top]
            filled.append(area)
            continue
        for entry, column in hidden:
            rows.covered.setdefault(column, np.zeros(len(raw), np.bool_))[entry] = True
        if len(faults) < SINGLY:
            cell = f"{column_letters(left)}{first}"
            value = cell_text(raw, left, top) if top < stop and raw.rows[top] == first else ""
            faults.append(
                Finding("E212", title, area, value, column=header.texts.get(left, ""), detail=(("first", cell),))
            )
        else:
            beyond += 1
    if faults:
        beyond += raw.merged_count - len(raw.merged) if raw.merged_count else 0  # those that the reader did not keep
    if beyond:
        faults.append(Finding("E212", title, found="", count=beyond, detail=(("first", ""),)))
    rows.findings += faults
    if filled:
        rows.findings.append(Finding("W212", title, filled[0], count=len(filled), cells=tuple(filled[:LISTED])))
        rows.raw = replace(raw, columns={**raw.columns, **columns})


def _copy(cells: RawColumn) -> RawColumn:
    return RawColumn(cells.kind.copy(), cells.number.copy(), cells.text.copy(), cells.style.copy())
