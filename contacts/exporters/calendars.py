"""Dates, reminders and meetings as a calendar (.ics, RFC 5545) that every calendar program reads."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contacts.exporters.lines import bare, escape, line
from contacts.importers.records import Party

_UNQUOTABLE = re.compile(r"[\x00-\x1f\x7f]")
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """One entry. `starts` is a moment (aware) or a whole day; `uid` names the entry for good.

    With `is_yearly` a whole day comes again every year (a birthday). People without an e-mail address cannot stand in
    a calendar as guests; name them in the description.
    """

    uid: str
    starts: dt.datetime | dt.date
    summary: str
    ends: dt.datetime | None = None
    description: str = ""
    is_yearly: bool = False
    organiser: Party | None = None
    guests: tuple[Party, ...] = ()
    category: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A calendar that programs come back for: its name, and after how long they should (whole hours)."""

    name: str
    every: dt.timedelta


def write_ics(
    events: Iterable[CalendarEvent], now: dt.datetime, *, published: Published | None = None
) -> Iterator[bytes]:
    """A calendar of all events, in pieces; `now` (aware) stamps them. `published`: it is read again and again."""
    yield b"".join(
        (
            line("BEGIN", "VCALENDAR"),
            line("VERSION", "2.0"),
            line("PRODID", "-//Kith//Kith 1//EN"),
            line("CALSCALE", "GREGORIAN"),
            *(_published(published) if published else ()),
        )
    )
    for one in events:
        yield b"".join(_lines(one, now))
    yield line("END", "VCALENDAR")


def _published(calendar: Published) -> Iterator[bytes]:
    """RFC 7986, and what older programs read in place of it."""
    every = f"PT{calendar.every // dt.timedelta(hours=1)}H"
    yield line("METHOD", "PUBLISH")
    yield line("NAME", escape(calendar.name))
    yield line("X-WR-CALNAME", escape(calendar.name))
    yield line("REFRESH-INTERVAL;VALUE=DURATION", every)
    yield line("X-PUBLISHED-TTL", every)


def _lines(one: CalendarEvent, now: dt.datetime) -> Iterator[bytes]:
    yield line("BEGIN", "VEVENT")
    yield line("UID", escape(one.uid))
    yield line("DTSTAMP", _moment(now))
    if isinstance(one.starts, dt.datetime):
        yield line("DTSTART", _moment(one.starts))
        if one.ends:
            yield line("DTEND", _moment(one.ends))
    else:
        yield line("DTSTART;VALUE=DATE", f"{one.starts:%Y%m%d}")
        # A day of memory is nobody's time taken.
        yield line("TRANSP", "TRANSPARENT")
    if one.is_yearly:
        is_leap = (one.starts.month, one.starts.day) == (2, 29)
        # The 29th of February would come every four years.
        yield line("RRULE", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1" if is_leap else "FREQ=YEARLY")
    yield line("SUMMARY", escape(one.summary))
    if one.description:
        yield line("DESCRIPTION", escape(one.description))
    if one.category:
        yield line("CATEGORIES", escape(one.category))
    if one.url:
        yield line("URL", bare(one.url))
    if one.organiser and _ADDRESS.match(one.organiser.email):
        yield line(f"ORGANIZER{_named(one.organiser)}", f"mailto:{bare(one.organiser.email)}")
    for guest in one.guests:
        if _ADDRESS.match(guest.email):
            yield line(f"ATTENDEE{_named(guest)}", f"mailto:{bare(guest.email)}")
    yield line("END", "VEVENT")


def _moment(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _named(party: Party) -> str:
    """The name as a parameter: in quotation marks, which nothing within it can close (RFC 6868)."""
    name = _UNQUOTABLE.sub(" ", party.name).replace("^", "^^").replace('"', "^'").strip()
    return f';CN="{name}"' if name else ""
