"""Whom to ask: the ways to one person as somebody who wants to ask chooses among them, checked again when shown.

Ways come from the computed routes, each leg asked anew (`routes.reading`), then from what the member noted of two
people. Who has been asked enough of late comes last, without a word on whose asks those were.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from contacts.models import Acquaintance, Closeness, Person, Relation
from introductions import limits
from introductions.models import Introduction
from introductions.parties import ask_query, listed
from introductions.routes import RouteView, routes_to
from introductions.services import introductions as services
from introductions.services.closing import NextBest
from netapp.accounts.models import User

_KNOWS = {
    Closeness.SLIGHT: "knows them slightly",
    Closeness.SOME: "knows them fairly well",
    Closeness.STRONG: "knows them very well",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be asked first. then: the cards of those behind them, in order, with their names.

    evidence: why Kith thinks so. is_unproven: no sign of contact with the member. closeness: 0 to 3, how well they know
    the target. is_resting: asked enough of late.
    """

    person: Person
    reason: str
    evidence: str
    is_unproven: bool
    closeness: int = 0
    then: Sequence[tuple[UUID, str]] = ()
    is_resting: bool = False

    @property
    def query(self) -> str:
        """The chain as the address of the page to ask on has it."""
        return ask_query(self.person.id, [card for card, _ in self.then])


def candidates(member: User, target: Person, now: datetime) -> list[Candidate]:
    """Who could introduce the member to `target`, best first: by the routes that hold, then by what they noted."""
    noted = {_other(one, target).id: one for one in _noted(member, target)}
    routes = [
        _of_route(route, noted.get(route.introducer.id))
        for route in routes_to(member=member, target=target.id, now=now)
    ]
    ranked = {one.person.id for one in routes}
    rest = [
        candidate_for(person, one)
        for one in noted.values()
        if (person := _other(one, target)).id not in ranked and _can_ask(member, person)
    ]
    return _rested_last([*routes, *sorted(rest, key=_by_worth)], member, now)


def candidate(member: User, target: Person, introducer: Person, now: datetime) -> Candidate:
    """The same for one person, whoever it is."""
    return candidates_among(member, target, [introducer], now)[0]


def candidates_among(member: User, target: Person, people: Sequence[Person], now: datetime) -> list[Candidate]:
    """The same for these people, whoever they are, as many. Seven queries at most."""
    noted = {_other(one, target).id: one for one in _noted(member, target)}
    return _rested_last([candidate_for(person, noted.get(person.id)) for person in people], member, now)


def known_people(member: User, words: str) -> list[Person]:
    """A few people the member knows whose names begin like or contain `words`, for choosing somebody else."""
    people = Person.objects.filter(owner=member, deleted_at=None, archived_at=None, relation=Relation.KNOWN)
    for word in words.split()[:4]:
        people = people.filter(full_name__icontains=word)
    return list(people.order_by("sort_key")[:12])


def next_candidate(introduction: Introduction, now: datetime) -> Candidate | None:
    """The best way to the same target whose first introducer was not asked about them yet, or None."""
    target = introduction.target
    if target is None or target.deleted_at is not None or target.relation == Relation.KNOWN:
        return None
    asked = set(
        Introduction.objects.filter(owner=introduction.owner, target=target)
        .exclude(asked_at=None)
        .values_list("introducer_id", flat=True)
    )
    for one in candidates(introduction.owner, target, now):
        if one.person.id not in asked and not one.is_unproven and not one.is_resting:
            return one
    return None


def next_best(introduction: Introduction, now: datetime) -> NextBest | None:
    """The same as the letter to the asker needs it."""
    found = next_candidate(introduction, now)
    if found is None or introduction.target_id is None:
        return None
    path = reverse("introductions:ask", args=[introduction.target_id])
    return NextBest(listed([found.person.full_name, *(name for _, name in found.then)]), f"{path}?{found.query}")


def candidate_for(person: Person, noted: Acquaintance | None) -> Candidate:
    """Somebody of whom the member noted, or did not, that they know the target."""
    reason = _KNOWS.get(Closeness(noted.closeness), "knows them") if noted else "may know them"
    evidence = noted.evidence if noted else ""
    if noted and noted.evidence_date:
        evidence = f"{evidence or 'You noted it'}, {noted.evidence_date:%-d %B %Y}"
    closeness = list(_KNOWS).index(Closeness(noted.closeness)) + 1 if noted and noted.closeness in _KNOWS else 0
    return Candidate(person, reason, evidence, services.is_unproven(person), closeness)


def written_down(member: User, pairs: Sequence[tuple[Person, Person]]) -> list[str]:
    """For each pair how the member wrote down that the two know each other; empty where they did not. One query."""
    ids = {person.id for pair in pairs for person in pair}
    rows = Acquaintance.objects.filter(owner=member, a__in=ids, b__in=ids).exclude(closeness=Closeness.NONE)
    found = {frozenset((row.a_id, row.b_id)): row.evidence for row in rows}
    return [found.get(frozenset((one.id, other.id)), "") for one, other in pairs]


def _of_route(route: RouteView, noted: Acquaintance | None) -> Candidate:
    if len(route.legs) == 2:
        return candidate_for(route.introducer, noted)
    between = route.legs[1:-1]
    return Candidate(
        route.introducer,
        f"could ask {listed([leg.head for leg in between])}",
        route.line,
        services.is_unproven(route.introducer),
        then=[(leg.head_id, leg.head) for leg in between],
    )


def _rested_last(found: Sequence[Candidate], member: User, now: datetime) -> list[Candidate]:
    tired = limits.resting_people([one.person.id for one in found], member_id=member.pk, now=now)
    marked = [replace(one, is_resting=one.person.id in tired) for one in found]
    return sorted(marked, key=lambda one: one.is_resting)


def _noted(member: User, target: Person) -> QuerySet[Acquaintance]:
    rows = Acquaintance.objects.filter(Q(a=target) | Q(b=target), owner=member).exclude(closeness=Closeness.NONE)
    return rows.select_related("a", "b")


def _other(one: Acquaintance, target: Person) -> Person:
    return one.b if one.a_id == target.id else one.a


def _by_worth(one: Candidate) -> tuple[bool, int, float, str]:
    """Friends before strangers, then by how well they know the target, then by how close they are to the asker."""
    return one.is_unproven, -one.closeness, -(one.person.strength or 0), one.person.sort_key


def _can_ask(member: User, person: Person) -> bool:
    is_here = person.deleted_at is None and person.archived_at is None
    return is_here and person.owner_id == member.id and person.relation == Relation.KNOWN
