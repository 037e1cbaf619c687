"""Taking files in, and what the member says to the preview."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from contacts.models import Import, ImportFile, ImportPiece, ImportState
from contacts.models.imports import AT_WORK
from contacts.words import one_line
from netapp.accounts.models import User

MAX_UPLOAD_BYTES: Final = 300_000_000
"""All files of one upload together."""

MAX_FILES: Final = 50
"""Files of one upload."""

MOST_OPEN: Final = 5
"""Imports of one member that are at work or wait for the member's word."""

_PIECE = 2_000_000


class TooManyOpen(Exception):
    """The member has as many imports under way as one may have."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way in; `chunks` is read once."""

    name: str
    chunks: Iterable[bytes]


@transaction.atomic
def take_in(*, owner: User, uploads: Sequence[Upload]) -> Import:
    """Store the files, to be read by a worker. The caller rings for it. Raises TooManyOpen."""
    # The member's row makes two uploads at the same moment count each other.
    User.objects.select_for_update(no_key=True).get(id=owner.pk)
    open_states = (*AT_WORK, ImportState.MAPPING, ImportState.PREVIEW)
    if Import.objects.filter(owner=owner, state__in=open_states).count() >= MOST_OPEN:
        raise TooManyOpen
    names = [one_line(upload.name)[:255] or "file" for upload in uploads]
    others = len(names) - 1
    title = names[0] if not others else f"{names[0]} and {others} more" + (" files" if others > 1 else "")
    one = Import.objects.create(owner=owner, title=title)
    for position, (name, upload) in enumerate(zip(names, uploads, strict=True)):
        file = ImportFile.objects.create(of=one, position=position, name=name, size=0)
        for number, content in enumerate(_pieces(upload.chunks)):
            ImportPiece.objects.create(file=file, position=number, content=content)
            file.size += len(content)
        file.save(update_fields=["size"])
        one.total += file.size
    one.save(update_fields=["total"])
    return one


@transaction.atomic
def confirm(*, one: Import, with_one_way: bool = False, now: datetime) -> bool:
    """Do what the preview showed. False where it was said before. The caller rings for it.

    `with_one_way`: add those, too, with whom mail went one way only.
    """
    locked = Import.objects.select_for_update().get(id=one.id)
    if locked.state != ImportState.PREVIEW:
        return False
    locked.state, locked.confirmed_at, locked.error = ImportState.RUNNING, now, ""
    locked.options["one_way"] = with_one_way
    locked.done, locked.cursor, locked.is_at_contacts = 0, 0, False
    locked.leased_until, locked.lapses = None, 0
    locked.save()
    return True


@transaction.atomic
def compare_again(*, one: Import) -> bool:
    """Hold an import against the book anew, after the member named an own address or blocked something.

    False where it does not wait for the member's word. The caller rings for it.
    """
    locked = Import.objects.select_for_update().get(id=one.id)
    if locked.state != ImportState.PREVIEW:
        return False
    locked.state = ImportState.COMPARING
    locked.options = {}
    locked.done, locked.cursor, locked.is_at_contacts = 0, 0, False
    locked.leased_until, locked.lapses, locked.counts = None, 0, {}
    locked.save()
    return True


@transaction.atomic
def throw_away(*, one: Import) -> bool:
    """Forget an upload that was not confirmed, with all that was read. False where it was confirmed meanwhile."""
    unconfirmed = Import.objects.filter(id=one.id, confirmed_at=None)
    # The lock waits for a worker's batch to end; the worker then finds nothing to go on with.
    if unconfirmed.select_for_update().first() is None:
        return False
    unconfirmed.delete()
    return True


@transaction.atomic
def begin_undo(*, one: Import, now: datetime) -> bool:
    """Take back what an import did. False where it was said before, or a month has passed. The caller rings for it."""
    locked = Import.objects.select_for_update().get(id=one.id)
    if not locked.can_undo(now):
        return False
    locked.state = ImportState.UNDOING
    locked.done, locked.total = 0, locked.rows.filter(is_applied=True).count()
    locked.cursor, locked.is_at_contacts = locked.last_position + 1, True
    locked.leased_until, locked.lapses, locked.error = None, 0, ""
    locked.save()
    return True


def _pieces(chunks: Iterable[bytes]) -> Iterable[bytes]:
    piece = bytearray()
    for chunk in chunks:
        piece += chunk
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece = bytearray()
    if piece:
        yield bytes(piece)
