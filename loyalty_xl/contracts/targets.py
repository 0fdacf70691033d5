"""The Targets sheet: rows to targets, and the look-up of the target of a KPI for a period and segment."""

from __future__ import annotations

import dataclasses
import math
import re
import unicodedata
from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from loyalty_xl.contracts.target_changes import renamed_segments, unmarked_periods
from loyalty_xl.contracts.target_lookup import NUMBERS, RULED_OUT, earlier_targets, target_for
from loyalty_xl.contracts.weights import normalised
from loyalty_xl.vocabulary import ALL, SEGMENT_DIMS, Better, Calendar, Dimension, Finding, Period, Target, Unit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.contracts.target_changes import Renamed

    Segments = Mapping[str, Collection[str]]

_REPEAT = ("repeat_purchase_rate", "returning_customer_share", "repurchase_rate", "lifetime_repeat_rate")
REFUSED = {
    "复购率": _REPEAT,
    "重复购买率": _REPEAT,
    "repeatrate": _REPEAT,
}  # four KPIs: refused even as a label, with the choices
SHARED = {  # refused unless exactly one KPI has it as its label
    "客单价": ("average_spend", "average_order_value"),
    "留存率": ("retention_rate", "purchase_retention_rate", "new_customer_retention"),
    "满意度": ("csat", "csat_top_two"),
    "投诉率": ("complaint_rate", "complaining_customer_share"),
    "新客留存率": ("new_customer_retention", "new_customer_watch"),
}
DIRECTIONS = {"up": Better.HIGHER, "down": Better.LOWER, "range": Better.RANGE}
CONTROL_CODES = {
    "E203": "E302",
    "E223": "E302",
    "E224": "E302",
    "E233": "E302",
    "E231": "E303",
    "E228": "E305",
    "E229": "E305",
}
BEAT, BEATABLE = "beat_competitor", "nps"  # of competitors only this is known


class KpiName(Protocol):
    """What a target needs to know about a KPI."""

    @property
    def key(self) -> str:
        """Key."""

    @property
    def zh(self) -> str:
        """Chinese label."""

    @property
    def en(self) -> str:
        """English label."""

    @property
    def unit(self) -> Unit:
        """Unit."""

    @property
    def low(self) -> float | None:
        """Lowest possible value."""

    @property
    def high(self) -> float | None:
        """Highest possible value."""

    @property
    def dimension(self) -> Dimension:
        """Dimension."""

    @property
    def better(self) -> Better:
        """Direction in which it is good."""


def control_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Restate findings of cells in the codes of control sheets (E302 unreadable, E303 out of range, E305 formula)."""

    def restated(each: Finding) -> Finding:
        code = CONTROL_CODES.get(each.code, each.code)
        detail = each.detail
        if code == "E305":
            detail = (*detail, ("fault", "error" if each.found else "formula"))
        return dataclasses.replace(each, code=code, detail=detail)

    return [restated(each) for each in findings]


def read_targets(
    sheet: Sheet,
    names: Mapping[str, KpiName],
    calendar: Calendar,
    segments: Segments | None = None,
    renamed: Renamed | None = None,
    merged: Collection[str] = (),
) -> tuple[list[Target], list[Finding]]:
    """Read the targets of a checked Targets sheet.

    Parameters
    ----------
    sheet
        The sheet as `check_sheet` gives it.
    names
        The KPIs of the catalogue, by key.
    calendar
        The company's fiscal calendar, which reads the period labels.
    segments
        Values of each segment dim; a dim that is not in it is not checked.
    renamed
        Other names that segments had or will have, by dim, each with the name of the segment.
    merged
        Segments that several were made one of: targets under their earlier names are none of the whole.

    Notes
    -----
    A row without target is a template row and is ignored. A row that cannot be used is left out with its finding.

    """
    reader = Reader(sheet, names, calendar, segments or {}, renamed)
    targets = [target for row in records(sheet) if (target := reader.read(*row))]
    targets, found = renamed_segments(targets, {row: name for row, (name, _) in reader.typed.items()}, sheet, merged)
    reader.findings += found + reader.unmarked()
    targets = reader.without_doubles(targets)
    if "weight" in sheet.sent:
        dimension = {key: each.dimension.value for key, each in names.items()}
        column = (sheet.sent["weight"], sheet.headers.get("weight", "weight"))
        targets, findings = normalised(targets, dimension, sheet.title, column)
        reader.findings += findings
    return targets, reader.findings


def folded(text: str) -> str:
    """Fold a name for comparison: NFKC, lower case, letters and digits only."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def records(sheet: Sheet) -> list[tuple[int, dict[str, Any]]]:
    """Rows of the sheet as plain values; None for what is missing."""
    frame = sheet.frame
    if not len(frame):
        return []
    columns = {name: frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame.columns}
    return [(int(row), {name: held[place] for name, held in columns.items()}) for place, row in enumerate(frame.index)]


class Reader:
    """Reads rows of one sheet of targets or plans and collects what is wrong with them."""

    def __init__(
        self,
        sheet: Sheet,
        names: Mapping[str, KpiName],
        calendar: Calendar,
        segments: Segments,
        renamed: Renamed | None = None,
    ) -> None:
        self.sheet, self.names, self.calendar = sheet, names, calendar
        self.findings: list[Finding] = []
        self.typed: dict[int, tuple[str, str]] = {}  # row -> another name of its segment, and its name
        self.periods: dict[str, list[tuple[int, str]]] = defaultdict(list)  # field -> rows and periods as typed
        self.renamed = {dim: {folded(old): now for old, now in some.items()} for dim, some in (renamed or {}).items()}
        self.segments = {dim: {folded(each): each for each in values} for dim, values in segments.items()}
        self.labels: dict[str, set[str]] = defaultdict(set)
        for each in names.values():
            for label in (each.zh, each.en):
                self.labels[folded(label)].add(each.key)
        for key in names:
            self.labels[folded(key)] = {key}

    def find(self, code: str, row: int, field: str, found: Any = "", expected: str = "", **detail: str) -> None:
        """Note a finding on one cell."""
        cell = f"{self.sheet.sent[field]}{row}" if field in self.sheet.sent else f"{row}:{row}"
        shown = f"{found:.15g}" if isinstance(found, float) else str(found)
        column = self.sheet.headers.get(field, field)
        self.findings.append(
            Finding(code, self.sheet.title, cell, shown, expected, column, detail=tuple(detail.items()))
        )

    def read(self, row: int, cells: dict[str, Any]) -> Target | None:
        """Read one row."""
        better = DIRECTIONS.get(cells.get("direction") or "")
        ranged = better is Better.RANGE and (cells.get("lower") is not None or cells.get("upper") is not None)
        beats = cells.get("target_type") == BEAT
        if cells.get("target") is None and not ranged and not beats:
            return None
        name = self.kpi(row, str(cells.get("kpi") or ""))
        period = self.period(row, str(cells.get("period") or ""), cells.get("cycle_type"))
        place = self.segment(row, cells.get("segment_dim"), str(cells.get("segment") or ""))
        if name is None or period is None or place is None:
            return None
        if beats:
            if name.key != BEATABLE:
                self.find("E335", row, "kpi", name.key, BEATABLE)
                return None
            if cells.get("target") is not None:
                self.find("W339", row, "target", float(cells["target"]))
            better, cells = None, {**cells, "target": None, "lower": None, "upper": None}
        kind = cells.get("target_type") or "absolute"
        if not self.in_range(row, cells, name, kind):
            return None
        lower, upper = cells.get("lower"), cells.get("upper")
        if lower is not None and upper is not None and lower > upper:
            self.find("E304", row, "lower", f"lower = {lower:.10g}", "lower <= upper", other=f"upper = {upper:.10g}")
            return None
        if not self.lights_fit(row, cells, better or name.better):
            cells = cells | {"green": None, "amber": None}
        numbers: dict[str, Any] = {field: cells.get(field) for field in (*NUMBERS, "weight")}
        texts: dict[str, Any] = {
            field: str(cells.get(field) or "").strip()
            for field in ("owner", "dept", "due", "objective", "comment", "rationale")
        }
        first = cells.get("valid_from")
        return Target(
            name.key,
            period,
            segment_dim=place[0],
            segment=place[1],
            target_type=kind,
            better=better,
            status=cells.get("status") or "live",
            valid_from=date(first.year, first.month, first.day) if first is not None else None,
            row=row,
            **numbers,
            **texts,
        )

    def kpi(self, row: int, text: str) -> KpiName | None:
        """Find the KPI that a name means; a name of several is refused."""
        wanted = folded(text)
        if text.strip().casefold() in self.names:
            return self.names[text.strip().casefold()]
        choices = list(REFUSED.get(wanted, ())) or sorted(self.labels.get(wanted, ()))
        if len(choices) == 1:
            return self.names[choices[0]]
        choices = [key for key in choices or SHARED.get(wanted, ()) if key in self.names]
        if choices:
            self.find("E306", row, "kpi", text, ", ".join(f"{key} ({self.names[key].zh})" for key in choices))
            return None
        near = self.nearest(wanted)
        self.find("E301", row, "kpi", text, ", ".join(near), what_zh="指标", what_en="KPI")
        return None

    def nearest(self, wanted: str) -> list[str]:
        """Give the keys whose key or label looks most like *wanted*."""
        from rapidfuzz import fuzz, process

        hits = process.extract(wanted, list(self.labels), scorer=fuzz.WRatio, limit=9, score_cutoff=50)
        return list(dict.fromkeys(key for label, _, _ in hits for key in sorted(self.labels[label])))[:4]

    def period(self, row: int, text: str, cycle: str | None, field: str = "period") -> Period | None:
        """Read the period of a row."""
        example = "2026-03 / 2026-Q1 / 2026-H1 / 2026"
        if day := re.match(r"(\d{4}-\d{2})-\d{2}(\s|T|$)", text):  # a date cell is read as its month
            text = day[1]
        period = self.calendar.parse(text) if text else None
        if period is None:
            ends = re.fullmatch(
                r"\s*(\d{4}-\d{1,2})\s*(?:\.\.|~)\s*((?:\d{4}-)?\d{1,2})\s*", unicodedata.normalize("NFKC", text)
            )
            if ends and all(1 <= int(end.rpartition("-")[2]) <= 12 for end in ends.groups()):
                self.find("E304", row, field, ends[1], "first month <= last month", other=ends[2])
            else:
                self.find("E302", row, field, text, example)
            return None
        if cycle and cycle != period.cycle.value:
            self.find(
                "E304", row, "period", str(period), f"cycle_type = {period.cycle.value}", other=f"cycle_type = {cycle}"
            )
            return None
        self.periods[field].append((row, text))
        return period

    def unmarked(self) -> list[Finding]:
        """W293: periods that were read in the fiscal calendar and may have been meant otherwise."""
        return [
            each
            for field, read in self.periods.items()
            for each in unmarked_periods(self.sheet, field, read, self.calendar)
        ]

    def _renamed(self, row: int, dim: str | None, text: str) -> tuple[str | None, str]:
        """Give dim and name of a segment that is typed under another name than it has."""
        if not any(folded(text) in values for each, values in self.segments.items() if dim in (None, "all", each)):
            for each, names in self.renamed.items():
                if dim in (None, "all", each) and (now := names.get(folded(text))):
                    self.typed[row] = text, now
                    return each, now
        return dim, text

    def segment(self, row: int, dim: str | None, text: str) -> tuple[str, str] | None:
        """Find the segment of a row: dim and value."""
        if "=" in text and text.partition("=")[0].strip() in SEGMENT_DIMS:
            dim, _, text = (part.strip() for part in text.partition("="))
        if folded(text) in ("", "all", "全部", "整体", "总体", "合计"):
            if dim in (None, "all"):
                return "all", ALL
            self.find(
                "E302", row, "segment", text, ", ".join(list(self.segments.get(str(dim), {}).values())[:5]) or str(dim)
            )
            return None
        dim, text = self._renamed(row, dim, text)
        if dim in (None, "all"):
            dims = [each for each, values in self.segments.items() if folded(text) in values]
            if len(dims) == 1:
                return dims[0], self.segments[dims[0]][folded(text)]
            if dims:
                self.find("E306", row, "segment", text, ", ".join(f"{each}={text}" for each in dims))
                return None
            known = [value for values in self.segments.values() for value in values.values()]
        else:
            held = self.segments.get(dim)
            if held is None:
                return dim, text.strip()
            if folded(text) in held:
                return dim, held[folded(text)]
            known = list(held.values())
        from rapidfuzz import process

        near = [hit[0] for hit in process.extract(text, known, limit=3)]
        self.find("E301", row, "segment", text, ", ".join(near), what_zh="细分", what_en="segment")
        return None

    def in_range(
        self, row: int, cells: dict[str, Any], name: KpiName, kind: str, numbers: Sequence[str] = NUMBERS
    ) -> bool:
        """Check that the target and its companions are possible values of the KPI."""
        fits = True
        for field in numbers:
            value = cells.get(field)
            if value is None or (field != "baseline" and kind != "absolute"):
                continue
            if (name.low is None or value >= name.low - 1e-12) and (name.high is None or value <= name.high + 1e-12):
                continue
            low, high = (f"{limit:.10g}" if limit is not None else "" for limit in (name.low, name.high))
            expected = f"{low} to {high}" if low and high else f">= {low}" if low else f"<= {high}"
            if name.unit is Unit.SHARE and 1 < value <= 100:
                expected = f"{value / 100:.10g} / {value:.10g}%"
            self.find("E303", row, field, float(value), expected)
            fits = False
        return fits

    def lights_fit(self, row: int, cells: dict[str, Any], better: Better) -> bool:
        """Check that amber is worse than green; else neither is used."""
        green, amber = cells.get("green"), cells.get("amber")
        if green is None or amber is None or better is Better.RANGE:
            return True
        sign = ">" if better is Better.LOWER else "<"
        if amber != green and (amber > green) == (better is Better.LOWER):
            return True
        self.find("E304", row, "amber", f"amber = {amber:.10g}", f"amber {sign} green", other=f"green = {green:.10g}")
        return False

    def without_doubles(self, targets: list[Target]) -> list[Target]:
        """Leave out targets of which two are in force for one KPI, segment and period; equal ones count once."""
        groups: dict[tuple[Any, ...], list[Target]] = defaultdict(list)
        for each in targets:
            if each.status in RULED_OUT:
                groups[(each.row,)].append(each)
            else:
                period = (each.period.first, each.period.stop)
                groups[(each.kpi, each.segment_dim, each.segment, period, each.valid_from)].append(each)
        kept = []
        for first, *others in groups.values():
            differing = [each for each in others if dataclasses.replace(each, row=first.row) != first]
            for each in differing:
                shown = [f"{each.kpi} {each.period} = {_shown(each)}", f"{first.kpi} {first.period} = {_shown(first)}"]
                place = f"{self.sheet.sent.get('target', '')}{first.row}"
                self.find("E304", each.row, "target", shown[0], other=shown[1], other_cell=place)
            if not differing:
                kept.append(first)
        return sorted(kept, key=lambda each: each.row)


def _shown(target: Target) -> str:
    if target.target_type == BEAT:
        return BEAT
    if target.target is not None and not math.isnan(target.target):
        return f"{target.target:.10g}"
    return f"{target.lower}..{target.upper}"


__all__ = ["BEAT", "BEATABLE", "NUMBERS", "RULED_OUT", "KpiName", "Reader", "control_findings", "earlier_targets", "folded", "read_targets", "records", "target_for"]  # fmt: skip
