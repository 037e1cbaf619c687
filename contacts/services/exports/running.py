"""Preparing an export: claimed by one worker, read at one moment, stored whole or not at all.

Reading may take a minute for a very large book, and goes to a file of the worker's own. Only when all is there are the
pieces written, in one short transaction that looks whether the claim still holds. A worker that dies leaves nothing
behind, and another begins anew.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction

from contacts.models import Export, ExportPiece, ExportState
from contacts.models.exports import KEPT_FOR
from contacts.services.exports.bundle import Bundle, write_bundle
from contacts.services.exports.snapshot import snapshot
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.mail import outbox

MAX_LAPSES: Final = 3
"""An export whose worker vanished this often is given up."""

PURPOSE: Final = "export"
_PIECE: Final = 2_000_000
# Any number that nothing else uses for advisory locks.
_LOCK: Final = 7_202

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to prepare an export, as long as its fence is `fence`."""

    export_id: UUID
    owner: User
    fence: int


def run(*, export_id: UUID, now: datetime) -> bool:
    """Prepare the export, if nobody does; whether it was."""
    with _alone(export_id) as is_alone:
        claim = _claim(export_id, now, is_alone=is_alone)
        if claim is None:
            return False
        # On the disk: a book with many photos may be larger than a worker's memory.
        with tempfile.TemporaryFile() as file:
            with snapshot():
                bundle = write_bundle(member=claim.owner, file=file, now=now)
            return _finish(claim, bundle, file, now)


def waiting_ids() -> list[UUID]:
    """Exports that are still to be prepared; whether somebody is at it, the claim finds out."""
    return list(Export.objects.filter(state=ExportState.WAITING).order_by("created_at").values_list("id", flat=True))


def forget(*, now: datetime) -> int:
    """Remove the files that have expired; how many."""
    return Export.objects.filter(finished_at__lt=now - KEPT_FOR).delete()[1].get("contacts.Export", 0)


@contextmanager
def _alone(export_id: UUID) -> Iterator[bool]:
    """Whether no other worker is at this export: a lock that PostgreSQL drops the moment its worker is gone."""
    key = [_LOCK, int.from_bytes(export_id.bytes[:4], "big", signed=True)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
        is_locked: bool = cursor.fetchone()[0]
    try:
        yield is_locked
    finally:
        if is_locked:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def _claim(export_id: UUID, now: datetime, *, is_alone: bool) -> Claim | None:
    """Take it where nobody is at it, or where whoever is has been at it for longer than a task may run."""
    with transaction.atomic():
        export = (
            # Whoever is alone waits for the row: those who come to find that they are not hold it for a moment, and if
            # they were skipped for that, nobody at all would prepare it before the next sweep.
            Export.objects.select_for_update(skip_locked=not is_alone, of=("self",), no_key=True)
            .select_related("owner")
            .filter(id=export_id, state=ExportState.WAITING)
            .first()
        )
        if export is None or not (is_alone or (export.leased_until and export.leased_until < now)):
            return None
        if export.leased_until is not None:
            export.lapses += 1
            if export.lapses >= MAX_LAPSES:
                export.state, export.finished_at, export.leased_until = ExportState.FAILED, now, None
                export.save()
                log.warning("export.given_up", id=str(export.id))
                return None
        export.fence += 1
        export.leased_until = now + timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 60)
        export.save(update_fields=["fence", "leased_until", "lapses"])
    return Claim(export.id, export.owner, export.fence)


@transaction.atomic
def _finish(claim: Claim, bundle: Bundle, file: IO[bytes], now: datetime) -> bool:
    """Store the pieces and send the link; False where the export is somebody else's by now, or gone."""
    export = (
        Export.objects.select_for_update(no_key=True)
        .filter(id=claim.export_id, fence=claim.fence, state=ExportState.WAITING)
        .first()
    )
    if export is None:
        log.info("export.stale", id=str(claim.export_id), fence=claim.fence)
        return False
    file.seek(0)
    position = 0
    while content := file.read(_PIECE):
        ExportPiece.objects.create(of=export, position=position, content=content)
        export.size += len(content)
        position += 1
    issued = tokens.issue(PURPOSE)
    export.state, export.finished_at, export.leased_until = ExportState.READY, now, None
    export.counts, export.salt, export.token_digest = bundle.counts, issued.salt, issued.digest
    export.save()
    # One file is enough: an older one says less.
    Export.objects.filter(owner=claim.owner, state=ExportState.READY).exclude(id=export.id).delete()
    outbox.post(
        key=f"export:{export.id}:ready",
        group=f"export:{export.id}",
        template="export_ready",
        context={"member": claim.owner, "export": export, "placeholder": issued.placeholder},
        to=[outbox.Recipient(claim.owner.email, claim.owner.name)],
        member=claim.owner,
        now=now,
        is_essential=True,
    )
    return True
