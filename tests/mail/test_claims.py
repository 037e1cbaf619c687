"""Who may send: one worker at a time, and a stale one not at all (TRUST.md R3, R6, R12)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from netapp.mail import claims, outbox, tasks
from netapp.mail.models import Letter, LetterState
from tests.mail.conftest import Post
from tests.smtp import SmtpSink

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: None)


def lapse(letter: Letter) -> None:
    """The worker that has it stands still for longer than its lease."""
    Letter.objects.filter(id=letter.id).update(leased_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_a_claimed_letter_is_nobody_elses(post_letter: Post) -> None:
    letter = post_letter()
    first = claims.claim(now=timezone.now())
    assert first == letter
    assert claims.claim(now=timezone.now()) is None
    assert claims.claim(now=timezone.now(), letter_id=letter.id) is None
    assert claims.reclaim(now=timezone.now()) == 0


@pytest.mark.django_db
def test_the_writes_of_a_stale_worker_are_refused(post_letter: Post) -> None:
    letter = post_letter()
    stale = claims.claim(now=timezone.now())
    assert stale
    lapse(letter)
    assert claims.reclaim(now=timezone.now()) == 1
    assert not claims.is_wanted(stale)
    assert not claims.note_delivered(stale, "bob@example.org")
    fresh = claims.claim(now=timezone.now())
    assert fresh
    assert fresh.fence == stale.fence + 1
    assert not claims.settle(stale, troubles={}, now=timezone.now())
    assert not claims.note_delivered(stale, "bob@example.org")
    assert claims.note_delivered(fresh, "bob@example.org")
    assert claims.settle(fresh, troubles={}, now=timezone.now())
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert letter.delivered == ["bob@example.org"]


@pytest.mark.django_db
def test_a_letter_that_kills_its_workers_is_parked(post_letter: Post) -> None:
    letter = post_letter()
    for _ in range(claims.MAX_LAPSES):
        assert claims.claim(now=timezone.now())
        lapse(letter)
        claims.reclaim(now=timezone.now())
    letter.refresh_from_db()
    assert letter.state == LetterState.FAILED
    assert "three times" in letter.error
    assert claims.claim(now=timezone.now()) is None


@pytest.mark.django_db
def test_a_cancelled_letter_whose_worker_died_stays_cancelled(post_letter: Post) -> None:
    letter = post_letter(group="introduction:1")
    claims.claim(now=timezone.now())
    outbox.cancel_group(group="introduction:1")
    lapse(letter)
    claims.reclaim(now=timezone.now())
    letter.refresh_from_db()
    assert letter.state == LetterState.CANCELLED


@pytest.mark.django_db
def test_the_sweep_rings_for_what_lost_bells_left(post_letter: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(tasks, "ring", lambda task, *args: rung.append(args))
    tasks.sweep()
    assert rung == []
    for _ in range(30):
        post_letter()
    tasks.sweep()
    assert rung == [()]  # the one that comes rings for the next


@pytest.mark.django_db(transaction=True)
def test_three_at_once_send_each_letter_once(post_letter: Post, smtp_sink: SmtpSink) -> None:
    letters = [post_letter(to=[f"reader{number}@example.org"]) for number in range(60)]

    def work(_: int) -> None:
        try:
            tasks.sweep()
            tasks.deliver()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))
    assert len(smtp_sink.messages) == len(letters)
    assert len({one.message["Message-ID"] for one in smtp_sink.messages}) == len(letters)
    assert Letter.objects.filter(state=LetterState.SENT, attempts=1).count() == len(letters)
