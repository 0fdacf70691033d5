"""Value: what customers cost and bring."""

from __future__ import annotations

from loyalty_xl.catalogue import kpi
from loyalty_xl.vocabulary import Better, Dimension, Unit


@kpi(
    "cac",
    "V2",
    zh="获客成本",
    en="Customer acquisition cost",
    unit=Unit.MONEY_PER_CUSTOMER,
    better=Better.LOWER,
    dimension=Dimension.VALUE,
    low=0.0,
    owner="sales",
    settings=("cac_scope", "cac_lag_cycles"),
    censored="start",
    says="期间的市场和销售费用 ÷ 期间新客数。",
)
def customer_acquisition_cost(acquisition_cost: float, new_customers: float) -> float:
    """What it cost on average to win one new customer.

        CAC = marketing and sales cost of the period / new customers of the period

    Parameters
    ----------
    acquisition_cost
        Campaign and sales costs in scope (`cac_scope`), spread evenly over the days they cover. [reporting currency]
    new_customers
        Customers whose first valid purchase falls in the period. [customers]

    Notes
    -----
    No new customers: no value (`no_denominator`), the cost is still shown as numerator.
    Not to be confused with cost per lead. `cac_lag_cycles` takes the cost of an earlier period.

    References
    ----------
    Source S4: total marketing and sales cost / new customers.

    Examples
    --------
    >>> customer_acquisition_cost(50_000, 125)
    400.0
    """
    return acquisition_cost / new_customers
