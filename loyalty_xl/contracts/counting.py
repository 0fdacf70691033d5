"""What came and what was taken out, by month: the base of data quality, coverage and blocking (G7, G17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.contracts.contract import Type
from loyalty_xl.contracts.dates import months_of
from loyalty_xl.contracts.header_rows import DERIVED
from loyalty_xl.vocabulary import Calendar

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from loyalty_xl.contracts.cells import Column
    from loyalty_xl.contracts.contract import Contract

COUNTED = ("rows", "amount", "required_cells", "filled_cells", "passing", "distinct", "imputed")
UNDATED = 0  # month of rows that no date places: reference sheets


def no_counts() -> pd.DataFrame:
    """Give counts of a sheet without rows."""
    import pandas as pd

    return pd.DataFrame({name: np.zeros(0) for name in COUNTED}, index=pd.Index(np.zeros(0, np.int64), name="month"))


def no_rejected() -> pd.DataFrame:
    """Give the rejections of a sheet without any."""
    import pandas as pd

    return pd.DataFrame(
        {
            "month": np.zeros(0, np.int64),
            "field": pd.Series([], dtype="str"),
            "rows": np.zeros(0, np.int64),
            "amount": np.zeros(0),
        }
    )


def months_of_rows(contract: Contract, columns: dict[str, Column], size: int, calendar: Calendar) -> NDArray[np.int64]:
    """Give each row's month; a row without a usable date has that of the nearest dated row above it, else below."""
    column = columns.get(contract.date)
    if column is None or not size:
        return np.full(size, UNDATED, np.int64)
    if column.field.type is Type.PERIOD:
        known = column.values >= 0
        parsed = [periods_month(name, calendar) for name in column.categories or ()]
        months = np.array([*parsed, UNDATED])[column.values]
    else:
        known = ~np.isnat(column.values)
        months = months_of(column.values) if known.all() else np.zeros(size, np.int64)
        if not known.all():
            months[known] = months_of(column.values[known])
    months = np.asarray(months, np.int64)
    if known.all():
        return months
    if not known.any():
        return np.full(size, UNDATED, np.int64)
    above = np.maximum.accumulate(np.where(known, np.arange(size), -1))
    return np.asarray(months[np.where(above < 0, np.argmax(known), above)])


def periods_month(text: str, calendar: Calendar) -> int:
    """First month of a period label; one that is none in this calendar is placed as in the usual one."""
    period = calendar.parse(text) or Calendar().parse(text.removeprefix("FY"))
    return period.first if period else UNDATED


def amounts_of(contract: Contract, columns: dict[str, Column], size: int) -> NDArray[np.float64]:
    """Give the money of each row without its sign: the amount of an order, the cost of a campaign."""
    name = "amount" if contract.name == "Orders" else "cost"
    column = columns.get(name)
    return np.zeros(size) if column is None else np.abs(np.nan_to_num(column.values))


def count_sheet(
    contract: Contract,
    columns: dict[str, Column],
    sent: frozenset[str],
    months: NDArray[np.int64],
    amount: NDArray[np.float64],
    filled: NDArray[np.int64],
    passing: NDArray[np.bool_],
    distinct: NDArray[np.bool_],
    bad: dict[str, NDArray[np.bool_]],
    out: NDArray[np.bool_],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Count rows, cells and money by month, before removal; and what was taken out.

    A column that was not sent counts as blank where a full delivery has it, unless it is derived.
    """
    import pandas as pd

    if not len(months):
        return no_counts(), no_rejected()
    first = int(months.min())
    place = months - first
    length = int(place.max()) + 1

    def total(weights: NDArray[np.generic] | None = None) -> NDArray[np.float64]:
        return np.bincount(place, weights, length).astype(np.float64)

    usual = sum(
        each.usual and (each.name in sent or each.name not in DERIVED.get(contract.name, ()))
        for each in contract.fields
    )
    rows = total()
    imputed = columns["is_imputed"].values == 1 if "is_imputed" in columns else np.zeros(len(months), np.bool_)
    figures = (rows, total(amount), rows * usual, total(filled), total(passing), total(distinct), total(imputed))
    some = rows > 0
    index = pd.Index(np.flatnonzero(some) + first, name="month")
    counts = pd.DataFrame({name: values[some] for name, values in zip(COUNTED, figures, strict=True)}, index=index)
    parts = [("", out), *((name, mask & ~out) for name, mask in bad.items())]
    lines = [
        (month + first, name, int(gone[month]), float(money[month]))
        for name, mask in parts
        if mask.any()
        for gone, money in [
            (np.bincount(place[mask], minlength=length), np.bincount(place[mask], amount[mask], length))
        ]
        for month in np.flatnonzero(gone).tolist()
    ]
    if not lines:
        return counts, no_rejected()
    rejected = pd.DataFrame(lines, columns=["month", "field", "rows", "amount"]).astype({"field": "str"})
    return counts, rejected.sort_values(["month", "field"], ignore_index=True)
