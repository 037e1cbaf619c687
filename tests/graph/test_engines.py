"""Which engine answers, and that nobody waits for a compiler."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contacts.graph import engines, k_best
from tests.graph.test_paths_rules import CHAIN, CHARLIE

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    yield
    engines.use("auto")


def test_numpy_answers_until_the_compiled_searches_are_ready():
    engines.use("auto")
    before = k_best(CHAIN.snapshot(), CHAIN.question(), CHARLIE, 5)
    assert isinstance(engines.current(), engines.Numpy | engines.Compiled)
    engines.use("compiled")
    assert isinstance(engines.current(), engines.Compiled)
    assert k_best(CHAIN.snapshot(), CHAIN.question(), CHARLIE, 5) == before


def test_an_engine_of_another_name_is_refused():
    with pytest.raises(ValueError, match="auto, compiled, numpy"):
        engines.use("fastest")


WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from contacts.graph import engines, k_best
from tests.graph.test_paths_rules import CHAIN, CHARLIE
assert len(k_best(CHAIN.snapshot(), CHAIN.question(), CHARLIE, 5)) == 1
thread = engines.begin()
assert isinstance(engines.current(), engines.Numpy)
try:
    engines.use("compiled")
except ImportError:
    print("refused")
"""


def test_without_numba_numpy_answers_all_the_same():
    run = subprocess.run([sys.executable, "-c", WITHOUT_NUMBA], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.stdout == "refused\n", run.stderr


COLD = """
import time
start = time.perf_counter()
from contacts.graph import engines, k_best
from tests.graph.test_paths_rules import CHAIN, CHARLIE
assert k_best(CHAIN.snapshot(), CHAIN.question(), CHARLIE, 5)
first = time.perf_counter() - start
while not isinstance(engines.current(), engines.Compiled):
    time.sleep(0.01)
print(f"{first:.3f} {time.perf_counter() - start:.3f}")
"""


def test_a_fresh_process_answers_at_once_and_is_compiled_soon():
    engines.compile_ahead()
    run = subprocess.run([sys.executable, "-c", COLD], cwd=ROOT, capture_output=True, text=True, check=True)
    first, compiled = map(float, run.stdout.split())
    print(f"first answer after {first:.2f} s, the compiled searches after {compiled:.2f} s")
    assert first < 5.0, "far more than it takes: other work may keep both cores busy"


TOGETHER = "from contacts.graph import engines; engines.compile_ahead()"


def test_processes_that_start_together_all_find_it_compiled():
    """One compiles where it is missing, the others wait for it."""
    runs = [subprocess.Popen([sys.executable, "-c", TOGETHER], cwd=ROOT) for _ in range(3)]
    assert [run.wait(120) for run in runs] == [0, 0, 0]


def test_where_the_compiled_searches_cannot_be_loaded_numpy_goes_on(monkeypatch: pytest.MonkeyPatch):
    def refuse() -> None:
        raise RuntimeError("no folder to cache in")

    engines.use("auto")
    monkeypatch.setattr(engines, "_load", refuse)
    thread = engines.begin()
    assert thread
    thread.join(60)
    assert isinstance(engines.current(), engines.Numpy)
    assert k_best(CHAIN.snapshot(), CHAIN.question(), CHARLIE, 5)
