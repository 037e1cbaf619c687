"""PostgreSQL ends every connection, as it does when it is restarted (TRUST.md R5): nothing is lost, nothing is half.

That pages and workers outlive a PostgreSQL that is killed is shown by tests/stack/test_runner.py.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psycopg
import pytest
from django.db import connection
from pytest_django import Settings
from time_machine import travel

from introductions.lifecycle import State
from introductions.models import Answer, ConsentState
from introductions.services import introductions as services
from netapp.accounts.models import User
from netapp.mail.models import Letter
from tests.crowds import at_once
from tests.factories import NOW
from tests.faults.conftest import FULL, Queue, copies, drain
from tests.faults.test_outbox_kills import SHORT, all_sent, has_come
from tests.introductions.chains import HOUR, draft_chain
from tests.introductions.story import verify
from tests.smtp import SmtpSink
from tests.workers import CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def scissors() -> Iterator[Callable[[], int]]:
    """A function that ends every other connection to this test's database but the test's own; how many there were."""
    known = connection.settings_dict
    names = {"dbname": known["NAME"], "user": known["USER"], "host": known["HOST"], "port": known["PORT"]}
    connection.ensure_connection()
    assert connection.connection is not None
    own = connection.connection.info.backend_pid
    with psycopg.connect(**{key: value for key, value in names.items() if value}, autocommit=True) as other:

        def cut() -> int:
            return other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [own],
            ).rowcount

        yield cut


def test_letters_outlive_every_cut(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    count, cuts = (2_000, 40) if FULL else (80, 6)
    smtp_sink.before_reply = lambda _: time.sleep(0.02)
    workers = [celery_worker_process(env=SHORT, concurrency=2) for _ in range(2)]
    queue_letters(count)
    ended = 0
    with scissors() as cut:
        for number in range(cuts):
            enough = count * (number + 1) // (cuts + 1)
            wait_until(partial(has_come, smtp_sink, enough), seconds=60)
            ended += cut()
    drain(seconds=300 if FULL else 60)
    found = copies(smtp_sink)
    assert ended >= cuts, "the cuts hit somebody"
    assert all_sent(count)
    assert len(found) == count
    # One letter of each connection may have been taken by the server and not yet written down.
    assert sum(found.values()) - count <= ended
    assert all(worker.exit_code is None for worker in workers)


def test_an_answer_that_is_cut_off_is_whole_or_not_there(redis: object, alice: User, settings: Settings) -> None:
    """Answers race with cuts; each of them either moved everything that it moves, or nothing."""
    settings.INTRODUCTION_ASKS_A_WEEK = settings.INTRODUCTION_ASKS_A_WEEK_MOST = 10_000
    verify(alice)
    with travel(NOW + 12 * HOUR, tick=False), scissors() as cut:
        for number in range(60 if FULL else 12):
            chain = draft_chain(alice, 1, mark=f"n{number}-").send()
            question = chain.question(0)
            pause = random.uniform(0, 0.03)

            def snip(pause: float = pause) -> None:
                threading.Event().wait(pause)
                cut()

            answer = partial(services.answer, consent_id=question.id, answer=Answer.YES, now=NOW + 12 * HOUR)
            at_once([answer, snip])
            state, asked = chain.fresh().state, chain.asked()
            letters = Letter.objects.filter(kind="target_asked", group=f"introduction:{chain.introduction.id}").count()
            event = chain.introduction.events.filter(new=State.TARGET_ASKED).count()
            said = chain.question(0).state == ConsentState.ANSWERED
            assert (state, asked, letters, event, said) in (
                (State.INTRODUCER_ASKED, [0], 0, 0, False),
                (State.TARGET_ASKED, [1], 1, 1, True),
            )
            # The click is repeated, as a person does who sees an error.
            services.answer(consent_id=question.id, answer=Answer.YES, now=NOW + 12 * HOUR)
            assert chain.asked() == [1]
