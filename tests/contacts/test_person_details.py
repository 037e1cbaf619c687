"""What else stands on a card: needs and offers, kinds of tie, own fields, days, a photo, whom one met through them."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import Acquaintance, Change, Person, Photo
from contacts.queries import people as queries
from contacts.queries.people import Wanted
from contacts.services import people, photos, undo
from contacts.services.in_place import change_in_place
from tests.contacts.test_photos import picture
from tests.factories import NOW, AcquaintanceFactory, PersonFactory

pytestmark = pytest.mark.django_db

HANDLES = {"handles-TOTAL_FORMS": "0", "handles-INITIAL_FORMS": "0"}
CARD = {"full_name": "Ana Silva", "relation": "known", "reach": "0", **HANDLES}


def undo_last(client) -> None:
    change = Change.objects.latest("created_at")
    client.post(reverse("contacts:undo", args=[change.id]))


class TestInPlace:
    def test_needs_and_offers_and_back(self, alice, alice_client):
        ana = PersonFactory(owner=alice, needs=["a flat"])
        url = reverse("contacts:person_gives", args=[ana.id])
        page = alice_client.post(
            url, {"needs": "a flat\n\n A Studio \na studio", "offers": "bookbinding"}, follow=True
        ).content.decode()
        assert "bookbinding" in page
        ana.refresh_from_db()
        assert (ana.needs, ana.offers) == (["a flat", "A Studio"], ["bookbinding"])
        assert {"needs", "offers"} <= set(ana.typed_fields)
        found = queries.listing(member=alice, wanted=Wanted(q="bookb"), page=1, now=NOW)
        assert [person.id for person in found.people] == [ana.id]
        undo_last(alice_client)
        ana.refresh_from_db()
        assert (ana.needs, ana.offers) == (["a flat"], [])
        found = queries.listing(member=alice, wanted=Wanted(q="bookb"), page=1, now=NOW)
        assert not found.people

    def test_what_is_too_long_stays_typed(self, alice, alice_client):
        ana = PersonFactory(owner=alice)
        url = reverse("contacts:person_gives", args=[ana.id])
        refused = alice_client.post(url, {"needs": "x" * 201, "offers": "bookbinding"})
        assert refused.status_code == 422
        assert "x" * 201 in refused.content.decode()
        assert "at most 200" in refused.content.decode()
        ana.refresh_from_db()
        assert ana.offers == []

    def test_ties_several_and_in_own_words(self, alice, alice_client):
        ana = PersonFactory(owner=alice, tie_kinds=["godmother"])
        url = reverse("contacts:person_ties", args=[ana.id])
        alice_client.post(url, {"tie_kinds": ["friend", "godmother"], "tie_more": "Book Club, Friend"})
        ana.refresh_from_db()
        assert ana.tie_kinds == ["friend", "godmother", "Book Club"]
        page = alice_client.get(reverse("contacts:person", args=[ana.id])).content.decode()
        assert page.count('value="godmother" id="id_tie_kinds') == 1
        undo_last(alice_client)
        ana.refresh_from_db()
        assert ana.tie_kinds == ["godmother"]

    def test_undo_leaves_what_was_changed_since(self, alice):
        ana = PersonFactory(owner=alice)
        change = change_in_place(person=ana, fields={"needs": ["a"], "offers": ["b"]}, now=NOW)
        people.update_person(person=ana, fields={"needs": ["other"]}, now=NOW, typed=True)
        assert change
        assert undo.take_back(change=change, now=NOW)
        ana.refresh_from_db()
        assert (ana.needs, ana.offers) == (["other"], [])

    def test_nothing_new_is_no_change(self, alice, alice_client):
        ana = PersonFactory(owner=alice, needs=["a flat"])
        alice_client.post(reverse("contacts:person_gives", args=[ana.id]), {"needs": "a flat", "offers": ""})
        assert not Change.objects.exists()

    def test_only_lists_can_be_changed_so(self, alice):
        with pytest.raises(ValueError, match="Only lists"):
            change_in_place(person=PersonFactory(owner=alice), fields={"reach": 2}, now=NOW)


class TestCard:
    def test_own_fields_and_dates_are_typed_shown_searched_and_emptied(self, alice, alice_client):
        rows = {
            "own-TOTAL_FORMS": "2",
            "own-INITIAL_FORMS": "0",
            "own-0-label": "Shoe size",
            "own-0-value": "thirty-nine",
            "own-1-label": "Nothing",
            "dates-TOTAL_FORMS": "2",
            "dates-INITIAL_FORMS": "0",
            "dates-0-label": "Wedding",
            "dates-0-day": "29",
            "dates-0-month": "2",
            "dates-1-day": "3",
            "dates-1-month": "5",
            "dates-1-year": "1999",
        }
        more = {"needs": "a flat", "tie_kinds": ["friend"], "tie_more": "Chess"}
        response = alice_client.post(reverse("contacts:person_add"), {**CARD, **rows, **more}, follow=True)
        ana = Person.objects.get()
        assert ana.custom_fields == [{"label": "Shoe size", "value": "thirty-nine"}]
        assert ana.other_dates == [
            {"label": "Wedding", "year": None, "month": 2, "day": 29},
            {"label": "Anniversary", "year": 1999, "month": 5, "day": 3},
        ]
        assert (ana.needs, ana.tie_kinds) == (["a flat"], ["friend", "Chess"])
        page = response.content.decode()
        assert "29 February" in page
        assert "3 May 1999" in page
        assert "thirty-nine" in page
        found = queries.listing(member=alice, wanted=Wanted(q="thirty-nine"), page=1, now=NOW)
        assert found.count == 1
        edit = alice_client.get(reverse("contacts:person_edit", args=[ana.id])).content.decode()
        assert 'value="thirty-nine"' in edit
        assert 'value="1999"' in edit
        emptied = {**rows, "own-INITIAL_FORMS": "1", "own-0-value": "", "dates-0-day": "", "dates-0-month": ""}
        alice_client.post(reverse("contacts:person_edit", args=[ana.id]), {**CARD, **emptied})
        ana.refresh_from_db()
        assert ana.custom_fields == []
        assert [one["year"] for one in ana.other_dates] == [1999]

    def test_rows_that_are_not_sent_stay(self, alice, alice_client):
        ana = PersonFactory(owner=alice, custom_fields=[{"label": "a", "value": "b"}])
        alice_client.post(reverse("contacts:person_edit", args=[ana.id]), CARD)
        ana.refresh_from_db()
        assert (ana.full_name, ana.custom_fields) == ("Ana Silva", [{"label": "a", "value": "b"}])

    @pytest.mark.parametrize(
        "day", [{"dates-0-day": "31", "dates-0-month": "4"}, {"dates-0-day": "3"}, {"dates-0-year": "1999"}]
    )
    def test_a_day_that_does_not_exist_is_refused(self, alice_client, day):
        rows = {"dates-TOTAL_FORMS": "1", "dates-INITIAL_FORMS": "0", "dates-0-label": "Kept", **day}
        refused = alice_client.post(reverse("contacts:person_add"), {**CARD, **rows})
        assert refused.status_code == 422
        assert 'value="Kept"' in refused.content.decode()
        assert not Person.objects.exists()

    def test_a_quick_line_fills_everything(self, alice, alice_client):
        PersonFactory(owner=alice, full_name="Ben Berg", organisation="Tinta")
        line = "Ana Costa, editor at Lumen Press ana@lumen.pt, Lisbon, friend, needs a studio, via Ben Berg #photo"
        page = alice_client.post(reverse("contacts:person_quick"), {"line": line}).content.decode()
        for said in ("Ana Costa", "editor", "Lumen Press", "ana@lumen.pt", "Lisbon", "Ben Berg · Tinta"):
            assert f'value="{said}"' in page
        assert "a studio</textarea>" in page
        assert 'value="friend" id="id_tie_kinds_0" checked' in page

    def test_nobody_of_that_name_stays_as_words(self, alice_client):
        page = alice_client.post(reverse("contacts:person_quick"), {"line": "Ana, met in Porto, via Ben"}).content
        assert 'value="met in Porto, through Ben"' in page.decode()

    def test_whom_one_met_through_them(self, alice, alice_client):
        ana = PersonFactory(owner=alice, full_name="Ana")
        PersonFactory.create_batch(3, owner=alice, met_through=ana)
        PersonFactory(owner=alice, full_name="Gone", met_through=ana, deleted_at=NOW)
        page = alice_client.get(reverse("contacts:person", args=[ana.id])).content.decode()
        assert "Whom you met through them" in page
        assert "3 people" in page
        assert "Gone" not in page
        PersonFactory.create_batch(20, owner=alice, met_through=ana)
        page = alice_client.get(reverse("contacts:person", args=[ana.id])).content.decode()
        assert "All 23 of them" in page

    def test_several_kinds_of_tie_between_two_of_the_book(self, alice, alice_client):
        ana, ben = PersonFactory(owner=alice), PersonFactory(owner=alice)
        url = reverse("contacts:acquaintance_add", args=[ana.id, ben.id])
        alice_client.post(url, {"closeness": "some", "tie_kinds": ["colleague", "family"], "tie_more": "band"})
        assert Acquaintance.objects.get().tie_kinds == ["colleague", "family", "band"]
        page = alice_client.get(reverse("contacts:person", args=[ana.id])).content.decode()
        assert "fairly well, colleague, family, band" in page
        assert 'value="band" id="id_tie_kinds_8" checked' in alice_client.get(url).content.decode()
        row = Acquaintance.objects.get()
        alice_client.post(reverse("contacts:acquaintance_forget", args=[row.id]))
        undo_last(alice_client)
        assert Acquaintance.objects.get().tie_kinds == ["colleague", "family", "band"]

    def test_statements_do_not_grow(self, alice, alice_client):
        ana = PersonFactory(owner=alice)
        counts = []
        for count in (5, 45):
            for other in PersonFactory.create_batch(count, owner=alice, met_through=ana, photo_key="1f" * 16):
                AcquaintanceFactory(one=ana, other=other)
            with CaptureQueriesContext(connection) as captured:
                alice_client.get(reverse("contacts:person", args=[ana.id]))
            counts.append(len(captured))
        # Beyond the first twelve, how many there are is counted.
        assert counts[1] <= counts[0] + 1


class TestPhotoPages:
    def choose(self, client, person, data: bytes, name: str = "me.png"):
        url = reverse("contacts:photo_choose", args=[person.id])
        return client.post(url, {"photo": SimpleUploadedFile(name, data)}, follow=True)

    def test_chosen_shown_taken_off_and_back(self, alice, alice_client):
        ana = PersonFactory(owner=alice)
        page = self.choose(alice_client, ana, picture()).content.decode()
        photo = Photo.objects.get()
        url = reverse("contacts:photo", args=[ana.id, photo.key])
        assert f'src="{url}"' in page
        assert f'src="{url}"' in alice_client.get("/people/").content.decode()
        shown = alice_client.get(url)
        assert shown["Content-Type"] == "image/jpeg"
        assert shown["X-Content-Type-Options"] == "nosniff"
        assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert shown["Cache-Control"] == "private, max-age=31536000, immutable"
        assert shown.content[:3] == b"\xff\xd8\xff"
        alice_client.post(reverse("contacts:photo_remove", args=[ana.id]))
        assert alice_client.get(url).status_code == 404
        undo_last(alice_client)
        assert alice_client.get(url).status_code == 200

    @pytest.mark.parametrize(
        ("data", "said"),
        [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"), (b"", "empty"), (b"x" * 11_000_000, "10 MB")],
        ids=["svg", "empty", "large"],
    )
    def test_what_is_no_photo_is_refused_and_said(self, alice, alice_client, data, said):
        ana = PersonFactory(owner=alice)
        page = self.choose(alice_client, ana, data, "me.svg").content.decode()
        assert said in page
        assert not Photo.objects.exists()

    def test_a_photo_of_a_deleted_card_is_gone(self, alice, alice_client):
        ana = PersonFactory(owner=alice)
        photo = photos.store_photo(owner=alice, person=ana, data=picture(), now=NOW)
        assert photo
        people.delete_person(person=ana, now=NOW)
        assert alice_client.get(reverse("contacts:photo", args=[ana.id, photo.key])).status_code == 404

    def test_nobody_else_sees_it_nor_puts_one_there(self, alice, charlie, charlie_client):
        ana = PersonFactory(owner=alice, reach=2)
        photo = photos.store_photo(owner=alice, person=ana, data=picture(), now=NOW)
        assert photo
        assert charlie_client.get(reverse("contacts:photo", args=[ana.id, photo.key])).status_code == 404
        assert self.choose(charlie_client, ana, picture()).status_code == 404
