"""Names held against each other, word by word, in whatever order they are written.

Which word is the family name differs between cultures and is not guessed: the best way to pair the words counts.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from contacts.likeness.cards import Prepared, Word
from contacts.likeness.rarity import Rarity


class Agreement(Enum):
    """How two words agree, and what share of the word's bits that is worth."""

    SAME = 1.0
    SPELLING = 0.9
    SHORT_FORM = 0.75
    SLIP = 0.65
    ALIKE = 0.5
    SOUND = 0.45
    BEGINNING = 0.4
    INITIAL = 0.0


_INITIAL_BITS: Final = 3.5
_MISSING_BITS: Final = -0.5
"""For a word that one name has and the other does not: a middle name, a second family name."""

_OTHER_BITS: Final = -8.0
"""For two words left over that do not agree: another given name, another family name."""

_AT_MOST: Final = 20.0
"""A name as a whole says no more than this: the words of a family's or a firm's name come together."""

_FAMILY_AT_MOST: Final = 5.0
"""What a name says of which a word on each side is another: a family shares its rare name, street and number."""

_NOTHING_BITS: Final = -14.0
"""For two names that agree in nothing."""


@dataclass(slots=True)
class NameAgreement:
    """What two names say. `pairs`: the words that agree. `is_whole`: nothing is left over on either side, and at
    least two words are the same, spelt alike or short forms."""

    bits: float = 0.0
    pairs: list[tuple[Agreement, Word, Word]] = field(default_factory=list)
    left: tuple[list[Word], list[Word]] = ((), ())  # type: ignore[assignment]
    is_known: bool = True
    is_whole: bool = False

    @property
    def is_same(self) -> bool:
        """Whether every word is the same."""
        return self.is_whole and all(how is Agreement.SAME for how, _, _ in self.pairs)


class Names:
    """Compares names of one book."""

    def __init__(self, rarity: Rarity) -> None:
        self._rarity = rarity
        self._seen: dict[tuple[str, str], Agreement | None] = {}

    def compare(self, one: Prepared, other: Prepared) -> NameAgreement:
        """How far two names agree."""
        if not one.words or not other.words:
            return NameAgreement(is_known=False)
        result = NameAgreement()
        ours, theirs = list(one.words), list(other.words)
        for word in one.words:
            # The commonest case, and the quickest: the very same word, which is one object.
            if word in theirs:
                theirs.remove(word)
                ours.remove(word)
                result.pairs.append((Agreement.SAME, word, word))
                result.bits += self._rarity.word(word.text)
        if ours and theirs and "".join(word.text for word in ours) == "".join(word.text for word in theirs):
            result.pairs += [(Agreement.SPELLING, word, word) for word in ours]
            result.bits += 0.9 * max(self._rarity.word(word.text) for word in ours)
            ours, theirs = [], []
        if ours and theirs:
            self._pair_up(result, ours, theirs)
        if ours and theirs and (one.called or other.called):
            self._by_nickname(result, ours, theirs, one, other)
        result.left = (ours, theirs)
        self._weigh_rest(result)
        return result

    def _pair_up(self, result: NameAgreement, ours: list[Word], theirs: list[Word]) -> None:
        found = [
            (how.value, -(abs(i - j)), i, j, how)
            for i, word in enumerate(ours)
            for j, other in enumerate(theirs)
            if (how := self.agreement(word, other)) is not None
        ]
        used: tuple[set[int], set[int]] = (set(), set())
        for _, _, i, j, how in sorted(found, key=lambda one: one[:4], reverse=True):
            if i in used[0] or j in used[1]:
                continue
            used[0].add(i)
            used[1].add(j)
            word, other = ours[i], theirs[j]
            result.pairs.append((how, word, other))
            rarest = min(self._rarity.word(word.text), self._rarity.word(other.text))
            result.bits += _INITIAL_BITS if how is Agreement.INITIAL else how.value * rarest
        ours[:] = [word for i, word in enumerate(ours) if i not in used[0]]
        theirs[:] = [word for j, word in enumerate(theirs) if j not in used[1]]

    def _by_nickname(
        self, result: NameAgreement, ours: list[Word], theirs: list[Word], one: Prepared, other: Prepared
    ) -> None:
        """What the card itself says that somebody is called."""
        for called, words, given in ((one.called, theirs, ours), (other.called, ours, theirs)):
            for word in called:
                if word in words and given:
                    words.remove(word)
                    result.pairs.append((Agreement.SHORT_FORM, given.pop(0), word))
                    result.bits += 0.75 * self._rarity.word(word.text)

    def _weigh_rest(self, result: NameAgreement) -> None:
        ours, theirs = result.left
        matched = [how for how, _, _ in result.pairs]
        if not matched:
            scripts = {all(word.text.isascii() for word in words) for words in result.left}
            if len(scripts) == 2:  # Юрий and Yuri: nothing to be said
                result.is_known = False
                return
            result.bits = _NOTHING_BITS
            return
        both = min(len(ours), len(theirs))
        result.bits = (
            min(result.bits, _FAMILY_AT_MOST if both else _AT_MOST)
            + both * _OTHER_BITS
            + _missing(abs(len(ours) - len(theirs)))
        )
        good = (Agreement.SAME, Agreement.SPELLING, Agreement.SHORT_FORM)
        result.is_whole = not ours and not theirs and len(matched) > 1 and all(how in good for how in matched)

    def agreement(self, one: Word, other: Word) -> Agreement | None:
        """How two words agree; None where they do not."""
        key = (one.text, other.text) if one.text < other.text else (other.text, one.text)
        try:
            return self._seen[key]
        except KeyError:
            how = self._seen[key] = _agreement(one, other)
            return how


def _missing(count: int) -> float:
    """A middle name and a second family name are left out often, half a line is not."""
    return count * _MISSING_BITS + max(count - 2, 0) * 2 * _MISSING_BITS


def _agreement(one: Word, other: Word) -> Agreement | None:
    short, long = sorted((one.text, other.text), key=len)
    if short == long:
        return Agreement.SAME
    if len(short) == 1:
        return Agreement.INITIAL if long.startswith(short) else None
    if one.plain == other.plain:
        return Agreement.SPELLING
    if one.entries & other.entries:
        return Agreement.SHORT_FORM
    if one.entries and other.entries:
        return None  # Maria and Mario, Anna and Hanna: both are names, so neither is a slip of the pen
    distance = OSA.distance(short, long, score_cutoff=2)
    if distance == 1 and len(long) > 3:
        return Agreement.SLIP
    if distance == 2 and len(long) > 6:
        return Agreement.ALIKE
    if len(short) > 2 and long.startswith(short):
        return Agreement.BEGINNING
    if len(short) > 3 and one.sound == other.sound:
        return Agreement.SOUND
    if len(short) > 4 and JaroWinkler.similarity(short, long) >= 0.92:
        return Agreement.ALIKE
    return None
