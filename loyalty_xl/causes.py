"""Why a result is not what it was: of all that changed, what the KPI reads, in words.

Two states of a workbook differ in rows, settings, targets, in the data's last day and in the program's version. A change of
a result is laid to those that the KPI reads; where it reads none of them, everything that changed is named, as possible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from loyalty_xl import catalogue, library
from loyalty_xl.books.places import in_language
from loyalty_xl.contracts import everything
from loyalty_xl.contracts.ledger import UNIT
from loyalty_xl.evaluating import wiring
from loyalty_xl.settings import SETTINGS
from loyalty_xl.settings_table import OF_SHARING
from loyalty_xl.vocabulary import Unit, month_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loyalty_xl.vocabulary import Period

NAMED = 3  # causes that are named in a sentence; the others are counted
JUDGING = {"amber_gap", "amber_attainment", "amber_score", "attainment_cap", "dimension_weights", "partial_policy"}
OF_NO_RESULT = (
    OF_SHARING
    | {
        "language",
        "money_unit",
        "contact_cap_per_quarter",
        "churn_variant",
    }
    | {
        "max_member_mb",
        "max_total_mb",
        "max_ratio",
        "max_members",
        "max_rows",
    }
)  # what is shown and what may be read
OF_SEGMENTS = ("Customers", "Products", "Regions")  # where a row's segment is looked up
OF_MONEY = ("FxRates",)


@dataclass(frozen=True)
class RowChange:
    """The rows of one sheet, file and month in two states; money in ten-thousandths."""

    sheet: str
    file: str  # as findings call it
    month: int  # ordinal, 0 for rows that no date places
    rows_before: int
    rows_now: int
    money_before: int = 0
    money_now: int = 0
    changed: int | None = None  # rows with other contents, where that is known
    added: int | None = None  # rows that came and rows that went, where they were compared one by one
    removed: int | None = None

    def text(self, language: str) -> str:
        """Say where how many rows came, went or changed, and what that is in money."""
        return in_language(f"{self.place('zh')}:{self.what('zh')}", f"{self.place('en')}: {self.what('en')}", language)

    def place(self, language: str) -> str:
        """Name sheet, file and month."""
        file = self.file.split("]")[0] + "]" if self.file.startswith("[") else ""
        month = self.month_text or in_language("无日期", "undated", language)
        return " ".join(filter(None, (sheet_name(self.sheet, language), file, month)))

    @property
    def month_text(self) -> str:
        """The month, "" where no date places the rows."""
        return f"{month_start(self.month):%Y-%m}" if self.month else ""

    def what(self, language: str) -> str:
        """Say how many rows came, went or changed, and what that is in money."""
        before, now = self.rows_before, self.rows_now
        if self.added is not None or self.removed is not None:
            zh, en = self._one_by_one()
        elif now != before:
            zh, en = f"{now - before:+,} 行", f"{now - before:+,} {_rows(now - before)}"
            if before and now:
                zh, en = f"{zh}({before:,} → {now:,})", f"{en} ({before:,} → {now:,})"
            if self.changed:
                zh, en = f"{zh},另有 {self.changed:,} 行改动", f"{en}, {self.changed:,} changed"
        elif self.changed:
            zh, en = f"{self.changed:,} 行改动", f"{self.changed:,} {_rows(self.changed)} changed"
        else:
            zh, en = f"行数不变({now:,}),内容有改动", f"contents changed, rows as before ({now:,})"
        if money := self.money_now - self.money_before:
            zh, en = f"{zh},金额 {money / UNIT:+,.2f}", f"{en}, amount {money / UNIT:+,.2f}"
        return in_language(zh, en, language)

    def _one_by_one(self) -> tuple[str, str]:
        words = (("增加", "added", self.added), ("减少", "removed", self.removed), ("改动", "changed", self.changed))
        there = [(zh, en, count) for zh, en, count in words if count]
        zh = ",".join(f"{zh} {count:,} 行" for zh, _, count in there)
        return zh, ", ".join(f"{count:,} {_rows(count)} {en}" for _, en, count in there)


@dataclass(frozen=True)
class ValueChange:
    """A setting, a target or a fact of the run in two states; "" = not given."""

    name: str
    before: str
    now: str

    def text(self, language: str) -> str:
        """Say what it was and what it is."""
        none = in_language("(无)", "(none)", language)
        return f"{self.shown}: {self.before or none} → {self.now or none}"

    @property
    def shown(self) -> str:
        """Its name to be read: of a target the KPI, period and segment."""
        parts = [part.removeprefix("all=All") for part in self.name.split("|")]
        return " ".join(filter(None, parts))

    @property
    def key(self) -> str:
        """The setting, or the KPI of the target."""
        return self.name.split(" from ")[0].split("|")[0]


@dataclass(frozen=True)
class Changes:
    """All that a result can come from and that is not what it was."""

    rows: tuple[RowChange, ...] = ()
    settings: tuple[ValueChange, ...] = ()  # named `key` or `key from 2026-07-01`
    targets: tuple[ValueChange, ...] = ()  # named `kpi|period|segment_dim=segment|valid_from`
    adjustments: tuple[ValueChange, ...] = ()  # named `kpi|period|segment`
    controls: tuple[str, ...] = ()  # control sheets with other cells, such as Sources and Mapping
    version: tuple[str, str] | None = None
    as_of: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        """Whether anything changed."""
        read = (self.rows, self.settings, self.targets, self.adjustments, self.controls, self.version, self.as_of)
        return any(map(bool, read))


@dataclass(frozen=True)
class Cause:
    """One thing to which a changed result is laid."""

    kind: str  # rows, setting, target, control, version, as_of
    what: RowChange | ValueChange | str = field(compare=False)
    zh: str
    en: str
    certain: bool = True  # False: the KPI does not read it by itself

    def text(self, language: str) -> str:
        """The cause in words."""
        zh, en = (self.zh, self.en) if self.certain else (f"可能:{self.zh}", f"perhaps {self.en}")
        return in_language(zh, en, language)


def causes(
    kpi: str,
    changes: Changes,
    *,
    period: Period | None = None,
    segment_dim: str = "all",
    judged: bool = False,
    adjustable: bool = False,
) -> list[Cause]:
    """Of *changes*, give those to which a changed result of *kpi* is laid.

    Parameters
    ----------
    kpi
        Key of the catalogue; of any other key everything is named.
    changes
        What is not what it was.
    period
        Of the result: rows of its months are named first, later ones last.
    segment_dim
        Of the result: for other than `all` the sheets count in which a row's segment is looked up.
    judged
        Whether target, attainment or status changed, not only the value.
    adjustable
        Whether it is a figure of the Scorecard, which a person may have adjusted.
    """
    known = library.load().get(kpi)
    found = [*_of_version(changes), *_of_settings(known, changes, judged=judged)]
    if judged:
        found += [_of_value("target", each) for each in changes.targets if each.key == kpi]
    if judged or adjustable:
        found += [_of_value("adjustment", each) for each in changes.adjustments if each.key == kpi]
    found += _of_rows(known, changes, period, segment_dim)
    if changes.as_of:
        day = ValueChange("as_of", *changes.as_of)
        found.append(Cause("as_of", day, f"数据截止 {_arrow(day)}", f"data before {_arrow(day)}"))
    return found or _possible(changes, period)


def in_words(found: Sequence[Cause], language: str) -> str:
    """Causes in one line: the first few, and how many there are besides."""
    if language == "both":
        return " / ".join(dict.fromkeys(in_words(found, each) for each in ("zh", "en")))
    texts = [each.text(language) for each in found]
    if len(texts) > NAMED + 1:
        more = len(texts) - NAMED
        texts = [*texts[:NAMED], in_language(f"另有 {more} 项", f"{more} more", language)]
    return in_language(";", "; ", language).join(texts)


def sheet_name(sheet: str, language: str) -> str:
    """Name of a sheet in *language*."""
    return in_language(_names().get(sheet, sheet), sheet, language)


@cache
def _names() -> dict[str, str]:
    return {contract.name: contract.zh for contract in everything()}


def _rows(count: int) -> str:
    return "row" if abs(count) == 1 else "rows"


def _arrow(change: ValueChange) -> str:
    return f"{change.before or '–'} → {change.now or '–'}"


def _of_value(kind: str, change: ValueChange, *, certain: bool = True) -> Cause:
    zh, en = {"setting": ("参数", "setting"), "target": ("目标", "target"), "adjustment": ("人工调整", "adjustment")}[
        kind
    ]
    return Cause(kind, change, f"{zh} {change.text('zh')}", f"{en} {change.text('en')}", certain)


def _of_version(changes: Changes) -> list[Cause]:
    if not changes.version:
        return []
    change = ValueChange("version", *changes.version)
    return [Cause("version", change, f"程序版本 {_arrow(change)}", f"program version {_arrow(change)}")]


@cache
def _general() -> frozenset[str]:
    """Settings that no KPI names and that bear on all: how sheets are read, what a period is, when a result is withheld."""
    named = {name for kpi in library.load().values() for name in wiring(kpi).settings}
    return frozenset(set(SETTINGS) - named - JUDGING - OF_NO_RESULT)


def _judging(kpi: catalogue.Kpi) -> set[str]:
    """Settings that no measure names: how much history and how many cases a result of this kind needs."""
    named = {"churn_window_days"} if kpi.history == "base" or kpi.censored else set()
    if kpi.unit in (Unit.POINTS, Unit.SCORE):
        return named | {"min_base_nps"}
    return named if kpi.unit in (Unit.COUNT, Unit.MONEY, Unit.PER_MONTH) else named | {"min_base_rate"}


def _of_settings(kpi: catalogue.Kpi | None, changes: Changes, *, judged: bool) -> list[Cause]:
    read = _general() | (wiring(kpi).settings | _judging(kpi) if kpi else set(SETTINGS) - OF_NO_RESULT)
    if judged:
        read |= JUDGING
    return [_of_value("setting", each) for each in changes.settings if each.key in read]


def _of_rows(kpi: catalogue.Kpi | None, changes: Changes, period: Period | None, segment_dim: str) -> list[Cause]:
    read: set[str] = set()
    if kpi is not None:
        read = {*wiring(kpi).sheets, *wiring(kpi).also, *wiring(kpi).covering}
        if read and kpi.unit.is_money:
            read |= {*OF_MONEY}
        if read and segment_dim != "all":
            read |= {*OF_SEGMENTS}
    rows = [each for each in changes.rows if not read or each.sheet in read]  # none named: it reads them all
    return [Cause("rows", each, each.text("zh"), each.text("en")) for each in _nearest(rows, period)]


def _nearest(rows: Iterable[RowChange], period: Period | None) -> list[RowChange]:
    """Rows of the period first, then earlier and undated ones, then later ones; within these the newest first."""

    def place(each: RowChange) -> tuple[int, int]:
        if period is None or period.first <= each.month < period.stop:
            return 0, -each.month
        return (2, each.month) if each.month >= period.stop else (1, -each.month)

    return sorted(rows, key=place)


def _possible(changes: Changes, period: Period | None) -> list[Cause]:
    """Everything that changed and that the KPI does not read by itself."""
    found = [
        Cause("rows", each, each.text("zh"), each.text("en"), certain=False) for each in _nearest(changes.rows, period)
    ]
    found += [_of_value("setting", each, certain=False) for each in changes.settings if each.key not in OF_NO_RESULT]
    for name in changes.controls:
        zh = f"“{sheet_name(name, 'zh')}”工作表有改动"
        found.append(Cause("control", name, zh, f"sheet {name} changed", certain=False))
    return found


__all__ = ["Cause", "Changes", "RowChange", "ValueChange", "causes", "in_words", "sheet_name"]
