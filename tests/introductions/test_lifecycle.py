"""The table of moves, walked at random by everybody, as often as they like."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from introductions.lifecycle import (
    ASKED,
    CAME_TO_NOTHING,
    ENDED,
    MOST_INTRODUCERS,
    OPEN,
    STEPS,
    Move,
    MoveNotAllowed,
    Party,
    Standing,
    State,
    after,
    allowed_to_asker,
    reveal,
    seen_by_asker,
    step,
)


class Life(RuleBasedStateMachine):
    """Random moves by random parties, right or wrong, and replays of each."""

    def __init__(self) -> None:
        super().__init__()
        self.standing = Standing()
        self.yes: list[Party] = []
        self.steps = 0

    @initialize(introducers=st.integers(1, MOST_INTRODUCERS))
    def begins(self, introducers: int) -> None:
        self.standing = Standing(introducers=introducers)

    @rule(move=st.sampled_from(Move), party=st.sampled_from(Party))
    def anybody_tries_anything(self, move: Move, party: Party) -> None:
        before = self.standing
        try:
            self.standing = after(before, move, party)
        except MoveNotAllowed:
            assert self.standing == before
            return
        self.steps += 1
        if move in (Move.AGREE, Move.HAND_ON):
            self.yes.append(party)
            assert self.standing.position == before.position + (party is Party.INTRODUCER)
        else:
            assert self.standing.position == before.position
        # The same click again never does the same thing twice; the next introducer's is another's.
        if move is Move.HAND_ON and self.standing.yes is Move.HAND_ON:
            return
        with pytest.raises(MoveNotAllowed):
            after(self.standing, move, party)

    @precondition(lambda self: self.standing.awaits_reveal)
    @rule()
    def the_hour_comes(self) -> None:
        self.standing = reveal(self.standing)
        assert self.standing.shown is State.DECLINED
        assert allowed_to_asker(self.standing.shown) == frozenset()

    @invariant()
    def introduced_only_by_everybodys_yes(self) -> None:
        if self.standing.state is State.INTRODUCED:
            assert self.yes == [Party.INTRODUCER] * self.standing.introducers + [Party.TARGET]

    @invariant()
    def the_target_is_asked_only_after_every_introducers_yes(self) -> None:
        if self.standing.state is State.TARGET_ASKED:
            assert self.yes == [Party.INTRODUCER] * self.standing.introducers
            assert self.standing.position == self.standing.introducers
        if self.standing.state is State.INTRODUCER_ASKED:
            assert self.yes == [Party.INTRODUCER] * self.standing.position
            assert self.standing.position < self.standing.introducers

    @invariant()
    def the_asker_sees_no_more_than_they_may(self) -> None:
        state, shown = self.standing.state, self.standing.shown
        assert shown not in {State.TARGET_ASKED, State.NOT_NOW, State.EXPIRED}
        assert shown in {seen_by_asker(state), State.INTRODUCER_ASKED}
        if shown is not seen_by_asker(state):
            assert self.standing.awaits_reveal

    @invariant()
    def what_the_asker_may_do_depends_on_what_they_see(self) -> None:
        for move in Move:
            try:
                step(self.standing, move, Party.ASKER)
                can = True
            except MoveNotAllowed:
                can = False
            assert can == (move in allowed_to_asker(self.standing.shown))

    @invariant()
    def it_ends(self) -> None:
        assert self.steps <= 5 + MOST_INTRODUCERS


Life.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase


def test_every_state_but_the_draft_is_reached_and_the_ended_stay() -> None:
    assert {one.new for one in STEPS} == set(State) - {State.DRAFT}
    for state in ENDED:
        shown = seen_by_asker(state)
        for move in Move:
            for party in Party:
                with pytest.raises(MoveNotAllowed):
                    step(Standing(state, shown), move, party)


def test_the_sets_do_not_overlap() -> None:
    assert ASKED < OPEN
    assert CAME_TO_NOTHING < ENDED
    assert not OPEN & ENDED
    assert frozenset(State) - OPEN - ENDED == {State.TALKED}


def test_a_move_is_named_once() -> None:
    assert len({(one.old, one.move, one.party) for one in STEPS}) == len(STEPS)
