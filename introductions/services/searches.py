"""Which routes are wanted, and which must be computed again. Writes rows only; introductions.routes computes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet

from contacts.models import Person, Relation
from contacts.shared import Circle, shared_people
from introductions.models import ObjectiveState, RouteSearch, Seat, SeatMatch, SeatState, Verdict
from netapp.accounts.models import User

OLD: Final = timedelta(days=1)
"""Ties fade and answers age without any change to a row, so routes are computed again each day."""

MEMBERS_AT_ONCE: Final = 200
"""Members whom one sweep calls a worker for."""

TARGETS_A_SEAT: Final = 40
"""People of one seat to whom ways are looked for, best fits first."""


@transaction.atomic
def want_routes(*, owner: User, target: Person, now: datetime) -> RouteSearch:
    """See that routes to `target` are computed, and computed again now."""
    search, is_new = RouteSearch.objects.get_or_create(owner=owner, target=target, defaults={"asked_at": now})
    if not is_new:
        _make_stale(RouteSearch.objects.filter(id=search.id), now)
        search.refresh_from_db()
    return search


def _make_stale(searches: QuerySet[RouteSearch], now: datetime) -> None:
    # One order of locking for everybody: two members' changes may touch the rows of a third at the same moment.
    found = list(searches.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))
    RouteSearch.objects.filter(id__in=found).update(is_stale=True, asked_at=now, revision=F("revision") + 1)


@transaction.atomic
def books_moved(*, member_ids: Collection[int], now: datetime) -> None:
    """The books behind these members' seats and routes changed: all of theirs are to be worked out again.

    Called inside the transaction of the change. Closed objectives rest.
    """
    open_seats = Seat.objects.filter(
        owner__in=member_ids, objective__state=ObjectiveState.OPEN, objective__deleted_at=None
    )
    found = list(open_seats.order_by("id").select_for_update(of=("self",), no_key=True).values_list("id", flat=True))
    Seat.objects.filter(id__in=found).update(is_stale=True)
    _make_stale(RouteSearch.objects.filter(owner__in=member_ids), now)


@transaction.atomic
def want_all_routes(*, circle: Circle, now: datetime) -> int:
    """Look for ways to everybody whom the member wants to meet, and to whoever fits an open seat and is not known.

    Searches for cards that the member cannot see any more go. Returns how many are new. Five queries.
    """
    member_id = circle.member_id
    visible = Q(target__owner=member_id, target__deleted_at=None) | Q(target__in=shared_people(circle).values("id"))
    RouteSearch.objects.filter(owner=member_id).exclude(visible).delete()
    wanted = set(
        Person.objects.filter(owner=member_id, relation=Relation.WANTED, deleted_at=None, archived_at=None).values_list(
            "id", flat=True
        )
    )
    wanted |= _matched(circle)
    wanted -= set(RouteSearch.objects.filter(owner=member_id).values_list("target_id", flat=True))
    RouteSearch.objects.bulk_create(
        [RouteSearch(owner_id=member_id, target_id=person_id, asked_at=now) for person_id in sorted(wanted)],
        ignore_conflicts=True,
        batch_size=1000,
    )
    return len(wanted)


def _matched(circle: Circle) -> set[UUID]:
    within = SeatMatch.objects.filter(person__in=shared_people(circle).values("id"))
    matches = (
        (within | SeatMatch.objects.filter(person__owner=circle.member_id, person__relation=Relation.WANTED))
        .filter(
            owner=circle.member_id,
            verdict__in=[Verdict.PROPOSED, Verdict.CONFIRMED],
            person__deleted_at=None,
            person__archived_at=None,
            seat__state=SeatState.OPEN,
            seat__objective__state=ObjectiveState.OPEN,
            seat__objective__deleted_at=None,
        )
        .order_by("seat_id", "verdict", "-score", "person_id")
        .values_list("seat_id", "person_id")
    )
    chosen: dict[UUID, list[UUID]] = {}
    for seat_id, person_id in matches:
        people = chosen.setdefault(seat_id, [])
        if len(people) < TARGETS_A_SEAT:
            people.append(person_id)
    return {person_id for people in chosen.values() for person_id in people}


@transaction.atomic
def age(*, now: datetime) -> None:
    """Make routes stale that were computed longer ago than OLD, some at a time."""
    old = RouteSearch.objects.filter(is_stale=False, computed_at__lt=now - OLD).order_by("computed_at")
    _make_stale(RouteSearch.objects.filter(id__in=list(old.values_list("id", flat=True)[:1000])), now)


def members_waiting() -> list[int]:
    """Members with something stale: of routes those who wait longest first, then those with seats to match."""
    routes = RouteSearch.objects.filter(is_stale=True, owner__is_active=True)
    seats = Seat.objects.filter(
        is_stale=True,
        owner__is_active=True,
        objective__state=ObjectiveState.OPEN,
        objective__deleted_at=None,
    )
    waiting = [
        *routes.values_list("owner_id", flat=True).annotate(since=Min("asked_at")).order_by("since")[:MEMBERS_AT_ONCE],
        *seats.values_list("owner_id", flat=True).distinct().order_by("owner_id")[:MEMBERS_AT_ONCE],
    ]
    return list(dict.fromkeys(waiting))[:MEMBERS_AT_ONCE]
