"""The bridge: what a member may use, and by whom a path leads."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.graph import Answer, Source, chance_of, cost_of, willingness
from contacts.models import Closeness, Connection, ConnectionState, Person, Reach, Relation
from contacts.network import AskLoad, Network, Way, network_of
from netapp.accounts.models import User
from tests.factories import NOW, AcquaintanceFactory
from tests.networks import card, connect, member


def network(of: User, **more: object) -> Network:
    return network_of(of.pk, now=NOW, **more)  # type: ignore[arg-type]


def names(way: Way) -> list[str]:
    people = Person.objects.in_bulk([step.head for step in way.steps])
    return [people[step.head].full_name for step in way.steps]


def ways(of: User, target: object, **more: object) -> list[list[str]]:
    return [names(way) for way in network(of).ways(target.id, k=5, **more)]  # type: ignore[attr-defined,arg-type]


def test_me_ana_ben_by_an_acquaintance_that_i_recorded(db):
    alice = member("Alice")
    ana = card(alice, "Ana", "ana@example.org", strength=0.7)
    ben = card(alice, "Ben", relation=Relation.WANTED)
    known = AcquaintanceFactory(one=ana, other=ben, closeness=Closeness.STRONG)

    (way,) = network(alice).ways(ben.id, k=5)

    assert [step.head for step in way.steps] == [ana.id, ben.id]
    assert [step.tail for step in way.steps] == [None, ana.id]
    assert [step.source for step in way.steps] == [Source.OWN, Source.ACQUAINTANCE]
    assert way.steps[1].acquaintance == known.id
    first, second = willingness(0.7, now=NOW), willingness(0.8, now=NOW)
    assert way.cost == cost_of(first) + cost_of(second)
    assert way.chance == chance_of(way.cost)
    assert way.weakest == 0


def test_a_friend_who_is_a_member_leads_to_whom_they_share(db):
    alice, bob = member("Alice"), member("Bob")
    connect(alice, bob)
    my_bob = card(alice, "Bob", "bob@kith.test", strength=0.6)
    ben = card(bob, "Ben", "ben@example.org", reach=Reach.MY_CONNECTIONS, strength=0.5)
    wanted = card(alice, "Ben as I know of him", "ben@example.org", relation=Relation.WANTED)

    by_share = network(alice).ways(ben.id, k=5)
    by_card = network(alice).ways(wanted.id, k=5)

    assert [step.head for step in by_share[0].steps] == [my_bob.id, ben.id]
    assert [step.head for step in by_card[0].steps] == [my_bob.id, wanted.id]
    assert by_share[0].steps[1].source is Source.SHARED
    assert by_share[0].steps[1].card == by_card[0].steps[1].card == ben.id


def test_reach_connection_and_deletion_each_close_the_way(db):
    alice, bob = member("Alice"), member("Bob")
    connect(alice, bob)
    card(alice, "Bob", "bob@kith.test", strength=0.6)
    ben = card(bob, "Ben", "ben@example.org", reach=Reach.MY_CONNECTIONS)
    wanted = card(alice, "Ben", "ben@example.org", relation=Relation.WANTED)
    assert ways(alice, wanted) == [["Bob", "Ben"]]

    for closed in ({"reach": 0}, {"archived_at": NOW}, {"deleted_at": NOW}, {"relation": Relation.WANTED}):
        before = {name: getattr(ben, name) for name in closed}
        type(ben).objects.filter(id=ben.id).update(**closed)
        assert ways(alice, wanted) == [], closed
        type(ben).objects.filter(id=ben.id).update(**before)
    Connection.objects.update(state=ConnectionState.ENDED)
    assert ways(alice, wanted) == []
    Connection.objects.update(state=ConnectionState.ACCEPTED)
    assert ways(alice, wanted) == [["Bob", "Ben"]]
    User.objects.filter(id=bob.id).update(is_active=False)
    assert ways(alice, wanted) == []


def test_an_address_that_is_not_verified_is_nobodys(db):
    alice, bob = member("Alice"), member("Bob")
    connect(alice, bob)
    card(alice, "Bob at work", "bob@work.example", strength=0.6)
    card(bob, "Ben", "ben@example.org", reach=1)
    wanted = card(alice, "Ben", "ben@example.org", relation=Relation.WANTED)
    assert ways(alice, wanted) == []

    row = EmailAddress.objects.create(user=bob, email="bob@work.example", verified=False, primary=False)
    assert ways(alice, wanted) == []
    row.verified = True
    row.save()
    assert ways(alice, wanted) == [["Bob at work", "Ben"]]


def test_the_second_step_needs_reach_two_and_both_connections(db):
    alice, bob, dora = member("Alice"), member("Bob"), member("Dora")
    connect(alice, bob)
    connect(bob, dora)
    card(alice, "Bob", "bob@kith.test", strength=0.6)
    card(bob, "Dora", "dora@kith.test", reach=1, strength=0.6)
    near = card(dora, "Near", "near@example.org", reach=1)
    far = card(dora, "Far", "far@example.org", reach=2)

    assert ways(alice, far) == [["Bob", "Dora", "Far"]]
    assert ways(alice, near) == []
    assert ways(alice, far, max_introducers=1) == []
    assert near.id not in network(alice).vertices

    Connection.objects.filter(inviter=bob).update(state=ConnectionState.ENDED)
    assert ways(alice, far) == []


def test_handles_join_for_the_owner_of_the_card_only(db):
    """Mallory writes her own address onto Ben's card; nobody else's Ben becomes Mallory."""
    alice, mallory = member("Alice"), member("Mallory")
    connect(alice, mallory)
    card(alice, "Mallory", "mallory@kith.test", strength=0.5)
    card(mallory, "Ben", "ben@example.org", "other@example.org", reach=1)
    by_one = card(alice, "Ben", "ben@example.org", relation=Relation.WANTED)
    by_other = card(alice, "Somebody", "other@example.org", relation=Relation.WANTED)
    ana = card(alice, "Ana", "ana@example.org", strength=0.9)
    AcquaintanceFactory(one=ana, other=by_one, closeness=Closeness.STRONG)

    assert ways(alice, by_one) == [["Ana", "Ben"], ["Mallory", "Ben"]]
    assert ways(alice, by_other) == [["Mallory", "Somebody"]]

    both = card(alice, "Ben, both", "b1@example.org", "b2@example.org", relation=Relation.WANTED)
    card(mallory, "B. Two", "b2@example.org", reach=1)
    assert ways(alice, both) == [["Mallory", "Ben, both"]]


def test_a_handle_on_two_cards_of_a_book_names_nobody_in_that_book(db):
    alice, bob = member("Alice"), member("Bob")
    connect(alice, bob)
    card(alice, "Bob", "bob@kith.test", strength=0.6)
    card(bob, "Ben", "family@example.org", reach=1)
    wanted = card(alice, "Ben", "family@example.org", relation=Relation.WANTED)
    assert ways(alice, wanted) == [["Bob", "Ben"]]
    second = card(bob, "Ben's desk", "family@example.org")
    assert ways(alice, wanted) == []
    second.deleted_at = NOW
    second.save()
    assert ways(alice, wanted) == [["Bob", "Ben"]]
    card(alice, "Other", "family@example.org", relation=Relation.WANTED)
    assert ways(alice, wanted) == []


def test_a_desk_is_no_human(db):
    alice, bob = member("Alice"), member("Bob")
    connect(alice, bob)
    card(alice, "Bob", "bob@kith.test", strength=0.6)
    card(bob, "Reception", "info@example.org", reach=1)
    wanted = card(alice, "Info", "info@example.org", relation=Relation.WANTED)
    assert ways(alice, wanted) == []


def test_not_well_enough_closes_a_leg_however_it_is_known(db):
    alice, bob = member("Alice"), member("Bob")
    connect(alice, bob)
    my_bob = card(alice, "Bob", "bob@kith.test", strength=0.6)
    card(bob, "Ben", "ben@example.org", reach=1)
    wanted = card(alice, "Ben", "ben@example.org", relation=Relation.WANTED)
    said = AcquaintanceFactory(one=my_bob, other=wanted, closeness=Closeness.NONE)
    assert ways(alice, wanted) == []
    said.closeness = Closeness.SLIGHT
    said.save()
    assert ways(alice, wanted) == [["Bob", "Ben"]]


def test_archived_people_are_not_asked_and_my_own_card_is_not_a_way(db):
    alice = member("Alice", "alice@home.example")
    me = card(alice, "Me", "alice@home.example", strength=0.9)
    ana = card(alice, "Ana", "ana@example.org", strength=0.9, archived_at=NOW)
    ben = card(alice, "Ben", relation=Relation.WANTED)
    AcquaintanceFactory(one=ana, other=ben)
    assert ways(alice, ben) == []
    assert me.id not in network(alice).vertices


def test_answers_and_asks_change_the_chance(db):
    alice = member("Alice")
    ana = card(alice, "Ana", "ana@example.org", strength=0.5)
    ben = card(alice, "Ben", relation=Relation.WANTED)
    AcquaintanceFactory(one=ana, other=ben)
    plain = network(alice).ways(ben.id, k=1)[0].steps[0].chance
    asked = network(alice, ask_load={"ana@example.org": AskLoad(open=1, recent=2)}).ways(ben.id, k=1)[0]
    refused = network(alice, answers={ana.id: [Answer(NOW, False)]}).ways(ben.id, k=1)[0]
    assert abs(asked.steps[0].chance / plain - 0.6 * 0.85**2) < 0.01
    assert refused.steps[0].chance < plain


def test_a_stranger_has_no_vertex_in_anybodys_network(db):
    alice, charlie = member("Alice"), member("Charlie")
    mine = card(alice, "Ben", "ben@example.org", reach=2)
    theirs = card(charlie, "Ben", "ben@example.org", relation=Relation.WANTED)
    assert ways(charlie, theirs) == []
    assert mine.id not in network(charlie).vertices
    assert network(charlie).ways(mine.id, k=5) == []


def test_the_number_of_queries_does_not_grow(db, django_assert_num_queries):
    alice, bob = member("Alice"), member("Bob")
    connect(alice, bob)

    def grow(many: int) -> None:
        for number in range(many):
            one = card(alice, f"A{number}", f"a{number}-{many}@example.org", strength=0.5)
            other = card(alice, f"W{number}", f"w{number}-{many}@example.org", relation=Relation.WANTED)
            card(bob, f"B{number}", f"w{number}-{many}@example.org", reach=1)
            AcquaintanceFactory(one=one, other=other)

    grow(2)
    with django_assert_num_queries(8):
        network(alice)
    grow(15)
    with django_assert_num_queries(8):
        network(alice)


# --- The bridge and the engine against an enumeration of the rows, written apart from both ----------------------------


@dataclass
class World:
    """Small random books: for each member what they know (card, reach), plus the asker's acquaintances."""

    members: int
    connected: set[tuple[int, int]]
    cards: list[tuple[int, int, int, int]]  # owner, human, reach, strength in tenths
    known: set[tuple[int, int]]
    joined: bool


@st.composite
def worlds(draw: st.DrawFn) -> World:
    members = draw(st.integers(2, 4))
    pairs = [(one, other) for one in range(members) for other in range(one + 1, members)]
    humans = members + 3
    card_of = st.tuples(
        st.integers(0, members - 1), st.integers(0, humans - 1), st.integers(0, 2), st.integers(0, 10)
    ).filter(lambda row: row[0] != row[1])
    cards = draw(st.lists(card_of, min_size=3, max_size=12, unique_by=lambda row: row[:2]))
    mine = sorted({human for owner, human, _, _ in cards if owner == 0})
    acquaintances = [(one, other) for one in mine for other in mine if one < other]
    known = draw(st.sets(st.sampled_from(acquaintances), max_size=4)) if acquaintances else set()
    return World(members, draw(st.sets(st.sampled_from(pairs))), cards, known, draw(st.booleans()))


def enumerate_best(world: World, target: int) -> dict[int, int]:
    """First introducer -> least cost of any path to `target`, by walking every one of them."""

    def linked(one: int, other: int) -> bool:
        return (min(one, other), max(one, other)) in world.connected

    distance = {other: 1 for other in range(1, world.members) if linked(0, other)}
    for other in range(1, world.members):
        if other not in distance and any(linked(other, friend) for friend, far in distance.items() if far == 1):
            distance[other] = 2
    price = {
        (owner, human): (reach, cost_of(willingness(strength / 10, now=NOW)))
        for owner, human, reach, strength in world.cards
    }
    chance_of_known = cost_of(willingness(0.45, now=NOW))
    best: dict[int, int] = {}

    def walk(path: list[int], cost: int) -> None:
        at, depth = path[-1], len(path) - 1
        if at == target:
            if depth > 1:
                best[path[1]] = min(best.get(path[1], cost), cost)
            return
        if depth == 4:
            return
        for human in range(world.members + 3):
            if human in path:
                continue
            steps = []
            if depth == 0 and (0, human) in price:
                steps.append(price[0, human][1])
            if depth > 0 and (min(at, human), max(at, human)) in world.known:
                steps.append(chance_of_known)
            if depth > 0 and (at, human) in price and at in distance and linked(path[-2], at):
                reach, tie = price[at, human]
                if reach >= max(depth, distance[at]):
                    steps.append(tie)
            for step in steps:
                walk([*path, human], cost + step)

    walk([0], 0)
    return best


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds())
def test_bridge_and_engine_find_what_an_enumeration_of_the_rows_finds(db, world):
    with transaction.atomic():
        accounts = [member(f"m{number}-{uuid4().hex[:6]}") for number in range(world.members)]
        addresses = [account.email for account in accounts] + [f"h{number}@example.org" for number in range(3)]
        for one, other in world.connected:
            connect(accounts[one], accounts[other])
        mine: dict[int, Person] = {}
        for owner, human, reach, strength in world.cards:
            more = [f"second-{human}@example.org"] if world.joined and owner == 0 else []
            row = card(accounts[owner], f"H{human}", addresses[human], *more, reach=reach, strength=strength / 10)
            if owner == 0:
                mine[human] = row
        for one, other in world.known:
            AcquaintanceFactory(one=mine[one], other=mine[other], closeness=Closeness.SOME)
        found = network(accounts[0])
        human_of = {row.id: human for human, row in mine.items()}
        for target in mine:
            expected = enumerate_best(world, target)
            ways = found.ways(mine[target].id, k=10)
            assert {human_of[way.steps[0].head]: way.cost for way in ways} == expected
        transaction.set_rollback(True)
