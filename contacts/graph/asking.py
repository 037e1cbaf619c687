"""What the numpy searches need of a laid question: dense arrays by vertex, and rows read with its changes merged in."""

from __future__ import annotations

import numpy as np

from contacts.graph import rows
from contacts.graph.laying import INFINITY, STEP, Laid
from contacts.graph.questions import Work
from contacts.graph.rows import Bools, Ints, Ties
from contacts.graph.snapshot import Side

__all__ = ["INFINITY", "STEP", "Asking"]


class Asking:
    """Read-only once built. Arrays "by vertex" cover every vertex named; the rest is explained in laying.py.

    first_open:   by position in first_vertex: connected with the asker?
    barred, load: by vertex: never to be met on the way nor at the end; the human's ask-load
    """

    def __init__(self, laid: Laid, work: Work) -> None:
        self.laid, self.snapshot, self.question, self.work = laid, laid.snapshot, laid.question, work
        self.size = laid.size
        self.first_human, self.first_steps = laid.first_human, laid.first_steps
        self.first_vertex, self.first_of = laid.first_vertex, laid.first_of
        self.known_tail, self.known_head, self.known_cost = laid.known_tail, laid.known_head, laid.known_cost
        self._human = np.arange(self.size) if laid.groups.size else np.empty(0, np.int64)
        if laid.groups.size:
            self._human[laid.groups] = laid.human(laid.groups)
        self.barred = np.zeros(self.size, np.bool_)
        self.barred[laid.barred] = True
        self.load = np.zeros(self.size, np.int64)
        self.load[laid.load_vertex] = laid.load
        asker = np.full(self.first_vertex.size, laid.asker)
        # The rows of the asker are shorter than those of all whom they know.
        self.first_open = laid.connected(asker, self.first_vertex)
        self._stale = np.zeros(self.size, np.bool_)
        self._stale[laid.stale] = True
        self._by_target = np.lexsort((laid.patch[:, 0], laid.patch[:, 1]))

    def human(self, vertices: Ints) -> Ints:
        """The human of each vertex."""
        return self._human[vertices] if self._human.size else vertices

    def vertices_of(self, humans: Ints) -> tuple[Ints, Ints]:
        """All vertices of the humans, and for each the position of its human in the array given."""
        return self.laid.vertices_of(humans)

    def read(self, side: Side, vertices: Ints, depth: int, room: Ints | None = None) -> Ties:
        """Shared ties usable at this depth in the vertices' rows, cost <= (room - 1) // 8 where room is given.

        Leaves out barred ends and what is stale; ties restated since the snapshot are among them.
        """
        inside = vertices < self.snapshot.n
        outward = side is self.snapshot.out
        if outward and self.laid.stale.size:
            inside &= ~self._stale[vertices]
        at = np.flatnonzero(inside & (room > STEP if room is not None else True))
        limit = None if room is None else (room[at] - 1) // STEP
        ties = rows.read(self.snapshot, side, vertices[at], depth, limit)
        self.work.ties += ties.peer.size
        keep = ~self.barred[ties.peer]
        if not outward and self.laid.stale.size:
            keep &= ~self._stale[ties.peer]
        ties = Ties(at[ties.row[keep]], ties.peer[keep], ties.cost[keep], ties.connected[keep], ties.reach[keep])
        return self._patched(ties, vertices, depth, room, outward=outward) if self.laid.patch.size else ties

    def _patched(self, ties: Ties, vertices: Ints, depth: int, room: Ints | None, *, outward: bool) -> Ties:
        order = np.arange(self._by_target.size) if outward else self._by_target
        patch, linked = self.laid.patch[order], self.laid.patch_linked[order]
        own, other = (patch[:, 0], patch[:, 1]) if outward else (patch[:, 1], patch[:, 0])
        low, high = np.searchsorted(own, vertices), np.searchsorted(own, vertices, side="right")
        at, of = rows.spans(low, high)
        fits = (patch[at, 3] >= depth) & ~self.barred[other[at]]
        if room is not None:
            fits &= STEP * patch[at, 2] + 1 <= room[of]
        at, of = at[fits], of[fits]
        self.work.ties += at.size
        return Ties(
            np.concatenate((ties.row, of)),
            np.concatenate((ties.peer, other[at])),
            np.concatenate((ties.cost, patch[at, 2])),
            np.concatenate((ties.connected, linked[at])),
            np.concatenate((ties.reach, patch[at, 3])),
        )

    def exits(self, tail: Ints, head: Ints, linked: Bools) -> tuple[Ints, Ints, Bools]:
        """Shared ties tail -> head lead to a human, left again from any of its vertices.

        Returns for each exit: the position of the tie, the vertex, and whether tail and that vertex are connected.
        """
        exit_, of = self.vertices_of(self.human(head))
        if not self.laid.groups.size:
            return of, exit_, linked
        same = exit_ == head[of]
        opened = linked[of] & same
        opened[~same] = self.laid.connected(tail[of[~same]], exit_[~same])
        return of, exit_, opened

    def known_opens(self, rows_: Ints, exits: Ints) -> Bools:
        """Whether shared ties may follow from the vertex exits[i], reached over the acquaintance rows_[i]."""
        laid = self.laid
        key = laid.exit_of << rows.KEY_BITS | laid.exit
        return laid.exit_open[np.searchsorted(key, rows_ << rows.KEY_BITS | exits)]
