"""Price changes: what was sold in equal windows before and after each, and who kept buying after a rise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from loyalty_xl.catalogue import Rows
from loyalty_xl.rows.ready import ANONYMOUS, Frame, Ready, collect

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Mask = NDArray[np.bool_]

DIMS = ("all", "region", "product_type")
YEAR = 365
STOCK_LEAST = 4  # pieces before, from which nothing in the second half of the window after looks like an empty stock


@dataclass(frozen=True)
class Sales:
    """Order lines by day."""

    day: Ints
    customer: Ints
    product: Ints
    kind: Ints  # product type: place in `ready.segments`, -1 without Products
    region: Ints
    quantity: NDArray[np.float64]
    promo: NDArray[np.float64]

    def between(self, start: int, stop: int) -> slice:
        """Lines of the days [start, stop)."""
        first, last = np.searchsorted(self.day, [start, stop])
        return slice(int(first), int(last))


@dataclass(frozen=True)
class Event:
    """A price change with what was sold around it; nothing measured while a window is not whole."""

    change: str
    product: int
    named: str  # the product as the sheet names it
    kind: str
    region: str
    day: int
    old: float
    new: float
    promo: bool
    state: str  # "", maturing, insufficient_history
    overlap: bool = False  # another change of the same goods within the windows
    quantity: tuple[float, float] = (0.0, 0.0)
    active: tuple[int, int] = (0, 0)
    promoted: bool = False
    sold_out: bool = False
    year_before: tuple[float, float] | None = None  # the same windows one year earlier
    buyers: int = 0
    kept: int = 0
    control_buyers: int = 0
    control_kept: int = 0

    @property
    def is_rise(self) -> bool:
        """Whether the price rose for good."""
        return self.new > self.old and not self.promo

    @property
    def control(self) -> float | None:
        """Share that kept buying what did not become dearer; None without a control group."""
        return self.control_kept / self.control_buyers if self.control_buyers else None


@dataclass(frozen=True)
class Looked:
    """All events, and one row for each of their buyers: event, region, whether kept; the first row of a buyer counts for All."""

    events: list[Event]
    event: Ints
    region: Ints
    kept: Mask
    first: Mask
    kept_anywhere: Mask
    customer: Ints


def price_events(ready: Ready, settings: Any) -> Looked:
    """Measure every price change."""
    return measuring(ready, settings).run()


def measuring(ready: Ready, settings: Any) -> Measuring:
    """Lay sales and price changes side by side."""
    lines = collect(ready["sales"]).sort_values("day", kind="stable")
    missing = np.full(len(lines), -1)
    sales = Sales(
        *(lines[name].to_numpy() for name in ("day", "customer", "product")),
        *(lines[name].to_numpy() if name in lines else missing for name in ("product_type", "region")),
        *(lines[name].to_numpy(dtype=np.float64) for name in ("quantity", "promo")),
    )
    changes = collect(ready["price_changes"]).sort_values(["day", "change"], kind="stable", ignore_index=True)
    return Measuring(ready, settings, sales, changes)


class Measuring:
    """Measures events one after another; what events of one day share is looked up once."""

    def __init__(self, ready: Ready, settings: Any, sales: Sales, changes: pd.DataFrame) -> None:
        self.ready, self.settings, self.sales, self.changes = ready, settings, sales, changes
        self.window = int(settings.price_window_days)
        self.places = {pair: place for place, pair in enumerate(ready.segments)}
        self.days = changes["day"].to_numpy()
        self.products = changes["product"].to_numpy()
        self.kinds = np.array([self.places.get(("product_type", each), -2) for each in changes["product_type"]])
        self.regions = np.array([self.places.get(("region", each), -2) if each else -1 for each in changes["region"]])
        self._control: dict[tuple[int, bool, int], tuple[int, int]] = {}
        self._active: dict[tuple[int, int], tuple[int, int]] = {}
        self._untouched: dict[int, Mask] = {}

    def run(self) -> Looked:
        """Measure all."""
        events, parts = [], []
        for at in range(len(self.changes)):
            event, buyers = self._event(at)
            events.append(event)
            parts.append(buyers.assign(event=at))
        rows = pd.concat(parts, ignore_index=True) if parts else self._nobody().assign(event=0)
        return Looked(
            events,
            *(rows[name].to_numpy() for name in ("event", "region", "kept", "first", "kept_anywhere", "customer")),
        )

    def matches(self, at: int, part: slice) -> Mask:
        """Lines of the goods whose price changed."""
        sales = self.sales
        goods = (
            sales.product[part] == self.products[at] if self.products[at] != -1 else sales.kind[part] == self.kinds[at]
        )
        mask: Mask = goods if self.regions[at] == -1 else goods & (sales.region[part] == self.regions[at])
        return mask

    def _event(self, at: int) -> tuple[Event, pd.DataFrame]:
        row = self.changes.iloc[at]
        day, window, sales = int(row["day"]), self.window, self.sales
        facts = (
            str(row["change"]), int(row["product"]), str(row["named"]), str(row["product_type"]), str(row["region"]), day,
            float(row["old"]), float(row["new"]), bool(row["promo"]),
        )  # fmt: skip
        if day + window > self.ready.as_of:
            return Event(*facts, "maturing"), self._nobody()
        if not len(sales.day) or day - window < int(sales.day[0]):
            return Event(*facts, "insufficient_history"), self._nobody()
        before, after = sales.between(day - window, day), sales.between(day, day + window)
        here, there = self.matches(at, before), self.matches(at, after)
        quantity = (float(sales.quantity[before][here].sum()), float(sales.quantity[after][there].sum()))
        late = sales.between(day + window // 2, day + window)
        buyers = self._buyers(before, after, here, there)
        first = buyers["first"].to_numpy()
        control_buyers, control_kept = self._controls(at, day)
        event = Event(
            *facts,
            "",
            overlap=self._overlaps(at),
            quantity=quantity,
            active=self._actives(day, int(self.regions[at])),
            promoted=bool(row["promo"]) or bool(sales.promo[before][here].any() or sales.promo[after][there].any()),
            sold_out=quantity[0] >= STOCK_LEAST and not self.matches(at, late).any(),
            year_before=self._year_before(at, day),
            buyers=int(first.sum()),
            kept=int(buyers["kept_anywhere"].to_numpy()[first].sum()),
            control_buyers=control_buyers,
            control_kept=control_kept,
        )
        return event, buyers

    def _year_before(self, at: int, day: int) -> tuple[float, float] | None:
        start = day - YEAR - self.window
        if start < int(self.sales.day[0]):
            return None
        parts = [self.sales.between(start, day - YEAR), self.sales.between(day - YEAR, day - YEAR + self.window)]
        sold = [float(self.sales.quantity[part][self.matches(at, part)].sum()) for part in parts]
        return sold[0], sold[1]

    def _overlaps(self, at: int) -> bool:
        """Whether another change of the same goods lies within a window of this one."""
        near = np.abs(self.days - self.days[at]) < self.window
        product = self.products[at]
        whole = (self.kinds == self.kinds[at]) & ((self.products == -1) | (product == -1))
        goods = ((self.products == product) & (product >= 0)) | whole
        region = (self.regions == self.regions[at]) | (self.regions == -1) | (self.regions[at] == -1)
        shared = near & goods & region
        shared[at] = False
        return bool(shared.any())

    def _actives(self, day: int, region: int) -> tuple[int, int]:
        """Known customers who bought anything, there, before and after."""
        if (day, region) not in self._active:
            counts = []
            for part in (self.sales.between(day - self.window, day), self.sales.between(day, day + self.window)):
                who = self.sales.customer[part]
                keep = who != ANONYMOUS if region == -1 else (who != ANONYMOUS) & (self.sales.region[part] == region)
                counts.append(len(np.unique(who[keep])))
            self._active[day, region] = counts[0], counts[1]
        return self._active[day, region]

    @staticmethod
    def _nobody() -> pd.DataFrame:
        return pd.DataFrame(
            {
                "region": np.zeros(0, np.int64),
                "kept": np.zeros(0, bool),
                "first": np.zeros(0, bool),
                "kept_anywhere": np.zeros(0, bool),
                "customer": np.zeros(0, np.int64),
            }
        )

    def _buyers(self, before: slice, after: slice, here: Mask, there: Mask) -> pd.DataFrame:
        """Known buyers before, by customer and region, and whether they bought the same after: there, and anywhere it changed."""
        sales, size = self.sales, len(self.ready.segments) + 1
        here, there = here & (sales.customer[before] != ANONYMOUS), there & (sales.customer[after] != ANONYMOUS)
        pairs = np.unique(sales.customer[before][here] * size + sales.region[before][here] + 1)
        later = np.unique(sales.customer[after][there] * size + sales.region[after][there] + 1)
        customer = pairs // size
        return pd.DataFrame(
            {
                "region": pairs % size - 1,
                "kept": np.isin(pairs, later),
                "first": np.append(True, np.diff(customer) != 0)[: len(pairs)],
                "kept_anywhere": np.isin(customer, later // size),
                "customer": customer,
            }
        )

    def _controls(self, at: int, day: int) -> tuple[int, int]:
        """Buyers, and those who kept buying, of what did not change: of the same type first, else of any; 0 where they are too few."""
        single = bool(self.products[at] != -1)
        for kind in (int(self.kinds[at]), -1):
            if kind == -2:
                continue
            key = (day, single, kind)
            if key not in self._control:
                self._control[key] = self._kept_of_untouched(day, kind, single=single)
            if self._control[key][0] >= max(1, self.settings.min_base_rate):
                return self._control[key]
        return 0, 0

    def _kept_of_untouched(self, day: int, kind: int, *, single: bool) -> tuple[int, int]:
        sales, window = self.sales, self.window
        item = sales.product if single else sales.kind
        size = int(item.max(initial=0)) + 2
        keys = []
        whole = sales.between(day - window, day + window)
        free = self._free(day, whole) & (sales.customer[whole] != ANONYMOUS)
        if kind >= 0:
            free &= sales.kind[whole] == kind
        key = sales.customer[whole] * size + item[whole] + 1
        early = sales.day[whole] < day
        for part in (early, ~early):
            keys.append(np.unique(key[free & part]))
        return len(keys[0]), int(np.isin(keys[0], keys[1]).sum())

    def _free(self, day: int, whole: slice) -> Mask:
        """Lines of goods whose price did not change within a window of *day*."""
        if day not in self._untouched:
            near = np.abs(self.days - day) < self.window
            everywhere = near & (self.regions == -1) & (self.products >= 0)
            touched = np.isin(self.sales.product[whole], self.products[everywhere])
            for at in np.flatnonzero(near & ~everywhere):
                touched |= self.matches(int(at), whole)
            self._untouched[day] = ~touched
        return self._untouched[day].copy()


def rises(ready: Ready, settings: Any, dims: tuple[str, ...]) -> Frame:
    """One row for each buyer before a price rise, in the month in which the rise's window after closed."""
    looked: Looked = ready.once(price_events, settings)
    events = looked.events
    place = {pair: number for number, pair in enumerate(ready.segments)}
    counts = np.array([bool(each.is_rise and not each.state) for each in events], dtype=bool)
    last_day = np.array([each.day + settings.price_window_days - 1 for each in events], dtype=np.int64)
    month = last_day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) + 1970 * 12
    kind = np.array([place.get(("product_type", each.kind), -1) for each in events], dtype=np.int64)
    control = np.array([np.nan if each.control is None else each.control for each in events], dtype=np.float64)
    noise = np.array([_noise(each) for each in events], dtype=np.float64)
    parts = []
    of: dict[str, Callable[[Mask], Any]] = {
        "all": lambda mask: np.zeros(int(mask.sum()), np.int64),
        "product_type": lambda mask: kind[looked.event[mask]],
        "region": lambda mask: looked.region[mask],
    }
    for dim in dims:
        inside = counts[looked.event] if len(events) else np.zeros(0, dtype=bool)
        mask = inside if dim == "region" else inside & looked.first
        event, segment = looked.event[mask], of[dim](mask)
        kept = (looked.kept if dim == "region" else looked.kept_anywhere)[mask]
        together = pd.Series(event).groupby([event, segment]).transform("size").to_numpy(dtype=np.float64)
        parts.append(
            pd.DataFrame(
                {
                    "month": month[event],
                    "segment": segment,
                    "kept": kept.astype(np.float64),
                    "compared": np.isfinite(control[event]).astype(np.float64),
                    "expected": np.nan_to_num(control[event]),
                    "noise": together * noise[event],
                    "event": event,
                    "customer": looked.customer[mask],
                }
            )
        )
    made = pd.concat(parts, ignore_index=True)
    return nw.from_native(made[made["segment"] >= 0].reset_index(drop=True), eager_only=True)


def _noise(event: Event) -> float:
    """Variance of the control's share."""
    share = event.control
    return share * (1 - share) / event.control_buyers if share is not None else 0.0


RISES = Rows(
    "rises",
    "sales",
    ("Orders", "PriceChanges"),
    {
        "kept": (),
        "compared": (),
        "expected": (),
        "noise": (),
    },
    (
        "Orders.order_date",
        "Orders.amount",
        "Orders.quantity",
        "Orders.product_id",
        "Orders.customer_id",
        "PriceChanges.effective_on",
        "PriceChanges.old_price",
        "PriceChanges.new_price",
    ),
    dims=DIMS,
    covered_by=("Orders",),
    settings=("price_window_days", "min_base_rate"),
    build=rises,
)
