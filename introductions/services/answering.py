"""The answers of those who are asked. From the mail or from the dashboard, all of them come through `answer`."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from contacts.models import Closeness
from contacts.words import clean, one_line
from introductions import letters, timing
from introductions.lifecycle import Move, MoveNotAllowed, Party
from introductions.models import Answer, Consent, ConsentState, Introduction
from introductions.services import addresses, corrections, following, moves, questions, strikes
from netapp.lib.times import local_date

MOVES: Final = {
    Answer.YES: Move.AGREE,
    Answer.FORWARD: Move.FORWARD,
    Answer.NOT_NOW: Move.POSTPONE,
    Answer.NO: Move.DECLINE,
    Answer.NOT_WELL: Move.DECLINE,
    Answer.NOT_ME: Move.DECLINE,
    Answer.STRANGER: Move.DECLINE,
    Answer.STOP: Move.DECLINE,
}
TO_INTRODUCER: Final = tuple(MOVES)
TO_TARGET: Final = tuple(answer for answer in MOVES if answer not in (Answer.FORWARD, Answer.NOT_WELL))


class NoLongerAsked(Exception):
    """The question was withdrawn or has run out; nothing was changed."""


class NotAnAnswer(ValueError):
    """That answer is not among those this party has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What may go with an answer.

    word: a word back, shown to the asker only if `word_is_shared`. added: with a yes, the introducer's own line for the
    next; next_email: the next one's address, where the introducer gives it. again_date: with a not now, from when on
    the asker may ask again, of which the asker then learns. closeness: with "not well enough", how well; may_correct:
    whether the asker may learn that. stops_site: with a stop, whether it is meant for everybody here.
    """

    word: str = ""
    word_is_shared: bool = False
    added: str = ""
    next_email: str = ""
    again_date: date | None = None
    closeness: Closeness | None = None
    may_correct: bool = False
    stops_site: bool = False


_NOTHING: Final = Extras()


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
def answer(*, consent_id: UUID, answer: Answer, now: datetime, extras: Extras = _NOTHING) -> Consent:
    """Take one answer, once: a question that was answered before comes back as it was answered then.

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
    passes_on = answer == Answer.YES and not question.is_target
    chosen = addresses.for_next(question, extras.next_email) if passes_on else None

    move, party = MOVES[answer], Party(question.party)
    if passes_on:
        move = introduction.standing.yes
    try:
        moves.make(introduction, move=move, party=party, now=now, **_consequences(introduction, move, party, now))
    except MoveNotAllowed as error:
        raise NoLongerAsked from error
    _write_down(question, answer, extras, now)
    letters.cancel_nudge(introduction)

    if chosen is not None:
        behind = introduction.consents.get(position=question.position + 1)
        behind.introduction = introduction
        questions.put_or_wait(behind, email=chosen.email, source=chosen.source, now=now)
    elif move is Move.AGREE:
        following.introduced(introduction=introduction, now=now)
    elif move is Move.FORWARD:
        following.forwarded(question=question, now=now)
    else:
        moves.void_consents(introduction)
        _follow_a_no(question, extras, now)
    return question


def _write_down(question: Consent, answer: Answer, extras: Extras, now: datetime) -> None:
    question.state, question.answer, question.answered_at = ConsentState.ANSWERED, answer, now
    # Whoever passes it on themselves is asked once whether they have.
    question.nudge_at = timing.nudge_time(now) if answer == Answer.FORWARD else None
    question.word = clean(extras.word).strip()
    question.word_is_shared = extras.word_is_shared and bool(question.word)
    if answer == Answer.YES and not question.is_target:
        question.added = one_line(extras.added)
    if (
        answer == Answer.NOT_NOW
        and extras.again_date
        and extras.again_date > local_date(now, question.introduction.owner.zone)
    ):
        question.again_date = extras.again_date
    if answer == Answer.NOT_WELL and extras.closeness in corrections.HOW_WELL:
        question.closeness, question.may_correct = extras.closeness or "", extras.may_correct
    question.save()


def _follow_a_no(question: Consent, extras: Extras, now: datetime) -> None:
    if question.answer == Answer.NOT_WELL:
        corrections.correct_own_tie(question=question, now=now)
    elif question.answer == Answer.STRANGER:
        strikes.count(question=question, now=now)
    elif question.answer == Answer.STOP:
        letters.stop_mail(question=question, whole_site=extras.stops_site)


def _consequences(introduction: Introduction, move: Move, party: Party, now: datetime) -> dict[str, datetime]:
    if move in (Move.DECLINE, Move.POSTPONE):
        return {"reveal_at": timing.reveal_time(now, introduction.owner.zone)}
    if move is Move.AGREE and party is Party.TARGET:
        return {"introduced_at": now}
    return {}


@transaction.atomic
def passed_on(*, consent_id: UUID, now: datetime) -> Consent:
    """An introducer who would rather do it themselves has done it. Said twice it is said once. Raises NoLongerAsked."""
    introduction = moves.lock(Consent.objects.values_list("introduction_id", flat=True).get(id=consent_id))
    question = Consent.objects.get(id=consent_id)
    question.introduction = introduction
    if question.answer != Answer.FORWARD:
        raise NoLongerAsked
    if question.passed_on_at is None:
        question.passed_on_at, question.nudge_at = now, None
        question.save(update_fields=["passed_on_at", "nudge_at"])
        letters.cancel_nudge(introduction)
        moves.log(introduction, what="passed_on", party=Party.INTRODUCER, now=now, position=question.position)
        following.passed_on(question=question, now=now)
    return question
