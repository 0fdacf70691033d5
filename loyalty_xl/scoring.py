"""Scoring: actual and target to attainment, status, trend and the loyalty score (T2, T3, T5, T6).

One set of rules for the pipeline and for worksheet formulas. Statuses compare values as computed, never as displayed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loyalty_xl.catalogue import SCORES, score_of
from loyalty_xl.intervals import difference
from loyalty_xl.vocabulary import Adjustment, Better, Flag, Interval, Result, Status, Target, Trend, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from loyalty_xl.catalogue import Kpi
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

TOLERANCE = 1e-9  # relative to the unit, on the favourable side: exact equality is met


@dataclass(frozen=True)
class Aim:
    """A target made comparable with an actual: one value, or a range."""

    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    better: Better = Better.HIGHER
    baseline: float | None = None
    green: float | None = None
    amber: float | None = None
    strict: bool = False  # to be passed, not only reached

    @property
    def given(self) -> bool:
        """Whether there is anything to compare with."""
        return self.value is not None or (
            self.better is Better.RANGE and (self.lower is not None or self.upper is not None)
        )


@dataclass(frozen=True)
class Rival:
    """The competitor to be beaten: the one with the highest score; without `nps` none can be set beside ours."""

    brand: str = ""
    period: str = ""
    nps: float | None = None


@dataclass(frozen=True)
class Line:
    """One line of the Scorecard."""

    kpi: Kpi
    result: Result
    aim: Aim = Aim()
    target: Target | None = None
    attainment: float | None = None
    variance: float | None = None
    status: Status = Status.GREY
    ytd: Result | None = None
    previous: Result | None = None
    year_ago: Result | None = None
    trend: Trend = Trend.NONE
    weight: float = 0.0
    window: str = ""
    cohort: str = ""
    straddles: bool = False  # the interval holds the target
    history: tuple[float | None, ...] = field(default=())  # values of the last 13 periods
    bases: tuple[float | None, ...] = ()  # cases behind those values; () where they were not kept
    rival: Rival | None = None  # where the target is to beat every competitor
    aims: tuple[float | None, ...] = ()  # targets of the periods of `history`
    replaced: tuple[tuple[Aim, date], ...] = ()  # what the target was before, each with its last day, oldest first
    adjustments: tuple[Adjustment, ...] = ()  # by which a figure of this line is not what was computed

    def adjusted(self, period: Period) -> Adjustment | None:
        """The adjustment of the line's figure for a period, if there is one."""
        return next((each for each in self.adjustments if each.period == period), None)


def met(actual: float, aim: Aim) -> bool:
    """Whether the target is reached; equality counts, unless it is to be passed."""
    tolerance = TOLERANCE * max(1.0, abs(actual))
    return distance(actual, aim) < -tolerance if aim.strict else distance(actual, aim) <= tolerance


def distance(actual: float, aim: Aim) -> float:
    """How far *actual* is on the wrong side of the target, in the KPI's unit; 0 or less when it is reached."""
    if aim.better is Better.RANGE:
        below = aim.lower - actual if aim.lower is not None else 0.0
        above = actual - aim.upper if aim.upper is not None else 0.0
        return max(below, above, 0.0)
    if aim.value is None:
        raise ValueError("no target to compare with")
    return aim.value - actual if aim.better is Better.HIGHER else actual - aim.value


@score_of(
    "attainment",
    "T2",
    zh="达成率",
    en="Attainment",
    unit=Unit.RATIO,
    range="任何数,1 为达成 / any number, 1 is reached",
    inputs=("Targets.target", "Targets.baseline", "Targets.lower", "Targets.upper", "Targets.direction"),
    says="实际值达到目标的程度:有基准值时为进度,否则为实际与目标之比。",
)
def attainment(actual: float, aim: Aim) -> float | None:
    """How far a target is reached: 1 is reached; none where no ratio says anything.

        attainment = (actual - baseline) / (target - baseline), with a baseline
        attainment = actual / target, or target / actual when lower is better, both positive
        attainment = 1 inside a range, outside 1 - distance / width, not below 0

    Parameters
    ----------
    actual
        Value of the KPI. [its unit]
    aim
        Target, direction and, where given, baseline or range. [the KPI's unit]

    Notes
    -----
    A plain ratio breaks on zero and on negatives (NPS): then there is no attainment, and the target counts as met or not met.

    References
    ----------
    Source S2; kpis.md T2.

    Examples
    --------
    >>> attainment(5, Aim(20, baseline=-10)), attainment(50, Aim(40, better=Better.LOWER)), attainment(17, Aim(0, better=Better.LOWER))
    (0.5, 0.8, None)
    """
    if aim.better is Better.RANGE:
        off = distance(actual, aim)
        if off <= 0:
            return 1.0
        ends = [end for end in (aim.lower, aim.upper) if end is not None]
        width = ends[1] - ends[0] if len(ends) == 2 and ends[1] > ends[0] else abs(ends[0])
        return max(0.0, 1 - off / width) if width else None
    if aim.value is None:
        return None
    if aim.baseline is not None and aim.baseline != aim.value:
        return (actual - aim.baseline) / (aim.value - aim.baseline)
    if aim.baseline is not None or actual <= 0 or aim.value <= 0:
        return None
    return actual / aim.value if aim.better is Better.HIGHER else aim.value / actual


@score_of(
    "status",
    "T3",
    zh="状态",
    en="Status",
    unit=Unit.COUNT,
    range="green, amber, red, grey",
    inputs=("Targets.target", "Targets.green", "Targets.amber", "Targets.direction"),
    settings=("amber_gap", "amber_score", "amber_attainment"),
    says="达标、接近或未达标:占比与分值按差距,平均分按量表上的差距,其余按达成率。",
)
def status(actual: float, aim: Aim, unit: Unit, settings: Settings, scale: tuple[float, float] = (1, 5)) -> Status:
    """Colour of an actual: shares and points by gap, mean scores by gap on their scale, all else by attainment.

        status = green if the target is met, amber if the gap <= amber_gap (or attainment >= amber_attainment), else red

    A KPI and its complement always get the same colour: retention 82 of 90 and churn 18 of 10 are both 8 points off.

    Parameters
    ----------
    actual
        Value of the KPI, as computed, not as displayed. [its unit]
    aim
        Target, direction and, where Targets gives them, thresholds. [the KPI's unit]
    unit
        Unit of the KPI. [unit]
    settings
        `amber_gap`, `amber_score`, `amber_attainment`. [settings]
    scale
        Ends of the scale of a mean score. [score]

    Notes
    -----
    Exact equality is met. Grey: no target, no value, a partial rate, a low base.

    References
    ----------
    Power BI scorecards (value, target, status); kpis.md T3.

    Examples
    --------
    >>> from loyalty_xl.settings import Settings
    >>> status(0.82, Aim(0.90), Unit.SHARE, Settings()).value, status(0.18, Aim(0.10, better=Better.LOWER), Unit.SHARE, Settings()).value
    ('red', 'red')
    """
    if not aim.given:
        return Status.GREY
    if aim.green is not None or aim.amber is not None:
        return _by_thresholds(actual, aim)
    if met(actual, aim):
        return Status.GREEN
    off = distance(actual, aim)
    if unit in (Unit.SHARE, Unit.POINTS, Unit.SCORE):
        if unit is Unit.SCORE:
            limit, gap = settings.amber_score * (scale[1] - scale[0]) / 4, off
        else:
            limit, gap = settings.amber_gap, off * (100 if unit is Unit.SHARE else 1)
        return Status.AMBER if gap <= limit + TOLERANCE * max(1.0, limit) else Status.RED
    reached = attainment(actual, aim)
    if reached is None:
        return Status.RED
    return Status.AMBER if reached >= settings.amber_attainment - TOLERANCE else Status.RED


def _by_thresholds(actual: float, aim: Aim) -> Status:
    """Thresholds of the Targets row: values of the KPI from which it is green, or amber."""
    sign = -1 if aim.better is Better.LOWER else 1

    def reaches(limit: float | None) -> bool:
        return limit is not None and sign * (actual - limit) >= -TOLERANCE * max(1.0, abs(actual))

    green = reaches(aim.green) if aim.green is not None else met(actual, aim)
    return Status.GREEN if green else Status.AMBER if reaches(aim.amber) else Status.RED


def aim_of(
    target: Target, kpi: Kpi, year_ago: float | None, share_gone: float = 1.0, rival: Rival | None = None
) -> Aim:
    """Work out what a Targets row asks for.

    relative_change is counted from the baseline (or, without one, from the same period last year): "down 20 %" of 10 % is 8 %, not -10 %.
    points_change adds to it. beat_competitor asks for more than the *rival* has. *share_gone* prorates sums of a period that is not over.
    """
    better = target.better or kpi.better
    baseline = target.baseline
    value = target.target
    if target.target_type in ("relative_change", "points_change"):
        start = baseline if baseline is not None else year_ago
        if value is None or start is None:
            return Aim(None, better=better)
        value = start * (1 + value) if target.target_type == "relative_change" else start + value
        baseline = start
    elif target.target_type == "beat_competitor":
        highest = rival.nps if rival else None
        return Aim(highest, None, None, better, baseline, target.green, target.amber, strict=True)
    scaled = [
        None if each is None else each * share_gone
        for each in (value, target.lower, target.upper, target.green, target.amber, baseline)
    ]
    return Aim(scaled[0], scaled[1], scaled[2], better, scaled[5], scaled[3], scaled[4])


def trend(now: Result, then: Result | None, better: Better) -> Trend:
    """Better or worse than before (T5): only when the interval of the difference excludes 0; without interval by sign."""
    if now.value is None or then is None or then.value is None or better is Better.RANGE:
        return Trend.NONE
    change = now.value - then.value
    if abs(change) <= TOLERANCE * max(1.0, abs(now.value)):
        return Trend.FLAT
    if now.interval and then.interval:
        between: Interval = difference(now.value, now.interval, then.value, then.interval)
        if between.low <= 0 <= between.high:
            return Trend.UNCLEAR
    return Trend.BETTER if (change > 0) == (better is Better.HIGHER) else Trend.WORSE


@score_of(
    "change",
    "T5",
    zh="变化",
    en="Change",
    unit=Unit.RATIO,
    range="任何数 / any number",
    inputs=("Detail.value",),
    says="与上期、去年同期或基准值相比:绝对变化,以及能算时的相对变化。",
)
def change(now: float, then: float) -> tuple[float, float | None]:
    """Change against an earlier value: absolute, and relative where that says anything.

        absolute change = now - then
        relative change = (now - then) / |then|

    Parameters
    ----------
    now, then
        Values of one KPI. [its unit]

    Notes
    -----
    Then zero, or of the other sign: only the absolute change. Of shares and points the absolute change is in percentage points, not percent.
    On the Scorecard a change is called better or worse only if the interval of the difference excludes 0 (see `trend`).

    References
    ----------
    Source S2; kpis.md T5 and decision "relative vs percentage-point change".

    Examples
    --------
    >>> change(110, 100), change(5, -10)
    ((10, 0.1), (15, None))
    """
    off = now - then
    return off, None if then == 0 or (then < 0) != (now < 0) else off / abs(then)


def colourless(result: Result, settings: Settings, *, rate: bool) -> bool:
    """Whether a value is shown without colour: partial rates, low base, short coverage, too much imputed."""
    if result.value is None:
        return True
    partial = Flag.PARTIAL in result.flags and (rate or settings.partial_policy == "blank")
    return (
        partial
        or bool({Flag.LOW_BASE, Flag.COVERAGE_SHORT} & set(result.flags))
        or result.imputed_share > settings.max_imputed_share
    )


def judged(line: Line, settings: Settings, gone: float = 1.0) -> Line:
    """Set the actual of a line against its target: aim, attainment, variance, status and trend follow from the rest of it.

    *gone* is the share of the period that is over, by which a target of something that can be added up is prorated.
    """
    result, kpi = line.result, line.kpi
    rate = kpi.stock or not kpi.unit.is_additive
    aim = Aim(better=kpi.better)
    if line.target:
        share = gone if Flag.PARTIAL in result.flags and not rate else 1.0
        aim = aim_of(line.target, kpi, line.year_ago.value if line.year_ago else None, share, line.rival)
    state, reached, off, straddles = Status.GREY, None, None, False
    if result.value is not None and aim.given:
        reached = attainment(result.value, aim)
        off = (
            result.value - aim.value
            if aim.value is not None
            else (distance(result.value, aim) if aim.better is Better.RANGE else None)
        )
        if Flag.ADJUSTED in result.flags or not colourless(result, settings, rate=rate):
            state = status(result.value, aim, kpi.unit, settings, scale_of(kpi, settings))
        straddles = bool(
            result.interval and aim.value is not None and result.interval.low < aim.value < result.interval.high
        )
    return replace(
        line,
        aim=aim,
        attainment=reached,
        variance=off,
        status=state,
        trend=trend(result, line.previous, aim.better) if line.previous else Trend.NONE,
        straddles=straddles,
    )


def share_gone(period: Period, as_of: date) -> float:
    """How much of a period is over. [share, 0 to 1]"""
    return max(0.0, min(1.0, (as_of - period.start).days / (period.end - period.start).days))


def scale_of(kpi: Kpi, settings: Settings) -> tuple[float, float]:
    """Ends of the scale of a mean score. [score]"""
    if not kpi.scale:
        return 1.0, 5.0
    low, high = str(getattr(settings, kpi.scale)).split("-")
    return float(low), float(high)


@dataclass(frozen=True)
class LoyaltyScore:
    """The one number at the top: 0 to 100, or None when no target is set."""

    value: float | None
    by_dimension: Mapping[str, float]
    scored: int  # lines that count
    aimed: int  # lines with a target
    lines: int  # lines in all
    adjusted: int = 0  # lines that count with a value that a person put in

    @property
    def coverage(self) -> float:
        """Share of the lines with a target that have a value."""
        return self.scored / self.aimed if self.aimed else 0.0


def weighted_score(
    parts: Iterable[tuple[str, float, float]], cap: float, weights: Mapping[str, float]
) -> tuple[float | None, dict[str, float]]:
    """Weigh attainments (dimension, weight, attainment), capped, within dimensions first, then over dimensions.

    Examples
    --------
    >>> weighted_score([("attitude", 1, 0.5), ("attitude", 3, 1.2), ("retention", 1, 0.5)], 1, {})
    (68.75, {'attitude': 87.5, 'retention': 50.0})
    """
    dimensions: dict[str, list[tuple[float, float]]] = {}
    for name, weight, reached in parts:
        dimensions.setdefault(name, []).append((weight, min(max(reached, 0.0), cap)))
    by_dimension = {
        name: 100 * sum(w * a for w, a in pairs) / sum(w for w, _ in pairs) for name, pairs in dimensions.items()
    }
    weighed = {name: (weights.get(name, 0.0) if weights else 1.0) for name in by_dimension}
    total = sum(weighed.values())
    return sum(score * weighed[name] for name, score in by_dimension.items()) / total if total else None, by_dimension


@score_of(
    "loyalty_score",
    "T6",
    zh="忠诚度得分",
    en="Loyalty score",
    unit=Unit.POINTS,
    range="0 – 100 × attainment_cap",
    inputs=("Targets.target", "Targets.weight", "Scorecard.attainment"),
    settings=("dimension_weights", "attainment_cap"),
    says="各行封顶后的达成率,先按权重合成维度分,再按维度权重合成,满分 100。",
)
def loyalty_score(lines: Iterable[Line], settings: Settings) -> LoyaltyScore:
    """Weighted attainment of all targets, capped, within dimensions first, then over dimensions.

        dimension score = 100 * sum(weight * attainment, 0 to attainment_cap) / sum(weight)
        loyalty score = sum(dimension weight * dimension score) / sum(dimension weight)

    Parameters
    ----------
    lines
        Lines of the Scorecard. [lines]
    settings
        `dimension_weights` (blank: equal), `attainment_cap`. [settings]

    Notes
    -----
    Lines without value, target or colour leave, and their weight is shared among the others of the dimension. No attainment: 1 if the target
    is met, else 0. No target anywhere: no score. The cap keeps a surplus from hiding a miss.

    References
    ----------
    Sources S0 and S4; kpis.md T6.

    Examples
    --------
    >>> weighted_score([("attitude", 1, 0.5), ("attitude", 3, 1.2), ("retention", 1, 0.5)], 1, {})[0]
    68.75
    """
    lines = [line for line in lines if line.weight > 0]
    aimed = [line for line in lines if line.aim.given]
    scored = [line for line in aimed if line.status is not Status.GREY and line.result.value is not None]
    parts = []
    for line in scored:
        reached = (
            line.attainment if line.attainment is not None else 1.0 if met(line.result.value or 0.0, line.aim) else 0.0
        )
        parts.append((line.kpi.dimension.value, line.weight, reached))
    value, by_dimension = weighted_score(parts, settings.attainment_cap, dict(settings.dimension_weights))
    adjusted = sum(Flag.ADJUSTED in line.result.flags for line in scored)
    return LoyaltyScore(value, by_dimension, len(scored), len(aimed), len(lines), adjusted)


__all__ = ["SCORES", "Aim", "Line", "LoyaltyScore", "aim_of", "attainment", "change", "colourless", "distance", "judged", "loyalty_score", "met", "status", "trend", "weighted_score"]  # fmt: skip
