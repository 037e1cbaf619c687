"""Finding people in mails and meetings who are in no book yet.

Somebody is proposed where mail went both ways, or where they were in a meeting with the member; people with whom mail
went one way only are listed apart, to be added if the member says so: most of who writes is nobody one knows.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from django.db import connection

from contacts.handles import HandleKind, is_role_address
from contacts.importers import ContactKind, Labelled, PersonRecord
from contacts.models import Correspondent, Import, ImportRow, RowKind, RowOutcome
from contacts.services.handles import ReadHandle
from contacts.services.imports.crowds import is_crowded
from contacts.services.imports.faces import face_of
from contacts.services.imports.matching import kind_of, value_of
from contacts.services.imports.rules import Rules
from contacts.services.imports.stored import StoredContact, pack
from netapp.accounts.models import User
from netapp.lib.bulk import copy_in, unnest

_LIKELY_OWN_FROM: Final = 10
"""Mails on which an address must stand before it may be taken for the member's own."""


@dataclass(slots=True)
class Trace:
    """What the contacts of one upload tell about an address."""

    row: ImportRow
    ins: int = 0
    outs: int = 0
    meetings: int = 0
    names: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Of anything."""
        return self.ins + self.outs + self.meetings

    def words(self) -> str:
        """ "3 mails from them, 2 from you, 1 meeting"."""
        parts = []
        if self.ins:
            parts.append(f"{self.ins:,} {'mail' if self.ins == 1 else 'mails'} from them")
        if self.outs:
            parts.append(f"{self.outs:,} from you" if self.ins else f"{self.outs:,} from you, none from them")
        elif self.ins:
            parts.append("none from you")
        if self.meetings:
            parts.append(f"{self.meetings:,} {'meeting' if self.meetings == 1 else 'meetings'}")
        return ", ".join(parts)


def find(*, one: Import, owner: User, rules: Rules) -> None:
    """Write a row for everybody who is found, after all others, in place of those of an earlier search.

    Runs in the caller's transaction. Time grows with the contacts of the import.
    """
    one.rows.filter(kind=RowKind.CORRESPONDENT).delete()
    traces, on_mails, mails = _traces(one, rules)
    if not mails and not traces:
        return
    if not one.source:
        one.options["maybe_own"] = _maybe_own(on_mails, mails, rules)
    for key in _known(owner, traces) | (_in_upload(one) & traces.keys()):
        del traces[key]
    answered = _remember(owner, traces)
    ordered = sorted(traces.items(), key=lambda item: (-item[1].count, item[0]))
    copy_in(
        [
            _row(one, position, key, trace, is_both_ways=key in answered)
            for position, (key, trace) in enumerate(ordered, one.last_position + 1)
        ]
    )


def _traces(one: Import, rules: Rules) -> tuple[dict[str, Trace], Counter[str], int]:
    """What is told of every address that may be somebody; on how many mails each address stands; how many mails."""
    traces: dict[str, Trace] = {}
    on_mails: Counter[str] = Counter()
    mails = 0
    for row in _contacts(one):
        contact = StoredContact.of(row)
        if contact.kind == ContactKind.MAIL:
            mails += 1
            on_mails.update(contact.keys)
        others = [(key, name) for key, name in zip(contact.keys, contact.names, strict=True) if key not in rules.own]
        if is_crowded(contact.kind, len(others)):
            continue
        is_from_me = contact.has_sender and contact.keys[0] in rules.own
        for at, (key, name) in enumerate(others):
            is_sender = contact.has_sender and not is_from_me and at == 0
            if contact.kind != ContactKind.MEETING and not is_from_me and not is_sender:
                continue
            if rules.blocked.has_key(key) or is_role_address(value_of(key)):
                continue
            trace = traces.get(key)
            if trace is None:
                trace = traces[key] = Trace(row)
            if name:
                trace.names[name] += 1
            if contact.kind == ContactKind.MEETING:
                trace.meetings += 1
            elif is_sender:
                trace.ins += 1
            else:
                trace.outs += 1
    return traces, on_mails, mails


def _contacts(one: Import) -> Iterator[ImportRow]:
    rows = one.rows.filter(kind=RowKind.CONTACT).exclude(outcome=RowOutcome.LEFT_OUT, keys=[]).exclude(keys=[])
    return rows.only("position", "file", "line", "keys", "record").iterator(chunk_size=2000)


def _known(owner: User, keys: Iterable[str]) -> set[str]:
    """Those that stand on a card of the book, deleted ones too: whom the member deleted is not proposed again."""
    wanted = list(keys)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT wanted.kind || ':' || wanted.value
            FROM unnest(%s::text[], %s::text[]) AS wanted (kind, value)
            CROSS JOIN LATERAL (
                SELECT FROM contacts_handle h
                WHERE h.owner_id = %s AND h.kind = wanted.kind AND h.normalised = wanted.value OFFSET 0
            ) h
            """,
            [[kind_of(key) for key in wanted], [value_of(key) for key in wanted], owner.pk],
        )
        return {key for (key,) in cursor.fetchall()}


def _in_upload(one: Import) -> set[str]:
    """The keys of the cards in the same upload."""
    rows = one.rows.filter(kind=RowKind.PERSON).exclude(keys=[]).values_list("keys", flat=True)
    return {key for keys in rows.iterator(chunk_size=2000) for key in keys}


def _remember(owner: User, traces: dict[str, Trace]) -> set[str]:
    """Who wrote and was written to, counting what earlier imports and syncs saw; and keep that for later ones."""
    faces = {key: face_of(owner.pk, key) for key in traces}
    earlier = {
        face: (has_written, was_written_to)
        for face, has_written, was_written_to in Correspondent.objects.filter(
            owner=owner, face__in=list(faces.values())
        ).values_list("face", "has_written", "was_written_to")
    }
    answered = set()
    rows = []
    for key, trace in traces.items():
        has_written, was_written_to = earlier.get(faces[key], (False, False))
        has_written, was_written_to = has_written or trace.ins > 0, was_written_to or trace.outs > 0
        rows.append((faces[key], has_written, was_written_to))
        if has_written and was_written_to:
            answered.add(key)
    written, has_written_column, was_written_to_column = unnest(rows, 3)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO contacts_correspondent AS old (id, owner_id, created_at, face, has_written, was_written_to)
            SELECT gen_random_uuid(), %s, now(), new.face, new.has_written, new.was_written_to
            FROM unnest(%s::bigint[], %s::bool[], %s::bool[]) AS new (face, has_written, was_written_to)
            ON CONFLICT (owner_id, face) DO UPDATE
            SET has_written = excluded.has_written, was_written_to = excluded.was_written_to
            WHERE (old.has_written, old.was_written_to) <> (excluded.has_written, excluded.was_written_to)
            """,
            [owner.pk, written, has_written_column, was_written_to_column],
        )
    return answered


def _maybe_own(on_mails: Counter[str], mails: int, rules: Rules) -> list[list[str | int]]:
    """Addresses that stand on most mails and are not known as the member's: [address, on how many]."""
    if sum(on_mails[key] for key in rules.own) >= mails / 2:
        return []
    likely = [(value_of(key), count) for key, count in on_mails.most_common(3) if key not in rules.own]
    return [[address, count] for address, count in likely if count >= max(_LIKELY_OWN_FROM, mails / 3)]


def _row(one: Import, position: int, key: str, trace: Trace, *, is_both_ways: bool) -> ImportRow:
    value = value_of(key)
    name = trace.names.most_common(1)[0][0] if trace.names else value
    is_address = kind_of(key) == HandleKind.EMAIL
    record = PersonRecord(
        full_name=name,
        file=trace.row.file,
        line=trace.row.line,
        emails=(Labelled(value),) if is_address else (),
        linkedin="" if is_address else f"https://www.linkedin.com/in/{value}/",
    )
    handle = ReadHandle(HandleKind(kind_of(key)), value if is_address else record.linkedin, value, "")
    return ImportRow(
        of=one,
        position=position,
        kind=RowKind.CORRESPONDENT,
        file=record.file,
        line=record.line,
        name=name,
        outcome=RowOutcome.NEW if is_both_ways or trace.meetings else RowOutcome.ONE_WAY,
        reason=trace.words(),
        keys=[key],
        record=pack(record, [handle]),
    )
