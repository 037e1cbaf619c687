"""What deleting means in the end: rows go for good after a while in which it can be undone."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import IntegrityError, connection, transaction

from contacts.models import Change, Merge, Person, Photo

KEPT_FOR: Final = timedelta(days=30)
_BATCH = 500

log = structlog.get_logger(__name__)


def purge(*, now: datetime) -> int:
    """Remove for good what was deleted, taken off or replaced more than KEPT_FOR ago; how many cards it was.

    Identities that no card has any more go too: an address stays nowhere once the last card with it is gone.
    """
    before = now - KEPT_FOR
    Change.objects.filter(created_at__lt=before).delete()
    Merge.objects.filter(undone_at__lt=before).delete()
    Photo.objects.filter(removed_at__lt=before).delete()
    count = 0
    while ids := list(Person.objects.filter(deleted_at__lt=before).values_list("id", flat=True)[:_BATCH]):
        with transaction.atomic():
            # Asked again: somebody may have restored a card since.
            gone = Person.objects.filter(id__in=ids, deleted_at__lt=before)
            count += gone.count()
            gone.delete()
    _sweep_identities()
    if count:
        log.info("people.purged", count=count)
    return count


def _sweep_identities() -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """
                DELETE FROM contacts_identity WHERE id IN (
                    SELECT i.id FROM contacts_identity i
                    WHERE NOT EXISTS (SELECT FROM contacts_handle h WHERE h.identity_id = i.id)
                    FOR UPDATE SKIP LOCKED
                )
                """
            )
            # The foreign keys of Django are checked at commit; here, so that the answer comes inside the `try`.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError:
        # A card took an orphan up at this very moment. The next sweep finds what is left.
        log.info("identities.sweep_put_off")
