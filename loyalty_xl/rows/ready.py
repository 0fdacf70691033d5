"""What every builder of rows starts from: frames of plain integers, numbers and labels, on whatever engine holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import narwhals as nw

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
    A frame has one integer column for each segment dim: the place of the row's segment value in `segments`.
    """

    frames: dict[str, Frame]
    as_of: int  # day, exclusive
    last_month: int  # month that holds the day before as_of
    dims: dict[str, tuple[str, ...]]  # frame -> segment dims that have a path
    segments: tuple[tuple[str, str], ...]  # dim and label of every segment value; All stands first
    customers: int = 0  # how many customer codes there are

    made: dict[Any, Frame] = field(default_factory=dict, compare=False, repr=False)  # frames derived once

    def once(self, make: Callable[..., Frame], settings: Any, dims: tuple[str, ...] = ()) -> Frame:
        """Derive a frame by *make*(self, settings[, dims]) the first time, and remember it."""
        key = (f"{make.__module__}.{make.__qualname__}", settings, dims)
        if key not in self.made:
            wider = next((each for each in self.made if each[:2] == key[:2] and set(dims) < set(each[2])), None)
            if wider and dims:
                places = [place for place, (dim, _) in enumerate(self.segments) if dim in dims]
                self.made[key] = self.made[wider].filter(nw.col("segment").is_in(places))
            else:
                self.made[key] = make(self, settings, dims) if dims else make(self, settings)
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


def segmented(frame: Frame, dims: tuple[str, ...]) -> Frame:
    """Give every row once for each dim, with its value there in the column `segment`."""
    parts = [
        frame.with_columns((nw.lit(0) if dim == "all" else nw.col(dim)).cast(nw.Int64).alias("segment")) for dim in dims
    ]
    return parts[0] if len(parts) == 1 else nw.concat(parts, how="vertical")


def each() -> nw.Expr:
    """Count every row."""
    return nw.lit(1.0)


def when(condition: nw.Expr, then: Any = 1.0, otherwise: Any = 0.0) -> nw.Expr:
    """Choose between two columns (or numbers) row by row."""
    return nw.when(condition).then(_literal(then)).otherwise(_literal(otherwise))


def _literal(value: Any) -> nw.Expr:
    return value if isinstance(value, nw.Expr) else nw.lit(value)
