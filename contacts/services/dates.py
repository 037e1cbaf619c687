"""Birthdays and other days of the year: a reminder on the morning of each, once a year.

A day without a year comes each year; 29 February comes on the 28th where there is no 29th. What was missed while
nobody looked (an outage, a card that was imported today) is made good for a few days, and says how long ago it was.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Layer, Person, Relation, Reminder, ReminderKind
from contacts.services.reminders import OPEN, cancel_all, morning_of
from netapp.accounts.models import Birthdays, User
from netapp.lib.times import local_date

_MADE_GOOD: Final = timedelta(days=3)
_FORGOTTEN_AFTER: Final = timedelta(days=14)
_CLOSE: Final = 0.5
"""Strength from which a member is close to somebody without having said so."""
KINDS: Final = (ReminderKind.BIRTHDAY, ReminderKind.DATE)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the year of somebody's: `label` is "" for the birthday, `year` None where it is not known."""

    label: str
    year: int | None
    month: int
    day: int

    def in_year(self, year: int) -> date:
        """That year's occurrence."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return date(year, 2, 28)


def days_of(person: Person) -> Iterator[Day]:
    """The birthday and the other days on a card; what is no day of any year is passed over."""
    if person.birth_month and person.birth_day:
        yield from _checked("", person.birth_year, person.birth_month, person.birth_day)
    for other in person.other_dates:
        yield from _checked(str(other.get("label", "")), other.get("year"), other.get("month"), other.get("day"))


def next_of(day: Day, today: date) -> date:
    """Its next occurrence, today's included."""
    this_year = day.in_year(today.year)
    return this_year if this_year >= today else day.in_year(today.year + 1)


def reminded_of(member: User) -> QuerySet[Person]:
    """Whose days the member wants to be reminded of."""
    people = Person.objects.filter(
        owner=member, deleted_at=None, archived_at=None, relation=Relation.KNOWN, is_left_alone=False
    )
    if member.birthdays == Birthdays.ALL:
        return people
    if member.birthdays == Birthdays.NONE:
        return people.none()
    has_rhythm = Exists(Reminder.objects.filter(person=OuterRef("pk"), kind=ReminderKind.KEEP_IN_TOUCH, state__in=OPEN))
    return people.filter(Q(layer__lte=Layer.FRIEND) | Q(strength__gte=_CLOSE, layer=None) | has_rhythm)


@transaction.atomic
def plan(*, member: User, now: datetime) -> int:
    """Write the reminders of today and of the last few days, each once; how many are new. Closes those grown old."""
    today = local_date(now, member.zone)
    span = [today - timedelta(days=back) for back in range(_MADE_GOOD.days, -1, -1)]
    rows = [
        Reminder(
            owner=member,
            person=person,
            kind=ReminderKind.DATE if day.label else ReminderKind.BIRTHDAY,
            key=_key(person, day, when),
            text=day.label[:500],
            due_at=morning_of(member, when),
        )
        for person in reminded_of(member).filter(_falls_on(span))
        for day in days_of(person)
        for when in {day.in_year(one.year) for one in span}
        if when in span
    ]
    before = Reminder.objects.filter(owner=member, key__in=[row.key for row in rows]).count()
    Reminder.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    old = Reminder.objects.filter(owner=member, kind__in=KINDS, state__in=OPEN, due_at__lt=now - _FORGOTTEN_AFTER)
    cancel_all(old, now)
    return len({row.key for row in rows}) - before


def members_to_plan() -> QuerySet[User]:
    """Members with somebody whose day is known."""
    known = Person.objects.filter(owner=OuterRef("pk"), deleted_at=None).exclude(birth_month=None, other_dates=[])
    return User.objects.filter(Exists(known), is_active=True).exclude(birthdays=Birthdays.NONE).order_by("id")


def _falls_on(span: Iterable[date]) -> Q:
    falls = Q(pk__in=[])
    for one in span:
        falls |= Q(birth_month=one.month, birth_day=one.day) | Q(other_dates__contains=[_plain(one)])
        if (one.month, one.day) == (2, 28):
            falls |= Q(birth_month=2, birth_day=29) | Q(other_dates__contains=[{"month": 2, "day": 29}])
    return falls


def _plain(day: date) -> dict[str, int]:
    return {"month": day.month, "day": day.day}


def _key(person: Person, day: Day, when: date) -> str:
    """One occurrence: another label or another day on the card is another."""
    what = sha256(f"{day.label}:{day.month}:{day.day}".encode()).hexdigest()[:16]
    return f"day:{person.id}:{what}:{when.year}"


def _checked(label: str, year: Any, month: Any, day: Any) -> Iterator[Day]:
    if isinstance(month, int) and isinstance(day, int):
        try:
            date(2000, month, day)
        except ValueError:
            return
        yield Day(label, year if isinstance(year, int) else None, month, day)
