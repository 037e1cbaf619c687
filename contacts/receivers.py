"""What this app does when the accounts tell it something. Connected when Django starts."""

from zoneinfo import ZoneInfo

from contacts.services import reminders
from netapp.accounts.models import User


def hours_moved(sender: object, *, member: User, zone: ZoneInfo, **_: object) -> None:
    """Another time zone, or another hour to begin the day: reminders keep their day and come in its new morning."""
    reminders.follow_hours(member=member, zone=zone)
