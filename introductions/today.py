"""Today: the few things worth doing, from both apps, mixed by worth.

Each suggestion has a key that stays the same from day to day, so that "not this" can be remembered. `worth` only
orders: somebody who waits for the member comes first, then what is about to go cold, then what could be begun.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from contacts.handles import HandleKind
from contacts.models import Handle, Person, Relation, Reminder, ReminderState
from contacts.queries.reminders import due
from introductions import lifecycle
from introductions.limits import REFUSED_HOLDS
from introductions.models import (
    Consent,
    ConsentState,
    Introduction,
    Objective,
    ObjectiveState,
    PutAside,
    SeatMatch,
    SeatState,
    Verdict,
)
from introductions.queries import asked_of
from introductions.routes import RouteView, routes_by_target
from introductions.services import plans
from netapp.accounts.models import User
from netapp.lib.times import local_date

AT_MOST = 7
AT_MOST_A_SORT = 2
"""Of what could be begun, not to crowd out the rest."""

MOST_MATCHES = 500
FADING_STRENGTH = 0.35
FADING_AFTER = timedelta(days=120)
DORMANT_AFTER = timedelta(days=3 * 365)


class Sort(StrEnum):
    """What kind of thing it is; the template draws each in its own words."""

    ANSWER = "answer"
    CAME_BACK = "came_back"
    REMINDER = "reminder"
    INTRODUCED = "introduced"
    ASK = "ask"
    FADING = "fading"
    SEATS = "seats"


@dataclass(frozen=True, slots=True)
class Todo:
    """One suggestion. Of the last fields those are set that `sort` needs."""

    key: str
    sort: Sort
    worth: float
    person: Person | None = None
    reminder: Reminder | None = None
    introduction: Introduction | None = None
    route: RouteView | None = None
    match: SeatMatch | None = None
    objective: Objective | None = None
    consent: Consent | None = None


def things_to_do(*, member: User, now: datetime) -> list[Todo]:
    """At most seven suggestions, best first, in a constant number of queries."""
    today = local_date(now, member.zone)
    aside = set(
        PutAside.objects.filter(owner=member)
        .filter(Q(until_date=None) | Q(until_date__gt=today))
        .values_list("key", flat=True)
    )
    sources = (
        (_answers(member, now), AT_MOST),
        (_reminders(member, now), AT_MOST),
        (_came_back(member, now, aside), AT_MOST_A_SORT),
        (_introduced(member, now, aside), AT_MOST),
        (_asks(member, now, aside), AT_MOST_A_SORT),
        (_fading(member, now, aside), AT_MOST_A_SORT),
        (_without_seats(member, aside), 1),
    )
    found: list[Todo] = []
    for todos, most in sources:
        # Cut after what is put aside is left out: else two friends put aside would hide all the others.
        found.extend(islice((todo for todo in todos if todo.key not in aside), most))
    found.sort(key=lambda todo: (-todo.worth, todo.key))
    return found[:AT_MOST]


def _answers(member: User, now: datetime) -> Iterator[Todo]:
    """Questions put to the member that are still open."""
    open_ = Q(state=ConsentState.ASKED, expires_at__gt=now) | Q(wants_address=True)
    for consent in asked_of(member).filter(open_)[:AT_MOST]:
        yield Todo(key=f"answer:{consent.id}", sort=Sort.ANSWER, worth=90.0, consent=consent)


def _came_back(member: User, now: datetime, aside: Collection[str]) -> Iterator[Todo]:
    """People with whom no mail can reach: an address for them is all that is wanted."""
    emails = Handle.objects.filter(person=OuterRef("pk"), kind=HandleKind.EMAIL)
    people = (
        Person.objects.filter(owner=member, deleted_at=None, archived_at=None)
        .filter(Exists(emails.filter(is_failing=True)), ~Exists(emails.filter(is_failing=False)))
        .order_by(F("strength").desc(nulls_last=True), "id")
    )
    for person in people[: AT_MOST_A_SORT + len(aside)]:
        yield Todo(key=f"came_back:{person.id}", sort=Sort.CAME_BACK, worth=55.0, person=person)


def _reminders(member: User, now: datetime) -> Iterator[Todo]:
    """What is due, by worth: the oldest first would let seven old ones hide what follows an introduction."""
    by_worth = (
        due(member=member, now=now)
        .alias(follows=Q(about__isnull=False))
        .order_by("-follows", F("person__strength").desc(nulls_last=True), "due_at", "id")
    )
    for reminder in by_worth[:AT_MOST]:
        follows = reminder.about is not None
        yield Todo(
            key=f"reminder:{reminder.id}:{reminder.sendings}",
            sort=Sort.REMINDER,
            worth=80.0 if follows else 60.0 + 10 * ((reminder.person and reminder.person.strength) or 0),
            person=reminder.person,
            reminder=reminder,
        )


def _introduced(member: User, now: datetime, aside: Collection[str]) -> Iterator[Todo]:
    """Introduced just now: from its first reminder on, its reminders speak, and what was done or snoozed stays away."""
    reminded = Reminder.objects.filter(owner=member, about=OuterRef("id")).filter(
        Q(due_at__lte=now) | Q(sent_at__isnull=False) | Q(state=ReminderState.DONE)
    )
    introductions = (
        Introduction.objects.filter(owner=member, shown_state=lifecycle.State.INTRODUCED)
        .filter(~Exists(reminded))
        .select_related("target", "introducer")
        .order_by("introduced_at")
    )
    for introduction in introductions[: AT_MOST + len(aside)]:
        yield Todo(
            key=f"introduced:{introduction.id}",
            sort=Sort.INTRODUCED,
            worth=70.0,
            person=introduction.target,
            introduction=introduction,
        )


def _asks(member: User, now: datetime, aside: Collection[str]) -> Iterator[Todo]:
    """For each open seat the best way to somebody whom nobody was asked about lately.

    What the asker is shown decides, not what is true: a suggestion that came back on the day of a hidden no would tell.
    """
    asked = Introduction.objects.filter(owner=member, target=OuterRef("person")).filter(
        Q(shown_state__in=sorted(lifecycle.OPEN)) | Q(asked_at__gte=now - REFUSED_HOLDS)
    )
    matches = (
        SeatMatch.objects.filter(
            owner=member,
            seat__state=SeatState.OPEN,
            seat__objective__state=ObjectiveState.OPEN,
            seat__objective__deleted_at=None,
            person__owner=member,
            person__deleted_at=None,
            person__archived_at=None,
            person__relation=Relation.WANTED,
        )
        .exclude(verdict=Verdict.DISMISSED)
        .filter(~Exists(asked))
        .select_related("seat__objective", "person")
        .order_by("-score", "id")
    )
    best: dict[UUID, tuple[RouteView, SeatMatch]] = {}
    by_person = {match.person_id: match for match in reversed(list(matches[:MOST_MATCHES]))}
    for person_id, routes in routes_by_target(member=member, targets=by_person.keys(), now=now).items():
        match = by_person[person_id]
        route = next((one for one in routes if not one.is_resting and _ask_key(match, one) not in aside), None)
        if route and (match.seat_id not in best or route.chance > best[match.seat_id][0].chance):
            best[match.seat_id] = route, match
    for route, match in sorted(best.values(), key=lambda pair: (-pair[0].chance, pair[1].id)):
        yield Todo(
            key=_ask_key(match, route),
            sort=Sort.ASK,
            worth=40.0 + 20 * route.chance,
            person=match.person,
            route=route,
            match=match,
            objective=match.seat.objective,
        )


def _ask_key(match: SeatMatch, route: RouteView) -> str:
    return f"ask:{match.person_id}:{route.introducer.id}"


def _fading(member: User, now: datetime, aside: Collection[str]) -> Iterator[Todo]:
    """Close once and silent for months, without a cadence that would say so."""
    people = (
        Person.objects.filter(owner=member, deleted_at=None, archived_at=None, relation=Relation.KNOWN)
        .filter(cadence_days=None, strength__gte=FADING_STRENGTH)
        .filter(last_contact_at__lt=now - FADING_AFTER, last_contact_at__gt=now - DORMANT_AFTER)
        .order_by("-strength", "id")
    )
    for person in people[: AT_MOST_A_SORT + len(aside)]:
        yield Todo(key=f"fading:{person.id}", sort=Sort.FADING, worth=30.0 + 20 * (person.strength or 0), person=person)


def _without_seats(member: User, aside: Collection[str]) -> Iterator[Todo]:
    """An objective that says what, but not whom it needs."""
    objectives = Objective.objects.filter(owner=member, state=ObjectiveState.OPEN, deleted_at=None, seats=None)
    for objective in objectives.order_by("created_at", "id")[: 1 + len(aside)]:
        yield Todo(key=f"seats:{objective.id}", sort=Sort.SEATS, worth=35.0, objective=objective)


def put_aside(*, member: User, key: str, now: datetime, days: int | None) -> None:
    """Do not suggest `key` again for `days`; never again where `days` is None. The last word counts."""
    until = None if days is None else local_date(now, member.zone) + timedelta(days=days)
    with transaction.atomic():
        PutAside.objects.update_or_create(owner=member, key=key, defaults={"until_date": until})
        plans.make_stale([member.pk])


def take_up(*, member: User, key: str) -> None:
    """Undo `put_aside`."""
    with transaction.atomic():
        PutAside.objects.filter(owner=member, key=key).delete()
        plans.make_stale([member.pk])
