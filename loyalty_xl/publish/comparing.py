"""Two states of a workbook side by side: files, rows, settings, targets, Scorecard lines, results, each change with its causes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl import library
from loyalty_xl.causes import Cause, Changes, RowChange, ValueChange, causes
from loyalty_xl.publish.states import NUMBERS, TEXTS, Held, Results, Rows, State
from loyalty_xl.settings import SETTINGS
from loyalty_xl.vocabulary import ALL, Calendar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loyalty_xl.vocabulary import Period

DEFAULTS = {key: str(each.default) for key, each in SETTINGS.items() if each.default is not None}
ROUND = 1 << 64  # hashes of rows are sums modulo this


@dataclass(frozen=True)
class FileChange:
    """A file that came, went or bears another name, with the sheets that are read from it."""

    what: str  # new, missing, renamed
    file: str
    sheets: tuple[str, ...]
    was: str = ""


@dataclass(frozen=True)
class ResultChange:
    """One result in two states: a value, or the reason why there is none."""

    kpi: str
    period: str
    segment_dim: str
    segment: str
    before: float | None
    now: float | None
    reason_before: str = ""
    reason_now: str = ""

    @property
    def difference(self) -> float | None:
        """Now less before, where both have a value."""
        return self.now - self.before if self.now is not None and self.before is not None else None

    @property
    def place(self) -> str:
        """Segment and period."""
        where = "" if self.segment_dim == "all" else f"{self.segment_dim}={self.segment} "
        return where + self.period


@dataclass(frozen=True)
class LineChange:
    """A line of the Scorecard in two states; None = it was not there."""

    result: ResultChange
    before: Held | None
    now: Held | None
    causes: tuple[Cause, ...] = ()

    @property
    def value_changed(self) -> bool:
        """Whether value or reason changed, not only how it is judged."""
        return (self.result.before, self.result.reason_before) != (self.result.now, self.result.reason_now)


@dataclass(frozen=True)
class KpiChange:
    """The results of one KPI on Detail that are not what they were."""

    kpi: str
    changed: int
    largest: ResultChange
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class Difference:
    """All in which two states differ."""

    run: tuple[ValueChange, ...] = ()  # version, period, as_of
    files: tuple[FileChange, ...] = ()
    changes: Changes = field(default_factory=Changes)
    lines: tuple[LineChange, ...] = ()
    kpis: tuple[KpiChange, ...] = ()
    came: Mapping[str, int] = field(default_factory=dict)  # period -> results that were not there
    went: Mapping[str, int] = field(default_factory=dict)
    not_compared: tuple[str, ...] = ()  # rows, lines, results; typed: Detail was typed into

    def __bool__(self) -> bool:
        """Whether anything differs."""
        seen = (self.run, self.files, self.lines, self.kpis, self.came, self.went)
        return any(seen) or any(
            (self.changes.rows, self.changes.settings, self.changes.targets, self.changes.adjustments)
        )


def compare(before: State, now: State) -> Difference:
    """Say in what *now* differs from *before*; of a workbook that was never refreshed there is nothing to say."""
    if not (before.refreshed and now.refreshed):
        return Difference(not_compared=("never",))
    renamed, files = _files(before, now)
    known = before.controls is not None and now.controls is not None
    changes = Changes(
        tuple(_row_changes(before.rows, now.rows, renamed)) if before.rows is not None and now.rows is not None else (),
        _values(before.settings, now.settings, DEFAULTS),
        _values(before.targets, now.targets),
        _values(before.adjustments, now.adjustments),
        tuple(each.name for each in _values(before.controls or {}, now.controls or {})) if known else (),
        _fact(before, now, "version"),
        _fact(before, now, "as_of"),
    )
    told = [ValueChange(name, *pair) for name in ("version", "period", "as_of") if (pair := _fact(before, now, name))]
    calendar = _calendar(now)
    missing = [name for name in ("rows", "lines", "results") if getattr(before, name) is None or getattr(now, name) is None]  # fmt: skip
    typed = not (before.as_written and now.as_written)
    lines = _lines(before.lines, now.lines, changes, calendar) if "lines" not in missing else ()
    kpis, came, went = _results(before.results, now.results, changes, calendar)
    return Difference(
        tuple(told), files, changes, lines, kpis, came, went, (*missing, *(["typed"] if typed else []))
    )  # fmt: skip


def _calendar(state: State) -> Calendar:
    try:
        return Calendar(
            int(state.settings.get("fiscal_start_month", "1")), state.settings.get("fiscal_year_label", "end")
        )
    except ValueError:
        return Calendar()


def _fact(before: State, now: State, name: str) -> tuple[str, str] | None:
    pair = before.run.get(name, ""), now.run.get(name, "")
    return pair if pair[0] != pair[1] else None


def _values(
    before: Mapping[str, str], now: Mapping[str, str], unsaid: Mapping[str, str] | None = None
) -> tuple[ValueChange, ...]:
    """Names whose value differs; what a log leaves unsaid stands at its default."""
    unsaid = unsaid or {}
    return tuple(
        ValueChange(name, before.get(name, unsaid.get(name, "")), now.get(name, unsaid.get(name, "")))
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    )


def _files(before: State, now: State) -> tuple[dict[tuple[str, str], str], tuple[FileChange, ...]]:
    """Find renamed titles (sheet, title before -> title now), and tell files that came, went or were renamed."""
    old = {(sheet, title): hashed for sheet, title, hashed in before.files}
    new = {(sheet, title): hashed for sheet, title, hashed in now.files}
    came = {place: hashed for place, hashed in new.items() if place not in old}
    renamed: dict[tuple[str, str], str] = {}
    for (sheet, title), hashed in old.items():
        if (sheet, title) in new:
            continue
        for place in [each for each, other in came.items() if each[0] == sheet and other == hashed][:1]:
            renamed[sheet, title] = place[1]
            del came[place]
    went = [place for place in old if place not in new and place not in renamed]
    told: dict[tuple[str, str, str], list[str]] = {}
    for (sheet, title), to in renamed.items():
        if (pair := (_file(title), _file(to)))[0] != pair[1]:
            told.setdefault(("renamed", pair[1], pair[0]), []).append(sheet)
    for sheet, title in went:
        told.setdefault(("missing", _file(title), ""), []).append(sheet)
    for sheet, title in came:
        told.setdefault(("new", _file(title), ""), []).append(sheet)
    return renamed, tuple(FileChange(what, file, tuple(sheets), was) for (what, file, was), sheets in told.items())


def _file(title: str) -> str:
    return title[1:].split("]", maxsplit=1)[0] if title.startswith("[") else title


def _row_changes(before: Rows, now: Rows, renamed: Mapping[tuple[str, str], str]) -> list[RowChange]:
    """Rows that are not what they were, by sheet, file and month; those that only moved to another file are none."""
    old = {(sheet, renamed.get((sheet, file), file), month): held for (sheet, file, month), held in before.items()}
    places = [place for place in {**old, **now} if old.get(place) != now.get(place)]
    moved: dict[tuple[str, int], list[int]] = {}
    for sheet, file, month in places:
        sums = moved.setdefault((sheet, month), [0, 0])
        for sign, held in ((-1, old.get((sheet, file, month))), (1, now.get((sheet, file, month)))):
            if held:
                sums[0] += sign * held[0]
                sums[1] = (sums[1] + sign * held[2]) % ROUND
    found = []
    for sheet, file, month in places:
        if any(moved[sheet, month]):
            was, became = old.get((sheet, file, month), (0, 0, 0)), now.get((sheet, file, month), (0, 0, 0))
            found.append(RowChange(sheet, file, month, was[0], became[0], was[1], became[1]))
    return sorted(found, key=lambda each: (list({sheet: 0 for sheet, *_ in {**now, **old}}).index(each.sheet), -each.month, each.file))  # fmt: skip


def _lines(
    before: Mapping[str, Held] | None, now: Mapping[str, Held] | None, changes: Changes, calendar: Calendar
) -> tuple[LineChange, ...]:
    """Lines of the same period and window that differ, in the order of the Scorecard; all of them where it shows another period: none."""
    old, new = before or {}, now or {}
    found = []
    for key in {**new, **old}:
        was, became = old.get(key), new.get(key)
        if was == became or (was and became and (was.period, was.window) != (became.period, became.window)):
            continue
        if (was is None or became is None) and {each.period for each in old.values()} != {
            each.period for each in new.values()
        }:
            continue
        kpi, where = key.split("|", 1)
        dim, _, segment = where.partition("=") if "=" in where else ("all", "", ALL)
        held = became or was
        result = ResultChange(
            kpi, held.period if held else "", dim, segment, was.value if was else None, became.value if became else None, was.reason if was else "", became.reason if became else ""
        )  # fmt: skip
        judged = bool(was and became and (was.status, was.target) != (became.status, became.target))
        laid = causes(kpi, changes, period=_period(result.period, calendar), segment_dim=dim, judged=judged or was is None or became is None, adjustable=True)  # fmt: skip
        found.append(LineChange(result, was, became, tuple(laid)))
    return tuple(found)


def _period(label: str, calendar: Calendar) -> Period | None:
    try:
        return calendar.parse(label)
    except ValueError:
        return None


def _results(
    before: Results | None, now: Results | None, changes: Changes, calendar: Calendar
) -> tuple[tuple[KpiChange, ...], dict[str, int], dict[str, int]]:
    """Results on Detail: those that changed, by KPI; how many came and went, by period."""
    if before is None or now is None:
        return (), {}, {}
    old, new = before.columns, now.columns
    if len(before) == len(now) and bool((old["id"] == new["id"]).all()):
        here = there = np.arange(len(now))
        came = went = np.zeros(0, np.int64)
    else:
        index = pd.Index(old["id"])
        at = index.drop_duplicates().get_indexer(pd.Index(new["id"])) if index.has_duplicates else index.get_indexer(pd.Index(new["id"]))  # fmt: skip
        here = np.flatnonzero(at >= 0)
        there, came = at[here], np.flatnonzero(at < 0)
        went = np.setdiff1d(np.arange(len(before)), there)
    differs = np.zeros(len(here), bool)
    for name in NUMBERS:
        one, other = old[name][there], new[name][here]
        differs |= (one != other) & ~(np.isnan(one) & np.isnan(other))
    for name in TEXTS:
        differs |= old[name][there] != new[name][here]
    changed: dict[str, list[tuple[int, int]]] = {}
    for was, became in zip(there[differs].tolist(), here[differs].tolist(), strict=True):
        changed.setdefault(new["kpi"][became], []).append((was, became))
    kpis = tuple(
        _kpi_change(kpi, pairs, old, new, changes, calendar) for kpi, pairs in sorted(changed.items(), key=_order)
    )
    return kpis, dict(Counter(new["period"][came].tolist())), dict(Counter(old["period"][went].tolist()))


def _order(item: tuple[str, Any]) -> tuple[int, str]:
    keys = list(library.load())
    return (keys.index(item[0]) if item[0] in keys else len(keys)), item[0]


def _kpi_change(
    kpi: str,
    pairs: Sequence[tuple[int, int]],
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    changes: Changes,
    calendar: Calendar,
) -> KpiChange:
    """Sum up the changed results of a KPI: the largest difference leads, of the total if that differs, else a reason that came or went."""

    def place(pair: tuple[int, int]) -> tuple[bool, bool, float]:
        one, other = old["value"][pair[0]], new["value"][pair[1]]
        size = abs(other - one) if one == one and other == other else 0.0
        reasoned = old["reason"][pair[0]] != new["reason"][pair[1]]
        return not (size or reasoned), new["segment_dim"][pair[1]] != "all", -size

    was, became = min(pairs, key=place)
    one, other = old["value"][was], new["value"][became]
    largest = ResultChange(
        kpi,
        new["period"][became],
        new["segment_dim"][became],
        new["segment"][became],
        float(one) if one == one else None,
        float(other) if other == other else None,
        old["reason"][was],
        new["reason"][became],
    )
    laid = causes(kpi, changes, period=_period(largest.period, calendar), segment_dim=largest.segment_dim)
    return KpiChange(kpi, len(pairs), largest, tuple(laid))


__all__ = ["Difference", "FileChange", "KpiChange", "LineChange", "ResultChange", "compare"]
