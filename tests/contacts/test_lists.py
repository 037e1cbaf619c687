"""Filters, and lists that are kept under a name."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Change, Person, Reminder, ReminderKind, SavedFilter
from contacts.queries import people as queries
from contacts.queries.people import Wanted
from contacts.services import filters, undo
from tests.factories import NOW, PersonFactory

pytestmark = pytest.mark.django_db

PEOPLE = "/people/"


def names(member, **wanted) -> list[str]:
    listing = queries.listing(member=member, wanted=Wanted(**wanted), page=1, now=NOW)
    return [person.full_name for person in listing.people]


class TestFilters:
    @pytest.fixture(autouse=True)
    def book(self, alice):
        ana = PersonFactory(owner=alice, full_name="Ana", tie_kinds=["friend", "colleague"], needs=["a flat in Évora"])
        PersonFactory(owner=alice, full_name="Ben", reach=1, offers=["bookbinding"], met_through=ana)
        PersonFactory(owner=alice, full_name="Cleo", tie_kinds=["family"])
        for name, day in (("Ana", NOW - timedelta(days=1)), ("Cleo", NOW + timedelta(days=1))):
            person = Person.objects.get(full_name=name)
            Reminder.objects.create(
                owner=alice, person=person, kind=ReminderKind.KEEP_IN_TOUCH, key=f"k{name}", due_at=day
            )

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({"tie": "friend"}, ["Ana"]),
            ({"tie": "family"}, ["Cleo"]),
            ({"reach": 0}, ["Ana", "Cleo"]),
            ({"has": "needs"}, ["Ana"]),
            ({"has": "offers"}, ["Ben"]),
            ({"has": "password"}, ["Ana", "Ben", "Cleo"]),
            ({"is_due": True}, ["Ana"]),
            ({"q": "evora"}, ["Ana"]),
            ({"q": "bookbindng"}, ["Ben"]),
            ({"q": "colleague"}, ["Ana"]),
        ],
    )
    def test_each(self, alice, asked, found):
        assert names(alice, **asked) == found

    def test_through_whom(self, alice):
        assert names(alice, through=Person.objects.get(full_name="Ana").id) == ["Ben"]

    def test_through_somebody_elses_card_is_passed_over(self, charlie, charlie_client):
        PersonFactory(owner=charlie)
        ana = Person.objects.get(full_name="Ana")
        page = charlie_client.get(PEOPLE, {"through": ana.id})
        assert page.status_code == 200
        assert "Ana" not in page.content.decode()

    def test_the_page_offers_them_and_remembers(self, alice_client):
        page = alice_client.get(PEOPLE, {"tie": "friend", "due": "on", "organisation": "Tinta"}).content.decode()
        assert '<option value="friend" selected>' in page
        assert 'value="Tinta"' in page
        assert '<details class="fold" open>' in page

    def test_words_are_suggested_from_ones_own_book_alone(self, alice, alice_client, charlie_client):
        PersonFactory(owner=alice, organisation="Lumen Press", place="Lisbon", tags=["Órgão"])
        url = reverse("contacts:people_words")
        assert "Lumen Press" in alice_client.get(url, {"organisation": "men"}).content.decode()
        assert "Lisbon" in alice_client.get(url, {"place": "lis"}).content.decode()
        assert "Órgão" in alice_client.get(url, {"tag": "orga"}).content.decode()
        assert "option" not in alice_client.get(url, {"notes": "a"}).content.decode()
        assert "option" not in alice_client.get(url).content.decode()
        assert "option" not in charlie_client.get(url, {"organisation": "men"}).content.decode()


class TestKeeping:
    def keep(self, client, query: str, name: str):
        return client.post(f"{reverse('contacts:list_keep')}?{query}", {"name": name}, follow=True)

    def test_a_list_is_kept_shown_and_opened(self, alice, alice_client):
        PersonFactory(owner=alice, full_name="Ana", tags=["print"])
        PersonFactory(owner=alice, full_name="Ben")
        page = self.keep(alice_client, "sort=name&tag=print&page=3&nonsense=1&q=", "Printers").content.decode()
        saved = SavedFilter.objects.get()
        assert parse_qs(saved.query) == {"sort": ["name"], "tag": ["print"]}
        assert "This is your list <strong>Printers</strong>" in page
        assert f"?{saved.query.replace('&', '&amp;')}" in alice_client.get(PEOPLE).content.decode()
        page = alice_client.get(f"{PEOPLE}?{saved.query}").content.decode()
        assert "Ana" in page
        assert "Ben" not in page

    def test_the_same_name_again_is_kept_anew(self, alice, alice_client):
        self.keep(alice_client, "tag=a", "Printers")
        self.keep(alice_client, "tag=b", "PRINTERS")
        assert [(one.name, one.query) for one in SavedFilter.objects.all()] == [("PRINTERS", "tag=b")]

    @pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 61])
    def test_a_list_needs_a_name(self, alice_client, name):
        assert "toast--error" in self.keep(alice_client, "tag=a", name).content.decode()
        assert not SavedFilter.objects.exists()

    def test_there_are_not_too_many(self, alice, alice_client):
        SavedFilter.objects.bulk_create(
            SavedFilter(owner=alice, name=f"n{number}", query="q=a") for number in range(filters.MOST)
        )
        assert "Remove one first" in self.keep(alice_client, "tag=a", "One more").content.decode()

    def test_renaming(self, alice, alice_client):
        saved = filters.save_filter(owner=alice, name="Printers", query="q=a")
        filters.save_filter(owner=alice, name="Others", query="q=b")
        url = reverse("contacts:list_rename", args=[saved.id])
        refused = alice_client.post(url, {"name": "oTHERS"})
        assert refused.status_code == 422
        assert 'value="oTHERS"' in refused.content.decode()
        assert "Another list has this name" in refused.content.decode()
        assert alice_client.post(url, {"name": " "}).status_code == 422
        alice_client.post(url, {"name": "printers"})
        saved.refresh_from_db()
        assert saved.name == "printers"

    def test_removing_and_back(self, alice, alice_client):
        saved = filters.save_filter(owner=alice, name="Printers", query="q=a")
        alice_client.post(reverse("contacts:list_remove", args=[saved.id]))
        assert not SavedFilter.objects.exists()
        change = Change.objects.get()
        alice_client.post(reverse("contacts:undo", args=[change.id]))
        assert SavedFilter.objects.get() == saved
        assert not undo.take_back(change=change, now=NOW)

    def test_back_does_not_make_two_of_a_name(self, alice, alice_client):
        saved = filters.save_filter(owner=alice, name="Printers", query="q=a")
        change = filters.remove_filter(saved=saved)
        filters.save_filter(owner=alice, name="printers", query="q=b")
        assert not undo.take_back(change=change, now=NOW)
        assert SavedFilter.objects.get().query == "q=b"

    def test_nobody_sees_anothers(self, alice, alice_client, charlie_client):
        filters.save_filter(owner=alice, name="Printers", query="q=a")
        assert "Printers" not in charlie_client.get(reverse("contacts:lists")).content.decode()
        assert "Printers" not in charlie_client.get(PEOPLE).content.decode()
        assert "No lists yet" in charlie_client.get(reverse("contacts:lists")).content.decode()

    def test_the_palette_knows_them(self, alice, alice_client):
        filters.save_filter(owner=alice, name="Printers in Porto", query="q=a")
        page = alice_client.get("/go/", {"q": "porto"}).content.decode()
        assert f"{PEOPLE}?q=a" in page

    def test_statements_do_not_grow(self, alice, alice_client):
        counts = []
        for wave in (range(5), range(5, 50)):
            for number in wave:
                filters.save_filter(owner=alice, name=f"n{number}", query=f"q={number}")
            for url in (reverse("contacts:lists"), PEOPLE):
                with CaptureQueriesContext(connection) as captured:
                    alice_client.get(url)
                counts.append(len(captured))
        assert counts[:2] == counts[2:]

    def test_leads_nowhere_else(self, alice_client):
        self.keep(alice_client, "q=https://evil.example/%0d%0aLocation:x", "Odd")
        page = alice_client.get(reverse("contacts:lists")).content.decode()
        assert urlsplit(SavedFilter.objects.get().query).netloc == ""
        assert 'href="/people/?q=https%3A%2F%2Fevil.example' in page
