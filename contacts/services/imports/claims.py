"""Which worker may go on with an import: leases and fences, as for letters (docs/decisions/0006-outbox.md).

A claim is a conditional update that makes the fence grow by one. Each batch locks the import, looks whether the fence
is still its own, and writes its rows in that same transaction: whatever a worker that was thought dead still does, is
refused whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q

from contacts.models import Import, ImportState
from contacts.models.imports import AT_WORK
from netapp.accounts.models import User

MAX_LAPSES: Final = 3
"""An import whose worker vanished this often at the same batch is not tried again: it may be what kills them."""

# Any number that nothing else uses for advisory locks; the member's id goes with it.
_BOOK_LOCK: Final = 7_201


class Stale(Exception):
    """The import is not this worker's any more: claimed by another, thrown away, or gone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on an import, as long as its fence is `fence`."""

    import_id: UUID
    owner: User
    fence: int


def claim(*, import_id: UUID, now: datetime) -> Claim | None:
    """Take an import that waits for a worker; None where there is nothing to do, or somebody does it."""
    waiting = Q(leased_until=None) | Q(leased_until__lt=now)
    with transaction.atomic():
        one = (
            Import.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
            .select_related("owner")
            .filter(waiting, id=import_id, state__in=AT_WORK)
            .first()
        )
        if one is None:
            return None
        if one.leased_until is not None:
            one.lapses += 1
            if one.lapses >= MAX_LAPSES:
                _give_up(one, now)
                return None
        one.fence += 1
        one.leased_until = _lease(now)
        one.save(update_fields=["fence", "leased_until", "lapses"])
    return Claim(one.id, one.owner, one.fence)


def waiting_ids(*, now: datetime) -> list[UUID]:
    """Imports with something to do and nobody at it."""
    waiting = Q(leased_until=None) | Q(leased_until__lt=now)
    return list(Import.objects.filter(waiting, state__in=AT_WORK).order_by("created_at").values_list("id", flat=True))


def state_of(claim: Claim) -> ImportState | None:
    """What there is to do; None where it is done. Raises Stale."""
    state = Import.objects.filter(id=claim.import_id, fence=claim.fence).values_list("state", flat=True).first()
    if state is None:
        raise Stale
    return ImportState(state) if state in AT_WORK else None


@contextmanager
def batch(claim: Claim, state: ImportState, now: datetime) -> Iterator[Import]:
    """One transaction on the import, which is locked, saved at the end, and leased anew. Raises Stale."""
    with transaction.atomic():
        one = (
            Import.objects.select_for_update(of=("self",), no_key=True)
            .filter(id=claim.import_id, fence=claim.fence, state=state)
            .first()
        )
        if one is None:
            raise Stale
        one.owner = claim.owner
        yield one
        one.lapses = 0
        one.leased_until = _lease(now) if one.is_at_work else None
        one.save()


def rest(claim: Claim) -> None:
    """Give the import back in good order, for whoever takes it up next."""
    Import.objects.filter(id=claim.import_id, fence=claim.fence).update(leased_until=None)


def lock_book(owner_id: int) -> None:
    """One import at a time writes to a book, until the transaction ends: two of the same file cannot double."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_BOOK_LOCK, owner_id])


def count_rows(one: Import) -> dict[str, int]:
    """Rows by outcome; of an import that the member confirmed, those that were gone through."""
    rows = one.rows.filter(is_applied=True) if one.confirmed_at else one.rows.all()
    return dict(rows.order_by().values_list("outcome").annotate(count=Count("id")))


def fail(one: Import, *, error: str, now: datetime) -> None:
    """Stop for good, with a message for the member. Saved by the caller. What was written so far can be taken back."""
    one.state = ImportState.FAILED
    one.error = error
    one.finished_at = now
    if one.confirmed_at is None:
        one.files.all().delete()
        one.rows.all().delete()
    one.counts = count_rows(one)


def _give_up(one: Import, now: datetime) -> None:
    where = {
        ImportState.READING: "reading the file",
        ImportState.COMPARING: "comparing the file with your book",
        ImportState.RUNNING: f"importing row {one.done + 1:,} of {one.total:,} or one soon after it",
        ImportState.UNDOING: "taking it back",
    }[ImportState(one.state)]
    after = (
        "What was imported before stays and can be taken back."
        if one.confirmed_at
        else "Nothing was imported. Export the file again, or in several parts."
    )
    fail(one, error=f"Kith stopped {MAX_LAPSES} times while {where}. {after}", now=now)
    one.leased_until = None
    one.save()


def _lease(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.IMPORT_LEASE)
