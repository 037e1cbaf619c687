"""The letters that remind the asker of what follows an introduction. `contacts.services.sending` says when."""

from datetime import datetime

from contacts.models import Reminder
from contacts.services.sending import letter_group, letter_key
from introductions.letters import recipient
from introductions.models import Introduction
from introductions.parties import names
from netapp.mail import outbox


def reply_today(*, reminder: Reminder, token: str, now: datetime) -> None:
    """The morning after: write today."""
    _reminder("reply_today", reminder, token, now)


def did_you_talk(*, reminder: Reminder, token: str, now: datetime) -> None:
    """A week after."""
    _reminder("did_you_talk", reminder, token, now)


def thank_introducer(*, reminder: Reminder, token: str, now: datetime) -> None:
    """Close the loop."""
    _reminder("thank_introducer", reminder, token, now)


def _reminder(template: str, reminder: Reminder, token: str, now: datetime) -> None:
    assert reminder.about is not None
    introduction = Introduction.objects.select_related("owner").filter(id=reminder.about).first()
    if introduction is None:
        return
    outbox.post(
        key=letter_key(reminder),
        group=letter_group(reminder),
        template=template,
        context={**names(introduction), "introduction": introduction, "token": token, "text": reminder.text},
        to=[recipient(introduction.owner)],
        member=introduction.owner,
        now=now,
    )
