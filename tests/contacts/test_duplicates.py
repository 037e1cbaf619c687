"""Duplicates as a member meets them: proposed by a worker, looked at side by side, merged, told apart, taken back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from contacts.forms.merging import picks_in, seen_in
from contacts.handles import HandleKind
from contacts.models import (
    Change,
    Closeness,
    DuplicateLook,
    Import,
    Interaction,
    InteractionKind,
    Lookalike,
    Merge,
    Person,
    RowOutcome,
    ToldApart,
)
from contacts.services import acquaintances, interactions, people, undo
from contacts.services.duplicates import looking
from contacts.services.duplicates.looking import look, members_to_look_for
from contacts.services.duplicates.merging import ChangedSince, merge, merge_certain
from contacts.services.duplicates.telling import tell_apart
from contacts.services.handles import HandleInput
from contacts.tasks import look_for_duplicates, sweep_duplicates
from netapp.accounts.models import User
from tests.contacts import importing
from tests.factories import NOW, PersonFactory, UserFactory

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def person(owner: User, full_name: str, *emails: str, **values: Any) -> Person:
    """A card as an import makes it."""
    handles = [HandleInput(HandleKind.EMAIL, email) for email in emails]
    return people.add_person(
        owner=owner, fields={"full_name": full_name, **values}, handles=handles, now=NOW, typed=False
    )


def twins(owner: User, name: str = "Ana Ribeiro", email: str = "ana@tinta.test") -> tuple[Person, Person]:
    """Two cards of one human, beyond doubt."""
    return person(owner, name, email), person(owner, name, email)


def names(lookalike: Lookalike) -> set[str]:
    return {lookalike.a.full_name, lookalike.b.full_name}


# --- Looking


def test_a_worker_writes_down_who_looks_alike_and_why(alice, bob):
    person(alice, "Robert Miller", "rob@mail.test", organisation="Tinta")
    person(alice, "Bob Miller", "rob@mail.test", organisation="Acme")
    person(alice, "Charlie Cole")
    person(bob, "Bob Miller", "rob@mail.test")
    assert look(owner_id=alice.pk, now=LATER) == 1
    row = Lookalike.objects.get()
    assert row.owner == alice
    assert names(row) == {"Robert Miller", "Bob Miller"}
    assert row.reasons == ["the same address, rob@mail.test", "both are called Miller, and Bob is short for Robert"]
    assert row.doubts == ["their organisations differ"]
    assert row.is_certain


def test_looking_again_changes_nothing_and_follows_what_changed(alice):
    ana, twin = twins(alice)
    look(owner_id=alice.pk, now=LATER)
    (row,) = Lookalike.objects.all()
    look(owner_id=alice.pk, now=LATER + timedelta(minutes=1))
    assert Lookalike.objects.get() == row
    people.update_person(
        person=twin, fields={"full_name": "Zoe Quattlebaum"}, handles=[], now=LATER + timedelta(minutes=2), typed=True
    )
    look(owner_id=alice.pk, now=LATER + timedelta(minutes=3))
    assert not Lookalike.objects.exists()
    person_again = people.update_person(
        person=twin, fields={"full_name": "Ana Ribeiro"}, now=LATER + timedelta(minutes=9), typed=True
    )
    assert person_again.full_name == ana.full_name
    look(owner_id=alice.pk, now=LATER + timedelta(minutes=10))
    assert Lookalike.objects.get().reasons == ["the same name"]


def test_only_books_that_changed_are_looked_through_and_all_once_a_day(alice, bob):
    person(alice, "Ana")
    assert members_to_look_for(now=LATER) == sorted([alice.pk, bob.pk], key=lambda pk: (pk != alice.pk, pk))
    for owner in (alice, bob):
        look(owner_id=owner.pk, now=timezone.now())
    assert members_to_look_for(now=timezone.now()) == []
    people.add_person(owner=bob, fields={"full_name": "Ben"}, now=timezone.now(), typed=True)
    assert members_to_look_for(now=timezone.now()) == [bob.pk]
    assert set(members_to_look_for(now=timezone.now() + looking.FULLY_EACH)) == {alice.pk, bob.pk}


def test_an_import_at_work_is_waited_for(alice):
    twins(alice)
    one = Import.objects.create(owner=alice, state="running")
    assert alice.pk not in members_to_look_for(now=LATER)
    Import.objects.filter(id=one.id).update(state="done")
    assert alice.pk in members_to_look_for(now=LATER)


def test_deleted_cards_are_nobodys_lookalikes(alice, alice_client):
    _, twin = twins(alice)
    look(owner_id=alice.pk, now=LATER)
    people.delete_person(person=twin, now=LATER)
    assert "Nobody seems to be here twice" in alice_client.get(reverse("contacts:duplicates")).content.decode()
    look(owner_id=alice.pk, now=LATER + looking.FULLY_EACH * 2)
    assert not Lookalike.objects.exists()


def test_the_tasks_do_it(alice, settings):
    twins(alice)
    look_for_duplicates(alice.pk)
    assert Lookalike.objects.count() == 1
    sweep_duplicates()


# --- Told apart


def test_two_people_are_not_proposed_again_whatever_is_edited(alice):
    ana, twin = twins(alice)
    look(owner_id=alice.pk, now=LATER)
    tell_apart(one=twin, other=ana)
    assert not Lookalike.objects.exists()
    people.update_person(person=ana, fields={"organisation": "Tinta"}, now=LATER, typed=True)
    look(owner_id=alice.pk, now=LATER + timedelta(days=2))
    assert not Lookalike.objects.exists()
    assert tell_apart(one=ana, other=twin) == ToldApart.objects.get(), "said twice, noted once"


@pytest.mark.parametrize("emails", [["ana@tinta.test"], []])
def test_two_people_are_known_again_after_a_card_went_for_good_and_was_imported_anew(alice, emails):
    ana, twin = person(alice, "Ana Ribeiro", *emails), person(alice, "Ana Ribeiro", *emails)
    tell_apart(one=ana, other=twin)
    twin.delete()
    again = person(alice, "Ana Ribeiro", *emails)
    look(owner_id=alice.pk, now=LATER)
    assert not Lookalike.objects.exists()
    assert ToldApart.objects.filter(a__in=[ana, again], b__in=[ana, again]).exists()


def test_nothing_can_be_read_out_of_what_is_remembered(alice):
    told = tell_apart(one=person(alice, "Ana", "ana@tinta.test"), other=person(alice, "Ben"))
    assert not re.search("ana|tinta|ben", " ".join([*told.a_marks, *told.b_marks]), re.IGNORECASE)
    assert all(re.fullmatch("[0-9a-f]{64}", mark) for mark in (*told.a_marks, *told.b_marks))


# --- An import after a merge


@pytest.mark.parametrize(
    "lines", [["EMAIL:bob@tinta.test"], ["EMAIL:bob@tinta.test", "UID:b"], ["UID:b"], ["ORG:Tinta"]]
)
def test_the_same_file_after_a_merge_brings_nobody_back(alice, lines):
    """Without a memory of merged names, every export of the other book would multiply the cards."""
    files = importing.card("Robert Miller", "EMAIL:robert@mail.test"), importing.card("Bob Miller", *lines)
    for file in files:
        importing.run(alice, file)
    robert, bob = Person.objects.order_by("-full_name")
    merge(owner_id=alice.pk, survivor_id=robert.id, gone_id=bob.id, now=LATER)
    for round in range(3):
        for file in files:
            done = importing.run(alice, file, now=LATER + timedelta(days=round + 1))
            assert RowOutcome.NEW not in done.counts, done.rows.get().reason
            assert RowOutcome.SKIPPED not in done.counts, done.rows.get().reason
    live = Person.objects.get(deleted_at=None)
    assert live.full_name == "Robert Miller"
    assert live.handles.count() == 1 + lines[0].startswith("EMAIL")


def test_an_undone_import_does_not_take_the_merged_card_along(alice):
    first = importing.run(alice, importing.card("Robert Miller", "EMAIL:robert@mail.test"))
    second = importing.run(alice, importing.card("Bob Miller", "EMAIL:bob@mail.test"))
    robert, bob = Person.objects.order_by("-full_name")
    merge(owner_id=alice.pk, survivor_id=robert.id, gone_id=bob.id, now=LATER)
    for one in (second, first):
        importing.undo(one, now=LATER + timedelta(hours=1))
    assert Person.objects.filter(deleted_at=None).exists(), "a card on which the member has worked stays"


# --- What still holds the id of a card that was merged away


def test_the_address_of_a_merged_card_leads_on(alice, alice_client, charlie_client):
    ana, twin = twins(alice)
    merge(owner_id=alice.pk, survivor_id=ana.id, gone_id=twin.id, now=LATER)
    page = reverse("contacts:person", args=[twin.id])
    assert alice_client.get(page)["Location"] == reverse("contacts:person", args=[ana.id])
    assert charlie_client.get(page).status_code == 404
    assert alice_client.post(reverse("contacts:person_restore", args=[twin.id])).status_code == 404
    assert alice_client.post(reverse("contacts:person_edit", args=[twin.id])).status_code == 404


def test_undoing_an_older_change_finds_the_card_where_it_is(alice):
    ana, twin = twins(alice)
    ben = person(alice, "Ben")
    contact = interactions.log_contact(person=twin, kind=InteractionKind.MET, happened_at=NOW, now=NOW)
    removed = interactions.remove_contact(interaction=Interaction.objects.get(id=contact.id), now=NOW)
    known = acquaintances.record_acquaintance(owner=alice, one=twin, other=ben, closeness=Closeness.SOME, now=NOW)
    forgotten = acquaintances.forget_acquaintance(acquaintance=known, now=NOW)
    merge(owner_id=alice.pk, survivor_id=ana.id, gone_id=twin.id, now=LATER)
    for change in (removed, forgotten):
        assert undo.take_back(change=Change.objects.get(id=change.id), now=LATER)
    assert Interaction.objects.get().person_id == ana.id
    known = type(known).objects.get()
    assert (known.a_id, known.b_id) == tuple(sorted((ana.id, ben.id)))


# --- Many at once


def test_the_certain_ones_are_merged_together_and_undone_together(alice):
    made = [person(alice, "Ana Ribeiro", "ana@tinta.test") for _ in range(3)]
    made += twins(alice, "Ben Okri", "ben@mail.test")
    person(alice, "Bob Ribeiro", "ana@tinta.test")
    look(owner_id=alice.pk, now=LATER)
    ids = list(Lookalike.objects.values_list("id", flat=True))
    done, left_out = merge_certain(owner_id=alice.pk, lookalike_ids=ids, now=LATER)
    assert (len(done), left_out) == (3, 0)
    assert sorted(Person.objects.filter(deleted_at=None).values_list("full_name", flat=True)) == [
        "Ana Ribeiro",
        "Ben Okri",
        "Bob Ribeiro",
    ]
    assert len({row.together for row in done}) == 1
    assert {made[0].id, made[3].id} < set(Person.objects.filter(deleted_at=None).values_list("id", flat=True))


def test_what_is_not_certain_or_not_ones_own_is_never_merged_together(alice, bob):
    pair = [person(alice, "Zephyrine Quattlebaum"), person(alice, "Zephyrine Quattlebaum")]
    his = twins(bob)
    for owner in (alice, bob):
        look(owner_id=owner.pk, now=LATER)
    ids = list(Lookalike.objects.values_list("id", flat=True))
    assert len(ids) == 2
    assert merge_certain(owner_id=alice.pk, lookalike_ids=ids, now=LATER) == ([], 0)
    assert Person.objects.filter(deleted_at=None).count() == len(pair) + len(his)


def test_what_was_changed_since_it_was_looked_at_is_looked_at_again(alice):
    ana, twin = twins(alice)
    seen = (ana.updated_at, twin.updated_at)
    people.update_person(person=twin, fields={"role": "Editor"}, now=LATER, typed=True)
    with pytest.raises(ChangedSince):
        merge(owner_id=alice.pk, survivor_id=ana.id, gone_id=twin.id, seen_at=seen, now=LATER)


# --- Pages


@pytest.fixture
def pair(alice) -> tuple[Person, Person]:
    """Two cards that differ a little, proposed."""
    ana = person(alice, "Ana Ribeiro", "ana@tinta.test", organisation="Tinta", tags=["photo"])
    twin = person(alice, "Ana Ribeiro", "ana@tinta.test", "ana@acme.test", organisation="Acme", place="Porto")
    look(owner_id=alice.pk, now=LATER)
    return ana, twin


def seen(*cards: Person) -> str:
    return "|".join(card.updated_at.isoformat() for card in cards)


def body(response: Any) -> str:
    text: str = response.content.decode()
    return text


def test_the_page_shows_both_side_by_side_and_says_why(alice_client, pair):
    page = body(alice_client.get(reverse("contacts:duplicates")))
    assert "The same address, ana@tinta.test; the same name." in page
    assert "But their organisations differ." in page
    for text in ("Tinta", "Acme", "Porto", "ana@acme.test", "Not the same", "Merge into one card"):
        assert text in page
    assert page.count('name="pick_organisation"') == 2
    assert body(alice_client.get(reverse("contacts:people"))).count("1 pair of cards may be one person") == 1


def test_an_empty_page_says_so_kindly(alice_client):
    assert "Nobody seems to be here twice" in body(alice_client.get(reverse("contacts:duplicates")))
    assert "None that is beyond doubt" in body(alice_client.get(reverse("contacts:duplicates_certain")))
    assert "may be one person" not in body(alice_client.get(reverse("contacts:people")))


def test_merging_from_the_page_and_undoing_it(alice_client, pair):
    ana, twin = pair
    url = reverse("contacts:merge", args=[ana.id, twin.id])
    data = {"pick_organisation": "other", "seen": seen(ana, twin), "next": reverse("contacts:duplicates")}
    answer = alice_client.post(url, data)
    assert answer["Location"] == reverse("contacts:duplicates")
    ana.refresh_from_db()
    assert (ana.organisation, ana.place) == ("Acme", "Porto")
    page = body(alice_client.get(reverse("contacts:duplicates")))
    assert "Merged lately" in page
    assert "Nobody seems to be here twice" in page
    merged = Merge.objects.get()
    assert reverse("contacts:merge_undo", args=[merged.id]) in page
    page = body(alice_client.post(reverse("contacts:merge_undo", args=[merged.id]), follow=True))
    assert "Ana Ribeiro and Ana Ribeiro are two cards again." in page
    page = body(alice_client.post(reverse("contacts:merge_undo", args=[merged.id]), follow=True))
    assert "They are two cards already." in page


def test_the_order_in_the_address_does_not_matter(alice_client, pair):
    ana, twin = pair
    page = body(alice_client.get(reverse("contacts:merge", args=[twin.id, ana.id])))
    assert page.index("Tinta") < page.index("Acme")
    alice_client.post(reverse("contacts:merge", args=[twin.id, ana.id]), {"pick_organisation": "one"})
    ana.refresh_from_db()
    assert ana.organisation == "Tinta"
    assert ana.deleted_at is None


def test_the_second_click_says_what_happened(alice_client, pair):
    url = reverse("contacts:merge", args=[card.id for card in pair])
    for _ in range(2):
        answer = alice_client.post(url, follow=True)
        assert answer.status_code == 200
    assert "They are one card already." in body(answer)
    assert Merge.objects.count() == 1


def test_a_card_changed_meanwhile_is_shown_again_with_what_was_picked(alice_client, pair):
    ana, twin = pair
    mark = seen(ana, twin)
    people.update_person(person=ana, fields={"role": "Editor"}, now=LATER, typed=True)
    data = {"pick_organisation": "other", "seen": mark}
    answer = alice_client.post(reverse("contacts:merge", args=[ana.id, twin.id]), data)
    assert answer.status_code == 422
    page = body(answer)
    assert "was changed meanwhile" in page
    assert re.search(r'name="pick_organisation" value="other" checked', page)
    assert Person.objects.filter(deleted_at=None).count() == 2


def test_with_htmx_the_pair_gives_way_to_what_was_done(alice_client, pair):
    ana, twin = pair
    htmx = {"HX-Request": "true"}
    answer = alice_client.post(reverse("contacts:merge", args=[ana.id, twin.id]), headers=htmx)
    assert "are one card now" in body(answer)
    assert "<html" not in body(answer)
    answer = alice_client.post(reverse("contacts:merge", args=[ana.id, twin.id]), headers=htmx)
    assert answer["HX-Redirect"] == reverse("contacts:person", args=[ana.id])


def test_not_the_same_from_the_page_and_back(alice_client, pair):
    ana, twin = pair
    url = reverse("contacts:not_the_same", args=[ana.id, twin.id])
    assert "stay two people" in body(alice_client.post(url, headers={"HX-Request": "true"}))
    page = body(alice_client.post(url, follow=True))
    assert "Two people, by your word (1)" in page
    told = ToldApart.objects.get()
    alice_client.post(reverse("contacts:apart_take_back", args=[told.id]))
    look(owner_id=told.owner_id, now=LATER + timedelta(minutes=1))
    assert Lookalike.objects.count() == 1


def test_any_two_cards_can_be_merged_from_a_persons_page(alice, alice_client):
    ana, ben = person(alice, "Ana Ribeiro"), person(alice, "Ben Okri")
    assert reverse("contacts:merge_find", args=[ana.id]) in body(
        alice_client.get(reverse("contacts:person", args=[ana.id]))
    )
    page = body(alice_client.get(reverse("contacts:merge_find", args=[ana.id]), {"q": "ben"}))
    assert reverse("contacts:merge", args=[ana.id, ben.id]) in page
    page = body(alice_client.get(reverse("contacts:merge", args=[ana.id, ben.id])))
    assert 'name="pick_full_name"' in page
    alice_client.post(reverse("contacts:merge", args=[ana.id, ben.id]), {"pick_full_name": "other"})
    assert Person.objects.get(deleted_at=None).full_name == "Ben Okri"
    assert alice_client.get(reverse("contacts:merge", args=[ana.id, ana.id])).status_code == 404


def test_the_certain_ones_are_shown_then_merged_then_undone(alice, alice_client, pair):
    twins(alice, "Ben Okri", "ben@mail.test")
    look(owner_id=alice.pk, now=LATER + timedelta(days=1))
    assert "Look at the 2 certain ones" in body(alice_client.get(reverse("contacts:duplicates")))
    page = body(alice_client.get(reverse("contacts:duplicates_certain")))
    ids = re.findall(r'name="pairs" value="([^"]+)" checked', page)
    assert len(ids) == 2
    page = body(alice_client.post(reverse("contacts:duplicates_certain"), {"pairs": ids}, follow=True))
    assert "2 pairs are one card each now." in page
    together = Merge.objects.values_list("together", flat=True)[0]
    assert together is not None
    page = body(alice_client.post(reverse("contacts:merges_undo", args=[together]), follow=True))
    assert "2 pairs are taken apart again." in page
    assert Person.objects.filter(deleted_at=None).count() == 4
    page = body(alice_client.post(reverse("contacts:merges_undo", args=[together]), follow=True))
    assert "taken apart already" in page
    assert "Nothing was ticked" in body(alice_client.post(reverse("contacts:duplicates_certain"), follow=True))


def test_looking_changes_nothing(alice, alice_client, pair):
    for url in (
        reverse("contacts:duplicates"),
        reverse("contacts:duplicates_certain"),
        reverse("contacts:merge_find", args=[pair[0].id]),
        reverse("contacts:merge", args=[card.id for card in pair]),
    ):
        assert alice_client.get(url).status_code == 200
        assert alice_client.head(url).status_code == 200
    for name in ("not_the_same",):
        assert alice_client.get(reverse(f"contacts:{name}", args=[card.id for card in pair])).status_code == 405
    assert Person.objects.filter(deleted_at=None).count() == 2
    assert not Merge.objects.exists()


def test_somebody_elses_card_is_nobodys_twin(alice, alice_client, charlie):
    mine, theirs = person(alice, "Ana"), person(charlie, "Ana")
    for name in ("merge", "not_the_same"):
        for args in ([mine.id, theirs.id], [theirs.id, mine.id]):
            assert alice_client.post(reverse(f"contacts:{name}", args=args)).status_code == 404
    assert not Merge.objects.exists()


def test_queries_do_not_grow_with_the_pairs(alice, alice_client, django_assert_max_num_queries):
    def ask(url: str) -> int:
        with django_assert_max_num_queries(40) as asked:
            assert alice_client.get(url).status_code == 200
        return len(asked)

    counts = []
    for size in (5, 50):
        for number in range(size):
            ana, twin = twins(alice, f"Ana{size} Number{number}", f"ana{size}.{number}@mail.test")
            Lookalike.objects.create(
                owner=alice,
                a=min(ana, twin, key=lambda card: card.id),
                b=max(ana, twin, key=lambda card: card.id),
                score=0.9,
                is_certain=True,
            )
            one, other = PersonFactory(owner=alice), PersonFactory(owner=alice, deleted_at=NOW)
            Merge.objects.create(owner=alice, survivor=one, gone=other, journal={}, merged_at=NOW)
            tell_apart(one=ana, other=one)
        counts.append([ask(reverse(f"contacts:{name}")) for name in ("duplicates", "duplicates_certain", "people")])
    assert counts[0] == counts[1]


def test_a_merge_costs_the_same_whatever_hangs_on_the_cards(alice, django_assert_max_num_queries):
    counts = []
    for size in (5, 50):
        pair = twins(alice, f"Ana{size}", f"a{size}@x.test")
        for card in pair:
            for number in range(size):
                Interaction.objects.create(owner=alice, person=card, happened_at=NOW, source_key=f"{card.id}{number}")
                HandleInput(HandleKind.EMAIL, f"{card.id}{number}@x.test")
        with django_assert_max_num_queries(200) as asked:
            merge(owner_id=alice.pk, survivor_id=pair[0].id, gone_id=pair[1].id, now=LATER)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=20)), st.text(max_size=40))
def test_whatever_a_form_sends_is_read(data, mark):
    picks_in({**data, "pick_organisation": mark})
    assert seen_in({"seen": mark}) is None or "|" in mark


def test_the_book_of_a_new_member_is_looked_through_once(client: Client):
    member = UserFactory()
    assert member.pk in members_to_look_for(now=LATER)
    look(owner_id=member.pk, now=LATER)
    assert DuplicateLook.objects.get(owner=member).looked_fully_at == LATER
