"""Where a card is that was merged away, for whoever still holds its id."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from contacts.models import Merge, Person
from contacts.services.duplicates import journal
from contacts.services.duplicates.moving import CannotMerge, move
from contacts.services.imports.claims import lock_book
from contacts.services.interactions import settle_contacts

SETTLES_IN: Final = timedelta(minutes=10)
"""A page or a task that was at work on a card when it was merged away has long ended by then."""


def where_now(*, owner_id: int, person_id: UUID) -> UUID:
    """The id of the card that this one has become part of; its own where it was not merged."""
    seen = {person_id}
    while True:
        into = Merge.objects.filter(owner=owner_id, gone=person_id, undone_at=None).values_list(
            "survivor_id", flat=True
        )
        following = into.first()
        if following is None or following in seen:
            return person_id
        seen.add(following)
        person_id = following


def follow(*, now: datetime) -> None:
    """Move what was hung on a card in the very moment it was merged away. For merges of the last few minutes."""
    recent = Merge.objects.filter(undone_at=None, merged_at__gt=now - SETTLES_IN).order_by("created_at")
    for merge_id in recent.values_list("id", flat=True):
        _follow(merge_id, now)


@transaction.atomic
def _follow(merge_id: UUID, now: datetime) -> None:
    owner_id = Merge.objects.filter(id=merge_id).values_list("owner_id", flat=True).first()
    if owner_id is None:
        return
    lock_book(owner_id)
    merge = Merge.objects.filter(id=merge_id, undone_at=None).first()
    if merge is None:
        return
    pair = (merge.survivor_id, merge.gone_id)
    cards = {card.id: card for card in Person.objects.filter(id__in=pair).select_for_update().order_by("id")}
    before = journal.snapshot(pair)
    try:
        with transaction.atomic():
            move(survivor=cards[merge.survivor_id], gone=cards[merge.gone_id])
    except CannotMerge:
        return
    if news := journal.differences(before, journal.snapshot(pair, also=before)):
        settle_contacts(owner_id=owner_id, person_ids=[merge.survivor_id], now=now)
        news |= journal.differences(before, journal.snapshot(pair, also=before))
        merge.journal = journal.add(merge.journal, news)
        merge.save(update_fields=["journal"])
