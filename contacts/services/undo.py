"""Taking a change back."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from contacts.models import Acquaintance, Change, ChangeKind, Interaction, Person, Unacquainted, UnnotedContact
from contacts.services import filters, in_place, photos, together
from contacts.services.announce import book_moved
from contacts.services.duplicates.following import where_now
from contacts.services.imports import blocking
from contacts.services.interactions import settle_contact


@transaction.atomic
def take_back(*, change: Change, now: datetime) -> bool:
    """Undo it, once. False where it was undone before, or where what it was about is gone."""
    if not Change.objects.filter(id=change.id, undone_at=None).update(undone_at=now):
        return False
    before: dict[str, Any] = change.before
    match ChangeKind(change.kind):
        case ChangeKind.PEOPLE:
            return together.put_back(change=change, now=now) > 0
        case ChangeKind.INTERACTION:
            return _put_back_contact(change.owner_id, before, now)
        case ChangeKind.ACQUAINTANCE:
            return _put_back_acquaintance(change.owner_id, before)
        case ChangeKind.PHOTO:
            return photos.put_back(change=change, now=now)
        case ChangeKind.FILTER:
            return filters.put_back(change=change)
        case ChangeKind.CARD:
            return in_place.put_back(change=change, now=now)
        case ChangeKind.BLOCKED:
            return blocking.put_back(change.owner_id, before)


def _put_back_contact(owner_id: int, before: dict[str, Any], now: datetime) -> bool:
    person_id = where_now(owner_id=owner_id, person_id=UUID(before["person"]))
    person = Person.objects.select_related("owner").filter(owner_id=owner_id, id=person_id).first()
    if person is None:
        return False
    again = Interaction(
        id=before["id"],
        owner_id=owner_id,
        person=person,
        kind=before["kind"],
        direction=before["direction"],
        happened_at=datetime.fromisoformat(before["happened_at"]),
        note=before["note"],
        source_key=before["source_key"],
        edited_at=datetime.fromisoformat(before["edited_at"]) if before.get("edited_at") else None,
    )
    UnnotedContact.objects.filter(person=person, source_key=before["source_key"]).delete()
    # An import may have read the same item anew meanwhile: then it is back already.
    Interaction.objects.bulk_create([again], ignore_conflicts=True)
    settle_contact(person=person, now=now)
    return True


def _put_back_acquaintance(owner_id: int, before: dict[str, Any]) -> bool:
    ids = sorted(where_now(owner_id=owner_id, person_id=UUID(before[end])) for end in ("a", "b"))
    if Person.objects.filter(owner_id=owner_id, id__in=ids).count() != 2:
        return False
    known_at = before["evidence_date"]
    again = Acquaintance(
        owner_id=owner_id,
        a_id=ids[0],
        b_id=ids[1],
        closeness=before["closeness"],
        source=before["source"],
        tie_kinds=before.get("tie_kinds", []),
        evidence=before["evidence"],
        evidence_date=date.fromisoformat(known_at) if known_at else None,
        seen_count=before.get("seen_count", 0),
    )
    Unacquainted.objects.filter(a=ids[0], b=ids[1]).delete()
    Acquaintance.objects.bulk_create([again], ignore_conflicts=True)
    book_moved(owner_id)
    return True
