"""A question laid over a snapshot: who is one human, who is out, whose ties were restated. Small arrays only.

Everything here is as long as the question, never as the network, so that both engines can begin at once. Costs inside
a search are `steps`: 8 * cost + 1 for each leg, so that the least sum is the cheapest path and, among equals, the one
with the fewest hops, and the number of hops stands in the lowest three bits.

Vertices that the snapshot does not have are numbered n, n + 1, ... in their order; `outside` holds their true numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contacts.graph import rows
from contacts.graph.costs import MAX_COST
from contacts.graph.questions import Question
from contacts.graph.rows import Bools, Ints
from contacts.graph.snapshot import Snapshot

STEP = 8
INFINITY = 1 << 24
"""More steps than any path has: 4 costs and 3 loads of at most 16383 make fewer than 2^20."""

_NOTHING = np.empty(0, np.int64)
_ZERO = np.zeros(1, np.int64)


class Laid:
    """Read-only once built. A human is named by its least vertex.

    groups:         int64[], the vertices of each human that has several; group_start: where each group begins
    barred:         vertices, ascending, never to be met on the way nor at the end
    load_vertex, load: vertices, ascending, of humans with an ask-load, and that load
    first_human, first_head, first_cost, first_steps: the asker's own ties, one for each human (the cheapest), by human;
                    steps include the ask-load
    first_vertex, first_of: every vertex of these humans, and which human, ascending
    known_tail, known_head: humans of the acquaintances, sorted, one row a pair
    known_u, known_v, known_cost: the row kept for each pair, the cheapest
    exit, exit_of, exit_open: every vertex of each known_head, which pair, and whether shared ties may follow from there
    stale:          owners, ascending, whose rows in the snapshot do not count
    patch:          int64[k, 4], owner, target, cost, reach of the ties that count in their place; patch_linked: are the
                    two connected?
    """

    def __init__(self, snapshot: Snapshot, question: Question) -> None:
        self.snapshot, self.question = snapshot, question
        self.outside = _NOTHING
        self.compiled: tuple[Any, Any] | None = None
        if question.top >= snapshot.n:
            self.outside = _outside(question, snapshot.n)
        self.size = snapshot.n + self.outside.size
        self.asker = self.at(question.asker)
        self.groups, self.group_start = _NOTHING, _ZERO
        if question.joined:
            self._lay_groups(_merge([[self.at(v) for v in group] for group in question.joined]))
        outs = np.array([self.asker, *(self.at(v) for v in question.blocked)], np.int64)
        if self.groups.size:
            outs = self.vertices_of(np.unique(self.human(outs)))[0]
        self.barred = np.unique(outs) if outs.size > 1 else outs
        self.load_vertex = self.load = _NOTHING
        if question.ask_load:
            self._lay_loads(np.array(list(question.ask_load.items()), np.int64))
        self._ended = self._made = _NOTHING
        self._lay_connections()
        self._lay_own_ties(self.mapped(question.own_ties, 1))
        self._lay_acquaintances(self.mapped(question.acquaintances, 2))
        self._lay_patch()

    def _lay_groups(self, groups: list[list[int]]) -> None:
        self.group_start = np.cumsum([0, *map(len, groups)])
        self.groups = np.array([v for group in groups for v in group], np.int64)
        order = np.argsort(self.groups, kind="stable")
        self._joined = self.groups[order]
        self._leads = self.groups[self.group_start[:-1]]
        self._lead = np.repeat(self._leads, np.diff(self.group_start))[order]

    def at(self, vertex: int) -> int:
        """The vertex as it is numbered here; one that is named nowhere is numbered after all others."""
        if vertex < self.snapshot.n:
            return vertex
        return self.snapshot.n + int(np.searchsorted(self.outside, vertex))

    def name(self, vertex: int) -> int:
        """The reverse of at()."""
        return vertex if vertex < self.snapshot.n else int(self.outside[vertex - self.snapshot.n])

    def has(self, vertex: int) -> bool:
        """Whether this vertex (by its true number) can be on any path at all."""
        return vertex < self.snapshot.n or bool(np.isin(vertex, self.outside))

    def mapped(self, table: Any, columns: int) -> Ints:
        """The table with its first columns, vertices, as they are numbered here."""
        rows_: Ints = table
        if not self.outside.size or not rows_.size:
            return rows_
        moved = rows_.copy()
        part = moved[:, :columns]
        far = part >= self.snapshot.n
        part[far] = self.snapshot.n + np.searchsorted(self.outside, part[far])
        return moved

    def human(self, vertices: Ints) -> Ints:
        """The human of each vertex."""
        if not self.groups.size:
            return vertices
        at = np.minimum(np.searchsorted(self._joined, vertices), self._joined.size - 1)
        return np.where(self._joined[at] == vertices, self._lead[at], vertices)

    def vertices_of(self, humans: Ints) -> tuple[Ints, Ints]:
        """All vertices of the humans, and for each the position of its human in the array given."""
        if not self.groups.size:
            return humans, np.arange(humans.size)
        group = np.minimum(np.searchsorted(self._leads, humans), self._leads.size - 1)
        is_several = self._leads[group] == humans
        alone, several = np.flatnonzero(~is_several), np.flatnonzero(is_several)
        at, of = rows.spans(self.group_start[group[several]], self.group_start[group[several] + 1])
        return np.concatenate((humans[alone], self.groups[at])), np.concatenate((alone, several[of]))

    def connected(self, a: Ints, b: Ints) -> Bools:
        """Whether a[i] and b[i] are connected members at the moment of the question."""
        linked = rows.connected(self.snapshot, a, b)
        pair = a << 32 | b
        if self._made.size:
            linked |= np.isin(pair, self._made)
        if self._ended.size:
            linked &= ~np.isin(pair, self._ended)
        return linked

    @property
    def changed_connections(self) -> tuple[Ints, Ints]:
        """Connections ended and made since the snapshot: a << 32 | b, both ways, ascending; the ended win."""
        return self._ended, self._made

    def _lay_loads(self, loads: Ints) -> None:
        human, of = np.unique(self.human(self.mapped(loads, 1)[:, 0]), return_inverse=True)
        total = np.zeros(human.size, np.int64)
        np.add.at(total, of, loads[:, 1])
        vertex, of = self.vertices_of(human)
        order = np.argsort(vertex)
        self.load_vertex, self.load = vertex[order], np.minimum(total, MAX_COST)[of][order]

    def _lay_connections(self) -> None:
        ended, made = self.question.blocked_connections, self.question.new_connections
        if len(ended):
            self._ended = _both_ways(self.mapped(ended, 2))
        if len(made):
            self._made = _both_ways(self.mapped(made, 2))

    def _lay_own_ties(self, own: Ints) -> None:
        human = self.human(own[:, 0])
        if self.groups.size:
            order = np.lexsort((own[:, 0], own[:, 1], human))
        else:
            order = np.argsort(own[:, 0] << 14 | own[:, 1])
        human = human[order]
        keep = _leads(human)
        for barred in self.barred if self.barred.size < 4 else ():
            keep &= human != barred
        if self.barred.size >= 4:
            keep &= ~np.isin(human, self.barred)
        order = order[keep]
        self.first_human, self.first_head, self.first_cost = human[keep], own[order, 0], own[order, 1]
        self.first_steps = STEP * self.first_cost + 1
        if self.load_vertex.size:
            self.first_steps += STEP * self.load_of(self.first_human)
        self.first_vertex, self.first_of = self.first_human, np.arange(self.first_human.size)
        if self.groups.size:
            self.first_vertex, self.first_of = self.vertices_of(self.first_human)
            order = np.lexsort((self.first_vertex, self.first_of))
            self.first_vertex, self.first_of = self.first_vertex[order], self.first_of[order]

    def load_of(self, vertices: Ints) -> Ints:
        """The ask-load of each vertex's human."""
        if not self.load_vertex.size:
            return np.zeros(vertices.size, np.int64)
        at = np.minimum(np.searchsorted(self.load_vertex, vertices), self.load_vertex.size - 1)
        return np.where(self.load_vertex[at] == vertices, self.load[at], 0)

    def _lay_acquaintances(self, known: Ints) -> None:
        self.exit_open = np.empty(0, np.bool_)
        if not known.size:
            self.known_tail = self.known_head = self.known_u = self.known_v = self.known_cost = _NOTHING
            self.exit = self.exit_of = _NOTHING
            return
        tail, head = self.human(known[:, 0]), self.human(known[:, 1])
        use = np.flatnonzero((tail != head) & ~np.isin(tail, self.barred) & ~np.isin(head, self.barred))
        order = use[np.lexsort((known[use, 1], known[use, 0], known[use, 2], head[use], tail[use]))]
        order = order[_leads(tail[order] << rows.KEY_BITS | head[order])]
        self.known_tail, self.known_head = tail[order], head[order]
        self.known_u, self.known_v, self.known_cost = known[order].T
        exits, of = self.vertices_of(self.known_head)
        order = np.lexsort((exits, of))
        self.exit, self.exit_of = exits[order], of[order]
        # An acquaintance speaks of two humans of the asker's book, so any of the first one's vertices counts.
        vertex, of = self.vertices_of(self.known_tail[self.exit_of])
        self.exit_open = np.zeros(self.exit.size, np.bool_)
        np.logical_or.at(self.exit_open, of, self.connected(vertex, self.exit[of]))
        if self.question.circle is not None:
            circle = np.array([self.at(v) for v in self.question.circle], np.int64)
            self.exit_open &= np.isin(self.exit, circle)

    def _lay_patch(self) -> None:
        question, n = self.question, self.snapshot.n
        self.stale, self.patch, self.patch_linked = _NOTHING, np.empty((0, 4), np.int64), np.empty(0, np.bool_)
        if (
            not len(question.blocked_ties)
            + len(question.fresh_ties)
            + len(question.stale_owners)
            + (self._ended.size + self._made.size)
        ):
            return
        barred = self.mapped(question.blocked_ties, 2)
        fresh = self.mapped(question.fresh_ties, 2)
        replaced = np.array([self.at(v) for v in question.stale_owners], np.int64)
        ends = np.concatenate((self._ended, self._made)) >> 32
        touched = np.unique(np.concatenate((barred[:, 0], fresh[:, 0], ends)))
        self.stale = np.union1d(replaced, touched)
        restated = np.setdiff1d(touched, replaced)
        restated = restated[restated < n]
        restated = restated[self.snapshot.out.row[restated] > 0]
        ties = rows.read(self.snapshot, self.snapshot.out, restated, 1)
        copied = np.stack((restated[ties.row], ties.peer, ties.cost, ties.reach), axis=1)
        every = np.concatenate((copied, fresh[fresh[:, 3] > 0]))
        pair = every[:, 0] << 32 | every[:, 1]
        if barred.size:
            keep = ~np.isin(pair, barred[:, 0] << 32 | barred[:, 1])
            every, pair = every[keep], pair[keep]
        order = np.lexsort((every[:, 2], -every[:, 3], pair))
        order = order[_leads(pair[order])]
        self.patch = every[order]
        self.patch_linked = self.connected(self.patch[:, 0], self.patch[:, 1])


def lay(snapshot: Snapshot, question: Question) -> Laid:
    """The question laid over the snapshot; the last one is kept with the question, for its next target."""
    kept: Laid | None = question.__dict__.get("laid")
    if kept is None or kept.snapshot is not snapshot:
        kept = Laid(snapshot, question)
        question.__dict__["laid"] = kept
    return kept


def _outside(question: Question, n: int) -> Ints:
    """Every vertex that the question names and the snapshot does not have, ascending."""
    named: list[NDArray[Any]] = [
        np.asarray(table)[:, :columns].ravel()
        for table, columns in (
            (question.own_ties, 1),
            (question.acquaintances, 2),
            (question.blocked_ties, 2),
            (question.blocked_connections, 2),
            (question.new_connections, 2),
            (question.fresh_ties, 2),
        )
    ]
    single: Sequence[Iterable[int]] = ((question.asker,), question.blocked, question.stale_owners, question.ask_load)
    named += [np.array(list(vertices), np.int64) for vertices in (*single, question.circle or (), *question.joined)]
    every = np.unique(np.concatenate(named))
    return every[every >= n]


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
    np.not_equal(ascending[1:], ascending[:-1], out=lead[1:])
    return lead


def _both_ways(pairs: Ints) -> Ints:
    keys: Ints = np.unique(np.concatenate((pairs[:, 0] << 32 | pairs[:, 1], pairs[:, 1] << 32 | pairs[:, 0])))
    return keys
