"""One person's page."""

from calendar import month_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q

from contacts.access import people_of
from contacts.handles import HandleKind
from contacts.models import Acquaintance, AcquaintanceSource, Closeness, Handle, Interaction, Person, Reminder
from contacts.services.reminders import OPEN
from netapp.accounts.models import User

PAGE: Final = 20
_MOST_KNOWN: Final = 200
_MOST_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom a person knows, as the member recorded or mails showed it."""

    id: UUID
    person: Person
    closeness: Closeness
    tie_kinds: list[str]
    evidence: str
    evidence_date: date | None
    is_inferred: bool
    recorded_at: datetime

    @property
    def words(self) -> str:
        """How well and as what, in words for the end of "They know each other …"."""
        how_well = {
            Closeness.UNKNOWN: "",
            Closeness.SLIGHT: "slightly",
            Closeness.SOME: "fairly well",
            Closeness.STRONG: "very well",
            Closeness.NONE: "not well enough to introduce",
        }[self.closeness]
        return ", ".join((*([how_well] if how_well else []), *self.tie_kinds))


def timeline(person: Person, number: int) -> Page[Interaction]:
    """One page of contacts, the latest first; a number beyond the last is the last."""
    contacts = Interaction.objects.filter(person=person).order_by("-happened_at", "-created_at", "id")
    return Paginator(contacts, PAGE).get_page(number)


def known_to(person: Person) -> list[Known]:
    """Whom they know among the member's people, by name."""
    rows = (
        Acquaintance.objects.filter(Q(a=person) | Q(b=person), owner=person.owner_id)
        .filter(a__deleted_at=None, b__deleted_at=None)
        .select_related("a", "b")
        .defer("a__notes", "a__search_text", "b__notes", "b__search_text")
    )[:_MOST_KNOWN]
    known = [
        Known(
            id=row.id,
            person=row.b if row.a_id == person.id else row.a,
            closeness=Closeness(row.closeness),
            tie_kinds=row.tie_kinds,
            evidence=row.evidence,
            evidence_date=row.evidence_date,
            is_inferred=row.source == AcquaintanceSource.INFERRED,
            recorded_at=row.created_at,
        )
        for row in rows
    ]
    return sorted(known, key=lambda one: one.person.sort_key)


def met_through(person: Person) -> tuple[list[Person], int]:
    """Those to whom this person introduced the member: the first few by name, and how many they are."""
    people = people_of(person.owner).filter(met_through=person).only("full_name", "sort_key", "photo_key", "owner_id")
    first = list(people.order_by("sort_key", "id")[: _MOST_SHOWN + 1])
    return first[:_MOST_SHOWN], len(first) if len(first) <= _MOST_SHOWN else people.count()


def open_reminders(person: Person) -> list[Reminder]:
    """What is due with this person, the soonest first."""
    return list(Reminder.objects.filter(person=person, state__in=OPEN).order_by("due_at")[:10])


def same_handles(member: User, keys: Sequence[tuple[str, str]], *, besides: UUID | None = None) -> list[Handle]:
    """Addresses and numbers among `keys` (kind, normalised) that stand on other cards of the member's own book."""
    same = Q(pk__in=[])
    for kind, normalised in keys:
        if kind != HandleKind.URL:
            same |= Q(kind=kind, normalised=normalised)
    handles = Handle.objects.filter(same, owner=member, person__deleted_at=None).exclude(person=besides)
    return list(handles.select_related("person").order_by("person__sort_key")[:5])


def named(member: User, label: str) -> list[Person]:
    """The people whom a label of a name field may mean: "Ana Silva" or "Ana Silva · Tinta", whatever the case."""
    name, _, organisation = (part.strip() for part in label.partition("·"))
    people = people_of(member).filter(full_name__iexact=name)
    if organisation:
        people = people.filter(organisation__iexact=organisation)
    return list(people.only("id", "full_name", "organisation", "owner_id").order_by("created_at")[:5])


def label_of(person: Person) -> str:
    """How a name field writes somebody, so that `named` finds them again."""
    return f"{person.full_name} · {person.organisation}" if person.organisation else person.full_name


def birthday(person: Person) -> str:
    """ "3 May 1980", "3 May" where the year is not known, "" where nothing is."""
    return _day(person.birth_day, person.birth_month, person.birth_year)


def other_dates(person: Person) -> list[tuple[str, str]]:
    """(what is remembered, the day in words), in the member's order."""
    return [(one["label"], _day(one["day"], one["month"], one["year"])) for one in person.other_dates]


def _day(day: int | None, month: int | None, year: int | None) -> str:
    if day is None or month is None:
        return ""
    words = f"{day} {month_name[month]}"
    return f"{words} {year}" if year else words
