"""The shared part of the network at one moment: immutable arrays of directed ties and connections.

Vertices are 0..n-1. A tie "owner knows target" has a cost (1..16383, see costs.py) and a reach (0..3). Ties are kept
twice: `out` by owner, and `into` by target. `into` leaves out reach 0: only its owner may use such a tie.

A row is sorted by reach descending, then cost ascending, then neighbour ascending. "Reach at least d" is therefore a
prefix of the row, made of at most 4 - d runs in which cost ascends. Each tie carries one more bit: whether its owner
and its target are connected members, which is the only thing a search asks about connections along shared ties.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contacts.graph import storage
from contacts.graph.costs import MAX_COST, MIN_COST
from contacts.graph.storage import SnapshotError

__all__ = ["CONNECTED", "COST_BITS", "MAX_REACH", "Side", "Snapshot", "SnapshotError"]

Ints = NDArray[np.int64]
IntsLike = Sequence[int] | NDArray[Any]

MAX_REACH = 3
COST_BITS = np.uint16(0x3FFF)
"""The low 14 bits of a weight are the cost."""
CONNECTED = np.uint16(0x8000)
"""The high bit of a weight says that the two ends are connected members."""


@dataclass(frozen=True, eq=False)
class Side:
    """One direction of the ties, as compressed rows.

    start:  int64[n], where the row of a vertex begins
    prefix: int32[4, n], prefix[d][v] = how many ties of v have reach >= d (for `into`, prefix[0] = prefix[1])
    peer:   int32[m], the other end
    weight: uint16[m], cost | CONNECTED
    """

    start: NDArray[np.int64]
    prefix: NDArray[np.int32]
    peer: NDArray[np.int32]
    weight: NDArray[np.uint16]

    @classmethod
    def build(cls, n: int, row: Ints, peer: Ints, cost: Ints, reach: Ints, connected: NDArray[np.bool_]) -> Side:
        order = np.lexsort((peer, cost, -reach, row))
        degree = np.bincount(row, minlength=n)
        start = np.zeros(n, np.int64)
        np.cumsum(degree[:-1], out=start[1:])
        prefix = np.stack([np.bincount(row[reach >= d], minlength=n) for d in range(MAX_REACH + 1)])
        weight = cost.astype(np.uint16) | np.where(connected, CONNECTED, np.uint16(0))
        return cls(start, prefix.astype(np.int32), peer[order].astype(np.int32), weight[order])


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Directed ties and connections of one installation at one moment. Build or load it; never change its arrays.

    n:            number of vertices
    out, into:    the ties by owner and by target
    friend_start: int64[n + 1], where the connections of a vertex begin in `friend`
    friend:       int32[], connected vertices, ascending within a row; every connection stands in both rows
    """

    n: int
    out: Side
    into: Side
    friend_start: NDArray[np.int64]
    friend: NDArray[np.int32]

    @classmethod
    def build(
        cls,
        *,
        n: int,
        owner: IntsLike,
        target: IntsLike,
        cost: IntsLike,
        reach: IntsLike,
        connections: Iterable[tuple[int, int]] | NDArray[Any] = (),
    ) -> Snapshot:
        """Snapshot of the ties owner[i] -> target[i], in any order.

        cost[i] in 1..16383, reach[i] in 0..3. connections: pairs of vertices, either order, repeats allowed.
        Where one owner has several ties to one target, the one with the greatest reach is kept, and among those
        the cheapest: the asker's own ties come fresh with each question, so a tie in here exists to serve others.
        The result does not depend on the order of the input. Raises ValueError on lengths that differ, numbers out
        of range, or a tie or connection of a vertex with itself. O(m log m) time.
        """
        u, v, c, r = (_ints(name, a) for name, a in zip(_NAMES, (owner, target, cost, reach), strict=True))
        if not u.size == v.size == c.size == r.size:
            raise ValueError(f"owner, target, cost, reach differ in length: {u.size}, {v.size}, {c.size}, {r.size}")
        pairs = connections if isinstance(connections, np.ndarray) else list(connections)
        ends = np.asarray(pairs, np.int64).reshape(-1, 2)
        _check_range("vertex", n, 0, 2**31 - 1)
        for name, a in (("owner", u), ("target", v), ("connections", ends)):
            _check_range(name, a, 0, n - 1)
        _check_range("cost", c, MIN_COST, MAX_COST)
        _check_range("reach", r, 0, MAX_REACH)
        if (u == v).any() or (ends[:, 0] == ends[:, 1]).any():
            raise ValueError("a vertex has no tie to, or connection with, itself")

        keys = np.unique(np.concatenate((ends[:, 0] * n + ends[:, 1], ends[:, 1] * n + ends[:, 0])))
        friend_start = np.searchsorted(keys, np.arange(n + 1, dtype=np.int64) * n).astype(np.int64)

        order = np.lexsort((c, -r, v, u))
        u, v, c, r = u[order], v[order], c[order], r[order]
        first = np.ones(u.size, np.bool_)
        first[1:] = (u[1:] != u[:-1]) | (v[1:] != v[:-1])
        u, v, c, r = u[first], v[first], c[first], r[first]
        connected = _contains(keys, u * n + v)
        shared = r > 0
        return cls(
            n,
            Side.build(n, u, v, c, r, connected),
            Side.build(n, v[shared], u[shared], c[shared], r[shared], connected[shared]),
            friend_start,
            (keys % n).astype(np.int32) if n else np.empty(0, np.int32),
        )

    @property
    def ties(self) -> int:
        """How many directed ties there are, those of reach 0 included."""
        return self.out.peer.size

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, both directions and the connections."""
        return sum(a.nbytes for a in self._arrays().values())

    def friends(self, vertex: int) -> NDArray[np.int32]:
        """Vertices that are connected members of this one, ascending; none for a vertex that is not in here."""
        if vertex >= self.n:
            return np.empty(0, np.int32)
        return self.friend[self.friend_start[vertex] : self.friend_start[vertex + 1]]

    def save(self, folder: FilePath) -> str:
        """Write under `folder` and make it the current one, at once for every reader. Returns its version.

        The format is told in storage.py. Raises OSError when the disk refuses; the current one then stays.
        """
        return storage.save(folder, n=self.n, arrays=self._arrays())

    @classmethod
    def load(cls, folder: FilePath, *, verify: bool = True) -> Snapshot:
        """The current snapshot under `folder`, memory-mapped and read-only.

        verify: compare checksums too (reads every byte once); lengths and header are always checked.
        Raises SnapshotError when there is none, or it is corrupt, short, of another version or no snapshot at all.
        """
        n, arrays = storage.load(folder, shapes=_SHAPES, verify=verify)
        out, into = (Side(*(arrays[f"{side}_{part}"] for part in _PARTS)) for side in ("out", "into"))
        return cls(n, out, into, arrays["friend_start"], arrays["friend"])

    def _arrays(self) -> dict[str, NDArray[Any]]:
        sides = (("out", self.out), ("into", self.into))
        arrays = {f"{name}_{part}": getattr(side, part) for name, side in sides for part in _PARTS}
        return arrays | {"friend_start": self.friend_start, "friend": self.friend}


_NAMES = ("owner", "target", "cost", "reach")
_PARTS = ("start", "prefix", "peer", "weight")
_SHAPES: dict[str, storage.Shape] = {
    f"{side}_{part}": shape
    for side in ("out", "into")
    for part, shape in (
        ("start", storage.Shape("<i8", per_vertex=1)),
        ("prefix", storage.Shape("<i4", rows=MAX_REACH + 1, per_vertex=1)),
        ("peer", storage.Shape("<i4")),
        ("weight", storage.Shape("<u2", like=f"{side}_peer")),
    )
} | {"friend_start": storage.Shape("<i8", per_vertex=1, extra=1), "friend": storage.Shape("<i4")}


def _ints(name: str, values: IntsLike) -> Ints:
    a = np.asarray(values)
    if a.size and a.dtype.kind not in "iu":
        raise ValueError(f"{name} holds whole numbers, not {a.dtype}")
    return a.astype(np.int64).ravel()


def _check_range(name: str, values: Ints | int, low: int, high: int) -> None:
    a = np.asarray(values)
    if a.size and (a.min() < low or a.max() > high):
        raise ValueError(f"{name} lies in {low}..{high}; got {a.min()}..{a.max()}")


def _contains(ascending: Ints, wanted: Ints) -> NDArray[np.bool_]:
    if not ascending.size:
        return np.zeros(wanted.size, np.bool_)
    at = np.minimum(np.searchsorted(ascending, wanted), ascending.size - 1)
    found: NDArray[np.bool_] = ascending[at] == wanted
    return found
