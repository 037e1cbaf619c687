"""Today: at most seven things, the most pressing first, and nothing the member may not know."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Reminder, ReminderKind
from contacts.services import reminders
from introductions import today
from introductions.models import Objective, ObjectiveState, PutAside
from tests.conftest import BACKEND
from tests.factories import NOW, PersonFactory
from tests.introductions.story import BOB, CHARLIE, verify

pytestmark = pytest.mark.django_db


def keys(member, now=NOW):
    return [todo.key for todo in today.things_to_do(member=member, now=now)]


def fading(owner, **fields):
    return PersonFactory(owner=owner, strength=0.8, last_contact_at=NOW - timedelta(days=200), **fields)


class TestWhatIsWorthDoing:
    """The sources, and how they are mixed."""

    def test_nothing_is_a_good_answer(self, alice):
        assert keys(alice) == []

    def test_a_close_friend_gone_silent(self, alice):
        person = fading(alice)
        assert keys(alice) == [f"fading:{person.id}"]

    @pytest.mark.parametrize(
        "fields",
        [{"relation": "wanted"}, {"archived_at": NOW}, {"deleted_at": NOW}, {"cadence_days": 30}],
        ids=["not met yet", "archived", "deleted", "has a cadence that will say so"],
    )
    def test_not_everybody_fades(self, alice, fields):
        fading(alice, **fields)
        assert keys(alice) == []

    def test_somebody_silent_for_many_years_is_left_in_peace(self, alice):
        PersonFactory(owner=alice, strength=0.8, last_contact_at=NOW - timedelta(days=2000))
        assert keys(alice) == []

    def test_what_is_due_comes_before_what_fades(self, alice):
        fade = fading(alice)
        person = PersonFactory(owner=alice, cadence_days=7, last_contact_at=NOW - timedelta(days=30))
        reminders.refresh_cadence(person=person, now=NOW)
        assert [key.split(":")[0] for key in keys(alice)] == ["reminder", "fading"]
        assert keys(alice)[1] == f"fading:{fade.id}"

    def test_an_objective_without_seats(self, alice):
        objective = Objective.objects.create(owner=alice, title="Publish the book")
        assert keys(alice) == [f"seats:{objective.id}"]

    def test_not_of_one_that_is_over_or_deleted(self, alice):
        Objective.objects.create(owner=alice, title="Reached", state=ObjectiveState.REACHED)
        Objective.objects.create(owner=alice, title="Deleted", deleted_at=NOW)
        assert keys(alice) == []

    def test_seven_old_ones_do_not_hide_what_follows_an_introduction(self, alice):
        for _ in range(8):
            person = PersonFactory(owner=alice, cadence_days=7, last_contact_at=NOW - timedelta(days=300))
            reminders.refresh_cadence(person=person, now=NOW)
        follow_up = reminders.schedule(
            owner=alice, kind=ReminderKind.REPLY_TODAY, key="follow", due_at=NOW, about=uuid4(), text="Write to Charlie"
        )
        assert keys(alice)[0] == f"reminder:{follow_up.id}:0"

    def test_never_more_than_seven(self, alice):
        for _ in range(12):
            person = PersonFactory(owner=alice, cadence_days=7, last_contact_at=NOW - timedelta(days=30))
            reminders.refresh_cadence(person=person, now=NOW)
        assert len(keys(alice)) == 7

    def test_nothing_of_somebody_elses(self, alice, charlie):
        fading(alice)
        Objective.objects.create(owner=alice, title="Publish the book")
        assert keys(charlie) == []


class TestPuttingAside:
    """Not this, not now, and back."""

    def test_put_off_comes_back(self, alice):
        person = fading(alice)
        today.put_aside(member=alice, key=f"fading:{person.id}", now=NOW, days=7)
        assert keys(alice) == []
        assert keys(alice, NOW + timedelta(days=7)) == [f"fading:{person.id}"]

    def test_not_this_does_not(self, alice):
        person = fading(alice)
        today.put_aside(member=alice, key=f"fading:{person.id}", now=NOW, days=None)
        assert keys(alice, NOW + timedelta(days=90)) == []

    def test_the_next_ones_take_the_place(self, alice):
        for strength in (0.9, 0.8, 0.7):
            PersonFactory(owner=alice, strength=strength, last_contact_at=NOW - timedelta(days=200))
        for title in ("Publish the book", "Move to Lisbon"):
            Objective.objects.create(owner=alice, title=title)
        seen = set(keys(alice))
        assert len(seen) == 3
        for key in seen:
            today.put_aside(member=alice, key=key, now=NOW, days=None)
        assert sorted(key.split(":")[0] for key in keys(alice)) == ["fading", "seats"]
        assert not seen & set(keys(alice))

    def test_in_the_page_with_undo(self, alice, alice_client, time_machine):
        time_machine.move_to(NOW)
        person = fading(alice, full_name="Ana Ribeiro")
        assert "Get back in touch with Ana Ribeiro" in alice_client.get(reverse("today")).content.decode()
        answer = alice_client.post(reverse("put_aside"), {"key": f"fading:{person.id}"}, follow=True)
        page = answer.content.decode()
        assert "Get back in touch with Ana Ribeiro" not in page
        assert "take-up" in page
        alice_client.post(reverse("take_up") + f"?key=fading%3A{person.id}")
        assert "Get back in touch with Ana Ribeiro" in alice_client.get(reverse("today")).content.decode()

    def test_nonsense_is_ignored(self, alice_client):
        assert alice_client.post(reverse("put_aside"), {"key": "<script>"}).status_code == 302
        assert not PutAside.objects.exists()

    def test_get_changes_nothing(self, alice, alice_client):
        person = fading(alice)
        for name in ("put_aside", "take_up"):
            assert alice_client.get(reverse(name), {"key": f"fading:{person.id}"}).status_code == 405
        assert not PutAside.objects.exists()


class TestThePage:
    """What a new member sees, and what it costs."""

    def test_a_new_member_is_told_how_to_begin(self, alice_client):
        assert "Start with five people" in alice_client.get(reverse("today")).content.decode()

    def test_then_what_they_want_to_do(self, alice, alice_client):
        PersonFactory(owner=alice)
        assert "What do you want to do next?" in alice_client.get(reverse("today")).content.decode()

    def test_nothing_waiting_says_so(self, alice, alice_client):
        PersonFactory(owner=alice)
        Objective.objects.create(owner=alice, title="Reached", state=ObjectiveState.REACHED)
        assert "Nothing is waiting" in alice_client.get(reverse("today")).content.decode()

    def test_strangers_are_sent_to_the_door(self, client):
        assert client.get(reverse("today")).status_code == 302

    @pytest.mark.parametrize("count", [5, 50])
    def test_queries_do_not_grow(self, alice, alice_client, count, time_machine, django_assert_max_num_queries):
        time_machine.move_to(NOW)
        for _ in range(count):
            fading(alice)
            person = PersonFactory(owner=alice, cadence_days=1, last_contact_at=NOW - timedelta(days=40))
            reminders.refresh_cadence(person=person, now=NOW)
        with django_assert_max_num_queries(14):
            alice_client.get(reverse("today"))


class TestIntroduced:
    """An introduction stands there until its first reminder is due; what is done or snoozed stays away."""

    @pytest.fixture
    def follow_up(self, sent):
        sent.answer("introducer", "yes")
        sent.answer("target", "yes")
        return Reminder.objects.get(about=sent.introduction.id, kind=ReminderKind.REPLY_TODAY)

    def test_at_once(self, follow_up, sent):
        assert keys(sent.alice, NOW + timedelta(hours=4)) == [f"introduced:{sent.introduction.id}"]

    def test_then_its_reminder(self, follow_up, sent):
        assert keys(sent.alice, NOW + timedelta(days=1)) == [f"reminder:{follow_up.id}:0"]

    @pytest.mark.parametrize("what", ["done", "snooze"])
    def test_done_or_snoozed_it_does_not_come_back_in_another_dress(self, follow_up, sent, what):
        at = NOW + timedelta(days=1)
        if what == "done":
            reminders.done(reminder=follow_up, now=at)
        else:
            reminders.snooze(reminder=follow_up, until=at.date() + timedelta(days=1), now=at)
        assert keys(sent.alice, at) == []


class TestBeingAsked:
    """A question to the member stands first, and shows nobody's address."""

    @staticmethod
    def page_of(member, time_machine):
        time_machine.move_to(NOW + timedelta(hours=5))
        client = Client()
        client.force_login(member, backend=BACKEND)
        return client.get(reverse("today")).content.decode()

    def test_the_introducer(self, sent, bob, time_machine):
        verify(bob, BOB)
        assert f"{sent.alice.name} asks you for an introduction" in self.page_of(bob, time_machine)

    def test_the_target_is_told_by_whom_and_by_no_address(self, sent, charlie, time_machine):
        verify(charlie, CHARLIE)
        sent.alice.name = ""
        sent.alice.save()
        sent.answer("introducer", "yes")
        page = self.page_of(charlie, time_machine)
        assert "Bob Brook would like to introduce A member of Kith to you" in page
        assert sent.alice.email not in page

    def test_not_once_it_has_run_out(self, sent, bob):
        verify(bob, BOB)
        assert keys(bob, NOW + timedelta(days=13)) == [f"answer:{sent.question('introducer').id}"]
        assert keys(bob, NOW + timedelta(days=14)) == []
