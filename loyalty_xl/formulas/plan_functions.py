"""Worksheet functions of watch and improvement: lawful collection, SMART check, plans and their effect, change, the loyalty score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl import library
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.function import FUNCTIONS, INCLUDE, Argument, Function, Kind, function
from loyalty_xl.formulas.kpi_functions import AS_OF, column
from loyalty_xl.preparing.watch import LAWFUL

if TYPE_CHECKING:
    from datetime import date

    from loyalty_xl.settings import Settings


def _lawful(
    consent_basis: np.ndarray,
    settings: Settings,
    dates: np.ndarray | None = None,
    as_of: date | None = None,
    retention_days: int | None = None,
) -> float:
    lawful = np.array([each in LAWFUL for each in consent_basis.tolist()], dtype=bool)
    if dates is not None and len(dates) and retention_days:
        days = frames.days_of(dates)
        end = frames.day_number(as_of) if as_of else int(days.max()) + 1
        lawful &= days >= end - retention_days
    rows = frames.columns(held=[float(len(lawful))], lawful=[float(lawful.sum())])
    return frames.value("consent_rate", lambda _: rows, settings)


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_CONSENT_RATE" in FUNCTIONS:
        return
    kpis = library.load()
    basis = column(
        "consent_basis",
        "SurveyResponses.consent_basis",
        "每份答卷的授权依据,空白为没有",
        "lawful basis of each answer; blank is none",
        blank_counts=True,
    )
    answered = column("dates", "SurveyResponses.answered_on", "每份答卷的日期", "day of each answer", default=None)
    kept = Argument("retention_days", Kind.COUNT, "保存天数", "days for which answers may be kept", default=None)
    consent = kpis["consent_rate"]
    function(
        Function(
            consent.worksheet_name,
            (basis, answered, AS_OF, kept, INCLUDE),
            _lawful,
            f"{consent.zh}:{consent.says}",
            f"{consent.en}. {consent.title}",
            consent.dimension.value,
            consent.key,
        )
    )


__all__ = ["declare"]
