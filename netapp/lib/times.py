"""Moments in a member's own zone. Stored in UTC, meant locally."""

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


def within_hours(moment: datetime, start: time, end: time, zone: ZoneInfo) -> datetime:
    """`moment` if clocks in `zone` then show a time from `start` to before `end`, otherwise the next `start`.

    An empty or inverted window (end <= start) means any hour.
    """
    if end <= start:
        return moment
    local = moment.astimezone(zone)
    if start <= local.time() < end:
        return moment
    day = local.date() if local.time() < start else local.date() + timedelta(days=1)
    return local_moment(day, start, zone)
