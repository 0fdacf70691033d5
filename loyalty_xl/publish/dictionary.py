"""The KPI dictionary: what every KPI means here, filled at each refresh beside what people wrote, and who has to sign again."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from loyalty_xl import catalogue, library, scoring
from loyalty_xl.cells import Kind, column_letters, column_number
from loyalty_xl.contracts.control_plan import DEFINED, DICTIONARY, SIGNERS
from loyalty_xl.evaluating import wiring
from loyalty_xl.vocabulary import Finding, Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loyalty_xl.cells import RawSheet
    from loyalty_xl.pipeline import Refresh
    from loyalty_xl.settings import Settings

SIGNED = "signed"  # section of the run log: what each department has signed
CHANGED = "definition changed"
CARRIES = ("formula", "variant")  # a change of these makes another definition of it
LONGEST = 1_500  # characters of a cell


def defined() -> list[str]:
    """Give every key of the catalogue, in the order of the dictionary's rows."""
    return [*library.load(), *catalogue.LISTINGS, *scoring.SCORES]


def definition(key: str, settings: Settings) -> dict[str, str]:
    """Say what a KPI, table or score means under *settings*; the same text in every language of the workbook."""
    each: Any = library.load().get(key) or catalogue.LISTINGS.get(key) or scoring.SCORES[key]
    made = {"code": each.code, "name_zh": each.zh, "name_en": each.en, "formula": formula_of(each)}
    if isinstance(each, catalogue.Kpi):
        made |= {
            "dimension": each.dimension.value,
            "unit": each.unit.value,
            "range": _range(each.low, each.high),
            "direction": each.better.value,
            "inputs": ", ".join(f"{sheet}.{field}" for sheet, field in wiring(each).fields) or ", ".join(wiring(each).sheets) or "all sheets",
            "variant": _variant(each, settings),
        }  # fmt: skip
    elif isinstance(each, catalogue.Listing):
        made |= {
            "dimension": each.dimension.value,
            "unit": "table",
            "range": "table",
            "direction": "none",
            "inputs": ", ".join(each.sheets),
            "variant": f"columns: {', '.join(each.columns)}",
        }
    else:
        made |= {
            "dimension": "scorecard",
            "unit": each.unit.value,
            "range": each.range,
            "direction": "higher",
            "inputs": ", ".join(each.inputs),
            "variant": _settings_text(each.settings, settings) or "-",
        }
    return {name: text[:LONGEST] for name, text in made.items()}


def formula_of(each: Any) -> str:
    """Give the formula of a definition: its indented lines before the first section, else its first sentence."""
    head = re.split(r"^\w[\w ]*\n-+\n", each.definition, maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line.strip() for line in head.splitlines() if line.startswith("    ") and line.strip()]
    return "; ".join(lines) or str(each.title)


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "any number"
    if high is None:
        return f">= {low:.10g}"
    return f"<= {high:.10g}" if low is None else f"{low:.10g} to {high:.10g}"


def _variant(kpi: catalogue.Kpi, settings: Settings) -> str:
    parts = [] if kpi.window is Window.CYCLE else [kpi.window.value]
    parts += [_settings_text(sorted(wiring(kpi).settings), settings)]
    return "; ".join(part for part in parts if part) or "cycle"


def _settings_text(keys: Iterable[str], settings: Settings) -> str:
    return "; ".join(f"{key}={getattr(settings, key)}" for key in keys)


def hash_of(texts: Mapping[str, str]) -> str:
    """Give a short hash of what a signature is for."""
    return hashlib.sha256("\n".join(texts.get(name, "") for name in CARRIES).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Edit:
    """A cell of the dictionary to be written."""

    row: int
    column: int
    text: str


class Dictionary:
    """The dictionary page of a workbook: what stands there, what should, and whose signatures still hold."""

    def __init__(self, made: Refresh) -> None:
        self._made = made
        self.title = made.inputs.page_names.get(DICTIONARY.name, DICTIONARY.name)
        self._raw: RawSheet | None = made.inputs.raw_control.get(DICTIONARY.name)
        self._sheet = made.inputs.control.get(DICTIONARY.name)
        latest = max(made.inputs.settings.versions, key=lambda each: each[0])[1]
        self._wanted = {key: definition(key, latest) for key in defined()} if self.there else {}

    @property
    def there(self) -> bool:
        """Whether the workbook has the page, with a column for the key."""
        return (
            self._raw is not None and self._sheet is not None and "kpi" in self._sheet.sent and not self._sheet.blocked
        )

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {field: column_number(letters) for field, letters in self._sheet.sent.items()} if self._sheet else {}

    @cached_property
    def _days(self) -> dict[int, date]:
        """Day from which each row holds, where it says so."""
        if self._sheet is None:
            return {}
        column = self._sheet.frame["valid_from"].dropna()
        return {row: day.date() for row, day in zip(column.index.tolist(), column, strict=True)}

    @cached_property
    def rows(self) -> dict[str, int]:
        """Worksheet row of each key: of several, the one that is valid from the latest day, else the last."""
        if not self.there or self._sheet is None:
            return {}
        found: dict[str, int] = {}
        since: dict[str, date] = {}
        keys, days = self._sheet.frame["kpi"].astype(object).tolist(), self._days
        for row, key in zip(self._sheet.frame.index.tolist(), keys, strict=True):
            if isinstance(key, str):
                name, day = key.strip().casefold(), days.get(row, date.min)
                if day >= since.get(name, date.min):
                    found[name], since[name] = row, day
        return found

    def text(self, key: str, field: str) -> str:
        """Give what stands in a cell of a key's row, exactly as it is stored."""
        if self._raw is None or key not in self.rows or field not in self._columns:
            return ""
        column = self._raw.columns.get(self._columns[field])
        at = self._raw.rows.searchsorted(self.rows[key])
        if column is None or at >= len(self._raw) or column.kind[at] == Kind.BLANK:
            return ""
        return self._raw.strings[column.text[at]] if column.kind[at] == Kind.TEXT else f"{column.number[at]:.15g}"

    def edits(self) -> list[Edit]:
        """Cells to write: those of the definition that differ, and rows for keys that have none. What people wrote stays."""
        if not self.there or self._raw is None:
            return []
        made, last = [], int(self._raw.rows.max(initial=1))
        for key, texts in self._wanted.items():
            row = self.rows.get(key)
            if row is None:
                last += 1
                row = last
                made.append(Edit(row, self._columns["kpi"], key))
            made += [
                Edit(row, self._columns[field], texts[field])
                for field in DEFINED
                if field in self._columns and self.text(key, field) != texts[field]
            ]
        return made

    def entries(self, before: Iterable[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
        """Give entries of the run log: what each department has signed, and which definitions changed with this run."""
        log = [(SIGNED, f"{key}|{dept}", held, text) for key, dept, held, text in self._signatures(before)]
        for key, texts in self._wanted.items():
            for field in CARRIES:
                was = self.text(key, field)
                if was and was != texts[field]:
                    log.append((CHANGED, f"{key} {field}", texts[field], f"was {was}"))
        return log

    def findings(self, before: Iterable[tuple[str, str, str, str]]) -> list[Finding]:
        """W370: definitions that are no longer what was signed, with the departments that have to sign again."""
        again: dict[str, list[str]] = {}
        for key, dept, held, _ in self._signatures(before):
            if held != hash_of(self._wanted[key]):
                again.setdefault(key, []).append(dept)
        found = []
        for key, depts in again.items():
            cells = tuple(f"{column_letters(self._columns[f'signed_by_{dept}'])}{self.rows[key]}" for dept in depts)
            named = [SIGNERS[dept] for dept in depts]
            detail = (("dept_zh", "、".join(zh for zh, _ in named)), ("dept_en", ", ".join(en for _, en in named)))
            found.append(Finding("W370", self.title, found=key, count=len(depts), cells=cells, detail=detail))
        return found

    def _signatures(self, before: Iterable[tuple[str, str, str, str]]) -> list[tuple[str, str, str, str]]:
        """Give key, department, hash of what it signed, and the signature. A new signature is for what stands on the page."""
        known = {item: (held, text) for section, item, held, text in before if section == SIGNED}
        made = []
        for key, texts in self._wanted.items():
            for dept in SIGNERS:
                signature = self.text(key, f"signed_by_{dept}").strip()
                if not signature:
                    continue
                held, text = known.get(f"{key}|{dept}", ("", ""))
                if text != signature or not held:
                    shown = {field: self.text(key, field) for field in CARRIES}
                    held = hash_of(shown if any(shown.values()) else texts)
                made.append((key, dept, held, signature))
        return made

    def notes(self) -> dict[str, str]:
        """Give version and validity of each definition that people have dated, for the Notes page."""
        found = {}
        for key in self._wanted:
            day = self._days.get(self.rows.get(key, 0))
            parts = [self.text(key, "version"), day.isoformat() if day else ""]
            if any(parts):
                found[key] = " · ".join(part for part in parts if part)
        return found
