"""A made-up social network, realistic where it costs a search: many contacts, hubs, circles, ties of every reach.

Each person wants a log-normal number of contacts (median 200, a few have thousands) and belongs to a firm and a school
year inside a town, to a circle of one interest anywhere, to the town, and to the world. Contacts are drawn in these
circles in proportion to how many each wants. A pair knows each other both ways or one way (70 % of ties are returned).
How close it is depends on the circle, on the two, and a little on the side. Reach is the owner's default (0: 10 %,
1: 30 %, 2: 35 %, 3: 25 %), chosen otherwise for a fifth of the ties.

Every draw is a hash of seed and people, so the same numbers give the same network on every machine.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.paths.network import Network
from contacts.graph.costs import SCALE

GRID = 64
"""Costs are multiples of this, as those of shared ties are (contacts/graph/costs.py)."""
MEDIAN, SPREAD, FEWEST, MOST = 200, 0.8, 5, 5000
RETURNED = 0.7
SHARE = np.array([0.28, 0.22, 0.12, 0.26, 0.12])
"""Of a person's contacts: from the firm, the school year, the interest, the town, the world."""
CROWD = np.array([0.7, 0.7, 0.5, 0.5, 0.5])
"""At most this part of a circle is known to one of its members; the rest is drawn further out."""
CLOSENESS = np.array([-0.9, -0.8, -1.6, -1.9, -2.3])
REACH = np.array([0.10, 0.40, 0.75, 1.0])

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_ONE = np.uint64(1)


@numba.njit(cache=True, inline="always")
def _mix(x: np.uint64) -> np.uint64:
    """SplitMix64's finish: 64 bits that look like chance."""
    x = np.uint64(x) + _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@numba.njit(cache=True, inline="always")
def _unit(x: np.uint64) -> float:
    return (np.float64(x >> np.uint64(11)) + 0.5) / 9007199254740992.0


@numba.njit(cache=True, inline="always")
def _normal(x: np.uint64) -> float:
    a = _mix(x)
    return np.sqrt(-2.0 * np.log(_unit(a))) * np.cos(2.0 * np.pi * _unit(_mix(a)))


@numba.njit(cache=True)
def _draw(wanted, circle, start, member, heap, share, crowd, seed, pair):
    """Pairs low << 35 | high << 3 | kind of circle; each person draws half of what they want."""
    drawn = 0
    for person in range(wanted.size):
        left_over = 0.0
        for kind in range(share.size):
            low, high = start[kind, circle[kind, person]], start[kind, circle[kind, person] + 1]
            want = wanted[person] * share[kind] / 2.0 + left_over
            fits = crowd[kind] * (high - low - 1) / 2.0
            left_over = max(0.0, want - fits)
            want = min(want, fits)
            x = _mix(np.uint64(seed) * np.uint64(1000003) + np.uint64(person) * np.uint64(8) + np.uint64(kind))
            many = int(want) + (_unit(x) < want - int(want))
            bottom = heap[kind, low - 1] if low else 0.0
            width = heap[kind, high - 1] - bottom
            for draw in range(many):
                x = _mix(x + np.uint64(draw) + _ONE)
                mark = bottom + _unit(x) * width
                a, b = low, high - 1
                while a < b:
                    middle = (a + b) >> 1
                    if heap[kind, middle] > mark:
                        b = middle
                    else:
                        a = middle + 1
                other = member[kind, a]
                if other != person and drawn < pair.size:
                    one, two = np.uint64(min(person, other)), np.uint64(max(person, other))
                    pair[drawn] = one << np.uint64(35) | two << np.uint64(3) | np.uint64(kind)
                    drawn += 1
    return drawn


@numba.njit(cache=True, inline="always")
def _ways(pair, seed, mutual):
    """Bit 0: low knows high; bit 1: high knows low."""
    x = _mix((pair >> np.uint64(3)) * _GOLDEN + np.uint64(seed) * np.uint64(77))
    return 3 if _unit(x) < mutual else 1 + (_mix(x) & _ONE)


@numba.njit(cache=True)
def _count(pair, n, seed, mutual):
    begin = np.zeros(n + 1, np.int64)
    for x in pair:
        ways = _ways(x, seed, mutual)
        begin[np.int64(x >> np.uint64(35)) + 1] += ways & 1
        begin[np.int64(x >> np.uint64(3) & np.uint64(0xFFFFFFFF)) + 1] += ways >> 1
    return np.cumsum(begin)


@numba.njit(cache=True)
def _lay(pair, seed, mutual, begin, default, reaches, closeness, linked_share, target, cost, reach, linked):
    """The ties by owner, targets ascending (the pairs come sorted); linked: whether the pair is connected."""
    place = begin[:-1].copy()
    for at in range(pair.size):
        x = pair[at]
        low, high = np.int64(x >> np.uint64(35)), np.int64(x >> np.uint64(3) & np.uint64(0xFFFFFFFF))
        ways = _ways(x, seed, mutual)
        base = _mix((x >> np.uint64(3)) ^ np.uint64(seed) * np.uint64(0xABCDEF12345))
        linked[at] = _unit(_mix(base + np.uint64(5))) < linked_share
        both = 1.2 * _normal(base) + closeness[x & np.uint64(7)]
        for side in range(2):
            if not ways >> side & 1:
                continue
            owner, other = (low, high) if side == 0 else (high, low)
            h = _mix(base + np.uint64(17 + side))
            steps = np.log1p(np.exp(-both - 0.6 * _normal(h))) * SCALE / GRID  # -ln of a logistic chance
            h = _mix(h + np.uint64(99))
            own = default[owner]
            if _unit(h) < 0.2:
                own = np.searchsorted(reaches, _unit(_mix(h)))
            i = place[owner]
            target[i], cost[i], reach[i] = other, GRID * min(255, max(1, int(steps + 0.5))), min(own, 3)
            place[owner] = i + 1


def _circles(rng: np.random.Generator, order: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Circle of each person: neighbours in `order` stand together."""
    circle = np.empty(order.size, np.int64)
    circle[order] = np.repeat(np.arange(sizes.size), sizes)[: order.size]
    return circle


def _sizes(rng: np.random.Generator, total: int, low: int, high: int) -> NDArray[np.int64]:
    """Circles as sizes are among firms and towns, a power law of 1.1; enough of them for everybody."""
    sizes = np.minimum(high, low * (1.0 - rng.random(total // low + 1)) ** (-1 / 1.1)).astype(np.int64)
    return np.append(sizes[: int(np.searchsorted(np.cumsum(sizes), total)) + 1], total)


def generate(people: int, *, seed: int = 1, linked: float = 1.0, everywhere: bool = False) -> Network:
    """linked: the share of pairs that are connected members; everywhere: every tie has reach 3 (the hardest case)."""
    n, rng = people, np.random.default_rng(seed)
    mutual = RETURNED / (2.0 - RETURNED)
    # What is lost: the direction of pairs one way, pairs drawn twice, circles too small.
    boost = 1.2 * 2.0 / (1.0 + mutual)
    wanted = np.clip(rng.lognormal(np.log(MEDIAN), SPREAD, n), FEWEST, MOST) * boost
    town = _circles(rng, rng.permutation(n), _sizes(rng, n, max(50, min(200, n // 10)), max(2000, n // 10)))
    classes = np.append(np.clip(rng.lognormal(np.log(120), 0.6, n // 60 + 10), 20, 600).astype(np.int64), n)
    kinds = (
        _circles(rng, np.argsort(town + rng.random(n)), _sizes(rng, n, 4, min(5000, max(4, n // 10)))),
        _circles(rng, np.argsort(town + rng.random(n)), classes),
        _circles(rng, rng.permutation(n), _sizes(rng, n, 30, min(20000, max(30, n // 5)))),
        town,
        np.zeros(n, np.int64),
    )
    circle = np.stack(kinds)
    member = np.argsort(circle, axis=1, kind="stable").astype(np.int32)
    heap = np.cumsum(wanted[member], axis=1)
    start = np.stack([np.searchsorted(np.sort(c), np.arange(circle.max() + 2)) for c in circle])

    pair = np.empty(int(wanted.sum() * 0.53) + n, np.uint64)
    pair = pair[: _draw(wanted, circle, start, member, heap, SHARE, CROWD, seed, pair)]
    pair.sort()
    pair = pair[np.concatenate(([True], pair[1:] >> np.uint64(3) != pair[:-1] >> np.uint64(3)))]

    begin = _count(pair, n, seed, mutual)
    ties = int(begin[-1])
    target, cost, reach = np.empty(ties, np.int32), np.empty(ties, np.uint16), np.empty(ties, np.uint8)
    is_linked = np.empty(pair.size, np.bool_)
    default = np.searchsorted(REACH, rng.random(n))
    _lay(pair, seed, mutual, begin, default, REACH, CLOSENESS, linked, target, cost, reach, is_linked)
    if everywhere:
        reach[:] = 3
    ends = pair[is_linked]
    connections = np.empty((ends.size, 2), np.int32)
    connections[:, 0], connections[:, 1] = ends >> np.uint64(35), ends >> np.uint64(3) & np.uint64(0xFFFFFFFF)
    return Network(begin, target, cost, reach, connections, kinds[0].astype(np.int32))
