"""The cheapest way to move one figure of a table whose sums must stay right: a linear program, solved by the simplex method.

The tables are small (a KPI's segments and periods), so a dense tableau with numpy serves; scipy would weigh 100 MB more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

NEAR = 1e-9  # of a pivot to zero
WORTH_IT = 1e-7  # least gain of a step
DEAR = 10.0  # worth of a unit of the wanted rise, in units of all costs together


def cheapest_move(sums: Numbers, cost: Numbers, room: Numbers, raised: int, rise: float) -> Numbers | None:
    """Raise one figure by *rise* and move others so that every sum stays right, at the least cost.

        minimise cost . |d|   subject to   sums d = 0,   d >= -room,   d[raised] = rise

    Parameters
    ----------
    sums
        A row for each relation: 1 for its parts, -1 for its total.
    cost
        Of moving a figure by one, up or down.
    room
        How far a figure can fall.
    raised, rise
        Which figure rises, and by how much.

    Returns
    -------
    The moves, or None where no such moves exist.

    References
    ----------
    Simplex method for bounded variables: Dantzig & Thapa (1997), Linear Programming 1, section 3.4; after a step of length 0 the
    rule of Bland (1977), which keeps it from running in circles.
    """
    rows, figures = sums.shape
    table = np.hstack([sums, -sums, np.eye(rows)])  # figures up, figures down, and one zero for each relation
    limit = np.concatenate([np.full(figures, np.inf), room, np.zeros(rows)])
    limit[raised], limit[figures + raised] = rise, 0.0
    price = np.concatenate([cost, cost, np.zeros(rows)])
    price[raised] = -DEAR * (1.0 + float(cost.sum()))
    basis = np.arange(2 * figures, 2 * figures + rows)
    held = np.zeros(rows)  # values of the basis
    full = np.zeros(len(price), dtype=bool)  # outside the basis, at their limit
    careful = False
    while True:
        gain = price - price[basis] @ table
        gain[basis] = 0.0
        useful = np.where(full, gain, -gain)
        useful[limit == 0.0] = 0.0
        wanted = np.flatnonzero(useful > WORTH_IT)
        if not len(wanted):
            break
        entering = int(wanted[0] if careful else wanted[np.argmax(useful[wanted])])
        column = table[:, entering] * (-1.0 if full[entering] else 1.0)
        step, leaving = _furthest(column, held, limit[basis], basis, float(limit[entering]))
        careful = step <= NEAR
        held = held - step * column
        if leaving is None:
            full[entering] = not full[entering]
            continue
        gone = basis[leaving]
        full[gone] = column[leaving] < 0.0
        held[leaving] = limit[entering] - step if full[entering] else step
        full[entering] = False
        basis[leaving] = entering
        table[leaving] /= table[leaving, entering]
        others = np.arange(rows) != leaving
        table[others] -= np.outer(table[others, entering], table[leaving])
    value = np.where(full, limit, 0.0)
    value[basis] = held
    moves: Numbers = value[:figures] - value[figures : 2 * figures]
    moves[np.abs(moves) <= 1e-6] = 0.0  # rounding of the pivots; figures are counts
    return moves if moves[raised] >= rise - 1e-6 else None


def _furthest(
    column: Numbers, held: Numbers, limits: Numbers, basis: NDArray[Any], own: float
) -> tuple[float, int | None]:
    """How far the entering figure can go, and which place of the basis stops it (None: its own limit)."""
    ways = np.full(len(column), np.inf)
    down, up = column > NEAR, column < -NEAR
    ways[down] = np.maximum(held[down], 0.0) / column[down]
    ways[up] = np.maximum(limits[up] - held[up], 0.0) / -column[up]
    nearest = float(ways.min()) if len(ways) else np.inf
    if own <= nearest:
        return own, None
    ties = np.flatnonzero(ways <= nearest + NEAR)
    return nearest, int(ties[np.argmin(basis[ties])])
