"""What every frame is made with: ids become integers, dates become days and months, codes get their names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.rows.ready import ANONYMOUS
from loyalty_xl.vocabulary import UNASSIGNED, Calendar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.settings import Settings

Strings = np.ndarray  # of object: one label for each code
Made = tuple[pd.DataFrame, tuple[str, ...]]  # a frame, and the segment dims it has a path to, "all" first


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def day_numbers(column: pd.Series, missing: int) -> np.ndarray:
    """Dates as days, *missing* where there is none."""
    values = column.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(values), missing, values.astype(np.int64))


def month_numbers(days: np.ndarray) -> np.ndarray:
    """Month ordinals of days (garbage for NEVER)."""
    return days.clip(-700_000, 2_900_000).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


class Names:
    """Gives every customer one integer, whichever sheet names it; merged customers share one."""

    def __init__(self, merged: Mapping[str, str]) -> None:
        self._codes: dict[str, int] = {}
        self._merged = merged

    def codes(self, column: pd.Series) -> np.ndarray:
        """Codes of an id column, ANONYMOUS where it is blank."""
        known = np.array([self._code(str(name)) for name in column.cat.categories] + [ANONYMOUS], dtype=np.int64)
        made: np.ndarray = known[column.cat.codes.to_numpy()]
        return made

    def _code(self, name: str) -> int:
        seen = set()
        while name in self._merged and name not in seen:
            seen.add(name)
            name = self._merged[name]
        return self._codes.setdefault(name, len(self._codes))

    @property
    def names(self) -> list[str]:
        """Names by code."""
        return list(self._codes)


def label_codes(column: pd.Series, names: Mapping[str, str] | None = None) -> tuple[np.ndarray, Strings]:
    """Codes and labels of a text column; with *names*, ids become names, and unknown ones UNASSIGNED (G15)."""
    categories = [str(each) for each in column.cat.categories]
    labels = np.array(
        [*(names.get(each, UNASSIGNED) if names is not None else each for each in categories), UNASSIGNED], dtype=object
    )
    return column.cat.codes.to_numpy().astype(np.int64), labels


def label_each(column: pd.Series, names: Mapping[str, str] | None = None) -> np.ndarray:
    """Give the label of each row of a text column."""
    codes, labels = label_codes(column, names)
    named: np.ndarray = labels[codes]
    return named


def names_of(frame: pd.DataFrame | None, key: str, name: str) -> dict[str, str] | None:
    """Key -> name, for sheets that name segments; None when there is no such sheet."""
    if frame is None or not len(frame):
        return None
    keys, named = frame[key].astype(object), frame[name].astype(object)
    by_name = {
        spelled: each for each in named if isinstance(each, str) for spelled in (each, each.upper())
    }  # ids are upper case
    return by_name | {str(k): n if isinstance(n, str) and n else str(k) for k, n in zip(keys, named, strict=True)}


@dataclass(frozen=True)
class Traits:
    """Region, tier and acquisition channel by customer code; dims without any value have no path."""

    labels: dict[str, np.ndarray]

    def of(self, dim: str, customers: np.ndarray) -> np.ndarray | None:
        """Labels of customers; None where the dim has no path."""
        labels = self.labels.get(dim)
        if labels is None:
            return None
        known = np.append(labels, np.array([UNASSIGNED], dtype=object))
        inside = (customers >= 0) & (customers < len(labels))
        return known[np.where(inside, customers, len(labels))]


def traits_of(customers: pd.DataFrame | None, names: Names, regions: Mapping[str, str] | None) -> Traits | None:
    """Read the traits off Customers."""
    if customers is None:
        return None
    codes = names.codes(customers["customer_id"])
    labels = {}
    for dim, field, named in (
        ("region", "region_id", regions),
        ("tier", "tier", None),
        ("channel", "acquisition_channel", None),
    ):
        if customers[field].notna().any():
            known = np.full(len(names.names), UNASSIGNED, dtype=object)
            known[codes] = label_each(customers[field], named)
            labels[dim] = known
    return Traits(labels)


def add_traits(frame: dict[str, Any], customers: np.ndarray, traits: Traits | None, *dims: str) -> None:
    """Add the customers' traits that the frame does not have itself."""
    for dim in dims:
        if traits is not None and dim not in frame and (labels := traits.of(dim, customers)) is not None:
            frame[dim] = labels


def present(frame: Any, *dims: str) -> tuple[str, ...]:
    """Say which segment dims a frame has."""
    return ("all", *(dim for dim in dims if dim in frame))


def region_of(
    frame: pd.DataFrame, customers: np.ndarray, regions: Mapping[str, str] | None, traits: Traits | None
) -> np.ndarray | None:
    """The row's own region, else the customer's."""
    own = label_each(frame["region_id"], regions) if frame["region_id"].notna().any() else None
    theirs = traits.of("region", customers) if traits else None
    if own is None or theirs is None:
        return own if theirs is None else theirs
    return np.where(frame["region_id"].isna().to_numpy(), theirs, own)


def combined(*codes: np.ndarray) -> np.ndarray:
    """One integer for each distinct combination of integer columns."""
    joined = pd.factorize(codes[0])[0].astype(np.int64)
    for each in codes[1:]:
        more = pd.factorize(each)[0].astype(np.int64)
        joined = pd.factorize(joined * (int(more.max(initial=0)) + 1) + more)[0].astype(np.int64)
    return joined


def coded(labels: np.ndarray) -> tuple[np.ndarray, Strings]:
    """Codes and distinct labels of a column of labels."""
    codes, text = pd.factorize(labels)
    return codes.astype(np.int64), np.asarray(text, dtype=object)


def as_numbers(column: pd.Series, missing: float) -> np.ndarray:
    """A yes/no or number column as numbers."""
    return column.astype("Float64").fillna(missing).to_numpy(dtype=np.float64)


def plain_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Give every label column the one text dtype that all engines read."""
    return table.astype({name: "str" for name in table.columns if table[name].dtype == object})


@dataclass
class Given:
    """What the makers of frames start from."""

    sheets: Mapping[str, Sheet]
    frames: Mapping[str, pd.DataFrame]  # rows that can be used, dated before `as_of`, by sheet
    names: Names
    regions: Mapping[str, str] | None  # region id -> name
    types: Mapping[str, str] | None  # product id -> product type
    traits: Traits | None
    settings: Settings
    as_of: date
    waves: pd.DataFrame  # survey waves; the surveys fill it
    traced: bool = False  # frames say of their rows which rows of the sheets they are
    lines: pd.DataFrame | None = None  # of a traced Orders sheet: row, and the order part it went into

    def mark(self, made: dict[str, Any], frame: pd.DataFrame) -> None:
        """Say of each row of a frame which row of the sheet it is, where rows are traced."""
        if self.traced:
            made["row"] = frame.index.to_numpy().astype(np.int64)

    @property
    def calendar(self) -> Calendar:
        """The company's fiscal calendar."""
        return self.settings.calendar
