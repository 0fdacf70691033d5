"""Results and tables of a few sheets given as CSV texts, by the pipeline's own steps, without a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from loyalty_xl import catalogue, library
from loyalty_xl.contracts import everything
from loyalty_xl.contracts.between import between_sheets
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.coverage import coverage
from loyalty_xl.evaluating import Situation, evaluate
from loyalty_xl.preparing import newest_date, prepare
from loyalty_xl.settings import Settings
from loyalty_xl.turns import cycle_turn, periods_between
from loyalty_xl.vocabulary import SEGMENT_DIMS, Cycle, Finding, Result
from tests.conftest import TODAY
from tests.contracts.raw import raw_sheet

CONTRACTS = {contract.name: contract for contract in everything()}


@dataclass(frozen=True)
class Made:
    """What came of the sheets."""

    results: list[Result]
    tables: dict[str, list[dict[str, Any]]]
    findings: list[Finding]


def computed(
    keys: Sequence[str] = (),
    tables: Sequence[str] = (),
    *,
    period: str,
    settings: Settings | None = None,
    **sheets: str,
) -> Made:
    """Check the sheets and compute some KPIs of a period and some tables by month; data end with the newest date."""
    settings = settings or Settings()
    kpis, findings, checked = library.load(), [], {}
    for name, text in sheets.items():
        rows: list[list[Any]] = [[cell or None for cell in row] for row in csv.reader(io.StringIO(text.strip()))]
        checked[name], found = check_sheet(
            raw_sheet(rows, name=name), CONTRACTS[name], settings, title=name, today=TODAY
        )
        findings += found
    findings += between_sheets(checked, settings)
    newest = newest_date(checked)
    assert newest is not None
    as_of = newest + timedelta(days=1)
    prepared = prepare(checked, settings, as_of)
    situation = Situation(
        prepared.ready, settings, settings.calendar, coverage(checked, as_of, settings.calendar), as_of
    )
    asked = settings.calendar.parse(period)
    assert asked is not None
    results = evaluate([kpis[key] for key in keys], [cycle_turn(asked)], situation, SEGMENT_DIMS) if keys else []
    months = periods_between(Cycle.MONTH, prepared.first_month, prepared.ready.last_month, settings.calendar)
    listed = {key: catalogue.LISTINGS[key].function(prepared.ready, settings, months) for key in tables}
    return Made(results, listed, findings)
