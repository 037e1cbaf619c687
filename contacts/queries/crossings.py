"""Crossing paths: whom a member would find in a town, and whom they might meet there through their friends."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import F, Q, QuerySet

from contacts.access import people_of
from contacts.models import Acquaintance, Closeness, Person, Relation
from contacts.words import fold
from netapp.accounts.models import User

MOST: Final = 50
"""People of one kind that a page shows; of those the member knows, the closest."""

_WORD: Final = re.compile(r"\w+")


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

    Places are free text, so words are compared, without case and accents: "Lisbon" is found in "Lisbon, Portugal" and
    "york" is not found in "Yorkshire"; it is in "New York", which the row says.
    """
    mine = people_of(member).filter(archived_at=None).exclude(place="")
    places = _naming(town, mine.order_by().values_list("place", flat=True).distinct())
    there = mine.filter(place__in=places).defer("notes", "search_text")
    known = list(_closest(there.filter(relation=Relation.KNOWN))[: MOST + 1])
    wanted = list(there.filter(relation=Relation.WANTED).order_by("sort_key", "id")[: MOST + 1])
    through = _who_know(member, [one.id for one in wanted[:MOST]])
    return Crossings(
        known=known[:MOST],
        wanted=[Wanted(person=one, through=through[one.id]) for one in wanted[:MOST]],
        is_cut=len(known) > MOST or len(wanted) > MOST,
    )


def _naming(town: str, places: Iterable[str]) -> list[str]:
    sought = f" {_words(town)} "
    return [place for place in places if sought in f" {_words(place)} "]


def _words(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))


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
