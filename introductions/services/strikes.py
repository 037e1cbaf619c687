"""When people say that they do not know who asks: two within 30 days pause the asker until an admin has looked."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.urls import reverse

from introductions import letters
from introductions.models import Answer, AskingPause, Consent
from netapp.accounts.models import User

log = structlog.get_logger(__name__)

WITHIN: Final = timedelta(days=30)
ENOUGH: Final = 2


def count(*, question: Consent, now: datetime) -> None:
    """Count one; pause the asker where it is one too many, and tell the admins. In the caller's transaction.

    Of the target, or of an introducer behind the first, it counts as well: whoever stands before them may be made up.
    One mailbox counts once, and what an admin has looked at does not count again.
    """
    # Two answers at once must see each other.
    asker = User.objects.select_for_update(no_key=True).get(pk=question.introduction.owner_id)
    lifted = AskingPause.objects.filter(owner=asker, lifted_at__isnull=False).order_by("-lifted_at").first()
    since = max(now - WITHIN, lifted.lifted_at) if lifted and lifted.lifted_at else now - WITHIN
    strikes = Consent.objects.filter(introduction__owner=asker, answer=Answer.STRANGER, answered_at__gt=since)
    if strikes.order_by().values("mailbox").distinct().count() < ENOUGH:
        return
    pause, is_new = AskingPause.objects.get_or_create(owner=asker, lifted_at=None, defaults={"paused_at": now})
    if not is_new:
        return
    log.warning("introductions.asking_paused", member=asker.pk)
    path = reverse("admin:introductions_askingpause_change", args=[pause.pk])
    for admin in User.objects.filter(is_staff=True, is_active=True):
        letters.asks_paused(admin=admin, member=asker, path=path, key=str(pause.pk), now=now)


@transaction.atomic
def lift(*, pause: AskingPause, now: datetime) -> bool:
    """An admin has looked: the member may ask again. False where it was lifted before."""
    return bool(AskingPause.objects.filter(id=pause.id, lifted_at=None).update(lifted_at=now))
