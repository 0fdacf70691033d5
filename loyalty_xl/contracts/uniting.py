"""Several files of one sheet become one sheet, unless they overlap (rule 27).

Each file has been checked by itself. Where two of them hold the same months, or the same key, nobody here can know
which one counts: the rows of those months leave both files and are counted as rejected, so that the KPIs of those
months wait (G17). Where no month tells what overlaps, the whole sheet waits.

The index of a united frame is the worksheet row plus the start of the row's file (`Sheet.parts`): it stays unique, and
`links.place` finds the way back.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.contracts import ledger
from loyalty_xl.contracts.contract import Part, Sheet
from loyalty_xl.contracts.counting import UNDATED
from loyalty_xl.contracts.keys import bits, first_of_kind
from loyalty_xl.contracts.links import address, block, codes, first_of, months, numbers, take_rows
from loyalty_xl.vocabulary import Calendar, Finding, month_ordinal, month_start

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from loyalty_xl.contracts.links import Ints, Mask

MONTHS_NAMED = 6
FILES_NAMED = 3


def unite(files: Sequence[Sheet], calendar: Calendar) -> tuple[Sheet, list[Finding]]:
    """Make one sheet of the checked sheets of its files, which come in the order of their names."""
    if len(files) == 1:
        return files[0], []
    whole = _joined(files)
    if whole.blocked:  # what one of the files holds is not known
        return whole, []
    owner = np.repeat(np.arange(len(files)), [len(each.frame) for each in files])
    first, stop = _spans(whole, calendar)
    held = _months_held(files, owner, first, stop)
    found, out, stopped = [], np.zeros(len(owner), np.bool_), False
    shared = _shared_keys(whole, files, owner)
    dated = bool(whole.contract.date)
    for one, other in combinations(range(len(files)), 2):
        both = shared.get((one, other), np.zeros(0, np.int64))
        common = held[one] & held[other] if dated else set()
        common |= {month for at in both if dated for month in range(int(first[at]), int(stop[at]))}
        unknown = dated and bool(held[one] and held[other]) and UNDATED in held[one] | held[other]
        if not len(both) and not common and not unknown:
            continue
        unclear = unknown or not dated or UNDATED in common
        pair = (owner == one) | (owner == other)
        mask = pair & (np.isin(np.arange(len(owner)), both) if unclear else _inside(first, stop, common))
        found.append(_overlap(whole, files, owner, one, other, mask, set() if unclear else common, len(both)))
        out |= mask & (not unclear)
        stopped |= unclear
    found += _gaps(whole, files, held)
    if stopped:
        block(whole)
    else:
        take_rows(whole, out, "overlap")
    return whole, found


def _joined(files: Sequence[Sheet]) -> Sheet:
    """Put frames and counts together."""
    parts: list[Part] = []
    rows: list[Ints] = []
    start = 0
    for each in files:
        parts.append(Part(start, each.title, each.sent, each.headers, each.file_hash, each.rows_read, len(each.frame)))
        rows.append(each.frame.index.to_numpy().astype(np.int64) + start)
        start += int(each.frame.index.max()) if len(each.frame) else 0
    names = [each.file or each.title for each in files]
    hashes = "\n".join(sorted(each.file_hash or each.title for each in files))
    counts = pd.concat([each.counts for each in files]).groupby(level=0).sum().rename_axis("month")
    rejected = [each.rejected for each in files if len(each.rejected)]
    left_out: dict[str, int] = {}
    for each in files:
        for reason, count in each.left_out.items():
            left_out[reason] = left_out.get(reason, 0) + count
    blocked = any(each.blocked for each in files)
    index = pd.Index(np.concatenate(rows), name="row")
    frame = pd.DataFrame({name: _column([each.frame[name] for each in files]) for name in files[0].frame}, index)
    whole = replace(
        files[0],
        title=f"[{first_of(names, FILES_NAMED)}]",
        frame=frame,
        sent={name: column for each in reversed(files) for name, column in each.sent.items()},
        headers={name: header for each in reversed(files) for name, header in each.headers.items()},
        counts=counts,
        rejected=pd.concat(rejected, ignore_index=True) if rejected else files[0].rejected,
        blocked=False,
        ledger=_entered(files),
        covers_to=_covers_to(files),
        file=first_of(names, FILES_NAMED),
        file_hash=hashlib.sha256(hashes.encode()).hexdigest(),
        rows_read=sum(each.rows_read for each in files),
        left_out=left_out,
        unknown=tuple(dict.fromkeys(name for each in files for name in each.unknown)),
        parts=tuple(parts),
        taken=[row for each in files for row in each.taken],
    )
    if blocked:
        block(whole)
    return whole


def _entered(files: Sequence[Sheet]) -> dict[tuple[int, str], tuple[int, int]]:
    """Put ledgers together."""
    made: dict[tuple[int, str], tuple[int, int]] = {}
    for each in files:
        for (month, reason), (rows, money) in each.ledger.items():
            ledger.add(made, month, reason, rows, money)
    return made


def _column(columns: list[pd.Series[Any]]) -> Any:
    """Put the pieces of a column together; texts keep one set of categories."""
    if not isinstance(columns[0].dtype, pd.CategoricalDtype):
        return pd.concat(columns, ignore_index=True).array
    place: dict[str, int] = {}
    pieces = []
    for each in columns:
        names = each.cat.categories.tolist()
        codes = np.array([*(place.setdefault(name, len(place)) for name in names), -1], np.int32)
        pieces.append(codes[each.cat.codes.to_numpy()])
    return pd.Categorical.from_codes(np.concatenate(pieces), categories=pd.Index(list(place), dtype="str"))


def _covers_to(files: Sequence[Sheet]) -> str:
    """Day up to which the files together are complete: a declaration counts only as far as no file before it is missing."""
    if not any(each.covers_to for each in files):
        return ""
    if not files[0].contract.date:
        return max(each.covers_to for each in files)
    runs = []
    for each in files:
        covers = _month_of(each.covers_to) if each.covers_to else 0
        if len(each.counts):
            runs.append((int(each.counts.index.min()), max(int(each.counts.index.max()) + 1, covers), each.covers_to))
        elif covers:  # nothing happened in its last month, as far as it says
            runs.append((covers - 1, covers, each.covers_to))
    reach, declared = min(start for start, _, _ in runs), ""
    for start, end, text in sorted(runs):
        if start > reach:
            break
        reach, declared = max(reach, end), max(declared, text)
    return declared


def _month_of(text: str) -> int:
    day: date = np.datetime64(text, "D").astype(object)
    return month_ordinal(day)


def _spans(sheet: Sheet, calendar: Calendar) -> tuple[Ints, Ints]:
    """Give the months of each row, as first and stop; a date has one, a period label may have several."""
    name = sheet.contract.date
    if name and sheet.frame[name].dtype.kind != "M":
        at, texts = codes(sheet, name)
        periods = [calendar.parse(text) or Calendar().parse(text.removeprefix("FY")) for text in texts]
        first = np.array([each.first if each else UNDATED for each in periods] + [UNDATED], np.int64)[at]
        stop = np.array([each.stop if each else UNDATED + 1 for each in periods] + [UNDATED + 1], np.int64)[at]
        return first, stop
    first = months(sheet)
    return first, first + 1


def _months_held(files: Sequence[Sheet], owner: Ints, first: Ints, stop: Ints) -> list[set[int]]:
    """Give the months of each file, those of its rejected rows too."""
    held = []
    for number, each in enumerate(files):
        mine = owner == number
        pairs = np.unique(np.stack([first[mine], stop[mine]], axis=1), axis=0)
        held.append({month for start, end in pairs.tolist() for month in range(start, end)} | {int(month) for month in each.counts.index})  # fmt: skip
    return held


def _inside(first: Ints, stop: Ints, wanted: set[int]) -> Mask:
    """Say which rows speak of any of the months."""
    pairs, back = np.unique(np.stack([first, stop], axis=1), axis=0, return_inverse=True)
    hit = np.array([not wanted.isdisjoint(range(start, end)) for start, end in pairs.tolist()], np.bool_)
    return np.asarray(hit[back.ravel()])


def _shared_keys(whole: Sheet, files: Sequence[Sheet], owner: Ints) -> dict[tuple[int, int], Ints]:
    """Give, for each pair of files with a key in common, the rows that have such a key."""
    key = [name for name in whole.contract.key if all(name in each.sent for each in files)]
    if len(key) < len(whole.contract.key) or not key or not len(owner):
        return {}
    content, there = [], np.ones(len(owner), np.bool_)
    for name in key:
        column = whole.frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            values: Any = column.cat.codes.to_numpy().astype(np.int64)
            there &= values >= 0
        else:
            values = numbers(whole, name)
            there &= ~np.isnan(values)
        content.append(bits(values))
    rows = np.flatnonzero(there)
    first = first_of_kind(content, rows)
    crossing = np.isin(first, first[owner[first] != owner[rows]])
    pairs: dict[tuple[int, int], list[int]] = {}
    groups: dict[int, list[int]] = {}
    for at, start in zip(rows[crossing].tolist(), first[crossing].tolist(), strict=True):
        groups.setdefault(start, []).append(at)
    for members in groups.values():
        for one, other in combinations(sorted({int(owner[at]) for at in members}), 2):
            pairs.setdefault((one, other), []).extend(at for at in members if owner[at] in (one, other))
    return {pair: np.array(sorted(at), np.int64) for pair, at in pairs.items()}


def _overlap(
    whole: Sheet, files: Sequence[Sheet], owner: Ints, one: int, other: int, mask: Mask, common: set[int], keys: int
) -> Finding:
    """E240: both files with the rows they have there, and the money where there is any."""
    detail = {
        "sheet_name": whole.contract.name,
        "months": first_of([f"{month_start(month):%Y-%m}" for month in sorted(common)], MONTHS_NAMED),
        "keys": f"{keys // 2:,}" if keys else "",
        "scope": "months" if common else "sheet",
    }
    for prefix, number in (("first_", one), ("", other)):
        mine = mask & (owner == number)
        detail[f"{prefix}rows"] = f"{int(mine.sum()):,}" if mask.any() else f"{files[number].rows_read:,}"
        if whole.contract.name == "Orders":
            detail[f"{prefix}amount"] = f"{float(np.nan_to_num(numbers(whole, 'amount')[mine]).sum()):,.2f}"
    at = np.flatnonzero(mask & (owner == other))
    field = whole.contract.date or whole.contract.key[0]
    cell = address(whole, field, int(at[0])) if len(at) else ""
    names = [each.file or each.title for each in (files[one], files[other])]
    return Finding(
        "E240",
        files[other].title,
        cell,
        names[1],
        names[0],
        files[other].headers.get(field, field),
        max(1, len(at)),
        detail=tuple((name, text) for name, text in detail.items() if text),
    )


def _gaps(whole: Sheet, files: Sequence[Sheet], held: list[set[int]]) -> list[Finding]:
    """W239: months between the files that no file holds; a file is probably missing."""
    if not whole.contract.date or any(UNDATED in each for each in held):
        return []
    inside = [range(min(each), max(each) + 1) for each in held if each]
    if not inside:
        return []
    between = range(min(each.start for each in inside), max(each.stop for each in inside))
    missing = [month for month in between if not any(month in each for each in inside)]
    if not missing:
        return []
    shown = first_of([f"{month_start(month):%Y-%m}" for month in missing], MONTHS_NAMED)
    return [Finding("W239", files[0].title, found=shown, count=len(missing), detail=(("files", whole.file),))]
