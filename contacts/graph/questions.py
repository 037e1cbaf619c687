"""What is asked of the network, and what comes back. Numbers only: no row, no person, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from contacts.graph.costs import MAX_COST, MIN_COST, chance_of

MAX_INTRODUCERS = 3
MAX_REACH = 3
MAX_VERTEX = 2**31 - 2

Table = Sequence[Sequence[int]] | NDArray[Any]
"""Rows of whole numbers, as tuples or as one two-dimensional array."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Question:
    """Everything about an asker that the snapshot does not hold, or must not be trusted to hold fresh.

    asker:        vertex of the asker's account. Only its connections open other members' shared ties.
    own_ties:     rows (vertex, cost): whom the asker knows. Any reach, read fresh; the asker's rows in the snapshot
                  are not used. One row for each handle vertex of a card.
    acquaintances: rows (u, v, cost): "u knows v", the asker's own record. Directed (give both rows if both ways),
                  usable from any vertex at any depth, for this asker alone; needs no connection and no account.
    joined:       groups of vertices that the asker's cards join as one human. Groups that overlap become one.
    ask_load:     vertex -> cost added when this vertex is asked as an introducer (not when it is the target).
                  The vertices of one human add up.
    blocked:      vertices that may be neither introducer nor target. A whole human is blocked by one vertex.
    blocked_ties: rows (owner, target): shared ties that are not to be used, wherever they stand.
    blocked_connections: rows (a, b), either order: connections that ended since the snapshot.
    new_connections: rows (a, b), either order: connections made since the snapshot. One that is blocked too is not.
    stale_owners: whose ties in the snapshot are not to be used, since their rows were read afresh.
    fresh_ties:   rows (owner, target, cost, reach): shared ties beside those of the snapshot. Of several ties of one
                  owner to one target the one of the greatest reach counts, and among those the cheapest.
    circle:       owners to whose shared ties an acquaintance may lead; None for all.
    max_introducers: 1..3 people between asker and target.

    Vertices that the snapshot does not have yet are allowed everywhere; they have no shared ties. Costs 1..16383,
    loads 0 and more. Raises ValueError on anything else. Tables are kept as read-only int64 arrays.
    """

    asker: int
    own_ties: Table
    acquaintances: Table = ()
    joined: Sequence[Sequence[int]] = ()
    ask_load: Mapping[int, int] = field(default_factory=dict)
    blocked: Sequence[int] = ()
    blocked_ties: Table = ()
    blocked_connections: Table = ()
    new_connections: Table = ()
    stale_owners: Sequence[int] = ()
    fresh_ties: Table = ()
    circle: Sequence[int] | None = None
    max_introducers: int = 1
    top: int = field(init=False, repr=False)
    """The greatest vertex that is named."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_introducers <= MAX_INTRODUCERS:
            raise ValueError(f"max_introducers lies in 1..{MAX_INTRODUCERS}, not {self.max_introducers}")
        own = self._keep("own_ties", self.own_ties, 2)
        known = self._keep("acquaintances", self.acquaintances, 3)
        fresh = self._keep("fresh_ties", self.fresh_ties, 4)
        loads = np.array(list(self.ask_load.items()), np.int64).reshape(-1, 2)
        for costs in (own[:, 1], known[:, 2], fresh[:, 2]):
            _check("cost", costs, MIN_COST, MAX_COST)
        _check("ask_load", loads[:, 1], 0, MAX_COST)
        _check("reach", fresh[:, 3], 0, MAX_REACH)
        if (fresh[:, 0] == fresh[:, 1]).any():
            raise ValueError("a vertex has no tie to itself")
        top = self.asker
        for vertices in (
            own[:, 0],
            known[:, :2],
            fresh[:, :2],
            loads[:, 0],
            *(self._keep(name, getattr(self, name), 2) for name in ("blocked_ties", "blocked_connections")),
            self._keep("new_connections", self.new_connections, 2),
            np.array([self.asker, *self.blocked, *self.stale_owners, *(self.circle or ())], np.int64),
            np.array([v for group in self.joined for v in group], np.int64),
        ):
            if vertices.size:
                _check("vertex", vertices, 0, MAX_VERTEX)
                top = max(top, int(vertices.max()))
        object.__setattr__(self, "top", top)

    def _keep(self, name: str, rows: Table, width: int) -> NDArray[np.int64]:
        table = np.array(rows, np.int64).reshape(-1, width) if len(rows) else np.empty((0, width), np.int64)
        table.flags.writeable = False
        object.__setattr__(self, name, table)
        return table


class Source(StrEnum):
    """Where the evidence of a leg stands."""

    OWN = "own tie"
    SHARED = "shared tie"
    ACQUAINTANCE = "acquaintance"


class Leg(NamedTuple):
    """One step of a path: `tail` passes the request on to `head`.

    tail, head: the very vertices that the tie runs between (one human may have several; see Question.joined).
    depth:      0 for the asker's own tie, then 1, 2, 3.
    cost:       of the tie itself.
    load:       the head's ask-load, 0 where the head is the target.
    """

    tail: int
    head: int
    source: Source
    depth: int
    cost: int
    load: int

    @property
    def chance(self) -> float:
        """That head says yes to what tail passes on, how often head was asked lately included."""
        return chance_of(self.cost + self.load)


class Path(NamedTuple):
    """One way to be introduced: asker, introducers in the order they are asked, target.

    cost:     sum of the legs' costs and loads.
    vertices: the humans, each named by its smallest joined vertex.
    """

    cost: int
    vertices: tuple[int, ...]
    legs: tuple[Leg, ...]

    @property
    def chance(self) -> float:
        """That everyone on the way, the target too, says yes: exp(-cost / 2048), the product over the legs."""
        return chance_of(self.cost)

    @property
    def introducers(self) -> tuple[int, ...]:
        return self.vertices[1:-1]

    @property
    def weakest(self) -> Leg:
        """The leg least likely to hold; the earliest of equals."""
        return max(self.legs, key=lambda leg: (leg.cost + leg.load, -leg.depth))


@dataclass(slots=True)
class Work:
    """Counts what a search touched. Pass one in to have it added up."""

    ties: int = 0
    """Ties read from the snapshot's rows."""
    exact_repeats: int = 0
    """Targets of best_to_each that needed a search of their own (see docs/decisions/0004-path-engine.md)."""


def _check(name: str, values: NDArray[np.int64], low: int, high: int) -> None:
    if values.size and (values.min() < low or values.max() > high):
        raise ValueError(f"{name} lies in {low}..{high}; got {values.min()}..{values.max()}")
