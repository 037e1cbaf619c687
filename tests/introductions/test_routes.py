"""Routes: wanted in a row, computed once, read back only while every leg still holds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.test import Client
from django.urls import reverse

from contacts.models import Acquaintance, Closeness, Connection, ConnectionState, Person, Relation
from contacts.services.announce import book_moved
from contacts.shared import circle_of
from introductions import tasks
from introductions.models import Route, RouteSearch
from introductions.routes import compute, refresh_routes, routes_to, want_routes
from introductions.services import searches
from netapp.accounts.models import User
from tests.factories import NOW, AcquaintanceFactory, ObjectiveFactory, SeatFactory, SeatMatchFactory
from tests.introductions.story import an_asker
from tests.networks import card, connect, member, verify
from tests.workers import wait_until


@pytest.fixture
def world(alice: User, bob: User) -> dict[str, Person]:
    """Alice knows Bob and Ana; Bob shares Ben with her; Ana knows Ben too, as Alice noted."""
    verify(alice)
    verify(bob)
    connect(alice, bob)
    people = {
        "bob": card(alice, "Bob Brook", bob.email, strength=0.7, strength_reason="14 mails since March, both ways."),
        "ana": card(alice, "Ana Ribeiro", "ana@example.org", strength=0.5),
        "ben": card(alice, "Ben Okoro", "ben@example.org", relation=Relation.WANTED, organisation="Tinta"),
        "bobs_ben": card(
            bob,
            "Benjamin O.",
            "ben@example.org",
            role="Editor",
            organisation="Tinta",
            place="Faro",
            notes="hates mornings",
            strength=0.8,
            reach=1,
        ),
        "bobs_secret": card(bob, "Secret Sam", "sam@example.org", strength=0.9),
    }
    AcquaintanceFactory(one=people["ana"], other=people["ben"], closeness=Closeness.SOME, evidence="Ana said so")
    return people


def compute_all(owner: User, *targets: Person) -> None:
    for target in targets:
        want_routes(owner=owner, target=target, now=NOW)
    refresh_routes(member_id=owner.pk, now=NOW)


def lines(owner: User, target: Person) -> list[str]:
    return [route.line for route in routes_to(member=owner, target=target.id, now=NOW)]


def test_routes_are_ranked_and_explained(alice, world):
    compute_all(alice, world["ben"])
    first, second = routes_to(member=alice, target=world["ben"].id, now=NOW)
    assert (first.line, second.line) == ("Bob Brook → Ben Okoro", "Ana Ribeiro → Ben Okoro")
    assert first.chance > second.chance
    assert [leg.evidence for leg in first.legs] == [
        "14 mails since March, both ways.",
        "Bob Brook shares that they know each other.",
    ]
    assert [leg.strength for leg in first.legs] == ["strong", "strong"]
    assert second.legs[1].evidence == "Ana said so"
    assert second.weakest.head in {"Ana Ribeiro", "Ben Okoro"}
    search = RouteSearch.objects.get()
    assert (search.is_stale, search.computed_at) == (False, NOW)


def test_a_row_holds_ids_and_chances_and_not_one_name(alice, world):
    compute_all(alice, world["ben"], world["bobs_ben"])
    kept = str(list(Route.objects.values_list("legs", flat=True)))
    for text in ("Ben", "Bob", "Ana", "Tinta", "example", "mails"):
        assert text not in kept


def test_a_leg_that_does_not_hold_any_more_takes_its_route_along_in_the_next_request(alice, bob, world):
    ben, shared = world["ben"], world["bobs_ben"]
    compute_all(alice, ben, shared)
    both, one = ["Bob Brook → Ben Okoro", "Ana Ribeiro → Ben Okoro"], ["Ana Ribeiro → Ben Okoro"]
    rows = {
        "reach": Person.objects.filter(id=shared.id),
        "archived_at": Person.objects.filter(id=shared.id),
        "deleted_at": Person.objects.filter(id=shared.id),
        "relation": Person.objects.filter(id=shared.id),
        "state": Connection.objects.all(),
        "verified": EmailAddress.objects.filter(user=bob),
        "is_active": User.objects.filter(id=bob.id),
    }
    broken = {
        "reach": 0,
        "archived_at": NOW,
        "deleted_at": NOW,
        "relation": Relation.WANTED,
        "state": ConnectionState.ENDED,
        "verified": False,
        "is_active": False,
    }
    for name, queryset in rows.items():
        assert lines(alice, ben) == both, name
        before = queryset.values_list(name, flat=True)[0]
        queryset.update(**{name: broken[name]})
        assert lines(alice, ben) == one, name
        queryset.update(**{name: before})
    Acquaintance.objects.update(closeness=Closeness.NONE)
    assert lines(alice, ben) == both[:1]
    Person.objects.filter(id=world["bob"].id).update(archived_at=NOW)
    assert lines(alice, ben) == []


def test_a_change_while_a_worker_computes_leaves_the_search_stale(alice, world, monkeypatch):
    want_routes(owner=alice, target=world["ben"], now=NOW)
    real = compute.best_ways

    def meanwhile(network, search):
        searches.books_moved(member_ids={alice.pk}, now=NOW)
        return real(network, search)

    monkeypatch.setattr(compute, "best_ways", meanwhile)
    assert refresh_routes(member_id=alice.pk, now=NOW) == 1
    search = RouteSearch.objects.get()
    assert search.is_stale
    assert search.routes.count() == 2
    monkeypatch.undo()
    refresh_routes(member_id=alice.pk, now=NOW)
    assert not RouteSearch.objects.get().is_stale


def test_computing_twice_is_computing_once(alice, world):
    compute_all(alice, world["ben"])
    before = list(Route.objects.order_by("rank").values("rank", "introducer", "cost", "legs"))
    assert refresh_routes(member_id=alice.pk, now=NOW) == 0
    compute_all(alice, world["ben"])
    assert list(Route.objects.order_by("rank").values("rank", "introducer", "cost", "legs")) == before


def test_a_longer_way_is_looked_for_only_where_no_short_one_is_good(alice, bob, world):
    dora = verify(member("Dora"))
    connect(bob, dora)
    card(bob, "Dora", dora.email, strength=0.9, reach=1)
    far = card(dora, "Far Away", "far@example.org", strength=0.9, reach=2)
    wanted = card(alice, "Far as I know", "far@example.org", relation=Relation.WANTED)
    compute_all(alice, wanted, far, world["ben"])
    assert lines(alice, wanted) == ["Bob Brook → Dora → Far as I know"]
    assert lines(alice, far) == ["Bob Brook → Dora → Far Away"]
    assert all(
        len(legs) == 2 for legs in Route.objects.filter(search__target=world["ben"]).values_list("legs", flat=True)
    )
    Connection.objects.filter(inviter=bob, invitee=dora).update(state=ConnectionState.ENDED)
    assert lines(alice, wanted) == []


def test_a_way_says_where_somebody_further_along_has_been_asked_enough(alice, world, alice_client):
    dora = card(alice, "Dora", "dora@example.org", relation=Relation.WANTED)
    wanted = card(alice, "Far Away", "far@example.org", relation=Relation.WANTED)
    for one, other in ((world["ana"], dora), (dora, wanted)):
        AcquaintanceFactory(one=one, other=other, closeness=Closeness.SOME)
    compute_all(alice, wanted)
    [before] = routes_to(member=alice, target=wanted.id, now=NOW)
    assert (before.line, before.resting_later) == ("Ana Ribeiro → Dora → Far Away", ())
    an_asker("dora@example.org", "somebody@example.org").send()
    [route] = routes_to(member=alice, target=wanted.id, now=NOW)
    assert (route.is_resting, route.resting_later) == (False, ("Dora",))
    page = " ".join(alice_client.get(reverse("introductions:routes", args=[wanted.id])).content.decode().split())
    assert "Dora has been asked enough of late, by whomever. Along this way" in page
    assert "Ask Ana Ribeiro" in page


def test_whom_i_want_to_meet_and_who_fits_a_seat_is_looked_for_by_itself(alice, bob, world):
    seat = SeatFactory(objective=ObjectiveFactory(owner=alice))
    SeatMatchFactory(seat=seat, person=world["bobs_ben"])
    SeatMatchFactory(seat=seat, person=world["ana"])
    dismissed = card(bob, "Eve", reach=1)
    SeatMatchFactory(seat=seat, person=dismissed, verdict="dismissed")
    SeatMatchFactory(seat=seat, person=world["bobs_secret"])
    circle = circle_of(alice.pk, NOW)
    assert searches.want_all_routes(circle=circle, now=NOW) == 2
    assert set(RouteSearch.objects.values_list("target", flat=True)) == {world["ben"].id, world["bobs_ben"].id}
    assert searches.want_all_routes(circle=circle, now=NOW) == 0
    Person.objects.filter(id=world["bobs_ben"].id).update(reach=0)
    searches.want_all_routes(circle=circle, now=NOW)
    assert set(RouteSearch.objects.values_list("target", flat=True)) == {world["ben"].id}


def test_a_changed_book_makes_stale_and_rings(alice, world, monkeypatch, django_capture_on_commit_callbacks):
    compute_all(alice, world["ben"])
    rung = []
    monkeypatch.setattr(tasks.refresh_member, "apply_async", lambda args, **_: rung.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        book_moved(alice.pk)
    assert RouteSearch.objects.get().is_stale
    assert rung == [(alice.pk,)]
    tasks.refresh_member(alice.pk)
    assert not RouteSearch.objects.get().is_stale


def test_the_sweep_finds_what_a_lost_bell_left_and_what_grew_old(
    alice, world, monkeypatch, django_capture_on_commit_callbacks
):
    compute_all(alice, world["ben"])
    rung = []
    monkeypatch.setattr(tasks.refresh_member, "apply_async", lambda args, **_: rung.append(args))
    with django_capture_on_commit_callbacks(execute=True):
        searches.age(now=NOW + timedelta(hours=1))
        assert searches.members_waiting() == []
        searches.age(now=NOW + timedelta(days=2))
        assert searches.members_waiting() == [alice.pk]
        tasks.sweep_routes()
    assert rung == [(alice.pk,)]


def test_the_page_tells_the_ways_and_offers_to_ask(alice_client, alice, world):
    compute_all(alice, world["ben"])
    page = alice_client.get(reverse("introductions:routes", args=[world["ben"].id])).content.decode()
    assert "Best: over Bob Brook" in page
    assert "If they decline: over Ana Ribeiro" in page
    assert "the weakest leg" in page
    assert f"introducer={world['bob'].id}" in page
    for private in ("Benjamin", "Faro", "mornings", "ben@example.org", "0.8", "Secret"):
        assert private not in page


def test_a_shared_target_shows_name_role_and_organisation_only(alice_client, alice, world):
    url = reverse("introductions:routes", args=[world["bobs_ben"].id])
    page = alice_client.get(url).content.decode()
    assert "Benjamin O." in page
    assert "Editor, Tinta" in page
    assert "Find a way to" in page
    assert RouteSearch.objects.count() == 0
    alice_client.post(reverse("introductions:routes_refresh", args=[world["bobs_ben"].id]))
    refresh_routes(member_id=alice.pk, now=NOW)
    page = alice_client.get(url).content.decode()
    assert "Best: over Bob Brook" in page
    for private in ("Faro", "mornings", "ben@example.org", "0.8"):
        assert private not in page


def test_strangers_and_missing_cards_answer_alike(alice_client, charlie_client, alice, charlie, world, client):
    theirs = card(charlie, "Charlie's own", relation=Relation.WANTED, reach=2)
    missing = "11111111-2222-3333-4444-555555555555"
    for name, method in (("routes", "get"), ("routes_refresh", "post")):
        bodies = set()
        for reader, person_id in (
            (alice_client, theirs.id),
            (alice_client, world["bobs_secret"].id),
            (alice_client, missing),
            (charlie_client, world["ben"].id),
            (charlie_client, world["bobs_ben"].id),
            (charlie_client, missing),
        ):
            answer = getattr(reader, method)(reverse(f"introductions:{name}", args=[person_id]))
            assert answer.status_code == 404
            bodies.add((reader is alice_client, answer.content))
        assert len(bodies) <= 2
        assert getattr(client, method)(reverse(f"introductions:{name}", args=[missing])).status_code == 302
    assert RouteSearch.objects.count() == 0


def test_get_changes_nothing_and_the_poll_stops_when_done(alice_client, alice, world):
    url = reverse("introductions:routes", args=[world["ben"].id])
    want_routes(owner=alice, target=world["ben"], now=NOW)
    RouteSearch.objects.update(asked_at=NOW.max.replace(tzinfo=NOW.tzinfo, year=2999))
    before = list(RouteSearch.objects.values())
    page = alice_client.get(url)
    assert 'hx-trigger="every 2s"' in page.content.decode()
    assert alice_client.get(url, headers={"HX-Request": "true"}).status_code == 200
    assert list(RouteSearch.objects.values()) == before
    refresh_routes(member_id=alice.pk, now=NOW)
    done = alice_client.get(url, headers={"HX-Request": "true"})
    assert done.status_code == 286
    assert "<html" not in done.content.decode()


def test_no_way_says_what_could_make_one(alice_client, alice, world):
    lone = card(alice, "Lone Wolf", organisation="Tinta", relation=Relation.WANTED)
    card(alice, "Colleague", organisation="tinta", strength=0.4)
    compute_all(alice, lone)
    page = alice_client.get(reverse("introductions:routes", args=[lone.id])).content.decode()
    assert "No verified warm path yet" in page
    assert "Colleague" in page
    known = alice_client.get(reverse("introductions:routes", args=[world["ana"].id])).content.decode()
    assert "You know Ana Ribeiro yourself" in known


def test_queries_of_the_page_do_not_grow(alice, world, alice_client: Client, django_assert_max_num_queries):
    url = reverse("introductions:routes", args=[world["ben"].id])
    compute_all(alice, world["ben"])
    with django_assert_max_num_queries(22) as few:
        alice_client.get(url)
    for number in range(5):
        friend = card(alice, f"Friend {number}", f"f{number}@example.org", strength=0.9)
        AcquaintanceFactory(one=friend, other=world["ben"], closeness=Closeness.STRONG)
    compute_all(alice, world["ben"])
    assert Route.objects.count() == 5
    with django_assert_max_num_queries(22) as many:
        alice_client.get(url)
    assert len(many) <= len(few)


def test_a_newly_verified_address_opens_ways_for_whoever_has_it(alice, bob, world, django_capture_on_commit_callbacks):
    compute_all(alice, world["ben"])
    row = EmailAddress.objects.get(user=bob)
    email_confirmed.send(sender=EmailAddress, request=None, email_address=row)
    assert RouteSearch.objects.get().is_stale


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_answers_the_bell(alice, bob, world, alice_client, celery_worker_process):
    celery_worker_process()
    url = reverse("introductions:routes_refresh", args=[world["ben"].id])
    assert alice_client.post(url).status_code == 302
    wait_until(lambda: Route.objects.filter(search__target=world["ben"]).count() == 2)
    page = alice_client.get(reverse("introductions:routes", args=[world["ben"].id])).content.decode()
    assert "Best: over Bob Brook" in page
