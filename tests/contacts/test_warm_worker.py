"""A worker has the path searches in machine code soon after it starts, without anybody having asked for a path."""

from __future__ import annotations

from pathlib import Path

import pytest

from contacts.graph import engines
from tests.workers import CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_warms_up_when_it_starts(celery_worker_process: CeleryWorkers):
    engines.compile_ahead()
    worker = celery_worker_process(concurrency=2)
    # numba, and LLVM with it, is imported by the searches alone. The first process only watches over the other two.
    wait_until(lambda: len(processes_with("llvmlite", of=worker.node)) == 2, seconds=30)


def processes_with(library: str, *, of: str) -> list[Path]:
    """Processes that name `of` in their command line and have `library` mapped."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if of in (process / "cmdline").read_text() and library in (process / "maps").read_text():
                found.append(process)
        except OSError:  # it has ended
            continue
    return found
