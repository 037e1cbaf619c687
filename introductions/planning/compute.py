"""The work behind a plan: from rows to rows, the same from the same rows, safe to be killed and to run twice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from numpy.typing import NDArray

from contacts.graph import Moves, Ways, gains, plan
from contacts.models import Acquaintance, Closeness, Person, Relation, Unacquainted
from introductions.assessment import Place, assess
from introductions.models import MemberPlan, Objective, ObjectiveState, PlanAction, Prospect
from introductions.planning import candidates as possible
from introductions.planning.candidates import Candidate, Entry, Situation
from introductions.planning.days import WEEKS, spread
from introductions.services import plans
from netapp.accounts.models import User
from netapp.lib.times import local_date

MOST_STEPS: Final = 7
MOST_KEPT: Final = 120
"""Other ways to close a gap, best first."""
MOST_PROSPECTS: Final = 1000
LEAST: Final = 0.01
"""What adds less to all seats together is not worth a line."""
OLD: Final = timedelta(days=1)
MEMBERS_AT_ONCE: Final = 200


def members_waiting(*, now: datetime) -> list[int]:
    """Members with open objectives whose plan is missing, stale or a day old."""
    open_ = Objective.objects.filter(state=ObjectiveState.OPEN, deleted_at=None, owner__is_active=True)
    fresh = MemberPlan.objects.filter(is_stale=False, computed_at__gt=now - OLD)
    waiting = open_.exclude(owner__in=fresh.values("owner"))
    return list(waiting.values_list("owner_id", flat=True).distinct().order_by("owner_id")[:MEMBERS_AT_ONCE])


def refresh_plan(*, member_id: int, now: datetime) -> int:
    """Work out the member's plan anew. Returns how many steps it has.

    What changes while we compute leaves the plan stale: it is cleared only at the revision that we read first.
    """
    member = User.objects.get(id=member_id)
    mine, _ = MemberPlan.objects.get_or_create(owner=member)
    objectives = list(Objective.objects.filter(owner=member, state=ObjectiveState.OPEN, deleted_at=None))
    situation = Situation.of(assess(member=member, objectives=objectives, now=now))
    actions = _actions(member, mine, situation, now)
    opened = _prospects(member, situation)
    with transaction.atomic():
        MemberPlan.objects.select_for_update().get(id=mine.id)
        _write(PlanAction, member, actions)
        _write(Prospect, member, opened)
        same = MemberPlan.objects.filter(id=mine.id, revision=mine.revision)
        same.update(is_stale=False)
        MemberPlan.objects.filter(id=mine.id).update(computed_at=now)
    return sum(one.rank is not None for one in actions)


def _write(model: type[PlanAction] | type[Prospect], member: User, rows: Sequence[Any]) -> None:
    """Instead of what stood there; those whose card went for good since we read must not cost the others."""
    present = set(Person.objects.filter(id__in=_cards(rows)).values_list("id", flat=True))
    model.objects.filter(owner=member).delete()
    model.objects.bulk_create([row for row in rows if _cards([row]) <= present], batch_size=500)


def _cards(rows: Sequence[Any]) -> set[UUID]:
    found = {row.person_id for row in rows}
    return found | {row.target_id for row in rows if getattr(row, "target_id", None)}


# --- The plan -------------------------------------------------------------------------------------------------------


def _actions(member: User, mine: MemberPlan, situation: Situation, now: datetime) -> list[PlanAction]:
    taken = {plans.key_of(reminder) for reminder in plans.taken_on(member_id=member.pk, now=now)}
    refused = plans.refused(member=member, now=now) | taken
    found = possible.candidates(situation, _colleagues(member, situation), refused=refused, now=now)
    # One order for everybody: of equal things the plan takes the first.
    found.sort(key=lambda one: one.key)
    if not found:
        return []
    numbers = _Numbers(situation)
    ways = numbers.ways(situation.begun)
    moves = numbers.moves([one.entries for one in found], found)
    alone = gains(ways, moves)
    steps_made = _steps(found, ways, numbers, budget=float(mine.weekly_minutes * WEEKS))
    rows = [_row(member, one, float(gain.sum())) for one, gain in zip(found, alone, strict=True)]
    steps = [(found[place].key, found[place].minutes) for place, _ in steps_made]
    days = spread(
        steps,
        weekly=mine.weekly_minutes,
        today=local_date(now, member.zone),
        weekdays=member.mail_days,
        before={key: day for key, day in _dates(member).items() if day is not None},
    )
    chances = ways.chances.copy()
    for rank, ((place, gain), day) in enumerate(zip(steps_made, days, strict=True), start=1):
        rows[place].rank, rows[place].due_date = rank, day
        rows[place].opens = _opens(situation, gain.tolist(), chances.tolist())
        chances = chances + gain
    for row, gain in zip(rows, alone, strict=True):
        if row.rank is None:
            row.opens = _opens(situation, gain.tolist(), ways.chances.tolist())
    worth_it = [row for row in rows if row.rank is not None or row.worth >= LEAST]
    worth_it.sort(key=lambda row: (row.rank is None, row.rank or 0, -row.worth, row.key))
    return worth_it[:MOST_KEPT]


def _steps(
    found: Sequence[Candidate], ways: Ways, numbers: "_Numbers", *, budget: float
) -> list[tuple[int, NDArray[np.float64]]]:
    """The plan: places in `found`, and what each adds to each seat. Nobody is asked about the same person twice: of two
    such steps the one that adds less goes, and it is planned again."""
    open_ = list(range(len(found)))
    while True:
        left = [found[place] for place in open_]
        chosen = plan(ways, numbers.moves([one.entries for one in left], left), budget=budget, most=MOST_STEPS)
        about: set[UUID] = set()
        twice = None
        for step in chosen.steps:
            target = left[step.move].target
            if target in about:
                twice = open_[step.move]
                break
            if target is not None:
                about.add(target)
        if twice is None:
            return [(open_[step.move], step.gain) for step in chosen.steps]
        open_.remove(twice)


def _row(member: User, one: Candidate, worth: float) -> PlanAction:
    return PlanAction(
        owner=member,
        kind=one.kind,
        key=one.key,
        person_id=one.person,
        target_id=one.target,
        worth=round(worth, 6),
        minutes=one.minutes,
    )


def _opens(situation: Situation, gain: Sequence[float], before: Sequence[float]) -> list[dict[str, Any]]:
    found = [
        {"seat": str(seat.id), "before": round(was, 4), "after": round(was + more, 4)}
        for seat, more, was in zip(situation.seats, gain, before, strict=True)
        if more >= LEAST / 2
    ]
    return sorted(found, key=lambda one: (one["before"] - one["after"], one["seat"]))


def _dates(member: User) -> dict[str, Any]:
    return dict(PlanAction.objects.filter(owner=member, rank__isnull=False).values_list("key", "due_date"))


def _colleagues(member: User, situation: Situation) -> dict[UUID, list[Person]]:
    """By target to whom nothing leads: own people who work where they do, the closest first. Three queries."""
    targets = {fit.person_id: fit.organisation.casefold() for _, fit in situation.fits if fit.place is Place.OUT}
    organisations = {name for name in targets.values() if name}
    if not organisations:
        return {}
    people = (
        Person.objects.filter(owner=member, relation=Relation.KNOWN, deleted_at=None, archived_at=None)
        .alias(where=Lower("organisation"))
        .filter(where__in={name.lower() for name in organisations})
        .defer("notes", "search_text")
        .order_by(F("strength").desc(nulls_last=True), "id")
    )
    by_organisation: dict[str, list[Person]] = {}
    for person in people:
        by_organisation.setdefault(person.organisation.casefold(), []).append(person)
    said = {frozenset(pair) for pair in _pairs(member, targets)}
    return {
        target: [one for one in by_organisation.get(name, ()) if one.id != target and {one.id, target} not in said]
        for target, name in targets.items()
        if name
    }


def _pairs(member: User, cards: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    either = Q(a__in=cards) | Q(b__in=cards)
    known = Acquaintance.objects.filter(either, owner=member).values_list("a_id", "b_id")
    return [*known, *Unacquainted.objects.filter(either, owner=member).values_list("a_id", "b_id")]


# --- What if --------------------------------------------------------------------------------------------------------


def _prospects(member: User, situation: Situation) -> list[Prospect]:
    if not situation.seats:
        return []
    targets = {fit.person_id for _, fit in situation.fits}
    knows: dict[UUID, list[tuple[UUID, str]]] = {}
    records = Acquaintance.objects.filter(Q(a__in=targets) | Q(b__in=targets), owner=member)
    for a, b, closeness in records.exclude(closeness=Closeness.NONE).values_list("a_id", "b_id", "closeness"):
        for one, other in ((a, b), (b, a)):
            if one in targets:
                knows.setdefault(one, []).append((other, closeness))
    own = Person.objects.filter(owner=member, relation=Relation.KNOWN, deleted_at=None, archived_at=None)
    known = {person.id: person for person in own.only("id", "strength", "layer", "last_contact_at")}
    entries = possible.prospects(situation, knows, known)
    people = sorted(entries)
    numbers = _Numbers(situation)
    ways = numbers.ways(situation.today)
    added = gains(ways, numbers.moves([entries[person] for person in people]))
    found = [
        Prospect(
            owner=member,
            person_id=person,
            worth=round(float(added[place].sum()), 6),
            opens=_opens(situation, added[place].tolist(), ways.chances.tolist()),
        )
        for place, person in enumerate(people)
        if added[place].sum() >= LEAST
    ]
    found.sort(key=lambda one: (-one.worth, one.person_id))
    return found[:MOST_PROSPECTS]


@dataclass(slots=True)
class _Numbers:
    """People as the engine wants them: numbered in the order in which they come."""

    situation: Situation
    of: dict[UUID, int] = field(default_factory=dict)

    def _number(self, person: UUID) -> int:
        return self.of.setdefault(person, len(self.of))

    def ways(self, entries: Sequence[Entry]) -> Ways:
        """What leads to the seats."""
        return Ways.build(
            seats=len(self.situation.seats),
            seat=[one.seat for one in entries],
            introducer=[self._number(one.person) for one in entries],
            chance=[one.chance for one in entries],
        )

    def moves(self, entries: Sequence[Sequence[Entry]], found: Sequence[Candidate] | None = None) -> Moves:
        """What could be done: entries of each. `found`: then with their minutes, and one for each friend."""
        flat = [(move, one) for move, mine in enumerate(entries) for one in mine]
        return Moves.build(
            seats=len(self.situation.seats),
            moves=len(entries),
            move=[move for move, _ in flat],
            seat=[one.seat for _, one in flat],
            introducer=[self._number(one.person) for _, one in flat],
            chance=[one.chance for _, one in flat],
            effort=[float(one.minutes) for one in found] if found is not None else None,
            group=[self._number(one.person) for one in found] if found is not None else None,
        )
