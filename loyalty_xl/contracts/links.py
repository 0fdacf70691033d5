"""What rules between sheets are made of: ids as integers, findings on cells, taking rows and cells out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Sheet

    Ints = NDArray[np.int64]
    Mask = NDArray[np.bool_]

SINGLY = 1_000  # errors of one code in one column that are told one by one; the others are one finding
LISTED = 10  # addresses of a grouped finding
UNDATED = 0  # month of rows that no date places, as in `counting`
NO_DAY = np.iinfo(np.int64).min  # the day of a blank date


def usable(sheets: Mapping[str, Sheet], name: str) -> Sheet | None:
    """Give a sheet that came, is not blocked, and has rows."""
    sheet = sheets.get(name)
    return sheet if sheet is not None and not sheet.blocked and len(sheet.frame) else None


def codes(sheet: Sheet, field: str) -> tuple[Ints, list[str]]:
    """Give a text column as integers (-1 for blank) and the texts they stand for."""
    column = sheet.frame[field]
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    return column.cat.codes.to_numpy().astype(np.int64), list(map(str, column.cat.categories.tolist()))


def days(sheet: Sheet, field: str) -> Ints:
    """Give a date column as days since 1970, NO_DAY for blank."""
    values = sheet.frame[field].to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(values), NO_DAY, values.astype(np.int64))


def numbers(sheet: Sheet, field: str) -> NDArray[np.float64]:
    """Give a number column as floats, nan for blank."""
    return sheet.frame[field].to_numpy(dtype=np.float64, na_value=np.nan)


def by_code(values: Iterable[Any], dtype: Any, blank: Any) -> NDArray[Any]:
    """Give an array that codes index: one value for each category, and *blank* for -1."""
    return np.array([*values, blank], dtype=dtype)


def day_text(day: int) -> str:
    """Write a day as ISO date."""
    return str(np.datetime64(int(day), "D")) if day != NO_DAY else ""


def first_of(texts: list[str], shown: int = 5) -> str:
    """Name the first few of many: `a, b, c, +12`."""
    more = [f"+{len(texts) - shown}"] if len(texts) > shown else []
    return ", ".join([*texts[:shown], *more])


def address(sheet: Sheet, field: str, at: int) -> str:
    """Give the address of a cell; of the row, when the column was derived."""
    row = sheet.frame.index[at]
    return f"{sheet.sent[field]}{row}" if field in sheet.sent else f"{row}:{row}"


def warning(
    code: str, sheet: Sheet, field: str, mask: Mask, found: str = "", expected: str = "", **detail: str
) -> list[Finding]:
    """Make one finding of all cells in *mask*; none when there are none."""
    at = np.flatnonzero(mask)
    if not len(at):
        return []
    cells = tuple(address(sheet, field, each) for each in at[:LISTED])
    header = sheet.headers.get(field, field)
    return [Finding(code, sheet.title, "", found, expected, header, len(at), cells, tuple(detail.items()))]


def errors(
    code: str, sheet: Sheet, field: str, mask: Mask, says: Callable[[int], tuple[str, str, dict[str, str]]]
) -> list[Finding]:
    """Make one finding of each cell in *mask*; beyond a thousand the others are one.

    *says* gives found, expected and detail of a row.
    """
    at = np.flatnonzero(mask)
    header = sheet.headers.get(field, field)
    findings = []
    for each in at[:SINGLY]:
        found, expected, detail = says(int(each))
        cell = address(sheet, field, int(each))
        findings.append(Finding(code, sheet.title, cell, found, expected, header, detail=tuple(detail.items())))
    rest = at[SINGLY:]
    if len(rest):
        found, expected, detail = says(int(rest[0]))
        cells = tuple(address(sheet, field, int(each)) for each in rest[:LISTED])
        more = tuple(detail.items())
        findings.append(Finding(code, sheet.title, cells[0], found, expected, header, len(rest), cells, more))
    return findings


def take_rows(sheet: Sheet, mask: Mask, reason: str) -> None:
    """Take rows out of a sheet, and count them as rejected."""
    if mask.any():
        _count(sheet, mask, "")
        sheet.frame = sheet.frame[~mask]
        sheet.left_out[reason] = sheet.left_out.get(reason, 0) + int(mask.sum())


def empty_cells(sheet: Sheet, field: str, mask: Mask) -> None:
    """Empty the cells of a column, and count them as rejected."""
    if mask.any():
        _count(sheet, mask, field)
        sheet.frame = sheet.frame.assign(**{field: sheet.frame[field].mask(mask)})


def _count(sheet: Sheet, mask: Mask, field: str) -> None:
    """Add to `rejected`, and lower the rows that pass, in the months of the rows."""
    out = pd.DataFrame({"month": _months(sheet)[mask], "rows": 1, "amount": 0.0})
    if "amount" in sheet.frame:
        out["amount"] = np.abs(np.nan_to_num(numbers(sheet, "amount")[mask]))
    out = out.groupby("month", as_index=False).sum()
    out.insert(1, "field", pd.Series([field] * len(out), dtype="str"))
    sheet.rejected = pd.concat([sheet.rejected, out], ignore_index=True) if len(sheet.rejected) else out
    if "passing" in sheet.counts:
        lost = out.set_index("month")["rows"].reindex(sheet.counts.index).fillna(0)
        sheet.counts = sheet.counts.assign(passing=(sheet.counts["passing"] - lost).clip(lower=0))


def _months(sheet: Sheet) -> Ints:
    """Month ordinal of each row, UNDATED for a sheet without dates."""
    name = sheet.contract.date
    if not name or sheet.frame[name].dtype.kind != "M":
        return np.full(len(sheet.frame), UNDATED, dtype=np.int64)
    return sheet.frame[name].to_numpy().astype("datetime64[M]").astype(np.int64) + 1970 * 12
