"""Running: the rows are written to the book, hundreds in one transaction, each marked in the same one.

First the cards, then the contacts with them, each by position, so that the batches of a second worker are those that
the first would have done. At last what follows from the contacts is brought in line: last contact, strength, cadence,
and who was seen together.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection

from contacts.models import Import, ImportedCard, ImportRow, ImportState, Person, RowKind, RowOutcome
from contacts.services import evidence, people
from contacts.services.imports import claims, noting, picturing
from contacts.services.imports.claims import Claim
from contacts.services.imports.deciding import as_told, fields_of, to_plain, told_at_of
from contacts.services.imports.marking import mark
from contacts.services.imports.planning import Plan, let_in, plan
from contacts.services.imports.rules import Rules, rules_of
from contacts.services.imports.stored import handles_of
from contacts.services.interactions import settle_contacts
from contacts.services.people import Card, Update, Updated
from netapp.accounts.models import User
from netapp.lib.bulk import copy_values
from netapp.mail import outbox

BATCH: Final = 500
CONTACTS_BATCH: Final = 2000
_SETTLED_AT_ONCE: Final = 500

TOLD_AFTER: Final = timedelta(minutes=1)
"""Who waits longer than this has left the page and gets a letter."""

_MANY: Final = 5000
"""After so many rows PostgreSQL is asked to count its tables anew, or it plans by what they were before."""

_WORDS_OF_PEOPLE: Final = ("person_search", "person_names", "person_tags")
"""The indexes of words."""


def step(claim: Claim, *, now: datetime) -> None:
    """Import the next rows, or say that all are. Raises Stale."""
    owner = claim.owner
    with claims.batch(claim, ImportState.RUNNING, now) as one:
        claims.lock_book(owner.pk)
        if not one.is_at_contacts:
            rows = list(one.rows.filter(position__gte=one.cursor).exclude(kind=RowKind.CONTACT)[:BATCH])
            if rows:
                _apply(owner, rows, rules_of(owner, one), now)
                _advance(one, rows)
                return
            one.is_at_contacts, one.cursor = True, 0
        rows = list(one.rows.filter(position__gte=one.cursor, kind=RowKind.CONTACT)[:CONTACTS_BATCH])
        if rows:
            noting.write(owner=owner, rows=rows, rules=rules_of(owner, one), now=now)
            _finish(rows)
            _advance(one, rows)
            return
        if settle_some(owner, now):
            return
        evidence.settle_new(owner=owner, now=now)
        one.state = ImportState.DONE
        one.finished_at = now
        one.counts = claims.count_rows(one)
        if one.total >= _MANY:
            _analyse()
        _tell(one, now)


def settle_some(owner: User, now: datetime) -> bool:
    """Bring some people's figures in line with their contacts; whether there were any out of line."""
    stale = Person.objects.filter(owner=owner, strength_is_stale=True, deleted_at=None).order_by("id")
    ids = list(stale.values_list("id", flat=True)[:_SETTLED_AT_ONCE])
    if ids:
        settle_contacts(owner_id=owner.pk, person_ids=ids, now=now)
    return bool(ids)


def _advance(one: Import, rows: Sequence[ImportRow]) -> None:
    one.cursor = rows[-1].position + 1
    one.done += len(rows)


def _finish(rows: Sequence[ImportRow]) -> None:
    for row in rows:
        row.is_applied = True
    mark(rows)


def _apply(owner: User, rows: Sequence[ImportRow], rules: Rules, now: datetime) -> None:
    plans = plan(owner=owner, rows=rows, rules=rules, is_locking=True)
    for one_plan in plans:
        row = one_plan.row
        row.outcome, row.reason, row.advice = one_plan.outcome, one_plan.reason, one_plan.advice
        row.person, row.changes = one_plan.person, {}
    _create(owner, [one_plan for one_plan in plans if one_plan.outcome == RowOutcome.NEW], rules, now)
    waiting = [one_plan for one_plan in plans if one_plan.outcome == RowOutcome.UPDATED]
    while waiting:
        # A card is changed once at a time: two records that both mean it are two rounds.
        first = {one_plan.row.person_id: one_plan for one_plan in reversed(waiting)}
        _update(owner, list(first.values()), rules, now)
        done = {id(one_plan) for one_plan in first.values()}
        waiting = [_again(one_plan, first, rules) for one_plan in waiting if id(one_plan) not in done]
    _remember_cards(owner, plans)
    picturing.put_on(owner=owner, plans=plans, now=now)
    _follow_leads(rows)
    _finish(rows)


def _create(owner: User, plans: Sequence[Plan], rules: Rules, now: datetime) -> None:
    if not plans:
        return
    cards = []
    for one in plans:
        told_at = {"": told_at_of(one.record, rules.told_at).isoformat()}
        cards.append(Card(fields_of(one.record), let_in(handles_of(one.row), rules), told_at, is_tidy=True))
    made = people.create_people(owner=owner, cards=cards, now=now, typed=False)
    for one, person in zip(plans, made, strict=True):
        one.person = one.row.person = person
        one.row.changes = {"created": True, "stamp": [None, person.updated_at.isoformat()]}


def _again(waiting: Plan, done: Mapping[UUID | None, Plan], rules: Rules) -> Plan:
    """The plan, now that another record changed its card."""
    waiting.person = done[waiting.row.person_id].person
    waiting.decide(rules)
    return waiting


def _update(owner: User, plans: Sequence[Plan], rules: Rules, now: datetime) -> None:
    before: dict[UUID, tuple[str, dict[str, str]]] = {}
    updates = []
    for one in plans:
        person = one.person
        assert person is not None
        before[person.id] = (person.updated_at.isoformat(), person.told_at)
        told_at = as_told(person, one.fields, told_at_of(one.record, rules.told_at))
        updates.append(Update(person.id, one.fields, one.handles or None, told_at))
    results = {
        result.person.id: result for result in people.update_people(owner=owner, updates=updates, now=now, typed=False)
    }
    for one in plans:
        assert one.person is not None
        result = results[one.person.id]
        one.row.outcome = RowOutcome.UPDATED if result.is_changed else RowOutcome.UNCHANGED
        one.row.changes = _changes(result, *before[result.person.id])
        one.person = result.person


def _changes(result: Updated, stamp: str, told_at: dict[str, str]) -> dict[str, Any]:
    person = result.person
    return {
        "fields": {name: [to_plain(old), to_plain(getattr(person, name))] for name, old in result.before.items()},
        "handles": [[handle.kind, handle.value] for handle in result.handles_added],
        "ids": [str(handle.id) for handle in result.handles_added],
        "stamp": [stamp, person.updated_at.isoformat()],
        "told": told_at,
    }


def _remember_cards(owner: User, plans: Sequence[Plan]) -> None:
    """The ids by which the other address book knows these cards."""
    wanted = {
        (one.row.person_id, uid): one
        for one in plans
        if (uid := one.row.record["uid"]) and one.row.person_id and one.outcome != RowOutcome.SKIPPED
    }
    known = [one.row.person_id for one in wanted.values() if one.outcome != RowOutcome.NEW]
    there = set(ImportedCard.objects.filter(owner=owner, person__in=known).values_list("person_id", "uid"))
    cards = []
    for key, one in wanted.items():
        if key not in there:
            card = {"id": uuid4(), "owner_id": owner.pk, "person_id": key[0], "uid": key[1]}
            cards.append(card)
            one.row.changes = {**one.row.changes, "card": str(card["id"])}
    copy_values(ImportedCard, cards)


def _follow_leads(rows: Sequence[ImportRow]) -> None:
    """Doubles point to the card of the record that took them in, which stands before them."""
    doubles = [row for row in rows if row.same_as is not None]
    if not doubles:
        return
    leads: dict[int, UUID | None] = dict(
        ImportRow.objects.filter(of=doubles[0].of_id, position__in=[row.same_as for row in doubles]).values_list(
            "position", "person_id"
        )
    )
    leads |= {row.position: row.person_id for row in rows}
    for row in doubles:
        assert row.same_as is not None
        row.person_id = leads[row.same_as]


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_person, contacts_handle, contacts_interaction, contacts_importrow")
        # New words wait on a list that every search reads through, until somebody puts them into the index.
        for index in _WORDS_OF_PEOPLE:
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])


def _tell(one: Import, now: datetime) -> None:
    if one.source or one.confirmed_at is None or now - one.confirmed_at <= TOLD_AFTER:
        return
    outbox.post(
        key=f"import:{one.id}:finished",
        group=f"import:{one.id}",
        template="import_finished",
        context={
            "member": one.owner,
            "one": one,
            "counts": {outcome.value: one.counts.get(outcome, 0) for outcome in RowOutcome},
        },
        to=[outbox.Recipient(one.owner.email, one.owner.name)],
        member=one.owner,
        now=now,
    )
