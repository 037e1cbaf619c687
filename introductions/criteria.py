"""Whether a card fits a seat, how well, and why in plain words. Pure: texts in, numbers and sentences out.

A seat has six lists (organisations, roles, places, tags, offers, words). Within a list the entries are alternatives;
every list that has entries must be met. Entries are compared as whole words, without case or accents: "editor" is
found in "Éditeur / Editor-in-chief" and not in "Editorial"; "BBC" not in "ABBC". Roles are also found by
their synonyms and by a higher level (`introductions.roles`), places by what they lie in (`contacts.places`). Whoever is
named fits whatever the lists say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from contacts.places import lies_in, near
from contacts.words import fold
from introductions.roles import role_of

_TOKEN = re.compile(r"[\w+#]+")
_EXACT = 1.0
_PART = 0.8
_ALIKE = 0.7
_WORD = 0.6
_NEARBY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What a seat asks for. All lists empty: nobody fits by themselves, people are put there by hand."""

    organisations: Sequence[str] = ()
    roles: Sequence[str] = ()
    places: Sequence[str] = ()
    tags: Sequence[str] = ()
    offers: Sequence[str] = ()
    words: Sequence[str] = ()
    names: Sequence[str] = ()

    @property
    def has_lists(self) -> bool:
        """Whether anything is asked for besides named people."""
        return bool(self.organisations or self.roles or self.places or self.tags or self.offers or self.words)

    @property
    def is_empty(self) -> bool:
        return not (self.has_lists or self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What may be read of a person. A shared card has a name, a role and an organisation, and nothing else."""

    name: str
    organisation: str = ""
    role: str = ""
    place: str = ""
    tags: Sequence[str] = ()
    offers: Sequence[str] = ()
    notes: Sequence[str] = ()
    _folded: dict[str, str] = field(default_factory=dict, compare=False)

    def has(self, what: str, text: str, phrase: str) -> bool:
        """Whether the folded `phrase` stands in `text`; the folding of each field is done once."""
        return phrase in self.folded(what, text)

    def folded(self, what: str, text: str) -> str:
        """`phrase_of(text)`, worked out once."""
        if what not in self._folded:
            self._folded[what] = phrase_of(text)
        return self._folded[what]


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a card fits: 0 < score <= 1 for ranking only, and a reason for each list that was met."""

    score: float
    reasons: tuple[str, ...]


def phrase_of(text: str) -> str:
    """The folded words of `text` with a space on either side of each, so that `in` compares whole words."""
    words = _TOKEN.findall(fold(text))
    return f" {' '.join(words)} " if words else ""


def fit(criteria: Criteria, card: Card) -> Fit | None:
    """The fit of a card to a seat, or None. O(entries x text)."""
    if any(_is_named(card, name) for name in criteria.names):
        return Fit(1.0, ("you named them",))
    if not criteria.has_lists:
        return None
    found: list[tuple[float, float, str]] = []
    for weight, entries, meet in (
        (3.0, criteria.roles, _role),
        (3.0, criteria.organisations, _organisation),
        (1.5, criteria.places, _place),
        (1.5, criteria.tags, _tag),
        (1.5, criteria.offers, _offer),
        (1.0, criteria.words, _word),
    ):
        if not entries:
            continue
        best = max((met for entry in entries if (met := meet(card, entry))), default=None)
        if best is None:
            return None
        found.append((weight, *best))
    total = sum(weight for weight, _, _ in found)
    score = sum(weight * degree for weight, degree, _ in found) / total
    return Fit(round(score, 3), tuple(reason for _, _, reason in found))


@lru_cache(maxsize=4096)
def _entry(text: str) -> str:
    """`phrase_of` for what seats ask for and what people are tagged: few texts, asked again for every card."""
    return phrase_of(text)


def _degree(card: Card, what: str, text: str, entry: str) -> float:
    phrase = _entry(entry)
    if not phrase or not card.has(what, text, phrase):
        return 0.0
    return _EXACT if card.folded(what, text) == phrase else _PART


def _role(card: Card, entry: str) -> tuple[float, str] | None:
    degree = _degree(card, "role", card.role, entry)
    if degree:
        return degree, "by their role" if degree == _EXACT else f"“{entry}” in their role"
    if role_of(card.role).answers(role_of(entry)):
        return _ALIKE, f"“{entry}”, as {card.role}"
    return None


def _organisation(card: Card, entry: str) -> tuple[float, str] | None:
    degree = _degree(card, "organisation", card.organisation, entry)
    return (
        (degree, "by their organisation" if degree == _EXACT else f"“{entry}” in their organisation")
        if degree
        else None
    )


def _place(card: Card, entry: str) -> tuple[float, str] | None:
    if lies_in(card.place, entry):
        return _EXACT if card.folded("place", card.place) == _entry(entry) else _PART, f"in {card.place}"
    kilometres = near(card.place, entry)
    return (_NEARBY, f"in {card.place}, {kilometres} km from {entry}") if kilometres is not None else None


def _tag(card: Card, entry: str) -> tuple[float, str] | None:
    phrase = _entry(entry)
    for tag in card.tags:
        if phrase and _entry(tag) == phrase:
            return _EXACT, f"tagged {tag}"
    return None


def _offer(card: Card, entry: str) -> tuple[float, str] | None:
    phrase = _entry(entry)
    for offer in card.offers:
        if phrase and phrase in _entry(offer):
            return _EXACT if _entry(offer) == phrase else _PART, f"offers {offer}"
    return None


def _is_named(card: Card, entry: str) -> bool:
    """Every word of the name stands on the card, in any order: "Charlie Weber" is "Dr. Weber, Charlie M.".

    One word alone names only whoever has no other name.
    """
    wanted, there = _entry(entry).split(), card.folded("name", card.name).split()
    return bool(wanted) and (set(wanted) <= set(there) if len(wanted) > 1 else wanted == there)


def _word(card: Card, entry: str) -> tuple[float, str] | None:
    phrase = _entry(entry)
    if not phrase:
        return None
    for where, text in (
        ("their role", card.role),
        ("their organisation", card.organisation),
        ("their place", card.place),
        ("their name", card.name),
    ):
        if card.has(where.removeprefix("their "), text, phrase):
            return _PART, f"“{entry}” in {where}"
    for tag in card.tags:
        if phrase in _entry(tag):
            return _PART, f"tagged {tag}"
    for position, text in enumerate(card.notes):
        if card.has(f"note {position}", text, phrase):
            return _WORD, f"“{entry}” in your notes"
    return None
