"""Chances as small whole numbers, so that every engine and every machine agrees to the bit.

A chance p becomes cost = round(-ln p * 2048), clipped to 1..16383; the chance of a path is the product of its
legs' chances, so its cost is the sum of their costs. Four clipped costs fit sixteen bits.

Costs of ties that are kept in a snapshot stand on a grid of multiples of 64 (steps of 1/32 of -ln p, 3 % of the chance,
so that a chance is told to within 1.6 %): with eight bits of cost a tie and its far end fit four bytes for up to 16
million vertices. See docs/decisions/0004-path-engine.md.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SCALE = 2048
"""Cost units per unit of -ln p."""

MIN_COST = 1
"""Certainty still costs something: a longer path is never as good as the same path with a loop cut out."""

MAX_COST = 16383
"""exp(-16383/2048), about 0.00034: the smallest chance that is told apart."""

GRID = 64
"""Step of the costs of ties in a snapshot."""


def cost_of(p: float) -> int:
    """Cost of a leg that succeeds with chance p.

    p: 0 < p <= 1 gives round(-ln p * 2048) clipped to 1..16383; p = 0 gives 16383.
    Raises ValueError outside 0..1 (NaN included).
    """
    if not 0.0 <= p <= 1.0:
        raise ValueError(f"a chance lies in 0..1, not {p!r}")
    if p == 0.0:
        return MAX_COST
    return min(MAX_COST, max(MIN_COST, round(-math.log(p) * SCALE)))


def tie_cost_of(p: float) -> int:
    """Cost of a tie that others may search: cost_of(p) on the grid, 64..16320. Raises ValueError as cost_of does."""
    return GRID * min(MAX_COST // GRID, max(1, (cost_of(p) + GRID // 2) // GRID))


def costs_of(chances: NDArray[np.float64], *, grid: bool) -> NDArray[np.int64]:
    """cost_of of each chance, all above 0; with `grid` tie_cost_of. To the bit the same as one by one."""
    exact = -np.log(chances) * SCALE
    cost: NDArray[np.int64] = np.clip(np.rint(exact), MIN_COST, MAX_COST).astype(np.int64)
    # The last bit of a logarithm may differ from the C library's; it only counts half-way between two costs.
    for at in np.flatnonzero(np.abs(exact - np.floor(exact) - 0.5) < 1e-6):
        cost[at] = cost_of(float(chances[at]))
    if grid:
        cost = GRID * np.clip((cost + GRID // 2) // GRID, 1, MAX_COST // GRID)
    return cost


def chance_of(cost: int) -> float:
    """Chance that belongs to a cost: exp(-cost / 2048). Accepts sums of costs too."""
    return math.exp(-cost / SCALE)
