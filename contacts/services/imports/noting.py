"""Contacts: what each mail, message or meeting of an import tells about people of the book, and writing that down.

A mail or message from somebody is a contact from them, one to somebody a contact from the member with each, as long
as few enough were written to; a meeting is a contact with everybody who was there. Whoever stood on the same item is
noted as present at it, also where it was no contact with the member.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from contacts.importers import ContactKind
from contacts.models import (
    Direction,
    Gathering,
    ImportRow,
    Interaction,
    InteractionKind,
    Presence,
    RowKind,
    RowOutcome,
    UnnotedContact,
)
from contacts.services import evidence
from contacts.services.imports.crowds import is_crowd, is_crowded
from contacts.services.imports.faces import face_of
from contacts.services.imports.matching import Candidate, choose, kind_of, value_of
from contacts.services.imports.rules import Rules
from contacts.services.imports.stored import StoredContact
from netapp.accounts.models import User
from netapp.lib.bulk import insert_new, unnest

_KINDS: Final = {
    ContactKind.MAIL: InteractionKind.MAIL,
    ContactKind.MESSAGE: InteractionKind.MESSAGE,
    ContactKind.MEETING: InteractionKind.MET,
}
_FACES_KEPT: Final = evidence.MOST_IN_A_MEETING + 1
"""More would not change the answer."""


@dataclass(slots=True)
class Note:
    """What one row tells. `touches`: with whom it was a contact, and which way. `present`: who of the book was there.

    `coming`: how many more of those who took part this very import would add to the book.
    """

    row: ImportRow
    contact: StoredContact
    kind: InteractionKind
    touches: list[tuple[UUID, Direction]] = field(default_factory=list)
    present: list[UUID] = field(default_factory=list)
    faces: list[int] = field(default_factory=list)
    coming: int = 0
    reason: str = ""


def preview(
    *, owner: User, rows: Sequence[ImportRow], rules: Rules, coming: frozenset[str], now: datetime
) -> list[ImportRow]:
    """Set on the rows what would become of them; `coming` are keys of those whom the import would add."""
    notes = _read(owner, rows, rules, coming, now)
    known = _known_items(notes)
    for note in notes:
        row = note.row
        row.outcome, row.reason, row.person_id, row.changes = RowOutcome.NOTED, "", _whom(note), {}
        if note.reason:
            row.outcome, row.reason = RowOutcome.LEFT_OUT, note.reason
        elif not note.coming and all((person, note.contact.key) in known for person, _ in note.touches):
            row.outcome = RowOutcome.SEEN
    return [note.row for note in notes]


def write(*, owner: User, rows: Sequence[ImportRow], rules: Rules, now: datetime) -> None:
    """Write contacts and presences, and on each row what became of it. A constant number of statements."""
    notes = _read(owner, rows, rules, frozenset(), now)
    contacts = _write_contacts(owner, notes)
    gatherings, presences = _write_gatherings(owner, notes)
    for note in notes:
        row, key = note.row, note.contact.key
        row.changes = {}
        row.outcome, row.reason, row.person_id = RowOutcome.SEEN, "", _whom(note)
        if note.reason:
            row.outcome, row.reason = RowOutcome.LEFT_OUT, note.reason
            continue
        # One item is one row; what a second row of the same batch tells, the first has told.
        if made := contacts.pop(key, None):
            row.changes["contacts"] = made
        there = presences.pop(key, None)
        if key in gatherings:
            row.changes["gathering"] = gatherings.pop(key)
        elif there:
            row.changes["presences"] = there
        if row.changes:
            row.outcome = RowOutcome.NOTED


def _whom(note: Note) -> UUID | None:
    return note.touches[0][0] if note.touches else next(iter(note.present), None)


def _read(owner: User, rows: Sequence[ImportRow], rules: Rules, coming: frozenset[str], now: datetime) -> list[Note]:
    told = [(row, StoredContact.of(row)) for row in rows if row.kind == RowKind.CONTACT and "key" in row.record]
    book = _book(owner, {key for _, contact in told for key in contact.keys if not rules.keeps_out(key)})
    return [_note(owner, row, contact, book, rules, coming, now) for row, contact in told]


def _note(
    owner: User,
    row: ImportRow,
    contact: StoredContact,
    book: Mapping[str, Sequence[tuple[UUID, str]]],
    rules: Rules,
    coming: frozenset[str],
    now: datetime,
) -> Note:
    note = Note(row, contact, _KINDS[contact.kind])
    others = [(key, name) for key, name in zip(contact.keys, contact.names, strict=True) if key not in rules.own]
    if contact.happened_at > now:
        note.reason = "it has not taken place yet" if contact.kind == ContactKind.MEETING else "dated in the future"
        return note
    if not others:
        note.reason = "nobody but you is on it"
        return note
    is_meeting = contact.kind == ContactKind.MEETING
    is_from_me = contact.has_sender and contact.keys[0] in rules.own
    if is_crowded(contact.kind, len(others)):
        if not is_meeting:
            note.reason = f"written to {len(others)} people at once"
            return note
        note.kind = InteractionKind.EVENT
    people = [(key, None if rules.keeps_out(key) else _who(book.get(key, ()), name)) for key, name in others]
    for at, (key, person) in enumerate(people):
        is_sender = contact.has_sender and not is_from_me and at == 0
        is_touched = is_meeting or is_from_me or is_sender
        if person is None:
            note.coming += is_touched and key in coming
            continue
        if person not in note.present:
            note.present.append(person)
            if is_touched:
                written = Direction.OUT if is_from_me else Direction.IN
                note.touches.append((person, Direction.BOTH if is_meeting else written))
    if len(others) > 1:
        note.faces = sorted({face_of(owner.pk, key) for key, _ in others})[:_FACES_KEPT]
    if not note.touches and not note.coming and len(note.present) < 2:
        note.reason = "nobody in your book is on it" if not note.present else "it is between others"
    return note


def _who(people: Sequence[tuple[UUID, str]], name: str) -> UUID | None:
    """Whose address it is; of several cards with it, the one that is called so, if it is one."""
    if len(people) == 1:
        return people[0][0]
    same = choose(name, [Candidate(person, called, frozenset({"email"})) for person, called in people]).same
    return same[0].who if name and len(same) == 1 else None


def _book(owner: User, keys: Iterable[str]) -> dict[str, list[tuple[UUID, str]]]:
    """The live cards of the book by key: (id, name)."""
    wanted = sorted(keys)
    found: defaultdict[str, list[tuple[UUID, str]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.kind || ':' || wanted.value, h.*
            FROM unnest(%s::text[], %s::text[]) AS wanted (kind, value)
            CROSS JOIN LATERAL (
                SELECT p.id, p.full_name FROM contacts_handle h JOIN contacts_person p ON p.id = h.person_id
                WHERE h.owner_id = %s AND h.kind = wanted.kind AND h.normalised = wanted.value
                AND p.deleted_at IS NULL OFFSET 0
            ) h
            ORDER BY h.id
            """,
            [[kind_of(key) for key in wanted], [value_of(key) for key in wanted], owner.pk],
        )
        for key, person, name in cursor.fetchall():
            found[key].append((person, name))
    return found


def _known_items(notes: Sequence[Note]) -> set[tuple[UUID, str]]:
    people, keys = unnest([(person, note.contact.key) for note in notes for person, _ in note.touches], 2)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT item.person, item.key FROM unnest(%s::uuid[], %s::text[]) AS item (person, key)
            CROSS JOIN LATERAL (
                SELECT FROM contacts_interaction i
                WHERE i.person_id = item.person AND i.source_key = item.key AND NOT (i.source_key = '') OFFSET 0
            ) i
            """,
            [people, keys],
        )
        return set(cursor.fetchall())


def _write_contacts(owner: User, notes: Sequence[Note]) -> dict[str, list[str]]:
    """The ids of the new contacts, by the key of their item. Their people's figures become stale."""
    denied = _denied(notes)
    contacts = [
        Interaction(
            owner_id=owner.pk,
            person_id=person,
            kind=note.kind,
            direction=direction,
            happened_at=note.contact.happened_at,
            source_key=note.contact.key,
        )
        for note in notes
        if not note.reason
        for person, direction in note.touches
        if (person, note.contact.key) not in denied
    ]
    new = insert_new(contacts)
    ids: defaultdict[str, list[str]] = defaultdict(list)
    people = set()
    for contact in contacts:
        if contact.id in new:
            ids[contact.source_key].append(str(contact.id))
            people.add(contact.person_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_person SET strength_is_stale = true WHERE id = ANY(%s) AND NOT strength_is_stale",
            [sorted(people)],
        )
    return ids


def _denied(notes: Sequence[Note]) -> set[tuple[UUID, str]]:
    """Those that the member had removed."""
    keys = [note.contact.key for note in notes]
    people = {person for note in notes for person, _ in note.touches}
    found = UnnotedContact.objects.filter(person__in=people, source_key__in=keys) if people else None
    return set(found.values_list("person_id", "source_key")) if found is not None else set()


def _write_gatherings(owner: User, notes: Sequence[Note]) -> tuple[dict[str, str], dict[str, list[int]]]:
    """The new gatherings' ids by the key of their item, and the ids of new presences likewise."""
    telling = {note.contact.key: note for note in notes if not note.reason and note.faces and note.present}
    if not telling:
        return {}, {}
    rows = [
        Gathering(
            owner_id=owner.pk,
            key=key,
            kind=note.kind,
            thread=note.contact.thread,
            happened_at=note.contact.happened_at,
            faces=note.faces,
            is_crowd=is_crowd(note.contact.kind, len(note.faces)),
        )
        for key, note in telling.items()
    ]
    new = insert_new(rows)
    made = {row.key: str(row.id) for row in rows if row.id in new}
    known = Gathering.objects.filter(owner=owner, key__in=list(telling)).values_list("key", "id", "is_settled")
    ids = {key: gathering for key, gathering, _ in known}
    settled = {gathering for _, gathering, is_settled in known if is_settled}
    presences = insert_new(
        [Presence(gathering_id=ids[key], person_id=person) for key, note in telling.items() for person in note.present]
    )
    keys = {gathering: key for key, gathering in ids.items()}
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    again = set()
    for presence, gathering in Presence.objects.filter(id__in=presences).values_list("id", "gathering_id"):
        by_key[keys[gathering]].append(presence)
        again |= {gathering} & settled
    Gathering.objects.filter(id__in=again).update(is_settled=False)
    evidence.settle_crowds(owner_id=owner.pk, threads=[note.contact.thread for note in telling.values()])
    return made, by_key
