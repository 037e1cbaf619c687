"""The answers of the other two. From the mail or from the dashboard, all of them come through `answer`."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from contacts.words import clean, one_line
from introductions import letters, timing
from introductions.lifecycle import Move, MoveNotAllowed, Party
from introductions.models import Answer, Consent, ConsentState, Introduction
from introductions.services import addresses, asking, following, moves

MOVES: Final = {
    Answer.YES: Move.AGREE,
    Answer.FORWARD: Move.FORWARD,
    Answer.NOT_NOW: Move.POSTPONE,
    Answer.NO: Move.DECLINE,
    Answer.NOT_WELL: Move.DECLINE,
    Answer.NOT_ME: Move.DECLINE,
}
TO_TARGET: Final = (Answer.YES, Answer.NOT_NOW, Answer.NO, Answer.NOT_ME)
TO_INTRODUCER: Final = tuple(MOVES)


class NoLongerAsked(Exception):
    """The question was withdrawn or has run out; nothing was changed."""


class NotAnAnswer(ValueError):
    """That answer is not among those this party has."""


def is_open(question: Consent, now: datetime) -> bool:
    """Whether the question can still be answered: asked, and not run out."""
    return question.state == ConsentState.ASKED and question.expires_at is not None and now < question.expires_at


def is_shown(question: Consent, now: datetime) -> bool:
    """Whether the link in the mail still leads anywhere: open, or answered not long ago."""
    if question.state == ConsentState.ANSWERED:
        assert question.answered_at is not None
        return now < question.answered_at + timing.SHOWN_AFTER_ANSWER
    return is_open(question, now)


@transaction.atomic
def answer(
    *,
    consent_id: UUID,
    answer: Answer,
    now: datetime,
    word: str = "",
    word_is_shared: bool = False,
    added: str = "",
    target_email: str = "",
) -> Consent:
    """Take one answer, once: a question that was answered before comes back as it was answered then.

    `word` is a word back, shown to the asker only if `word_is_shared`; `added` is the introducer's own line for the
    target; `target_email` the target's address, where the introducer gives it.
    Raises NoLongerAsked, NotAnAnswer, addresses.AddressNeeded, addresses.AddressUnusable; nothing was changed then.
    """
    introduction = moves.lock(Consent.objects.values_list("introduction_id", flat=True).get(id=consent_id))
    question = Consent.objects.get(id=consent_id)
    question.introduction = introduction
    if question.state == ConsentState.ANSWERED:
        return question
    if not is_open(question, now):
        raise NoLongerAsked
    if answer not in (TO_TARGET if question.is_target else TO_INTRODUCER):
        raise NotAnAnswer(answer)
    asks_target = answer == Answer.YES and not question.is_target
    chosen = addresses.for_target(question, target_email) if asks_target else None

    move, party = MOVES[answer], Party(question.party)
    try:
        moves.make(introduction, move=move, party=party, now=now, **_consequences(introduction, move, party, now))
    except MoveNotAllowed as error:
        raise NoLongerAsked from error
    question.state, question.answer, question.answered_at = ConsentState.ANSWERED, answer, now
    question.nudge_at = None
    question.word, question.word_is_shared = clean(word).strip(), word_is_shared and bool(word.strip())
    question.added = one_line(added) if asks_target else ""
    question.save()
    letters.cancel_nudge(introduction)

    if chosen is not None:
        target = introduction.consents.get(party=Party.TARGET)
        target.introduction = introduction
        asking.ask(target, email=chosen.email, source=chosen.source, now=now)
        letters.target_asked(question=target, now=now)
    elif move is Move.AGREE:
        following.introduced(introduction=introduction, now=now)
    elif move is Move.FORWARD:
        following.forwarded(introduction=introduction, now=now)
    else:
        moves.void_consents(introduction)
    return question


def _consequences(introduction: Introduction, move: Move, party: Party, now: datetime) -> dict[str, datetime]:
    if move in (Move.DECLINE, Move.POSTPONE):
        return {"reveal_at": timing.reveal_time(now, introduction.owner.zone)}
    if move is Move.AGREE and party is Party.TARGET:
        return {"introduced_at": now}
    return {}
