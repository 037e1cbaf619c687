"""Whom they know: one row a pair, seen from both sides, by its owner alone."""

from datetime import date
from uuid import uuid4

import pytest
from django.urls import reverse

from contacts.models import Acquaintance, AcquaintanceSource, Change, Closeness
from contacts.queries.person import known_to
from contacts.services import acquaintances, undo
from contacts.services.acquaintances import NotTwoPeople
from tests.factories import NOW, AcquaintanceFactory, PersonFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(alice):
    return PersonFactory(owner=alice, full_name="Ana Silva"), PersonFactory(owner=alice, full_name="Ben Ode")


def record(owner, one, other, *, closeness=Closeness.SOME, **more) -> Acquaintance:
    return acquaintances.record_acquaintance(
        owner=owner, one=one, other=other, closeness=closeness, now=NOW, **{"evidence": "Same studio", **more}
    )


def test_either_way_round_is_one_row(alice, pair):
    one, other = pair
    first = record(alice, one, other)
    second = record(
        alice, other, one, closeness=Closeness.STRONG, evidence="Ana said so", evidence_date=date(2026, 5, 3)
    )
    assert first.id == second.id
    assert Acquaintance.objects.count() == 1
    for person, seen in ((one, other), (other, one)):
        [known] = known_to(person)
        assert known.person == seen
        assert (known.words, known.evidence, known.evidence_date) == ("very well", "Ana said so", date(2026, 5, 3))


def test_only_two_people_of_one_book(alice, bob, pair):
    theirs = PersonFactory(owner=bob)
    for one, other in ((pair[0], pair[0]), (pair[0], theirs), (theirs, PersonFactory(owner=bob))):
        with pytest.raises(NotTwoPeople):
            record(alice, one, other)
    assert not Acquaintance.objects.exists()


def test_what_was_said_outweighs_what_was_seen(alice, pair):
    record(alice, *pair, evidence="Three meetings", source=AcquaintanceSource.INFERRED)
    assert known_to(pair[0])[0].is_inferred
    record(alice, *pair, closeness=Closeness.NONE, evidence="They fell out")
    record(alice, *pair, evidence="Four meetings", source=AcquaintanceSource.INFERRED)
    [known] = known_to(pair[0])
    assert (known.closeness, known.evidence, known.is_inferred) == (Closeness.NONE, "They fell out", False)


def test_forgotten_and_back(alice, pair):
    change = acquaintances.forget_acquaintance(acquaintance=record(alice, *pair), now=NOW)
    assert known_to(pair[0]) == []
    assert undo.take_back(change=change, now=NOW)
    assert known_to(pair[0])[0].evidence == "Same studio"
    assert not undo.take_back(change=change, now=NOW)


def test_a_deleted_person_is_known_to_nobody(alice, pair):
    record(alice, *pair)
    pair[1].deleted_at = NOW
    pair[1].save()
    assert known_to(pair[0]) == []


class TestPages:
    def test_found_by_instant_search_and_noted(self, alice, alice_client, pair):
        one, other = pair
        address = reverse("contacts:acquaintance_find", args=[one.id])
        fragment = alice_client.get(address, {"q": "ben"}, headers={"HX-Request": "true"}).content.decode()
        form = reverse("contacts:acquaintance_add", args=[one.id, other.id])
        assert form in fragment
        assert "<html" not in fragment
        assert form in alice_client.get(address, {"q": "ben"}).content.decode()
        assert (
            "Ana Silva</a>"
            not in alice_client.get(address, {"q": "ana"}, headers={"HX-Request": "true"}).content.decode()
        )
        sent = {"closeness": "strong", "evidence": "They shared a studio", "evidence_date": "2020-02-03"}
        assert alice_client.post(form, sent).url == reverse("contacts:person", args=[one.id])
        for person in pair:
            page = alice_client.get(reverse("contacts:person", args=[person.id])).content.decode()
            assert "They shared a studio" in page
            assert "3 February 2020" in page
            assert "very well" in page

    def test_the_answer_says_what_was_noted(self, alice_client, pair):
        form = reverse("contacts:acquaintance_add", args=[pair[0].id, pair[1].id])
        page = alice_client.post(form, {"closeness": "none"}, follow=True).content.decode()
        assert "do not know each other well enough." in page
        assert "know each other." in alice_client.post(form, {"closeness": "unknown"}, follow=True).content.decode()

    def test_an_inferred_one_is_marked(self, alice, alice_client, pair):
        record(alice, *pair, evidence="14 mails together", source=AcquaintanceSource.INFERRED)
        page = alice_client.get(reverse("contacts:person", args=[pair[0].id])).content.decode()
        assert "seen together, not said" in page

    def test_what_was_typed_stays_when_refused(self, alice_client, pair):
        form = reverse("contacts:acquaintance_add", args=[pair[0].id, pair[1].id])
        response = alice_client.post(
            form, {"closeness": "strong", "evidence": "A story", "evidence_date": "2999-01-01"}
        )
        assert response.status_code == 422
        assert "A story" in response.content.decode()
        assert not Acquaintance.objects.exists()

    def test_forgetting_offers_undo(self, alice, alice_client, pair):
        row = record(alice, *pair)
        back = reverse("contacts:person", args=[pair[1].id])
        address = reverse("contacts:acquaintance_forget", args=[row.id])
        page = alice_client.post(address, {"next": back}, follow=True).content.decode()
        undo_address = reverse("contacts:undo", args=[Change.objects.get().id])
        assert undo_address in page
        assert alice_client.post(undo_address, headers={"Referer": f"http://testserver{back}"}).url == back
        assert Acquaintance.objects.exists()

    def test_strangers(self, alice, bob, charlie, charlie_client, pair):
        row = AcquaintanceFactory(one=pair[0], other=pair[1])
        mine, other = PersonFactory(owner=charlie), PersonFactory(owner=charlie)
        for one, two in ((pair[0], pair[1]), (mine, pair[0]), (pair[0], mine), (mine, mine)):
            address = reverse("contacts:acquaintance_add", args=[one.id, two.id])
            assert charlie_client.get(address).status_code == 404
            assert charlie_client.post(address, {"closeness": "strong"}).status_code == 404
        assert charlie_client.get(reverse("contacts:acquaintance_add", args=[mine.id, other.id])).status_code == 200
        forget = [reverse("contacts:acquaintance_forget", args=[row_id]) for row_id in (row.id, uuid4())]
        assert [charlie_client.post(address).status_code for address in forget] == [404, 404]
        assert Acquaintance.objects.count() == 1
        found = charlie_client.get(reverse("contacts:acquaintance_find", args=[mine.id]), {"q": "ana silva"})
        assert "Ana Silva" not in found.content.decode()
