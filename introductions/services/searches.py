"""Which routes are wanted, and which must be computed again. Writes rows only; introductions.routes computes."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min, QuerySet

from contacts.models import Person, Relation
from contacts.shared import Circle
from introductions.models import ObjectiveState, RouteSearch, Seat, SeatMatch, SeatState, Verdict
from introductions.services import plans
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
    plans.book_moved(member_ids)


@transaction.atomic
def want_all_routes(*, circle: Circle, now: datetime) -> int:
    """Look for ways to everybody whom the member wants to meet, and to whoever fits an open seat and is not known.

    Searches for cards that the member cannot see any more go. Returns how many are new. Five queries.
    """
    member_id = circle.member_id
    mine = RouteSearch.objects.filter(owner=member_id)
    targets = {search_id: card for search_id, *card in mine.values_list("id", *_CARD)}
    unseen = [search_id for search_id, card in targets.items() if not _is_visible(circle, card)]
    mine.filter(id__in=unseen).delete()
    wanted = set(
        Person.objects.filter(owner=member_id, relation=Relation.WANTED, deleted_at=None, archived_at=None).values_list(
            "id", flat=True
        )
    )
    wanted |= _matched(circle)
    wanted -= {card[0] for search_id, card in targets.items() if search_id not in unseen}
    RouteSearch.objects.bulk_create(
        [RouteSearch(owner_id=member_id, target_id=person_id, asked_at=now) for person_id in sorted(wanted)],
        ignore_conflicts=True,
        batch_size=1000,
    )
    return len(wanted)


def _matched(circle: Circle) -> set[UUID]:
    matches = (
        SeatMatch.objects.filter(
            owner=circle.member_id,
            verdict__in=[Verdict.PROPOSED, Verdict.CONFIRMED],
            seat__state=SeatState.OPEN,
            seat__objective__state=ObjectiveState.OPEN,
            seat__objective__deleted_at=None,
        )
        .order_by("seat_id", "verdict", "-score", "person_id")
        .values_list("seat_id", *(name.replace("target", "person") for name in _CARD))
    )
    chosen: dict[UUID, list[UUID]] = {}
    for seat_id, *card in matches:
        people = chosen.setdefault(seat_id, [])
        is_known = card[1] == circle.member_id and card[3] == Relation.KNOWN
        if len(people) < TARGETS_A_SEAT and _is_visible(circle, card) and not is_known and card[4] is None:
            people.append(card[0])
    return {person_id for people in chosen.values() for person_id in people}


_CARD: Final = (
    "target_id",
    "target__owner_id",
    "target__reach",
    "target__relation",
    "target__archived_at",
    "target__deleted_at",
)


def _is_visible(circle: Circle, card: Sequence[Any]) -> bool:
    """Whether the member sees the card of these fields (_CARD): their own, or one shared as far as to them."""
    _, owner_id, reach, relation, archived_at, deleted_at = card
    if deleted_at is not None:
        return False
    if owner_id == circle.member_id:
        return True
    distance = circle.distances.get(owner_id)
    return distance is not None and reach >= distance and relation == Relation.KNOWN and archived_at is None


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
