"""Feeding: records that no file brings, as a synced source does; they take the way of a file that was confirmed."""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from django.db import transaction

from contacts.importers import Record
from contacts.models import Import, ImportState
from contacts.services.imports.building import Builder
from netapp.accounts.models import User

_BATCH = 1000


@transaction.atomic
def feed(*, owner_id: int, title: str, records: Iterable[Record], source: str, now: datetime) -> Import | None:
    """Store records to be written to the book without a preview; None where there are none.

    `source` names where they come from, for good (`carddav:<id>`). The caller rings for `contacts.tasks.run_import`
    with the import's id; a sweep finds it otherwise. It compares, writes, reports and can be taken back like an upload.
    """
    owner = User.objects.get(pk=owner_id)
    one = Import(owner=owner, title=title[:300], state=ImportState.COMPARING, source=source[:60], confirmed_at=now)
    builder = Builder(import_id=one.id, country=owner.country)
    rows = (built for record in records if (built := builder.build(record)))
    batch = list(islice(rows, _BATCH))
    if not batch:
        return None
    one.save()
    Import.objects.filter(id=one.id).update(created_at=now)
    while batch:
        builder.store(batch)
        one.total += len(batch)
        batch = list(islice(rows, _BATCH))
    one.save(update_fields=["total"])
    return one
