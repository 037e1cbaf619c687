"""Objectives from a blank page to what came of them, and where each seat stands."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from contacts.models import Closeness, Connection, ConnectionState, Person, Relation
from introductions.assessment import Assessment, Place, assess
from introductions.matching import rematch
from introductions.models import Objective, ObjectiveState, Seat, SeatMatch, SeatState, Verdict
from introductions.routes import refresh_routes, want_routes
from introductions.services import objectives as services
from introductions.services import searches
from introductions.starters import STARTERS
from netapp.accounts.models import User
from tests.factories import (
    NOW,
    AcquaintanceFactory,
    IntroductionFactory,
    ObjectiveFactory,
    SeatFactory,
    SeatMatchFactory,
    UserFactory,
)
from tests.networks import card, connect, verify

BLANK = {"why": "", "target_date": "", "review_date": ""}


def form_of(**more: str) -> dict[str, str]:
    return {"title": "Publish my book", **BLANK, "seats": "0", **more}


def standing_of(owner: User, objective: Objective) -> Assessment:
    return assess(member=owner, objectives=[objective], now=NOW)[0]


def test_written_in_one_form_and_people_are_on_their_seats_at_once(alice, alice_client: Client):
    card(alice, "Ana", role="Photo editor")
    sent = form_of(
        **{"seats": "2", "seat-0-title": "Photo editor", "seat-0-roles": "photo editor, Photo Editor; picture editor"},
        target_date="2027-03-01",
    )
    answer = alice_client.post(reverse("introductions:objective_add"), sent, follow=True)
    page = answer.content.decode()
    seat = Seat.objects.get()
    assert seat.roles == ["photo editor", "picture editor"]
    assert "Publish my book" in page
    assert "1 March 2027" in page
    assert "Ana" in page
    assert seat.matches.get().reasons == ["by their role"]


def test_rows_come_go_and_move_without_script_and_keep_what_was_typed(alice, alice_client):
    url = reverse("introductions:objective_add")
    typed = form_of(**{"seats": "2", "seat-0-title": "One", "seat-1-title": "Two", "seat-1-places": "Lisbon"})

    def titles(change: str) -> list[str]:
        page = alice_client.post(url, {**typed, "change": change}).content.decode()
        assert 'value="Publish my book"' in page
        return re.findall(r'name="seat-\d-title"(?: value="(\w*)")?', page)

    assert titles("add") == ["One", "Two", ""]
    assert titles("remove-0") == ["Two"]
    assert titles("down-0") == titles("up-1") == ["Two", "One"]
    assert titles("up-0") == titles("down-1") == titles("remove-9") == titles("nonsense") == ["One", "Two"]
    assert not Objective.objects.exists()
    fragment = alice_client.post(url, {**typed, "change": "add"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(alice, alice_client):
    sent = form_of(**{"seats": "1", "seat-0-roles": "editor"}, title=" ", why="Because")
    answer = alice_client.post(reverse("introductions:objective_add"), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Because" in page
    assert "whom this seat is for" in page
    assert 'value="editor"' in page


@pytest.mark.parametrize("starter", STARTERS, ids=lambda starter: starter.slug)
def test_each_starter_proposes_seats_that_can_be_saved(starter, alice, alice_client):
    page = alice_client.get(reverse("introductions:objective_add"), {"starter": starter.slug}).content.decode()
    for seat in starter.seats:
        assert seat.title in page
    fields = dict(re.findall(r'name="(seat-\d-\w+)" value="([^"]*)"', page))
    answer = alice_client.post(
        reverse("introductions:objective_add"), form_of(**{"seats": str(len(starter.seats)), **fields})
    )
    assert answer.status_code == 302
    assert Seat.objects.count() == len(starter.seats)


def test_editing_keeps_seats_and_rematches_only_what_changed(alice, alice_client):
    objective = ObjectiveFactory(owner=alice)
    one = SeatFactory(objective=objective, title="One", position=0, is_stale=False)
    two = SeatFactory(objective=objective, title="Two", position=1, is_stale=False)
    gone = SeatFactory(objective=objective, title="Gone", position=2)
    saved = services.write_objective(
        owner=alice,
        objective=objective,
        title="New",
        why="",
        target_date=None,
        review_date=None,
        now=NOW,
        seats=[
            services.SeatInput(id=two.id, title="Two again", roles=["photo editor"]),
            services.SeatInput(id=one.id, title="One", roles=["agent"]),
            services.SeatInput(title="Three"),
        ],
    )
    seats = list(saved.seats.all())
    assert [seat.title for seat in seats] == ["Two again", "One", "Three"]
    assert [seat.is_stale for seat in seats] == [False, True, True]
    assert not Seat.objects.filter(id=gone.id).exists()


def test_a_foreign_seat_id_in_the_form_makes_a_new_seat(alice, charlie, alice_client):
    theirs = SeatFactory(objective=ObjectiveFactory(owner=charlie), title="Charlie's")
    sent = form_of(**{"seats": "1", "seat-0-id": str(theirs.id), "seat-0-title": "Mine now"})
    alice_client.post(reverse("introductions:objective_add"), sent)
    theirs.refresh_from_db()
    assert (theirs.title, theirs.owner) == ("Charlie's", charlie)
    assert Seat.objects.get(owner=alice).title == "Mine now"


def test_closed_reopened_deleted_and_restored(alice, alice_client):
    objective = ObjectiveFactory(owner=alice)
    SeatFactory(objective=objective, is_stale=False)

    def post(name: str, **data: str) -> Objective:
        assert alice_client.post(reverse(f"introductions:{name}", args=[objective.id]), data).status_code == 302
        objective.refresh_from_db()
        return objective

    assert post("objective_close", state="reached", outcome="Tinta prints it").state == ObjectiveState.REACHED
    assert "Tinta prints it" in alice_client.get(reverse("introductions:objectives")).content.decode()
    assert post("objective_reopen").state == ObjectiveState.OPEN
    assert post("objective_delete").deleted_at is not None
    assert alice_client.get(reverse("introductions:objective", args=[objective.id])).status_code == 404
    assert objective.title not in re.sub(
        "“.*”", "", alice_client.get(reverse("introductions:objectives")).content.decode()
    )
    assert post("objective_restore").deleted_at is None
    services.delete_objective(objective=objective, now=NOW)
    assert services.purge_objectives(now=NOW) == 0
    services.purge_objectives(now=NOW + services.KEPT_AFTER_DELETION * 2)
    assert not Objective.objects.exists()


@pytest.fixture
def book(alice: User, bob: User) -> Objective:
    """A seat with one held, one over Bob, one over Ana, one over nobody; a second seat over Bob alone."""
    verify(alice)
    verify(bob)
    connect(alice, bob)
    objective = ObjectiveFactory(owner=alice)
    editor = SeatFactory(objective=objective, title="Editor", roles=["editor"], position=0)
    SeatFactory(objective=objective, title="Agent", roles=["agent"], position=1)
    SeatFactory(objective=objective, title="Printer", roles=["printer"], position=2)
    card(alice, "Bob", bob.email, strength=0.8)
    ana = card(alice, "Ana", "ana@example.org", strength=0.5)
    ben = card(alice, "Ben", role="Agent", relation=Relation.WANTED)
    card(alice, "Lone", role="Agent", relation=Relation.WANTED)
    card(bob, "Paula", "paula@example.org", role="Printer", strength=0.8, reach=1)
    card(alice, "Held", role="Editor", strength=0.7)
    AcquaintanceFactory(one=ana, other=ben, closeness=Closeness.SOME)
    assert editor.title == "Editor"
    rematch(member_id=alice.pk, now=NOW)
    for match in SeatMatch.objects.select_related("person").exclude(person__full_name="Held"):
        want_routes(owner=alice, target=match.person, now=NOW)
    refresh_routes(member_id=alice.pk, now=NOW)
    return objective


def test_each_person_stands_in_the_column_of_their_distance(alice, book):
    editor, agent, printer = standing_of(alice, book).seats
    assert [(fit.name, fit.place) for fit in editor.fits] == [("Held", Place.HELD)]
    assert [(fit.name, fit.place) for fit in agent.fits] == [("Ben", Place.ONE), ("Lone", Place.OUT)]
    assert [(fit.name, fit.place, fit.shared_by) for fit in printer.fits] == [("Paula", Place.ONE, "Bob Brook")]
    assert editor.chance is None
    assert agent.fits[0].route is not None
    assert agent.chance == pytest.approx(agent.fits[0].route.chance)


def test_the_next_thing_is_the_likeliest_ask_and_the_hinge_is_named(alice, book):
    assessment = standing_of(alice, book)
    assert assessment.next is not None
    assert (assessment.next.route.introducer.full_name, assessment.next.fit.name) == ("Bob", "Paula")
    assert assessment.hinge is not None
    assert assessment.hinge.friend.full_name == "Bob"
    assert [seat.title for seat in assessment.hinge.lost] == ["Printer"]
    assert (assessment.in_hand, assessment.near) == (1, 3)


def test_one_friend_comes_before_a_likelier_chain_of_two(alice, bob, book):
    verify(carla := UserFactory(email="carla@kith.test", name="Carla Conti"))
    connect(bob, carla)
    card(bob, "Carla", carla.email, strength=1.0, reach=1, layer=5)
    card(carla, "Piet", "piet@example.org", role="Printer", strength=1.0, reach=2)
    Person.objects.filter(owner=bob, full_name="Paula").update(strength=0.01)
    searches.books_moved(member_ids={alice.pk}, now=NOW)
    rematch(member_id=alice.pk, now=NOW)
    for match in SeatMatch.objects.select_related("person").exclude(person__full_name="Held"):
        want_routes(owner=alice, target=match.person, now=NOW)
    Seat.objects.filter(title="Agent").delete()
    refresh_routes(member_id=alice.pk, now=NOW)
    fits = {fit.name: fit for fit in standing_of(alice, book).seats[-1].fits}
    near, far = fits["Paula"].route, fits["Piet"].route
    assert near
    assert far
    assert (near.distance, far.distance) == (1, 2)
    assert far.chance > near.chance
    proposed = standing_of(alice, book).next
    assert proposed is not None
    assert proposed.fit.name == "Paula"


def test_whoever_was_asked_about_lately_is_not_proposed(alice, book):
    paula = standing_of(alice, book).next
    assert paula is not None
    IntroductionFactory(
        owner=alice,
        target=Person.objects.get(id=paula.fit.person_id),
        state="declined",
        shown_state="declined",
        asked_at=NOW - timedelta(days=100),
    )
    following = standing_of(alice, book).next
    assert following is not None
    assert following.fit.name == "Ben"
    drafts = standing_of(alice, book).seats[-1].fits[0]
    assert drafts.request is None


def test_how_a_request_stands_is_said_in_its_own_word(alice, alice_client, book):
    ben = Person.objects.get(owner=alice, full_name="Ben")
    one = IntroductionFactory(owner=alice, target=ben, state="draft", shown_state="draft")
    url = reverse("introductions:objective", args=[book.id])
    assert "Ben: a draft" in alice_client.get(url).content.decode()
    type(one).objects.filter(id=one.id).update(state="introduced", shown_state="introduced", introduced_at=NOW)
    assert "Ben: introduced" in alice_client.get(url).content.decode()


def test_the_page_says_it_in_words_and_shows_nothing_of_bobs_book(alice_client, alice, bob, book):
    card(bob, "Hidden Hugo", role="Agent", strength=0.9)
    url = reverse("introductions:objective", args=[book.id])
    page = alice_client.get(url).content.decode()
    assert "Ask Bob to introduce you to Paula" in page
    assert "independent of each other" in page
    assert "Most hangs on" in page
    for private in ("paula@example.org", "0.8", "Hidden"):
        assert private not in page
    before = page.count("Paula")
    assert before
    Person.objects.filter(full_name="Paula").update(reach=0)
    assert "Paula" not in alice_client.get(url).content.decode()
    Person.objects.filter(full_name="Paula").update(reach=1)
    Connection.objects.update(state=ConnectionState.ENDED)
    assert "Paula" not in alice_client.get(url).content.decode()


def test_a_match_that_rests_on_a_share_goes_with_the_share(alice, bob, book):
    card(bob, "Quinn", "quinn@example.org", role="Agent", reach=1)
    card(alice, "Q. of mine", "quinn@example.org", relation=Relation.WANTED)
    Seat.objects.update(is_stale=True)
    rematch(member_id=alice.pk, now=NOW)

    def agents() -> dict[str, str]:
        return {fit.name: fit.why for fit in standing_of(alice, book).seats[1].fits}

    assert agents()["Q. of mine"] == "By what Bob Brook shares of them."
    Person.objects.filter(full_name="Quinn").update(reach=0)
    assert "Q. of mine" not in agents()


def test_confirm_dismiss_put_and_undo_by_buttons(alice, alice_client, book):
    match = SeatMatch.objects.get(person__full_name="Lone")

    def press(name: str) -> str:
        answer = alice_client.post(reverse(f"introductions:{name}", args=[match.id]))
        assert answer.status_code == 302
        match.refresh_from_db()
        return match.verdict

    assert press("match_confirm") == Verdict.CONFIRMED
    assert press("match_dismiss") == Verdict.DISMISSED
    assert "Left out: 1" in alice_client.get(reverse("introductions:objective", args=[book.id])).content.decode()
    assert press("match_reconsider") == Verdict.PROPOSED

    seat = Seat.objects.get(title="Agent")
    url = reverse("introductions:seat_people", args=[seat.id])
    assert "Paula" in alice_client.get(url, {"q": "pau print"}).content.decode()
    paula, ana = Person.objects.get(full_name="Paula"), Person.objects.get(full_name="Ana")
    for person in (paula, ana):
        assert alice_client.post(url, {"person": str(person.id)}).status_code == 302
    by_hand = SeatMatch.objects.get(seat=seat, person=ana)
    assert (by_hand.by_hand, by_hand.verdict) == (True, Verdict.CONFIRMED)
    alice_client.post(reverse("introductions:match_take_off", args=[by_hand.id]))
    assert not SeatMatch.objects.filter(id=by_hand.id).exists()
    alice_client.post(reverse("introductions:seat_state", args=[seat.id]), {"state": "filled"})
    seat.refresh_from_db()
    assert seat.state == SeatState.FILLED


def test_nobody_is_put_on_a_seat_who_is_not_in_sight(alice, bob, charlie, alice_client, book):
    seat = Seat.objects.get(title="Agent")
    hidden, foreign = card(bob, "Hidden", reach=0), card(charlie, "Foreign", reach=2)
    for raw in (str(hidden.id), str(foreign.id), "nonsense", ""):
        assert (
            alice_client.post(reverse("introductions:seat_people", args=[seat.id]), {"person": raw}).status_code == 404
        )
    assert "Hidden" not in alice_client.get(
        reverse("introductions:seat_people", args=[seat.id]), {"q": "hidden"}
    ).content.decode().replace('value="hidden"', "")


def test_strangers_get_404_everywhere(charlie_client, client, book):
    seat, match = Seat.objects.first(), SeatMatch.objects.first()
    assert seat is not None
    assert match is not None
    addresses = [
        *((name, book.id, "get") for name in ("objective", "objective_edit", "objective_close")),
        *(
            (name, book.id, "post")
            for name in (
                "objective_edit",
                "objective_close",
                "objective_reopen",
                "objective_delete",
                "objective_restore",
            )
        ),
        ("seat_people", seat.id, "get"),
        ("seat_people", seat.id, "post"),
        ("seat_state", seat.id, "post"),
        *(
            (name, match.id, "post")
            for name in ("match_confirm", "match_dismiss", "match_reconsider", "match_take_off")
        ),
    ]
    for name, row_id, method in addresses:
        url = reverse(f"introductions:{name}", args=[row_id])
        missing = reverse(f"introductions:{name}", args=["11111111-2222-3333-4444-555555555555"])
        theirs, none = getattr(charlie_client, method)(url), getattr(charlie_client, method)(missing)
        assert theirs.status_code == none.status_code == 404, name
        assert theirs.content == none.content, name
        assert getattr(client, method)(url).status_code == 302, name
    assert SeatMatch.objects.filter(id=match.id, verdict=Verdict.PROPOSED).exists()


def test_queries_do_not_grow_with_objectives_seats_or_people(
    alice, bob, alice_client, book, django_assert_max_num_queries
):
    page, listing = reverse("introductions:objective", args=[book.id]), reverse("introductions:objectives")
    with django_assert_max_num_queries(30) as few_page:
        alice_client.get(page)
    with django_assert_max_num_queries(30) as few_list:
        alice_client.get(listing)
    for number in range(8):
        more = ObjectiveFactory(owner=alice)
        SeatFactory(objective=more, title=f"More {number}")
        seat = SeatFactory(objective=book, title=f"Here {number}", position=9)
        for place in range(5):
            SeatMatchFactory(seat=seat, person=card(alice, f"P{number}{place}", relation=Relation.WANTED))
            SeatMatchFactory(seat=seat, person=card(bob, f"S{number}{place}", reach=1))
    with django_assert_max_num_queries(len(few_page)):
        alice_client.get(page)
    with django_assert_max_num_queries(len(few_list)):
        alice_client.get(listing)


def test_an_empty_page_says_what_to_do(alice, alice_client):
    assert "What do you want to do next?" in alice_client.get(reverse("introductions:objectives")).content.decode()
    bare = ObjectiveFactory(owner=alice)
    page = alice_client.get(reverse("introductions:objective", args=[bare.id])).content.decode()
    assert "Add seats" in page
    SeatFactory(objective=bare, is_stale=False)
    page = alice_client.get(reverse("introductions:objective", args=[bare.id])).content.decode()
    assert "Nobody in sight" in page
