"""What a network opens: the chance of each seat, on whom it hangs, what a new tie would add. Plans: planning.py.

Seats, introducers and moves are whole numbers. A way says "introducer i brings seat s with chance c"; of several ways
over one introducer to one seat the best counts, for a friend is asked once. With c(i, s) = 0 where there is none,

    chance of seat s = 1 - product over i of (1 - c(i, s))

as though introducers answered independently, which friends of one circle do not: read it as a ceiling. A move (meet
somebody, revive a tie, ask one thing) adds ways, or makes the chance of ways better. The worth of a set S of moves,

    F(S) = sum over seats of worth(s) * chance of s, c(i, s) being the best of the ways today and of the moves in S

never falls when a move is added, and a move adds less the more there is already (1 - max is monotone and supermodular
in S, and so is a product of such terms): F is monotone and submodular.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
IntsLike = Sequence[int] | NDArray[Any]
FloatsLike = Sequence[float] | NDArray[Any]


@dataclass(frozen=True, eq=False)
class Ways:
    """What leads where today. One entry for each seat and introducer, sorted by both. Build it with build().

    worth:      float64[seats], what each seat counts for
    seat:       int64[ways], 0..seats-1
    introducer: int64[ways], any number from 0 on, the same for the same person in every seat
    chance:     float64[ways], 0..1
    """

    worth: Floats
    seat: Ints
    introducer: Ints
    chance: Floats

    @classmethod
    def build(
        cls,
        *,
        seats: int,
        seat: IntsLike = (),
        introducer: IntsLike = (),
        chance: FloatsLike = (),
        worth: FloatsLike | None = None,
    ) -> Ways:
        """From ways in any order; of several over one introducer to one seat the best is kept. O(ways log ways).

        Somebody already held is a way over themselves with chance 1. worth: 1 each where not given.
        Raises ValueError for lengths that differ and numbers out of range.
        """
        value = _floats("worth", np.ones(seats) if worth is None else worth, high=np.inf)
        if value.size != seats:
            raise ValueError(f"there are {seats} seats and {value.size} worths")
        s, i, c = _way(seats, seat, introducer, chance)
        kept = _best(c, i, s)
        return cls(_frozen(value), _frozen(s[kept]), _frozen(i[kept]), _frozen(c[kept]))

    @property
    def seats(self) -> int:
        return self.worth.size

    @property
    def misses(self) -> Floats:
        """float64[seats]: the chance that nothing comes of a seat."""
        left = np.ones(self.seats)
        np.multiply.at(left, self.seat, 1.0 - self.chance)
        return left

    @property
    def chances(self) -> Floats:
        """float64[seats]: the chance that at least one introduction comes about."""
        chances: Floats = 1.0 - self.misses
        return chances

    def known(self, seat: Ints, introducer: Ints) -> Floats:
        """The chance of each of these pairs today, 0 where there is no way."""
        if not self.seat.size or not seat.size:
            return np.zeros(seat.size)
        width = 1 + int(max(self.introducer.max(), introducer.max()))
        keys, wanted = self.seat * width + self.introducer, seat * width + introducer
        at = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        return np.where(keys[at] == wanted, self.chance[at], 0.0)


@dataclass(frozen=True, eq=False)
class Dependence:
    """What would remain without each introducer. Row x of the tables belongs to introducers[x].

    introducers: int64[k], the worst to lose first (most worth lost, then least number)
    remains:     float64[k, seats], the chance of each seat without them
    loss:        float64[k], worth that goes with them
    """

    introducers: Ints
    remains: Floats
    loss: Floats


def dependence(ways: Ways) -> Dependence:
    """Every introducer left out in turn. O(ways + introducers * seats)."""
    who, row = np.unique(ways.introducer, return_inverse=True)
    # Certain ways (chance 1) are counted apart: nothing can be divided by the nothing that they leave.
    certain = ways.chance >= 1.0
    logs = np.where(certain, 0.0, np.log1p(-np.where(certain, 0.0, ways.chance)))
    total = np.bincount(ways.seat, logs, minlength=ways.seats)
    sure = np.bincount(ways.seat, certain, minlength=ways.seats)
    count = np.bincount(ways.seat, minlength=ways.seats)

    today = ways.chances
    remains = np.tile(today, (who.size, 1))
    without = -np.expm1(total[ways.seat] - logs)
    without = np.where(sure[ways.seat] - certain > 0, 1.0, without)
    without[count[ways.seat] == 1] = 0.0
    remains[row.ravel(), ways.seat] = np.clip(without, 0.0, today[ways.seat])
    loss = (today - remains) @ ways.worth
    order = np.lexsort((who, -loss))
    return Dependence(_frozen(who[order]), _frozen(remains[order]), _frozen(loss[order]))


@dataclass(frozen=True, eq=False)
class Moves:
    """What could be done. Move m opens entries start[m]..start[m + 1]-1, one for each seat and introducer.

    effort: float64[moves], above 0, in any unit (hours, say)
    group:  int64[moves]; of moves with the same number of 0 and more a plan takes one at most; -1 binds nothing
    start:  int64[moves + 1]
    seat, introducer, chance: as in Ways
    """

    effort: Floats
    group: Ints
    start: Ints
    seat: Ints
    introducer: Ints
    chance: Floats

    @classmethod
    def build(
        cls,
        *,
        seats: int,
        moves: int,
        move: IntsLike,
        seat: IntsLike,
        introducer: IntsLike,
        chance: FloatsLike,
        effort: FloatsLike | None = None,
        group: IntsLike | None = None,
    ) -> Moves:
        """move[x] would make introducer[x] bring seat[x] with chance[x]; x in any order. O(x log x).

        chance is what would hold afterwards, not what is added; where today's is better, today's stays. effort: 1 each,
        group: none, where not given. Raises ValueError for lengths that differ and numbers out of range.
        """
        m = _ints("move", move, moves)
        s, i, c = _way(seats, seat, introducer, chance)
        if m.size != s.size:
            raise ValueError(f"move and seat differ in length: {m.size}, {s.size}")
        cost = _floats("effort", np.ones(moves) if effort is None else effort, high=np.inf)
        bound = np.full(moves, -1) if group is None else np.asarray(group, np.int64).ravel()
        if cost.size != moves or bound.size != moves or (cost <= 0.0).any():
            raise ValueError("every move has one effort above 0, and one group")
        kept = _best(c, i, s, m)
        start = np.searchsorted(m[kept], np.arange(moves + 1)).astype(np.int64)
        return cls(*map(_frozen, (cost, bound, start, s[kept], i[kept], c[kept])))

    def __len__(self) -> int:
        return self.effort.size


def gains(ways: Ways, moves: Moves) -> Floats:
    """float64[moves, seats]: what each move alone would add to each chance. The what-if of every person at once.

    O(entries log ways + moves * seats); 5,000 people with 15 seats take some 20 ms.
    """
    today = ways.known(moves.seat, moves.introducer)
    certain = today >= 1.0
    left = np.where(certain, 1.0, (1.0 - np.maximum(today, moves.chance)) / np.where(certain, 1.0, 1.0 - today))
    gained = np.empty((len(moves), ways.seats))
    move = np.repeat(np.arange(len(moves)), np.diff(moves.start))
    factor = np.ones(gained.size)
    cell = move * ways.seats + moves.seat
    if cell.size:
        # Entries are sorted by move, seat, introducer: one product for each stretch of equal cells.
        begin = np.flatnonzero(np.concatenate(([True], cell[1:] != cell[:-1])))
        factor[cell[begin]] = np.multiply.reduceat(left, begin)
    np.multiply(ways.misses, 1.0 - factor.reshape(gained.shape), out=gained)
    return gained


def _way(seats: int, seat: IntsLike, introducer: IntsLike, chance: FloatsLike) -> tuple[Ints, Ints, Floats]:
    s, i, c = _ints("seat", seat, seats), _ints("introducer", introducer, 2**31), _floats("chance", chance, high=1.0)
    if not s.size == i.size == c.size:
        raise ValueError(f"seat, introducer and chance differ in length: {s.size}, {i.size}, {c.size}")
    return s, i, c


def _best(chance: Floats, *keys: Ints) -> Ints:
    """Positions sorted by the keys, the last first; of those with equal keys the one with the greatest chance."""
    order = np.lexsort((-chance, *keys))
    lead = np.zeros(order.size, np.bool_)
    lead[:1] = True
    for key in keys:
        lead[1:] |= np.diff(key[order]) != 0
    return order[lead]


def _ints(name: str, values: IntsLike, end: int) -> Ints:
    a = np.asarray(values, np.int64).ravel()
    if a.size and (a.min() < 0 or a.max() >= end):
        raise ValueError(f"{name} lies in 0..{end - 1}; got {a.min()}..{a.max()}")
    return a


def _floats(name: str, values: FloatsLike, *, high: float) -> Floats:
    a = np.array(values, np.float64).ravel()
    if not ((a >= 0.0) & (a <= high)).all() or np.isinf(a).any():
        raise ValueError(f"{name} lies in 0..{high}")
    return a


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array = array.copy() if not array.flags.owndata else array
    array.flags.writeable = False
    return array
