"""Mail that is held back: what passes, who may let it flow again, and what they see."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from redis import Redis

from netapp.accounts.models import User
from netapp.lib import marks
from netapp.mail import claims, pausing, tasks
from netapp.mail.models import Letter, LetterState, PauseReason, PostOffice
from tests.mail.conftest import Post
from tests.smtp import SmtpSink

pytestmark = pytest.mark.django_db
PAGE = "/mail/paused/"


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: None)


@pytest.fixture
def staff_client(alice: User, alice_client: Client) -> Client:
    alice.is_staff = True
    alice.save()
    return alice_client


def pause() -> None:
    assert pausing.pause(reason=PauseReason.BY_HAND, now=timezone.now())


def test_a_pause_reaches_the_letter_that_a_worker_has_read_already(post_letter: Post, smtp_sink: SmtpSink) -> None:
    post_letter()
    [letter] = claims.look_ahead(now=timezone.now(), count=5)
    pause()
    assert not claims.take(letter, now=timezone.now())
    tasks.deliver(str(letter.id))
    tasks.deliver()
    assert not smtp_sink.messages
    pausing.resume(now=timezone.now())
    tasks.deliver()
    assert len(smtp_sink.messages) == 1


def test_nothing_is_paused_twice_and_nobody_is_told_twice(bob: User, smtp_sink: SmtpSink) -> None:
    bob.is_staff = True
    bob.save()
    pause()
    assert not pausing.pause(reason=PauseReason.RESTORED, now=timezone.now())
    tasks.sweep()
    tasks.deliver()
    assert PostOffice.objects.get().reason == PauseReason.BY_HAND
    assert len(smtp_sink.to(bob.email)) == 1


def test_what_waits_is_counted_and_old_letters_can_be_dropped(post_letter: Post) -> None:
    now = timezone.now()
    old, young, later = post_letter(), post_letter(template="other"), post_letter(due_at=now + timedelta(days=1))
    in_hand = post_letter()
    Letter.objects.filter(id=old.id).update(due_at=now - timedelta(hours=30))
    lapsed = {"due_at": now - timedelta(hours=30), "leased_until": now - timedelta(hours=29)}
    Letter.objects.filter(id=in_hand.id).update(state=LetterState.SENDING, fence=1, **lapsed)
    pause()
    assert [(one.kind, one.count) for one in pausing.waiting(now=timezone.now())] == [("test", 2), ("other", 1)]
    assert pausing.resume(now=timezone.now(), drop_due_before=now - timedelta(hours=24)) == 2
    states = dict(Letter.objects.values_list("id", "state"))
    assert (states[old.id], states[in_hand.id]) == (LetterState.CANCELLED, LetterState.CANCELLED)
    assert (states[young.id], states[later.id]) == (LetterState.QUEUED, LetterState.QUEUED)


def test_the_commands_say_what_they_would_do(post_letter: Post) -> None:
    post_letter()
    out = StringIO()
    call_command("resume_mail", stdout=out)
    assert "Mail flows." in out.getvalue()
    call_command("pause_mail", stdout=out)
    with pytest.raises(CommandError, match="--yes"):
        call_command("resume_mail", "--drop-older-than", "0", stdout=out)
    assert "1 × test" in out.getvalue()
    assert "1 of these would be dropped" in out.getvalue()
    call_command("resume_mail", "--yes", stdout=out)
    assert "0 letters dropped" in out.getvalue()
    assert Letter.objects.get().state == LetterState.QUEUED


class TestPage:
    """For those who run the site; to everybody else it is not there."""

    def test_members_find_nothing(self, alice_client: Client) -> None:
        pause()
        assert alice_client.get(PAGE).status_code == 404
        assert alice_client.post(PAGE, {"do": "resume"}).status_code == 404
        assert "No mail goes out" not in alice_client.get("/settings/").content.decode()
        assert PostOffice.objects.get().paused_at

    def test_looking_changes_nothing(self, staff_client: Client) -> None:
        pause()
        for _ in range(3):
            assert staff_client.get(PAGE).status_code == staff_client.head(PAGE).status_code == 200
        assert PostOffice.objects.get().paused_at
        assert "No mail goes out" in staff_client.get("/settings/").content.decode()

    def test_pause_and_resume(self, staff_client: Client, post_letter: Post, smtp_sink: SmtpSink) -> None:
        letter = post_letter(key="x")
        assert "It flows" in staff_client.get(PAGE).content.decode()
        staff_client.post(PAGE, {"do": "pause"})
        page = staff_client.get(PAGE).content.decode()
        assert "paused it by hand" in page
        assert letter.subject not in page
        refused = staff_client.post(PAGE, {"do": "resume", "hours": "-3"})
        assert refused.status_code == 422
        assert "-3" in refused.content.decode()
        assert PostOffice.objects.get().paused_at
        staff_client.post(PAGE, {"do": "resume", "hours": ""})
        assert not PostOffice.objects.get().paused_at
        tasks.deliver()
        assert len(smtp_sink.to("bob@example.org")) == 1

    def test_the_admin_shows_it_and_changes_nothing(self, alice: User, client: Client) -> None:
        alice.is_staff = alice.is_superuser = True
        alice.save()
        client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")
        pause()
        answer: Any = client.get("/admin/mail/postoffice/1/change/")
        assert answer.status_code == 200
        assert "View on site" in answer.content.decode()


def test_a_sweep_beside_us_is_no_sign_of_an_old_database(redis: Redis, monkeypatch: Any) -> None:
    """Another worker beats between our reading of the row and our reading of what Redis saw."""
    assert pausing.look(now=timezone.now()) is False
    recall = marks.recall

    def meanwhile(name: str) -> int | None:
        pausing.beat()
        return recall(name)

    monkeypatch.setattr(marks, "recall", meanwhile)
    assert pausing.look(now=timezone.now()) is False
    monkeypatch.setattr(marks, "recall", recall)
    PostOffice.objects.update(beats=0)
    assert pausing.look(now=timezone.now()) is True, "but beats that are gone are"
