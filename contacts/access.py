"""The only door to a row of somebody's book. A stranger gets 404, the same as for a row that does not exist."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from contacts.models import (
    Acquaintance,
    Blocked,
    CadenceRule,
    CalendarFeed,
    Change,
    ColumnMapping,
    Export,
    Handle,
    Import,
    Interaction,
    Merge,
    OwnAddress,
    Person,
    Photo,
    Reminder,
    SavedFilter,
    Source,
    ToldApart,
)
from contacts.models.exports import KEPT_FOR
from contacts.shared import SharedCard, circle_of, shared_cards
from netapp.accounts.models import User
from netapp.lib import tokens

REMINDER_LINKS_HOLD: Final = timedelta(days=90)


def people_of(member: User) -> QuerySet[Person]:
    """Every card of the member's, archived ones too, deleted ones not."""
    return Person.objects.filter(owner=member, deleted_at=None)


def person_for(member: User, person_id: UUID) -> Person:
    """One card of the member's. Raises Http404."""
    return get_object_or_404(people_of(member).select_related("owner"), id=person_id)


def photo_for(member: User, person_id: UUID, key: str) -> Photo:
    """The photo on one card of the member's, under its present address. Raises Http404."""
    photos = Photo.objects.filter(owner=member, removed_at=None, person__owner=member, person__deleted_at=None)
    return get_object_or_404(photos, person=person_id, key=key)


def saved_filter_for(member: User, filter_id: UUID) -> SavedFilter:
    """One list that the member keeps. Raises Http404."""
    return get_object_or_404(SavedFilter, owner=member, id=filter_id)


def deleted_person_for(member: User, person_id: UUID) -> Person:
    """One card that the member deleted and may still restore; not one that was merged away. Raises Http404."""
    merged = Merge.objects.filter(gone=OuterRef("id"), undone_at=None)
    deleted = Person.objects.filter(~Exists(merged), owner=member, deleted_at__isnull=False)
    return get_object_or_404(deleted, id=person_id)


def merge_for(member: User, merge_id: UUID) -> Merge:
    """One merge of the member's, undone or not. Raises Http404."""
    return get_object_or_404(Merge.objects.select_related("survivor", "gone"), owner=member, id=merge_id)


def merges_together(member: User, together_id: UUID) -> QuerySet[Merge]:
    """What the member merged by one click, the last first."""
    return Merge.objects.filter(owner=member, together=together_id).order_by("-created_at")


def told_apart_for(member: User, told_id: UUID) -> ToldApart:
    """One pair that the member called two people. Raises Http404."""
    return get_object_or_404(ToldApart.objects.select_related("a", "b"), owner=member, id=told_id)


def change_for(member: User, change_id: UUID) -> Change:
    """One change of the member's that may be taken back. Raises Http404."""
    return get_object_or_404(Change, owner=member, id=change_id)


def handle_for(member: User, handle_id: UUID) -> Handle:
    """One address or number on a card of the member's. Raises Http404."""
    return get_object_or_404(
        Handle.objects.select_related("person"), owner=member, id=handle_id, person__deleted_at=None
    )


def interaction_for(member: User, interaction_id: UUID) -> Interaction:
    """One contact of the member's. Raises Http404."""
    interactions = Interaction.objects.select_related("person__owner").filter(person__deleted_at=None)
    return get_object_or_404(interactions, owner=member, id=interaction_id)


def acquaintance_for(member: User, acquaintance_id: UUID) -> Acquaintance:
    """One acquaintance that the member recorded. Raises Http404."""
    acquaintances = Acquaintance.objects.select_related("a", "b").filter(a__deleted_at=None, b__deleted_at=None)
    return get_object_or_404(acquaintances, owner=member, id=acquaintance_id)


def import_for(member: User, import_id: UUID) -> Import:
    """One import of the member's. Raises Http404."""
    return get_object_or_404(Import, owner=member, id=import_id)


def source_for(member: User, source_id: UUID) -> Source:
    """One source of the member's. Raises Http404."""
    return get_object_or_404(Source, owner=member, id=source_id)


def blocked_for(member: User, blocked_id: UUID) -> Blocked:
    """One thing that the member keeps out of imports. Raises Http404."""
    return get_object_or_404(Blocked, owner=member, id=blocked_id)


def own_address_for(member: User, own_id: UUID) -> OwnAddress:
    """One address that the member named as own. Raises Http404."""
    return get_object_or_404(OwnAddress, owner=member, id=own_id)


def column_mapping_for(member: User, mapping_id: UUID) -> ColumnMapping:
    """What the member said of one kind of table. Raises Http404."""
    return get_object_or_404(ColumnMapping, owner=member, id=mapping_id)


def export_for(member: User, export_id: UUID) -> Export:
    """One export of the member's. Raises Http404."""
    return get_object_or_404(Export, owner=member, id=export_id)


def export_by_token(token: str, now: datetime) -> Export:
    """The export whose letter carried `token`, until it expires. Raises Http404."""
    fresh = Export.objects.filter(finished_at__gt=now - KEPT_FOR, owner__is_active=True)
    return get_object_or_404(fresh, token_digest=tokens.digest(token))


def reminder_for(member: User, reminder_id: UUID) -> Reminder:
    """One reminder of the member's. Raises Http404."""
    return get_object_or_404(Reminder.objects.select_related("person"), owner=member, id=reminder_id)


def cadence_rule_for(member: User, rule_id: UUID) -> CadenceRule:
    """One rule of the member's. Raises Http404."""
    return get_object_or_404(CadenceRule.objects.select_related("owner"), owner=member, id=rule_id)


def reminder_by_token(token: str, now: datetime) -> Reminder:
    """The reminder whose last mail carried `token`, in whatever state it is by now, for 90 days. Raises Http404."""
    return get_object_or_404(
        Reminder.objects.select_related("person__owner", "owner"),
        token_digest=tokens.digest(token),
        sent_at__gt=now - REMINDER_LINKS_HOLD,
        owner__is_active=True,
    )


def calendar_feed_by_token(token: str) -> CalendarFeed:
    """The calendar at that secret address. Raises Http404."""
    feeds = CalendarFeed.objects.select_related("owner").filter(owner__is_active=True)
    return get_object_or_404(feeds, token_digest=tokens.digest(token))


def shared_card(member: User, person_id: UUID, now: datetime) -> SharedCard:
    """What the member may see of a card in somebody else's book, if it is within reach at `now`. Raises Http404."""
    card = shared_cards(circle_of(member.pk, now), [person_id]).get(person_id)
    if card is None:
        raise Http404("No such card.")
    return card
