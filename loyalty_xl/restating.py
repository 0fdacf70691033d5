"""Restatements: what a closed period would show today, beside what it was closed with, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_xl.causes import Cause, Changes, ValueChange, causes
from loyalty_xl.closed_lines import Key, as_computed, kept, key_of
from loyalty_xl.closing_rows import snapshot_before
from loyalty_xl.closing_snapshot import changes, snapshot
from loyalty_xl.closings import CLOSED, DETAIL, LINE, MATURED, REOPENED, Act, Closings, same
from loyalty_xl.contracts.targets import target_for
from loyalty_xl.scoring import Aim, Line, aim_of
from loyalty_xl.settings import SETTINGS
from loyalty_xl.version import __version__
from loyalty_xl.vocabulary import Period, Reason, Result, Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from loyalty_xl.catalogue import Kpi
    from loyalty_xl.closing_snapshot import Snapshot
    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.evaluating import Situation
    from loyalty_xl.settings import DatedSettings, Settings

ACTUAL, CYCLE, AIM = "actual", "detail", "target"
AIMS = ("value", "lower", "upper")


@dataclass(frozen=True)
class Restatement:
    """One figure of a closed period that would be another one today."""

    period: Period
    key: Key
    what: str  # actual (as the Scorecard shows it), detail (the period itself), target
    window: str
    closed: float | Reason | None  # None: there was none
    now: float | Reason | None
    shown: str  # closed, matured, reopened (as computed now), closed again
    causes: tuple[Cause, ...] = ()
    why: str = ""  # the reason that was given for reopening
    act: int = 0  # number of the closing

    @property
    def difference(self) -> float | None:
        """Now less then."""
        if isinstance(self.closed, float) and isinstance(self.now, float):
            return self.now - self.closed
        return None


@dataclass(frozen=True)
class Shown:
    """What a run computed for its period, before anything closed or adjusted is laid over it."""

    period: Period
    lines: Sequence[Line]
    results: Sequence[Result]  # of all periods
    situation: Situation
    waves: pd.DataFrame
    kpis: Mapping[str, Kpi]
    sheets: Mapping[str, Sheet]


@dataclass(frozen=True)
class Today:
    """What closed figures are laid beside."""

    closings: Closings
    shown: Shown
    again: Mapping[tuple[Period, Key], Result | None]  # other closed periods through the Scorecard's windows
    targets: Sequence[Target]
    settings: DatedSettings

    @cached_property
    def rows(self) -> Snapshot:
        """Marks of the rows that are used now."""
        return snapshot(self.shown.sheets, max(act.period.stop for act in self.closings.acts))

    @cached_property
    def detail(self) -> dict[Period, dict[Key, Result]]:
        """Results by period."""
        found: dict[Period, dict[Key, Result]] = {act.period: {} for act in self.closings.acts}
        for each in self.shown.results:
            if each.period in found:
                found[each.period][key_of(each)] = each
        return found


def restated(today: Today) -> list[Restatement]:
    """Compare every closing with today: figures first that the Scorecard shows, All before segments."""
    found = [each for act in today.closings.named if act.kind == CLOSED and act.whole for each in _of_act(act, today)]
    order = {ACTUAL: 0, AIM: 1, CYCLE: 2}
    return sorted(found, key=lambda each: (-each.period.first, -each.period.stop, -each.act, order[each.what], each.key[1] != "all", each.key))  # fmt: skip


def _of_act(act: Act, today: Today) -> Iterator[Restatement]:
    standing = today.closings.standing.get(act.period)
    stands = standing is not None and standing.closing.number == act.number
    last = today.closings.last[act.period]
    shown = "closed" if stands else "closed again" if standing is not None else "reopened"
    why = "" if stands else str(_reopened(act, today.closings).facts.get("reason", ""))
    about = _Why(act, today)
    plain: set[Key] = set()
    for key, facts in act.lines.items():
        if key[0] not in today.shown.kpis:
            continue
        closed, now = as_computed(act.of(LINE)[key], facts), _line_now(act.period, key, today)
        if not stands and standing is not None:
            now = standing.shown(key)
        if facts.get("window") == "cycle" and not facts.get("cohort"):
            plain.add(key)
        known = (
            act.period == today.shown.period
            or (act.period, key) in today.again
            or (standing is not None and not stands)
        )
        if closed.n is None and now is not None and "adjustments" in facts:
            closed = replace(closed, n=now.n)  # of an adjusted figure no base was kept
        if known and not same(closed, now):
            yield _restatement(act, key, ACTUAL, closed, now, shown, about, why)
        if stands or last.kind == REOPENED:
            yield from _aims(act, key, facts, today, shown, why, about)
    held = act.of(DETAIL)
    present = standing.detail if standing is not None and not stands else today.detail[act.period]
    matured = standing.matured if standing is not None and stands else {}
    for key in sorted({*held, *present}):
        if key in plain and key in held and key not in matured:
            continue  # stands among the Scorecard's lines
        closed_, now_ = held.get(key), present.get(key)
        if key in matured:
            done = matured[key]
            yield replace(_restatement(act, key, CYCLE, closed_, done, MATURED, about, ""), causes=())
            closed_ = done
        if not same(closed_, now_):
            yield _restatement(act, key, CYCLE, closed_, now_, shown, about, why)


def _reopened(act: Act, closings: Closings) -> Act:
    """The act by which a closing was undone."""
    return next(
        each
        for each in closings.acts
        if each.number > act.number and each.period == act.period and each.kind == REOPENED
    )


def _line_now(period: Period, key: Key, today: Today) -> Result | None:
    if period == today.shown.period:
        return next((line.result for line in today.shown.lines if key_of(line.result) == key), None)
    return today.again.get((period, key))


def _shown_value(result: Result | None) -> float | Reason | None:
    if result is None:
        return None
    return kept(result.value) if result.value is not None else result.reason


def _restatement(
    act: Act, key: Key, what: str, closed: Result | None, now: Result | None, shown: str, about: _Why, why: str
) -> Restatement:
    window = (closed or now or Result(key[0], act.period)).window.value
    then, today = _shown_value(closed), _shown_value(now)
    return Restatement(act.period, key, what, window, then, today, shown, about.of(key), why, act.number)


def _aims(
    act: Act, key: Key, facts: Mapping[str, Any], today: Today, shown: str, why: str, about: _Why
) -> Iterator[Restatement]:
    """Targets that are others now than when the period was closed."""
    kpi = today.shown.kpis[key[0]]
    then = facts.get("aim", {})
    if facts.get("strict"):  # what is to be beaten is a competitor's score, no target of ours
        return
    target = target_for(today.targets, *key, act.period, today.shown.situation.calendar, kpi.target_unit)
    if target is not None and target.target_type == "beat_competitor":
        return
    year_ago = facts.get("year_ago", {}).get("value")
    now = aim_of(target, kpi, year_ago) if target is not None else Aim()
    for name in AIMS:
        old, new = then.get(name), kept(getattr(now, name))
        if old != new:
            yield Restatement(act.period, key, AIM, "" if name == "value" else name, old, new, shown, about.target(key, old, new), why, act.number)  # fmt: skip


class _Why:
    """What changed since a closing; worked out when the first difference is found."""

    def __init__(self, act: Act, today: Today) -> None:
        self._act, self._today = act, today
        self._known: dict[tuple[str, str], tuple[Cause, ...]] = {}

    @cached_property
    def _changes(self) -> Changes:
        act, today = self._act, self._today
        then = snapshot_before(today.closings, act.number)
        facts = act.facts
        version = str(facts.get("version", ""))
        now_there = {place: files for place, files in today.rows.items() if place[1] < act.period.stop}
        rows = tuple(changes(then, now_there))
        now = settings_of(today.settings.for_period(act.period))
        was = {str(name): str(value) for name, value in dict(facts.get("settings", {})).items()}
        named = [ValueChange(name, _setting(was, name), _setting(now, name)) for name in sorted({*was, *now}) if was.get(name) != now.get(name)]  # fmt: skip
        return Changes(rows, tuple(named), version=(version, __version__) if version != __version__ else None)

    def of(self, key: Key) -> tuple[Cause, ...]:
        """What a changed result is laid to."""
        if (key[0], key[1]) not in self._known:
            found = causes(key[0], self._changes, period=self._act.period, segment_dim=key[1])
            self._known[key[0], key[1]] = tuple(found)
        return self._known[key[0], key[1]]

    def target(self, key: Key, old: float | None, new: float | None) -> tuple[Cause, ...]:
        """A changed target is its own cause."""
        where = "" if key[1] == "all" else f"|{key[1]}={key[2]}"
        change = ValueChange(f"{key[0]}|{self._act.period.label}{where}", _text(old), _text(new))
        return (Cause("target", change, f"目标 {change.text('zh')}", f"target {change.text('en')}"),)


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _setting(held: Mapping[str, str], name: str) -> str:
    return held.get(name, str(SETTINGS[name].default) if name in SETTINGS else "")


def settings_of(settings: Settings) -> dict[str, str]:
    """Settings that are not at their default, as text."""
    return {
        name: str(getattr(settings, name)) for name, each in SETTINGS.items() if getattr(settings, name) != each.default
    }


def told(found: Iterable[Restatement]) -> dict[Period, list[Restatement]]:
    """By period, the figures that would differ today and are not shown: what has only matured or was reopened is told already."""
    made: dict[Period, list[Restatement]] = {}
    for each in found:
        if each.shown == "closed":
            made.setdefault(each.period, []).append(each)
    return made


__all__ = ["Restatement", "Shown", "Today", "restated", "settings_of", "told"]
