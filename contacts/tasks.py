"""Work for Celery. Each task reads the clock, calls one service, and may run twice."""

import time
from uuid import UUID

import structlog
from celery import shared_task
from celery.signals import worker_process_init
from django.utils import timezone

from contacts.graph import engines
from contacts.network import snapshots
from contacts.services import dates, purge, sending, strengths
from contacts.services.duplicates import following, looking
from contacts.services.exports import running as exports
from contacts.services.imports import claims, forgetting
from contacts.services.imports.shifts import Shift
from contacts.services.sources import claims as source_claims
from contacts.services.sources import connecting, shifts
from netapp.lib.bell import ring
from netapp.mail import pausing

log = structlog.get_logger(__name__)

#: After this many seconds an import is given back and rung for again, so that others get their turn, and far from the
#: time limit that would kill the task.
_SHIFT = 60.0
#: Whose reminders are sent in one transaction.
_MEMBERS_AT_ONCE = 50


@worker_process_init.connect(dispatch_uid="contacts.warm_up")
def warm_up(**_: object) -> None:
    """Have the path searches in machine code by the time somebody wants one; numpy answers until then."""
    engines.begin()


# A million members take minutes. Redis hands a task that takes longer than five on to others: they find it being done.
@shared_task(time_limit=3600)
def build_snapshot() -> None:
    """Beat, every ten minutes: the snapshot of shared ties, if anything changed, on a site that keeps one."""
    snapshots.keep_fresh(now=timezone.now())


@shared_task
def send_reminders() -> None:
    """Beat, each minute: whatever is due. One member's fault is logged and does not keep the others waiting."""
    now = timezone.now()
    if pausing.look(now=now):
        # They go on waiting: a digest for each day of the pause would be a flood, and an old book is not to be trusted.
        return
    owner_ids = sending.due_owner_ids(now=now)
    for start in range(0, len(owner_ids), _MEMBERS_AT_ONCE):
        some = owner_ids[start : start + _MEMBERS_AT_ONCE]
        try:
            alone = sending.send_all_due(owner_ids=some, now=now)
        except Exception:
            log.exception("reminders.failed_together", members=len(some))
            alone = some
        for owner_id in alone:
            try:
                sending.send_due(owner_id=owner_id, now=now)
            except Exception:
                log.exception("reminders.failed", member=owner_id)


@shared_task
def plan_dates() -> None:
    """Beat, each hour: birthdays and other days, when their morning comes in each member's own zone."""
    now = timezone.now()
    for member in dates.members_to_plan():
        try:
            dates.plan(member=member, now=now)
        except Exception:
            log.exception("dates.failed", member=member.pk)


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


@shared_task
def look_for_duplicates(member_id: int) -> None:
    """Which of the member's cards look like one human."""
    looking.look(owner_id=member_id, now=timezone.now())


@shared_task
def sweep_duplicates() -> None:
    """Beat, each minute: books that changed, books not looked through for a day, and what a merge had not moved yet."""
    now = timezone.now()
    following.follow(now=now)
    for member_id in looking.members_to_look_for(now=now):
        ring(look_for_duplicates, member_id)


@shared_task
def run_import(import_id: str) -> None:
    """Whatever there is to do about that import: read it, compare it, write it, take it back."""
    end = time.monotonic() + _SHIFT
    shift = Shift.begin(import_id=UUID(import_id), now=timezone.now())
    while shift and shift.step(now=timezone.now()):
        if time.monotonic() > end:
            shift.rest()
            ring(run_import, import_id)
            return


@shared_task
def sweep_imports() -> None:
    """Beat, each minute: imports that nobody works on, since a bell was lost or a worker died; and those grown old."""
    now = timezone.now()
    for import_id in claims.waiting_ids(now=now):
        ring(run_import, str(import_id))
    forgetting.forget(now=now)


@shared_task
def freshen(source_id: str = "") -> None:
    """Look at that address book or mailbox, or at the one that waits longest; and have the next one looked at."""
    claim = source_claims.claim(now=timezone.now(), source_id=UUID(source_id) if source_id else None)
    if claim is None:
        return
    for import_id in shifts.work(claim, now=timezone.now()):
        ring(run_import, str(import_id))
    if source_claims.due(now=timezone.now()).exists():
        ring(freshen)


@shared_task
def sweep_sources() -> None:
    """Beat, each minute: sources that are due."""
    if source_claims.due(now=timezone.now()).exists():
        ring(freshen)


@shared_task
def tend_sources() -> None:
    """Beat: passwords go under the newest key; old reports go."""
    connecting.reseal()
    connecting.forget(now=timezone.now())


@shared_task
def run_export(export_id: str) -> None:
    """Prepare everything of a member's as one file."""
    exports.run(export_id=UUID(export_id), now=timezone.now())


@shared_task
def sweep_exports() -> None:
    """Beat, each minute: exports that nobody prepares, as a bell was lost or a worker died; and those that expired."""
    for export_id in exports.waiting_ids():
        ring(run_export, str(export_id))
    exports.forget(now=timezone.now())
