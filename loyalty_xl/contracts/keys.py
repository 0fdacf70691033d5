"""Rows that came twice: same key and content, same key with other content, and identical order lines (G12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.contracts.faults import LISTED, SINGLY, places
from loyalty_xl.vocabulary import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loyalty_xl.contracts.cells import Column
    from loyalty_xl.contracts.faults import Place

_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass
class Repeats:
    """What repeats in a sheet, as masks over its rows."""

    copies: NDArray[np.bool_]  # beyond the first of their kind
    drop: NDArray[np.bool_]  # left out without loss: a copy of a row that stays
    conflicts: NDArray[np.bool_]  # same key, different content: all out
    findings: list[Finding] = field(default_factory=list)


def bits(values: NDArray[Any]) -> NDArray[np.uint64]:
    """Give the content of a column as integers that are equal where the values are."""
    if values.dtype.kind == "f":
        return np.where(np.isnan(values), np.nan, values + 0.0).view(np.uint64)
    return (
        values.view(np.int64).view(np.uint64) if values.dtype.itemsize == 8 else values.astype(np.int64).view(np.uint64)
    )


def first_of_kind(columns: Sequence[NDArray[np.uint64]], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give, for each of *rows*, the first of them that has the same content in all columns."""
    import pandas as pd

    mixed = np.zeros(len(rows), np.uint64)
    for column in columns:
        mixed ^= column if len(rows) == len(column) else column[rows]
        mixed *= _MIX
        mixed ^= mixed >> np.uint64(32)
    repeated = pd.Series(mixed).duplicated(keep=False).to_numpy()
    first = rows.copy()
    some = places(repeated)
    if len(some):
        table = np.stack([column[rows[some]] for column in columns], axis=1)
        _, start, inverse = np.unique(table, axis=0, return_index=True, return_inverse=True)
        first[some] = rows[some][start[inverse.ravel()]]
    return first


def repeats(
    columns: dict[str, Column],
    key: Sequence[str],
    alive: NDArray[np.bool_],
    place: Place,
    policy: str,
    labels: dict[str, str],
    others: Sequence[NDArray[np.uint64]] = (),
) -> Repeats:
    """Find repeated rows among those *alive*.

    Parameters
    ----------
    columns
        The columns that were sent.
    key
        Fields of the key; none means that identical rows are legitimate, or dropped by *policy*.
    alive
        Rows that are still in.
    place
        Column to which findings point.
    policy
        `keep` or `drop`, for identical rows without a key.
    labels
        Header of each field, as sent.
    others
        Content of the columns that no one understood; lines that differ there are not identical.
    """
    size = len(alive)
    result = Repeats(np.zeros(size, np.bool_), np.zeros(size, np.bool_), np.zeros(size, np.bool_))
    content = [bits(column.values) for column in columns.values()]
    keyed = alive.copy()
    for name in key:
        keyed &= ~missing_values(columns[name])
    if key and keyed.any():
        rows = places(keyed)
        first = first_of_kind([bits(columns[name].values) for name in key], rows)
        later = first != rows
        if later.any():
            _judge(result, columns, content, rows[later], first[later], place, key, labels)
    loose = places(alive & ~keyed) if key else places(alive)
    if len(loose):
        first = first_of_kind([*content, *others], loose)
        copies = loose[first != loose]
        if len(copies):
            result.copies[copies] = True
            if policy == "drop":
                result.drop[copies] = True
            result.findings.append(_copies(copies, first[first != loose], place, policy, place.header))
    return result


def _judge(
    result: Repeats,
    columns: dict[str, Column],
    content: list[NDArray[np.uint64]],
    later: NDArray[np.intp],
    first: NDArray[np.intp],
    place: Place,
    key: Sequence[str],
    labels: dict[str, str],
) -> None:
    """Tell copies from contradictions."""
    differs = np.stack([values[later] != values[first] for values in content])
    different = differs.any(axis=0)
    broken = np.isin(first, first[different])  # a key with two contents is out with all its rows
    copies, origin = later[~broken], first[~broken]
    result.copies[later] = True
    result.drop[copies] = True
    result.conflicts[later[broken]] = result.conflicts[first[broken]] = True
    header = ", ".join(labels[name] for name in key)
    if len(copies):
        result.findings.append(_copies(copies, origin, place, "once", header))
    names, told = list(columns), np.flatnonzero(different)
    for each in told[:SINGLY]:
        which = names[int(np.argmax(differs[:, each]))]
        detail = (("first", place.address(first[each])), ("differs", labels[which]))
        found = " / ".join(value_text(columns[name], int(later[each])) for name in key)
        values = (
            ("first_value", value_text(columns[which], int(first[each]))),
            ("value", value_text(columns[which], int(later[each]))),
        )
        result.findings.append(
            Finding("E214", place.title, place.address(later[each]), found, column=header, detail=(*detail, *values))
        )
    if len(rest := told[SINGLY:]):
        cells = tuple(place.address(later[each]) for each in rest[:LISTED])
        result.findings.append(Finding("E214", place.title, cells[0], column=header, count=len(rest), cells=cells))


def _copies(copies: NDArray[np.intp], first: NDArray[np.intp], place: Place, policy: str, header: str) -> Finding:
    members = np.unique(np.concatenate([copies, first]))[:LISTED]
    detail = (("policy", policy), ("first", place.address(first[0])))
    cells = tuple(place.address(each) for each in members)
    return Finding(
        "W213", place.title, place.address(copies[0]), column=header, count=len(copies), cells=cells, detail=detail
    )


def missing_values(column: Column) -> NDArray[np.bool_]:
    """Say where a column has no value."""
    values = column.values
    if values.dtype.kind == "f":
        return np.asarray(np.isnan(values))
    return np.asarray(np.isnat(values) if values.dtype.kind == "M" else values < 0)


def value_text(column: Column, row: int) -> str:
    """Give a typed value as text."""
    from loyalty_xl.contracts.numerals import shown

    value = column.values[row]
    if bool(missing_values(column)[row]):
        return ""
    if column.categories is not None:
        return str(column.categories[value])
    if column.values.dtype.kind == "M":
        return str(value).replace("T00:00:00", "").replace("T", " ")
    return shown(float(value))
