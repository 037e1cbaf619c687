"""Quick add: one line that somebody types, read into the fields of a card.

"Ana Silva, editor at Aperture, Lisbon, ana@example.org #photo". What is read is shown for confirmation and never
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
_STORY = re.compile(r"(?:met|knows|friend of|introduced|works|wants|likes|has|is|was)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\(?\d[\d\s()./-]{5,}\d")


@dataclass(slots=True)
class QuickCard:
    """What a line was read as; "" and [] where it says nothing."""

    full_name: str = ""
    role: str = ""
    organisation: str = ""
    place: str = ""
    notes: str = ""
    tags: list[str] = field(default_factory=list)
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
    left = [piece for piece in rest if not _take_piece(card, piece)]
    plain = [piece for piece in left if not _STORY.match(piece)]
    for piece in left:
        if piece not in plain:
            card.notes = f"{card.notes}, {piece}" if card.notes else piece
        elif not card.role and not (card.organisation or (len(plain) == 1 and piece[:1].isupper())):
            card.role = piece
        elif not card.organisation:
            card.organisation = piece
        elif not card.place:
            card.place = piece
        else:
            card.notes = f"{card.notes}, {piece}" if card.notes else piece
    return card


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
        before, after = word.split(bare, 1)
        kept.append("".join(char for char in before + after if char in ",;|"))
    text = " ".join(kept)

    def take_number(match: re.Match[str]) -> str:
        kind = guess_kind(match[0], country)
        if kind is None:
            return match[0]
        card.handles.append(HandleInput(kind, match[0]))
        return " "

    return _NUMBER.sub(take_number, text)


def _split_name(pieces: list[str]) -> list[str]:
    """The first piece is the name, unless it goes on: "Ana Silva at Aperture"."""
    name = _AT.split(pieces[0], maxsplit=1)
    if len(name) == 2 and all(name):
        return [name[0], f" at {name[1]}", *pieces[1:]]
    return pieces


def _take_piece(card: QuickCard, piece: str) -> bool:
    """Understand "editor at Aperture", "at Aperture" and "in Lisbon"; whether it was one of them."""
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
