"""Trying whether reminders work: a reminder that is due at once and goes the way of all others.

Nothing rings for it. It waits for beat and a worker like a real one, or it would prove nothing.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from django.db import transaction

from contacts.models import Reminder, ReminderKind
from contacts.queries import trials as queries
from contacts.services.reminders import OPEN, cancel_all, schedule
from contacts.services.sending import letter_group, letter_key
from netapp.accounts.models import User
from netapp.mail import outbox

MOST_A_DAY: Final = 5


class TooManyTrials(ValueError):
    """That is enough for a day."""


@transaction.atomic
def begin(*, owner: User, now: datetime) -> Reminder:
    """Begin a trial, or return the one that is under way. Raises TooManyTrials."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    trial = queries.latest(member=owner)
    if trial and queries.read(trial, member=owner, now=now).is_running:
        return trial
    of_owner = Reminder.objects.filter(owner=owner, kind=ReminderKind.TRIAL)
    if of_owner.filter(due_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise TooManyTrials
    cancel_all(of_owner.filter(state__in=OPEN), now)
    return schedule(
        owner=owner, kind=ReminderKind.TRIAL, key=f"trial:{uuid4()}", due_at=now, text="Do reminders reach you?"
    )


def stop(*, owner: User, now: datetime) -> bool:
    """End the trial that is under way. False where there is none."""
    return bool(cancel_all(Reminder.objects.filter(owner=owner, kind=ReminderKind.TRIAL, state__in=OPEN), now))


def compose(*, reminder: Reminder, token: str, now: datetime) -> None:
    """The letter. It can be stopped like the others: a stop that holds reminders back is to be seen."""
    outbox.post(
        key=letter_key(reminder),
        group=letter_group(reminder),
        template="trial",
        context={"member": reminder.owner, "asked_at": reminder.due_at, "token": token},
        to=[outbox.Recipient(reminder.owner.email, reminder.owner.name)],
        member=reminder.owner,
        now=now,
    )
