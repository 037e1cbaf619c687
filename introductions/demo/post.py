"""Letters of the past: written by the services like any other, and counted as sent when they would have been."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from netapp.accounts.models import User
from netapp.mail.models import Letter, LetterState


@contextmanager
def past(*members: User, at: datetime) -> Iterator[datetime]:
    """Whatever letters are written for these members inside the block have gone out at that moment."""
    waiting = Letter.objects.filter(member__in=members, state=LetterState.QUEUED)
    before = set(waiting.values_list("id", flat=True))
    yield at
    for letter in waiting.exclude(id__in=before):
        letter.state, letter.sent_at = LetterState.SENT, at
        letter.delivered = [*letter.to, *letter.cc]
        letter.attempts = letter.fence = 1
        # As netapp.mail.claims leaves a letter that has served: nobody reads it a second time.
        letter.text = letter.html = ""
        letter.save()
        Letter.objects.filter(id=letter.id).update(created_at=at, due_at=at)
