"""The work behind a route search."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from contacts.models import Person
from contacts.network import Network, Way, network_of
from introductions import asked
from introductions.models import Route, RouteSearch
from introductions.routes.legs import Leg

KEPT: Final = 5
"""Routes of one target, each over another friend."""

GOOD: Final = 0.25
"""Of a way over one friend, the chance from which nobody looks for a longer one."""

AT_ONCE: Final = 200
"""Searches of one member that one transaction works off."""

_LOCK: Final = 0x4B697468


def refresh_routes(*, member_id: int, now: datetime) -> int:
    """Compute the member's stale searches, the longest waiting first, at most AT_ONCE. Returns how many were written.

    One worker a member: another one that comes meanwhile leaves with 0. A search that becomes stale again while we
    compute stays stale, since we clear it only at the revision that we read first.
    """
    with transaction.atomic():
        if not _claimed(member_id):
            return 0
        stale = RouteSearch.objects.filter(owner=member_id, is_stale=True).order_by("asked_at", "id")[:AT_ONCE]
        searches = list(stale)
        if not searches:
            return 0
        network = network_of(
            member_id,
            now=now,
            answers=asked.answers_of(member_id=member_id),
            ask_load=asked.ask_load(member_id=member_id, now=now),
        )
        found = {search.id: best_ways(network, search) for search in searches}
        for search in sorted(searches, key=lambda search: search.id):
            _write(search, found[search.id], now)
    return len(searches)


def best_ways(network: Network, search: RouteSearch) -> list[Way]:
    """Ways over one friend; longer ones only where no such way is good. Most chains break, and each link doubles it."""
    ways = network.ways(search.target_id, k=KEPT, max_introducers=1)
    if ways and ways[0].chance >= GOOD:
        return ways
    return network.ways(search.target_id, k=KEPT)


def _claimed(member_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, member_id % 2**31])
        row: tuple[bool] = cursor.fetchone()
    return row[0]


def _write(search: RouteSearch, ways: Sequence[Way], now: datetime) -> None:
    still = RouteSearch.objects.select_for_update(no_key=True).filter(id=search.id).first()
    if still is None:
        return
    still.is_stale = still.revision != search.revision
    still.computed_at = now
    still.save(update_fields=["is_stale", "computed_at"])
    # An introducer's card that went for good since we read must not cost the others their routes.
    present = set(Person.objects.filter(id__in=[way.introducers[0] for way in ways]).values_list("id", flat=True))
    still.routes.all().delete()
    Route.objects.bulk_create(
        [
            Route(
                search=still,
                rank=rank,
                introducer_id=way.introducers[0],
                cost=way.cost,
                chance=way.chance,
                weakest=way.weakest,
                legs=[Leg.of(step).written() for step in way.steps],
            )
            for rank, way in enumerate((way for way in ways if way.introducers[0] in present), start=1)
        ]
    )
