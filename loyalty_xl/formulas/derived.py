"""The worksheet function of a KPI that declares none: its arguments are the columns that its measures read.

The ranges become sheets that are checked, made ready and evaluated as a refresh would, over the whole time they span.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import library
from loyalty_xl.contracts import departments
from loyalty_xl.contracts.checking import check_sheet
from loyalty_xl.coverage import coverage
from loyalty_xl.evaluating import Situation, evaluate, wiring
from loyalty_xl.findings import sentence
from loyalty_xl.formulas.cell_errors import bad_cells, without_value
from loyalty_xl.formulas.function import FUNCTIONS, INCLUDE, Argument, Function, Kind, function
from loyalty_xl.formulas.ranges import raw_table
from loyalty_xl.preparing import newest_date, prepare
from loyalty_xl.turns import cycle_turn
from loyalty_xl.vocabulary import Cycle, Period, Reason, Severity

if TYPE_CHECKING:
    from loyalty_xl.catalogue import Kpi
    from loyalty_xl.contracts.contract import Contract, Field
    from loyalty_xl.settings import Settings

FAR = date(9998, 12, 30)  # formulas judge no date by the clock


@dataclass(frozen=True)
class _Taken:
    """One argument: the field of a sheet that it is."""

    name: str
    contract: Contract
    field: Field
    block: int


def declare() -> None:
    """Register a function for every KPI that has none yet."""
    for kpi in library.load().values():
        if kpi.worksheet_name not in FUNCTIONS:
            function(_derived(kpi))


def _derived(kpi: Kpi) -> Function:
    taken = _taken(kpi)
    arguments = tuple(
        Argument(
            each.name,
            Kind.RANGE,
            f"{each.contract.zh}:{each.field.zh}",
            f"{each.contract.name}: {each.field.en or each.field.name}",
            each.field,
            block=each.block,
            blank_counts=not _needed(each.contract, each.field),
        )
        for each in taken
    )
    return Function(
        kpi.worksheet_name,
        (*arguments, INCLUDE),
        lambda **given: _answer(kpi, taken, **given),
        f"{kpi.zh}:{kpi.says}",
        kpi.title if kpi.title.startswith(kpi.en) else f"{kpi.en}. {kpi.title}",
        kpi.dimension.value,
        kpi.key,
    )


def _taken(kpi: Kpi) -> list[_Taken]:
    """Fields that the KPI reads, and those that its sheets cannot do without, in the order of the sheets' columns."""
    wired = wiring(kpi)
    read = {place for place in wired.fields if place[1]}
    found: list[_Taken] = []
    contracts = {each.name: each for each in departments()}
    for block, name in enumerate(wired.sheets):
        contract = contracts[name]
        fields = [each for each in contract.fields if (name, each.name) in read or _needed(contract, each)]
        for each in fields:
            twice = any(each.name == other.name for other in found)
            found.append(_Taken(f"{name.lower()}_{each.name}" if twice else each.name, contract, each, block))
    return found


def _needed(contract: Contract, field: Field) -> bool:
    return field.required or field.name == contract.date


def _answer(kpi: Kpi, taken: list[_Taken], settings: Settings, **given: np.ndarray) -> float:
    sheets = {}
    for contract in {each.contract.name: each.contract for each in taken}.values():
        columns = {each.field.name: _cells(given[each.name]) for each in taken if each.contract is contract}
        sheet, findings = check_sheet(raw_table(columns), contract, settings, title=contract.name, today=FAR)
        for finding in findings:
            if finding.severity is Severity.ERROR:
                raise bad_cells(sentence(finding, "zh"), sentence(finding, "en"))
        sheets[contract.name] = sheet
    newest = newest_date(sheets)
    if newest is None:
        raise without_value(Reason.NO_DATA)
    as_of = newest + timedelta(days=1)
    made = prepare(sheets, settings, as_of)
    whole = Period(Cycle.ALL, made.first_month, made.ready.last_month + 1, "all")
    situation = Situation(
        made.ready, settings, settings.calendar, coverage(sheets, as_of, settings.calendar), as_of, frozenset()
    )
    result = evaluate([kpi], [cycle_turn(whole)], situation)[0]
    if result.value is None:
        raise without_value(result.reason or Reason.NO_DATA)
    return result.value


def _cells(values: np.ndarray) -> list[Any]:
    """Values of a range as cells again: missing ones blank."""
    return [None if each is None or each != each else each for each in values.tolist()]
