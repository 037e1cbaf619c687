"""Looking somebody up to put on a seat by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Final
from uuid import UUID

from django.db.models import Q

from contacts.access import people_of
from contacts.models import Relation
from contacts.shared import circle_of, shared_cards
from contacts.words import fold, search_words
from introductions.models import Seat, Verdict
from netapp.accounts.models import User

AT_MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Somebody who could be put on the seat."""

    person_id: UUID
    name: str
    about: str
    note: str
    is_there: bool


def find(*, member: User, seat: Seat, q: str, now: datetime) -> Sequence[Found]:
    """The member's own people, then shared cards, in whose text every word of `q` stands. At most AT_MOST of each."""
    words = search_words(q)
    if not words:
        return []
    there = set(seat.matches.filter(verdict=Verdict.CONFIRMED).values_list("person_id", flat=True))
    own = people_of(member).filter(reduce(and_, (Q(search_text__contains=word) for word in words)), archived_at=None)
    found = [
        Found(
            person_id=person.id,
            name=person.full_name,
            about=_about(person.role, person.organisation),
            note="" if person.relation == Relation.KNOWN else "you want to meet them",
            is_there=person.id in there,
        )
        for person in own.order_by("sort_key", "id")[:AT_MOST]
    ]
    shared = [
        card
        for card in shared_cards(circle_of(member.pk, now)).values()
        if all(word in fold(f"{card.name} {card.role} {card.organisation}") for word in words)
    ]
    shared.sort(key=lambda card: (card.distance, fold(card.name), card.person_id))
    return found + [
        Found(
            person_id=card.person_id,
            name=card.name,
            about=_about(card.role, card.organisation),
            note=f"shared by {card.owner.display_name}",
            is_there=card.person_id in there,
        )
        for card in shared[:AT_MOST]
    ]


def _about(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
