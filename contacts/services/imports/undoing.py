"""Taking an import back: what it did and nobody changed since, from the last row to the first.

Contacts go first, with what was counted from them: a card that the import made goes only where nothing hangs on it. A
card that the member has changed or used since stays. One that the import brought up to date gets its old values back,
each unless it was changed since. The row says what was kept, and why.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Model, Q, prefetch_related_objects

from contacts.models import (
    Acquaintance,
    Handle,
    ImportedCard,
    ImportRow,
    ImportState,
    Interaction,
    Person,
    Reminder,
    RowKind,
)
from contacts.services import evidence
from contacts.services.announce import book_moved
from contacts.services.cards import derive
from contacts.services.handles import pairs, settle_identities
from contacts.services.imports import claims, picturing
from contacts.services.imports.claims import Claim
from contacts.services.imports.deciding import from_plain, to_plain
from contacts.services.imports.running import settle_some
from contacts.services.people import HANDLES
from contacts.signals import people_used
from netapp.lib.bulk import update_in

BATCH: Final = 500
CONTACTS_BATCH: Final = 2000

_USES: Final[tuple[tuple[type[Model], tuple[str, ...], str], ...]] = (
    (Interaction, ("person_id",), "a contact with them is noted"),
    (Acquaintance, ("a_id", "b_id"), "whom they know is noted"),
    (Reminder, ("person_id",), "there is a reminder about them"),
    (Person, ("met_through_id",), "you met somebody through them"),
)


def step(claim: Claim, *, now: datetime) -> None:
    """Take back the next rows, or say that all are. Raises Stale."""
    owner = claim.owner
    with claims.batch(claim, ImportState.UNDOING, now) as one:
        claims.lock_book(owner.pk)
        left = one.rows.filter(is_applied=True, position__lt=one.cursor).order_by("-position")
        if one.is_at_contacts:
            rows = list(left.filter(kind=RowKind.CONTACT)[:CONTACTS_BATCH])
            if rows:
                _take_back_contacts(owner.pk, rows)
            elif settle_some(owner, now):
                return
            else:
                evidence.settle_pairs(owner_id=owner.pk, now=now)
                one.is_at_contacts, one.cursor = False, one.last_position + 1
                return
        else:
            rows = list(left.exclude(kind=RowKind.CONTACT)[:BATCH])
            if not rows:
                one.state = ImportState.UNDONE
                one.undone_at = now
                return
            _take_back_cards(owner.pk, rows, now)
        for row in rows:
            row.is_undone = True
        update_in(rows, ["is_undone", "kept"])
        one.cursor = rows[-1].position
        one.done += len(rows)


def _take_back_contacts(owner_id: int, rows: Sequence[ImportRow]) -> None:
    """Contacts that the member corrected since stay; gatherings go, and whoever was told to be at one goes from it."""
    contacts = [UUID(contact) for row in rows for contact in row.changes.get("contacts", ())]
    gatherings = [UUID(row.changes["gathering"]) for row in rows if "gathering" in row.changes]
    presences = [presence for row in rows for presence in row.changes.get("presences", ())]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM contacts_interaction WHERE owner_id = %s AND id = ANY(%s) AND edited_at IS NULL"
            " RETURNING person_id",
            [owner_id, contacts],
        )
        people = sorted({person for (person,) in cursor.fetchall()})
        cursor.execute(
            "UPDATE contacts_person SET strength_is_stale = true WHERE id = ANY(%s) AND NOT strength_is_stale", [people]
        )
        cursor.execute(
            "DELETE FROM contacts_presence p USING contacts_gathering g WHERE g.id = p.gathering_id"
            " AND g.owner_id = %s AND (g.id = ANY(%s) OR p.id = ANY(%s))",
            [owner_id, gatherings, presences],
        )
        cursor.execute(
            "DELETE FROM contacts_gathering WHERE owner_id = %s AND id = ANY(%s) RETURNING thread",
            [owner_id, gatherings],
        )
        threads = {thread for (thread,) in cursor.fetchall()}
        evidence.settle_crowds(owner_id=owner_id, threads=threads)
        cursor.execute("SELECT id FROM contacts_interaction WHERE owner_id = %s AND id = ANY(%s)", [owner_id, contacts])
        kept = {str(contact) for (contact,) in cursor.fetchall()}
    for row in rows:
        if kept.intersection(row.changes.get("contacts", ())):
            row.kept = "kept, as you corrected this contact since"


def _take_back_cards(owner_id: int, rows: Sequence[ImportRow], now: datetime) -> None:
    ids = {row.person_id for row in rows if row.person_id and row.changes}
    people = {
        person.id: person
        for person in Person.objects.select_for_update().filter(owner=owner_id, id__in=ids).order_by("id")
    }
    prefetch_related_objects(list(people.values()), "handles")
    keys = {(handle.kind, handle.normalised) for person in people.values() for handle in person.handles.all()}
    reach = max((person.reach for person in people.values()), default=0)
    cards = [row.changes["card"] for row in rows if "card" in row.changes]
    ImportedCard.objects.filter(owner=owner_id, id__in=cards).delete()
    _restore(rows, people)
    gone = _remove(rows, people)
    picturing.take_off(owner_id=owner_id, rows=[row for row in rows if row.person_id not in gone], now=now)
    settle_identities(owner_id, keys)
    if people:
        book_moved(owner_id, reach=reach)


def _remove(rows: Sequence[ImportRow], people: Mapping[UUID, Person]) -> set[UUID]:
    """Take out the cards that the import made; which they were."""
    made = {row.person_id: row for row in rows if row.changes.get("created") and row.person_id in people}
    used = _uses({person_id for person_id in made if person_id})
    gone = []
    for person_id, row in made.items():
        assert person_id is not None
        person = people[person_id]
        if person.deleted_at:
            row.kept = "you had deleted this card yourself"
        elif person_id in used:
            row.kept = f"kept, as {' and '.join(used[person_id])}"
        elif person.updated_at.isoformat() != row.changes["stamp"][1]:
            row.kept = "kept, as the card was changed since"
        else:
            gone.append(person_id)
    if gone:
        Handle.objects.filter(person__in=gone)._raw_delete("default")
        Person.objects.filter(id__in=gone).only("id").delete()
    return set(gone)


def _restore(rows: Sequence[ImportRow], people: Mapping[UUID, Person]) -> None:
    """Cards that the import brought up to date; the later of two changes to one card comes first."""
    changed: dict[UUID, Person] = {}
    columns = {"sort_key", "search_text", "updated_at", "told_at"}
    handles: list[str] = []
    for row in rows:
        if "fields" not in row.changes:
            continue
        person = people.get(row.person_id) if row.person_id else None
        if person is None or person.deleted_at:
            row.kept = "the card was deleted since"
            continue
        columns |= row.changes["fields"].keys()
        handles += _restore_one(row, person)
        changed[person.id] = person
    if not changed:
        return
    Handle.objects.filter(id__in=handles).delete()
    for person in changed.values():
        person._prefetched_objects_cache.pop("handles", None)  # type: ignore[attr-defined]
    prefetch_related_objects(list(changed.values()), "handles")
    for person in changed.values():
        derive(person, pairs(list(person.handles.all())))
    update_in(list(changed.values()), sorted(columns))


def _restore_one(row: ImportRow, person: Person) -> list[str]:
    """Put the old values on the card; the ids of the handles that go."""
    before, after = row.changes["stamp"]
    if person.updated_at.isoformat() == after:
        person.updated_at = datetime.fromisoformat(before)
        person.told_at = row.changes.get("told", {})
    stay = []
    for name, (old, new) in row.changes["fields"].items():
        if name not in person.typed_fields and to_plain(getattr(person, name)) == new:
            setattr(person, name, from_plain(name, old))
        else:
            stay.append(str(Person._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
    ids = row.changes["ids"]
    if ids and HANDLES in person.typed_fields:
        stay.append("addresses and numbers")
        ids = []
    if stay:
        row.kept = f"kept, as changed since: {', '.join(stay)}"[:500]
    return list(ids)


def _uses(person_ids: set[UUID]) -> dict[UUID, list[str]]:
    """Why a card must stay, by card. A constant number of statements."""
    found: dict[UUID, list[str]] = {}
    for model, columns, reason in _USES:
        named = Q()
        for column in columns:
            named |= Q(**{f"{column}__in": person_ids})
        rows: Any = model._default_manager.filter(named).values_list(*columns)
        for person_id in {value for row in rows for value in row} & person_ids:
            found.setdefault(person_id, []).append(reason)
    answers: list[tuple[Any, Any]] = people_used.send(sender=Person, person_ids=person_ids)
    for _, used in answers:
        for person_id in set(used) & person_ids:
            found.setdefault(person_id, []).append("they are part of an objective or an introduction")
    return found
