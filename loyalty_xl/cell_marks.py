"""Hashes of raw sheets: of their cells as a person sees them, and of everything that reading them can depend on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.cells import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from loyalty_xl.cells import RawSheet

_STYLES = 1 << 16  # styles that a column can tell apart
CELLS, WHOLE = "hash of cells", "hash of everything"  # where a sheet carries its hashes along


def sheet_hash(raw: RawSheet) -> str:
    """SHA-256 of the cells of a sheet, however the file stores them."""
    known = raw.__dict__.get(CELLS)
    if known is None:
        known = raw.__dict__[CELLS] = _cells(raw)
    return str(known)


def whole_hash(raw: RawSheet) -> str:
    """SHA-256 of all that a sheet holds: cells with their formats, order of texts, hidden rows, merged ranges."""
    known = raw.__dict__.get(WHOLE)
    if known is None:
        known = raw.__dict__[WHOLE] = _whole(raw)
    return str(known)


def text_hash(texts: Iterable[str]) -> str:
    """SHA-256 of texts in their order."""
    total = hashlib.sha256()
    for text in texts:
        plain = text.encode("utf-8", "surrogatepass")
        total.update(len(plain).to_bytes(8, "little") + plain)
    return total.hexdigest()


def used_texts(raw: RawSheet) -> NDArray[np.intp]:
    """Numbers of the texts that any cell holds, ascending."""
    return _used(len(raw.strings), [column.text for column in raw.columns.values()])


def used_formats(raw: RawSheet) -> dict[int, str]:
    """Number formats that any cell has, by their numbers."""
    used = _used(_STYLES, [column.style for column in raw.columns.values()])
    return {number: raw.formats[number] if number < len(raw.formats) else "" for number in used.tolist()}


def _used(size: int, columns: Sequence[NDArray[Any]]) -> NDArray[np.intp]:
    there = np.zeros(size + 1, np.bool_)  # the last for none
    for each in columns:
        there[each] = True
    return np.flatnonzero(there[:size])


def _cells(raw: RawSheet) -> str:
    total = hashlib.sha256()
    codes = np.zeros(len(raw.strings) + 1, dtype=np.uint64)  # of the texts that this sheet uses; the last is no text
    total.update(np.ascontiguousarray(raw.rows).tobytes())
    for number, column in sorted(raw.columns.items()):
        kinds = np.ascontiguousarray(column.kind)
        if not (kinds != Kind.BLANK).any():
            continue
        textual = (kinds == Kind.TEXT) | (kinds == Kind.ERROR)
        texts = np.where(textual, column.text, -1)
        used = np.flatnonzero(np.bincount(texts[textual], minlength=1))
        for text in used[codes[used] == 0].tolist():
            plain = raw.strings[text].encode("utf-8", "surrogatepass")
            codes[text] = int.from_bytes(hashlib.blake2b(plain, digest_size=8).digest(), "little")
        numbers = np.where(np.isnan(column.number), 0.0, column.number)
        for part in (np.array([number]), kinds, numbers, codes[texts]):
            total.update(np.ascontiguousarray(part).tobytes())
    return total.hexdigest()


def _whole(raw: RawSheet) -> str:
    total = hashlib.sha256()
    texts, formats = used_texts(raw), used_formats(raw)
    total.update(text_hash(raw.strings[each] for each in texts.tolist()).encode())
    place = np.full(len(raw.strings) + 1, -1, np.int32)  # a text's place among those that are used; the last for none
    place[texts] = np.arange(len(texts), dtype=np.int32)
    format_place = np.zeros(_STYLES, np.uint16)
    format_place[list(formats)] = np.arange(len(formats), dtype=np.uint16)
    around = (
        list(formats.values()),
        raw.date1904,
        sorted(raw.hidden_rows),
        sorted(raw.hidden_columns),
        raw.merged,
        raw.merged_count,
        raw.state,
        raw.used,
        sorted(raw.columns),
        getattr(raw, "origin", ""),
    )
    total.update(repr(around).encode("utf-8", "surrogatepass"))
    total.update(np.ascontiguousarray(raw.rows).tobytes())
    for _, column in sorted(raw.columns.items()):
        for part in (column.kind, column.number, place[column.text], format_place[column.style]):
            total.update(np.ascontiguousarray(part).tobytes())
    for number, rows in sorted(raw.dependent.items()):
        total.update(f"{number}:{len(rows)}".encode())
        total.update(np.ascontiguousarray(rows).tobytes())
    return total.hexdigest()


__all__ = ["sheet_hash", "text_hash", "used_formats", "used_texts", "whole_hash"]
