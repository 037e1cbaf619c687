"""Real PostgreSQL, Redis and a mail port for the tests (a pytest plugin, loaded by `-p tests.services`).

A throwaway cluster and a Redis are started once, in the process that the developer started; xdist's workers
inherit their addresses. Each worker has a database of its own (pytest-django makes it), a Redis database of its own
and a mail port of its own. Nothing is ever shared with `make run`.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from netapp.embedded.postgres import THROWAWAY, Postgres
from netapp.embedded.process import Service
from netapp.embedded.valkey import Valkey

_PREFIX = "kith-test-"
_ROOMY = 1_000_000_000  # bytes; containers often have a /dev/shm of 64 MB
_services: list[Service] = []
_folder: Path | None = None

#: Bound here so that settings can name the port, listening only once a test asks for the sink: until then a
#: connection is refused at once instead of hanging.
mail_socket = socket.socket()


def _memory() -> Path:
    memory = Path("/dev/shm")
    with suppress(OSError):
        figures = os.statvfs(memory)
        if os.access(memory, os.W_OK) and figures.f_bavail * figures.f_frsize >= _ROOMY:
            return memory
    return Path(tempfile.gettempdir())


def _sweep(place: Path) -> None:
    """Remove what an earlier run left when it was killed."""
    for folder in place.glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).split("-")[0]
        if not Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _start() -> None:
    global _folder
    place = _memory()
    _sweep(place)
    _folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=place))
    database = Postgres(_folder / "postgres", log=_folder / "postgres.log", options=THROWAWAY)
    redis = Valkey(_folder / "redis", log=_folder / "redis.log", durable=False)
    _services.extend((database, redis))
    for service in _services:
        service.start()
    for service in _services:
        service.wait_until_ready()
    static = _folder / "static"
    static.mkdir()
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "netapp.settings",
        "SECRET_KEY": "only-for-the-tests-" + "k" * 40,
        "DEBUG": "false",
        "BASE_URL": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "testserver,localhost",
        "DATABASE_URL": database.url,
        "REDIS_URL": redis.url,
        "MAIL_FROM": "kith@example.org",
        "STATIC_ROOT": str(static),
        "DATA_DIR": str(_folder / "data"),
        "TEST_POSTGRES_BINARIES": str(database.binaries),
        "LOG_LEVEL": "INFO",
        "TIME_ZONE": "UTC",
    }
    for name in ("LOCAL_MAILBOX", "DB_POOL"):
        os.environ.pop(name, None)


def _stop() -> None:
    for service in reversed(_services):
        service.stop()
    _services.clear()
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Before pytest-django reads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker:
        _start()
    else:
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = os.environ["REDIS_URL"].partition("?")[0] + f"?db={number}"
    mail_socket.bind(("127.0.0.1", 0))
    os.environ["SMTP_URL"] = f"smtp://127.0.0.1:{mail_socket.getsockname()[1]}"
    return (yield)


class _OneSite(LoadScopeScheduling):
    """Tests spread one by one, but those of a file with a costly module fixture stay on one worker.

    (`--dist loadgroup` would say this with a mark; xdist 3.8 cannot read it from the node ids of pytest 9.)
    """

    together = ("tests/stack/test_runner.py",)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in self.together else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """For `make test`; a run without `-n` never asks."""
    return _OneSite(config, log)


def pytest_unconfigure() -> None:
    """Last of all."""
    mail_socket.close()
    _stop()
