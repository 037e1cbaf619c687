"""Many at once, on a real PostgreSQL: one click counts, one sweep acts. Answers, withdrawals, quotas: tests/faults."""

from datetime import timedelta

import pytest
from time_machine import travel

from introductions.lifecycle import MoveNotAllowed, State
from introductions.models import Introduction
from introductions.services import closing
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.mail.models import Letter
from tests.crowds import at_once
from tests.factories import NOW, UserFactory
from tests.introductions.story import BOB, Story, begin, verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unlimited")]
DAY = timedelta(days=1)


@pytest.fixture
def story(redis: object) -> Story:
    alice = UserFactory(name="Alice Anders")
    verify(alice)
    return begin(alice).send()


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
