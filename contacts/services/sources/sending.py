"""Writing into an address book what the member changed, where they let Kith.

A card is fetched, changed in the lines concerned and put back on the condition that nobody touched it meanwhile
(If-Match): what Kith does not know in it stays byte for byte. A worker that dies after the server took it finds, next
time, that both sides agree.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from django.db import transaction
from django.db.models import DateTimeField, Exists, OuterRef, Value
from django.db.models.functions import Coalesce

from contacts.models import ImportedCard, Person, Relation, SourceItem, SourcePart, SourceRun, Writes
from contacts.remote import carddav, cards
from contacts.remote.carddav import Conflict
from contacts.remote.cards import Unpatchable
from contacts.remote.faults import Fault, Trouble
from contacts.remote.guard import Allowance
from contacts.remote.web import Session
from contacts.services.sources import claims
from contacts.services.sources.books import MIN_SECONDS, people_of
from contacts.services.sources.claims import Claim
from contacts.services.sources.merging import (
    Memory,
    News,
    compare,
    patch_of,
    said_by_person,
    settle,
    typed_by_member,
    whole,
)

_AT_ONCE: Final = 200
_MOST_LINES: Final = 30
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_WORDS: Final = {
    "full_name": "name",
    "nickname": "nickname",
    "organisation": "organisation",
    "role": "role",
    "birthday": "birthday",
}


@dataclass(slots=True)
class _Report:
    sent: int = 0
    apart: int = 0
    lines: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        if len(self.lines) < _MOST_LINES:
            self.lines.append(line)
        elif len(self.lines) == _MOST_LINES:
            self.lines.append("And more of the same.")


def push(claim: Claim, session: Session, writes: str, allowance: Allowance, *, now: datetime) -> bool:
    """Write what is news into the chosen books; whether there is more than this run had time for.

    Raises Stale, Fault.
    """
    report = _Report()
    try:
        is_more = _push_changes(claim, session, allowance, report)
        if writes == Writes.NEW and not is_more:
            is_more = _push_new(claim, session, allowance, report)
    finally:
        # Whatever ended it: what was written is told.
        if report.lines:
            with transaction.atomic():
                counts = {"sent": report.sent, "apart": report.apart}
                SourceRun.objects.create(source_id=claim.source_id, ended_at=now, counts=counts, lines=report.lines)
    return is_more


def _push_changes(claim: Claim, session: Session, allowance: Allowance, report: _Report) -> bool:
    for item, person in _changed(claim):
        if allowance.is_short(MIN_SECONDS):
            return True
        memory = Memory(item.base.get("theirs", {}), item.base.get("agreed", {}), item.conflicts)
        ours, typed = said_by_person(person), typed_by_member(person)
        if not memory.theirs:
            continue
        news = compare(memory, ours, typed, memory.theirs)
        if news:
            try:
                is_sent = _send(claim, session, item, news)
            except Unpatchable:
                report.say(f"{person.full_name}: the card there is written in a way that Kith does not change.")
                is_sent = True
            except Conflict:
                is_sent = False
            except Fault as fault:
                if fault.trouble is not Trouble.FORBIDDEN:
                    raise
                SourcePart.objects.filter(id=item.part_id).update(can_write=False)
                report.say(f"{item.part.title} does not let Kith write. Kith only reads it from now on.")
                return True
            if not is_sent:
                report.say(f"{person.full_name} was changed there at the same moment. Kith looks at it again.")
                continue
            report.sent += 1
            _tell(report, person, news)
        settle(memory, ours, memory.theirs, news)
        for name, their, our in news.apart:
            report.apart += 1
            report.say(
                f"{person.full_name}: the {_WORDS[name]} is “{our}” here and “{their}” there, both changed. Kith left "
                "both; change the one that is wrong."
            )
        with claims.held(claim):
            SourceItem.objects.filter(id=item.id).update(
                etag=item.etag,
                base={"theirs": memory.theirs, "agreed": memory.agreed},
                conflicts=memory.conflicts,
                compared_at=person.updated_at,
            )
    return False


def _send(claim: Claim, session: Session, item: SourceItem, news: News) -> bool:
    """Put the news into the card as it is now; False where that is not the card that was compared.

    Raises Stale, Fault, Conflict, Unpatchable.
    """
    part = item.part
    card = carddav.read_one(session, part.address, item.href)
    if card is None or carddav.short_etag(card.etag) != item.etag:
        return False
    data = cards.patched(card.data, patch_of(news))
    claims.check(claim)
    etag = carddav.write(session, part.address, item.href, data, etag=card.etag)
    item.etag = etag or _etag_now(session, part, item.href)
    return True


def _push_new(claim: Claim, session: Session, allowance: Allowance, report: _Report) -> bool:
    part = SourcePart.objects.filter(source=claim.source_id, is_chosen=True, can_write=True).first()
    if part is None:
        return False
    unsent = Person.objects.filter(
        owner=claim.owner,
        deleted_at=None,
        archived_at=None,
        relation=Relation.KNOWN,
        typed_fields__contains=["full_name"],
    ).filter(~Exists(ImportedCard.objects.filter(person=OuterRef("id"))))
    for person in unsent.order_by("created_at").prefetch_related("handles")[:_AT_ONCE]:
        if allowance.is_short(MIN_SECONDS):
            return True
        uid = str(uuid.uuid5(person.id, "card"))
        href = f"{carddav.path_of(part.address)}{uid}.vcf"
        # Who it is stands in rows before the server has it: whatever happens, it comes back as the same person.
        with claims.held(claim):
            ImportedCard.objects.get_or_create(owner=claim.owner, person=person, uid=uid)
            SourceItem.objects.get_or_create(part=part, href=href, defaults={"uid": uid})
        report.say(f"{person.full_name} was added to {part.title}.")
        report.sent += 1
    for item in SourceItem.objects.filter(part=part, etag="").select_related("part")[:_AT_ONCE]:
        if allowance.is_short(MIN_SECONDS):
            return True
        found = people_of(claim.owner.pk, [item.uid]).get(item.uid)
        if found is None:
            SourceItem.objects.filter(id=item.id).delete()
            continue
        ours = said_by_person(found)
        try:
            etag = carddav.write(session, part.address, item.href, cards.written(item.uid, whole(ours)), etag="")
        except Conflict:
            # It arrived, and nobody could note it: its ETag says so.
            etag = ""
        etag = etag or _etag_now(session, part, item.href)
        theirs = {**ours}
        agreed = {name: sorted(value) if isinstance(value, dict) else value for name, value in ours.items()}
        with claims.held(claim):
            SourceItem.objects.filter(id=item.id).update(
                etag=etag, base={"theirs": theirs, "agreed": agreed}, compared_at=found.updated_at
            )
    return False


def _changed(claim: Claim) -> Iterator[tuple[SourceItem, Person]]:
    """Cards whose person was changed since the two were last compared."""
    compared_at = Coalesce(OuterRef("compared_at"), Value(_LONG_AGO), output_field=DateTimeField())
    cards = ImportedCard.objects.filter(owner=claim.owner, uid=OuterRef("uid"), person__deleted_at=None)
    # Not "later than": whatever set it, another moment is another card.
    changed = cards.exclude(person__updated_at=compared_at)
    items = SourceItem.objects.filter(
        Exists(changed), part__source=claim.source_id, part__is_chosen=True, part__can_write=True
    ).exclude(etag="")
    ids = list(items.order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), _AT_ONCE):
        some = list(
            SourceItem.objects.filter(id__in=ids[start : start + _AT_ONCE]).select_related("part").order_by("id")
        )
        people = people_of(claim.owner.pk, [item.uid for item in some])
        for item in some:
            if item.uid in people:
                yield item, people[item.uid]


def _etag_now(session: Session, part: SourcePart, href: str) -> str:
    """The ETag of a card that was just written, from a server that did not say it."""
    card = carddav.read_one(session, part.address, href)
    return carddav.short_etag(card.etag) if card else ""


def _tell(report: _Report, person: Person, news: News) -> None:
    for name, their, our in news.fields:
        was = f", was “{their}”" if their else ""
        report.say(f"{person.full_name}: the {_WORDS[name]} there is now “{our or 'empty'}”{was}.")
    for kind, words in (("email", "address"), ("phone", "number")):
        for value in news.added.get(kind, ()):
            report.say(f"{person.full_name}: the {words} {value} was added there.")
        for value in news.gone.get(kind, ()):
            report.say(f"{person.full_name}: the {words} {value} was taken away there.")
