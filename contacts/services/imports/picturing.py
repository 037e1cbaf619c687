"""Photos of imported cards: made anew by `contacts.services.photos`, and taken back with the import."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime

from contacts.models import Change, ChangeKind, ImportRow, Photo, RowOutcome
from contacts.services import photos
from contacts.services.imports.planning import Plan
from netapp.accounts.models import User


def put_on(*, owner: User, plans: Sequence[Plan], now: datetime) -> None:
    """Put the photos that the records have on their cards; rows say what was there before, or why it is not used.

    The picture leaves the row: it is many times as large as all else in it.
    """
    for one in plans:
        photo = one.row.record["photo"]
        if not photo:
            continue
        one.row.record = {**one.row.record, "photo": ""}
        ImportRow.objects.filter(id=one.row.id).update(record=one.row.record)
        if one.person is None or one.outcome not in (RowOutcome.NEW, RowOutcome.UPDATED, RowOutcome.UNCHANGED):
            continue
        before = one.person.photo_key
        old = Photo.objects.filter(person=one.person, removed_at=None).values_list("id", flat=True).first()
        try:
            data = base64.b64decode(photo, validate=True)
            photos.store_photo(owner=owner, person=one.person, data=data, now=now)
        except (binascii.Error, ValueError):
            one.row.reason = "; ".join(filter(None, (one.row.reason, "its photo cannot be used")))[:500]
            continue
        key = one.person.photo_key
        if key != before:
            was = {"person": str(one.person.id), "photo": str(old) if old else None, "key": key}
            one.row.changes = {**one.row.changes, "photo": was}
            if one.row.outcome == RowOutcome.UNCHANGED:
                one.row.outcome = RowOutcome.UPDATED


def take_off(*, owner_id: int, rows: Sequence[ImportRow], now: datetime) -> None:
    """Put back what stood there before, unless the photo was changed since."""
    for row in rows:
        if "photo" in row.changes:
            change = Change(owner_id=owner_id, kind=ChangeKind.PHOTO, before=row.changes["photo"])
            if not photos.put_back(change=change, now=now) and not row.kept:
                row.kept = "kept, as the photo was changed since"
