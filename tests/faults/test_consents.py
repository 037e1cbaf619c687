"""Answers, withdrawals and quotas at one moment (TRUST.md R10, S19): one transition, and no limit passed.

Threads with connections of their own on a real PostgreSQL; the order in which they come is anybody's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import count

import pytest
from django.db.models import Q
from django.test import Client
from pytest_django import Settings
from time_machine import travel

from contacts.models import Connection, ConnectionState, Person, Relation
from introductions import limits
from introductions.lifecycle import MoveNotAllowed, State
from introductions.models import Answer, AskingPause, Consent, ConsentState, Introduction
from introductions.services import closing, connecting
from introductions.services import introductions as services
from netapp.mail.models import Letter, LetterState
from tests.crowds import at_once
from tests.factories import NOW, UserFactory
from tests.faults.conftest import FULL
from tests.introductions.chains import Chain, draft_chain
from tests.introductions.story import NOTE, Story, card, verify

pytestmark = pytest.mark.django_db(transaction=True)

CLICKS = 50
WITHDRAWALS = 200 if FULL else 20
RUNS = 1000 if FULL else 12
HOUR = timedelta(hours=1)
NUMBERS = count()


@pytest.fixture(autouse=True)
def _that_evening(redis: object) -> Iterator[None]:
    with travel(NOW + 12 * HOUR, tick=False):
        yield


def a_chain(introducers: int) -> Chain:
    alice = UserFactory(name="Alice Anders")
    verify(alice)
    return draft_chain(alice, introducers, mark=f"n{next(NUMBERS)}-").send()


def a_draft(introducer: str, target: str) -> Story:
    """Somebody new has written to whoever reads `introducer` about whoever reads `target`."""
    asker = UserFactory(name="An Asker")
    verify(asker)
    friend = card(asker, "Bob Brook", introducer)
    wanted = card(asker, "Charlie Cole", target, relation=Relation.WANTED)
    introduction = services.draft(
        owner=asker, target=wanted, introducer=friend, seat=None, message="", note=NOTE, now=NOW
    )
    return Story(asker, friend, wanted, introduction)


@pytest.mark.parametrize("position", [0, 1, 2, 3])
def test_fifty_clicks_on_one_link_are_one(position: int) -> None:
    chain = a_chain(3).everybody_until(position)
    link = chain.link(position)
    buttons = ["yes", "no", "not_now", "stranger", "stop_member", "yes", "not_me", "yes", "no", "yes"]
    replies = at_once([partial(Client().post, link, {"answer": button}) for button in buttons * (CLICKS // 10)])
    assert {reply.status_code for reply in replies} == {302}
    party = "target" if position == 3 else "introducer"
    events = chain.introduction.events.filter(party=party, position=None if position == 3 else position)
    assert events.count() == 1
    question, introduction = chain.question(position), chain.fresh()
    if question.answer != Answer.YES:
        assert introduction.state in (State.DECLINED, State.NOT_NOW)
        assert chain.asked() == []
    elif position == 3:
        assert introduction.state == State.INTRODUCED
    else:
        assert chain.asked() == [position + 1]
    assert Letter.objects.filter(kind="introduced").count() == (introduction.state == State.INTRODUCED)


def test_an_answer_against_a_withdrawal() -> None:
    ends = []
    for number in range(WITHDRAWALS):
        chain = a_chain(1 + number % 3)
        position = number % (chain.target + 1)
        chain.everybody_until(position)
        answer = random.choice([Answer.YES, Answer.YES, Answer.NO, Answer.NOT_NOW])
        at = NOW + 13 * HOUR
        answered, withdrawn = at_once(
            [
                partial(services.answer, consent_id=chain.question(position).id, answer=answer, now=at),
                partial(services.withdraw, introduction=chain.introduction, now=at),
            ]
        )
        introduction = chain.fresh()
        mails = Letter.objects.filter(group=f"introduction:{introduction.id}")
        if isinstance(withdrawn, Introduction):
            # Whatever came first, from here on nobody is asked or introduced, and what had not gone out never does.
            assert introduction.state == State.WITHDRAWN
            assert chain.asked() == []
            assert not mails.filter(kind="introduced").exists()
            assert not mails.filter(state=LetterState.QUEUED).exists()
        else:
            assert isinstance(withdrawn, MoveNotAllowed)
            assert isinstance(answered, Consent)
            assert introduction.state == State.INTRODUCED
            assert mails.filter(kind="introduced").count() == 1
        assert isinstance(answered, Consent | services.NoLongerAsked)
        with pytest.raises(MoveNotAllowed):
            services.withdraw(introduction=chain.introduction, now=at)
        ends.append(introduction.state)
    assert set(ends) <= {State.WITHDRAWN, State.INTRODUCED}


def test_askers_of_one_friend_pass_no_limit() -> None:
    for _ in range(RUNS):
        email = f"bob{next(NUMBERS)}@friends.test"
        aliases = [email, email.replace("@", "+a@"), email.upper(), email.replace("@", "+b@")]
        drafts = [a_draft(alias, f"t{next(NUMBERS)}@stranger.test") for alias in aliases]
        found = at_once([partial(services.send, introduction=one.introduction, now=NOW) for one in drafts])
        assert sum(isinstance(one, Introduction) for one in found) == 1
        assert sum(isinstance(one, services.CannotAsk) for one in found) == 3


def test_one_asker_in_many_tabs_passes_no_week() -> None:
    for _ in range(RUNS):
        alice = UserFactory(name="Alice Anders")
        verify(alice)
        drafts = []
        for _ in range(5):
            friend = card(alice, "Friend", f"f{next(NUMBERS)}@friends.test")
            Person.objects.filter(id=friend.id).update(strength=0.5, last_contact_at=NOW)
            friend.refresh_from_db()
            target = card(alice, "Target", relation=Relation.WANTED)
            drafts.append(
                services.draft(owner=alice, target=target, introducer=friend, seat=None, message="", note=NOTE, now=NOW)
            )
        found = at_once([partial(services.send, introduction=one, now=NOW) for one in drafts])
        assert sum(isinstance(one, Introduction) for one in found) == 3
        assert limits.week_of(alice, now=NOW).left == 0


def test_two_yes_for_one_target_ask_once_and_the_other_waits() -> None:
    for _ in range(RUNS):
        target = f"charlie{next(NUMBERS)}@stranger.test"
        stories = [a_draft(f"b{next(NUMBERS)}@friends.test", target).send() for _ in range(3)]
        found = at_once(
            [
                partial(
                    services.answer,
                    consent_id=story.question("introducer").id,
                    answer=Answer.YES,
                    now=NOW + HOUR,
                )
                for story in stories
            ]
        )
        assert all(isinstance(one, Consent) for one in found)
        questions = Consent.objects.filter(email=target)
        assert questions.filter(state=ConsentState.ASKED).count() == 1
        assert questions.filter(state=ConsentState.WAITING).count() == 2
        # Three schedulers at once ask nobody beside the one, and the next one once.
        asked = questions.get(state=ConsentState.ASKED)
        services.answer(consent_id=asked.id, answer=Answer.NO, now=NOW + 2 * HOUR)
        waiting = [story.introduction.id for story in stories if story.introduction.id != asked.introduction_id]
        at_once([partial(closing.ask_waiting, introduction_id=id_, now=NOW + 3 * HOUR) for id_ in waiting * 2])
        assert questions.filter(state=ConsentState.ASKED).count() == 1


def test_two_strikes_at_once_are_one_pause(settings: Settings) -> None:
    settings.INTRODUCTION_ASKS_A_WEEK = 100
    settings.INTRODUCTION_ASKS_A_WEEK_MOST = 100
    for _ in range(RUNS):
        story = a_draft(f"b{next(NUMBERS)}@friends.test", f"t{next(NUMBERS)}@stranger.test").send()
        asker = story.alice
        friend = card(asker, "Ben", f"b{next(NUMBERS)}@friends.test")
        target = card(asker, "Eva", relation=Relation.WANTED)
        second = services.draft(
            owner=asker, target=target, introducer=friend, seat=None, message="", note=NOTE, now=NOW
        )
        services.send(introduction=second, now=NOW)
        ids = Consent.objects.filter(introduction__owner=asker, state=ConsentState.ASKED).values_list("id", flat=True)
        found = at_once(
            [partial(services.answer, consent_id=id_, answer=Answer.STRANGER, now=NOW + HOUR) for id_ in ids]
        )
        assert all(isinstance(one, Consent) for one in found)
        assert AskingPause.objects.filter(owner=asker).count() == 1


def test_two_offers_to_connect_at_once_never_make_two_connections() -> None:
    for _ in range(RUNS):
        story = a_draft(f"b{next(NUMBERS)}@friends.test", f"c{next(NUMBERS)}@stranger.test").send()
        charlie = UserFactory(name="Charlie Cole")
        verify(charlie, story.charlie.handles.get().normalised)
        story.answer("introducer", "yes")
        story.answer("target", "yes")
        introduction, question = story.fresh(), story.question("target")
        offers = [
            partial(connecting.offer_to_target, introduction=introduction, now=NOW + 5 * HOUR),
            partial(connecting.offer_to_asker, question=question, member=charlie, now=NOW + 5 * HOUR),
        ]
        assert all(isinstance(said, str) for said in at_once(offers))
        between = Connection.objects.filter(state=ConnectionState.ACCEPTED).filter(
            Q(inviter=story.alice, invitee=charlie) | Q(inviter=charlie, invitee=story.alice)
        )
        # Each had invited the other before either could see it: the next click of either makes it one.
        if not between.exists():
            connecting.offer_to_target(introduction=introduction, now=NOW + 6 * HOUR)
        assert between.count() == 1
