"""The questions, the same for every engine, and how an engine is asked them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.paths.network import Network

K = 5
HUBS = 200
GROUPS = (1, 10, 100, 1000)
NONE = -1
"""Steps of a path that does not exist."""

Answer = list[int]
"""Steps of paths, best first, or one for each target: 8 * cost + legs, so that cost and number of legs are compared."""


@dataclass(frozen=True, eq=False)
class Questions:
    """pairs: (asker, target), two people who do not know each other. groups: (asker, targets) by how many targets."""

    pairs: list[tuple[int, int]]
    hubs: dict[str, list[tuple[int, int]]]
    groups: dict[str, list[tuple[int, NDArray[np.int64]]]]

    @classmethod
    def draw(cls, network: Network, many: int, seed: int = 7) -> Questions:
        rng, n = np.random.default_rng(seed), network.n
        knows = np.diff(network.begin)
        askers = rng.permutation(np.flatnonzero(knows))
        asker = [int(v) for v in rng.choice(askers, many)]
        target = [_stranger(network, rng, v) for v in asker]

        hub = np.argsort(-knows, kind="stable")[: min(HUBS, n // 10)]
        famous = np.argsort(-np.bincount(network.target, minlength=n), kind="stable")[: hub.size]
        anybody = rng.choice(askers, hub.size)
        hubs = {
            "hub asks": [(int(v), _stranger(network, rng, int(v))) for v in hub],
            "hub is asked for": [
                (int(v), int(t)) for v, t in zip(anybody, famous, strict=True) if v != t and not _knows(network, v, t)
            ],
            "both are hubs": [
                (int(a), int(b))
                for a, b in zip(hub, np.roll(hub, hub.size // 2), strict=True)
                if a != b and not _knows(network, a, b)
            ],
        }
        sizes = np.bincount(network.circle)
        members = np.argsort(network.circle, kind="stable")
        begin = np.concatenate(([0], np.cumsum(sizes)))
        groups = {}
        for size in GROUPS:
            alike = np.flatnonzero((sizes >= 0.8 * size) & (sizes <= 1.25 * size))
            drawn = [
                members[begin[c] : begin[c + 1]] for c in (rng.choice(alike, many) if alike.size and size > 1 else [])
            ] or [rng.choice(n, min(size, n - 1), replace=False) for _ in range(many)]
            groups[f"{size} targets"] = [(a, _strangers(network, a, d)) for a, d in zip(asker, drawn, strict=True)]
        groups["1000 at random"] = [
            (a, _strangers(network, a, rng.choice(n, min(1000, n - 1), replace=False))) for a in asker
        ]
        return cls(list(zip(asker, target, strict=True)), hubs, groups)


def _knows(network: Network, asker: int, target: int) -> bool:
    row = network.target[network.row(asker)]
    at = int(np.searchsorted(row, target))
    return at < row.size and int(row[at]) == target


def _stranger(network: Network, rng: np.random.Generator, asker: int) -> int:
    """Somebody whom the asker does not know: a direct tie is no introduction, and a shortest path would take it."""
    while True:
        target = int(rng.integers(network.n))
        if target != asker and not _knows(network, asker, target):
            return target


def _strangers(network: Network, asker: int, people: NDArray[Any]) -> NDArray[np.int64]:
    rest = people[~np.isin(people, network.target[network.row(asker)]) & (people != asker)]
    return rest.astype(np.int64)


@dataclass
class Row:
    """Milliseconds of one kind of question. first: the first call, apart; wrong: answers that differ from ours."""

    kind: str
    asked: int = 0
    first: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    wrong: int = 0
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def ask(
    kind: str,
    function: Callable[..., Answer],
    arguments: Sequence[tuple[Any, ...]],
    expected: Sequence[Answer] | None,
    seconds: float,
) -> tuple[Row, list[Answer]]:
    """Asks until all are answered or the time is up. The first call warms and is not in p50 and p99."""
    row, answers, times = Row(kind), [], []
    ends = time.monotonic() + seconds
    for at, argument in enumerate(arguments):
        began = time.perf_counter()
        try:
            answer = function(*argument)
        except TimeoutError as error:
            row.note = str(error)
            break
        took = 1000.0 * (time.perf_counter() - began)
        answers.append(answer)
        if expected is not None:
            row.wrong += list(answer) != list(expected[at])
        if at == 0:
            row.first = took
        else:
            times.append(took)
        if time.monotonic() > ends:
            break
    row.asked = len(answers)
    if times:
        row.p50, row.p99 = (float(np.percentile(times, q)) for q in (50, 99))
    elif answers:
        row.p50 = row.p99 = row.first
    return row, answers
