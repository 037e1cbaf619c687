"""What a line such as "Lisboa, Portugal" or "Paris, Texas" means. Pure but for the gazetteer's file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from contacts.places.index import Named, Place, places_named
from contacts.places.spelling import spell

_PARTS: Final = re.compile(r"[,;/|()\n·•–—&+]|\s-\s")
_WORDS_READ: Final = 12
_LONGEST: Final = 5
"""Words of the longest name that is looked for."""

_SKIPPED: Final = frozenset(
    {
        *("in", "de", "da", "do", "du", "la", "le", "el", "the", "and", "und", "et", "of", "near", "bei"),
        *("area", "greater", "metropolitan", "metro", "region", "state", "city", "district", "bay", "county"),
        *("province", "land", "stadt", "cidade", "ville", "old", "new", "north", "south", "east", "west", "centre"),
    }
)
"""Words that name no place when they stand alone among others."""

_OF_REGION: Final = frozenset(
    {"state", "region", "province", "county", "district", "distrito", "land", "estado", "provincia"}
)

_STREETS: Final = frozenset(
    {
        *("street", "avenue", "ave", "road", "rd", "lane", "square", "rua", "avenida", "praca", "travessa"),
        *("calle", "paseo", "rue", "avenue", "boulevard", "via", "viale", "piazza", "corso"),
        *("strasse", "allee", "platz", "weg", "straat", "laan", "plein", "ulica", "gade", "gatan"),
    }
)
"""Words of a street's name: with a number beside them, what else stands there is no place ("Rua Augusta 12")."""

_ALSO_MEANT: Final = 0.25
"""A name means its largest place, and any other at least this part of its size: Cambridge is two towns, Paris one."""

_OTHER_NAME: Final = 0.05
"""How much its inhabitants count where the name is only another one of the place: Roma is Rome, not Roma, Texas."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Some words of the line that name places. `part`: the words between the same two commas.

    is_letters: they are letters that stand for a region or country, and mean nothing by themselves.
    """

    named: tuple[Named, ...]
    part: frozenset[str]
    is_letters: bool


@lru_cache(maxsize=16_384)
def meant(text: str) -> frozenset[Place]:
    """The places that a line names: none, one, several ("Lisbon and Porto"), or what an ambiguous name may mean.

    A name is read in the light of the others: in "Paris, Texas" it is the town in Texas, and Texas itself is not
    meant. Where nothing else helps, the larger place is.
    """
    whole, _ = places_named(spell(text[:100]))
    if len(whole) and " " in spell(text[:100]):
        return frozenset(_largest(whole, frozenset()))
    spans = [span for part in _PARTS.split(text[:300]) for span in _spans(part)]
    found: set[Place] = set()
    consumed: set[int] = set()
    left = []
    for at, span in enumerate(spans):
        others = [(number, other) for number, other in enumerate(spans) if number != at]
        held = [(_holders(one.place, others), one) for one in span.named if one.place.kind != "country"]
        most = max((len(holders) for holders, _ in held), default=0)
        if not most:
            left.append(at)
            continue
        best = [(holders, one) for holders, one in held if len(holders) == most]
        chosen = _largest([one for _, one in best], span.part)
        consumed.update(*(holders for holders, one in best if one.place in chosen))
        found.update(chosen)
    for at in left:
        if at not in consumed and not (spans[at].is_letters and len(spans) > 1):
            found.update(_largest(spans[at].named, spans[at].part))
    # In "Lisbon, Lisbon, Portugal" the town is meant, and nothing that it lies in.
    return frozenset(
        place
        for place in found
        if place.kind == "town" or not any(place.holds(other) and place != other for other in found)
    )


def _holders(place: Place, others: Sequence[tuple[int, _Span]]) -> set[int]:
    """Which of the other spans name something that the place lies in."""
    return {
        number
        for number, span in others
        if any(
            one.place.kind != "town" and one.place.number != place.number and one.place.holds(place)
            for one in span.named
        )
    }


def _spans(part: str) -> list[_Span]:
    words = spell(part[:200]).split()[:_WORDS_READ]
    if any(word in _STREETS for word in words) and any(word.isdecimal() for word in words):
        return []
    # Two letters are a region only where they are written as such: "Austin, TX", and not "in" or "de".
    letters = {spell(word) for word in part.split() if len(word) in (2, 3) and word.isupper()}
    spans, at = [], 0
    while at < len(words):
        length, named = _longest(words, at, letters)
        if named:
            is_letters = length == 1 and len(words[at]) < 4 and not any(one.is_main for one in named)
            spans.append(_Span(named, frozenset(words), is_letters))
        at += max(length, 1)
    return spans


def _longest(words: Sequence[str], at: int, letters: set[str]) -> tuple[int, tuple[Named, ...]]:
    """The longest name that begins at that word, in words, and its places."""
    length = 0
    best: tuple[Named, ...] = ()
    for count in range(1, min(_LONGEST, len(words) - at) + 1):
        name = " ".join(words[at : at + count])
        found, goes_on = places_named(name)
        if count == 1 and len(words) > 1 and name in _SKIPPED:
            found = ()
        if len(name) < 3 and len(words) > 1 and name not in letters:
            found = ()
        if len(name) < 4 and name not in letters:
            found = tuple(one for one in found if one.is_main)
        if found:
            length, best = count, found
        if not goes_on:
            break
    return length, best


def _largest(named: Sequence[Named], part: frozenset[str]) -> set[Place]:
    countries = {one.place for one in named if one.place.kind == "country" and one.is_main}
    weights = {one.place: one.place.people * (1.0 if one.is_main else _OTHER_NAME) for one in named}
    most = max(weights.values(), default=0.0)
    chosen = {place for place, weight in weights.items() if weight >= _ALSO_MEANT * most}
    if countries:
        regions = {place for place in chosen if place.kind == "region"}
        return countries | {place for place in regions if place.country not in {one.country for one in countries}}
    if part & _OF_REGION and any(place.kind == "region" for place in weights):
        return {place for place in weights if place.kind == "region"}
    # A town and the region around it, both of that name: the town.
    towns = [place for place in weights if place.kind == "town"]
    for region in [place for place in chosen if place.kind == "region"]:
        inside = [town for town in towns if region.holds(town)]
        if inside:
            chosen.discard(region)
            chosen.add(max(inside, key=lambda town: (town.people, -town.number)))
    return chosen
