"""What never comes in: addresses, domains and tags that the member blocked. Files and synced sources alike obey."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from contacts.handles import HandleKind, normalise_email
from contacts.models import Blocked, BlockedKind, Change, ChangeKind
from contacts.words import fold, one_line
from netapp.accounts.models import User

MOST: Final = 1000
"""Blocked things of one member."""


class CannotBlock(ValueError):
    """Why this cannot be blocked, in words for the member."""


@dataclass(frozen=True, slots=True)
class Blocklist:
    """All that one member blocked, as compared."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.addresses or self.domains or self.tags)

    def has_address(self, address: str) -> bool:
        """Whether a normalised address is blocked, by itself or by its domain or one above it."""
        if address in self.addresses:
            return True
        if not self.domains:
            return False
        labels = address.rpartition("@")[2].split(".")
        return any(".".join(labels[at:]) in self.domains for at in range(len(labels)))

    def has_key(self, key: str) -> bool:
        """The same of a key that cards are recognised by ("email:ana@example.org")."""
        kind, _, value = key.partition(":")
        return kind == HandleKind.EMAIL and self.has_address(value)

    def has_tag(self, tags: Iterable[str]) -> bool:
        """Whether one of the tags is blocked."""
        return bool(self.tags) and any(fold(tag) in self.tags for tag in tags)


def blocklist_of(owner_id: int) -> Blocklist:
    """The member's list. One statement."""
    found: dict[str, set[str]] = {kind: set() for kind in BlockedKind.values}
    for kind, value in Blocked.objects.filter(owner=owner_id).values_list("kind", "value"):
        found[kind].add(value)
    return Blocklist(
        frozenset(found[BlockedKind.ADDRESS]), frozenset(found[BlockedKind.DOMAIN]), frozenset(found[BlockedKind.TAG])
    )


@transaction.atomic
def block(*, owner: User, text: str) -> Blocked:
    """Block what was typed: `ana@example.org`, `example.org` or `@example.org`, `#family`. Raises CannotBlock."""
    kind, value = read(text)
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if Blocked.objects.filter(owner=owner).count() >= MOST:
        raise CannotBlock(f"That is the most that Kith keeps: {MOST:,}. Let something in again first.")
    return Blocked.objects.get_or_create(owner=owner, kind=kind, value=value)[0]


@transaction.atomic
def unblock(*, blocked: Blocked) -> Change:
    """Let it in again; the change that comes back undoes that."""
    change = Change.objects.create(
        owner_id=blocked.owner_id, kind=ChangeKind.BLOCKED, before={"kind": blocked.kind, "value": blocked.value}
    )
    blocked.delete()
    return change


def put_back(owner_id: int, before: dict[str, Any]) -> bool:
    """Block again what was let in. Runs in the caller's transaction."""
    Blocked.objects.get_or_create(owner_id=owner_id, kind=before["kind"], value=before["value"])
    return True


def read(text: str) -> tuple[BlockedKind, str]:
    """What was meant: an address has an @ with something before it, a domain a dot, a tag a #. Raises CannotBlock."""
    line = one_line(text)[:320]
    if line.startswith("#"):
        tag = fold(line.lstrip("#"))[:60]
        if tag:
            return BlockedKind.TAG, tag
        raise CannotBlock("Write the tag after the #.")
    if "@" in line.lstrip("@"):
        address = normalise_email(line)
        if address:
            return BlockedKind.ADDRESS, address
        raise CannotBlock("That does not look like an e-mail address.")
    of_domain = normalise_email(f"somebody@{line.removeprefix('@').rstrip('.')}") if "." in line else None
    if of_domain is None:
        raise CannotBlock("Write an address (ana@example.org), a domain (example.org) or a tag (#family).")
    return BlockedKind.DOMAIN, of_domain.rpartition("@")[2]
