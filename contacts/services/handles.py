"""Handles and the identities behind them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction
from django.db.models import QuerySet

from contacts.handles import HandleKind, is_role_address, normalise
from contacts.models import Handle, Person
from contacts.words import one_line
from netapp.lib.bulk import update_in
from netapp.mail import returns

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


def read_handles(handles: Iterable[HandleInput | ReadHandle], country: str | None) -> list[ReadHandle]:
    """The handles in order, each once; what cannot be read is left out, and what was read before is taken as it is."""
    read: dict[tuple[str, str], ReadHandle] = {}
    for handle in handles:
        if isinstance(handle, ReadHandle):
            read.setdefault(handle.key, handle)
            continue
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
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_identity (kind, value) SELECT * FROM unnest(%s::text[], %s::text[])"
            " ON CONFLICT DO NOTHING",
            [[kind for kind, _ in keys], [value for _, value in keys]],
        )
        cursor.execute(
            "SELECT i.kind, i.value, i.id FROM contacts_identity i"
            " JOIN unnest(%s::text[], %s::text[]) AS wanted (kind, value) USING (kind, value)"
            " FOR KEY SHARE OF i",
            [[kind for kind, _ in keys], [value for _, value in keys]],
        )
        return {(kind, value): identity_id for kind, value, identity_id in cursor.fetchall()}


def settle_identities(owner_id: int, keys: Iterable[tuple[str, str]]) -> None:
    """Give each handle (kind, normalised) its identity where one live card of the book has it, else none.

    An address on two cards of one book names neither of them. One statement where nothing is amiss, as after adding
    people who are new.
    """
    wanted = {key for key in keys if key[0] in IDENTIFYING}
    if not wanted:
        return
    # A card has a handle once (a constraint), so several rows are several cards. An address on its own, with its
    # identity, is as it should be; what is left is little.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.kind, wanted.value, array_agg(h.id), array_agg(h.identity_id IS NOT NULL)
            FROM unnest(%s::text[], %s::text[]) AS wanted (kind, value)
            CROSS JOIN LATERAL (
                -- One look into the index for each, also while the planner's figures are old.
                SELECT h.id, h.identity_id FROM contacts_handle h
                JOIN contacts_person p ON p.id = h.person_id AND p.deleted_at IS NULL
                WHERE h.owner_id = %s AND h.kind = wanted.kind AND h.normalised = wanted.value OFFSET 0
            ) h
            GROUP BY wanted.kind, wanted.value
            HAVING (count(*) > 1 AND bool_or(h.identity_id IS NOT NULL))
            OR (count(*) = 1 AND bool_and(h.identity_id IS NULL))
            """,
            [[kind for kind, _ in wanted], [value for _, value in wanted], owner_id],
        )
        amiss = cursor.fetchall()
    shared = [
        handle for _, _, ids, marks in amiss if len(ids) > 1 for handle, mark in zip(ids, marks, strict=True) if mark
    ]
    if shared:
        Handle.objects.filter(id__in=shared).update(identity=None)
    regained = list(Handle.objects.filter(id__in=[ids[0] for _, _, ids, _ in amiss if len(ids) == 1]))
    if not regained:
        return
    identities = identities_for(
        ReadHandle(HandleKind(row.kind), row.normalised, row.normalised, "") for row in regained
    )
    found = [row for row in regained if (row.kind, row.normalised) in identities]
    for row in found:
        row.identity_id = identities[row.kind, row.normalised]
    update_in(found, ["identity"])


def taken(owner_id: int, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those among the keys (kind, normalised) that some card of the book has, deleted or not."""
    wanted = list(keys)
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.kind, wanted.value FROM unnest(%s::text[], %s::text[]) AS wanted (kind, value)
            CROSS JOIN LATERAL (
                SELECT FROM contacts_handle h
                WHERE h.owner_id = %s AND h.kind = wanted.kind AND h.normalised = wanted.value LIMIT 1
            ) h
            """,
            [[kind for kind, _ in wanted], [value for _, value in wanted], owner_id],
        )
        return set(cursor.fetchall())


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


def mark_failing(*, owner_id: int, address: str) -> int:
    """Nobody gets mail at that address, says a mail server: marked in the owner's book. How many cards have it."""
    return _emails(owner_id, address).update(is_failing=True)


@transaction.atomic
def try_again(*, handle: Handle) -> bool:
    """The owner says that mail to that address is to be tried again. False where it was not failing."""
    if not _emails(handle.owner_id, handle.normalised).update(is_failing=False):
        return False
    returns.retry(member_id=handle.owner_id, address=handle.normalised)
    return True


def _emails(owner_id: int, address: str) -> QuerySet[Handle]:
    normalised = normalise(HandleKind.EMAIL, address, country=None)
    return Handle.objects.filter(owner=owner_id, kind=HandleKind.EMAIL, normalised=normalised or address)
