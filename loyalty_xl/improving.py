"""Targets and plans of a run: what the tables about them start from, and what is missing (rule 20, customer stages)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loyalty_xl.catalogue import KPIS
from loyalty_xl.contracts.targets import RULED_OUT
from loyalty_xl.rows.scored import Scored
from loyalty_xl.scorecard import seen
from loyalty_xl.studies.plan import is_open
from loyalty_xl.vocabulary import ALL, STAGES, Finding, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd

    from loyalty_xl.evaluating import Situation
    from loyalty_xl.scoring import Line
    from loyalty_xl.vocabulary import Period, Plan, Target

PAGE = "Improvement"


def scored(
    period: Period,
    situation: Situation,
    waves: pd.DataFrame,
    lines: Sequence[Line],
    targets: Sequence[Target],
    plans: Sequence[Plan],
) -> Scored:
    """Put together what the tables about targets and plans read."""
    history = {(each.kpi.key, each.result.segment_dim, each.result.segment): each.history for each in lines}
    wanted = [
        (KPIS[plan.kpi], plan.segment_dim, plan.segment, each)
        for plan in plans
        for each in (plan.trigger, plan.review)
        if each is not None and plan.kpi in KPIS
    ]
    scale = {each.row: _scale(each, period) for each in targets if each.status not in RULED_OUT}
    results = seen(dict.fromkeys(wanted), situation, waves)
    return Scored(period, situation.as_of, targets, plans, history, results, scale)


def _scale(target: Target, period: Period) -> float:
    """What makes a sum over the target's period one over a period of the Scorecard."""
    kpi = KPIS.get(target.kpi)
    additive = kpi is not None and kpi.unit.is_additive and not kpi.stock
    return period.months / target.period.months if additive and target.period.months else 1.0


def missing_plans(
    lines: Sequence[Line], plans: Sequence[Plan], as_of: date, title: str, headers: dict[str, str]
) -> list[Finding]:
    """W367: red KPIs with weight that no plan under way is for. W368: stages of customer development without one."""
    under_way = [each for each in plans if is_open(each, as_of)]
    red = [
        f"{line.kpi.key}{'' if line.result.segment_dim == 'all' else f' [{line.result.segment}]'}"
        for line in lines
        if line.status is Status.RED and line.weight > 0 and not any(is_for(each, line) for each in under_way)
    ]
    findings = []
    if red:
        detail = (("kpi", red[0].split(" ", 1)[0]),)
        findings.append(
            Finding("W367", title, found=", ".join(red), column=headers.get("kpi", ""), count=len(red), detail=detail)
        )
    if plans:
        bare = [stage for stage in STAGES if not any(each.stage == stage for each in under_way)]
        findings += [Finding("W368", title, found=stage, column=headers.get("stage", "")) for stage in bare]
    return findings


def is_for(plan: Plan, line: Line) -> bool:
    """Whether a plan is for a line: the same KPI, and the same segment or all of it."""
    here = (line.result.segment_dim, line.result.segment)
    return plan.kpi == line.kpi.key and ((plan.segment_dim, plan.segment) == here or plan.segment == ALL)
