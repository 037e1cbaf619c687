"""Text out of foreign files: the encoding is found, not asked, and every field is cleaned and bounded."""

import codecs
import html
import re
import unicodedata
from typing import Final

from contacts.importers.sources import Source

# Only character sets that decode in linear time and without side effects: a card may name any codec that Python has,
# and some of them (punycode, unicode_escape) are traps.
_CODECS: Final = {
    "utf-8": ("utf8", "unicode-1-1-utf-8"),
    "ascii": ("us-ascii", "iso-ir-6", "ansi-x3.4-1968"),
    "cp1252": ("windows-1252", "iso-8859-1", "iso8859-1", "latin1", "latin-1", "ansi", "x-ansi"),
    "cp1250": ("windows-1250",),
    "cp1251": ("windows-1251",),
    "cp1253": ("windows-1253",),
    "cp1254": ("windows-1254", "iso-8859-9", "latin5"),
    "cp1255": ("windows-1255",),
    "cp1256": ("windows-1256",),
    "cp1257": ("windows-1257",),
    "cp1258": ("windows-1258",),
    "iso8859-2": ("iso-8859-2", "latin2"),
    "iso8859-3": ("iso-8859-3",),
    "iso8859-4": ("iso-8859-4",),
    "iso8859-5": ("iso-8859-5",),
    "iso8859-6": ("iso-8859-6",),
    "iso8859-7": ("iso-8859-7",),
    "iso8859-8": ("iso-8859-8", "iso-8859-8-i"),
    "iso8859-10": ("iso-8859-10",),
    "iso8859-13": ("iso-8859-13",),
    "iso8859-14": ("iso-8859-14",),
    "iso8859-15": ("iso-8859-15", "latin9"),
    "iso8859-16": ("iso-8859-16",),
    "cp932": ("shift-jis", "shift_jis", "sjis", "x-sjis", "windows-31j", "ms-kanji"),
    "euc-jp": ("x-euc-jp",),
    "iso2022-jp": ("iso-2022-jp",),
    "gb18030": ("gb2312", "gbk", "cp936", "windows-936"),
    "big5": ("big5-hkscs", "cp950"),
    "cp949": ("euc-kr", "ks-c-5601-1987", "windows-949"),
    "koi8-r": (),
    "koi8-u": (),
    "cp874": ("tis-620", "windows-874"),
    "cp437": (),
    "cp850": (),
    "cp866": (),
    "mac-roman": ("macintosh", "x-mac-roman"),
}
_CODEC_OF: Final = {alias: codec for codec, aliases in _CODECS.items() for alias in (codec, *aliases)}

_WIDE_MARKS: Final = (
    # UTF-32 first: its little-endian mark begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Control characters, lone surrogates (PostgreSQL refuses NUL and UTF-8 has no surrogates), byte order marks, and the
# marks that turn the reading direction of what follows: in a name they would rearrange the sentence around it.
_UNWANTED = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_SHIFT_JIS_PAIR = re.compile(rb"[\x81-\x9f\xe0-\xef][\x40-\x7e\x80-\xfc]")
_HIGH_RUN = re.compile(rb"[\xc0-\xff]+")
_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1f\x85\u2028\u2029]")
# In a vCard the semicolon of an entity may have been escaped as any other.
_ENTITY = re.compile(r"(&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30}))\\?;")


def known_codec(name: str) -> str | None:
    """Python's codec for a character set named in a file; None for one that is unknown or not trusted."""
    return _CODEC_OF.get(name.strip().strip("\"'").lower().replace("_", "-"))


def wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32, by its mark or by the zero bytes that plain letters have in it; else None."""
    for mark, encoding in _WIDE_MARKS:
        if data.startswith(mark):
            return encoding
    head = data[:256]
    half = len(head) // 2
    if half >= 4:
        if head[1::2].count(0) > half * 0.7 and head[::2].count(0) < half * 0.1:
            return "utf-16-le"
        if head[::2].count(0) > half * 0.7 and head[1::2].count(0) < half * 0.1:
            return "utf-16-be"
    return None


def decode_legacy(data: bytes, codec: str = "cp1252") -> str:
    """Bytes that are not UTF-8, in the given codec; undecodable ones become U+FFFD. Never fails.

    Windows-1252 leaves five bytes without a meaning; as Latin-1 they are control characters, and go.
    """
    if codec == "cp1252":
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            return data.decode("latin-1")
    return data.decode(codec, "replace")


def encoding_of(source: Source) -> str:
    """The encoding of a whole text file: by its mark, UTF-16 without one, UTF-8, else as `legacy_encoding` says.

    One look at every byte; nothing is held.
    """
    wide = wide_encoding(source.head(256))
    if wide:
        return wide
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in source.pieces():
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return legacy_encoding(source)
    return "utf-8-sig"


def legacy_encoding(source: Source) -> str:
    """The encoding of bytes that are not UTF-8: Shift JIS, Windows-1251, KOI8-R where they tell, else Windows-1252."""
    sample = b"\n".join(line for line in source.head(1_000_000).split(b"\n") if not line.isascii())[:100_000]
    pairs = _SHIFT_JIS_PAIR.findall(sample)
    if len(pairs) >= 4:
        common = sum(pair[0] < 0xA0 for pair in pairs)
        runs = sum(pair[1] >= 0x80 for pair in pairs)
        # In Western text the bytes 81 to 9F are rare, and a letter with an accent seldom has another beside it.
        if common >= 0.75 * len(pairs) and runs >= 0.2 * len(pairs) and _decodes(sample, "cp932"):
            return "cp932"
    words = _HIGH_RUN.findall(sample)
    letters = sum(map(len, words))
    if letters >= 12 and letters / len(words) >= 3.5:
        # Whole words of letters over C0: Cyrillic. Small letters are more; one set has them last, the other first.
        small = sum(byte >= 0xE0 for word in words for byte in word)
        return "cp1251" if small > letters / 2 else "koi8-r"
    return "cp1252"


def decode_with(data: bytes, encoding: str) -> str:
    """Bytes in the encoding that `encoding_of` found. Never fails."""
    if encoding == "cp1252":
        return decode_legacy(data.removeprefix(codecs.BOM_UTF8))
    return data.decode(encoding, "replace").removeprefix("\ufeff")


def _decodes(data: bytes, codec: str) -> bool:
    """Whether it does, but for a character that was cut in two at the end."""
    try:
        codecs.getincrementaldecoder(codec)().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def one_line(raw: str, limit: int) -> str:
    """A field of one line: control and direction characters gone, white space single, NFC.

    Cut at `limit` characters, so only for text where a part still tells something; see `whole` for the rest.
    """
    if len(raw) <= limit and _is_clean(raw):
        return raw.strip()
    # Cut again before NFC, which is slow on endless runs of combining marks.
    text = " ".join(_UNWANTED.sub("", raw[: limit * 8]).split())[: limit * 2]
    return unicodedata.normalize("NFC", text)[:limit].strip()


def whole(raw: str, limit: int) -> str:
    """A one-line field that is worthless when cut (an address, an identifier): "" where longer than `limit`."""
    if len(raw) <= limit and _is_clean(raw):
        return raw.strip()
    text = one_line(raw, limit + 1)
    return text if len(text) <= limit else ""


def plain_uid(raw: str, limit: int) -> str:
    """The identifier of a card without the wrappings that differ between the card and a group that names it."""
    return whole(raw, limit).removeprefix("urn:uuid:").removesuffix(":ABPerson")


def many_lines(raw: str, limit: int) -> str:
    """A field of many lines: as `one_line`, but with its lines kept, at most one of them empty in a row."""
    if len(raw) <= limit and _is_clean(raw):
        return raw.strip()
    text = _LINE_BREAK.sub("\n", raw[: limit * 4])
    text = _UNWANTED.sub("", text)
    text = re.sub(r"[ \t]+(?=\n)", "", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return text.strip()[:limit].rstrip()


def resolve_entities(text: str) -> str:
    """HTML entities as characters, to be done once to a field. Only whole ones: `AT&T` and `a=1&copy=2` stay."""
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda found: html.unescape(f"{found[1]};"), text)


def _is_clean(text: str) -> bool:
    """Whether nothing but white space at the ends can be amiss; true of most fields, and quick to tell.

    Nothing unwanted is printable, nor is a tab or any space but the plain one.
    """
    return text.isprintable() and "  " not in text and (text.isascii() or unicodedata.is_normalized("NFC", text))
