"""Sending over real SMTP, and what is made of each answer."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from netapp.lib import tokens
from netapp.mail import claims, outbox, suppression, tasks
from netapp.mail.delivery import Postman
from netapp.mail.models import Letter, LetterState, StopLink
from netapp.mail.outbox import Recipient
from netapp.mail.suppression import Scope
from tests.mail.conftest import Post
from tests.smtp import SmtpSink

pytestmark = pytest.mark.django_db

BOB, CHARLIE, DORA = "bob@example.org", "charlie@example.org", "dora@example.org"


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: None)


def run(letter: Letter) -> Letter:
    """Send what is due, then read the row again."""
    tasks.deliver()
    letter.refresh_from_db()
    return letter


def make_due(letter: Letter) -> None:
    Letter.objects.filter(id=letter.id).update(due_at=timezone.now())


def test_a_letter_arrives_with_everything_a_mail_needs(post_letter: Post, smtp_sink: SmtpSink) -> None:
    issued = tokens.issue("answer")
    letter = post_letter(
        to=[Recipient(BOB, "Bób Bäcker, the 1st")],
        cc=[Recipient(DORA)],
        reply_to=[Recipient("alice@kith.test", "Alice Anders")],
        from_name=outbox.via_kith("Alice Anders"),
        context={"token": issued.placeholder, "subject": "Would you introduce me — please?"},
    )
    assert run(letter).state == LetterState.SENT
    [message], [copy] = smtp_sink.to(BOB), smtp_sink.to(DORA)
    assert message["From"] == "Alice Anders via Kith <kith@example.org>"
    assert message["To"] == copy["To"] == '"Bób Bäcker, the 1st" <bob@example.org>'
    assert message["Cc"] == DORA
    assert message["Reply-To"] == "Alice Anders <alice@kith.test>"
    assert message["Subject"] == "Would you introduce me — please?"
    assert message["Message-ID"] == copy["Message-ID"] == letter.message_id
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"] != copy["List-Unsubscribe"]
    body = message.get_body(("plain",))
    assert body
    assert f"/answer/{tokens.derive('answer', issued.salt)}/" in body.get_content()
    assert letter.sent_at
    assert (letter.text, letter.html) == ("", "")


def test_a_letter_that_is_not_due_waits(post_letter: Post, smtp_sink: SmtpSink) -> None:
    letter = run(post_letter(due_at=timezone.now() + timedelta(minutes=5)))
    assert letter.state == LetterState.QUEUED
    assert not smtp_sink.messages


def test_bells_that_ring_twice_send_once(post_letter: Post, smtp_sink: SmtpSink) -> None:
    letter = post_letter()
    for _ in range(3):
        tasks.deliver(str(letter.id))
    assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize("stage", ["rcpt", "data"])
@pytest.mark.parametrize("reply", ["421 4.3.2 Shutting down", "451 4.3.0 Try later", "450 4.2.1 Greylisted", None])
def test_what_may_pass_is_tried_again_with_the_same_message_id(
    post_letter: Post, smtp_sink: SmtpSink, reply: str | None, stage: Any
) -> None:
    smtp_sink.answer(BOB, reply, stage=stage, times=1)
    before = timezone.now()
    letter = run(post_letter())
    assert letter.state == LetterState.QUEUED
    assert letter.error
    assert timedelta(seconds=48) <= letter.due_at - before <= timedelta(seconds=75)
    make_due(letter)
    assert run(letter).state == LetterState.SENT
    assert letter.error == ""
    assert [one.message["Message-ID"] for one in smtp_sink.messages] == [letter.message_id]


def test_what_the_server_said_is_kept_without_the_address(post_letter: Post, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer(BOB, f"550 5.1.1 <{BOB}>: Recipient address rejected")
    letter = run(post_letter())
    assert letter.error == "The mail server answered: “550 5.1.1 this address: Recipient address rejected”."


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_final_refusal_is_tried_once_and_shown(post_letter: Post, smtp_sink: SmtpSink, stage: Any) -> None:
    smtp_sink.answer(BOB, "550 5.1.1 No such user here", stage=stage)
    letter, other = post_letter(), post_letter(to=[CHARLIE])
    assert run(letter).state == LetterState.FAILED
    assert letter.error == "The mail server answered: “550 5.1.1 No such user here”."
    tasks.sweep()
    tasks.deliver()
    assert smtp_sink.attempts.count(BOB) == 1
    other.refresh_from_db()
    assert other.state == LetterState.SENT


def test_one_of_three_refused_does_not_cost_the_others_theirs(post_letter: Post, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer(BOB, "550 5.1.1 No such user")
    smtp_sink.answer(CHARLIE, "451 4.3.0 Try again", times=1)
    letter = run(post_letter(to=[BOB, CHARLIE], cc=[Recipient(DORA)]))
    assert letter.state == LetterState.QUEUED
    assert letter.delivered == [DORA]
    make_due(letter)
    assert run(letter).state == LetterState.SENT
    assert smtp_sink.attempts == [BOB, CHARLIE, DORA, CHARLIE]
    assert set(letter.delivered) == {CHARLIE, DORA}
    assert "550" in letter.error


def test_a_server_that_is_away_costs_no_letter(post_letter: Post, smtp_sink: SmtpSink, settings: Any) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    first, second = post_letter(), post_letter()
    assert run(first).error == "The mail server could not be reached."
    second.refresh_from_db()
    assert second.attempts == 0  # the worker did not go through the whole queue in vain
    settings.EMAIL_PORT = port
    make_due(first)
    assert run(first).state == LetterState.SENT


def test_a_letter_at_which_the_server_breaks_off_keeps_nobody_waiting(post_letter: Post, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer(BOB, None, stage="data")
    broken, others = post_letter(), [post_letter(to=[f"reader{number}@example.org"]) for number in range(3)]
    assert run(broken).state == LetterState.QUEUED
    assert broken.error == "The mail server broke off."
    assert {one.state for one in Letter.objects.filter(id__in=[one.id for one in others])} == {LetterState.SENT}


def test_a_server_that_breaks_off_twice_running_is_left_alone(post_letter: Post, smtp_sink: SmtpSink) -> None:
    readers = [f"reader{number}@example.org" for number in range(5)]
    for reader in readers:
        smtp_sink.answer(reader, None, stage="data")
        post_letter(to=[reader])
    tasks.deliver()
    assert sorted(Letter.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1, 1]


def test_a_refusal_does_not_cost_the_connection(post_letter: Post, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer(BOB, "550 5.1.1 No such user here", stage="rcpt", times=1)
    smtp_sink.answer(BOB, "554 5.6.0 No such words here", stage="data", times=1)
    opened: list[Any] = []
    original = smtplib.SMTP.connect

    def counted(self: smtplib.SMTP, *args: Any, **more: Any) -> Any:
        opened.append(args)
        return original(self, *args, **more)

    for _ in range(4):
        post_letter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtplib.SMTP, "connect", counted)
        tasks.deliver()
    assert Letter.objects.filter(state=LetterState.SENT).count() == 2
    assert Letter.objects.filter(state=LetterState.FAILED).count() == 2
    assert len(opened) == 1


def test_a_refused_log_in_is_the_sites_fault_and_is_tried_again(
    post_letter: Post, smtp_sink: SmtpSink, settings: Any
) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "kith", "wrong"
    letter = run(post_letter())
    assert letter.state == LetterState.QUEUED
    assert letter.attempts == 1


def test_waits_grow_and_differ_and_end_after_three_days(post_letter: Post, smtp_sink: SmtpSink) -> None:
    waits = [claims.wait_before_next(attempt) for attempt in range(1, claims.MAX_ATTEMPTS)]
    assert timedelta(days=2) < sum(waits, timedelta()) < timedelta(days=4)
    assert len({claims.wait_before_next(5) for _ in range(20)}) > 10
    smtp_sink.answer(BOB, "451 4.3.0 Try later")
    letter = post_letter()
    Letter.objects.filter(id=letter.id).update(attempts=claims.MAX_ATTEMPTS - 1)
    assert run(letter).state == LetterState.FAILED
    assert "451" in letter.error


def test_one_connection_serves_many_letters(post_letter: Post, smtp_sink: SmtpSink) -> None:
    opened = []
    for _ in range(10):
        post_letter()
    original = Postman._hang_up

    def counted(self: Postman) -> None:
        opened.append(1)
        original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Postman, "_hang_up", counted)
        tasks.deliver()
    assert len(smtp_sink.messages) == 10
    assert len(opened) == 1


def test_whoever_asked_not_to_be_written_to_is_not(post_letter: Post, smtp_sink: SmtpSink) -> None:
    letter = post_letter(to=["Bob+news@Example.org"])
    suppression.stop(StopLink.objects.get(), Scope.MEMBER)
    assert run(letter).state == LetterState.SUPPRESSED
    assert letter.error == ""
    both = run(post_letter(to=[BOB, CHARLIE]))
    assert both.state == LetterState.SENT
    assert both.delivered == [CHARLIE]
    assert smtp_sink.attempts == [CHARLIE]
    assert run(post_letter(is_essential=True)).state == LetterState.SENT


def test_a_stop_between_two_attempts_counts(post_letter: Post, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer(BOB, "451 4.3.0 Try later", times=1)
    letter = run(post_letter())
    suppression.stop(StopLink.objects.get(), Scope.SITE)
    make_due(letter)
    assert run(letter).state == LetterState.SUPPRESSED


def test_what_is_cancelled_while_it_is_being_sent_is_not_tried_again(post_letter: Post, smtp_sink: SmtpSink) -> None:
    letter = post_letter(group="introduction:1")
    claimed = claims.claim(now=timezone.now())
    assert claimed
    assert outbox.cancel_group(group="introduction:1") == 1
    with Postman() as postman:
        attempt = postman.attempt(claimed)
    claims.settle(claimed, troubles=attempt.troubles, now=timezone.now())
    letter.refresh_from_db()
    assert letter.state == LetterState.CANCELLED
    assert not smtp_sink.messages


def test_a_letter_that_is_gone_stops_nobody(post_letter: Post, smtp_sink: SmtpSink) -> None:
    letter = post_letter()
    tasks.deliver("00000000-0000-0000-0000-000000000000")
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT


def test_a_letter_that_cannot_be_put_together_fails_alone(post_letter: Post, smtp_sink: SmtpSink) -> None:
    broken, whole = post_letter(), post_letter()
    Letter.objects.filter(id=broken.id).update(subject="Two\nlines")
    assert run(broken).state == LetterState.FAILED
    whole.refresh_from_db()
    assert whole.state == LetterState.SENT


def test_the_sites_own_letters_are_forgotten_after_a_month(post_letter: Post, smtp_sink: SmtpSink) -> None:
    old, young, alices = post_letter(member=None), post_letter(member=None), post_letter()
    tasks.deliver()
    Letter.objects.exclude(id=young.id).update(created_at=timezone.now() - timedelta(days=31))
    tasks.sweep()
    assert set(Letter.objects.values_list("id", flat=True)) == {young.id, alices.id}
    assert not Letter.objects.filter(id=old.id).exists()
