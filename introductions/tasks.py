"""Work for Celery. Each task reads the clock, calls one service for each row, and may run twice or beside itself."""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

import structlog
from celery import shared_task
from django.utils import timezone

from contacts.shared import circle_of
from introductions import choosing, matching, overview, planning, routes
from introductions.services import closing, corrections, lost_mail, objectives, searches
from netapp.accounts.models import User
from netapp.lib import bell
from netapp.mail import pausing

log = structlog.get_logger(__name__)


@shared_task
def sweep() -> None:
    """Beat, each minute: targets known by now, questions that have run out, that came back, whose turn has come, or
    that are repeated once, ties to put right, ends that the asker is to be told."""
    now = timezone.now()
    if pausing.look(now=now):
        # Nobody is asked again, and nothing ends, by a clock that an old copy of the database would tell wrong.
        return
    _each("meet", closing.met_meanwhile(), lambda id_, at: closing.meet(introduction_id=id_, now=at), now)
    _each("expire", closing.due_to_expire(now), lambda id_, at: closing.expire(introduction_id=id_, now=at), now)
    _each("lost", lost_mail.found(), lambda id_, at: lost_mail.take_up(consent_id=id_, now=at), now)
    _each("nudge", closing.due_for_nudge(now), lambda id_, at: closing.nudge(consent_id=id_, now=at), now)
    _each("ask", closing.due_to_be_asked(now), lambda id_, at: closing.ask_waiting(introduction_id=id_, now=at), now)
    _each("correct", corrections.due_to_correct(now), _correct, now)
    _each("tell", closing.due_to_reveal(now), _tell, now)


def _correct(consent_id: UUID, now: datetime) -> bool:
    return corrections.correct_shared_tie(consent_id=consent_id, now=now)


def _tell(introduction_id: UUID, now: datetime) -> bool:
    return closing.tell_asker(introduction_id=introduction_id, now=now, find_next=choosing.next_best)


def _each(what: str, ids: Iterable[UUID], act: Callable[[UUID, datetime], bool], now: datetime) -> None:
    """One transaction a row. One row's fault is logged and does not keep the others waiting."""
    for id_ in ids:
        try:
            act(id_, now)
        except Exception:
            log.exception("introductions.failed", what=what, id=str(id_))


@shared_task
def refresh_member(member_id: int) -> None:
    """Match the member's seats, see which routes that makes wanted, and compute those that are stale."""
    now = timezone.now()
    if not User.objects.filter(id=member_id, is_active=True).exists():
        return
    matching.rematch(member_id=member_id, now=now)
    searches.want_all_routes(circle=circle_of(member_id, now), now=now)
    if routes.refresh_routes(member_id=member_id, now=now) == routes.AT_ONCE:
        bell.ring(refresh_member, member_id)
    else:
        planning.refresh_plan(member_id=member_id, now=now)


@shared_task
def refresh_plan(member_id: int) -> None:
    """Work out the plan anew: something was put aside, taken on or answered."""
    if User.objects.filter(id=member_id, is_active=True).exists():
        planning.refresh_plan(member_id=member_id, now=timezone.now())


@shared_task
def refresh_overview(member_id: int) -> None:
    """Work out the figures of the member's whole network."""
    if User.objects.filter(id=member_id, is_active=True).exists():
        overview.refresh_overview(member_id=member_id, now=timezone.now())


@shared_task
def sweep_routes() -> None:
    """Beat, each minute: members whose bell was lost, routes that grew old, objectives deleted long enough ago."""
    now = timezone.now()
    objectives.purge_objectives(now=now)
    searches.age(now=now)
    waiting = searches.members_waiting()
    for member_id in waiting:
        bell.ring(refresh_member, member_id)
    for member_id in planning.members_waiting(now=now):
        if member_id not in waiting:
            bell.ring(refresh_plan, member_id)
    for member_id in overview.members_waiting(now=now):
        bell.ring(refresh_overview, member_id)
