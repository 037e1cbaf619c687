"""At which addresses the member writes and is written to: no person of the book, and what tells both ways apart."""

from typing import Final

from django.db import transaction

from contacts.handles import HandleKind, normalise_email
from contacts.models import OwnAddress
from netapp.accounts.models import User
from netapp.accounts.queries import verified_addresses

MOST: Final = 50
"""Own addresses beside those of the account."""


class NotAnAddress(ValueError):
    """Why this is not taken as an own address, in words for the member."""


def own_keys(owner: User) -> frozenset[str]:
    """The member's addresses as keys ("email:alice@example.org"): the verified ones, and those the member named."""
    named = OwnAddress.objects.filter(owner=owner).values_list("address", flat=True)
    verified = (normalise_email(address) for address in verified_addresses(owner))
    return frozenset(f"{HandleKind.EMAIL}:{address}" for address in (*named, *verified) if address)


@transaction.atomic
def name_own(*, owner: User, address: str) -> OwnAddress:
    """Take an address as the member's own. Raises NotAnAddress."""
    normalised = normalise_email(address)
    if normalised is None:
        raise NotAnAddress("That does not look like an e-mail address.")
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if OwnAddress.objects.filter(owner=owner).count() >= MOST:
        raise NotAnAddress(f"That is the most that Kith keeps: {MOST}.")
    return OwnAddress.objects.get_or_create(owner=owner, address=normalised)[0]
