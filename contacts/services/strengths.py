"""How close each tie is: the engine's figure and sentence, kept on the cards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import Q
from numpy.typing import NDArray

from contacts.graph.book import BookStrengths, book_strengths
from contacts.graph.strength import Direction as D
from contacts.graph.strength import Kind
from contacts.models import Direction, Interaction, InteractionKind, Person
from contacts.models.people import Layer, Relation
from contacts.services.announce import book_moved
from netapp.accounts.models import User

AGES_AFTER: Final = timedelta(hours=22)
"""A figure older than this is computed anew, since ties fade by themselves."""

_BATCH = 2000
_SEEN: Final = 0.005
"""A smaller difference is no news to anybody's paths."""

_KIND: Final = {
    InteractionKind.MET: Kind.MET,
    InteractionKind.CALL: Kind.CALL,
    InteractionKind.MAIL: Kind.MAIL,
    InteractionKind.MESSAGE: Kind.MESSAGE,
    InteractionKind.EVENT: Kind.EVENT,
}
_DIRECTION: Final = {Direction.BOTH: D.BOTH, Direction.OUT: D.OUT, Direction.IN: D.IN}


def recompute(*, owner_id: int, person_ids: Sequence[UUID] | None = None, now: datetime) -> int:
    """Compute strengths and their reasons for these people of the owner's, or for all that are due. How many.

    Five statements for each two thousand people.
    """
    people = Person.objects.filter(owner_id=owner_id, deleted_at=None)
    people = people.filter(_due(now)) if person_ids is None else people.filter(id__in=person_ids)
    ids = list(people.order_by("id").values_list("id", flat=True))
    if not ids:
        return 0
    owner = User.objects.get(id=owner_id)
    return sum(_recompute_some(owner, ids[start : start + _BATCH], now) for start in range(0, len(ids), _BATCH))


def owners_due(*, now: datetime) -> list[int]:
    """The members with figures that are stale or have aged."""
    due = Person.objects.filter(_due(now), deleted_at=None, owner__is_active=True)
    return list(due.order_by("owner_id").values_list("owner_id", flat=True).distinct())


@transaction.atomic
def state_layer(*, person: Person, layer: Layer | None, now: datetime) -> None:
    """The member's own word on how close somebody is; it overrules the figure. None takes it back."""
    locked = Person.objects.select_for_update(no_key=True).get(id=person.id)
    person.typed_fields = sorted({*locked.typed_fields, "layer"})
    person.layer = layer
    Person.objects.filter(id=person.id).update(layer=layer, typed_fields=person.typed_fields, updated_at=now)
    recompute(owner_id=person.owner_id, person_ids=[person.id], now=now)
    person.refresh_from_db(fields=["strength", "strength_reason", "strength_at", "strength_is_stale", "updated_at"])


def _due(now: datetime) -> Q:
    # Who has no figure has nothing that could fade.
    return Q(strength_is_stale=True) | Q(strength__isnull=False, strength_at__lt=now - AGES_AFTER)


@transaction.atomic
def _recompute_some(owner: User, ids: Sequence[UUID], now: datetime) -> int:
    # The lock first: a contact noted from here on finds the card locked, and marks it stale after us.
    locked = Person.objects.select_for_update(no_key=True).filter(id__in=ids, deleted_at=None).order_by("id")
    people = list(locked.only("id", "owner_id", "strength", "layer", "reach"))
    if not people:
        return 0
    figures = _figures([person.id for person in people], [person.layer or 0 for person in people], now)
    values: list[float | None] = []
    reasons: list[str] = []
    moved_reach = -1
    for index, person in enumerate(people):
        strength = figures[index]
        values.append(strength.value)
        reasons.append(strength.explain(now=now, zone=owner.zone)[:500])
        if _differs(person.strength, strength.value):
            moved_reach = max(moved_reach, person.reach)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE contacts_person p
            SET strength = new.strength, strength_reason = new.reason, strength_at = %s, strength_is_stale = false
            FROM unnest(%s::uuid[], %s::float8[], %s::text[]) AS new (id, strength, reason)
            WHERE p.id = new.id
            """,
            [now, [person.id for person in people], values, reasons],
        )
    if moved_reach >= 0:
        book_moved(owner.pk, reach=moved_reach)
    return len(people)


def _figures(ids: Sequence[UUID], layers: Sequence[int], now: datetime) -> BookStrengths:
    index = {person_id: position for position, person_id in enumerate(ids)}
    rows = list(
        Interaction.objects.filter(person__in=ids, happened_at__lte=now).values_list(
            "person_id", "happened_at", "kind", "direction"
        )
    )
    return book_strengths(
        people=len(ids),
        person=np.array([index[row[0]] for row in rows], np.int64),
        at=np.array([row[1].astimezone(UTC).replace(tzinfo=None) for row in rows], "datetime64[us]"),
        kind=np.array([_KIND[InteractionKind(row[2])] for row in rows], np.int64),
        direction=np.array([_DIRECTION[Direction(row[3])] for row in rows], np.int64),
        layer=np.array(layers, np.int64),
        now=now,
    )


@dataclass(frozen=True, eq=False)
class History:
    """How close a member's people were at some moments past, from the contacts that were known by then.

    people: card ids. strengths: float64[moments, people], NaN where nothing was recorded yet; the member's own word on
    a layer is left out, as it has no date. contact: bool[moments, people], whether there was contact since the moment
    before (none for the first). first: the index of the first moment by which there had been contact; -1 for none.
    """

    people: tuple[UUID, ...]
    strengths: NDArray[np.float64]
    contact: NDArray[np.bool_]
    first: NDArray[np.int64]


def history(*, owner_id: int, moments: Sequence[datetime]) -> History:
    """As of each of `moments`, ascending, for everybody known. Two queries."""
    people = Person.objects.filter(owner=owner_id, relation=Relation.KNOWN, deleted_at=None, archived_at=None)
    ids = list(people.order_by("id").values_list("id", flat=True))
    index = {person_id: position for position, person_id in enumerate(ids)}
    rows = [
        row
        for row in Interaction.objects.filter(owner=owner_id, happened_at__lte=moments[-1]).values_list(
            "person_id", "happened_at", "kind", "direction"
        )
        if row[0] in index
    ]
    person = np.array([index[row[0]] for row in rows], np.int64)
    at = np.array([row[1].astimezone(UTC).replace(tzinfo=None) for row in rows], "datetime64[us]")
    kind = np.array([_KIND[InteractionKind(row[2])] for row in rows], np.int64)
    direction = np.array([_DIRECTION[Direction(row[3])] for row in rows], np.int64)
    strengths = np.full((len(moments), len(ids)), np.nan)
    contact = np.zeros((len(moments), len(ids)), np.bool_)
    first = np.full(len(ids), -1, np.int64)
    before = None
    for place, moment in enumerate(moments):
        strengths[place] = book_strengths(
            people=len(ids), person=person, at=at, kind=kind, direction=direction, now=moment
        ).value
        until = np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
        past = at <= until
        if before is not None:
            contact[place, person[past & (at > before)]] = True
        newly = np.unique(person[past])
        first[newly[first[newly] < 0]] = place
        before = until
    return History(tuple(ids), strengths, contact, first)


def _differs(old: float | None, new: float | None) -> bool:
    if old is None or new is None:
        return old is not new
    return abs(old - new) >= _SEEN
