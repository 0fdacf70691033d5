"""From checked sheets to ready frames: ids become integers, dates become days and months, segments get their names.

This is the one place that knows both the sheets' fields and the frames' columns. Everything after it runs on any engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.rows.orders import BOUGHT
from loyalty_xl.rows.ready import ANONYMOUS, NEVER, Ready
from loyalty_xl.vocabulary import ALL, UNASSIGNED, Calendar, days_in_month, month_ordinal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.contracts.contract import Sheet
    from loyalty_xl.settings import Settings

EVENTS = ("orders", "responses", "invitations", "complaints")  # frames whose rows happened in a month
Strings = np.ndarray  # of object: one label for each code


@dataclass(frozen=True)
class Prepared:
    """Ready frames with what names their integers."""

    ready: Ready
    customers: list[str]  # by customer code
    waves: pd.DataFrame  # wave, name, month, newest day: for the latest survey wave of a period
    first_month: int  # of any event


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def _days(column: pd.Series, missing: int) -> np.ndarray:
    """Dates as days, *missing* where there is none."""
    values = column.to_numpy().astype("datetime64[D]")
    return np.where(np.isnat(values), missing, values.astype(np.int64))


def _months(days: np.ndarray) -> np.ndarray:
    """Month ordinals of days (garbage for NEVER)."""
    return days.clip(-700_000, 2_900_000).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12


class _Names:
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
        return list(self._codes)


def _labels(column: pd.Series, names: Mapping[str, str] | None = None) -> tuple[np.ndarray, Strings]:
    """Codes and labels of a text column; with *names*, ids become names, and unknown ones UNASSIGNED (G15)."""
    categories = [str(each) for each in column.cat.categories]
    labels = np.array(
        [*(names.get(each, UNASSIGNED) if names is not None else each for each in categories), UNASSIGNED], dtype=object
    )
    return column.cat.codes.to_numpy().astype(np.int64), labels


def _named(column: pd.Series, names: Mapping[str, str] | None = None) -> np.ndarray:
    codes, labels = _labels(column, names)
    named: np.ndarray = labels[codes]
    return named


def prepare(sheets: Mapping[str, Sheet], settings: Settings, as_of: date, *, without_imputed: bool = False) -> Prepared:
    """Make the frames that measures are evaluated on, from rows dated before *as_of*.

    With *without_imputed* the rows marked as imputed stay out: the second of the two computations of G16.
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
    names = _Names(merged)
    regions = _names_of(frames.get("Regions"), "region_id", "name")
    dims: dict[str, tuple[str, ...]] = {"deliveries": ("all",)}
    ready: dict[str, pd.DataFrame] = {"deliveries": _deliveries(sheets, as_of)}
    traits = _traits(customers, names, regions)
    if "Orders" in frames and sheets["Orders"].sent:
        ready["orders"], dims["orders"] = _orders(
            frames["Orders"], frames.get("Products"), names, regions, traits, settings
        )
    if traits is not None and customers is not None:
        ready["customers"] = _customers(customers, names)
    waves = pd.DataFrame(columns=["wave", "name", "month", "newest"])
    invited = frames.get("SurveyInvitations")
    if "SurveyResponses" in frames:
        ready["responses"], dims["responses"], waves = _responses(
            frames["SurveyResponses"], invited, names, traits, settings
        )
    if invited is not None:
        ready["invitations"], dims["invitations"] = _invitations(invited, names, traits)
    if "Complaints" in frames:
        ready["complaints"], dims["complaints"] = _complaints(frames, names, traits, settings)
    if "Campaigns" in frames or "SalesCosts" in frames:
        ready["costs"], dims["costs"] = _costs(
            frames, regions, Calendar(settings.fiscal_start_month, settings.fiscal_year_label), as_of
        )
    last = month_ordinal(as_of - timedelta(days=1))
    events = [ready[name]["month"].min() for name in EVENTS if len(ready.get(name, ()))]
    first = int(ready["orders"]["month"].min()) if len(ready.get("orders", ())) else last
    months = np.arange(first, last + 1)
    boundary = [min(day_number(date((m + 1) // 12, (m + 1) % 12 + 1, 1)), day_number(as_of)) for m in months]
    ready["months"] = pd.DataFrame({"month": months.astype(np.int64), "boundary": np.array(boundary, dtype=np.int64)})
    segments = _numbered(ready, dims)
    native = {name: nw.from_native(frame, eager_only=True) for name, frame in ready.items()}
    made = Ready(native, day_number(as_of), last, dims, segments, len(names.names))
    return Prepared(made, names.names, waves, int(min(events, default=last)))


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


def _names_of(frame: pd.DataFrame | None, key: str, name: str) -> dict[str, str] | None:
    """Key -> name, for sheets that name segments; None when there is no such sheet."""
    if frame is None or not len(frame):
        return None
    keys, named = frame[key].astype(object), frame[name].astype(object)
    by_name = {
        spelled: each for each in named if isinstance(each, str) for spelled in (each, each.upper())
    }  # ids are upper case
    return by_name | {str(k): n if isinstance(n, str) and n else str(k) for k, n in zip(keys, named, strict=True)}


@dataclass(frozen=True)
class _Traits:
    """Region, tier and acquisition channel by customer code; dims without any value have no path."""

    labels: dict[str, np.ndarray]

    def of(self, dim: str, customers: np.ndarray) -> np.ndarray | None:
        labels = self.labels.get(dim)
        if labels is None:
            return None
        known = np.append(labels, np.array([UNASSIGNED], dtype=object))
        inside = (customers >= 0) & (customers < len(labels))
        return known[np.where(inside, customers, len(labels))]


def _traits(customers: pd.DataFrame | None, names: _Names, regions: Mapping[str, str] | None) -> _Traits | None:
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
            known[codes] = _named(customers[field], named)
            labels[dim] = known
    return _Traits(labels)


def _add_traits(frame: dict[str, Any], customers: np.ndarray, traits: _Traits | None, *dims: str) -> None:
    for dim in dims:
        if traits is not None and dim not in frame and (labels := traits.of(dim, customers)) is not None:
            frame[dim] = labels


def _present(frame: Any, *dims: str) -> tuple[str, ...]:
    return ("all", *(dim for dim in dims if dim in frame))


def _region(
    frame: pd.DataFrame, customers: np.ndarray, regions: Mapping[str, str] | None, traits: _Traits | None
) -> np.ndarray | None:
    """The row's own region, else the customer's."""
    own = _named(frame["region_id"], regions) if frame["region_id"].notna().any() else None
    theirs = traits.of("region", customers) if traits else None
    if own is None or theirs is None:
        return own if theirs is None else theirs
    return np.where(frame["region_id"].isna().to_numpy(), theirs, own)


def _combined(*codes: np.ndarray) -> np.ndarray:
    """One integer for each distinct combination of integer columns."""
    joined = pd.factorize(codes[0])[0].astype(np.int64)
    for each in codes[1:]:
        more = pd.factorize(each)[0].astype(np.int64)
        joined = pd.factorize(joined * (int(more.max(initial=0)) + 1) + more)[0].astype(np.int64)
    return joined


def _orders(
    frame: pd.DataFrame,
    products: pd.DataFrame | None,
    names: _Names,
    regions: Mapping[str, str] | None,
    traits: _Traits | None,
    settings: Settings,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Order lines summed to order parts: one row per order, day, kind, region and product type."""
    customers = names.codes(frame["customer_id"])
    orders = frame["order_id"].cat.codes.to_numpy().astype(np.int64)
    days = _days(frame["order_date"], NEVER)
    kinds, kind_labels = _labels(frame["order_type"])
    kind_labels = np.where(kind_labels == UNASSIGNED, "sale", kind_labels)
    places: dict[str, tuple[np.ndarray, Strings]] = {}
    if (region := _region(frame, customers, regions, traits)) is not None:
        places["region"] = _coded(region)
    window = np.full(len(frame), settings.churn_window_days, dtype=np.int64)
    types = _names_of(products, "product_id", "product_type")
    if types is not None and products is not None and frame["product_id"].notna().any():
        places["product_type"] = _labels(frame["product_id"], types)
        own = products.set_index(products["product_id"].astype(str))["churn_window_days"]
        days_of = {key: int(value) for key, value in own.items() if value == value}
        if days_of:
            by_category = [
                days_of.get(str(each), settings.churn_window_days) for each in frame["product_id"].cat.categories
            ]
            window = np.array([*by_category, settings.churn_window_days], dtype=np.int64)[
                frame["product_id"].cat.codes.to_numpy()
            ]
    original = _original(frame)
    labels = {
        dim: _coded(text[codes]) if dim == "product_type" else (codes, text) for dim, (codes, text) in places.items()
    }
    part = _combined(orders, customers, days, kinds, original, window, *(codes for codes, _ in labels.values()))
    first = np.unique(part, return_index=True)[1]
    amount = frame["amount"].fillna(0.0).to_numpy()
    day = days[first]
    made: dict[str, Any] = {
        "order": orders[first],
        "customer": customers[first],
        "day": day,
        "month": _months(day),
        "kind": pd.array(kind_labels[kinds[first]], dtype="str"),
        "original": original[first],
        "expiry": day + window[first],
        "amount": np.round(np.bincount(part, weights=amount), 6),
        "lines": np.bincount(part),
    }
    for dim, (codes, text) in labels.items():
        made[dim] = text[codes[first]]
    _add_traits(made, made["customer"], traits, "tier", "channel")
    return pd.DataFrame(made), _present(made, "region", "product_type", "tier", "channel")


def _coded(labels: np.ndarray) -> tuple[np.ndarray, Strings]:
    codes, text = pd.factorize(labels)
    return codes.astype(np.int64), np.asarray(text, dtype=object)


def _original(frame: pd.DataFrame) -> np.ndarray:
    """The order that a refund belongs to, as an order code, -1 where none is named."""
    known = {str(name): code for code, name in enumerate(frame["order_id"].cat.categories)}
    by_category = [known.get(str(name), -1) for name in frame["original_order_id"].cat.categories]
    return np.array([*by_category, -1], dtype=np.int64)[frame["original_order_id"].cat.codes.to_numpy()]


def _customers(customers: pd.DataFrame, names: _Names) -> pd.DataFrame:
    made: dict[str, Any] = {
        "customer": names.codes(customers["customer_id"]),
        "closed": _days(customers["closed_on"], NEVER),
        "contract_end": _days(customers["contract_end"], -NEVER),
    }
    unmerged = customers["merged_into"].isna().to_numpy()
    return pd.DataFrame(made)[unmerged].drop_duplicates("customer")


def _number(column: pd.Series, missing: float) -> np.ndarray:
    """A yes/no or number column as numbers."""
    return column.astype("Float64").fillna(missing).to_numpy(dtype=np.float64)


def _responses(
    frame: pd.DataFrame, invited: pd.DataFrame | None, names: _Names, traits: _Traits | None, settings: Settings
) -> tuple[pd.DataFrame, tuple[str, ...], pd.DataFrame]:
    customers = names.codes(frame["customer_id"])
    days = _days(frame["answered_on"], NEVER)
    survey, version = frame["survey_id"].astype(object).to_numpy(), frame["survey_version"].astype(object).to_numpy()
    invite, changed, relationship = np.full(len(frame), -1, dtype=np.int64), np.zeros(len(frame)), np.ones(len(frame))
    if invited is not None:
        codes = {str(name): code for code, name in enumerate(invited["invite_id"].cat.categories)}
        by_category = np.array(
            [*(codes.get(str(name), -1) for name in frame["invite_id"].cat.categories), -1], dtype=np.int64
        )
        invite = by_category[frame["invite_id"].cat.codes.to_numpy()]
        sent = invited.drop_duplicates("invite_id").set_index(
            invited.drop_duplicates("invite_id")["invite_id"].cat.codes
        )
        at = sent.reindex(invite)
        survey = np.where(pd.isna(survey), at["survey_id"].astype(object).to_numpy(), survey)
        version = np.where(pd.isna(version), at["survey_version"].astype(object).to_numpy(), version)
        relationship = (at["survey_type"].astype(object).to_numpy() != "transactional").astype(float)
        if not relationship.any():
            relationship[:] = 1.0
        changed = _wordings(invited, survey, version)
    months = _months(days)
    wave_name = np.where(pd.isna(survey), months.astype(str).astype(object), survey)
    waves, wave_names = pd.factorize(wave_name)
    scales = frame["csat_scale"].astype(object).fillna(settings.csat_scale).to_numpy()
    low, high = (np.array([float(str(scale).split("-")[end]) for scale in scales]) for end in (0, 1))
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": months,
        "sequence": days * 10_000_000 + np.arange(len(frame)),
        "wave": waves.astype(np.int64),
        "relationship": relationship,
        "wording": changed,
        "invite": invite,
        "recommend_score": frame["recommend_score"].to_numpy(dtype=np.float64),
        "csat": frame["csat_overall"].to_numpy(dtype=np.float64),
        "csat_low": low,
        "csat_high": high,
        "has_score": (frame["recommend_score"].notna() | frame["csat_overall"].notna()).to_numpy().astype(np.int64),
        "complete": _number(frame["complete"], 1.0),
        "attention": _number(frame["attention_pass"], 1.0),
        "duration": _number(frame["duration_sec"], -1.0),
        "in_scope": (customers != ANONYMOUS).astype(np.int64),
    }
    if frame["channel"].notna().any():
        made["channel"] = _named(frame["channel"])
    _add_traits(made, customers, traits, "region", "tier")
    table = pd.DataFrame(made)
    table["recommend_score"] = table["recommend_score"].astype("Float64")
    table["csat"] = table["csat"].astype("Float64")
    table = table[table["has_score"].eq(1) | table["invite"].ge(0)]
    scored = table[table["has_score"].eq(1) & table["relationship"].eq(1)]
    newest = scored.groupby(["wave", "month"])["day"].max().rename("newest").reset_index()
    newest["name"] = [str(wave_names[wave]) for wave in newest["wave"]]
    return table, _present(table, "region", "tier", "channel"), newest


def _wordings(invited: pd.DataFrame, survey: np.ndarray, version: np.ndarray) -> np.ndarray:
    """Which wording each answer is to: versions in the order they were first sent, a new wording with each that changed it."""
    columns = ["survey_id", "survey_version", "sent_on", "wording_changed"]
    sent = invited[columns].astype({"survey_id": object, "survey_version": object})
    sent["wording_changed"] = sent["wording_changed"].fillna(False).astype(bool)
    by_version = sent.groupby(["survey_id", "survey_version"], dropna=False, sort=False)
    versions = by_version.agg(first=("sent_on", "min"), changed=("wording_changed", "any")).sort_values(
        "first", kind="stable"
    )
    wording = dict(zip(versions.index, versions["changed"].cumsum(), strict=True))
    return np.array([float(wording.get(pair, 0)) for pair in zip(survey, version, strict=True)])


def _invitations(frame: pd.DataFrame, names: _Names, traits: _Traits | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    customers = names.codes(frame["customer_id"])
    days = _days(frame["sent_on"], NEVER)
    status = frame["delivery_status"].astype(object).to_numpy()
    made: dict[str, Any] = {
        "invite": frame["invite_id"].cat.codes.to_numpy().astype(np.int64),
        "customer": customers,
        "day": days,
        "month": _months(days),
        "delivered": (status != "undeliverable").astype(float),
        "incentive_cost": frame["incentive_cost"].fillna(0.0).to_numpy(),
        "incentive_type": _named(frame["incentive_type"]),
    }
    if frame["channel"].notna().any():
        made["channel"] = _named(frame["channel"])
    _add_traits(made, customers, traits, "region", "tier")
    return _texts(pd.DataFrame(made)), _present(made, "region", "tier", "channel")


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    """Give every label column the one text dtype that all engines read."""
    return table.astype({name: "str" for name in table.columns if table[name].dtype == object})


def _complaints(
    frames: Mapping[str, pd.DataFrame], names: _Names, traits: _Traits | None, settings: Settings
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    frame = frames["Complaints"]
    customers = names.codes(frame["customer_id"])
    days = _days(frame["received_on"], NEVER)
    open_again = frame["status"].astype(object).isin(["open", "pending", "reopened"]).to_numpy()
    closed = np.where(open_again, NEVER, _days(frame["closed_on"], NEVER))
    scales = frame["satisfaction_scale"].astype(object).fillna(settings.csat_scale)
    made: dict[str, Any] = {
        "customer": customers,
        "day": days,
        "month": _months(days),
        "closed": closed,
        "closed_month": _months(closed),
        "satisfaction": frame["satisfaction"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan),
        "satisfaction_high": np.array([float(str(scale).split("-")[1]) for scale in scales]),
        "classified": _classified(frame, frames.get("ComplaintTaxonomy"), days),
        "class_l1": _named(frame["class_l1"]),
        "class_l2": _named(frame["class_l2"]),
    }
    if frame["channel"].notna().any():
        made["channel"] = _named(frame["channel"])
    types = _names_of(frames.get("Products"), "product_id", "product_type")
    if types is not None and frame["product_id"].notna().any():
        made["product_type"] = _named(frame["product_id"], types)
    _add_traits(made, customers, traits, "region", "tier")
    table = _texts(pd.DataFrame(made))
    table["satisfaction"] = table["satisfaction"].astype("Float64")
    return table, _present(made, "region", "product_type", "tier", "channel")


def _classified(frame: pd.DataFrame, taxonomy: pd.DataFrame | None, days: np.ndarray) -> np.ndarray:
    """Whether the taxonomy valid on that day knows the complaint's class (by code or name)."""
    given = frame["class_l1"].notna().to_numpy()
    if taxonomy is None or not len(taxonomy):
        return given.astype(np.int64)
    known = np.zeros(len(frame), dtype=bool)
    first, until = _days(taxonomy["valid_from"], -NEVER), _days(taxonomy["valid_to"], NEVER)
    l1, l2 = (frame[name].astype(object).to_numpy() for name in ("class_l1", "class_l2"))
    valid: dict[str, list[tuple[int, int]]] = {}
    for name in ("code", "name_zh", "name_en"):
        for text, start, end in zip(taxonomy[name].astype(object), first, until, strict=True):
            if isinstance(text, str) and text:
                valid.setdefault(text.strip().casefold(), []).append((start, end))
    for i, (one, two, day) in enumerate(zip(l1, l2, days, strict=True)):
        texts = [text for text in (one, two) if isinstance(text, str)]
        known[i] = bool(texts) and all(
            any(start <= day <= end for start, end in valid.get(text.strip().casefold(), ())) for text in texts
        )
    return (known & given).astype(np.int64)


def _costs(
    frames: Mapping[str, pd.DataFrame], regions: Mapping[str, str] | None, calendar: Calendar, as_of: date
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Costs by month: each spread evenly over its days, the part before *as_of*."""
    rows: list[tuple[str, int, float, str, str]] = []
    for sheet in ("Campaigns", "SalesCosts"):
        frame = frames.get(sheet)
        if frame is None:
            continue
        places = _named(frame["region_id"], regions)
        kinds = frame["cost_type"].astype(object).to_numpy()
        for cost, kind, place, span in zip(
            frame["cost"].to_numpy(), kinds, places, cost_spans(sheet, frame, calendar), strict=True
        ):
            if span is None or cost != cost:
                continue
            whole = (span[1] - span[0]).days
            for month in range(month_ordinal(span[0]), month_ordinal(span[1] - timedelta(days=1)) + 1):
                start = date(month // 12, month % 12 + 1, 1)
                end = start + timedelta(days=days_in_month(month))
                days = (min(end, span[1], as_of) - max(start, span[0])).days
                if days > 0:
                    rows.append((sheet, month, cost * days / whole, str(kind) if isinstance(kind, str) else "", place))
    made = pd.DataFrame(rows, columns=["sheet", "month", "cost", "cost_type", "region"]).astype(
        {"month": np.int64, "cost": float, "cost_type": "str", "region": "str", "sheet": "str"}
    )
    placed = any(
        frame is not None and frame["region_id"].notna().any()
        for frame in (frames.get("Campaigns"), frames.get("SalesCosts"))
    )
    return (made, ("all", "region")) if placed else (made.drop(columns="region"), ("all",))


def cost_spans(sheet: str, frame: pd.DataFrame, calendar: Calendar) -> list[tuple[date, date] | None]:
    """First day and first day after, of what each cost covers."""
    if sheet == "SalesCosts":
        periods = [
            calendar.parse(str(text)) if isinstance(text, str) else None for text in frame["period"].astype(object)
        ]
        return [(period.start, period.end) if period else None for period in periods]
    spans: list[tuple[date, date] | None] = []
    for start, end in zip(frame["start"], frame["end"], strict=True):
        first = start.date() if start == start and start is not pd.NaT else None
        last = end.date() if end == end and end is not pd.NaT else first
        spans.append((first, last + timedelta(days=1)) if first and last and last >= first else None)
    return spans


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
            and not sheet.blocked
            and name in sheet.frame
            and sheet.frame[name].dtype.kind == "M"
            and sheet.frame[name].notna().any()
        ):
            newest.append(sheet.frame[name].max().date())
    return max(newest, default=None)


__all__ = ["BOUGHT", "Prepared", "cost_spans", "day_number", "newest_date", "prepare"]
