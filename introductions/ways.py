"""What the page of routes to one person shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Lower

from contacts.access import people_of
from contacts.models import Handle, Person, Relation
from introductions import asked
from introductions.access import Target
from introductions.models import RouteSearch
from introductions.routes import RouteView, routes_to
from netapp.accounts.models import User

PATIENCE: Final = timedelta(minutes=2)
"""How long a page asks again by itself; after that a worker is away, and the page says so."""

MIGHT_KNOW: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Routes to a target. `search`: None where nobody looked yet. `might_know`: whom one could ask about them."""

    routes: Sequence[RouteView]
    search: RouteSearch | None
    is_polling: bool
    is_slow: bool
    is_known: bool
    asking: asked.Request | None
    might_know: Sequence[Person]
    no_address: frozenset[UUID]

    @property
    def is_first(self) -> bool:
        """Whether the very first look is still going on."""
        return self.search is not None and self.search.computed_at is None


def ways_to(*, member: User, target: Target, now: datetime) -> Ways:
    """The ways as the page shows them. Its queries do not grow with their number."""
    search = RouteSearch.objects.filter(owner=member, target=target.person_id).first()
    routes = [] if target.is_known else routes_to(member=member, target=target.person_id, now=now)
    is_stale = search is not None and search.is_stale
    is_slow = search is not None and is_stale and now - search.asked_at > PATIENCE
    friends = {route.introducer.id for route in routes}
    reachable = set(Handle.objects.filter(person__in=friends, kind="email").values_list("person_id", flat=True))
    return Ways(
        routes=routes,
        search=search,
        is_polling=is_stale and not is_slow and not target.is_known,
        is_slow=is_slow,
        is_known=target.is_known,
        asking=asked.open_requests(member_id=member.pk).get(target.person_id),
        might_know=[] if routes or target.is_known else _might_know(member, target),
        no_address=frozenset(friends - reachable),
    )


def _might_know(member: User, target: Target) -> list[Person]:
    """People of the member's at the same organisation: no evidence that they know each other, only a reason to ask."""
    if not target.organisation.strip():
        return []
    same = Q(organisation__iexact=target.organisation.strip())
    return list(
        people_of(member)
        .filter(same, relation=Relation.KNOWN, archived_at=None)
        .exclude(id=target.person_id)
        .order_by("-strength", Lower("full_name"), "id")[:MIGHT_KNOW]
    )
