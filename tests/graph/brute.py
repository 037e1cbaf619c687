"""Every introduction path of a small world, by walking all of them. Shares no code with the engine but its types.

A world is plain lists; the rules are read off the module docstring of contacts/graph/paths.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from contacts.graph import Leg, Path, Question, Snapshot, Source


@dataclass(frozen=True)
class World:
    """Ties (owner, target, cost, reach), connections (a, b), and everything that a Question holds."""

    n: int
    ties: tuple[tuple[int, int, int, int], ...] = ()
    connections: tuple[tuple[int, int], ...] = ()
    asker: int = 0
    own_ties: tuple[tuple[int, int], ...] = ()
    acquaintances: tuple[tuple[int, int, int], ...] = ()
    joined: tuple[tuple[int, ...], ...] = ()
    ask_load: dict[int, int] = field(default_factory=dict)
    blocked: tuple[int, ...] = ()
    blocked_ties: tuple[tuple[int, int], ...] = ()
    blocked_connections: tuple[tuple[int, int], ...] = ()
    new_connections: tuple[tuple[int, int], ...] = ()
    stale_owners: tuple[int, ...] = ()
    fresh_ties: tuple[tuple[int, int, int, int], ...] = ()
    circle: tuple[int, ...] | None = None
    max_introducers: int = 3

    def but(self, **changes: Any) -> World:
        return replace(self, **changes)

    def snapshot(self) -> Snapshot:
        columns = list(zip(*self.ties, strict=True)) or [(), (), (), ()]
        return Snapshot.build(
            n=self.n,
            owner=columns[0],
            target=columns[1],
            cost=columns[2],
            reach=columns[3],
            connections=self.connections,
        )

    def question(self) -> Question:
        return Question(
            asker=self.asker,
            own_ties=self.own_ties,
            acquaintances=self.acquaintances,
            joined=self.joined,
            ask_load=self.ask_load,
            blocked=self.blocked,
            blocked_ties=self.blocked_ties,
            blocked_connections=self.blocked_connections,
            new_connections=self.new_connections,
            stale_owners=self.stale_owners,
            fresh_ties=self.fresh_ties,
            circle=self.circle,
            max_introducers=self.max_introducers,
        )

    def human_of(self, vertices: int) -> dict[int, frozenset[int]]:
        humans = {v: frozenset([v]) for v in range(vertices)}
        for group in self.joined:
            union = frozenset().union(*(humans[v] for v in group)) if group else frozenset()
            for v in union:
                humans[v] = union
        return humans


def all_paths(world: World, vertices: int) -> dict[int, list[Path]]:
    """By target vertex (of 0..vertices-1): every path there, in the order the engine promises."""
    humans = world.human_of(vertices)
    shared: dict[tuple[int, int], tuple[int, int]] = {}
    for u, v, cost, reach in (*(t for t in world.ties if t[0] not in world.stale_owners), *world.fresh_ties):
        if (u, v) not in shared or (reach, -cost) > (shared[u, v][1], -shared[u, v][0]):
            shared[u, v] = (cost, reach)
    for u, v in world.blocked_ties:
        shared.pop((u, v), None)
    links = {pair for a, b in (*world.connections, *world.new_connections) for pair in ((a, b), (b, a))}
    links -= {pair for a, b in world.blocked_connections for pair in ((a, b), (b, a))}
    out = set(humans[world.asker]).union(*(humans[v] for v in world.blocked))
    loads = {v: min(16383, sum(world.ask_load.get(w, 0) for w in humans[v])) for v in range(vertices)}

    def legs_from(before: Leg) -> Iterator[Leg]:
        depth, here = before.depth + 1, humans[before.head]
        for (u, v), (cost, reach) in shared.items():
            if u in here and reach >= depth:
                passers = humans[before.tail] if before.source is Source.ACQUAINTANCE else {before.tail}
                is_known = before.source is Source.ACQUAINTANCE
                if is_known and world.circle is not None and u not in world.circle:
                    continue
                if any((w, u) in links for w in passers):
                    yield Leg(u, v, Source.SHARED, depth, cost, loads[v])
        for u, v, cost in world.acquaintances:
            if humans[u] == here:
                yield Leg(u, v, Source.ACQUAINTANCE, depth, cost, loads[v])

    found: dict[int, list[Path]] = {v: [] for v in range(vertices)}

    def walk(legs: tuple[Leg, ...], met: tuple[frozenset[int], ...]) -> None:
        if len(legs) >= 2:
            told = (*legs[:-1], legs[-1]._replace(load=0))
            names = (min(humans[world.asker]), *(min(human) for human in met))
            path = Path(sum(leg.cost + leg.load for leg in told), names, told)
            for v in met[-1]:
                found[v].append(path)
        if len(legs) <= world.max_introducers:
            for leg in legs_from(legs[-1]):
                if leg.head not in out and humans[leg.head] not in met:
                    walk((*legs, leg), (*met, humans[leg.head]))

    for v, cost in world.own_ties:
        if v not in out:
            walk((Leg(world.asker, v, Source.OWN, 0, cost, loads[v]),), (humans[v],))
    for paths in found.values():
        paths.sort(key=lambda p: (p.cost, len(p.legs), p.vertices, [(g.tail, g.head, g.source) for g in p.legs]))
    return found


def best_over_each_introducer(paths: list[Path]) -> list[Path]:
    """The first path of each first introducer, in order."""
    first: dict[int, Path] = {}
    for path in paths:
        first.setdefault(path.vertices[1], path)
    return list(first.values())
