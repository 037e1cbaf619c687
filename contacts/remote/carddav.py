"""CardDAV (RFC 6352): what changed in an address book since last time, reading and writing its cards.

Changes come by sync-collection (RFC 6578) where the server has it, and by comparing ETags where not. A card is named by
its href: the path on the book's server, written in one way whatever way the server chose this time.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from contacts.remote import faults, multistatus
from contacts.remote.multistatus import CALENDARSERVER, CARDDAV, DAV, BadXml, Multistatus, Name
from contacts.remote.web import Answer, Session, join, origin

MAX_CARDS: Final = 50_000
"""Cards of one address book."""
MAX_HREF: Final = 1000
_MAX_ETAG = 255
_AT_ONCE = 50
_MAX_PAGES = 1000

ETAG: Final[Name] = (DAV, "getetag")
_CTAG: Final[Name] = (CALENDARSERVER, "getctag")
_TYPE: Final[Name] = (DAV, "resourcetype")
_DATA: Final[Name] = (CARDDAV, "address-data")
_GONE: Final = (404, 410)
# "I do not know that token" is a precondition of RFC 6578; some servers say it with a bare status.
_BAD_TOKEN: Final = (403, 409, 410, 412)


@dataclass(slots=True)
class Delta:
    """What is different from what was known. `changed`: href to ETag of the new and the changed cards."""

    changed: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    token: str = ""
    ctag: str = ""
    ignored: int = 0
    """Cards that cannot be taken: too many, or under a name that is too long."""


@dataclass(frozen=True, slots=True)
class RemoteCard:
    """A card as the server holds it."""

    href: str
    etag: str
    data: bytes


class Conflict(Exception):
    """Somebody else changed or made the card meanwhile: nothing was written."""


def changes(session: Session, url: str, *, token: str, ctag: str, known: Mapping[str, str]) -> Delta:
    """What to read, and what is gone, for a reader who knows the cards `known` (href to ETag). Raises Fault."""
    found = _by_token(session, url, token, known)
    if found is None and token:
        # Forgotten, as servers do after weeks or a restore: everything is listed, and compared with what is known.
        found = _by_token(session, url, "", known)
    return found if found is not None else _by_listing(session, url, ctag, known)


def read(session: Session, url: str, hrefs: Sequence[str]) -> Iterator[RemoteCard]:
    """The cards at these places, fifty in one answer; those that are gone meanwhile are left out. Raises Fault."""
    for start in range(0, len(hrefs), _AT_ONCE):
        some = hrefs[start : start + _AT_ONCE]
        missing = dict.fromkeys(some)
        answer = session.ask("REPORT", url, headers=_xml("1"), body=multistatus.multiget(some, (ETAG, _DATA)))
        if answer.status == 207:
            for one in _parsed(answer).responses:
                href = _href(url, one.href)
                data = one.text(_DATA)
                if href not in missing or not (data or one.status in _GONE):
                    continue
                del missing[href]
                if data:
                    yield RemoteCard(href, short_etag(one.text(ETAG)), data.encode("utf-8", "replace"))
        elif answer.status in (401, 403):
            raise faults.forbidden(answer.host)
        for href in missing:
            card = read_one(session, url, href)
            if card is not None:
                yield card


def read_one(session: Session, url: str, href: str) -> RemoteCard | None:
    """The card, byte for byte; None where there is none. Raises Fault."""
    answer = session.ask("GET", join(url, href))
    if answer.status in _GONE:
        return None
    _must(answer, 200)
    return RemoteCard(href, answer.headers.get("etag", ""), answer.body)


def write(session: Session, url: str, href: str, data: bytes, *, etag: str) -> str:
    """Store a card over the one with this ETag; a new one where it is empty. Its new ETag, "" where not told.

    Raises Conflict where the card is not what the caller thinks, and Fault.
    """
    # A weak tag never matches in If-Match (RFC 9110), and means the same card here.
    condition = {"If-Match": etag.removeprefix("W/")} if etag else {"If-None-Match": "*"}
    headers = {"Content-Type": "text/vcard; charset=utf-8", **condition}
    answer = session.ask("PUT", join(url, href), headers=headers, body=data)
    if answer.status in (412, 404, 410):
        raise Conflict
    _must(answer, 200, 201, 204)
    return short_etag(answer.headers.get("etag", ""))


def path_of(url: str) -> str:
    """A book's path on its server, under which the hrefs of its cards begin."""
    path = _href(url, url)
    return path if path.endswith("/") else f"{path}/"


def short_etag(etag: str) -> str:
    """An ETag as it is stored and compared."""
    if len(etag) <= _MAX_ETAG:
        return etag
    return f"sha256:{hashlib.sha256(etag.encode('utf-8', 'replace')).hexdigest()}"


def _by_token(session: Session, url: str, token: str, known: Mapping[str, str]) -> Delta | None:
    """By sync-collection; None where the server does not know it, or not this token."""
    found = Delta()
    is_whole = not token
    seen: set[str] = set()
    for _ in range(_MAX_PAGES):
        body = multistatus.sync_collection(token, (ETAG,))
        answer = session.ask("REPORT", url, headers=_xml("0"), body=body)
        if answer.status != 207:
            _look_at_refusal(answer, token)
            return None
        page = _parsed(answer)
        if not page.sync_token:
            return None
        is_cut = False
        for one in page.responses:
            href = _href(url, one.href)
            if one.status == 507:
                is_cut = True
            elif one.status in _GONE:
                if href in known or href in found.changed:
                    found.gone.append(href)
                found.changed.pop(href, None)
            else:
                _note(found, seen, url, href, one.text(ETAG), known)
        if is_cut and page.sync_token == token:
            raise faults.nonsense(answer.host, "an address book")
        token = found.token = page.sync_token
        if not is_cut:
            if is_whole:
                found.gone = [href for href in known if href not in seen]
            return found
    raise faults.too_large(origin(url)[1])


def _look_at_refusal(answer: Answer, token: str) -> None:
    """Raises Fault where the refusal of a sync-collection leaves no other way."""
    names = multistatus.error_names(answer.body)
    is_about_token = bool(token) and (answer.status in _BAD_TOKEN or "valid-sync-token" in names)
    if answer.status in _GONE and not is_about_token:
        raise faults.not_found(answer.host, "address book")


def _by_listing(session: Session, url: str, ctag: str, known: Mapping[str, str]) -> Delta:
    """By the ETags of all cards, unless the book's own tag says that nothing changed."""
    answer = session.ask("PROPFIND", url, headers=_xml("0"), body=multistatus.propfind((_CTAG,)))
    _must(answer, 207)
    tags = [one.text(_CTAG) for one in _parsed(answer).responses]
    found = Delta(ctag=next((tag for tag in tags if tag), ""))
    if found.ctag and found.ctag == ctag:
        return found
    answer = session.ask("PROPFIND", url, headers=_xml("1"), body=multistatus.propfind((ETAG, _TYPE)))
    _must(answer, 207)
    seen: set[str] = set()
    for one in _parsed(answer).responses:
        if not one.holds(_TYPE, (DAV, "collection")) and one.status < 300:
            _note(found, seen, url, _href(url, one.href), one.text(ETAG), known)
    found.gone = [href for href in known if href not in seen]
    return found


def _note(found: Delta, seen: set[str], url: str, href: str, etag: str, known: Mapping[str, str]) -> None:
    """A card that is there."""
    if not href or href.endswith("/") or href == _href(url, url):
        return
    if len(href) > MAX_HREF or len(seen) >= MAX_CARDS:
        found.ignored += 1
        return
    seen.add(href)
    tag = short_etag(etag)
    if not tag or known.get(href) != tag:
        found.changed[href] = tag


def _href(url: str, raw: str) -> str:
    """The path of a card on the book's own server; "" for an address on another, which is none of our business."""
    whole = join(url, raw) if raw else ""
    if not whole or origin(whole) != origin(url):
        return ""
    path = urlsplit(whole).path
    # %40 and @ are one card; %2F is not a slash.
    return path if "%2f" in path.lower() else quote(unquote(path), safe="/@:!$&'()*+,;=~")


def _parsed(answer: Answer) -> Multistatus:
    try:
        return multistatus.read(answer.body)
    except BadXml as error:
        raise faults.nonsense(answer.host, "an address book") from error


def _must(answer: Answer, *statuses: int) -> None:
    if answer.status in statuses:
        return
    if answer.status in (401, 403):
        raise faults.forbidden(answer.host)
    if answer.status in _GONE:
        raise faults.not_found(answer.host, "address book")
    raise faults.nonsense(answer.host, "an address book")


def _xml(depth: str) -> dict[str, str]:
    return {"Content-Type": "application/xml; charset=utf-8", "Depth": depth}
