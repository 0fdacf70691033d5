"""What came and what became of it: received = used + left out by reason, in rows and in money, month by month.

Money is counted in ten-thousandths, as whole numbers: sums of parts are then exactly the sum of the whole.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Contract, Sheet

    Sum = tuple[int, int]  # rows, money in ten-thousandths
    Ledger = dict[tuple[int, str], Sum]  # by month and reason

RECEIVED = "received"
BLOCKED = "blocked"
REPLACED = "replaced"  # rows of a period for which another file counts
CONVERTED = "converted"  # money that a conversion of currency added or took away
EMPTIED = "emptied"  # money in cells that were emptied while their row stayed
UNIT = 10_000
MONEY = ("amount", "cost", "category_spend")  # what a control total adds up, in this order


def money_field(contract: Contract) -> str:
    """Give the field whose sum a sheet is compared by, "" for a sheet without money."""
    return next((name for name in MONEY if name in contract.names), "")


def enter(ledger: Ledger, reason: str, months: NDArray[np.int64], amounts: NDArray[np.float64] | None) -> None:
    """Add rows to a ledger: their months, and their money where the sheet has any."""
    if not len(months):
        return
    first = int(months.min())
    if int(months.max()) - first > 100_000:  # undated rows beside dated ones: not one long table
        for month in np.unique(months):
            here = months == month
            enter(ledger, reason, months[here], None if amounts is None else amounts[here])
        return
    place = months - first
    rows = np.bincount(place)
    whole, part = _split(np.zeros(len(months)) if amounts is None else amounts)
    money = np.bincount(place, whole), np.bincount(place, part)
    for at in np.flatnonzero(rows).tolist():
        add(ledger, first + at, reason, int(rows[at]), int(money[0][at]) * UNIT + int(money[1][at]))


def _split(amounts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give whole units and ten-thousandths, each a whole number that adds up exactly."""
    known = np.nan_to_num(amounts, nan=0.0, posinf=0.0, neginf=0.0)
    whole = np.floor(known)
    return whole, np.rint((known - whole) * UNIT)


def add(ledger: Ledger, month: int, reason: str, rows: int, money: int) -> None:
    """Add one sum to a ledger."""
    before = ledger.get((month, reason), (0, 0))
    ledger[month, reason] = before[0] + rows, before[1] + money


def used(sheet: Sheet) -> Ledger:
    """Give the rows of a sheet that are used, by month, as a ledger of its own."""
    from loyalty_xl.contracts.links import months, numbers

    made: Ledger = {}
    name = money_field(sheet.contract)
    if len(sheet.frame):
        enter(made, "used", months(sheet), numbers(sheet, name) if name else None)
    return made


def total(ledger: Mapping[tuple[int, str], Sum], inside: range | None = None) -> dict[str, Sum]:
    """Add up a ledger over months (all: None), by reason."""
    found: dict[str, Sum] = {}
    for (month, reason), (rows, money) in sorted(ledger.items()):
        if inside is None or month in inside:
            before = found.get(reason, (0, 0))
            found[reason] = before[0] + rows, before[1] + money
    return found


@contextmanager
def conversions(sheets: Mapping[str, Sheet]) -> Iterator[None]:
    """Note what happens to the money of rows that stay: its currency was converted."""
    before = {name: _open(sheet) for name, sheet in sheets.items() if money_field(sheet.contract)}
    yield
    for name, was in before.items():
        sheet = sheets[name]
        now = _open(sheet)
        for month in was.keys() | now.keys():
            if change := was.get(month, 0) - now.get(month, 0):
                add(sheet.ledger, month, CONVERTED, 0, change)


def _open(sheet: Sheet) -> dict[int, int]:
    """Money used and left out, by month."""
    found: dict[int, int] = {}
    for ledger in (used(sheet), {key: held for key, held in sheet.ledger.items() if key[1] != RECEIVED}):
        for (month, _), (_, money) in ledger.items():
            found[month] = found.get(month, 0) + money
    return found
