"""Cards: what is derived from them, where each word came from, and how they go and come back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts.handles import HandleKind
from contacts.models import Change, Handle, Identity, Person, Reach, Reminder, ReminderKind, ReminderState
from contacts.services import people, purge
from contacts.services.handles import HandleInput
from contacts.services.people import Card, NoName, Update
from contacts.signals import book_changed
from tests.factories import NOW, PersonFactory

pytestmark = pytest.mark.django_db

EMAIL, PHONE, URL = HandleKind.EMAIL, HandleKind.PHONE, HandleKind.URL


def add(owner, name="Ana Silva", *handles: tuple[HandleKind, str], typed=True, **fields: Any) -> Person:
    inputs = [HandleInput(kind, value) for kind, value in handles]
    return people.add_person(owner=owner, fields={"full_name": name, **fields}, handles=inputs, now=NOW, typed=typed)


def change(person, *, typed=True, handles=None, **fields: Any) -> Person:
    return people.update_person(person=person, fields=fields, handles=handles, now=NOW, typed=typed)


def identity_of(person) -> set[str]:
    return {handle.identity.value for handle in Handle.objects.filter(person=person) if handle.identity}


@pytest.fixture
def heard():
    """The members whose paths were said to have moved."""
    said: list[set[int]] = []

    def listen(sender, member_ids, **_: Any) -> None:
        said.append(member_ids)

    book_changed.connect(listen)
    yield said
    book_changed.disconnect(listen)


def test_a_card_is_folded_for_search_and_order(alice):
    person = add(
        alice,
        "  Łukasz   Ångström ",
        (EMAIL, "Lukasz@Example.org"),
        organisation="Café Größe",
        tags=["#Photo", "photo", "Bücher"],
        notes="Met\r\nÉmile",
    )
    person.refresh_from_db()
    assert person.full_name == "Łukasz Ångström"
    assert person.sort_key == "lukasz angstrom"
    assert person.tags == ["Photo", "Bücher"]
    assert person.notes == "Met\nÉmile"
    for word in ("lukasz angstrom", "cafe grosse", "photo", "bucher", "emile", "lukasz@example.org"):
        assert word in person.search_text


def test_a_card_needs_a_name(alice):
    with pytest.raises(NoName):
        add(alice, " \x00 ")
    person = add(alice)
    with pytest.raises(NoName):
        change(person, full_name="")
    assert not Person.objects.exclude(id=person.id).exists()


def test_nobody_is_met_through_a_card_of_another_book(alice, bob):
    theirs = PersonFactory(owner=bob)
    with pytest.raises(ValueError):
        add(alice, "Ana", met_through=theirs)


def test_only_what_names_one_human_makes_an_identity(alice):
    person = add(
        alice,
        "Ana",
        (EMAIL, "Ana@Example.org"),
        (EMAIL, "info@example.org"),
        (PHONE, "020 7946 0958"),
        (URL, "example.org/ana"),
        (EMAIL, "not an address"),
    )
    assert identity_of(person) == {"ana@example.org", "+442079460958"}
    assert Handle.objects.filter(person=person).count() == 4
    assert Identity.objects.count() == 2


def test_two_books_share_an_identity_and_two_cards_of_one_book_do_not(alice, bob):
    ana = add(alice, "Ana", (EMAIL, "ana@example.org"))
    theirs = add(bob, "Ana S.", (EMAIL, "ana@example.org"))
    assert identity_of(ana) == identity_of(theirs) == {"ana@example.org"}
    again = add(alice, "A. Silva", (EMAIL, "ANA@example.org"))
    assert identity_of(ana) == identity_of(again) == set()
    assert identity_of(theirs) == {"ana@example.org"}
    people.delete_person(person=again, now=NOW)
    assert identity_of(ana) == {"ana@example.org"}
    again.refresh_from_db()
    people.restore_person(person=again, now=NOW)
    assert identity_of(ana) == identity_of(again) == set()
    change(again, handles=[])
    assert identity_of(ana) == {"ana@example.org"}


def test_what_was_typed_stays_and_what_was_imported_is_brought_up_to_date(alice):
    person = add(alice, "Ana Silva", organisation="Tinta", role="editor", typed=False)
    assert person.typed_fields == []
    person = change(person, role="Picture editor")
    assert person.typed_fields == ["role"]
    person = change(person, role="Trainee", organisation="Aperture", full_name="Ana M. Silva", typed=False)
    assert (person.role, person.organisation, person.full_name) == ("Picture editor", "Aperture", "Ana M. Silva")
    person = change(person, organisation="")
    person = change(person, organisation="Tinta", typed=False)
    assert person.organisation == ""  # emptied by hand is typed too


def test_a_birthday_has_one_source(alice):
    person = add(alice, "Ana", birth_month=5, birth_day=3, typed=True)
    person = change(person, birth_year=1980, birth_month=6, birth_day=4, typed=False)
    assert (person.birth_year, person.birth_month, person.birth_day) == (None, 5, 3)


def test_an_import_adds_handles_and_the_member_decides_which_stay(alice):
    person = add(alice, "Ana", (EMAIL, "ana@old.test"), typed=False)
    person = change(person, handles=[HandleInput(EMAIL, "ana@new.test")], typed=False)
    assert [handle.value for handle in person.handles.all()] == ["ana@old.test", "ana@new.test"]
    person = change(person, handles=[HandleInput(EMAIL, "ana@new.test", "work")])
    assert [(handle.value, handle.label) for handle in person.handles.all()] == [("ana@new.test", "work")]
    assert "old" not in person.search_text
    person = change(person, handles=[HandleInput(EMAIL, "ana@old.test")], typed=False)
    assert Handle.objects.filter(person=person).count() == 1


def test_an_update_says_what_was_there_before(alice):
    person = add(alice, "Ana", (EMAIL, "ana@example.org"), role="editor", typed=False)
    update = Update(person.id, {"role": "curator", "place": ""}, [HandleInput(PHONE, "+351 912 345 678")])
    [done] = people.update_people(owner=alice, updates=[update], now=NOW, typed=False)
    assert done.before == {"role": "editor"}
    assert [handle.normalised for handle in done.handles_added] == ["+351912345678"]
    [same] = people.update_people(owner=alice, updates=[update], now=NOW, typed=False)
    assert not same.is_changed


def test_ids_of_others_are_passed_over(alice, bob):
    theirs = PersonFactory(owner=bob, full_name="Ana")
    updates = [Update(theirs.id, {"full_name": "Mine"}), Update(uuid4(), {"full_name": "Nobody"})]
    assert people.update_people(owner=alice, updates=updates, now=NOW, typed=True) == []
    theirs.refresh_from_db()
    assert theirs.full_name == "Ana"


def test_many_cards_take_as_many_statements_as_a_few(alice):
    def cards(start: int, count: int) -> list[Card]:
        return [
            Card(
                {"full_name": f"Person {n}"}, [HandleInput(EMAIL, f"p{n}@example.org"), HandleInput(URL, f"p{n}.test")]
            )
            for n in range(start, start + count)
        ]

    with CaptureQueriesContext(connection) as few:
        made = people.create_people(owner=alice, cards=cards(0, 3), now=NOW, typed=False)
    with CaptureQueriesContext(connection) as many:
        more = people.create_people(owner=alice, cards=cards(10, 200), now=NOW, typed=False)
    assert len(many) == len(few)
    with CaptureQueriesContext(connection) as few:
        people.update_people(
            owner=alice,
            updates=[Update(person.id, {"role": "x"}, [HandleInput(EMAIL, f"{person.id}@b.test")]) for person in made],
            now=NOW,
            typed=False,
        )
    with CaptureQueriesContext(connection) as many:
        people.update_people(
            owner=alice,
            updates=[Update(person.id, {"role": "x"}, [HandleInput(EMAIL, f"{person.id}@b.test")]) for person in more],
            now=NOW,
            typed=False,
        )
    assert len(many) == len(few)


def test_every_change_says_whose_paths_may_move(alice, bob, charlie, heard):
    from contacts.models import Connection, ConnectionState

    for inviter, invitee in ((alice, bob), (charlie, bob)):
        Connection.objects.create(
            inviter=inviter,
            invitee=invitee,
            invitee_email=invitee.email,
            state=ConnectionState.ACCEPTED,
            answered_at=NOW,
        )
    person = add(alice)
    assert heard.pop() == {alice.id}
    person = change(person, reach=Reach.THEIR_CONNECTIONS)
    assert heard.pop() == {alice.id, bob.id, charlie.id}
    person = change(person, reach=Reach.MY_CONNECTIONS)  # Charlie may use it no longer
    assert heard.pop() == {alice.id, bob.id, charlie.id}
    people.archive_person(person=person, now=NOW)
    assert heard.pop() == {alice.id, bob.id}
    heard.clear()
    change(person, role=person.role)
    assert heard == []


def test_deleting_stops_reminders_and_restoring_brings_them_back(alice):
    person = add(alice, cadence_days=30)
    Reminder.objects.create(owner=alice, person=person, kind=ReminderKind.PROMISE, key="p", due_at=NOW, text="the book")
    people.delete_person(person=person, now=NOW)
    assert not person.reminders.exclude(state=ReminderState.CANCELLED).exists()
    people.restore_person(person=person, now=NOW)
    waiting = person.reminders.filter(state=ReminderState.WAITING)
    assert {reminder.kind for reminder in waiting} == {ReminderKind.KEEP_IN_TOUCH, ReminderKind.PROMISE}


def test_archiving_stops_the_cadence(alice):
    person = add(alice, cadence_days=30)
    people.archive_person(person=person, now=NOW)
    assert not person.reminders.filter(state=ReminderState.WAITING).exists()
    people.unarchive_person(person=person, now=NOW)
    assert person.reminders.filter(state=ReminderState.WAITING).count() == 1


def test_a_deleted_card_goes_for_good_after_thirty_days(alice, bob):
    gone, kept, restored = (add(alice, name, (EMAIL, f"{name}@example.org")) for name in ("gone", "kept", "restored"))
    add(bob, "shared", (EMAIL, "shared@example.org"))
    for person in (gone, kept, restored):
        people.delete_person(person=person, now=NOW)
    people.restore_person(person=restored, now=NOW)
    Person.objects.filter(id=kept.id).update(deleted_at=NOW + timedelta(days=2))
    Change.objects.create(owner=alice, kind="people", before={})
    assert purge.purge(now=NOW + timedelta(days=31)) == 1
    assert set(Person.objects.filter(owner=alice).values_list("full_name", flat=True)) == {"kept", "restored"}
    values = set(Identity.objects.values_list("value", flat=True))
    assert values == {"kept@example.org", "restored@example.org", "shared@example.org"}
    assert purge.purge(now=NOW + timedelta(days=31)) == 0
