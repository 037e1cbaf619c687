"""What follows a yes: the asker's book, the reminders, and closing the loop with the introducer."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from contacts.handles import HandleKind
from contacts.models import Direction, InteractionKind, Person, Relation, ReminderKind
from contacts.services import interactions, people, reminders
from contacts.services.handles import HandleInput
from contacts.words import clean
from introductions import letters, queries
from introductions.lifecycle import Move, Party
from introductions.models import Consent, ConsentState, Introduction
from introductions.services import moves
from netapp.lib.times import local_date

_BEFORE_TALKING: Final = (ReminderKind.REPLY_TODAY, ReminderKind.DID_YOU_TALK)
_WORDS: Final = {
    ReminderKind.REPLY_TODAY: "Write to {target}",
    ReminderKind.DID_YOU_TALK: "Did you talk with {target}?",
    ReminderKind.THANK_INTRODUCER: "Thank {introducer}, and tell what came of it",
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
        note=f"{introduction.introducer_name} introduced us.",
        now=now,
    )
    letters.introduced(introduction=introduction, words=queries.shared_words(introduction), now=now)
    _remind(introduction, ReminderKind.REPLY_TODAY, card, now, days=1)
    _remind(introduction, ReminderKind.DID_YOU_TALK, card, now, days=settings.INTRODUCTION_TALK_DAYS)


def forwarded(*, introduction: Introduction, now: datetime) -> None:
    """The introducer passes the note on: nobody else is asked by Kith; the asker is told whom to wait for."""
    moves.void_consents(introduction)
    letters.forwarded(introduction=introduction, words=queries.shared_words(introduction), now=now)
    card = (
        introduction.target if introduction.target and introduction.target.owner_id == introduction.owner_id else None
    )
    _remind(introduction, ReminderKind.DID_YOU_TALK, card, now, days=settings.INTRODUCTION_TALK_DAYS)


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
        note = f"Talked, after {fresh.introducer_name} introduced us."
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
def tell_introducer(*, introduction: Introduction, line: str, now: datetime) -> Introduction:
    """Send the introducer the asker's own line on what came of it, once; a second call changes nothing.

    Raises NothingToTell where nobody introduced, or where there is no line.
    """
    fresh = moves.lock(introduction.id)
    if fresh.introducer_told_at is not None:
        return fresh
    question = helper_of(fresh)
    text = clean(line).strip()
    if question is None or not text:
        raise NothingToTell("Write a line to your friend.")
    Introduction.objects.filter(id=fresh.id).update(introducer_told_at=now)
    fresh.introducer_told_at = now
    moves.log(fresh, what="tell", party=Party.ASKER, now=now)
    reminders.cancel_about(about=fresh.id, now=now, kinds=[ReminderKind.THANK_INTRODUCER])
    letters.introducer_told(question=question, line=text, now=now)
    return fresh


def helper_of(introduction: Introduction) -> Consent | None:
    """The introducer's answered question, once the asker knows that the introducer helped; else None."""
    if introduction.shown_state not in ("introduced", "forwarded", "talked", "closed"):
        return None
    question = (
        introduction.consents.filter(party=Party.INTRODUCER, state=ConsentState.ANSWERED).order_by("position").last()
    )
    if question is not None:
        question.introduction = introduction
    return question


def _meet(introduction: Introduction, *, email: str, now: datetime) -> Person:
    """The target's card in the asker's book, as somebody known; made where the target was another member's card."""
    owner = introduction.owner
    through = introduction.introducer if introduction.introducer and not introduction.introducer.deleted_at else None
    new = [HandleInput(HandleKind.EMAIL, email)] if email else []
    card = introduction.target
    if card is None or card.owner_id != owner.id or card.deleted_at:
        fields = {
            "full_name": introduction.target_name,
            "role": introduction.target_role,
            "organisation": introduction.target_organisation,
            "relation": Relation.KNOWN,
            "met_through": through,
            "how_met": f"Introduced by {introduction.introducer_name}",
        }
        card = people.add_person(owner=owner, fields=fields, handles=new, now=now, typed=True)
    else:
        here = [HandleInput(HandleKind(row.kind), row.value, row.label) for row in card.handles.order_by("position")]
        changes: dict[str, object] = {"relation": Relation.KNOWN}
        if not card.how_met:
            changes["how_met"] = f"Introduced by {introduction.introducer_name}"
        if card.met_through_id is None:
            changes["met_through"] = through
        card = people.update_person(person=card, fields=changes, handles=here + new, now=now, typed=True)
    Introduction.objects.filter(id=introduction.id).update(target=card)
    introduction.target = card
    return card


def _remind_to_thank(introduction: Introduction, now: datetime) -> None:
    if introduction.introducer_told_at is None and helper_of(introduction) is not None:
        through = introduction.introducer
        person = through if through and not through.deleted_at else None
        _remind(introduction, ReminderKind.THANK_INTRODUCER, person, now, days=1)


def _remind(introduction: Introduction, kind: ReminderKind, person: Person | None, now: datetime, *, days: int) -> None:
    owner = introduction.owner
    reminders.schedule(
        owner=owner,
        kind=kind,
        key=f"introduction:{introduction.id}:{kind}",
        due_at=reminders.morning_of(owner, local_date(now, owner.zone) + timedelta(days=days)),
        person=person,
        about=introduction.id,
        text=_WORDS[kind].format(target=introduction.target_name, introducer=introduction.introducer_name)[:500],
    )
