"""RFC 5545 recurrence rules, expanded in bounded time: whatever a rule says, one period costs one step of a budget.

The usual libraries look for the next date for as long as there are years, so a rule that fits no date (30 February)
holds them for seconds, and one by the second for ever. They are peers in the tests instead.
"""

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

MAX_TIMES_A_DAY: Final = 24

_DAYS: Final = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_BY_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)\Z")
_DAY = dt.timedelta(days=1)


class BadRule(ValueError):
    """A rule that cannot be followed. The message says why, in the words of a report."""


class Exhausted(Exception):
    """The budget is spent."""


@dataclass(slots=True)
class Budget:
    """Steps that may still be taken; one is a few microseconds. Shared by all rules of a file."""

    steps: int = 2_000_000

    def spend(self, count: int) -> None:
        """Raises Exhausted."""
        self.steps -= count
        if self.steps < 0:
            raise Exhausted


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule by the day or longer. `until` is as the rule writes it, to be made local by the caller."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: str = ""
    by_month: frozenset[int] = frozenset()
    by_week: frozenset[int] = frozenset()
    by_year_day: frozenset[int] = frozenset()
    by_month_day: frozenset[int] = frozenset()
    by_day: tuple[tuple[int, int], ...] = ()
    """(which one of the period or 0, weekday from Monday)."""
    times: tuple[tuple[int, ...], ...] = ((), (), ())
    """Hours, minutes and seconds of the day, where the rule tells them."""
    positions: tuple[int, ...] = ()
    week_start: int = 0


def read_rule(text: str) -> Rule:
    """The rule in an RRULE. Raises BadRule."""
    parts = dict(part.upper().split("=", 1) for part in text.strip()[:2000].split(";") if "=" in part)
    frequency = parts.get("FREQ", "").strip()
    if frequency in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise BadRule("repeats more often than daily")
    if parts.get("RSCALE", "GREGORIAN").strip() != "GREGORIAN" or frequency not in (
        "DAILY",
        "WEEKLY",
        "MONTHLY",
        "YEARLY",
    ):
        raise BadRule("repeats in a way that is not known")
    clock = (("BYHOUR", 23), ("BYMINUTE", 59), ("BYSECOND", 59))
    times = tuple(tuple(sorted(_numbers(parts, name, 0, most))) for name, most in clock)
    if max(1, len(times[0])) * max(1, len(times[1])) * max(1, len(times[2])) > MAX_TIMES_A_DAY:
        raise BadRule("repeats more often than hourly")
    days = []
    for day in parts.get("BYDAY", "").split(",")[:60]:
        if day.strip():
            found = _BY_DAY.match(day.strip())
            if not found:
                raise BadRule("repeats in a way that is not known")
            days.append((int(found[1] or 0), _DAYS[found[2]]))
    return Rule(
        frequency=frequency,
        interval=_number(parts.get("INTERVAL", "1"), 1, 10_000),
        count=_count(parts.get("COUNT", "")),
        until=parts.get("UNTIL", "").strip(),
        by_month=frozenset(_numbers(parts, "BYMONTH", 1, 12)),
        by_week=frozenset(_numbers(parts, "BYWEEKNO", -53, 53)),
        by_year_day=frozenset(_numbers(parts, "BYYEARDAY", -366, 366)),
        by_month_day=frozenset(_numbers(parts, "BYMONTHDAY", -31, 31)),
        by_day=tuple(dict.fromkeys(days)),
        times=times,
        positions=tuple(sorted(_numbers(parts, "BYSETPOS", -366, 366))),
        week_start=_DAYS.get(parts.get("WKST", "MO").strip(), 0),
    )


def occurrences(rule: Rule, start: dt.datetime, until: dt.datetime, budget: Budget) -> Iterator[dt.datetime]:
    """The local times from `start` to `until`, both included. Raises Exhausted; ends, whatever the rule says."""
    clock = _clock(rule, start)
    left = rule.count
    for days in _periods(_completed(rule, start), start.date(), until.date(), budget):
        moments = [dt.datetime.combine(day, time) for day in days for time in clock]
        budget.spend(len(moments))
        for moment in _chosen(moments, rule.positions):
            if moment < start:
                continue
            if moment > until or (left is not None and left <= 0):
                return
            if left is not None:
                left -= 1
            yield moment


def _clock(rule: Rule, start: dt.datetime) -> Sequence[dt.time]:
    hours, minutes, seconds = rule.times
    return [
        dt.time(*one) for one in product(hours or [start.hour], minutes or [start.minute], seconds or [start.second])
    ]


def _completed(rule: Rule, start: dt.datetime) -> Rule:
    """The rule with what it leaves to its start: "yearly" is on this day of this month."""
    if rule.by_week or rule.by_year_day or rule.by_month_day or rule.by_day:
        return rule
    months, days, weekdays = rule.by_month, frozenset[int](), rule.by_day
    if rule.frequency == "YEARLY":
        months, days = months or frozenset({start.month}), frozenset({start.day})
    elif rule.frequency == "MONTHLY":
        days = frozenset({start.day})
    elif rule.frequency == "WEEKLY":
        weekdays = ((0, start.weekday()),)
    return Rule(
        frequency=rule.frequency,
        interval=rule.interval,
        by_month=months,
        by_month_day=days,
        by_day=weekdays,
        week_start=rule.week_start,
    )


def _periods(rule: Rule, first: dt.date, last: dt.date, budget: Budget) -> Iterator[list[dt.date]]:
    """The days of each period that the rule names, in order."""
    if rule.frequency == "DAILY":
        step = dt.timedelta(days=rule.interval)
        day = first
        while day <= last:
            budget.spend(1)
            yield [day] if _fits(rule, day) else []
            day += step
    elif rule.frequency == "WEEKLY":
        step = dt.timedelta(weeks=rule.interval)
        day = first - dt.timedelta(days=(first.weekday() - rule.week_start) % 7)
        weekdays = {(weekday - rule.week_start) % 7 for _, weekday in rule.by_day} or set(range(7))
        days = [dt.timedelta(days=number) for number in sorted(weekdays)]
        while day <= last:
            budget.spend(len(days))
            yield [one for one in (day + number for number in days) if _fits(rule, one)]
            day += step
    elif rule.frequency == "MONTHLY":
        month = first.year * 12 + first.month - 1
        while month <= last.year * 12 + last.month - 1:
            budget.spend(1)
            yield _days_of(rule, month // 12, month % 12 + 1, budget)
            month += rule.interval
    else:
        for year in range(first.year, last.year + 1, rule.interval):
            budget.spend(1)
            months = sorted(rule.by_month) or range(1, 13)
            yield [day for month in months for day in _days_of(rule, year, month, budget)]


def _days_of(rule: Rule, year: int, month: int, budget: Budget) -> list[dt.date]:
    if rule.by_month and month not in rule.by_month:
        return []
    length = calendar.monthrange(year, month)[1]
    if rule.by_month_day and not (rule.by_week or rule.by_year_day or rule.by_day):
        budget.spend(len(rule.by_month_day))
        numbers = {number if number > 0 else length + 1 + number for number in rule.by_month_day}
        return [dt.date(year, month, number) for number in sorted(numbers) if 0 < number <= length]
    budget.spend(length * (1 + len(rule.by_day) // 4))
    return [day for number in range(1, length + 1) if _fits(rule, day := dt.date(year, month, number))]


def _fits(rule: Rule, day: dt.date) -> bool:
    if rule.by_month and day.month not in rule.by_month:
        return False
    if rule.by_month_day:
        length = calendar.monthrange(day.year, day.month)[1]
        if not {day.day, day.day - length - 1} & rule.by_month_day:
            return False
    if rule.by_year_day:
        length = 366 if calendar.isleap(day.year) else 365
        number = day.timetuple().tm_yday
        if not {number, number - length - 1} & rule.by_year_day:
            return False
    if rule.by_week and not _weeks(day, rule.week_start) & rule.by_week:
        return False
    return not rule.by_day or any(_is_day(rule, day, which, weekday) for which, weekday in rule.by_day)


def _is_day(rule: Rule, day: dt.date, which: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    if not which or rule.frequency in ("DAILY", "WEEKLY"):
        return True
    if rule.frequency == "MONTHLY" or rule.by_month:
        number, length = day.day, calendar.monthrange(day.year, day.month)[1]
    else:
        number, length = day.timetuple().tm_yday, 366 if calendar.isleap(day.year) else 365
    return which == (number - 1) // 7 + 1 or which == -((length - number) // 7 + 1)


def _weeks(day: dt.date, week_start: int) -> set[int]:
    """The number of the day's week within the day's year, from the front and from the back; empty in another year's."""
    first = _first_week(day.year, week_start)
    if not first <= day:
        return set()
    next_first = _first_week(day.year + 1, week_start) if day.year < dt.MAXYEAR else dt.date.max
    if day >= next_first:
        return set()
    number = (day - first).days // 7 + 1
    return {number, number - (next_first - first).days // 7 - 1}


def _first_week(year: int, week_start: int) -> dt.date:
    """The first day of the first week with at least four days in the year."""
    fourth = dt.date(year, 1, 4)
    return fourth - dt.timedelta(days=(fourth.weekday() - week_start) % 7)


def _chosen(moments: list[dt.datetime], positions: Sequence[int]) -> list[dt.datetime]:
    if not positions:
        return moments
    count = len(moments)
    numbers = {number - 1 if number > 0 else count + number for number in positions if number}
    return [moments[number] for number in sorted(numbers) if 0 <= number < count]


def _number(text: str, least: int, most: int) -> int:
    try:
        number = int(text.strip()[:10])
    except ValueError:
        raise BadRule("repeats in a way that is not known") from None
    if not least <= number <= most:
        raise BadRule("repeats in a way that is not known")
    return number


def _count(text: str) -> int | None:
    """How often; programs write -1 for "for ever"."""
    if not text.strip() or text.strip().startswith("-"):
        return None
    return _number(text, 0, 1_000_000)


def _numbers(parts: dict[str, str], name: str, least: int, most: int) -> set[int]:
    return {_number(one, least, most) for one in parts.get(name, "").split(",")[:400] if one.strip()}
