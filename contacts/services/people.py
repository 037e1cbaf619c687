"""Cards: adding them, changing them, putting them away.

The verbs for many (`create_people`, `update_people`) take a constant number of statements for each few hundred cards;
the verbs for one go through them, so that a card typed by hand and one imported are made alike.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.http import Http404

from contacts.handles import HandleKind
from contacts.models import Handle, Person
from contacts.services import cadences, reminders, strengths
from contacts.services.announce import book_moved
from contacts.services.cards import BIRTHDAY, derive, tidy
from contacts.services.handles import (
    HandleInput,
    ReadHandle,
    identities_for,
    pairs,
    read_handles,
    row_for,
    settle_identities,
    taken,
)
from netapp.accounts.models import User
from netapp.lib.bulk import copy_in, copy_values, update_in

HANDLES = "handles"
"""Stands in `typed_fields` once the member took a handle away, so that no import brings it back."""

MOST_HANDLES = 32_000
"""Of one card; nothing that is read has so many."""

_BATCH = 500
_CADENCE_FIELDS = frozenset({"cadence_days", "cadence_latest_days", "relation", "tags", "layer"})
_STRENGTH_FIELDS = frozenset({"layer", "relation"})


class NoName(ValueError):
    """A card needs a name."""


class CardGone(Http404):
    """The card was deleted, or merged into another, between being read and being written."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card to be made. `told_at`: when an import was told it, as `Person.told_at` keeps it.

    `is_tidy`: the fields have been through `cards.tidy` already.
    """

    fields: Mapping[str, Any]
    handles: Sequence[HandleInput | ReadHandle] = ()
    told_at: Mapping[str, str] = field(default_factory=dict)
    is_tidy: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """What a card shall say. Handles: None leaves them; by hand they replace all, by import they only add."""

    person_id: UUID
    fields: Mapping[str, Any]
    handles: Sequence[HandleInput | ReadHandle] | None = None
    told_at: Mapping[str, str] | None = None


@dataclass(slots=True)
class Updated:
    """What became of one update: `before` has the old value of each field that changed."""

    person: Person
    before: dict[str, Any] = field(default_factory=dict)
    handles_added: list[Handle] = field(default_factory=list)
    handles_removed: list[Handle] = field(default_factory=list)
    handles_touched: list[Handle] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.before or self.handles_added or self.handles_removed or self.handles_touched)


def add_person(
    *, owner: User, fields: Mapping[str, Any], handles: Sequence[HandleInput] = (), now: datetime, typed: bool
) -> Person:
    """Make a card. Raises NoName, UnknownField."""
    return create_people(owner=owner, cards=[Card(fields, handles)], now=now, typed=typed)[0]


def update_person(
    *,
    person: Person,
    fields: Mapping[str, Any],
    handles: Sequence[HandleInput] | None = None,
    now: datetime,
    typed: bool,
) -> Person:
    """Change a card; the fields not named stay. Returns it as it is now. Raises NoName, UnknownField, CardGone."""
    update = Update(person.id, fields, handles)
    results = update_people(owner=person.owner, updates=[update], now=now, typed=typed)
    if not results:
        raise CardGone("No such card.")
    return results[0].person


@transaction.atomic
def create_people(*, owner: User, cards: Sequence[Card], now: datetime, typed: bool) -> list[Person]:
    """Make many cards, in order. Raises NoName, UnknownField before anything is written."""
    people: list[Person] = []
    read: list[list[ReadHandle]] = []
    for card in cards:
        fields = card.fields if card.is_tidy else tidy(card.fields)
        if not fields.get("full_name"):
            raise NoName
        _check_owner(owner.id, fields)
        person = Person(owner=owner, told_at=dict(card.told_at), updated_at=now, **fields)
        person.typed_fields = sorted(_provenance({name for name, value in fields.items() if value})) if typed else []
        handles = read_handles(card.handles, owner.country)
        person.strength_is_stale = person.layer is not None
        derive(person, [(handle.value, handle.normalised) for handle in handles])
        people.append(person)
        read.append(handles)
    copy_in(people)
    _write_new_handles(owner.id, people, read)
    cadences.refresh_cadences(people=people, now=now)
    _recompute(owner, people, now)
    if people:
        book_moved(owner.id, reach=max(person.reach for person in people))
    return people


@transaction.atomic
def update_people(*, owner: User, updates: Sequence[Update], now: datetime, typed: bool) -> list[Updated]:
    """Change many cards, in order, each named at most once; ids that are not the owner's are left out.

    By import (`typed` false) what the member typed stays. Raises NoName, UnknownField.
    """
    wanted = [update.person_id for update in updates]
    locked = (
        Person.objects.select_for_update(no_key=True).filter(owner=owner, id__in=wanted, deleted_at=None).order_by("id")
    )
    people = {person.id: person for person in locked}
    prefetch_related_objects(list(people.values()), "handles")
    results = []
    reach = 0
    columns: set[str] = set()
    for update in updates:
        if update.person_id not in people:
            continue
        person = people[update.person_id]
        person.owner = owner
        reach = max(reach, person.reach)
        result = Updated(person)
        fields = tidy(update.fields)
        _check_owner(owner.id, fields)
        if not fields.get("full_name", "unchanged"):
            raise NoName
        _apply_fields(result, fields, typed)
        if update.handles is not None:
            _apply_handles(result, read_handles(update.handles, owner.country), typed)
        reach = max(reach, person.reach)
        if result.is_changed:
            columns |= set(result.before)
            columns.update(("sort_key", "search_text", "typed_fields", "updated_at", "strength_is_stale"))
            person.updated_at = now
            if update.told_at is not None:
                person.told_at = dict(update.told_at)
                columns.add("told_at")
        results.append(result)
    changed = [result for result in results if result.is_changed]
    _write_handles(owner.id, changed)
    for result in changed:
        derive(result.person, pairs(list(result.person.handles.all())))
    if changed:
        update_in(list({result.person.id: result.person for result in changed}.values()), sorted(columns))
        book_moved(owner.id, reach=reach)
    moved = [result.person for result in changed if _CADENCE_FIELDS & set(result.before)]
    cadences.refresh_cadences(people=moved, now=now)
    _recompute(owner, [result.person for result in changed if _STRENGTH_FIELDS & set(result.before)], now)
    return results


@transaction.atomic
def archive_person(*, person: Person, now: datetime) -> None:
    """Put a card aside: out of lists and reminders, still in the book."""
    _put_away(person, now, archived_at=now)


@transaction.atomic
def unarchive_person(*, person: Person, now: datetime) -> None:
    """Take an archived card back into the lists."""
    _put_away(person, now, archived_at=None)


@transaction.atomic
def delete_person(*, person: Person, now: datetime) -> None:
    """Take a card out of every page and path. It can be restored until it is purged (`contacts.services.purge`)."""
    if Person.objects.filter(id=person.id, deleted_at=None).update(deleted_at=now, updated_at=now):
        person.deleted_at = now
        reminders.cancel_for_person(person=person, now=now)
        settle_identities(person.owner_id, _keys(person))
        book_moved(person.owner_id, reach=person.reach)


@transaction.atomic
def restore_person(*, person: Person, now: datetime) -> None:
    """Take a deletion back, and with it the reminders that it cancelled."""
    was_deleted_at = person.deleted_at
    if not Person.objects.filter(id=person.id, deleted_at=was_deleted_at).update(deleted_at=None, updated_at=now):
        return
    person.deleted_at = None
    if was_deleted_at:
        cadences.reopen_cancelled(people=[person], closed_at=was_deleted_at)
    reminders.refresh_cadence(person=person, now=now)
    settle_identities(person.owner_id, _keys(person))
    book_moved(person.owner_id, reach=person.reach)


def _put_away(person: Person, now: datetime, *, archived_at: datetime | None) -> None:
    Person.objects.filter(id=person.id).update(archived_at=archived_at, updated_at=now)
    person.archived_at = archived_at
    reminders.refresh_cadence(person=person, now=now)
    book_moved(person.owner_id, reach=person.reach)


def _recompute(owner: User, people: Sequence[Person], now: datetime) -> None:
    """A word on how close somebody is counts at once."""
    stale = {person.id: person for person in people if person.strength_is_stale}
    strengths.recompute(owner_id=owner.pk, person_ids=list(stale), now=now)
    figures = Person.objects.filter(id__in=stale).only("strength", "strength_reason", "strength_at")
    for fresh in figures if stale else ():
        person = stale[fresh.id]
        person.strength, person.strength_reason = fresh.strength, fresh.strength_reason
        person.strength_at, person.strength_is_stale = fresh.strength_at, False


def _keys(person: Person) -> set[tuple[str, str]]:
    return set(person.handles.values_list("kind", "normalised"))


def _provenance(names: set[str]) -> set[str]:
    return names | BIRTHDAY if names & BIRTHDAY else names


def _check_owner(owner_id: int, fields: Mapping[str, Any]) -> None:
    through = fields.get("met_through")
    if through is not None and through.owner_id != owner_id:
        raise ValueError("met_through is in another book.")


def _apply_fields(result: Updated, fields: Mapping[str, Any], typed: bool) -> None:
    person = result.person
    kept = frozenset() if typed else frozenset(person.typed_fields)
    for name, value in fields.items():
        if name in kept:
            continue
        attribute = "met_through_id" if name == "met_through" else name
        old, new = getattr(person, attribute), value.id if name == "met_through" and value else value
        if old != new:
            result.before[name] = old
            setattr(person, attribute, new)
    if typed and result.before:
        person.typed_fields = sorted({*person.typed_fields, *_provenance(set(result.before))})
    if _STRENGTH_FIELDS & set(result.before):
        person.strength_is_stale = True


def _apply_handles(result: Updated, handles: Sequence[ReadHandle], typed: bool) -> None:
    person = result.person
    present = {(row.kind, row.normalised): row for row in person.handles.all()}
    if not typed and HANDLES in person.typed_fields:
        return
    position = 0 if typed else max((row.position for row in present.values()), default=-1) + 1
    for offset, handle in enumerate(handles):
        row = present.pop(handle.key, None)
        if row is None:
            result.handles_added.append(row_for(person, handle, position + offset, {}))
        elif typed and (row.value, row.label, row.position) != (handle.value, handle.label, offset):
            row.value, row.label, row.position = handle.value, handle.label, offset
            result.handles_touched.append(row)
    if typed and present:
        result.handles_removed.extend(present.values())
        person.typed_fields = sorted({*person.typed_fields, HANDLES})


def _write_new_handles(owner_id: int, people: Sequence[Person], read: Sequence[Sequence[ReadHandle]]) -> None:
    """Write the handles of new cards. Only what two cards have needs a look at whose identity it is."""
    times = Counter(handle.key for handles in read for handle in handles)
    shared = taken(owner_id, times) | {key for key, count in times.items() if count > 1}
    identities = identities_for(handle for handles in read for handle in handles)
    copy_values(
        Handle,
        [
            {
                "owner_id": owner_id,
                "person_id": person.id,
                "kind": handle.kind.value,
                "value": handle.value,
                "normalised": handle.normalised,
                "label": handle.label,
                "position": position,
                "identity_id": identities.get(handle.key),
            }
            for person, handles in zip(people, read, strict=True)
            for position, handle in enumerate(handles[:MOST_HANDLES])
        ],
    )
    settle_identities(owner_id, shared)


def _write_handles(owner_id: int, results: Sequence[Updated]) -> None:
    """Write what `_apply_handles` found, and put the rows as they are now on each person."""
    removed = [row for result in results for row in result.handles_removed]
    touched = [row for result in results for row in result.handles_touched]
    added = [row for result in results for row in result.handles_added]
    if not (removed or touched or added):
        return
    Handle.objects.filter(id__in=[row.id for row in removed]).delete()
    Handle.objects.bulk_update(touched, ["value", "label", "position"], batch_size=_BATCH)
    identities = identities_for(ReadHandle(HandleKind(row.kind), row.value, row.normalised, "") for row in added)
    for row in added:
        row.identity_id = identities.get((row.kind, row.normalised))
    copy_in(added)
    settle_identities(owner_id, {(row.kind, row.normalised) for row in (*removed, *added)})
    people = [result.person for result in results]
    for person in people:
        person._prefetched_objects_cache.pop("handles", None)  # type: ignore[attr-defined]
    prefetch_related_objects(people, "handles")
