"""Bytes by the million: words, digits and distinct stretches of markup, found without a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

PAD = 320  # zero bytes behind a block, so that words may be read across its end
LONGEST = 256  # longest stretch that `distinct` takes

U64 = np.uint64
MASK = np.array([(1 << (8 * length)) - 1 for length in range(9)], U64)
_ONES, _HIGHS, _QUOTES = U64(0x0101010101010101), U64(0x8080808080808080), U64(0x2222222222222222)
_ZEROS, _ABOVE_NINE = U64(0x3030303030303030), U64(0x7676767676767676)
_SLOTS = U64(52)  # 4,096 slots
_MIX = U64(0x9E3779B97F4A7C15)
_STIR = U64(32)


def word(text: bytes) -> np.uint64:
    """Give up to eight bytes as a number, as `words` reads them."""
    return U64(int.from_bytes(text, "little"))


def words_of(raw: bytes) -> NDArray[np.uint64]:
    """Give the eight bytes that begin at every place of *raw*, without copying."""
    return np.ndarray((len(raw) - 7,), "<u8", buffer=raw, strides=(1,))


def length_to_quote(held: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Give how many bytes come before the first quote of each word, 8 where there is none."""
    other = held ^ _QUOTES
    marks = (other - _ONES) & ~other & _HIGHS
    return (np.bitwise_count((marks & (~marks + U64(1))) - U64(1)) >> 3).astype(np.int64)


def whole_numbers(held: NDArray[np.uint64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the number that the first *length* (1 to 8) bytes of each word spell, -1 where they are not all digits."""
    digits = (held ^ _ZEROS) << (U64(64) - (length.astype(U64) << U64(3)))
    wrong = ((digits + _ABOVE_NINE) | digits) & _HIGHS
    pairs = digits * U64(10) + (digits >> U64(8))
    low = (pairs & U64(0x000000FF000000FF)) * U64(0x000F424000000064)
    high = ((pairs >> U64(16)) & U64(0x000000FF000000FF)) * U64(0x0000271000000001)
    number = ((low + high) >> U64(32)).astype(np.int64)
    if wrong.any():
        number[wrong != 0] = -1
    return number


def distinct(
    words: NDArray[np.uint64], start: NDArray[np.int64], length: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the different stretches of markup.

    Gives for each different stretch the place of one example, and for each stretch which one it is.
    Stretches are at most `LONGEST` bytes long.
    """
    longest = int(length.max())
    parts = [words[start] & MASK[np.minimum(length, 8)]]
    parts += [words[start + at] & MASK[np.clip(length - at, 0, 8)] for at in range(8, longest, 8)]
    mixed = parts[0] * _MIX
    for part in parts[1:]:
        mixed = ((mixed ^ (mixed >> _STIR)) + part) * _MIX
    slot = ((mixed ^ (mixed >> _STIR)) * _MIX >> _SLOTS).astype(np.int64)
    example = np.full(4096, -1, np.int64)
    example[slot] = np.arange(len(slot))
    same = example[slot]
    if all((part == part[same]).all() for part in parts):
        taken = np.flatnonzero(example >= 0)
        rank = np.zeros(4096, np.int64)
        rank[taken] = np.arange(len(taken))
        return example[taken], rank[slot]
    _, first, codes = np.unique(np.stack(parts, axis=1), axis=0, return_index=True, return_inverse=True)
    return first, codes.reshape(-1)


def _stretches(raw: bytes, start: NDArray[np.int64], end: NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    """Give stretches of *raw* as an Arrow array without copying: what lies between them is there too, as null."""
    offsets = np.empty(2 * len(start) + 1, np.int32)
    offsets[0:-1:2] = start
    offsets[1::2] = end
    offsets[-1] = end[-1]
    valid = np.full(len(start) // 4 + 1, 0x55, np.uint8)
    buffers = [pa.py_buffer(valid), pa.py_buffer(offsets), pa.py_buffer(raw)]
    return pa.Array.from_buffers(kind, 2 * len(start), buffers, null_count=len(start))


def numbers(raw: bytes, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Give the numbers that stretches of *raw* spell, None if any of them spells none."""
    try:
        found = _stretches(raw, start, end, pa.utf8()).cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    values = np.frombuffer(found.buffers()[1], np.float64, 2 * len(start))[::2]
    return values if np.isfinite(values).all() else None


def texts(
    raw: bytes, start: NDArray[np.int64], end: NDArray[np.int64], number: Callable[[bytes], float]
) -> NDArray[np.float64]:
    """Give what *number* says about each stretch of *raw*, asking once for each different one."""
    found = _stretches(raw, start, end, pa.binary()).dictionary_encode()
    known = np.array([number(text) for text in found.dictionary.to_pylist()], np.float64)
    return known[np.frombuffer(found.indices.buffers()[1], np.int32, 2 * len(start))[::2]]
