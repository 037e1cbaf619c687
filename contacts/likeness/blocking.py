"""Which cards are worth comparing at all: those that share something that few others have.

A card stands in a block for each of its keys. Blocks have a bounded size, so that the pairs grow with the book and not
with its square; a block that is too large (everybody at one firm, every "J. Smith") is left to the finer keys of the
same cards.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence, Set
from itertools import combinations
from typing import Final

from contacts.likeness.cards import Prepared

LARGEST: Final = 40
"""Cards in a block that is compared pair by pair."""

_RARE: Final = 12
_WORDS: Final = 4


def candidates(cards: Sequence[Prepared], only: Set[Hashable] | None = None) -> Iterator[tuple[int, int]]:
    """Pairs of positions in `cards`, each once, the smaller first. `only`: pairs with one of these cards at least."""
    blocks: defaultdict[Hashable, list[int]] = defaultdict(list)
    for position, card in enumerate(cards):
        for key in keys(card):
            blocks[key].append(position)
    seen: set[int] = set()
    count = len(cards)
    is_wanted = None if only is None else [card.key in only for card in cards]
    for key, positions in blocks.items():
        if not 1 < len(positions) <= (_RARE if isinstance(key, tuple) and key[0] == "word" else LARGEST):
            continue
        if is_wanted is not None and not any(is_wanted[position] for position in positions):
            continue
        for one, other in combinations(positions, 2):
            pair = one * count + other
            if pair in seen or not (is_wanted is None or is_wanted[one] or is_wanted[other]):
                continue
            seen.add(pair)
            yield one, other


def keys(card: Prepared) -> set[Hashable]:
    """The blocks in which a card stands."""
    found: set[Hashable] = set()
    found.update(("email", email) for email in card.card.emails)
    found.update(("mailbox", local) for local in card.locals)
    found.update(("phone", phone) for phone in card.card.phones)
    found.update(("page", page) for page in card.card.pages)
    found.update(("url", url) for url in card.card.urls)
    if card.card.birthday is not None:
        found.add(("birthday", card.card.birthday[1:], card.card.birthday[0]))
    if card.address:
        found.add(("address", card.address))
    if card.folded:
        found.add(("name", card.folded))
        found.add(("joined", "".join(word.text for word in card.words)))
    words = card.words[:_WORDS]
    for word in words:
        found.add(("word", word.text))
        for other in words:
            if word is not other:
                found.update(_by_sound(word.sound, other.text[0], other.entries))
    for word in card.called:
        for other in words:
            found.update(_by_sound(other.sound, word.text[0], word.entries))
    return found


def _by_sound(sound: str, initial: str, entries: Set[int]) -> Iterator[Hashable]:
    """One word as it sounds, the other by its first letter and by the names that it may be short for."""
    yield ("initial", sound, initial)
    for entry in entries:
        yield ("entry", sound, entry)
