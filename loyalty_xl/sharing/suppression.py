"""Which figures are not shared: those of too few customers, and those from which these could be worked out.

A figure is small when it stands for fewer than `min_cell` customers, orders or answers, but for at least one. Small ones are taken out;
further ones are taken out until no reader can tell a small one from a large one: whatever is shown, and although nothing taken out is
zero, it stays possible that each of them stands for `min_cell` or more. So a small figure is never determined, nor is a sum of them.

References
----------
Hundepool et al. (2012), Statistical Disclosure Control, chapter 4: primary and secondary suppression, feasibility intervals. Kelly,
Golden & Assad (1992), Cell suppression, Networks 22: the cheapest further figures by a linear program for each small one in turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from loyalty_xl.sharing.kpi_families import KPI_FAMILIES, Family
from loyalty_xl.sharing.least_cost import cheapest_move
from loyalty_xl.vocabulary import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

DEARER = 4.0  # taking out the side of a sum that is not to give: as much as so many of the other


class Place(NamedTuple):
    """Where a figure stands, whatever its KPI."""

    segment_dim: str
    segment: str
    period: str
    window: str


class Key(NamedTuple):
    """What a figure is called."""

    kpi: str
    segment_dim: str
    segment: str
    period: str
    window: str

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(*self[1:])


@dataclass(frozen=True)
class Cell:
    """A figure: how many customers, orders or answers stand behind it, and its value.

    Where there is a value and nobody knows of how many, it counts as one of a single customer.
    """

    key: Key
    n: float | None = None
    value: float | None = None

    @property
    def count(self) -> float:
        """How many stand behind it, for certain."""
        if self.n is not None and self.n >= 0:
            return self.n
        return 0.0 if self.n is None and self.value is None else 1.0


@dataclass(frozen=True)
class Sum:
    """A total that a reader can subtract parts from, and which side gives way first when one more figure must go."""

    total: Key
    parts: tuple[Key, ...]
    give: Literal["part", "total"] = "part"


class Why(StrEnum):
    """Why a figure is not shared. Readers are told the same words for both: the difference would tell of the small ones."""

    SMALL = "small"  # fewer than min_cell
    DERIVED = "derived"  # a small one could be worked out from it


def suppressed(
    cells: Iterable[Cell],
    sums: Iterable[Sum],
    min_cell: int,
    *,
    also: Iterable[Key] = (),
    families: Sequence[Family] = KPI_FAMILIES,
) -> dict[Key, Why]:
    """Say which figures are not to be shared, and why.

    Parameters
    ----------
    cells
        Every figure that anybody is shown, whoever may see which segments: what one reader sees is subtracted from what another sees.
    sums
        All relations along which readers can subtract.
    min_cell
        Fewest customers, orders or answers that a figure may stand for.
    also
        Figures that stay out whatever they stand for: those taken out of an earlier version of the same scorecard.
    families
        KPIs that are taken out together; one family comes after those that it follows.

    Returns
    -------
    dict[Key, Why]
        The figures to take out, in the order of the cells. A larger *min_cell* takes out at least the same ones.

    Raises
    ------
    ValueError
        A sum names a figure that is not among the cells, or adds up several KPIs.
    """
    found = {cell.key: cell.count for cell in cells}
    shown = {key.kpi for key in found}
    alone = sorted(shown - {kpi for family in families for kpi in family.kpis})
    groups: dict[str, _Group] = {}
    relations, out = _checked(sums, found), set(also)
    for family in (*families, *(Family(kpi, frozenset((kpi,)), "") for kpi in alone)):
        if family.kpis & shown:
            before = [groups[name] for name in family.follows if name in groups]
            groups[family.name] = _Group(family.kpis, found, relations, out, before)
    # one customer more at a time: what is too few for a smaller number stays out for a larger one
    for least in range(2, min_cell + 1):
        for group in groups.values():
            group.settle(least)
    hidden = {key for group in groups.values() for key in group.keys if key.place in group.hidden}
    return {key: Why.SMALL if 0 < count < min_cell else Why.DERIVED for key, count in found.items() if key in hidden}


def _checked(sums: Iterable[Sum], found: Mapping[Key, float]) -> list[Sum]:
    checked = list(sums)
    for each in checked:
        if missing := [key for key in (each.total, *each.parts) if key not in found]:
            raise ValueError(f"no cell for {missing[0]}: whether it can be worked out is not to be known")
        if len({key.kpi for key in (each.total, *each.parts)}) > 1:
            raise ValueError(f"{each.total.kpi} is summed from another KPI")
    return checked


class _Group:
    """A family's figures, and the places where they are taken out."""

    def __init__(
        self,
        kpis: frozenset[str],
        found: Mapping[Key, float],
        sums: Iterable[Sum],
        out: Iterable[Key],
        before: Sequence[_Group],
    ) -> None:
        self.keys = [key for key in found if key.kpi in kpis]
        self.hidden = {key.place for key in out if key.kpi in kpis}
        self._before = before
        self._tables = _tables(
            {key: found[key] for key in self.keys}, [each for each in sums if each.total.kpi in kpis]
        )

    def small(self, least: int) -> set[Place]:
        """Places where a figure of the family, or of one before it, is small."""
        places = {place for table in self._tables for place, count in table.counts.items() if 0 < count < least}
        return places.union(*(group.small(least) for group in self._before))

    def settle(self, least: int) -> None:
        """Take out what is small, and what else must go so that it cannot be worked out."""
        self.hidden |= self.small(least).union(*(group.hidden for group in self._before))
        for table in self._tables:
            table.protect(self.small(least), least, self.hidden)


@dataclass
class _Table:
    """The counts of KPIs that have the same ones wherever both have any, so that one tells of the other."""

    counts: dict[Place, float]
    sums: list[tuple[Place, tuple[Place, ...], bool]] = field(
        default_factory=list
    )  # total, parts, whether parts give way

    def agrees(self, counts: Mapping[Place, float]) -> bool:
        """Whether these are counts of the same base."""
        both = self.counts.keys() & counts.keys()
        return any(counts[place] for place in both) and all(counts[place] == self.counts[place] for place in both)

    def add(self, sums: Iterable[tuple[Place, tuple[Place, ...], bool]]) -> None:
        """Add relations; of those with the same total, one that names fewer parts of another says nothing new: those are zero."""
        every = sorted(
            {*self.sums, *sums}
        )  # in an order of their own: which of two equally cheap figures goes depends on it
        self.sums = [
            each for each in every if not any(each[0] == other[0] and set(each[1]) < set(other[1]) for other in every)
        ]

    def protect(self, small: set[Place], least: int, hidden: set[Place]) -> None:
        """Make sure that every place in *small* may hold *least*, or at least one more than it does, for all that is shown."""
        places = sorted(place for place, count in self.counts.items() if count > 0)
        number = {place: at for at, place in enumerate(places)}
        if not small & number.keys():
            return
        counts = np.array([self.counts[place] for place in places])
        sums = np.array(
            [self._row(total, parts, number) for total, parts, _ in self.sums if any(part in number for part in parts)]
        ).reshape(-1, len(places))
        weights = self._weights(places)
        safe: set[Place] = set()
        for place in sorted(small & number.keys(), key=lambda place: (self.counts[place], place)):
            if place in safe:
                continue
            rises = np.maximum(least - counts, 1.0)
            cost = np.array([0.0 if each in hidden else weights[each] for each in places])
            moves = cheapest_move(sums, cost, np.maximum(counts - 1.0, 0.0), number[place], rises[number[place]])
            if moves is None:
                hidden |= _together(place, places, sums)
                continue
            hidden |= {places[at] for at in np.flatnonzero(moves)}
            safe |= {places[at] for at in np.flatnonzero(moves >= rises)}

    def _row(self, total: Place, parts: tuple[Place, ...], number: Mapping[Place, int]) -> list[float]:
        row = [0.0] * len(number)
        for part in parts:
            if part in number:
                row[number[part]] += 1.0
        if total in number:
            row[number[total]] -= 1.0
        return row

    def _weights(self, places: Sequence[Place]) -> dict[Place, float]:
        """What it costs to take a figure out: few are better than many, then small ones, on the side that gives way."""
        largest = max(self.counts.values(), default=0.0)
        weights = {place: 1.0 + self.counts[place] / (largest + 1.0) for place in places}
        for total, parts, part_gives in self.sums:
            for place in (total,) if part_gives else parts:
                if place in weights:
                    weights[place] *= DEARER
        return weights


def _tables(found: Mapping[Key, float], sums: Iterable[Sum]) -> list[_Table]:
    tables: list[_Table] = []
    related = list(sums)
    for kpi, keys in groupby(sorted(found), key=lambda key: key.kpi):
        counts = {key.place: found[key] for key in keys}
        own = [
            (each.total.place, tuple(sorted(part.place for part in each.parts)), each.give == "part")
            for each in related
            if each.total.kpi == kpi
        ]
        table = next((each for each in tables if each.agrees(counts)), None)
        if table is None:
            tables.append(table := _Table({}))
        table.counts |= counts
        table.add(own)
    return tables


def _together(place: Place, places: Sequence[Place], sums: np.ndarray) -> set[Place]:
    """All places that relations tie to *place*: where sums contradict each other, nothing less is safe."""
    tied = np.array([each == place for each in places])
    while True:
        more = tied | (sums[(sums[:, tied] != 0).any(axis=1)] != 0).any(axis=0)
        if (more == tied).all():
            return {each for each, is_tied in zip(places, tied, strict=True) if is_tied}
        tied = more


def segment_sums(cells: Iterable[Cell]) -> list[Sum]:
    """All = sum of the segments of a dimension, for every KPI, period and window.

    Where customers count in several segments (product types), subtracting gives no exact number; these sums are taken to hold all the same.
    """
    keys = [cell.key for cell in cells]
    parts: dict[Key, dict[str, list[Key]]] = {key: {} for key in keys if key.segment == ALL}
    for key in keys:
        whole = key._replace(segment_dim="all", segment=ALL)
        if key.segment != ALL and whole in parts:
            parts[whole].setdefault(key.segment_dim, []).append(key)
    return [Sum(whole, tuple(some)) for whole, by_dim in parts.items() for some in by_dim.values()]


def course_sums(cells: Iterable[Cell], course: Sequence[tuple[str, str]]) -> list[Sum]:
    """Year to date = sum of its periods, for every KPI, segment and window that has both.

    Parameters
    ----------
    cells
        Figures of periods, and those of years to date.
    course
        Label of each period, and what the cells of its year to date have as period, oldest first. Quarters over months go the same way.
    """
    keys = {cell.key: None for cell in cells}
    years: dict[str, list[str]] = {}
    for period, year in course:
        years.setdefault(year, []).append(period)
    found = []
    for key in keys:
        parts = tuple(part for period in years.get(key.period, ()) if (part := key._replace(period=period)) in keys)
        if parts:
            found.append(Sum(key, parts, "total"))
    return found


__all__ = ["Cell", "Key", "Place", "Sum", "Why", "course_sums", "segment_sums", "suppressed"]
