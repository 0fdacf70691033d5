"""Price changes one by one, and what each segment's demand says about its price."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.price_changes import price_events
from loyalty_xl.rows.prices import STEADY, elasticity, panel, seen_until, segments_of
from loyalty_xl.rows.ready import collect
from loyalty_xl.vocabulary import Dimension, Level

if TYPE_CHECKING:
    from loyalty_xl.rows.price_changes import Event
    from loyalty_xl.rows.prices import Elasticity
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

JOINT = " · "  # between several notes of one row, which the page shows in words one by one
IndexOver = Callable[[int, int], float | None]  # mean index of the days [start, stop), where all their months have one


def midpoint_elasticity(
    quantity_before: float, quantity_after: float, price_before: float, price_after: float
) -> float | None:
    """Arc elasticity by the midpoint formula; None where nothing was sold at all, or the price did not change.

        [(Q2 - Q1) / ((Q1 + Q2) / 2)] / [(p2 - p1) / ((p1 + p2) / 2)]

    Examples
    --------
    >>> round(midpoint_elasticity(200, 190, 100, 110), 3), round(midpoint_elasticity(200, 190, 100 / 1.00, 110 / 1.06), 3)
    (-0.538, -1.385)
    """
    quantity, price = quantity_before + quantity_after, price_before + price_after
    if quantity <= 0 or price <= 0 or abs(price_after - price_before) <= 1e-12 * price:
        return None
    return ((quantity_after - quantity_before) / quantity) / ((price_after - price_before) / price) + 0.0


EVENT_COLUMNS = (  # the page shows the first fourteen
    "change_id",
    "goods",
    "where",
    "effective_on",
    "price_change",
    "market_change",
    "pieces_before",
    "pieces_after",
    "money_elasticity",
    "real_elasticity",
    "year_before_ratio",
    "kept_share",
    "kept_difference",
    "price_note",
    "old_price",
    "new_price",
    "index_before",
    "index_after",
    "control_share",
    "active_before",
    "active_after",
)


@listing(
    "price_change_elasticity",
    "P1",
    zh="逐次调价弹性",
    en="Elasticity by price change",
    dimension=Dimension.PRICE,
    sheets=("PriceChanges", "Orders", "MarketIndex"),
    frames=("sales", "price_changes"),
    says="每次调价前后同样长的观察期内,销量相对价格的中点弹性:名义值,以及剔除市场价格波动后的实际值。",
    owner="sales",
    columns=EVENT_COLUMNS,
)
def price_change_elasticity(
    ready: Ready,
    settings: Settings,
    periods: list[Period],  # noqa: ARG001 - all changes, whatever the periods
) -> list[dict[str, Any]]:
    """How demand answered each price change: the elasticity between equal windows before and after it.

        elasticity = [(Q2 - Q1) / ((Q1 + Q2) / 2)] / [(p2 - p1) / ((p1 + p2) / 2)]

    Q is pieces sold of the goods per customer active in the window; p is the own price for the money elasticity, and the own price divided by the
    market index (mean of the window's days) for the real one. Blank where nothing was sold or the price did not change. Not corrected, but
    told: promotions, goods that may have been sold out, another change within the windows, and how demand moved in the same windows a
    year before (season). The kept share is that of `keep_buying_rate`.

    References
    ----------
    Arc elasticity: Allen & Lerner 1934. Source S0.
    """
    indices = _indices(ready)
    looked = ready.once(price_events, settings)
    return [event_row(each, settings.price_window_days, indices(each.kind, each.region)) for each in looked.events]


def event_row(event: Event, window: int, index: IndexOver) -> dict[str, Any]:
    """Give the row of one price change."""
    row: dict[str, Any] = dict.fromkeys(EVENT_COLUMNS)
    row |= {
        "change_id": event.change,
        "goods": event.named or event.kind,
        "where": event.region,
        "effective_on": str(np.datetime64(event.day, "D")),
        "old_price": event.old,
        "new_price": event.new,
        "price_change": event.new / event.old - 1,
        "price_note": event.state,
    }
    if event.state:
        return row
    before, after = index(event.day - window, event.day), index(event.day, event.day + window)
    active = event.active if min(event.active) else (1, 1)  # anonymous sales only: pieces as they are
    rate_before, rate_after = event.quantity[0] / active[0], event.quantity[1] / active[1]
    earlier, control = event.year_before, event.control
    kept = event.kept / event.buyers if event.buyers and event.is_rise else None
    real = None
    if before and after:
        real = midpoint_elasticity(rate_before, rate_after, event.old / before, event.new / after)
    money = midpoint_elasticity(rate_before, rate_after, event.old, event.new)
    notes = {
        "no_sales_around": not sum(event.quantity),
        "no_index": not (before and after),
        "promotion": event.promoted,
        "maybe_sold_out": event.sold_out,
        "other_change": event.overlap,
        "small_change": real is not None and abs(event.new / event.old * (before or 1) / (after or 1) - 1) < STEADY,
    }
    row |= {
        "market_change": after / before - 1 if before and after else None,
        "index_before": before,
        "index_after": after,
        "pieces_before": event.quantity[0],
        "pieces_after": event.quantity[1],
        "active_before": event.active[0],
        "active_after": event.active[1],
        "money_elasticity": money,
        "real_elasticity": real,
        "year_before_ratio": earlier[1] / earlier[0] if earlier and earlier[0] else None,
        "kept_share": kept,
        "control_share": control if kept is not None else None,
        "kept_difference": kept - control if kept is not None and control is not None else None,
        "price_note": JOINT.join(note for note, holds in notes.items() if holds),
    }
    return row


def _indices(ready: Ready) -> Callable[[str, str], IndexOver]:
    """Give, for a product type and region, the mean index over days."""
    series: dict[tuple[str, str], dict[int, float]] = {}
    if "market" in ready:
        market = collect(ready["market"])
        for (kind, region), part in market.groupby(["product_type", "region"]):
            series[str(kind), str(region)] = dict(
                zip(part["month"].tolist(), part["price_index"].tolist(), strict=True)
            )

    def of(kind: str, region: str) -> IndexOver:
        months = series.get((kind, region)) or series.get((kind, ""), {})

        def over(start: int, stop: int) -> float | None:
            days = np.arange(start, stop).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
            values = [months.get(month) for month in days.tolist()]
            known = [value for value in values if value is not None]
            return float(np.mean(known)) if known and len(known) == len(values) else None

        return over

    return of


SEGMENT_COLUMNS = (
    "segment_dim",
    "segment",
    "price_elasticity",
    "low",
    "high",
    "identified",
    "slope_note",
    "months_used",
    "price_levels",
    "price_variation",
    "r2",
    "zero_month_share",
    "index_bridged",
)


@listing(
    "price_segments",
    "P2",
    zh="各细分的价格弹性",
    en="Price elasticity by segment",
    dimension=Dimension.PRICE,
    sheets=("Orders", "MarketIndex"),
    frames=("prices", "market"),
    says="截至最近整月,各地区、各产品类型的价格弹性、区间和依据;不能识别的细分写明原因。",
    level=Level.STUDY,
    owner="sales",
    columns=SEGMENT_COLUMNS,
)
def price_segments(
    ready: Ready,
    settings: Settings,
    periods: list[Period],  # noqa: ARG001 - all months that are over
) -> list[dict[str, Any]]:
    """Price elasticity of each region and product type with what it rests on; segments that are not identified say why.

    The estimates of `price_elasticity` from all months that are over. `r2` is the share of the movement of demand within product types and
    regions that the model explains. Months without a sale are left out of the regression: where their share is high, so is the doubt.

    References
    ----------
    As `price_elasticity`.
    """
    data = ready.once(panel, settings)
    if data.whole < data.first:
        return []
    seen = seen_until(data, data.whole)
    dims = ready.dims["prices"]
    return [
        segment_row(*ready.segments[place], elasticity(data, seen, cells, settings))
        for place, cells in segments_of(data, dims)
        if seen.begun[cells].any()
    ]


def segment_row(dim: str, segment: str, found: Elasticity) -> dict[str, Any]:
    """Give the row of one segment."""
    fit = found.fit
    ends = fit.interval(0) if fit else None
    return {
        "segment_dim": dim,
        "segment": segment,
        "price_elasticity": found.slope if fit else None,
        "low": ends.low if ends else None,
        "high": ends.high if ends else None,
        "months_used": found.rows,
        "price_levels": found.levels,
        "price_variation": found.variation,
        "r2": fit.r2 if fit else None,
        "zero_month_share": found.zeros,
        "index_bridged": found.filled,
        "identified": fit is not None,
        "slope_note": found.why or ("positive_slope" if found.slope > 0 else ""),
    }
