"""Logistic regression, and how well a score tells those who leave from those who stay. Plain numpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loyalty_xl.ranks import average_ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

ROUNDS = 50
STEEPEST = 35.0  # beyond this a probability is 0 or 1 to the last digit


@dataclass(frozen=True)
class Logistic:
    """A fitted regression: probability = 1 / (1 + exp(-(intercept + weights · (row - centre) / scale)))."""

    centre: Floats
    scale: Floats
    intercept: float
    weights: Floats  # of standardised columns

    def probability(self, rows: Floats) -> Floats:
        """Give the probability for each row. [0 to 1]"""
        return _sigmoid(self.intercept + ((rows - self.centre) / self.scale) @ self.weights)


def fit(rows: Floats, happened: Flags, ridge: float = 1.0) -> Logistic:
    """Fit by Newton steps (iteratively reweighted least squares) on standardised columns.

    Minimises the sum of log losses + ridge / 2 * the sum of squared weights; the intercept is free. A column that does not vary gets
    no weight. The ridge keeps weights finite where the classes can be told apart completely.

    Examples
    --------
    >>> x = np.array([[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]])
    >>> y = np.array([False, False, True, True, True, False])
    >>> fit(x, y, ridge=1e-9).probability(x)[[0, 3]].round(4).tolist()  # the shares themselves
    [0.3333, 0.6667]
    """
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    varies = scale > 1e-12
    table = np.ones((len(rows), 1 + len(centre)))
    table[:, 1:] = np.where(varies, (rows - centre) / np.where(varies, scale, 1.0), 0.0)
    target = happened.astype(np.float64)
    penalty = np.full(table.shape[1], ridge)
    penalty[0] = 0.0
    weights = np.zeros(table.shape[1])
    share = np.clip(target.mean(), 1e-6, 1 - 1e-6)
    weights[0] = np.log(share / (1 - share))
    loss = _loss(table, target, weights, penalty)
    for _ in range(ROUNDS):
        chance = _sigmoid(table @ weights)
        slope = table.T @ (chance - target) + penalty * weights
        bend = (table * np.maximum(chance * (1 - chance), 1e-12)[:, None]).T @ table + np.diag(penalty)
        bend[np.diag_indices_from(bend)] += 1e-10
        step = np.linalg.solve(bend, slope)
        size = 1.0
        while size > 1e-6 and (after := _loss(table, target, weights - size * step, penalty)) > loss + 1e-12 * abs(
            loss
        ):
            size /= 2
        weights = weights - size * step
        settled = bool(np.abs(size * step).max() < 1e-9)
        loss = after
        if settled:
            break
    return Logistic(centre, np.where(varies, scale, 1.0), float(weights[0]), np.where(varies, weights[1:], 0.0))


def _sigmoid(line: Floats) -> Floats:
    made: Floats = 1.0 / (1.0 + np.exp(-np.clip(line, -STEEPEST, STEEPEST)))
    return made


def _loss(table: Floats, target: Floats, weights: Floats, penalty: Floats) -> float:
    line = table @ weights
    return float((np.logaddexp(0.0, line) - target * line).sum() + 0.5 * (penalty * weights * weights).sum())


def area_under_curve(score: Floats, happened: Flags) -> float:
    """Chance that a customer who left scores higher than one who stayed; ties count half. [0.5 = no better than a coin]

    >>> area_under_curve(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, False, True, True]))
    0.875
    """
    yes = int(happened.sum())
    no = len(happened) - yes
    if not yes or not no:
        return float("nan")
    return float((average_ranks(score)[happened].sum() - yes * (yes + 1) / 2) / (yes * no))


def lift(score: Floats, happened: Flags, part: float = 0.1) -> float:
    """How many times as many left among the *part* with the highest scores as among all; those with equal scores count in proportion.

    >>> lift(np.arange(10.0), np.array([False] * 8 + [True] * 2))
    5.0
    """
    share = happened.mean() if len(happened) else 0.0
    if not share:
        return float("nan")
    order = np.argsort(-score, kind="stable")
    start = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    size = np.diff(np.r_[start, len(score)])
    left = np.add.reduceat(happened[order].astype(np.float64), start)
    wanted = len(score) * part
    taken = np.clip(wanted - start, 0, size)
    return float((taken * left / size).sum() / wanted / share)


def brier(chance: Floats, happened: Flags) -> float:
    """Mean squared distance of the probability from what happened. [0 best, 0.25 = always saying one half]

    >>> brier(np.array([1.0, 0.5]), np.array([True, False]))
    0.125
    """
    return float(np.mean((chance - happened) ** 2)) if len(chance) else float("nan")
