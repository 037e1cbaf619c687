"""A question laid over a snapshot: who is one human, who is out, which ties the asker may read.

Costs inside a search are `steps`: 8 * cost + 1 for each leg, so that the least sum is the cheapest path and, among
equals, the one with the fewest hops, and the number of hops stands in the lowest three bits.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from contacts.graph import rows
from contacts.graph.costs import MAX_COST
from contacts.graph.questions import Question, Work
from contacts.graph.rows import KEY_BITS, Bools, Ints, Ties
from contacts.graph.snapshot import Side, Snapshot

STEP = 8
INFINITY = 1 << 24
"""More steps than any path has: 4 costs and 3 loads of at most 16383 make fewer than 2^20."""


class Asking:
    """Read-only once built. A human is named by its least vertex; arrays "by vertex" cover every vertex named.

    first_human, first_head, first_cost, first_steps: the asker's own ties, one for each human (the cheapest), by human;
                    steps include the ask-load.
    first_vertex, first_of, first_open: every vertex of these humans, which human, connected with the asker?
    known_tail, known_head: humans of the acquaintances, sorted, one row a pair.
    known_u, known_v, known_cost: the row kept for each pair, the cheapest.
    barred, load:   by vertex: never to be met on the way nor at the end; the human's ask-load.
    """

    def __init__(self, snapshot: Snapshot, question: Question, work: Work) -> None:
        self.snapshot, self.question, self.work = snapshot, question, work
        own, known = np.asarray(question.own_ties), np.asarray(question.acquaintances)
        groups = _merge(question.joined)
        joined = np.array([v for group in groups for v in group], np.int64)
        named = (own[:, 0], known[:, :2].ravel(), joined, np.array([*question.ask_load, *question.blocked], np.int64))
        self.size = max(snapshot.n, question.asker + 1, *(int(a.max()) + 1 for a in named if a.size))
        self._human, self._group = np.empty(0, np.int64), np.empty(0, np.int64)
        self._group_start = np.cumsum([0, *map(len, groups)])
        self._group_vertex = joined
        if groups:
            self._human = np.arange(self.size)
            self._human[joined] = np.repeat([group[0] for group in groups], [len(group) for group in groups])
            self._group = np.full(self.size, -1)
            self._group[joined] = np.repeat(np.arange(len(groups)), [len(group) for group in groups])

        self.barred = np.zeros(self.size, np.bool_)
        outs = np.array([question.asker, *question.blocked], np.int64)
        self.barred[self.vertices_of(self.human(outs))[0]] = True
        self.load = np.zeros(self.size, np.int64)
        if question.ask_load:
            loads = np.array(list(question.ask_load.items()), np.int64)
            np.add.at(self.load, self.human(loads[:, 0]), loads[:, 1])
            np.minimum(self.load, MAX_COST, out=self.load)
            everyone, of = self.vertices_of(np.unique(self.human(loads[:, 0])))
            self.load[everyone] = self.load[np.unique(self.human(loads[:, 0]))[of]]

        self._blocked_ties = _pair_keys(np.asarray(question.blocked_ties))
        ends = np.asarray(question.blocked_connections)
        self._blocked_connections = _pair_keys(np.concatenate((ends, ends[:, ::-1])))
        friends = snapshot.friends(question.asker).astype(np.int64)
        self._opens = np.zeros(self.size, np.bool_)
        self._opens[friends[~self._ended(np.full(friends.size, question.asker), friends)]] = True

        self._lay_own_ties(own)
        self._lay_acquaintances(known)

    def _lay_own_ties(self, own: Ints) -> None:
        human = self.human(own[:, 0])
        order = np.lexsort((own[:, 0], own[:, 1], human))
        order = order[~self.barred[human[order]]]
        order = order[_leads(human[order])]
        self.first_human, self.first_head, self.first_cost = human[order], own[order, 0], own[order, 1]
        self.first_steps = STEP * (self.first_cost + self.load[self.first_human]) + 1
        self.first_vertex, self.first_of = self.vertices_of(self.first_human)
        self.first_open = self._opens[self.first_vertex]

    def _lay_acquaintances(self, known: Ints) -> None:
        tail, head = self.human(known[:, 0]), self.human(known[:, 1])
        use = np.flatnonzero((tail != head) & ~self.barred[tail] & ~self.barred[head])
        order = use[np.lexsort((known[use, 1], known[use, 0], known[use, 2], head[use], tail[use]))]
        order = order[_leads(tail[order] << KEY_BITS | head[order])]
        self.known_tail, self.known_head = tail[order], head[order]
        self.known_u, self.known_v, self.known_cost = known[order].T

    def human(self, vertices: Ints) -> Ints:
        """The human of each vertex."""
        return self._human[vertices] if self._human.size else vertices

    def vertices_of(self, humans: Ints) -> tuple[Ints, Ints]:
        """All vertices of the humans, and for each the position of its human in the array given."""
        if not self._group.size:
            return humans, np.arange(humans.size)
        group = self._group[humans]
        alone, several = np.flatnonzero(group < 0), np.flatnonzero(group >= 0)
        at, of = rows.spans(self._group_start[group[several]], self._group_start[group[several] + 1])
        return np.concatenate((humans[alone], self._group_vertex[at])), np.concatenate((alone, several[of]))

    def read(self, side: Side, vertices: Ints, depth: int, room: Ints | None = None) -> Ties:
        """Shared ties usable at this depth in the vertices' rows, cost <= (room - 1) // 8 where room is given.

        Leaves out barred ends, withdrawn ties and ties at vertices that the snapshot does not have.
        """
        rows_asked = np.flatnonzero((vertices < self.snapshot.n) & (room > STEP if room is not None else True))
        limit = None if room is None else (room[rows_asked] - 1) // STEP
        ties = rows.read(side, vertices[rows_asked], depth, limit)
        self.work.ties += ties.peer.size
        own = vertices[rows_asked][ties.row]
        keep = ~self.barred[ties.peer]
        owner, target = (own, ties.peer) if side is self.snapshot.out else (ties.peer, own)
        if self._blocked_ties.size:
            keep &= ~np.isin(owner << KEY_BITS | target, self._blocked_ties)
        linked = ties.connected & ~self._ended(owner, target)
        return Ties(rows_asked[ties.row[keep]], ties.peer[keep], ties.cost[keep], linked[keep], ties.reach[keep])

    def connected(self, a: Ints, b: Ints) -> Bools:
        """Whether a[i] and b[i] are connected members at the moment of the question."""
        return rows.connected(self.snapshot, a, b) & ~self._ended(a, b)

    def _ended(self, a: Ints, b: Ints) -> Bools:
        if not self._blocked_connections.size:
            return np.zeros(a.size, np.bool_)
        return np.isin(a << KEY_BITS | b, self._blocked_connections)

    def together(self, vertex: int) -> list[int]:
        """All vertices of the human that this vertex belongs to, least first."""
        if not self._group.size or (group := int(self._group[vertex])) < 0:
            return [vertex]
        vertices: list[int] = self._group_vertex[self._group_start[group] : self._group_start[group + 1]].tolist()
        return vertices

    def linked(self, a: int, b: int) -> bool:
        """connected() for one pair."""
        friends = self.snapshot.friends(a)
        at = friends.searchsorted(b)
        if at == friends.size or friends[at] != b:
            return False
        return not (self._blocked_connections.size and a << KEY_BITS | b in self._blocked_connections)

    def withdrawn(self, owner: int, target: int) -> bool:
        """Whether this shared tie was withdrawn since the snapshot."""
        return bool(self._blocked_ties.size and owner << KEY_BITS | target in self._blocked_ties)

    def exits(self, tail: Ints, head: Ints, linked: Bools) -> tuple[Ints, Ints, Bools]:
        """Shared ties tail -> head lead to a human, left again from any of its vertices.

        Returns for each exit: the position of the tie, the vertex, and whether tail and that vertex are connected.
        """
        exit_, of = self.vertices_of(self.human(head))
        if not self._group.size:
            return of, exit_, linked
        same = exit_ == head[of]
        opened = linked[of] & same
        opened[~same] = self.connected(tail[of[~same]], exit_[~same])
        return of, exit_, opened

    def known_opens(self, tails: Ints, exits: Ints) -> Bools:
        """Whether any vertex of the human tails[i] and the vertex exits[i] are connected members.

        An acquaintance speaks of two humans of the asker's book, so any of the first one's vertices counts.
        """
        vertex, of = self.vertices_of(tails)
        answer = np.zeros(tails.size, np.bool_)
        np.logical_or.at(answer, of, self.connected(vertex, exits[of]))
        return answer


def _merge(joined: Iterable[Iterable[int]]) -> list[list[int]]:
    """Groups that overlap made one; each sorted, groups of one left out, sorted."""
    group_of: dict[int, list[int]] = {}
    for vertices in joined:
        merged: list[int] = []
        for group in {id(group): group for v in vertices for group in [group_of.get(v, [v])]}.values():
            merged.extend(group)
        for v in merged:
            group_of[v] = merged
    distinct = {id(group): sorted(set(group)) for group in group_of.values()}
    return sorted(group for group in distinct.values() if len(group) > 1)


def _leads(ascending: Ints) -> Bools:
    """True at the first of each stretch of equal items."""
    lead = np.ones(ascending.size, np.bool_)
    lead[1:] = ascending[1:] != ascending[:-1]
    return lead


def _pair_keys(table: NDArray[np.int64]) -> Ints:
    keys: Ints = np.unique(table[:, 0] << KEY_BITS | table[:, 1])
    return keys
