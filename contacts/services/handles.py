"""Handles and the identities behind them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from contacts.handles import HandleKind, is_role_address, normalise
from contacts.models import Handle, Identity, Person
from contacts.words import one_line

IDENTIFYING: Final = (HandleKind.EMAIL, HandleKind.PHONE)


@dataclass(frozen=True, slots=True)
class HandleInput:
    """A handle as somebody wrote it."""

    kind: HandleKind
    value: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class ReadHandle:
    """A handle that was understood: `value` as written, `normalised` as compared."""

    kind: HandleKind
    value: str
    normalised: str
    label: str

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same handle as another."""
        return (self.kind.value, self.normalised)

    @property
    def makes_identity(self) -> bool:
        """Whether it stands for one human: addresses and numbers do, desks (info@…) and pages do not."""
        if self.kind not in IDENTIFYING:
            return False
        return not (self.kind is HandleKind.EMAIL and is_role_address(self.normalised))


def guess_kind(value: str, country: str | None) -> HandleKind | None:
    """What a handle is, from how it looks; None where it is nothing that Kith can use."""
    if "@" in value and "/" not in value:
        return HandleKind.EMAIL if normalise(HandleKind.EMAIL, value, country=country) else None
    for kind in (HandleKind.PHONE, HandleKind.LINKEDIN, HandleKind.URL):
        if normalise(kind, value, country=country):
            return kind
    return None


def read_handles(handles: Iterable[HandleInput], country: str | None) -> list[ReadHandle]:
    """The handles in order, each once; what cannot be read is left out."""
    read: dict[tuple[str, str], ReadHandle] = {}
    for handle in handles:
        value = one_line(handle.value)[:500]
        normalised = normalise(handle.kind, value, country=country)
        if normalised and value:
            found = ReadHandle(handle.kind, value, normalised, one_line(handle.label)[:60])
            read.setdefault(found.key, found)
    return list(read.values())


def identities_for(handles: Iterable[ReadHandle]) -> dict[tuple[str, str], int]:
    """The identity of each handle that makes one, made where it is missing: {(kind, normalised): id}.

    Two statements whatever the number. The rows are locked against being swept away as orphans (FOR KEY SHARE, which
    holds nobody else up) until the caller's transaction ends.
    """
    keys = sorted({handle.key for handle in handles if handle.makes_identity})
    if not keys:
        return {}
    Identity.objects.bulk_create(
        [Identity(kind=kind, value=value) for kind, value in keys], ignore_conflicts=True, batch_size=2000
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.kind, i.value, i.id FROM contacts_identity i"
            " JOIN unnest(%s::text[], %s::text[]) AS wanted (kind, value) USING (kind, value)"
            " FOR KEY SHARE OF i",
            [[kind for kind, _ in keys], [value for _, value in keys]],
        )
        return {(kind, value): identity_id for kind, value, identity_id in cursor.fetchall()}


def settle_identities(owner_id: int, keys: Iterable[tuple[str, str]]) -> None:
    """Give each handle (kind, normalised) its identity where one live card of the book has it, else none.

    An address on two cards of one book names neither of them. One statement.
    """
    wanted = sorted({key for key in keys if key[0] in IDENTIFYING})
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE contacts_handle h SET identity_id = CASE WHEN found.cards = 1 THEN found.identity_id END
            FROM (
                SELECT h.kind, h.normalised, i.id AS identity_id, count(DISTINCT h.person_id) AS cards
                FROM contacts_handle h
                JOIN unnest(%s::text[], %s::text[]) AS wanted (kind, normalised) USING (kind, normalised)
                JOIN contacts_person p ON p.id = h.person_id AND p.deleted_at IS NULL
                JOIN contacts_identity i ON i.kind = h.kind AND i.value = h.normalised
                WHERE h.owner_id = %s
                GROUP BY h.kind, h.normalised, i.id
            ) AS found
            WHERE h.owner_id = %s AND h.kind = found.kind AND h.normalised = found.normalised
              AND h.identity_id IS DISTINCT FROM CASE WHEN found.cards = 1 THEN found.identity_id END
            """,
            [[kind for kind, _ in wanted], [value for _, value in wanted], owner_id, owner_id],
        )


def row_for(person: Person, handle: ReadHandle, position: int, identities: dict[tuple[str, str], int]) -> Handle:
    """An unsaved row of the handle."""
    return Handle(
        owner_id=person.owner_id,
        person=person,
        kind=handle.kind.value,
        value=handle.value,
        normalised=handle.normalised,
        label=handle.label,
        position=min(position, 32_000),
        identity_id=identities.get(handle.key),
    )


def pairs(handles: Sequence[Handle]) -> list[tuple[str, str]]:
    """(value, normalised) of each row, as `cards.search_text` wants them."""
    return [(handle.value, handle.normalised) for handle in handles]
