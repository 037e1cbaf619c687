"""Who fits a seat, why, and what the member's word on it is worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import Relation
from introductions.criteria import Card, Criteria, fit, phrase_of
from introductions.matching import rematch, rematch_if_small
from introductions.models import Objective, ObjectiveState, Seat, SeatMatch, Verdict
from introductions.services import matches
from netapp.accounts.models import User
from tests.factories import NOW, ObjectiveFactory, SeatFactory
from tests.networks import card, connect, member, verify


def fits(criteria: Criteria, **fields: object) -> bool:
    return fit(criteria, Card(**{"name": "Ana", **fields})) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("entry", "text", "is_met"),
    [
        ("editor", "Photo Editor", True),
        ("editor", "Editorial assistant", False),
        ("photo editor", "photo-editor, freelance", True),
        ("photo editor", "Editor of photo books", False),
        ("éditeur", "EDITEUR", True),
        ("BBC", "ABBC", False),
        ("BBC", "BBC Studios", True),
        ("Straße", "STRASSE", True),
        ("Søren & Co", "Soren Co", True),
        ("", "anything", False),
        ("!", "!", False),
    ],
)
def test_entries_are_whole_words_without_case_or_accents(entry, text, is_met):
    assert fits(Criteria(roles=[entry]), role=text) is is_met
    assert fits(Criteria(organisations=[entry]), organisation=text) is is_met
    assert fits(Criteria(places=[entry]), place=text) is is_met


def test_all_lists_must_be_met_and_one_entry_of_each_is_enough():
    criteria = Criteria(roles=["editor", "art director"], places=["Lisbon", "Porto"])
    assert fits(criteria, role="Art Director", place="Porto, Portugal")
    assert not fits(criteria, role="Art Director")
    assert not fits(criteria, role="Writer", place="Porto")


def test_a_seat_that_asks_for_nothing_fits_nobody():
    assert not fits(Criteria(), role="Photo editor")


def test_reasons_are_plain_words_and_a_closer_fit_scores_more():
    exact = fit(
        Criteria(roles=["photo editor"], words=["risograph"]),
        Card(name="Ana", role="Photo editor", notes=["prints risograph"]),
    )
    part = fit(
        Criteria(roles=["editor"], words=["risograph"]),
        Card(name="Ana", role="Photo editor", notes=["prints risograph"]),
    )
    assert exact is not None
    assert part is not None
    assert exact.reasons == ("by their role", "“risograph” in your notes")
    assert part.reasons[0] == "“editor” in their role"
    assert 0 < part.score < exact.score <= 1


def test_tags_and_organisations_and_places_say_why():
    found = fit(
        Criteria(organisations=["magnum"], places=["paris"], tags=["Fotografie"]),
        Card(name="Ana", organisation="Magnum Photos", place="Paris 11e", tags=["fotografie", "x"]),
    )
    assert found is not None
    assert found.reasons == ("“magnum” in their organisation", "in Paris 11e", "tagged fotografie")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_matched_without_an_error(entry, text):
    found = fit(Criteria(words=[entry]), Card(name=text, notes=[text]))
    assert (found is not None) == (bool(phrase_of(entry)) and phrase_of(entry) in phrase_of(text))


@pytest.fixture
def objective(alice: User) -> Objective:
    return ObjectiveFactory(owner=alice)


def people(seat: Seat) -> set[str]:
    return set(seat.matches.values_list("person__full_name", flat=True))


def again(alice: User) -> int:
    Seat.objects.update(is_stale=True)
    return rematch(member_id=alice.pk, now=NOW)


def test_own_people_known_and_wanted_are_matched_and_archived_ones_are_not(alice, objective):
    seat = SeatFactory(objective=objective)
    card(alice, "Ana", role="Photo editor")
    card(alice, "Ben", role="photo editor at large", relation=Relation.WANTED)
    card(alice, "Away", role="Photo editor", archived_at=NOW)
    card(alice, "Gone", role="Photo editor", deleted_at=NOW)
    card(alice, "Other", role="Editor")
    assert rematch(member_id=alice.pk, now=NOW) == 1
    assert people(seat) == {"Ana", "Ben"}
    seat.refresh_from_db()
    assert (seat.is_stale, seat.matched_at) == (False, NOW)


def test_matching_again_changes_nothing_and_follows_the_book(alice, objective):
    seat = SeatFactory(objective=objective)
    ana = card(alice, "Ana", role="Photo editor")
    rematch(member_id=alice.pk, now=NOW)
    before = list(SeatMatch.objects.values())
    again(alice)
    assert list(SeatMatch.objects.values()) == before
    ana.role = "Pilot"
    ana.save()
    again(alice)
    assert people(seat) == set()


def test_what_the_member_said_stays(alice, objective):
    seat = SeatFactory(objective=objective)
    ana, ben = card(alice, "Ana", role="Photo editor"), card(alice, "Ben", role="Photo editor")
    dora = card(alice, "Dora", role="Pilot")
    rematch(member_id=alice.pk, now=NOW)
    matches.dismiss(match=seat.matches.get(person=ana))
    matches.confirm(match=seat.matches.get(person=ben))
    by_hand = matches.put(seat=seat, person=dora)
    for person in (ana, ben):
        person.role = "Pilot"
        person.save()
    again(alice)
    assert dict(seat.matches.values_list("person__full_name", "verdict")) == {
        "Ana": Verdict.DISMISSED,
        "Ben": Verdict.CONFIRMED,
        "Dora": Verdict.CONFIRMED,
    }
    matches.take_off(match=by_hand)
    matches.reconsider(match=seat.matches.get(person=ana))
    matches.reconsider(match=seat.matches.get(person=ben))
    again(alice)
    assert people(seat) == set()


def test_closed_and_deleted_objectives_rest(alice, objective):
    SeatFactory(objective=objective)
    Objective.objects.update(state=ObjectiveState.REACHED)
    assert rematch(member_id=alice.pk, now=NOW) == 0
    Objective.objects.update(state=ObjectiveState.OPEN, deleted_at=NOW)
    assert rematch(member_id=alice.pk, now=NOW) == 0


def test_shared_cards_are_matched_by_name_role_and_organisation_only(alice, bob, objective):
    connect(alice, bob)
    seat = SeatFactory(objective=objective)
    by_notes = SeatFactory(objective=objective, roles=[], words=["lighthouse"])
    by_place = SeatFactory(objective=objective, roles=["photo editor"], places=["Lisbon"])
    card(bob, "Shared", role="Photo editor", place="Lisbon", notes="lighthouse", tags=["lighthouse"], reach=1)
    card(bob, "Private", role="Photo editor")
    rematch(member_id=alice.pk, now=NOW)
    assert people(seat) == {"Shared"}
    assert people(by_notes) == people(by_place) == set()


def test_one_human_comes_once_on_my_own_card_with_the_reason_and_its_source(alice, bob, objective):
    connect(alice, bob)
    dora = member("Dora")
    connect(alice, dora)
    seat = SeatFactory(objective=objective)
    card(alice, "Ben of mine", "ben@example.org", relation=Relation.WANTED)
    theirs = card(bob, "Ben of Bob's", "ben@example.org", role="Photo editor", reach=1)
    card(bob, "Eve", "eve@example.org", role="Photo editor", reach=1)
    card(dora, "Eve Again", "eve@example.org", role="Photo editor", reach=1)
    card(bob, "Alice herself", alice.email, role="Photo editor", reach=1)
    verify(alice)
    rematch(member_id=alice.pk, now=NOW)
    names = people(seat)
    assert "Ben of mine" in names
    assert "Ben of Bob's" not in names
    assert len(names & {"Eve", "Eve Again"}) == 1
    assert "Alice herself" not in names
    match = seat.matches.get(person__full_name="Ben of mine")
    assert (match.reasons, match.rests_on) == ([], theirs)


def test_a_stranger_and_a_far_member_share_nothing_with_me(alice, bob, charlie, objective):
    connect(alice, bob)
    connect(bob, charlie)
    seat = SeatFactory(objective=objective)
    card(charlie, "One step", role="Photo editor", reach=1)
    card(charlie, "Two steps", role="Photo editor", reach=2)
    card(member("Zoe"), "Nobody", role="Photo editor", reach=2)
    rematch(member_id=alice.pk, now=NOW)
    assert people(seat) == {"Two steps"}


def test_queries_do_not_grow_with_the_book_or_the_seats(alice, bob, objective, django_assert_max_num_queries):
    connect(alice, bob)

    def grow(many: int) -> None:
        SeatFactory(objective=objective, title=str(many))
        for number in range(many):
            card(alice, f"A{number}-{many}", role="Photo editor")
            card(bob, f"B{number}-{many}", f"b{number}-{many}@example.org", role="Photo editor", reach=1)

    grow(2)
    with django_assert_max_num_queries(16):
        again(alice)
    grow(12)
    grow(13)
    with django_assert_max_num_queries(16):
        again(alice)


def test_a_small_book_is_matched_while_the_page_waits(alice, objective, monkeypatch):
    seat = SeatFactory(objective=objective)
    card(alice, "Ana", role="Photo editor")
    monkeypatch.setattr("introductions.matching.SMALL", 0)
    assert rematch_if_small(member_id=alice.pk, now=NOW) is False
    monkeypatch.setattr("introductions.matching.SMALL", 1)
    assert rematch_if_small(member_id=alice.pk, now=NOW) is True
    assert people(seat) == {"Ana"}


def test_what_people_offer_is_looked_at_and_said():
    found = fit(Criteria(offers=["portfolio review"]), Card(name="Ana", offers=["A portfolio review", "tea"]))
    assert found is not None
    assert found.reasons == ("offers A portfolio review",)
    assert not fits(Criteria(offers=["portfolio review"]), offers=["reviews"])
    assert not fits(Criteria(offers=["portfolio review"]), notes=["portfolio review"])


@pytest.mark.parametrize(
    ("entry", "name", "is_named"),
    [
        ("Charlie Weber", "Charlie Weber", True),
        ("Charlie Weber", "Dr. Charlie M. Weber", True),
        ("weber charlie", "Charlie WEBER", True),
        ("Søren Ågård", "Soren Agard", True),
        ("Charlie Weber", "Charlie Weberman", False),
        ("Charlie Weber", "Charlie", False),
        ("Charlie", "Charlie", True),
        ("Charlie", "Charlie Weber", False),
        ("", "", False),
        ("?", "?", False),
    ],
)
def test_somebody_named_fits_by_name_alone(entry, name, is_named):
    assert (fit(Criteria(names=[entry]), Card(name=name)) is not None) is is_named
    assert (fit(Criteria(names=[entry], roles=["pilot"]), Card(name=name)) is not None) is is_named


def test_a_named_seat_finds_the_own_wanted_card_and_whom_a_connection_shares(alice, bob, objective):
    connect(alice, bob)
    seat = SeatFactory(objective=objective, roles=[], names=["Charlie Weber", "Dora Stern"])
    card(alice, "Charlie Weber", relation=Relation.WANTED)
    card(bob, "Dora Stern", reach=1)
    card(bob, "Dora Sternberg", reach=1)
    rematch(member_id=alice.pk, now=NOW)
    assert people(seat) == {"Charlie Weber", "Dora Stern"}
    assert {tuple(match.reasons) for match in seat.matches.all()} == {("you named them",)}


def test_what_others_people_offer_stays_theirs(alice, bob, objective):
    connect(alice, bob)
    seat = SeatFactory(objective=objective, roles=[], offers=["portfolio review"])
    card(alice, "Mine", offers=["portfolio review"])
    card(bob, "Theirs", offers=["portfolio review"], reach=1)
    rematch(member_id=alice.pk, now=NOW)
    assert people(seat) == {"Mine"}
