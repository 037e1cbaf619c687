"""Groups of people who know each other better than they know the rest, for the map of a network.

Maximises modularity, the weight inside groups beyond what chance would put there,

    Q = sum over groups c of ( inside(c) / 2W - resolution * (total(c) / 2W) ^ 2 )

where 2W is the sum of all mutual weights, inside(c) that part of it whose both ends lie in c, and total(c) that part
with a first end in c. The method is Leiden (Traag, Waltman and van Eck, "From Louvain to Leiden", Scientific Reports
9:5233, 2019): move vertices while Q grows, split each group into its well connected parts, merge those parts into
vertices of a smaller network, again; no group falls apart into people without a tie between them. Where Leiden draws
lots, this takes the best move and, among equals, the lowest number: the same network gives the same groups
everywhere. The best Q is hard to find (the problem is NP-hard) and close ones may group people differently, so a map
is a view and no fact. About O(edges) for each round, and few rounds.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from contacts.graph.undirected import Ints, Undirected

ROUNDS = 10
"""More are never needed to stand still on the networks tried; a bound for those that were not."""
GAIN = 1e-12
"""Less than this is rounding."""


@dataclass(slots=True)
class _Level:
    """A network of merged vertices: neighbours and weights in lists, `total` a vertex's weights with its inner ones."""

    near: list[list[tuple[int, float]]]
    total: list[float]


def modularity(network: Undirected, label: Ints, *, resolution: float = 1.0) -> float:
    """Q of a grouping, label int64[n]. 0 where there is no tie. O(edges)."""
    whole = float(network.weight.sum())
    if not whole:
        return 0.0
    tail = np.repeat(np.arange(network.n), network.degree)
    inside = float(network.weight[label[tail] == label[network.peer]].sum())
    totals = np.bincount(label, network.strength)
    return inside / whole - resolution * float(((totals / whole) ** 2).sum())


def communities(network: Undirected, *, resolution: float = 1.0) -> Ints:
    """int64[n]: the group of each vertex, numbered from 0 by size, the largest first, then by least vertex.

    resolution: above 1 gives more and smaller groups. A vertex without ties is a group of its own.
    """
    if resolution <= 0.0:
        raise ValueError("resolution lies above 0")
    label = list(range(network.n))
    best = modularity(network, np.array(label, np.int64), resolution=resolution)
    for _ in range(ROUNDS):
        proposed = _round(network, label, resolution)
        found = modularity(network, np.array(proposed, np.int64), resolution=resolution)
        if found <= best + GAIN:
            break
        label, best = proposed, found
    return _numbered(np.array(label, np.int64))


def _round(network: Undirected, label: list[int], resolution: float) -> list[int]:
    """One descent: from single people to the coarsest network, starting from the groups given."""
    # Weights as parts of the whole: gains are then in units of Q, whatever the weights were.
    whole = float(network.weight.sum()) or 1.0
    start, peer, weight = network.start.tolist(), network.peer.tolist(), (network.weight / whole).tolist()
    near = [list(zip(peer[a:b], weight[a:b], strict=True)) for a, b in pairwise(start)]
    level = _Level(near, (network.strength / whole).tolist())
    of = list(range(network.n))  # which vertex of this level each person is in
    group = list(label)
    while True:
        group = _move(level, group, resolution)
        part = _refine(level, group, resolution)
        names = {name: i for i, name in enumerate(dict.fromkeys(part))}
        if len(names) == len(part):
            return _hanging_together(near, [group[v] for v in of])
        part = [names[p] for p in part]
        merged_group = [0] * len(names)
        for v, p in enumerate(part):
            merged_group[p] = group[v]
        relabel = {name: i for i, name in enumerate(dict.fromkeys(merged_group))}
        group = [relabel[g] for g in merged_group]
        level = _merge(level, part, len(names))
        of = [part[v] for v in of]


def _move(level: _Level, group: list[int], resolution: float) -> list[int]:
    """Moves vertices to the group where Q grows most, until none wants to; only neighbours of the moved ask again."""
    near, total = level.near, level.total
    size = len(near)
    group = list(group)
    weights = [0.0] * size
    members = [0] * size
    for v, g in enumerate(group):
        weights[g] += total[v]
        members[g] += 1
    empty = [g for g in range(size - 1, -1, -1) if not members[g]]
    queue = deque(range(size))
    waiting = [True] * size
    while queue:
        v = queue.popleft()
        waiting[v] = False
        own, mine = group[v], total[v]
        to: dict[int, float] = {}
        for u, w in near[v]:
            g = group[u]
            to[g] = to.get(g, 0.0) + w
        weights[own] -= mine
        stay = to.get(own, 0.0) - resolution * mine * weights[own]
        best, where = stay, own
        for g, w in to.items():
            gain = w - resolution * mine * weights[g]
            if gain > best + GAIN or (gain > best - GAIN and where != own and g < where):
                best, where = gain, g
        if best < -GAIN and members[own] > 1 and empty:
            where = empty.pop()  # better alone than in any of them
        weights[where] += mine
        if where != own:
            members[own] -= 1
            members[where] += 1
            if not members[own]:
                empty.append(own)
            group[v] = where
            for u, _ in near[v]:
                if group[u] != where and not waiting[u]:
                    waiting[u] = True
                    queue.append(u)
    return group


def _refine(level: _Level, group: list[int], resolution: float) -> list[int]:
    """Each group cut into parts that hang together: single vertices join a part of their group where Q grows most.

    Only what is well connected with the rest of its group moves or is joined, as in the paper.
    """
    near, total = level.near, level.total
    size = len(near)
    whole = [0.0] * size
    for v, g in enumerate(group):
        whole[g] += total[v]
    part = list(range(size))
    weight = list(total)
    inner = [sum(w for u, w in near[v] if group[u] == group[v]) for v in range(size)]  # of a part to its group's rest
    single = [True] * size
    for v in range(size):
        g, mine = group[v], total[v]
        if not single[v] or inner[v] < resolution * mine * (whole[g] - mine):
            continue
        to: dict[int, float] = {}
        for u, w in near[v]:
            if group[u] == g:
                to[part[u]] = to.get(part[u], 0.0) + w
        best, where = GAIN, v
        for p, w in to.items():
            if inner[p] < resolution * weight[p] * (whole[g] - weight[p]):
                continue
            gain = w - resolution * mine * weight[p]
            if gain > best + GAIN or (gain > best - GAIN and where != v and p < where):
                best, where = gain, p
        if where != v:
            part[v] = where
            weight[where] += mine
            inner[where] += inner[v] - 2.0 * to[where]
            single[where] = False
    return part


def _merge(level: _Level, part: list[int], parts: int) -> _Level:
    """The network whose vertices are the parts. Weight inside a part stays in its total alone."""
    total = [0.0] * parts
    joined: list[dict[int, float]] = [{} for _ in range(parts)]
    for v, p in enumerate(part):
        total[p] += level.total[v]
        row = joined[p]
        for u, w in level.near[v]:
            q = part[u]
            if q != p:
                row[q] = row.get(q, 0.0) + w
    return _Level([sorted(row.items()) for row in joined], total)


def _hanging_together(near: list[list[tuple[int, float]]], group: list[int]) -> list[int]:
    """Each group cut into its connected pieces, named by their least vertex. That never makes Q less."""
    piece = [-1] * len(near)
    for first in range(len(near)):
        if piece[first] >= 0:
            continue
        piece[first] = first
        open_ = [first]
        while open_:
            v = open_.pop()
            for u, _ in near[v]:
                if piece[u] < 0 and group[u] == group[first]:
                    piece[u] = first
                    open_.append(u)
    return piece


def _numbered(label: Ints) -> Ints:
    _, first, at, size = np.unique(label, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(size.size, np.int64)
    rank[np.lexsort((first, -size))] = np.arange(size.size)
    numbered: Ints = rank[at.ravel()]
    return numbered
