"""What every builder of rows starts from: frames of plain integers, numbers and labels, on whatever engine holds them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import narwhals as nw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd

Frame = Any  # a narwhals DataFrame or LazyFrame

ANONYMOUS = -1  # customer of an order that names none
NEVER = 10**9  # a day that does not come
EVERY = "*"  # stands for all names, where somebody looked at the list of them


class Frames(dict[str, Frame]):
    """Frames by name that tell which of them are looked at, or looked for."""

    def __init__(self, frames: Mapping[str, Frame]) -> None:
        super().__init__(frames)
        self.watching: list[set[str]] = []

    def note(self, names: Iterable[str]) -> None:
        """Tell everybody who watches."""
        for each in self.watching:
            each.update(names)

    def __getitem__(self, name: str) -> Frame:
        self.note([name])
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.note([str(name)])
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Give a frame, or *default* where there is none."""
        self.note([name])
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        self.note([*super().keys(), EVERY])
        return super().__iter__()

    def keys(self) -> Any:
        """Names of all frames."""
        return list(self)

    def values(self) -> Any:
        """All frames."""
        return [self[name] for name in self]

    def items(self) -> Any:
        """All frames with their names."""
        return [(name, self[name]) for name in self]

    def __or__(self, other: Any) -> Any:
        return dict(self.items()) | other


def tell(ready: Ready, names: Iterable[str]) -> None:
    """Tell everybody who watches *ready* that these frames were looked at, in their stead."""
    if isinstance(ready.frames, Frames):
        ready.frames.note(names)


@contextmanager
def watched(ready: Ready) -> Iterator[set[str]]:
    """Note which frames of *ready* are looked at."""
    seen: set[str] = set()
    if not isinstance(ready.frames, Frames):
        yield seen
        return
    ready.frames.watching.append(seen)
    try:
        yield seen
    finally:
        ready.frames.watching.pop()


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
    looked_at: dict[Any, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)  # what they read

    def once(self, make: Callable[..., Frame], settings: Any, dims: tuple[str, ...] = ()) -> Frame:
        """Derive a frame by *make*(self, settings[, dims]) the first time, and remember it."""
        key = (f"{make.__module__}.{make.__qualname__}", settings, dims)
        if key not in self.made:
            wider = next((each for each in self.made if each[:2] == key[:2] and set(dims) < set(each[2])), None)
            if wider and dims:
                places = [place for place, (dim, _) in enumerate(self.segments) if dim in dims]
                self.made[key] = self.made[wider].filter(nw.col("segment").is_in(places))
                self.looked_at[key] = self.looked_at.get(wider, frozenset())
            else:
                from loyalty_xl.rows.reused import plain_size, reused

                work = partial(make, self, settings, dims) if dims else partial(make, self, settings)
                where = ("once", *key, id(make))
                return self.kept(key, lambda: reused(self, where, work, plain_size, own=make))
        return self.kept(key, lambda: None)

    def kept(self, key: Any, make: Callable[[], Any]) -> Any:
        """Derive something under a name of its own the first time, and remember it with the frames it was made from."""
        if key not in self.made:
            with watched(self) as seen:
                self.made[key] = make()
            self.looked_at[key] = frozenset(seen)
        else:
            tell(self, self.looked_at.get(key, frozenset()))
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
