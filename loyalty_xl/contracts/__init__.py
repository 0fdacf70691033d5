"""What each department's sheet promises, how its cells are read, and which rules they must keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loyalty_xl.contracts.contract import Contract


def departments() -> tuple[Contract, ...]:
    """The sheets that departments supply."""
    from loyalty_xl.contracts import analytics, marketing, reviews, sales, service, service_more, service_quality

    shelves = (analytics, sales, marketing, service, service_more, service_quality, reviews)
    return tuple(contract for shelf in shelves for contract in shelf.CONTRACTS)


def everything() -> tuple[Contract, ...]:
    """All contracts: department and control sheets."""
    from loyalty_xl.contracts import control, control_month_end, control_plan, control_share, reviews

    return (
        *departments(),
        *control.CONTROL,
        *control_month_end.CONTRACTS,
        *control_plan.CONTRACTS,
        *control_share.CONTRACTS,
        reviews.THEME_WORDS,
    )
