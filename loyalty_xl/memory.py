"""What this process remembers of its last runs, so that the next run does not work out again what cannot have changed.

Everything is found by its content: by hashes of cells and files, by settings, by whatever else decides the result. A
result from memory is the result that would be worked out; memory only saves the time. It lasts as long as the process
(Excel's or LibreOffice's helper, a Python session), is never written to disk, and holds no field that a sheet's
contract calls personal: no names, phones or addresses. The one used longest ago leaves first.

`LOYALTY_XL_NO_CACHE=1` switches it off, `refresh(..., reuse=False)` for one run; `loyalty_xl.forget()` empties it.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 512_000_000  # bytes held in all
SWITCH = "LOYALTY_XL_NO_CACHE"

_held: OrderedDict[Any, tuple[Any, int]] = OrderedDict()
_size = 0
_lock = threading.Lock()
_idle: ContextVar[bool] = ContextVar("_idle", default=False)


def on() -> bool:
    """Whether anything is remembered, and looked up."""
    return not _idle.get() and os.environ.get(SWITCH, "") in ("", "0")


def recall(key: Any) -> Any:
    """What was remembered under *key*; None when there is nothing."""
    if not on():
        return None
    with _lock:
        found = _held.get(key)
        if found is None:
            return None
        _held.move_to_end(key)
        return found[0]


def remember(key: Any, value: Any, size: int) -> None:
    """Keep *value*, of about *size* bytes, and let go of what was used longest ago."""
    global _size  # noqa: PLW0603 - one memory for the process
    if not on() or size > MOST:
        return
    with _lock:
        _size -= _held.pop(key, (None, 0))[1]
        _held[key] = (value, size)
        _size += size
        while _size > MOST:
            _size -= _held.popitem(last=False)[1][1]


def drop(key: Any) -> None:
    """Let go of what was remembered under *key*."""
    global _size  # noqa: PLW0603 - one memory for the process
    with _lock:
        _size -= _held.pop(key, (None, 0))[1]


def forget() -> None:
    """Let go of everything that this process remembers."""
    global _size  # noqa: PLW0603 - one memory for the process
    with _lock:
        _held.clear()
        _size = 0


def values() -> list[Any]:
    """Everything that is held, the one used longest ago first."""
    with _lock:
        return [value for value, _ in _held.values()]


def size() -> int:
    """How much is held. [bytes, about]"""
    return _size


@contextmanager
def reusing(reuse: bool) -> Iterator[None]:
    """Work with memory, or (*reuse* is False) as if there were none."""
    mark = _idle.set(_idle.get() or not reuse)
    try:
        yield
    finally:
        _idle.reset(mark)


__all__ = ["MOST", "SWITCH", "drop", "forget", "on", "recall", "remember", "reusing", "size", "values"]
