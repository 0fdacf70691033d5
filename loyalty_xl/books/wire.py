"""Sheets through a pipe: a JSON header with the sizes of the plain buffers that follow. Nothing is unpickled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from loyalty_xl.books.assembly import Column, Columned
from loyalty_xl.cells import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MAGIC = b"LXL1"
_TEXT_KINDS = frozenset({Kind.TEXT, Kind.ERROR})


class Sink(Protocol):
    """Where bytes go."""

    def write(self, data: Any, /) -> Any:
        """Write all of *data*."""


class Packer:
    """Collects a header and buffers, then writes them."""

    def __init__(self) -> None:
        self._buffers: list[memoryview] = []

    def array(self, held: NDArray[Any]) -> list[Any]:
        """Note an array; one that repeats a single value takes no room."""
        if len(held) and held[0] == held[-1] and (held == held[0]).all():
            return [held.dtype.str, len(held), held[0].item()]
        self._buffers.append(_bytes_of(np.ascontiguousarray(held)))
        return [held.dtype.str, len(held)]

    def strings(self, held: list[str]) -> list[Any]:
        """Note texts."""
        encoded = [text.encode() for text in held]  # pyarrow.array would import pandas
        places = np.zeros(len(held) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(held)), out=places[1:])
        self._buffers.append(_bytes_of(places))
        self._buffers.append(memoryview(b"".join(encoded)))
        return [len(held), int(places[-1])]

    def write(self, sink: Sink, header: dict[str, Any]) -> None:
        """Write header and buffers."""
        text = json.dumps(header).encode()
        sink.write(MAGIC + len(text).to_bytes(8, "little") + text)
        for buffer in self._buffers:
            sink.write(buffer)


class Unpacker:
    """Takes up what a `Packer` wrote; *take* fills a buffer or raises `EOFError`."""

    def __init__(self, take: Callable[[memoryview], None]) -> None:
        self._take = take

    def header(self) -> dict[str, Any]:
        """Give the next header."""
        start = self._bytes(12)
        if bytes(start[:4]) != MAGIC:
            raise EOFError
        header: dict[str, Any] = json.loads(bytes(self._bytes(int.from_bytes(start[4:], "little"))))
        return header

    def array(self, noted: list[Any]) -> NDArray[Any]:
        """Give an array as noted."""
        dtype, length = np.dtype(noted[0]), int(noted[1])
        if len(noted) == 3:
            return np.full(length, noted[2], dtype)
        held = np.empty(length, dtype)
        if length:
            self._take(_bytes_of(held))
        return held

    def strings(self, noted: list[Any]) -> list[str]:
        """Give texts as noted."""
        count, size = noted
        places, content = self._bytes(8 * (count + 1)), self._bytes(size)
        buffers = [None, pa.py_buffer(places), pa.py_buffer(content)]
        texts: list[str] = pa.Array.from_buffers(pa.large_utf8(), count, buffers).to_pylist()
        return texts

    def _bytes(self, size: int) -> NDArray[np.uint8]:
        held = np.empty(size, np.uint8)
        if size:
            self._take(_bytes_of(held))
        return held


def _bytes_of(held: NDArray[Any]) -> memoryview:
    """Give the bytes of an array, empty ones too."""
    return held.view(np.uint8).data if len(held) else memoryview(b"")


def send_sheet(sink: Sink, sheet: Columned) -> None:
    """Write a sheet."""
    packer = Packer()
    columns = []
    for number, column in sheet.columns.items():
        value = column.value.astype(np.int32) if column.kinds() <= _TEXT_KINDS else column.value
        columns.append([number, packer.array(column.kind), packer.array(column.style), packer.array(value)])
    header = {
        "name": sheet.name,
        "state": sheet.state,
        "columns": columns,
        "rows": packer.array(sheet.rows),
        "own": packer.strings(sheet.own_texts),
        "hidden_rows": packer.array(np.array(sheet.hidden_rows, np.int32)),
        "hidden_columns": sheet.hidden_columns,
        "merged": packer.strings(sheet.merged),
        "merged_count": sheet.merged_count,
        "used": sheet.used,
        "dependent": [[number, packer.array(rows)] for number, rows in sheet.dependent.items()],
    }
    packer.write(sink, header)


def take_sheet(unpacker: Unpacker, header: dict[str, Any]) -> Columned:
    """Take up a sheet whose header has been read."""
    columns = {
        int(number): Column(unpacker.array(kind), unpacker.array(style), unpacker.array(value))
        for number, kind, style, value in header["columns"]
    }
    return Columned(
        name=header["name"],
        state=header["state"],
        columns=columns,
        rows=unpacker.array(header["rows"]),
        own_texts=unpacker.strings(header["own"]),
        hidden_rows=unpacker.array(header["hidden_rows"]).tolist(),
        hidden_columns=header["hidden_columns"],
        merged=unpacker.strings(header["merged"]),
        merged_count=header["merged_count"],
        used=tuple(header["used"]),
        dependent={int(number): unpacker.array(rows) for number, rows in header["dependent"]},
    )
