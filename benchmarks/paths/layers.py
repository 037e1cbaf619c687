"""The rules of a path put into a plain weighted graph, so that any shortest-path library answers the question exactly.

A vertex v becomes five: START (the asker), ONE, TWO, THREE (v as the introducer so many legs away, reached along a
connection, since only then may v's shared ties be used) and GOAL. With w = 8 * cost + 1 for each leg,

    START of u -> ONE of v           w          u's own tie to v, where the two are connected
    ONE of u   -> TWO of v           w          a shared tie of reach >= 1 between connected members
    TWO of u   -> THREE of v         w          the same, reach >= 2
    TWO, THREE of v -> GOAL of v     1
    ONE, TWO of u -> GOAL of v       w + 1      a shared tie of reach >= 1, 2 to somebody unconnected
    THREE of u -> GOAL of v          w + 1      a shared tie of reach >= 3

The distance from the asker's START to the target's GOAL is then the steps of the best path, plus 1. Nobody comes twice
by itself: a loop cut out leaves a cheaper walk, as long as the asker does not know the target directly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.paths.network import Network

LAYERS = 5
START, ONE, TWO, THREE, GOAL = range(LAYERS)
HOPS_GOAL = 1


@dataclass(frozen=True, eq=False)
class Layered:
    """Arcs tail -> head with a weight; vertex v in layer l is LAYERS * v + l."""

    size: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    weight: NDArray[np.int32]


def layered(network: Network) -> Layered:
    owner, target = LAYERS * network.owner, LAYERS * network.target[:].astype(np.int32)
    w, reach, linked = 8 * network.cost[:].astype(np.int32) + 1, network.reach[:], network.linked
    everybody = LAYERS * np.arange(network.n, dtype=np.int32)
    parts = [(owner[linked] + START, target[linked] + ONE, w[linked])]
    for depth in (ONE, TWO):
        on = linked & (reach >= depth)
        parts.append((owner[on] + depth, target[on] + depth + 1, w[on]))
        end = ~linked & (reach >= depth)
        parts.append((owner[end] + depth, target[end] + GOAL, w[end] + HOPS_GOAL))
        parts.append((everybody + depth + 1, everybody + GOAL, np.full(network.n, HOPS_GOAL, np.int32)))
    end = reach >= THREE
    parts.append((owner[end] + THREE, target[end] + GOAL, w[end] + HOPS_GOAL))
    tail, head, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Layered(LAYERS * network.n, tail, head, weight)
