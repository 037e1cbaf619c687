"""What a file is, and who reads it. A new format is one module and one row in READERS."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import IO, Final

from contacts.importers import (
    archives,
    ics,
    kith_csv,
    layouts,
    linkedin,
    linkedin_messages,
    mails,
    mapping,
    vcard,
)
from contacts.importers.fields import Mapping
from contacts.importers.mail_headers import Threads
from contacts.importers.records import MAX_CONTACTS, MAX_FILE_NAME, Format, Record, Skipped, UnreadableFile
from contacts.importers.sources import Source
from contacts.importers.tables import Table
from contacts.importers.text import whole

MAX_FILE_BYTES: Final = 100_000_000
"""Largest file of people that is looked at; contacts with photos take about 100 kB each."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller says beside the file: its cleaned name, the moment, the member's mapping."""

    file_name: str
    now: dt.datetime
    mapping: Mapping | None = None
    threads: Threads = field(default_factory=Threads)
    """What the mails of one upload know of each other."""


Read = Callable[[Wish], Iterator[Record]]


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: `find` gives how to read a file of it, and None for any other file; how large it may be in bytes."""

    format: Format
    find: Callable[[Source], Read | None]
    max_bytes: int


def _table(
    find: Callable[[Source], Table | None], read: Callable[[str, Table], Iterator[Record]]
) -> Callable[[Source], Read | None]:
    def found(source: Source) -> Read | None:
        table = find(source)
        return None if table is None else lambda wish: read(wish.file_name, table)

    return found


def _layout(layout: Format) -> Callable[[Source], Read | None]:
    return _table(partial(layouts.find, layout=layout), partial(layouts.read, layout=layout))


def _vcard(recognises: Callable[[Source], bool]) -> Callable[[Source], Read | None]:
    return lambda source: (lambda wish: vcard.read(wish.file_name, source)) if recognises(source) else None


def _any_table(source: Source) -> Read | None:
    if mapping.find(source) is None:
        return None
    return lambda wish: mapping.read(wish.file_name, source, wish.mapping)


def _mbox(source: Source) -> Read | None:
    return (
        (lambda wish: mails.read_mbox(wish.file_name, source, now=wish.now, threads=wish.threads))
        if mails.is_mbox(source)
        else None
    )


def _mail(source: Source) -> Read | None:
    return (
        (lambda wish: mails.read_mail(wish.file_name, source, now=wish.now, threads=wish.threads))
        if mails.is_mail(source)
        else None
    )


def _ics(anywhere: bool) -> Callable[[Source], Read | None]:
    def found(source: Source) -> Read | None:
        if not ics.recognises(source, anywhere=anywhere):
            return None
        return lambda wish: ics.read(wish.file_name, source, now=wish.now)

    return found


def _zip(source: Source) -> Read | None:
    if not archives.is_archive(source):
        return None
    archives.check(source)
    return lambda wish: _read_archive(wish, source)


def _read_archive(wish: Wish, source: Source) -> Iterator[Record]:
    """Whatever the files of an archive tell. Never raises."""
    names = {name.rpartition("/")[2].lower() for name in archives.names(source)}
    is_linkedin = "connections.csv" in names
    found = passed = 0
    for member in archives.unpack(wish.file_name, source):
        if isinstance(member, Skipped):
            yield member
            continue
        try:
            format, reading = _fitting(Source(member.file, member.size))
            if format is Format.CSV and is_linkedin and not _CONTACTS.search(member.name.lower()):
                # Skills, searches, advertisements: all that LinkedIn knows is in tables.
                passed += 1
                continue
            for record in reading(replace(wish, file_name=member.name, mapping=None)):
                found += 1
                yield record
        except UnreadableFile as error:
            if _PROMISING.search(member.name.lower()) and not is_linkedin:
                yield Skipped(member.name, 1, "the whole file could not be read", str(error))
            else:
                passed += 1
        except archives.DAMAGED:
            yield Skipped(member.name, 1, "damaged within the archive", "Pack or download the archive again.")
        if found >= MAX_CONTACTS:
            advice = "Pack the rest by itself, and import it after this."
            yield Skipped(wish.file_name, 1, f"more than {MAX_CONTACTS:,} people and contacts in one archive", advice)
            return
    if passed:
        some = "1 file tells" if passed == 1 else f"{passed:,} files tell"
        yield Skipped(wish.file_name, 1, f"{some} of nobody and of no contact", "Nothing needs to be done.")


# In this order: what a file begins with, then what its heading says, then what is anywhere in it.
READERS: Final = (
    Reader(Format.ZIP, _zip, archives.MAX_BYTES),
    Reader(Format.VCARD, _vcard(vcard.begins), MAX_FILE_BYTES),
    Reader(Format.ICS, _ics(anywhere=False), ics.MAX_BYTES),
    Reader(Format.MBOX, _mbox, mails.MAX_BYTES),
    Reader(Format.EML, _mail, MAX_FILE_BYTES),
    Reader(Format.KITH_CSV, _table(kith_csv.find, kith_csv.read), MAX_FILE_BYTES),
    Reader(Format.LINKEDIN, _table(linkedin.find, linkedin.read), 20_000_000),
    Reader(Format.LINKEDIN_MESSAGES, _table(linkedin_messages.find, linkedin_messages.read), MAX_FILE_BYTES),
    Reader(Format.GOOGLE_CSV, _layout(Format.GOOGLE_CSV), MAX_FILE_BYTES),
    Reader(Format.THUNDERBIRD_CSV, _layout(Format.THUNDERBIRD_CSV), MAX_FILE_BYTES),
    Reader(Format.OUTLOOK_CSV, _layout(Format.OUTLOOK_CSV), MAX_FILE_BYTES),
    Reader(Format.VCARD, _vcard(vcard.recognises), MAX_FILE_BYTES),
    Reader(Format.ICS, _ics(anywhere=True), ics.MAX_BYTES),
    Reader(Format.CSV, _any_table, MAX_FILE_BYTES),
)

# The first bytes of files that people take for an address book, and what to do instead.
_NOT_THESE: Final = (
    (b"\x1f\x8b", "a compressed file. Unpack it and choose the file inside."),
    (b"%PDF", "a PDF. Export the contacts as vCard (.vcf) instead."),
    (b"\xd0\xcf\x11\xe0", "an old Office file. Save it as CSV, or export the contacts as vCard (.vcf)."),
    (b"SQLite format 3", "the database of some program. Export the contacts from that program as vCard (.vcf)."),
    (b"<", "a web page or XML. Export the contacts as vCard (.vcf), or ask LinkedIn for Connections.csv."),
    (b"Rar!", "a RAR archive. Unpack it and choose the files inside."),
    (b"7z\xbc\xaf", "a 7-Zip archive. Unpack it and choose the files inside."),
    (b"{", "a JSON file. Export the contacts as vCard (.vcf) or CSV instead."),
    (b"!BDN", "a data file of Outlook. Export the contacts from Outlook as CSV, and mail as .eml."),
)
# Files in an archive of which the member expects something.
_PROMISING = re.compile(r"\.(?:vcf|vcard|csv|tsv|mbox|mbx|eml|ics|ical|zip)\Z")
# What LinkedIn took from the member's own address book.
_CONTACTS = re.compile(r"contacts[^/]*\.csv\Z")
_CONTENT = re.compile(rb"[^\0 \t\r\n\xef\xbb\xbf\xff\xfe]")


def detect(file_name: str, data: bytes | IO[bytes]) -> Format | None:
    """The format of a file by what is in it; None where Kith does not know it. Never raises."""
    try:
        return _fitting(Source(data))[0]
    except UnreadableFile:
        return None


def check(file_name: str, data: bytes | IO[bytes]) -> None:
    """Raise UnreadableFile where `read` would, without reading."""
    _fitting(Source(data))


def read(
    file_name: str, data: bytes | IO[bytes], *, now: dt.datetime, mapping: Mapping | None = None
) -> Iterator[Record]:
    """The people and contacts in a file, in its order, and what was skipped with line, reason and advice.

    `data` is the file's bytes, or a seekable binary file, which stays open until the iterator ends. `now` (aware)
    bounds what a calendar repeats to a year ahead; the same `now` gives the same records. `mapping` is for
    Format.CSV: the member's own word about its columns, in place of the guess.

    Raises UnreadableFile at once, before anything is read, where the file as a whole cannot be; the iterator itself
    never raises. Time grows with the size of the file, memory with its largest card, row or header.
    """
    _, reading = _fitting(Source(data))
    return reading(Wish(clean_name(file_name), now, mapping))


def clean_name(file_name: str) -> str:
    """What a file is called in records: without its folders, in one line, bounded."""
    return whole(file_name.replace("\\", "/").rpartition("/")[2], MAX_FILE_NAME) or "file"


def _fitting(source: Source) -> tuple[Format, Read]:
    if not source.contains(_CONTENT):
        raise UnreadableFile("The file is empty. Export it again, and look at its size before you choose it.")
    head = source.head(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, advice in _NOT_THESE:
        if head[: len(start)].upper() == start.upper():
            raise UnreadableFile(f"This is {advice}")
    for reader in READERS:
        if reading := reader.find(source):
            if source.size > reader.max_bytes:
                raise UnreadableFile(_too_large(reader.max_bytes))
            return reader.format, reading
    if source.size > MAX_FILE_BYTES:
        raise UnreadableFile(_too_large(MAX_FILE_BYTES))
    raise UnreadableFile(
        "Kith finds no person and no mail in this file. Choose a vCard (.vcf), a table (.csv), LinkedIn's ZIP, "
        "mails (.mbox, .eml) or a calendar (.ics)."
    )


def _too_large(limit: int) -> str:
    return f"The file is larger than {limit // 1_000_000} MB. Export without photos, or in several parts."
