"""Calendars (.ics): which meetings were with whom. What a meeting was about is not looked at."""

import datetime as dt
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from contacts.importers import parties, records
from contacts.importers.ics_lines import MAX_EVENTS, Component, Value, components
from contacts.importers.ics_times import Moment, Zones
from contacts.importers.records import ContactKind, ContactRecord, Party, Record, Skipped
from contacts.importers.recurrence import BadRule, Budget, Exhausted, occurrences, read_rule
from contacts.importers.sources import Source
from contacts.importers.text import one_line, wide_encoding

MAX_BYTES: Final = 30_000_000
MAX_OCCURRENCES: Final = 3_000
"""Of one series; the latest are taken."""
AHEAD: Final = dt.timedelta(days=366)

_BEGIN = re.compile(
    rb"(?:\A|[\r\n])(?:\xef\xbb\xbf)?[ \t]*BEGIN[ \t]*:[ \t]*VCALENDAR[ \t]*(?:[\r\n]|\Z)", re.IGNORECASE
)
# Programs hand single events about without the calendar around them.
_FIRST = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*BEGIN[ \t]*:[ \t]*(?:VCALENDAR|VEVENT|VTODO|VJOURNAL|VFREEBUSY|VTIMEZONE|VAVAILABILITY)",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(r"@(?:group|resource)\.calendar\.google\.com\Z|^unknownorganizer@|^noreply@")
_ABSENT: Final[Mapping[str, frozenset[str]]] = {
    "CUTYPE": frozenset({"ROOM", "RESOURCE"}),
    "PARTSTAT": frozenset({"DECLINED"}),
    "ROLE": frozenset({"NON-PARTICIPANT"}),
}


@dataclass(slots=True)
class _Series:
    """All events of one UID; most are one event."""

    uid: str
    line: int
    master: Component | None = None
    overrides: list[Component] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Book:
    """What a file holds. `until` bounds what is repeated."""

    file_name: str
    series: list[_Series]
    zones: Zones
    budget: Budget
    until: dt.datetime
    is_cancelled: bool
    is_cut: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """One occurrence that is unlike the series: which one, and the event that stands in its place."""

    original: Moment
    event: Component
    is_lasting: bool


def recognises(source: Source, *, anywhere: bool) -> bool:
    """Whether the file begins as a calendar does, or has one anywhere in it."""
    head = source.head(2000)
    wide = wide_encoding(head)
    if wide:
        return _FIRST.match(head.decode(wide, "replace").encode("utf-8", "replace")) is not None
    return source.contains(_BEGIN) if anywhere else _FIRST.match(head) is not None


def read(file_name: str, source: Source, *, now: dt.datetime) -> Iterator[Record]:
    """Every meeting with somebody as a contact, each of a series by itself, up to a year from `now`. Never raises.

    A meeting without anybody else is only counted; one that cannot be read is skipped with its line and reason.
    """
    book = _collect(file_name, source, now.astimezone(dt.UTC) + AHEAD)
    found = alone = 0
    is_cut = book.is_cut
    for series in book.series:
        if not any(_people(event) for event in (series.master, *series.overrides) if event is not None):
            alone += 1
            continue
        try:
            for contact in _contacts(book, series):
                found += 1
                yield contact
        except BadRule as error:
            yield Skipped(file_name, series.line, f"a meeting that {error}", "Enter these meetings by hand.")
        except Exhausted:
            is_cut = True
        if is_cut or found >= records.MAX_CONTACTS:
            is_cut = True
            break
    if is_cut:
        yield Skipped(file_name, 1, "more meetings than can be read at once", "Split the calendar in several.")
    if alone:
        some = "1 event" if alone == 1 else f"{alone:,} events"
        yield Skipped(file_name, 1, f"{some} without anybody else", "Nothing needs to be done.")


def _collect(file_name: str, source: Source, until: dt.datetime) -> _Book:
    by_uid: dict[str, _Series] = {}
    described: list[Component] = []
    default, method, count = "", "", 0
    for one in components(source):
        if one.kind == "VTIMEZONE":
            if len(described) < 1000:
                described.append(one)
        elif one.kind == "VCALENDAR":
            default, method = one.text("X-WR-TIMEZONE"), one.text("METHOD")
        elif count < MAX_EVENTS:
            count += 1
            uid = one_line(one.text("UID"), 1000) or f"line {one.line}"
            series = by_uid.setdefault(uid, _Series(uid, one.line))
            if one.first("RECURRENCE-ID"):
                series.overrides.append(one)
            elif series.master is None or _sequence(one) >= _sequence(series.master):
                series.master, series.line = one, one.line
        else:
            count += 1
            break
    budget = Budget()
    return _Book(
        file_name=file_name,
        series=list(by_uid.values()),
        zones=Zones(described, default, budget),
        budget=budget,
        until=until,
        is_cancelled=method.upper() == "CANCEL",
        is_cut=count > MAX_EVENTS,
    )


def _contacts(book: _Book, series: _Series) -> Iterator[Record]:
    """Raises BadRule and Exhausted."""
    changes = _changes(book, series)
    by_moment = {change.original.utc: change for change in changes}
    by_day = {change.original.local.date(): change for change in changes if change.original.is_day}
    lasting = sorted((one for one in changes if one.is_lasting), key=lambda one: one.original.utc)
    master = series.master
    is_repeated = bool(changes)
    placed: set[int] = set()
    if master is not None:
        start = next((one for value in master.all("DTSTART")[:1] for one in book.zones.moments(value)), None)
        if start is None:
            yield Skipped(book.file_name, series.line, "a meeting without a date", "Enter this meeting by hand.")
            return
        if start.is_day:
            # Some write the moment at which the day began.
            by_day |= {change.original.local.date(): change for change in changes}
        is_repeated = is_repeated or bool(master.all("RRULE") or master.all("RDATE"))
        for original in _originals(book, master, start):
            change = by_moment.get(original.utc) or by_day.get(original.local.date())
            event, happened_at = master, original.utc
            if change is not None:
                event, happened_at = change.event, _start(book, change)
                placed.add(id(change))
            elif earlier := [one for one in lasting if one.original.utc <= original.utc]:
                event = earlier[-1].event
                happened_at += _start(book, earlier[-1]) - earlier[-1].original.utc
            yield from _contact(book, series, event, original, happened_at, is_repeated=is_repeated)
    for change in by_moment.values():
        if id(change) in placed:
            continue
        yield from _contact(book, series, change.event, change.original, _start(book, change), is_repeated=True)


def _contact(
    book: _Book, series: _Series, event: Component, original: Moment, happened_at: dt.datetime, *, is_repeated: bool
) -> Iterator[ContactRecord]:
    people = _people(event)
    if people is None or happened_at > book.until:
        return
    organiser, others, left_out = people
    which = f"{original.local:%Y%m%d}" if original.is_day else f"{original.utc:%Y%m%dT%H%M%SZ}"
    if book.is_cancelled or event.text("STATUS").upper() == "CANCELLED":
        left_out = "cancelled"
    yield ContactRecord(
        kind=ContactKind.MEETING,
        happened_at=happened_at,
        sender=organiser,
        others=others,
        key=parties.key(series.uid, which) if is_repeated else parties.key(series.uid),
        thread=parties.key(series.uid),
        left_out=left_out,
        file=book.file_name,
        line=event.line,
    )


def _originals(book: _Book, master: Component, start: Moment) -> list[Moment]:
    """The moments of a series before anything was changed, the latest MAX_OCCURRENCES of them, in order."""
    until = book.until.replace(tzinfo=None) + dt.timedelta(days=2)
    found: dict[dt.datetime, Moment] = {start.utc: start}
    latest: deque[Moment] = deque(maxlen=MAX_OCCURRENCES)
    for value in master.all("RRULE")[:5]:
        if not value.text.strip():
            continue
        rule = read_rule(value.text)
        end = next(book.zones.moments(Value({}, rule.until)), None) if rule.until else None
        for local in occurrences(rule, start.local, until, book.budget):
            one = Moment(local, start.to_utc, start.is_day)
            if one.utc > book.until or (end is not None and _is_over(one, end, in_utc=rule.until.endswith("Z"))):
                break
            latest.append(one)
    for value in master.all("RDATE"):
        for one in book.zones.moments(value):
            book.budget.spend(1)
            latest.append(one)
    found |= {one.utc: one for one in latest}
    dropped = [one for value in master.all("EXDATE") for one in book.zones.moments(value)]
    moments = {one.utc for one in dropped if not one.is_day}
    days = {one.local.date() for one in dropped if one.is_day}
    return [one for at, one in sorted(found.items()) if at not in moments and one.local.date() not in days]


def _is_over(one: Moment, end: Moment, *, in_utc: bool) -> bool:
    """Whether an occurrence is behind the UNTIL of its rule, which is a day, a moment in UTC, or meant where it is."""
    if end.is_day:
        return one.local.date() > end.local.date()
    return one.utc > end.utc if in_utc else one.local > end.local


def _changes(book: _Book, series: _Series) -> list[_Change]:
    found = []
    for event in series.overrides:
        value = event.first("RECURRENCE-ID")
        original = next(book.zones.moments(value), None) if value else None
        if value is not None and original is not None:
            found.append(_Change(original, event, "THISANDFUTURE" in value.params.get("RANGE", "").upper()))
    return found


def _start(book: _Book, change: _Change) -> dt.datetime:
    value = change.event.first("DTSTART")
    moment = next(book.zones.moments(value), None) if value else None
    return moment.utc if moment else change.original.utc


def _people(event: Component) -> tuple[Party | None, tuple[Party, ...], str] | None:
    """(organiser, others, why it counts for nothing); None where fewer than two people can have met."""
    organiser = next((one for value in event.all("ORGANIZER")[:1] if (one := _party(value))), None)
    others, left_out = parties.once(organiser, (_party(value) for value in event.all("ATTENDEE")))
    if not others or (organiser is None and len(others) < 2):
        return None
    return organiser, others, left_out


def _party(value: Value) -> Party | None:
    """Somebody who was there; None for rooms, for whoever declined, and for what is no address of a person."""
    if any(value.params.get(name, "").upper() in words for name, words in _ABSENT.items()):
        return None
    address = value.text.strip()
    scheme, _, rest = address.partition(":")
    address = rest if scheme.lower() == "mailto" else address
    if "@" not in address:
        address = value.params.get("EMAIL", "")
    if _NO_PERSON.search(address.lower()):
        return None
    return parties.party(value.params.get("CN", ""), address)


def _sequence(event: Component) -> int:
    text = event.text("SEQUENCE")[:9]
    return int(text) if text.isascii() and text.isdigit() else 0
