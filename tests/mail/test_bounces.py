"""Mail that came back: told from every other mail, and noted only for a letter of ours and a reader of it."""

from __future__ import annotations

import io
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contacts.handles import HandleKind
from netapp.accounts.models import User
from netapp.mail import bounces, mailbox, returns, suppression, tasks
from netapp.mail.bounces import Bounce, Why
from netapp.mail.models import Letter, LetterState, Suppression
from tests.factories import HandleFactory, PersonFactory
from tests.mail.conftest import Post
from tests.smtp import SmtpSink

BOB = "bob@example.org"


def report(message_id: str, reader: str = BOB, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A delivery report as RFC 3464 has it."""
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.net\r\nTo: kith@example.org\r\nSubject: Undelivered Mail\r\n"
        "Message-ID: <report@mx.example.net>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="cut"\r\n\r\n'
        "--cut\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n\r\n"
        "--cut\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; {reader}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} said the server\r\n\r\n"
        f"--cut\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nTo: {reader}\r\n\r\n--cut--\r\n"
    ).encode()


class TestReading:
    """What is a bounce, and what is not."""

    def test_a_report_names_reader_reason_and_letter(self):
        assert bounces.read(report("<one@kith>")) == Bounce({BOB: Why.GONE}, frozenset({"<one@kith>"}))

    @pytest.mark.parametrize(
        ("status", "expected"), [("5.2.2", Why.FULL), ("5.7.1", Why.REFUSED), ("5.1.10", Why.GONE)]
    )
    def test_the_reason(self, status, expected):
        found = bounces.read(report("<one@kith>", status=status))
        assert found is not None
        assert found.failed == {BOB: expected}

    def test_a_delay_is_no_bounce(self):
        assert bounces.read(report("<one@kith>", status="4.4.1", action="delayed")) is None

    @pytest.mark.parametrize(
        "words",
        [
            "I am away until 5 May. In urgent matters write to dora@example.org; this mailbox is not read.",
            "Charlie no longer works here. Please write to dora@example.org. This account is inactive.",
            "Your message was delivered to my assistant, 550 5th Avenue, dora@example.org.",
        ],
    )
    def test_a_holiday_reply_is_no_bounce(self, words):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = (
            "Bob <bob@example.org>",
            "kith@example.org",
            "Out of office",
        )
        message["Auto-Submitted"], message["Return-Path"] = "auto-replied", "<>"
        message["In-Reply-To"] = "<one@kith>"
        message.set_content(words)
        assert bounces.read(message.as_bytes()) is None

    def test_words_of_a_mail_system(self):
        raw = (
            b"From: Mail Delivery System <postmaster@mx.example.net>\nTo: kith@example.org\nSubject: Failure Notice\n\n"
            b"Sorry, your mail could not be delivered to <bob@example.org>: no such user here.\n\n"
            b"--- Below is a copy of the original message ---\nMessage-ID: <one@kith>\nTo: dora@example.org\n"
        )
        assert bounces.read(raw) == Bounce({BOB: Why.GONE}, frozenset({"<one@kith>"}))

    @given(st.binary(max_size=2000))
    def test_no_bytes_make_it_fail(self, raw):
        bounces.read(raw)

    @given(st.binary(max_size=300))
    def test_no_broken_report_makes_it_fail(self, noise):
        whole = report("<one@kith>")
        for at in range(0, len(whole), 97):
            bounces.read(whole[:at] + noise + whole[at:])

    def test_a_long_mail_is_read_in_bounded_time(self):
        started = timezone.now()
        bounces.read(b"From: postmaster@x.example\nSubject: failure\n\n" + b"user unknown a@b " * 200_000)
        assert (timezone.now() - started).total_seconds() < 10


# Not every file is a bounce, and not every bounce says that nobody is there; by hand, from reading them.
NO_BOUNCE = {"is-not-bounce-01", "is-not-bounce-02", "rfc3834-01", "rfc3834-03", "rfc3464-09", "lhost-fml-02"}
DEFERRED = {"lhost-v5sendmail-01"}


class TestThirdParties:
    """TRUST R15: real bounces of sixty mail systems."""

    def test_bounces_are_recognised_and_no_other_mail_is(self, shared_data: Path):
        files = sorted((shared_data / "mail-bounces").rglob("*.eml"))
        assert len(files) == 99
        found = {file.stem: bounces.read(file.read_bytes()) for file in files}
        hard = [stem for stem in found if stem not in NO_BOUNCE | DEFERRED]
        missed = [stem for stem in hard if found[stem] is None]
        assert len(missed) / len(hard) <= 0.05, missed
        assert not [stem for stem in NO_BOUNCE if found[stem]]

    def test_other_mails_are_no_bounces(self, shared_data: Path):
        files = [file for file in (shared_data / "mail").rglob("*.eml") if file.is_file()]
        assert len(files) > 50
        taken = [file.name for file in files if bounces.read(file.read_bytes())]
        assert len(taken) <= 8, taken


@pytest.mark.django_db
class TestNoting:
    """What is done about it."""

    @pytest.fixture
    def letter(self, post_letter: Post) -> Letter:
        letter = post_letter(is_shown=True)
        Letter.objects.filter(id=letter.id).update(state=LetterState.SENT, sent_at=timezone.now(), delivered=[BOB])
        letter.refresh_from_db()
        return letter

    def test_the_member_is_told_and_nothing_more_goes_there(self, letter: Letter, alice: User, bob: User):
        card = HandleFactory(person=PersonFactory(owner=alice), kind=HandleKind.EMAIL, value=BOB)
        other = HandleFactory(person=PersonFactory(owner=bob), kind=HandleKind.EMAIL, value=BOB)
        bounce = bounces.read(report(letter.message_id))
        assert bounce is not None
        assert returns.note(bounce) == 1
        for row in (letter, card, other):
            row.refresh_from_db()
        assert "nobody gets mail" in letter.refused[BOB]
        assert card.is_failing
        assert not other.is_failing, "who wrote to whom is not told through another member's book"
        assert suppression.stopped_among([BOB], member=alice, kind="test") == {BOB}
        assert suppression.stopped_among([BOB], member=bob, kind="test") == set()

    def test_twice_is_once(self, letter: Letter):
        bounce = bounces.read(report(letter.message_id))
        assert bounce is not None
        assert [returns.note(bounce), returns.note(bounce)] == [1, 0]
        assert Suppression.objects.count() == 1

    def test_a_full_mailbox_stops_nothing(self, letter: Letter, alice: User):
        bounce = bounces.read(report(letter.message_id, status="5.2.2"))
        assert bounce is not None
        assert returns.note(bounce) == 1
        assert not Suppression.objects.exists()

    @pytest.mark.parametrize("message_id", ["<forged@kith>", ""])
    def test_a_report_about_no_letter_of_ours_does_nothing(self, letter: Letter, message_id):
        bounce = bounces.read(report(message_id))
        assert bounce is not None
        assert returns.note(bounce) == 0
        assert not Suppression.objects.exists()

    def test_a_report_about_somebody_who_was_not_written_to_does_nothing(self, post_letter: Post):
        letter = post_letter(to=[BOB, "dora@example.org"], is_shown=True)
        bounce = bounces.read(report(letter.message_id, "charlie@example.org"))
        assert bounce is not None
        assert returns.note(bounce) == 0

    def test_a_forwarded_mailbox_counts_for_the_only_reader(self, letter: Letter):
        bounce = bounces.read(report(letter.message_id, "bobs-real-box@example.net"))
        assert bounce is not None
        assert returns.note(bounce) == 1

    def test_a_letter_that_the_member_may_not_know_of_marks_nothing(self, post_letter: Post, alice: User):
        letter = post_letter(is_shown=False)
        handle = HandleFactory(person=PersonFactory(owner=alice), kind=HandleKind.EMAIL, value=BOB)
        bounce = bounces.read(report(letter.message_id))
        assert bounce is not None
        assert returns.note(bounce) == 1
        handle.refresh_from_db()
        assert not handle.is_failing
        assert not Suppression.objects.exists()

    def test_a_refusal_at_once_is_the_same(self, post_letter: Post, alice: User, smtp_sink: SmtpSink, monkeypatch: Any):
        monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: None)
        handle = HandleFactory(person=PersonFactory(owner=alice), kind=HandleKind.EMAIL, value=BOB)
        smtp_sink.answer(BOB, "550 5.1.1 No such user")
        letter = post_letter(is_shown=True)
        tasks.deliver()
        handle.refresh_from_db()
        letter.refresh_from_db()
        assert (letter.state, handle.is_failing) == (LetterState.FAILED, True)

    def test_a_refusal_for_other_reasons_marks_nothing(
        self, post_letter: Post, alice: User, smtp_sink: SmtpSink, monkeypatch: Any
    ):
        monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: None)
        handle = HandleFactory(person=PersonFactory(owner=alice), kind=HandleKind.EMAIL, value=BOB)
        smtp_sink.answer(BOB, "554 5.7.1 Blocked, see our policy")
        post_letter(is_shown=True)
        tasks.deliver()
        handle.refresh_from_db()
        assert not handle.is_failing

    def test_the_member_can_have_it_tried_again(self, letter: Letter, alice: User, client: Client):
        handle = HandleFactory(person=PersonFactory(owner=alice), kind=HandleKind.EMAIL, value=BOB)
        bounce = bounces.read(report(letter.message_id))
        assert bounce is not None
        returns.note(bounce)
        client.force_login(alice)
        page = client.get(reverse("contacts:person", args=[handle.person_id]))
        assert "mail to it came back" in page.text
        assert "came back" in client.get(reverse("today")).text
        client.post(reverse("contacts:handle_again", args=[handle.id]))
        handle.refresh_from_db()
        assert not handle.is_failing
        assert not Suppression.objects.exists()

    def test_a_readers_stop_outlasts_it(self, letter: Letter, alice: User, client: Client):
        token = suppression.token_for(letter, BOB)
        suppression.fail(member=alice, address=BOB)
        link = suppression.link_for(token)
        assert link is not None
        suppression.stop(link, suppression.Scope.MEMBER)
        returns.retry(member_id=alice.pk, address=BOB)
        assert suppression.stopped_among([BOB], member=alice, kind="test") == {BOB}

    def test_files_and_pipes(self, letter: Letter, tmp_path: Path, capsys: Any, monkeypatch: Any):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "1").write_bytes(report(letter.message_id))
        (tmp_path / "new" / "2").write_bytes(b"Subject: hello\n\nDear Kith")
        call_command("read_returned", str(tmp_path))
        assert capsys.readouterr().out.strip() == "2 read, 1 of them bounces, 1 readers of letters from here."
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(report(letter.message_id))))
        call_command("read_returned")
        assert capsys.readouterr().out.startswith("1 read, 1 of them bounces, 0 ")

    def test_an_unreachable_mailbox_is_no_disaster(self):
        where = {"host": "127.0.0.1", "port": 1, "user": "u", "password": "p", "is_tls": False, "folder": "INBOX"}
        assert list(mailbox.bounces(where)) == []
        assert list(mailbox.bounces(None)) == []
