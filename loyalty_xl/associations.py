"""Rank correlation and the reliability of a scale: what goes together, never what causes what."""

from __future__ import annotations

from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np

from loyalty_xl.intervals import Z
from loyalty_xl.ranks import average_ranks
from loyalty_xl.vocabulary import Interval

NOTHING = 1e-12  # a variance of less is none: all answers are equal


def pearson(x: np.ndarray, y: np.ndarray) -> float | None:
    """Product-moment correlation; None where one of them does not vary."""
    x, y = x - x.mean(), y - y.mean()
    size = float(x @ x) * float(y @ y)
    return max(-1.0, min(1.0, float(x @ y) / sqrt(size))) if size > NOTHING else None


def spearman(x: np.ndarray, y: np.ndarray) -> float | None:
    """Spearman's rank correlation: the correlation of the ranks, ties by average rank; None where one does not vary. [-1 to 1]

    References
    ----------
    Spearman 1904, American Journal of Psychology 15; ties as in Kendall & Gibbons 1990, Rank Correlation Methods, chapter 3.

    Examples
    --------
    >>> round(spearman(np.array([1.0, 2, 3, 4, 5]), np.array([5.0, 6, 7, 8, 7])), 6)
    0.820783
    """
    return pearson(average_ranks(x), average_ranks(y)) if len(x) > 1 else None


def spearman_interval(rho: float, n: int) -> Interval | None:
    """95 % interval of a rank correlation, by Fisher's z with the error of Bonett and Wright.

        z = atanh(rho) -+ 1.96 sqrt((1 + rho^2 / 2) / (n - 3))

    References
    ----------
    Bonett & Wright 2000, Psychometrika 65.

    Examples
    --------
    >>> [round(end, 3) for end in (spearman_interval(0.5, 100).low, spearman_interval(0.5, 100).high)]
    [0.326, 0.641]
    """
    if n <= 3 or abs(rho) >= 1:
        return None
    error = sqrt((1 + rho * rho / 2) / (n - 3))
    return Interval(tanh(atanh(rho) - Z * error), tanh(atanh(rho) + Z * error))


@dataclass(frozen=True)
class Reliability:
    """How well the items of a scale hang together; None where it cannot be said."""

    n: int  # answers with all items
    alpha: float | None
    standardised: float | None
    between_items: float | None  # mean correlation of two items
    with_the_rest: tuple[float | None, ...]  # of each item with the sum of the others
    without: tuple[float | None, ...]  # alpha of the others


def reliability(items: np.ndarray) -> Reliability:
    """Cronbach's alpha of a matrix of answers (rows) by items (columns), rows with all items only.

        alpha = k / (k - 1) (1 - sum of the items' variances / variance of their sum)
        standardised alpha = k r / (1 + (k - 1) r), r the mean correlation of two items

    The two are equal only where all items vary equally. No variance, or fewer than two items: no value.

    References
    ----------
    Cronbach 1951, Psychometrika 16. Item-total correlation corrected for the item itself: Nunnally & Bernstein 1994, Psychometric Theory.

    Examples
    --------
    >>> found = reliability(np.array([[2.0, 4], [4, 6], [6, 8], [8, 10]]))
    >>> found.n, found.alpha, found.standardised
    (4, 1.0, 1.0)
    """
    whole = items[~np.isnan(items).any(axis=1)]
    n, k = whole.shape
    nothing = (None,) * k
    alpha = _alpha(whole)
    if alpha is None:
        return Reliability(n, None, None, None, nothing, nothing)
    total = whole.sum(axis=1)
    pairs = [pearson(whole[:, one], whole[:, two]) for one in range(k) for two in range(one)]
    known = [each for each in pairs if each is not None]
    mean = sum(known) / len(known) if known and len(known) == len(pairs) else None
    standardised = k * mean / (1 + (k - 1) * mean) if mean is not None and 1 + (k - 1) * mean > NOTHING else None
    return Reliability(
        n,
        alpha,
        standardised,
        mean,
        tuple(pearson(whole[:, item], total - whole[:, item]) for item in range(k)),
        tuple(_alpha(np.delete(whole, item, axis=1)) for item in range(k)),
    )


def _alpha(items: np.ndarray) -> float | None:
    n, k = items.shape
    if k < 2 or n < 2:
        return None
    total = float(items.sum(axis=1).var(ddof=1))
    return k / (k - 1) * (1 - float(items.var(axis=0, ddof=1).sum()) / total) if total > NOTHING else None
