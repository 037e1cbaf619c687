"""Workers are killed, frozen and doubled in the middle of sending (TRUST.md R1, R2, R3, R6, R7, R12).

Real Celery workers, real SMTP. Nothing in the program knows of these tests: the mail server or a lock in the database
holds a worker at the point in question.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone
from redis import Redis

from netapp.accounts.models import User
from netapp.mail import outbox, tasks
from netapp.mail.models import Letter, LetterState
from tests.faults.conftest import FINAL, FULL, Queue, copies, drain, held
from tests.smtp import Received, SmtpSink
from tests.workers import CeleryWorker, CeleryWorkers, wait_until

#: The lease is short, so that a test need not wait five minutes for a dead worker's letter.
SHORT = {"MAIL_LEASE": "2"}


def all_sent(count: int) -> bool:
    return Letter.objects.filter(state=LetterState.SENT).count() == count


# --- R2: six points at which a worker dies


def test_killed_before_the_claim(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    [letter] = queue_letters(1)
    with held("LOCK TABLE mail_letter IN EXCLUSIVE MODE") as lock:
        worker = celery_worker_process(env=SHORT)
        wait_until(lock.is_waited_for)
        worker.kill()
        lock.cut_off()
    letter.refresh_from_db()
    assert (letter.state, letter.attempts) == (LetterState.QUEUED, 0)
    assert not smtp_sink.messages
    drain()
    assert list(copies(smtp_sink).values()) == [1]


def test_killed_after_the_claim(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the connection and never greets
        env = {**SHORT, "SMTP_URL": f"smtp://127.0.0.1:{silent.getsockname()[1]}"}
        worker = celery_worker_process(env=env)
        [letter] = queue_letters(1)
        wait_until(lambda: Letter.objects.filter(id=letter.id, state=LetterState.SENDING).exists())
        worker.kill()
    drain()
    assert list(copies(smtp_sink).values()) == [1]


def test_killed_while_connected(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    smtp_sink.answer("reader0@example.org", "451 4.3.0 Nobody is listening", delay=3, times=1)
    worker = celery_worker_process(env=SHORT)
    queue_letters(1)
    wait_until(lambda: smtp_sink.attempts)
    worker.kill()
    drain()
    assert list(copies(smtp_sink).values()) == [1]


def test_killed_before_the_servers_250(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    worker = celery_worker_process(env=SHORT)

    def kill(_: Received) -> None:
        smtp_sink.before_reply = None
        worker.kill()
        raise ConnectionError("the client is gone, so the letter is not taken")

    smtp_sink.before_reply = kill
    queue_letters(1)
    wait_until(lambda: worker.exit_code is not None)
    drain()
    assert list(copies(smtp_sink).values()) == [1]


def test_killed_between_the_250_and_the_commit(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    """The one gap that SMTP leaves: a second copy, once, with the same Message-ID."""
    worker = celery_worker_process(env=SHORT)
    smtp_sink.answer("reader0@example.org", "250 2.1.5 OK", delay=1, times=1)
    [letter] = queue_letters(1)
    wait_until(lambda: smtp_sink.attempts)
    with held(f"SELECT 1 FROM mail_letter WHERE id = '{letter.id}' FOR UPDATE") as lock:
        smtp_sink.wait_for(1)
        wait_until(lock.is_waited_for)
        worker.kill()
        lock.cut_off()
    drain()
    assert copies(smtp_sink) == {letter.message_id: 2}


def test_killed_between_the_commit_and_the_acknowledgement(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    worker = celery_worker_process(env=SHORT)
    # The same task goes on to the second letter, so the bell of the first is not acknowledged yet.
    smtp_sink.answer("reader1@example.org", "451 4.3.0 Nobody is listening", delay=3, times=1)
    first, second = queue_letters(2)
    wait_until(lambda: "reader1@example.org" in smtp_sink.attempts)
    first.refresh_from_db()
    assert first.state == LetterState.SENT
    worker.kill()
    drain()
    assert copies(smtp_sink) == {first.message_id: 1, second.message_id: 1}


# --- R3, R12


def test_a_worker_that_froze_past_its_lease_finds_its_writes_refused(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    frozen = celery_worker_process(env=SHORT)
    smtp_sink.answer("reader0@example.org", "250 2.1.5 OK", delay=1, times=1)
    [letter] = queue_letters(1)
    wait_until(lambda: smtp_sink.attempts)
    assert frozen.process
    os.killpg(frozen.process.pid, signal.SIGSTOP)
    drain()
    letter.refresh_from_db()
    fence, sent_at = letter.fence, letter.sent_at
    os.killpg(frozen.process.pid, signal.SIGCONT)
    wait_until(lambda: "letter.stale" in frozen.output)
    letter.refresh_from_db()
    assert (letter.state, letter.fence, letter.sent_at) == (LetterState.SENT, fence, sent_at)
    assert set(copies(smtp_sink)) == {letter.message_id}
    assert len(smtp_sink.messages) <= 2


def test_a_letter_that_kills_every_worker_is_parked_and_the_others_flow(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    worker = celery_worker_process(env=SHORT)

    def kill(received: Received) -> None:
        if "reader0@example.org" in received.recipients:
            kill_a_child(worker)  # Celery starts another one
            raise ConnectionError("the client is gone, so the letter is not taken")

    smtp_sink.before_reply = kill
    poison, *_ = queue_letters(4)
    wait_until(lambda: tasks.sweep() or not Letter.objects.exclude(state__in=FINAL).exists(), seconds=60)
    poison.refresh_from_db()
    assert poison.state == LetterState.FAILED
    assert "three times" in poison.error
    assert (poison.attempts, poison.lapses) == (3, 3)
    assert sorted(copies(smtp_sink).values()) == [1, 1, 1]


# --- R1, R6, R7


def test_many_letters_through_many_deaths(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    """Most deaths are of a pool process, which Celery replaces; now and then a whole worker dies and one is started."""
    count, crew, kills = (10_000, 4, 50) if FULL else (150, 2, 5)
    smtp_sink.before_reply = lambda _: time.sleep(0.02)
    workers = [celery_worker_process(env=SHORT) for _ in range(crew)]
    queue_letters(count)
    for number in range(kills):
        enough = min(len(smtp_sink.messages) + count // (kills + 1), count)
        wait_until(partial(has_come, smtp_sink, enough), seconds=120)
        victim = random.randrange(crew)
        if number % 5 == 4:
            workers[victim].kill()
            workers[victim] = celery_worker_process(env=SHORT)
        else:
            kill_a_child(workers[victim])
    drain(seconds=600 if FULL else 60)
    found = copies(smtp_sink)
    assert all_sent(count)
    assert len(found) == count
    assert sum(found.values()) - count <= 5
    readers = {one.recipients[0]: str(one.message["Message-ID"]) for one in smtp_sink.messages}
    assert len(readers) == count


def has_come(sink: SmtpSink, count: int) -> bool:
    """Whether that many letters are here; asks for the others."""
    tasks.sweep()
    return len(sink.messages) >= count


def kill_a_child(worker: CeleryWorker) -> None:
    """kill -9 one of its pool processes."""
    assert worker.process
    pid = worker.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if children:
        os.kill(int(random.choice(children)), signal.SIGKILL)


def test_three_schedulers_send_each_letter_once(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    count = 1_000 if FULL else 100
    workers = [celery_worker_process(concurrency=3)]
    queue_letters(count)
    for _ in range(3):
        tasks.sweep.delay()
    wait_until(lambda: all_sent(count), seconds=60)
    assert sorted(copies(smtp_sink).values()) == [1] * count
    assert all(worker.exit_code is None for worker in workers)


def test_a_server_slower_than_the_brokers_patience_sends_once(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    """The broker hands the unfinished task to the second worker; the row says that the letter is taken."""
    seconds = 25 if FULL else 5
    celery_worker_process(app="tests.faults.short_visibility", concurrency=2)
    smtp_sink.before_reply = lambda _: time.sleep(seconds)
    queue_letters(1)
    wait_until(lambda: all_sent(1), seconds=4 * seconds)
    time.sleep(2)
    assert list(copies(smtp_sink).values()) == [1]


# --- R4: Redis forgets


def test_a_flushed_redis_loses_nothing(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers, redis: Redis
) -> None:
    letters = queue_letters(5)
    redis.flushdb()
    celery_worker_process()
    assert not smtp_sink.messages
    tasks.sweep.delay()
    wait_until(lambda: all_sent(len(letters)))
    assert sorted(copies(smtp_sink).values()) == [1] * len(letters)


@pytest.mark.skipif(FULL, reason="the full size is a longer run of the same")
def test_a_tarpit_delays_nobody_else(
    queue_letters: Queue, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    smtp_sink.answer("reader0@example.org", "250 2.1.5 OK", delay=8)
    celery_worker_process(concurrency=2)
    queue_letters(10)
    began = time.monotonic()
    wait_until(lambda: len(smtp_sink.messages) >= 9)
    assert time.monotonic() - began < 5


def test_one_bell_for_many_letters_is_enough_beside_a_tarpit(
    alice: User, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers, redis: Redis
) -> None:
    """Whoever meets the slow reader has rung for the next worker by then."""
    smtp_sink.answer("reader0@example.org", "250 2.1.5 OK", delay=8)
    now = timezone.now()
    outbox.post_all(
        [
            outbox.Draft(
                key=f"bulk:{number}",
                template="account_email_confirm",
                context={"member": alice},
                to=[outbox.Recipient(f"reader{number}@example.org")],
                member=alice,
                # The slow one waits longest.
                due_at=now - timedelta(seconds=60 - number),
            )
            for number in range(60)
        ],
        now=now,
    )
    assert redis.llen("celery") == 1
    celery_worker_process(concurrency=2)
    began = time.monotonic()
    wait_until(lambda: len(smtp_sink.messages) >= 59)
    assert time.monotonic() - began < 5
    wait_until(partial(all_sent, 60))
    assert sorted(copies(smtp_sink).values()) == [1] * 60
