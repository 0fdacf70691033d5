"""Settings: a threshold with a default in code, overridden by dated rows of the workbook's Settings sheet."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from loyalty_xl.cells import RawSheet
from loyalty_xl.settings_rows import SettingRow, setting_rows
from loyalty_xl.settings_table import SETTINGS, SettingDef, SettingKind, Settings
from loyalty_xl.settings_values import UnreadableError, folded, parse_date, parse_setting
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loyalty_xl.vocabulary import Period

__all__ = ["SETTINGS", "DatedSettings", "SettingDef", "SettingKind", "SettingRow", "Settings", "read_settings"]


@dataclass(frozen=True)
class DatedSettings:
    """Settings over time.

    `versions` holds (first day, settings), ascending; the first begins at `date.min`.
    `untrusted` names settings that contradict each other: KPIs that read one of them are withheld.
    `given` names the settings that the sheet or the command gave; all others stand at their documented default.
    """

    versions: tuple[tuple[date, Settings], ...] = ((date.min, Settings()),)
    untrusted: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()

    def at(self, day: date) -> Settings:
        """Give the settings in force on *day*: the newest rows whose valid_from is not after it."""
        return next(settings for first, settings in reversed(self.versions) if first <= day or first == date.min)

    def for_period(self, period: Period) -> Settings:
        """Give the settings in force at the end of *period*, that is on its last day."""
        return self.at(period.end - timedelta(days=1))

    @property
    def changed_keys(self) -> frozenset[str]:
        """Settings that differ from their default at any time."""
        return frozenset(
            name
            for name, each in SETTINGS.items()
            for _, settings in self.versions
            if getattr(settings, name) != each.default
        )

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Settings that nobody gave, with their default (listed on the report)."""
        return {name: each.default for name, each in SETTINGS.items() if name not in self.given}


def read_settings(
    source: RawSheet | Iterable[SettingRow] | None = None,
    overrides: Mapping[str, str] | None = None,
    *,
    title: str | None = None,
) -> tuple[DatedSettings, list[Finding]]:
    """Read the Settings sheet, and what the command line sets over it.

    Parameters
    ----------
    source
        The sheet as cells, or its rows; None when there is none.
    overrides
        Keys and texts of `--set`; they hold on every day, whatever the sheet says.
    title
        What findings call the sheet (default: its own name).

    Notes
    -----
    A setting that cannot be read keeps its default. Settings that contradict each other are named in `untrusted`.

    """
    findings: list[Finding] = []
    rows = (
        list(setting_rows(source, title or source.name, findings))
        if isinstance(source, RawSheet)
        else list(source or ())
    )
    dated: dict[tuple[str, date], tuple[Any, SettingRow]] = {}
    untrusted: set[str] = set()
    for row in rows:
        read = _read_row(row, findings)
        if read is None:
            continue
        name, first, value = read
        if (earlier := dated.get((name, first))) and earlier[0] != value:
            show = SETTINGS[name].show
            findings.append(
                _contradiction(
                    row, name, f"{name} = {show(value)}", f"{name} = {show(earlier[0])}", other=earlier[1].cell
                )
            )
            untrusted.add(name)
        dated.setdefault((name, first), (value, row))
    fixed: dict[str, tuple[Any, SettingRow]] = {}
    for key, text in (overrides or {}).items():
        row = SettingRow(key, text, sheet="--set", key_cell=key, cell=key)
        if read := _read_row(row, findings):
            fixed[read[0]] = (read[2], row)
            untrusted.discard(read[0])
    for name in untrusted:
        dated = {place: entry for place, entry in dated.items() if place[0] != name}
    versions = []
    for day in sorted({date.min, *(first for _, first in dated)}):
        held = {
            name: entry for (name, first), entry in sorted(dated.items(), key=lambda item: item[0][1]) if first <= day
        } | fixed
        settings = Settings(**{name: value for name, (value, _) in held.items()})
        untrusted |= _contradictions(settings, {name: row for name, (_, row) in held.items()}, findings)
        versions.append((day, settings))
    given = frozenset({name for name, _ in dated} | set(fixed))
    findings = list(dict.fromkeys(findings))
    return DatedSettings(tuple(versions), frozenset(untrusted), given), findings


def setting_name(text: str) -> str | None:
    """Give the key that *text* means: a key, a Chinese label, or another name of it."""
    return _names().get(folded(text))


def nearest_settings(text: str) -> list[str]:
    """Give the keys that look most like *text*."""
    from rapidfuzz import fuzz, process

    names = _names()
    hits = process.extract(folded(text), list(names), scorer=fuzz.WRatio, limit=8, score_cutoff=50)
    return list(dict.fromkeys(names[name] for name, _, _ in hits))[:3]


def _read_row(row: SettingRow, findings: list[Finding]) -> tuple[str, date, Any] | None:
    """Read one row; None when it says nothing that can be used."""
    if not row.key.strip():
        return None
    name = setting_name(row.key)
    if name is None:
        near = nearest_settings(row.key)
        findings.append(
            Finding(
                "E301",
                row.sheet,
                row.key_cell,
                found=row.key,
                expected=", ".join(near),
                detail=_what("参数", "setting"),
            )
        )
        return None
    definition = SETTINGS[name]
    if row.fault:
        found, fault = ("", "formula") if row.fault == "formula" else (row.fault, "error")
        detail = (("fault", fault), *_kept(definition))
        findings.append(Finding("E305", row.sheet, row.cell, found, definition.allowed, name, detail=detail))
        return None
    if row.value is None or (isinstance(row.value, str) and not row.value.strip()):
        return None
    shown = (
        row.value.isoformat()
        if isinstance(row.value, date)
        else f"{row.value:.15g}"
        if isinstance(row.value, float)
        else str(row.value)
    )
    try:
        value = parse_setting(definition, row.value)
    except UnreadableError:
        code = "E303" if definition.choices else "E302"
        findings.append(Finding(code, row.sheet, row.cell, shown, definition.allowed, name, detail=_kept(definition)))
        return None
    if _outside(definition, value):
        expected = definition.limits
        if definition.kind is SettingKind.SHARE and 1 < value <= 100:
            expected = f"{value / 100:.10g} / {value:.10g}%"
        findings.append(Finding("E303", row.sheet, row.cell, shown, expected, name, detail=_kept(definition)))
        return None
    first = date.min
    if row.valid_from is not None and row.valid_from != "":
        try:
            first = parse_date(None, row.valid_from)
        except UnreadableError:
            found = str(row.valid_from)
            findings.append(
                Finding("E302", row.sheet, row.date_cell, found, "2026-01-31", "valid_from", detail=_kept(definition))
            )
            return None
    return name, first, value


def _outside(definition: SettingDef, value: Any) -> bool:
    low, high, above = definition.low, definition.high, definition.above
    return isinstance(value, int | float) and (
        (low is not None and value < low)
        or (high is not None and value > high)
        or (above is not None and value <= above)
    )


def _contradictions(settings: Settings, rows: Mapping[str, SettingRow], findings: list[Finding]) -> set[str]:
    """Find settings that exclude each other; each finding stands on the later cell and names the other setting."""
    top = int(settings.csat_scale.rpartition("-")[2])
    start, as_of = settings.company_start, settings.as_of
    rules = (
        ("nps_scale_min", "<", "nps_scale_max", settings.nps_scale_min < settings.nps_scale_max),
        ("nps_detractor_max", "<", "nps_promoter_min", settings.nps_detractor_max < settings.nps_promoter_min),
        ("nps_detractor_max", ">=", "nps_scale_min", settings.nps_detractor_max >= settings.nps_scale_min),
        ("nps_promoter_min", "<=", "nps_scale_max", settings.nps_promoter_min <= settings.nps_scale_max),
        ("csat_top_box", "<", "csat_scale", settings.csat_top_box < top),
        (
            "new_customer_window_days",
            "<=",
            "new_customer_year_days",
            settings.new_customer_window_days <= settings.new_customer_year_days,
        ),
        ("warn_band_medium", "<", "warn_band_high", settings.warn_band_medium < settings.warn_band_high),
        ("company_start", "<", "as_of", start is None or as_of is None or start < as_of),
    )
    untrusted: set[str] = set()
    for left, sign, right, holds in rules:
        if holds:
            continue
        untrusted |= {left, right}
        placed = [name for name in (left, right) if name in rows]
        name = max(placed, key=lambda each: _row_order(rows[each])) if placed else left
        row = rows.get(name, SettingRow(name, None))
        other = right if name == left else left
        shown = {each: f"{each} = {SETTINGS[each].show(getattr(settings, each))}" for each in (left, right)}
        place = rows[other].cell if other in rows else ""
        findings.append(_contradiction(row, name, shown[name], shown[other], f"{left} {sign} {right}", place))
    if settings.dimension_weights and not math.isclose(
        sum(weight for _, weight in settings.dimension_weights), 100, abs_tol=0.01
    ):
        row = rows["dimension_weights"]
        total = sum(weight for _, weight in settings.dimension_weights)
        where = (("where_zh", "各维度"), ("where_en", "the dimensions"))
        findings.append(Finding("W307", row.sheet, row.cell, f"{total:.10g}", "100", "dimension_weights", detail=where))
    return untrusted


def _row_order(row: SettingRow) -> tuple[bool, int]:
    digits = re.sub(r"\D", "", row.cell)
    return row.sheet == "--set", int(digits or 0)


def _contradiction(
    row: SettingRow, name: str, found: str, against: str, expected: str = "", other: str = ""
) -> Finding:
    return Finding(
        "E304", row.sheet, row.cell, found, expected, name, detail=(("other", against), ("other_cell", other))
    )


def _what(zh: str, en: str) -> tuple[tuple[str, str], ...]:
    return (("what_zh", zh), ("what_en", en))


def _kept(definition: SettingDef) -> tuple[tuple[str, str], ...]:
    """Say what is used instead of a value that cannot be."""
    default = definition.show(definition.default)
    return (("kept_zh", default or "空（不使用）"), ("kept_en", default or "blank (not used)"))


@cache
def _names() -> dict[str, str]:
    """Every name of every setting, folded, with its key."""
    names: dict[str, str] = {}
    for name, each in SETTINGS.items():
        for text in (name, each.zh, *each.aliases):
            names.setdefault(folded(text), name)
    return names
