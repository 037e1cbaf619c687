"""Merging two cards into one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from contacts.models import Handle, Lookalike, Merge, OtherName, Person, Photo
from contacts.services import cadences, evidence, reminders
from contacts.services.announce import book_moved
from contacts.services.cards import derive
from contacts.services.duplicates import fields, journal
from contacts.services.duplicates.fields import Pick
from contacts.services.duplicates.moving import CannotMerge, move
from contacts.services.duplicates.rules import CHECKS
from contacts.services.handles import pairs, settle_identities
from contacts.services.imports.claims import lock_book
from contacts.services.imports.matching import handle_key, name_key
from contacts.services.interactions import settle_contacts
from contacts.words import fold

AT_ONCE: Final = 50
"""Pairs that one click merges; a page answers while it is done."""


class NotThere(CannotMerge):
    """One of the two is not in the book any more: merged or deleted in another window."""


class ChangedSince(CannotMerge):
    """What was chosen was chosen of cards that say something else by now."""


def in_order_of_age(one: Person, other: Person) -> tuple[Person, Person]:
    """(the one that stays, the one that goes): the older card keeps its address on the site."""
    first, second = sorted((one, other), key=lambda card: (card.created_at, card.id))
    return first, second


@transaction.atomic
def merge(
    *,
    owner_id: int,
    survivor_id: UUID,
    gone_id: UUID,
    picks: Mapping[str, Pick] | None = None,
    together: UUID | None = None,
    seen_at: tuple[datetime, datetime] | None = None,
    now: datetime,
) -> Merge:
    """Make one card of two of the owner's. `picks` by field (`fields.differences`), from the survivor's side.

    All that hung on `gone` hangs on `survivor` afterwards; what it had its like of stays with `gone`, which is kept
    with the deleted cards and comes back when the merge is undone.
    `seen_at`: `updated_at` of both as they were shown to whoever picked. Raises CannotMerge; NotThere, ChangedSince.
    """
    survivor, gone = _locked(owner_id, survivor_id, gone_id)
    if seen_at and seen_at != (survivor.updated_at, gone.updated_at):
        raise ChangedSince("One of the two cards was changed meanwhile. Look at them once more, then merge.")
    for check in CHECKS:
        if refusal := check(survivor, gone):
            raise CannotMerge(refusal)
    pair = (survivor.id, gone.id)
    before = journal.snapshot(pair)
    keys = set(Handle.objects.filter(person__in=pair).values_list("kind", "normalised"))
    reach = max(survivor.reach, gone.reach)
    columns = fields.merged(survivor, gone, picks or {})
    _give_photo(survivor, columns["photo_key"], now)
    _remember_name(survivor, gone, columns["full_name"])
    move(survivor=survivor, gone=gone)
    evidence.settle_pairs(owner_id=owner_id, person_ids=[survivor.id], now=now)
    # What is open for the card that goes and could not come along: the survivor has such a reminder already.
    reminders.cancel_for_person(person=gone, now=now)
    for name, value in columns.items():
        setattr(survivor, name, value)
    survivor.updated_at = now
    derive(survivor, pairs(list(survivor.handles.all())))
    survivor.save(update_fields=[*columns, "sort_key", "search_text"])
    Person.objects.filter(id=survivor.id).update(updated_at=now)
    Person.objects.filter(id=gone.id).update(deleted_at=now)
    settle_identities(owner_id, keys)
    cadences.refresh_cadences(people=[survivor], now=now)
    settle_contacts(owner_id=owner_id, person_ids=[survivor.id], now=now)
    after = journal.snapshot(pair, also=before)
    row = Merge.objects.create(
        owner_id=owner_id,
        survivor=survivor,
        gone=gone,
        together=together,
        journal=journal.differences(before, after),
        merged_at=now,
    )
    book_moved(owner_id, reach=reach)
    return row


def merge_certain(*, owner_id: int, lookalike_ids: Sequence[UUID], now: datetime) -> tuple[list[Merge], int]:
    """Merge these pairs, certain ones only, each as is sensible: what was merged, and how many could not be.

    Where three cards are one human, the later pairs follow the earlier ones to the card that stayed. Each merge is a
    transaction of its own; all can be undone together.
    """
    together = uuid4()
    done: list[Merge] = []
    left_out = 0
    stayed: dict[UUID, UUID] = {}
    chosen = Lookalike.objects.filter(
        owner=owner_id, id__in=lookalike_ids[:AT_ONCE], is_certain=True, a__deleted_at=None, b__deleted_at=None
    ).select_related("a", "b")
    for pair in sorted(chosen, key=lambda one: (-one.score, one.id)):
        one, other = (_where_now(card, stayed) for card in (pair.a_id, pair.b_id))
        if one == other:
            continue
        cards = {card.id: card for card in Person.objects.filter(id__in=(one, other), owner=owner_id)}
        if len(cards) < 2:
            left_out += 1
            continue
        survivor, gone = in_order_of_age(cards[one], cards[other])
        try:
            done.append(merge(owner_id=owner_id, survivor_id=survivor.id, gone_id=gone.id, together=together, now=now))
        except CannotMerge:
            left_out += 1
        else:
            stayed[gone.id] = survivor.id
    return done, left_out


def _where_now(card: UUID, stayed: Mapping[UUID, UUID]) -> UUID:
    while card in stayed:
        card = stayed[card]
    return card


def _locked(owner_id: int, survivor_id: UUID, gone_id: UUID) -> tuple[Person, Person]:
    """Both cards, locked so that nothing can be hung on either meanwhile. Raises NotThere."""
    if survivor_id == gone_id:
        raise CannotMerge("Choose two different people.")
    # Imports and other merges of this book wait, and cards are locked in the order of their ids as everywhere: with
    # those who were met through the one that goes, which change too.
    lock_book(owner_id)
    concerned = Person.objects.filter(Q(id__in=(survivor_id, gone_id)) | Q(met_through=gone_id), owner=owner_id)
    rows = concerned.select_related("owner").select_for_update(of=("self",)).order_by("id")
    locked = {card.id: card for card in rows}
    survivor, gone = locked.get(survivor_id), locked.get(gone_id)
    if survivor is None or gone is None or survivor.deleted_at or gone.deleted_at:
        raise NotThere("One of the two is not in your book any more. Perhaps they were merged in another window.")
    return survivor, gone


def _give_photo(survivor: Person, key: str, now: datetime) -> None:
    """Where the other card's photo was chosen, the survivor's own makes room for it."""
    Photo.objects.filter(person=survivor, removed_at=None).exclude(key=key).update(removed_at=now)


def _remember_name(survivor: Person, gone: Person, full_name: str) -> None:
    """Under which names the card stood, so that the next import of the same file finds it and adds no third one.

    A card without handles is recognised by name and organisation: those of both cards, as the merged one has handles
    perhaps, or another name.
    """
    for card in (survivor, gone):
        handles = Handle.objects.filter(person=card).values_list("kind", "normalised")
        is_bare = not any(handle_key(kind, normalised) for kind, normalised in handles)
        key = name_key(card.full_name, card.organisation) if is_bare else ""
        if key or fold(card.full_name) != fold(full_name):
            OtherName.objects.create(owner_id=survivor.owner_id, person=survivor, name=card.full_name, key=key)
