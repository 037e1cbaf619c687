"""Redis is killed, emptied, or stands still, with workers and pages on it (TRUST.md R4).

A Redis of its own, so that it can be killed and stopped; a real worker on it. Beat is played by hand.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from kombu import pools
from kombu.exceptions import OperationalError
from redis import Redis, RedisError

from netapp.accounts.models import User
from netapp.celery import app
from netapp.embedded.valkey import Valkey
from netapp.lib import bell
from netapp.mail import tasks
from netapp.mail.models import Letter, LetterState
from tests.faults.conftest import FULL, Queue, copies
from tests.smtp import SmtpSink
from tests.workers import CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

#: Seconds for which Redis stands still.
FROZEN = 60 if FULL else 8
#: Seconds in which mail flows again (TRUST.md says two minutes).
AGAIN = 120


class OwnRedis:
    """A Redis that a test may do anything to."""

    def __init__(self, folder: Path) -> None:
        self._server = Valkey(folder / "redis", log=folder / "redis.log", durable=False)
        self.url = self._server.url
        self.client = Redis.from_url(self.url)
        self.start()

    def start(self) -> None:
        self._server.start()
        self._server.wait_until_ready()

    def kill(self) -> None:
        self._server.kill()

    def freeze(self) -> None:
        assert self._server.process
        os.kill(self._server.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        if self._server.process:
            os.kill(self._server.process.pid, signal.SIGCONT)

    def end(self) -> None:
        self.thaw()
        self._server.stop()


@pytest.fixture
def own_redis(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnRedis]:
    """This process and the workers it starts ring there; the site's own Redis is not touched."""
    own = OwnRedis(tmp_path)
    settings.REDIS_URL = own.url
    monkeypatch.setenv("REDIS_URL", own.url)
    monkeypatch.setattr(bell, "_quiet_until", 0.0)
    broker = app.conf.broker_url, app.conf.broker_write_url, app.conf.broker_read_url
    address = own.url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")
    set_broker(address, address, address)
    yield own
    set_broker(*broker)
    own.end()


def set_broker(url: str, write: str, read: str) -> None:
    """Celery keeps connections by the address at which it found its broker first."""
    app.conf.update(broker_url=url, broker_write_url=write, broker_read_url=read)
    pools.reset()
    vars(app)["_pool"] = None
    vars(app.amqp)["_producer_pool"] = None


def open_pages(alice: User) -> float:
    """Pages that ring and pages that do not; the seconds that the slowest took."""
    EmailAddress.objects.get_or_create(user=alice, email=alice.email, defaults={"verified": True, "primary": True})
    client, slowest = Client(), 0.0
    form = {"login": alice.email, "password": "correct horse"}
    for method, path, data, status in (
        ("post", "/account/password/reset/", {"email": f"{uuid4().hex}@kith.test"}, 302),
        ("post", "/account/login/", form, 302),
        ("get", "/settings/", {}, 200),
        ("get", "/people/", {}, 200),
        ("get", "/mail/log/", {}, 200),
    ):
        began = time.monotonic()
        answer = getattr(client, method)(path, data)
        slowest = max(slowest, time.monotonic() - began)
        assert answer.status_code == status, (path, answer.status_code)
    return slowest


def beat_calls() -> None:
    """What beat does each minute; a Redis that does not take it is no reason for beat to end."""
    with suppress(OperationalError, RedisError, OSError):
        tasks.sweep.apply_async(retry=False)


def all_sent() -> bool:
    return not Letter.objects.exclude(state=LetterState.SENT).exists()


def mail_flows_again() -> float:
    """Seconds until everything is sent, with beat calling every few seconds."""
    began = time.monotonic()
    while not all_sent():
        assert time.monotonic() - began < AGAIN, "no mail two minutes after Redis was back"
        bell._quiet_until = 0.0
        beat_calls()
        time.sleep(2)
    return time.monotonic() - began


@pytest.mark.parametrize("trouble", ["killed", "flushed", "frozen"])
def test_redis_in_trouble_loses_no_letter_and_no_page(
    own_redis: OwnRedis,
    alice: User,
    queue_letters: Queue,
    smtp_sink: SmtpSink,
    celery_worker_process: CeleryWorkers,
    trouble: str,
) -> None:
    open_pages(alice)  # the first time is spent on templates
    worker = celery_worker_process(env={"REDIS_URL": own_redis.url})
    queue_letters(3)
    wait_until(all_sent)
    match trouble:
        case "killed":
            own_redis.kill()
        case "flushed":
            own_redis.client.flushall()
        case "frozen":
            own_redis.freeze()
    until = time.monotonic() + (FROZEN if trouble == "frozen" else 5)
    queue_more(queue_letters)
    slowest = open_pages(alice)
    beat_calls()
    time.sleep(max(0.0, until - time.monotonic()))
    assert slowest < 1
    assert worker.exit_code is None, worker.output[-3000:]
    match trouble:
        case "killed":
            own_redis.start()
        case "frozen":
            own_redis.thaw()
    seconds = mail_flows_again()
    assert worker.exit_code is None
    assert sorted(copies(smtp_sink).values()) == [1] * Letter.objects.count()
    print(f"{trouble}: slowest page {slowest:.2f} s, mail again after {seconds:.0f} s")


def queue_more(queue_letters: Queue) -> None:
    """Letters 3 to 9 (the first three stand already)."""
    assert len(queue_letters(10)) == 10
