"""Predicted customer lifetime value: purchases by BG/NBD, spend per purchase by gamma-gamma, over a horizon, discounted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from loyalty_xl.catalogue import listing
from loyalty_xl.rows.orders import money, occasions
from loyalty_xl.rows.ready import ANONYMOUS, collect
from loyalty_xl.studies.purchase_models import Buying, NotIdentified, Spending, fit_buying, fit_spending
from loyalty_xl.studies.rfm import quantile_scores
from loyalty_xl.vocabulary import Dimension, Reason

if TYPE_CHECKING:
    from loyalty_xl.rows.ready import Ready
    from loyalty_xl.settings import Settings
    from loyalty_xl.vocabulary import Period

WEEK = 7
WEEKS_OF_MONTH = 365.25 / 12 / WEEK
DECILES = 10
NEAR_ZERO = 0.3  # correlation of frequency and spend up to which gamma-gamma's assumption is taken to hold
FIGURES = ("alive_share", "expected_purchases", "expected_spend", "value_per_customer", "total_value")


@dataclass(frozen=True)
class Forecast:
    """The models and what they expect of each customer."""

    table: pd.DataFrame  # a row for each customer who bought
    buying: Buying | None
    spending: Spending | None
    correlation: float | None


def histories(ready: Ready, settings: Settings) -> pd.DataFrame:
    """Customers with a purchase: repeat purchases x, weeks from the first to the last (recency) and to the data's last day (age), mean spend of the repeats.

    Purchases of one day are one. Refunds are taken off the purchase they belong to where it is named, else on their own day.
    """
    bought = collect(ready.once(occasions, settings, ("all",)))
    days = bought.loc[bought["known"].astype(bool), ["customer", "day"]].drop_duplicates()
    known = days.groupby("customer", sort=True)["day"]
    made = pd.DataFrame({"first": known.min(), "last": known.max(), "x": known.size() - 1.0})
    made["recency"] = (made["last"] - made["first"]) / WEEK
    made["age"] = (ready.as_of - 1 - made["first"]) / WEEK
    parts = collect(ready.once(money, settings.replace(refund_basis="original_order")))
    parts = parts.loc[parts["customer"] != ANONYMOUS, ["customer", "day", "amount"]]
    first = made["first"].reindex(parts["customer"]).to_numpy()
    later = parts[parts["day"].to_numpy() > first].groupby("customer")["amount"].sum()
    total = later.reindex(made.index, fill_value=0.0).to_numpy(dtype=np.float64)
    made["spend"] = np.where(made["x"] > 0, total / made["x"].clip(lower=1), 0.0)
    return made.reset_index()


def forecasts(ready: Ready, settings: Settings) -> Forecast:
    """Fit both models to all customers, and expect purchases and value of those whose account is open."""
    table: pd.DataFrame = ready.once(histories, settings)
    x, recency, age, spend = (table[name].to_numpy(np.float64) for name in ("x", "recency", "age", "spend"))
    usable = (x > 0) & (spend > 0)
    correlation = _correlation(x[usable], spend[usable])
    buying, spending = _fitted(fit_buying, x, recency, age), _fitted(fit_spending, x[usable], spend[usable])
    table = table.assign(**dict.fromkeys(FIGURES[:4], np.nan))
    if buying is not None:
        months = np.arange(1, settings.clv_horizon_months + 1)
        cells, row = np.unique(np.column_stack([x, recency, age]), axis=0, return_inverse=True)
        with np.errstate(all="ignore"):
            to_date = np.array([buying.expected(each * WEEKS_OF_MONTH, *cells.T) for each in months])
        buying = buying if np.isfinite(to_date).all() else None  # beyond what floating-point numbers hold
    if buying is not None:
        later = 1 / (1 + settings.clv_discount_monthly) ** months
        discounted = later @ np.diff(to_date, axis=0, prepend=0.0)
        table["alive_share"] = buying.alive(x, recency, age)
        table["expected_purchases"] = to_date[-1][row.ravel()]
    if spending is not None:
        mean = np.where(usable, spending.expected(x, np.where(usable, spend, 0.0)), spending.mean_of_all)
        table["expected_spend"] = mean
    if buying is not None and spending is not None:
        margin = 1.0 if settings.margin_rate is None else settings.margin_rate
        table["value_per_customer"] = margin * table["expected_spend"] * discounted[row.ravel()]
    return Forecast(_open(table, ready), buying, spending, correlation)


def _fitted(fit: Any, *columns: np.ndarray) -> Any:
    try:
        return fit(*columns)
    except NotIdentified:
        return None


def _correlation(x: np.ndarray, spend: np.ndarray) -> float | None:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(spend) == 0:
        return None
    return float(np.corrcoef(x, spend)[0, 1])


def _open(table: pd.DataFrame, ready: Ready) -> pd.DataFrame:
    """Leave out customers whose account was closed after their last purchase: they are in the fit, not in the forecast."""
    if "customers" not in ready:
        return table
    known = collect(ready["customers"]).set_index("customer")["closed"].reindex(table["customer"]).to_numpy()
    gone = (known < ready.as_of) & (table["last"].to_numpy() <= known)
    return table[~gone]


@listing(
    "predicted_clv",
    "V1",
    zh="预测客户终身价值",
    en="Predicted CLV",
    dimension=Dimension.VALUE,
    sheets=("Orders",),
    columns=("segment_dim", "segment", "customers", "repeaters", "reason", *FIGURES),
    says="用 BG/NBD 预测今后若干月的购买次数,用 gamma-gamma 预测每次金额,按月折现;按全体、价值十分位和客户等级列出。",
    owner="analytics",
)
def predicted_clv(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Purchases and value expected of customers within the horizon, in all, by tenth of value (1 = highest) and by tier.

        value = margin_rate x expected spend per purchase
                x sum over the months of expected purchases of the month / (1 + clv_discount_monthly)^month

    over `clv_horizon_months`; without `margin_rate` it is revenue. Purchases are customer-days, spend is net of refunds and leaves the
    first purchase out. Customers without a repeat purchase of positive value get the mean spend of all. Closed accounts are in the fit and
    not in the forecast. Where the data do not determine a model, what needs it is blank: `not_identified`, never 0. Columns: share of
    customers thought alive, purchases, spend per purchase and value, each the mean of a customer, and the total value.

    Not to be confused with `clv` (the seed form: revenue so far x years - acquisition cost). Recency inside the model is the time from the
    first to the last purchase. BG/NBD holds everyone without a repeat purchase to be alive.

    References
    ----------
    Fader, Hardie & Lee 2005, Marketing Science 24 (BG/NBD). Fader & Hardie 2013, brucehardie.com/notes/025 (gamma-gamma).
    """
    forecast: Forecast = ready.once(forecasts, settings)
    table = forecast.table
    if not len(table):
        return []
    rows = [_row("all", "All", table, forecast)]
    if forecast.buying is not None and forecast.spending is not None:
        tenth = DECILES + 1 - quantile_scores(table["value_per_customer"].round(6).to_numpy(), DECILES)
        rows += [_row("decile", str(each), part, forecast) for each, part in table.groupby(tenth)]
    orders = ready["orders"]
    if "tier" in orders.columns:
        tier = collect(orders.select("customer", "tier")).drop_duplicates("customer").set_index("customer")["tier"]
        by_tier = table.groupby(tier.reindex(table["customer"]).to_numpy())
        rows += [_row("tier", ready.segments[int(str(each))][1], part, forecast) for each, part in by_tier]
    return rows


def _row(dim: str, segment: str, part: pd.DataFrame, forecast: Forecast) -> dict[str, Any]:
    known = dict(zip(FIGURES, (forecast.buying, forecast.buying, forecast.spending), strict=False))
    valued = forecast.buying is not None and forecast.spending is not None
    row = {
        "segment_dim": dim,
        "segment": segment,
        "customers": len(part),
        "repeaters": int((part["x"] > 0).sum()),
        "reason": None if valued else Reason.NOT_IDENTIFIED.value,
    }
    means = {name: float(part[name].mean()) if valued or known.get(name) else None for name in FIGURES[:4]}
    return row | means | {FIGURES[4]: float(part["value_per_customer"].sum()) if valued else None}


@listing(
    "predicted_clv_fit",
    "V1",
    zh="预测客户终身价值的模型",
    en="Predicted CLV: the models",
    dimension=Dimension.VALUE,
    sheets=("Orders",),
    columns=("model", "parameter", "remark", "estimate"),
    says="BG/NBD(时间单位:周)和 gamma-gamma 的参数、所用客户数,以及购买次数与每次金额的相关系数(应接近 0)。",
    owner="analytics",
)
def predicted_clv_fit(ready: Ready, settings: Settings, periods: list[Period]) -> list[dict[str, Any]]:  # noqa: ARG001
    """Parameters of the models behind predicted CLV (time in weeks), and whether gamma-gamma's assumption holds.

    Gamma-gamma takes spend per purchase to be independent of how often a customer buys. A correlation beyond 0.3 either way is said to be
    `dependent`: those who buy more often then spend more or less each time, and the values are off by as much.

    References
    ----------
    Fader, Hardie & Lee 2005, CDNOW sample, 39 weeks: r 0.243, alpha 4.414, a 0.793, b 2.426. Gamma-gamma: p 6.25, q 3.74, v 15.44.
    """
    forecast: Forecast = ready.once(forecasts, settings)
    table: pd.DataFrame = ready.once(histories, settings)
    if not len(table):
        return []
    repeaters, correlation = table[table["x"] > 0], forecast.correlation
    spent = repeaters.loc[repeaters["spend"] > 0, "spend"]
    holds = None if correlation is None else "independent" if abs(correlation) <= NEAR_ZERO else "dependent"
    remark = {True: None, False: Reason.NOT_IDENTIFIED.value}
    found: list[tuple[str, str, float | None, str | None]] = [
        ("BG/NBD", name, getattr(forecast.buying, name, None), remark[forecast.buying is not None])
        for name in ("r", "alpha", "a", "b")
    ]
    found += [("BG/NBD", "customers_fitted", len(table), None), ("BG/NBD", "repeaters", len(repeaters), None)]
    found += [
        ("gamma-gamma", name, getattr(forecast.spending, name, None), remark[forecast.spending is not None])
        for name in ("p", "q", "v", "mean_of_all")
    ]
    found += [
        ("gamma-gamma", "customers_fitted", len(spent), None),
        ("gamma-gamma", "repeat_spend", float(spent.mean()) if len(spent) else None, None),
        ("gamma-gamma", "correlation", correlation, holds),
    ]
    return [
        {"model": model, "parameter": name, "estimate": value, "remark": said} for model, name, value, said in found
    ]
