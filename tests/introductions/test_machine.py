"""Everybody does anything, at any time and in any order, with the real services on a real database.

The rules below are clicks: by the asker, by each of those who are asked (in turn or out of it), and by the clock. What
should happen is taken from `lifecycle.py` alone; after every step the rows, the letters and what the asker sees are
compared with it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from time_machine import travel

from contacts.models import Closeness, Person, Relation
from introductions import queries
from introductions.lifecycle import (
    ASKED,
    CAME_TO_NOTHING,
    ENDED,
    STEPS,
    Move,
    MoveNotAllowed,
    Party,
    Standing,
    State,
    after,
    allowed_to_asker,
)
from introductions.models import Answer, AskingPause, Consent, ConsentState, Event
from introductions.services import answering, strikes
from introductions.services import introductions as services
from introductions.tasks import sweep
from netapp.mail.models import Letter, LetterState
from tests.factories import NOW, UserFactory
from tests.faults.conftest import FULL
from tests.introductions.chains import EMAILS, Chain, draft_chain
from tests.introductions.story import CHARLIE, verify

_HELPED = {State.INTRODUCED, State.FORWARDED, State.TALKED, State.CLOSED}
_BY_HAND = {"draft", "passed_on", "replied", "tell", "reveal"}
"""Lines of the log that are no moves."""


class Introductions(RuleBasedStateMachine):
    """One request over one to three introducers, and everybody around it."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.now = NOW
        self.standing = Standing()
        self.given: dict[int, str] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    @initialize(introducers=st.integers(1, 3), knows_charlie=st.booleans(), yes=st.integers(-1, 4))
    def begins(self, introducers: int, knows_charlie: bool, yes: int) -> None:
        """A draft; mostly sent already, and agreed to by some or by everybody, so that the late states are reached."""
        self.alice = UserFactory(name="Alice Anders")
        verify(self.alice)
        self.chain: Chain = draft_chain(self.alice, introducers, charlie_email=CHARLIE if knows_charlie else "")
        self.standing = Standing(introducers=introducers)
        if yes >= 0:
            self.sends()
            self.the_post_goes_out()
        for position in range(min(yes, introducers + 1)):
            self.now += timedelta(hours=7)
            self.answers(position, Answer.YES, "charlie@typed.test" if position == introducers - 1 else "", None, False)

    # --- The asker --------------------------------------------------------------------------------------------------

    @rule()
    def sends_it(self) -> None:
        self.sends()

    def sends(self) -> None:
        self.tries(Move.SEND, lambda: services.send(introduction=self.chain.introduction, now=self.now))

    @rule(is_so=st.sampled_from([True, False, False]))
    def withdraws(self, is_so: bool) -> None:
        if not is_so:
            return
        self.tries(Move.WITHDRAW, lambda: services.withdraw(introduction=self.chain.introduction, now=self.now))

    @rule()
    def talked(self) -> None:
        self.tries(Move.TALK, lambda: services.talked(introduction=self.chain.introduction, now=self.now))

    @rule(worth=st.sampled_from([True, False, None]))
    def closes(self, worth: bool | None) -> None:
        self.tries(
            Move.CLOSE,
            lambda: services.close(
                introduction=self.chain.introduction, outcome="This came of it.", was_worth_it=worth, now=self.now
            ),
        )

    @rule()
    def hears_from_the_target(self) -> None:
        is_awaited = self.standing.shown in (State.INTRODUCED, State.FORWARDED)
        try:
            services.replied(introduction=self.chain.introduction, now=self.now)
        except MoveNotAllowed:
            assert not is_awaited
        else:
            assert is_awaited

    @rule()
    def tells(self) -> None:
        try:
            services.tell_introducers(introduction=self.chain.introduction, line="Thank you.", now=self.now)
        except services.NothingToTell:
            assert self.standing.shown not in _HELPED
        else:
            assert self.standing.shown in _HELPED

    def tries(self, move: Move, act: Callable[[], object]) -> None:
        """A click of the asker's does what what they see allows, and nothing else."""
        try:
            act()
        except services.CannotAsk:
            # Paused, or the target is known by now: a draft stays one.
            assert self.standing.state is State.DRAFT
        except MoveNotAllowed:
            assert move not in allowed_to_asker(self.standing.shown)
        else:
            assert move in allowed_to_asker(self.standing.shown)
            self.standing = after(self.standing, move, Party.ASKER)

    # --- Those who are asked ----------------------------------------------------------------------------------------

    @rule(
        position=st.integers(0, 3),
        answer=st.sampled_from([Answer.YES] * 6 + list(Answer)),
        email=st.sampled_from(["", "charlie@typed.test", "not an address", EMAILS[0]]),
        closeness=st.sampled_from([None, Closeness.SLIGHT, Closeness.NONE]),
        flag=st.booleans(),
    )
    def somebody_answers(
        self, position: int, answer: Answer, email: str, closeness: Closeness | None, flag: bool
    ) -> None:
        self.answers(position, answer, email, closeness, flag)

    def answers(self, position: int, answer: Answer, email: str, closeness: Closeness | None, flag: bool) -> None:
        if position > self.standing.introducers:
            return
        question = self.chain.question(position)
        was_open = answering.is_open(question, self.now)
        extras = services.Extras(
            word="A word.",
            word_is_shared=flag,
            added="A line.",
            next_email=email,
            closeness=closeness,
            may_correct=flag,
            stops_site=flag,
            again_date=(self.now + timedelta(days=5)).date() if flag else None,
        )
        try:
            answered = services.answer(consent_id=question.id, answer=answer, now=self.now, extras=extras)
        except services.NoLongerAsked:
            assert not was_open
            assert position not in self.given
            return
        except services.NotAnAnswer:
            assert question.is_target
            assert answer in (Answer.FORWARD, Answer.NOT_WELL)
            return
        except (services.AddressNeeded, services.AddressUnusable):
            assert answer == Answer.YES
            assert not question.is_target
            return
        if position in self.given:
            assert answered.answer == self.given[position]
            return
        assert was_open
        assert position == self.standing.position
        self.given[position] = answer
        party = Party(question.party)
        move = self.standing.yes if answer == Answer.YES and party is Party.INTRODUCER else answering.MOVES[answer]
        self.standing = after(self.standing, move, party)

    @rule(position=st.integers(0, 3))
    def says_that_it_is_passed_on(self, position: int) -> None:
        if position > self.standing.introducers:
            return
        try:
            services.passed_on(consent_id=self.chain.question(position).id, now=self.now)
        except services.NoLongerAsked:
            assert self.given.get(position) != Answer.FORWARD
        else:
            assert self.given[position] == Answer.FORWARD

    # --- The clock, the post, the world -----------------------------------------------------------------------------

    @rule(hours=st.integers(1, 24 * 9))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.beat()

    @rule()
    def beat_looks(self) -> None:
        self.beat()

    def beat(self) -> None:
        with travel(self.now, tick=False):
            sweep()
        fresh = self.chain.fresh()
        # What the clock did is read from the rows; that it was allowed to, and in time, is checked here.
        if fresh.state != self.standing.state or fresh.shown_state != self.standing.shown:
            made = fresh.standing
            if made.state is State.MET:
                self.standing = after(self.standing, Move.MEET, Party.CLOCK)
            elif made.state is State.EXPIRED and self.standing.state in ASKED:
                self.standing = after(self.standing, Move.EXPIRE, Party.CLOCK)
            if made.shown is State.DECLINED and self.standing.state in CAME_TO_NOTHING:
                assert self.standing.awaits_reveal
                self.standing = made

    @rule()
    def the_post_is_emptied(self) -> None:
        self.the_post_goes_out()

    def the_post_goes_out(self) -> None:
        Letter.objects.filter(state=LetterState.QUEUED).update(state=LetterState.SENT, sent_at=self.now)

    @rule(is_so=st.sampled_from([True, False, False, False, False, False]))
    def meets_the_target_elsewhere(self, is_so: bool) -> None:
        if is_so:
            self.knows()

    def knows(self) -> None:
        Person.objects.filter(id=self.chain.charlie.id).update(relation=Relation.KNOWN)

    @rule(is_paused=st.booleans())
    def is_paused_or_let_go(self, is_paused: bool) -> None:
        pause = AskingPause.objects.filter(owner=self.alice, lifted_at=None).first()
        if is_paused and pause is None:
            AskingPause.objects.create(owner=self.alice, paused_at=self.now)
        elif not is_paused and pause is not None:
            strikes.lift(pause=pause, now=self.now)

    # --- What holds, whatever was done ------------------------------------------------------------------------------

    @invariant()
    def rows_stand_where_the_table_says(self) -> None:
        assert self.chain.fresh().standing == self.standing

    @invariant()
    def one_question_at_a_time_in_turn(self) -> None:
        asked = self.chain.asked()
        assert asked in ([], [self.standing.position])
        if self.standing.state not in ASKED:
            assert asked == []
        if self.standing.state in ENDED:
            assert not Consent.objects.filter(
                introduction=self.chain.introduction, state__in=[ConsentState.WAITING, ConsentState.ASKED]
            ).exists()

    @invariant()
    def introduced_by_everybodys_yes_and_by_one_letter(self) -> None:
        everybody = [self.given.get(position) for position in range(self.standing.introducers + 1)]
        has_all = everybody == [Answer.YES] * len(everybody)
        assert (self.chain.fresh().introduced_at is not None) == has_all
        assert Letter.objects.filter(kind="introduced").count() == has_all

    @invariant()
    def nobody_has_an_address_before_its_time(self) -> None:
        if self.chain.fresh().introduced_at is not None:
            return
        target = self.chain.question(self.standing.introducers).email
        to_alice = Letter.objects.filter(to__contains=[self.alice.email])
        for letter in to_alice:
            assert not target or target not in letter.text + letter.html
        for letter in Letter.objects.exclude(to__contains=[self.alice.email]).exclude(to__contains=[EMAILS[0]]):
            assert self.alice.email not in "".join([letter.text, letter.html, *letter.reply_to, *letter.cc])

    @invariant()
    def nothing_goes_out_that_is_needed_no_more(self) -> None:
        if self.standing.state in (State.WITHDRAWN, State.MET):
            waiting = Letter.objects.filter(
                state=LetterState.QUEUED, group=f"introduction:{self.chain.introduction.id}"
            )
            assert not waiting.exists()

    @invariant()
    def the_asker_reads_what_they_may(self) -> None:
        row = queries.introductions_of(self.alice).get()
        view = queries.view(row)
        assert view.shown == self.standing.shown
        assert view.moves == allowed_to_asker(self.standing.shown)
        lines = " ".join(line.text for line in queries.timeline(row))
        if self.standing.shown in (State.DRAFT, State.INTRODUCER_ASKED):
            allowed = {"You wrote it down.", f"You asked {self.chain.people[0].full_name}."}
            assert {line.text for line in queries.timeline(row)} <= allowed
            assert queries.shared_words(row) == []
        if self.standing.shown not in _HELPED:
            assert "said yes" not in lines

    @invariant()
    def the_log_is_a_walk_through_the_table(self) -> None:
        table = {(step.old, step.move, step.party, step.new) for step in STEPS}
        state = State.DRAFT
        for event in Event.objects.filter(introduction=self.chain.introduction).order_by("id"):
            if event.what in _BY_HAND:
                continue
            assert (event.old, event.what, event.party, event.new) in table
            assert event.old == state
            state = State(event.new)
        assert state == self.standing.state


@pytest.mark.django_db
@pytest.mark.usefixtures("unlimited")
def test_whatever_anybody_does() -> None:
    run_state_machine_as_test(
        Introductions,
        settings=settings(
            max_examples=600 if FULL else 40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
