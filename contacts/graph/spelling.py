"""From "these humans in this order, at this cost" to the very legs, with their evidence."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from contacts.graph.asking import STEP, Asking
from contacts.graph.questions import Leg, Path, Source
from contacts.graph.snapshot import COST_BITS


def spell(ask: Asking, humans: tuple[int, ...], steps: int) -> Path:
    """The path asker -> humans[0] -> ... -> humans[-1] that costs exactly these steps.

    Where several legs of equal cost serve (a human with several vertices), the one with the least (tail, head, source)
    is told, leg by leg. Raises LookupError if there is no such path: the search and the rules would then disagree.
    """
    at = bisect_left(ask.first_human, humans[0])
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
    return Path(cost=cost, vertices=(ask.together(ask.question.asker)[0], *humans), legs=found)


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
    for u in ask.together(tail):
        if u >= ask.snapshot.n or not _opens(ask, before, u):
            continue
        for v in ask.together(head):
            cost = _shared_cost(ask, u, v, depth)
            if cost is not None:
                choices.append(Leg(u, v, Source.SHARED, depth, cost, load))
    for i in range(bisect_left(ask.known_tail, tail), bisect_left(ask.known_tail, tail + 1)):
        if ask.known_head[i] == head:
            u, v, cost = int(ask.known_u[i]), int(ask.known_v[i]), int(ask.known_cost[i])
            choices.append(Leg(u, v, Source.ACQUAINTANCE, depth, cost, load))
    return sorted(choices, key=lambda leg: (leg.tail, leg.head, leg.source))


def _opens(ask: Asking, before: Leg, owner: int) -> bool:
    """Whether a shared tie of this owner may follow: the tail of the leg before and the owner are connected."""
    passers = ask.together(before.tail) if before.source is Source.ACQUAINTANCE else (before.tail,)
    return any(ask.linked(passer, owner) for passer in passers)


def _shared_cost(ask: Asking, owner: int, target: int, depth: int) -> int | None:
    out = ask.snapshot.out
    begin = int(out.start[owner])
    end = begin + int(out.prefix[depth, owner])
    at = (out.peer[begin:end] == target).nonzero()[0]
    if not at.size or ask.withdrawn(owner, target):
        return None
    return int(out.weight[begin + at[0]] & COST_BITS)
