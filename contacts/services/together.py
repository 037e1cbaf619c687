"""Editing many people at once, in a way that one click takes back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import prefetch_related_objects

from contacts.models import Change, ChangeKind, Person
from contacts.services import cadences
from contacts.services.announce import book_moved
from contacts.services.cards import derive, tidy_tags
from contacts.services.handles import pairs, settle_identities
from contacts.words import fold

MOST: Final = 2000
"""People edited in one go; a page answers while it is done."""

_BATCH = 500


class Action(StrEnum):
    """What can be done to many."""

    TAG = "tag"
    UNTAG = "untag"
    TIE = "tie"
    UNTIE = "untie"
    REACH = "reach"
    CADENCE = "cadence"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"


_COLUMN: Final = {
    Action.TAG: "tags",
    Action.UNTAG: "tags",
    Action.TIE: "tie_kinds",
    Action.UNTIE: "tie_kinds",
    Action.REACH: "reach",
    Action.CADENCE: "cadence_days",
    Action.ARCHIVE: "archived_at",
    Action.UNARCHIVE: "archived_at",
    Action.DELETE: "deleted_at",
}
_WORDS: Final = ("tags", "tie_kinds")
"""Columns that search looks at."""
_TYPED: Final = (*_WORDS, "reach", "cadence_days")
"""Columns that an import leaves alone once the member set them."""


@dataclass(frozen=True, slots=True)
class Edit:
    """An action and its value: a tag, a reach, days (None: no cadence), or nothing."""

    action: Action
    value: Any = None


@transaction.atomic
def edit_together(*, owner_id: int, person_ids: Sequence[UUID], edit: Edit, now: datetime) -> tuple[Change | None, int]:
    """Do it to those of the owner's people who are not so already: the change that undoes it, and how many they were.

    Ids of others, and of deleted cards, are passed over. ValueError for more than MOST.
    """
    if len(person_ids) > MOST:
        raise ValueError(f"At most {MOST} people can be changed at once.")
    people = _locked(owner_id, person_ids)
    column = _COLUMN[edit.action]
    compute = _new_value(edit, now)
    before: list[tuple[Person, Any]] = []
    for person in people:
        old = getattr(person, column)
        new = compute(old)
        if new != old:
            before.append((person, old))
            setattr(person, column, new)
    if not before:
        return None, 0
    reach = max(max(person.reach, old if column == "reach" else 0) for person, old in before)
    changed = [person for person, _ in before]
    if edit.action is Action.DELETE:
        cadences.cancel_for_people(people=changed, now=now)
    _write(changed, column, now)
    book_moved(owner_id, reach=reach)
    rows = [[str(person.id), _plain(old), _plain(getattr(person, column))] for person, old in before]
    change = Change.objects.create(
        owner_id=owner_id, kind=ChangeKind.PEOPLE, before={"column": column, "action": edit.action, "rows": rows}
    )
    return change, len(changed)


def put_back(*, change: Change, now: datetime) -> int:
    """Undo an edit for everybody whose value is still the one it set; how many. Runs in the caller's transaction."""
    column: str = change.before["column"]
    rows = {row[0]: (row[1], row[2]) for row in change.before["rows"]}
    people = _locked(change.owner_id, [UUID(row) for row in rows], with_deleted=True)
    changed = []
    reach = 0
    for person in people:
        old, new = rows[str(person.id)]
        if _plain(getattr(person, column)) == new:
            reach = max(reach, person.reach)
            setattr(person, column, _read(column, old))
            reach = max(reach, person.reach)
            changed.append(person)
    if column == "deleted_at":
        for moment in {rows[str(person.id)][1] for person in changed}:
            cadences.reopen_cancelled(people=changed, closed_at=datetime.fromisoformat(moment))
    _write(changed, column, now)
    book_moved(change.owner_id, reach=reach)
    return len(changed)


def _new_value(edit: Edit, now: datetime) -> Callable[[Any], Any]:
    match edit.action:
        case Action.TAG | Action.TIE:
            return lambda tags: tidy_tags([*tags, edit.value])
        case Action.UNTAG | Action.UNTIE:
            gone = fold(edit.value)
            return lambda tags: [tag for tag in tags if fold(tag) != gone]
        case Action.REACH | Action.CADENCE:
            return lambda _: edit.value
        case Action.ARCHIVE | Action.DELETE:
            return lambda old: old or now
        case Action.UNARCHIVE:
            return lambda _: None


def _locked(owner_id: int, person_ids: Sequence[UUID], *, with_deleted: bool = False) -> list[Person]:
    people = Person.objects.select_for_update(of=("self",), no_key=True).filter(owner_id=owner_id, id__in=person_ids)
    if not with_deleted:
        people = people.filter(deleted_at=None)
    return list(people.select_related("owner").order_by("id"))


def _write(people: list[Person], column: str, now: datetime) -> None:
    """Store the column, and what hangs on it, in a constant number of statements for each few hundred people."""
    columns = [column, "updated_at"]
    if column in _WORDS:
        prefetch_related_objects(people, "handles")
    for person in people:
        person.updated_at = now
        if column in _WORDS:
            derive(person, pairs(list(person.handles.all())))
        if column in _TYPED:
            person.typed_fields = sorted({*person.typed_fields, column})
    if column in _WORDS:
        columns.append("search_text")
    if column in _TYPED:
        columns.append("typed_fields")
    Person.objects.bulk_update(people, columns, batch_size=_BATCH)
    if column == "deleted_at":
        prefetch_related_objects(people, "handles")
        keys = {(handle.kind, handle.normalised) for person in people for handle in person.handles.all()}
        if people:
            settle_identities(people[0].owner_id, keys)
    if column in ("cadence_days", "tags", "archived_at", "deleted_at"):
        cadences.refresh_cadences(people=people, now=now)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _read(column: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if value and column.endswith("_at") else value
