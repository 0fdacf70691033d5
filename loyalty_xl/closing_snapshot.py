"""The rows behind a closing, as marks that hold no data: enough to say later which rows came, went or changed, and in which file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.row_marks import digests, row_marks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.contracts.contract import Sheet

MARKED = (
    100_000  # rows that one closing marks one by one, the newest months first; of the others only the sums are kept
)
BYTES = 8  # of a mark: four of the key, four of the content


@dataclass(frozen=True)
class FileRows:
    """The rows of one file in one month."""

    file: str
    rows: int
    money: int  # ten-thousandths
    hash: str
    marks: bytes = b""  # of every row, sorted; none where there are too many


Place = tuple[str, int]  # sheet, month ordinal (0: rows that no date places)
Snapshot = dict[Place, tuple[FileRows, ...]]


@dataclass(frozen=True)
class RowChange:
    """What became of the rows of one sheet, file and month."""

    sheet: str
    month: int
    file: str
    added: int
    removed: int
    changed: int
    money: int  # ten-thousandths, now less then
    exact: bool = True  # rows were compared one by one


def snapshot(sheets: Mapping[str, Sheet], stop: int) -> Snapshot:
    """Mark the rows of every sheet up to, not including, the month *stop*, and those that no date places."""
    made: Snapshot = {}
    for name, sheet in sheets.items():
        if not len(sheet.frame):
            continue
        marks = row_marks(sheet)
        both = np.stack([marks.key >> np.uint64(32), marks.content >> np.uint64(32)], axis=1).astype("<u4")
        pairs = both.view("<u8").ravel()
        for each in digests(sheet, marks):
            if each.month < stop:
                inside = (marks.month == each.month) & (marks.file == marks.files.index(each.file))
                rows = FileRows(each.file, each.rows, each.money, each.hash, np.sort(pairs[inside]).tobytes())
                made[name, each.month] = (*made.get((name, each.month), ()), rows)
    return made


def news(now: Snapshot, before: Snapshot) -> Snapshot:
    """What is to be kept of a snapshot beside the one before: places that differ, one that is empty now as such."""
    made: Snapshot = {place: files for place, files in now.items() if _sums(files) != _sums(before.get(place, ()))}
    made |= {place: () for place, files in before.items() if files and place not in now}
    left = MARKED
    for place in sorted(made, key=lambda each: (each[1] > 0, -each[1])):  # rows without date first, then the newest
        rows = sum(each.rows for each in made[place])
        if rows > left:
            made[place] = tuple(FileRows(each.file, each.rows, each.money, each.hash) for each in made[place])
        else:
            left -= rows
    return made


def _sums(files: tuple[FileRows, ...]) -> set[tuple[str, int, int, str]]:
    return {(each.file, each.rows, each.money, each.hash) for each in files}


def changes(then: Snapshot, now: Snapshot) -> list[RowChange]:
    """Compare two snapshots sheet by sheet and month by month; rows that only moved to another file did not change."""
    made = []
    for place in sorted({*then, *now}):
        old, new = then.get(place, ()), now.get(place, ())
        if sorted(each.hash for each in old) == sorted(each.hash for each in new):
            continue
        made += _by_file(place, old, new)
    return made


def _by_file(place: Place, old: tuple[FileRows, ...], new: tuple[FileRows, ...]) -> list[RowChange]:
    if not all(len(each.marks) == BYTES * each.rows for each in (*old, *new)):
        return _in_sums(place, old, new)
    held, there = _rows(old), _rows(new)
    gone, come = Counter(held), Counter(there)
    for (key, content), files in list(there.items()):  # what is still there, in whatever file
        both = min(held.get((key, content), 0), files)
        gone[key, content] -= both
        come[key, content] -= both
    lost: dict[str, Counter[int]] = {}
    for each in old:
        lost[each.file] = _keys(each, gone)
    won: dict[str, Counter[int]] = {each.file: _keys(each, come) for each in new}
    missing: Counter[int] = sum(lost.values(), Counter())
    made = []
    money = {each.file: each.money for each in new}
    for each in old:
        money[each.file] = money.get(each.file, 0) - each.money
    for file, keys in won.items():
        changed = 0
        for key, count in keys.items():
            both = min(count, missing[key])
            missing[key] -= both
            changed += both
        made.append(RowChange(*place, file, sum(keys.values()) - changed, 0, changed, money.pop(file, 0)))
    for file, keys in lost.items():
        removed = 0
        for key, count in keys.items():
            both = min(count, missing[key])
            missing[key] -= both
            removed += both
        found = next((n for n, each in enumerate(made) if each.file == file), None)
        if found is None:
            made.append(RowChange(*place, file, 0, removed, 0, money.pop(file, 0)))
        else:
            was = made[found]
            made[found] = RowChange(*place, file, was.added, removed, was.changed, was.money)
    return [each for each in made if each.added or each.removed or each.changed]


def _in_sums(place: Place, old: tuple[FileRows, ...], new: tuple[FileRows, ...]) -> list[RowChange]:
    """Where rows were not marked, only the sums tell."""
    made = []
    before = {each.file: each for each in old}
    after = {each.file: each for each in new}
    for file in dict.fromkeys([*after, *before]):
        one, two = before.get(file), after.get(file)
        if one and two and one.hash == two.hash:
            continue
        more = (two.rows if two else 0) - (one.rows if one else 0)
        money = (two.money if two else 0) - (one.money if one else 0)
        made.append(RowChange(*place, file, max(more, 0), max(-more, 0), int(more == 0), money, exact=False))
    return made


def _rows(files: tuple[FileRows, ...]) -> Counter[tuple[int, int]]:
    found: Counter[tuple[int, int]] = Counter()
    for each in files:
        found.update(_pairs(each))
    return found


def _pairs(each: FileRows) -> list[tuple[int, int]]:
    pairs = np.frombuffer(each.marks, "<u4").reshape(-1, 2)
    return [(int(key), int(content)) for key, content in pairs.tolist()]


def _keys(each: FileRows, left: Counter[tuple[int, int]]) -> Counter[int]:
    """Keys of the rows of a file that are among those *left*, which they use up."""
    found: Counter[int] = Counter()
    for pair in _pairs(each):
        if left[pair] > 0:
            left[pair] -= 1
            found[pair[0]] += 1
    return found


__all__ = ["FileRows", "RowChange", "Snapshot", "changes", "news", "snapshot"]
