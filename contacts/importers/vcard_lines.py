"""vCard files taken apart: bytes in, cards with their unfolded property lines out, in linear time and bounded memory.

This is the repairing half of the vCard reader; it knows fences, folds and limits, and nothing of what a property means.
It does not go through vobject: its line pattern takes exponential time on `TEL;A,a,a,a,…"`, it raises on the first odd
line of a file, and real exports are full of odd lines. The tests hold both against each other on the cards both read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from contacts.importers.text import wide_encoding

MAX_CARD_TEXT: Final = 1_000_000
"""Bytes of one card, photos and other binary properties left out."""
MAX_PROPERTIES: Final = 10_000
"""Wanted properties of one card; a large group has one for each member."""
MAX_NESTING: Final = 8
"""Cards inside cards (AGENT)."""
MAX_LINES: Final = 2_000_000
"""Lines of one file."""

_WANTED_NAMES = """
ADR BDAY CATEGORIES EMAIL FN KIND N NICKNAME NOTE MEMBER ORG ROLE SOCIALPROFILE TEL TITLE UID URL VERSION
X-ABLABEL X-ADDRESSBOOKSERVER-KIND X-ADDRESSBOOKSERVER-MEMBER X-ANDROID-CUSTOM X-LINKEDIN X-SOCIALPROFILE
"""
WANTED: Final = frozenset(_WANTED_NAMES.split())
"""The properties that are kept; all others are passed over without being stored."""
_BINARY = frozenset({"PHOTO", "LOGO", "SOUND", "KEY", "X-MS-CARDPICTURE"})
# Without a colon these are properties with an empty value (old Evolution wrote so), not the rest of the line before.
_BARE = WANTED | {"LABEL"}

_FENCE = re.compile(rb"(BEGIN|END)[ \t]*:[ \t]*VCARD[ \t]*\Z", re.IGNORECASE)
_AGENT = re.compile(rb"AGENT(?:;[^:]*)?:[ \t]*(BEGIN[ \t]*:[ \t]*VCARD[ \t]*)?\Z", re.IGNORECASE)
_HEADER = re.compile(rb"(?:([A-Za-z0-9_-]{1,60})\.)?([A-Za-z0-9_-]{1,80})[ \t]*(;.*)?\Z", re.DOTALL)
_CHARSET = re.compile(rb"CHARSET=\"?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)


class TooManyLines(ValueError):
    """The file has more than MAX_LINES lines."""


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
    _size: int = 0
    _current: Line | None = None
    _is_binary: bool = False
    _is_quoted: bool = False
    _is_soft: bool = False
    _keeps_fold: bool = False

    def take(self, raw: bytes) -> None:
        """Take the next physical line, without its line end."""
        if self.fault:
            return
        is_fold = raw[:1] in (b" ", b"\t")
        if not raw.strip():
            self._is_soft = False
        elif self._is_soft:
            self._count(raw)
            self._append(raw)
        elif is_fold:
            if self._is_binary:
                return
            self._count(raw)
            # vCard 2.1 folds before a space that belongs to the value; later versions put the space in.
            self._append(raw if self._keeps_fold else raw[1:])
        else:
            self._property(raw)

    def take_nested(self, raw: bytes) -> None:
        """Take a line of a card within this card: it counts, and is not read."""
        self._current, self._is_binary, self._is_soft = None, False, False
        self._count(raw)

    def fail(self, reason: str) -> None:
        """Give the card up, and let go of what it holds."""
        self.fault, self._current = reason, None
        self.lines.clear()

    def drop_last(self) -> None:
        """Forget the last property: the file was cut off within it."""
        if self._current is not None:
            self.lines.pop()

    def _count(self, raw: bytes) -> None:
        self._size += len(raw) + 1
        if self._size > MAX_CARD_TEXT:
            self.fail("more than 1 MB of text in one card")

    def _append(self, raw: bytes) -> None:
        if self._is_quoted:
            raw, self._is_soft = _soft(raw)
        if self._current is not None:
            self._current.parts.append(raw)

    def _property(self, raw: bytes) -> None:
        colon = _colon(raw)
        found = _HEADER.match(raw if colon < 0 else raw[:colon])
        name = found[2].decode("ascii").upper().replace("_", "-") if found else ""
        if found is None or (colon < 0 and name not in _BARE):
            # No property looks like this: the value above goes on without having been folded.
            if not self._is_binary:
                self._count(raw)
                self._append(b"\n" + raw)
            return
        params = found[3] or b""
        self._is_binary = name in _BINARY
        if not self._is_binary:
            self._count(raw)
        value = b"" if colon < 0 else raw[colon + 1 :]
        self._is_quoted = b"QUOTED-PRINTABLE" in params.upper()
        self._is_soft = False
        if self._is_quoted:
            value, self._is_soft = _soft(value)
        charset = _CHARSET.search(params)
        if charset and len(self.charsets) < 20:
            self.charsets.append(charset[1].decode("ascii"))
        self._current = None
        if name in WANTED and len(self.lines) >= MAX_PROPERTIES:
            self.fail(f"more than {MAX_PROPERTIES:,} properties in one card")
        if name in WANTED and not self.fault:
            self._current = Line(name, (found[1] or b"").decode("ascii").lower(), params, [value])
            self.lines.append(self._current)
            if name == "VERSION":
                self._keeps_fold = value.strip().startswith(b"2.")


def cards(data: bytes) -> Iterator[Card]:
    """Every card of a file in its order, each at most MAX_CARD_TEXT; the rest of the file is passed over.

    A card without an END ends where the next begins, or at the end of the file. Only an AGENT property opens a card
    within a card. Raises TooManyLines.
    """
    card: Card | None = None
    depth, is_agent = 0, False
    for number, raw in physical_lines(data):
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
        if not data.endswith((b"\n", b"\r", b"\n\0", b"\r\0")):
            card.drop_last()
        yield card


def physical_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of each line, in UTF-8 where the file was UTF-16 or UTF-32, without its line end.

    Ends of LF, CR LF, CR, and CR CR LF are understood. A line longer than any card may be is cut. Raises TooManyLines.
    """
    wide = wide_encoding(data)
    if wide:
        data = data.decode(wide, "replace").encode("utf-8", "replace")
    is_mac = data.count(b"\r") > 10 * data.count(b"\n")
    end, other = (b"\r", b"\n") if is_mac else (b"\n", b"\r")
    start, number = 0, 0
    while start < len(data):
        stop = data.find(end, start)
        if stop < 0:
            stop = len(data)
        line = data[start : min(stop, start + MAX_CARD_TEXT + 1)].strip(b"\r\n")
        start = stop + 1
        for piece in line.split(other) if other in line else (line,):
            number += 1
            if number > MAX_LINES:
                raise TooManyLines
            yield number, piece.removeprefix(b"\xef\xbb\xbf")


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
