"""The life of an introduction: its states, who may move it, and the only moves there are. Touches no rows.

                     ┌─ yes, and another introducer follows ─┐
                     v                                       │
    draft ── send ──> introducer_asked ── yes ──> target_asked ── yes ──> introduced ── talked ──> talked ──> closed
                            │  │                       │
                            │  └─ I'll pass it on ─> forwarded ── talked / closed
                            └─ no · not now · no answer ─┘ ──> declined · not_now · expired
                                            (withdrawn: any time; met: the two came to know each other meanwhile)

One to three introducers are asked in turn, the target last; `position` says who has the question: 0 is the first
introducer, and the target stands behind the last.

The asker is never told which of the others said no, nor how far the request had come. An introduction therefore
has two states: `state`, the truth, and `shown`, what the asker's screens, mails and log may tell. They differ in two
ways: whoever has the question, it shows as "on its way", and a request that came to nothing shows so only from a
fixed hour on (`reveal`), always as DECLINED. Until then the asker may withdraw it, as if it were still open.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

MOST_INTRODUCERS: Final = 3


class State(StrEnum):
    """Where an introduction stands."""

    DRAFT = "draft"
    INTRODUCER_ASKED = "introducer_asked"
    TARGET_ASKED = "target_asked"
    FORWARDED = "forwarded"
    INTRODUCED = "introduced"
    TALKED = "talked"
    CLOSED = "closed"
    DECLINED = "declined"
    NOT_NOW = "not_now"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    MET = "met"


class Party(StrEnum):
    """Who makes a move."""

    ASKER = "asker"
    INTRODUCER = "introducer"
    TARGET = "target"
    CLOCK = "clock"


class Move(StrEnum):
    """What somebody does to an introduction."""

    SEND = "send"
    HAND_ON = "hand_on"
    AGREE = "agree"
    FORWARD = "forward"
    DECLINE = "decline"
    POSTPONE = "postpone"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    MEET = "meet"
    TALK = "talk"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed move: from `old` to `new`, by `party`."""

    old: State
    move: Move
    party: Party
    new: State


_S, _M, _P = State, Move, Party
STEPS: tuple[Step, ...] = (
    Step(_S.DRAFT, _M.SEND, _P.ASKER, _S.INTRODUCER_ASKED),
    Step(_S.DRAFT, _M.WITHDRAW, _P.ASKER, _S.WITHDRAWN),
    # To the next introducer, where there is one; the last one's yes goes to the target (`step` tells them apart).
    Step(_S.INTRODUCER_ASKED, _M.HAND_ON, _P.INTRODUCER, _S.INTRODUCER_ASKED),
    Step(_S.INTRODUCER_ASKED, _M.AGREE, _P.INTRODUCER, _S.TARGET_ASKED),
    Step(_S.INTRODUCER_ASKED, _M.FORWARD, _P.INTRODUCER, _S.FORWARDED),
    Step(_S.INTRODUCER_ASKED, _M.DECLINE, _P.INTRODUCER, _S.DECLINED),
    Step(_S.INTRODUCER_ASKED, _M.POSTPONE, _P.INTRODUCER, _S.NOT_NOW),
    Step(_S.INTRODUCER_ASKED, _M.EXPIRE, _P.CLOCK, _S.EXPIRED),
    Step(_S.INTRODUCER_ASKED, _M.WITHDRAW, _P.ASKER, _S.WITHDRAWN),
    Step(_S.TARGET_ASKED, _M.AGREE, _P.TARGET, _S.INTRODUCED),
    Step(_S.TARGET_ASKED, _M.DECLINE, _P.TARGET, _S.DECLINED),
    Step(_S.TARGET_ASKED, _M.POSTPONE, _P.TARGET, _S.NOT_NOW),
    Step(_S.TARGET_ASKED, _M.EXPIRE, _P.CLOCK, _S.EXPIRED),
    Step(_S.TARGET_ASKED, _M.WITHDRAW, _P.ASKER, _S.WITHDRAWN),
    # Withdrawn by an asker who does not know yet that it came to nothing (`may` allows it only until it is revealed).
    Step(_S.DECLINED, _M.WITHDRAW, _P.ASKER, _S.WITHDRAWN),
    Step(_S.NOT_NOW, _M.WITHDRAW, _P.ASKER, _S.WITHDRAWN),
    Step(_S.EXPIRED, _M.WITHDRAW, _P.ASKER, _S.WITHDRAWN),
    # The asker came to know the target in another way. The clock finds it; hidden ends go the same way as open ones.
    Step(_S.DRAFT, _M.MEET, _P.CLOCK, _S.MET),
    Step(_S.INTRODUCER_ASKED, _M.MEET, _P.CLOCK, _S.MET),
    Step(_S.TARGET_ASKED, _M.MEET, _P.CLOCK, _S.MET),
    Step(_S.DECLINED, _M.MEET, _P.CLOCK, _S.MET),
    Step(_S.NOT_NOW, _M.MEET, _P.CLOCK, _S.MET),
    Step(_S.EXPIRED, _M.MEET, _P.CLOCK, _S.MET),
    Step(_S.FORWARDED, _M.TALK, _P.ASKER, _S.TALKED),
    Step(_S.FORWARDED, _M.CLOSE, _P.ASKER, _S.CLOSED),
    Step(_S.FORWARDED, _M.WITHDRAW, _P.ASKER, _S.WITHDRAWN),
    Step(_S.INTRODUCED, _M.TALK, _P.ASKER, _S.TALKED),
    Step(_S.INTRODUCED, _M.CLOSE, _P.ASKER, _S.CLOSED),
    Step(_S.TALKED, _M.CLOSE, _P.ASKER, _S.CLOSED),
)
_BY_MOVE = {(step.old, step.move, step.party): step for step in STEPS}

ASKED = frozenset({State.INTRODUCER_ASKED, State.TARGET_ASKED})
"""Somebody else has a question before them."""

CAME_TO_NOTHING = frozenset({State.DECLINED, State.NOT_NOW, State.EXPIRED})
"""Ended by somebody's no, or by silence; to the asker these three are one."""

OPEN = frozenset({State.DRAFT, State.FORWARDED, State.INTRODUCED, *ASKED})
"""A second introduction to the same target would be one too many."""

ENDED = frozenset({State.CLOSED, State.WITHDRAWN, State.MET, *CAME_TO_NOTHING})
"""Nothing follows."""


class MoveNotAllowed(Exception):
    """That party cannot make that move from that state."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an introduction stands in truth, and as far as the asker may know.

    introducers: how many there are, 1 to MOST_INTRODUCERS. position: who has the question, or had it last.
    """

    state: State = State.DRAFT
    shown: State = State.DRAFT
    position: int = 0
    introducers: int = 1

    @property
    def awaits_reveal(self) -> bool:
        """Whether the asker has yet to be told that it came to nothing."""
        return self.state in CAME_TO_NOTHING and self.shown is not State.DECLINED

    @property
    def yes(self) -> Move:
        """What a yes of whoever has the question is: a step to the next introducer, or agreement."""
        return Move.HAND_ON if self.position + 1 < self.introducers else Move.AGREE


def step(standing: Standing, move: Move, party: Party) -> Step:
    """The allowed step, or MoveNotAllowed. The answer to an asker depends on `shown` alone, so it betrays nothing."""
    found = _BY_MOVE.get((standing.state, move, party))
    hidden_end = standing.state in CAME_TO_NOTHING and not standing.awaits_reveal
    wrong_yes = party is Party.INTRODUCER and move in _YES and move is not standing.yes
    if found is None or hidden_end or wrong_yes:
        raise MoveNotAllowed(f"{party} may not {move} an introduction that is {standing.state}")
    return found


_YES = frozenset({Move.HAND_ON, Move.AGREE})


def after(standing: Standing, move: Move, party: Party) -> Standing:
    """The standing after that move, or MoveNotAllowed."""
    new = step(standing, move, party).new
    shown = standing.shown if new in CAME_TO_NOTHING else seen_by_asker(new)
    onward = party is Party.INTRODUCER and move in _YES
    return replace(standing, state=new, shown=shown, position=standing.position + onward)


def reveal(standing: Standing) -> Standing:
    """The standing once the fixed hour has come. Unchanged where there is nothing to reveal."""
    return replace(standing, shown=State.DECLINED) if standing.awaits_reveal else standing


def seen_by_asker(state: State) -> State:
    """What the asker may know of `state` in the end: that it is on its way, not with whom; that it came to nothing,
    not why."""
    if state is State.TARGET_ASKED:
        return State.INTRODUCER_ASKED
    if state in CAME_TO_NOTHING:
        return State.DECLINED
    return state


def allowed_to_asker(shown: State) -> frozenset[Move]:
    """What the asker may do, from what they see: for buttons, and the same as `step` says."""
    return frozenset(item.move for item in STEPS if item.old is shown and item.party is Party.ASKER) - (
        frozenset({Move.WITHDRAW}) if shown in CAME_TO_NOTHING else frozenset()
    )
