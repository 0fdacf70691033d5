"""Worksheet functions of price sensitivity: elasticity, its index, who keeps buying, and the tables by change and by segment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl import catalogue, library
from loyalty_xl.formulas import frames
from loyalty_xl.formulas.cell_errors import bad_cells, without_value
from loyalty_xl.formulas.function import FUNCTIONS, INCLUDE, Argument, Function, Kind, function, setting_argument
from loyalty_xl.formulas.kpi_functions import column
from loyalty_xl.rows.price_changes import Event
from loyalty_xl.rows.prices import Elasticity, slope_of
from loyalty_xl.studies.price import event_row, segment_row
from loyalty_xl.vocabulary import Reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from loyalty_xl.settings import Settings

    Floats = NDArray[np.float64]

QUANTITIES = column("quantities", "Orders.quantity", "每个月(或周)的件数", "pieces of each month (or week)")
PRICES = column("prices", "Orders.unit_price", "每个月(或周)的价格", "price of each month (or week)")
INDEX = column(
    "price_index",
    "MarketIndex.price_index",
    "每个月(或周)的市场价格指数,空白则不剔除市场波动",
    "market price index of each month (or week); without it the market stays in",
    default=None,
)
IDS = column("customer_ids", "Orders.customer_id", "每行销售的客户编号", "customer id of each sale of the goods")
DATES = column("dates", "Orders.order_date", "每行销售的日期", "date of each sale of the goods")
CONTROL_IDS = column(
    "control_ids", "Orders.customer_id", "未涨价商品每行销售的客户编号", "customer id of each sale of goods that did not rise", block=1
)  # fmt: skip
CONTROL_DATES = column(
    "control_dates", "Orders.order_date", "未涨价商品每行销售的日期", "date of each sale of goods that did not rise", block=1
)  # fmt: skip
EFFECTIVE = Argument("effective_on", Kind.DAY, "涨价生效日期", "first day of the higher price")
REFERENCE = setting_argument("elasticity_ref", "elasticity_ref")
WINDOW = setting_argument("price_window_days", "window_days")
LEAST = setting_argument("min_base_rate", "min_control")


def _estimate(quantities: Floats, prices: Floats, price_index: Floats | None, settings: Settings) -> Elasticity:
    """Estimate the slope of a column of pieces on a column of prices, as the pipeline does for one product in one region."""
    for name, values, low in (
        ("quantities", quantities, -1e-12),
        ("prices", prices, 0.0),
        ("price_index", price_index, 0.0),
    ):
        if values is not None and (values <= low).any():
            raise bad_cells(f"{name} 应大于 0", f"{name} must be above 0")
    sold = quantities > 0
    price = np.log(prices) if price_index is None else np.log(prices / price_index)
    demand, price = np.log(quantities[sold]), price[sold]
    same, month = np.zeros(len(demand), np.int64), np.zeros(len(demand), np.int64)
    zeros = float((~sold).mean()) if len(sold) else 0.0
    return slope_of(demand, price, same, month, [], settings.min_price_levels, zeros)


def _slope(
    key: str, quantities: Floats, prices: Floats, settings: Settings, price_index: Floats | None = None
) -> float:
    found = _estimate(quantities, prices, price_index, settings)
    if not found.rows:
        raise without_value(Reason.NO_DATA)
    fit = found.fit
    rows = frames.columns(
        slope=np.array([found.slope if fit else 0.0]),
        error=np.array([float(fit.errors[0]) if fit else 0.0]),
        freedom=np.array([float(fit.freedom) if fit else 0.0]),
        rows=np.array([float(found.rows)]),
        identified=np.array([float(fit is not None)]),
        filled=np.zeros(1),
    )
    return frames.value(key, lambda _: rows, settings)


def _around(ids: NDArray[Any], dates: NDArray[Any], day: int, window: int) -> tuple[list[Any], set[Any]]:
    """Customers who bought in the window before a day, and in the one after."""
    days = frames.days_of(dates)
    before = dict.fromkeys(ids[(days >= day - window) & (days < day)].tolist())
    return list(before), set(ids[(days >= day) & (days < day + window)].tolist())


def _kept(
    key: str,
    customer_ids: NDArray[Any],
    dates: NDArray[Any],
    effective_on: date,
    settings: Settings,
    control_ids: NDArray[Any] | None = None,
    control_dates: NDArray[Any] | None = None,
) -> float:
    day, window = frames.day_number(effective_on), settings.price_window_days
    before, after = _around(customer_ids, dates, day, window)
    share, others = 0.0, 0
    if control_ids is not None and control_dates is not None:
        free, later = _around(control_ids, control_dates, day, window)
        others = len(free)
        share = sum(each in later for each in free) / others if others else 0.0
    compared = others >= settings.min_base_rate
    size = len(before)
    rows = frames.columns(
        kept=np.array([each in after for each in before], np.float64),
        compared=np.full(size, float(compared)),
        expected=np.full(size, share if compared else 0.0),
        noise=np.zeros(size),
    )
    return frames.value(key, lambda _: rows, settings)


def _spilled(key: str, rows: list[dict[str, Any]]) -> list[list[Any]]:
    columns = catalogue.LISTINGS[key].columns
    return [list(columns), *([row[name] for name in columns] for row in rows)]


def _changes(
    old_prices: Floats,
    new_prices: Floats,
    pieces_before: Floats,
    pieces_after: Floats,
    settings: Settings,  # noqa: ARG001 - all functions of a key are given them
    index_before: Floats | None = None,
    index_after: Floats | None = None,
    active_before: Floats | None = None,
    active_after: Floats | None = None,
) -> list[list[Any]]:
    ones = np.ones(len(old_prices))
    indexed = index_before is not None and index_after is not None
    indices = (index_before, index_after) if index_before is not None and index_after is not None else (ones, ones)
    counted = active_before is not None and active_after is not None
    active = (active_before, active_after) if active_before is not None and active_after is not None else (ones, ones)
    if any((values <= 0).any() for values in (old_prices, new_prices, *indices)):
        raise bad_cells("价格和指数应大于 0", "prices and indices must be above 0")
    rows = []
    for at in range(len(old_prices)):
        event = Event(
            change=str(at + 1), product=-1, named="", kind="", region="", day=0, old=float(old_prices[at]),
            new=float(new_prices[at]), promo=False, state="", quantity=(float(pieces_before[at]), float(pieces_after[at])),
            active=(int(active[0][at]), int(active[1][at])),
        )  # fmt: skip
        ends = (float(indices[0][at]), float(indices[1][at])) if indexed else (None, None)
        row = event_row(event, 1, lambda start, _, ends=ends: ends[0] if start < 0 else ends[1])  # type: ignore[misc]
        rows.append(row | {"effective_on": None} | ({} if counted else {"active_before": None, "active_after": None}))
    return _spilled("price_change_elasticity", rows)


def _segments(
    segments: NDArray[Any], quantities: Floats, prices: Floats, settings: Settings, price_index: Floats | None = None
) -> list[list[Any]]:
    rows = []
    for label in dict.fromkeys(segments.tolist()):
        here = segments == label
        index = price_index[here] if price_index is not None else None
        rows.append(segment_row("", str(label), _estimate(quantities[here], prices[here], index, settings)))
    return _spilled("price_segments", rows)


def declare() -> None:
    """Register these functions; once."""
    if "LOYALTY_PRICE_ELASTICITY" in FUNCTIONS:
        return
    kpis = library.load()
    shapes: dict[str, tuple[Callable[..., Any], tuple[Argument, ...]]] = {
        "price_elasticity": (_slope, (QUANTITIES, PRICES, INDEX, INCLUDE)),
        "price_insensitivity": (_slope, (QUANTITIES, PRICES, INDEX, REFERENCE, INCLUDE)),
        "keep_buying_rate": (_kept, (IDS, DATES, EFFECTIVE, WINDOW, INCLUDE)),
        "keep_buying_difference": (
            _kept,
            (IDS, DATES, CONTROL_IDS, CONTROL_DATES, EFFECTIVE, WINDOW, LEAST, INCLUDE),
        ),
    }
    for key, (answer, arguments) in shapes.items():
        kpi = kpis[key]
        title = kpi.title if kpi.title.startswith(kpi.en) else f"{kpi.en}. {kpi.title}"
        function(
            Function(
                kpi.worksheet_name,
                arguments,
                _bound(answer, key),
                f"{kpi.zh}:{kpi.says}",
                title,
                kpi.dimension.value,
                key,
            )
        )
    price = "PriceChanges.old_price"
    some = {"blank_counts": False, "default": None}
    changes = (
        column("old_prices", price, "每次调价的原价", "old price of each change"),
        column("new_prices", "PriceChanges.new_price", "每次调价的新价", "new price of each change"),
        column("pieces_before", "Orders.quantity", "调价前观察期的件数", "pieces sold in the window before"),
        column("pieces_after", "Orders.quantity", "调价后观察期的件数", "pieces sold in the window after"),
        column("index_before", "MarketIndex.price_index", "调价前的市场价格指数", "market index before", **some),
        column("index_after", "MarketIndex.price_index", "调价后的市场价格指数", "market index after", **some),
        column("active_before", "Orders.quantity", "调价前的活跃客户数", "active customers before", **some),
        column("active_after", "Orders.quantity", "调价后的活跃客户数", "active customers after", **some),
        INCLUDE,
    )
    kinds = column("segments", "Products.product_type", "每行所属的细分", "segment of each row")
    tables: dict[str, tuple[Callable[..., Any], tuple[Argument, ...]]] = {
        "price_change_elasticity": (_changes, changes),
        "price_segments": (_segments, (kinds, QUANTITIES, PRICES, replace(INDEX), INCLUDE)),
    }
    for key, (answer, arguments) in tables.items():
        each = catalogue.LISTINGS[key]
        function(
            Function(
                each.worksheet_name,
                arguments,
                answer,
                f"{each.zh}(表,含标题行)",
                f"{each.en} (a table with a header row). {each.title}",
                "tables",
                key,
                table=True,
            )
        )


def _bound(answer: Callable[..., Any], key: str) -> Callable[..., Any]:
    return lambda **given: answer(key, **given)


__all__ = ["declare"]
