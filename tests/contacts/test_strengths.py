"""Strength on the cards: equal to the engine's own figure, stale when something happened, aged each day."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contacts import tasks
from contacts.graph.strength import Contact, Direction, Kind, Strength, strength
from contacts.graph.strength import Layer as Word
from contacts.models import Interaction, Layer, Person
from contacts.services import strengths
from contacts.signals import book_changed
from tests.factories import NOW, InteractionFactory, PersonFactory

pytestmark = pytest.mark.django_db

KINDS = {"met": Kind.MET, "call": Kind.CALL, "mail": Kind.MAIL, "event": Kind.EVENT}
DIRECTIONS = {"both": Direction.BOTH, "out": Direction.OUT, "in": Direction.IN}


def of_engine(person: Person) -> Strength:
    contacts = [
        Contact(row.happened_at, KINDS[row.kind], DIRECTIONS[row.direction])
        for row in Interaction.objects.filter(person=person)
    ]
    layer = Word(person.layer) if person.layer else None
    return strength(contacts, now=NOW, layer=layer)


def test_each_card_has_the_engines_figure_and_sentence(alice):
    people = PersonFactory.create_batch(6, owner=alice)
    for number, person in enumerate(people[:5]):
        for step in range(number * 3):
            InteractionFactory(
                person=person,
                kind=list(KINDS)[step % 4],
                direction=list(DIRECTIONS)[step % 3],
                happened_at=NOW - timedelta(days=step * 40, hours=number),
            )
    InteractionFactory(person=people[5], happened_at=NOW + timedelta(days=2))  # still to come
    Person.objects.filter(id=people[1].id).update(layer=Layer.CLOSE)
    assert strengths.recompute(owner_id=alice.pk, now=NOW) == 6
    for person in Person.objects.filter(owner=alice):
        expected = of_engine(person)
        if expected.value is None:
            assert person.strength is None
        else:
            assert person.strength == pytest.approx(expected.value)
        assert person.strength_reason == expected.explain(now=NOW, zone=alice.zone)
        assert person.strength_word == expected.word
        assert not person.strength_is_stale
    people[5].refresh_from_db()
    assert people[5].strength is None
    assert people[5].strength_word == "unknown"


def test_only_what_is_stale_or_has_aged_is_counted_again(alice):
    fresh, aged, unknown, stale = PersonFactory.create_batch(4, owner=alice)
    for person in (fresh, aged, stale):
        InteractionFactory(person=person)
    strengths.recompute(owner_id=alice.pk, now=NOW)
    Person.objects.filter(id__in=[aged.id, unknown.id]).update(strength_at=NOW - timedelta(days=1))
    Person.objects.filter(id=stale.id).update(strength_is_stale=True)
    assert strengths.owners_due(now=NOW) == [alice.pk]
    assert strengths.recompute(owner_id=alice.pk, now=NOW) == 2
    assert strengths.owners_due(now=NOW) == []
    assert strengths.recompute(owner_id=alice.pk, now=NOW) == 0


def test_ties_fade_by_themselves(alice):
    person = PersonFactory(owner=alice)
    InteractionFactory(person=person)
    strengths.recompute(owner_id=alice.pk, now=NOW)
    person.refresh_from_db()
    before = person.strength
    strengths.recompute(owner_id=alice.pk, now=NOW + timedelta(days=400))
    person.refresh_from_db()
    assert person.strength < before
    assert "2027" not in person.strength_reason


def test_another_members_people_are_left_alone(alice, bob):
    theirs = PersonFactory(owner=bob)
    InteractionFactory(person=theirs)
    assert strengths.recompute(owner_id=alice.pk, person_ids=[theirs.id], now=NOW) == 0
    theirs.refresh_from_db()
    assert theirs.strength_is_stale


def test_statements_do_not_grow(alice):
    counts = []
    for count in (3, 60):
        people = PersonFactory.create_batch(count, owner=alice)
        for person in people:
            InteractionFactory(person=person)
        with CaptureQueriesContext(connection) as captured:
            strengths.recompute(owner_id=alice.pk, person_ids=[person.id for person in people], now=NOW)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_paths_are_told_only_of_what_moved(alice):
    person = PersonFactory(owner=alice)
    InteractionFactory(person=person)
    heard = []

    def listen(sender, member_ids, **_):
        heard.append(member_ids)

    book_changed.connect(listen)
    try:
        strengths.recompute(owner_id=alice.pk, person_ids=[person.id], now=NOW)
        assert heard == [{alice.pk}]
        strengths.recompute(owner_id=alice.pk, person_ids=[person.id], now=NOW + timedelta(minutes=1))
        assert heard == [{alice.pk}]
    finally:
        book_changed.disconnect(listen)


def test_one_members_fault_does_not_stop_the_others(alice, bob):
    for owner in (alice, bob):
        InteractionFactory(person=PersonFactory(owner=owner))
    real = strengths.recompute

    def failing(*, owner_id, now):
        if owner_id == min(alice.pk, bob.pk):
            raise RuntimeError
        return real(owner_id=owner_id, now=now)

    with patch.object(strengths, "recompute", failing):
        tasks.refresh_strengths()
    assert Person.objects.filter(strength_is_stale=False).count() == 1
    tasks.refresh_strengths()
    assert Person.objects.filter(strength_is_stale=False).count() == 2
    tasks.purge_deleted()
