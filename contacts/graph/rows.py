"""Reading many rows of a snapshot at once: cut every run at its own bound, gather what is left.

Also the few dense-array helpers that the searches share. Nothing here knows what a path is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contacts.graph.snapshot import CONNECTED, COST_BITS, MAX_REACH, Side, Snapshot

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

KEY_BITS = 31
"""A key is value << KEY_BITS | vertex, so that the least key is the least value and, among those, the least vertex."""
KEY_MASK = (1 << KEY_BITS) - 1


@dataclass(frozen=True, slots=True)
class Ties:
    """Gathered ties. row: position in the array of vertices that was asked; peer: the other end."""

    row: Ints
    peer: Ints
    cost: Ints
    connected: Bools
    reach: Ints


def read(side: Side, vertices: Ints, depth: int, limit: Ints | None = None) -> Ties:
    """All ties of the vertices' rows with reach >= depth and cost <= limit (one limit a vertex, None for no bound).

    vertices: int64[k], all inside the snapshot. O(k log(longest row) + ties returned).
    """
    depths = range(MAX_REACH, depth - 1, -1)
    begin = side.start[vertices]
    ends = np.stack([begin + side.prefix[d][vertices] for d in depths], axis=1)
    low = np.concatenate((begin[:, None], ends[:, :-1]), axis=1).ravel()
    high = ends.ravel()
    if limit is not None:
        high = _cut(side.weight, low, high, np.repeat(limit, len(depths)))
    length = high - low
    run = np.repeat(np.arange(length.size), length)
    skipped = np.cumsum(length) - length
    at = np.arange(run.size) + (low - skipped)[run]
    weight = side.weight[at]
    row, rank = np.divmod(run, len(depths))
    return Ties(
        row,
        side.peer[at].astype(np.int64),
        (weight & COST_BITS).astype(np.int64),
        weight >= CONNECTED,
        MAX_REACH - rank,
    )


def _cut(weight: NDArray[np.uint16], low: Ints, high: Ints, limit: Ints) -> Ints:
    """For each run low..high of ascending cost: the end of its part with cost <= limit. Bisects all runs together."""
    low, high = low.copy(), high.copy()
    while (open_ := np.flatnonzero(low < high)).size:
        middle = (low[open_] + high[open_]) >> 1
        fits = (weight[middle] & COST_BITS) <= limit[open_]
        low[open_[fits]] = middle[fits] + 1
        high[open_[~fits]] = middle[~fits]
    return low


def connected(snapshot: Snapshot, a: Ints, b: Ints) -> Bools:
    """Whether a[i] and b[i] are connected members; vertices outside the snapshot are connected with nobody."""
    answer = np.zeros(a.size, np.bool_)
    inside = np.flatnonzero((a < snapshot.n) & (b < snapshot.n))
    low, wanted = snapshot.friend_start[a[inside]], b[inside]
    end = snapshot.friend_start[a[inside] + 1]
    high = end.copy()
    while (open_ := np.flatnonzero(low < high)).size:
        middle = (low[open_] + high[open_]) >> 1
        less = snapshot.friend[middle] < wanted[open_]
        low[open_[less]] = middle[less] + 1
        high[open_[~less]] = middle[~less]
    found = low < end
    found[found] = snapshot.friend[low[found]] == wanted[found]
    answer[inside] = found
    return answer


def least(size: int, at: Ints, value: Ints, infinity: int) -> Ints:
    """int64[size]: the least value that was put at each place, infinity where there was none."""
    best = np.full(size, infinity, np.int64)
    np.minimum.at(best, at, value)
    return best


def two_least(size: int, at: Ints, value: Ints, vertex: Ints, infinity: int) -> tuple[Ints, Ints]:
    """Per place the two least keys (value << KEY_BITS | vertex) whose vertices differ; infinity's key where none."""
    key = value << KEY_BITS | vertex
    first = least(size, at, key, infinity << KEY_BITS)
    other = vertex != first[at] & KEY_MASK
    return first, least(size, at[other], key[other], infinity << KEY_BITS)


def spans(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Positions low[i]..high[i]-1 of all i, one after the other, and the i that each belongs to."""
    length = high - low
    which = np.repeat(np.arange(length.size), length)
    return np.arange(which.size) + (low - np.cumsum(length) + length)[which], which
