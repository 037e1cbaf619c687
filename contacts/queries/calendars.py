"""What stands in a member's calendar: everything that they are to be reminded of, a year ahead."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from contacts.exporters import CalendarEvent
from contacts.models import CalendarFeed, Person, Reminder, ReminderKind
from contacts.services import dates
from contacts.services.reminders import OPEN
from netapp.accounts.models import User
from netapp.lib.times import local_date

AHEAD: Final = timedelta(days=365)
_ALIVE: Final = Q(person=None) | Q(person__deleted_at=None, person__archived_at=None)


def feed_of(member: User) -> CalendarFeed | None:
    """The member's calendar, if they have one."""
    return CalendarFeed.objects.filter(owner=member).first()


def events(*, member: User, now: datetime) -> list[CalendarEvent]:
    """Whole days in the member's zone, soonest first. What is overdue stands at today until it is dealt with.

    Birthdays and other days are read from the cards, as their reminders are written on the morning itself. Nothing of
    what was noted about anybody stands here, only names and what the member promised.
    """
    today = local_date(now, member.zone)
    found = [*_reminders(member, today), *_days(member, today)]
    return sorted(found, key=lambda one: (one.starts, one.summary, one.uid))


def _reminders(member: User, today: date) -> Iterator[CalendarEvent]:
    rows = (
        Reminder.objects.filter(_ALIVE, owner=member, state__in=OPEN)
        .exclude(kind__in=(*dates.KINDS, ReminderKind.TRIAL))
        .select_related("person")
        .only("kind", "text", "path", "due_at", "person__full_name")
    )
    for one in rows.order_by("due_at", "id"):
        due = local_date(one.due_at, member.zone)
        if due > today + AHEAD:
            continue
        path = one.path or (_page(one.person) if one.person else reverse("contacts:reminders"))
        yield CalendarEvent(
            uid=f"{one.id}@reminder.kith",
            starts=max(due, today),
            summary=_summary(one),
            description=_linked(path, f"Due since {due:%-d %B %Y}." if due < today else ""),
            category="Reminder",
            url=settings.BASE_URL + path,
        )


def _days(member: User, today: date) -> Iterator[CalendarEvent]:
    people = dates.reminded_of(member).exclude(birth_month=None, other_dates=[])
    columns = ("full_name", "birth_day", "birth_month", "birth_year", "other_dates")
    for person in people.only(*columns):
        for day in set(dates.days_of(person)):
            when = dates.next_of(day, today)
            if when > today + AHEAD:
                continue
            turns = f"{when.year - day.year} years." if day.year and when.year > day.year else ""
            path = _page(person)
            yield CalendarEvent(
                uid=f"{person.id}-{_mark(day)}-{when.year}@day.kith",
                starts=when,
                summary=f"{person.full_name}: {day.label}" if day.label else f"{person.full_name}’s birthday",
                description=_linked(path, turns),
                category="Day" if day.label else "Birthday",
                url=settings.BASE_URL + path,
            )


def _summary(reminder: Reminder) -> str:
    name = reminder.person.full_name if reminder.person else ""
    if reminder.kind == ReminderKind.KEEP_IN_TOUCH:
        return f"Get back in touch with {name}"
    if reminder.kind == ReminderKind.PROMISE and name:
        return f"{reminder.text} ({name})"
    return reminder.text or ": ".join(part for part in (reminder.get_kind_display(), name) if part)


def _mark(day: dates.Day) -> str:
    """Tells the days on one card apart, whatever order they stand in. There is one birthday, corrected or not."""
    if not day.label:
        return "birthday"
    return sha256(f"{day.label}:{day.year}:{day.month}:{day.day}".encode()).hexdigest()[:16]


def _page(person: Person) -> str:
    return reverse("contacts:person", args=[person.pk])


def _linked(path: str, words: str) -> str:
    """The link stands in the text as well: not every program shows an entry's own."""
    return f"{words}\n{settings.BASE_URL}{path}".strip()
