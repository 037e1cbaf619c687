"""What this app does when one below tells it something. Connected when Django starts."""

from datetime import datetime

from contacts.models import ReminderKind
from contacts.services import sending
from introductions import letters
from introductions.services import addresses, closing
from netapp.accounts.models import User


def member_left(sender: object, *, member: User, now: datetime, **_: object) -> None:
    """An account goes: introductions in flight end kindly for everyone."""
    closing.part_from(member=member, emails=addresses.verified(member), now=now)


def register_letters() -> None:
    """Say who writes the letters of the reminders that follow an introduction."""
    sending.register(ReminderKind.REPLY_TODAY, letters.reply_today)
    sending.register(ReminderKind.DID_YOU_TALK, letters.did_you_talk)
    sending.register(ReminderKind.THANK_INTRODUCER, letters.thank_introducer)
