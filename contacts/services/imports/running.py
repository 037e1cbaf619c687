"""Running: the rows are written to the book, some hundreds in one transaction, each marked in the same one.

Rows are taken by position, so the batches of a second worker are those that the first would have done.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from contacts.models import Import, ImportedCard, ImportRow, ImportState, RowOutcome
from contacts.services import people
from contacts.services.imports import claims
from contacts.services.imports.claims import Claim
from contacts.services.imports.deciding import fields_of, new_handles, news_for, to_plain
from contacts.services.imports.marking import mark
from contacts.services.imports.matching import handles_of
from contacts.services.imports.planning import Plan, plan
from contacts.services.people import Card, Update, Updated
from netapp.accounts.models import User
from netapp.mail import outbox

BATCH = 250

TOLD_AFTER: Final = timedelta(minutes=1)
"""Who waits longer than this has left the page and gets a letter."""


def step(claim: Claim, *, now: datetime) -> None:
    """Import the next rows, or say that all are. Raises Stale."""
    with claims.batch(claim, ImportState.RUNNING, now) as one:
        rows = list(one.rows.filter(is_applied=False)[:BATCH])
        if rows:
            claims.lock_book(claim.owner.pk)
            _apply(claim.owner, rows, now)
            one.done += len(rows)
            return
        one.state = ImportState.DONE
        one.finished_at = now
        one.counts = claims.count_rows(one)
        _tell(one, now)


def _apply(owner: User, rows: Sequence[ImportRow], now: datetime) -> None:
    plans = plan(owner=owner, rows=rows, is_locking=True)
    for one_plan in plans:
        row = one_plan.row
        row.outcome, row.reason, row.advice = one_plan.outcome, one_plan.reason, one_plan.advice
        row.person, row.changes = one_plan.person, {}
    _create(owner, [one_plan for one_plan in plans if one_plan.outcome == RowOutcome.NEW], now)
    waiting = [one_plan for one_plan in plans if one_plan.outcome == RowOutcome.UPDATED]
    while waiting:
        # A card is changed once at a time: two records that both mean it are two rounds.
        first = {one_plan.row.person_id: one_plan for one_plan in reversed(waiting)}
        _update(owner, list(first.values()), now)
        done = {id(one_plan) for one_plan in first.values()}
        waiting = [_again(owner, one_plan, first) for one_plan in waiting if id(one_plan) not in done]
    _remember_cards(owner, plans)
    _follow_leads(rows)
    for row in rows:
        row.is_applied = True
    mark(rows)


def _create(owner: User, plans: Sequence[Plan], now: datetime) -> None:
    if not plans:
        return
    cards = [Card(fields_of(one.record), handles_of(one.record)) for one in plans]
    for one, person in zip(plans, people.create_people(owner=owner, cards=cards, now=now, typed=False), strict=True):
        one.row.person = person
        one.row.changes = {"created": True, "stamp": [None, person.updated_at.isoformat()]}


def _again(owner: User, waiting: Plan, done: Mapping[UUID | None, Plan]) -> Plan:
    """The plan, now that another record changed its card."""
    waiting.person = person = done[waiting.row.person_id].person
    assert person is not None
    waiting.fields = news_for(person, waiting.record)
    waiting.handles = new_handles(person, waiting.record, owner.country)
    return waiting


def _update(owner: User, plans: Sequence[Plan], now: datetime) -> None:
    stamps: dict[UUID, str] = {}
    updates = []
    for one in plans:
        assert one.person is not None
        stamps[one.person.id] = one.person.updated_at.isoformat()
        updates.append(Update(one.person.id, one.fields, handles_of(one.record) if one.handles else None))
    results = {
        result.person.id: result for result in people.update_people(owner=owner, updates=updates, now=now, typed=False)
    }
    for one in plans:
        assert one.person is not None
        result = results[one.person.id]
        one.row.changes = _changes(result, stamps[result.person.id])
        if not result.is_changed:
            one.row.outcome = RowOutcome.UNCHANGED
        one.person = result.person


def _changes(result: Updated, stamp: str) -> dict[str, Any]:
    person = result.person
    return {
        "fields": {name: [to_plain(old), to_plain(getattr(person, name))] for name, old in result.before.items()},
        "handles": [[handle.kind, handle.value] for handle in result.handles_added],
        "ids": [str(handle.id) for handle in result.handles_added],
        "stamp": [stamp, person.updated_at.isoformat()],
    }


def _remember_cards(owner: User, plans: Sequence[Plan]) -> None:
    """The ids by which the other address book knows these cards."""
    wanted = {
        (one.row.person_id, one.record.uid): one
        for one in plans
        if one.record.uid and one.row.person_id and one.outcome != RowOutcome.SKIPPED
    }
    there = set(
        ImportedCard.objects.filter(owner=owner, person__in=[person for person, _ in wanted]).values_list(
            "person_id", "uid"
        )
    )
    cards = []
    for key, one in wanted.items():
        if key not in there:
            card = ImportedCard(owner=owner, person_id=key[0], uid=key[1])
            cards.append(card)
            one.row.changes = {**one.row.changes, "card": str(card.id)}
    ImportedCard.objects.bulk_create(cards)


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


def _tell(one: Import, now: datetime) -> None:
    if one.confirmed_at is None or now - one.confirmed_at <= TOLD_AFTER:
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
