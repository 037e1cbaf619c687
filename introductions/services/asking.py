"""The asker's part: a draft, its changes, sending and withdrawing it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import Http404

from contacts.access import shared_card
from contacts.models import Person, Relation
from contacts.services import reminders
from contacts.words import clean, one_line
from introductions import letters, lifecycle, limits, notes
from introductions.lifecycle import ASKED, MOST_INTRODUCERS, Move, Party, State
from introductions.models import AddressFrom, Consent, Introduction, Seat
from introductions.services import addresses, moves, questions, searches
from netapp.accounts.models import User
from netapp.mail.suppression import digest_of


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
    then: Sequence[Person] = (),
    because: Sequence[str] = (),
    seat: Seat | None,
    message: str,
    note: str,
    now: datetime,
) -> Introduction:
    """Write a request down without sending it.

    introducer: a card of the owner's own. then: the introducers behind the first, in the order of asking, and `target`:
    cards of the owner's or shared with them. because: for each introducer how they and the next know each other.
    Raises CannotAsk, AlreadyOpen.
    """
    name, role, organisation = _target(owner, target, now)
    introducers = _introducers(owner=owner, introducer=introducer, then=then, target=target, now=now)
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
                further_names=[name for _, name in introducers[1:]],
                introducer_count=len(introducers),
                seat=seat,
                message=_tidy(message),
                note=_tidy(note),
                state_at=now,
            )
    except IntegrityError as error:
        raise AlreadyOpen(f"You have asked for an introduction to {name} already.") from error
    _lay_out(introduction, introducers, because)
    moves.log(introduction, what="draft", party=Party.ASKER, now=now, new=State.DRAFT)
    return introduction


@transaction.atomic
def revise(
    *,
    introduction: Introduction,
    introducer: Person,
    then: Sequence[Person] = (),
    because: Sequence[str] = (),
    seat: Seat | None,
    message: str,
    note: str,
    now: datetime,
) -> Introduction:
    """Change a draft. Raises CannotAsk, and Overtaken where it is no draft any more."""
    fresh = moves.lock(introduction.id)
    if fresh.state != State.DRAFT:
        raise moves.Overtaken
    introducers = _introducers(owner=fresh.owner, introducer=introducer, then=then, target=fresh.target, now=now)
    fresh.introducer, fresh.introducer_name, fresh.seat = introducer, introducer.full_name, seat
    fresh.further_names, fresh.introducer_count = [name for _, name in introducers[1:]], len(introducers)
    fresh.message, fresh.note = _tidy(message), _tidy(note)
    fresh.save()
    fresh.consents.all().delete()
    _lay_out(fresh, introducers, because)
    return fresh


@transaction.atomic
def send(*, introduction: Introduction, now: datetime) -> Introduction:
    """Ask the first introducer by mail. Raises CannotAsk or notes.NoteNotReady where something is missing or was asked
    often enough, and MoveNotAllowed or Overtaken where it was sent already."""
    fresh = moves.lock(introduction.id)
    # First of all: sent already is no matter of what has been asked enough.
    lifecycle.step(fresh.standing, Move.SEND, Party.ASKER)
    notes.check(fresh.note)
    chain = list(fresh.consents.select_related("person").order_by("position"))
    first = fresh.introducer
    if first is None or fresh.target is None or any(one.person is None for one in chain):
        raise CannotAsk("One of the cards is gone. Start again from the person you want to meet.")
    name, _, _ = _target(fresh.owner, fresh.target, now)
    then = [one.person for one in chain[1:-1] if one.person is not None]
    _introducers(owner=fresh.owner, introducer=first, then=then, target=fresh.target, now=now)
    if left := notes.gaps(fresh.message):
        raise CannotAsk(f"Fill in or take out what stands in brackets: {left[0]}")
    if not fresh.owner.name:
        raise CannotAsk("Tell Kith your name first, in the settings: it stands in the mail to your friend.")
    email = addresses.of_card(first, but=addresses.verified(fresh.owner))
    # Two tabs, and two members who ask one friend: each waits for the other, so that both count.
    User.objects.select_for_update(no_key=True).get(pk=fresh.owner_id)
    limits.hold(email)
    check_limits(owner=fresh.owner, introducer=first, target=fresh.target, name=name, now=now)
    moves.make(fresh, move=Move.SEND, party=Party.ASKER, now=now, asked_at=now, weight=weight_of(first))
    for question in chain:
        # What the asker's own book says, whether it is used or not: their own limits go by it, and so tell nothing.
        question.introduction = fresh
        question.expected_mailbox = _expected(question)
        question.save(update_fields=["expected_mailbox"])
    questions.put(chain[0], email=email, source=AddressFrom.ASKER, now=now)
    # How often a friend was asked lately is part of the chance of every route through them.
    searches.books_moved(member_ids={fresh.owner_id}, now=now)
    return fresh


@transaction.atomic
def withdraw(*, introduction: Introduction, now: datetime) -> Introduction:
    """Take it back: nobody is asked any more, letters not sent yet are cancelled, whoever was asked is told.

    Where it had come to nothing without the asker knowing, all of this looks the same. Raises MoveNotAllowed or
    Overtaken.
    """
    fresh = moves.lock(introduction.id)
    call_back(fresh, now=now, member=fresh.owner)
    return fresh


def call_back(introduction: Introduction, *, now: datetime, member: User | None, met: bool = False) -> None:
    """End it, in the caller's transaction: questions void, unsent letters and reminders cancelled.

    Those who had been asked are told, on behalf of `member`; introducers who had said yes as well, since they gave
    their word. Where somebody had said no, nobody needs to hear. `met`: the two came to know each other in another way.
    """
    was_in_hands = introduction.state in {*ASKED, State.FORWARDED}
    if met:
        moves.make(introduction, move=Move.MEET, party=Party.CLOCK, now=now)
    else:
        moves.make(introduction, move=Move.WITHDRAW, party=Party.ASKER, now=now)
    moves.void_consents(introduction)
    letters.cancel_unsent(introduction)
    reminders.cancel_about(about=introduction.id, now=now)
    if was_in_hands:
        for question in introduction.consents.filter(asked_at__isnull=False):
            question.introduction = introduction
            letters.withdrawn(question=question, member=member, now=now, met=met)


def check_introducer(*, owner: User, introducer: Person, target: Person | None) -> None:
    """Raise CannotAsk unless the owner can ask this person for an introduction to the target."""
    name = introducer.full_name
    if introducer.owner_id != owner.id or introducer.deleted_at or introducer.relation != Relation.KNOWN:
        raise CannotAsk("Choose somebody you know.")
    if target is not None and introducer.id == target.id:
        raise CannotAsk(f"{name} is the person you want to meet. Choose somebody who knows them.")
    if not addresses.of_card(introducer, but=addresses.verified(owner)):
        raise CannotAsk(f"{name} has no e-mail address in your book. Add one to their card, or choose somebody else.")


def check_limits(*, owner: User, introducer: Person, target: Person, name: str, now: datetime) -> None:
    """Raise CannotAsk where the owner, or the introducer, has asked or been asked enough of late. `name`: the target's.

    Whether somebody has stopped mail is not asked here: the answer would tell who did.
    """
    if limits.is_paused(owner):
        raise CannotAsk(
            "Asking is paused for you until an admin of this site has looked at it. "
            "That happens when people who were asked say that they do not know who asks."
        )
    email = addresses.of_card(introducer, but=addresses.verified(owner))
    if before := limits.asked_before(member=owner, email=email, target=target, name=name, now=now):
        assert before.introduction.asked_at is not None
        day = before.introduction.asked_at.astimezone(owner.zone)
        raise CannotAsk(
            f"You asked {introducer.full_name} about {name} on {day:%-d %B %Y}, and it came to nothing then. "
            "Leave it for a year, or ask somebody else."
        )
    if email in limits.resting([email], member_id=owner.pk, now=now):
        raise CannotAsk(
            f"{introducer.full_name} has been asked enough of late, by whomever. Ask somebody else, or try again later."
        )
    week = limits.week_of(owner, now=now)
    if week.left < weight_of(introducer):
        raise CannotAsk(
            f"That is enough for this week: {week.most} asks in seven days, and one to somebody of whom there is no "
            "sign that you know each other counts twice. It grows with each introduction that comes about."
        )


def weight_of(introducer: Person) -> int:
    """What an ask counts in the asker's week: double where nothing shows that the two know each other."""
    return 2 if is_unproven(introducer) else 1


def is_unproven(person: Person) -> bool:
    """Whether there is no sign at all that the card's owner and this person know each other."""
    return person.strength is None and person.last_contact_at is None


def _introducers(
    *, owner: User, introducer: Person, then: Sequence[Person], target: Person | None, now: datetime
) -> list[tuple[Person, str]]:
    """The cards of those who are to be asked in turn, with the names that the owner may know. Raises CannotAsk."""
    check_introducer(owner=owner, introducer=introducer, target=target)
    if 1 + len(then) > MOST_INTRODUCERS:
        raise CannotAsk(f"At most {MOST_INTRODUCERS} people can stand between.")
    ids = [introducer.id, *(person.id for person in then), *([target.id] if target else [])]
    if len(set(ids)) != len(ids):
        raise CannotAsk("Somebody stands twice on this way. Choose another.")
    return [(introducer, introducer.full_name), *((person, _known(owner, person, now)[0]) for person in then)]


def _lay_out(introduction: Introduction, introducers: Sequence[tuple[Person, str]], because: Sequence[str]) -> None:
    """Write down who is to be asked, in which order."""
    reasons = [one_line(reason)[:300] for reason in because]
    rows = [
        Consent(
            introduction=introduction,
            position=position,
            party=Party.INTRODUCER,
            person=person,
            name=name,
            because=reasons[position] if position < len(reasons) else "",
        )
        for position, (person, name) in enumerate(introducers)
    ]
    target = Consent(
        introduction=introduction,
        position=len(rows),
        party=Party.TARGET,
        person=introduction.target,
        name=introduction.target_name,
    )
    Consent.objects.bulk_create([*rows, target])


def _expected(question: Consent) -> str:
    """The mailbox under which the asker's own book has whoever is asked; empty where it has none."""
    owner, card = question.introduction.owner, question.person
    if card is None or card.owner_id != owner.id:
        return ""
    email = addresses.of_card(card, but=addresses.verified(owner))
    return digest_of(email) if email else ""


def _target(owner: User, target: Person, now: datetime) -> tuple[str, str, str]:
    """Name, role and organisation of the target as far as the owner may know. Raises CannotAsk."""
    if target.owner_id == owner.id and not target.deleted_at and target.relation == Relation.KNOWN:
        raise CannotAsk(f"You know {target.full_name} already: write to them yourself.")
    return _known(owner, target, now)


def _known(owner: User, person: Person, now: datetime) -> tuple[str, str, str]:
    """What the owner may know of a card, their own or a shared one. Raises CannotAsk."""
    if person.owner_id == owner.id and not person.deleted_at:
        return person.full_name, person.role, person.organisation
    try:
        card = shared_card(owner, person.id, now)
    except Http404:
        raise CannotAsk("This person is not in your book any more, nor shared with you.") from None
    return card.name, card.role, card.organisation


def _tidy(text: str) -> str:
    return clean(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
