"""An introduction whose workers die and whose Redis forgets: every letter arrives once, and the two are introduced.

The asker, her friend and the stranger do at service level what they do in the browser in tests/browser/test_journey.py.
"""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone
from redis import Redis

from contacts.tasks import send_reminders
from introductions.lifecycle import State
from introductions.models import Answer, Introduction
from introductions.services import introductions
from introductions.tasks import sweep as sweep_introductions
from netapp.accounts.models import User
from netapp.mail import tasks
from netapp.mail.models import Letter, LetterState
from tests.faults.conftest import copies, drain
from tests.introductions.story import BOB, CHARLIE, Story, begin, verify
from tests.journeys import await_letter, let_pass
from tests.smtp import Received, SmtpSink
from tests.workers import CeleryWorkers, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

#: The lease is short, so that a test need not wait five minutes for a dead worker's letter.
SHORT = {"MAIL_LEASE": "2"}


@pytest.fixture
def story(alice: User) -> Story:
    """Alice has written to Bob about Charlie, and not sent it; she takes letters at any hour."""
    verify(alice)
    User.objects.filter(id=alice.pk).update(mail_from_time="00:00", mail_until_time="00:00")
    return begin(alice)


def says_yes(story: Story, party: str) -> None:
    introductions.answer(consent_id=story.question(party).id, answer=Answer.YES, now=timezone.now())


def test_deaths_between_sending_and_delivery_lose_nothing(
    story: Story, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers, redis: Redis
) -> None:
    # The worker dies while Bob's letter is on the wire, before the mail server took it.
    worker = celery_worker_process(env=SHORT)

    def die(_: Received) -> None:
        smtp_sink.before_reply = None
        worker.kill()
        raise ConnectionError("the client is gone, so the letter is not taken")

    smtp_sink.before_reply = die
    introductions.send(introduction=story.introduction, now=timezone.now())
    wait_until(lambda: worker.exit_code is not None)
    assert not smtp_sink.messages
    drain()
    assert len(smtp_sink.to(BOB)) == 1

    # Bob says yes while nobody works, and Redis forgets the bell.
    says_yes(story, "introducer")
    redis.flushdb()
    assert not smtp_sink.to(CHARLIE)

    # A new worker knows nothing of it; the sweep does. It dies too, this time right after Charlie's letter was taken.
    second = celery_worker_process(env=SHORT)
    tasks.sweep.delay()
    await_letter(smtp_sink, CHARLIE, "May Bob Brook introduce Alice Anders to you?")
    second.kill()

    # Charlie says yes; the sweep of the next worker sends what is left, and beat's other sweeps find nothing to redo.
    says_yes(story, "target")
    redis.flushdb()
    celery_worker_process(env=SHORT)
    wait_until(is_all_sent, seconds=20)
    introduced = await_letter(smtp_sink, CHARLIE, "meet Alice")
    for reader in (story.alice.email, BOB):
        assert await_letter(smtp_sink, reader, "meet Alice")["Message-ID"] == introduced["Message-ID"]
    assert Introduction.objects.get().state == State.INTRODUCED

    # The reminders come through a forgetful Redis as well, each once.
    let_pass(days=2)
    redis.flushdb()
    for _ in range(3):
        send_reminders.delay()
    await_letter(smtp_sink, story.alice.email, "Write to Charlie Cole today")
    wait_until(is_all_sent, seconds=20)

    letters = Letter.objects.all()
    assert sorted(letters.values_list("kind", flat=True)) == [
        "introduced",
        "introducer_asked",
        "reply_today",
        "target_asked",
    ]
    assert set(copies(smtp_sink)) == set(letters.values_list("message_id", flat=True))
    # Charlie's letter is the one that may come twice: its worker died somewhere around its server's 250.
    readers = [(one.recipients, str(one.message["Message-ID"])) for one in smtp_sink.messages]
    extra = [one for one in set(readers) if readers.count(one) > 1]
    assert all(one[0] == (CHARLIE,) and readers.count(one) == 2 for one in extra)


def is_all_sent() -> bool:
    """Whether nothing waits; rings for all that beat rings for each minute."""
    tasks.sweep.delay()
    sweep_introductions.delay()
    return not Letter.objects.exclude(state=LetterState.SENT).exists()


def test_a_send_that_is_rolled_back_sends_nothing(
    story: Story, smtp_sink: SmtpSink, celery_worker_process: CeleryWorkers
) -> None:
    """The letter and the state are one: neither without the other."""

    class PowerCutError(Exception):
        pass

    celery_worker_process(env=SHORT)

    def is_cut_off() -> None:
        with transaction.atomic():
            introductions.send(introduction=story.introduction, now=timezone.now())
            raise PowerCutError

    with pytest.raises(PowerCutError):
        is_cut_off()
    assert not Letter.objects.exists()
    assert Introduction.objects.get().state == State.DRAFT
    introductions.send(introduction=story.introduction, now=timezone.now())
    tasks.sweep.delay()
    await_letter(smtp_sink, BOB, "Would you introduce Alice Anders to Charlie Cole?")
    assert len(smtp_sink.messages) == 1
