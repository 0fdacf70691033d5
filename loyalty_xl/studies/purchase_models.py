"""How often customers will buy, and for how much: BG/NBD and gamma-gamma, fitted by maximum likelihood with numpy alone.

A fit of our own and not a library: lifetimes has had no release since 2020, pymc-marketing brings a Bayesian toolchain of some hundred
megabytes, and both need scipy. Two likelihoods in closed form and a search in three or four dimensions are all that is needed.

Recency here is the time from the first to the last purchase, the opposite of RFM's days since the last one. Times may have any unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST = 30  # customers with a repeat purchase; fewer do not tell four parameters apart
PLAUSIBLE = (
    3.0  # about how far off a parameter's logarithm can be where the data say nothing: e^3 is a factor of twenty
)
VAGUE = 0.3  # standard error of the forecast's logarithm beyond which it is no forecast
WALL = 7.0  # logarithms of parameters (in mean ages and mean spends) that the search does not go far beyond: a factor of a thousand
CLOSE = 1e-9  # relative to the log-likelihood: where the search stops
LARGE = 30.0  # of a
STEPS = 4_000
TERMS = 5_000  # of a hypergeometric series


class NotIdentified(Exception):  # noqa: N818 - not an error: the data do not determine the model
    """The data do not determine what the model would predict."""


@dataclass(frozen=True)
class Buying:
    """BG/NBD: customers buy at a rate (gamma r, alpha) and may leave after each purchase (beta a, b)."""

    r: float
    alpha: float
    a: float
    b: float

    def alive(self, x: Floats, recency: Floats, age: Floats) -> Floats:
        """Probability that a customer has not left."""
        return np.asarray(1 / (1 + self._odds_of_having_left(x, recency, age)))

    def expected(self, ahead: float, x: Floats, recency: Floats, age: Floats) -> Floats:
        """Purchases expected in the next *ahead*, given x repeat purchases, the last after *recency*, in *age*: equation (10).

        Of the two forms of the hypergeometric function (Euler's transformation) the one is taken whose terms stay small: for customers with
        many purchases the second, for parameters that say "all leave at the same rate" (large a) the first.
        """
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        a = a + 1e-6 if abs(a - 1) < 1e-6 else a  # 0/0 at a = 1, and smooth around it
        z = ahead / (alpha + age + ahead)
        if a > LARGE:
            rest = (1 - z) ** (r + x) * hypergeometric(r + x, b + x, a + b + x - 1, z)
        else:
            rest = (1 - z) ** (a - 1) * hypergeometric(a + b - 1 - r, a - 1, a + b + x - 1, z)
        bought = (a + b + x - 1) / (a - 1) * (1 - rest)
        return np.asarray(bought / (1 + self._odds_of_having_left(x, recency, age)))

    def _odds_of_having_left(self, x: Floats, recency: Floats, age: Floats) -> Floats:
        exponent = (self.r + x) * np.log((self.alpha + age) / (self.alpha + recency))
        return np.where(x > 0, self.a / (self.b + np.maximum(x, 1) - 1) * np.exp(np.minimum(exponent, 700)), 0.0)


@dataclass(frozen=True)
class Spending:
    """Gamma-gamma: spend per purchase varies around a customer's own mean (gamma p), and the means vary (gamma q, v)."""

    p: float
    q: float
    v: float

    @property
    def mean_of_all(self) -> float:
        """Mean spend per purchase of all customers."""
        return self.p * self.v / (self.q - 1)

    def expected(self, x: Floats, spend: Floats) -> Floats:
        """Mean spend expected of customers with x repeat purchases of *spend* on average; x = 0 gives the mean of all."""
        return np.asarray(self.p * (self.v + x * spend) / (self.p * x + self.q - 1))


def fit_buying(x: Floats, recency: Floats, age: Floats) -> Buying:
    """Fit BG/NBD to repeat purchases, the time of the last one and the time observed, all counted from the first purchase.

    Customers with equal figures are collapsed to one row with a weight.

    Raises
    ------
    NotIdentified
        Too few repeat purchases, or no clear forecast. A single parameter may be vague where the forecast does not hang on it: if
        hardly anyone leaves, a and b can be anything as long as a / (a + b) is near 0.

    References
    ----------
    Fader, Hardie & Lee 2005, "Counting your customers" the easy way, Marketing Science 24: equation (6).
    """
    if int((x > 0).sum()) < FEWEST:
        raise NotIdentified
    table = pd.DataFrame({"x": x, "recency": recency, "age": age})
    table = table.groupby(["x", "recency", "age"], sort=True).size().reset_index(name="weight")
    count, last, whole, weight = (table[name].to_numpy(np.float64) for name in ("x", "recency", "age", "weight"))
    unit = float(np.average(whole, weights=weight)) or 1.0  # the search is in mean ages, whatever the unit
    last, whole = last / unit, whole / unit
    at, most = count.astype(np.int64), int(count.max())
    earlier = np.arange(most, dtype=np.float64)
    bought = at > 0
    before_last = np.where(bought, count - 1, 0.0)

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        gamma_r = np.append(0.0, np.cumsum(np.log(r + earlier)))  # ln Γ(r+x)/Γ(r)
        gamma_b = np.append(0.0, np.cumsum(np.log((b + earlier) / (a + b + earlier))))  # ln B(a, b+x)/B(a, b)
        stays = -(r + count) * np.log(alpha + whole)
        leaves = math.log(a) - np.log(b + before_last) - (r + count) * np.log(alpha + last)
        likely = gamma_r[at] + r * logs[1] + gamma_b[at] + np.where(bought, np.logaddexp(stays, leaves), stays)
        return -float(weight @ likely)

    def forecast(logs: Floats) -> float:
        ahead = Buying(*np.exp(logs)).expected(1.0, count, last, whole)
        return math.log(float(np.average(ahead, weights=weight)))

    r, alpha, a, b = np.exp(lowest(loss, np.log([0.5, 0.3, 0.7, 2.5]), forecast))
    return Buying(float(r), float(alpha * unit), float(a), float(b))


def fit_spending(x: Floats, spend: Floats) -> Spending:
    """Fit gamma-gamma to customers with x repeat purchases (more than 0) of *spend* on average (more than 0).

    Raises
    ------
    NotIdentified
        Too few customers, no clear forecast, or a tail so heavy that mean spend does not exist (q <= 1).

    References
    ----------
    Fader & Hardie 2013, "The gamma-gamma model of monetary value", brucehardie.com/notes/025: equation (1a).
    """
    if len(x) < FEWEST:
        raise NotIdentified
    unit = float(spend.mean())
    table = pd.DataFrame({"x": x, "spend": spend / unit}).groupby(["x", "spend"], sort=True).size()
    rows = table.reset_index(name="weight")
    count, mean, weight = (rows[name].to_numpy(np.float64) for name in ("x", "spend", "weight"))
    distinct, at = np.unique(count, return_inverse=True)
    by_count = np.bincount(at, weights=weight)
    logs_of_mean, logs_of_count, total = weight @ np.log(mean), weight @ (count * np.log(count)), count * mean

    def loss(logs: Floats) -> float:
        p, q, v = np.exp(logs)
        if not (p < 1e6 and q < 1e6 and p * distinct[-1] < 1e12):  # beyond, lgamma loses its digits
            return math.inf
        gammas = np.array([math.lgamma(p * each + q) - math.lgamma(p * each) for each in distinct])
        likely = by_count @ gammas + weight.sum() * (q * logs[2] - math.lgamma(q))
        likely += p * logs_of_count + (p * (weight * count) @ np.log(mean)) - logs_of_mean
        return -float(likely - weight @ ((p * count + q) * np.log(v + total)))

    p, q, v = np.exp(lowest(loss, np.log([4.0, 4.0, 0.8]), lambda logs: math.log(Spending(*np.exp(logs)).mean_of_all)))
    return Spending(float(p), float(q), float(v * unit))


def lowest(loss: Callable[[Floats], float], start: Floats, forecast: Callable[[Floats], float]) -> Floats:
    """Find where *loss* is lowest (Nelder-Mead, started again from where it ended), and make sure that this settles the *forecast*.

    The forecast's variance is that of the delta method, with a faint prior on the parameters: a direction in which the likelihood is flat
    does no harm if the forecast is flat in it too.
    """

    def walled(logs: Floats) -> float:
        return loss(logs) + 10 * float((np.maximum(0, np.abs(logs) - WALL) ** 2).sum())

    with np.errstate(all="ignore"):
        best = simplex(walled, simplex(walled, start))
        curved = curvature(walled, best)
        moves = 1e-3 * np.eye(len(best))
        try:
            slope = np.array([forecast(best + move) - forecast(best - move) for move in moves]) / 2e-3
            rises = np.linalg.eigvalsh(curved)[0] > -(PLAUSIBLE**-2)
            variance = slope @ np.linalg.solve(curved + np.eye(len(best)) / PLAUSIBLE**2, slope)
        except (ValueError, OverflowError, np.linalg.LinAlgError):  # a forecast below 0, or none
            raise NotIdentified from None
    if not (rises and variance <= VAGUE**2):
        raise NotIdentified
    return best


def simplex(loss: Callable[[Floats], float], start: Floats) -> Floats:
    """Nelder-Mead: turn the worst corner over the middle of the others, farther or nearer as that pays.

    References
    ----------
    Nelder & Mead 1965, The Computer Journal 7.
    """
    size = len(start)
    corners = np.vstack([start, start + 0.4 * np.eye(size)])
    heights = np.array([_height(loss, each) for each in corners])
    for _ in range(STEPS):
        order = np.argsort(heights, kind="stable")
        corners, heights = corners[order], heights[order]
        flat = heights[-1] - heights[0] <= CLOSE * abs(heights[0]) * 1e-2
        if flat and np.abs(corners - corners[0]).max() <= 1e-5:  # of logarithms: five digits
            return np.asarray(corners[0])
        middle = corners[:-1].mean(axis=0)
        across = middle - corners[-1]
        there, height = middle + across, _height(loss, middle + across)
        if height < heights[0]:
            farther = _height(loss, middle + 2 * across)
            there, height = (middle + 2 * across, farther) if farther < height else (there, height)
        elif height >= heights[-2]:
            nearer = middle + (0.5 if height < heights[-1] else -0.5) * across
            near = _height(loss, nearer)
            if near >= min(height, heights[-1]):
                corners[1:] = corners[0] + 0.5 * (corners[1:] - corners[0])
                heights[1:] = [_height(loss, each) for each in corners[1:]]
                continue
            there, height = nearer, near
        corners[-1], heights[-1] = there, height
    raise NotIdentified


def _height(loss: Callable[[Floats], float], at: Floats) -> float:
    height = loss(at)
    return height if height == height else math.inf


def curvature(loss: Callable[[Floats], float], at: Floats, step: float = 1e-3) -> Floats:
    """Second derivatives by central differences: their inverse holds the variances of the logarithms."""
    size, moves = len(at), step * np.eye(len(at))
    made = np.empty((size, size))
    for i in range(size):
        for j in range(i + 1):
            plus = loss(at + moves[i] + moves[j]) + loss(at - moves[i] - moves[j])
            made[i, j] = made[j, i] = (plus - loss(at + moves[i] - moves[j]) - loss(at - moves[i] + moves[j])) / (
                4 * step * step
            )
    return made


def hypergeometric(a: float | Floats, b: float | Floats, c: Floats, z: Floats) -> Floats:
    """Gauss's 2F1(a, b; c; z) by its series, for 0 <= z < 1.

    Examples
    --------
    >>> hypergeometric(1.0, 1.0, np.array([2.0]), np.array([0.5])).round(12).item()  # 2 ln 2
    1.38629436112
    """
    c, z = np.broadcast_arrays(np.asarray(c, np.float64), np.asarray(z, np.float64))
    term = np.ones(c.shape)
    total = term.copy()
    for n in range(TERMS):
        term = term * ((a + n) * (b + n) / ((c + n) * (n + 1))) * z
        total += term
        if np.abs(term).max(initial=0.0) <= 1e-13 * np.abs(total).min(initial=1.0):
            break
    return np.asarray(total)
