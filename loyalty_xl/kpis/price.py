"""Price sensitivity: how demand follows the price, and who keeps buying when it rises."""

from __future__ import annotations

from functools import partial
from math import sqrt

from loyalty_xl.catalogue import Ratio, kpi, require
from loyalty_xl.intervals import Z, student_point, wilson
from loyalty_xl.settings import Settings
from loyalty_xl.vocabulary import Better, Dimension, Flag, Interval, Level, Reason, Unit, Window

price = partial(kpi, dimension=Dimension.PRICE, better=Better.HIGHER, owner="sales")
after_rise = partial(
    price, unit=Unit.SHARE, window=Window.ROLLING_12M, settings=("price_window_days",), base="buyers_before_rise"
)
from_slope = partial(price, level=Level.STUDY, base="demand_rows", flagged=(("bridged_rows", Flag.IMPUTED),))


def slope_interval(price_slope: float, price_slope_error: float, price_slope_freedom: float) -> Interval | None:
    """Interval of a slope by its HC1 standard error and Student's t."""
    if price_slope_freedom < 1:
        return None
    half = student_point(int(price_slope_freedom)) * price_slope_error
    return Interval(price_slope - half, price_slope + half, float(price_slope_error))


def insensitivity(slope: float, reference: float) -> float:
    """Give the index of a slope: 100 where demand does not follow the price, 0 from the reference on."""
    return 100 * min(max(1 - abs(slope) / reference, 0.0), 1.0)


def insensitivity_interval(
    price_slope: float, price_slope_error: float, price_slope_freedom: float, settings: Settings
) -> Interval | None:
    """Carry the interval of the slope over to the index: its ends, and 100 where the slope may be 0."""
    ends = slope_interval(price_slope, price_slope_error, price_slope_freedom)
    if ends is None:
        return None
    made = [insensitivity(end, settings.elasticity_ref) for end in (ends.low, ends.high)]
    return Interval(min(made), 100.0 if ends.low <= 0 <= ends.high else max(made))


def difference_interval(
    compared_kept: float, expected_kept: float, compared_buyers: float, expected_noise: float
) -> Interval | None:
    """Interval of a share less that of its control: Wilson for the one, the control's variance for the other, squared and added."""
    ends = wilson(compared_kept, compared_buyers)
    if ends is None:
        return None
    share, control = compared_kept / compared_buyers, expected_kept / compared_buyers
    other = Z * sqrt(expected_noise) / compared_buyers
    change = share - control
    return Interval(
        change - sqrt((share - ends.low) ** 2 + other**2), change + sqrt((ends.high - share) ** 2 + other**2)
    )


@partial(after_rise, low=0.0, high=1.0)(
    "keep_buying_rate",
    "P3",
    zh="涨价后继续购买率",
    en="Keep-buying rate",
    level=Level.CORE,
    interval=lambda kept_after_rise, buyers_before_rise: wilson(kept_after_rise, buyers_before_rise),
    flagged=(("uncompared_buyers", Flag.ESTIMATED),),
    says="涨价前观察期内的买家中,涨价后同样长的时间内仍购买同类商品的占比;观察期在本期内结束的涨价计入本期。",
)
def keep_buying_rate(kept_after_rise: float, buyers_before_rise: float) -> float:
    """Share of the buyers before a price rise who bought the same again after it.

        keep-buying rate = buyers of the window before who buy the same in the window after / buyers of the window before

    Parameters
    ----------
    kept_after_rise
        Of these, those who bought the same goods, where the price rose, in the window after. [customers and rises]
    buyers_before_rise
        Known customers who bought the goods, where the price rose, in the window before. [customers and rises]

    Notes
    -----
    Rises are rows of PriceChanges with a new price above the old one that are no promotion. Both windows are `price_window_days` long; a
    rise belongs to the period in which its window after closes, so nothing here looks ahead or is restated. The same goods are the product
    that the row names, else its product type. A customer met by two rises counts twice.
    The raw share is shown because a manager can read it and aim at it, and because it exists without a control group. It is low where
    people buy seldom, rise or not: what the rise did is `keep_buying_difference`. Flag `estimated`: some buyers have no control group.
    Not to be confused with `repurchase_rate`, which asks for any purchase.

    References
    ----------
    Source S0: purchase behaviour when the price changes.

    Examples
    --------
    >>> keep_buying_rate(45, 60)
    0.75
    """
    return kept_after_rise / buyers_before_rise


@after_rise(
    "keep_buying_difference",
    "P3",
    zh="涨价后继续购买率与对照之差",
    en="Keep-buying rate against control",
    interval=difference_interval,
    says="涨价商品买家的继续购买率,减去同期未涨价的同类商品(没有时为其他商品)买家的继续购买率。",
)
def keep_buying_difference(
    compared_kept: float, expected_kept: float, compared_buyers: float, buyers_before_rise: float = 0
) -> float:
    """Keep-buying rate after price rises, less that of buyers whose price did not change.

        difference = (buyers who bought again - buyers expected to, at the control's rate) / buyers before

    Parameters
    ----------
    compared_kept
        Buyers before a rise, with a control group, who bought the same again after it. [customers and rises]
    expected_kept
        How many of them would have, had they kept buying as the control did. [customers and rises]
    compared_buyers
        Buyers before a rise that has a control group. [customers and rises]
    buyers_before_rise
        All buyers before a rise; where none of them has a control group the value is withheld (`not_comparable`). [customers and rises]

    Notes
    -----
    The control are buyers, in the same days, of goods whose price did not change within a window of the rise: of the same product type
    (other regions, other products), where these are at least `min_base_rate`; else of any type. It is a difference in differences only
    as far as both would have gone the same way without the rise.

    References
    ----------
    Difference in differences: Card & Krueger 1994. Interval: Newcombe 1998, method 10.

    Examples
    --------
    >>> keep_buying_difference(45, 48, 60)
    -0.05
    """
    require(compared_buyers > 0 or buyers_before_rise == 0, Reason.NOT_COMPARABLE)
    return Ratio(compared_kept - expected_kept, compared_buyers)


@from_slope(
    "price_elasticity",
    "P2",
    zh="价格弹性",
    en="Price elasticity",
    unit=Unit.RATIO,
    interval=slope_interval,
    settings=("market_removal", "min_price_levels"),
    says="价格(剔除市场价格波动)每上升 1%,销量变化百分之几;由截至期末的全部月份回归得出,用稳健标准误。",
)
def price_elasticity(price_slope: float, identified_slopes: float) -> float:
    """Percentage change of demand for one per cent of price, the market's own movement removed.

        ln Q = a(product type, region) + b ln(price / market index) + promotion + months of the year + e,   elasticity = b

    Parameters
    ----------
    price_slope
        b, by least squares over the months, product types and regions of the segment, up to the end of the period. [% of demand per % of price]
    identified_slopes
        Whether the data can tell b; without it the value is withheld (`not_identified`). [0 or 1]

    Notes
    -----
    Demand is pieces sold. The price of a month is that of order lines (amount / quantity), each product against its own average, weighted by
    pieces: dearer goods in the mix are no price rise. Months of the year are controls once there are two years of data. HC1 standard errors.
    Not identified: fewer than `min_price_levels` distinct prices, or a price that varied by less than 2 %. Months without a sale have no
    logarithm: they are left out and their share is printed (table `price_segments`); 1 is never added. A positive slope is shown, with a warning.
    `market_removal`: price over index (ratio), the index as a regressor, or the market's volume as a control. Flag `imputed`: a missing month
    of the index was bridged. Prices follow demand too (they are raised where goods sell well), which pulls the slope towards zero: it is
    an association, not an experiment. Not to be confused with `price_change_elasticity`, which compares two windows.

    References
    ----------
    Log-log demand: Tellis 1988, Journal of Marketing Research 25. HC1: MacKinnon & White 1985.

    Examples
    --------
    >>> price_elasticity(-1.2, 1)
    -1.2
    """
    require(identified_slopes > 0, Reason.NOT_IDENTIFIED)
    return price_slope


@partial(from_slope, low=0.0, high=100.0)(
    "price_insensitivity",
    "P4",
    zh="价格不敏感指数",
    en="Price-insensitivity index",
    unit=Unit.POINTS,
    interval=insensitivity_interval,
    settings=("elasticity_ref", "market_removal", "min_price_levels"),
    says="100 × (1 − |价格弹性| ÷ 弹性参照值),限于 0 到 100:100 为销量不随价格变化。",
)
def price_insensitivity(price_slope: float, identified_slopes: float, settings: Settings) -> float:
    """How little demand follows the price, as an index. [0 to 100]

        price insensitivity = 100 clip(1 - |elasticity| / elasticity_ref, 0, 1)

    Parameters
    ----------
    price_slope
        Price elasticity of the segment. [% of demand per % of price]
    identified_slopes
        Whether the data can tell it; without it the value is withheld (`not_identified`). [0 or 1]
    settings
        Settings in force, for the elasticity at which the index is 0 (`elasticity_ref`). [% of demand per % of price]

    Notes
    -----
    An index of this product, for comparing regions and types; its interval is that of the elasticity. A positive elasticity counts by its size.

    References
    ----------
    P4 of this catalogue.

    Examples
    --------
    >>> price_insensitivity(-0.75, 1, Settings(elasticity_ref=1.5))
    50.0
    """
    require(identified_slopes > 0, Reason.NOT_IDENTIFIED)
    return insensitivity(price_slope, settings.elasticity_ref)
