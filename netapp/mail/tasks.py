"""Delivery in the background. Bells may ring twice or not at all; the rows say what there is to do."""

import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from netapp.lib.bell import ring
from netapp.mail import claims, mailbox, pausing, returns
from netapp.mail.delivery import Postman
from netapp.mail.models import Letter, LetterState

log = structlog.get_logger(__name__)

#: After this many seconds a task begins no further letter, far from the time limit that would kill it.
_SHIFT = 60.0
#: Mail servers hang up on a connection that never ends.
_LETTERS_A_CONNECTION = 100
#: Letters that are read in one go; each is claimed alone, right before it is sent.
_AHEAD = 25
#: So many in a row that another worker had taken: it is at the same place of the queue.
_MOST_MISSED = 3
_KEEP_SITE_LETTERS = timedelta(days=30)


@shared_task
def deliver(letter_id: str = "") -> None:
    """Send that letter, then whatever else is due, over one connection. No id: whatever is due."""
    end = time.monotonic() + _SHIFT
    # Before anything is sent: a bell from before a backup was restored may come first of all.
    pausing.look(now=timezone.now())
    is_rung = False

    def call_another() -> None:
        # Rung for before the first letter goes out: should it hang in a slow conversation, others do the rest. A mail
        # server that does not even answer is nothing to call anybody for.
        nonlocal is_rung
        is_rung = claims.due(now=timezone.now()).exists()
        if is_rung:
            ring(deliver)

    with Postman(call_another) as postman:
        for count, letter in enumerate(_taken(UUID(letter_id) if letter_id else None), 1):
            attempt = postman.attempt(letter)
            if not claims.settle(letter, troubles=attempt.troubles, now=timezone.now()):
                log.warning("letter.stale", letter=str(letter.id), fence=letter.fence)
            if attempt.is_site_in_trouble:
                # The next ones would only use up an attempt each; the sweep comes back to them.
                return
            if count == _LETTERS_A_CONNECTION or time.monotonic() > end:
                break
        else:
            return
    if not is_rung:
        ring(deliver)


def _taken(wanted: UUID | None) -> Iterator[Letter]:
    """That letter, then whatever is due, each claimed at the moment at which it is asked for."""
    if wanted:
        for letter in claims.look_ahead(now=timezone.now(), count=1, letter_id=wanted):
            if claims.take(letter, now=timezone.now()):
                yield letter
    while ahead := claims.look_ahead(now=timezone.now(), count=_AHEAD):
        missed = 0
        for letter in ahead:
            if claims.take(letter, now=timezone.now()):
                missed = 0
                yield letter
            else:
                missed += 1
                if missed == _MOST_MISSED:
                    break


@shared_task
def read_returned() -> None:
    """Beat, every five minutes, where BOUNCE_MAILBOX is set: what came back to the site's own mailbox."""
    for bounce in mailbox.bounces(settings.BOUNCE_MAILBOX):
        returns.note(bounce)


@shared_task
def sweep() -> None:
    """Find what lost bells and dead workers left, and ring for it. Needs nothing that Redis once knew."""
    now = timezone.now()
    if lapsed := claims.reclaim(now=now):
        log.warning("letters.lapsed", count=lapsed)
    if pausing.look(now=now):
        log.error("mail.is_paused")
    pausing.beat()
    if claims.due(now=now).exists():
        # One is enough: it rings for the next one.
        ring(deliver)
    # The site's own letters belong to no member who could delete them, and may name people who have no account.
    Letter.objects.filter(member=None, created_at__lt=now - _KEEP_SITE_LETTERS).exclude(
        state__in=(LetterState.QUEUED, LetterState.SENDING)
    ).delete()
