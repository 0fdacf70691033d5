"""Unpacking beside reading: zlib leaves the interpreter free, so a second core can be used."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ahead:
    """Pieces unpacked by a thread while those before are being read."""

    def __init__(self, pieces: Iterator[bytes], depth: int = 8) -> None:
        self._pieces = pieces
        self._queue: queue.Queue[bytes | BaseException | None] = queue.Queue(depth)
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        last: BaseException | None = None
        try:
            for piece in self._pieces:
                self._queue.put(piece)
                if self._stop:
                    return
        except BaseException as error:  # noqa: BLE001 (raised again where the pieces are used)
            last = error
        self._queue.put(last)

    def __enter__(self) -> Iterator[bytes]:
        return self._each()

    def _each(self) -> Iterator[bytes]:
        while True:
            piece = self._queue.get()
            if isinstance(piece, BaseException):
                raise piece
            if piece is None:
                return
            yield piece

    def __exit__(self, *_: object) -> None:
        self._stop = True
        while self._thread.is_alive():
            try:
                self._queue.get(timeout=0.01)
            except queue.Empty:
                continue
