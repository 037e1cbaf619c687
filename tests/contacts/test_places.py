"""What lines of text name, worked out by hand; and that nothing written there is an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.places import lies_in, meant, naming, near
from contacts.places.index import gazetteer
from contacts.queries.people import Wanted, matching
from tests.factories import NOW, PersonFactory


def read(text: str) -> set[str]:
    return {f"{place.name}, {place.country}" for place in meant(text)}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Lisbon", {"Lisbon, PT"}),
        ("LISBOA", {"Lisbon, PT"}),
        ("Lisboa, Portugal", {"Lisbon, PT"}),
        ("Lisbon, Lisbon, Portugal", {"Lisbon, PT"}),
        ("Lisbon District", {"Lisboa, PT"}),
        ("Rua Augusta 12, 1200-195 Lisboa", {"Lisbon, PT"}),
        ("12 Oxford Street, London", {"London, GB"}),
        ("Lisbon/Porto", {"Lisbon, PT", "Porto, PT"}),
        ("Paris", {"Paris, FR"}),
        ("Paris, Texas", {"Paris, US"}),
        ("Paris TX", {"Paris, US"}),
        ("Texas, Paris", {"Paris, US"}),
        ("London", {"London, GB"}),
        ("London, Ontario", {"London, CA"}),
        ("Cambridge", {"Cambridge, GB", "Cambridge, US", "Cambridge, CA"}),
        ("Cambridge, MA", {"Cambridge, US"}),
        ("Georgia", {"Georgia, GE", "Georgia, US"}),
        ("Atlanta, Georgia", {"Atlanta, US"}),
        ("Tbilisi, Georgia", {"Tbilisi, GE"}),
        ("New York", {"New York City, US"}),
        ("New York State", {"New York, US"}),
        ("Washington, D.C.", {"Washington, US"}),
        ("Roma", {"Rome, IT"}),
        ("München, Deutschland", {"Munich, DE"}),
        ("Muenchen", {"Munich, DE"}),
        ("DE, 10115 Berlin", {"Berlin, DE"}),
        ("LIVING IN BERLIN", {"Berlin, DE"}),
        ("Frankfurt (Oder)", {"Frankfurt (Oder), DE"}),
        ("San Francisco Bay Area", {"San Francisco, US"}),
        ("Luxembourg", {"Luxembourg, LU"}),
        ("東京", {"Tokyo, JP"}),
        ("Москва", {"Moscow, RU"}),
        ("USA", {"United States, US"}),
        ("at home", set()),
        ("Remote", set()),
        ("", set()),
        ("-", set()),
    ],
)
def test_what_a_line_names(text, places):
    assert read(text) == places


@pytest.mark.parametrize(
    ("place", "sought", "is_in"),
    [
        ("Munich", "Bavaria", True),
        ("München", "Bayern", True),
        ("Lisboa", "Lisbon", True),
        ("Lisbon", "Portugal", True),
        ("Óbidos, Portugal", "Portugal", True),
        ("Portugal", "Lisbon", False),
        ("Lisbon", "Spain", False),
        ("Edinburgh", "UK", True),
        ("Edinburgh", "Scotland", True),
        ("Edinburgh", "England", False),
        ("New York", "York", False),
        ("Yorkshire", "York", False),
        ("Paris, Texas", "Paris", False),
        ("Paris 11e", "Paris", True),
        ("Brooklyn, New York", "New York", True),
        ("Alfama, Lisbon", "Alfama", True),
        ("Alfama", "Lisbon", False),
        ("Cascais", "Lisbon", False),
        ("anywhere", "", False),
        ("", "Lisbon", False),
    ],
)
def test_what_lies_in_what(place, sought, is_in):
    assert lies_in(place, sought) is is_in


def test_what_is_near():
    assert near("Cascais", "Lisbon") in range(20, 30)
    assert near("Lisbon", "Lisboa") == 0
    assert near("Porto", "Lisbon") is None
    assert near("nowhere in particular", "Lisbon") is None


@given(st.text(max_size=400), st.text(max_size=80))
def test_any_text_is_read_without_an_error_and_always_alike(text, sought):
    assert meant(text) == meant.__wrapped__(text)
    assert lies_in(text, sought) in (True, False)
    assert near(text, sought) is None or near(text, sought) == near(sought, text)


@given(st.sampled_from(["Paris", "Texas", "Berlin", "Georgia", "UK", "Cambridge", "Porto"]), st.data())
def test_the_order_of_the_parts_does_not_matter(first, data):
    others = data.draw(st.lists(st.sampled_from(["Texas", "France", "MA", "Portugal", "Lisbon"]), max_size=3))
    parts = [first, *others]
    assert meant(", ".join(parts)) == meant(", ".join(reversed(parts)))


def test_every_row_and_name_of_the_file_can_be_read():
    book = gazetteer()
    rows = [book.place(number) for number in range(1, book.rows + 1)]
    assert sum(place.kind == "country" for place in rows) > 190
    assert sum(place.kind == "town" for place in rows) > 60_000
    for place in rows[::997]:
        assert place.holds(place)


@pytest.mark.django_db
def test_people_are_listed_by_place_under_any_of_its_names(alice, bob, django_assert_max_num_queries):
    for name, place in (("Ana", "Lisboa"), ("Ben", "Lisbon, Portugal"), ("Eve", "Porto"), ("Dora", "")):
        PersonFactory(owner=alice, full_name=name, place=place)
    PersonFactory(owner=bob, full_name="Not hers", place="Lisbon")

    def found(place: str) -> set[str]:
        return {person.full_name for person in matching(member=alice, wanted=Wanted(place=place), now=NOW)}

    assert found("Lisbon") == {"Ana", "Ben"}
    assert found("Portugal") == {"Ana", "Ben", "Eve"}
    assert naming("Lisbon", ["Lisboa", "Porto"]) == ["Lisboa"]
    for number in range(50):
        PersonFactory(owner=alice, place=f"Street {number}, Lisbon")
    with django_assert_max_num_queries(2):
        assert len(found("lisboa")) == 52
