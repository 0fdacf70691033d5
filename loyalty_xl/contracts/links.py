"""What rules between sheets are made of: ids as integers, findings on cells, taking rows and cells out."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.contracts import ledger
from loyalty_xl.contracts.counting import UNDATED, periods_month
from loyalty_xl.contracts.taken import CODES, MOST, Taken
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from loyalty_xl.contracts.contract import Sheet

    Ints = NDArray[np.int64]
    Mask = NDArray[np.bool_]

SINGLY = 1_000  # errors of one code in one column that are told one by one; the others are one finding
LISTED = 10  # addresses of a grouped finding
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


def place(sheet: Sheet, at: int) -> tuple[str, dict[str, str], dict[str, str], int]:
    """Give title, columns, headers and worksheet row of a row: those of its file, where a sheet has several."""
    row = int(sheet.frame.index[at])
    if not sheet.parts:
        return sheet.title, sheet.sent, sheet.headers, row
    part = sheet.parts[bisect_right([each.start for each in sheet.parts], row - 1) - 1]
    return part.title, part.sent, part.headers, row - part.start


def address(sheet: Sheet, field: str, at: int) -> str:
    """Give the address of a cell; of the row, when the column was derived."""
    _, sent, _, row = place(sheet, at)
    return f"{sent[field]}{row}" if field in sent else f"{row}:{row}"


def by_file(sheet: Sheet, at: Ints) -> list[Ints]:
    """Part rows by the file they come from."""
    if not sheet.parts:
        return [at]
    starts = [part.start for part in sheet.parts]
    owner = np.searchsorted(starts, sheet.frame.index.to_numpy()[at] - 1, side="right")
    return [at[owner == each] for each in np.unique(owner)]


def warning(
    code: str, sheet: Sheet, field: str, mask: Mask, found: str = "", expected: str = "", **detail: str
) -> list[Finding]:
    """Make one finding of all cells in *mask*, or one for each file; none when there are none."""
    at = np.flatnonzero(mask)
    if not len(at):
        return []
    return [_grouped(code, sheet, field, some, found, expected, detail) for some in by_file(sheet, at)]


def _grouped(
    code: str, sheet: Sheet, field: str, at: Ints, found: str, expected: str, detail: dict[str, str]
) -> Finding:
    title, _, headers, _ = place(sheet, int(at[0]))
    cells = tuple(address(sheet, field, int(each)) for each in at[:LISTED])
    more = tuple(detail.items())
    cell = cells[0] if code.startswith("E") else ""
    return Finding(code, title, cell, found, expected, headers.get(field, field), len(at), cells, more)


def errors(
    code: str, sheet: Sheet, field: str, mask: Mask, says: Callable[[int], tuple[str, str, dict[str, str]]]
) -> list[Finding]:
    """Make one finding of each cell in *mask*; beyond a thousand the others are one (for each file).

    *says* gives found, expected and detail of a row.
    """
    at = np.flatnonzero(mask)
    findings = []
    for each in at[:SINGLY]:
        title, _, headers, _ = place(sheet, int(each))
        found, expected, detail = says(int(each))
        cell, more = address(sheet, field, int(each)), tuple(detail.items())
        findings.append(Finding(code, title, cell, found, expected, headers.get(field, field), detail=more))
    rest = at[SINGLY:]
    if len(rest):
        findings += [_grouped(code, sheet, field, some, *says(int(some[0]))) for some in by_file(sheet, rest)]
    return findings


def take_rows(sheet: Sheet, mask: Mask, reason: str) -> None:
    """Take rows out of a sheet, and count them as rejected."""
    if mask.any():
        _count(sheet, mask, "")
        _enter(sheet, mask, reason)
        sheet.taken = [*sheet.taken, *_remembered(sheet, mask, reason)]
        sheet.frame = sheet.frame[~mask]
        sheet.left_out[reason] = sheet.left_out.get(reason, 0) + int(mask.sum())


def _remembered(sheet: Sheet, mask: Mask, reason: str) -> list[Taken]:
    """Where rows stand that are taken out, with their key and date."""
    made, out = [], sheet.frame[mask].iloc[:MOST]
    month, at = months(sheet)[mask], np.flatnonzero(mask)
    for number, each in enumerate(at[:MOST].tolist()):
        title, _, _, row = place(sheet, each)
        key, day = row_key(sheet, out, number)
        made.append(Taken(title, row, int(month[number]), key, day, reason, CODES.get(reason, "")))
    return made


def row_key(sheet: Sheet, frame: pd.DataFrame, at: int) -> tuple[str, str]:
    """Give key and date of a row, as texts."""
    parts = [frame[name].iloc[at] for name in sheet.contract.key if name in sheet.sent]
    key = " / ".join(_text(each) for each in parts if not pd.isna(each))
    day = frame[sheet.contract.date].iloc[at] if sheet.contract.date else None
    return key, "" if day is None or pd.isna(day) else _text(day)


def _text(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def empty_cells(sheet: Sheet, field: str, mask: Mask) -> None:
    """Empty the cells of a column, and count them as rejected."""
    if mask.any():
        _count(sheet, mask, field)
        if field == ledger.money_field(sheet.contract):
            _enter(sheet, mask, ledger.EMPTIED, rows=False)
        sheet.frame = sheet.frame.assign(**{field: sheet.frame[field].mask(mask)})


def block(sheet: Sheet) -> None:
    """Take every row out of a sheet that cannot be used."""
    _enter(sheet, np.ones(len(sheet.frame), dtype=bool), ledger.BLOCKED)
    sheet.blocked, sheet.frame = True, sheet.frame.iloc[:0]


def _enter(sheet: Sheet, mask: Mask, reason: str, *, rows: bool = True) -> None:
    """Enter rows that leave, or only their money, in the ledger."""
    name = ledger.money_field(sheet.contract)
    made: dict[tuple[int, str], tuple[int, int]] = {}
    ledger.enter(made, reason, months(sheet)[mask], numbers(sheet, name)[mask] if name else None)
    for (month, _), (number, money) in made.items():
        ledger.add(sheet.ledger, month, reason, number if rows else 0, money)


def _count(sheet: Sheet, mask: Mask, field: str) -> None:
    """Add to `rejected`, and lower the rows that pass, in the months of the rows."""
    out = pd.DataFrame({"month": months(sheet)[mask], "rows": 1, "amount": 0.0})
    if "amount" in sheet.frame:
        out["amount"] = np.abs(np.nan_to_num(numbers(sheet, "amount")[mask]))
    out = out.groupby("month", as_index=False).sum()
    out.insert(1, "field", pd.Series([field] * len(out), dtype="str"))
    sheet.rejected = pd.concat([sheet.rejected, out], ignore_index=True) if len(sheet.rejected) else out
    if "passing" in sheet.counts:
        lost = out.set_index("month")["rows"].reindex(sheet.counts.index).fillna(0)
        sheet.counts = sheet.counts.assign(passing=(sheet.counts["passing"] - lost).clip(lower=0))


def months(sheet: Sheet) -> Ints:
    """Give the month ordinal of each row, the first one of a period; UNDATED for a sheet without dates."""
    name = sheet.contract.date
    if not name:
        return np.full(len(sheet.frame), UNDATED, dtype=np.int64)
    if sheet.frame[name].dtype.kind != "M":
        at, texts = codes(sheet, name)
        return by_code((periods_month(text, sheet.calendar) for text in texts), np.int64, UNDATED)[at]
    values = sheet.frame[name].to_numpy().astype("datetime64[M]")
    found: Ints = np.where(np.isnat(values), UNDATED, values.astype(np.int64) + 1970 * 12)
    return found
