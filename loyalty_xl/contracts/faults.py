"""Faults of a column, kept as arrays, and the findings that are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.cells import column_letters
from loyalty_xl.contracts.dates import read_date
from loyalty_xl.contracts.header_rows import cell_text
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loyalty_xl.cells import RawSheet

SINGLY = 1_000  # errors of one code in one column that are told one by one; the others are one finding with their count
SHOWN = 200  # characters of a cell that a finding repeats
LISTED = 10  # addresses of a grouped finding


@dataclass(frozen=True)
class Fault:
    """The same thing wrong in several cells of one column."""

    code: str
    at: NDArray[np.intp]  # places in the column
    expected: str = ""
    found: str | None = None  # None: what each cell says
    detail: tuple[tuple[str, str], ...] = ()
    together: bool = False  # one finding, although it is an error
    silent: bool = False  # told elsewhere


@dataclass(frozen=True)
class Place:
    """Where a column stands, to give its cells addresses."""

    raw: RawSheet
    title: str
    column: int
    header: str
    entries: NDArray[np.intp]  # place in the column -> entry of the sheet

    def address(self, place: int) -> str:
        """Give the address of a cell."""
        return f"{column_letters(self.column)}{self.raw.rows[self.entries[place]]}"

    def text(self, place: int) -> str:
        """Give what a cell says, the beginning of it where it is long."""
        text = cell_text(self.raw, self.column, int(self.entries[place]))
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def findings_of(fault: Fault, place: Place) -> Iterator[Finding]:
    """Make findings of a fault: errors one per cell, warnings one in all."""
    if fault.silent:
        return
    detail = tuple((name, place.address(int(text)) if name == "text_cell" else text) for name, text in fault.detail)
    grouped = fault.together or fault.code.startswith("W")
    single = fault.at[: 0 if grouped else SINGLY]
    for at in single:
        found = place.text(at) if fault.found is None else fault.found
        yield Finding(
            fault.code,
            place.title,
            place.address(at),
            found,
            fault.expected,
            place.header,
            detail=detail or _detail(fault.code, found),
        )
    rest = fault.at[len(single) :]
    if len(rest):
        cells = tuple(place.address(at) for at in rest[:LISTED])
        found = place.text(rest[0]) if fault.found is None else fault.found
        yield Finding(
            fault.code,
            place.title,
            cells[0],
            found,
            fault.expected,
            place.header,
            len(rest),
            cells,
            detail or _detail(fault.code, found),
        )


def _detail(code: str, found: str) -> tuple[tuple[str, str], ...]:
    if code != "E222":
        return ()
    readings = read_date(found).readings
    return tuple((f"reading_{number}", reading.date().isoformat()) for number, reading in enumerate(readings, 1))


def places(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Give the places where *mask* holds."""
    return np.flatnonzero(mask)
