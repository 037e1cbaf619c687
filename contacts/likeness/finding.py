"""The pairs of a book that look like one human."""

from collections.abc import Hashable, Iterable, Sequence, Set
from dataclasses import dataclass
from math import exp2, log2
from typing import Final

from contacts.likeness.blocking import candidates
from contacts.likeness.cards import Card, Preparing
from contacts.likeness.comparing import Comparing, Comparison

PROPOSED: Final = 0.6
"""The chance from which a pair is proposed: of those just above it, four in ten may be two people."""

DENSITY: Final = 0.1
"""Pairs of one human for each card, where nothing is known of a book yet."""

_LEAST, _MOST = 0.02, 4.0
_ROUNDS: Final = 12


@dataclass(frozen=True, slots=True)
class Found:
    """The pairs, likeliest first, and how many pairs of one human the book has for each of its cards."""

    pairs: list[Comparison]
    density: float


def find(cards: Iterable[Card], *, only: Set[Hashable] | None = None, density: float | None = None) -> Found:
    """Every pair that is likely one human. The cost grows as the book does, not as its square.

    `only`: just the pairs with one of these cards. All cards are needed all the same, since how much a shared name says
    depends on how many have it; and the `density` that looking through the whole book found. Without it the density
    is estimated from the pairs, by expectation and maximisation (Winkler 1988): two address books poured into one
    have many more duplicates than one kept by hand, and the same evidence means more there.
    """
    preparing = Preparing()
    prepared = [preparing.prepare(card) for card in cards]
    if len(prepared) < 2:
        return Found([], DENSITY)
    comparing = Comparing(prepared)
    at_least = -_prior(len(prepared), _MOST)
    found = [
        comparison
        for one, other in candidates(prepared, only)
        if (comparison := comparing.compare(prepared[one], prepared[other], at_least=at_least)) is not None
    ]
    if density is None:
        density = _density(found, len(prepared)) if only is None else DENSITY
    prior = _prior(len(prepared), density)
    for comparison in found:
        comparison.bits += prior
    pairs = [comparison for comparison in found if comparison.score >= PROPOSED]
    pairs.sort(key=lambda one: -one.bits)
    return Found(pairs, density)


def _density(found: Sequence[Comparison], count: int) -> float:
    density = DENSITY
    for _ in range(_ROUNDS):
        prior = _prior(count, density)
        expected = sum(1.0 / (1.0 + exp2(-max(min(one.bits + prior, 60.0), -60.0))) for one in found)
        density = max(_LEAST, min(_MOST, expected / count))
    return density


def _prior(count: int, density: float) -> float:
    """Log2 odds that two cards are one human, before they are looked at."""
    cards = max(count, 30)
    return log2(density * cards / (cards * (cards - 1) / 2))
