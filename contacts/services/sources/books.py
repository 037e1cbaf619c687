"""Reading an address book: what changed there goes the way of an import, with the state up to which it was read.

Cards are stored with their ETags batch by batch, each in the transaction that hands them on; the sync-token only when
all of them are. A worker that dies in between leaves cards that are known and a token that is old: the next one asks
again, is told the same, and finds most of it known.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from contacts.importers import PersonRecord, Record, Skipped, UnreadableFile, read
from contacts.models import ImportedCard, Person, Source, SourceItem, SourcePart, SourceRun, Writes
from contacts.remote import carddav
from contacts.remote.carddav import RemoteCard
from contacts.remote.guard import Allowance
from contacts.remote.web import Session
from contacts.services.imports.feeding import feed
from contacts.services.sources import claims, leaving
from contacts.services.sources.claims import Claim
from contacts.services.sources.merging import (
    Memory,
    columns_of,
    receive,
    said_by_person,
    said_by_record,
    typed_by_member,
)

BATCH: Final = 500
BATCH_BYTES: Final = 20_000_000
MIN_SECONDS: Final = 5.0
"""With less time left no further batch is begun."""


def pull(claim: Claim, session: Session, part: SourcePart, allowance: Allowance, *, now: datetime) -> bool:
    """Read what is new in the book; whether there is more than this run had time for. Raises Stale, Fault."""
    known = dict(SourceItem.objects.filter(part=part).exclude(etag="").values_list("href", "etag"))
    delta = carddav.changes(session, part.address, token=part.token, ctag=part.ctag, known=known)
    leaving.look(claim, part, gone=delta.gone, known=len(known), added=len(delta.changed.keys() - known.keys()))
    for cards in _batches(carddav.read(session, part.address, list(delta.changed))):
        _store(claim, part, cards, now)
        if allowance.is_short(MIN_SECONDS):
            return True
    with claims.held(claim) as one:
        leaving.follow(one, part, gone=delta.gone, now=now)
        if delta.ignored:
            words = f"{delta.ignored:,} cards in {part.title} were left out: more than Kith takes, or oddly named."
            SourceRun.objects.create(source=one, ended_at=now, lines=[words])
        SourcePart.objects.filter(id=part.id).update(token=delta.token, ctag=delta.ctag)
    return False


def source_key(source: Source) -> str:
    """What names a source in an import (`Import.source`)."""
    return f"{source.kind}:{source.id}"


def people_of(owner_id: int, uids: Sequence[str]) -> dict[str, Person]:
    """The live person behind each uid, with handles; not where there are several. Two statements."""
    links = ImportedCard.objects.filter(owner=owner_id, uid__in=set(uids), person__deleted_at=None)
    found: dict[str, set[Any]] = {}
    for uid, person_id in links.values_list("uid", "person_id"):
        found.setdefault(uid, set()).add(person_id)
    single = {uid: next(iter(ids)) for uid, ids in found.items() if len(ids) == 1}
    people = Person.objects.filter(owner=owner_id, id__in=single.values()).prefetch_related("handles")
    by_id = {person.id: person for person in people}
    return {uid: by_id[person_id] for uid, person_id in single.items() if person_id in by_id}


def record_of(part: SourcePart, card: RemoteCard, line: int, now: datetime) -> Record:
    """The card as importers read it: a person, or why there is none."""
    try:
        found: Record | None = next(iter(read(part.title, card.data, now=now)), None)
    except UnreadableFile as error:
        return Skipped(part.title, line, "the card could not be read", str(error))
    if isinstance(found, PersonRecord):
        return replace(found, line=line, uid=found.uid or made_up_uid(part, card.href))
    if isinstance(found, Skipped):
        return replace(found, line=line)
    return Skipped(part.title, line, "there is no card in it", "Look at it in the address book.")


def made_up_uid(part: SourcePart, href: str) -> str:
    """A name for a card that has none."""
    return f"href:{hashlib.sha256(f'{part.address} {href}'.encode()).hexdigest()[:40]}"


def _batches(cards: Iterator[RemoteCard]) -> Iterator[list[RemoteCard]]:
    batch: list[RemoteCard] = []
    size = 0
    for card in cards:
        batch.append(card)
        size += len(card.data)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _store(claim: Claim, part: SourcePart, cards: Sequence[RemoteCard], now: datetime) -> None:
    """Hand the cards on, and note that they are known, in one transaction. Raises Stale."""
    records = [record_of(part, card, line, now) for line, card in enumerate(cards, 1)]
    with claims.held(claim) as one:
        items = {item.href: item for item in SourceItem.objects.filter(part=part, href__in=[c.href for c in cards])}
        fresh = {card.href for card in cards} - items.keys()
        uids = [record.uid for record in records if isinstance(record, PersonRecord)]
        people = people_of(claim.owner.pk, uids)
        for card, record in zip(cards, records, strict=True):
            item = items.setdefault(card.href, SourceItem(part=part, href=card.href))
            item.etag = card.etag
            if isinstance(record, PersonRecord):
                item.uid = record.uid
                _receive(one, item, record, people.get(record.uid))
        leaving.welcome_back(one, [person for item in items.values() if (person := people.get(item.uid))], fresh, now)
        SourceItem.objects.bulk_create(
            items.values(),
            update_conflicts=True,
            unique_fields=["part", "href"],
            update_fields=["etag", "uid", "base", "conflicts", "compared_at"],
            batch_size=500,
        )
        told = [record for record in records if not _is_group(record)]
        imported = feed(
            owner_id=claim.owner.pk,
            title=one.title if one.title == part.title else f"{one.title}: {part.title}",
            records=told,
            source=source_key(one),
            now=now,
        )
        if imported is not None:
            counts = {"read": len(told)}
            SourceRun.objects.create(source=one, ended_at=now, counts=counts, imported=imported)


def _receive(source: Source, item: SourceItem, record: PersonRecord, person: Person | None) -> None:
    """Remember what the card says; where Kith may write, let what was changed there count as the member's own word."""
    theirs = said_by_record(record, source.owner.country)
    memory = Memory(item.base.get("theirs", {}), item.base.get("agreed", {}), item.conflicts)
    if person is not None and source.writes != Writes.NOTHING:
        taken = receive(memory, said_by_person(person), typed_by_member(person), theirs)
        if taken:
            person.typed_fields = sorted(set(person.typed_fields) - columns_of(taken))
            Person.objects.filter(id=person.id).update(typed_fields=person.typed_fields)
    memory.theirs = theirs
    item.base = {"theirs": memory.theirs, "agreed": memory.agreed}
    item.conflicts = memory.conflicts
    item.compared_at = None


def _is_group(record: Record) -> bool:
    """Groups are no people, and no news to the member either."""
    return isinstance(record, Skipped) and record.reason == "a group, not a person"
