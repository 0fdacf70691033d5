"""Keeping customers: who is about to leave, who was saved, who came back."""

from __future__ import annotations

from functools import partial

from loyalty_xl.catalogue import kpi, require
from loyalty_xl.intervals import wilson
from loyalty_xl.vocabulary import Better, Dimension, Level, Reason, Unit

retention = partial(kpi, dimension=Dimension.RETENTION)
risk = partial(
    retention,
    better=Better.LOWER,
    censored="end",
    owner="analytics",
    settings=("churn_window_days", "warn_band_high", "warn_min_events"),
)


@retention(
    "save_rate",
    "R10",
    zh="挽留成功率",
    en="Save rate",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    level=Level.CORE,
    low=0.0,
    high=1.0,
    lag="save_window_days",
    cohort="contacted_customers",
    owner="service",
    interval=lambda saved_customers, judged_customers: wilson(saved_customers, judged_customers),
    says="期间内被挽留的客户中,联系后 90 天内购买或续约的占比;每位客户只算最后一次联系,只算观察期已满的。",
)
def save_rate(saved_customers: float, judged_customers: float, contacted_customers: float = 0) -> float:
    """Share of customers one tried to keep who bought again.

        save rate = customers with a purchase within save_window_days of the contact / customers whose window is over

    Parameters
    ----------
    saved_customers
        Of those whose window is over: with a purchase from the day of the contact to the window's last day, or a contract renewed
        in it. [customers]
    judged_customers
        Contacted customers whose window is over. [customers]
    contacted_customers
        All customers contacted in the period; while no window is over the value is withheld (`maturing`). [customers]

    Notes
    -----
    Several attempts with a customer are one customer: the last in the period counts. Open windows are left out, a purchase before the
    contact does not count, and what the agent noted as outcome does not decide. A renewal is an outcome `saved`, noted in the window, of
    a customer whose contract runs beyond it. What the attempts themselves brought is known only against customers left alone at random.

    References
    ----------
    Source S3: save success. Worked example: 10 contacted, 3 windows open, 4 saved: 4/7 = 57.1 %.

    Examples
    --------
    >>> save_rate(4, 7, 10).__round__(3)
    0.571
    """
    require(judged_customers > 0 or contacted_customers == 0, Reason.MATURING)
    return saved_customers / judged_customers


@retention(
    "reactivation_rate",
    "R11",
    zh="流失客户唤回率",
    en="Reactivation rate",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    low=0.0,
    high=1.0,
    history="base",
    settings=("churn_window_days",),
    owner="analytics",
    interval=lambda came_back, lost_before: wilson(came_back, lost_before),
    says="期初已流失的客户中,期间内又购买的占比。",
)
def reactivation_rate(came_back: float, lost_before: float) -> float:
    """Share of customers lost at the start who bought in the period.

        reactivation rate = customers lost at the start with an occasion in the period / customers lost at the start

    Parameters
    ----------
    came_back
        Customers lost at the start with an occasion in the period. [customers]
    lost_before
        Customers who had bought before the start and were not in the base then. [customers]

    Notes
    -----
    Lost is the same rule as in the customer base: the churn window is over, or the account is closed. Customers who came back and were
    lost again in the period count as well.

    References
    ----------
    The counterpart of churn; S3 counts winning back beside keeping.

    Examples
    --------
    >>> reactivation_rate(10, 200)
    0.05
    """
    return came_back / lost_before


@risk(
    "at_risk_customers",
    "R8",
    zh="濒临流失客户数",
    en="At-risk customers",
    unit=Unit.COUNT,
    stock=True,
    low=0.0,
    says="期末客户基数中,流失预警为高风险的客户数。",
)
def at_risk_customers(at_risk: float, scored_customers: float, base_at_end: float) -> float:
    """Customers of the base whose early warning is high.

        at-risk customers = customers in the base at the end whose score is warn_band_high or more

    Parameters
    ----------
    at_risk
        Customers in the base at the end in the high band. [customers]
    scored_customers
        Customers in the base at the end who have a score; with none, but a base, the value is withheld (`insufficient_history`). [customers]
    base_at_end
        Customer base at the end. [customers]

    Notes
    -----
    The score looks only at what was known before the end of the period. It is the regression where that was validated by then, the rule
    (days since the last purchase against the usual gap) elsewhere: see `early_warning_validation`. Customers already lost are not at risk.

    References
    ----------
    Source S3: falling frequency and spending as a sign of leaving; source S0: early warning.

    Examples
    --------
    >>> at_risk_customers(37, 400, 410)
    37
    """
    require(scored_customers > 0 or base_at_end == 0, Reason.INSUFFICIENT_HISTORY)
    return at_risk


@risk(
    "at_risk_share",
    "R8",
    zh="濒临流失客户占比",
    en="At-risk share",
    unit=Unit.SHARE,
    low=0.0,
    high=1.0,
    interval=lambda at_risk, scored_customers: wilson(at_risk, scored_customers),
    says="期末有预警评分的客户中,高风险客户的占比。",
)
def at_risk_share(at_risk: float, scored_customers: float, base_at_end: float) -> float:
    """Share of the scored base whose early warning is high.

        at-risk share = at-risk customers / customers in the base at the end who have a score

    Parameters
    ----------
    at_risk
        Customers in the base at the end in the high band. [customers]
    scored_customers
        Customers in the base at the end who have a score. [customers]
    base_at_end
        Customer base at the end. [customers]

    Notes
    -----
    Customers in the band `insufficient_history` are in neither count.

    References
    ----------
    As `at_risk_customers`.

    Examples
    --------
    >>> at_risk_share(37, 400, 410)
    0.0925
    """
    require(scored_customers > 0 or base_at_end == 0, Reason.INSUFFICIENT_HISTORY)
    return at_risk / scored_customers


@risk(
    "at_risk_value",
    "R8",
    zh="濒临流失客户价值",
    en="Value of at-risk customers",
    unit=Unit.MONEY,
    stock=True,
    base="at_risk",
    says="期末高风险客户在之前 12 个月的净消费额。",
)
def at_risk_value(value_at_risk: float, scored_customers: float, base_at_end: float) -> float:
    """What the at-risk customers spent in the 12 months before the end.

        at-risk value = net spend in the 12 months up to the end, over at-risk customers

    Parameters
    ----------
    value_at_risk
        Their net spend in the 12 months up to the end. [reporting currency]
    scored_customers
        Customers in the base at the end who have a score. [customers]
    base_at_end
        Customer base at the end. [customers]

    Notes
    -----
    What there is to lose in a year if they spent as before; refunds are taken off.

    References
    ----------
    As `at_risk_customers`.

    Examples
    --------
    >>> at_risk_value(128_000.0, 400, 410)
    128000.0
    """
    require(scored_customers > 0 or base_at_end == 0, Reason.INSUFFICIENT_HISTORY)
    return value_at_risk
