"""What was exported and is imported again: into an empty book the same people, into the same book nothing new."""

import io
import zipfile
from typing import Any

import pytest

from contacts.handles import HandleKind
from contacts.models import Handle, Person, Photo
from contacts.services import people, photos
from contacts.services.exports.bundle import write_bundle
from contacts.services.handles import HandleInput
from contacts.services.people import Card
from netapp.accounts.models import User
from tests.contacts import importing
from tests.contacts.test_photos import picture
from tests.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db

FILES = ["people.vcf", "people-vcard3.vcf", "people.csv"]
TOLD = (
    *("full_name", "nickname", "organisation", "role", "place", "notes"),
    *("tags", "tie_kinds", "needs", "offers", "custom_fields", "other_dates"),
    *("how_met", "met_on_date", "birth_year", "birth_month", "birth_day"),
)
"""What a file can tell of a person."""


@pytest.fixture
def book(alice: User) -> User:
    """People as members have them: everything, next to nothing, and what programs stumble over."""
    full = {
        "full_name": "Ana Álvares",
        "nickname": "Aninhas",
        "organisation": "Lumen; Press, Lda.",
        "role": "editor",
        "place": "Lisbon",
        "tags": ["photo", "a;b", "#hash"],
        "tie_kinds": ["friend", "book club"],
        "needs": ["a flat, cheap", "a printer; soon"],
        "offers": ["bookbinding"],
        "custom_fields": [{"label": "Shoe size", "value": "39"}, {"label": "Cat", "value": "=SUM(A1)"}],
        "other_dates": [
            {"label": "Wedding", "year": None, "month": 2, "day": 29},
            {"label": "Name day", "year": 1999, "month": 7, "day": 26},
        ],
        "notes": "=1+1\nline, two; three\\four\n\n“quoted”\t'tab'",
        "how_met": "At a fair, in May",
        "birth_month": 5,
        "birth_day": 3,
    }
    cards = [
        Card(
            full,
            [
                HandleInput(HandleKind.EMAIL, "ana@lumen.pt", "work"),
                HandleInput(HandleKind.EMAIL, "Ana.Alvares@example.org", "home"),
                HandleInput(HandleKind.PHONE, "+351 912 345 678", "mobile"),
                HandleInput(HandleKind.LINKEDIN, "https://www.linkedin.com/in/ana-álvares"),
                HandleInput(HandleKind.URL, "https://ana.example.org/?a=1,2;3"),
            ],
        ),
        Card({"full_name": "Ben"}),
        Card({"full_name": "+Plus Minus-"}, [HandleInput(HandleKind.PHONE, "020 7946 0958")]),
        Card({"full_name": "김서연", "birth_year": 1990, "birth_month": 2, "birth_day": 28, "organisation": "출판사"}),
        Card(
            {"full_name": "Dr. Ludwig van der Heide", "met_on_date": NOW.date()},
            [HandleInput(HandleKind.EMAIL, "l@x.org")],
        ),
        *(
            Card({"full_name": f"Many {n}"}, [HandleInput(HandleKind.EMAIL, f"m{n}-{k}@example.org") for k in range(6)])
            for n in range(3)
        ),
    ]
    made = people.create_people(owner=alice, cards=cards, now=NOW, typed=True)
    photos.choose_photo(person=made[0], data=picture((80, 60)), now=NOW)
    return alice


def exported(member: User, name: str) -> bytes:
    file = io.BytesIO()
    write_bundle(member=member, file=file, now=NOW)
    return zipfile.ZipFile(file).read(name)


def told(member: User) -> list[dict[str, Any]]:
    """Everybody, as far as a file can tell."""
    found = []
    for person in Person.objects.filter(owner=member).order_by("full_name"):
        handles = Handle.objects.filter(person=person).order_by("kind", "position", "id")
        found.append(
            {
                **{name: getattr(person, name) for name in TOLD},
                "handles": [(one.kind, one.value, one.normalised, one.label) for one in handles],
            }
        )
    return found


@pytest.mark.parametrize("name", FILES)
def test_an_empty_book_becomes_the_same(book: User, name: str) -> None:
    other = UserFactory(country=book.country)
    one = importing.run(other, (name, exported(book, name)))
    assert one.state == "done", one.error
    assert set(one.counts) == {"new"}
    assert told(other) == told(book)


@pytest.mark.parametrize("name", FILES)
def test_the_same_book_stays_as_it_is(book: User, name: str) -> None:
    before = importing.book(book)
    one = importing.preview(book, (name, exported(book, name)))
    assert one.counts == {"unchanged": len(before["people"])}
    again = importing.run(book, (name, exported(book, name)))
    assert set(again.counts) == {"unchanged"}
    after = importing.book(book)
    assert (after["people"], after["handles"]) == (before["people"], before["handles"])


@pytest.mark.parametrize("name", FILES[:2])
def test_faces_come_along(book: User, name: str) -> None:
    other = UserFactory(country=book.country)
    importing.run(other, (name, exported(book, name)))
    photo = Photo.objects.get(owner=other)
    assert photo.person.full_name == "Ana Álvares"
    assert (photo.width, photo.height) == (80, 60)


@pytest.mark.parametrize("name", FILES)
def test_a_second_trip_says_the_same(book: User, name: str) -> None:
    other = UserFactory(country=book.country)
    importing.run(other, (name, exported(book, name)))
    again = importing.run(other, (name, exported(other, name)))
    assert set(again.counts) == {"unchanged"}
