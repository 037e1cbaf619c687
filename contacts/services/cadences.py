"""Reminders of many people at once, where one by one would take thousands of statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When

from contacts.models import CadenceRule, Person, Reminder, ReminderKind, ReminderState
from contacts.services import reminders
from contacts.services.reminders import OPEN, cadence_days, cadence_keys, last_done
from contacts.services.rhythms import Rhythm, Rules, people_under, write_rule
from netapp.accounts.models import User
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
    rules = Rules(person.owner_id for person in people)
    wanted = {person.id: rhythm for person in people if (rhythm := rules.of(person)) is not None}
    unwanted = [reminder for person, reminder in open_for.items() if person not in wanted]
    _cancel(Reminder.objects.filter(id__in=unwanted, state__in=OPEN), now)
    _open({person: wanted[person.id] for person in people if person.id in wanted and person.id not in open_for})
    for person in people:
        if person.id in wanted and person.id in open_for:
            reminders.refresh_cadence(person=person, now=now)


def follow_rules(*, rule: CadenceRule, now: datetime) -> int:
    """Bring the reminders of everybody whom that rule is (or was) about in line; how many people it looked at."""
    people = list(Person.objects.filter(people_under(rule), owner=rule.owner, deleted_at=None).select_related("owner"))
    refresh_cadences(people=people, now=now)
    return len(people)


@transaction.atomic
def set_rule(
    *, owner: User, tag: str, layer: int | None, days: int, latest_days: int | None, now: datetime
) -> CadenceRule:
    """Write a rule and bring everybody it is about in line. Raises rhythms.NoSuchGroup."""
    rule = write_rule(owner=owner, tag=tag, layer=layer, days=days, latest_days=latest_days)
    follow_rules(rule=rule, now=now)
    return rule


@transaction.atomic
def drop_rule(*, rule: CadenceRule, now: datetime) -> None:
    """Take a rule away; whoever has no other rhythm is not reminded of any more."""
    CadenceRule.objects.filter(id=rule.id).delete()
    follow_rules(rule=rule, now=now)


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


def _open(rhythms: Mapping[Person, Rhythm]) -> None:
    people = list(rhythms)
    keys = cadence_keys(people)
    done_at = last_done(people)
    Reminder.objects.bulk_create(
        [
            Reminder(
                owner_id=person.owner_id,
                person=person,
                kind=ReminderKind.KEEP_IN_TOUCH,
                key=keys[person.id],
                due_at=due_at,
                latest_at=latest_at,
                rhythm_days=rhythm.days,
            )
            for person, rhythm in rhythms.items()
            for due_at, latest_at in [cadence_days(person, rhythm, done_at.get(person.id))]
        ],
        batch_size=1000,
    )
