"""Many at once, on a real PostgreSQL: one click counts, one sweep acts, a withdrawal that was confirmed holds."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from time_machine import travel

from introductions.lifecycle import MoveNotAllowed, State
from introductions.models import Answer, Introduction
from introductions.services import closing
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.mail.models import Letter
from tests.factories import NOW, UserFactory
from tests.introductions.story import BOB, Story, begin, card, verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unlimited")]
DAY = timedelta(days=1)


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """All calls let go together, each in a thread with a connection of its own; what they returned or raised."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            gate.wait(20)
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def story(redis: object) -> Story:
    alice = UserFactory(name="Alice Anders")
    verify(alice)
    return begin(alice).send()


@pytest.mark.parametrize("party", ["introducer", "target"])
def test_fifty_clicks_are_one(story, party):
    if party == "target":
        story.answer("introducer", "yes")
    link = story.link(party)
    answers = ["yes", "no", "not_now", "yes", "not_me"] * 10
    with travel(NOW + timedelta(hours=4), tick=False):
        replies = at_once([partial(Client().post, link, {"answer": answer}) for answer in answers])
    assert {reply.status_code for reply in replies} == {302}
    events = story.introduction.events.filter(party=party)
    assert events.count() == 1
    question = story.question(party)
    if question.answer == Answer.YES:
        asked_or_introduced = Letter.objects.filter(kind__in=["target_asked", "introduced"])
        assert asked_or_introduced.count() == (1 if party == "introducer" else 2)
    else:
        assert story.fresh().state in (State.DECLINED, State.NOT_NOW)
        assert not Letter.objects.filter(kind="introduced").exists()


def test_an_answer_against_a_withdrawal(story):
    for _ in range(15):
        story.introduction.delete()
        again = begin_again(story)
        again.answer("introducer", "yes")
        answer, withdrawal = at_once(
            [
                partial(services.answer, consent_id=again.question("target").id, answer=Answer.YES, now=NOW + DAY),
                partial(services.withdraw, introduction=again.introduction, now=NOW + DAY),
            ]
        )
        introduced = Letter.objects.filter(kind="introduced", key__contains=str(again.introduction.id)).exists()
        if isinstance(withdrawal, Introduction):
            assert isinstance(answer, services.NoLongerAsked)
            assert not introduced
            assert again.fresh().state == State.WITHDRAWN
        else:
            assert isinstance(withdrawal, MoveNotAllowed)
            assert introduced
            assert again.fresh().state == State.INTRODUCED
        Letter.objects.all().delete()
        story.introduction = again.introduction


def begin_again(story: Story) -> Story:
    target = card(story.alice, "Charlie Cole", "c@stranger.test", relation="wanted")
    introduction = services.draft(
        owner=story.alice, target=target, introducer=story.bob, seat=None, message="", note="Hello", now=NOW
    )
    return Story(story.alice, story.bob, target, introduction).send()


def test_sending_twice_at_once_asks_once(redis):
    alice = UserFactory(name="Alice Anders")
    verify(alice)
    story = begin(alice)
    found = at_once([lambda: services.send(introduction=story.introduction, now=NOW) for _ in range(8)])
    assert sum(isinstance(one, Introduction) for one in found) == 1
    assert all(isinstance(one, Introduction | MoveNotAllowed | services.Overtaken) for one in found)
    assert Letter.objects.get().to == [BOB]
    assert story.introduction.consents.count() == 2


def test_two_drafts_at_once_are_one(redis):
    alice = UserFactory(name="Alice Anders")
    verify(alice)
    story = begin(alice)
    target, introducer = story.charlie, story.bob
    Introduction.objects.all().delete()
    found = at_once(
        [
            lambda: services.draft(
                owner=alice, target=target, introducer=introducer, seat=None, message="", note="x", now=NOW
            )
            for _ in range(6)
        ]
    )
    assert sum(isinstance(one, Introduction) for one in found) == 1
    assert sum(isinstance(one, services.AlreadyOpen) for one in found) == 5


def test_three_schedulers_do_everything_once(redis):
    stories = []
    for _ in range(6):
        alice = UserFactory(name="Alice Anders")
        verify(alice)
        stories.append(begin(alice).send())
    with travel(NOW + 4 * DAY, tick=False):
        at_once([sweep, sweep, sweep])
    assert Letter.objects.filter(kind="nudge").count() == 6
    with travel(NOW + 14 * DAY, tick=False):
        at_once([sweep, sweep, sweep])
    assert {story.fresh().state for story in stories} == {State.EXPIRED}
    with travel(NOW + 25 * DAY, tick=False):
        at_once([sweep, sweep, sweep])
    assert Letter.objects.filter(kind="not_this_time").count() == 6
    assert {story.introduction.events.filter(what="reveal").count() for story in stories} == {1}
    assert closing.due_to_reveal(NOW + 30 * DAY) == []
