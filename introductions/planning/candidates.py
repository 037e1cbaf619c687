"""What could be done for the open seats, and what it would open: numbers, from what the objective pages show.

A chance is that of the engine: the product of the chances of all its steps, each from the strength of the tie,
0.05 + 0.85 * strength (docs/assessment.md). What is assumed here beyond that is said here, and on the page.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from contacts.graph import willingness
from contacts.models import Closeness, Person
from contacts.network.chances import ACQUAINTED
from introductions.assessment import Assessment, Fit, Place
from introductions.models import ActionKind, Seat, SeatState

MINUTES: Final = {ActionKind.ASK: 20, ActionKind.REVIVE: 30, ActionKind.FIND_OUT: 10}
"""What each takes: a note; a mail and the talk it leads to; two lines."""
DORMANT_AFTER: Final = timedelta(days=180)
"""Silent for half a year. Levin, Walter and Murnighan (2011) took three, for managers with thousands of contacts."""
REVIVED: Final = 0.25
"""By how much a tie that is taken up again is assumed to grow; never beyond REVIVED_MOST."""
REVIVED_MOST: Final = 0.6
COLLEAGUE_KNOWS: Final = 0.3
"""The chance, assumed, that two who work at one organisation know each other."""
CLOSE: Final = 0.6
"""What-if: the strength of a tie with somebody one knows, once it is a good one."""
MET: Final = 0.35
"""What-if: the strength of a tie with somebody one has just met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """That somebody, once written to, would bring a seat with a chance. seat: its place among Situation.seats."""

    seat: int
    person: UUID
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One thing that could be done."""

    kind: ActionKind
    person: UUID
    target: UUID | None
    entries: tuple[Entry, ...]

    @property
    def key(self) -> str:
        """As "not this" remembers it; an ask has the same on the Today page."""
        if self.kind is ActionKind.ASK:
            return f"ask:{self.target}:{self.person}"
        if self.kind is ActionKind.REVIVE:
            return f"revive:{self.person}"
        return f"knows:{self.person}:{self.target}"

    @property
    def minutes(self) -> int:
        return MINUTES[self.kind]


@dataclass(slots=True)
class Situation:
    """Where all open objectives of a member stand.

    seats: open seats, in order. today: what leads to each of them now, whoever would be asked. begun: what does without
    another step: people held, and requests that are under way.
    """

    seats: list[Seat] = field(default_factory=list)
    fits: list[tuple[int, Fit]] = field(default_factory=list)
    today: list[Entry] = field(default_factory=list)
    begun: list[Entry] = field(default_factory=list)

    @classmethod
    def of(cls, assessments: Iterable[Assessment]) -> "Situation":
        """From assessments, in which every way has been checked."""
        found = cls()
        for assessment in assessments:
            for standing in assessment.seats:
                if standing.seat.state != SeatState.OPEN:
                    continue
                place = len(found.seats)
                found.seats.append(standing.seat)
                for fit in standing.fits:
                    found._add(place, fit)
        return found

    def _add(self, seat: int, fit: Fit) -> None:
        self.fits.append((seat, fit))
        if fit.place is Place.HELD and fit.person is not None:
            held = Entry(seat=seat, person=fit.person_id, chance=willing(fit.person.strength))
            self.today.append(held)
            self.begun.append(held)
        for route in fit.routes:
            self.today.append(Entry(seat=seat, person=route.introducer.id, chance=route.chance))
        if fit.request is not None and fit.routes:
            asked = fit.routes[0]
            self.begun.append(Entry(seat=seat, person=asked.introducer.id, chance=asked.chance))


def willing(strength: float | None) -> float:
    """The chance that somebody passes a request on, from the strength of the tie alone."""
    return willingness(strength, now=_ANY)


_ANY: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Without answers the moment does not count."""


def is_dormant(person: Person, now: datetime) -> bool:
    """Somebody once known, and silent by now."""
    was_known = person.strength is not None or person.layer is not None or person.last_contact_at is not None
    return was_known and (person.last_contact_at is None or person.last_contact_at < now - DORMANT_AFTER)


def revived(strength: float | None) -> float:
    """The strength of a tie that is taken up again."""
    before = strength or 0.0
    return max(before, min(REVIVED_MOST, before + REVIVED))


def candidates(
    situation: Situation, colleagues: Mapping[UUID, Sequence[Person]], *, refused: Collection[str], now: datetime
) -> list[Candidate]:
    """Everything that could be done now, without what was refused.

    colleagues: by target, the member's own people who work where the target does and are not known to know them, the
    closest first.
    """
    found = [
        *_asks(situation),
        *_revivals(situation, now),
        *_questions(situation, colleagues),
    ]
    return [one for one in found if one.key not in refused]


def _is_free(fit: Fit) -> bool:
    """Nobody was asked about them lately, and nothing is under way."""
    return fit.request is None and not fit.was_asked_about


def _asks(situation: Situation) -> Iterator[Candidate]:
    wanted: dict[tuple[UUID, UUID], list[Entry]] = {}
    for seat, fit in situation.fits:
        if not _is_free(fit):
            continue
        for route in fit.routes:
            if not route.is_resting and not route.resting_later:
                friend = route.introducer.id
                entries = wanted.setdefault((fit.person_id, friend), [])
                entries.append(Entry(seat=seat, person=friend, chance=route.chance))
    for (target, friend), entries in wanted.items():
        yield Candidate(kind=ActionKind.ASK, person=friend, target=target, entries=tuple(entries))


def _revivals(situation: Situation, now: datetime) -> Iterator[Candidate]:
    """Dormant people who fit a seat, or who could introduce to somebody who does."""
    people: dict[UUID, Person] = {}
    entries: dict[UUID, list[Entry]] = {}

    def add(person: Person, entry: Entry) -> None:
        people[person.id] = person
        entries.setdefault(person.id, []).append(entry)

    for seat, fit in situation.fits:
        if fit.place is Place.HELD and fit.person is not None and is_dormant(fit.person, now):
            after = willing(revived(fit.person.strength))
            add(fit.person, Entry(seat=seat, person=fit.person_id, chance=after))
        if not _is_free(fit):
            continue
        for route in fit.routes:
            friend = route.introducer
            if is_dormant(friend, now) and not route.is_resting:
                better = route.chance * willing(revived(friend.strength)) / willing(friend.strength)
                add(friend, Entry(seat=seat, person=friend.id, chance=min(better, 0.95)))
    for person_id in people:
        yield Candidate(kind=ActionKind.REVIVE, person=person_id, target=None, entries=tuple(entries[person_id]))


def _questions(situation: Situation, colleagues: Mapping[UUID, Sequence[Person]]) -> Iterator[Candidate]:
    """To whom nothing leads: would a friend who works where they do know them?"""
    wanted: dict[UUID, list[int]] = {}
    for seat, fit in situation.fits:
        if fit.place is Place.OUT and _is_free(fit) and not fit.is_pending and colleagues.get(fit.person_id):
            wanted.setdefault(fit.person_id, []).append(seat)
    for target, seats in wanted.items():
        friend = colleagues[target][0]
        chance = willing(friend.strength) * COLLEAGUE_KNOWS * willing(ACQUAINTED[Closeness.SOME])
        entries = tuple(Entry(seat=seat, person=friend.id, chance=chance) for seat in seats)
        yield Candidate(kind=ActionKind.FIND_OUT, person=friend.id, target=target, entries=entries)


def prospects(
    situation: Situation, knows: Mapping[UUID, Sequence[tuple[UUID, str]]], known: Mapping[UUID, Person]
) -> dict[UUID, list[Entry]]:
    """What each person would open if the member were on good terms with them.

    knows: by target, who knows them by the member's own records, and how closely. known: the member's own people. Those
    who fit a seat, who stand on a way to somebody who does, and who know somebody who does.
    """
    found: dict[UUID, list[Entry]] = {}

    def then(person: UUID) -> float:
        card = known.get(person)
        return willing(MET if card is None else max(CLOSE, card.strength or 0.0))

    def add(person: UUID, seat: int, chance: float) -> None:
        found.setdefault(person, []).append(Entry(seat=seat, person=person, chance=chance))

    for seat, fit in situation.fits:
        add(fit.person_id, seat, then(fit.person_id))
        for route in fit.routes:
            rest = 1.0
            # From the end: whoever stands on the way brings the rest of it.
            for leg in reversed(route.legs):
                if leg.head_id != fit.person_id:
                    add(leg.head_id, seat, then(leg.head_id) * rest)
                rest *= leg.chance
        for friend, closeness in knows.get(fit.person_id, ()):
            if friend != fit.person_id:
                add(friend, seat, then(friend) * willing(ACQUAINTED.get(Closeness(closeness))))
    return found
