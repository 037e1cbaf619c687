"""Who knows whom, and how well, without direction: what the analysis of ego.py and communities.py stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Undirected:
    """Mutual weights m(i, j) = a(i, j) + a(j, i) as compressed rows; read-only, symmetric, no vertex beside itself.

    n:      number of vertices 0..n-1
    start:  int64[n + 1], where the row of a vertex begins
    peer:   int64[2 * edges], neighbours, ascending within a row
    weight: float64[2 * edges], above 0
    """

    n: int
    start: Ints
    peer: Ints
    weight: Floats

    @classmethod
    def build(
        cls,
        n: int,
        tail: Sequence[int] | NDArray[Any],
        head: Sequence[int] | NDArray[Any],
        weight: Sequence[float] | NDArray[Any] | None = None,
    ) -> Undirected:
        """From directed ties tail[i] -> head[i] in any order; repeats add up; weight 1 each where none is given.

        An edge without direction may be given once or both ways: only ratios of weights matter to the measures.
        O(m log m). Raises ValueError for lengths that differ, a vertex out of range, a tie of a vertex with itself,
        or a weight that is not a positive finite number.
        """
        u, v = np.asarray(tail, np.int64).ravel(), np.asarray(head, np.int64).ravel()
        w = np.ones(u.size) if weight is None else np.asarray(weight, np.float64).ravel()
        if not u.size == v.size == w.size:
            raise ValueError(f"tail, head and weight differ in length: {u.size}, {v.size}, {w.size}")
        if u.size and (min(u.min(), v.min()) < 0 or max(u.max(), v.max()) >= n):
            raise ValueError(f"vertices lie in 0..{n - 1}")
        if (u == v).any():
            raise ValueError("a vertex has no tie to itself")
        if not (np.isfinite(w) & (w > 0.0)).all():
            raise ValueError("a weight is a number above 0")
        keys, at = np.unique(np.concatenate((u * n + v, v * n + u)), return_inverse=True)
        mutual = np.bincount(at.ravel(), np.concatenate((w, w)), minlength=keys.size).astype(np.float64)
        start = np.searchsorted(keys, np.arange(n + 1, dtype=np.int64) * n).astype(np.int64)
        peer = keys % n if n else np.empty(0, np.int64)
        for array in (start, peer, mutual):
            array.flags.writeable = False
        return cls(n, start, peer, mutual)

    @property
    def degree(self) -> Ints:
        """int64[n]: how many neighbours each vertex has."""
        return np.diff(self.start)

    @property
    def strength(self) -> Floats:
        """float64[n]: the sum of each vertex's mutual weights."""
        return self.sums(self.weight)

    def sums(self, values: Floats) -> Floats:
        """float64[n]: the sum over each row of one value an entry."""
        tail = np.repeat(np.arange(self.n), self.degree)
        return np.bincount(tail, values, minlength=self.n).astype(np.float64)

    def neighbours(self, vertex: int) -> Ints:
        """Who is tied to this vertex, ascending."""
        return self.peer[self.start[vertex] : self.start[vertex + 1]]

    def rows(self, vertices: Ints) -> tuple[Ints, Ints]:
        """Positions of all entries of these rows, row by row, and which of the vertices each belongs to."""
        low = self.start[vertices]
        length = self.start[vertices + 1] - low
        which = np.repeat(np.arange(length.size), length)
        return np.arange(which.size) + (low - np.cumsum(length) + length)[which], which
