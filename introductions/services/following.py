"""What follows a yes: the asker's book, the reminders, and closing the loop with the introducer."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from contacts.handles import HandleKind
from contacts.models import Direction, Handle, InteractionKind, Person, Relation, Reminder, ReminderKind, ReminderState
from contacts.services import interactions, people, reminders
from contacts.services.handles import HandleInput
from contacts.words import clean
from introductions import letters, queries
from introductions.lifecycle import Move, MoveNotAllowed, Party, State
from introductions.models import Answer, Consent, ConsentState, Introduction
from introductions.parties import listed
from introductions.services import moves
from netapp.accounts.models import User
from netapp.lib.times import local_date

_BEFORE_TALKING: Final = (ReminderKind.REPLY_TODAY, ReminderKind.DID_YOU_TALK)
_WORDS: Final = {
    ReminderKind.REPLY_TODAY: "Write to {target}",
    ReminderKind.DID_YOU_TALK: "Did you talk with {target}?",
    ReminderKind.THANK_INTRODUCER: "Thank {introducers}, and tell what came of it",
}


class NothingToTell(ValueError):
    """There is no introducer to tell, or the line is empty."""


def introduced(*, introduction: Introduction, now: datetime) -> None:
    """Both said yes: one letter to both, the target in the asker's book, the reminders. In the answer's transaction."""
    target = introduction.consents.get(party=Party.TARGET, state=ConsentState.ANSWERED)
    card = _meet(introduction, email=target.email, now=now)
    interactions.log_contact(
        person=card,
        kind=InteractionKind.MAIL,
        direction=Direction.BOTH,
        happened_at=now,
        note=f"{listed(introduction.introducer_names)} introduced us.",
        now=now,
    )
    letters.introduced(introduction=introduction, words=queries.shared_words(introduction), now=now)
    _remind(introduction, ReminderKind.REPLY_TODAY, card, now, days=1)
    _remind(introduction, ReminderKind.DID_YOU_TALK, card, now, days=settings.INTRODUCTION_TALK_DAYS)


def forwarded(*, question: Consent, now: datetime) -> None:
    """An introducer passes the note on themselves: Kith asks nobody else. They get a mail ready to be forwarded; the
    asker is told whom to wait for."""
    introduction = question.introduction
    moves.void_consents(introduction)
    letters.forwardable(question=question, now=now)
    letters.forwarded(question=question, words=queries.shared_words(introduction), now=now)
    _remind(introduction, ReminderKind.DID_YOU_TALK, _own_card(introduction), now, days=settings.INTRODUCTION_TALK_DAYS)


def passed_on(*, question: Consent, now: datetime) -> None:
    """It has been forwarded: the asker is told, and asked from that day on whether they talked."""
    introduction = question.introduction
    if introduction.shown_state != State.FORWARDED:
        return
    letters.passed_on(question=question, now=now)
    waiting = Reminder.objects.filter(
        about=introduction.id, kind=ReminderKind.DID_YOU_TALK, state=ReminderState.WAITING
    )
    waiting.update(due_at=_morning(introduction, now, days=settings.INTRODUCTION_TALK_DAYS))


@transaction.atomic
def replied(*, introduction: Introduction, now: datetime) -> Introduction:
    """The target wrote back: nothing is left to do today. Noted once. Raises MoveNotAllowed where none is awaited."""
    fresh = moves.lock(introduction.id)
    if fresh.shown_state not in (State.INTRODUCED, State.FORWARDED):
        raise MoveNotAllowed("nobody's answer is awaited")
    if fresh.replied_at is None:
        Introduction.objects.filter(id=fresh.id).update(replied_at=now)
        fresh.replied_at = now
        moves.log(fresh, what="replied", party=Party.ASKER, now=now)
        reminders.cancel_about(about=fresh.id, now=now, kinds=[ReminderKind.REPLY_TODAY])
    return fresh


@transaction.atomic
def talked(
    *, introduction: Introduction, now: datetime, kind: InteractionKind | None = InteractionKind.CALL
) -> Introduction:
    """They talked: noted as a contact (`kind` None: it is noted already); a reminder to thank and tell follows.

    Raises MoveNotAllowed, Overtaken.
    """
    fresh = moves.lock(introduction.id)
    moves.make(fresh, move=Move.TALK, party=Party.ASKER, now=now)
    card = _meet(fresh, email="", now=now)
    if kind is not None:
        note = f"Talked, after {listed(fresh.introducer_names)} introduced us."
        interactions.log_contact(person=card, kind=kind, happened_at=now, note=note, now=now)
    reminders.cancel_about(about=fresh.id, now=now, kinds=_BEFORE_TALKING)
    _remind_to_thank(fresh, now)
    return fresh


@transaction.atomic
def close(*, introduction: Introduction, outcome: str, was_worth_it: bool | None, now: datetime) -> Introduction:
    """Write down what came of it. Raises MoveNotAllowed, Overtaken."""
    fresh = moves.lock(introduction.id)
    moves.make(
        fresh,
        move=Move.CLOSE,
        party=Party.ASKER,
        now=now,
        outcome=clean(outcome).strip(),
        was_worth_it=was_worth_it,
    )
    reminders.cancel_about(about=fresh.id, now=now, kinds=_BEFORE_TALKING)
    _remind_to_thank(fresh, now)
    return fresh


@transaction.atomic
def tell_introducers(*, introduction: Introduction, line: str, now: datetime) -> Introduction:
    """Send everybody who helped the asker's own line on what came of it, once; a second call changes nothing.

    Raises NothingToTell where nobody introduced, or where there is no line.
    """
    fresh = moves.lock(introduction.id)
    if fresh.introducer_told_at is not None:
        return fresh
    helpers = helpers_of(fresh)
    text = clean(line).strip()
    if not helpers or not text:
        raise NothingToTell("Write a line to your friend.")
    Introduction.objects.filter(id=fresh.id).update(introducer_told_at=now, told=text)
    fresh.introducer_told_at, fresh.told = now, text
    moves.log(fresh, what="tell", party=Party.ASKER, now=now)
    reminders.cancel_about(about=fresh.id, now=now, kinds=[ReminderKind.THANK_INTRODUCER])
    for question in helpers:
        letters.introducer_told(question=question, line=text, now=now)
    return fresh


def helpers_of(introduction: Introduction) -> list[Consent]:
    """The questions of those who passed it on, in order, once the asker knows that they helped; else none."""
    if introduction.shown_state not in ("introduced", "forwarded", "talked", "closed"):
        return []
    helped = introduction.consents.filter(party=Party.INTRODUCER, answer__in=[Answer.YES, Answer.FORWARD])
    found = list(helped.order_by("position"))
    for question in found:
        question.introduction = introduction
    return found


def _own_card(introduction: Introduction) -> Person | None:
    """The target's card, where it is in the asker's own book and not deleted."""
    card = introduction.target
    return card if card and card.owner_id == introduction.owner_id and not card.deleted_at else None


def _meet(introduction: Introduction, *, email: str, now: datetime) -> Person:
    """The target's card in the asker's book, as somebody known.

    It is the card that was asked about, or the one that has the address by now; made only where there is neither, so
    that nobody stands in the book twice. An address that stands on another card stays there: on two it would name
    nobody.
    """
    owner = introduction.owner
    through = introduction.introducer if introduction.introducer and not introduction.introducer.deleted_at else None
    met = f"Introduced by {listed(introduction.introducer_names)}"
    holder = _holder(owner, email)
    card = _own_card(introduction) or holder or _same_human(introduction)
    new = [HandleInput(HandleKind.EMAIL, email)] if email and holder is None else []
    if card is None:
        fields = {
            "full_name": introduction.target_name,
            "role": introduction.target_role,
            "organisation": introduction.target_organisation,
            "relation": Relation.KNOWN,
            "met_through": through,
            "how_met": met,
        }
        card = people.add_person(owner=owner, fields=fields, handles=new, now=now, typed=True)
    else:
        here = [HandleInput(HandleKind(row.kind), row.value, row.label) for row in card.handles.order_by("position")]
        changes: dict[str, object] = {"relation": Relation.KNOWN}
        if not card.how_met:
            changes["how_met"] = met
        if card.met_through_id is None and through != card:
            changes["met_through"] = through
        card = people.update_person(person=card, fields=changes, handles=here + new, now=now, typed=True)
    Introduction.objects.filter(id=introduction.id).update(target=card)
    introduction.target = card
    return card


def _holder(owner: User, email: str) -> Person | None:
    """The card of the owner's on which that address stands, the oldest of several."""
    if not email:
        return None
    cards = Person.objects.filter(owner=owner, deleted_at=None, handles__kind=HandleKind.EMAIL)
    return cards.filter(handles__normalised=email).order_by("created_at", "id").first()


def _same_human(introduction: Introduction) -> Person | None:
    """The owner's own card that shares an address or number with the card that another member shared."""
    if introduction.target is None:
        return None
    identities = Handle.objects.filter(person=introduction.target, identity__isnull=False).values("identity_id")
    cards = Person.objects.filter(owner=introduction.owner, deleted_at=None, handles__identity_id__in=identities)
    return cards.order_by("created_at", "id").first()


def _remind_to_thank(introduction: Introduction, now: datetime) -> None:
    if introduction.introducer_told_at is None and helpers_of(introduction):
        through = introduction.introducer
        person = through if through and not through.deleted_at else None
        _remind(introduction, ReminderKind.THANK_INTRODUCER, person, now, days=1)


def _remind(introduction: Introduction, kind: ReminderKind, person: Person | None, now: datetime, *, days: int) -> None:
    text = _WORDS[kind].format(target=introduction.target_name, introducers=listed(introduction.introducer_names))
    reminders.schedule(
        owner=introduction.owner,
        kind=kind,
        key=f"introduction:{introduction.id}:{kind}",
        due_at=_morning(introduction, now, days=days),
        person=person,
        about=introduction.id,
        text=text[:500],
    )


def _morning(introduction: Introduction, now: datetime, *, days: int) -> datetime:
    owner = introduction.owner
    return reminders.morning_of(owner, local_date(now, owner.zone) + timedelta(days=days))
