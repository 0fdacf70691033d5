"""What one state of a workbook was: settings, targets, files, rows and results, as its run log and its Detail page hold them.

Two states can so be compared without computing either of them again. Rows are held as digests by sheet, file and month
(`contracts.row_marks`): how many, their money, and a hash; no data.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import memory
from loyalty_xl.books.places import DETAIL
from loyalty_xl.cells import Kind, RawSheet
from loyalty_xl.contracts.ledger import UNIT
from loyalty_xl.contracts.row_marks import Digest, digests
from loyalty_xl.inputs import sheet_hash
from loyalty_xl.publish.words import segment_text
from loyalty_xl.vocabulary import month_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from loyalty_xl.pipeline import Refresh

    Entry = tuple[str, str, str, str]

DIGEST = "digest"  # rows of a sheet and file: month, rows, money, hash
LINE = "line"  # lines of the Scorecard, in no language
CONTROL = "control"  # hashes of the control sheets that Settings and Targets are not
RECORDED = (DIGEST, LINE, CONTROL)
UNDATED = "undated"
LONGEST = 30_000  # characters of a cell; Excel holds 32,767
COMPARED = ("Sources", "Deliveries", "Mapping", "Controls", "Periods", "Adjustments", "ThemeWords")
NUMBERS = ("value", "numerator", "denominator", "n", "low", "high", "value_without_imputed", "imputed_share")
TEXTS = ("window", "reason", "flags", "note")
NAMES = ("id", "kpi", "period", "segment_dim", "segment")

Rows = dict[tuple[str, str, int], tuple[int, int, int]]  # sheet, file, month -> rows, money in ten-thousandths, hash


@dataclass(frozen=True)
class Held:
    """A line of the Scorecard."""

    period: str
    window: str
    value: float | None
    reason: str
    status: str
    target: str


@dataclass(frozen=True)
class Results:
    """Results as Detail holds them, column by column."""

    columns: Mapping[str, Any]  # arrays of the same length: texts ("" = blank), numbers (NaN = none)

    def __len__(self) -> int:
        return len(self.columns["id"])


@dataclass(frozen=True)
class State:
    """One state of a workbook; None = not recorded there."""

    run: Mapping[str, str] = field(default_factory=dict)  # version, period, as_of ...
    settings: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    files: tuple[tuple[str, str, str], ...] = ()  # sheet, title, hash of the content
    controls: Mapping[str, str] | None = None
    rows: Rows | None = None
    lines: Mapping[str, Held] | None = None  # by `kpi|segment_dim=segment`
    results: Results | None = None
    as_written: bool = True  # nobody typed into Detail
    adjustments: Mapping[str, str] = field(default_factory=dict)

    @property
    def refreshed(self) -> bool:
        """Whether the workbook was ever refreshed."""
        return bool(self.run)


def _digests(made: Refresh, name: str) -> list[Digest]:
    """Digests of a sheet, remembered while its cells, the settings, and what was taken out or converted are the same."""
    sheet = made.sheets[name]
    cells = tuple((each.title, each.content_hash) for each in made.inputs.sources[name])
    taken = tuple(sheet.rejected.astype(object).itertuples(index=False, name=None))
    key = ("digests", name, cells, made.inputs.settings.versions, tuple(sheet.ledger.items()), taken)
    found: list[Digest] | None = memory.recall(key)
    if found is None:
        found = digests(sheet)
        memory.remember(key, found, 2_000 + 300 * (len(found) + len(taken) + len(sheet.ledger)))
    return found


def record(made: Refresh) -> list[Entry]:
    """Entries of the run log that hold the state of rows, Scorecard lines and control sheets."""
    entries: list[Entry] = []
    for name in made.inputs.sources:
        if name in made.sheets:
            files: dict[str, list[str]] = {}
            for each in _digests(made, name):
                month = f"{month_start(each.month):%Y-%m}" if each.month else UNDATED
                files.setdefault(each.file, []).append(f"{month} {each.rows} {Decimal(each.money) / UNIT} {each.hash}")
            for file, texts in files.items():
                entries += [(DIGEST, name, packed, file) for packed in _packed(texts)]
    for line in made.lines:
        aim = [each for each in (line.aim.value, line.aim.lower, line.aim.upper) if each is not None]
        result = line.result
        told = [result.period.label, line.window, result.reason.value if result.reason else "", line.status.value, " ".join(map(str, aim))]  # fmt: skip
        value = "" if result.value is None else f"{result.value:.15g}"
        entries.append((LINE, f"{line.kpi.key}|{segment_text(result)}", value, json.dumps(told, ensure_ascii=False)))
    if made.score is not None and made.score.value is not None:
        told = [made.period.label if made.period else "", "", "", "", ""]
        entries.append((LINE, "loyalty_score|All", f"{made.score.value:.15g}", json.dumps(told)))
    for name in COMPARED:
        if name in made.inputs.control:
            entries.append((CONTROL, name, sheet_hash(made.inputs.raw_control[name])[:16], ""))
    return entries


def _packed(texts: Sequence[str]) -> list[str]:
    """Join texts into as few cells as hold them."""
    cells = [texts[0]]
    for text in texts[1:]:
        if len(cells[-1]) + len(text) + 2 > LONGEST:
            cells.append(text)
        else:
            cells[-1] += f"; {text}"
    return cells


def state_of(entries: Iterable[Entry], results: Results | None, *, as_written: bool = True) -> State:
    """Read a state off the entries of a run log."""
    by_section: dict[str, list[Entry]] = {}
    for entry in entries:
        by_section.setdefault(entry[0], []).append(entry)

    def held(section: str) -> dict[str, str]:
        return {item: value for _, item, value, _ in by_section.get(section, [])}

    recorded = any(section in by_section for section in RECORDED)
    return State(
        held("run"),
        held("setting"),
        held("target"),
        tuple((item, title, hashed) for _, item, title, hashed in by_section.get("source", [])),
        held(CONTROL) if recorded else None,
        _rows(by_section.get(DIGEST, [])) if recorded else None,
        {item: line for _, item, value, more in by_section.get(LINE, []) if (line := _line(value, more))}
        if recorded
        else None,
        results,
        as_written,
        held("adjustment"),
    )


def _rows(entries: Iterable[Entry]) -> Rows:
    found: Rows = {}
    for _, sheet, packed, file in entries:
        for text in packed.split("; "):
            parts = text.split(" ")
            try:
                month, rows, money, mark = parts
                ordinal = 0 if month == UNDATED else int(month[:4]) * 12 + int(month[5:]) - 1
                found[sheet, file, ordinal] = (int(rows), int(Decimal(money) * UNIT), int(mark, 16))
            except (ValueError, ArithmeticError):
                continue  # somebody typed there
    return found


def _line(value: str, more: str) -> Held | None:
    try:
        period, window, reason, status, target = json.loads(more)
        return Held(period, window, float(value) if value else None, reason, status, target)
    except (ValueError, TypeError):
        return None


def results_of_page(page: RawSheet | None) -> Results | None:
    """Results as they stand on a Detail page."""
    if page is None:
        return None
    below = page.rows >= 2
    size = int(below.sum())
    places = {column.key: number for number, column in enumerate(DETAIL.columns, start=1)}
    strings = np.array([*page.strings, ""], object)
    columns: dict[str, Any] = {}
    for name in (*NAMES, *TEXTS, *NUMBERS):
        column = page.columns.get(places[name])
        if column is None:
            columns[name] = np.full(size, np.nan) if name in NUMBERS else np.full(size, "", object)
        elif name in NUMBERS:
            counted = np.isin(column.kind[below], (Kind.NUMBER, Kind.DATE, Kind.BOOL))
            columns[name] = np.where(counted, column.number[below], np.nan)
        else:
            text = column.kind[below] == Kind.TEXT
            columns[name] = strings[np.where(text, column.text[below], len(page.strings))]
            for place in np.flatnonzero(np.isin(column.kind[below], (Kind.NUMBER, Kind.DATE))):
                columns[name][place] = f"{column.number[below][place]:.17g}"  # a segment that looks like a number
    whole = columns["id"] != ""
    return Results({name: cells[whole] for name, cells in columns.items()})


def results_of_rows(rows: Sequence[Sequence[Any]]) -> Results:
    """Results as they are about to be written on Detail."""
    by_key = dict(zip((column.key for column in DETAIL.columns), zip(*rows, strict=True), strict=True)) if rows else {}
    columns: dict[str, Any] = {}
    for name in (*NAMES, *TEXTS, *NUMBERS):
        cells = by_key.get(name, ())
        if name in NUMBERS:
            columns[name] = np.array([each if isinstance(each, (int, float)) else np.nan for each in cells], float)
        else:
            columns[name] = np.array([each or "" for each in cells], object)
    return Results(columns)


__all__ = ["CONTROL", "DIGEST", "LINE", "RECORDED", "Held", "Results", "Rows", "State", "record", "results_of_page", "results_of_rows", "state_of"]  # fmt: skip
