"""Sending what is due: one digest for keeping in touch and promises, letters of their own for follow-ups.

The claim (WAITING -> SENT) and the letter are one transaction, so a killed worker sends all of it later or none twice.
A member's row is locked meanwhile: three schedulers at once cannot cut one member's digest into three.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import F

from contacts.models import Person, Reminder, ReminderKind, ReminderState
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.lib.times import local_date, within_hours
from netapp.mail import outbox

DIGEST_KINDS = (ReminderKind.KEEP_IN_TOUCH, ReminderKind.PROMISE)


class Compose(Protocol):
    """Writes the letter of one reminder through the outbox, with the group of `letter_group`."""

    def __call__(self, *, reminder: Reminder, token: str, now: datetime) -> None: ...


_composers: dict[ReminderKind, Compose] = {}


def register(kind: ReminderKind, compose: Compose) -> None:
    """Say who writes the letters of `kind`; called by the apps above when Django starts."""
    _composers[kind] = compose


def letter_group(reminder: Reminder) -> str:
    """The outbox group by which closing a reminder cancels its unsent letter."""
    return f"reminder:{reminder.id}"


def letter_key(reminder: Reminder) -> str:
    """One letter for each time a reminder is sent (a snooze makes it be sent again)."""
    return f"reminder:{reminder.id}:{reminder.sendings}"


def due_owner_ids(*, now: datetime) -> list[int]:
    """Members with something due."""
    due = Reminder.objects.filter(state=ReminderState.WAITING, due_at__lte=now, owner__is_active=True)
    return list(due.order_by().values_list("owner_id", flat=True).distinct())


@transaction.atomic
def send_due(*, owner_id: int, now: datetime) -> int:
    """Send everything that is due for one member; how many reminders that was.

    Outside the member's hours what is due is put off to the next morning. Somebody else at work on the same member:
    nothing, they do it.
    """
    owner = User.objects.select_for_update(skip_locked=True, no_key=True).filter(id=owner_id, is_active=True).first()
    if owner is None:
        return 0
    due = list(
        Reminder.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(owner=owner, state=ReminderState.WAITING, due_at__lte=now)
        .order_by(F("person__strength").desc(nulls_last=True), "due_at", "id")
    )
    if not due:
        return 0
    start = within_hours(now, owner.mail_from_time, owner.mail_until_time, owner.zone)
    if start > now:
        Reminder.objects.filter(id__in=[reminder.id for reminder in due]).update(due_at=start)
        return 0
    for reminder in due:
        reminder.owner = owner
        issued = tokens.issue("reminder")
        reminder.salt, reminder.token_digest = issued.salt, issued.digest
        reminder.state, reminder.sent_at = ReminderState.SENT, now
        reminder.sendings += 1
    Reminder.objects.bulk_update(due, ["salt", "token_digest", "state", "sent_at", "sendings"])
    _send_digest(owner, [reminder for reminder in due if reminder.kind in DIGEST_KINDS], now)
    for reminder in due:
        if reminder.kind not in DIGEST_KINDS:
            compose = _composers[ReminderKind(reminder.kind)]
            compose(reminder=reminder, token=tokens.placeholder("reminder", reminder.salt), now=now)
    return len(due)


def _send_digest(owner: User, reminders: Sequence[Reminder], now: datetime) -> None:
    if not reminders:
        return
    items = [
        {
            "reminder": reminder,
            "person": reminder.person,
            "since": _since(owner, reminder.person, now),
            "token": tokens.placeholder("reminder", reminder.salt),
        }
        for reminder in reminders
    ]
    outbox.post(
        key=f"digest:{letter_key(reminders[0])}",
        # A digest of one can still be called back by closing that reminder; one of several goes out.
        group=letter_group(reminders[0]) if len(reminders) == 1 else "",
        template="digest",
        context={"member": owner, "items": items},
        to=[outbox.Recipient(owner.email, owner.name)],
        member=owner,
        now=now,
    )


def _since(owner: User, person: Person | None, now: datetime) -> int | None:
    """Days since the last contact as the owner's calendar counts them, or None where there was none."""
    if person is None or person.last_contact_at is None:
        return None
    return (local_date(now, owner.zone) - local_date(person.last_contact_at, owner.zone)).days
