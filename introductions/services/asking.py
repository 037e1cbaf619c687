"""The asker's part: a draft, its changes, sending and withdrawing it."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import Http404

from contacts.access import shared_card
from contacts.models import Person, Relation
from contacts.services import reminders
from contacts.words import clean
from introductions import letters, notes, timing
from introductions.lifecycle import ASKED, Move, Party, State
from introductions.models import AddressFrom, Consent, ConsentState, Introduction, Seat
from introductions.services import addresses, moves, searches
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.mail import suppression


class CannotAsk(ValueError):
    """This introduction cannot be asked for; the message tells the asker why, and nothing about anybody else."""


class AlreadyOpen(CannotAsk):
    """There is one for this target already."""


@transaction.atomic
def draft(
    *,
    owner: User,
    target: Person,
    introducer: Person,
    seat: Seat | None,
    message: str,
    note: str,
    now: datetime,
) -> Introduction:
    """Write a request down without sending it. `target` may be a card that another member shares with the owner.

    Raises CannotAsk, AlreadyOpen.
    """
    name, role, organisation = _what_is_known(owner, target, now)
    check_introducer(owner=owner, introducer=introducer, target=target)
    try:
        with transaction.atomic():
            introduction = Introduction.objects.create(
                owner=owner,
                target=target,
                target_name=name,
                target_role=role,
                target_organisation=organisation,
                introducer=introducer,
                introducer_name=introducer.full_name,
                seat=seat,
                message=_tidy(message),
                note=_tidy(note),
                state_at=now,
            )
    except IntegrityError as error:
        raise AlreadyOpen(f"You have asked for an introduction to {name} already.") from error
    moves.log(introduction, what="draft", party=Party.ASKER, now=now, new=State.DRAFT)
    return introduction


@transaction.atomic
def revise(
    *, introduction: Introduction, introducer: Person, seat: Seat | None, message: str, note: str, now: datetime
) -> Introduction:
    """Change a draft. Raises CannotAsk, and Overtaken where it is no draft any more."""
    fresh = moves.lock(introduction.id)
    if fresh.state != State.DRAFT:
        raise moves.Overtaken
    check_introducer(owner=fresh.owner, introducer=introducer, target=fresh.target)
    fresh.introducer, fresh.introducer_name, fresh.seat = introducer, introducer.full_name, seat
    fresh.message, fresh.note = _tidy(message), _tidy(note)
    fresh.save(update_fields=["introducer", "introducer_name", "seat", "message", "note", "updated_at"])
    return fresh


@transaction.atomic
def send(*, introduction: Introduction, now: datetime) -> Introduction:
    """Ask the introducer by mail. Raises CannotAsk or notes.NoteNotReady where something is missing, and
    MoveNotAllowed or Overtaken where it was sent already."""
    fresh = moves.lock(introduction.id)
    notes.check(fresh.note)
    if fresh.introducer is None or fresh.target is None:
        raise CannotAsk("One of the two cards is gone. Start again from the person you want to meet.")
    _what_is_known(fresh.owner, fresh.target, now)
    check_introducer(owner=fresh.owner, introducer=fresh.introducer, target=fresh.target)
    if left := notes.gaps(fresh.message):
        raise CannotAsk(f"Fill in or take out what stands in brackets: {left[0]}")
    if not fresh.owner.name:
        raise CannotAsk("Tell Kith your name first, in the settings: it stands in the mail to your friend.")
    email = addresses.of_card(fresh.introducer, but=addresses.verified(fresh.owner))
    moves.make(fresh, move=Move.SEND, party=Party.ASKER, now=now, asked_at=now)
    question = ask(
        Consent(
            introduction=fresh,
            position=0,
            party=Party.INTRODUCER,
            person=fresh.introducer,
            name=fresh.introducer_name,
        ),
        email=email,
        source=AddressFrom.ASKER,
        now=now,
    )
    Consent.objects.create(
        introduction=fresh, position=1, party=Party.TARGET, person=fresh.target, name=fresh.target_name
    )
    letters.introducer_asked(question=question, now=now)
    # How often a friend was asked lately is part of the chance of every route through them.
    searches.books_moved(member_ids={fresh.owner_id}, now=now)
    return fresh


def ask(question: Consent, *, email: str, source: AddressFrom, now: datetime) -> Consent:
    """Put a question before somebody: a fresh token, a nudge, an end. The letter is the caller's."""
    issued = tokens.issue(letters.PURPOSE)
    sent_at = question.introduction.asked_at
    assert sent_at is not None
    question.email, question.address_from = email, source
    question.state, question.asked_at = ConsentState.ASKED, now
    question.salt, question.token_digest = issued.salt, issued.digest
    question.nudge_at = timing.nudge_time(now)
    question.expires_at = timing.answer_until(now, sent_at)
    question.save()
    return question


@transaction.atomic
def withdraw(*, introduction: Introduction, now: datetime) -> Introduction:
    """Take it back: nobody is asked any more, letters not sent yet are cancelled, whoever was asked is told.

    Where it had come to nothing without the asker knowing, all of this looks the same. Raises MoveNotAllowed or
    Overtaken.
    """
    fresh = moves.lock(introduction.id)
    call_back(fresh, now=now, member=fresh.owner)
    return fresh


def call_back(introduction: Introduction, *, now: datetime, member: User | None) -> None:
    """Withdraw it, in the caller's transaction: questions void, unsent letters and reminders cancelled.

    Those who had been asked are told, on behalf of `member`; an introducer who had said yes as well, since they gave
    the target their word. Where somebody had said no, nobody needs to hear.
    """
    was_in_hands = introduction.state in {*ASKED, State.FORWARDED}
    moves.make(introduction, move=Move.WITHDRAW, party=Party.ASKER, now=now)
    moves.void_consents(introduction)
    letters.cancel_unsent(introduction)
    reminders.cancel_about(about=introduction.id, now=now)
    if was_in_hands:
        for question in introduction.consents.filter(asked_at__isnull=False):
            question.introduction = introduction
            letters.withdrawn(question=question, member=member, now=now)


def check_introducer(*, owner: User, introducer: Person, target: Person | None) -> None:
    """Raise CannotAsk unless the owner can ask this person for an introduction to the target."""
    name = introducer.full_name
    if introducer.owner_id != owner.id or introducer.deleted_at or introducer.relation != Relation.KNOWN:
        raise CannotAsk("Choose somebody you know.")
    if target is not None and introducer.id == target.id:
        raise CannotAsk(f"{name} is the person you want to meet. Choose somebody who knows them.")
    email = addresses.of_card(introducer, but=addresses.verified(owner))
    if not email:
        raise CannotAsk(f"{name} has no e-mail address in your book. Add one to their card, or choose somebody else.")
    if suppression.stopped_among([email], member=owner, kind="introducer_asked"):
        raise CannotAsk(f"Kith cannot write to {name} for you. Write to them yourself, or choose somebody else.")


def _what_is_known(owner: User, target: Person, now: datetime) -> tuple[str, str, str]:
    """Name, role and organisation of the target as far as the owner may know. Raises CannotAsk."""
    if target.owner_id == owner.id and not target.deleted_at:
        if target.relation == Relation.KNOWN:
            raise CannotAsk(f"You know {target.full_name} already: write to them yourself.")
        return target.full_name, target.role, target.organisation
    try:
        card = shared_card(owner, target.id, now)
    except Http404:
        raise CannotAsk("This person is not in your book any more, nor shared with you.") from None
    return card.name, card.role, card.organisation


def _tidy(text: str) -> str:
    return clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
