"""Quick add: one line that somebody types, read into the fields of a card.

"Ana Silva, editor at Aperture ana@example.org, Lisbon #photo". What is read is shown for confirmation and never
saved by itself, so a guess may be wrong, but nothing typed may be lost: what fits nowhere becomes a note.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from contacts.services.handles import HandleInput, guess_kind
from contacts.words import one_line

MAX_LINE: Final = 1000

_TAG = re.compile(r"(?:^|(?<=\s))#([\w-]{1,60})")
_PIECES = re.compile(r"[,;|]|\s[–—-]\s")
_AT = re.compile(r"\s+(?:at|@|bei|chez|en|presso|with)\s+", re.IGNORECASE)
_IN = re.compile(r"^(?:in|from|lives in|based in|aus|de)\s+(?=\S)", re.IGNORECASE)
_STORY = re.compile(r"(?:knows|friend of|works|likes|has|is|was)\b", re.IGNORECASE)
_MET = re.compile(r"met\b", re.IGNORECASE)
_THROUGH = re.compile(r"(?:met |known )?(?:through|via|introduced by)\s+(?=\S)", re.IGNORECASE)
_NEEDS = re.compile(r"(?:needs|looking for|looks for|wants)\s+(?=\S)", re.IGNORECASE)
_OFFERS = re.compile(r"(?:offers|can offer|can give|can help with|helps with)\s+(?=\S)", re.IGNORECASE)
_TIE = re.compile(
    r"(?:friends?|colleagues?|family|client|customer|neighbou?r|mentor|classmate|relative)", re.IGNORECASE
)
# Small words that stand in lower case in the middle of a name.
_PARTICLE = re.compile(
    r"(?:al|ap|bin|bint|d[aeiou]|das|dal|de[gl]li|dei|dell?a?|de[nrs]|dos|e|el|ibn|l[aeo]s?|st|ten?|ter|und|v[ao]n|vom"
    r"|y|zu[mr]?)"
)
_NUMBER = re.compile(r"\+?\(?\d[\d\s()./-]{5,}\d")


@dataclass(slots=True)
class QuickCard:
    """What a line was read as; "" and [] where it says nothing."""

    full_name: str = ""
    role: str = ""
    organisation: str = ""
    place: str = ""
    how_met: str = ""
    through: str = ""
    notes: str = ""
    tags: list[str] = field(default_factory=list)
    tie_kinds: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    handles: list[HandleInput] = field(default_factory=list)


def read_line(line: str, *, country: str | None) -> QuickCard:
    """Read one line, of any text at all. `country` (ISO 3166 alpha-2) is where numbers without +… are dialled from."""
    card = QuickCard()
    text = one_line(line)[:MAX_LINE]
    for match in _TAG.finditer(text):
        if match[1] not in card.tags:
            card.tags.append(match[1])
    text = _TAG.sub(" ", text)
    text = _take_handles(card, text, country)
    pieces = [piece for piece in (one_line(piece) for piece in _PIECES.split(text)) if piece]
    if not pieces:
        return card
    card.full_name, *rest = _split_name(pieces)
    card.full_name, card.role = _split_role(card.full_name)
    left = [piece for piece in rest if not _take_piece(card, piece)]
    plain = [piece for piece in left if not _STORY.match(piece)]
    for piece in left:
        if piece not in plain:
            card.notes = f"{card.notes}, {piece}" if card.notes else piece
        elif not card.role and _is_role(piece, is_alone=len(plain) == 1, has_organisation=bool(card.organisation)):
            card.role = piece
        elif not card.organisation:
            card.organisation = piece
        elif not card.place:
            card.place = piece
        else:
            card.notes = f"{card.notes}, {piece}" if card.notes else piece
    return card


def _is_role(piece: str, *, is_alone: bool, has_organisation: bool) -> bool:
    """Roles stand before organisations, and are mostly written small; a single capital word is rather an employer."""
    return piece[:1].islower() or not (has_organisation or (is_alone and piece[:1].isupper()))


def _take_handles(card: QuickCard, text: str, country: str | None) -> str:
    """Take addresses, pages and numbers out of the text; what is left of it."""
    kept = []
    for word in text.split(" "):
        bare = word.strip("<>()[],;|\"'")
        looks_like_one = "@" in bare.strip("@") or "://" in bare or bare.startswith("www.") or "linkedin.com/" in bare
        kind = guess_kind(bare, country) if looks_like_one else None
        if kind is None:
            kept.append(word)
            continue
        card.handles.append(HandleInput(kind, bare))
        kept.append(",")  # What stands on either side of an address is not one phrase.
    text = " ".join(kept)

    def take_number(match: re.Match[str]) -> str:
        kind = guess_kind(match[0], country)
        if kind is None:
            return match[0]
        card.handles.append(HandleInput(kind, match[0]))
        return " , "

    return _NUMBER.sub(take_number, text)


def _split_name(pieces: list[str]) -> list[str]:
    """The first piece is the name, unless it goes on: "Ana Silva at Aperture"."""
    name = _AT.split(pieces[0], maxsplit=1)
    if len(name) == 2 and all(name):
        return [name[0], f" at {name[1]}", *pieces[1:]]
    return pieces


def _split_role(name: str) -> tuple[str, str]:
    """ "Ana Costa photo editor" is a name and what she does; "Ana von der Heide" and "ana costa" are names."""
    words = name.split(" ")
    at = len(words)
    while at and words[at - 1][:1].islower() and not _PARTICLE.fullmatch(words[at - 1]):
        at -= 1
    if at < 1 or at == len(words) or not any(word[:1].isupper() for word in words[:at]):
        return name, ""
    return " ".join(words[:at]), " ".join(words[at:])


def _take_piece(card: QuickCard, piece: str) -> bool:
    """Understand "editor at Aperture", "in Lisbon", "friend", "needs a studio", "through Ben"; whether it was such."""
    if _take_marked(card, piece):
        return True
    if _STORY.match(piece):
        return False
    halves = _AT.split(f" {piece}" if piece[:3].lower() in ("at ", "@ ") else piece, maxsplit=1)
    if len(halves) == 2 and halves[1] and not card.organisation and not (halves[0].strip() and card.role):
        card.role = card.role or halves[0].strip()
        card.organisation = halves[1].strip()
        return True
    if _IN.match(piece) and not card.place:
        card.place = _IN.sub("", piece)
        return True
    return False


def _take_marked(card: QuickCard, piece: str) -> bool:
    """What says itself what it is."""
    if _TIE.fullmatch(piece):
        card.tie_kinds.append(piece.casefold())
    elif _NEEDS.match(piece):
        card.needs.append(_NEEDS.sub("", piece, count=1))
    elif _OFFERS.match(piece):
        card.offers.append(_OFFERS.sub("", piece, count=1))
    elif _THROUGH.match(piece) and not card.through:
        card.through = _THROUGH.sub("", piece, count=1)
    elif _MET.match(piece) and not card.how_met:
        card.how_met = piece
    else:
        return False
    return True
