"""Mailboxes and single mails, read by their headers alone: however large a mailbox is, only a piece of it is held."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final

from contacts.importers import records
from contacts.importers.mail_headers import MAX_HEADER, Threads, contact
from contacts.importers.records import Record, Skipped
from contacts.importers.sources import Source

MAX_BYTES: Final = 1_000_000_000
"""Largest mailbox; a body costs nothing but the time to pass over it."""

# The line above each mail of an mbox. A sentence that begins with "From " has no header below it.
_SEPARATOR = re.compile(rb"From [^\r\n]{0,400}\r?\n(?=(?:>From [^\r\n]{0,400}\r?\n)?[!-9;-~]{1,76}[ \t]*:)")
_BEGINNING = re.compile(rb"\s*From [^\r\n]{0,400}\r?\n(?:>From [^\r\n]{0,400}\r?\n)?[!-9;-~]{1,76}[ \t]*:")
_WAITING = 3
_END = re.compile(rb"\r?\n\r?\n|\r\r")
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*((?:[!-9;-~]{1,76}[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*)+)")
_TELLING = re.compile(
    rb"^(?:from|date|received|message-id|return-path|delivered-to|mime-version|reply-to|sender)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)


def is_mbox(source: Source) -> bool:
    """Whether the file begins as an mbox does."""
    return _BEGINNING.match(source.head(2000)) is not None


def is_mail(source: Source) -> bool:
    """Whether the file begins with the header of a mail."""
    head = source.head(64_000).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    block = _HEAD.match(head if head.endswith(b"\n") else head + b"\n")
    return block is not None and _TELLING.search(block[1]) is not None


def read_mail(file_name: str, source: Source, *, now: dt.datetime, threads: Threads) -> Iterator[Record]:
    """The one mail of a file as a contact, or skipped. Never raises."""
    head = source.head(MAX_HEADER + 1000).removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n \t")
    end = _END.search(head)
    yield contact(file_name, 1, head[: end.start()] if end else head, now=now, threads=threads)


def read_mbox(file_name: str, source: Source, *, now: dt.datetime, threads: Threads) -> Iterator[Record]:
    """Every mail of a mailbox as a contact, or skipped with its line and reason. Never raises."""
    for count, (line, envelope, header) in enumerate(_headers(source)):
        if count >= records.MAX_CONTACTS:
            yield Skipped(
                file_name,
                line,
                f"more than {records.MAX_CONTACTS:,} mails",
                "Split the mailbox and import the rest by itself.",
            )
            return
        yield contact(file_name, line, header, now=now, threads=threads, envelope=envelope)


def _headers(source: Source) -> Iterator[tuple[int, str, bytes]]:
    """(line, "From " line, header) of each mail; a header that is too long comes a little longer than it may be."""
    held, line = b"", 1
    envelope, began, header, is_open = "", 0, b"", False
    for piece in _and_end(source):
        buffer = held + piece
        # A separator and the beginning of the lines below it must not be parted: the last lines wait for the next.
        cut = len(buffer)
        for _ in range(_WAITING if piece else 0):
            cut = buffer.rfind(b"\n", 0, max(0, cut - 1)) + 1
        if not cut:
            # Hardly a line in so much: what is behind the longest header is of no use.
            held = buffer[: 2 * MAX_HEADER]
            continue
        held = buffer[cut:]
        at = counted = 0
        for found in (*_separators(buffer, cut), None):
            stop = found.start() if found else cut
            if is_open:
                # The empty line may be the first of this buffer.
                is_over = header.endswith(b"\n") and buffer.startswith((b"\n", b"\r\n"), at)
                end = None if is_over else _END.search(buffer, at, stop)
                if not is_over:
                    header += buffer[at : min(end.start() if end else stop, at + MAX_HEADER + 1)]
                if is_over or end or found or len(header) > MAX_HEADER:
                    yield began, envelope, header
                    is_open, header = False, b""
            if found:
                envelope = found[0].decode("latin-1").strip()
                line += buffer.count(b"\n", counted, found.start())
                began, counted = line, found.start()
                at, is_open = found.end(), True
        line += buffer.count(b"\n", counted, cut)
    if is_open:
        yield began, envelope, header


def _separators(buffer: bytes, end: int) -> Iterator[re.Match[bytes]]:
    """Where a mail begins, before `end`. To look for the word first is ten times as quick as the pattern alone."""
    at = 0 if buffer.startswith(b"From ") else buffer.find(b"\nFrom ", 0, end) + 1
    while at or buffer.startswith(b"From "):
        if found := _SEPARATOR.match(buffer, at):
            yield found
        at = buffer.find(b"\nFrom ", at, end) + 1
        if not at or at >= end:
            return


def _and_end(source: Source) -> Iterator[bytes]:
    yield from source.pieces()
    yield b""
