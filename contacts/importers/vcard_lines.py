"""vCard files taken apart: bytes in, cards with their unfolded property lines out, in linear time and bounded memory.

This is the repairing half of the vCard reader; it knows fences, folds and limits, and nothing of what a property means.
It does not go through vobject: its line pattern takes exponential time on `TEL;A,a,a,a,…"`, it raises on the first odd
line of a file, and real exports are full of odd lines. The tests hold both against each other on the cards both read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from contacts.importers.lines import TooManyLines, physical_lines
from contacts.importers.records import MAX_PHOTO
from contacts.importers.sources import Source

MAX_CARD_TEXT: Final = 1_000_000
"""Bytes of one card, photos and other binary properties left out."""
MAX_PROPERTIES: Final = 10_000
"""Wanted properties of one card; a large group has one for each member."""
MAX_NESTING: Final = 8
"""Cards inside cards (AGENT)."""
MAX_LINES: Final = 2_000_000
"""Lines of one file."""

_WANTED_NAMES = """
ADR ANNIVERSARY BDAY CATEGORIES DEATHDATE EMAIL EXPERTISE FN GENDER HOBBY IMPP INTEREST KIND LANG MEMBER N NICKNAME
NOTE ORG PHOTO PRODID PRONOUNS RELATED REV ROLE SOCIALPROFILE TEL TITLE UID URL VERSION X-MS-CARDPICTURE
"""
WANTED: Final = frozenset(_WANTED_NAMES.split())
"""The properties that are kept, with those that begin with X-; all others are passed over without being stored."""
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"})
_PHOTOS = frozenset({"PHOTO", "X-MS-CARDPICTURE"})
_MAX_PHOTOS = 3
# Without a colon these are properties with an empty value (old Evolution wrote so), not the rest of the line before.
_BARE = WANTED | {"LABEL"}
_STRUCTURE = frozenset({"BEGIN", "END", "AGENT"})

# A property whose parameters have no quotes; its head ends at the first colon.
_PLAIN = re.compile(rb"(?:([A-Za-z0-9_-]{1,60})\.)?([A-Za-z0-9_-]{1,80})(;[^\":\n]*)?:")
_FENCE = re.compile(rb"(BEGIN|END)[ \t]*:[ \t]*VCARD[ \t]*\Z", re.IGNORECASE)
_AGENT = re.compile(rb"AGENT(?:;[^:]*)?:[ \t]*(BEGIN[ \t]*:[ \t]*VCARD[ \t]*)?\Z", re.IGNORECASE)
_AGENT_NAME = re.compile(rb"FN(?:;[^:]*)?:(.{1,300})", re.IGNORECASE)
_HEADER = re.compile(rb"(?:([A-Za-z0-9_-]{1,60})\.)?([A-Za-z0-9_-]{1,80})[ \t]*(;.*)?\Z", re.DOTALL)
_CHARSET = re.compile(rb"CHARSET=\"?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)

__all__ = ["MAX_CARD_TEXT", "MAX_LINES", "MAX_NESTING", "MAX_PROPERTIES", "WANTED", "Card", "Line", "cards"]


@dataclass(slots=True)
class Line:
    """One property, unfolded: upper-case name, lower-case group, parameters and value as written, in bytes."""

    name: str
    group: str
    params: bytes
    parts: list[bytes]

    @property
    def value(self) -> bytes:
        """The value; soft line breaks of quoted-printable are gone, its escapes are not."""
        return b"".join(self.parts)


@dataclass(slots=True)
class Card:
    """A card from its BEGIN to its END, or to where the next one begins. `fault` says why it must be skipped."""

    line: int
    lines: list[Line] = field(default_factory=list)
    charsets: list[str] = field(default_factory=list)
    """The character sets that its lines declare, the passed-over lines too."""
    fault: str = ""
    agents: list[bytes] = field(default_factory=list)
    """The names on the cards within this card."""
    large_photos: int = 0
    """Photos that were let go."""
    _size: int = 0
    _current: Line | None = None
    _photo_size: int = 0
    _is_binary: bool = False
    _is_quoted: bool = False
    _is_soft: bool = False
    _keeps_fold: bool = False

    def take(self, raw: bytes) -> None:
        """Take the next physical line, without its line end."""
        if self.fault:
            return
        if not raw.strip() and (len(raw) < 2 or self._is_soft or self._is_binary):
            self._is_soft = False
        elif self._is_soft:
            self._count(raw)
            self._append(raw)
        elif raw[:1] in (b" ", b"\t"):
            if self._is_binary:
                self._append_photo(raw)
                return
            self._count(raw)
            # vCard 2.1 folds before a space that belongs to the value; later versions put the space in.
            self._append(raw if self._keeps_fold else raw[1:])
        else:
            self._property(raw)

    def take_nested(self, raw: bytes) -> None:
        """Take a line of a card within this card: it counts, and nothing but the name is read."""
        self._current, self._is_binary, self._is_soft = None, False, False
        self._count(raw)
        if len(self.agents) < MAX_NESTING and (found := _AGENT_NAME.match(raw)) and not self.fault:
            self.agents.append(found[1])

    def fail(self, reason: str) -> None:
        """Give the card up, and let go of what it holds."""
        self.fault, self._current = reason, None
        self.lines.clear()

    def drop_last(self) -> None:
        """Forget the last property: the file was cut off within it."""
        if self._current is not None:
            self.lines.pop()

    @property
    def is_soft(self) -> bool:
        """Whether the line before ended in a soft break, so that the next belongs to it whatever it looks like."""
        return self._is_soft

    def take_property(self, name: str, group: bytes | None, params: bytes, value: bytes) -> None:
        """Take a property that was told apart already."""
        self._is_binary = name in _BINARY
        if not self._is_binary:
            self._size += len(params) + len(value) + 10
            if self._size > MAX_CARD_TEXT:
                self.fail("more than 1 MB of text in one card")
        self._is_quoted = self._is_soft = False
        if params:
            self._is_quoted, charset = _facts(params) if len(params) < 200 else _read_facts(params)
            if charset and len(self.charsets) < 20:
                self.charsets.append(charset)
        if self._is_quoted:
            value, self._is_soft = _soft(value)
        self._current = None
        if self.fault or not (name in WANTED or name[:2] == "X-"):
            return
        if len(self.lines) >= MAX_PROPERTIES:
            self.fail(f"more than {MAX_PROPERTIES:,} properties in one card")
            return
        if self._is_binary:
            self._photo_size = 0
            if sum(line.name in _PHOTOS for line in self.lines) >= _MAX_PHOTOS:
                return
        line = Line(name, group.decode("ascii").lower() if group else "", params, [value])
        self._current = line
        self.lines.append(line)
        if self._is_binary:
            self._bound_photo(value)
        elif name == "VERSION":
            self._keeps_fold = value.strip().startswith(b"2.")

    def _count(self, raw: bytes) -> None:
        self._size += len(raw) + 1
        if self._size > MAX_CARD_TEXT:
            self.fail("more than 1 MB of text in one card")

    def _append(self, raw: bytes) -> None:
        if self._is_quoted:
            raw, self._is_soft = _soft(raw)
        if self._current is not None:
            self._current.parts.append(raw)

    def _append_photo(self, raw: bytes) -> None:
        if self._current is not None:
            self._current.parts.append(raw.strip())
            self._bound_photo(raw)

    def _bound_photo(self, raw: bytes) -> None:
        self._photo_size += len(raw)
        # Folds and the head of a data address take a little room as well.
        if self._photo_size > MAX_PHOTO * 1.1 + 200:
            self.drop_last()
            self._current = None
            self.large_photos += 1

    def _property(self, raw: bytes) -> None:
        colon = _colon(raw)
        found = _HEADER.match(raw if colon < 0 else raw[:colon])
        name = _name(found[2]) if found else ""
        if found is None or (colon < 0 and name not in _BARE):
            # No property looks like this: the value above goes on without having been folded.
            if self._is_binary:
                self._append_photo(raw)
            else:
                self._count(raw)
                self._append(b"\n" + raw)
            return
        self.take_property(name, found[1], found[3] or b"", b"" if colon < 0 else raw[colon + 1 :])


def cards(source: Source) -> Iterator[Card]:
    """Every card of a file in its order, each at most MAX_CARD_TEXT; the rest of the file is passed over.

    A card without an END ends where the next begins, or at the end of the file. Only an AGENT property opens a card
    within a card. Raises TooManyLines.
    """
    card: Card | None = None
    depth, is_agent = 0, False
    for number, raw in physical_lines(source, longest=MAX_CARD_TEXT + 1):
        if number > MAX_LINES:
            raise TooManyLines
        if (
            card is not None
            and not (depth or is_agent or card.is_soft)
            and (plain := _PLAIN.match(raw))
            and (name := _name(plain[2])) not in _STRUCTURE
        ):
            # What most lines are.
            if not card.fault:
                card.take_property(name, plain[1], plain[3] or b"", raw[plain.end() :])
            continue
        fence = _FENCE.match(raw if card else raw.strip()) if b":" in raw[:12] else None
        if fence and fence[1].upper() == b"BEGIN":
            if card is not None and is_agent:
                depth += 1
            else:
                if card is not None:
                    yield card
                card, depth = Card(number), 0
            is_agent = False
        elif card is None:
            continue
        elif fence:
            if depth:
                depth -= 1
            else:
                yield card
                card = None
            is_agent = False
        elif agent := _AGENT.match(raw):
            depth += bool(agent[1])
            is_agent = not agent[1]
            card.take_nested(raw)
        elif depth:
            is_agent = is_agent and not raw.strip()
            card.take_nested(raw)
        else:
            is_agent = is_agent and not raw.strip()
            card.take(raw)
        if depth > MAX_NESTING and card is not None:
            card.fail(f"cards within cards, more than {MAX_NESTING} deep")
    if card is not None:
        if not source.tail(4).endswith((b"\n", b"\r", b"\n\0", b"\r\0")):
            card.drop_last()
        yield card


@lru_cache(maxsize=1024)
def _name(raw: bytes) -> str:
    return raw.decode("ascii").upper().replace("_", "-")


def _read_facts(params: bytes) -> tuple[bool, str]:
    """Whether the value is quoted-printable, and its declared character set or nothing."""
    charset = _CHARSET.search(params)
    return b"QUOTED-PRINTABLE" in params.upper(), charset[1].decode("ascii") if charset else ""


_facts = lru_cache(maxsize=1024)(_read_facts)


def _soft(value: bytes) -> tuple[bytes, bool]:
    """A quoted-printable line without its soft line break, and whether it had one."""
    bare = value.rstrip(b" \t")
    return (bare[:-1], True) if bare.endswith(b"=") else (value, False)


def _colon(raw: bytes) -> int:
    """Where the value begins: the first colon outside double quotes; -1 where there is none."""
    colon = raw.find(b":")
    quote = raw.find(b'"', 0, max(colon, 0))
    if quote < 0:
        return colon
    is_quoted = False
    for at, byte in enumerate(raw):
        if byte == 0x22:
            is_quoted = not is_quoted
        elif byte == 0x3A and not is_quoted:
            return at
    # The quotes do not match, so they mean nothing.
    return colon
