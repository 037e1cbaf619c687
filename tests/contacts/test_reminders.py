"""Reminders: due in the member's morning, each occurrence once, answered in the page or from the mail."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from contacts.models import Direction, Interaction, InteractionKind, Reminder, ReminderKind, ReminderState
from contacts.services import interactions, people, reminders, sending
from netapp.accounts.services import change_settings
from netapp.lib import tokens
from netapp.lib.times import local_date, local_moment, within_hours
from netapp.mail.models import Letter, LetterState
from tests.factories import NOW, InteractionFactory, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def the_reminder(person) -> Reminder:
    return Reminder.objects.get(person=person, state__in=reminders.OPEN)


@pytest.fixture
def ana(alice):
    """Alice wants to hear from Ana every month; they last met three weeks ago."""
    person = PersonFactory(
        owner=alice, full_name="Ana Ribeiro", cadence_days=30, last_contact_at=NOW - timedelta(days=21)
    )
    InteractionFactory(person=person, happened_at=NOW - timedelta(days=21))
    reminders.refresh_cadence(person=person, now=NOW)
    return person


class TestTimes:
    """The traps of clocks that are put forward and back."""

    def test_morning_is_local(self):
        assert local_moment(date(2026, 7, 1), time(8), BERLIN) == datetime(2026, 7, 1, 6, tzinfo=UTC)
        assert local_moment(date(2026, 12, 1), time(8), BERLIN) == datetime(2026, 12, 1, 7, tzinfo=UTC)

    def test_an_hour_that_does_not_exist_is_an_hour_later(self):
        assert local_moment(date(2026, 3, 29), time(2, 30), BERLIN).astimezone(BERLIN).time() == time(3, 30)

    def test_an_hour_that_comes_twice_is_the_first(self):
        assert local_moment(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)

    def test_the_day_is_the_members(self):
        assert local_date(datetime(2026, 5, 4, 23, tzinfo=UTC), ZoneInfo("Asia/Tokyo")) == date(2026, 5, 5)

    @pytest.mark.parametrize(
        ("hour", "expected"),
        [(5, datetime(2026, 5, 4, 6, tzinfo=UTC)), (9, None), (19, datetime(2026, 5, 5, 6, tzinfo=UTC))],
    )
    def test_outside_the_hours_waits_for_the_morning(self, hour, expected):
        moment = datetime(2026, 5, 4, hour, tzinfo=UTC)
        assert within_hours(moment, time(8), time(20), BERLIN) == (expected or moment)

    def test_an_empty_window_means_any_hour(self):
        assert within_hours(NOW, time(8), time(8), BERLIN) == NOW


class TestCadence:
    """It runs from the last real contact."""

    def test_due_so_many_days_after_the_last_contact(self, ana):
        due = the_reminder(ana).due_at.astimezone(BERLIN)
        assert (due.date(), due.time()) == (date(2026, 5, 13), time(8))

    def test_contact_moves_it(self, ana):
        interactions.log_contact(
            person=ana, kind=InteractionKind.CALL, direction=Direction.BOTH, happened_at=NOW, note="", now=NOW
        )
        assert the_reminder(ana).due_at.astimezone(BERLIN).date() == date(2026, 6, 3)

    def test_contact_after_the_letter_closes_it_and_opens_the_next(self, ana):
        due = the_reminder(ana).due_at
        sending.send_due(owner_id=ana.owner_id, now=due)
        later = due + timedelta(hours=3)
        interactions.log_contact(
            person=ana, kind=InteractionKind.MET, direction=Direction.BOTH, happened_at=later, note="", now=later
        )
        first, second = Reminder.objects.filter(person=ana).order_by("due_at")
        assert (first.state, second.state) == (ReminderState.CANCELLED, ReminderState.WAITING)
        assert second.due_at > first.due_at

    def test_contact_noted_late_counts_from_its_own_day(self, ana):
        due = the_reminder(ana).due_at
        sending.send_due(owner_id=ana.owner_id, now=due)
        interactions.log_contact(
            person=ana, kind=InteractionKind.MET, happened_at=due - timedelta(days=2), now=due + timedelta(hours=3)
        )
        assert the_reminder(ana).state == ReminderState.WAITING
        assert the_reminder(ana).due_at.astimezone(BERLIN).date() == date(2026, 6, 10)

    def test_contact_taken_back_counts_no_more(self, ana):
        due = the_reminder(ana).due_at
        sending.send_due(owner_id=ana.owner_id, now=due)
        made = interactions.log_contact(person=ana, kind=InteractionKind.MET, happened_at=due, now=due)
        interactions.remove_contact(interaction=made, now=due)
        assert the_reminder(ana).due_at == due

    def test_other_hours_on_the_day_of_the_letter_bring_no_second_one(self, ana):
        due = the_reminder(ana).due_at
        sending.send_due(owner_id=ana.owner_id, now=due)
        ana.owner.mail_from_time = time(18)
        reminders.refresh_cadence(person=ana, now=due + timedelta(hours=1))
        assert the_reminder(ana).state == ReminderState.SENT

    def test_no_cadence_no_reminder(self, ana):
        ana.cadence_days = None
        ana.save()
        reminders.refresh_cadence(person=ana, now=NOW)
        assert not Reminder.objects.filter(person=ana, state__in=reminders.OPEN).exists()

    def test_somebody_not_met_yet_has_none(self, alice):
        person = PersonFactory(owner=alice, relation="wanted", cadence_days=30)
        reminders.refresh_cadence(person=person, now=NOW)
        assert not person.reminders.exists()

    def test_refreshing_twice_changes_nothing(self, ana):
        reminders.refresh_cadence(person=ana, now=NOW)
        assert ana.reminders.count() == 1


class TestMovingHouse:
    """Another zone or another hour: the same day, its new morning."""

    def test_a_new_zone_keeps_the_day(self, ana, alice, alice_client):
        form = {
            field: getattr(alice, field)
            for field in ("name", "country", "theme", "mail_until_time", "mail_days", "birthdays")
        }
        answer = alice_client.post(
            reverse("accounts:settings"), {**form, "time_zone": "America/New_York", "mail_from_time": "07:30"}
        )
        assert answer.status_code == 302
        assert the_reminder(ana).due_at == local_moment(date(2026, 5, 13), time(7, 30), ZoneInfo("America/New_York"))

    def test_other_settings_move_nothing(self, ana, alice):
        due = the_reminder(ana).due_at
        alice.name = "Alice A."
        change_settings(member=alice)
        assert the_reminder(ana).due_at == due


class TestSnoozeAndDone:
    """Put off, done, and back."""

    def test_snooze_holds_against_a_refresh(self, ana):
        reminder = the_reminder(ana)
        reminders.snooze(reminder=reminder, until=date(2026, 5, 20), now=NOW)
        reminders.refresh_cadence(person=ana, now=NOW)
        assert the_reminder(ana).due_at.astimezone(BERLIN).date() == date(2026, 5, 20)

    def test_snooze_into_the_past_is_refused(self, ana):
        with pytest.raises(ValueError, match="after today"):
            reminders.snooze(reminder=the_reminder(ana), until=date(2026, 5, 4), now=NOW)

    def test_done_starts_the_cadence_anew(self, ana):
        due = the_reminder(ana).due_at
        assert reminders.done(reminder=the_reminder(ana), now=due)
        assert the_reminder(ana).due_at.astimezone(BERLIN).date() == date(2026, 6, 12)

    def test_done_twice_is_done_once(self, ana):
        reminder = the_reminder(ana)
        assert reminders.done(reminder=reminder, now=NOW)
        assert not reminders.done(reminder=reminder, now=NOW)
        assert ana.reminders.count() == 2

    def test_done_can_be_taken_back(self, ana):
        reminder = the_reminder(ana)
        reminders.done(reminder=reminder, now=NOW)
        assert reminders.reopen(reminder=reminder, now=NOW)
        assert the_reminder(ana).id == reminder.id
        assert reminders.done(reminder=reminder, now=NOW)
        assert the_reminder(ana).due_at.astimezone(BERLIN).date() == date(2026, 6, 3)

    def test_done_holds_whatever_is_noted_of_older_days(self, ana):
        due = the_reminder(ana).due_at
        reminders.done(reminder=the_reminder(ana), now=due)
        interactions.log_contact(
            person=ana, kind=InteractionKind.CALL, happened_at=NOW - timedelta(days=90), now=due + timedelta(hours=1)
        )
        assert the_reminder(ana).due_at.astimezone(BERLIN).date() == date(2026, 6, 12)

    def test_done_is_not_taken_back_for_somebody_put_aside_since(self, ana):
        reminder = the_reminder(ana)
        reminders.done(reminder=reminder, now=NOW)
        people.archive_person(person=ana, now=NOW)
        reminder = Reminder.objects.get(id=reminder.id)
        assert not reminders.reopen(reminder=reminder, now=NOW)
        assert not ana.reminders.filter(state__in=reminders.OPEN).exists()

    def test_what_is_no_longer_wanted_is_not_taken_back(self, alice):
        reminder = reminders.schedule(owner=alice, kind=ReminderKind.PROMISE, key="promise:1", due_at=NOW, text="deck")
        Reminder.objects.update(state=ReminderState.CANCELLED)
        assert not reminders.reopen(reminder=reminder, now=NOW)

    def test_a_snooze_gives_way_to_contact_noted_late(self, ana):
        due = the_reminder(ana).due_at
        sending.send_due(owner_id=ana.owner_id, now=due)
        reminders.snooze(reminder=the_reminder(ana), until=date(2026, 5, 20), now=due)
        interactions.log_contact(person=ana, kind=InteractionKind.MET, happened_at=due - timedelta(days=1), now=due)
        assert the_reminder(ana).due_at.astimezone(BERLIN).date() == date(2026, 6, 11)

    def test_a_snooze_outlives_a_card_that_was_deleted_for_a_moment(self, alice, ana):
        promise = reminders.schedule(
            owner=alice, kind=ReminderKind.PROMISE, key="promise:1", due_at=NOW, text="the deck", person=ana
        )
        sending.send_due(owner_id=alice.id, now=NOW)
        promise.refresh_from_db()
        reminders.snooze(reminder=promise, until=date(2026, 5, 20), now=NOW)
        people.delete_person(person=ana, now=NOW)
        people.restore_person(person=ana, now=NOW)
        promise.refresh_from_db()
        assert promise.state == ReminderState.WAITING

    def test_scheduling_twice_is_one_row(self, alice):
        for _ in range(2):
            reminders.schedule(owner=alice, kind=ReminderKind.PROMISE, key="promise:1", due_at=NOW, text="the deck")
        assert Reminder.objects.count() == 1


class TestSending:
    """One digest in the morning, exactly once."""

    def test_nothing_before_it_is_due(self, ana):
        assert sending.send_due(owner_id=ana.owner_id, now=NOW) == 0
        assert not Letter.objects.exists()

    def test_one_digest_for_several(self, alice, ana):
        ben = PersonFactory(owner=alice, full_name="Ben Okafor", cadence_days=7, last_contact_at=NOW)
        reminders.refresh_cadence(person=ben, now=NOW)
        now = the_reminder(ana).due_at
        assert sending.send_due(owner_id=alice.id, now=now) == 2
        letter = Letter.objects.get()
        assert letter.subject == "2 things to think of today"
        assert "Ana Ribeiro" in letter.text
        assert "4 weeks ago" in letter.text
        assert "every month" in letter.text
        assert letter.to == [alice.email]

    def test_yesterday_evening_is_yesterday(self, alice):
        evening = datetime(2026, 5, 3, 20, tzinfo=UTC)
        person = PersonFactory(owner=alice, cadence_days=1, last_contact_at=evening)
        reminders.refresh_cadence(person=person, now=evening)
        sending.send_due(owner_id=alice.id, now=the_reminder(person).due_at)
        assert "You were last in touch yesterday" in Letter.objects.get().text

    def test_sent_once_however_often_it_is_asked(self, ana):
        now = the_reminder(ana).due_at
        assert [sending.send_due(owner_id=ana.owner_id, now=now) for _ in range(3)] == [1, 0, 0]
        assert Letter.objects.count() == 1

    def test_after_an_outage_one_digest_and_no_flood(self, alice):
        for number in range(12):
            person = PersonFactory(owner=alice, cadence_days=1 + number, last_contact_at=NOW - timedelta(days=30))
            reminders.refresh_cadence(person=person, now=NOW)
        sending.send_due(owner_id=alice.id, now=NOW)
        assert Letter.objects.count() == 1

    def test_at_night_it_waits_for_the_morning(self, ana):
        night = datetime(2026, 5, 13, 21, tzinfo=UTC)
        assert sending.send_due(owner_id=ana.owner_id, now=night) == 0
        assert the_reminder(ana).due_at == datetime(2026, 5, 14, 6, tzinfo=UTC)

    def test_an_unanswered_letter_is_not_sent_again(self, ana):
        now = the_reminder(ana).due_at
        sending.send_due(owner_id=ana.owner_id, now=now)
        assert sending.due_owner_ids(now=now + timedelta(days=14)) == []
        assert sending.send_due(owner_id=ana.owner_id, now=now + timedelta(days=100)) == 1, "once, on the latest day"
        assert sending.due_owner_ids(now=now + timedelta(days=200)) == []

    def test_done_before_delivery_calls_the_letter_back(self, ana):
        now = the_reminder(ana).due_at
        sending.send_due(owner_id=ana.owner_id, now=now)
        reminders.done(reminder=the_reminder(ana), now=now)
        assert Letter.objects.get().state == LetterState.CANCELLED

    def test_the_letter_holds_no_token(self, ana):
        sending.send_due(owner_id=ana.owner_id, now=the_reminder(ana).due_at)
        letter, reminder = Letter.objects.get(), the_reminder(ana)
        token = tokens.derive("reminder", reminder.salt)
        assert token not in letter.text + letter.html
        assert token in tokens.fill(letter.text)


@pytest.mark.django_db(transaction=True)
def test_three_schedulers_at_once_send_one_letter_a_member():
    """R6 at small size."""
    members = [UserFactory() for _ in range(8)]
    for member in members:
        for _ in range(3):
            person = PersonFactory(owner=member, cadence_days=1, last_contact_at=NOW - timedelta(days=5))
            reminders.refresh_cadence(person=person, now=NOW)

    def scheduler(_: int) -> None:
        try:
            for owner_id in sending.due_owner_ids(now=NOW):
                sending.send_due(owner_id=owner_id, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(scheduler, range(3)))
    assert Letter.objects.count() == 8
    assert set(Reminder.objects.values_list("sendings", flat=True)) == {1}


class TestFromTheMail:
    """GET shows, POST acts, and neither needs a log-in."""

    @pytest.fixture
    def path(self, ana, time_machine) -> str:
        now = the_reminder(ana).due_at
        time_machine.move_to(now + timedelta(hours=1), tick=False)
        sending.send_due(owner_id=ana.owner_id, now=now)
        found = re.search(r"https?://[^/\s]+(/r/\S+)", tokens.fill(Letter.objects.get().text))
        assert found
        return found[1]

    def test_a_scanner_changes_nothing(self, ana, path):
        client = Client()
        for _ in range(20):
            for method in ("get", "head", "options"):
                assert getattr(client, method)(path).status_code < 400
        assert the_reminder(ana).state == ReminderState.SENT
        assert Interaction.objects.count() == 1

    def test_we_met(self, ana, path):
        answer = Client().post(path, {"action": "spoke", "kind": "met"})
        assert "counts as being in touch" in answer.content.decode()
        assert Interaction.objects.filter(person=ana, kind="met").count() == 2
        assert the_reminder(ana).state == ReminderState.WAITING

    def test_twice_is_told_so_and_harmless(self, ana, path):
        for _ in range(2):
            answer = Client().post(path, {"action": "spoke", "kind": "met"})
        assert "closed already" in answer.content.decode()
        assert Interaction.objects.filter(person=ana).count() == 2

    def test_snooze(self, ana, path):
        answer = Client().post(path, {"action": "snooze", "days": "7"})
        assert "reminds you again on Wednesday, 20 May" in answer.content.decode()
        assert the_reminder(ana).due_at.astimezone(BERLIN).date() == date(2026, 5, 20)

    @pytest.mark.parametrize(
        ("action", "said"), [("done", "You have already answered this one, on 13 May"), ("stop", "no longer needed")]
    )
    def test_later_it_says_what_became_of_it(self, path, action, said):
        Client().post(path, {"action": action})
        assert said in Client().get(path).content.decode()
        assert "closed already" in Client().post(path, {"action": "snooze", "days": "7"}).content.decode()

    def test_its_days_are_the_members(self, alice, path, time_machine):
        alice.time_zone = "Pacific/Auckland"
        alice.save()
        time_machine.move_to(datetime(2026, 5, 13, 13, tzinfo=UTC))
        Client().post(path, {"action": "done"})
        assert "on 14 May" in Client().get(path).content.decode()

    def test_snooze_to_no_day_says_what_to_do(self, path):
        answer = Client().post(path, {"action": "snooze", "until": "2020-01-01"})
        assert answer.status_code == 422
        assert "Choose a day after today" in answer.content.decode()

    def test_stop_for_this_person(self, ana, path):
        Client().post(path, {"action": "stop"})
        ana.refresh_from_db()
        assert ana.is_left_alone
        assert not ana.reminders.filter(state__in=reminders.OPEN).exists()

    def test_an_old_link_opens_nothing_and_none_does_once_the_account_is_off(self, ana, path, time_machine):
        ana.owner.is_active = False
        ana.owner.save()
        assert Client().get(path).status_code == 404
        ana.owner.is_active = True
        ana.owner.save()
        assert Client().get(path).status_code == 200
        time_machine.shift(timedelta(days=91))
        assert Client().get(path).status_code == 404

    def test_a_wrong_token_is_not_found(self, path):
        assert Client().get("/r/wrong/").status_code == 404
        assert Client().post(path[:-3] + "A/", {"action": "done"}).status_code == 404


class TestPages:
    """The list, and strangers before it."""

    def test_what_is_due_stands_there(self, ana, alice_client, time_machine):
        time_machine.move_to(the_reminder(ana).due_at + timedelta(hours=1))
        page = alice_client.get(reverse("contacts:reminders")).content.decode()
        assert "Get back in touch with Ana Ribeiro" in page

    def test_a_snooze_that_came_too_late_says_so(self, ana, alice_client):
        reminder = the_reminder(ana)
        reminders.done(reminder=reminder, now=NOW)
        url = reverse("contacts:reminder_snooze", args=[reminder.id])
        page = alice_client.post(url, {"days": 7}, follow=True).content.decode()
        assert "closed already" in page
        assert "Put off" not in page

    def test_a_stranger_sees_and_moves_nothing(self, ana, charlie_client):
        reminder = the_reminder(ana)
        assert "Ana" not in charlie_client.get(reverse("contacts:reminders")).content.decode()
        for name in ("reminder_done", "reminder_snooze", "reminder_reopen"):
            assert charlie_client.post(reverse(f"contacts:{name}", args=[reminder.id]), {"days": 3}).status_code == 404
        assert the_reminder(ana).state == ReminderState.WAITING

    def test_it_never_leads_off_the_site(self, ana, alice_client):
        url = reverse("contacts:reminder_done", args=[the_reminder(ana).id])
        for bad in ("//evil.test/", "https://evil.test/", "/\\evil.test", "https:evil.test"):
            assert alice_client.post(url, {"next": bad})["Location"] == reverse("contacts:reminders")

    @pytest.mark.parametrize("count", [5, 50])
    def test_queries_do_not_grow(self, alice, alice_client, count, django_assert_max_num_queries):
        for _ in range(count):
            person = PersonFactory(owner=alice, cadence_days=1, last_contact_at=NOW - timedelta(days=40))
            reminders.refresh_cadence(person=person, now=NOW)
        with django_assert_max_num_queries(5):
            alice_client.get(reverse("contacts:reminders"))
