"""The rows behind a closing, as marks that hold no data: enough to say later which rows came, went or changed, and in which file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.causes import RowChange
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
    gone, come = held - there, there - held  # rows that are still there, in whatever file, did not change
    lost = {each.file: _keys(each, gone) for each in old}
    won = {each.file: _keys(each, come) for each in new}
    missing: Counter[int] = sum(lost.values(), Counter())
    money = Counter({each.file: each.money for each in new})
    money.subtract({each.file: each.money for each in old})
    sums: dict[str, list[int]] = {}  # added, removed, changed
    for file, keys in won.items():
        changed = _taken(keys, missing)
        sums[file] = [keys.total() - changed, 0, changed]
    for file, keys in lost.items():
        sums.setdefault(file, [0, 0, 0])[1] = _taken(keys, missing)
    before, after = ({each.file: each.rows for each in files} for files in (old, new))
    return [
        RowChange(
            place[0], file, place[1], before.get(file, 0), after.get(file, 0), 0, money[file], changed, added, removed
        )
        for file, (added, removed, changed) in sums.items()
        if added or removed or changed
    ]


def _taken(keys: Counter[int], left: Counter[int]) -> int:
    """Take keys off those that are left; gives how many there were."""
    taken = 0
    for key, count in keys.items():
        both = min(count, left[key])
        left[key] -= both
        taken += both
    return taken


def _in_sums(place: Place, old: tuple[FileRows, ...], new: tuple[FileRows, ...]) -> list[RowChange]:
    """Where rows were not marked, only the sums tell."""
    before, after = ({each.file: each for each in files} for files in (old, new))
    made = []
    for file in dict.fromkeys([*after, *before]):
        one, two = before.get(file), after.get(file)
        if one and two and one.hash == two.hash:
            continue
        rows = (one.rows if one else 0, two.rows if two else 0)
        made.append(RowChange(place[0], file, place[1], *rows, one.money if one else 0, two.money if two else 0))
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
