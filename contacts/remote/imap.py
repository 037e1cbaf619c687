"""IMAP (RFC 9051): the headers of new mails, read without leaving a trace.

A folder is opened read-only (EXAMINE) and headers are asked for with BODY.PEEK: no mail is ever marked as read. Only
the fields in FIELDS travel; no subject, no body.
"""

import contextlib
import imaplib
import io
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Self
from urllib.parse import urlsplit

from imap_tools.imap_utf7 import utf7_decode

from contacts.remote import faults
from contacts.remote.addresses import BadHost, tidy_host
from contacts.remote.guard import Allowance, Guard, GuardedReader
from contacts.remote.web import Credentials

FIELDS: Final = (
    "FROM SENDER RETURN-PATH TO CC BCC DATE MESSAGE-ID REFERENCES IN-REPLY-TO LIST-ID LIST-POST LIST-HELP"
    " LIST-UNSUBSCRIBE MAILING-LIST X-MAILING-LIST PRECEDENCE AUTO-SUBMITTED X-AUTOREPLY X-AUTORESPOND"
    " X-AUTO-RESPONSE-SUPPRESS X-LOOP FEEDBACK-ID CONTENT-TYPE X-SPAM-FLAG"
)
"""What importers look at to tell who wrote to whom and when, and people from machines."""
MAX_FOLDERS: Final = 500
MAX_HEADER: Final = 200_000
"""Bytes of one mail's fields."""
MAX_LINE: Final = 2_000_000
_AT_ONCE = 100
_PORT = 993
_LIST = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.*)\Z', re.DOTALL)
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_USES: Final = {b"\\inbox": "inbox", b"\\sent": "sent", b"\\junk": "junk", b"\\trash": "trash", b"\\drafts": "drafts"}
# For servers that do not say what a folder is for (RFC 6154): what mail programs call it.
_SENT_NAMES: Final = ("sent", "sent items", "sent mail", "sent messages", "gesendet", "gesendete objekte", "envoyés")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Folder:
    """A mail folder. `name` as the server has it; `use` is inbox, sent, junk, trash, drafts, or nothing."""

    name: str
    title: str
    use: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder that was opened: what its UIDs are worth, and the next one."""

    uid_validity: int
    uid_next: int


@dataclass(frozen=True, slots=True)
class Header:
    """A mail's chosen header fields, as they stand in it."""

    uid: int
    data: bytes


def tidy_address(raw: str) -> str:
    """`imap.example.org` or `imap.example.org:993` as imaps://host:port. Raises Fault."""
    text = raw.strip()
    if "://" not in text:
        text = f"imaps://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port or (143 if parts.scheme == "imap" else _PORT)
        host = tidy_host(parts.hostname or "")
    except (ValueError, BadHost) as error:
        raise faults.no_such_server(raw.rpartition("@")[2].strip()[:100] or "(nothing)") from error
    if parts.scheme not in ("imaps", "imap") or parts.username is not None or parts.path.strip("/"):
        raise faults.no_such_server(host)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def host_and_port(address: str) -> tuple[str, int]:
    """Of a tidied address."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or _PORT


class Mailbox:
    """A logged-in connection. Every method raises Fault, and nothing else, for whatever the server does."""

    def __init__(self, *, guard: Guard, allowance: Allowance, address: str, credentials: Credentials) -> None:
        self._host, port = host_and_port(address)
        with self._faults():
            self._client = _Client(guard, allowance, self._host, port, is_tls=address.startswith("imaps:"))
        try:
            self._log_in(credentials)
        except BaseException:
            self._client.shutdown()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Said politely where there is time; hung up in any case.
        with contextlib.suppress(Exception):
            self._client.logout()
        self._client.shutdown()

    def folders(self) -> list[Folder]:
        """The folders that hold mails."""
        with self._faults():
            lines = self._ok(self._client.list())
        found = [folder for line in lines[:MAX_FOLDERS] if (folder := _folder(line)) is not None]
        if not any(folder.use == "sent" for folder in found):
            found = [_guessed(folder) for folder in found]
        return found

    def open(self, name: str) -> Opened:
        """Open a folder for reading only."""
        with self._faults():
            status, data = self._client.select(_quoted(name), readonly=True)
            if status != "OK":
                raise faults.not_found(self._host, "such mail folder")
            del data
            validity = self._number("UIDVALIDITY")
            return Opened(validity, self._number("UIDNEXT", default=0))

    def uids(self, *, after: int, since: date | None) -> list[int]:
        """The UIDs of the mails after a UID that came on or after a day, in order."""
        terms = ["UID", f"{after + 1}:*"]
        if since:
            terms += ["SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"]
        with self._faults():
            lines = self._ok(self._client.uid("SEARCH", *terms))
        words = b" ".join(line for line in lines if isinstance(line, bytes)).split()
        # "n:*" names the last mail even where its UID is less than n.
        return sorted({uid for word in words if word.isdigit() and (uid := int(word)) > after})

    def headers(self, uids: Sequence[int]) -> Iterator[Header]:
        """The chosen fields of these mails, in order; those that are gone meanwhile are left out."""
        for start in range(0, len(uids), _AT_ONCE):
            some = uids[start : start + _AT_ONCE]
            with self._faults():
                parts = self._ok(
                    self._client.uid(
                        "FETCH", _ranges(some), f"(UID BODY.PEEK[HEADER.FIELDS ({FIELDS})]<0.{MAX_HEADER}>)"
                    )
                )
            found: dict[int, bytes] = {}
            for index, part in enumerate(parts):
                if not isinstance(part, tuple) or len(part) < 2:
                    continue
                # The UID may stand before the literal or after it.
                after = parts[index + 1] if index + 1 < len(parts) else b""
                named = _UID.search(part[0]) or (_UID.search(after) if isinstance(after, bytes) else None)
                if named:
                    found[int(named[1])] = part[1][:MAX_HEADER]
            wanted = set(some)
            for uid in sorted(found.keys() & wanted):
                yield Header(uid, found[uid])

    def _log_in(self, credentials: Credentials) -> None:
        with self._faults():
            try:
                if credentials.is_token:
                    text = f"user={credentials.user_name}\x01auth=Bearer {credentials.secret}\x01\x01"
                    self._client.authenticate("XOAUTH2", lambda challenge: b"" if challenge else text.encode())
                elif "AUTH=PLAIN" in self._client.capabilities:
                    pair = f"\0{credentials.user_name}\0{credentials.secret}".encode()
                    self._client.authenticate("PLAIN", lambda _: pair)
                elif not (credentials.user_name + credentials.secret).isprintable():
                    raise faults.bad_login(self._host)
                else:
                    self._client.login(credentials.user_name, credentials.secret)
            except imaplib.IMAP4.abort:
                raise
            except (imaplib.IMAP4.error, UnicodeError):
                # Not chained: the exception may repeat what was sent.
                raise faults.bad_login(self._host) from None

    def _ok(self, answer: tuple[str, list[Any]]) -> list[Any]:
        status, data = answer
        if status != "OK":
            raise faults.nonsense(self._host, "a mail server")
        return [] if data == [None] else data

    def _number(self, name: str, *, default: int | None = None) -> int:
        _, data = self._client.response(name)
        text = data[0] if data else None
        if isinstance(text, bytes) and text.isdigit() and len(text) < 20:
            return int(text)
        if default is None:
            raise faults.nonsense(self._host, "a mail server")
        return default

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except imaplib.IMAP4.abort as error:
            raise faults.unreachable(self._host) from error
        except (imaplib.IMAP4.error, ValueError, IndexError, KeyError) as error:
            raise faults.nonsense(self._host, "a mail server") from error
        except TimeoutError as error:
            raise faults.slow(self._host) from error
        except OSError as error:
            raise faults.unreachable(self._host) from error


class _Client(imaplib.IMAP4):
    """imaplib over a connection that the guard opens, with bounded answers."""

    def __init__(self, guard: Guard, allowance: Allowance, host: str, port: int, *, is_tls: bool) -> None:
        self._guard = guard
        self._allowance = allowance
        self._is_tls = is_tls
        super().__init__(host, port)

    def open(self, host: str = "", port: int = _PORT, timeout: float | None = None) -> None:
        """Connect, and read through the guard."""
        self.host, self.port = host, port
        one: socket.socket | ssl.SSLSocket
        one = self._guard.connect(host, port, self._allowance, is_tls=self._is_tls)
        if self._is_tls:
            one = self._guard.wrap(one, host, self._allowance)
        self.sock = one
        self.file = self._reader = io.BufferedReader(GuardedReader(one, host, self._allowance))

    def read(self, size: int) -> bytes:
        """A literal, whose size the server chose."""
        if size > MAX_HEADER:
            raise faults.too_large(self.host)
        return super().read(size)

    def readline(self) -> bytes:
        """A line; the longest are answers to SEARCH. Bounded here, as a library may have lifted imaplib's own limit."""
        line = bytes(self._reader.readline(MAX_LINE + 1))
        if len(line) > MAX_LINE:
            raise faults.too_large(self.host)
        return line

    def shutdown(self) -> None:
        """Hang up, whatever state the line is in."""
        with contextlib.suppress(OSError, AttributeError):
            self.file.close()
        with contextlib.suppress(OSError, AttributeError):
            self.sock.close()


def _folder(line: Any) -> Folder | None:
    """A line of LIST; None for what holds no mails or cannot be read."""
    # A name with a quote or a line break comes as a literal: imaplib then gives a pair.
    raw = line[0].rpartition(b" ")[0] + b" " + line[1] if isinstance(line, tuple) else line
    found = _LIST.match(raw) if isinstance(raw, bytes) else None
    if found is None:
        return None
    flags = found["flags"].lower().split()
    if b"\\noselect" in flags or b"\\nonexistent" in flags:
        return None
    name = found["name"]
    if name.startswith(b'"') and name.endswith(b'"') and not isinstance(line, tuple):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    try:
        text = name.decode("ascii")
        title = utf7_decode(name)
    except (UnicodeError, ValueError):
        return None
    # A line break in it would end the command that names it.
    if not text.isprintable():
        return None
    use = next((_USES[flag] for flag in flags if flag in _USES), "inbox" if text.upper() == "INBOX" else "")
    return Folder(text[:1000], title[:300], use) if len(text) <= 1000 else None


def _guessed(folder: Folder) -> Folder:
    last = re.split(r"[./]", folder.title)[-1].strip().lower()
    return Folder(folder.name, folder.title, "sent") if not folder.use and last in _SENT_NAMES else folder


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ranges(uids: Sequence[int]) -> str:
    """1,2,3,7 as 1:3,7."""
    spans: list[list[int]] = []
    for uid in uids:
        if spans and spans[-1][1] == uid - 1:
            spans[-1][1] = uid
        else:
            spans.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in spans)
