"""What this app does when one below tells it something. Connected when Django starts."""

from contextlib import suppress
from datetime import datetime

from contacts.models import InteractionKind, Reminder, ReminderKind
from contacts.services import sending
from introductions import reminder_letters
from introductions.lifecycle import MoveNotAllowed
from introductions.models import Introduction
from introductions.services import addresses, closing, following
from introductions.services.moves import Overtaken
from netapp.accounts.models import User


def member_left(sender: object, *, member: User, now: datetime, **_: object) -> None:
    """An account goes: introductions in flight end kindly for everyone."""
    closing.part_from(member=member, emails=addresses.verified(member), now=now)


def talked_by_mail(sender: object, *, reminder: Reminder, kind: InteractionKind, now: datetime, **_: object) -> None:
    """A reminder that follows an introduction was answered by contact with the target: the introduction moves with it.

    To "write to them today" writing is no more than what was asked; meeting or calling is having talked.
    """
    if reminder.kind == ReminderKind.REPLY_TODAY:
        has_talked = kind in (InteractionKind.MET, InteractionKind.CALL)
    else:
        has_talked = reminder.kind == ReminderKind.DID_YOU_TALK
    if not has_talked or reminder.about is None:
        return
    introduction = Introduction.objects.filter(id=reminder.about, owner=reminder.owner_id).first()
    # It may have been closed meanwhile; then the contact is noted, and nothing moves.
    if introduction is not None:
        with suppress(MoveNotAllowed, Overtaken):
            following.talked(introduction=introduction, now=now, kind=None if reminder.person_id else kind)


def register_letters() -> None:
    """Say who writes the letters of the reminders that follow an introduction."""
    sending.register(ReminderKind.REPLY_TODAY, reminder_letters.reply_today)
    sending.register(ReminderKind.DID_YOU_TALK, reminder_letters.did_you_talk)
    sending.register(ReminderKind.THANK_INTRODUCER, reminder_letters.thank_introducer)
