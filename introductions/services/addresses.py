"""Whose address is used. Nobody is written to at an address that the asker alone claims, before the introducer's yes.

The introducer is written to at the address in the asker's own book. The target is written to at the address in the
introducer's own book, where the introducer is a member and has the target there; else at the one that the introducer
types; else at the one in the asker's own book.
"""

from dataclasses import dataclass
from enum import Enum

from contacts.handles import HandleKind, normalise_email
from contacts.models import Handle, Person
from introductions.models import AddressFrom, Consent
from netapp.accounts.models import User
from netapp.accounts.queries import member_by_verified_address, verified_addresses


class Typing(Enum):
    """Whether the introducer is asked for the target's address."""

    NEEDLESS = "needless"
    WELCOME = "welcome"
    NEEDED = "needed"


class AddressNeeded(ValueError):
    """There is no address for the target but the one the introducer would have to type."""


class AddressUnusable(ValueError):
    """What was typed is no address, or belongs to one of the other two."""


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
    """Whether the introducer who is asked `question` has to give the target's address."""
    if _in_introducers_book(question):
        return Typing.NEEDLESS
    return Typing.WELCOME if _in_askers_book(question) else Typing.NEEDED


def for_target(question: Consent, typed: str) -> Chosen:
    """The address to ask the target at, once the introducer has said yes to `question`.

    Raises AddressNeeded or AddressUnusable.
    """
    if email := _in_introducers_book(question):
        return Chosen(email, AddressFrom.INTRODUCER)
    if typed.strip():
        email = normalise_email(typed) or ""
        if not email:
            raise AddressUnusable("That does not look like an e-mail address.")
        if email in _of_the_others(question):
            raise AddressUnusable("That is your own address, or the asker's.")
        return Chosen(email, AddressFrom.TYPED)
    if email := _in_askers_book(question):
        return Chosen(email, AddressFrom.ASKER)
    raise AddressNeeded("An address is needed to ask them.")


def _of_the_others(question: Consent) -> frozenset[str]:
    owner = question.introduction.owner
    return verified(owner) | {normalise_email(owner.email) or owner.email, question.email}


def _in_askers_book(question: Consent) -> str:
    target = question.introduction.target
    if target is None or target.owner_id != question.introduction.owner_id or target.deleted_at:
        return ""
    return of_card(target, but=_of_the_others(question))


def _in_introducers_book(question: Consent) -> str:
    target = question.introduction.target
    introducer = member_by_verified_address(question.email)
    if target is None or introducer is None or introducer.id == question.introduction.owner_id:
        return ""
    others = _of_the_others(question)
    if target.owner_id == introducer.id:
        return "" if target.deleted_at else of_card(target, but=others)
    identities = Handle.objects.filter(person=target, identity__isnull=False).values("identity_id")
    cards = Person.objects.filter(owner=introducer, deleted_at=None, handles__identity_id__in=identities).distinct()
    for card in cards.order_by("created_at", "id"):
        if email := of_card(card, but=others):
            return email
    return ""
