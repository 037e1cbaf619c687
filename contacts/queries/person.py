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


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom a person knows, as the member recorded or mails showed it."""

    id: UUID
    person: Person
    closeness: Closeness
    evidence: str
    evidence_date: date | None
    is_inferred: bool
    recorded_at: datetime

    @property
    def words(self) -> str:
        """How well, in words for the end of "They know each other …"."""
        return {
            Closeness.UNKNOWN: "",
            Closeness.SLIGHT: "slightly",
            Closeness.SOME: "fairly well",
            Closeness.STRONG: "very well",
            Closeness.NONE: "not well enough to introduce",
        }[self.closeness]


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
            evidence=row.evidence,
            evidence_date=row.evidence_date,
            is_inferred=row.source == AcquaintanceSource.INFERRED,
            recorded_at=row.created_at,
        )
        for row in rows
    ]
    return sorted(known, key=lambda one: one.person.sort_key)


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
    if person.birth_month is None or person.birth_day is None:
        return ""
    words = f"{person.birth_day} {month_name[person.birth_month]}"
    return f"{words} {person.birth_year}" if person.birth_year else words
