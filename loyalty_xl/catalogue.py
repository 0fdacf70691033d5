"""The catalogue: rows, measures over rows, KPIs over measures, and listings.

A measure is a column that can be added up. A KPI is arithmetic on sums of measures: its parameters *are* the measures it reads.
A listing is a table (cohorts, customer states) that needs more than sums. Nothing here knows a spreadsheet or an engine.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from loyalty_xl.vocabulary import Better, Dimension, Flag, Interval, Level, Reason, Unit, Window

if TYPE_CHECKING:
    import narwhals as nw
    import numpy as np

ROWS: dict[str, Rows] = {}
MEASURES: dict[str, Measure] = {}
KPIS: dict[str, Kpi] = {}
LISTINGS: dict[str, Listing] = {}
SCORES: dict[str, Score] = {}


class Withheld(Exception):  # noqa: N818 - not an error: the reason why there is no value
    """Raised inside a KPI when it has no value."""

    def __init__(self, reason: Reason, numerator: float | None = None) -> None:
        super().__init__(reason.value)
        self.reason, self.numerator = reason, numerator


def require(condition: bool, reason: Reason) -> None:
    """Withhold the value for *reason* unless *condition* holds."""
    if not condition:
        raise Withheld(reason)


class Sum(float):
    """A sum of a measure, which remembers the division it ends in, so that every result can show numerator and denominator."""

    __slots__ = ()

    def __add__(self, other: float) -> Sum:
        return Sum(float(self) + float(other))

    def __sub__(self, other: float) -> Sum:
        return Sum(float(self) - float(other))

    def __mul__(self, other: float) -> Sum:
        return Sum(float(self) * float(other))

    def __truediv__(self, other: float) -> Ratio:
        return Ratio(float(self), float(other))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: float) -> Sum:
        return Sum(float(other) - float(self))


class Ratio(float):
    """A quotient that kept its parts."""

    __slots__ = ("denominator", "numerator")
    numerator: float
    denominator: float

    def __new__(cls, numerator: float, denominator: float) -> Self:
        """Divide, or withhold the value where there is nothing to divide by."""
        if denominator == 0:
            raise Withheld(Reason.NO_DENOMINATOR, numerator)
        self = super().__new__(cls, numerator / denominator)
        self.numerator, self.denominator = numerator, denominator
        return self


class _Seen:
    """Stands in for rows or settings and writes down which names were asked for."""

    def __init__(self, answer: Callable[[str], Any]) -> None:
        self._answer, self.names = answer, []  # type: ignore[var-annotated]

    def __getattr__(self, name: str) -> Any:
        if name not in self.names:
            self.names.append(name)
        return self._answer(name)


@dataclass(frozen=True)
class Rows:
    """Rows that measures are columns of: a sheet made ready, or derived from one.

    `columns` says for each column which sheet fields it comes from; `always` are the fields that place a row at all.
    `dated` rows have a `month`; the others are formed anew for each turn and have a `turn`.
    """

    name: str
    frame: str  # the ready frame it is built from
    sheets: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    always: tuple[str, ...] = ()
    dated: bool = True
    dims: tuple[str, ...] = ("all",)
    covered_by: tuple[str, ...] = ()  # sheets whose coverage decides (default: all of `sheets`)
    settings: tuple[str, ...] = ()  # settings that form the rows
    also: tuple[str, ...] = ()  # sheets that are read where they came, but are not needed
    build: Callable[..., Any] = field(
        default=lambda *_: None, compare=False
    )  # (ready, settings, dim[, turns]) -> frame

    def __post_init__(self) -> None:
        if self.name in ROWS:
            raise ValueError(f"rows {self.name} are defined twice")
        ROWS[self.name] = self


Expression = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Measure:
    """A column that can be added up, or (with `statistic`) one that needs all its values at once."""

    name: str
    rows: Rows
    expression: Expression
    statistic: Callable[[np.ndarray], float] | None = None
    lag_setting: str = ""  # cycles by which its months lie earlier

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns of its rows that it reads."""
        return self._traced[0]

    @property
    def settings(self) -> tuple[str, ...]:
        """Settings that it reads."""
        return self._traced[1]

    @cached_property
    def _traced(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        import narwhals as nw

        from loyalty_xl.settings import Settings

        rows, settings = _Seen(nw.col), _Seen(lambda name: getattr(Settings(), name))
        self.expression(rows, settings)
        return tuple(rows.names), tuple(settings.names)

    def column(self, settings: Any) -> nw.Expr:
        """Give the measure as a number column under *settings*."""
        import narwhals as nw

        expression = self.expression(_Seen(nw.col), settings).cast(nw.Float64)
        made: nw.Expr = (expression if self.statistic else expression.fill_null(0.0)).alias(self.name)
        return made


def measure(name: str, rows: Rows, expression: Expression, **more: Any) -> Measure:
    """Register a measure; *expression* takes the row's columns and the settings."""
    if name in MEASURES:
        raise ValueError(f"measure {name} is defined twice")
    MEASURES[name] = Measure(name, rows, expression, **more)
    return MEASURES[name]


@dataclass(frozen=True)
class Kpi:
    """Arithmetic on sums of measures, with everything a reader must know about it."""

    key: str
    code: str  # as in the literature table: A1, R2 ...
    function: Callable[..., float]
    zh: str
    en: str
    unit: Unit
    better: Better
    dimension: Dimension
    level: Level = Level.MORE
    window: Window = Window.CYCLE
    low: float | None = None
    high: float | None = None
    interval: Callable[..., Interval | None] | None = None
    base: str = ""  # measure that is the base n; default: the denominator
    history: str = ""  # what must precede the period: "", "window", "base", "previous", "compared" (all of a period as long), "decline"
    censored: str = ""  # early periods mislead: judged at the period's "start" or "end"
    lag: str = ""  # look-ahead: "next" cycle, or the setting that holds the days
    cohort: str = "new_customers"  # measure of all who are to mature, of KPIs whose lag is in days
    settings: tuple[str, ...] = ()
    scale: str = ""  # for scores: the setting prefix of its scale
    stock: bool = False  # a count at a point in time: a yearly target is not divided by its months
    flagged: tuple[tuple[str, Flag], ...] = ()  # measures that flag the value where they are not 0
    default_weight: float = 1.0  # on the Scorecard, unless Targets says otherwise
    provisional: bool = False
    owner: str = ""  # department
    says: str = ""  # the definition in one Chinese sentence

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """Names of the measures it reads: its parameters but the settings."""
        return tuple(name for name in inspect.signature(self.function).parameters if name != "settings")

    @cached_property
    def wants_settings(self) -> bool:
        """Whether its function takes the settings in force."""
        return "settings" in inspect.signature(self.function).parameters

    @cached_property
    def all_measures(self) -> tuple[str, ...]:
        """Those, and the ones its interval and base read."""
        wanted = list(self.measures)
        wanted += list(inspect.signature(self.interval).parameters) if self.interval else []
        wanted += [self.base] if self.base else []
        wanted += [name for name, _ in self.flagged]
        return tuple(dict.fromkeys(name for name in wanted if name != "settings"))

    @property
    def target_unit(self) -> Unit:
        """Unit by which a yearly target is divided or not."""
        return Unit.PER_MONTH if self.stock else self.unit

    @property
    def worksheet_name(self) -> str:
        """Name as a worksheet function."""
        return f"LOYALTY_{self.key.upper()}"

    @property
    def definition(self) -> str:
        """The docstring, dedented."""
        return inspect.getdoc(self.function) or ""

    @property
    def title(self) -> str:
        """First sentence of the definition."""
        return self.definition.split("\n", 1)[0]

    def label(self, language: str) -> str:
        """Name in *language*."""
        return {"zh": self.zh, "en": self.en}.get(language, f"{self.zh} {self.en}")


def kpi(key: str, code: str, **facts: Any) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Register the decorated function as a KPI; its parameters name the measures it reads."""

    def register(function: Callable[..., float]) -> Callable[..., float]:
        if key in KPIS:
            raise ValueError(f"KPI {key} is defined twice")
        KPIS[key] = Kpi(key, code, function, **facts)
        return function

    return register


@dataclass(frozen=True)
class Listing:
    """A table that needs more than sums: cohorts, customer states, mixes."""

    key: str
    code: str
    function: Callable[..., list[dict[str, Any]]]
    zh: str
    en: str
    dimension: Dimension
    sheets: tuple[str, ...]
    columns: tuple[str, ...]
    frames: tuple[str, ...] = ("orders",)  # ready frames without which it has no rows
    says: str = ""  # what it shows, in one Chinese sentence
    level: Level = Level.MORE
    owner: str = ""  # department
    personal: bool = False  # names employees: stays with those who lead them, and out of every share
    scored: bool = False  # its function takes what was scored (`rows.scored`), not ready frames

    @property
    def title(self) -> str:
        """First sentence of the definition."""
        return self.definition.split("\n", 1)[0]

    def label(self, language: str) -> str:
        """Name in *language*."""
        return {"zh": self.zh, "en": self.en}.get(language, f"{self.zh} {self.en}")

    @property
    def worksheet_name(self) -> str:
        """Name as a worksheet function."""
        return f"LOYALTY_{self.key.upper()}"

    @property
    def definition(self) -> str:
        """The docstring, dedented."""
        return inspect.getdoc(self.function) or ""


def listing(key: str, code: str, **facts: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as a listing."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        LISTINGS[key] = Listing(key, code, function, **facts)
        return function

    return register


@dataclass(frozen=True)
class Score:
    """How an actual is judged: attainment, status, change, the loyalty score. It stands beside every KPI, so it is none itself."""

    key: str
    code: str
    function: Callable[..., Any]
    zh: str
    en: str
    unit: Unit
    range: str  # possible values, in words of both languages
    inputs: tuple[str, ...]  # fields of Targets, columns of the Scorecard, settings
    says: str
    settings: tuple[str, ...] = ()

    @property
    def definition(self) -> str:
        """The docstring, dedented."""
        return inspect.getdoc(self.function) or ""

    @property
    def title(self) -> str:
        """First sentence of the definition."""
        return self.definition.split("\n", 1)[0]

    @property
    def worksheet_name(self) -> str:
        """Name as a worksheet function."""
        return f"LOYALTY_{self.key.upper()}"

    def label(self, language: str) -> str:
        """Name in *language*."""
        return {"zh": self.zh, "en": self.en}.get(language, f"{self.zh} {self.en}")


Judging = TypeVar("Judging", bound=Callable[..., Any])


def score_of(key: str, code: str, **facts: Any) -> Callable[[Judging], Judging]:
    """Register the decorated function as a way to judge KPIs."""

    def register(function: Judging) -> Judging:
        SCORES[key] = Score(key, code, function, **facts)
        return function

    return register
