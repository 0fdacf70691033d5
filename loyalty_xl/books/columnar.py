"""Parquet files as sheets: the names of the columns in row 1, the first record in row 2. The reading child comes here.

Null is a blank. NaN and infinity are what a computation left behind, so they are errors, as in a worksheet. A column
of whole numbers that a worksheet cannot hold (over 2^53, usually ids) is kept as text, every digit of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loyalty_xl.books import read_errors
from loyalty_xl.books.assembly import Column, Columned
from loyalty_xl.cells import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from loyalty_xl.books.preflight import Limits

EXACT = 2**53
_DAY = 86_400_000_000  # microseconds
_EPOCH = 25_569.0  # serial of 1970-01-01


def read_parquet(path: Path, limits: Limits, rows: int | None) -> Columned:
    """Read a Parquet file, or its first *rows* rows."""
    name = path.name
    try:
        with pq.ParquetFile(path) as file:
            count = file.metadata.num_rows
            if count + 1 > limits.max_rows:
                most = f"{limits.max_rows:,}"
                raise read_errors.too_much(name, f"超过 {most} 行", f"it has more than {most} rows")
            table = file.read() if rows is None or count <= rows else _first(file, rows)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise read_errors.damaged(name, "Parquet 文件无法读取", f"it cannot be read as Parquet ({error})") from None
    texts: dict[str, int] = {}
    columns = {
        at: _column(title, table.column(at - 1).combine_chunks(), texts)
        for at, title in enumerate(table.column_names, 1)
    }
    held = np.zeros(table.num_rows + 1, np.bool_)
    for column in columns.values():
        held |= column.kind != Kind.BLANK
    columns = {at: Column(each.kind[held], each.style[held], each.value[held]) for at, each in columns.items()}
    return Columned(
        name=path.stem,
        state="visible",
        rows=(np.flatnonzero(held) + 1).astype(np.int32),
        columns=columns,
        own_texts=list(texts),
        hidden_rows=[],
        hidden_columns=[],
        merged=[],
        merged_count=0,
        used=(table.num_rows + 1, len(columns)),
    )


def _first(file: pq.ParquetFile, rows: int) -> pa.Table:
    batch = next(file.iter_batches(batch_size=rows), None)
    return file.schema_arrow.empty_table() if batch is None else pa.Table.from_batches([batch])


def _column(title: str, held: Any, texts: dict[str, int]) -> Column:
    """Give a column with its title on top."""
    kind, value = _values(held, texts)
    there = np.asarray(pc.is_valid(held).to_numpy(zero_copy_only=False))
    kind = np.where(there, kind, np.uint8(Kind.BLANK))
    value = np.where(there, value, 0.0)
    first = texts.setdefault(title, len(texts))
    kind = np.append(np.uint8(Kind.TEXT), kind).astype(np.uint8)
    style = (kind == Kind.DATE).astype(np.uint16)
    return Column(kind, style, np.append(float(first), value))


def _values(held: Any, texts: dict[str, int]) -> tuple[Any, Any]:
    """Give kinds and values; where there is none the value does not count."""
    kind, size = held.type, len(held)
    if pa.types.is_boolean(kind):
        return np.uint8(Kind.BOOL), _floats(held.cast(pa.int8()))
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = _floats(held.cast(pa.float64()))
        good = np.isfinite(values)
        error = 0 if good.all() else texts.setdefault("#NUM!", len(texts))
        return np.where(good, Kind.NUMBER, Kind.ERROR), np.where(good, values, float(error))
    if pa.types.is_integer(kind) and not _large(held):
        return np.uint8(Kind.NUMBER), _floats(held)
    if pa.types.is_timestamp(kind):
        plain = pc.local_timestamp(held) if kind.tz else held
        moments = plain.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        return np.uint8(Kind.DATE), _serial(_floats(moments) / _DAY + _EPOCH)
    if pa.types.is_date(kind):
        return np.uint8(Kind.DATE), _serial(_floats(held.cast(pa.date32()).cast(pa.int32())) + _EPOCH)
    if pa.types.is_time(kind):
        return np.uint8(Kind.DATE), _floats(held.cast(pa.time64("us")).cast(pa.int64())) / _DAY
    if pa.types.is_null(kind):
        return np.uint8(Kind.BLANK), np.zeros(size)
    if pa.types.is_dictionary(kind):
        return _values(held.dictionary_decode(), texts)
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        held = pa.array([None if each is None else str(each) for each in held.to_pylist()], pa.large_utf8())
    coded = held.dictionary_encode()
    places = np.array([texts.setdefault(each, len(texts)) for each in coded.dictionary.to_pylist()] + [0], np.float64)
    return np.uint8(Kind.TEXT), places[_floats(coded.indices).astype(np.int64)]


def _floats(held: Any) -> np.ndarray:
    return np.asarray(pc.fill_null(held, 0).to_numpy(zero_copy_only=False)).astype(np.float64)


def _large(held: Any) -> bool:
    bounds = pc.min_max(held).as_py()
    return any(each is not None and abs(each) > EXACT for each in bounds.values())


def _serial(days: np.ndarray) -> np.ndarray:
    """Give the serials of days; before March 1900 the 1900 system is one off."""
    return np.where(days < 61, days - 1, days)
