"""Scanners, previews and curious programs follow every link of every letter, and nothing changes (TRUST.md S3)."""

from __future__ import annotations

from email.message import EmailMessage
from threading import Thread
from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contacts.models import InteractionKind, Reminder, ReminderKind
from contacts.services import connections, sending
from contacts.services.interactions import log_contact
from introductions.models import Answer, Consent, Introduction
from introductions.services import closing, introductions
from introductions.services.searches import want_routes
from introductions.tasks import sweep
from netapp.accounts.models import User
from netapp.mail import tasks
from netapp.mail.models import Letter, LetterState, Suppression
from tests.faults.conftest import held
from tests.introductions.story import Story, begin, card, verify
from tests.journeys import let_pass, links_in, rows
from tests.smtp import SmtpSink
from tests.workers import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

PREFETCH = {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"}
TIMES = 20


def deliver() -> None:
    tasks.deliver()
    assert not Letter.objects.exclude(state__in=(LetterState.SENT, LetterState.CANCELLED)).exists()


def remind(member: User) -> None:
    sending.send_due(owner_id=member.pk, now=timezone.now())


def says(story: Story, party: str, answer: Answer) -> None:
    introductions.answer(consent_id=story.question(party).id, answer=answer, now=timezone.now())


@pytest.fixture
def letters(alice: User, bob: User, smtp_sink: SmtpSink, settings: Settings) -> list[EmailMessage]:
    """One of nearly every kind, their links still good where time allows, and a connection, a reset and a refusal."""
    cache.clear()
    # Bob is asked again and again here; tests/introductions/test_limits.py says how often he would be.
    settings.INTRODUCTION_OPEN_ASKS = settings.INTRODUCTION_ASKS_LATELY = 100
    settings.INTRODUCTION_ASKS_A_WEEK = settings.INTRODUCTION_ASKS_A_WEEK_MOST = 100
    verify(alice)
    verify(bob)
    User.objects.update(mail_from_time="00:00", mail_until_time="00:00")
    story = begin(alice)
    introductions.send(introduction=story.introduction, now=timezone.now())
    deliver()
    let_pass(days=5)
    sweep()  # the one nudge
    deliver()
    says(story, "introducer", Answer.YES)
    deliver()
    says(story, "target", Answer.YES)
    deliver()
    let_pass(days=2)
    remind(alice)
    let_pass(days=6)
    remind(alice)
    deliver()
    introduction = introductions.talked(introduction=story.fresh(), now=timezone.now())
    let_pass(days=2)
    remind(alice)
    introductions.tell_introducers(introduction=introduction, line="It went well.", now=timezone.now())
    deliver()
    no = begin_again(alice, story)
    introductions.answer(consent_id=question(no).id, answer=Answer.NO, now=timezone.now())
    let_pass(days=3)
    for id_ in closing.due_to_reveal(timezone.now()):
        closing.tell_asker(introduction_id=id_, now=timezone.now())
    passed_on = begin_again(alice, story)
    introductions.answer(consent_id=question(passed_on).id, answer=Answer.FORWARD, now=timezone.now())
    taken_back = begin_again(alice, story)
    deliver()
    introductions.withdraw(introduction=taken_back, now=timezone.now())
    Reminder.objects.create(
        owner=alice, person=story.bob, kind=ReminderKind.KEEP_IN_TOUCH, key="k", due_at=timezone.now()
    )
    remind(alice)
    connections.invite(inviter=alice, email=bob.email, now=timezone.now())
    begin_again(alice, story)  # asked, and not answered yet
    EmailAddress.objects.filter(user=bob).update(verified=False)
    client = Client()
    client.post("/account/signup/", SIGNUP)
    client.post("/account/password/reset/", {"email": alice.email})
    deliver()
    return [one.message for one in smtp_sink.messages]


SIGNUP = {
    "email": "dora@kith.test",
    "name": "Dora Dahl",
    "password1": "a walk along the river",
    "password2": "a walk along the river",
}


def begin_again(alice: User, story: Story) -> Introduction:
    """Another one, to somebody else through Bob."""
    number = Introduction.objects.count()
    target = card(alice, f"Eva Ek {number}", f"eva{number}@stranger.test", relation="wanted")
    introduction = introductions.draft(
        owner=alice,
        target=target,
        introducer=story.bob,
        seat=None,
        message="",
        note="Would you have twenty minutes for me?",
        now=timezone.now(),
    )
    return introductions.send(introduction=introduction, now=timezone.now())


def question(introduction: Introduction) -> Consent:
    return Consent.objects.get(introduction=introduction, party="introducer")


def test_following_every_mailed_link_changes_nothing(letters: list[EmailMessage], alice: User) -> None:
    kinds = set(Letter.objects.values_list("kind", flat=True))
    assert {"introducer_asked", "nudge", "target_asked", "introduced", "reply_today", "did_you_talk"} <= kinds
    assert {"thank_introducer", "introducer_told", "not_this_time", "forwarded", "withdrawn", "digest"} <= kinds
    assert {"connection_invited", "account_email_confirmation_signup", "account_password_reset_key"} <= kinds
    links = list(dict.fromkeys(link for letter in letters for link in links_in(letter)))
    assert len(links) > 40

    nobody, member = Client(), Client()
    member.force_login(alice)
    before = rows()
    for link in links:
        path = urlsplit(link).path
        for client in (nobody, member):
            for method in ("get", "head", "options"):
                for time in range(TIMES // 2):
                    status = getattr(client, method)(path, headers=PREFETCH if time % 2 else None).status_code
                    assert status < 500, (method, path)
    assert rows() == before
    assert not Suppression.objects.exists()

    # And every question that was open is open still.
    waiting = [link for link in links if "/answer/" in link]
    assert any("Yes, gladly" in nobody.get(urlsplit(link).path).content.decode() for link in waiting)


def test_noting_a_contact_never_waits_in_a_circle_with_the_search_for_ways(alice: User) -> None:
    """A worker that writes a way holds its search and refers to the introducer's card; a page does it the other way."""
    bob, charlie = card(alice, "Bob Brook"), card(alice, "Charlie Cole", relation="wanted")
    want_routes(owner=alice, target=charlie, now=timezone.now())

    def note() -> None:
        log_contact(person=bob, kind=InteractionKind.MET, happened_at=timezone.now(), now=timezone.now())
        connection.close()

    page = Thread(target=note)
    with held("SELECT 1 FROM introductions_routesearch FOR NO KEY UPDATE") as lock:
        page.start()
        wait_until(lock.is_waited_for)
        with transaction.atomic(), connection.cursor() as cursor:
            # What PostgreSQL does for a foreign key. It fails here where it would have to wait.
            cursor.execute("SELECT 1 FROM contacts_person WHERE id = %s FOR KEY SHARE NOWAIT", [bob.id])
    page.join(10)
    assert bob.interactions.count() == 1
