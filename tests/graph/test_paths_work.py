"""What a search touches, on a graph of middle size, and that its two ways of asking agree there."""

from __future__ import annotations

import numpy as np
import pytest

from contacts.graph import Question, Snapshot, Work, best_to_each, k_best

pytestmark = pytest.mark.usefixtures("engine")


@pytest.fixture(scope="module")
def crowd() -> Snapshot:
    """3,000 people in circles of 60, about 110 ties each, mostly within the circle; hubs know ten times as many."""
    rng, n = np.random.default_rng(1), 3000
    degree = np.clip(rng.lognormal(np.log(90), 0.8, n), 5, 1500).astype(np.int64)
    owner = np.repeat(np.arange(n), degree)
    circle = owner // 60 * 60 + rng.integers(0, 60, owner.size)
    target = np.where(rng.random(owner.size) < 0.5, circle, rng.integers(0, n, owner.size))
    owner, target = owner[owner != target], target[owner != target]
    chance = 1.0 / (1.0 + np.exp(1.5 - 1.3 * rng.normal(size=owner.size)))
    cost = np.clip(np.round(-np.log(chance) * 2048), 1, 16383).astype(np.int64)
    reach = rng.choice(4, owner.size, p=(0.1, 0.3, 0.35, 0.25))
    linked = rng.random(owner.size) < 0.5
    ends = np.stack((owner[linked], target[linked]), axis=1)
    return Snapshot.build(n=n, owner=owner, target=target, cost=cost, reach=reach, connections=ends)


def question(snapshot: Snapshot, asker: int) -> Question:
    own = snapshot.ties_of(asker)[:, :2]
    return Question(asker=asker, own_ties=own, max_introducers=3)


def textbook_push(snapshot: Snapshot, asker: int) -> int:
    """Ties that a layer-by-layer push from the asker reads: all of everybody reached, at each of three depths."""
    at, read = question(snapshot, asker).own_ties[:, 0], 0  # type: ignore[call-overload]
    for depth in (1, 2, 3):
        rows = [snapshot.ties_of(v) for v in at.tolist()]
        ties = np.concatenate([row[row[:, 2] >= depth] for row in rows])
        read += len(ties)
        at = np.unique(ties[:, 0])
    return read


def test_searches_touch_far_less_than_a_textbook_push(crowd: Snapshot):
    rng = np.random.default_rng(2)
    one, many, push = Work(), Work(), 0
    for asker, target in rng.integers(0, crowd.n, (25, 2)).tolist():
        k_best(crowd, question(crowd, asker), target, 5, work=one)
        best_to_each(crowd, question(crowd, asker), rng.integers(0, crowd.n, 100).tolist(), work=many)
        push += textbook_push(crowd, asker)
    print(f"ties touched: textbook {push}, five best {one.ties}, a hundred targets {many.ties}")
    assert one.ties < push / 10
    assert many.ties < push / 4


def test_best_to_each_is_the_first_of_k_best(crowd: Snapshot):
    rng = np.random.default_rng(3)
    for asker in rng.integers(0, crowd.n, 4).tolist():
        asked, work = question(crowd, asker), Work()
        targets = rng.integers(0, crowd.n, 60).tolist()
        answers = best_to_each(crowd, asked, targets, work=work)
        assert work.exact_repeats < 5
        for target, path in answers.items():
            assert path == next(iter(k_best(crowd, asked, target, 1)), None)
