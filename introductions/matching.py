"""Who fits which seat: cards of the member's own book, and cards shared within reach, written down as matches.

Runs again whenever a book or a seat changed and may run any number of times. What the member said of a match stays:
dismissed people stay dismissed, confirmed ones and those put by hand stay where they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from contacts.models import Person
from contacts.network import same_humans
from contacts.shared import Circle, SharedCard, circle_of, shared_cards, shared_people
from introductions.criteria import Card, Criteria, Fit, fit
from introductions.models import ObjectiveState, Seat, SeatMatch, Verdict

AT_MOST: Final = 24
"""People of one seat, best fits first; a seat that fits more is asked too loosely to be of use."""

SMALL: Final = 1500
"""Cards that are looked through while a page waits; above that a worker does it."""


def rematch(*, member_id: int, now: datetime) -> int:
    """Match the member's stale seats. Returns how many there were. Its queries do not grow with books or seats.

    A change that comes meanwhile waits for our lock on the seat and makes it stale again.
    """
    with transaction.atomic():
        seats = list(
            Seat.objects.filter(
                owner=member_id, is_stale=True, objective__state=ObjectiveState.OPEN, objective__deleted_at=None
            )
            .order_by("id")
            .select_for_update(of=("self",), skip_locked=True)
        )
        if seats:
            circle = circle_of(member_id, now)
            _write(circle, seats, _fits(circle, seats))
            Seat.objects.filter(id__in=[seat.id for seat in seats]).update(is_stale=False, matched_at=now)
    return len(seats)


def rematch_if_small(*, member_id: int, now: datetime) -> bool:
    """Match at once where that takes no time to speak of, so that the next page shows it. Whether it did."""
    own = Person.objects.filter(owner=member_id, deleted_at=None, archived_at=None)[: SMALL + 1].count()
    if own > SMALL or shared_people(circle_of(member_id, now))[: SMALL + 1 - own].count() + own > SMALL:
        return False
    rematch(member_id=member_id, now=now)
    return True


@dataclass(frozen=True, slots=True)
class _Found:
    score: float
    reasons: tuple[str, ...]
    rests_on: UUID | None = None


def _fits(circle: Circle, seats: Sequence[Seat]) -> dict[UUID, dict[UUID, _Found]]:
    """seat id -> person id -> how they fit; one entry a human, the member's own card before a shared one."""
    asked = {seat.id: _criteria(seat) for seat in seats}
    found: dict[UUID, dict[UUID, _Found]] = {seat.id: {} for seat in seats}
    for person_id, card in _own_cards(circle.member_id):
        for seat_id, fits in _all_fits(asked, card):
            found[seat_id][person_id] = _Found(fits.score, fits.reasons)

    shared = shared_cards(circle)
    by_seat: dict[UUID, dict[UUID, Fit]] = {seat.id: {} for seat in seats}
    for person_id, shown in shared.items():
        for seat_id, fits in _all_fits(asked, _shared_card(shown)):
            by_seat[seat_id][person_id] = fits
    fitting = {person_id for people in by_seat.values() for person_id in people}
    humans = same_humans(circle, sorted(fitting, key=lambda person_id: (shared[person_id].distance, person_id)))
    for seat_id, people in by_seat.items():
        for person_id, fits in people.items():
            shown_as = humans.get(person_id)
            if shown_as is None:
                continue
            best = found[seat_id].get(shown_as)
            if shown_as in shared:
                if best is None or best.score < fits.score:
                    found[seat_id][shown_as] = _Found(fits.score, fits.reasons)
            elif best is None:
                # What Bob shares is not copied into Alice's row: the page asks whether he still shares it.
                found[seat_id][shown_as] = _Found(fits.score, (), rests_on=person_id)
    return found


def _all_fits(asked: Mapping[UUID, Criteria], card: Card) -> Iterable[tuple[UUID, Fit]]:
    for seat_id, criteria in asked.items():
        if (fits := fit(criteria, card)) is not None:
            yield seat_id, fits


def _criteria(seat: Seat) -> Criteria:
    return Criteria(
        organisations=seat.organisations,
        roles=seat.roles,
        places=seat.places,
        tags=seat.tags,
        offers=seat.offers,
        words=seat.words,
        names=seat.names,
    )


def _own_cards(member_id: int) -> Iterable[tuple[UUID, Card]]:
    rows = Person.objects.filter(owner=member_id, deleted_at=None, archived_at=None).values_list(
        "id", "full_name", "nickname", "organisation", "role", "place", "tags", "offers", "notes", "how_met"
    )
    for person_id, name, nickname, organisation, role, place, tags, offers, notes, how_met in rows.iterator():
        yield (
            person_id,
            Card(
                name=f"{name} {nickname}".strip(),
                organisation=organisation,
                role=role,
                place=place,
                tags=tags,
                offers=offers,
                notes=(notes, how_met),
            ),
        )


def _shared_card(card: SharedCard) -> Card:
    return Card(name=card.name, organisation=card.organisation, role=card.role)


def _write(circle: Circle, seats: Sequence[Seat], found: Mapping[UUID, Mapping[UUID, _Found]]) -> None:
    old: dict[tuple[UUID, UUID], SeatMatch] = {
        (match.seat_id, match.person_id): match for match in SeatMatch.objects.filter(seat__in=seats)
    }
    new, changed = [], []
    kept: set[tuple[UUID, UUID]] = set()
    for seat_id, people in found.items():
        said = {person_id for (at, person_id), match in old.items() if at == seat_id and match.is_said}
        # Those of whom the member said something do not take the others' room.
        ranked = sorted(people.items(), key=lambda item: (-item[1].score, item[0]))
        best = [item for item in ranked if item[0] in said] + [item for item in ranked if item[0] not in said][:AT_MOST]
        for person_id, fits in best:
            kept.add((seat_id, person_id))
            match = old.get((seat_id, person_id))
            if match is None:
                match = SeatMatch(owner_id=circle.member_id, seat_id=seat_id, person_id=person_id)
                new.append(match)
            elif (match.score, match.reasons, match.rests_on_id) != (fits.score, list(fits.reasons), fits.rests_on):
                changed.append(match)
            match.score, match.reasons, match.rests_on_id = fits.score, list(fits.reasons), fits.rests_on
    SeatMatch.objects.bulk_create(new, batch_size=1000, ignore_conflicts=True)
    SeatMatch.objects.bulk_update(changed, ["score", "reasons", "rests_on"], batch_size=500)
    gone = [match.id for key, match in old.items() if key not in kept and not match.is_said]
    SeatMatch.objects.filter(id__in=gone, verdict=Verdict.PROPOSED).delete()
