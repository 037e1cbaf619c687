"""The member's word that two lookalikes are two people."""

import hashlib
import hmac
from collections.abc import Iterable
from itertools import product
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, prefetch_related_objects

from contacts.models import DuplicateLook, Lookalike, Person, ToldApart
from contacts.services.acquaintances import in_order
from contacts.services.imports.matching import handle_key
from contacts.words import fold


@transaction.atomic
def tell_apart(*, one: Person, other: Person) -> ToldApart:
    """Remember that these are two people; a second time changes nothing. Raises NotTwoPeople."""
    a, b = in_order(one, other)
    prefetch_related_objects([a, b], "handles")
    marks = {"a_marks": marks_of(a), "b_marks": marks_of(b)}
    told, _ = ToldApart.objects.get_or_create(a=a, b=b, defaults={"owner_id": a.owner_id, **marks})
    Lookalike.objects.filter(a=a, b=b).delete()
    return told


def take_back(*, told: ToldApart) -> None:
    """They may be one human after all: they are proposed again, once the book has been looked through."""
    told.delete()
    DuplicateLook.objects.filter(owner=told.owner_id).update(looked_fully_at=None)


def marks_of(card: Person) -> list[str]:
    """What the card is recognised by once it has gone and come again: its name first, then its handles; digests."""
    handles = [key for one in card.handles.all() if (key := handle_key(one.kind, one.normalised))]
    return [_digest(f"name:{fold(card.full_name)}"), *sorted(_digest(key) for key in handles)]


def pairs_told_apart(owner_id: int, cards: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """The pairs, in order, that are two people by the member's word. `cards`: ids of those that it may be about.

    A card that went for good and was imported again is found by its marks, and the row is about it from then on.
    """
    _find_again(owner_id, list(cards))
    rows = ToldApart.objects.filter(owner=owner_id, a__isnull=False, b__isnull=False)
    return {(a, b) for a, b in rows.values_list("a_id", "b_id") if a and b}


def _find_again(owner_id: int, cards: list[UUID]) -> None:
    lost = list(ToldApart.objects.filter(Q(a=None) | Q(b=None), owner=owner_id))
    if not lost:
        return
    people = Person.objects.filter(id__in=cards, owner=owner_id, deleted_at=None).prefetch_related("handles")
    by_name: dict[str, list[tuple[Person, set[str]]]] = {}
    for card in people:
        name, *handles = marks_of(card)
        by_name.setdefault(name, []).append((card, set(handles)))
    for row in lost:
        ones = [row.a_id] if row.a_id else _fitting(row.a_marks, by_name)
        others = [row.b_id] if row.b_id else _fitting(row.b_marks, by_name)
        for one, other in product(ones, others):
            if one != other:
                _note_again(row, one, other)


def _fitting(marks: list[str], by_name: dict[str, list[tuple[Person, set[str]]]]) -> list[UUID]:
    """Cards of that name that share a handle; of that name without any, where it had none."""
    name, *handles = marks
    return [card.id for card, theirs in by_name.get(name, ()) if theirs & set(handles) or not (theirs or handles)]


def _note_again(row: ToldApart, one: UUID, other: UUID) -> None:
    marks = (row.a_marks, row.b_marks)
    if other < one:
        one, other, marks = other, one, (marks[1], marks[0])
    ToldApart.objects.bulk_create(
        [ToldApart(owner_id=row.owner_id, a_id=one, b_id=other, a_marks=marks[0], b_marks=marks[1])],
        ignore_conflicts=True,
    )


def _digest(text: str) -> str:
    """Keyed, so that nobody who reads the row can try addresses on it."""
    key = hashlib.sha256(b"kith.contacts.told_apart:" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
