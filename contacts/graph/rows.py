"""Reading many rows of a snapshot at once: cut every run at its own bound, gather what is left.

Also the few dense-array helpers that the searches share. Nothing here knows what a path is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contacts.graph.snapshot import ALIGN, HEAD, MAX_REACH, Side, Snapshot, contains

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


def read(snapshot: Snapshot, side: Side, vertices: Ints, depth: int, limit: Ints | None = None) -> Ties:
    """All ties of the vertices' rows with reach >= depth and cost <= limit (one limit a vertex, None for no bound).

    vertices: int64[k], all inside the snapshot. O(k log(longest row) + ties returned).
    """
    apart = MAX_REACH + 1 - depth  # runs of the connected ones that reach far enough, then as many of the others
    begin = ALIGN * side.row[vertices].astype(np.int64)
    ends = np.concatenate(
        (np.zeros((vertices.size, 1), np.int64), side.word[begin[:, None] + np.arange(HEAD)].astype(np.int64)), axis=1
    )
    begin += HEAD
    runs = [*range(apart), *range(MAX_REACH, MAX_REACH + apart)]
    low = (begin[:, None] + ends[:, runs]).ravel()
    high = (begin[:, None] + ends[:, [run + 1 for run in runs]]).ravel()
    if limit is not None:
        high = _cut(snapshot, side.word, low, high, np.repeat(limit, len(runs)))
    length = high - low
    run = np.repeat(np.arange(length.size), length)
    skipped = np.cumsum(length) - length
    word = side.word[np.arange(run.size) + (low - skipped)[run]].astype(np.int64)
    row, rank = np.divmod(run, len(runs))
    return Ties(
        row,
        word & ((1 << snapshot.bits) - 1),
        (word >> snapshot.bits) * snapshot.unit,
        rank < apart,
        MAX_REACH - rank % apart,
    )


def _cut(snapshot: Snapshot, word: NDArray[np.uint32], low: Ints, high: Ints, limit: Ints) -> Ints:
    """For each run low..high of ascending cost: the end of its part with cost <= limit. Bisects all runs together."""
    low, high = low.copy(), high.copy()
    most = limit // snapshot.unit
    while (open_ := np.flatnonzero(low < high)).size:
        middle = (low[open_] + high[open_]) >> 1
        fits = (word[middle] >> np.uint32(snapshot.bits)) <= most[open_]
        low[open_[fits]] = middle[fits] + 1
        high[open_[~fits]] = middle[~fits]
    return low


def connected(snapshot: Snapshot, a: Ints, b: Ints) -> Bools:
    """Whether a[i] and b[i] are connected members; vertices outside the snapshot are connected with nobody.

    Reads the rows of every a.
    """
    answer = np.zeros(a.size, np.bool_)
    inside = np.flatnonzero((a < snapshot.n) & (b < snapshot.n))
    if not inside.size:
        return answer
    asked, pair = np.unique(a[inside]), a[inside] << 32 | b[inside]
    found = contains(snapshot.loose, pair.astype(np.uint64))
    for side in (snapshot.out, snapshot.into):
        ties = read(snapshot, side, asked, 1)
        found |= np.isin(pair, (asked[ties.row] << 32 | ties.peer)[ties.connected])
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
