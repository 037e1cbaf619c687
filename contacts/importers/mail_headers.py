"""The head of a mail as a contact: who, to whom, when, in which thread. Neither subject nor body is looked at.

It does not go through the standard library's parsers of headers and addresses: they take quadratic time on headers that
are made for it, and keep the whole message.
"""

import binascii
import datetime as dt
import quopri
import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_tz
from typing import Final

from contacts.importers import parties, records
from contacts.importers.records import ContactKind, ContactRecord, Party, Skipped
from contacts.importers.text import decode_legacy, known_codec

MAX_HEADER: Final = 500_000
"""Bytes of one mail's header that are looked at."""
_MAX_ADDRESSES: Final = 2_000
"""Addresses of one field that are taken apart; far more than may count."""

_WANTED_NAMES = (
    "from|sender|return-path|to|cc|bcc|date|received|message-id|references|in-reply-to|list-id|list-post|list-help|"
    "list-unsubscribe|precedence|auto-submitted|x-autoreply|x-autorespond|x-auto-response-suppress|"
    "content-type|x-gmail-labels|x-mozilla-draft-info|x-spam-flag|mailing-list|x-mailing-list|x-loop"
)
_FIELD = re.compile(
    rb"^(" + _WANTED_NAMES.encode() + rb")[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE
)
_WORD = re.compile(rb"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z-]{1,20})?\?([bBqQ])\?([^?\n]{0,2000})\?=")
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\Z)|\(((?:[^()\\]|\\.)*)\)|<([^<>]*)>|([,;:])|([^"(<>,;:)]+)|.', re.DOTALL)
_ADDRESS = re.compile(r"[^\s@<>]{1,255}@[^\s@<>]{1,255}\Z")
_ID = re.compile(r"<([^<>\s]{1,900})>")
_NO_REPLY = re.compile(
    r"(?:no|do[._-]?not|don[._-]?t)[._-]?repl(?:y|ies)|(?:noreply|mailer-?daemon|post[._-]?master|bounces?|notifications?|"
    r"notify|unsubscribe|automailer|auto-?confirm|nicht-?antworten|ne-?pas-?repondre|no-?responder)\b"
)
_LIST_FIELDS: Final = ("list-id", "list-post", "list-help", "mailing-list", "x-mailing-list")
_MACHINE_FIELDS: Final = ("x-autoreply", "x-autorespond", "list-unsubscribe", "x-loop")
_FIRST = dt.datetime(1971, 1, 1, tzinfo=dt.UTC)
_LATE = dt.timedelta(days=2)

Fields = Mapping[str, list[str]]


class Threads:
    """Which thread a mail of a file belongs to, also where it names only the mail that it answers."""

    def __init__(self) -> None:
        self._roots: dict[str, str] = {}

    def root(self, own: str, references: str, answered: str) -> str:
        """The root's Message-ID: the first of References, or the root of the one answered, or the mail itself."""
        first = _ID.search(references[:2000]) or _ID.search(answered[:2000])
        root = self._roots.get(first[1], first[1]) if first else own
        if own and len(self._roots) < records.MAX_CONTACTS:
            self._roots[own] = root
        return root


def contact(
    file_name: str, line: int, header: bytes, *, now: dt.datetime, threads: Threads, envelope: str = ""
) -> ContactRecord | Skipped:
    """The contact that a mail is, by its header; `envelope` is the "From " line above it. Never raises.

    What counts for nothing says why in `left_out`: lists, machines, senders who cannot be answered.
    """
    if len(header) > MAX_HEADER:
        return Skipped(
            file_name,
            line,
            f"a header of more than {MAX_HEADER // 1000} kB",
            "Leave this mail out, or shorten its header.",
        )
    fields = read_fields(header)
    happened_at = _happened_at(fields, envelope, now)
    if happened_at is None:
        return Skipped(file_name, line, "no date that can be read", "Nothing needs to be done: drafts have none.")
    sender = next(_people(fields, "from", "sender", "return-path"), None)
    if sender is None:
        return Skipped(file_name, line, "no sender", "Nothing needs to be done: drafts have none.")
    told = list(_people(fields, "to", "cc", "bcc"))
    reachable = [one for one in told if not _NO_REPLY.match(one.email)]
    others, too_many = parties.once(sender, reachable)
    own = _first_id(fields)
    left_out = _left_out(fields, sender) or too_many
    if told and not reachable:
        left_out = left_out or "no-reply sender"
    root = threads.root(own, _joined(fields, "references"), _joined(fields, "in-reply-to"))
    key = own or parties.key(
        "mail", happened_at.isoformat(), parties.identity(sender), *map(parties.identity, others[:10])
    )
    return ContactRecord(
        kind=ContactKind.MAIL,
        happened_at=happened_at,
        sender=sender,
        others=others,
        key=parties.key(key),
        thread=parties.key(root or key),
        left_out=left_out,
        file=file_name,
        line=line,
    )


def read_fields(header: bytes) -> dict[str, list[str]]:
    """The wanted fields of a header by lower-case name, unfolded, their encoded words still encoded."""
    found: dict[str, list[str]] = {}
    for field in _FIELD.finditer(header[:MAX_HEADER].replace(b"\r", b"")):
        name = field[1].decode("ascii").lower()
        if len(found.setdefault(name, [])) < 20:
            found[name].append(_text(field[2]))
    return found


def addresses(field: str) -> Iterator[tuple[str, str]]:
    """(name, address) of each mailbox in a field, in linear time; of a group its members. Either may be empty."""
    if field.count('"') % 2:
        before, _, behind = field.rpartition('"')
        field = f"{before} {behind}"
    words: list[str] = []
    comments: list[str] = []
    address = ""
    count = 0
    for token in _TOKEN.finditer(field):
        quoted, comment, angle, mark, bare = token.groups()
        if mark is None:
            if quoted is not None:
                words.append(re.sub(r"\\(.)", r"\1", quoted))
            elif comment is not None:
                comments.append(comment)
            elif angle is not None:
                address = address or angle.strip()
            elif bare is not None:
                words.append(bare)
            continue
        if mark != ":" and (words or address):
            yield _mailbox(words, comments, address)
            count += 1
            if count >= _MAX_ADDRESSES:
                return
        # What stands before a colon is the name of a group.
        words, comments, address = [], [], ""
    if words or address:
        yield _mailbox(words, comments, address)


def decode_words(text: str) -> str:
    """RFC 2047: `=?utf-8?q?J=C3=B8rgen?=` as text, whatever is no such word as it is."""
    if "=?" not in text:
        return text
    raw = text.encode("utf-8", "replace")
    pieces: list[tuple[str, bytes]] = []
    end = 0
    for word in _WORD.finditer(raw):
        between = raw[end : word.start()]
        # White space between two words is only there to part them.
        is_next = end > 0 and not between.strip()
        if between and not is_next:
            pieces.append(("utf-8", between))
        codec = known_codec(word[1].decode("ascii")) or "utf-8"
        data = _unpacked(word[2], word[3])
        # A character may be cut in two between two words.
        if is_next and pieces[-1][0] == codec:
            pieces[-1] = (codec, pieces[-1][1] + data)
        else:
            pieces.append((codec, data))
        end = word.end()
    pieces.append(("utf-8", raw[end:]))
    return "".join(_decoded(data, codec) for codec, data in pieces)


def _unpacked(kind: bytes, data: bytes) -> bytes:
    if kind in b"qQ":
        return quopri.decodestring(data.replace(b"_", b" "), header=True)
    try:
        return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return data


def _decoded(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return decode_legacy(data, codec if codec not in ("utf-8", "ascii") else "cp1252")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8").replace("\n", " ")
    except UnicodeDecodeError:
        return decode_legacy(raw).replace("\n", " ")


def _mailbox(words: list[str], comments: list[str], address: str) -> tuple[str, str]:
    name = " ".join(word for word in (part.strip() for part in words) if word)
    if not address:
        parts = name.split()
        address = next((part for part in parts if _ADDRESS.match(part)), "")
        if address:
            name = " ".join(part for part in parts if part != address) or " ".join(comments)
    elif not name:
        name = " ".join(comments)
    return name, address


def _people(fields: Fields, *names: str) -> Iterator[Party]:
    for name in names:
        for field in fields.get(name, ()):
            for called, address in addresses(field):
                address = address.removeprefix("mailto:")
                if one := parties.party(decode_words(called), address if _ADDRESS.match(address) else ""):
                    yield one


def _joined(fields: Fields, name: str) -> str:
    return " ".join(fields.get(name, ()))


def _first_id(fields: Fields) -> str:
    raw = _joined(fields, "message-id")[:2000]
    found = _ID.search(raw)
    return found[1] if found else raw.strip().strip("<>")


def _left_out(fields: Fields, sender: Party) -> str:
    precedence = _joined(fields, "precedence").strip().lower()
    if any(name in fields for name in _LIST_FIELDS) or precedence == "list":
        return "mailing list"
    submitted = _joined(fields, "auto-submitted").strip().lower()
    is_bounce = any(path.strip() == "<>" for path in fields.get("return-path", ()))
    if (
        is_bounce
        or (submitted and not submitted.startswith("no"))
        or precedence in ("bulk", "junk", "auto_reply")
        or any(name in fields for name in _MACHINE_FIELDS)
        or "multipart/report" in _joined(fields, "content-type")[:200].lower()
    ):
        return "automatic"
    if _NO_REPLY.match(sender.email):
        return "no-reply sender"
    labels = {label.strip().lower() for label in decode_words(_joined(fields, "x-gmail-labels")[:2000]).split(",")}
    if labels & {"spam", "drafts", "trash"} or _joined(fields, "x-spam-flag").strip().lower() == "yes":
        return "spam" if "drafts" not in labels else "draft"
    return "draft" if "x-mozilla-draft-info" in fields else ""


def _happened_at(fields: Fields, envelope: str, now: dt.datetime) -> dt.datetime | None:
    """When it was sent; where the sender's clock says nonsense, when it was received."""
    told = [*fields.get("date", ()), *(one.rpartition(";")[2] for one in fields.get("received", ())[:3])]
    told.append(envelope.partition(" ")[2].partition(" ")[2])
    for raw in told:
        moment = read_moment(raw)
        if moment and _FIRST <= moment <= now + _LATE:
            return moment
    return None


def read_moment(raw: str) -> dt.datetime | None:
    """A date as mails write it, in UTC; without a zone, UTC is taken. None for what is no date."""
    try:
        parts = parsedate_tz(raw.strip()[:100])
        if parts is None:
            return None
        local = dt.datetime(*parts[:6], tzinfo=dt.UTC)
        return local - dt.timedelta(seconds=parts[9] or 0)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
