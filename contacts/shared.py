"""What other members share, as one member may see it: whose ties are within reach, and the little that shows of them.

A member at distance 1 is connected with the reader, one at distance 2 with somebody who is. A tie shows when its reach
is at least its owner's distance. Nothing here is cached: a connection that ended or a tie withdrawn is gone from the
very next question.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.graph import figure_word
from contacts.models import Connection, ConnectionState, Handle, Person, Reach, Relation
from netapp.accounts.models import User

FARTHEST = int(max(Reach))


@dataclass(frozen=True, slots=True)
class Circle:
    """The members whose shared ties one member may search.

    distances: member id -> 1 or 2, the asker left out. pairs: connections in force between members of the circle, the
    asker among them, each once and smaller id first.
    """

    member_id: int
    distances: Mapping[int, int]
    pairs: frozenset[tuple[int, int]]

    def at(self, distance: int) -> list[int]:
        """The members at exactly that distance."""
        return [member for member, far in self.distances.items() if far == distance]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedCard:
    """All that a reader sees of somebody in another member's book. `strength_word`: strong, some, slight or unknown.

    distance: 1 where the owner and the reader are connected, 2 where they have a connection in common. reach: how many
    connections its owner lets it go.
    """

    person_id: UUID
    owner: User
    name: str
    role: str
    organisation: str
    strength_word: str
    distance: int
    reach: int


def circle_of(member_id: int, now: datetime) -> Circle:
    """The circle of a member at `now`. Three queries."""
    near = _pairs(Q(inviter=member_id) | Q(invitee=member_id), now)
    friends = {member for pair in near for member in pair} - {member_id}
    if not friends:
        return Circle(member_id, {}, frozenset())
    beyond = _pairs(Q(inviter__in=friends) | Q(invitee__in=friends), now)
    far = {member for pair in beyond for member in pair} - friends - {member_id}
    between = _pairs(Q(inviter__in=far, invitee__in=far), now) if far else set()
    return Circle(
        member_id, dict.fromkeys(friends, 1) | dict.fromkeys(far, FARTHEST), frozenset(near | beyond | between)
    )


def _pairs(which: Q, now: datetime) -> set[tuple[int, int]]:
    rows = Connection.objects.filter(
        which, state=ConnectionState.ACCEPTED, answered_at__lte=now, inviter__is_active=True, invitee__is_active=True
    ).values_list("inviter_id", "invitee_id")
    return {(min(one, other), max(one, other)) for one, other in rows if other is not None}


def within_reach(circle: Circle, prefix: str = "") -> Q:
    """When a card of others shows to the circle's member; `prefix` leads to the card, as in "person__"."""
    within = Q(pk__in=[])
    for distance in range(1, FARTHEST + 1):
        if owners := circle.at(distance):
            within |= Q(**{f"{prefix}owner__in": owners, f"{prefix}reach__gte": distance})
    state = {"relation": Relation.KNOWN, "archived_at": None, "deleted_at": None}
    return within & Q(**{f"{prefix}{name}": value for name, value in state.items()})


def shared_people(circle: Circle) -> QuerySet[Person]:
    """Every card of others that the circle's member may see something of."""
    return Person.objects.filter(within_reach(circle))


def shared_cards(circle: Circle, person_ids: Collection[UUID] | None = None) -> dict[UUID, SharedCard]:
    """The shared cards by person id: all within reach, or those of `person_ids` that are. One query."""
    people = shared_people(circle)
    if person_ids is not None:
        people = people.filter(id__in=person_ids)
    return {
        person.id: SharedCard(
            person_id=person.id,
            owner=person.owner,
            name=person.full_name,
            role=person.role,
            organisation=person.organisation,
            strength_word=figure_word(person.strength),
            distance=circle.distances[person.owner_id],
            reach=person.reach,
        )
        for person in people.select_related("owner").only(
            "full_name", "role", "organisation", "strength", "reach", "owner__name", "owner__email"
        )
    }


def naming_handles() -> QuerySet[Handle]:
    """Handles that name one human: with an identity, and on no second card of the same book (deleted ones apart)."""
    again = Handle.objects.filter(
        owner=OuterRef("owner"), identity=OuterRef("identity"), person__deleted_at=None
    ).exclude(person=OuterRef("person"))
    return Handle.objects.filter(~Exists(again), identity__isnull=False, person__deleted_at=None)
