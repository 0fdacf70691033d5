"""How far the used range of a sheet goes beyond its data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.cells import column_letters
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loyalty_xl.cells import RawSheet

_ROWS, _COLUMNS = 1000, 200  # blank ones behind which nothing counts as the same data


def far_beyond(raw: RawSheet, title: str) -> list[Finding]:
    """Tell of a used range that lies far beyond the data (W122): formats without values, or a cell filled far away."""
    if not raw.far or not len(raw) or not raw.columns:
        return []
    rows, columns = raw.used
    end = f"{column_letters(_end(sorted(raw.columns), _COLUMNS))}{_end(raw.rows, _ROWS)}"
    reached = f"{column_letters(columns)}{rows}"
    return [Finding("W122", title, reached, reached, end)]


def _end(numbers: Sequence[int] | np.ndarray, apart: int) -> int:
    """Give the last of ascending numbers before a gap."""
    gaps = np.flatnonzero(np.diff(numbers) > apart)
    return int(numbers[gaps[0]] if len(gaps) else numbers[-1])
