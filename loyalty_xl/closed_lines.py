"""A Scorecard line as facts that can be kept, and back: what a closing holds of it beside its result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from loyalty_xl.catalogue import KPIS
from loyalty_xl.scoring import Aim, Line
from loyalty_xl.vocabulary import (
    Adjustment,
    Better,
    Calendar,
    Cycle,
    Flag,
    Interval,
    Period,
    Reason,
    Result,
    Status,
    Target,
    Trend,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Key = tuple[str, str, str]  # kpi, segment_dim, segment


def key_of(result: Result) -> Key:
    """KPI and segment of a result."""
    return result.kpi, result.segment_dim, result.segment


def kept(value: Any) -> Any:
    """A value as every spreadsheet program keeps it: LibreOffice stores 15 digits, openpyxl 16, Excel 17, and no empty text."""
    return float(f"{value:.15g}") if isinstance(value, float) else value if value != "" else None


def kept_result(result: Result) -> Result:
    """A result with its numbers as they are kept."""
    interval = result.interval
    return replace(
        result,
        value=kept(result.value),
        numerator=kept(result.numerator),
        denominator=kept(result.denominator),
        n=kept(result.n),
        interval=Interval(kept(interval.low), kept(interval.high), kept(interval.error)) if interval else None,
        value_without_imputed=kept(result.value_without_imputed),
        imputed_share=kept(float(result.imputed_share)),
    )


def as_computed(result: Result, facts: Mapping[str, Any]) -> Result:
    """A closed line's result without a person's value: what was computed when it was closed."""
    mine = next((each for each in adjustments_of(facts) if each.period == result.period), None)
    return result if mine is None else replace(result, value=mine.computed, reason=mine.withheld)


_AIM = ("value", "lower", "upper", "baseline", "green", "amber")
_TARGET = ("target", "target_type", "weight", "owner", "dept", "due", "objective", "status", "row", "comment", "rationale")  # fmt: skip


def facts_of(line: Line) -> dict[str, Any]:
    """What is kept of a Scorecard line beside its result."""
    aim, target = line.aim, line.target
    facts: dict[str, Any] = {
        "aim": {name: kept(value) for name in _AIM if (value := getattr(aim, name)) is not None},
        "better": aim.better.value,
        "strict": aim.strict,
        "attainment": kept(line.attainment),
        "variance": kept(line.variance),
        "status": line.status.value,
        "trend": line.trend.value,
        "weight": kept(float(line.weight)),
        "window": str(line.window),
        "cohort": line.cohort,
        "straddles": line.straddles,
        "history": [kept(value) for value in line.history],
        "bases": [kept(value) for value in line.bases],
        "aims": [kept(value) for value in line.aims],
    }
    if line.adjustments:
        facts["adjustments"] = [_adjustment_facts(each) for each in line.adjustments]
    if target is not None:
        facts["target"] = {name: value for name in _TARGET if (value := getattr(target, name)) not in (None, "")}
    for name in ("ytd", "previous", "year_ago"):
        if (result := getattr(line, name)) is not None:
            facts[name] = _short(result)
    return {name: value for name, value in facts.items() if value is not None and value is not False and value != ""}


def _short(result: Result) -> dict[str, Any]:
    made = {
        "value": kept(result.value),
        "reason": result.reason.value if result.reason else None,
        "n": kept(result.n),
        "low": kept(result.low),
        "high": kept(result.high),
        "error": kept(result.interval.error) if result.interval else None,
        "note": result.note,
        "flags": [flag.value for flag in result.flags],
    }
    return {name: value for name, value in made.items() if value not in (None, "", [])}


def _adjustment_facts(each: Adjustment) -> dict[str, Any]:
    made = {
        "kpi": each.kpi,
        "segment_dim": each.segment_dim,
        "segment": each.segment,
        "period": {**period_facts(each.period), "label": each.period.label},
        "value": kept(each.value),
        "reason": each.reason,
        "by": each.by,
        "computed": kept(each.computed),
        "withheld": each.withheld.value if each.withheld else None,
    }
    return {name: value for name, value in made.items() if value not in (None, "")}


def adjustments_of(facts: Mapping[str, Any]) -> list[Adjustment]:
    """The adjustments that a closed line holds."""
    found = []
    for each in facts.get("adjustments", ()):
        period = period_of(str(each["period"].get("label", "")), each["period"])
        if period is not None:
            texts = {name: each[name] for name in ("value", "reason", "by", "computed") if name in each}
            withheld = Reason(each["withheld"]) if "withheld" in each else None
            place = (each["kpi"], period, each["segment_dim"], each["segment"])
            found.append(Adjustment(*place, withheld=withheld, **texts))
    return found


def _long(facts: Mapping[str, Any] | None, like: Result) -> Result | None:
    if facts is None:
        return None
    interval = Interval(facts["low"], facts["high"], facts.get("error")) if "low" in facts and "high" in facts else None
    reason = Reason(facts["reason"]) if "reason" in facts else None
    bare = Result(like.kpi, like.period, like.segment_dim, like.segment, like.window)
    value, n, flags = facts.get("value"), facts.get("n"), tuple(Flag(each) for each in facts.get("flags", ()))
    return replace(bare, value=value, reason=reason, n=n, interval=interval, note=facts.get("note", ""), flags=flags)


def line_of(result: Result, key: Key, facts: Mapping[str, Any]) -> Line:
    """A Scorecard line as it was closed."""
    aim = aim_of_facts(facts)
    given = facts.get("target")
    target = None
    if given is not None:
        target = Target(key[0], result.period, given.get("target"), key[1], key[2], **{name: value for name, value in given.items() if name != "target"})  # fmt: skip
    return Line(
        KPIS[key[0]],
        result,
        aim,
        target,
        facts.get("attainment"),
        facts.get("variance"),
        Status(facts["status"]),
        _long(facts.get("ytd"), result),
        _long(facts.get("previous"), result),
        _long(facts.get("year_ago"), result),
        Trend(facts["trend"]),
        facts.get("weight", 0.0),
        facts.get("window", ""),
        facts.get("cohort", ""),
        facts.get("straddles", False),
        tuple(facts.get("history", ())),
        bases=tuple(facts.get("bases", ())),
        aims=tuple(facts.get("aims", ())),
        adjustments=tuple(adjustments_of(facts)),
    )


def aim_of_facts(facts: Mapping[str, Any]) -> Aim:
    """What a closed line aimed at."""
    return Aim(**facts.get("aim", {}), better=Better(facts["better"]), strict=facts.get("strict", False))


def period_facts(period: Period) -> dict[str, Any]:
    """A period so that it can be read without a calendar."""
    return {"cycle": period.cycle.value, "first": period.first, "stop": period.stop}


def period_of(label: str, facts: Mapping[str, Any]) -> Period | None:
    """The period back."""
    try:
        return Period(Cycle(facts["cycle"]), int(facts["first"]), int(facts["stop"]), label)
    except (KeyError, TypeError, ValueError):
        return Calendar().parse(label)
