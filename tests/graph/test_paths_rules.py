"""The rules of a path, one at a time. Alice (0) asks; Bob (1) and Ben (2) vouch; Charlie (9) is to be met."""

from __future__ import annotations

import math
from typing import Any

import pytest

from contacts.graph import Path, Question, Source, best_to_each, chance_of, cost_of, k_best
from tests.graph.brute import World

ALICE, BOB, BEN, DANA, CHARLIE = 0, 1, 2, 3, 9
WORLD = World(
    n=10,
    asker=ALICE,
    own_ties=((BOB, 100),),
    ties=((BOB, CHARLIE, 50, 1),),
    connections=((ALICE, BOB),),
)
CHAIN = WORLD.but(
    ties=((BOB, BEN, 10, 1), (BEN, DANA, 20, 2), (DANA, CHARLIE, 30, 3)),
    connections=((ALICE, BOB), (BOB, BEN), (BEN, DANA)),
)

pytestmark = pytest.mark.usefixtures("engine")


def ask(world: World, target: int = CHARLIE) -> list[Path]:
    found = k_best(world.snapshot(), world.question(), target, 5)
    assert best_to_each(world.snapshot(), world.question(), [target]) == {target: found[0] if found else None}
    return found


def routes(world: World, target: int = CHARLIE) -> list[tuple[int, ...]]:
    return [path.vertices for path in ask(world, target)]


def test_a_path_tells_its_legs_their_chances_and_its_weakest():
    (path,) = ask(CHAIN)
    assert path.vertices == (ALICE, BOB, BEN, DANA, CHARLIE)
    assert path.introducers == (BOB, BEN, DANA)
    assert path.cost == 160
    assert path.chance == pytest.approx(math.exp(-160 / 2048))
    assert [(leg.tail, leg.head, leg.source, leg.depth, leg.cost) for leg in path.legs] == [
        (ALICE, BOB, Source.OWN, 0, 100),
        (BOB, BEN, Source.SHARED, 1, 10),
        (BEN, DANA, Source.SHARED, 2, 20),
        (DANA, CHARLIE, Source.SHARED, 3, 30),
    ]
    assert math.prod(leg.chance for leg in path.legs) == pytest.approx(path.chance)
    assert path.weakest is path.legs[0]


@pytest.mark.parametrize(("introducers", "found"), [(1, 0), (2, 0), (3, 1)])
def test_no_more_introducers_than_allowed(introducers: int, found: int):
    assert len(ask(CHAIN.but(max_introducers=introducers))) == found


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_tie_serves_no_further_than_its_reach(depth: int):
    owner, target, cost, reach = CHAIN.ties[depth - 1]
    ties = list(CHAIN.ties)
    ties[depth - 1] = (owner, target, cost, reach - 1)
    assert ask(CHAIN.but(ties=tuple(ties))) == []


@pytest.mark.parametrize("missing", range(3))
def test_every_shared_tie_needs_the_connection_before_it(missing: int):
    connections = tuple(pair for i, pair in enumerate(CHAIN.connections) if i != missing)
    assert ask(CHAIN.but(connections=connections)) == []
    assert ask(CHAIN.but(blocked_connections=(CHAIN.connections[missing][::-1],))) == []


def test_an_acquaintance_continues_from_anybody_without_a_connection():
    world = CHAIN.but(ties=(), connections=(), acquaintances=((BOB, BEN, 1), (BEN, DANA, 1), (DANA, CHARLIE, 1)))
    (path,) = ask(world)
    assert [leg.source for leg in path.legs] == [Source.OWN, *[Source.ACQUAINTANCE] * 3]
    assert routes(world.but(acquaintances=((BEN, BOB, 1), (BOB, CHARLIE, 1)))) == [(ALICE, BOB, CHARLIE)]


def test_trap_a_loop_that_enters_unconnected_and_comes_back_connected():
    """Bob is no connection of Alice, so his tie to Charlie is closed to her. Bob -> Ben -> Bob would open it, were a
    human allowed to come twice; the dearer way over Ben and Dana is the answer."""
    trap = World(
        n=10,
        asker=ALICE,
        own_ties=((BOB, 100),),
        acquaintances=((BOB, BEN, 10),),
        ties=((BEN, BOB, 10, 3), (BOB, CHARLIE, 10, 3)),
        connections=((BEN, BOB),),
    )
    assert routes(trap) == []
    detour = trap.but(
        ties=(*trap.ties, (BEN, DANA, 500, 3), (DANA, CHARLIE, 500, 3)),
        connections=((BEN, BOB), (BEN, DANA)),
    )
    assert routes(detour) == [(ALICE, BOB, BEN, DANA, CHARLIE)]


def test_trap_over_two_accounts_that_the_asker_takes_for_one_human():
    """Bob's second account (4) is open to Alice, his first is not: leaving by one and coming back by the other is
    still the same human twice."""
    world = World(
        n=10,
        asker=ALICE,
        own_ties=((BOB, 100),),
        joined=((BOB, 4),),
        ties=((4, BEN, 1, 3), (BEN, BOB, 1, 3), (BOB, CHARLIE, 1, 3)),
        connections=((ALICE, 4), (4, BEN), (BEN, BOB)),
    )
    assert routes(world) == []


def test_joined_vertices_lend_each_other_ties_but_no_connection():
    shared_by_second_account = WORLD.but(ties=((4, CHARLIE, 50, 1),), joined=((BOB, 4),))
    assert routes(shared_by_second_account) == [], "Alice is connected with Bob's first account only"
    (path,) = ask(shared_by_second_account.but(connections=((ALICE, 4),)))
    assert path.vertices == (ALICE, BOB, CHARLIE)
    assert [(leg.tail, leg.head) for leg in path.legs] == [(ALICE, BOB), (4, CHARLIE)]


def test_nobody_gains_connections_by_writing_a_members_address_on_the_own_card():
    assert routes(WORLD.but(connections=((5, BOB),), joined=((ALICE, 5),))) == []


def test_the_asker_and_the_target_are_never_introducers():
    world = CHAIN.but(
        own_ties=((BOB, 100), (CHARLIE, 1)),
        ties=((BOB, ALICE, 1, 3), (ALICE, CHARLIE, 1, 3), (CHARLIE, BEN, 1, 3), (BEN, DANA, 1, 3)),
        connections=((ALICE, BOB), (ALICE, CHARLIE), (CHARLIE, BEN), (BOB, ALICE)),
    )
    assert routes(world) == [], "the direct tie is no introduction, and Alice does not introduce herself"
    assert routes(world, DANA) == [(ALICE, CHARLIE, BEN, DANA)]
    assert routes(world, ALICE) == []


def test_own_ties_in_the_snapshot_do_not_count_only_the_fresh_ones():
    assert routes(WORLD.but(own_ties=(), ties=((ALICE, BOB, 1, 3), *WORLD.ties))) == []


def test_ask_load_weighs_on_introducers_not_on_the_target():
    (path,) = ask(WORLD.but(ask_load={BOB: 1000, CHARLIE: 7777}))
    assert path.cost == 1150
    assert [leg.load for leg in path.legs] == [1000, 0]
    assert path.legs[0].chance == pytest.approx(chance_of(1100))
    (path,) = ask(WORLD.but(ask_load={BOB: 1000, 4: 500}, joined=((4, BOB),)))
    assert path.cost == 1650


def test_blocking_a_vertex_takes_the_whole_human_out():
    assert routes(WORLD.but(blocked=(BOB,))) == []
    assert routes(WORLD.but(blocked=(4,), joined=((BOB, 4),))) == []
    assert routes(WORLD.but(blocked=(CHARLIE,))) == []


def test_withdrawn_sharing_is_gone_at_once():
    assert routes(WORLD.but(blocked_ties=((BOB, CHARLIE),))) == []
    assert routes(WORLD.but(blocked_ties=((CHARLIE, BOB),))) == [(ALICE, BOB, CHARLIE)]


def test_equal_costs_are_ordered_by_hops_then_by_vertex():
    world = World(
        n=10,
        own_ties=((5, 30), (4, 30), (3, 10)),
        ties=((5, CHARLIE, 10, 3), (4, CHARLIE, 10, 3), (3, 6, 10, 3), (6, CHARLIE, 20, 3)),
        connections=((0, 5), (0, 4), (0, 3), (3, 6)),
    )
    assert routes(world) == [(0, 4, CHARLIE), (0, 5, CHARLIE), (0, 3, 6, CHARLIE)]


def test_people_whom_the_snapshot_does_not_know_yet_can_introduce():
    world = WORLD.but(own_ties=((50, 10),), acquaintances=((50, CHARLIE, 10), (50, 60, 10)))
    assert routes(world) == [(ALICE, 50, CHARLIE)]
    assert routes(world, 60) == [(ALICE, 50, 60)]
    assert routes(world, 70) == []


def test_each_target_is_answered_once_in_the_order_given():
    answers = best_to_each(WORLD.snapshot(), WORLD.question(), [CHARLIE, 8, CHARLIE, 999])
    assert list(answers) == [CHARLIE, 8, 999]
    assert answers[8] is None
    assert answers[999] is None


def test_an_asker_who_knows_nobody_gets_no_paths():
    assert routes(WORLD.but(own_ties=())) == []
    assert k_best(WORLD.snapshot(), WORLD.question(), CHARLIE, 0) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_introducers": 0},
        {"max_introducers": 4},
        {"own_ties": ((1, 0),)},
        {"own_ties": ((1, 16384),)},
        {"own_ties": ((-1, 5),)},
        {"acquaintances": ((1, 2, 0),)},
        {"ask_load": {1: -1}},
        {"asker": -1},
        {"joined": ((1, 2**31),)},
    ],
)
def test_a_question_out_of_range_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValueError, match="lies in"):
        Question(**{"asker": 0, "own_ties": (), **wrong})


def test_costs_of_chances():
    assert cost_of(1.0) == 1
    assert cost_of(0.5) == round(math.log(2) * 2048) == 1420
    assert cost_of(1e-9) == cost_of(0.0) == 16383
    assert chance_of(1420) == pytest.approx(0.5, abs=2e-4)
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="chance"):
            cost_of(wrong)
