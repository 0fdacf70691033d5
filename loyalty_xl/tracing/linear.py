"""Sums that remember of which measures they are made, so that every unit's part in numerator and denominator is known."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, Any, Self

from loyalty_xl.catalogue import MEASURES, Ratio, Sum, Withheld
from loyalty_xl.evaluating import MONTHS, wiring
from loyalty_xl.vocabulary import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.catalogue import Kpi

CLOSE = 1e-9  # relative: what rounding of long sums leaves


class Linear(Sum):
    """A sum of measures, each times a number, and a number that no row brings."""

    __slots__ = ("constant", "parts")
    parts: Mapping[str, float]
    constant: float

    def __new__(cls, value: float, parts: Mapping[str, float], constant: float = 0.0) -> Self:
        """Make a sum of its *value* and of what it is made of."""
        self = super().__new__(cls, value)
        self.parts, self.constant = dict(parts), constant
        return self

    def _with(self, other: float, sign: float) -> Linear:
        value = float(self) + sign * float(other)
        if not isinstance(other, Linear):
            return Linear(value, self.parts, self.constant + sign * float(other))
        names = dict.fromkeys([*self.parts, *other.parts])
        parts = {name: self.parts.get(name, 0.0) + sign * other.parts.get(name, 0.0) for name in names}
        return Linear(value, parts, self.constant + sign * other.constant)

    def _times(self, factor: float) -> Linear:
        parts = {name: each * factor for name, each in self.parts.items()}
        return Linear(float(self) * factor, parts, self.constant * factor)

    def __add__(self, other: float) -> Linear:
        return self._with(other, 1.0)

    def __sub__(self, other: float) -> Linear:
        return self._with(other, -1.0)

    def __rsub__(self, other: float) -> Linear:
        return self._times(-1.0)._with(other, 1.0)

    def __neg__(self) -> Linear:
        return self._times(-1.0)

    def __mul__(self, other: float) -> Sum:
        if isinstance(other, Linear):  # a product of two sums: no part of it is any one row's
            return Sum(float(self) * float(other))
        return self._times(float(other))

    def __truediv__(self, other: float) -> Ratio:
        if float(other) == 0:
            raise Withheld(Reason.NO_DENOMINATOR, self)
        made = Ratio(float(self), float(other))
        made.numerator, made.denominator = self, other
        return made

    __radd__ = __add__
    __rmul__ = __mul__


@dataclass(frozen=True)
class Side:
    """Numerator or denominator: its value, and how it adds up from measures, where it does."""

    value: float | None
    parts: Mapping[str, float] | None = None  # measure -> factor; None: made by more than adding
    constant: float = 0.0

    @property
    def adds_up(self) -> bool:
        """Whether every row has a part in it."""
        return self.parts is not None

    @property
    def alone(self) -> str:
        """The one measure that it is, as it stands; "" where it is made of more."""
        one = self.parts is not None and list(self.parts.values()) == [1.0] and not self.constant
        return next(iter(self.parts)) if one and self.parts else ""

    def total(self, totals: Mapping[str, float]) -> float | None:
        """Add it up from the totals of the measures."""
        if self.parts is None:
            return self.value
        return fsum([self.constant, *(factor * totals[name] for name, factor in self.parts.items())])


NOTHING = Side(None)


@dataclass(frozen=True)
class Arithmetic:
    """What a KPI makes of totals."""

    value: float | None
    reason: Reason | None = None
    numerator: Side = field(default=NOTHING)
    denominator: Side = field(default=NOTHING)


def arithmetic(kpi: Kpi, totals: Mapping[str, float], months: int, settings: Any) -> Arithmetic:
    """Let a KPI work on totals of its measures, and see how numerator and denominator are made of them."""
    values: dict[str, Any] = {name: Linear(total, {name: 1.0}) for name, total in totals.items()}
    values[MONTHS] = Linear(float(months), {}, float(months))
    arguments = [settings if name == "settings" else values[name] for name in wiring(kpi).parameters]
    try:
        made = kpi.function(*arguments)
    except Withheld as withheld:
        return Arithmetic(None, withheld.reason, _side(withheld.numerator))
    if made != made:  # a statistic of nothing
        return Arithmetic(None)
    if isinstance(made, Ratio):
        return Arithmetic(float(made), None, _side(made.numerator), _side(made.denominator))
    return Arithmetic(float(made), None, _side(made))


def _side(value: float | None) -> Side:
    if value is None:
        return NOTHING
    if not isinstance(value, Linear):
        return Side(float(value))
    if any(MEASURES[name].statistic for name, factor in value.parts.items() if factor):
        return Side(float(value))  # a median is no sum of its values
    return Side(float(value), {name: factor for name, factor in value.parts.items() if factor}, value.constant)


def close(one: float | None, other: float | None) -> bool:
    """Whether two totals are the same, but for the rounding of long sums."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= CLOSE * max(1.0, abs(one), abs(other))
