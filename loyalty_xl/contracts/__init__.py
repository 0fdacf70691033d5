"""What each department's sheet promises, how its cells are read, and which rules they must keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Contract


def departments() -> tuple[Contract, ...]:
    """The sheets that departments supply."""
    from loyalty_xl.contracts import analytics, marketing, sales, service

    return (*analytics.CONTRACTS, *sales.CONTRACTS, *marketing.CONTRACTS, *service.CONTRACTS)


def everything() -> tuple[Contract, ...]:
    """All contracts: department and control sheets."""
    from loyalty_xl.contracts import control, control_plan

    return (*departments(), *control.CONTROL, *control_plan.CONTRACTS)
