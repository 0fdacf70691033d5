"""Campaign and sales costs: each spread evenly over the days it covers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from loyalty_xl.preparing.naming import label_each
from loyalty_xl.vocabulary import days_in_month, month_ordinal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loyalty_xl.preparing.naming import Given, Made
    from loyalty_xl.vocabulary import Calendar


def frames(given: Given) -> dict[str, Made]:
    """Give `costs`."""
    named = "Campaigns" in given.frames or "SalesCosts" in given.frames
    return (
        {"costs": spread_costs(given.frames, given.regions, given.calendar, given.as_of, traced=given.traced)}
        if named
        else {}
    )


def spread_costs(
    frames: Mapping[str, pd.DataFrame],
    regions: Mapping[str, str] | None,
    calendar: Calendar,
    as_of: date,
    *,
    traced: bool = False,
) -> Made:
    """Costs by month: each spread evenly over its days, the part before *as_of*."""
    rows: list[tuple[str, int, float, str, str, str, int, float]] = []
    origin: list[int] = []
    for sheet in ("Campaigns", "SalesCosts"):
        frame = frames.get(sheet)
        if frame is None:
            continue
        places = label_each(frame["region_id"], regions)
        kinds = frame["cost_type"].astype(object).to_numpy()
        channels, won = _attributed(frame)
        for number, cost, kind, place, span, channel, new in zip(
            frame.index.tolist(),
            frame["cost"].to_numpy(),
            kinds,
            places,
            cost_spans(sheet, frame, calendar),
            channels,
            won,
            strict=True,
        ):
            if span is None or cost != cost:
                continue
            whole = (span[1] - span[0]).days
            for month in range(month_ordinal(span[0]), month_ordinal(span[1] - timedelta(days=1)) + 1):
                start = date(month // 12, month % 12 + 1, 1)
                end = start + timedelta(days=days_in_month(month))
                days = (min(end, span[1], as_of) - max(start, span[0])).days
                if days > 0:
                    part, named = days / whole, int(new == new)
                    text = str(kind) if isinstance(kind, str) else ""
                    rows.append((sheet, month, cost * part, text, place, channel, named, new * part if named else 0.0))
                    origin.append(number)
    columns = ["sheet", "month", "cost", "cost_type", "region", "by_channel", "attributed", "won"]
    made = pd.DataFrame(rows, columns=columns).astype(
        {"month": np.int64, "cost": float, "attributed": np.int64, "won": float}
        | dict.fromkeys(("cost_type", "region", "sheet", "by_channel"), "str")
    )
    if traced:
        made["row"] = np.array(origin, dtype=np.int64)
    placed = any(
        frame is not None and frame["region_id"].notna().any()
        for frame in (frames.get("Campaigns"), frames.get("SalesCosts"))
    )
    return (made, ("all", "region")) if placed else (made.drop(columns="region"), ("all",))


def _attributed(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Channel and attributed new customers of each campaign; sales costs have neither."""
    if "attributed_new" not in frame:
        return np.full(len(frame), "", dtype=object), np.full(len(frame), np.nan)
    return label_each(frame["channel"]), frame["attributed_new"].to_numpy(dtype=np.float64, na_value=np.nan)


def period_spans(column: pd.Series, calendar: Calendar) -> list[tuple[date, date] | None]:
    """First day and first day after, of each period of a column."""
    texts = column.astype(object)
    parsed = {text: calendar.parse(text) for text in texts.unique() if isinstance(text, str)}
    return [(period.start, period.end) if (period := parsed.get(text)) else None for text in texts]


def cost_spans(sheet: str, frame: pd.DataFrame, calendar: Calendar) -> list[tuple[date, date] | None]:
    """First day and first day after, of what each row covers: its period, or a campaign's own days."""
    if sheet != "Campaigns":
        return period_spans(frame["period"], calendar)
    spans: list[tuple[date, date] | None] = []
    for start, end in zip(frame["start"], frame["end"], strict=True):
        first = start.date() if start == start and start is not pd.NaT else None
        last = end.date() if end == end and end is not pd.NaT else first
        spans.append((first, last + timedelta(days=1)) if first and last and last >= first else None)
    return spans
