"""What the benchmark promises at its smallest: peers answer the same, and memory and work stay within bounds.

No milliseconds: those are for `make bench-paths` on a quiet machine. Numbers of ties are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.paths.asking import NONE, Answer, Questions
from benchmarks.paths.generator import generate
from benchmarks.paths.layers import GOAL, LAYERS, START, layered
from benchmarks.paths.libraries import Networkx, Scipy
from benchmarks.paths.network import Network, ldbc
from benchmarks.paths.ours import Ours
from contacts.graph import Work, engines

PEOPLE = 700
BYTES_PER_TIE = 10.0


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> Iterator[None]:
    engines.use("compiled")
    yield
    engines.use("auto")


@pytest.fixture(scope="module", params=[(1.0, False), (0.3, False), (0.3, True)], ids=["all", "30 %", "30 %, reach 3"])
def network(request: pytest.FixtureRequest) -> Network:
    linked, everywhere = request.param
    return generate(PEOPLE, linked=linked, everywhere=everywhere)


@pytest.fixture(scope="module")
def questions(network: Network) -> Questions:
    return Questions.draw(network, 60)


@pytest.fixture(scope="module")
def ours(network: Network) -> Ours:
    return Ours(network, network.snapshot())


def test_scipy_answers_the_same(network: Network, questions: Questions, ours: Ours):
    peer, found = Scipy(network), 0
    for asker, target in questions.pairs:
        five: Answer = ours.five(asker, target)
        assert peer.five(asker, target) == five
        assert peer.one(asker, target) == (five[:1] or [NONE])
        found += len(five)
    assert found > 2 * len(questions.pairs), "questions without answers prove little"
    for asker, targets in questions.groups["100 targets"][:20]:
        assert peer.each(asker, targets) == ours.each(asker, targets)


def test_networkx_answers_the_same(network: Network, questions: Questions, ours: Ours):
    peer = Networkx(network)
    for asker, target in questions.pairs[:25]:
        assert peer.one(asker, target) == ours.one(asker, target)
    asker, targets = questions.groups["100 targets"][0]
    assert peer.each(asker, targets) == ours.each(asker, targets)


def test_memory_and_work_stay_within_bounds(network: Network, questions: Questions, ours: Ours):
    assert ours.snapshot.nbytes / network.ties < BYTES_PER_TIE
    five = [Work() for _ in questions.pairs]
    for (asker, target), work in zip(questions.pairs, five, strict=True):
        ours.best(asker, target, 5, work=work)
    hundred = [Work() for _ in range(20)]
    for (asker, targets), work in zip(questions.groups["100 targets"], hundred, strict=False):
        ours.each(asker, targets, work)
    # A push of three layers reads nearly every tie three times in so small a world.
    layers = 3 * network.ties
    one, many = (float(np.mean([work.ties for work in works])) for works in (five, hundred))
    print(f"{network.ties} ties; read for 5 best {one:.0f}, for 100 targets {many:.0f}")
    assert one < layers / 25
    assert many < layers / 4


def test_the_made_up_network_is_what_it_says():
    made = generate(3000)
    again = generate(3000)
    assert all(
        (a == b).all() for a, b in ((made.target, again.target), (made.cost, again.cost), (made.reach, again.reach))
    )
    assert generate(3000, seed=2).ties != made.ties
    knows = np.diff(made.begin)
    assert 150 < np.median(knows) < 230
    assert knows.max() > 5 * np.median(knows)
    keys = made.owner.astype(np.int64) * made.n + made.target
    assert (np.diff(keys) > 0).all(), "sorted, no tie twice"
    assert (made.owner != made.target).all()
    returned = np.isin(made.target.astype(np.int64) * made.n + made.owner, keys).mean()
    assert 0.68 < returned < 0.72
    assert np.bincount(made.reach) / made.ties == pytest.approx([0.1, 0.3, 0.35, 0.25], abs=0.03)
    assert generate(3000, linked=0.3).linked.mean() == pytest.approx(0.3, abs=0.02)


def test_ldbc_is_read_and_answered_as_scipy_does(shared_data: Path):
    network = ldbc(shared_data)
    peer, ours = Scipy(network), Ours(network, network.snapshot())
    for asker, target in Questions.draw(network, 20).pairs:
        assert peer.five(asker, target) == ours.five(asker, target)


def test_layers_by_hand():
    """0 -> 1 -> 2 -> 3, of reach 3; 0 and 1 connected, 1 and 2 not: 1 may be asked, 2 may not pass it on."""
    begin = np.array([0, 1, 2, 3, 3])
    network = Network(
        begin,
        np.array([1, 2, 3], np.int32),
        np.array([64, 128, 192], np.uint16),
        np.array([3, 3, 3], np.uint8),
        np.array([[0, 1]], np.int32),
        np.zeros(4, np.int32),
    )
    graph = layered(network)
    arcs = {(t, h): w for t, h, w in zip(graph.tail.tolist(), graph.head.tolist(), graph.weight.tolist(), strict=True)}
    assert arcs[START, LAYERS + 1] == 8 * 64 + 1
    assert arcs[LAYERS + 1, 2 * LAYERS + GOAL] == 8 * 128 + 2
    peer, ours = Scipy(network), Ours(network, network.snapshot())
    assert peer.one(0, 2) == ours.one(0, 2) == [8 * 192 + 2]
    assert peer.one(0, 3) == ours.one(0, 3) == [NONE]
