"""Fixtures for all tests. The servers themselves are started in tests/services.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings
from redis import Redis

from netapp.accounts.models import User
from tests.factories import UserFactory
from tests.services import mail_socket
from tests.smtp import SmtpSink
from tests.workers import ROOT, CeleryWorkers

BACKEND = django_settings.AUTHENTICATION_BACKENDS[0]


def pytest_configure() -> None:
    """Quick passwords, and static files under plain names: tests/stack/ tries the hashed ones of production."""
    django_settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    # A slow hash is the point of a password hasher, and costs half a second for each member of a test.
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of third-party files that are never committed; its absence skips, and in CI fails."""
    folder = Path(os.environ.get("SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        reason = f"the third-party files are not here ({folder}; SHARED_DATA names another place)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def _smtp_server() -> Iterator[SmtpSink]:
    sink = SmtpSink(mail_socket)
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def smtp_sink(_smtp_server: SmtpSink, settings: Settings) -> Iterator[SmtpSink]:
    """A real SMTP server, empty and obliging; Django's mail goes there over the wire, and so does a worker's."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    _smtp_server.clear()
    yield _smtp_server
    _smtp_server.clear()


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A client of this worker's own Redis database, empty before and after."""
    client = Redis.from_url(os.environ["REDIS_URL"])
    client.flushdb()
    yield client
    client.flushdb()
    client.close()


@pytest.fixture
def celery_worker_process(transactional_db: None, redis: Redis, tmp_path: Path) -> Iterator[CeleryWorkers]:
    """Starts real Celery workers: `worker = celery_worker_process(concurrency=2)`, then `worker.kill()` at will.

    They see only what is committed, hence the transactional database.
    """
    workers = CeleryWorkers(tmp_path)
    yield workers
    workers.end()


@pytest.fixture
def alice(db: None) -> User:
    """Alice asks. A member in Berlin."""
    return UserFactory(email="alice@kith.test", name="Alice Anders")


@pytest.fixture
def bob(db: None) -> User:
    """Bob vouches. A member in New York."""
    return UserFactory(email="bob@kith.test", name="Bob Brook", time_zone="America/New_York", country="US")


@pytest.fixture
def charlie(db: None) -> User:
    """Charlie is the stranger: whatever is Alice's, he gets 404."""
    return UserFactory(email="charlie@kith.test", name="Charlie Cole", time_zone="Asia/Tokyo", country="JP")


@pytest.fixture
def alice_client(alice: User) -> Client:
    """A browser in which Alice is logged in."""
    client = Client()
    client.force_login(alice, backend=BACKEND)
    return client


@pytest.fixture
def charlie_client(charlie: User) -> Client:
    """A browser in which Charlie is logged in."""
    client = Client()
    client.force_login(charlie, backend=BACKEND)
    return client
