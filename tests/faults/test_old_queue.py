"""Deployed over a full queue of another version (TRUST.md R14): bells that nobody knows any more cost nothing.

Rows say what there is to do, so a bell may be misunderstood; it must not stop the ones behind it, come again for ever,
or take the worker with it.
"""

from __future__ import annotations

import json
import pickle
from datetime import timedelta

import pytest
from django.utils import timezone
from kombu import Producer
from redis import Redis

from netapp.celery import app
from netapp.mail import tasks
from netapp.mail.models import Letter, LetterState
from tests.faults.conftest import FULL, Queue, copies
from tests.smtp import SmtpSink
from tests.workers import CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 2_000 if FULL else 60


def ring_as_other_versions_did(times: int) -> int:
    """Fill the queue with messages of other versions; returns how many there are."""
    past = timezone.now() - timedelta(days=1)
    for number in range(times):
        app.send_task("netapp.mail.tasks.send_letter", args=[number])
        app.send_task("kith.outbox.flush")
        app.send_task("netapp.mail.tasks.deliver", args=[number])  # keys were numbers once
        app.send_task("netapp.mail.tasks.deliver", args=["not a key"])
        app.send_task("netapp.mail.tasks.deliver", args=["", "high", 3])
        app.send_task("netapp.mail.tasks.deliver", kwargs={"letter": str(number), "retries": 2})
        app.send_task("netapp.mail.tasks.sweep", args=[number])
        app.send_task("contacts.tasks.run_import", args=[number, {"resume": True}])
        app.send_task("netapp.mail.tasks.deliver", args=["00000000-0000-0000-0000-000000000000"], eta=past)
    with app.connection_for_write() as connection:
        producer = Producer(connection, routing_key="celery")
        old = {"task": "netapp.mail.tasks.deliver", "id": "x", "args": [], "kwargs": {}, "retries": 0}
        # Celery 3 kept everything in the body; somebody once allowed pickle; somebody sent no task at all.
        producer.publish(json.dumps(old), content_type="application/json", content_encoding="utf-8")
        producer.publish(
            pickle.dumps(old), content_type="application/x-python-serialize", content_encoding="binary", serializer=None
        )
        producer.publish("{not json", content_type="application/json", content_encoding="utf-8")
        producer.publish({"hello": "world"}, serializer="json")
    return times * 9 + 4


def test_bells_of_other_versions_lose_nothing_and_hold_nothing_up(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers, redis: Redis
) -> None:
    letters = queue_letters(COUNT)
    redis.flushdb()  # the bells of this version: only rows and beat are left to find the letters
    assert ring_as_other_versions_did(COUNT // 10) == redis.llen("celery")
    worker = celery_worker_process(concurrency=2)
    tasks.sweep.delay()  # beat
    wait_until(lambda: Letter.objects.filter(state=LetterState.SENT).count() == len(letters), seconds=120)
    wait_until(lambda: not redis.llen("celery") and not redis.hlen("unacked"), seconds=60)
    assert sorted(copies(smtp_sink).values()) == [1] * len(letters)
    assert worker.exit_code is None
    assert "Unrecoverable error" not in worker.output
    assert "WorkerLostError" not in worker.output
    assert "Received unregistered task" in worker.output


def test_a_letter_of_the_version_before_goes_out_as_it_stands(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers, redis: Redis
) -> None:
    """One that an old worker had in hand when it was ended, and one that had been tried."""
    in_hand, tried = queue_letters(2)
    redis.flushdb()
    now = timezone.now()
    Letter.objects.filter(id=in_hand.id).update(
        state=LetterState.SENDING, fence=1, attempts=1, leased_until=now - timedelta(seconds=1)
    )
    Letter.objects.filter(id=tried.id).update(fence=7, attempts=7, error="The mail server broke off.", lapses=1)
    celery_worker_process()
    tasks.sweep.delay()
    wait_until(lambda: Letter.objects.filter(state=LetterState.SENT).count() == 2)
    assert sorted(copies(smtp_sink).values()) == [1, 1]
