"""One person's place among the people they know: mutual contacts, Burt's effective size and constraint.

With m(i, j) = a(i, j) + a(j, i) the mutual weight of two people, N(i) whom i is tied to, and

    p(i, j) = m(i, j) / sum over k of m(i, k)         the share of i's ties that goes to j
    s(j, q) = m(j, q) / max over k of m(j, k)         how q stands beside the one whom j is closest to

    effective size of i = sum over j in N(i) of ( 1 - sum over q in N(i) of p(i, q) s(j, q) )
    constraint on i     = sum over j in N(i) of ( p(i, j) + sum over q in N(i) of p(i, q) p(q, j) ) ^ 2

Effective size counts the contacts that do not repeat each other: for ties of equal weight it is n - 2t/n, n contacts
with t ties among them (Borgatti). Constraint is high where all time goes to few people, or to people who know each
other. Source: Burt, Structural Holes, Harvard 1992, chapter 2; Borgatti, "Structural holes: unpacking Burt's
redundancy measures", Connections 20(1), 1997. Equal to networkx 3.6 on its own examples, on two published weighted
networks and on random ones (tests/graph/test_ego.py). Both say something about ties that are recorded: two
contacts who know each other without the member knowing it look like a gap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contacts.graph.undirected import Floats, Ints, Undirected


@dataclass(frozen=True, eq=False)
class EgoFigures:
    """Figures of some vertices, one item each, in the order in which they were asked for. NaN where nobody is known.

    contacts:    int64, how many neighbours
    ties_among:  int64, ties between these neighbours
    effective:   float64, effective size, 1..contacts where the ties weigh the same
    constraint:  float64, 1 for a single contact, falling towards 0 with many who do not know each other; small tight
                 groups can exceed 1
    """

    vertices: Ints
    contacts: Ints
    ties_among: Ints
    effective: Floats
    constraint: Floats

    @property
    def efficiency(self) -> Floats:
        """Effective size over contacts: the share of the ties that does not repeat another."""
        share: Floats = self.effective / np.where(self.contacts > 0, self.contacts, 1)
        return share


def mutual_contacts(network: Undirected, a: int, b: int) -> Ints:
    """Whom both know, ascending. O(both degrees)."""
    return np.intersect1d(network.neighbours(a), network.neighbours(b), assume_unique=True)


def ego_figures(network: Undirected, vertices: Iterable[int] | NDArray[np.int64] | None = None) -> EgoFigures:
    """The figures of these vertices, of all where none are named. O(entries + sum of the neighbours' degrees)."""
    chosen = np.arange(network.n) if vertices is None else np.fromiter(vertices, np.int64)
    if chosen.size and (chosen.min() < 0 or chosen.max() >= network.n):
        raise ValueError(f"vertices lie in 0..{network.n - 1}")
    tail = np.repeat(np.arange(network.n), network.degree)
    share = network.weight / network.strength[tail]
    highest = np.zeros(network.n)
    np.maximum.at(highest, tail, network.weight)
    beside = network.weight / highest[tail]

    place = np.full(network.n, -1)
    contacts, among = np.zeros(chosen.size, np.int64), np.zeros(chosen.size, np.int64)
    effective, constraint = np.full(chosen.size, np.nan), np.full(chosen.size, np.nan)
    for i, vertex in enumerate(chosen.tolist()):
        mine = slice(network.start[vertex], network.start[vertex + 1])
        known, mine_share = network.peer[mine], share[mine]
        if not known.size:
            continue
        place[known] = np.arange(known.size)
        at, q = network.rows(known)
        inside = place[network.peer[at]] >= 0
        at, q = at[inside], q[inside]
        j = place[network.peer[at]]
        place[known] = -1
        contacts[i], among[i] = known.size, at.size // 2
        # An entry (q, j) is a tie among the contacts, met once from either end: read as q's tie to j for the
        # constraint, and as j's (here called q) tie to q for the effective size.
        effective[i] = known.size - float((mine_share[j] * beside[at]).sum())
        indirect = np.bincount(j, mine_share[q] * share[at], minlength=known.size)
        constraint[i] = float(((mine_share + indirect) ** 2).sum())
    return EgoFigures(chosen, contacts, among, effective, constraint)
