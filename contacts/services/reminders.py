"""Reminders: when each is due, and what is done about it.

One row is one occurrence. Contact made in any way moves the cadence (`refresh_cadence`); an introduction schedules
its own follow-ups and cancels them by its id (`schedule`, `cancel_about`). Sending is in `contacts.services.sending`.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import IntegerField, Max, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, Substr

from contacts.models import InteractionKind, Person, Reminder, ReminderKind, ReminderState
from contacts.services import rhythms
from contacts.services.rhythms import Rhythm, Rules
from netapp.accounts.models import User
from netapp.lib.times import local_date, local_moment
from netapp.mail import outbox

OPEN = (ReminderState.WAITING, ReminderState.SENT)
RECURRING = (ReminderKind.KEEP_IN_TOUCH, ReminderKind.BIRTHDAY, ReminderKind.DATE)
"""Kinds that come of themselves, again and again."""
CADENCE_KINDS = tuple(kind for kind in InteractionKind if kind != InteractionKind.EVENT)


def morning_of(member: User, day: date) -> datetime:
    """The moment on `day` from which the member wants to be reminded."""
    return local_moment(day, member.mail_from_time, member.zone)


def cadence_days(person: Person, rhythm: Rhythm, done_at: datetime | None) -> tuple[datetime, datetime]:
    """The ideal and the latest morning: so many days after the last real contact, or after the card was made.

    `done_at`, when the member last called a reminder of theirs done, counts like a contact.
    """
    since = max((moment for moment in (person.last_contact_at, done_at) if moment), default=person.created_at)
    day = local_date(since, person.owner.zone)
    ideal, latest = (day + timedelta(days=count) for count in (rhythm.days, rhythm.latest_days))
    return morning_of(person.owner, ideal), morning_of(person.owner, latest)


def last_done(people: Sequence[Person]) -> dict[UUID, datetime]:
    """By person id: when the member last called a keep-in-touch reminder done. Those without any are left out."""
    done = Reminder.objects.filter(person__in=people, kind=ReminderKind.KEEP_IN_TOUCH, state=ReminderState.DONE)
    return {person_id: at for person_id, at in done.values_list("person_id").annotate(Max("closed_at")) if person_id}


def cadence_keys(people: Sequence[Person]) -> dict[UUID, str]:
    """By person id: the key of the next keep-in-touch reminder, one behind the last that was made for that card.

    Reminders of another card that was merged into this one lie beside them, under keys of their own.
    """
    start = f"{ReminderKind.KEEP_IN_TOUCH}:"
    own = Concat(Value(start), Cast("person_id", TextField()), Value(":"), output_field=TextField())
    number = Cast(Substr("key", len(start) + 36 + 2), IntegerField())
    made = Reminder.objects.filter(person__in=people, kind=ReminderKind.KEEP_IN_TOUCH, key__startswith=own)
    last = dict(made.values_list("person_id").annotate(last=Max(number)))
    return {person.id: f"{start}{person.id}:{last.get(person.id, 0) + 1}" for person in people}


@transaction.atomic
def refresh_cadence(*, person: Person, now: datetime) -> None:
    """Bring the keep-in-touch reminder in line with the person's cadence and last contact.

    What was sent gives way to the next occurrence where contact was made since, or where it would not be due any more:
    contact noted later than it happened. No cadence, a card that is archived or deleted, or somebody not met yet: no
    reminder.
    """
    reminder = (
        Reminder.objects.select_for_update()
        .filter(person=person, kind=ReminderKind.KEEP_IN_TOUCH, state__in=OPEN)
        .first()
    )
    rhythm = Rules([person.owner_id]).of(person)
    if rhythm is None:
        if reminder:
            _close(reminder, ReminderState.CANCELLED, now)
        return
    due_at, latest_at = cadence_days(person, rhythm, last_done([person]).get(person.id))
    if reminder is None:
        _open_cadence(person, rhythm, due_at, latest_at)
    elif reminder.state == ReminderState.SENT:
        zone = person.owner.zone
        # By days: other hours, set after the letter of this morning went out, are no reason for a second one.
        if _was_met_since(reminder, person) or local_date(due_at, zone) > local_date(now, zone):
            _close(reminder, ReminderState.CANCELLED, now)
            _open_cadence(person, rhythm, due_at, latest_at)
    elif reminder.due_at != due_at and not _is_snoozed_beyond(due_at, reminder, person):
        reminder.due_at, reminder.latest_at, reminder.rhythm_days = due_at, latest_at, rhythm.days
        reminder.save(update_fields=["due_at", "latest_at", "rhythm_days"])


def _is_snoozed_beyond(due_at: datetime, reminder: Reminder, person: Person) -> bool:
    """A snooze holds against an earlier day, until the member makes contact after having been reminded."""
    return reminder.sent_at is not None and due_at < reminder.due_at and not _was_met_since(reminder, person)


def _was_met_since(reminder: Reminder, person: Person) -> bool:
    """Whether there was contact after the letter, or after the snooze."""
    return bool(person.last_contact_at and reminder.sent_at and person.last_contact_at > reminder.sent_at)


def _open_cadence(person: Person, rhythm: Rhythm, due_at: datetime, latest_at: datetime) -> None:
    Reminder.objects.create(
        owner=person.owner,
        person=person,
        kind=ReminderKind.KEEP_IN_TOUCH,
        key=cadence_keys([person])[person.id],
        due_at=due_at,
        latest_at=latest_at,
        rhythm_days=rhythm.days,
    )


@transaction.atomic
def follow_hours(*, member: User, zone: ZoneInfo) -> None:
    """The member, who lived by `zone`, has other hours now: what waits for a morning keeps its day."""
    waiting = Reminder.objects.select_for_update().filter(owner=member, state=ReminderState.WAITING)
    moved = list(waiting.exclude(kind=ReminderKind.TRIAL))
    for reminder in moved:
        reminder.due_at = morning_of(member, local_date(reminder.due_at, zone))
        if reminder.latest_at:
            reminder.latest_at = morning_of(member, local_date(reminder.latest_at, zone))
    Reminder.objects.bulk_update(moved, ["due_at", "latest_at"], batch_size=1000)


def schedule(
    *,
    owner: User,
    kind: ReminderKind,
    key: str,
    due_at: datetime,
    person: Person | None = None,
    about: UUID | None = None,
    text: str = "",
    path: str = "",
) -> Reminder:
    """Write down something to be reminded of, once for each `key`: a second call returns the first one's row."""
    reminder, _ = Reminder.objects.get_or_create(
        owner=owner,
        key=key,
        defaults={
            "kind": kind,
            "due_at": due_at,
            "person": person,
            "about": about,
            "text": text[:500],
            "path": path,
        },
    )
    return reminder


def want_again(*, reminder: Reminder, text: str) -> None:
    """Wait for its day after all, where it was cancelled before; say `text` from now on."""
    cancelled = Reminder.objects.filter(id=reminder.id, state=ReminderState.CANCELLED)
    cancelled.update(state=ReminderState.WAITING, closed_at=None)
    Reminder.objects.filter(id=reminder.id).update(text=text[:500])


def promise(*, person: Person, text: str, by: date) -> Reminder:
    """Remind the owner, on the morning of `by`, of something promised to a person."""
    return schedule(
        owner=person.owner,
        kind=ReminderKind.PROMISE,
        key=f"{ReminderKind.PROMISE}:{uuid4()}",
        due_at=morning_of(person.owner, by),
        person=person,
        text=text,
    )


@transaction.atomic
def done(*, reminder: Reminder, now: datetime) -> bool:
    """Close an open reminder. False where it was closed already. A cadence starts again from today."""
    if not _claim(reminder, OPEN):
        return False
    _close(reminder, ReminderState.DONE, now)
    if reminder.kind == ReminderKind.KEEP_IN_TOUCH and reminder.person:
        refresh_cadence(person=reminder.person, now=now)
    return True


@transaction.atomic
def reopen(*, reminder: Reminder, now: datetime) -> bool:
    """Take `done` back. False where nothing is to be taken back, or not any more: its successor was sent, or the
    person needs no reminder by now."""
    if not _claim(reminder, [ReminderState.DONE]):
        return False
    person = reminder.person if reminder.kind == ReminderKind.KEEP_IN_TOUCH else None
    if person:
        following = Reminder.objects.filter(person=person, kind=reminder.kind, state__in=OPEN)
        if following.filter(state=ReminderState.SENT).exists():
            return False
        cancel_all(following, now)
    is_sent = reminder.sendings > 0 and reminder.due_at <= now
    reminder.state = ReminderState.SENT if is_sent else ReminderState.WAITING
    reminder.closed_at = None
    reminder.save(update_fields=["state", "closed_at"])
    if person:
        refresh_cadence(person=person, now=now)
        reminder.refresh_from_db(fields=["state"])
    return reminder.state in OPEN


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
def leave_alone(*, reminder: Reminder, now: datetime) -> bool:
    """No more reminders about this person. What was promised to them stays. False where there was nothing to stop."""
    person = reminder.person
    if person is None or not Person.objects.filter(id=person.id, is_left_alone=False).update(is_left_alone=True):
        return False
    person.is_left_alone = True
    cancel_all(person.reminders.filter(kind__in=RECURRING, state__in=OPEN), now)
    return True


@transaction.atomic
def remind_again(*, person: Person, now: datetime) -> None:
    """Take `leave_alone` back."""
    Person.objects.filter(id=person.id).update(is_left_alone=False)
    person.is_left_alone = False
    refresh_cadence(person=person, now=now)


@transaction.atomic
def less_often(*, reminder: Reminder, now: datetime) -> int | None:
    """Close it, and be reminded of this person at the next longer rhythm: its days. None where there is no rhythm."""
    person = reminder.person
    if person is None or reminder.kind != ReminderKind.KEEP_IN_TOUCH or not _claim(reminder, OPEN):
        return None
    rhythm = Rules([person.owner_id]).of(person)
    if rhythm is None:
        return None
    days = rhythms.less_often(rhythm.days)
    typed = sorted({*person.typed_fields, "cadence_days"})
    Person.objects.filter(id=person.id).update(cadence_days=days, cadence_latest_days=None, typed_fields=typed)
    person.cadence_days, person.cadence_latest_days, person.typed_fields = days, None, typed
    _close(reminder, ReminderState.DONE, now)
    refresh_cadence(person=person, now=now)
    return days


@transaction.atomic
def cancel(*, reminder: Reminder, now: datetime) -> bool:
    """Not wanted any more, a promise above all. False where it was closed already."""
    if not _claim(reminder, OPEN):
        return False
    _close(reminder, ReminderState.CANCELLED, now)
    return True


def cancel_about(*, about: UUID, now: datetime, kinds: Sequence[ReminderKind] = tuple(ReminderKind)) -> int:
    """Cancel the open reminders that follow this introduction, all or those of `kinds`; how many there were."""
    return cancel_all(Reminder.objects.filter(about=about, kind__in=kinds, state__in=OPEN), now)


def cancel_for_person(*, person: Person, now: datetime) -> int:
    """Cancel every open reminder about this person; how many there were."""
    return cancel_all(person.reminders.filter(state__in=OPEN), now)


@transaction.atomic
def cancel_all(reminders: QuerySet[Reminder], now: datetime) -> int:
    """Cancel each of them; how many there were."""
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
