"""Chances as small whole numbers, so that every engine and every machine agrees to the bit.

A chance p becomes cost = round(-ln p * 2048), clipped to 1..16383; the chance of a path is the product of its
legs' chances, so its cost is the sum of their costs. Four clipped costs fit sixteen bits.
"""

from __future__ import annotations

import math

SCALE = 2048
"""Cost units per unit of -ln p."""

MIN_COST = 1
"""Certainty still costs something: a longer path is never as good as the same path with a loop cut out."""

MAX_COST = 16383
"""exp(-16383/2048), about 0.00034: the smallest chance that is told apart."""


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


def chance_of(cost: int) -> float:
    """Chance that belongs to a cost: exp(-cost / 2048). Accepts sums of costs too."""
    return math.exp(-cost / SCALE)
