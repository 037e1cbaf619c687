"""What is kept of an import, and how long."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from contacts.models import Import, ImportRow, ImportState
from contacts.models.imports import UNDO_FOR

PREVIEW_FOR: Final = timedelta(days=14)
"""A preview that nobody answers is thrown away after this."""

_OVER = (ImportState.DONE, ImportState.UNDONE, ImportState.FAILED)


def forget(*, now: datetime) -> None:
    """Throw away what was never confirmed; once nothing can be undone any more, remove what was read and replaced.

    The report stays: names, what became of them, and why.
    """
    Import.objects.filter(state=ImportState.PREVIEW, forgotten_at=None, created_at__lt=now - PREVIEW_FOR).delete()
    old = Import.objects.filter(state__in=_OVER, forgotten_at=None, finished_at__lt=now - UNDO_FOR)
    for import_id in old.values_list("id", flat=True)[:100]:
        with transaction.atomic():
            ImportRow.objects.filter(of=import_id).update(record={}, keys=[], changes={})
            Import.objects.filter(id=import_id).update(forgotten_at=now)
