"""Writing a member's book: cards through the services, years of contact in bulk, and all that is derived from them."""

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db.models import F

from contacts.handles import HandleKind
from contacts.models import Interaction, Person, Relation
from contacts.services import interactions
from contacts.services.handles import HandleInput
from contacts.services.people import Card, create_people
from introductions.demo.cards import Tie, Written
from introductions.demo.histories import history
from introductions.demo.when import Calendar
from netapp.accounts.models import User

_BATCH: Final = 2000
T = TypeVar("T")


def write_book(
    *,
    owner: User,
    by_hand: Sequence[Written],
    imported: Iterable[Written],
    calendar: Calendar,
    joined_at: datetime,
    now: datetime,
) -> dict[str, Person]:
    """Cards, handles, contacts, strengths and cadences of a whole book; those written by hand, by name.

    The cards look as if they had been made from `joined_at` on; those `imported` all on that day.
    """
    found = _write(owner, by_hand, calendar, joined_at, now, typed=True)
    for some in _in_batches(imported):
        _write(owner, some, calendar, joined_at, now, typed=False)
    return {person.full_name: person for person in found}


def _write(
    owner: User, written: Sequence[Written], calendar: Calendar, joined_at: datetime, now: datetime, *, typed: bool
) -> list[Person]:
    cards = [Card(_fields(one, calendar), _handles(one)) for one in written]
    people = create_people(owner=owner, cards=cards, now=now, typed=typed)
    for one, person in zip(written, people, strict=True):
        person.created_at = _made_at(one, joined_at, now) if typed else joined_at
    Person.objects.bulk_update(people, ["created_at"], batch_size=_BATCH)
    contacts = [
        Interaction(
            owner=owner,
            person=person,
            kind=happened.kind,
            direction=happened.direction,
            happened_at=happened.at,
            note=happened.note,
        )
        for one, person in zip(written, people, strict=True)
        for happened in history(one, calendar)
    ]
    Interaction.objects.bulk_create(contacts, batch_size=_BATCH)
    ids = [person.id for person in people]
    Interaction.objects.filter(person__in=ids).update(created_at=F("happened_at"))
    interactions.settle_contacts(owner_id=owner.pk, person_ids=ids, now=now)
    return people


def _fields(written: Written, calendar: Calendar) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "full_name": written.name,
        "role": written.role,
        "organisation": written.organisation,
        "place": written.place,
        "tags": written.tags,
        **written.more,
    }
    if written.tie is Tie.WANTED:
        fields["relation"] = Relation.WANTED
    elif "how_met" in fields:
        days = written.years * 365 + random.Random(f"met {written.name}").randint(0, 60)
        fields["met_on_date"] = calendar.ago(days)
    return fields


def _handles(written: Written) -> list[HandleInput]:
    handles = []
    if written.address:
        handles.append(HandleInput(HandleKind.EMAIL, written.address))
    if written.number:
        handles.append(HandleInput(HandleKind.PHONE, written.number))
    return handles


def _made_at(written: Written, joined_at: datetime, now: datetime) -> datetime:
    """The first evening with Kith, for most; the later, the better for whom one only wants to meet."""
    dice = random.Random(f"card of {written.name}")
    span = (now - joined_at) * 0.9
    return joined_at + span * dice.uniform(0.4, 1.0 if written.tie is Tie.WANTED else 0.6) - timedelta(days=1)


def _in_batches(items: Iterable[T]) -> Iterator[list[T]]:
    some: list[T] = []
    for item in items:
        some.append(item)
        if len(some) == _BATCH:
            yield some
            some = []
    if some:
        yield some
