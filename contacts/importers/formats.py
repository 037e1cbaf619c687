"""What a file is, and who reads it. A new format is one module with `recognises` and `read`, and one row in READERS."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from contacts.importers import linkedin, vcard
from contacts.importers.mapping import Mapping
from contacts.importers.records import MAX_FILE_NAME, Format, Record, UnreadableFile
from contacts.importers.sources import Source
from contacts.importers.text import whole, wide_encoding

MAX_FILE_BYTES: Final = 100_000_000
"""Largest file that is looked at; contacts with photos take about 100 kB each."""
_MAX_WIDE_BYTES = 30_000_000


_CONTENT = re.compile(rb"[^\0 \t\r\n\xef\xbb\xbf\xff\xfe]")


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: how it is recognised by its content, how it is read, and how large it may be in bytes."""

    format: Format
    recognises: Callable[[str, bytes], bool]
    read: Callable[[str, bytes], Iterator[Record]]
    max_bytes: int


READERS: Final = (
    Reader(Format.VCARD, vcard.recognises, vcard.read, MAX_FILE_BYTES),
    Reader(Format.LINKEDIN, linkedin.recognises, linkedin.read, 20_000_000),
)

# The first bytes of files that people take for an address book, and what to do instead.
_NOT_THESE: Final = (
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet. Unpack it, or save it as CSV, and choose the file inside."),
    (b"\x1f\x8b", "a compressed file. Unpack it and choose the file inside."),
    (b"%PDF", "a PDF. Export the contacts as vCard (.vcf) instead."),
    (b"\xd0\xcf\x11\xe0", "an old Office file. Save it as CSV, or export the contacts as vCard (.vcf)."),
    (b"SQLite format 3", "the database of some program. Export the contacts from that program as vCard (.vcf)."),
    (b"<", "a web page or XML. Export the contacts as vCard (.vcf), or ask LinkedIn for Connections.csv."),
    (b"BEGIN:VCALENDAR", "a calendar without a contact in it. Choose a vCard (.vcf) or LinkedIn's Connections.csv."),
)


def detect(file_name: str, data: bytes | IO[bytes]) -> Format | None:
    """The format of a file by what is in it; None where Kith does not know it. Never raises."""
    data = data if isinstance(data, bytes) else Source(data).all()
    reader = _reader(file_name, data)
    return reader.format if reader else None


def read(
    file_name: str, data: bytes | IO[bytes], *, now: dt.datetime, mapping: Mapping | None = None
) -> Iterator[Record]:
    """The people and contacts in a file, in its order, and what was skipped with line, reason and advice.

    `data` is the file's bytes, or a seekable binary file, which stays open until the iterator ends. `now` (aware)
    bounds what a calendar repeats to a year ahead; the same `now` gives the same records. `mapping` is for
    Format.CSV: the member's own word about its columns, in place of the guess.

    Raises UnreadableFile at once, before anything is read, where the file as a whole cannot be; the iterator itself
    never raises. Time grows with the size of the file, memory beyond the file's own with its largest card.
    """
    del now, mapping
    source = Source(data)
    reader = _fitting(file_name, source.all())
    name = whole(file_name.replace("\\", "/").rpartition("/")[2], MAX_FILE_NAME) or "file"
    return reader.read(name, source.all())


def check(file_name: str, data: bytes | IO[bytes]) -> None:
    """Raise UnreadableFile where `read` would, without reading."""
    _fitting(file_name, Source(data).all())


def _fitting(file_name: str, data: bytes) -> Reader:
    if not _CONTENT.search(data):
        raise UnreadableFile("The file is empty. Export it again, and look at its size before you choose it.")
    if len(data) > MAX_FILE_BYTES:
        raise UnreadableFile(_too_large(MAX_FILE_BYTES))
    reader = _reader(file_name, data)
    if reader is None:
        raise UnreadableFile(_advice(data))
    limit = min(reader.max_bytes, _MAX_WIDE_BYTES) if wide_encoding(data) else reader.max_bytes
    if len(data) > limit:
        raise UnreadableFile(_too_large(limit))
    return reader


def _reader(file_name: str, data: bytes) -> Reader | None:
    return next((reader for reader in READERS if reader.recognises(file_name, data)), None)


def _too_large(limit: int) -> str:
    return f"The file is larger than {limit // 1_000_000} MB. Export without photos, or in several parts."


def _advice(data: bytes) -> str:
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, advice in _NOT_THESE:
        if head[: len(start)].upper() == start.upper():
            return f"This is {advice}"
    return (
        "This is neither a vCard file (.vcf) nor LinkedIn's Connections.csv. "
        "Export your contacts as vCard, or ask LinkedIn for a copy of your connections, and choose that file."
    )
