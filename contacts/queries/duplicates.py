"""Pairs that may be one human, side by side; what was merged; what the member told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, QuerySet, prefetch_related_objects

from contacts.models import Interaction, Lookalike, Merge, Person, ToldApart
from contacts.services.duplicates import fields
from contacts.services.duplicates.merging import in_order_of_age
from netapp.accounts.models import User

PAGE: Final = 10
_EARLIER: Final = 20


@dataclass(frozen=True, slots=True)
class Side:
    """One of two cards: what it has beside its fields."""

    card: Person
    contacts: int
    last_contact_at: datetime | None

    @property
    def handles(self) -> list[str]:
        """Addresses, numbers and pages, as written."""
        return [handle.value for handle in self.card.handles.all()]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cards side by side. `one` is older, and the one that stays."""

    one: Side
    other: Side
    rows: list[fields.Compared]
    reasons: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    is_certain: bool = False
    lookalike_id: UUID | None = None

    @property
    def choices(self) -> list[fields.Compared]:
        """The fields on which they differ."""
        return [row for row in self.rows if row.options]

    @property
    def rest(self) -> list[fields.Compared]:
        """The others, but for the name, which stands above."""
        return [row for row in self.rows if not row.options and row.field.name != "full_name"]

    @property
    def seen_at(self) -> str:
        """When both cards were last changed, as the form sends it back."""
        return "|".join(side.card.updated_at.isoformat() for side in (self.one, self.other))

    @property
    def likeness(self) -> str:
        """What speaks for it, as one sentence."""
        text = "; ".join(self.reasons)
        return f"{text[:1].upper()}{text[1:]}." if text else ""

    @property
    def doubt(self) -> str:
        """What speaks against it, as one sentence."""
        text = "; ".join(self.doubts)
        return f"But {text}." if text else ""


def _proposed(member: User) -> QuerySet[Lookalike]:
    return Lookalike.objects.filter(owner=member, a__deleted_at=None, b__deleted_at=None)


def count(member: User) -> int:
    """How many pairs are proposed."""
    return _proposed(member).count()


def proposals(*, member: User, number: int) -> Page[Lookalike]:
    """One page of pairs, the likeliest first."""
    rows = _proposed(member).select_related("a__owner", "b__owner")
    return Paginator(rows.order_by("-score", "id"), PAGE).get_page(number)


def certain(*, member: User, limit: int) -> tuple[list[Lookalike], int]:
    """Pairs of which nobody would doubt it, the likeliest first, and how many there are in all."""
    rows = _proposed(member).filter(is_certain=True)
    return list(rows.select_related("a__owner", "b__owner").order_by("-score", "id")[:limit]), rows.count()


def side_by_side(pairs: Sequence[Lookalike]) -> list[Pair]:
    """The proposals with all that a page shows of them. Three statements, whatever their number."""
    cards = [in_order_of_age(pair.a, pair.b) for pair in pairs]
    sides = _sides(cards)
    return [
        Pair(
            sides[one.id],
            sides[other.id],
            fields.compared(one, other, _names(sides), {}),
            pair.reasons,
            pair.doubts,
            pair.is_certain,
            pair.id,
        )
        for (one, other), pair in zip(cards, pairs, strict=True)
    ]


def pair_of(one: Person, other: Person, picks: Mapping[str, fields.Pick]) -> Pair:
    """Any two cards side by side; with the reasons, where they are a proposal. `picks`: what was chosen so far."""
    older, newer = in_order_of_age(one, other)
    sides = _sides([(older, newer)])
    found = Lookalike.objects.filter(a=min(one.id, other.id), b=max(one.id, other.id)).first()
    rows = fields.compared(older, newer, _names(sides), picks)
    if found is None:
        return Pair(sides[older.id], sides[newer.id], rows)
    return Pair(sides[older.id], sides[newer.id], rows, found.reasons, found.doubts, found.is_certain, found.id)


def merged_lately(member: User) -> list[Merge]:
    """The last merges that are in force, the latest first."""
    merges = Merge.objects.filter(owner=member, undone_at=None).defer("journal")
    return list(merges.select_related("survivor", "gone").order_by("-created_at")[:_EARLIER])


def told_apart(member: User) -> list[ToldApart]:
    """The last pairs that the member called two people, both cards there still, the latest first."""
    rows = ToldApart.objects.filter(owner=member, a__deleted_at=None, b__deleted_at=None)
    both = rows.filter(a__isnull=False, b__isnull=False).select_related("a", "b")
    return list(both.order_by("-created_at")[:_EARLIER])


def _sides(pairs: Sequence[tuple[Person, Person]]) -> dict[UUID, Side]:
    cards = {card.id: card for pair in pairs for card in pair}
    prefetch_related_objects(list(cards.values()), "handles", "met_through")
    contacts = Interaction.objects.filter(person__in=cards).order_by().values_list("person_id")
    figures: dict[UUID, tuple[int, datetime | None]] = {
        person_id: (number, last) for person_id, number, last in contacts.annotate(Count("id"), Max("happened_at"))
    }
    return {person_id: Side(card, *figures.get(person_id, (0, None))) for person_id, card in cards.items()}


def _names(sides: dict[UUID, Side]) -> dict[Any, str]:
    through = (side.card.met_through for side in sides.values())
    return {person.id: person.full_name for person in through if person and not person.deleted_at}
