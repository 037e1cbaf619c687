"""From "these humans in this order, at this cost" to the very legs, with their evidence."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import numpy as np

from contacts.graph.laying import STEP, Laid
from contacts.graph.questions import Leg, Path, Source


def spell(laid: Laid, humans: tuple[int, ...], steps: int) -> Path:
    """The path asker -> humans[0] -> ... -> humans[-1] that costs exactly these steps.

    Where several legs of equal cost serve (a human with several vertices), the one with the least (tail, head, source)
    is told, leg by leg. Raises LookupError if there is no such path: the search and the rules would then disagree.
    """
    at = bisect_left(laid.first_human, humans[0])
    cost = steps // STEP
    first = Leg(
        tail=laid.asker,
        head=int(laid.first_head[at]),
        source=Source.OWN,
        depth=0,
        cost=int(laid.first_cost[at]),
        load=_load(laid, humans[0]),
    )
    found = next(_continue(laid, humans, (first,), cost - first.cost - first.load), None)
    if found is None:
        raise LookupError(f"no path over {humans} costs {cost}")
    if laid.outside.size:
        found = tuple(
            Leg(laid.name(leg.tail), laid.name(leg.head), leg.source, leg.depth, leg.cost, leg.load) for leg in found
        )
    vertices = tuple(laid.name(human) for human in (_together(laid, laid.asker)[0], *humans))
    return Path(cost=cost, vertices=vertices, legs=found)


def _continue(laid: Laid, humans: tuple[int, ...], legs: tuple[Leg, ...], left: int) -> Iterator[tuple[Leg, ...]]:
    depth = len(legs)
    if depth == len(humans):
        if left == 0:
            yield legs
        return
    for leg in _choices(laid, legs[-1], humans[depth - 1], humans[depth], depth, last=depth == len(humans) - 1):
        if leg.cost + leg.load <= left:
            yield from _continue(laid, humans, (*legs, leg), left - leg.cost - leg.load)


def _choices(laid: Laid, before: Leg, tail: int, head: int, depth: int, *, last: bool) -> list[Leg]:
    """Every leg from one human to the next that may follow the leg before, least (tail, head, source) first."""
    load = 0 if last else _load(laid, head)
    choices = []
    for u in _together(laid, tail):
        if not _opens(laid, before, u):
            continue
        for v in _together(laid, head):
            cost = _shared_cost(laid, u, v, depth)
            if cost is not None:
                choices.append(Leg(u, v, Source.SHARED, depth, cost, load))
    for i in range(bisect_left(laid.known_tail, tail), bisect_right(laid.known_tail, tail)):
        if laid.known_head[i] == head:
            u, v, cost = int(laid.known_u[i]), int(laid.known_v[i]), int(laid.known_cost[i])
            choices.append(Leg(u, v, Source.ACQUAINTANCE, depth, cost, load))
    return sorted(choices, key=lambda leg: (leg.tail, leg.head, leg.source))


def _opens(laid: Laid, before: Leg, owner: int) -> bool:
    """Whether a shared tie of this owner may follow: the tail of the leg before and the owner are connected."""
    passers = [before.tail]
    if before.source is Source.ACQUAINTANCE:
        circle = laid.question.circle
        if circle is not None and laid.name(owner) not in circle:
            return False
        passers = _together(laid, before.tail)
    return bool(laid.connected(np.array(passers), np.full(len(passers), owner)).any())


def _together(laid: Laid, vertex: int) -> list[int]:
    """All vertices of the human that this vertex belongs to, least first."""
    vertices: list[int] = sorted(laid.vertices_of(laid.human(np.array([vertex])))[0].tolist())
    return vertices


def _load(laid: Laid, human: int) -> int:
    return int(laid.load_of(np.array([human]))[0])


def _shared_cost(laid: Laid, owner: int, target: int, depth: int) -> int | None:
    if owner in laid.stale or owner >= laid.snapshot.n:
        ties = laid.patch[laid.patch[:, 0] == owner][:, 1:]
    else:
        ties = laid.snapshot.ties_of(owner)
    found = ties[(ties[:, 0] == target) & (ties[:, 2] >= depth)]
    return int(found[0, 1]) if len(found) else None
