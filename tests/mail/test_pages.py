"""The mail log, and the mailbox of a site on one's own computer."""

from __future__ import annotations

import importlib
import mailbox
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, clear_url_caches, reverse
from django.utils import timezone

from netapp import urls as site_urls
from netapp.accounts.models import User
from netapp.mail import suppression, tasks, urls
from netapp.mail.models import Letter, LetterState, StopLink, Suppression
from netapp.mail.suppression import Scope
from tests.mail.conftest import Post
from tests.smtp import SmtpSink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda **call: None)


# --- The log


def test_the_log_is_the_members_own(post_letter: Post, alice_client: Client, charlie_client: Client) -> None:
    post_letter(to=["alice@kith.test"], context={"subject": "Get back in touch"})
    assert "Get back in touch" in alice_client.get("/mail/log/").content.decode()
    assert "Get back in touch" not in charlie_client.get("/mail/log/").content.decode()
    assert Client().get("/mail/log/").status_code == 302


def test_a_letter_to_somebody_not_met_leaves_no_trace(post_letter: Post, alice_client: Client) -> None:
    empty = alice_client.get("/mail/log/").content
    post_letter(to=["dora@example.org"], context={"subject": "Alice would like to meet you"})
    after = alice_client.get("/mail/log/").content
    assert b"dora" not in after
    assert len(after) == len(empty)


def test_a_failure_says_why_and_what_to_do(post_letter: Post, alice_client: Client, smtp_sink: SmtpSink) -> None:
    smtp_sink.answer("bob@example.org", "550 5.1.1 <script>No such user</script>")
    post_letter(is_shown=True)
    tasks.deliver()
    page = alice_client.get("/mail/log/").content.decode()
    assert "It did not arrive." in page
    assert "550 5.1.1 &lt;script&gt;No such user" in page
    assert "Look whether the address is right" in page


def test_the_log_does_not_say_who_stopped_it(post_letter: Post, alice_client: Client, smtp_sink: SmtpSink) -> None:
    """The row of a letter that its reader stopped reads like that of one that went out."""

    def shown() -> str:
        page = alice_client.get("/mail/log/").content.decode()
        return page.partition('<ul class="rows"')[2].partition("</ul>")[0]

    letter = post_letter(is_shown=True)
    link = StopLink.objects.get()
    suppression.stop(link, Scope.MEMBER)
    tasks.deliver()
    letter.refresh_from_db()
    assert letter.state == LetterState.SUPPRESSED
    stopped = shown()
    Suppression.objects.all().delete()
    Letter.objects.update(state=LetterState.QUEUED, refused={})
    tasks.deliver()
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert shown() == stopped
    assert ">done<" in stopped


def test_the_log_costs_the_same_for_5_and_50(post_letter: Post, alice_client: Client) -> None:
    counts = []
    for size in (5, 50):
        while Letter.objects.count() < size:
            post_letter(to=["alice@kith.test"])
        with CaptureQueriesContext(connection) as queries:
            alice_client.get("/mail/log/")
        counts.append(len(queries))
        assert not any('"text"' in query["sql"] for query in queries)
    assert counts[0] == counts[1]


def test_the_log_has_pages(post_letter: Post, alice_client: Client) -> None:
    for _ in range(51):
        post_letter(to=["alice@kith.test"])
    assert b"Page 1 of 2" in alice_client.get("/mail/log/").content
    assert b">Letter 1<" in alice_client.get("/mail/log/?page=2").content
    assert alice_client.get("/mail/log/?page=nonsense").status_code == 200


@pytest.mark.parametrize("state", LetterState.values)
def test_every_state_has_its_words(post_letter: Post, alice_client: Client, state: str) -> None:
    letter = post_letter(to=["alice@kith.test"])
    now = timezone.now()
    Letter.objects.filter(id=letter.id).update(
        state=state, sent_at=now, leased_until=now if state == LetterState.SENDING else None, error="Because."
    )
    assert LetterState(state).label in alice_client.get("/mail/log/").content.decode()


# --- The mailbox


@pytest.fixture
def maildir(tmp_path: Path, settings: Any) -> Iterator[mailbox.Maildir]:
    """A site on one's own computer, with a mailbox."""
    settings.LOCAL_MAILBOX = tmp_path / "mailbox"
    _reload()
    yield mailbox.Maildir(tmp_path / "mailbox")
    settings.LOCAL_MAILBOX = None
    _reload()


def _reload() -> None:
    importlib.reload(urls)
    importlib.reload(site_urls)
    clear_url_caches()


def put(maildir: mailbox.Maildir, reader: str, subject: str) -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Alice via Kith <kith@example.org>", reader, subject
    message["Reply-To"] = "alice@kith.test"
    message.set_content("Hello\n\nhttp://127.0.0.1:8000/answer/abc/\n")
    html = '<html><head></head><body><p style="color:red"><a href="http://127.0.0.1:8000/answer/abc/">Answer</a></p></body></html>'
    message.add_alternative(html, subtype="html")
    return maildir.add(f"Return-Path: <>\nDelivered-To: {reader}\n".encode() + message.as_bytes())


def test_there_is_no_mailbox_in_production(client: Client) -> None:
    with pytest.raises(NoReverseMatch):
        reverse("mail:mailbox")
    assert client.get("/mailbox/").status_code == 404


def test_the_mailbox_plays_every_side(maildir: mailbox.Maildir, client: Client) -> None:
    put(maildir, "bob@example.org", "Would you introduce Alice?")
    key = put(maildir, "dora@example.org", "Alice would like to meet you")
    page = client.get("/mailbox/").content.decode()
    assert page.index("Alice would like") < page.index("Would you introduce")
    only = client.get("/mailbox/?to=bob@example.org").content.decode()
    assert "Would you introduce" in only
    assert "Alice would like" not in only
    mail = client.get(f"/mailbox/{key}/")
    assert '<a href="http://127.0.0.1:8000/answer/abc/" rel="nofollow">' in mail.content.decode()
    assert "<script" not in mail.content.decode()
    assert "frame-src 'self'" in mail["Content-Security-Policy"]


def test_the_html_part_is_shut_in(maildir: mailbox.Maildir, client: Client) -> None:
    answer = client.get(f"/mailbox/{put(maildir, 'bob@example.org', 'Hello')}/html/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-top-navigation-by-user-activation" in policy
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in answer.content.decode()


def test_only_this_computer_and_only_its_own_mails(maildir: mailbox.Maildir, client: Client) -> None:
    key = put(maildir, "bob@example.org", "Hello")
    assert client.get("/mailbox/", REMOTE_ADDR="192.0.2.7").status_code == 404
    assert client.get(f"/mailbox/{key}/", REMOTE_ADDR="192.0.2.7").status_code == 404
    for odd in ("..", "%2e%2e%2fetc", "cur", ".", "nothing"):
        assert client.get(f"/mailbox/{odd}/").status_code == 404
    assert client.post("/mailbox/").status_code == 405


def test_an_empty_mailbox_says_so(maildir: mailbox.Maildir, client: Client, alice: User) -> None:
    assert "No mail yet" in client.get("/mailbox/").content.decode()
    assert "No mail for bob@example.org yet" in client.get("/mailbox/?to=bob@example.org").content.decode()
