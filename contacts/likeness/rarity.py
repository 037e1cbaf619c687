"""How much it says that two cards agree: little where half the book does, much where nobody else does.

Fellegi and Sunter (1969): agreement on a value that a share p of all cards has makes it 1/p times likelier that two
cards are one. The share is taken from the book itself, steadied by some imagined cards, as a book of thirty
people tells little about how common a name is.
"""

from collections import Counter
from collections.abc import Iterable
from math import log2
from typing import Final

from contacts.likeness.cards import Prepared

_IMAGINED: Final = 500
"""Cards that are imagined beside the book's own."""

_SHARE: Final = 0.004
"""The share of the imagined cards that have the value: about 2^-8, a common name."""

WORD_AT_MOST: Final = 12.0
OTHER_AT_MOST: Final = 7.0


class Rarity:
    """Counts of one book; answers in bits, log2 of how many times likelier."""

    def __init__(self, cards: Iterable[Prepared]) -> None:
        self.size = 0
        self.words: Counter[str] = Counter()
        self.handles: Counter[str] = Counter()
        self.others: Counter[str] = Counter()
        for card in cards:
            self.size += 1
            self.words.update({word.text for word in card.words})
            self.handles.update({*card.card.emails, *card.card.phones, *card.card.pages, *card.card.urls})
            self.handles.update(card.locals)
            self.others.update({card.organisation, card.place, card.address} - {""})
        self._bits = [self._of(count) for count in range(1024)]

    def word(self, text: str) -> float:
        """Bits of agreeing on a word of the name."""
        return min(WORD_AT_MOST, self._bits_for(self.words[text]))

    def other(self, text: str) -> float:
        """Bits of agreeing on an organisation, a place or a street."""
        return min(OTHER_AT_MOST, self._bits_for(self.others[text]))

    def holders(self, handle: str) -> int:
        """How many cards have this handle."""
        return self.handles[handle]

    def _bits_for(self, count: int) -> float:
        return self._bits[count] if count < len(self._bits) else self._of(count)

    def _of(self, count: int) -> float:
        return -log2((max(count - 1, 0) + _IMAGINED * _SHARE) / (self.size + _IMAGINED))
