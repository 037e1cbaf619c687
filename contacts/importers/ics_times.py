"""Times of calendars: floating, by the day, in UTC, in a zone of the world, or in one that the file describes."""

import bisect
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from contacts.importers.ics_lines import Component, Value
from contacts.importers.recurrence import BadRule, Budget, Exhausted, occurrences, read_rule

ToUtc = Callable[[dt.datetime], dt.datetime]
"""What a zone is here: a local time without a zone to the moment in UTC."""

FIRST_YEAR: Final = 1971
_TIME = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d):?(\d\d)?(?:[.,]\d+)?\s*(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_GMT = re.compile(r"\(?(?:GMT|UTC)\s?([+-])(\d\d?):?(\d\d)?\)?", re.IGNORECASE)
_WINDOWS: Final = {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}
_NOON = dt.time(12)
_MAX_ONSETS = 400
_FIRST, _HORIZON = (dt.datetime.combine(dt.date(year, 1, 1), dt.time()) for year in (1970, 2100))


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a calendar means it: local, with the zone that makes it a moment."""

    local: dt.datetime
    to_utc: ToUtc
    is_day: bool

    @property
    def utc(self) -> dt.datetime:
        """The moment; noon stands for a whole day."""
        return self.to_utc(dt.datetime.combine(self.local, _NOON) if self.is_day else self.local)


class Zones:
    """The zones of one file: those that it describes, and those of the world by all their names."""

    def __init__(self, described: Iterable[Component], default: str, budget: Budget) -> None:
        self._described = {_key(one.text("TZID")): one for one in described}
        self._budget = budget
        self._known: dict[str, ToUtc] = {}
        self._default = self.named(default) if default else utc

    def named(self, name: str) -> ToUtc:
        """The zone of that name; UTC for one that nobody knows."""
        key = _key(name)
        if key not in self._known and len(self._known) < 1000:
            self._known[key] = self._find(key) or utc
        return self._known.get(key, utc)

    def moments(self, value: Value) -> Iterator[Moment]:
        """Every time in a property: a list, or the beginnings of periods."""
        zone = value.params.get("TZID", "")
        for part in value.text.split(",")[:2000]:
            found = _TIME.match(part.strip())
            if found is None:
                continue
            try:
                local = _local(found)
            except ValueError:
                continue
            if not FIRST_YEAR <= local.year <= 2200:
                continue
            mark = (found[7] or "").upper()
            if found[4] is None:
                yield Moment(local, self.named(zone) if zone else self._default, is_day=True)
            elif mark == "Z":
                yield Moment(local, utc, is_day=False)
            elif mark:
                yield Moment(local, _fixed(_offset(mark)), is_day=False)
            else:
                yield Moment(local, self.named(zone) if zone else self._default, is_day=False)

    def _find(self, key: str) -> ToUtc | None:
        if world := _of_the_world(key):
            return world
        described = self._described.get(key)
        if described is not None:
            return _of_the_world(described.text("X-LIC-LOCATION").casefold()) or _as_described(described, self._budget)
        if found := _GMT.match(key):
            offset = dt.timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
            return _fixed(offset if found[1] == "+" else -offset)
        return None


def utc(local: dt.datetime) -> dt.datetime:
    """The zone of UTC itself."""
    return local.replace(tzinfo=dt.UTC)


def _of_the_world(key: str) -> ToUtc | None:
    """By the name that IANA gives it, also at the end of a path, or Microsoft."""
    steps = key.split("/")
    for name in (key, _WINDOWS.get(key, "").casefold(), "/".join(steps[-2:]), "/".join(steps[-3:])):
        if name in _world():
            try:
                zone = ZoneInfo(_world()[name])
            except (ZoneInfoNotFoundError, ValueError, OSError):
                return None
            return lambda local: local.replace(tzinfo=zone).astimezone(dt.UTC)
    return None


@cache
def _world() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


def _key(name: str) -> str:
    return name.replace("\\", "").strip().strip('"').casefold()[:200]


def _fixed(offset: dt.timedelta) -> ToUtc:
    return lambda local: utc(local) - offset


def _as_described(zone: Component, budget: Budget) -> ToUtc:
    """A zone by its own STANDARD and DAYLIGHT parts: which one has begun last."""
    onsets: list[tuple[dt.datetime, dt.timedelta]] = []
    for part in zone.parts[:50]:
        offset = _offset(part.text("TZOFFSETTO"))
        onsets += [(begin, offset) for begin in islice(_onsets(part, budget), _MAX_ONSETS)]
    if not onsets:
        return utc
    onsets.sort(key=lambda one: one[0])
    begins = [begin for begin, _ in onsets]

    def to_utc(local: dt.datetime) -> dt.datetime:
        return utc(local) - onsets[max(0, bisect.bisect_right(begins, local) - 1)][1]

    return to_utc


def _onsets(part: Component, budget: Budget) -> Iterator[dt.datetime]:
    """When a part of a zone begins to hold, in local time."""
    found = _TIME.match(part.text("DTSTART"))
    try:
        # Zones are often said to begin in 1601; what happened before 1970 does not matter.
        start = _local(found, earliest=1970) if found else _FIRST
        yield start
        if rule := part.text("RRULE"):
            yield from occurrences(read_rule(rule), start, _HORIZON, budget)
        for value in part.all("RDATE")[:_MAX_ONSETS]:
            if one := _TIME.match(value.text):
                yield _local(one)
    except (BadRule, Exhausted, ValueError):
        return


def _local(found: re.Match[str], *, earliest: int = 1) -> dt.datetime:
    """The local time that was found, without a zone. Raises ValueError."""
    year, month, day, hour, minute, second = (int(number or 0) for number in found.groups()[:6])
    # A leap second is the one before.
    return dt.datetime.combine(dt.date(max(year, earliest), month, day), dt.time(hour, minute, min(second, 59)))


def _offset(text: str) -> dt.timedelta:
    """An offset as "+0530"; none for what is no such thing."""
    found = _OFFSET.match(text.strip())
    if found is None or int(found[2]) > 15 or int(found[3]) > 59:
        return dt.timedelta()
    offset = dt.timedelta(hours=int(found[2]), minutes=int(found[3]))
    return offset if found[1] == "+" else -offset
