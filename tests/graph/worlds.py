"""Small random worlds in which every rule of the engine meets every other."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from tests.graph.brute import World

VERTICES = 9


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Worlds that shrink well: few ties, small costs (so that many paths cost the same), everything optional."""
    n = draw(st.integers(3, VERTICES))
    vertex, any_vertex = st.integers(0, n - 1), st.integers(0, VERTICES - 1)
    cost = st.one_of(st.integers(1, 3), st.integers(1, 16383))
    pair = st.tuples(vertex, vertex).filter(lambda p: p[0] != p[1])
    tie = st.builds(lambda p, c, r: (*p, c, r), pair, cost, st.sampled_from((3, 3, 2, 1, 0)))
    pair_beyond = st.tuples(any_vertex, any_vertex).filter(lambda p: p[0] != p[1])
    fresh = st.builds(lambda p, c, r: (*p, c, r), pair_beyond, cost, st.sampled_from((3, 3, 2, 1, 0)))
    ties = draw(st.lists(tie, max_size=45))
    connections = draw(st.lists(pair, max_size=20)) + [t[:2] for t in ties if draw(st.booleans())]
    return World(
        n=n,
        ties=tuple(ties),
        connections=tuple(connections),
        asker=draw(any_vertex),
        own_ties=tuple(draw(st.lists(st.tuples(any_vertex, cost), max_size=8))),
        acquaintances=tuple(draw(st.lists(st.tuples(any_vertex, any_vertex, cost), max_size=8))),
        joined=tuple(draw(st.lists(st.lists(any_vertex, min_size=1, max_size=3).map(tuple), max_size=2))),
        ask_load=draw(st.dictionaries(any_vertex, st.integers(0, 16383), max_size=3)),
        blocked=tuple(draw(st.lists(any_vertex, max_size=1))),
        blocked_ties=tuple(draw(st.lists(pair, max_size=3))),
        blocked_connections=tuple(draw(st.lists(pair, max_size=3))),
        new_connections=tuple(draw(st.lists(pair_beyond, max_size=3))),
        stale_owners=tuple(draw(st.lists(any_vertex, max_size=2))),
        fresh_ties=tuple(draw(st.lists(fresh, max_size=8))),
        circle=draw(st.none() | st.lists(any_vertex, max_size=6).map(tuple)),
        max_introducers=draw(st.integers(1, 3)),
    )


def dense_world(rng: Random) -> World:
    """A world with many paths; hypothesis rarely draws one."""
    n = rng.randint(4, VERTICES)
    top, density, share = rng.choice([2, 5, 60, 16383]), rng.uniform(0.2, 0.8), rng.choice([0.4, 0.8, 1.0])

    def cost() -> int:
        return rng.randint(1, top)

    def any_vertex() -> int:
        return rng.randrange(VERTICES)

    ties = [
        (u, v, cost(), rng.choice([0, 1, 2, 3, 3]))
        for u in range(n)
        for v in range(n)
        if u != v and rng.random() < density
        for _ in range(rng.choice([1, 1, 1, 2]))
    ]
    connections = [(u, v) for u in range(n) for v in range(u + 1, n) if rng.random() < share]
    changed = rng.random() < 0.4
    fresh = tuple(
        (u, v, cost(), rng.choice([0, 1, 2, 3, 3]))
        for u in range(VERTICES)
        for v in range(VERTICES)
        if changed and u != v and rng.random() < 0.2
    )
    withdrawn, ended, known = rng.choice([0, 0, 0.2]), rng.choice([0, 0, 0.2]), rng.choice([0.3, 0.7])
    return World(
        n=n,
        ties=tuple(ties),
        connections=tuple(connections),
        asker=rng.randrange(n),
        own_ties=tuple((v, cost()) for v in range(VERTICES) if rng.random() < known for _ in range(2)),
        acquaintances=tuple((any_vertex(), any_vertex(), cost()) for _ in range(rng.choice([0, 0, 2, 6, 12]))),
        joined=tuple((any_vertex(), any_vertex()) for _ in range(rng.choice([0, 0, 1, 2]))),
        ask_load={any_vertex(): rng.randint(0, 3000) for _ in range(rng.choice([0, 0, 3]))},
        blocked=tuple(any_vertex() for _ in range(rng.choice([0, 0, 0, 1]))),
        blocked_ties=tuple(t[:2] for t in ties if rng.random() < withdrawn),
        blocked_connections=tuple(rng.choice([(a, b), (b, a)]) for a, b in connections if rng.random() < ended),
        new_connections=tuple((u, v) for u in range(VERTICES) for v in range(u) if changed and rng.random() < 0.1),
        stale_owners=tuple(v for v in range(VERTICES) if changed and rng.random() < 0.3),
        fresh_ties=fresh,
        circle=None if rng.random() < 0.7 else tuple(v for v in range(VERTICES) if rng.random() < 0.6),
        max_introducers=rng.choice([1, 2, 3, 3, 3]),
    )
