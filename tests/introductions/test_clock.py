"""What beat does: one nudge, an end, the hour at which Alice is told; and what happens when a member leaves."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from time_machine import travel

from contacts.models import AcquaintanceSource, Closeness, Interaction, Reach, Reminder, ReminderKind
from contacts.services import people, sending
from contacts.services.acquaintances import record_acquaintance
from introductions import letters
from introductions.choosing import next_best
from introductions.lifecycle import State
from introductions.models import Answer, ConsentState
from introductions.services import closing
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.accounts.services import delete_account
from netapp.lib import tokens
from netapp.mail.models import Letter, LetterState
from tests.factories import NOW, ConnectionFactory, InteractionFactory, PersonFactory
from tests.introductions.story import BOB, CHARLIE, begin, card, verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unlimited")]
DAY = timedelta(days=1)


def sweep_at(moment) -> None:
    with travel(moment, tick=False):
        sweep()
        sweep()


class TestNudge:
    """Once, after four days, to the one who is asked."""

    def test_once(self, sent):
        sweep_at(NOW + 3 * DAY)
        assert sent.letters("nudge") == []
        for day in (4, 5, 9):
            sweep_at(NOW + day * DAY + timedelta(minutes=1))
        (nudge,) = sent.letters("nudge")
        assert nudge.to == [BOB]
        assert not nudge.is_shown

    def test_the_link_in_it_is_the_same(self, sent):
        sweep_at(NOW + 4 * DAY)
        salt = sent.question("introducer").salt
        assert salt in sent.letters("nudge")[0].text
        assert salt in sent.letters("introducer_asked")[0].text

    def test_an_answer_calls_it_back(self, sent):
        sweep_at(NOW + 4 * DAY)
        services.answer(consent_id=sent.question("introducer").id, answer=Answer.NO, now=NOW + 4 * DAY)
        assert sent.letters("nudge")[0].state == LetterState.CANCELLED

    def test_the_target_too(self, sent):
        sent.answer("introducer", "yes", now=NOW + DAY)
        sweep_at(NOW + 4 * DAY + timedelta(hours=1))
        assert sent.letters("nudge") == []
        sweep_at(NOW + 5 * DAY + timedelta(hours=1))
        (nudge,) = sent.letters("nudge")
        assert nudge.to == [CHARLIE]
        assert nudge.from_name == "Bob Brook via Kith"


class TestSilence:
    """No answer is an answer."""

    def test_ends_after_two_weeks_and_is_told_on_a_morning(self, sent):
        sweep_at(NOW + 14 * DAY)
        introduction = sent.fresh()
        assert introduction.state == State.EXPIRED
        assert introduction.shown_state == State.INTRODUCER_ASKED
        assert sent.question("introducer").state == ConsentState.VOID
        assert sent.letters("not_this_time") == []
        sweep_at(introduction.reveal_at)
        assert sent.fresh().shown_state == State.DECLINED
        assert len(sent.letters("not_this_time")) == 1

    def test_an_answer_in_time_counts(self, sent):
        sent.answer("introducer", "yes", now=NOW + 14 * DAY - timedelta(seconds=1))
        sweep_at(NOW + 14 * DAY)
        assert sent.fresh().state == State.TARGET_ASKED

    def test_an_answer_a_second_late_does_not(self, sent):
        with pytest.raises(services.NoLongerAsked):
            sent.answer("introducer", "yes", now=NOW + 14 * DAY)

    def test_one_fault_keeps_nobody_waiting(self, sent, monkeypatch, bob):
        verify(bob)
        other = begin(bob).send()
        real = letters.nudge

        def broken(*, question, now):
            if question.introduction_id == sent.introduction.id:
                raise RuntimeError
            return real(question=question, now=now)

        monkeypatch.setattr(letters, "nudge", broken)
        sweep_at(NOW + 4 * DAY)
        assert Letter.objects.filter(kind="nudge", member=bob).count() == 1
        assert other.question("introducer").nudge_at is None
        assert sent.question("introducer").nudge_at is not None


def tell(story) -> None:
    """As beat does, two days on."""
    closing.tell_asker(introduction_id=story.introduction.id, now=NOW + 2 * DAY, find_next=next_best)


class TestNextBest:
    """Not this time comes with somebody else to ask, where the asker's own notes know one."""

    @pytest.fixture
    def ann(self, sent, alice):
        ann = card(alice, "Ann Able", "ann@x.test")
        InteractionFactory(person=ann)
        ann.last_contact_at = NOW
        ann.save()
        for person in (sent.bob, ann):
            record_acquaintance(
                owner=alice,
                one=person,
                other=sent.charlie,
                closeness=Closeness.SOME,
                evidence="",
                evidence_date=None,
                now=NOW,
                source=AcquaintanceSource.SAID,
            )
        return ann

    def test_the_next_introducer_who_was_not_asked(self, sent, ann):
        sent.answer("introducer", "no")
        tell(sent)
        (letter,) = sent.letters("not_this_time")
        assert "There may be another way, by Ann Able." in letter.text
        assert f"/ask/{sent.charlie.id}/?introducer={ann.id}" in letter.text
        assert "by Bob" not in letter.text

    @pytest.mark.parametrize("gone", ["target", "introducer"])
    def test_nobody_who_is_gone(self, sent, ann, gone):
        sent.answer("introducer", "no")
        if gone == "target":
            people.delete_person(person=sent.charlie, now=NOW)
        else:
            people.archive_person(person=ann, now=NOW)
        tell(sent)
        assert "another way" not in sent.letters("not_this_time")[0].text

    def test_nobody_is_nobody(self, sent):
        sent.answer("introducer", "no")
        tell(sent)
        assert "another way" not in sent.letters("not_this_time")[0].text


class TestReminders:
    """The three reminders are written by this app's letters."""

    def test_each_is_sent_in_the_morning(self, sent, alice):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        for days, kind in ((1, "reply_today"), (7, "did_you_talk")):
            now = NOW + days * DAY
            with travel(now, tick=False):
                assert sending.send_due(owner_id=alice.id, now=timezone.now()) == 1
            (letter,) = sent.letters(kind)
            assert letter.to == [alice.email]
            assert "Charlie Cole" in letter.subject
        services.talked(introduction=sent.introduction, now=NOW + 8 * DAY)
        with travel(NOW + 9 * DAY, tick=False):
            sending.send_due(owner_id=alice.id, now=timezone.now())
        assert "Thank Bob Brook" in sent.letters("thank_introducer")[0].subject

    def test_days_in_a_letter_are_the_members(self, sent, alice):
        alice.time_zone = "Pacific/Auckland"
        alice.save()
        late = NOW + timedelta(hours=13 - NOW.hour)
        sent.answer("introducer", "yes", now=late)
        sent.answer("target", "yes", now=late)
        due_at = Reminder.objects.get(kind=ReminderKind.DID_YOU_TALK).due_at
        sending.send_due(owner_id=alice.id, now=due_at)
        day = late.astimezone(alice.zone)
        assert day.date() != late.date()
        assert f"On {day:%-d %B} Bob Brook introduced you" in sent.letters("did_you_talk")[0].text


class TestThanks:
    """An introducer always learns the outcome, and is not thanked twice."""

    @pytest.fixture
    def introduced(self, sent):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        return sent

    @staticmethod
    def waiting(story) -> set[str]:
        return set(Reminder.objects.filter(about=story.introduction.id, state="waiting").values_list("kind", flat=True))

    def test_closing_at_once_still_reminds_to_thank(self, introduced):
        services.talked(introduction=introduced.introduction, now=NOW + DAY)
        services.close(introduction=introduced.introduction, outcome="A book", was_worth_it=True, now=NOW + DAY)
        assert self.waiting(introduced) == {ReminderKind.THANK_INTRODUCER}

    def test_an_early_line_keeps_the_question_whether_they_talked(self, introduced):
        services.tell_introducers(introduction=introduced.introduction, line="We meet on Friday.", now=NOW + DAY)
        assert self.waiting(introduced) == {ReminderKind.REPLY_TODAY, ReminderKind.DID_YOU_TALK}
        services.talked(introduction=introduced.introduction, now=NOW + 2 * DAY)
        assert self.waiting(introduced) == set()


class TestSpokeFromTheMail:
    """ "Did you talk?" is answered on the reminder's page, and the introduction moves with it."""

    def spoke(self, alice, client, about):
        with travel(NOW + 7 * DAY, tick=False):
            sending.send_due(owner_id=alice.id, now=timezone.now())
            reminder = Reminder.objects.get(about=about, kind=ReminderKind.DID_YOU_TALK)
            url = reverse("contacts:reminder_answer", args=[tokens.derive("reminder", reminder.salt)])
            assert client.get(url).status_code == 200
            client.post(url, {"action": "spoke", "kind": "met"})
            client.post(url, {"action": "spoke", "kind": "met"})

    def test_moves_on_once(self, sent, alice, client):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        self.spoke(alice, client, sent.introduction.id)
        assert sent.fresh().state == State.TALKED
        assert Interaction.objects.filter(person=sent.charlie, kind="met").count() == 1
        (thank,) = Reminder.objects.filter(about=sent.introduction.id, state="waiting")
        assert thank.kind == ReminderKind.THANK_INTRODUCER

    def test_changes_nothing_where_it_is_closed(self, sent, alice, client):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        with travel(NOW + 7 * DAY, tick=False):
            sending.send_due(owner_id=alice.id, now=timezone.now())
        self.closed_then_spoke(sent, client)
        assert sent.fresh().state == State.CLOSED

    def closed_then_spoke(self, sent, client):
        reminder = Reminder.objects.get(about=sent.introduction.id, kind=ReminderKind.DID_YOU_TALK)
        services.close(introduction=sent.introduction, outcome="", was_worth_it=None, now=NOW + 7 * DAY)
        url = reverse("contacts:reminder_answer", args=[tokens.derive("reminder", reminder.salt)])
        client.post(url, {"action": "spoke", "kind": "met"})

    def test_a_reminder_without_a_card_is_shown(self, alice, bob, alice_client, client):
        verify(alice)
        ConnectionFactory(inviter=alice, invitee=bob)
        theirs = PersonFactory(owner=bob, full_name="Charlie Cole", reach=Reach.MY_CONNECTIONS)
        story = begin(alice, charlie=theirs).send()
        story.answer("introducer", "forward")
        with travel(NOW + 8 * DAY, tick=False):
            sending.send_due(owner_id=alice.id, now=timezone.now())
            for name in ("today", "contacts:reminders"):
                assert "Did you talk with Charlie Cole?" in alice_client.get(reverse(name)).content.decode()
            reminder = Reminder.objects.get(about=story.introduction.id)
            page = client.get(reverse("contacts:reminder_answer", args=[tokens.derive("reminder", reminder.salt)]))
        assert "Did you talk with Charlie Cole?" in page.content.decode()
        self.spoke(alice, client, story.introduction.id)
        met = Interaction.objects.get(kind="met", person__owner=alice)
        assert (met.person.full_name, story.fresh().state) == ("Charlie Cole", State.TALKED)

    @pytest.mark.parametrize(("kind", "state"), [("mail", State.INTRODUCED), ("call", State.TALKED)])
    def test_who_is_to_write_and_has_talked_is_not_asked_again(self, sent, alice, client, kind, state):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        with travel(NOW + DAY, tick=False):
            sending.send_due(owner_id=alice.id, now=timezone.now())
            reminder = Reminder.objects.get(kind=ReminderKind.REPLY_TODAY)
            url = reverse("contacts:reminder_answer", args=[tokens.derive("reminder", reminder.salt)])
            client.post(url, {"action": "spoke", "kind": kind})
        assert sent.fresh().state == state
        assert Interaction.objects.filter(person=sent.charlie, kind=kind, direction="both", note="").count() == 1


class TestLeaving:
    """A member who leaves ends what is in flight kindly."""

    def test_those_who_were_asked_are_told_and_the_letter_stays(self, sent, alice):
        sent.answer("introducer", "yes")
        delete_account(member=alice, now=NOW + DAY)
        told = Letter.objects.filter(kind="withdrawn")
        assert sorted(letter.to[0] for letter in told) == [BOB, CHARLIE]
        assert {letter.state for letter in told} == {LetterState.QUEUED}
        assert "Alice Anders" in told[0].text
        assert not Letter.objects.exclude(kind="withdrawn").exists()
        assert not Reminder.objects.exists()

    def test_an_introducer_who_leaves_ends_it_without_a_name(self, sent, bob):
        verify(bob, BOB)
        delete_account(member=bob, now=NOW + DAY)
        assert sent.fresh().state == State.EXPIRED
        assert sent.fresh().shown_state == State.INTRODUCER_ASKED
        assert not Letter.objects.filter(kind="withdrawn").exists()

    def test_a_shared_card_goes_with_its_owner(self, alice, bob):
        verify(alice)
        ConnectionFactory(inviter=alice, invitee=bob)
        theirs = PersonFactory(owner=bob, full_name="Charlie Cole", reach=Reach.MY_CONNECTIONS)
        story = begin(alice, charlie=theirs).send()
        delete_account(member=bob, now=NOW + DAY)
        assert story.fresh().state == State.EXPIRED
        assert story.fresh().target is None
