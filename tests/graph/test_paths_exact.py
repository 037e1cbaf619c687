"""The engine against every path there is, in small worlds."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.graph import Work, best_to_each, k_best
from tests.graph.brute import World, all_paths, best_over_each_introducer
from tests.graph.worlds import VERTICES, dense_world, worlds

pytestmark = pytest.mark.usefixtures("engine")


def check(world: World, *, ks: tuple[int, ...] = (1, 2, VERTICES)) -> Work:
    snapshot, question, work = world.snapshot(), world.question(), Work()
    every = all_paths(world, VERTICES)
    each = best_to_each(snapshot, question, range(VERTICES), work=work)
    for target in range(VERTICES):
        expected = best_over_each_introducer(every[target])
        for k in ks:
            assert k_best(snapshot, question, target, k) == expected[:k]
        assert each[target] == (expected[0] if expected else None)
    return work


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds())
def test_the_engine_finds_what_brute_force_finds(world: World):
    check(world)


@pytest.mark.parametrize("seed", range(6))
def test_the_engine_finds_what_brute_force_finds_in_dense_worlds(seed: int):
    repeats = sum(check(dense_world(Random(1000 * seed + i))).exact_repeats for i in range(60))
    assert repeats, "no world asked for an exact repeat: the sweep's detour was not tried"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), rng=st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(seed: int, rng: Random):
    world = dense_world(Random(seed))
    changes: dict[str, Any] = {}
    for name in ("ties", "connections", "own_ties", "acquaintances", "joined", "blocked_ties"):
        rows = list(getattr(world, name))
        rng.shuffle(rows)
        changes[name] = tuple(rows)
    other = world.but(**changes)
    for target in range(VERTICES):
        assert k_best(world.snapshot(), world.question(), target, 9) == k_best(
            other.snapshot(), other.question(), target, 9
        )
