"""Where an objective stands: for each seat who is held, one introduction away, two or more away, or out of reach; what
the chance is, on whom most hangs, and the next obvious thing to do. Reads rows; computes nothing that a worker should.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from contacts.graph import figure_word, seat_chance
from contacts.models import Person, Relation
from contacts.shared import SharedCard, circle_of, shared_cards
from introductions import asked
from introductions.models import Objective, RouteSearch, Seat, SeatMatch, SeatState, Verdict
from introductions.routes import RouteView, routes_by_target
from introductions.routes.words import chance_words
from netapp.accounts.models import User


class Place(StrEnum):
    """How far away somebody is."""

    HELD = "held"
    ONE = "one"
    TWO = "two"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Somebody on a seat.

    person: the member's own card. routes: the ways to them, best first; none to somebody known already.
    shared_by: whose card it is, where it is not the member's own. vouched_by: who shares of them what makes them fit,
    where the member's own card does not. request: the one for them that is open.
    was_asked_about: within the last year, whatever came of it.
    """

    match: SeatMatch
    person_id: UUID
    name: str
    about: str
    shared_by: str
    vouched_by: str
    strength: str
    place: Place
    person: Person | None
    organisation: str
    routes: Sequence[RouteView]
    is_pending: bool
    request: asked.Request | None
    was_asked_about: bool

    @property
    def is_own(self) -> bool:
        return not self.shared_by

    @property
    def route(self) -> RouteView | None:
        """The best way to them."""
        return self.routes[0] if self.routes else None

    @property
    def why(self) -> str:
        """Why they are here, in one line."""
        if self.match.reasons:
            return f"Fits: {'; '.join(self.match.reasons)}."
        if self.vouched_by:
            return f"By what {self.vouched_by} shares of them."
        return "You put them here." if self.match.by_hand else "You confirmed them."


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One of the four columns of a seat."""

    place: Place
    title: str
    fits: Sequence[Fit]


_TITLES = (
    (Place.HELD, "Held"),
    (Place.ONE, "One introduction away"),
    (Place.TWO, "Two or more away"),
    (Place.OUT, "Out of reach"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatStanding:
    """One seat and everybody who fits. `chance`: that at least one introduction comes about; None without any way."""

    seat: Seat
    fits: Sequence[Fit]
    dismissed: Sequence[Fit]
    is_pending: bool

    @property
    def columns(self) -> list[Column]:
        return [
            Column(place=place, title=title, fits=[fit for fit in self.fits if fit.place is place])
            for place, title in _TITLES
        ]

    @property
    def best_place(self) -> Place | None:
        """The nearest column that has somebody."""
        return min((fit.place for fit in self.fits), key=list(Place).index, default=None)

    @property
    def is_in_hand(self) -> bool:
        """Nothing to look for: somebody is held, or the member said so."""
        return self.seat.state != SeatState.OPEN or self.best_place is Place.HELD

    @property
    def is_near(self) -> bool:
        """In hand, or one introduction away."""
        return self.is_in_hand or self.best_place is Place.ONE

    @property
    def asking(self) -> Fit | None:
        """Somebody of this seat for whom a request is under way."""
        return next((fit for fit in self.fits if fit.request), None)

    def chance_without(self, introducer: UUID | None) -> float:
        """Chance, 0..1, of at least one introduction, each friend asked once: for the person they bring nearest."""
        best: dict[UUID, float] = {}
        for fit in self.fits:
            if fit.route is not None and fit.route.introducer.id != introducer:
                friend = fit.route.introducer.id
                best[friend] = max(best.get(friend, 0.0), fit.route.chance)
        return seat_chance(best.values())

    @property
    def chance(self) -> float | None:
        return self.chance_without(None) if any(fit.route for fit in self.fits) else None

    @property
    def chance_words(self) -> str:
        return chance_words(self.chance) if self.chance is not None else ""

    @property
    def friends(self) -> int:
        """How many different friends could be asked."""
        return len({fit.route.introducer.id for fit in self.fits if fit.route})


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The best request to make now."""

    fit: Fit
    seat: Seat
    route: RouteView


@dataclass(frozen=True, slots=True, kw_only=True)
class Hinge:
    """The friend on whom most depends: the seats that would lose their only way, and those that would lose much.

    remains: what is left of the chance of those weakened, without the friend.
    """

    friend: Person
    lost: Sequence[Seat]
    weakened: Sequence[Seat]
    remains: Sequence[tuple[Seat, float]]

    @property
    def remains_words(self) -> list[tuple[Seat, str]]:
        """What is left of each seat that hangs on them, in words."""
        return [(seat, chance_words(chance)) for seat, chance in self.remains]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """An objective and all its seats."""

    objective: Objective
    seats: Sequence[SeatStanding]

    @property
    def in_hand(self) -> int:
        return sum(seat.is_in_hand for seat in self.seats)

    @property
    def near(self) -> int:
        return sum(seat.is_near for seat in self.seats)

    @property
    def is_pending(self) -> bool:
        return any(seat.is_pending for seat in self.seats)

    @property
    def next(self) -> Next | None:
        """Of the seats not in hand and not being asked for: whom one friend can introduce, else the nearest.

        Most chains of two are lost on the way, so a longer way is proposed only where there is none over one friend.
        """
        best: tuple[int, float, str, Next] | None = None
        for standing in self.seats:
            if standing.is_in_hand or standing.asking:
                continue
            for fit in standing.fits:
                if fit.route is None or fit.was_asked_about:
                    continue
                proposal = Next(fit=fit, seat=standing.seat, route=fit.route)
                found = (fit.route.distance, -fit.route.chance, fit.name, proposal)
                if best is None or found[:3] < best[:3]:
                    best = found
        return best[3] if best else None

    @property
    def bare(self) -> Seat | None:
        """The first open seat that nobody fits."""
        return next((item.seat for item in self.seats if item.seat.state == SeatState.OPEN and not item.fits), None)

    @property
    def hinge(self) -> Hinge | None:
        """Whose no would cost most: the sum of the seats' chances that goes with them."""
        searching = [seat for seat in self.seats if not seat.is_in_hand and seat.chance is not None]
        friends = {
            fit.route.introducer.id: fit.route.introducer for seat in searching for fit in seat.fits if fit.route
        }
        if not friends:
            return None
        cost = {
            friend: sum(seat.chance_without(None) - seat.chance_without(friend) for seat in searching)
            for friend in friends
        }
        worst = min(friends, key=lambda friend: (-cost[friend], friends[friend].sort_key))
        lost = [seat.seat for seat in searching if seat.chance_without(worst) == 0]
        weakened = [
            seat.seat for seat in searching if 0 < seat.chance_without(worst) < 0.67 * seat.chance_without(None)
        ]
        if not lost and not weakened:
            return None
        remains = [(seat.seat, seat.chance_without(worst)) for seat in searching if seat.seat in weakened]
        return Hinge(friend=friends[worst], lost=lost, weakened=weakened, remains=remains)


def assess(*, member: User, objectives: Sequence[Objective], now: datetime) -> list[Assessment]:
    """Where each of these objectives stands, in a number of queries that does not grow with any of them."""
    seats = list(Seat.objects.filter(objective__in=objectives))
    circle = circle_of(member.pk, now)
    matches = list(SeatMatch.objects.filter(seat__in=seats).order_by("seat_id", "verdict", "-score", "person_id"))
    ids = {match.person_id for match in matches} | {match.rests_on_id for match in matches if match.rests_on_id}
    own = Person.objects.filter(owner=member, deleted_at=None, archived_at=None).defer("notes", "search_text")
    cards = _Cards(
        own.in_bulk(list(ids)),
        shared_cards(circle, ids),
        asked.open_requests(member_id=member.pk),
        asked.asked_about(member_id=member.pk, now=now),
    )
    targets = {person_id for person_id in ids if cards.is_target(person_id)}
    ways = routes_by_target(member=member, targets=targets, now=now, circle=circle)
    done = set(
        RouteSearch.objects.filter(owner=member, target__in=targets, computed_at__isnull=False).values_list(
            "target_id", flat=True
        )
    )
    by_seat: dict[UUID, list[Fit]] = {seat.id: [] for seat in seats}
    for match in matches:
        fit = cards.fit(match, ways.get(match.person_id, []), is_done=match.person_id in done)
        if fit is not None:
            by_seat[match.seat_id].append(fit)
    standings: dict[UUID, list[SeatStanding]] = {objective.id: [] for objective in objectives}
    for seat in sorted(seats, key=lambda seat: (seat.position, seat.created_at, seat.id)):
        standings[seat.objective_id].append(_standing(seat, by_seat[seat.id]))
    return [Assessment(objective=objective, seats=standings[objective.id]) for objective in objectives]


def _standing(seat: Seat, fits: Sequence[Fit]) -> SeatStanding:
    chosen = [fit for fit in fits if fit.match.verdict != Verdict.DISMISSED]
    chosen.sort(
        key=lambda fit: (
            list(Place).index(fit.place),
            fit.match.verdict != Verdict.CONFIRMED,
            -(fit.route.chance if fit.route else 0.0),
            -fit.match.score,
            fit.name,
        )
    )
    return SeatStanding(
        seat=seat,
        fits=chosen,
        dismissed=[fit for fit in fits if fit.match.verdict == Verdict.DISMISSED],
        is_pending=seat.is_stale or any(fit.is_pending for fit in chosen),
    )


@dataclass(frozen=True, slots=True)
class _Cards:
    own: Mapping[UUID, Person]
    shared: Mapping[UUID, SharedCard]
    open_requests: Mapping[UUID, asked.Request]
    asked_about: Collection[UUID]

    def is_target(self, person_id: UUID) -> bool:
        person = self.own.get(person_id)
        return person_id in self.shared if person is None else person.relation == Relation.WANTED

    def fit(self, match: SeatMatch, ways: Sequence[RouteView], *, is_done: bool) -> Fit | None:
        """None where the card is archived or deleted, or what it rests on is not shared any more."""
        person, card = self.own.get(match.person_id), self.shared.get(match.person_id)
        if person is not None:
            name, role, organisation = person.full_name, person.role, person.organisation
        elif card is not None:
            name, role, organisation = card.name, card.role, card.organisation
        else:
            return None
        voucher = self.shared.get(match.rests_on_id) if match.rests_on_id else None
        if not match.reasons and voucher is None and match.verdict == Verdict.PROPOSED:
            return None
        if voucher is not None:
            role, organisation = role or voucher.role, organisation or voucher.organisation
        is_target = self.is_target(match.person_id)
        routes = tuple(ways) if is_target else ()
        place = Place.HELD if not is_target else Place.OUT
        if routes:
            place = Place.ONE if routes[0].distance == 1 else Place.TWO
        return Fit(
            match=match,
            person_id=match.person_id,
            name=name,
            about=", ".join(part for part in (role, organisation) if part),
            shared_by=card.owner.display_name if person is None and card is not None else "",
            vouched_by=voucher.owner.display_name if voucher is not None else "",
            strength=figure_word(person.strength) if person is not None and not is_target else "",
            place=place,
            person=person,
            organisation=organisation,
            routes=routes,
            is_pending=is_target and not is_done,
            request=self.open_requests.get(match.person_id),
            was_asked_about=match.person_id in self.asked_about,
        )
