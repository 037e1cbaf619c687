"""What a member does with an objective and its seats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from contacts.models import Reminder, ReminderKind
from contacts.services import reminders
from introductions.models import Objective, ObjectiveState, Review, Seat, SeatState
from introductions.services import plans
from netapp.accounts.models import User
from netapp.lib.times import local_date

KEPT_AFTER_DELETION: Final = timedelta(days=30)
LISTS: Final = ("organisations", "roles", "places", "tags", "offers", "words", "names")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatInput:
    """A seat as written. `id` of the seat it changes, None for a new one; their order is the seats' order."""

    title: str
    id: UUID | None = None
    organisations: Sequence[str] = ()
    roles: Sequence[str] = ()
    places: Sequence[str] = ()
    tags: Sequence[str] = ()
    offers: Sequence[str] = ()
    words: Sequence[str] = ()
    names: Sequence[str] = ()


@transaction.atomic
def write_objective(
    *,
    owner: User,
    objective: Objective | None = None,
    title: str,
    why: str,
    target_date: date | None,
    review_date: date | None,
    seats: Sequence[SeatInput],
    now: datetime,
) -> Objective:
    """Put an objective down, or change it. Seats that are not among `seats` any more go, with their matches.

    A seat whose lists changed is matched again; one that only moved or was renamed is not.
    """
    if objective is None:
        objective = Objective(owner=owner)
    objective.title, objective.why = title, why
    objective.target_date, objective.review_date = target_date, review_date
    objective.save()
    old = {seat.id: seat for seat in objective.seats.select_for_update()}
    objective.seats.exclude(id__in=[seat.id for seat in seats if seat.id]).delete()
    for position, written in enumerate(seats):
        seat = old.get(written.id) if written.id else None
        if seat is None:
            seat = Seat(owner=owner, objective=objective)
        for name in LISTS:
            entries = list(getattr(written, name))
            if entries != getattr(seat, name):
                setattr(seat, name, entries)
                seat.is_stale = True
        seat.title, seat.position = written.title, position
        seat.save()
    _remind_of_review(objective, now)
    return objective


def _remind_of_review(objective: Objective, now: datetime) -> None:
    """On its review date the member is reminded to look at it again; another date, or none, takes that back."""
    prefix = f"{ReminderKind.REVIEW}:{objective.id}:"
    others = Reminder.objects.filter(owner=objective.owner, key__startswith=prefix, state__in=reminders.OPEN)
    is_wanted = objective.state == ObjectiveState.OPEN and objective.deleted_at is None
    if not is_wanted or objective.review_date is None:
        reminders.cancel_all(others, now)
        return
    key = f"{prefix}{objective.review_date}"
    reminders.cancel_all(others.exclude(key=key), now)
    text = f"Look again at “{objective.title}”"
    review = reminders.schedule(
        owner=objective.owner,
        kind=ReminderKind.REVIEW,
        key=key,
        due_at=reminders.morning_of(objective.owner, objective.review_date),
        text=text,
        path=reverse("introductions:objective", args=[objective.id]),
    )
    reminders.want_again(reminder=review, text=text)


@transaction.atomic
def review_objective(
    *, objective: Objective, worked: str, following: str, next_date: date | None, now: datetime
) -> Review:
    """Look back, and say when to look again; no date: not of itself. What was written on the same day is written over.

    The reminder of this review is done with it.
    """
    today = local_date(now, objective.owner.zone)
    review, _ = Review.objects.update_or_create(
        owner=objective.owner,
        objective=objective,
        reviewed_date=today,
        defaults={"worked": worked, "following": following},
    )
    prefix = f"{ReminderKind.REVIEW}:{objective.id}:"
    for reminder in Reminder.objects.filter(
        owner=objective.owner, key__startswith=prefix, state__in=reminders.OPEN, due_at__lte=now
    ):
        reminders.done(reminder=reminder, now=now)
    objective.review_date = next_date
    objective.save(update_fields=["review_date", "updated_at"])
    _remind_of_review(objective, now)
    return review


@transaction.atomic
def close_objective(*, objective: Objective, state: ObjectiveState, outcome: str, now: datetime) -> Objective:
    """Reached, or given up; what came of it is kept."""
    objective.state, objective.outcome, objective.closed_at = state, outcome, now
    objective.save(update_fields=["state", "outcome", "closed_at", "updated_at"])
    _remind_of_review(objective, now)
    return objective


@transaction.atomic
def reopen_objective(*, objective: Objective, now: datetime) -> Objective:
    """Open again; its seats are matched again, since nobody kept them up meanwhile."""
    objective.state, objective.closed_at = ObjectiveState.OPEN, None
    objective.save(update_fields=["state", "closed_at", "updated_at"])
    objective.seats.update(is_stale=True)
    _remind_of_review(objective, now)
    return objective


@transaction.atomic
def delete_objective(*, objective: Objective, now: datetime) -> None:
    """Take it from every page; it can be restored for KEPT_AFTER_DELETION."""
    objective.deleted_at = now
    objective.save(update_fields=["deleted_at", "updated_at"])
    _remind_of_review(objective, now)


@transaction.atomic
def restore_objective(*, objective: Objective, now: datetime) -> None:
    """Undo a deletion."""
    objective.deleted_at = None
    objective.save(update_fields=["deleted_at", "updated_at"])
    objective.seats.update(is_stale=True)
    _remind_of_review(objective, now)


def purge_objectives(*, now: datetime) -> int:
    """Remove for good what was deleted long enough ago. Returns how many rows went."""
    return Objective.objects.filter(deleted_at__lt=now - KEPT_AFTER_DELETION).delete()[0]


@transaction.atomic
def set_seat_state(*, seat: Seat, state: SeatState) -> Seat:
    """Say where a seat stands: open, met, filled, given up."""
    seat.state = state
    seat.save(update_fields=["state", "updated_at"])
    plans.make_stale([seat.owner_id])
    return seat
