"""Finding a member's address books from whatever address they typed (RFC 6764, RFC 5397, RFC 6352)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contacts.remote import faults, multistatus
from contacts.remote.faults import Fault, Trouble
from contacts.remote.multistatus import CARDDAV, DAV, BadXml, Name, Response
from contacts.remote.web import Session, join, origin

MAX_BOOKS: Final = 50

_TYPE: Final[Name] = (DAV, "resourcetype")
_NAME: Final[Name] = (DAV, "displayname")
_RIGHTS: Final[Name] = (DAV, "current-user-privilege-set")
_PRINCIPAL: Final[Name] = (DAV, "current-user-principal")
_HOME: Final[Name] = (CARDDAV, "addressbook-home-set")
_BOOK: Final[Name] = (CARDDAV, "addressbook")
_MAY_WRITE: Final[tuple[Name, ...]] = ((DAV, "write"), (DAV, "write-content"), (DAV, "all"))

# Where Nextcloud, SabreDAV and Cyrus keep them, for sites that forgot the address that RFC 6764 asks for.
_USUAL: Final = ("/.well-known/carddav", "/", "/remote.php/dav/", "/dav/", "/dav/principals/")

_PASSING: Final = frozenset({Trouble.NOT_FOUND, Trouble.NONSENSE, Trouble.MOVED, Trouble.SERVER, Trouble.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Book:
    """An address book of the member's."""

    url: str
    title: str
    can_write: bool


def books(session: Session, url: str) -> list[Book]:
    """The address books behind `url`: the one it is, else those of the member who logs in.

    Raises Fault where there is no way in, or nothing to find.
    """
    fault: Fault | None = None
    for candidate in dict.fromkeys((url, *(join(url, path) for path in _USUAL))):
        try:
            found = list(_books_at(session, candidate))
        except Fault as error:
            if error.trouble not in _PASSING:
                raise
            # Sent on to another server says most; else what was said first, about the address that was typed.
            if fault is None or error.trouble is Trouble.MOVED:
                fault = error
            continue
        if found:
            return found[:MAX_BOOKS]
    raise fault or faults.not_found(origin(url)[1], "address book")


def _books_at(session: Session, url: str) -> Iterator[Book]:
    where, here = _ask(session, url, "0", (_TYPE, _NAME, _RIGHTS, _PRINCIPAL, _HOME))
    one = here[0] if here else Response("")
    if one.holds(_TYPE, _BOOK):
        yield _book(where, one)
        return
    homes = [join(where, href) for href in one.hrefs(_HOME)]
    if not homes:
        for href in one.hrefs(_PRINCIPAL)[:1]:
            where, principal = _ask(session, join(where, href), "0", (_HOME,))
            homes = [join(where, href) for found in principal for href in found.hrefs(_HOME)]
    for home in homes[:5]:
        where, inside = _ask(session, home, "1", (_TYPE, _NAME, _RIGHTS))
        for found in inside:
            if found.holds(_TYPE, _BOOK):
                yield _book(where, found)


def _book(where: str, one: Response) -> Book:
    url = join(where, one.href)
    title = one.text(_NAME) or url.rstrip("/").rpartition("/")[2] or "Address book"
    # A server that tells nothing about rights will say so when something is written.
    can_write = one.holds(_RIGHTS, *_MAY_WRITE) if _RIGHTS in one.props else True
    return Book(url, title[:300], can_write)


def _ask(session: Session, url: str, depth: str, names: Sequence[Name]) -> tuple[str, Sequence[Response]]:
    """(where after redirects, what was said)."""
    headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": depth}
    answer = session.ask("PROPFIND", url, headers=headers, body=multistatus.propfind(names))
    if answer.status == 403:
        raise faults.forbidden(answer.host)
    if answer.status != 207:
        raise faults.not_found(answer.host, "address book")
    try:
        return answer.url, multistatus.read(answer.body).responses
    except BadXml as error:
        raise faults.nonsense(answer.host, "an address book") from error
