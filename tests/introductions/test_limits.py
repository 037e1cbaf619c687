"""How often anybody is asked and asks: by mailbox, member and week; strikes and pauses; waiting for one's turn."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import travel

from contacts.models import Closeness, Interaction, Person, Relation
from contacts.services.acquaintances import record_acquaintance
from introductions import limits
from introductions.choosing import candidates, next_candidate
from introductions.lifecycle import State
from introductions.models import Answer, AskingLimit, AskingPause, ConsentState, Introduction
from introductions.services import closing, strikes
from introductions.services import introductions as services
from introductions.services.asking_limits import set_limits
from introductions.tasks import sweep
from netapp.accounts.models import User
from netapp.accounts.services import delete_account
from netapp.mail import suppression
from netapp.mail.models import Letter, LetterState
from tests.conftest import BACKEND
from tests.factories import NOW, UserFactory
from tests.introductions.story import BOB, CHARLIE, NOTE, Story, an_asker, begin, card, verify

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _that_evening() -> Iterator[None]:
    with travel(NOW + 12 * HOUR, tick=False):
        yield


def another(story: Story, name: str, *, introducer: Person | None = None, now: Any = NOW) -> Story:
    """The same asker has a draft about somebody else."""
    target = card(story.alice, name, f"{name.lower()}@stranger.test", relation=Relation.WANTED)
    introduction = services.draft(
        owner=story.alice,
        target=target,
        introducer=introducer or story.bob,
        seat=None,
        message="",
        note=NOTE,
        now=now,
    )
    return Story(story.alice, story.bob, target, introduction)


class TestWhoIsAsked:
    """One open question at a time and three in 90 days, by anybody."""

    def test_a_second_asker_waits_and_is_not_told_for_whom(self):
        an_asker().send()
        second = an_asker()
        with pytest.raises(services.CannotAsk, match="asked enough of late, by whomever"):
            second.send()
        assert second.fresh().state == State.DRAFT

    @pytest.mark.parametrize("alias", ["bob+work@friends.test", "Bob+x@Friends.test", "BOB@friends.test"])
    def test_an_alias_is_the_same_mailbox(self, alias):
        an_asker().send()
        with pytest.raises(services.CannotAsk, match="enough"):
            an_asker(alias).send()

    def test_all_verified_addresses_of_a_member_are_one(self, bob):
        verify(bob, BOB)
        verify(bob, "bob@office.test")
        an_asker().send()
        with pytest.raises(services.CannotAsk, match="enough"):
            an_asker("bob@office.test").send()

    def test_an_address_that_is_not_verified_is_another(self, bob):
        verify(bob, BOB)
        an_asker().send()
        an_asker("bob@office.test").send()

    def test_three_in_ninety_days(self):
        for day in range(3):
            story = an_asker(target=f"t{day}@stranger.test").send(NOW + day * DAY)
            services.withdraw(introduction=story.introduction, now=NOW + day * DAY + HOUR)
        with pytest.raises(services.CannotAsk, match="enough"):
            an_asker().send(NOW + 4 * DAY)
        an_asker().send(NOW + 91 * DAY)

    def test_it_is_over_when_the_asker_is_told_and_not_before(self):
        """Else a second account could find out when Bob answered the first."""
        first = an_asker().send()
        first.answer("introducer", "no")
        with pytest.raises(services.CannotAsk, match="enough"):
            an_asker().send(NOW + 5 * HOUR)
        closing.tell_asker(introduction_id=first.introduction.id, now=NOW + 2 * DAY)
        an_asker().send(NOW + 2 * DAY)

    def test_a_member_says_for_themselves(self, bob):
        verify(bob, BOB)
        set_limits(member=bob, most_open=2, most_lately=2)
        for number in range(2):
            an_asker(target=f"t{number}@stranger.test").send()
        with pytest.raises(services.CannotAsk, match="enough"):
            an_asker().send()

    def test_none_at_all_is_possible(self, bob):
        verify(bob, BOB)
        set_limits(member=bob, most_open=0, most_lately=0)
        with pytest.raises(services.CannotAsk, match="enough"):
            an_asker().send()

    def test_the_sites_defaults_can_be_set(self, settings):
        settings.INTRODUCTION_OPEN_ASKS = 2
        an_asker().send()
        an_asker().send()


class TestTheirTurn:
    """Whoever comes later waits for their turn, and neither asker nor introducer learns of it."""

    def two_for_one_target(self) -> tuple[Story, Story]:
        first = an_asker("ann@friends.test").send()
        second = an_asker("ben@friends.test").send()
        first.answer("introducer", "yes")
        second.answer("introducer", "yes")
        return first, second

    def test_a_target_has_one_question_at_a_time(self):
        first, second = self.two_for_one_target()
        assert first.question("target").state == ConsentState.ASKED
        waiting = second.question("target")
        assert (waiting.state, waiting.email, waiting.asked_at) == (ConsentState.WAITING, CHARLIE, None)
        assert second.fresh().shown_state == State.INTRODUCER_ASKED
        page = Client().get(second.link("introducer")).content.decode()
        assert "Kith takes it from here" in page
        sweep()
        assert len(first.letters("target_asked")) == 1

    def test_it_is_asked_once_there_is_room(self):
        first, second = self.two_for_one_target()
        first.answer("target", "no", now=NOW + DAY)
        with travel(NOW + DAY + HOUR, tick=False):
            sweep()
            sweep()
        question = second.question("target")
        assert question.state == ConsentState.ASKED
        assert question.asked_at == NOW + DAY + HOUR
        assert len(second.letters("target_asked")) == 2
        second.answer("target", "yes", now=NOW + 2 * DAY)
        assert second.fresh().state == State.INTRODUCED

    def test_in_vain_it_ends_like_silence(self):
        first, second = self.two_for_one_target()
        # The first holds its place until the second is over.
        question = first.question("target")
        question.expires_at = NOW + 60 * DAY
        question.save()
        Introduction.objects.filter(id=first.introduction.id).update(asked_at=NOW + 30 * DAY)
        with travel(NOW + 21 * DAY - HOUR, tick=False):
            sweep()
        assert second.fresh().state == State.TARGET_ASKED
        with travel(NOW + 21 * DAY, tick=False):
            sweep()
        assert second.fresh().state == State.EXPIRED
        assert second.fresh().shown_state == State.INTRODUCER_ASKED
        with travel(NOW + 23 * DAY, tick=False):
            sweep()
        assert second.fresh().shown_state == State.DECLINED
        assert len(second.letters("target_asked")) == 1

    def test_withdrawn_while_waiting_the_target_never_hears_of_it(self):
        _, second = self.two_for_one_target()
        services.withdraw(introduction=second.introduction, now=NOW + 5 * HOUR)
        assert [letter.to[0] for letter in second.letters("withdrawn")] == ["ben@friends.test"]
        with travel(NOW + 30 * DAY, tick=False):
            sweep()
        assert len(second.letters("target_asked")) == 1

    def test_a_no_of_the_target_holds_for_a_year_whoever_vouches(self, unlimited):
        first = an_asker("ann@friends.test").send()
        first.answer("introducer", "yes")
        first.answer("target", "no")
        closing.tell_asker(introduction_id=first.introduction.id, now=NOW + 2 * DAY)
        ben = card(first.alice, "Ben Berg", "ben@friends.test")
        again = services.draft(
            owner=first.alice, target=first.charlie, introducer=ben, seat=None, message="", note=NOTE, now=NOW
        )
        second = Story(first.alice, ben, first.charlie, again).send(NOW + 3 * DAY)
        second.answer("introducer", "yes", now=NOW + 4 * DAY)
        assert second.question("target").state == ConsentState.WAITING
        with travel(NOW + 20 * DAY, tick=False):
            sweep()
        assert len(second.letters("target_asked")) == 1
        with travel(NOW + 24 * DAY, tick=False):
            sweep()
        assert second.fresh().state == State.EXPIRED

    @pytest.mark.parametrize("answer", ["not_now", "no", "stranger"])
    def test_another_asker_may_ask_the_same_target(self, answer, unlimited):
        first = an_asker("ann@friends.test").send()
        first.answer("introducer", "yes")
        first.answer("target", answer)
        second = an_asker("ben@friends.test").send()
        second.answer("introducer", "yes")
        assert second.question("target").state == ConsentState.ASKED

    def test_not_now_until_the_day_they_gave(self, unlimited):
        first = an_asker("ann@friends.test").send()
        first.answer("introducer", "yes")
        first.answer("target", "not_now", again_date=(NOW + 10 * DAY).date())
        closing.tell_asker(introduction_id=first.introduction.id, now=NOW + 2 * DAY)
        ben = card(first.alice, "Ben Berg", "ben@friends.test")
        again = services.draft(
            owner=first.alice, target=first.charlie, introducer=ben, seat=None, message="", note=NOTE, now=NOW
        )
        second = Story(first.alice, ben, first.charlie, again).send(NOW + 3 * DAY)
        second.answer("introducer", "yes", now=NOW + 4 * DAY)
        assert second.question("target").state == ConsentState.WAITING
        with travel(NOW + 11 * DAY, tick=False):
            sweep()
        assert second.question("target").state == ConsentState.ASKED


class TestTheSameAgain:
    """Nobody is asked the same again within a year, by what the asker is shown."""

    @pytest.mark.parametrize("end", ["no of bob", "no of charlie", "silence", "withdrawn"])
    def test_refused_whatever_came_of_it(self, sent, end, unlimited):
        if end == "no of bob":
            sent.answer("introducer", "no")
        elif end == "no of charlie":
            sent.answer("introducer", "yes")
            sent.answer("target", "no")
        elif end == "silence":
            with travel(NOW + 14 * DAY, tick=False):
                sweep()
        if end == "withdrawn":
            services.withdraw(introduction=sent.introduction, now=NOW + DAY)
        with travel(NOW + 25 * DAY, tick=False):
            sweep()
        again = services.draft(
            owner=sent.alice, target=sent.charlie, introducer=sent.bob, seat=None, message="", note=NOTE, now=NOW
        )
        with pytest.raises(services.CannotAsk, match="You asked Bob Brook about Charlie Cole on 4 May 2026"):
            services.send(introduction=again, now=NOW + 26 * DAY)
        services.send(introduction=again, now=NOW + 366 * DAY)

    def test_a_second_card_is_no_way_round(self, sent, unlimited):
        sent.answer("introducer", "no")
        closing.tell_asker(introduction_id=sent.introduction.id, now=NOW + 2 * DAY)
        bobby = card(sent.alice, "Bobby", "bob+x@friends.test")
        charlie = card(sent.alice, "charlie cole", relation=Relation.WANTED)
        again = services.draft(
            owner=sent.alice, target=charlie, introducer=bobby, seat=None, message="", note=NOTE, now=NOW
        )
        with pytest.raises(services.CannotAsk, match="You asked"):
            services.send(introduction=again, now=NOW + 3 * DAY)

    def test_a_mail_that_came_back_is_no_ask(self, sent, unlimited):
        Letter.objects.filter(kind="introducer_asked").update(state=LetterState.FAILED)
        services.withdraw(introduction=sent.introduction, now=NOW + DAY)
        again = services.draft(
            owner=sent.alice, target=sent.charlie, introducer=sent.bob, seat=None, message="", note=NOTE, now=NOW
        )
        services.send(introduction=again, now=NOW + 2 * DAY)

    def test_after_the_day_that_bob_gave(self, sent, unlimited):
        sent.answer("introducer", "not_now", again_date=(NOW + 30 * DAY).date())
        closing.tell_asker(introduction_id=sent.introduction.id, now=NOW + 2 * DAY)
        again = services.draft(
            owner=sent.alice, target=sent.charlie, introducer=sent.bob, seat=None, message="", note=NOTE, now=NOW
        )
        with pytest.raises(services.CannotAsk, match="You asked"):
            services.send(introduction=again, now=NOW + 29 * DAY)
        services.send(introduction=again, now=NOW + 31 * DAY)

    def test_bob_may_be_asked_about_somebody_else(self, sent, unlimited):
        sent.answer("introducer", "no")
        closing.tell_asker(introduction_id=sent.introduction.id, now=NOW + 2 * DAY)
        other = another(sent, "Eva", now=NOW + 2 * DAY)
        services.send(introduction=other.introduction, now=NOW + 2 * DAY)


class TestTheWeek:
    """Three asks in a week to begin with; more with each that was welcome; strangers count double."""

    def friends(self, alice: User, count: int, *, known: bool = True) -> list[Person]:
        found = [card(alice, f"Friend {number}", f"friend{number}@x.test") for number in range(count)]
        if known:
            Person.objects.filter(owner=alice).update(last_contact_at=NOW - DAY, strength=0.5)
        return list(Person.objects.filter(id__in=[one.id for one in found]).order_by("full_name"))

    def ask(self, alice: User, friend: Person, number: int, now: Any = NOW) -> Introduction:
        target = card(alice, f"Target {number}", relation=Relation.WANTED)
        introduction = services.draft(
            owner=alice, target=target, introducer=friend, seat=None, message="", note=NOTE, now=now
        )
        return services.send(introduction=introduction, now=now)

    def test_three(self, alice):
        verify(alice)
        friends = self.friends(alice, 4)
        for number in range(3):
            self.ask(alice, friends[number], number)
        with pytest.raises(services.CannotAsk, match="enough for this week: 3 asks in seven days"):
            self.ask(alice, friends[3], 3, NOW + 6 * DAY)
        self.ask(alice, friends[3], 4, NOW + 7 * DAY)

    def test_strangers_count_double(self, alice):
        verify(alice)
        friends = self.friends(alice, 2, known=False)
        self.ask(alice, friends[0], 0)
        with pytest.raises(services.CannotAsk, match="enough for this week"):
            self.ask(alice, friends[1], 1)
        assert limits.week_of(alice, now=NOW).left == 1

    def test_it_grows_with_what_was_welcome(self, alice):
        verify(alice)
        story = begin(alice).send()
        assert limits.week_of(alice, now=NOW) == limits.Week(most=3, left=1)
        story.answer("introducer", "yes")
        assert limits.week_of(alice, now=NOW).most == 3
        story.answer("target", "yes")
        assert limits.week_of(alice, now=NOW).most == 4

    def test_but_not_for_ever(self, alice, settings):
        settings.INTRODUCTION_ASKS_A_WEEK_MOST = 3
        story = begin(alice).send()
        story.answer("introducer", "yes")
        story.answer("target", "yes")
        assert limits.week_of(alice, now=NOW).most == 3

    def test_the_page_says_so_beforehand(self, alice, alice_client):
        verify(alice)
        friends = self.friends(alice, 4)
        for number in range(3):
            self.ask(alice, friends[number], number)
        target = card(alice, "Target 9", relation=Relation.WANTED)
        url = reverse("introductions:ask", args=[target.id], query={"introducer": friends[3].id})
        page = alice_client.get(url).content.decode()
        assert "That is enough for this week" in page
        assert "You can ask 0 more times this week." in page


class TestStrikes:
    """ "I don't know them": two people within 30 days, and an admin has to look."""

    def stranger(self, story: Story, party: str = "introducer", now: Any = NOW + 3 * HOUR) -> None:
        story.answer(party, "stranger", now=now)

    def two(self, now: Any = NOW + 4 * HOUR) -> Story:
        first = an_asker("ann@friends.test").send()
        second = another(first, "Eva", introducer=card(first.alice, "Ben", "ben@friends.test"))
        services.send(introduction=second.introduction, now=NOW)
        second.post()
        self.stranger(first)
        assert not limits.is_paused(first.alice)
        self.stranger(second, now=now)
        return first

    def test_two_pause_and_the_admins_hear_of_it(self, alice):
        User.objects.filter(pk=alice.pk).update(is_staff=True)
        story = self.two()
        assert limits.is_paused(story.alice)
        (letter,) = Letter.objects.filter(kind="asks_paused")
        assert letter.to == [alice.email]
        assert letter.is_essential
        for secret in (story.alice.email, "Bob", "Charlie", "ann@", "ben@"):
            assert secret not in letter.text
        third = another(story, "Finn", introducer=card(story.alice, "Dora", "dora@friends.test"), now=NOW)
        with pytest.raises(services.CannotAsk, match="Asking is paused for you until an admin"):
            services.send(introduction=third.introduction, now=NOW + DAY)

    def test_not_after_thirty_days(self, unlimited):
        first = an_asker("ann@friends.test").send()
        self.stranger(first)
        second = another(first, "Eva", introducer=card(first.alice, "Ben", "ben@friends.test"))
        services.send(introduction=second.introduction, now=NOW + 30 * DAY)
        self.stranger(second, now=NOW + 31 * DAY)
        assert not limits.is_paused(first.alice)

    def test_one_mailbox_counts_once(self, unlimited):
        first = an_asker("ann@friends.test").send()
        self.stranger(first)
        second = another(first, "Eva", introducer=card(first.alice, "Ann again", "ann+2@friends.test"))
        services.send(introduction=second.introduction, now=NOW)
        self.stranger(second)
        assert not limits.is_paused(first.alice)

    def test_the_target_counts_too(self):
        """An introducer may be made up by the asker: then it is the target who knows nobody."""
        story = an_asker("ann@friends.test").send()
        story.answer("introducer", "yes")
        self.stranger(story, "target")
        other = another(story, "Eva", introducer=card(story.alice, "Ben", "ben@friends.test"))
        services.send(introduction=other.introduction, now=NOW)
        other.answer("introducer", "yes")
        self.stranger(other, "target")
        assert limits.is_paused(story.alice)

    @pytest.mark.parametrize("answer", ["no", "not_me", "not_well", "stop"])
    def test_no_other_answer_does(self, answer):
        first = an_asker("ann@friends.test").send()
        second = another(first, "Eva", introducer=card(first.alice, "Ben", "ben@friends.test"))
        services.send(introduction=second.introduction, now=NOW)
        second.post()
        for story in (first, second):
            story.answer("introducer", answer)
        assert not AskingPause.objects.exists()

    def test_what_waits_is_held_while_paused(self):
        story = an_asker("cy@friends.test").send()
        first = another(story, "Eva", introducer=card(story.alice, "Ann", "ann@friends.test"))
        Person.objects.filter(owner=story.alice).update(last_contact_at=NOW, strength=0.5)
        AskingPause.objects.create(owner=story.alice, paused_at=NOW)
        story.answer("introducer", "yes")
        assert story.question("target").state == ConsentState.WAITING
        assert first.fresh().state == State.DRAFT
        strikes.lift(pause=AskingPause.objects.get(), now=NOW + DAY)
        with travel(NOW + DAY, tick=False):
            sweep()
        assert story.question("target").state == ConsentState.ASKED

    def test_an_admin_lifts_it_and_it_begins_anew(self, admin_client):
        story = self.two()
        pause = AskingPause.objects.get()
        listed = admin_client.get(reverse("admin:introductions_askingpause_changelist"))
        assert story.alice.email in listed.content.decode()
        answer = admin_client.post(
            reverse("admin:introductions_askingpause_changelist"),
            {"action": "let_them_ask_again", "_selected_action": [str(pause.pk)]},
            follow=True,
        )
        assert "1 may ask again." in answer.content.decode()
        assert not limits.is_paused(story.alice)
        assert strikes.lift(pause=pause, now=NOW) is False
        third = another(story, "Finn", introducer=card(story.alice, "Dora", "dora@friends.test"), now=NOW)
        services.send(introduction=third.introduction, now=NOW + 20 * DAY)
        third.post()
        third.answer("introducer", "stranger", now=NOW + 21 * DAY)
        assert not limits.is_paused(story.alice)


class TestStop:
    """ "Stop writing to me" is an answer: from this member, or from this site, for good."""

    @pytest.mark.parametrize(("button", "others"), [("stop_member", True), ("stop_site", False)])
    @pytest.mark.parametrize("party", ["introducer", "target"])
    def test_from_the_mail(self, sent, client, button, others, party):
        if party == "target":
            sent.answer("introducer", "yes")
        email = sent.question(party).email
        page = client.post(sent.link(party), {"answer": button}, follow=True).content.decode()
        assert "Stopped" in page
        assert sent.question(party).answer == Answer.STOP
        assert sent.fresh().state == State.DECLINED
        other = UserFactory()
        kind = "introducer_asked"
        assert suppression.stopped_among([email], member=sent.alice, kind=kind) == {email}
        assert bool(suppression.stopped_among([email], member=other, kind=kind)) is not others

    def test_it_outlives_the_member(self, sent, client):
        client.post(sent.link("introducer"), {"answer": "stop_member"})
        email = sent.alice.email
        delete_account(member=sent.alice, now=NOW + DAY)
        back = UserFactory(email=email)
        assert suppression.stopped_among([BOB], member=back, kind="introducer_asked") == {BOB}


class TestRanking:
    """Who has been asked enough comes last before it is an error, and nobody learns by whom."""

    @pytest.fixture
    def book(self, alice) -> dict[str, Person]:
        verify(alice)
        people = {name: card(alice, name, f"{name.lower()}@x.test") for name in ("Ann", "Ben")}
        people["Charlie"] = card(alice, "Charlie", relation=Relation.WANTED)
        for name in ("Ann", "Ben"):
            Interaction.objects.create(
                owner=alice, person=people[name], kind="met", direction="both", happened_at=NOW - DAY
            )
            Person.objects.filter(id=people[name].id).update(
                last_contact_at=NOW - DAY, strength=0.9 if name == "Ann" else 0.4
            )
            people[name].refresh_from_db()
            record_acquaintance(
                owner=alice, one=people[name], other=people["Charlie"], closeness=Closeness.SOME, evidence="", now=NOW
            )
        return people

    def test_last_on_the_page_to_choose(self, alice, book, alice_client):
        assert [one.person.full_name for one in candidates(alice, book["Charlie"], NOW)] == ["Ann", "Ben"]
        an_asker("ann@x.test").send()
        found = [(one.person.full_name, one.is_resting) for one in candidates(alice, book["Charlie"], NOW)]
        assert found == [("Ben", False), ("Ann", True)]
        page = alice_client.get(reverse("introductions:ask", args=[book["Charlie"].id])).content.decode()
        assert "has been asked enough of late" in page

    def test_the_next_best_is_somebody_who_may_be_asked(self, alice, book):
        introduction = services.draft(
            owner=alice, target=book["Charlie"], introducer=book["Ann"], seat=None, message="", note=NOTE, now=NOW
        )
        services.send(introduction=introduction, now=NOW)
        found = next_candidate(introduction, NOW)
        assert found is not None
        assert found.person == book["Ben"]
        an_asker("ben@x.test").send()
        assert next_candidate(introduction, NOW) is None

    def test_queries_do_not_grow(self, alice):
        def count(size: int) -> int:
            emails = [f"x{number}@x.test" for number in range(size)]
            with CaptureQueriesContext(connection) as queries:
                limits.resting(emails, member_id=alice.pk, now=NOW)
            return len(queries)

        assert count(5) == count(50) <= 5


class TestThePage:
    """A member says how often they want to be asked."""

    def test_saved_and_kept(self, alice, alice_client):
        url = reverse("introductions:limits")
        assert 'value="1"' in alice_client.get(url).content.decode()
        alice_client.post(url, {"most_open": "2", "most_lately": "0"})
        assert (AskingLimit.objects.get(owner=alice).most_open, AskingLimit.objects.get().most_lately) == (2, 0)
        assert 'value="2"' in alice_client.get(url).content.decode()

    @pytest.mark.parametrize("wrong", ["-1", "6", "x", ""])
    def test_refused_with_what_was_typed(self, alice_client, wrong):
        answer = alice_client.post(reverse("introductions:limits"), {"most_open": wrong, "most_lately": "3"})
        assert answer.status_code == 422
        assert not AskingLimit.objects.exists()

    def test_nobody_else_sees_it(self, bob, alice):
        verify(bob, BOB)
        set_limits(member=bob, most_open=0, most_lately=0)
        client = Client()
        client.force_login(alice, backend=BACKEND)
        page = client.get(reverse("introductions:limits")).content.decode()
        assert 'value="0"' not in page
