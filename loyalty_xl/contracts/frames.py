"""Typed columns -> the frame of a sheet, indexed by worksheet row."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.contracts.contract import Type

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from loyalty_xl.contracts.cells import Column
    from loyalty_xl.contracts.contract import Contract

_FLOATS = (Type.INT, Type.NUM, Type.MONEY, Type.PCT)


def build_frame(
    contract: Contract, columns: dict[str, Column], rows: NDArray[np.int32], kept: NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """Build the frame of all fields of the contract, kept rows only; fields that were not sent are missing."""
    import pandas as pd

    index = pd.Index(rows if kept is None else rows[kept], name="row")
    data: dict[str, Any] = {}
    for field in contract.fields:
        column = columns.get(field.name)
        values = None if column is None else column.values if kept is None else column.values[kept]
        if field.type is Type.DATE:
            data[field.name] = np.full(len(index), np.datetime64("NaT"), "datetime64[s]") if values is None else values
        elif field.type is Type.BOOL:
            codes = np.full(len(index), -1, np.int8) if values is None else values
            data[field.name] = pd.arrays.BooleanArray(codes == 1, codes < 0)
        elif field.type in _FLOATS:
            data[field.name] = np.full(len(index), np.nan) if values is None else values
        else:
            codes = np.full(len(index), -1, np.int8) if values is None else values
            kinds = _choices(tuple(field.choices)) if column is None else _kinds(column.categories or [])
            data[field.name] = pd.Categorical.from_codes(codes, dtype=kinds)
    return pd.DataFrame(data, index=index, copy=False)


def _kinds(names: list[str]) -> pd.CategoricalDtype:
    import pandas as pd

    return pd.CategoricalDtype(pd.Index(names, dtype="str"))


@cache
def _choices(names: tuple[str, ...]) -> pd.CategoricalDtype:
    """The type of a field that was not sent; what was sent is not kept."""
    return _kinds(list(names))
