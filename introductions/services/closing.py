"""What the clock does: one nudge, the end of a question nobody answered, and the hour at which the asker is told.

Each function takes one id, locks it, asks again whether it is due, and does it; two schedulers at once do it once.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from introductions import letters, queries, timing
from introductions.lifecycle import ASKED, Move, Party, State, reveal
from introductions.models import Consent, ConsentState, Introduction
from introductions.services import asking, moves
from netapp.accounts.models import User


def due_for_nudge(now: datetime) -> list[UUID]:
    """Questions whose one reminder is due."""
    rows = Consent.objects.filter(state=ConsentState.ASKED, nudge_at__lte=now, expires_at__gt=now)
    return list(rows.order_by("nudge_at").values_list("id", flat=True))


def due_to_expire(now: datetime) -> list[UUID]:
    """Introductions whose present question has run out."""
    rows = Consent.objects.filter(state=ConsentState.ASKED, expires_at__lte=now)
    return list(rows.order_by("expires_at").values_list("introduction_id", flat=True))


def due_to_reveal(now: datetime) -> list[UUID]:
    """Introductions of which the asker is to be told that they came to nothing."""
    rows = Introduction.objects.filter(reveal_at__lte=now)
    return list(rows.order_by("reveal_at").values_list("id", flat=True))


@transaction.atomic
def nudge(*, consent_id: UUID, now: datetime) -> bool:
    """Ask once more. False where somebody else did, or it is answered."""
    claimed = Consent.objects.filter(
        id=consent_id, state=ConsentState.ASKED, nudge_at__lte=now, expires_at__gt=now
    ).update(nudge_at=None)
    if not claimed:
        return False
    question = Consent.objects.select_related("introduction__owner").get(id=consent_id)
    letters.nudge(question=question, now=now)
    return True


@transaction.atomic
def expire(*, introduction_id: UUID, now: datetime) -> bool:
    """End a question that nobody answered in time. False where it was answered, withdrawn or ended meanwhile."""
    introduction = _claim(introduction_id)
    if introduction is None or introduction.state not in ASKED:
        return False
    if not introduction.consents.filter(state=ConsentState.ASKED, expires_at__lte=now).exists():
        return False
    _end(introduction, now)
    return True


@transaction.atomic
def tell_asker(*, introduction_id: UUID, now: datetime) -> bool:
    """The hour has come: it shows as ended, in the same words whatever ended it, with the next best introducer."""
    introduction = _claim(introduction_id)
    if introduction is None or introduction.reveal_at is None or introduction.reveal_at > now:
        return False
    before = introduction.standing
    claimed = Introduction.objects.filter(id=introduction.id, state=before.state, shown_state=before.shown)
    claimed.update(shown_state=reveal(before).shown, reveal_at=None, updated_at=now)
    introduction.shown_state, introduction.reveal_at = reveal(before).shown, None
    moves.log(introduction, what="reveal", party=Party.CLOCK, now=now, new=State.DECLINED)
    letters.not_this_time(
        introduction=introduction,
        next_best=queries.next_introducer(introduction),
        words=queries.shared_words(introduction),
        now=now,
    )
    return True


@transaction.atomic
def part_from(*, member: User, emails: frozenset[str], now: datetime) -> int:
    """A member leaves: what they asked for is withdrawn, what they were asked or shared ends. How many there were.

    Call it before the account goes. Whoever had been asked is told in one kind letter, which does not go with the
    account since it is nobody's but the site's.
    """
    mine = Introduction.objects.filter(
        owner=member, shown_state__in=[State.DRAFT, State.INTRODUCER_ASKED, State.FORWARDED]
    )
    count = 0
    for introduction_id in mine.values_list("id", flat=True):
        asking.call_back(moves.lock(introduction_id), now=now, member=None)
        count += 1
    others = Introduction.objects.filter(state__in=ASKED).exclude(owner=member)
    asked = others.filter(consents__state=ConsentState.ASKED, consents__email__in=emails)
    shared = others.filter(state=State.INTRODUCER_ASKED, target__owner=member)
    for introduction_id in {*asked.values_list("id", flat=True), *shared.values_list("id", flat=True)}:
        introduction = moves.lock(introduction_id)
        if introduction.state in ASKED:
            _end(introduction, now)
            count += 1
    return count


def _claim(introduction_id: UUID) -> Introduction | None:
    """The introduction, held; None where another scheduler holds it already."""
    rows = Introduction.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "owner", "introducer", "target", "seat__objective"
    )
    return rows.filter(id=introduction_id).first()


def _end(introduction: Introduction, now: datetime) -> None:
    """End the present question by the clock, and choose the morning on which the asker is told."""
    assert introduction.asked_at is not None
    reveal_at = timing.reveal_time_of_silence(now, introduction.asked_at, introduction.owner.zone)
    moves.make(introduction, move=Move.EXPIRE, party=Party.CLOCK, now=now, reveal_at=reveal_at)
    moves.void_consents(introduction)
    letters.cancel_unsent(introduction)
