"""Targets and improvement: are the targets SMART, how far are the plans, and what came of them."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

from loyalty_xl.catalogue import KPIS, listing
from loyalty_xl.intervals import difference
from loyalty_xl.vocabulary import STAGES, Better, Dimension

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from loyalty_xl.rows.scored import Scored
    from loyalty_xl.vocabulary import Plan, Result, Target

SPREAD = 3  # standard deviations around the mean within which a target is achievable
LEAST = 3  # values without which there is no history
CLOSE = 1e-9


def achievable(lower: float | None, upper: float | None, history: Sequence[float], rationale: str) -> str:
    """Whether the history reaches a target (or range): mean -/+ 3 sample standard deviations.

    Examples
    --------
    >>> achievable(0.5, 0.5, [0.40, 0.44, 0.48], ""), achievable(0.9, 0.9, [0.40, 0.44, 0.48], "")
    ('within history', 'beyond history')
    """
    if rationale:
        return "rationale given"
    if len(history) < LEAST or (lower is None and upper is None):
        return "no history"
    mean = sum(history) / len(history)
    spread = SPREAD * sqrt(sum((each - mean) ** 2 for each in history) / (len(history) - 1))
    slack = spread + CLOSE * max(1.0, abs(mean))
    low, high = (mean - slack, mean + slack)
    inside = (upper is None or upper >= low) and (lower is None or lower <= high)
    return "within history" if inside else "beyond history"


def ticks(*, comment: str, measured: bool, reach: str, objective: str, due: str) -> dict[str, Any]:
    """The five answers of one target, each in a word, and how many of them are good.

    Examples
    --------
    >>> ticks(comment="East first", measured=True, reach="within history", objective="more repeat buyers", due="")["ticks"]
    4
    """
    good = {
        "specific": bool(comment),
        "measurable": measured,
        "achievable": reach in ("within history", "rationale given"),
        "relevant": bool(objective),
        "time_bound": bool(due),
    }
    words = {
        "specific": "described" if comment else "not described",
        "measurable": "measured" if measured else "no data",
        "achievable": reach,
        "relevant": "objective named" if objective else "no objective",
        "time_bound": "due date set" if due else "no due date",
    }
    return {**words, "ticks": sum(good.values())}


@listing(
    "smart_check",
    "T1",
    zh="目标 SMART 检查",
    en="SMART check of targets",
    dimension=Dimension.QUALITY,
    sheets=("Targets",),
    columns=(
        "row",
        "kpi",
        "segment",
        "target_period",
        "target",
        "specific",
        "measurable",
        "achievable",
        "relevant",
        "time_bound",
        "ticks",
    ),
    frames=(),
    owner="analytics",
    scored=True,
    says="每个目标是否具体、可衡量、可实现、相关、有时限。",
)
def smart_check(scored: Scored) -> list[dict[str, Any]]:
    """Whether each target is specific, measurable, achievable, relevant and time-bound.

        specific = something is said about it in words (comment); measurable = its KPI has a value for that segment
        achievable = the target lies within the mean of the last 13 values -/+ 3 standard deviations, or a rationale is given
        relevant = an objective is named; time-bound = a due date is set, beside the period

    Notes
    -----
    A target outside the KPI's range (NPS above 100) is an error (E303) and no target. Fewer than 3 values: no history, and no tick without
    rationale. Targets that are relative are judged where a baseline makes them a number. Draft and retired targets are not looked at.

    References
    ----------
    Source S2; Doran 1981, "There's a S.M.A.R.T. way to write management's goals and objectives", Management Review 70; Locke and Latham 2002.
    """
    found = []
    for each in scored.targets:
        if each.status in ("draft", "retired") or each.kpi not in KPIS:
            continue
        where = (each.kpi, each.segment_dim, each.segment)
        history = [value for value in scored.history.get(where, ()) if value is not None]
        lower, upper = _asked(each, scored.scale.get(each.row, 1.0))
        answers = ticks(
            comment=each.comment,
            measured=bool(history),
            reach=achievable(lower, upper, history, each.rationale),
            objective=each.objective,
            due=each.due,
        )
        segment = each.segment if each.segment_dim == "all" else f"{each.segment_dim}={each.segment}"
        target = each.target if each.target is not None else f"{_shown(each.lower)} – {_shown(each.upper)}"
        found.append(
            {
                "row": each.row,
                "kpi": each.kpi,
                "segment": segment,
                "target_period": each.period.label,
                "target": target,
                **answers,
            }
        )
    return found


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _asked(target: Target, scale: float) -> tuple[float | None, float | None]:
    """The values that a target asks for: one, or a range; None, None where a relative target has no baseline."""
    better = target.better or KPIS[target.kpi].better
    if better is Better.RANGE and target.target is None:
        return tuple(None if each is None else each * scale for each in (target.lower, target.upper))  # type: ignore[return-value]
    value, start = target.target, target.baseline
    if target.target_type == "beat_competitor" or value is None:
        return None, None
    if target.target_type != "absolute":
        if start is None:
            return None, None
        value = start * (1 + value) if target.target_type == "relative_change" else start + value
    return value * scale, value * scale


@listing(
    "plan_progress",
    "T4",
    zh="改进进度",
    en="Progress of improvement",
    dimension=Dimension.QUALITY,
    sheets=("Improvement",),
    columns=("group", "plans", "due_plans", "done_plans", "overdue_plans", "completion"),
    frames=(),
    owner="analytics",
    scored=True,
    says="到期的改进措施中已完成的占比,按部门和客户阶段。",
)
def plan_progress(scored: Scored) -> list[dict[str, Any]]:
    """Plans that are due and those of them that are done: in all, by department, and by stage of customer development.

        completion = plans done / plans due

    Notes
    -----
    Due: the last day has passed, or the plan is done already. Overdue: the last day has passed (or the status says so) and it is not done.
    Dropped plans do not count. Nothing due: no completion, not 100 %. Every stage is listed, also one without any plan.

    References
    ----------
    Source S4; ISO 9001:2015, clause 10.
    """
    plans = [each for each in scored.plans if each.status != "dropped"]
    if not plans:
        return []
    groups: dict[str, list[Plan]] = {"All": plans}
    for each in plans:
        if each.dept:
            groups.setdefault(each.dept, []).append(each)
    groups |= {stage: [each for each in plans if each.stage == stage] for stage in STAGES}
    return [
        progress_of(name, [(each.status, each.overdue(scored.as_of)) for each in some]) for name, some in groups.items()
    ]


def progress_of(name: str, plans: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    """Progress of some plans, each given as its status and whether it is overdue.

    Examples
    --------
    >>> progress_of("All", [("done", False), ("done", False), ("doing", True), ("planned", False)])["completion"]
    0.6666666666666666
    """
    done = sum(status == "done" for status, _ in plans)
    overdue = sum(late for _, late in plans)
    due = done + overdue
    return {"group": name, "plans": len(plans), "due_plans": due, "done_plans": done, "overdue_plans": overdue, "completion": done / due if due else None}  # fmt: skip


@listing(
    "improvement",
    "T4",
    zh="改进效果",
    en="Effect of improvement",
    dimension=Dimension.QUALITY,
    sheets=("Improvement",),
    columns=(
        "plan_id",
        "kpi",
        "segment",
        "stage",
        "plan_status",
        "due",
        "overdue",
        "before",
        "after",
        "effect",
        "effect_low",
        "effect_high",
        "verdict",
        "goal",
        "goal_met",
    ),
    frames=(),
    owner="analytics",
    scored=True,
    says="每项改进措施实施前后的指标值、变化及其区间,以及是否达到目标值。",
)
def improvement(scored: Scored) -> list[dict[str, Any]]:
    """What came of each plan: the KPI after it less the KPI before it, with the interval of the difference, and whether its goal is met.

        effect = KPI in the review period - KPI in the period that set the plan off

    Notes
    -----
    Both through the KPI's own window, as on the Scorecard. Better or worse only if the interval excludes 0, else unclear; a KPI without
    interval by its sign. Before and after are taken as independent samples. A review period that is not over has no effect yet. The effect
    is a comparison in time: what else changed meanwhile is in it too. `result_value` stands in where the KPI has no value in the book.

    References
    ----------
    Source S4; Newcombe 1998, Statistics in Medicine 17 (interval of a difference).
    """
    found = []
    for each in scored.plans:
        before, after = _results(each, scored)
        effect = effect_of(before, after, each.result_value, each.goal, KPIS[each.kpi].better)
        segment = each.segment if each.segment_dim == "all" else f"{each.segment_dim}={each.segment}"
        found.append(
            {
                "plan_id": each.plan_id,
                "kpi": each.kpi,
                "segment": segment,
                "stage": each.stage,
                "plan_status": each.status,
                "due": each.due.isoformat() if each.due else None,
                "overdue": each.overdue(scored.as_of),
                **effect,
            }
        )
    return found


def _results(plan: Plan, scored: Scored) -> tuple[Result | None, Result | None]:
    """Results before and after; none of a review period that is not over."""
    over = plan.review is not None and plan.review.end <= scored.as_of
    return (
        scored.results.get((plan.where, plan.trigger)) if plan.trigger else None,
        scored.results.get((plan.where, plan.review)) if plan.review and over else None,
    )


def effect_of(
    before: Result | None, after: Result | None, reached: float | None, goal: float | None, better: Better
) -> dict[str, Any]:
    """Effect, its interval, the verdict, and whether the goal is met; *reached* stands in for a missing result."""
    then = before.value if before else None
    now = after.value if after and after.value is not None else reached
    found: dict[str, Any] = {
        "before": then,
        "after": now,
        "effect": now - then if now is not None and then is not None else None,
        "effect_low": None,
        "effect_high": None,
        "verdict": "not yet",
        "goal": goal,
        "goal_met": met(now, goal, better),
    }
    if now is None or then is None:
        return found
    ends = (before.interval if before else None, after.interval if after and after.value is not None else None)
    if ends[0] and ends[1]:
        between = difference(now, ends[1], then, ends[0])
        found |= {"effect_low": between.low, "effect_high": between.high}
    found["verdict"] = verdict(found["effect"], found["effect_low"], found["effect_high"], better)
    return found


def verdict(effect: float, low: float | None, high: float | None, better: Better) -> str:
    """Better or worse if the interval excludes 0, unclear if it does not; without interval by the sign.

    Examples
    --------
    >>> verdict(0.05, 0.01, 0.09, Better.HIGHER), verdict(0.05, -0.01, 0.11, Better.HIGHER), verdict(-2, None, None, Better.LOWER)
    ('better', 'unclear', 'better')
    """
    if abs(effect) <= CLOSE or better is Better.RANGE:
        return "flat" if abs(effect) <= CLOSE else "unclear"
    if low is not None and high is not None and low <= 0 <= high:
        return "unclear"
    return "better" if (effect > 0) == (better is Better.HIGHER) else "worse"


def met(value: float | None, goal: float | None, better: Better) -> bool | None:
    """Whether a goal is met; equality counts; None where there is nothing to compare."""
    if value is None or goal is None:
        return None
    off = goal - value if better is Better.HIGHER else value - goal if better is Better.LOWER else abs(goal - value)
    return off <= CLOSE * max(1.0, abs(value))


def is_open(plan: Plan, as_of: date) -> bool:
    """Whether a plan is under way: neither dropped nor judged already."""
    judged = plan.status == "done" and plan.review is not None and plan.review.end <= as_of
    return plan.status != "dropped" and not judged
