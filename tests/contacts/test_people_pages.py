"""The people pages: found, filtered, edited, and shut to strangers."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.handles import HandleKind
from contacts.models import Change, Interaction, Layer, Person, Reach, Relation
from contacts.queries import people as queries
from contacts.queries import searching
from contacts.queries.people import Wanted
from contacts.services import people
from contacts.services.handles import HandleInput
from tests.factories import (
    NOW,
    AcquaintanceFactory,
    HandleFactory,
    InteractionFactory,
    PersonFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

PEOPLE = "/people/"


def names(member, **wanted: Any) -> list[str]:
    listing = queries.listing(member=member, wanted=Wanted(**wanted), page=1, now=NOW)
    return [person.full_name for person in listing.people]


class TestSearch:
    def test_every_word_must_occur_anywhere_on_the_card(self, alice):
        PersonFactory(owner=alice, full_name="Ana Silva", organisation="Tinta", place="Lisbon")
        PersonFactory(owner=alice, full_name="Ana Ode", organisation="Aperture", notes="plays the oud")
        assert names(alice, q="ana") == ["Ana Ode", "Ana Silva"]
        assert names(alice, q="tin ANA") == ["Ana Silva"]
        assert names(alice, q="oud") == ["Ana Ode"]
        assert names(alice, q="lisbon oud") == []

    @pytest.mark.parametrize(
        ("written", "sought"),
        [
            ("José Ñandú", "jose nandu"),
            ("Søren Ørsted", "soren orsted"),
            ("Weiß", "weiss"),
            ("Łukasz", "LUKASZ"),
            ("Zoë", "Zoe\u0308"),
            ("Ольга", "ольга"),
            ("김서연", "김서"),
            ("İpek", "ipek"),
            ("ﬁona", "fiona"),
            ("O’Brien", "o'brien"),
        ],
    )
    def test_accents_and_case_make_no_difference(self, alice, written, sought):
        PersonFactory(owner=alice, full_name=written)
        PersonFactory(owner=alice, full_name="Somebody Else")
        assert names(alice, q=sought) == [written]

    def test_names_that_begin_with_it_come_first(self, alice):
        PersonFactory(owner=alice, full_name="Anna Berg", notes="met at the Lima fair")
        PersonFactory(owner=alice, full_name="Bob Salima")
        PersonFactory(owner=alice, full_name="Zed Lima")
        assert names(alice, q="lima") == ["Zed Lima", "Bob Salima", "Anna Berg"]

    def test_two_letters_begin_a_word_wherever_it_stands(self, alice):
        PersonFactory(owner=alice, full_name="Leo Meier", organisation="Weiss")
        PersonFactory(owner=alice, full_name="Zoe Eisner")
        PersonFactory(owner=alice, full_name="Ada", role="the ei of Columbus")
        PersonFactory(owner=alice, full_name="Bea", notes="First line.\nEinstein comes to tea.")
        assert names(alice, q="ei") == ["Zoe Eisner", "Ada", "Bea"]
        assert names(alice, q="e") == ["Zoe Eisner", "Bea", "Ada"]
        assert names(alice, q="eie") == ["Leo Meier"]

    def test_two_signs_of_a_script_without_spaces_stand_anywhere(self, alice):
        PersonFactory(owner=alice, full_name="田中太郎")
        assert names(alice, q="太郎") == ["田中太郎"]

    def test_a_slip_in_one_word_and_none_in_the_other(self, alice):
        PersonFactory(owner=alice, full_name="Silvia González", organisation="Tinta")
        PersonFactory(owner=alice, full_name="Silvia González", organisation="Papel")
        PersonFactory(owner=alice, full_name="Tina Tintoretto")
        listing = queries.listing(member=alice, wanted=Wanted(q="slivia tinta"), page=1, now=NOW)
        assert [(person.full_name, person.organisation) for person in listing.people] == [("Silvia González", "Tinta")]

    def test_a_slip_in_what_is_no_name(self, alice):
        PersonFactory(owner=alice, full_name="Ana", role="photographer")
        PersonFactory(owner=alice, full_name="Ben", role="printer")
        assert names(alice, q="photografer") == ["Ana"]

    @pytest.mark.parametrize("counted", [10, 1000])
    def test_the_first_page_is_the_same_however_many_begin_so(self, alice, monkeypatch, counted):
        monkeypatch.setattr(searching, "COUNTED", counted)
        PersonFactory(owner=alice, full_name="Aaron Roman")
        PersonFactory(owner=alice, full_name="Zed", notes="roman")
        PersonFactory(owner=alice, full_name="Aaron Miroman")
        for number in range(queries.PAGE + 5):
            PersonFactory(owner=alice, full_name=f"Roman {number:02}")
        first = queries.listing(member=alice, wanted=Wanted(q="roman"), page=1, now=NOW)
        second = queries.listing(member=alice, wanted=Wanted(q="roman"), page=2, now=NOW)
        found = [person.full_name for person in (*first.people, *second.people)]
        assert found[0] == "Aaron Roman"
        assert found[-2:] == ["Aaron Miroman", "Zed"]
        assert len(found) == len(set(found)) == queries.PAGE + 8
        assert first.count == min(len(found), counted + 1)

    @pytest.mark.parametrize("typed", ["slivia", "sylvia", "silvai", "silva", "Silvia Gonzales"])
    def test_a_slip_of_the_pen_still_finds(self, alice, typed):
        PersonFactory(owner=alice, full_name="Silvia González")
        PersonFactory(owner=alice, full_name="Bernd Maier", notes="A long note about nothing of that sort at all.")
        listing = queries.listing(member=alice, wanted=Wanted(q=typed), page=1, now=NOW)
        assert [person.full_name for person in listing.people] == ["Silvia González"]

    def test_nobody_is_found_in_another_book(self, alice, charlie):
        PersonFactory(owner=alice, full_name="Silvia González")
        assert names(charlie, q="silvia") == names(charlie, q="slivia") == []
        assert searching.found(member=charlie, text="silvia", limit=5) == []

    @pytest.mark.parametrize(
        "text",
        [
            "%",
            "_",
            "\\",
            "'; drop table--",
            "%%%",
            "a%b",
            "\x00",
            "\ud800".encode("utf-8", "replace").decode(),
            "💥",
            " " * 300,
            "\u200b",
        ],
    )
    def test_odd_signs_are_just_signs(self, alice, alice_client, text):
        PersonFactory(owner=alice, full_name="Ana")
        assert alice_client.get(PEOPLE, {"q": text}).status_code == 200
        assert alice_client.get("/go/", {"q": text}).status_code == 200

    def test_a_percent_sign_finds_a_percent_sign(self, alice):
        PersonFactory(owner=alice, full_name="Ana")
        PersonFactory(owner=alice, full_name="Bob", notes="gives 100% always")
        assert names(alice, q="100%") == ["Bob"]

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(max_size=40))
    def test_whatever_is_typed_is_answered(self, alice, text):
        queries.listing(member=alice, wanted=Wanted(q=text), page=1, now=NOW)


class TestFilters:
    @pytest.fixture(autouse=True)
    def book(self, alice):
        PersonFactory(owner=alice, full_name="Ana", tags=["photo"], place="Lisbon", strength=0.9, last_contact_at=NOW)
        PersonFactory(owner=alice, full_name="Ben", organisation="Tinta", layer=Layer.CLOSE, strength=0.2)
        PersonFactory(
            owner=alice, full_name="Cleo", relation=Relation.WANTED, last_contact_at=NOW - timedelta(days=400)
        )
        PersonFactory(owner=alice, full_name="Dan", archived_at=NOW, place="lisbon")
        PersonFactory(owner=alice, full_name="Eve", deleted_at=NOW, place="Lisbon")

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, ["Ana", "Ben", "Cleo"]),
            ({"relation": "wanted"}, ["Cleo"]),
            ({"tag": "photo"}, ["Ana"]),
            ({"layer": 15}, ["Ben"]),
            ({"place": "LISBON"}, ["Ana"]),
            ({"organisation": "tinta"}, ["Ben"]),
            ({"quiet": "365"}, ["Cleo"]),
            ({"quiet": "never"}, ["Ben"]),
            ({"is_archived": True}, ["Dan"]),
            ({"sort": "strength"}, ["Ana", "Ben", "Cleo"]),
            ({"sort": "contact"}, ["Ana", "Cleo", "Ben"]),
            ({"sort": "silent"}, ["Cleo", "Ana", "Ben"]),
            ({"sort": "added"}, ["Cleo", "Ben", "Ana"]),
            ({"sort": "due"}, ["Ana", "Ben", "Cleo"]),
        ],
    )
    def test_each(self, alice, asked, found):
        assert names(alice, **asked) == found

    def test_due_comes_first_when_asked(self, alice):
        ben = Person.objects.get(full_name="Ben")
        people.update_person(person=ben, fields={"cadence_days": 30}, now=NOW, typed=True)
        assert names(alice, sort="due") == ["Ben", "Ana", "Cleo"]

    @pytest.mark.parametrize(
        "address", ["?layer=7&sort=nonsense&page=0", "?page=x&relation=enemy", "?quiet=-1&page=99999999999", "?page=-3"]
    )
    def test_an_address_that_makes_no_sense_shows_the_list(self, alice_client, address):
        response = alice_client.get(f"{PEOPLE}{address}")
        assert response.status_code == 200

    def test_filters_stay_while_searching(self, alice_client):
        page = alice_client.get(PEOPLE, {"tag": "photo", "q": "ana"}).content.decode()
        assert 'name="tag" id="id_tag" value="photo"' in page


class TestList:
    def test_queries_do_not_grow(self, alice, alice_client):
        def fill(count: int) -> None:
            for person in PersonFactory.create_batch(count, owner=alice, tags=["a", "b"], organisation="Tinta"):
                HandleFactory(person=person)
                InteractionFactory(person=person)

        fill(5)
        with CaptureQueriesContext(connection) as few:
            alice_client.get(PEOPLE, {"sort": "due"})
        fill(45)
        with CaptureQueriesContext(connection) as many:
            alice_client.get(PEOPLE, {"sort": "due"})
        assert len(many) == len(few) <= 9

    def test_a_page_leads_to_the_next_with_and_without_script(self, alice, alice_client):
        PersonFactory.create_batch(60, owner=alice)
        first = alice_client.get(PEOPLE, {"q": "person"}).content.decode()
        assert first.count('name="people"') == 50
        assert 'href="?q=person&amp;page=2"' in first
        second = alice_client.get(PEOPLE, {"q": "person", "page": 2}).content.decode()
        assert second.count('name="people"') == 10
        more = alice_client.get(
            PEOPLE, {"q": "person", "page": 2, "more": 1}, headers={"HX-Request": "true"}
        ).content.decode()
        assert more.count('name="people"') == 10
        assert "<html" not in more
        assert "<form" not in more

    def test_htmx_gets_the_list_alone(self, alice, alice_client):
        PersonFactory(owner=alice, full_name="Ana Silva")
        response = alice_client.get(PEOPLE, {"q": "ana", "sort": ""}, headers={"HX-Request": "true"})
        page = response.content.decode()
        assert page.lstrip().startswith('<section id="people-list"')
        assert "Ana Silva" in page
        assert "HX-Request" in response["Vary"]
        assert response["HX-Replace-Url"] == "/people/?q=ana"

    def test_an_empty_book_says_how_to_begin(self, alice_client):
        page = alice_client.get(PEOPLE).content.decode()
        assert "Begin with five people" in page
        assert reverse("contacts:person_quick") in page

    def test_names_are_escaped(self, alice, alice_client):
        PersonFactory(owner=alice, full_name="<script>alert(1)</script>", tags=["<b>"])
        page = alice_client.get(PEOPLE).content.decode()
        assert "<script>alert" not in page
        assert "<b>" not in page

    def test_unknown_is_not_weak(self, alice, alice_client):
        PersonFactory(owner=alice, full_name="Ana")
        page = alice_client.get(PEOPLE).content.decode()
        assert "not known" in page
        assert "strength--slight" not in page


class TestTogether:
    def post(self, client: Client, action: str, ids: Any, query: str = "", **more: Any) -> Any:
        address = f"{reverse('contacts:people_together')}?{query}"
        return client.post(address, {"action": action, "people": [str(one) for one in ids], **more}, follow=True)

    @pytest.fixture
    def three(self, alice) -> list[Person]:
        return [PersonFactory(owner=alice, full_name=name) for name in ("Ana", "Ben", "Cleo")]

    def undo(self, client: Client) -> None:
        change = Change.objects.order_by("-created_at").first()
        assert change
        client.post(reverse("contacts:undo", args=[change.id]))

    @pytest.mark.parametrize(
        ("action", "more", "column", "value"),
        [
            ("tag", {"tag": " #Foto "}, "tags", ["Foto"]),
            ("reach", {"reach": "1"}, "reach", Reach.MY_CONNECTIONS),
            ("cadence", {"cadence": "30"}, "cadence_days", 30),
        ],
    )
    def test_a_value_for_those_ticked_and_back(self, alice_client, three, action, more, column, value):
        before = [getattr(person, column) for person in three]
        response = self.post(alice_client, action, [three[0].id, three[1].id], **more)
        assert "2 people" in response.content.decode()
        for person in three:
            person.refresh_from_db()
        assert [getattr(person, column) for person in three] == [value, value, before[2]]
        self.undo(alice_client)
        for person in three:
            person.refresh_from_db()
        assert [getattr(person, column) for person in three] == before

    def test_a_tag_is_found_and_taken_off_whatever_its_case(self, alice, alice_client, three):
        self.post(alice_client, "tag", [three[0].id], tag="Foto")
        assert names(alice, q="foto") == ["Ana"]
        self.post(alice_client, "untag", [person.id for person in three], tag="fOTO")
        assert names(alice, q="foto") == []

    def test_archive_and_delete_and_back(self, alice, alice_client, three):
        self.post(alice_client, "archive", [three[0].id])
        assert names(alice) == ["Ben", "Cleo"]
        self.undo(alice_client)
        self.post(alice_client, "delete", [three[0].id, three[1].id])
        assert names(alice) == ["Cleo"]
        self.undo(alice_client)
        assert names(alice) == ["Ana", "Ben", "Cleo"]
        self.undo(alice_client)  # twice is harmless
        assert names(alice) == ["Ana", "Ben", "Cleo"]

    def test_undo_leaves_what_was_changed_since(self, alice_client, three):
        self.post(alice_client, "reach", [three[0].id, three[1].id], reach="1")
        people.update_person(person=three[0], fields={"reach": 2}, now=NOW, typed=True)
        self.undo(alice_client)
        for person in three:
            person.refresh_from_db()
        assert [person.reach for person in three] == [2, 0, 0]

    def test_everybody_who_matches(self, alice, alice_client, three):
        Person.objects.filter(full_name__in=["Ben", "Cleo"]).update(place="Lisbon")
        self.post(alice_client, "tag", [], "place=lisbon", tag="e", everybody="on")
        assert names(alice, tag="e") == ["Ben", "Cleo"]

    def test_strangers_ids_are_passed_over(self, charlie_client, three):
        self.post(charlie_client, "delete", [person.id for person in three])
        assert Person.objects.filter(deleted_at=None).count() == 3
        assert not Change.objects.exists()

    @pytest.mark.parametrize(
        ("action", "more"), [("tag", {"tag": " # "}), ("reach", {}), ("explode", {}), ("archive", {"people": []})]
    )
    def test_what_is_missing_is_said(self, alice_client, three, action, more):
        ids = more.pop("people", [three[0].id])
        response = self.post(alice_client, action, ids, **more)
        assert "toast--error" in response.content.decode()
        assert not Change.objects.exists()

    def test_statements_do_not_grow(self, alice, alice_client):
        some = PersonFactory.create_batch(40, owner=alice)
        counts = []
        for chosen, tag in ((some[:3], "one"), (some, "two")):
            with CaptureQueriesContext(connection) as captured:
                self.post(alice_client, "tag", [person.id for person in chosen], tag=tag)
            counts.append(len(captured))
        for chosen, days in ((some[:3], "30"), (some[3:], "14")):
            with CaptureQueriesContext(connection) as captured:
                self.post(alice_client, "cadence", [person.id for person in chosen], cadence=days)
            counts.append(len(captured))
        assert counts[0] == counts[1]
        assert counts[2] == counts[3]


class TestForm:
    def rows(self, *values: str, **more: str) -> dict[str, str]:
        rows = {"handles-TOTAL_FORMS": str(len(values)), "handles-INITIAL_FORMS": "0"}
        for number, value in enumerate(values):
            rows[f"handles-{number}-value"] = value
        return rows | more

    def card(self, **more: str) -> dict[str, str]:
        return {"full_name": "Ana Silva", "relation": "known", "reach": "0", **more}

    def test_adding(self, alice, alice_client):
        ben = PersonFactory(owner=alice, full_name="Ben Ode", organisation="Tinta")
        sent = self.card(
            role="editor",
            tags="photo, Lisbon , photo",
            birth_day="29",
            birth_month="2",
            met_through="ben ode · tinta",
            cadence_days="30",
            layer="15",
        )
        response = alice_client.post("/people/add/", sent | self.rows("ana@example.org", "", "+351 912 345 678"))
        person = Person.objects.get(full_name="Ana Silva")
        assert response.url == reverse("contacts:person", args=[person.id])
        assert (person.tags, person.met_through, person.layer) == (["photo", "Lisbon"], ben, Layer.CLOSE)
        assert person.strength is not None
        assert [handle.kind for handle in person.handles.all()] == [HandleKind.EMAIL, HandleKind.PHONE]
        assert set(person.typed_fields) >= {"full_name", "role", "birth_year", "tags"}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"full_name": ""},
            {"full_name": "\x01"},
            {"birth_day": "31", "birth_month": "2"},
            {"birth_day": "3"},
            {"birth_year": "1980"},
            {"met_through": "Nobody Here"},
            {"met_on_date": "2999-01-01"},
            {"tags": "x" * 61},
            {"handles-0-value": "neither this nor that"},
            {"reach": "9"},
            {"cadence_days": "1"},
        ],
    )
    def test_what_was_typed_stays_when_it_is_refused(self, alice, alice_client, wrong):
        sent = self.card(notes="A note that took a while.") | self.rows("ana@example.org") | wrong
        response = alice_client.post("/people/add/", sent)
        assert response.status_code == 422
        page = response.content.decode()
        assert "A note that took a while." in page
        assert "field__errors" in page or "error-summary" in page
        for value in wrong.values():
            assert value in page
        assert not Person.objects.exists()

    def test_editing_shows_and_keeps_everything(self, alice, alice_client):
        person = people.add_person(
            owner=alice,
            fields={"full_name": "Ana", "cadence_days": 45, "notes": "x", "birth_day": 3, "birth_month": 5},
            handles=[HandleInput(HandleKind.EMAIL, "ana@example.org", "work")],
            now=NOW,
            typed=False,
        )
        address = reverse("contacts:person_edit", args=[person.id])
        form = alice_client.get(address).context["form"]
        sent = {name: value for name in form.fields if (value := form[name].value()) not in (None, "")}
        sent |= {"role": "editor"} | self.rows("ana@example.org", **{"handles-0-label": "work"})
        assert alice_client.post(address, sent).status_code == 302
        person.refresh_from_db()
        assert (person.role, person.cadence_days, person.birth_day) == ("editor", 45, 3)
        assert person.typed_fields == ["role"]

    def test_somebody_deleted_is_named_no_more_and_kept_for_a_restoration(self, alice, alice_client):
        ben = PersonFactory(owner=alice, full_name="Ben Ode", deleted_at=NOW)
        ana = PersonFactory(owner=alice, full_name="Ana Silva", met_through=ben)
        url = reverse("contacts:person_edit", args=[ana.id])
        assert "Ben Ode" not in alice_client.get(url).content.decode()
        assert alice_client.post(url, self.card(met_through="", role="editor") | self.rows()).status_code == 302
        ana.refresh_from_db()
        assert (ana.role, ana.met_through) == ("editor", ben)

    def test_two_windows_lose_nothing(self, alice, alice_client):
        person = people.add_person(owner=alice, fields={"full_name": "Ana"}, now=NOW, typed=True)
        address = reverse("contacts:person_edit", args=[person.id])
        seen = alice_client.get(address).context["form"]["seen_at"].value()
        people.update_person(person=person, fields={"role": "curator"}, now=NOW + timedelta(seconds=9), typed=True)
        sent = self.card(role="editor", seen_at=seen) | self.rows()
        response = alice_client.post(address, sent)
        page = response.content.decode()
        assert response.status_code == 422
        assert "changed in another window" in page
        assert "curator" in page
        assert 'value="editor"' in page
        person.refresh_from_db()
        assert person.role == "curator"
        again = response.context["form"]["seen_at"].value()
        assert alice_client.post(address, sent | {"seen_at": again}).status_code == 302
        person.refresh_from_db()
        assert person.role == "editor"

    def test_a_typed_line_is_read_and_not_yet_kept(self, alice, alice_client):
        people.add_person(
            owner=alice,
            fields={"full_name": "A. Silva"},
            handles=[HandleInput(HandleKind.EMAIL, "ana@example.org")],
            now=NOW,
            typed=True,
        )
        page = alice_client.post(
            "/people/quick/", {"line": "Ana Silva, editor at Aperture, ana@example.org #photo"}
        ).content.decode()
        for value in ("Ana Silva", "editor", "Aperture", "ana@example.org", "photo"):
            assert f'value="{value}"' in page
        assert "also stands on the card of" in page
        assert Person.objects.count() == 1

    def test_names_of_my_book_alone_are_offered(self, alice, alice_client, charlie_client):
        PersonFactory(owner=alice, full_name="Ben Ode", organisation="Tinta")
        assert "Ben Ode · Tinta" in alice_client.get("/people/names/", {"met_through": "ben"}).content.decode()
        assert "Ben" not in charlie_client.get("/people/names/", {"met_through": "ben"}).content.decode()

    def test_somebody_of_another_book_is_nobody(self, alice, charlie_client):
        PersonFactory(owner=alice, full_name="Ben Ode")
        response = charlie_client.post("/people/add/", self.card(met_through="Ben Ode") | self.rows())
        assert response.status_code == 422
        assert "Nobody in your book" in response.content.decode()


class TestPerson:
    def test_everything_is_there(self, alice, alice_client):
        ben = PersonFactory(owner=alice, full_name="Ben Ode")
        person = people.add_person(
            owner=alice,
            fields={
                "full_name": "Ana Silva",
                "role": "editor",
                "organisation": "Aperture",
                "place": "Lisbon",
                "tags": ["photo"],
                "notes": "Likes tea.",
                "how_met": "At the fair",
                "met_through": ben,
                "birth_day": 3,
                "birth_month": 5,
                "cadence_days": 30,
            },
            handles=[
                HandleInput(HandleKind.EMAIL, "ana@example.org"),
                HandleInput(HandleKind.PHONE, "+351 912 345 678"),
                HandleInput(HandleKind.LINKEDIN, "https://www.linkedin.com/in/ana-silva"),
            ],
            now=NOW,
            typed=True,
        )
        InteractionFactory(person=person, note="Tea at the corner.")
        AcquaintanceFactory(one=person, other=ben, evidence="They shared a studio")
        page = alice_client.get(reverse("contacts:person", args=[person.id])).content.decode()
        for words in (
            "Ana Silva",
            "editor",
            "Aperture",
            "Lisbon",
            "photo",
            "Likes tea.",
            "At the fair",
            "Ben Ode",
            "3 May",
            "mailto:ana@example.org",
            "tel:+351912345678",
            "linkedin.com/in/ana-silva",
            "Tea at the corner.",
            "They shared a studio",
            "Every month",
            "Only me",
            "next due on",
        ):
            assert words in page, words

    def test_queries_do_not_grow(self, alice, alice_client):
        person = PersonFactory(owner=alice, cadence_days=30)
        address = reverse("contacts:person", args=[person.id])

        def fill(count: int) -> None:
            for other in PersonFactory.create_batch(count, owner=alice):
                AcquaintanceFactory(one=person, other=other)
                InteractionFactory(person=person)
                handle = HandleFactory(person=person)
                HandleFactory(person=other, value=handle.value)

        fill(5)
        with CaptureQueriesContext(connection) as few:
            alice_client.get(address)
        fill(45)
        with CaptureQueriesContext(connection) as many:
            alice_client.get(address)
        assert len(many) == len(few) <= 12

    def test_no_address_of_a_script_becomes_a_link(self, alice, alice_client):
        person = people.add_person(
            owner=alice,
            fields={"full_name": "Ana"},
            handles=[
                HandleInput(HandleKind.URL, "javascript:alert(1)"),
                HandleInput(HandleKind.URL, "example.org/a?b"),
            ],
            now=NOW,
            typed=True,
        )
        page = alice_client.get(reverse("contacts:person", args=[person.id])).content.decode()
        assert "javascript:" not in page
        assert 'href="https://example.org/a?b"' in page

    def test_an_address_adds_nobody_to_the_mail_that_it_opens(self, alice, alice_client):
        trap = HandleInput(HandleKind.EMAIL, "ana%40kith.test?bcc=eve@example.org")
        person = people.add_person(owner=alice, fields={"full_name": "Ana"}, handles=[trap], now=NOW, typed=True)
        page = alice_client.get(reverse("contacts:person", args=[person.id])).content.decode()
        assert page.count('href="mailto:ana%2540kith.test%3Fbcc%3Deve@example.org"') == 2
        assert page.count('href="mailto:') == 2

    def test_put_away_and_back(self, alice, alice_client):
        person = PersonFactory(owner=alice)

        def post(name: str) -> Person:
            assert alice_client.post(reverse(f"contacts:person_{name}", args=[person.id])).status_code == 302
            person.refresh_from_db()
            return person

        assert post("archive").archived_at
        assert not post("unarchive").archived_at
        assert post("delete").deleted_at
        assert alice_client.get(reverse("contacts:person", args=[person.id])).status_code == 404
        assert not post("restore").deleted_at
        assert post("wanted").relation == Relation.WANTED
        assert "You want to meet" in alice_client.get(reverse("contacts:person", args=[person.id])).content.decode()
        assert post("known").relation == Relation.KNOWN

    def test_my_word_in_one_click_and_back(self, alice, alice_client):
        person = PersonFactory(owner=alice)
        InteractionFactory(person=person, happened_at=timezone.now() - timedelta(days=900))
        address = reverse("contacts:person_layer", args=[person.id])
        alice_client.post(address, {"layer": "5"})
        person.refresh_from_db()
        assert person.strength == pytest.approx(0.95)
        assert "closest 5" in person.strength_reason
        alice_client.post(address, {"layer": ""})
        person.refresh_from_db()
        assert person.layer is None
        assert person.strength < 0.6


PERSON_PAGES = [
    ("get", "person"),
    ("get", "person_edit"),
    ("post", "person_edit"),
    ("post", "person_archive"),
    ("post", "person_unarchive"),
    ("post", "person_delete"),
    ("post", "person_restore"),
    ("post", "person_layer"),
    ("post", "person_known"),
    ("post", "person_wanted"),
    ("post", "contact_log"),
    ("get", "acquaintance_find"),
]


class TestStrangers:
    @pytest.mark.parametrize(("method", "name"), PERSON_PAGES)
    @pytest.mark.parametrize("is_deleted", [False, True])
    def test_a_strangers_answer_is_that_of_a_missing_id(self, alice, charlie_client, method, name, is_deleted):
        person = PersonFactory(owner=alice, full_name="Ana Secret", deleted_at=NOW if is_deleted else None)
        before = Person.objects.filter(id=person.id).values().get()
        theirs = getattr(charlie_client, method)(reverse(f"contacts:{name}", args=[person.id]), {"layer": "5"})
        missing = getattr(charlie_client, method)(reverse(f"contacts:{name}", args=[uuid4()]), {"layer": "5"})
        assert theirs.status_code == missing.status_code == 404
        assert self.body(theirs) == self.body(missing)
        assert Person.objects.filter(id=person.id).values().get() == before

    def body(self, response: Any) -> str:
        """The page without the token that differs at every request."""
        import re

        return re.sub(r"[A-Za-z0-9]{64}", "", response.content.decode()).replace(response.request["PATH_INFO"], "")

    @pytest.mark.parametrize(("method", "name"), [*PERSON_PAGES, ("get", "people"), ("post", "people_together")])
    def test_who_is_not_logged_in_is_asked_to(self, alice, client, method, name):
        person = PersonFactory(owner=alice)
        args = [person.id] if name not in ("people", "people_together") else []
        response = getattr(client, method)(reverse(f"contacts:{name}", args=args))
        assert response.status_code == 302
        assert response.url.startswith("/account/login/")

    @pytest.mark.parametrize(
        "name",
        [
            "person_archive",
            "person_unarchive",
            "person_delete",
            "person_restore",
            "person_layer",
            "person_known",
            "person_wanted",
            "contact_log",
        ],
    )
    def test_reading_changes_nothing(self, alice, alice_client, name):
        person = PersonFactory(owner=alice)
        before = Person.objects.filter(id=person.id).values().get()
        assert alice_client.get(reverse(f"contacts:{name}", args=[person.id])).status_code == 405
        assert Person.objects.filter(id=person.id).values().get() == before

    def test_a_change_is_undone_by_its_owner_alone(self, alice, charlie_client):
        change = Change.objects.create(owner=alice, kind="people", before={"column": "reach", "rows": []})
        assert charlie_client.post(reverse("contacts:undo", args=[change.id])).status_code == 404
        change.refresh_from_db()
        assert change.undone_at is None

    def test_undo_leads_nowhere_else(self, alice, alice_client):
        change = Change.objects.create(owner=alice, kind="people", before={"column": "reach", "rows": []})
        address = reverse("contacts:undo", args=[change.id])
        for referer in ("https://evil.example/people/", "http://testserver//evil.example"):
            response = alice_client.post(address, headers={"Referer": referer})
            assert response.url == PEOPLE


class TestGo:
    def test_people_and_pages(self, alice, alice_client, charlie_client):
        PersonFactory(owner=alice, full_name="Petra Ode", organisation="Tinta")
        page = alice_client.get("/go/", {"q": "pe"}).content.decode()
        assert "Petra Ode" in page
        assert PEOPLE in page
        fragment = alice_client.get("/go/", {"q": "petra"}, headers={"HX-Request": "true"}).content.decode()
        assert fragment.startswith('<ul class="palette__list">')
        assert "Petra" not in charlie_client.get("/go/", {"q": "Tinta"}).content.decode()

    def test_no_text_lists_the_pages(self, alice_client):
        assert "Add a person" in alice_client.get("/go/").content.decode()


def test_an_admin_sees_counts_and_ids(alice, client):
    admin = UserFactory(email="admin@kith.test", is_staff=True, is_superuser=True)
    person = PersonFactory(owner=alice, full_name="Ana Secret", notes="Likes tea.")
    client.force_login(admin, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/admin/contacts/person/?{urlencode({'q': 'secret'})}").content.decode()
    assert str(person.id) in page
    assert "Ana" not in page
    assert client.get(f"/admin/contacts/person/{person.id}/change/").status_code in (302, 403)
    assert Interaction.objects.count() == 0
