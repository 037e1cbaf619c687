"""Contact with a person: one click, corrected, taken back; what hangs on it follows at once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection, transaction
from django.urls import reverse

from contacts.models import (
    Change,
    Direction,
    Interaction,
    InteractionKind,
    Person,
    Reminder,
    ReminderKind,
    ReminderState,
)
from contacts.services import interactions, undo
from tests.factories import NOW, InteractionFactory, PersonFactory
from tests.workers import wait_until

pytestmark = pytest.mark.django_db


def log(person, kind=InteractionKind.MET, **more):
    return interactions.log_contact(person=person, kind=kind, **{"happened_at": NOW, "now": NOW, **more})


def test_everything_that_hangs_on_it_follows(alice):
    person = PersonFactory(owner=alice, cadence_days=30)
    log(person)
    person.refresh_from_db()
    assert person.last_contact_at == NOW
    assert person.strength is not None
    assert not person.strength_is_stale
    assert person.strength_reason == "1 meeting on 4 May, both ways."
    due = Reminder.objects.get(person=person, kind=ReminderKind.KEEP_IN_TOUCH, state=ReminderState.WAITING).due_at
    assert due == datetime(2026, 6, 3, 6, 0, tzinfo=UTC)  # eight in the morning in Berlin


@pytest.mark.parametrize(
    ("kind", "direction"),
    [("met", Direction.BOTH), ("call", Direction.BOTH), ("mail", Direction.OUT), ("message", Direction.OUT)],
)
def test_who_turned_to_whom_unless_said(alice, kind, direction):
    assert log(PersonFactory(owner=alice), InteractionKind(kind)).direction == direction


def test_a_crowd_is_evidence_and_no_contact(alice):
    person = PersonFactory(owner=alice)
    log(person, InteractionKind.EVENT)
    person.refresh_from_db()
    assert person.last_contact_at is None
    assert person.strength is not None


def test_an_older_contact_does_not_move_the_last_one(alice):
    person = PersonFactory(owner=alice)
    log(person)
    log(person, happened_at=NOW - timedelta(days=90))
    person.refresh_from_db()
    assert person.last_contact_at == NOW


@pytest.mark.django_db(transaction=True)
def test_two_contacts_noted_at_once_both_count(alice):
    person = PersonFactory(owner=alice)

    def note_an_older_one():
        with closing(connection):
            log(Person.objects.get(id=person.id), happened_at=NOW - timedelta(days=9))

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            log(person)
            older = other.submit(note_an_older_one)
            wait_until(somebody_waits)
        older.result(timeout=10)
    person.refresh_from_db()
    assert person.last_contact_at == NOW


def somebody_waits() -> bool:
    """Whether a transaction waits for a lock of this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))")
        return bool(cursor.rowcount > 0)


def test_correcting_and_removing_count_again(alice):
    person = PersonFactory(owner=alice)
    contact = log(person)
    earlier = NOW - timedelta(days=500)
    interactions.change_contact(
        interaction=contact,
        kind=InteractionKind.MAIL,
        direction=Direction.IN,
        happened_at=earlier,
        note=" hello\r\n",
        now=NOW,
    )
    person.refresh_from_db()
    assert person.last_contact_at == earlier
    assert person.strength_reason == "1 mail on 20 December 2024, only from them."
    change = interactions.remove_contact(interaction=contact, now=NOW)
    person.refresh_from_db()
    assert person.last_contact_at is None
    assert person.strength is None
    assert undo.take_back(change=change, now=NOW)
    assert not undo.take_back(change=change, now=NOW)
    again = Interaction.objects.get(person=person)
    assert (again.kind, again.direction, again.note) == (InteractionKind.MAIL, Direction.IN, "hello")
    person.refresh_from_db()
    assert person.last_contact_at == earlier


def test_undo_does_not_double_what_was_imported_anew(alice):
    person = PersonFactory(owner=alice)
    contact = InteractionFactory(person=person, source_key="mail:1")
    change = interactions.remove_contact(interaction=contact, now=NOW)
    InteractionFactory(person=person, source_key="mail:1")
    undo.take_back(change=change, now=NOW)
    assert Interaction.objects.filter(person=person).count() == 1


def test_undo_after_the_card_is_gone_for_good(alice):
    person = PersonFactory(owner=alice)
    change = interactions.remove_contact(interaction=InteractionFactory(person=person), now=NOW)
    person.delete()
    assert not undo.take_back(change=change, now=NOW)


class TestPages:
    def test_two_clicks_and_undo(self, alice, alice_client):
        person = PersonFactory(owner=alice)
        response = alice_client.post(reverse("contacts:contact_log", args=[person.id]), {"kind": "call"}, follow=True)
        page = response.content.decode()
        contact = Interaction.objects.get()
        take_back = reverse("contacts:contact_take_back", args=[contact.id])
        assert f'action="{take_back}"' in page
        assert "1 call on" in page
        alice_client.post(take_back)
        assert not Interaction.objects.exists()

    def test_an_unknown_kind_does_nothing(self, alice, alice_client):
        person = PersonFactory(owner=alice)
        alice_client.post(reverse("contacts:contact_log", args=[person.id]), {"kind": "event"})
        alice_client.post(reverse("contacts:contact_log", args=[person.id]))
        assert not Interaction.objects.exists()

    @time_machine.travel(NOW, tick=False)
    def test_details_are_told_in_the_members_own_time(self, alice, alice_client):
        contact = InteractionFactory(
            person=PersonFactory(owner=alice), happened_at=datetime(2026, 5, 3, 22, 30, 15, tzinfo=UTC)
        )
        address = reverse("contacts:contact_edit", args=[contact.id])
        assert 'value="2026-05-04T00:30"' in alice_client.get(address).content.decode()  # half past midnight in Berlin
        sent = {"kind": "met", "direction": "both", "happened_at": "2026-05-04T00:30", "note": "Tea."}
        assert alice_client.post(address, sent).status_code == 302
        contact.refresh_from_db()
        assert contact.note == "Tea."
        alice_client.post(address, sent | {"happened_at": "2026-01-15T10:00"})
        contact.refresh_from_db()
        assert contact.happened_at == datetime(2026, 1, 15, 9, 0, tzinfo=UTC)

    @time_machine.travel(NOW, tick=False)
    @pytest.mark.parametrize("moment", ["2026-05-05T10:00", "1650-01-01T10:00", "", "soon", "2026-03-29T02:30"])
    def test_a_moment_that_cannot_be_keeps_what_was_typed(self, alice, alice_client, moment):
        contact = InteractionFactory(person=PersonFactory(owner=alice))
        address = reverse("contacts:contact_edit", args=[contact.id])
        sent = {"kind": "met", "direction": "both", "happened_at": moment, "note": "A long story."}
        response = alice_client.post(address, sent)
        assert response.status_code == 422
        assert "A long story." in response.content.decode()
        assert "field__errors" in response.content.decode()

    def test_the_timeline_has_pages(self, alice, alice_client):
        person = PersonFactory(owner=alice)
        for day in range(25):
            InteractionFactory(person=person, happened_at=NOW - timedelta(days=day), note=f"day {day:02}")
        address = reverse("contacts:person", args=[person.id])
        first, second = (alice_client.get(address, {"page": page}).content.decode() for page in (1, 2))
        assert "day 00" in first
        assert "day 24" not in first
        assert "day 24" in second
        assert alice_client.get(address, {"page": "zebra"}).status_code == 200

    def test_removing_offers_undo(self, alice, alice_client):
        contact = InteractionFactory(person=PersonFactory(owner=alice))
        response = alice_client.post(reverse("contacts:contact_remove", args=[contact.id]), follow=True)
        change = Change.objects.get()
        assert reverse("contacts:undo", args=[change.id]) in response.content.decode()
        alice_client.post(reverse("contacts:undo", args=[change.id]))
        assert Interaction.objects.filter(id=contact.id).exists()

    @pytest.mark.parametrize(
        ("method", "name"),
        [("get", "contact_edit"), ("post", "contact_edit"), ("post", "contact_remove"), ("post", "contact_take_back")],
    )
    def test_a_stranger_gets_what_a_missing_id_gets(self, alice, charlie_client, method, name):
        contact = InteractionFactory(person=PersonFactory(owner=alice), note="secret")
        theirs = getattr(charlie_client, method)(reverse(f"contacts:{name}", args=[contact.id]))
        missing = getattr(charlie_client, method)(reverse(f"contacts:{name}", args=[uuid4()]))
        assert theirs.status_code == missing.status_code == 404
        assert len(theirs.content) == len(missing.content)
        assert Interaction.objects.filter(id=contact.id, note="secret").exists()

    def test_a_deleted_persons_contacts_are_gone_too(self, alice, alice_client):
        contact = InteractionFactory(person=PersonFactory(owner=alice, deleted_at=NOW))
        assert alice_client.get(reverse("contacts:contact_edit", args=[contact.id])).status_code == 404
