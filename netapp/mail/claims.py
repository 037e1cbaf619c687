"""Who may send a letter now: claims, leases and fences (docs/decisions/0006-outbox.md).

A claim is a conditional update: one worker gets the letter, with a lease, and the letter's fence grows by one. What the
worker writes about the letter later counts only while the letter is still being sent under that fence. A worker that
stood still for longer than its lease finds its writes refused.
"""

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from netapp.mail import returns
from netapp.mail.models import Letter, LetterState

#: About three days with the waits of `wait_before_next`.
MAX_ATTEMPTS = 20
#: A letter whose worker vanished this often is not tried again: it may be the letter that kills them.
MAX_LAPSES = 3
_LONGEST_WAIT = timedelta(hours=6)
_DONE: dict[str, Any] = {"leased_until": None, "text": "", "html": "", "attachments": []}

VANISHED = (
    "The program that sent this letter stopped in the middle of it three times. Please tell whoever runs this site."
)


def claim(*, now: datetime, letter_id: UUID | None = None) -> Letter | None:
    """Take one letter that is due, that of `letter_id` or the longest waiting. None where there is none (left)."""
    due = Letter.objects.filter(state=LetterState.QUEUED, due_at__lte=now)
    if letter_id:
        due = due.filter(id=letter_id)
    with transaction.atomic():
        letter = (
            due.select_for_update(skip_locked=True, of=("self",)).select_related("member").order_by("due_at").first()
        )
        if letter is None:
            return None
        letter.state = LetterState.SENDING
        letter.fence += 1
        letter.attempts += 1
        letter.leased_until = now + timedelta(seconds=settings.MAIL_LEASE)
        letter.save(update_fields=["state", "fence", "attempts", "leased_until"])
    return letter


def is_wanted(letter: Letter) -> bool:
    """Whether `letter` is still this worker's and nobody cancelled it: asked right before each copy goes out."""
    return Letter.objects.filter(
        id=letter.id, state=LetterState.SENDING, fence=letter.fence, is_unwanted=False
    ).exists()


def note_delivered(letter: Letter, address: str) -> bool:
    """Write down that one reader has it, at once, so that no retry sends a second copy. False: refused as stale."""
    letter.delivered = [*letter.delivered, address]
    return _write(letter, delivered=letter.delivered)


def settle(letter: Letter, *, troubles: dict[str, str], now: datetime) -> bool:
    """Write the outcome of an attempt: done, or to be tried again later. False: refused as stale.

    `letter.delivered` and `letter.refused` are as the attempt left them; `troubles` says by address what stood in the
    way for now.
    """
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
