"""Looking a book through for duplicates: cards in, proposals written down.

Each minute for the cards that changed since, each night for all with all. A proposal is a row that pages read; whether
both its cards are still there, whoever reads it asks anew.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from contacts.handles import HandleKind, is_role_address
from contacts.likeness import Card, Comparison, find
from contacts.likeness.wording import doubts, reasons
from contacts.models import DuplicateLook, Handle, Import, Lookalike, Person
from contacts.models.imports import AT_WORK
from contacts.services.duplicates.telling import pairs_told_apart
from netapp.accounts.models import User

FULLY_EACH: Final = timedelta(hours=22)
MOST: Final = 2000
"""Proposals of one member; the likeliest of more."""

RUNG_AT_MOST: Final = 200
_BACK: Final = timedelta(minutes=5)
"""Changes are looked for from so long before the last look: a transaction may have taken that long to commit."""

_LOOKED_BACK: Final = timedelta(hours=26)
log = structlog.get_logger(__name__)


def members_to_look_for(*, now: datetime) -> list[int]:
    """Members with cards changed since the last look, then those whose last full look is a day old."""
    looks = DuplicateLook.objects.filter(owner=OuterRef("owner"))
    recent = Person.objects.filter(updated_at__gt=now - _LOOKED_BACK, owner__is_active=True)
    fresh = looks.filter(looked_at__gte=OuterRef("updated_at"))
    changed = recent.filter(~Exists(fresh)).order_by().values_list("owner_id", flat=True).distinct()
    fully = User.objects.filter(is_active=True).filter(
        ~Exists(DuplicateLook.objects.filter(owner=OuterRef("id"), looked_fully_at__gte=now - FULLY_EACH))
    )
    waiting = [*changed[:RUNG_AT_MOST], *fully.order_by("id").values_list("id", flat=True)[:RUNG_AT_MOST]]
    # While an import runs, each of its batches would be a reason to look; it is looked once it has ended.
    busy = set(Import.objects.filter(state__in=AT_WORK, owner__in=waiting).values_list("owner_id", flat=True))
    return [owner for owner in dict.fromkeys(waiting) if owner not in busy][:RUNG_AT_MOST]


@transaction.atomic
def look(*, owner_id: int, now: datetime) -> int | None:
    """Write down which of the owner's cards look like one human. How many pairs; None where another worker is at it."""
    DuplicateLook.objects.bulk_create([DuplicateLook(owner_id=owner_id)], ignore_conflicts=True)
    mine = DuplicateLook.objects.select_for_update(skip_locked=True).filter(owner=owner_id).first()
    if mine is None:
        return None
    is_full = mine.looked_fully_at is None or mine.looked_fully_at < now - FULLY_EACH
    only: set[UUID] | None = None
    if not is_full and mine.looked_at is not None:
        recent = Person.objects.filter(owner=owner_id, updated_at__gt=mine.looked_at - _BACK)
        only = set(recent.values_list("id", flat=True))
    count = 0
    if only is None or only:
        found = find(_cards(owner_id), only=only, density=None if only is None else mine.density)
        count = _write(owner_id, found.pairs, only)
        if only is None:
            mine.density, mine.looked_fully_at = found.density, now
    mine.looked_at = now
    mine.save()
    return count


def _write(owner_id: int, pairs: list[Comparison], only: set[UUID] | None) -> int:
    """Bring the rows in line: those of `only`, or all."""
    wanted = {(min(keys), max(keys)): pair for pair in pairs[:MOST] if (keys := _ids(pair))}
    apart = pairs_told_apart(owner_id, {one for ends in wanted for one in ends})
    for ends in apart:
        wanted.pop(ends, None)
    rows = Lookalike.objects.filter(owner=owner_id)
    if only is not None:
        rows = rows.filter(Q(a__in=only) | Q(b__in=only))
    present = {(row.a_id, row.b_id): row for row in rows}
    Lookalike.objects.filter(id__in=[row.id for ends, row in present.items() if ends not in wanted]).delete()
    fresh = [_row(owner_id, ends, pair) for ends, pair in wanted.items()]
    Lookalike.objects.bulk_create(
        fresh,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["a", "b"],
        update_fields=["score", "is_certain", "reasons", "doubts"],
    )
    return len(fresh)


def _ids(pair: Comparison) -> tuple[UUID, UUID]:
    one, other = pair.one.key, pair.other.key
    assert isinstance(one, UUID)
    assert isinstance(other, UUID)
    return one, other


def _row(owner_id: int, ends: tuple[UUID, UUID], pair: Comparison) -> Lookalike:
    return Lookalike(
        owner_id=owner_id,
        a_id=ends[0],
        b_id=ends[1],
        score=pair.score,
        is_certain=pair.is_certain,
        reasons=reasons(pair),
        doubts=doubts(pair),
    )


def _cards(owner_id: int) -> Iterator[Card]:
    """The book as the comparison wants it. Two statements."""
    handles: dict[UUID, dict[str, list[str]]] = {}
    rows = Handle.objects.filter(owner=owner_id, person__deleted_at=None).order_by()
    for person_id, kind, value in rows.values_list("person_id", "kind", "normalised").iterator(chunk_size=5000):
        handles.setdefault(person_id, {}).setdefault(_kind(kind, value), []).append(value)
    people = Person.objects.filter(owner=owner_id, deleted_at=None).order_by("id")
    for row in people.values_list(*_COLUMNS).iterator(chunk_size=5000):
        person_id, name, nickname, organisation, role, place, year, month, day, fields = row
        theirs = handles.get(person_id, {})
        yield Card(
            key=person_id,
            name=name,
            nickname=nickname,
            organisation=organisation,
            role=role,
            place=place,
            address=_street(fields),
            birthday=(year, month, day) if month and day else None,
            emails=theirs.get("email", ()),
            desks=theirs.get("desk", ()),
            phones=theirs.get("phone", ()),
            pages=theirs.get("linkedin", ()),
            urls=theirs.get("url", ()),
        )


_COLUMNS: Final = (
    "id",
    "full_name",
    "nickname",
    "organisation",
    "role",
    "place",
    "birth_year",
    "birth_month",
    "birth_day",
    "custom_fields",
)


def _kind(kind: str, value: str) -> str:
    return "desk" if kind == HandleKind.EMAIL and is_role_address(value) else kind


def _street(fields: Iterable[dict[str, str]]) -> str:
    """The street where they live, where a field of the member's own says so. At an office many have the same."""
    for one in fields:
        label = one["label"].casefold()
        if label.endswith(("address", "street")) and "work" not in label:
            return one["value"]
    return ""
