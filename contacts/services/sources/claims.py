"""Which worker may speak to a source now: leases and fences, as for letters (docs/decisions/0006-outbox.md).

A foreign server can be slow, and a worker that waits for it sends no letters meanwhile. So only so many sources are
spoken to at once, whatever their number.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from contacts.models import Source, SourceRun, SourceState
from contacts.models.sources import RUNNING
from contacts.remote.faults import Fault
from netapp.accounts.models import User
from netapp.mail import outbox

MOST_AT_ONCE: Final = 1
MAX_LAPSES: Final = 3
"""A source whose worker vanished this often at the same place is not tried again: it may be what kills them."""

_LOCK: Final = 7_202
_FIRST_WAIT = timedelta(minutes=5)
_LONGEST_WAIT = timedelta(days=1)


class Stale(Exception):
    """The source is not this worker's any more: claimed by another, paused, or gone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a source, as long as its fence is `fence`."""

    source_id: UUID
    owner: User
    fence: int


def due(*, now: datetime) -> QuerySet[Source]:
    """Sources that wait for a worker."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return Source.objects.filter(free, state__in=RUNNING, next_run_at__lte=now)


def claim(*, now: datetime, source_id: UUID | None = None) -> Claim | None:
    """Take a source that is due, that of `source_id` or the longest waiting. None where there is none to be had."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two workers that count at the same moment would both find room.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if Source.objects.filter(leased_until__gte=now).count() >= MOST_AT_ONCE:
            return None
        waiting = due(now=now).filter(id=source_id) if source_id else due(now=now)
        one = (
            waiting.select_for_update(skip_locked=True, of=("self",), no_key=True)
            .select_related("owner")
            .order_by("next_run_at")
            .first()
        )
        if one is None:
            return None
        if one.leased_until is not None:
            one.lapses += 1
            if one.lapses >= MAX_LAPSES:
                _give_up(one, now)
                return None
        one.fence += 1
        one.leased_until = now + timedelta(seconds=settings.SYNC_LEASE)
        one.save(update_fields=["fence", "leased_until", "lapses"])
    return Claim(one.id, one.owner, one.fence)


@contextmanager
def held(claim: Claim) -> Iterator[Source]:
    """One transaction on the source, which is locked and saved at the end. Raises Stale."""
    with transaction.atomic():
        one = (
            Source.objects.select_for_update(of=("self",), no_key=True)
            .filter(id=claim.source_id, fence=claim.fence, state__in=RUNNING)
            .first()
        )
        if one is None:
            raise Stale
        one.owner = claim.owner
        yield one
        one.lapses = 0
        one.save()


def check(claim: Claim) -> None:
    """Whether the source is still this worker's, right before a server is told something. Raises Stale."""
    if not Source.objects.filter(id=claim.source_id, fence=claim.fence, state__in=RUNNING).exists():
        raise Stale


def finish(claim: Claim, *, is_more: bool, now: datetime) -> None:
    """A run went well to its end, or (`is_more`) as far as one run goes. Raises Stale."""
    with held(claim) as one:
        one.leased_until = None
        one.failures, one.error = 0, ""
        if not is_more:
            one.last_run_at = now
            one.may_empty = False
        one.next_run_at = now if is_more else now + _jittered(timedelta(seconds=settings.SYNC_EVERY))


def fail(claim: Claim, fault: Fault, *, now: datetime) -> None:
    """A run could not go on: later again, or not before the member has done something. Raises Stale."""
    with held(claim) as one:
        one.leased_until = None
        one.failures = min(one.failures + 1, 1000)
        # While it is being added nobody waits for a second try: the form is there to be corrected.
        if fault.needs_member or one.state == SourceState.CHECKING:
            stop(one, str(fault), now=now)
            return
        if one.error != str(fault):
            SourceRun.objects.create(source=one, ended_at=now, error=str(fault))
        one.error = str(fault)
        wait = min(_FIRST_WAIT * 2 ** min(one.failures - 1, 12), _LONGEST_WAIT)
        one.next_run_at = now + max(_jittered(wait), fault.retry_after or wait)


def stop(one: Source, words: str, *, now: datetime) -> None:
    """Wait for the member, who gets a letter if the source has been in use. Saved by the caller."""
    if one.state == SourceState.ACTIVE:
        SourceRun.objects.create(source=one, ended_at=now, error=words)
        outbox.post(
            key=f"source:{one.id}:{one.fence}:stopped",
            group=f"source:{one.id}",
            template="source_stopped",
            context={"member": one.owner, "source": one, "words": words},
            to=[outbox.Recipient(one.owner.email, one.owner.name)],
            member=one.owner,
            now=now,
        )
    one.state, one.error, one.next_run_at = SourceState.STOPPED, words, None


def _give_up(one: Source, now: datetime) -> None:
    words = (
        f"Kith broke off {MAX_LAPSES} times at the same place of {one.title}. Nothing was lost. Try it again with "
        "“Look now”; if that happens again, tell whoever runs this site."
    )
    one.leased_until, one.lapses = None, 0
    stop(one, words, now=now)
    one.save()


def _jittered(wait: timedelta) -> timedelta:
    return wait * random.uniform(0.9, 1.1)
