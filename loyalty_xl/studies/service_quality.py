"""Service quality by dimension, and conduct by agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.ready import collect
from loyalty_xl.studies.service import by_period
from loyalty_xl.vocabulary import UNASSIGNED, Dimension

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

DIMENSIONS = ("reliability", "responsiveness", "assurance", "empathy", "tangibles")
FEWEST_CHECKS = 5  # of an agent in a period, below which the agent is not named
UNNAMED = "fewer_checks"


@listing(
    "service_quality_by_dimension",
    "C6",
    zh="服务质量各维度",
    en="Service quality by dimension",
    dimension=Dimension.SERVICE,
    owner="service",
    sheets=("ServiceRatings",),
    frames=("service_ratings",),
    says="服务质量五个维度的期望、感知、差距和重要度,客户与专家分开。",
    columns=("period", "rater_type", "dimension", "scale", "raters", "expectation", "perception", "gap", "weight"),
)
def service_quality_by_dimension(
    ready: Ready,
    settings: Settings,  # noqa: ARG001
    periods: list[Period],
) -> list[dict[str, Any]]:
    """Expectation, perception, gap and importance of the five dimensions of service, customers and experts apart.

    A rater counts once in each dimension, with the mean of its questions; the gap is over raters who gave both scores. Scores on different scales
    stand in different rows.

    References
    ----------
    Parasuraman, Zeithaml & Berry 1988, "SERVQUAL", Journal of Retailing 64; Cronin & Taylor 1992, Journal of Marketing 56.
    """
    rows = collect(ready["service_ratings"])
    order = {name: place for place, name in enumerate(DIMENSIONS)}
    found: list[dict[str, Any]] = []
    for label, group in by_period(rows, periods):
        parts = group.groupby(["expert", "scale_text", "dimension"], sort=True)
        listed = sorted(parts, key=lambda part: (part[0][0], part[0][1], order.get(str(part[0][2]), len(order))))
        for (expert, scale, dimension), part in listed:
            means = {name: part[name].dropna().mean() for name in ("expectation", "perception", "gap", "weight")}
            found.append(
                {
                    "period": label,
                    "rater_type": "expert" if expert else "customer",
                    "dimension": dimension,
                    "scale": scale,
                    "raters": int(part["rater"].nunique()),
                    **{name: None if pd.isna(value) else float(value) for name, value in means.items()},
                }
            )
    return found


@listing(
    "collection_conduct",
    "C8",
    zh="各客服的信息收集规范率",
    en="Collection conduct by agent",
    dimension=Dimension.SERVICE,
    owner="service",
    personal=True,
    sheets=("CollectionAudit",),
    frames=("audits",),
    says="每个期间各客服的检查次数与规范率;检查少于 5 次的不列出工号。",
    columns=("period", "agent", "checks", "compliant", "share"),
)
def collection_conduct(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Checks and conduct rate of each agent and period, for those who lead them; never mailed by name.

    An agent checked fewer than 5 times in a period is not named: all of those are one row, and none where together they have fewer than 5 checks.

    References
    ----------
    Source S0.
    """
    rows = collect(ready["audits"])
    found = []
    for label, group in by_period(rows, periods):
        by_agent = group.groupby("agent")["compliant"].agg(["size", "sum"]).reset_index()
        few = (by_agent["size"] < FEWEST_CHECKS) | (by_agent["agent"] == UNASSIGNED)
        listed = list(by_agent[~few].sort_values("agent").itertuples(index=False, name=None))
        rest = by_agent[few]
        if int(rest["size"].sum()) >= FEWEST_CHECKS:
            listed.append((UNNAMED, rest["size"].sum(), rest["sum"].sum()))
        for agent, checks, compliant in listed:
            row = {"period": label, "agent": agent, "checks": int(checks), "compliant": int(compliant)}
            found.append(row | {"share": float(compliant) / float(checks)})
    return found
