"""The demo's calendar: everything is so many days before a morning that has already come, so that it looks alive."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from contacts.services.reminders import morning_of
from netapp.accounts.models import User
from netapp.lib.times import local_date, local_moment


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days as `member` counts them. day: the last one whose morning, when reminders go out, has come."""

    member: User
    day: date

    @classmethod
    def of(cls, member: User, now: datetime) -> "Calendar":
        """The calendar at `now`."""
        today = local_date(now, member.zone)
        has_begun = morning_of(member, today) + timedelta(minutes=5) <= now
        return cls(member, today if has_begun else today - timedelta(days=1))

    @property
    def morning(self) -> datetime:
        """A little after the reminders of `day` were due; never after now."""
        return morning_of(self.member, self.day) + timedelta(minutes=5)

    def ago(self, days: int) -> date:
        """The date so many days before `day`."""
        return self.day - timedelta(days=days)

    def at(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """That hour of the member's, so many days (at least one) before `day`."""
        if days < 1:
            raise ValueError("Only what lies a day back is surely past.")
        return local_moment(self.ago(days), time(hour, minute), self.member.zone)
