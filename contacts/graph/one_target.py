"""The k best paths to one target, over distinct first introducers.

Exact by construction (docs/decisions/0004-path-engine.md): the last two legs are summed up at the vertex where they
begin, for its guarded legs (shared ties: one must have arrived through a connection) and its free ones
(acquaintances), each with the two best third introducers, because the only rule that looks further back than one leg
is that the third introducer is not the first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contacts.graph.asking import INFINITY, STEP, Asking
from contacts.graph.forward import UNBOUNDED, Standing, stand
from contacts.graph.laying import Laid
from contacts.graph.questions import Path, Work
from contacts.graph.rows import KEY_BITS, KEY_MASK, Bools, Ints, least, two_least
from contacts.graph.spelling import spell


def k_best(laid: Laid, target: int, k: int, work: Work) -> list[Path]:
    """At most k paths, best first. See paths.k_best."""
    if k < 1 or not laid.has(target) or not laid.first_human.size:
        return []
    ask, goal = Asking(laid, work), int(laid.human(np.array([laid.at(target)]))[0])
    return [] if ask.barred[goal] else best_over_each(ask, goal, k)


def best_over_each(ask: Asking, goal: int, k: int) -> list[Path]:
    """The same, once it is clear that the goal, a human, may be met."""
    return [spell(ask.laid, (*humans, goal), steps) for steps, humans in _Search(ask, goal, k).run()]


@dataclass(frozen=True, slots=True)
class _Rest:
    """The best two last legs, by vertex: the two least keys steps << KEY_BITS | third introducer."""

    keys: tuple[Ints, Ints]

    def over(self, standing: Standing, introducer: Ints) -> tuple[Ints, Ints]:
        """Steps and third introducer that are best for each row, the third not being its first."""
        first, second = (key[standing.vertex] for key in self.keys)
        key = np.where(first & KEY_MASK == introducer, second, first)
        return key >> KEY_BITS, key & KEY_MASK


class _Search:
    def __init__(self, ask: Asking, goal: int, k: int) -> None:
        self.ask, self.goal, self.k = ask, goal, k
        self.goal_vertices = ask.vertices_of(np.array([goal]))[0]
        ties = ask.read(ask.snapshot.into, self.goal_vertices, 1)
        inside = ask.human(ties.peer) == goal
        steps = np.where(inside, INFINITY, STEP * ties.cost + 1)
        # Last legs: by depth, the steps from each vertex over a shared tie; and from each human over an acquaintance.
        self.last = {
            d: least(ask.size, ties.peer[at], steps[at], INFINITY)
            for d in range(1, ask.question.max_introducers + 1)
            for at in (np.flatnonzero(ties.reach >= d),)
        }
        known = np.flatnonzero(ask.known_head == goal)
        self.known_last = least(ask.size, ask.known_tail[known], STEP * ask.known_cost[known] + 1, INFINITY)
        self.usable = ask.first_human != goal
        self.best = np.full(ask.first_human.size, INFINITY)

    def run(self) -> list[tuple[int, tuple[int, ...]]]:
        """(steps, introducers) of the k best, best first."""
        ask = self.ask
        one = ask.first_steps[ask.first_of] + np.where(ask.first_open, self.last[1][ask.first_vertex], INFINITY)
        self._offer(ask.first_of, one)
        self._offer(np.arange(ask.first_human.size), ask.first_steps + self.known_last[ask.first_human])
        if ask.question.max_introducers == 1:
            return self._winners(None, None, [])

        least_rest = int(min(self.last[2].min(), self.known_last.min()))
        if least_rest >= INFINITY:
            return self._winners(None, None, [])
        bound = np.full(ask.first_human.size, self._bound())
        standing = stand(ask, bound=bound, least_rest=least_rest, goal=self.goal)
        guarded = np.where(standing.open, self.last[2][standing.vertex], INFINITY)
        free = np.where(standing.vertex == standing.human, self.known_last[standing.vertex], INFINITY)
        two = standing.steps + np.minimum(guarded, free)
        self._offer(standing.first, two)
        if ask.question.max_introducers == 2 or not standing.first.size:
            return self._winners(standing, two, [])

        introducer = ask.first_human[standing.first]
        three = []
        for rest, allowed in self._rests(standing):
            steps, third = rest.over(standing, introducer)
            total = standing.steps + np.where(allowed, steps, INFINITY)
            self._offer(standing.first, total)
            three.append((total, third))
        return self._winners(standing, two, three)

    def _offer(self, first: Ints, steps: Ints) -> None:
        np.minimum.at(self.best, first, np.where(self.usable[first], steps, INFINITY))

    def _bound(self) -> int:
        """Steps that a path may have and still be among the k best: equal ones still count, their ids may be less."""
        if self.best.size <= self.k:
            return UNBOUNDED
        return min(UNBOUNDED, int(np.partition(self.best, self.k - 1)[self.k - 1]))

    def _rests(self, standing: Standing) -> list[tuple[_Rest, Bools]]:
        """The best last two legs at each vertex: guarded and free ones, and the rows that may use them."""
        ask, spare = self.ask, self._bound() - int(standing.steps.min())
        reached = np.zeros(ask.size, np.bool_)
        reached[standing.vertex] = True

        # Third introducers: over a shared tie, at the vertex that owns it; over an acquaintance, at any of theirs.
        owner = np.flatnonzero(self.last[3] < INFINITY)
        friend = np.flatnonzero(self.known_last < INFINITY)
        onto_owner = self.last[3] + STEP * ask.load
        onto_friend = self.known_last + STEP * ask.load

        entry, of = ask.vertices_of(ask.human(owner))
        owner = owner[of]
        ties = ask.read(ask.snapshot.into, entry, 2, spare - onto_owner[owner])
        opened, through = ties.connected.copy(), owner[ties.row]
        cross = np.flatnonzero(entry[ties.row] != through)
        opened[cross] = ask.laid.connected(ties.peer[cross], through[cross])
        tail = [ties.peer[opened]]
        third = [ask.human(through[opened])]
        steps = [STEP * ties.cost[opened] + 1 + onto_owner[through[opened]]]

        entry, of = ask.vertices_of(friend)
        ties = ask.read(ask.snapshot.into, entry, 2, spare - onto_friend[friend[of]])
        through = friend[of][ties.row]
        tail.append(ties.peer)
        third.append(through)
        steps.append(STEP * ties.cost + 1 + onto_friend[through])
        guarded = self._rest(np.concatenate(tail), np.concatenate(third), np.concatenate(steps), spare, reached)

        vertex, of = ask.vertices_of(ask.known_head)
        speaker, cost = ask.known_tail[of], STEP * ask.known_cost[of] + 1
        opened = self.last[3][vertex] < INFINITY
        opened[opened] = ask.known_opens(of[opened], vertex[opened])
        onto = np.minimum(np.where(opened, onto_owner[vertex], INFINITY), onto_friend[vertex])
        free = self._rest(speaker, ask.human(vertex), cost + onto, spare, reached)
        return [(guarded, standing.open), (free, standing.vertex == standing.human)]

    def _rest(self, tail: Ints, third: Ints, steps: Ints, spare: int, reached: Bools) -> _Rest:
        human = self.ask.human(tail)
        keep = reached[tail] & (human != self.goal) & (human != third) & (third != self.goal) & (steps <= spare)
        return _Rest(two_least(self.ask.size, tail[keep], steps[keep], third[keep], INFINITY))

    def _winners(
        self, standing: Standing | None, two: Ints | None, three: list[tuple[Ints, Ints]]
    ) -> list[tuple[int, tuple[int, ...]]]:
        order = np.argsort(self.best, kind="stable")[: self.k]
        winners = []
        for first in order[self.best[order] < INFINITY]:
            steps, humans = int(self.best[first]), [int(self.ask.first_human[first])]
            hops = steps % STEP
            if hops > 2:
                assert standing is not None
                assert two is not None
                mine = np.flatnonzero(standing.first == first)
                if hops == 3:
                    humans.append(int(standing.human[mine[two[mine] == steps]].min()))
                else:
                    # Least second introducer, then least third.
                    keys = [
                        standing.human[at] << KEY_BITS | third[at]
                        for total, third in three
                        for at in (mine[total[mine] == steps],)
                    ]
                    key = int(np.concatenate(keys).min())
                    humans += [key >> KEY_BITS, key & KEY_MASK]
            winners.append((steps, tuple(humans)))
        return winners
