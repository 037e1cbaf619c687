"""Sending what is due: one digest of whatever can wait for it, letters of their own for follow-ups.

Both keep to the member's hours; the digest also keeps to the days of the week that the member chose. A rhythm that
passed its ideal day unanswered is said once more on its latest day.

The claim (WAITING -> SENT) and the letter are one transaction, so a killed worker sends all of it later or none twice.
A member's row is locked meanwhile: three schedulers at once cannot cut one member's digest into three.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Protocol

from django.db import transaction
from django.db.models import F, Q

from contacts.models import Person, Reminder, ReminderKind, ReminderState
from netapp.accounts.models import User
from netapp.lib import tokens
from netapp.lib.bulk import update_in
from netapp.lib.times import local_date, within_hours
from netapp.mail import outbox

DIGEST_KINDS = (
    ReminderKind.KEEP_IN_TOUCH,
    ReminderKind.PROMISE,
    ReminderKind.PLAN,
    ReminderKind.BIRTHDAY,
    ReminderKind.DATE,
    ReminderKind.REVIEW,
)
"""What waits for the day's one letter, on the days that the member chose. The others are urgent and come alone."""


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
    due = Reminder.objects.filter(_is_due(now), owner__is_active=True)
    return list(due.order_by().values_list("owner_id", flat=True).distinct())


def send_due(*, owner_id: int, now: datetime) -> int:
    """Send everything that is due for one member; how many reminders that was.

    Outside the member's hours what is due is put off to the next morning. Somebody else at work on the same member:
    nothing, they do it.
    """
    return _send([owner_id], now).count


def send_all_due(*, owner_ids: Sequence[int], now: datetime) -> list[int]:
    """As `send_due` for many members in one transaction; those that have to be done alone.

    These are members of whose reminders somebody holds one at this moment: nobody waits for it here, with the
    reminders of all the others in hand.
    """
    return _send(owner_ids, now, waits=False).left_out


@dataclass(frozen=True, slots=True)
class _Sent:
    count: int
    left_out: list[int]


@transaction.atomic
def _send(owner_ids: Sequence[int], now: datetime, *, waits: bool = True) -> _Sent:
    members = User.objects.select_for_update(skip_locked=True, no_key=True).filter(id__in=owner_ids, is_active=True)
    owners = {owner.pk: owner for owner in members.order_by("id")}
    wanted = Reminder.objects.filter(_is_due(now), owner_id__in=owners)
    found = list(
        wanted.select_for_update(of=("self",), skip_locked=not waits)
        .select_related("person")
        .order_by("owner_id", F("person__strength").desc(nulls_last=True), "due_at", "id")
    )
    held: set[int] = set()
    if not waits:
        held = set(wanted.exclude(id__in=[one.id for one in found]).values_list("owner_id", flat=True))
    due: list[Reminder] = []
    for owner_id, theirs in groupby(found, attrgetter("owner_id")):
        if owner_id not in held:
            due += _put_off(owners[owner_id], list(theirs), now)
    for reminder in due:
        reminder.owner = owners[reminder.owner_id]
        issued = tokens.issue("reminder")
        reminder.salt, reminder.token_digest = issued.salt, issued.digest
        if reminder.latest_at and reminder.latest_at <= now:
            reminder.latest_at = None
        reminder.state, reminder.sent_at = ReminderState.SENT, now
        reminder.sendings += 1
    update_in(due, ["salt", "token_digest", "state", "sent_at", "latest_at", "sendings"])
    _send_digests([reminder for reminder in due if reminder.kind in DIGEST_KINDS], now)
    for reminder in due:
        if reminder.kind not in DIGEST_KINDS:
            compose = _composers[ReminderKind(reminder.kind)]
            compose(reminder=reminder, token=tokens.placeholder("reminder", reminder.salt), now=now)
    return _Sent(len(due), sorted(held))


def _is_due(now: datetime) -> Q:
    """What waits and is due, and what was said on its ideal day and is to be said on its latest."""
    return Q(state=ReminderState.WAITING, due_at__lte=now) | Q(state=ReminderState.SENT, latest_at__lte=now)


def _put_off(owner: User, due: Sequence[Reminder], now: datetime) -> list[Reminder]:
    """Those that may go out now; the others wait for the member's next morning."""
    hours = owner.mail_from_time, owner.mail_until_time, owner.zone
    for_digest, alone = within_hours(now, *hours, owner.mail_days), within_hours(now, *hours)
    # Somebody who tries whether reminders work waits for the answer, whatever the hour.
    start = {reminder: for_digest if reminder.kind in DIGEST_KINDS else alone for reminder in due}
    start |= {reminder: now for reminder in due if reminder.kind == ReminderKind.TRIAL}
    for moment in {for_digest, alone} - {now}:
        later = Reminder.objects.filter(id__in=[one.id for one, at in start.items() if at == moment])
        later.filter(state=ReminderState.WAITING).update(due_at=moment)
        later.filter(state=ReminderState.SENT).update(latest_at=moment)
    return [reminder for reminder in due if start[reminder] <= now]


def _send_digests(reminders: Sequence[Reminder], now: datetime) -> None:
    """One for each member; `reminders` are in the order of their owners."""
    by_owner = [list(theirs) for _, theirs in groupby(reminders, attrgetter("owner_id"))]
    outbox.post_all([_digest(theirs, now) for theirs in by_owner], now=now)


def _digest(reminders: Sequence[Reminder], now: datetime) -> outbox.Draft:
    owner = reminders[0].owner
    items = [
        {
            "reminder": reminder,
            "person": reminder.person,
            "since": _since(owner, reminder.person, now),
            "is_last_call": reminder.rhythm_days is not None and reminder.sendings > 1 and reminder.latest_at is None,
            "turns": _turns(owner, reminder),
            "days_since": (local_date(now, owner.zone) - local_date(reminder.due_at, owner.zone)).days,
            "token": tokens.placeholder("reminder", reminder.salt),
        }
        for reminder in reminders
    ]
    return outbox.Draft(
        key=f"digest:{letter_key(reminders[0])}",
        # A digest of one can still be called back by closing that reminder; one of several goes out.
        group=letter_group(reminders[0]) if len(reminders) == 1 else "",
        template="digest",
        context={"member": owner, "items": items},
        to=[outbox.Recipient(owner.email, owner.name)],
        member=owner,
    )


def _turns(owner: User, reminder: Reminder) -> int | None:
    """How old somebody becomes on that birthday, where the card tells."""
    person = reminder.person
    if reminder.kind != ReminderKind.BIRTHDAY or person is None or not person.birth_year:
        return None
    return local_date(reminder.due_at, owner.zone).year - person.birth_year


def _since(owner: User, person: Person | None, now: datetime) -> int | None:
    """Days since the last contact as the owner's calendar counts them, or None where there was none."""
    if person is None or person.last_contact_at is None:
        return None
    return (local_date(now, owner.zone) - local_date(person.last_contact_at, owner.zone)).days
