"""The shared part of the network at one moment: immutable arrays of directed ties and connections.

Vertices are 0..n-1. A tie "owner knows target" has a cost (1..16383, see costs.py) and a reach (1..3); a tie that
serves its owner alone is in no snapshot, since an asker's own ties come fresh with each question. Ties stand twice:
`out` by owner, and `into` by target, each as one array of 32-bit words (see Side): 8 bytes a tie and two short heads a
vertex.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contacts.graph import storage
from contacts.graph.costs import MAX_COST, MIN_COST
from contacts.graph.storage import SnapshotError

__all__ = ["ALIGN", "HEAD", "MAX_N", "MAX_REACH", "Side", "Snapshot", "SnapshotError", "contains"]

Longs = NDArray[np.uint64]
Words = NDArray[np.uint32]
IntsLike = Sequence[int] | NDArray[Any]

MAX_REACH = 3
MAX_N = 1 << 24
"""Vertices of one snapshot: a word has 24 bits for one, and at least 8 for a cost."""
HEAD = 6
ALIGN = 4
_PIECE = 1 << 24


@dataclass(frozen=True, eq=False)
class Side:
    """One direction of the ties.

    row:  uint32[n], where the record of a vertex begins in `word`, in units of ALIGN words; 0 for an empty one
    word: uint32[], the records. A record has HEAD words: the ends, counted from the first tie, of six runs (connected
          and reach 3, 2, 1; not connected and reach 3, 2, 1); then the ties, each
          cost / unit << bits | other end. Words ascend within a run, and so do costs.

    "Connected, with reach >= d" is the first 4 - d runs. Connected: the tie's two ends are connected members.
    """

    row: Words
    word: Words

    @classmethod
    def build(cls, n: int, key: Longs) -> Side:
        """key: row << 35 | run << 32 | word, in any order; sorted in place."""
        key.sort()
        counts = np.zeros((n, 8), np.int64)
        for low in range(0, key.size, _PIECE):
            run, many = np.unique(key[low : low + _PIECE] >> np.uint64(32), return_counts=True)
            counts.reshape(-1)[run.astype(np.int64)] += many
        ends = np.cumsum(counts[:, :HEAD], axis=1)
        total = ends[:, -1]
        units = np.where(total > 0, (HEAD + total + ALIGN - 1) // ALIGN, 0)
        # The record at 0 is the empty one: nothing but zeros.
        begin = -(-HEAD // ALIGN) + np.cumsum(units) - units
        size = ALIGN * (-(-HEAD // ALIGN) + int(units.sum()))
        if size >= ALIGN << 32:
            raise ValueError("more ties than a snapshot holds")
        word = np.zeros(size, np.uint32)
        full = np.flatnonzero(total)
        word[(begin[full, None] * ALIGN + np.arange(HEAD))] = ends[full]
        shift = begin * ALIGN + HEAD - (np.cumsum(total) - total)
        for low in range(0, key.size, _PIECE):
            piece = key[low : low + _PIECE]
            at = shift[(piece >> np.uint64(35)).astype(np.int64)] + np.arange(low, low + piece.size)
            word[at] = piece.astype(np.uint32)
        return cls(np.where(total > 0, begin, 0).astype(np.uint32), word)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Directed ties and connections of one installation at one moment. Build or load it; never change its arrays.

    n, ties:   how many vertices and directed ties
    bits:      of a word, that name the other end of a tie
    unit:      greatest common divisor of all costs; a word holds the cost in this unit
    out, into: the ties by owner and by target
    loose:     uint64[], connections along which there is no tie either way: a << 32 | b, both ways, ascending
    extra:     further arrays that the caller keeps with it, by name
    about:     numbers that the caller keeps with it, by name
    """

    n: int
    ties: int
    bits: int
    unit: int
    out: Side
    into: Side
    loose: Longs
    extra: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    about: Mapping[str, int] = field(default_factory=dict)

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
        extra: Mapping[str, NDArray[Any]] | None = None,
        about: Mapping[str, int] | None = None,
    ) -> Snapshot:
        """Snapshot of the ties owner[i] -> target[i], in any order.

        cost[i] in 1..16383, reach[i] in 0..3; ties of reach 0 are left out. connections: pairs of vertices, either
        order, repeats allowed. Where one owner has several ties to one target, the one with the greatest reach is
        kept, and among those the cheapest. The result does not depend on the order of the input.
        Raises ValueError on lengths that differ, numbers out of range, a tie or connection of a vertex with itself,
        or costs too fine for so many vertices (2^18 vertices leave room for all costs; beyond, costs are to be
        multiples of GRID). O(m log m) time, about 40 bytes a tie of memory.
        """
        _check_range("vertex", n, 0, MAX_N)
        u, v, c, r = (_ints(name, a) for name, a in zip(_NAMES, (owner, target, cost, reach), strict=True))
        if not u.size == v.size == c.size == r.size:
            raise ValueError(f"owner, target, cost, reach differ in length: {u.size}, {v.size}, {c.size}, {r.size}")
        ends = np.asarray(connections if isinstance(connections, np.ndarray) else list(connections)).reshape(-1, 2)
        for name, a in (("owner", u), ("target", v), ("connections", ends)):
            _check_range(name, a, 0, n - 1)
        _check_range("cost", c, MIN_COST, MAX_COST)
        _check_range("reach", r, 0, MAX_REACH)
        if (u == v).any() or (ends[:, 0] == ends[:, 1]).any():
            raise ValueError("a vertex has no tie to, or connection with, itself")

        linked = _both_ways(ends)
        tie = _distinct(u, v, c, r)
        del u, v, c, r
        pair = tie >> np.uint64(16)
        connected = contains(linked, pair)
        witnessed = contains(pair, linked) | contains(pair, _turned(linked))
        loose = linked[~witnessed]
        loose = (loose >> np.uint64(24) << np.uint64(32)) | (loose & np.uint64(MAX_N - 1))
        cost_ = (tie & np.uint64(MAX_COST)).astype(np.uint16)
        bits = max(1, int(n - 1).bit_length())
        unit = int(np.gcd.reduce(np.unique(cost_))) if cost_.size else 1
        if cost_.size and int(cost_.max()) // unit >= 1 << (32 - bits):
            raise ValueError(
                f"costs in steps of {unit} are too fine for {n} vertices; put them on the grid of costs.py"
            )
        # The run, then the word without its vertex: the same seen from both ends.
        common = np.where(connected, np.uint64(0), np.uint64(3)) + ((tie >> np.uint64(14)) & np.uint64(3))
        common <<= np.uint64(32)
        common |= (cost_ // unit).astype(np.uint64) << np.uint64(bits)
        del tie, cost_, connected
        owner_, target_ = pair >> np.uint64(24), pair & np.uint64(MAX_N - 1)
        del pair
        sides = [
            Side.build(n, row << np.uint64(35) | common | peer) for row, peer in ((owner_, target_), (target_, owner_))
        ]
        return cls(n, owner_.size, bits, unit, sides[0], sides[1], loose, extra or {}, about or {})._frozen()

    @property
    def nbytes(self) -> int:
        """Bytes of the ties and connections, both directions; the caller's own arrays apart."""
        return sum(a.nbytes for a in self._arrays().values())

    @cached_property
    def longest(self) -> int:
        """Ties of the owner who shares most."""
        at = np.unique(self.out.row).astype(np.int64) * ALIGN + HEAD - 1
        return int(self.out.word[at].max(initial=0)) if self.n else 0

    def ties_of(self, owner: int) -> NDArray[np.int64]:
        """int64[k, 3]: target, cost, reach of an owner's ties, as they stand in the row."""
        return _decoded(self, self.out, owner)

    def friends(self, vertex: int) -> NDArray[np.int64]:
        """Vertices that are connected members of this one, ascending; none for a vertex that is not in here."""
        if vertex >= self.n:
            return np.empty(0, np.int64)
        found = []
        for side in (self.out, self.into):
            at = ALIGN * int(side.row[vertex])
            found.append(side.word[at + HEAD : at + HEAD + int(side.word[at + 2])] & np.uint32((1 << self.bits) - 1))
        low, high = np.searchsorted(self.loose, np.array([vertex, vertex + 1], np.uint64) << np.uint64(32))
        found.append(self.loose[low:high].astype(np.uint32))
        return np.unique(np.concatenate(found)).astype(np.int64)

    def save(self, folder: FilePath) -> str:
        """Write under `folder` and make it the current one, at once for every reader. Returns its version.

        The format is told in storage.py. Raises OSError when the disk refuses; the current one then stays.
        """
        numbers = {"n": self.n, "ties": self.ties, "bits": self.bits, "unit": self.unit}
        arrays = self._arrays() | {f"extra_{name}": a for name, a in self.extra.items()}
        return storage.save(folder, numbers=numbers | {f"about_{k}": v for k, v in self.about.items()}, arrays=arrays)

    @classmethod
    def load(cls, folder: FilePath, *, verify: bool = True) -> Snapshot:
        """The current snapshot under `folder`, memory-mapped and read-only.

        verify: compare checksums too (reads every byte once); lengths and header are always checked.
        Raises SnapshotError when there is none, or it is corrupt, short, of another version or no snapshot at all.
        """
        stored = storage.load(folder, wanted=_NUMBERS, shapes=_SHAPES, verify=verify)
        a, numbers = stored.arrays, stored.numbers
        snapshot = cls(
            n=numbers["n"],
            ties=numbers["ties"],
            bits=numbers["bits"],
            unit=numbers["unit"],
            out=Side(a["out_row"], a["out_word"]),
            into=Side(a["into_row"], a["into_word"]),
            loose=a["loose"],
            extra={name.removeprefix("extra_"): array for name, array in a.items() if name.startswith("extra_")},
            about={name.removeprefix("about_"): x for name, x in numbers.items() if name.startswith("about_")},
        )
        if any(side.row.size != snapshot.n for side in (snapshot.out, snapshot.into)):
            raise SnapshotError(f"the snapshot in {folder} has rows for other vertices than its header says")
        stored.hold_for(snapshot)
        return snapshot._frozen()

    def _arrays(self) -> dict[str, NDArray[Any]]:
        sides = (("out", self.out), ("into", self.into))
        arrays = {f"{name}_{part}": getattr(side, part) for name, side in sides for part in ("row", "word")}
        return arrays | {"loose": self.loose}

    def _frozen(self) -> Snapshot:
        for array in self._arrays().values():
            array.flags.writeable = False
        return self


_NAMES = ("owner", "target", "cost", "reach")
_NUMBERS = ("n", "ties", "bits", "unit")
_SHAPES = {"out_row": "<u4", "out_word": "<u4", "into_row": "<u4", "into_word": "<u4", "loose": "<u8"}


def _decoded(snapshot: Snapshot, side: Side, vertex: int) -> NDArray[np.int64]:
    if vertex >= snapshot.n:
        return np.empty((0, 3), np.int64)
    at = ALIGN * int(side.row[vertex])
    ends = side.word[at : at + HEAD].astype(np.int64)
    word = side.word[at + HEAD : at + HEAD + int(ends[-1])].astype(np.int64)
    run = np.searchsorted(ends, np.arange(word.size), side="right")
    return np.stack(
        (word & ((1 << snapshot.bits) - 1), (word >> snapshot.bits) * snapshot.unit, MAX_REACH - run % 3), axis=1
    )


def _ints(name: str, values: IntsLike) -> NDArray[Any]:
    a = np.asarray(values)
    if a.size and a.dtype.kind not in "iu":
        raise ValueError(f"{name} holds whole numbers, not {a.dtype}")
    return a.ravel()


def _check_range(name: str, values: NDArray[Any] | int, low: int, high: int) -> None:
    a = np.asarray(values)
    if a.size and (a.min() < low or a.max() > high):
        raise ValueError(f"{name} lies in {low}..{high}; got {a.min()}..{a.max()}")


def _both_ways(ends: NDArray[Any]) -> Longs:
    a, b = ends[:, 0].astype(np.uint64), ends[:, 1].astype(np.uint64)
    pairs: Longs = np.unique(np.concatenate((a << np.uint64(24) | b, b << np.uint64(24) | a)))
    return pairs


def _turned(pairs: Longs) -> Longs:
    return (pairs & np.uint64(MAX_N - 1)) << np.uint64(24) | pairs >> np.uint64(24)


def _distinct(u: NDArray[Any], v: NDArray[Any], c: NDArray[Any], r: NDArray[Any]) -> Longs:
    """owner << 40 | target << 16 | (3 - reach) << 14 | cost, ascending: one of each pair, none of reach 0."""
    tie = u.astype(np.uint64)
    for values, shift in ((v, 24), (MAX_REACH - r.astype(np.int8), 2), (c, 14)):
        tie <<= np.uint64(shift)
        tie |= values.astype(np.uint64)
    if (r == 0).any():
        tie = tie[r != 0]
    tie.sort()
    pair = tie >> np.uint64(16)
    first = np.ones(tie.size, np.bool_)
    np.not_equal(pair[1:], pair[:-1], out=first[1:])
    return tie if first.all() else tie[first]


def contains(ascending: Longs, wanted: Longs) -> NDArray[np.bool_]:
    """Which of the wanted stand in the ascending array."""
    found = np.zeros(wanted.size, np.bool_)
    if ascending.size:
        for low in range(0, wanted.size, _PIECE):
            piece = wanted[low : low + _PIECE]
            at = np.minimum(np.searchsorted(ascending, piece), ascending.size - 1)
            found[low : low + _PIECE] = ascending[at] == piece
    return found
