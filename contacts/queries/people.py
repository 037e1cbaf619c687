"""The list of people: search, filters, order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower

from contacts.access import people_of
from contacts.models import Person, Reminder, ReminderKind, SavedFilter
from contacts.services.reminders import OPEN
from contacts.services.together import MOST
from contacts.words import fold, search_words, slips
from netapp.accounts.models import User

PAGE: Final = 50
COUNTED: Final = 10_000
"""People are counted up to here; beyond, a page says "more than"."""
COUNTED_IN_SEARCH: Final = MOST
"""While one types, up to as many as can be edited together."""

ALIKE: Final = 0.5
"""Word similarity (pg_trgm, 0..1) from which two words count as alike: "Micheal" and "Michael" have 0.5."""
_LEAN: Final = (
    "notes",
    "search_text",
    "how_met",
    "typed_fields",
    "needs",
    "offers",
    "custom_fields",
    "other_dates",
    "strength_reason",
)
"""Columns that a list does not show."""
_MOST_ALIKE: Final = 20
_MOST_NEAR: Final = 1000
"""People with a word like the one sought who are ranked: what is like more of them is like nobody in particular."""
_LATEST: Final = 2000
"""Of the cards added last, those whose words are offered as filters."""
_MOST_WORDS_ALIKE: Final = 3

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
        people = people.filter(search_text__contains=word)
    if wanted.relation:
        people = people.filter(relation=wanted.relation)
    if wanted.tag:
        people = people.filter(tags__contains=[wanted.tag])
    if wanted.layer is not None:
        people = people.filter(layer=wanted.layer)
    if wanted.place:
        people = people.filter(place__iexact=wanted.place)
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
    people = matching(member=member, wanted=wanted, now=now)
    words = search_words(wanted.q)
    counted = COUNTED_IN_SEARCH if words else COUNTED
    count = people.order_by()[: counted + 1].count()
    if not count and words:
        near = alike(member=member, text=wanted.q)
        return Listing(near, len(near), 1, has_next=False, counted=counted, is_alike=True)
    start = (page - 1) * PAGE
    rows: list[Person] = []
    if count > counted and words and not wanted.sort and not start:
        # So many are not ranked for the sake of the first fifty.
        named = matching(member=member, wanted=replace(wanted, q=""), now=now)
        rows = _begun(named, words, PAGE + 1)
    if len(rows) <= PAGE:
        rows = list(_lean(_ordered(people, wanted))[start : start + PAGE + 1])
    return Listing(rows[:PAGE], count, page, has_next=len(rows) > PAGE, counted=counted)


def found(
    *, member: User, text: str, limit: int, exclude: Sequence[UUID] = (), with_slips: bool = True
) -> list[Person]:
    """The first few for a search box; near misses where there is no match. Archived people are found as well."""
    words = search_words(text)
    if not words:
        return []
    people = people_of(member).exclude(id__in=exclude)
    rows = _begun(people, words, limit)
    if len(rows) == limit:
        return rows
    for word in words:
        people = people.filter(search_text__contains=word)
    rows = list(_lean(_by_rank(people, words))[:limit])
    if rows or not with_slips:
        return rows
    return [person for person in alike(member=member, text=text) if person.id not in set(exclude)][:limit]


def alike(*, member: User, text: str) -> list[Person]:
    """At most twenty whose card has a word like each one sought (of the three longest), likest first.

    Two statements a word, since one for both would be served by no index: words alike anywhere on the card by
    trigrams, then names one slip away. At 50,000 people a few tenths of a second for each word.
    """
    words = sorted((word for word in search_words(text) if len(word) > 2), key=len, reverse=True)[:_MOST_WORDS_ALIKE]
    if not words:
        return []
    people = people_of(member).order_by()
    likeness: Combinable = Value(0.0)
    with transaction.atomic(), connection.cursor() as cursor:
        # The operator, unlike the function, is served by the index. Its threshold is a setting of the transaction.
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(ALIKE)])
        for word in words:
            near = people.filter(search_text__trigram_word_similar=word).values_list("id", flat=True)
            ids = set(near[:_MOST_NEAR])
            likeness = likeness + TrigramWordSimilarity(word, "search_text")
            if pattern := slips(word):
                ids.update(people.filter(sort_key__regex=pattern).values_list("id", flat=True)[:_MOST_NEAR])
                likeness = likeness + Case(When(sort_key__regex=pattern, then=Value(1.0)), default=Value(0.0))
            # The next word is looked for among those alone.
            people = people.filter(id__in=ids)
        found = people.annotate(likeness=likeness)
        return list(_lean(found.order_by("-likeness", "sort_key", "id"))[:_MOST_ALIKE])


def tags_of(member: User, limit: int = 12) -> list[tuple[str, int]]:
    """The tags used most on the latest cards, with how many of those have each."""
    return _words_of(member, "tags", limit)


def ties_of(member: User, limit: int = 30) -> list[str]:
    """The kinds of tie used most on the latest cards."""
    return [tie for tie, _ in _words_of(member, "tie_kinds", limit)]


def _words_of(member: User, column: str, limit: int) -> list[tuple[str, int]]:
    latest = people_of(member).filter(archived_at=None).order_by(F("created_at").desc(), "sort_key", "id")
    each = Person.objects.filter(id__in=latest.values("id")[:_LATEST]).exclude(**{column: []}).order_by()
    words = each.annotate(word=Func(F(column), function="unnest", output_field=TextField(), set_returning=True))
    counted = words.values_list("word").annotate(count=Count("id")).order_by("-count", "word")
    return list(counted[:limit])


def suggestions(*, member: User, name: str, text: str, limit: int = 8) -> list[str]:
    """What a filter field may mean: tags, places or organisations in the book that contain the text, most used first.

    `name` is "tag", "place" or "organisation"; anything else suggests nothing.
    """
    if name not in ("tag", "place", "organisation") or not text.strip():
        return []
    if name == "tag":
        sought = fold(text)
        return [tag for tag, _ in _words_of(member, "tags", 1000) if sought in fold(tag)][:limit]
    people = people_of(member).filter(archived_at=None, **{f"{name}__icontains": text.strip()}).order_by()
    counted = people.values_list(name).annotate(count=Count("id")).order_by("-count", name)
    return [value for value, _ in counted[:limit]]


def saved_filters(member: User) -> list[SavedFilter]:
    """The lists that the member keeps, by name."""
    return list(SavedFilter.objects.filter(owner=member).order_by(Lower("name")))


def has_anybody(member: User) -> bool:
    """Whether there is any card at all."""
    return people_of(member).exists()


def _lean(people: QuerySet[Person]) -> QuerySet[Person]:
    """Without the long texts, which no list shows."""
    return people.defer(*_LEAN)


def _ordered(people: QuerySet[Person], wanted: Wanted) -> QuerySet[Person]:
    match wanted.sort:
        case "strength":
            return people.order_by(F("strength").desc(nulls_last=True), "sort_key", "id")
        case "contact":
            return people.order_by(F("last_contact_at").desc(nulls_last=True), "sort_key", "id")
        case "silent":
            return people.order_by(F("last_contact_at").asc(nulls_last=True), "sort_key", "id")
        case "added":
            return people.order_by("-created_at", "sort_key", "id")
        case "due":
            # One open cadence a person (a constraint), so the join repeats nobody.
            cadence = Q(reminders__kind=ReminderKind.KEEP_IN_TOUCH, reminders__state__in=OPEN)
            joined = people.annotate(cadence=FilteredRelation("reminders", condition=cadence))
            return joined.annotate(due_at=F("cadence__due_at")).order_by(
                F("due_at").asc(nulls_last=True), "sort_key", "id"
            )
        case "name":
            return people.order_by("sort_key", "id")
    words = search_words(wanted.q)
    return _by_rank(people, words) if words else people.order_by("sort_key", "id")


def _begins(words: Sequence[str]) -> Q:
    """Every word begins a word of the name."""
    begins = Q()
    for word in words:
        begins &= Q(sort_key__startswith=word) | Q(sort_key__contains=f" {word}")
    return begins


def _begun(people: QuerySet[Person], words: Sequence[str], limit: int) -> list[Person]:
    """The first of those whose names begin so: they stand before all others, and an index of names finds them."""
    return list(_lean(people.filter(_begins(words)).order_by("sort_key", "id"))[:limit])


def _by_rank(people: QuerySet[Person], words: Sequence[str]) -> QuerySet[Person]:
    """Names that begin with the words first, then names that contain them, then everything else."""
    contains = Q()
    for word in words:
        contains &= Q(sort_key__contains=word)
    rank = Case(
        When(_begins(words), then=Value(0)),
        When(contains, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return people.annotate(rank=rank).order_by("rank", "sort_key", "id")
