"""WebDAV's XML: questions written, answers (RFC 4918, 207 Multi-Status) read, with a hostile writer in mind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape

DAV: Final = "DAV:"
CARDDAV: Final = "urn:ietf:params:xml:ns:carddav"
CALENDARSERVER: Final = "http://calendarserver.org/ns/"

_PREFIX: Final = {DAV: "d", CARDDAV: "c", CALENDARSERVER: "s"}
_SPACES: Final = " ".join(f'xmlns:{prefix}="{space}"' for space, prefix in _PREFIX.items())
_MAX_DEPTH = 50
_MAX_ELEMENTS = 1_000_000

Name = tuple[str, str]
"""(namespace, local name)."""


class BadXml(ValueError):
    """This is not XML as WebDAV means it."""


@dataclass(slots=True)
class Response:
    """What is said about one thing. `props`: those that are there, as elements."""

    href: str
    status: int = 200
    props: dict[Name, ElementTree.Element] = field(default_factory=dict)

    def text(self, name: Name) -> str:
        """The text of a property; "" where it is not there."""
        found = self.props.get(name)
        return "".join(found.itertext()).strip() if found is not None else ""

    def hrefs(self, name: Name) -> list[str]:
        """The addresses in a property."""
        found = self.props.get(name)
        if found is None:
            return []
        return [text for one in found.iter(_tag((DAV, "href"))) if (text := (one.text or "").strip())]

    def holds(self, name: Name, *inner: Name) -> bool:
        """Whether any of these elements stands in a property."""
        found = self.props.get(name)
        return found is not None and any(next(found.iter(_tag(one)), None) is not None for one in inner)


@dataclass(frozen=True, slots=True)
class Multistatus:
    """An answer about many things."""

    responses: Sequence[Response]
    sync_token: str = ""


class _Builder(ElementTree.TreeBuilder):
    """A tree of bounded size. No document types: they bring entities, and entities bring gigabytes out of a line."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._count = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Refused."""
        raise BadXml

    def start(self, tag: str, attrs: Mapping[str, str]) -> ElementTree.Element:
        """Counted."""
        self._depth += 1
        self._count += 1
        if self._depth > _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            raise BadXml
        return super().start(tag, dict(attrs))

    def end(self, tag: str) -> ElementTree.Element:
        """Counted."""
        self._depth -= 1
        return super().end(tag)


def parse(body: bytes) -> ElementTree.Element:
    """The root of an XML document. Raises BadXml."""
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        parser.feed(body)
        root = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise BadXml from error
    assert isinstance(root, ElementTree.Element)
    return root


def read(body: bytes) -> Multistatus:
    """A Multi-Status answer. Raises BadXml."""
    root = parse(body)
    if root.tag != _tag((DAV, "multistatus")):
        raise BadXml
    token = root.findtext(_tag((DAV, "sync-token"))) or ""
    return Multistatus([_response(one) for one in root.findall(_tag((DAV, "response")))], token.strip())


def error_names(body: bytes) -> set[str]:
    """The local names within a DAV:error answer, as `valid-sync-token`; nothing where it is none."""
    try:
        root = parse(body)
    except BadXml:
        return set()
    return {one.tag.rpartition("}")[2] for one in root.iter()} if root.tag == _tag((DAV, "error")) else set()


def propfind(names: Iterable[Name]) -> bytes:
    """The body of a PROPFIND."""
    return _document(f"<d:propfind {_SPACES}><d:prop>{_props(names)}</d:prop></d:propfind>")


def sync_collection(token: str, names: Iterable[Name]) -> bytes:
    """The body of a REPORT for what changed since `token` (RFC 6578); for all where it is empty."""
    return _document(
        f"<d:sync-collection {_SPACES}><d:sync-token>{escape(token)}</d:sync-token><d:sync-level>1</d:sync-level>"
        f"<d:prop>{_props(names)}</d:prop></d:sync-collection>"
    )


def multiget(hrefs: Iterable[str], names: Iterable[Name]) -> bytes:
    """The body of a REPORT for the cards at these places (RFC 6352)."""
    wanted = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return _document(
        f"<c:addressbook-multiget {_SPACES}><d:prop>{_props(names)}</d:prop>{wanted}</c:addressbook-multiget>"
    )


def _response(element: ElementTree.Element) -> Response:
    found = Response((element.findtext(_tag((DAV, "href"))) or "").strip())
    status = element.findtext(_tag((DAV, "status")))
    if status is not None:
        found.status = _status(status)
    for propstat in element.findall(_tag((DAV, "propstat"))):
        if 200 <= _status(propstat.findtext(_tag((DAV, "status"))) or "HTTP/1.1 200") < 300:
            for one in propstat.findall(f"{_tag((DAV, 'prop'))}/*"):
                space, _, local = one.tag.removeprefix("{").rpartition("}")
                found.props[space, local] = one
    return found


def _status(line: str) -> int:
    words = line.split()
    return int(words[1]) if len(words) > 1 and words[1].isascii() and words[1].isdecimal() else 0


def _tag(name: Name) -> str:
    return f"{{{name[0]}}}{name[1]}"


def _props(names: Iterable[Name]) -> str:
    return "".join(f"<{_PREFIX[space]}:{local}/>" for space, local in names)


def _document(xml: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{xml}'.encode()
