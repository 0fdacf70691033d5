"""What tables about targets and plans start from: what was aimed at, planned and found, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from loyalty_xl.vocabulary import Period, Plan, Result, Target

Where = tuple[str, str, str]  # kpi, segment dim, segment


@dataclass(frozen=True)
class Scored:
    """Targets, plans and results of one run.

    `history` holds the values of the last 13 periods through each KPI's own window, oldest first; `results` those of the periods that plans name.
    `scale` is what a target of one row is multiplied by to compare it with the history: 1/12 of a yearly sum in a monthly scorecard.
    """

    period: Period | None
    as_of: date
    targets: Sequence[Target] = ()
    plans: Sequence[Plan] = ()
    history: Mapping[Where, Sequence[float | None]] = field(default_factory=dict)
    results: Mapping[tuple[Where, Period], Result] = field(default_factory=dict)
    scale: Mapping[int, float] = field(default_factory=dict)  # by row of Targets
