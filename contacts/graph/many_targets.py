"""The best path to each of many targets, in one sweep.

The sweep keeps every rule except two: that a target does not stand on its own path as first or second introducer of a
path of three. What it finds is therefore never dearer than the true answer, and is the true answer where no human
comes twice; the few others are asked of one_target.py. See docs/decisions/0004-path-engine.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from contacts.graph.asking import INFINITY, STEP, Asking
from contacts.graph.forward import UNBOUNDED, Standing, stand
from contacts.graph.laying import Laid
from contacts.graph.one_target import best_over_each
from contacts.graph.questions import Path, Work
from contacts.graph.rows import KEY_BITS, KEY_MASK, Ints, least, two_least
from contacts.graph.spelling import spell

_NONE = INFINITY << KEY_BITS
_FAR = np.iinfo(np.int64).max


def best_to_each(laid: Laid, targets: Sequence[int], work: Work) -> dict[int, Path | None]:
    """One entry a target. See paths.best_to_each."""
    answers: dict[int, Path | None] = dict.fromkeys(targets)
    ask = Asking(laid, work)
    known = [t for t in answers if laid.has(t)]
    vertices = np.array([laid.at(t) for t in known], np.int64)
    goals, which = np.unique(ask.human(vertices), return_inverse=True)
    met = np.flatnonzero(~ask.barred[goals])
    if not met.size or not ask.first_human.size:
        return answers
    paths = dict(zip(met.tolist(), _Sweep(ask, goals[met]).run(), strict=True))
    for target, goal in zip(known, which.tolist(), strict=True):
        answers[target] = paths.get(goal)
    return answers


class _Sweep:
    """A key is steps << KEY_BITS | position of the first introducer; the least key wins, humans being in order."""

    def __init__(self, ask: Asking, goals: Ints) -> None:
        self.ask, self.goals = ask, goals
        vertices, goal = ask.vertices_of(goals)
        ties = ask.read(ask.snapshot.into, vertices, 1)
        goal = goal[ties.row]
        outside = np.flatnonzero(ask.human(ties.peer) != goals[goal])
        # Last legs, shared: goal by position, the owner, the steps, the reach. The same of acquaintances, by human.
        self.goal, self.owner, self.reach = goal[outside], ties.peer[outside], ties.reach[outside]
        self.steps = STEP * ties.cost[outside] + 1
        at = np.minimum(np.searchsorted(goals, ask.known_head), goals.size - 1)
        known = np.flatnonzero(goals[at] == ask.known_head)
        self.known_goal, self.known_owner = at[known], ask.known_tail[known]
        self.known_steps = STEP * ask.known_cost[known] + 1
        self.best = np.full(goals.size, _NONE)
        self.others = np.full(goals.size, _FAR)  # second introducer << KEY_BITS | third, of the best path

    def run(self) -> list[Path | None]:
        ask = self.ask
        self._one()
        if ask.question.max_introducers > 1:
            standing = stand(ask, bound=np.full(ask.first_human.size, self._bound()), least_rest=STEP + 1)
            if standing.first.size:
                self._two_and_three(standing)
        return [self._path(goal) for goal in range(self.goals.size)]

    def _one(self) -> None:
        ask = self.ask
        first_at = np.full(ask.size, -1)
        first_at[ask.first_vertex] = ask.first_of
        known_first = first_at[self.known_owner]
        first_at[ask.first_vertex[~ask.first_open]] = -1
        first = first_at[self.owner]
        nobody = np.zeros(1, np.int64)
        for goal, who, steps in ((self.goal, first, self.steps), (self.known_goal, known_first, self.known_steps)):
            at = np.flatnonzero(who >= 0)
            key = (ask.first_steps[who[at]] + steps[at]) << KEY_BITS | who[at]
            self._offer(goal[at], key, np.broadcast_to(nobody, at.shape))

    def _two_and_three(self, standing: Standing) -> None:
        ask = self.ask
        open_ = np.flatnonzero(standing.open)
        at_vertex = two_least(ask.size, standing.vertex[open_], standing.steps[open_], standing.first[open_], INFINITY)
        speaks = np.zeros(ask.size, np.bool_)
        speaks[ask.known_tail] = True
        any_ = np.flatnonzero(speaks[standing.human])
        at_human = two_least(ask.size, standing.human[any_], standing.steps[any_], standing.first[any_], INFINITY)

        for goal, owner, steps, labels in (
            *((self.goal[at], self.owner[at], self.steps[at], at_vertex) for at in (np.flatnonzero(self.reach >= 2),)),
            (self.known_goal, self.known_owner, self.known_steps, at_human),
        ):
            key = self._without(labels, owner, self.goals[goal]) + (steps << KEY_BITS)
            self._offer(goal, key, ask.human(owner) << KEY_BITS)
        if ask.question.max_introducers > 2:
            self._three(int(standing.steps.min()), at_vertex, at_human)

    def _three(self, least_standing: int, at_vertex: tuple[Ints, Ints], at_human: tuple[Ints, Ints]) -> None:
        """Sum the paths up at the third introducer, as far as they may still beat what is known for some goal."""
        ask = self.ask
        for goal, owner, steps, shared in (
            *((self.goal[at], self.owner[at], self.steps[at], True) for at in (np.flatnonzero(self.reach >= 3),)),
            (self.known_goal, self.known_owner, self.known_steps, False),
        ):
            rest = steps + ask.load[owner] * STEP
            spare = np.minimum(self.best[goal] >> KEY_BITS, UNBOUNDED) - rest - least_standing
            hopeful = np.flatnonzero(spare > STEP)
            goal, owner, rest, spare = goal[hopeful], owner[hopeful], rest[hopeful], spare[hopeful]
            room = -least(ask.size, owner, -spare, 0)
            best, second = self._third(np.flatnonzero(room), room, at_vertex, at_human, shared=shared)
            key = best[owner] + (rest << KEY_BITS)
            self._offer(goal, key, second[owner] << KEY_BITS | ask.human(owner))

    def _third(
        self, owners: Ints, room: Ints, at_vertex: tuple[Ints, Ints], at_human: tuple[Ints, Ints], *, shared: bool
    ) -> tuple[Ints, Ints]:
        """By vertex: the least key to stand there at depth 3 and leave over a shared tie (or an acquaintance), and
        the least second introducer with this key."""
        ask = self.ask
        entry, of = ask.vertices_of(ask.human(owners))
        ties = ask.read(ask.snapshot.into, entry, 2, room[owners[of]])
        owner, tail = owners[of][ties.row], ties.peer
        fits = ask.human(tail) != ask.human(owner)
        if shared:
            opened = ties.connected.copy()
            cross = np.flatnonzero(entry[ties.row] != owner)
            opened[cross] = ask.laid.connected(tail[cross], owner[cross])
            fits &= opened
        owner, tail, cost = owner[fits], tail[fits], ties.cost[fits]
        key = self._without(at_vertex, tail, ask.human(owner)) + ((STEP * cost + 1) << KEY_BITS)

        exit_, of = ask.vertices_of(ask.known_head)
        allowed = room[exit_] > 0
        if shared:
            allowed[allowed] = ask.known_opens(of[allowed], exit_[allowed])
        exit_, of = exit_[allowed], of[allowed]
        speaker, steps = ask.known_tail[of], STEP * ask.known_cost[of] + 1
        known_key = self._without(at_human, speaker, ask.human(exit_)) + (steps << KEY_BITS)

        owner, tail, key = (
            np.concatenate(pair) for pair in ((owner, exit_), (ask.human(tail), speaker), (key, known_key))
        )
        best = least(ask.size, owner, key, _NONE)
        equal = np.flatnonzero(key == best[owner])
        return best, least(ask.size, owner[equal], tail[equal], 0 if not equal.size else KEY_MASK)

    def _without(self, labels: tuple[Ints, Ints], at: Ints, human: Ints) -> Ints:
        """The least key at each place whose first introducer is not this human."""
        first, second = labels[0][at], labels[1][at]
        found = first < _NONE
        same = np.zeros(at.size, np.bool_)
        same[found] = self.ask.first_human[first[found] & KEY_MASK] == human[found]
        return np.where(same, second, first)

    def _offer(self, goal: Ints, key: Ints, others: Ints) -> None:
        """Keep the least (key, others) of each goal."""
        best = np.minimum(self.best, least(self.goals.size, goal, key, _NONE))
        self.others[best < self.best] = _FAR
        self.best = best
        equal = np.flatnonzero(key == best[goal])
        np.minimum.at(self.others, goal[equal], others[equal])

    def _bound(self) -> int:
        return min(UNBOUNDED, int(self.best.max()) >> KEY_BITS)

    def _path(self, goal: int) -> Path | None:
        key, target = int(self.best[goal]), int(self.goals[goal])
        if key >= _NONE:
            return None
        steps, first = key >> KEY_BITS, key & KEY_MASK
        second, third = int(self.others[goal]) >> KEY_BITS, int(self.others[goal]) & KEY_MASK
        humans = (int(self.ask.first_human[first]), second, third)[: steps % STEP - 1]
        if target in humans or len(set(humans)) < len(humans):
            self.ask.work.exact_repeats += 1
            return next(iter(best_over_each(self.ask, target, 1)), None)
        return spell(self.ask.laid, (*humans, target), steps)
