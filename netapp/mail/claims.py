"""Who may send a letter now: claims, leases and fences (docs/decisions/0006-outbox.md).

A claim is a conditional update: one worker gets the letter, with a lease, and the letter's fence grows by one. What the
worker writes about the letter later counts only while the letter is still being sent under that fence. A worker that
stood still for longer than its lease finds its writes refused.
"""

import json
import random
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from netapp.mail import pausing, returns, suppression
from netapp.mail.models import Letter, LetterState

#: About three days with the waits of `wait_before_next`.
MAX_ATTEMPTS = 20
#: A letter whose worker vanished this often is not tried again: it may be the letter that kills them.
MAX_LAPSES = 3
_LONGEST_WAIT = timedelta(hours=6)
_SLICES: Final = 8
"""Places in the queue at which a worker may begin."""
_DONE: dict[str, Any] = {"leased_until": None, "text": "", "html": "", "attachments": []}

VANISHED = (
    "The program that sent this letter stopped in the middle of it three times. Please tell whoever runs this site."
)


_TAKE = f"""UPDATE mail_letter l SET state = 'sending', fence = fence + 1, attempts = attempts + 1, leased_until = %s
    WHERE id = %s AND state = 'queued' AND due_at <= %s AND NOT {pausing.HELD}
    RETURNING fence, attempts, lapses, delivered, refused"""
_ASK = f"""SELECT NOT l.is_essential AND {suppression.STOPPED} FROM mail_letter l
    WHERE l.id = %s AND l.state = 'sending' AND l.fence = %s AND NOT l.is_unwanted"""

# What `_final` says where everybody has it: nearly every letter, so it is worth a statement of its own.
_SENT = """UPDATE mail_letter SET state = 'sent', sent_at = %s, delivered = %s, leased_until = NULL,
    text = '', html = '', attachments = '[]', refused = '{}', error = ''
    WHERE id = %s AND state = 'sending' AND fence = %s"""


class Word(Enum):
    """What the rows say about a copy that is about to go out."""

    GO = "go"
    STOPPED = "stopped"
    """This reader wants no such letters; the others may."""
    UNWANTED = "unwanted"
    """The letter was cancelled, or is no longer this worker's."""


def due(*, now: datetime) -> QuerySet[Letter]:
    """Letters that may go out now."""
    found = Letter.objects.filter(state=LetterState.QUEUED, due_at__lte=now)
    since = pausing.paused_since()
    return found.filter(pausing.PASSING, created_at__gte=since) if since else found


def look_ahead(*, now: datetime, count: int, letter_id: UUID | None = None) -> list[Letter]:
    """Up to `count` letters that are due, or the one of `letter_id`: read with all they need, and nobody's as yet.

    Workers begin at different places of the queue, so that they seldom reach for the same letter.
    """
    waiting = due(now=now)
    if letter_id:
        return list(waiting.filter(id=letter_id).select_related("member"))
    head = list(waiting.order_by("due_at", "id").values_list("id", flat=True)[: count * _SLICES])
    start = random.randrange(-(-len(head) // count)) * count if head else 0
    ids = head[start : start + count]
    return list(Letter.objects.filter(id__in=ids, state=LetterState.QUEUED).select_related("member").order_by("due_at"))


def take(letter: Letter, *, now: datetime) -> bool:
    """Claim a letter that `look_ahead` found. False: another worker has it, or it is not to be sent any more."""
    lease = now + timedelta(seconds=settings.MAIL_LEASE)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [lease, letter.id, now])
        row = cursor.fetchone()
    if row is None:
        return False
    # Its texts and readers stand as they were read: a queued letter changes only by being cancelled.
    letter.state, letter.leased_until = LetterState.SENDING, lease
    letter.fence, letter.attempts, letter.lapses, letter.delivered, refused = row
    letter.refused = json.loads(refused)
    return True


def claim(*, now: datetime, letter_id: UUID | None = None) -> Letter | None:
    """Take one letter that is due, that of `letter_id` or any. None where there is none (left)."""
    for letter in look_ahead(now=now, count=1, letter_id=letter_id):
        if take(letter, now=now):
            return letter
    return None


def is_wanted(letter: Letter) -> bool:
    """Whether `letter` is still this worker's and nobody cancelled it."""
    return Letter.objects.filter(
        id=letter.id, state=LetterState.SENDING, fence=letter.fence, is_unwanted=False
    ).exists()


def ask(letter: Letter, address: str) -> Word:
    """Whether a copy may go to `address` now: asked right before each one, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ASK, [*suppression.stop_values(letter, address), letter.id, letter.fence])
        row = cursor.fetchone()
    if row is None:
        return Word.UNWANTED
    return Word.STOPPED if row[0] else Word.GO


def note_delivered(letter: Letter, address: str) -> bool:
    """Write down that one reader has it, at once, so that no retry sends a second copy. False: refused as stale."""
    letter.delivered = [*letter.delivered, address]
    return _write(letter, delivered=letter.delivered)


def settle(letter: Letter, *, troubles: dict[str, str], now: datetime) -> bool:
    """Write the outcome of an attempt: done, or to be tried again later. False: refused as stale.

    `letter.delivered` and `letter.refused` are as the attempt left them; `troubles` says by address what stood in the
    way for now.
    """
    if letter.delivered and not pending(letter) and not letter.refused:
        with connection.cursor() as cursor:
            cursor.execute(_SENT, [now, letter.delivered, letter.id, letter.fence])
            return bool(cursor.rowcount)
    is_last = letter.attempts >= MAX_ATTEMPTS
    with transaction.atomic():
        current = Letter.objects.select_for_update().only("is_unwanted").filter(id=letter.id).first()
        is_unwanted = current is not None and current.is_unwanted
        if troubles and not is_last and not is_unwanted:
            return _write(
                letter,
                state=LetterState.QUEUED,
                leased_until=None,
                due_at=now + wait_before_next(letter.attempts),
                delivered=letter.delivered,
                refused=letter.refused,
                error=" ".join(dict.fromkeys(troubles.values())),
            )
        if is_last:
            letter.refused = {**letter.refused, **troubles}
        is_written = _write(letter, **_final(letter, now))
        if is_written:
            returns.mark_refused(letter, letter.refused)
        return is_written


def reclaim(*, now: datetime) -> int:
    """Give back the letters whose lease ran out, or park them after MAX_LAPSES. Returns how many there were."""
    with transaction.atomic():
        lapsed = list(
            Letter.objects.select_for_update(skip_locked=True)
            .filter(state=LetterState.SENDING, leased_until__lt=now)
            .order_by("leased_until")[:500]
        )
        for letter in lapsed:
            lapses = letter.lapses + 1
            if letter.is_unwanted:
                _write(letter, lapses=lapses, **_final(letter, now))
            elif lapses >= MAX_LAPSES:
                letter.refused = {**letter.refused, **dict.fromkeys(pending(letter), VANISHED)}
                _write(letter, lapses=lapses, **_final(letter, now))
            else:
                _write(letter, lapses=lapses, state=LetterState.QUEUED, leased_until=None, due_at=now)
    return len(lapsed)


def pending(letter: Letter) -> list[str]:
    """The readers that neither have it nor were refused."""
    return [one for one in (*letter.to, *letter.cc) if one not in letter.delivered and one not in letter.refused]


def wait_before_next(attempts: int) -> timedelta:
    """1, 2, 4 … minutes up to 6 hours, a fifth more or less, so that letters that failed together part ways."""
    wait = min(timedelta(minutes=2 ** min(attempts - 1, 20)), _LONGEST_WAIT)
    return wait * random.uniform(0.8, 1.2)


def _final(letter: Letter, now: datetime) -> dict[str, Any]:
    """The closing values: what counts is whether anybody got it. The texts have served and are dropped."""
    reasons = set(letter.refused.values())
    if letter.delivered:
        state = LetterState.SENT
    elif pending(letter):
        state = LetterState.CANCELLED
    elif reasons <= {""}:
        state = LetterState.SUPPRESSED
    else:
        state = LetterState.FAILED
    return {
        **_DONE,
        "state": state,
        "sent_at": now if letter.delivered else None,
        "delivered": letter.delivered,
        "refused": letter.refused,
        "error": " ".join(sorted(reason for reason in reasons if reason)),
    }


def _write(letter: Letter, **values: Any) -> bool:
    return bool(Letter.objects.filter(id=letter.id, state=LetterState.SENDING, fence=letter.fence).update(**values))
