"""People as files that other programs read. How they are written, `contacts.exporters` knows."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import chain

from django.db.models import QuerySet

from contacts.exporters import CalendarEvent, write_csv, write_ics, write_vcards
from contacts.importers.records import PersonRecord
from contacts.models import Person, Reminder, ReminderKind
from contacts.services.reminders import OPEN
from netapp.accounts.models import User

# A day without its year begins in one that has a 29th of February.
_SOME_YEAR = 2000


def vcards_of(records: Iterable[PersonRecord], *, is_old: bool = False) -> Iterator[bytes]:
    """The cards: vCard 4.0, or 3.0 for programs that read no later one."""
    return write_vcards(records, version="3.0" if is_old else "4.0")


def table_of(records: Iterable[PersonRecord]) -> Iterator[bytes]:
    """The table that Kith itself reads without a loss."""
    return write_csv(records)


def calendar_of(people: QuerySet[Person], *, now: datetime, reminders_of: User | None = None) -> Iterator[bytes]:
    """Birthdays and other dates, each year; with `reminders_of` what that member is to be reminded of as well."""
    reminders = _reminders(reminders_of) if reminders_of else iter(())
    return write_ics(chain(_days(people), reminders), now)


def _days(people: QuerySet[Person]) -> Iterator[CalendarEvent]:
    columns = ("id", "full_name", "birth_day", "birth_month", "birth_year", "other_dates")
    with_dates = people.exclude(birth_month=None, other_dates=[]).order_by("sort_key", "id").values_list(*columns)
    for person_id, name, day, month, year, others in with_dates.iterator(chunk_size=2000):
        if day and month:
            yield CalendarEvent(
                uid=f"{person_id}-birthday",
                starts=date(year or _SOME_YEAR, month, day),
                summary=f"{name}’s birthday",
                is_yearly=True,
                category="Birthday",
            )
        for number, other in enumerate(others):
            yield CalendarEvent(
                uid=f"{person_id}-date-{number}",
                starts=date(other["year"] or _SOME_YEAR, other["month"], other["day"]),
                summary=f"{name}: {other['label']}",
                is_yearly=True,
            )


def _reminders(member: User) -> Iterator[CalendarEvent]:
    rows = Reminder.objects.filter(owner=member, state__in=OPEN).exclude(kind=ReminderKind.TRIAL)
    for one in rows.select_related("person").order_by("due_at", "id").iterator(chunk_size=2000):
        name = one.person.full_name if one.person else ""
        yield CalendarEvent(
            uid=f"{one.id}-reminder",
            starts=one.due_at,
            summary=": ".join(part for part in (one.get_kind_display(), name) if part),
            description=one.text,
        )
