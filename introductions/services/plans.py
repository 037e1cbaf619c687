"""What a member does with their plan. Working it out is `introductions.planning`."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F

from contacts.models import Person, Reminder, ReminderKind, ReminderState
from contacts.services import reminders
from introductions.models import MemberPlan, Overview, PutAside
from netapp.accounts.models import User
from netapp.lib.times import local_date

PREFIX: Final = "plan:"
"""Of the keys of reminders that were steps of a plan."""
DONE_HOLDS: Final = timedelta(days=90)
"""What was done is not proposed again so soon."""


def make_stale(member_ids: Collection[int]) -> None:
    """Something changed that these members' plans rest on. Called in the transaction of the change."""
    mine = MemberPlan.objects.filter(owner__in=member_ids)
    found = list(mine.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))
    MemberPlan.objects.filter(id__in=found).update(is_stale=True, revision=F("revision") + 1)


def book_moved(member_ids: Collection[int]) -> None:
    """These members' books changed: their plans, and the figures of their whole network, are out of date."""
    make_stale(member_ids)
    mine = Overview.objects.filter(owner__in=member_ids)
    found = list(mine.order_by("id").select_for_update(no_key=True).values_list("id", flat=True))
    Overview.objects.filter(id__in=found).update(is_stale=True, revision=F("revision") + 1)


@transaction.atomic
def set_effort(*, member: User, minutes: int) -> None:
    """How many minutes a week the member wants to give to it."""
    MemberPlan.objects.update_or_create(owner=member, defaults={"weekly_minutes": minutes})
    make_stale([member.pk])


@transaction.atomic
def take_on(*, member: User, key: str, person: Person, text: str, on: date, now: datetime) -> Reminder:
    """The member will do it: a reminder on that morning. Said twice it is one reminder."""
    reminder = reminders.schedule(
        owner=member,
        kind=ReminderKind.PLAN,
        key=f"{PREFIX}{key}:{local_date(now, member.zone)}",
        due_at=reminders.morning_of(member, on),
        person=person,
        text=text,
    )
    reminders.want_again(reminder=reminder, text=text)
    make_stale([member.pk])
    return reminder


@transaction.atomic
def leave_again(*, member: User, reminder: Reminder, now: datetime) -> bool:
    """Undo `take_on`: no reminder, and it may be proposed again."""
    is_ours = reminder.owner_id == member.pk and reminder.key.startswith(PREFIX)
    if not is_ours or not reminders.cancel(reminder=reminder, now=now):
        return False
    make_stale([member.pk])
    return True


def taken_on(*, member_id: int, now: datetime) -> list[Reminder]:
    """What the member took on and has not done, and what they did of late; the next first. One query."""
    mine = Reminder.objects.filter(owner=member_id, key__startswith=PREFIX, kind=ReminderKind.PLAN)
    is_open = mine.filter(state__in=reminders.OPEN)
    is_done = mine.filter(state=ReminderState.DONE, closed_at__gt=now - DONE_HOLDS)
    return list((is_open | is_done).select_related("person").order_by("due_at", "id"))


def key_of(reminder: Reminder) -> str:
    """The key of the action that a reminder of `take_on` stands for."""
    return reminder.key.removeprefix(PREFIX).rpartition(":")[0]


def refused(*, member: User, now: datetime) -> set[str]:
    """Keys of what is not to be proposed: for now, or ever. One query."""
    rows = PutAside.objects.filter(owner=member)
    today = local_date(now, member.zone)
    return {key for key, until in rows.values_list("key", "until_date") if until is None or until > today}
