"""The few moves that together open the most, by lazy greedy choice. What a move is worth: coverage.py.

That worth is monotone and submodular. Therefore the greedy choice of k moves adds at least 1 - 1/e of the most that k
can add (Nemhauser, Wolsey and Fisher 1978); within a budget of effort the better of two greedy runs, by gain and by
gain for the effort, at least half of that (Leskovec et al., "Cost-effective outbreak detection in networks", KDD 2007,
whose lazy evaluation, CELF, is used here). With several limits at once neither bound is proven; Plan.ceiling then still
says what no plan can exceed: for any set S, F(best) <= F(S) + the most that the gains over S can add up to.
"""

from __future__ import annotations

import heapq
import math
from copy import copy
from dataclasses import dataclass

import numpy as np

from contacts.graph.coverage import Floats, Moves, Ways, gains

ALL_SETS = 10
"""Up to so many useful moves every set of them is tried, and the plan is the best there is."""
LEAST_GAIN = 1e-9
"""A move that adds less worth than this adds nothing."""


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One move of a plan. gain: float64[seats], what it adds to each seat's chance after the steps before it."""

    move: int
    effort: float
    gain: Floats
    worth: float


@dataclass(frozen=True, eq=False, slots=True)
class Plan:
    """Moves in the order in which to make them.

    before, after: float64[seats], the chances today and when all is done
    worth:   what the plan adds, the sum of its steps'
    ceiling: what no plan within the same limits can exceed (at least `worth`; equal to it where `is_best`)
    is_best: every set was tried
    """

    steps: tuple[Step, ...]
    before: Floats
    after: Floats
    worth: float
    ceiling: float
    is_best: bool


def plan(ways: Ways, moves: Moves, *, budget: float = math.inf, most: int = 7) -> Plan:
    """The plan of at most `most` moves and `budget` effort, one of each group, that adds most worth, or close to it.

    Moves that add nothing are left out; of equal ones the least number is taken. Leave out of `moves` what the member
    refused. About O(useful moves * (log moves + their entries)): lazy evaluation looks at few moves more than once.
    """
    alone = gains(ways, moves) @ ways.worth
    within = (alone >= LEAST_GAIN) & (moves.effort <= budget) & (most > 0)
    useful: list[int] = np.flatnonzero(within).tolist()
    limits = _Limits(budget, most)
    is_best = len(useful) <= ALL_SETS
    if is_best:
        useful = _best_set(_State(ways, moves), useful, limits)
    runs = [_greedy(_State(ways, moves), useful, alone, limits, by_effort=by_effort) for by_effort in (False, True)]
    steps = max(runs, key=lambda run: sum(step.worth for step in run))
    worth = sum(step.worth for step in steps)
    after = _with(ways, moves, [step.move for step in steps])
    ceiling = worth
    if not is_best:
        more = gains(after, moves) @ ways.worth
        ceiling = min(_most_of(alone, moves, limits), worth + _most_of(more, moves, limits))
    return Plan(tuple(steps), ways.chances, after.chances, worth, max(worth, ceiling), is_best)


@dataclass(frozen=True, slots=True)
class _Limits:
    budget: float
    most: int


class _State:
    """Where the seats stand after some moves. Asking for a move, and making it, take O(its entries + seats)."""

    def __init__(self, ways: Ways, moves: Moves) -> None:
        self.worth, self.moves = ways.worth, moves
        self.miss = ways.misses
        # Every pair (seat, introducer) that a move touches has a place; `left` is 1 - its chance so far.
        width = 1 + int(moves.introducer.max(initial=0))
        _, first, place = np.unique(moves.seat * width + moves.introducer, return_index=True, return_inverse=True)
        self.place = place.ravel()
        self.left = 1.0 - ways.known(moves.seat[first], moves.introducer[first])
        self.spent = 0.0
        self.chosen: list[int] = []

    def copy(self) -> _State:
        other = copy(self)
        other.miss, other.left, other.chosen = self.miss.copy(), self.left.copy(), self.chosen.copy()
        return other

    def gain(self, move: int) -> Floats:
        """float64[seats]: what this move would add to each chance now."""
        mine = slice(self.moves.start[move], self.moves.start[move + 1])
        left = self.left[self.place[mine]]
        ratio = np.divide(np.minimum(left, 1.0 - self.moves.chance[mine]), left, out=np.ones(left.size), where=left > 0)
        factor = np.ones(self.miss.size)
        np.multiply.at(factor, self.moves.seat[mine], ratio)
        gained: Floats = self.miss * (1.0 - factor)
        return gained

    def allows(self, move: int, limits: _Limits) -> bool:
        """Budgets are sums of hours and the like: rounding may not forbid what just fits."""
        group = self.moves.group[move]
        return (
            len(self.chosen) < limits.most
            and self.spent + float(self.moves.effort[move]) <= limits.budget * (1.0 + 1e-12)
            and (group < 0 or not any(self.moves.group[other] == group for other in self.chosen))
        )

    def make(self, move: int) -> Step:
        gained = self.gain(move)
        self.miss -= gained
        mine = slice(self.moves.start[move], self.moves.start[move + 1])
        np.minimum.at(self.left, self.place[mine], 1.0 - self.moves.chance[mine])
        self.spent += float(self.moves.effort[move])
        self.chosen.append(move)
        return Step(move, float(self.moves.effort[move]), gained, float(gained @ self.worth))


def _greedy(state: _State, useful: list[int], alone: Floats, limits: _Limits, *, by_effort: bool) -> list[Step]:
    """CELF: a gain never grows, so a move whose fresh gain still tops the others' stale ones is the best one."""
    effort = state.moves.effort if by_effort else np.ones(len(state.moves))
    heap = [(-float(alone[move] / effort[move]), move, 0) for move in useful]
    heapq.heapify(heap)
    steps: list[Step] = []
    while heap:
        _, move, asked_after = heapq.heappop(heap)
        if not state.allows(move, limits):
            continue  # nor will it ever be again
        if asked_after == len(steps):
            steps.append(state.make(move))
            continue
        worth = float(state.gain(move) @ state.worth)
        if worth >= LEAST_GAIN:
            heapq.heappush(heap, (-worth / float(effort[move]), move, len(steps)))
    return steps


def _best_set(state: _State, useful: list[int], limits: _Limits) -> list[int]:
    """Of all sets within the limits one of the greatest worth; of equal ones that with the lowest numbers."""
    best_worth, best_set = 0.0, []
    open_ = [(state, 0.0, 0)]
    while open_:
        here, worth, at = open_.pop()
        if worth > best_worth + LEAST_GAIN:
            best_worth, best_set = worth, here.chosen
        following = []
        for nth in range(at, len(useful)):
            if here.allows(useful[nth], limits):
                there = here.copy()
                step = there.make(useful[nth])
                if step.worth >= LEAST_GAIN:
                    following.append((there, worth + step.worth, nth + 1))
        open_.extend(reversed(following))
    return best_set


def _with(ways: Ways, moves: Moves, made: list[int]) -> Ways:
    """The ways after these moves."""
    entries = np.concatenate([np.arange(moves.start[m], moves.start[m + 1]) for m in made] or [np.empty(0, np.int64)])
    return Ways.build(
        seats=ways.seats,
        seat=np.concatenate((ways.seat, moves.seat[entries])),
        introducer=np.concatenate((ways.introducer, moves.introducer[entries])),
        chance=np.concatenate((ways.chance, moves.chance[entries])),
        worth=ways.worth,
    )


def _most_of(gain: Floats, moves: Moves, limits: _Limits) -> float:
    """The most that these gains can add up to: the largest few, or the best for their effort with the last cut."""
    few = float(np.sort(gain)[::-1][: limits.most].sum())
    order = np.argsort(-gain / moves.effort, kind="stable")
    before = np.concatenate(([0.0], np.cumsum(moves.effort[order])[:-1]))
    share = np.clip((limits.budget - before) / moves.effort[order], 0.0, 1.0)
    return min(few, float((gain[order] * share).sum()))
