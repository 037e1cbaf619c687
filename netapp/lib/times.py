"""Moments in a member's own zone. Stored in UTC, meant locally."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment in UTC when clocks in `zone` show `at` on `day`.

    Where the clock is put forward over `at`, the moment is as long after midnight as it would have been (02:30 becomes
    03:30); where it is put back and shows `at` twice, the first of the two.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The day that calendars in `zone` show at `moment`."""
    return moment.astimezone(zone).date()


def within_hours(
    moment: datetime, start: time, end: time, zone: ZoneInfo, days: Collection[int] = range(1, 8)
) -> datetime:
    """`moment` if clocks in `zone` then show a time from `start` to before `end` on one of `days`, otherwise the next
    `start` on such a day.

    An empty or inverted window (end <= start) means any hour. `days` are ISO weekdays; none of them means all.
    """
    local = moment.astimezone(zone)
    allowed = set(days) or set(range(1, 8))
    is_any_hour = end <= start
    if local.isoweekday() in allowed and (is_any_hour or start <= local.time() < end):
        return moment
    day = local.date()
    if is_any_hour or local.time() >= start:
        day += timedelta(days=1)
    while day.isoweekday() not in allowed:
        day += timedelta(days=1)
    return local_moment(day, start, zone)
