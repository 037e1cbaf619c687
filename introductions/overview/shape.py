"""The figures of a network: layers and who slid, what rests, groups and bridges, where it is thick. Numbers only.

Sources: Dunbar's layers of 5, 15, 50 and 150 (Hill and Dunbar, "Social network size in humans", 2003); constraint and
effective size (Burt, Structural Holes, 1992; contacts/graph/ego.py); groups by modularity (communities.py there).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contacts.graph import Undirected, communities, ego_figures

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LAYERS: Final = (5, 15, 50, 150)
SLID: Final = 0.1
"""A tie that lost so much of its strength in a quarter has slid."""
UNKNOWN: Final = 0.15
"""The weight of a tie of which nothing is recorded: as the paths take it."""
GROUP: Final = 3
"""Fewer are no group."""


def layers(strength: Floats) -> Ints:
    """int64[people]: the layer of each, 5, 15, 50 or 150, by strength; 0 beyond, and where nothing is known.

    Of equal strengths the first come first.
    """
    found = np.zeros(strength.size, np.int64)
    order = np.argsort(-np.nan_to_num(strength, nan=-1.0), kind="stable")
    order = order[~np.isnan(strength[order])]
    start = 0
    for layer in LAYERS:
        found[order[start:layer]] = layer
        start = layer
    return found


def slid(before: Floats, now: Floats) -> Ints:
    """Who lost SLID or more since, the greatest loss first."""
    loss = np.nan_to_num(before, nan=0.0) - np.nan_to_num(now, nan=0.0)
    found = np.flatnonzero(loss >= SLID)
    return found[np.argsort(-loss[found], kind="stable")]


@dataclass(frozen=True, eq=False)
class Shape:
    """A member's people as a network, the member left out of the groups.

    contacts, ties: how many people, and how many pairs of them know each other. effective, constraint: of the member;
    NaN without anybody. group: int64[people], by size, or -1 for somebody in none of GROUP or more.
    reaches: by person who joins groups, which groups besides their own.
    """

    contacts: int
    ties: int
    effective: float
    constraint: float
    group: Ints
    reaches: dict[int, list[int]]


def shape(strength: Floats, pairs: Sequence[tuple[int, int, float]]) -> Shape:
    """strength: float64[people], NaN where unknown. pairs: (a, b, weight), who knows whom."""
    people = strength.size
    weight = np.where(np.isnan(strength), UNKNOWN, np.maximum(strength, 0.01))
    tails, heads = (np.array([pair[at] for pair in pairs], np.int64) for at in (0, 1))
    weights = [pair[2] for pair in pairs]
    # The member is the last vertex: everybody is tied to them.
    whole = Undirected.build(
        people + 1,
        np.concatenate((np.arange(people), tails)),
        np.concatenate((np.full(people, people), heads)),
        np.concatenate((weight, np.array(weights, np.float64))),
    )
    figures = ego_figures(whole, [people])
    among = Undirected.build(people, tails, heads, weights)
    label = communities(among)
    sizes = np.bincount(label, minlength=1)
    group = np.where(sizes[label] >= GROUP, label, -1) if people else label
    reaches: dict[int, list[int]] = {}
    for person in range(people):
        others = set(group[among.neighbours(person)].tolist()) - {-1, int(group[person])}
        if others:
            reaches[person] = sorted(others)
    return Shape(
        contacts=people,
        ties=int(figures.ties_among[0]),
        effective=float(figures.effective[0]),
        constraint=float(figures.constraint[0]),
        group=group,
        reaches=reaches,
    )


def joiners(found: Shape, most: int) -> list[int]:
    """Those without whom groups would not meet: by how few others join the same two groups, then by person."""
    by_pair: Counter[tuple[int, int]] = Counter()
    for person, others in found.reaches.items():
        by_pair.update(_pairs(found, person, others))
    rare = {
        person: min(by_pair[pair] for pair in _pairs(found, person, others))
        for person, others in found.reaches.items()
        if _pairs(found, person, others)
    }
    return sorted(rare, key=lambda person: (rare[person], -len(found.reaches[person]), person))[:most]


def _pairs(found: Shape, person: int, others: Iterable[int]) -> list[tuple[int, int]]:
    own = int(found.group[person])
    reached = sorted({*others, own} - {-1})
    if own >= 0:
        return [(min(own, other), max(own, other)) for other in reached if other != own]
    return [(a, b) for place, a in enumerate(reached) for b in reached[place + 1 :]]


def common(words: Iterable[str], most: int) -> list[tuple[str, int]]:
    """The most frequent words, whatever their case, as they are written most often; with how often."""
    spelled: dict[str, Counter[str]] = {}
    for word in words:
        if word.strip():
            spelled.setdefault(word.strip().casefold(), Counter())[word.strip()] += 1
    found = [(sorted(forms, key=lambda form: (-forms[form], form))[0], forms.total()) for forms in spelled.values()]
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:most]


def named(groups: Sequence[Sequence[dict[str, Any]]]) -> list[str]:
    """What each group has in common: an organisation, a place or a tag that half of it shares; empty where nothing."""
    names = []
    for people in groups:
        best = ""
        for texts in (
            [one["organisation"] for one in people],
            [tag for one in people for tag in one["tags"]],
            [one["place"] for one in people],
        ):
            found = common(texts, 1)
            if found and found[0][1] * 2 >= len(people):
                best = found[0][0]
                break
        names.append(best)
    return names


def placed(strength: Floats, group: Ints) -> tuple[Floats, Floats]:
    """Where each person stands on the map, the member at (0, 0): the closer the tie, the nearer, from 0.18 to 0.95.

    Each group has a sector as wide as it has people, the largest first; whoever stands in none follows behind, on half
    of the circle at most. Within a sector people are turned by the golden ratio, so that those of one strength stand
    apart. The same figures give the same map.
    """
    near = np.where(np.isnan(strength), 0.0, np.clip(strength, 0.0, 1.0))
    distance = 0.95 - 0.77 * near
    order = np.lexsort((np.arange(strength.size), -near, np.where(group < 0, np.iinfo(np.int64).max, group)))
    grouped = int((group >= 0).sum())
    alone = max(strength.size - grouped, 0)
    weight = min(1.0, grouped / alone) if grouped and alone else 1.0
    whole = grouped + weight * alone
    angle, begin = np.empty(strength.size), 0.0
    for label in dict.fromkeys(group[order].tolist()):
        mine = order[group[order] == label]
        width = mine.size * (weight if label < 0 else 1.0) / whole
        share = (0.5 + (np.arange(mine.size) * 0.6180339887498949) % 1.0 * (mine.size - 1)) / mine.size
        angle[mine] = 2.0 * np.pi * (begin + width * share)
        begin += width
    return distance * np.cos(angle), distance * np.sin(angle)
