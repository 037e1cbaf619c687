"""Cards as the comparison sees them: what is on them, folded and taken apart once."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

import jellyfish

from contacts.likeness.nicknames import entries_of
from contacts.words import fold

MOST_WORDS: Final = 6
"""Words of a name that are looked at; what has more is a firm or a sentence."""

_INSIDE = re.compile(r"(?<=\w)['’`‐-](?=\w)")
_WORD = re.compile(r"[^\W_]+")
_TITLE_WORDS: Final = """
    mr mrs ms miss mx sir dame dr prof professor herr frau mag ing dipl phd md mba msc bsc esq hon rev sr sra srta dott
    dottssa mme mlle ir drs doc mudr judr
"""
_TITLES: Final = frozenset(_TITLE_WORDS.split())
_PARTICLE_WORDS: Final = """
    van von der den de del della di da das do dos du la le el al bin ibn ter ten zu zur y e und af av
"""
_PARTICLES: Final = frozenset(_PARTICLE_WORDS.split())
_GENERATIONS: Final = {
    **dict.fromkeys(("jr", "junior", "filho", "ii", "2nd"), "junior"),
    **dict.fromkeys(("senior", "pai", "1st"), "senior"),
    **dict.fromkeys(("iii", "neto", "3rd"), "third"),
}
_DIGRAPHS: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"), ("ss", "s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card. `key` names it. Everything but the name may be missing.

    `emails`, `phones`, `pages` (LinkedIn) and `urls` are normalised as handles are; `desks` are addresses of nobody in
    particular (info@…). `birthday` is (year or None, month, day). `address` is a street address, where one is known.
    """

    key: Hashable
    name: str
    nickname: str = ""
    emails: Sequence[str] = ()
    desks: Sequence[str] = ()
    phones: Sequence[str] = ()
    pages: Sequence[str] = ()
    urls: Sequence[str] = ()
    organisation: str = ""
    role: str = ""
    place: str = ""
    address: str = ""
    birthday: tuple[int | None, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name: folded, as it sounds, without German digraphs, and where the table of nicknames has it."""

    text: str
    written: str
    sound: str
    plain: str
    entries: frozenset[int]


@dataclass(slots=True)
class Prepared:
    """A card taken apart. `words` without titles and particles; `generation` is "", "junior", "senior" or "third"."""

    card: Card
    words: tuple[Word, ...]
    called: tuple[Word, ...]
    generation: str
    folded: str
    organisation: str
    role: str
    place: str
    address: str
    locals: tuple[str, ...] = field(default=())

    @property
    def key(self) -> Hashable:
        """Names the card."""
        return self.card.key


class Preparing:
    """Takes cards apart; a word that many cards have is looked at once."""

    def __init__(self) -> None:
        self._words: dict[str, Word] = {}

    def prepare(self, card: Card) -> Prepared:
        """The card, taken apart."""
        is_address = "@" in card.name
        pieces = [] if is_address else _pieces(card.name)
        generation = next((_GENERATIONS[text] for text, _ in pieces[1:] if text in _GENERATIONS), "")
        kept = [piece for piece in pieces if piece[0] not in _TITLES]
        # In the middle of a name only: Van Morrison and Ana Do are called so.
        kept = [
            (text, written)
            for index, (text, written) in enumerate(kept)
            if not (0 < index < len(kept) - 1 and text in _PARTICLES) and not (index and text in _GENERATIONS)
        ]
        return Prepared(
            card=card,
            words=tuple(self._word(*piece) for piece in (kept or pieces)[:MOST_WORDS]),
            called=tuple(self._word(*piece) for piece in _pieces(card.nickname)[:2]),
            generation=generation,
            folded=" ".join(sorted(text for text, _ in kept or pieces)),
            organisation=_bare(card.organisation),
            role=fold(card.role),
            place=_bare(card.place),
            address=_bare(card.address),
            locals=tuple({_local(email) for email in card.emails} - {""}),
        )

    def _word(self, text: str, written: str) -> Word:
        word = self._words.get(text)
        if word is None:
            word = self._words[text] = Word(text, written, _sound(text), _plain(text), entries_of(text))
        return word


def _pieces(name: str) -> list[tuple[str, str]]:
    """The words of a name, each (folded, as written)."""
    # Inside a word: O'Brien and Obrien are one name, and Mei-ling is no rarer for being written as two.
    joined = _INSIDE.sub("", name)
    return [(fold(written), written) for written in _WORD.findall(joined) if fold(written)]


def _sound(text: str) -> str:
    """As it sounds in English, which is rough for other languages; other scripts sound as they are written."""
    if len(text) < 2 or not text.isascii() or not text.isalpha():
        return text
    return jellyfish.metaphone(text) or text


def _plain(text: str) -> str:
    for two, one in _DIGRAPHS:
        text = text.replace(two, one)
    return text


def _bare(text: str) -> str:
    return " ".join(_WORD.findall(fold(text)))


def _local(email: str) -> str:
    """What stands before the @, without what comes after a plus; nothing where it is too short to tell anybody."""
    local = email.rpartition("@")[0].partition("+")[0].replace(".", "").replace("_", "").replace("-", "")
    return local if len(local) > 4 else ""
