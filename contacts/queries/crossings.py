"""Crossing paths: whom a member would find in a town, and whom they might meet there through their friends."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet

from contacts.access import people_of
from contacts.models import Acquaintance, Closeness, Person, Relation
from contacts.places import naming
from netapp.accounts.models import User

MOST: Final = 50
"""People of one kind that a page shows; of those the member knows, the closest."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody the member wants to meet, and who of their people knows them, by name."""

    person: Person
    through: list[Person]


@dataclass(frozen=True, slots=True)
class Crossings:
    """Who is in a town. `is_cut`: there are more than are shown."""

    known: list[Person]
    wanted: list[Wanted]
    is_cut: bool


def crossings(*, member: User, town: str) -> Crossings:
    """The member's people whose place names the town. Four queries, whatever their number.

    Places are free text, read with the help of a gazetteer (`contacts.places`): "Lisbon" is found in "Lisboa" and in
    "Lisbon, Portugal", and "york" neither in "Yorkshire" nor in "New York".
    """
    mine = people_of(member).filter(archived_at=None).exclude(place="")
    places = naming(town, mine.order_by().values_list("place", flat=True).distinct())
    there = mine.filter(place__in=places).defer("notes", "search_text")
    known = list(_closest(there.filter(relation=Relation.KNOWN))[: MOST + 1])
    wanted = list(there.filter(relation=Relation.WANTED).order_by("sort_key", "id")[: MOST + 1])
    through = _who_know(member, [one.id for one in wanted[:MOST]])
    return Crossings(
        known=known[:MOST],
        wanted=[Wanted(person=one, through=through[one.id]) for one in wanted[:MOST]],
        is_cut=len(known) > MOST or len(wanted) > MOST,
    )


def _closest(people: QuerySet[Person]) -> QuerySet[Person]:
    return people.order_by(F("strength").desc(nulls_last=True), "sort_key", "id")


def _who_know(member: User, wanted: list[UUID]) -> dict[UUID, list[Person]]:
    """By wanted person: those the member knows who may know them, leaving out whoever knows them too little."""
    rows = (
        Acquaintance.objects.filter(Q(a__in=wanted) | Q(b__in=wanted), owner=member)
        .exclude(closeness=Closeness.NONE)
        .select_related("a", "b")
        .defer("a__notes", "a__search_text", "b__notes", "b__search_text")
    )
    sought = set(wanted)
    found: dict[UUID, list[Person]] = defaultdict(list)
    for row in rows:
        for one, friend in ((row.a, row.b), (row.b, row.a)):
            is_friend = friend.relation == Relation.KNOWN and friend.deleted_at is None and friend.archived_at is None
            if one.id in sought and is_friend:
                found[one.id].append(friend)
    for friends in found.values():
        friends.sort(key=lambda friend: (friend.sort_key, friend.id))
    return found
