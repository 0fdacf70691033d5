"""Least squares with robust standard errors: enough for a study that asks for one slope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loyalty_xl.intervals import student_point
from loyalty_xl.vocabulary import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A fitted line: one coefficient and standard error for each column."""

    coefficients: Floats
    errors: Floats
    r2: float  # share of the movement (around the group means, where groups were absorbed) that is explained
    rows: int
    freedom: int  # rows less coefficients less absorbed group means

    def interval(self, column: int) -> Interval:
        """Give the 95 % interval of a coefficient, by Student's t."""
        half = student_point(self.freedom) * float(self.errors[column])
        slope = float(self.coefficients[column])
        return Interval(slope - half, slope + half, float(self.errors[column]))


def within(values: Floats, groups: NDArray[np.int64]) -> Floats:
    """Give each value less the mean of its group: what a constant for each group would absorb.

    Parameters
    ----------
    values
        A column, or columns side by side.
    groups
        Group of each row, from 0.

    Examples
    --------
    >>> within(np.array([1.0, 3.0, 10.0]), np.array([0, 0, 1])).tolist()
    [-1.0, 1.0, 0.0]
    """
    size = np.bincount(groups)
    table = values.reshape(len(values), -1)
    means = np.stack([np.bincount(groups, column) / np.maximum(size, 1) for column in table.T], axis=1)
    left: Floats = (table - means[groups]).reshape(values.shape)
    return left


def least_squares(y: Floats, columns: Floats, groups: NDArray[Any] | None = None) -> Fit | None:
    """Fit y on *columns* and a constant for each group, with HC1 standard errors.

        b = (X'X)^-1 X'y,   V = n / (n - k) (X'X)^-1 X' diag(e^2) X (X'X)^-1

    Parameters
    ----------
    y
        What is explained.
    columns
        Explaining columns, side by side, without a constant. Those that do not move within the groups must be left out before.
    groups
        Group of each row, from 0 without gaps; None: one constant for all.

    Returns
    -------
    None where there are no more rows than coefficients, or where columns say the same.

    References
    ----------
    White 1980, Econometrica 48. MacKinnon & White 1985, Journal of Econometrics 29: HC1. Frisch-Waugh-Lovell for the constants.

    Examples
    --------
    >>> fit = least_squares(np.array([1.0, 2.0, 2.0, 4.0]), np.array([[0.0], [1.0], [2.0], [3.0]]))
    >>> round(float(fit.coefficients[0]), 3), round(float(fit.errors[0]), 3)
    (0.9, 0.203)
    """
    groups = np.zeros(len(y), np.int64) if groups is None else groups
    constants = int(groups.max(initial=-1)) + 1
    rows, width = columns.shape
    freedom = rows - width - constants
    if freedom < 1:
        return None
    left, right = within(y, groups), within(columns, groups)
    scale = np.sqrt((right * right).sum(axis=0))
    if (scale == 0).any():
        return None
    right = right / scale  # so that columns of any unit are judged alike
    coefficients, _, rank, _ = np.linalg.lstsq(right, left, rcond=1e-10)
    if rank < width:
        return None
    residuals = left - right @ coefficients
    bread = np.linalg.inv(right.T @ right)
    weighted = right * residuals[:, None]
    spread = rows / freedom * bread @ (weighted.T @ weighted) @ bread
    total = float(left @ left)
    r2 = 1 - float(residuals @ residuals) / total if total > 0 else 0.0
    return Fit(coefficients / scale, np.sqrt(np.maximum(np.diag(spread), 0.0)) / scale, r2, rows, freedom)
