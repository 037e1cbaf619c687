"""The site's own mailbox on a real IMAP server: bounces are read once, everything else is left to its reader."""

from __future__ import annotations

import imaplib
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from contacts.handles import HandleKind
from netapp.accounts.models import User
from netapp.mail import mailbox, returns, tasks
from netapp.mail.models import Letter, LetterState
from tests.factories import HandleFactory, PersonFactory
from tests.mail.test_bounces import BOB, report
from tests.sync.peers import HOST, SECRET, USER, Pymap, mail

pytestmark = pytest.mark.django_db
FOLDER = "Friends"


@pytest.fixture
def where(pymap: Pymap, settings: Settings) -> dict[str, Any]:
    # pymap speaks STARTTLS only; TLS from the first byte is the same client with another socket.
    found = {
        "host": HOST,
        "port": pymap.port,
        "user": USER,
        "password": SECRET,
        "is_tls": False,
        "folder": FOLDER,
    }
    settings.BOUNCE_MAILBOX = found
    return found


@pytest.fixture
def letter(alice: User) -> Letter:
    """A letter of Alice's to Bob that has gone out."""
    return Letter.objects.create(
        key="test:1",
        kind="test",
        member=alice,
        is_shown=True,
        to=[BOB],
        delivered=[BOB],
        subject="One",
        text="One.",
        message_id="<one@kith>",
        state=LetterState.SENT,
        due_at=timezone.now(),
        sent_at=timezone.now(),
    )


def lines(raw: bytes) -> str:
    return raw.decode().replace("\r\n", "\n")


def unread(pymap: Pymap) -> int:
    with pymap.session() as one:
        one.select(FOLDER, readonly=True)
        return len(one.search(None, "UNSEEN")[1][0].split())


def test_a_bounce_is_noted_once_and_other_mails_stay_unread(where, pymap, letter, alice):
    card = HandleFactory(person=PersonFactory(owner=alice), kind=HandleKind.EMAIL, value=BOB)
    pymap.add(FOLDER, mail(1), lines(report(letter.message_id)), mail(2, more="Auto-Submitted: auto-replied\n"))
    tasks.read_returned()
    letter.refresh_from_db()
    card.refresh_from_db()
    assert "nobody gets mail" in letter.refused[BOB]
    assert card.is_failing
    assert unread(pymap) == 2
    assert list(mailbox.bounces(where)) == []


def test_killed_before_it_was_noted_it_is_read_again(where, pymap, letter):
    pymap.add(FOLDER, lines(report(letter.message_id)))
    reading = mailbox.bounces(where)
    next(reading)
    reading.close()
    assert unread(pymap) == 1
    (bounce,) = mailbox.bounces(where)
    assert returns.note(bounce) == 1
    assert unread(pymap) == 0


def test_a_broken_mail_keeps_no_other_waiting(where, pymap, letter):
    broken = "From: mailer-daemon@x.test\nContent-Type: multipart/report; boundary=\nSubject: \x00failure\n\n--\n\xff"
    pymap.add(FOLDER, broken, lines(report(letter.message_id)), "\n")
    tasks.read_returned()
    letter.refresh_from_db()
    assert BOB in letter.refused


@pytest.mark.parametrize("wrong", [{"password": "no"}, {"folder": "Nowhere"}, {"port": 1}])
def test_a_mailbox_that_does_not_open_is_logged_and_tried_again_later(where, pymap, wrong, caplog):
    assert list(mailbox.bounces({**where, **wrong})) == []
    assert "bounces.unreachable" in caplog.text


def test_more_than_one_reading_takes_waits_for_the_next(where, pymap, letter, monkeypatch):
    monkeypatch.setattr(mailbox, "MOST_AT_ONCE", 2)
    pymap.add(FOLDER, *(lines(report(f"<{number}@kith>")) for number in range(3)))
    assert len(list(mailbox.bounces(where))) == 2
    assert len(list(mailbox.bounces(where))) == 1


def test_it_is_a_real_server(pymap):
    with imaplib.IMAP4(HOST, pymap.port) as one, pytest.raises(imaplib.IMAP4.error):
        one.login(USER, "wrong")
