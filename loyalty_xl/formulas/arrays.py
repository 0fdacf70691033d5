"""A few columns as plain arrays: a simple measure is added up at once, before any engine is asked.

A measure is an expression over columns. Over arrays without missing values comparisons, logic and arithmetic mean the same as on
every engine, so the same expression is evaluated on them directly; one that needs more (a choice, a text, a missing value) is not.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from loyalty_xl.catalogue import Measure
    from loyalty_xl.settings import Settings


class Array:
    """A column without missing values."""

    __slots__ = ("values",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def is_null(self) -> Array:
        """Nothing is missing here."""
        return Array(np.zeros(len(self.values), np.bool_))

    def __invert__(self) -> Array:
        if self.values.dtype.kind != "b":
            raise TypeError("only what is true or false can be turned round")
        return Array(~self.values)


def _binary(does: Callable[[Any, Any], Any]) -> Callable[[Array, Any], Array]:
    def method(self: Array, other: Any) -> Array:
        return Array(does(self.values, other.values if isinstance(other, Array) else other))

    return method


for _name in ("lt", "le", "gt", "ge", "eq", "ne", "and_", "or_", "add", "sub", "mul", "truediv", "pow"):
    setattr(Array, f"__{_name.rstrip('_')}__", _binary(getattr(operator, _name)))
for _name in ("mul", "add"):
    setattr(Array, f"__r{_name}__", getattr(Array, f"__{_name}__"))


@dataclass(frozen=True)
class Columns:
    """Rows of a formula: arrays by name."""

    arrays: dict[str, Any]

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def __getattr__(self, name: str) -> Array:
        values = self.__dict__["arrays"].get(name)
        plain = isinstance(values, np.ndarray) and values.dtype.kind in "bif"
        if not plain or (values.dtype.kind == "f" and np.isnan(values).any()):
            raise AttributeError(name)
        return Array(values)

    @cached_property
    def frame(self) -> nw.DataFrame[Any]:
        """The same columns for an engine, nan as missing."""
        made = {name: pa.array(column, from_pandas=True) for name, column in self.arrays.items()}
        return nw.from_native(pa.table(made), eager_only=True)

    def total(self, measure: Measure, settings: Settings) -> float | None:
        """Add up a measure here; None where it takes an engine."""
        if measure.statistic is not None:
            return None
        try:
            found = measure.expression(self, settings)
        except Exception:  # noqa: BLE001 - whatever stops it here, an engine evaluates it
            return None
        return float(found.values.sum()) if isinstance(found, Array) else None
