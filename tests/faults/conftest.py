"""What the fault tests share. They are small here; `make faults` (FAULTS=full) runs the sizes of the promise."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from netapp.accounts.models import User
from netapp.mail import outbox, tasks
from netapp.mail.models import Letter, LetterState
from tests.smtp import SmtpSink

FULL = os.environ.get("FAULTS") == "full"
FINAL = (LetterState.SENT, LetterState.FAILED, LetterState.CANCELLED, LetterState.SUPPRESSED)
Queue = Callable[[int], list[Letter]]


@pytest.fixture
def queue_letters(transactional_db: None, alice: User) -> Queue:
    """Writes that many letters that are due, one a reader, in one transaction."""

    def queue(count: int) -> list[Letter]:
        now = timezone.now()
        with transaction.atomic():
            return [
                outbox.post(
                    key=f"reminder:{number}",
                    template="account_email_confirm",
                    context={"member": alice},
                    to=[outbox.Recipient(f"reader{number}@example.org")],
                    now=now,
                    member=alice,
                )
                for number in range(count)
            ]

    return queue


def drain(*, seconds: float = 60.0) -> None:
    """Sweep and deliver, as a worker does but more often, until every letter has come to its end."""
    end = time.monotonic() + seconds
    while left := Letter.objects.exclude(state__in=FINAL).count():
        assert time.monotonic() < end, f"{left} letters are still under way after {seconds} s"
        # What waits for its next attempt need not wait in a test.
        Letter.objects.filter(state=LetterState.QUEUED).update(due_at=timezone.now())
        tasks.sweep()
        tasks.deliver()
        time.sleep(0.2)


def copies(sink: SmtpSink) -> Counter[str]:
    """How often each letter came, by Message-ID."""
    return Counter(str(one.message["Message-ID"]) for one in sink.messages)


class Held:
    """A lock held from another connection."""

    def __init__(self, observer: psycopg.Connection) -> None:
        self._observer = observer

    def is_waited_for(self) -> bool:
        """Whether somebody waits for a lock in this database now."""
        return bool(self._waiting())

    def cut_off(self) -> None:
        """End whoever waits. The server side of a killed client would go on, and commit, once it has the lock."""
        for (pid,) in self._waiting():
            self._observer.execute("SELECT pg_terminate_backend(%s)", [pid])

    def _waiting(self) -> list[tuple[int]]:
        return self._observer.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchall()


@contextmanager
def held(statement: str) -> Iterator[Held]:
    """Run `statement`, which takes a lock, in another connection, and let go at the end."""
    known = connection.settings_dict
    names = {"dbname": known["NAME"], "user": known["USER"], "host": known["HOST"], "port": known["PORT"]}
    address = {key: value for key, value in names.items() if value}
    with psycopg.connect(**address) as holder, psycopg.connect(**address, autocommit=True) as observer:
        holder.execute(statement)
        yield Held(observer)
        holder.rollback()
