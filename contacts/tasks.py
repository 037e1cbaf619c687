"""Work for Celery. Each task reads the clock, calls one service, and may run twice."""

import structlog
from celery import shared_task
from django.utils import timezone

from contacts.services import purge, sending, strengths

log = structlog.get_logger(__name__)


@shared_task
def send_reminders() -> None:
    """Beat, each minute: whatever is due. One member's fault is logged and does not keep the others waiting."""
    now = timezone.now()
    for owner_id in sending.due_owner_ids(now=now):
        try:
            sending.send_due(owner_id=owner_id, now=now)
        except Exception:
            log.exception("reminders.failed", member=owner_id)


@shared_task
def refresh_strengths() -> None:
    """Beat, each hour: figures that are stale, and those older than a day, since ties fade by themselves."""
    now = timezone.now()
    for owner_id in strengths.owners_due(now=now):
        try:
            strengths.recompute(owner_id=owner_id, now=now)
        except Exception:
            log.exception("strengths.failed", member=owner_id)


@shared_task
def purge_deleted() -> None:
    """Beat: what was deleted a month ago goes for good."""
    purge.purge(now=timezone.now())
