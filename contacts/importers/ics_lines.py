"""iCalendar files (RFC 5545) taken apart: the few properties of events and time zones that tell who met, and when."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from contacts.importers.lines import physical_lines
from contacts.importers.sources import Source
from contacts.importers.text import decode_legacy

MAX_EVENTS: Final = 100_000
MAX_LINES: Final = 3_000_000
_MAX_VALUES: Final = {"ATTENDEE": 500, "RDATE": 1_000, "EXDATE": 1_000}
"""Lines of one event by the same name that are kept; of names that are not here, _MAX_OTHERS."""
_MAX_OTHERS = 10
_MAX_VALUE = 50_000
_LONGEST = 100_000

_EVENT: Final = frozenset(
    ["UID", "DTSTART", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "ORGANIZER", "ATTENDEE", "SEQUENCE"]
)
_ZONE: Final = frozenset(["TZID", "X-LIC-LOCATION", "DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"])
_CALENDAR: Final = frozenset(["METHOD", "X-WR-TIMEZONE"])
_WANTED: Final = {
    "VCALENDAR": _CALENDAR,
    "VEVENT": _EVENT,
    "VTIMEZONE": _ZONE,
    "STANDARD": _ZONE,
    "DAYLIGHT": _ZONE,
}
_LINE = re.compile(rb'[ \t]*([A-Za-z0-9-]{1,60})((?:;[^":;]*(?:"[^"]*"[^":;]*)*)*):')


@dataclass(frozen=True, slots=True)
class Value:
    """One property: its parameters by upper-case name, and its value as written."""

    params: dict[str, str]
    text: str


@dataclass(slots=True)
class Component:
    """An event, a time zone or a part of one, with the wanted properties by name and the parts within."""

    kind: str
    line: int
    values: dict[str, list[Value]] = field(default_factory=dict)
    parts: list["Component"] = field(default_factory=list)

    def first(self, name: str) -> Value | None:
        """The first value of a property."""
        several = self.values.get(name)
        return several[0] if several else None

    def text(self, name: str) -> str:
        """The text of a property's first value, or nothing."""
        one = self.first(name)
        return one.text.strip() if one else ""

    def all(self, name: str) -> list[Value]:
        """Every value of a property."""
        return self.values.get(name, [])


def components(source: Source) -> Iterator[Component]:
    """Events and time zones in the order of the file, each when its END is reached, and at last the calendar's own.

    A component without an END ends with the file. Of what is within an event, alarms say, nothing is read.
    """
    calendar = Component("VCALENDAR", 1)
    stack: list[Component] = [calendar]
    # How deep in components of which nothing is wanted.
    ignored = 0
    for number, raw in _unfolded(source):
        found = _LINE.match(raw)
        if found is None:
            continue
        name = _name(found[1])
        if name == "BEGIN":
            kind = _name(raw[found.end() :].strip()[:60])
            if ignored or stack[-1].kind == "VEVENT" or kind not in _WANTED:
                ignored += kind != "VCALENDAR"
            elif kind != "VCALENDAR":
                stack.append(Component(kind, number))
        elif name == "END":
            kind = _name(raw[found.end() :].strip()[:60])
            if kind == "VCALENDAR":
                ignored = 0
            elif ignored:
                ignored -= 1
            elif len(stack) > 1:
                one = stack.pop()
                if one.kind in ("STANDARD", "DAYLIGHT"):
                    stack[-1].parts.append(one)
                else:
                    yield one
        elif not ignored and name in _WANTED[stack[-1].kind]:
            _keep(stack[-1], name, found[2], raw[found.end() :])
    while len(stack) > 1:
        yield stack.pop()
    yield calendar


def _keep(one: Component, name: str, params: bytes, value: bytes) -> None:
    several = one.values.setdefault(name, [])
    if len(several) < _MAX_VALUES.get(name, _MAX_OTHERS):
        several.append(Value(_params(params) if params else {}, _text(value[:_MAX_VALUE])))


def _unfolded(source: Source) -> Iterator[tuple[int, bytes]]:
    """Logical lines with the number of their first; one that is too long comes cut."""
    held: list[bytes] = []
    began = size = 0
    for number, raw in physical_lines(source, longest=_LONGEST):
        if number > MAX_LINES:
            break
        if raw[:1] in (b" ", b"\t") and held:
            size += len(raw)
            if size < _LONGEST:
                held.append(raw[1:])
            continue
        if held:
            yield began, b"".join(held)
        held, began, size = [raw], number, len(raw)
    if held:
        yield began, b"".join(held)


def _params(raw: bytes) -> dict[str, str]:
    """Parameters by upper-case name; quotation marks are gone, and what they hold is whole."""
    found: dict[str, str] = {}
    for part in re.findall(rb';([^";=]*)=((?:"[^"]*"|[^";]*)*)', raw[:5_000]):
        found[_text(part[0]).strip().upper()] = _unquoted(_text(part[1]))
    return found


def _unquoted(text: str) -> str:
    """A parameter's value without quotation marks, and with the characters that RFC 6868 writes otherwise."""
    plain = text.replace('"', "").strip()
    return (
        re.sub(r"\^([n'^])", lambda found: {"n": " ", "'": '"', "^": "^"}[found[1]], plain) if "^" in plain else plain
    )


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return decode_legacy(raw)


@lru_cache(maxsize=512)
def _name(raw: bytes) -> str:
    return raw.decode("ascii", "replace").upper()
