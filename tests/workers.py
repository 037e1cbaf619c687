"""Real Celery processes for the tests, on the test's own database, Redis and mail port."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from netapp.celery import app
from netapp.embedded.process import Service

ROOT = Path(__file__).resolve().parent.parent


def site_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a process needs to work on the database of this test; `extra` wins."""
    database = connection.settings_dict
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql:///{database['NAME']}?host={quote(database['HOST'])}&user={database['USER']}",
        "BASE_URL": settings.BASE_URL,
        **(extra or {}),
    }


class CeleryWorker(Service):
    """`celery worker` as make run starts it, with its output in `log`."""

    def __init__(
        self, *, log: Path, concurrency: int = 1, extra: Mapping[str, str] | None = None, module: str = "netapp"
    ) -> None:
        self.node = f"{uuid.uuid4().hex[:8]}@test"
        super().__init__(
            name="worker",
            command=[
                *(sys.executable, "-m", "celery", "--app", module, "--quiet", "worker", "--hostname", self.node),
                *("--concurrency", str(concurrency), "--without-mingle", "--without-gossip"),
            ],
            env=site_environment(extra),
            cwd=ROOT,
            log=log,
        )

    def is_ready(self) -> bool:
        """True when it answers a ping."""
        return bool(app.control.inspect(destination=[self.node], timeout=0.3).ping())

    @property
    def output(self) -> str:
        """Everything it printed."""
        assert self.log
        return self.log.read_text(errors="replace")


class CeleryWorkers:
    """Starts workers for a test, and ends what the test has left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workers: list[CeleryWorker] = []

    def __call__(
        self, *, concurrency: int = 1, env: Mapping[str, str] | None = None, app: str = "netapp"
    ) -> CeleryWorker:
        """A worker that takes tasks by the time this returns. `.kill()` is kill -9 for it and its children.

        `app` is the module with the Celery application.
        """
        log = self._folder / f"worker-{len(self._workers)}.log"
        worker = CeleryWorker(log=log, concurrency=concurrency, extra=env, module=app)
        self._workers.append(worker)
        worker.start()
        worker.wait_until_ready()
        return worker

    def end(self) -> None:
        """Ask all of them to stop, then wait."""
        for worker in self._workers:
            worker.ask_to_stop()
        for worker in self._workers:
            worker.stop()


def wait_until(condition: Callable[[], object], *, seconds: float = 15.0) -> None:
    """Block until `condition()` is true. Raises AssertionError in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so after {seconds} s"
        time.sleep(0.05)
