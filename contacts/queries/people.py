"""The list of people: search, filters, order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Lower

from contacts.access import people_of
from contacts.models import Person, Reminder, ReminderKind, SavedFilter
from contacts.places import naming
from contacts.queries import searching
from contacts.services.reminders import OPEN
from contacts.words import fold, search_words
from netapp.accounts.models import User

PAGE: Final = 50
COUNTED: Final = 10_000
"""People are counted up to here; beyond, a page says "more than"."""
_LATEST: Final = 2000
"""Of the cards added last, those whose words are offered as filters."""

SORTS: Final = {
    "name": "Name",
    "strength": "Closest first",
    "contact": "Last contact",
    "silent": "Longest silent",
    "due": "Due to be in touch",
    "added": "Recently added",
}
HAS: Final = {"needs": "Need something", "offers": "Can give something"}
QUIET: Final = {"90": "Three months", "182": "Half a year", "365": "A year", "1095": "Three years", "never": "Never"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which people, in which order. Empty values ask for nothing."""

    q: str = ""
    relation: str = ""
    tag: str = ""
    layer: int | None = None
    place: str = ""
    organisation: str = ""
    quiet: str = ""
    reach: int | None = None
    tie: str = ""
    has: str = ""
    through: UUID | None = None
    is_due: bool = False
    is_archived: bool = False
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of people. `count` stops at `counted` + 1. `is_alike`: nobody matched, these are near misses."""

    people: list[Person]
    count: int
    number: int
    has_next: bool
    counted: int = COUNTED
    is_alike: bool = False


def matching(*, member: User, wanted: Wanted, now: datetime) -> QuerySet[Person]:
    """Everybody who fits, unordered."""
    people = people_of(member).filter(archived_at__isnull=not wanted.is_archived)
    for word in search_words(wanted.q):
        people = people.filter(searching.having(word))
    if wanted.relation:
        people = people.filter(relation=wanted.relation)
    if wanted.tag:
        people = people.filter(tags__contains=[wanted.tag])
    if wanted.layer is not None:
        people = people.filter(layer=wanted.layer)
    if wanted.place:
        places = people_of(member).exclude(place="").order_by().values_list("place", flat=True).distinct()
        people = people.filter(place__in=naming(wanted.place, places))
    if wanted.organisation:
        people = people.filter(organisation__iexact=wanted.organisation)
    if wanted.quiet == "never":
        people = people.filter(last_contact_at=None)
    elif wanted.quiet:
        people = people.filter(last_contact_at__lt=now - timedelta(days=int(wanted.quiet)))
    if wanted.reach is not None:
        people = people.filter(reach=wanted.reach)
    if wanted.tie:
        people = people.filter(tie_kinds__contains=[wanted.tie])
    if wanted.has in HAS:
        people = people.exclude(**{wanted.has: []})
    if wanted.through:
        people = people.filter(met_through=wanted.through)
    if wanted.is_due:
        due = Reminder.objects.filter(
            owner=member, kind=ReminderKind.KEEP_IN_TOUCH, state__in=OPEN, due_at__lte=now, person=OuterRef("pk")
        )
        people = people.filter(Exists(due))
    return people


def listing(*, member: User, wanted: Wanted, page: int, now: datetime) -> Listing:
    """One page. Where a search finds nobody, those whose words are nearly the ones sought."""
    words = search_words(wanted.q)
    counted = searching.COUNTED if words else COUNTED
    count = matching(member=member, wanted=wanted, now=now).order_by()[: counted + 1].count()
    if not count and words:
        near = searching.alike(member=member, text=wanted.q)
        return Listing(near, len(near), 1, has_next=False, counted=counted, is_alike=True)
    start = (page - 1) * PAGE
    if words and not wanted.sort:
        others = matching(member=member, wanted=replace(wanted, q=""), now=now)
        tiers = searching.ranked(others, words, are_many=count > counted)
    else:
        tiers = _ordered(matching(member=member, wanted=wanted, now=now), member, wanted.sort)
    ids = searching.cut(tiers, start, start + PAGE + 1)
    has_next = len(ids) > PAGE
    return Listing(_in_order(member, ids[:PAGE], wanted.sort), count, page, has_next=has_next, counted=counted)


def _in_order(member: User, ids: Sequence[UUID], sort: str) -> list[Person]:
    people = people_of(member).filter(id__in=ids)
    if sort == "due":
        # One open cadence a person (a constraint), so the join repeats nobody.
        cadence = Q(reminders__kind=ReminderKind.KEEP_IN_TOUCH, reminders__state__in=OPEN)
        people = people.annotate(cadence=FilteredRelation("reminders", condition=cadence)).annotate(
            due_at=F("cadence__due_at")
        )
    at = {id: index for index, id in enumerate(ids)}
    return sorted(searching.lean(people), key=lambda person: at[person.id])


@dataclass(frozen=True, slots=True)
class Used:
    """The words used most on the latest cards, most used first."""

    tags: list[str]
    ties: list[str]


def used_by(member: User) -> Used:
    """The tags and kinds of tie on the cards added last."""
    latest = people_of(member).filter(archived_at=None).order_by(F("created_at").desc(), "sort_key", "id")
    tags: Counter[str] = Counter()
    ties: Counter[str] = Counter()
    for tagged, tied in latest.values_list("tags", "tie_kinds")[:_LATEST]:
        tags.update(tagged)
        ties.update(tied)
    return Used(_most(tags), _most(ties))


def _most(words: Counter[str]) -> list[str]:
    return sorted(words, key=lambda word: (-words[word], word))


def suggestions(*, member: User, name: str, text: str, limit: int = 8) -> list[str]:
    """What a filter field may mean: tags, places or organisations in the book that contain the text, most used first.

    `name` is "tag", "place" or "organisation"; anything else suggests nothing.
    """
    if name not in ("tag", "place", "organisation") or not text.strip():
        return []
    if name == "tag":
        sought = fold(text)
        return [tag for tag in used_by(member).tags if sought in fold(tag)][:limit]
    people = people_of(member).filter(archived_at=None, **{f"{name}__icontains": text.strip()}).order_by()
    counted = people.values_list(name).annotate(count=Count("id")).order_by("-count", name)
    return [value for value, _ in counted[:limit]]


def saved_filters(member: User) -> list[SavedFilter]:
    """The lists that the member keeps, by name."""
    return list(SavedFilter.objects.filter(owner=member).order_by(Lower("name")))


def has_anybody(member: User) -> bool:
    """Whether there is any card at all."""
    return people_of(member).exists()


def _ordered(people: QuerySet[Person], member: User, sort: str) -> list[QuerySet[Person]]:
    """The people in order, as querysets to be read one after the other."""
    match sort:
        case "strength":
            return [people.order_by(F("strength").desc(nulls_last=True), "sort_key", "id")]
        case "contact":
            return [people.order_by(F("last_contact_at").desc(nulls_last=True), "sort_key", "id")]
        case "silent":
            return [people.order_by(F("last_contact_at").asc(nulls_last=True), "sort_key", "id")]
        case "added":
            return [people.order_by("-created_at", "sort_key", "id")]
        case "due":
            # Few have a cadence: they are sorted, and all others come after them in the order of an index.
            cadences = Reminder.objects.filter(owner=member, kind=ReminderKind.KEEP_IN_TOUCH, state__in=OPEN)
            theirs = cadences.filter(person=OuterRef("pk"))
            due = people.filter(id__in=cadences.values("person")).annotate(due_at=Subquery(theirs.values("due_at")[:1]))
            others = people.exclude(Exists(theirs))
            return [due.order_by("due_at", "sort_key", "id"), others.order_by("sort_key", "id")]
    return [people.order_by("sort_key", "id")]
