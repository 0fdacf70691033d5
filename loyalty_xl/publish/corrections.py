"""Which entries of DataCorrections stand behind each KPI that rests on imputed rows (rule 12, G16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl import catalogue
from loyalty_xl.books.places import in_language
from loyalty_xl.contracts.between_watch import REGISTER, imputed_mask
from loyalty_xl.contracts.links import NO_DAY, codes, day_text, days, first_of, months, usable
from loyalty_xl.evaluating import wiring
from loyalty_xl.vocabulary import Flag, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Result

REFS_SHOWN = 8
FACTS = ("method", "basis", "author", "agreed_by_depts")
Entry = tuple[str, ...]  # method, basis, author, agreed by


class Register:
    """The entries of DataCorrections, and the imputed rows that name them."""

    def __init__(self, sheets: dict[str, Sheet]) -> None:
        self._entries: dict[str, tuple[Entry, int]] = {}
        register = usable(sheets, REGISTER)
        if register is not None:
            texts = [
                register.frame[name].astype(object).where(register.frame[name].notna(), "").tolist()
                for name in ("ref", *FACTS)
            ]
            for (ref, *facts), day in zip(zip(*texts, strict=True), days(register, "on"), strict=True):
                self._entries.setdefault(str(ref), (tuple(map(str, facts)), int(day)))
        self._rows: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name in sheets:
            sheet = usable(sheets, name)
            if sheet is not None and (marked := imputed_mask(sheet)).any():
                at, refs = codes(sheet, "imputation_ref")
                self._rows[name] = months(sheet)[marked], np.array([*refs, ""], dtype=object)[at[marked]]
        self._said: dict[tuple[tuple[str, ...], int, int, str], list[str]] = {}

    @property
    def sheets(self) -> frozenset[str]:
        """Sheets with imputed rows."""
        return frozenset(self._rows)

    def behind(self, sheets: tuple[str, ...], first: int, stop: int, language: str) -> list[str]:
        """Say what the imputed rows of *sheets* in the months [first, stop) rest on, a line for each kind of entry."""
        key = (tuple(name for name in sheets if name in self._rows), first, stop, language)
        if key not in self._said:
            self._said[key] = list(self._lines(key[0], first, stop, language))
        return self._said[key]

    def _lines(self, sheets: tuple[str, ...], first: int, stop: int, language: str) -> Iterator[str]:
        groups: dict[Entry | None, dict[str, int]] = {}
        for name in sheets:
            month, refs = self._rows[name]
            named, count = np.unique(refs[(month >= first) & (month < stop)].astype(str), return_counts=True)
            for ref, rows in zip(named.tolist(), count.tolist(), strict=True):
                facts = self._entries[ref][0] if ref in self._entries else None
                held = groups.setdefault(facts, {})
                held[ref] = held.get(ref, 0) + rows
        for facts, refs_of in sorted(groups.items(), key=lambda each: -sum(each[1].values())):
            yield self._line(facts, refs_of, language)

    def _line(self, facts: Entry | None, refs: dict[str, int], language: str) -> str:
        rows = sum(refs.values())
        shown = first_of(sorted(ref for ref in refs if ref), REFS_SHOWN)
        head = in_language(f"{rows:,} 行补录", f"{rows:,} imputed rows", language) + (f" [{shown}]" if shown else "")
        if facts is None:
            return head + in_language(":“数据修正登记”里没有登记", ": not in DataCorrections", language)
        on = sorted(day for ref in refs if (day := self._entries[ref][1]) != NO_DAY)
        dates = "" if not on else day_text(on[0]) if on[0] == on[-1] else f"{day_text(on[0])} – {day_text(on[-1])}"
        words = (("方法", "method"), ("依据", "basis"), ("登记人", "author"), ("同意", "agreed by"))
        parts = [f"{in_language(*word, language)} {fact}" for word, fact in zip(words, facts, strict=True) if fact]
        if dates:
            parts.append(f"{in_language('登记日期', 'on', language)} {dates}")
        return f"{head}: {'; '.join(parts)}"


def correction_notes(made: Refresh) -> list[tuple[str, str]]:
    """KPI and text for each KPI of the period that rests on imputed rows: first the Scorecard's lines, then the others."""
    register = Register(made.sheets)
    if not register.sheets or made.period is None:
        return []
    notes: list[tuple[str, str]] = []
    said: set[str] = set()
    for line in made.lines:
        if _rests(line.result) and line.kpi.key not in said:
            said.add(line.kpi.key)
            notes += _notes(register, line.kpi, line.result, _first(line, made), made.language)
    for result in made.results:
        if result.period == made.period and result.segment_dim == "all" and _rests(result) and result.kpi not in said:
            kpi = catalogue.KPIS[result.kpi]
            notes += _notes(register, kpi, result, result.period.first, made.language)
    return notes


def _rests(result: Result) -> bool:
    return result.value is not None and (bool(result.imputed_share) or Flag.IMPUTED in result.flags)


def _first(line: Line, made: Refresh) -> int:
    """First month that a line looks at."""
    period = line.result.period
    if line.cohort and (cohort := made.settings.calendar.parse(line.cohort)) is not None:
        return cohort.first
    return period.first if line.window == Window.CYCLE else period.stop - 12


def _notes(register: Register, kpi: catalogue.Kpi, result: Result, first: int, language: str) -> list[tuple[str, str]]:
    """What stands behind one KPI; where its own months hold nothing imputed, earlier ones do."""
    sheets, stop = wiring(kpi).sheets, result.period.stop
    lines = register.behind(sheets, first, stop, language) or register.behind(sheets, 0, stop, language)
    return [(kpi.key, line) for line in lines]
