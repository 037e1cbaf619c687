"""vCard properties: a line of bytes to its text in the right character set, its parameters and its parts."""

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from contacts.importers.text import decode_legacy, known_codec, resolve_entities
from contacts.importers.vcard_lines import Card

_BINARY = frozenset({"PHOTO", "X-MS-CARDPICTURE"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PREFERENCE = re.compile(r"\d{1,3}\Z")
# Words of a TYPE that tell nothing about what the owner calls the handle.
_NO_LABEL = frozenset({"internet", "pref", "voice", "text", "uri", "x400", "msg", "video"})
# The bare words of vCard 2.1 that are types; others stand there for anything.
_BARE_TYPES = frozenset({"home", "work", "cell", "mobile", "fax", "pager", "car", "isdn", "main", "other", "pref"})
_APPLE_LABEL = re.compile(r"_\$!<(.*)>!\$_\Z", re.DOTALL)
# Legacy sets in which two bytes may by chance be good UTF-8; the other declared ones yield to good UTF-8.
_MULTIBYTE = frozenset({"cp932", "euc-jp", "gb18030", "big5", "cp949", "iso2022-jp"})


@dataclass(frozen=True, slots=True)
class Property:
    """One property with its value as text, still escaped."""

    name: str
    group: str
    types: tuple[str, ...]
    """The words of TYPE and the bare ones of vCard 2.1, lower case."""
    preference: int
    """1 is the most preferred, 101 is no word about it (PREF of RFC 6350)."""
    value: str

    @property
    def text(self) -> str:
        """The value as one piece of text."""
        return unescape(self.value)

    @property
    def label(self) -> str:
        """The types that say something: "work", "home fax"."""
        return " ".join(dict.fromkeys(kind for kind in self.types if kind not in _NO_LABEL and kind[:2] != "x-"))

    def lists(self) -> list[str]:
        """The components of a structured value, unescaped; the commas that part several values became spaces."""
        if "," not in self.value:
            return self.parts()
        return [
            " ".join(unescape(word).strip() for word in split(component, ",")) for component in split(self.value, ";")
        ]

    def parts(self, separator: str = ";") -> list[str]:
        """The components of a structured value, unescaped."""
        if "\\" not in self.value:
            return self.value.split(separator)
        return [unescape(part) for part in split(self.value, separator)]


@dataclass(frozen=True, slots=True)
class _Parameters:
    types: tuple[str, ...]
    preference: int
    encoding: str
    codec: str | None


def properties(card: Card, fallback: str, *, is_literal: bool = False) -> Iterator[Property]:
    """The wanted properties of a card, photos left out.

    `fallback` is the character set of undeclared bytes that are not UTF-8; a literal card has no HTML entities.
    """
    for line in card.lines:
        if line.name in _BINARY:
            continue
        told = _NONE
        if line.params:
            told = _known_parameters(line.params) if len(line.params) < 200 else _read_parameters(line.params)
        value = _decode(line.value, told.encoding, told.codec, fallback)
        if "&" in value and not is_literal:
            value = resolve_entities(value)
        yield Property(line.name, line.group, told.types, told.preference, value)


def card_charset(card: Card) -> str | None:
    """The first legacy character set that a card declares anywhere: phones declare it once and use it throughout."""
    for name in card.charsets:
        codec = known_codec(name)
        if codec not in (None, "utf-8", "ascii"):
            return codec
    return None


def apple_label(raw: str) -> str:
    """A label of Apple's own, `_$!<HomePage>!$_`, without its wrapping and in lower case; any other one as it is."""
    found = _APPLE_LABEL.match(raw.strip())
    return found[1].lower() if found else raw.strip()


def unescape(value: str) -> str:
    r"""`\n` to a line end, `\,` `\;` `\:` `\\` to the character itself."""
    if "\\" not in value:
        return value
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def split(value: str, separator: str) -> list[str]:
    """Split at unescaped separators, in linear time."""
    if "\\" not in value:
        return value.split(separator)
    parts: list[list[str]] = [[]]
    for piece in re.findall(rf"\\.|{separator}|[^\\{separator}]+|\\", value, re.DOTALL):
        if piece == separator:
            parts.append([])
        else:
            parts[-1].append(piece)
    return ["".join(part) for part in parts]


_NONE = _Parameters((), 101, "", None)


def _read_parameters(params: bytes) -> _Parameters:
    types: list[str] = []
    preference = 101
    encoding = charset = ""
    for name, value in _parameters(params.decode("ascii", "replace")):
        if name == "CHARSET":
            charset = value
        elif name == "ENCODING" or value.upper() in ("QUOTED-PRINTABLE", "BASE64"):
            encoding = value.upper()
        elif name == "PREF" and _PREFERENCE.match(value):
            preference = max(1, min(int(value), 100))
        elif name == "TYPE" or (not name and value.lower() in _BARE_TYPES):
            words = [word.strip().lower() for word in value.split(",")]
            types += [word for word in words if word]
    if "pref" in types:
        preference = min(preference, 1)
    return _Parameters(tuple(types), preference, encoding, known_codec(charset))


_known_parameters = lru_cache(maxsize=1024)(_read_parameters)


def _parameters(params: str) -> Iterator[tuple[str, str]]:
    """(name, value) of each parameter; the name is upper case, and empty for the bare words of vCard 2.1."""
    quoted = params.split('"')
    if len(quoted) > 1:
        # A semicolon within quotes does not part parameters; what the quotes hold matters to Kith only for TYPE.
        quoted[1::2] = [part.replace(";", ",") for part in quoted[1::2]]
        params = "".join(quoted)
    for part in params.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            yield name.strip().upper(), value.strip()
        elif name.strip():
            yield "", name.strip()


def _decode(raw: bytes, encoding: str, codec: str | None, fallback: str) -> str:
    if encoding == "QUOTED-PRINTABLE":
        raw = quopri.decodestring(raw)
    elif encoding in ("BASE64", "B"):
        try:
            raw = base64.b64decode(b"".join(raw.split()), validate=True)
        except (binascii.Error, ValueError):
            return ""
    try:
        if codec in _MULTIBYTE and not (raw.isascii() and codec != "iso2022-jp"):
            return raw.decode(codec or fallback)
        # Files are often rewritten in UTF-8 by some program that leaves the declaration of the old set in place.
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return decode_legacy(raw, codec if codec and codec not in ("utf-8", "ascii") else fallback)
