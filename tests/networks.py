"""Small worlds by hand: members with verified addresses, cards with handles, connections."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress

from contacts.handles import HandleKind
from contacts.models import Identity, Person
from contacts.services.handles import HandleInput, read_handles
from netapp.accounts.models import User
from tests.factories import ConnectionFactory, HandleFactory, PersonFactory, UserFactory


def verify(user: User, *addresses: str) -> User:
    """Give the member these verified addresses beside the one they log in with."""
    for address in {user.email, *addresses}:
        EmailAddress.objects.get_or_create(
            user=user, email=address, defaults={"verified": True, "primary": address == user.email}
        )
    return user


def member(name: str, *addresses: str) -> User:
    """A member called `name`, with name@kith.test verified, and more addresses if given."""
    return verify(UserFactory(email=f"{name.lower()}@kith.test", name=name), *addresses)


def card(owner: User, name: str, *handles: str, **fields: Any) -> Person:
    """A card in the owner's book; a handle with @ is an address, any other a number."""
    person = PersonFactory(owner=owner, full_name=name, **fields)
    kinds = [HandleInput(HandleKind.EMAIL if "@" in text else HandleKind.PHONE, text) for text in handles]
    for read in read_handles(kinds, "GB"):
        identity = None
        if read.makes_identity:
            identity, _ = Identity.objects.get_or_create(kind=read.kind, value=read.normalised)
        HandleFactory(person=person, kind=read.kind, value=read.value, normalised=read.normalised, identity=identity)
    return person


def connect(one: User, other: User) -> None:
    """Both agreed."""
    ConnectionFactory(inviter=one, invitee=other)
