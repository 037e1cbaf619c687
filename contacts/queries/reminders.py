"""Reminders as the pages read them."""

from datetime import datetime

from django.db.models import F, QuerySet

from contacts.models import CadenceRule, Reminder, ReminderKind
from contacts.services.reminders import OPEN
from netapp.accounts.models import User


def open_reminders(*, member: User) -> QuerySet[Reminder]:
    """Every reminder that is still to be answered, soonest first, with its person. Trials have a page of their own."""
    found = Reminder.objects.filter(owner=member, state__in=OPEN).exclude(kind=ReminderKind.TRIAL)
    return found.select_related("person").order_by("due_at", "id")


def rules(*, member: User) -> QuerySet[CadenceRule]:
    """How often whole groups are thought of, closest first."""
    return CadenceRule.objects.filter(owner=member).order_by(F("layer").asc(nulls_last=True), "tag")


def due(*, member: User, now: datetime) -> QuerySet[Reminder]:
    """Those whose time has come."""
    return open_reminders(member=member).filter(due_at__lte=now)


def coming(*, member: User, now: datetime) -> QuerySet[Reminder]:
    """The next fifty."""
    return open_reminders(member=member).filter(due_at__gt=now)[:50]
