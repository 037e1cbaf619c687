"""The first half of every search: from the asker, over an introducer, to whoever stands at depth 2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from contacts.graph.asking import INFINITY, STEP, Asking
from contacts.graph.rows import Bools, Ints, spans


@dataclass(frozen=True, slots=True)
class Standing:
    """Ways to stand at depth 2, one row for each (introducer, leg, vertex by which one may leave again).

    first: position in ask.first_human; vertex: where one may leave; human: whose it is; steps: spent so far, the
    load of both included; open: the leg's tail and this vertex are connected, so that its shared ties may follow.
    """

    first: Ints
    vertex: Ints
    human: Ints
    steps: Ints
    open: Bools


def stand(ask: Asking, *, bound: Ints, least_rest: int, goal: int = -1) -> Standing:
    """All ways that may still end within bound[i] steps over introducer i, given that the rest costs least_rest.

    goal: a human that is neither introducer nor stood at (-1 for none).
    """
    room = bound - ask.first_steps - least_rest
    at = np.flatnonzero(ask.first_open & (ask.first_human != goal)[ask.first_of])
    first, tail = ask.first_of[at], ask.first_vertex[at]
    ties = ask.read(ask.snapshot.out, tail, 1, room[first])
    of, vertex, open_ = ask.exits(tail[ties.row], ties.peer, ties.connected)
    parts = [(first[ties.row[of]], vertex, ties.cost[of], open_)]

    low = np.searchsorted(ask.known_tail, ask.first_human)
    high = np.searchsorted(ask.known_tail, ask.first_human, side="right")
    row, first = spans(low, high)
    vertex, of = ask.vertices_of(ask.known_head[row])
    first, row = first[of], row[of]
    parts.append((first, vertex, ask.known_cost[row], ask.known_opens(row, vertex)))

    first, vertex, cost, open_ = (np.concatenate(column) for column in zip(*parts, strict=True))
    human = ask.human(vertex)
    steps = ask.first_steps[first] + STEP * (cost + ask.load[vertex]) + 1
    introducer = ask.first_human[first]
    keep = np.flatnonzero(
        (introducer != goal) & (human != goal) & (human != introducer) & (steps + least_rest <= bound[first])
    )
    return Standing(first[keep], vertex[keep], human[keep], steps[keep], open_[keep])


UNBOUNDED = INFINITY - 1
