"""The asker cannot tell a no of the target from one of the introducer, from silence, or from a request on its way."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from time_machine import travel

from contacts.models import Acquaintance, Interaction, Person, Reminder
from introductions import queries, timing
from introductions.lifecycle import State
from introductions.models import Event, Introduction
from introductions.services import closing
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.mail.models import Letter
from tests.conftest import BACKEND
from tests.factories import NOW, UserFactory
from tests.introductions.story import BOB, CHARLIE, Story, begin, verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unlimited")]
DAY = timedelta(days=1)
EVENING = NOW + 13 * DAY + timedelta(hours=1)
"""Just before the introducer's question runs out: every end below comes within the same hours."""


def no_of_introducer(story: Story) -> None:
    story.answer("introducer", "no", now=EVENING)


def not_well(story: Story) -> None:
    story.answer("introducer", "not_well", now=EVENING, word="Hardly met her.", word_is_shared=False)


def not_me(story: Story) -> None:
    story.answer("introducer", "not_me", now=EVENING)


def not_now_of_introducer(story: Story) -> None:
    story.answer("introducer", "not_now", now=EVENING)


def no_of_target(story: Story) -> None:
    story.answer("introducer", "yes", now=NOW + DAY, word="With joy!", word_is_shared=True)
    story.answer("target", "no", now=EVENING)


def not_now_of_target(story: Story) -> None:
    story.answer("introducer", "yes", now=NOW + 5 * DAY, added="She is good.")
    story.answer("target", "not_now", now=EVENING)


def silence_of_introducer(story: Story) -> None:
    question = story.question("introducer")
    question.expires_at = EVENING
    question.save()
    assert closing.expire(introduction_id=story.introduction.id, now=EVENING)


def silence_of_target(story: Story) -> None:
    story.answer("introducer", "yes", now=NOW + DAY)
    question = story.question("target")
    question.expires_at = EVENING
    question.save()
    assert closing.expire(introduction_id=story.introduction.id, now=EVENING)


ENDS: list[Callable[[Story], None]] = [
    no_of_introducer,
    not_well,
    not_me,
    not_now_of_introducer,
    no_of_target,
    not_now_of_target,
    silence_of_introducer,
    silence_of_target,
]


def still_waiting(story: Story) -> None:
    pass


def asked_the_target(story: Story) -> None:
    story.answer("introducer", "yes", now=NOW + DAY)


def pages_of(alice: Any, now: datetime, story: Story) -> str:
    """Everything that Alice can open about it, without what differs by chance (ids, tokens)."""
    client = Client()
    client.force_login(alice, backend=BACKEND)
    found = []
    with travel(now, tick=False):
        for url in (
            reverse("introductions:introductions"),
            reverse("introductions:introduction", args=[story.introduction.id]),
            reverse("introductions:ask", args=[story.charlie.id]),
            reverse("introductions:ask", args=[story.charlie.id], query={"introducer": story.bob.id}),
            reverse("mail:log"),
        ):
            response = client.get(url, follow=True)
            assert response.status_code == 200
            found.append(response.content.decode())
    return anonymous("\n".join(found))


def anonymous(text: str) -> str:
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"member\d+@kith.test", "ALICE", text)
    text = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"', "CSRF", text)
    return re.sub(r"hue-\d+", "HUE", text)


def a_story() -> Story:
    alice = UserFactory(name="Alice Anders")
    verify(alice)
    with travel(NOW, tick=False):
        return begin(alice).send()


@pytest.fixture(autouse=True)
def _no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """The morning drawn for silence is the first: the pages are compared, not the days."""
    monkeypatch.setattr(secrets, "randbelow", lambda _: 0)


def ways(ends: list[Callable[[Story], None]], *, after: datetime, reveal: bool) -> dict[str, str]:
    found = {}
    for end in ends:
        story = a_story()
        end(story)
        if reveal:
            with travel(after - timedelta(minutes=5), tick=False):
                sweep()
        found[end.__name__] = pages_of(story.alice, after, story)
    return found


def test_before_the_hour_every_end_looks_like_a_request_on_its_way():
    pages = ways([still_waiting, asked_the_target, *ENDS], after=EVENING + timedelta(hours=1), reveal=False)
    assert len(set(pages.values())) == 1, {name: hash(page) for name, page in pages.items()}
    assert "on its way" in pages["no_of_target"]


def test_after_the_hour_every_end_looks_the_same():
    pages = ways(ENDS, after=timing.reveal_time(EVENING, UserFactory().zone) + timedelta(hours=1), reveal=True)
    assert len(set(pages.values())) == 1, {name: hash(page) for name, page in pages.items()}
    page = pages["no_of_target"]
    assert "not this time" in page
    for word in ("declined", "With joy", "Hardly met her", CHARLIE + ",", "not_well", "expired"):
        assert word not in page


def test_after_the_hour_every_letter_is_the_same():
    letters = set()
    for end in ENDS:
        story = a_story()
        end(story)
        with travel(timing.reveal_time(EVENING, story.alice.zone), tick=False):
            sweep()
        (letter,) = Letter.objects.filter(kind="not_this_time", member=story.alice)
        letters.add((letter.subject, anonymous(re.sub(r"/mail/stop/[^\s\"]+", "STOP", letter.text))))
    assert len(letters) == 1


def test_withdrawing_looks_the_same_whatever_happened():
    pages = set()
    for end in (still_waiting, asked_the_target, no_of_introducer, no_of_target, silence_of_introducer):
        story = a_story()
        end(story)
        at = EVENING + timedelta(hours=1)
        services.withdraw(introduction=story.introduction, now=at)
        pages.add(pages_of(story.alice, at + timedelta(hours=1), story))
        with travel(at + 30 * DAY, tick=False):
            sweep()
        assert not Letter.objects.filter(kind="not_this_time", member=story.alice).exists()
    assert len(pages) == 1


def test_nothing_of_it_is_written_in_alices_book(sent):
    before = [list(model.objects.order_by("pk").values()) for model in (Person, Interaction, Reminder, Acquaintance)]
    sent.answer("introducer", "not_well")
    after = [list(model.objects.order_by("pk").values()) for model in (Person, Interaction, Reminder, Acquaintance)]
    assert before == after


class TestWords:
    """A word back is read by the asker only if its writer wished so, and never betrays the other."""

    def test_private_stays_private(self, sent, alice):
        sent.answer("introducer", "no", word="She owes me money.", word_is_shared=False)
        closing.tell_asker(introduction_id=sent.introduction.id, now=NOW + 2 * DAY)
        assert "money" not in pages_of(alice, NOW + 2 * DAY, sent)
        assert "money" not in "".join(letter.text + letter.html for letter in Letter.objects.all())

    def test_shared_is_shown_with_the_rest_and_not_before(self, sent, alice):
        sent.answer("introducer", "no", word="Ask me in spring.", word_is_shared=True)
        assert "spring" not in pages_of(alice, NOW + timedelta(hours=5), sent)
        closing.tell_asker(introduction_id=sent.introduction.id, now=NOW + 2 * DAY)
        assert "Ask me in spring." in pages_of(alice, NOW + 2 * DAY, sent)
        assert "Ask me in spring." in sent.letters("not_this_time")[0].text

    def test_a_yes_that_came_to_nothing_stays_unread(self, sent, alice):
        sent.answer("introducer", "yes", word="With joy!", word_is_shared=True)
        sent.answer("target", "no")
        closing.tell_asker(introduction_id=sent.introduction.id, now=NOW + 2 * DAY)
        assert "With joy" not in pages_of(alice, NOW + 2 * DAY, sent)
        assert "With joy" not in sent.letters("not_this_time")[0].text

    def test_a_yes_that_came_true_is_read(self, sent, alice):
        sent.answer("introducer", "yes", word="With joy!", word_is_shared=True)
        sent.answer("target", "yes")
        assert "With joy!" in pages_of(alice, NOW + DAY, sent)


class TestAddresses:
    """No address before both yes."""

    @pytest.mark.parametrize("address", [CHARLIE, "charlie.work@stranger.test"])
    def test_nobody_reads_one(self, alice, client, address):
        verify(alice)
        story = begin(alice, charlie_email="").send()
        story.answer("introducer", "yes", next_email=address)
        page = pages_of(alice, NOW + timedelta(hours=4), story)
        assert address not in page
        with travel(NOW + timedelta(hours=4), tick=False):
            target_page = client.get(story.link("target")).content.decode()
        assert alice.email not in target_page
        assert BOB not in target_page
        for letter in Letter.objects.exclude(kind="introducer_asked"):
            assert alice.email not in "".join([letter.text, letter.html, *letter.to, *letter.cc, *letter.reply_to])
        assert address not in Letter.objects.get(kind="introducer_asked").text
        assert not Letter.objects.filter(kind="target_asked", is_shown=True).exists()

    def test_a_member_without_a_name_is_not_named_by_the_address(self, sent, client):
        sent.alice.name = ""
        sent.alice.save()
        sent.answer("introducer", "yes")
        letter = sent.letters("target_asked")[0]
        assert sent.alice.email not in letter.text + letter.html + letter.subject
        assert "A member of Kith writes:" in letter.text


def test_the_log_of_the_asker_leaves_out_what_the_others_did(sent):
    sent.answer("introducer", "yes")
    sent.answer("target", "no")
    lines = " ".join(line.text for line in queries.timeline(sent.fresh()))
    assert lines == "You wrote it down. You asked Bob Brook."
    assert Event.objects.filter(introduction=sent.introduction).count() == 4


def test_the_database_refuses_to_show_more():
    story = a_story()
    story.answer("introducer", "yes")
    for shown in ("target_asked", "declined", "introduced"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Introduction.objects.filter(id=story.introduction.id).update(shown_state=shown)
    story.answer("target", "no")
    with pytest.raises(IntegrityError), transaction.atomic():
        Introduction.objects.filter(id=story.introduction.id).update(reveal_at=None)
    assert story.fresh().shown_state == State.INTRODUCER_ASKED
