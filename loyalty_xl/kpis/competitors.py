"""Attitude beside the competitors: gap, rank and standing of our Net Promoter Score."""

from __future__ import annotations

from functools import partial
from math import sqrt

from loyalty_xl.catalogue import Ratio, kpi, require
from loyalty_xl.intervals import Z
from loyalty_xl.vocabulary import Better, Dimension, Interval, Reason, Unit, Window

NO_SPREAD = 1e-9  # squared points: brands that differ by less are all equal

compared = partial(
    kpi,
    code="A6",
    dimension=Dimension.ATTITUDE,
    window=Window.LATEST_WAVE,
    base="own_nps_answers",
    owner="marketing",
)


def _comparable(own: float, known: float, alike: float, mixed: float) -> None:
    """Withhold the value unless there is a score of ours and one that can be set beside it."""
    require(known > 0, Reason.NO_DATA)
    require(own > 0, Reason.NO_DENOMINATOR)
    require(alike > 0 and mixed == 0, Reason.NOT_COMPARABLE)


def gap_interval(
    own_nps: float,
    own_nps_variance: float,
    competitor_nps: float,
    competitor_nps_variance: float,
    comparable_competitors: float,
) -> Interval | None:
    """Interval of the gap: independent samples, a competitor without counts at the widest its score allows."""
    if comparable_competitors <= 0:
        return None
    gap = own_nps - competitor_nps / comparable_competitors
    error = sqrt(own_nps_variance + competitor_nps_variance / comparable_competitors**2)
    return Interval(max(-200.0, gap - Z * error), min(200.0, gap + Z * error), error)


@compared(
    "nps_gap",
    zh="与竞品的净推荐值差距",
    en="NPS gap to competitors",
    unit=Unit.POINTS,
    better=Better.HIGHER,
    low=-200.0,
    high=200.0,
    interval=gap_interval,
    says="本品牌净推荐值 − 可比竞品净推荐值的平均(每个品牌一票);方法、量表、调查对象不同的不比。",
)
def gap_to_competitors(
    own_nps: float,
    own_figures: float,
    competitor_nps: float,
    comparable_competitors: float,
    competitors: float,
    own_nps_of_mixed_wording: float = 0,
) -> float:
    """NPS gap to competitors: our score minus the mean of theirs. [points, -200 to 200]

        gap = own NPS - sum of comparable competitors' NPS / comparable competitors

    Parameters
    ----------
    own_nps
        Our score: that of our own brand in the study of competitors where there is one, else that of our survey. [points]
    own_figures
        1 where there is such a score. [scores]
    competitor_nps
        Sum of the scores of comparable competitors: same method, population and scale, at least `min_base_nps` answers. [points]
    comparable_competitors
        Competitors behind that sum. [brands]
    competitors
        Competitors with any figure in the last 12 months. [brands]
    own_nps_of_mixed_wording
        1 where our score mixes questions of different wording. [scores]

    Notes
    -----
    The mean gives every brand one vote, whatever its market share; the table `competitor_nps` has the gap to each brand. Benchmark
    studies ask other people than a survey of one's own customers does: scores of a syndicated or published study are comparable only with
    our own brand in that study (a row with `own_brand`), else the gap is `not_comparable`. Of each brand the newest figure counts, for up to
    12 months after its period. All takes figures of the whole market only, a region those of that region. The interval takes the widest
    spread a score allows where a competitor's counts are not known.

    References
    ----------
    Reichheld 2003; Bain & Company, Net Promoter benchmarks: relationship surveys of one's own customers are not set beside benchmark studies.

    Examples
    --------
    >>> gap_to_competitors(42, 1, 96, 3, 3)
    10.0
    """
    _comparable(own_figures, competitors, comparable_competitors, own_nps_of_mixed_wording)
    return own_nps - competitor_nps / comparable_competitors


@compared(
    "nps_rank",
    zh="净推荐值排名",
    en="NPS rank among brands",
    unit=Unit.COUNT,
    better=Better.LOWER,
    low=1.0,
    stock=True,
    says="净推荐值高于本品牌的可比竞品数 + 1;并列同名次。",
)
def rank_among_brands(
    competitors_above: float,
    own_figures: float,
    comparable_competitors: float,
    competitors: float,
    own_nps_of_mixed_wording: float = 0,
) -> float:
    """NPS rank among brands: 1 is the highest; equal scores share their rank.

        rank = 1 + comparable competitors whose NPS is higher

    Parameters
    ----------
    competitors_above
        Comparable competitors whose score is higher than ours. [brands]
    own_figures, comparable_competitors, competitors, own_nps_of_mixed_wording
        As for `nps_gap`. [brands]

    Notes
    -----
    A rank says nothing of the distance, and two scores can differ by chance alone: read it beside `nps_gap` and its interval.

    References
    ----------
    Standard competition ranking ("1224"); comparability as for `nps_gap`.

    Examples
    --------
    >>> rank_among_brands(2, 1, 5, 5)
    3
    """
    _comparable(own_figures, competitors, comparable_competitors, own_nps_of_mixed_wording)
    return competitors_above + 1


@compared(
    "nps_z_score",
    zh="净推荐值标准分",
    en="NPS standing, z-score",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    says="(本品牌净推荐值 − 各品牌平均)÷ 各品牌的标准差(n−1);平均和标准差都含本品牌。",
)
def standing_among_brands(
    own_nps: float,
    own_figures: float,
    competitor_nps: float,
    competitor_nps_squared: float,
    comparable_competitors: float,
    competitors: float,
    own_nps_of_mixed_wording: float = 0,
) -> float:
    """NPS standing, z-score: how many standard deviations our score lies above the mean of all brands.

        z = (own NPS - mean) / standard deviation, both over our brand and the comparable competitors, with n - 1

    Parameters
    ----------
    own_nps, own_figures, competitor_nps, comparable_competitors, competitors, own_nps_of_mixed_wording
        As for `nps_gap`. [points]
    competitor_nps_squared
        Sum of the squared scores of comparable competitors. [squared points]

    Notes
    -----
    Our own brand is in the mean and in the standard deviation. With one competitor the z-score is always 0.71 or -0.71, with few it is
    bounded by (n - 1) / sqrt(n). All brands equal: no value.

    References
    ----------
    The standard score with the sample standard deviation, as in exercises of market research; bound: Shiffler 1988, The American Statistician 42.

    Examples
    --------
    >>> standing_among_brands(40, 1, 50, 1300, 2, 2)
    1.0
    """
    _comparable(own_figures, competitors, comparable_competitors, own_nps_of_mixed_wording)
    brands = comparable_competitors + 1
    mean = (own_nps + competitor_nps) / brands
    spread = own_nps * own_nps + competitor_nps_squared - brands * mean * mean
    return Ratio(own_nps - mean, sqrt(spread / (brands - 1)) if spread > NO_SPREAD else 0.0)
