"""From "these humans in this order, at this cost" to the very legs, with their evidence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from contacts.graph.asking import STEP, Asking
from contacts.graph.questions import Leg, Path, Source
from contacts.graph.snapshot import COST_BITS


def spell(ask: Asking, humans: tuple[int, ...], steps: int) -> Path:
    """The path asker -> humans[0] -> ... -> humans[-1] that costs exactly these steps.

    Where several legs of equal cost serve (a human with several vertices), the one with the least (tail, head, source)
    is told, leg by leg. Raises LookupError if there is no such path: the search and the rules would then disagree.
    """
    at = int(np.searchsorted(ask.first_human, humans[0]))
    cost = steps // STEP
    first = Leg(
        tail=ask.question.asker,
        head=int(ask.first_head[at]),
        source=Source.OWN,
        depth=0,
        cost=int(ask.first_cost[at]),
        load=int(ask.load[humans[0]]),
    )
    found = next(_continue(ask, humans, (first,), cost - first.cost - first.load), None)
    if found is None:
        raise LookupError(f"no path over {humans} costs {cost}")
    asker = int(ask.human(np.array([ask.question.asker]))[0])
    return Path(cost=cost, vertices=(asker, *humans), legs=found)


def _continue(ask: Asking, humans: tuple[int, ...], legs: tuple[Leg, ...], left: int) -> Iterator[tuple[Leg, ...]]:
    depth = len(legs)
    if depth == len(humans):
        if left == 0:
            yield legs
        return
    for leg in _choices(ask, legs[-1], humans[depth - 1], humans[depth], depth, last=depth == len(humans) - 1):
        if leg.cost + leg.load <= left:
            yield from _continue(ask, humans, (*legs, leg), left - leg.cost - leg.load)


def _choices(ask: Asking, before: Leg, tail: int, head: int, depth: int, *, last: bool) -> list[Leg]:
    """Every leg from one human to the next that may follow the leg before, least (tail, head, source) first."""
    load = 0 if last else int(ask.load[head])
    choices = []
    for u in _vertices(ask, tail):
        if u >= ask.snapshot.n or not _opens(ask, before, u):
            continue
        for v in _vertices(ask, head):
            cost = _shared_cost(ask, u, v, depth)
            if cost is not None:
                choices.append(Leg(u, v, Source.SHARED, depth, cost, load))
    for i in range(*np.searchsorted(ask.known_tail, [tail, tail + 1])):
        if ask.known_head[i] == head:
            u, v, cost = int(ask.known_u[i]), int(ask.known_v[i]), int(ask.known_cost[i])
            choices.append(Leg(u, v, Source.ACQUAINTANCE, depth, cost, load))
    return sorted(choices, key=lambda leg: (leg.tail, leg.head, leg.source))


def _vertices(ask: Asking, human: int) -> list[int]:
    vertices: list[int] = ask.vertices_of(np.array([human]))[0].tolist()
    return vertices


def _opens(ask: Asking, before: Leg, owner: int) -> bool:
    """Whether a shared tie of this owner may follow: the tail of the leg before and the owner are connected."""
    if before.source is Source.ACQUAINTANCE:
        human = ask.human(np.array([before.tail]))
        return bool(ask.known_opens(human, np.array([owner]))[0])
    return bool(ask.connected(np.array([before.tail]), np.array([owner]))[0])


def _shared_cost(ask: Asking, owner: int, target: int, depth: int) -> int | None:
    out = ask.snapshot.out
    begin = int(out.start[owner])
    row = slice(begin, begin + int(out.prefix[depth, owner]))
    at = np.flatnonzero(out.peer[row] == target)
    if not at.size or ask.withdrawn(owner, target):
        return None
    return int(out.weight[row][at[0]] & COST_BITS)
