"""Kith's own engine, asked everything; its answers are what every peer is compared with."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.paths.asking import NONE, Answer, K, Questions, Row, ask
from benchmarks.paths.measuring import floor, peak, resident
from benchmarks.paths.network import Network
from contacts.graph import Path as Way
from contacts.graph import Question, Snapshot, Work, best_to_each, engines, k_best

BATCH, TARGETS = 3000, 60
FRESH = 200


def steps(path: Way | None) -> int:
    return NONE if path is None else 8 * path.cost + len(path.legs)


class Ours:
    def __init__(self, network: Network, snapshot: Snapshot) -> None:
        self.network, self.snapshot = network, snapshot

    def best(self, asker: int, target: int, k: int, introducers: int = 3, work: Work | None = None) -> Answer:
        question = self.network.question(asker, introducers)
        return [steps(path) for path in k_best(self.snapshot, question, target, k, work=work)]

    def five(self, asker: int, target: int) -> Answer:
        return self.best(asker, target, K)

    def one(self, asker: int, target: int) -> Answer:
        return self.best(asker, target, 1) or [NONE]

    def two(self, asker: int, target: int) -> Answer:
        return self.best(asker, target, 1, introducers=2) or [NONE]

    def each(self, asker: int, targets: np.ndarray, work: Work | None = None) -> Answer:
        found = best_to_each(self.snapshot, self.network.question(asker), targets.tolist(), work=work)
        return [steps(found[target]) for target in targets.tolist()]


def measure(folder: Path, seconds: float, asked: int) -> dict[str, Any]:
    """Everything about our engine on the network in `folder`; leaves the snapshot there. Expected answers by kind."""
    network = Network.load(folder)
    kept = folder / "snapshot"
    shutil.rmtree(kept, ignore_errors=True)
    began = time.perf_counter()
    built = network.snapshot()
    build = time.perf_counter() - began
    built.save(kept)
    saved = time.perf_counter() - began - build
    shared = int((network.reach[:] > 0).sum())
    result: dict[str, Any] = {
        "build": build,
        "save": saved,
        "bytes_per_tie": built.nbytes / network.ties,
        "bytes_per_shared_tie": built.nbytes / shared,
        "build_peak": peak(),
    }
    size = built.nbytes
    del built
    engines.use("compiled")
    before = resident()
    ours = Ours(network, Snapshot.load(kept))
    result["opened_rows"], result["read_tie"] = floor(size)

    questions = Questions.draw(network, asked)
    expected: dict[str, list[Answer]] = {}
    rows: list[Row] = []
    for kind, arguments, function in _kinds(ours, questions):
        row, answers = ask(kind, function, arguments, None, seconds)
        # The first pass paged the snapshot in and compiled; the second is what is told.
        first = row.first
        row, _ = ask(kind, function, arguments[: len(answers)], answers, seconds)
        row.first = first
        expected[kind] = answers
        rows.append(row)
    engines.use("numpy")
    for kind, verb in (("five", ours.five), ("100 targets", ours.each)):
        arguments: list[tuple[Any, ...]] = list(questions.groups.get(kind, questions.pairs))
        rows.append(
            ask(f"{kind}, without numba", verb, arguments[: len(expected[kind])], expected[kind], seconds / 3)[0]
        )
    engines.use("compiled")
    result["rows"] = [row.as_dict() for row in rows]
    result["memory"] = resident() - before
    result["touched"] = touched(ours, questions)
    result["batch"] = batch(kept, folder, 2 * seconds)
    result["fresh"] = fresh(ours, questions)
    result["expected"] = expected
    return result


def _kinds(ours: Ours, questions: Questions) -> list[tuple[str, list[tuple[Any, ...]], Any]]:
    pairs: list[tuple[Any, ...]] = list(questions.pairs)
    kinds: list[tuple[str, list[tuple[Any, ...]], Any]] = [
        ("five", pairs, ours.five),
        ("one", pairs, ours.one),
        ("two", pairs, ours.two),
    ]
    kinds += [(kind, list(groups), ours.each) for kind, groups in questions.groups.items()]
    kinds += [(kind, list(hubs), ours.five) for kind, hubs in questions.hubs.items()]
    # The search alone, the member's own ties already laid out: what the database's rows cost is another matter.
    asked = {asker: ours.network.question(asker) for asker, _ in questions.pairs}
    kinds.append(
        ("five, question ready", pairs, lambda a, t: [steps(p) for p in k_best(ours.snapshot, asked[a], t, K)])
    )
    return kinds


def touched(ours: Ours, questions: Questions) -> dict[str, list[int]]:
    """Ties read: p50 and p99 by kind; and the least number of rows that the five best need opened (p50)."""
    five, hundred, rows = [], [], []
    for asker, target in questions.pairs[:300]:
        work = Work()
        ours.best(asker, target, K, work=work)
        five.append(work.ties)
        rows.append(int(np.diff(ours.network.begin)[asker]))
    for asker, targets in questions.groups["100 targets"][:100]:
        work = Work()
        ours.each(asker, targets, work)
        hundred.append(work.ties)
    return {
        "five": [int(np.percentile(five, q)) for q in (50, 99)],
        "100 targets": [int(np.percentile(hundred, q)) for q in (50, 99)],
        "rows": [int(np.percentile(rows, q)) for q in (50, 99)],
    }


def _batch(kept: Path, folder: Path, seed: int, seconds: float, ready: Any, go: Any, done: Any) -> None:
    engines.use("compiled")
    network = Network.load(folder)
    ours, rng = Ours(network, Snapshot.load(kept)), np.random.default_rng(seed)
    askers = rng.choice(np.flatnonzero(np.diff(network.begin)), BATCH // 2)
    targets = rng.integers(0, network.n, (askers.size, TARGETS))
    for at in range(20):
        ours.each(int(askers[at]), np.unique(targets[at]))
    ready.put(seed)
    go.wait()
    began, answered = time.perf_counter(), 0
    for asker, people in zip(askers.tolist(), targets, strict=True):
        best_to_each(ours.snapshot, network.question(asker), people.tolist())
        answered += 1
        if time.perf_counter() - began > seconds:
            break
    done.put(answered / (time.perf_counter() - began))


def batch(kept: Path, folder: Path, seconds: float) -> dict[str, float]:
    """The nightly run: every member, three objectives of twenty people, in two processes."""
    context = multiprocessing.get_context("spawn")
    ready, done, go = context.Queue(), context.Queue(), context.Event()
    workers = [context.Process(target=_batch, args=(kept, folder, seed, seconds, ready, go, done)) for seed in (1, 2)]
    for worker in workers:
        worker.start()
    for _ in workers:
        ready.get(timeout=120)
    go.set()
    speed = sum(done.get(timeout=600) for _ in workers)
    for worker in workers:
        worker.join()
    return {"targets": TARGETS, "members_a_second": speed, "ten_thousand": 10_000 / speed}


def fresh(ours: Ours, questions: Questions) -> dict[str, float]:
    """Ties written since the snapshot come with the question. What 200 of them cost, and that the search uses them."""
    network, times, seen = ours.network, [], 0
    rng = np.random.default_rng(3)
    for asker, target in questions.pairs[:FRESH]:
        question = network.question(asker)
        friends = network.target[network.row(asker)][network.linked[network.row(asker)]]
        if not friends.size:
            continue
        through = int(friends[0])
        ties = np.stack(
            (
                np.append(rng.integers(0, network.n, FRESH - 1), through),
                np.append(rng.integers(0, network.n, FRESH - 1), target),
                np.full(FRESH, 64),
                np.full(FRESH, 3),
            ),
            axis=1,
        )
        asked = Question(
            asker=asker,
            own_ties=question.own_ties,
            max_introducers=3,
            fresh_ties=ties[ties[:, 0] != ties[:, 1]],
        )
        began = time.perf_counter()
        found = k_best(ours.snapshot, asked, target, K)
        times.append(1000.0 * (time.perf_counter() - began))
        # The new tie's path is among the five, or five better ones are.
        whole = int(network.cost[network.row(asker)][network.linked[network.row(asker)]][0]) + 64
        better = len(found) == K and found[-1].cost <= whole
        seen += better or any(through in path.introducers and path.cost <= whole for path in found)
    return {"asked": len(times), "seen": seen, "p50": float(np.percentile(times, 50))} if times else {}


def cold(folder: Path) -> dict[str, float]:
    """Milliseconds from the start of a Python to its first answer: kept, never compiled here, snapshot not in memory.

    The first answer comes from numpy while the compiled searches load; "compiled" waits for them.
    """
    kept = folder / "snapshot"
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from contacts.graph import Question, Snapshot, engines, k_best\n"
        "snapshot = Snapshot.load(Path(sys.argv[1]), verify=False)\n"
        "question = Question("
        "asker=0, own_ties=[(v, 640) for v in range(1, 200)], max_introducers=3)\n"
        "sys.argv[2:] and engines.use('compiled')\n"
        "k_best(snapshot, question, 500, 5)\n"
    )

    def run(*arguments: str, **environment: str) -> float:
        began = time.perf_counter()
        started = subprocess.Popen(
            [sys.executable, "-c", program, str(kept), *arguments],
            env=os.environ | environment,
            start_new_session=True,
        )
        failed = started.wait()
        took = 1000.0 * (time.perf_counter() - began)
        with suppress(ProcessLookupError):  # the compiler that it started, if any
            os.killpg(started.pid, signal.SIGKILL)
        if failed:
            raise subprocess.CalledProcessError(failed, "cold start")
        return took

    run()
    found = {"numpy": min(run() for _ in range(3)), "compiled": min(run("compiled") for _ in range(3))}
    empty = folder / "numba"
    shutil.rmtree(empty, ignore_errors=True)
    found["nothing compiled before, numpy"] = run(NUMBA_CACHE_DIR=str(empty))
    for file in kept.rglob("*.bin"):
        with file.open("rb") as handle:
            os.fsync(handle.fileno())
            os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    found["snapshot not in memory, numpy"] = run()
    return found
