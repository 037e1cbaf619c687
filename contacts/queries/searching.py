"""Finding people by words: who has them, who comes first, and who comes close.

A word of three letters or more may stand anywhere on a card, which an index of trigrams finds. One or two letters, of
which no index knows where they stand inside a word, are the beginning of a word.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import connection, transaction
from django.db.models import Case, FloatField, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from contacts.access import people_of
from contacts.models import Person
from contacts.services.together import MOST
from contacts.words import search_words, slips
from netapp.accounts.models import User

COUNTED: Final = MOST
"""While one types, people are counted up to as many as can be edited together; more are not ranked all at once."""
ALIKE: Final = 0.5
"""Word similarity (pg_trgm, 0..1) from which two words count as alike: "Micheal" and "Michael" have 0.5."""
_MOST_ALIKE: Final = 20
_MOST_NEAR: Final = 1000
"""People with a name like the one sought who are ranked: what is like more of them is like nobody in particular."""
_MOST_NEAR_ELSEWHERE: Final = 200
"""The same for words anywhere on a card, which take longer to compare."""
_MOST_WORDS_ALIKE: Final = 3
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


def lean(people: QuerySet[Person]) -> QuerySet[Person]:
    """Without the long texts, which no list shows."""
    return people.defer(*_LEAN)


def having(word: str) -> Q:
    """Whose card has the word, folded."""
    if len(word) > 2 or not (word.isascii() and word.isalpha()):
        return Q(search_text__contains=word)
    begins = Q(search_text__startswith=word)
    return begins | Q(search_text__contains=f" {word}") | Q(search_text__contains=f"\n{word}")


def ranked(people: QuerySet[Person], words: Sequence[str], *, are_many: bool) -> list[QuerySet[Person]]:
    """Those who have all the words, best first: names that begin with them, names that contain them, everybody else.

    One after the other, each in the order of an index, where there are many: so nobody ranks half a book for the sake
    of the first fifty. All at once where there are few.
    """
    begin, contain = Q(), Q()
    for word in words:
        people = people.filter(having(word))
        begin &= Q(sort_key__startswith=word) | Q(sort_key__contains=f" {word}")
        contain &= Q(sort_key__contains=word)
    if are_many:
        tiers = [people.filter(begin), people.filter(contain).exclude(begin), people.exclude(contain)]
        return [tier.order_by("sort_key", "id") for tier in tiers]
    rank = Case(When(begin, then=Value(0)), When(contain, then=Value(1)), default=Value(2), output_field=IntegerField())
    return [people.annotate(rank=rank).order_by("rank", "sort_key", "id")]


def cut(tiers: Sequence[QuerySet[Person]], start: int, stop: int) -> list[UUID]:
    """The ids from `start` to `stop` of the tiers put end to end. Ids alone, since an index holds them."""
    ids: list[UUID] = []
    for tier in tiers:
        found = list(tier.values_list("id", flat=True)[start:stop])
        ids += found
        size = start + len(found) if found or not start else tier.order_by().count()
        start, stop = max(0, start - size), stop - size
        if stop <= 0:
            break
    return ids


def found(
    *, member: User, text: str, limit: int, exclude: Sequence[UUID] = (), with_slips: bool = True
) -> list[Person]:
    """The first few for a search box; near misses where there is no match. Archived people are found as well."""
    words = search_words(text)
    if not words:
        return []
    people = people_of(member).exclude(id__in=exclude).order_by()
    matching = people
    for word in words:
        matching = matching.filter(having(word))
    count = matching[: COUNTED + 1].count()
    if count:
        ids = cut(ranked(people, words, are_many=count > COUNTED), 0, limit)
        at = {id: index for index, id in enumerate(ids)}
        return sorted(lean(people_of(member).filter(id__in=ids)), key=lambda person: at[person.id])
    if not with_slips:
        return []
    return [person for person in alike(member=member, text=text) if person.id not in set(exclude)][:limit]


def alike(*, member: User, text: str) -> list[Person]:
    """At most twenty whose card has a word like each one sought (of the three longest), likest first.

    Names come first: one slip away, or alike by trigrams. Only where no name is, and no card has the word, other
    words on the cards are compared, which takes longer. Two statements a word, since one for both would be served by
    no index.
    """
    words = sorted((word for word in search_words(text) if len(word) > 2), key=len, reverse=True)[:_MOST_WORDS_ALIKE]
    if not words:
        return []
    everybody = people_of(member).order_by()
    people = everybody
    likeness: Combinable = Value(0.0)
    with transaction.atomic(), connection.cursor() as cursor:
        # The operator, unlike the function, is served by the index. Its threshold is a setting of the transaction.
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(ALIKE)])
        for word in words:
            near = _ids(everybody.filter(sort_key__trigram_word_similar=word), _MOST_NEAR)
            like: Combinable = TrigramWordSimilarity(word, "sort_key")
            if pattern := slips(word):
                near |= _ids(everybody.filter(sort_key__regex=pattern), _MOST_NEAR)
                like = like + _one_if(Q(sort_key__regex=pattern))
            if not near and not everybody.filter(having(word)).exists():
                near = _ids(people.filter(search_text__trigram_word_similar=word), _MOST_NEAR_ELSEWHERE)
                like = TrigramWordSimilarity(word, "search_text")
            likeness = likeness + like + _one_if(having(word))
            people = people.filter(having(word) | Q(id__in=near))
        ranked_by_likeness = people.annotate(likeness=likeness).order_by("-likeness", "sort_key", "id")
        return list(lean(ranked_by_likeness)[:_MOST_ALIKE])


def _ids(people: QuerySet[Person], most: int) -> set[UUID]:
    return set(people.values_list("id", flat=True)[:most])


def _one_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(1.0)), default=Value(0.0), output_field=FloatField())
