"""Closed periods: what was closed stands, whatever the data say later; what would differ is a restatement.

Everything that was ever closed is a chain of acts (closed, matured, reopened), each sealed over its rows and the seal before it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_xl.catalogue import KPIS
from loyalty_xl.closed_lines import Key, adjustments_of, aim_of_facts, kept, kept_result, key_of, line_of
from loyalty_xl.scoring import Aim, Line
from loyalty_xl.vocabulary import (
    Cycle,
    Flag,
    Period,
    Reason,
    Result,
    Window,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loyalty_xl.closing_snapshot import Snapshot

    Names = Mapping[str, Mapping[str, str]]
CLOSED, MATURED, REOPENED = "closed", "matured", "reopened"
DETAIL, SHOWN, YTD, LINE = "detail", "shown", "ytd", "line"
NOTE = "closed"  # beside a closed figure on Detail
DAMAGED = "Closed"  # what a figure waits for whose closing was tampered with


def same(one: Result | None, other: Result | None) -> bool:
    """Whether two results show the same: value or reason, and base."""
    if one is None or other is None:
        return one is other
    return (kept(one.value), one.reason, kept(one.n)) == (kept(other.value), other.reason, kept(other.n))


@dataclass(frozen=True)
class Act:
    """One act on a period: closed (with everything it showed), matured (what was completed later), or reopened."""

    number: int
    kind: str
    period: Period
    facts: Mapping[str, Any] = field(default_factory=dict)  # by, on, reason, version, as_of, settings, fingerprint
    results: Mapping[str, Mapping[Key, Result]] = field(default_factory=dict)  # by DETAIL, SHOWN, YTD, LINE
    lines: Mapping[Key, Mapping[str, Any]] = field(
        default_factory=dict
    )  # what a Scorecard line holds beside its result
    snapshot: Snapshot = field(default_factory=dict)  # rows by sheet and month, where they differ from the act before
    seal: str = ""
    whole: bool = True  # its rows are as they were sealed
    row: int = 0  # of the page, where it stands there
    found: list[list[Any]] | None = None  # its rows as they stand, where they are not as they were sealed

    def of(self, kind: str) -> Mapping[Key, Result]:
        """Results of one kind."""
        return self.results.get(kind, {})

    def renamed(self, names: Names) -> Act:
        """The same with the names that segments have now."""

        def key(old: Key) -> Key:
            return old[0], old[1], names.get(old[1], {}).get(old[2], old[2])

        results = {
            kind: {key(old): replace(each, segment=key(old)[2]) for old, each in found.items()}
            for kind, found in self.results.items()
        }
        return replace(self, results=results, lines={key(old): facts for old, facts in self.lines.items()})


@dataclass(frozen=True)
class Standing:
    """A closed period: its closing, and what has matured since."""

    closing: Act
    matured: Mapping[Key, Result] = field(default_factory=dict)  # completes Detail
    whole: bool = True

    @property
    def period(self) -> Period:
        """The period."""
        return self.closing.period

    def blocked(self, result: Result) -> Result:
        """What is shown of a closing that was tampered with: nothing but the reason."""
        bare = Result(result.kpi, self.period, result.segment_dim, result.segment, result.window)
        return replace(bare, reason=Reason.BLOCKED, note=f"{DAMAGED} {self.period.label}")

    def _found(self, key: Key, *kinds: str) -> Result | None:
        if not self.whole:
            return self.blocked(Result(key[0], self.period, key[1], key[2]))
        return next((found for kind in kinds if (found := self.closing.of(kind).get(key)) is not None), None)

    @cached_property
    def detail(self) -> dict[Key, Result]:
        """What Detail shows of the period."""
        return {**self.closing.of(DETAIL), **self.matured}

    def shown(self, key: Key) -> Result | None:
        """What the Scorecard of the period shows of a KPI, through the KPI's window there."""
        return self._found(key, LINE, SHOWN, DETAIL)

    def ytd(self, key: Key) -> Result | None:
        """Year to date, as closed."""
        return self._found(key, YTD)

    def lines(self, computed: Sequence[Line]) -> list[Line]:
        """The Scorecard's lines, as closed; those of KPIs that are no longer known are left out."""
        if not self.whole:
            return [Line(each.kpi, self.blocked(each.result), each.aim, each.target, weight=each.weight, window=each.window) for each in computed]  # fmt: skip
        return [
            line_of(self.closing.of(LINE)[key], key, facts)
            for key, facts in self.closing.lines.items()
            if key[0] in KPIS
        ]


@dataclass(frozen=True)
class Closings:
    """All acts of a workbook, oldest first."""

    acts: tuple[Act, ...] = ()
    names: Names = field(default_factory=dict)  # dim -> earlier name of a segment -> its name now

    @cached_property
    def named(self) -> tuple[Act, ...]:
        """The acts, their segments under the names that they have now."""
        known = any(self.names.values())
        return tuple(act.renamed(self.names) for act in self.acts) if known else self.acts

    @cached_property
    def standing(self) -> dict[Period, Standing]:
        """Periods that are closed now."""
        found: dict[Period, Standing] = {}
        for act in self.named:
            if act.kind == CLOSED:
                found[act.period] = Standing(act, whole=act.whole)
            elif act.kind == REOPENED:
                found.pop(act.period, None)
            elif (now := found.get(act.period)) is not None:
                matured = {**now.matured, **act.of(DETAIL)}
                found[act.period] = replace(now, matured=matured, whole=now.whole and act.whole)
        return found

    @property
    def closed(self) -> frozenset[str]:
        """Labels of the periods that are closed now."""
        return frozenset(period.label for period in self.standing)

    @cached_property
    def last(self) -> dict[Period, Act]:
        """The last act of each period, but for maturing."""
        return {act.period: act for act in self.named if act.kind != MATURED}

    @property
    def adjusted(self) -> dict[str, float]:
        """Values by `Adjustment.id` that closed figures hold in place of computed ones."""
        return {
            each.id: each.value
            for standing in self.standing.values()
            for facts in standing.closing.lines.values()
            for each in adjustments_of(facts)
            if each.value is not None and each.period == standing.period
        }

    @property
    def seal(self) -> str:
        """Seal of the last act, which stands for all."""
        return self.acts[-1].seal if self.acts else ""

    @property
    def next(self) -> int:
        """Number of the next act."""
        return max((act.number for act in self.acts), default=0) + 1

    def then(self, act: Act) -> Closings:
        """The same with one more act."""
        return Closings((*self.acts, act), self.names)

    def results(self, computed: Iterable[Result]) -> list[Result]:
        """Results as they are shown: as closed in closed periods, as computed in the others."""
        standing = self.standing
        if not standing:
            return list(computed)
        found = []
        for result in computed:
            closed = standing.get(result.period) if result.period.cycle is not Cycle.ALL else None
            if closed is None:
                found.append(result)
            elif not closed.whole:
                found.append(closed.blocked(result))
        for each in standing.values():
            if each.whole:
                found += [result if result.note else replace(result, note=NOTE) for result in each.detail.values()]
        return sorted(
            found, key=lambda each: (each.kpi, each.segment_dim, each.segment, each.period.start, each.period.stop)
        )

    def lines(self, period: Period | None, computed: Sequence[Line]) -> list[Line]:
        """Lines of the Scorecard as they are shown."""
        standing = self.standing.get(period) if period is not None else None
        return standing.lines(computed) if standing is not None else list(computed)

    def aim(self, period: Period, key: Key) -> Aim | None:
        """What a closed period aimed at; none where it is not closed, or had no such line."""
        standing = self.standing.get(period)
        facts = standing.closing.lines.get(key) if standing is not None else None
        return aim_of_facts(facts) if facts is not None else None

    def wave(self, result: Result) -> Result:
        """A survey wave as the newest closed period showed it; as computed where none did."""
        for each in reversed(self.standing.values()):
            found = each.shown(key_of(result))
            if found is not None and found.window is Window.LATEST_WAVE and found.note and found.note == result.note:
                return found
        return result

    def completed(self, computed: Iterable[Result]) -> list[Act]:
        """Acts that complete what was only maturing when its period was closed, and is not any more (G5)."""
        waiting: dict[Period, set[Key]] = {}
        for period, each in self.standing.items():
            if each.whole:
                keys = {key for key, result in each.detail.items() if _maturing(result)}
                if keys:
                    waiting[period] = keys
        found: dict[Period, dict[Key, Result]] = {}
        for result in computed if waiting else ():
            key = key_of(result)
            if key in waiting.get(result.period, ()) and result.value is not None and not _maturing(result):
                flags = (*result.flags, Flag.MATURED)
                found.setdefault(result.period, {})[key] = kept_result(replace(result, flags=flags))
        return [
            Act(self.next + place, MATURED, self.standing[period].period, {}, {DETAIL: results})
            for place, (period, results) in enumerate(sorted(found.items(), key=lambda each: each[0]))
        ]


def _maturing(result: Result) -> bool:
    """Whether a result of a KPI that looks ahead is not over yet."""
    kpi = KPIS.get(result.kpi)
    return bool(kpi and kpi.lag) and (result.reason is Reason.MATURING or Flag.PARTIAL in result.flags)


def carried(now: Result | None, before: Result | None, closed: Result | None, *, stock: bool) -> Result | None:
    """A running total whose closed part stands: what was closed, and what has come since by today's count.

    Parameters
    ----------
    now
        The total as computed today.
    before
        The closed part as computed today.
    closed
        The closed part as it was closed.
    stock
        Whether it is a count at the end, which nothing is added to.

    Notes
    -----
    Totals and quotients carry their numerators and denominators. A median carries nothing: it is as computed.
    """
    if now is None or now.value is None or closed is None or closed.value is None or before is None or stock:
        return now
    if same(closed, before) or now.numerator is None or before.numerator is None or closed.numerator is None:
        return now
    numerator = closed.numerator + now.numerator - before.numerator
    if now.denominator is None or before.denominator is None or closed.denominator is None:
        if kept(now.numerator) != kept(now.value):
            return now
        return replace(now, value=numerator, numerator=numerator, n=numerator if now.n == now.value else now.n)
    denominator = closed.denominator + now.denominator - before.denominator
    plain = now.denominator and abs(now.numerator / now.denominator - now.value) <= 1e-9 * max(1.0, abs(now.value))
    if not plain or not denominator:
        return now
    n = denominator if now.n == now.denominator else now.n
    return replace(now, value=numerator / denominator, numerator=numerator, denominator=denominator, n=n, interval=None)


NO_CLOSINGS = Closings()


def fingerprint(period: Period | None, lines: Iterable[Line], results: Iterable[Result]) -> str:
    """SHA-256 of a period's values, reasons, bases, targets and statuses: what an approval belongs to."""
    total = hashlib.sha256((period.label if period else "").encode())
    rows = []
    for line in lines:
        aim = [kept(each) for each in (line.aim.value, line.aim.lower, line.aim.upper)]
        rows.append([LINE, *key_of(line.result), *_figures(line.result), *aim, line.status])
    rows += [
        [DETAIL, *key_of(each), *_figures(each)] for each in results if period is not None and each.period == period
    ]
    for row in sorted(rows, key=lambda row: row[:4]):
        total.update(json.dumps(row).encode())
    return total.hexdigest()


def _figures(result: Result) -> list[Any]:
    return [kept(result.value), result.reason, kept(result.n)]
