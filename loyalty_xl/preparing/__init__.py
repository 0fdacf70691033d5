"""From checked sheets to ready frames: ids become integers, dates become days and months, segments get their names.

This is the one place that knows both the sheets' fields and the frames' columns. Everything after it runs on any engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.contracts.regions import regions_on
from loyalty_xl.preparing import (
    comments,
    competitors,
    complaints,
    costs,
    orders,
    prices,
    programme,
    referrals,
    retention,
    service_quality,
    surveys,
    wallets,
    watch,
)
from loyalty_xl.preparing.costs import cost_spans
from loyalty_xl.preparing.naming import Given, Names, day_number, names_of, traits_of
from loyalty_xl.rows.ready import Frames, Ready
from loyalty_xl.vocabulary import ALL, month_ordinal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.settings import Settings

PLANNED = ("PriceChanges",)  # entered ahead of time: the price of September does not end the data in September
MAKERS: tuple[Any, ...] = (
    orders,
    surveys,
    complaints,
    costs,
    comments,
    competitors,
    prices,
    programme,
    referrals,
    retention,
    service_quality,
    wallets,
    watch,
)  # one module an area, each with frames(given)
EVENTS = ("orders", "responses", "invitations", "complaints")  # frames whose rows happened in a month


@dataclass(frozen=True)
class Prepared:
    """Ready frames with what names their integers."""

    ready: Ready
    customers: list[str]  # by customer code
    waves: pd.DataFrame  # wave, name, month, newest day: for the latest survey wave of a period
    first_month: int  # of any event
    given: Given | None = None  # what the frames were made of, where rows are traced
    known: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # dim -> segments that have a name, with rows or without
    renamed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # dim -> other name of a segment -> its name
    merged: frozenset[str] = frozenset()  # regions that several were made one of


def prepare(
    sheets: Mapping[str, Sheet],
    settings: Settings,
    as_of: date,
    *,
    without_imputed: bool = False,
    traced: bool = False,
) -> Prepared:
    """Make the frames that measures are evaluated on, from rows dated before *as_of*.

    With *without_imputed* the rows marked as imputed stay out: the second of the two computations of G16. With *traced* the frames say
    which rows of the sheets their rows are.
    """
    frames = {
        name: _usable(sheet, as_of, without_imputed=without_imputed)
        for name, sheet in sheets.items()
        if not sheet.blocked
    }
    customers = frames.get("Customers")
    merged = {}
    if customers is not None:
        pairs = customers[["customer_id", "merged_into"]].dropna()
        merged = dict(zip(pairs["customer_id"].astype(str), pairs["merged_into"].astype(str), strict=True))
    names = Names(merged)
    regions = regions_on(frames.get("Regions"), as_of - timedelta(days=1))
    types = names_of(frames.get("Products"), "product_id", "product_type")
    waves = pd.DataFrame(columns=["wave", "name", "month", "newest"])
    labels = regions.labels if regions else None
    traits = traits_of(customers, names, labels)
    given = Given(sheets, frames, names, labels, types, traits, settings, as_of, waves, traced)
    dims: dict[str, tuple[str, ...]] = {"deliveries": ("all",)}
    ready: dict[str, pd.DataFrame] = {"deliveries": _deliveries(sheets, as_of)}
    for make in MAKERS:
        for name, (frame, paths) in make.frames(given).items():
            ready[name], dims[name] = frame, paths
    last = month_ordinal(as_of - timedelta(days=1))
    events = [ready[name]["month"].min() for name in EVENTS if len(ready.get(name, ()))]
    first = int(ready["orders"]["month"].min()) if len(ready.get("orders", ())) else last
    months = np.arange(first, last + 1)
    boundary = [min(day_number(date((m + 1) // 12, (m + 1) % 12 + 1, 1)), day_number(as_of)) for m in months]
    ready["months"] = pd.DataFrame({"month": months.astype(np.int64), "boundary": np.array(boundary, dtype=np.int64)})
    segments = _numbered(ready, dims)
    native = {name: nw.from_native(frame, eager_only=True) for name, frame in ready.items()}
    made = Ready(Frames(native), day_number(as_of), last, dims, segments, len(names.names))
    known = {"region": regions.names if regions else frozenset(), "product_type": frozenset((types or {}).values())}
    return Prepared(
        made,
        names.names,
        given.waves,
        int(min(events, default=last)),
        given if traced else None,
        known,
        {"region": regions.renamed} if regions else {},
        regions.merged if regions else frozenset(),
    )


def _numbered(ready: Mapping[str, pd.DataFrame], dims: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    """Number the segment values of all frames, and put the numbers in place of the labels."""
    segments = [("all", ALL)]
    for dim in dict.fromkeys(dim for some in dims.values() for dim in some[1:]):
        frames = [ready[name] for name, some in dims.items() if dim in some]
        coded = [pd.factorize(frame[dim]) for frame in frames]
        place = {
            label: len(segments) + n for n, label in enumerate(sorted({each for _, some in coded for each in some}))
        }
        segments += [(dim, label) for label in place]
        for frame, (codes, labels) in zip(frames, coded, strict=True):
            frame[dim] = np.array([place[label] for label in labels], dtype=np.int64)[codes]
    return tuple(segments)


def _usable(sheet: Sheet, as_of: date, *, without_imputed: bool) -> pd.DataFrame:
    frame = sheet.frame
    if without_imputed and "is_imputed" in frame:
        frame = frame[~frame["is_imputed"].fillna(False).astype(bool)]
    name = sheet.contract.date
    if name and isinstance(frame[name].dtype, np.dtype) and frame[name].dtype.kind == "M":
        late = frame[name].to_numpy() >= np.datetime64(as_of)
        frame = frame[~late] if late.any() else frame
    return frame


def _deliveries(sheets: Mapping[str, Sheet], as_of: date) -> pd.DataFrame:
    """Counts of rows and cells by sheet and month."""
    columns = ["rows", "required_cells", "filled_cells", "passing", "distinct", "imputed"]
    parts = []
    for name, sheet in sheets.items():
        if sheet.contract.dept != "control" and sheet.contract.date and len(sheet.counts):
            part = sheet.counts[[each for each in columns if each in sheet.counts]].astype(float)
            parts.append(part.assign(month=part.index.to_numpy(dtype=np.int64), sheet=name))
    empty = pd.DataFrame(
        {
            **{name: np.array([], dtype=float) for name in columns},
            "month": np.array([], dtype=np.int64),
            "sheet": pd.array([], dtype="str"),
        }
    )
    table = pd.concat(parts, ignore_index=True).astype({"sheet": "str"}) if parts else empty
    return table[table["month"] <= month_ordinal(as_of - timedelta(days=1))]


def newest_date(sheets: Mapping[str, Sheet]) -> date | None:
    """The newest event date in the data: as_of is the day after it (G2)."""
    newest = []
    for sheet in sheets.values():
        name = sheet.contract.date
        if (
            name
            and sheet.contract.name not in PLANNED
            and not sheet.blocked
            and name in sheet.frame
            and sheet.frame[name].dtype.kind == "M"
            and sheet.frame[name].notna().any()
        ):
            newest.append(sheet.frame[name].max().date())
    return max(newest, default=None)


__all__ = ["Prepared", "cost_spans", "day_number", "newest_date", "prepare"]
