"""What this app does when the accounts tell it something. Connected when Django starts."""

from zoneinfo import ZoneInfo

from contacts.models import ReminderKind
from contacts.services import handles, reminders, sending, trials
from contacts.tasks import purge_deleted
from netapp.accounts.models import User
from netapp.lib.bell import ring


def register_letters() -> None:
    """Say who writes the letter of a trial."""
    sending.register(ReminderKind.TRIAL, trials.compose)


def hours_moved(sender: object, *, member: User, zone: ZoneInfo, **_: object) -> None:
    """Another time zone, or another hour to begin the day: reminders keep their day and come in its new morning."""
    reminders.follow_hours(member=member, zone=zone)


def address_failed(sender: object, *, member_id: int, address: str, **_: object) -> None:
    """Mail to that address came back: it is marked in that member's book, and in nobody else's."""
    handles.mark_failing(owner_id=member_id, address=address)


def member_left(sender: object, **_: object) -> None:
    """A book goes with its member. The addresses in it that nobody else has go by the next purge: at once, if heard."""
    ring(purge_deleted)
