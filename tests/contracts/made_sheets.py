"""Checked sheets made by hand, for tests of what comes after the checking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from loyalty_xl.cells import column_letters
from loyalty_xl.contracts.contract import Contract, Sheet, Type

COUNTED = ("rows", "amount", "required_cells", "filled_cells", "passing", "distinct", "imputed")
NUMBERS = (Type.INT, Type.NUM, Type.MONEY, Type.PCT)


def sheet_of(contract: Contract, rows: list[dict[str, Any]], first_row: int = 2) -> Sheet:
    """Make a sheet from rows of plain values; columns that any row has count as sent, in the contract's order."""
    names = [name for name in contract.names if any(name in row for row in rows)]
    index = pd.Index(range(first_row, first_row + len(rows)))
    frame = {}
    for field in contract.fields:
        values = [row.get(field.name) for row in rows]
        if field.type is Type.DATE:
            frame[field.name] = pd.Series(pd.to_datetime(values), index=index).astype("datetime64[s]")
        elif field.type in NUMBERS:
            frame[field.name] = pd.Series([np.nan if value is None else float(value) for value in values], index=index)
        elif field.type is Type.BOOL:
            frame[field.name] = pd.Series(values, index=index, dtype="boolean")
        else:
            frame[field.name] = pd.Series(pd.Categorical(pd.array(values, dtype="str")), index=index)
    made = pd.DataFrame(frame, index=index)
    counts = pd.DataFrame({name: np.zeros(0) for name in COUNTED}, index=pd.Index(np.zeros(0, np.int64), name="month"))
    if contract.date and made[contract.date].dtype.kind == "M":
        months = made[contract.date].to_numpy().astype("datetime64[M]").astype(np.int64) + 1970 * 12
        size = pd.Series(months).value_counts().sort_index()
        counts = pd.DataFrame({name: size.astype(float) for name in COUNTED})
    rejected = pd.DataFrame({"month": [], "field": [], "rows": [], "amount": []})
    sent = {name: column_letters(number) for number, name in enumerate(names, 1)}
    headers = {name: contract[name].zh for name in names}
    return Sheet(contract, contract.name, made, sent, counts, rejected, headers=headers, rows_read=len(rows))
