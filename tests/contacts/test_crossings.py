"""Crossing paths: who is found in a town, what is offered, and what a trip may not show."""

from datetime import date
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from time_machine import travel

from contacts.models import Closeness, Interaction, Relation, Reminder
from contacts.queries.crossings import MOST, crossings
from tests.factories import NOW, AcquaintanceFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday():
    with travel(NOW, tick=False):
        yield


def address(town="Lisbon", first="2026-06-03", last="2026-06-06"):
    return f"{reverse('contacts:crossings')}?{urlencode({'town': town, 'first': first, 'last': last})}"


def names(found):
    return [one.full_name for one in found.known], [one.person.full_name for one in found.wanted]


@pytest.mark.parametrize(
    ("town", "place", "is_found"),
    [
        ("Lisbon", "Lisbon, Portugal", True),
        ("  são PAULO ", "Sao Paulo (BR)", True),
        ("Köln", "koln", True),
        ("York", "Yorkshire", False),
        ("York", "New York", False),
        ("Lisbon", "Lisboa", True),
        ("Portugal", "Porto", True),
        ("Paris", "Paris, Texas", False),
        ("New York", "York", False),
        ("New York", "York, New", False),
        ("Porto", "", False),
        ("%", "Lisbon", False),
    ],
)
def test_words_of_the_place_are_compared(alice, town, place, is_found):
    PersonFactory(owner=alice, full_name="Ana", place=place)
    assert names(crossings(member=alice, town=town)) == (["Ana"] if is_found else [], [])


def test_the_closest_first_and_nobody_who_is_gone(alice):
    PersonFactory(owner=alice, full_name="Unknown", place="Lisbon")
    PersonFactory(owner=alice, full_name="Weak", place="Lisbon", strength=0.1)
    PersonFactory(owner=alice, full_name="Strong", place="Lisbon", strength=0.9)
    PersonFactory(owner=alice, full_name="Put away", place="Lisbon", archived_at=NOW)
    PersonFactory(owner=alice, full_name="Deleted", place="Lisbon", deleted_at=NOW)
    assert names(crossings(member=alice, town="lisbon")) == (["Strong", "Weak", "Unknown"], [])


def test_whom_one_might_meet_and_through_whom(alice):
    wanted = PersonFactory(owner=alice, full_name="Victor", place="Lisbon", relation=Relation.WANTED)
    alone = PersonFactory(owner=alice, full_name="Walter", place="Lisbon", relation=Relation.WANTED)
    bob, eve, gone, away, barely = (
        PersonFactory(owner=alice, full_name=name, place="Oslo", **more)
        for name, more in (
            ("Bob", {}),
            ("Eve", {"relation": Relation.WANTED}),
            ("Gone", {"deleted_at": NOW}),
            ("Away", {"archived_at": NOW}),
            ("Barely", {}),
        )
    )
    for one in (bob, eve, gone, away):
        AcquaintanceFactory(one=one, other=wanted)
    AcquaintanceFactory(one=barely, other=wanted, closeness=Closeness.NONE)
    found = crossings(member=alice, town="Lisbon")
    assert [(one.person, one.through) for one in found.wanted] == [(wanted, [bob]), (alone, [])]
    assert found.known == []


def test_nothing_of_anothers_book(alice, bob, charlie_client):
    PersonFactory(owner=alice, full_name="Ana Almeida", place="Lisbon")
    assert names(crossings(member=bob, town="Lisbon")) == ([], [])
    page = charlie_client.get(address()).content.decode()
    assert "Ana Almeida" not in page
    assert "Nobody in Lisbon" in page


def test_the_page_says_what_to_write_and_reminds(alice, alice_client):
    ana = PersonFactory(owner=alice, full_name="Ana <Almeida>", place="Lisbon, Portugal")
    page = alice_client.get(address())
    text = page.content.decode()
    assert "Hello Ana &lt;Almeida&gt;, I am in Lisbon from 3 June to 6 June." in text
    assert page.context["remind_on"] == date(2026, 5, 27)
    answer = alice_client.post(
        reverse("contacts:promise_add", args=[ana.id]),
        {"text": page.context["reminder"], "by": page.context["remind_on"]},
    )
    assert answer.status_code == 302
    reminder = Reminder.objects.get(person=ana)
    assert reminder.text == "write about meeting in Lisbon, from 3 June to 6 June"
    assert reminder.due_at.date() == date(2026, 5, 27)
    assert 'name="kind" value="message"' in text
    alice_client.post(reverse("contacts:contact_log", args=[ana.id]), {"kind": "message"})
    assert Interaction.objects.get(person=ana).kind == "message"


def test_a_trip_that_begins_soon_reminds_today(alice, alice_client):
    page = alice_client.get(address(first="2026-05-05", last="2026-05-05"))
    assert page.context["remind_on"] == date(2026, 5, 4)
    assert page.context["days"] == "on 5 May"
    assert alice_client.get(address(last="2027-01-02")).context["days"] == "from 3 June to 2 January 2027"


def test_a_very_long_town_still_makes_a_reminder(alice, alice_client):
    ana = PersonFactory(owner=alice, place="x" * 200)
    page = alice_client.get(address(town="x" * 200, last="2027-01-02"))
    alice_client.post(
        reverse("contacts:promise_add", args=[ana.id]),
        {"text": page.context["reminder"], "by": page.context["remind_on"]},
    )
    assert Reminder.objects.filter(person=ana).exists()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"town": ""}, "This field is required."),
        ({"town": "!?"}, "Write the name of a town."),
        ({"last": "2026-06-02"}, "The last day comes before the first."),
        ({"first": "2026-05-01", "last": "2026-05-03"}, "This trip is over."),
        ({"first": "soon"}, "Enter a valid date."),
        ({"town": "Lis\0bon"}, "Null characters are not allowed."),
    ],
)
def test_what_makes_no_sense_is_said(alice_client, asked, said):
    page = alice_client.get(address(**asked))
    assert page.status_code == 422
    assert said in page.content.decode()


def test_first_a_form_alone_and_no_other_method(alice_client):
    page = alice_client.get(reverse("contacts:crossings"))
    assert page.status_code == 200
    assert "Nobody in" not in page.content.decode()
    assert alice_client.post(reverse("contacts:crossings")).status_code == 405


def test_queries_do_not_grow_and_the_page_ends(alice, alice_client):
    counts = []
    for count in (5, 50):
        for _ in range(count):
            AcquaintanceFactory(
                one=PersonFactory(owner=alice, place="Lisbon"),
                other=PersonFactory(owner=alice, place="Lisbon", relation=Relation.WANTED),
            )
        with CaptureQueriesContext(connection) as queries:
            page = alice_client.get(address())
        assert all(one["sql"].startswith("SELECT") for one in queries)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    found = page.context["found"]
    assert (len(found.known), len(found.wanted), found.is_cut) == (MOST, MOST, True)
