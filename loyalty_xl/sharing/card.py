"""The card: what is shared of a scorecard, in one language and for one audience, before anything is drawn.

Everything on it may be shown as it is: figures of too few customers are taken out already, texts are in their final words, money is
in its display unit. Numbers stay numbers; whoever draws the card gives them the format of their unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loyalty_xl.vocabulary import ALL, Status, Trend, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

PERIODS = 13  # of a row's course, the current one included


@dataclass(frozen=True)
class Audience:
    """Who a card is for: those who read one language and may see the same segments."""

    language: str = "both"  # zh, en, both
    segments: tuple[str, ...] | None = None  # `region=华东`; None = all of them


@dataclass(frozen=True)
class Figure:
    """A number, or in words why there is none."""

    value: float | None = None
    why: str = ""  # "" where nothing is missing: the cell is simply blank
    suppressed: bool = False  # too few customers, or it would tell of too few

    @property
    def shown(self) -> bool:
        """Whether there is a number."""
        return self.value is not None


@dataclass(frozen=True)
class Action:
    """What is done about a row: one plan under way."""

    owner: str  # "" = nobody is named
    due: date | None = None
    overdue: bool = False


@dataclass(frozen=True)
class Row:
    """A line of the Scorecard."""

    key: str
    label: str  # with the unit of money where there is one
    dimension: str  # key of the dimension
    unit: Unit
    segment_dim: str = "all"
    segment: str = ALL
    place: str = ""  # the segment in words, "" for all customers
    actual: Figure = Figure()
    target: Figure = Figure()
    target_text: str = ""  # where the target is no single number
    variance: Figure = Figure()
    attainment: Figure = Figure()  # share
    status: Status = Status.GREY
    straddles: bool = False  # the target lies inside the interval of the actual
    ytd: Figure = Figure()
    change: str = ""  # against the period before, with its sign and unit
    change_year: str = ""
    trend: Trend = Trend.NONE
    base: str = ""  # number of cases and remarks
    window: str = ""  # the time it is of, where it is not the period
    owner: str = ""
    comment: str = ""
    actions: tuple[Action, ...] = ()
    weight: float = 0.0
    adjusted: bool = False  # by a person: shown with †
    history: tuple[Figure, ...] = ()  # PERIODS of them, oldest first, the actual last
    aims: tuple[float | None, ...] = ()  # the targets of those periods

    @property
    def where(self) -> tuple[str, str, str]:
        """KPI, segment dim and segment."""
        return self.key, self.segment_dim, self.segment

    @property
    def name(self) -> str:
        """Name with its segment."""
        return f"{self.label} [{self.place}]" if self.place else self.label

    @property
    def aimed(self) -> bool:
        """Whether it has a target."""
        return self.target.shown or bool(self.target_text)


@dataclass(frozen=True)
class Group:
    """The rows of a dimension."""

    key: str
    label: str
    score: Figure  # 0 to 100
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Part:
    """A KPI over the segments of a dimension."""

    key: str
    label: str
    unit: Unit
    window: str
    figures: tuple[Figure, ...]  # as `Breakdown.segments`
    bases: tuple[float | None, ...]  # cases behind each; None where it is not to be known


@dataclass(frozen=True)
class Breakdown:
    """The KPIs of the Scorecard by one segment dimension."""

    dim: str
    label: str  # "Region"
    segments: tuple[str, ...]  # in words; the first is all customers
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class FindingCount:
    """Findings of one code: how many, nothing of what they found."""

    code: str
    title: str
    is_error: bool
    count: int
    sheets: tuple[str, ...]  # in words


@dataclass(frozen=True)
class Definition:
    """What a KPI means."""

    label: str
    says: str  # one sentence
    formula: str  # "" on a card in Chinese
    unit: str
    window: str


@dataclass(frozen=True)
class Restated:
    """A figure of a closed period that would be another one today."""

    period: str
    label: str  # with its segment
    what: str
    unit: Unit
    closed: Figure
    now: Figure
    shown: str
    cause: str


@dataclass(frozen=True)
class Change:
    """What is another one than in the last share."""

    name: str
    unit: Unit
    before: Figure
    now: Figure
    status_before: Status
    status: Status
    why: str = ""  # "" where no cause is known


@dataclass(frozen=True)
class Earlier:
    """The last share before this one."""

    period: str
    on: date
    version: int
    changes: tuple[Change, ...] = ()  # those that matter most first


@dataclass(frozen=True)
class Card:
    """A scorecard as it is shared."""

    audience: Audience
    id: str  # digest of what it shows, the same for every language
    title: str
    period: str
    as_of: str  # first day whose data do not count
    state: str  # "DRAFT: ...", "closed ..." as above the Scorecard; "" where there is nothing to say
    is_draft: bool
    score: Figure  # 0 to 100
    facts: tuple[tuple[str, str], ...]  # label and text of what stands above the table
    groups: tuple[Group, ...]
    periods: tuple[str, ...]  # labels of the course, oldest first
    breakdowns: tuple[Breakdown, ...] = ()
    findings: tuple[FindingCount, ...] = ()
    definitions: tuple[Definition, ...] = ()
    restatements: tuple[Restated, ...] = ()
    version: int = 1  # of this period's scorecard among those that were shared
    earlier: Earlier | None = None  # of the same period: this one takes its place
    notes: tuple[str, ...] = ()  # what a reader must know: figures taken out, † and the like
    own_words: frozenset[str] = field(
        default_factory=frozenset
    )  # labels the product or the company's lists print: KPIs, segments, periods

    @property
    def language(self) -> str:
        """Language of its texts."""
        return self.audience.language

    @property
    def rows(self) -> Iterator[Row]:
        """All rows in their order."""
        return (row for group in self.groups for row in group.rows)


__all__ = [
    "PERIODS",
    "Action",
    "Audience",
    "Breakdown",
    "Card",
    "Change",
    "Definition",
    "Earlier",
    "Figure",
    "FindingCount",
    "Group",
    "Part",
    "Restated",
    "Row",
]
