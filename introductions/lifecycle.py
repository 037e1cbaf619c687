"""The life of an introduction: its states, who may move it, and the only moves there are. Touches no rows.

    draft ── send ──> introducer_asked ── yes ──> target_asked ── yes ──> introduced ── talked ──> talked ──> closed
                            │  │                       │
                            │  └─ I'll pass it on ─> forwarded ── talked / closed
                            └─ no · not now · no answer ─┘ ──> declined · not_now · expired        (withdrawn: any time)

The asker is never told which of the two others said no, nor how far the request had come: `seen_by_asker` is all that
an asker's screen, mail or log may show of a state.
"""

from dataclasses import dataclass
from enum import StrEnum


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


class Party(StrEnum):
    """Who makes a move."""

    ASKER = "asker"
    INTRODUCER = "introducer"
    TARGET = "target"
    CLOCK = "clock"


class Move(StrEnum):
    """What somebody does to an introduction."""

    SEND = "send"
    AGREE = "agree"
    FORWARD = "forward"
    DECLINE = "decline"
    POSTPONE = "postpone"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
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
    Step(_S.FORWARDED, _M.TALK, _P.ASKER, _S.TALKED),
    Step(_S.FORWARDED, _M.CLOSE, _P.ASKER, _S.CLOSED),
    Step(_S.FORWARDED, _M.WITHDRAW, _P.ASKER, _S.WITHDRAWN),
    Step(_S.INTRODUCED, _M.TALK, _P.ASKER, _S.TALKED),
    Step(_S.INTRODUCED, _M.CLOSE, _P.ASKER, _S.CLOSED),
    Step(_S.TALKED, _M.CLOSE, _P.ASKER, _S.CLOSED),
)
_BY_MOVE = {(step.old, step.move, step.party): step for step in STEPS}

ASKED = frozenset({State.INTRODUCER_ASKED, State.TARGET_ASKED})
OPEN = frozenset({State.DRAFT, State.FORWARDED, State.INTRODUCED, *ASKED})
ENDED = frozenset(State) - OPEN - {State.TALKED}


class MoveNotAllowed(Exception):
    """That party cannot make that move from that state."""


def step(old: State, move: Move, party: Party) -> Step:
    """The allowed step, or MoveNotAllowed."""
    try:
        return _BY_MOVE[old, move, party]
    except KeyError:
        raise MoveNotAllowed(f"{party} may not {move} an introduction that is {old}") from None


def seen_by_asker(state: State) -> State:
    """What the asker may know of `state`: that it is on its way, not with whom; that it came to nothing, not why."""
    if state is State.TARGET_ASKED:
        return State.INTRODUCER_ASKED
    if state in {State.NOT_NOW, State.EXPIRED}:
        return State.DECLINED
    return state
