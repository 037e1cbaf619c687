"""Rhythms of groups, the latest day, birthdays and other days, chosen weekdays, promises."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from contacts import promises
from contacts.models import CadenceRule, InteractionKind, Layer, Reminder, ReminderKind, ReminderState
from contacts.services import cadences, dates, interactions, people, reminders, rhythms, sending, together
from netapp.accounts.models import Birthdays
from netapp.lib import tokens
from netapp.lib.times import local_date, within_hours
from netapp.mail.models import Letter
from tests.factories import NOW, PersonFactory

BERLIN = ZoneInfo("Europe/Berlin")


class TestDaysOfTheWeek:
    """NOW is a Monday in May."""

    @pytest.mark.parametrize(
        ("moment", "days", "expected"),
        [
            (datetime(2026, 5, 4, 9, tzinfo=UTC), [1], datetime(2026, 5, 4, 9, tzinfo=UTC)),
            (datetime(2026, 5, 4, 9, tzinfo=UTC), [3, 5], datetime(2026, 5, 6, 6, tzinfo=UTC)),
            (datetime(2026, 5, 4, 22, tzinfo=UTC), [1], datetime(2026, 5, 11, 6, tzinfo=UTC)),
            (datetime(2026, 5, 4, 2, tzinfo=UTC), [1], datetime(2026, 5, 4, 6, tzinfo=UTC)),
            (datetime(2026, 3, 27, 22, tzinfo=UTC), [7], datetime(2026, 3, 29, 6, tzinfo=UTC)),
            (datetime(2026, 5, 4, 9, tzinfo=UTC), [], datetime(2026, 5, 4, 9, tzinfo=UTC)),
        ],
    )
    def test_waits_for_a_chosen_day(self, moment, days, expected):
        assert within_hours(moment, time(8), time(20), BERLIN, days) == expected

    @pytest.mark.django_db
    def test_a_digest_waits_and_what_is_urgent_does_not(self, alice):
        alice.mail_days = [3]
        alice.save()
        person = PersonFactory(owner=alice, cadence_days=7, last_contact_at=NOW - timedelta(days=30))
        reminders.refresh_cadence(person=person, now=NOW)
        urgent = reminders.schedule(owner=alice, kind=ReminderKind.TRIAL, key="try", due_at=NOW)
        assert sending.send_due(owner_id=alice.pk, now=NOW) == 1
        urgent.refresh_from_db()
        waiting = Reminder.objects.get(person=person)
        assert urgent.state == ReminderState.SENT
        assert (waiting.state, waiting.due_at.astimezone(BERLIN).isoweekday()) == (ReminderState.WAITING, 3)


class TestPromises:
    """The end of the line is its day."""

    TODAY = date(2026, 5, 4)

    @pytest.mark.parametrize(
        ("line", "what", "day"),
        [
            ("send the deck by Friday", "send the deck", date(2026, 5, 8)),
            ("send the deck by monday.", "send the deck", date(2026, 5, 11)),
            ("call Rui tomorrow", "call Rui", date(2026, 5, 5)),
            ("return the 3 books on 12 May", "return the 3 books", date(2026, 5, 12)),
            ("send the print by 2 January", "send the print", date(2027, 1, 2)),
            ("the map, before March 1st, 2027", "the map", date(2027, 3, 1)),
            ("write to her in two weeks", "write to her", date(2026, 5, 18)),
            ("look at it within 10 days", "look at it", date(2026, 5, 14)),
            ("the draft by the end of the month", "the draft", date(2026, 5, 31)),
            ("the draft by end of week", "the draft", date(2026, 5, 8)),
            ("deck 2026-06-01", "deck", date(2026, 6, 1)),
            ("ask about Friday's dinner", "ask about Friday's dinner", None),
            ("send it by 31 February", "send it by 31 February", None),
            ("Friday", "Friday", None),
            ("", "", None),
            ("send the deck by 99999999 days", "send the deck by 99999999 days", None),
        ],
    )
    def test_reading(self, line, what, day):
        assert promises.read(line, self.TODAY) == (what, day)

    @pytest.mark.django_db
    def test_typed_on_a_card_and_sent_on_its_morning(self, alice, alice_client: Client, time_machine):
        time_machine.move_to(NOW, tick=False)
        person = PersonFactory(owner=alice, full_name="Ana Ribeiro")
        url = reverse("contacts:promise_add", args=[person.id])
        refused = alice_client.post(url, {"text": "send the deck"})
        assert refused.status_code == 422
        assert "send the deck" in refused.text
        assert alice_client.post(url, {"text": "send the deck by Friday"}).status_code == 302
        reminder = Reminder.objects.get()
        assert local_date(reminder.due_at, alice.zone) == date(2026, 5, 8)
        sending.send_due(owner_id=alice.pk, now=reminder.due_at)
        letter = Letter.objects.get()
        assert letter.subject == "You promised: send the deck"
        assert "Ana Ribeiro: send the deck" in letter.text

    @pytest.mark.django_db
    def test_dropped_again(self, alice, alice_client: Client):
        reminder = reminders.promise(person=PersonFactory(owner=alice), text="x", by=date(2030, 1, 1))
        alice_client.post(reverse("contacts:promise_drop", args=[reminder.id]))
        reminder.refresh_from_db()
        assert reminder.state == ReminderState.CANCELLED


@pytest.mark.django_db
class TestRules:
    """A card's own word, then its tags, then its layer."""

    def rhythm(self, person):
        return rhythms.Rules([person.owner_id]).of(person)

    def test_the_order(self, alice):
        rhythms.write_rule(owner=alice, tag="", layer=Layer.CLOSE, days=30, latest_days=45)
        rhythms.write_rule(owner=alice, tag="choir", layer=None, days=90, latest_days=None)
        rhythms.write_rule(owner=alice, tag="press", layer=None, days=60, latest_days=None)
        assert self.rhythm(PersonFactory(owner=alice)) is None
        assert self.rhythm(PersonFactory(owner=alice, layer=Layer.CLOSE)) == rhythms.Rhythm(30, 45, "A close friend")
        both = PersonFactory(owner=alice, layer=Layer.CLOSE, tags=["Choir", "press"])
        assert self.rhythm(both) == rhythms.Rhythm(60, 90, "“press”")
        assert self.rhythm(PersonFactory(owner=alice, tags=["choir"], cadence_days=7)) == rhythms.Rhythm(7, 10)
        assert self.rhythm(PersonFactory(owner=alice, tags=["choir"], is_left_alone=True)) is None
        assert self.rhythm(PersonFactory(owner=alice, tags=["choir"], relation="wanted")) is None

    def test_another_members_rules_are_theirs(self, alice, bob):
        rhythms.write_rule(owner=bob, tag="choir", layer=None, days=30, latest_days=None)
        assert self.rhythm(PersonFactory(owner=alice, tags=["choir"])) is None

    def test_setting_and_dropping_moves_reminders(self, alice):
        person = PersonFactory(owner=alice, tags=["choir"], last_contact_at=NOW)
        rule = cadences.set_rule(owner=alice, tag="choir", layer=None, days=30, latest_days=50, now=NOW)
        reminder = Reminder.objects.get(person=person)
        assert (reminder.rhythm_days, local_date(reminder.due_at, alice.zone)) == (30, date(2026, 6, 3))
        cadences.set_rule(owner=alice, tag="Choir", layer=None, days=10, latest_days=None, now=NOW)
        assert CadenceRule.objects.count() == 1
        reminder.refresh_from_db()
        assert local_date(reminder.due_at, alice.zone) == date(2026, 5, 14)
        cadences.drop_rule(rule=rule, now=NOW)
        reminder.refresh_from_db()
        assert reminder.state == ReminderState.CANCELLED

    def test_a_tag_given_or_taken_together_counts(self, alice):
        person = PersonFactory(owner=alice)
        cadences.set_rule(owner=alice, tag="choir", layer=None, days=30, latest_days=None, now=NOW)
        edit = together.Edit(together.Action.TAG, "choir")
        change, _ = together.edit_together(owner_id=alice.pk, person_ids=[person.id], edit=edit, now=NOW)
        assert Reminder.objects.filter(person=person, state=ReminderState.WAITING).count() == 1
        assert change is not None
        together.put_back(change=change, now=NOW)
        assert not Reminder.objects.filter(person=person, state=ReminderState.WAITING).exists()

    def test_contact_moves_what_a_rule_began(self, alice):
        cadences.set_rule(owner=alice, tag="choir", layer=None, days=30, latest_days=None, now=NOW)
        person = people.add_person(
            owner=alice, fields={"full_name": "Ana", "tags": ["choir"]}, handles=[], now=NOW, typed=True
        )
        interactions.log_contact(person=person, kind=InteractionKind.MET, happened_at=NOW, now=NOW)
        assert local_date(Reminder.objects.get(person=person).due_at, alice.zone) == date(2026, 6, 3)

    def test_said_once_more_on_the_latest_day(self, alice):
        person = PersonFactory(owner=alice, cadence_days=30, cadence_latest_days=40, last_contact_at=NOW)
        reminders.refresh_cadence(person=person, now=NOW)
        reminder = Reminder.objects.get()
        sending.send_due(owner_id=alice.pk, now=reminder.due_at)
        assert sending.send_due(owner_id=alice.pk, now=reminder.due_at + timedelta(days=9)) == 0
        assert alice.pk in sending.due_owner_ids(now=reminder.due_at + timedelta(days=10, hours=1))
        assert sending.send_due(owner_id=alice.pk, now=reminder.due_at + timedelta(days=10, hours=1)) == 1
        assert sending.send_due(owner_id=alice.pk, now=reminder.due_at + timedelta(days=30)) == 0
        assert "latest day you set" in Letter.objects.latest("due_at").text

    def test_the_page(self, alice, alice_client: Client):
        url = reverse("contacts:rule_add")
        refused = alice_client.post(url, {"group": "5", "tag": "choir", "days": "30"})
        assert (refused.status_code, CadenceRule.objects.count()) == (422, 0)
        assert "choir" in refused.text
        assert alice_client.post(url, {"group": "5", "days": "30"}).status_code == 302
        assert "One of my closest five" in alice_client.get(reverse("contacts:reminders")).text
        alice_client.post(reverse("contacts:rule_remove", args=[CadenceRule.objects.get().id]))
        assert not CadenceRule.objects.exists()


@pytest.mark.django_db
class TestDays:
    """Birthdays and other days, once a year, in the member's morning."""

    def plan(self, member, day: date) -> list[Reminder]:
        morning = reminders.morning_of(member, day) + timedelta(minutes=1)
        dates.plan(member=member, now=morning)
        return list(Reminder.objects.filter(owner=member, kind__in=dates.KINDS).order_by("due_at"))

    def test_once_each_year(self, alice):
        PersonFactory(owner=alice, layer=Layer.CLOSE, birth_month=5, birth_day=4, birth_year=1986)
        assert len(self.plan(alice, date(2026, 5, 3))) == 0
        assert len(self.plan(alice, date(2026, 5, 4))) == 1
        assert len(self.plan(alice, date(2026, 5, 4))) == 1
        assert len(self.plan(alice, date(2026, 5, 6))) == 1
        sending.send_due(owner_id=alice.pk, now=reminders.morning_of(alice, date(2026, 5, 4)))
        letter = Letter.objects.get()
        assert "has a birthday today: 40." in letter.text
        assert letter.subject.endswith("’s birthday")
        assert len(self.plan(alice, date(2027, 5, 4))) == 2

    @pytest.mark.parametrize(("year", "day"), [(2027, date(2027, 2, 28)), (2028, date(2028, 2, 29))])
    def test_29_february(self, alice, year, day):
        PersonFactory(owner=alice, layer=Layer.CLOSE, birth_month=2, birth_day=29)
        found = self.plan(alice, day)
        assert [local_date(one.due_at, alice.zone) for one in found] == [day]
        assert len(self.plan(alice, date(year, 3, 1))) == 1

    def test_across_the_turn_of_the_year(self, alice):
        PersonFactory(owner=alice, layer=Layer.CLOSE, birth_month=12, birth_day=31)
        [found] = self.plan(alice, date(2027, 1, 1))
        assert local_date(found.due_at, alice.zone) == date(2026, 12, 31)

    def test_other_days_by_their_names(self, alice):
        days = [{"label": "Wedding", "year": 2010, "month": 5, "day": 4}, {"label": "Odd", "month": 13, "day": 40}]
        PersonFactory(owner=alice, layer=Layer.CLOSE, other_dates=days)
        [found] = self.plan(alice, date(2026, 5, 4))
        assert (found.kind, found.text) == (ReminderKind.DATE, "Wedding")

    @pytest.mark.parametrize(("choice", "count"), [(Birthdays.NONE, 0), (Birthdays.CLOSE, 3), (Birthdays.ALL, 4)])
    def test_of_whom(self, alice, choice, count):
        born = {"owner": alice, "birth_month": 5, "birth_day": 4}
        PersonFactory(**born, layer=Layer.CLOSE)
        PersonFactory(**born, strength=0.8)
        kept = PersonFactory(**born, cadence_days=30)
        reminders.refresh_cadence(person=kept, now=NOW)
        PersonFactory(**born)
        PersonFactory(**born, layer=Layer.CLOSE, is_left_alone=True)
        PersonFactory(**born, layer=Layer.CLOSE, archived_at=NOW)
        alice.birthdays = choice
        alice.save()
        assert len(self.plan(alice, date(2026, 5, 4))) == count

    def test_what_nobody_answered_goes_after_two_weeks(self, alice):
        PersonFactory(owner=alice, layer=Layer.CLOSE, birth_month=5, birth_day=4)
        [found] = self.plan(alice, date(2026, 5, 4))
        self.plan(alice, date(2026, 5, 19))
        found.refresh_from_db()
        assert found.state == ReminderState.CANCELLED

    def test_members_to_plan_are_those_with_days(self, alice, bob):
        PersonFactory(owner=alice, birth_month=5, birth_day=4)
        PersonFactory(owner=bob)
        assert list(dates.members_to_plan()) == [alice]


@pytest.mark.django_db
class TestFromTheMail:
    """Less often, and stop."""

    @pytest.fixture
    def sent(self, alice) -> tuple[Reminder, str]:
        person = PersonFactory(owner=alice, cadence_days=30, last_contact_at=NOW - timedelta(days=40))
        reminders.refresh_cadence(person=person, now=NOW)
        sending.send_due(owner_id=alice.pk, now=NOW)
        reminder = Reminder.objects.get()
        return reminder, reverse("contacts:reminder_answer", args=[tokens.derive("reminder", reminder.salt)])

    def test_less_often(self, sent, client: Client, time_machine):
        time_machine.move_to(NOW + timedelta(hours=1), tick=False)
        reminder, path = sent
        assert "every two months" in client.post(path, {"action": "less"}).text
        reminder.person.refresh_from_db()
        assert reminder.person.cadence_days == 60
        assert "closed already" in client.post(path, {"action": "less"}).text

    def test_stop_and_back(self, sent, client: Client, alice, alice_client: Client, time_machine):
        time_machine.move_to(NOW + timedelta(hours=1), tick=False)
        reminder, path = sent
        client.post(path, {"action": "stop"})
        assert not Reminder.objects.filter(state__in=reminders.OPEN).exists()
        page = alice_client.get(reverse("contacts:person", args=[reminder.person_id]))
        assert "does not remind you of them" in page.text
        alice_client.post(reverse("contacts:person_remind", args=[reminder.person_id]))
        assert Reminder.objects.filter(state=ReminderState.WAITING).count() == 1
