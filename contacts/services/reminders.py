"""Reminders: when each is due, and what is done about it.

One row is one occurrence. Contact made in any way moves the cadence (`refresh_cadence`); an introduction schedules
its own follow-ups and cancels them by its id (`schedule`, `cancel_about`). Sending is in `contacts.services.sending`.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from contacts.models import Interaction, InteractionKind, Person, Reminder, ReminderKind, ReminderState
from netapp.accounts.models import User
from netapp.lib.times import local_date, local_moment
from netapp.mail import outbox

OPEN = (ReminderState.WAITING, ReminderState.SENT)
CADENCE_KINDS = tuple(kind for kind in InteractionKind if kind != InteractionKind.EVENT)


def morning_of(member: User, day: date) -> datetime:
    """The moment on `day` from which the member wants to be reminded."""
    return local_moment(day, member.mail_from_time, member.zone)


def cadence_due_at(person: Person) -> datetime:
    """When a person with a cadence is due: that many days after the last real contact, or after the card was made."""
    assert person.cadence_days is not None
    zone = person.owner.zone
    since = local_date(person.last_contact_at or person.created_at, zone)
    return morning_of(person.owner, since + timedelta(days=person.cadence_days))


@transaction.atomic
def refresh_cadence(*, person: Person, now: datetime) -> None:
    """Bring the keep-in-touch reminder in line with the person's cadence and last contact.

    Contact made since it was sent closes that occurrence and opens the next. No cadence, a card that is archived or
    deleted, or somebody not met yet: no reminder.
    """
    reminder = (
        Reminder.objects.select_for_update()
        .filter(person=person, kind=ReminderKind.KEEP_IN_TOUCH, state__in=OPEN)
        .first()
    )
    wanted = person.cadence_days is not None and person.relation == "known"
    if not wanted or person.archived_at or person.deleted_at:
        if reminder:
            _close(reminder, ReminderState.CANCELLED, now)
        return
    due_at = cadence_due_at(person)
    if reminder is None:
        _open_cadence(person, due_at)
    elif reminder.state == ReminderState.SENT:
        if person.last_contact_at and reminder.sent_at and person.last_contact_at > reminder.sent_at:
            _close(reminder, ReminderState.DONE, now)
            _open_cadence(person, due_at)
    elif reminder.due_at != due_at and not _is_snoozed(reminder, person):
        reminder.due_at = due_at
        reminder.save(update_fields=["due_at"])


def _is_snoozed(reminder: Reminder, person: Person) -> bool:
    """A snooze holds until the member makes contact after having been reminded."""
    return reminder.sent_at is not None and not (person.last_contact_at and person.last_contact_at > reminder.sent_at)


def _open_cadence(person: Person, due_at: datetime) -> None:
    count = Reminder.objects.filter(person=person, kind=ReminderKind.KEEP_IN_TOUCH).count()
    Reminder.objects.create(
        owner=person.owner,
        person=person,
        kind=ReminderKind.KEEP_IN_TOUCH,
        key=f"{ReminderKind.KEEP_IN_TOUCH}:{person.id}:{count + 1}",
        due_at=due_at,
    )


@transaction.atomic
def follow_hours(*, member: User, zone: ZoneInfo) -> None:
    """The member, who lived by `zone`, has other hours now: what waits for a morning keeps its day."""
    waiting = Reminder.objects.select_for_update().filter(owner=member, state=ReminderState.WAITING)
    moved = list(waiting)
    for reminder in moved:
        reminder.due_at = morning_of(member, local_date(reminder.due_at, zone))
    Reminder.objects.bulk_update(moved, ["due_at"], batch_size=1000)


def schedule(
    *,
    owner: User,
    kind: ReminderKind,
    key: str,
    due_at: datetime,
    person: Person | None = None,
    about: UUID | None = None,
    text: str = "",
) -> Reminder:
    """Write down something to be reminded of, once for each `key`: a second call returns the first one's row."""
    reminder, _ = Reminder.objects.get_or_create(
        owner=owner,
        key=key,
        defaults={"kind": kind, "due_at": due_at, "person": person, "about": about, "text": text},
    )
    return reminder


@transaction.atomic
def done(*, reminder: Reminder, now: datetime) -> bool:
    """Close an open reminder. False where it was closed already. A cadence starts again from today."""
    if not _claim(reminder, OPEN):
        return False
    _close(reminder, ReminderState.DONE, now)
    person = reminder.person
    if reminder.kind == ReminderKind.KEEP_IN_TOUCH and person and person.cadence_days:
        today = local_date(now, person.owner.zone)
        due_at = max(cadence_due_at(person), morning_of(person.owner, today + timedelta(days=person.cadence_days)))
        _open_cadence(person, due_at)
    return True


@transaction.atomic
def reopen(*, reminder: Reminder, now: datetime) -> bool:
    """Take `done` back. False where the reminder is open, or where its successor was sent meanwhile."""
    if not _claim(reminder, (ReminderState.DONE, ReminderState.CANCELLED)):
        return False
    if reminder.kind == ReminderKind.KEEP_IN_TOUCH and reminder.person_id:
        following = Reminder.objects.select_for_update().filter(
            person_id=reminder.person_id, kind=reminder.kind, state__in=OPEN
        )
        if following.filter(state=ReminderState.SENT).exists():
            return False
        following.delete()
    reminder.state = ReminderState.SENT if reminder.sent_at else ReminderState.WAITING
    reminder.closed_at = None
    reminder.save(update_fields=["state", "closed_at"])
    return True


@transaction.atomic
def snooze(*, reminder: Reminder, until: date, now: datetime) -> bool:
    """Be reminded again on the morning of `until`. False where the reminder is closed. ValueError for a day gone by."""
    owner = reminder.owner
    if until <= local_date(now, owner.zone):
        raise ValueError("Choose a day after today.")
    if not _claim(reminder, OPEN):
        return False
    outbox.cancel_group(group=f"reminder:{reminder.id}")
    reminder.state, reminder.due_at = ReminderState.WAITING, morning_of(owner, until)
    # What counts as "reminded so far", so that the cadence does not pull a snoozed reminder back.
    reminder.sent_at = reminder.sent_at or now
    reminder.save(update_fields=["state", "due_at", "sent_at"])
    return True


@transaction.atomic
def stop_cadence(*, reminder: Reminder, now: datetime) -> bool:
    """No more keep-in-touch reminders for this person. False where there was nothing to stop."""
    person = reminder.person
    if person is None or person.cadence_days is None:
        return False
    Person.objects.filter(id=person.id).update(cadence_days=None)
    person.cadence_days = None
    refresh_cadence(person=person, now=now)
    return True


def cancel_about(*, about: UUID, now: datetime, kinds: Sequence[ReminderKind] = tuple(ReminderKind)) -> int:
    """Cancel the open reminders that follow this introduction, all or those of `kinds`; how many there were."""
    return _cancel(Reminder.objects.filter(about=about, kind__in=kinds, state__in=OPEN), now)


def cancel_for_person(*, person: Person, now: datetime) -> int:
    """Cancel every open reminder about this person; how many there were."""
    return _cancel(person.reminders.filter(state__in=OPEN), now)


def last_contact_at(person: Person) -> datetime | None:
    """The last real contact: a crowd in which both were is none."""
    return (
        Interaction.objects.filter(person=person, kind__in=CADENCE_KINDS)
        .order_by("-happened_at")
        .values_list("happened_at", flat=True)
        .first()
    )


@transaction.atomic
def _cancel(reminders: QuerySet[Reminder], now: datetime) -> int:
    count = 0
    for reminder in reminders.select_for_update():
        _close(reminder, ReminderState.CANCELLED, now)
        count += 1
    return count


def _claim(reminder: Reminder, states: Sequence[ReminderState]) -> bool:
    """Lock the row and read it again; whether it is still in one of `states`."""
    fresh = Reminder.objects.select_for_update().filter(id=reminder.id, state__in=states).first()
    if fresh is None:
        return False
    reminder.state, reminder.sent_at, reminder.due_at = fresh.state, fresh.sent_at, fresh.due_at
    return True


def _close(reminder: Reminder, state: ReminderState, now: datetime) -> None:
    reminder.state, reminder.closed_at = state, now
    reminder.save(update_fields=["state", "closed_at"])
    outbox.cancel_group(group=f"reminder:{reminder.id}")
