"""What is kept of an import, and how long."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from contacts.models import Import, ImportRow, ImportState, RowKind
from contacts.models.imports import UNDO_FOR

PREVIEW_FOR: Final = timedelta(days=14)
"""A preview that nobody answers is thrown away after this."""

_OVER = (ImportState.DONE, ImportState.UNDONE, ImportState.FAILED)


def forget(*, now: datetime) -> None:
    """Throw away what was never confirmed; once nothing can be undone any more, remove what was read and replaced.

    The report stays: names, what became of them, and why.
    """
    unanswered = (ImportState.MAPPING, ImportState.PREVIEW)
    Import.objects.filter(state__in=unanswered, forgotten_at=None, created_at__lt=now - PREVIEW_FOR).delete()
    old = Import.objects.filter(state__in=_OVER, forgotten_at=None, finished_at__lt=now - UNDO_FOR)
    for import_id in old.values_list("id", flat=True)[:100]:
        with transaction.atomic():
            rows = ImportRow.objects.filter(of=import_id)
            rows.update(record={}, keys=[], changes={})
            # Whom mails named and who came into no book is nobody's business any more.
            rows.filter(kind=RowKind.CORRESPONDENT, person=None).update(name="")
            Import.objects.filter(id=import_id).update(forgotten_at=now)
