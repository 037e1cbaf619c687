"""A few fields of a card changed where they stand, in a way that one click takes back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from contacts.models import Change, ChangeKind, Person
from contacts.services import people

FIELDS: Final = frozenset({"needs", "offers", "tie_kinds", "tags", "custom_fields", "other_dates"})
"""What may be changed so: plain lists, which a change can hold as they are."""


@transaction.atomic
def change_in_place(*, person: Person, fields: Mapping[str, Any], now: datetime) -> Change | None:
    """Set the fields; the change that undoes it, None where nothing differs. ValueError for one that is no list."""
    if not fields.keys() <= FIELDS:
        raise ValueError("Only lists are changed in place.")
    update = people.Update(person.id, fields)
    results = people.update_people(owner=person.owner, updates=[update], now=now, typed=True)
    if not results:
        raise people.CardGone("No such card.")
    result = results[0]
    if not result.before:
        return None
    values = {name: [old, getattr(result.person, name)] for name, old in result.before.items()}
    before = {"person": str(person.id), "fields": values}
    return Change.objects.create(owner_id=person.owner_id, kind=ChangeKind.CARD, before=before)


def put_back(*, change: Change, now: datetime) -> bool:
    """Undo it for each field that still says what it set. Runs in the caller's transaction."""
    person = (
        Person.objects.select_related("owner")
        .filter(owner_id=change.owner_id, id=change.before["person"], deleted_at=None)
        .first()
    )
    if person is None:
        return False
    values: dict[str, list[Any]] = change.before["fields"]
    fields = {name: old for name, (old, new) in values.items() if getattr(person, name) == new}
    people.update_person(person=person, fields=fields, now=now, typed=True)
    return bool(fields)
