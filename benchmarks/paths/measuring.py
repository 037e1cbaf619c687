"""What a figure is worth: the machine, its load, memory of a process, and how fast the memory itself is."""

from __future__ import annotations

import os
import platform
import resource
import time
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray


def resident() -> float:
    """Megabytes of this process in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def peak() -> float:
    """Megabytes of this process at its greatest."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def machine() -> str:
    """CPU, cores, Python, load: one line."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB; Python {platform.python_version()}; load {load}"


@numba.njit(cache=True)
def _open_rows(word, at):
    total = np.uint32(0)
    for place in at:
        total += word[place]
    return total


@numba.njit(cache=True)
def _read_rows(word, at, length):
    total = np.uint32(0)
    for place in at:
        for i in range(length):
            total = max(total, word[place + i])
    return total


def floor(size: int) -> tuple[float, float]:
    """Nanoseconds to open a row at a random place, and to read a tie of 4 bytes in a row of 100, of `size` bytes.

    Random places are known beforehand, so that the memory is busy with many at once: no search can do better.
    """
    word = np.ones(max(size // 4, 1 << 20), np.uint32)
    rng = np.random.default_rng(1)
    length, many = 100, 200_000
    at: NDArray[np.int64] = rng.integers(0, word.size - length, many)
    best = [np.inf, np.inf]
    for _ in range(3):
        for which, run in enumerate((lambda at: _open_rows(word, at), lambda at: _read_rows(word, at, length))):
            at = rng.integers(0, word.size - length, many)
            run(at[:10])
            began = time.perf_counter_ns()
            run(at)
            best[which] = min(best[which], (time.perf_counter_ns() - began) / many)
    opened, read = best
    return opened, max(0.0, read - opened) / length
