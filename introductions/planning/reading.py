"""The plan as a page shows it: read from rows, and held against where the objectives stand at this moment.

A step is shown only while all of it holds: the way to ask over is still there, its cards are, nobody was asked about
the same meanwhile, and it was not put aside. What does not hold is left out here; the worker finds what comes instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count

from contacts.access import people_of
from contacts.models import Person, Relation, Reminder, ReminderState
from contacts.shared import circle_of, shared_cards
from contacts.words import fold, search_words
from introductions.assessment import Assessment, Fit
from introductions.models import ActionKind, Introduction, MemberPlan, PlanAction, Prospect, Seat, SeatState
from introductions.routes import RouteView
from introductions.routes.words import chance_words
from introductions.services import plans
from netapp.accounts.models import User
from netapp.lib.times import local_date

GAPS_A_SEAT: Final = 3
SHOWN: Final = 40
A_YEAR: Final = timedelta(days=365)
OFTEN: Final = 3
"""So many requests to one friend in a year, and a third of all, are worth a word."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What it does for one seat."""

    seat: Seat
    before: float
    after: float

    @property
    def before_words(self) -> str:
        return chance_words(self.before) if self.before >= 0.005 else "no way yet"

    @property
    def after_words(self) -> str:
        return chance_words(self.after)

    @property
    def is_said(self) -> bool:
        """Whether the words differ; if not, the page says "a little likelier"."""
        return self.before_words != self.after_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One thing to do. route: of an ask, over whom. fit: whom it is about, on a seat that it opens."""

    action: PlanAction
    person: Person
    opens: Sequence[Opening]
    fit: Fit | None
    route: RouteView | None

    @property
    def key(self) -> str:
        return self.action.key

    @property
    def title(self) -> str:
        """What to do, in a line."""
        name = self.person.full_name
        if self.action.kind == ActionKind.ASK and self.fit:
            return f"Ask {name} to introduce you to {self.fit.name}"
        if self.action.kind == ActionKind.FIND_OUT and self.fit:
            return f"Ask {name} whether they know {self.fit.name}"
        return f"Get back in touch with {name}"

    @property
    def why(self) -> str:
        """Why this, from the member's own book."""
        if self.action.kind == ActionKind.ASK and self.route and self.fit:
            through = " and ".join(leg.head for leg in self.route.legs[1:-1])
            by_way = f" It goes on by way of {through}." if through else ""
            return f"{self.fit.why}{by_way}"
        if self.action.kind == ActionKind.FIND_OUT and self.fit:
            return f"Both are at {self.person.organisation}, so they may know each other. Nothing is asked for yet."
        evidence = self.person.strength_reason or "No contact recorded yet."
        what = "They fit it themselves." if self.fit else "They could introduce you."
        return f"{evidence} {what} A tie that rested is often the better one to ask."

    @property
    def seat(self) -> Seat | None:
        """The seat it does most for."""
        return self.opens[0].seat if self.opens else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Favourite:
    """A friend who is asked often."""

    name: str
    times: int
    every: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """The plan of a member, and what they took on."""

    steps: Sequence[Way]
    under_way: Sequence[Reminder]
    done: Sequence[Reminder]
    weekly_minutes: int
    is_pending: bool
    favourite: Favourite | None

    @property
    def first(self) -> Way | None:
        return self.steps[0] if self.steps else None


def plan_of(*, member: User, assessments: Sequence[Assessment], now: datetime) -> PlanView:
    """The plan over these assessments: those of all open objectives. Seven queries beside theirs."""
    mine = MemberPlan.objects.filter(owner=member).first()
    rows = list(_rows(member).filter(rank__isnull=False))
    taken = plans.taken_on(member_id=member.pk, now=now)
    found = _ways(member, rows, assessments, now, {plans.key_of(one) for one in taken})
    today = local_date(now, member.zone)
    return PlanView(
        steps=[_not_past(way, today) for way in found],
        under_way=[one for one in taken if one.state != ReminderState.DONE],
        done=[one for one in taken if one.state == ReminderState.DONE],
        weekly_minutes=mine.weekly_minutes if mine else MemberPlan().weekly_minutes,
        is_pending=bool(assessments) and (mine is None or mine.is_stale),
        favourite=_favourite(member, now),
    )


def gaps_of(*, member: User, assessments: Sequence[Assessment], now: datetime) -> dict[UUID, list[Way]]:
    """By seat, what could close its gap, the most telling first. Three queries beside the assessments'."""
    taken = {plans.key_of(one) for one in plans.taken_on(member_id=member.pk, now=now)}
    found: dict[UUID, list[Way]] = {}
    for way in _ways(member, list(_rows(member)), assessments, now, taken):
        for opening in way.opens:
            found.setdefault(opening.seat.id, []).append(way)
    return {
        seat: sorted(ways, key=lambda way: _added(way, seat), reverse=True)[:GAPS_A_SEAT]
        for seat, ways in found.items()
    }


def _added(way: Way, seat: UUID) -> float:
    return next((one.after - one.before for one in way.opens if one.seat.id == seat), 0.0)


def action_of(*, member: User, key: str, assessments: Sequence[Assessment], now: datetime) -> Way | None:
    """One thing to do, if it still holds."""
    return next(iter(_ways(member, list(_rows(member).filter(key=key)), assessments, now, set())), None)


def _rows(member: User) -> Any:
    return PlanAction.objects.filter(owner=member, person__owner=member).select_related("person")


def _not_past(way: Way, today: date) -> Way:
    """A day that has gone by unused is today, until the worker spreads the steps anew."""
    if way.action.due_date is not None and way.action.due_date < today:
        way.action.due_date = today
    return way


def _ways(
    member: User, rows: Sequence[PlanAction], assessments: Sequence[Assessment], now: datetime, taken: set[str]
) -> list[Way]:
    seats = {
        str(standing.seat.id): standing.seat
        for assessment in assessments
        for standing in assessment.seats
        if standing.seat.state == SeatState.OPEN
    }
    fits: dict[UUID, list[Fit]] = {}
    for assessment in assessments:
        for standing in assessment.seats:
            if str(standing.seat.id) in seats:
                for fit in standing.fits:
                    fits.setdefault(fit.person_id, []).append(fit)
    aside = plans.refused(member=member, now=now) if rows else set()
    found = (
        _way(row, seats, fits) for row in rows if row.key not in aside and row.key not in taken and _is_here(row.person)
    )
    return [way for way in found if way is not None and way.opens]


def _is_here(person: Person) -> bool:
    return person.relation == Relation.KNOWN and person.deleted_at is None and person.archived_at is None


def _way(row: PlanAction, seats: Mapping[str, Seat], fits: Mapping[UUID, Sequence[Fit]]) -> Way | None:
    opens = [Opening(seats[one["seat"]], one["before"], one["after"]) for one in row.opens if one["seat"] in seats]
    about = fits.get(row.target_id or row.person_id, ())
    fit = next((one for one in about if any(str(one.match.seat_id) == str(opening.seat.id) for opening in opens)), None)
    route = None
    if row.kind != ActionKind.REVIVE:
        if fit is None or fit.request is not None or fit.was_asked_about:
            return None
        route = next((one for one in fit.routes if one.introducer.id == row.person_id and not one.is_resting), None)
        if (route is None) == (row.kind == ActionKind.ASK):
            return None
    return Way(action=row, person=row.person, opens=opens, fit=fit, route=route)


def _favourite(member: User, now: datetime) -> Favourite | None:
    """The friend on whom the member leans, if it is often and a third of all. By the first introducer; one query."""
    asked = Introduction.objects.filter(owner=member, asked_at__gt=now - A_YEAR, introducer__deleted_at=None)
    counts = list(
        asked.exclude(introducer=None)
        .values_list("introducer__full_name", "introducer")
        .annotate(times=Count("id"))
        .order_by("-times", "introducer__sort_key")
    )
    every = sum(times for *_, times in counts)
    if not counts or counts[0][2] < OFTEN or counts[0][2] * 3 < every:
        return None
    return Favourite(name=counts[0][0], times=counts[0][2], every=every)


# --- What if --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What it would open to be on good terms with somebody. about: role and organisation; note: whose card it is."""

    person_id: UUID
    name: str
    about: str
    note: str
    is_own: bool
    opens: Sequence[Opening]


def what_if(*, member: User, q: str, now: datetime) -> list[WhatIf]:
    """People who would open most, the most telling first; with `q` those whose name, role or organisation has it.

    Own people whom `q` finds and who open nothing follow. Read from rows that a worker wrote; six queries.
    """
    words = search_words(q)
    rows = list(Prospect.objects.filter(owner=member).order_by("-worth", "person_id"))
    ids = [row.person_id for row in rows]
    seats = {
        str(seat.id): seat
        for seat in Seat.objects.filter(
            owner=member, state=SeatState.OPEN, objective__state="open", objective__deleted_at=None
        )
    }
    own = people_of(member).filter(archived_at=None).defer("notes", "search_text").in_bulk(ids)
    circle = circle_of(member.pk, now)
    shared = shared_cards(circle, [one for one in ids if one not in own])
    found = []
    for row in rows:
        person, card = own.get(row.person_id), shared.get(row.person_id)
        shown = person or card
        opens = [Opening(seats[one["seat"]], one["before"], one["after"]) for one in row.opens if one["seat"] in seats]
        if shown is None or not opens:
            continue
        name = person.full_name if person else card.name if card else ""
        about = ", ".join(part for part in (shown.role, shown.organisation) if part)
        if not _has(words, name, about):
            continue
        found.append(
            WhatIf(
                person_id=row.person_id,
                name=name,
                about=about,
                note=_note(person, card.owner.display_name if card else ""),
                is_own=person is not None,
                opens=opens,
            )
        )
    if words:
        found += _without_effect(member, words, {one.person_id for one in found})
    return found[:SHOWN]


def _has(words: Iterable[str], *texts: str) -> bool:
    text = fold(" ".join(texts))
    return all(word in text for word in words)


def _note(person: Person | None, sharer: str) -> str:
    if person is None:
        return f"shared by {sharer}"
    return "" if person.relation == Relation.KNOWN else "you want to meet them"


def _without_effect(member: User, words: Sequence[str], shown: set[UUID]) -> list[WhatIf]:
    people = people_of(member).filter(archived_at=None)
    for word in words:
        people = people.filter(search_text__contains=word)
    rows = people.exclude(id__in=shown).defer("notes").order_by("sort_key", "id")[:SHOWN]
    return [
        WhatIf(
            person_id=person.id,
            name=person.full_name,
            about=", ".join(part for part in (person.role, person.organisation) if part),
            note=_note(person, ""),
            is_own=True,
            opens=(),
        )
        for person in rows
        if _has(words, person.full_name, person.role, person.organisation)
    ]
