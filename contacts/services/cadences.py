"""Reminders of many people at once, where one by one would take thousands of statements."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Case, Q, QuerySet, Value, When

from contacts.models import Person, Relation, Reminder, ReminderKind, ReminderState
from contacts.services import reminders
from contacts.services.reminders import OPEN, cadence_due_at, cadence_keys, last_done
from netapp.mail import outbox


def refresh_cadences(*, people: Sequence[Person], now: datetime) -> None:
    """As `reminders.refresh_cadence` for each. The people have their `owner` loaded.

    The two common cases, a first cadence and a cadence taken away, go in a few statements; somebody whose open
    reminder must be moved is looked at alone.
    """
    open_for = dict(
        Reminder.objects.filter(person__in=people, kind=ReminderKind.KEEP_IN_TOUCH, state__in=OPEN).values_list(
            "person_id", "id"
        )
    )
    wanted = {person.id for person in people if _wants_one(person)}
    unwanted = [reminder for person, reminder in open_for.items() if person not in wanted]
    _cancel(Reminder.objects.filter(id__in=unwanted, state__in=OPEN), now)
    first = [person for person in people if person.id in wanted and person.id not in open_for]
    _open(first)
    for person in people:
        if person.id in wanted and person.id in open_for:
            reminders.refresh_cadence(person=person, now=now)


def cancel_for_people(*, people: Sequence[Person], now: datetime) -> None:
    """As `reminders.cancel_for_person` for each."""
    _cancel(Reminder.objects.filter(person__in=people, state__in=OPEN), now)


def reopen_cancelled(*, people: Sequence[Person], closed_at: datetime) -> None:
    """Open again what was cancelled at that very moment, when the people were deleted.

    What had been put off to a later day still waits for it. A cadence is refreshed instead.
    """
    cancelled = Reminder.objects.filter(person__in=people, state=ReminderState.CANCELLED, closed_at=closed_at)
    cancelled.exclude(kind=ReminderKind.KEEP_IN_TOUCH).update(
        state=Case(
            When(Q(sent_at=None) | Q(due_at__gt=closed_at), then=Value(ReminderState.WAITING)),
            default=Value(ReminderState.SENT),
        ),
        closed_at=None,
    )


def _cancel(which: QuerySet[Reminder], now: datetime) -> None:
    # Only what was sent has a letter that may be on its way; those are few.
    for reminder_id in which.filter(state=ReminderState.SENT).values_list("id", flat=True):
        outbox.cancel_group(group=f"reminder:{reminder_id}")
    which.update(state=ReminderState.CANCELLED, closed_at=now)


def _wants_one(person: Person) -> bool:
    is_here = not person.archived_at and not person.deleted_at
    return is_here and person.cadence_days is not None and person.relation == Relation.KNOWN


def _open(people: Sequence[Person]) -> None:
    keys = cadence_keys(people)
    done_at = last_done(people)
    Reminder.objects.bulk_create(
        [
            Reminder(
                owner_id=person.owner_id,
                person=person,
                kind=ReminderKind.KEEP_IN_TOUCH,
                key=keys[person.id],
                due_at=cadence_due_at(person, done_at.get(person.id)),
            )
            for person in people
        ],
        batch_size=1000,
    )
