"""Writing letters: once, in the transaction that causes them, and with nothing in a header that is not ours."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.mail import outbox, tasks, texts
from netapp.mail.delivery import compose
from netapp.mail.models import Letter, LetterState, StopLink
from netapp.mail.outbox import Attachment, Recipient
from tests.mail.conftest import Post

pytestmark = pytest.mark.django_db

NASTY = "Al\r\nBcc: evil@example.net\u2028X\u2029Y\x00Z\x85\ud800 \u202eobA" + "x" * 10_000


def test_the_same_event_writes_one_letter(post_letter: Post) -> None:
    first = post_letter(key="introduction:1:asked")
    again = post_letter(key="introduction:1:asked", context={"subject": "Another"})
    assert again == first
    assert Letter.objects.get().subject == "Letter 1"
    assert StopLink.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_failed_transaction_writes_and_rings_nothing(post_letter: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: rung.append(call))
    with suppress(ZeroDivisionError), transaction.atomic():
        post_letter()
        raise ZeroDivisionError
    assert not Letter.objects.exists()
    assert not rung
    letter = post_letter()
    assert rung == [{"args": (str(letter.id),), "retry": False}]


@pytest.mark.django_db(transaction=True)
def test_a_letter_for_later_rings_nobody(post_letter: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[Any] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: rung.append(call))
    post_letter(due_at=timezone.now() + timedelta(hours=1))
    assert not rung


def test_cancelling_a_group_leaves_the_others(post_letter: Post) -> None:
    mine, other = post_letter(group="introduction:1"), post_letter(group="introduction:2")
    assert outbox.cancel_group(group="introduction:1") == 1
    assert outbox.cancel_group(group="introduction:1") == 0
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.state, other.state) == (LetterState.CANCELLED, LetterState.QUEUED)
    assert mine.text == ""


def test_only_letters_to_oneself_are_in_the_log_unless_somebody_says_so(post_letter: Post, alice: User) -> None:
    assert post_letter(to=["Alice@kith.test"]).is_shown
    assert not post_letter(to=["charlie@example.org"]).is_shown
    assert not post_letter(to=["alice@kith.test"], cc=[Recipient("charlie@example.org")]).is_shown
    assert post_letter(to=["bob@example.org"], is_shown=True).is_shown
    assert not post_letter(to=["bob@example.org"], member=None).is_shown


def test_no_name_or_subject_adds_a_header(post_letter: Post) -> None:
    letter = post_letter(
        to=[Recipient("bob@example.org", NASTY)],
        cc=[Recipient("cc@example.org", 'Quote " and, comma <evil@example.net>')],
        reply_to=[Recipient("alice@kith.test", NASTY)],
        from_name=outbox.via_kith(NASTY),
        context={"subject": NASTY, "who": NASTY},
    )
    letter.refresh_from_db()
    message = compose(letter, "bob@example.org").message()
    raw = message.as_bytes().replace(b"\n", b"\r\n")
    head = raw.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"(?mi)^bcc:", head)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert sorted(name.lower() for name in message) == sorted({name.lower() for name in message})
    assert len(letter.subject) <= texts.MAX_SUBJECT
    assert "\u202e" not in letter.subject
    assert compose(letter, "bob@example.org").recipients() == ["bob@example.org"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bob",
        "@example.org",
        "bob@nowhere",
        "bob@example.org\r\nBcc: evil@example.net",
        "bob@example.org,evil@example.net",
        "bob@evil@example.org",
        '"bob evil"@example.org',
        "bob@example.org\u2028",
        "b\x00ob@example.org",
        "x" * 250 + "@example.org",
    ],
)
def test_what_is_no_address_is_refused(post_letter: Post, address: str) -> None:
    if address.endswith("\u2028"):
        # A line end around an address is only taken off, never passed on.
        assert texts.address(address) == "bob@example.org"
        return
    with pytest.raises(texts.NotAnAddress):
        post_letter(to=[address])


def test_an_address_stands_once(post_letter: Post) -> None:
    letter = post_letter(to=["bob@example.org", "Bob@Example.org"], cc=[Recipient("BOB@example.org")])
    assert (letter.to, letter.cc) == (["bob@example.org"], [])


def test_the_row_holds_no_token(post_letter: Post) -> None:
    issued = tokens.issue("answer")
    letter = post_letter(context={"token": issued.placeholder})
    token = tokens.derive("answer", issued.salt)
    assert token not in letter.text
    assert issued.placeholder in letter.text
    copy = compose(letter, "bob@example.org")
    assert f"/answer/{token}/" in str(copy.body)
    assert "kith-token" not in copy.message().as_string()
    assert StopLink.objects.get().digest not in letter.text


def test_each_reader_has_a_stop_link_of_their_own(post_letter: Post) -> None:
    letter = post_letter(to=["bob@example.org", "charlie@example.org"])
    links = {
        compose(letter, reader).extra_headers["List-Unsubscribe"]
        for reader in ("bob@example.org", "charlie@example.org")
    }
    assert len(links) == 2
    assert StopLink.objects.count() == 2


def test_an_essential_letter_carries_no_stop_link(post_letter: Post) -> None:
    letter = post_letter(is_essential=True)
    message = compose(letter, "bob@example.org").message()
    assert "List-Unsubscribe" not in message
    assert "/mail/stop/" not in letter.text
    assert not StopLink.objects.exists()


def test_plain_text_is_not_escaped_and_html_is(post_letter: Post) -> None:
    letter = post_letter(context={"who": "O'Neill & <b>Sons</b>", "subject": "O'Neill & Sons"})
    assert letter.subject == "O'Neill & Sons"
    assert "Dear O'Neill & <b>Sons</b>," in letter.text
    assert "<b>" not in letter.html
    assert 'style="color: red' in letter.html


def test_links_start_at_the_configured_address(post_letter: Post, settings: Any) -> None:
    settings.BASE_URL = "https://kith.example.org"
    letter = post_letter()
    assert "https://kith.example.org/answer/" in letter.text
    unsubscribe = compose(letter, "bob@example.org").extra_headers["List-Unsubscribe"]
    assert unsubscribe.startswith("<https://kith.example.org/mail/stop/")


def test_a_file_goes_along(post_letter: Post) -> None:
    letter = post_letter(attachments=[Attachment("day\r\n.ics", b"BEGIN:VCALENDAR", "text/calendar")])
    part = [part for part in compose(letter, "bob@example.org").message().walk() if part.get_filename()]
    assert part[0].get_filename() == "day .ics"
    assert part[0].get_payload(decode=True) == b"BEGIN:VCALENDAR"


def test_posting_costs_a_fixed_number_of_queries(post_letter: Post) -> None:
    post_letter()
    counts = []
    for readers in (1, 20):
        with CaptureQueriesContext(connection) as queries:
            post_letter(to=[f"reader{n}@example.org" for n in range(readers)])
        counts.append(len(queries))
    assert counts[0] == counts[1]
