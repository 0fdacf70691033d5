"""What was worked out from ready frames before: it is the same as long as the frames that were looked at are the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl import memory
from loyalty_xl.rows.ready import Frames, tell, watched

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty_xl.rows.ready import Ready

VARIANTS = 4  # frames for which one thing is held
MARKS = "hashes of frames"


def reused(
    ready: Ready, key: tuple[Any, ...], work: Callable[[], Any], size: Callable[[Any], int], *, own: Any = None
) -> Any:
    """Do *work* on frames, or give what it gave before for the same *key* and the same frames.

    Parameters
    ----------
    ready
        The frames; those that *work* looks at are noted.
    key
        What decides the result beside frames, and beside what `ready` itself says.
    work
        Gives the result, which nobody changes.
    size
        Bytes that a result takes, about; below 0 for one that is not held.
    own
        Objects whose `id` is part of *key*: they are held with the result, so that no other can have their place.
    """
    if not memory.on() or not in_memory(ready):
        return work()
    key = (*key, ready.as_of, ready.last_month, tuple(sorted(ready.dims.items())), ready.segments, ready.customers)
    held: tuple[tuple[dict[str, str], Any, int, Any], ...] = memory.recall(key) or ()
    for reads, result, _, _ in held:
        if all(mark(ready, name) == found for name, found in reads.items()):
            tell(ready, reads)
            return result
    with watched(ready) as seen:
        result = work()
    if (bytes_held := size(result)) >= 0:
        reads = {name: mark(ready, name) for name in seen}
        held = (*held[1 - VARIANTS :], (reads, result, 1000 + bytes_held, own))
        memory.remember(key, held, sum(each for _, _, each, _ in held))
    return result


def plain_size(made: Any) -> int:
    """Size of a frame of nothing but numbers; -1 for anything else, which may hold texts."""
    if not isinstance(made, nw.DataFrame):
        return -1
    native = made.to_native()
    if not isinstance(native, pd.DataFrame) or not all(each.kind in "biufM" for each in native.dtypes):
        return -1
    return int(native.memory_usage().sum())


def in_memory(ready: Ready) -> bool:
    """Whether all frames are tables of this process, and tell who looks at them."""
    return isinstance(ready.frames, Frames) and all(
        isinstance(each, nw.DataFrame) for each in dict.values(ready.frames)
    )


def mark(ready: Ready, name: str) -> str:
    """Hash of a frame's content, worked out once; of the list of names for all; "" where there is none."""
    marks: dict[str, str] = ready.made.setdefault(MARKS, {})
    if name not in marks:
        frame = dict.get(ready.frames, name)
        if frame is not None:
            marks[name] = frame_hash(frame.to_native())
        else:
            marks[name] = ",".join(dict.keys(ready.frames)) if name == "*" else ""
    return marks[name]


def frame_hash(frame: pd.DataFrame) -> str:
    """SHA-256 of names, types and values of a frame, and of its index."""
    total = hashlib.sha256(f"{len(frame)} {frame.index.dtype}".encode())
    index = frame.index
    if not isinstance(index, pd.RangeIndex):
        total.update(_bytes(index.to_numpy()))
    for name in frame.columns:
        column = frame[name]
        total.update(f"\n{name} {column.dtype}:".encode())
        if isinstance(column.dtype, pd.CategoricalDtype):
            total.update(_bytes(column.cat.categories.to_numpy()))
            total.update(_bytes(column.cat.codes.to_numpy()))
        else:
            total.update(_bytes(column.to_numpy()))
    return total.hexdigest()


def _bytes(values: np.ndarray) -> Any:
    if values.dtype == object:
        return repr(values.tolist()).encode("utf-8", "surrogatepass")
    return np.ascontiguousarray(values).view(np.uint8).data if len(values) else b""


__all__ = ["frame_hash", "mark", "plain_size", "reused"]
