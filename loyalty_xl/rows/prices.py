"""Demand and price by product type, region and month, and the elasticity that each turn and segment has seen by its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import Rows
from loyalty_xl.regression import Fit, least_squares, within
from loyalty_xl.rows.ready import Frame, Ready, collect

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

DIMS = ("all", "region", "product_type")
SAME_PRICE = 0.001  # prices that differ by less than 0.1 % are one level
STEADY = 0.02  # coefficient of variation below which the price has not moved enough
YEARS = 24  # months from which the months of the year are told apart ...
SPARE = 30  # ... where this many rows are left over beside the coefficients


@dataclass(frozen=True)
class Panel:
    """Sales by product, cell and month, and the market beside each cell and month. A cell is a product type in a region."""

    product: Ints
    cell: Ints
    month: Ints  # from `first`
    quantity: Floats
    price: Floats  # log of the unit price
    promoted: Floats
    first: int  # month of the first sale
    whole: int  # last month that is over
    index: Floats  # cell x month, log of the market's price index, nan where there is none
    volume: Floats  # the same of its volume
    filled: NDArray[np.bool_]  # cell x month: bridged between two months
    region: Ints  # of each cell: place in `ready.segments`, -1 where there are no regions
    product_type: Ints


def panel(ready: Ready, _settings: Any) -> Panel:
    """Read the frames `prices` and `market` into arrays."""
    sold = collect(ready["prices"])
    size = len(sold)
    places = [sold[dim].to_numpy() if dim in sold else np.full(size, -1) for dim in ("region", "product_type")]
    cells, numbers = np.unique(np.stack(places, axis=1).reshape(size, 2), axis=0, return_inverse=True)
    months = sold["month"].to_numpy()
    first = int(months.min(initial=ready.last_month))
    length = ready.last_month - first + 1
    index, volume, filled = _market(collect(ready["market"]), ready, cells, first, length)
    quantity = sold["quantity"].to_numpy(dtype=np.float64)
    return Panel(
        pd.factorize(sold["product"].to_numpy())[0].astype(np.int64),
        numbers.reshape(-1).astype(np.int64),
        (months - first).astype(np.int64),
        quantity,
        np.log(sold["amount"].to_numpy(dtype=np.float64) / quantity),
        sold["promoted"].to_numpy(dtype=np.float64),
        first,
        ready.last_month if _first_day(ready.last_month + 1) <= ready.as_of else ready.last_month - 1,
        index,
        volume,
        filled,
        cells[:, 0],
        cells[:, 1],
    )


def _first_day(month: int) -> int:
    """Days from 1970-01-01 to the first of a month."""
    return int((np.datetime64("1970-01", "M") + (month - 1970 * 12)).astype("datetime64[D]").astype(np.int64))


def _market(
    market: pd.DataFrame, ready: Ready, cells: Ints, first: int, length: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Lay the index beside cells and months: that of the region, else the country's."""
    index, volume = np.full((len(cells), length), np.nan), np.full((len(cells), length), np.nan)
    filled = np.zeros((len(cells), length), dtype=bool)
    inside = market[(market["month"] >= first) & (market["month"] < first + length)]
    by_place = {(str(kind), str(region)): part for (kind, region), part in inside.groupby(["product_type", "region"])}
    for number, (region, kind) in enumerate(cells):
        label = ready.segments[kind][1] if kind >= 0 else ""
        part = by_place.get((label, ready.segments[region][1] if region >= 0 else ""))
        part = by_place.get((label, "")) if part is None else part
        if part is not None:
            at = part["month"].to_numpy() - first
            index[number, at] = np.log(part["price_index"].to_numpy(dtype=np.float64))
            volume[number, at] = np.log(part["volume_index"].to_numpy(dtype=np.float64))
            filled[number, at] = part["filled"].to_numpy(dtype=bool)
    return index, volume, filled


@dataclass(frozen=True)
class Seen:
    """Cell by month, what was sold up to a month: pieces, price, share sold at a promotion."""

    quantity: Floats
    price: Floats  # log, against each product's own average; nan where no product was sold that had been sold in another month
    promo: Floats
    begun: NDArray[np.bool_]  # months from the cell's first sale on

    @property
    def zeros(self) -> NDArray[np.bool_]:
        """Months in which a cell that had begun sold nothing."""
        nothing: NDArray[np.bool_] = self.begun & (self.quantity == 0)
        return nothing


def seen_until(panel: Panel, last: int) -> Seen:
    """Sum what was sold up to the month *last*.

    The price of a cell is the mean, weighted by pieces, of each product's price against that product's own average price: so a month in
    which dearer products happened to be sold is no price rise. A product sold in one month only says nothing about prices.
    """
    keep = panel.month <= last - panel.first
    product, cell, month = (each[keep] for each in (panel.product, panel.cell, panel.month))
    quantity, price = panel.quantity[keep], panel.price[keep]
    pieces = np.bincount(product, quantity)
    own = np.bincount(product, quantity * price) / np.where(pieces > 0, pieces, 1.0)
    latest, earliest = np.full(len(pieces), -1), np.full(len(pieces), 10**6)
    np.maximum.at(latest, product, month)
    np.minimum.at(earliest, product, month)
    weight = quantity * (latest > earliest)[product]
    cells, length = len(panel.region), last - panel.first + 1
    at = cell * length + month

    def laid(values: Floats) -> Floats:
        table: Floats = np.bincount(at, values, minlength=cells * length).reshape(cells, length).astype(np.float64)
        return table

    sold, weighed = laid(quantity), laid(weight)
    with np.errstate(invalid="ignore", divide="ignore"):
        level = laid(weight * (price - own[product])) / weighed
        promo = laid(panel.promoted[keep]) / sold
    return Seen(sold, level, promo, np.cumsum(sold, axis=1) > 0)


@dataclass(frozen=True)
class Elasticity:
    """What a segment's demand says about its price, or why it says nothing."""

    fit: Fit | None
    why: str  # "" where identified: no_months, few_price_levels, steady_price, few_rows
    rows: int
    levels: int  # most distinct price levels of a cell
    variation: float  # coefficient of variation of the price within its cells
    zeros: float  # share of months without a sale
    filled: int  # rows whose index was bridged

    @property
    def slope(self) -> float:
        """Change of demand in per cent for one per cent of price; nan where not identified."""
        return float(self.fit.coefficients[0]) if self.fit else float("nan")


def elasticity(panel: Panel, seen: Seen, cells: NDArray[np.bool_], settings: Any) -> Elasticity:
    """Estimate the price elasticity of some cells, each with a constant of its own."""
    length = seen.quantity.shape[1]
    index, volume = panel.index[:, :length], panel.volume[:, :length]
    price = seen.price - index if settings.market_removal == "ratio" else seen.price
    beside = {"regressor": index, "volume": volume}.get(settings.market_removal)
    usable = (seen.quantity > 0) & np.isfinite(price) & cells[:, None]
    if beside is not None:
        usable &= np.isfinite(beside)
    begun = int(seen.begun[cells].sum())
    zeros = float(seen.zeros[cells].sum() / begun) if begun else 0.0
    cell, month = np.nonzero(usable)
    filled = int(panel.filled[:, :length][usable].sum())
    controls = [seen.promo[usable]]
    if beside is not None:
        controls.append(beside[usable])
    return slope_of(
        np.log(seen.quantity[usable]),
        price[usable],
        pd.factorize(cell)[0].astype(np.int64),
        month + panel.first,
        controls,
        settings.min_price_levels,
        zeros,
        filled,
    )


def slope_of(
    demand: Floats,
    price: Floats,
    cell: Ints,
    month: Ints,
    controls: list[Floats],
    least_levels: int,
    zeros: float = 0.0,
    filled: int = 0,
) -> Elasticity:
    """Regress log demand on log price, with a constant for each cell, *controls*, and the months of the year where data are enough."""
    rows = len(demand)
    levels, variation = price_levels(price, cell), price_variation(price, cell)
    facts = (rows, levels, variation, zeros, filled)
    if not rows:
        return Elasticity(None, "no_months", *facts)
    if levels < least_levels:
        return Elasticity(None, "few_price_levels", *facts)
    if variation < STEADY:
        return Elasticity(None, "steady_price", *facts)
    columns = [price, *controls]
    of_year = month % 12
    present = np.unique(of_year)
    spare = rows - int(cell.max()) - 1 - len(columns) - (len(present) - 1)
    if int(month.max() - month.min()) + 1 >= YEARS and spare >= SPARE:
        columns += [(of_year == each).astype(np.float64) for each in present[1:]]
    table = np.stack(columns, axis=1)
    moving = np.abs(within(table, cell)).max(axis=0) > 1e-9
    fit = least_squares(demand, table[:, moving], cell) if moving[0] else None
    return Elasticity(fit, "" if fit else "few_rows", *facts)


def price_levels(price: Floats, cell: Ints) -> int:
    """Count the distinct price levels of the cell that has most; log prices closer than SAME_PRICE are one."""
    if not len(price):
        return 0
    order = np.lexsort((price, cell))
    prices, cells = price[order], cell[order]
    new = np.append(True, (np.diff(cells) != 0) | (np.diff(prices) > SAME_PRICE))
    return int(np.bincount(cells, new).max())


def price_variation(price: Floats, cell: Ints) -> float:
    """Coefficient of variation of the price within its cells, from log prices."""
    spare = len(price) - (int(cell.max()) + 1 if len(cell) else 0)
    if spare < 1:
        return 0.0
    relative = np.exp(within(price, cell))
    moved = within(relative, cell)
    return float(np.sqrt((moved * moved).sum() / spare) / relative.mean())


def elasticities(ready: Ready, settings: Any, dims: tuple[str, ...], turns: Frame) -> Frame:
    """One row per turn and segment: the slope that all months up to the turn's end give."""
    data: Panel = ready.once(panel, settings)
    asked = collect(turns.select("turn", "last"))
    names = ("segment", "slope", "error", "freedom", "rows", "identified", "filled")
    found: dict[int, list[tuple[float, ...]]] = {}
    made: list[tuple[float, ...]] = []
    for turn, end in asked.sort_values("turn").itertuples(index=False):
        last = min(int(end), data.whole)
        if last not in found:
            found[last] = list(_estimated(data, settings, dims, last)) if last >= data.first else []
        made += [(float(turn), *row) for row in found[last]]
    frame = pd.DataFrame(made, columns=["turn", *names]).astype({"turn": np.int64, "segment": np.int64})
    return nw.from_native(frame.astype(dict.fromkeys(names[1:], float)), eager_only=True)


def segments_of(data: Panel, dims: tuple[str, ...]) -> list[tuple[int, NDArray[np.bool_]]]:
    """Segments by place, with the cells that belong to each."""
    listed = [(0, np.ones(len(data.region), dtype=bool))] if "all" in dims else []
    for dim in dims:
        places = {"region": data.region, "product_type": data.product_type}.get(dim)
        if places is not None:
            listed += [(int(place), places == place) for place in np.unique(places) if place >= 0]
    return listed


def _estimated(data: Panel, settings: Any, dims: tuple[str, ...], last: int) -> Any:
    seen = seen_until(data, last)
    for place, cells in segments_of(data, dims):
        if not seen.begun[cells].any():
            continue
        each = elasticity(data, seen, cells, settings)
        fit = each.fit
        facts = (each.slope, float(fit.errors[0]), float(fit.freedom)) if fit else (0.0, 0.0, 0.0)
        yield (float(place), *facts, float(each.rows), float(fit is not None), float(each.filled))


DEMAND = Rows(
    "demand",
    "prices",
    ("Orders", "MarketIndex"),
    {
        "slope": ("Orders.quantity", "MarketIndex.price_index"),
        "error": (),
        "freedom": (),
        "rows": (),
        "identified": (),
        "filled": (),
    },
    ("Orders.order_date", "Orders.amount", "Orders.product_id"),
    dated=False,
    dims=DIMS,
    covered_by=("Orders",),
    settings=("market_removal", "min_price_levels"),
    build=elasticities,
)
