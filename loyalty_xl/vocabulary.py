"""The words of the product as small frozen values: cycle, period, unit, finding, result, target."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property


class Cycle(StrEnum):
    """The rhythm of reporting."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"
    RANGE = "range"  # months named one by one, 2026-01..02
    ALL = "all"  # first data to as_of

    @property
    def months(self) -> int:
        """Length in months (0 for range and all, which have none of their own)."""
        return {"month": 1, "quarter": 3, "half_year": 6, "year": 12}.get(self.value, 0)


class Dimension(StrEnum):
    """Where a KPI belongs."""

    BEHAVIOUR = "behaviour"
    ATTITUDE = "attitude"
    RETENTION = "retention"
    PRICE = "price"
    SERVICE = "service"
    VALUE = "value"
    PROGRAMME = "programme"
    QUALITY = "quality"


class Unit(StrEnum):
    """What a KPI is counted in."""

    SHARE = "share"  # 0 to 1
    POINTS = "points"  # -100 to 100, or 0 to 100
    SCORE = "score"  # mean on its own scale
    COUNT = "count"
    MONEY = "money"
    MONEY_PER_CUSTOMER = "money per customer"
    MONEY_PER_ORDER = "money per order"
    MONEY_PER_ANSWER = "money per answer"
    PER_CUSTOMER = "per customer"
    PER_MONTH = "per month"
    PER_THOUSAND = "per 1,000"
    DAYS = "days"
    MINUTES = "minutes"
    MONTHS = "months"
    TIMES = "times"
    RATIO = "ratio"

    @property
    def is_money(self) -> bool:
        """Whether `money_unit` scales it for display."""
        return self.value.startswith("money")

    @property
    def is_additive(self) -> bool:
        """Whether a yearly target is divided by its number of periods."""
        return self in (Unit.COUNT, Unit.MONEY)


class Better(StrEnum):
    """In which direction a KPI is good."""

    HIGHER = "higher"
    LOWER = "lower"
    RANGE = "range"


class Level(StrEnum):
    """How prominent a KPI is (G22)."""

    CORE = "core"
    MORE = "more"
    STUDY = "study"


class Window(StrEnum):
    """What a KPI looks at for a period (G4)."""

    CYCLE = "cycle"
    ROLLING_12M = "rolling_12m"
    LATEST_WAVE = "latest_wave"


class Reason(StrEnum):
    """Why there is no value (G6)."""

    NO_DATA = "no_data"
    NOT_RECEIVED = "not_received"
    NO_DENOMINATOR = "no_denominator"
    INSUFFICIENT_HISTORY = "insufficient_history"
    MATURING = "maturing"
    NOT_IDENTIFIED = "not_identified"
    NOT_COMPARABLE = "not_comparable"
    NOT_VALIDATED = "not_validated"
    BLOCKED = "blocked"


class Flag(StrEnum):
    """What a reader must know beside a value (G6)."""

    PARTIAL = "partial"
    LOW_BASE = "low_base"
    IMPUTED = "imputed"
    LEFT_CENSORED = "left_censored"
    COVERAGE_SHORT = "coverage_short"
    WINDOW_EXCEEDS_CYCLE = "window_exceeds_cycle"
    MIXED_CURRENCY = "mixed_currency"
    ESTIMATED = "estimated"
    MATURED = "matured"  # was only maturing when its period was closed
    ADJUSTED = "adjusted"  # a person replaced the computed value, with a reason


class Status(StrEnum):
    """How an actual stands against its target (T3)."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"


class Trend(StrEnum):
    """How an actual stands against the previous period (T5)."""

    BETTER = "better"
    WORSE = "worse"
    FLAT = "flat"
    UNCLEAR = "unclear"
    NONE = "none"


class Severity(StrEnum):
    """How bad a finding is; the letter of its code says it too."""

    ERROR = "error"
    WARNING = "warning"


ALL = "All"  # the segment that is the total
UNASSIGNED = "Unassigned 未归类"
SEGMENT_DIMS = ("all", "region", "product_type", "tier", "channel")


def month_ordinal(day: date) -> int:
    """Count months from year 0, so that months can be subtracted."""
    return day.year * 12 + day.month - 1


def month_start(ordinal: int) -> date:
    """Give the first day of the month with this ordinal."""
    return date(ordinal // 12, ordinal % 12 + 1, 1)


@dataclass(frozen=True)
class Calendar:
    """The company's fiscal calendar.

    Parameters
    ----------
    first_month
        Month in which the fiscal year begins. [1 to 12]
    named_by
        Whether a fiscal year is named by the year in which it `end`s (usual) or `start`s.
    """

    first_month: int = 1
    named_by: str = "end"

    def period(self, cycle: Cycle, month: int) -> Period:
        """Give the period of *cycle* that holds the month with this ordinal."""
        length = cycle.months
        if not length:
            raise ValueError(f"{cycle} has no fixed length")
        shift = self.first_month - 1
        start = (month - shift) // length * length + shift
        return Period(cycle, start, start + length, self._label(cycle, start))

    def _label(self, cycle: Cycle, start: int) -> str:
        if cycle is Cycle.MONTH:
            return f"{start // 12:04d}-{start % 12 + 1:02d}"
        shift = self.first_month - 1
        year = (start - shift) // 12
        if shift and self.named_by == "end":
            year += 1
        turn = (start - shift) % 12 // cycle.months + 1
        stem = f"FY{year:04d}" if shift else f"{year:04d}"
        return {Cycle.QUARTER: f"{stem}-Q{turn}", Cycle.HALF_YEAR: f"{stem}-H{turn}"}.get(cycle, stem)

    def parse(self, text: str) -> Period | None:
        """Read a period label as people type it; None when it is none.

        Accepts `2026-03`, `2026/3`, `2026年3月`, `202603`, `2026-Q1`, `2026Q1`, `2026-H1`, `2026`, `2026年`, `FY2026`, `FY2026-Q1`, `2026-01..02`,
        `2026-11..2027-01`.
        """
        text = text.strip().upper().replace("－", "-").replace("～", "..").replace("~", "..")
        if found := re.fullmatch(r"(\d{4})[-/.年]?(0?[1-9]|1[0-2])月?", text):
            month = int(found[1]) * 12 + int(found[2]) - 1
            return self.period(Cycle.MONTH, month)
        if found := re.fullmatch(r"(\d{4})-(\d{1,2})\.\.(?:(\d{4})-)?(\d{1,2})", text):
            first = int(found[1]) * 12 + int(found[2]) - 1
            last = int(found[3] or found[1]) * 12 + int(found[4]) - 1
            if not (1 <= int(found[2]) <= 12 and 1 <= int(found[4]) <= 12) or last < first:
                return None
            tail = f"{last % 12 + 1:02d}" if last // 12 == first // 12 else f"{last // 12:04d}-{last % 12 + 1:02d}"
            return Period(Cycle.RANGE, first, last + 1, f"{first // 12:04d}-{first % 12 + 1:02d}..{tail}")
        found = re.fullmatch(
            r"(FY)?(\d{4})年?度?(?:[-/]?(?:Q([1-4])|第?([一二三四1-4])季度|H([12])|(上|下)半年))?", text
        )
        if not found or (found[1] and self.first_month == 1):
            return None
        quarter = found[3] or (found[4] and str("一二三四".find(found[4]) + 1 or found[4]))
        half = found[5] or (found[6] and str("上下".find(found[6]) + 1))
        cycle = Cycle.QUARTER if quarter else Cycle.HALF_YEAR if half else Cycle.YEAR
        year = int(found[2])
        if self.first_month > 1 and self.named_by == "end":
            year -= 1
        start = year * 12 + self.first_month - 1 + (int(quarter or half or 1) - 1) * cycle.months
        return self.period(cycle, start)

    def is_unmarked(self, text: str) -> bool:
        """Whether a label can mean two things: a quarter, half-year or year without FY where the fiscal year is another one."""
        period = self.parse(text) if self.first_month > 1 else None
        spans = (Cycle.QUARTER, Cycle.HALF_YEAR, Cycle.YEAR)
        return period is not None and period.cycle in spans and not text.strip().upper().startswith("FY")


@dataclass(frozen=True, order=True)
class Period:
    """One dated turn of a cycle, half-open: months from `first` up to, not including, `stop` (ordinals)."""

    cycle: Cycle = field(compare=False)
    first: int
    stop: int
    label: str = field(compare=False)

    @property
    def start(self) -> date:
        """First day."""
        return month_start(self.first)

    @property
    def end(self) -> date:
        """First day after it."""
        return month_start(self.stop)

    @property
    def months(self) -> int:
        """Length in months."""
        return self.stop - self.first

    def __str__(self) -> str:
        return self.label


def days_in_month(ordinal: int) -> int:
    """Count the days of the month with this ordinal."""
    return calendar.monthrange(ordinal // 12, ordinal % 12 + 1)[1]


MOST_SHOWN = 1_000  # characters of a text that a finding repeats


def _beginning(text: str) -> str:
    """Give a text, or its beginning where it is long."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


@dataclass(frozen=True)
class Finding:
    """One thing wrong, or worth knowing: where, what was found, what was expected, what to do.

    `found` and `expected` are short texts; `detail` fills further places in the code's sentences. Of a longer text only
    the beginning is shown, so that a sentence fits into a cell.
    `cells` holds the first addresses of a grouped finding; `count` says how many there are in all.
    """

    code: str
    sheet: str  # as the reader finds it: `Orders`, or `[orders.xlsx]Sheet1` for a file of its own
    cell: str = ""  # `C5`, a range, or "" for the whole sheet
    found: str = ""
    expected: str = ""
    column: str = ""  # header as sent
    count: int = 1
    cells: tuple[str, ...] = ()
    detail: tuple[tuple[str, str], ...] = ()
    frees: int = 0  # how many KPIs wait for the repair

    def __post_init__(self) -> None:
        for name in ("found", "expected", "column"):
            if len(text := getattr(self, name)) > MOST_SHOWN:
                object.__setattr__(self, name, _beginning(text))
        if any(len(text) > MOST_SHOWN for _, text in self.detail):
            object.__setattr__(self, "detail", tuple((name, _beginning(text)) for name, text in self.detail))

    @property
    def severity(self) -> Severity:
        """Severity, from the letter of the code."""
        return Severity.ERROR if self.code.startswith("E") else Severity.WARNING


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, and the standard error where differences are judged by it."""

    low: float
    high: float
    error: float | None = None


@dataclass(frozen=True)
class Result:
    """A KPI for one period and segment: a value, or the reason why there is none."""

    kpi: str
    period: Period
    segment_dim: str = "all"
    segment: str = ALL
    window: Window = Window.CYCLE
    value: float | None = None
    reason: Reason | None = None
    numerator: float | None = None
    denominator: float | None = None
    n: float | None = None
    interval: Interval | None = None
    flags: tuple[Flag, ...] = ()
    value_without_imputed: float | None = None
    imputed_share: float = 0.0
    note: str = ""  # last date of a coverage_short sheet, date of a wave, cohort

    @property
    def low(self) -> float | None:
        """Lower end of the interval."""
        return self.interval.low if self.interval else None

    @property
    def high(self) -> float | None:
        """Upper end of the interval."""
        return self.interval.high if self.interval else None

    @cached_property
    def id(self) -> str:
        """What Detail's first column and other people's formulas call it."""
        where = ALL if self.segment_dim == "all" else f"{self.segment_dim}={self.segment}"
        return f"{self.kpi}|{self.period}|{where}"


@dataclass(frozen=True)
class Target:
    """What was aimed at, from one row of Targets."""

    kpi: str
    period: Period
    target: float | None
    segment_dim: str = "all"
    segment: str = ALL
    target_type: str = "absolute"  # absolute, relative_change, points_change, beat_competitor
    better: Better | None = None  # None: the KPI's own
    baseline: float | None = None
    lower: float | None = None
    upper: float | None = None
    green: float | None = None
    amber: float | None = None
    weight: float | None = None  # share of the dimension; None = equal
    owner: str = ""
    dept: str = ""
    due: str = ""
    objective: str = ""
    status: str = "live"  # draft, pilot, live, retired
    valid_from: date | None = None
    row: int = 0
    comment: str = ""
    rationale: str = ""


STAGES = ("new", "growing", "steady", "at risk", "lost")  # of customer development


@dataclass(frozen=True)
class Plan:
    """What is done about a KPI, from one row of Improvement."""

    plan_id: str
    kpi: str
    segment_dim: str = "all"
    segment: str = ALL
    stage: str = ""  # one of STAGES, "" = none in particular
    trigger: Period | None = None  # whose result set it off
    review: Period | None = None  # by which it is judged
    goal: float | None = None
    start: date | None = None
    due: date | None = None
    owner: str = ""
    dept: str = ""
    has_resources: bool = False
    progress: float | None = None
    status: str = "planned"  # planned, doing, done, overdue, dropped
    result_value: float | None = None
    row: int = 0

    @property
    def where(self) -> tuple[str, str, str]:
        """KPI, segment dim and segment."""
        return self.kpi, self.segment_dim, self.segment

    def overdue(self, as_of: date) -> bool:
        """Whether its last day is over by *as_of* and it is not done."""
        return self.status not in ("done", "dropped") and (
            self.status == "overdue" or (self.due is not None and self.due < as_of)
        )


@dataclass(frozen=True)
class Adjustment:
    """A value that a person puts in place of a computed one, from one row of Adjustments."""

    kpi: str
    period: Period
    segment_dim: str = "all"
    segment: str = ALL
    value: float | None = None
    reason: str = ""
    by: str = ""
    on: date | None = None
    note: str = ""
    row: int = 0
    computed: float | None = None  # what the Scorecard would show without it
    withheld: Reason | None = None  # why nothing was computed

    @property
    def complete(self) -> bool:
        """Whether it says what it must: a value, why, and who decided."""
        return self.value is not None and bool(self.reason and self.by)

    @property
    def where(self) -> tuple[str, str, str]:
        """KPI, segment dim and segment."""
        return self.kpi, self.segment_dim, self.segment

    @property
    def id(self) -> str:
        """What Detail calls the result that it is about."""
        return Result(self.kpi, self.period, self.segment_dim, self.segment).id
