"""Delivery in the background. Bells may ring twice or not at all; the rows say what there is to do."""

import time
from datetime import timedelta
from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from netapp.lib.bell import ring
from netapp.mail import claims, mailbox, returns
from netapp.mail.delivery import Postman
from netapp.mail.models import Letter, LetterState

log = structlog.get_logger(__name__)

#: After this many seconds a task begins no further letter, far from the time limit that would kill it.
_SHIFT = 60.0
#: Mail servers hang up on a connection that never ends.
_LETTERS_A_CONNECTION = 100
_MOST_BELLS = 8
_LETTERS_A_BELL = 25
_KEEP_SITE_LETTERS = timedelta(days=30)


@shared_task
def deliver(letter_id: str = "") -> None:
    """Send that letter, then whatever else is due, over one connection. No id: whatever is due."""
    end = time.monotonic() + _SHIFT
    wanted = UUID(letter_id) if letter_id else None
    with Postman() as postman:
        for _ in range(_LETTERS_A_CONNECTION):
            letter = claims.claim(now=timezone.now(), letter_id=wanted)
            if letter is None and wanted is None:
                return
            wanted = None
            if letter is None:
                continue
            attempt = postman.attempt(letter)
            if not claims.settle(letter, troubles=attempt.troubles, now=timezone.now()):
                log.warning("letter.stale", letter=str(letter.id), fence=letter.fence)
            if attempt.is_site_in_trouble:
                # The next ones would only use up an attempt each; the sweep comes back to them.
                return
            if time.monotonic() > end:
                break
    ring(deliver)


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
    waiting = Letter.objects.filter(state=LetterState.QUEUED, due_at__lte=now)[: _MOST_BELLS * _LETTERS_A_BELL].count()
    for _ in range(-(-waiting // _LETTERS_A_BELL)):
        ring(deliver)
    # The site's own letters belong to no member who could delete them, and may name people who have no account.
    Letter.objects.filter(member=None, created_at__lt=now - _KEEP_SITE_LETTERS).exclude(
        state__in=(LetterState.QUEUED, LetterState.SENDING)
    ).delete()
