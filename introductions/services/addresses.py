"""Whose address is used. Nobody is written to at an address that the asker alone claims, before an introducer's yes.

The first introducer is written to at the address in the asker's own book. Whoever comes next is written to at the
address in the book of the introducer before them, where that introducer is a member and has them there; else at the one
that the introducer types; else at the one in the asker's own book.
"""

from dataclasses import dataclass
from enum import Enum

from contacts.handles import HandleKind, normalise_email
from contacts.models import Handle, Person
from introductions.models import AddressFrom, Consent
from netapp.accounts.models import User
from netapp.accounts.queries import member_by_verified_address, verified_addresses


class Typing(Enum):
    """Whether the introducer is asked for the next one's address."""

    NEEDLESS = "needless"
    WELCOME = "welcome"
    NEEDED = "needed"


class AddressNeeded(ValueError):
    """There is no address for the next one but that which the introducer would have to type."""


class AddressUnusable(ValueError):
    """What was typed is no address, or belongs to one of the others."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An address, and where it came from."""

    email: str
    source: AddressFrom


def of_card(person: Person, *, but: frozenset[str] = frozenset()) -> str:
    """The first address on a card that mail has not come back from and that is not among `but`; empty where none is."""
    handles = Handle.objects.filter(person=person, kind=HandleKind.EMAIL, is_failing=False)
    for email in handles.order_by("position", "id").values_list("normalised", flat=True):
        if email not in but:
            return email
    return ""


def verified(member: User) -> frozenset[str]:
    """The addresses a member has proved to be theirs, normalised. Only these speak for a member."""
    return frozenset(email for row in verified_addresses(member) if (email := normalise_email(row)))


def typing(question: Consent) -> Typing:
    """Whether the introducer who is asked `question` has to give the address of the next."""
    card = next_card(question)
    if card is not None and _in_introducers_book(question, card):
        return Typing.NEEDLESS
    return Typing.WELCOME if card is not None and _in_askers_book(question, card) else Typing.NEEDED


def for_next(question: Consent, written: str) -> Chosen:
    """The address to ask the next one at, once the introducer has said yes to `question`; `written`: what they typed.

    Raises AddressNeeded or AddressUnusable.
    """
    card = next_card(question)
    if card is not None and (email := _in_introducers_book(question, card)):
        return Chosen(email, AddressFrom.INTRODUCER)
    if written.strip():
        return typed(question, written)
    if card is not None and (email := _in_askers_book(question, card)):
        return Chosen(email, AddressFrom.ASKER)
    raise AddressNeeded("An address is needed to ask them.")


def typed(question: Consent, written: str) -> Chosen:
    """The next one's address as the introducer who is asked `question` typed it. Raises AddressUnusable."""
    email = normalise_email(written) or ""
    if not email:
        raise AddressUnusable("That does not look like an e-mail address.")
    if email in _lost(question):
        raise AddressUnusable("Mail to that address came back. Is there another?")
    if email in _of_the_others(question):
        raise AddressUnusable("That is your own address, or that of somebody who is part of this already.")
    return Chosen(email, AddressFrom.TYPED)


def next_card(question: Consent) -> Person | None:
    """The card of whoever is asked after this question: the asker's own, or one that was shared with the asker."""
    behind = question.introduction.consents.select_related("person").filter(position=question.position + 1).first()
    card = behind.person if behind else None
    return None if card is None or card.deleted_at else card


def own_card_of_next(question: Consent) -> Person | None:
    """The card that the reader of `question`, where they are a member, has of the next one in their own book."""
    card = next_card(question)
    introducer = member_by_verified_address(question.email)
    if card is None or introducer is None or introducer.id == question.introduction.owner_id:
        return None
    return next(iter(_cards_in(introducer, card)), None)


def _lost(question: Consent) -> frozenset[str]:
    """Where the question behind this one came back from."""
    behind = question.introduction.consents.filter(position=question.position + 1).first()
    return frozenset(behind.lost_emails) if behind else frozenset()


def _of_the_others(question: Consent) -> frozenset[str]:
    owner = question.introduction.owner
    asked = question.introduction.consents.filter(position__lte=question.position).exclude(email="")
    return verified(owner) | {normalise_email(owner.email) or owner.email, *asked.values_list("email", flat=True)}


def _in_askers_book(question: Consent, card: Person) -> str:
    others = _of_the_others(question) | _lost(question)
    return of_card(card, but=others) if card.owner_id == question.introduction.owner_id else ""


def _in_introducers_book(question: Consent, card: Person) -> str:
    introducer = member_by_verified_address(question.email)
    if introducer is None or introducer.id == question.introduction.owner_id:
        return ""
    others = _of_the_others(question) | _lost(question)
    return next((email for own in _cards_in(introducer, card) if (email := of_card(own, but=others))), "")


def _cards_in(introducer: User, card: Person) -> list[Person]:
    """The same human in the introducer's book: that very card, or those that share an address or number with it."""
    if card.owner_id == introducer.id:
        return [card]
    identities = Handle.objects.filter(person=card, identity__isnull=False).values("identity_id")
    cards = Person.objects.filter(owner=introducer, deleted_at=None, handles__identity_id__in=identities).distinct()
    return list(cards.order_by("created_at", "id"))
