"""What every builder of rows starts from: frames of plain integers, numbers and labels, on whatever engine holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import narwhals as nw

from loyalty_xl.vocabulary import ALL

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

Frame = Any  # a narwhals DataFrame or LazyFrame

ANONYMOUS = -1  # customer of an order that names none
NEVER = 10**9  # a day that does not come


@dataclass(frozen=True)
class Ready:
    """Frames by name, and where time stands.

    Days count from 1970-01-01, months from year 0. Frames hold no missing values in keys: ANONYMOUS and NEVER stand for them.
    """

    frames: dict[str, Frame]
    as_of: int  # day, exclusive
    last_month: int  # month that holds the day before as_of
    dims: dict[str, tuple[str, ...]]  # frame -> segment dims that have a path

    made: dict[Any, Frame] = field(default_factory=dict, compare=False, repr=False)  # frames derived once

    def once(self, make: Callable[..., Frame], settings: Any, dim: str = "") -> Frame:
        """Derive a frame by *make*(self, settings[, dim]) the first time, and remember it."""
        key = (make.__name__, settings, dim)
        if key not in self.made:
            self.made[key] = make(self, settings, dim) if dim else make(self, settings)
        return self.made[key]

    def __getitem__(self, name: str) -> Frame:
        return self.frames[name]

    def __contains__(self, name: str) -> bool:
        return name in self.frames


def collect(frame: Frame) -> pd.DataFrame:
    """Bring a frame home as pandas, from whatever engine."""
    frame = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    native: pd.DataFrame = frame.to_pandas()
    return native


def segmented(frame: Frame, dim: str) -> Frame:
    """Add the column `segment` for one segment dim."""
    return frame.with_columns((nw.lit(ALL) if dim == "all" else nw.col(dim)).alias("segment"))


def each() -> nw.Expr:
    """Count every row."""
    return nw.lit(1.0)


def when(condition: nw.Expr, then: Any = 1.0, otherwise: Any = 0.0) -> nw.Expr:
    """Choose between two columns (or numbers) row by row."""
    return nw.when(condition).then(_literal(then)).otherwise(_literal(otherwise))


def _literal(value: Any) -> nw.Expr:
    return value if isinstance(value, nw.Expr) else nw.lit(value)
